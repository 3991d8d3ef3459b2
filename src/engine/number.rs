//! The forms in which numbers with a unit are written.

use super::event::RawValue;
use rust_decimal::Decimal;

/// `12.5` or `"12.5"`.
pub fn decimal(value: &RawValue) -> Option<Decimal> {
    match value {
        RawValue::Number(number) => Some(*number),
        RawValue::Text(text) => parse(text),
        _ => None,
    }
}

/// `"12.5%"`, or a fraction.
pub fn percent(value: &RawValue) -> Option<Decimal> {
    if let RawValue::Text(text) = value
        && let Some(number) = text.trim().strip_suffix('%')
    {
        return parse(number)?.checked_div(Decimal::ONE_HUNDRED);
    }
    decimal(value)
}

/// `"20 USD"`, `"20"`, `20` or an object with an amount and a currency; the currency when it is given.
pub fn money(value: &RawValue) -> Option<(Decimal, Option<String>)> {
    match value {
        RawValue::Money { amount, currency } => Some((*amount, Some(currency.to_ascii_uppercase()))),
        RawValue::Text(text) => match text.trim().rsplit_once(char::is_whitespace) {
            Some((amount, currency)) => Some((parse(amount)?, Some(currency.to_ascii_uppercase()))),
            None => Some((parse(text)?, None)),
        },
        _ => Some((decimal(value)?, None)),
    }
}

/// Seconds: `"3 hours"`, `"1 day 2 hours"`, `"PT3H"`, or a number of seconds.
pub fn duration(value: &RawValue) -> Option<Decimal> {
    let RawValue::Text(text) = value else {
        return decimal(value);
    };
    let text = text.trim();
    if let Some(seconds) = parse(text) {
        return Some(seconds);
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() >= 2 && words.len().is_multiple_of(2) {
        return words
            .chunks(2)
            .map(|pair| match pair {
                [number, unit] => parse(number)?.checked_mul(seconds_of(unit)?),
                _ => None,
            })
            .try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part?));
    }
    iso_duration(text)
}

fn seconds_of(unit: &str) -> Option<Decimal> {
    let seconds = match unit.to_ascii_lowercase().trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3600,
        "day" => 86_400,
        "week" => 604_800,
        _ => return None,
    };
    Some(Decimal::from(seconds))
}

/// `P1DT2H30M`, with days of 24 hours and without months and years, whose lengths differ.
fn iso_duration(text: &str) -> Option<Decimal> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix('P')?;
    let (mut sum, mut number, mut clock, mut parts) = (Decimal::ZERO, String::new(), false, 0);
    for letter in rest.chars() {
        let unit = match (letter, clock) {
            ('0'..='9' | '.', _) => {
                number.push(letter);
                continue;
            }
            ('T', false) if number.is_empty() => {
                clock = true;
                continue;
            }
            ('W', false) => "week",
            ('D', false) => "day",
            ('H', true) => "hour",
            ('M', true) => "minute",
            ('S', true) => "second",
            _ => return None,
        };
        sum = sum.checked_add(parse(&number)?.checked_mul(seconds_of(unit)?)?)?;
        number.clear();
        parts += 1;
    }
    let whole = number.is_empty() && parts > 0;
    whole.then_some(if negative { -sum } else { sum })
}

/// Digits with at most one point and a sign; nothing else, so that `1,234` is not read as 1 or 1234.
fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.bytes().any(|byte| byte.is_ascii_digit());
    if plain { Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text)).ok() } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(text: &str) -> RawValue {
        RawValue::Text(text.to_owned())
    }

    #[test]
    fn forms() {
        assert_eq!(decimal(&text(" -12.50 ")).unwrap().to_string(), "-12.50");
        for bad in ["1,234", "", ".", "1e5", "NaN", "0x10", "１２"] {
            assert_eq!(decimal(&text(bad)), None, "{bad}");
        }
        assert_eq!(percent(&text("12.5%")).unwrap().to_string(), "0.125");
        assert_eq!(money(&text("20.50 usd")).unwrap(), (Decimal::new(2050, 2), Some("USD".to_owned())));
        assert_eq!(money(&text("20")).unwrap(), (Decimal::from(20), None));
        for (form, seconds) in
            [("3 hours", 10_800), ("1 day 2 hours", 93_600), ("PT3H", 10_800), ("P1DT2M", 86_520), ("90", 90), ("-PT1S", -1)]
        {
            assert_eq!(duration(&text(form)), Some(Decimal::from(seconds)), "{form}");
        }
        for bad in ["P", "PT", "P1M", "P1", "3 parsecs", "hours 3"] {
            assert_eq!(duration(&text(bad)), None, "{bad}");
        }
    }
}
