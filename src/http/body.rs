//! Bodies, within their limits.
//!
//! 1. The router has inflated gzip and zstd already, piece by piece: [`read`] counts what comes out, so that a small
//!    body that inflates to a huge one ends early.
//! 2. All bodies together have a limit too, so that many callers at once cannot use up the memory: what does not fit is
//!    asked to come again.
//! 3. [`Input`] reads the JSON of requests that are not about events; unknown members are refused.

use super::App;
use super::problem::{Answer, Problem};
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Diagnostic, Thing, Words};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// The most bytes of a body that is not about events.
const INPUT_MAX: usize = 1 << 20;

/// The most bytes that are read and thrown away after a refusal.
const DISCARDED_MAX: usize = 64 << 20;

/// A body that was read, with its share of the room that all bodies have together.
pub struct Whole {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Given back when this is dropped.
    pub room: OwnedSemaphorePermit,
}

/// Reads a whole body.
///
/// # Errors
/// When it is too large, too slow, cannot be inflated, or there is no room for it now.
pub async fn read(app: &App, body: Body, limit: usize) -> Answer<Whole> {
    let time = app.limits.body_timeout;
    match tokio::time::timeout(time, collect(app, body, limit)).await {
        Ok(collected) => collected,
        Err(_) => {
            let diagnostic = Diagnostic::general(&codes::TIMEOUT).what(Thing::Body).arg("limit_s", time.as_secs());
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, &diagnostic))
        }
    }
}

async fn collect(app: &App, mut body: Body, limit: usize) -> Answer<Whole> {
    let mut whole = Whole { bytes: Vec::new(), room: room(app, 0)? };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            Problem::from(Diagnostic::general(&codes::ENCODING_WRONG).reason(Words::foreign("内容无法解压或传输中断", error)))
        })?;
        let Ok(data) = frame.into_data() else { continue };
        let share = if whole.bytes.len().saturating_add(data.len()) > limit {
            Err(Problem::from(Diagnostic::general(&codes::BODY_TOO_LARGE).arg("limit", limit)))
        } else {
            room(app, data.len())
        };
        match share {
            Ok(share) => whole.room.merge(share),
            Err(refused) => {
                drop(whole);
                discard(body).await;
                return Err(refused);
            }
        }
        whole.bytes.extend_from_slice(&data);
    }
    Ok(whole)
}

/// Reads on for a while after a refusal. Most clients write their whole body before they read an answer: a connection
/// that is closed before would look broken to them, and the refusal would be lost.
async fn discard(mut body: Body) {
    let mut n_bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        n_bytes += frame.data_ref().map_or(0, |data| data.len());
        if n_bytes > DISCARDED_MAX {
            return;
        }
    }
}

fn room(app: &App, n_bytes: usize) -> Answer<OwnedSemaphorePermit> {
    let n_bytes = u32::try_from(n_bytes).map_err(|_| Problem::busy())?;
    Arc::clone(&app.room).try_acquire_many_owned(n_bytes).map_err(|_| Problem::busy())
}

/// The text of a ruleset, as the body or as the member `text` of a JSON object.
pub async fn text(app: &App, body: Body) -> Answer<String> {
    let whole = read(app, body, INPUT_MAX).await?;
    String::from_utf8(whole.bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Problem::from(Diagnostic::general(&codes::BODY_NOT_UTF8).arg("offset", offset))
    })
}

/// A JSON body.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let Whole { bytes, room: _room } = read(app, request.into_body(), INPUT_MAX).await?;
        // An empty body stands for an object without members: most requests have defaults for everything.
        let bytes = if bytes.is_empty() { b"{}".as_slice() } else { &bytes };
        serde_json::from_slice(bytes).map(Input).map_err(|error| Problem::body(&error))
    }
}
