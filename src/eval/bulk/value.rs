//! Formulas over the fields of one row, computed from columns with whole numbers. What goes beyond them is left to
//! [`evaluate`](crate::eval::rows::evaluate), so that both give the same.

use crate::compile::program::{Arith, Compare, Effective, FieldIdx, RowExpr, RowLookup, Scalar};
use crate::eval::cell::{power_of_ten, product};
use crate::eval::rows::FIXED_END;
use crate::eval::{Columns, FIXED_SCALE, NO_TEXT, Texts};
use crate::time::Instant;
use rust_decimal::Decimal;

/// A number that decimals might not hold exactly, or that a cell rounds.
#[derive(Debug)]
pub(super) struct Beyond;

/// Digits and how many of them are decimals.
type Number = (i128, u32);

/// Below this, products and sums of numbers are exact in decimals too.
const DIGITS_END: i128 = 10i128.pow(28);

/// A formula whose value is a number.
#[derive(Debug)]
pub(super) enum Value {
    Const(Number),
    Field(FieldIdx),
    /// A value of a table by one field; its values by the number of the text, as far as they were looked up.
    Lookup(Box<RowLookup>, FieldIdx, Vec<Option<Option<Number>>>),
    Negate(Box<Value>),
    Arith(Arith, Box<Value>, Box<Value>),
}

impl Value {
    /// The formula, if it is one of these.
    pub(super) fn of(expr: &RowExpr) -> Option<Value> {
        Some(match expr {
            RowExpr::Const(Scalar::Number(number)) => Value::Const(parts(*number)?),
            RowExpr::Field(field) => Value::Field(*field),
            RowExpr::Negate(inner) => Value::Negate(Box::new(Value::of(inner)?)),
            RowExpr::Arith(op @ (Arith::Add | Arith::Sub | Arith::Mul), left, right) => {
                Value::Arith(*op, Box::new(Value::of(left)?), Box::new(Value::of(right)?))
            }
            RowExpr::Lookup(lookup) => {
                let [RowExpr::Field(key)] = lookup.keys.as_slice() else { return None };
                // Rows of a table that count from some day on need the day.
                let dated = lookup.clock.is_some() || lookup.table.rows.iter().any(|row| row.from.is_some());
                if dated {
                    return None;
                }
                Value::Lookup(lookup.clone(), *key, Vec::new())
            }
            _ => return None,
        })
    }

    /// The fields by which it looks up.
    pub(super) fn keys(&self) -> Vec<FieldIdx> {
        match self {
            Value::Const(_) | Value::Field(_) => Vec::new(),
            Value::Lookup(_, key, _) => vec![*key],
            Value::Negate(inner) => inner.keys(),
            Value::Arith(_, left, right) => [left.keys(), right.keys()].concat(),
        }
    }

    /// The value of a row in units of 10^-12; None when it is absent or too large to count.
    pub(super) fn fixed(&mut self, columns: &Columns, row: usize, texts: &Texts) -> Result<Option<i128>, Beyond> {
        let Some((digits, scale)) = self.number(columns, row, texts)? else { return Ok(None) };
        let power = FIXED_SCALE.checked_sub(scale).ok_or(Beyond)?;
        let value = power_of_ten(power).and_then(|factor| product(digits, factor)).ok_or(Beyond)?;
        Ok(Some(value).filter(|value| value.abs() < FIXED_END))
    }

    fn number(&mut self, columns: &Columns, row: usize, texts: &Texts) -> Result<Option<Number>, Beyond> {
        match self {
            Value::Const(number) => Ok(Some(*number)),
            Value::Field(field) => {
                let found = columns.fields.get(*field).and_then(|column| column.decimal(row));
                Ok(found.map(|(digits, scale)| (i128::from(digits), u32::from(scale))))
            }
            Value::Lookup(lookup, key, known) => {
                let text = columns.fields.get(*key).map_or(NO_TEXT, |column| column.number(row));
                match known.get(text as usize) {
                    Some(Some(found)) => Ok(*found),
                    _ => look_up(lookup, text, texts, known),
                }
            }
            Value::Negate(inner) => Ok(inner.number(columns, row, texts)?.map(|(digits, scale)| (-digits, scale))),
            Value::Arith(op, left, right) => {
                let (Some(left), Some(right)) = (left.number(columns, row, texts)?, right.number(columns, row, texts)?) else {
                    return Ok(None);
                };
                arith(*op, left, right).map(Some).ok_or(Beyond)
            }
        }
    }
}

fn look_up(lookup: &RowLookup, text: u32, texts: &Texts, known: &mut Vec<Option<Option<Number>>>) -> Result<Option<Number>, Beyond> {
    let row = lookup.table.find(lookup.column, &[texts.get(text)], Effective::At(Instant(0)));
    let found = match row.and_then(|row| lookup.table.value(row, lookup.column)) {
        Some(Scalar::Number(number)) => Some(parts(*number).ok_or(Beyond)?),
        Some(Scalar::Absent) | None => None,
        Some(_) => return Err(Beyond),
    };
    let place = text as usize;
    if known.len() <= place {
        known.resize(place + 1, None);
    }
    known.get_mut(place).into_iter().for_each(|one| *one = Some(found));
    Ok(found)
}

fn parts(number: Decimal) -> Option<Number> {
    let number = number.normalize();
    Some((number.mantissa(), number.scale())).filter(|(digits, _)| digits.abs() < DIGITS_END)
}

fn arith(op: Arith, (a, a_scale): Number, (b, b_scale): Number) -> Option<Number> {
    let (digits, scale) = match op {
        Arith::Mul => (product(a, b)?, a_scale + b_scale),
        Arith::Add | Arith::Sub => {
            let scale = a_scale.max(b_scale);
            let at = |digits: i128, own: u32| power_of_ten(scale - own).and_then(|factor| product(digits, factor));
            let (a, b) = (at(a, a_scale)?, at(b, b_scale)?);
            if a.abs().max(b.abs()) >= DIGITS_END {
                return None;
            }
            (if op == Arith::Add { a.checked_add(b)? } else { a.checked_sub(b)? }, scale)
        }
        Arith::Div | Arith::Least | Arith::Greatest => return None,
    };
    (digits.abs() < DIGITS_END && scale <= FIXED_SCALE).then_some((digits, scale))
}

/// A condition on the fields of one row.
#[derive(Debug)]
pub(super) enum Test {
    /// A flag is true, or it is not: absent counts as false.
    Flag(FieldIdx, bool),
    /// The text of a field is this one, or another one.
    Text(FieldIdx, Box<str>, bool),
    Both(Box<Test>, Box<Test>),
    Either(Box<Test>, Box<Test>),
}

impl Test {
    /// The condition, if it is one of these.
    pub(super) fn of(filter: &RowExpr) -> Option<Test> {
        Some(match filter {
            RowExpr::Field(field) => Test::Flag(*field, true),
            RowExpr::Not(inner) => match &**inner {
                RowExpr::Field(field) => Test::Flag(*field, false),
                _ => return None,
            },
            RowExpr::Compare(compare @ (Compare::Eq | Compare::Ne), left, right) => match (&**left, &**right) {
                (RowExpr::Field(field), RowExpr::Const(Scalar::Text(text))) => Test::Text(*field, text.clone(), *compare == Compare::Eq),
                _ => return None,
            },
            RowExpr::And(left, right) => Test::Both(Box::new(Test::of(left)?), Box::new(Test::of(right)?)),
            RowExpr::Or(left, right) => Test::Either(Box::new(Test::of(left)?), Box::new(Test::of(right)?)),
            _ => return None,
        })
    }

    /// Whether a row passes; what is absent passes nothing but `not`.
    pub(super) fn passes(&self, columns: &Columns, row: usize, texts: &Texts) -> bool {
        match self {
            Test::Flag(field, wanted) => columns.fields.get(*field).and_then(|column| column.flag(row)).unwrap_or(false) == *wanted,
            Test::Text(field, text, equal) => {
                let found = columns.fields.get(*field).and_then(|column| column.text(row, texts));
                found.is_some_and(|found| (found == &**text) == *equal)
            }
            Test::Both(left, right) => left.passes(columns, row, texts) && right.passes(columns, row, texts),
            Test::Either(left, right) => left.passes(columns, row, texts) || right.passes(columns, row, texts),
        }
    }
}
