//! From a window, or a period, to the exact range of time that it means at one instant.

use super::query::When;
use super::run::Run;
use crate::compile::program::{OccasionIdx, OccasionWindow, Program, Window, ZoneIdx};
use crate::time::{Day, Instant, Period};

/// A range of time by a leaf's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Span {
    /// Whole local days, both included.
    Days(Day, Day),
    /// `(after, until]`
    Elapsed(Instant, Instant),
    /// Everything.
    All,
}

/// A range of time, and the calendar period that it is, or is a part of so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Stretch {
    /// The range.
    pub(super) span: Span,
    /// The period; None for a window that is no period.
    pub(super) period: Option<Period>,
    /// The named event; None for a window that is none.
    pub(super) named: Option<Named>,
    /// The calendar periods in a row; None for a window that is none.
    pub(super) run: Option<Run>,
}

/// One time that a named event comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Named {
    /// The named event.
    pub(super) occasion: OccasionIdx,
    /// Which time.
    pub(super) place: usize,
    /// Its first day.
    pub(super) first: Day,
    /// Its last day.
    pub(super) last: Day,
}

impl Named {
    /// The time at a place of a named event.
    pub(super) fn of(program: &Program, occasion: OccasionIdx, place: usize) -> Option<Named> {
        let (first, last) = program.occasions.get(occasion)?.days.get(place).copied()?;
        Some(Named { occasion, place, first, last })
    }

    /// The days up to one of them, as a stretch.
    pub(super) fn until(self, last: Day) -> Stretch {
        Stretch { span: Span::Days(self.first, last.min(self.last)), period: None, named: Some(self), run: None }
    }
}

impl Stretch {
    /// All days that it will have when it is over; None for what has no whole days.
    pub(super) fn days(self) -> Option<(Day, Day)> {
        match (self.period, self.span) {
            (Some(period), _) => Some((period.first, period.last)),
            (None, _) if self.run.is_some() => self.run.map(Run::days),
            (None, Span::Days(first, last)) => Some(self.named.map_or((first, last), |named| (named.first, named.last))),
            (None, Span::Elapsed(..) | Span::All) => None,
        }
    }
}

impl From<Span> for Stretch {
    fn from(span: Span) -> Stretch {
        Stretch { span, period: None, named: None, run: None }
    }
}

/// Where windows are anchored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Anchor {
    /// The instant of the reading.
    pub(super) at: Instant,
    /// Today; inside a period that is over, its last day.
    pub(super) day: Day,
    /// Where elapsed windows end: now; inside a period that is over, its end.
    pub(super) end: Instant,
    /// In which zone the days of the scope that is asked for run.
    pub(super) zone: ZoneIdx,
}

impl Anchor {
    /// The anchor of what is read at this instant, in the days of a zone.
    pub(super) fn now(program: &Program, zone: ZoneIdx, at: Instant) -> Anchor {
        Anchor { at, day: program.zone_at(zone).day_of(at), end: at, zone }
    }

    /// The anchor of windows read at this instant in the days of a zone, and the span of `when`.
    pub(super) fn of(program: &Program, zone: ZoneIdx, when: When, at: Instant) -> (Anchor, Stretch) {
        let now = Anchor::now(program, zone, at);
        let today = now.day;
        match when {
            When::Window(window) => (now, now.stretch(program, window)),
            When::Period(period) if today <= period.last => {
                (now, Stretch { span: Span::Days(period.first, today.max(period.first)), period: Some(period), named: None, run: None })
            }
            When::Period(period) => {
                let anchor = Anchor { day: period.last, end: at.min(program.zone_at(zone).end_of(period.last)), ..now };
                (anchor, Stretch { span: Span::Days(period.first, period.last), period: Some(period), named: None, run: None })
            }
        }
    }

    /// The anchor of a period: its last day when that is over from here.
    pub(super) fn within(self, program: &Program, period: Period) -> Anchor {
        self.by(program, period.last)
    }

    /// The anchor of a day, when that is over from here.
    pub(super) fn by(self, program: &Program, day: Day) -> Anchor {
        if self.day <= day {
            return self;
        }
        Anchor { day, end: self.end.min(program.zone_at(self.zone).end_of(day)), ..self }
    }

    /// A period as far as it has come here.
    pub(super) fn to_date(self, period: Period) -> Stretch {
        Stretch { span: Span::Days(period.first, self.day.clamp(period.first, period.last)), period: Some(period), named: None, run: None }
    }

    /// The range that a window means here.
    pub(super) fn stretch(&self, program: &Program, window: Window) -> Stretch {
        let span = match window {
            Window::Days { length, ending } => {
                let last = self.day.plus(-days(ending));
                Span::Days(last.plus(1 - days(length)), last)
            }
            Window::Elapsed { length_s, ending_s } => {
                let until = self.end.plus_s(-seconds(ending_s));
                Span::Elapsed(until.plus_s(-seconds(length_s)), until)
            }
            Window::Period { grain, previous } => {
                let period = Period::holding(grain, self.day, program.reckoning);
                if previous {
                    let before = period.previous(program.reckoning);
                    return Stretch { span: Span::Days(before.first, before.last), period: Some(before), named: None, run: None };
                }
                return Stretch { span: Span::Days(period.first, self.day), period: Some(period), named: None, run: None };
            }
            Window::Periods { grain, count, back } => return Run::holding(program, self.day, (grain, count, back)).until(self.day),
            Window::Occasion(window) => return self.occasion(program, window),
            // Inside a period that is over, what came after it does not count.
            Window::All if self.day < program.zone_at(self.zone).day_of(self.at) => Span::Days(Day(i32::MIN), self.day),
            Window::All => Span::All,
        };
        span.into()
    }
}

impl Anchor {
    /// The days of a named event, to date while it runs. Days that never come stand for one that has not begun at all.
    fn occasion(&self, program: &Program, window: OccasionWindow) -> Stretch {
        let occasion = program.occasions.get(window.occasion);
        let place = window.place.or_else(|| occasion?.begun(self.day)).and_then(|place| place.checked_sub(window.back));
        match place.and_then(|place| Named::of(program, window.occasion, place)) {
            Some(named) => named.until(self.day.max(named.first)),
            None => Span::Days(NEVER, NEVER).into(),
        }
    }
}

/// A day that does not come.
const NEVER: Day = Day(i32::MAX - 1);

/// A count of days as the calendar takes it.
pub(super) fn days(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A count of seconds as instants take it.
pub(super) fn seconds(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
