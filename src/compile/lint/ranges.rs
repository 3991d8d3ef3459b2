//! What numbers a formula can give at all.
//!
//! 1. [`Ranges`] knows the range of every metric, each from the ranges of those it uses.
//! 2. Counts are never below 0 and whole; a count of some rows over a count of all of them is a share, from 0 to 1; a sum of
//!    values on one side of 0 is there too (`signs`), as is what is expected of a metric; what is built of these with
//!    constants has a range as well. Anything else may be any number.
//!
//! A range may hold more than what can happen, never less. Rounding keeps the order of numbers, so that the ends of a
//! range, computed as the evaluation computes, stay its ends.

use super::signs;
use super::values::Values;
use crate::compile::formula::fold;
use crate::compile::program::{Arith, Bands, Due, Formula, Leaf, Metric, Read, RowExpr, Scalar, Split, SplitBy, Statistic, Table, Target};
use rust_decimal::Decimal;
use std::sync::Arc;

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
    fn between(least: Option<Decimal>, most: Option<Decimal>) -> Range {
        Range { least, most, ..Range::default() }
    }

    fn count() -> Range {
        Range { least: Some(Decimal::ZERO), most: None, whole: true, nature: Nature::Count }
    }

    fn share() -> Range {
        Range { least: Some(Decimal::ZERO), most: Some(Decimal::ONE), whole: false, nature: Nature::Share }
    }

    /// Whether a number lies in it.
    pub(super) fn holds(&self, value: Decimal) -> bool {
        self.least.is_none_or(|least| least <= value) && self.most.is_none_or(|most| value <= most)
    }

    /// The numbers as a set.
    pub(super) fn values(&self) -> Values {
        Values::between(self.least, self.most)
    }

    /// Either of two formulas.
    fn or(self, other: Range) -> Range {
        Range {
            least: self.least.zip(other.least).map(|(a, b)| a.min(b)),
            most: self.most.zip(other.most).map(|(a, b)| a.max(b)),
            whole: self.whole && other.whole,
            nature: if self.nature == other.nature { self.nature } else { Nature::Other },
        }
    }

    fn map(self, f: impl Fn(Decimal) -> Decimal) -> Range {
        Range { least: self.least.map(&f), most: self.most.map(f), ..Range::default() }
    }

    fn negated(self) -> Range {
        Range { least: self.most.map(|most| -most), most: self.least.map(|least| -least), whole: self.whole, nature: Nature::Other }
    }
}

/// The ranges of a ruleset's metrics.
pub(super) struct Ranges<'p> {
    metrics: &'p [Metric],
    leaves: &'p [Leaf],
    tables: &'p [Arc<Table>],
    targets: &'p [Target],
    known: Vec<Range>,
}

impl<'p> Ranges<'p> {
    /// Finds the ranges of metrics, which stand behind those they use.
    pub(super) fn new(metrics: &'p [Metric], leaves: &'p [Leaf], tables: &'p [Arc<Table>], targets: &'p [Target]) -> Ranges<'p> {
        let mut ranges = Ranges { metrics, leaves, tables, targets, known: Vec::with_capacity(metrics.len()) };
        for metric in metrics {
            let range = ranges.of(&metric.formula);
            ranges.known.push(range);
        }
        ranges
    }

    /// The range of a formula.
    pub(super) fn of(&self, formula: &Formula) -> Range {
        if let Some(Scalar::Number(value)) = fold(formula) {
            return Range { whole: value.fract().is_zero(), ..Range::between(Some(value), Some(value)) };
        }
        match formula {
            Formula::Leaf(_, Read::Count | Read::Distinct) => Range::count(),
            Formula::Leaf(leaf, Read::Sum) => self.leaves.get(*leaf).map(summed).unwrap_or_default(),
            Formula::Target(read) if matches!(read.due, Due::Whole | Due::ByNow) => self.expected(read.target),
            Formula::Metric(metric) => self.known.get(*metric).copied().unwrap_or_default(),
            // Every movement is brought within the bounds; the start is not.
            Formula::Ledger(ledger) => {
                Range::between(ledger.at_least.map(|least| least.min(ledger.start)), ledger.at_most.map(|most| most.max(ledger.start)))
            }
            Formula::DaysLeft => Range { nature: Nature::Other, ..Range::count() },
            Formula::Over(_, a) | Formula::Shift(_, a) => self.of(a),
            Formula::Adapt(adapt) => self.of(&adapt.inner),
            Formula::Baseline(Statistic::Deviation, ..) => Range::between(Some(Decimal::ZERO), None),
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
            Formula::Lookup(lookup) => self.column(lookup.table, lookup.column),
            Formula::Arith(Arith::Div, a, b) if self.is_share(a, b) => Range::share(),
            Formula::Arith(op, a, b) => arith(*op, self.of(a), self.of(b)),
            _ => Range::default(),
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

    /// Whether a quotient is how many of the rows that the denominator counts the numerator counts too.
    fn is_share(&self, part: &Formula, all: &Formula) -> bool {
        let (Some((part, read)), Some((all, read_all))) = (self.leaf(part), self.leaf(all)) else { return false };
        let conditions = |leaf: &'p Leaf| leaf.filter.as_ref().map(conjuncts).unwrap_or_default();
        let (narrow, wide) = (conditions(part), conditions(all));
        let same_values = match (read, read_all) {
            (Read::Count, Read::Count) => all.arg.is_none() || part.arg == all.arg,
            (Read::Distinct, Read::Distinct) => part.arg == all.arg,
            _ => false,
        };
        same_values
            && part.keep == all.keep
            && (part.event, part.clock) == (all.event, all.clock)
            && wide.iter().all(|condition| narrow.contains(condition))
    }

    /// The aggregate that a formula is, over the window in which it is used.
    fn leaf(&self, formula: &Formula) -> Option<(&'p Leaf, Read)> {
        let mut formula = formula;
        while let Formula::Metric(metric) = formula {
            formula = &self.metrics.get(*metric)?.formula;
        }
        match formula {
            Formula::Leaf(leaf, read) => Some((self.leaves.get(*leaf)?, *read)),
            _ => None,
        }
    }
}

/// A sum of rows; 0 when there are none.
fn summed(leaf: &Leaf) -> Range {
    let side = signs::side(leaf);
    Range::between(side.not_negative.then_some(Decimal::ZERO), side.not_positive.then_some(Decimal::ZERO))
}

/// The conditions that must all hold.
pub(super) fn conjuncts(filter: &RowExpr) -> Vec<&RowExpr> {
    match filter {
        RowExpr::And(a, b) => [conjuncts(a), conjuncts(b)].concat(),
        other => vec![other],
    }
}

/// The range of a few numbers.
fn hull(values: impl Iterator<Item = Decimal>) -> Option<Range> {
    let one = |value: Decimal| Range { whole: value.fract().is_zero(), ..Range::between(Some(value), Some(value)) };
    values.map(one).reduce(Range::or)
}

fn absolute(range: Range) -> Range {
    match (range.least, range.most) {
        (Some(least), _) if least >= Decimal::ZERO => range,
        (_, Some(most)) if most <= Decimal::ZERO => range.negated(),
        (least, most) => {
            let most = least.zip(most).map(|(least, most)| most.max(-least));
            Range { whole: range.whole, ..Range::between(Some(Decimal::ZERO), most) }
        }
    }
}

fn arith(op: Arith, a: Range, b: Range) -> Range {
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
