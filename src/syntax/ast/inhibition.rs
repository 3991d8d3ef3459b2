//! What keeps an alert from being told while another one fires.

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
