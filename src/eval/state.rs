//! The running state of one program, in memory.
//!
//! 1. Scopes are numbered at first sight; each keeps the cells of every leaf of its grouping, by local day ([`super::bundle`]).
//! 2. Rows change cells in [`super::apply`]; alert tracks follow in [`super::alarm`] and [`super::walk`].
//! 3. Whatever changed is noted, so that [`State::take_changes`] can hand it out.

use super::apply::is_shadowed;
use super::bundle::{Bundle, Series};
use super::calendar::Calendars;
use super::fold::{Folding, Whole};
use super::glance::Glances;
use super::places::Places;
use super::plan::Plan;
use super::query::WORKSPACE;
use super::rows::version_key;
use super::sliding::Windows;
use super::step::Key;
use super::timers::Timers;
use super::tracks::Tracks;
use super::{AskedOf, Cells, Fault, History, Row, Scope, ScopeId, Sighted, Thing, Track, UntilBreak, Version, VersionKey, Visit};
use crate::compile::program::{DimIdx, EventIdx, GroupingIdx, LeafIdx, Program, RateSource, ZoneIdx};
use crate::time::{Day, Instant};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// One program's running state. After a [`Fault`] it must be dropped and restored.
#[derive(Debug)]
pub struct State {
    pub(super) program: Arc<Program>,
    pub(super) plan: Arc<Plan>,
    pub(super) calendars: Calendars,
    /// Elapsed windows as they stood last; never saved, built again from the history.
    pub(super) windows: Windows,
    /// How most alerts are seen; never saved.
    pub(super) glances: Glances,
    pub(super) clock: Instant,
    pub(super) places: Places,
    pub(super) folding: Folding,
    pub(super) versions: HashMap<VersionKey, Vec<Version>>,
    pub(super) dirty_versions: BTreeSet<VersionKey>,
    pub(super) waiting: BTreeMap<Instant, Vec<Row>>,
    pub(super) tracks: Tracks,
    pub(super) dirty_tracks: BTreeMap<(usize, ScopeId), Unsaved>,
    pub(super) due: Timers,
    pub(super) next_episode: u64,
}

/// What changed in a track since it was saved.
#[derive(Debug, Default)]
pub(super) struct Unsaved {
    /// The instants at which its steps differ.
    pub(super) steps: BTreeSet<Instant>,
    /// The ids of the episodes that differ.
    pub(super) episodes: BTreeSet<u64>,
}

/// A state to restore, or what changed in one: everything but the waiting rows, which come from the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved {
    /// The instant up to which time has been read.
    pub clock: Instant,
    /// The scopes and when each was first seen.
    pub scopes: Vec<(ScopeId, Scope, Sighted)>,
    /// The cells, those of a scope and day together. A cell without rows is kept too.
    pub cells: Vec<(ScopeId, Day, Bundle)>,
    /// The things of entities.
    pub things: Vec<(VersionKey, Thing)>,
    /// Their states.
    pub states: Vec<Row>,
    /// The events of each business key.
    pub versions: Vec<(VersionKey, Vec<Version>)>,
    /// What is remembered of each alert rule at each scope. Among changes: with only those steps and episodes that
    /// differ from what was saved, each known by its instant or id.
    pub tracks: Vec<(usize, ScopeId, Track)>,
    /// The steps that were saved and are no more.
    pub gone: Vec<(usize, ScopeId, Instant)>,
    /// The id of the next episode.
    pub next_episode: u64,
}

/// What changed since the last call.
pub type Changes = Saved;

/// Changed tracks, and steps that are gone.
type ChangedTracks = (Vec<(usize, ScopeId, Track)>, Vec<(usize, ScopeId, Instant)>);

impl State {
    /// The state before any event.
    pub fn new(program: Arc<Program>) -> State {
        let plan = Arc::new(Plan::new(&program));
        State {
            calendars: Calendars::new(&program),
            windows: Windows::default(),
            glances: Glances::new(&program, &plan),
            program,
            plan,
            clock: Instant(i64::MIN),
            places: Places::default(),
            folding: Folding::default(),
            versions: HashMap::new(),
            dirty_versions: BTreeSet::new(),
            waiting: BTreeMap::new(),
            tracks: Tracks::default(),
            dirty_tracks: BTreeMap::new(),
            due: Timers::default(),
            next_episode: 1,
        }
    }

    /// The state as it was saved. Rows later than its clock are taken from the history.
    ///
    /// # Errors
    /// When the history cannot be read, or what was saved does not fit the program.
    pub fn restore(program: Arc<Program>, saved: Saved, history: &dyn History) -> Result<State, Fault> {
        let mut state = State::new(program);
        state.clock = saved.clock;
        state.next_episode = saved.next_episode;
        for (id, scope, sighted) in saved.scopes {
            state.places.restore(id, scope, sighted, &state.plan)?;
        }
        for (scope, day, bundle) in &saved.cells {
            state.places.restore_cells((*scope, *day, bundle))?;
        }
        state.folding = Folding::restore(&state.program, (saved.things, saved.states));
        state.versions = saved.versions.into_iter().collect();
        for (rule, scope, track) in saved.tracks {
            if let Some(known) = state.tracks.entry(&state.places, (rule, scope)) {
                known.track = track;
            }
        }
        state.restore_shown()?;
        state.restore_frontiers();
        let after = Instant(saved.clock.0.saturating_add(1));
        let whole = Whole { stored: history, states: &state.folding.states, program: &state.program };
        for event in 0..state.program.events.len() {
            for row in whole.rows(event, after, Instant(i64::MAX))? {
                state.waiting.entry(row.time).or_default().push(row);
            }
        }
        Ok(state)
    }

    /// The program.
    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// The earliest instant at which reading the time would change or tell something, though no event comes.
    pub fn next_due(&self) -> Option<Instant> {
        let waiting = self.waiting.keys().next().copied();
        self.due.first().into_iter().chain(waiting).min()
    }

    /// Everything that changed since the last call.
    pub fn take_changes(&mut self) -> Changes {
        let versions = std::mem::take(&mut self.dirty_versions).into_iter();
        let (tracks, gone) = self.changed_tracks();
        let (scopes, cells) = self.places.take_changes();
        let (things, states) = self.folding.take_changes();
        Changes {
            clock: self.clock,
            scopes,
            cells,
            things,
            states,
            versions: versions.filter_map(|key| Some((key, self.versions.get(&key)?.clone()))).collect(),
            tracks,
            gone,
            next_episode: self.next_episode,
        }
    }

    /// The tracks that changed, each with what changed in it, and the steps that are gone.
    fn changed_tracks(&mut self) -> ChangedTracks {
        let (mut tracks, mut gone) = (Vec::new(), Vec::new());
        for ((rule, scope), unsaved) in std::mem::take(&mut self.dirty_tracks) {
            let Some(track) = self.track(rule, scope) else { continue };
            let mut steps = Vec::with_capacity(unsaved.steps.len());
            for at in unsaved.steps {
                match track.step_at(at) {
                    Some(step) => steps.push(step.clone()),
                    None => gone.push((rule, scope, at)),
                }
            }
            let mut episodes = Vec::with_capacity(unsaved.episodes.len());
            if !unsaved.episodes.is_empty() {
                episodes.extend(track.episodes.iter().filter(|episode| unsaved.episodes.contains(&episode.id)).cloned());
            }
            tracks.push((rule, scope, Track { steps, episodes, frontier: track.frontier, due: track.due, told: track.told }));
        }
        (tracks, gone)
    }

    /// The name of an entity whose thing has no room for one more event.
    pub fn full_thing(&self, row: &Row) -> Option<&str> {
        let entity = self.folding.full(&self.program, row)?;
        self.program.events.get(entity.event).map(|event| event.name.as_str())
    }

    /// Takes over what another state remembers of alerts: the ids under which people know them, what was told, and when they
    /// are due. All else of these tracks is as it was taken out.
    pub fn take_over(&mut self, tracks: &[(usize, ScopeId, Track)], next_episode: u64) {
        for (rule, scope, track) in tracks {
            let Some(known) = self.tracks.entry(&self.places, (*rule, *scope)) else { continue };
            if let Some(before) = std::mem::replace(&mut known.track, track.clone()).due {
                self.due.remove(before, (*rule, *scope));
            }
            track.due.into_iter().for_each(|due| self.due.insert(due, (*rule, *scope)));
        }
        self.next_episode = next_episode;
    }

    /// The dimension values of a scope.
    pub fn scope_of(&self, scope: ScopeId) -> Option<&Scope> {
        self.places.get(scope).map(|place| &place.scope)
    }

    /// How many scopes have been seen.
    pub fn scopes_seen(&self) -> usize {
        self.places.all().count()
    }

    /// What is remembered of an alert rule at a scope.
    pub fn track(&self, alert: usize, scope: ScopeId) -> Option<&Track> {
        self.tracks.get(&self.places, (alert, scope)).map(|known| &known.track)
    }

    /// Everything remembered of alert rules, by rule and scope.
    pub fn tracks(&self) -> impl Iterator<Item = (usize, ScopeId, &Track)> {
        self.tracks.iter()
    }

    /// What is remembered of a rule at a scope, to be changed; it is made when there is nothing.
    pub(super) fn track_of(&mut self, key: Key) -> Option<&mut Track> {
        self.tracks.entry(&self.places, key).map(|known| &mut known.track)
    }

    /// The cells of a leaf at a scope.
    pub(super) fn series(&self, leaf: LeafIdx, scope: ScopeId) -> Option<Series<'_>> {
        let place = self.places.get(scope)?;
        Some(place.bundles.series(leaf, self.plan.slot(leaf, place.scope.grouping)?))
    }

    /// The scope of everything; None before anything was seen.
    pub(super) fn workspace(&self) -> Option<ScopeId> {
        self.places.find(&Scope { grouping: WORKSPACE, values: Box::default() }).map(|(id, _)| id)
    }

    /// In which zone the days of a scope run.
    pub(super) fn zone_of(&self, scope: ScopeId) -> ZoneIdx {
        let place = self.places.get(scope);
        let dims = place.and_then(|place| self.program.groupings.get(place.scope.grouping)).map_or(&[][..], Vec::as_slice);
        let values = place.map_or(&[][..], |place| &place.scope.values);
        self.program.zone_of(dims.iter().copied().zip(values.iter().map(Option::as_deref)))
    }

    /// The rates that a rule reads.
    pub(super) fn rates_of(&self, rule: usize) -> impl Iterator<Item = &RateSource> {
        let at = self.plan.rates.get(rule).into_iter().flatten();
        at.filter_map(|at| self.program.rates.source(*at))
    }

    /// The states that time has reached, and that no later folding replaced, show their scopes.
    fn restore_shown(&mut self) -> Result<(), Fault> {
        let plan = Arc::clone(&self.plan);
        for entity in 0..self.program.entities.len() {
            let Some(event) = self.program.entities.get(entity).map(|entity| entity.event) else { continue };
            for row in self.folding.states.rows(event, Instant(i64::MIN), self.clock)? {
                let key = self.program.events.get(event).and_then(|decl| version_key(event, decl, &row));
                let versions = key.and_then(|key| self.versions.get(&key)).map_or(&[][..], Vec::as_slice);
                if !is_shadowed(versions, row.revision, row.time) {
                    for belongs in plan.events.get(event).into_iter().flatten() {
                        let scope = self.places.number_row(belongs, &row, &plan);
                        self.places.show(scope, row.time, true);
                    }
                }
            }
        }
        Ok(())
    }

    /// Tracks are saved when something happened in them. What they had seen by then is at least all that changed in their cells.
    fn restore_frontiers(&mut self) {
        let mut frontiers = Vec::new();
        for (scope, place) in self.places.all().filter(|(_, place)| place.scope.is_named() && place.first < Instant(i64::MAX)) {
            for rule in self.plan.rules.get(place.scope.grouping).into_iter().flatten() {
                let seen = self.sightings(*rule, scope).into_iter().filter(|first| *first <= self.clock).max();
                frontiers.push(((*rule, scope), self.last_change(*rule, scope).max(Some(place.first)).max(seen)));
            }
        }
        for (key, frontier) in frontiers {
            let Some(known) = self.tracks.entry(&self.places, key) else { continue };
            let track = &mut known.track;
            track.frontier = track.frontier.max(frontier);
            track.due.into_iter().for_each(|due| self.due.insert(due, key));
        }
    }

    /// The latest instant at which a cell that a rule reads changed.
    pub(super) fn last_change(&self, rule: usize, scope: ScopeId) -> Option<Instant> {
        let sources = self.sources(rule, self.around(rule, scope));
        let rates = self.rates_of(rule).filter_map(|source| self.series(source.leaf, self.workspace()?));
        let told = self.tellings(rule).filter_map(|(_, leaf)| self.series(leaf, self.workspace()?));
        let cells = sources.iter().filter_map(|(leaf, scope)| self.series(*leaf, *scope)).chain(rates).chain(told).flat_map(Series::cells);
        cells.map(|cell| cell.changed).max()
    }
}

impl Cells for State {
    fn clock(&self) -> Instant {
        self.clock
    }

    fn scope(&self, scope: &Scope) -> Result<Option<(ScopeId, Instant)>, Fault> {
        Ok(self.places.find(scope).and_then(|(id, _)| Some((id, self.places.get(id)?.known()))))
    }

    fn scope_named(&self, grouping: GroupingIdx, named: &[(DimIdx, Box<str>)]) -> Result<Option<(ScopeId, Instant)>, Fault> {
        let found = self.places.find_named(grouping, named.iter().map(|(_, value)| Some(&**value)));
        Ok(found.and_then(|id| Some((id, self.places.get(id)?.known()))))
    }

    fn scopes(&self, grouping: GroupingIdx) -> Result<Vec<(ScopeId, Scope, Instant)>, Fault> {
        Ok(self.places.of_grouping(grouping).map(|(id, place)| (id, place.scope.clone(), place.known())).collect())
    }

    fn cells_of(&self, asked: &[AskedOf], scope: ScopeId, visit: &mut Visit<'_>) -> Result<(), Fault> {
        if let Some(place) = self.places.get(scope) {
            place.bundles.each(asked, |leaf| self.plan.slot(leaf, place.scope.grouping), visit);
        }
        Ok(())
    }

    fn before(&self, leaf: LeafIdx, scope: ScopeId, day: Day, visit: &mut UntilBreak<'_>) -> Result<(), Fault> {
        for (day, cell) in self.series(leaf, scope).into_iter().flat_map(|series| series.range(..day).rev()) {
            if visit(day, &cell)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn versions(&self, key: VersionKey) -> Result<Vec<Version>, Fault> {
        Ok(self.versions.get(&key).cloned().unwrap_or_default())
    }

    fn states(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        self.folding.states.rows(event, from, to)
    }

    fn thing(&self, key: VersionKey) -> Result<Option<Thing>, Fault> {
        Ok(self.folding.thing(key).cloned())
    }
}
