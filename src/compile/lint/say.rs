//! Values and ranges in the words of a message.

use super::range::{Nature, Range};
use super::values::Picked;
use crate::compile::program::{Scalar, Unit};
use crate::diagnostic::Words;
use crate::time::Zone;
use rust_decimal::Decimal;

/// A value as it is written in a ruleset: `5.5%`, `20 USD`, `36 hours`.
pub(super) fn literal(value: Decimal, unit: &Unit) -> String {
    let value = value.normalize();
    match unit {
        Unit::Percent => {
            value.checked_mul(Decimal::ONE_HUNDRED).map_or_else(|| value.to_string(), |hundred| format!("{}%", hundred.normalize()))
        }
        Unit::Money(currency) => format!("{value} {currency}"),
        Unit::Duration => duration(value),
        _ => value.to_string(),
    }
}

/// A value that was picked, as it is written; None for one that is written nowhere.
pub(super) fn shown(picked: &Picked, unit: &Unit, zone: &Zone) -> Option<String> {
    match picked {
        Picked::Value(Scalar::Number(number)) => Some(literal(*number, unit)),
        Picked::Value(Scalar::Text(text)) => Some(format!("{text:?}")),
        Picked::Value(Scalar::Date(day)) => Some(day.to_string()),
        Picked::Value(Scalar::Flag(flag)) => Some(flag.to_string()),
        Picked::Value(Scalar::Time(at)) => {
            let at = zone.format(*at);
            Some(at.strip_suffix(":00").unwrap_or(&at).to_owned())
        }
        Picked::Value(Scalar::Absent) | Picked::Other => None,
    }
}

/// The same in words.
pub(super) fn said(picked: &Picked, unit: &Unit, zone: &Zone) -> Words {
    shown(picked, unit, zone).map_or_else(|| Words::new("another value", "其他值"), |shown| Words::new(shown.clone(), shown))
}

/// A duration in the longest unit of which it is a whole number.
fn duration(seconds: Decimal) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let whole = |size: i64| seconds.checked_div(Decimal::from(size)).filter(|n| n.fract().is_zero()).map(|n| n.normalize());
    let found = units.into_iter().find_map(|(size, name)| Some((whole(size)?, name)));
    let (n, name) = found.unwrap_or((seconds, "second"));
    if n.abs() == Decimal::ONE { format!("{n} {name}") } else { format!("{n} {name}s") }
}

/// What a number is like: `is a part of a whole, always from 0% to 100%`.
pub(super) fn nature(range: &Range, unit: &Unit) -> Words {
    let is = match range.nature {
        Nature::Count => Words::new("is a count, ", "是计数，"),
        Nature::Share => Words::new("is a part of a whole, ", "是整体的一部分，"),
        Nature::Other => Words::new("is ", ""),
    };
    let end = |end: Option<Decimal>| end.map(|end| literal(end, unit));
    match (end(range.least), end(range.most)) {
        (Some(least), Some(most)) if least == most => is.then(&format!("always {least}"), &format!("总是 {least}")),
        (Some(least), Some(most)) => is.then(&format!("always from {least} to {most}"), &format!("总在 {least} 与 {most} 之间")),
        (Some(least), None) => is.then(&format!("never below {least}"), &format!("不会小于 {least}")),
        (None, Some(most)) => is.then(&format!("never above {most}"), &format!("不会大于 {most}")),
        (None, None) => is.then("always a whole number", "总是整数"),
    }
}
