//! The evaluator as the engine runs it: one step a turn, changes saved, restarts from what was saved.

use super::Case;
use std::collections::{BTreeMap, BTreeSet};
use steelyard::eval::{Bundle, Changes, MemoryHistory, Row, Saved, Scope, ScopeId, Sighted, State, Thing, Track, Version, VersionKey};
use steelyard::time::{Day, Instant};

/// The evaluator after a history, and the events behind it.
pub struct Replayed {
    /// The running state.
    pub state: State,
    /// Every stored row.
    pub history: MemoryHistory,
}

/// Feeds all turns.
pub fn replay(case: &Case) -> Result<Replayed, String> {
    let mut state = State::new(case.program.clone());
    let mut history = MemoryHistory::default();
    let mut disk = Disk::default();
    let mut seen = BTreeSet::new();
    for turn in &case.turns {
        // The engine drops repeated events before the evaluator sees them.
        let fresh: Vec<_> = turn.rows.iter().filter(|&&index| seen.insert(index)).map(|&index| case.rows[index].clone()).collect();
        fresh.iter().for_each(|row| history.push(row.clone()));
        state.step(fresh, turn.now, &history).map_err(|fault| fault.to_string())?;
        disk.save(state.take_changes());
        if turn.restart {
            state = State::restore(case.program.clone(), disk.saved(), &history).map_err(|fault| fault.to_string())?;
        }
    }
    Ok(Replayed { state, history })
}

/// What the store would hold: changes overwrite what they are about.
#[derive(Default)]
struct Disk {
    clock: Option<Instant>,
    next_episode: u64,
    scopes: BTreeMap<ScopeId, (Scope, Sighted)>,
    cells: BTreeMap<(ScopeId, Day), Bundle>,
    versions: BTreeMap<VersionKey, Vec<Version>>,
    things: BTreeMap<VersionKey, Thing>,
    states: Vec<Row>,
    tracks: BTreeMap<(usize, ScopeId), Track>,
}

impl Disk {
    fn save(&mut self, changes: Changes) {
        self.clock = Some(changes.clock);
        self.next_episode = changes.next_episode;
        self.scopes.extend(changes.scopes.into_iter().map(|(id, scope, first)| (id, (scope, first))));
        self.cells.extend(changes.cells.into_iter().map(|(scope, day, bundle)| ((scope, day), bundle)));
        self.versions.extend(changes.versions);
        self.things.extend(changes.things);
        self.states.extend(changes.states);
        for (rule, scope, track) in changes.tracks {
            put_over(self.tracks.entry((rule, scope)).or_default(), track);
        }
        for (rule, scope, at) in changes.gone {
            self.tracks.entry((rule, scope)).or_default().steps.retain(|step| step.at != at);
        }
    }

    fn saved(&self) -> Saved {
        Saved {
            clock: self.clock.unwrap(),
            next_episode: self.next_episode,
            scopes: self.scopes.iter().map(|(id, (scope, first))| (*id, scope.clone(), *first)).collect(),
            cells: self.cells.iter().map(|((scope, day), bundle)| (*scope, *day, bundle.clone())).collect(),
            versions: self.versions.iter().map(|(key, versions)| (*key, versions.clone())).collect(),
            things: self.things.iter().map(|(key, thing)| (*key, thing.clone())).collect(),
            states: self.states.clone(),
            tracks: self.tracks.iter().map(|((rule, scope), track)| (*rule, *scope, track.clone())).collect(),
            gone: Vec::new(),
        }
    }
}

/// Steps are known by their instants, episodes by their ids.
fn put_over(old: &mut Track, new: Track) {
    old.steps.retain(|step| new.steps.iter().all(|other| other.at != step.at));
    old.steps.extend(new.steps);
    old.steps.sort_by_key(|step| step.at);
    old.episodes.retain(|episode| new.episodes.iter().all(|other| other.id != episode.id));
    old.episodes.extend(new.episodes);
    old.episodes.sort_by_key(|episode| (episode.from, episode.id));
    (old.frontier, old.due, old.told) = (new.frontier, new.due, new.told);
}
