//! Short reads: on the thread that asks, so that nothing is handed over to another one and back.
//!
//! 1. They share one snapshot of the store, with its tables opened, until the next commit ([`Store::latest`]).
//! 2. They wait for nobody: when something is due, the file is being opened, or anything fails, they are none.
//! 3. What they read is counted ([`RECORDS_MAX`]), and no event is looked at.
//!
//! What turns out not to be short is to be asked again by [`Workspace::read`], where it may take its time.
//!
//! [`Store::latest`]: crate::store::Store::latest

use super::read::Question;
use super::workspace::Workspace;
use crate::compile::program::EventIdx;
use crate::eval::{Fault, History, Reader, Row};
use crate::store::Snapshot;
use crate::time::Instant;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The most records of the store that a short read looks at: a year of one aggregate, a quarter of a ms where they are in memory.
const RECORDS_MAX: usize = 400;

/// The events of a short read: to look at them takes long.
struct Elsewhere<'a>(&'a Snapshot<'a>);

impl History for Elsewhere<'_> {
    fn rows(&self, _event: EventIdx, _from: Instant, _to: Instant) -> Result<Vec<Row>, Fault> {
        Err(self.0.end().into())
    }
}

impl Workspace {
    /// Reads numbers in a consistent snapshot, as [`Workspace::read`] does; None when that is not short, or fails.
    pub fn read_short<R>(&self, question: &Question<'_>, answer: impl FnOnce(&Reader<'_>) -> R) -> Option<R> {
        catch_unwind(AssertUnwindSafe(|| self.at_once(question, answer))).ok().flatten()
    }

    fn at_once<R>(&self, question: &Question<'_>, answer: impl FnOnce(&Reader<'_>) -> R) -> Option<R> {
        let now = self.now();
        if question.known_at.is_some() || !self.shared.is_loaded() || self.shared.is_due(now) {
            return None;
        }
        let view = self.store().latest()?;
        let (active, program) = self.choose(&view, question).ok()?;
        let snapshot = view.snapshot(active).within(RECORDS_MAX);
        let history = Elsewhere(&snapshot);
        let at = question.at.unwrap_or(now).min(now);
        let answered = answer(&Reader { program: &program, cells: &snapshot, history: &history, at });
        (!snapshot.is_over()).then_some(answered)
    }
}
