//! `given` tables: rows of cells become events.
//!
//! 1. The columns `time`, `id`, `source` and `revision` are the event's own; every other one is a field.
//! 2. Cells stay texts and are typed by the event's declaration, as those of a CSV are; an empty cell is absent.
//! 3. Without an id a row gets one of its own, without a time the clock's.

use crate::compile::program::Program;
use crate::diagnostic::{Diagnostic, Span, Spanned, codes::cli as codes};
use crate::engine::{RawEvent, RawValue};
use crate::syntax::ast::{Given, Ident};
use crate::time::Instant;

/// The events of a table, each with the place of its row, and the rows that are none.
pub(super) struct Read {
    pub events: Vec<(RawEvent, Span)>,
    pub failures: Vec<Diagnostic>,
}

/// Reads a table; `step` is its number within the test.
pub(super) fn events(program: &Program, step: usize, given: &Given, clock: Option<Instant>) -> Read {
    let mut read = Read { events: Vec::with_capacity(given.rows.len()), failures: Vec::new() };
    for (number, row) in given.rows.iter().enumerate() {
        let span = row.iter().map(|cell| cell.span).reduce(Span::to).unwrap_or(given.span);
        let mut event = RawEvent {
            source: "test".to_owned(),
            id: format!("row {step}.{number}"),
            kind: given.event.value.clone(),
            time: clock,
            revision: 0,
            data: Vec::with_capacity(row.len()),
        };
        let mut cells = given.columns.iter().zip(row).filter(|(_, cell)| !cell.value.is_empty());
        match cells.try_for_each(|(column, cell)| set(&mut event, program, column, cell)) {
            Ok(()) if event.time.is_none() => read.failures.push(Diagnostic::new(&codes::NO_CLOCK, span)),
            Ok(()) => read.events.push((event, span)),
            Err(failure) => read.failures.push(failure),
        }
    }
    read
}

fn set(event: &mut RawEvent, program: &Program, column: &Ident, cell: &Spanned<String>) -> Result<(), Diagnostic> {
    match column.value.as_str() {
        "id" => event.id.clone_from(&cell.value),
        "source" => event.source.clone_from(&cell.value),
        "time" => {
            let time = program.zone.parse_local(&cell.value);
            event.time = Some(time.ok_or_else(|| Diagnostic::new(&codes::BAD_TIME, cell.span).arg("text", &cell.value))?);
        }
        "revision" => {
            let revision = cell.value.parse();
            event.revision = revision.map_err(|_| Diagnostic::new(&codes::BAD_REVISION, cell.span).arg("text", &cell.value))?;
        }
        field => event.data.push((field.to_owned(), RawValue::Text(cell.value.clone()))),
    }
    Ok(())
}
