//! A comparison with `unknown`: it is unknown itself, and so never true.
//!
//! 1. `x = unknown` and `x != unknown` mean `is unknown` and `is not unknown`, which is the fix ([`compared`]).
//! 2. In order nothing stands with what is unknown.

use super::expr::Place;
use crate::diagnostic::codes::syntax::HABIT;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind};

/// The mistake of a comparison that has `unknown` on one of its sides.
pub(super) fn compared<P: Place>(place: &P, span: Span, op: BinaryOp, left: &Expr, right: &Expr) -> Option<Diagnostic> {
    let is_comparison = matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
    let asked = match (&left.kind, &right.kind) {
        _ if !is_comparison => return None,
        (_, ExprKind::Unknown) => left,
        (ExprKind::Unknown, _) => right,
        _ => return None,
    };
    let end = if op == BinaryOp::Ne { "is not unknown" } else { "is unknown" };
    let form = format!("{} {end}", place.source(asked.span)).trim_start().to_owned();
    let mistake = Diagnostic::new(&HABIT, span).arg("found", place.source(span));
    Some(match op {
        BinaryOp::Eq | BinaryOp::Ne => {
            let advice = Words::new(
                format!("Write `{form}`: a comparison with what is unknown is never true."),
                format!("请写 `{form}`：与未知值比较永远不成立。"),
            );
            mistake.words("advice", advice).fix(span, form)
        }
        _ => mistake.words(
            "advice",
            Words::new(
                format!("Write `{form}` to ask for it: nothing is more or less than what is unknown."),
                format!("要判断是否未知请写 `{form}`：未知值不分大小。"),
            ),
        ),
    })
}
