//! From a row to what a leaf keeps of it.
//!
//! 1. [`evaluate`] runs a row formula; absent operands make absent results, comparisons with absent are false.
//! 2. [`item`] applies a leaf's filter and argument: None when the row does not count.
//! 3. [`placed`] says where the leaf's clock places the row.

use super::course::{Mark, mark};
use super::value::{Val, arith, satisfies};
use super::work;
use super::{Row, RowId, VersionKey, to_fixed};
use crate::compile::program::{
    Currencies, Currency, Effective, EventDecl, EventIdx, FieldIdx, Keep, Leaf, Program, RowExpr, RowLookup, Scalar,
};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;

/// Values of rows from 10^15 on do not count: below it, no sum of fewer than 10^11 rows overflows.
pub(super) const FIXED_END: i128 = 10i128.pow(27);

/// What a leaf keeps of one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    /// The row counts.
    One,
    /// A number in units of 10^-12.
    Fixed(i128),
    /// A reading of a level: its mark and its value in units of 10^-12; of a condition 1 or 0.
    Reading(Mark, i128),
    /// A distinct value's hash.
    Hash(u128),
    /// A value to compare or to keep.
    Value(Val<'a>),
    /// Money of a day and a currency, in units of 10^-12.
    Money((Day, Currency), i128),
    /// The rate of a pair of currencies from a day on.
    Rate((Currency, Currency, Day), Decimal),
}

/// The value of a row formula.
pub(super) fn evaluate<'a>(expr: &'a RowExpr, row: &'a Row) -> Val<'a> {
    match expr {
        RowExpr::Const(scalar) => scalar.into(),
        RowExpr::Field(field) => row.values.get(*field).map_or(Val::Absent, Val::from),
        RowExpr::Time => Val::Time(row.time),
        RowExpr::Negate(inner) => match evaluate(inner, row) {
            Val::Number(number) => Val::Number(-number),
            _ => Val::Absent,
        },
        RowExpr::Arith(op, left, right) => arith(*op, evaluate(left, row), evaluate(right, row)).unwrap_or(Val::Absent),
        RowExpr::Compare(compare, left, right) => {
            let order = evaluate(left, row).order(evaluate(right, row));
            Val::Flag(order.is_some_and(|order| satisfies(*compare, order)))
        }
        RowExpr::And(left, right) => both(evaluate(left, row), || evaluate(right, row), false),
        RowExpr::Or(left, right) => both(evaluate(left, row), || evaluate(right, row), true),
        // What is not known to be true is not true, as with comparisons.
        RowExpr::Not(inner) => Val::Flag(evaluate(inner, row) != Val::Flag(true)),
        RowExpr::StartsWith(inner, prefix) => Val::Flag(matches!(evaluate(inner, row), Val::Text(text) if text.starts_with(&**prefix))),
        RowExpr::In(inner, list) => {
            let value = evaluate(inner, row);
            Val::Flag(list.iter().any(|one| value.order(one.into()).is_some_and(std::cmp::Ordering::is_eq)))
        }
        RowExpr::IsAbsent(inner) => Val::Flag(evaluate(inner, row) == Val::Absent),
        RowExpr::Else(left, right) => match evaluate(left, row) {
            Val::Absent => evaluate(right, row),
            value => value,
        },
        RowExpr::Lookup(lookup) => looked_up(lookup, row).unwrap_or(Val::Absent),
        RowExpr::Due(due) => work::due(due, row).unwrap_or(Val::Absent),
        RowExpr::Worked(worked) => work::worked(worked, row).unwrap_or(Val::Absent),
    }
}

/// The value that a table has for a row, on the day on which its clock places it.
fn looked_up<'a>(lookup: &'a RowLookup, row: &Row) -> Option<Val<'a>> {
    let zone = lookup.zoned.as_ref().and_then(|(zones, field)| zones.of_fields(*field, &row.values));
    let at = |instant| zone.map_or(Effective::At(instant), |zone| Effective::On(zone.day_of(instant)));
    let effective = match lookup.clock.map(|field| row.values.get(field)) {
        None => at(row.time),
        Some(Some(Scalar::Time(instant))) => at(*instant),
        Some(Some(Scalar::Date(day))) => Effective::On(*day),
        Some(_) => return None,
    };
    let text = |key| match evaluate(key, row) {
        Val::Text(text) => Some(text),
        _ => None,
    };
    let keys: Vec<Option<&str>> = lookup.keys.iter().map(text).collect();
    let found = lookup.table.find(lookup.column, &keys, effective)?;
    lookup.table.value(found, lookup.column).map(Val::from)
}

/// Three-valued `and` (decided by false) and `or` (decided by true).
fn both<'a>(left: Val<'a>, right: impl FnOnce() -> Val<'a>, decider: bool) -> Val<'a> {
    if left == Val::Flag(decider) {
        return left;
    }
    match (left, right()) {
        (_, right) if right == Val::Flag(decider) => right,
        (Val::Flag(_), Val::Flag(_)) => Val::Flag(!decider),
        _ => Val::Absent,
    }
}

/// Whether a row passes a filter.
pub fn passes(filter: &RowExpr, row: &Row) -> bool {
    evaluate(filter, row) == Val::Flag(true)
}

/// What the leaf keeps of this row; None when the row does not count.
pub(super) fn item<'a>(leaf: &'a Leaf, row: &'a Row, zone: &Zone) -> Option<Item<'a>> {
    if let Some(filter) = &leaf.filter
        && !passes(filter, row)
    {
        return None;
    }
    let value = match &leaf.arg {
        None => Val::Absent,
        Some(arg) => match evaluate(arg, row) {
            Val::Absent => return None,
            value => value,
        },
    };
    match (leaf.keep, value) {
        (Keep::Count, _) => Some(Item::One),
        (_, Val::Absent) => None,
        (Keep::Sum | Keep::Values, Val::Number(number)) => fixed(number).map(Item::Fixed),
        (Keep::Money | Keep::Rates, Val::Number(number)) => {
            let day = placed(leaf, row, |instant| zone.day_of(instant))?;
            match leaf.currencies? {
                Currencies::Field(field) => Some(Item::Money((day, currency(row, field)?), fixed(number)?)),
                Currencies::Always(currency) => Some(Item::Money((day, currency), fixed(number)?)),
                Currencies::Pair(base, quote) => Some(Item::Rate((currency(row, base)?, currency(row, quote)?, day), number)),
            }
        }
        (Keep::Sum | Keep::Values | Keep::Money | Keep::Rates, _) => None,
        (Keep::Course, value) => {
            let value = match value {
                Val::Number(number) => fixed(number)?,
                Val::Flag(flag) => to_fixed(Decimal::from(u8::from(flag)))?,
                _ => return None,
            };
            Some(Item::Reading(mark(leaf, &row.values, row.time)?, value))
        }
        (Keep::Distinct, value) => Some(Item::Hash(hash_of(value))),
        (Keep::Min | Keep::Max | Keep::First | Keep::Last, value) => Some(Item::Value(value)),
    }
}

/// A number in units of 10^-12, if it is in range.
fn fixed(number: Decimal) -> Option<i128> {
    to_fixed(number).filter(|value| value.abs() < FIXED_END)
}

/// The currency that a field says.
fn currency(row: &Row, field: FieldIdx) -> Option<Currency> {
    match row.values.get(field) {
        Some(Scalar::Text(code)) => Currency::of(code),
        _ => None,
    }
}

/// The zone on whose days a row lies.
pub(super) fn zone_of<'p>(program: &'p Program, row: &Row) -> &'p Zone {
    program.zone_of_row(row.event, &row.values)
}

/// The local day on which the leaf's clock places the row; None when the row lacks the clock.
pub(super) fn placed(leaf: &Leaf, row: &Row, zone: impl FnOnce(Instant) -> Day) -> Option<Day> {
    match leaf.clock.map(|field| row.values.get(field)) {
        None => Some(zone(row.time)),
        Some(Some(Scalar::Time(instant))) => Some(zone(*instant)),
        Some(Some(Scalar::Date(day))) => Some(*day),
        Some(_) => None,
    }
}

/// The instant at which the leaf's clock places the row; a date stands for the start of its day.
pub(super) fn placed_at(leaf: &Leaf, row: &Row, zone: &Zone) -> Option<Instant> {
    match leaf.clock.map(|field| row.values.get(field)) {
        None => Some(row.time),
        Some(Some(Scalar::Time(instant))) => Some(*instant),
        Some(Some(Scalar::Date(day))) => Some(zone.start_of(*day)),
        Some(_) => None,
    }
}

/// The business key of a row of a replacing event.
pub(super) fn version_key(event: EventIdx, decl: &EventDecl, row: &Row) -> Option<VersionKey> {
    if decl.replaces_by.is_empty() {
        return None;
    }
    Some(key_of(event, decl.replaces_by.iter().map(|field| row.values.get(*field).map_or(Val::Absent, Val::from))))
}

/// The business key with these values.
pub(super) fn key_of<'a>(event: EventIdx, values: impl Iterator<Item = Val<'a>>) -> VersionKey {
    let mut hasher = blake3::Hasher::new();
    values.for_each(|value| feed(&mut hasher, value));
    VersionKey(event, first_128(&hasher))
}

fn hash_of(value: Val<'_>) -> u128 {
    let mut hasher = blake3::Hasher::new();
    feed(&mut hasher, value);
    first_128(&hasher)
}

/// Feeds the canonical text of a value, with its kind before and its length after, so that no two lists look alike.
fn feed(hasher: &mut blake3::Hasher, value: Val<'_>) {
    let mut put = |kind: u8, bytes: &[u8]| {
        hasher.update(&[kind]);
        hasher.update(bytes);
        hasher.update(&(bytes.len() as u64).to_le_bytes());
    };
    match value {
        Val::Absent => put(0, &[]),
        Val::Number(number) => put(1, number.normalize().to_string().as_bytes()),
        Val::Text(text) => put(2, text.as_bytes()),
        Val::Time(instant) => put(3, &instant.0.to_le_bytes()),
        Val::Date(day) => put(4, &day.0.to_le_bytes()),
        Val::Flag(flag) => put(5, &[u8::from(flag)]),
    }
}

fn first_128(hasher: &blake3::Hasher) -> u128 {
    let hash = hasher.finalize();
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.as_bytes()) {
        *to = *from;
    }
    u128::from_le_bytes(bytes)
}

/// The order in which rows count as earlier or later.
pub(super) fn rank(row: &Row) -> (Instant, RowId) {
    (row.time, row.id)
}
