//! That one condition holds wherever another one does.
//!
//! What is true of a number that is known says nothing where it is unknown. So a comparison follows only from a condition that
//! needs its number to be known ([`Condition::needs`]).

use super::condition::{Condition, Kind};
use super::never::NUMBERS_MAX;
use super::ranges::Ranges;
use super::truth::{Truth, is_apart};
use crate::compile::program::Formula;

/// The most pairs of comparisons that are looked at one by one.
const PAIRS_MAX: usize = 1_024;

/// Whether a condition is surely true wherever another one is.
pub(super) fn implied(goal: &Condition<'_>, fact: &Condition<'_>, ranges: &Ranges<'_>) -> bool {
    let is_small = goal.size().saturating_mul(fact.size()) <= PAIRS_MAX;
    by_one_number(goal, fact, ranges) || (is_small && by_parts(goal, fact, ranges))
}

/// Whether it is, by what its parts and those of the other one say.
fn by_parts(goal: &Condition<'_>, fact: &Condition<'_>, ranges: &Ranges<'_>) -> bool {
    if let Kind::Either(a, b) = &fact.kind {
        return by_parts(goal, a, ranges) && by_parts(goal, b, ranges);
    }
    let said = || fact.parts().iter().any(|part| same(goal, part)) || by_one_number(goal, fact, ranges);
    match &goal.kind {
        Kind::Both(a, b) => by_parts(a, fact, ranges) && by_parts(b, fact, ranges),
        Kind::Either(a, b) => by_parts(a, fact, ranges) || by_parts(b, fact, ranges) || said(),
        Kind::Fixed(holds, _) => *holds,
        Kind::Compared(_) | Kind::Unknown(..) | Kind::Closed(..) => said(),
    }
}

/// Whether it is, by the values that one number can have.
fn by_one_number(goal: &Condition<'_>, fact: &Condition<'_>, ranges: &Ranges<'_>) -> bool {
    let mut numbers = goal.numbers(NUMBERS_MAX);
    numbers.extend(fact.numbers(NUMBERS_MAX));
    numbers.into_iter().filter(|number| fact.needs(number, ranges)).any(|number| {
        let range = ranges.of(number);
        let left_out = Truth::of(goal, number, ranges).must.not();
        is_apart(&range, &Truth::of(fact, number, ranges).may.and(&left_out))
    })
}

/// Whether two conditions ask the same.
fn same(a: &Condition<'_>, b: &Condition<'_>) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Compared(a), Kind::Compared(b)) => a.op == b.op && a.left.formula == b.left.formula && a.right.formula == b.right.formula,
        (Kind::Closed(a, denied), Kind::Closed(b, other)) | (Kind::Unknown(a, denied), Kind::Unknown(b, other)) => {
            a == b && denied == other
        }
        _ => false,
    }
}

impl Condition<'_> {
    /// How many comparisons it is made of.
    fn size(&self) -> usize {
        match &self.kind {
            Kind::Both(a, b) | Kind::Either(a, b) => a.size().saturating_add(b.size()),
            Kind::Fixed(..) | Kind::Compared(_) | Kind::Unknown(..) | Kind::Closed(..) => 1,
        }
    }

    /// Whether it can be true only where a number is known.
    pub(super) fn needs(&self, number: &Formula, ranges: &Ranges<'_>) -> bool {
        match &self.kind {
            Kind::Both(a, b) => a.needs(number, ranges) || b.needs(number, ranges),
            Kind::Either(a, b) => a.needs(number, ranges) && b.needs(number, ranges),
            Kind::Compared(comparison) => {
                let tells = |side: &Formula| side == number || ranges.is_part(side, number) || ranges.is_part(number, side);
                [comparison.left.formula, comparison.right.formula].into_iter().any(tells) || ranges.solved(comparison, number).is_some()
            }
            Kind::Unknown(asked, known) => *known && *asked == number,
            Kind::Fixed(..) | Kind::Closed(..) => false,
        }
    }
}
