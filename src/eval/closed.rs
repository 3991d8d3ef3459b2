//! A condition in periods that are over: `for 3 months`.
//!
//! 1. The periods before the running one are counted back ([`closed`]): 1 is the last one that is over.
//! 2. In each the condition is seen as at its end: a window of the same length is the period itself, any other one ends there.
//! 3. A period in which the scope had not been seen yet says nothing.
//! 4. A line that says `early` may take the running period for the last one: where its condition holds there, it will hold at
//!    the end too.

use super::Fault;
use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::window::{Anchor, Stretch};
use crate::compile::program::{AlertLevel, Formula, Hold, Program, Window};
use crate::time::{Grain, Period};

/// A period that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Closed {
    /// Its length.
    pub(super) grain: Grain,
    /// How many periods before the running one.
    pub(super) back: u32,
    /// The window of what is read in it.
    pub(super) window: Window,
}

impl Closed {
    /// The periods in which a line must hold; none when it holds as it stands.
    pub(super) fn of(level: &AlertLevel, window: Window) -> impl Iterator<Item = Closed> {
        let (count, grain) = match level.hold {
            Hold::Periods { count, grain } => (count, grain),
            Hold::Unbroken(_) | Hold::Working(_) | Hold::SomeOf { .. } => (0, Grain::Day),
        };
        (1..=count).map(move |back| Closed { grain, back, window })
    }
}

/// Where a period that is over lies, and what a window means at its end.
pub(super) fn closed(program: &Program, anchor: Anchor, closed: Closed) -> (Anchor, Stretch) {
    let running = Period::holding(closed.grain, anchor.day, program.reckoning);
    let period = (0..closed.back).fold(running, |period, _| period.previous(program.reckoning));
    let anchor = anchor.within(program, period);
    let home = match closed.window {
        Window::Period { grain, .. } if grain == closed.grain => anchor.to_date(period),
        window => anchor.stretch(program, window),
    };
    (anchor, home)
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// Whether a line holds: its condition, or that in each of the periods that it names.
    pub(super) fn level(&mut self, level: &AlertLevel, window: Window) -> Result<Number, Fault> {
        let periods: Vec<Closed> = Closed::of(level, window).collect();
        let Some(over) = self.in_all(&periods, &level.when)? else { return self.value(&level.when) };
        if !level.early || over.truth() == Some(true) {
            return Ok(over);
        }
        // The running period in place of the first one.
        let now = self.value(&level.when)?;
        let later = periods.split_last().map_or(&[][..], |(_, later)| later);
        let soon = match (now.truth(), self.in_all(later, &level.when)?) {
            (Some(false), _) | (_, None) => now,
            (truth, Some(later)) if truth == Some(true) || later.truth() == Some(false) => later,
            _ => now,
        };
        Ok(if soon.truth() == Some(false) { over } else { soon })
    }

    /// Whether a condition holds in all of some periods; None without any.
    fn in_all(&mut self, periods: &[Closed], when: &Formula) -> Result<Option<Number>, Fault> {
        let mut holds: Option<Number> = None;
        for period in periods {
            let here = self.in_closed(*period, when)?;
            if here.truth() == Some(false) {
                return Ok(Some(here));
            }
            holds = Some(match holds {
                Some(unknown @ Number::Unknown(_)) => unknown,
                _ => here,
            });
        }
        Ok(holds)
    }

    /// The value of a condition of an alert in a period that is over.
    fn in_closed(&mut self, period: Closed, when: &Formula) -> Result<Number, Fault> {
        let (anchor, home) = closed(self.program, self.anchor, period);
        let seen = self.source.began(self.zone())?.is_some_and(|since| since < self.zone().end_of(anchor.day));
        if !seen {
            return Ok(Number::Unknown(Why::NoScope));
        }
        let (own, now) = (std::mem::replace(&mut self.anchor, anchor), std::mem::replace(&mut self.home, home));
        let subject = self.subject_value.take();
        let value = self.value(when);
        (self.anchor, self.home, self.subject_value) = (own, now, subject);
        value
    }
}
