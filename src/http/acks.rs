//! `/v1/alerts/{id}/ack`: who takes care of an alert.

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::silences::TEXT_MAX;
use super::{alerts, wire};
use crate::diagnostic::{Thing, Words};
use crate::engine::Workspace;
use axum::Json;
use axum::extract::{Path, State};
use std::sync::Arc;

/// Notes that somebody takes care of an alert: its reminders and its escalation stop until it gets worse.
#[utoipa::path(
    post, path = "/v1/alerts/{id}/ack", tag = "alerts",
    params(("id" = String, Path, description = "The alert's id")),
    request_body(content = Option<wire::AckInput>),
    responses(
        (status = 200, description = "The alert", body = wire::Alert),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Input(input): Input<wire::AckInput>,
) -> Answer<Json<wire::Alert>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    if input.note.len() > TEXT_MAX || input.author.as_ref().is_some_and(|author| author.len() > TEXT_MAX) {
        return Err(Problem::body(Words::new(
            format!("`author` and `note` have at most {TEXT_MAX} bytes"),
            format!("`author` 和 `note` 最多 {TEXT_MAX} 字节"),
        )));
    }
    let author = input.author.unwrap_or_else(|| caller.id().to_owned());
    let detail = format!("{author}: {}", input.note);
    take_on(&workspace, &id, Some((author, input.note, caller.id().to_owned()))).await?;
    app.audit(&caller, workspace.name(), "alert.ack", &id, &detail).await;
    let (alert, standing) = alerts::find(&workspace, &caller, id).await?;
    Ok(Json(alerts::show(&alert, &standing)))
}

/// Takes an acknowledgement back: the reminders go on, and what is left of the escalation counts from now.
#[utoipa::path(
    delete, path = "/v1/alerts/{id}/ack", tag = "alerts",
    params(("id" = String, Path, description = "The alert's id")),
    responses(
        (status = 200, description = "The alert", body = wire::Alert),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn take_back(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<Json<wire::Alert>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    take_on(&workspace, &id, None).await?;
    app.audit(&caller, workspace.name(), "alert.unack", &id, "").await;
    let (alert, standing) = alerts::find(&workspace, &caller, id).await?;
    Ok(Json(alerts::show(&alert, &standing)))
}

async fn take_on(workspace: &Arc<Workspace>, id: &str, by: Option<(String, String, String)>) -> Answer<()> {
    let (kept, wanted) = (Arc::clone(workspace), id.to_owned());
    blocking(move || match kept.alert(&wanted)? {
        Some(_) => Ok(kept.acknowledge(&wanted, by)?),
        None => Err(Problem::not_found(Thing::Alert, &wanted)),
    })
    .await
}
