//! Amounts as they are written elsewhere: `1.5万`, `$1,000`, `50k`, `7d`.
//!
//! 1. Around the place where the grammar stopped an amount is looked for that covers it ([`Builder::amount_habit`]).
//! 2. It is a currency, digits, and words behind them: a unit of large numbers, a currency, a unit of time ([`amount`]).
//! 3. What is the author's number is written out; where a letter may be two units, both are told.

use rust_decimal::Decimal;

use super::{Said, advised};
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::parse::Builder;

/// Units of large numbers, and how many zeros each stands for; what begins like another stands behind it.
const LARGE: &[(&str, u32)] = &[
    ("百万", 6),
    ("千万", 7),
    ("十万", 5),
    ("十亿", 9),
    ("百", 2),
    ("千", 3),
    ("万", 4),
    ("亿", 8),
    ("thousand", 3),
    ("million", 6),
    ("billion", 9),
    ("mio", 6),
    ("mn", 6),
    ("bn", 9),
    ("k", 3),
];

/// Currencies by their signs and words.
const CURRENCIES: &[(&str, &str)] = &[
    ("$", "USD"),
    ("¥", "CNY"),
    ("￥", "CNY"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("美元", "USD"),
    ("美金", "USD"),
    ("人民币", "CNY"),
    ("欧元", "EUR"),
    ("元", "CNY"),
    ("块", "CNY"),
    ("dollars", "USD"),
    ("dollar", "USD"),
    ("bucks", "USD"),
    ("rmb", "CNY"),
    ("yuan", "CNY"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("usd", "USD"),
    ("cny", "CNY"),
    ("eur", "EUR"),
    ("gbp", "GBP"),
    ("jpy", "JPY"),
    ("hkd", "HKD"),
    ("vnd", "VND"),
    ("thb", "THB"),
];

/// Units of time.
const TIMES: &[(&str, &str)] = &[
    ("天", "days"),
    ("日", "days"),
    ("周", "weeks"),
    ("星期", "weeks"),
    ("小时", "hours"),
    ("分钟", "minutes"),
    ("秒", "seconds"),
    ("个月", "months"),
    ("月", "months"),
    ("年", "years"),
    ("days", "days"),
    ("day", "days"),
    ("d", "days"),
    ("hours", "hours"),
    ("hour", "hours"),
    ("hrs", "hours"),
    ("hr", "hours"),
    ("h", "hours"),
    ("weeks", "weeks"),
    ("week", "weeks"),
    ("wk", "weeks"),
    ("w", "weeks"),
    ("seconds", "seconds"),
    ("secs", "seconds"),
    ("sec", "seconds"),
    ("s", "seconds"),
    ("minutes", "minutes"),
    ("mins", "minutes"),
    ("min", "minutes"),
    ("m", "minutes"),
    ("months", "months"),
    ("month", "months"),
    ("mo", "months"),
    ("quarters", "quarters"),
    ("years", "years"),
    ("year", "years"),
    ("yrs", "years"),
    ("yr", "years"),
    ("y", "years"),
];

/// Words behind which a time stands, not an amount.
const OF_TIME: &[&str] = &["over", "for", "every", "ending", "within", "before", "after", "previous"];

/// How many tokens an amount may begin before the place.
const REACH: usize = 7;

/// An amount: its form, another that it may be, and its length.
struct Amount {
    form: String,
    other: Option<String>,
    length: usize,
}

impl Builder<'_> {
    /// The amount around token `at`.
    pub(super) fn amount_habit(&self, said: &[Said<'_>], at: usize) -> Option<Diagnostic> {
        let reached = said.get(at)?.span.range();
        let (start, found) = (at.saturating_sub(REACH)..=at).find_map(|first| {
            let start = said.get(first)?.span.range().start;
            let before = first.checked_sub(1).and_then(|before| said.get(before)).map_or("", |before| before.text);
            // In square brackets a time is a window, which stands elsewhere; the end of a number is none.
            let is_other = before == "[" || self.text[..start].ends_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','));
            let found = amount(self.text.get(start..)?, OF_TIME.contains(&before)).filter(|_| !is_other)?;
            let written = self.text.get(start..start + found.length)?;
            if written.split_whitespace().eq(found.form.split_whitespace()) {
                return None;
            }
            (start + found.length > reached.start).then_some((start, found))
        })?;
        let span = Span::new(start, start + found.length);
        Some(match found.other {
            Some(other) => {
                let advice = Words::new(
                    format!("Write `{}` for a number, `{other}` for a time.", found.form),
                    format!("表示数量写 `{}`，表示时间写 `{other}`。", found.form),
                );
                advised(self.text, span, advice, None)
            }
            None => {
                let advice = Words::new(format!("Write `{}`.", found.form), format!("请写 `{}`。", found.form));
                advised(self.text, span, advice, Some(found.form))
            }
        })
    }
}

/// The unit of time that a word is.
pub(super) fn time_unit(word: &str) -> Option<&'static str> {
    TIMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, unit)| *unit)
}

/// The amount that a text begins with, when it is written otherwise here.
fn amount(text: &str, of_time: bool) -> Option<Amount> {
    let before = word(text, CURRENCIES.iter().copied());
    let rest = before.map_or(text, |(_, rest)| rest.trim_start_matches(' '));
    let (number, rest) = digits(rest)?;
    let is_grouped = number.contains(',');
    let plain = number.replace(',', "_");
    let rest_of = |rest: &str| text.len() - rest.len();
    let behind = rest.trim_start_matches(' ');
    let currency = |rest: &str| word(rest.trim_start_matches(' '), CURRENCIES.iter().copied()).map(|(code, rest)| (code, rest.len()));
    let large = (!of_time).then(|| word(behind, LARGE.iter().copied())).flatten();
    let letter = behind.strip_prefix(['m', 'w', 'M', 'W']).filter(|rest| ends(rest)).filter(|_| !of_time && behind.len() == rest.len());
    let zeros = match (large, letter) {
        (Some((zeros, rest)), _) => Some((zeros, rest)),
        (_, Some(rest)) => Some((if behind.starts_with(['m', 'M']) { 6 } else { 4 }, rest)),
        _ => None,
    };
    let (value, rest) = match zeros {
        Some((zeros, rest)) => (written_out(&plain, zeros)?, rest),
        None => (plain.clone(), rest),
    };
    let after = before.map(|(code, _)| (code, rest.len())).or_else(|| currency(rest));
    if let Some((code, left)) = after {
        return Some(Amount { form: format!("{value} {code}"), other: None, length: text.len() - left });
    }
    if let Some(after) = letter.filter(|_| !behind.starts_with('M') && large.is_none()) {
        let unit = if behind.starts_with('m') { "minutes" } else { "weeks" };
        return Some(Amount { form: value, other: Some(format!("{plain} {unit}")), length: rest_of(after) });
    }
    if zeros.is_some() || is_grouped {
        return Some(Amount { form: value, other: None, length: rest_of(rest) });
    }
    let (unit, after) = word(behind, TIMES.iter().copied())?;
    let known = behind.strip_prefix(unit.trim_end_matches('s')).is_some_and(|rest| ends(rest.strip_prefix('s').unwrap_or(rest)));
    (!known).then(|| Amount { form: format!("{plain} {unit}"), other: None, length: rest_of(after) })
}

/// The word of a list that a text begins with, whatever its case, and what stands behind it.
fn word<T>(text: &str, mut words: impl Iterator<Item = (&'static str, T)>) -> Option<(T, &str)> {
    words.find_map(|(word, meant)| {
        let rest = text.get(..word.len()).filter(|found| found.eq_ignore_ascii_case(word)).and_then(|_| text.get(word.len()..))?;
        let is_letters = word.bytes().all(|b| b.is_ascii_alphabetic());
        (!is_letters || ends(rest)).then_some((meant, rest))
    })
}

fn ends(rest: &str) -> bool {
    !rest.starts_with(|c: char| c == '_' || c.is_alphanumeric())
}

/// Digits with `_` or `,` between groups and a fraction, and what stands behind them.
fn digits(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut at = 0;
    while is_digit(at)
        || at > 0 && matches!(bytes.get(at), Some(b'_' | b'.')) && is_digit(at + 1)
        || at > 0 && bytes.get(at) == Some(&b',') && (1..=3).all(|n| is_digit(at + n)) && !is_digit(at + 4) && is_digit(at - 1)
    {
        at += 1;
    }
    (at > 0).then(|| text.split_at(at))
}

/// `1.5` with four zeros: `15_000`.
fn written_out(number: &str, zeros: u32) -> Option<String> {
    let value = Decimal::from_str_exact(&number.replace('_', "")).ok()?.checked_mul(Decimal::from(10_u64.checked_pow(zeros)?))?;
    let text = value.normalize().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push('_');
        }
        grouped.push(digit);
    }
    Some(if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_out() {
        let known = [
            ("50万", "500_000"),
            ("50万 CNY", "500_000 CNY"),
            ("1.5万", "15_000"),
            ("3亿", "300_000_000"),
            ("2千", "2_000"),
            ("50 万元", "500_000 CNY"),
            ("1.5k", "1_500"),
            ("2M", "2_000_000"),
            ("$1,000", "1_000 USD"),
            ("$1.5m", "1_500_000 USD"),
            ("USD 1,234,567.89", "1_234_567.89 USD"),
            ("¥50万", "500_000 CNY"),
            ("5000元", "5000 CNY"),
            ("1.23456万", "12_345.6"),
            ("7天", "7 days"),
            ("24h", "24 hours"),
        ];
        for (text, wanted) in known {
            assert_eq!(amount(text, false).map(|found| found.form).as_deref(), Some(wanted), "{text}");
        }
        for text in ["5", "5 USD", "5_000", "7 days", "1 day", "5%", "1,5", "x"] {
            let found = amount(text, false).filter(|found| found.form != text);
            assert!(found.is_none(), "{text} {:?}", found.map(|found| found.form));
        }
        assert_eq!(amount("5m", true).map(|found| found.form).as_deref(), Some("5 minutes"));
    }
}
