//! `/v1/endpoints`: where webhooks go.
//!
//! 1. A new URL is refused when webhooks must not reach it; that is checked again at every attempt.
//! 2. The signing secret of a standard endpoint is shown once. After a rotation the secret before signs too, until the
//!    next rotation. What proves who sends to other kinds is never shown.

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::{bindings, deliveries, wire};
use crate::diagnostic::codes::{api as codes, notify as notify_codes, report};
use crate::diagnostic::{Diagnostic, Thing, Words};
use crate::engine::{Binding, DeliveryState, Endpoint, Kind, Languages, NewDelivery, Settings, StoreError, Workspace, severity_name};
use crate::notify::kind::{self, Wish};
use crate::notify::{guard, sign};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// The most endpoints of a workspace.
const ENDPOINTS_MAX: usize = 1_000;

/// The most channels of an endpoint, and the longest name of one.
const CHANNELS_MAX: usize = 64;
const CHANNEL_MAX: usize = 64;

/// The most deliveries that one request sends again.
const REDELIVERED_MAX: usize = 5_000;

/// The most bytes of a URL.
const URL_MAX: usize = 2_048;

/// All endpoints.
#[utoipa::path(
    get, path = "/v1/endpoints", tag = "webhooks",
    responses(
        (status = 200, description = "The endpoints, without their secrets", body = wire::List<wire::Endpoint>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Answer<Json<wire::List<wire::Endpoint>>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let found = blocking(move || Ok(workspace.store().endpoints().map_err(Diagnostic::from)?)).await?;
    Ok(Json(wire::List::whole(found.iter().map(|endpoint| show(endpoint, None)).collect())))
}

/// One endpoint.
#[utoipa::path(
    get, path = "/v1/endpoints/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    responses(
        (status = 200, description = "The endpoint, without its secrets", body = wire::Endpoint),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<Json<wire::Endpoint>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let found = find(&workspace, id).await?;
    Ok(Json(show(&found, None)))
}

/// Makes an endpoint. The answer is the only place that shows the secret of a standard one.
///
/// `standard` endpoints get signed JSON (Standard Webhooks); the other kinds get what their service understands.
#[utoipa::path(
    post, path = "/v1/endpoints", tag = "webhooks",
    request_body = wire::NewEndpoint,
    responses(
        (status = 201, description = "The endpoint; a standard one with its secret", body = wire::Endpoint),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(app): State<Arc<App>>,
    caller: Caller,
    Input(input): Input<wire::NewEndpoint>,
) -> Answer<(StatusCode, Json<wire::Endpoint>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    check_channels(&input.channels)?;
    let kind = Kind::from(input.kind);
    let mut wish = Wish {
        languages: Some(input.lang.map_or(kind::languages(kind), Languages::from)),
        secret: input.secret,
        routing_key: input.routing_key,
        token: input.token,
        topic: input.topic,
        rate_per_min: input.rate_per_min,
    };
    wish.check(kind)?;
    if kind == Kind::Standard {
        wish.secret = Some(secret(wish.secret)?);
    }
    let shown_once = wish.secret.clone().filter(|_| kind == Kind::Standard);
    let mut binding = Binding::default();
    bindings::bind(&mut binding, input.severity, input.scope, input.hours.map(Some))?;
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(Problem::internal)?;
    let mut endpoint = Endpoint {
        id: format!("ep_{:016x}", u64::from_be_bytes(bytes)),
        url: input.url.or_else(|| kind::url(kind).map(str::to_owned)).unwrap_or_default(),
        channels: input.channels,
        secrets: Vec::new(),
        settings: Settings { kind, ..Settings::default() },
        disabled: None,
        created_at: workspace.now(),
        failing_since: None,
        binding,
    };
    wish.grant(&mut endpoint);
    kind::complete(&endpoint)?;
    check_url(&app, &endpoint.url).await?;
    let (kept, made) = (Arc::clone(&workspace), endpoint.clone());
    blocking(move || {
        if kept.store().endpoints().map_err(Diagnostic::from)?.len() >= ENDPOINTS_MAX {
            return Err(Problem::unprocessable(&Diagnostic::general(&codes::TOO_MANY).arg("limit", ENDPOINTS_MAX).what(Thing::Endpoints)));
        }
        kept.store().put_endpoint(&made).map_err(Diagnostic::from)?;
        // What went nowhere so far may go here.
        Ok(kept.reroute()?)
    })
    .await?;
    app.audit(&caller, workspace.name(), "endpoint.create", &endpoint.id, &guard::shown(&endpoint.url)).await;
    Ok((StatusCode::CREATED, Json(show(&endpoint, shown_once))))
}

/// Changes an endpoint. Enabling it again starts its count of failures anew.
#[utoipa::path(
    patch, path = "/v1/endpoints/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    request_body = wire::EndpointPatch,
    responses(
        (status = 200, description = "The endpoint", body = wire::Endpoint),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn patch(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Input(patch): Input<wire::EndpointPatch>,
) -> Answer<Json<wire::Endpoint>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    if let Some(channels) = &patch.channels {
        check_channels(channels)?;
    }
    if let Some(url) = &patch.url {
        check_url(&app, url).await?;
    }
    let wish = Wish {
        languages: patch.lang.map(Languages::from),
        secret: patch.secret,
        routing_key: patch.routing_key,
        token: patch.token,
        topic: patch.topic,
        rate_per_min: patch.rate_per_min,
    };
    // The kind of an endpoint never changes.
    let known = find(&workspace, id.clone()).await?;
    wish.check(known.settings.kind)?;
    let mut binding = known.binding;
    let binds = patch.severity.is_some() || patch.scope.is_some() || patch.hours.is_some();
    bindings::bind(&mut binding, patch.severity, patch.scope, patch.hours)?;
    let changed = update(&workspace, id, move |endpoint| {
        wish.grant(endpoint);
        if binds {
            endpoint.binding = binding;
        }
        endpoint.url = patch.url.unwrap_or_else(|| std::mem::take(&mut endpoint.url));
        endpoint.channels = patch.channels.unwrap_or_else(|| std::mem::take(&mut endpoint.channels));
        match patch.enabled {
            Some(true) => (endpoint.disabled, endpoint.failing_since) = (None, None),
            Some(false) => endpoint.disabled = endpoint.disabled.take().or_else(|| Some("disabled by hand".to_owned())),
            None => {}
        }
    })
    .await?;
    app.dispatcher.wake(workspace.name());
    app.audit(&caller, workspace.name(), "endpoint.change", &changed.id, &guard::shown(&changed.url)).await;
    Ok(Json(show(&changed, None)))
}

/// Removes an endpoint. What was pending for it is given up. One that report schedules send to is kept.
#[utoipa::path(
    delete, path = "/v1/endpoints/{id}", tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn delete(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let (kept, gone) = (Arc::clone(&workspace), id.clone());
    let existed = blocking(move || {
        let schedules = kept.report_schedules()?;
        let names: Vec<&str> =
            schedules.iter().filter(|schedule| schedule.endpoint == gone).map(|schedule| schedule.name.as_str()).collect();
        if !names.is_empty() {
            let needed = Diagnostic::general(&report::ENDPOINT_NEEDED).arg("endpoint", &gone);
            return Err(needed.arg("names", names.join(", ")).into());
        }
        let existed = kept.store().delete_endpoint(&gone).map_err(Diagnostic::from)?;
        // What waited for it waits no longer.
        kept.reroute()?;
        Ok(existed)
    })
    .await?;
    if !existed {
        return Err(Problem::not_found(Thing::Endpoint, &id));
    }
    app.dispatcher.wake(workspace.name());
    app.audit(&caller, workspace.name(), "endpoint.delete", &id, "").await;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a standard endpoint a new secret. The one before signs too until the next rotation.
#[utoipa::path(
    post, path = "/v1/endpoints/{id}/rotate", tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    request_body(content = Option<wire::Rotate>),
    responses(
        (status = 200, description = "The endpoint, with its new secret", body = wire::Endpoint),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn rotate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Input(input): Input<wire::Rotate>,
) -> Answer<Json<wire::Endpoint>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let kind = find(&workspace, id.clone()).await?.settings.kind;
    if kind != Kind::Standard {
        return Err(Diagnostic::general(&notify_codes::NOTHING_TO_ROTATE).arg("kind", kind.name()).into());
    }
    let secret = secret(input.secret)?;
    let (kept, new, wanted) = (Arc::clone(&workspace), secret.clone(), id.clone());
    let changed = blocking(move || kept.store().rotate_secret(&wanted, new).map_err(|error| lost(error, &wanted))).await?;
    app.audit(&caller, workspace.name(), "endpoint.rotate", &id, "").await;
    Ok(Json(show(&changed, Some(secret))))
}

/// Sends a signed test message.
#[utoipa::path(
    post, path = "/v1/endpoints/{id}/test", tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    responses(
        (status = 202, description = "The delivery; ask for it to see its attempts", body = wire::Delivery),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn test(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<(StatusCode, Json<wire::Delivery>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let endpoint = find(&workspace, id).await?;
    if let Some(reason) = endpoint.disabled {
        return Err(Diagnostic::general(&codes::ENDPOINT_DISABLED).arg("id", endpoint.id).reason(disabled_words(&reason)).into());
    }
    let now = workspace.now();
    let message = serde_json::json!({
        "type": "endpoint.test",
        "timestamp": now.to_string(),
        "data": { "endpoint": endpoint.id, "workspace": workspace.name(), "message": "Steelyard reaches this endpoint.", "message_zh": "Steelyard 可以访问此端点。" },
    });
    let delivery = NewDelivery {
        endpoint: endpoint.id,
        alert: String::new(),
        kind: "endpoint.test".to_owned(),
        payload: message.to_string().into_bytes(),
        created_at: now,
        state: DeliveryState::Pending,
        hold: None,
    };
    let kept = Arc::clone(&workspace);
    let queued = blocking(move || Ok(kept.store().enqueue(delivery).map_err(Diagnostic::from)?)).await?;
    app.dispatcher.wake(workspace.name());
    Ok((StatusCode::ACCEPTED, Json(deliveries::show(&queued, false))))
}

/// Sends what was written since an instant again, each under its own `webhook-id`, the oldest first. What is pending is
/// left alone, so that asking twice sends nothing twice.
#[utoipa::path(
    post, path = "/v1/endpoints/{id}/redeliver", tag = "webhooks",
    params(("id" = String, Path, description = "The endpoint's id")),
    request_body = wire::RedeliverSince,
    responses(
        (status = 202, description = "How many are due now", body = wire::Redelivered),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn redeliver(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Input(input): Input<wire::RedeliverSince>,
) -> Answer<(StatusCode, Json<wire::Redelivered>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let since = bindings::instant("since", &input.since)?;

    let ended = |name: &String| {
        let state = deliveries::state(name).ok().filter(|state| !matches!(state, DeliveryState::Pending | DeliveryState::Held));
        state.ok_or_else(|| {
            Problem::body(Words::new(
                format!("`states` holds `{name}`: dead, silenced, superseded or delivered is wanted"),
                format!("`states` 含有 `{name}`：应为 dead、silenced、superseded 或 delivered"),
            ))
        })
    };
    let states = input.states.iter().map(ended).collect::<Answer<Vec<DeliveryState>>>()?;
    let endpoint = find(&workspace, id.clone()).await?;
    if let Some(reason) = endpoint.disabled {
        return Err(Diagnostic::general(&codes::ENDPOINT_DISABLED).arg("id", endpoint.id).reason(disabled_words(&reason)).into());
    }
    let (kept, wanted) = (Arc::clone(&workspace), id.clone());
    let (redelivered, next) = blocking(move || {
        let sent = kept.store().redeliver_since(&wanted, (since, input.after), &states, REDELIVERED_MAX);
        Ok(sent.map_err(Diagnostic::from)?)
    })
    .await?;
    app.dispatcher.wake(workspace.name());
    app.audit(&caller, workspace.name(), "endpoint.redeliver", &id, &format!("{redelivered} since {since}")).await;
    Ok((StatusCode::ACCEPTED, Json(wire::Redelivered { redelivered, more: next.is_some(), next })))
}

async fn find(workspace: &Arc<Workspace>, id: String) -> Answer<Endpoint> {
    let workspace = Arc::clone(workspace);
    blocking(move || workspace.store().endpoint(&id).map_err(Diagnostic::from)?.ok_or_else(|| Problem::not_found(Thing::Endpoint, &id)))
        .await
}

async fn update(workspace: &Arc<Workspace>, id: String, change: impl FnOnce(&mut Endpoint) + Send + 'static) -> Answer<Endpoint> {
    let workspace = Arc::clone(workspace);
    blocking(move || {
        let changed = workspace.store().update_endpoint(&id, change).map_err(|error| lost(error, &id))?;
        workspace.reroute()?;
        Ok(changed)
    })
    .await
}

fn lost(error: StoreError, id: &str) -> Problem {
    match error {
        StoreError::Unknown(what, _) => Problem::not_found(what, id),
        other => Diagnostic::from(other).into(),
    }
}

/// Why an endpoint is disabled; the store keeps it in English.
fn disabled_words(reason: &str) -> Words {
    let zh = match reason {
        "disabled by hand" => "手动停用",
        "the receiver answered 410 Gone" => "接收方返回 410 Gone",
        "every attempt of the last 5 days failed" => "最近 5 天的投递全部失败",
        other => return Words::foreign("已停用", other),
    };
    Words::new(reason.to_owned(), zh)
}

/// A secret that can sign: the caller's own, or a new one.
fn secret(own: Option<String>) -> Answer<String> {
    match own {
        Some(own) => sign::check_secret(&own).map(|()| own).map_err(Problem::from),
        None => Ok(sign::new_secret()?),
    }
}

async fn check_url(app: &App, url: &str) -> Answer<()> {
    if url.len() > URL_MAX {
        return Err(Problem::body(Words::new(format!("`url` is longer than {URL_MAX} bytes"), format!("`url` 超过 {URL_MAX} 字节"))));
    }
    Ok(app.dispatcher.sender().check(url).await?)
}

/// Channels are names of a bounded length.
///
/// # Errors
/// When one is not.
pub fn check_channels(channels: &[String]) -> Answer<()> {
    if channels.len() > CHANNELS_MAX || channels.iter().any(|channel| channel.is_empty() || channel.len() > CHANNEL_MAX) {
        return Err(Problem::body(Words::new(
            format!("`channels` holds at most {CHANNELS_MAX} names of 1 to {CHANNEL_MAX} bytes"),
            format!("`channels` 最多 {CHANNELS_MAX} 个名称，每个 1 到 {CHANNEL_MAX} 字节"),
        )));
    }
    Ok(())
}

fn show(endpoint: &Endpoint, secret: Option<String>) -> wire::Endpoint {
    wire::Endpoint {
        id: endpoint.id.clone(),
        kind: endpoint.settings.kind.name(),
        url: kind::shown(endpoint),
        channels: endpoint.channels.clone(),
        lang: endpoint.settings.languages.name(),
        topic: endpoint.settings.topic.clone(),
        rate_per_min: kind::rate(endpoint).per_min,
        has_secret: !endpoint.secrets.is_empty(),
        enabled: endpoint.disabled.is_none(),
        disabled_reason: endpoint.disabled.clone(),
        failing_since: endpoint.failing_since.map(|at| at.to_string()),
        created_at: endpoint.created_at.to_string(),
        severity: severity_name(endpoint.binding.severity),
        scope: endpoint.binding.scope.iter().cloned().collect(),
        hours: bindings::show_working(&endpoint.binding),
        secret,
    }
}
