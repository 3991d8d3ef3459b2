//! `coverage(ad_day)`: on which share of the days that expect an event there is any.
//!
//! 1. The events are counted by a leaf like any other; what is read of it are days ([`Read::DaysWith`], [`Read::DaysDue`]).
//! 2. `coverage(ad_day per shop)` adds the days of all parts of the scope before it divides.

use super::aggregate::{AggregatePlace, one_line};
use super::expr::{Typed, broken, condition};
use super::formula::FormulaPlace;
use super::program::{Arith, DAYS_DUE, DAYS_WITH, DimIdx, Formula, Gather, Parts, Read, Text, Unit};
use super::units::Type;
use crate::diagnostic::codes::watch as codes;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{self, Aggregate, AggregateFn, Expr, ExprKind};
use std::collections::BTreeSet;

impl AggregatePlace<'_> {
    /// `coverage(ad_day where spend > 0 USD)`
    pub(super) fn coverage(&mut self, aggregate: &Aggregate) -> Option<Typed<Formula>> {
        if !matches!(aggregate.arg.kind, ExprKind::Name(_) | ExprKind::Broken) {
            return self.fail(Diagnostic::new(&codes::COVERAGE_OF, aggregate.arg.span));
        }
        let counted = Aggregate { function: Spanned { value: AggregateFn::Count, span: aggregate.function.span }, ..aggregate.clone() };
        let inside = aggregate.filter.as_ref().map_or(aggregate.arg.span, |filter| aggregate.arg.span.to(filter.span));
        let known = self.leaves.list.len();
        let Formula::Leaf(leaf, _) = self.compile(&counted, inside)?.node else { return Some(broken()) };
        if let Some(new) = self.leaves.list.get_mut(leaf).filter(|_| leaf >= known) {
            new.text = format!("count({})", new.text);
        }
        Some(share(Formula::Leaf(leaf, Read::DaysWith), Formula::Leaf(leaf, Read::DaysDue)))
    }
}

impl FormulaPlace<'_> {
    /// `coverage(ad_day per shop where orders > 0)`
    pub(super) fn coverage_of_parts(&mut self, parts: &ast::Parts) -> Option<Typed<Formula>> {
        let dims: Vec<Option<DimIdx>> = parts.per.iter().map(|word| self.dimension(word)).collect();
        let (function, arg) = (parts.function.clone(), parts.part.clone());
        let aggregate = Aggregate { function, arg, filter: None, quantile: None, surplus: Vec::new() };
        let of_part = self.aggregate(&Expr { kind: ExprKind::Aggregate(Box::new(aggregate)), span: parts.part.span });
        let filter = parts.filter.as_ref().map(|filter| condition(self, filter));
        let dims: BTreeSet<DimIdx> = dims.into_iter().collect::<Option<_>>()?;
        let (of_part, filter) = (of_part?, filter.map_or(Some(None), |filter| filter.map(Some))?);
        let Formula::Arith(Arith::Div, with, due) = of_part.node else { return Some(broken()) };
        let event = one_line(self.text.get(parts.part.span.range()).unwrap_or(""));
        let per: Vec<&str> = parts.per.iter().map(|word| word.value.as_str()).collect();
        let summed = |part: Formula, [en, zh]: [&str; 2]| {
            let counted = format!("{event} per {}", per.join(", "));
            let text = Text { en: format!("{en} {counted}"), zh: Some(format!("{zh} {counted}")) };
            let (dims, filter) = (dims.iter().copied().collect(), filter.clone());
            let (unit, part_unit, gather) = (Unit::Count, Unit::Count, Gather::Sum);
            Formula::Parts(Box::new(Parts { gather, dims, part, filter, unit, part_unit, text, by_day: false }))
        };
        Some(share(summed(*with, DAYS_WITH), summed(*due, DAYS_DUE)))
    }
}

fn share(with: Formula, due: Formula) -> Typed<Formula> {
    Typed { node: Formula::Arith(Arith::Div, Box::new(with), Box::new(due)), ty: Type::Is(Unit::Percent) }
}
