//! A workspace as everyone but its writer sees it.
//!
//! 1. What changes something is a [`Command`] in the bounded queue ([`super::queue`]) of the one writer thread ([`super::writer`]).
//! 2. What reads goes to a snapshot of the store ([`super::read`], [`super::alerts`]) and never waits for the writer.

use super::Options;
use super::event::{Arrived, IngestReport, RawEvent};
use super::loaded::{CLOCK, DUE, Loaded, compile_stored, guarded};
use super::queue::{Queue, Refused, Request};
use super::reporter::Told;
use super::reporting::first_due;
use super::writer::Writer;
use crate::compile::program::{Program, Text};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::api;
use crate::store::record::rules::ActiveRecord;
use crate::store::{Store, StoreView};
use crate::time::Instant;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The queue of a workspace is full: try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// Where the answer to a command goes.
pub(super) type Reply<T> = Sender<Result<T, Diagnostic>>;

/// What the writer can be asked for.
pub(super) enum Command {
    /// Take these events.
    Ingest(Request),
    /// Read the clock now.
    Tick(Reply<Instant>),
    /// Read the clock for the readers that wait for it, however many they are.
    Settle,
    /// Keep this version of a ruleset.
    Put(Box<Program>, String, Reply<()>),
    /// Make this version count, now or later.
    Activate(String, String, Option<Instant>, Reply<Activation>),
    /// Let no version of this ruleset count.
    Deactivate(String, Reply<()>),
    /// Let this version run beside the active one.
    StartTrial(String, String, Reply<Activation>),
    /// Let it run no longer.
    EndTrial(String, String, Reply<()>),
    /// Write what the reports tell that were due, or take note that it could not be read.
    Told(Result<Vec<Told>, Diagnostic>),
    /// Answer once no report that is due now is in progress.
    SettleReports(Reply<()>),
}

/// What came of an activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Activation {
    /// When it takes effect, when that is later.
    pub scheduled: Option<Instant>,
    /// How many stored events were run through the new version.
    pub replayed: usize,
    /// How many stored events of its types it cannot read; they do not count in it.
    pub skipped: usize,
}

/// A version of a ruleset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesetInfo {
    /// The ruleset's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// BLAKE3 of the text, hex.
    pub hash: String,
    /// What people call it.
    pub title: Text,
    /// When it was put.
    pub put_at: Instant,
    /// It is the version that counts.
    pub active: bool,
    /// Since when it counts.
    pub active_from: Option<Instant>,
    /// From when on it will count.
    pub scheduled: Option<Instant>,
    /// Since when it is on trial, and how many events that came since it cannot read.
    pub trial: Option<(Instant, u64)>,
}

/// How long a read waits for the writer to catch up with the time, before it answers as of the last commit.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// The most reads that wait for that; more are answered as of the last commit at once.
const READERS_MAX: usize = 1_024;

/// Called after a commit that wrote deliveries.
type Hook = Arc<dyn Fn() + Send + Sync>;

/// What the writer and the readers of a workspace share.
pub(super) struct Shared {
    pub(super) options: Options,
    /// The earliest instant at which the writer has something to do.
    next_due: AtomicI64,
    /// The time of the workspace.
    clock: AtomicI64,
    programs: RwLock<Vec<Arc<Program>>>,
    trials: RwLock<Vec<Arc<Program>>>,
    /// The readers that wait for the clock to be read. While there are any, one [`Command::Settle`] is in the queue.
    readers: Mutex<Vec<Reply<Instant>>>,
    hook: Mutex<Option<Hook>>,
    /// Why the state cannot be read from the store, if so.
    damage: Mutex<Option<Diagnostic>>,
    /// All that is stored has been read once.
    is_loaded: AtomicBool,
    /// Held while an answer for an earlier knowledge is computed: one at a time, because it holds many events in memory.
    pub(super) replaying: Mutex<()>,
    /// Held while something is decided about scores, so that two people do not decide at once.
    pub(super) reviewing: Mutex<()>,
}

impl Shared {
    /// Lets the readers see what is stored: they need nothing of what the writer holds in memory.
    fn publish_stored(&self, store: &Store) -> Result<(), Diagnostic> {
        let view = store.view()?;
        let compiled = |active: ActiveRecord| compile_stored(&view, &active.name, &active.version).map(Arc::new);
        let programs = view.active()?.into_iter().map(compiled).collect::<Result<_, _>>()?;
        let trials = view.trials()?.into_iter().map(|trial| compiled(trial.running)).collect::<Result<_, _>>()?;
        *self.programs.write().unwrap_or_else(PoisonError::into_inner) = programs;
        *self.trials.write().unwrap_or_else(PoisonError::into_inner) = trials;
        let planned = view.schedule()?.into_iter().map(|planned| planned.at);
        let others = view.routing_due()?.into_iter().chain(first_due(&view.report_schedules()?)).map(|due| due.0);
        // Where it was not written, something may be due: readers then wait for the writer.
        let programs_due = view.number(DUE)?.unwrap_or(i64::MIN);
        self.next_due.store(planned.chain(others).chain([programs_due]).min().unwrap_or(programs_due), Ordering::SeqCst);
        self.clock.store(view.number(CLOCK)?.unwrap_or(0), Ordering::SeqCst);
        Ok(())
    }

    /// Why the state cannot be read from the store, if so.
    pub(super) fn tell_damage(&self, why: Option<Diagnostic>) {
        *self.damage.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Whether all that is stored has been read once.
    pub(super) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Ordering::SeqCst)
    }

    /// Lets the readers see what was committed.
    pub(super) fn publish(&self, loaded: &Loaded) {
        self.is_loaded.store(true, Ordering::SeqCst);
        self.next_due.store(loaded.next_due().map_or(i64::MAX, |due| due.0), Ordering::SeqCst);
        self.clock.store(loaded.clock.0, Ordering::SeqCst);
        for (kept, are_trials) in [(&self.programs, false), (&self.trials, true)] {
            let wanted = loaded.programs.iter().filter(|running| running.trial.is_some() == are_trials);
            let current: Vec<Arc<Program>> = wanted.map(|running| Arc::clone(&running.program)).collect();
            let mut kept = kept.write().unwrap_or_else(PoisonError::into_inner);
            if kept.len() != current.len() || !kept.iter().zip(&current).all(|(a, b)| Arc::ptr_eq(a, b)) {
                *kept = current;
            }
        }
    }

    /// The compiled version: one that runs, or else compiled from its stored text.
    pub(super) fn program(&self, view: &StoreView, name: &str, version: &str) -> Result<Arc<Program>, Diagnostic> {
        for running in [&self.programs, &self.trials] {
            let programs = running.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(program) = programs.iter().find(|program| program.name == name && program.version == version) {
                return Ok(Arc::clone(program));
            }
        }
        compile_stored(view, name, version).map(Arc::new)
    }

    /// The time now: never before what has been committed.
    pub(super) fn now(&self) -> Instant {
        self.options.clock.now().max(Instant(self.clock.load(Ordering::SeqCst)))
    }

    /// The time of the last commit.
    pub(super) fn committed(&self) -> Instant {
        Instant(self.clock.load(Ordering::SeqCst))
    }

    /// Something has become due that no event announces.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.next_due.load(Ordering::SeqCst) <= now.0
    }

    /// The readers that wait for the clock to be read.
    pub(super) fn take_readers(&self) -> Vec<Reply<Instant>> {
        std::mem::take(&mut *self.readers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Tells whoever delivers that there is something to deliver.
    pub(super) fn wake(&self) {
        let hook = self.hook.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(hook) = hook {
            hook();
        }
    }
}

/// A company's rulesets, events, numbers and alerts. Nothing crosses a workspace.
pub struct Workspace {
    name: String,
    store: Arc<Store>,
    pub(super) shared: Arc<Shared>,
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Workspace {
    /// Opens the files in a directory and starts the writer, which loads what is stored. Readers do not wait for it, and what is
    /// sent meanwhile waits in the queue.
    pub(super) fn open(dir: &Path, name: &str, options: &Options) -> Result<Workspace, Diagnostic> {
        let store = Arc::new(Store::open_on(dir, options.cache_bytes, Arc::clone(&options.medium))?);
        let shared = Arc::new(Shared {
            options: options.clone(),
            next_due: AtomicI64::new(i64::MAX),
            clock: AtomicI64::new(0),
            programs: RwLock::default(),
            trials: RwLock::default(),
            readers: Mutex::default(),
            hook: Mutex::default(),
            damage: Mutex::default(),
            is_loaded: AtomicBool::new(false),
            replaying: Mutex::default(),
            reviewing: Mutex::default(),
        });
        // Closing can panic over damaged pages too, which is caught there alone.
        guarded(|| shared.publish_stored(&store)).inspect_err(|_| store.close())?;
        let (queue, taker) = Queue::new(options.queue_max);
        let writer = Writer::new(Arc::clone(&store), Arc::clone(&shared), (Arc::clone(&queue), taker));
        let thread = std::thread::Builder::new().name(format!("writer {name}")).spawn(move || writer.run());
        let thread = thread.map_err(|error| Diagnostic::general(&api::NOT_DONE).reason(&error))?;
        Ok(Workspace { name: name.to_owned(), store, shared, queue, thread: Mutex::new(Some(thread)) })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its writer has read all that is stored. Numbers are answered before that; events wait for it.
    pub fn is_loaded(&self) -> bool {
        self.shared.is_loaded()
    }

    /// Its store: endpoints and deliveries.
    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Why it cannot be used, when its files turned out to be damaged after the start.
    pub(super) fn damage(&self) -> Option<Diagnostic> {
        self.shared.damage.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time now: the clock's, but never before what has been committed.
    pub fn now(&self) -> Instant {
        self.shared.now()
    }

    /// Queues events. The receiver resolves after they are durable; it fails when the workspace is closed first.
    ///
    /// # Errors
    /// When the queue is full; nothing was taken.
    pub fn ingest(&self, events: Vec<RawEvent>) -> Result<oneshot::Receiver<Result<IngestReport, Diagnostic>>, Busy> {
        let (reply, receiver) = oneshot::channel();
        let events = events.into_iter().map(Arrived::from).collect();
        match self.queue.offer_events(Request { events, reply }) {
            // A closed workspace drops the sender: the receiver tells.
            Ok(()) | Err(Refused::Ended) => Ok(receiver),
            Err(Refused::Full) => Err(Busy),
        }
    }

    /// Reads the clock now, and returns the time. The writer also does so by itself when something becomes due.
    ///
    /// # Errors
    /// When the store fails.
    pub fn tick(&self) -> Result<Instant, Diagnostic> {
        self.ask(Command::Tick)
    }

    /// Reads the clock now, and waits until the reports that are due have been written. No event waits for them.
    ///
    /// # Errors
    /// When the workspace is closed first.
    pub fn settle_reports(&self) -> Result<(), Diagnostic> {
        self.ask(Command::SettleReports)
    }

    /// Keeps a version of a ruleset. The same text again is welcome; another text under the same version is not. Test
    /// blocks are not run here. Blocks until it is durable.
    ///
    /// # Errors
    /// The mistakes of the text, or why it could not be kept.
    pub fn put_ruleset(&self, text: &str) -> Result<RulesetInfo, Vec<Diagnostic>> {
        let compiled = crate::compile::check(text);
        let Some(program) = compiled.program else { return Err(compiled.diagnostics) };
        let (name, version) = (program.name.clone(), program.version.clone());
        self.ask(|reply| Command::Put(Box::new(program), text.to_owned(), reply)).map_err(|error| vec![error])?;
        self.ruleset(&name, &version).map_err(|error| vec![error])
    }

    /// Makes a stored version count, now or at a later instant. The stored events are run through it first, and the
    /// aggregates of the version before are dropped in the same transaction. Blocks until it is done.
    ///
    /// # Errors
    /// When there is no such version, or it cannot be activated.
    pub fn activate(&self, name: &str, version: &str, at: Option<Instant>) -> Result<Activation, Diagnostic> {
        self.ask(|reply| Command::Activate(name.to_owned(), version.to_owned(), at, reply))
    }

    /// Lets no version of a ruleset count any more. Its open alerts are told to be over.
    ///
    /// # Errors
    /// When none counts, or the store fails.
    pub fn deactivate(&self, name: &str) -> Result<(), Diagnostic> {
        self.ask(|reply| Command::Deactivate(name.to_owned(), reply))
    }

    /// Lets a stored version run beside the active one of its ruleset, if there is one. The stored events are run through
    /// it first; it sends nothing. Blocks until it is done.
    ///
    /// # Errors
    /// When there is no such version, it counts already, another one is on trial, or there are too many.
    pub fn start_trial(&self, name: &str, version: &str) -> Result<Activation, Diagnostic> {
        self.ask(|reply| Command::StartTrial(name.to_owned(), version.to_owned(), reply))
    }

    /// Ends a trial and forgets its numbers.
    ///
    /// # Errors
    /// When the version is not on trial, or the store fails.
    pub fn end_trial(&self, name: &str, version: &str) -> Result<(), Diagnostic> {
        self.ask(|reply| Command::EndTrial(name.to_owned(), version.to_owned(), reply))
    }

    /// All versions of all rulesets, by name, in the order in which they were put.
    ///
    /// # Errors
    /// When the store fails.
    pub fn rulesets(&self) -> Result<Vec<RulesetInfo>, Diagnostic> {
        let view = self.store.view()?;
        let (active, schedule, trials) = (view.active()?, view.schedule()?, view.trials()?);
        let mut found: Vec<RulesetInfo> = Vec::new();
        for record in view.rulesets()? {
            let counts = active.iter().find(|active| active.name == record.name && active.version == record.version);
            let planned = schedule.iter().find(|planned| planned.name == record.name && planned.version == record.version);
            let tried = trials.iter().find(|trial| trial.running.name == record.name && trial.running.version == record.version);
            found.push(RulesetInfo {
                trial: tried.map(|trial| (Instant(trial.running.from), trial.left_out)),
                title: Text { en: record.title, zh: record.title_zh },
                name: record.name,
                version: record.version,
                hash: record.hash,
                put_at: Instant(record.put_at),
                active: counts.is_some(),
                active_from: counts.map(|active| Instant(active.from)),
                scheduled: planned.map(|planned| Instant(planned.at)),
            });
        }
        found.sort_by(|a, b| (&a.name, a.put_at).cmp(&(&b.name, b.put_at)));
        Ok(found)
    }

    /// One version of a ruleset.
    ///
    /// # Errors
    /// When there is none.
    pub fn ruleset(&self, name: &str, version: &str) -> Result<RulesetInfo, Diagnostic> {
        let found = self.rulesets()?.into_iter().find(|info| info.name == name && info.version == version);
        found.ok_or_else(|| Diagnostic::general(&api::UNKNOWN_RULESET).arg("name", name).arg("version", version))
    }

    /// The text of a version.
    ///
    /// # Errors
    /// When the store fails.
    pub fn source(&self, name: &str, version: &str) -> Result<Option<String>, Diagnostic> {
        Ok(self.store.view()?.ruleset(name, version)?.map(|record| record.text))
    }

    /// The active programs.
    pub fn programs(&self) -> Vec<Arc<Program>> {
        self.shared.programs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Calls `hook` after every commit that wrote deliveries.
    pub fn on_outbox(&self, hook: Hook) {
        *self.shared.hook.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    /// Stops the writer after what is queued and closes the files.
    pub fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            self.queue.close();
            let _panicked = thread.join();
        }
        self.store.close();
    }

    fn closed(&self) -> Diagnostic {
        Diagnostic::general(&api::CLOSED).arg("name", &self.name)
    }

    /// Reads the clock if the writer can do so soon; None when it is busy or in trouble. All readers together take one
    /// place in the queue: they never keep events out.
    pub(super) fn tick_soon(&self) -> Option<Instant> {
        let (reply, answer) = channel();
        let mut readers = self.shared.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() >= READERS_MAX {
            return None;
        }
        readers.push(reply);
        if readers.len() == 1 && self.queue.offer(Command::Settle).is_err() {
            readers.clear();
            return None;
        }
        drop(readers);
        answer.recv_timeout(PATIENCE).ok()?.ok()
    }

    /// Sends a command and waits for its answer.
    fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, Diagnostic> {
        let (reply, answer) = channel();
        if !self.queue.put(command(reply)) {
            return Err(self.closed());
        }
        answer.recv().map_err(|_| self.closed())?
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        self.close();
    }
}
