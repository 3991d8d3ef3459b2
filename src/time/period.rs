//! Labelled calendar ranges.

use super::{Day, Grain, Reckoning};
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
    /// The year in its label, and its number there.
    label: (i16, i16),
}

/// A label that names no period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodError;

impl Period {
    pub(super) fn of(grain: Grain, (first, last): (Day, Day), label: (i16, i16)) -> Period {
        Period { grain, first, last, label }
    }

    pub(super) fn label(self) -> (i16, i16) {
        self.label
    }

    /// The period of this grain that holds `day`.
    pub fn holding(grain: Grain, day: Day, reckoning: impl Into<Reckoning>) -> Period {
        reckoning.into().holding(grain, day)
    }

    /// The periods of a grain that have days between two days, in order; the first and the last may reach beyond them.
    pub fn within((first, last): (Day, Day), grain: Grain, reckoning: Reckoning) -> Vec<Period> {
        let mut parts = vec![Period::holding(grain, first, reckoning)];
        while let Some(part) = parts.last().filter(|part| part.last < last) {
            parts.push(part.next(reckoning));
        }
        parts
    }

    /// The periods of a grain that have days in this one.
    pub fn parts(self, grain: Grain, reckoning: Reckoning) -> Vec<Period> {
        Period::within((self.first, self.last), grain, reckoning)
    }

    /// The year that it belongs to; a week belongs to that of its fourth day.
    pub fn year(self, reckoning: Reckoning) -> i16 {
        match self.grain {
            Grain::Week => reckoning.year_of(self.first.plus(3)),
            _ => reckoning.year_of(self.first),
        }
    }

    /// The whole year so many years after the one that it belongs to (before, when negative).
    #[must_use]
    pub fn whole_year(self, years: i16, reckoning: Reckoning) -> Period {
        let day = reckoning.months_later(self.first.plus(if self.grain == Grain::Week { 3 } else { 0 }), i32::from(years) * 12);
        Period::holding(Grain::Year, day, reckoning)
    }

    /// The period at the same place so many years later (earlier when negative): the same month, the week of the same
    /// number, the same day. A year without a 53rd week or a 29th of February has the one before it there.
    #[must_use]
    pub fn years_later(self, years: i16, reckoning: Reckoning) -> Period {
        let (year, number) = self.label;
        let same = match self.grain {
            Grain::Day => None,
            _ => reckoning.named(self.grain, year + years, number).or_else(|| reckoning.named(self.grain, year + years, number - 1)),
        };
        same.unwrap_or_else(|| Period::holding(self.grain, reckoning.months_later(self.first, i32::from(years) * 12), reckoning))
    }

    /// The period before this one.
    #[must_use]
    pub fn previous(self, reckoning: impl Into<Reckoning>) -> Period {
        Period::holding(self.grain, self.first.plus(-1), reckoning)
    }

    /// The period after this one.
    #[must_use]
    pub fn next(self, reckoning: impl Into<Reckoning>) -> Period {
        Period::holding(self.grain, self.last.plus(1), reckoning)
    }

    /// Reads a label: `2026-03-01`, `2026-W10`, `2026-03`, `2026-Q1`, `2026`.
    ///
    /// # Errors
    /// When the text is no label or names no real period.
    pub fn parse(label: &str, reckoning: impl Into<Reckoning>) -> Result<Period, PeriodError> {
        let reckoning = reckoning.into();
        let number = |text: Option<&str>| {
            text.filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit())).and_then(|t| t.parse::<i16>().ok()).ok_or(PeriodError)
        };
        let year = number(label.get(..4))?;
        let period = match (label.len(), label.get(4..6)) {
            (4, _) => reckoning.named(Grain::Year, year, 1),
            (7, Some("-Q")) => reckoning.named(Grain::Quarter, year, number(label.get(6..))?),
            (8, Some("-W")) => reckoning.named(Grain::Week, year, number(label.get(6..))?),
            (7, _) => reckoning.named(Grain::Month, year, number(label.get(5..))?),
            (10, _) => Day::parse(label).map(|day| reckoning.holding(Grain::Day, day)),
            _ => None,
        };
        period.filter(|period| period.to_string() == label).ok_or(PeriodError)
    }
}

impl fmt::Display for Period {
    /// The label.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, number) = self.label;
        match self.grain {
            Grain::Day => write!(f, "{}", self.first),
            Grain::Week => write!(f, "{year:04}-W{number:02}"),
            Grain::Month => write!(f, "{year:04}-{number:02}"),
            Grain::Quarter => write!(f, "{year:04}-Q{number}"),
            Grain::Year => write!(f, "{year:04}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::WeekStart;
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
