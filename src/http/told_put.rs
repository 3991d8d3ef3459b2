//! `PUT /v1/tables` and `PUT /v1/targets`: one row or amount is told by an event of the type that the ruleset declares for it.
//!
//! 1. The ruleset says which event type tells the table or target, and the names of keys, columns and dimensions are those of its
//!    fields.
//! 2. An event of that type is made and taken as that of a membership is ([`dated_put`](super::dated_put)).

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::dated_put::{Teller, active, day, none, tell};
use super::problem::{Answer, Problem};
use super::wire;
use crate::compile::program::{ANY, DimIdx, Program, Table, ToldRows};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::told as codes;
use crate::engine::RawValue;
use crate::time::Day;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tells a row of a table from a day on.
#[utoipa::path(
    put, path = "/v1/tables", tag = "data",
    request_body = wire::PutTableRow,
    responses(
        (status = 201, description = "The event that tells it", body = wire::EventRef),
        (status = 422, description = "No active ruleset says which events tell it, or it refuses the event", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn table(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(input): Input<wire::PutTableRow>,
) -> Answer<(StatusCode, Json<wire::EventRef>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let from = day("from", &input.from)?;
    let found = active(&workspace, input.ruleset.as_deref()).find_map(|program| row_teller(&program, &input));
    let RowTeller { teller, always } = found.ok_or_else(|| none(&codes::NO_TABLE_EVENT, &input.table))??;
    let (keys, open) = named(input.keys, &always);
    let target = format!("{} [{}] from {from}", input.table, shown(&keys));
    let data = keys.into_iter().chain(open).chain(given(input.values));
    tell(&app, &caller, &workspace, teller.clone(), placed(&teller, data, from), ("table.put", &target)).await
}

/// Tells an amount of a target from a day on.
#[utoipa::path(
    put, path = "/v1/targets", tag = "data",
    request_body = wire::PutTarget,
    responses(
        (status = 201, description = "The event that tells it", body = wire::EventRef),
        (status = 422, description = "No active ruleset says which events tell it, or it refuses the event", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn target(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(input): Input<wire::PutTarget>,
) -> Answer<(StatusCode, Json<wire::EventRef>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let from = day("from", &input.from)?;
    let found = active(&workspace, input.ruleset.as_deref()).find_map(|program| amount_teller(&program, &input));
    let RowTeller { teller, always } = found.ok_or_else(|| none(&codes::NO_TARGET_EVENT, &input.metric))??;
    let (scope, open) = named(input.scope, &always);
    let target = format!("{} [{}] {} from {from}", input.metric, shown(&scope), input.period);
    let amount = input.value.map(|value| ("amount".to_owned(), value));
    let data = scope.into_iter().chain(open).chain([("period".to_owned(), input.period)]).chain(amount);
    tell(&app, &caller, &workspace, teller.clone(), placed(&teller, data, from), ("target.put", &target)).await
}

/// Names with values.
type Named = Vec<(String, String)>;

/// What is given.
fn given(values: BTreeMap<String, Option<String>>) -> impl Iterator<Item = (String, String)> {
    values.into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// The keys that are named, and those that every event names though these leave them open.
fn named(keys: BTreeMap<String, Option<String>>, always: &[String]) -> (Named, Named) {
    let keys: Named = given(keys).filter(|(_, value)| value != ANY).collect();
    let open = always.iter().filter(|name| !keys.iter().any(|(own, _)| own == *name)).map(|name| (name.clone(), ANY.to_owned())).collect();
    (keys, open)
}

fn shown(keys: &[(String, String)]) -> String {
    keys.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
}

/// Values by the places of their fields; the day stands in the first.
fn placed(teller: &Teller, data: impl Iterator<Item = (String, String)>, from: Day) -> Vec<(usize, RawValue)> {
    let place = |name: &String| teller.fields.iter().skip(1).position(|field| field == name).map(|place| place + 1);
    let data = data.filter_map(|(name, value)| Some((place(&name)?, RawValue::Text(value))));
    data.chain([(0, RawValue::Text(from.to_string()))]).collect()
}

/// Who tells rows of a table, or amounts of a target.
struct RowTeller {
    /// The fields are the day, then keys and columns, or dimensions, `period` and `amount`.
    teller: Teller,
    /// The keys that every event names.
    always: Vec<String>,
}

/// Who tells rows of the table. A name that is no key or column of theirs is refused.
fn row_teller(program: &Program, input: &wire::PutTableRow) -> Option<Answer<RowTeller>> {
    let table = program.tables.iter().find(|table| table.name == input.table)?;
    let told = table.told.as_ref()?;
    let event = program.events.get(told.event)?;
    let day = event.fields.get(told.clock?)?.name.clone();
    let known = names(table, told);
    let given = input.keys.keys().chain(input.values.keys());
    if let Some(strange) = given.into_iter().find(|name| !known.contains(name)) {
        let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
        let diagnostic = Diagnostic::general(&codes::NOT_TOLD).arg("name", strange).arg("table", &table.name);
        return Some(Err(Problem::unprocessable(&diagnostic.arg("known", known.join(", ")))));
    }
    let fields = std::iter::once(day).chain(known.into_iter().cloned()).collect();
    let always = table.keys.iter().zip(&told.keys).filter(|(_, own)| own.is_some_and(|(_, optional)| !optional));
    let always = always.map(|(name, _)| name.clone()).collect();
    Some(Ok(RowTeller { teller: Teller::new(event, fields), always }))
}

/// Who tells amounts of the target. A name that is no dimension of theirs is refused.
fn amount_teller(program: &Program, input: &wire::PutTarget) -> Option<Answer<RowTeller>> {
    let is_named = |metric: usize| program.metrics.get(metric).is_some_and(|metric| metric.name == input.metric);
    let told = program.targets.iter().find(|target| is_named(target.metric))?.told.as_ref()?;
    let event = program.events.get(told.event)?;
    let day = event.fields.get(told.clock?)?.name.clone();
    let field = |dim: &DimIdx| event.dims.iter().find(|(own, _)| own == dim).and_then(|(_, field)| event.fields.get(*field));
    let fields: Vec<_> = told.dims.iter().filter_map(field).collect();
    if let Some(strange) = input.scope.keys().find(|name| !fields.iter().any(|field| field.name == **name)) {
        let known: Vec<String> = fields.iter().map(|field| format!("`{}`", field.name)).collect();
        let diagnostic = Diagnostic::general(&codes::NOT_TOLD_OF).arg("name", strange).arg("metric", &input.metric);
        return Some(Err(Problem::unprocessable(&diagnostic.arg("known", known.join(", ")))));
    }
    let always = fields.iter().filter(|field| !field.optional).map(|field| field.name.clone()).collect();
    let names = fields.iter().map(|field| field.name.clone());
    let fields = std::iter::once(day).chain(names).chain(["period", "amount"].map(str::to_owned)).collect();
    Some(Ok(RowTeller { teller: Teller::new(event, fields), always }))
}

/// The keys and columns that are told.
fn names<'t>(table: &'t Table, told: &ToldRows) -> Vec<&'t String> {
    let keys = table.keys.iter().zip(&told.keys).filter(|(_, own)| own.is_some()).map(|(name, _)| name);
    let columns = table.columns.iter().zip(&told.leaves).filter(|(_, leaf)| leaf.is_some()).map(|((name, _), _)| name);
    keys.chain(columns).collect()
}
