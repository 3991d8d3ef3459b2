//! Calendars in the tree.

use super::{Ident, Span, Spanned};

/// `fiscal year starts april`, `fiscal year ends september in 4-4-5 weeks last`
#[derive(Debug, Clone, PartialEq)]
pub struct FiscalYear {
    /// True for `ends`: a year is named by the calendar year in which it ends.
    pub ends: bool,
    /// `april`
    pub month: Ident,
    /// `in 4-4-5 weeks last`; None for a year of calendar months.
    pub weeks: Option<FiscalWeeks>,
    /// The whole line.
    pub span: Span,
}

/// `in 4-4-5 weeks last`
#[derive(Debug, Clone, PartialEq)]
pub struct FiscalWeeks {
    /// `4-4-5`
    pub pattern: Spanned<String>,
    /// True for `nearest`, false for `last`: which last day of a week ends the year.
    pub nearest: bool,
}
