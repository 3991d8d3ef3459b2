//! Parts of a condition that decide nothing beside another part.
//!
//! 1. Of parts that must all hold, one is idle that holds wherever another one does; of parts of which one must hold, one that holds
//!    nowhere else than another one ([`implied`]).
//! 2. What rests on params is passed over: each of two params may be set for itself, and the next values turn it round.

use super::condition::{Condition, Kind};
use super::implied::implied;
use super::witness::About;
use crate::compile::program::Formula;
use crate::compile::rests::Rests;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::lint as codes;
use crate::syntax::ast::Expr;

/// The most parts that are held against one another.
const PARTS_MAX: usize = 16;

/// The idle parts of conditions of which nothing else was found.
pub(super) fn idle<'a>(
    conditions: impl IntoIterator<Item = (&'a Expr, &'a Formula)>,
    about: &About<'a, '_>,
    rests: &Rests<'_>,
    found: &mut Vec<Diagnostic>,
) {
    for (written, when) in conditions {
        if found.iter().any(|found| found.span == Some(written.span)) {
            continue;
        }
        let mut open = vec![about.condition(when, written)];
        while let Some(condition) = open.pop() {
            let all = matches!(condition.kind, Kind::Both(..));
            let parts: Vec<Condition<'a>> = if all { condition.parts() } else { condition.choices() }.into_iter().cloned().collect();
            if (2..=PARTS_MAX).contains(&parts.len()) {
                found.extend(beside_another(&parts, all, about, rests));
                open.extend(parts);
            }
        }
    }
}

/// The first part that is idle beside another one.
fn beside_another(parts: &[Condition<'_>], all: bool, about: &About<'_, '_>, rests: &Rests<'_>) -> Option<Diagnostic> {
    parts.iter().enumerate().find_map(|(at, part)| {
        parts.iter().enumerate().filter(|(other, _)| *other != at).find_map(|(at_other, other)| {
            let (narrower, wider) = if all { (other, part) } else { (part, other) };
            let places = [part.text, other.text];
            let is_plain = places.iter().all(|text| !text.denied) && part.text.expr.span != other.text.expr.span;
            let told_there = at_other > at && implied(narrower, wider, about.ranges);
            if !is_plain || told_there || !implied(wider, narrower, about.ranges) {
                return None;
            }
            let grounds = places.map(|text| text.expr.span);
            if !rests.params(&grounds.into_iter().chain(about.subject).collect::<Vec<_>>()).is_empty() {
                return None;
            }
            let written = |condition: &Condition<'_>| about.compiler.written(condition.text.expr.span);
            let diagnostic = Diagnostic::new(&codes::PART_IDLE, part.text.expr.span).arg("narrower", written(narrower));
            let diagnostic = diagnostic.arg("wider", written(wider)).arg("value", about.example(narrower, wider)?);
            Some(diagnostic.concluded_from(grounds))
        })
    })
}
