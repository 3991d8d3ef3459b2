//! Why a condition never holds, in the words of its text.

use super::ranges::{Nature, Range, Ranges};
use super::say::nature;
use super::truth::{Never, never};
use crate::compile::Compiler;
use crate::compile::program::{Formula, Metric, Unit};
use crate::diagnostic::Words;
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

/// What the conditions of a rule are about.
pub(super) struct About<'a> {
    /// What [`Formula::Subject`] stands for; itself where there is none.
    pub(super) on: &'a Formula,
    /// That as written.
    pub(super) text: &'a str,
    /// Its unit.
    pub(super) unit: &'a Unit,
    /// All metrics.
    pub(super) metrics: &'a [Metric],
    /// Their ranges.
    pub(super) ranges: &'a Ranges<'a>,
}

impl About<'_> {
    /// Why a condition never holds; None when it may.
    pub(super) fn never(&self, written: &Expr, when: &Formula, compiler: &Compiler<'_>) -> Option<(Never, Words)> {
        let why = never(when, self.on, self.ranges)?;
        let words = match &why {
            Never::Written => Words::new("it is false as it is written", "它本身就不成立"),
            Never::Together => Words::new("its limits leave no value", "其限值没有留下任何值"),
            Never::Beyond(formula, range) => self.nature(formula, range),
            Never::Apart(first, second) => {
                let parts = parts(written);
                let text = |place: usize| parts.get(place).map(|part| compiler.written(part.span)).unwrap_or_default();
                let (first, second) = (text(*first), text(*second));
                Words::new(format!("no value is both `{first}` and `{second}`"), format!("没有值能同时满足 `{first}` 与 `{second}`"))
            }
        };
        Some((why, words))
    }

    /// What a number is like: `` `late_rate` is never above 100% ``.
    pub(super) fn nature(&self, formula: &Formula, range: &Range) -> Words {
        let metric = if let Formula::Metric(metric) = formula { self.metrics.get(*metric) } else { None };
        let (name, unit) = match metric {
            Some(metric) => (format!("`{}`", metric.name), &metric.unit),
            None if formula == self.on => (format!("`{}`", self.text), self.unit),
            None => (String::new(), if range.nature == Nature::Share { &Unit::Percent } else { &Unit::Number }),
        };
        let said = if name.is_empty() { Words::new("the number ", "该数值") } else { Words::new(" ", " ").after(&name) };
        let nature = nature(range, unit);
        said.then(nature.get(crate::diagnostic::Lang::En), nature.get(crate::diagnostic::Lang::Zh))
    }
}

/// The parts of a condition that must all hold, in the order of the text.
fn parts(when: &Expr) -> Vec<&Expr> {
    let (mut found, mut open) = (Vec::new(), vec![when]);
    while let Some(next) = open.pop() {
        match &next.kind {
            ExprKind::Binary(BinaryOp::And, a, b) => open.extend([b.as_ref(), a.as_ref()]),
            _ => found.push(next),
        }
    }
    found
}
