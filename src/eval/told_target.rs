//! Targets with the amounts that events tell.
//!
//! 1. What was told by the instant becomes lines like those of the text, behind them ([`Merged`]): of lines for the same scope,
//!    period and first day the last one counts.
//! 2. Everything else is as it is with written lines ([`super::target`]).
//! 3. An explanation names the lines that a number stands on, and the events that told them ([`AmountUsed`]).

use super::formula::{Aggregates, Evaluation};
use super::query::{Reader, Source};
use super::target::{Named, lines, periods};
use super::window::Stretch;
use super::{Fault, RowId};
use crate::compile::program::{Program, Target, TargetIdx, TargetRow};
use crate::time::Instant;
use std::rc::Rc;

/// A line of a target that an event told, and the event.
pub type ToldLine = (TargetRow, (Instant, RowId));

impl Reader<'_> {
    /// The lines of a target that events told by the instant, each with its event. Sorted by scope, period and first day.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn told_amounts(&self, target: TargetIdx) -> Result<Vec<ToldLine>, Fault> {
        told_lines(self.program, &mut Source::new(*self, &[]), target)
    }
}

/// The lines of a target that events told, each with its event.
fn told_lines<A: Aggregates>(program: &Program, source: &mut A, target: TargetIdx) -> Result<Vec<ToldLine>, Fault> {
    let Some(target) = program.targets.get(target) else { return Ok(Vec::new()) };
    let Some(told) = &target.told else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for (scope, value) in source.told_all(told.leaf, told.grouping)? {
        let row = told.row(target, &scope.values, (&value.value, value.from), program.reckoning);
        rows.extend(row.map(|row| (row, value.event)));
    }
    // Of two that leave a dimension open in different ways the later event counts.
    rows.sort_by(|(a, told), (b, other)| (&a.scope, a.period, a.from, told).cmp(&(&b.scope, b.period, b.from, other)));
    Ok(rows)
}

/// A target with all of its lines.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) target: Target,
    /// The events that told the last of its lines.
    events: Vec<(Instant, RowId)>,
}

/// A line of a target that a number stands on.
#[derive(Debug, Clone, PartialEq)]
pub struct AmountUsed {
    /// The target.
    pub target: TargetIdx,
    /// The line.
    pub row: TargetRow,
    /// The event that told it; None for a line of the text.
    pub event: Option<(Instant, RowId)>,
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// A target with the amounts that events told by the instant; None when events tell none of it.
    pub(super) fn merged(&mut self, idx: TargetIdx) -> Result<Option<Rc<Merged>>, Fault> {
        if let Some(known) = self.told_targets.get(&idx) {
            return Ok(Some(Rc::clone(known)));
        }
        let Some(target) = self.program.targets.get(idx) else { return Ok(None) };
        if target.told.is_none() {
            return Ok(None);
        }
        let rows = told_lines(self.program, self.source, idx)?;
        let mut merged = Merged { target: target.clone(), events: rows.iter().map(|(_, event)| *event).collect() };
        merged.target.rows.extend(rows.into_iter().map(|(row, _)| row));
        let merged = Rc::new(merged);
        self.told_targets.insert(idx, Rc::clone(&merged));
        Ok(Some(merged))
    }

    /// The lines of a target that speak of a range of days at the scope, when events tell amounts of it.
    pub(super) fn amounts_used(&mut self, idx: TargetIdx, stretch: Stretch) -> Result<Vec<AmountUsed>, Fault> {
        let (Some(merged), Some(days)) = (self.merged(idx)?, stretch.days()) else { return Ok(Vec::new()) };
        let target = &merged.target;
        let wanted: Option<Named> = self.source.scope().into_iter().map(|(dim, value)| Some((dim, value?))).collect();
        let mut used: Vec<AmountUsed> = Vec::new();
        let Some(wanted) = wanted else { return Ok(used) };
        let made_of = self.target_scopes(target, &wanted, days)?.unwrap_or_default();
        for (scope, days) in made_of.iter().flat_map(|(scope, days)| days.iter().map(move |days| (scope, *days))) {
            for period in periods(target, days) {
                for (_, row) in lines(target, scope, period, self.anchor.day) {
                    let place = target.rows.iter().position(|own| std::ptr::eq(own, row));
                    let written = target.rows.len() - merged.events.len();
                    let event = place.and_then(|place| merged.events.get(place.checked_sub(written)?)).copied();
                    let one = AmountUsed { target: idx, row: row.clone(), event };
                    if !used.contains(&one) {
                        used.push(one);
                    }
                }
            }
        }
        Ok(used)
    }
}
