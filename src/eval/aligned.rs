//! Shares of earlier days along named events: Prime Day moves, and takes its share with it.
//!
//! 1. A day is like the same day of the earlier year, by the parts of the split.
//! 2. The days of a named event are like those of its time in the earlier year, one after the other.
//! 3. Those that were like these days are like the ones that are free now: nothing is counted twice, and nothing is lost.

use crate::compile::program::{OccasionIdx, Program};
use crate::time::{Day, Grain, Period};
use std::collections::BTreeMap;

/// From a year to an earlier one, by parts of one length.
#[derive(Clone, Copy)]
pub(super) struct Back {
    pub(super) own: Period,
    pub(super) earlier: Period,
    pub(super) grain: Grain,
}

impl Back {
    /// The day that stands in the earlier year where another one stands in its own.
    pub(super) fn ordinary(self, program: &Program, day: Day) -> Day {
        self.moved(program, day, -1)
    }

    fn moved(self, program: &Program, day: Day, sign: i16) -> Day {
        let reckoning = program.reckoning;
        let years = self.own.year(reckoning) - self.earlier.year(reckoning);
        let part = Period::holding(self.grain, day, reckoning);
        let other = part.years_later(sign * years, reckoning);
        other.first.plus(day.0 - part.first.0).min(other.last)
    }

    /// The days that are not like the ordinary one, each with the one that it is like.
    pub(super) fn aligned(self, program: &Program, along: &[OccasionIdx]) -> BTreeMap<Day, Day> {
        let mut like: BTreeMap<Day, Day> = BTreeMap::new();
        for occasion in along.iter().filter_map(|occasion| program.occasions.get(*occasion)) {
            let time = |year: Period| occasion.days.iter().rev().find(|(first, _)| year.first <= *first && *first <= year.last);
            let (Some(now), Some(before)) = (time(self.own), time(self.earlier)) else { continue };
            let n_days = (now.1.0 - now.0.0).min(before.1.0 - before.0.0) + 1;
            for place in 0..n_days {
                let (day, wanted) = (now.0.plus(place), before.0.plus(place));
                let was = like.get(&day).copied().unwrap_or_else(|| self.ordinary(program, day));
                let found = like.iter().find(|(_, one)| **one == wanted).map(|(day, _)| *day);
                let other = found.or_else(|| {
                    let other = self.moved(program, wanted, 1);
                    (self.ordinary(program, other) == wanted && !like.contains_key(&other)).then_some(other)
                });
                like.insert(day, wanted);
                if let Some(other) = other.filter(|other| *other != day) {
                    like.insert(other, was);
                }
            }
        }
        like
    }
}
