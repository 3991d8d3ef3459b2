//! What a fold is limited to.

use super::{Duration, Ident, Spanned};

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
