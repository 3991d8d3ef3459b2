//! Elapsed windows that slide with time: what a leaf holds at a scope in `(after, until]`, kept from instant to instant.
//!
//! 1. Every row stays in a window for one stretch of time: from when both it and its place have come, until its place has
//!    left or another row of its business key has replaced it ([`Stay`]).
//! 2. A window is built from the history at first use ([`slide`]); from then on the cell plan puts every row that arrives
//!    into it ([`Windows::put`]), however late, and moves the end of those that are replaced.
//! 3. Moving a window in time adds the rows whose stay begins and takes away those whose stay ends, forwards and, as far as
//!    ended stays are still remembered, backwards too.
//! 4. The next instant at which a window changes is the next end or beginning of a stay.

use super::recent::Recent;
use super::rows::{Item, item, placed_at, rank, version_key, zone_of};
use super::state::State;
use super::{Acc, Fault, Row, RowId, ScopeId, Version};
use crate::compile::program::{Currency, Keep, Leaf, LeafIdx, Scalar};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

/// When all windows together hold more rows than this, they are let go and built again at their next use.
const ROWS_MAX: usize = 1_000_000;

/// Ended stays are remembered for this part of a window's length, so that rows which are a little late cost no reading.
const REMEMBERED_PART: i64 = 4;

type Rank = (Instant, RowId);

/// Before every row.
const FIRST: Rank = (Instant(i64::MIN), RowId(0));

/// The extent of a window before the instant at which it is read, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    length: i64,
    ending: i64,
}

impl Reach {
    /// The reach of `(after, until]` as read at an instant.
    pub(super) fn of(after: Instant, until: Instant, at: Instant) -> Reach {
        Reach { length: until.0.saturating_sub(after.0), ending: at.0.saturating_sub(until.0) }
    }
}

/// When a row counts in a window, and what it counts for: `from <= at < until`.
#[derive(Debug, Clone, PartialEq)]
struct Stay {
    from: Instant,
    until: Instant,
    value: Value,
}

/// An [`Item`] of its own.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    One,
    Fixed(i128),
    Hash(u128),
    Scalar(Scalar),
    Money((Day, Currency), i128),
    Rate((Currency, Currency, Day), Decimal),
}

impl Stay {
    fn of(item: Item<'_>, (time, place): (Instant, Instant), reach: Reach, counts_until: Instant) -> Stay {
        let enters = place.0.saturating_add(reach.ending);
        let value = match item {
            Item::One => Value::One,
            Item::Fixed(value) => Value::Fixed(value),
            Item::Hash(hash) => Value::Hash(hash),
            Item::Reading(_, value) => Value::Fixed(value),
            Item::Value(value) => Value::Scalar(value.to_scalar()),
            Item::Money(key, value) => Value::Money(key, value),
            Item::Rate(key, rate) => Value::Rate(key, rate),
        };
        let until = Instant(enters.saturating_add(reach.length)).min(counts_until);
        Stay { from: time.max(Instant(enters)), until, value }
    }

    fn holds(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }
}

/// What the rows in a window come to. What cannot be subtracted is kept sorted.
#[derive(Debug)]
enum Held {
    Merged(Acc),
    Extreme(Keep, BTreeMap<Scalar, u32>),
    Ranked(Keep, BTreeMap<Rank, Scalar>),
}

impl Held {
    fn new(keep: Keep) -> Held {
        match keep {
            Keep::Count | Keep::Sum | Keep::Distinct | Keep::Values | Keep::Money | Keep::Rates | Keep::Course => {
                Held::Merged(Acc::empty(keep))
            }
            Keep::Min | Keep::Max => Held::Extreme(keep, BTreeMap::new()),
            Keep::First | Keep::Last => Held::Ranked(keep, BTreeMap::new()),
        }
    }

    fn add(&mut self, rank: Rank, value: &Value) {
        match (self, value) {
            (Held::Merged(acc), value) => acc.add(value.item(), rank),
            (Held::Extreme(_, sorted), Value::Scalar(value)) => *sorted.entry(value.clone()).or_default() += 1,
            (Held::Ranked(_, sorted), Value::Scalar(value)) => {
                sorted.insert(rank, value.clone());
            }
            _ => {}
        }
    }

    fn remove(&mut self, rank: Rank, value: &Value) {
        match (self, value) {
            (Held::Merged(acc), value) => {
                acc.remove(value.item());
            }
            (Held::Extreme(_, sorted), Value::Scalar(value)) => {
                if let Some(count) = sorted.get_mut(value) {
                    *count -= 1;
                    if *count == 0 {
                        sorted.remove(value);
                    }
                }
            }
            (Held::Ranked(_, sorted), _) => {
                sorted.remove(&rank);
            }
            _ => {}
        }
    }

    fn acc(&self) -> Cow<'_, Acc> {
        let ranked = |found: Option<(&Rank, &Scalar)>| found.map(|((time, id), value)| (*time, *id, value.clone()));
        match self {
            Held::Merged(acc) => Cow::Borrowed(acc),
            Held::Extreme(Keep::Min, sorted) => Cow::Owned(Acc::Min(sorted.keys().next().cloned())),
            Held::Extreme(_, sorted) => Cow::Owned(Acc::Max(sorted.keys().next_back().cloned())),
            Held::Ranked(Keep::First, sorted) => Cow::Owned(Acc::First(ranked(sorted.first_key_value()))),
            Held::Ranked(_, sorted) => Cow::Owned(Acc::Last(ranked(sorted.last_key_value()))),
        }
    }
}

impl Value {
    fn item(&self) -> Item<'_> {
        match self {
            Value::One => Item::One,
            Value::Fixed(value) => Item::Fixed(*value),
            Value::Hash(hash) => Item::Hash(*hash),
            Value::Scalar(value) => Item::Value(value.into()),
            Value::Money(key, value) => Item::Money(*key, *value),
            Value::Rate(key, rate) => Item::Rate(*key, *rate),
        }
    }
}

/// The window of one reach, of one leaf at one scope.
#[derive(Debug)]
pub(super) struct Sliding {
    reach: Reach,
    at: Instant,
    /// Every stay that ends later than this is known.
    floor: Instant,
    stays: BTreeMap<Rank, Stay>,
    begins: BTreeSet<(Instant, Rank)>,
    ends: BTreeSet<(Instant, Rank)>,
    held: Held,
}

impl Sliding {
    fn new(keep: Keep, reach: Reach, floor: Instant) -> Sliding {
        let (begins, ends) = (BTreeSet::new(), BTreeSet::new());
        Sliding { reach, at: floor, floor, stays: BTreeMap::new(), begins, ends, held: Held::new(keep) }
    }

    /// The aggregate of the rows in it.
    pub(super) fn acc(&self) -> Cow<'_, Acc> {
        self.held.acc()
    }

    /// The next instant after this one at which a row enters or leaves.
    pub(super) fn next_change(&self, after: Instant) -> Option<Instant> {
        let next = |set: &BTreeSet<(Instant, Rank)>| set.range(later_than(after)..).next().map(|(at, _)| *at);
        next(&self.begins).into_iter().chain(next(&self.ends)).min()
    }

    /// Sets when a row counts, if at all.
    fn put(&mut self, rank: Rank, stay: Option<Stay>) {
        if let Some(old) = self.stays.remove(&rank) {
            self.begins.remove(&(old.from, rank));
            self.ends.remove(&(old.until, rank));
            if old.holds(self.at) {
                self.held.remove(rank, &old.value);
            }
        }
        if let Some(stay) = stay.filter(|stay| stay.from.max(self.floor) < stay.until) {
            self.begins.insert((stay.from, rank));
            self.ends.insert((stay.until, rank));
            if stay.holds(self.at) {
                self.held.add(rank, &stay.value);
            }
            self.stays.insert(rank, stay);
        }
    }

    /// Moves to an instant, not before the floor.
    fn move_to(&mut self, at: Instant) {
        let Sliding { stays, begins, ends, held, .. } = self;
        let (low, high) = (self.at.min(at), self.at.max(at));
        let passed = later_than(low)..later_than(high);
        for (_, rank) in begins.range(passed.clone()).chain(ends.range(passed)) {
            super::recent::worked();
            let Some(stay) = stays.get(rank) else { continue };
            // A stay with both its beginning and its end in what is passed is met twice, and held at neither side.
            match (stay.holds(self.at), stay.holds(at)) {
                (false, true) => held.add(*rank, &stay.value),
                (true, false) => held.remove(*rank, &stay.value),
                _ => {}
            }
        }
        self.at = at;
        self.forget(at.0.saturating_sub(self.reach.length / REMEMBERED_PART));
    }

    /// Forgets the stays that ended up to then.
    fn forget(&mut self, floor: i64) {
        self.floor = self.floor.max(Instant(floor));
        while let Some((until, rank)) = self.ends.first().copied().filter(|(until, _)| *until <= self.floor) {
            self.ends.remove(&(until, rank));
            if let Some(stay) = self.stays.remove(&rank) {
                self.begins.remove(&(stay.from, rank));
            }
        }
    }
}

/// Where what comes later than an instant begins.
fn later_than(at: Instant) -> (Instant, Rank) {
    (Instant(at.0.saturating_add(1)), FIRST)
}

/// All windows that are kept.
#[derive(Debug, Default)]
pub(super) struct Windows {
    of: HashMap<(LeafIdx, ScopeId), Vec<Sliding>>,
    rows: usize,
}

impl Windows {
    /// Whether a leaf at a scope has a window.
    pub(super) fn any(&self, place: (LeafIdx, ScopeId)) -> bool {
        self.of.contains_key(&place)
    }

    /// Takes note of a row that arrived, or of a change in how long it counts.
    pub(super) fn put(&mut self, place: (LeafIdx, ScopeId), (leaf, row): (&Leaf, &Row), counts_until: Option<Instant>, zone: &Zone) {
        for window in self.of.get_mut(&place).into_iter().flatten() {
            let before = window.stays.len();
            window.put(rank(row), stay(leaf, row, window.reach, counts_until, zone));
            self.rows = self.rows.saturating_sub(before).saturating_add(window.stays.len());
        }
    }

    /// Lets all go when they have become too many.
    pub(super) fn bound(&mut self) {
        if self.rows > ROWS_MAX {
            *self = Windows::default();
        }
    }

    fn keep(&mut self, place: (LeafIdx, ScopeId), window: Sliding) {
        self.bound();
        let windows = self.of.entry(place).or_default();
        // An empty window costs memory too.
        self.rows = self.rows.saturating_add(window.stays.len()).saturating_add(1);
        let old = windows.iter().position(|one| one.reach == window.reach).map(|old| windows.swap_remove(old));
        self.rows = self.rows.saturating_sub(old.map_or(0, |old| old.stays.len().saturating_add(1)));
        windows.push(window);
    }

    fn find(&mut self, place: (LeafIdx, ScopeId), reach: Reach, at: Instant) -> Option<&mut Sliding> {
        self.of.get_mut(&place)?.iter_mut().find(|window| window.reach == reach && window.floor <= at)
    }

    fn slide(&mut self, place: (LeafIdx, ScopeId), reach: Reach, at: Instant) -> Option<&Sliding> {
        let window = self.of.get_mut(&place)?.iter_mut().find(|window| window.reach == reach)?;
        let before = window.stays.len();
        window.move_to(at);
        self.rows = self.rows.saturating_sub(before).saturating_add(window.stays.len());
        Some(window)
    }
}

/// The window of a leaf at a scope, at an instant.
pub(super) fn slide<'r>(
    recent: &'r mut Recent<'_>,
    state: &State,
    place: (LeafIdx, ScopeId),
    reach: Reach,
    at: Instant,
) -> Result<&'r Sliding, Fault> {
    if recent.windows.find(place, reach, at).is_none() {
        let window = build(recent, state, place, reach, at)?;
        recent.windows.keep(place, window);
    }
    recent.windows.slide(place, reach, at).ok_or_else(|| Fault::Damaged("a window is not where it was put".to_owned()))
}

/// Builds a window from the history.
fn build(recent: &mut Recent<'_>, state: &State, (leaf, scope): (LeafIdx, ScopeId), reach: Reach, at: Instant) -> Result<Sliding, Fault> {
    let decl = state.program.leaves.get(leaf).ok_or_else(|| Fault::Damaged(format!("there is no leaf {leaf}")))?;
    let floor = Instant(at.0.saturating_sub(reach.length / REMEMBERED_PART));
    let mut window = Sliding::new(decl.keep, reach, floor);
    let after = Instant(floor.0.saturating_sub(reach.ending).saturating_sub(reach.length));
    let Some(series) = state.series(leaf, scope) else { return Ok(window) };
    let first = recent.calendars.at(state.program.n_zones() - 1).day_of(after);
    for (from, to) in ranges(series.range(first..).map(|(_, cell)| (cell.first, cell.last))) {
        let from = if decl.clock.is_none() { from.max(Instant(after.0.saturating_add(1))) } else { from };
        recent.visit(decl.event, (from, to), scope, (&state.plan, &state.places), &mut |row| {
            window.put(rank(row), stay(decl, row, reach, state.counts_until(row), zone_of(&state.program, row)));
            ControlFlow::Continue(())
        })?;
    }
    Ok(window)
}

fn stay(leaf: &Leaf, row: &Row, reach: Reach, counts_until: Option<Instant>, zone: &Zone) -> Option<Stay> {
    Some(Stay::of(item(leaf, row, zone)?, (row.time, placed_at(leaf, row, zone)?), reach, counts_until?))
}

/// Ranges of time, sorted and joined where they overlap.
pub(super) fn ranges(found: impl Iterator<Item = (Instant, Instant)>) -> Vec<(Instant, Instant)> {
    let mut found: Vec<_> = found.collect();
    found.sort_unstable();
    let mut ranges: Vec<(Instant, Instant)> = Vec::with_capacity(found.len());
    for (first, last) in found {
        match ranges.last_mut() {
            Some(range) if first <= range.1 => range.1 = range.1.max(last),
            _ => ranges.push((first, last)),
        }
    }
    ranges
}

impl State {
    /// Until when a row counts among those of its business key; None when it never does, or has not been applied yet.
    pub(super) fn counts_until(&self, row: &Row) -> Option<Instant> {
        let Some(key) = self.program.events.get(row.event).and_then(|event| version_key(row.event, event, row)) else {
            return Some(Instant(i64::MAX));
        };
        let list = self.versions.get(&key)?;
        let version = Version { revision: row.revision, time: row.time, id: row.id };
        let replaced = list.iter().filter(|one| **one > version).map(|one| one.time).min().unwrap_or(Instant(i64::MAX));
        (replaced > row.time && list.contains(&version)).then_some(replaced)
    }
}
