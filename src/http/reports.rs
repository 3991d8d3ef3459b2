//! `/v1/reports/{scorecard}/{period}`: the review (复盘) of a scorecard, and what people say about it.
//!
//! 1. The numbers of the period and of the one before are read in one snapshot and compared ([`compare`]).
//! 2. The alerts of the period and the notes are put beside them.
//! 3. The page is written ([`crate::report`]) as asked.

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::params::{Params, wanted};
use super::problem::{Answer, Problem};
use super::reading::{self, Dims, Source, blocking};
use super::review::{Cards, finals};
use super::wire;
use crate::compile::program::{DimIdx, Program, Scorecard};
use crate::diagnostic::codes::report as codes;
use crate::diagnostic::{Diagnostic, Lang, Thing, Words};
use crate::engine::changes::{Asked, REVIEWED_MAX, Reviewed, Side, compare};
use crate::engine::show::{bare, payout};
use crate::engine::{ActRecord, AlertFilter, AlertState, AlertView, KeptScore, Notes, Reader, Review, Workspace, kept};
use crate::report::Format;
use crate::report::closed::Final;
use crate::report::notes::{flaw, unseen};
use crate::report::review::{Incident, Subject, by_scope, incidents_of};
use crate::time::{Instant, Period};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use rust_decimal::Decimal;
use std::sync::Arc;

const KNOWN: &str = "format, lang, against, before, by, scope.<dimension>, at, as_of, ruleset, version, trial";

/// The most notes and actions of a period together.
const NOTES_MAX: usize = 1_000;

/// The review of a scorecard for a period: result against goal, why each score changed, alerts, notes and actions.
#[utoipa::path(
    get, path = "/v1/reports/{scorecard}/{period}", tag = "numbers",
    params(
        ("scorecard" = String, Path, description = "The scorecard's id"),
        ("period" = String, Path, description = "A period of the card's length, such as `2026-02`"),
        ("format" = Option<String>, Query, description = "`html` (prints well, no script), `md` or `xlsx`; html when left out"),
        ("lang" = Option<String>, Query, description = "`en` or `zh`; en when left out"),
        ("against" = Option<String>, Query, description = "The period to compare with; the previous one when left out"),
        ("before" = Option<String>, Query, description = "The version that scored the period before, if another one: what comes of new weights stands apart"),
        ("by" = Option<String>, Query, description = "A dimension whose values tell where changes came from"),
        ("scope.<dimension>" = Option<String>, Query, description = "Only this value of the dimension"),
        ("at" = Option<String>, Query, description = "As of this instant of event time (RFC 3339); now when left out"),
        ("as_of" = Option<String>, Query, description = "Only with what had been received by this instant (RFC 3339)"),
        ("ruleset" = Option<String>, Query, description = "The ruleset, when several declare the scorecard"),
        ("version" = Option<String>, Query, description = "A version that is active or on trial; the active one when left out"),
        ("trial" = Option<bool>, Query, description = "Of the version on trial"),
    ),
    responses(
        (status = 200, description = "The page", content((String = "text/html"), (String = "text/markdown"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, label)): Path<(String, String)>,
    params: Params,
) -> Answer<Response> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of(KNOWN);
    let source = Source::take(&mut params)?;
    let format = params.read("format", |text| Format::ending_in(text).ok_or_else(|| wanted("html, md or xlsx", "html、md 或 xlsx")))?;
    let lang = params.read("lang", |text| match text {
        "en" => Ok(Lang::En),
        "zh" => Ok(Lang::Zh),
        _ => Err(wanted("en or zh", "en 或 zh")),
    })?;
    let (against, by, before) = (params.take("against")?, params.take("by")?, params.take("before")?);
    if before.is_some() && source.as_of.is_some() {
        return Err(Problem::unprocessable(&Diagnostic::general(&codes::BEFORE_AS_OF)));
    }
    let bound = caller.scope().to_vec();
    let scope = reading::within(params.scope()?, &bound)?;
    params.end()?;
    let (format, lang) = (format.unwrap_or(Format::Html), lang.unwrap_or(Lang::En));
    let ending = format.ending();
    let file = format!("{name}-{label}.{ending}");
    let bytes = blocking(move || {
        let alerts = workspace.alerts(&AlertFilter { scope: bound.clone(), ..source.alerts() })?;
        reading::scorecard(&workspace, &source, &name, |reader, card| {
            let program = reader.program;
            let period = super::scorecards::period_of(reader, card, Some(&label), &[])?;
            let against = match &against {
                Some(label) => super::scorecards::period_of(reader, card, Some(label), &[])?,
                None => period.previous(program.reckoning),
            };
            let grouping = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
            let within = Dims { program, name: &card.name, dims: grouping }.scope(&scope)?;
            let all: Vec<usize> = (0..program.dims.len()).collect();
            let by = Dims { program, name: &card.name, dims: &all }.list(by.as_slice())?.first().copied();
            if reading::scopes(reader, grouping, &within)?.len() > REVIEWED_MAX {
                let dim = grouping.first().and_then(|dim| program.dims.get(*dim)).map_or("", String::as_str);
                return Err(Diagnostic::general(&codes::REPORT_SCOPES).arg("limit", REVIEWED_MAX).arg("dim", dim).into());
            }
            let now = Side { reader: *reader, card, period };
            let page = Page { workspace: &workspace, source: &source, now, within: &within, by, bound: &bound, alerts: &alerts, lang };
            match &before {
                None => page.written(Side { period: against, ..now }, None, format),
                Some(version) => workspace.read_version(&program.name, version, |earlier| {
                    let found = earlier.program.scorecards.iter().find(|one| one.name == card.name);
                    let card = found.ok_or_else(|| Problem::not_found(Thing::Scorecard, &card.name))?;
                    let reader = Reader { at: reader.at, ..*earlier };
                    page.written(Side { reader, card, period: against }, Some(format!("{} {version}", program.name)), format)
                })?,
            }
        })
    })
    .await?;
    let named = format!("{}; filename=\"{file}\"", if ending == "xlsx" { "attachment" } else { "inline" });
    Ok(([(CONTENT_TYPE, format.content_type().to_owned()), (CONTENT_DISPOSITION, named)], bytes).into_response())
}

/// A review that is asked for.
struct Page<'a> {
    workspace: &'a Workspace,
    source: &'a Source,
    now: Side<'a>,
    within: &'a [(DimIdx, Box<str>)],
    by: Option<DimIdx>,
    bound: &'a [(String, String)],
    alerts: &'a [AlertView],
    lang: Lang,
}

impl Page<'_> {
    /// The page, against a period as a version scored it.
    fn written(&self, before: Side<'_>, version: Option<String>, format: Format) -> Answer<Vec<u8>> {
        let (reader, card, period) = (&self.now.reader, self.now.card, self.now.period);
        let program = reader.program;
        let against = before.period;
        let asked = Asked { now: self.now, before, within: self.within, by: self.by };
        let mut reviewed = compare(&asked).map_err(reading::fault)?;
        // A question about another instant or version is answered by what the events say, closed or not.
        let closed = if self.source.is_present() { closed(self.workspace, &asked, &mut reviewed)? } else { Vec::new() };
        let notes = visible(self.workspace.notes((&program.name, &card.name), period)?, self.bound);
        let decided = decided(self.workspace, reader, (card, period), &reviewed)?;
        let incidents = by_scope(reader, period, &reviewed, &incidents(program, self.alerts, period)).map_err(reading::fault)?;
        let subject = Subject {
            program,
            card,
            period,
            before: (against, version),
            at: reader.at,
            reviewed: &reviewed,
            closed: &closed,
            decided: &decided,
            incidents: &incidents,
            notes: &notes,
            lang: self.lang,
        };
        subject.write(format).map_err(|wrong| Problem::unprocessable(&wrong))
    }
}

/// The alerts of a ruleset that fired in a period, the earliest first.
fn incidents(program: &Program, alerts: &[AlertView], period: Period) -> Vec<Incident> {
    let fired = |alert: &&AlertView| alert.ruleset == program.name && alert.state != AlertState::Pending && !alert.withdrawn;
    let incident = |alert: &AlertView| {
        let scope = alert.scope.iter().filter_map(|(dim, value)| Some((dim.clone(), value.clone()?)));
        let (since, until) = (alert.since, alert.resolved_at);
        Some(Incident { title: alert.title.clone(), scope: scope.collect(), severity: alert.severity?, since, until })
    };
    incidents_of(program, period, alerts.iter().filter(fired).filter_map(incident))
}

/// For each score what was closed of it and of the one before. Says which notes a closed score needs, and puts the scores in the
/// order of what they are now that some are final.
fn closed(workspace: &Workspace, asked: &Asked<'_>, reviewed: &mut Vec<Reviewed>) -> Answer<Vec<[Option<Final>; 2]>> {
    let Asked { now, before, .. } = asked;
    let current = finals(workspace, &now.reader, (now.card, now.period), reviewed.iter().map(|one| (&one.scope, &one.score)))?;
    let earlier = finals(workspace, &before.reader, (before.card, before.period), reviewed.iter().map(|one| (&one.scope, &one.before)))?;
    let pairs = current.into_iter().zip(earlier).map(|(now, before)| [now, before]);
    let mut both: Vec<(Reviewed, [Option<Final>; 2])> = reviewed.drain(..).zip(pairs).collect();
    for (one, closed) in &mut both {
        if let [Some(closed), _] = closed {
            one.noted = closed.noted(now.card);
        }
    }
    let total = |one: &Reviewed, closed: &Option<Final>| closed.as_ref().map_or_else(|| one.score.total.decimal(), Final::total);
    both.sort_by_key(|(one, [now, _])| (total(one, now).is_none(), std::cmp::Reverse(total(one, now))));
    let closed;
    (*reviewed, closed) = both.into_iter().unzip();
    Ok(closed)
}

/// What was decided about each score.
fn decided(
    workspace: &Workspace,
    reader: &Reader<'_>,
    (card, period): (&Scorecard, Period),
    reviewed: &[Reviewed],
) -> Answer<Vec<Vec<Words>>> {
    let program = reader.program;
    let acts = workspace.acts_about(&period.to_string(), &program.name, &card.name)?;
    if acts.is_empty() {
        return Ok(Vec::new());
    }
    // What cannot be compared with today's events can still be told as it was closed.
    let closed = workspace.closed_scores(&acts, &[]).unwrap_or_default();
    let mut cards = Cards::new(workspace, reader, card);
    let mut of_scope = |one: &Reviewed| {
        let present = kept(program, card, &one.scope, &one.score);
        let scope = present.scope.clone();
        let review = Review::of(&acts, &scope);
        let found = closed.iter().find(|closed| closed.scope == scope);
        let final_one = match (found, review.closed) {
            (Some(closed), _) => closed.kept.clone(),
            (None, Some(act)) => workspace.kept_scores(act.id)?.into_iter().find(|kept| kept.scope == scope),
            (None, None) => None,
        };
        let counts = final_one.clone().unwrap_or(present);
        let mut lines = Vec::new();
        if let (Some(act), Some(kept)) = (review.closed, &final_one) {
            lines.push(signed(program, act, "Closed", "关账").then(&format!(": {}.", counted(kept)), &format!("：{}。", counted(kept))));
        }
        if let Some(now) = found.filter(|closed| closed.is_amended()).and_then(|closed| closed.now.as_ref()) {
            let score = counted(now);
            lines.push(Words::new(format!("Later events would make it {score}."), format!("后续事件会使其变为 {score}。")));
        }
        lines.extend(review.approved.map(|act| signed(program, act, "Approved", "批准").then(".", "。")));
        if let Some(points) = review.granted() {
            let granted = cards.granted(&review, &counts, points)?;
            let payout = granted.payout.map(|payout| with_unit(payout, counts.payout_unit.as_deref()));
            let score = shown(granted.total.map(bare).as_ref(), granted.grade.as_ref(), payout.as_ref());
            let points = bare(points);
            lines.push(Words::new(format!("Appeals granted {points} points: {score}."), format!("申诉获准 {points} 分：{score}。")));
        }
        let open = review.appeals.iter().filter(|appeal| appeal.decided.is_none());
        lines.extend(
            open.map(|appeal| Words::new(format!("An appeal is open: {}", appeal.wanted), format!("申诉待处理：{}", appeal.wanted))),
        );
        Ok(lines)
    };
    reviewed.iter().map(&mut of_scope).collect()
}

/// Who did something, and when on the clocks of the ruleset.
fn signed(program: &Program, act: &ActRecord, en: &str, zh: &str) -> Words {
    let (at, by) = (program.zone.format(Instant(act.at)), act.author.as_ref().unwrap_or(&act.by));
    Words::new(format!("{en} on {at} by {by}"), format!("{by} 于 {at} {zh}"))
}

fn counted(score: &KeptScore) -> String {
    let payout = score.payout.as_ref().and_then(|payout| payout.parse().ok());
    let payout = payout.map(|payout| with_unit(payout, score.payout_unit.as_deref()));
    shown(score.total.as_ref(), score.grade.as_ref(), payout.as_ref())
}

fn with_unit(amount: Decimal, unit: Option<&str>) -> String {
    let amount = payout(amount, unit, false);
    unit.map_or_else(|| amount.clone(), |unit| format!("{amount} {unit}"))
}

/// A score with its grade and payout.
fn shown(total: Option<&String>, grade: Option<&String>, payout: Option<&String>) -> String {
    let total = total.map(|text| text.parse().map_or_else(|_| text.clone(), |points| reading::points(points, false)));
    let parts = [total.as_ref(), grade, payout].map(|part| part.map_or("-", String::as_str));
    parts.join(" / ")
}

/// What people said about a period of a scorecard.
#[utoipa::path(
    get, path = "/v1/reports/{scorecard}/{period}/notes", tag = "numbers",
    params(
        ("scorecard" = String, Path, description = "The scorecard's id"),
        ("period" = String, Path, description = "A period of the card's length, such as `2026-02`"),
        ("ruleset" = Option<String>, Query, description = "The ruleset, when several declare the scorecard"),
    ),
    responses(
        (status = 200, description = "The notes", body = wire::Notes),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn notes(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, label)): Path<(String, String)>,
    params: Params,
) -> Answer<Json<wire::Notes>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of("ruleset");
    let source = Source::now(params.take("ruleset")?);
    params.end()?;
    let bound = caller.scope().to_vec();
    let notes =
        blocking(move || about(&workspace, &source, &name, &label, |workspace, about, period| Ok(workspace.notes(about, period)?))).await?;
    Ok(Json(visible(notes, &bound).into()))
}

/// What of the notes somebody may read who is bound to some rows: what is said about them alone.
fn visible(mut notes: Notes, bound: &[(String, String)]) -> Notes {
    if bound.is_empty() {
        return notes;
    }
    let is_own = |scope: &[(String, String)]| bound.iter().all(|one| scope.contains(one));
    notes.notes.retain(|note| is_own(&note.scope));
    notes.actions.retain(|action| is_own(&action.scope));
    Notes { notes: notes.notes, actions: notes.actions, ..Notes::default() }
}

/// Replaces what people say about a period of a scorecard.
#[utoipa::path(
    put, path = "/v1/reports/{scorecard}/{period}/notes", tag = "numbers",
    params(
        ("scorecard" = String, Path, description = "The scorecard's id"),
        ("period" = String, Path, description = "A period of the card's length, such as `2026-02`"),
        ("ruleset" = Option<String>, Query, description = "The ruleset, when several declare the scorecard"),
    ),
    request_body = wire::Notes,
    responses(
        (status = 200, description = "The notes", body = wire::Notes),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn put_notes(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((name, label)): Path<(String, String)>,
    params: Params,
    Input(input): Input<wire::Notes>,
) -> Answer<Json<wire::Notes>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let mut params = params.of("ruleset");
    let source = Source::now(params.take("ruleset")?);
    params.end()?;
    let notes = input.read().map_err(Problem::body)?;
    if notes.notes.len() + notes.actions.len() > NOTES_MAX {
        let too_many = Words::new(format!("has more than {NOTES_MAX} notes and actions"), format!("说明和行动项超过 {NOTES_MAX} 条"));
        return Err(Problem::body(too_many));
    }
    let (audited, kept) = (format!("{name} {label}"), notes.clone());
    let of = Arc::clone(&workspace);
    blocking(move || {
        reading::scorecard(&of, &source, &name, |reader, card| {
            let wrong = match flaw("notes", &kept, reader.program, card) {
                None => unseen("notes", &kept, reader, card).map_err(reading::fault)?,
                wrong => wrong,
            };
            wrong.map_or(Ok(()), |wrong| Err(Problem::bad_request(&wrong)))
        })?;
        about(&of, &source, &name, &label, |workspace, about, period| Ok(workspace.put_notes(about, period, &kept)?))
    })
    .await?;
    app.audit(&caller, workspace.name(), "notes.put", &audited, "").await;
    Ok(Json(notes.into()))
}

/// Does something about a period of a scorecard that an active ruleset declares.
fn about<T>(
    workspace: &Workspace,
    source: &Source,
    name: &str,
    label: &str,
    act: impl FnOnce(&Workspace, (&str, &str), Period) -> Answer<T>,
) -> Answer<T> {
    let (ruleset, card, period) = reading::scorecard(workspace, source, name, |reader, card| {
        Ok((reader.program.name.clone(), card.name.clone(), super::scorecards::period_of(reader, card, Some(label), &[])?))
    })?;
    act(workspace, (&ruleset, &card), period)
}
