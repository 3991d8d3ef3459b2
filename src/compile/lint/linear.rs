//! Numbers as sums of others, and by how much two of them differ.
//!
//! 1. `2 * orders - late + 5` is each number once, with how often it counts, and the rest. Metrics are looked through.
//! 2. What both sides of a comparison are made of goes out of their difference. Where nothing is left, one is more than the other by
//!    the rest, whatever the data are; else by what is left and its range ([`Ranges::differ`]).
//! 3. Where both sides together are a multiple of a number, but for a constant, their comparison is one of that number with a
//!    limit: `2 * x + 1 > 11` is `x > 5` ([`Ranges::solved`]).
//! 4. A decimal has 28 digits. How large a number can be and how many decimals it has says whether any is lost on the way to it; where
//!    it may be, by how much that moves a difference at most ([`Sum::error`](Sum)).
//!
//! The greatest part of a whole is never more than it, and a scope never more than what holds it, where all days begin at one time.

use super::condition::{Comparison, turned};
use super::range::{Range, arith};
use super::ranges::Ranges;
use crate::compile::formula::fold;
use crate::compile::program::{Arith, Compare, FieldRole, Formula, Gather, Keep, Leaf, Read, RowExpr, Scalar};
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// The most numbers that are looked at to take two apart, and how deep.
const LOOKED_AT_MAX: usize = 128;
const DEPTH_MAX: usize = 16;

/// No workspace holds more rows.
const ROWS_MAX: Decimal = Decimal::from_parts(1_410_065_408, 2, 0, false, 0);
/// No number that arrives is further from 0, nor has more decimals.
const VALUE_MAX: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
const VALUE_DECIMALS_MAX: u32 = 6;
/// The most days that are left of a period.
const DAYS_MAX: Decimal = Decimal::from_parts(400, 0, 0, false, 0);
/// What rounding moves a number of size 1 by, at most, and any number at least.
const ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 27);
const LEAST_ROUNDING: Decimal = Decimal::from_parts(1, 0, 0, false, 28);
/// How near to a limit that is rounded nothing is said, at least, and to how many decimals.
const LEAST_BLUR: Decimal = Decimal::from_parts(1, 0, 0, false, 9);
const BLUR_DECIMALS: u32 = 4;

/// By how much one number is more than another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Difference {
    /// From the least to the most, when nothing is rounded.
    pub(super) range: Range,
    /// What rounding may move it by.
    error: Decimal,
}

impl Difference {
    /// All that the evaluation may find.
    pub(super) fn found(&self) -> Range {
        let (least, most) = (self.range.least, self.range.most);
        match self.error.is_zero() {
            true => self.range,
            false => Range::between(least.and_then(|end| end.checked_sub(self.error)), most.and_then(|end| end.checked_add(self.error))),
        }
    }

    /// What it is, where nothing is rounded.
    pub(super) fn exact(&self) -> Option<Range> {
        self.error.is_zero().then_some(self.range)
    }
}

impl From<Range> for Difference {
    fn from(range: Range) -> Difference {
        Difference { range, error: Decimal::ZERO }
    }
}

/// What a comparison comes to for a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Solved {
    /// How the number compares with the limit.
    pub(super) op: Compare,
    /// The limit lies from here to there; both are the limit itself where nothing is rounded.
    pub(super) limit: (Decimal, Decimal),
}

/// A number as a sum.
#[derive(Debug, Clone)]
struct Sum<'f> {
    /// Each number, and how often it counts.
    terms: Vec<(&'f Formula, Decimal)>,
    rest: Decimal,
    /// It is never further from 0.
    size: Decimal,
    /// Its most decimals; None for as many as there are.
    decimals: Option<u32>,
    /// What rounding may have moved it by.
    error: Decimal,
}

impl<'f> Sum<'f> {
    fn constant(value: Decimal) -> Sum<'f> {
        let value = value.normalize();
        Sum { terms: Vec::new(), rest: value, size: value.abs(), decimals: Some(value.scale()), error: Decimal::ZERO }
    }

    fn term(formula: &'f Formula, size: Decimal, decimals: Option<u32>) -> Sum<'f> {
        Sum { terms: vec![(formula, Decimal::ONE)], rest: Decimal::ZERO, size, decimals, error: Decimal::ZERO }
    }

    fn times(self, factor: Decimal) -> Option<Sum<'f>> {
        let factor = factor.normalize();
        let terms = self.terms.into_iter().map(|(term, times)| Some((term, times.checked_mul(factor)?)));
        let sum = Sum {
            terms: terms.collect::<Option<_>>()?,
            rest: self.rest.checked_mul(factor)?,
            size: self.size.checked_mul(factor.abs())?,
            decimals: self.decimals.map(|decimals| decimals.saturating_add(factor.scale())),
            error: self.error.checked_mul(factor.abs())?,
        };
        sum.rounded()
    }

    fn negated(self) -> Sum<'f> {
        let terms = self.terms.into_iter().map(|(term, times)| (term, -times)).collect();
        Sum { terms, rest: -self.rest, ..self }
    }

    fn plus(self, other: Sum<'f>) -> Option<Sum<'f>> {
        let mut terms = self.terms;
        for (term, times) in other.terms {
            match terms.iter_mut().find(|(known, _)| *known == term) {
                Some((_, known)) => *known = known.checked_add(times)?,
                None => terms.push((term, times)),
            }
        }
        terms.retain(|(_, times)| !times.is_zero());
        Some(Sum {
            terms,
            rest: self.rest.checked_add(other.rest)?,
            size: self.size.checked_add(other.size)?,
            decimals: self.decimals.zip(other.decimals).map(|(a, b)| a.max(b)),
            error: self.error.checked_add(other.error)?,
        })
    }

    /// What becomes of it when it is computed.
    fn rounded(self) -> Option<Sum<'f>> {
        const MANTISSA_MAX: u128 = (1 << 96) - 1;
        let digits = |decimals: u32| self.size.ceil().to_u128()?.checked_mul(10u128.checked_pow(decimals)?);
        match self.decimals.and_then(digits) {
            Some(digits) if digits <= MANTISSA_MAX => Some(self),
            _ => {
                let moved = self.size.checked_mul(ROUNDING)?.checked_add(LEAST_ROUNDING)?;
                Some(Sum { decimals: None, error: self.error.checked_add(moved)?, ..self })
            }
        }
    }
}

impl<'p> Ranges<'p> {
    /// By how much the first number is more than the second one, where both are known and the text says anything of it.
    pub(super) fn differ(&self, a: &Formula, b: &Formula) -> Option<Difference> {
        // What a number is like says more of it than how far it is from a constant.
        if fold(a).is_some() || fold(b).is_some() {
            return None;
        }
        if a == b {
            return Some(Range { whole: true, ..Range::between(Some(Decimal::ZERO), Some(Decimal::ZERO)) }.into());
        }
        let by_parts = self.part_less_whole(a, b).or_else(|| self.part_less_whole(b, a).map(Range::negated));
        by_parts.map(Difference::from).or_else(|| self.by_sums(a, b))
    }

    /// A part less its whole, where it is that.
    fn part_less_whole(&self, part: &Formula, all: &Formula) -> Option<Range> {
        let is_part = match (part, all) {
            (Formula::Parts(parts), all) if matches!(parts.gather, Gather::Max | Gather::Min) && !parts.by_day => {
                self.one_zone && self.is_part(&parts.part, all)
            }
            (part, Formula::Across(across)) => self.one_zone && self.is_part(part, &across.of),
            _ => self.is_part(part, all),
        };
        is_part.then(|| Range { whole: self.of(part).whole && self.of(all).whole, ..Range::from_0().negated() })
    }

    fn by_sums(&self, a: &Formula, b: &Formula) -> Option<Difference> {
        let mut left = LOOKED_AT_MAX;
        let (a, b) = (self.sum(a, DEPTH_MAX, &mut left)?, self.sum(b, DEPTH_MAX, &mut left)?);
        let sum = a.plus(b.negated())?;
        let range = self.total(&sum.terms, sum.rest);
        // Of a part and its whole more is known together than of each.
        let paired = self.paired(&sum);
        let range = paired.map_or(range, |paired| range.and(paired));
        (range.least.is_some() || range.most.is_some()).then_some(Difference { range, error: sum.error })
    }

    /// A comparison as one of a number with a limit, where its sides differ by a multiple of the number and a constant.
    pub(super) fn solved(&self, comparison: &Comparison<'_>, number: &Formula) -> Option<Solved> {
        let mut left = LOOKED_AT_MAX;
        let own = self.sum(number, DEPTH_MAX, &mut left)?;
        // Of twice a count every other whole number is no value: it would be shown as one.
        let (first, times) = own.terms.first().filter(|(_, times)| times.abs() == Decimal::ONE)?;
        let (a, b) = (self.sum(comparison.left.formula, DEPTH_MAX, &mut left)?, self.sum(comparison.right.formula, DEPTH_MAX, &mut left)?);
        let sides = a.plus(b.negated())?;
        let in_sides = |term: &Formula| sides.terms.iter().find(|(known, _)| *known == term).map(|(_, times)| *times);
        let factor = in_sides(first)?.checked_div(*times)?;
        let is_multiple = |(term, times): &(&Formula, Decimal)| in_sides(term) == factor.checked_mul(*times);
        if sides.terms.len() != own.terms.len() || !own.terms.iter().all(is_multiple) {
            return None;
        }
        let op = if factor < Decimal::ZERO { turned(comparison.op) } else { comparison.op };
        let beyond = -sides.rest.checked_div(factor)?;
        let limit = own.rest.checked_add(beyond)?;
        let error = sides.error.checked_div(factor.abs())?.checked_add(own.error)?;
        if error.is_zero() && beyond.checked_mul(factor) == Some(-sides.rest) && limit.checked_sub(own.rest) == Some(beyond) {
            return Some(Solved { op, limit: (limit, limit) });
        }
        let blur = error.checked_add(LEAST_BLUR)?.checked_mul(Decimal::TWO)?;
        let (least, most) = (limit.checked_sub(blur)?, limit.checked_add(blur)?);
        let rounded = |end: Decimal, strategy| end.round_dp_with_strategy(BLUR_DECIMALS, strategy);
        let least = rounded(least, RoundingStrategy::ToNegativeInfinity);
        Some(Solved { op, limit: (least, rounded(most, RoundingStrategy::ToPositiveInfinity)) })
    }

    /// From the least to the most that terms and a rest can come to.
    fn total(&self, terms: &[(&Formula, Decimal)], rest: Decimal) -> Range {
        let one = |value: Decimal| Range { whole: value.fract().is_zero(), ..Range::between(Some(value), Some(value)) };
        terms.iter().fold(one(rest), |sum, (term, times)| arith(Arith::Add, sum, arith(Arith::Mul, one(*times), self.of(term))))
    }

    /// The same, with a whole taken away from as much of its part, or the other way round.
    fn paired(&self, sum: &Sum<'_>) -> Option<Range> {
        let (more, less, apart) = sum.terms.iter().filter(|(_, times)| *times > Decimal::ZERO).find_map(|(more, times)| {
            let against = sum.terms.iter().filter(|(_, against)| *against == -*times);
            against.map(|(less, _)| (*more, *less)).find_map(|(more, less)| {
                let apart = self.part_less_whole(more, less).or_else(|| self.part_less_whole(less, more).map(Range::negated));
                Some((more, less, apart?))
            })
        })?;
        let others: Vec<_> = sum.terms.iter().filter(|(term, _)| *term != more && *term != less).copied().collect();
        Some(arith(Arith::Add, Range { whole: false, ..apart }, self.total(&others, sum.rest)))
    }

    /// A formula as a sum. None when nothing is known of how large it can be.
    fn sum<'f>(&self, formula: &'f Formula, depth: usize, left: &mut usize) -> Option<Sum<'f>>
    where
        'p: 'f,
    {
        *left = left.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        if let Some(value) = fold(formula) {
            return if let Scalar::Number(value) = value { Some(Sum::constant(value)) } else { None };
        }
        let number = |formula: &Formula| if let Some(Scalar::Number(value)) = fold(formula) { Some(value) } else { None };
        match formula {
            Formula::Metric(metric) if self.metrics.get(*metric).is_some() => self.sum(&self.metrics.get(*metric)?.formula, depth, left),
            Formula::Negate(a) => self.sum(a, depth, left).map(Sum::negated),
            Formula::Arith(Arith::Add, a, b) => self.sum(a, depth, left)?.plus(self.sum(b, depth, left)?)?.rounded(),
            Formula::Arith(Arith::Sub, a, b) => self.sum(a, depth, left)?.plus(self.sum(b, depth, left)?.negated())?.rounded(),
            Formula::Arith(Arith::Mul, a, b) if number(b).is_some() => self.sum(a, depth, left)?.times(number(b)?),
            Formula::Arith(Arith::Mul, a, b) if number(a).is_some() => self.sum(b, depth, left)?.times(number(a)?),
            Formula::DaysLeft => Some(Sum::term(formula, DAYS_MAX, Some(0))),
            Formula::Leaf(_, Read::Count | Read::Distinct) => Some(Sum::term(formula, ROWS_MAX, Some(0))),
            Formula::Leaf(leaf, Read::Sum) if self.leaves.get(*leaf).is_some_and(|leaf| self.brings(leaf)) => {
                Some(Sum::term(formula, ROWS_MAX.checked_mul(VALUE_MAX)?, Some(VALUE_DECIMALS_MAX)))
            }
            // One number, which is not taken apart.
            Formula::Over(_, a) | Formula::Abs(a) => {
                let inner = self.sum(a, depth, left)?;
                Some(Sum::term(formula, inner.size, inner.decimals))
            }
            Formula::Parts(parts) if matches!(parts.gather, Gather::Max | Gather::Min) => {
                let inner = self.sum(&parts.part, depth, left)?;
                Some(Sum::term(formula, inner.size, inner.decimals))
            }
            other => {
                let range = self.of(other);
                let size = range.least?.abs().max(range.most?.abs());
                Some(Sum::term(formula, size, None))
            }
        }
    }

    /// Whether a leaf adds up numbers as events bring them.
    fn brings(&self, leaf: &Leaf) -> bool {
        let Some(event) = self.events.get(leaf.event).filter(|event| event.entity.is_none()) else { return false };
        let brought = |field: usize| event.fields.get(field).is_some_and(|field| field.role != FieldRole::Rate);
        leaf.keep == Keep::Sum && matches!(leaf.arg, Some(RowExpr::Field(field)) if brought(field))
    }
}
