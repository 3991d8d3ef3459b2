//! `steps`, `tiers` and `curve`: from a value to another one.

use super::number::{Number, Why};
use super::score::points;
use crate::compile::program::{Bands, Scalar};
use rust_decimal::Decimal;

/// What a value becomes.
pub(super) fn banded(bands: &Bands, value: Number) -> Number {
    let value = match value {
        Number::Known(Scalar::Number(value)) => value,
        Number::Known(_) => return Number::Unknown(Why::NoRows),
        unknown => return unknown,
    };
    let found = match bands {
        Bands::Steps { below, steps } => {
            let reached = |step: &&(Decimal, bool, Decimal)| value > step.0 || (value == step.0 && !step.1);
            Some(steps.iter().rev().find(reached).map_or(*below, |(_, _, result)| *result))
        }
        Bands::Tiers { below, tiers } => tiered(*below, tiers, value),
        Bands::Curve(curve) => points(curve, value),
    };
    found.map_or(Number::Unknown(Why::OutOfRange), |found| Number::of(found.normalize()))
}

/// Each part of the value times the rate of its tier.
fn tiered(below: Decimal, tiers: &[(Decimal, Decimal)], value: Decimal) -> Option<Decimal> {
    let first = tiers.first().map_or(value, |(limit, _)| *limit);
    let mut sum = value.min(first).checked_mul(below)?;
    for (place, (limit, rate)) in tiers.iter().enumerate() {
        let end = tiers.get(place + 1).map_or(value, |next| next.0.min(value));
        let part = end.checked_sub(*limit)?.max(Decimal::ZERO);
        sum = sum.checked_add(part.checked_mul(*rate)?)?;
    }
    Some(sum)
}
