//! Rows of tables and amounts of targets that events tell: `table limits by platform told by limit_told since day { … }`,
//! `target gmv per shop every month told by goal_told since day { … }`.
//!
//! 1. The event is found, and the field from whose day on its rows count.
//! 2. Of a table: its dimensions that are called like keys fix these keys; its fields that are called like columns fill them.
//!    Of a target: its dimensions that the target is per name the scope, `period` and `amount` say the rest.
//! 3. A leaf for each such column keeps, by keys and day, what was told last: cells like all others, so that corrections
//!    and late events change the past of a table as they do that of any number.

use super::Compiler;
use super::plan::Scope;
use super::program::{
    DimIdx, EventDecl, EventIdx, FieldIdx, FieldRole, Keep, Leaf, LeafIdx, RowExpr, Scalar, Table, ToldAmounts, ToldRows, Unit,
};
use super::units::{Type, like, name};
use super::window::grain;
use crate::diagnostic::codes::{compile, told as codes};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{self, Ident, Item, Telling};
use std::sync::Arc;

impl Compiler<'_> {
    /// Adds to the tables, which stand among the names, where their further rows come from.
    pub(super) fn told_tables(&mut self, file: &ast::File) {
        for item in &file.items {
            if let Item::Table(table) = item
                && let Some(telling) = &table.told
            {
                self.whole &= self.told_table(table, telling).is_some();
            }
        }
    }

    fn told_table(&mut self, written: &ast::Table, telling: &Telling) -> Option<()> {
        let (event, decl) = self.telling_event(telling)?;
        let clock = match &telling.since {
            Some(since) => self.since(event, &decl, since)?,
            None => decl.clock,
        };
        // A table that is wrong itself was told of.
        let idx = self.names.tables.get(&written.name.value).copied().flatten()?;
        let mut table = Table::clone(self.names.table_list.get(idx)?);
        let keys = self.told_keys(&table, telling, &decl)?;
        let is_key = |field: &FieldIdx| keys.iter().flatten().any(|(dim, _)| decl.dims.contains(&(*dim, *field)));
        if !decl.replaces_by.is_empty() && decl.replaces_by.iter().all(is_key) {
            self.errors.push(Diagnostic::new(&codes::TOLD_FORGETS, telling.event.span).arg("event", &decl.name));
            return None;
        }
        let mut leaves = Vec::with_capacity(table.columns.len());
        for column in 0..table.columns.len() {
            leaves.push(self.told_column((&mut table, column), (event, &decl, clock), written, telling)?);
        }
        if leaves.iter().all(Option::is_none) {
            let known = table.columns.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let diagnostic = Diagnostic::new(&codes::TELLS_NO_COLUMN, telling.event.span).arg("event", &decl.name);
            self.errors.push(diagnostic.arg("table", &table.name).arg("known", known));
            return None;
        }
        table.told = Some(ToldRows { event, keys, leaves, clock, grouping: 0 });
        *self.names.table_list.get_mut(idx)? = Arc::new(table);
        Some(())
    }

    /// The amounts of a target that events tell.
    pub(super) fn told_amounts(
        &mut self,
        (every, telling): &(Spanned<ast::Grain>, Telling),
        (target, unit): (&str, &Unit),
        scope: &Scope,
    ) -> Option<ToldAmounts> {
        let (event, decl) = self.telling_event(telling)?;
        let clock = match &telling.since {
            Some(since) => self.since(event, &decl, since)?,
            None => decl.clock,
        };
        let place = |name: &str| decl.fields.iter().position(|field| field.name == name);
        // A field whose unit is wrong was told of.
        if place("amount").is_some_and(|amount| self.names.broken_fields.contains(&(event, amount))) {
            return None;
        }
        let period = place("period").and_then(|field| decl.dims.iter().find(|(_, own)| *own == field)).copied();
        let amount = place("amount").filter(|idx| {
            let unit_of = decl.fields.get(*idx).map(|field| Type::Is(field.unit.clone()));
            unit_of.is_some_and(|own| !matches!(own.unit(), Unit::MoneyIn(_)) && self.counts_as(unit, &own))
        });
        for (name, kind, found) in [("period", "dimension".to_owned(), period.is_some()), ("amount", name(unit), amount.is_some())] {
            if !found {
                let diagnostic = Diagnostic::new(&codes::TELLS_NO_AMOUNT, telling.event.span).arg("event", &decl.name);
                self.errors.push(diagnostic.arg("target", target).arg("name", name).arg("kind", kind));
            }
        }
        let (period, amount) = (period?, amount?);
        let dims: Vec<DimIdx> = decl.dims.iter().map(|(dim, _)| *dim).filter(|dim| scope.dims.contains(dim)).collect();
        let is_key = |field: &FieldIdx| decl.dims.iter().any(|(dim, own)| own == field && (dims.contains(dim) || *dim == period.0));
        if !decl.replaces_by.is_empty() && decl.replaces_by.iter().all(is_key) {
            self.errors.push(Diagnostic::new(&codes::TOLD_FORGETS, telling.event.span).arg("event", &decl.name));
            return None;
        }
        let text = format!("last({}.amount)", decl.name);
        let (arg, unit) = (Some(RowExpr::Field(amount)), unit.clone());
        let leaf = Leaf { event, keep: Keep::Last, arg, filter: None, clock, unit, currencies: None, groupings: Vec::new(), text };
        let leaf = self.leaves.intern(leaf)?;
        Some(ToldAmounts { event, dims, period, amount, grain: grain(every.value), leaf, clock, grouping: 0 })
    }

    /// The event that tells rows.
    pub(super) fn telling_event(&mut self, telling: &Telling) -> Option<(EventIdx, EventDecl)> {
        let word = &telling.event;
        let known = self.names.event_idx.get(&word.value).and_then(|idx| Some((*idx, self.names.events.get(*idx)?.clone())));
        if known.is_none() {
            let diagnostic = self.names.unknown(&compile::UNKNOWN_EVENT, &word.value, word.span, self.names.arriving_names());
            self.errors.push(diagnostic);
        }
        let (idx, decl) = known?;
        self.names.uses_event(idx, word.span);
        Some((idx, decl))
    }

    /// The dimensions by which the rows of an event fix the keys of a table.
    fn told_keys(&mut self, table: &Table, telling: &Telling, decl: &EventDecl) -> Option<Vec<Option<(DimIdx, bool)>>> {
        let mut keys = Vec::with_capacity(table.keys.len());
        for key in &table.keys {
            let Some((idx, field)) = decl.fields.iter().enumerate().find(|(_, field)| field.name == *key) else {
                keys.push(None);
                continue;
            };
            let Some((dim, _)) = decl.dims.iter().find(|(_, own)| *own == idx) else {
                let diagnostic = Diagnostic::new(&codes::TOLD_KEY, telling.event.span).arg("event", &decl.name);
                self.errors.push(diagnostic.arg("name", key).arg("table", &table.name));
                return None;
            };
            keys.push(Some((*dim, field.optional)));
        }
        Some(keys)
    }

    /// The leaf that keeps what is told of a column; Some(None) when nothing is.
    fn told_column(
        &mut self,
        (table, column): (&mut Table, usize),
        (event, decl, clock): (EventIdx, &EventDecl, Option<FieldIdx>),
        written: &ast::Table,
        telling: &Telling,
    ) -> Option<Option<LeafIdx>> {
        let is_empty = table.rows.iter().all(|row| row.values.get(column).is_none_or(|value| *value == Scalar::Absent));
        let (title, unit) = table.columns.get_mut(column)?;
        let Some((idx, field)) = decl.fields.iter().enumerate().find(|(_, field)| field.name == *title) else { return Some(None) };
        if self.names.broken_fields.contains(&(event, idx)) {
            return None;
        }
        let (left, right) = (Type::Is(unit.clone()), Type::Is(field.unit.clone()));
        let common = if is_empty { Some(right.clone()) } else { like(&left, &right) };
        let fits = !matches!(field.unit, Unit::MoneyIn(_)) && field.role != FieldRole::Id;
        let Some(common) = common.filter(|_| fits) else {
            let place = written.columns.iter().find(|word: &&Ident| word.value == *title).map_or(telling.span, |word| word.span);
            let diagnostic = Diagnostic::new(&codes::TOLD_UNIT, place).arg("event", &decl.name).arg("name", title);
            self.errors.push(diagnostic.arg("left", left.name()).arg("right", name(&field.unit)));
            return None;
        };
        *unit = common.unit();
        // The column and the field are one name.
        for word in written.columns.iter().filter(|word| word.value == *title) {
            self.names.uses.saw_field(&decl.name, field, word.span);
        }
        let text = format!("last({}.{})", decl.name, field.name);
        let (arg, unit) = (Some(RowExpr::Field(idx)), field.unit.clone());
        let leaf = Leaf { event, keep: Keep::Last, arg, filter: None, clock, unit, currencies: None, groupings: Vec::new(), text };
        self.leaves.intern(leaf).map(Some)
    }
}
