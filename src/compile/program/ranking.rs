//! Grades, by limits and by rank.

use super::{DimIdx, MetricIdx};
use rust_decimal::Decimal;

/// A band of the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// `A`
    pub name: String,
    /// The least score; None for the last grade.
    pub at_least: Option<Decimal>,
    /// The payout, when the card has one: a coefficient, or an amount.
    pub payout: Option<Decimal>,
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
