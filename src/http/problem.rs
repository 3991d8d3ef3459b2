//! Every refusal of a request: RFC 9457, `application/problem+json`.
//!
//! 1. A handler fails with a [`Problem`]: a status and a diagnostic, which knows nothing of HTTP.
//! 2. It becomes a [`wire::Problem`], in English and Chinese.
//! 3. What the framework itself refuses (no route, a wrong method, a broken path) is turned into one by the shell; what hyper
//!    refuses before there is a request, by [`super::bare`].

use super::wire;
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Code, Diagnostic, Lang, Thing, Words};
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// A request that was refused.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    body: Box<wire::Problem>,
    retry_after_s: Option<u64>,
}

/// What a handler gives.
pub type Answer<T> = Result<T, Problem>;

impl Problem {
    /// A refusal with this status.
    pub fn new(status: StatusCode, diagnostic: &Diagnostic) -> Problem {
        let help = |lang| Some(diagnostic.help(lang)).filter(|text| !text.is_empty());
        let body = wire::Problem {
            kind: format!("/docs/errors/{}", diagnostic.code.id),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: diagnostic.code.id.to_owned(),
            detail: diagnostic.message(Lang::En),
            detail_zh: diagnostic.message(Lang::Zh),
            help: help(Lang::En),
            help_zh: help(Lang::Zh),
            errors: Vec::new(),
            tests: Vec::new(),
            accepted: None,
            duplicates: None,
            refused: Vec::new(),
        };
        Problem { status, body: Box::new(body), retry_after_s: None }
    }

    /// 400.
    pub fn bad_request(diagnostic: &Diagnostic) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, diagnostic)
    }

    /// 422: well-formed, but it cannot be done.
    pub fn unprocessable(diagnostic: &Diagnostic) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, diagnostic)
    }

    /// 404.
    pub fn not_found(what: Thing, name: &str) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, &Diagnostic::general(&codes::NOT_FOUND).what(what).arg("name", name))
    }

    /// 400 about a query parameter.
    pub fn query(parameter: &str, reason: impl Into<Words>, known: &str) -> Problem {
        Problem::bad_request(&Diagnostic::general(&codes::QUERY_WRONG).arg("parameter", parameter).reason(reason).arg("known", known))
    }

    /// 400 about a JSON body.
    pub fn body(reason: impl Into<Words>) -> Problem {
        Problem::bad_request(&Diagnostic::general(&codes::BODY_WRONG).reason(reason))
    }

    /// 503 with the time to wait.
    pub fn busy() -> Problem {
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, &Diagnostic::general(&codes::BUSY));
        problem.retry_after_s = Some(1);
        problem
    }

    /// 500. The cause goes to the log, not to the caller.
    pub fn internal(cause: impl std::fmt::Display) -> Problem {
        let request_id = super::shell::request_id();
        tracing::error!(cause = %cause, request_id, "a request failed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, &Diagnostic::general(&codes::INTERNAL).arg("request_id", request_id))
    }

    /// Adds the mistakes that were found.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<wire::Mistake>) -> Problem {
        self.body.errors = errors;
        self
    }

    /// Adds the tests that failed.
    #[must_use]
    pub fn with_tests(mut self, tests: Vec<wire::TestResult>) -> Problem {
        self.body.tests = tests;
        self
    }

    /// Adds what became of the events.
    #[must_use]
    pub fn with_ingested(mut self, ingested: wire::Ingested) -> Problem {
        self.body.accepted = Some(ingested.accepted);
        self.body.duplicates = Some(ingested.duplicates);
        self.body.refused = ingested.refused;
        self
    }

    /// The code of the refusal.
    pub fn code(&self) -> &str {
        &self.body.code
    }
}

impl From<Diagnostic> for Problem {
    /// The status that fits a diagnostic of the layers below.
    fn from(diagnostic: Diagnostic) -> Problem {
        let mut problem = Problem::new(status_of(diagnostic.code), &diagnostic);
        // The store tries again by itself within seconds.
        problem.retry_after_s = (diagnostic.code.id == "SY0801").then_some(1);
        problem
    }
}

/// The status of a code. Codes of the store are failures of the machine, everything else is about the request.
fn status_of(code: &Code) -> StatusCode {
    match code.id {
        "SY0570" | "SY0571" => StatusCode::UNAUTHORIZED,
        "SY0572" | "SY0573" | "SY0594" => StatusCode::FORBIDDEN,
        "SY0503" | "SY1811" | "SY1804" | "SY1805" | "SY1806" | "SY0506" | "SY0508" | "SY0509" | "SY0575" | "SY0806" => {
            StatusCode::NOT_FOUND
        }
        "SY0502" | "SY1801" | "SY1802" | "SY1812" | "SY1814" | "SY1816" | "SY0507" | "SY0510" | "SY0592" | "SY0634" | "SY1985" => {
            StatusCode::CONFLICT
        }
        "SY0550" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "SY0553" | "SY0554" => StatusCode::PAYLOAD_TOO_LARGE,
        "SY0551" | "SY0552" | "SY0563" | "SY0564" | "SY0587" | "SY0590" | "SY0591" => StatusCode::BAD_REQUEST,
        "SY0574" => StatusCode::MISDIRECTED_REQUEST,
        "SY0514" => StatusCode::INTERNAL_SERVER_ERROR,
        "SY0505" => StatusCode::SERVICE_UNAVAILABLE,
        id if id.starts_with("SY08") => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, axum::Json(&*self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::PAYLOAD_TOO_LARGE {
            // The rest of the body is not read: the connection serves nothing after it, and the sender must know that.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
