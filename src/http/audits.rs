//! `GET /v1/audit`: who changed what, and when.

use super::App;
use super::auth::{Caller, Need};
use super::params::{Params, wanted};
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::wire;
use crate::diagnostic::{Diagnostic, Thing};
use crate::engine::AuditEntry;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

const KNOWN: &str = "action, by, before, limit";

/// The most entries that are looked at for one answer.
const LOOKED_AT_MAX: usize = 100_000;

/// The changes of the workspace, the latest first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "administration",
    params(
        ("action" = Option<String>, Query, description = "Only this action, or all whose names begin so: `score.approve`, `period`"),
        ("by" = Option<String>, Query, description = "Only by this key"),
        ("before" = Option<u64>, Query, description = "Only entries with a smaller number: the `next` of the list before"),
        ("limit" = Option<usize>, Query, description = "At most so many; 100 when left out, 1000 at most"),
    ),
    responses(
        (status = 200, description = "The entries", body = wire::List<wire::AuditEntry>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::AuditEntry>>> {
    caller.may(Need::Operate)?;
    let name = caller.workspace_name()?.to_owned();
    if app.engine.find(&name)?.is_none() {
        return Err(Problem::not_found(Thing::Workspace, &name));
    }
    let mut params = params.of(KNOWN);
    let (action, by) = (params.take("action")?, params.take("by")?);
    let before = params.read("before", |text| text.parse().map_err(|_| wanted("a number", "数字")))?;
    let limit = params.limit(100, 1_000)?;
    params.end()?;
    let control = Arc::clone(app.engine.control());
    blocking(move || {
        let fits = |entry: &AuditEntry| {
            let named = |action: &String| entry.action == *action || entry.action.starts_with(&format!("{action}."));
            entry.workspace == name && action.as_ref().is_none_or(named) && by.as_ref().is_none_or(|by| *by == entry.actor)
        };
        let (mut found, mut next, mut left) = (Vec::new(), before, LOOKED_AT_MAX);
        loop {
            let entries = control.audit(next, 1_000.min(left)).map_err(Diagnostic::from)?;
            left -= entries.len();
            let is_last = entries.len() < 1_000;
            for entry in entries {
                next = Some(entry.seq);
                found.extend(Some(entry).filter(&fits));
                if found.len() == limit {
                    break;
                }
            }
            if is_last || left == 0 || found.len() == limit {
                let more = (found.len() == limit || left == 0).then_some(next).flatten();
                return Ok(Json(wire::List { items: found.iter().map(show).collect(), next: more.map(|seq: u64| seq.to_string()) }));
            }
        }
    })
    .await
}

fn show(entry: &AuditEntry) -> wire::AuditEntry {
    wire::AuditEntry {
        id: entry.seq,
        at: entry.at.to_string(),
        by: entry.actor.clone(),
        action: entry.action.clone(),
        target: entry.target.clone(),
        detail: entry.detail.clone(),
        chain: entry.chain.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}
