//! Folds, and the functions of aggregates, in the tree.

use super::{Duration, Expr, Ident, Spanned};

/// `first order_shipped.time where carrier != "none"`: what the events of one thing say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// `first`
    pub function: Spanned<AggregateFn>,
    /// `order_shipped`, the event or the entity above.
    pub event: Ident,
    /// `time`; None for `count order_shipped`.
    pub field: Option<Ident>,
    /// `where …`
    pub filter: Option<Expr>,
    /// `within 90 days after bought`
    pub within: Option<Within>,
}

/// `within 90 days after bought`: of the events of a thing only those so near to one of its times.
#[derive(Debug, Clone, PartialEq)]
pub struct Within {
    /// `90 days`
    pub length: Spanned<Duration>,
    /// True for `before`.
    pub before: bool,
    /// `bought`, a field above.
    pub field: Ident,
}

/// The aggregate functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AggregateFn {
    Sum,
    Count,
    Distinct,
    Min,
    Max,
    Avg,
    First,
    Last,
    Median,
    Quantile,
    Duration,
    Rank,
    Percentile,
    Coverage,
}
