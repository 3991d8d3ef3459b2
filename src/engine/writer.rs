//! The one thread that changes a workspace.
//!
//! 1. It reads the identities of all events, and then waits for a command, but no longer than until something becomes due.
//! 2. Events that queued while the last commit was written to disk are one commit: their number adapts to the disk, no
//!    timer is needed.
//! 3. Reports that are due are read beside it ([`super::reporter`]), and written like everything else.
//! 4. Each request is answered after the commit. When that fails, everybody is told so, the state is dropped and loaded
//!    again from what is stored, with growing pauses as long as it cannot be.

use super::event::{IngestReport, RawEvent};
use super::ingest::Batch;
use super::loaded::{Failure, Loaded, UpTo};
use super::reporter::{Reporter, Told};
use super::workspace::{Command, Reply, Shared};
use crate::diagnostic::codes::api;
use crate::diagnostic::{Diagnostic, Words};
use crate::store::Store;
use crate::time::Instant;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::Duration;
use tokio::sync::oneshot;

/// The most events of one commit, unless a single request has more.
const EVENTS_MAX: usize = 20_000;
/// The longest wait before the time is looked at again: the clock may have been set.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// The pauses between attempts to load again.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));

/// A request for events and where its answer goes.
type Request = (Vec<RawEvent>, oneshot::Sender<Result<IngestReport, Diagnostic>>);

/// The writer of a workspace.
pub struct Writer {
    store: Arc<Store>,
    shared: Arc<Shared>,
    /// None while the store fails.
    loaded: Option<Loaded>,
    /// What a failed commit leaves: the identities do not change with it.
    known: Option<UpTo>,
    /// Why the store fails, and the pause before the next attempt.
    trouble: Option<(Diagnostic, Duration)>,
    commands: Receiver<Command>,
    /// A command that was taken from the queue but does not fit the commit in progress.
    held: Option<Command>,
    reporter: Reporter,
}

impl Writer {
    pub(super) fn new(
        store: Arc<Store>,
        shared: Arc<Shared>,
        loaded: Loaded,
        (queue, commands): (SyncSender<Command>, Receiver<Command>),
    ) -> Writer {
        let reporter = Reporter::new(queue);
        Writer { store, shared, loaded: Some(loaded), known: None, trouble: None, commands, held: None, reporter }
    }

    /// Works until the workspace is closed.
    pub(super) fn run(mut self) {
        self.identify();
        loop {
            match self.next() {
                Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => return self.reporter.close(self.commands),
                Ok(Command::Ingest(events, reply)) => self.group(Some((events, reply)), Vec::new()),
                Ok(Command::Tick(reply)) => self.group(None, vec![reply]),
                Ok(Command::Settle) => {
                    let readers = self.shared.take_readers();
                    self.group(None, readers);
                }
                Err(RecvTimeoutError::Timeout) => self.group(None, Vec::new()),
                Ok(other) => self.change(other),
            }
        }
    }

    /// Reads the identities of all events, while others read from the store already. They are what takes time to load.
    fn identify(&mut self) {
        let Some(mut loaded) = self.loaded.take() else { return };
        match loaded.identify(&self.store, None) {
            Ok(()) => self.loaded = Some(loaded),
            Err(diagnostic) => {
                tracing::error!(
                    code = diagnostic.code.id,
                    reason = diagnostic.message(crate::diagnostic::Lang::En),
                    "the events cannot be read"
                );
                self.trouble = Some((diagnostic, RETRY.0));
            }
        }
    }

    /// The next command, or a timeout when something is due.
    fn next(&mut self) -> Result<Command, RecvTimeoutError> {
        if let Some(held) = self.held.take() {
            return Ok(held);
        }
        self.commands.recv_timeout(self.wait())
    }

    fn wait(&self) -> Duration {
        if let Some((_, pause)) = &self.trouble {
            return *pause;
        }
        let Some(loaded) = &self.loaded else { return RETRY.0 };
        match loaded.next_due() {
            Some(due) if self.shared.options.clock.runs() => {
                let left = due.0.saturating_sub(self.shared.options.clock.now().0);
                Duration::from_micros(u64::try_from(left).unwrap_or(0)).min(WAIT_MAX)
            }
            _ => WAIT_MAX,
        }
    }

    /// Takes what has queued up, commits it all at once and answers.
    fn group(&mut self, first: Option<Request>, mut ticks: Vec<Reply<Instant>>) {
        let mut requests: Vec<Request> = first.into_iter().collect();
        let mut events: usize = requests.iter().map(|(events, _)| events.len()).sum();
        while events < EVENTS_MAX {
            match self.commands.try_recv() {
                Ok(Command::Ingest(more, reply)) => {
                    events += more.len();
                    requests.push((more, reply));
                }
                Ok(Command::Tick(reply)) => ticks.push(reply),
                Ok(Command::Settle) => ticks.extend(self.shared.take_readers()),
                Ok(other) => {
                    self.held = Some(other);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        let asked: Vec<&[RawEvent]> = requests.iter().map(|(events, _)| events.as_slice()).collect();
        let result = self.attempt(|writer, loaded| writer.commit(loaded, &asked));
        self.report();
        match result {
            Ok((reports, now)) => {
                // A receiver that is gone does not want to know.
                for ((_, reply), report) in requests.into_iter().zip(reports) {
                    let _gone = reply.send(Ok(report));
                }
                for reply in ticks {
                    let _gone = reply.send(Ok(now));
                }
            }
            Err(diagnostic) => {
                for (_, reply) in requests {
                    let _gone = reply.send(Err(diagnostic.clone()));
                }
                for reply in ticks {
                    let _gone = reply.send(Err(diagnostic.clone()));
                }
            }
        }
    }

    /// The time now. What it lets out, or escalates, comes before anything else.
    fn catch_up(&self, loaded: &mut Loaded) -> Result<Instant, Failure> {
        let now = loaded.clock.max(self.shared.options.clock.now());
        if loaded.route_due(&self.store, now)? {
            self.shared.wake();
        }
        Ok(now)
    }

    fn commit(&self, loaded: &mut Loaded, requests: &[&[RawEvent]]) -> Result<(Vec<IngestReport>, Instant), Failure> {
        let now = self.catch_up(loaded)?;
        let mut wakes = loaded.activate_planned(&self.store, &self.shared, now)?;
        let mut batch = Batch::new(loaded, now, self.shared.options.scopes_max);
        let reports = requests.iter().map(|events| batch.take(loaded, events)).collect::<Result<Vec<_>, _>>()?;
        wakes |= loaded.commit_batch(&self.store, &self.shared, batch)?;
        if wakes {
            self.shared.wake();
        }
        Ok((reports, now))
    }

    /// Lets the reports be read that are due by the time of the last commit.
    fn report(&mut self) {
        let now = self.shared.now();
        let Some(loaded) = self.loaded.as_mut().filter(|loaded| loaded.reports_due.is_some_and(|due| due <= now)) else { return };
        self.reporter.start(&self.store, &self.shared, now);
        loaded.reports_due = None;
        self.shared.publish(loaded);
    }

    /// Writes what the reports tell.
    fn told(&mut self, told: Result<Vec<Told>, Diagnostic>) {
        self.reporter.finish();
        let written = told.and_then(|told| {
            self.attempt(|writer, loaded| {
                let now = writer.catch_up(loaded)?;
                if loaded.send_reports(&writer.store, &told, now)? {
                    writer.shared.wake();
                }
                Ok(())
            })
        });
        if let Err(diagnostic) = written {
            self.reporter.postpone(&diagnostic, self.shared.now());
        }
        // Something may have become due meanwhile; it also says from when on this is tried again.
        self.group(None, Vec::new());
        self.reporter.wait(None);
    }

    /// Carries out a command that is a commit of its own.
    fn change(&mut self, command: Command) {
        match command {
            Command::Put(program, text, reply) => {
                let result = self.attempt(|writer, loaded| {
                    let now = writer.catch_up(loaded)?;
                    loaded.put_ruleset(&writer.store, &program, &text, now)
                });
                let _gone = reply.send(result);
            }
            Command::Activate(name, version, at, reply) => {
                let result = self.attempt(|writer, loaded| {
                    let now = writer.catch_up(loaded)?;
                    loaded.activate(&writer.store, &writer.shared, (&name, &version), at, now)
                });
                let _gone = reply.send(result);
            }
            Command::Deactivate(name, reply) => {
                let result = self.attempt(|writer, loaded| {
                    let now = writer.catch_up(loaded)?;
                    loaded.deactivate(&writer.store, &writer.shared, &name, now)
                });
                let _gone = reply.send(result);
            }
            Command::StartTrial(name, version, reply) => {
                let result = self.attempt(|writer, loaded| {
                    let now = writer.catch_up(loaded)?;
                    loaded.start_trial(&writer.store, &writer.shared, (&name, &version), now)
                });
                let _gone = reply.send(result);
            }
            Command::EndTrial(name, version, reply) => {
                let result = self.attempt(|writer, loaded| loaded.end_trial(&writer.store, (&name, &version)));
                let _gone = reply.send(result);
            }
            Command::Told(told) => self.told(told),
            Command::SettleReports(reply) => {
                self.group(None, Vec::new());
                self.reporter.wait(Some(reply));
            }
            Command::Ingest(..) | Command::Tick(_) | Command::Settle | Command::Close => {}
        }
    }

    /// Runs `work`, and sees what is to be looked at next.
    fn work<T>(&self, loaded: &mut Loaded, work: impl FnOnce(&Writer, &mut Loaded) -> Result<T, Failure>) -> Result<T, Failure> {
        let done = work(self, loaded)?;
        let view = self.store.view()?;
        loaded.routing_due = view.routing_due()?;
        loaded.reports_due = self.reporter.due(&view)?;
        self.shared.publish(loaded);
        Ok(done)
    }

    /// Runs `work` on what is loaded. After a failure the state is dropped, because it may be ahead of what is stored.
    fn attempt<T>(&mut self, work: impl FnOnce(&Writer, &mut Loaded) -> Result<T, Failure>) -> Result<T, Diagnostic> {
        let mut loaded = self.loaded()?;
        // A panic here is a mistake of ours; it must not take the workspace down, nor leave half a change behind.
        match catch_unwind(AssertUnwindSafe(|| self.work(&mut loaded, work))) {
            Ok(Ok(done)) => {
                self.loaded = Some(loaded);
                Ok(done)
            }
            Ok(Err(Failure::Refused(diagnostic))) => {
                self.loaded = Some(loaded);
                Err(diagnostic)
            }
            Ok(Err(Failure::Broken(diagnostic))) => {
                self.known = Some((loaded.known, loaded.next_block));
                tracing::error!(code = diagnostic.code.id, reason = diagnostic.message(crate::diagnostic::Lang::En), "a commit failed");
                Err(diagnostic)
            }
            Err(_) => {
                tracing::error!("a commit panicked");
                Err(Diagnostic::general(&api::NOT_DONE).reason(Words::new("an internal fault", "内部错误")))
            }
        }
    }

    /// What is loaded; after a failure, loaded again.
    fn loaded(&mut self) -> Result<Loaded, Diagnostic> {
        if let Some(loaded) = self.loaded.take() {
            return Ok(loaded);
        }
        let known = self.known.take();
        let reopened = self.store.reopen().map_err(Diagnostic::from);
        let loaded = reopened.and_then(|()| Loaded::load(&self.store, &self.shared)).and_then(|mut loaded| {
            loaded.identify(&self.store, known)?;
            Ok(loaded)
        });
        match loaded {
            Ok(loaded) => {
                self.trouble = None;
                self.shared.publish(&loaded);
                tracing::info!("the store works again");
                Ok(loaded)
            }
            Err(diagnostic) => {
                let pause = self.trouble.as_ref().map_or(RETRY.0, |(_, pause)| (*pause * 2).min(RETRY.1));
                self.trouble = Some((diagnostic.clone(), pause));
                Err(diagnostic)
            }
        }
    }
}
