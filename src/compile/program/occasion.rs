//! Named events.

use super::Text;
use crate::time::Day;

/// Index into [`Program::occasions`](super::Program::occasions).
pub type OccasionIdx = usize;

/// `occasion prime_day { 2026-06-23 to 2026-06-26 }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occasion {
    /// Its id.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// The first and the last day of each time that it comes, in order, apart from one another. At least one.
    pub days: Vec<(Day, Day)>,
}

impl Occasion {
    /// The place of the last time that it begins in a calendar year.
    pub fn in_year(&self, year: i16) -> Option<usize> {
        self.days.iter().rposition(|(first, _)| first.civil().year() == year)
    }

    /// The place of the last time that has begun by a day.
    pub fn begun(&self, day: Day) -> Option<usize> {
        self.days.partition_point(|(first, _)| *first <= day).checked_sub(1)
    }
}

/// `latest prime_day`, `previous prime_day`, `2026 prime_day`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OccasionWindow {
    /// The named event.
    pub occasion: OccasionIdx,
    /// Which time; the last one that has begun, if None.
    pub place: Option<usize>,
    /// How many times before that.
    pub back: usize,
}
