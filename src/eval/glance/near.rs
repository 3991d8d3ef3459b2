//! Numbers as far as floating point knows them: a value, and how far the exact decimal may be off.
//!
//! 1. Every operation bounds its error from above, so that the exact result lies within [`Near::off`] of [`Near::value`].
//! 2. A comparison answers only where no error can turn it: everywhere else there is doubt (None), and whoever asks computes
//!    with decimals. The technique is that of exact geometric predicates (J. R. Shewchuk, 1997).

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::cmp::Ordering;

/// Beyond this an exact decimal may not fit, and its value may be unknown for that reason.
const MOST: f64 = 1e24;
/// More than what a decimal loses by its rounding to 28 places, several times over.
const LEAST: f64 = 1e-24;
/// Above the error of one operation, relative to its result.
const PART: f64 = 2.0 * f64::EPSILON;
/// Whole numbers up to here are exact.
const WHOLE_MAX: u64 = 1 << 53;
/// A decimal has so many bits.
const DECIMAL_BITS: u32 = 95;
/// How many units of a fixed sum make 1.
const UNIT: f64 = 1e-12;

/// A number, known to within a distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Near {
    value: f64,
    off: f64,
}

impl Near {
    /// A count.
    pub(super) fn whole(count: i64) -> Near {
        let value = count as f64;
        Near { value, off: if count.unsigned_abs() <= WHOLE_MAX { 0.0 } else { value.abs() * PART } }
    }

    /// A sum in units of 10^-12; None when it may not fit a decimal.
    pub(super) fn fixed(sum: i128) -> Option<Near> {
        if sum == 0 {
            return Some(Near::whole(0));
        }
        if sum.unsigned_abs() >> DECIMAL_BITS != 0 {
            return None;
        }
        // A word is turned into a float by the machine itself.
        let value = i64::try_from(sum).map_or_else(|_| sum as f64, |word| word as f64) * UNIT;
        Near::rounded(value, 0.0)
    }

    /// A decimal; None when it is too large.
    pub(super) fn decimal(number: Decimal) -> Option<Near> {
        if let Some(count) = number.to_i64().filter(|_| number.is_integer()) {
            return Some(Near::whole(count));
        }
        Near::rounded(number.to_f64()?, 0.0)
    }

    /// The result of an operation on what was off so far; None when there is no telling whether the decimal fits.
    fn rounded(value: f64, off: f64) -> Option<Near> {
        let magnitude = value.abs();
        // Not a number is no less than anything.
        (magnitude + off < MOST).then_some(Near { value, off: off * (1.0 + PART) + magnitude * PART + LEAST })
    }

    fn exact(self) -> bool {
        self.off == 0.0
    }

    /// The same when both are whole and small, whatever the operation: sums and products of such are exact.
    fn both(value: f64, (a, b): (Near, Near), off: f64) -> Option<Near> {
        if a.exact() && b.exact() && value.abs() <= WHOLE_MAX as f64 {
            return Some(Near { value, off: 0.0 });
        }
        Near::rounded(value, off)
    }

    pub(super) fn plus(self, other: Near) -> Option<Near> {
        Near::both(self.value + other.value, (self, other), self.off + other.off)
    }

    pub(super) fn minus(self, other: Near) -> Option<Near> {
        self.plus(other.negated())
    }

    pub(super) fn times(self, other: Near) -> Option<Near> {
        let off = self.value.abs() * other.off + other.value.abs() * self.off + self.off * other.off;
        Near::both(self.value * other.value, (self, other), off)
    }

    /// The quotient; None in doubt. Whoever divides asks first whether the divisor is 0.
    pub(super) fn over(self, other: Near) -> Option<Near> {
        let least = other.value.abs() - other.off;
        if least <= 0.0 {
            return None;
        }
        let value = self.value / other.value;
        Near::rounded(value, (self.off + value.abs() * other.off) / least)
    }

    pub(super) fn negated(self) -> Near {
        Near { value: -self.value, ..self }
    }

    pub(super) fn abs(self) -> Near {
        Near { value: self.value.abs(), ..self }
    }

    /// The lesser of two.
    pub(super) fn min(self, other: Near) -> Near {
        Near { value: self.value.min(other.value), off: self.off.max(other.off) }
    }

    /// The greater of two.
    pub(super) fn max(self, other: Near) -> Near {
        Near { value: self.value.max(other.value), off: self.off.max(other.off) }
    }

    /// How two compare; None in doubt.
    pub(super) fn order(self, other: Near) -> Option<Ordering> {
        let apart = self.value - other.value;
        if apart.abs() > (self.off + other.off) * (1.0 + PART) + apart.abs() * PART {
            return apart.partial_cmp(&0.0);
        }
        (self.exact() && other.exact() && apart == 0.0).then_some(Ordering::Equal)
    }

    /// Whether it is 0; None in doubt.
    pub(super) fn is_zero(self) -> Option<bool> {
        self.order(Near::whole(0)).map(Ordering::is_eq)
    }

    /// Whether an exact sum or mean lies where this says.
    #[cfg(test)]
    pub(super) fn holds(self, exact: Decimal) -> bool {
        let apart = (exact.to_f64().unwrap_or(f64::NAN) - self.value).abs();
        // Turning the exact decimal into a float for this comparison rounds once more.
        apart <= self.off + self.value.abs() * f64::EPSILON
    }
}

/// The mean of so many values that sum up to this; None in doubt.
pub(super) fn mean(sum: i128, count: i64) -> Option<Near> {
    Near::fixed(sum)?.over(Near::whole(count))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::super::super::{from_fixed, to_fixed};
    use super::Near;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn decimal() -> impl Strategy<Value = Decimal> {
        (any::<i64>(), 0u32..=12, 0u32..=40).prop_map(|(digits, scale, shift)| Decimal::new(digits >> shift, scale)).prop_map(|number| {
            if number.abs() > Decimal::from(1_000_000_000_000i64) { number / Decimal::from(1_000_000_000i64) } else { number }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn the_exact_result_lies_where_it_is_said_to(a in decimal(), b in decimal(), c in decimal()) {
            let near = |number| Near::decimal(number).unwrap();
            let (x, y, z) = (near(a), near(b), near(c));
            prop_assert!(x.holds(a));
            let pairs = [
                (x.plus(y), a.checked_add(b)),
                (x.minus(y), a.checked_sub(b)),
                (x.times(y), a.checked_mul(b)),
                (x.over(y), a.checked_div(b)),
                (x.times(y).and_then(|product| product.minus(z)), a.checked_mul(b).and_then(|product| product.checked_sub(c))),
                (x.over(y).and_then(|part| part.times(z)), a.checked_div(b).and_then(|part| part.checked_mul(c))),
                (x.over(y).and_then(|part| part.over(z)), a.checked_div(b).and_then(|part| part.checked_div(c))),
            ];
            for (found, exact) in pairs {
                if let Some(found) = found {
                    let exact = exact.expect("what is near has a decimal");
                    prop_assert!(found.holds(exact), "{found:?} {exact}");
                    if let Some(order) = found.order(z) {
                        prop_assert_eq!(order, exact.cmp(&c));
                    }
                }
            }
            prop_assert!(x.order(y).is_none_or(|order| order == a.cmp(&b)));
        }

        #[test]
        fn fixed_sums_lie_where_they_are_said_to(a in decimal()) {
            let fixed = to_fixed(a).unwrap();
            prop_assert!(Near::fixed(fixed).unwrap().holds(from_fixed(fixed).unwrap()));
        }
    }

    #[test]
    fn whole_numbers_are_told_apart_to_the_last() {
        let (a, b) = (Near::whole(30), Near::whole(31));
        assert_eq!(a.order(Near::whole(30)), Some(std::cmp::Ordering::Equal));
        assert_eq!(a.order(b), Some(std::cmp::Ordering::Less));
        assert_eq!(a.minus(a).and_then(Near::is_zero), Some(true));
        // A third times three is not known to be one.
        let third = Near::whole(1).over(Near::whole(3)).unwrap();
        assert_eq!(third.times(Near::whole(3)).unwrap().order(Near::whole(1)), None);
    }
}
