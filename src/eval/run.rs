//! Calendar periods in a row: `over 3 months`, `over previous 12 months`.
//!
//! 1. [`Run::holding`] finds them from a day; while the last one runs, what counts goes up to the day ([`Run::until`]).
//! 2. So much earlier is as many periods in a row, to date as far as the first ones had come ([`Run::moved`]).
//! 3. For alerts: when the turn of a day changes what lies in them ([`Run::turning`]), and from when on a day lies in
//!    none of them any more ([`Run::gone`]).

use super::before::earlier;
use super::window::{Span, Stretch};
use crate::compile::program::{Program, Shift};
use crate::time::{Day, Grain, Period, Reckoning};

/// So many periods in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Run {
    first: Period,
    last: Period,
    count: u32,
}

/// The length of the periods, how many there are, and how many periods before the running one the last one lies.
type Shape = (Grain, u32, u32);

impl Run {
    /// The periods that a window means on a day.
    pub(super) fn holding(program: &Program, day: Day, (grain, count, back): Shape) -> Run {
        let running = Period::holding(grain, day, program.reckoning);
        Run::ending(before(running, back, program.reckoning), count, program.reckoning)
    }

    fn ending(last: Period, count: u32, reckoning: Reckoning) -> Run {
        Run { first: before(last, count.saturating_sub(1), reckoning), last, count }
    }

    /// All days that they will have when they are over.
    pub(super) fn days(self) -> (Day, Day) {
        (self.first.first, self.last.last)
    }

    /// The days of them up to one.
    pub(super) fn until(self, day: Day) -> Stretch {
        let span = Span::Days(self.first.first, day.clamp(self.last.first, self.last.last));
        Stretch { run: Some(self), ..span.into() }
    }

    /// The same so much earlier, and the day that is today there.
    pub(super) fn moved(self, program: &Program, today: Day, stretch: Stretch, shift: Shift) -> Option<(Stretch, Day)> {
        let Span::Days(_, last) = stretch.span else { return None };
        let reckoning = program.reckoning;
        let ending = match shift.grain {
            Some(_) => earlier(program, self.last, shift),
            None => before(self.last, shift.count.saturating_mul(self.count), reckoning),
        };
        let to_date = ending.first.plus(last.0.saturating_sub(self.last.first.0)).min(ending.last);
        let end = if last >= self.last.last { ending.last } else { to_date };
        let run = Run::ending(ending, self.count, reckoning);
        Some((run.until(end), end.plus(today.0.saturating_sub(last.0))))
    }

    /// The next day after today on which a window of this shape holds other cells than today; `first_from` is the first day
    /// with a cell from a day on.
    pub(super) fn turning(
        (grain, count, back): Shape,
        today: Day,
        reckoning: Reckoning,
        first_from: impl Fn(Day) -> Option<Day>,
    ) -> Option<Day> {
        let running = Period::holding(grain, today, reckoning);
        let last = before(running, back, reckoning);
        let first = before(last, count.saturating_sub(1), reckoning);
        let later = |day: Day, periods: u32| after(Period::holding(grain, day, reckoning), periods, reckoning).first;
        let enters = match back {
            0 => first_from(today.plus(1)),
            back => first_from(last.last.plus(1)).map(|day| later(day, back)),
        };
        let leaves = first_from(first.first).map(|day| later(day, back.saturating_add(count)));
        enters.into_iter().chain(leaves).filter(|day| *day > today).min()
    }

    /// The first day on which the last period of such a window is the one of a day, so many periods back.
    pub(super) fn begins((grain, back): (Grain, u32), day: Day, reckoning: Reckoning) -> Day {
        after(Period::holding(grain, day, reckoning), back, reckoning).first
    }

    /// The last day on which a window of this shape may hold a day.
    pub(super) fn gone((grain, count, back): Shape, day: Day, reckoning: Reckoning) -> Day {
        after(Period::holding(grain, day, reckoning), back.saturating_add(count).saturating_sub(1), reckoning).last
    }
}

fn before(period: Period, periods: u32, reckoning: Reckoning) -> Period {
    (0..periods).fold(period, |period, _| period.previous(reckoning))
}

fn after(period: Period, periods: u32, reckoning: Reckoning) -> Period {
    (0..periods).fold(period, |period, _| period.next(reckoning))
}
