//! Tables that events tell, looked up inside a sum: `sum(order.amount * fee[order.platform].rate)`.
//!
//! 1. The factors of the argument that look such a table up are told from those that are about the event ([`told_factor`]).
//! 2. The rest is summed by a leaf like any other; the event's dimensions that name keys tell its parts.
//! 3. What stands before the dot of a factor's key is gone: a part has one value of each dimension, as its events have.
//!
//! So a row that is told later changes a factor, and no event is looked at again.

use super::aggregate::{find_event, one_line};
use super::expr::{Typed, walk};
use super::formula::FormulaPlace;
use super::program::{DimIdx, EventDecl, EventIdx, Formula, Gather, Parts, Text, Unit};
use super::units::Type;
use crate::diagnostic::codes::{compile, told};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{Aggregate, AggregateFn, BinaryOp, Expr, ExprKind, Ident, Lookup};
use std::collections::BTreeSet;

/// The factors of an argument.
#[derive(Default)]
struct Factors<'e> {
    /// What the events say.
    own: Vec<&'e Expr>,
    /// What tables say.
    told: Vec<&'e Expr>,
}

impl FormulaPlace<'_> {
    /// Compiles a sum that looks told tables up; None for any other aggregate, and where they stand elsewhere than as factors.
    pub(super) fn by_day(&mut self, aggregate: &Aggregate, span: Span) -> Option<Option<Typed<Formula>>> {
        if aggregate.function.value != AggregateFn::Sum || self.leaves.is_none() {
            return None;
        }
        let mut event = None;
        find_event(&aggregate.arg, &mut |name| self.names.tables.contains_key(name), &mut event);
        let word = event?.clone();
        let event = *self.names.event_idx.get(&word.value)?;
        let decl = self.names.events.get(event)?.clone();
        let mut factors = Factors::default();
        self.factors(&aggregate.arg, &decl, &mut factors);
        if factors.told.is_empty() {
            return None;
        }
        Some(self.summed(aggregate, (&word, event, &decl), &factors, span))
    }

    fn factors<'e>(&self, expr: &'e Expr, decl: &EventDecl, found: &mut Factors<'e>) {
        match &expr.kind {
            ExprKind::Binary(BinaryOp::Mul, left, right) => [left, right].into_iter().for_each(|side| self.factors(side, decl, found)),
            _ if self.told_factor(expr, decl) == Some(true) => found.told.push(expr),
            _ => found.own.push(expr),
        }
    }

    /// Whether an expression looks a told table up; None when it reads fields of the event, or holds what has no place in a factor.
    fn told_factor(&self, expr: &Expr, decl: &EventDecl) -> Option<bool> {
        let is_told = |table: &str| {
            let table = self.names.tables.get(table).copied().flatten().and_then(|idx| self.names.table_list.get(idx));
            table.is_some_and(|table| table.told.is_some())
        };
        let is_field = |name: &String| decl.fields.iter().any(|field| field.name == *name);
        match &expr.kind {
            ExprKind::Number(_) | ExprKind::Percent(_) | ExprKind::Money(..) | ExprKind::Duration(_) => Some(false),
            ExprKind::Name(name) if !is_field(name) => Some(is_told(name)),
            ExprKind::Field(table, _) if self.names.tables.contains_key(&table.value) => Some(is_told(&table.value)),
            ExprKind::Lookup(lookup) => Some(is_told(&lookup.table.value)),
            ExprKind::Negate(inner) => self.told_factor(inner, decl),
            ExprKind::Binary(BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Else, left, right) => {
                let (left, right) = (self.told_factor(left, decl)?, self.told_factor(right, decl)?);
                Some(left || right)
            }
            _ => None,
        }
    }

    fn summed(
        &mut self,
        aggregate: &Aggregate,
        (word, event, decl): (&Ident, EventIdx, &EventDecl),
        factors: &Factors<'_>,
        span: Span,
    ) -> Option<Typed<Formula>> {
        let mut dims = BTreeSet::new();
        let mut told = Vec::with_capacity(factors.told.len());
        for factor in &factors.told {
            told.push(self.of_scope(factor, (word, event, decl), &mut dims)?);
        }
        // On the days of which zone the events lie.
        dims.extend(self.names.zoned(event).and_then(|(zones, _)| decl.dims.iter().map(|(dim, _)| *dim).find(|dim| *dim == zones.dim)));
        let times = |left: Expr, right: Expr| {
            let span = left.span.to(right.span);
            Expr { kind: ExprKind::Binary(BinaryOp::Mul, Box::new(left), Box::new(right)), span }
        };
        let own = factors.own.iter().copied().cloned().reduce(times);
        let counted = || Expr { kind: ExprKind::Name(word.value.clone()), span: word.span };
        let function = if own.is_some() { AggregateFn::Sum } else { AggregateFn::Count };
        let function = Spanned { value: function, span: aggregate.function.span };
        let inner = Aggregate { function, arg: own.unwrap_or_else(counted), ..aggregate.clone() };
        let inner = Expr { kind: ExprKind::Aggregate(Box::new(inner)), span };
        let factor = told.into_iter().reduce(times)?;
        let known = self.leaves.as_ref().map_or(0, |leaves| leaves.list.len());
        let part = walk(self, &Expr { kind: ExprKind::Binary(BinaryOp::Mul, Box::new(inner), Box::new(factor)), span })?;
        if part.ty == Type::Is(Unit::Percent) {
            let function = super::aggregate::function_name(AggregateFn::Sum);
            return self.fail(Diagnostic::new(&compile::RATE_AGGREGATE, aggregate.arg.span).arg("function", function));
        }
        let (unit, text) = (part.ty.unit(), Text::written(self.line(span)));
        let (gather, part_unit, filter) = (Gather::Sum, unit.clone(), None);
        let parts = Parts { gather, dims: dims.into_iter().collect(), part: part.node, filter, unit, part_unit, text, by_day: true };
        self.rename(&parts, known, (aggregate, word), factors);
        Some(Typed { node: Formula::Parts(Box::new(parts)), ty: part.ty })
    }

    /// A factor as it is written for a scope. Collects the dimensions of its keys.
    fn of_scope(&mut self, expr: &Expr, event: (&Ident, EventIdx, &EventDecl), dims: &mut BTreeSet<DimIdx>) -> Option<Expr> {
        let kind = match &expr.kind {
            ExprKind::Lookup(lookup) => {
                let mut keys = Vec::with_capacity(lookup.keys.len());
                for key in &lookup.keys {
                    keys.push(self.key(&lookup.table, key, event, dims)?);
                }
                ExprKind::Lookup(Box::new(Lookup { keys, ..Lookup::clone(lookup) }))
            }
            ExprKind::Name(table) | ExprKind::Field(Ident { value: table, .. }, _) => {
                let table = self.names.tables.get(table).copied().flatten().and_then(|idx| self.names.table_list.get(idx)).cloned();
                for key in table.iter().flat_map(|table| &table.keys) {
                    dims.insert(self.key_dimension((table.as_ref().map_or("", |table| &table.name), expr.span), key, event)?);
                }
                expr.kind.clone()
            }
            ExprKind::Negate(inner) => ExprKind::Negate(Box::new(self.of_scope(inner, event, dims)?)),
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.of_scope(left, event, dims)?, self.of_scope(right, event, dims)?);
                ExprKind::Binary(*op, Box::new(left), Box::new(right))
            }
            other => other.clone(),
        };
        Some(Expr { kind, span: expr.span })
    }

    /// A key of a lookup: a text, or a dimension of the event.
    fn key(&mut self, table: &Ident, key: &Expr, event: (&Ident, EventIdx, &EventDecl), dims: &mut BTreeSet<DimIdx>) -> Option<Expr> {
        let name = match &key.kind {
            ExprKind::Text(_) => return Some(key.clone()),
            ExprKind::Name(name) => name,
            ExprKind::Field(word, field) if word.value == event.0.value => &field.value,
            _ => "",
        };
        let name = if name.is_empty() { self.line(key.span) } else { name.to_owned() };
        dims.insert(self.key_dimension((&table.value, key.span), &name, event)?);
        if let Some(field) = self.names.field(event.1, &name) {
            self.names.uses_field(event.1, field, key.span);
        }
        Some(Expr { kind: ExprKind::Name(name), span: key.span })
    }

    fn key_dimension(&mut self, (table, at): (&str, Span), key: &str, (_, _, decl): (&Ident, EventIdx, &EventDecl)) -> Option<DimIdx> {
        let field = decl.fields.iter().position(|field| field.name == key);
        let dim = decl.dims.iter().find(|(_, own)| Some(*own) == field).map(|(dim, _)| *dim);
        if dim.is_none() {
            let diagnostic = Diagnostic::new(&told::TOLD_BY_DIMENSION, at).arg("name", key).arg("table", table);
            return self.fail(diagnostic.arg("event", &decl.name));
        }
        dim
    }

    /// Gives a new leaf the text of what it sums by itself.
    fn rename(&mut self, parts: &Parts, known: usize, (aggregate, word): (&Aggregate, &Ident), factors: &Factors<'_>) {
        let own: Vec<String> = factors.own.iter().map(|factor| self.line(factor.span)).collect();
        let filter = aggregate.filter.as_ref().map(|filter| format!(" where {}", self.line(filter.span))).unwrap_or_default();
        let text = if own.is_empty() { format!("count({}{filter})", word.value) } else { format!("sum({}{filter})", own.join(" * ")) };
        let leaf = parts.daily().map(|(leaf, ..)| leaf).filter(|leaf| *leaf >= known);
        if let Some(leaf) = leaf.and_then(|leaf| self.leaves.as_mut()?.list.get_mut(leaf)) {
            leaf.text = text;
        }
    }

    fn line(&self, span: Span) -> String {
        one_line(self.text.get(span.range()).unwrap_or(""))
    }
}
