//! The course of a level: what it was at every instant, from the readings that say so.
//!
//! 1. A cell keeps the readings of its day. A level stays what it was until the next reading, so a range of time needs the
//!    last reading before it too.
//! 2. The last, first, least and greatest value are those that the level had within the range.
//! 3. The mean over time and the time in a state are about whole days that are over: today does not count yet. The time before
//!    the first reading of all does not count either.

use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::window::Span;
use super::{Acc, Fault, RowId, from_fixed};
use crate::compile::program::{Leaf, LeafIdx, LevelRead, Program, Scalar, Unit};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The readings of a level, by their mark, time and identity, in units of 10^-12.
pub type Readings = BTreeMap<(Mark, Instant, RowId), i128>;

/// Where its clock places a reading: an instant in microseconds, or the number of a day.
pub type Mark = i64;

/// The mark of a row.
pub(super) fn mark(leaf: &Leaf, values: &[Scalar], time: Instant) -> Option<Mark> {
    match leaf.clock.map(|field| values.get(field)) {
        None => Some(time.0),
        Some(Some(Scalar::Time(instant))) => Some(instant.0),
        Some(Some(Scalar::Date(day))) => Some(day.0.into()),
        Some(_) => None,
    }
}

/// The instant of a mark; of a day it is its beginning in a zone.
pub(super) fn instant_of(program: &Program, zone: &Zone, leaf: &Leaf, mark: Mark) -> Instant {
    let field = leaf.clock.and_then(|field| program.events.get(leaf.event)?.fields.get(field));
    if field.is_some_and(|field| field.unit == Unit::Date) {
        return zone.start_of(Day(i32::try_from(mark).unwrap_or(i32::MAX)));
    }
    Instant(mark)
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// What the course of a level says of a range of time.
    pub(super) fn course(&mut self, leaf: LeafIdx, read: LevelRead, span: Span) -> Result<Number, Fault> {
        let (program, anchor, zone) = (self.program, self.anchor, self.zone());
        let over_time = matches!(read, LevelRead::Mean | LevelRead::Held);
        let today = zone.start_of(zone.day_of(anchor.at));
        let (from, to) = match span {
            Span::Days(first, last) => {
                let to = if last == Day(i32::MAX) { Instant(i64::MAX) } else { zone.end_of(last) };
                (if first == Day(i32::MIN) { Instant(i64::MIN) } else { zone.start_of(first) }, to)
            }
            Span::All => (Instant(i64::MIN), Instant(i64::MAX)),
            Span::Elapsed(..) if over_time => return Ok(Number::Unknown(Why::NoPeriod)),
            // It begins with what the level was there.
            Span::Elapsed(after, until) => (after, Instant(until.0.saturating_add(1))),
        };
        let to = if over_time { to.min(today) } else { to };
        if from >= to {
            return Ok(Number::Unknown(Why::NoRows));
        }
        let Some(decl) = program.leaves.get(leaf) else { return Ok(Number::Unknown(Why::Stated)) };
        // Where a day ends later than elsewhere, the next one has begun there.
        let read_from = match span {
            Span::Days(first, last) if to < Instant(i64::MAX) => {
                Span::Days(first, last.max(zone.latest_day_of(Instant(to.0.saturating_sub(1)))))
            }
            span => span,
        };
        let Some(acc) = self.source.merged(leaf, read_from)? else { return Ok(Number::Unknown(Why::NoDimension)) };
        let Acc::Course(readings) = acc.as_ref() else { return Ok(Number::Unknown(Why::NoRows)) };
        // Of readings of one instant the last one holds.
        let mut steps: BTreeMap<Instant, i128> = BTreeMap::new();
        for ((mark, _, _), value) in readings {
            steps.insert(instant_of(program, zone, decl, *mark), *value);
        }
        Ok(within(&steps, (from, to), read))
    }
}

/// What the steps of a course say of `from <= time < to`.
fn within(steps: &BTreeMap<Instant, i128>, (from, to): (Instant, Instant), read: LevelRead) -> Number {
    let carried = steps.range(..=from).next_back().map(|(_, value)| (from, *value));
    let inside = steps.range(Instant(from.0.saturating_add(1))..).take_while(|(at, _)| **at < to).map(|(at, value)| (*at, *value));
    let held: Vec<(Instant, i128)> = carried.into_iter().chain(inside).collect();
    let values = || held.iter().map(|(_, value)| *value);
    let found = match read {
        LevelRead::First => values().next(),
        LevelRead::Last => values().next_back(),
        LevelRead::Min => values().min(),
        LevelRead::Max => values().max(),
        LevelRead::Mean | LevelRead::Held => return over_time(&held, to, read),
    };
    match found {
        Some(value) => from_fixed(value).map_or(Number::Unknown(Why::OutOfRange), Number::of),
        None => Number::Unknown(Why::NoRows),
    }
}

/// The integral over time, in seconds; of a mean divided by the time.
fn over_time(held: &[(Instant, i128)], to: Instant, read: LevelRead) -> Number {
    let Some((first, _)) = held.first() else { return Number::Unknown(Why::NoRows) };
    let ends = held.iter().skip(1).map(|(at, _)| *at).chain([to]);
    let mut integral: i128 = 0;
    for ((at, value), end) in held.iter().zip(ends) {
        let length = i128::from(end.0.saturating_sub(at.0));
        match value.checked_mul(length).and_then(|part| integral.checked_add(part)) {
            Some(sum) => integral = sum,
            None => return Number::Unknown(Why::OutOfRange),
        }
    }
    let divisor = match read {
        LevelRead::Held => Decimal::from(1_000_000),
        _ => Decimal::from(to.0.saturating_sub(first.0)),
    };
    from_fixed(integral).and_then(|integral| integral.checked_div(divisor)).map_or(Number::Unknown(Why::OutOfRange), Number::of)
}
