//! Curves whose points are written as bands: `{ >= 5 USD -> 100, < 5 USD -> 0 }`, `{ 0-5 USD -> 50, 5-10 USD -> 100 }`.
//!
//! 1. Every part is read as a bound and the points beyond it ([`Band`]).
//! 2. One bound is a curve of one point that ends on one side ([`one_bound`]).
//! 3. Several are steps; the points of a curve are joined by lines, so the steps become a metric, which the curve takes as it is
//!    ([`Builder::steps`]).

use std::borrow::Cow;

use rust_decimal::Decimal;

use super::advised;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::parse::node::Node;
use crate::syntax::parse::{Builder, Rule};

/// A bound, and the points on one side of it.
struct Band<'t> {
    /// Beyond the bound, not up to it.
    above: bool,
    /// The bound itself is one of the values.
    within: bool,
    bound: Cow<'t, str>,
    size: Decimal,
    points: &'t str,
}

impl Builder<'_> {
    /// The curve of a KPI that is written as bands.
    pub(in crate::syntax::parse) fn curve_habit(&self, kpi: &Node, curve: &Node) -> Option<Diagnostic> {
        let bands: Vec<Band> = curve.all(Rule::point).filter_map(|point| band(&point)).collect();
        if bands.is_empty() || bands.len() < curve.all(Rule::point).count() {
            return None;
        }
        let said = |rule: Rule| curve.find(rule).and_then(|part| Some(part.find(Rule::amount)?.text()));
        let (below, above) = (said(Rule::below), said(Rule::above));
        let form = match one_bound(&bands, below, above) {
            Some(form) => form,
            None => return self.steps(kpi, curve, &bands, below, above),
        };
        let advice = Words::new(
            format!("Write `{form}`: a point has no sign, and what lies beyond has a word."),
            format!("请写 `{form}`：各点不带符号，点外的部分用词表示。"),
        );
        Some(advised(self.text, curve.span(), advice, Some(form)))
    }

    /// Steps, as a metric before the scorecard.
    fn steps(&self, kpi: &Node, curve: &Node, bands: &[Band], below: Option<&str>, above: Option<&str>) -> Option<Diagnostic> {
        let name = kpi.name()?;
        let (mut upper, mut lower): (Vec<&Band>, Vec<&Band>) = bands.iter().partition(|band| band.above);
        upper.sort_by_key(|band| band.size);
        lower.sort_by_key(|band| band.size);
        let mut parts = Vec::new();
        if lower.len() <= 1 && !upper.is_empty() {
            parts.push(format!("below {}", lower.first().map(|band| band.points).or(below).unwrap_or("0")));
            parts.extend(upper.iter().map(|band| format!("{} {} -> {}", sign(band.within), band.bound, band.points)));
        } else {
            let last = upper.first().map(|band| band.points).or(above).unwrap_or("0");
            parts.push(format!("below {}", lower.first()?.points));
            let beyond = lower.iter().skip(1).map(|band| band.points).chain([last]);
            parts.extend(lower.iter().zip(beyond).map(|(band, points)| format!("{} {} -> {points}", sign(!band.within), band.bound)));
        }
        let points = bands.iter().map(|band| band.points).chain(below).chain(above).chain(["0"]);
        let sizes = || points.clone().filter_map(|points| Decimal::from_str_exact(points).ok());
        let (least, most) = (sizes().min()?, sizes().max().filter(|most| !most.is_zero())?);
        let metric = format!("metric {}_points = steps({}, {})", name.value, name.value, parts.join(", "));
        let form = format!("{{ {least} -> {least}, {most} -> {most} }}");
        let advice = Words::new(
            format!("The points of a curve are joined by lines. For steps declare `{metric}` and score that with `score {form}`."),
            format!("曲线的各点之间为线性。要分档，请声明 `{metric}`，并对它写 `score {form}`。"),
        );
        let mistake = advised(self.text, curve.span(), advice, None);
        let plain = !kpi.has(Rule::kw_attainment);
        let declaration = self.outline.declarations.iter().rev().find_map(|declaration| {
            let token = self.outline.token(declaration.head.start)?;
            (token.start < kpi.start()).then(|| token.span())
        });
        let before = declaration.filter(|_| plain).map(|span| crate::diagnostic::Span { start: span.start, end: span.start });
        Some(match before {
            Some(before) => {
                mistake.fix(before, format!("{metric}\n\n")).fix(name.span, format!("{}_points", name.value)).fix(curve.span(), form)
            }
            None => mistake,
        })
    }
}

fn sign(within: bool) -> &'static str {
    if within { ">=" } else { ">" }
}

/// The curve of a single bound.
fn one_bound(bands: &[Band], below: Option<&str>, above: Option<&str>) -> Option<String> {
    let (first, second) = match bands {
        [one] => (one, None),
        [one, two] if one.size == two.size && one.above != two.above => (one, Some(two)),
        _ => return None,
    };
    // The bound belongs to the side that says so, or, when only one is told, to that.
    let (own, other) = match second {
        Some(second) if second.within && !first.within => (second, Some(first)),
        second => (first, second),
    };
    let beyond = other.map(|other| other.points).or(if own.above { below } else { above }).unwrap_or("0");
    Some(match own.above {
        true => format!("{{ below {beyond}, {} -> {} }}", own.bound, own.points),
        false => format!("{{ {} -> {}, above {beyond} }}", own.bound, own.points),
    })
}

/// `>= 5 USD -> 100`, or `5-10 USD -> 60`, which begins at its lower end
fn band<'t>(point: &Node<'t>) -> Option<Band<'t>> {
    let expr = point.find(Rule::expr)?;
    let [first, sign, second] = <[Node; 3]>::try_from(expr.children().collect::<Vec<_>>()).ok()?;
    let points = point.find(Rule::amount)?.text();
    let (above, within) = match sign.rule() {
        Rule::op_ge => (true, true),
        Rule::op_gt => (true, false),
        Rule::op_le => (false, true),
        Rule::op_lt => (false, false),
        Rule::op_minus => {
            let (from, to) = (size(first.text())?, size(second.text())?);
            // `0-5 USD`: the unit is that of both ends.
            let unit = second.text().trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '.'));
            let bound = if first.rule() == Rule::number { format!("{}{unit}", first.text()) } else { first.text().to_owned() };
            return (from < to).then_some(Band { above: true, within: true, bound: bound.into(), size: from, points });
        }
        _ => return None,
    };
    let size = size(second.text())?;
    (first.rule() == Rule::subject).then_some(Band { above, within, bound: second.text().into(), size, points })
}

/// The number that a literal begins with.
fn size(literal: &str) -> Option<Decimal> {
    let end = literal.find(|c: char| !c.is_ascii_digit() && !matches!(c, '_' | '.')).unwrap_or(literal.len());
    Decimal::from_str_exact(&literal[..end].replace('_', "")).ok()
}
