//! `given` tables: rows of cells become events.
//!
//! 1. The columns `time`, `id`, `source` and `revision` are the event's own; `times` says how many events a row stands
//!    for, and a `*` in an id is the number of each; every other column is a field.
//! 2. Cells stay texts and are typed by the event's declaration, as those of a CSV are; an empty cell is absent.
//! 3. Without an id a row gets one of its own, without a time the clock's.

use crate::compile::program::{FieldRole, Program};
use crate::diagnostic::{Diagnostic, Span, Spanned, codes::cli as codes};
use crate::engine::{RawEvent, RawValue, meant_time, plain};
use crate::syntax::ast::{Given, Ident};
use crate::time::{Instant, Zone};

/// How many events a row can stand for.
const TIMES_MAX: usize = 1_000;

/// An event of a table, with the cells that it was made of.
pub(super) struct Placed<'a> {
    pub event: RawEvent,
    columns: &'a [Ident],
    cells: &'a [Spanned<String>],
    row: Span,
}

impl Placed<'_> {
    /// Gives a refusal of the event its place: the cell it is about, or else the row. A near miss gets its fix.
    pub fn blame(&self, refusal: Diagnostic) -> Diagnostic {
        let field = refusal.argument("field");
        let cell = self.columns.iter().zip(self.cells).find(|(column, _)| field == Some(&column.value)).map(|(_, cell)| cell.span);
        let meant = refusal.argument("meant").map(str::to_owned);
        let placed = Diagnostic { span: Some(cell.unwrap_or(self.row)), ..refusal };
        match (cell, meant) {
            (Some(cell), Some(meant)) => placed.fix(cell, meant),
            _ => placed,
        }
    }
}

/// The events of a table, and what is wrong with the rows that are none.
pub(super) struct Read<'a> {
    pub events: Vec<Placed<'a>>,
    pub failures: Vec<Diagnostic>,
}

/// Reads a table; `step` is its number within the test.
pub(super) fn events<'a>(program: &Program, step: usize, given: &'a Given, clock: Option<Instant>) -> Read<'a> {
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
        let is_times = |column: &Ident| column.value == "times" && !has_field(program, &given.event.value, "times");
        let mut times = given.columns.iter().any(is_times).then_some(None);
        let read_cells = cells.try_for_each(|(column, cell)| match is_times(column) {
            true => count(cell).map(|count| times = Some(Some(count))),
            false => set(&mut event, program, column, cell),
        });
        match read_cells {
            Ok(()) if event.time.is_none() => read.failures.push(Diagnostic::new(&codes::NO_CLOCK, span)),
            Ok(()) => {
                let placed = |event| Placed { event, columns: &given.columns, cells: row, row: span };
                match times {
                    None => read.events.push(placed(event)),
                    Some(None) => read.events.push(placed(starred(program, event, 1))),
                    Some(Some(times)) => read.events.extend((1..=times).map(|copy| placed(numbered(program, &event, copy)))),
                }
            }
            Err(failure) => read.failures.push(failure),
        }
    }
    read
}

fn has_field(program: &Program, event: &str, field: &str) -> bool {
    let decl = program.event_named(event).and_then(|event| program.events.get(event));
    decl.is_some_and(|decl| decl.fields.iter().any(|one| one.name == field))
}

/// One of the events that a row stands for: a `*` in an id is its number.
fn numbered(program: &Program, event: &RawEvent, copy: usize) -> RawEvent {
    starred(program, RawEvent { id: format!("{}.{copy}", event.id), ..event.clone() }, copy)
}

/// The event whose ids have this number in place of a `*`.
fn starred(program: &Program, mut event: RawEvent, copy: usize) -> RawEvent {
    let fields = program.event_named(&event.kind).and_then(|event| program.events.get(event)).map_or(&[][..], |decl| &decl.fields);
    for (name, value) in &mut event.data {
        if let RawValue::Text(text) = value
            && fields.iter().any(|field| field.role == FieldRole::Id && field.name == *name)
        {
            *text = text.replace('*', &copy.to_string());
        }
    }
    event
}

/// How many events a row stands for.
fn count(cell: &Spanned<String>) -> Result<usize, Diagnostic> {
    let count = cell.value.parse().ok().filter(|count| (1..=TIMES_MAX).contains(count));
    count.ok_or_else(|| Diagnostic::new(&codes::BAD_TIMES, cell.span).arg("text", &cell.value).arg("limit", TIMES_MAX))
}

fn set(event: &mut RawEvent, program: &Program, column: &Ident, cell: &Spanned<String>) -> Result<(), Diagnostic> {
    match column.value.as_str() {
        "id" => event.id.clone_from(&cell.value),
        "source" => event.source.clone_from(&cell.value),
        "time" => {
            let time = program.zone.parse_local(&cell.value);
            event.time = Some(time.ok_or_else(|| no_time(cell, &program.zone))?);
        }
        "revision" => event.revision = cell.value.parse().map_err(|_| no_revision(cell))?,
        field => event.data.push((field.to_owned(), RawValue::Text(cell.value.clone()))),
    }
    Ok(())
}

/// What is wrong with a text that is no time.
pub(super) fn no_time(text: &Spanned<String>, zone: &Zone) -> Diagnostic {
    let mistake = Diagnostic::new(&codes::BAD_TIME, text.span).arg("text", &text.value);
    match meant_time(&text.value, zone) {
        Some(meant) => mistake.fix(text.span, meant),
        None => mistake,
    }
}

fn no_revision(cell: &Spanned<String>) -> Diagnostic {
    let mistake = Diagnostic::new(&codes::BAD_REVISION, cell.span).arg("text", &cell.value);
    match plain(&cell.value).parse::<i64>() {
        Ok(meant) => mistake.fix(cell.span, meant.to_string()),
        Err(_) => mistake,
    }
}
