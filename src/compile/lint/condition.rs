//! Conditions as proofs look at them: comparisons joined by `and` and `or`, each with the place where it is written.
//!
//! 1. Every `not` is carried down to the comparisons, where it turns them: what is neither above 5 nor unknown is at most 5.
//!    Of a comparison with an unknown number both are unknown, so that nothing changes for these either.
//! 2. What is left out on the left of `> 4%` is the number of the alert.
//! 3. What asks for anything else, such as `else`, stays closed: it may be true and may not.

use crate::compile::formula::fold;
use crate::compile::program::{Compare, Formula, Scalar};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

/// A condition, and how it is written.
#[derive(Debug, Clone)]
pub(super) struct Condition<'f> {
    pub(super) kind: Kind<'f>,
    pub(super) text: Written<'f>,
}

/// What a condition asks.
#[derive(Debug, Clone)]
pub(super) enum Kind<'f> {
    /// Both must hold.
    Both(Box<Condition<'f>>, Box<Condition<'f>>),
    /// One must hold.
    Either(Box<Condition<'f>>, Box<Condition<'f>>),
    /// What this formula says is so whatever happens, or not so.
    Fixed(bool, &'f Formula),
    /// Two values are compared.
    Compared(Comparison<'f>),
    /// Whether a number is unknown; known when the flag is true.
    Unknown(&'f Formula, bool),
    /// Something else; the opposite of it when the flag is true.
    Closed(&'f Formula, bool),
}

/// Two values and how they compare.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparison<'f> {
    pub(super) op: Compare,
    pub(super) left: Side<'f>,
    pub(super) right: Side<'f>,
    /// As it is written; a `not` before it is part of neither.
    pub(super) text: Written<'f>,
}

/// A side of a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'f> {
    pub(super) formula: &'f Formula,
    /// As it is written; None when it is left out.
    pub(super) expr: Option<&'f Expr>,
}

/// Where a condition is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written<'f> {
    pub(super) expr: &'f Expr,
    /// It is the opposite of that.
    pub(super) denied: bool,
}

impl<'f> Condition<'f> {
    /// A condition as it is compiled and written. [`Formula::Subject`] stands for `on`.
    pub(super) fn of(when: &'f Formula, expr: &'f Expr, on: &'f Formula) -> Condition<'f> {
        Condition::read(when, Written { expr, denied: false }, on)
    }

    /// What is true when a condition is false, and false when it is true.
    pub(super) fn opposite(when: &'f Formula, expr: &'f Expr, on: &'f Formula) -> Condition<'f> {
        Condition::read(when, Written { expr, denied: true }, on)
    }

    fn read(when: &'f Formula, text: Written<'f>, on: &'f Formula) -> Condition<'f> {
        let kind = match when {
            Formula::And(a, b) | Formula::Or(a, b) => {
                let (first, second) = match &text.expr.kind {
                    ExprKind::Binary(BinaryOp::And | BinaryOp::Or, first, second) => (first.as_ref(), second.as_ref()),
                    // A list of values is an `or` of comparisons.
                    _ => (text.expr, text.expr),
                };
                let part = |when: &'f Formula, expr: &'f Expr| Box::new(Condition::read(when, Written { expr, ..text }, on));
                match matches!(when, Formula::And(..)) != text.denied {
                    true => Kind::Both(part(a, first), part(b, second)),
                    false => Kind::Either(part(a, first), part(b, second)),
                }
            }
            Formula::Not(a) => {
                let expr = if let ExprKind::Not(inner) = &text.expr.kind { inner } else { text.expr };
                Condition::read(a, Written { expr, denied: !text.denied }, on).kind
            }
            other => match (fold(other), other) {
                (Some(Scalar::Flag(holds)), _) => Kind::Fixed(holds != text.denied, other),
                (_, Formula::Compare(op, a, b)) => {
                    let op = if text.denied { denied(*op) } else { *op };
                    let [left, right] = sides(text.expr);
                    let left = Side { formula: meant(a, on), expr: left };
                    Kind::Compared(Comparison { op, left, right: Side { formula: meant(b, on), expr: right }, text })
                }
                (_, Formula::IsUnknown(a)) => Kind::Unknown(meant(a, on), text.denied),
                _ => Kind::Closed(other, text.denied),
            },
        };
        Condition { kind, text }
    }

    /// The parts that must all hold, in the order of the text.
    pub(super) fn parts(&self) -> Vec<&Condition<'f>> {
        self.split(|kind| if let Kind::Both(a, b) = kind { Some([a, b]) } else { None })
    }

    /// The parts of which one must hold, in the order of the text.
    pub(super) fn choices(&self) -> Vec<&Condition<'f>> {
        self.split(|kind| if let Kind::Either(a, b) = kind { Some([a, b]) } else { None })
    }

    /// What it is made of where it is taken apart in one way, in the order of the text.
    fn split(&self, apart: impl for<'k> Fn(&'k Kind<'f>) -> Option<[&'k Condition<'f>; 2]>) -> Vec<&Condition<'f>> {
        let (mut found, mut open) = (Vec::new(), vec![self]);
        while let Some(next) = open.pop() {
            match apart(&next.kind) {
                Some([a, b]) => open.extend([b, a]),
                None => found.push(next),
            }
        }
        found
    }

    /// Its comparisons, in the order of the text.
    pub(super) fn comparisons(&self) -> Vec<&Comparison<'f>> {
        let (mut found, mut open) = (Vec::new(), vec![self]);
        while let Some(next) = open.pop() {
            match &next.kind {
                Kind::Both(a, b) | Kind::Either(a, b) => open.extend([b.as_ref(), a.as_ref()]),
                Kind::Compared(comparison) => found.push(comparison),
                Kind::Fixed(..) | Kind::Unknown(..) | Kind::Closed(..) => {}
            }
        }
        found
    }

    /// The numbers that are compared with something, each once, and no more than so many.
    pub(super) fn numbers(&self, limit: usize) -> Vec<&'f Formula> {
        let mut found = Vec::new();
        for comparison in self.comparisons() {
            for side in [comparison.left.formula, comparison.right.formula] {
                if found.len() < limit && fold(side).is_none() && !found.contains(&side) {
                    found.push(side);
                }
            }
        }
        found
    }
}

impl<'f> Comparison<'f> {
    /// The same with its sides exchanged.
    pub(super) fn turned(self) -> Comparison<'f> {
        Comparison { op: turned(self.op), left: self.right, right: self.left, text: self.text }
    }
}

/// How the sides of a comparison are written.
fn sides(expr: &Expr) -> [Option<&Expr>; 2] {
    match &expr.kind {
        ExprKind::Binary(_, left, right) => {
            [left, right].map(|side| Some(side.as_ref()).filter(|side| !matches!(side.kind, ExprKind::Subject)))
        }
        ExprKind::In(left, _) | ExprKind::StartsWith(left, _) => [Some(left), None],
        _ => [None, None],
    }
}

/// What a formula stands for: the subject, where it is left out.
fn meant<'f>(formula: &'f Formula, on: &'f Formula) -> &'f Formula {
    if matches!(formula, Formula::Subject) { on } else { formula }
}

/// The comparison that is true when one is false.
fn denied(op: Compare) -> Compare {
    match op {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Lt => Compare::Ge,
        Compare::Le => Compare::Gt,
        Compare::Gt => Compare::Le,
        Compare::Ge => Compare::Lt,
    }
}

/// The comparison with its sides exchanged.
pub(super) fn turned(op: Compare) -> Compare {
    match op {
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        same => same,
    }
}
