//! A program over events in memory: no store, the same evaluation.
//!
//! 1. [`Replay::add`] types events and drops repeated ones, as ingest does, and lets the state read them.
//! 2. [`Replay::advance`] reads time forward.
//! 3. [`Replay::reader`] reads numbers, [`Replay::alarm`] and [`Replay::state`] the alerts.

mod columns;

use super::event::{IngestReport, RawEvent, Refusal, body_hash, row_id};
use super::shape;
use crate::compile::program::{DimIdx, Program};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{cli, event as codes};
use crate::eval::{Alarm, Bulk, Cells, Fault, Machine, MemoryHistory, Notice, Reader, Row, RowId, Scope, State, Track};
use crate::time::Instant;
use std::collections::HashMap;
use std::sync::Arc;

/// A running program without a store.
#[derive(Debug)]
pub struct Replay {
    program: Arc<Program>,
    state: State,
    history: MemoryHistory,
    /// What each known event said, to tell a repetition from a contradiction.
    bodies: HashMap<RowId, u64>,
    /// The source and id of each event, when they are wanted.
    names: Option<HashMap<RowId, (String, String)>>,
    /// Events that came as columns, on their way to cells.
    bulk: Option<Bulk>,
}

impl Replay {
    /// Before any event.
    pub fn new(program: Arc<Program>) -> Replay {
        let (state, history, bodies) = (State::new(Arc::clone(&program)), MemoryHistory::default(), HashMap::new());
        Replay { state, program, history, bodies, names: None, bulk: None }
    }

    /// Before any event; the names of events are kept for explanations.
    pub fn with_names(program: Arc<Program>) -> Replay {
        Replay { names: Some(HashMap::new()), ..Replay::new(program) }
    }

    /// Takes events and reads time forward to `now`. Later ones wait, however far ahead they are.
    ///
    /// # Errors
    /// When the evaluation broke off; the replay must then be dropped.
    pub fn add(&mut self, events: Vec<RawEvent>, now: Instant) -> Result<IngestReport, Diagnostic> {
        let mut report = IngestReport::default();
        let mut rows = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            match self.row(event, now) {
                Ok(Some(row)) => {
                    self.history.push(row.clone());
                    rows.push(row);
                    report.accepted += 1;
                }
                Ok(None) => report.duplicates += 1,
                Err(diagnostic) => report.refused.push(Refusal { index, diagnostic }),
            }
        }
        self.state.step(rows, now, &self.history).map_err(broken)?;
        Ok(report)
    }

    /// The row of an event; None when it is known already.
    fn row(&mut self, event: &RawEvent, now: Instant) -> Result<Option<Row>, Diagnostic> {
        let (id, body) = (row_id(&event.source, &event.id), body_hash(event));
        match self.bodies.get(&id) {
            Some(known) if *known == body => return Ok(None),
            Some(_) => return Err(Diagnostic::general(&codes::CONFLICT).arg("id", &event.id).arg("source", &event.source)),
            None => {}
        }
        let Some(kind) = self.program.event_named(&event.kind) else {
            return Err(shape::unknown_type(self.program.event_names(), &event.kind));
        };
        let row = shape(&self.program, kind, event, event.time.map_or(now, |time| time.max(now)))?;
        shape::room_in_thing(&self.state, &row)?;
        self.bodies.insert(id, body);
        if let Some(names) = &mut self.names {
            names.insert(id, (event.source.clone(), event.id.clone()));
        }
        Ok(Some(row))
    }

    /// Reads time forward to `now`. Tells what the alerts have to say about it.
    ///
    /// # Errors
    /// When the evaluation broke off; the replay must then be dropped.
    pub fn advance(&mut self, now: Instant) -> Result<Vec<Notice>, Diagnostic> {
        self.state.step(Vec::new(), now, &self.history).map_err(broken)
    }

    /// Reads numbers as of an instant up to which time has been read.
    pub fn reader(&self, at: Instant) -> Reader<'_> {
        Reader { program: &self.program, cells: &self.state, history: &self.history, at }
    }

    /// Everything remembered of an alert at a scope.
    ///
    /// # Errors
    /// When the evaluation broke off.
    pub fn track(&self, rule: usize, scope: &[(DimIdx, Box<str>)]) -> Result<Option<&Track>, Diagnostic> {
        let Some(grouping) = self.program.alerts.get(rule).map(|rule| rule.grouping) else { return Ok(None) };
        let dims = self.program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
        let value = |dim: &DimIdx| scope.iter().find(|(one, _)| one == dim).map(|(_, value)| value.clone());
        let scope = Scope { grouping, values: dims.iter().map(value).collect() };
        let found = self.state.scope(&scope).map_err(broken)?;
        Ok(found.and_then(|(scope, _)| self.state.track(rule, scope)))
    }

    /// What a person sees of an alert at a scope, and since when it is resolved if it has been firing before.
    ///
    /// # Errors
    /// When the evaluation broke off.
    pub fn alarm(&self, rule: usize, scope: &[(DimIdx, Box<str>)]) -> Result<(Alarm, Option<Instant>), Diagnostic> {
        let Some(track) = self.track(rule, scope)? else { return Ok((Alarm::Inactive, None)) };
        let resolved = track.episodes.iter().rev().find(|episode| !episode.withdrawn).and_then(|episode| episode.until);
        Ok((track.steps.last().map_or(Alarm::Inactive, |step| alarm(&step.machine)), resolved))
    }

    /// The source and id of an event, when names are kept.
    pub fn name_of(&self, id: RowId) -> Option<(&str, &str)> {
        self.names.as_ref()?.get(&id).map(|(source, id)| (source.as_str(), id.as_str()))
    }

    /// How many events are known up to an instant, and a hash of what they say: the same whatever their order, however often each
    /// came, and whatever came later.
    pub fn fingerprint(&self, at: Instant) -> (usize, String) {
        let known = |id: RowId| Some((id.0, *self.bodies.get(&id)?));
        let mut all: Vec<(u128, u64)> = self.history.up_to(at).filter_map(known).collect();
        all.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for (id, body) in &all {
            hasher.update(&id.to_be_bytes()).update(&body.to_be_bytes());
        }
        (all.len(), hasher.finalize().to_hex().to_string())
    }

    /// The running state.
    pub fn state(&self) -> &State {
        &self.state
    }
}

/// What a person sees of a machine.
pub fn alarm(machine: &Machine) -> Alarm {
    match (machine.firing, machine.held_since.iter().flatten().min()) {
        (Some((severity, since)), _) => Alarm::Firing(severity, since),
        (None, Some(since)) => Alarm::Pending(*since),
        (None, None) => Alarm::Inactive,
    }
}

fn broken(fault: Fault) -> Diagnostic {
    Diagnostic::general(&cli::TEST_FAULT).reason(&fault)
}
