//! `/v1/rulesets/{name}/{version}/trial`: a version runs beside the active one, on the same events, and sends nothing.

use super::App;
use super::auth::{Caller, Need};
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::{shell, wire};
use crate::engine::Workspace;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// Starts a trial. The stored events are run through the version first; an activation then needs no such run.
#[utoipa::path(
    post, path = "/v1/rulesets/{name}/{version}/trial", tag = "rulesets",
    params(("name" = String, Path, description = "The ruleset's id"), ("version" = String, Path, description = "The version")),
    responses(
        (status = 200, description = "It is on trial: read it with `trial=true` or `version=`", body = wire::TrialStarted),
        (status = 202, description = "Many stored events are still being run through it. It is on trial as soon as GET /v1/rulesets shows it so.", body = wire::TrialStarted),
        (status = 409, description = "It is active, or a version of the ruleset is on trial already", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn start(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Answer<(StatusCode, Json<wire::TrialStarted>)> {
    let workspace = caller.workspace(&app, Need::Author)?;
    // A request that ends early, by its time limit or by a caller who hangs up, does not end the start.
    let patience = app.limits.request_timeout / 2;
    let working = shell::detached(starting(app, caller, workspace, (name.clone(), version.clone())));
    match tokio::time::timeout(patience, working).await {
        Ok(done) => Ok((StatusCode::OK, Json(done.map_err(Problem::internal)??))),
        Err(_) => Ok((StatusCode::ACCEPTED, Json(wire::TrialStarted { name, version, working: true, replayed: 0, skipped: 0 }))),
    }
}

/// Starts a trial and writes that down.
async fn starting(
    app: Arc<App>,
    caller: Caller,
    workspace: Arc<Workspace>,
    (name, version): (String, String),
) -> Answer<wire::TrialStarted> {
    let (asked, ruleset, number) = (Arc::clone(&workspace), name.clone(), version.clone());
    let done = blocking(move || Ok(asked.start_trial(&ruleset, &number)?)).await.inspect_err(|problem| {
        tracing::warn!(ruleset = name, version, code = problem.code(), "a trial was refused");
    })?;
    app.audit(&caller, workspace.name(), "ruleset.trial", &format!("{name} {version}"), "").await;
    Ok(wire::TrialStarted { name, version, working: false, replayed: done.replayed, skipped: done.skipped })
}

/// Ends a trial. Its numbers are forgotten; the version stays.
#[utoipa::path(
    delete, path = "/v1/rulesets/{name}/{version}/trial", tag = "rulesets",
    params(("name" = String, Path, description = "The ruleset's id"), ("version" = String, Path, description = "The version")),
    responses(
        (status = 204, description = "It runs no longer"),
        (status = 404, description = "It is not on trial", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn end(State(app): State<Arc<App>>, caller: Caller, Path((name, version)): Path<(String, String)>) -> Answer<StatusCode> {
    let workspace = caller.workspace(&app, Need::Author)?;
    let target = format!("{name} {version}");
    let asked = Arc::clone(&workspace);
    blocking(move || Ok(asked.end_trial(&name, &version)?)).await?;
    app.audit(&caller, workspace.name(), "ruleset.trial_end", &target, "").await;
    Ok(StatusCode::NO_CONTENT)
}
