//! `POST /v1/events`: facts in, verdicts out.
//!
//! 1. The body is read within its limits and becomes records ([`batch`]): [`json`], [`envelope`] and [`table`] know the
//!    forms; [`elements`] those that only files have.
//! 2. Records that could be read go to the workspace's queue together; a full queue refuses the request.
//! 3. The answer comes after the commit: how many were taken, how many were known, and why each other one was refused.

mod batch;
mod elements;
mod envelope;
mod json;
mod table;

use super::App;
use super::auth::{Caller, Need};
use super::body;
use super::params::Params;
use super::problem::{Answer, Problem};
use super::wire::{Ingested, Refused};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{api as codes, event};
use crate::engine::feed::Object;
use crate::engine::{RawEvent, Workspace};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use batch::{Form, Record, Setting};
use std::sync::Arc;

/// Bodies up to this size are parsed at once; larger ones on a thread that may take its time.
const PARSED_AT_ONCE_MAX: usize = 64 * 1024;

/// Reads one line of NDJSON: the plain form, or a CloudEvent.
///
/// # Errors
/// When it is no event.
pub fn parse_line(line: &str) -> Result<RawEvent, Diagnostic> {
    envelope::structured(line, false).event
}

/// Reads one line of NDJSON as an object, which a feed maps.
///
/// # Errors
/// When it is no object.
pub fn parse_object(line: &str) -> Result<Object, Diagnostic> {
    elements::object(line)
}

/// Reads one line of NDJSON as the objects that a feed maps: the line, or the elements of the array `each` of it.
///
/// # Errors
/// When it is no object.
pub fn parse_objects(line: &str, each: Option<&str>) -> Result<Vec<Object>, Diagnostic> {
    elements::objects(line, each)
}

/// Takes events in any of the known forms.
#[utoipa::path(
    post, path = "/v1/events", tag = "events",
    params(("feed" = Option<String>, Query, description = "The feed of an active ruleset that maps the columns of a CSV body. Where the feed says `id from row`, equal rows are told apart by their number within the request: send the whole file in one request, or use `steelyard import`, which numbers them over the whole file")),
    request_body(
        description = "Events as CloudEvents 1.0 (structured, batched, or binary by ce-* headers), in the plain form as one object or an array, as NDJSON, or as CSV with a header row. May be compressed with gzip or zstd.",
        content((super::wire::PlainEvent = "application/json"), (String = "application/x-ndjson"), (String = "text/csv"), (Object = "application/cloudevents+json"), (Vec<Object> = "application/cloudevents-batch+json"))
    ),
    responses(
        (status = 202, description = "At least one event was taken or known. Everything counted is durable.", body = Ingested),
        (status = 400, description = "The body as a whole cannot be read; nothing was taken.", body = super::wire::Problem, content_type = "application/problem+json"),
        (status = 409, description = "Every event has the id of another event.", body = super::wire::Problem, content_type = "application/problem+json"),
        (status = 413, description = "Too many bytes or events.", body = super::wire::Problem, content_type = "application/problem+json"),
        (status = 415, description = "An unknown content type.", body = super::wire::Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every event was refused.", body = super::wire::Problem, content_type = "application/problem+json"),
        (status = 503, description = "The queue is full; Retry-After says when to try again.", body = super::wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn post(State(app): State<Arc<App>>, caller: Caller, params: Params, request: Request) -> Answer<Response> {
    let workspace = caller.workspace(&app, Need::Ingest)?;
    let mut params = params.of("feed");
    let feed = params.take("feed")?;
    params.end()?;
    let (parts, body) = request.into_parts();
    let form = Form::of(&parts.headers)?;
    // The room is given back with the answer: until then the events are in memory.
    let body::Whole { bytes: body, room: _room } = body::read(&app, body, app.limits.body_max).await?;
    let reading = Reading { form, body, headers: parts.headers, feed, events_max: app.limits.events_max };
    let records = reading.run(&workspace).await?;
    let n_events = records.len();
    tracing::Span::current().record("n_events", n_events);
    let waiting = app.counters.waiting();
    let ingested = ingest(&workspace, records).await?;
    drop(waiting);
    app.counters.events(ingested.accepted, ingested.duplicates, ingested.refused.len());
    answer(n_events, ingested)
}

/// A body that is to be read.
struct Reading {
    form: Form,
    body: Vec<u8>,
    headers: HeaderMap,
    feed: Option<String>,
    events_max: usize,
}

impl Reading {
    async fn run(self, workspace: &Workspace) -> Answer<Vec<Record>> {
        let programs = if self.feed.is_some() { workspace.programs() } else { Vec::new() };
        let small = self.body.len() <= PARSED_AT_ONCE_MAX;
        let read = move || {
            let setting = Setting { headers: &self.headers, events_max: self.events_max, programs: &programs, feed: self.feed.as_deref() };
            batch::read(self.form, &self.body, &setting)
        };
        let records = if small { read() } else { tokio::task::spawn_blocking(read).await.map_err(Problem::internal)? };
        Ok(records?)
    }
}

/// Has the readable records judged and joins the verdicts.
async fn ingest(workspace: &Workspace, records: Vec<Record>) -> Answer<Ingested> {
    let mut ingested = Ingested::default();
    let mut events = Vec::new();
    let mut places = Vec::new();
    for (index, Record { line, read }) in records.into_iter().enumerate() {
        let Some(read) = read else {
            ingested.left_out += 1;
            continue;
        };
        match read.event {
            Ok(event) => {
                places.push((index, line, read.id));
                events.push(event);
            }
            Err(diagnostic) => ingested.refused.push(Refused::new(index, line, read.id, &diagnostic)),
        }
    }
    if !events.is_empty() {
        let verdict = workspace.ingest(events).map_err(|_| Problem::busy())?;
        // No verdict comes from a workspace that is being closed; what was committed shows as a duplicate next time.
        let report = verdict.await.map_err(|_| Problem::busy())??;
        ingested.accepted = report.accepted;
        ingested.duplicates = report.duplicates;
        for refusal in report.refused {
            let (index, line, id) = places.get(refusal.index).cloned().unwrap_or_default();
            ingested.refused.push(Refused::new(index, line, id, &refusal.diagnostic));
        }
    }
    ingested.refused.sort_by_key(|refused| refused.index);
    Ok(ingested)
}

/// 202 when anything was taken or known; a problem with the same verdicts when nothing was.
fn answer(n_events: usize, ingested: Ingested) -> Answer<Response> {
    if n_events == ingested.left_out || ingested.accepted + ingested.duplicates > 0 {
        return Ok((StatusCode::ACCEPTED, Json(ingested)).into_response());
    }
    let conflict = ingested.refused.iter().all(|refused| refused.code == event::CONFLICT.id);
    let (status, code) =
        if conflict { (StatusCode::CONFLICT, &codes::ALL_CONFLICT) } else { (StatusCode::UNPROCESSABLE_ENTITY, &codes::ALL_REFUSED) };
    Err(Problem::new(status, &Diagnostic::general(code).arg("n_events", n_events)).with_ingested(ingested))
}
