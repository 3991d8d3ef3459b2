//! The cell plan: one row at a time changes the cells of its scopes.
//!
//! 0. A row shows that its scopes exist; a state of an entity only as long as no later folding says otherwise.
//! 1. A row of a replacing event meets the others of its business key: the loser leaves its cells, the winner enters.
//! 2. Every leaf of the event whose filter is true keeps the row's value in the cell of each of its groupings.
//! 3. What cannot be subtracted is rebuilt from the rows of its own cell.
//! 4. Each touched scope is reported, with whether its cells are now ahead of the row's time.

use super::calendar::Calendars;
use super::places::Places;
use super::plan::Kept;
use super::recent::Recent;
use super::rows::{Item, item, placed, rank, version_key, zone_of};
use super::state::State;
use super::{Acc, Cell, Fault, Row, ScopeId, Version, VersionKey};
use crate::compile::program::{EventIdx, GroupingIdx, Program};
use crate::time::{Day, Instant};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// A scope that a row touched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Touched {
    pub(super) scope: ScopeId,
    /// The event type whose leaves changed; None when the scope had not been known to exist at that time.
    pub(super) event: Option<EventIdx>,
    /// Some cell of the scope holds the truth of a later time than the row's.
    pub(super) ahead: bool,
    /// From then on only the cells tell of the change.
    pub(super) until: Instant,
    /// The latest day of a cell that changed.
    pub(super) day: Day,
}

impl Touched {
    /// A scope that exists since another instant than was known before.
    pub(super) fn sighted(scope: ScopeId, at: Instant, (before, after): (Instant, Instant)) -> Touched {
        let until = if before == Instant(i64::MAX) { at } else { before.max(after) };
        Touched { scope, event: None, ahead: false, until, day: Day(i32::MIN) }
    }
}

/// Whether a state of an entity is made untrue by one of a later folding.
pub(super) fn is_shadowed(versions: &[Version], revision: i64, time: Instant) -> bool {
    versions.iter().any(|other| other.revision > revision && other.time <= time)
}

/// A row with its scopes, one for each grouping that its event type belongs to.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) row: Row,
    scopes: Vec<ScopeId>,
}

/// What happens to the cells that a row belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Deed {
    Add,
    Remove,
    /// The row counted, but only until this instant.
    CountedUntil(Instant),
    /// The row may count for a shorter time than was known, of which nothing is left at this instant.
    Shorten(Instant),
}

impl State {
    /// Numbers the scopes of a row.
    pub(super) fn arrive(&mut self, row: Row) -> Arrival {
        let belongs = self.plan.events.get(row.event).into_iter().flatten();
        let scopes = belongs.map(|belongs| self.places.number_row(belongs, &row, &self.plan)).collect();
        Arrival { row, scopes }
    }

    /// Lets one row take part; it must lie in the history too.
    pub(super) fn apply(&mut self, recent: &mut Recent<'_>, arrival: &Arrival, touched: &mut Vec<Touched>) -> Result<(), Fault> {
        let row = &arrival.row;
        let decl = self.program.events.get(row.event);
        let key = decl.and_then(|decl| version_key(row.event, decl, row));
        match key.filter(|_| decl.is_some_and(|decl| decl.entity.is_some())) {
            Some(key) => self.show(recent, key, arrival, touched)?,
            None => {
                for scope in &arrival.scopes {
                    touched.extend(self.places.seen(*scope, row.time).map(|change| Touched::sighted(*scope, row.time, change)));
                }
            }
        }
        match key {
            None => self.change(recent, arrival, row.time, Deed::Add, touched),
            Some(key) => self.compete(recent, key, arrival, touched),
        }
    }

    /// Lets a state of an entity show its scopes, and those that it makes untrue show theirs no longer.
    fn show(&mut self, recent: &mut Recent<'_>, key: VersionKey, arrival: &Arrival, touched: &mut Vec<Touched>) -> Result<(), Fault> {
        let row = &arrival.row;
        let list = self.versions.get(&key).map_or(&[][..], Vec::as_slice);
        if list.iter().any(|one| one.id == row.id) || is_shadowed(list, row.revision, row.time) {
            return Ok(());
        }
        let falls = |one: &&Version| one.revision < row.revision && one.time >= row.time && !is_shadowed(list, one.revision, one.time);
        let fallen: Vec<Version> = list.iter().filter(falls).copied().collect();
        let mut before: BTreeMap<ScopeId, Instant> = BTreeMap::new();
        let mut show = |places: &mut Places, scope: ScopeId, time, shows| {
            if let Some((first, _)) = places.show(scope, time, shows) {
                before.entry(scope).or_insert(first);
            }
        };
        for scope in &arrival.scopes {
            show(&mut self.places, *scope, row.time, true);
        }
        for version in fallen {
            for scope in self.arrive(fetch(recent, row.event, version)?).scopes {
                show(&mut self.places, scope, version.time, false);
            }
        }
        for (scope, first) in before {
            let after = self.places.get(scope).map_or(Instant(i64::MAX), |place| place.first);
            if after != first {
                touched.push(Touched::sighted(scope, row.time, (first, after)));
            }
        }
        Ok(())
    }

    /// Lets a row of a replacing event meet the others of its business key.
    fn compete(&mut self, recent: &mut Recent<'_>, key: VersionKey, arrival: &Arrival, touched: &mut Vec<Touched>) -> Result<(), Fault> {
        let row = &arrival.row;
        let version = Version { revision: row.revision, time: row.time, id: row.id };
        let list = self.versions.entry(key).or_default();
        let best = list.iter().max().copied();
        let then_best = list.iter().filter(|one| one.time <= row.time).max().copied();
        if list.contains(&version) {
            return Ok(());
        }
        // Those that counted when this row came or later, until the best one came: they count for a shorter time now, or never.
        let counted = |one: &&Version| **one < version && Some(**one) != best && (one.time > row.time || Some(**one) == then_best);
        let shortened: Vec<Version> = list.iter().filter(counted).copied().collect();
        list.push(version);
        self.dirty_versions.insert(key);
        match best {
            None => return self.change(recent, arrival, row.time, Deed::Add, touched),
            Some(best) if best < version => {
                let loser = self.arrive(fetch(recent, row.event, best)?);
                self.change(recent, &loser, row.time, Deed::Remove, touched)?;
                self.change(recent, arrival, row.time, Deed::Add, touched)?;
            }
            Some(best) if best.time > row.time => self.change(recent, arrival, row.time, Deed::CountedUntil(best.time), touched)?,
            Some(_) => return Ok(()),
        }
        let until = best.map_or(row.time, |best| best.time);
        for before in shortened {
            let before = self.arrive(fetch(recent, row.event, before)?);
            self.change(recent, &before, row.time, Deed::Shorten(until), touched)?;
        }
        Ok(())
    }

    /// Does a deed to every cell that a row belongs to.
    fn change(
        &mut self,
        recent: &mut Recent<'_>,
        arrival: &Arrival,
        at: Instant,
        deed: Deed,
        touched: &mut Vec<Touched>,
    ) -> Result<(), Fault> {
        let row = &arrival.row;
        let plan = std::sync::Arc::clone(&self.plan);
        let program = std::sync::Arc::clone(&self.program);
        let mut counts_until = None;
        let kept: Vec<_> = plan
            .event_leaves
            .get(row.event)
            .into_iter()
            .flatten()
            .map(|leaf| kept_of(&program, *leaf, row, &mut recent.calendars))
            .collect();
        for (belongs, scope) in plan.events.get(row.event).into_iter().flatten().zip(&arrival.scopes) {
            let scope = *scope;
            let (ahead, until) = match deed {
                Deed::CountedUntil(until) | Deed::Shorten(until) => (true, until),
                Deed::Add | Deed::Remove => (false, row.time),
            };
            let mut touch = Touched { scope, event: Some(row.event), ahead, until: until.max(at), day: Day(i32::MIN) };
            let mut any = false;
            for leaf in &belongs.leaves {
                let Some(Some((item, day))) = kept.get(leaf.ordinal) else { continue };
                any = true;
                touch.day = touch.day.max(*day);
                if recent.windows.any((leaf.leaf, scope))
                    && let Some(decl) = program.leaves.get(leaf.leaf)
                {
                    let counts_until = *counts_until.get_or_insert_with(|| self.counts_until(row));
                    recent.windows.put((leaf.leaf, scope), (decl, row), counts_until, zone_of(&program, row));
                }
                touch.ahead |= self.change_cell(recent, (belongs.grouping, scope, *leaf), (row, *item, *day), at, deed)?;
            }
            if any {
                touched.push(touch);
            }
        }
        Ok(())
    }

    /// Does a deed to one cell; says whether the cell is ahead of the instant.
    fn change_cell(
        &mut self,
        recent: &mut Recent<'_>,
        (grouping, scope, kept): (GroupingIdx, ScopeId, Kept),
        (row, item, day): (&Row, Item<'_>, Day),
        at: Instant,
        deed: Deed,
    ) -> Result<bool, Fault> {
        if matches!(deed, Deed::Shorten(_)) {
            return Ok(true);
        }
        let Some(decl) = self.program.leaves.get(kept.leaf) else { return Ok(false) };
        let keep = decl.keep;
        let (mut ahead, mut rebuild) = (false, false);
        let is_new = std::cell::Cell::new(false);
        let empty = || {
            is_new.set(true);
            Cell::empty(keep, row.time)
        };
        self.places.change((kept.leaf, kept.slot), scope, day, empty, |cell| {
            match deed {
                Deed::Add => cell.add(item, rank(row)),
                Deed::Remove => rebuild = !cell.remove(item, at),
                Deed::CountedUntil(until) => cell.touch(row.time, until),
                Deed::Shorten(_) => {}
            }
            ahead = cell.changed > at;
        });
        let place = (grouping, kept.slot);
        match deed {
            Deed::Add => self.glances.add((&mut self.tracks, &self.places), place, (scope, day, is_new.get()), (item, row.time)),
            _ => self.glances.forget((&mut self.tracks, &self.places), place, scope),
        }
        if rebuild {
            self.rebuild(recent, kept, scope, day)?;
        }
        Ok(ahead)
    }

    /// Builds a cell again from the rows that count in it.
    fn rebuild(&mut self, recent: &mut Recent<'_>, kept: Kept, scope: ScopeId, day: Day) -> Result<(), Fault> {
        let program = std::sync::Arc::clone(&self.program);
        let Some(leaf) = program.leaves.get(kept.leaf) else { return Ok(()) };
        let Some(cell) = self.series(kept.leaf, scope).and_then(|series| series.get(day)) else { return Ok(()) };
        let range = (cell.first, cell.last);
        let (mut acc, mut rows) = (Acc::empty(leaf.keep), 0);
        let versions = &self.versions;
        recent.visit(leaf.event, range, scope, (&self.plan, &self.places), &mut |row| {
            let best = program
                .events
                .get(row.event)
                .and_then(|decl| version_key(row.event, decl, row))
                .and_then(|key| versions.get(&key)?.iter().max());
            let counts = best.is_some_and(|best| best.id == row.id && best.time == row.time);
            let zone = zone_of(&program, row);
            if counts
                && placed(leaf, row, |instant| zone.day_of(instant)) == Some(day)
                && let Some(item) = item(leaf, row, zone)
            {
                acc.add(item, rank(row));
                rows += 1;
            }
            ControlFlow::Continue(())
        })?;
        self.places.change(
            (kept.leaf, kept.slot),
            scope,
            day,
            || Cell::empty(leaf.keep, range.0),
            |cell| {
                cell.acc = acc;
                cell.rows = rows;
            },
        );
        Ok(())
    }
}

/// What one leaf keeps of a row, and on which day.
fn kept_of<'a>(program: &'a Program, leaf: usize, row: &'a Row, calendars: &mut Calendars) -> Option<(Item<'a>, Day)> {
    let leaf = program.leaves.get(leaf)?;
    let zone = program.zone_idx_of_row(row.event, &row.values);
    let item = item(leaf, row, program.zone_at(zone))?;
    let day = placed(leaf, row, |instant| calendars.at(zone).day_of(instant))?;
    Some((item, day))
}

/// The row of a version, which the history must have.
fn fetch(recent: &mut Recent<'_>, event: usize, version: Version) -> Result<Row, Fault> {
    let row = recent.version(event, version)?;
    row.ok_or_else(|| Fault::Damaged(format!("the history lacks event {:032x} of {}", version.id.0, version.time)))
}
