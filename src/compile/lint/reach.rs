//! The most points that a scorecard can give before its cap.

use crate::compile::program::{Kpi, Scorecard, UnknownPolicy};
use rust_decimal::Decimal;

/// The most points, additions included; None when nothing bounds them or the weights do not add up to 100.
pub(super) fn most(card: &Scorecard) -> Option<Decimal> {
    let weights: Decimal = card.kpis.iter().map(|kpi| kpi.weight).sum();
    if weights != Decimal::ONE_HUNDRED {
        return None;
    }
    let weighted = match card.unknown {
        // Weights that move to the KPI with the highest curve make it the whole score.
        UnknownPolicy::Reweight => card.kpis.iter().map(top).max()?,
        UnknownPolicy::Zero => card.kpis.iter().map(|kpi| kpi.weight * top(kpi).max(Decimal::ZERO)).sum::<Decimal>() / Decimal::ONE_HUNDRED,
        UnknownPolicy::Withhold => card.kpis.iter().map(|kpi| kpi.weight * top(kpi)).sum::<Decimal>() / Decimal::ONE_HUNDRED,
    };
    let mut added = Decimal::ZERO;
    for line in card.adjustments.iter().filter(|line| line.points > Decimal::ZERO) {
        added += match (&line.for_each, line.at_most) {
            (_, Some(at_most)) if line.for_each.is_some() => at_most,
            (None, at_most) => at_most.map_or(line.points, |at_most| line.points.min(at_most)),
            (Some(_), _) => return None,
        };
    }
    Some(weighted + added)
}

/// The most points of one curve.
fn top(kpi: &Kpi) -> Decimal {
    let curve = &kpi.curve;
    let all = curve.below.into_iter().chain(curve.above).chain(curve.points.iter().map(|(_, points)| *points));
    all.max().unwrap_or_default()
}
