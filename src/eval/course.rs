//! The course of a level: what it was at every instant, from the readings that say so.
//!
//! 1. A cell keeps the readings of its day. A level stays what it was until the next reading, so a range of time needs the
//!    last reading before it too.
//! 2. Where a scope is made up of others, each counts on its days there ([`Strand`]): at every instant the level is what the
//!    last reading says of all those that lie there then. One that comes brings what it was, one that goes takes it along.
//! 3. The last, first, least and greatest value are those that the level had within the range. The last one is unknown where
//!    nothing is left at the end, the first one where it came from elsewhere.
//! 4. The mean over time and the time in a state are about whole days that are over: today does not count yet. The time before
//!    the first reading of all, or without anything there, does not count either.

use super::formula::{Aggregates, Evaluation};
use super::lineage::Days;
use super::number::{Number, Why};
use super::window::Span;
use super::{Fault, RowId, from_fixed};
use crate::compile::program::{Leaf, LeafIdx, LevelRead, Program, Scalar, Unit};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The readings of a level, by their mark, time and identity, in units of 10^-12.
pub type Readings = BTreeMap<(Mark, Instant, RowId), i128>;

/// Where its clock places a reading: an instant in microseconds, or the number of a day.
pub type Mark = i64;

/// What makes up a level: the readings of one scope of the cells, and the days on which it lies in the asked one.
pub(super) struct Strand {
    pub(super) readings: Readings,
    /// Every day when None.
    pub(super) days: Option<Days>,
}

/// From an instant on.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// What the level is; None while nothing is there.
    value: Option<i128>,
    /// Whether it would be known without a reading of this very instant.
    brought: bool,
}

/// What a level is, by the instant from which on it is so.
type Steps = BTreeMap<Instant, Step>;

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
        let Some(strands) = self.source.courses(leaf, read_from)? else { return Ok(Number::Unknown(Why::NoDimension)) };
        // Who will belong where is not looked at ahead.
        let begins = |day: Day| if day == Day(i32::MIN) { Instant(i64::MIN) } else { zone.start_of(day) };
        let steps = steps(&strands, begins, |mark| instant_of(program, zone, decl, mark), anchor.at);
        Ok(within(&steps, (from, to), read))
    }
}

/// What happens to the strands of a level at one instant.
#[derive(Default)]
struct Change {
    /// Those that come and go, by their number.
    moves: Vec<(usize, bool)>,
    /// The readings of each, in order.
    readings: Vec<(usize, Reading)>,
}

/// A reading with its place among all readings of a leaf.
type Reading = ((Mark, Instant, RowId), i128);

/// The level that strands make together: of the last readings of those that are there the last one holds. Days that begin after
/// an instant move nothing.
fn steps(strands: &[Strand], begins: impl Fn(Day) -> Instant, instant: impl Fn(Mark) -> Instant, at: Instant) -> Steps {
    let mut changes: BTreeMap<Instant, Change> = BTreeMap::new();
    for (index, strand) in strands.iter().enumerate() {
        for (key, value) in &strand.readings {
            changes.entry(instant(key.0)).or_default().readings.push((index, (*key, *value)));
        }
        for (first, last) in strand.days.iter().flatten() {
            let comes = (begins(*first), true);
            let goes = (*last < Day(i32::MAX)).then(|| (begins(last.plus(1)), false));
            for (when, comes) in [comes].into_iter().chain(goes).filter(|(when, _)| *when <= at) {
                changes.entry(when).or_default().moves.push((index, comes));
            }
        }
    }
    let mut latest: Vec<(bool, Option<Reading>)> = strands.iter().map(|strand| (strand.days.is_none(), None)).collect();
    let mut there: Readings = BTreeMap::new();
    let mut steps = Steps::new();
    for (when, change) in changes {
        for (index, comes) in change.moves {
            let Some((is_there, reading)) = latest.get_mut(index) else { continue };
            *is_there = comes;
            let Some((key, value)) = reading else { continue };
            if comes {
                there.insert(*key, *value);
            } else {
                there.remove(key);
            }
        }
        let brought = !there.is_empty();
        for (index, (key, value)) in change.readings {
            let Some((is_there, reading)) = latest.get_mut(index) else { continue };
            let before = reading.replace((key, value));
            if *is_there {
                if let Some((key, _)) = before {
                    there.remove(&key);
                }
                there.insert(key, value);
            }
        }
        steps.insert(when, Step { value: there.last_key_value().map(|(_, value)| *value), brought });
    }
    steps
}

/// What the steps of a level say of `from <= time < to`.
fn within(steps: &Steps, (from, to): (Instant, Instant), read: LevelRead) -> Number {
    let carried = steps.range(..=from).next_back().map(|(_, step)| (from, *step));
    let inside = steps.range(Instant(from.0.saturating_add(1))..).take_while(|(at, _)| **at < to).map(|(at, step)| (*at, *step));
    let held: Vec<(Instant, Step)> = carried.into_iter().chain(inside).collect();
    let values = || held.iter().filter_map(|(_, step)| step.value);
    let found = match read {
        LevelRead::First => {
            let first = held.iter().find(|(_, step)| step.value.is_some());
            first.filter(|(at, step)| *at == from || !step.brought).and_then(|(_, step)| step.value)
        }
        LevelRead::Last => held.last().and_then(|(_, step)| step.value),
        LevelRead::Min => values().min(),
        LevelRead::Max => values().max(),
        LevelRead::Mean | LevelRead::Held => return over_time(&held, to, read),
    };
    match found {
        Some(value) => from_fixed(value).map_or(Number::Unknown(Why::OutOfRange), Number::of),
        None => Number::Unknown(Why::NoRows),
    }
}

/// The integral over the time in which a level is known, in seconds; of a mean divided by that time.
fn over_time(held: &[(Instant, Step)], to: Instant, read: LevelRead) -> Number {
    let ends = held.iter().skip(1).map(|(at, _)| *at).chain([to]);
    let (mut integral, mut known): (i128, i64) = (0, 0);
    for ((at, step), end) in held.iter().zip(ends) {
        let (Some(value), length) = (step.value, end.0.saturating_sub(at.0)) else { continue };
        match value.checked_mul(length.into()).and_then(|part| integral.checked_add(part)) {
            Some(sum) => (integral, known) = (sum, known.saturating_add(length)),
            None => return Number::Unknown(Why::OutOfRange),
        }
    }
    if known == 0 {
        return Number::Unknown(Why::NoRows);
    }
    let divisor = if read == LevelRead::Held { 1_000_000 } else { known };
    let found = from_fixed(integral).and_then(|integral| integral.checked_div(Decimal::from(divisor)));
    found.map_or(Number::Unknown(Why::OutOfRange), Number::of)
}
