//! In which unit the numbers of conditions are told.

use super::range::Nature;
use super::ranges::Ranges;
use crate::compile::Compiler;
use crate::compile::program::{Arith, Formula, LevelRead, Read, Unit};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

/// The unit that a literal or a param says; None for `0`, which has any, and for everything else.
pub(super) fn unit_written(expr: &Expr, compiler: &Compiler<'_>) -> Option<Unit> {
    match &expr.kind {
        ExprKind::Percent(_) => Some(Unit::Percent),
        ExprKind::Money(_, currency) => Some(Unit::Money(currency.clone())),
        ExprKind::Duration(_) => Some(Unit::Duration),
        ExprKind::Number(number) if !number.is_zero() => Some(Unit::Number),
        ExprKind::Name(name) => compiler.names.params.get(name)?.as_ref().map(|(_, unit)| unit.clone()),
        ExprKind::Negate(inner) => unit_written(inner, compiler),
        // A factor is a plain number whatever the product is.
        ExprKind::Binary(op, left, right) if !matches!(op, BinaryOp::Mul | BinaryOp::Div) => {
            unit_written(left, compiler).or_else(|| unit_written(right, compiler))
        }
        _ => None,
    }
}

/// The unit of a formula, as far as its parts say it.
pub(super) fn unit_of(formula: &Formula, ranges: &Ranges<'_>) -> Option<Unit> {
    let of = |formula: &Formula| unit_of(formula, ranges);
    match formula {
        Formula::Metric(metric) => ranges.metrics.get(*metric).map(|metric| metric.unit.clone()),
        Formula::Leaf(_, Read::Level(LevelRead::Held)) => Some(Unit::Duration),
        Formula::Leaf(leaf, Read::Sum | Read::Avg | Read::Value | Read::Quantile(_) | Read::Level(_)) => {
            ranges.leaves.get(*leaf).map(|leaf| leaf.unit.clone())
        }
        Formula::Lookup(lookup) => ranges.tables.get(lookup.table)?.columns.get(lookup.column).map(|(_, unit)| unit.clone()),
        Formula::Negate(a)
        | Formula::Abs(a)
        | Formula::Round(a, _)
        | Formula::Floor(a)
        | Formula::Ceil(a)
        | Formula::Over(_, a)
        | Formula::Shift(_, a)
        | Formula::Baseline(_, _, a) => of(a),
        Formula::Adapt(adapt) => of(&adapt.inner),
        Formula::Arith(Arith::Add | Arith::Sub, a, b) | Formula::Else(a, b) => of(a).or_else(|| of(b)),
        Formula::Least(all) | Formula::Greatest(all) => all.iter().find_map(of),
        Formula::Parts(parts) => Some(parts.unit.clone()),
        Formula::Across(across) => Some(across.unit.clone()),
        _ if ranges.of(formula).nature == Nature::Share => Some(Unit::Percent),
        _ => None,
    }
}
