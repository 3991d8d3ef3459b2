//! Cells that came into being beside the state, from columns, join those of the state.
//!
//! 1. The scopes are numbered and seen, the cells merged.
//! 2. The rules of every scope that changed are put down to be looked at when their schedules say so, as
//!    [`super::step`] does for rows.

use super::state::State;
use super::step::Key;
use super::{Cell, Fault, History, Notice, Scope};
use crate::compile::program::{EventIdx, LeafIdx};
use crate::time::{Day, Instant};
use std::sync::Arc;

/// Cells of rows that are all later than what the state has read, and between which no rule is looked at.
#[derive(Debug)]
pub struct Growth {
    /// The instant up to which time may be read once they are there.
    pub until: Instant,
    pub(super) scopes: Vec<Grown>,
}

/// What the rows of one event type added at one scope on one day.
#[derive(Debug)]
pub(super) struct Grown {
    pub(super) event: EventIdx,
    pub(super) scope: Scope,
    /// The earliest of the rows.
    pub(super) first: Instant,
    pub(super) day: Day,
    pub(super) cells: Vec<(LeafIdx, Cell)>,
}

impl State {
    /// Takes cells whose rows `history` holds, and reads time forward to `now` as [`State::step`] does.
    ///
    /// # Errors
    /// When the history cannot be read; the state must then be dropped.
    pub fn grow(&mut self, growth: Growth, now: Instant, history: &dyn History) -> Result<Vec<Notice>, Fault> {
        self.step_over((Vec::new(), growth.scopes), now, history)
    }

    /// Lets cells join those that are there.
    pub(super) fn join(&mut self, grown: Grown) {
        let plan = Arc::clone(&self.plan);
        let Grown { event, scope, first, day, cells } = grown;
        let (grouping, named) = (scope.grouping, scope.is_named());
        let id = self.places.number(scope, &plan);
        let sighted = self.places.seen(id, first).is_some();
        let touched = cells.iter().map(|(_, cell)| cell.first).min();
        for (leaf, cell) in cells {
            if let (Some(slot), Some(keep)) = (plan.slot(leaf, grouping), self.program.leaves.get(leaf).map(|leaf| leaf.keep)) {
                self.places.change((leaf, slot), id, day, || Cell::empty_from(keep), |own| own.merge(&cell));
                self.glances.forget((grouping, slot), id);
            }
        }
        if !named {
            return;
        }
        let belongs = plan.events.get(event).and_then(|list| list.iter().find(|one| one.grouping == grouping));
        let by_rows = belongs.filter(|_| touched.is_some()).into_iter().flat_map(|belongs| &belongs.rules);
        let by_sight = plan.rules.get(grouping).filter(|_| sighted).into_iter().flatten();
        let wake = by_rows.map(|rule| (*rule, touched.unwrap_or(first))).chain(by_sight.map(|rule| (*rule, first)));
        let keys: Vec<(Key, Instant)> = wake.map(|(rule, at)| ((rule, id), at)).collect();
        keys.into_iter().for_each(|(key, at)| self.expect_from(key, at));
    }
}
