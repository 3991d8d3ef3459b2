//! Trials (试运行): a version of a ruleset runs beside the active one, on the same events, and sends nothing.
//!
//! 1. [`Loaded::start_trial`] runs all stored events through the version, as an activation does, and keeps it beside the
//!    active one. Nobody had been told of its alerts, and nobody is.
//! 2. From then on every commit steps it with the others ([`Loaded::commit_batch`]). An event that it cannot read is left out
//!    and counted; the event is not refused because of it.
//! 3. [`Loaded::end_trial`] drops it. An activation of its version takes its state as it is ([`Loaded::promoted`]), unless
//!    events were left out: then the stored events are run through it once more.

use super::activate::{Named, program_number};
use super::backfill::{Filled, backfill};
use super::loaded::{DUE, Failure, Loaded, Running, Trial};
use super::workspace::{Activation, Shared};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{api, close as codes};
use crate::eval::State;
use crate::store::Store;
use crate::store::record::rules::ActiveRecord;
use crate::time::Instant;
use std::sync::Arc;

/// The most trials of a workspace: each costs as much as an active ruleset.
const TRIALS_MAX: usize = 8;

impl Loaded {
    /// Lets a version run beside the active one from now on.
    pub fn start_trial(&mut self, store: &Store, shared: &Shared, (name, version): Named<'_>, now: Instant) -> Result<Activation, Failure> {
        let view = store.view()?;
        if view.ruleset(name, version)?.is_none() {
            return Err(Diagnostic::general(&api::UNKNOWN_RULESET).arg("name", name).arg("version", version).into());
        }
        self.may_be_tried((name, version))?;
        let (program, log) = (shared.program(&view, name, version)?, view.log()?);
        let number = program_number(store)?;
        let filled = backfill(&program, &log, number, &self.shelf, now, shared.options.scopes_max)?;
        let (state, scopes) = (filled.state, filled.saved.scopes.len());
        let active = ActiveRecord {
            name: name.to_owned(),
            ruleset: number,
            program: number,
            version: version.to_owned(),
            from: now.0,
            clock: filled.saved.clock.0,
            next_episode: filled.saved.next_episode,
        };
        let running = Running { active, trial: Some(Trial::default()), program, state, scopes };
        let entry = running.entry();
        store.commit(|tx| {
            tx.put_number(DUE, i64::MIN)?;
            entry.save(tx, &filled.saved)
        })?;
        self.due = None;
        self.programs.push(running);
        Ok(Activation { scheduled: None, replayed: filled.replayed, skipped: filled.skipped })
    }

    /// Refuses what counts already, a second trial of a ruleset, and too many.
    fn may_be_tried(&self, (name, version): Named<'_>) -> Result<(), Diagnostic> {
        let version_at = |place: Option<usize>| place.and_then(|at| self.programs.get(at)).map(|running| running.active.version.as_str());
        if version_at(self.active_place(name)) == Some(version) {
            return Err(Diagnostic::general(&codes::TRIAL_OF_ACTIVE).arg("name", name).arg("version", version));
        }
        if let Some(other) = version_at(self.trial_place(name)) {
            return Err(Diagnostic::general(&codes::ON_TRIAL).arg("name", name).arg("version", other));
        }
        if self.programs.iter().filter(|running| running.trial.is_some()).count() >= TRIALS_MAX {
            return Err(Diagnostic::general(&codes::TOO_MANY_TRIALS).arg("limit", TRIALS_MAX));
        }
        Ok(())
    }

    /// Where the trial of just this version is.
    pub fn trial_of(&self, (name, version): Named<'_>) -> Option<usize> {
        let is_it = |place: &usize| self.programs.get(*place).is_some_and(|running| running.active.version == version);
        self.trial_place(name).filter(is_it)
    }

    /// Ends the trial of a version.
    pub fn end_trial(&mut self, store: &Store, (name, version): Named<'_>) -> Result<(), Failure> {
        let none = || Diagnostic::general(&codes::NOT_ON_TRIAL).arg("name", name).arg("version", version);
        let place = self.trial_of((name, version)).ok_or_else(none)?;
        let entry = self.programs.remove(place).entry();
        Ok(store.commit(|tx| entry.drop_from(tx))?)
    }

    /// The state of a version after all stored events, when it is on trial and has read them all.
    pub fn promoted(&mut self, store: &Store, named: Named<'_>, now: Instant) -> Result<Option<Filled>, Failure> {
        let place = self.trial_of(named);
        let Some(running) = place.and_then(|at| self.programs.get_mut(at)) else { return Ok(None) };
        if running.trial.is_some_and(|trial| trial.left_out > 0) {
            return Ok(None);
        }
        let (program, number) = (Arc::clone(&running.program), running.active.program);
        let log = store.view()?.log()?;
        let history = Running::history(&program, number, &log, &[], &self.shelf);
        running.state.step(Vec::new(), now, &history)?;
        let changes = running.changes();
        let entry = running.entry();
        store.commit(|tx| entry.save(tx, &changes))?;
        let saved = store.view()?.snapshot(running.active.clone()).load()?;
        let state = State::restore(Arc::clone(&program), saved.clone(), &history)?;
        Ok(Some(Filled { state, saved, replayed: 0, skipped: 0 }))
    }
}
