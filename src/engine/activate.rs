//! Versions of rulesets, and what happens when another one begins to count.
//!
//! 1. [`Loaded::put_ruleset`] keeps a version for ever as it is.
//! 2. [`Loaded::activate`] runs all stored events through the new program ([`backfill`]).
//! 3. What it would have told about the past is not told. [`carry`](super::carry) compares what fires now with what had
//!    been told under the version before, and only the difference is sent.
//! 4. The new aggregates replace the old ones in one transaction.
//! 5. A version that was on trial has read all events already: its aggregates are taken as they are ([`super::trial`]).

use super::backfill::backfill;
use super::carry::{Carried, carry, resolve_all};
use super::history::Shelf;
use super::loaded::{CLOCK, DUE, Failure, Loaded, Running};
use super::notice::{Message, Teller};
use super::workspace::{Activation, Shared};
use crate::compile::program::{AlertRule, DimIdx, Program};
use crate::diagnostic::codes::api;
use crate::diagnostic::{Diagnostic, Words};
use crate::store::record::rules::{ActiveRecord, RulesetRecord, ScheduleRecord};
use crate::store::{Inhibition, Log, Store};
use crate::time::Instant;
use std::cell::RefCell;

/// An activation up to so long ago counts as now: clocks differ, and requests take their time.
const LATE_S_MAX: i64 = 300;
/// The most active rulesets of a workspace.
const ACTIVE_MAX: usize = 64;

/// The name and version of a ruleset.
pub(super) type Named<'a> = (&'a str, &'a str);

impl Loaded {
    /// Keeps a version. The same text again changes nothing.
    pub fn put_ruleset(&mut self, store: &Store, program: &Program, text: &str, now: Instant) -> Result<(), Failure> {
        if let Some(known) = store.view()?.ruleset(&program.name, &program.version)? {
            if known.hash == program.hash {
                return Ok(());
            }
            let taken = Diagnostic::general(&api::VERSION_TAKEN);
            return Err(taken.arg("name", &program.name).arg("version", &program.version).into());
        }
        let record = RulesetRecord {
            name: program.name.clone(),
            version: program.version.clone(),
            hash: program.hash.clone(),
            title: program.title.en.clone(),
            title_zh: program.title.zh.clone(),
            text: text.to_owned(),
            put_at: now.0,
        };
        Ok(store.commit(|tx| tx.put_ruleset(&record))?)
    }

    /// Makes a version count from `at` on, or from now.
    pub fn activate(
        &mut self,
        store: &Store,
        shared: &Shared,
        (name, version): Named<'_>,
        at: Option<Instant>,
        now: Instant,
    ) -> Result<Activation, Failure> {
        if store.view()?.ruleset(name, version)?.is_none() {
            return Err(Diagnostic::general(&api::UNKNOWN_RULESET).arg("name", name).arg("version", version).into());
        }
        if let Some(at) = at.filter(|at| *at > now) {
            let planned = ScheduleRecord { name: name.to_owned(), version: version.to_owned(), at: at.0 };
            store.commit(|tx| tx.put_schedule(&planned))?;
            self.schedule.retain(|other| other.name != name);
            self.schedule.push(planned);
            shared.publish(self);
            return Ok(Activation { scheduled: Some(at), ..Activation::default() });
        }
        if at.is_some_and(|at| at < now.plus_s(-LATE_S_MAX)) {
            return Err(Diagnostic::general(&api::ACTIVATION_IN_THE_PAST).arg("at", at.unwrap_or(now)).into());
        }
        let (activation, wakes) = self.activate_now(store, shared, (name, version), now)?;
        if wakes {
            shared.wake();
        }
        Ok(activation)
    }

    /// Activates what was planned for an instant that has come. Returns whether there is something to deliver. A plan
    /// that cannot be carried out any more is dropped, with a line in the log.
    pub fn activate_planned(&mut self, store: &Store, shared: &Shared, now: Instant) -> Result<bool, Failure> {
        let mut wakes = false;
        while let Some(planned) = self.schedule.iter().find(|planned| planned.at <= now.0).cloned() {
            match self.activate_now(store, shared, (&planned.name, &planned.version), now) {
                Ok((_, any)) => wakes |= any,
                Err(Failure::Refused(diagnostic)) => {
                    tracing::error!(
                        ruleset = planned.name,
                        version = planned.version,
                        reason = diagnostic.message(crate::diagnostic::Lang::En),
                        "a planned activation was refused"
                    );
                    store.commit(|tx| tx.remove_schedule(&planned.name))?;
                    self.schedule.retain(|other| other.name != planned.name);
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(wakes)
    }

    fn activate_now(
        &mut self,
        store: &Store,
        shared: &Shared,
        (name, version): Named<'_>,
        now: Instant,
    ) -> Result<(Activation, bool), Failure> {
        let view = store.view()?;
        let program = shared.program(&view, name, version)?;
        let n_active = self.programs.iter().filter(|running| running.trial.is_none()).count();
        if self.active_place(name).is_none() && n_active >= ACTIVE_MAX {
            return Err(Diagnostic::general(&api::TOO_MANY_ACTIVE).arg("limit", ACTIVE_MAX).into());
        }
        let log = view.log()?;
        let number = program_number(store)?;
        let filled = match self.promoted(store, (name, version), now)? {
            Some(filled) => filled,
            None => backfill(&program, &log, number, &self.shelf, now, shared.options.scopes_max)?,
        };
        let tried = self.trial_of((name, version));
        let trial = tried.and_then(|at| self.programs.get(at)).map(Running::entry);
        let place = self.active_place(name);
        let before = place.and_then(|at| self.programs.get(at));
        let ruleset = before.map_or(number, |running| running.active.ruleset);
        let Carried { saved, notices, gone } = carry(before, (&program, &filled.state), filled.saved, now);
        let history = Running::history(&program, number, &log, &[], &self.shelf);
        let scopes = saved.scopes.len();
        let mut state = filled.state;
        state.take_over(&saved.tracks, saved.next_episode);
        let mut messages = gone_messages(before, &log, &self.shelf, &gone)?;
        let teller = Teller { program: &program, ruleset, state: &state, history: &history };
        for notice in &notices {
            messages.extend(teller.message(notice)?);
        }
        let active = ActiveRecord {
            name: name.to_owned(),
            ruleset,
            program: number,
            version: version.to_owned(),
            from: now.0,
            clock: saved.clock.0,
            next_episode: saved.next_episode,
        };
        let retired = before.map(|running| running.active.clone());
        let wakes = store.commit(|tx| {
            if let Some(retired) = &retired {
                tx.retire(retired)?;
            }
            if let Some(trial) = &trial {
                trial.drop_from(tx)?;
            }
            tx.save(&active, &saved)?;
            tx.remove_schedule(name)?;
            [(CLOCK, now.0), (DUE, i64::MIN)].iter().try_for_each(|(name, number)| tx.put_number(name, *number))?;
            let released = super::post::inhibit(tx, name, &inhibitions(&program), now)?;
            Ok(super::post::post(tx, &messages, now)? || released)
        })?;
        let running = Running { active, trial: None, program, state, scopes };
        match place.and_then(|at| self.programs.get_mut(at)) {
            Some(slot) => *slot = running,
            None => self.programs.push(running),
        }
        if let Some(tried) = tried {
            self.programs.remove(tried);
        }
        self.schedule.retain(|planned| planned.name != name);
        (self.clock, self.due) = (now, None);
        shared.publish(self);
        Ok((Activation { scheduled: None, replayed: filled.replayed, skipped: filled.skipped }, wakes))
    }

    /// Takes a ruleset out of use.
    pub fn deactivate(&mut self, store: &Store, shared: &Shared, name: &str, now: Instant) -> Result<(), Failure> {
        let not_active = || Diagnostic::general(&api::NOT_ACTIVE).arg("name", name);
        let place = self.active_place(name).ok_or_else(not_active)?;
        let running = self.programs.get(place).ok_or_else(not_active)?;
        let log = store.view()?.log()?;
        let messages = gone_messages(Some(running), &log, &self.shelf, &resolve_all(running, now))?;
        let wakes = store.commit(|tx| {
            tx.retire(&running.active)?;
            tx.remove_schedule(name)?;
            tx.put_number(CLOCK, now.0)?;
            let wakes = super::post::post(tx, &messages, now)?;
            Ok(super::post::inhibit(tx, name, &[], now)? || wakes)
        })?;
        self.programs.remove(place);
        self.schedule.retain(|planned| planned.name != name);
        self.clock = now;
        shared.publish(self);
        if wakes {
            shared.wake();
        }
        Ok(())
    }
}

/// What inhibits what in a program.
fn inhibitions(program: &Program) -> Vec<Inhibition> {
    let named = |dims: &[DimIdx]| dims.iter().filter_map(|dim| program.dims.get(*dim).cloned()).collect();
    let of_rule = |rule: &AlertRule| {
        let lines = rule.inhibitors.iter();
        lines.map(|one| Inhibition { rule: rule.name.clone(), by: one.by.clone(), dims: named(&one.dims) }).collect::<Vec<_>>()
    };
    program.alerts.iter().flat_map(of_rule).collect()
}

/// The messages about alerts of a program that goes out of use.
fn gone_messages(
    before: Option<&Running>,
    log: &Log,
    shelf: &RefCell<Shelf>,
    gone: &[crate::eval::Notice],
) -> Result<Vec<Message>, Failure> {
    let Some(running) = before else { return Ok(Vec::new()) };
    let history = Running::history(&running.program, running.active.program, log, &[], shelf);
    let teller = Teller { program: &running.program, ruleset: running.active.ruleset, state: &running.state, history: &history };
    let mut messages = Vec::new();
    for notice in gone {
        messages.extend(teller.message(notice)?);
    }
    Ok(messages)
}

/// The number of a new program.
pub(super) fn program_number(store: &Store) -> Result<u32, Failure> {
    let number = store.commit(|tx| tx.next_number("program"))?;
    let none_left = |_| Diagnostic::general(&api::NOT_DONE).reason(Words::new("no program number is left", "程序编号已用完"));
    Ok(u32::try_from(number).map_err(none_left)?)
}
