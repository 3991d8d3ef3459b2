//! `/v1/silences`: planned muting, once or during the same hours of every week.

use super::App;
use super::auth::{Caller, Need};
use super::bindings;
use super::body::Input;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::wire;
use crate::diagnostic::codes::notify as codes;
use crate::diagnostic::{Diagnostic, Thing, Words};
use crate::engine::{Matcher, Silence, ended, muted_until, severity_name};
use crate::time::Instant;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// The most bytes of what people write about a silence or an acknowledgement.
pub const TEXT_MAX: usize = 2_000;
/// How far away the end of a silence may be: 366 days.
const LASTS_S_MAX: i64 = 366 * 86_400;

/// All silences, the latest first; those that are over for some time too.
#[utoipa::path(
    get, path = "/v1/silences", tag = "notifications",
    responses(
        (status = 200, description = "The silences", body = wire::List<wire::Silence>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Answer<Json<wire::List<wire::Silence>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let now = workspace.now();
    let found = blocking(move || Ok(workspace.silences()?)).await?;
    let visible = found.iter().filter(|silence| may_see(&caller, silence));
    Ok(Json(wire::List::whole(visible.map(|silence| show(silence, now)).collect())))
}

/// One silence.
#[utoipa::path(
    get, path = "/v1/silences/{id}", tag = "notifications",
    params(("id" = String, Path, description = "The silence's id")),
    responses(
        (status = 200, description = "The silence", body = wire::Silence),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<Json<wire::Silence>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let now = workspace.now();
    let found = blocking(move || Ok(workspace.silences()?)).await?;
    let found = found.iter().find(|silence| silence.id == id && may_see(&caller, silence));
    found.map(|silence| Json(show(silence, now))).ok_or_else(|| Problem::not_found(Thing::Silence, &id))
}

/// Mutes what fits: from now on its notifications wait for the end of the silence.
#[utoipa::path(
    post, path = "/v1/silences", tag = "notifications",
    request_body = wire::NewSilence,
    responses(
        (status = 201, description = "The silence", body = wire::Silence),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(input): Input<wire::NewSilence>,
) -> Answer<(StatusCode, Json<wire::Silence>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let now = workspace.now();
    let silence = read(input, caller.id(), now)?;
    let kept = (Arc::clone(&workspace), silence.clone());
    blocking(move || Ok(kept.0.add_silence(&kept.1)?)).await?;
    app.audit(&caller, workspace.name(), "silence.create", &silence.id, &silence.reason).await;
    Ok((StatusCode::CREATED, Json(show(&silence, now))))
}

/// Ends a silence now. What it held and is still true goes out.
#[utoipa::path(
    delete, path = "/v1/silences/{id}", tag = "notifications",
    params(("id" = String, Path, description = "The silence's id")),
    responses(
        (status = 200, description = "The silence, which is over", body = wire::Silence),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn expire(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<Json<wire::Silence>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let (kept, wanted) = (Arc::clone(&workspace), id.clone());
    let silence = blocking(move || {
        let known = kept.silences()?.iter().any(|silence| silence.id == wanted);
        if known { Ok(kept.expire_silence(&wanted)?) } else { Err(Problem::not_found(Thing::Silence, &wanted)) }
    })
    .await?;
    app.audit(&caller, workspace.name(), "silence.expire", &id, "").await;
    Ok(Json(show(&silence, workspace.now())))
}

/// A key that is bound to some rows sees the silences that can mute them.
fn may_see(caller: &Caller, silence: &Silence) -> bool {
    let wanted = |dim: &String| silence.matcher.scope.iter().find(|(name, _)| name == dim);
    caller.scope().iter().all(|(dim, value)| wanted(dim).is_none_or(|(_, values)| values.contains(value)))
}

fn read(input: wire::NewSilence, key: &str, now: Instant) -> Answer<Silence> {
    if input.reason.trim().is_empty()
        || input.reason.len() > TEXT_MAX
        || input.author.as_ref().is_some_and(|author| author.len() > TEXT_MAX)
    {
        return Err(Problem::body(Words::new(
            format!("`reason` is wanted; `reason` and `author` have at most {TEXT_MAX} bytes"),
            format!("必须填写 `reason`；`reason` 和 `author` 最多 {TEXT_MAX} 字节"),
        )));
    }
    let instant = |name: &str, text: Option<String>| text.map(|text| bindings::instant(name, &text)).transpose();
    let start = instant("start", input.start)?.unwrap_or(now);
    let end = instant("end", input.end)?;
    let weekly = input.weekly.map(|weekly| bindings::hours(&weekly.timezone, &weekly.ranges)).transpose()?;
    let fits = match end {
        Some(end) => start < end && now < end && (weekly.is_some() || end <= start.max(now).plus_s(LASTS_S_MAX)),
        None => weekly.is_some(),
    };
    if !fits {
        let shown = end.map_or_else(|| "?".to_owned(), |end| end.to_string());
        return Err(Diagnostic::general(&codes::SILENCE_TIMES).arg("start", start).arg("end", shown).into());
    }
    Ok(Silence {
        id: new_id()?,
        matcher: Matcher {
            ruleset: input.ruleset,
            rule: input.rule,
            severities: bindings::severities(&input.severities)?,
            scope: bindings::scope(input.scope)?,
        },
        start,
        end,
        weekly,
        author: input.author.unwrap_or_else(|| key.to_owned()),
        reason: input.reason,
        created_at: now,
        created_by: key.to_owned(),
        expired_at: None,
    })
}

fn new_id() -> Answer<String> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    Ok(format!("si_{:016x}", u64::from_be_bytes(bytes)))
}

fn show(silence: &Silence, now: Instant) -> wire::Silence {
    let state = match (muted_until(silence, now), ended(silence)) {
        (Some(_), _) => "active",
        (None, Some(end)) if end <= now => "over",
        (None, _) => "waiting",
    };
    wire::Silence {
        id: silence.id.clone(),
        state,
        ruleset: silence.matcher.ruleset.clone(),
        rule: silence.matcher.rule.clone(),
        severities: silence.matcher.severities.iter().map(|severity| severity_name(*severity)).collect(),
        scope: silence.matcher.scope.iter().cloned().collect(),
        start: silence.start.to_string(),
        end: silence.end.map(|at| at.to_string()),
        weekly: silence.weekly.as_ref().map(bindings::show_hours),
        author: silence.author.clone(),
        reason: silence.reason.clone(),
        created_at: silence.created_at.to_string(),
        created_by: silence.created_by.clone(),
        expired_at: silence.expired_at.map(|at| at.to_string()),
    }
}
