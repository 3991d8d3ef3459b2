//! Scorecards: weights, curves, what can be reached, what is paid.

use super::grades::{grades, payouts};
use super::lines::{lines, vetoes};
use super::range::Range;
use super::reach::Scores;
use super::say::{literal, nature};
use super::values::Values;
use super::witness::About;
use crate::compile::program::{Compare, Curve, Kpi, Metric, Scorecard};
use crate::compile::rests::Rests;
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast;
use rust_decimal::Decimal;

/// The most KPIs that a person can steer by.
const KPIS_MAX: usize = 5;

/// A value and its points.
type Scored = (Decimal, Decimal);

/// The lints of a scorecard.
pub(super) fn scorecard<'a>(
    (card, compiled): (&'a ast::Scorecard, &'a Scorecard),
    about: &About<'a, '_>,
    rests: &Rests<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let ranges = about.ranges;
    if compiled.kpis.len() > KPIS_MAX {
        found.push(Diagnostic::new(&codes::TOO_MANY_KPIS, card.name.span).arg("count", compiled.kpis.len()));
    }
    let sum: Decimal = compiled.kpis.iter().map(|kpi| kpi.weight).sum();
    let (scores, uncapped) = (Scores::of(compiled, ranges, true), Scores::of(compiled, ranges, false));
    if sum != Decimal::ONE_HUNDRED {
        let weights = card.kpis.iter().map(|kpi| kpi.weight.span);
        let diagnostic = Diagnostic::new(&codes::WEIGHTS_SUM, card.name.span).arg("sum", sum.normalize()).concluded_from(weights);
        let most = scores.as_ref().and_then(Scores::most).filter(|_| !rests.is_open(&[card.span]));
        found.push(diagnostic.words("most", most_said(most)));
    }
    for (line, kpi) in card.kpis.iter().zip(&compiled.kpis) {
        if let Some(metric) = ranges.metrics.get(kpi.metric) {
            weighted(line, kpi, metric, &ranges.of(&kpi.formula), found);
        }
    }
    // A row told later counts in a period by its clock, even if the scope had not begun then: what else is counted is unknown there.
    let by_clock = compiled.leaves.iter().any(|leaf| about.ranges.leaves.get(*leaf).is_none_or(|leaf| leaf.clock.is_some()));
    lines(card, compiled, &About { ends_now: about.ends_now && !by_clock, ..*about }, found);
    // What a card whose weights miss 100 can give is told with its weights.
    if let Some((scores, uncapped)) = scores.zip(uncapped).filter(|_| sum == Decimal::ONE_HUNDRED) {
        if let (Some(written), Some(cap), Some(most)) = (&card.cap, compiled.cap, uncapped.most())
            && most < cap
        {
            let diagnostic = Diagnostic::new(&codes::CAP_UNREACHED, written.span).arg("cap", cap).arg("most", most.normalize());
            found.push(diagnostic.concluded_from([written.span, card.span]));
        }
        grades(card, compiled, &scores, found);
        vetoes(card, compiled, &scores, found);
    }
    payouts(card, compiled, found);
}

/// The greatest score, behind something else.
fn most_said(most: Option<Decimal>) -> Words {
    most.map_or_else(Words::default, |most| {
        let most = most.normalize();
        Words::new(format!(", and the most this card can give is {most}"), format!("，该卡最多得 {most}"))
    })
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
        let diagnostic = diagnostic.arg("better", if higher { "higher" } else { "lower" }).concluded_from([line.curve.span, line.span]);
        let diagnostic = diagnostic.arg("worse", literal(worse.0, &kpi.unit)).arg("more", worse.1.normalize());
        found.push(diagnostic.arg("value", literal(better.0, &kpi.unit)).arg("less", better.1.normalize()));
    }
    if let Some((value, points)) = kpi.curve.points.iter().find(|(value, _)| !range.holds(*value)) {
        let diagnostic =
            Diagnostic::new(&codes::CURVE_BEYOND, line.curve.span).arg("name", &kpi.name).words("nature", nature(range, &kpi.unit));
        let diagnostic = diagnostic.arg("value", literal(*value, &kpi.unit)).arg("points", points.normalize());
        found.push(diagnostic.concluded_from([line.curve.span, line.span]));
    }
    ends(line, kpi, range, found);
}

/// Points for values beyond the curve, where no value is.
fn ends(line: &ast::Kpi, kpi: &Kpi, range: &Range, found: &mut Vec<Diagnostic>) {
    let (Some(first), Some(last)) = (kpi.curve.points.first(), kpi.curve.points.last()) else { return };
    let below = (&line.curve.below, kpi.curve.below, Compare::Lt, first.0, "below");
    let above = (&line.curve.above, kpi.curve.above, Compare::Gt, last.0, "above");
    for (written, points, op, end, word) in [below, above] {
        if let (Some(written), Some(points)) = (written, points)
            && Values::compared(op, end).and(&range.values()).pick(range.whole).is_none()
        {
            let diagnostic = Diagnostic::new(&codes::CURVE_END, written.span).arg("end", format!("{word} {}", points.normalize()));
            let diagnostic = diagnostic.arg("name", &kpi.name).words("nature", nature(range, &kpi.unit));
            found.push(diagnostic.arg("value", literal(end, &kpi.unit)).concluded_from([written.span, line.curve.span, line.span]));
        }
    }
}

/// Two values with their points, of which the better one has fewer: first the worse one.
pub(super) fn goes_against(curve: &Curve, higher_is_better: bool, range: &Range) -> Option<(Scored, Scored)> {
    let (first, last) = (curve.points.first()?, curve.points.last()?);
    let outside = |op: Compare, limit: Decimal| Values::compared(op, limit).and(&range.values()).number(range.whole);
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
