//! Where every name of a text is declared and used, as the compiler resolved it.
//!
//! 1. Wherever `compile` finds what a name means, it notes the place ([`Uses`]). There is no second resolver.
//! 2. [`References::new`] adds the declarations of the tree, with what is known of each: title, unit, formula.
//! 3. [`References::at`] tells what a name stands for, [`References::together`] everything that is renamed with it.
//!
//! A dimension is one thing, whichever events declare it. A word that names fields of several events at once, such as the
//! key of an entity or the clock of a metric over two events, ties these fields together: one cannot be renamed alone.

use super::names::Names;
use super::program::{Field, FieldRole, Unit};
use super::units;
use crate::diagnostic::Span;
use crate::syntax::ast::{self, Ident, Item, Text};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// What can have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Param,
    Event,
    Entity,
    /// A field of an event or entity that is no dimension; its owner is that event.
    Field,
    Dimension,
    Feed,
    Calendar,
    Occasion,
    Table,
    /// A column of values; its owner is the table.
    Column,
    Metric,
    Scorecard,
    /// A grade; its owner is the scorecard.
    Grade,
    Alert,
}

/// Something that was declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Symbol {
    /// What it is.
    pub kind: Kind,
    /// What its name belongs to, for fields, columns and grades; empty for all others.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// Its unit in words of the language, as far as it has one and it is known.
    pub unit: Option<String>,
    /// The formula that it stands for.
    pub formula: Option<Span>,
}

/// Index of a symbol.
pub type SymbolIdx = usize;

/// A name in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Where it stands.
    pub span: Span,
    /// What it means.
    pub symbol: SymbolIdx,
    /// Whether it is declared here.
    pub declares: bool,
}

/// All names of a text.
#[derive(Debug, Clone, Default)]
pub struct References {
    symbols: Vec<Symbol>,
    /// By place. A name that means several things stands here once for each.
    places: Vec<Place>,
}

impl References {
    /// The names of a file, once it is compiled as far as it is right.
    pub(super) fn new(file: &ast::File, names: &Names) -> References {
        let mut collected = Collector { names, references: References::default(), known: BTreeMap::new() };
        file.items.iter().for_each(|item| collected.item(item));
        for (key, span) in names.uses.0.take() {
            if let Some(symbol) = collected.known.get(&key).copied() {
                collected.references.places.push(Place { span, symbol, declares: false });
            }
        }
        let mut references = collected.references;
        references.places.sort_unstable();
        // A clock is looked up once for every aggregate of its metric.
        references.places.dedup();
        references
    }

    /// Everything that was declared, in the order of the text.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Every name, in the order of the text.
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The name that stands around or ends at a byte of the text: where, and what it means.
    pub fn at(&self, offset: usize) -> Option<(Span, Vec<SymbolIdx>)> {
        let touches = |place: &&Place| place.span.range().start <= offset && offset <= place.span.range().end;
        // Two names touch one byte only with a mark between them; the one that begins there is meant.
        let span = self.places.iter().filter(touches).map(|place| place.span).max_by_key(|span| span.start)?;
        Some((span, self.places.iter().filter(|place| place.span == span).map(|place| place.symbol).collect()))
    }

    /// Every place of these symbols and of those that share a word with one of them.
    pub fn together(&self, symbols: &[SymbolIdx]) -> Vec<Place> {
        let mut symbols: BTreeSet<SymbolIdx> = symbols.iter().copied().collect();
        loop {
            let known = symbols.len();
            let spans: BTreeSet<Span> =
                self.places.iter().filter(|place| symbols.contains(&place.symbol)).map(|place| place.span).collect();
            symbols.extend(self.places.iter().filter(|place| spans.contains(&place.span)).map(|place| place.symbol));
            if symbols.len() == known {
                break;
            }
        }
        self.places.iter().filter(|place| symbols.contains(&place.symbol)).copied().collect()
    }
}

/// What tells a symbol from all others: kind, owner, name.
type Key = (Kind, String, String);

/// The uses that were noted so far.
#[derive(Default)]
pub(super) struct Uses(RefCell<Vec<(Key, Span)>>);

impl Uses {
    /// Notes that a name means this.
    pub(super) fn saw(&self, kind: Kind, name: &str, span: Span) {
        self.note(kind, "", name, span);
    }

    /// Notes that a word names a grade of a scorecard.
    pub(super) fn saw_grade(&self, card: &str, name: &str, span: Span) {
        self.note(Kind::Grade, card, name, span);
    }

    /// Notes that a word names a column of a table.
    pub(super) fn saw_column(&self, table: &str, name: &str, span: Span) {
        self.note(Kind::Column, table, name, span);
    }

    /// Notes that a word names a field of an event or entity.
    pub(super) fn saw_field(&self, owner: &str, field: &Field, span: Span) {
        let (kind, owner) = of_field(owner, field.role);
        self.note(kind, owner, &field.name, span);
    }

    fn note(&self, kind: Kind, owner: &str, name: &str, span: Span) {
        self.0.borrow_mut().push(((kind, owner.to_owned(), name.to_owned()), span));
    }
}

/// A dimension belongs to no event.
fn of_field(owner: &str, role: FieldRole) -> (Kind, &str) {
    if role == FieldRole::Dimension { (Kind::Dimension, "") } else { (Kind::Field, owner) }
}

/// Gathers the declarations.
struct Collector<'c> {
    names: &'c Names,
    references: References,
    known: BTreeMap<Key, SymbolIdx>,
}

impl Collector<'_> {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Param(param) => {
                let unit = self.names.params.get(&param.name.value).and_then(Option::as_ref).map(|(_, unit)| units::name(unit));
                self.declare(Kind::Param, "", &param.name, &param.title, unit, Some(param.value.span));
            }
            Item::Event(event) => {
                self.declare(Kind::Event, "", &event.name, &event.title, None, None);
                event.fields.iter().for_each(|field| self.field(&event.name.value, &field.name, None));
            }
            Item::Entity(entity) => {
                self.declare(Kind::Entity, "", &entity.name, &entity.title, None, None);
                self.field(&entity.name.value, &entity.by, None);
                entity.fields.iter().for_each(|field| self.field(&entity.name.value, &field.name, Some(field.value.span)));
            }
            Item::Feed(feed) => self.declare(Kind::Feed, "", &feed.name, &Text::default(), None, None),
            Item::Occasion(occasion) => self.declare(Kind::Occasion, "", &occasion.name, &occasion.title, None, None),
            Item::Calendar(calendar) => self.declare(Kind::Calendar, "", &calendar.name, &calendar.title, None, None),
            Item::Table(table) => self.table(table),
            Item::Metric(metric) => {
                let unit = self.names.metrics.get(&metric.name.value).and_then(Option::as_ref).map(|(_, unit)| units::name(unit));
                self.declare(Kind::Metric, "", &metric.name, &metric.title, unit, Some(metric.formula.span));
            }
            Item::Ledger(ledger) => {
                let unit = self.names.metrics.get(&ledger.name.value).and_then(Option::as_ref).map(|(_, unit)| units::name(unit));
                self.declare(Kind::Metric, "", &ledger.name, &ledger.title, unit, None);
            }
            Item::Scorecard(card) => {
                self.declare(Kind::Scorecard, "", &card.name, &card.title, None, None);
                for band in &card.grades {
                    self.declare(Kind::Grade, &card.name.value, &band.grade, &Text::default(), None, None);
                }
            }
            Item::Alert(alert) => self.declare(Kind::Alert, "", &alert.name, &alert.title, None, Some(alert.subject.span)),
            // A target is called by the name of its metric; dimensions are declared by the events that carry them.
            Item::Target(_) | Item::Dimension(_) | Item::Test(_) => {}
        }
    }

    /// A table and its columns of values. A key that is called like a dimension is looked up by it, and renamed with it.
    fn table(&mut self, table: &ast::Table) {
        self.declare(Kind::Table, "", &table.name, &table.title, None, None);
        let compiled = self.names.tables.get(&table.name.value).copied().flatten().and_then(|idx| self.names.table_list.get(idx));
        for column in &table.columns {
            if let Some((_, unit)) = compiled.and_then(|table| table.columns.iter().find(|(name, _)| *name == column.value)) {
                self.declare(Kind::Column, &table.name.value, column, &Text::default(), Some(units::name(unit)), None);
            }
        }
        let is_key = |column: &&Ident| table.by.iter().any(|key| key.value == column.value);
        for key in table.by.iter().chain(table.columns.iter().filter(is_key)) {
            if self.names.dims.contains(&key.value) {
                self.names.uses.saw(Kind::Dimension, &key.value, key.span);
            }
        }
    }

    /// A field of an event or of an entity, as it was compiled.
    fn field(&mut self, owner: &str, name: &Ident, formula: Option<Span>) {
        let compiled = self.names.event_idx.get(owner).and_then(|idx| {
            let field = self.names.field(*idx, &name.value)?;
            Some((self.names.events.get(*idx)?.fields.get(field)?, self.names.broken_fields.contains(&(*idx, field))))
        });
        let role = compiled.map_or(FieldRole::Flow, |(field, _)| field.role);
        let unit = compiled.filter(|(_, broken)| !broken).map(|(field, _)| match (field.role, &field.unit) {
            (FieldRole::Dimension, _) => "dimension".to_owned(),
            (FieldRole::Id, _) => "id".to_owned(),
            (FieldRole::Level, unit) => format!("level {}", units::name(unit)),
            (FieldRole::Flow, Unit::Text) => "text".to_owned(),
            (FieldRole::Flow | FieldRole::Rate, unit) => units::name(unit),
        });
        let (kind, owner) = of_field(owner, role);
        self.declare(kind, owner, name, &Text::default(), unit, formula);
    }

    fn declare(&mut self, kind: Kind, owner: &str, name: &Ident, title: &Text, unit: Option<String>, formula: Option<Span>) {
        // The declaration of a name that could not be read.
        if name.value.is_empty() {
            return;
        }
        let symbols = &mut self.references.symbols;
        let symbol = *self.known.entry((kind, owner.to_owned(), name.value.clone())).or_insert_with(|| {
            let (owner, name) = (owner.to_owned(), name.value.clone());
            symbols.push(Symbol { kind, owner, name, title: title.clone(), unit, formula });
            symbols.len() - 1
        });
        self.references.places.push(Place { span: name.span, symbol, declares: true });
    }
}
