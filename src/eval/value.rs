//! Values in flight: borrowed scalars and the arithmetic that row formulas and aggregate formulas share.

use crate::compile::program::{Arith, Compare, Scalar};
use crate::time::{Day, Instant};
use rust_decimal::Decimal;
use std::cmp::Ordering;

const SECONDS_PER_DAY: i64 = 86_400;

/// A scalar that borrows its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Val<'a> {
    Absent,
    Number(Decimal),
    Text(&'a str),
    Time(Instant),
    Date(Day),
    Flag(bool),
}

/// Why an operation has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// An operand is absent or of the wrong kind.
    Absent,
    /// Division by zero.
    Zero,
    /// The result does not fit.
    Range,
}

impl<'a> From<&'a Scalar> for Val<'a> {
    fn from(scalar: &'a Scalar) -> Val<'a> {
        match scalar {
            Scalar::Absent => Val::Absent,
            Scalar::Number(number) => Val::Number(*number),
            Scalar::Text(text) => Val::Text(text),
            Scalar::Time(instant) => Val::Time(*instant),
            Scalar::Date(day) => Val::Date(*day),
            Scalar::Flag(flag) => Val::Flag(*flag),
        }
    }
}

impl Val<'_> {
    pub(super) fn to_scalar(self) -> Scalar {
        match self {
            Val::Absent => Scalar::Absent,
            Val::Number(number) => Scalar::Number(number),
            Val::Text(text) => Scalar::Text(text.into()),
            Val::Time(instant) => Scalar::Time(instant),
            Val::Date(day) => Scalar::Date(day),
            Val::Flag(flag) => Scalar::Flag(flag),
        }
    }

    /// The order of two values of one kind; None when one is absent or the kinds differ.
    pub(super) fn order(self, other: Val<'_>) -> Option<Ordering> {
        match (self, other) {
            (Val::Number(a), Val::Number(b)) => Some(a.cmp(&b)),
            (Val::Text(a), Val::Text(b)) => Some(a.cmp(b)),
            (Val::Time(a), Val::Time(b)) => Some(a.cmp(&b)),
            (Val::Date(a), Val::Date(b)) => Some(a.cmp(&b)),
            (Val::Flag(a), Val::Flag(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }
}

/// Whether an order satisfies a comparison.
pub(super) fn satisfies(compare: Compare, order: Ordering) -> bool {
    match compare {
        Compare::Eq => order.is_eq(),
        Compare::Ne => order.is_ne(),
        Compare::Lt => order.is_lt(),
        Compare::Le => order.is_le(),
        Compare::Gt => order.is_gt(),
        Compare::Ge => order.is_ge(),
    }
}

/// Arithmetic on numbers, and on times and durations (in seconds).
pub(super) fn arith(op: Arith, left: Val<'_>, right: Val<'_>) -> Result<Val<'static>, Trouble> {
    match (op, left, right) {
        (_, Val::Number(a), Val::Number(b)) => number(op, a, b).map(Val::Number),
        (Arith::Sub, Val::Time(a), Val::Time(b)) => {
            let micros = a.0.checked_sub(b.0).ok_or(Trouble::Range)?;
            Ok(Val::Number(Decimal::new(micros, 6).normalize()))
        }
        (Arith::Sub, Val::Date(a), Val::Date(b)) => Ok(Val::Number(Decimal::from((i64::from(a.0) - i64::from(b.0)) * SECONDS_PER_DAY))),
        (Arith::Add, Val::Time(a), Val::Number(b)) | (Arith::Add, Val::Number(b), Val::Time(a)) => shift(a, b),
        (Arith::Sub, Val::Time(a), Val::Number(b)) => shift(a, -b),
        _ => Err(Trouble::Absent),
    }
}

/// Arithmetic on numbers.
pub(super) fn number(op: Arith, a: Decimal, b: Decimal) -> Result<Decimal, Trouble> {
    let result = match op {
        Arith::Add => a.checked_add(b),
        Arith::Sub => a.checked_sub(b),
        Arith::Mul => a.checked_mul(b),
        Arith::Div if b.is_zero() => return Err(Trouble::Zero),
        Arith::Div => a.checked_div(b),
        Arith::Least => Some(a.min(b)),
        Arith::Greatest => Some(a.max(b)),
    };
    result.ok_or(Trouble::Range)
}

fn shift(instant: Instant, seconds: Decimal) -> Result<Val<'static>, Trouble> {
    let micros = seconds.checked_mul(Decimal::from(1_000_000)).ok_or(Trouble::Range)?.round();
    let micros = i64::try_from(micros.mantissa()).ok().filter(|_| micros.scale() == 0).ok_or(Trouble::Range)?;
    instant.0.checked_add(micros).map(|sum| Val::Time(Instant(sum))).ok_or(Trouble::Range)
}
