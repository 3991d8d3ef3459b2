//! Reading what reports tell, beside the writer: scoring a period takes a while, and no event waits for it.
//!
//! 1. When a schedule has become due the writer starts a thread ([`Reporter::start`]), one at a time. It takes a snapshot and
//!    scores the periods that are due ([`Told`]).
//! 2. It puts that into the queue of the writer, which writes the deliveries and moves the schedules on in one transaction
//!    ([`Loaded::send_reports`]). A schedule that was changed or removed meanwhile is left alone, and looked at again if it is due.
//! 3. What could not be read is tried again a minute later, and so is what was in progress when the service stopped: nothing
//!    of it was written.

use super::history::{Shelf, Stored};
use super::loaded::{CLOCK, Failure, Loaded};
use super::queue::{Queue, Taker};
use super::reporting::{KIND, due_after, first_due, message};
use super::review::{Review, scores};
use super::workspace::{Command, Reply, Shared};
use crate::compile::program::Program;
use crate::diagnostic::codes::api;
use crate::diagnostic::{Diagnostic, Lang, Words};
use crate::eval::Reader;
use crate::store::record::review::KeptScore;
use crate::store::schedules::ReportSchedule;
use crate::store::{DeliveryState, NewDelivery, Store, StoreError, StoreView};
use crate::time::{Instant, Period};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

/// How long it takes until what could not be read is read again, in seconds.
const AGAIN_S: i64 = 60;

/// The thread that reads what reports tell, while there is one.
pub struct Reporter {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
    /// After something could not be read.
    not_before: Instant,
    /// Those who wait until nothing is in progress.
    waiting: Vec<Reply<()>>,
}

/// A schedule that was due: as it was, as it is from now on, and what it tells.
pub struct Told {
    was: ReportSchedule,
    is: ReportSchedule,
    payload: Option<Vec<u8>>,
}

impl Reporter {
    /// What is read goes into this queue.
    pub(super) fn new(queue: Arc<Queue>) -> Reporter {
        Reporter { queue, thread: None, not_before: Instant(i64::MIN), waiting: Vec::new() }
    }

    /// When something is due that is not in progress.
    pub fn due(&self, view: &StoreView) -> Result<Option<Instant>, StoreError> {
        if self.thread.is_some() {
            return Ok(None);
        }
        Ok(first_due(&view.report_schedules()?).map(|due| due.max(self.not_before)))
    }

    /// Lets a thread read what is due.
    pub(super) fn start(&mut self, store: &Arc<Store>, shared: &Arc<Shared>, now: Instant) {
        let (store, shared, queue) = (Arc::clone(store), Arc::clone(shared), self.queue.clone());
        let work = move || {
            // A panic, over damaged pages or of ours, must not leave the writer waiting.
            let told = catch_unwind(AssertUnwindSafe(|| told(&store, &shared, now)));
            let fault = || Diagnostic::general(&api::NOT_DONE).reason(Words::new("an internal fault", "内部错误"));
            // A writer that is gone does not want to know.
            let _gone = queue.put(Command::Told(told.unwrap_or_else(|_| Err(fault()))));
        };
        match std::thread::Builder::new().name("reports".to_owned()).spawn(work) {
            Ok(thread) => self.thread = Some(thread),
            Err(error) => {
                tracing::error!(reason = %error, "no thread for the reports that are due");
                self.not_before = now.plus_s(AGAIN_S);
            }
        }
    }

    /// Nothing is in progress any more.
    pub fn finish(&mut self) {
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }

    /// What was due could not be read or written: it is tried again later.
    pub fn postpone(&mut self, why: &Diagnostic, now: Instant) {
        tracing::error!(code = why.code.id, reason = why.message(Lang::En), "the reports that are due cannot be made");
        self.not_before = now.plus_s(AGAIN_S);
    }

    /// Answers once nothing is in progress.
    pub(super) fn wait(&mut self, reply: Option<Reply<()>>) {
        self.waiting.extend(reply);
        if self.thread.is_none() {
            for reply in self.waiting.drain(..) {
                let _gone = reply.send(Ok(()));
            }
        }
    }

    /// Ends with the writer, whose queue takes nothing any more.
    pub(super) fn close(mut self, taker: Taker) {
        drop(taker);
        self.finish();
    }
}

impl Loaded {
    /// Writes what reports tell; true when there is something to send.
    pub(super) fn send_reports(&mut self, store: &Store, told: &[Told], now: Instant) -> Result<bool, Failure> {
        let mut wakes = false;
        store.commit(|tx| {
            let endpoints = tx.endpoints()?;
            for Told { was, is, payload } in told {
                if tx.report_schedule(&was.name)?.as_ref() != Some(was) {
                    continue;
                }
                let endpoint = endpoints.iter().find(|endpoint| endpoint.id == is.endpoint);
                if let (Some(payload), Some(endpoint)) = (payload, endpoint) {
                    wakes = true;
                    tx.add_delivery(NewDelivery {
                        endpoint: endpoint.id.clone(),
                        alert: String::new(),
                        kind: KIND.to_owned(),
                        payload: payload.clone(),
                        created_at: now,
                        state: if endpoint.disabled.is_none() { DeliveryState::Pending } else { DeliveryState::Dead },
                        hold: None,
                    })?;
                } else if payload.is_some() {
                    tracing::warn!(schedule = is.name, endpoint = is.endpoint, "the endpoint of a report is gone");
                }
                tx.put_report_schedule(is)?;
            }
            tx.put_number(CLOCK, now.0)
        })?;
        self.clock = now;
        Ok(wakes)
    }
}

/// What the schedules tell that are due.
fn told(store: &Store, shared: &Shared, now: Instant) -> Result<Vec<Told>, Diagnostic> {
    let view = store.view()?;
    // The snapshot may be younger than the wish for it.
    let now = now.max(Instant(view.number(CLOCK)?.unwrap_or(now.0)));
    let due = view.report_schedules()?.into_iter().filter(|schedule| schedule.next <= now);
    due.map(|schedule| tell(&view, shared, schedule, now)).collect()
}

/// What a schedule tells that is due.
fn tell(view: &StoreView, shared: &Shared, was: ReportSchedule, now: Instant) -> Result<Told, Diagnostic> {
    let mut is = was.clone();
    let active = view.active()?.into_iter().find(|active| active.name == was.ruleset);
    let program = active.as_ref().map(|active| shared.program(view, &active.name, &active.version)).transpose()?;
    let running = active.zip(program.as_deref());
    let card =
        running.and_then(|(active, program)| Some((active, program, program.scorecards.iter().find(|card| card.name == was.scorecard)?)));
    let Some((active, program, card)) = card else {
        // Nobody declares the scorecard now: it is looked for again a day later.
        tracing::warn!(schedule = was.name, scorecard = was.scorecard, "no active ruleset declares the scorecard of a report");
        is.next = now.plus_s(86_400);
        return Ok(Told { was, is, payload: None });
    };
    let (period, next) = due_after(program, card, &was, now);
    is.next = next;
    if period.last <= was.through {
        return Ok(Told { was, is, payload: None });
    }
    let (log, shelf, number) = (view.log()?, RefCell::new(Shelf::default()), active.program);
    let snapshot = view.snapshot(active);
    let history = Stored { program, number, log: &log, pending: &[], shelf: &shelf };
    let reader = Reader { program, cells: &snapshot, history: &history, at: now };
    let mut found = scores(&reader, card, period, &Vec::new());
    if let Ok(found) = &mut found {
        as_closed(view, found, program, (&card.name, period))?;
    }
    let payload = message(&was, program, card, period, &found, now);
    (is.through, is.last) = (period.last, Some((period.to_string(), now)));
    Ok(Told { was, is, payload: Some(payload) })
}

/// Puts scores that are closed in the place of what they would be now.
fn as_closed(view: &StoreView, scores: &mut [KeptScore], program: &Program, (card, period): (&str, Period)) -> Result<(), StoreError> {
    let acts = view.acts_about(&period.to_string(), &program.name, card)?;
    for act in &acts {
        let kept = view.kept_scores(act.id)?;
        for score in scores.iter_mut().filter(|score| Review::of(&acts, &score.scope).closed.is_some_and(|by| by.id == act.id)) {
            if let Some(kept) = kept.iter().find(|kept| kept.scope == score.scope) {
                *score = kept.clone();
            }
        }
    }
    Ok(())
}
