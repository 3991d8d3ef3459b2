//! One attempt: a signed POST, and what came of it.
//!
//! 1. [`Sender::send`] checks the URL again (the list of allowed networks may have changed since it was stored), signs,
//!    and posts through the client for its scheme.
//! 2. At most 64 kB of the answer are read and thrown away: no tenant ever sees the answer of a receiver.
//! 3. The [`Outcome`] says what the schedule needs to know.

use super::guard::{CheckedResolver, Guard, Lookup, SystemLookup};
use super::{schedule, sign};
use crate::diagnostic::codes::notify as codes;
use crate::diagnostic::{Diagnostic, Lang};
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, StatusCode};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

/// How much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

/// A message ready to be signed and sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// `webhook-id`, the same at every attempt.
    pub id: String,
    /// Where it goes.
    pub url: String,
    /// The live secrets, newest first.
    pub secrets: Vec<String>,
    /// The exact body.
    pub body: Vec<u8>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The status of the answer, when there was one.
    pub status: Option<u16>,
    /// Why it failed; None for success.
    pub error: Option<String>,
    /// How long the receiver asks us to wait.
    pub retry_after_s: Option<i64>,
    /// How long it took.
    pub duration_ms: u64,
}

impl Outcome {
    /// 2xx alone is success.
    pub fn delivered(&self) -> bool {
        self.error.is_none()
    }

    /// 410: the receiver wants no more messages.
    pub fn gone(&self) -> bool {
        self.status == Some(StatusCode::GONE.as_u16())
    }
}

/// How long a receiver may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// To take the connection.
    pub connect: Duration,
    /// For everything.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts { connect: Duration::from_secs(5), total: Duration::from_secs(15) }
    }
}

/// Sends messages; cheap to clone.
#[derive(Clone)]
pub struct Sender {
    guard: Guard,
    lookup: Arc<dyn Lookup>,
    https: Client,
    http: Client,
}

impl Sender {
    /// A sender that may reach public addresses and the networks that the guard allows.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub fn new(guard: Guard, timeouts: Timeouts) -> Result<Sender, Diagnostic> {
        Sender::with_lookup(guard, timeouts, Arc::new(SystemLookup))
    }

    /// As [`Sender::new`], with another source of addresses.
    ///
    /// # Errors
    /// When the client cannot be set up.
    pub fn with_lookup(guard: Guard, timeouts: Timeouts, lookup: Arc<dyn Lookup>) -> Result<Sender, Diagnostic> {
        // A second installation in one process changes nothing; either way a provider is there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let build = |builder: ClientBuilder, allowed_only: bool| {
            let resolver = CheckedResolver { guard: guard.clone(), lookup: lookup.clone(), allowed_only };
            builder
                .dns_resolver(resolver)
                .redirect(Policy::none())
                .no_proxy()
                .connect_timeout(timeouts.connect)
                .timeout(timeouts.total)
                .pool_max_idle_per_host(8)
                .build()
                .map_err(|error| Diagnostic::general(&codes::SENDER_UNAVAILABLE).arg("reason", causes(&error)))
        };
        let https = build(Client::builder().https_only(true), false)?;
        // This one never speaks TLS: without roots it also starts on a machine that has no certificates.
        let http = build(Client::builder().tls_certs_only([]), true)?;
        Ok(Sender { guard, lookup, https, http })
    }

    /// Whether an endpoint may have this URL.
    ///
    /// # Errors
    /// When the URL cannot be called, or must not be.
    pub async fn check(&self, url: &str) -> Result<(), Diagnostic> {
        self.guard.check_reachable(url, self.lookup.as_ref()).await.map(|_| ())
    }

    /// Signs and posts a message. The timestamp is that of the machine: receivers compare it with their own clock.
    pub async fn send(&self, message: &Message) -> Outcome {
        let now_s = now_s();
        let started = Moment::now();
        let sent = self.try_send(message, now_s).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match sent {
            Ok((status, retry_after_s)) => {
                let error = (!status.is_success()).then(|| refusal(status));
                Outcome { status: Some(status.as_u16()), error, retry_after_s, duration_ms }
            }
            Err(error) => Outcome { status: None, error: Some(error), retry_after_s: None, duration_ms },
        }
    }

    async fn try_send(&self, message: &Message, now_s: i64) -> Result<(StatusCode, Option<i64>), String> {
        let url = self.guard.check_url(&message.url).map_err(|diagnostic| diagnostic.message(Lang::En))?;
        let client = if url.scheme() == "https" { &self.https } else { &self.http };
        let request = client
            .post(url)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(USER_AGENT, HeaderValue::from_static(concat!("Steelyard/", env!("CARGO_PKG_VERSION"))))
            .header("webhook-id", message.id.as_str())
            .header("webhook-timestamp", now_s)
            .header("webhook-signature", sign::sign(&message.secrets, &message.id, now_s, &message.body))
            .body(message.body.clone());
        let mut answer = request.send().await.map_err(|error| failure(&error))?;
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after_s = retry_after.and_then(|text| schedule::parse_retry_after(text, now_s));
        let status = answer.status();
        let mut n_read = 0;
        // The status decides. Reading on only lets the connection be used again, so what fails here is no failure.
        while let Ok(Some(chunk)) = answer.chunk().await {
            n_read += chunk.len();
            if n_read > ANSWER_MAX {
                break;
            }
        }
        Ok((status, retry_after_s))
    }
}

fn refusal(status: StatusCode) -> String {
    match status {
        StatusCode::GONE => "answered 410 Gone: the receiver wants no more messages".to_owned(),
        status if status.is_redirection() => format!("answered {status}: redirects are not followed"),
        status => format!("answered {status}"),
    }
}

/// What went wrong before an answer came. Never names the URL: its query may hold a secret.
fn failure(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the exchange broke off"
    };
    format!("{kind}: {}", causes(error))
}

/// The chain of causes below an error of the client; the error itself would name the URL.
fn causes(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    if texts.is_empty() { "no cause given".to_owned() } else { texts.join(": ") }
}

fn now_s() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
