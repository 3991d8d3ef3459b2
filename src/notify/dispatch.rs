//! From the outbox to the receivers.
//!
//! 1. A [`Dispatcher`] watches the outboxes of workspaces. One task an outbox sleeps until the engine wakes it (a commit
//!    wrote deliveries) or the next delivery falls due, and starts a [`worker`](super::worker) for every endpoint that
//!    has something due. A hanging endpoint holds up its own worker and nobody else.
//! 2. Workers send. What came of it goes to the one [`recorder`](super::record) of the outbox, which writes many
//!    attempts in one transaction.
//! 3. A delivery stays pending in the store until its attempt is recorded: after a crash it is sent again under the
//!    same `webhook-id`.

use super::pace::Paces;
use super::record::{self, Recorder};
use super::schedule::RETRY_AFTER_MAX_S;
use super::send::Sender;
use super::worker::{self, Worker};
use crate::store::Store;
use crate::time::Instant;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::{Id, JoinSet};
use tokio::time::Instant as Moment;

/// Reads the time.
pub type Now = Arc<dyn Fn() -> Instant + Send + Sync>;

/// How much is sent at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To one endpoint. An endpoint that fails gets one at a time.
    pub per_endpoint: usize,
    /// Altogether.
    pub total: usize,
    /// After how long what stands is told again.
    pub resend: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { per_endpoint: 8, total: 512, resend: Duration::from_secs(60) }
    }
}

/// How many attempts came to which end.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) delivered: AtomicU64,
    pub(super) failed: AtomicU64,
    /// Transactions that recorded attempts.
    pub(super) recordings: AtomicU64,
}

/// What the tasks of a dispatcher share.
pub(super) struct Shared {
    pub(super) sender: Sender,
    pub(super) limits: Limits,
    pub(super) flights: Semaphore,
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) counts: Counts,
    pub(super) paces: Paces,
    /// Where people reach this service, for links.
    pub(super) public_url: Option<Arc<str>>,
    clock: Now,
    started: (Instant, Moment),
}

impl Shared {
    /// The time of the clock at the start, and what has passed since then: a clock that is set ahead or back afterwards
    /// neither hurries nor holds up a delivery.
    pub(super) fn now(&self) -> Instant {
        let (start, moment) = self.started;
        let passed = i64::try_from(moment.elapsed().as_micros()).unwrap_or(i64::MAX);
        Instant(start.0.saturating_add(passed))
    }

    /// The time as the machine has it, for receivers to compare with theirs.
    pub(super) fn wall(&self) -> Instant {
        (self.clock)()
    }
}

/// Wakes the watch over an outbox, or ends it.
#[derive(Default)]
struct Bell {
    ring: Notify,
    closed: AtomicBool,
}

/// Sends what is in the outboxes.
pub struct Dispatcher {
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    bells: Mutex<HashMap<String, Arc<Bell>>>,
    tasks: Mutex<JoinSet<()>>,
}

impl Dispatcher {
    /// A dispatcher without outboxes. Must be made inside a tokio runtime.
    pub fn new(sender: Sender, limits: Limits, clock: Now) -> Dispatcher {
        Dispatcher::linking(sender, limits, clock, None)
    }

    /// As [`Dispatcher::new`]; messages for people link to the alerts below this URL.
    pub fn linking(sender: Sender, limits: Limits, clock: Now, public_url: Option<&str>) -> Dispatcher {
        let (stop, stopping) = watch::channel(false);
        let started = (clock(), Moment::now());
        let flights = Semaphore::new(limits.total);
        let shared = Shared {
            sender,
            limits,
            flights,
            stopping,
            counts: Counts::default(),
            paces: Paces::default(),
            public_url: public_url.map(Arc::from),
            clock,
            started,
        };
        let shared = Arc::new(shared);
        Dispatcher { shared, stop, bells: Mutex::default(), tasks: Mutex::default() }
    }

    /// Watches the outbox of a workspace. The returned function wakes it; the engine calls it after a commit that wrote
    /// deliveries.
    pub fn watch(&self, workspace: &str, store: Arc<Store>) -> Arc<dyn Fn() + Send + Sync> {
        self.unwatch(workspace);
        let bell = Arc::new(Bell::default());
        lock(&self.bells).insert(workspace.to_owned(), Arc::clone(&bell));
        let outbox = Outbox { workspace: workspace.into(), store, bell: Arc::clone(&bell), shared: Arc::clone(&self.shared) };
        lock(&self.tasks).spawn(outbox.run());
        Arc::new(move || bell.ring.notify_one())
    }

    /// Sends nothing more for a workspace: it is deleted.
    pub fn unwatch(&self, workspace: &str) {
        if let Some(bell) = lock(&self.bells).remove(workspace) {
            bell.closed.store(true, Ordering::SeqCst);
            bell.ring.notify_one();
        }
    }

    /// Looks at the outbox of a workspace now: something was redelivered, or an endpoint enabled.
    pub fn wake(&self, workspace: &str) {
        if let Some(bell) = lock(&self.bells).get(workspace) {
            bell.ring.notify_one();
        }
    }

    /// Writes how many attempts came to which end, in the text format of Prometheus.
    pub fn write_counts(&self, out: &mut String) {
        out.push_str(
            "# HELP steelyard_delivery_attempts_total Attempts to deliver webhooks.\n# TYPE steelyard_delivery_attempts_total counter\n",
        );
        let counts = &self.shared.counts;
        for (outcome, counter) in [("delivered", &counts.delivered), ("failed", &counts.failed)] {
            let _ = writeln!(out, "steelyard_delivery_attempts_total{{outcome=\"{outcome}\"}} {}", counter.load(Ordering::Relaxed));
        }
        let recordings = counts.recordings.load(Ordering::Relaxed);
        let _ = writeln!(
            out,
            "# HELP steelyard_delivery_recordings_total Transactions that recorded attempts.\n# TYPE steelyard_delivery_recordings_total counter\nsteelyard_delivery_recordings_total {recordings}"
        );
    }

    /// The sender, for checking the URL of a new endpoint.
    pub fn sender(&self) -> &Sender {
        &self.shared.sender
    }

    /// Sends nothing new, waits for what is in flight and records it, for at most `patience`.
    pub async fn stop(&self, patience: Duration) {
        let _ = self.stop.send(true);
        lock(&self.bells).values().for_each(|bell| bell.ring.notify_one());
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!("deliveries were still in flight at the end; they will be sent again");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The watch over one outbox.
struct Outbox {
    workspace: Arc<str>,
    store: Arc<Store>,
    bell: Arc<Bell>,
    shared: Arc<Shared>,
}

/// The workers that run, by endpoint: which task, and how to tell it that more is due.
type Busy = HashMap<String, (Id, Arc<Notify>)>;

/// How long the watch sleeps at most when nothing is due.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// How long it sleeps while workers run: what they hold hides what falls due behind it.
const BUSY_PAUSE: Duration = Duration::from_secs(1);

/// How long it waits when the store cannot be read.
const FAULT_PAUSE: Duration = Duration::from_secs(1);

impl Outbox {
    async fn run(self) {
        self.hasten().await;
        let (recorder, recording) = record::start(Arc::clone(&self.store), Arc::clone(&self.shared));
        let mut workers: JoinSet<()> = JoinSet::new();
        let mut busy = Busy::new();
        let mut stopping = self.shared.stopping.clone();
        let mut rung = false;
        while !*stopping.borrow_and_update() && !self.bell.closed.load(Ordering::SeqCst) {
            let pause = self.start_workers(std::mem::take(&mut rung), &recorder, &mut workers, &mut busy).await;
            // In a fixed order, so that a simulation repeats itself.
            tokio::select! {
                biased;
                Some(ended) = workers.join_next_with_id() => self.ended(&ended, &mut busy),
                () = self.bell.ring.notified() => rung = true,
                () = tokio::time::sleep(pause) => {}
                _ = stopping.changed() => {}
            }
        }
        if self.bell.closed.load(Ordering::SeqCst) {
            // The workspace is gone: there is nothing left to record into.
            workers.abort_all();
            recording.abort();
            return;
        }
        while workers.join_next().await.is_some() {}
        drop(recorder);
        let _ = recording.await;
    }

    /// The clock may have been set back while nobody watched.
    async fn hasten(&self) {
        let (store, latest) = (Arc::clone(&self.store), self.shared.now().plus_s(RETRY_AFTER_MAX_S));
        if let Err(error) = worker::blocking(move || store.hasten_deliveries(latest)).await {
            tracing::error!(workspace = &*self.workspace, %error, "the outbox cannot be changed");
        }
    }

    fn ended(&self, ended: &Result<(Id, ()), tokio::task::JoinError>, busy: &mut Busy) {
        let task = match ended {
            Ok((task, ())) => *task,
            Err(error) => {
                tracing::error!(workspace = &*self.workspace, %error, "a delivery worker failed");
                error.id()
            }
        };
        busy.retain(|_, (running, _)| *running != task);
    }

    /// Starts what is due and says how long nothing else will be. `rung`: a commit has just written some of it.
    async fn start_workers(&self, rung: bool, recorder: &Recorder, workers: &mut JoinSet<()>, busy: &mut Busy) -> Duration {
        let store = Arc::clone(&self.store);
        let due = match worker::reading(rung, move || store.due_endpoints()).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(workspace = &*self.workspace, %error, "the outbox cannot be read");
                return FAULT_PAUSE;
            }
        };
        let now = self.shared.now();
        let mut pause = SLEEP_MAX;
        for (endpoint, next_at) in due {
            if let Some((_, more)) = busy.get(&endpoint) {
                more.notify_one();
                pause = pause.min(BUSY_PAUSE);
            } else if next_at > now {
                let wait = u64::try_from(next_at.0.saturating_sub(now.0)).unwrap_or(0);
                pause = pause.min(Duration::from_micros(wait));
            } else {
                let more = Arc::new(Notify::new());
                let place =
                    worker::Place { workspace: Arc::clone(&self.workspace), endpoint: endpoint.clone(), store: Arc::clone(&self.store) };
                let worker = Worker::new((place, rung), Arc::clone(&self.shared), recorder.clone(), Arc::clone(&more));
                busy.insert(endpoint, (workers.spawn(worker.run()).id(), more));
            }
        }
        pause
    }
}
