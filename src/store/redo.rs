//! What a transaction changes, written down so that it can be done again.
//!
//! 1. A [`Transaction`] is a write transaction of the database. All that is put, removed and dropped in it passes through
//!    [`super::table`], and is added to one buffer: the record of the journal.
//! 2. A large record is packed: whole histories come in such, and the journal holds more of them between two checkpoints.
//! 3. [`again`] reads such records and leaves the tables as they were after the last of them, whether or not the database had
//!    some of the changes already. For each key only the last change counts.

use super::StoreError;
use super::journal::{BYTES, HEAD};
use super::table::definition;
use crate::diagnostic::Words;
use redb::WriteTransaction;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What follows in a record: the name of the table of all that comes next; a key and its value; a key that is removed; nothing,
/// the table is dropped. Or all of the record is packed behind the length that it has unpacked.
const TABLE: u8 = 0;
const PUT: u8 = 1;
const REMOVED: u8 = 2;
const DROPPED: u8 = 3;
const PACKED: u8 = 4;

/// A smaller record is not packed: it fills few pages, and somebody may wait for it.
const PACKED_MIN: usize = 64 << 10;
/// How hard zstd tries: higher levels take more time than the disk.
const PACKED_LEVEL: i32 = 1;

/// A buffer that held a larger record is not kept.
const KEPT_MAX: usize = 1 << 20;

/// A write transaction, and what was changed in it.
pub struct Transaction {
    pub(super) txn: WriteTransaction,
    pub(super) changes: RefCell<Changes>,
}

/// What was changed in a transaction.
#[derive(Default)]
pub(super) struct Changes {
    /// The record, behind the room for its head.
    record: Vec<u8>,
    /// There are more than a record of the journal can hold.
    too_many: bool,
    /// How many tables were opened: each gets a number by which it is known to be the same.
    n_opened: u32,
    /// The number of the table of the last change.
    table: u32,
}

impl Transaction {
    /// A transaction that writes down its changes in a buffer that is no longer needed.
    pub(super) fn new(txn: WriteTransaction, mut record: Vec<u8>) -> Transaction {
        record.clear();
        record.resize(HEAD, 0);
        Transaction { txn, changes: RefCell::new(Changes { record, ..Changes::default() }) }
    }

    /// The transaction of the database, and the record of what was changed in it.
    pub(super) fn into_parts(self) -> (WriteTransaction, Changes) {
        (self.txn, self.changes.into_inner())
    }
}

impl Changes {
    /// Gives a table that is opened its number.
    pub(super) fn open(&mut self) -> u32 {
        self.n_opened += 1;
        self.n_opened
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.record.len() <= HEAD && !self.too_many
    }

    /// The record as it goes into the journal, unless it is too large for that.
    pub(super) fn record(&mut self) -> Option<&mut Vec<u8>> {
        if self.record.len() >= PACKED_MIN
            && let Some(packed) = self.record.get(HEAD..).and_then(packed)
        {
            self.record = packed;
        }
        (!self.too_many).then_some(&mut self.record)
    }

    /// The buffer, for the next transaction.
    pub(super) fn into_buffer(mut self) -> Vec<u8> {
        if self.record.capacity() > KEPT_MAX { Vec::new() } else { std::mem::take(&mut self.record) }
    }

    /// A value is put into a table.
    pub(super) fn put(&mut self, table: (u32, &str), key: &[u8], value: &[u8]) {
        self.add(table, PUT, &[key, value]);
    }

    /// A key is removed from a table.
    pub(super) fn remove(&mut self, table: (u32, &str), key: &[u8]) {
        self.add(table, REMOVED, &[key]);
    }

    /// A table is dropped.
    pub(super) fn drop(&mut self, table: (u32, &str)) {
        self.add(table, DROPPED, &[]);
    }

    fn add(&mut self, (number, name): (u32, &str), change: u8, parts: &[&[u8]]) {
        if self.too_many {
            return;
        }
        if self.table != number {
            self.table = number;
            self.write(TABLE, &[name.as_bytes()]);
        }
        self.write(change, parts);
        if self.record.len() > BYTES {
            (self.record, self.too_many) = (Vec::new(), true);
        }
    }

    fn write(&mut self, what: u8, parts: &[&[u8]]) {
        self.record.push(what);
        for part in parts {
            let mut length = part.len();
            while length >= 0x80 {
                self.record.push((length & 0x7f) as u8 | 0x80);
                length >>= 7;
            }
            self.record.push(length as u8);
        }
        parts.iter().for_each(|part| self.record.extend_from_slice(part));
    }
}

/// A record that holds another one packed; None when that is no smaller.
fn packed(content: &[u8]) -> Option<Vec<u8>> {
    let packed = zstd::bulk::compress(content, PACKED_LEVEL).ok().filter(|packed| packed.len() < content.len())?;
    let length = u32::try_from(content.len()).ok()?;
    Some([&[0; HEAD][..], &[PACKED], &length.to_le_bytes(), &packed].concat())
}

/// A record as it was before it was packed; None when it cannot be read.
fn unpacked(record: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(packed) = record.strip_prefix(&[PACKED]) else { return Some(Cow::Borrowed(record)) };
    let (length, packed) = packed.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok().filter(|length| *length <= BYTES)?;
    zstd::bulk::decompress(packed, length).ok().map(Cow::Owned)
}

/// What becomes of a table: whether it is dropped first, and for each key the value it has in the end, if any.
#[derive(Default)]
struct Outcome<'r> {
    is_dropped: bool,
    values: BTreeMap<&'r [u8], Option<&'r [u8]>>,
}

/// Does again what these records say.
pub(super) fn again<'r>(txn: &WriteTransaction, records: impl Iterator<Item = &'r [u8]>) -> Result<(), StoreError> {
    let records: Vec<Cow<'_, [u8]>> = records.map(unpacked).collect::<Option<_>>().ok_or_else(unreadable)?;
    let mut outcomes: BTreeMap<&str, Outcome<'_>> = BTreeMap::new();
    for record in &records {
        read(record, &mut outcomes).ok_or_else(unreadable)?;
    }
    for (name, Outcome { is_dropped, values }) in outcomes {
        if is_dropped {
            txn.delete_table(definition(name))?;
        }
        if values.is_empty() {
            continue;
        }
        let mut table = txn.open_table(definition(name))?;
        for (key, value) in values {
            match value {
                Some(value) => table.insert(key, value)?,
                None => table.remove(key)?,
            };
        }
    }
    Ok(())
}

/// Adds what a record says; None when it cannot be read.
fn read<'r>(mut record: &'r [u8], outcomes: &mut BTreeMap<&'r str, Outcome<'r>>) -> Option<()> {
    let mut name = None;
    while let Some((what, rest)) = record.split_first() {
        record = rest;
        if *what == TABLE {
            let [text] = parts(&mut record)?;
            name = Some(std::str::from_utf8(text).ok()?);
            continue;
        }
        let outcome = outcomes.entry(name?).or_default();
        match *what {
            PUT => {
                let [key, value] = parts(&mut record)?;
                outcome.values.insert(key, Some(value));
            }
            REMOVED => {
                let [key] = parts(&mut record)?;
                outcome.values.insert(key, None);
            }
            DROPPED => *outcome = Outcome { is_dropped: true, values: BTreeMap::new() },
            _ => return None,
        }
    }
    Some(())
}

/// The next parts of a record: first the lengths of all of them, then their bytes.
fn parts<'r, const N: usize>(record: &mut &'r [u8]) -> Option<[&'r [u8]; N]> {
    let mut lengths = [0; N];
    for length in &mut lengths {
        for shift in (0..usize::BITS).step_by(7) {
            let (byte, rest) = record.split_first()?;
            *record = rest;
            *length |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    let mut parts = [&[][..]; N];
    for (part, length) in parts.iter_mut().zip(lengths) {
        (*part, *record) = record.split_at_checked(length)?;
    }
    Some(parts)
}

fn unreadable() -> StoreError {
    StoreError::Damaged(Words::new("a record of the journal cannot be read", "日志中有一条记录无法读取"))
}
