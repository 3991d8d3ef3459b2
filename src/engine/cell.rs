//! What a cell of a file says, as people and their programs write it.
//!
//! 1. A cell of a text file is a text; one of a workbook can be a number or a local time ([`Cell`]).
//! 2. [`value`] reads it in the form of its field: the column's format, or the usual one. Full-width characters, signs of
//!    currencies, thousands between commas, negatives in parentheses, years before months, and words for nothing, yes and
//!    no are usual. Which of two numbers is the month, and whether a comma stands before decimals, is never guessed.
//! 3. What has no such form stays a text, so that the event's declaration refuses it with an example ([`super::shape`]).

use super::event::RawValue;
use super::near;
use crate::compile::program::{CellFormat, Field, FieldRole, NumberForm, Unit};
use crate::time::{Instant, Zone};
use rust_decimal::Decimal;

/// Words that stand where there is no number, time or flag.
const NOTHING: &[&str] = &["-", "--", "---", "—", "——", "N/A", "#N/A", "NULL"];
/// The most digits that a spreadsheet program keeps of a number.
const SHEET_DIGITS: usize = 15;

/// A cell of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'c> {
    /// What somebody wrote.
    Text(&'c str),
    /// A number of a workbook, in digits with a point; a percentage with its sign.
    Number(&'c str),
    /// A local time of a workbook: `2026-03-01T09:05:00`.
    Moment(&'c str),
}

impl<'c> Cell<'c> {
    /// What the cell holds, as a text.
    pub fn text(self) -> &'c str {
        match self {
            Cell::Text(text) | Cell::Number(text) | Cell::Moment(text) => text,
        }
    }
}

impl<'c> From<&'c str> for Cell<'c> {
    fn from(text: &'c str) -> Cell<'c> {
        Cell::Text(text)
    }
}

/// Why a cell has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    /// It does not have the form of its column.
    Form,
    /// It names something by a number that was rounded.
    Rounded,
}

/// The value of a cell for a field.
pub(super) fn value(cell: Cell<'_>, field: &Field, format: Option<&CellFormat>, zone: &Zone) -> Result<RawValue, Misfit> {
    let text = cell.text().trim();
    if text.is_empty() {
        return Ok(RawValue::Null);
    }
    if field.unit == Unit::Text {
        let names = matches!(field.role, FieldRole::Id | FieldRole::Dimension);
        return if is_rounded(cell, names) { Err(Misfit::Rounded) } else { Ok(RawValue::Text(cell.text().to_owned())) };
    }
    if is_nothing(text) {
        return Ok(RawValue::Null);
    }
    let read = match &field.unit {
        Unit::Time => moment(cell, format, zone).map(|at| RawValue::Text(at.to_string())),
        Unit::Date => moment(cell, format, zone).map(|at| RawValue::Text(zone.day_of(at).to_string())),
        Unit::Flag => flag(text, format).map(RawValue::Flag),
        unit => number(cell, unit, format),
    };
    match (read, format) {
        (Some(value), _) => Ok(value),
        (None, None) if field.unit != Unit::Time => Ok(RawValue::Text(text.to_owned())),
        (None, _) => Err(Misfit::Form),
    }
}

/// True for a word that stands where there is nothing.
pub(super) fn is_nothing(text: &str) -> bool {
    text.len() <= 8 && NOTHING.contains(&near::plain(text).to_ascii_uppercase().as_str())
}

/// True for a number that stands for a name and has lost its last digits: more digits than a workbook keeps, or what such a
/// program writes of a long number into a text file, `4.50336E+17`.
fn is_rounded(cell: Cell<'_>, names: bool) -> bool {
    match cell {
        Cell::Number(text) => text.bytes().filter(u8::is_ascii_digit).count() > SHEET_DIGITS,
        Cell::Text(text) if names => {
            let Some((mantissa, exponent)) = text.trim().split_once("E+") else { return false };
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            mantissa.contains('.') && digits(mantissa) && digits(exponent)
        }
        Cell::Text(_) | Cell::Moment(_) => false,
    }
}

/// The time that a cell tells.
pub(super) fn moment(cell: Cell<'_>, format: Option<&CellFormat>, zone: &Zone) -> Option<Instant> {
    let text = cell.text().trim();
    match (cell, format) {
        (Cell::Moment(_), _) => zone.parse_local(text),
        (_, Some(CellFormat::Time(format))) => zone.parse_format(text, format),
        _ => zone.parse_local(text).or_else(|| zone.parse_local(&near::meant_time(text, zone)?)),
    }
}

fn flag(text: &str, format: Option<&CellFormat>) -> Option<bool> {
    match format {
        Some(CellFormat::Flag(yes, _)) if text == yes => Some(true),
        Some(CellFormat::Flag(_, no)) if text == no => Some(false),
        Some(_) => None,
        None => near::flag(&near::plain(text)),
    }
}

/// A number in the form of its unit.
fn number(cell: Cell<'_>, unit: &Unit, format: Option<&CellFormat>) -> Option<RawValue> {
    let form = match format {
        Some(CellFormat::Number(form)) => *form,
        _ => NumberForm::USUAL,
    };
    let found = match cell {
        Cell::Number(text) => {
            let (digits, sign) = text.strip_suffix('%').map_or((text, ""), |digits| (digits, "%"));
            (Decimal::from_str_exact(digits).ok()?.normalize(), sign.to_owned())
        }
        Cell::Moment(_) => return None,
        Cell::Text(text) => match (amount(text, form), unit) {
            (Some((seconds, sign)), Unit::Duration) if sign.is_empty() => (seconds, sign),
            (_, Unit::Duration) => return near::duration(&near::plain(text)).map(RawValue::Text),
            (found, _) => found?,
        },
    };
    match (unit, found) {
        (Unit::Percent, (value, sign)) if sign == "%" || sign.is_empty() && form.percent => {
            value.checked_div(Decimal::ONE_HUNDRED).map(RawValue::Number)
        }
        (_, (value, sign)) if sign.is_empty() => Some(RawValue::Number(value)),
        (Unit::Money(declared), (amount, sign)) => {
            let currency = near::currency(&sign, declared)?.to_owned();
            Some(RawValue::Money { amount, currency })
        }
        // A sign that several currencies share says nothing that the field of the currency does not say better.
        (Unit::MoneyIn(_), (amount, sign)) => Some(match near::currencies(&sign)?.as_slice() {
            [currency] => RawValue::Money { amount, currency: (*currency).to_owned() },
            _ => RawValue::Number(amount),
        }),
        _ => None,
    }
}

/// An amount in the currency that another column says; what the amount says by itself holds.
pub(super) fn in_currency(value: RawValue, currency: &str) -> RawValue {
    match (value, currency.trim()) {
        (RawValue::Number(amount), currency) if !currency.is_empty() => RawValue::Money { amount, currency: currency.to_ascii_uppercase() },
        (value, _) => value,
    }
}

/// The whole number of a cell, for revisions.
pub(super) fn whole(cell: Cell<'_>, format: Option<&CellFormat>) -> Option<i64> {
    let RawValue::Number(number) = number(cell, &Unit::Count, format)? else { return None };
    i64::try_from(number).ok().filter(|whole| Decimal::from(*whole) == number)
}

/// A number in a form, and the sign of a currency or of a percentage beside it, in capitals. Parentheses make it negative.
fn amount(text: &str, form: NumberForm) -> Option<(Decimal, String)> {
    let text = near::plain(text);
    let inside = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    let shown = inside.unwrap_or(&text);
    let is_digit = |c: char| c.is_ascii_digit();
    let first = shown.find(|c: char| is_digit(c) || c == form.point)?;
    let last = shown.rfind(is_digit)?;
    let (before, digits, behind) = (shown.get(..first)?, shown.get(first..=last)?, shown.get(last + 1..)?);
    let signs = before.matches(['-', '+']).count() + usize::from(inside.is_some());
    let negative = inside.is_some() || before.contains('-');
    let (before, behind) = (before.replace(['-', '+'], ""), behind.trim());
    let before = before.trim();
    if signs > 1 || !before.is_empty() && !behind.is_empty() {
        return None;
    }
    let value = Decimal::from_str_exact(&ungrouped(digits, form)?).ok()?.normalize();
    let sign = before.chars().chain(behind.chars()).filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    Some((if negative { -value } else { value }, sign))
}

/// The digits with a point before the decimals and nothing between groups.
fn ungrouped(digits: &str, form: NumberForm) -> Option<String> {
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = digits.split_once(form.point).unwrap_or((digits, ""));
    let blank = |c: char| c == ' ' || c == '\u{a0}' || c == '\u{202f}';
    let separates = |c: char| form.group.is_some_and(|group| group == c || group == ' ' && blank(c));
    let mut groups = whole.split(separates);
    let first = groups.next()?;
    let alone = first.len() == whole.len();
    let grouped = all_digits(first) && (alone || (1..=3).contains(&first.len())) && groups.all(|one| one.len() == 3 && all_digits(one));
    if !grouped || !all_digits(decimals) {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole = if whole.is_empty() { "0" } else { &whole };
    Some(if decimals.is_empty() { whole.to_owned() } else { format!("{whole}.{decimals}") })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str, sample: &str) -> String {
        let form = if sample.is_empty() { NumberForm::USUAL } else { NumberForm::shown_by(sample).unwrap() };
        amount(text, form).map_or("none".to_owned(), |(value, sign)| format!("{value} {sign}").trim().to_owned())
    }

    #[test]
    fn numbers_as_sellers_write_them() {
        for (text, wanted) in [
            ("￥1,234.50", "1234.5 ¥"),
            ("US$12", "12 US$"),
            ("12.5%", "12.5 %"),
            ("（12.00）", "-12"),
            ("(￥12.00)", "-12 ¥"),
            ("１２３", "123"),
            ("-$1,000.50", "-1000.5 $"),
            ("$-5", "-5 $"),
            ("12元", "12 元"),
            (".5", "0.5"),
            ("1,234", "1234"),
            ("12,5", "none"),
            ("1,00,000", "none"),
            ("1.234,50", "none"),
            ("1.2.3", "none"),
            ("--5", "none"),
            ("(-5)", "none"),
            ("$5 USD", "none"),
            ("1 234", "none"),
            ("5.", "5 ."),
            ("abc", "none"),
        ] {
            assert_eq!(read(text, ""), wanted, "{text}");
        }
        assert_eq!(read("1.234,50 €", "1.234,50"), "1234.5 €");
        assert_eq!(read("1234,5", "1.234,50"), "1234.5");
        assert_eq!(read("1.234", "1.234,50"), "1234");
        assert_eq!(read("12.50", "1.234,50"), "none");
        assert_eq!(read("1\u{202f}234,50 kr", "1 234,50"), "1234.5 KR");
        assert_eq!(read("1,234", "1234,50"), "1.234");
    }

    #[test]
    fn ids_that_were_rounded_are_seen() {
        for (cell, rounded) in [
            (Cell::Number("450336000000000000"), true),
            (Cell::Number("123456789012345"), false),
            (Cell::Text("4.50336E+17"), true),
            (Cell::Text("450336171234567890"), false),
            (Cell::Text("AE+17"), false),
        ] {
            assert_eq!(is_rounded(cell, true), rounded, "{cell:?}");
        }
        assert!(!is_rounded(Cell::Text("1.5E+3"), false));
    }
}
