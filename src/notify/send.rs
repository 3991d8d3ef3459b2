//! One attempt: a signed POST, and what came of it.
//!
//! 1. [`Sender::send`] checks the URL again (the list of allowed networks may have changed since it was stored), signs,
//!    and hands the request to the [`Network`].
//! 2. At most 64 kB of the answer are read and thrown away: no tenant ever sees the answer of a receiver.
//! 3. The [`Outcome`] says what the schedule needs to know.

use super::guard::{Guard, Lookup, SystemLookup};
use super::network::{Internet, Network};
use super::{schedule, sign};
use crate::diagnostic::{Diagnostic, Lang};
use crate::time::Instant;
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Method, Request, Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant as Moment, timeout_at};

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
    network: Arc<dyn Network>,
    total: Duration,
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
        let network = Arc::new(Internet::new(&guard, &lookup, timeouts.connect)?);
        Ok(Sender::with_network(guard, timeouts, lookup, network))
    }

    /// As [`Sender::with_lookup`], over another network. The guard reads every URL before the network sees it.
    pub fn with_network(guard: Guard, timeouts: Timeouts, lookup: Arc<dyn Lookup>, network: Arc<dyn Network>) -> Sender {
        Sender { guard, lookup, network, total: timeouts.total }
    }

    /// Whether an endpoint may have this URL.
    ///
    /// # Errors
    /// When the URL cannot be called, or must not be.
    pub async fn check(&self, url: &str) -> Result<(), Diagnostic> {
        self.guard.check_reachable(url, self.lookup.as_ref()).await.map(|_| ())
    }

    /// Signs and posts a message. `now` is the time of the machine: receivers compare it with their own clock.
    pub async fn send(&self, message: &Message, now: Instant) -> Outcome {
        let started = Moment::now();
        let sent = self.try_send(message, now.0.div_euclid(1_000_000), started + self.total).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match sent {
            Ok((status, retry_after_s)) => {
                let error = (!status.is_success()).then(|| refusal(status));
                Outcome { status: Some(status.as_u16()), error, retry_after_s, duration_ms }
            }
            Err(error) => Outcome { status: None, error: Some(error), retry_after_s: None, duration_ms },
        }
    }

    async fn try_send(&self, message: &Message, now_s: i64, until: Moment) -> Result<(StatusCode, Option<i64>), String> {
        let request = self.request(message, now_s)?;
        let answer = timeout_at(until, self.network.exchange(request)).await;
        let mut answer = answer.map_err(|_| format!("no answer in time: {} ms", self.total.as_millis()))??;
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after_s = retry_after.and_then(|text| schedule::parse_retry_after(text, now_s));
        // The status decides. Reading on only lets the connection be used again, so what fails here is no failure.
        let _unread = timeout_at(until, drain(&mut answer)).await;
        Ok((answer.status(), retry_after_s))
    }

    fn request(&self, message: &Message, now_s: i64) -> Result<Request, String> {
        let url = self.guard.check_url(&message.url).map_err(|diagnostic| diagnostic.message(Lang::En))?;
        let id = HeaderValue::from_str(&message.id).map_err(|_| "the id is no header".to_owned())?;
        let signature = sign::sign(&message.secrets, &message.id, now_s, &message.body);
        let signature = HeaderValue::from_str(&signature).map_err(|_| "the signature is no header".to_owned())?;
        let mut request = Request::new(Method::POST, url);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Steelyard/", env!("CARGO_PKG_VERSION"))));
        headers.insert("webhook-id", id);
        headers.insert("webhook-timestamp", now_s.into());
        headers.insert("webhook-signature", signature);
        *request.body_mut() = Some(message.body.clone().into());
        Ok(request)
    }
}

/// Reads the answer as far as it is read at all.
async fn drain(answer: &mut Response) {
    let mut n_read = 0;
    while let Ok(Some(chunk)) = answer.chunk().await {
        n_read += chunk.len();
        if n_read > ANSWER_MAX {
            return;
        }
    }
}

fn refusal(status: StatusCode) -> String {
    match status {
        StatusCode::GONE => "answered 410 Gone: the receiver wants no more messages".to_owned(),
        status if status.is_redirection() => format!("answered {status}: redirects are not followed"),
        status => format!("answered {status}"),
    }
}
