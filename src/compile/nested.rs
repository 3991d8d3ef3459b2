//! Formulas about other scopes: `sum(x per sku)`, `rank(x per shop)`, `x across sku`.
//!
//! 1. The formula of a part is compiled as any other; what a function makes of the parts decides the unit.
//! 2. [`Compiler::told_by`] says at which scopes a formula can be used: inside, a scope may have more dimensions, or fewer.

use super::Compiler;
use super::aggregate::{function_name, one_line};
use super::expr::{Typed, condition, measure, walk};
use super::formula::FormulaPlace;
use super::program::{Across, DimIdx, Formula, Gather, LeafIdx, Metric, MetricIdx, Parts, Reach, Text, Unit};
use super::references::Kind;
use super::surplus::Called;
use super::units::Type;
use crate::diagnostic::codes::{compile, nested as codes};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{self, AggregateFn, Expr, Ident};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

impl FormulaPlace<'_> {
    /// `sum(last(stock.on_hand) per sku * unit_cost[sku])`
    pub(super) fn parts(&mut self, parts: &ast::Parts, span: Span) -> Option<Typed<Formula>> {
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, span));
        }
        if let Some(mistake) = Called::parts(parts, span, self.text).surplus(self.names) {
            return self.fail(mistake);
        }
        if parts.function.value == AggregateFn::Coverage {
            return self.coverage_of_parts(parts);
        }
        let dims: Vec<Option<DimIdx>> = parts.per.iter().map(|word| self.dimension(word)).collect();
        let part = walk(self, &parts.part);
        let filter = parts.filter.as_ref().map(|filter| condition(self, filter));
        let dims: BTreeSet<DimIdx> = dims.into_iter().collect::<Option<_>>()?;
        let (part, filter) = (part?, filter.map_or(Some(None), |filter| filter.map(Some))?);
        let (gather, ty) = self.gather(parts, &part)?;
        let text = Text::written(one_line(self.text.get(span.range()).unwrap_or("")));
        let (dims, unit, part_unit) = (dims.into_iter().collect(), ty.unit(), part.ty.unit());
        let parts = Parts { gather, dims, part: part.node, filter, unit, part_unit, text, by_day: false };
        Some(Typed { node: Formula::Parts(Box::new(parts)), ty })
    }

    /// `storage_cost across sku`
    pub(super) fn across(&mut self, inner: &Expr, dimension: &Ident) -> Option<Typed<Formula>> {
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, dimension.span));
        }
        let typed = walk(self, inner);
        let dim = self.dimension(dimension)?;
        let typed = typed?;
        let text = Text::written(one_line(self.text.get(inner.span.to(dimension.span).range()).unwrap_or("")));
        Some(Typed { node: Formula::Across(Box::new(Across { dim, of: typed.node, unit: typed.ty.unit(), text })), ty: typed.ty })
    }

    pub(super) fn dimension(&mut self, word: &Ident) -> Option<DimIdx> {
        let Ok(dim) = self.names.dims.binary_search(&word.value) else {
            let known = self.names.dims.iter().map(String::as_str);
            let diagnostic = self.names.unknown(&compile::UNKNOWN_DIMENSION, &word.value, word.span, known);
            return self.fail(diagnostic);
        };
        self.names.uses.saw(Kind::Dimension, &word.value, word.span);
        Some(dim)
    }

    /// What is made of the parts, and its unit.
    fn gather(&mut self, parts: &ast::Parts, part: &Typed<Formula>) -> Option<(Gather, Type)> {
        let (function, span) = (parts.function.value, parts.part.span);
        let word = function_name(function);
        let flag = part.ty == Type::Is(Unit::Flag);
        match function {
            AggregateFn::Count if flag => return Some((Gather::True, Type::Is(Unit::Count))),
            AggregateFn::Count => return Some((Gather::Known, Type::Is(Unit::Count))),
            AggregateFn::Rank | AggregateFn::Percentile if part.ty == Type::Broken => return Some((Gather::Known, Type::Broken)),
            AggregateFn::Rank | AggregateFn::Percentile => {
                let Some(higher) = self.better(&part.node) else {
                    return self.fail(Diagnostic::new(&codes::RANK_BETTER, span).arg("function", word));
                };
                return Some(match function {
                    AggregateFn::Rank => (Gather::Rank { higher }, Type::Is(Unit::Count)),
                    _ => (Gather::Percentile { higher }, Type::Is(Unit::Percent)),
                });
            }
            AggregateFn::Distinct | AggregateFn::First | AggregateFn::Last | AggregateFn::Duration | AggregateFn::Coverage => {
                return self.fail(Diagnostic::new(&codes::PARTS_FUNCTION, parts.function.span).arg("function", word));
            }
            _ => {}
        }
        let part = measure(self, word, span, part.clone())?;
        if function == AggregateFn::Sum && part.ty == Type::Is(Unit::Percent) {
            return self.fail(Diagnostic::new(&codes::PARTS_SUM_RATE, span));
        }
        // Between two whole numbers lies one that is none.
        let between = if part.ty == Type::Is(Unit::Count) { Type::Is(Unit::Number) } else { part.ty.clone() };
        Some(match function {
            AggregateFn::Avg => (Gather::Avg, between),
            AggregateFn::Min => (Gather::Min, part.ty),
            AggregateFn::Max => (Gather::Max, part.ty),
            AggregateFn::Median => (Gather::Quantile(Decimal::new(5, 1)), between),
            AggregateFn::Quantile => (Gather::Quantile(self.fraction(parts)?), between),
            _ => (Gather::Sum, part.ty),
        })
    }

    fn fraction(&mut self, parts: &ast::Parts) -> Option<Decimal> {
        match &parts.quantile {
            Some(q) if q.value >= Decimal::ZERO && q.value <= Decimal::ONE => Some(q.value.normalize()),
            quantile => {
                let span = quantile.as_ref().map_or(parts.function.span, |q| q.span);
                self.fail(Diagnostic::new(&compile::QUANTILE_RANGE, span))
            }
        }
    }

    /// Whether more is better, of a metric over any window.
    fn better(&self, formula: &Formula) -> Option<bool> {
        match formula {
            Formula::Metric(metric) => self.names.better.get(metric).copied(),
            Formula::Over(_, inner) | Formula::Shift(_, inner) => self.better(inner),
            Formula::Adapt(adapt) => self.better(&adapt.inner),
            _ => None,
        }
    }
}

impl Compiler<'_> {
    /// The dimensions that a scope may have at which a formula is used. A formula is about all of its scope's dimensions
    /// but those that it looks across.
    pub(super) fn told_by(&self, formula: &Formula, metrics: &[Metric]) -> Vec<DimIdx> {
        let has = |leaf: &LeafIdx, dim: DimIdx| {
            let event = self.leaves.list.get(*leaf).and_then(|leaf| self.names.events.get(leaf.event));
            event.is_some_and(|event| self.tells(event, dim))
        };
        let knows = |metric: &MetricIdx, dim: DimIdx| metrics.get(*metric).is_some_and(|metric| metric.dims.contains(&dim));
        let tells = |dim: &DimIdx| {
            let reach = Reach::of((&[], &[]), [formula], &[*dim]);
            reach.leaves.iter().all(|(leaf, dims)| !dims.contains(dim) || has(leaf, *dim))
                && reach.metrics.iter().all(|(metric, dims)| !dims.contains(dim) || knows(metric, *dim))
        };
        (0..self.names.dims.len()).filter(tells).collect()
    }
}
