//! Weekly hours on the wall clocks of a zone: when people work, when a system is maintained.
//!
//! 1. A [`Range`] names weekdays and two times of the day; one that ends before it begins goes on past midnight.
//! 2. [`Hours`] are ranges in a zone. Whether an instant lies in them, and when they begin or end next, follows the
//!    zone's clocks: on days when clocks change, a range is longer or shorter, and what falls into a gap moves behind it.

use super::{Day, Instant, Zone};

/// The minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// How many days ahead the next beginning is looked for: every weekday comes within a week.
const AHEAD_DAYS: i32 = 8;

/// The names of the weekdays, in order.
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Some hours on some weekdays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// On which weekdays it begins, Monday first.
    pub days: [bool; 7],
    /// When it begins: minutes after midnight.
    pub from_min: u16,
    /// When it ends, exclusive; at or before the beginning means on the next day. 1440 is midnight.
    pub to_min: u16,
}

/// Weekly hours in a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// Whose wall clocks.
    pub zone: Zone,
    /// When; they may overlap.
    pub ranges: Vec<Range>,
}

impl Range {
    /// Reads times such as `09:00` and `24:00`; None when they are none, or the range names no day.
    pub fn new(days: [bool; 7], from: &str, to: &str) -> Option<Range> {
        let range = Range { days, from_min: minutes(from)?, to_min: minutes(to)? };
        (range.from_min < DAY_MINUTES && days.contains(&true)).then_some(range)
    }

    /// When it begins and ends, as it was written.
    pub fn times(&self) -> (String, String) {
        let text = |min: u16| format!("{:02}:{:02}", min / 60, min % 60);
        (text(self.from_min), text(self.to_min))
    }
}

fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
    let (hour, minute) = (digits(hour)?, digits(minute)?);
    let whole = hour * 60 + minute;
    (minute < 60 && whole <= DAY_MINUTES).then_some(whole)
}

impl Hours {
    /// True when the instant lies in them.
    pub fn contain(&self, at: Instant) -> bool {
        self.spans(at).any(|(from, to)| from <= at && at < to)
    }

    /// The first instant from `at` on that lies in them; a week later when there is none.
    pub fn next_open(&self, at: Instant) -> Instant {
        let begins = self.spans(at).filter(|(from, to)| from < to && at < *to).map(|(from, _)| from.max(at));
        begins.min().unwrap_or(at.plus_s(7 * 86_400))
    }

    /// When the hours around `at` end; ranges that touch are one. Hours without an end are cut a few days later.
    pub fn open_until(&self, at: Instant) -> Instant {
        let mut end = at;
        while let Some(later) = self.spans(at).filter(|(from, to)| *from <= end && end < *to).map(|(_, to)| to).max() {
            end = later;
        }
        end
    }

    /// Every range near an instant as two instants: from the day before on, for what goes past midnight.
    fn spans(&self, at: Instant) -> impl Iterator<Item = (Instant, Instant)> + '_ {
        let today = self.zone.day_of(at);
        (-1..=AHEAD_DAYS).map(move |n| today.plus(n)).flat_map(move |day| self.ranges.iter().filter_map(move |range| self.span(range, day)))
    }

    fn span(&self, range: &Range, day: Day) -> Option<(Instant, Instant)> {
        if !*range.days.get(day.weekday())? {
            return None;
        }
        let last = if range.to_min <= range.from_min { day.plus(1) } else { day };
        Some((self.zone.at_minute(day, range.from_min), self.zone.at_minute(last, range.to_min)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn t(text: &str) -> Instant {
        Instant::parse_rfc3339(text).unwrap()
    }

    fn hours(zone: &str, ranges: &[(&str, &str, &str)]) -> Hours {
        let range = |(days, from, to): &(&str, &str, &str)| {
            let mut on = [false; 7];
            WEEKDAYS.iter().zip(&mut on).for_each(|(name, on)| *on = *days == "all" || days.split(' ').any(|day| day == &name[..3]));
            Range::new(on, from, to).unwrap()
        };
        Hours { zone: Zone::named(zone).unwrap(), ranges: ranges.iter().map(range).collect() }
    }

    #[test]
    fn work_begins_and_ends_on_the_clocks_of_the_zone() {
        let work = hours("Asia/Shanghai", &[("mon tue wed thu fri", "09:00", "12:00"), ("mon tue wed thu fri", "13:30", "18:00")]);
        // 27 November 2026 is a Friday.
        for (at, inside, next) in [
            ("2026-11-27T00:59:59Z", false, "2026-11-27T01:00:00Z"),
            ("2026-11-27T01:00:00Z", true, "2026-11-27T01:00:00Z"),
            ("2026-11-27T04:00:00Z", false, "2026-11-27T05:30:00Z"),
            ("2026-11-27T09:59:59Z", true, "2026-11-27T09:59:59Z"),
            ("2026-11-27T10:00:00Z", false, "2026-11-30T01:00:00Z"),
        ] {
            assert_eq!((work.contain(t(at)), work.next_open(t(at))), (inside, t(next)), "{at}");
        }
    }

    #[test]
    fn a_night_goes_past_midnight_and_touching_ranges_are_one() {
        let night = hours("UTC", &[("fri", "22:00", "06:00"), ("sat", "06:00", "24:00"), ("sun", "00:00", "05:00")]);
        assert!(night.contain(t("2026-11-28T05:59:00Z")) && !night.contain(t("2026-11-27T05:59:00Z")));
        assert_eq!(night.open_until(t("2026-11-27T23:00:00Z")), t("2026-11-29T05:00:00Z"));
        let always = hours("UTC", &[("all", "00:00", "24:00")]);
        assert!(always.open_until(t("2026-11-27T23:00:00Z")) > t("2026-12-03T00:00:00Z"));
        assert_eq!(always.next_open(t("2026-11-27T23:00:00Z")), t("2026-11-27T23:00:00Z"));
    }

    #[test]
    fn clocks_change() {
        // In Berlin 02:00 to 03:00 is missing on 29 March 2026 and comes twice on 25 October.
        let gap = hours("Europe/Berlin", &[("sun", "02:00", "04:00")]);
        assert_eq!(gap.next_open(t("2026-03-28T00:00:00Z")), t("2026-03-29T01:00:00Z"));
        assert_eq!(gap.open_until(t("2026-03-29T01:00:00Z")), t("2026-03-29T02:00:00Z"));
        assert_eq!(gap.open_until(t("2026-10-25T00:00:00Z")), t("2026-10-25T03:00:00Z"));
        let swallowed = hours("Europe/Berlin", &[("sun", "02:10", "02:50")]);
        assert_eq!(swallowed.next_open(t("2026-03-29T00:00:00Z")), t("2026-03-29T01:10:00Z"));
    }

    #[test]
    fn times_are_checked() {
        let days = [true; 7];
        for (from, to) in
            [("9:00", "17:00"), ("09:60", "17:00"), ("24:00", "01:00"), ("09:00", "24:01"), ("09", "17"), ("", ""), ("-1:00", "02:00")]
        {
            assert_eq!(Range::new(days, from, to), None, "{from} {to}");
        }
        assert_eq!(Range::new([false; 7], "09:00", "17:00"), None);
        assert_eq!(Range::new(days, "00:00", "24:00").unwrap().times(), ("00:00".to_owned(), "24:00".to_owned()));
    }
}
