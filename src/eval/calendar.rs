//! Local days, remembered: rows and windows ask for the same few days again and again.

use crate::time::{Day, Instant, Zone};
use std::collections::HashMap;

/// When more day starts than this are remembered, all are forgotten.
const DAYS_MAX: usize = 20_000;

/// A zone with a memory.
#[derive(Debug)]
pub(super) struct Calendar {
    zone: Zone,
    latest: (Instant, Instant, Day),
    starts: HashMap<Day, Instant>,
}

impl Calendar {
    pub(super) fn new(zone: Zone) -> Calendar {
        Calendar { zone, latest: (Instant(0), Instant(0), Day(0)), starts: HashMap::new() }
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
