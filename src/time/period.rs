//! Labelled calendar ranges.

use super::{Day, Grain, WeekStart};
use jiff::civil;
use std::fmt;

/// A calendar period: a grain, its first and its last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Which calendar.
    pub grain: Grain,
    /// Its first day.
    pub first: Day,
    /// Its last day.
    pub last: Day,
}

/// A label that names no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodError;

impl Period {
    /// The period of this grain that holds `day`.
    pub fn holding(grain: Grain, day: Day, week: WeekStart) -> Period {
        let date = day.civil();
        let (year, month) = (date.year(), date.month());
        let (first, last) = match grain {
            Grain::Day => (day, day),
            Grain::Week => {
                let first = day.plus(-days_into_week(day, week));
                (first, first.plus(6))
            }
            Grain::Month => (Day::from_civil(date.first_of_month()), Day::from_civil(date.last_of_month())),
            Grain::Quarter => {
                let start = (month - 1) / 3 * 3 + 1;
                let last = civil::Date::new(year, start + 2, 1).unwrap_or(date).last_of_month();
                (Day::from_civil(civil::Date::new(year, start, 1).unwrap_or(date)), Day::from_civil(last))
            }
            Grain::Year => (Day::from_civil(date.first_of_year()), Day::from_civil(date.last_of_year())),
        };
        Period { grain, first, last }
    }

    /// The periods of a grain that have days in this one, in order; the first and the last may reach beyond it.
    pub fn parts(self, grain: Grain, week: WeekStart) -> Vec<Period> {
        let mut parts = vec![Period::holding(grain, self.first, week)];
        while let Some(last) = parts.last().filter(|last| last.last < self.last) {
            parts.push(last.next(week));
        }
        parts
    }

    /// The year that it belongs to.
    pub fn year(self) -> i16 {
        match self.grain {
            Grain::Week => deciding_day(self.first).year(),
            _ => self.first.civil().year(),
        }
    }

    /// The period at this place of another year: the same month, the week of the same number, the same day. A year without a
    /// 53rd week or a 29th of February has the one before it there.
    #[must_use]
    pub fn in_year(self, year: i16, week: WeekStart) -> Period {
        let date = self.first.civil();
        let number = (deciding_day(self.first).day_of_year() - 1) / 7 + 1;
        let day = match self.grain {
            Grain::Week => week_day(year, number, week).or_else(|| week_day(year, number - 1, week)),
            _ => civil::Date::new(year, date.month(), date.day()).or_else(|_| civil::Date::new(year, date.month(), date.day() - 1)).ok(),
        };
        Period::holding(self.grain, day.map_or(self.first, Day::from_civil), week)
    }

    /// The period before this one.
    #[must_use]
    pub fn previous(self, week: WeekStart) -> Period {
        Period::holding(self.grain, self.first.plus(-1), week)
    }

    /// The period after this one.
    #[must_use]
    pub fn next(self, week: WeekStart) -> Period {
        Period::holding(self.grain, self.last.plus(1), week)
    }

    /// Reads a label: `2026-03-01`, `2026-W10`, `2026-03`, `2026-Q1`, `2026`.
    ///
    /// # Errors
    /// When the text is no label or names no real period.
    pub fn parse(label: &str, week: WeekStart) -> Result<Period, PeriodError> {
        let number = |text: Option<&str>| {
            text.filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse::<i16>().ok())
        };
        let date = |year: i16, month: i16| civil::Date::new(year, i8::try_from(month).ok()?, 1).ok();
        let year = number(label.get(..4)).ok_or(PeriodError)?;
        let (grain, day) = match (label.len(), label.get(4..6)) {
            (4, _) => (Grain::Year, date(year, 1)),
            (7, Some("-Q")) => (Grain::Quarter, number(label.get(6..)).filter(|q| (1..=4).contains(q)).and_then(|q| date(year, q * 3 - 2))),
            (8, Some("-W")) => (Grain::Week, number(label.get(6..)).and_then(|n| week_day(year, n, week))),
            (7, _) => (Grain::Month, number(label.get(5..)).and_then(|m| date(year, m))),
            (10, _) => (Grain::Day, Day::parse(label).map(Day::civil)),
            _ => (Grain::Day, None),
        };
        let period = Period::holding(grain, Day::from_civil(day.ok_or(PeriodError)?), week);
        if period.to_string() == label { Ok(period) } else { Err(PeriodError) }
    }
}

/// How many days `day` lies after the first day of its week.
fn days_into_week(day: Day, week: WeekStart) -> i32 {
    let from_monday = i32::from(day.civil().weekday().to_monday_zero_offset());
    match week {
        WeekStart::Monday => from_monday,
        WeekStart::Sunday => (from_monday + 1) % 7,
        WeekStart::Saturday => (from_monday + 2) % 7,
    }
}

/// The day of a week that decides its year: the fourth one (a Thursday, as in ISO 8601, when weeks begin on Monday).
fn deciding_day(first: Day) -> civil::Date {
    first.plus(3).civil()
}

/// Some day of week `number` of `year`.
fn week_day(year: i16, number: i16, week: WeekStart) -> Option<civil::Date> {
    let fourth = Day::from_civil(civil::Date::new(year, 1, 4).ok()?);
    let first = fourth.plus(-days_into_week(fourth, week)).plus((i32::from(number) - 1) * 7);
    let decides = deciding_day(first);
    (number >= 1 && decides.year() == year).then_some(decides)
}

impl fmt::Display for Period {
    /// The label.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.first.civil();
        match self.grain {
            Grain::Day => write!(f, "{date}"),
            Grain::Week => {
                let decides = deciding_day(self.first);
                write!(f, "{:04}-W{:02}", decides.year(), (decides.day_of_year() - 1) / 7 + 1)
            }
            Grain::Month => write!(f, "{:04}-{:02}", date.year(), date.month()),
            Grain::Quarter => write!(f, "{:04}-Q{}", date.year(), (date.month() - 1) / 3 + 1),
            Grain::Year => write!(f, "{:04}", date.year()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn labels_round_trip() {
        for label in ["2026", "2026-03", "2026-Q4", "2026-W53", "2026-03-01", "2020-W01"] {
            assert_eq!(Period::parse(label, WeekStart::Monday).unwrap().to_string(), label);
        }
        for bad in ["2026-13", "2026-Q5", "2025-W53", "26", "2026-3", "2026-02-30", "", "二零二六"] {
            assert_eq!(Period::parse(bad, WeekStart::Monday), Err(PeriodError), "{bad}");
        }
    }

    #[test]
    fn the_first_of_january_2027_is_in_week_53_of_2026() {
        let day = Day::parse("2027-01-01").unwrap();
        assert_eq!(Period::holding(Grain::Week, day, WeekStart::Monday).to_string(), "2026-W53");
    }
}
