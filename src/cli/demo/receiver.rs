//! The demo's receiver of webhooks: what a customer would write.
//!
//! 1. Every request is checked as Standard Webhooks asks: id, timestamp within five minutes, signature.
//! 2. A message that is genuine and new is printed as one line; a repeated one is accepted and not printed again.

use crate::cli::output::Output;
use crate::diagnostic::{Lang, severity_said};
use crate::engine::{Clock, SystemClock};
use crate::notify::sign::sign;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How far the timestamp of a message may be off.
const TOLERANCE_S: i64 = 300;

/// What the receiver knows and has seen.
pub struct Receiver {
    output: Output,
    secret: Mutex<String>,
    seen: Mutex<HashSet<String>>,
    /// Genuine messages.
    pub received: AtomicUsize,
    /// Messages that were not genuine.
    pub rejected: AtomicUsize,
}

impl Receiver {
    /// A receiver that does not know its secret yet.
    pub fn new(output: Output) -> Arc<Receiver> {
        Arc::new(Receiver {
            output,
            secret: Mutex::default(),
            seen: Mutex::default(),
            received: AtomicUsize::new(0),
            rejected: AtomicUsize::new(0),
        })
    }

    /// Learns the secret that the server gave when the endpoint was made.
    pub fn learn(&self, secret: &str) {
        secret.clone_into(&mut self.secret.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The routes of the receiver.
    pub fn router(self: &Arc<Self>) -> Router {
        Router::new().route("/", post(receive)).with_state(Arc::clone(self))
    }

    fn genuine(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let id = text("webhook-id")?;
        let timestamp: i64 = text("webhook-timestamp")?.parse().ok()?;
        let secret = self.secret.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let wanted = sign(&[secret], id, timestamp, body);
        let given = text("webhook-signature")?.split(' ');
        let signed = given.into_iter().any(|one| subtle::ConstantTimeEq::ct_eq(one.as_bytes(), wanted.as_bytes()).into());
        let now = SystemClock.now().0 / 1_000_000;
        (signed && (now - timestamp).abs() <= TOLERANCE_S).then(|| id.to_owned())
    }

    fn tell(&self, message: &Value) {
        let data = message.get("data").unwrap_or(&Value::Null);
        let field = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default();
        let text = |lang: &str| data.get("message").and_then(|text| text.get(lang)).and_then(Value::as_str);
        let chinese = if self.output.lang == Lang::Zh { text("zh") } else { None };
        let said = chinese.or_else(|| text("en")).unwrap_or_default();
        let kind = message.get("type").and_then(Value::as_str).unwrap_or_default();
        let mark = match (kind, field("severity")) {
            ("alert.resolved", _) => self.output.text("resolved", "已恢复"),
            (_, severity @ "critical") => self.output.text("CRITICAL", severity_said(severity, Lang::Zh)),
            (_, severity @ "warning") => self.output.text("WARNING", severity_said(severity, Lang::Zh)),
            _ => self.output.text("info", severity_said("info", Lang::Zh)),
        };
        let at: String = field("at").chars().take(16).collect();
        self.output.line(&format!("  {}  {mark:<8}  {said}", at.replace('T', " ")));
    }
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(id) = receiver.genuine(&headers, &body) else {
        receiver.rejected.fetch_add(1, Ordering::SeqCst);
        return StatusCode::UNAUTHORIZED;
    };
    if receiver.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
        && let Ok(message) = serde_json::from_slice::<Value>(&body)
    {
        receiver.received.fetch_add(1, Ordering::SeqCst);
        receiver.tell(&message);
    }
    StatusCode::NO_CONTENT
}
