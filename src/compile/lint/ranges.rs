//! What numbers a formula can give at all.
//!
//! 1. [`Ranges`] knows the range of every metric, each from the ranges of those it uses.
//! 2. Counts are never below 0 and whole; a count of some rows over a count of all of them is a share, from 0 to 1; a sum of
//!    values on one side of 0 is there too (`signs`), as is what is expected of a metric; what is built of these with
//!    constants has a range as well. Anything else may be any number.
//!
//! 3. A score lies within what its card can give (`reach`).
//!
//! A range may hold more than what can happen, never less.

use super::known::Seen;
use super::range::{Nature, Range, absolute, arith, hull};
use super::reach::Scores;
use super::signs;
use crate::compile::formula::fold;
use crate::compile::program::{
    Arith, Bands, Due, EventDecl, Formula, Gather, Leaf, LevelRead, Metric, Parts, Read, Scalar, ScorePart, Scorecard, Split, SplitBy,
    Statistic, Table, Target,
};
use rust_decimal::Decimal;
use std::sync::Arc;

/// The ranges of a ruleset's metrics.
pub(super) struct Ranges<'p> {
    pub(super) metrics: &'p [Metric],
    pub(super) leaves: &'p [Leaf],
    pub(super) tables: &'p [Arc<Table>],
    pub(super) events: &'p [EventDecl],
    /// Days begin at one time in all scopes, so that a window of a part is that of its whole.
    pub(super) one_zone: bool,
    targets: &'p [Target],
    known: Vec<Range>,
    /// For each metric, whether it is known over any window that ends now.
    pub(super) always_known: Vec<bool>,
    scores: Vec<Range>,
}

impl<'p> Ranges<'p> {
    /// Finds the ranges of metrics, which stand behind those they use, and of the scores of cards.
    pub(super) fn new(
        (metrics, leaves): (&'p [Metric], &'p [Leaf]),
        (tables, events): (&'p [Arc<Table>], &'p [EventDecl]),
        targets: &'p [Target],
        (cards, one_zone): (&[&Scorecard], bool),
    ) -> Ranges<'p> {
        let (known, always_known) = (Vec::with_capacity(metrics.len()), Vec::with_capacity(metrics.len()));
        let mut ranges = Ranges { metrics, leaves, tables, events, one_zone, targets, known, always_known, scores: Vec::new() };
        let seen = Seen { on: &Formula::Unknown, ends_now: true };
        for metric in metrics {
            let range = ranges.of(&metric.formula);
            ranges.known.push(range);
            let always_known = ranges.is_always_known(&metric.formula, seen);
            ranges.always_known.push(always_known);
        }
        ranges.scores = cards.iter().map(|card| Scores::of(card, &ranges, true).map(|scores| scores.range()).unwrap_or_default()).collect();
        ranges
    }

    /// The ranges of values, each of which is a metric without a formula.
    pub(super) fn of_values(known: Vec<Range>) -> Ranges<'p> {
        let always_known = vec![false; known.len()];
        Ranges {
            metrics: &[],
            leaves: &[],
            tables: &[],
            events: &[],
            one_zone: false,
            targets: &[],
            known,
            always_known,
            scores: Vec::new(),
        }
    }

    /// The range of a formula.
    pub(super) fn of(&self, formula: &Formula) -> Range {
        if let Some(Scalar::Number(value)) = fold(formula) {
            return Range { whole: value.fract().is_zero(), ..Range::between(Some(value), Some(value)) };
        }
        match formula {
            Formula::Leaf(_, Read::Count | Read::Distinct) => Range::count(),
            Formula::Leaf(_, Read::DaysWith | Read::DaysDue) => Range { nature: Nature::Other, ..Range::count() },
            Formula::Leaf(_, Read::Level(LevelRead::Held)) => Range::from_0(),
            // A mean, a quantile or one of several values is on the side of 0 on which they all are.
            Formula::Leaf(leaf, Read::Sum | Read::Avg | Read::Value | Read::Quantile(_)) => {
                self.leaves.get(*leaf).map(sided).unwrap_or_default()
            }
            Formula::Score(read) if read.part == ScorePart::Score => self.scores.get(read.card).copied().unwrap_or_default(),
            Formula::Target(read) if matches!(read.due, Due::Whole | Due::ByNow) => self.expected(read.target),
            Formula::Metric(metric) => self.known.get(*metric).copied().unwrap_or_default(),
            // Every movement is brought within the bounds; the start is not.
            Formula::Ledger(ledger) => {
                Range::between(ledger.at_least.map(|least| least.min(ledger.start)), ledger.at_most.map(|most| most.max(ledger.start)))
            }
            Formula::DaysLeft => Range { nature: Nature::Other, ..Range::count() },
            Formula::Over(_, a) | Formula::Shift(_, a) => self.of(a),
            Formula::Adapt(adapt) => self.of(&adapt.inner),
            Formula::Across(across) => self.of(&across.of),
            Formula::Parts(parts) => self.gathered(parts),
            Formula::Baseline(Statistic::Deviation, ..) => Range::from_0(),
            Formula::Baseline(Statistic::Mean | Statistic::Median, _, a) => Range { whole: false, ..self.of(a) },
            Formula::Negate(a) => self.of(a).negated(),
            Formula::Abs(a) => absolute(self.of(a)),
            Formula::Round(a, places) => Range { whole: *places == 0, ..self.of(a).map(|end| end.round_dp(*places)) },
            Formula::Floor(a) => Range { whole: true, ..self.of(a).map(|end| end.floor()) },
            Formula::Ceil(a) => Range { whole: true, ..self.of(a).map(|end| end.ceil()) },
            Formula::Else(a, b) => self.of(a).or(self.of(b)),
            Formula::Least(all) => self.extreme(all, false),
            Formula::Greatest(all) => self.extreme(all, true),
            Formula::Bands(Bands::Steps { below, steps }, _) => {
                hull(steps.iter().map(|(.., result)| *result).chain([*below])).unwrap_or_default()
            }
            Formula::Bands(Bands::Curve(curve), a) => Scores::points(curve, &self.of(a)).range(),
            Formula::Lookup(lookup) => self.column(lookup.table, lookup.column),
            Formula::Arith(Arith::Div, a, b) if self.is_share(a, b) => Range::share(),
            Formula::Arith(op, a, b) => {
                let range = arith(*op, self.of(a), self.of(b));
                let difference = if *op == Arith::Sub { self.differ(a, b) } else { None };
                difference.and_then(|difference| difference.exact()).map_or(range, |difference| range.and(difference))
            }
            _ => Range::default(),
        }
    }

    /// What is made of the values of parts.
    fn gathered(&self, parts: &Parts) -> Range {
        let part = self.of(&parts.part);
        match parts.gather {
            Gather::Known | Gather::True => Range::count(),
            Gather::Rank { .. } => Range { whole: true, ..Range::between(Some(Decimal::ONE), None) },
            Gather::Percentile { .. } => Range { nature: Nature::Other, ..Range::share() },
            Gather::Min | Gather::Max => part,
            Gather::Avg | Gather::Quantile(_) => Range { whole: false, ..part },
            // More parts add to it; the sum of one is that part.
            Gather::Sum => {
                let least = part.least.filter(|least| *least >= Decimal::ZERO);
                Range { whole: part.whole, ..Range::between(least, part.most.filter(|most| *most <= Decimal::ZERO)) }
            }
        }
    }

    fn extreme(&self, all: &[Formula], greatest: bool) -> Range {
        let join = |a: Range, b: Range| {
            let (a, b) = if greatest { (a, b) } else { (a.negated(), b.negated()) };
            let least = a.least.into_iter().chain(b.least).max();
            let most = a.most.zip(b.most).map(|(a, b)| a.max(b));
            let joined = Range { whole: a.whole && b.whole, ..Range::between(least, most) };
            if greatest { joined } else { joined.negated() }
        };
        all.iter().map(|formula| self.of(formula)).reduce(join).unwrap_or_default()
    }

    /// What a column of a table holds. Every lookup gives one of its values, or unknown.
    fn column(&self, table: usize, column: usize) -> Range {
        // Events may tell any value.
        if self.tables.get(table).is_some_and(|table| table.told.is_some()) {
            return Range::default();
        }
        let rows = self.tables.get(table).map_or(&[][..], |table| &table.rows);
        let values = rows.iter().filter_map(|row| match row.values.get(column) {
            Some(Scalar::Number(value)) => Some(*value),
            _ => None,
        });
        hull(values).unwrap_or_default()
    }

    /// What is expected of a metric: amounts that are never negative, cut by weights that are not, have no negative parts.
    fn expected(&self, target: usize) -> Range {
        // Events may tell any amount.
        let Some(target) = self.targets.get(target).filter(|target| target.told.is_none()) else { return Range::default() };
        let weights = |split: &'p Split| match &split.by {
            SplitBy::Weights(weights) => Some(weights.iter().copied()),
            SplitBy::Like(..) => None,
        };
        let Some(weights) = target.splits.iter().map(weights).collect::<Option<Vec<_>>>() else { return Range::default() };
        let shares = target.divisions.iter().flat_map(|division| &division.shares).map(|(_, share)| *share);
        let amounts = target.rows.iter().map(|row| row.value);
        let not_negative = amounts.chain(shares).chain(weights.into_iter().flatten()).all(|part| part >= Decimal::ZERO);
        Range::between(not_negative.then_some(Decimal::ZERO), None)
    }
}

/// Values of rows; a sum of none is 0.
fn sided(leaf: &Leaf) -> Range {
    let side = signs::side(leaf);
    Range::between(side.not_negative.then_some(Decimal::ZERO), side.not_positive.then_some(Decimal::ZERO))
}
