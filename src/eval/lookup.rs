//! Values of tables: which row counts for a scope on a day.

use super::number::{Number, Why};
use crate::compile::program::{DimIdx, Effective, Key, Lookup, Program, TableRow, Unit};
use crate::time::Day;

/// What was looked up, and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    /// What was asked for.
    pub lookup: Lookup,
    /// The keys; None where the scope has no such dimension.
    pub keys: Vec<Option<Box<str>>>,
    /// The day.
    pub on: Day,
    /// The row that counts, if any.
    pub row: Option<usize>,
}

/// Looks up a value for the dimension values of a scope.
pub(super) fn looked_up(program: &Program, lookup: &Lookup, on: Day, scope: &[(DimIdx, Option<Box<str>>)]) -> LookedUp {
    let key = |key: &Key| match key {
        Key::Dim(dim) => scope.iter().find(|(own, _)| own == dim).and_then(|(_, value)| value.clone()),
        Key::Text(text) => Some(text.clone()),
    };
    let keys: Vec<Option<Box<str>>> = lookup.keys.iter().map(key).collect();
    let wanted: Vec<Option<&str>> = keys.iter().map(Option::as_deref).collect();
    let row = program.tables.get(lookup.table).and_then(|table| table.find(lookup.column, &wanted, Effective::On(on)));
    LookedUp { lookup: lookup.clone(), keys, on, row }
}

impl LookedUp {
    /// The row that counts.
    pub fn found<'p>(&self, program: &'p Program) -> Option<&'p TableRow> {
        program.tables.get(self.lookup.table)?.rows.get(self.row?)
    }

    /// The value.
    pub fn value(&self, program: &Program) -> Number {
        match self.found(program).and_then(|row| row.values.get(self.lookup.column)) {
            Some(value) => Number::Known(value.clone()),
            None => Number::Unknown(Why::NotInTable(self.text(program).into())),
        }
    }

    /// The unit of the value.
    pub fn unit<'p>(&self, program: &'p Program) -> &'p Unit {
        let column = program.tables.get(self.lookup.table).and_then(|table| table.columns.get(self.lookup.column));
        column.map_or(&Unit::Number, |(_, unit)| unit)
    }

    /// The table, the column and the keys in words: `limits.odr [platform: amazon] on 2026-03-01`.
    pub fn text(&self, program: &Program) -> String {
        let Some(table) = program.tables.get(self.lookup.table) else { return String::new() };
        let column = table.columns.get(self.lookup.column).map_or("", |(name, _)| name);
        let name = if table.columns.len() > 1 { format!("{}.{column}", table.name) } else { table.name.clone() };
        let keys = table.keys.iter().zip(&self.keys);
        let keys: Vec<String> = keys.map(|(name, key)| format!("{name}: {}", key.as_deref().unwrap_or("-"))).collect();
        let keys = if keys.is_empty() { String::new() } else { format!(" [{}]", keys.join(", ")) };
        format!("{name}{keys} on {}", self.on)
    }
}
