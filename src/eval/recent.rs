//! The history as one step reads it: each part once.
//!
//! Rows are fetched in chunks of a local day, sorted, and sorted out by scope when a scope asks. The day of the earliest
//! late row is cut at that row, so that rows which are a little late do not make their whole day be read.

use super::calendar::Calendars;
use super::places::Places;
use super::plan::Plan;
use super::rows::rank;
use super::sliding::Windows;
use super::{Fault, History, Row, ScopeId, Version};
use crate::compile::program::{EventIdx, GroupingIdx};
use crate::time::Instant;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

/// When more rows than this are held, all are let go.
const ROWS_MAX: usize = 2_000_000;

/// The rows of one event type in a range of time, sorted by time and identity.
pub(super) struct Chunk {
    /// The end of the range, included.
    pub(super) to: Instant,
    pub(super) rows: Vec<Row>,
}

/// The rows of one scope in a chunk, by their places.
pub(super) struct OfScope {
    pub(super) chunk: Rc<Chunk>,
    pub(super) places: Rc<[usize]>,
}

type ByScope = HashMap<ScopeId, Rc<[usize]>>;

/// The history, remembered for the length of one step.
pub(super) struct Recent<'h> {
    history: &'h dyn History,
    /// Local days.
    pub(super) calendars: Calendars,
    /// Elapsed windows.
    pub(super) windows: Windows,
    cut: Instant,
    chunks: HashMap<(EventIdx, Instant), Rc<Chunk>>,
    by_scope: HashMap<(EventIdx, Instant, GroupingIdx), ByScope>,
    moments: HashMap<(EventIdx, Instant), Rc<Vec<Row>>>,
    held: usize,
}

impl<'h> Recent<'h> {
    /// Reads the history; `cut` is the time of the step's earliest row.
    pub(super) fn new(history: &'h dyn History, (calendars, windows): (Calendars, Windows), cut: Instant) -> Recent<'h> {
        Recent { history, calendars, windows, cut, chunks: HashMap::new(), by_scope: HashMap::new(), moments: HashMap::new(), held: 0 }
    }

    /// The row of a version.
    pub(super) fn version(&mut self, event: EventIdx, version: Version) -> Result<Option<Row>, Fault> {
        let key = (event, version.time);
        if !self.moments.contains_key(&key) {
            let mut rows = self.history.rows(event, version.time, version.time)?;
            rows.sort_unstable_by_key(rank);
            self.hold(rows.len());
            self.moments.insert(key, Rc::new(rows));
        }
        let rows = self.moments.get(&key);
        Ok(rows.and_then(|rows| {
            let place = rows.binary_search_by_key(&version.id, |row| row.id).ok()?;
            rows.get(place).cloned()
        }))
    }

    /// The rows of one scope in the chunk that holds an instant.
    pub(super) fn of_scope(
        &mut self,
        event: EventIdx,
        at: Instant,
        scope: ScopeId,
        plan: &Plan,
        places: &Places,
    ) -> Result<OfScope, Fault> {
        let (start, chunk) = self.chunk(event, at)?;
        let grouping = places.get(scope).map_or(0, |place| place.scope.grouping);
        let by_scope =
            self.by_scope.entry((event, start, grouping)).or_insert_with(|| sort_out(&chunk.rows, event, grouping, plan, places));
        let places = by_scope.get(&scope).map_or_else(|| Rc::from([]), Rc::clone);
        Ok(OfScope { chunk, places })
    }

    /// Visits the rows of one scope with `from <= time <= to`, in order, until told to stop.
    pub(super) fn visit(
        &mut self,
        event: EventIdx,
        (from, to): (Instant, Instant),
        scope: ScopeId,
        (plan, places): (&Plan, &Places),
        visit: &mut dyn FnMut(&Row) -> ControlFlow<()>,
    ) -> Result<(), Fault> {
        let mut at = from;
        while at <= to {
            let part = self.of_scope(event, at, scope, plan, places)?;
            let row = |place: &usize| part.chunk.rows.get(*place);
            let start = part.places.partition_point(|place| row(place).is_some_and(|row| row.time < from));
            for row in part.places.iter().skip(start).filter_map(row) {
                worked();
                if row.time > to || visit(row).is_break() {
                    return Ok(());
                }
            }
            if part.chunk.to >= to {
                break;
            }
            at = Instant(part.chunk.to.0.saturating_add(1));
        }
        Ok(())
    }

    fn chunk(&mut self, event: EventIdx, at: Instant) -> Result<(Instant, Rc<Chunk>), Fault> {
        let calendar = self.calendars.at(0);
        let day = calendar.day_of(at);
        let (mut from, mut to) = (calendar.start_of(day), Instant(calendar.end_of(day).0.saturating_sub(1)));
        if at >= self.cut {
            from = from.max(self.cut);
        } else {
            to = to.min(Instant(self.cut.0.saturating_sub(1)));
        }
        if let Some(chunk) = self.chunks.get(&(event, from)) {
            return Ok((from, Rc::clone(chunk)));
        }
        let mut rows = self.history.rows(event, from, to)?;
        rows.sort_unstable_by_key(rank);
        self.hold(rows.len());
        let chunk = Rc::new(Chunk { to, rows });
        self.chunks.insert((event, from), Rc::clone(&chunk));
        Ok((from, chunk))
    }

    fn hold(&mut self, rows: usize) {
        if self.held.saturating_add(rows) > ROWS_MAX {
            self.chunks.clear();
            self.by_scope.clear();
            self.moments.clear();
            self.held = 0;
        }
        self.held = self.held.saturating_add(rows);
    }
}

/// Counts one row looked at, for the tests that measure work.
pub(super) fn worked() {
    #[cfg(test)]
    WORK.with(|work| work.set(work.get() + 1));
}

#[cfg(test)]
thread_local! {
    /// How many rows were looked at on this thread.
    pub(super) static WORK: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

fn sort_out(rows: &[Row], event: EventIdx, grouping: GroupingIdx, plan: &Plan, places: &Places) -> ByScope {
    let mut lists: HashMap<ScopeId, Vec<usize>> = HashMap::new();
    let belongs = plan.events.get(event).and_then(|list| list.iter().find(|one| one.grouping == grouping));
    for (place, row) in rows.iter().enumerate() {
        if let Some(scope) = belongs.and_then(|belongs| places.find_row(belongs, row)) {
            lists.entry(scope).or_default().push(place);
        }
    }
    lists.into_iter().map(|(scope, list)| (scope, list.into())).collect()
}
