//! The stored events of one program, typed.
//!
//! 1. [`Shelf`] keeps the rows of the days read last, because late events read the same days again and again.
//! 2. [`Stored`] is one program's [`History`]: rows of a snapshot of the log, and those of the commit in progress.

use super::event::{RawEvent, RawValue, row_id};
use super::shape;
use crate::compile::program::{EventIdx, Program};
use crate::eval::{Fault, History, Row};
use crate::store::record::event::{EventRecord, ValueRecord};
use crate::store::{Log, StoreError};
use crate::time::Instant;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Rows kept in memory for all programs of a workspace.
const ROWS_MAX: usize = 200_000;

const DAY_US: i64 = 86_400_000_000;

/// The UTC day of an instant.
pub fn utc_day(at: Instant) -> i32 {
    i32::try_from(at.0.div_euclid(DAY_US)).unwrap_or(if at.0 < 0 { i32::MIN } else { i32::MAX })
}

/// The last instant of a UTC day.
pub fn end_of_utc_day(day: i32) -> Instant {
    Instant((i64::from(day) + 1).saturating_mul(DAY_US).saturating_sub(1))
}

/// The rows of a day, by event type, each sorted by time.
pub type DayRows = Vec<Vec<Row>>;

/// The rows of the days read last.
#[derive(Default)]
pub struct Shelf {
    days: HashMap<(u32, i32), (Arc<DayRows>, u64)>,
    rows: usize,
    uses: u64,
}

impl Shelf {
    fn get(&mut self, program: u32, day: i32) -> Option<Arc<DayRows>> {
        self.uses += 1;
        let (rows, used) = self.days.get_mut(&(program, day))?;
        *used = self.uses;
        Some(Arc::clone(rows))
    }

    fn put(&mut self, program: u32, day: i32, rows: Arc<DayRows>) {
        self.rows += rows.iter().map(Vec::len).sum::<usize>();
        self.days.insert((program, day), (rows, self.uses));
        while self.rows > ROWS_MAX && self.days.len() > 1 {
            let oldest = self.days.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            let Some((gone, _)) = oldest.and_then(|key| self.days.remove(&key)) else { return };
            self.rows -= gone.iter().map(Vec::len).sum::<usize>();
        }
    }

    /// Adds rows that have been committed to the days that are kept.
    pub fn extend(&mut self, program: u32, rows: Vec<Row>) {
        let mut touched = BTreeSet::new();
        for row in rows {
            let (day, event) = (utc_day(row.time), row.event);
            let Some((kept, _)) = self.days.get_mut(&(program, day)) else { continue };
            if let Some(list) = Arc::make_mut(kept).get_mut(event) {
                list.push(row);
                self.rows += 1;
                touched.insert((day, event));
            }
        }
        for (day, event) in touched {
            if let Some((kept, _)) = self.days.get_mut(&(program, day))
                && let Some(list) = Arc::make_mut(kept).get_mut(event)
            {
                list.sort_by_key(|row| row.time);
            }
        }
    }
}

/// The events of one program.
pub struct Stored<'a> {
    /// The program that types the events.
    pub program: &'a Program,
    /// The number under which the shelf keeps its rows.
    pub number: u32,
    /// The stored events.
    pub log: &'a Log,
    /// Events of the commit in progress, sorted by time.
    pub pending: &'a [Row],
    /// The rows read last.
    pub shelf: &'a RefCell<Shelf>,
}

impl Stored<'_> {
    fn day(&self, day: i32) -> Result<Arc<DayRows>, StoreError> {
        if let Some(rows) = self.shelf.borrow_mut().get(self.number, day) {
            return Ok(rows);
        }
        let rows = Arc::new(rows_of_days(self.program, self.log, day, day)?.rows);
        self.shelf.borrow_mut().put(self.number, day, Arc::clone(&rows));
        Ok(rows)
    }

    fn days(&self, from: Instant, to: Instant) -> Result<Vec<i32>, StoreError> {
        let (first, last) = (utc_day(from), utc_day(to));
        if i64::from(last) - i64::from(first) < 64 {
            return Ok((first..=last).collect());
        }
        Ok(self.log.days()?.into_iter().filter(|day| (first..=last).contains(day)).collect())
    }
}

impl History for Stored<'_> {
    fn rows(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        let mut found = Vec::new();
        if from > to {
            return Ok(found);
        }
        for day in self.days(from, to)? {
            let rows = self.day(day)?;
            found.extend_from_slice(between(rows.get(event).map_or(&[], Vec::as_slice), from, to));
        }
        let pending = between(self.pending, from, to).iter();
        found.extend(pending.filter(|row| row.event == event).cloned());
        Ok(found)
    }
}

/// The part of rows sorted by time that lies from `from` to `to`.
fn between(rows: &[Row], from: Instant, to: Instant) -> &[Row] {
    let start = rows.partition_point(|row| row.time < from);
    let end = rows.partition_point(|row| row.time <= to);
    rows.get(start..end).unwrap_or_default()
}

/// What a program reads in a range of days.
pub struct Read {
    /// By event type, each sorted by time.
    pub rows: DayRows,
    /// Events of its types that it cannot read: an earlier program took them.
    pub skipped: usize,
}

/// All rows of a program in a range of UTC days.
pub fn rows_of_days(program: &Program, log: &Log, first: i32, last: i32) -> Result<Read, StoreError> {
    let mut read = Read { rows: vec![Vec::new(); program.events.len()], skipped: 0 };
    log.events(first, last, |_, record| {
        let Some(event) = program.event_named(&record.kind) else { return Ok(()) };
        match (
            shape::fields(program, event, &raw(&record)?, row_id(&record.source, &record.id), Instant(record.time)),
            read.rows.get_mut(event),
        ) {
            (Ok(row), Some(list)) => list.push(row),
            _ => read.skipped += 1,
        }
        Ok(())
    })?;
    read.rows.iter_mut().for_each(|list| list.sort_by_key(|row| row.time));
    Ok(read)
}

/// The stored shape of an event that is accepted at `now`.
pub fn record(event: &RawEvent, seq: u64, now: Instant) -> EventRecord<'_> {
    EventRecord {
        seq,
        received_at: now.0,
        time: event.time.unwrap_or(now).0,
        source: Cow::Borrowed(&event.source),
        id: Cow::Borrowed(&event.id),
        kind: Cow::Borrowed(&event.kind),
        revision: event.revision,
        data: event.data.iter().map(|(name, value)| (Cow::Borrowed(name.as_str()), value_record(value))).collect(),
    }
}

fn value_record(value: &RawValue) -> ValueRecord<'_> {
    match value {
        RawValue::Null => ValueRecord::Null,
        RawValue::Flag(flag) => ValueRecord::Flag(*flag),
        RawValue::Number(number) => ValueRecord::Number((*number).into()),
        RawValue::Text(text) => ValueRecord::Text(Cow::Borrowed(text)),
        RawValue::Money { amount, currency } => ValueRecord::Money((*amount).into(), Cow::Borrowed(currency)),
        RawValue::Nested => ValueRecord::Nested,
        RawValue::OutOfRange(text) => ValueRecord::OutOfRange(Cow::Borrowed(text)),
    }
}

/// The event of a stored record.
pub fn raw(record: &EventRecord<'_>) -> Result<RawEvent, StoreError> {
    let field = |(name, value): &(Cow<'_, str>, ValueRecord<'_>)| Ok((name.to_string(), raw_value(value)?));
    Ok(RawEvent {
        source: record.source.to_string(),
        id: record.id.to_string(),
        kind: record.kind.to_string(),
        time: Some(Instant(record.time)),
        revision: record.revision,
        data: record.data.iter().map(field).collect::<Result<_, StoreError>>()?,
    })
}

fn raw_value(value: &ValueRecord<'_>) -> Result<RawValue, StoreError> {
    Ok(match value {
        ValueRecord::Null => RawValue::Null,
        ValueRecord::Flag(flag) => RawValue::Flag(*flag),
        ValueRecord::Number(number) => RawValue::Number((*number).try_into()?),
        ValueRecord::Text(text) => RawValue::Text(text.to_string()),
        ValueRecord::Money(amount, currency) => RawValue::Money { amount: (*amount).try_into()?, currency: currency.to_string() },
        ValueRecord::Nested => RawValue::Nested,
        ValueRecord::OutOfRange(text) => RawValue::OutOfRange(text.to_string()),
    })
}
