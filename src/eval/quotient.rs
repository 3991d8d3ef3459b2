//! Division of decimals, digit by digit as [`Decimal::checked_div`] gives it, in fewer and wider steps.
//!
//! 1. Most quotients have no end: they are worked out to as many digits as fit 96 bits and 28 places, up to 19 at a time, and
//!    rounded half-even ([`endless`]).
//! 2. All others are left to the library.

use super::cell::power_of_ten;
use rust_decimal::Decimal;

/// The greatest digits of a decimal.
const MOST: u128 = (1 << 96) - 1;
/// The most places of a decimal.
const PLACES: u32 = 28;
/// By so many digits a word can be moved within two words.
const STEP: u32 = 19;

/// The quotient of two decimals; None when it does not fit, or there is none.
pub(super) fn quotient(dividend: Decimal, divisor: Decimal) -> Option<Decimal> {
    endless(dividend, divisor).or_else(|| dividend.checked_div(divisor))
}

/// The quotient when its digits go on beyond those that fit; None otherwise, and where the library goes a way of its own.
fn endless(dividend: Decimal, divisor: Decimal) -> Option<Decimal> {
    let over = u64::try_from(divisor.mantissa().unsigned_abs()).ok()?;
    let all = dividend.mantissa().unsigned_abs();
    let mut scale = dividend.scale().checked_sub(divisor.scale())?;
    let (mut digits, mut rest) = divided(all, over)?;
    while rest != 0 {
        let step = room(digits).min(PLACES.checked_sub(scale)?).min(STEP);
        if step == 0 {
            break;
        }
        let power = power_of_ten(step)?.unsigned_abs();
        let (more, left) = divided(u128::from(rest) * power, over)?;
        (digits, rest, scale) = (digits * power + more, left, scale + step);
        if digits > MOST {
            return None;
        }
    }
    // What is left, compared with a half.
    let half = (u128::from(rest) * 2).cmp(&over.into());
    digits += u128::from(half.is_gt() || (half.is_eq() && digits % 2 == 1));
    // The library takes more zeros away where 32 bits are 0.
    if rest == 0 || digits > MOST || digits.trailing_zeros() >= 32 {
        return None;
    }
    // Beyond that it leaves some of those that there are.
    for (zeros, power, even) in [(4, 10_000, 0xf), (2, 100, 0x3), (1, 10, 0x1)] {
        if digits & even == 0 && scale >= zeros && digits.is_multiple_of(power) {
            (digits, scale) = (digits / power, scale - zeros);
        }
    }
    let signed = digits.cast_signed();
    let is_negative = dividend.is_sign_negative() != divisor.is_sign_negative();
    Decimal::try_from_i128_with_scale(if is_negative { -signed } else { signed }, scale).ok()
}

/// The whole part of a quotient, and what is left; None for what has none.
fn divided(all: u128, over: u64) -> Option<(u128, u64)> {
    // Most fit a word, with which dividing costs little.
    if let Ok(all) = u64::try_from(all) {
        return Some((all.checked_div(over)?.into(), all.checked_rem(over)?));
    }
    let whole = all.checked_div(over.into())?;
    // Less than what it is divided by.
    Some((whole, u64::try_from(all - whole * u128::from(over)).ok()?))
}

/// By how many digits a number that fits a decimal can be moved so that it still does.
fn room(digits: u128) -> u32 {
    // The bits that are free come to so many digits, and perhaps one more.
    let sure = digits.leading_zeros().saturating_sub(32) * 1_233 / 4_096;
    let moved = power_of_ten(sure).map_or(MOST, |power| digits * power.unsigned_abs());
    sure + u32::from(moved * 10 <= MOST)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn same(dividend: Decimal, divisor: Decimal) -> Result<(), TestCaseError> {
        let parts = |number: Option<Decimal>| number.map(|number| (number.mantissa(), number.scale(), number.is_sign_negative()));
        prop_assert_eq!(parts(quotient(dividend, divisor)), parts(dividend.checked_div(divisor)), "{} / {}", dividend, divisor);
        Ok(())
    }

    fn decimal() -> impl Strategy<Value = Decimal> {
        (any::<i128>(), 32u32..128, 0u32..=28, 0u32..8).prop_map(|(digits, shift, scale, zeros)| {
            let digits = (digits >> (shift - 1)) / 10i128.pow(zeros) * 10i128.pow(zeros);
            Decimal::try_from_i128_with_scale(digits, scale).unwrap_or_default()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200_000))]

        #[test]
        fn quotients_are_those_of_the_library(dividend in decimal(), divisor in decimal()) {
            same(dividend, divisor)?;
        }

        #[test]
        fn so_are_those_of_small_numbers(dividend in -200_000i64..200_000, divisor in -20_000i64..20_000, scale in 0u32..5, other in 0u32..5) {
            same(Decimal::new(dividend, scale), Decimal::new(divisor, other))?;
        }
    }
}
