//! The one thread that changes a workspace.
//!
//! 1. It loads what is stored, and then waits for a command, but no longer than until something becomes due.
//! 2. Events that queued while the last commit was written to disk are one commit: their number adapts to the disk, no
//!    timer is needed. Requests of many events are commits apart from those of few ([`super::queue`]); while both come they
//!    are cut, so that the others do not wait long. Each is answered when its last events are durable.
//! 3. Reports that are due are read beside it ([`super::reporter`]), and written like everything else.
//! 4. Each request is answered after the commit. When that fails, everybody is told so, the state is dropped and loaded
//!    again from what is stored, with growing pauses as long as it cannot be.

use super::event::{Arrived, IngestReport, Refusal};
use super::ingest::Batch;
use super::is_lasting;
use super::loaded::{Failure, Loaded, UpTo};
use super::queue::{Next, Queue, Request, Taker};
use super::reporter::{Reporter, Told};
use super::workspace::{Command, Reply, Shared};
use crate::diagnostic::codes::api;
use crate::diagnostic::{Diagnostic, Words};
use crate::store::Store;
use crate::time::Instant;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

/// The most events of one commit.
const EVENTS_MAX: usize = 10_000;
/// As many of large requests, while requests of few events come: a commit of them takes some ms. In fewer each would cost far
/// more, late ones above all: whatever they touch is walked again in every commit.
const PART_MAX: usize = 200;
/// How long it is remembered that a request of few events came.
const REMEMBERED: Duration = Duration::from_secs(1);
/// The longest wait before the time is looked at again: the clock may have been set.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// After so long without a command the store may rest, where time passes by itself.
const REST: Duration = Duration::from_millis(200);
/// The pauses between attempts to load again.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(3));
/// The pause between them when the files are damaged: somebody has to restore them.
const DAMAGED: Duration = Duration::from_secs(60);

/// A large request under way.
struct Begun {
    request: Request,
    /// So many of its events are durable.
    done: usize,
    /// What became of them.
    report: IngestReport,
}

/// The writer of a workspace.
pub struct Writer {
    store: Arc<Store>,
    shared: Arc<Shared>,
    /// None while the store fails.
    loaded: Option<Loaded>,
    /// What a failed commit leaves: what is known of events does not change with it.
    known: Option<UpTo>,
    /// Why the store fails, and the pause before the next attempt.
    trouble: Option<(Diagnostic, Duration)>,
    queue: Taker,
    /// The large request of which some events are left.
    begun: Option<Begun>,
    /// What came last was short.
    is_turn_of_many: bool,
    /// When a request of few events came last.
    few_came: Option<Moment>,
    reporter: Reporter,
}

impl Writer {
    pub(super) fn new(store: Arc<Store>, shared: Arc<Shared>, (queue, taker): (Arc<Queue>, Taker)) -> Writer {
        let reporter = Reporter::new(queue);
        Writer {
            store,
            shared,
            loaded: None,
            known: None,
            trouble: None,
            queue: taker,
            begun: None,
            is_turn_of_many: false,
            few_came: None,
            reporter,
        }
    }

    /// Works until the workspace is closed.
    pub(super) fn run(mut self) {
        self.begin();
        loop {
            let next = self.next();
            self.is_turn_of_many = matches!(next, Next::Command(_));
            match next {
                Next::Closed => return self.reporter.close(self.queue),
                Next::Many => self.many(),
                Next::Command(Command::Ingest(request)) => self.group(Some(request), Vec::new()),
                Next::Command(Command::Tick(reply)) => self.group(None, vec![reply]),
                Next::Command(Command::Settle) => {
                    let readers = self.shared.take_readers();
                    self.group(None, readers);
                }
                Next::Nothing => self.group(None, Vec::new()),
                Next::Command(other) => self.change(other),
            }
        }
    }

    /// Loads what is stored for the first time, while others read from the store already.
    fn begin(&mut self) {
        match self.read() {
            Ok(loaded) => {
                self.shared.publish(&loaded);
                self.loaded = Some(loaded);
            }
            Err(diagnostic) => self.fail(diagnostic, RETRY.0),
        }
    }

    /// Reads all that the writer holds in memory.
    fn read(&mut self) -> Result<Loaded, Diagnostic> {
        let known = self.known.take();
        let mut loaded = Loaded::load(&self.store, &self.shared)?;
        loaded.identify(&self.store, known)?;
        Ok(loaded)
    }

    /// What is stored cannot be loaded, and is tried again after a pause. Damage is told to all who ask for the workspace, as
    /// when it is found at the start.
    fn fail(&mut self, diagnostic: Diagnostic, pause: Duration) {
        let is_lasting = is_lasting(&diagnostic);
        if self.trouble.is_none() || is_lasting {
            tracing::error!(
                code = diagnostic.code.id,
                reason = diagnostic.message(crate::diagnostic::Lang::En),
                "the workspace cannot be loaded"
            );
        }
        if is_lasting {
            self.shared.tell_damage(Some(diagnostic.clone()));
        }
        self.trouble = Some((diagnostic, if is_lasting { DAMAGED } else { pause }));
    }

    /// What comes next: nothing when something is due.
    fn next(&mut self) -> Next {
        let (begun, is_turn_of_many) = (self.begun.is_some(), self.is_turn_of_many);
        let idles = self.shared.options.clock.runs() && self.wait() > REST;
        if idles && self.loaded.is_some() && !self.store.is_at_rest() {
            match self.queue.next(REST, begun, is_turn_of_many) {
                Next::Nothing => self.rest(),
                next => return next,
            }
        }
        self.queue.next(self.wait(), begun, is_turn_of_many)
    }

    /// Lets the store rest. Nothing depends on it: what is wrong with the store shows at the next commit.
    fn rest(&self) {
        let rested = catch_unwind(AssertUnwindSafe(|| self.store.rest()));
        if !matches!(rested, Ok(Ok(()))) {
            tracing::warn!("the store could not be brought to rest");
        }
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

    /// Takes what short requests have queued up, commits it all at once and answers.
    fn group(&mut self, first: Option<Request>, mut ticks: Vec<Reply<Instant>>) {
        let mut requests: Vec<Request> = first.into_iter().collect();
        let mut events: usize = requests.iter().map(|request| request.events.len()).sum();
        while events < EVENTS_MAX {
            match self.queue.next_if(|command| matches!(command, Command::Ingest(_) | Command::Tick(_) | Command::Settle)) {
                Some(Command::Ingest(request)) => {
                    events += request.events.len();
                    requests.push(request);
                }
                Some(Command::Tick(reply)) => ticks.push(reply),
                Some(Command::Settle) => ticks.extend(self.shared.take_readers()),
                _ => break,
            }
        }
        if !requests.is_empty() {
            self.few_came = Some(Moment::now());
        }
        let asked: Vec<&[Arrived]> = requests.iter().map(|request| request.events.as_slice()).collect();
        let result = self.attempt(|writer, loaded| writer.commit(loaded, &asked));
        self.report();
        // A receiver that is gone does not want to know.
        match result {
            Ok((reports, now)) => {
                for (Request { events, reply }, report) in requests.into_iter().zip(reports) {
                    let _gone = reply.send(Ok(IngestReport { events, ..report }));
                }
                for reply in ticks {
                    let _gone = reply.send(Ok(now));
                }
            }
            Err(diagnostic) => {
                for Request { reply, .. } in requests {
                    let _gone = reply.send(Err(diagnostic.clone()));
                }
                for reply in ticks {
                    let _gone = reply.send(Err(diagnostic.clone()));
                }
            }
        }
    }

    /// Commits some events of large requests, and answers those of which none are left.
    fn many(&mut self) {
        let few_come = self.few_came.is_some_and(|came| came.elapsed() < REMEMBERED);
        let most = if few_come { PART_MAX } else { EVENTS_MAX };
        let (mut parts, mut events): (Vec<(Begun, usize)>, usize) = (Vec::new(), 0);
        while events < most {
            let next = || Some(Begun { request: self.queue.next_many()?, done: 0, report: IngestReport::default() });
            let Some(begun) = self.begun.take().or_else(next) else { break };
            let part = (begun.request.events.len() - begun.done).min(most - events);
            events += part;
            parts.push((begun, part));
        }
        let asked: Vec<&[Arrived]> =
            parts.iter().map(|(begun, part)| begun.request.events.get(begun.done..begun.done + part).unwrap_or_default()).collect();
        let result = self.attempt(|writer, loaded| writer.commit(loaded, &asked));
        self.report();
        match result {
            Ok((reports, _)) => parts.into_iter().zip(reports).for_each(|((begun, part), report)| self.go_on(begun, part, report)),
            Err(diagnostic) => {
                for (Begun { request, .. }, _) in parts {
                    let _gone = request.reply.send(Err(diagnostic.clone()));
                }
            }
        }
    }

    /// Adds the report about the next part of a large request, and answers it after the last one.
    fn go_on(&mut self, mut begun: Begun, part: usize, report: IngestReport) {
        begun.report.accepted += report.accepted;
        begun.report.duplicates += report.duplicates;
        let refused = report.refused.into_iter();
        begun.report.refused.extend(refused.map(|refusal| Refusal { index: begun.done + refusal.index, ..refusal }));
        begun.done += part;
        if begun.done < begun.request.events.len() {
            self.begun = Some(begun);
            return;
        }
        let Begun { request: Request { events, reply }, report, .. } = begun;
        let _gone = reply.send(Ok(IngestReport { events, ..report }));
    }

    /// The time now. What it lets out, or escalates, comes before anything else.
    fn catch_up(&self, loaded: &mut Loaded) -> Result<Instant, Failure> {
        let now = loaded.clock.max(self.shared.options.clock.now());
        if loaded.route_due(&self.store, now)? {
            self.shared.wake();
        }
        Ok(now)
    }

    fn commit(&self, loaded: &mut Loaded, requests: &[&[Arrived]]) -> Result<(Vec<IngestReport>, Instant), Failure> {
        let now = self.catch_up(loaded)?;
        let mut wakes = loaded.activate_planned(&self.store, &self.shared, now)?;
        let mut batch = Batch::new(loaded, now, self.shared.options.scopes_max);
        let reports = requests.iter().map(|events| batch.take((&self.store, loaded), events)).collect::<Result<Vec<_>, _>>()?;
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
            Command::Ingest(_) | Command::Tick(_) | Command::Settle => {}
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
        let reopened = self.store.reopen().map_err(Diagnostic::from);
        match reopened.and_then(|()| self.read()) {
            Ok(loaded) => {
                self.trouble = None;
                self.shared.tell_damage(None);
                self.shared.publish(&loaded);
                tracing::info!("the store works again");
                Ok(loaded)
            }
            Err(diagnostic) => {
                let pause = self.trouble.as_ref().map_or(RETRY.0, |(_, pause)| (*pause * 2).min(RETRY.1));
                self.fail(diagnostic.clone(), pause);
                Err(diagnostic)
            }
        }
    }
}
