//! Instants, zones, local days and calendar periods. Never reads a clock.
//!
//! 1. The doors parse a time text into an [`Instant`] (microseconds since 1970 UTC).
//! 2. A [`Zone`] places an instant on a local [`Day`]; windows and periods are ranges of days.
//! 3. A [`Period`] is a labelled calendar range: `2026-03`, `2026-W10`, `2026-03-01`, `2026-Q1`, `2026`.
//!    A [`Reckoning`] says which days those are: fiscal years, 4-4-5 weeks.
//! 4. [`Hours`] come again every week on the clocks of a zone; a [`WorkCalendar`] knows holidays too, a
//!    [`Schedule`] names instants that come again.

mod clocks;
mod hours;
mod period;
mod reckoning;
mod schedule;
mod work;

pub use hours::{Hours, Range, WEEKDAYS};
pub use period::{Period, PeriodError};
pub use reckoning::{Reckoning, Weeks, YearEnd};
pub use schedule::{OnDays, Schedule};
pub use work::WorkCalendar;

use clocks::Clocks;
use jiff::civil;
use std::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// A local calendar day: days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub i32);

/// A calendar interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Grain {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// The first day of a week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum WeekStart {
    Monday,
    Sunday,
    Saturday,
}

/// The earliest time an event may have: 1970-01-01T00:00:00Z.
pub const EARLIEST: Instant = Instant(0);
/// The latest time that calendars are defined for: 2200-01-01T00:00:00Z.
pub const LATEST: Instant = Instant(7_258_118_400_000_000);

impl Instant {
    /// This many seconds later (earlier when negative), saturating.
    #[must_use]
    pub fn plus_s(self, seconds: i64) -> Instant {
        Instant(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Reads RFC 3339 (`2026-03-01T09:00:00Z`, with an offset and up to nanoseconds, cut to microseconds).
    pub fn parse_rfc3339(text: &str) -> Option<Instant> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        Some(Instant(timestamp.as_microsecond()))
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX })
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, with as many decimals as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.timestamp())
    }
}

impl Day {
    /// The civil date.
    pub fn civil(self) -> civil::Date {
        civil::date(1970, 1, 1).saturating_add(jiff::SignedDuration::from_hours(i64::from(self.0) * 24))
    }

    /// The day of a civil date.
    pub fn from_civil(date: civil::Date) -> Day {
        let days = date.duration_since(civil::date(1970, 1, 1)).as_hours() / 24;
        Day(i32::try_from(days).unwrap_or(0))
    }

    /// Reads `2026-03-01`.
    pub fn parse(text: &str) -> Option<Day> {
        if text.len() != 10 {
            return None;
        }
        text.parse().ok().map(Day::from_civil)
    }

    /// The place of its weekday: 0 for Monday to 6 for Sunday. 1970-01-01 was a Thursday.
    pub fn weekday(self) -> usize {
        usize::try_from((i64::from(self.0) + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// The day so many grains earlier. A month that lacks the day gives its last one.
    #[must_use]
    pub fn back(self, count: u32, grain: Grain, reckoning: Reckoning) -> Day {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        let months = match grain {
            Grain::Day => return self.plus(-count),
            Grain::Week => return self.plus(count.saturating_mul(-7)),
            Grain::Month => 1,
            Grain::Quarter => 3,
            Grain::Year => 12,
        };
        reckoning.months_later(self, count.saturating_mul(-months))
    }

    /// This many days later (earlier when negative), saturating.
    #[must_use]
    pub fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }
}

impl fmt::Display for Day {
    /// `2026-03-01`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil())
    }
}

/// A time zone of the IANA database, or several whose days are waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    clocks: Clocks,
    /// The other zones: a day comes when it has come in all of them, and is over when it is over in all of them.
    others: Vec<Clocks>,
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), clocks: Clocks::new(jiff::tz::TimeZone::UTC), others: Vec::new() }
    }

    /// The zone of an IANA name such as `Asia/Shanghai`.
    pub fn named(name: &str) -> Option<Zone> {
        let zone = jiff::tz::TimeZone::get(name).ok()?;
        let name = zone.iana_name()?.to_owned();
        Some(Zone { name, clocks: Clocks::new(zone), others: Vec::new() })
    }

    /// The days of this zone and of others together: the last of them decides when a day comes and when it is over. Its
    /// clocks are those of this zone.
    pub fn and<'z>(&self, others: impl IntoIterator<Item = &'z Zone>) -> Zone {
        let mut all = self.clone();
        for other in others {
            if other.clocks != all.clocks && !all.others.contains(&other.clocks) {
                all.others.push(other.clocks.clone());
                all.name = format!("{}, {}", all.name, other.name);
            }
        }
        all
    }

    /// Every IANA name that is known.
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.to_string()).collect()
    }

    /// The IANA name; those of several with commas.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The local day that an instant falls on; of several zones the earliest.
    pub fn day_of(&self, instant: Instant) -> Day {
        self.others.iter().map(|clocks| clocks.day_of(instant)).fold(self.clocks.day_of(instant), Day::min)
    }

    /// The latest local day that an instant falls on in any of several zones.
    pub fn latest_day_of(&self, instant: Instant) -> Day {
        self.others.iter().map(|clocks| clocks.day_of(instant)).fold(self.clocks.day_of(instant), Day::max)
    }

    /// The instant at which a local day begins, of several zones in the last. Where midnight does not exist, the first
    /// instant after the gap; where the whole day does not exist, the start of the next one.
    pub fn start_of(&self, day: Day) -> Instant {
        self.others.iter().map(|clocks| clocks.start_of(day)).fold(self.clocks.start_of(day), Instant::max)
    }

    /// The instant at which a local day begins in the first of several zones.
    pub fn first_start_of(&self, day: Day) -> Instant {
        self.others.iter().map(|clocks| clocks.start_of(day)).fold(self.clocks.start_of(day), Instant::min)
    }

    /// The instant at which the day after this one begins: the end, exclusive, of `day`.
    pub fn end_of(&self, day: Day) -> Instant {
        self.start_of(day.plus(1))
    }

    /// Reads a local time, `2026-03-01 09:00`, `2026-03-01T09:00:30`, `2026-03-01`, or a full RFC 3339 time.
    /// A time inside a gap is moved forward by the gap; the earlier of two is taken.
    pub fn parse_local(&self, text: &str) -> Option<Instant> {
        if let Some(instant) = Instant::parse_rfc3339(text) {
            return Some(instant);
        }
        self.at(text.parse().ok()?)
    }

    /// Reads a local time in a strptime format; an offset is honoured when the format has one.
    pub fn parse_format(&self, text: &str, format: &str) -> Option<Instant> {
        let broken = jiff::fmt::strtime::parse(format, text).ok()?;
        if let Ok(timestamp) = broken.to_timestamp() {
            return Some(Instant(timestamp.as_microsecond()));
        }
        match broken.to_datetime() {
            Ok(datetime) => self.at(datetime),
            Err(_) => self.at(broken.to_date().ok()?.to_datetime(civil::Time::midnight())),
        }
    }

    /// True when a strptime format determines a time or a day: what it writes, it can read.
    pub fn accepts_format(&self, format: &str) -> bool {
        let sample = jiff::ZonedDateTime::new(Instant(1_000_000_000_000_000).timestamp(), self.clocks.zone.clone());
        jiff::fmt::strtime::format(format, &sample).is_ok_and(|text| self.parse_format(&text, format).is_some())
    }

    /// The local wall clock of an instant: `2026-03-01 09:00:00`.
    pub fn format(&self, instant: Instant) -> String {
        self.clocks.zone.to_datetime(instant.timestamp()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The instant at which the clocks of a day show so many minutes after midnight, of several zones those of the last;
    /// 1440 is the next midnight. A time inside a gap is moved forward by the gap; the earlier of two is taken.
    pub fn at_minute(&self, day: Day, minute: u16) -> Instant {
        let (day, minute) = (day.plus(i32::from(minute / 1440)), i64::from(minute % 1440));
        let clock = civil::Time::midnight().saturating_add(jiff::SignedDuration::from_mins(minute));
        let in_zone = |clocks: &Clocks| clocks.at(day.civil().to_datetime(clock)).unwrap_or(Instant(i64::MAX));
        self.others.iter().map(in_zone).fold(in_zone(&self.clocks), Instant::max)
    }

    fn at(&self, datetime: civil::DateTime) -> Option<Instant> {
        self.clocks.at(datetime)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn days_follow_the_zone() {
        let zone = Zone::named("Europe/London").unwrap();
        let t = Instant::parse_rfc3339("2026-06-30T23:30:00Z").unwrap();
        assert_eq!(zone.day_of(t).to_string(), "2026-07-01");
        assert_eq!(zone.start_of(Day::parse("2026-07-01").unwrap()).to_string(), "2026-06-30T23:00:00Z");
        assert_eq!(Zone::utc().day_of(Instant(-1)).to_string(), "1969-12-31");
    }

    #[test]
    fn days_without_a_midnight() {
        let sao_paulo = Zone::named("America/Sao_Paulo").unwrap();
        let day = Day::parse("2018-11-04").unwrap();
        assert_eq!(sao_paulo.start_of(day).to_string(), "2018-11-04T03:00:00Z");
        assert_eq!(sao_paulo.day_of(sao_paulo.start_of(day)), day);
        // Apia had no 30 December 2011: the day is empty, it begins when the 31st begins.
        let apia = Zone::named("Pacific/Apia").unwrap();
        let gone = Day::parse("2011-12-30").unwrap();
        assert_eq!(apia.start_of(gone), apia.start_of(gone.plus(1)));
    }

    #[test]
    fn days_of_several_zones_come_and_go_with_the_last() {
        let [shanghai, los_angeles] = ["Asia/Shanghai", "America/Los_Angeles"].map(|name| Zone::named(name).unwrap());
        let both = shanghai.and([&los_angeles, &shanghai]);
        assert_eq!(both.name(), "Asia/Shanghai, America/Los_Angeles");
        let day = Day::parse("2026-03-31").unwrap();
        assert_eq!(both.start_of(day), los_angeles.start_of(day));
        assert_eq!(both.first_start_of(day), shanghai.start_of(day));
        let (first, last) = (shanghai.end_of(day), Instant(los_angeles.end_of(day).0 - 1));
        assert_eq!([both.day_of(first), both.day_of(last), both.day_of(los_angeles.end_of(day))], [day, day, day.plus(1)]);
        assert_eq!([both.latest_day_of(first), shanghai.and([]).day_of(first)], [day.plus(1), day.plus(1)]);
        assert_eq!(both.at_minute(day, 360), los_angeles.at_minute(day, 360));
    }

    #[test]
    fn formats() {
        let zone = Zone::named("Europe/London").unwrap();
        assert_eq!(zone.parse_format("2011-07-01 08:26:00", "%Y-%m-%d %H:%M:%S").unwrap().to_string(), "2011-07-01T07:26:00Z");
        assert_eq!(zone.parse_local("2010-12-01 08:26").unwrap().to_string(), "2010-12-01T08:26:00Z");
        assert!(zone.accepts_format("%d/%m/%Y %H:%M") && zone.accepts_format("%Y-%m-%d"));
        assert!(!zone.accepts_format("%H:%M") && !zone.accepts_format("%Q8") && !zone.accepts_format("%Y"));
    }
}
