//! The operators of formulas, of rows and of aggregates.

/// Arithmetic. On rows all but division is allowed: it is exact. Only there, the lesser and the greater of two stand among it:
/// [`super::Formula`] has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Least,
    Greatest,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}
