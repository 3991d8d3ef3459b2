//! The aggregates of one program: cells, scopes, versions, things of entities and alert tracks, each in a table of the program's own, so that
//! a program that is replaced is dropped without touching its rows one by one.
//!
//! 1. What one commit writes lies together: the cells of a scope and day are one record ([`Bundle`]) under the day first, the
//!    steps of tracks stand under their instants, episodes under their numbers. So a commit writes few pages, however many
//!    scopes and however long a history there are.
//! 2. Beside the cells stands, for each scope, which of every 64 days have any: a reader goes to those.

use super::StoreError;
use super::record::alert::{EpisodeRecord, StepRecord, TrackRecord};
use super::record::cell::{RowRecord, ScopeRecord, ThingRecord, VersionsRecord};
use super::record::rules::ActiveRecord;
use super::redo::Transaction;
use super::table::{Key, Lazy, Scan, Table, Tables, part_i32, part_i64, part_u32, part_u64, part_u128};
use crate::compile::program::{EventIdx, GroupingIdx, LeafIdx};
use crate::diagnostic::Words;
use crate::eval::{
    AskedOf, Bundle, Cell, Cells, Fault, Row, Saved, Scope, ScopeId, Sighted, Thing, Track, UntilBreak, Version, VersionKey, Visit,
    days_asked,
};
use crate::time::{Day, Instant};
use std::cell;
use std::collections::BTreeMap;

/// A rule's index, a scope, and what is remembered of them.
pub type TrackEntry = (usize, ScopeId, Track);

/// The names of the tables, each followed by the number of the program.
const CELLS: &str = "cells";
const DAYS: &str = "days";
const SCOPES: &str = "scopes";
const VERSIONS: &str = "versions";
const THINGS: &str = "things";
const STATES: &str = "states";
const TRACKS: &str = "tracks";
const STEPS: &str = "steps";
const EPISODES: &str = "episodes";

struct Names {
    cells: Table,
    days: Table,
    scopes: Table,
    versions: Table,
    things: Table,
    states: Table,
    tracks: Table,
    steps: Table,
    episodes: Table,
}

impl Names {
    fn of(program: u32) -> Names {
        let table = |name| Table::of_program(name, program);
        Names {
            cells: table(CELLS),
            days: table(DAYS),
            scopes: table(SCOPES),
            versions: table(VERSIONS),
            things: table(THINGS),
            states: table(STATES),
            tracks: table(TRACKS),
            steps: table(STEPS),
            episodes: table(EPISODES),
        }
    }
}

/// Writes what changed in the state of a program.
pub fn save(txn: &Transaction, program: u32, changes: &Saved) -> Result<(), StoreError> {
    let tables = Names::of(program);
    tables.scopes.put_all(txn, &changes.scopes, |scopes, (id, scope, sighted)| {
        let values = scope.values.iter().map(|value| value.as_deref().map(str::to_owned)).collect();
        scopes.put(&scope_key(scope)?, &ScopeRecord { id: id.0, values, first: sighted.first.0, arrived: sighted.arrived.0 })
    })?;
    save_cells(txn, &tables, &changes.cells)?;
    tables.versions.put_all(txn, &changes.versions, |versions, (key, entries)| {
        versions.put(&version_key(*key)?, &VersionsRecord::from(entries.as_slice()))
    })?;
    tables.things.put_all(txn, &changes.things, |things, (key, thing)| things.put(&version_key(*key)?, &ThingRecord::from(thing)))?;
    tables.states.put_all(txn, &changes.states, |states, state| {
        states.put(&state_key(state.event, state.time)?.u128(state.id.0), &RowRecord::from(state))
    })?;
    save_tracks(txn, &tables, changes)
}

/// Writes cells, and where there were none on that day yet, that there are some.
fn save_cells(txn: &Transaction, tables: &Names, changed: &[(ScopeId, Day, Bundle)]) -> Result<(), StoreError> {
    let mut fresh = BTreeMap::new();
    let mut is_new = |scope: ScopeId, day: Day| *fresh.entry((scope, word_of(day))).or_insert(0) |= bit_of(day);
    if !changed.is_empty() {
        let mut cells = tables.cells.edit(txn)?;
        // Those of a program that is new come in the order of their keys.
        if cells.is_empty()? && changed.is_sorted_by(|(a, a_day, _), (b, b_day, _)| (a_day, a) < (b_day, b)) {
            cells.append(changed.iter().map(|(scope, day, bundle)| (cell_key(*day, *scope), bundle.bytes())))?;
            changed.iter().for_each(|(scope, day, _)| is_new(*scope, *day));
        } else {
            for (scope, day, bundle) in changed {
                if !cells.put_bytes(&cell_key(*day, *scope), bundle.bytes())? {
                    is_new(*scope, *day);
                }
            }
        }
    }
    let fresh: Vec<((ScopeId, i32), u64)> = fresh.into_iter().collect();
    tables.days.put_all(txn, &fresh, |days, ((scope, word), more)| {
        let key = word_key(*scope, *word);
        let known: Option<u64> = days.get(&key)?;
        days.put(&key, &(known.unwrap_or(0) | more))
    })
}

fn save_tracks(txn: &Transaction, tables: &Names, changes: &Saved) -> Result<(), StoreError> {
    tables.tracks.put_all(txn, &changes.tracks, |tracks, (alert, scope, track)| {
        tracks.put(&track_key(*alert, *scope)?, &TrackRecord::from(track))
    })?;
    let mut steps = Vec::new();
    let mut episodes = Vec::new();
    for (alert, scope, track) in &changes.tracks {
        steps.extend(track.steps.iter().map(|step| (step.at, (*alert, *scope), step)));
        episodes.extend(track.episodes.iter().map(|episode| (episode, (*alert, *scope))));
    }
    steps.sort_unstable_by_key(|(at, key, _)| (*at, *key));
    tables.steps.put_all(txn, &steps, |steps, (at, key, step)| steps.put(&step_key(*at, *key)?, &StepRecord::from(*step)))?;
    tables.steps.put_all(txn, &changes.gone, |steps, (alert, scope, at)| {
        steps.remove(&step_key(*at, (*alert, *scope))?)?;
        Ok(())
    })?;
    tables
        .episodes
        .put_all(txn, &episodes, |episodes, (episode, key)| episodes.put(&episode_key(episode.id, *key)?, &EpisodeRecord::from(*episode)))
}

/// Removes all that is kept of a program.
pub fn drop_program(txn: &Transaction, program: u32) -> Result<(), StoreError> {
    let Names { cells, days, scopes, versions, things, states, tracks, steps, episodes } = Names::of(program);
    [cells, days, scopes, versions, things, states, tracks, steps, episodes].iter().try_for_each(|table| table.drop_from(txn))
}

/// The aggregates of one program at one moment.
pub struct Snapshot<'t> {
    active: ActiveRecord,
    /// How many records may still be read; None once more were asked for.
    left: cell::Cell<Option<usize>>,
    cells: Lazy<'t>,
    days: Lazy<'t>,
    scopes: Lazy<'t>,
    versions: Lazy<'t>,
    things: Lazy<'t>,
    states: Lazy<'t>,
    tracks: Lazy<'t>,
    steps: Lazy<'t>,
    episodes: Lazy<'t>,
}

impl<'t> Snapshot<'t> {
    /// The tables of an active program.
    pub fn view(tables: &'t Tables, active: ActiveRecord) -> Snapshot<'t> {
        let table = |name| Lazy::of_program(tables, name, active.program);
        Snapshot {
            cells: table(CELLS),
            days: table(DAYS),
            scopes: table(SCOPES),
            versions: table(VERSIONS),
            things: table(THINGS),
            states: table(STATES),
            tracks: table(TRACKS),
            steps: table(STEPS),
            episodes: table(EPISODES),
            left: cell::Cell::new(Some(usize::MAX)),
            active,
        }
    }

    /// The same, of which cells, scopes and states are read no longer than for so many records.
    #[must_use]
    pub fn within(self, records: usize) -> Snapshot<'t> {
        self.left.set(Some(records));
        self
    }

    /// Whether more was asked for: what has been read is not all of it.
    pub fn is_over(&self) -> bool {
        self.left.get().is_none()
    }

    /// Ends what is read here, as if there had been too many records.
    pub fn end(&self) -> StoreError {
        self.left.set(None);
        StoreError::Io(Words::new("more is to be read than at once", "需要读取的内容过多，不能立即完成"))
    }

    /// Counts a record.
    fn spend(&self) -> Result<(), StoreError> {
        let left = self.left.get().and_then(|left| left.checked_sub(1));
        self.left.set(left);
        if left.is_some() { Ok(()) } else { Err(self.end()) }
    }

    /// Everything, to go on from there: the scopes in the order of their numbers.
    pub fn load(&self) -> Result<Saved, StoreError> {
        let mut cells = Vec::new();
        self.cells.open()?.scan_bytes(&[], None, &mut |key, bytes| {
            cells.push((ScopeId(part_u32(key, 4)?), Day(part_i32(key, 0)?), Bundle::read(bytes).map_err(damaged)?));
            Ok(Scan::On)
        })?;
        let mut versions = Vec::new();
        self.versions.open()?.scan(&[], None, |key, record: VersionsRecord| {
            versions.push((VersionKey(part_u32(key, 0)? as usize, part_u128(key, 4)?), record.into()));
            Ok(Scan::On)
        })?;
        let mut things = Vec::new();
        self.things.open()?.scan(&[], None, |key, record: ThingRecord| {
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
        let place = |key: &[u8], at| Ok::<_, StoreError>((part_u32(key, at)? as usize, ScopeId(part_u32(key, at + 4)?)));
        self.tracks.open()?.scan(&[], None, |key, record: TrackRecord| {
            tracks.insert(place(key, 0)?, record.try_into()?);
            Ok(Scan::On)
        })?;
        self.steps.open()?.scan(&[], None, |key, record: StepRecord| {
            tracks.entry(place(key, 8)?).or_default().steps.push(record.step(Instant(part_i64(key, 0)?))?);
            Ok(Scan::On)
        })?;
        self.episodes.open()?.scan(&[], None, |key, record: EpisodeRecord| {
            tracks.entry(place(key, 8)?).or_default().episodes.push(record.episode(part_u64(key, 0)?)?);
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
        self.states.open()?.scan(from, to, |_, record: RowRecord| {
            self.spend()?;
            states.push(record.try_into()?);
            Ok(Scan::On)
        })?;
        Ok(states)
    }

    /// Which days of a scope have cells, in words of 64.
    fn words(&self, scope: ScopeId, first: i32, last: i32) -> Result<Vec<(i32, u64)>, StoreError> {
        let mut words = Vec::new();
        let (from, to) = (word_key(scope, first), word_key(scope, last).after());
        self.days.open()?.scan(&from.0, to.as_deref(), |key, mask: u64| {
            self.spend()?;
            words.push((part_i32(key, 4)?, mask));
            Ok(Scan::On)
        })?;
        Ok(words)
    }

    fn cell(&self, leaf: LeafIdx, scope: ScopeId, day: Day) -> Result<Option<Cell>, Fault> {
        self.spend()?;
        self.cells.open()?.get_bytes(&cell_key(day, scope), |bytes| Bundle::cell(bytes, day, leaf))?.ok_or_else(lost_cells)?
    }

    fn all_scopes(&self, prefix: &Key) -> Result<Vec<(ScopeId, Scope, Sighted)>, StoreError> {
        let mut scopes = Vec::new();
        self.scopes.open()?.scan(&prefix.0, prefix.after().as_deref(), |key, record: ScopeRecord| {
            self.spend()?;
            let values = record.values.into_iter().map(|value| value.map(String::into_boxed_str)).collect();
            let grouping = part_u32(key, 0)? as usize;
            let sighted = Sighted { first: Instant(record.first), arrived: Instant(record.arrived) };
            scopes.push((ScopeId(record.id), Scope { grouping, values }, sighted));
            Ok(Scan::On)
        })?;
        Ok(scopes)
    }
}

impl Cells for Snapshot<'_> {
    fn clock(&self) -> Instant {
        Instant(self.active.clock)
    }

    fn scope(&self, scope: &Scope) -> Result<Option<(ScopeId, Instant)>, Fault> {
        self.spend()?;
        let record: Option<ScopeRecord> = self.scopes.open()?.get(&scope_key(scope)?)?;
        Ok(record.map(|record| (ScopeId(record.id), Instant(record.first))))
    }

    fn scopes(&self, grouping: GroupingIdx) -> Result<Vec<(ScopeId, Scope, Instant)>, Fault> {
        let scopes = self.all_scopes(&Key::new().u32(small(grouping)?))?.into_iter();
        Ok(scopes.map(|(id, scope, sighted)| (id, scope, sighted.first)).collect())
    }

    fn cells_of(&self, asked: &[AskedOf], scope: ScopeId, visit: &mut Visit<'_>) -> Result<(), Fault> {
        let Some((from, to)) = days_asked(asked) else { return Ok(()) };
        for (word, mut mask) in self.words(scope, word_of(from), word_of(to))? {
            while mask != 0 {
                let day = day_of(word, mask.trailing_zeros());
                mask &= mask - 1;
                if from <= day && day <= to {
                    self.spend()?;
                    let shown = self.cells.open()?.get_bytes(&cell_key(day, scope), |bytes| Bundle::each(bytes, day, asked, visit))?;
                    shown.ok_or_else(lost_cells)??;
                }
            }
        }
        Ok(())
    }

    fn before(&self, leaf: LeafIdx, scope: ScopeId, day: Day, visit: &mut UntilBreak<'_>) -> Result<(), Fault> {
        for (word, mut mask) in self.words(scope, i32::MIN, word_of(day))?.into_iter().rev() {
            while mask != 0 {
                let bit = u64::BITS - 1 - mask.leading_zeros();
                mask ^= 1 << bit;
                let one = day_of(word, bit);
                if let Some(cell) = self.cell(leaf, scope, one)?.filter(|_| one < day)
                    && visit(one, &cell)?.is_break()
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn versions(&self, key: VersionKey) -> Result<Vec<Version>, Fault> {
        self.spend()?;
        let record: Option<VersionsRecord> = self.versions.open()?.get(&version_key(key)?)?;
        Ok(record.map(Vec::from).unwrap_or_default())
    }

    fn states(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        let (from, to) = (state_key(event, from)?, state_key(event, to)?.after());
        Ok(self.states_between(&from.0, to.as_deref())?)
    }

    fn thing(&self, key: VersionKey) -> Result<Option<Thing>, Fault> {
        self.spend()?;
        let record: Option<ThingRecord> = self.things.open()?.get(&version_key(key)?)?;
        Ok(record.map(Thing::try_from).transpose()?)
    }
}

/// Under the day first, so that the cells that change together stand together.
fn cell_key(day: Day, scope: ScopeId) -> Key {
    Key::new().i32(day.0).u32(scope.0)
}

fn word_key(scope: ScopeId, word: i32) -> Key {
    Key::new().u32(scope.0).i32(word)
}

/// Of which 64 days a day is one.
fn word_of(day: Day) -> i32 {
    day.0 >> 6
}

fn bit_of(day: Day) -> u64 {
    1 << (day.0 & 63)
}

fn day_of(word: i32, bit: u32) -> Day {
    Day((word << 6) | bit.cast_signed())
}

fn track_key(alert: usize, scope: ScopeId) -> Result<Key, StoreError> {
    Ok(Key::new().u32(small(alert)?).u32(scope.0))
}

fn step_key(at: Instant, (alert, scope): (usize, ScopeId)) -> Result<Key, StoreError> {
    Ok(Key::new().i64(at.0).u32(small(alert)?).u32(scope.0))
}

fn episode_key(id: u64, (alert, scope): (usize, ScopeId)) -> Result<Key, StoreError> {
    Ok(Key::new().u64(id).u32(small(alert)?).u32(scope.0))
}

/// A day is said to have cells, and has none.
fn lost_cells() -> StoreError {
    StoreError::Damaged(Words::new("the cells of a day are missing", "某一天的聚合缺失"))
}

fn damaged(fault: Fault) -> StoreError {
    StoreError::Damaged(Words::foreign("聚合无法读取", fault))
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
