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
    Ok(Json(wire::List::whole(app.engine.workspaces().into_iter().map(|name| wire::Workspace { name }).collect())))
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
    Ok((StatusCode::CREATED, Json(wire::Workspace { name })))
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
