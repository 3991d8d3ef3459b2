//! What differs between two versions of a ruleset on the same events.
//!
//! 1. Each side lists its [`Numbers`], and the transitions of its alerts in the order of time.
//! 2. [`moved`] keeps the numbers that differ, [`paired`] finds the transitions that only one side has, or that came at
//!    another instant; [`only`] names what only one side declares.
//! 3. Over stored events both sides are read at the same moment ([`Workspace::compare`]); over a file, from two replays.

use super::alerts::{AlertFilter, AlertView};
use super::history::{Shelf, Stored};
use super::read::{About, Question, Which};
use super::workspace::Workspace;
use crate::compile::program::Program;
use crate::diagnostic::Diagnostic;
use crate::eval::Reader;
use crate::time::Instant;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A transition that comes at most so many seconds earlier or later is the same one, moved.
const MOVED_S: i64 = 7 * 86_400;

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The value of a metric.
    Metric,
    /// The score of a scope on a scorecard.
    Score,
    /// Its grade.
    Grade,
    /// Its payout.
    Payout,
}

impl Kind {
    /// All kinds, in the order in which they are listed.
    pub const ALL: [Kind; 4] = [Kind::Metric, Kind::Score, Kind::Grade, Kind::Payout];

    /// `metric`, `score`, `grade`, `payout`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Metric => "metric",
            Kind::Score => "score",
            Kind::Grade => "grade",
            Kind::Payout => "payout",
        }
    }
}

/// Dimensions with their values.
type Scope = Vec<(String, String)>;

/// Numbers by their kind, name, scope and period: each with its value and unit.
pub type Numbers = BTreeMap<(Kind, String, Scope, String), (Option<String>, String)>;

/// A number that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// What kind of number.
    pub kind: Kind,
    /// The metric or scorecard.
    pub name: String,
    /// Whose number.
    pub scope: Scope,
    /// The period.
    pub period: String,
    /// Its unit, when it has one; both when it has changed.
    pub unit: String,
    /// Its unit on each side; None where the number is not there.
    pub units: [Option<String>; 2],
    /// Its value on the first side; None when unknown, or not there.
    pub before: Option<String>,
    /// Its value on the second side.
    pub after: Option<String>,
}

impl Moved {
    /// The side that alone has the number, by the names of both; None when both have it.
    pub fn only<'n>(&self, [before, after]: [&'n str; 2]) -> Option<&'n str> {
        match &self.units {
            [Some(_), None] => Some(before),
            [None, Some(_)] => Some(after),
            _ => None,
        }
    }
}

/// The numbers that differ. `both` says whether both sides declare what a number is of: others are not compared.
pub fn moved(before: &Numbers, after: &Numbers, both: impl Fn(Kind, &str) -> bool) -> Vec<Moved> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differing = keys.into_iter().filter_map(|key| {
        let (kind, name, scope, period) = key;
        let units = [before, after].map(|numbers| numbers.get(key).map(|(_, unit)| unit.clone()));
        let number = |numbers: &Numbers| numbers.get(key).cloned().unwrap_or_default();
        let ((before, unit), (after, other)) = (number(before), number(after));
        (both(*kind, name) && (&before, &unit) != (&after, &other)).then(|| Moved {
            units,
            unit: if unit == other || other.is_empty() { unit } else { format!("{unit} -> {other}").trim_start_matches(" -> ").to_owned() },
            kind: *kind,
            name: name.clone(),
            scope: scope.clone(),
            period: period.clone(),
            before,
            after,
        })
    });
    differing.collect()
}

/// A transition of an alert on one side, or on both at different instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair<T> {
    /// On the first side.
    pub before: Option<(Instant, T)>,
    /// On the second side.
    pub after: Option<(Instant, T)>,
}

impl<T> Pair<T> {
    /// The transition, of the first side when both have it.
    pub fn either(&self) -> Option<&T> {
        self.before.as_ref().or(self.after.as_ref()).map(|(_, transition)| transition)
    }

    /// `gained`, `lost` or `moved`.
    pub fn change(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "gained",
            (_, None) => "lost",
            _ => "moved",
        }
    }
}

/// Matches the transitions of two sides: of what is the `same`, at the same instant or else at the nearest. Those at the same
/// instant are left out.
pub fn paired<T>(before: Vec<(Instant, T)>, after: Vec<(Instant, T)>, same: impl Fn(&T, &T) -> bool) -> Vec<Pair<T>> {
    let mut gained = after;
    let mut lost = Vec::new();
    for (at, one) in before {
        match gained.iter().position(|(other, candidate)| *other == at && same(&one, candidate)) {
            Some(place) => drop(gained.remove(place)),
            None => lost.push((at, one)),
        }
    }
    let mut found: Vec<(Instant, Pair<T>)> = Vec::new();
    for (at, one) in lost {
        let near = |(place, (other, candidate)): (usize, &(Instant, T))| {
            let is_near = (at.plus_s(-MOVED_S)..=at.plus_s(MOVED_S)).contains(other);
            (is_near && same(&one, candidate)).then(|| (other.0.abs_diff(at.0), place))
        };
        let nearest = gained.iter().enumerate().filter_map(near).min();
        let after = nearest.map(|(_, place)| gained.remove(place));
        found.push((at, Pair { before: Some((at, one)), after }));
    }
    found.extend(gained.into_iter().map(|(at, one)| (at, Pair { before: None, after: Some((at, one)) })));
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, pair)| pair).collect()
}

/// Metrics, scorecards and alerts that only one of two rulesets declares.
pub fn only(one: &Program, other: &Program) -> Vec<String> {
    let names = |program: &Program| -> Vec<String> {
        let metrics = program.metrics.iter().map(|metric| format!("metric {}", metric.name));
        let cards = program.scorecards.iter().map(|card| format!("scorecard {}", card.name));
        let alerts = program.alerts.iter().map(|rule| format!("alert {}", rule.name));
        metrics.chain(cards).chain(alerts).collect()
    };
    let known = names(other);
    names(one).into_iter().filter(|name| !known.contains(name)).collect()
}

impl Workspace {
    /// Reads two running versions of a ruleset at the same moment, with the alerts of each that fit.
    ///
    /// # Errors
    /// When one does not run, or the store fails.
    pub fn compare<R>(
        &self,
        name: &str,
        sides: [Which<'_>; 2],
        filter: &AlertFilter,
        answer: impl FnOnce([&Reader<'_>; 2], [Vec<AlertView>; 2]) -> R,
    ) -> Result<R, Diagnostic> {
        self.guarded(|| {
            let at = self.settle();
            let (view, shelf) = (self.store().view()?, RefCell::new(Shelf::default()));
            let log = view.log()?;
            let question = |which| Question { about: About::Ruleset, ruleset: Some(name), which, at: None, known_at: None };
            let [a, b] = sides.map(|which| self.choose(&view, &question(which)));
            let ((a, before), (b, after)) = (a?, b?);
            let alerts = [self.alerts_of(&view, &a, filter)?, self.alerts_of(&view, &b, filter)?];
            let stored = |program, number| Stored { program, number, log: &log, pending: &[], shelf: &shelf };
            let (history, other_history) = (stored(&before, a.program), stored(&after, b.program));
            let (cells, other_cells) = (view.snapshot(a), view.snapshot(b));
            let reader = Reader { program: &before, cells: &cells, history: &history, at };
            let other = Reader { program: &after, cells: &other_cells, history: &other_history, at };
            Ok(answer([&reader, &other], alerts))
        })
    }
}
