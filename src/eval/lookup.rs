//! Values of tables: which row counts for a scope on a day.
//!
//! 1. Of the rows of the text that match, the most specific one counts, and of those the latest ([`written`]).
//! 2. Of the rows that events told by the instant, the same ([`told_for`]): whatever keys a matching row may name are looked
//!    for, the most specific first.
//! 3. Of the two the more specific one counts, then the later one; what was told for a day wins over what was written for it.

use super::formula::Aggregates;
use super::number::{Number, Why};
use super::told::ToldValue;
use super::{Fault, Scope};
use crate::compile::program::{ANY, DimIdx, Effective, Key, Keys, LeafIdx, Lookup, Program, TableRow, ToldRows, Unit};
use crate::time::Day;
use std::cmp::Reverse;

/// What was looked up, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    /// What was asked for.
    pub lookup: Lookup,
    /// The keys; None where the scope has no such dimension.
    pub keys: Vec<Option<Box<str>>>,
    /// The day.
    pub on: Day,
    /// The row of the text that counts, if any.
    pub row: Option<usize>,
    /// What an event told that counts instead, if any.
    pub told: Option<ToldValue>,
}

/// How specific a row is; the least is the most specific. Of as many keys those that are named first in the table win.
type Rank = (Reverse<usize>, Vec<usize>);

/// Looks up a value for the scope of the aggregates.
pub(super) fn looked_up<A: Aggregates>(program: &Program, source: &mut A, lookup: &Lookup, on: Day) -> Result<LookedUp, Fault> {
    let mut looked = written(program, lookup, on, &source.scope());
    let Some(table) = program.tables.get(lookup.table) else { return Ok(looked) };
    let leaf = |told: &ToldRows| told.leaves.get(lookup.column).copied().flatten();
    let Some((told, leaf)) = table.told.as_ref().and_then(|told| Some((told, leaf(told)?))) else { return Ok(looked) };
    let Some((rank, value)) = told_for(source, (told, leaf), &looked.keys, on)? else { return Ok(looked) };
    let row = looked.row.and_then(|row| table.rows.get(row));
    let beats = row.is_none_or(|row| {
        let fixed = row.fixed();
        let written: Rank = (Reverse(fixed.len()), fixed);
        rank < written || rank == written && row.from.is_none_or(|from| from <= value.from)
    });
    looked.told = Some(value).filter(|_| beats);
    Ok(looked)
}

/// Looks up a value among the rows of the text.
pub(super) fn written(program: &Program, lookup: &Lookup, on: Day, scope: &[(DimIdx, Option<Box<str>>)]) -> LookedUp {
    let key = |key: &Key| match key {
        Key::Dim(dim) => scope.iter().find(|(own, _)| own == dim).and_then(|(_, value)| value.clone()),
        Key::Text(text) => Some(text.clone()),
    };
    let keys: Vec<Option<Box<str>>> = lookup.keys.iter().map(key).collect();
    let wanted: Vec<Option<&str>> = keys.iter().map(Option::as_deref).collect();
    let row = program.tables.get(lookup.table).and_then(|table| table.find(lookup.column, &wanted, Effective::On(on)));
    LookedUp { lookup: lookup.clone(), keys, on, row, told: None }
}

/// The most specific value that was told for some keys up to a day, the latest of it.
fn told_for<A: Aggregates>(
    source: &mut A,
    (told, leaf): (&ToldRows, LeafIdx),
    keys: &[Option<Box<str>>],
    on: Day,
) -> Result<Option<(Rank, ToldValue)>, Fault> {
    let dims = told.dims();
    let mut best: Option<(Rank, ToldValue)> = None;
    for (rank, named) in matching(told, keys) {
        if best.as_ref().is_some_and(|(known, _)| *known < rank) {
            break;
        }
        let value = |dim: &DimIdx| {
            let place = told.keys.iter().position(|key| key.is_some_and(|(own, _)| own == *dim));
            place.and_then(|place| named.get(place).cloned().flatten())
        };
        let scope = Scope { grouping: told.grouping, values: dims.iter().map(value).collect() };
        let found = source.told(leaf, &scope, on)?;
        let later = found.filter(|found| best.as_ref().is_none_or(|(_, known)| (known.from, known.event) < (found.from, found.event)));
        best = later.map(|value| (rank, value)).or(best);
    }
    Ok(best)
}

/// What told rows that match may name as their keys, the most specific first. An open key is left out, or says [`ANY`].
fn matching(told: &ToldRows, keys: &[Option<Box<str>>]) -> Vec<(Rank, Keys)> {
    let mut found: Vec<(Vec<usize>, Keys)> = vec![(Vec::new(), Vec::new())];
    for (place, (key, own)) in keys.iter().zip(&told.keys).enumerate() {
        let mut longer = Vec::with_capacity(found.len());
        for (fixed, named) in found {
            let with = |value: Option<Box<str>>| [&named[..], &[value]].concat();
            if let (Some(_), Some(_)) = (key, own) {
                longer.push(([&fixed[..], &[place]].concat(), with(key.clone())));
            }
            if own.is_none_or(|(_, optional)| optional) {
                longer.push((fixed.clone(), with(None)));
            }
            if own.is_some() {
                longer.push((fixed.clone(), with(Some(ANY.into()))));
            }
        }
        found = longer;
    }
    let mut ranked: Vec<_> = found.into_iter().map(|(fixed, named)| ((Reverse(fixed.len()), fixed), named)).collect();
    ranked.sort_unstable();
    ranked
}

impl LookedUp {
    /// The row of the text that counts.
    pub fn found<'p>(&self, program: &'p Program) -> Option<&'p TableRow> {
        program.tables.get(self.lookup.table)?.rows.get(self.row.filter(|_| self.told.is_none())?)
    }

    /// From which day on the row counts that does; None for always.
    pub fn from(&self, program: &Program) -> Option<Day> {
        self.told.as_ref().map(|told| told.from).or_else(|| self.found(program)?.from)
    }

    /// The value.
    pub fn value(&self, program: &Program) -> Number {
        let written = || self.found(program).and_then(|row| row.values.get(self.lookup.column));
        match self.told.as_ref().map(|told| &told.value).or_else(written) {
            Some(value) => Number::Known(value.clone()),
            None => Number::Unknown(Why::NotInTable(self.name(program).into(), self.on)),
        }
    }

    /// The unit of the value.
    pub fn unit<'p>(&self, program: &'p Program) -> &'p Unit {
        let column = program.tables.get(self.lookup.table).and_then(|table| table.columns.get(self.lookup.column));
        column.map_or(&Unit::Number, |(_, unit)| unit)
    }

    /// The table, the column and the keys: `limits.odr [platform: amazon]`.
    pub fn name(&self, program: &Program) -> String {
        let Some(table) = program.tables.get(self.lookup.table) else { return String::new() };
        let column = table.columns.get(self.lookup.column).map_or("", |(name, _)| name);
        let name = if table.columns.len() > 1 { format!("{}.{column}", table.name) } else { table.name.clone() };
        let keys = table.keys.iter().zip(&self.keys);
        let keys: Vec<String> = keys.map(|(name, key)| format!("{name}: {}", key.as_deref().unwrap_or("-"))).collect();
        let keys = if keys.is_empty() { String::new() } else { format!(" [{}]", keys.join(", ")) };
        format!("{name}{keys}")
    }

    /// The same with the day: `limits.odr [platform: amazon] on 2026-03-01`.
    pub fn text(&self, program: &Program) -> String {
        format!("{} on {}", self.name(program), self.on)
    }
}
