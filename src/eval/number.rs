//! Numbers with their reasons, and how a merged aggregate is read.

use super::value::Trouble;
use super::{Acc, from_fixed};
use crate::compile::program::{Read, Scalar};
use crate::time::Day;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The value of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Number {
    /// A value; never [`Scalar::Absent`].
    Known(Scalar),
    /// No value, and why: the innermost reason.
    Unknown(Why),
}

/// Why a number is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// No event of this scope had been seen at that instant.
    NoScope,
    /// The events of the formula do not have this dimension.
    NoDimension,
    /// The window or period had not begun.
    NotBegun,
    /// No row with a value lies in the window.
    NoRows,
    /// The denominator is zero.
    ZeroDenominator,
    /// The result has too many digits.
    OutOfRange,
    /// The file says `unknown`.
    Stated,
    /// Metrics refer to metrics too many levels deep.
    TooDeep,
    /// No target is set for this scope and all of this period.
    NoTarget,
    /// The history by which the target is split is not there, or adds up to nothing.
    NoCurve,
    /// The window is no range of whole days.
    NoPeriod,
    /// No row of a table matches: the table, the key and the day.
    NotInTable(Box<str>, Day),
    /// No part of the scope exists, or takes part.
    NoParts,
    /// The scope has more parts than are looked at.
    TooManyParts,
    /// No rate counts on a day: the pair, such as `JPY/CNY`, and the day.
    NoRate(Box<str>, Day),
    /// Fewer than half of the earlier values are known.
    NoHistory,
    /// A line of the scorecard withholds the score: what it says, in English and Chinese.
    Withheld(Box<str>, Box<str>),
    /// The scope does not name whose account of a ledger is meant.
    NoAccount,
    /// An account of a ledger has moved on too many days since its last reset.
    AccountTooLong,
}

impl Number {
    /// A known decimal.
    pub fn of(value: Decimal) -> Number {
        Number::Known(Scalar::Number(value))
    }

    /// The decimal, when it is known and a number.
    pub fn decimal(&self) -> Option<Decimal> {
        match self {
            Number::Known(Scalar::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// The truth of a condition; None when unknown.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Number::Known(Scalar::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }
}

impl From<Trouble> for Why {
    fn from(trouble: Trouble) -> Why {
        match trouble {
            Trouble::Absent => Why::NoRows,
            Trouble::Zero => Why::ZeroDenominator,
            Trouble::Range => Why::OutOfRange,
        }
    }
}

/// Reads a merged aggregate.
pub(super) fn read(acc: &Acc, read: Read) -> Number {
    let counted = |n: i64| Number::of(Decimal::from(n));
    let sized = |n: usize| counted(i64::try_from(n).unwrap_or(i64::MAX));
    match (acc, read) {
        (Acc::Count(n) | Acc::Sum(_, n), Read::Count) => counted(*n),
        (Acc::Sum(sum, _), Read::Sum) => fixed(*sum),
        (Acc::Sum(_, 0), Read::Avg) => Number::Unknown(Why::NoRows),
        (Acc::Sum(sum, n), Read::Avg) => match from_fixed(*sum).and_then(|sum| sum.checked_div(Decimal::from(*n))) {
            Some(mean) => Number::of(mean),
            None => Number::Unknown(Why::OutOfRange),
        },
        (Acc::Distinct(set), Read::Distinct | Read::Count) => sized(set.len()),
        (Acc::Values(set), Read::Count) => counted(set.values().map(|n| i64::from(*n)).sum()),
        (Acc::Values(set), Read::Quantile(fraction)) => quantile(set, fraction),
        (Acc::Min(Some(value)) | Acc::Max(Some(value)), Read::Value) => Number::Known(value.clone()),
        (Acc::First(Some((_, _, value))) | Acc::Last(Some((_, _, value))), Read::Value) => Number::Known(value.clone()),
        _ => Number::Unknown(Why::NoRows),
    }
}

fn fixed(value: i128) -> Number {
    from_fixed(value).map_or(Number::Unknown(Why::OutOfRange), Number::of)
}

/// Hyndman-Fan type 7: at position `fraction * (n - 1)`, linear between the two neighbours.
fn quantile(set: &BTreeMap<i128, u32>, fraction: Decimal) -> Number {
    let n: u64 = set.values().map(|n| u64::from(*n)).sum();
    if n == 0 {
        return Number::Unknown(Why::NoRows);
    }
    let position = fraction.clamp(Decimal::ZERO, Decimal::ONE).checked_mul(Decimal::from(n - 1));
    let Some(position) = position else { return Number::Unknown(Why::OutOfRange) };
    let whole = position.trunc();
    let index = u64::try_from(whole.mantissa()).unwrap_or(0);
    let (Some(low), Some(high)) = (nth(set, index), nth(set, (index + 1).min(n - 1))) else { return Number::Unknown(Why::OutOfRange) };
    let between = high.checked_sub(low).and_then(|gap| gap.checked_mul(position - whole)).and_then(|part| low.checked_add(part));
    between.map_or(Number::Unknown(Why::OutOfRange), Number::of)
}

/// The value at this place of the sorted multiset.
fn nth(set: &BTreeMap<i128, u32>, index: u64) -> Option<Decimal> {
    let mut passed = 0;
    for (value, n) in set {
        passed += u64::from(*n);
        if index < passed {
            return from_fixed(*value);
        }
    }
    None
}
