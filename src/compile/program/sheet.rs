//! What a card asks of the cells of its scopes: a list of aggregates, and the lines that lead from them to its formulas. No formula
//! is walked again for every score, and what several of them ask for is worked out once.
//!
//! 1. [`Sheet::of`] looks for what is plain: whole sums, counts and the like of events that show the dimensions of the card by
//!    themselves, in any windows, and arithmetic on them. A formula that asks for more has no answer here.
//! 2. `eval` merges the cells of a scope into the aggregates and works out the lines.

use super::{Arith, Compare, DimIdx, Formula, GroupingIdx, Keep, LeafIdx, Program, Read, Scalar, Scorecard, Window};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// A card whose formulas have more terms than this is not plain.
const TERMS_MAX: u32 = 400;
/// Metrics of metrics are looked into so deep at the most.
const DEPTH_MAX: u32 = 60;

/// The place of a line.
pub type LineIdx = usize;

/// What a card asks of the cells of its scopes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sheet {
    /// The windows of its formulas; None for the period of the card.
    pub windows: Vec<Option<Window>>,
    /// The leaves that they read.
    pub slots: Vec<Slot>,
    /// The lines, each after those that it uses.
    pub lines: Vec<Line>,
    /// The formulas that are plain, each with the line that has its value.
    pub answers: Vec<(Asked, LineIdx)>,
    /// Whether all formulas are.
    pub is_whole: bool,
}

/// A leaf in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// The leaf.
    pub leaf: LeafIdx,
    /// What it keeps.
    pub keep: Keep,
    /// The place of the window.
    pub window: usize,
}

/// A formula of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// That of a KPI.
    Kpi(usize),
    /// The condition of an addition or deduction.
    When(usize),
    /// What the points of one are multiplied with.
    ForEach(usize),
    /// A condition that forces a grade or a score.
    Veto(usize),
    /// A condition that withholds or marks.
    Gate(usize),
    /// What the coefficient of the grade is multiplied with.
    Base,
}

/// A line. It uses the lines whose places it has.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs)]
pub enum Line {
    Number(Decimal),
    Flag(bool),
    /// The file says that there is no value.
    Unknown,
    /// Reads what a slot holds.
    Slot(usize, Read),
    Negate(LineIdx),
    Abs(LineIdx),
    Round(LineIdx, u32),
    Floor(LineIdx),
    Ceil(LineIdx),
    Arith(Arith, LineIdx, LineIdx),
    Compare(Compare, LineIdx, LineIdx),
    And(LineIdx, LineIdx),
    Or(LineIdx, LineIdx),
    Not(LineIdx),
    Else(LineIdx, LineIdx),
    IsUnknown(LineIdx),
    /// The one of two that is less, or greater.
    Best(Ordering, LineIdx, LineIdx),
}

impl Asked {
    /// The formulas of a card, each with its window; without one it is asked for in the period.
    pub fn all(card: &Scorecard) -> impl Iterator<Item = (Asked, &Formula, Option<Window>)> {
        let kpis = card.kpis.iter().enumerate().map(|(at, kpi)| (Asked::Kpi(at), &kpi.formula, kpi.window));
        let adjustments = card.adjustments.iter().enumerate().flat_map(|(at, one)| {
            let when = one.when.iter().map(move |when| (Asked::When(at), when, None));
            when.chain(one.for_each.iter().map(move |times| (Asked::ForEach(at), times, None)))
        });
        let vetoes = card.vetoes.iter().enumerate().map(|(at, veto)| (Asked::Veto(at), &veto.when, None));
        let gates = card.gates.iter().enumerate().map(|(at, gate)| (Asked::Gate(at), &gate.when, None));
        let base = card.payout_base.iter().map(|base| (Asked::Base, &base.formula, None));
        kpis.chain(adjustments).chain(vetoes).chain(gates).chain(base)
    }
}

impl Sheet {
    /// What a card asks for.
    pub fn of(program: &Program, card: &Scorecard) -> Sheet {
        // Of several zones, days are not the same at all scopes.
        if program.n_zones() > 1 {
            return Sheet::default();
        }
        let mut writing =
            Writing { program, grouping: card.grouping, left: TERMS_MAX, sheet: Sheet { is_whole: true, ..Sheet::default() } };
        for (asked, formula, window) in Asked::all(card) {
            let window = writing.window(window);
            match writing.line(formula, window, DEPTH_MAX) {
                Some(line) => writing.sheet.answers.push((asked, line)),
                None => writing.sheet.is_whole = false,
            }
        }
        if writing.left == 0 { Sheet::default() } else { writing.sheet }
    }
}

/// A sheet that is being written.
struct Writing<'p> {
    program: &'p Program,
    grouping: GroupingIdx,
    /// How many more terms it may have.
    left: u32,
    sheet: Sheet,
}

impl Writing<'_> {
    /// The place of a window.
    fn window(&mut self, window: Option<Window>) -> usize {
        place(&mut self.sheet.windows, window)
    }

    /// The line that has the value of a formula in a window; None when it is not plain.
    fn line(&mut self, formula: &Formula, window: usize, depth: u32) -> Option<LineIdx> {
        let depth = depth.checked_sub(1)?;
        self.left = self.left.checked_sub(1)?;
        let mut inner = |formula: &Formula| self.line(formula, window, depth);
        let line = match formula {
            Formula::Metric(metric) => {
                let metric = self.program.metrics.get(*metric)?;
                return self.line(&metric.formula, window, depth);
            }
            Formula::Over(window, inner) => {
                let window = self.window(Some(*window));
                return self.line(inner, window, depth);
            }
            Formula::Least(list) => return self.best(list, Ordering::Less, window, depth),
            Formula::Greatest(list) => return self.best(list, Ordering::Greater, window, depth),
            Formula::Leaf(leaf, read) => Line::Slot(self.slot(*leaf, window)?, plain(*read)?),
            Formula::Unknown => Line::Unknown,
            Formula::Const(Scalar::Number(number)) => Line::Number(*number),
            Formula::Const(Scalar::Flag(flag)) => Line::Flag(*flag),
            Formula::Negate(one) => Line::Negate(inner(one)?),
            Formula::Abs(one) => Line::Abs(inner(one)?),
            Formula::Round(one, places) => Line::Round(inner(one)?, *places),
            Formula::Floor(one) => Line::Floor(inner(one)?),
            Formula::Ceil(one) => Line::Ceil(inner(one)?),
            Formula::Not(one) => Line::Not(inner(one)?),
            Formula::IsUnknown(one) => Line::IsUnknown(inner(one)?),
            Formula::Arith(op, one, other) => Line::Arith(*op, inner(one)?, inner(other)?),
            Formula::Compare(compare, one, other) => Line::Compare(*compare, inner(one)?, inner(other)?),
            Formula::And(one, other) => Line::And(inner(one)?, inner(other)?),
            Formula::Or(one, other) => Line::Or(inner(one)?, inner(other)?),
            Formula::Else(one, other) => Line::Else(inner(one)?, inner(other)?),
            _ => return None,
        };
        Some(self.put(line))
    }

    /// The line that has the least or the greatest of some values.
    fn best(&mut self, list: &[Formula], order: Ordering, window: usize, depth: u32) -> Option<LineIdx> {
        let mut best = None;
        for formula in list {
            let other = self.line(formula, window, depth)?;
            best = Some(best.map_or(other, |best| self.put(Line::Best(order, best, other))));
        }
        best
    }

    /// The place of a line. Numbers that are equal may differ in their digits, so that two lines that say some are two.
    fn put(&mut self, line: Line) -> LineIdx {
        if matches!(line, Line::Number(_) | Line::Slot(_, Read::Quantile(_))) {
            self.sheet.lines.push(line);
            return self.sheet.lines.len() - 1;
        }
        place(&mut self.sheet.lines, line)
    }

    /// The slot of a leaf that is kept for the scopes of the card; None when it is not plain there.
    fn slot(&mut self, leaf: LeafIdx, window: usize) -> Option<usize> {
        let decl = self.program.leaves.get(leaf).filter(|decl| decl.keep != Keep::Course && decl.groupings.contains(&self.grouping))?;
        let event = self.program.events.get(decl.event)?;
        let shown = |dim: &DimIdx| event.dims.iter().any(|(own, _)| own == dim);
        self.program.groupings.get(self.grouping).filter(|dims| dims.iter().all(shown))?;
        Some(place(&mut self.sheet.slots, Slot { leaf, keep: decl.keep, window }))
    }
}

/// The place of what a list holds, at its end when it is new.
fn place<T: PartialEq>(list: &mut Vec<T>, one: T) -> usize {
    list.iter().position(|own| *own == one).unwrap_or_else(|| {
        list.push(one);
        list.len() - 1
    })
}

/// A way of reading that needs no more than the merged aggregate.
fn plain(read: Read) -> Option<Read> {
    match read {
        Read::Count | Read::Sum | Read::Avg | Read::Distinct | Read::Value | Read::Quantile(_) => Some(read),
        Read::SumIn(_) | Read::AvgIn(_) | Read::Level(_) | Read::DaysWith | Read::DaysDue => None,
    }
}
