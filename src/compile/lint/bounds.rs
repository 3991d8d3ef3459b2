//! The subject values under which a condition can hold.

use crate::compile::alerts::is_subject;
use crate::compile::formula::fold;
use crate::compile::program::{Compare, Formula, Scalar};
use rust_decimal::Decimal;

/// A limit and whether the limit itself belongs to the values.
type Limit = (Decimal, bool);

/// An interval of subject values.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    lower: Option<Limit>,
    upper: Option<Limit>,
    /// True when the condition says something beside these bounds, so that it may be false inside of them.
    more: bool,
}

impl Bounds {
    /// The bounds that a condition puts on its subject; outside of them it is never true.
    pub(super) fn of(when: &Formula, subject: &Formula) -> Bounds {
        match when {
            Formula::And(a, b) => Bounds::of(a, subject).and(&Bounds::of(b, subject)),
            Formula::Compare(op, left, right) => Bounds::compared(*op, left, right, subject),
            _ => Bounds { more: true, ..Bounds::default() },
        }
    }

    fn compared(op: Compare, left: &Formula, right: &Formula, subject: &Formula) -> Bounds {
        let (op, other) = if is_subject(left, subject) {
            (op, right)
        } else if is_subject(right, subject) {
            (turned(op), left)
        } else {
            return Bounds { more: true, ..Bounds::default() };
        };
        let Some(Scalar::Number(limit)) = fold(other) else {
            return Bounds { more: true, ..Bounds::default() };
        };
        let (lower, upper) = match op {
            Compare::Eq => (Some((limit, true)), Some((limit, true))),
            Compare::Ne => return Bounds { more: true, ..Bounds::default() },
            Compare::Lt => (None, Some((limit, false))),
            Compare::Le => (None, Some((limit, true))),
            Compare::Gt => (Some((limit, false)), None),
            Compare::Ge => (Some((limit, true)), None),
        };
        Bounds { lower, upper, more: false }
    }

    fn and(&self, other: &Bounds) -> Bounds {
        // A limit that is not included is the tighter one of two equal limits.
        let tighter_lower = |a: Limit, b: Limit| if (a.0, !a.1) >= (b.0, !b.1) { a } else { b };
        let tighter_upper = |a: Limit, b: Limit| if (a.0, a.1) <= (b.0, b.1) { a } else { b };
        Bounds {
            lower: either(self.lower, other.lower, tighter_lower),
            upper: either(self.upper, other.upper, tighter_upper),
            more: self.more || other.more,
        }
    }

    /// True when no value lies within the bounds.
    pub(super) fn is_empty(&self) -> bool {
        match (self.lower, self.upper) {
            (Some(lower), Some(upper)) => lower.0 > upper.0 || (lower.0 == upper.0 && !(lower.1 && upper.1)),
            _ => false,
        }
    }

    /// True when both conditions are sure to hold for some value.
    pub(super) fn overlaps(&self, other: &Bounds) -> bool {
        !self.more && !other.more && !self.and(other).is_empty()
    }

    /// True when every value of the other condition, and more, is within these one-sided bounds.
    pub(super) fn is_weaker_than(&self, other: &Bounds) -> bool {
        if self.more || other.more {
            return false;
        }
        match ((self.lower, self.upper), (other.lower, other.upper)) {
            ((Some(own), None), (Some(other), None)) => own.0 < other.0,
            ((None, Some(own)), (None, Some(other))) => own.0 > other.0,
            _ => false,
        }
    }
}

fn either(a: Option<Limit>, b: Option<Limit>, choose: impl Fn(Limit, Limit) -> Limit) -> Option<Limit> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        (a, b) => a.or(b),
    }
}

/// The comparison with its sides exchanged.
fn turned(op: Compare) -> Compare {
    match op {
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        same => same,
    }
}
