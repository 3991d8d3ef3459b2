//! The same histories through the whole engine: raw events in, commits to a real file, the file closed and opened again.

use super::{Case, closings, compare};
use crate::oracle::Oracle;
use std::sync::Arc;
use steelyard::compile::program::Scalar;
use steelyard::diagnostic::{Diagnostic, Lang};
use steelyard::engine::{
    About, AlertFilter, DEFAULT_WORKSPACE, Engine, ManualClock, Options, Question, RawEvent, RawValue, Which, Workspace,
};
use steelyard::eval::{Reader, Row};

/// The source of every event; together with its number it makes the row's identity.
pub const SOURCE: &str = "histories";

fn told(diagnostic: Diagnostic) -> String {
    diagnostic.message(Lang::En)
}

/// The event that a row came from.
fn raw(case: &Case, index: usize) -> RawEvent {
    let Row { event, time, revision, values, .. } = &case.rows[index];
    let declared = &case.program.events[*event];
    let value = |scalar: &Scalar| match scalar {
        Scalar::Absent => RawValue::Null,
        Scalar::Number(number) => RawValue::Number(*number),
        Scalar::Text(text) => RawValue::Text(text.to_string()),
        Scalar::Time(instant) => RawValue::Text(instant.to_string()),
        Scalar::Date(day) => RawValue::Text(day.to_string()),
        Scalar::Flag(flag) => RawValue::Flag(*flag),
    };
    let data = declared.fields.iter().zip(values.iter()).map(|(field, scalar)| (field.name.clone(), value(scalar))).collect();
    RawEvent { source: SOURCE.to_owned(), id: index.to_string(), kind: declared.name.clone(), time: Some(*time), revision: *revision, data }
}

fn open(dir: &std::path::Path, clock: &Arc<ManualClock>) -> Result<(Engine, Arc<Workspace>), String> {
    let clock: Arc<ManualClock> = Arc::clone(clock);
    let engine = Engine::open(dir, Options { clock, ..Options::default() }).map_err(told)?;
    let workspace = engine.workspace(DEFAULT_WORKSPACE).ok_or("no workspace")?;
    Ok((engine, workspace))
}

/// Puts the ruleset under a version.
fn put(case: &Case, version: &str, workspace: &Workspace) -> Result<(), String> {
    let put = workspace.put_ruleset(&case.text.replacen(" 1.0.0 {", &format!(" {version} {{"), 1));
    put.map(drop).map_err(|all| all.into_iter().map(told).collect::<Vec<_>>().join("; "))
}

/// Puts and activates the ruleset under a version.
fn activate(case: &Case, version: &str, workspace: &Workspace) -> Result<(), String> {
    put(case, version, workspace)?;
    workspace.activate(&case.program.name, version, None).map_err(told).map(drop)
}

/// Asks the active version, or the one on trial, for everything; the text says what differs from the oracle.
fn compared(case: &mut Case, oracle: &Oracle, workspace: &Workspace, trial: bool) -> Result<(), String> {
    let program = Arc::clone(&case.program);
    let which = if trial { Which::Trial } else { Which::Active };
    for at in compare::instants(case) {
        let question = Question { about: About::Ruleset, ruleset: Some(&program.name), which, at: Some(at), known_at: None };
        workspace.read(&question, |reader| compare::numbers(case, reader, oracle)).map_err(told)??;
        for (formula, when, scope) in compare::some(case, oracle) {
            let read = |reader: &Reader<'_>| reader.number(&formula, when, &scope).map_err(|fault| fault.to_string());
            let (short, long) = (workspace.read_short(&question, read), workspace.read(&question, read).map_err(told)?);
            if short.as_ref().is_some_and(|short| *short != long) {
                return Err(format!("{formula:?} {when:?} {scope:?} at {at}: {long:?}, but {short:?} in a short read"));
            }
        }
    }
    let found = workspace.alerts(&AlertFilter { trial, ..AlertFilter::default() }).map_err(told)?;
    compare::views(case, &found, oracle)
}

/// A version on trial: from which turn on, and from which turn on it counts.
struct Trial {
    from: usize,
    promoted: Option<usize>,
}

/// Runs one history through an engine on disk; the text says what differs.
pub fn run(seed: u64) -> Result<(), String> {
    let mut case = Case::of(seed);
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let clock = Arc::new(ManualClock::new(case.turns[0].now));
    let (mut engine, mut workspace) = open(dir.path(), &clock)?;
    activate(&case, "1.0.0", &workspace)?;
    // A version that comes later counts from what was stored before it.
    let next_version = case.random.percent(50).then(|| case.random.below(case.turns.len()));
    let turns = case.turns.len();
    let trial = case.random.percent(50).then(|| case.random.below(turns)).map(|from| {
        let promoted = case.random.percent(50).then(|| case.random.below(turns)).filter(|at| *at >= from);
        Trial { from, promoted }
    });
    let closes = case.random.percent(50).then(|| case.random.below(turns));
    let (mut closings, mut delivered) = (Vec::new(), Vec::new());
    for (number, turn) in case.turns.clone().iter().enumerate() {
        clock.set(turn.now);
        if next_version == Some(number) {
            activate(&case, "1.1.0", &workspace)?;
        }
        if trial.as_ref().is_some_and(|trial| trial.from == number) {
            put(&case, "1.2.0", &workspace)?;
            workspace.start_trial(&case.program.name, "1.2.0").map_err(told)?;
        }
        if trial.as_ref().is_some_and(|trial| trial.promoted == Some(number)) {
            let activation = workspace.activate(&case.program.name, "1.2.0", None).map_err(told)?;
            if (activation.replayed, activation.skipped) != (0, 0) {
                return Err(format!("a trial was run through the stored events once more: {activation:?}"));
            }
        }
        let events: Vec<RawEvent> = turn.rows.iter().map(|&index| raw(&case, index)).collect();
        let queued = workspace.ingest(events).map_err(|_| "busy")?;
        let report = queued.blocking_recv().map_err(|error| error.to_string())?.map_err(told)?;
        if let Some(refusal) = report.refused.into_iter().next() {
            return Err(format!("event {} was refused: {}", turn.rows[refusal.index], told(refusal.diagnostic)));
        }
        workspace.tick().map_err(told)?;
        delivered.extend_from_slice(&turn.rows);
        if closes == Some(number) {
            closings = closings::close(&case, &workspace, &delivered, turn.now)?;
        }
        if turn.restart {
            engine.close();
            drop((engine, workspace));
            (engine, workspace) = open(dir.path(), &clock)?;
        }
    }
    let program = Arc::clone(&case.program);
    let oracle = Oracle::new(&program, case.rows.iter().cloned());
    let mut outcome = compared(&mut case, &oracle, &workspace, false);
    if trial.is_some_and(|trial| trial.promoted.is_none()) {
        outcome = outcome.and_then(|()| compared(&mut case, &oracle, &workspace, true));
    }
    outcome = outcome.and_then(|()| closings::compare(&case, &workspace, &closings, &oracle, case.last));
    engine.close();
    outcome
}
