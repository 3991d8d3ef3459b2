//! The rows of a table that count on a day.
//!
//! 1. A row of the text counts when it gives at least one column for its own keys, and no event told a later one for them.
//! 2. What events told counts unless the text has a later row for the same keys; values of one first day are one row.

use super::problem::Answer;
use super::{numbers, reading, wire};
use crate::compile::program::{Effective, Keys, Scalar, Table, TableIdx, TableRow, Unit};
use crate::engine::show::{plain, unit_name};
use crate::engine::{Reader, RowId, ToldRow, ToldValue, Workspace};
use crate::time::{Day, Instant};
use std::collections::BTreeMap;

/// A table as of a day; of what events told, what a key that is bound to dimension values may see.
///
/// # Errors
/// When the store cannot be read.
pub fn show(
    workspace: &Workspace,
    reader: &Reader<'_>,
    (index, table): (TableIdx, &Table),
    (day, bound): (Day, &[(String, String)]),
) -> Answer<wire::Table> {
    let told = reader.told_rows(index, day).map_err(reading::fault)?;
    let written = table.rows.iter().enumerate().filter(|(row, _)| counts(table, *row, &told, day)).map(|(_, row)| show_written(table, row));
    let mut rows: Vec<wire::TableRow> = written.collect();
    let visible = |row: &&ToldRow| {
        let names = |name: &String, value: &String| {
            let place = table.keys.iter().position(|key| key == name);
            place.and_then(|place| row.keys.get(place)?.as_deref()).is_none_or(|own| own == value)
        };
        bound.iter().all(|(name, value)| names(name, value))
    };
    let counting: Vec<(&ToldRow, Vec<(usize, &ToldValue)>)> = told
        .iter()
        .filter(visible)
        .map(|row| (row, (0..table.columns.len()).filter_map(|at| Some((at, told_on(table, row, at, day)?))).collect()))
        .collect();
    let events: Vec<(RowId, Instant)> =
        counting.iter().flat_map(|(_, values)| values).map(|(_, told)| (told.event.1, told.event.0)).collect();
    let names = workspace.names_of(&events)?;
    for (row, values) in counting {
        let mut by_day: BTreeMap<Day, Vec<(usize, &ToldValue)>> = BTreeMap::new();
        values.into_iter().for_each(|(at, told)| by_day.entry(told.from).or_default().push((at, told)));
        rows.extend(by_day.into_iter().map(|(from, values)| show_told(table, row, (from, &values), &names)));
    }
    Ok(wire::Table {
        table: table.name.clone(),
        title: numbers::title(&table.title, &table.name),
        title_zh: table.title.zh.clone(),
        ruleset: numbers::ruleset(reader.program),
        at: day.to_string(),
        units: table.columns.iter().map(|(name, unit)| (name.clone(), unit_name(unit).to_owned())).collect(),
        rows,
    })
}

/// Whether a row of the text gives at least one of its columns on a day.
fn counts(table: &Table, index: usize, told: &[ToldRow], day: Day) -> bool {
    let Some(row) = table.rows.get(index) else { return false };
    let keys: Vec<Option<&str>> = row.keys.iter().map(Option::as_deref).collect();
    let same = told.iter().find(|told| told.keys == row.keys);
    let replaced = |at: usize| {
        let told = same.and_then(|told| told.values.get(at)?.as_ref());
        told.is_some_and(|told| row.from.is_none_or(|from| from <= told.from))
    };
    (0..table.columns.len()).any(|at| table.find(at, &keys, Effective::On(day)) == Some(index) && !replaced(at))
}

/// What was told of a column, unless the text has a later row for the same keys.
fn told_on<'t>(table: &Table, row: &'t ToldRow, at: usize, day: Day) -> Option<&'t ToldValue> {
    let told = row.values.get(at)?.as_ref()?;
    let gives = |one: &&TableRow| one.keys == row.keys && one.values.get(at).is_some_and(|value| *value != Scalar::Absent);
    let later = |one: &TableRow| one.from.is_some_and(|from| told.from < from && from <= day);
    (!table.rows.iter().filter(gives).any(later)).then_some(told)
}

fn show_written(table: &Table, row: &TableRow) -> wire::TableRow {
    wire::TableRow {
        keys: keys(table, &row.keys),
        values: table.columns.iter().zip(&row.values).map(|((name, unit), value)| (name.clone(), written(value, unit))).collect(),
        from: row.from.map(|from| from.to_string()),
        checked: row.checked.map(|day| day.to_string()),
        source: row.source.clone(),
        events: Vec::new(),
    }
}

fn show_told(
    table: &Table,
    row: &ToldRow,
    (from, values): (Day, &[(usize, &ToldValue)]),
    names: &[(RowId, String, String)],
) -> wire::TableRow {
    let of = |at: usize| values.iter().find(|(own, _)| *own == at).map(|(_, told)| *told);
    let columns = table.columns.iter().enumerate();
    let mut told: Vec<(Instant, RowId)> = values.iter().map(|(_, told)| told.event).collect();
    told.sort_unstable();
    told.dedup();
    let event = |(time, id): (Instant, RowId)| {
        let (_, source, id) = names.iter().find(|(own, _, _)| *own == id)?;
        Some(wire::EventRef { source: Some(source.clone()), id: id.clone(), time: time.to_string() })
    };
    wire::TableRow {
        keys: keys(table, &row.keys),
        values: columns.map(|(at, (name, unit))| (name.clone(), of(at).and_then(|told| written(&told.value, unit)))).collect(),
        from: Some(from.to_string()),
        checked: None,
        source: None,
        events: told.into_iter().filter_map(event).collect(),
    }
}

fn keys(table: &Table, keys: &Keys) -> BTreeMap<String, Option<String>> {
    table.keys.iter().cloned().zip(keys.iter().map(|key| key.as_deref().map(str::to_owned))).collect()
}

fn written(value: &Scalar, unit: &Unit) -> Option<String> {
    (*value != Scalar::Absent).then(|| plain(value, unit, true))
}
