//! Alerts as people list them: every episode of every rule and scope, and what is pending.

use super::notice::{alert_id, severity_name};
use super::read::Which;
use super::workspace::Workspace;
use crate::compile::program::{AlertRule, Program, Severity, Text, Unit};
use crate::diagnostic::Diagnostic;
use crate::eval::{Cells, Episode, Scope, ScopeId, Step, Track};
use crate::store::StoreView;
use crate::store::record::rules::ActiveRecord;
use crate::time::Instant;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertState {
    /// Its condition holds, not yet for long enough.
    Pending,
    /// It fires.
    Firing,
    /// It is over.
    Resolved,
}

/// A change of an alert, in event time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Instant,
    /// The state from then on.
    pub state: AlertState,
    /// How bad, while it fires.
    pub severity: Option<Severity>,
    /// The subject at that instant; None when unknown.
    pub value: Option<Decimal>,
}

/// One alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertView {
    /// The id, the same in every webhook about it.
    pub id: String,
    /// The ruleset's name.
    pub ruleset: String,
    /// The version that counts now, or is on trial.
    pub version: String,
    /// It is an alert of a trial: nobody is told of it.
    pub trial: bool,
    /// The rule's id.
    pub rule: String,
    /// The rule's title.
    pub title: Text,
    /// How bad: now, or at worst when it is over. None while pending.
    pub severity: Option<Severity>,
    /// How it stands.
    pub state: AlertState,
    /// The dimensions and their values.
    pub scope: Vec<(String, Option<String>)>,
    /// Since when it fires, or is pending.
    pub since: Instant,
    /// When it was over.
    pub resolved_at: Option<Instant>,
    /// The subject at its last change; None when unknown.
    pub value: Option<Decimal>,
    /// The constant it is compared with, when there is one.
    pub limit: Option<Decimal>,
    /// The unit of both.
    pub unit: Unit,
    /// Late events changed what had been told.
    pub restated: bool,
    /// Late events took it away: as is known now, it never fired.
    pub withdrawn: bool,
    /// Its changes, oldest first.
    pub transitions: Vec<Transition>,
}

/// Which alerts to list. Every given part must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Only of this ruleset.
    pub ruleset: Option<String>,
    /// Only of this rule.
    pub rule: Option<String>,
    /// Only in one of these states; empty for all.
    pub states: Vec<AlertState>,
    /// Only of this severity.
    pub severity: Option<Severity>,
    /// Only with these dimension values.
    pub scope: Vec<(String, String)>,
    /// Of the versions on trial instead of those that count.
    pub trial: bool,
    /// Of this running version, be it on trial or not.
    pub version: Option<String>,
}

impl AlertFilter {
    /// Which running versions are listed.
    fn which(&self) -> Which<'_> {
        match &self.version {
            Some(version) => Which::Version(version),
            None if self.trial => Which::Trial,
            None => Which::Active,
        }
    }

    fn fits(&self, alert: &AlertView) -> bool {
        let has = |(dim, value): &(String, String)| alert.scope.iter().any(|(one, other)| one == dim && other.as_ref() == Some(value));
        self.ruleset.as_ref().is_none_or(|name| *name == alert.ruleset)
            && self.rule.as_ref().is_none_or(|name| *name == alert.rule)
            && (self.states.is_empty() || self.states.contains(&alert.state))
            && self.severity.is_none_or(|severity| alert.severity == Some(severity))
            && self.scope.iter().all(has)
    }
}

impl Workspace {
    /// The alerts that fit, the latest first.
    ///
    /// # Errors
    /// When the store fails.
    pub fn alerts(&self, filter: &AlertFilter) -> Result<Vec<AlertView>, Diagnostic> {
        self.guarded(|| self.alerts_that_fit(filter))
    }

    fn alerts_that_fit(&self, filter: &AlertFilter) -> Result<Vec<AlertView>, Diagnostic> {
        self.settle();
        let view = self.store().view()?;
        let mut found = Vec::new();
        for active in filter.which().running(&view)? {
            if filter.ruleset.as_ref().is_none_or(|name| *name == active.name) {
                found.extend(self.alerts_of(&view, &active, filter)?);
            }
        }
        found.sort_by(|a, b| (b.since, &a.id).cmp(&(a.since, &b.id)));
        Ok(found)
    }

    /// The alerts of one running program that fit.
    pub(super) fn alerts_of(&self, view: &StoreView, active: &ActiveRecord, filter: &AlertFilter) -> Result<Vec<AlertView>, Diagnostic> {
        let program = self.shared.program(view, &active.name, &active.version)?;
        let trial = view.trials()?.iter().any(|trial| trial.running.program == active.program);
        let snapshot = view.snapshot(active.clone());
        let mut scopes: HashMap<ScopeId, Scope> = HashMap::new();
        for rule in &program.alerts {
            scopes.extend(snapshot.scopes(rule.grouping)?.into_iter().map(|(id, scope, _)| (id, scope)));
        }
        let mut found = Vec::new();
        for (rule, scope, track) in snapshot.tracks()? {
            if let (Some(rule), Some(values)) = (program.alerts.get(rule), scopes.get(&scope)) {
                let place = Place { active, trial, program: &program, rule, scope, values };
                found.extend(place.alerts(&track).into_iter().filter(|alert| filter.fits(alert)));
            }
        }
        Ok(found)
    }

    /// One alert.
    ///
    /// # Errors
    /// When the store fails.
    pub fn alert(&self, id: &str) -> Result<Option<AlertView>, Diagnostic> {
        Ok(self.alerts(&AlertFilter::default())?.into_iter().find(|alert| alert.id == id))
    }
}

/// A rule at a scope.
struct Place<'a> {
    active: &'a ActiveRecord,
    trial: bool,
    program: &'a Program,
    rule: &'a AlertRule,
    scope: ScopeId,
    values: &'a Scope,
}

impl Place<'_> {
    /// Every episode, and what is pending now.
    fn alerts(&self, track: &Track) -> Vec<AlertView> {
        let mut alerts: Vec<AlertView> = track.episodes.iter().map(|episode| self.episode(track, episode)).collect();
        if let Some(step) = track.steps.last()
            && step.machine.firing.is_none()
            && let Some(since) = step.machine.held_since.iter().flatten().min()
        {
            let id = self.id(format!("p{}_{}", self.rule.name, self.scope.0));
            let transitions = vec![Transition { at: *since, state: AlertState::Pending, severity: None, value: step.value }];
            alerts.push(AlertView { since: *since, value: step.value, transitions, ..self.blank(id, AlertState::Pending) });
        }
        alerts
    }

    fn episode(&self, track: &Track, episode: &Episode) -> AlertView {
        let firing = |step: &Step| step.machine.firing.map(|(severity, _)| severity);
        let inside = |step: &&Step| step.at >= episode.from && episode.until.is_none_or(|until| step.at <= until);
        let mut transitions: Vec<Transition> = Vec::new();
        for step in track.steps.iter().filter(inside) {
            let (state, severity) = match firing(step) {
                Some(severity) if episode.until != Some(step.at) => (AlertState::Firing, Some(severity)),
                _ => (AlertState::Resolved, None),
            };
            if transitions.last().is_none_or(|last| (last.state, last.severity) != (state, severity)) {
                transitions.push(Transition { at: step.at, state, severity, value: step.value });
            }
        }
        let is_over = episode.until.is_some() || episode.withdrawn;
        let now = transitions.iter().rev().find_map(|transition| transition.severity);
        let severity = if is_over { episode.worst } else { now.unwrap_or(episode.worst) };
        let state = if is_over { AlertState::Resolved } else { AlertState::Firing };
        AlertView {
            severity: Some(severity),
            since: episode.from,
            resolved_at: episode.until,
            value: transitions.last().and_then(|transition| transition.value),
            limit: self.rule.levels.iter().find(|level| level.severity == severity).and_then(|level| level.limit),
            restated: episode.restated,
            withdrawn: episode.withdrawn,
            transitions,
            ..self.blank(self.id(episode.id), state)
        }
    }

    /// The id of one of its alerts. Those of a trial are no ids of alerts that anybody is told of.
    fn id(&self, own: impl std::fmt::Display) -> String {
        if self.trial { format!("trial_{}_{own}", self.active.ruleset) } else { alert_id(self.active.ruleset, own) }
    }

    fn blank(&self, id: String, state: AlertState) -> AlertView {
        let dims = self.program.groupings.get(self.values.grouping).map_or(&[][..], Vec::as_slice).iter();
        let named = dims.map(|dim| self.program.dims.get(*dim).cloned().unwrap_or_default());
        AlertView {
            id,
            ruleset: self.active.name.clone(),
            version: self.active.version.clone(),
            trial: self.trial,
            rule: self.rule.name.clone(),
            title: self.rule.title.clone(),
            severity: None,
            state,
            scope: named.zip(self.values.values.iter().map(|value| value.as_deref().map(str::to_owned))).collect(),
            since: Instant(0),
            resolved_at: None,
            value: None,
            limit: self.rule.levels.first().and_then(|level| level.limit),
            unit: self.rule.unit.clone(),
            restated: false,
            withdrawn: false,
            transitions: Vec::new(),
        }
    }
}

impl AlertView {
    /// `info`, `warning`, `critical`; None while pending.
    pub fn severity_name(&self) -> Option<&'static str> {
        self.severity.map(severity_name)
    }
}
