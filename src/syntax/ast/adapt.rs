//! Windows whose length depends on a volume.

use super::{Expr, Spanned, Window};

/// `3 months if transactions >= 400` of `over 3 months if transactions >= 400 else 12 months`
#[derive(Debug, Clone, PartialEq)]
pub struct ByVolume {
    /// `3 months`: the window when the condition holds, and the one over which it is read.
    pub then: Spanned<Window>,
    /// `transactions >= 400`
    pub when: Expr,
}

/// `tdr over 3 months if transactions >= 400 else 12 months`
#[derive(Debug, Clone, PartialEq)]
pub struct Adapt {
    /// `tdr`
    pub inner: Expr,
    /// `3 months if transactions >= 400`
    pub by: ByVolume,
    /// `12 months`
    pub otherwise: Spanned<Window>,
}
