//! `steps` and `tiers` of metrics: bands that no value falls into.

use super::range::Range;
use super::ranges::Ranges;
use super::say::{literal, nature};
use super::units::{unit_of, unit_written};
use super::values::Values;
use crate::compile::Compiler;
use crate::compile::program::{Bands, Compare, Formula, Unit};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast::{self, Expr, ExprKind};
use rust_decimal::Decimal;

/// The lints of the bands in a formula, as far as it is sums, products and the like of them.
pub(super) fn steps(written: &Expr, formula: &Formula, ranges: &Ranges<'_>, compiler: &Compiler<'_>, found: &mut Vec<Diagnostic>) {
    let mut see = |written: &Expr, formula: &Formula| steps(written, formula, ranges, compiler, found);
    match (&written.kind, formula) {
        (ExprKind::Binary(_, left, right), Formula::Arith(_, a, b) | Formula::Else(a, b)) => {
            see(left, a);
            see(right, b);
        }
        (ExprKind::Call(_, args), Formula::Least(all) | Formula::Greatest(all)) => {
            args.iter().zip(all).for_each(|(arg, formula)| see(arg, formula));
        }
        (ExprKind::Call(_, args), Formula::Abs(a) | Formula::Round(a, _) | Formula::Floor(a) | Formula::Ceil(a)) => {
            args.iter().take(1).for_each(|arg| see(arg, a));
        }
        (ExprKind::Negate(inner), Formula::Negate(a)) | (ExprKind::Over(inner, _), Formula::Over(_, a)) => see(inner, a),
        (ExprKind::Bands(written), Formula::Bands(bands, of)) => {
            let unit = written.steps.iter().find_map(|step| unit_written(&step.value, compiler)).or_else(|| unit_of(of, ranges));
            banded(written, bands, &ranges.of(of), &unit.unwrap_or(Unit::Number), compiler, found);
        }
        _ => {}
    }
}

/// The bands that no value falls into.
fn banded(written: &ast::Bands, bands: &Bands, range: &Range, unit: &Unit, compiler: &Compiler<'_>, found: &mut Vec<Diagnostic>) {
    let name = compiler.written(written.value.span);
    let told = |span, words| {
        let diagnostic = Diagnostic::new(&codes::BAND_UNREACHED, span).arg("name", &name);
        diagnostic.words("nature", nature(range, unit)).reason(words)
    };
    let (limits, below): (Vec<_>, _) = match bands {
        Bands::Steps { steps, .. } => (steps.iter().map(|(limit, strict, _)| from(*limit, *strict)).collect(), true),
        // A part of the value is in a tier only when the value is beyond its limit; from 0 up to the first one there is always a part.
        Bands::Tiers { tiers, .. } => {
            let first = tiers.first().is_some_and(|(limit, _)| limit.is_zero());
            (tiers.iter().map(|(limit, _)| from(*limit, true)).collect(), first)
        }
        Bands::Curve(_) => return,
    };
    let beneath = limits.first().map_or_else(Values::none, Values::not).and(&range.values());
    if let (Some(end), true) = (&written.below, below) {
        // Of the tiers there is none below 0 where no value is.
        let under = if matches!(bands, Bands::Tiers { .. }) { beneath.and(&Values::compared(Compare::Lt, Decimal::ZERO)) } else { beneath };
        if let (None, Some(least)) = (under.number(range.whole), range.least) {
            let least = literal(least, unit);
            found.push(told(end.span, Words::new(format!("{least} is too much"), format!("{least} 已过高"))));
        }
    }
    for (at, step) in written.steps.iter().enumerate() {
        let next = limits.get(at + 1).filter(|_| matches!(bands, Bands::Steps { .. }));
        if let Some(words) = limits.get(at).and_then(|own| unreached(own, next, range, unit)) {
            found.push(told(step.value.span, words));
        }
    }
}

/// The values from a limit on; without it when the flag is true.
fn from(limit: Decimal, strict: bool) -> Values {
    Values::compared(if strict { Compare::Gt } else { Compare::Ge }, limit)
}

/// Which value shows that none falls into a band, when none does. A band ends where the next one begins.
fn unreached(own: &Values, next: Option<&Values>, range: &Range, unit: &Unit) -> Option<Words> {
    let reached = own.and(&range.values());
    let kept = next.map_or_else(Values::all, Values::not);
    if reached.and(&kept).number(range.whole).is_some() {
        return None;
    }
    Some(match reached.number(range.whole).map(|value| literal(value, unit)) {
        Some(next) => Words::new(format!("{next} falls into the next one already"), format!("{next} 已属于下一档")),
        None => {
            let most = literal(range.most.unwrap_or_default(), unit);
            Words::new(format!("{most} is too little"), format!("{most} 仍不够"))
        }
    })
}
