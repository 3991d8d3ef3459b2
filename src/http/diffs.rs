//! `GET /v1/rulesets/{name}/diff`: what one running version of a ruleset says otherwise than another, in one period.
//!
//! 1. Both are read at the same moment: the active one and the one on trial, unless `a` and `b` name others.
//! 2. Every score, grade and payout of the scorecards of that length, and the metrics of the whole period, are listed for both.
//! 3. What differs goes out ([`crate::engine::diff`]), and the transitions of alerts in the period that only one has.

use super::App;
use super::auth::{Caller, Need};
use super::numbers;
use super::params::Params;
use super::problem::{Answer, Problem};
use super::reading::{self, Values, blocking, points, too_large, within};
use super::{alerts, wire};
use crate::compile::program::{DimIdx, Formula, Program, Scorecard};
use crate::diagnostic::Words;
use crate::engine::diff::{Kind, Moved, Numbers, Pair, moved, only, paired};
use crate::engine::show::{payout, payout_unit, plain, unit_name};
use crate::engine::{AlertFilter, AlertState, AlertView, Number, Reader, When, Which, severity_name};
use crate::time::{Instant, Period};
use axum::Json;
use axum::extract::{Path, State};
use std::collections::BTreeMap;
use std::sync::Arc;

const KNOWN: &str = "a, b, period, scope.<dimension>";

/// The most numbers that are compared.
const NUMBERS_MAX: usize = 50_000;

/// A comparison of two running versions over a period.
#[utoipa::path(
    get, path = "/v1/rulesets/{name}/diff", tag = "rulesets",
    params(
        ("name" = String, Path, description = "The ruleset's id"),
        ("a" = Option<String>, Query, description = "A version that is active or on trial; the active one when left out"),
        ("b" = Option<String>, Query, description = "A version that is active or on trial; the one on trial when left out"),
        ("period" = String, Query, description = "The period, such as `2026-03`: scorecards of this length are compared"),
        ("scope.<dimension>" = Option<String>, Query, description = "Only what has this value of the dimension"),
    ),
    responses(
        (status = 200, description = "What differs", body = wire::Diff),
        (status = 404, description = "A version does not run", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>, params: Params) -> Answer<Json<wire::Diff>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of(KNOWN);
    let (a, b) = (params.take("a")?, params.take("b")?);
    let period = params.take("period")?.ok_or_else(|| params.wrong("period", Words::new("is wanted", "必须给出")))?;
    let scope = within(params.scope()?, caller.scope())?;
    params.end()?;
    blocking(move || {
        let sides = [a.as_deref().map_or(Which::Active, Which::Version), b.as_deref().map_or(Which::Trial, Which::Version)];
        let filter = AlertFilter { scope: scope.clone(), ..AlertFilter::default() };
        workspace.compare(&name, sides, &filter, |readers, alerts| compared(readers, alerts, &period, &scope))?
    })
    .await
    .map(Json)
}

fn compared(readers: [&Reader<'_>; 2], alerts: [Vec<AlertView>; 2], period: &str, scope: &[(String, String)]) -> Answer<wire::Diff> {
    let [before, after] = readers;
    let period = period_of(before.program, period)?;
    let both = |kind: Kind, name: &str| {
        readers.iter().all(|side| match kind {
            Kind::Metric => side.program.metrics.iter().any(|metric| metric.name == name),
            _ => side.program.scorecards.iter().any(|card| card.name == name && card.every == period.grain),
        })
    };
    let moved = moved(&listed(before, period, scope)?, &listed(after, period, scope)?, both);
    let [gained, lost] = alerts.map(|views| transitions(&views, before.program, period));
    let same = |a: &Transition, b: &Transition| (&a.rule, &a.scope, a.state, a.severity) == (&b.rule, &b.scope, b.state, b.severity);
    let alerts = paired(gained, lost, same);
    Ok(wire::Diff {
        ruleset: before.program.name.clone(),
        a: version(before.program),
        b: version(after.program),
        period: period.to_string(),
        stretch: numbers::stretch(before.range(When::Period(period), &[]), before.program.everywhere()),
        at: before.at.to_string(),
        numbers: moved.into_iter().map(show).collect(),
        alerts: alerts.iter().map(show_alert).collect(),
        only_a: only(before.program, after.program),
        only_b: only(after.program, before.program),
    })
}

fn period_of(program: &Program, text: &str) -> Answer<Period> {
    let no_period = |_| {
        let reason = Words::new(format!("is `{text}`, which is no period"), format!("`{text}` 不是周期"));
        Problem::query("period", reason, KNOWN)
    };
    Period::parse(text, program.reckoning).map_err(no_period)
}

/// Every number of one side.
fn listed(reader: &Reader<'_>, period: Period, scope: &[(String, String)]) -> Answer<Numbers> {
    let program = reader.program;
    let mut listed = Numbers::new();
    for card in program.scorecards.iter().filter(|card| card.every == period.grain) {
        let dims = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
        if let Some(fixed) = fixed(program, dims, scope) {
            scores(reader, card, period, (dims, &fixed), &mut listed)?;
        }
        if listed.len() > NUMBERS_MAX {
            return Err(too_large(NUMBERS_MAX));
        }
    }
    for (index, metric) in program.metrics.iter().enumerate() {
        let Some(fixed) = fixed(program, &metric.dims, scope) else { continue };
        let number = reader.number(&Formula::Metric(index), When::Period(period), &fixed).map_err(reading::fault)?;
        let value = match &number {
            Number::Known(value) => Some(plain(value, &metric.unit, false)),
            Number::Unknown(_) => None,
        };
        let key = (Kind::Metric, metric.name.clone(), named(program, &fixed), period.to_string());
        listed.insert(key, (value, unit_name(&metric.unit).to_owned()));
    }
    Ok(listed)
}

/// The dimension values that are asked for, when all of them are among these dimensions.
fn fixed(program: &Program, dims: &[DimIdx], scope: &[(String, String)]) -> Option<Values> {
    let find = |name: &str| dims.iter().copied().find(|dim| program.dims.get(*dim).is_some_and(|known| known == name));
    let mut found = scope.iter().map(|(name, value)| Some((find(name)?, value.as_str().into()))).collect::<Option<Values>>()?;
    found.sort();
    Some(found)
}

fn named(program: &Program, scope: &[(DimIdx, Box<str>)]) -> Vec<(String, String)> {
    numbers::scope(program, scope).into_iter().collect()
}

/// Adds the scores, grades and payouts of a card.
fn scores(
    reader: &Reader<'_>,
    card: &Scorecard,
    period: Period,
    (dims, fixed): (&[DimIdx], &[(DimIdx, Box<str>)]),
    listed: &mut Numbers,
) -> Answer<()> {
    let peers = reader.peers(card, period).map_err(reading::fault)?;
    for scope in reading::scopes(reader, dims, fixed)? {
        let score = reader.score_among(card, period, &scope, &peers).map_err(reading::fault)?;
        let grade = score.grade.and_then(|grade| card.grades.get(grade)).map(|grade| grade.name.clone());
        let unit = payout_unit(card);
        let paid = score.paid().map(|paid| payout(paid, unit, false));
        let total = score.total.decimal().map(|total| points(total, false));
        for (kind, value, unit) in [(Kind::Score, total, ""), (Kind::Grade, grade, ""), (Kind::Payout, paid, unit.unwrap_or_default())] {
            let key = (kind, card.name.clone(), named(reader.program, &scope), period.to_string());
            listed.insert(key, (value, unit.to_owned()));
        }
    }
    Ok(())
}

/// A change of an alert.
struct Transition {
    rule: String,
    scope: wire::Scope,
    state: AlertState,
    severity: Option<&'static str>,
}

/// The changes of alerts within a period, in the order of time.
fn transitions(views: &[AlertView], program: &Program, period: Period) -> Vec<(Instant, Transition)> {
    let zone = program.everywhere();
    let (from, to) = (zone.first_start_of(period.first), zone.end_of(period.last));
    let mut found = Vec::new();
    for view in views.iter().filter(|view| !view.withdrawn) {
        let scope: BTreeMap<_, _> = view.scope.iter().filter_map(|(dim, value)| Some((dim.clone(), value.clone()?))).collect();
        for change in view.transitions.iter().filter(|change| from <= change.at && change.at < to) {
            let severity = change.severity.map(severity_name);
            found.push((change.at, Transition { rule: view.rule.clone(), scope: scope.clone(), state: change.state, severity }));
        }
    }
    found.sort_by(|a, b| (a.0, &a.1.rule, &a.1.scope).cmp(&(b.0, &b.1.rule, &b.1.scope)));
    found
}

fn version(program: &Program) -> wire::Side {
    wire::Side { version: program.version.clone(), hash: program.hash.clone() }
}

fn show(moved: Moved) -> wire::Moved {
    wire::Moved {
        only: moved.only(["a", "b"]),
        kind: moved.kind.name(),
        name: moved.name,
        scope: moved.scope.into_iter().collect(),
        unit: Some(moved.unit).filter(|unit| !unit.is_empty()),
        a: moved.before,
        b: moved.after,
    }
}

fn show_alert(pair: &Pair<Transition>) -> wire::MovedAlert {
    let one = pair.either();
    let at = |side: &Option<(Instant, Transition)>| side.as_ref().map(|(at, _)| at.to_string());
    wire::MovedAlert {
        rule: one.map(|one| one.rule.clone()).unwrap_or_default(),
        scope: one.map(|one| one.scope.clone()).unwrap_or_default(),
        state: one.map_or("", |one| alerts::state_name(one.state)),
        severity: one.and_then(|one| one.severity),
        change: pair.change(),
        a: at(&pair.before),
        b: at(&pair.after),
    }
}
