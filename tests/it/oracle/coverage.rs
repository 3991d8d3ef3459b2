//! On which days an event was expected, and on which it came: day by day, through all rows.

use super::formula::{Asked, Span};
use super::{Moment, Place};
use steelyard::compile::program::{EventIdx, LeafIdx, Read};
use steelyard::time::Day;

impl Moment<'_> {
    /// How many days expect the rows of a leaf, or have any.
    pub fn days(&self, leaf: LeafIdx, read: Read, asked: &Asked<'_>) -> Option<usize> {
        let Span::Days(first, last) = asked.span else { return None };
        let event = self.oracle.program.leaves[leaf].event;
        let began = asked.clocks.day_of(self.began(asked.place, &asked.clocks)?);
        let (first, last) = (first.max(began), last.min(asked.clocks.day_of(self.at).plus(-1)));
        if i64::from(last.0) - i64::from(first.0) > 1_100 {
            return None;
        }
        let came: Vec<Day> = self.worthy(leaf, asked).into_iter().map(|(_, worth)| worth.day).collect();
        let days = (first.0..=last.0).map(Day).filter(|day| self.is_together(event, *day, asked.place));
        Some(days.filter(|day| read == Read::DaysDue || came.contains(day)).count())
    }

    /// Whether a scope that says who and where belongs together on a day, as far as an event does not say so itself.
    fn is_together(&self, event: EventIdx, day: Day, place: &Place) -> bool {
        place.iter().all(|(dim, wanted)| {
            let child = self.oracle.child_of(event, *dim);
            let own = child.and_then(|child| place.iter().find(|(one, _)| *one == child));
            own.is_none_or(|(_, own)| self.lies_in(event, (own.as_deref(), day), (*dim, wanted.as_deref())))
        })
    }
}
