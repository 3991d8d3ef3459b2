//! The event log: blocks of events, and the identities in them.
//!
//! 1. A commit writes one block for each UTC day of event time, under (day, number): an in-order stream appends.
//! 2. A block is compressed and cut so that it stays under a power of two; beside it stand its identities, so that
//!    opening a store does not read events.
//! 3. Reading a range of days yields the events in order of acceptance within a day.

use super::StoreError;
use super::record::event::EventRecord;
use super::table::{Key, Scan, Table, View, part_i32, part_u64};
use crate::diagnostic::Words;
use crate::store::error::unreadable;
use redb::{ReadTransaction, WriteTransaction};

const BLOCKS: Table = Table::fixed("blocks");
const IDENTITIES: Table = Table::fixed("identities");

/// A block grows up to so many bytes before compression; with its head it fits a page of one MiB.
const BLOCK_BYTES_MAX: usize = (1 << 20) - 1024;
/// What an event takes at the least, and more than one that fits the limits can take.
const RAW_BYTES_MAX: usize = 64 << 20;

/// The identity of an event: its id, and the hash of its body.
pub type Identity = (u128, u64);

/// The events of one commit and one UTC day, ready to be written.
#[derive(Default)]
pub struct Pending {
    days: std::collections::BTreeMap<i32, Vec<Chunk>>,
}

#[derive(Default)]
struct Chunk {
    events: Vec<u8>,
    identities: Vec<u8>,
}

impl Pending {
    /// Adds an event.
    pub fn push(&mut self, day: i32, event: &EventRecord<'_>, identity: Identity) -> Result<(), StoreError> {
        let bytes = postcard::to_stdvec(event).map_err(|error| StoreError::Damaged(Words::foreign("事件无法写入", error)))?;
        let chunks = self.days.entry(day).or_default();
        let full = chunks.last().is_none_or(|chunk| chunk.events.len() + bytes.len() > BLOCK_BYTES_MAX);
        if full {
            chunks.push(Chunk::default());
        }
        if let Some(chunk) = chunks.last_mut() {
            chunk.events.extend_from_slice(&bytes);
            chunk.identities.extend_from_slice(&identity.0.to_be_bytes());
            chunk.identities.extend_from_slice(&identity.1.to_be_bytes());
        }
        Ok(())
    }

    /// Writes the blocks; `next_block` numbers them, without gaps.
    pub fn write(&self, txn: &WriteTransaction, next_block: &mut u64) -> Result<(), StoreError> {
        if self.days.is_empty() {
            return Ok(());
        }
        let (mut blocks, mut identities) = (BLOCKS.edit(txn)?, IDENTITIES.edit(txn)?);
        for (day, chunk) in self.days.iter().flat_map(|(day, chunks)| chunks.iter().map(move |chunk| (*day, chunk))) {
            blocks.put_bytes(&Key::new().i32(day).u64(*next_block), &lz4_flex::compress_prepend_size(&chunk.events))?;
            identities.put_bytes(&Key::new().u64(*next_block).i32(day), &chunk.identities)?;
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
        self.blocks.scan_bytes(&from.0, to.as_deref(), &mut |key, content| {
            let day = part_i32(key, 0)?;
            let bytes = decompress(content)?;
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (event, after) =
                    postcard::take_from_bytes(rest).map_err(|error| StoreError::Damaged(unreadable("an event", "事件", error)))?;
                visit(day, event)?;
                rest = after;
            }
            Ok(Scan::On)
        })
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

fn decompress(content: &[u8]) -> Result<Vec<u8>, StoreError> {
    let damaged = |text: String| StoreError::Damaged(unreadable("a block of events", "事件块", text));
    let (size, _) = lz4_flex::block::uncompressed_size(content).map_err(|error| damaged(error.to_string()))?;
    if size > RAW_BYTES_MAX {
        return Err(damaged(format!("{size} bytes")));
    }
    lz4_flex::decompress_size_prepended(content).map_err(|error| damaged(error.to_string()))
}

/// The number of the next block.
pub fn next_block(txn: &ReadTransaction) -> Result<u64, StoreError> {
    match IDENTITIES.view(txn)?.last_key()? {
        Some(last) => Ok(part_u64(&last, 0)? + 1),
        None => Ok(0),
    }
}

/// Visits the identities of all stored events and returns the number of the next block. A block that is missing is seen
/// here, because they are numbered without gaps.
pub fn identities(txn: &ReadTransaction, mut visit: impl FnMut(Identity)) -> Result<u64, StoreError> {
    let mut next = 0;
    IDENTITIES.view(txn)?.scan_bytes(&[], None, &mut |key, content| {
        if part_u64(key, 0)? != next {
            return Err(StoreError::Damaged(Words::new(
                format!("the identities of block {next} are missing"),
                format!("缺少事件块 {next} 的标识"),
            )));
        }
        next += 1;
        for entry in content.chunks_exact(24) {
            let (id, hash) = (super::table::part_u128(entry, 0)?, part_u64(entry, 16)?);
            visit((id, hash));
        }
        Ok(Scan::On)
    })?;
    Ok(next)
}
