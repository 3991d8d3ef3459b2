//! The verdict on every event of a commit, and the commit itself.
//!
//! 1. [`Batch::judge`]: known already? declared by whom? typed by every program that declares it? within the limits?
//! 2. Accepted events go to the log and, as rows, to every program that declares their type. A program on trial that cannot
//!    read one does without it: nothing is refused because of a trial, unless nobody else takes the event.
//! 3. [`Loaded::commit_batch`] steps each program and writes all that follows in one transaction.

use super::event::{Arrived, IngestReport, RawEvent, Refusal};
use super::history::{record, utc_day};
use super::known::{Known, Seen};
use super::loaded::{CLOCK, DUE, Entry, Failure, Loaded, Running, SEQ};
use super::notice::{Message, Teller};
use super::shape;
use super::workspace::Shared;
use crate::compile::program::{EventIdx, Program};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::event as codes;
use crate::eval::{Cells, Changes, Row, RowId, Scope};
use crate::store::{Identity, Pending, Store};
use crate::time::Instant;
use std::collections::HashSet;

/// The accepted events of a commit in progress.
pub struct Batch {
    events: Pending,
    /// For each program, the rows of its declared types.
    rows: Vec<Vec<Row>>,
    fresh: Known,
    /// For each program, how many events it does without.
    left_out: Vec<u64>,
    /// For each program near its limit, the scopes that its rows add.
    new_scopes: Vec<Option<HashSet<Scope>>>,
    next_seq: u64,
    scopes_max: usize,
    now: Instant,
}

enum Verdict {
    Accepted,
    Duplicate,
}

impl Batch {
    /// An empty batch at `now`.
    pub fn new(loaded: &Loaded, now: Instant, scopes_max: usize) -> Batch {
        Batch {
            events: Pending::default(),
            rows: vec![Vec::new(); loaded.programs.len()],
            fresh: Known::default(),
            left_out: vec![0; loaded.programs.len()],
            new_scopes: vec![None; loaded.programs.len()],
            next_seq: loaded.next_seq,
            scopes_max,
            now,
        }
    }

    /// Judges the events of one request.
    pub fn take(&mut self, (store, loaded): (&Store, &mut Loaded), events: &[Arrived]) -> Result<IngestReport, Failure> {
        let mut report = IngestReport::default();
        for (index, arrived) in events.iter().enumerate() {
            match self.judge((store, loaded), arrived) {
                Ok(Verdict::Accepted) => report.accepted += 1,
                Ok(Verdict::Duplicate) => report.duplicates += 1,
                Err(Failure::Refused(diagnostic)) => report.refused.push(Refusal { index, diagnostic }),
                Err(broken) => return Err(broken),
            }
        }
        Ok(report)
    }

    fn judge(&mut self, (store, loaded): (&Store, &mut Loaded), arrived: &Arrived) -> Result<Verdict, Failure> {
        let (event, id) = (&arrived.event, arrived.id);
        shape::envelope(event, self.now)?;
        let identity = Identity::of(id.0, arrived.body);
        let seen = match self.fresh.verdict(identity) {
            Ok(Seen::New) | Err(_) => loaded.verdict(store, identity)?,
            Ok(seen) => seen,
        };
        let loaded = &*loaded;
        match seen {
            Seen::New => {}
            Seen::Same => return Ok(Verdict::Duplicate),
            Seen::Other => return Err(Diagnostic::general(&codes::CONFLICT).arg("source", &event.source).arg("id", &event.id).into()),
        }
        let (mut typed, mut left_out) = (Vec::new(), Vec::new());
        for (at, running) in loaded.programs.iter().enumerate() {
            let Some(declared) = running.program.event_named(&event.kind) else { continue };
            match self.row(loaded, (at, running), (declared, id), event) {
                Ok(row) => typed.push((at, row)),
                Err(Failure::Refused(reason)) if running.trial.is_some() => left_out.push((at, reason)),
                Err(failure) => return Err(failure),
            }
        }
        if typed.is_empty() {
            let declared = loaded.programs.iter().flat_map(|running| running.program.event_names());
            let reason = left_out.into_iter().next().map(|(_, reason)| reason);
            return Err(reason.unwrap_or_else(|| shape::unknown_type(declared, &event.kind)).into());
        }
        for (at, _) in left_out {
            if let Some(count) = self.left_out.get_mut(at) {
                *count += 1;
            }
        }
        self.events.push(utc_day(event.time.unwrap_or(self.now)), &record(event, self.next_seq, self.now), identity);
        self.fresh.insert(identity);
        self.next_seq += 1;
        for (at, row) in typed {
            if let Some(rows) = self.rows.get_mut(at) {
                rows.push(row);
            }
        }
        Ok(Verdict::Accepted)
    }

    /// The row of an event for one program, if it has room for it.
    fn row(
        &mut self,
        loaded: &Loaded,
        (at, running): (usize, &Running),
        (declared, id): (EventIdx, RowId),
        event: &RawEvent,
    ) -> Result<Row, Failure> {
        let row = shape::fields(&running.program, declared, event, id, self.now)?;
        shape::room_in_thing(&running.state, &row)?;
        self.within_scopes(loaded, at, &row)?;
        Ok(row)
    }

    /// Refuses a row that would add a scope beyond the limit. Scopes are counted one by one only near the limit.
    fn within_scopes(&mut self, loaded: &Loaded, at: usize, row: &Row) -> Result<(), Failure> {
        let (Some(running), Some(rows), Some(slot)) = (loaded.programs.get(at), self.rows.get(at), self.new_scopes.get_mut(at)) else {
            return Ok(());
        };
        let most = running.scopes + (rows.len() + 1) * running.program.groupings.len();
        if slot.is_none() && most <= self.scopes_max {
            return Ok(());
        }
        let mut seen = match slot.take() {
            Some(seen) => seen,
            None => {
                let mut seen = HashSet::new();
                for earlier in rows {
                    seen.extend(unseen(running, earlier)?);
                }
                seen
            }
        };
        let new: Vec<Scope> = unseen(running, row)?.into_iter().filter(|scope| !seen.contains(scope)).collect();
        let fits = new.is_empty() || running.scopes + seen.len() + new.len() <= self.scopes_max;
        if fits {
            seen.extend(new);
        }
        *slot = Some(seen);
        if fits {
            return Ok(());
        }
        let diagnostic = Diagnostic::general(&codes::TOO_MANY_SCOPES);
        Err(diagnostic.arg("ruleset", &running.program.name).arg("limit", self.scopes_max).into())
    }
}

/// The scopes of a row that its program has not seen.
fn unseen(running: &Running, row: &Row) -> Result<Vec<Scope>, Failure> {
    let mut new = Vec::new();
    for scope in scopes_of(&running.program, row) {
        if running.state.scope(&scope)?.is_none() {
            new.push(scope);
        }
    }
    Ok(new)
}

/// The scopes that a row belongs to: one for every grouping whose dimensions its type has.
fn scopes_of<'a>(program: &'a Program, row: &'a Row) -> impl Iterator<Item = Scope> + 'a {
    let dims = program.events.get(row.event).map_or(&[][..], |event| event.dims.as_slice());
    program.groupings.iter().enumerate().filter_map(move |(grouping, wanted)| {
        let value = |dim| {
            let (_, field) = dims.iter().find(|(one, _)| one == dim)?;
            match row.values.get(*field) {
                Some(crate::compile::program::Scalar::Text(text)) => Some(Some(text.clone())),
                _ => Some(None),
            }
        };
        Some(Scope { grouping, values: wanted.iter().map(value).collect::<Option<_>>()? })
    })
}

impl Loaded {
    /// Steps every program that has rows or whose time has come, and commits it all. Returns whether there is something
    /// to deliver.
    pub fn commit_batch(&mut self, store: &Store, shared: &Shared, mut batch: Batch) -> Result<bool, Failure> {
        let now = batch.now;
        let view = store.view()?;
        let log = view.log()?;
        let mut changed: Vec<(Entry, Changes)> = Vec::new();
        let mut messages: Vec<Message> = Vec::new();
        let mut applied: Vec<(u32, Vec<Row>)> = Vec::new();
        for ((running, rows), left_out) in self.programs.iter_mut().zip(&mut batch.rows).zip(&batch.left_out) {
            let is_due = running.state.next_due().is_some_and(|due| due <= now);
            if rows.is_empty() && !is_due && *left_out == 0 {
                continue;
            }
            let mut pending = std::mem::take(rows);
            pending.sort_by_key(|row| row.time);
            let (program, number) = (std::sync::Arc::clone(&running.program), running.active.program);
            let history = Running::history(&program, number, &log, &pending, &self.shelf);
            let notices = running.state.step(pending.clone(), now, &history)?;
            let teller = Teller { program: &program, ruleset: running.active.ruleset, state: &running.state, history: &history };
            // What a trial has to say is for nobody.
            for notice in notices.iter().filter(|_| running.trial.is_none()) {
                messages.extend(teller.message(notice)?);
            }
            if let Some(trial) = &mut running.trial {
                trial.left_out += left_out;
            }
            let changes = running.changes();
            changed.push((running.entry(), changes));
            applied.push((number, pending));
        }
        if batch.fresh.is_empty() && changed.is_empty() {
            return Ok(false);
        }
        let mut next_block = self.next_block;
        let due = self.programs_due().map_or(i64::MAX, |due| due.0);
        let delivered = store.commit(|tx| {
            tx.append(&batch.events, &mut next_block)?;
            for (entry, changes) in &changed {
                entry.save(tx, changes)?;
            }
            tx.put_number(SEQ, batch.next_seq.cast_signed())?;
            tx.put_number(CLOCK, now.0)?;
            if self.due != Some(due) {
                tx.put_number(DUE, due)?;
            }
            super::post::post(tx, &messages, now)
        })?;
        self.due = Some(due);
        self.next_block = next_block;
        self.next_seq = batch.next_seq;
        self.clock = now;
        self.known.extend(batch.fresh);
        let mut shelf = self.shelf.borrow_mut();
        applied.into_iter().for_each(|(program, rows)| shelf.extend(program, rows));
        drop(shelf);
        shared.publish(self);
        Ok(delivered)
    }
}
