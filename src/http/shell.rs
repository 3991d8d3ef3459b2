//! Around every request: its id, its span, its time limit, the counters, and the form of every refusal.
//!
//! 1. [`around`] gives the request an id and a span, and refuses foreign host names while there are no keys.
//! 2. The router and its handlers run under a time limit; a panic of theirs ends in a 500, not in a broken connection.
//! 3. What the framework refused by itself becomes a [`Problem`], so that every refusal has the same shape.

use super::App;
use super::auth;
use super::problem::Problem;
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Diagnostic, Thing, Words};
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{ACCEPT_ENCODING, ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tracing::{Instrument as _, field::Empty};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that this task serves; empty outside of one.
pub fn request_id() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Runs work on another thread as part of a request.
pub fn with_request_id<T>(id: String, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(id, work)
}

/// Starts work that goes on when the request that asked for it ends; it logs as part of that request.
pub fn detached<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(CURRENT.scope(request_id(), work.in_current_span()))
}

/// A new id: unique within the process and unlikely to repeat over restarts.
fn new_id() -> String {
    static SALT: LazyLock<u32> = LazyLock::new(|| getrandom::u32().unwrap_or(0));
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{:08x}{:08x}", *SALT, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The middleware around the whole router.
pub async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (id, method) = (new_id(), request.method().clone());
    let span = tracing::info_span!(
        "request",
        request_id = id,
        method = %method,
        route = Empty,
        workspace = Empty,
        key = Empty,
        n_events = Empty,
        status = Empty,
        duration_us = Empty,
    );
    let work = async {
        let path = request.uri().path().to_owned();
        let refused = auth::check_host(&app, request.headers()).err().map(|diagnostic| Problem::from(diagnostic).into_response());
        let mut response = match refused {
            Some(response) => response,
            None => mend(run(app.limits.request_timeout, request, next).await, &method, &path).await,
        };
        dress(&mut response, &path);
        let duration_us = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        tracing::Span::current().record("status", status).record("duration_us", duration_us);
        app.counters.request(&method, status, duration_us);
        tracing::info!("served");
        response
    };
    let mut response = CURRENT.scope(id.clone(), work.instrument(span)).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The answer to what never became a request: it has an id and headers like every other.
pub fn unasked(problem: Problem) -> Response {
    let id = new_id();
    tracing::info!(request_id = id, code = problem.code(), "refused before it was a request");
    let mut response = problem.into_response();
    dress(&mut response, "/v1/");
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The middleware of the routes: only here is the route known.
pub async fn on_route(path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    if let Some(path) = path {
        tracing::Span::current().record("route", path.as_str());
    }
    next.run(request).await
}

async fn run(limit: Duration, request: Request, next: Next) -> Response {
    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(limit, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::internal("a handler panicked").into_response(),
        Err(_) => {
            let diagnostic = Diagnostic::general(&codes::TIMEOUT).what(Thing::Request).arg("limit_s", limit.as_secs());
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, &diagnostic).into_response()
        }
    }
}

/// Gives refusals of the framework the shape of a problem.
async fn mend(response: Response, method: &Method, path: &str) -> Response {
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !(status.is_client_error() || status.is_server_error()) || content_type.starts_with("application/problem+json") {
        return response;
    }
    let (parts, body) = response.into_parts();
    let said = to_bytes(body, 4_096).await.unwrap_or_default();
    let reason = String::from_utf8_lossy(&said).into_owned();
    let problem = match status {
        StatusCode::NOT_FOUND => Problem::not_found(Thing::Route, path),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(status, &Diagnostic::general(&codes::METHOD_WRONG).arg("method", method).arg("path", path))
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            status,
            &Diagnostic::general(&codes::ENCODING_WRONG).reason(Words::new("its Content-Encoding is unknown", "不支持其 Content-Encoding")),
        ),
        status if status.is_server_error() => Problem::internal(reason),
        status => Problem::new(status, &Diagnostic::general(&codes::BODY_WRONG).reason(Words::foreign("请求格式有误", reason))),
    };
    let mut mended = problem.into_response();
    for name in [ALLOW, ACCEPT_ENCODING] {
        if let Some(value) = parts.headers.get(&name) {
            mended.headers_mut().insert(name, value.clone());
        }
    }
    if method == Method::HEAD {
        *mended.body_mut() = Body::empty();
    }
    mended
}

/// The headers that every answer carries.
fn dress(response: &mut Response, path: &str) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if path.starts_with("/v1/") {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use crate::engine::{Engine, Options};
    use crate::http::{Access, Limits};
    use crate::notify::{self, Dispatcher, Guard, Sender, Timeouts};
    use axum::Router;
    use axum::http::header::RETRY_AFTER;
    use axum::middleware::{from_fn, from_fn_with_state};
    use axum::routing::get;
    use tower::ServiceExt as _;

    fn defect() -> &'static str {
        panic!("a defect")
    }

    fn app(limits: Limits) -> (tempfile::TempDir, Arc<App>) {
        app_on(limits, Options::default())
    }

    fn app_on(limits: Limits, options: Options) -> (tempfile::TempDir, Arc<App>) {
        let dir = tempfile::tempdir().unwrap();
        let engine = Arc::new(Engine::open(dir.path(), options).unwrap());
        let sender = Sender::new(Guard::default(), Timeouts::default()).unwrap();
        let clock = Arc::clone(&engine);
        let dispatcher = Arc::new(Dispatcher::new(sender, notify::Limits::default(), Arc::new(move || clock.now())));
        (dir, App::new(engine, dispatcher, Access::new(true), limits))
    }

    #[tokio::test]
    async fn a_disk_that_is_full_says_when_to_come_back() {
        let disk = crate::store::fault::Switch::default();
        let (_dir, app) = app_on(Limits::default(), Options { medium: Arc::new(disk.clone()), ..Options::default() });
        let workspace = app.engine.workspace("default").unwrap();
        workspace
            .put_ruleset("ruleset r 1.0.0 {\n  currency USD\n  timezone UTC\n}\n\nevent e {\n  n count\n}\n\nmetric m = count(e)\n")
            .unwrap();
        workspace.activate("r", "1.0.0", None).unwrap();
        let router = crate::http::routes::router(Arc::clone(&app));
        let post = || {
            let request = Request::builder().method("POST").uri("/v1/events").header("host", "localhost");
            let request = request.header(CONTENT_TYPE, "application/json");
            router.clone().oneshot(request.body(Body::from(r#"{"type":"e","id":"1","data":{"n":1}}"#)).unwrap())
        };
        disk.fail_after(Some(0));
        let answer = post().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()[RETRY_AFTER]), (503, &HeaderValue::from_static("1")));
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("SY0801"), "{body:?}");
        disk.fail_after(None);
        let answer = post().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get(RETRY_AFTER)), (202, None));
    }

    #[tokio::test]
    async fn a_panic_and_a_slow_handler_are_answered() {
        let (_dir, app) = app(Limits { request_timeout: Duration::from_millis(50), ..Limits::default() });
        let router = Router::new()
            .route("/panic", get(|| async { defect() }))
            .route("/thread", get(|| crate::http::reading::blocking(|| Ok(defect()))))
            .route("/slow", get(std::future::pending::<&str>))
            .layer(from_fn(on_route))
            .layer(from_fn_with_state(Arc::clone(&app), around));
        for (path, status, code) in [("/panic", 500, "SY0580"), ("/thread", 500, "SY0580"), ("/slow", 503, "SY0579")] {
            let request = Request::builder().uri(path).header("host", "localhost").body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
            let id = answer.headers()[REQUEST_ID].to_str().unwrap().to_owned();
            let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
            let text = String::from_utf8_lossy(&body).into_owned();
            assert!(text.contains(code) && !text.contains("defect"), "{text}");
            assert!(status != 500 || text.contains(&id), "{text}");
        }
    }
}
