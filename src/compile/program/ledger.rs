//! Ledgers: balances that events and the calendar move.

use super::{DimIdx, Formula, LeafIdx};
use crate::time::Grain;
use rust_decimal::Decimal;

/// `ledger penalty per shop { … }`
///
/// A local day goes in one order: the reset, the decay, what expires, then the entries in the order of the text. After each
/// of them the balance is brought within its bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// The dimensions that a scope must name to have an account. Sorted.
    pub per: Vec<DimIdx>,
    /// The balance of an account before anything moved it, and after a reset.
    pub start: Decimal,
    /// What moves it.
    pub entries: Vec<Entry>,
    /// What brings it back to the start little by little.
    pub decay: Option<Decay>,
    /// When it is the start again.
    pub reset: Option<Reset>,
    /// The least balance.
    pub at_least: Option<Decimal>,
    /// The greatest balance.
    pub at_most: Option<Decimal>,
}

/// `deduct sum(violation.points) expires after 180 days`, `add 4 for each 200 of count(order)`, `add late_rate every month`
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Takes away instead of adding.
    pub deduct: bool,
    /// What a day adds, or a period. Days add up.
    pub formula: Formula,
    /// The periods that are judged, each on the day after its last; None for every day.
    pub every: Option<Grain>,
    /// Every so many of the formula, counted since the reset, move the balance by so much: the amount, the step.
    pub each: Option<(Decimal, Decimal)>,
    /// After so many days, the first one included, what it moved is given back.
    pub expires_days: Option<u32>,
    /// The leaves of the formula. Sorted.
    pub leaves: Vec<LeafIdx>,
    /// The line as written.
    pub text: String,
}

/// `decay 10% every month`: on the first day of the period the balance comes nearer to the start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decay {
    /// By how much.
    pub by: DecayBy,
    /// How often.
    pub every: Grain,
}

/// By how much a balance comes nearer to its start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DecayBy {
    /// By this share of the distance, rounded half-even to 12 decimals.
    Share(Decimal),
    /// By so much, and not beyond.
    Amount(Decimal),
}

/// `reset every quarter on first monday`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reset {
    /// How often.
    pub every: Grain,
    /// The first such day of the period, 0 for Monday to 6 for Sunday; its first day when None.
    pub weekday: Option<usize>,
}
