//! Targets: what is expected of a metric, and of which scopes it speaks.
//!
//! Evaluation asks [`Target::climb`] and [`Target::scopes`] which of its scopes make up another one, and so do lints, which
//! know from the same answers where a target never says anything.

use super::{Climb, DimIdx, Membership, MetricIdx, OccasionIdx, TargetIdx, Text, ToldAmounts, climb};
use crate::time::{Day, Grain, Period};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Values of dimensions. Sorted.
pub type Valued = Vec<(DimIdx, Box<str>)>;

/// A target as a formula reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetRead {
    /// The target.
    pub target: TargetIdx,
    /// The dimensions of the scopes whose history it follows; None when it follows none.
    pub dims: Option<Vec<DimIdx>>,
    /// What of it.
    pub due: Due,
    /// The metrics whose history the reading needs; that of the target too where its scopes may move from one to another.
    pub reads: Vec<MetricIdx>,
}

/// What of a target is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// What is due in the whole period.
    Whole,
    /// What is due in it by the end of today.
    ByNow,
    /// What would have to be due in it for the whole target to be met, after what has come so far.
    Replanned,
    /// Where the forecast for its end lies with so many standard errors added: an end of an interval.
    Forecast(Decimal),
}

/// `target gmv per shop { … }`: what is expected of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The metric.
    pub metric: MetricIdx,
    /// What people call it.
    pub title: Text,
    /// The dimensions of its scopes. Sorted.
    pub dims: Vec<DimIdx>,
    /// The amounts.
    pub rows: Vec<TargetRow>,
    /// Where further amounts come from.
    pub told: Option<ToldAmounts>,
    /// How a period is split, from long parts to short ones; the shortest parts are split evenly over their days.
    pub splits: Vec<Split>,
    /// How an amount for all values of a dimension is divided, in the order of the text.
    pub divisions: Vec<Division>,
    /// What every part is a multiple of.
    pub step: Decimal,
    /// True when the metric's parts add up to its whole. Otherwise every part is expected to be as the whole.
    pub adds_up: bool,
}

impl Target {
    /// The metrics whose history it follows.
    pub fn likes(&self) -> Vec<MetricIdx> {
        let like = |split: &Split| match split.by {
            SplitBy::Like(metric, _) => Some(metric),
            SplitBy::Weights(_) => None,
        };
        self.splits.iter().filter_map(like).collect()
    }

    /// Whether an amount has only whole steps.
    pub fn takes(&self, value: Decimal) -> bool {
        !self.adds_up || value.checked_rem(self.step).is_some_and(|rest| rest.is_zero())
    }

    /// The way up to a dimension that it lacks, from one of its own; None when there is none, and it says nothing there.
    pub fn climb(&self, memberships: &[Membership], dim: DimIdx) -> Option<Climb> {
        climb(memberships, |own| self.dims.contains(&own), dim)
    }

    /// The scopes that make up a wider one, given by values of dimensions of its own; None when it cannot be told which they are.
    pub fn scopes(&self, wanted: &Valued) -> Option<Vec<Valued>> {
        if wanted.len() == self.dims.len() {
            return Some(vec![wanted.clone()]);
        }
        let mut found = BTreeSet::new();
        for row in self.rows.iter().filter(|row| row.agrees(wanted)) {
            let mut partial = vec![wanted.clone()];
            for dim in self.dims.iter().filter(|dim| !wanted.iter().any(|(own, _)| own == *dim)) {
                let values = self.values(row, *dim)?;
                let with =
                    |scope: &Valued| values.iter().map(|value| [scope.as_slice(), &[(*dim, (*value).into())]].concat()).collect::<Vec<_>>();
                partial = partial.iter().flat_map(with).collect();
            }
            found.extend(partial.into_iter().map(|mut scope| {
                scope.sort();
                scope
            }));
        }
        (!found.is_empty()).then(|| found.into_iter().collect())
    }

    /// The values of a dimension of which a line speaks; None when it speaks of all alike, whichever there are.
    pub fn values<'t>(&'t self, row: &'t TargetRow, dim: DimIdx) -> Option<Vec<&'t str>> {
        match row.scope.iter().find(|(own, _)| *own == dim) {
            Some((_, value)) => Some(vec![&**value]),
            None => {
                let division = self.divisions.iter().find(|division| division.dim == dim)?;
                Some(division.shares.iter().map(|(value, _)| &**value).collect())
            }
        }
    }
}

/// `[shop: us] 2026 3_600_000 USD from 2026-07-01`
#[derive(Debug, Clone, PartialEq)]
pub struct TargetRow {
    /// The dimension values that it names. Sorted.
    pub scope: Vec<(DimIdx, Box<str>)>,
    /// The period.
    pub period: Period,
    /// The amount.
    pub value: Decimal,
    /// The first day on which it counts; from the beginning when None.
    pub from: Option<Day>,
}

impl TargetRow {
    /// Whether it names no other value of a dimension than a scope has.
    pub fn agrees(&self, scope: &Valued) -> bool {
        self.scope.iter().all(|(dim, value)| scope.iter().all(|(own, named)| own != dim || named == value))
    }
}

/// How a period is split into parts of one length.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The length of the parts.
    pub grain: Grain,
    /// What the parts are in proportion to.
    pub by: SplitBy,
    /// Of a history: the named events whose days are like those of their time in the earlier year.
    pub along: Vec<OccasionIdx>,
}

/// What the parts of a period are in proportion to.
#[derive(Debug, Clone, PartialEq)]
pub enum SplitBy {
    /// One weight for each part, in order.
    Weights(Vec<Decimal>),
    /// A metric in the same parts of an earlier year: this one, or the year before the target's own.
    Like(MetricIdx, Option<Period>),
}

/// `divide channel { amazon 38, tiktok 12 }`
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// The dimension.
    pub dim: DimIdx,
    /// The share of each value, in the order of the text.
    pub shares: Vec<(Box<str>, Decimal)>,
}
