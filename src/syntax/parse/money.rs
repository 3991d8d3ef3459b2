//! Money in several currencies: `rates for 7 days` of an event, and `in CNY at transaction day`.

use super::node::Node;
use super::{Builder, Rule};
use crate::diagnostic::Spanned;
use crate::syntax::ast::{Conversion, RateAt, Rates};

impl Builder<'_> {
    /// `rates for 7 days through USD`
    pub(super) fn rates(&mut self, part: &Node) -> Rates {
        let through = part.find(Rule::through).and_then(|through| through.find(Rule::currency)).map(|currency| currency.word());
        Rates { lasts: self.duration_in(part), through, span: part.span() }
    }
}

/// `in CNY at transaction day`
pub(super) fn conversion(part: &Node) -> Option<Spanned<Conversion>> {
    let to = part.find(Rule::currency).map(|currency| currency.word());
    if to.is_none() && !part.has(Rule::own_currency) {
        return None;
    }
    let at = if part.has(Rule::kw_transaction) {
        RateAt::TransactionDay
    } else if part.has(Rule::kw_month) {
        RateAt::MonthEnd
    } else {
        RateAt::Budget
    };
    Some(Spanned { value: Conversion { to, at }, span: part.span() })
}
