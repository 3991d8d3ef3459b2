//! How numbers are written: exactly and plainly for machines, rounded and with units for people.
//!
//! 1. A [`Scalar`] with its [`Unit`] becomes a text. Rounding happens here and nowhere before: money half-even to the
//!    currency's minor unit unless the whole number is asked for.
//! 2. Counts stay whole numbers, percentages fractions, durations seconds; for people they become `8.4%` and `5 min`.

use crate::compile::program::{Formula, Ledger, Metric, Scalar, Scorecard, Unit};
use crate::diagnostic::Lang;
use crate::eval::{Cause, Why};
use crate::time::Zone;
use rust_decimal::{Decimal, RoundingStrategy};

/// The unit's name in results: `GBP`, `count`, `percent`.
pub fn unit_name(unit: &Unit) -> &str {
    match unit {
        Unit::Number => "number",
        Unit::Count => "count",
        Unit::Percent => "percent",
        Unit::Money(currency) => currency,
        Unit::MoneyIn(_) => "money",
        Unit::Duration => "duration",
        Unit::Time => "time",
        Unit::Date => "date",
        Unit::Text => "text",
        Unit::Flag => "flag",
    }
}

/// What a payout is in Chinese: a coefficient, or pay.
pub fn payout_zh(unit: &Unit) -> &'static str {
    if *unit == Unit::Number { "系数" } else { "绩效工资" }
}

/// The name of the unit of a card's payouts, when they are more than coefficients.
pub fn payout_unit(card: &Scorecard) -> Option<&str> {
    (card.payout_unit != Unit::Number).then(|| unit_name(&card.payout_unit))
}

/// A payout for machines. `exact` leaves money unrounded.
pub fn payout(amount: Decimal, unit: Option<&str>, exact: bool) -> String {
    bare(unit.filter(|unit| !exact && is_currency(unit)).map_or(amount, |currency| money(amount, currency)))
}

/// Whether the name of a unit is that of a currency.
pub fn is_currency(unit: &str) -> bool {
    unit.len() == 3 && unit.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A value for machines. `exact` leaves money unrounded.
pub fn plain(value: &Scalar, unit: &Unit, exact: bool) -> String {
    match (value, unit) {
        (Scalar::Number(number), Unit::Money(currency)) if !exact => money(*number, currency).to_string(),
        (Scalar::Number(number), _) => bare(*number),
        (Scalar::Text(text), _) => text.to_string(),
        (Scalar::Time(instant), _) => instant.to_string(),
        (Scalar::Date(day), _) => day.to_string(),
        (Scalar::Flag(flag), _) => flag.to_string(),
        (Scalar::Absent, _) => String::new(),
    }
}

/// What moved an account of a ledger, for people.
pub fn moved(ledger: &Ledger, cause: Cause, lang: Lang) -> String {
    let written = |place: usize| ledger.entries.get(place).map_or("", |entry| entry.text.as_str());
    match (cause, lang) {
        (Cause::Start, Lang::En) => "start".to_owned(),
        (Cause::Start, Lang::Zh) => "起始".to_owned(),
        (Cause::Decay, Lang::En) => "decay".to_owned(),
        (Cause::Decay, Lang::Zh) => "衰减".to_owned(),
        (Cause::Expiry(place), Lang::En) => format!("expired: {}", written(place)),
        (Cause::Expiry(place), Lang::Zh) => format!("失效：{}", written(place)),
        (Cause::Entry(place), _) => written(place).to_owned(),
    }
}

/// The ledger that a metric is.
pub fn ledger_of(metric: &Metric) -> Option<&Ledger> {
    match &metric.formula {
        Formula::Ledger(ledger) => Some(ledger),
        _ => None,
    }
}

/// Why a number is unknown, for people.
pub fn reason(why: &Why, lang: Lang) -> String {
    let (en, zh) = match why {
        Why::NoScope => ("no event of this scope had been seen by then", "截至当时该范围尚无任何事件"),
        Why::NoDimension => ("its events do not have this dimension", "相关事件没有该维度"),
        Why::NotBegun => ("the period has not begun", "该周期尚未开始"),
        Why::NoRows => ("no event lies in the window", "时间窗口内没有事件"),
        Why::ZeroDenominator => ("the denominator is 0", "分母为 0"),
        Why::OutOfRange => ("the result has too many digits", "结果位数超出范围"),
        Why::Stated => ("the ruleset says so", "规则集写明为未知"),
        Why::TooDeep => ("metrics refer to one another too deeply", "指标嵌套过深"),
        Why::NoTarget => ("no target is set for this scope and period", "该范围和周期没有设定目标"),
        Why::NoCurve => ("there is no history to split the target by", "没有可用于拆分目标的历史数据"),
        Why::NoHistory => ("too little history is known", "已知的历史数据太少"),
        Why::NoAccount => ("the scope does not say whose account of the ledger is meant", "范围未指明台账的哪个账户"),
        Why::AccountTooLong => ("the account of the ledger has moved on too many days", "台账账户变动的天数过多"),
        Why::NoParts => ("no part of the scope takes part", "该范围没有可参与计算的部分"),
        Why::TooManyParts => ("the scope has too many parts", "该范围的部分过多"),
        Why::NoPeriod => ("the window is no range of whole days", "该窗口不是完整的日期范围"),
        Why::Withheld(en, zh) => (&**en, &**zh),
        Why::NoRate(pair, day) => {
            return match lang {
                Lang::En => format!("no rate of {pair} counts on {day}"),
                Lang::Zh => format!("{day} 没有可用的 {pair} 汇率"),
            };
        }
        Why::NotInTable(key, day) => {
            return match lang {
                Lang::En => format!("no row of the table gives {key} on {day}"),
                Lang::Zh => format!("表中没有给出 {key} 在 {day} 的行"),
            };
        }
    };
    match lang {
        Lang::En => en.to_owned(),
        Lang::Zh => zh.to_owned(),
    }
}

/// The dimension values of a scope as people read them in a list: `us`, or `platform laz, category clothes`. Of one dimension
/// the value alone, unless it says nothing by itself, as `7` does. None for the whole workspace.
pub fn scope<'s>(values: impl IntoIterator<Item = (&'s str, &'s str)>) -> Option<String> {
    let values: Vec<(&str, &str)> = values.into_iter().collect();
    match &values[..] {
        [] => None,
        [(_, value)] if value.contains(char::is_alphabetic) => Some((*value).to_owned()),
        values => Some(values.iter().map(|(dim, value)| format!("{dim} {value}")).collect::<Vec<_>>().join(", ")),
    }
}

/// A decimal without needless zeros and without a minus before nothing.
pub fn bare(number: Decimal) -> String {
    let mut text = [b'0'; TEXT_BYTES];
    let (digits, scale) = (number.mantissa().unsigned_abs(), number.scale() as usize);
    // Whatever a decimal holds is two words of digits.
    let [high, low] = [digits / WORD, digits % WORD].map(|word| u64::try_from(word).unwrap_or(0));
    let (front, back) = text.split_at_mut(TEXT_BYTES - WORD_DIGITS);
    write_digits(front, high);
    write_digits(back, low);
    let (whole, decimals) = text.split_at(TEXT_BYTES - scale);
    let whole = whole.get(whole.iter().position(|digit| *digit != b'0').unwrap_or(whole.len() - 1)..).unwrap_or_default();
    let decimals = decimals.get(..decimals.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1)).unwrap_or_default();
    let [whole, decimals] = [whole, decimals].map(|digits| std::str::from_utf8(digits).unwrap_or_default());
    let mut written = String::with_capacity(whole.len() + decimals.len() + 2);
    if number.is_sign_negative() && digits != 0 {
        written.push('-');
    }
    written.push_str(whole);
    if !decimals.is_empty() {
        written.push('.');
        written.push_str(decimals);
    }
    written
}

/// So many digits are written by one word.
const WORD_DIGITS: usize = 19;
const WORD: u128 = 10u128.pow(19);
/// The most digits of a decimal, and one before the point.
const TEXT_BYTES: usize = 30;

/// The digits of a word, at the end.
fn write_digits(text: &mut [u8], mut word: u64) {
    for place in text.iter_mut().rev() {
        if word == 0 {
            break;
        }
        *place = b'0' + u8::try_from(word % 10).unwrap_or(0);
        word /= 10;
    }
}

/// Money in whole minor units of its currency.
pub fn money(amount: Decimal, currency: &str) -> Decimal {
    let decimals = iso_currency::Currency::from_code(currency).and_then(|currency| currency.exponent()).map_or(2, u32::from);
    let mut rounded = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven);
    rounded.rescale(decimals);
    if rounded.is_zero() {
        rounded.set_sign_positive(true)
    }
    rounded
}

/// A value for people.
pub fn human(value: &Scalar, unit: &Unit, zone: &Zone, lang: Lang) -> String {
    match (value, unit) {
        (Scalar::Number(number), Unit::Money(currency)) => format!("{} {currency}", grouped(money(*number, currency))),
        (Scalar::Number(number), Unit::Percent) => {
            format!("{}%", grouped(rounded(number.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(*number), 2)))
        }
        (Scalar::Number(number), Unit::Duration) => duration(*number, lang),
        (Scalar::Number(number), _) => grouped(rounded(*number, 4)),
        (Scalar::Time(instant), _) => zone.format(*instant),
        (Scalar::Flag(flag), _) => match (flag, lang) {
            (true, Lang::En) => "yes".to_owned(),
            (false, Lang::En) => "no".to_owned(),
            (true, Lang::Zh) => "是".to_owned(),
            (false, Lang::Zh) => "否".to_owned(),
        },
        _ => plain(value, unit, false),
    }
}

fn rounded(number: Decimal, decimals: u32) -> Decimal {
    let number = number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven).normalize();
    if number.is_zero() { Decimal::ZERO } else { number }
}

/// Commas between thousands.
fn grouped(number: Decimal) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut out = String::from(sign);
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out = format!("{out}.{fraction}");
    }
    out
}

/// A duration in its two largest units: `42 days 24 minutes`.
fn duration(seconds: Decimal, lang: Lang) -> String {
    let second = parts(seconds).get(1).map_or(Decimal::ONE, |(_, (size, ..))| Decimal::from(*size));
    let near = match seconds.abs() < Decimal::from(60) {
        true => Some(rounded(seconds, 1)),
        // What is nearest may be one more of the larger unit.
        false => seconds.checked_div(second).and_then(|of| of.round_dp(0).checked_mul(second)),
    };
    told(near.unwrap_or(seconds), lang)
}

/// A duration with all of its units.
pub fn exact_duration(seconds: Decimal, lang: Lang) -> String {
    told(seconds, lang)
}

/// How many seconds a unit has, its name for one and for several, and in Chinese.
type DurationUnit = (i64, &'static str, &'static str, &'static str);

/// The units of a duration of which it has any, and how many.
fn parts(seconds: Decimal) -> Vec<(Decimal, DurationUnit)> {
    let units = [(86_400, "day", "days", "天"), (3_600, "hour", "hours", "小时"), (60, "minute", "minutes", "分钟")];
    let mut rest = seconds.abs();
    let mut parts = Vec::new();
    for unit in units {
        let count = rest.checked_div(Decimal::from(unit.0)).unwrap_or_default().trunc();
        rest -= count * Decimal::from(unit.0);
        parts.push((count, unit));
    }
    parts.push((rest, (1, "second", "seconds", "秒")));
    parts.retain(|(count, _)| !count.is_zero());
    parts
}

fn told(seconds: Decimal, lang: Lang) -> String {
    let told = |(count, (_, one, several, zh)): &(Decimal, DurationUnit)| match lang {
        Lang::En => format!("{} {}", grouped(count.normalize()), if *count == Decimal::ONE { one } else { several }),
        Lang::Zh => format!("{} {zh}", grouped(count.normalize())),
    };
    let sign = if seconds.is_sign_negative() { "-" } else { "" };
    let parts = parts(seconds);
    if parts.is_empty() {
        return told(&(Decimal::ZERO, (1, "second", "seconds", "秒")));
    }
    sign.to_owned() + &parts.iter().map(told).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn number(text: &str) -> Scalar {
        Scalar::Number(text.parse().unwrap())
    }

    #[test]
    fn decimals_are_written_without_needless_zeros() {
        for digits in [0, 1, -7, 10, 120, -100, 999_999, 1_000_001, i64::MAX, i64::MIN] {
            for scale in 0..=28 {
                let number = Decimal::new(digits, scale);
                let wanted = if number.is_zero() { "0".to_owned() } else { number.normalize().to_string() };
                assert_eq!(bare(number), wanted, "{digits} {scale}");
            }
        }
        for scale in 0..=28 {
            let mut number = -Decimal::MAX;
            number.set_scale(scale).unwrap();
            assert_eq!(bare(number), number.to_string(), "{scale}");
        }
        assert_eq!(bare(-Decimal::ZERO), "0");
    }

    #[test]
    fn money_is_rounded_half_even_to_its_minor_unit() {
        let gbp = Unit::Money("GBP".into());
        assert_eq!(plain(&number("9747747.934"), &gbp, false), "9747747.93");
        assert_eq!(plain(&number("9747747.934"), &gbp, true), "9747747.934");
        assert_eq!(plain(&number("0.125"), &gbp, false), "0.12");
        assert_eq!(plain(&number("-0.001"), &gbp, false), "0.00");
        assert_eq!(plain(&number("1461756.5"), &Unit::Money("JPY".into()), false), "1461756");
        assert_eq!(plain(&number("25900.0"), &Unit::Count, false), "25900");
    }

    #[test]
    fn people_read_units() {
        let show = |text: &str, unit: Unit| human(&number(text), &unit, &Zone::utc(), Lang::En);
        assert_eq!(show("-1461756.254", Unit::Money("GBP".into())), "-1,461,756.25 GBP");
        assert_eq!(show("0.08425", Unit::Percent), "8.42%");
        assert_eq!(show("300", Unit::Duration), "5 minutes");
        for (seconds, told) in [
            ("3630240", "42 days 24 minutes"),
            ("131700", "1 day 13 hours"),
            ("-5400", "-1 hour 30 minutes"),
            ("86399", "1 day"),
            ("3661", "1 hour 1 minute"),
            ("1.25", "1.2 seconds"),
            ("59.96", "1 minute"),
            ("79228162514264337593543950335", "916,992,621,692,874,277,703,054 days 23 hours 32 minutes 15 seconds"),
        ] {
            assert_eq!(show(seconds, Unit::Duration), told, "{seconds}");
        }
        assert_eq!(exact_duration("131700.5".parse().unwrap(), Lang::En), "1 day 12 hours 35 minutes 0.5 seconds");
        assert_eq!(show("0", Unit::Duration), "0 seconds");
    }
}
