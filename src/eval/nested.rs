//! The same formula at other scopes.
//!
//! 1. The parts of a scope are the scopes with more dimensions that exist within it. Rows that lack one of these
//!    dimensions belong to no part.
//! 2. The formula is evaluated at each of them, over the surrounding range of time.
//! 3. One value is made of those that are known; a part whose value is unknown, or for which `where` is not true, does not
//!    count. One that is there and cannot be told, for want of a rate or of digits, makes the whole unknown.

use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::window::{Anchor, Stretch};
use super::{Fault, Nested};
use crate::compile::program::{Across, DimIdx, Formula, Gather, Parts, Scalar, Text, Unit, finer};
use rust_decimal::Decimal;

/// The most parts of one value.
const PARTS_MAX: usize = 10_000;
/// The most parts of all values within one.
const ALL_PARTS_MAX: usize = 200_000;
/// The most parts that an explanation names.
const TOLD_PARTS_MAX: usize = 10;

/// Dimension values. Sorted.
pub(super) type Named = Vec<(DimIdx, Box<str>)>;

/// The values of the parts that count, in the order of their names.
pub(super) type Found = Result<Vec<(Named, Number)>, Why>;

impl<A: Aggregates> Evaluation<'_, A> {
    /// What is made of the parts of the scope.
    pub(super) fn parts(&mut self, parts: &Parts, stretch: Stretch) -> Result<Number, Fault> {
        if let Some((leaf, read, _)) = parts.daily() {
            return self.summed(parts, (leaf, read), stretch);
        }
        let own = self.source.scope();
        Ok(match self.each(parts, stretch)? {
            Ok(values) => made(parts.gather, &own, &values),
            Err(why) => Number::Unknown(why),
        })
    }

    /// The parts of the scope with their values; of a rank those of the scope around it.
    pub(super) fn each(&mut self, parts: &Parts, stretch: Stretch) -> Result<Found, Fault> {
        let Some(own) = self.own() else { return Ok(Err(Why::NoDimension)) };
        if self.source.since()?.is_none() {
            return Ok(Err(Why::NoScope));
        }
        let dims: Vec<DimIdx> = own.iter().map(|(dim, _)| *dim).collect();
        let mut within = own;
        if parts.gather.is_among_siblings() {
            if !parts.dims.iter().all(|dim| dims.contains(dim)) {
                return Ok(Err(Why::NoDimension));
            }
            within.retain(|(dim, _)| !parts.dims.contains(dim));
        }
        let found = self.source.parts(&within, &finer(&dims, &parts.dims))?;
        self.n_parts = self.n_parts.saturating_add(found.len());
        if found.len() > PARTS_MAX || self.n_parts > ALL_PARTS_MAX {
            return Ok(Err(Why::TooManyParts));
        }
        let mut values = Vec::with_capacity(found.len());
        for scope in found {
            let value = self.at_scope(&scope, |there| {
                if let Some(filter) = &parts.filter
                    && there.value_over(filter, stretch)?.truth() != Some(true)
                {
                    return Ok(None);
                }
                match parts.daily() {
                    Some(daily) => there.day_by_day(daily, stretch).map(Some),
                    None => there.value_over(&parts.part, stretch).map(Some),
                }
            })?;
            values.extend(value.map(|value| (scope, value)));
        }
        Ok(Ok(values))
    }

    /// The value at the scope without a dimension.
    pub(super) fn across(&mut self, across: &Across, stretch: Stretch) -> Result<Number, Fault> {
        let Some(mut around) = self.own() else { return Ok(Number::Unknown(Why::NoDimension)) };
        around.retain(|(dim, _)| *dim != across.dim);
        self.at_scope(&around, |there| there.value_over(&across.of, stretch))
    }

    /// Explains what looks at other scopes.
    pub(super) fn nested(&mut self, anchor: Anchor, formula: &Formula, stretch: Stretch) -> Result<Option<Nested>, Fault> {
        let value = self.anchored(anchor, formula, stretch)?;
        let told = |(text, unit, part_unit): (&Text, &Unit, &Unit), parts: Vec<(Named, Number)>| {
            let (text, unit, part_unit, n_parts) = (text.clone(), unit.clone(), part_unit.clone(), parts.len());
            let n_unknown = parts.iter().filter(|(_, value)| matches!(value, Number::Unknown(_))).count();
            Some(Nested { text, unit, part_unit, value: value.clone(), range: stretch.span.into(), n_parts, n_unknown, parts })
        };
        Ok(match formula {
            Formula::Across(across) => told((&across.text, &across.unit, &across.unit), Vec::new()),
            Formula::Parts(parts) => {
                let before = std::mem::replace(&mut self.anchor, anchor);
                let found = self.each(parts, stretch);
                self.anchor = before;
                let mut found = found?.unwrap_or_default();
                found.sort_by_key(|(_, value)| std::cmp::Reverse(value.decimal()));
                told((&parts.text, &parts.unit, &parts.part_unit), found).map(|mut told| {
                    told.parts.truncate(TOLD_PARTS_MAX);
                    told
                })
            }
            _ => None,
        })
    }

    pub(super) fn own(&self) -> Option<Named> {
        self.source.scope().into_iter().map(|(dim, value)| Some((dim, value?))).collect()
    }

    /// Looks from another scope.
    pub(super) fn at_scope<T>(&mut self, scope: &Named, look: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX).saturating_add(1);
        let place = *self.places.entry(scope.clone()).or_insert(next);
        let before = (self.source.go(scope), std::mem::replace(&mut self.place, place));
        let result = look(self);
        self.source.back(before.0);
        self.place = before.1;
        result
    }
}

/// One value of those of the parts.
fn made(gather: Gather, own: &[(DimIdx, Option<Box<str>>)], values: &[(Named, Number)]) -> Number {
    // Of what is unknown those that had begun say why.
    let whys = || values.iter().filter_map(|(_, value)| if let Number::Unknown(why) = value { Some(why) } else { None });
    let unknown = whys().find(|why| **why != Why::NoScope).or_else(|| whys().next()).cloned();
    let counted = |n: usize| Number::of(Decimal::from(n));
    if let (false, Some(why)) = (gather == Gather::Known, values.iter().find_map(|(_, value)| uncountable(value))) {
        return Number::Unknown(why);
    }
    match gather {
        // What was over before any part began has no number of parts, as it has none of events.
        Gather::Known if !values.is_empty() && values.iter().all(|(_, value)| *value == Number::Unknown(Why::NoScope)) => {
            return Number::Unknown(Why::NoScope);
        }
        Gather::Known => return counted(values.iter().filter(|(_, value)| matches!(value, Number::Known(_))).count()),
        Gather::True => {
            let known = values.iter().any(|(_, value)| value.truth().is_some());
            let n_true = values.iter().filter(|(_, value)| value.truth() == Some(true)).count();
            return unknown.filter(|_| !known).map_or(counted(n_true), Number::Unknown);
        }
        _ => {}
    }
    let known: Vec<Decimal> = values.iter().filter_map(|(_, value)| value.decimal()).collect();
    if known.is_empty() {
        return Number::Unknown(unknown.unwrap_or(Why::NoParts));
    }
    let found = match gather {
        Gather::Sum => sum(&known),
        Gather::Avg => sum(&known).and_then(|sum| sum.checked_div(Decimal::from(known.len()))),
        Gather::Min => known.iter().min().copied(),
        Gather::Max => known.iter().max().copied(),
        Gather::Quantile(fraction) => quantile(known, fraction),
        Gather::Known | Gather::True => None,
        Gather::Rank { higher } | Gather::Percentile { higher } => {
            let is_own = |scope: &Named| scope.iter().zip(own).all(|((_, a), (_, b))| b.as_ref() == Some(a));
            let own = values.iter().find(|(scope, _)| is_own(scope)).map(|(_, value)| value);
            let own = match own {
                Some(Number::Known(Scalar::Number(own))) => own,
                Some(Number::Unknown(why)) => return Number::Unknown(why.clone()),
                _ => return Number::Unknown(Why::NoParts),
            };
            let better = known.iter().filter(|other| if higher { *other > own } else { *other < own }).count();
            match gather {
                Gather::Rank { .. } => Some(Decimal::from(better + 1)),
                _ => Decimal::from(known.len() - better).checked_div(Decimal::from(known.len())),
            }
        }
    };
    found.map_or(Number::Unknown(Why::OutOfRange), Number::of)
}

/// Why a part cannot be left out though it is unknown: there is something, and nobody can say how much.
fn uncountable(value: &Number) -> Option<Why> {
    match value {
        Number::Unknown(why @ (Why::NoRate(..) | Why::OutOfRange)) => Some(why.clone()),
        _ => None,
    }
}

fn sum(values: &[Decimal]) -> Option<Decimal> {
    values.iter().try_fold(Decimal::ZERO, |sum, value| sum.checked_add(*value))
}

/// Hyndman-Fan type 7: at position `fraction * (n - 1)`, linear between the two neighbours.
fn quantile(mut values: Vec<Decimal>, fraction: Decimal) -> Option<Decimal> {
    values.sort_unstable();
    let position = fraction.checked_mul(Decimal::from(values.len().checked_sub(1)?))?;
    let place = usize::try_from(position.floor().mantissa()).ok()?;
    let low = *values.get(place)?;
    let high = values.get(place + 1).copied().unwrap_or(low);
    low.checked_add(high.checked_sub(low)?.checked_mul(position - position.floor())?)
}
