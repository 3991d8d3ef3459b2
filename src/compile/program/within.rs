//! What a fold is limited to.

use super::FieldIdx;

/// `within 90 days after bought`: the instant itself does not count, the last one does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within {
    /// The field with the time; it stands above.
    pub field: FieldIdx,
    /// The seconds.
    pub length_s: u64,
    /// Before the time instead of after it.
    pub before: bool,
}
