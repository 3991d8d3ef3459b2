//! Scorecards: weights, curves, what can be reached, what is paid.

use super::conditions::About;
use super::ranges::{Range, Ranges};
use super::reach::Scores;
use super::say::{literal, nature};
use super::values::Values;
use crate::compile::Compiler;
use crate::compile::program::{Compare, Curve, Formula, Kpi, Metric, Scorecard, Unit};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast;
use rust_decimal::Decimal;

/// The most KPIs that a person can steer by.
const KPIS_MAX: usize = 5;

/// A value and its points.
type Scored = (Decimal, Decimal);

/// The lints of a scorecard.
pub(super) fn scorecard(
    card: &ast::Scorecard,
    compiled: &Scorecard,
    (metrics, ranges): (&[Metric], &Ranges<'_>),
    compiler: &Compiler<'_>,
    found: &mut Vec<Diagnostic>,
) {
    if compiled.kpis.len() > KPIS_MAX {
        found.push(Diagnostic::new(&codes::TOO_MANY_KPIS, card.name.span).arg("count", compiled.kpis.len()));
    }
    let sum: Decimal = compiled.kpis.iter().map(|kpi| kpi.weight).sum();
    if sum != Decimal::ONE_HUNDRED {
        // Whoever set a weight of a package is told, not the package.
        let set = card.stated.iter().find_map(|name| compiler.names.set_params.get(&name.value));
        found.push(Diagnostic::new(&codes::WEIGHTS_SUM, set.copied().unwrap_or(card.name.span)).arg("sum", sum.normalize()));
    }
    for (line, kpi) in card.kpis.iter().zip(&compiled.kpis) {
        if let Some(metric) = metrics.get(kpi.metric) {
            weighted(line, kpi, metric, &ranges.of(&kpi.formula), found);
        }
    }
    let about = About { on: &Formula::Subject, text: "", unit: &Unit::Number, metrics, ranges };
    let adjustments = card.adjustments.iter().zip(&compiled.adjustments);
    let adjusted = adjustments.filter_map(|(line, adjustment)| Some((line.when.as_ref()?, adjustment.when.as_ref()?)));
    let vetoes = card.vetoes.iter().zip(&compiled.vetoes).map(|(line, veto)| (&line.when, &veto.when));
    let gates = card.gates.iter().zip(&compiled.gates).map(|(line, gate)| (&line.when, &gate.when));
    for (written, when) in adjusted.chain(vetoes).chain(gates) {
        let never = about.never(written, when, compiler);
        found.extend(never.map(|(_, words)| Diagnostic::new(&codes::NEVER_APPLIES, written.span).reason(words)));
    }
    if let (Some(written), Some(cap), Some(most)) =
        (&card.cap, compiled.cap, Scores::of(compiled, ranges, false).and_then(|scores| scores.most()))
        && most < cap
    {
        found.push(Diagnostic::new(&codes::CAP_UNREACHED, written.span).arg("cap", cap).arg("most", most.normalize()));
    }
    if let Some(scores) = Scores::of(compiled, ranges, true) {
        grades(card, compiled, &scores, found);
    }
    payouts(card, compiled, found);
}

/// A KPI: what kind of metric it weighs, and how its curve goes.
fn weighted(line: &ast::Kpi, kpi: &Kpi, metric: &Metric, range: &Range, found: &mut Vec<Diagnostic>) {
    if metric.process {
        found.push(Diagnostic::new(&codes::PROCESS_WEIGHTED, line.metric.span).arg("name", &metric.name));
    }
    if let Some(higher) = metric.higher_is_better
        && let Some((worse, better)) = goes_against(&kpi.curve, higher, range)
    {
        let diagnostic = Diagnostic::new(&codes::CURVE_AGAINST, line.curve.span).arg("name", &kpi.name);
        let diagnostic = diagnostic.arg("better", if higher { "higher" } else { "lower" });
        let diagnostic = diagnostic.arg("worse", literal(worse.0, &kpi.unit)).arg("more", worse.1.normalize());
        found.push(diagnostic.arg("value", literal(better.0, &kpi.unit)).arg("less", better.1.normalize()));
    }
    if let Some((value, points)) = kpi.curve.points.iter().find(|(value, _)| !range.holds(*value)) {
        let diagnostic =
            Diagnostic::new(&codes::CURVE_BEYOND, line.curve.span).arg("name", &kpi.name).words("nature", nature(range, &kpi.unit));
        found.push(diagnostic.arg("value", literal(*value, &kpi.unit)).arg("points", points.normalize()));
    }
}

/// Two values with their points, of which the better one has fewer: first the worse one.
pub(super) fn goes_against(curve: &Curve, higher_is_better: bool, range: &Range) -> Option<(Scored, Scored)> {
    let (first, last) = (curve.points.first()?, curve.points.last()?);
    let outside = |op: Compare, limit: Decimal| Values::compared(op, limit).and(&range.values()).pick(range.whole);
    let below = outside(Compare::Lt, first.0).map(|value| (value, curve.below.unwrap_or(first.1)));
    let above = outside(Compare::Gt, last.0).map(|value| (value, curve.above.unwrap_or(last.1)));
    let inside = curve.points.iter().copied().filter(|(value, _)| range.holds(*value));
    let mut scored: Vec<Scored> = below.into_iter().chain(inside).chain(above).collect();
    if !higher_is_better {
        scored.reverse();
    }
    scored.windows(2).find_map(|pair| match pair {
        [worse, better] if better.1 < worse.1 => Some((*worse, *better)),
        _ => None,
    })
}

/// Grades that no score falls into.
fn grades(card: &ast::Scorecard, compiled: &Scorecard, scores: &Scores, found: &mut Vec<Diagnostic>) {
    let mut limit = None;
    for (at, band) in card.grades.iter().enumerate() {
        let least = band.at_least.as_ref().map(|least| least.value);
        let nearest = scores.beside(least, limit);
        // A veto may force what no score falls into.
        if let Some(nearest) = nearest.filter(|_| !compiled.vetoes.iter().any(|veto| veto.grade == at)) {
            let name = &band.grade.value;
            found.push(match nearest {
                (Some(most), None) => {
                    Diagnostic::new(&codes::GRADE_UNREACHED, band.grade.span).arg("name", name).arg("most", most.normalize())
                }
                (under, over) => {
                    Diagnostic::new(&codes::GRADE_SKIPPED, band.grade.span).arg("name", name).words("nearest", beside(under, over))
                }
            });
        }
        limit = least;
    }
}

/// The nearest scores that a card can give.
fn beside(under: Option<Decimal>, over: Option<Decimal>) -> Words {
    match (under.map(|score| score.normalize()), over.map(|score| score.normalize())) {
        (Some(under), Some(over)) => Words::new(
            format!("the card gives {under} or less, or {over} or more"),
            format!("该卡给出的分数不超过 {under}，或不低于 {over}"),
        ),
        (_, Some(over)) => Words::new(format!("the least the card can give is {over}"), format!("该卡最低得 {over}")),
        (Some(under), None) => Words::new(format!("the most the card can give is {under}"), format!("该卡最多得 {under}")),
        (None, None) => Words::new("the card gives no score", "该卡不给出分数"),
    }
}

/// Grades that pay less than a worse one.
fn payouts(card: &ast::Scorecard, compiled: &Scorecard, found: &mut Vec<Diagnostic>) {
    let graded: Vec<_> = card.grades.iter().zip(&compiled.grades).filter_map(|(band, grade)| Some((band, grade.payout?))).collect();
    for (better, worse) in graded.iter().zip(graded.iter().skip(1)).filter(|((_, better), (_, worse))| better < worse) {
        let place = card
            .payout
            .iter()
            .find(|payout| payout.grade.value == better.0.grade.value)
            .map_or(better.0.grade.span, |payout| payout.grade.span);
        let diagnostic =
            Diagnostic::new(&codes::PAYOUT_ORDER, place).arg("better", &better.0.grade.value).arg("worse", &worse.0.grade.value);
        let score = better.0.at_least.as_ref().map(|least| least.value.normalize()).unwrap_or_default();
        let diagnostic = diagnostic.arg("score", score).arg("less", literal(better.1, &compiled.payout_unit));
        found.push(diagnostic.arg("more", literal(worse.1, &compiled.payout_unit)));
    }
}
