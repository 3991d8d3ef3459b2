//! `/v1/escalations`: who is told when nobody acknowledges what was told to a channel.

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::endpoints::check_channels;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::wire;
use crate::diagnostic::codes::notify as codes;
use crate::diagnostic::{Diagnostic, Thing};
use crate::engine::{Escalation, EscalationStep};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// The most steps, and channels of a step.
const STEPS_MAX: usize = 10;
/// The longest delay: 30 days.
const AFTER_S_MAX: u32 = 30 * 86_400;

/// All escalations.
#[utoipa::path(
    get, path = "/v1/escalations", tag = "notifications",
    responses(
        (status = 200, description = "The escalations", body = wire::List<wire::Escalation>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Answer<Json<wire::List<wire::Escalation>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let found = blocking(move || Ok(workspace.escalations()?)).await?;
    Ok(Json(wire::List::whole(found.iter().map(show).collect())))
}

/// Says who is told when nobody acknowledges what was told to a channel. The delays count from the notification.
#[utoipa::path(
    put, path = "/v1/escalations/{channel}", tag = "notifications",
    params(("channel" = String, Path, description = "The channel of a rule")),
    request_body = wire::EscalationInput,
    responses(
        (status = 200, description = "The escalation", body = wire::Escalation),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(channel): Path<String>,
    Input(input): Input<wire::EscalationInput>,
) -> Answer<Json<wire::Escalation>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let steps = input.steps.into_iter().map(|step| EscalationStep { after_s: step.after_s, channels: step.channels });
    let escalation = Escalation { channel, steps: steps.collect() };
    check(&escalation)?;
    let kept = (Arc::clone(&workspace), escalation.clone());
    blocking(move || Ok(kept.0.put_escalation(&kept.1)?)).await?;
    let told = escalation.steps.iter().map(|step| format!("{} s: {}", step.after_s, step.channels.join(", ")));
    app.audit(&caller, workspace.name(), "escalation.put", &escalation.channel, &told.collect::<Vec<_>>().join("; ")).await;
    Ok(Json(show(&escalation)))
}

/// Removes the escalation of a channel.
#[utoipa::path(
    delete, path = "/v1/escalations/{channel}", tag = "notifications",
    params(("channel" = String, Path, description = "The channel")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn delete(State(app): State<Arc<App>>, caller: Caller, Path(channel): Path<String>) -> Answer<StatusCode> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let (kept, gone) = (Arc::clone(&workspace), channel.clone());
    if !blocking(move || Ok(kept.remove_escalation(&gone)?)).await? {
        return Err(Problem::not_found(Thing::Escalation, &channel));
    }
    app.audit(&caller, workspace.name(), "escalation.delete", &channel, "").await;
    Ok(StatusCode::NO_CONTENT)
}

fn check(escalation: &Escalation) -> Answer<()> {
    check_channels(std::slice::from_ref(&escalation.channel))?;
    let (mut before, mut fits) = (0, (1..=STEPS_MAX).contains(&escalation.steps.len()));
    for step in &escalation.steps {
        check_channels(&step.channels)?;
        fits &= step.after_s > before && step.after_s <= AFTER_S_MAX && (1..=STEPS_MAX).contains(&step.channels.len());
        before = step.after_s;
    }
    if fits { Ok(()) } else { Err(Diagnostic::general(&codes::ESCALATION_STEPS).arg("channel", &escalation.channel).into()) }
}

fn show(escalation: &Escalation) -> wire::Escalation {
    let steps = escalation.steps.iter().map(|step| wire::EscalationStep { after_s: step.after_s, channels: step.channels.clone() });
    wire::Escalation { channel: escalation.channel.clone(), steps: steps.collect() }
}
