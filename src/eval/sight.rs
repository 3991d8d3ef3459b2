//! The aggregates of one scope of the writer's state, as of any instant up to now.
//!
//! 1. A cell that has not changed since the instant is used as it stands.
//! 2. Another one is built as of the instant and kept in the [`Overlay`]; a walk through time then adds to it row by row.
//! 3. An elapsed window slides along ([`super::sliding`]).
//! 4. A scope above those that have the cells is made up of theirs, each on its days ([`super::above`]).

use super::course::Strand;
use super::coverage::together;
use super::formula::Aggregates;
use super::lineage::{Days, EVER, clipped, days_below};
use super::nested::Named;
use super::query::{counts_at, days_of, lies_in, takes_part};
use super::recent::Recent;
use super::rows::{item, placed, rank, version_key, zone_of};
use super::sliding::{Reach, slide};
use super::state::State;
use super::window::Span;
use super::{Acc, Cell, Fault, Row, Scope, ScopeId, ToldValue};
use crate::compile::program::{DimIdx, EventIdx, GroupingIdx, Keep, Leaf, LeafIdx};
use crate::time::{Day, Instant, Zone};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;

/// Cells of one scope as of the instant of a walk.
#[derive(Default)]
pub(super) struct Overlay {
    cells: HashMap<(LeafIdx, ScopeId, Day), Acc>,
    /// When rows that were used here are replaced later: by an event of this type, perhaps of another scope.
    replaced: BTreeSet<(Instant, EventIdx)>,
}

impl Overlay {
    /// The next instant after this one at which a replacement changes something.
    pub(super) fn next_replacement(&self, after: Instant) -> Option<Instant> {
        self.replaced.range((Instant(after.0.saturating_add(1)), 0)..).next().map(|(at, _)| *at)
    }

    /// Forgets the cells that replacements up to an instant change; whether there are any.
    pub(super) fn pass(&mut self, at: Instant, leaves: &[Leaf]) -> bool {
        let mut any = false;
        while let Some(first) = self.replaced.first().copied().filter(|(instant, _)| *instant <= at) {
            self.replaced.remove(&first);
            self.forget(first.1, leaves);
            any = true;
        }
        any
    }

    /// Forgets the cells of an event type.
    pub(super) fn forget(&mut self, event: EventIdx, leaves: &[Leaf]) {
        self.cells.retain(|(leaf, ..), _| leaves.get(*leaf).is_some_and(|leaf| leaf.event != event));
    }

    /// Adds a row to the cell of a leaf at a scope, if the cell is kept here.
    pub(super) fn add(&mut self, leaf: (LeafIdx, &Leaf), scope: ScopeId, row: &Row, day: Day, zone: &Zone) {
        if let Some(acc) = self.cells.get_mut(&(leaf.0, scope, day))
            && let Some(item) = item(leaf.1, row, zone)
        {
            acc.add(item, rank(row));
        }
    }
}

/// The aggregates of one scope as of one instant.
pub(super) struct Sight<'s, 'h> {
    pub(super) state: &'s State,
    pub(super) recent: &'s mut Recent<'h>,
    pub(super) overlay: &'s mut Overlay,
    pub(super) scope: ScopeId,
    pub(super) at: Instant,
    /// The dimension values of a scope that does not exist.
    pub(super) missing: Option<Named>,
}

/// What stands for a scope that does not exist.
const NOWHERE: ScopeId = ScopeId(u32::MAX);

impl Aggregates for Sight<'_, '_> {
    fn scope(&self) -> Vec<(DimIdx, Option<Box<str>>)> {
        let Some(place) = self.state.places.get(self.scope) else {
            return self.missing.iter().flatten().map(|(dim, value)| (*dim, Some(value.clone()))).collect();
        };
        let dims = self.state.program.groupings.get(place.scope.grouping).map_or(&[][..], Vec::as_slice);
        dims.iter().copied().zip(place.scope.values.iter().cloned()).collect()
    }

    fn since(&mut self) -> Result<Option<Instant>, Fault> {
        Ok(self.state.places.get(self.scope).map(|place| place.first).filter(|first| *first <= self.at))
    }

    fn began(&mut self, zone: &Zone) -> Result<Option<Instant>, Fault> {
        match self.since()? {
            Some(since) => Ok(Some(self.filled_since(zone, since)?)),
            None => Ok(None),
        }
    }

    fn merged(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Cow<'_, Acc>>, Fault> {
        let state = self.state;
        let Some(decl) = state.program.leaves.get(leaf) else { return Ok(None) };
        let parts = self.made_of(leaf)?;
        if let (Span::Elapsed(after, until), [(scope, None)]) = (span, &parts[..]) {
            if state.series(leaf, *scope).is_none() {
                return Ok(None);
            }
            let window = slide(self.recent, state, (leaf, *scope), Reach::of(after, until, self.at), self.at)?;
            return Ok(Some(window.acc()));
        }
        let (from, to) = days_of(span, state.program.everywhere());
        Ok(self.merged_days((leaf, decl), &parts, (from, to), span)?.map(Cow::Owned))
    }

    fn courses(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Vec<Strand>>, Fault> {
        let state = self.state;
        let Some(decl) = state.program.leaves.get(leaf) else { return Ok(None) };
        let (from, to) = days_of(span, state.program.everywhere());
        let mut strands = Vec::new();
        for (scope, days) in self.made_of(leaf)? {
            // What it was elsewhere it is still when it comes.
            let Some(mut acc) = self.merged_days((leaf, decl), &[(scope, None)], (from, to), span)? else { return Ok(None) };
            self.carry((leaf, decl), scope, from, &mut acc)?;
            if let Acc::Course(readings) = acc {
                strands.push(Strand { readings, days });
            }
        }
        Ok(Some(strands))
    }

    fn on_day(&mut self, leaf: LeafIdx, day: Day, span: Span) -> Result<Option<Acc>, Fault> {
        let Some(decl) = self.state.program.leaves.get(leaf) else { return Ok(None) };
        let parts = self.made_of(leaf)?;
        self.merged_days((leaf, decl), &parts, (day, day), span)
    }

    fn days(&mut self, leaf: LeafIdx, first: Day, last: Day) -> Result<Option<BTreeSet<Day>>, Fault> {
        let state = self.state;
        let mut found = BTreeSet::new();
        for (scope, days) in self.made_of(leaf)? {
            let Some(series) = state.series(leaf, scope) else { return Ok(None) };
            for (first, last) in clipped(&days.unwrap_or_else(|| vec![EVER]), first, last) {
                found.extend(series.days(first..=last));
            }
        }
        Ok(Some(found))
    }

    fn together(&mut self, leaf: LeafIdx) -> Result<Option<Days>, Fault> {
        let (program, scope) = (&self.state.program, self.scope());
        let event = program.leaves.get(leaf).and_then(|leaf| program.events.get(leaf.event));
        let Some(event) = event else { return Ok(None) };
        together(self, (program, event), &scope)
    }

    fn lay_below(&mut self, steps: &[usize], child: &str, value: &str) -> Result<Days, Fault> {
        days_below(self, steps, Some(child), value)
    }

    fn told(&mut self, leaf: LeafIdx, keys: &Scope, until: Day) -> Result<Option<ToldValue>, Fault> {
        self.told_at(leaf, keys, until)
    }

    fn told_all(&mut self, leaf: LeafIdx, grouping: GroupingIdx) -> Result<Vec<(Scope, ToldValue)>, Fault> {
        self.all_told(leaf, grouping)
    }

    type Here = (ScopeId, Option<Named>);

    fn go(&mut self, scope: &Named) -> Self::Here {
        let found = self.state.scope_named(scope);
        let missing = if found.is_none() { Some(scope.clone()) } else { None };
        (std::mem::replace(&mut self.scope, found.unwrap_or(NOWHERE)), std::mem::replace(&mut self.missing, missing))
    }

    fn back(&mut self, here: Self::Here) {
        (self.scope, self.missing) = here;
    }

    fn parts(&mut self, within: &Named, dims: &[DimIdx]) -> Result<Vec<Named>, Fault> {
        let Some(grouping) = self.state.program.groupings.iter().position(|known| known == dims) else { return Ok(Vec::new()) };
        let Some(scope) = self.state.scope_named(within) else { return Ok(Vec::new()) };
        let places = self.state.inner(scope, grouping).into_iter().filter_map(|part| self.state.places.get(part));
        let values = places.filter(|place| place.first <= self.at).map(|place| place.scope.values.iter().cloned());
        let mut found: Vec<Named> =
            values.filter_map(|values| dims.iter().copied().zip(values).map(|(dim, value)| Some((dim, value?))).collect()).collect();
        found.sort_unstable();
        Ok(found)
    }

    fn of_workspace(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Cow<'_, Acc>>, Fault> {
        let (Span::Days(first, last), Some(workspace)) = (span, self.state.workspace()) else { return Ok(None) };
        Ok(self.on_days(leaf, workspace, (first, last))?.map(Cow::Owned))
    }
}

impl Sight<'_, '_> {
    /// The cells of a leaf at a scope on some days, merged as of the instant.
    fn on_days(&mut self, leaf: LeafIdx, scope: ScopeId, (from, to): (Day, Day)) -> Result<Option<Acc>, Fault> {
        let state = self.state;
        let Some(decl) = state.program.leaves.get(leaf) else { return Ok(None) };
        let Some(series) = state.series(leaf, scope) else { return Ok(None) };
        let mut acc = Acc::empty(decl.keep);
        if from > to {
            return Ok(Some(acc));
        }
        for (day, cell) in series.range(from..=to) {
            self.cell((leaf, decl), (scope, day), &cell, &mut |cell| acc.merge(cell))?;
        }
        Ok(Some(acc))
    }

    /// Adds the readings of the last day before another one that has any: what a level was before a range is what it was at its
    /// beginning. Of several zones, a day or two before it may hold a later one.
    fn carry(&mut self, (leaf, decl): (LeafIdx, &Leaf), scope: ScopeId, from: Day, acc: &mut Acc) -> Result<(), Fault> {
        let state = self.state;
        let Some(series) = state.series(leaf, scope) else { return Ok(()) };
        let mut least: Option<Day> = None;
        for (day, cell) in series.range(..from).rev() {
            if least.is_some_and(|least| day < least) {
                break;
            }
            let mut found = Acc::empty(decl.keep);
            self.cell((leaf, decl), (scope, day), &cell, &mut |cell| found.merge(cell))?;
            acc.merge(&found);
            if matches!(&found, Acc::Course(readings) if !readings.is_empty()) {
                least.get_or_insert(day.plus(-state.program.days_apart()));
            }
        }
        Ok(())
    }

    /// Shows a cell as of the instant, unless it was not there.
    pub(super) fn cell(
        &mut self,
        (leaf, decl): (LeafIdx, &Leaf),
        (scope, day): (ScopeId, Day),
        cell: &Cell,
        show: &mut dyn FnMut(&Acc),
    ) -> Result<(), Fault> {
        if cell.first > self.at {
            return Ok(());
        }
        if cell.changed <= self.at {
            show(&cell.acc);
            return Ok(());
        }
        let key = (leaf, scope, day);
        if !self.overlay.cells.contains_key(&key) {
            let built = self.as_of(decl, (scope, day), cell)?;
            self.overlay.cells.insert(key, built);
        }
        if let Some(built) = self.overlay.cells.get(&key) {
            show(built);
        }
        Ok(())
    }

    /// The cells of some days, as far as they lie in a span; None when the events lack a dimension of a scope.
    fn merged_days(
        &mut self,
        (leaf, decl): (LeafIdx, &Leaf),
        parts: &[(ScopeId, Option<Days>)],
        (from, to): (Day, Day),
        span: Span,
    ) -> Result<Option<Acc>, Fault> {
        let state = self.state;
        let everywhere = state.program.everywhere();
        let mut acc = Acc::empty(decl.keep);
        let in_part = matches!(span, Span::Elapsed(..)) && decl.keep != Keep::Course;
        for (scope, days) in parts {
            let Some(series) = state.series(leaf, *scope) else { return Ok(None) };
            let within = clipped(days.as_deref().unwrap_or(&[EVER]), from, to);
            for (day, cell) in within.flat_map(|(from, to)| series.range(from..=to)) {
                if cell.first > self.at {
                    continue;
                }
                let bounds = || (everywhere.first_start_of(day), everywhere.end_of(day));
                if in_part && takes_part(span, decl, bounds(), self.at) {
                    self.merge_rows(decl, (*scope, day), &cell, span, &mut acc)?;
                } else {
                    self.cell((leaf, decl), (*scope, day), &cell, &mut |cell| acc.merge(cell))?;
                }
            }
        }
        Ok(Some(acc))
    }

    /// A cell as of the instant, from its rows up to then, or by taking away those after it, whichever are fewer.
    fn as_of(&mut self, decl: &Leaf, (scope, day): (ScopeId, Day), cell: &Cell) -> Result<Acc, Fault> {
        let adds_up = self.state.program.events.get(decl.event).is_some_and(|event| event.replaces_by.is_empty());
        let subtracts = matches!(decl.keep, Keep::Count | Keep::Sum | Keep::Distinct | Keep::Values | Keep::Money);
        let (behind, ahead) = (self.at.0.saturating_sub(cell.first.0), cell.last.0.saturating_sub(self.at.0));
        if !(adds_up && subtracts && ahead < behind) {
            let mut acc = Acc::empty(decl.keep);
            self.merge_rows(decl, (scope, day), cell, Span::All, &mut acc)?;
            return Ok(acc);
        }
        let mut acc = cell.acc.clone();
        let after = Instant(self.at.0.saturating_add(1));
        let state = self.state;
        self.recent.visit(decl.event, (after, cell.last), scope, (&state.plan, &state.places), &mut |row| {
            let zone = zone_of(&state.program, row);
            if let Some(item) = item(decl, row, zone)
                && placed(decl, row, |instant| zone.day_of(instant)) == Some(day)
            {
                acc.remove(item);
            }
            ControlFlow::Continue(())
        })?;
        Ok(acc)
    }

    /// Merges the rows of a cell that lie in a span and count as of the instant.
    fn merge_rows(&mut self, decl: &Leaf, (scope, day): (ScopeId, Day), cell: &Cell, span: Span, acc: &mut Acc) -> Result<(), Fault> {
        let state = self.state;
        let at = self.at;
        let replaced = &mut self.overlay.replaced;
        let mut fault = None;
        let times = (cell.first, cell.last.min(at));
        self.recent.visit(decl.event, times, scope, (&state.plan, &state.places), &mut |row| {
            let zone = zone_of(&state.program, row);
            let Some(item) = item(decl, row, zone) else { return ControlFlow::Continue(()) };
            if placed(decl, row, |instant| zone.day_of(instant)) != Some(day) || !lies_in(span, decl, row, zone) {
                return ControlFlow::Continue(());
            }
            if let Some(key) = state.program.events.get(row.event).and_then(|event| version_key(row.event, event, row)) {
                let later = state.versions.get(&key).into_iter().flatten().filter(|version| version.time > at);
                replaced.extend(later.map(|version| (version.time, row.event)));
            }
            match counts_at(&state.program, row, at, |key| Ok(state.versions.get(&key).cloned().unwrap_or_default())) {
                Ok(true) => acc.add(item, rank(row)),
                Ok(false) => {}
                Err(one) => fault = Some(one),
            }
            ControlFlow::Continue(())
        })?;
        fault.map_or(Ok(()), Err)
    }
}
