//! `PUT /v1/members` and `PUT /v1/rates`: one membership or rate is told by an event of the type that the ruleset declares for it.
//!
//! 1. The ruleset says which event type tells it, and in which fields ([`Teller`]).
//! 2. An event of that type is made, of now, and taken like any other; the last one told counts.

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::problem::{Answer, Problem};
use super::wire;
use crate::compile::program::{Currencies, EventDecl, EventIdx, FieldIdx, FieldRole, Program, RowExpr};
use crate::diagnostic::codes::close as codes;
use crate::diagnostic::{Code, Diagnostic, Words};
use crate::engine::{RawEvent, RawValue, Workspace};
use crate::time::Day;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use rust_decimal::Decimal;
use std::sync::Arc;

/// Tells who something belongs to from a day on.
#[utoipa::path(
    put, path = "/v1/members", tag = "data",
    request_body = wire::PutMember,
    responses(
        (status = 201, description = "The event that tells it", body = wire::EventRef),
        (status = 422, description = "No active ruleset says which events tell it, or it refuses the event", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn member(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(input): Input<wire::PutMember>,
) -> Answer<(StatusCode, Json<wire::EventRef>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let from = day("from", &input.from)?;
    let (child, parent) = (input.dimension.as_str(), input.parent_dimension.as_deref());
    let found = active(&workspace, input.ruleset.as_deref()).find_map(|program| member_teller(&program, child, parent));
    let teller = found.ok_or_else(|| none(&codes::NO_MEMBER_EVENT, &input.dimension))?;
    let mut told = vec![(0, RawValue::Text(input.value.clone())), (2, RawValue::Text(from.to_string()))];
    told.extend(input.parent.map(|parent| (1, RawValue::Text(parent))));
    let target = format!("{} {} from {from}", input.dimension, input.value);
    tell(&app, &caller, &workspace, teller, told, ("member.put", &target)).await
}

/// Tells the rate of a day.
#[utoipa::path(
    put, path = "/v1/rates", tag = "data",
    request_body = wire::PutRate,
    responses(
        (status = 201, description = "The event that tells it", body = wire::EventRef),
        (status = 422, description = "No active ruleset says which events tell it, or it refuses the event", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn rate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(input): Input<wire::PutRate>,
) -> Answer<(StatusCode, Json<wire::EventRef>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let on = day("day", &input.day)?;
    let wrong = |_| Problem::body(Words::new("`rate` is no decimal", "`rate` 不是十进制数"));
    let rate: Decimal = input.rate.parse().map_err(wrong)?;
    let found = active(&workspace, input.ruleset.as_deref()).find_map(|program| rate_teller(&program, input.budget));
    let pair = format!("{}/{}", input.base, input.quote);
    let teller = found.ok_or_else(|| none(&codes::NO_RATE_EVENT, &pair))?;
    let told = vec![
        (0, RawValue::Text(input.base)),
        (1, RawValue::Text(input.quote)),
        (2, RawValue::Text(on.to_string())),
        (3, RawValue::Number(rate)),
    ];
    tell(&app, &caller, &workspace, teller, told, ("rate.put", &format!("{pair} on {on}"))).await
}

/// The event type that tells something, and the names of the fields in which it does.
#[derive(Clone)]
pub struct Teller {
    /// The event type.
    pub kind: String,
    /// Its fields, by their places.
    pub fields: Vec<String>,
    /// The ids that it must have: where the request says none, that of the event itself.
    pub ids: Vec<String>,
}

impl Teller {
    /// The teller of an event type by some of its fields.
    pub fn new(event: &EventDecl, fields: Vec<String>) -> Teller {
        let ids = event.fields.iter().filter(|field| field.role == FieldRole::Id && !field.optional);
        Teller { kind: event.name.clone(), fields, ids: ids.map(|field| field.name.clone()).collect() }
    }
}

/// The active programs that are asked for.
pub fn active(workspace: &Workspace, ruleset: Option<&str>) -> impl Iterator<Item = Arc<Program>> {
    workspace.programs().into_iter().filter(move |program| ruleset.is_none_or(|name| name == program.name))
}

fn teller(program: &Program, event: EventIdx, fields: &[FieldIdx]) -> Option<Teller> {
    let event = program.events.get(event)?;
    let name = |field: &FieldIdx| event.fields.get(*field).map(|field| field.name.clone());
    Some(Teller::new(event, fields.iter().map(name).collect::<Option<_>>()?))
}

/// Who tells memberships of a dimension: child, parent, day. Only those with a day of their own can be told now for any day.
fn member_teller(program: &Program, child: &str, parent: Option<&str>) -> Option<Teller> {
    let is_named = |dim: usize, wanted: &str| program.dims.get(dim).is_some_and(|name| name == wanted);
    let fits =
        program.memberships.iter().filter(|one| is_named(one.child, child) && parent.is_none_or(|parent| is_named(one.parent, parent)));
    fits.filter_map(|one| {
        let event = program.events.get(one.event)?;
        let field = |dim: usize| event.dims.iter().find(|(own, _)| *own == dim).map(|(_, field)| *field);
        let day = program.leaves.get(one.leaf)?.clock?;
        teller(program, one.event, &[field(one.child)?, field(one.parent)?, day])
    })
    .next()
}

/// Who tells rates: base, quote, day, rate.
fn rate_teller(program: &Program, budget: bool) -> Option<Teller> {
    let source = if budget { program.rates.budget.as_ref() } else { program.rates.daily.as_ref() }?;
    let leaf = program.leaves.get(source.leaf)?;
    let (Some(Currencies::Pair(base, quote)), Some(RowExpr::Field(rate))) = (leaf.currencies, &leaf.arg) else { return None };
    teller(program, source.event, &[base, quote, leaf.clock?, *rate])
}

/// That no ruleset declares an event for something.
pub fn none(code: &'static Code, name: &str) -> Problem {
    Diagnostic::general(code).arg("name", name).into()
}

/// A day of a request.
pub fn day(name: &str, text: &str) -> Answer<Day> {
    let wrong =
        || Problem::body(Words::new(format!("`{name}` is no day such as 2026-03-01"), format!("`{name}` 不是 2026-03-01 形式的日期")));
    Day::parse(text).ok_or_else(wrong)
}

/// Has an event taken that tells something.
pub async fn tell(
    app: &Arc<App>,
    caller: &Caller,
    workspace: &Arc<Workspace>,
    teller: Teller,
    told: Vec<(usize, RawValue)>,
    (action, target): (&str, &str),
) -> Answer<(StatusCode, Json<wire::EventRef>)> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    let (source, id) = (format!("api/{}", caller.id()), format!("put_{:016x}", u64::from_be_bytes(bytes)));
    let time = workspace.now();
    let told = told.into_iter().filter_map(|(place, value)| Some((teller.fields.get(place)?.clone(), value)));
    let mut data: Vec<(String, RawValue)> = told.collect();
    for name in teller.ids {
        if !data.iter().any(|(own, _)| *own == name) {
            data.push((name, RawValue::Text(id.clone())));
        }
    }
    let event = RawEvent { source: source.clone(), id: id.clone(), kind: teller.kind, time: Some(time), revision: 0, data };
    let verdict = workspace.ingest(vec![event]).map_err(|_| Problem::busy())?;
    let report = verdict.await.map_err(|_| Problem::busy())??;
    if let Some(refusal) = report.refused.into_iter().next() {
        return Err(Problem::unprocessable(&refusal.diagnostic));
    }
    app.audit(caller, workspace.name(), action, target, &id).await;
    Ok((StatusCode::CREATED, Json(wire::EventRef { source: Some(source), id, time: time.to_string() })))
}
