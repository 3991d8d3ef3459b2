//! The clocks of one zone of the database.
//!
//! 1. From the last time that they were changed on, up to the end of the calendars, days are counted off.
//! 2. Before that, and for zones whose clocks change every year, the database is asked.

use super::{Day, EARLIEST, Instant, LATEST};
use jiff::civil;
use jiff::tz::TimeZone;

/// The microseconds of a day.
const DAY_US: i64 = 86_400_000_000;

/// The clocks of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clocks {
    pub(super) zone: TimeZone,
    /// Since when the clocks are not changed any more.
    steady: Instant,
    /// How far they are ahead of UTC from then on, in microseconds.
    ahead_us: i64,
}

impl Clocks {
    pub(super) fn new(zone: TimeZone) -> Clocks {
        let changed = zone.preceding(LATEST.timestamp()).next().map(|change| Instant(change.timestamp().as_microsecond()));
        let ahead_us = i64::from(zone.to_offset(LATEST.timestamp()).seconds()) * 1_000_000;
        Clocks { zone, steady: changed.unwrap_or(EARLIEST).max(EARLIEST), ahead_us }
    }

    /// The local day that an instant falls on.
    pub(super) fn day_of(&self, instant: Instant) -> Day {
        if self.steady <= instant && instant <= LATEST {
            return Day(i32::try_from((instant.0 + self.ahead_us).div_euclid(DAY_US)).unwrap_or(i32::MAX));
        }
        Day::from_civil(self.zone.to_datetime(instant.timestamp()).date())
    }

    /// The instant at which a local day begins. Where midnight does not exist, the first instant after the gap.
    pub(super) fn start_of(&self, day: Day) -> Instant {
        let counted = i64::from(day.0).checked_mul(DAY_US).map(|midnight| Instant(midnight.saturating_sub(self.ahead_us)));
        // A midnight that was only just after a change can have come twice, or not at all.
        let counted = counted.filter(|counted| self.steady.plus_s(2 * 86_400) <= *counted && *counted <= LATEST);
        counted.unwrap_or_else(|| self.asked(day))
    }

    fn asked(&self, day: Day) -> Instant {
        let midnight = day.civil().to_datetime(civil::Time::midnight());
        let ambiguous = self.zone.to_ambiguous_timestamp(midnight);
        let start = match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Gap { before, .. } => self.end_of_gap(midnight, before),
            _ => ambiguous.earlier(),
        };
        Instant(start.map_or(i64::MAX, jiff::Timestamp::as_microsecond))
    }

    /// The instant of a local time. One inside a gap is moved forward by the gap; the earlier of two is taken.
    pub(super) fn at(&self, datetime: civil::DateTime) -> Option<Instant> {
        let timestamp = self.zone.to_ambiguous_timestamp(datetime).compatible().ok()?;
        Some(Instant(timestamp.as_microsecond()))
    }

    /// The first instant after the gap that swallows `midnight`: the transition itself.
    fn end_of_gap(&self, midnight: civil::DateTime, before: jiff::tz::Offset) -> Result<jiff::Timestamp, jiff::Error> {
        let inside = before.to_timestamp(midnight)?;
        let just_after = inside.checked_add(jiff::SignedDuration::from_micros(1)).unwrap_or(inside);
        Ok(self.zone.preceding(just_after).next().map_or(inside, |transition| transition.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_that_are_counted_off_are_those_of_the_database() {
        let names =
            ["UTC", "Asia/Shanghai", "Asia/Kolkata", "Etc/GMT+5", "America/Sao_Paulo", "Pacific/Apia", "Africa/Cairo", "Europe/London"];
        for clocks in names.map(|name| Clocks::new(TimeZone::get(name).unwrap())) {
            for day in [i32::MIN, i32::MIN + 1, i32::MAX - 1, i32::MAX].map(Day) {
                assert_eq!(clocks.start_of(day), clocks.asked(day), "{:?} {day}", clocks.zone);
            }
            let near = [EARLIEST.0, clocks.steady.0, 1_772_323_200_000_000, LATEST.0];
            for at in near.into_iter().flat_map(|at| (-60..60).map(move |step| at + step * DAY_US / 7)).chain([i64::MIN, i64::MAX]) {
                let day = Day::from_civil(clocks.zone.to_datetime(Instant(at).timestamp()).date());
                assert_eq!(clocks.day_of(Instant(at)), day, "{:?} {at}", clocks.zone);
                assert_eq!(clocks.start_of(day), clocks.asked(day), "{:?} {day}", clocks.zone);
            }
        }
    }
}
