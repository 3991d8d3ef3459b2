//! Windows whose length depends on a volume.

use super::{Formula, Window};

/// `x over 3 months if transactions >= 400 else 12 months`
#[derive(Debug, Clone, PartialEq)]
pub struct Adapt {
    /// The window when the condition holds.
    pub then: Window,
    /// The condition; it is read over that window.
    pub when: Formula,
    /// The window when it does not hold. While the condition is unknown, so is the value.
    pub otherwise: Window,
    /// What is evaluated.
    pub inner: Formula,
}
