//! Why a condition never holds.
//!
//! 1. [`never`] looks for a part of it that asks for more than its number can be, or for parts that ask for different values of
//!    one number. Of parts joined by `or` none may hold.
//! 2. That a condition always holds is found out of its opposite, which never does.

use super::condition::{Comparison, Condition, Kind, Side, Written};
use super::range::Range;
use super::ranges::Ranges;
use super::truth::{Truth, beyond, is_apart, never_so_far};
use super::values::{Picked, Values};
use crate::compile::formula::fold;
use crate::compile::program::{Compare, Formula};
use crate::diagnostic::Span;
use crate::syntax::ast::ExprKind;

/// The most numbers of a condition that are looked at one by one.
pub(super) const NUMBERS_MAX: usize = 16;

/// Why a condition never holds.
#[derive(Debug, Clone)]
pub(super) enum Never<'f> {
    /// It is false as it is written.
    Written(Written<'f>, &'f Formula),
    /// This side of a comparison, now on its left, is never so large, or so small.
    Beyond(Comparison<'f>, Range),
    /// The left side of a comparison is a part of its right one, or the other way round.
    Part(Comparison<'f>),
    /// The left side of a comparison is more than its right one by so much.
    Differ(Comparison<'f>, Range),
    /// Two parts of the condition ask for different values of a number, the left side of a comparison: one that fits the first,
    /// and one that fits the second.
    Apart([(Written<'f>, Option<Picked>); 2], Comparison<'f>),
    /// A part leaves no value of a number of those that all before it leave, such as this one.
    Together(Written<'f>, Option<Picked>, Comparison<'f>),
}

/// Why a condition never holds, and the parts of it that decide this, the nearest first; None when it may.
pub(super) fn never<'f>(when: &Condition<'f>, ranges: &Ranges<'_>) -> Option<(Never<'f>, Vec<Span>)> {
    let whole = when.text.expr.span;
    match &when.kind {
        Kind::Fixed(holds, formula) => (!holds).then(|| (Never::Written(when.text, formula), vec![whole])),
        Kind::Unknown(..) | Kind::Closed(..) => None,
        Kind::Either(a, b) => match (never(a, ranges)?, never(b, ranges)?) {
            // What is false as it is written is the lesser reason.
            ((Never::Written(..), others), (why, grounds)) | ((why, grounds), (_, others)) => Some((why, [grounds, others].concat())),
        },
        Kind::Compared(comparison) => Some((too_far(*comparison, ranges)?, vec![whole])),
        Kind::Both(..) => {
            let parts = when.parts();
            parts.iter().find_map(|part| never(part, ranges)).or_else(|| {
                let why = contradiction(when, &parts, ranges)?;
                let grounds =
                    if let Never::Apart(parts, _) = &why { parts.iter().map(|(part, _)| part.expr.span).collect() } else { vec![whole] };
                Some((why, grounds))
            })
        }
    }
}

/// Which side of a comparison that is never true is too large or too small for it.
fn too_far<'f>(comparison: Comparison<'f>, ranges: &Ranges<'_>) -> Option<Never<'f>> {
    let Comparison { op, left, right, .. } = comparison;
    if let Some(difference) = never_so_far(op, left.formula, right.formula, ranges) {
        let is_part = ranges.is_part(left.formula, right.formula) || ranges.is_part(right.formula, left.formula);
        let is_part = is_part && left.formula != right.formula;
        return Some(if is_part { Never::Part(comparison) } else { Never::Differ(comparison, difference) });
    }
    if !beyond(comparison, ranges) {
        return None;
    }
    let bounded = |side: Side<'f>| Some(ranges.of(side.formula)).filter(|_| fold(side.formula).is_none());
    let own = bounded(left).map(|range| Never::Beyond(comparison, range));
    own.or_else(|| bounded(right).map(|range| Never::Beyond(comparison.turned(), range)))
}

/// The parts that leave no value of a number.
fn contradiction<'f>(when: &Condition<'f>, parts: &[&Condition<'f>], ranges: &Ranges<'_>) -> Option<Never<'f>> {
    if let Some(both) = known_and_unknown(parts, ranges) {
        return Some(both);
    }
    // Where a number is unknown nothing is said of its values.
    let mut numbers = when.numbers(NUMBERS_MAX);
    numbers.sort_by_key(|number| is_made(number));
    for number in numbers.into_iter().filter(|number| when.needs(number, ranges)) {
        let range = ranges.of(number);
        let truths: Vec<Truth> = parts.iter().map(|part| Truth::of(part, number, ranges)).collect();
        let sets: Vec<&Values> = truths.iter().map(|truth| &truth.may).collect();
        if !is_apart(&range, &sets.iter().fold(Values::all(), |all, set| all.and(set))) {
            continue;
        }
        let compared = comparison_of(when, number)?;
        // The first part that leaves nothing of those before it, and the first of these that it is apart from.
        let mut left = Truth { must: Values::all(), may: Values::all() };
        let mut before = None;
        let last = truths.iter().position(|truth| {
            before = left.pick(&range);
            left = left.and(truth);
            is_apart(&range, &left.may)
        });
        let last = last.unwrap_or_default();
        let fits = |place: usize| {
            let text = parts.get(place)?.text;
            // What is written as one may be several comparisons.
            let same =
                parts.iter().zip(&truths).filter(|(part, _)| std::ptr::eq(part.text.expr, text.expr)).map(|(_, truth)| truth.clone());
            Some((text, same.reduce(|all, truth| all.and(&truth))?.pick(&range)))
        };
        if let Some(pair) = asks_for_unknown(parts, last, number, ranges) {
            return Some(Never::Apart([fits(pair.0)?, fits(pair.1)?], compared));
        }
        let first = sets.iter().take(last).position(|set| is_apart(&range, &set.and(sets.get(last).copied().unwrap_or(set))));
        return match first {
            Some(first) => Some(Never::Apart([fits(first)?, fits(last)?], compared)),
            None => Some(Never::Together(parts.get(last)?.text, before, compared)),
        };
    }
    None
}

/// Two parts of which one asks for a number to be known, the other one for the same to be unknown.
fn known_and_unknown<'f>(parts: &[&Condition<'f>], ranges: &Ranges<'_>) -> Option<Never<'f>> {
    let asked = |part: &Condition<'f>| if let Kind::Unknown(number, known) = part.kind { Some((number, known)) } else { None };
    parts.iter().enumerate().find_map(|(at, second)| {
        let (number, known) = asked(second)?;
        let first = parts.iter().take(at).find(|part| asked(part) == Some((number, !known)))?;
        let expr = if let ExprKind::IsUnknown(inner, _) = &second.text.expr.kind { Some(inner.as_ref()) } else { None };
        let side = Side { formula: number, expr: expr.filter(|expr| !matches!(expr.kind, ExprKind::Subject)) };
        let compared = Comparison { op: Compare::Eq, left: side, right: side, text: second.text };
        let fits = |known: bool| if known { ranges.of(number).pick(&Values::all()) } else { None };
        Some(Never::Apart([(first.text, fits(!known)), (second.text, fits(known))], compared))
    })
}

/// A part that asks for a number to be unknown, and one that needs it to be known, in the order of the text.
fn asks_for_unknown(parts: &[&Condition<'_>], at: usize, number: &Formula, ranges: &Ranges<'_>) -> Option<(usize, usize)> {
    let asks = matches!(parts.get(at)?.kind, Kind::Unknown(asked, false) if asked == number);
    let other = parts.iter().position(|part| part.needs(number, ranges)).filter(|_| asks)?;
    Some((at.min(other), at.max(other)))
}

/// Whether a number is made of others: what can be said of these is the plainer for it.
pub(super) fn is_made(number: &Formula) -> bool {
    matches!(number, Formula::Arith(..) | Formula::Negate(_))
}

/// Where a number is compared first, as the left side.
pub(super) fn comparison_of<'f>(when: &Condition<'f>, number: &Formula) -> Option<Comparison<'f>> {
    match &when.kind {
        Kind::Both(a, b) | Kind::Either(a, b) => comparison_of(a, number).or_else(|| comparison_of(b, number)),
        Kind::Compared(comparison) => [*comparison, comparison.turned()].into_iter().find(|found| found.left.formula == number),
        Kind::Fixed(..) | Kind::Unknown(..) | Kind::Closed(..) => None,
    }
}
