//! Hierarchies of dimensions.

use super::{Ident, Span};

/// `dimension shop in team in region { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Dimension {
    /// `shop`
    pub name: Ident,
    /// `team`, `region`: each holds the one before it.
    pub parents: Vec<Ident>,
    /// For each of them the event that tells who belongs to whom.
    pub told: Vec<ToldBy>,
    /// The whole declaration.
    pub span: Span,
}

/// `team by shop_moved since first_day`
#[derive(Debug, Clone, PartialEq)]
pub struct ToldBy {
    /// `team`
    pub parent: Ident,
    /// `shop_moved`
    pub event: Ident,
    /// `first_day`: the field from whose day on it holds; the event's time when None.
    pub since: Option<Ident>,
    /// The whole line.
    pub span: Span,
}
