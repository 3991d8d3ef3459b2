//! The scores that a card can give.
//!
//! 1. The curve of a KPI gives the points of every value that the metric can have: a few stretches of points.
//! 2. Weighted and added up they are the stretches of the weighted sum, then additions and deductions, then the cap, then what
//!    red lines lower scores to.
//!
//! The stretches may hold scores that do not come about, but no score lies outside of them.

use super::range::Range;
use super::ranges::Ranges;
use crate::compile::program::{Adjustment, Curve, Kpi, Scorecard, UnknownPolicy, Verdict};
use rust_decimal::Decimal;

/// The most stretches that are kept apart; more are taken as one.
const STRETCHES_MAX: usize = 64;

/// From where to where, ends included; None without end.
type Stretch = (Option<Decimal>, Option<Decimal>);

/// Scores, in order and apart from one another.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scores(Vec<Stretch>);

impl Scores {
    /// The scores of a card, its cap taken into account when `capped`; None when it has no KPI.
    pub(super) fn of(card: &Scorecard, ranges: &Ranges<'_>, capped: bool) -> Option<Scores> {
        let weights: Decimal = card.kpis.iter().map(|kpi| kpi.weight).sum();
        let points = |kpi: &Kpi| Scores::points(&kpi.curve, &ranges.of(&kpi.formula));
        let nothing = || Scores(vec![(Some(Decimal::ZERO), Some(Decimal::ZERO))]);
        let weighted = match card.unknown {
            // Whatever is known takes the weights of all, which makes a mean of the points of some of the KPIs.
            UnknownPolicy::Reweight => Scores(vec![card.kpis.iter().map(points).reduce(Scores::or)?.ends()?])
                .map(|points| points.checked_mul(weights)?.checked_div(Decimal::ONE_HUNDRED)),
            policy => {
                let share = |kpi: &Kpi| {
                    let points = points(kpi);
                    let points = if policy == UnknownPolicy::Zero { points.or(nothing()) } else { points };
                    points.map(|points| points.checked_mul(kpi.weight)?.checked_div(Decimal::ONE_HUNDRED))
                };
                card.kpis.iter().map(share).fold(nothing(), |sum, part| sum.plus(&part))
            }
        };
        let total = card.adjustments.iter().map(|line| Scores::added(line, ranges)).fold(weighted, |total, part| total.plus(&part));
        let total = card.cap.filter(|_| capped).map_or_else(|| total.clone(), |cap| total.at_most(cap));
        let vetoes = card.vetoes.iter().filter_map(|veto| if let Verdict::Score(score) = veto.then { Some(score) } else { None });
        Some(vetoes.fold(total, |total, score| total.at_most(score).or(total)))
    }

    /// The same, greater ones lowered to a limit.
    fn at_most(&self, limit: Decimal) -> Scores {
        let lowered = |(least, most): &Stretch| (least.map(|least| least.min(limit)), Some(most.map_or(limit, |most| most.min(limit))));
        Scores::new(self.0.iter().map(lowered).collect())
    }

    /// The points that a curve gives for the values of a range.
    pub(super) fn points(curve: &Curve, range: &Range) -> Scores {
        let (Some(first), Some(last)) = (curve.points.first(), curve.points.last()) else { return Scores(Vec::new()) };
        let has_less = |value: Decimal| range.least.is_none_or(|least| least < value);
        let has_more = |value: Decimal| range.most.is_none_or(|most| most > value);
        let one = |points: Decimal| (Some(points), Some(points));
        let mut found = Vec::new();
        found.extend(has_less(first.0).then(|| one(curve.below.unwrap_or(first.1))));
        found.extend(has_more(last.0).then(|| one(curve.above.unwrap_or(last.1))));
        found.extend(curve.points.iter().filter(|(value, _)| range.holds(*value)).map(|(_, points)| one(*points)));
        for (from, to) in curve.points.iter().zip(curve.points.iter().skip(1)) {
            if has_more(from.0) && has_less(to.0) {
                found.push((Some(from.1.min(to.1)), Some(from.1.max(to.1))));
            }
        }
        Scores::new(found)
    }

    fn new(mut all: Vec<Stretch>) -> Scores {
        // Without a least end comes first, without a greatest last.
        all.sort_by_key(|(least, most)| (*least, most.is_none(), *most));
        let mut apart: Vec<Stretch> = Vec::new();
        for (least, most) in all {
            match apart.last_mut() {
                Some((_, end)) if end.is_none_or(|end| least.is_none_or(|least| least <= end)) => {
                    *end = end.zip(most).map(|(end, most)| end.max(most));
                }
                _ => apart.push((least, most)),
            }
        }
        let scores = Scores(apart);
        match scores.ends() {
            Some(ends) if scores.0.len() > STRETCHES_MAX => Scores(vec![ends]),
            _ => scores,
        }
    }

    fn or(self, other: Scores) -> Scores {
        Scores::new(self.0.into_iter().chain(other.0).collect())
    }

    fn plus(&self, other: &Scores) -> Scores {
        let add = |a: Option<Decimal>, b: Option<Decimal>| a?.checked_add(b?);
        let sums = self.0.iter().flat_map(|a| other.0.iter().map(move |b| (add(a.0, b.0), add(a.1, b.1))));
        Scores::new(sums.collect())
    }

    fn map(self, f: impl Fn(Decimal) -> Option<Decimal>) -> Scores {
        Scores::new(self.0.into_iter().map(|(least, most)| (least.and_then(&f), most.and_then(&f))).collect())
    }

    fn ends(&self) -> Option<Stretch> {
        Some((self.0.first()?.0, self.0.last()?.1))
    }

    /// The greatest score; None without end.
    pub(super) fn most(&self) -> Option<Decimal> {
        self.ends()?.1
    }

    /// The scores that are nearest to those from `least` to below `limit`, under and over them, when none is there.
    pub(super) fn beside(&self, least: Option<Decimal>, limit: Option<Decimal>) -> Option<(Option<Decimal>, Option<Decimal>)> {
        let under = |stretch: &&Stretch| stretch.1.zip(least).is_some_and(|(most, least)| most < least);
        let over = |stretch: &&Stretch| stretch.0.zip(limit).is_some_and(|(own, limit)| own >= limit);
        let apart = self.0.iter().all(|stretch| under(&stretch) || over(&stretch));
        let (below, above) = (self.0.iter().rev().find(under), self.0.iter().find(over));
        apart.then(|| (below.and_then(|stretch| stretch.1), above.and_then(|stretch| stretch.0)))
    }

    /// What a line adds. A number below 0 that it multiplies counts as 0.
    pub(super) fn added(line: &Adjustment, ranges: &Ranges<'_>) -> Scores {
        let zero = Decimal::ZERO;
        let limited = |points: Decimal| line.at_most.map_or(points, |most| points.max(-most).min(most));
        let one = |points: Decimal| (Some(points), Some(points));
        match (&line.for_each, &line.when) {
            (None, None) => Scores::new(vec![one(limited(line.points))]),
            (None, Some(_)) => Scores::new(vec![one(zero), one(limited(line.points))]),
            (Some(each), _) => {
                let times = ranges.of(each).most.map(|most| most.max(zero));
                let furthest = times.and_then(|times| times.checked_mul(line.points)).map(limited);
                match line.points > zero {
                    true => Scores::new(vec![(Some(zero), furthest.or(line.at_most))]),
                    false => Scores::new(vec![(furthest.or(line.at_most.map(|most| -most)), Some(zero))]),
                }
            }
        }
    }

    /// From the least to the greatest of them.
    pub(super) fn range(&self) -> Range {
        self.ends().map(|(least, most)| Range::between(least, most)).unwrap_or_default()
    }
}
