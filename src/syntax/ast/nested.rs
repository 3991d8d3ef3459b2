//! Formulas about other scopes in the tree.

use super::{AggregateFn, Expr, Ident, Spanned};
use rust_decimal::Decimal;

/// `sum(last(stock.on_hand) per sku * unit_cost[sku] where moves)`
#[derive(Debug, Clone, PartialEq)]
pub struct Parts {
    /// `sum`
    pub function: Spanned<AggregateFn>,
    /// The formula of one part, without its `per`.
    pub part: Expr,
    /// `sku`: which dimensions tell the parts from one another.
    pub per: Vec<Ident>,
    /// `where …`: which parts take part.
    pub filter: Option<Expr>,
    /// `90%` in `quantile(x per shop, 90%)`
    pub quantile: Option<Spanned<Decimal>>,
    /// Further arguments, which no aggregate takes.
    pub surplus: Vec<Expr>,
}
