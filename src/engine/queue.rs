//! What waits for the writer of a workspace.
//!
//! 1. There are two lanes: requests of many events wait in one, everything else in the other. Each takes so many and no more.
//! 2. The writer asks for what comes [`Next`]. A history that is loaded keeps nothing short waiting, and waits for nothing
//!    itself: when both lanes have something they take turns.
//! 3. After [`Queue::close`] the writer gets what waits already; with its [`Taker`] the queue ends, and what is left in it
//!    is dropped, which those who wait for an answer see.

use super::event::{Arrived, IngestReport};
use super::workspace::Command;
use crate::diagnostic::Diagnostic;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};
use tokio::sync::oneshot;

/// A request of more events than this has many.
const FEW_MAX: usize = 32;

/// Events, and where the answer about them goes.
pub(super) struct Request {
    pub(super) events: Vec<Arrived>,
    pub(super) reply: oneshot::Sender<Result<IngestReport, Diagnostic>>,
}

/// Why something was not taken into the queue.
pub(super) enum Refused {
    /// There is no room now.
    Full,
    /// The writer is gone.
    Ended,
}

/// What the writer does next.
pub(super) enum Next {
    /// Something short.
    Command(Command),
    /// Some events of large requests.
    Many,
    /// Nothing came for as long as it wanted to wait.
    Nothing,
    /// Nothing will come any more.
    Closed,
}

/// What waits for the writer.
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    filled: Condvar,
    emptied: Condvar,
    max: usize,
}

#[derive(Default)]
struct Lanes {
    short: VecDeque<Command>,
    many: VecDeque<Request>,
    closing: bool,
    ended: bool,
    /// The writer waits for something to come.
    idle: bool,
    /// So many wait for room.
    outside: usize,
}

impl Lanes {
    fn is_open(&self) -> bool {
        !self.closing && !self.ended
    }
}

impl Queue {
    /// An empty queue of so many places in each lane, and the writer's end of it.
    pub(super) fn new(max: usize) -> (Arc<Queue>, Taker) {
        let queue = Arc::new(Queue { lanes: Mutex::default(), filled: Condvar::new(), emptied: Condvar::new(), max });
        (Arc::clone(&queue), Taker(queue))
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes events, if there is room now.
    pub(super) fn offer_events(&self, request: Request) -> Result<(), Refused> {
        if request.events.len() <= FEW_MAX {
            return self.offer(Command::Ingest(request));
        }
        self.admit(request, |lanes| &mut lanes.many)
    }

    /// Takes a command, if there is room now.
    pub(super) fn offer(&self, command: Command) -> Result<(), Refused> {
        self.admit(command, |lanes| &mut lanes.short)
    }

    /// Takes something into a lane, if there is room now.
    fn admit<T>(&self, one: T, lane: impl FnOnce(&mut Lanes) -> &mut VecDeque<T>) -> Result<(), Refused> {
        let mut lanes = self.lanes();
        if !lanes.is_open() {
            return Err(Refused::Ended);
        }
        let waiting = lane(&mut lanes);
        if waiting.len() >= self.max {
            return Err(Refused::Full);
        }
        waiting.push_back(one);
        self.rouse(lanes);
        Ok(())
    }

    /// Takes a command as soon as there is room; false when the writer is gone.
    pub(super) fn put(&self, command: Command) -> bool {
        let mut lanes = self.lanes();
        while lanes.is_open() && lanes.short.len() >= self.max {
            lanes.outside += 1;
            lanes = self.emptied.wait(lanes).unwrap_or_else(PoisonError::into_inner);
            lanes.outside -= 1;
        }
        if !lanes.is_open() {
            return false;
        }
        lanes.short.push_back(command);
        self.rouse(lanes);
        true
    }

    /// Wakes the writer, if it waits.
    fn rouse(&self, mut lanes: MutexGuard<'_, Lanes>) {
        let idle = std::mem::take(&mut lanes.idle);
        drop(lanes);
        if idle {
            self.filled.notify_one();
        }
    }

    /// The first short command, for the writer.
    fn pop(&self, lanes: &mut Lanes) -> Option<Command> {
        let command = lanes.short.pop_front();
        if command.is_some() && lanes.outside > 0 {
            self.emptied.notify_one();
        }
        command
    }

    /// Takes nothing more; what waits is still done.
    pub(super) fn close(&self) {
        self.lanes().closing = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }
}

/// The writer's end of a queue.
pub(super) struct Taker(Arc<Queue>);

impl Taker {
    /// What comes next, within a time. `begun`: a large request is done in part; `is_turn_of_many`: something short came last.
    pub(super) fn next(&self, patience: Duration, begun: bool, is_turn_of_many: bool) -> Next {
        let until = Moment::now() + patience;
        let mut lanes = self.0.lanes();
        loop {
            let many = begun || !lanes.many.is_empty();
            if many && (is_turn_of_many || lanes.short.is_empty()) {
                return Next::Many;
            }
            if let Some(command) = self.0.pop(&mut lanes) {
                return Next::Command(command);
            }
            if lanes.closing {
                return Next::Closed;
            }
            let left = until.saturating_duration_since(Moment::now());
            if left.is_zero() {
                return Next::Nothing;
            }
            lanes.idle = true;
            lanes = self.0.filled.wait_timeout(lanes, left).unwrap_or_else(PoisonError::into_inner).0;
            lanes.idle = false;
        }
    }

    /// The next short command, if it is one of these.
    pub(super) fn next_if(&self, wanted: impl FnOnce(&Command) -> bool) -> Option<Command> {
        let mut lanes = self.0.lanes();
        if lanes.short.front().is_some_and(wanted) { self.0.pop(&mut lanes) } else { None }
    }

    /// The next large request.
    pub(super) fn next_many(&self) -> Option<Request> {
        self.0.lanes().many.pop_front()
    }
}

impl Drop for Taker {
    fn drop(&mut self) {
        let mut lanes = self.0.lanes();
        lanes.ended = true;
        let left = (std::mem::take(&mut lanes.short), std::mem::take(&mut lanes.many));
        drop(lanes);
        self.0.emptied.notify_all();
        drop(left);
    }
}
