//! The event log: blocks of events, and the marks of what is in them.
//!
//! 1. A commit writes one block for each UTC day of event time, under (day, number): an in-order stream appends.
//! 2. A block keeps its events by columns ([`block`]); beside it stand their marks, so that opening a store does not
//!    read events. Both are written in pieces that fill pages of the database.
//! 3. Reading a range of days yields the events in order of acceptance within a day.

use super::StoreError;
use super::record::block::{self, Columns};
use super::record::event::EventRecord;
use super::redo::Transaction;
use super::table::{Key, Scan, Table, View, part_i32, part_u64};
use crate::diagnostic::Words;
use redb::ReadTransaction;

const BLOCKS: Table = Table::fixed("blocks");
const MARKS: Table = Table::fixed("marks");

/// A block ends after so many bytes before compression, so that reading one event of it costs no more than a few ms.
const BLOCK_BYTES_MAX: usize = 1 << 20;
/// The identity of an event: of the hash of its source and id 80 bits, of the hash of its body 48. Among a thousand million
/// events it is as good as sure that no two of different ids share theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Of its source and id.
    pub id: [u8; 10],
    /// Of its body.
    pub body: [u8; 6],
}

impl Identity {
    /// The identity of these hashes.
    pub fn of(id: u128, body: u64) -> Identity {
        let ([id @ .., _, _, _, _, _, _], [body @ .., _, _]) = (id.to_be_bytes(), body.to_be_bytes());
        Identity { id, body }
    }

    /// Its first bytes.
    pub fn mark(&self) -> Mark {
        let [mark @ .., _, _, _, _, _] = self.id;
        mark
    }
}

/// The first bytes of an identity: what is stored beside a block to find the event again. Of a million million events one
/// shares its mark with a new one, and only the event itself then tells them apart.
pub type Mark = [u8; 5];

/// The events of one commit and one UTC day, ready to be written.
#[derive(Default)]
pub struct Pending {
    days: std::collections::BTreeMap<i32, Vec<Chunk>>,
}

#[derive(Default)]
struct Chunk {
    events: Columns,
    marks: Vec<u8>,
}

impl Pending {
    /// Adds an event.
    pub fn push(&mut self, day: i32, event: &EventRecord<'_>, identity: Identity) {
        let chunks = self.days.entry(day).or_default();
        if chunks.last().is_none_or(|chunk| chunk.events.bytes() > BLOCK_BYTES_MAX) {
            chunks.push(Chunk::default());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.events.push(event);
            chunk.marks.extend_from_slice(&identity.mark());
        }
    }

    /// Writes the blocks; `next_block` numbers them, without gaps.
    pub fn write(&self, txn: &Transaction, next_block: &mut u64) -> Result<(), StoreError> {
        if self.days.is_empty() {
            return Ok(());
        }
        let (mut blocks, mut marks) = (BLOCKS.edit(txn)?, MARKS.edit(txn)?);
        for (day, chunk) in self.days.iter().flat_map(|(day, chunks)| chunks.iter().map(move |chunk| (*day, chunk))) {
            blocks.put_long(&Key::new().i32(day).u64(*next_block), &chunk.events.seal()?)?;
            marks.put_long(&Key::new().u64(*next_block).i32(day), &chunk.marks)?;
            *next_block += 1;
        }
        Ok(())
    }
}

/// The stored events of one snapshot.
pub struct Log {
    blocks: View,
}

impl Log {
    /// The log as a snapshot holds it.
    pub fn view(txn: &ReadTransaction) -> Result<Log, StoreError> {
        Ok(Log { blocks: BLOCKS.view(txn)? })
    }

    /// Visits all events whose time lies in the UTC days from `first` to `last`, day by day.
    pub fn events(
        &self,
        first: i32,
        last: i32,
        mut visit: impl FnMut(i32, EventRecord<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (from, to) = (Key::new().i32(first), Key::new().i32(last).after());
        self.blocks.scan_long(&from.0, to.as_deref(), &mut |key, content| {
            let day = part_i32(key, 0)?;
            block::visit(content, |event| visit(day, event))?;
            Ok(Scan::On)
        })
    }

    /// Visits the blocks of the UTC days from `first` to `last`, in order, as they are stored.
    pub fn blocks(&self, first: i32, last: i32, mut visit: impl FnMut(&[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let (from, to) = (Key::new().i32(first), Key::new().i32(last).after());
        self.blocks.scan_long(&from.0, to.as_deref(), &mut |_, content| visit(content).map(|()| Scan::On))
    }

    /// The UTC days that hold events, in order.
    pub fn days(&self) -> Result<Vec<i32>, StoreError> {
        let mut days = Vec::new();
        let mut from = Vec::new();
        loop {
            let mut found = None;
            self.blocks.scan_keys(&from, &mut |key| {
                found = Some(part_i32(key, 0)?);
                Ok(Scan::Stop)
            })?;
            let Some(day) = found else { return Ok(days) };
            days.push(day);
            match Key::new().i32(day).after() {
                Some(next) => from = next,
                None => return Ok(days),
            }
        }
    }
}

/// The number of the next block.
pub fn next_block(txn: &ReadTransaction) -> Result<u64, StoreError> {
    match MARKS.view(txn)?.last_key()? {
        Some(last) => Ok(part_u64(&last, 0)? + 1),
        None => Ok(0),
    }
}

/// Visits the marks of all stored events, with the numbers of their blocks, and returns the number of the next block. A block
/// that is missing is seen here, because they are numbered without gaps.
pub fn marks(txn: &ReadTransaction, mut visit: impl FnMut(Mark, u64)) -> Result<u64, StoreError> {
    let mut next = 0;
    MARKS.view(txn)?.scan_long(&[], None, &mut |key, content| {
        if part_u64(key, 0)? != next {
            return Err(missing(next));
        }
        content.as_chunks().0.iter().for_each(|mark| visit(*mark, next));
        next += 1;
        Ok(Scan::On)
    })?;
    Ok(next)
}

/// Visits the events of one block.
pub fn block(txn: &ReadTransaction, number: u64, visit: impl FnMut(EventRecord<'_>) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let mut day = None;
    MARKS.view(txn)?.scan_keys(&Key::new().u64(number).0, &mut |key| {
        day = if part_u64(key, 0)? == number { Some(part_i32(key, 8)?) } else { None };
        Ok(Scan::Stop)
    })?;
    let key = Key::new().i32(day.ok_or_else(|| missing(number))?).u64(number);
    let mut visit = Some(visit);
    BLOCKS.view(txn)?.scan_long(&key.0, key.after().as_deref(), &mut |_, content| {
        visit.take().map_or(Ok(()), |visit| block::visit(content, visit))?;
        Ok(Scan::Stop)
    })?;
    if visit.is_some() { Err(missing(number)) } else { Ok(()) }
}

fn missing(number: u64) -> StoreError {
    StoreError::Damaged(Words::new(format!("block {number} of events is missing"), format!("缺少事件块 {number}")))
}
