//! Works out the lines of a card's [`Sheet`](crate::compile::program::Sheet) from what the cells of a scope come to. One that is not
//! plain there (a text, a time) says nothing (None), and neither do those that use it.

use super::Acc;
use super::number::{self, Number, Why};
use super::value::{Trouble, number as arith, satisfies};
use crate::compile::program::{Line, LineIdx, Read, Scalar};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// The value of a line. Smaller than a [`Number`], and copied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known {
    Number(Decimal),
    Flag(bool),
    /// The file says that it has none.
    Stated,
    /// It has none.
    Unknown(Trouble),
}

/// What every line says of merged aggregates.
pub(super) fn worked_out(lines: &[Line], accs: &[Option<Acc>]) -> Vec<Option<Known>> {
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        found.push(line_worked_out(line, accs, &found));
    }
    found
}

fn line_worked_out(line: &Line, accs: &[Option<Acc>], before: &[Option<Known>]) -> Option<Known> {
    let known = |line: &LineIdx| before.get(*line).copied().flatten();
    Some(match line {
        Line::Number(number) => Known::Number(*number),
        Line::Flag(flag) => Known::Flag(*flag),
        Line::Unknown => Known::Stated,
        Line::Slot(slot, read) => Known::read(accs.get(*slot)?.as_ref()?, *read)?,
        Line::Negate(inner) => known(inner)?.mapped(|number| -number),
        Line::Abs(inner) => known(inner)?.mapped(|number| number.abs()),
        Line::Round(inner, places) => known(inner)?.mapped(|number| number.round_dp(*places)),
        Line::Floor(inner) => known(inner)?.mapped(|number| number.floor()),
        Line::Ceil(inner) => known(inner)?.mapped(|number| number.ceil()),
        Line::Arith(op, one, other) => match (known(one)?, known(other)?) {
            (Known::Number(one), Known::Number(other)) => arith(*op, one, other).map_or_else(Known::Unknown, Known::Number),
            (one, other) => one.unknown_with(other).unwrap_or(Known::Unknown(Trouble::Absent)),
        },
        Line::Compare(compare, one, other) => {
            let (one, other) = (known(one)?, known(other)?);
            match one.order(other) {
                Some(order) => Known::Flag(satisfies(*compare, order)),
                None => one.unknown_with(other).unwrap_or(Known::Unknown(Trouble::Absent)),
            }
        }
        Line::And(one, other) => known(one)?.both(known(other)?, false),
        Line::Or(one, other) => known(one)?.both(known(other)?, true),
        Line::Not(inner) => match known(inner)? {
            Known::Flag(flag) => Known::Flag(!flag),
            other => other,
        },
        Line::Else(one, other) => match known(one)? {
            first if first.is_unknown() => known(other)?,
            first => first,
        },
        Line::IsUnknown(inner) => Known::Flag(known(inner)?.is_unknown()),
        Line::Best(order, best, other) => {
            let (best, other) = (known(best)?, known(other)?);
            let wins = other.order(best) == Some(*order);
            best.unknown_with(other).unwrap_or(if wins { other } else { best })
        }
    })
}

impl Known {
    /// Reads a merged aggregate; None for texts and times.
    fn read(acc: &Acc, read: Read) -> Option<Known> {
        Some(match number::read(acc, read) {
            Number::Known(Scalar::Number(number)) => Known::Number(number),
            Number::Known(Scalar::Flag(flag)) => Known::Flag(flag),
            Number::Unknown(Why::NoRows) => Known::Unknown(Trouble::Absent),
            Number::Unknown(Why::OutOfRange) => Known::Unknown(Trouble::Range),
            Number::Known(_) | Number::Unknown(_) => return None,
        })
    }

    fn is_unknown(self) -> bool {
        matches!(self, Known::Stated | Known::Unknown(_))
    }

    /// The first of two that is unknown.
    fn unknown_with(self, other: Known) -> Option<Known> {
        [self, other].into_iter().find(|one| one.is_unknown())
    }

    fn mapped(self, f: impl FnOnce(Decimal) -> Decimal) -> Known {
        match self {
            Known::Number(number) => Known::Number(f(number)),
            Known::Flag(_) => Known::Unknown(Trouble::Absent),
            unknown => unknown,
        }
    }

    /// The order of two of one kind.
    fn order(self, other: Known) -> Option<Ordering> {
        match (self, other) {
            (Known::Number(one), Known::Number(other)) => Some(one.cmp(&other)),
            (Known::Flag(one), Known::Flag(other)) => Some(one.cmp(&other)),
            _ => None,
        }
    }

    /// Three-valued `and` (decided by false) and `or` (decided by true).
    fn both(self, other: Known, decider: bool) -> Known {
        let decides = |known: Known| known == Known::Flag(decider);
        if decides(self) || (self.is_unknown() && !decides(other)) { self } else { other }
    }
}

impl From<Known> for Number {
    fn from(known: Known) -> Number {
        match known {
            Known::Number(number) => Number::of(number),
            Known::Flag(flag) => Number::Known(Scalar::Flag(flag)),
            Known::Stated => Number::Unknown(Why::Stated),
            Known::Unknown(trouble) => Number::Unknown(trouble.into()),
        }
    }
}
