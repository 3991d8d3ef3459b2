//! The amounts of a target that count on a day.
//!
//! 1. What events told by the instant stands behind the lines of the text.
//! 2. The earliest line for a scope and period counts from the first day of the period, the others from theirs.
//! 3. Of the lines for the same scope and period the latest counts, of one first day the last.

use super::problem::Answer;
use super::{numbers, reading, wire};
use crate::compile::program::{Program, Scalar, Target, TargetIdx, TargetRow, Unit};
use crate::engine::show::{plain, unit_name};
use crate::engine::{Reader, RowId, Workspace};
use crate::time::{Day, Instant};

/// A line and the event that told it.
type Line = (TargetRow, Option<(Instant, RowId)>);

/// The lines of a target that count on a day.
///
/// # Errors
/// When the store cannot be read.
pub fn show(workspace: &Workspace, reader: &Reader<'_>, (index, target): (TargetIdx, &Target), day: Day) -> Answer<Vec<wire::TargetRow>> {
    let told = reader.told_amounts(index).map_err(reading::fault)?.into_iter().map(|(row, event)| (row, Some(event)));
    let mut lines: Vec<Line> = target.rows.iter().map(|row| (row.clone(), None)).chain(told).collect();
    let of_one = |a: &TargetRow, b: &TargetRow| a.period == b.period && a.scope.iter().all(|named| b.scope.contains(named));
    let rows: Vec<TargetRow> = lines.iter().map(|(row, _)| row.clone()).collect();
    let first = |row: &TargetRow| row.period.first <= day && !rows.iter().any(|other| of_one(other, row) && other.from < row.from);
    lines.retain(|(row, _)| row.from.is_none_or(|from| from <= day) || first(row));
    let is_last = |(place, (row, _)): &(usize, &Line)| {
        let same = lines.iter().enumerate().filter(|(_, (other, _))| other.scope == row.scope && other.period == row.period);
        same.max_by_key(|(other, (row, _))| (row.from, *other)).is_some_and(|(last, _)| last == *place)
    };
    let counting: Vec<&Line> = lines.iter().enumerate().filter(is_last).map(|(_, line)| line).collect();
    let events: Vec<(RowId, Instant)> = counting.iter().filter_map(|(_, event)| event.map(|(time, id)| (id, time))).collect();
    let names = workspace.names_of(&events)?;
    let event = |(time, id): (Instant, RowId)| {
        let (_, source, id) = names.iter().find(|(own, _, _)| *own == id)?;
        Some(wire::EventRef { source: Some(source.clone()), id: id.clone(), time: time.to_string() })
    };
    let shown = counting.into_iter().map(|(row, told)| show_row(reader.program, target, row, told.and_then(event)));
    Ok(shown.collect())
}

fn show_row(program: &Program, target: &Target, row: &TargetRow, event: Option<wire::EventRef>) -> wire::TargetRow {
    let metric = program.metrics.get(target.metric);
    let unit = metric.map_or(Unit::Number, |metric| metric.unit.clone());
    wire::TargetRow {
        metric: metric.map(|metric| metric.name.clone()).unwrap_or_default(),
        ruleset: numbers::ruleset(program),
        scope: numbers::scope(program, &row.scope),
        period: row.period.to_string(),
        value: plain(&Scalar::Number(row.value), &unit, true),
        unit: unit_name(&unit).to_owned(),
        from: row.from.map(|from| from.to_string()),
        event,
    }
}
