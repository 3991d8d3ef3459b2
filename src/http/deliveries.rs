//! `/v1/deliveries`: what was sent, with every attempt, and sending it again.

use super::App;
use super::auth::{Caller, Need};
use super::bindings::show_hold;
use super::params::{Params, wanted};
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::wire;
use crate::diagnostic::{Diagnostic, Thing, Words};
use crate::engine::{Delivery, DeliveryFilter, DeliveryState, StoreError};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

const KNOWN: &str = "endpoint, alert, state, before, limit";

/// Deliveries, newest first.
#[utoipa::path(
    get, path = "/v1/deliveries", tag = "webhooks",
    params(
        ("endpoint" = Option<String>, Query, description = "Only to this endpoint"),
        ("alert" = Option<String>, Query, description = "Only about this alert"),
        ("state" = Option<String>, Query, description = "`pending`, `delivered`, `dead` (the dead letters), `held`, `silenced` or `superseded`"),
        ("before" = Option<u64>, Query, description = "Only numbers below this one: `next` of the page before"),
        ("limit" = Option<usize>, Query, description = "At most so many; 100 when left out, 1000 at most"),
    ),
    responses(
        (status = 200, description = "The deliveries, without bodies and attempts", body = wire::List<wire::Delivery>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::Delivery>>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let mut params = params.of(KNOWN);
    let filter = DeliveryFilter {
        endpoint: params.take("endpoint")?,
        alert: params.take("alert")?,
        state: params.read("state", state)?,
        before: params.read("before", |text| text.parse().map_err(|_| wanted("the number of a delivery", "投递编号")))?,
        limit: params.limit(100, 1_000)?,
    };
    params.end()?;
    let limit = filter.limit;
    let found = blocking(move || Ok(workspace.store().deliveries(&filter).map_err(Diagnostic::from)?)).await?;
    let next = found.last().filter(|_| found.len() == limit).map(|last| last.id.to_string());
    Ok(Json(wire::List { items: found.iter().map(|delivery| show(delivery, false)).collect(), next }))
}

/// One delivery with its body and all attempts.
#[utoipa::path(
    get, path = "/v1/deliveries/{id}", tag = "webhooks",
    params(("id" = u64, Path, description = "The delivery's number")),
    responses(
        (status = 200, description = "The delivery", body = wire::Delivery),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<Json<wire::Delivery>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let number = number(&id)?;
    let found = blocking(move || Ok(workspace.store().delivery(number).map_err(Diagnostic::from)?)).await?;
    found.as_ref().map(|delivery| Json(show(delivery, true))).ok_or_else(|| Problem::not_found(Thing::Delivery, &id))
}

/// Sends a delivery once more, under its own `webhook-id`.
#[utoipa::path(
    post, path = "/v1/deliveries/{id}/redeliver", tag = "webhooks",
    params(("id" = u64, Path, description = "The delivery's number")),
    responses(
        (status = 202, description = "It is due now", body = wire::Delivery),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn redeliver(State(app): State<Arc<App>>, caller: Caller, Path(id): Path<String>) -> Answer<(StatusCode, Json<wire::Delivery>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let number = number(&id)?;
    let kept = Arc::clone(&workspace);
    let queued = blocking(move || {
        kept.store().redeliver(number).map_err(|error| match error {
            StoreError::Unknown(what, id) => Problem::not_found(what, &id),
            other => Diagnostic::from(other).into(),
        })
    })
    .await?;
    app.dispatcher.wake(workspace.name());
    app.audit(&caller, workspace.name(), "delivery.redeliver", &id, &queued.endpoint).await;
    Ok((StatusCode::ACCEPTED, Json(show(&queued, false))))
}

fn number(id: &str) -> Answer<u64> {
    id.parse().map_err(|_| Problem::not_found(Thing::Delivery, id))
}

/// The state of a name.
///
/// # Errors
/// When there is none.
pub fn state(text: &str) -> Result<DeliveryState, Words> {
    let known = [
        DeliveryState::Pending,
        DeliveryState::Delivered,
        DeliveryState::Dead,
        DeliveryState::Held,
        DeliveryState::Silenced,
        DeliveryState::Superseded,
    ];
    known.into_iter().find(|state| state_name(*state) == text).ok_or_else(|| {
        wanted("pending, delivered, dead, held, silenced or superseded", "pending、delivered、dead、held、silenced 或 superseded")
    })
}

fn state_name(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Dead => "dead",
        DeliveryState::Held => "held",
        DeliveryState::Silenced => "silenced",
        DeliveryState::Superseded => "superseded",
    }
}

/// A delivery as it goes out, with body and attempts or without.
pub fn show(delivery: &Delivery, whole: bool) -> wire::Delivery {
    let attempts = delivery.attempts.iter().filter(|_| whole).map(|attempt| wire::Attempt {
        at: attempt.at.to_string(),
        status: attempt.status,
        error: attempt.error.clone(),
        duration_ms: attempt.duration_ms,
        carried_by: attempt.carried_by.clone(),
    });
    wire::Delivery {
        id: delivery.id,
        message_id: delivery.message_id.clone(),
        endpoint: delivery.endpoint.clone(),
        alert: Some(delivery.alert.clone()).filter(|alert| !alert.is_empty()),
        kind: delivery.kind.clone(),
        state: state_name(delivery.state),
        created_at: delivery.created_at.to_string(),
        next_at: (delivery.state == DeliveryState::Pending || delivery.stands)
            .then(|| delivery.next_at.max(delivery.created_at).to_string()),
        hold: delivery.hold.as_ref().map(show_hold),
        n_attempts: delivery.attempts.len(),
        attempts: attempts.collect(),
        body: whole.then(|| String::from_utf8_lossy(&delivery.payload).into_owned()),
    }
}
