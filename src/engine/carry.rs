//! What passes from one version of a ruleset to the next: the alerts that people know of.
//!
//! 1. A rule is the same when its name is, a scope when its dimensions and values are.
//! 2. An alert that was open and told keeps its id if the new version has one open at the same rule and scope; the other
//!    alerts of the past keep theirs where they overlap in time.
//! 3. What fires now and was not told is told; what was told and fires no more is told to be over.

use super::loaded::Running;
use crate::compile::program::{Program, Severity};
use crate::eval::{Episode, Notice, NoticeKind, Saved, ScopeId, State, Track};
use crate::time::Instant;
use std::collections::{BTreeMap, HashMap};

/// The state of the new version, and what is to be told about the change.
pub struct Carried {
    /// Everything, ready to be restored and stored.
    pub saved: Saved,
    /// Notices of the new version.
    pub notices: Vec<Notice>,
    /// Notices of the version before: alerts whose rule or scope is no more.
    pub gone: Vec<Notice>,
}

/// A rule and a scope by their names.
type Place = (String, Vec<(String, Option<Box<str>>)>);

/// Carries the alerts of `before` over to a program that has read all stored events: all that is to be saved of its state.
pub fn carry(before: Option<&Running>, (program, state): (&Program, &State), mut saved: Saved, now: Instant) -> Carried {
    let mut known: HashMap<Place, (usize, ScopeId, Track)> = HashMap::new();
    if let Some(running) = before {
        for (rule, scope, track) in running.state.tracks() {
            if let Some(place) = place(&running.program, &running.state, rule, scope) {
                known.insert(place, (rule, scope, track.clone()));
            }
        }
    }
    let mut next_episode = before.map_or(1, |running| running.active.next_episode);
    let mut notices = Vec::new();
    for (rule, scope, track) in &mut saved.tracks {
        let old = place(program, state, *rule, *scope).and_then(|place| known.remove(&place)).map(|(_, _, track)| track);
        rename(track, old.as_ref(), &mut next_episode);
        notices.extend(tell(program, (*rule, *scope), track, old.as_ref(), now));
    }
    saved.next_episode = next_episode;
    let order: BTreeMap<(usize, ScopeId), Track> = known.into_values().map(|(rule, scope, track)| ((rule, scope), track)).collect();
    let gone = order.iter().filter_map(|((rule, scope), track)| resolved(*rule, *scope, track, now)).collect();
    Carried { saved, notices, gone }
}

/// What is to be told when a program goes out of use with no other after it.
pub fn resolve_all(running: &Running, now: Instant) -> Vec<Notice> {
    running.state.tracks().filter_map(|(rule, scope, track)| resolved(rule, scope, track, now)).collect()
}

fn place(program: &Program, state: &State, rule: usize, scope: ScopeId) -> Option<Place> {
    let scope = state.scope_of(scope)?;
    let dims = program.groupings.get(scope.grouping)?.iter().map(|dim| program.dims.get(*dim).cloned().unwrap_or_default());
    let mut named: Vec<_> = dims.zip(scope.values.iter().cloned()).collect();
    named.sort();
    Some((program.alerts.get(rule)?.name.clone(), named))
}

/// The episode that is open.
fn open(track: &Track) -> Option<&Episode> {
    track.episodes.iter().rev().find(|episode| episode.until.is_none() && !episode.withdrawn)
}

/// Gives the episodes of a track the ids under which people know them, and new ones to the others.
fn rename(track: &mut Track, old: Option<&Track>, next_episode: &mut u64) {
    let told = old.and_then(|old| old.told).map(|(id, _, _)| id);
    let mut left: Vec<&Episode> =
        old.map(|old| old.episodes.iter().filter(|episode| Some(episode.id) != told).collect()).unwrap_or_default();
    let has_open = open(track).is_some();
    for episode in &mut track.episodes {
        let is_open = episode.until.is_none() && !episode.withdrawn;
        if let (true, true, Some(told)) = (is_open, has_open, told) {
            episode.id = told;
            continue;
        }
        let overlaps = |other: &&Episode| {
            let before_end = |until: Option<Instant>, from: Instant| until.is_none_or(|until| from < until);
            before_end(other.until, episode.from) && before_end(episode.until, other.from)
        };
        episode.id = match left.iter().position(overlaps) {
            Some(at) => left.remove(at).id,
            None => {
                *next_episode += 1;
                *next_episode - 1
            }
        };
    }
}

/// Sets what has been told of a track, and returns what is to be told now.
fn tell(program: &Program, (rule, scope): (usize, ScopeId), track: &mut Track, old: Option<&Track>, now: Instant) -> Option<Notice> {
    let told = old.and_then(|old| old.told);
    let firing = track.steps.last().and_then(|step| step.machine.firing).zip(open(track).map(|episode| episode.id));
    let ((severity, since), episode) = match firing {
        Some(firing) => firing,
        None => {
            track.told = None;
            let old = old?;
            let (told, _, _) = told?;
            if track.episodes.iter().all(|episode| episode.id != told) {
                let known = old.episodes.iter().find(|episode| episode.id == told);
                track.episodes.extend(known.map(|known| Episode { until: Some(now), restated: true, withdrawn: true, ..known.clone() }));
                track.episodes.sort_by_key(|episode| episode.from);
            }
            return resolved(rule, scope, old, now);
        }
    };
    // The reminder counts from what was told, and the machine knows nothing of that yet: it looks at once.
    track.due = track.due.or(program.alerts.get(rule).and_then(|rule| rule.repeat_s).map(|_| now)).map(|due| due.min(now.plus_s(1)));
    match told {
        Some((id, before, at)) if before == severity => {
            track.told = Some((id, before, at));
            None
        }
        _ => {
            track.told = Some((episode, severity, now));
            Some(firing_notice(program, (rule, scope), track, episode, (severity, since), now))
        }
    }
}

fn firing_notice(
    program: &Program,
    (alert, scope): (usize, ScopeId),
    track: &Track,
    episode: u64,
    (severity, since): (Severity, Instant),
    now: Instant,
) -> Notice {
    let levels = program.alerts.get(alert).map_or(&[][..], |rule| rule.levels.as_slice());
    Notice {
        alert,
        scope,
        episode,
        kind: NoticeKind::Firing,
        severity,
        at: now,
        since,
        value: track.steps.last().and_then(|step| step.value),
        limit: levels.iter().find(|level| level.severity == severity).and_then(|level| level.limit),
        restated: false,
    }
}

/// The notice that an alert which was told is over.
fn resolved(alert: usize, scope: ScopeId, track: &Track, now: Instant) -> Option<Notice> {
    let (episode, severity, _) = track.told?;
    let known = track.episodes.iter().find(|known| known.id == episode);
    Some(Notice {
        alert,
        scope,
        episode,
        kind: NoticeKind::Resolved,
        severity,
        at: now,
        since: known.map_or(now, |known| known.from),
        value: None,
        limit: None,
        restated: true,
    })
}
