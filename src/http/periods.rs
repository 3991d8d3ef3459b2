//! `/v1/periods` and `/v1/appeals`: closing the scores of a period, approving them, objecting to one, and deciding about that.
//!
//! 1. Every decision is kept with the key that made it, and written into the audit log too.
//! 2. What was closed stays as it was closed; what later events would have made of it is shown beside it.

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::params::Params;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::review::{appeals, show_act, show_amended, show_kept};
use super::silences::TEXT_MAX;
use super::wire;
use crate::diagnostic::codes::close as codes;
use crate::diagnostic::{Diagnostic, Lang};
use crate::engine::{ActRecord, Closed, Concern, Deed, Review, Signature, Workspace};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most points that an appeal can be granted.
const POINTS_MAX: i64 = 1_000;

/// The periods about whose scores something was decided, the latest first.
#[utoipa::path(
    get, path = "/v1/periods", tag = "periods",
    params(("scorecard" = Option<String>, Query, description = "Only of this scorecard")),
    responses(
        (status = 200, description = "The periods", body = wire::List<wire::Period>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::Period>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of("scorecard");
    let card = params.take("scorecard")?;
    params.end()?;
    let acts = blocking(move || Ok(workspace.acts()?)).await?;
    let wanted = acts.into_iter().filter(|act| card.as_ref().is_none_or(|card| *card == act.card));
    let mut periods: Vec<wire::Period> = by_card(wanted, caller.scope()).iter().map(|acts| period(acts)).collect();
    periods.reverse();
    Ok(Json(wire::List::whole(periods)))
}

/// One period: what was decided about each scorecard, the closed scores, and what later events would have made of them.
#[utoipa::path(
    get, path = "/v1/periods/{period}", tag = "periods",
    params(
        ("period" = String, Path, description = "The period, such as `2026-03`"),
        ("scorecard" = Option<String>, Query, description = "Only of this scorecard"),
    ),
    responses(
        (status = 200, description = "The scorecards about which something was decided", body = wire::List<wire::Period>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(label): Path<String>,
    params: Params,
) -> Answer<Json<wire::List<wire::Period>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of("scorecard");
    let card = params.take("scorecard")?;
    params.end()?;
    let bound = caller.scope().to_vec();
    blocking(move || {
        let acts = workspace.acts()?.into_iter();
        let wanted = acts.filter(|act| act.period == label && card.as_ref().is_none_or(|card| *card == act.card));
        Ok(Json(wire::List::whole(by_card(wanted, &bound).iter().map(|acts| whole(&workspace, acts, &bound)).collect())))
    })
    .await
}

/// Closes the scores of a scorecard in a period: they are final as they are.
#[utoipa::path(
    post, path = "/v1/periods/{period}/close", tag = "periods",
    params(("period" = String, Path, description = "The period, such as `2026-03`")),
    request_body = wire::Close,
    responses(
        (status = 201, description = "They are closed", body = wire::Act),
        (status = 409, description = "They are closed already", body = wire::Problem, content_type = "application/problem+json"),
        (status = 422, description = "Some may still change: `force` with a `reason` closes them all the same", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn close(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(label): Path<String>,
    Input(input): Input<wire::Close>,
) -> Answer<(StatusCode, Json<wire::Act>)> {
    let signed = sign(&caller, "reason", input.reason, input.author, input.force)?;
    let (about, force) =
        (About { ruleset: input.ruleset, card: input.scorecard, period: label, scope: input.scope.into_iter().collect() }, input.force);
    decide_about(app, caller, "period.close", move |workspace| workspace.close_scores(&about.concern(), force, signed)).await
}

/// Opens again what was closed or approved. What was closed then stays on record.
#[utoipa::path(
    post, path = "/v1/periods/{period}/reopen", tag = "periods",
    params(("period" = String, Path, description = "The period, such as `2026-03`")),
    request_body = wire::Judge,
    responses(
        (status = 201, description = "They are open", body = wire::Act),
        (status = 409, description = "Nothing was closed or approved", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn reopen(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(label): Path<String>,
    Input(input): Input<wire::Judge>,
) -> Answer<(StatusCode, Json<wire::Act>)> {
    let signed = sign(&caller, "note", input.note, input.author, true)?;
    let about = About { ruleset: input.ruleset, card: input.scorecard, period: label, scope: input.scope.into_iter().collect() };
    decide_about(app, caller, "period.reopen", move |workspace| workspace.reopen_scores(&about.concern(), signed)).await
}

/// Approves the scores of a scorecard in a period.
#[utoipa::path(
    post, path = "/v1/periods/{period}/approve", tag = "periods",
    params(("period" = String, Path, description = "The period, such as `2026-03`")),
    request_body = wire::Judge,
    responses(
        (status = 201, description = "They are approved", body = wire::Act),
        (status = 422, description = "What lies below its line has no note yet", body = wire::Problem, content_type = "application/problem+json"),
        (status = 409, description = "They are approved or closed already", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn approve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(label): Path<String>,
    Input(input): Input<wire::Judge>,
) -> Answer<(StatusCode, Json<wire::Act>)> {
    let signed = sign(&caller, "note", input.note, input.author, false)?;
    let about = About { ruleset: input.ruleset, card: input.scorecard, period: label, scope: input.scope.into_iter().collect() };
    decide_about(app, caller, "score.approve", move |workspace| workspace.approve_scores(&about.concern(), signed)).await
}

/// Objects to one score.
#[utoipa::path(
    post, path = "/v1/periods/{period}/appeals", tag = "periods",
    params(("period" = String, Path, description = "The period, such as `2026-03`")),
    request_body = wire::NewAppeal,
    responses(
        (status = 201, description = "The appeal is kept", body = wire::Act),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn appeal(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(label): Path<String>,
    Input(input): Input<wire::NewAppeal>,
) -> Answer<(StatusCode, Json<wire::Act>)> {
    let (text, wanted) = (input.text, input.wanted);
    if wanted.trim().is_empty() || wanted.len() > TEXT_MAX {
        return Err(note_wrong("wanted"));
    }
    let signed = sign(&caller, "text", text, input.author, true)?;
    let about = About { ruleset: input.ruleset, card: input.scorecard, period: label, scope: input.scope.into_iter().collect() };
    decide_about(app, caller, "score.appeal", move |workspace| workspace.appeal(&about.concern(), &wanted, signed)).await
}

/// Decides about an appeal. The points of an accepted one are a line of their own beside the score.
#[utoipa::path(
    post, path = "/v1/appeals/{id}/decide", tag = "periods",
    params(("id" = u64, Path, description = "The number of the appeal")),
    request_body = wire::Decision,
    responses(
        (status = 201, description = "It is decided", body = wire::Act),
        (status = 404, description = "There is no such appeal", body = wire::Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is decided already", body = wire::Problem, content_type = "application/problem+json"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn decide(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<u64>,
    Input(input): Input<wire::Decision>,
) -> Answer<(StatusCode, Json<wire::Act>)> {
    let text = input.points.clone().unwrap_or_default();
    let wrong = || Diagnostic::general(&codes::POINTS_WRONG).arg("points", &text).arg("limit", POINTS_MAX);
    let read = |text: &String| text.parse::<Decimal>().ok().filter(|points| points.abs() <= Decimal::from(POINTS_MAX));
    let points = match (input.accept, &input.points) {
        (true, Some(text)) => Some(read(text).ok_or_else(wrong)?),
        (false, None) => None,
        _ => return Err(wrong().into()),
    };
    let signed = sign(&caller, "reason", input.reason, input.author, true)?;
    decide_about(app, caller, "score.decide", move |workspace| workspace.decide(id, points, signed)).await
}

/// What a request is about.
struct About {
    ruleset: Option<String>,
    card: String,
    period: String,
    scope: Vec<(String, String)>,
}

impl About {
    fn concern(&self) -> Concern<'_> {
        Concern { ruleset: self.ruleset.as_deref(), card: &self.card, period: &self.period, scope: &self.scope }
    }
}

/// Who decides, and why.
fn sign(caller: &Caller, field: &'static str, note: String, author: Option<String>, needed: bool) -> Answer<Signature> {
    let too_long = |text: &String| text.len() > TEXT_MAX;
    if (needed && note.trim().is_empty()) || too_long(&note) || author.as_ref().is_some_and(too_long) {
        return Err(note_wrong(field));
    }
    Ok(Signature { by: caller.id().to_owned(), author, note })
}

fn note_wrong(field: &'static str) -> Problem {
    Diagnostic::general(&codes::NOTE_WRONG).arg("field", field).arg("limit", TEXT_MAX).into()
}

/// Does what was decided, and writes it into the audit log.
async fn decide_about(
    app: Arc<App>,
    caller: Caller,
    action: &str,
    work: impl FnOnce(&Workspace) -> Result<ActRecord, Diagnostic> + Send + 'static,
) -> Answer<(StatusCode, Json<wire::Act>)> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let asked = Arc::clone(&workspace);
    let act = blocking(move || Ok(work(&asked)?)).await?;
    let scope = act.scope.iter().map(|(dim, value)| format!(" {dim}={value}")).collect::<String>();
    let target = format!("{} {} {}{scope}", act.ruleset, act.card, act.period);
    app.audit(&caller, workspace.name(), action, &target, &format!("act {}: {}", act.id, act.note)).await;
    Ok((StatusCode::CREATED, Json(show_act(&act))))
}

/// Acts by period, ruleset and scorecard, as far as a key that is bound to some dimension values may see them.
fn by_card(acts: impl Iterator<Item = ActRecord>, bound: &[(String, String)]) -> Vec<Vec<ActRecord>> {
    let is_own = |act: &ActRecord, (dim, value): &(String, String)| {
        act.dims.contains(dim) && act.scope.iter().all(|(named, other)| named != dim || other == value)
    };
    let mut found: BTreeMap<(String, String, String), Vec<ActRecord>> = BTreeMap::new();
    for act in acts.filter(|act| bound.iter().all(|own| is_own(act, own))) {
        found.entry((act.period.clone(), act.ruleset.clone(), act.card.clone())).or_default().push(act);
    }
    found.into_values().collect()
}

/// The scorecard and period of some acts.
fn period(acts: &[ActRecord]) -> wire::Period {
    let decided = |id: u64| acts.iter().any(|act| matches!(act.deed, Deed::Decide { appeal, .. } if appeal == id));
    let open = acts.iter().filter(|act| matches!(act.deed, Deed::Appeal { .. }) && !decided(act.id));
    wire::Period {
        period: acts.first().map(|act| act.period.clone()).unwrap_or_default(),
        ruleset: acts.first().map(|act| act.ruleset.clone()).unwrap_or_default(),
        scorecard: acts.first().map(|act| act.card.clone()).unwrap_or_default(),
        n_open_appeals: open.count(),
        acts: acts.iter().map(show_act).collect(),
        closed: None,
        reason: None,
    }
}

/// The same, with the closed scores.
fn whole(workspace: &Workspace, acts: &[ActRecord], bound: &[(String, String)]) -> wire::Period {
    let show = |closed: &Closed| wire::ClosedScore {
        scope: closed.scope.iter().cloned().collect(),
        closing: closed.act,
        score: closed.kept.as_ref().map(|kept| show_kept(kept, true)),
        amended: closed.is_amended().then(|| show_amended(closed, true)),
        appeals: appeals(&Review::of(acts, &closed.scope)),
    };
    match workspace.closed_scores(acts, bound) {
        Ok(closed) => wire::Period { closed: Some(closed.iter().map(show).collect()), ..period(acts) },
        Err(diagnostic) => {
            let [message, message_zh] = [Lang::En, Lang::Zh].map(|lang| diagnostic.message(lang));
            wire::Period { reason: Some(wire::Reason { code: diagnostic.code.id, message, message_zh }), ..period(acts) }
        }
    }
}
