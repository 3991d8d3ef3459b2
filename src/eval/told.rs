//! What events tell of tables and targets: for a set of keys and a day, the value that was told last for the latest day up to it.
//!
//! 1. The cells of the leaf at the scope of the keys hold, for each day, the value that was told last.
//! 2. Queries read them as of the reader's instant, the writer's state as of that of its walk.
//! 3. A row that is told touches every rule that looks something up in its table ([`State::tellings`]), and so do the days from
//!    which told rows count ([`State::told_days`]).

use super::query::Reader;
use super::rows::{item, placed, rank, zone_of};
use super::sight::Sight;
use super::state::State;
use super::window::Span;
use super::{Acc, Fault, RowId, Scope, ScopeId};
use crate::compile::program::{ANY, EventIdx, GroupingIdx, Keys, Leaf, LeafIdx, Scalar, TableIdx};
use crate::time::{Day, Instant};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// A value that an event told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldValue {
    /// From which day on it counts.
    pub from: Day,
    /// The value.
    pub value: Scalar,
    /// The event that says so.
    pub event: (Instant, RowId),
}

/// A row of a table that events told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRow {
    /// One for each key of the table; None matches anything.
    pub keys: Keys,
    /// One for each column; None where nothing is told for the keys up to the day.
    pub values: Vec<Option<ToldValue>>,
}

/// What a cell of told values says.
fn value(from: Day, acc: &Acc) -> Option<ToldValue> {
    match acc {
        Acc::Last(Some((time, id, value))) => Some(ToldValue { from, value: value.clone(), event: (*time, *id) }),
        _ => None,
    }
}

impl Reader<'_> {
    /// The value that was told last for the latest day up to one.
    pub(super) fn told(&self, leaf: LeafIdx, scope: &Scope, until: Day) -> Result<Option<ToldValue>, Fault> {
        let Some(decl) = self.program.leaves.get(leaf) else { return Ok(None) };
        let Some((id, _)) = self.cells.scope(scope)?.filter(|(_, first)| *first <= self.at) else { return Ok(None) };
        let mut found = None;
        self.cells.before(leaf, id, until.plus(1), &mut |day, cell| {
            if cell.first > self.at {
                return Ok(ControlFlow::Continue(()));
            }
            if cell.changed <= self.at {
                found = value(day, &cell.acc);
            } else {
                let mut acc = Acc::empty(decl.keep);
                let open = BTreeMap::from([(day, (cell.first, cell.last))]);
                self.visit_rows(decl, scope, &open, Span::All, &mut |row| {
                    if let Some(item) = item(decl, row, zone_of(self.program, row)) {
                        acc.add(item, rank(row));
                    }
                })?;
                found = value(day, &acc);
            }
            Ok(if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    /// Everything that was told for the scopes of a grouping by the reader's instant. Sorted by scope and day.
    pub(super) fn told_all(&self, leaf: LeafIdx, grouping: GroupingIdx) -> Result<Vec<(Scope, ToldValue)>, Fault> {
        let Some(decl) = self.program.leaves.get(leaf) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (id, scope, _) in self.cells.scopes(grouping)?.into_iter().filter(|(_, _, first)| *first <= self.at) {
            let days = self.by_day((leaf, decl), (id, &scope))?;
            found.extend(days.iter().filter_map(|(day, acc)| Some((scope.clone(), value(*day, acc)?))));
        }
        Ok(sorted(found))
    }

    /// What the cells of a scope hold on each day, as of the reader's instant.
    pub(super) fn by_day(&self, (leaf, decl): (LeafIdx, &Leaf), (id, scope): (ScopeId, &Scope)) -> Result<BTreeMap<Day, Acc>, Fault> {
        let (mut days, mut open): (BTreeMap<Day, Acc>, _) = (BTreeMap::new(), BTreeMap::new());
        self.cells.cells(leaf, id, Day(i32::MIN), Day(i32::MAX), &mut |day, cell| {
            if cell.first <= self.at && cell.changed <= self.at {
                days.insert(day, cell.acc.clone());
            } else if cell.first <= self.at {
                open.insert(day, (cell.first, cell.last));
            }
        })?;
        self.visit_rows(decl, scope, &open, Span::All, &mut |row| {
            let zone = zone_of(self.program, row);
            if let (Some(item), Some(day)) = (item(decl, row, zone), placed(decl, row, |instant| zone.day_of(instant))) {
                days.entry(day).or_insert_with(|| Acc::empty(decl.keep)).add(item, rank(row));
            }
        })?;
        Ok(days)
    }

    /// What was told of a table by the reader's instant, for every set of keys as of a day. Sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn told_rows(&self, table: TableIdx, day: Day) -> Result<Vec<ToldRow>, Fault> {
        let Some(told) = self.program.tables.get(table).and_then(|table| table.told.as_ref()) else { return Ok(Vec::new()) };
        let dims = told.dims();
        let mut rows: BTreeMap<Keys, Vec<Option<ToldValue>>> = BTreeMap::new();
        for (_, scope, _) in self.cells.scopes(told.grouping)? {
            let key = |dim| scope.values.get(dims.iter().position(|own| *own == dim)?)?.clone();
            let keys = told.keys.iter().map(|own| own.and_then(|(dim, _)| key(dim)).filter(|key| **key != *ANY)).collect();
            let values = told.leaves.iter().map(|leaf| leaf.map_or(Ok(None), |leaf| self.told(leaf, &scope, day)));
            let values: Vec<_> = values.collect::<Result<_, Fault>>()?;
            let row = rows.entry(keys).or_insert_with(|| vec![None; values.len()]);
            let place = |value: &Option<ToldValue>| value.as_ref().map(|told| (told.from, told.event));
            for (known, value) in row.iter_mut().zip(values).filter(|(known, value)| place(known) < place(value)) {
                *known = value;
            }
        }
        let told = rows.into_iter().filter(|(_, values)| values.iter().any(Option::is_some));
        Ok(told.map(|(keys, values)| ToldRow { keys, values }).collect())
    }
}

impl Sight<'_, '_> {
    /// The value that was told last for the latest day up to one.
    pub(super) fn told_at(&mut self, leaf: LeafIdx, scope: &Scope, until: Day) -> Result<Option<ToldValue>, Fault> {
        let state = self.state;
        let Some(decl) = state.program.leaves.get(leaf) else { return Ok(None) };
        let Some((id, _)) = state.places.find(scope) else { return Ok(None) };
        let mut found = None;
        for (day, cell) in state.series(leaf, id).into_iter().flat_map(|series| series.range(..=until).rev()) {
            self.cell((leaf, decl), (id, day), &cell, &mut |acc| found = value(day, acc))?;
            if found.is_some() {
                break;
            }
        }
        Ok(found)
    }

    /// Everything that was told for the scopes of a grouping.
    pub(super) fn all_told(&mut self, leaf: LeafIdx, grouping: GroupingIdx) -> Result<Vec<(Scope, ToldValue)>, Fault> {
        let state = self.state;
        let Some(decl) = state.program.leaves.get(leaf) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (id, place) in state.places.of_grouping(grouping) {
            for (day, cell) in state.series(leaf, id).into_iter().flat_map(|series| series.range(..)) {
                self.cell((leaf, decl), (id, day), &cell, &mut |acc| {
                    found.extend(value(day, acc).map(|told| (place.scope.clone(), told)));
                })?;
            }
        }
        Ok(sorted(found))
    }
}

/// Told values by scope and day.
fn sorted(mut told: Vec<(Scope, ToldValue)>) -> Vec<(Scope, ToldValue)> {
    told.sort_unstable_by(|a, b| (&a.0.values, a.1.from).cmp(&(&b.0.values, b.1.from)));
    told
}

impl State {
    /// The leaves of what events tell of the tables and targets that a rule reads, each with its event type.
    pub(super) fn tellings(&self, rule: usize) -> impl Iterator<Item = (EventIdx, LeafIdx)> {
        self.plan.told.get(rule).into_iter().flatten().copied()
    }

    /// The last day on which what events told of the targets of a rule matters.
    pub(super) fn told_until(&self, rule: usize) -> Option<Day> {
        let (targets, for_days) = self.plan.told_targets.get(rule)?;
        let told = targets.iter().filter_map(|target| self.program.targets.get(*target)?.told.as_ref());
        let last = told.filter_map(|told| {
            let at = told.kept().iter().position(|dim| *dim == told.period.0)?;
            let labels = self.places.of_grouping(told.grouping).filter_map(move |(_, place)| place.scope.values.get(at)?.as_deref());
            labels.filter_map(|label| told.period(label, self.program.reckoning)).map(|period| period.last).max()
        });
        last.max().map(|last| last.plus(*for_days))
    }

    /// The days from which told rows count in which a rule may look something up.
    pub(super) fn told_days(&self, rule: usize) -> BTreeSet<Day> {
        let series = self.tellings(rule).filter_map(|(_, leaf)| self.series(leaf, self.workspace()?));
        series.flat_map(|series| series.days(..).collect::<Vec<_>>()).collect()
    }
}
