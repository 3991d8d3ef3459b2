//! `steps` of metrics: bands that no value falls into.

use super::range::Range;
use super::ranges::Ranges;
use super::say::{literal, nature};
use super::units::{unit_of, unit_written};
use super::values::Values;
use crate::compile::Compiler;
use crate::compile::program::{Bands, Compare, Formula, Unit};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast::{Expr, ExprKind};
use rust_decimal::Decimal;

/// The lints of the bands in a formula, as far as it is sums and products of them.
pub(super) fn steps(written: &Expr, formula: &Formula, ranges: &Ranges<'_>, compiler: &Compiler<'_>, found: &mut Vec<Diagnostic>) {
    match (&written.kind, formula) {
        (ExprKind::Binary(_, left, right), Formula::Arith(_, a, b)) => {
            steps(left, a, ranges, compiler, found);
            steps(right, b, ranges, compiler, found);
        }
        (ExprKind::Negate(inner), Formula::Negate(a)) => steps(inner, a, ranges, compiler, found),
        (ExprKind::Bands(written), Formula::Bands(Bands::Steps { steps, .. }, of)) => {
            let unit = written.steps.iter().find_map(|step| unit_written(&step.value, compiler)).or_else(|| unit_of(of, ranges));
            let (range, unit) = (ranges.of(of), unit.unwrap_or(Unit::Number));
            let limits: Vec<_> = steps.iter().map(|(limit, strict, _)| (*limit, *strict)).collect();
            let name = compiler.written(written.value.span);
            for (at, step) in written.steps.iter().enumerate() {
                if let Some(words) = unreached(&limits, at, &range, &unit) {
                    let diagnostic = Diagnostic::new(&codes::BAND_UNREACHED, step.value.span).arg("name", &name);
                    found.push(diagnostic.words("nature", nature(&range, &unit)).reason(words));
                }
            }
        }
        _ => {}
    }
}

/// Which value shows that none falls into a band, when none does. A band begins at its limit, without it when the flag is true,
/// and ends where the next one begins.
fn unreached(limits: &[(Decimal, bool)], at: usize, range: &Range, unit: &Unit) -> Option<Words> {
    let from = |at: usize| {
        let begins = |(limit, strict): &(Decimal, bool)| Values::compared(if *strict { Compare::Gt } else { Compare::Ge }, *limit);
        limits.get(at).map_or_else(Values::none, begins)
    };
    let reached = from(at).and(&range.values());
    if reached.and(&from(at + 1).not()).pick(range.whole).is_some() {
        return None;
    }
    Some(match reached.pick(range.whole).map(|value| literal(value, unit)) {
        Some(next) => Words::new(format!("{next} falls into the next one already"), format!("{next} 已属于下一档")),
        None => {
            let most = literal(range.most.unwrap_or_default(), unit);
            Words::new(format!("{most} is too little"), format!("{most} 仍不够"))
        }
    })
}
