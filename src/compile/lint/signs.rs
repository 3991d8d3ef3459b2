//! On which side of 0 the values of rows are, as far as the text alone decides it.
//!
//! 1. A constant says it itself; a field by a condition under which alone its row counts: `sum(order.amount where amount >= 0)`.
//! 2. Sums and products of such values, values of tables and working time follow from these.

use super::condition::turned;
use super::subsets::conjuncts;
use crate::compile::program::{Arith, Compare, Leaf, RowExpr, Scalar};
use rust_decimal::Decimal;

/// On which side of 0 a value is; both for 0 itself, neither when it may be on any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Side {
    /// It is never below 0.
    pub(super) not_negative: bool,
    /// It is never above 0.
    pub(super) not_positive: bool,
}

impl Side {
    fn of_number(value: Decimal) -> Side {
        Side { not_negative: value >= Decimal::ZERO, not_positive: value <= Decimal::ZERO }
    }

    fn turned(self) -> Side {
        Side { not_negative: self.not_positive, not_positive: self.not_negative }
    }

    fn and(self, other: Side) -> Side {
        Side { not_negative: self.not_negative && other.not_negative, not_positive: self.not_positive && other.not_positive }
    }

    fn times(self, other: Side) -> Side {
        let like = self.not_negative && other.not_negative || self.not_positive && other.not_positive;
        let unlike = self.not_negative && other.not_positive || self.not_positive && other.not_negative;
        Side { not_negative: like, not_positive: unlike }
    }
}

/// On which side of 0 the values of the rows are that count.
pub(super) fn side(leaf: &Leaf) -> Side {
    let conditions = leaf.filter.as_ref().map(conjuncts).unwrap_or_default();
    leaf.arg.as_ref().map_or(Side { not_negative: true, not_positive: false }, |arg| of(arg, &conditions))
}

fn of(value: &RowExpr, conditions: &[&RowExpr]) -> Side {
    match value {
        RowExpr::Const(Scalar::Number(number)) => Side::of_number(*number),
        RowExpr::Negate(a) => of(a, conditions).turned(),
        RowExpr::Arith(Arith::Add, a, b) | RowExpr::Else(a, b) => of(a, conditions).and(of(b, conditions)),
        RowExpr::Arith(Arith::Sub, a, b) => of(a, conditions).and(of(b, conditions).turned()),
        RowExpr::Arith(Arith::Mul, a, b) => of(a, conditions).times(of(b, conditions)),
        RowExpr::Worked(_) => Side { not_negative: true, not_positive: false },
        RowExpr::Lookup(lookup) => column(lookup.table.rows.iter().filter_map(|row| row.values.get(lookup.column))),
        other => conditions.iter().map(|condition| asked(condition, other)).fold(Side::default(), |all, one| Side {
            not_negative: all.not_negative || one.not_negative,
            not_positive: all.not_positive || one.not_positive,
        }),
    }
}

/// The values of a column of a table; absent ones do not count.
fn column<'s>(values: impl Iterator<Item = &'s Scalar>) -> Side {
    let numbers = values.filter_map(|value| if let Scalar::Number(number) = value { Some(*number) } else { None });
    numbers.map(Side::of_number).reduce(Side::and).unwrap_or_default()
}

/// What a condition says of a value.
fn asked(condition: &RowExpr, value: &RowExpr) -> Side {
    let RowExpr::Compare(op, left, right) = condition else { return Side::default() };
    let (op, limit) = match (left.as_ref(), right.as_ref()) {
        (left, RowExpr::Const(Scalar::Number(limit))) if left == value => (*op, *limit),
        (RowExpr::Const(Scalar::Number(limit)), right) if right == value => (turned(*op), *limit),
        _ => return Side::default(),
    };
    let side = Side::of_number(limit);
    match op {
        Compare::Gt | Compare::Ge => Side { not_negative: side.not_negative, not_positive: false },
        Compare::Lt | Compare::Le => Side { not_negative: false, not_positive: side.not_positive },
        Compare::Eq => side,
        Compare::Ne => Side::default(),
    }
}
