//! A program after all stored events: of a new version, of one on trial.
//!
//! 1. The log is read day by day ([`backfill`]); nothing is late, so that nothing is computed twice.
//! 2. The blocks of a day become columns where that gives the same ([`columns`]), and rows where it does not.
//! 3. One step a day takes both in the order of time ([`State::grow`]).

mod columns;
#[cfg(test)]
mod tests;

use super::history::{Shelf, end_of_utc_day};
use super::loaded::{Failure, Running};
use crate::compile::program::Program;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::api;
use crate::eval::{Saved, State};
use crate::store::Log;
use crate::time::Instant;
use columns::Intake;
use std::cell::RefCell;
use std::sync::Arc;

/// A program after all stored events.
pub(super) struct Filled {
    /// Its state.
    pub(super) state: State,
    /// All that is to be saved of it.
    pub(super) saved: Saved,
    /// How many events were run through it.
    pub(super) replayed: usize,
    /// How many events of its types it cannot read.
    pub(super) skipped: usize,
}

/// Runs the stored events through a program, a UTC day at a time.
pub(super) fn backfill(
    program: &Arc<Program>,
    log: &Log,
    number: u32,
    shelf: &RefCell<Shelf>,
    now: Instant,
    scopes_max: usize,
) -> Result<Filled, Failure> {
    let mut state = State::new(Arc::clone(program));
    let history = Running::history(program, number, log, &[], shelf);
    let mut intake = Intake::new(program, now);
    let (mut replayed, mut skipped) = (0, 0);
    for day in log.days()? {
        let read = intake.read(log, day)?;
        replayed += read.taken;
        skipped += read.skipped;
        state.grow(intake.columns(), read.rows, end_of_utc_day(day).min(now), &history)?;
        if state.scopes_seen() > scopes_max {
            return Err(Diagnostic::general(&api::SCOPES_ON_ACTIVATION).arg("ruleset", &program.name).arg("limit", scopes_max).into());
        }
    }
    state.step(Vec::new(), now, &history)?;
    let saved = state.take_changes();
    Ok(Filled { state, saved, replayed, skipped })
}
