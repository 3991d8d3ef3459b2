//! What one row is worth to one leaf.

use super::work;
use rust_decimal::Decimal;
use steelyard::compile::program::{Arith, Compare, Currencies, Leaf, Program, RowExpr, Scalar, Table, TableRow};
use steelyard::eval::Row;
use steelyard::time::{Day, Instant};

/// What a row adds to a leaf, and where it stands in time.
#[derive(Debug, Clone)]
pub struct Worth {
    /// The local day it is placed on.
    pub day: Day,
    /// The instant it is placed at.
    pub instant: Instant,
    /// The value; a count of rows has none.
    pub value: Scalar,
    /// The currency of the value, where it has one of its own.
    pub currency: Option<String>,
}

/// None when the row does not count: another type, filtered away, without a value, or without a clock.
pub fn worth(program: &Program, leaf: &Leaf, row: &Row) -> Option<Worth> {
    let passes = || leaf.filter.as_ref().is_none_or(|filter| value(filter, row) == Scalar::Flag(true));
    if row.event != leaf.event || !passes() {
        return None;
    }
    let worth = leaf.arg.as_ref().map(|arg| value(arg, row));
    if worth == Some(Scalar::Absent) {
        return None;
    }
    let zone = super::zones::of_row(program, row);
    let (day, instant) = match leaf.clock.map(|field| &row.values[field]) {
        None => (zone.day_of(row.time), row.time),
        Some(Scalar::Time(instant)) => (zone.day_of(*instant), *instant),
        Some(Scalar::Date(day)) => (*day, zone.start_of(*day)),
        Some(_) => return None,
    };
    let currency = match leaf.currencies {
        Some(Currencies::Field(field)) => Some(text(row.values[field].clone())?),
        Some(Currencies::Always(currency)) => Some(currency.to_string()),
        Some(Currencies::Pair(..)) | None => None,
    };
    Some(Worth { day, instant, value: worth.unwrap_or(Scalar::Absent), currency })
}

/// Comparisons with what is absent are false; arithmetic with it is absent.
pub fn value(expr: &RowExpr, row: &Row) -> Scalar {
    let truth = |inner: &RowExpr| match value(inner, row) {
        Scalar::Flag(flag) => Some(flag),
        _ => None,
    };
    let flag = |truth: Option<bool>| truth.map_or(Scalar::Absent, Scalar::Flag);
    match expr {
        RowExpr::Const(constant) => constant.clone(),
        RowExpr::Field(field) => row.values[*field].clone(),
        RowExpr::Time => Scalar::Time(row.time),
        RowExpr::Negate(inner) => match value(inner, row) {
            Scalar::Number(number) => Scalar::Number(-number),
            _ => Scalar::Absent,
        },
        RowExpr::Arith(op, left, right) => arith(*op, &value(left, row), &value(right, row)).unwrap_or(Scalar::Absent),
        RowExpr::Compare(op, left, right) => Scalar::Flag(compare(*op, &value(left, row), &value(right, row)).unwrap_or(false)),
        RowExpr::And(left, right) => flag(and(truth(left), truth(right))),
        RowExpr::Or(left, right) => flag(or(truth(left), truth(right))),
        RowExpr::Not(inner) => Scalar::Flag(!truth(inner).unwrap_or(false)),
        RowExpr::StartsWith(inner, prefix) => match value(inner, row) {
            Scalar::Text(text) => Scalar::Flag(text.starts_with(&**prefix)),
            _ => Scalar::Flag(false),
        },
        RowExpr::In(inner, choices) => {
            let found = value(inner, row);
            Scalar::Flag(found != Scalar::Absent && choices.contains(&found))
        }
        RowExpr::IsAbsent(inner) => Scalar::Flag(value(inner, row) == Scalar::Absent),
        RowExpr::Else(left, right) => match value(left, row) {
            Scalar::Absent => value(right, row),
            found => found,
        },
        RowExpr::Lookup(lookup) => {
            let keys: Vec<Option<String>> = lookup.keys.iter().map(|key| text(value(key, row))).collect();
            let zone = lookup.zoned.as_ref().map(|(zones, field)| {
                let own = zones.by_value().find(|(name, _)| row.values[*field] == Scalar::Text((*name).into()));
                own.map(|(_, zone)| zone)
            });
            let since = |from: Option<Day>, from_at: Instant, instant: Instant| match zone.flatten() {
                Some(zone) => from.is_none_or(|from| zone.start_of(from) <= instant),
                None => from_at <= instant,
            };
            let counts = |from: Option<Day>, from_at: Instant| match lookup.clock.map(|field| &row.values[field]) {
                None => since(from, from_at, row.time),
                Some(Scalar::Time(instant)) => since(from, from_at, *instant),
                Some(Scalar::Date(day)) => from.is_none_or(|from| from <= *day),
                Some(_) => false,
            };
            looked_up(&lookup.table, lookup.column, &keys, counts).unwrap_or(Scalar::Absent)
        }
        RowExpr::Due(due) => match value(&due.from, row) {
            Scalar::Time(from) => work::due(&due.calendar, from, due.length).map_or(Scalar::Absent, Scalar::Time),
            _ => Scalar::Absent,
        },
        RowExpr::Worked(worked) => match (value(&worked.from, row), value(&worked.to, row)) {
            (Scalar::Time(from), Scalar::Time(to)) => {
                let micros = work::between(&worked.calendar, from, to);
                micros.map_or(Scalar::Absent, |micros| Scalar::Number((Decimal::from(micros) / Decimal::from(1_000_000)).normalize()))
            }
            _ => Scalar::Absent,
        },
    }
}

fn text(value: Scalar) -> Option<String> {
    match value {
        Scalar::Text(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The value of the row of a table that fixes the most keys, of several the latest; every row is looked at.
pub fn looked_up(table: &Table, column: usize, keys: &[Option<String>], counts: impl Fn(Option<Day>, Instant) -> bool) -> Option<Scalar> {
    let fits = |row: &&TableRow| {
        let same = row.keys.iter().zip(keys).all(|(own, key)| own.as_deref().is_none_or(|own| Some(own) == key.as_deref()));
        same && row.values[column] != Scalar::Absent && counts(row.from, row.from_at)
    };
    let best = table.rows.iter().filter(fits).max_by_key(|row| (row.keys.iter().flatten().count(), row.from));
    best.map(|row| row.values[column].clone())
}

/// Three-valued: false and unknown is false.
pub fn and(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Three-valued: true or unknown is true.
pub fn or(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

/// None when unknown: a zero denominator, a value out of range, or something that is no number.
pub fn arith(op: Arith, left: &Scalar, right: &Scalar) -> Option<Scalar> {
    let number = |left: &Decimal, right: &Decimal| match op {
        Arith::Add => left.checked_add(*right),
        Arith::Sub => left.checked_sub(*right),
        Arith::Mul => left.checked_mul(*right),
        Arith::Div => left.checked_div(*right),
        Arith::Least => Some(if left < right { *left } else { *right }),
        Arith::Greatest => Some(if left < right { *right } else { *left }),
    };
    match (left, right) {
        (Scalar::Number(left), Scalar::Number(right)) => number(left, right).map(Scalar::Number),
        (Scalar::Time(left), Scalar::Time(right)) if op == Arith::Sub => {
            Some(Scalar::Number(Decimal::from(left.0 - right.0) / Decimal::from(1_000_000)))
        }
        (Scalar::Time(time), Scalar::Number(seconds)) if op == Arith::Add => Some(later(*time, *seconds)),
        (Scalar::Number(seconds), Scalar::Time(time)) if op == Arith::Add => Some(later(*time, *seconds)),
        (Scalar::Time(time), Scalar::Number(seconds)) if op == Arith::Sub => Some(later(*time, -*seconds)),
        (Scalar::Date(left), Scalar::Date(right)) if op == Arith::Sub => Some(Scalar::Number(Decimal::from((left.0 - right.0) * 86_400))),
        _ => None,
    }
}

fn later(time: Instant, seconds: Decimal) -> Scalar {
    let micros: i64 = (seconds * Decimal::from(1_000_000)).round().try_into().unwrap();
    Scalar::Time(Instant(time.0 + micros))
}

/// None when one of them is absent or they are of different kinds.
pub fn compare(op: Compare, left: &Scalar, right: &Scalar) -> Option<bool> {
    if *left == Scalar::Absent || std::mem::discriminant(left) != std::mem::discriminant(right) {
        return None;
    }
    Some(match op {
        Compare::Eq => left == right,
        Compare::Ne => left != right,
        Compare::Lt => left < right,
        Compare::Le => left <= right,
        Compare::Gt => left > right,
        Compare::Ge => left >= right,
    })
}
