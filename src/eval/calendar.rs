//! Local days, remembered: rows and windows ask for the same few days again and again.

use super::quick::QuickMap;
use crate::compile::program::{Program, ZoneIdx};
use crate::time::{Day, Instant, Zone};

/// When more day starts than this are remembered, all are forgotten.
const DAYS_MAX: usize = 20_000;

/// The calendars of all zones of a program.
#[derive(Debug)]
pub(super) struct Calendars {
    own: Calendar,
    others: Vec<Calendar>,
}

impl Calendars {
    pub(super) fn new(program: &Program) -> Calendars {
        let of = |zone: ZoneIdx| Calendar::new(program.zone_at(zone).clone());
        Calendars { own: of(0), others: (1..program.n_zones()).map(of).collect() }
    }

    /// The calendar of a zone.
    pub(super) fn at(&mut self, zone: ZoneIdx) -> &mut Calendar {
        match zone.checked_sub(1).and_then(|place| self.others.get_mut(place)) {
            Some(calendar) => calendar,
            None => &mut self.own,
        }
    }
}

/// A zone with a memory.
#[derive(Debug)]
pub(super) struct Calendar {
    zone: Zone,
    latest: (Instant, Instant, Day),
    starts: QuickMap<Day, Instant>,
}

impl Calendar {
    fn new(zone: Zone) -> Calendar {
        Calendar { zone, latest: (Instant(0), Instant(0), Day(0)), starts: QuickMap::default() }
    }

    /// The local day that an instant falls on.
    pub(super) fn day_of(&mut self, instant: Instant) -> Day {
        let (from, end, day) = self.latest;
        if from <= instant && instant < end {
            return day;
        }
        let day = self.zone.day_of(instant);
        self.latest = (self.start_of(day), self.start_of(day.plus(1)), day);
        day
    }

    /// The instant at which a local day begins.
    pub(super) fn start_of(&mut self, day: Day) -> Instant {
        if self.starts.len() > DAYS_MAX {
            self.starts.clear();
        }
        *self.starts.entry(day).or_insert_with(|| self.zone.start_of(day))
    }

    /// The instant at which the day after this one begins.
    pub(super) fn end_of(&mut self, day: Day) -> Instant {
        self.start_of(day.plus(1))
    }
}
