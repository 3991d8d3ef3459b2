//! `/v1/keys`: who may come in. The first key closes the open door for good.

use super::App;
use super::auth::{self, Caller, Need, role_name, role_named};
use super::body::Input;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::wire;
use crate::diagnostic::{Diagnostic, Thing, Words};
use crate::engine::{Key, StoreError};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// After how many days a key expires when nothing else is said, and the most that can be said.
const EXPIRES_DAYS: u32 = 365;
const EXPIRES_DAYS_MAX: u32 = 3_650;

/// All keys, without their secrets.
#[utoipa::path(
    get, path = "/v1/keys", tag = "administration",
    responses(
        (status = 200, description = "The keys", body = wire::List<wire::Key>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Answer<Json<wire::List<wire::Key>>> {
    caller.may(Need::Admin)?;
    let engine = Arc::clone(&app.engine);
    let keys = blocking(move || Ok(engine.control().keys().map_err(Diagnostic::from)?)).await?;
    Ok(Json(wire::List::whole(keys.iter().map(|key| show(key, None)).collect())))
}

/// Makes a key. The answer is the only place that shows it.
#[utoipa::path(
    post, path = "/v1/keys", tag = "administration",
    request_body = wire::NewKey,
    responses(
        (status = 201, description = "The key, shown this once", body = wire::Key),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(input): Input<wire::NewKey>,
) -> Answer<(StatusCode, Json<wire::Key>)> {
    caller.may(Need::Admin)?;
    let role = role_named(&input.role).ok_or_else(|| {
        Problem::body(Words::new(
            "`role` is not one of ingest, read, author, operate, admin",
            "`role` 须为 ingest、read、author、operate、admin 之一",
        ))
    })?;
    let workspace = input.workspace.map_or_else(|| caller.workspace_name().map(str::to_owned), Ok)?;
    if app.engine.find(&workspace)?.is_none() {
        return Err(Problem::not_found(Thing::Workspace, &workspace));
    }
    let days = input.expires_in_days.unwrap_or(EXPIRES_DAYS);
    if !(1..=EXPIRES_DAYS_MAX).contains(&days) {
        return Err(Problem::body(Words::new(
            format!("`expires_in_days` is not a number from 1 to {EXPIRES_DAYS_MAX}"),
            format!("`expires_in_days` 须为 1 到 {EXPIRES_DAYS_MAX} 的数"),
        )));
    }
    let now = app.engine.now();
    let expires_at = now.plus_s(i64::from(days) * 86_400);
    let (key, text) = auth::new_key(&workspace, role, now, Some(expires_at), input.scope.into_iter().collect())?;
    let (engine, made) = (Arc::clone(&app.engine), key.clone());
    blocking(move || Ok(engine.control().put_key(&made).map_err(Diagnostic::from)?)).await?;
    app.access.close();
    app.audit(&caller, &workspace, "key.create", &key.id, role_name(role)).await;
    Ok((StatusCode::CREATED, Json(show(&key, Some(text)))))
}

/// Takes a key back at once.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "administration",
    params(("id" = String, Path, description = "The key's id: the part between the underscores")),
    responses(
        (status = 200, description = "The key, revoked", body = wire::Key),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn revoke(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<Json<wire::Key>> {
    caller.may(Need::Admin)?;
    let (engine, gone) = (Arc::clone(&app.engine), id.clone());
    let key = blocking(move || {
        engine.control().revoke_key(&gone, engine.now()).map_err(|error| match error {
            StoreError::Unknown(what, id) => Problem::not_found(what, &id),
            other => Diagnostic::from(other).into(),
        })
    })
    .await?;
    app.audit(&caller, &key.workspace, "key.revoke", &id, "").await;
    Ok(Json(show(&key, None)))
}

fn show(key: &Key, text: Option<String>) -> wire::Key {
    wire::Key {
        id: key.id.clone(),
        workspace: key.workspace.clone(),
        role: role_name(key.role),
        scope: key.scope.iter().cloned().collect(),
        created_at: key.created_at.to_string(),
        expires_at: key.expires_at.map(|at| at.to_string()),
        last_used_at: key.last_used_at.map(|at| at.to_string()),
        revoked_at: key.revoked_at.map(|at| at.to_string()),
        key: text,
    }
}
