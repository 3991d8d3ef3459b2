//! The deliveries of one endpoint.
//!
//! 1. The worker reads the endpoint and what is due for it, and keeps so many attempts in flight as the limits allow.
//! 2. An attempt that failed is scheduled again, or the delivery dies; 410 and five days of failures disable the
//!    endpoint, and what is due for a disabled endpoint dies without an attempt.
//! 3. It ends when nothing is due any more.

use super::dispatch::Shared;
use super::guard::shown;
use super::record::Recorder;
use super::schedule::{ENDPOINT_FAILS_MAX_S, next_try};
use super::send::{Message, Outcome as Sent};
use crate::diagnostic::Words;
use crate::store::{Attempt, Delivery, DeliveryState, Endpoint, Outcome, Store, StoreError};
use crate::time::Instant;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tracing::Instrument as _;

/// How long to wait when the store cannot be read.
const PAUSE: Duration = Duration::from_secs(1);

/// How many deliveries are read at once, at most.
const READ_MAX: usize = 256;

/// The most attempts whose end is not recorded yet. While one transaction is written, others are sent and gather for the
/// next; after a crash they are sent again.
const UNRECORDED_MAX: usize = 64;

/// Runs work that reads or writes files. A runtime of one thread does it at once: no other thread could go on meanwhile,
/// and what happens when stays the same from run to run, which the simulation of deliveries needs.
pub(super) async fn blocking<R: Send + 'static>(work: impl FnOnce() -> Result<R, StoreError> + Send + 'static) -> Result<R, StoreError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return work();
    }
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(StoreError::Io(Words::foreign("内部任务中断", error))))
}

/// Whose deliveries a worker sends.
pub(super) struct Place {
    pub(super) workspace: Arc<str>,
    pub(super) endpoint: String,
    pub(super) store: Arc<Store>,
}

pub(super) struct Worker {
    workspace: Arc<str>,
    id: String,
    store: Arc<Store>,
    shared: Arc<Shared>,
    recorder: Recorder,
    more: Arc<Notify>,
    /// How many attempts are under way at this moment.
    sending: Arc<AtomicUsize>,
}

/// An attempt that was made and recorded.
struct Done {
    delivery: u64,
    delivered: bool,
    gone: bool,
    at: Instant,
}

impl Worker {
    pub(super) fn new(place: Place, shared: Arc<Shared>, recorder: Recorder, more: Arc<Notify>) -> Worker {
        Worker { workspace: place.workspace, id: place.endpoint, store: place.store, shared, recorder, more, sending: Arc::default() }
    }

    /// Sends until nothing is due.
    pub(super) async fn run(self) {
        let mut flying: JoinSet<Option<Done>> = JoinSet::new();
        let mut held: HashSet<u64> = HashSet::new();
        let mut stopping = self.shared.stopping.clone();
        loop {
            if let Err(error) = self.fill(&mut flying, &mut held).await {
                tracing::error!(workspace = &*self.workspace, endpoint = self.id, %error, "the outbox cannot be read");
                tokio::time::sleep(PAUSE).await;
            }
            if *stopping.borrow_and_update() || flying.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                Some(done) = flying.join_next() => self.landed(done.ok().flatten(), &mut held).await,
                () = self.more.notified() => {}
                _ = stopping.changed() => {}
            }
            while let Some(done) = flying.try_join_next() {
                self.landed(done.ok().flatten(), &mut held).await;
            }
        }
        while let Some(done) = flying.join_next().await {
            self.landed(done.ok().flatten(), &mut held).await;
        }
    }

    /// Takes up what is due, as far as the limits allow.
    async fn fill(&self, flying: &mut JoinSet<Option<Done>>, held: &mut HashSet<u64>) -> Result<(), StoreError> {
        let (store, id, now) = (Arc::clone(&self.store), self.id.clone(), self.shared.now());
        let limit = held.len().saturating_add(self.shared.limits.per_endpoint).min(READ_MAX);
        let (endpoint, due) = blocking(move || Ok((store.endpoint(&id)?, store.due_deliveries(&id, now, limit)?))).await?;
        let refused = match &endpoint {
            None => Some("the endpoint was removed"),
            Some(endpoint) if endpoint.disabled.is_some() => Some("the endpoint is disabled"),
            Some(_) => None,
        };
        let failing = endpoint.as_ref().is_some_and(|endpoint| endpoint.failing_since.is_some());
        let at_once = if failing && refused.is_none() { 1 } else { self.shared.limits.per_endpoint };
        for delivery in due {
            if self.sending.load(Ordering::SeqCst) >= at_once || flying.len() >= UNRECORDED_MAX {
                break;
            }
            if held.insert(delivery.id) {
                match (&endpoint, refused) {
                    (Some(endpoint), None) => flying.spawn(self.flight(endpoint, delivery)),
                    (_, why) => flying.spawn(self.bury(delivery, why.unwrap_or_default())),
                };
            }
        }
        Ok(())
    }

    /// One attempt, from the signature to the record.
    fn flight(&self, endpoint: &Endpoint, delivery: Delivery) -> impl Future<Output = Option<Done>> + Send + 'static {
        let span = tracing::info_span!(
            "delivery",
            workspace = &*self.workspace,
            endpoint = endpoint.id,
            url = shown(&endpoint.url),
            message_id = delivery.message_id,
            kind = delivery.kind,
            attempt = delivery.attempts.len() + 1,
            status = tracing::field::Empty,
            error = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
        );
        let message = Message {
            id: delivery.message_id.clone(),
            url: endpoint.url.clone(),
            secrets: endpoint.secrets.clone(),
            body: delivery.payload.clone(),
        };
        let (shared, recorder) = (Arc::clone(&self.shared), self.recorder.clone());
        let (sending, more) = (Arc::clone(&self.sending), Arc::clone(&self.more));
        sending.fetch_add(1, Ordering::SeqCst);
        let flight = async move {
            let permit = shared.flights.acquire().await.ok()?;
            let at = shared.now();
            let sent = shared.sender.send(&message, shared.wall()).await;
            drop(permit);
            sending.fetch_sub(1, Ordering::SeqCst);
            if sent.delivered() {
                more.notify_one();
            }
            tell(&sent);
            let counter = if sent.delivered() { &shared.counts.delivered } else { &shared.counts.failed };
            counter.fetch_add(1, Ordering::Relaxed);
            let outcome = outcome(&delivery, at, shared.now(), &sent);
            let done = Done { delivery: delivery.id, delivered: sent.delivered(), gone: sent.gone(), at };
            recorder.record(outcome).await.then_some(done)
        };
        flight.instrument(span)
    }

    /// Gives a delivery up without an attempt.
    fn bury(&self, delivery: Delivery, why: &'static str) -> impl Future<Output = Option<Done>> + Send + 'static {
        tracing::info!(workspace = &*self.workspace, endpoint = self.id, message_id = delivery.message_id, why, "a delivery was given up");
        let recorder = self.recorder.clone();
        let outcome = Outcome { id: delivery.id, attempt: None, state: DeliveryState::Dead, next_at: delivery.next_at };
        async move {
            recorder.record(outcome).await;
            None
        }
    }

    /// What an attempt means for the endpoint.
    async fn landed(&self, done: Option<Done>, held: &mut HashSet<u64>) {
        let Some(done) = done else { return };
        held.remove(&done.delivery);
        let (store, id) = (Arc::clone(&self.store), self.id.clone());
        let changed = blocking(move || judge(&store, &id, &done)).await;
        match changed {
            Ok(None) | Err(StoreError::Unknown(..)) => {}
            Ok(Some(why)) => tracing::warn!(workspace = &*self.workspace, endpoint = self.id, why, "the endpoint is disabled"),
            Err(error) => tracing::error!(workspace = &*self.workspace, endpoint = self.id, %error, "the endpoint cannot be changed"),
        }
    }
}

/// Writes what came of an attempt into its span, and one line.
fn tell(sent: &Sent) {
    let span = tracing::Span::current();
    span.record("duration_ms", sent.duration_ms);
    if let Some(status) = sent.status {
        span.record("status", status);
    }
    match &sent.error {
        Some(error) => {
            span.record("error", error.as_str());
            tracing::warn!("a delivery failed");
        }
        None => tracing::info!("delivered"),
    }
}

/// What is recorded of an attempt.
fn outcome(delivery: &Delivery, at: Instant, now: Instant, sent: &Sent) -> Outcome {
    let attempt =
        Attempt { at, status: sent.status, error: sent.error.clone(), duration_ms: u32::try_from(sent.duration_ms).unwrap_or(u32::MAX) };
    let wait_ms = next_try(&delivery.message_id, delivery.tried() + 1, sent.retry_after_s);
    let (state, next_at) = match wait_ms {
        _ if sent.delivered() => (DeliveryState::Delivered, now),
        Some(wait_ms) if !sent.gone() => (DeliveryState::Pending, Instant(now.0.saturating_add(wait_ms.saturating_mul(1_000)))),
        _ => (DeliveryState::Dead, now),
    };
    Outcome { id: delivery.id, attempt: Some(attempt), state, next_at }
}

/// Remembers since when the endpoint fails, and disables it when it is time. Gives the reason when it was disabled now.
fn judge(store: &Store, id: &str, done: &Done) -> Result<Option<String>, StoreError> {
    let Some(endpoint) = store.endpoint(id)? else { return Ok(None) };
    if done.delivered == endpoint.failing_since.is_none() && !done.gone && !gave_up(&endpoint, done) {
        return Ok(None);
    }
    let mut reason = None;
    store.update_endpoint(id, |endpoint| {
        if done.delivered {
            endpoint.failing_since = None;
            return;
        }
        endpoint.failing_since = endpoint.failing_since.or(Some(done.at));
        if endpoint.disabled.is_none() && (done.gone || gave_up(endpoint, done)) {
            let why = if done.gone { "the receiver answered 410 Gone" } else { "every attempt of the last 5 days failed" };
            reason = Some(why.to_owned());
            endpoint.disabled = reason.clone();
        }
    })?;
    Ok(reason)
}

fn gave_up(endpoint: &Endpoint, done: &Done) -> bool {
    endpoint.disabled.is_none()
        && !done.delivered
        && endpoint.failing_since.is_some_and(|since| done.at >= since.plus_s(ENDPOINT_FAILS_MAX_S))
}
