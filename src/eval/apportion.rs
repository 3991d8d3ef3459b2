//! Dividing whole amounts exactly.
//!
//! Each part gets what it is due, rounded down; what is left over goes, one each, to the parts that lost most by that, the
//! first in order among equals (the method of largest remainders). The parts add up to the whole.

use crate::time::Day;
use rust_decimal::Decimal;

/// Divides an amount in proportion to weights. None when the weights are negative, add up to nothing or are too large.
pub fn apportion(amount: i128, weights: &[Decimal]) -> Option<Vec<i128>> {
    let weights = whole(weights)?;
    let sum = weights.iter().try_fold(0i128, |sum, weight| sum.checked_add(*weight))?;
    if sum <= 0 || weights.iter().any(|weight| *weight < 0) {
        return None;
    }
    let mut parts = Vec::with_capacity(weights.len());
    for weight in &weights {
        let due = amount.checked_mul(*weight)?;
        parts.push((due.div_euclid(sum), due.rem_euclid(sum)));
    }
    evened(amount, &parts)
}

/// Parts that add up to the whole. Each is given rounded down, with what it lost by that: what is left over goes, one each, to
/// those that lost most, the first in order among equals; what is too much is taken, one each, from those that lost least.
/// None when the whole is too large, or further off than one for each part.
pub fn evened<L: Ord>(whole: i128, parts: &[(i128, L)]) -> Option<Vec<i128>> {
    let mut shares: Vec<i128> = parts.iter().map(|(share, _)| *share).collect();
    let given = shares.iter().try_fold(0i128, |sum, share| sum.checked_add(*share))?;
    let left_over = whole.checked_sub(given)?;
    let one = left_over.signum();
    let mut order: Vec<(&L, usize)> = parts.iter().enumerate().map(|(place, (_, lost))| (lost, place)).collect();
    order.sort_by(|(a, first), (b, second)| b.cmp(a).then(first.cmp(second)));
    if one < 0 {
        order.reverse();
    }
    let n_moved = usize::try_from(left_over.checked_abs()?).ok().filter(|moved| *moved <= shares.len())?;
    for (_, place) in order.into_iter().take(n_moved) {
        if let Some(share) = shares.get_mut(place) {
            *share = share.checked_add(one)?;
        }
    }
    Some(shares)
}

/// What the days of a range get of an amount that is spread evenly over the days of a longer one. All days lose the same by
/// rounding down; those that get what is left over lie at even distances, so that months of such days are even too.
pub(super) fn evenly(amount: i128, over: (Day, Day), asked: (Day, Day)) -> Option<i128> {
    let days = |from: Day, until: Day| i128::from(until.0) - i128::from(from.0);
    let n = days(over.0, over.1) + 1;
    let until = |day: i128| amount.checked_mul(day)?.checked_div_euclid(n);
    until(days(over.0, asked.1) + 1)?.checked_sub(until(days(over.0, asked.0))?)
}

/// Weights as whole numbers of one unit.
fn whole(weights: &[Decimal]) -> Option<Vec<i128>> {
    let scale = weights.iter().map(|weight| weight.normalize().scale()).max().unwrap_or(0);
    let scaled = |weight: &Decimal| {
        let weight = weight.normalize();
        weight.mantissa().checked_mul(10i128.checked_pow(scale - weight.scale())?)
    };
    weights.iter().map(scaled).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn weights(list: &[i64]) -> Vec<Decimal> {
        list.iter().map(|weight| Decimal::from(*weight)).collect()
    }

    #[test]
    fn parts_add_up_and_ties_go_to_the_first() {
        assert_eq!(apportion(100, &weights(&[1, 1, 1])).unwrap(), [34, 33, 33]);
        assert_eq!(apportion(-100, &weights(&[1, 1, 1])).unwrap(), [-33, -33, -34]);
        assert_eq!(apportion(7, &weights(&[5, 3, 2])).unwrap(), [4, 2, 1]);
        assert_eq!(apportion(5_600_000_000, &weights(&[38, 12, 6])).unwrap(), [3_800_000_000, 1_200_000_000, 600_000_000]);
        assert_eq!(apportion(5, &weights(&[0, 0])), None);
        assert_eq!(apportion(5, &weights(&[2, -1])), None);
    }

    #[test]
    fn even_days_differ_by_one_at_the_most_and_lie_evenly() {
        let day = |place| evenly(10, (Day(0), Day(3)), (Day(place), Day(place))).unwrap();
        assert_eq!([0, 1, 2, 3].map(day), [2, 3, 2, 3]);
        for amount in [-1_000, -7, 0, 5, 31, 1_000] {
            let of = |first, last| evenly(amount, (Day(0), Day(29)), (Day(first), Day(last))).unwrap();
            assert_eq!((of(0, 29), of(0, 9) + of(10, 29)), (amount, amount));
            assert!((0..30).all(|day| (of(day, day) - amount.div_euclid(30)) / 2 == 0));
        }
    }
}
