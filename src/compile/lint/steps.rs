//! `steps`, `tiers` and `curve` of metrics: bands that no value falls into, ends that no value is beyond.

use super::range::Range;
use super::ranges::Ranges;
use super::say::{literal, nature};
use super::units::{unit_of, unit_written};
use super::values::Values;
use crate::compile::Compiler;
use crate::compile::program::{Bands, Compare, Curve, Formula, Unit};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Span, Words};
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
        diagnostic.words("nature", nature(range, unit)).reason(words).concluded_from(grounds(written))
    };
    // The values of each band, those of the next one, and the values under all of them.
    let (reached, under): (Vec<_>, _) = match bands {
        Bands::Steps { steps, .. } => {
            let limits: Vec<Values> = steps.iter().map(|(limit, strict, _)| from(*limit, *strict)).collect();
            let under = limits.first().map(Values::not);
            let next = limits.iter().skip(1).cloned().map(Some).chain([None]);
            (limits.iter().cloned().zip(next).collect(), under)
        }
        // A part of a value is in every tier whose limit it is beyond. Under tiers from 0 on there is a part of what is negative alone.
        Bands::Tiers { tiers, .. } => {
            let under = tiers.first().filter(|(limit, _)| limit.is_zero()).map(|(limit, _)| Values::compared(Compare::Lt, *limit));
            (tiers.iter().map(|(limit, _)| (from(*limit, true), None)).collect(), under)
        }
        Bands::Curve(curve) => return found.extend(ends(written, curve, range, unit, compiler)),
    };
    if let (Some(below), Some(under), Some(least)) = (&written.below, under, range.least)
        && under.and(&range.values()).number(range.whole).is_none()
    {
        let least = literal(least, unit);
        found.push(told(below.span, Words::new(format!("{least} is too much"), format!("{least} 已过高"))));
    }
    for (step, (own, next)) in written.steps.iter().zip(&reached) {
        if let Some(words) = unreached(own, next.as_ref(), range, unit) {
            found.push(told(step.value.span, words));
        }
    }
}

/// What a curve gives for values beyond it, where no value is.
fn ends(written: &ast::Bands, curve: &Curve, range: &Range, unit: &Unit, compiler: &Compiler<'_>) -> Vec<Diagnostic> {
    let below = (&written.below, Compare::Lt, curve.points.first(), "below");
    let above = (&written.above, Compare::Gt, curve.points.last(), "above");
    let idle = |(end, op, point, word): (&Option<Expr>, _, Option<&(Decimal, Decimal)>, _)| {
        let (end, (value, _)) = (end.as_ref()?, point?);
        if Values::compared(op, *value).and(&range.values()).number(range.whole).is_some() {
            return None;
        }
        let diagnostic = Diagnostic::new(&codes::CURVE_END, end.span).arg("end", format!("{word} {}", compiler.written(end.span)));
        let diagnostic = diagnostic.arg("name", compiler.written(written.value.span)).words("nature", nature(range, unit));
        Some(diagnostic.arg("value", literal(*value, unit)).concluded_from(grounds(written)))
    };
    [below, above].into_iter().filter_map(idle).collect()
}

/// What decides which bands are reached: the value, and the limits.
fn grounds(bands: &ast::Bands) -> impl Iterator<Item = Span> {
    bands.steps.iter().map(|step| step.value.span).chain([bands.value.span])
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
