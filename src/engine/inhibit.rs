//! Alerts that keep others from being told.
//!
//! 1. Rulesets say which rule inhibits which, and which dimension values must agree.
//! 2. While an alert of the one fires, those of the other are muted as by a silence that has no end yet ([`Inhibiting::hold`]).
//! 3. When it is over, what it muted is looked at again, as at the end of a silence. States of alerts know nothing of it.

use crate::store::{Hold, Inhibition, Subject};
use crate::time::Instant;

/// Begins the id of every alert, and of no silence.
const ALERT: &str = "al_";

/// What inhibits what, and which alerts fire.
#[derive(Debug, Clone, Default)]
pub struct Inhibiting {
    /// The lines of the rulesets, each with the ruleset's name.
    pub inhibitions: Vec<(String, Inhibition)>,
    /// The alerts that fire, as far as was told, and what they are about.
    pub firing: Vec<(String, Subject)>,
}

impl Inhibiting {
    /// Notes that an alert fires.
    pub fn begins(&mut self, alert: &str, subject: impl FnOnce() -> Subject) {
        if !self.inhibitions.is_empty() {
            self.ends(alert);
            self.firing.push((alert.to_owned(), subject()));
        }
    }

    /// Notes that an alert is over; true when it may have inhibited others until now.
    pub fn ends(&mut self, alert: &str) -> bool {
        let Some(at) = self.firing.iter().position(|(other, _)| other == alert) else { return false };
        let (_, was) = self.firing.remove(at);
        self.inhibitions.iter().any(|(ruleset, line)| *ruleset == was.ruleset && line.by == was.rule)
    }

    /// The alert that inhibits something: of several the first by id.
    pub fn by(&self, subject: &Subject) -> Option<&str> {
        let lines = self.inhibitions.iter().filter(|(ruleset, line)| *ruleset == subject.ruleset && line.rule == subject.rule);
        let inhibits = |line: &Inhibition, other: &Subject| {
            other.ruleset == subject.ruleset
                && other.rule == line.by
                && line.dims.iter().all(|dim| value(other, dim).is_some_and(|found| Some(found) == value(subject, dim)))
        };
        let found = lines.flat_map(|(_, line)| self.firing.iter().filter(move |(_, other)| inhibits(line, other)));
        found.map(|(alert, _)| alert.as_str()).min()
    }

    /// How something is muted, when an alert inhibits it.
    pub fn hold(&self, subject: &Subject) -> Option<Hold> {
        self.by(subject).map(|alert| Hold { silence: Some(alert.to_owned()), until: Instant(i64::MAX) })
    }
}

/// The alert by which something waits, when it does not wait for a silence or for hours.
pub fn inhibitor(hold: &Hold) -> Option<&str> {
    hold.silence.as_deref().filter(|id| id.starts_with(ALERT))
}

/// A dimension value; a scope without one has none.
fn value<'s>(subject: &'s Subject, dim: &str) -> Option<&'s str> {
    subject.scope.iter().find(|(name, _)| name == dim)?.1.as_deref()
}
