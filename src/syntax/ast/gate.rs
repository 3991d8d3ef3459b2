//! What holds a score back.

use super::{Expr, Span, Text};

/// `withhold when orders <= 10 "Too few orders"`
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The condition.
    pub when: Expr,
    /// What is said instead of the score.
    pub title: Text,
    /// The whole line.
    pub span: Span,
}
