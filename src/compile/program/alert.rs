//! Alert rules.

use super::{Adapt, DimIdx, Formula, Gate, GroupingIdx, LeafIdx, Text, Unit, Window, WorkSpan};
use crate::time::{Grain, Schedule, WorkCalendar};
use rust_decimal::Decimal;
use std::sync::Arc;

/// An alert rule.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRule {
    /// Its id.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// The number that is watched.
    pub subject: Formula,
    /// The same as written.
    pub text: String,
    /// The unit of the subject.
    pub unit: Unit,
    /// The window of the subject and of the metrics in the conditions.
    pub window: Window,
    /// What decides between that window and another one: its condition and its windows; a formula stands in for the subject.
    pub adapt: Option<Adapt>,
    /// The grouping of its scopes.
    pub grouping: GroupingIdx,
    /// The severities, in the order of the text.
    pub levels: Vec<AlertLevel>,
    /// The condition under which a firing alert clears; when no condition of a level is true, if None.
    pub clear: Option<Formula>,
    /// For how long that must be so, without a break, in seconds.
    pub clear_hold_s: u64,
    /// The same as written; empty without one.
    pub clear_text: String,
    /// While one of these holds, the scope is not judged: nothing fires, and what fired is over.
    pub exempts: Vec<Gate>,
    /// What keeps it from being told; its states know nothing of it.
    pub inhibitors: Vec<Inhibitor>,
    /// The dimensions by whose values its notifications go out together; each by itself, if None.
    pub group_by: Option<Vec<DimIdx>>,
    /// What unknown does.
    pub no_data: NoData,
    /// `{placeholders}`: dimension names, `value`, `limit`, `severity`, `state`, metrics by name.
    pub message: Text,
    /// The channels.
    pub notify: Vec<String>,
    /// When the conditions are looked at; whenever they may change, if None.
    pub schedule: Option<Schedule>,
    /// The same as written; empty without one.
    pub schedule_text: String,
    /// Seconds between reminders while firing.
    pub repeat_s: Option<u64>,
    /// Every leaf that the subject and the conditions need. Sorted.
    pub leaves: Vec<LeafIdx>,
}

impl AlertRule {
    /// The subject and the conditions.
    pub fn formulas(&self) -> impl Iterator<Item = &Formula> {
        let exempts = self.exempts.iter().map(|exempt| &exempt.when);
        std::iter::once(&self.subject).chain(self.levels.iter().map(|level| &level.when)).chain(&self.clear).chain(exempts)
    }

    /// What the subject is compared with by the line of a severity, when that is no constant: its limit at a scope and a time.
    pub fn bound(&self, severity: Severity) -> Option<&Formula> {
        let level = self.levels.iter().find(|level| level.severity == severity)?;
        bound(level.condition(), self.watched())
    }

    /// The number that is watched, whatever its window.
    pub fn watched(&self) -> &Formula {
        unwrapped(&self.subject)
    }

    /// A formula over the window of the rule, when a volume decides which that is.
    pub fn over_own(&self, formula: Formula) -> Formula {
        match &self.adapt {
            Some(adapt) => Formula::Adapt(Box::new(Adapt { inner: formula, ..adapt.clone() })),
            None => formula,
        }
    }
}

/// What is evaluated over a window that depends on a volume.
pub fn unwrapped(formula: &Formula) -> &Formula {
    match formula {
        Formula::Adapt(adapt) => &adapt.inner,
        formula => formula,
    }
}

/// What a condition compares its subject with, in the first comparison that it makes.
fn bound<'f>(when: &'f Formula, subject: &Formula) -> Option<&'f Formula> {
    match when {
        Formula::Compare(_, left, right) if is_subject(left, subject) => Some(right),
        Formula::Compare(_, left, right) if is_subject(right, subject) => Some(left),
        Formula::And(a, b) | Formula::Or(a, b) => bound(a, subject).or_else(|| bound(b, subject)),
        Formula::Not(a) => bound(a, subject),
        _ => None,
    }
}

/// The subject, left out or written again.
pub fn is_subject(formula: &Formula, subject: &Formula) -> bool {
    matches!(formula, Formula::Subject) || formula == subject
}

/// An alert that keeps another one from being told while it fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inhibitor {
    /// Its id.
    pub by: String,
    /// The dimensions whose values must agree.
    pub dims: Vec<DimIdx>,
}

/// A line of an alert rule.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertLevel {
    /// How bad.
    pub severity: Severity,
    /// The condition.
    pub when: Formula,
    /// The line as written.
    pub text: String,
    /// For how long it must hold.
    pub hold: Hold,
    /// It cannot cease to hold before the period ends: the running period counts as soon as it holds in it.
    pub early: bool,
    /// Whose working time the hold counts, when it counts that.
    pub calendar: Option<Arc<WorkCalendar>>,
    /// The constant that the subject is compared with, when there is one: `{limit}` of the message.
    pub limit: Option<Decimal>,
}

impl AlertLevel {
    /// The condition, whatever its window.
    pub fn condition(&self) -> &Formula {
        unwrapped(&self.when)
    }
}

/// For how long a condition must hold before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// So many seconds without a break; 0 counts at once.
    Unbroken(u64),
    /// At the end of so many local days among the last so many. Today is one of them and counts as it stands.
    SomeOf {
        /// How many days, at least 1.
        at_least: u32,
        /// Of how many, today included.
        of: u32,
    },
    /// In each of the last so many periods that are over, as it is seen at the end of each.
    Periods {
        /// How many, at least 1.
        count: u32,
        /// Of what length.
        grain: Grain,
    },
    /// Through so much working time without a break.
    Working(WorkSpan),
}

/// How bad a firing alert is; later is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// What an alert does while a condition is unknown. Each condition is taken for itself: one that is known counts as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoData {
    /// An unknown condition, that of `clear` included, keeps its last known truth; false before the first.
    Keep,
    /// An unknown first line counts as true; any other unknown condition, that of `clear` included, as false.
    Alert,
    /// An unknown line counts as false, an unknown `clear` condition as true.
    Clear,
}
