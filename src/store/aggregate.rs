//! The aggregates of one program: cells, scopes, versions, things of entities and alert tracks, each in a table of the program's own, so that
//! a program that is replaced is dropped without touching its rows one by one. The steps and episodes of a track have
//! tables of their own, so that a change writes as much as changed, however long the history is.

use super::StoreError;
use super::record::alert::{EpisodeRecord, StepRecord, TrackRecord};
use super::record::cell::{CellRecord, RowRecord, ScopeRecord, ThingRecord, VersionsRecord};
use super::record::rules::ActiveRecord;
use super::table::{Key, Scan, Table, View, part_i32, part_i64, part_u32, part_u64, part_u128};
use crate::compile::program::{EventIdx, GroupingIdx, LeafIdx};
use crate::diagnostic::Words;
use crate::eval::{Cell, Cells, Fault, Row, Saved, Scope, ScopeId, Sighted, Thing, Track, UntilBreak, Version, VersionKey};
use crate::time::{Day, Instant};
use redb::{ReadTransaction, WriteTransaction};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// A rule's index, a scope, and what is remembered of them.
pub type TrackEntry = (usize, ScopeId, Track);

struct Tables {
    cells: Table,
    scopes: Table,
    versions: Table,
    things: Table,
    states: Table,
    tracks: Table,
    steps: Table,
    episodes: Table,
}

impl Tables {
    fn of(program: u32) -> Tables {
        let table = |name| Table::of_program(name, program);
        Tables {
            cells: table("cells"),
            scopes: table("scopes"),
            versions: table("versions"),
            things: table("things"),
            states: table("states"),
            tracks: table("tracks"),
            steps: table("steps"),
            episodes: table("episodes"),
        }
    }
}

/// Writes what changed in the state of a program.
pub fn save(txn: &WriteTransaction, program: u32, changes: &Saved) -> Result<(), StoreError> {
    let tables = Tables::of(program);
    let mut scopes = tables.scopes.edit(txn)?;
    for (id, scope, sighted) in &changes.scopes {
        let values = scope.values.iter().map(|value| value.as_deref().map(str::to_owned)).collect();
        scopes.put(&scope_key(scope)?, &ScopeRecord { id: id.0, values, first: sighted.first.0, arrived: sighted.arrived.0 })?;
    }
    let mut cells = tables.cells.edit(txn)?;
    for (leaf, scope, day, cell) in &changes.cells {
        cells.put(&cell_key(*leaf, *scope, *day)?, &CellRecord::from(cell))?;
    }
    let mut versions = tables.versions.edit(txn)?;
    for (key, entries) in &changes.versions {
        versions.put(&version_key(*key)?, &VersionsRecord::from(entries.as_slice()))?;
    }
    let mut things = tables.things.edit(txn)?;
    for (key, thing) in &changes.things {
        things.put(&version_key(*key)?, &ThingRecord::from(thing))?;
    }
    let mut states = tables.states.edit(txn)?;
    for state in &changes.states {
        states.put(&state_key(state.event, state.time)?.u128(state.id.0), &RowRecord::from(state))?;
    }
    save_tracks(txn, &tables, changes)
}

fn save_tracks(txn: &WriteTransaction, tables: &Tables, changes: &Saved) -> Result<(), StoreError> {
    let mut tracks = tables.tracks.edit(txn)?;
    let mut steps = tables.steps.edit(txn)?;
    let mut episodes = tables.episodes.edit(txn)?;
    for (alert, scope, track) in &changes.tracks {
        tracks.put(&track_key(*alert, *scope)?, &TrackRecord::from(track))?;
        for step in &track.steps {
            steps.put(&track_key(*alert, *scope)?.i64(step.at.0), &StepRecord::from(step))?;
        }
        for episode in &track.episodes {
            episodes.put(&track_key(*alert, *scope)?.u64(episode.id), &EpisodeRecord::from(episode))?;
        }
    }
    for (alert, scope, at) in &changes.gone {
        steps.remove(&track_key(*alert, *scope)?.i64(at.0))?;
    }
    Ok(())
}

/// Removes all that is kept of a program.
pub fn drop_program(txn: &WriteTransaction, program: u32) -> Result<(), StoreError> {
    let Tables { cells, scopes, versions, things, states, tracks, steps, episodes } = Tables::of(program);
    [cells, scopes, versions, things, states, tracks, steps, episodes].iter().try_for_each(|table| table.drop_from(txn))
}

/// The aggregates of one program at one moment.
pub struct Snapshot {
    active: ActiveRecord,
    cells: View,
    scopes: View,
    versions: View,
    things: View,
    states: View,
    tracks: View,
    steps: View,
    episodes: View,
}

impl Snapshot {
    /// The tables of an active program.
    pub fn view(txn: &ReadTransaction, active: ActiveRecord) -> Result<Snapshot, StoreError> {
        let tables = Tables::of(active.program);
        Ok(Snapshot {
            cells: tables.cells.view(txn)?,
            scopes: tables.scopes.view(txn)?,
            versions: tables.versions.view(txn)?,
            things: tables.things.view(txn)?,
            states: tables.states.view(txn)?,
            tracks: tables.tracks.view(txn)?,
            steps: tables.steps.view(txn)?,
            episodes: tables.episodes.view(txn)?,
            active,
        })
    }

    /// Everything, to go on from there: the scopes in the order of their numbers.
    pub fn load(&self) -> Result<Saved, StoreError> {
        let mut cells = Vec::new();
        self.cells.scan(&[], None, |key, record: CellRecord<'static>| {
            cells.push((part_u32(key, 0)? as LeafIdx, ScopeId(part_u32(key, 4)?), Day(part_i32(key, 8)?), record.try_into()?));
            Ok(Scan::On)
        })?;
        let mut versions = Vec::new();
        self.versions.scan(&[], None, |key, record: VersionsRecord| {
            versions.push((VersionKey(part_u32(key, 0)? as usize, part_u128(key, 4)?), record.into()));
            Ok(Scan::On)
        })?;
        let mut things = Vec::new();
        self.things.scan(&[], None, |key, record: ThingRecord| {
            things.push((VersionKey(part_u32(key, 0)? as usize, part_u128(key, 4)?), record.try_into()?));
            Ok(Scan::On)
        })?;
        let states = self.states_between(&[], None)?;
        let mut scopes = self.all_scopes(&Key::new())?;
        scopes.sort_by_key(|(id, _, _)| *id);
        let (clock, next_episode) = (Instant(self.active.clock), self.active.next_episode);
        Ok(Saved { clock, scopes, cells, things, states, versions, tracks: self.tracks()?, gone: Vec::new(), next_episode })
    }

    /// All alert tracks.
    pub fn tracks(&self) -> Result<Vec<TrackEntry>, StoreError> {
        let mut tracks: BTreeMap<(usize, ScopeId), Track> = BTreeMap::new();
        let place = |key: &[u8]| Ok::<_, StoreError>((part_u32(key, 0)? as usize, ScopeId(part_u32(key, 4)?)));
        self.tracks.scan(&[], None, |key, record: TrackRecord| {
            tracks.insert(place(key)?, record.try_into()?);
            Ok(Scan::On)
        })?;
        self.steps.scan(&[], None, |key, record: StepRecord| {
            tracks.entry(place(key)?).or_default().steps.push(record.step(Instant(part_i64(key, 8)?))?);
            Ok(Scan::On)
        })?;
        self.episodes.scan(&[], None, |key, record: EpisodeRecord| {
            tracks.entry(place(key)?).or_default().episodes.push(record.episode(part_u64(key, 8)?)?);
            Ok(Scan::On)
        })?;
        let sorted = |((alert, scope), mut track): ((usize, ScopeId), Track)| {
            track.episodes.sort_by_key(|episode| (episode.from, episode.id));
            (alert, scope, track)
        };
        Ok(tracks.into_iter().map(sorted).collect())
    }

    fn states_between(&self, from: &[u8], to: Option<&[u8]>) -> Result<Vec<Row>, StoreError> {
        let mut states = Vec::new();
        self.states.scan(from, to, |_, record: RowRecord| {
            states.push(record.try_into()?);
            Ok(Scan::On)
        })?;
        Ok(states)
    }

    fn all_scopes(&self, prefix: &Key) -> Result<Vec<(ScopeId, Scope, Sighted)>, StoreError> {
        let mut scopes = Vec::new();
        self.scopes.scan(&prefix.0, prefix.after().as_deref(), |key, record: ScopeRecord| {
            let values = record.values.into_iter().map(|value| value.map(String::into_boxed_str)).collect();
            let grouping = part_u32(key, 0)? as usize;
            let sighted = Sighted { first: Instant(record.first), arrived: Instant(record.arrived) };
            scopes.push((ScopeId(record.id), Scope { grouping, values }, sighted));
            Ok(Scan::On)
        })?;
        Ok(scopes)
    }
}

impl Cells for Snapshot {
    fn clock(&self) -> Instant {
        Instant(self.active.clock)
    }

    fn scope(&self, scope: &Scope) -> Result<Option<(ScopeId, Instant)>, Fault> {
        let record: Option<ScopeRecord> = self.scopes.get(&scope_key(scope)?)?;
        Ok(record.map(|record| (ScopeId(record.id), Instant(record.first))))
    }

    fn scopes(&self, grouping: GroupingIdx) -> Result<Vec<(ScopeId, Scope, Instant)>, Fault> {
        let scopes = self.all_scopes(&Key::new().u32(small(grouping)?))?.into_iter();
        Ok(scopes.map(|(id, scope, sighted)| (id, scope, sighted.first)).collect())
    }

    fn cells(&self, leaf: LeafIdx, scope: ScopeId, from: Day, to: Day, visit: &mut dyn FnMut(Day, &Cell)) -> Result<(), Fault> {
        let (from, to) = (cell_key(leaf, scope, from)?, cell_key(leaf, scope, to)?.after());
        self.cells.scan(&from.0, to.as_deref(), |key, record: CellRecord<'static>| {
            visit(Day(part_i32(key, 8)?), &record.try_into()?);
            Ok(Scan::On)
        })?;
        Ok(())
    }

    fn before(&self, leaf: LeafIdx, scope: ScopeId, day: Day, visit: &mut UntilBreak<'_>) -> Result<(), Fault> {
        let (own, to) = (Key::new().u32(small(leaf)?).u32(scope.0), cell_key(leaf, scope, day)?);
        let mut fault = None;
        self.cells.scan_back(Some(&to.0), |key, record: CellRecord<'static>| {
            if !key.starts_with(&own.0) {
                return Ok(Scan::Stop);
            }
            let going = visit(Day(part_i32(key, 8)?), &record.try_into()?);
            Ok(match going {
                Ok(ControlFlow::Continue(())) => Scan::On,
                Ok(ControlFlow::Break(())) => Scan::Stop,
                Err(one) => {
                    fault = Some(one);
                    Scan::Stop
                }
            })
        })?;
        fault.map_or(Ok(()), Err)
    }

    fn versions(&self, key: VersionKey) -> Result<Vec<Version>, Fault> {
        let record: Option<VersionsRecord> = self.versions.get(&version_key(key)?)?;
        Ok(record.map(Vec::from).unwrap_or_default())
    }

    fn states(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        let (from, to) = (state_key(event, from)?, state_key(event, to)?.after());
        Ok(self.states_between(&from.0, to.as_deref())?)
    }

    fn thing(&self, key: VersionKey) -> Result<Option<Thing>, Fault> {
        let record: Option<ThingRecord> = self.things.get(&version_key(key)?)?;
        Ok(record.map(Thing::try_from).transpose()?)
    }
}

fn cell_key(leaf: LeafIdx, scope: ScopeId, day: Day) -> Result<Key, StoreError> {
    Ok(Key::new().u32(small(leaf)?).u32(scope.0).i32(day.0))
}

fn track_key(alert: usize, scope: ScopeId) -> Result<Key, StoreError> {
    Ok(Key::new().u32(small(alert)?).u32(scope.0))
}

fn state_key(event: EventIdx, time: Instant) -> Result<Key, StoreError> {
    Ok(Key::new().u32(small(event)?).i64(time.0))
}

fn version_key(key: VersionKey) -> Result<Key, StoreError> {
    Ok(Key::new().u32(small(key.0)?).u128(key.1))
}

/// A scope is found by its values; an absent one differs from every text.
fn scope_key(scope: &Scope) -> Result<Key, StoreError> {
    let key = Key::new().u32(small(scope.grouping)?);
    Ok(scope.values.iter().fold(key, |key, value| match value {
        Some(text) => key.bytes(&[1]).text(text),
        None => key.bytes(&[0]),
    }))
}

fn small(index: usize) -> Result<u32, StoreError> {
    u32::try_from(index)
        .map_err(|_| StoreError::Damaged(Words::new(format!("the index {index} is out of range"), format!("序号 {index} 超出范围"))))
}
