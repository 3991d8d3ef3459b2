//! Numbers from one to another, and what arithmetic makes of them.
//!
//! Rounding keeps the order of numbers, so that the ends of a range, computed as the evaluation computes, stay its ends.

use super::values::{Picked, Values};
use crate::compile::program::Arith;
use rust_decimal::Decimal;

/// The numbers that a formula can give, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Range {
    /// The least; None without end.
    pub(super) least: Option<Decimal>,
    /// The greatest; None without end.
    pub(super) most: Option<Decimal>,
    /// Only whole numbers.
    pub(super) whole: bool,
    /// Why it has ends, when there is a word for it.
    pub(super) nature: Nature,
}

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Nature {
    /// How many.
    Count,
    /// Some of all.
    Share,
    /// Something else.
    #[default]
    Other,
}

impl Range {
    /// From one number to another.
    pub(super) fn between(least: Option<Decimal>, most: Option<Decimal>) -> Range {
        Range { least, most, ..Range::default() }
    }

    /// What is never negative.
    pub(super) fn from_0() -> Range {
        Range::between(Some(Decimal::ZERO), None)
    }

    /// How many.
    pub(super) fn count() -> Range {
        Range { least: Some(Decimal::ZERO), most: None, whole: true, nature: Nature::Count }
    }

    /// Some of all.
    pub(super) fn share() -> Range {
        Range { least: Some(Decimal::ZERO), most: Some(Decimal::ONE), whole: false, nature: Nature::Share }
    }

    /// Whether a number lies in it.
    pub(super) fn holds(&self, value: Decimal) -> bool {
        self.least.is_none_or(|least| least <= value) && self.most.is_none_or(|most| value <= most)
    }

    /// What lies in both.
    pub(super) fn and(self, other: Range) -> Range {
        Range {
            least: self.least.into_iter().chain(other.least).max(),
            most: self.most.into_iter().chain(other.most).min(),
            whole: self.whole || other.whole,
            nature: self.nature,
        }
    }

    /// The numbers as a set.
    pub(super) fn values(&self) -> Values {
        Values::between(self.least, self.most)
    }

    /// A value of it that belongs to a set: the one that shows the set best, where it lies in the range.
    pub(super) fn pick(&self, set: &Values) -> Option<Picked> {
        let lies = |value: &Picked| value.number().is_none_or(|value| self.holds(value));
        set.pick(self.whole).filter(lies).or_else(|| set.and(&self.values()).pick(self.whole))
    }

    /// Either of two formulas.
    pub(super) fn or(self, other: Range) -> Range {
        Range {
            least: self.least.zip(other.least).map(|(a, b)| a.min(b)),
            most: self.most.zip(other.most).map(|(a, b)| a.max(b)),
            whole: self.whole && other.whole,
            nature: if self.nature == other.nature { self.nature } else { Nature::Other },
        }
    }

    /// What becomes of its ends, by what keeps the order of numbers.
    pub(super) fn map(self, f: impl Fn(Decimal) -> Decimal) -> Range {
        Range { least: self.least.map(&f), most: self.most.map(f), ..Range::default() }
    }

    /// The same below 0 as it was above.
    pub(super) fn negated(self) -> Range {
        Range { least: self.most.map(|most| -most), most: self.least.map(|least| -least), whole: self.whole, nature: Nature::Other }
    }
}

/// The range of a few numbers.
pub(super) fn hull(values: impl Iterator<Item = Decimal>) -> Option<Range> {
    let one = |value: Decimal| Range { whole: value.fract().is_zero(), ..Range::between(Some(value), Some(value)) };
    values.map(one).reduce(Range::or)
}

/// How far a number is from 0.
pub(super) fn absolute(range: Range) -> Range {
    match (range.least, range.most) {
        (Some(least), _) if least >= Decimal::ZERO => range,
        (_, Some(most)) if most <= Decimal::ZERO => range.negated(),
        (least, most) => {
            let most = least.zip(most).map(|(least, most)| most.max(-least));
            Range { whole: range.whole, ..Range::between(Some(Decimal::ZERO), most) }
        }
    }
}

/// What arithmetic makes of two numbers.
pub(super) fn arith(op: Arith, a: Range, b: Range) -> Range {
    let both = |a: Option<Decimal>, b: Option<Decimal>, op: fn(Decimal, Decimal) -> Option<Decimal>| op(a?, b?);
    let whole = a.whole && b.whole;
    match op {
        Arith::Add => {
            let ends = [both(a.least, b.least, Decimal::checked_add), both(a.most, b.most, Decimal::checked_add)];
            Range { whole, ..Range::between(ends[0], ends[1]) }
        }
        Arith::Sub => arith(Arith::Add, a, b.negated()),
        Arith::Mul => Range { whole, ..product(a, b) },
        Arith::Div => quotient(a, b),
        Arith::Least | Arith::Greatest => Range::between(None, None),
    }
}

/// The product, where one side is never negative; of other sides any number.
fn product(a: Range, b: Range) -> Range {
    let never_negative = |range: &Range| range.least.is_some_and(|least| least >= Decimal::ZERO);
    let (factor, other) = if never_negative(&a) { (a, b) } else { (b, a) };
    if !never_negative(&factor) {
        return Range::default();
    }
    // What is not negative is largest at the most of the factor, what is negative at its least.
    let end = |end: Option<Decimal>, outward: bool| {
        let end = end?;
        let times = if (end >= Decimal::ZERO) == outward { factor.most } else { factor.least };
        if end.is_zero() { Some(end) } else { times?.checked_mul(end) }
    };
    Range::between(end(other.least, false), end(other.most, true))
}

/// The quotient by what is never negative; by anything else any number. A division by 0 is unknown.
fn quotient(a: Range, b: Range) -> Range {
    let Some(mut least) = b.least.filter(|least| *least >= Decimal::ZERO) else { return Range::default() };
    if least.is_zero() && b.whole {
        least = Decimal::ONE;
    }
    let smallest = Some(least).filter(|least| !least.is_zero());
    let end = |end: Option<Decimal>, outward: bool| {
        let end = end?;
        match if (end >= Decimal::ZERO) == outward { smallest } else { b.most } {
            _ if end.is_zero() => Some(end),
            Some(over) => end.checked_div(over),
            // Divided by ever more it comes to 0; by ever less it has no end.
            None => ((end >= Decimal::ZERO) != outward).then_some(Decimal::ZERO),
        }
    };
    Range::between(end(a.least, false), end(a.most, true))
}
