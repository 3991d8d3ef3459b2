//! When people work in a market: weekly hours, holidays, working days that are none of the week's, and for which days all
//! of that is known.
//!
//! 1. [`WorkCalendar::stretches`] is when work is done on one day; None for a day of which nothing is known.
//! 2. [`WorkCalendar::days_after`] and [`WorkCalendar::time_after`] find deadlines, [`WorkCalendar::between`] measures work.
//!    All of them follow the clocks of the calendar's zone: on days when clocks change, a stretch is longer or shorter.

use super::{Day, Hours, Instant};
use std::collections::BTreeSet;

/// The calendar of a market.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkCalendar {
    /// Its id.
    pub name: String,
    /// The weekly hours, on the clocks of a zone. No range goes on past midnight.
    pub hours: Hours,
    /// Days without work.
    pub closed: BTreeSet<Day>,
    /// Days with the hours of the first weekday that has any, whatever weekday they are.
    pub open: BTreeSet<Day>,
    /// The first and the last day of which it is known.
    pub covers: (Day, Day),
}

impl WorkCalendar {
    /// When work is done on a day: stretches in order, apart from one another. None outside the days it covers.
    fn stretches(&self, day: Day) -> Option<Vec<(Instant, Instant)>> {
        if day < self.covers.0 || self.covers.1 < day {
            return None;
        }
        if self.closed.contains(&day) {
            return Some(Vec::new());
        }
        let first = || (0..7).find(|weekday| self.hours.ranges.iter().any(|range| range.days.get(*weekday) == Some(&true)));
        let weekday = if self.open.contains(&day) { first()? } else { day.weekday() };
        let zone = &self.hours.zone;
        let instant = |minute: u16| match minute {
            0 => zone.start_of(day),
            1440 => zone.end_of(day),
            _ => zone.at_minute(day, minute),
        };
        let ranges = self.hours.ranges.iter().filter(|range| range.days.get(weekday) == Some(&true));
        let mut found: Vec<(Instant, Instant)> = ranges.map(|range| (instant(range.from_min), instant(range.to_min))).collect();
        found.retain(|(from, to)| from < to);
        found.sort_unstable();
        let mut apart: Vec<(Instant, Instant)> = Vec::new();
        for (from, to) in found {
            match apart.last_mut().filter(|last| from <= last.1) {
                Some(last) => last.1 = last.1.max(to),
                None => apart.push((from, to)),
            }
        }
        Some(apart)
    }

    /// The last instant of the working day so many working days after the day of `at`; None when that is not known.
    pub fn days_after(&self, at: Instant, count: u32) -> Option<Instant> {
        let mut day = self.hours.zone.day_of(at);
        self.stretches(day)?;
        let mut left = count;
        while left > 0 {
            day = day.plus(1);
            left -= u32::from(!self.stretches(day)?.is_empty());
        }
        Some(Instant(self.hours.zone.end_of(day).0.saturating_sub(1)))
    }

    /// The instant at which so much work, in microseconds, has been done since `at`; None when that is not known.
    pub fn time_after(&self, at: Instant, micros: i64) -> Option<Instant> {
        let mut day = self.hours.zone.day_of(at);
        let mut left = micros;
        loop {
            for (from, to) in self.stretches(day)? {
                let from = from.max(at);
                let done = to.0.saturating_sub(from.0).max(0);
                if left <= done {
                    return Some(Instant(from.0.saturating_add(left)));
                }
                left -= done;
            }
            day = day.plus(1);
        }
    }

    /// How much work, in microseconds, lies between two instants; less than nothing when the second comes first. None
    /// when that is not known.
    pub fn between(&self, from: Instant, to: Instant) -> Option<i64> {
        if to < from {
            return self.between(to, from).map(|micros| -micros);
        }
        let last = self.hours.zone.day_of(to);
        let mut day = self.hours.zone.day_of(from);
        // Both ends are looked at first, so that no distant one is walked to.
        self.stretches(last)?;
        let mut total = 0i64;
        while day <= last {
            let part = |(begin, end): (Instant, Instant)| end.min(to).0.saturating_sub(begin.max(from).0).max(0);
            total += self.stretches(day)?.into_iter().map(part).sum::<i64>();
            day = day.plus(1);
        }
        Some(total)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Range, Zone};
    use super::*;

    const WORKDAYS: [bool; 7] = [true, true, true, true, true, false, false];

    fn calendar(zone: &str, ranges: &[(&str, &str)]) -> WorkCalendar {
        let ranges = ranges.iter().map(|(from, to)| Range::new(WORKDAYS, from, to).unwrap()).collect();
        WorkCalendar {
            name: "c".to_owned(),
            hours: Hours { zone: Zone::named(zone).unwrap(), ranges },
            closed: ["2026-01-01", "2026-02-17"].iter().map(|day| Day::parse(day).unwrap()).collect(),
            open: [Day::parse("2026-02-14").unwrap()].into(),
            covers: (Day::parse("2026-01-01").unwrap(), Day::parse("2026-12-31").unwrap()),
        }
    }

    fn after(calendar: &WorkCalendar, at: &str, days: u32) -> String {
        let zone = &calendar.hours.zone;
        calendar.days_after(zone.parse_local(at).unwrap(), days).map_or("unknown".to_owned(), |at| zone.format(at))
    }

    #[test]
    fn working_days() {
        let us = calendar("America/New_York", &[("00:00", "24:00")]);
        // 13 February 2026 is a Friday, the 14th is worked, the 17th is a holiday.
        assert_eq!(after(&us, "2026-02-13 10:00", 1), "2026-02-14 23:59:59");
        assert_eq!(after(&us, "2026-02-13 23:59", 2), "2026-02-16 23:59:59");
        assert_eq!(after(&us, "2026-02-13 10:00", 3), "2026-02-18 23:59:59");
        assert_eq!(after(&us, "2026-02-15 10:00", 1), "2026-02-16 23:59:59");
        assert_eq!(after(&us, "2026-12-30 10:00", 1), "2026-12-31 23:59:59");
        assert_eq!(after(&us, "2026-12-30 10:00", 2), "unknown");
        assert_eq!(after(&us, "2025-12-31 10:00", 1), "unknown");
    }

    #[test]
    fn working_time() {
        let desk = calendar("Europe/Berlin", &[("09:00", "12:00"), ("13:00", "18:00"), ("11:00", "12:00")]);
        let zone = &desk.hours.zone;
        let t = |text: &str| zone.parse_local(text).unwrap();
        let minutes = |from: &str, to: &str| desk.between(t(from), t(to)).map(|micros| micros / 60_000_000);
        assert_eq!(minutes("2026-03-06 17:30", "2026-03-09 09:30"), Some(60));
        assert_eq!(minutes("2026-03-09 11:30", "2026-03-09 13:30"), Some(60));
        assert_eq!(minutes("2026-03-07 11:30", "2026-03-08 13:30"), Some(0));
        assert_eq!(minutes("2026-03-09 10:00", "2026-03-09 09:00"), Some(-60));
        assert_eq!(minutes("2026-12-31 17:00", "2027-01-01 09:30"), None);
        let later = |at: &str, minutes: i64| desk.time_after(t(at), minutes * 60_000_000).map(|at| zone.format(at));
        assert_eq!(later("2026-03-06 17:30", 30).as_deref(), Some("2026-03-06 18:00:00"));
        assert_eq!(later("2026-03-06 17:30", 31).as_deref(), Some("2026-03-09 09:01:00"));
        assert_eq!(later("2026-03-07 17:30", 3 * 60 + 5).as_deref(), Some("2026-03-09 13:05:00"));
        assert_eq!(later("2026-12-31 17:30", 31), None);
    }

    /// Sao Paulo's 4 November 2018 began at 01:00, Cairo's 26 April 2024 too: a day without a midnight has 23 hours.
    #[test]
    fn whole_days_have_the_hours_of_their_clocks() {
        for (zone, day, hours) in [
            ("America/Sao_Paulo", "2018-11-04", 23),
            ("Africa/Cairo", "2024-04-26", 23),
            ("Europe/Berlin", "2026-10-25", 25),
            ("Asia/Beirut", "2024-03-31", 23),
        ] {
            let day = Day::parse(day).unwrap();
            let mut all = calendar(zone, &[("00:00", "24:00")]);
            all.hours.ranges = vec![Range::new([true; 7], "00:00", "24:00").unwrap()];
            all.covers = (day.plus(-1), day.plus(1));
            let (from, to) = (all.hours.zone.start_of(day), all.hours.zone.end_of(day));
            assert_eq!(all.between(from, to.plus_s(-1)), Some(hours * 3_600_000_000 - 1_000_000), "{zone}");
            assert_eq!(all.time_after(from, hours * 3_600_000_000), Some(to), "{zone}");
            assert_eq!(all.days_after(from.plus_s(-1), 1), Some(Instant(to.0 - 1)), "{zone}");
        }
    }
}
