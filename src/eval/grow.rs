//! Cells that came into being beside the state, from columns ([`Bulk`]), join those of the state.
//!
//! 1. A step goes through the stretches of the columns and through its rows in the order of time ([`super::step`]).
//! 2. The scopes of a stretch are numbered, once, and seen; its cells are merged.
//! 3. The rules of every scope that changed are put down to be looked at when their schedules say so, as
//!    [`super::step`] does for rows.

use super::bulk::{Bulk, Grouping, Part};
use super::state::State;
use super::step::Key;
use super::{Fault, History, Notice, Row, Scope, ScopeId, Texts};
use crate::compile::program::EventIdx;
use crate::time::{Day, Instant};
use std::sync::Arc;

/// Columns whose cells a step takes in up to its clock, and the texts to which they refer.
pub(super) type Columned<'b> = Option<(&'b mut Bulk, &'b Texts)>;

impl State {
    /// Takes new rows as [`State::step`] does, and with them those of columns up to `now`, which must all be later than what
    /// the state has read; reads time forward to `now`. `history` must hold them all.
    ///
    /// # Errors
    /// When the history cannot be read; the state must then be dropped.
    pub fn grow(
        &mut self,
        (bulk, texts): (&mut Bulk, &Texts),
        rows: Vec<Row>,
        now: Instant,
        history: &dyn History,
    ) -> Result<Vec<Notice>, Fault> {
        self.step_over((rows, Some((bulk, texts))), now, history)
    }

    /// Lets the cells of one grouping in one stretch join those that are there; gives the tracks that this touches, each with the first
    /// and the last instant at which it does.
    pub(super) fn join(
        &mut self,
        (event, day): (EventIdx, Day),
        grouping: &mut Grouping,
        part: Part,
        texts: &Texts,
    ) -> Vec<(Key, (Instant, Instant))> {
        let plan = Arc::clone(&self.plan);
        let n_leaves = grouping.leaves.len();
        let mut cells = part.cells.into_iter();
        let mut woken: Vec<(Key, (Instant, Instant))> = Vec::new();
        let belongs = plan.events.get(event).and_then(|list| list.iter().find(|one| one.grouping == grouping.grouping));
        for (scope, first) in part.seen.into_iter().enumerate() {
            let own = cells.by_ref().take(n_leaves);
            if first == Instant(i64::MAX) {
                own.for_each(drop);
                continue;
            }
            let (id, named) = self.numbered(grouping, scope, texts);
            let sighted = self.places.seen(id, first).is_some();
            let mut touched: Option<(Instant, Instant)> = None;
            for (leaf, cell) in grouping.leaves.iter().zip(own).filter(|(_, cell)| cell.rows > 0) {
                touched = Some(touched.map_or((cell.first, cell.last), |(from, to)| (from.min(cell.first), to.max(cell.last))));
                self.places.change((leaf.leaf, leaf.slot), id, day, || super::Cell::empty_from(leaf.keep), |kept| kept.merge(&cell));
                self.glances.forget((&mut self.tracks, &self.places), (grouping.grouping, leaf.slot), id);
            }
            if named {
                let by_rows = touched.and(belongs).into_iter().flat_map(|belongs| &belongs.rules);
                let by_sight = plan.rules.get(grouping.grouping).filter(|_| sighted).into_iter().flatten();
                woken.extend(by_rows.map(|rule| ((*rule, id), touched.unwrap_or((first, first)))));
                woken.extend(by_sight.map(|rule| ((*rule, id), (first, first))));
            }
        }
        woken
    }

    /// The number of a scope of a grouping, and whether it is named.
    fn numbered(&mut self, grouping: &mut Grouping, scope: usize, texts: &Texts) -> (ScopeId, bool) {
        if let Some(Some(known)) = grouping.numbers.get(scope) {
            return *known;
        }
        let values = grouping.values(scope, texts);
        let found = Scope { grouping: grouping.grouping, values };
        let named = found.is_named();
        let known = (self.places.number(found, &Arc::clone(&self.plan)), named);
        if grouping.numbers.len() <= scope {
            grouping.numbers.resize(scope + 1, None);
        }
        grouping.numbers.get_mut(scope).into_iter().for_each(|place| *place = Some(known));
        known
    }
}
