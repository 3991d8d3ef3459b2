//! Bodies, within their limits.
//!
//! 1. The router has inflated gzip and zstd already, piece by piece: [`read`] counts what comes out, so that a small
//!    body that inflates to a huge one ends early.
//! 2. [`Input`] reads the JSON of requests that are not about events; unknown members are refused.

use super::App;
use super::problem::{Answer, Problem};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::api as codes;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of a body that is not about events.
const INPUT_MAX: usize = 1 << 20;

/// Reads a whole body.
///
/// # Errors
/// When it is too large, too slow, or cannot be inflated.
pub async fn read(body: Body, limit: usize, time: Duration) -> Answer<Vec<u8>> {
    let collected = match tokio::time::timeout(time, Limited::new(body, limit).collect()).await {
        Ok(collected) => collected,
        Err(_) => {
            let diagnostic = Diagnostic::general(&codes::TIMEOUT).arg("what", "the body").arg("limit_s", time.as_secs());
            return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, &diagnostic));
        }
    };
    collected.map(|whole| Vec::from(whole.to_bytes())).map_err(|error| {
        if error.downcast_ref::<LengthLimitError>().is_some() {
            Problem::from(Diagnostic::general(&codes::BODY_TOO_LARGE).arg("limit", limit))
        } else {
            Problem::from(Diagnostic::general(&codes::ENCODING_WRONG).arg("reason", error))
        }
    })
}

/// The text of a ruleset, as the body or as the member `text` of a JSON object.
pub async fn text(app: &App, body: Body) -> Answer<String> {
    let bytes = read(body, INPUT_MAX, app.limits.body_timeout).await?;
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        Problem::from(Diagnostic::general(&codes::BODY_NOT_UTF8).arg("offset", offset))
    })
}

/// A JSON body.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Input<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let bytes = read(request.into_body(), INPUT_MAX, app.limits.body_timeout).await?;
        // An empty body stands for an object without members: most requests have defaults for everything.
        let bytes = if bytes.is_empty() { b"{}".as_slice() } else { &bytes };
        serde_json::from_slice(bytes).map(Input).map_err(Problem::body)
    }
}
