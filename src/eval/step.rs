//! One step: rows in, time forward, notices out.
//!
//! 0. Rows that entities fold bring forth their states, which are rows like the others from then on.
//! 1. Rows later than the new clock wait; waiting rows that the clock has passed come due.
//! 2. All rows of the step are applied in order of time, late or new, the ones of one instant together. Before each instant, tracks
//!    that time alone has moved are brought up to it.
//! 3. A touched track that has seen nothing later is evaluated at that instant, or at the next one of its rule's schedule. One that
//!    has seen time pass, but no row from then on, goes back to that instant first; another one is put down to be walked again.
//! 4. The tracks put down are walked from the first change ([`super::walk`]), the others are brought up to the clock.
//! 5. What differs from the record is told ([`super::tell`]).

use super::alarm::{advance, look, looked_at, runs_out, turns};
use super::apply::{Arrival, Touched};
use super::calendar::Calendars;
use super::convert::reaches;
use super::fold::Whole;
use super::grow::Columned;
use super::places::Place;
use super::recent::Recent;
use super::rows::rank;
use super::sight::Overlay;
use super::state::State;
use super::tracks::Remembered;
use super::walk::{Rewind, differs, push, walk};
use super::window::seconds;
use super::{Fault, History, Notice, Row, ScopeId, Step};
use crate::compile::program::{AlertRule, ZoneIdx};
use crate::time::{Day, Instant};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A track: alert rule and scope.
pub(super) type Key = (usize, ScopeId);

/// What a track's record was before the step, as far as it changed.
#[derive(Debug, Default)]
pub(super) struct Recorded {
    /// So many steps are as they were.
    pub(super) kept: usize,
    /// The steps that followed.
    pub(super) removed: Vec<Step>,
    /// The instant up to which it had been looked at.
    pub(super) until: Option<Instant>,
    /// It went back, so that what comes after the rows of now has not been looked at any more.
    went_back: bool,
}

impl Recorded {
    /// Takes in that steps from a place on were removed, of which the first may be recorded ones.
    fn remove(&mut self, cut: usize, mut old: Vec<Step>) {
        if cut < self.kept {
            old.truncate(self.kept - cut);
            old.append(&mut self.removed);
            (self.kept, self.removed) = (cut, old);
        }
    }
}

/// A step under way.
struct Stepping<'s, 'h> {
    state: &'s mut State,
    recent: Recent<'h>,
    clock: Instant,
    recorded: BTreeMap<Key, Recorded>,
    rewinds: BTreeMap<Key, Rewind>,
    reminders: BTreeSet<Key>,
}

impl State {
    /// Takes new rows, which `history` must already hold, and reads time forward to `now` (never back). Tells what the
    /// alerts have to say about it, alert by alert, each in the order of what happened.
    ///
    /// # Errors
    /// When the history cannot be read; the state must then be dropped.
    pub fn step(&mut self, rows: Vec<Row>, now: Instant, history: &dyn History) -> Result<Vec<Notice>, Fault> {
        self.step_over((rows, None), now, history)
    }

    /// A step over rows and columns.
    pub(super) fn step_over(
        &mut self,
        (rows, columns): (Vec<Row>, Columned<'_>),
        now: Instant,
        history: &dyn History,
    ) -> Result<Vec<Notice>, Fault> {
        let clock = self.clock.max(now);
        let mut rows = rows;
        let states = self.folding.take(&self.program, &rows);
        rows.extend(states);
        // The states are read while the rest of the state changes.
        let states = std::mem::take(&mut self.folding.states);
        let program = Arc::clone(&self.program);
        let notices = self.step_with((rows, columns), clock, &Whole { stored: history, states: &states, program: &program });
        self.folding.states = states;
        notices
    }

    /// A step over rows, the states that follow from them, and columns.
    fn step_with(&mut self, (rows, columns): (Vec<Row>, Columned<'_>), clock: Instant, history: &Whole<'_>) -> Result<Vec<Notice>, Fault> {
        let batch = self.take_in(rows, clock);
        let cut = batch.first().map_or(clock, |first| first.row.time);
        let empty = Calendars::new(&self.program);
        let kept = (std::mem::replace(&mut self.calendars, empty), std::mem::take(&mut self.windows));
        let recent = Recent::new(history, kept, cut);
        let (recorded, rewinds, reminders) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let mut stepping = Stepping { state: self, recent, clock, recorded, rewinds, reminders };
        let mut groups = batch.chunk_by(|a, b| a.row.time == b.row.time).peekable();
        if let Some((bulk, texts)) = columns {
            for (place, from) in bulk.ready(clock) {
                while let Some(group) = groups.next_if(|group| group.first().is_some_and(|first| first.row.time < from)) {
                    stepping.group(group)?;
                }
                stepping.tracks_up_to(Instant(from.0.saturating_sub(1)))?;
                let Some(taken) = bulk.take(place) else { continue };
                for (event, grouping, part) in taken.parts {
                    let woken = stepping.state.join((event, taken.day), grouping, part, texts);
                    woken.into_iter().for_each(|(key, when)| stepping.joined(key, when, taken.day));
                }
            }
        }
        for group in groups {
            stepping.group(group)?;
        }
        stepping.walk_again()?;
        stepping.tracks_up_to(clock)?;
        stepping.finish()
    }

    /// Sorts the rows that time has reached, numbers their scopes, and lets the others wait.
    fn take_in(&mut self, rows: Vec<Row>, clock: Instant) -> Vec<Arrival> {
        let mut batch = Vec::with_capacity(rows.len());
        for row in rows {
            if row.time > clock {
                self.waiting.entry(row.time).or_default().push(row);
            } else {
                batch.push(row);
            }
        }
        while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() <= clock) {
            batch.extend(entry.remove());
        }
        batch.sort_unstable_by_key(rank);
        batch.into_iter().map(|row| self.arrive(row)).collect()
    }

    /// Sees to it that a track whose rule has a schedule is looked at when that says so next.
    pub(super) fn expect_from(&mut self, key: Key, at: Instant) {
        let program = Arc::clone(&self.program);
        let Some(rule) = program.alerts.get(key.0).filter(|rule| rule.schedule.is_some()) else { return };
        let zone = self.zone_of(key.1);
        let next = self.looks.next_from(&program, (key.0, rule), zone, at);
        if self.track_of(key).is_some_and(|track| track.due.is_none_or(|due| next < due)) {
            self.set_due(key, Some(next));
        }
    }

    /// The latest instant at which a track was looked at, when all that was due by another instant is done. With a schedule, looks at
    /// which nothing could have changed are left out: they count as done.
    fn looked_until(&self, key: Key, done: Instant) -> Option<Instant> {
        let frontier = self.track(key.0, key.1)?.frontier?;
        let schedule = self.program.alerts.get(key.0).and_then(|rule| rule.schedule);
        let last = schedule.map(|schedule| schedule.last_until(done, self.program.zone_at(self.zone_of(key.1)), self.program.reckoning));
        Some(last.map_or(frontier, |last| last.max(frontier)))
    }

    /// Sets when a track must be looked at next.
    fn set_due(&mut self, key: Key, due: Option<Instant>) {
        let Some(Remembered { track, .. }) = self.tracks.get_mut(&self.places, key) else { return };
        if track.due != due {
            due.into_iter().for_each(|due| self.due.insert(due, key));
            if let Some(old) = std::mem::replace(&mut track.due, due) {
                self.due.remove(old, key);
            }
            self.dirty_tracks.entry(key).or_default();
        }
    }
}

impl Stepping<'_, '_> {
    /// Applies the rows of one instant.
    fn group(&mut self, arrivals: &[Arrival]) -> Result<(), Fault> {
        let Some(at) = arrivals.first().map(|first| first.row.time) else { return Ok(()) };
        self.tracks_up_to(Instant(at.0.saturating_sub(1)))?;
        let mut touched = Vec::new();
        for arrival in arrivals {
            self.state.apply(&mut self.recent, arrival, &mut touched)?;
        }
        self.state.climb(&mut touched, at);
        let plan = Arc::clone(&self.state.plan);
        let mut awake: BTreeSet<Key> = BTreeSet::new();
        for touch in &touched {
            self.touch_everywhere(touch, at, &mut awake);
            for (key, touch) in self.state.woken_above(touch, at) {
                if self.must_walk(key, &touch, at) {
                    awake.remove(&key);
                } else {
                    awake.insert(key);
                }
            }
            let Some((scope, is_open)) = self.state.places.get(touch.scope).map(|place| (&place.scope, place.is_open)) else { continue };
            if !scope.is_named() || is_open {
                continue;
            }
            let grouping = scope.grouping;
            for key in self.state.concerned(touch) {
                let exists = self.state.places.get(key.1).is_some_and(|place| place.first <= at);
                if self.must_walk(key, touch, at) {
                    awake.remove(&key);
                } else if exists {
                    awake.insert(key);
                }
            }
            let rules = match touch.event {
                None => plan.rules.get(grouping),
                Some(event) => {
                    plan.events.get(event).and_then(|list| list.iter().find(|one| one.grouping == grouping)).map(|one| &one.rules)
                }
            };
            for rule in rules.into_iter().flatten() {
                let key = (*rule, touch.scope);
                if self.must_walk(key, touch, at) {
                    awake.remove(&key);
                } else {
                    awake.insert(key);
                }
            }
        }
        for key in awake {
            self.wake(key, at)?;
        }
        Ok(())
    }

    /// Looks at a touched track at once, or sees to it that it is looked at when its schedule says so: with all rows of that
    /// instant.
    fn wake(&mut self, key: Key, at: Instant) -> Result<(), Fault> {
        let program = Arc::clone(&self.state.program);
        if program.alerts.get(key.0).is_none_or(|rule| rule.schedule.is_none()) {
            return self.observe(key, at, false);
        }
        self.state.expect_from(key, at);
        Ok(())
    }

    /// Sees to it that a track whose cells of a day changed between two instants is looked at; one that was put down sees them when it
    /// is walked again.
    fn joined(&mut self, key: Key, (from, until): (Instant, Instant), day: Day) {
        match self.rewinds.get_mut(&key) {
            Some(rewind) => rewind.reach(until, day),
            None => self.state.expect_from(key, from),
        }
    }

    /// A rate and a told row of a table hold for every scope: whatever converts money by the one, or looks something up in the
    /// table of the other, is touched.
    fn touch_everywhere(&mut self, touch: &Touched, at: Instant, awake: &mut BTreeSet<Key>) {
        let state = &*self.state;
        let Some(event) = touch.event else { return };
        let source = state.program.rates.sources().find(|source| source.event == event);
        let tells = state.plan.tells.get(event).copied().unwrap_or(false);
        if source.is_none() && !tells || state.workspace() != Some(touch.scope) {
            return;
        }
        if let Some(day) = source.map(|source| reaches(&state.program, source, touch.day)) {
            let touch = Touched { day, ..*touch };
            self.touch_rules(&touch, at, awake, |state, rule| state.rates_of(rule).any(|own| own.event == event));
        }
        if tells {
            // It counts from its day on for ever.
            let touch = Touched { day: Day(i32::MAX), ..*touch };
            self.touch_rules(&touch, at, awake, |state, rule| state.tellings(rule).any(|(own, _)| own == event));
        }
    }

    /// Touches some rules at every scope that they are looked at for.
    fn touch_rules(&mut self, touch: &Touched, at: Instant, awake: &mut BTreeSet<Key>, concerned: impl Fn(&State, usize) -> bool) {
        let state = &*self.state;
        let mut keys = Vec::new();
        for (rule, decl) in state.program.alerts.iter().enumerate().filter(|(rule, _)| concerned(state, *rule)) {
            let seen = |place: &Place| place.scope.grouping == decl.grouping && place.scope.is_named() && place.first < Instant(i64::MAX);
            keys.extend(state.places.all().filter(|(_, place)| seen(place)).map(|(scope, _)| (rule, scope)));
        }
        for key in keys {
            if self.must_walk(key, touch, at) {
                awake.remove(&key);
            } else {
                awake.insert(key);
            }
        }
    }

    /// Whether a touched track must go back; if so it is put down, and time leaves it alone until then.
    fn must_walk(&mut self, key: Key, touch: &Touched, at: Instant) -> bool {
        let known = self.rewinds.contains_key(&key);
        let track = self.state.track(key.0, key.1);
        let scheduled = self.state.program.alerts.get(key.0).filter(|rule| rule.schedule.is_some());
        // The instants of a schedule up to the clock are over, whether or not the scope was known by then.
        let missed = scheduled.is_some_and(|rule| looked_at(&self.state.program, self.state.zone_of(key.1), rule, at) <= self.state.clock);
        let seen_later = missed || track.is_some_and(|track| track.frontier >= Some(at));
        // Of a scope that is new, other scopes may have seen something later, and later rates or rows of tables may be known.
        let everywhere = || self.state.rates_of(key.0).next().is_some() || self.state.tellings(key.0).next().is_some();
        let elsewhere = || self.state.looks_elsewhere(key.0) || everywhere();
        let ahead = touch.ahead || (touch.event.is_none() && elsewhere()) || self.state.is_late(key, touch, at);
        if !known && !ahead && (!seen_later || self.go_back(key, at)) {
            return false;
        }
        // How many parts there are matters for ever.
        let day = if touch.event.is_none() && self.state.looks_elsewhere(key.0) { Day(i32::MAX) } else { touch.day };
        self.rewinds.entry(key).or_insert_with(|| Rewind::new(at)).extend(&Touched { day, ..*touch });
        self.state.set_due(key, None);
        true
    }

    /// Lets a track that has seen time pass, but no row since an instant, forget what it saw from there on: it is evaluated again as if
    /// that time were still to come. False when there are such rows, or may be.
    fn go_back(&mut self, key: Key, at: Instant) -> bool {
        let last = self.state.places.get(key.1).map(|place| place.changed);
        if !self.state.glances.sees_alone(key.0) || last > Some(at) {
            return false;
        }
        let before = Instant(at.0.saturating_sub(1));
        let until = self.state.looked_until(key, self.state.clock.max(before));
        let Some(track) = self.state.track_of(key) else { return false };
        let cut = track.steps.partition_point(|step| step.at < at);
        let kept = track.steps.len();
        let recorded = self.recorded.entry(key).or_insert_with(|| Recorded { kept, until, ..Recorded::default() });
        recorded.went_back = true;
        if cut < kept {
            recorded.remove(cut, track.steps.split_off(cut));
        }
        track.frontier = track.frontier.min(Some(before));
        true
    }

    /// Brings every track that time alone has moved up to an instant.
    fn tracks_up_to(&mut self, until: Instant) -> Result<(), Fault> {
        while let Some((at, key)) = self.state.due.pop(until) {
            if let Some(known) = self.state.tracks.get_mut(&self.state.places, key) {
                known.track.due = None;
            }
            self.observe(key, at, true)?;
        }
        Ok(())
    }

    /// Evaluates a track at an instant later than all it has seen, from the cells as they stand: because a row has come, or by time.
    fn observe(&mut self, key: Key, at: Instant, by_time: bool) -> Result<(), Fault> {
        let program = Arc::clone(&self.state.program);
        let Some(rule) = program.alerts.get(key.0) else { return Ok(()) };
        // A reminder comes between the instants of a schedule.
        let zone = self.state.zone_of(key.1);
        let next = self.state.looks.next_from(&program, (key.0, rule), zone, at);
        if next > at {
            self.settle_by(key, Some(next));
            return Ok(());
        }
        if self.stays((key, rule), zone, at, by_time)? {
            self.state.track_of(key).into_iter().for_each(|track| track.frontier = Some(at));
            return self.settle(key, at);
        }
        let seen = look(self.state, &mut self.recent, &mut Overlay::default(), (rule, key.1), at)?;
        let Some(Remembered { track, .. }) = self.state.tracks.entry(&self.state.places, key) else { return Ok(()) };
        let machine = advance(rule, track.steps.last().map(|step| &step.machine), &seen, at, program.zone_at(zone));
        let (kept, until) = (track.steps.len(), track.frontier);
        if push(track, Step { at, machine, value: seen.value }, rule.levels.len()) {
            self.recorded.entry(key).or_insert_with(|| Recorded { kept, until, ..Recorded::default() });
        }
        track.frontier = Some(at);
        self.settle(key, at)
    }

    /// Whether a glance is enough to see that the machine of a track stays as it is.
    fn stays(&mut self, (key, rule): (Key, &AlertRule), zone: ZoneIdx, at: Instant, by_time: bool) -> Result<bool, Fault> {
        let Some(seen) = self.state.glance(&mut self.recent.calendars, (key, rule), at, by_time) else { return Ok(false) };
        #[cfg(test)]
        look(self.state, &mut self.recent, &mut Overlay::default(), (rule, key.1), at)?.agrees(&seen);
        let before = self.state.track(key.0, key.1).and_then(|track| track.steps.last()).map(|step| &step.machine);
        let machine = advance(rule, before, &seen, at, self.state.program.zone_at(zone));
        Ok(!differs(before, &machine, rule.levels.len()))
    }

    /// When a track must be looked at next, though nothing arrives, from the instant it was last looked at.
    fn due(&mut self, key: Key, at: Instant) -> Result<Option<Instant>, Fault> {
        let program = Arc::clone(&self.state.program);
        let Some(rule) = program.alerts.get(key.0) else { return Ok(None) };
        let zone = self.state.zone_of(key.1);
        let machine = self.state.track(key.0, key.1).and_then(|track| track.steps.last()).map(|step| &step.machine);
        let by_machine = runs_out(&mut self.recent, (rule, zone), machine, at);
        let day = self.recent.calendars.at(zone).day_of(at);
        let by_time = match self.state.known_turns(key, (zone, day)) {
            Some(known) => known,
            None => {
                let found = turns(self.state, &mut self.recent, key, at)?;
                self.state.remember_turns(key, day, found);
                found
            }
        };
        let change = by_machine.into_iter().chain(by_time).min();
        Ok(change.map(|change| self.state.looks.next_from(&program, (key.0, rule), zone, change)))
    }

    /// Computes when a track must be looked at next, from the instant it was last looked at.
    fn settle(&mut self, key: Key, at: Instant) -> Result<(), Fault> {
        let due = self.due(key, at)?;
        self.settle_by(key, due);
        Ok(())
    }

    /// Puts down when a track must be looked at next, or reminded of.
    fn settle_by(&mut self, key: Key, due: Option<Instant>) {
        let reminder = self.reminder(key);
        if reminder.is_some_and(|reminder| reminder <= self.clock) {
            self.reminders.insert(key);
        }
        let reminder = reminder.filter(|reminder| *reminder > self.clock);
        self.state.set_due(key, due.into_iter().chain(reminder).min());
    }

    /// When the channels of a firing alert must be reminded.
    fn reminder(&self, key: Key) -> Option<Instant> {
        let repeat_s = self.state.program.alerts.get(key.0)?.repeat_s?;
        let (_, _, told) = self.state.track(key.0, key.1)?.told?;
        Some(told.plus_s(seconds(repeat_s)))
    }

    /// Walks the tracks again whose past has changed.
    fn walk_again(&mut self) -> Result<(), Fault> {
        for (key, rewind) in std::mem::take(&mut self.rewinds) {
            let went_back = self.recorded.get(&key).is_some_and(|recorded| recorded.went_back);
            let done = if went_back { rewind.before() } else { self.state.clock.max(rewind.before()) };
            let until = self.state.looked_until(key, done);
            let mut track = self.state.track_of(key).map(std::mem::take).unwrap_or_default();
            track.frontier = until;
            let known = track.steps.len();
            let old = walk(self.state, &mut self.recent, key, rewind, self.clock, &mut track)?;
            let recorded = self.recorded.entry(key).or_insert_with(|| Recorded { kept: known, until, ..Recorded::default() });
            recorded.remove(known - old.len(), old);
            let frontier = track.frontier;
            self.state.track_of(key).into_iter().for_each(|kept| *kept = std::mem::take(&mut track));
            match frontier {
                // Rows may have come after the last look: the next one sees them.
                Some(frontier) if self.has_schedule(key) => self.settle_by(key, self.next_look(key, frontier)),
                Some(frontier) => self.settle(key, frontier)?,
                None => self.state.set_due(key, self.next_look(key, self.clock)),
            }
        }
        Ok(())
    }

    fn has_schedule(&self, key: Key) -> bool {
        self.state.program.alerts.get(key.0).is_some_and(|rule| rule.schedule.is_some())
    }

    /// The first look after an instant at a scope that exists by now, if the rule has a schedule.
    fn next_look(&self, key: Key, after: Instant) -> Option<Instant> {
        let program = &self.state.program;
        let rule = program.alerts.get(key.0).filter(|rule| rule.schedule.is_some())?;
        self.state.places.get(key.1).filter(|place| place.first <= self.clock)?;
        Some(looked_at(program, self.state.zone_of(key.1), rule, Instant(after.0.saturating_add(1))))
    }

    /// Reads the clock forward and tells what has changed.
    fn finish(mut self) -> Result<Vec<Notice>, Fault> {
        self.state.clock = self.clock;
        let mut notices = Vec::new();
        for (key, recorded) in std::mem::take(&mut self.recorded) {
            let steps = self.state.track(key.0, key.1).and_then(|track| track.steps.get(recorded.kept..)).unwrap_or_default();
            let changed = differing(&recorded.removed, steps);
            let differs = !changed.is_empty();
            self.state.dirty_tracks.entry(key).or_default().steps.extend(changed);
            if differs {
                self.state.tell(key, &recorded, self.clock, &mut notices);
            }
            self.reminders.insert(key);
        }
        for key in std::mem::take(&mut self.reminders) {
            self.remind(key, &mut notices)?;
        }
        let Stepping { state, recent, .. } = self;
        state.calendars = recent.calendars;
        state.windows = recent.windows;
        state.windows.bound();
        Ok(notices)
    }

    /// Reminds of a firing alert, when it is time, and sees to it that the next reminder comes.
    fn remind(&mut self, key: Key, notices: &mut Vec<Notice>) -> Result<(), Fault> {
        if self.reminder(key).is_some_and(|reminder| reminder <= self.clock) {
            let program = Arc::clone(&self.state.program);
            let Some(rule) = program.alerts.get(key.0) else { return Ok(()) };
            let seen_at = self.state.looked_until(key, self.clock).filter(|_| rule.schedule.is_some());
            let at = seen_at.unwrap_or(self.clock);
            let seen = look(self.state, &mut self.recent, &mut Overlay::default(), (rule, key.1), at)?;
            notices.extend(self.state.repeat(key, self.clock, seen.value));
        }
        if let Some(reminder) = self.reminder(key) {
            let due = self.state.track(key.0, key.1).and_then(|track| track.due);
            self.state.set_due(key, due.into_iter().chain(Some(reminder)).min());
        }
        Ok(())
    }
}

/// The instants at which two lists of steps differ.
fn differing(old: &[Step], new: &[Step]) -> Vec<Instant> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let mut found = Vec::new();
    loop {
        let at = match (old.peek(), new.peek()) {
            (Some(a), Some(b)) => a.at.min(b.at),
            (Some(one), None) | (None, Some(one)) => one.at,
            (None, None) => return found,
        };
        if old.next_if(|step| step.at == at) != new.next_if(|step| step.at == at) {
            found.push(at);
        }
    }
}
