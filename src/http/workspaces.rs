//! `/v1/workspaces`: one space for each client company.

use super::App;
use super::auth::{Caller, Need};
use super::problem::Answer;
use super::reading::blocking;
use super::wire;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// All workspaces.
#[utoipa::path(
    get, path = "/v1/workspaces", tag = "administration",
    responses(
        (status = 200, description = "The workspaces, by name", body = wire::List<wire::Workspace>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Answer<Json<wire::List<wire::Workspace>>> {
    caller.may(Need::Admin)?;
    let usable = app.engine.workspaces().into_iter().map(|name| wire::Workspace { name, code: None });
    let failing = app.engine.failing().into_iter().map(|(name, why)| wire::Workspace { name, code: Some(why.code.id) });
    let mut all: Vec<wire::Workspace> = usable.chain(failing).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json(wire::List::whole(all)))
}

/// Makes a workspace.
#[utoipa::path(
    put, path = "/v1/workspaces/{name}", tag = "administration",
    params(("name" = String, Path, description = "1 to 64 of a-z, 0-9, _ and -")),
    responses(
        (status = 201, description = "The workspace", body = wire::Workspace),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>) -> Answer<(StatusCode, Json<wire::Workspace>)> {
    caller.may(Need::Admin)?;
    let (engine, wanted) = (Arc::clone(&app.engine), name.clone());
    let workspace = blocking(move || Ok(engine.create(&wanted)?)).await?;
    app.attach(&workspace);
    app.audit(&caller, &name, "workspace.create", &name, "").await;
    Ok((StatusCode::CREATED, Json(wire::Workspace { name, code: None })))
}

/// Removes a workspace with everything in it: events, rulesets, alerts, endpoints, keys. This cannot be undone.
#[utoipa::path(
    delete, path = "/v1/workspaces/{name}", tag = "administration",
    params(("name" = String, Path, description = "The workspace")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn delete(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    caller.may(Need::Admin)?;
    let (engine, gone) = (Arc::clone(&app.engine), name.clone());
    blocking(move || Ok(engine.delete(&gone)?)).await?;
    app.dispatcher.unwatch(&name);
    app.audit(&caller, &name, "workspace.delete", &name, "").await;
    Ok(StatusCode::NO_CONTENT)
}
