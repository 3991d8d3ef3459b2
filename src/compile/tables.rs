//! Tables: their rows, and lookups in them.
//!
//! 1. The columns are told apart: keys, `from`, `checked`, `source`, and values; each column of values has one unit.
//! 2. Two rows that could both be the most specific one for the same keys are a mistake ([`Compiler::ambiguous`]), so that
//!    a lookup never has to choose.
//! 3. A formula finds the table and the column of a lookup here ([`resolve`]).

use super::aggregate::one_line;
use super::formula::FormulaPlace;
use super::names::Names;
use super::plan::Scope;
use super::program::{Formula, Key, Keys, Metric, Reach, Scalar, Table, TableIdx, TableRow, Unit};
use super::references::Kind;
use super::units::{Type, like};
use super::{Compiler, Seen, texts};
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::codes::data;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{self, Ident, Item, TableCell};
use crate::time::{Day, Instant};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The most keys of a table: which of them a row fixes is told apart.
const KEYS_MAX: usize = 8;

/// The days of a year, after which a row should be checked again.
pub(super) const YEAR_DAYS: i32 = 365;

/// What a column is for.
#[derive(Clone, Copy, PartialEq)]
enum Column {
    Key(usize),
    From,
    Checked,
    Source,
    Value(usize),
}

impl Compiler<'_> {
    /// Compiles the tables into the names.
    pub(super) fn tables(&mut self, file: &ast::File) {
        for item in &file.items {
            let Item::Table(table) = item else { continue };
            let before = self.errors.len();
            let compiled = self.table(table);
            self.whole &= compiled.is_some();
            let Some(compiled) = compiled.filter(|_| self.errors.len() == before) else { continue };
            // Of two tables of one name the first one is meant.
            if let Some(known @ None) = self.names.tables.get_mut(&table.name.value) {
                *known = Some(self.names.table_list.len());
                self.names.table_list.push(Arc::new(compiled));
            }
        }
    }

    fn table(&mut self, table: &ast::Table) -> Option<Table> {
        let columns = self.table_columns(table)?;
        let names = table.columns.iter().zip(&columns).filter(|(_, column)| matches!(column, Column::Value(_)));
        let names: Vec<&Ident> = names.map(|(ident, _)| ident).collect();
        let mut units: Vec<Option<Type>> = vec![None; names.len()];
        let mut whole = true;
        let mut rows = Vec::with_capacity(table.rows.len());
        for cells in &table.rows {
            let mut row = TableRow {
                keys: vec![None; table.by.len()],
                from: None,
                from_at: Instant(i64::MIN),
                values: vec![Scalar::Absent; names.len()],
                checked: None,
                source: None,
            };
            for (cell, column) in cells.iter().zip(&columns) {
                whole &= self.cell(cell, *column, &names, &mut units, &mut row).is_some();
            }
            rows.push(row);
        }
        let keys: Vec<String> = table.by.iter().map(|key| key.value.clone()).collect();
        // Two rows are told of once, whatever columns they both give.
        let mut told = BTreeSet::new();
        for (column, ident) in names.iter().enumerate() {
            self.twice(table, &rows, (column, &ident.value), &mut told);
            self.ambiguous(table, &rows, (column, &ident.value), &mut told);
        }
        let unit = |ty: &Option<Type>| ty.as_ref().map_or(Unit::Number, Type::unit);
        let columns = names.iter().zip(&units).map(|(ident, ty)| (ident.value.clone(), unit(ty))).collect();
        whole.then(|| Table::new(table.name.value.clone(), texts(&table.title, &table.name.value), keys, columns, rows))
    }

    /// What each column is for.
    fn table_columns(&mut self, table: &ast::Table) -> Option<Vec<Column>> {
        let mut seen = Seen::default();
        for key in &table.by {
            let own = matches!(key.value.as_str(), "from" | "checked" | "source");
            if own {
                self.errors.push(Diagnostic::new(&data::TABLE_KEY_OWN, key.span).arg("name", &key.value));
            } else if seen.add(key, &mut self.errors)
                && !table.columns.is_empty()
                && !table.columns.iter().any(|one| one.value == key.value)
            {
                let diagnostic = Diagnostic::new(&data::TABLE_KEY_COLUMN, key.span).arg("name", &key.value);
                self.errors.push(diagnostic.arg("table", &table.name.value));
            }
        }
        if let Some(key) = table.by.get(KEYS_MAX) {
            self.errors.push(super::limits::too_many(Words::new("keys", "键"), KEYS_MAX, key.span));
            return None;
        }
        let mut n_values = 0;
        let column = |column: &Ident| match (table.by.iter().position(|key| key.value == column.value), column.value.as_str()) {
            (Some(key), _) => Column::Key(key),
            (None, "from") => Column::From,
            (None, "checked") => Column::Checked,
            (None, "source") => Column::Source,
            (None, _) => {
                n_values += 1;
                Column::Value(n_values - 1)
            }
        };
        let columns: Vec<Column> = table.columns.iter().map(column).collect();
        if n_values == 0 && !columns.is_empty() {
            self.errors.push(Diagnostic::new(&data::TABLE_NO_VALUES, table.name.span).arg("table", &table.name.value));
        }
        (n_values > 0).then_some(columns)
    }

    /// Puts a cell into its row; None when it is wrong.
    fn cell(&mut self, cell: &TableCell, column: Column, names: &[&Ident], units: &mut [Option<Type>], row: &mut TableRow) -> Option<()> {
        let (text, span) = (cell.text.value.as_str(), cell.text.span);
        if text.is_empty() {
            return Some(());
        }
        match column {
            Column::Key(key) => {
                let slot = row.keys.get_mut(key).filter(|_| text != "*");
                slot.into_iter().for_each(|slot| *slot = Some(text.into()));
            }
            Column::Source => row.source = Some(text.to_owned()),
            Column::Checked => row.checked = Some(self.table_day(text, span)?),
            Column::From => {
                let day = self.table_day(text, span)?;
                (row.from, row.from_at) = (Some(day), self.names.zone.start_of(day));
            }
            Column::Value(value) => {
                let (constant, ty) = FormulaPlace::constants(&self.names, &mut self.errors, self.text).constant(cell.value.as_ref()?)?;
                let known = units.get_mut(value)?;
                let common = known.as_ref().map_or(Some(ty.clone()), |known| like(known, &ty));
                let Some(common) = common else {
                    let left = known.as_ref().map(Type::name).unwrap_or_default();
                    let diagnostic = Diagnostic::new(&data::TABLE_UNITS, span).arg("name", &names.get(value)?.value);
                    self.errors.push(diagnostic.arg("left", left).arg("right", ty.name()));
                    return None;
                };
                *known = Some(common);
                *row.values.get_mut(value)? = constant;
            }
        }
        Some(())
    }

    fn table_day(&mut self, text: &str, span: Span) -> Option<Day> {
        let day = Day::parse(text);
        if day.is_none() {
            self.errors.push(Diagnostic::new(&codes::BAD_DATE, span).arg("text", text));
        }
        day
    }

    /// Reports rows of one key and one date that give the same column.
    fn twice(&mut self, table: &ast::Table, rows: &[TableRow], (column, name): (usize, &str), told: &mut BTreeSet<(usize, usize)>) {
        let mut seen: HashMap<(&Keys, Option<Day>), usize> = HashMap::new();
        for (idx, row) in giving(rows, column) {
            let Some(first) = seen.insert((&row.keys, row.from), idx).filter(|first| told.insert((*first, idx))) else { continue };
            let (Some(place), Some(other)) = (place(table, idx), place(table, first)) else { continue };
            let diagnostic = Diagnostic::new(&data::TABLE_TWICE, place).arg("key", key_text(table, &row.keys)).arg("name", name);
            self.errors.push(diagnostic.related(other, "the other row", "另一行"));
        }
    }

    /// Reports rows that match the same keys and of which none is more specific, unless a third row settles it.
    fn ambiguous(&mut self, table: &ast::Table, rows: &[TableRow], (column, name): (usize, &str), told: &mut BTreeSet<(usize, usize)>) {
        let mut by_fixed: BTreeMap<Vec<usize>, Vec<(usize, &TableRow)>> = BTreeMap::new();
        let mut earliest: HashMap<&Keys, Instant> = HashMap::new();
        for (idx, row) in giving(rows, column) {
            by_fixed.entry(row.fixed()).or_default().push((idx, row));
            let from = earliest.entry(&row.keys).or_insert(row.from_at);
            *from = row.from_at.min(*from);
        }
        let within = |a: &[usize], b: &[usize]| a.iter().all(|key| b.contains(key));
        for (place_of_a, (a_keys, a_rows)) in by_fixed.iter().enumerate() {
            for (b_keys, b_rows) in by_fixed.iter().skip(place_of_a + 1).filter(|(b, _)| !within(a_keys, b) && !within(b, a_keys)) {
                let common: Vec<usize> = a_keys.iter().copied().filter(|key| b_keys.contains(key)).collect();
                let shared = |row: &TableRow| common.iter().map(|key| row.keys.get(*key).cloned().flatten()).collect::<Vec<_>>();
                let mut matching: HashMap<Keys, Vec<(usize, &TableRow)>> = HashMap::new();
                a_rows.iter().for_each(|(idx, row)| matching.entry(shared(row)).or_default().push((*idx, *row)));
                for (b_idx, b) in b_rows {
                    let settled = |a: &TableRow| earliest.get(&both(a, b)).is_some_and(|from| *from <= a.from_at.max(b.from_at));
                    let Some((a_idx, a)) = matching.get(&shared(b)).into_iter().flatten().find(|(_, a)| !settled(a)) else { continue };
                    let ((first, row), (second, other)) = if a_idx < b_idx { ((a_idx, a), (b_idx, b)) } else { ((b_idx, b), (a_idx, a)) };
                    let (Some(before), Some(here)) = (place(table, *first), place(table, *second)) else { continue };
                    if told.insert((*first, *second)) {
                        let diagnostic = Diagnostic::new(&data::TABLE_AMBIGUOUS, here).arg("key", key_text(table, &both(a, b)));
                        let diagnostic = diagnostic.arg("row", key_text(table, &row.keys)).arg("other", key_text(table, &other.keys));
                        let joint = both(a, b);
                        let later = giving(rows, column).filter(|(_, row)| row.keys == joint).filter_map(|(_, row)| row.from).min();
                        let diagnostic = diagnostic.words("before", later.map_or_else(Words::default, counting_before));
                        self.errors.push(diagnostic.arg("name", name).related(before, "the other row", "另一行"));
                    }
                }
            }
        }
    }

    /// Reports lookups whose keys, and ledgers whose accounts, a scope does not tell.
    pub(super) fn looked_up_within(&mut self, scope: &Scope, formula: &Formula, metrics: &[Metric], span: Span) {
        self.accounts_within(scope, formula, metrics, span);
        for (lookup, dims) in Reach::of((metrics, &[]), [formula], &scope.dims).lookups {
            let Some(table) = self.names.table_list.get(lookup.table).cloned() else { continue };
            for (place, key) in lookup.keys.iter().enumerate() {
                let Key::Dim(dim) = key else { continue };
                let open = |row: &TableRow| row.keys.get(place).is_some_and(Option::is_none);
                let given = |row: &TableRow| row.values.get(lookup.column).is_some_and(|value| *value != Scalar::Absent);
                // Whatever a told row names, another one may leave open.
                let told = || table.told.as_ref().is_some_and(|told| told.leaves.get(lookup.column).is_some_and(Option::is_some));
                if dims.contains(dim) || told() || table.rows.iter().any(|row| given(row) && open(row)) {
                    continue;
                }
                let dimension = self.names.dims.get(*dim).cloned().unwrap_or_default();
                let name = one_line(self.text.get(span.range()).unwrap_or(""));
                let diagnostic = Diagnostic::new(&data::LOOKUP_SCOPE, span).arg("name", name).arg("table", &table.name);
                self.errors.push(diagnostic.arg("dimension", dimension));
                return;
            }
        }
    }
}

/// The rows that give a column.
fn giving(rows: &[TableRow], column: usize) -> impl Iterator<Item = (usize, &TableRow)> {
    rows.iter().enumerate().filter(move |(_, row)| row.values.get(column).is_some_and(|value| *value != Scalar::Absent))
}

/// The keys that two rows fix together.
fn both(a: &TableRow, b: &TableRow) -> Keys {
    a.keys.iter().zip(&b.keys).map(|(a, b)| a.clone().or_else(|| b.clone())).collect()
}

/// What a row must do that settles what a later one does not.
fn counting_before(day: Day) -> Words {
    Words::new(format!(" that counts before {day}"), format!("（须在 {day} 之前生效）"))
}

/// `[platform: amazon, market: us]`
fn key_text(table: &ast::Table, keys: &Keys) -> String {
    let named = table.by.iter().zip(keys).filter_map(|(key, value)| Some(format!("{}: {}", key.value, value.as_deref()?)));
    format!("[{}]", named.collect::<Vec<_>>().join(", "))
}

/// Where a row stands.
fn place(table: &ast::Table, row: usize) -> Option<Span> {
    let cells = table.rows.get(row)?;
    Some(cells.first()?.text.span.to(cells.last()?.text.span))
}

/// The table and column that a formula names. Some(None) for a table that is wrong itself.
pub(super) fn resolve(
    names: &Names,
    errors: &mut Vec<Diagnostic>,
    table: &Ident,
    column: Option<&Ident>,
) -> Option<Option<(TableIdx, usize, Arc<Table>)>> {
    let Some(known) = names.tables.get(&table.value) else {
        errors.push(names.unknown(&data::UNKNOWN_TABLE, &table.value, table.span, names.tables.keys().map(String::as_str)));
        return None;
    };
    let Some((idx, found)) = known.and_then(|idx| Some((idx, Arc::clone(names.table_list.get(idx)?)))) else { return Some(None) };
    let place = match column {
        Some(column) => found.columns.iter().position(|(name, _)| *name == column.value),
        None => Some(0).filter(|_| found.columns.len() == 1),
    };
    names.uses.saw(Kind::Table, &table.value, table.span);
    if let (Some(column), Some(_)) = (column, place) {
        names.uses.saw_column(&table.value, &column.value, column.span);
    }
    match (place, column) {
        (Some(place), _) => return Some(Some((idx, place, found))),
        (None, Some(column)) => {
            let known = found.columns.iter().map(|(name, _)| name.as_str());
            let diagnostic = names.unknown(&data::UNKNOWN_COLUMN, &column.value, column.span, known);
            errors.push(diagnostic.arg("table", &table.value));
        }
        (None, None) => {
            let first = found.columns.first().map_or("", |(name, _)| name);
            errors.push(Diagnostic::new(&data::COLUMN_WANTED, table.span).arg("table", &table.value).arg("name", first));
        }
    }
    None
}

/// The mistake of a lookup with another number of keys than the table has.
pub(super) fn keys_count(table: &Table, given: usize, span: Span) -> Diagnostic {
    let known = table.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
    let known = if known.is_empty() { "-".to_owned() } else { known };
    let diagnostic = Diagnostic::new(&data::KEYS_COUNT, span).arg("table", &table.name).arg("known", known);
    diagnostic.arg("wanted", table.keys.len()).arg("given", given)
}

/// The mistake of a key that nothing tells.
pub(super) fn untold_key(table: &Table, key: &str, span: Span) -> Diagnostic {
    let example = table.keys.iter().map(|known| if known == key { format!("\"{known}\"") } else { known.clone() });
    let example = example.collect::<Vec<_>>().join(", ");
    Diagnostic::new(&data::KEY_DIMENSION, span).arg("name", key).arg("table", &table.name).arg("example", example)
}

/// The rows that were checked more than a year before a day and still count then.
pub(super) fn aged(file: &ast::File, today: Day) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for item in &file.items {
        let Item::Table(table) = item else { continue };
        let own = |name: &str| table.columns.iter().position(|column| column.value == name);
        let day = |row: &[TableCell], column: Option<usize>| Day::parse(&row.get(column?)?.text.value);
        let (from, checked) = (own("from"), own("checked"));
        let keys: Vec<usize> = table.by.iter().filter_map(|key| own(&key.value)).collect();
        let key_of =
            |row: &[TableCell]| keys.iter().filter_map(|key| row.get(*key)).map(|cell| cell.text.value.clone()).collect::<Vec<_>>();
        let mut newest: HashMap<Vec<String>, Option<Day>> = HashMap::new();
        for row in table.rows.iter().filter(|row| day(row, from).is_none_or(|from| from <= today)) {
            let known = newest.entry(key_of(row)).or_default();
            *known = day(row, from).max(*known);
        }
        for row in &table.rows {
            let replaced = newest.get(&key_of(row)).is_some_and(|newest| day(row, from) < *newest);
            if let Some(day) = day(row, checked).filter(|day| !replaced && day.plus(YEAR_DAYS) < today)
                && let Some(cell) = checked.and_then(|checked| row.get(checked))
            {
                found.push(Diagnostic::new(&data::TABLE_AGED, cell.text.span).arg("checked", day).arg("today", today));
            }
        }
    }
    found
}
