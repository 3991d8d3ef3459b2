//! `PUT /v1/tables`: one row is told by an event of the type that the ruleset declares for it.
//!
//! 1. The ruleset says which event type tells the table, and the names of keys and columns are those of its fields.
//! 2. An event of that type is made and taken as that of a membership is ([`dated_put`](super::dated_put)).

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::dated_put::{Teller, active, day, none, tell};
use super::problem::{Answer, Problem};
use super::wire;
use crate::compile::program::{ANY, Program, Table, ToldRows};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::told as codes;
use crate::engine::RawValue;
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
    let given = |values: BTreeMap<String, Option<String>>| values.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let keys: Vec<(String, String)> = given(input.keys).filter(|(_, value)| value != ANY).collect();
    let named: Vec<String> = keys.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let open = always.iter().filter(|name| !keys.iter().any(|(own, _)| own == *name));
    let open: Vec<(String, String)> = open.map(|name| (name.clone(), ANY.to_owned())).collect();
    let target = format!("{} [{}] from {from}", input.table, named.join(", "));
    let data = keys.into_iter().chain(open).chain(given(input.values)).chain([(String::new(), from.to_string())]);
    // The day stands in the field that the ruleset names.
    let place = |name: &str| if name.is_empty() { Some(0) } else { teller.fields.iter().position(|field| field == name) };
    let told = data.filter_map(|(name, value)| Some((place(&name)?, RawValue::Text(value)))).collect();
    tell(&app, &caller, &workspace, teller, told, ("table.put", &target)).await
}

/// Who tells rows of a table.
struct RowTeller {
    /// The fields are the day, then keys and columns.
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
    Some(Ok(RowTeller { teller: Teller { kind: event.name.clone(), fields }, always }))
}

/// The keys and columns that are told.
fn names<'t>(table: &'t Table, told: &ToldRows) -> Vec<&'t String> {
    let keys = table.keys.iter().zip(&told.keys).filter(|(_, own)| own.is_some()).map(|(name, _)| name);
    let columns = table.columns.iter().zip(&told.leaves).filter(|(_, leaf)| leaf.is_some()).map(|((name, _), _)| name);
    keys.chain(columns).collect()
}
