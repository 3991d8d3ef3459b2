//! JSON, read so that nothing is lost: decimals stay decimals, keys are never silently repeated, and one broken record
//! of an array does not take the others with it.
//!
//! 1. [`split_array`] finds where the elements of an array begin and end, without judging what is inside.
//! 2. [`members`] reads an object into (name, raw text) pairs.
//! 3. [`value`] turns a raw text into a [`RawValue`], numbers by [`number`].

use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Code, Diagnostic, Words};
use crate::engine::RawValue;
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue as Raw;
use std::collections::HashSet;
use std::fmt;

/// The most members that an object may have.
pub const MEMBERS_MAX: usize = 1_000;

/// Finds the elements of the array that a text is. Elements may be broken inside, but not their brackets and quotes.
///
/// # Errors
/// When the end of an element cannot be told, or more stands after the array. The text says where.
pub fn split_array(text: &str) -> Result<Vec<&str>, Words> {
    let start = text.len() - text.trim_start_matches(BLANK).len();
    let bytes = text.as_bytes();
    if bytes.get(start) != Some(&b'[') {
        return Err(Words::new("it is not an array", "不是数组"));
    }
    let mut elements = Vec::new();
    let mut at = start + 1;
    loop {
        let end = element_end(bytes, at)?;
        let element = text.get(at..end).unwrap_or_default().trim_matches(BLANK);
        let closes = bytes.get(end) == Some(&b']');
        match (element.is_empty(), closes) {
            (true, true) if elements.is_empty() => {}
            (true, _) => return Err(at_byte(end, "an element is missing", "缺少元素")),
            (false, _) => elements.push(element),
        }
        at = end + 1;
        if closes {
            break;
        }
    }
    if text.get(at..).unwrap_or_default().trim_matches(BLANK).is_empty() {
        Ok(elements)
    } else {
        Err(at_byte(at, "more text follows the array", "数组之后还有内容"))
    }
}

const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// The offset of the comma or bracket that ends the element beginning at `at`.
fn element_end(bytes: &[u8], mut at: usize) -> Result<usize, Words> {
    let mut open: Vec<u8> = Vec::new();
    let mut whole = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b',' | b']' if open.is_empty() => return Ok(at),
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if whole => return Err(at_byte(at, "a comma is missing", "缺少逗号")),
            b'"' => {
                at = string_end(bytes, at).ok_or_else(|| at_byte(at, "a text without an end begins", "字符串没有结束"))?;
                whole = open.is_empty();
            }
            b'[' => open.push(b']'),
            b'{' => open.push(b'}'),
            b']' | b'}' => {
                if open.pop() != Some(byte) {
                    return Err(at_byte(at, "a bracket closes nothing", "括号没有配对"));
                }
                whole = open.is_empty();
            }
            _ => {}
        }
        at += 1;
    }
    Err(Words::new("it ends too early", "内容提前结束"))
}

fn at_byte(at: usize, en: &str, zh: &str) -> Words {
    Words::new(format!("{en} at byte {at}"), format!("第 {at} 字节处{zh}"))
}

/// The offset of the quote that ends the string beginning at `at`.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let mut i = at + 1;
    loop {
        match bytes.get(i)? {
            b'"' => return Some(i),
            b'\\' => i += 2,
            _ => i += 1,
        }
    }
}

/// An object's members in order, their values unread.
pub struct Members<'a>(pub Vec<(String, &'a Raw)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &'de Raw>()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// Reads an object. `wrong` is the code for a text that is none.
///
/// # Errors
/// When the text is no object, has a key twice or too many keys.
pub fn members<'a>(text: &'a str, wrong: &'static Code) -> Result<Vec<(String, &'a Raw)>, Diagnostic> {
    let parsed = serde_json::from_str::<Members<'a>>(text);
    let members = match parsed {
        Ok(Members(members)) => members,
        Err(error) => return Err(not_an_object(text, &error, wrong)),
    };
    if members.len() > MEMBERS_MAX {
        return Err(Diagnostic::general(&codes::TOO_MANY_FIELDS).arg("limit", MEMBERS_MAX));
    }
    let mut seen = HashSet::new();
    match members.iter().find(|(key, _)| !seen.insert(key.as_str())) {
        Some((key, _)) => Err(Diagnostic::general(&codes::DUPLICATE_KEY).arg("key", key)),
        None => Ok(members),
    }
}

fn not_an_object(text: &str, error: &serde_json::Error, wrong: &'static Code) -> Diagnostic {
    if error.is_data() {
        return Diagnostic::general(wrong).reason(Words::new("something else stands there", "此处是其他内容"));
    }
    match token_at(text, error).filter(|token| is_no_number(token)) {
        Some(token) => Diagnostic::general(&codes::NUMBER_NOT_JSON).arg("word", token),
        None => Diagnostic::general(wrong).reason(error),
    }
}

fn is_no_number(token: &str) -> bool {
    let word = token.trim_start_matches(['+', '-']);
    ["nan", "inf", "infinity"].iter().any(|no_number| word.eq_ignore_ascii_case(no_number))
}

/// The word that the parser stumbled over.
fn token_at<'a>(text: &'a str, error: &serde_json::Error) -> Option<&'a str> {
    let line_start: usize = text.split_inclusive('\n').take(error.line().checked_sub(1)?).map(str::len).sum();
    let at = line_start + error.column().checked_sub(1)?;
    let part_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let before = text.get(..at)?;
    let start = before.trim_end_matches(part_of_word).len();
    let tail = text.get(start..)?;
    tail.get(..tail.len() - tail.trim_start_matches(part_of_word).len())
}

/// A JSON value as an event may carry it. Arrays and objects are nested, unless they are money.
///
/// # Errors
/// When a text holds a NUL character.
pub fn value(field: &str, raw: &Raw) -> Result<RawValue, Diagnostic> {
    let text = raw.get().trim_matches(BLANK);
    Ok(match text.as_bytes().first() {
        Some(b'"') => RawValue::Text(string(field, text)?),
        Some(b'{') => money(text).unwrap_or(RawValue::Nested),
        Some(b'[') => RawValue::Nested,
        Some(b't') => RawValue::Flag(true),
        Some(b'f') => RawValue::Flag(false),
        Some(b'n') => RawValue::Null,
        _ => number(text).map_or_else(|| RawValue::OutOfRange(text.chars().take(64).collect()), RawValue::Number),
    })
}

/// A JSON string without NUL characters.
///
/// # Errors
/// When it is none (an escaped half of a surrogate pair, say) or holds a NUL.
pub fn string(field: &str, text: &str) -> Result<String, Diagnostic> {
    let unescaped: String = serde_json::from_str(text).map_err(|_| {
        Diagnostic::general(&codes::ATTRIBUTE_WRONG).arg("attribute", field).reason(Words::new("is not a text", "不是文本"))
    })?;
    if unescaped.contains('\0') {
        return Err(Diagnostic::general(&codes::TEXT_WITH_NUL).arg("field", field));
    }
    Ok(unescaped)
}

/// `{"amount": 20, "currency": "USD"}`; the amount may be a text.
fn money(text: &str) -> Option<RawValue> {
    let members = members(text, &codes::RECORD_NOT_JSON).ok()?;
    let [first, second] = members.as_slice() else { return None };
    let (amount, currency) = if first.0 == "amount" { (first, second) } else { (second, first) };
    if amount.0 != "amount" || currency.0 != "currency" {
        return None;
    }
    let currency = serde_json::from_str(currency.1.get()).ok()?;
    let amount = amount.1.get();
    let amount = number(&serde_json::from_str::<String>(amount).unwrap_or_else(|_| amount.to_owned()))?;
    Some(RawValue::Money { amount, currency })
}

/// The exact decimal of a JSON number; None when it needs more than 28 digits.
pub fn number(text: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix('+').unwrap_or(exponent).parse::<i32>().ok()?),
        None => (text, 0),
    };
    let mantissa = Decimal::from_str_exact(mantissa).ok()?.normalize();
    if mantissa.is_zero() {
        return Some(mantissa);
    }
    let scale = i64::from(mantissa.scale()) - i64::from(exponent);
    let digits = mantissa.mantissa();
    match u32::try_from(scale) {
        Ok(scale) => Decimal::try_from_i128_with_scale(digits, scale).ok(),
        Err(_) => {
            let factor = 10i128.checked_pow(u32::try_from(-scale).ok()?)?;
            Decimal::try_from_i128_with_scale(digits.checked_mul(factor)?, 0).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_are_exact() {
        let shown = |text: &str| number(text).map(|n| n.to_string());
        for (text, want) in [
            ("0.1", Some("0.1")),
            ("-12.50", Some("-12.5")),
            ("1e3", Some("1000")),
            ("1.5E-2", Some("0.015")),
            ("1E+2", Some("100")),
            ("1152921504606846976", Some("1152921504606846976")),
            ("0.0000000000000000000000000001", Some("0.0000000000000000000000000001")),
            ("0e999", Some("0")),
            ("1e400", None),
            ("1e-29", None),
            ("79228162514264337593543950336", None),
            ("0.12345678901234567890123456789", None),
            ("1e99999999999999", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(shown(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn an_array_is_split_without_reading_its_elements() {
        assert_eq!(split_array(r#" [ {"a":"],}"} , {"b":[1,{}]}, NaN ] "#).unwrap(), [r#"{"a":"],}"}"#, r#"{"b":[1,{}]}"#, "NaN"]);
        assert_eq!(split_array("[]").unwrap(), Vec::<&str>::new());
        for broken in ["", "{}", "[", "[1", "[1,]", "[,1]", "[1}", "[{} {}]", "[1] x", "[{]", r#"["a" "b"]"#, r#"["a\"]"#] {
            assert!(split_array(broken).is_err(), "{broken}");
        }
        let deep = format!("[{}{}]", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(split_array(&deep).unwrap().len(), 1);
    }

    #[test]
    fn faults_of_an_object_have_names() {
        let code = |text: &str| {
            members(text, &codes::RECORD_NOT_JSON)
                .map_or_else(|d| format!("{} {}", d.code.id, d.message(crate::diagnostic::Lang::En)), |_| "ok".into())
        };
        assert_eq!(code(r#"{"a":1,"b":[[[]]]}"#), "ok");
        assert_eq!(code(r#"{"a":1,"a":2}"#), "SY0558 the key `a` stands twice in one object");
        for word in ["NaN", "-Infinity", "nan", "Infinity", "-inf"] {
            assert_eq!(code(&format!(r#"{{"a":{word}}}"#)), format!("SY0557 `{word}` is no number"));
            assert_eq!(code(&format!("{{\n \"a\":{word} }}")), format!("SY0557 `{word}` is no number"));
        }
        assert!(code("[]").starts_with("SY0555"), "{}", code("[]"));
        assert!(code(r#"{"a":}"#).starts_with("SY0555"));
        let nested = format!(r#"{{"a":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(code(&nested), "ok");
        let many = format!("{{{}}}", (0..1001).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
        assert!(code(&many).starts_with("SY0566"));
    }

    #[test]
    fn values() {
        let read = |text: &str| value("f", &Raw::from_string(text.to_owned()).unwrap()).unwrap();
        assert_eq!(read(r#""20 USD""#), RawValue::Text("20 USD".into()));
        assert_eq!(
            read(r#"{"amount":20.50,"currency":"USD"}"#),
            RawValue::Money { amount: "20.5".parse().unwrap(), currency: "USD".into() }
        );
        assert_eq!(
            read(r#"{"currency":"USD","amount":"20.50"}"#),
            RawValue::Money { amount: "20.5".parse().unwrap(), currency: "USD".into() }
        );
        assert_eq!(read(r#"{"amount":1,"amount":2}"#), RawValue::Nested);
        assert_eq!(read("[1]"), RawValue::Nested);
        assert_eq!(read("1e400"), RawValue::OutOfRange("1e400".into()));
        assert_eq!(read("null"), RawValue::Null);
        assert_eq!(value("f", &Raw::from_string(r#""a\u0000""#.into()).unwrap()).unwrap_err().code.id, "SY0565");
    }
}
