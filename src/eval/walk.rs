//! Walking one alert track again through a past that late rows have changed.
//!
//! 1. The track goes back to its last step before the change.
//! 2. It is evaluated at every instant at which something of its scope changes: rows, replacements, turning days, deadlines;
//!    or at those of the rule's schedule.
//! 3. Once the change has left every window and the machine is as it was recorded, the rest of the record stands.

use super::alarm::{advance, begins, due, idle, look, looked_at, runs_out, turns};
use super::apply::Touched;
use super::bundle::Series;
use super::glance::Passing;
use super::recent::{OfScope, Recent};
use super::rows::{item, placed, zone_of};
use super::run::Run;
use super::sight::Overlay;
use super::sliding::ranges;
use super::state::State;
use super::step::Key;
use super::window::{days, seconds};
use super::{Fault, Machine, Row, ScopeId, Step, Track};
use crate::compile::program::{AlertRule, EventIdx, LeafIdx, Window, ZoneIdx};
use crate::time::{Day, Instant, Period};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The part of the past that changed for one track.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rewind {
    from: Instant,
    until: Instant,
    day: Day,
    /// When the scope, or one that it is looked at with, was first seen has changed.
    sighted: bool,
}

impl Rewind {
    pub(super) fn new(from: Instant) -> Rewind {
        Rewind { from, until: from, day: Day(i32::MIN), sighted: false }
    }

    /// The instant before the change.
    pub(super) fn before(&self) -> Instant {
        Instant(self.from.0.saturating_sub(1))
    }

    /// Takes in one more change.
    pub(super) fn extend(&mut self, touch: &Touched) {
        self.reach(touch.until, touch.day);
        self.sighted |= touch.event.is_none();
    }

    /// Takes in cells of a day that changed up to an instant.
    pub(super) fn reach(&mut self, until: Instant, day: Day) {
        self.until = self.until.max(until);
        self.day = self.day.max(day);
    }
}

/// Walks a track from the change to the clock; gives back the steps that were recorded from there on.
pub(super) fn walk(
    state: &State,
    recent: &mut Recent<'_>,
    (rule_idx, scope): (usize, ScopeId),
    rewind: Rewind,
    clock: Instant,
    track: &mut Track,
) -> Result<Vec<Step>, Fault> {
    let cut = track.steps.partition_point(|step| step.at < rewind.from);
    let old = track.steps.split_off(cut);
    let Some(rule) = state.program.alerts.get(rule_idx) else { return Ok(old) };
    let recorded_until = track.frontier;
    let zone = state.zone_of(scope);
    let settled = settled_from(state, recent, ((rule_idx, scope), zone), rewind);
    let mut overlay = Overlay::default();
    let around = state.around(rule_idx, scope);
    let mut feeds = feeds(state, rule_idx, around, rewind.from);
    feeds.extend(rate_feeds(state, rule_idx, rewind.from));
    feeds.extend(told_feeds(state, rule_idx, rewind.from));
    let sightings = state.sightings(rule_idx, scope);
    let first = state.places.get(scope).map_or(rewind.from, |place| rewind.from.max(place.first));
    let mut at = looked_at(&state.program, zone, rule, first);
    if at > clock && first <= clock {
        // What was seen before the change stands, and the schedule has not come since.
        track.frontier = recorded_until.filter(|until| *until < rewind.from);
        return Ok(old);
    }
    if at > clock {
        // The scope turns out never to have been.
        track.frontier = None;
        return Ok(old);
    }
    let mut passing = Passing::of(state, rule_idx);
    loop {
        pass(state, recent, &mut feeds, (&mut overlay, &mut passing), state.looks_elsewhere(rule_idx), at)?;
        let last = track.steps.last().map(|step| &step.machine);
        let (machine, value) = see((state, recent, &mut overlay, &mut passing), ((rule_idx, scope), rule), last, at)?;
        let as_recorded = Some(at) <= recorded_until
            && at >= settled
            && !differs(recorded_at(track.steps.get(..cut).unwrap_or_default(), &old, at), &machine, rule.levels.len());
        let by_time = if as_recorded { None } else { next_due(state, recent, &mut passing, ((rule_idx, scope), rule), &machine, at)? };
        push(track, Step { at, machine, value }, rule.levels.len());
        if as_recorded {
            track.steps.extend(old.iter().filter(|step| step.at > at).cloned());
            track.frontier = recorded_until;
            break;
        }
        track.frontier = Some(at);
        let by_rows = next_row(state, recent, &mut feeds)?.into_iter().chain(overlay.next_replacement(at));
        let by_rows = by_rows.chain(sightings.iter().filter(|first| **first > at).min().copied());
        let next = by_time.into_iter().chain(by_rows).min().map(|change| looked_at(&state.program, zone, rule, change));
        match next.filter(|next| *next <= clock) {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(old)
}

/// What a walk looks with.
type Looking<'a, 's, 'h> = (&'s State, &'a mut Recent<'h>, &'a mut Overlay, &'a mut Option<Passing<'s>>);

/// The machine at an instant and, when it changes, the value that goes with it.
fn see(
    (state, recent, overlay, passing): Looking<'_, '_, '_>,
    (key, rule): (Key, &AlertRule),
    last: Option<&Machine>,
    at: Instant,
) -> Result<(Machine, Option<Decimal>), Fault> {
    let zone = state.program.zone_at(state.zone_of(key.1));
    if let Some(passing) = passing
        && let Some(seen) = passing.glance((state, recent, overlay), (key, rule), at)?
    {
        #[cfg(test)]
        look(state, recent, overlay, (rule, key.1), at)?.agrees(&seen);
        let machine = advance(rule, last, &seen, at, zone);
        if !differs(last, &machine, rule.levels.len()) {
            return Ok((machine, None));
        }
    }
    let seen = look(state, recent, overlay, (rule, key.1), at)?;
    Ok((advance(rule, last, &seen, at, zone), seen.value))
}

/// The next instant at which time alone can change the machine.
fn next_due(
    state: &State,
    recent: &mut Recent<'_>,
    passing: &mut Option<Passing<'_>>,
    (key, rule): (Key, &AlertRule),
    machine: &Machine,
    at: Instant,
) -> Result<Option<Instant>, Fault> {
    let Some(passing) = passing else { return due(state, recent, key, Some(machine), at) };
    let zone = state.zone_of(key.1);
    let by_machine = runs_out(recent, (rule, zone), Some(machine), at);
    let by_time = match passing.turns((&mut recent.calendars, zone), at) {
        (_, Some(known)) => known,
        (day, None) => {
            let found = turns(state, recent, key, at)?;
            passing.remember_turns(day, found);
            found
        }
    };
    Ok(by_machine.into_iter().chain(by_time).min())
}

/// Notes a step, if the machine changed.
pub(super) fn push(track: &mut Track, step: Step, levels: usize) -> bool {
    let changed = differs(track.steps.last().map(|last| &last.machine), &step.machine, levels);
    if changed {
        // There are many tracks of few steps: they get no more room than they need.
        if track.steps.len() == track.steps.capacity() {
            track.steps.reserve_exact(1 + track.steps.len() / 4);
        }
        track.steps.push(step);
    }
    changed
}

/// Whether a machine is another one than before; before anything was seen it is idle.
pub(super) fn differs(before: Option<&Machine>, now: &Machine, levels: usize) -> bool {
    before.map_or_else(|| *now != idle(levels), |before| before != now)
}

/// What the record says of an instant; None before anything was seen.
fn recorded_at<'t>(kept: &'t [Step], old: &'t [Step], at: Instant) -> Option<&'t Machine> {
    let place = old.partition_point(|step| step.at <= at);
    let step = match place.checked_sub(1) {
        Some(place) => old.get(place),
        None => kept.last(),
    };
    step.map(|step| &step.machine)
}

/// The instant from which the changed cells lie in no window of the rule any more.
fn settled_from(state: &State, recent: &mut Recent<'_>, ((rule, scope), zone): (Key, ZoneIdx), rewind: Rewind) -> Instant {
    if state.plan.turning.get(rule).is_some_and(|turning| turning.reach > 0 || turning.carries) {
        return Instant(i64::MAX);
    }
    // Up to the day from which all windows say something of the scope, any row before their ends may be the first.
    if rewind.sighted && state.plan.looks_back(rule) || !begins(state, recent, ((rule, scope), zone), rewind.from).is_empty() {
        return Instant(i64::MAX);
    }
    let mut settled = Instant(rewind.until.0.saturating_add(1));
    match rewind.day {
        Day(i32::MIN) => return settled,
        Day(i32::MAX) => return Instant(i64::MAX),
        _ => {}
    }
    let (day, reckoning) = (rewind.day, state.program.reckoning);
    for (_, window) in state.plan.reads.get(rule).into_iter().flatten() {
        let gone = match window {
            Window::Days { length, ending } => recent.calendars.at(zone).start_of(day.plus(days(*length)).plus(days(*ending))),
            // Other scopes that the rule looks at have days of their own.
            Window::Elapsed { length_s, ending_s } => {
                let end = recent.calendars.at(state.program.n_zones() - 1).end_of(day);
                end.plus_s(seconds(*length_s)).plus_s(seconds(*ending_s))
            }
            Window::Period { grain, previous } => {
                let period = Period::holding(*grain, day, reckoning);
                let last = if *previous { period.next(reckoning).last } else { period.last };
                recent.calendars.at(zone).end_of(last)
            }
            Window::Periods { grain, count, back } => recent.calendars.at(zone).end_of(Run::gone((*grain, *count, *back), day, reckoning)),
            Window::Occasion(_) | Window::All => Instant(i64::MAX),
        };
        settled = settled.max(gone);
    }
    settled
}

/// The rows of one event type at a scope that the walk's is made up of, in order; of rates, at that of everything.
struct Feed {
    event: EventIdx,
    scope: ScopeId,
    leaves: Vec<LeafIdx>,
    replaces: bool,
    /// Where rows may be: sorted, apart from one another.
    ranges: Vec<(Instant, Instant)>,
    range: usize,
    from: Instant,
    part: Option<OfScope>,
    place: usize,
}

fn feeds(state: &State, rule: usize, scope: ScopeId, from: Instant) -> Vec<Feed> {
    let event_of = |leaf: &LeafIdx| state.program.leaves.get(*leaf).map(|leaf| leaf.event);
    let mut read: BTreeMap<(EventIdx, ScopeId), Vec<LeafIdx>> = BTreeMap::new();
    for (leaf, scope) in state.sources(rule, scope) {
        if let Some(event) = event_of(&leaf) {
            read.entry((event, scope)).or_default().push(leaf);
        }
    }
    read.into_iter().map(|(place, leaves)| feed(state, leaves, place, from)).collect()
}

/// The rates by which a rule converts money.
fn rate_feeds(state: &State, rule: usize, from: Instant) -> Vec<Feed> {
    let Some(workspace) = state.workspace() else { return Vec::new() };
    let sources: BTreeSet<_> = state.rates_of(rule).map(|source| (source.event, source.leaf)).collect();
    sources.into_iter().map(|(event, leaf)| feed(state, vec![leaf], (event, workspace), from)).collect()
}

/// The told rows of the tables in which a rule looks something up. They lie in cells of other scopes than that of everything, and
/// are few: each lets all of them be built again.
fn told_feeds(state: &State, rule: usize, from: Instant) -> Vec<Feed> {
    let Some(workspace) = state.workspace() else { return Vec::new() };
    let feeds = state.tellings(rule).map(|(event, leaf)| feed(state, vec![leaf], (event, workspace), from));
    feeds.map(|feed| Feed { replaces: true, ..feed }).collect()
}

fn feed(state: &State, leaves: Vec<LeafIdx>, (event, scope): (EventIdx, ScopeId), from: Instant) -> Feed {
    let cells = leaves.iter().filter_map(|leaf| state.series(*leaf, scope)).flat_map(Series::cells);
    let ranges = ranges(cells.filter(|cell| cell.last >= from).map(|cell| (cell.first.max(from), cell.last)));
    let replaces = state.program.events.get(event).is_some_and(|event| !event.replaces_by.is_empty());
    Feed { event, scope, leaves, replaces, ranges, range: 0, from, part: None, place: 0 }
}

impl Feed {
    /// The next row.
    fn peek(&mut self, state: &State, recent: &mut Recent<'_>) -> Result<Option<&Row>, Fault> {
        loop {
            if let Some(part) = &self.part {
                let row = |place: usize| part.places.get(place).and_then(|place| part.chunk.rows.get(*place));
                while row(self.place).is_some_and(|row| row.time < self.from) {
                    self.place += 1;
                }
                if row(self.place).is_some() {
                    break;
                }
                self.from = self.from.max(Instant(part.chunk.to.0.saturating_add(1)));
                self.part = None;
            }
            while self.ranges.get(self.range).is_some_and(|range| range.1 < self.from) {
                self.range += 1;
            }
            let Some(range) = self.ranges.get(self.range) else { return Ok(None) };
            self.from = self.from.max(range.0);
            self.part = Some(recent.of_scope(self.event, self.from, self.scope, &state.plan, &state.places)?);
            self.place = 0;
        }
        let part = self.part.as_ref();
        Ok(part.and_then(|part| part.chunk.rows.get(*part.places.get(self.place)?)))
    }
}

/// Lets all rows and replacements up to an instant take part.
fn pass(
    state: &State,
    recent: &mut Recent<'_>,
    feeds: &mut [Feed],
    (overlay, passing): (&mut Overlay, &mut Option<Passing<'_>>),
    all: bool,
    at: Instant,
) -> Result<(), Fault> {
    let mut replaced = overlay.pass(at, &state.program.leaves);
    for feed in feeds {
        let leaves = std::mem::take(&mut feed.leaves);
        let (replaces, event, scope) = (feed.replaces, feed.event, feed.scope);
        while let Some(row) = feed.peek(state, recent)?.filter(|row| row.time <= at) {
            if replaces {
                overlay.forget(event, &state.program.leaves);
                replaced = true;
            } else {
                let zone = zone_of(&state.program, row);
                for leaf in &leaves {
                    if let Some(decl) = state.program.leaves.get(*leaf)
                        && let Some(day) = placed(decl, row, |instant| zone.day_of(instant))
                    {
                        if all {
                            scopes_of(state, row, *leaf).for_each(|scope| overlay.add((*leaf, decl), scope, row, day, zone));
                        } else {
                            overlay.add((*leaf, decl), scope, row, day, zone);
                        }
                        if let Some(passing) = passing.as_mut().filter(|passing| passing.holds(*leaf))
                            && let Some(item) = item(decl, row, zone)
                        {
                            passing.add(*leaf, day, item);
                        }
                    }
                }
            }
            feed.place += 1;
        }
        feed.leaves = leaves;
    }
    if let Some(passing) = passing.as_mut().filter(|_| replaced) {
        passing.forget();
    }
    Ok(())
}

/// The scopes whose cells of a leaf a row belongs to.
fn scopes_of(state: &State, row: &Row, leaf: LeafIdx) -> impl Iterator<Item = ScopeId> {
    let belongs = state.plan.events.get(row.event).into_iter().flatten();
    let keeps = belongs.filter(move |belongs| belongs.leaves.iter().any(|kept| kept.leaf == leaf));
    keeps.filter_map(|belongs| state.places.find_row(belongs, row))
}

/// The time of the next row.
fn next_row(state: &State, recent: &mut Recent<'_>, feeds: &mut [Feed]) -> Result<Option<Instant>, Fault> {
    let mut next: Option<Instant> = None;
    for feed in feeds {
        let time = feed.peek(state, recent)?.map(|row| row.time);
        next = next.into_iter().chain(time).min();
    }
    Ok(next)
}
