//! What holds a score back, and what keeps a scope from being judged by an alert.

use super::{Expr, Span, Text};

/// `withhold when orders <= 10 "Too few orders"`, `exempt when orders <= 10 "Too few orders"`
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The condition.
    pub when: Expr,
    /// What is said instead of the score, or of a state.
    pub title: Text,
    /// The whole line.
    pub span: Span,
}
