//! What holds a score back, and what keeps a scope from being judged by an alert.

use super::{Expr, Span, Text};

/// `withhold when orders <= 10 "Too few orders"`, `mark when coverage(ad_day) < 95%`, `exempt when orders <= 10 "Too few orders"`
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The condition.
    pub when: Expr,
    /// `mark`: the score stands, and says so.
    pub marks: bool,
    /// What is said instead of the score, or of a state.
    pub title: Text,
    /// The whole line.
    pub span: Span,
}
