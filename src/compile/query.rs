//! Formulas that are asked of a compiled ruleset, such as the subjects of expectations.
//!
//! 1. The names are those of the [`Program`].
//! 2. No new aggregates: the cells of a ruleset are fixed when it is compiled.

use super::expr::Typed;
use super::formula::FormulaPlace;
use super::metrics::visit;
use super::names::Names;
use super::program::{Formula, Program, Scalar, TargetIdx, Unit};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast::Expr;
use std::collections::BTreeSet;

/// Compiles a formula over the metrics and params of a program.
///
/// # Errors
/// Every mistake of the formula. An aggregate is one: it must be declared as a metric.
pub fn expression(program: &Program, expr: &Expr) -> Result<(Formula, Unit), Vec<Diagnostic>> {
    let names = Names::of(program);
    let mut errors = Vec::new();
    let mut place = FormulaPlace::constants(&names, &mut errors, "");
    place.constant = false;
    match place.formula(expr) {
        Some(Typed { node, ty }) if errors.is_empty() => Ok((node, ty.unit())),
        _ => Err(errors),
    }
}

/// Computes a constant, such as the value of an expectation.
///
/// # Errors
/// Every mistake of the expression; anything that is not known without events is one.
pub fn constant(program: &Program, expr: &Expr) -> Result<(Scalar, Unit), Vec<Diagnostic>> {
    let names = Names::of(program);
    let mut errors = Vec::new();
    match FormulaPlace::constants(&names, &mut errors, "").constant(expr) {
        Some((value, ty)) if errors.is_empty() => Ok((value, ty.unit())),
        _ => Err(errors),
    }
}

/// The targets that a formula compares with by itself, not through its metrics.
pub fn targets_in(formula: &Formula) -> BTreeSet<TargetIdx> {
    let mut found = BTreeSet::new();
    visit(formula, &mut |part| {
        if let Formula::Target(read) = part {
            found.insert(read.target);
        }
    });
    found
}
