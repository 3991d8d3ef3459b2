//! Formulas over the fields of one row: the inside of an aggregate.
//!
//! 1. `aggregate` has decided which event the row is of.
//! 2. Bare names are that event's fields first, then params; `event.field` must be of the same event.
//! 3. What needs more than one row (metrics, aggregates, windows, ratios) is refused with what to write instead.

use super::calendars::{added, worked};
use super::expr::{Node, Place, Typed, alike, broken, walk};
use super::habits::called;
use super::names::Names;
use super::program::{Arith, Compare, EventIdx, FieldIdx, FieldRole, RowExpr, RowLookup, Scalar, Table, Unit, Zoned, climb};
use super::tables::{keys_count, resolve, untold_key};
use super::units::{Type, is_measure};
use crate::diagnostic::codes::{calendar, compile as codes, data, nested, told};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{Expr, ExprKind, Ident};
use crate::syntax::habits;
use crate::time::Zone;
use std::sync::Arc;

/// The inside of an aggregate over one event.
pub(super) struct RowPlace<'a> {
    pub(super) names: &'a Names,
    pub(super) errors: &'a mut Vec<Diagnostic>,
    pub(super) text: &'a str,
    /// The event that the aggregate is about.
    pub(super) event: EventIdx,
    /// The field that says for which day tables are looked up; the event's time when None.
    pub(super) clock: Option<FieldIdx>,
}

impl RowPlace<'_> {
    fn event_name(&self) -> &str {
        self.names.events.get(self.event).map_or("", |event| &event.name)
    }

    fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.errors.push(diagnostic);
        None
    }

    /// `event.field`
    pub(super) fn field(&mut self, event: &Ident, field: &Ident) -> Option<Typed<RowExpr>> {
        if self.names.tables.contains_key(&event.value) {
            return self.lookup(event, None, Some(field), event.span.to(field.span));
        }
        if event.value != self.event_name() {
            let diagnostic = if self.names.event_idx.contains_key(&event.value) {
                Diagnostic::new(&codes::TWO_EVENTS, event.span).arg("first", self.event_name()).arg("second", &event.value)
            } else {
                self.names.unknown(&codes::UNKNOWN_EVENT, &event.value, event.span, self.names.event_idx.keys().map(String::as_str))
            };
            return self.fail(diagnostic);
        }
        self.names.uses_event(self.event, event.span);
        match self.own(&field.value, Some(field.span)) {
            Some(found) => found,
            None => {
                let known = self.names.field_names(self.event).chain(["time"]);
                let diagnostic = self.names.unknown(&codes::UNKNOWN_FIELD, &field.value, field.span, known).arg("event", self.event_name());
                self.fail(diagnostic)
            }
        }
    }

    /// A field of the event, or its time, named at a place if it is written. Some(None) for a field whose declaration is wrong.
    fn own(&self, name: &str, span: Option<Span>) -> Option<Option<Typed<RowExpr>>> {
        if name == "time" {
            return Some(Some(Typed { node: RowExpr::Time, ty: Type::Is(Unit::Time) }));
        }
        let idx = self.names.field(self.event, name)?;
        if let Some(span) = span {
            self.names.uses_field(self.event, idx, span);
        }
        if self.names.broken_fields.contains(&(self.event, idx)) {
            return Some(Some(broken()));
        }
        let field = self.names.events.get(self.event)?.fields.get(idx)?;
        Some(Some(Typed { node: RowExpr::Field(idx), ty: Type::Is(field.unit.clone()) }))
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Typed<RowExpr>> {
        if let Some(own) = self.own(name, Some(span)) {
            return own;
        }
        if let Some(param) = self.names.params.get(name) {
            self.names.uses_param(name, span);
            let constant = |(value, unit)| Typed { node: RowExpr::Const(value), ty: Type::Is(unit) };
            return Some(param.clone().map_or_else(broken, constant));
        }
        if self.names.tables.contains_key(name) {
            return self.lookup(&Ident { value: name.to_owned(), span }, None, None, span);
        }
        if self.names.metrics.contains_key(name) {
            return self.fail(Diagnostic::new(&codes::NESTED, span).arg("name", name));
        }
        if let Some(diagnostic) = self.by_membership(name, span) {
            return self.fail(diagnostic);
        }
        let known = self.names.field_names(self.event).chain(["time"]).chain(self.names.params.keys().map(String::as_str));
        let diagnostic = self.names.unknown(&codes::UNKNOWN_NAME, name, span, known);
        self.fail(diagnostic)
    }

    /// What is to be written instead of a dimension that memberships say, not the event itself: aggregates know the event alone.
    fn by_membership(&self, name: &str, span: Span) -> Option<Diagnostic> {
        let dim = self.names.dims.iter().position(|known| known == name)?;
        let own = &self.names.events.get(self.event)?.dims;
        climb(&self.names.memberships, |dim| own.iter().any(|(known, _)| *known == dim), dim)?;
        Some(Diagnostic::new(&nested::ROW_MEMBERSHIP, span).arg("name", name).arg("event", self.event_name()))
    }
}

impl RowPlace<'_> {
    /// A value of a table; without keys the fields of their names count.
    fn lookup(&mut self, table: &Ident, keys: Option<&[Expr]>, column: Option<&Ident>, span: Span) -> Option<Typed<RowExpr>> {
        let Some((_, column, table)) = resolve(self.names, self.errors, table, column)? else { return Some(broken()) };
        let (clock, zoned) = (self.clock, self.names.zoned(self.event));
        let above = table.keys.iter().filter(|key| keys.is_none() && self.own(key, None).is_none());
        if let Some(diagnostic) = above.filter_map(|key| self.by_membership(key, span)).next() {
            return self.fail(diagnostic);
        }
        lookup(self, (table, column, clock, zoned), keys, span, |place, name| place.own(name, None).flatten())
    }
}

impl Place for RowPlace<'_> {
    type Node = RowExpr;

    fn special(&mut self, expr: &Expr) -> Option<Typed<RowExpr>> {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Field(event, field) => self.field(event, field),
            ExprKind::Lookup(lookup) => self.lookup(&lookup.table, Some(&lookup.keys), lookup.column.as_ref(), expr.span),
            ExprKind::StartsWith(inner, text) => {
                let typed = walk(self, inner)?;
                prefix(self, inner, text, typed)
            }
            ExprKind::Aggregate(aggregate) => {
                let name = super::aggregate::function_name(aggregate.function.value);
                self.fail(Diagnostic::new(&codes::NESTED, expr.span).arg("name", name))
            }
            ExprKind::Fold(fold) => {
                let function = super::aggregate::function_name(fold.function.value);
                self.fail(Diagnostic::new(&codes::FOLD_PLACE, expr.span).arg("function", function))
            }
            ExprKind::Binary(..) => added(self, expr),
            ExprKind::WorkTime(time) => worked(self, time),
            ExprKind::Call(function, args) if is_extreme(&function.value, args.len()) => extreme(self, function, args),
            ExprKind::Call(function, args) if let Some((form, advice)) = called(function, args, expr.span, self.names, self.text) => {
                let diagnostic = Diagnostic::new(&codes::FOREIGN_FUNCTION, expr.span).arg("name", &function.value);
                self.fail(diagnostic.words("advice", advice).fix(expr.span, form))
            }
            ExprKind::Call(function, _) if let Some(advice) = habits::function(&function.value) => {
                self.fail(Diagnostic::new(&codes::FOREIGN_FUNCTION, function.span).arg("name", &function.value).words("advice", advice))
            }
            _ => self.fail(never_in_row(expr)?),
        }
    }

    fn errors(&mut self) -> &mut Vec<Diagnostic> {
        self.errors
    }

    fn names_and_errors(&mut self) -> (&Names, &mut Vec<Diagnostic>) {
        (self.names, self.errors)
    }

    fn zone(&self) -> &Zone {
        &self.names.zone
    }

    fn source(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn division(&mut self, span: Span) -> bool {
        self.errors.push(Diagnostic::new(&codes::ROW_DIVISION, span));
        false
    }
}

/// A value of a table in a row formula: the keys as written, or what `own` says of their names.
pub(super) fn lookup<P: Place<Node = RowExpr>>(
    place: &mut P,
    (table, column, clock, zoned): (Arc<Table>, usize, Option<FieldIdx>, Option<Zoned>),
    keys: Option<&[Expr]>,
    span: Span,
    own: impl Fn(&P, &str) -> Option<Typed<RowExpr>>,
) -> Option<Typed<RowExpr>> {
    if table.told.is_some() {
        place.errors().push(Diagnostic::new(&told::TOLD_IN_ROW, span).arg("table", &table.name));
        return None;
    }
    if let Some(keys) = keys.filter(|keys| keys.len() != table.keys.len()) {
        place.errors().push(keys_count(&table, keys.len(), span));
        return None;
    }
    let mut compiled = Vec::with_capacity(table.keys.len());
    for (idx, name) in table.keys.iter().enumerate() {
        let written = keys.and_then(|keys| keys.get(idx));
        let typed = match written {
            Some(key) => walk(place, key)?,
            None => match own(place, name) {
                Some(typed) => typed,
                None => {
                    place.errors().push(untold_key(&table, name, span));
                    return None;
                }
            },
        };
        if !matches!(typed.ty, Type::Is(Unit::Text) | Type::Unknown | Type::Broken) {
            let at = written.map_or(span, |key| key.span);
            place.errors().push(Diagnostic::new(&data::KEY_UNIT, at).arg("unit", typed.ty.name()));
            return None;
        }
        compiled.push(typed.node);
    }
    let unit = table.columns.get(column).map(|(_, unit)| unit.clone())?;
    let node = RowExpr::Lookup(Box::new(RowLookup { table, column, keys: compiled, clock, zoned }));
    Some(Typed { node, ty: Type::Is(unit) })
}

/// Whether a function stands in a row with so many arguments.
fn is_extreme(function: &str, n_args: usize) -> bool {
    matches!((function, n_args), ("abs", 1) | ("least" | "greatest", 2..=64))
}

/// `abs(a - b)`, `least(a, b)`, `greatest(a, b, c)`
fn extreme(place: &mut RowPlace<'_>, function: &Ident, args: &[Expr]) -> Option<Typed<RowExpr>> {
    let (nodes, ty) = alike(place, function, args)?;
    let op = if function.value == "least" { Arith::Least } else { Arith::Greatest };
    // A number without its sign is the greater of it and its opposite.
    let opposite = nodes.first().filter(|_| function.value == "abs").cloned().map(Node::negate);
    let node = nodes.into_iter().chain(opposite).reduce(|a, b| RowExpr::Arith(op, Box::new(a), Box::new(b)))?;
    Some(Typed { node, ty })
}

/// What is wrong with a form that stands neither in a row of events nor in one of an entity; None for any other.
pub(super) fn never_in_row(expr: &Expr) -> Option<Diagnostic> {
    let not_in_row = |what: &str, span: Span| Some(Diagnostic::new(&codes::NOT_IN_ROW, span).arg("what", what));
    match &expr.kind {
        ExprKind::Call(function, _) => not_in_row(&function.value, function.span),
        ExprKind::OverOccasion(_, at) => not_in_row("over", at.span),
        ExprKind::Over(_, window) => not_in_row("over", window.span),
        ExprKind::Adapt(adapt) => not_in_row("over", adapt.by.then.span),
        ExprKind::Shift(_, shift) | ExprKind::Baseline(_, _, shift) => not_in_row("before", shift.span),
        ExprKind::Across(_, dimension) => not_in_row("across", dimension.span),
        ExprKind::Bands(bands) => not_in_row("steps, tiers, curve", bands.function.span),
        ExprKind::WorkSpan(_) => Some(Diagnostic::new(&calendar::WORK_SPAN_PLACE, expr.span)),
        ExprKind::Convert(_, to) => Some(super::money::in_row(to)),
        ExprKind::Parts(parts) => {
            let name = super::aggregate::function_name(parts.function.value);
            Some(Diagnostic::new(&codes::NESTED, expr.span).arg("name", name))
        }
        _ => None,
    }
}

/// `inner starts with "prefix"`, once `inner` is compiled.
pub(super) fn prefix<P: Place<Node = RowExpr>>(
    place: &mut P,
    inner: &Expr,
    prefix: &Spanned<String>,
    typed: Typed<RowExpr>,
) -> Option<Typed<RowExpr>> {
    if !matches!(typed.ty, Type::Is(Unit::Text) | Type::Unknown | Type::Broken) {
        let diagnostic = Diagnostic::new(&codes::UNITS_DIFFER, inner.span.to(prefix.span));
        place.errors().push(diagnostic.arg("op", "starts with").arg("left", typed.ty.name()).arg("right", "text"));
        return None;
    }
    let node = RowExpr::StartsWith(Box::new(typed.node), prefix.value.as_str().into());
    Some(Typed { node, ty: Type::Is(Unit::Flag) })
}

/// The first level among the measures of a row formula.
pub(super) fn level_in<'n>(row: &RowExpr, event: EventIdx, names: &'n Names) -> Option<&'n str> {
    let both = |a: &RowExpr, b: &RowExpr| level_in(a, event, names).or_else(|| level_in(b, event, names));
    match row {
        RowExpr::Field(idx) => {
            let field = names.events.get(event)?.fields.get(*idx)?;
            (field.role == FieldRole::Level && is_measure(&field.unit)).then_some(field.name.as_str())
        }
        RowExpr::Negate(a) => level_in(a, event, names),
        RowExpr::Arith(_, a, b) | RowExpr::Else(a, b) => both(a, b),
        _ => None,
    }
}

/// The first level in a condition.
pub(super) fn conditioned<'n>(row: &RowExpr, event: EventIdx, names: &'n Names) -> Option<&'n str> {
    let see = |part: &RowExpr| level_in(part, event, names).or_else(|| conditioned(part, event, names));
    match row {
        RowExpr::Compare(_, a, b) | RowExpr::And(a, b) | RowExpr::Or(a, b) => see(a).or_else(|| see(b)),
        RowExpr::Not(a) | RowExpr::IsAbsent(a) | RowExpr::In(a, _) => see(a),
        _ => None,
    }
}

impl Node for RowExpr {
    fn constant(value: Scalar) -> Self {
        RowExpr::Const(value)
    }
    fn unknown() -> Self {
        RowExpr::Const(Scalar::Absent)
    }
    fn negate(self) -> Self {
        RowExpr::Negate(Box::new(self))
    }
    fn not(self) -> Self {
        RowExpr::Not(Box::new(self))
    }
    fn arith(op: Arith, left: Self, right: Self) -> Self {
        RowExpr::Arith(op, Box::new(left), Box::new(right))
    }
    fn compare(op: Compare, left: Self, right: Self) -> Self {
        RowExpr::Compare(op, Box::new(left), Box::new(right))
    }
    fn and(left: Self, right: Self) -> Self {
        RowExpr::And(Box::new(left), Box::new(right))
    }
    fn or(left: Self, right: Self) -> Self {
        RowExpr::Or(Box::new(left), Box::new(right))
    }
    fn otherwise(left: Self, right: Self) -> Self {
        RowExpr::Else(Box::new(left), Box::new(right))
    }
    fn when_unknown(self) -> Self {
        RowExpr::IsAbsent(Box::new(self))
    }
    fn may_be_among(&self) -> bool {
        true
    }
    fn among(self, values: Vec<Scalar>) -> Self {
        RowExpr::In(Box::new(self), values)
    }
}
