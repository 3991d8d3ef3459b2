//! For which values of one number a condition holds, as far as the text alone decides it.
//!
//! 1. [`Truth::of`] follows a condition for one number in it: for which values it surely holds, for which it may. All else in the
//!    condition may be anything within its range.
//! 2. A comparison of a multiple of the number is one of the number itself ([`Ranges::solved`]).
//! 3. A comparison of a part says something of its whole, and the other way round ([`Ranges::is_part`]).
//!
//! What is said of values is said of known ones: none of them `is unknown`. A comparison with an unknown number is unknown, which
//! is never true; what asks for another unknown number, or with `else`, may be anything.

use super::condition::{Comparison, Condition, Kind};
use super::linear::Solved;
use super::range::Range;
use super::ranges::Ranges;
use super::values::{Picked, Values};
use crate::compile::formula::fold;
use crate::compile::program::{Compare, Formula};
use rust_decimal::Decimal;

/// For which known values of a number a condition holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Truth {
    /// It is true, whatever else is.
    pub(super) must: Values,
    /// It may be true; for no other value it is.
    pub(super) may: Values,
}

impl Truth {
    fn fixed(holds: bool) -> Truth {
        let all = if holds { Values::all() } else { Values::none() };
        Truth { must: all.clone(), may: all }
    }

    /// That of two conditions together.
    pub(super) fn and(&self, other: &Truth) -> Truth {
        Truth { must: self.must.and(&other.must), may: self.may.and(&other.may) }
    }

    /// A number of a range for which it is true, or may be where nothing more is known.
    pub(super) fn pick(&self, range: &Range) -> Option<Picked> {
        range.pick(&self.must).or_else(|| range.pick(&self.may))
    }

    fn open(may: Values) -> Truth {
        Truth { must: Values::none(), may }
    }

    /// A condition, followed for a number.
    pub(super) fn of(when: &Condition<'_>, number: &Formula, ranges: &Ranges<'_>) -> Truth {
        let part = |when: &Condition<'_>| Truth::of(when, number, ranges);
        match &when.kind {
            Kind::Both(a, b) => part(a).and(&part(b)),
            Kind::Either(a, b) => {
                let (a, b) = (part(a), part(b));
                Truth { must: a.must.or(&b.must), may: a.may.or(&b.may) }
            }
            Kind::Fixed(holds, _) => Truth::fixed(*holds),
            Kind::Unknown(asked, known) if *asked == number => Truth::fixed(*known),
            Kind::Unknown(..) | Kind::Closed(..) => Truth::open(Values::all()),
            Kind::Compared(comparison) => Truth::compared(*comparison, number, ranges),
        }
    }

    fn compared(comparison: Comparison<'_>, number: &Formula, ranges: &Ranges<'_>) -> Truth {
        if beyond(comparison, ranges) {
            return Truth::fixed(false);
        }
        let turned = comparison.turned();
        let Comparison { op, left, right, .. } = if turned.left.formula == number { turned } else { comparison };
        let (left, other) = (left.formula, right.formula);
        if let Some(limit) = fold(other).filter(|_| left == number) {
            let holds = Values::like(op, limit);
            return Truth { must: holds.clone(), may: holds };
        }
        if let Some(solved) = ranges.solved(&comparison, number) {
            return Truth::solved(solved);
        }
        if left == number && other != number {
            return Truth::open(reached(op, ranges.of(other)));
        }
        Truth::open(carried(comparison, number, ranges).and(&carried(turned, number, ranges)))
    }
}

impl Truth {
    /// A number compared with a limit, which may be anywhere within what rounding leaves open.
    fn solved(Solved { op, limit: (least, most) }: Solved) -> Truth {
        if least == most {
            let holds = Values::compared(op, least);
            return Truth { must: holds.clone(), may: holds };
        }
        let over = |end: Decimal| Values::compared(Compare::Gt, end);
        let under = |end: Decimal| Values::compared(Compare::Lt, end);
        match op {
            Compare::Gt | Compare::Ge => Truth { must: over(most), may: over(least) },
            Compare::Lt | Compare::Le => Truth { must: under(least), may: under(most) },
            Compare::Eq => Truth::open(Values::between(Some(least), Some(most))),
            Compare::Ne => Truth { must: Values::between(Some(least), Some(most)).not(), may: Values::all() },
        }
    }
}

/// What a comparison of a part, or of a whole, with something says of a number.
fn carried(comparison: Comparison<'_>, number: &Formula, ranges: &Ranges<'_>) -> Values {
    let (told, limit) = (comparison.left.formula, ranges.of(comparison.right.formula));
    let from = limit.least.filter(|_| ranges.is_part(told, number));
    let to = limit.most.filter(|_| ranges.is_part(number, told));
    let all = Values::all;
    match comparison.op {
        Compare::Gt | Compare::Ge => from.map_or_else(all, |from| Values::compared(comparison.op, from)),
        Compare::Lt | Compare::Le => to.map_or_else(all, |to| Values::compared(comparison.op, to)),
        Compare::Eq => Values::between(from, to),
        Compare::Ne => all(),
    }
}

/// The numbers that compare so with some number of a range.
fn reached(op: Compare, range: Range) -> Values {
    let beyond = |end: Option<Decimal>| end.map_or_else(Values::all, |end| Values::compared(op, end));
    match op {
        Compare::Gt | Compare::Ge => beyond(range.least),
        Compare::Lt | Compare::Le => beyond(range.most),
        Compare::Eq => range.values(),
        Compare::Ne if range.least == range.most => beyond(range.least),
        Compare::Ne => Values::all(),
    }
}

/// Whether a comparison is never true, whatever both sides are within their ranges, or how they lie to one another.
pub(super) fn beyond(comparison: Comparison<'_>, ranges: &Ranges<'_>) -> bool {
    let Comparison { op, left, right, .. } = comparison;
    let (left, right) = (left.formula, right.formula);
    is_apart(&ranges.of(left), &reached(op, ranges.of(right))) || never_so_far(op, left, right, ranges).is_some()
}

/// By how much the sides of a comparison differ, where that makes it never true.
pub(super) fn never_so_far(op: Compare, left: &Formula, right: &Formula, ranges: &Ranges<'_>) -> Option<Range> {
    let difference = ranges.differ(left, right)?;
    is_apart(&difference.found(), &Values::compared(op, Decimal::ZERO)).then_some(difference.range)
}

/// Whether no number of a range belongs to a set.
pub(super) fn is_apart(range: &Range, values: &Values) -> bool {
    range.pick(values).is_none()
}
