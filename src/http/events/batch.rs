//! A request's body becomes records.
//!
//! 1. [`Form::of`] tells from the headers in which form the events come.
//! 2. [`read`] reads them. What cannot be told apart (bad UTF-8 or brackets in an array) refuses the request; what is
//!    wrong within a record refuses that record.

use super::envelope::{self, Read};
use super::json;
use super::table::{Plain, Rows};
use crate::compile::program::Program;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::api as codes;
use crate::engine::feed::Feed;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use std::sync::Arc;

/// In which form the events of a request come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `ce-*` headers and a body of fields.
    Binary,
    /// `application/cloudevents+json`
    Structured,
    /// `application/cloudevents-batch+json`
    Batched,
    /// `application/json`: one object or an array.
    Plain,
    /// `application/x-ndjson`
    Lines,
    /// `text/csv`
    Csv,
}

impl Form {
    /// The form that the headers promise.
    ///
    /// # Errors
    /// When the content type is none that carries events.
    pub fn of(headers: &HeaderMap) -> Result<Form, Diagnostic> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Ok(match essence.as_str() {
            "application/cloudevents+json" => Form::Structured,
            "application/cloudevents-batch+json" => Form::Batched,
            _ if envelope::is_binary(headers) => Form::Binary,
            "application/json" | "text/json" => Form::Plain,
            "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Form::Lines,
            "text/csv" | "application/csv" => Form::Csv,
            _ => return Err(Diagnostic::general(&codes::CONTENT_TYPE_UNKNOWN).arg("content_type", essence)),
        })
    }
}

/// A record of a request, in the order of the body.
pub struct Record {
    /// The line it begins on, where the form has lines.
    pub line: Option<usize>,
    /// What was read; None for a row that its feed skips.
    pub read: Option<Read>,
}

/// What the reading of a body needs besides it.
pub struct Setting<'a> {
    /// The headers, for the binary mode.
    pub headers: &'a HeaderMap,
    /// The most records.
    pub events_max: usize,
    /// The active programs, which declare the feeds.
    pub programs: &'a [Arc<Program>],
    /// The feed that maps the columns of a CSV body.
    pub feed: Option<&'a str>,
}

/// Reads the records of a body.
///
/// # Errors
/// When the body as a whole cannot be read.
pub fn read(form: Form, body: &[u8], setting: &Setting<'_>) -> Result<Vec<Record>, Diagnostic> {
    match form {
        Form::Binary => Ok(vec![single(envelope::binary(setting.headers, utf8(body)?))]),
        Form::Structured => Ok(vec![single(object(utf8(body)?, true)?)]),
        Form::Plain if !utf8(body)?.trim_start().starts_with('[') => Ok(vec![single(object(utf8(body)?, false)?)]),
        Form::Plain => array(utf8(body)?, false, setting),
        Form::Batched => array(utf8(body)?, true, setting),
        Form::Lines => lines(body, setting),
        Form::Csv => csv(body, setting),
    }
}

fn single(read: Read) -> Record {
    Record { line: None, read: Some(read) }
}

fn object(text: &str, cloud: bool) -> Result<Read, Diagnostic> {
    // A single broken object has no records to save: the body itself is what is wrong.
    if let Err(error) = serde_json::from_str::<&serde_json::value::RawValue>(text) {
        let read = envelope::structured(text, cloud);
        let named = read.event.as_ref().err().is_some_and(|diagnostic| diagnostic.code.id == codes::NUMBER_NOT_JSON.id);
        return if named { Ok(read) } else { Err(Diagnostic::general(&codes::BODY_NOT_JSON).reason(&error)) };
    }
    Ok(envelope::structured(text, cloud))
}

fn array(text: &str, cloud: bool, setting: &Setting<'_>) -> Result<Vec<Record>, Diagnostic> {
    let elements = json::split_array(text).map_err(|reason| Diagnostic::general(&codes::BODY_NOT_JSON).reason(reason))?;
    limit(elements.len(), setting)?;
    Ok(elements.into_iter().map(|element| single(envelope::structured(element, cloud))).collect())
}

fn lines(body: &[u8], setting: &Setting<'_>) -> Result<Vec<Record>, Diagnostic> {
    let body = without_mark(body);
    let mut records = Vec::new();
    for (number, line) in body.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let read = match std::str::from_utf8(line) {
            Ok(line) => envelope::structured(line, false),
            Err(_) => Read::refused(Diagnostic::general(&codes::RECORD_NOT_UTF8)),
        };
        records.push(Record { line: Some(number + 1), read: Some(read) });
        limit(records.len(), setting)?;
    }
    Ok(records)
}

fn csv(body: &[u8], setting: &Setting<'_>) -> Result<Vec<Record>, Diagnostic> {
    let mut rows = Rows::open(body)?;
    let header = rows.header.clone();
    let mut read = columns(&header, setting)?;
    let mut records = Vec::new();
    while let Some((line, read)) = rows.next(&mut read) {
        records.push(Record { line: Some(line), read });
        limit(records.len(), setting)?;
    }
    Ok(records)
}

/// Makes an event of the cells of a row; of some rows none.
type Mapping<'a> = Box<dyn FnMut(&[&str]) -> Option<Read> + 'a>;

/// How a row becomes an event: by a feed, or by the names of the columns.
fn columns<'a>(header: &'a csv::StringRecord, setting: &'a Setting<'_>) -> Result<Mapping<'a>, Diagnostic> {
    let Some(name) = setting.feed else {
        let plain = Plain::open(header)?;
        return Ok(Box::new(move |cells| Some(plain.read(cells))));
    };
    let mut feeds = setting.programs.iter().flat_map(|program| program.feeds.iter().map(move |feed| (program, feed)));
    let Some((program, feed)) = feeds.find(|(_, feed)| feed.name == name) else {
        let known: Vec<_> = setting.programs.iter().flat_map(|program| program.feeds.iter().map(|feed| feed.name.as_str())).collect();
        return Err(Diagnostic::general(&codes::FEED_UNKNOWN).arg("feed", name).arg("known", known.join(", ")));
    };
    let names: Vec<&str> = header.iter().collect();
    let mut feed = Feed::open(program, feed, &names)?;
    Ok(Box::new(move |cells| {
        let event = feed.event(cells).transpose()?;
        Some(Read { id: event.as_ref().ok().map(|event| event.id.clone()), event })
    }))
}

fn limit(n_events: usize, setting: &Setting<'_>) -> Result<(), Diagnostic> {
    if n_events > setting.events_max {
        return Err(Diagnostic::general(&codes::TOO_MANY_EVENTS).arg("limit", setting.events_max));
    }
    Ok(())
}

fn utf8(body: &[u8]) -> Result<&str, Diagnostic> {
    let body = without_mark(body);
    std::str::from_utf8(body).map_err(|error| Diagnostic::general(&codes::BODY_NOT_UTF8).arg("offset", error.valid_up_to()))
}

/// Without the byte order mark that some editors put before UTF-8.
fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}
