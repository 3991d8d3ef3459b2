//! The journal in front of the tables of a database.
//!
//! 1. What a transaction changes ([`super::redo`]) is appended as one record and made durable with one flush; only then is it
//!    committed to the database, which keeps it in memory. Bringing it into the file costs far more, and is done once for many
//!    transactions: a checkpoint.
//! 2. A checkpoint begins an epoch: it is announced here, then stored in the database together with all that was changed. The
//!    journal is written from its beginning again; records of earlier epochs are nothing any more.
//! 3. When the database is opened, the records of its epoch are done again. The last one may be torn: nobody was told of it. One
//!    before others that are whole, or a journal that is not of the same age as the database, is damage.
//! 4. Every record begins a page of its own, so that a torn write never takes another record along, and whole ones can be found
//!    behind a damaged one. Its head names the store, the epoch and its number.
//! 5. The file always has the same length, so that one that was cut off is seen; it takes room as far as it was ever written to.

use super::StoreError;
use super::file::{about, private_file, sync_dir};
use redb::StorageBackend;
use std::fs;
use std::path::Path;

/// Where records begin, and what a device writes whole or not at all.
const PAGE: usize = 4_096;
/// The first two pages announce epochs, even ones and odd ones in turn, so that a torn announcement leaves the one before.
const RECORDS: usize = 2 * PAGE;
/// The length of a journal.
pub(super) const BYTES: usize = 4 << 20;
/// Room for small records is filled in steps, before it is needed: a flush is twice as dear when it has to write down where a file
/// lies as well.
const STEP: usize = 256 << 10;
/// For a larger record that makes no difference.
const SMALL: usize = 64 << 10;
/// The head of a record: checksum and length, the epoch, the number in it, and the store.
pub(super) const HEAD: usize = 4 + 4 + 8 + 8 + 16;
const MAGIC: &[u8; 16] = b"steelyardjournal";

/// The journal of an open database.
pub(super) struct Journal {
    file: Box<dyn StorageBackend>,
    identity: [u8; 16],
    epoch: u64,
    /// The number of the next record.
    number: u64,
    /// Where it goes.
    at: usize,
    /// As far as the file takes room.
    filled: usize,
    /// Where the next record is put together.
    buffer: Vec<u8>,
}

/// The records of the epoch that are to be done again.
pub(super) struct Tail {
    content: Vec<u8>,
    /// Where they are, without their heads.
    records: Vec<std::ops::Range<usize>>,
}

impl Tail {
    /// Their contents, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.records.iter().filter_map(|range| self.content.get(range.clone()))
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

impl Journal {
    /// Makes the journal of a new store.
    pub(super) fn make(path: &Path, identity: [u8; 16]) -> Result<(), StoreError> {
        let fresh = path.with_extension("journal.new");
        if fresh.exists() {
            fs::remove_file(&fresh)?;
        }
        let mut file = private_file(&fresh)?;
        std::io::Write::write_all(&mut file, &announcement(identity, 0))?;
        file.set_len(BYTES as u64)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        sync_dir(path)
    }

    /// Whether nothing was ever written to a journal, or it is not there.
    pub(super) fn is_fresh(path: &Path) -> Result<bool, StoreError> {
        match fs::read(path) {
            Ok(content) => Ok(content.get(PAGE..).is_none_or(|rest| rest.iter().all(|byte| *byte == 0))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the journal of a database that is in this epoch, and reads what is to be done again.
    pub(super) fn open(
        path: &Path,
        file: Box<dyn StorageBackend>,
        (identity, epoch): ([u8; 16], u64),
    ) -> Result<(Journal, Tail), StoreError> {
        let damaged = |en: &str, zh: &str| StoreError::Damaged(about(path, en, zh));
        if file.len()? != BYTES as u64 {
            return Err(damaged("has not the length of a journal", "的长度不是日志文件应有的长度"));
        }
        let mut content = vec![0; BYTES];
        file.read(0, &mut content)?;
        let announced: Vec<([u8; 16], u64)> = content.chunks(PAGE).take(2).filter_map(announced).collect();
        let Some(last) = announced.iter().map(|(_, epoch)| *epoch).max() else {
            return Err(damaged("is no journal", "不是日志文件"));
        };
        if announced.iter().any(|(other, _)| *other != identity) {
            return Err(damaged("is the journal of another store", "是另一个存储的日志"));
        }
        if last < epoch {
            return Err(damaged("is older than its database", "早于其数据库"));
        }
        let mut journal = Journal { file, identity, epoch, number: 0, at: RECORDS, filled: RECORDS, buffer: Vec::new() };
        let mut records = Vec::new();
        while let Some((own, size)) = journal.record(&content, journal.at)
            && own == (epoch, journal.number)
        {
            records.push(journal.at + HEAD..journal.at + size);
            journal.at += size.next_multiple_of(PAGE);
            journal.number += 1;
        }
        let behind = (journal.at..BYTES).step_by(PAGE).filter_map(|at| journal.record(&content, at)).map(|((epoch, _), _)| epoch).max();
        if last > epoch + 1 || behind.is_some_and(|other| other > epoch) {
            return Err(damaged("is newer than its database", "晚于其数据库"));
        }
        if behind == Some(epoch) {
            return Err(damaged("has a damaged record before others", "中有一条损坏的记录，其后仍有其他记录"));
        }
        journal.settle(&content, records.last())?;
        journal.filled = journal.at;
        Ok((journal, Tail { content, records }))
    }

    /// What was read may be in the memory of the system only: the process was killed, or the disk failed, before it was flushed.
    /// The last record is written once more, because a system may forget what it could not write.
    fn settle(&self, content: &[u8], last: Option<&std::ops::Range<usize>>) -> Result<(), StoreError> {
        let Some(last) = last else { return Ok(()) };
        let from = last.start - HEAD;
        self.file.write(from as u64, content.get(from..last.end).unwrap_or_default())?;
        Ok(self.file.sync_data()?)
    }

    /// The epoch and number of a whole record of this store, and its bytes with the head.
    fn record(&self, content: &[u8], at: usize) -> Option<((u64, u64), usize)> {
        let bytes = content.get(at..)?;
        let head = bytes.first_chunk::<HEAD>()?;
        let (sum, length, epoch, number, identity) = parts(head);
        let size = usize::try_from(length).ok()?;
        let is_whole = identity == self.identity && size >= HEAD && crc32fast::hash(bytes.get(4..size)?) == sum;
        is_whole.then_some(((epoch, number), size))
    }

    /// Lends the buffer for a record.
    pub(super) fn lend(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }

    /// Takes a buffer back.
    pub(super) fn give_back(&mut self, buffer: Vec<u8>) {
        self.buffer = buffer;
    }

    /// Whether a record of so many bytes can be appended before a checkpoint is due.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.at.saturating_add(bytes.next_multiple_of(PAGE)) <= BYTES
    }

    /// Whether nothing was appended since the last checkpoint.
    pub(super) fn is_empty(&self) -> bool {
        self.number == 0
    }

    /// Appends a record, in front of which [`HEAD`] bytes are left for its head, and returns when it is durable.
    pub(super) fn append(&mut self, record: &mut Vec<u8>) -> Result<(), StoreError> {
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
        let Some((sum, rest)) = record.split_first_chunk_mut::<4>() else { return Ok(()) };
        let mut at = 0;
        for part in [&length.to_le_bytes()[..], &self.epoch.to_le_bytes(), &self.number.to_le_bytes(), &self.identity] {
            if let Some(place) = rest.get_mut(at..at + part.len()) {
                place.copy_from_slice(part);
            }
            at += part.len();
        }
        *sum = crc32fast::hash(rest).to_le_bytes();
        record.resize(record.len().next_multiple_of(PAGE), 0);
        let end = self.at + record.len();
        self.fill(end, record.len() <= SMALL)?;
        self.file.write(self.at as u64, record)?;
        self.file.sync_data()?;
        (self.at, self.number) = (end, self.number + 1);
        Ok(())
    }

    /// Fills the room behind the end of a record that goes beyond what was written so far.
    fn fill(&mut self, end: usize, is_small: bool) -> Result<(), StoreError> {
        if end <= self.filled {
            return Ok(());
        }
        let to = if is_small { end.next_multiple_of(STEP).min(BYTES) } else { end };
        if to > end {
            self.file.write(end as u64, &vec![0; to - end])?;
        }
        self.filled = to;
        Ok(())
    }

    /// Announces the next epoch, which a checkpoint will store in the database.
    pub(super) fn announce(&self) -> Result<u64, StoreError> {
        let epoch = self.epoch + 1;
        let page = usize::from(!epoch.is_multiple_of(2)) * PAGE;
        self.file.write(page as u64, &announcement(self.identity, epoch))?;
        self.file.sync_data()?;
        Ok(epoch)
    }

    /// Begins an epoch that is stored in the database.
    pub(super) fn begin(&mut self, epoch: u64) {
        (self.epoch, self.number, self.at) = (epoch, 0, RECORDS);
    }
}

/// The parts of the head of a record: checksum, length, epoch, number, store.
fn parts(head: &[u8; HEAD]) -> (u32, u32, u64, u64, [u8; 16]) {
    let mut rest = head.as_slice();
    (
        u32::from_le_bytes(taken(&mut rest)),
        u32::from_le_bytes(taken(&mut rest)),
        u64::from_le_bytes(taken(&mut rest)),
        u64::from_le_bytes(taken(&mut rest)),
        taken(&mut rest),
    )
}

fn taken<const N: usize>(from: &mut &[u8]) -> [u8; N] {
    let Some((first, rest)) = from.split_first_chunk() else { return [0; N] };
    *from = rest;
    *first
}

/// The page that announces an epoch.
fn announcement(identity: [u8; 16], epoch: u64) -> Vec<u8> {
    let mut page = [MAGIC.as_slice(), &identity, &epoch.to_le_bytes()].concat();
    page.extend_from_slice(&crc32fast::hash(&page).to_le_bytes());
    page.resize(PAGE, 0);
    page
}

/// The store and the epoch that a page announces; None when it is torn or was never written.
fn announced(page: &[u8]) -> Option<([u8; 16], u64)> {
    let (content, mut sum) = page.split_at_checked(40)?;
    let mut rest = content.strip_prefix(MAGIC)?;
    (crc32fast::hash(content) == u32::from_le_bytes(taken(&mut sum))).then(|| (taken(&mut rest), u64::from_le_bytes(taken(&mut rest))))
}

#[cfg(test)]
mod tests;
