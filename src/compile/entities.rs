//! Entities: what several events say about one thing.
//!
//! 1. Every fold (`first order_shipped.time`) names an event or an entity above; each of them must carry the field by
//!    which the entity is folded.
//! 2. The formulas of the fields see the folds, the fields above them, params and `now` ([`EntityPlace`]).
//! 3. The entity becomes an event type of its own whose rows replace one another: the states of its things.
//!
//! A field that takes the first or last value of a dimension is a dimension of the entity. A state changes when an event
//! arrives or a comparison with `now` turns; nothing else may depend on `now`, because it would change with every instant.

use super::aggregate::{exists, function_name};
use super::calendars::{added, worked};
use super::events::OWN_FIELDS;
use super::expr::{Place, Typed, broken, condition, seconds, walk};
use super::names::Names;
use super::program::{self, EventDecl, EventIdx, Field, FieldIdx, FieldRole, Keep, RowExpr, Scalar, Unit};
use super::row::{RowPlace, level_in, lookup};
use super::tables::resolve;
use super::units::{Type, is_measure, name};
use super::{Compiler, texts};
use crate::diagnostic::codes::{compile as codes, ledger, money};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{self, AggregateFn, Expr, ExprKind, FieldKind, Item};
use crate::time::Zone;
use std::collections::BTreeSet;

/// The entities of a file, in the order of the text.
pub(super) fn declared(file: &ast::File) -> impl Iterator<Item = &ast::Entity> {
    file.items.iter().filter_map(|item| if let Item::Entity(entity) = item { Some(entity) } else { None })
}

/// The names of all dimensions: those of events, and the fields of entities that take the value of one.
pub(super) fn dimensions(file: &ast::File) -> BTreeSet<String> {
    let mut fields: BTreeSet<(&str, &str)> = BTreeSet::new();
    for item in &file.items {
        if let Item::Event(event) = item {
            let dims = event.fields.iter().filter(|field| field.kind.value == FieldKind::Dimension);
            fields.extend(dims.map(|field| (event.name.value.as_str(), field.name.value.as_str())));
        }
    }
    for entity in declared(file) {
        for field in &entity.fields {
            if let Some((event, of)) = taken(&field.value)
                && fields.contains(&(event, of))
            {
                fields.insert((&entity.name.value, &field.name.value));
            }
        }
    }
    fields.into_iter().map(|(_, field)| field.to_owned()).collect()
}

/// The event and field whose first or last value an expression is.
fn taken(expr: &Expr) -> Option<(&str, &str)> {
    let ExprKind::Fold(fold) = &expr.kind else { return None };
    let takes = matches!(fold.function.value, AggregateFn::First | AggregateFn::Last);
    let field = fold.field.as_ref().filter(|_| takes)?;
    Some((&fold.event.value, &field.value))
}

impl Compiler<'_> {
    /// Compiles the entities into the names, each behind those it folds.
    pub(super) fn entities(&mut self, file: &ast::File) -> Vec<program::Entity> {
        let mut entities = Vec::new();
        for entity in declared(file) {
            let event = self.names.events.len();
            let (decl, compiled) = self.entity(entity, (event, entities.len()));
            self.names.events.push(decl);
            self.names.event_idx.entry(entity.name.value.clone()).or_insert(event);
            entities.push(compiled);
        }
        entities
    }

    fn entity(&mut self, entity: &ast::Entity, (event, idx): (EventIdx, usize)) -> (EventDecl, program::Entity) {
        let mut fields = vec![own(&entity.by.value, Unit::Text, FieldRole::Id), own("time", Unit::Time, FieldRole::Flow)];
        let mut compiled = program::Entity { event, sources: Vec::new(), folds: Vec::new(), fields: Vec::new() };
        for field in &entity.fields {
            let word = &field.name;
            if OWN_FIELDS.contains(&word.value.as_str()) || word.value == entity.by.value {
                let diagnostic = Diagnostic::new(&codes::OWN_FIELD, word.span).arg("name", &word.value).arg("event", &entity.name.value);
                self.errors.push(diagnostic.fix(word.span, format!("{}_{}", entity.name.value, word.value)));
            }
            let mut place = EntityPlace { compiler: self, entity, above: &fields, folds: &mut compiled.folds, event };
            let typed = walk(&mut place, &field.value).filter(|typed| typed.ty != Type::Broken && place.holds_still(&field.value, typed));
            let role = typed.as_ref().map_or(FieldRole::Flow, |typed| self.role(&field.value, word, typed));
            if typed.is_none() {
                self.names.broken_fields.insert((event, fields.len()));
                self.whole = false;
            }
            let typed = typed.unwrap_or(Typed { node: RowExpr::Const(Scalar::Absent), ty: Type::Unknown });
            fields.push(Field { name: word.value.clone(), unit: typed.ty.unit(), role, optional: true });
            compiled.fields.push(typed.node);
        }
        // Folds were numbered before it was known how many fields there are.
        let n_fields = fields.len();
        compiled.fields.iter_mut().for_each(|field| behind_fields(field, n_fields));
        compiled.sources = self.sources(entity, &compiled.folds);
        let mut dims: Vec<_> = fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.role == FieldRole::Dimension)
            .filter_map(|(idx, field)| self.names.dims.binary_search(&field.name).ok().map(|dim| (dim, idx)))
            .collect();
        dims.sort_unstable();
        let decl = EventDecl {
            name: entity.name.value.clone(),
            title: texts(&entity.title, &entity.name.value),
            fields,
            dims,
            replaces_by: vec![0],
            prefers: Vec::new(),
            clock: Some(1),
            settles_days: 0,
            entity: Some(idx),
        };
        (decl, compiled)
    }

    fn role(&self, value: &Expr, word: &ast::Ident, typed: &Typed<RowExpr>) -> FieldRole {
        let of_dimension = taken(value).is_some_and(|(event, field)| {
            let idx = self.names.event_idx.get(event).copied();
            let field = idx.and_then(|event| Some((event, self.names.field(event, field)?)));
            field.is_some_and(|(event, field)| {
                self.names
                    .events
                    .get(event)
                    .and_then(|event| event.fields.get(field))
                    .is_some_and(|field| field.role == FieldRole::Dimension)
            })
        });
        match typed.ty.unit() {
            Unit::Text if of_dimension && self.names.dims.binary_search(&word.value).is_ok() => FieldRole::Dimension,
            _ => FieldRole::Flow,
        }
    }

    /// The folded event types, each with its field of the id.
    fn sources(&mut self, entity: &ast::Entity, folds: &[program::Fold]) -> Vec<(EventIdx, FieldIdx)> {
        let events: BTreeSet<EventIdx> = folds.iter().map(|fold| fold.event).collect();
        if events.is_empty() && self.whole {
            self.errors.push(Diagnostic::new(&codes::ENTITY_EMPTY, entity.name.span).arg("name", &entity.name.value));
        }
        let mut sources = Vec::new();
        for event in events {
            let Some(decl) = self.names.events.get(event) else { continue };
            let field = self.names.field(event, &entity.by.value);
            match field.filter(|field| decl.fields.get(*field).is_some_and(|field| field.unit == Unit::Text)) {
                Some(field) => {
                    self.names.uses_field(event, field, entity.by.span);
                    sources.push((event, field));
                }
                // What it is folded by was forgotten, and said so.
                None if entity.by.value.is_empty() => {}
                None if field.is_some_and(|field| self.names.broken_fields.contains(&(event, field))) => {}
                None => {
                    let diagnostic = Diagnostic::new(&codes::ENTITY_KEY, entity.by.span).arg("name", &entity.by.value);
                    self.errors.push(diagnostic.arg("event", &decl.name).arg("entity", &entity.name.value));
                }
            }
        }
        sources
    }
}

fn own(name: &str, unit: Unit, role: FieldRole) -> Field {
    Field { name: name.to_owned(), unit, role, optional: false }
}

/// How far from a time of a thing its events may be looked for, in days.
const WITHIN_DAYS_MAX: u64 = 1_100;

/// The field of a state that holds the time of the thing's first event.
const BEGAN: FieldIdx = 1;

/// Where the fold with this number stands until the number of fields is known.
const FOLDS_FROM: usize = usize::MAX / 2;

/// Moves the places of folds behind the fields.
fn behind_fields(expr: &mut RowExpr, n_fields: usize) {
    match expr {
        RowExpr::Field(place) if *place >= FOLDS_FROM => *place = *place - FOLDS_FROM + n_fields,
        RowExpr::Const(_) | RowExpr::Field(_) | RowExpr::Time => {}
        RowExpr::Lookup(lookup) => lookup.keys.iter_mut().for_each(|key| behind_fields(key, n_fields)),
        RowExpr::Due(due) => behind_fields(&mut due.from, n_fields),
        RowExpr::Worked(worked) => {
            behind_fields(&mut worked.from, n_fields);
            behind_fields(&mut worked.to, n_fields);
        }
        RowExpr::Negate(a) | RowExpr::Not(a) | RowExpr::StartsWith(a, _) | RowExpr::In(a, _) | RowExpr::IsAbsent(a) => {
            behind_fields(a, n_fields);
        }
        RowExpr::Arith(_, a, b) | RowExpr::Compare(_, a, b) | RowExpr::And(a, b) | RowExpr::Or(a, b) | RowExpr::Else(a, b) => {
            behind_fields(a, n_fields);
            behind_fields(b, n_fields);
        }
    }
}

/// Whether a formula has the value `now` somewhere that is not compared.
pub(super) fn follows_now(expr: &RowExpr) -> bool {
    match expr {
        RowExpr::Time => true,
        RowExpr::Negate(a) => follows_now(a),
        RowExpr::Arith(_, a, b) | RowExpr::Else(a, b) => follows_now(a) || follows_now(b),
        _ => false,
    }
}

/// The formula of a field of an entity.
struct EntityPlace<'c, 'a> {
    compiler: &'c mut Compiler<'a>,
    entity: &'c ast::Entity,
    /// The fields above this one.
    above: &'c [Field],
    folds: &'c mut Vec<program::Fold>,
    /// The event type that the entity becomes.
    event: EventIdx,
}

impl EntityPlace<'_, '_> {
    fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.compiler.errors.push(diagnostic);
        None
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Typed<RowExpr>> {
        if name == "now" {
            return Some(Typed { node: RowExpr::Time, ty: Type::Is(Unit::Time) });
        }
        if let Some(idx) = self.above.iter().position(|field| field.name == name) {
            if let Some(field) = self.above.get(idx) {
                self.compiler.names.uses.saw_field(&self.entity.name.value, field, span);
            }
            return self.field_above(idx);
        }
        if let Some(param) = self.compiler.names.params.get(name) {
            self.compiler.names.uses_param(name, span);
            let Some((value, unit)) = param.clone() else { return Some(broken()) };
            return Some(Typed { node: RowExpr::Const(value), ty: Type::Is(unit) });
        }
        if self.compiler.names.tables.contains_key(name) {
            return self.lookup(&ast::Ident { value: name.to_owned(), span }, None, None, span);
        }
        if self.entity.fields.iter().any(|field| field.name.value == name) {
            return self.fail(Diagnostic::new(&codes::ENTITY_LATER, span).arg("name", name));
        }
        let known = self.above.iter().map(|field| field.name.as_str()).chain(["now"]);
        let known = known.chain(self.compiler.names.params.keys().map(String::as_str));
        let diagnostic = self.compiler.names.unknown(&codes::UNKNOWN_NAME, name, span, known);
        self.fail(diagnostic)
    }

    /// A value of a table, for the day of the thing's first event; without keys the fields above of their names count.
    fn lookup(&mut self, table: &ast::Ident, keys: Option<&[Expr]>, column: Option<&ast::Ident>, span: Span) -> Option<Typed<RowExpr>> {
        let found = resolve(&self.compiler.names, &mut self.compiler.errors, table, column)?;
        let Some((_, column, table)) = found else { return Some(broken()) };
        let zoned = self.compiler.names.zoned_above(self.above);
        lookup(self, (table, column, Some(BEGAN), zoned), keys, span, |place, name| {
            place.field_above(place.above.iter().position(|field| field.name == name)?)
        })
    }

    fn field_above(&self, idx: FieldIdx) -> Option<Typed<RowExpr>> {
        if self.compiler.names.broken_fields.contains(&(self.event, idx)) {
            return Some(broken());
        }
        let unit = self.above.get(idx).map(|field| field.unit.clone())?;
        Some(Typed { node: RowExpr::Field(idx), ty: Type::Is(unit) })
    }

    fn fold(&mut self, fold: &ast::Fold, span: Span) -> Option<Typed<RowExpr>> {
        let Some(event) = self.compiler.names.event_idx.get(&fold.event.value).copied().filter(|event| *event != self.event) else {
            let known = self.compiler.names.event_idx.keys().map(String::as_str);
            let diagnostic = self.compiler.names.unknown(&codes::UNKNOWN_EVENT, &fold.event.value, fold.event.span, known);
            return self.fail(diagnostic);
        };
        let names = &self.compiler.names;
        names.uses_event(event, fold.event.span);
        let mut row = RowPlace { names, errors: &mut self.compiler.errors, text: self.compiler.text, event, clock: None };
        let arg = match &fold.field {
            None => Some(None),
            Some(field) => row.field(&fold.event, field).map(Some),
        };
        let filter = match &fold.filter {
            None => Some(None),
            Some(filter) => condition(&mut row, filter).map(Some),
        };
        let within = fold.within.as_ref().map(|within| self.within(within));
        let (arg, filter) = (arg?, filter?);
        self.compiler.leaves.asks(event, filter.as_ref(), fold.filter.as_ref());
        let within = within.map_or(Some(None), |within| within.map(Some))?;
        if arg.as_ref().is_some_and(|arg: &Typed<RowExpr>| arg.ty == Type::Broken) {
            return Some(broken());
        }
        let (keep, unit) = self.keep(fold, event, arg.as_ref(), span)?;
        let arg = arg.filter(|_| keep != Keep::Count || fold.field.is_some()).map(|arg| arg.node);
        let filter = exists(&self.compiler.names, event, filter);
        let compiled = program::Fold { event, keep, arg, filter, within };
        let place = self.folds.iter().position(|known| *known == compiled).unwrap_or_else(|| {
            self.folds.push(compiled);
            self.folds.len() - 1
        });
        Some(Typed { node: RowExpr::Field(FOLDS_FROM + place), ty: Type::Is(unit) })
    }

    /// The time that events are near to; None when it is wrong.
    fn within(&mut self, within: &ast::Within) -> Option<program::Within> {
        let length_s = seconds(within.length.value);
        if length_s == 0 || length_s > WITHIN_DAYS_MAX * 86_400 {
            return self.fail(Diagnostic::new(&ledger::WITHIN_LENGTH, within.length.span).arg("limit", WITHIN_DAYS_MAX));
        }
        let name = &within.field.value;
        let place = self.above.iter().position(|field| field.name == *name);
        if place.is_some_and(|place| self.compiler.names.broken_fields.contains(&(self.event, place))) {
            return None;
        }
        let Some((place, field)) =
            place.and_then(|place| Some((place, self.above.get(place)?))).filter(|(_, field)| field.unit == Unit::Time)
        else {
            let diagnostic = Diagnostic::new(&ledger::WITHIN_FIELD, within.field.span).arg("name", name);
            return self.fail(diagnostic.arg("entity", &self.entity.name.value));
        };
        self.compiler.names.uses.saw_field(&self.entity.name.value, field, within.field.span);
        Some(program::Within { field: place, length_s, before: within.before })
    }

    /// What a fold keeps, and the unit of what it gives.
    fn keep(&mut self, fold: &ast::Fold, event: EventIdx, arg: Option<&Typed<RowExpr>>, span: Span) -> Option<(Keep, Unit)> {
        let function = fold.function.value;
        let word = function_name(function);
        let Some(arg) = arg else {
            if function == AggregateFn::Count {
                return Some((Keep::Count, Unit::Count));
            }
            let diagnostic = Diagnostic::new(&codes::FOLD_FIELD, span).arg("function", word).arg("event", &fold.event.value);
            return self.fail(diagnostic);
        };
        let unit = arg.ty.unit();
        if let (Unit::MoneyIn(_), true) = (&unit, function != AggregateFn::Count) {
            let diagnostic = Diagnostic::new(&money::ENTITY_CURRENCIES, span).arg("unit", name(&unit)).arg("event", &fold.event.value);
            let currency = self.compiler.currency.clone().unwrap_or_default();
            let field = fold.field.as_ref().map_or("", |field| &field.value);
            return self.fail(diagnostic.arg("field", field).arg("currency", currency));
        }
        let level = level_in(&arg.node, event, &self.compiler.names).map(str::to_owned);
        match (function, level) {
            (AggregateFn::Sum, Some(level)) => {
                let diagnostic = Diagnostic::new(&codes::SUM_OF_LEVEL, span).arg("name", level);
                self.fail(diagnostic.fix(fold.function.span, "last"))
            }
            (AggregateFn::Sum, None) if unit == Unit::Percent => {
                self.fail(Diagnostic::new(&codes::RATE_AGGREGATE, span).arg("function", word))
            }
            (AggregateFn::Sum | AggregateFn::Min | AggregateFn::Max, _)
                if !(is_measure(&unit) || unit == Unit::Time && function != AggregateFn::Sum) =>
            {
                let diagnostic = Diagnostic::new(&codes::AGGREGATE_UNIT, span).arg("function", word).arg("unit", name(&unit));
                self.fail(diagnostic.arg("wanted", "number, count, percent, money, duration"))
            }
            (AggregateFn::Count, _) => Some((Keep::Count, Unit::Count)),
            (AggregateFn::Sum, _) => Some((Keep::Sum, unit)),
            (AggregateFn::Min, _) => Some((Keep::Min, unit)),
            (AggregateFn::Max, _) => Some((Keep::Max, unit)),
            (AggregateFn::First, _) => Some((Keep::First, unit)),
            (AggregateFn::Last, _) => Some((Keep::Last, unit)),
            _ => self.fail(Diagnostic::new(&codes::FOLD_FUNCTION, fold.function.span).arg("function", word)),
        }
    }

    /// Whether a field changes only at certain instants.
    fn holds_still(&mut self, value: &Expr, typed: &Typed<RowExpr>) -> bool {
        let moves = follows_now(&typed.node);
        if moves {
            self.compiler.errors.push(Diagnostic::new(&codes::ENTITY_NOW, value.span));
        }
        !moves
    }
}

impl Place for EntityPlace<'_, '_> {
    type Node = RowExpr;
    const KNOWS_NOW: bool = true;

    fn special(&mut self, expr: &Expr) -> Option<Typed<RowExpr>> {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Fold(fold) => self.fold(fold, expr.span),
            ExprKind::StartsWith(inner, prefix) => {
                let typed = walk(self, inner)?;
                super::row::prefix(self, inner, prefix, typed)
            }
            ExprKind::Lookup(lookup) => self.lookup(&lookup.table, Some(&lookup.keys), lookup.column.as_ref(), expr.span),
            ExprKind::Field(table, column) if self.compiler.names.tables.contains_key(&table.value) => {
                self.lookup(table, None, Some(column), expr.span)
            }
            ExprKind::Field(event, field) => {
                let text = format!("first {}.{}", event.value, field.value);
                self.fail(Diagnostic::new(&codes::ENTITY_FIELD, expr.span).arg("text", &text).fix(expr.span, text))
            }
            ExprKind::Aggregate(aggregate) => {
                let function = function_name(aggregate.function.value);
                self.fail(Diagnostic::new(&codes::ENTITY_AGGREGATE, expr.span).arg("function", function))
            }
            ExprKind::Binary(..) => added(self, expr),
            ExprKind::WorkTime(time) => worked(self, time),
            _ => self.fail(super::row::never_in_row(expr)?),
        }
    }

    fn errors(&mut self) -> &mut Vec<Diagnostic> {
        &mut self.compiler.errors
    }

    fn names_and_errors(&mut self) -> (&Names, &mut Vec<Diagnostic>) {
        (&self.compiler.names, &mut self.compiler.errors)
    }

    fn zone(&self) -> &Zone {
        &self.compiler.names.zone
    }

    fn source(&self, span: Span) -> &str {
        self.compiler.text.get(span.range()).unwrap_or("")
    }

    fn division(&mut self, span: Span) -> bool {
        self.compiler.errors.push(Diagnostic::new(&codes::ROW_DIVISION, span));
        false
    }
}
