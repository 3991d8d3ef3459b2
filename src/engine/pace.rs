//! How many events of large requests one commit takes.
//!
//! 1. Each commit of them tells how long an event took ([`Pace::took`]).
//! 2. While requests of few events come too, a commit takes as many as are done soon ([`SOON`]): so long, and a commit of its
//!    own, is what such a request waits for. While none come it takes far more, which costs less for each event.

use std::time::{Duration, Instant as Moment};

/// How long a commit takes while requests of few events come.
const SOON: Duration = Duration::from_millis(3);
/// How long a commit takes otherwise.
const LATER: Duration = Duration::from_millis(100);
/// How long it is remembered that a request of few events came.
const REMEMBERED: Duration = Duration::from_secs(1);
/// A commit takes so many events in any case: it has a cost of its own, and everything has to come to an end.
const EVENTS_MIN: usize = 64;
/// What an event takes before any was measured.
const FIRST_GUESS: Duration = Duration::from_micros(20);

/// What is known of the work of the writer.
pub(super) struct Pace {
    /// How long an event of the last commits took, that of the commit included.
    event: Duration,
    /// When a request of few events came last.
    few: Option<Moment>,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { event: FIRST_GUESS, few: None }
    }
}

impl Pace {
    /// A request of few events came.
    pub(super) fn few_came(&mut self) {
        self.few = Some(Moment::now());
    }

    /// A commit of so many events took so long.
    pub(super) fn took(&mut self, events: usize, time: Duration) {
        let events = u32::try_from(events).unwrap_or(u32::MAX);
        if let Some(event) = (time / 2).checked_div(events) {
            self.event = self.event / 2 + event;
        }
    }

    /// How many events the next commit takes at most.
    pub(super) fn events(&self) -> usize {
        let soon = self.few.is_some_and(|came| came.elapsed() < REMEMBERED);
        let time = if soon { SOON } else { LATER };
        let fit = time.as_nanos().checked_div(self.event.as_nanos()).map_or(usize::MAX, |fit| usize::try_from(fit).unwrap_or(usize::MAX));
        fit.max(EVENTS_MIN)
    }
}
