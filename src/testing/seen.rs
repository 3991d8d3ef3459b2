//! What the tests of a ruleset reach: read from the results of the one evaluation, after each instant and expectation.
//!
//! 1. An expectation looks at a number, a score or an alert; what goes into it is noted ([`Seen::number`], [`Seen::score`]).
//! 2. After each `at` it is noted which alerts have no data ([`Seen::instant`]).
//! 3. At the end of a test the rows that passed and failed filters, the fields of things, and the steps of the alerts are
//!    noted ([`Seen::end`]).

use crate::compile::program::{DimIdx, Formula, Hold, Leaf, Program, RowExpr, Scalar, Scorecard};
use crate::compile::targets_in;
use crate::engine::replay::Replay;
use crate::engine::{Explanation, Fault, Machine, Number, Reader, Score, ScoreExplanation, Segment, When, passes};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Something that a test can reach; the numbers are those of the program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A metric with a value.
    Metric(String),
    /// An aggregate, as written: a row that passes its filter, or one that fails it.
    Filter(String, bool),
    /// A field of an entity; of a flag, with this truth.
    Field(usize, usize, Option<bool>),
    /// A filter in an entity: an event that passes, or one that fails.
    Fold(usize, usize, bool),
    /// A grade of a scorecard.
    Grade(String, usize),
    /// A segment of the curve of a KPI: 0 lies below the first point, then those between two, then the one above.
    Segment(String, usize, usize),
    /// An addition or deduction that applies, or does not.
    Adjusted(String, usize, bool),
    /// One that reaches its limit.
    Limited(String, usize),
    /// A red line that is crossed, or is not.
    Veto(String, usize, bool),
    /// A scorecard whose total reaches its cap.
    Capped(String),
    /// A number that is compared with the target of a metric.
    Target(String),
    /// A line that withholds a score, or does not.
    Gate(String, usize, bool),
    /// A scorecard with an unknown KPI.
    Unknown(String),
    /// A severity that waits.
    Pending(String, usize),
    /// A severity that fires.
    Firing(String, usize),
    /// A severity that has fired and is over.
    Resolved(String, usize),
    /// An alert that goes on firing because its `clear` is not reached.
    Uncleared(String),
    /// An alert without data.
    NoData(String),
}

/// What has been reached.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) keys: BTreeSet<Key>,
}

impl Seen {
    fn note(&mut self, key: Key) {
        self.keys.insert(key);
    }

    /// The metrics in a number.
    pub(super) fn number(&mut self, explained: &Explanation, program: &Program) {
        for inner in explained.metrics.iter().filter(|inner| matches!(inner.value, Number::Known(_))) {
            if let Some(metric) = program.metrics.get(inner.metric) {
                self.note(Key::Metric(metric.name.clone()));
                self.targets(&metric.formula, program);
            }
        }
    }

    /// The targets that a formula with a value compares with.
    pub(super) fn targets(&mut self, formula: &Formula, program: &Program) {
        for target in targets_in(formula) {
            let metric = program.targets.get(target).and_then(|target| program.metrics.get(target.metric));
            metric.into_iter().for_each(|metric| self.note(Key::Target(metric.name.clone())));
        }
    }

    /// The parts of a score.
    pub(super) fn score(&mut self, program: &Program, card: &Scorecard, score: &Score, explained: &ScoreExplanation) {
        let name = || card.name.clone();
        explained.all().for_each(|told| self.number(told, program));
        if let (Some(base), Some(Number::Known(_))) = (&card.payout_base, &score.base) {
            self.targets(&base.formula, program);
        }
        for (place, (part, kpi)) in score.parts.iter().zip(&card.kpis).enumerate() {
            if part.value.decimal().is_some() {
                self.targets(&kpi.formula, program);
            }
            let last = kpi.curve.points.len();
            let segment = match part.segment {
                Some(Segment::Below(..)) => Some(0),
                Some(Segment::Above(..)) => Some(last),
                Some(Segment::Between((x, _), _)) => kpi.curve.points.iter().position(|point| point.0 == x).map(|point| point + 1),
                // The curve goes on flat from its outer points.
                Some(Segment::Point(x, _)) => match kpi.curve.points.iter().position(|point| point.0 == x) {
                    Some(0) if kpi.curve.below.is_none() => Some(0),
                    Some(point) if point + 1 == last && kpi.curve.above.is_none() => Some(last),
                    _ => None,
                },
                None => {
                    self.note(Key::Unknown(name()));
                    None
                }
            };
            segment.into_iter().for_each(|segment| self.note(Key::Segment(name(), place, segment)));
        }
        for (place, (adjusted, line)) in score.adjustments.iter().zip(&card.adjustments).enumerate() {
            self.note(Key::Adjusted(name(), place, !adjusted.points.is_zero()));
            if line.at_most == Some(adjusted.points.abs()) {
                self.note(Key::Limited(name(), place));
            }
        }
        for (place, gate) in explained.gates.iter().enumerate() {
            gate.value.truth().into_iter().for_each(|truth| self.note(Key::Gate(name(), place, truth)));
        }
        for (place, veto) in explained.vetoes.iter().enumerate() {
            veto.value.truth().into_iter().for_each(|truth| self.note(Key::Veto(name(), place, truth)));
        }
        let adjusted = |weighted: Decimal| score.adjustments.iter().try_fold(weighted, |total, one| total.checked_add(one.points));
        if let (Some(cap), Some(weighted)) = (card.cap, score.weighted.decimal())
            && adjusted(weighted).is_some_and(|total| total >= cap)
        {
            self.note(Key::Capped(name()));
        }
        score.grade.into_iter().for_each(|grade| self.note(Key::Grade(name(), grade)));
    }

    /// The alerts without data at an instant.
    pub(super) fn instant(&mut self, program: &Program, replay: &Replay, reader: Reader<'_>) -> Result<(), Fault> {
        for (rule, id, track) in replay.state().tracks() {
            let Some(rule) = program.alerts.get(rule).filter(|_| !track.steps.is_empty()) else { continue };
            let dims = program.groupings.get(rule.grouping).map_or(&[][..], Vec::as_slice);
            let Some(scope) = replay.state().scope_of(id) else { continue };
            let scope: Vec<(DimIdx, Box<str>)> =
                dims.iter().zip(scope.values.iter()).filter_map(|(dim, value)| Some((*dim, value.clone()?))).collect();
            match reader.number(&rule.subject, When::Window(rule.window), &scope)? {
                Number::Unknown(_) => self.note(Key::NoData(rule.name.clone())),
                Number::Known(_) => self.targets(&rule.subject, program),
            }
        }
        Ok(())
    }

    /// What a whole test has seen.
    pub(super) fn end(&mut self, program: &Program, replay: &Replay, reader: Reader<'_>) -> Result<(), Fault> {
        for Leaf { event, filter, text, .. } in &program.leaves {
            self.filter(reader, *event, filter.as_ref(), &|passed| Key::Filter(text.clone(), passed))?;
        }
        for (place, entity) in program.entities.iter().enumerate() {
            for (index, fold) in entity.folds.iter().enumerate() {
                self.filter(reader, fold.event, fold.filter.as_ref(), &|passed| Key::Fold(place, index, passed))?;
            }
            for row in reader.rows_of(entity.event)? {
                let known = row.values.iter().enumerate().filter(|(_, value)| **value != Scalar::Absent);
                known.for_each(|(field, value)| {
                    let truth = if let Scalar::Flag(truth) = value { Some(*truth) } else { None };
                    self.note(Key::Field(place, field, truth));
                });
            }
        }
        for (rule, _, track) in replay.state().tracks() {
            let Some(rule) = program.alerts.get(rule) else { continue };
            let mut before: Option<&Machine> = None;
            for step in &track.steps {
                self.step(rule, before, &step.machine);
                before = Some(&step.machine);
            }
        }
        Ok(())
    }

    fn filter(&mut self, reader: Reader<'_>, event: usize, filter: Option<&RowExpr>, key: &dyn Fn(bool) -> Key) -> Result<(), Fault> {
        let Some(filter) = filter else { return Ok(()) };
        reader.rows_of(event)?.iter().for_each(|row| self.note(key(passes(filter, row))));
        Ok(())
    }

    /// A change of an alert.
    fn step(&mut self, rule: &crate::compile::program::AlertRule, before: Option<&Machine>, machine: &Machine) {
        let firing = |machine: &Machine| machine.firing.map(|(severity, _)| severity);
        for (place, level) in rule.levels.iter().enumerate() {
            let held = machine.held_since.get(place).copied().flatten().is_some();
            let fires = firing(machine) == Some(level.severity);
            if held && !fires && level.hold != Hold::Unbroken(0) {
                self.note(Key::Pending(rule.name.clone(), place));
            }
            if fires {
                self.note(Key::Firing(rule.name.clone(), place));
            }
            if machine.firing.is_none() && before.and_then(firing) == Some(level.severity) {
                self.note(Key::Resolved(rule.name.clone(), place));
            }
        }
        let holds = machine.held_since.iter().any(Option::is_some) || machine.held_days.iter().any(|days| !days.is_empty());
        if machine.firing.is_some() && !holds {
            self.note(Key::Uncleared(rule.name.clone()));
        }
    }
}
