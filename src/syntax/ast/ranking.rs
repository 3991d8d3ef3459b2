//! Grades by rank in the tree.

use super::{Ident, Span, Spanned};
use rust_decimal::Decimal;

/// `by rank within team { S 10%, A 20%, B 60%, C 10% } ties better`
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// `within team`: who is compared; empty for all scopes of the card.
    pub within: Vec<Ident>,
    /// The share of each grade, as a fraction, in the order of the text.
    pub shares: Vec<Spanned<Decimal>>,
    /// Which grade those get who are level.
    pub ties: Spanned<Ties>,
    /// The whole line.
    pub span: Span,
}

/// Which grade those get who are level.
#[derive(Debug, Clone, PartialEq)]
pub enum Ties {
    /// `ties better`: the best that one of them would get.
    Better,
    /// `ties worse`: the worst.
    Worse,
    /// `ties by margin`: this metric decides.
    By(Ident),
}
