//! Which numbers are made of a part of what others are made of.
//!
//! 1. `count(order where late)` counts some of what `count(order)` counts: it is never more, their difference is never below
//!    0, and their quotient is from 0 to 1. Sums of what is never negative are like counts.
//! 2. What is known of the one says something of the other: where more than 5 are late, there are more than 5 orders.

use super::ranges::Ranges;
use super::signs::side;
use crate::compile::program::{Arith, Formula, Leaf, Read, RowExpr};

impl<'p> Ranges<'p> {
    /// Whether a number is made of some of the rows, none of which takes from it, that another one is made of. It is never more
    /// than that, and both are known or neither is.
    pub(super) fn is_part(&self, part: &Formula, all: &Formula) -> bool {
        if let (Formula::Over(window, part), Formula::Over(other, all)) = (part, all) {
            return window == other && self.is_part(part, all);
        }
        let (Some((part, read)), Some((all, read_all))) = (self.leaf(part), self.leaf(all)) else { return false };
        let conditions = |leaf: &'p Leaf| leaf.filter.as_ref().map(conjuncts).unwrap_or_default();
        let (narrow, wide) = (conditions(part), conditions(all));
        let same_values = match (read, read_all) {
            (Read::Count, Read::Count) => all.arg.is_none() || part.arg == all.arg,
            (Read::Distinct, Read::Distinct) => part.arg == all.arg,
            (Read::Sum, Read::Sum) => part.arg == all.arg && side(all).not_negative,
            _ => false,
        };
        same_values
            && part.keep == all.keep
            && (part.event, part.clock) == (all.event, all.clock)
            && wide.iter().all(|condition| narrow.contains(condition))
    }

    /// Whether a quotient is from 0 to 1: a part of a whole, or what is left of the whole without a part.
    pub(super) fn is_share(&self, part: &Formula, all: &Formula) -> bool {
        match part {
            Formula::Arith(Arith::Sub, whole, taken) if **whole == *all => self.is_part(taken, all),
            Formula::Leaf(leaf, Read::DaysWith) => *all == Formula::Leaf(*leaf, Read::DaysDue),
            _ => self.is_part(part, all),
        }
    }

    /// The aggregate that a formula is, over the window in which it is used.
    fn leaf(&self, formula: &Formula) -> Option<(&'p Leaf, Read)> {
        let mut formula = formula;
        while let Formula::Metric(metric) = formula {
            formula = &self.metrics.get(*metric)?.formula;
        }
        match formula {
            Formula::Leaf(leaf, read) => Some((self.leaves.get(*leaf)?, *read)),
            _ => None,
        }
    }
}

/// The conditions that must all hold.
pub(super) fn conjuncts(filter: &RowExpr) -> Vec<&RowExpr> {
    match filter {
        RowExpr::And(a, b) => [conjuncts(a), conjuncts(b)].concat(),
        other => vec![other],
    }
}
