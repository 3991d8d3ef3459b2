//! How days are gathered into weeks, months, quarters and years.
//!
//! 1. A [`Reckoning`] says on which day weeks begin, and which year is in force: of calendar months from any of them on
//!    (a fiscal year), or of whole weeks (4-4-5 and its kin).
//! 2. [`Reckoning::holding`] finds the period of a grain that holds a day.
//! 3. [`Reckoning::named`] finds it by its year and its number, [`Reckoning::months_later`] by its place in another year.

use super::{Day, Grain, Period, WeekStart};
use jiff::civil;

/// The weeks and years in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reckoning {
    /// The first day of a week.
    pub week: WeekStart,
    /// The first calendar month of a year, 1 to 12. A year of weeks begins near the first day of it.
    pub first_month: i8,
    /// True when a year is named by the calendar year in which it ends, false for the one in which it begins.
    pub named_by_end: bool,
    /// The weeks that its months are made of; None for calendar months.
    pub weeks: Option<Weeks>,
}

/// A year of whole weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weeks {
    /// How many weeks each month of a quarter has. A 53rd week belongs to the last month of its year.
    pub pattern: [i32; 3],
    /// Which day ends a year.
    pub ends: YearEnd,
}

/// Which last day of a week ends a year of weeks: both belong to the last calendar month before the year begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum YearEnd {
    /// The one nearest to the end of the month, before or behind it.
    Nearest,
    /// The last one in the month.
    Last,
}

impl From<WeekStart> for Reckoning {
    /// Calendar years and months.
    fn from(week: WeekStart) -> Reckoning {
        Reckoning { week, first_month: 1, named_by_end: false, weeks: None }
    }
}

impl Reckoning {
    /// The period of this grain that holds `day`.
    pub(super) fn holding(&self, grain: Grain, day: Day) -> Period {
        match (grain, self.weeks) {
            (Grain::Day, _) => Period::of(grain, (day, day), (0, 0)),
            (_, Some(weeks)) => self.of_weeks(weeks, grain, day),
            (Grain::Week, None) => {
                let first = self.week_start(day);
                let decides = first.plus(3).civil();
                Period::of(grain, (first, first.plus(6)), (decides.year(), (decides.day_of_year() - 1) / 7 + 1))
            }
            (Grain::Month, None) => {
                let date = day.civil();
                let ends = (Day::from_civil(date.first_of_month()), Day::from_civil(date.last_of_month()));
                Period::of(grain, ends, (date.year(), date.month().into()))
            }
            (Grain::Quarter | Grain::Year, None) => {
                let date = day.civil();
                let months = i32::from((date.month() - self.first_month).rem_euclid(12));
                let length = if grain == Grain::Quarter { 3 } else { 12 };
                let begin = month_start(date, -(months % length));
                let number = i16::try_from(months / length + 1).unwrap_or(1);
                let ends = (Day::from_civil(begin), Day::from_civil(month_start(begin, length)).plus(-1));
                Period::of(grain, ends, (self.year_of(day), number))
            }
        }
    }

    /// The year that a day belongs to.
    pub fn year_of(&self, day: Day) -> i16 {
        if self.weeks.is_none() {
            let date = day.civil();
            return self.name(date.year() - i16::from(date.month() < self.first_month));
        }
        let near = day.civil().year();
        (near - 1..=near + 2).rev().find(|year| self.year_start(*year) <= day).unwrap_or(near)
    }

    /// The period of this year and number.
    pub(super) fn named(&self, grain: Grain, year: i16, number: i16) -> Option<Period> {
        // Nobody plans that far, and the calendar ends there.
        if !(1..9_999).contains(&year) {
            return None;
        }
        let month = |month: i16| civil::Date::new(year, i8::try_from(month).ok()?, 1).ok().map(Day::from_civil);
        let months_on = |months: i16| Day::from_civil(month_start(self.year_start(year).civil(), months.into()));
        let day = match (grain, self.weeks) {
            (Grain::Day, _) => return None,
            (Grain::Week, None) => self.week_start(month(1)?.plus(3)).plus((i32::from(number) - 1) * 7),
            (Grain::Week, Some(_)) => self.year_start(year).plus((i32::from(number) - 1) * 7),
            (Grain::Month, None) => month(number)?,
            (Grain::Year, _) => self.year_start(year),
            (Grain::Quarter, None) => months_on((number - 1).clamp(0, 3) * 3),
            (Grain::Quarter, Some(_)) => self.year_start(year).plus((i32::from(number) - 1).clamp(0, 3) * 13 * 7),
            (Grain::Month, Some(weeks)) => {
                let before = weeks.lengths(52).iter().take(usize::try_from(number - 1).ok()?).sum::<i32>();
                self.year_start(year).plus(before * 7)
            }
        };
        let period = self.holding(grain, day);
        (period.label() == (year, number)).then_some(period)
    }

    /// The day at the same place of the month so many months later (earlier when negative). A month that lacks the day
    /// gives its last one.
    pub(super) fn months_later(&self, day: Day, months: i32) -> Day {
        if self.weeks.is_none() {
            let span = jiff::Span::new().try_months(months).unwrap_or_default();
            return Day::from_civil(day.civil().saturating_add(span));
        }
        let month = self.holding(Grain::Month, day);
        let (year, number) = month.label();
        let place = i32::from(year) * 12 + i32::from(number) - 1 + months;
        let to = |place: i32| i16::try_from(place).unwrap_or(i16::MAX);
        let found = self.named(Grain::Month, to(place.div_euclid(12)), to(place.rem_euclid(12) + 1));
        found.map_or(day, |found| found.first.plus(day.0 - month.first.0).min(found.last))
    }

    /// The first day of the week that holds a day.
    fn week_start(&self, day: Day) -> Day {
        let from_monday = i32::from(day.civil().weekday().to_monday_zero_offset());
        let into = match self.week {
            WeekStart::Monday => from_monday,
            WeekStart::Sunday => (from_monday + 1) % 7,
            WeekStart::Saturday => (from_monday + 2) % 7,
        };
        day.plus(-into)
    }

    /// What a year that begins in this calendar year is called.
    fn name(&self, begins: i16) -> i16 {
        begins + i16::from(self.named_by_end && self.first_month > 1)
    }

    /// The first day of a year.
    fn year_start(&self, year: i16) -> Day {
        let begins = year - i16::from(self.named_by_end && self.first_month > 1);
        let nominal = civil::Date::new(begins, self.first_month, 1).map_or(Day(i32::MAX), Day::from_civil);
        match self.weeks.map(|weeks| weeks.ends) {
            None => nominal,
            Some(YearEnd::Nearest) => self.week_start(nominal.plus(3)),
            Some(YearEnd::Last) => self.week_start(nominal),
        }
    }

    fn of_weeks(&self, weeks: Weeks, grain: Grain, day: Day) -> Period {
        let year = self.year_of(day);
        let (start, next) = (self.year_start(year), self.year_start(year.saturating_add(1)));
        let n_weeks = (next.0.saturating_sub(start.0) / 7).clamp(52, 53);
        let months = weeks.lengths(n_weeks);
        let lengths: Vec<i32> = match grain {
            Grain::Year | Grain::Day => vec![n_weeks],
            Grain::Quarter => months.chunks(3).map(|three| three.iter().sum()).collect(),
            Grain::Month => months.to_vec(),
            Grain::Week => vec![1; usize::try_from(n_weeks).unwrap_or(0)],
        };
        let (mut first, mut number) = (start, 1);
        for length in lengths {
            if day < first.plus(length * 7) {
                return Period::of(grain, (first, first.plus(length * 7 - 1)), (year, number));
            }
            (first, number) = (first.plus(length * 7), number + 1);
        }
        Period::of(grain, (start, next.plus(-1)), (year, 1))
    }
}

impl Weeks {
    /// How many weeks each month of a year has.
    fn lengths(self, n_weeks: i32) -> [i32; 12] {
        let [a, b, c] = self.pattern;
        [a, b, c, a, b, c, a, b, c, a, b, c + n_weeks - 52]
    }
}

/// The first day of the month so many months from a date's own.
fn month_start(date: civil::Date, months: i32) -> civil::Date {
    date.first_of_month().saturating_add(jiff::Span::new().try_months(months).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn days(label: &str, reckoning: Reckoning) -> String {
        let period = Period::parse(label, reckoning).unwrap();
        format!("{} {}", period.first, period.last)
    }

    fn weeks(week: WeekStart, first_month: i8, named_by_end: bool, pattern: [i32; 3], ends: YearEnd) -> Reckoning {
        Reckoning { week, first_month, named_by_end, weeks: Some(Weeks { pattern, ends }) }
    }

    #[test]
    fn fiscal_years_of_months() {
        let from_april = Reckoning { first_month: 4, ..WeekStart::Monday.into() };
        assert_eq!(days("2026", from_april), "2026-04-01 2027-03-31");
        assert_eq!(days("2026-Q4", from_april), "2027-01-01 2027-03-31");
        assert_eq!(days("2027-03", from_april), "2027-03-01 2027-03-31");
        assert_eq!(Period::parse("2027-03", from_april).unwrap().year(from_april), 2026);
        let to_march = Reckoning { named_by_end: true, ..from_april };
        assert_eq!(days("2026", to_march), "2025-04-01 2026-03-31");
        assert_eq!(days("2026-Q1", to_march), "2025-04-01 2025-06-30");
    }

    #[test]
    fn the_retail_calendar_of_the_united_states() {
        // 4-5-4, ends on the Saturday nearest to 31 January. 2023 had 53 weeks and ended on 3 February 2024.
        let retail = weeks(WeekStart::Sunday, 2, false, [4, 5, 4], YearEnd::Nearest);
        assert_eq!(days("2023", retail), "2023-01-29 2024-02-03");
        assert_eq!(days("2024", retail), "2024-02-04 2025-02-01");
        assert_eq!(days("2025", retail), "2025-02-02 2026-01-31");
        assert_eq!(days("2025-01", retail), "2025-02-02 2025-03-01");
        assert_eq!(days("2025-02", retail), "2025-03-02 2025-04-05");
        assert_eq!(days("2023-12", retail), "2023-12-31 2024-02-03");
        assert_eq!(days("2023-W53", retail), "2024-01-28 2024-02-03");
        assert_eq!(days("2025-Q2", retail), "2025-05-04 2025-08-02");
        assert!(Period::parse("2025-W53", retail).is_err() && Period::parse("2025-13", retail).is_err());
        let week = Period::parse("2023-W53", retail).unwrap();
        assert_eq!(week.years_later(1, retail).to_string(), "2024-W52");
        assert_eq!(Period::parse("2023-12", retail).unwrap().years_later(-1, retail).to_string(), "2022-12");
        assert_eq!(day("2024-02-03").back(1, Grain::Month, retail), day("2023-12-30"));
    }

    #[test]
    fn years_that_end_on_the_last_saturday_of_a_month() {
        // 4-4-5 from the Sunday behind the last Saturday of September, named by the year in which it ends.
        let last = weeks(WeekStart::Sunday, 10, true, [4, 4, 5], YearEnd::Last);
        assert_eq!(days("2023", last), "2022-09-25 2023-09-30");
        assert_eq!(days("2024", last), "2023-10-01 2024-09-28");
        assert_eq!(days("2024-Q1", last), "2023-10-01 2023-12-30");
    }

    #[test]
    fn a_year_of_weeks_from_january_is_that_of_iso_8601() {
        let iso = weeks(WeekStart::Monday, 1, false, [4, 4, 5], YearEnd::Nearest);
        for label in ["2020-W53", "2021-W01", "2026-W53", "2027-W01"] {
            assert_eq!(days(label, iso), days(label, WeekStart::Monday.into()), "{label}");
        }
    }

    /// Every day lies in one period of a grain, the periods follow one another, and every label reads back.
    #[test]
    fn periods_cover_the_days_without_gaps() {
        let all = [
            WeekStart::Saturday.into(),
            Reckoning { first_month: 11, named_by_end: true, ..WeekStart::Sunday.into() },
            weeks(WeekStart::Sunday, 2, false, [4, 5, 4], YearEnd::Nearest),
            weeks(WeekStart::Monday, 7, true, [5, 4, 4], YearEnd::Last),
            weeks(WeekStart::Saturday, 1, true, [4, 4, 5], YearEnd::Last),
        ];
        for reckoning in all {
            for grain in [Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year] {
                let mut period = Period::holding(grain, day("1999-12-01"), reckoning);
                while period.first < day("2040-01-01") {
                    assert_eq!(Period::parse(&period.to_string(), reckoning), Ok(period));
                    for inside in [period.first, period.last] {
                        assert_eq!(Period::holding(grain, inside, reckoning), period);
                    }
                    let next = period.next(reckoning);
                    assert_eq!((next.first, next.previous(reckoning)), (period.last.plus(1), period));
                    period = next;
                }
            }
        }
    }
}
