//! Stretches of time whose rows may come together: of one local day, with no instant between them at which a rule is looked at.

use crate::compile::program::Program;
use crate::time::{Day, Instant, Reckoning, Schedule, Zone};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// A stretch of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Its first instant.
    pub(super) from: Instant,
    /// Its last one.
    to: Instant,
    /// The next instant from its end on at which a rule is looked at, or the last one that is asked for.
    pub(super) until: Instant,
    /// The local day.
    day: Day,
}

/// The stretches that any row lies in.
#[derive(Debug)]
pub(super) struct Stretches {
    zone: Zone,
    reckoning: Reckoning,
    schedules: Vec<Schedule>,
    at: Option<Instant>,
    list: Vec<Stretch>,
    /// By their first instants.
    places: BTreeMap<Instant, usize>,
}

impl Stretches {
    pub(super) fn new(program: &Program, at: Option<Instant>) -> Stretches {
        let mut schedules = Vec::new();
        for schedule in program.alerts.iter().filter_map(|rule| rule.schedule) {
            if !schedules.contains(&schedule) {
                schedules.push(schedule);
            }
        }
        Stretches { zone: program.zone.clone(), reckoning: program.reckoning, schedules, at, list: Vec::new(), places: BTreeMap::new() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The local day of one.
    pub(super) fn day(&self, place: usize) -> Option<Day> {
        self.list.get(place).map(|stretch| stretch.day)
    }

    /// All in the order of time.
    pub(super) fn in_order(&self) -> Vec<(usize, Stretch)> {
        self.places.values().filter_map(|place| Some((*place, *self.list.get(*place)?))).collect()
    }

    /// Neighbours of the same stretch.
    pub(super) fn runs(&mut self, times: &[Instant]) -> Vec<(usize, Range<usize>)> {
        let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
        let (mut from, mut to) = (Instant(i64::MAX), Instant(i64::MIN));
        for (row, time) in times.iter().enumerate() {
            if from <= *time && *time <= to {
                continue;
            }
            if let Some((_, run)) = runs.last_mut() {
                run.end = row;
            }
            let place = self.place(*time);
            (from, to) = self.list.get(place).map_or((*time, *time), |stretch| (stretch.from, stretch.to));
            runs.push((place, row..times.len()));
        }
        runs
    }

    fn place(&mut self, at: Instant) -> usize {
        let known = self.places.range(..=at).next_back().map(|(_, place)| *place);
        if let Some(place) = known.filter(|place| self.list.get(*place).is_some_and(|stretch| at <= stretch.to)) {
            return place;
        }
        let stretch = self.stretch(at);
        self.list.push(stretch);
        self.places.insert(stretch.from, self.list.len() - 1);
        self.list.len() - 1
    }

    fn stretch(&self, at: Instant) -> Stretch {
        let day = self.zone.day_of(at);
        let (start, last) = (self.zone.start_of(day), Instant(self.zone.end_of(day).0.saturating_sub(1)));
        let mut looks: BTreeSet<Instant> = self.at.into_iter().collect();
        for schedule in &self.schedules {
            let mut look = schedule.next_from(start, &self.zone, self.reckoning);
            while look <= last {
                looks.insert(look);
                look = schedule.next_after(look, &self.zone, self.reckoning);
            }
            looks.insert(look);
        }
        let before = looks.range(..at).next_back().map(|look| Instant(look.0.saturating_add(1)));
        let until = looks.range(at..).next().copied().unwrap_or(Instant(i64::MAX));
        Stretch { from: before.map_or(start, |before| before.max(start)), to: until.min(last), until, day }
    }
}
