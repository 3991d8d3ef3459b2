//! From a changed record to episodes and notices.
//!
//! 1. The record's old and new steps become *turns*: the instants at which firing begins, changes its severity or ends.
//! 2. When the new turns only continue the old ones, each is told; those in a time already seen, and those before an instant at which
//!    the channels were told otherwise, are marked restated.
//! 3. Otherwise late events changed history. Old and new runs of firing are matched by overlap, so that an episode keeps its id; what
//!    is told is the difference between what the channels believe and what is true now, marked restated.

use super::state::State;
use super::step::{Key, Recorded};
use super::tracks::Remembered;
use super::{Episode, Notice, NoticeKind, Step, Track};
use crate::compile::program::{AlertRule, Severity};
use crate::time::Instant;
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A change of firing.
#[derive(Debug, Clone, PartialEq)]
struct Turn {
    at: Instant,
    /// The severity from then on, and since when it fires; None when it ends.
    firing: Option<(Severity, Instant)>,
    value: Option<Decimal>,
    limit: Option<Decimal>,
}

impl Turn {
    fn tells_the_same(&self, other: &Turn) -> bool {
        self.at == other.at && self.firing == other.firing
    }
}

/// From the beginning of firing to its end.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    from: Instant,
    until: Option<Instant>,
    /// The turns in it, its end included. The first may lie before what was looked at.
    turns: Vec<Turn>,
}

impl Run {
    fn overlaps(&self, from: Instant, until: Option<Instant>) -> bool {
        self.until.is_none_or(|end| from < end) && until.is_none_or(|end| self.from < end)
    }

    /// The last severity it had, and the turn that brought it.
    fn last_firing(&self) -> Option<(Severity, &Turn)> {
        self.turns.iter().rev().find_map(|turn| turn.firing.map(|(severity, _)| (severity, turn)))
    }
}

/// A notice about to be made.
struct Telling<'a> {
    key: Key,
    rule: &'a AlertRule,
    clock: Instant,
    next_episode: &'a mut u64,
    /// The episodes that change.
    changed: &'a mut BTreeSet<u64>,
    notices: &'a mut Vec<Notice>,
}

impl State {
    /// Tells how a track's steps differ from what was recorded before.
    pub(super) fn tell(&mut self, key: Key, recorded: &Recorded, clock: Instant, notices: &mut Vec<Notice>) {
        let program = Arc::clone(&self.program);
        let Some(rule) = program.alerts.get(key.0) else { return };
        let Some(Remembered { track, .. }) = self.tracks.get_mut(&self.places, key) else { return };
        let before = recorded.kept.checked_sub(1).and_then(|place| track.steps.get(place));
        let open = before.and_then(|step| step.machine.firing);
        let new = turns(rule, open, track.steps.get(recorded.kept..).unwrap_or_default());
        let old = turns(rule, open, &recorded.removed);
        let same = old.iter().zip(&new).take_while(|(a, b)| a.tells_the_same(b)).count();
        let changed = &mut self.dirty_tracks.entry(key).or_default().episodes;
        let mut telling = Telling { key, rule, clock, next_episode: &mut self.next_episode, changed, notices };
        if same == old.len() {
            let said = track.told.map(|(_, _, clock)| clock);
            for (place, turn) in new.iter().enumerate().skip(same) {
                let previous = place.checked_sub(1).and_then(|place| new.get(place)).map_or(open, |turn| turn.firing);
                telling.append(track, previous, turn, Some(turn.at) <= recorded.until || Some(turn.at) < said);
            }
        } else {
            let start = same.checked_sub(1).and_then(|place| new.get(place)).map_or(open, |turn| turn.firing);
            let opening = opening(rule, track, start);
            let (old, new) = (runs(opening.clone(), &old, same), runs(opening, &new, same));
            telling.restate(track, &old, &new);
        }
    }

    /// The reminder of a firing alert.
    pub(super) fn repeat(&mut self, key: Key, clock: Instant, value: Option<Decimal>) -> Option<Notice> {
        let program = Arc::clone(&self.program);
        let rule = program.alerts.get(key.0)?;
        let Remembered { track, .. } = self.tracks.get_mut(&self.places, key)?;
        let (episode, severity, _) = track.told?;
        let machine = &track.steps.last()?.machine;
        let (_, since) = machine.firing?;
        let limit = limit(rule, severity);
        track.told = Some((episode, severity, clock));
        self.dirty_tracks.entry(key).or_default();
        Some(Notice {
            alert: key.0,
            scope: key.1,
            episode,
            kind: NoticeKind::Repeat,
            severity,
            at: clock,
            since,
            value,
            limit,
            restated: false,
        })
    }
}

impl Telling<'_> {
    /// Tells a turn that continues the record; it is restated when time had been seen, or told, to pass there without it.
    fn append(&mut self, track: &mut Track, previous: Option<(Severity, Instant)>, turn: &Turn, restated: bool) {
        match (previous, turn.firing) {
            (None, Some((severity, since))) => {
                let back = track.episodes.iter_mut().find(|one| one.withdrawn && one.from <= since && one.until >= Some(since));
                let id = match back {
                    Some(back) => {
                        *back = Episode { id: back.id, from: since, until: None, worst: severity, restated: true, withdrawn: false };
                        self.changed.insert(back.id);
                        back.id
                    }
                    None => self.episode(track, since, severity, restated),
                };
                self.firing(track, id, turn, NoticeKind::Firing, restated);
                track.episodes.sort_by_key(|episode| (episode.from, episode.id));
            }
            (Some(_), Some((severity, _))) => {
                let Some(episode) = current(track) else { return };
                episode.worst = episode.worst.max(severity);
                episode.restated |= restated;
                let id = episode.id;
                self.changed.insert(id);
                self.firing(track, id, turn, NoticeKind::Firing, restated);
            }
            (Some((severity, since)), None) => {
                let Some(episode) = current(track) else { return };
                episode.until = Some(turn.at);
                episode.restated |= restated;
                let id = episode.id;
                self.changed.insert(id);
                self.resolved(track, (id, severity, since), turn.at, turn.value, restated);
            }
            (None, None) => {}
        }
    }

    /// Tells what is different in a history that late events have changed.
    fn restate(&mut self, track: &mut Track, old: &[Run], new: &[Run]) {
        let mut used: Vec<u64> = Vec::new();
        let mut episodes: Vec<Option<u64>> = Vec::new();
        for run in new {
            let id = matching(track, run, old, &used);
            used.extend(id);
            episodes.push(id);
        }
        let gone: Vec<u64> = old.iter().filter_map(|run| episode_of(track, run)).filter(|id| !used.contains(id)).collect();
        for id in gone {
            self.withdraw(track, id);
        }
        for (run, id) in new.iter().zip(episodes) {
            match id {
                Some(id) => self.rewrite(track, run, id),
                None => self.discover(track, run, None),
            }
        }
        track.episodes.sort_by_key(|episode| (episode.from, episode.id));
    }

    /// Takes an episode away.
    fn withdraw(&mut self, track: &mut Track, id: u64) {
        let Some(episode) = track.episodes.iter_mut().find(|episode| episode.id == id) else { return };
        self.changed.insert(id);
        episode.withdrawn = true;
        episode.restated = true;
        episode.until = episode.until.or(Some(episode.from));
        let since = episode.from;
        if let Some((_, severity, _)) = track.told.filter(|told| told.0 == id) {
            self.resolved(track, (id, severity, since), self.clock, None, true);
        }
    }

    /// Changes an episode to what is known now, and tells what the channels do not know yet.
    fn rewrite(&mut self, track: &mut Track, run: &Run, id: u64) {
        let worst = worst(track, run);
        let Some(episode) = track.episodes.iter_mut().find(|episode| episode.id == id) else { return };
        if episode.withdrawn {
            self.discover(track, run, Some(id));
            return;
        }
        self.changed.insert(id);
        let before = (episode.from, episode.until, episode.worst);
        let moved = episode.from != run.from;
        episode.restated |= before != (run.from, run.until, worst);
        (episode.from, episode.until, episode.worst) = (run.from, run.until, worst);
        let told = track.told.filter(|told| told.0 == id);
        let Some((severity, turn)) = run.last_firing() else { return };
        let turn = Turn { firing: Some((severity, run.from)), ..turn.clone() };
        match (run.until, told) {
            (Some(until), told) if told.is_some() || before.1 != run.until => {
                let value = run.turns.last().and_then(|turn| turn.value);
                self.resolved(track, (id, severity, run.from), until, value, true);
            }
            (None, Some((_, told, _))) if told == severity && moved => self.firing(track, id, &turn, NoticeKind::Restated, true),
            (None, Some((_, told, _))) if told != severity => self.firing(track, id, &turn, NoticeKind::Firing, true),
            (None, None) => self.firing(track, id, &turn, NoticeKind::Firing, true),
            _ => {}
        }
    }

    /// Tells of firing that the record did not know.
    fn discover(&mut self, track: &mut Track, run: &Run, revived: Option<u64>) {
        let worst = worst(track, run);
        let id = revived.unwrap_or_else(|| self.episode(track, run.from, worst, true));
        self.changed.insert(id);
        if let Some(episode) = track.episodes.iter_mut().find(|episode| episode.id == id) {
            *episode = Episode { id, from: run.from, until: run.until, worst, restated: true, withdrawn: false };
        }
        let mut last = None;
        for turn in &run.turns {
            match (turn.firing, last) {
                (Some((severity, _)), _) => {
                    last = Some(severity);
                    self.firing(track, id, turn, NoticeKind::Firing, true);
                }
                (None, Some(severity)) => self.resolved(track, (id, severity, run.from), turn.at, turn.value, true),
                (None, None) => {}
            }
        }
    }

    fn episode(&mut self, track: &mut Track, from: Instant, worst: Severity, restated: bool) -> u64 {
        let id = *self.next_episode;
        *self.next_episode += 1;
        self.changed.insert(id);
        if track.episodes.len() == track.episodes.capacity() {
            track.episodes.reserve_exact(1 + track.episodes.len() / 4);
        }
        track.episodes.push(Episode { id, from, until: None, worst, restated, withdrawn: false });
        id
    }

    fn firing(&mut self, track: &mut Track, episode: u64, turn: &Turn, kind: NoticeKind, restated: bool) {
        let Some((severity, since)) = turn.firing else { return };
        track.told = Some((episode, severity, self.clock));
        let (alert, scope) = self.key;
        self.notices.push(Notice {
            alert,
            scope,
            episode,
            kind,
            severity,
            at: turn.at,
            since,
            value: turn.value,
            limit: turn.limit,
            restated,
        });
    }

    fn resolved(
        &mut self,
        track: &mut Track,
        (episode, severity, since): (u64, Severity, Instant),
        at: Instant,
        value: Option<Decimal>,
        restated: bool,
    ) {
        track.told = None;
        let (alert, scope) = self.key;
        let limit = self.rule.levels.iter().find(|level| level.severity == severity).and_then(|level| level.limit);
        self.notices.push(Notice { alert, scope, episode, kind: NoticeKind::Resolved, severity, at, since, value, limit, restated });
    }
}

/// The episode that is open.
fn current(track: &mut Track) -> Option<&mut Episode> {
    track.episodes.iter_mut().rev().find(|episode| episode.until.is_none() && !episode.withdrawn)
}

/// The episode of a recorded run.
fn episode_of(track: &Track, run: &Run) -> Option<u64> {
    track.episodes.iter().find(|episode| !episode.withdrawn && episode.from == run.from).map(|episode| episode.id)
}

/// The episode that a new run goes on with: the earliest recorded one that it overlaps, or else a withdrawn one.
fn matching(track: &Track, run: &Run, old: &[Run], used: &[u64]) -> Option<u64> {
    let recorded = old.iter().filter(|one| run.overlaps(one.from, one.until)).filter_map(|one| episode_of(track, one));
    let end = |one: &Episode| one.until.max(Some(Instant(one.from.0.saturating_add(1))));
    let withdrawn = track.episodes.iter().filter(|one| one.withdrawn && run.overlaps(one.from, end(one))).map(|one| one.id);
    recorded.chain(withdrawn).find(|id| !used.contains(id))
}

/// The worst severity of a run.
fn worst(track: &Track, run: &Run) -> Severity {
    let first = track.steps.partition_point(|step| step.at < run.from);
    let steps = track.steps.iter().skip(first).take_while(|step| run.until.is_none_or(|until| step.at < until));
    steps.filter_map(|step| step.machine.firing).map(|(severity, _)| severity).max().unwrap_or(Severity::Info)
}

/// The changes of firing in a list of steps.
fn turns(rule: &AlertRule, mut firing: Option<(Severity, Instant)>, steps: &[Step]) -> Vec<Turn> {
    let mut turns = Vec::new();
    for step in steps {
        if step.machine.firing != firing {
            firing = step.machine.firing;
            turns.push(turn(rule, step));
        }
    }
    turns
}

fn turn(rule: &AlertRule, step: &Step) -> Turn {
    let limit = step.machine.firing.and_then(|(severity, _)| limit(rule, severity));
    Turn { at: step.at, firing: step.machine.firing, value: step.value, limit }
}

/// The turn that brought the severity with which a run goes into what is looked at.
fn opening(rule: &AlertRule, track: &Track, start: Option<(Severity, Instant)>) -> Option<Turn> {
    let start = start?;
    let first = track.steps.partition_point(|step| step.at < start.1);
    let step = track.steps.iter().skip(first).find(|step| step.machine.firing == Some(start))?;
    Some(turn(rule, step))
}

/// The runs of firing in turns, from a place on; the first may be open already.
fn runs(opening: Option<Turn>, turns: &[Turn], from: usize) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for turn in opening.iter().chain(turns.iter().skip(from)) {
        let open = runs.last_mut().filter(|run| run.until.is_none());
        match (open, turn.firing) {
            (Some(run), firing) => {
                run.until = if firing.is_none() { Some(turn.at) } else { None };
                run.turns.push(turn.clone());
            }
            (None, Some((_, since))) => runs.push(Run { from: since, until: None, turns: vec![turn.clone()] }),
            (None, None) => {}
        }
    }
    runs
}

/// The limit of the line of this severity.
fn limit(rule: &AlertRule, severity: Severity) -> Option<Decimal> {
    rule.levels.iter().find(|level| level.severity == severity).and_then(|level| level.limit)
}
