//! Which parts of a formula decide by their values which way it goes.
//!
//! 1. What is added to a number, or what it is compared with, never turns it. So of sums, comparisons and the like only their own
//!    parts are looked at, of metrics their formulas.
//! 2. Anything else may: a factor below 0, the steps of `steps`, what a `where` keeps above 0.

use crate::diagnostic::Span;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, File, Item};
use std::collections::{BTreeMap, BTreeSet};

/// Functions that give more for more.
const ORDERED: [&str; 5] = ["round", "floor", "ceil", "least", "greatest"];

/// The formulas of metrics.
pub(super) struct Sways<'f>(BTreeMap<&'f str, &'f Expr>);

impl<'f> Sways<'f> {
    /// The metrics of a file.
    pub(super) fn new(file: &'f File) -> Sways<'f> {
        let metrics = file.items.iter().filter_map(|item| if let Item::Metric(metric) = item { Some(metric) } else { None });
        Sways(metrics.map(|metric| (metric.name.value.as_str(), &metric.formula)).collect())
    }

    /// The parts of formulas that decide which way these go.
    pub(super) fn of<'e>(&self, formulas: impl Iterator<Item = &'e Expr>) -> Vec<Span>
    where
        'f: 'e,
    {
        let (mut open, mut seen, mut found): (Vec<&Expr>, _, _) = (formulas.collect(), BTreeSet::new(), Vec::new());
        while let Some(next) = open.pop() {
            match &next.kind {
                ExprKind::Binary(BinaryOp::Mul | BinaryOp::Div | BinaryOp::Else, ..) => found.push(next.span),
                ExprKind::Binary(_, a, b) => open.extend([a.as_ref(), b.as_ref()]),
                ExprKind::Not(a) | ExprKind::Negate(a) | ExprKind::Over(a, _) | ExprKind::Across(a, _) => open.push(a),
                ExprKind::Call(function, args) if ORDERED.contains(&function.value.as_str()) => open.extend(args),
                ExprKind::Name(name) if seen.insert(name.as_str()) => open.extend(self.0.get(name.as_str()).copied()),
                ExprKind::Name(_) => {}
                _ => found.push(next.span),
            }
        }
        found
    }
}
