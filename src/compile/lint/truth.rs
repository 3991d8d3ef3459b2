//! When conditions hold, as far as the text alone decides it.
//!
//! 1. [`Truth::of`] follows a condition for one number in it, its subject: for which values it surely holds, for which it
//!    surely does not, for which it may. All else in the condition may be anything within its range.
//! 2. [`never`] finds out that a condition never holds: a part of it asks for more than its number can be, or two parts ask
//!    for different values of one number.
//! 3. [`always`] finds out that a condition holds for every value that its subject can have.
//!
//! What is said of values is said of known ones. A comparison with an unknown number is unknown, which is never true; what
//! asks for the unknown itself, such as `is unknown` and `else`, may be anything.

use super::ranges::{Range, Ranges};
use super::signs::turned;
use super::values::Values;
use crate::compile::formula::fold;
use crate::compile::program::{Compare, Formula, Scalar};
use rust_decimal::Decimal;

/// The most numbers of a condition that are looked at one by one.
const NUMBERS_MAX: usize = 16;

/// For which known values of a number a condition holds.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    /// It is true, whatever else is.
    pub(super) must: Values,
    /// It is false, whatever else is.
    must_not: Values,
    /// It may be true; for no other value it is.
    pub(super) may: Values,
}

/// Why a condition never holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Never {
    /// It is false as it is written.
    Written,
    /// This number is never so large, or so small.
    Beyond(Formula, Range),
    /// Two parts of the condition, numbered in the order of the text, ask for different values of one number.
    Apart(usize, usize),
    /// Its parts together leave no value.
    Together,
}

impl Truth {
    fn opaque() -> Truth {
        Truth { must: Values::none(), must_not: Values::none(), may: Values::all() }
    }

    fn fixed(holds: bool) -> Truth {
        let (yes, no) = (Values::all(), Values::none());
        if holds { Truth { must: yes.clone(), must_not: no, may: yes } } else { Truth { must: no.clone(), must_not: yes, may: no } }
    }

    /// A condition, followed for the number that `subject` is. [`Formula::Subject`] stands for `on`.
    pub(super) fn of(when: &Formula, subject: &Formula, on: &Formula, ranges: &Ranges<'_>) -> Truth {
        let part = |when: &Formula| Truth::of(when, subject, on, ranges);
        if let Some(Scalar::Flag(holds)) = fold(when) {
            return Truth::fixed(holds);
        }
        match when {
            Formula::And(a, b) => {
                let (a, b) = (part(a), part(b));
                Truth { must: a.must.and(&b.must), must_not: a.must_not.or(&b.must_not), may: a.may.and(&b.may) }
            }
            Formula::Or(a, b) => {
                let (a, b) = (part(a), part(b));
                Truth { must: a.must.or(&b.must), must_not: a.must_not.and(&b.must_not), may: a.may.or(&b.may) }
            }
            Formula::Not(a) => {
                let a = part(a);
                Truth { may: a.must.not(), must: a.must_not, must_not: a.must }
            }
            Formula::Compare(op, left, right) => {
                let (left, right) = (meant(left, on), meant(right, on));
                match (left == subject, right == subject) {
                    (true, false) => Truth::compared(*op, right, ranges),
                    (false, true) => Truth::compared(turned(*op), left, ranges),
                    _ if beyond(*op, left, right, ranges) => Truth { may: Values::none(), ..Truth::opaque() },
                    _ => Truth::opaque(),
                }
            }
            _ => Truth::opaque(),
        }
    }

    /// The followed number, compared with another one.
    fn compared(op: Compare, other: &Formula, ranges: &Ranges<'_>) -> Truth {
        match fold(other) {
            Some(Scalar::Number(limit)) => {
                let holds = Values::compared(op, limit);
                Truth { must_not: holds.not(), must: holds.clone(), may: holds }
            }
            Some(_) => Truth::opaque(),
            None => Truth { may: reached(op, ranges.of(other)), ..Truth::opaque() },
        }
    }
}

/// The numbers that compare so with some number of a range.
fn reached(op: Compare, range: Range) -> Values {
    let beyond = |end: Option<Decimal>| end.map_or_else(Values::all, |end| Values::compared(op, end));
    match op {
        Compare::Gt | Compare::Ge => beyond(range.least),
        Compare::Lt | Compare::Le => beyond(range.most),
        Compare::Eq => range.values(),
        Compare::Ne => Values::all(),
    }
}

/// Whether a comparison is never true, whatever both sides are within their ranges.
fn beyond(op: Compare, left: &Formula, right: &Formula, ranges: &Ranges<'_>) -> bool {
    is_apart(&ranges.of(left), &reached(op, ranges.of(right)))
}

/// Whether no number of a range belongs to a set.
fn is_apart(range: &Range, values: &Values) -> bool {
    range.values().and(values).pick(range.whole).is_none()
}

/// What a formula stands for: the subject, where it is left out.
fn meant<'f>(formula: &'f Formula, on: &'f Formula) -> &'f Formula {
    if matches!(formula, Formula::Subject) { on } else { formula }
}

/// The parts of a condition that must all hold, in the order of the text.
fn parts(when: &Formula) -> Vec<&Formula> {
    let (mut found, mut open) = (Vec::new(), vec![when]);
    while let Some(next) = open.pop() {
        match next {
            Formula::And(a, b) => open.extend([b.as_ref(), a.as_ref()]),
            other => found.push(other),
        }
    }
    found
}

/// The numbers that a condition compares with something, each once.
fn numbers<'f>(when: &'f Formula, on: &'f Formula, found: &mut Vec<&'f Formula>) {
    match when {
        Formula::And(a, b) | Formula::Or(a, b) => {
            numbers(a, on, found);
            numbers(b, on, found);
        }
        Formula::Not(a) => numbers(a, on, found),
        Formula::Compare(_, a, b) => {
            for side in [meant(a, on), meant(b, on)] {
                if found.len() < NUMBERS_MAX && fold(side).is_none() && !found.contains(&side) {
                    found.push(side);
                }
            }
        }
        _ => {}
    }
}

/// Why a condition never holds; None when it may.
pub(super) fn never(when: &Formula, on: &Formula, ranges: &Ranges<'_>) -> Option<Never> {
    if let Some(Scalar::Flag(holds)) = fold(when) {
        return (!holds).then_some(Never::Written);
    }
    let parts = parts(when);
    if let [one] = parts.as_slice() {
        return match one {
            Formula::Or(a, b) => never(a, on, ranges).and_then(|why| never(b, on, ranges).map(|_| why)),
            Formula::Compare(op, a, b) => too_far(*op, meant(a, on), meant(b, on), ranges),
            _ => None,
        };
    }
    let alone = parts.iter().find_map(|part| never(part, on, ranges));
    alone.or_else(|| contradiction(when, &parts, on, ranges))
}

/// Which side of a comparison that is never true is too large or too small for it.
fn too_far(op: Compare, left: &Formula, right: &Formula, ranges: &Ranges<'_>) -> Option<Never> {
    if !beyond(op, left, right, ranges) {
        return None;
    }
    let (own, other) = (ranges.of(left), ranges.of(right));
    let bounded = |formula: &Formula, range: Range| (fold(formula).is_none()).then(|| Never::Beyond(formula.clone(), range));
    bounded(left, own).or_else(|| bounded(right, other)).or(Some(Never::Written))
}

/// The parts that leave no value of a number.
fn contradiction(when: &Formula, parts: &[&Formula], on: &Formula, ranges: &Ranges<'_>) -> Option<Never> {
    let mut subjects = Vec::new();
    numbers(when, on, &mut subjects);
    for subject in subjects {
        let range = ranges.of(subject);
        let sets: Vec<Values> = parts.iter().map(|part| Truth::of(part, subject, on, ranges).may).collect();
        if !is_apart(&range, &sets.iter().fold(Values::all(), |all, set| all.and(set))) {
            continue;
        }
        // The first part that leaves nothing of those before it, and the first of these that it is apart from.
        let mut left = range.values();
        let last = sets.iter().position(|set| {
            left = left.and(set);
            left.pick(range.whole).is_none()
        });
        let last = last.unwrap_or_default();
        let first = sets.iter().take(last).position(|set| is_apart(&range, &set.and(sets.get(last).unwrap_or(set))));
        return Some(first.map_or(Never::Together, |first| Never::Apart(first, last)));
    }
    None
}

/// Whether a condition holds for every value that its subject can have.
pub(super) fn always(truth: &Truth, range: &Range) -> bool {
    is_apart(range, &truth.must.not())
}
