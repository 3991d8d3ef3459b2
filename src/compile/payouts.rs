//! Payouts: the coefficient of each grade, and what it is multiplied with.
//!
//! 1. A base of constants and params is multiplied at once, so that the grade lists its payout.
//! 2. Any other base is a formula at the scope and over the period of its card, as the conditions of a card are; the grade lists
//!    its coefficient.

use super::formula::{FormulaPlace, fold};
use super::metrics::parts;
use super::plan::Scope;
use super::program::{Formula, Grade, Metric, PayoutBase, Scalar, Unit};
use super::units::{is_plain, name};
use super::{Compiler, Seen};
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What the coefficients of a card multiply.
pub(super) struct Paid {
    /// A constant.
    times: Decimal,
    /// What has a value of its own at each scope.
    pub(super) base: Option<PayoutBase>,
    /// The unit of the payouts.
    pub(super) unit: Unit,
}

impl Compiler<'_> {
    /// What the coefficients of the payout multiply.
    pub(super) fn payout_base(&mut self, card: &ast::Scorecard, metrics: &[Metric], scope: &mut Scope) -> Paid {
        let plain = Paid { times: Decimal::ONE, base: None, unit: Unit::Number };
        let Some(base) = &card.payout_base else { return plain };
        let typed = FormulaPlace::scored(&self.names, &mut self.errors, self.text, &mut self.leaves).formula(base);
        self.whole &= typed.is_some();
        let Some(typed) = typed else { return plain };
        let unit = typed.ty.unit();
        if !is_plain(&unit) && !matches!(unit, Unit::Money(_) | Unit::MoneyIn(_)) {
            self.errors.push(Diagnostic::new(&codes::PAYOUT_UNIT, base.span).arg("unit", name(&unit)));
            return plain;
        }
        match fold(&typed.node) {
            Some(Scalar::Number(times)) => return Paid { times, unit, ..plain },
            None if is_constant(&typed.node) => {
                self.errors.push(Diagnostic::new(&codes::NO_VALUE, base.span));
                return plain;
            }
            _ => {}
        }
        self.within_scope(scope, &typed.node, metrics, base.span);
        self.looked_up_within(scope, &typed.node, metrics, base.span);
        Paid { base: Some(PayoutBase { formula: typed.node, text: self.written(base.span) }), unit, ..plain }
    }

    /// Gives the grades of a card their coefficients, or what these come to.
    pub(super) fn payouts(&mut self, card: &ast::Scorecard, paid: &Paid, grades: &mut [Grade]) {
        let Some(first) = card.payout.first() else { return };
        if grades.is_empty() {
            self.errors.push(Diagnostic::new(&codes::NO_GRADES, first.grade.span).arg("what", "payout"));
            return;
        }
        let mut seen = Seen::default();
        let mut lacking: BTreeSet<String> = grades.iter().map(|grade| grade.name.clone()).collect();
        for payout in &card.payout {
            if !seen.add(&payout.grade, &mut self.errors) {
                continue;
            }
            self.between(&payout.coefficient, Words::new("payout", "系数"), Decimal::ZERO);
            lacking.remove(&payout.grade.value);
            match grades.iter_mut().find(|grade| grade.name == payout.grade.value) {
                Some(grade) => grade.payout = payout.coefficient.value.checked_mul(paid.times),
                None => {
                    let known = grades.iter().map(|grade| grade.name.as_str());
                    self.errors.push(self.names.unknown(&codes::UNKNOWN_GRADE, &payout.grade.value, payout.grade.span, known));
                }
            }
        }
        // A payout under a wrong name is one mistake: it does not also leave its grade without a payout.
        let misnamed = card.payout.iter().any(|payout| !grades.iter().any(|grade| grade.name == payout.grade.value));
        if !misnamed {
            for grade in lacking {
                self.errors.push(Diagnostic::new(&codes::PAYOUT_LACKS, first.grade.span).arg("name", grade));
            }
        }
    }
}

/// Whether a formula is made of constants alone.
fn is_constant(formula: &Formula) -> bool {
    let parts = parts(formula);
    matches!(formula, Formula::Const(_)) || !parts.is_empty() && parts.into_iter().all(is_constant)
}
