//! Cells: exact, mergeable aggregates of one leaf, one scope and one local day.

use super::{Amounts, Quotes, Readings, RowId};
use crate::compile::program::Scalar;
use crate::time::Instant;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Sums and multisets keep values as integers of 10^-12.
pub const FIXED_SCALE: u32 = 12;

/// What a leaf keeps of its rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Acc {
    /// Number of rows.
    Count(i64),
    /// Exact sum in units of 10^-12, and the number of values.
    Sum(i128, i64),
    /// Distinct values by the first 128 bits of the BLAKE3 of their canonical text, with their multiplicities.
    Distinct(BTreeMap<u128, u32>),
    /// Least value.
    Min(Option<Scalar>),
    /// Greatest value.
    Max(Option<Scalar>),
    /// The earliest value by (time, identity).
    First(Option<(Instant, RowId, Scalar)>),
    /// The latest value by (time, identity).
    Last(Option<(Instant, RowId, Scalar)>),
    /// All values in units of 10^-12 with their multiplicities.
    Values(BTreeMap<i128, u32>),
    /// Exact sums by day and currency.
    Money(Amounts),
    /// Rates by pair of currencies and day.
    Rates(Quotes),
    /// The readings of a level.
    Course(Readings),
}

/// The aggregate of one leaf, one scope and one local day.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The aggregate over the rows that count.
    pub acc: Acc,
    /// The number of rows that count.
    pub rows: u32,
    /// The earliest and latest event time of every row that ever counted here: where to look in the history.
    pub first: Instant,
    /// See `first`.
    pub last: Instant,
    /// The latest event time at which the content changed: at any instant from then on, the cell is as it stands.
    pub changed: Instant,
}

/// A decimal in units of 10^-12, rounded half-even when it has more decimals; None when out of range.
pub fn to_fixed(value: Decimal) -> Option<i128> {
    let value = if value.scale() > FIXED_SCALE { value.round_dp(FIXED_SCALE) } else { value };
    product(value.mantissa(), power_of_ten(FIXED_SCALE - value.scale())?)
}

/// The powers of ten that fit.
const POWERS: [i128; 39] = {
    let mut powers = [1i128; 39];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// A power of ten; None when it does not fit.
pub(super) fn power_of_ten(exponent: u32) -> Option<i128> {
    POWERS.get(exponent as usize).copied()
}

/// The product of two numbers; None when it does not fit.
pub(super) fn product(a: i128, b: i128) -> Option<i128> {
    // Those of words always do.
    match (i64::try_from(a), i64::try_from(b)) {
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

/// The decimal of a number of units of 10^-12; None when it has more than 28 digits.
pub fn from_fixed(fixed: i128) -> Option<Decimal> {
    // Most fit a word, with which dividing costs little.
    if let Ok(mut digits) = i64::try_from(fixed) {
        let mut scale = FIXED_SCALE;
        for (zeros, power) in [(8, 100_000_000), (4, 10_000), (2, 100), (1, 10)] {
            if scale >= zeros && digits % power == 0 {
                (digits, scale) = (digits / power, scale - zeros);
            }
        }
        return Some(Decimal::new(digits, scale));
    }
    let (mut mantissa, mut scale) = (fixed, FIXED_SCALE);
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

#[cfg(test)]
mod tests {
    use super::{FIXED_SCALE, from_fixed};
    use rust_decimal::Decimal;

    #[test]
    fn decimals_have_no_zeros_at_the_end() {
        for digits in [0, 1, -7, 12, 120, 999_999, 1_000_001, i64::MAX / 1_000_000, i64::MIN / 1_000_000, i64::MAX] {
            for zeros in 0..25 {
                let Some(fixed) = 10i128.checked_pow(zeros).and_then(|power| power.checked_mul(digits.into())) else { continue };
                let plain = Decimal::try_from_i128_with_scale(fixed, FIXED_SCALE).map(|number| number.normalize());
                let Ok(plain) = plain else { continue };
                let found = from_fixed(fixed).unwrap_or_default();
                assert_eq!((found.mantissa(), found.scale()), (plain.mantissa(), plain.scale()), "{fixed}");
            }
        }
    }
}
