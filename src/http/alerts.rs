//! `GET /v1/alerts`: open and past alerts with their transitions, and how their notifications stand.

use super::App;
use super::auth::{Caller, Need};
use super::numbers;
use super::params::{Params, wanted};
use super::problem::{Answer, Problem};
use super::reading::{self, Detail, blocking, within};
use super::wire;
use crate::compile::program::{Formula, Scalar, Severity, Unit};
use crate::diagnostic::{Thing, Words};
use crate::engine::show::{plain, unit_name};
use crate::engine::{
    About, AlertFilter, AlertState, AlertView, Question, Reader, Standing, Which, Workspace, severity_name, severity_named,
};
use axum::Json;
use axum::extract::{Path, State};
use rust_decimal::Decimal;
use std::sync::Arc;

const KNOWN: &str = "state, severity, rule, ruleset, version, trial, scope.<dimension>, limit";

/// Open and past alerts, the latest first.
#[utoipa::path(
    get, path = "/v1/alerts", tag = "alerts",
    params(
        ("state" = Option<String>, Query, description = "`pending`, `firing` or `resolved`; several separated by commas"),
        ("severity" = Option<String>, Query, description = "`info`, `warning` or `critical`"),
        ("rule" = Option<String>, Query, description = "Only of this alert rule"),
        ("ruleset" = Option<String>, Query, description = "Only of this ruleset"),
        ("version" = Option<String>, Query, description = "Of a version that is active or on trial; of the active ones when left out"),
        ("trial" = Option<bool>, Query, description = "Of the versions on trial"),
        ("scope.<dimension>" = Option<String>, Query, description = "Only with this value of the dimension"),
        ("limit" = Option<usize>, Query, description = "At most so many; 100 when left out, 1000 at most"),
    ),
    responses(
        (status = 200, description = "The alerts", body = wire::List<wire::Alert>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::Alert>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of(KNOWN);
    let (version, trial) = reading::running(&mut params)?;
    let filter = AlertFilter {
        version,
        trial,
        states: params.read("state", states)?.unwrap_or_default(),
        severity: params.read("severity", severity)?,
        rule: params.take("rule")?,
        ruleset: params.take("ruleset")?,
        scope: within(params.scope()?, caller.scope())?,
    };
    let limit = params.limit(100, 1_000)?;
    params.end()?;
    let found = blocking(move || {
        let mut found = workspace.alerts(&filter)?;
        found.truncate(limit);
        let standings = workspace.standings(&found)?;
        Ok(found.into_iter().zip(standings).collect::<Vec<_>>())
    })
    .await?;
    Ok(Json(wire::List::whole(found.iter().map(|(alert, standing)| show(alert, standing)).collect())))
}

/// One alert.
#[utoipa::path(
    get, path = "/v1/alerts/{id}", tag = "alerts",
    params(
        ("id" = String, Path, description = "The alert's id"),
        ("explain" = Option<bool>, Query, description = "What the rule saw at each change: values, conditions, events; of the latest 100 changes"),
        ("ids" = Option<usize>, Query, description = "With `explain`: at most so many event ids for each aggregate; 20 when left out, 1000 at most"),
    ),
    responses(
        (status = 200, description = "The alert", body = wire::Alert),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>, params: Params) -> Answer<Json<wire::Alert>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of("explain, ids");
    let explain = Detail::take(&mut params)?;
    params.end()?;
    let (alert, standing) = find(&workspace, &caller, id).await?;
    let mut shown = show(&alert, &standing);
    let Some(detail) = explain else { return Ok(Json(shown)) };
    blocking(move || {
        explained(&workspace, &alert, detail, &mut shown)?;
        let told = shown.transitions.iter_mut().filter_map(|transition| transition.explanation.as_mut());
        reading::name_events(&workspace, told.flat_map(explanations).collect())?;
        Ok(Json(shown))
    })
    .await
}

/// An alert that the caller may see, and how its notifications stand.
///
/// # Errors
/// When there is none.
pub async fn find(workspace: &Arc<Workspace>, caller: &Caller, id: String) -> Answer<(AlertView, Standing)> {
    let (kept, wanted) = (Arc::clone(workspace), id.clone());
    let found = blocking(move || {
        let Some(alert) = kept.alert(&wanted)? else { return Ok(None) };
        let standing = kept.standings(std::slice::from_ref(&alert))?.pop().unwrap_or_default();
        Ok(Some((alert, standing)))
    })
    .await?;
    let has = |(dim, value): &(String, String), alert: &AlertView| {
        alert.scope.iter().any(|(one, other)| one == dim && other.as_ref() == Some(value))
    };
    let visible = found.filter(|(alert, _)| caller.scope().iter().all(|bound| has(bound, alert)));
    visible.ok_or_else(|| Problem::not_found(Thing::Alert, &id))
}

/// Adds to the latest changes of an alert what its rule saw.
fn explained(workspace: &Workspace, alert: &AlertView, detail: Detail, shown: &mut wire::Alert) -> Answer<()> {
    let question =
        Question { about: About::Alert(&alert.rule), ruleset: Some(&alert.ruleset), which: Which::Active, at: None, known_at: None };
    workspace.read(&question, |reader| {
        let program = reader.program;
        let Some(rule) = program.alerts.iter().find(|rule| rule.name == alert.rule) else { return Ok(()) };
        let place =
            |(name, value): &(String, Option<String>)| Some((program.dims.iter().position(|dim| dim == name)?, value.as_deref()?.into()));
        // A scope that lacks a dimension is no part of anything that can be asked for.
        let Some(mut scope) = alert.scope.iter().map(place).collect::<Option<reading::Values>>() else { return Ok(()) };
        scope.sort();
        for (change, shown) in alert.transitions.iter().zip(&mut shown.transitions).rev().take(detail.numbers_max()) {
            let told = Reader { at: change.at, ..*reader }.explain_alert(rule, &scope, detail.ids).map_err(reading::fault)?;
            let (index, formula) = match *rule.watched() {
                Formula::Metric(index) => (Some(index), program.metrics.get(index).map_or("", |metric| metric.text.as_str())),
                _ => (None, rule.text.as_str()),
            };
            let levels = rule.levels.iter().zip(&told.levels).map(|(level, told)| detail.condition(program, level.text.clone(), told));
            let exempts = rule.exempts.iter().zip(&told.exempts).map(|(exempt, told)| detail.condition(program, exempt.text.clone(), told));
            shown.explanation = Some(wire::AlertExplanation {
                watched: detail.show(program, index, formula, &told.subject),
                conditions: levels.collect(),
                exempts: exempts.collect(),
                clear: told.clear.as_ref().map(|told| detail.condition(program, rule.clear_text.clone(), told)),
            });
        }
        Ok(())
    })?
}

fn explanations(told: &mut wire::AlertExplanation) -> impl Iterator<Item = &mut wire::Explanation> {
    let conditions = told.conditions.iter_mut().chain(&mut told.exempts).chain(&mut told.clear).map(|condition| &mut condition.explanation);
    std::iter::once(&mut told.watched).chain(conditions)
}

fn states(text: &str) -> Result<Vec<AlertState>, Words> {
    let known = [AlertState::Pending, AlertState::Firing, AlertState::Resolved];
    let state = |word: &str| {
        known
            .into_iter()
            .find(|state| state_name(*state) == word.trim())
            .ok_or_else(|| wanted("pending, firing or resolved", "pending、firing 或 resolved"))
    };
    text.split(',').map(state).collect()
}

fn severity(text: &str) -> Result<Severity, Words> {
    severity_named(text).ok_or_else(|| wanted("info, warning or critical", "info、warning 或 critical"))
}

/// The name of a state.
pub fn state_name(state: AlertState) -> &'static str {
    match state {
        AlertState::Pending => "pending",
        AlertState::Firing => "firing",
        AlertState::Resolved => "resolved",
    }
}

fn notifications(standing: &Standing) -> wire::Notifications {
    let case = standing.case.as_ref();
    let escalated = case.map_or(&[][..], |case| &case.escalated).iter();
    wire::Notifications {
        ack: case.and_then(|case| case.ack.as_ref()).map(|ack| wire::Ack {
            author: ack.author.clone(),
            note: ack.note.clone(),
            at: ack.at.to_string(),
            by: ack.by.clone(),
            severity: severity_name(ack.severity),
        }),
        unrouted: case
            .and_then(|case| case.unrouted.as_ref())
            .map(|unrouted| wire::Unrouted { at: unrouted.at.to_string(), reason: unrouted.reason.clone() }),
        undelivered: standing.undelivered.clone(),
        silences: standing.silences.clone(),
        inhibited_by: standing.inhibited_by.clone(),
        escalated: escalated
            .map(|step| wire::Escalated { at: step.at.to_string(), channels: step.channels.clone(), unrouted: step.unrouted })
            .collect(),
        escalates_at: case.and_then(|case| case.next_step).map(|at| at.to_string()),
    }
}

/// An alert as it goes out.
pub fn show(alert: &AlertView, standing: &Standing) -> wire::Alert {
    let written = |value: Option<Decimal>| value.map(|value| value_text(value, &alert.unit));
    let transitions = alert.transitions.iter().map(|transition| wire::AlertTransition {
        at: transition.at.to_string(),
        state: state_name(transition.state),
        severity: transition.severity.map(severity_name),
        value: written(transition.value),
        explanation: None,
    });
    wire::Alert {
        id: alert.id.clone(),
        ruleset: alert.ruleset.clone(),
        version: alert.version.clone(),
        trial: alert.trial,
        rule: alert.rule.clone(),
        title: numbers::title(&alert.title, &alert.rule),
        title_zh: alert.title.zh.clone(),
        state: state_name(alert.state),
        severity: alert.severity.map(severity_name),
        scope: alert.scope.iter().filter_map(|(dim, value)| Some((dim.clone(), value.clone()?))).collect(),
        since: alert.since.to_string(),
        resolved_at: alert.resolved_at.map(|at| at.to_string()),
        value: written(alert.value),
        limit: written(alert.limit),
        unit: unit_name(&alert.unit).to_owned(),
        restated: alert.restated,
        withdrawn: alert.withdrawn,
        notifications: notifications(standing),
        transitions: transitions.collect(),
    }
}

fn value_text(value: Decimal, unit: &Unit) -> String {
    plain(&Scalar::Number(value), unit, true)
}
