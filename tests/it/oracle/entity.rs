//! The states of things, as plainly as possible: at every instant that could matter, all of a thing is computed anew.

use super::rows::value;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use steelyard::compile::program::{Entity, Fold, Keep, Program, RowExpr, Scalar};
use steelyard::engine::row_id;
use steelyard::eval::Row;
use steelyard::time::Instant;

/// A row for each change of each thing. Later rows replace earlier ones.
pub fn states(program: &Program, entity: &Entity, rows: &[Row]) -> Vec<Row> {
    let sources: Vec<&Row> = rows.iter().filter(|row| id_of(entity, row).is_some()).collect();
    let ids: BTreeSet<&Scalar> = sources.iter().filter_map(|row| id_of(entity, row)).filter(|id| **id != Scalar::Absent).collect();
    let mut found: Vec<Row> = Vec::new();
    for id in ids {
        let mut last: Option<Vec<Scalar>> = None;
        for at in instants(entity, &sources) {
            let Some(values) = state(program, entity, &sources, id, at) else { continue };
            if last.as_ref() == Some(&values) {
                continue;
            }
            last = Some(values.clone());
            let id = row_id("oracle", &format!("{} {id:?} {}", entity.event, at.0));
            found.push(Row { event: entity.event, id, time: at, revision: 0, values: values.into() });
        }
    }
    found
}

fn id_of<'r>(entity: &Entity, row: &'r Row) -> Option<&'r Scalar> {
    let (_, field) = entity.sources.iter().find(|(event, _)| *event == row.event)?;
    Some(&row.values[*field])
}

/// Every instant at which a row lies, and every one that lies a constant of the entity away from a time in a row, with
/// its neighbours.
fn instants(entity: &Entity, sources: &[&Row]) -> BTreeSet<Instant> {
    let mut constants = BTreeSet::from([Decimal::ZERO]);
    entity.fields.iter().for_each(|field| constants_in(field, &mut constants));
    let mut instants: BTreeSet<Instant> = sources.iter().map(|row| row.time).collect();
    let times = sources.iter().flat_map(|row| row.values.iter().chain([]).cloned().chain([Scalar::Time(row.time)]));
    for time in times {
        let Scalar::Time(time) = time else { continue };
        for constant in &constants {
            let micros = i64::try_from((constant * Decimal::from(1_000_000)).trunc().mantissa()).unwrap();
            for near in [time.0 + micros, time.0 - micros] {
                instants.extend([Instant(near - 1), Instant(near), Instant(near + 1)]);
            }
        }
        let mut deadlines = Vec::new();
        entity.fields.iter().for_each(|field| super::work::deadlines(field, time, &mut deadlines));
        instants.extend(deadlines);
    }
    instants
}

fn constants_in(expr: &RowExpr, found: &mut BTreeSet<Decimal>) {
    match expr {
        RowExpr::Const(Scalar::Number(number)) => drop(found.insert(*number)),
        RowExpr::Const(_) | RowExpr::Field(_) | RowExpr::Time | RowExpr::Due(_) | RowExpr::Worked(_) => {}
        RowExpr::Lookup(lookup) => {
            for row in &lookup.table.rows {
                constants_in(&RowExpr::Const(row.values[lookup.column].clone()), found);
            }
        }
        RowExpr::Negate(a) | RowExpr::Not(a) | RowExpr::StartsWith(a, _) | RowExpr::In(a, _) | RowExpr::IsAbsent(a) => {
            constants_in(a, found)
        }
        RowExpr::Arith(_, a, b) | RowExpr::Compare(_, a, b) | RowExpr::And(a, b) | RowExpr::Or(a, b) | RowExpr::Else(a, b) => {
            constants_in(a, found);
            constants_in(b, found);
        }
    }
}

/// The events of a thing that count at an instant.
pub fn events<'r>(program: &Program, entity: &Entity, rows: impl Iterator<Item = &'r Row>, id: &Scalar, at: Instant) -> Vec<&'r Row> {
    let seen: Vec<&Row> = rows.filter(|row| row.time <= at && id_of(entity, row).is_some()).collect();
    let mut best: BTreeMap<(usize, Vec<Scalar>), &Row> = BTreeMap::new();
    let mut events: Vec<&Row> = Vec::new();
    for row in seen {
        let keys = &program.events[row.event].replaces_by;
        if keys.is_empty() {
            events.push(row);
            continue;
        }
        let rank = |row: &Row| (row.revision, row.time, row.id);
        let winner = best.entry((row.event, keys.iter().map(|&field| row.values[field].clone()).collect())).or_insert(row);
        if rank(row) > rank(winner) {
            *winner = row;
        }
    }
    events.extend(best.into_values());
    events.retain(|row| id_of(entity, row) == Some(id));
    events
}

/// All of a thing at an instant; None before its first event.
fn state(program: &Program, entity: &Entity, sources: &[&Row], id: &Scalar, at: Instant) -> Option<Vec<Scalar>> {
    if !sources.iter().any(|row| row.time <= at && id_of(entity, row) == Some(id)) {
        return None;
    }
    let mut events = events(program, entity, sources.iter().copied(), id, at);
    // A thing of another entity stands where it began.
    let began = |row: &Row| match (program.events[row.event].entity, row.values.get(1)) {
        (Some(_), Some(Scalar::Time(began))) => *began,
        _ => row.time,
    };
    events.sort_by_key(|row| (began(row), row.id));
    let first = events.first().map_or(Scalar::Absent, |row| Scalar::Time(began(row)));
    let mut values = vec![id.clone(), first];
    values.extend(entity.fields.iter().map(|_| Scalar::Absent));
    let first_fold = values.len();
    values.extend(entity.folds.iter().map(|_| Scalar::Absent));
    let mut row = Row { event: entity.event, id: row_id("", ""), time: at, revision: 0, values: values.into() };
    for (index, fold) in entity.folds.iter().enumerate() {
        for (place, field) in entity.fields.iter().enumerate() {
            let found = value(field, &row);
            std::sync::Arc::make_mut(&mut row.values)[2 + place] = found;
        }
        let near = events.iter().copied().filter(|event| match (fold.within, fold.within.map(|within| &row.values[within.field])) {
            (Some(within), Some(Scalar::Time(time))) => {
                let length = i64::try_from(within.length_s).unwrap();
                let distance = if within.before { time.0 - began(event).0 } else { began(event).0 - time.0 };
                distance > 0 && distance <= length * 1_000_000
            }
            (Some(_), _) => false,
            (None, _) => true,
        });
        let near: Vec<&Row> = near.collect();
        let found = gather(fold, &near);
        std::sync::Arc::make_mut(&mut row.values)[first_fold + index] = found;
    }
    for (place, field) in entity.fields.iter().enumerate() {
        let found = value(field, &row);
        std::sync::Arc::make_mut(&mut row.values)[2 + place] = found;
    }
    Some(row.values[..2 + entity.fields.len()].to_vec())
}

fn gather(fold: &Fold, events: &[&Row]) -> Scalar {
    let passes = |row: &&&Row| fold.filter.as_ref().is_none_or(|filter| value(filter, row) == Scalar::Flag(true));
    let values: Vec<Scalar> = events
        .iter()
        .filter(|row| row.event == fold.event)
        .filter(passes)
        .map(|row| fold.arg.as_ref().map_or(Scalar::Flag(true), |arg| value(arg, row)))
        .filter(|value| *value != Scalar::Absent)
        .collect();
    let edge = |value: Option<&Scalar>| value.cloned().unwrap_or(Scalar::Absent);
    match fold.keep {
        Keep::First => edge(values.first()),
        Keep::Last => edge(values.last()),
        Keep::Min => edge(values.iter().min()),
        Keep::Max => edge(values.iter().max()),
        Keep::Sum => {
            let number = |value: &Scalar| if let Scalar::Number(number) = value { *number } else { Decimal::ZERO };
            Scalar::Number(values.iter().map(number).sum::<Decimal>().normalize())
        }
        _ => Scalar::Number(Decimal::from(values.len())),
    }
}
