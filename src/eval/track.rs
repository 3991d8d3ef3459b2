//! What is remembered of one alert rule at one scope.

use super::ScopeId;
use crate::compile::program::Severity;
use crate::time::{Day, Instant};
use rust_decimal::Decimal;

/// The state of an alert machine between two instants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Machine {
    /// For each level of the rule: since when its condition has held without a break.
    pub held_since: Vec<Option<Instant>>,
    /// For each level that counts days: the days of late, today not among them, at whose end its condition held, but not
    /// without a break until now. Sorted.
    pub held_days: Vec<Vec<Day>>,
    /// The last known truth of the `clear` condition, for `no data keep`.
    pub clear: bool,
    /// While firing, for rules that clear after a time only: since when nothing stands in the way of clearing.
    pub clear_since: Option<Instant>,
    /// While firing: with which severity, and since when the alert fires (whatever the severity was at first).
    pub firing: Option<(Severity, Instant)>,
}

/// A change of the machine: from `at` on it is `machine`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The exact instant, in event time.
    pub at: Instant,
    /// The state from then on.
    pub machine: Machine,
    /// The subject at that instant; None when unknown.
    pub value: Option<Decimal>,
}

/// What a person sees of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// No condition holds.
    Inactive,
    /// A condition holds, not yet for long enough, since then.
    Pending(Instant),
    /// Firing with a severity, since then.
    Firing(Severity, Instant),
}

/// One alert from firing to resolved. Its id stays when late events move its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// The id, unique within the program's state and stable for ever.
    pub id: u64,
    /// When it began to fire.
    pub from: Instant,
    /// When it resolved; None while it fires.
    pub until: Option<Instant>,
    /// The worst severity it had.
    pub worst: Severity,
    /// Late events changed it after it had been reported.
    pub restated: bool,
    /// Late events took it away altogether: at no time did it fire, as is known now.
    pub withdrawn: bool,
}

/// Everything remembered of one alert rule at one scope.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Track {
    /// The history of the machine, oldest first.
    pub steps: Vec<Step>,
    /// The episodes, oldest first.
    pub episodes: Vec<Episode>,
    /// The latest instant whose conditions have been evaluated.
    pub frontier: Option<Instant>,
    /// When the clock must be read again although no event comes: a `for` runs out, a window slides, a reminder is due.
    pub due: Option<Instant>,
    /// What was told last: the episode, its severity, and the `now` of the telling. None when nothing or "resolved" was.
    pub told: Option<(u64, Severity, Instant)>,
}

impl Track {
    /// The step at exactly this instant.
    pub(super) fn step_at(&self, at: Instant) -> Option<&Step> {
        let place = self.steps.binary_search_by_key(&at, |step| step.at).ok()?;
        self.steps.get(place)
    }
}

/// Something to tell the channels of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Index into the program's alerts.
    pub alert: usize,
    /// The scope.
    pub scope: ScopeId,
    /// The episode it is about.
    pub episode: u64,
    /// What happened.
    pub kind: NoticeKind,
    /// The severity now; of the resolved alert, the last one.
    pub severity: Severity,
    /// When it happened, in event time.
    pub at: Instant,
    /// Since when the alert fires.
    pub since: Instant,
    /// The subject at that instant.
    pub value: Option<Decimal>,
    /// The limit of the level that holds, when it has a constant one.
    pub limit: Option<Decimal>,
    /// Late events changed what had been told.
    pub restated: bool,
}

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// It fires, or fires with another severity.
    Firing,
    /// It is over.
    Resolved,
    /// It still fires: the reminder of `repeat`.
    Repeat,
    /// It still fires, but late events changed since when.
    Restated,
}
