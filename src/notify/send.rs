//! One attempt: a POST, and what came of it.
//!
//! 1. [`Sender::send`] has the [`kind`] make the request, checks its URL again (the list of allowed networks may have
//!    changed since it was stored), and hands it to the [`Network`].
//! 2. At most 64 kB of the answer are read, for the kind to judge: no tenant ever sees the answer of a receiver.
//! 3. The [`Outcome`] says what the schedule needs to know.

use super::guard::{Guard, Lookup, SystemLookup};
use super::kind::{Parcel, Reply, Verdict};
use super::network::{Internet, Network};
use super::{kind, schedule};
use crate::diagnostic::{Diagnostic, Lang};
use crate::time::Instant;
use reqwest::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{Method, Request, Response, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant as Moment, timeout_at};

/// How much of an answer is read.
const ANSWER_MAX: usize = 64 * 1024;

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
    /// Too much was sent: nothing more shall come before that time has passed.
    pub busy: bool,
    /// Trying again is of no use.
    pub refused: bool,
}

impl Outcome {
    /// The receiver took it.
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

    /// Makes the request of a parcel and posts it. `now` is the time of the machine.
    pub async fn send(&self, parcel: &Parcel, now: Instant) -> Outcome {
        let started = Moment::now();
        let sent = self.try_send(parcel, now.0.div_euclid(1_000_000), started + self.total).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let none = Outcome { status: None, error: None, retry_after_s: None, duration_ms, busy: false, refused: false };
        match sent {
            Ok(answer) => {
                let reply = Reply { status: answer.status.as_u16(), body: &answer.body };
                let base = Outcome { status: Some(reply.status), retry_after_s: answer.retry_after_s, ..none };
                match kind::judge(parcel.endpoint.settings.kind, reply) {
                    Verdict::Taken => base,
                    Verdict::Busy(why, wait_s) => {
                        Outcome { error: Some(why), retry_after_s: base.retry_after_s.or(Some(wait_s)), busy: true, ..base }
                    }
                    Verdict::Failed(why) => Outcome { error: Some(why), ..base },
                    Verdict::Refused(why) => Outcome { error: Some(why), refused: true, ..base },
                }
            }
            Err(error) => Outcome { error: Some(error), ..none },
        }
    }

    async fn try_send(&self, parcel: &Parcel, now_s: i64, until: Moment) -> Result<Answer, String> {
        let request = self.request(parcel, now_s)?;
        let answer = timeout_at(until, self.network.exchange(request)).await;
        let mut answer = answer.map_err(|_| format!("no answer in time: {} ms", self.total.as_millis()))??;
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after_s = retry_after.and_then(|text| schedule::parse_retry_after(text, now_s));
        let mut body = Vec::new();
        // What breaks off here is judged as far as it came; reading on also lets the connection be used again.
        let _cut_off = timeout_at(until, read(&mut answer, &mut body)).await;
        Ok(Answer { status: answer.status(), retry_after_s, body })
    }

    fn request(&self, parcel: &Parcel, now_s: i64) -> Result<Request, String> {
        let call = kind::call(parcel, now_s);
        let url = self.guard.check_url(&call.url).map_err(|diagnostic| diagnostic.message(Lang::En))?;
        let mut request = Request::new(Method::POST, url);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Steelyard/", env!("CARGO_PKG_VERSION"))));
        let id = ("webhook-id", parcel.id.clone());
        for (name, value) in std::iter::once(id).chain(call.headers) {
            headers.insert(name, HeaderValue::from_str(&value).map_err(|_| format!("the value of {name} is no header"))?);
        }
        *request.body_mut() = Some(call.body.into());
        Ok(request)
    }
}

/// What came back.
struct Answer {
    status: StatusCode,
    retry_after_s: Option<i64>,
    body: Vec<u8>,
}

/// Reads the answer as far as it is read at all.
async fn read(answer: &mut Response, body: &mut Vec<u8>) {
    while let Ok(Some(chunk)) = answer.chunk().await {
        let room = ANSWER_MAX.saturating_sub(body.len());
        body.extend(chunk.iter().take(room));
        if chunk.len() > room {
            return;
        }
    }
}
