//! What keeps an alert from being told while another one fires, and what it is told together with.

use super::{Ident, Span};

/// `inhibited by account_down, shop_closed on shop`
#[derive(Debug, Clone, PartialEq)]
pub struct Inhibition {
    /// `account_down, shop_closed`
    pub by: Vec<Ident>,
    /// `shop`: the dimensions that must agree; every one that both alerts have when empty.
    pub on: Vec<Ident>,
    /// The whole line.
    pub span: Span,
}

/// `group by team`, `group all`: whose notifications go out together.
#[derive(Debug, Clone, PartialEq)]
pub struct Grouped {
    /// `team`: the dimensions whose values must be the same; none for `all`.
    pub by: Vec<Ident>,
    /// The whole line.
    pub span: Span,
}
