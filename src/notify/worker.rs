//! The deliveries of one endpoint.
//!
//! 1. The worker reads the endpoint and what is due for it, packs it into [`load`](super::load)s, and keeps so many
//!    attempts in flight as the limits and the [`pace`](super::pace) of the endpoint allow.
//! 2. An attempt that failed is scheduled again, or the delivery dies; 410 and five days of failures disable the
//!    endpoint, which the other endpoints are told; what is due for a disabled endpoint dies without an attempt.
//! 3. It ends when nothing is due any more; what only the pace holds up is waited for.

use super::dispatch::Shared;
use super::group::groups;
use super::guard::shown;
use super::kind::{self, Style};
use super::load::{Load, Packer, given_up};
use super::pace::Turn;
use super::record::Recorder;
use super::schedule::ENDPOINT_FAILS_MAX_S;
use super::send::Outcome as Sent;
use crate::diagnostic::Words;
use crate::store::{Delivery, DeliveryState, Endpoint, Store, StoreError};
use crate::time::Instant;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::Instant as Moment;
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

/// Reads files. What was written a moment ago lies in memory: reading it takes less than a change of threads would.
pub(super) async fn reading<R: Send + 'static>(
    is_fresh: bool,
    read: impl FnOnce() -> Result<R, StoreError> + Send + 'static,
) -> Result<R, StoreError> {
    if is_fresh { read() } else { blocking(read).await }
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
    /// The name of its bucket.
    pace: String,
    store: Arc<Store>,
    shared: Arc<Shared>,
    recorder: Recorder,
    more: Arc<Notify>,
    /// What it begins with was written a moment ago.
    is_fresh: bool,
    /// How many attempts are under way at this moment.
    sending: Arc<AtomicUsize>,
}

/// The attempts under way.
type Flying = JoinSet<Option<Done>>;

/// An attempt that was made and recorded.
struct Done {
    deliveries: Vec<u64>,
    /// So many of them are dead letters now.
    n_dead: usize,
    delivered: bool,
    gone: bool,
    at: Instant,
}

impl Worker {
    pub(super) fn new((place, is_fresh): (Place, bool), shared: Arc<Shared>, recorder: Recorder, more: Arc<Notify>) -> Worker {
        let pace = format!("{}/{}", place.workspace, place.endpoint);
        Worker {
            workspace: place.workspace,
            id: place.endpoint,
            pace,
            store: place.store,
            shared,
            recorder,
            more,
            is_fresh,
            sending: Arc::default(),
        }
    }

    /// Sends until nothing is due.
    pub(super) async fn run(mut self) {
        let mut flying = Flying::new();
        let mut held: HashSet<u64> = HashSet::new();
        let mut stopping = self.shared.stopping.clone();
        loop {
            let is_fresh = std::mem::take(&mut self.is_fresh);
            let wait = self.fill(is_fresh, &mut flying, &mut held).await.unwrap_or_else(|error| {
                tracing::error!(workspace = &*self.workspace, endpoint = self.id, %error, "the outbox cannot be read");
                Some(PAUSE)
            });
            if *stopping.borrow_and_update() || (flying.is_empty() && wait.is_none()) {
                break;
            }
            tokio::select! {
                biased;
                Some(done) = flying.join_next() => self.landed(done.ok().flatten(), &mut held).await,
                () = self.more.notified() => {}
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
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

    /// Takes up what is due, as far as the limits allow. Gives the time after which more may go out, when the rate of the
    /// endpoint is what holds it up.
    async fn fill(&self, is_fresh: bool, flying: &mut Flying, held: &mut HashSet<u64>) -> Result<Option<Duration>, StoreError> {
        let (store, id, now) = (Arc::clone(&self.store), self.id.clone(), self.shared.now());
        let few = held.len().saturating_add(self.shared.limits.per_endpoint).min(READ_MAX);
        let along = Instant(now.0.saturating_add(i64::try_from(self.shared.limits.resend.as_micros() / 2).unwrap_or(0)));
        let read = move || {
            let endpoint = store.endpoint(&id)?;
            let style = endpoint.as_ref().map_or(Style::Each, |endpoint| kind::style(endpoint.settings.kind));
            let due = match style {
                Style::Each => {
                    let first = store.due_deliveries(&id, now, few)?;
                    let grouped =
                        endpoint.iter().any(|endpoint| first.iter().any(|due| kind::group_of(endpoint.settings.kind, due).is_some()));
                    // Of a group all that is due goes out together.
                    if grouped { store.due_deliveries(&id, now, READ_MAX)? } else { first }
                }
                Style::Digest => store.due_deliveries(&id, now, READ_MAX)?,
                Style::Batch => {
                    // What stands goes along with what is due, so that all of it comes to be told again together.
                    let mut soon = store.due_deliveries(&id, along, READ_MAX)?;
                    soon.retain(|delivery| delivery.stands || delivery.next_at <= now);
                    if soon.iter().all(|delivery| delivery.next_at > now) { Vec::new() } else { soon }
                }
            };
            Ok((endpoint, due))
        };
        let (endpoint, mut due) = reading(is_fresh, read).await?;
        due.retain(|delivery| !held.contains(&delivery.id));
        let endpoint = match endpoint {
            Some(endpoint) if endpoint.disabled.is_none() => endpoint,
            other => {
                self.bury(due, other.is_none(), flying, held);
                return Ok(None);
            }
        };
        match kind::style(endpoint.settings.kind) {
            Style::Each => Ok(self.each(&endpoint, due, flying, held)),
            Style::Digest | Style::Batch if !flying.is_empty() || due.is_empty() => Ok(None),
            style => self.together(&endpoint, style, due, flying, held).await,
        }
    }

    /// Sends deliveries each by itself, many at once.
    fn each(&self, endpoint: &Endpoint, due: Vec<Delivery>, flying: &mut Flying, held: &mut HashSet<u64>) -> Option<Duration> {
        let packer = Packer::new(&self.workspace, endpoint.clone(), &self.shared);
        let at_once = if endpoint.failing_since.is_some() { 1 } else { self.shared.limits.per_endpoint };
        for members in self.groups(endpoint, due) {
            if self.sending.load(Ordering::SeqCst) >= at_once || flying.len() >= UNRECORDED_MAX {
                break;
            }
            if let Turn::In(wait) = self.turn(endpoint) {
                return Some(wait);
            }
            let load = packer.group(members);
            held.extend(load.deliveries.iter().map(|delivery| delivery.id));
            flying.spawn(self.flight(load));
        }
        None
    }

    /// Sends one request with what its kind puts together.
    async fn together(
        &self,
        endpoint: &Endpoint,
        style: Style,
        due: Vec<Delivery>,
        flying: &mut Flying,
        held: &mut HashSet<u64>,
    ) -> Result<Option<Duration>, StoreError> {
        let tokens = match self.turn(endpoint) {
            Turn::Now(tokens) => usize::try_from(tokens).unwrap_or(usize::MAX),
            Turn::In(wait) => return Ok(Some(wait)),
        };
        let packer = Packer::new(&self.workspace, endpoint.clone(), &self.shared);
        let load = if style == Style::Batch {
            packer.all(due)
        } else if due.len() > tokens && !self.shared.paces.sends_singly(&self.pace, Moment::now()) {
            let store = Arc::clone(&self.store);
            blocking(move || packer.digest(&store, &due)).await?
        } else {
            packer.group(self.groups(endpoint, due).into_iter().next().unwrap_or_default())
        };
        held.extend(load.deliveries.iter().map(|delivery| delivery.id));
        flying.spawn(self.flight(load));
        Ok(None)
    }

    /// What goes out together. Of several that were refused together one may be to blame: for a while none are.
    fn groups(&self, endpoint: &Endpoint, due: Vec<Delivery>) -> Vec<Vec<Delivery>> {
        if self.shared.paces.sends_singly(&self.pace, Moment::now()) {
            return due.into_iter().map(|delivery| vec![delivery]).collect();
        }
        groups(endpoint.settings.kind, due)
    }

    fn turn(&self, endpoint: &Endpoint) -> Turn {
        self.shared.paces.turn(&self.pace, kind::rate(endpoint), Moment::now())
    }

    /// One attempt, from the token that it costs to the record.
    fn flight(&self, load: Load) -> impl Future<Output = Option<Done>> + Send + 'static {
        let endpoint = &load.parcel.endpoint;
        let first = load.deliveries.first();
        let span = tracing::info_span!(
            "delivery",
            workspace = &*self.workspace,
            endpoint = endpoint.id,
            url = shown(&endpoint.url),
            message_id = load.parcel.id,
            n_deliveries = load.deliveries.len(),
            kind = first.map(|delivery| delivery.kind.as_str()),
            attempt = first.map(|delivery| delivery.attempts.len() + 1),
            status = tracing::field::Empty,
            error = tracing::field::Empty,
            duration_ms = tracing::field::Empty,
        );
        self.shared.paces.take(&self.pace, kind::rate(endpoint), Moment::now());
        let (shared, recorder, pace) = (Arc::clone(&self.shared), self.recorder.clone(), self.pace.clone());
        let (sending, more) = (Arc::clone(&self.sending), Arc::clone(&self.more));
        sending.fetch_add(1, Ordering::SeqCst);
        let flight = async move {
            let permit = shared.flights.acquire().await.ok()?;
            let at = shared.now();
            let sent = shared.sender.send(&load.parcel, shared.wall()).await;
            drop(permit);
            sending.fetch_sub(1, Ordering::SeqCst);
            if sent.delivered() {
                more.notify_one();
            }
            if let Some(wait_s) = sent.retry_after_s.filter(|_| sent.busy) {
                shared.paces.hold(&pace, Moment::now() + Duration::from_secs(u64::try_from(wait_s).unwrap_or(0)));
            }
            if sent.refused && load.deliveries.len() > 1 {
                shared.paces.send_singly(&pace, Moment::now());
            }
            tell(&sent);
            let counter = if sent.delivered() { &shared.counts.delivered } else { &shared.counts.failed };
            counter.fetch_add(1, Ordering::Relaxed);
            let outcomes = load.outcomes(at, shared.now(), &sent);
            let deliveries = load.deliveries.iter().map(|delivery| delivery.id).collect();
            let n_dead = outcomes.iter().filter(|outcome| outcome.state == DeliveryState::Dead).count();
            let done = Done { deliveries, n_dead, delivered: sent.delivered(), gone: sent.gone(), at };
            recorder.record(outcomes).await.then_some(done)
        };
        flight.instrument(span)
    }

    /// Gives deliveries up without an attempt.
    fn bury(&self, due: Vec<Delivery>, removed: bool, flying: &mut Flying, held: &mut HashSet<u64>) {
        let why = if removed { "the endpoint was removed" } else { "the endpoint is disabled" };
        if removed {
            self.shared.paces.forget(&self.pace);
        }
        let resend_s = i64::try_from(self.shared.limits.resend.as_secs()).unwrap_or(i64::MAX);
        let later = self.shared.now().plus_s(resend_s);
        for delivery in due {
            if flying.len() >= UNRECORDED_MAX {
                break;
            }
            if !delivery.stands {
                let message_id = &delivery.message_id;
                tracing::info!(workspace = &*self.workspace, endpoint = self.id, message_id, why, "a delivery was given up");
            }
            held.insert(delivery.id);
            let (recorder, outcome) = (self.recorder.clone(), given_up(&delivery, removed, later));
            flying.spawn(async move {
                recorder.record(vec![outcome]).await;
                None
            });
        }
    }

    /// What an attempt means for the endpoint.
    async fn landed(&self, done: Option<Done>, held: &mut HashSet<u64>) {
        let Some(done) = done else { return };
        done.deliveries.iter().for_each(|id| {
            held.remove(id);
        });
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

/// Remembers since when the endpoint fails, and disables it when it is time. Gives the reason when it was disabled now.
fn judge(store: &Store, id: &str, done: &Done) -> Result<Option<String>, StoreError> {
    let Some(endpoint) = store.endpoint(id)? else { return Ok(None) };
    if done.delivered == endpoint.failing_since.is_none() && !done.gone && !gave_up(&endpoint, done) {
        return Ok(None);
    }
    let endpoint = store.update_endpoint(id, |endpoint| {
        // A time that is yet to come was written by a clock that has been set back since.
        let since = endpoint.failing_since.map_or(done.at, |since| since.min(done.at));
        endpoint.failing_since = (!done.delivered).then_some(since);
    })?;
    if endpoint.disabled.is_some() || !(done.gone || gave_up(&endpoint, done)) {
        return Ok(None);
    }
    let (why, why_zh) = if done.gone {
        ("the receiver answered 410 Gone", "接收方返回 410 Gone")
    } else {
        ("every attempt of the last 5 days failed", "最近 5 天的投递全部失败")
    };
    let disabled = store.disable_endpoint(id, why, done.at, |endpoint, n_dead| {
        farewell(endpoint, (why, why_zh), n_dead.saturating_add(done.n_dead), done.at)
    })?;
    Ok(disabled.then(|| why.to_owned()))
}

/// The body of the message that an endpoint was disabled.
fn farewell(endpoint: &Endpoint, (why, why_zh): (&str, &str), n_dead: usize, at: Instant) -> Vec<u8> {
    let (id, url) = (&endpoint.id, shown(&endpoint.url));
    let message = serde_json::json!({
        "type": "endpoint.disabled",
        "timestamp": at.to_string(),
        "data": {
            "endpoint": id,
            "url": url,
            "reason": why,
            "failing_since": endpoint.failing_since.map(|since| since.to_string()),
            "n_dead": n_dead,
            "message": format!("Endpoint {id} is disabled, with {n_dead} dead letters: {why}"),
            "message_zh": format!("端点 {id} 已停用，死信 {n_dead} 条：{why_zh}"),
        },
    });
    message.to_string().into_bytes()
}

fn gave_up(endpoint: &Endpoint, done: &Done) -> bool {
    endpoint.disabled.is_none()
        && !done.delivered
        && endpoint.failing_since.is_some_and(|since| done.at >= since.plus_s(ENDPOINT_FAILS_MAX_S))
}
