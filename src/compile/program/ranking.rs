//! Grades, by limits and by rank, and what they pay.

use super::{DimIdx, Formula, MetricIdx, Scorecard, Unit};
use rust_decimal::Decimal;

/// A band of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// `A`
    pub name: String,
    /// The least score; None for the last grade.
    pub at_least: Option<Decimal>,
    /// The payout, when the card has one: a coefficient, or an amount. Where the card has a [`PayoutBase`], the coefficient of that.
    pub payout: Option<Decimal>,
}

/// `salary * 10%` in `payout salary * 10% { S 1.5, … }`: what the coefficient of a grade is multiplied with.
#[derive(Debug, Clone, PartialEq)]
pub struct PayoutBase {
    /// Its value at a scope of the card, over its period.
    pub formula: Formula,
    /// The same as written.
    pub text: String,
}

impl Scorecard {
    /// Its conditions and multipliers, in the order of composing.
    pub fn conditions(&self) -> impl Iterator<Item = &Formula> {
        let adjustments = self.adjustments.iter().flat_map(|line| line.when.iter().chain(&line.for_each));
        adjustments.chain(self.vetoes.iter().map(|veto| &veto.when)).chain(self.gates.iter().map(|gate| &gate.when))
    }

    /// The unit of what the grades list: of the payouts, or that of plain coefficients.
    pub fn listed_unit(&self) -> &Unit {
        if self.payout_base.is_some() { &Unit::Number } else { &self.payout_unit }
    }
}

/// `grades by rank within team { S 10%, A 20%, B 60%, C 10% } ties better`
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Those are compared whose scopes have the same values here. Sorted; empty for all scopes of the card.
    pub within: Vec<DimIdx>,
    /// The share of each grade as a fraction, best first. They add up to 1.
    pub shares: Vec<Decimal>,
    /// Which grade those get who are level.
    pub ties: Ties,
}

/// Which grade those get who are level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// The best that one of them would get.
    Better,
    /// The worst.
    Worse,
    /// This metric decides, whose greater value is better when true. Who is level in it too gets the better grade.
    By(MetricIdx, bool),
}
