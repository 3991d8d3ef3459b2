//! Comparison with the past: `x 1 year before`, `previous(x)`, `growth(x)`, `median of x in 8 weeks before`.

use super::expr::{Typed, measure, walk};
use super::formula::FormulaPlace;
use super::metrics::visit;
use super::program::{Arith, Formula, MetricIdx, Scalar, Shift, Statistic, Unit};
use super::units::{Type, quotient};
use super::window::grain;
use crate::diagnostic::codes::{compile, target as codes};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{self, Expr};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// The functions that compare with the period before.
pub(super) const PERIOD_FUNCTIONS: [&str; 2] = ["previous", "growth"];
/// How far back a comparison may go, and how many earlier values a baseline takes.
const COUNT_MAX: u32 = 100;

/// Whether a formula, or a metric in it, is or has a baseline.
pub(super) fn holds_baseline(formula: &Formula, known: &BTreeSet<MetricIdx>) -> bool {
    let mut found = false;
    visit(formula, &mut |part| match part {
        Formula::Baseline(..) => found = true,
        Formula::Metric(metric) => found |= known.contains(metric),
        _ => {}
    });
    found
}

impl FormulaPlace<'_> {
    /// `x 1 year before`
    pub(super) fn shift(&mut self, inner: &Expr, shift: &Spanned<ast::Shift>) -> Option<Typed<Formula>> {
        let typed = walk(self, inner);
        let shift = self.back(shift)?;
        let typed = typed?;
        Some(Typed { node: Formula::Shift(shift, Box::new(typed.node)), ty: typed.ty })
    }

    /// `median of x in 8 weeks before`
    pub(super) fn baseline(&mut self, statistic: ast::Statistic, inner: &Expr, shift: &Spanned<ast::Shift>) -> Option<Typed<Formula>> {
        let (statistic, word) = match statistic {
            ast::Statistic::Mean => (Statistic::Mean, "mean"),
            ast::Statistic::Median => (Statistic::Median, "median"),
            ast::Statistic::Deviation => (Statistic::Deviation, "deviation"),
        };
        let typed = walk(self, inner).and_then(|typed| measure(self, word, inner.span, typed));
        let shift = self.back(shift)?;
        let typed = typed?;
        if holds_baseline(&typed.node, &self.names.baselines) {
            return self.fail(Diagnostic::new(&codes::NESTED_BASELINE, inner.span));
        }
        // Between two whole numbers lies one that is none.
        let ty = if typed.ty == Type::Is(Unit::Count) { Type::Is(Unit::Number) } else { typed.ty };
        Some(Typed { node: Formula::Baseline(statistic, shift, Box::new(typed.node)), ty })
    }

    fn back(&mut self, shift: &Spanned<ast::Shift>) -> Option<Shift> {
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, shift.span));
        }
        if shift.value.count == 0 || shift.value.count > COUNT_MAX {
            return self.fail(Diagnostic::new(&codes::TOO_FAR_BACK, shift.span).arg("limit", COUNT_MAX));
        }
        Some(Shift { count: shift.value.count, grain: Some(grain(shift.value.grain)) })
    }

    /// `previous(x)`, `growth(x)`
    pub(super) fn of_period(&mut self, function: &str, value: &Expr) -> Option<Typed<Formula>> {
        let typed = walk(self, value)?;
        let before = |node: &Formula| Formula::Shift(Shift { count: 1, grain: None }, Box::new(node.clone()));
        if function == "previous" {
            return Some(Typed { node: before(&typed.node), ty: typed.ty });
        }
        let typed = measure(self, function, value.span, typed)?;
        let ratio = Formula::Arith(Arith::Div, Box::new(typed.node.clone()), Box::new(before(&typed.node)));
        let one = Formula::Const(Scalar::Number(Decimal::ONE));
        let ty = match quotient(&typed.ty, &typed.ty) {
            Some(Type::Broken) => Type::Broken,
            _ => Type::Is(Unit::Percent),
        };
        Some(Typed { node: Formula::Arith(Arith::Sub, Box::new(ratio), Box::new(one)), ty })
    }
}
