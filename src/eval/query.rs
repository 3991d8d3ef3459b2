//! Numbers from cells, for any scope and any instant up to the clock.
//!
//! 1. A window or period becomes a range of days or instants ([`super::window`]).
//! 2. The leaf's cells at the scope are merged. When no kept grouping is exactly the scope's dimensions, the cells of
//!    the smallest one that contains them are merged over all scopes that match. A dimension that the events lack is climbed
//!    to, and each scope below counts on its days ([`super::members`]).
//! 3. Cells that changed after the instant, and days of which the window takes a part, are read from the history.
//! 4. The formula is evaluated on the merged aggregates ([`super::formula`]).

use super::course::Strand;
use super::fold::counting;
use super::formula::{Aggregates, Evaluation};
use super::lineage::Days;
use super::members::{Known, Part};
use super::nested::Named;
use super::number::Number;
use super::quick::Memo;
use super::rows::{item, placed, placed_at, rank, version_key, zone_of};
use super::window::{Anchor, Span};
use super::{Acc, Cells, Fault, History, Row, Scope, ToldValue, VersionKey};
use crate::compile::program::{
    Climb, DimIdx, EventIdx, Formula, GroupingIdx, Keep, Leaf, LeafIdx, Program, UNASSIGNED, Window, ZoneIdx, below,
};
use crate::time::{Day, Instant, Period, Zone};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;

/// The grouping without dimensions: everything.
pub(super) const WORKSPACE: GroupingIdx = 0;

/// Reads numbers as of one instant, at most the clock of the cells: only events up to then exist.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The ruleset.
    pub program: &'a Program,
    /// The aggregates.
    pub cells: &'a dyn Cells,
    /// The events behind them.
    pub history: &'a dyn History,
    /// The instant.
    pub at: Instant,
}

/// Which part of time a number is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A window that ends at the reader's instant.
    Window(Window),
    /// A calendar period, to date while it runs.
    Period(Period),
}

impl Reader<'_> {
    /// In which zone the days of a scope run.
    pub(super) fn zone(&self, scope: &[(DimIdx, Box<str>)]) -> ZoneIdx {
        self.program.zone_of(scope.iter().map(|(dim, value)| (*dim, Some(&**value))))
    }

    /// The value of a formula at a scope.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn number(&self, formula: &Formula, when: When, scope: &[(DimIdx, Box<str>)]) -> Result<Number, Fault> {
        let (anchor, home) = Anchor::of(self.program, self.zone(scope), when, self.at);
        let mut source = Source::new(*self, scope);
        Evaluation::new(self.program, &mut source, anchor, home).value(formula)
    }

    /// The scopes with these dimensions, all of them named, that exist at the instant and lie within other dimension values. Sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn scopes(&self, dims: &[DimIdx], within: &[(DimIdx, Box<str>)]) -> Result<Vec<Vec<Box<str>>>, Fault> {
        if within.iter().any(|(dim, value)| self.program.is_open(*dim, value)) {
            return Ok(Vec::new());
        }
        let needed: BTreeSet<DimIdx> = dims.iter().chain(within.iter().map(|(dim, _)| dim)).copied().collect();
        let mut found = BTreeSet::new();
        let groupings = groupings_with(self.program, &needed.iter().copied().collect::<Vec<_>>());
        if groupings.is_empty() {
            let climbed = self.climbed(&needed, within)?.into_keys();
            let value =
                |scope: &[(DimIdx, Box<str>)], dim: &DimIdx| scope.iter().find(|(own, _)| own == dim).map(|(_, value)| value.clone());
            found.extend(climbed.filter_map(|scope| dims.iter().map(|dim| value(&scope, dim)).collect::<Option<Vec<_>>>()));
        }
        for grouping in groupings {
            let kept = self.program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
            for (_, scope, first) in self.cells.scopes(grouping)? {
                if first > self.at || !matches(kept, &scope, within) {
                    continue;
                }
                let value = |dim: &DimIdx| named(self.program, kept, (&scope, *dim)).map(Box::from);
                found.extend(dims.iter().map(value).collect::<Option<Vec<Box<str>>>>());
            }
        }
        Ok(found.into_iter().collect())
    }
}

/// The groupings that contain all of these dimensions, as some event does; only the exact one when there is one.
fn groupings_with(program: &Program, dims: &[DimIdx]) -> Vec<GroupingIdx> {
    let shown = program.events.iter().any(|event| dims.iter().all(|dim| event.dims.iter().any(|(own, _)| own == dim)));
    if !shown && !dims.is_empty() {
        return Vec::new();
    }
    let exact = program.groupings.iter().position(|kept| kept.len() == dims.len() && kept.iter().all(|dim| dims.contains(dim)));
    if let Some(exact) = exact {
        return vec![exact];
    }
    let contains = |kept: &Vec<DimIdx>| dims.iter().all(|dim| kept.contains(dim));
    program.groupings.iter().enumerate().filter(|(_, kept)| contains(kept)).map(|(grouping, _)| grouping).collect()
}

pub(super) fn value_of<'s>(kept: &[DimIdx], scope: &'s Scope, dim: DimIdx) -> Option<&'s str> {
    let place = kept.iter().position(|one| *one == dim)?;
    scope.values.get(place)?.as_deref()
}

/// The value of a dimension, unless it stands for all of them.
pub(super) fn named<'s>(program: &Program, kept: &[DimIdx], (scope, dim): (&'s Scope, DimIdx)) -> Option<&'s str> {
    value_of(kept, scope, dim).filter(|value| !program.is_open(dim, value))
}

fn matches(kept: &[DimIdx], scope: &Scope, wanted: &[(DimIdx, Box<str>)]) -> bool {
    wanted.iter().all(|(dim, value)| value_of(kept, scope, *dim) == Some(&**value))
}

/// The scopes of a grouping that make up the asked one, each with the first instant at which it exists.
type Matched = Rc<Vec<(Part, Instant)>>;

/// The aggregates of one scope, read through a [`Reader`].
pub(super) struct Source<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) wanted: Cow<'a, [(DimIdx, Box<str>)]>,
    matched: Memo<GroupingIdx, Matched>,
    pub(super) known: Known,
    since: Option<Option<Instant>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(reader: Reader<'a>, scope: &'a [(DimIdx, Box<str>)]) -> Source<'a> {
        // Mostly there is but one dimension.
        Source::at(reader, if scope.is_sorted() { Cow::Borrowed(scope) } else { Cow::Owned(scope.to_vec()) })
    }

    fn at(reader: Reader<'a>, mut wanted: Cow<'a, [(DimIdx, Box<str>)]>) -> Source<'a> {
        if let Cow::Owned(wanted) = &mut wanted {
            wanted.sort();
        }
        Source { reader, wanted, matched: Memo::default(), known: Known::default(), since: None }
    }

    /// The scopes of a grouping that make up the asked one and exist at the instant.
    pub(super) fn matched(&mut self, grouping: GroupingIdx) -> Result<Matched, Fault> {
        if let Some(matched) = self.matched.get(&grouping) {
            return Ok(Rc::clone(matched));
        }
        let reader = self.reader;
        let kept = reader.program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
        let exact = kept.len() == self.wanted.len() && kept.iter().zip(&*self.wanted).all(|(dim, wanted)| *dim == wanted.0);
        let list = if self.wanted.iter().any(|(dim, value)| reader.program.is_open(*dim, value)) {
            Vec::new()
        } else if exact {
            let scope = Scope { grouping, values: self.wanted.iter().map(|(_, value)| Some(value.clone())).collect() };
            let found = reader.cells.scope(&scope)?.filter(|(_, first)| *first <= reader.at);
            found.map(|(id, first)| (Part { id, scope, days: None }, first)).into_iter().collect()
        } else {
            let all = reader.cells.scopes(grouping)?.into_iter();
            let fitting = all.filter(|(_, scope, first)| *first <= reader.at && matches(kept, scope, &self.wanted));
            fitting.map(|(id, scope, first)| (Part { id, scope, days: None }, first)).collect()
        };
        let list = Rc::new(list);
        self.matched.insert(grouping, Rc::clone(&list));
        Ok(list)
    }

    /// The smallest kept grouping of a leaf that contains the asked dimensions, or what lies below them.
    pub(super) fn grouping_for(&self, leaf: &Leaf, climbs: &[Climb]) -> Option<GroupingIdx> {
        let wanted = || self.wanted.iter().map(|(dim, _)| *dim);
        let lower = (!climbs.is_empty()).then(|| below(&wanted().collect::<Vec<_>>(), climbs));
        let dims = |grouping: &GroupingIdx| self.reader.program.groupings.get(*grouping).map_or(&[][..], Vec::as_slice);
        let contains = |grouping: &&GroupingIdx| match &lower {
            Some(lower) => lower.iter().all(|dim| dims(grouping).contains(dim)),
            None => wanted().all(|dim| dims(grouping).contains(&dim)),
        };
        leaf.groupings.iter().filter(contains).min_by_key(|grouping| (dims(grouping).len(), **grouping)).copied()
    }

    /// Visits the rows behind a leaf's aggregate in a span, for explanations: those that count at the instant.
    pub(super) fn rows_behind(&mut self, leaf: LeafIdx, span: Span, visit: &mut dyn FnMut(&Row)) -> Result<(), Fault> {
        let Some(decl) = self.reader.program.leaves.get(leaf) else { return Ok(()) };
        let Some(parts) = self.made_of(decl)? else { return Ok(()) };
        let (from, to) = days_of(span, self.reader.program.everywhere());
        for part in parts.iter() {
            let mut open = BTreeMap::new();
            for (from, to) in part.within(from, to) {
                self.reader.cells.cells(leaf, part.id, from, to, &mut |day, cell| {
                    open.insert(day, (cell.first, cell.last));
                })?;
            }
            self.reader.visit_rows(decl, &part.scope, &open, span, visit)?;
        }
        Ok(())
    }
}

impl Source<'_> {
    /// When the scope was first seen, if it was by the instant.
    fn first_seen(&mut self) -> Result<Option<Instant>, Fault> {
        let program = self.reader.program;
        // Mostly events show just these dimensions.
        let wanted = || self.wanted.iter().map(|(dim, _)| *dim);
        let shown = program.events.iter().any(|event| wanted().all(|dim| event.dims.iter().any(|(own, _)| *own == dim)));
        let exact = program.groupings.iter().position(|kept| kept.iter().copied().eq(wanted()));
        if let Some(exact) = exact.filter(|_| shown) {
            return Ok(self.matched(exact)?.first().map(|(_, first)| *first));
        }
        let dims: Vec<DimIdx> = wanted().collect();
        let groupings = groupings_with(program, &dims);
        if groupings.is_empty() {
            let dims = dims.into_iter().collect();
            return Ok(self.reader.climbed(&dims, &self.wanted)?.into_values().min());
        }
        let mut since: Option<Instant> = None;
        for grouping in groupings {
            since = since.into_iter().chain(self.matched(grouping)?.iter().map(|(_, first)| *first)).min();
        }
        Ok(since)
    }
}

impl Aggregates for Source<'_> {
    fn scope(&self) -> Vec<(DimIdx, Option<Box<str>>)> {
        self.wanted.iter().map(|(dim, value)| (*dim, Some(value.clone()))).collect()
    }

    fn since(&mut self) -> Result<Option<Instant>, Fault> {
        if let Some(since) = self.since {
            return Ok(since);
        }
        let program = self.reader.program;
        if program.memberships.is_empty() {
            self.since = Some(self.first_seen()?);
            return Ok(self.since.flatten());
        }
        let lies_above = |dim: DimIdx| program.memberships.iter().any(|one| one.parent == dim);
        // What has no parent exists as soon as anything that could have one.
        let assigned = |(dim, value): &&(DimIdx, Box<str>)| **value != *UNASSIGNED || !lies_above(*dim);
        let existing: Vec<_> = self.wanted.iter().filter(assigned).cloned().collect();
        let whole = existing.len() == self.wanted.len();
        let since = if whole { self.first_seen()? } else { Source::new(self.reader, &existing).since()? };
        self.since = Some(since);
        Ok(since)
    }

    fn began(&mut self, zone: &Zone) -> Result<Option<Instant>, Fault> {
        match self.since()? {
            Some(since) => Ok(Some(self.filled_since(zone, since)?)),
            None => Ok(None),
        }
    }

    fn merged(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Cow<'_, Acc>>, Fault> {
        let Some(decl) = self.reader.program.leaves.get(leaf) else { return Ok(None) };
        let Some(parts) = self.made_of(decl)? else { return Ok(None) };
        let mut acc = Acc::empty(decl.keep);
        for part in parts.iter() {
            self.reader.merge(leaf, decl, part, span, &mut acc)?;
        }
        Ok(Some(Cow::Owned(acc)))
    }

    fn courses(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Vec<Strand>>, Fault> {
        let Some(decl) = self.reader.program.leaves.get(leaf) else { return Ok(None) };
        let Some(parts) = self.made_of(decl)? else { return Ok(None) };
        let mut strands = Vec::with_capacity(parts.len());
        for part in parts.iter() {
            // What it was elsewhere it is still when it comes.
            let always = Part { days: None, ..part.clone() };
            let mut acc = Acc::empty(decl.keep);
            self.reader.merge(leaf, decl, &always, span, &mut acc)?;
            self.reader.carry(leaf, decl, &always, span, &mut acc)?;
            if let Acc::Course(readings) = acc {
                strands.push(Strand { readings, days: part.days.clone() });
            }
        }
        Ok(Some(strands))
    }

    fn days(&mut self, leaf: LeafIdx, first: Day, last: Day) -> Result<Option<BTreeSet<Day>>, Fault> {
        let Some(decl) = self.reader.program.leaves.get(leaf) else { return Ok(None) };
        let Some(parts) = self.made_of(decl)? else { return Ok(None) };
        let mut found = BTreeSet::new();
        for part in parts.iter() {
            for (first, last) in part.within(first, last) {
                self.reader.cells.cells(leaf, part.id, first, last, &mut |day, _| {
                    found.insert(day);
                })?;
            }
        }
        Ok(Some(found))
    }

    fn on_day(&mut self, leaf: LeafIdx, day: Day, span: Span) -> Result<Option<Acc>, Fault> {
        let Some(decl) = self.reader.program.leaves.get(leaf) else { return Ok(None) };
        let Some(parts) = self.made_of(decl)? else { return Ok(None) };
        let mut acc = Acc::empty(decl.keep);
        for part in parts.iter().filter(|part| part.within(day, day).next().is_some()) {
            let on_day = Part { id: part.id, scope: part.scope.clone(), days: Some(vec![(day, day)]) };
            self.reader.merge(leaf, decl, &on_day, span, &mut acc)?;
        }
        Ok(Some(acc))
    }

    fn together(&mut self, leaf: LeafIdx) -> Result<Option<Days>, Fault> {
        self.days_together(leaf)
    }

    fn lay_below(&mut self, steps: &[usize], child: &str, value: &str) -> Result<Days, Fault> {
        self.days_lain_below(steps, child, value)
    }

    fn of_workspace(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Cow<'_, Acc>>, Fault> {
        let Some(decl) = self.reader.program.leaves.get(leaf) else { return Ok(None) };
        let scope = Scope { grouping: WORKSPACE, values: Box::default() };
        let Some((id, _)) = self.reader.cells.scope(&scope)? else { return Ok(None) };
        let mut acc = Acc::empty(decl.keep);
        self.reader.merge(leaf, decl, &Part { id, scope, days: None }, span, &mut acc)?;
        Ok(Some(Cow::Owned(acc)))
    }

    fn told(&mut self, leaf: LeafIdx, keys: &Scope, until: Day) -> Result<Option<ToldValue>, Fault> {
        self.reader.told(leaf, keys, until)
    }

    fn told_all(&mut self, leaf: LeafIdx, grouping: GroupingIdx) -> Result<Vec<(Scope, ToldValue)>, Fault> {
        self.reader.told_all(leaf, grouping)
    }

    type Here = Self;

    fn go(&mut self, scope: &Named) -> Self {
        let there = Source::at(self.reader, Cow::Owned(scope.clone()));
        std::mem::replace(self, there)
    }

    fn back(&mut self, here: Self) {
        *self = here;
    }

    fn parts(&mut self, within: &Named, dims: &[DimIdx]) -> Result<Vec<Named>, Fault> {
        let found = self.reader.scopes(dims, within)?;
        Ok(found.into_iter().map(|values| dims.iter().copied().zip(values).collect()).collect())
    }
}

/// The whole days that a span touches anywhere.
pub(super) fn whole_days(span: Span, zone: &Zone) -> Span {
    match span {
        Span::Elapsed(..) => {
            let (first, last) = days_of(span, zone);
            Span::Days(first, last)
        }
        span => span,
    }
}

/// The days whose cells a span touches.
pub(super) fn days_of(span: Span, zone: &Zone) -> (Day, Day) {
    match span {
        Span::Days(first, last) => (first, last),
        Span::Elapsed(after, until) => (zone.day_of(after), zone.latest_day_of(until)),
        Span::All => (Day(i32::MIN), Day(i32::MAX)),
    }
}

/// Whether a span takes only a part of a day, given by its first start and its last end, of this leaf, as of an instant.
pub(super) fn takes_part(span: Span, leaf: &Leaf, (start, end): (Instant, Instant), at: Instant) -> bool {
    let Span::Elapsed(after, until) = span else { return false };
    let open_ended = leaf.clock.is_none() && until >= at;
    start <= after || (!open_ended && end.0 > until.0.saturating_add(1))
}

/// Whether the leaf's clock places a row in a span.
pub(super) fn lies_in(span: Span, leaf: &Leaf, row: &Row, zone: &Zone) -> bool {
    match span {
        Span::Elapsed(after, until) => placed_at(leaf, row, zone).is_some_and(|instant| after < instant && instant <= until),
        Span::Days(..) | Span::All => true,
    }
}

impl Reader<'_> {
    /// Merges one scope's cells of a leaf in a span.
    fn merge(&self, leaf: LeafIdx, decl: &Leaf, part: &Part, span: Span, acc: &mut Acc) -> Result<(), Fault> {
        let zone = self.program.everywhere();
        let mut open = BTreeMap::new();
        // Of the course of a level a range takes what it needs.
        let span = if decl.keep == Keep::Course { whole_days(span, zone) } else { span };
        let (from, to) = days_of(span, zone);
        for (from, to) in part.within(from, to) {
            self.cells.cells(leaf, part.id, from, to, &mut |day, cell| {
                if cell.first > self.at {
                    return;
                }
                let elapsed = matches!(span, Span::Elapsed(..));
                // Only of a part of a day it matters where the day lies.
                if cell.changed <= self.at && !(elapsed && takes_part(span, decl, (zone.first_start_of(day), zone.end_of(day)), self.at)) {
                    acc.merge(&cell.acc);
                } else {
                    open.insert(day, (cell.first, cell.last));
                }
            })?;
        }
        self.visit_rows(decl, &part.scope, &open, span, &mut |row| {
            if let Some(item) = item(decl, row, zone_of(self.program, row)) {
                acc.add(item, rank(row));
            }
        })
    }

    /// Adds the readings of the last day before a span that has any; of several zones, a day or two before it may hold a later one.
    fn carry(&self, leaf: LeafIdx, decl: &Leaf, part: &Part, span: Span, acc: &mut Acc) -> Result<(), Fault> {
        let (from, _) = days_of(span, self.program.everywhere());
        let mut least: Option<Day> = None;
        self.cells.before(leaf, part.id, from, &mut |day, cell| {
            if least.is_some_and(|least| day < least) {
                return Ok(ControlFlow::Break(()));
            }
            if cell.first > self.at {
                return Ok(ControlFlow::Continue(()));
            }
            let mut found = Acc::empty(decl.keep);
            self.merge(leaf, decl, part, Span::Days(day, day), &mut found)?;
            acc.merge(&found);
            if matches!(&found, Acc::Course(readings) if !readings.is_empty()) {
                least.get_or_insert(day.plus(-self.program.days_apart()));
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The rows of an event type, those of entities too.
    fn rows(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        let is_state = self.program.events.get(event).is_some_and(|event| event.entity.is_some());
        if is_state { self.cells.states(event, from, to) } else { self.history.rows(event, from, to) }
    }

    /// Every row of an event type up to the instant, the states of an entity too.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rows_of(&self, event: EventIdx) -> Result<Vec<Row>, Fault> {
        self.rows(event, Instant(i64::MIN), self.at)
    }

    /// The events behind a row: of a state, those that counted for its thing.
    pub(super) fn behind(&self, row: &Row, visit: &mut dyn FnMut(&Row)) -> Result<(), Fault> {
        let decl = self.program.events.get(row.event).filter(|event| event.entity.is_some());
        let Some(key) = decl.and_then(|decl| version_key(row.event, decl, row)) else {
            visit(row);
            return Ok(());
        };
        let entity = decl.and_then(|decl| self.program.entities.get(decl.entity?));
        let (Some(entity), Some(thing)) = (entity, self.cells.thing(key)?) else { return Ok(()) };
        counting(self.program, entity, &thing, self.at).into_iter().try_for_each(|event| self.behind(event, visit))
    }

    /// Visits the rows that count for a leaf at a scope on certain days, as of the instant.
    pub(super) fn visit_rows(
        &self,
        leaf: &Leaf,
        scope: &Scope,
        days: &BTreeMap<Day, (Instant, Instant)>,
        span: Span,
        visit: &mut dyn FnMut(&Row),
    ) -> Result<(), Fault> {
        let Some(from) = days.values().map(|(first, _)| *first).min() else { return Ok(()) };
        let to = days.values().map(|(_, last)| *last).max().unwrap_or(from).min(self.at);
        for row in self.rows(leaf.event, from, to)? {
            let zone = zone_of(self.program, &row);
            let day = placed(leaf, &row, |instant| zone.day_of(instant));
            let counts = day.is_some_and(|day| days.contains_key(&day))
                && row_is_in(self.program, scope, &row)
                && item(leaf, &row, zone).is_some()
                && lies_in(span, leaf, &row, zone)
                && counts_at(self.program, &row, self.at, |key| self.cells.versions(key))?;
            if counts {
                visit(&row);
            }
        }
        Ok(())
    }
}

/// Whether a row carries the values of a scope.
pub(super) fn row_is_in(program: &Program, scope: &Scope, row: &Row) -> bool {
    let (Some(dims), Some(event)) = (program.groupings.get(scope.grouping), program.events.get(row.event)) else { return false };
    dims.iter().zip(&scope.values).all(|(dim, wanted)| {
        let field = event.dims.iter().find(|(one, _)| one == dim).map(|(_, field)| *field);
        field.is_some_and(|field| dimension_value(row, field) == wanted.as_deref())
    })
}

/// The value of a dimension field; None when the row lacks it.
pub(super) fn dimension_value(row: &Row, field: usize) -> Option<&str> {
    match row.values.get(field) {
        Some(crate::compile::program::Scalar::Text(text)) => Some(text),
        _ => None,
    }
}

/// Whether a row is the one of its business key that counts at an instant.
pub(super) fn counts_at(
    program: &Program,
    row: &Row,
    at: Instant,
    versions: impl FnOnce(VersionKey) -> Result<Vec<super::Version>, Fault>,
) -> Result<bool, Fault> {
    let Some(key) = program.events.get(row.event).and_then(|decl| version_key(row.event, decl, row)) else { return Ok(true) };
    let winner = versions(key)?.into_iter().filter(|version| version.time <= at).max();
    Ok(winner.is_some_and(|winner| winner.id == row.id && winner.time == row.time))
}
