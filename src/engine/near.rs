//! What a text that does not have the form of its unit was meant to be.
//!
//! 1. Full-width characters become plain ones.
//! 2. By the unit: the sign or name of a currency goes behind the amount, separators of thousands go, dates get hyphens.
//! 3. [`shape`](super::shape) offers only what it then can read: a guess that is wrong must not look like advice.

use super::show::is_currency;
use crate::compile::program::Unit;
use crate::time::Zone;

/// The form of the unit that a text comes near to. It may still not be one.
pub(super) fn meant(text: &str, unit: &Unit) -> Option<String> {
    let text = plain(text);
    match unit {
        Unit::Money(currency) => money(&text, currency),
        Unit::MoneyIn(_) => money(&text, ""),
        Unit::Percent => match text.strip_suffix('%') {
            Some(number) => Some(ungrouped(number)? + "%"),
            None => ungrouped(&text),
        },
        Unit::Number | Unit::Count => ungrouped(&text),
        Unit::Duration => duration(&text),
        Unit::Time | Unit::Date => calendar(&text),
        Unit::Flag => flag(&text).map(|flag| flag.to_string()),
        Unit::Text => None,
    }
}

/// The time that a text was meant to be.
pub fn meant_time(text: &str, zone: &Zone) -> Option<String> {
    calendar(&plain(text)).filter(|time| zone.parse_local(time).is_some())
}

/// The text with plain characters for the full-width ones, without blanks around.
pub fn plain(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '￥' => '¥',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '−' | '–' => '-',
        _ => c,
    };
    text.chars().map(narrow).collect::<String>().trim().to_owned()
}

/// `$1,000` becomes `1000 USD`.
fn money(text: &str, declared: &str) -> Option<String> {
    let of_number = |c: &char| c.is_ascii_digit() || matches!(c, '.' | ',' | '_' | '\'' | '-' | '+');
    let amount = ungrouped(&text.chars().filter(of_number).collect::<String>())?;
    let sign: String = text.chars().filter(|c| !of_number(c) && !c.is_whitespace()).collect();
    if sign.is_empty() {
        return Some(amount);
    }
    Some(format!("{amount} {}", currency(&sign.to_ascii_uppercase(), declared)?))
}

/// The currency that a sign stands for; a sign that several share means the declared one.
pub(super) fn currency<'a>(sign: &'a str, declared: &'a str) -> Option<&'a str> {
    let currencies = currencies(sign)?;
    currencies.iter().find(|currency| **currency == declared).or(currencies.first()).copied()
}

/// The currencies that a sign in capitals may stand for.
pub(super) fn currencies(sign: &str) -> Option<Vec<&str>> {
    const SIGNS: &[(&str, &[&str])] = &[
        ("$", &["USD", "AUD", "BRL", "CAD", "CLP", "COP", "HKD", "MXN", "NZD", "SGD", "TWD"]),
        ("¥", &["CNY", "JPY"]),
        ("元", &["CNY", "HKD", "TWD"]),
        ("US$", &["USD"]),
        ("HK$", &["HKD"]),
        ("NT$", &["TWD"]),
        ("S$", &["SGD"]),
        ("A$", &["AUD"]),
        ("AU$", &["AUD"]),
        ("C$", &["CAD"]),
        ("CA$", &["CAD"]),
        ("MX$", &["MXN"]),
        ("R$", &["BRL"]),
        ("CN¥", &["CNY"]),
        ("RMB", &["CNY"]),
        ("人民币", &["CNY"]),
        ("円", &["JPY"]),
        ("€", &["EUR"]),
        ("£", &["GBP"]),
        ("₩", &["KRW"]),
        ("₹", &["INR"]),
        ("RM", &["MYR"]),
        ("RP", &["IDR"]),
        ("฿", &["THB"]),
        ("₱", &["PHP"]),
        ("₫", &["VND"]),
        ("ZŁ", &["PLN"]),
        ("KR", &["SEK", "DKK", "NOK"]),
    ];
    match SIGNS.iter().find(|(known, _)| *known == sign) {
        Some((_, currencies)) => Some(currencies.to_vec()),
        None => is_currency(sign).then(|| vec![sign]),
    }
}

/// A number without separators of thousands and with a point before its decimals: `1,000`, `1_000`, `1.234,50`, `12,5`.
fn ungrouped(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !matches!(c, '_' | '\'') && !c.is_whitespace()).collect();
    let separators = |mark: char| text.matches(mark).count();
    let (grouping, point) = match (text.rfind(','), text.rfind('.')) {
        (Some(comma), Some(dot)) if comma > dot => ('.', ','),
        (Some(_), None) if separators(',') == 1 && !is_grouped(&text, ',') => ('.', ','),
        _ => (',', '.'),
    };
    let (whole, decimals) = text.split_once(point).unwrap_or((&text, ""));
    if whole.contains(grouping) && !is_grouped(whole, grouping) {
        return None;
    }
    let whole = whole.replace(grouping, "");
    Some(if decimals.is_empty() { whole } else { format!("{whole}.{decimals}") })
}

/// True when there are three digits behind every separator.
fn is_grouped(whole: &str, separator: char) -> bool {
    whole.split(separator).skip(1).all(|group| group.len() == 3)
}

/// `3h`, `1d 2h`, `3小时`.
pub(super) fn duration(text: &str) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '_')).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(digits);
        let behind = behind.trim_start();
        let (word, behind) = behind.split_at(behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len()));
        parts.push(format!("{} {}", ungrouped(number)?, unit(word.trim())?));
        rest = behind;
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn unit(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "s" | "sec" | "secs" | "秒" => "seconds",
        "m" | "min" | "mins" | "分" | "分钟" => "minutes",
        "h" | "hr" | "hrs" | "时" | "小时" => "hours",
        "d" | "天" | "日" => "days",
        "w" | "周" => "weeks",
        _ => return None,
    })
}

/// `2026/3/1 9:00` and `2026年3月1日` become `2026-03-01 09:00` and `2026-03-01`. The year comes first: which of the others
/// is the month cannot be told elsewhere.
fn calendar(text: &str) -> Option<String> {
    let separates = |c: char| matches!(c, '-' | '/' | '.' | ':' | 'T' | ' ' | '年' | '月' | '日' | '号' | '时' | '分' | '秒');
    let parts: Vec<&str> = text.split(separates).filter(|part| !part.is_empty()).collect();
    let digits = |part: &&str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    let [year, month, day, clock @ ..] = parts.as_slice() else { return None };
    if year.len() != 4 || !parts.iter().skip(1).all(digits) {
        return None;
    }
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    match clock {
        [] => Some(date),
        [hour, minute] => Some(format!("{date} {hour:0>2}:{minute:0>2}")),
        [hour, minute, second] => Some(format!("{date} {hour:0>2}:{minute:0>2}:{second:0>2}")),
        _ => None,
    }
}

/// A word for yes or no.
pub(super) fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "y" | "t" | "true" | "yes" | "1" | "是" | "对" | "真" | "有" => Some(true),
        "n" | "f" | "false" | "no" | "0" | "否" | "错" | "假" | "无" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(text: &str, unit: &Unit, wanted: &str) {
        assert_eq!(meant(text, unit).unwrap_or_default(), wanted, "{text}");
    }

    #[test]
    fn near_misses_become_what_was_meant() {
        let money = Unit::Money("USD".into());
        for (text, wanted) in [
            ("$20", "20 USD"),
            ("-$1,000.50", "-1000.50 USD"),
            ("USD 20", "20 USD"),
            ("20usd", "20 USD"),
            ("２０ ＵＳＤ", "20 USD"),
            ("€20", "20 EUR"),
            ("1.234,50", "1234.50"),
            ("twenty", ""),
        ] {
            is(text, &money, wanted);
        }
        is("￥20", &Unit::Money("CNY".into()), "20 CNY");
        for (text, wanted) in [("1,000", "1000"), ("1_000", "1000"), ("１２", "12"), ("12,5", "12.5"), ("1,00,00", ""), ("1'000", "1000")]
        {
            is(text, &Unit::Number, wanted);
        }
        is("１２．５％", &Unit::Percent, "12.5%");
        is("1d 2h", &Unit::Duration, "1 days 2 hours");
        is("3小时", &Unit::Duration, "3 hours");
        is("2026年3月1日", &Unit::Date, "2026-03-01");
        is("2026/3/1 9:05", &Unit::Time, "2026-03-01 09:05");
        is("1/3/2026", &Unit::Date, "");
        is("是", &Unit::Flag, "true");
    }
}
