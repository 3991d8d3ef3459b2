//! Money in several currencies in the tree, and the rates between them.

use super::{Duration, Spanned};

/// `CNY at transaction day`, `own currency at month end` of `sum(order.amount) in CNY at transaction day`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// `CNY`; of `own currency`, which is that of whoever uses the package, None.
    pub to: Option<Spanned<String>>,
    /// `transaction day`
    pub at: RateAt,
}

/// Which rate converts an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateAt {
    /// `transaction day`: the one of the amount's own day.
    TransactionDay,
    /// `month end`: the one of the last day of its month; while that runs, the latest.
    MonthEnd,
    /// `budget`: the planned one.
    Budget,
}

/// `rates for 7 days through USD`: an event that gives exchange rates.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    /// `7 days`: for how long a rate counts; None for `budget`, until the end of its year.
    pub lasts: Option<Spanned<Duration>>,
    /// `through USD`: the currency through which pairs without a rate of their own are converted.
    pub through: Option<Spanned<String>>,
    /// All of it.
    pub span: crate::diagnostic::Span,
}
