//! Which numbers are known wherever there is a scope.
//!
//! 1. A count or a sum of nothing is 0. A mean, a quotient or the last of nothing is unknown, and so is what a table, a target or
//!    a card may lack; a scope of which there is another event only has none of these.
//! 2. So far only goes what ends now: a window that was over before a scope began says nothing of it.
//! 3. What is made of known numbers is known, and so is `x else 0`.
//!
//! What holds for every value holds always only of such numbers.

use super::ranges::Ranges;
use crate::compile::formula::fold;
use crate::compile::program::{Arith, Formula, Keep, LeafIdx, Read, Scalar, Window};

/// Where a formula is read.
#[derive(Clone, Copy)]
pub(super) struct Seen<'f> {
    /// What [`Formula::Subject`] stands for.
    pub(super) on: &'f Formula,
    /// Whether the window around it ends now.
    pub(super) ends_now: bool,
}

/// Whether a window ends now, so that it goes on when a scope begins.
pub(super) fn ends_now(window: Window) -> bool {
    match window {
        Window::All | Window::Days { ending: 0, .. } | Window::Elapsed { ending_s: 0, .. } => true,
        Window::Period { previous, .. } => !previous,
        Window::Periods { back, .. } => back == 0,
        Window::Days { .. } | Window::Elapsed { .. } | Window::Occasion(_) => false,
    }
}

impl Ranges<'_> {
    /// Whether a number, or a condition, is known wherever there is a scope.
    pub(super) fn is_always_known(&self, formula: &Formula, seen: Seen<'_>) -> bool {
        let is_known = |formula: &Formula| self.is_always_known(formula, seen);
        if fold(formula).is_some() {
            return true;
        }
        match formula {
            Formula::Leaf(leaf, read) => seen.ends_now && self.adds_up(*leaf, *read),
            Formula::Metric(metric) => seen.ends_now && self.always_known.get(*metric).copied().unwrap_or(false),
            // Beyond the subject there is none.
            Formula::Subject => self.is_always_known(seen.on, Seen { on: &Formula::Unknown, ..seen }),
            Formula::Over(window, a) => seen.ends_now && ends_now(*window) && is_known(a),
            Formula::IsUnknown(_) => true,
            Formula::Negate(a) | Formula::Not(a) | Formula::Abs(a) | Formula::Round(a, _) | Formula::Floor(a) | Formula::Ceil(a) => {
                is_known(a)
            }
            Formula::Bands(_, a) => is_known(a),
            Formula::Arith(Arith::Div, a, b) => is_known(a) && matches!(fold(b), Some(Scalar::Number(by)) if !by.is_zero()),
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) => is_known(a) && is_known(b),
            Formula::Else(a, b) => is_known(a) || is_known(b),
            Formula::Least(all) | Formula::Greatest(all) => all.iter().all(is_known),
            _ => false,
        }
    }

    /// Whether an aggregate of no rows is 0.
    fn adds_up(&self, leaf: LeafIdx, read: Read) -> bool {
        let keep = self.leaves.get(leaf).map(|leaf| leaf.keep);
        match read {
            Read::Count => matches!(keep, Some(Keep::Count | Keep::Sum | Keep::Distinct | Keep::Values)),
            Read::Sum => keep == Some(Keep::Sum),
            Read::Distinct => keep == Some(Keep::Distinct),
            _ => false,
        }
    }
}
