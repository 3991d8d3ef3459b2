//! Tables: sealed records under keys whose bytes sort as their parts do.
//!
//! 1. [`Key`] joins the parts of a key, big-endian, so that a range of parts is one range of bytes.
//! 2. [`Table`] puts, gets and scans records; every value passes through the checksum of [`record`].
//! 3. Long content is written in pieces, each as large as a page of the database ([`Edit::put_long`]).

use super::redo::{Changes, Transaction};
use super::{StoreError, record};
use crate::diagnostic::Words;
use crate::store::error::unreadable;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, TableDefinition, TableError, TableHandle};
use serde::{Serialize, de::DeserializeOwned};
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError};

/// A key under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Key(pub Vec<u8>);

impl Key {
    /// The empty key.
    pub fn new() -> Key {
        Key::default()
    }

    /// Adds a number.
    #[must_use]
    pub fn u32(mut self, part: u32) -> Key {
        self.0.extend_from_slice(&part.to_be_bytes());
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn u64(mut self, part: u64) -> Key {
        self.0.extend_from_slice(&part.to_be_bytes());
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn u128(mut self, part: u128) -> Key {
        self.0.extend_from_slice(&part.to_be_bytes());
        self
    }

    /// Adds a signed number; negative ones sort first.
    #[must_use]
    pub fn i32(self, part: i32) -> Key {
        self.u32(part.cast_unsigned() ^ (1 << 31))
    }

    /// Adds a signed number; negative ones sort first.
    #[must_use]
    pub fn i64(self, part: i64) -> Key {
        self.u64(part.cast_unsigned() ^ (1 << 63))
    }

    /// Adds a text. Its end is marked, so that no text is the beginning of another one.
    #[must_use]
    pub fn text(mut self, part: &str) -> Key {
        for byte in part.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.extend_from_slice(&[0, 0]);
        self
    }

    /// Adds bytes as they are.
    #[must_use]
    pub fn bytes(mut self, part: &[u8]) -> Key {
        self.0.extend_from_slice(part);
        self
    }

    /// The first key after all that begin with this one; None when there is none.
    pub fn after(&self) -> Option<Vec<u8>> {
        let mut end = self.0.clone();
        while let Some(last) = end.pop() {
            if last < u8::MAX {
                end.push(last + 1);
                return Some(end);
            }
        }
        None
    }
}

/// The number at `at` of a key.
pub fn part_u32(key: &[u8], at: usize) -> Result<u32, StoreError> {
    let bytes = key.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u32::from_be_bytes).ok_or_else(short_key)
}

/// The signed number at `at` of a key.
pub fn part_i32(key: &[u8], at: usize) -> Result<i32, StoreError> {
    Ok((part_u32(key, at)? ^ (1 << 31)).cast_signed())
}

/// The number at `at` of a key.
pub fn part_u64(key: &[u8], at: usize) -> Result<u64, StoreError> {
    let bytes = key.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u64::from_be_bytes).ok_or_else(short_key)
}

/// The signed number at `at` of a key.
pub fn part_i64(key: &[u8], at: usize) -> Result<i64, StoreError> {
    Ok((part_u64(key, at)? ^ (1 << 63)).cast_signed())
}

/// The number at `at` of a key.
pub fn part_u128(key: &[u8], at: usize) -> Result<u128, StoreError> {
    let bytes = key.get(at..at + 16).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u128::from_be_bytes).ok_or_else(short_key)
}

/// The text that [`Key::text`] wrote.
pub fn text_part(key: &[u8]) -> Result<String, StoreError> {
    let escaped = key.strip_suffix(&[0, 0]).ok_or_else(short_key)?;
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut after_nul = false;
    for &byte in escaped {
        if !(after_nul && byte == 0xff) {
            bytes.push(byte);
        }
        after_nul = byte == 0;
    }
    String::from_utf8(bytes).map_err(|_| short_key())
}

fn short_key() -> StoreError {
    StoreError::Damaged(Words::new("a key is too short", "键过短"))
}

type Bytes = &'static [u8];
type ReadOnly = redb::ReadOnlyTable<Bytes, Bytes>;

/// The name of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table(pub std::borrow::Cow<'static, str>);

impl Table {
    /// A table of the workspace.
    pub const fn fixed(name: &'static str) -> Table {
        Table(std::borrow::Cow::Borrowed(name))
    }

    /// A table of one program.
    pub fn of_program(name: &str, program: u32) -> Table {
        Table(std::borrow::Cow::Owned(format!("{name}/{program}")))
    }

    /// The name in the database: a damaged one must not pass for the absence of the table.
    fn sealed(&self) -> String {
        format!("{} {:08x}", self.0, crc32fast::hash(self.0.as_bytes()))
    }

    /// Opens the table for reading.
    pub fn view(&self, txn: &ReadTransaction) -> Result<View, StoreError> {
        let name = self.sealed();
        let table = match txn.open_table(definition(&name)) {
            Ok(table) => Some(table),
            Err(TableError::TableDoesNotExist(_)) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(View { name: self.clone(), table })
    }

    /// Opens the table for writing, and makes it when it is missing.
    pub fn edit<'t>(&self, txn: &'t Transaction) -> Result<Edit<'t>, StoreError> {
        let sealed = self.sealed();
        let table = txn.txn.open_table(definition(&sealed))?;
        Ok(Edit { name: self.clone(), sealed, number: txn.changes.borrow_mut().open(), table, changes: &txn.changes })
    }

    /// Writes each of these into the table, which is left alone where there are none.
    pub fn put_all<T>(
        &self,
        txn: &Transaction,
        all: &[T],
        mut put: impl FnMut(&mut Edit<'_>, &T) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if all.is_empty() {
            return Ok(());
        }
        let mut table = self.edit(txn)?;
        all.iter().try_for_each(|one| put(&mut table, one))
    }

    /// Removes the table with all that is in it.
    pub fn drop_from(&self, txn: &Transaction) -> Result<(), StoreError> {
        let sealed = self.sealed();
        if txn.txn.delete_table(definition(&sealed))? {
            let mut changes = txn.changes.borrow_mut();
            let number = changes.open();
            changes.drop((number, &sealed));
        }
        Ok(())
    }
}

/// How the database opens a table of this name.
pub(super) fn definition(sealed: &str) -> TableDefinition<'_, Bytes, Bytes> {
    TableDefinition::new(sealed)
}

/// Whether every table, but for one that is not sealed, bears a whole name and is found under it.
pub fn all_are_whole(txn: &ReadTransaction, unsealed: &str) -> Result<bool, StoreError> {
    for handle in txn.list_tables()?.filter(|handle| handle.name() != unsealed) {
        let name = handle.name().rsplit_once(' ').map_or("", |(name, _)| name);
        let table = Table(name.to_owned().into());
        if table.sealed() != handle.name() || table.view(txn)?.table.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a scan does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scan {
    /// It goes on.
    On,
    /// It ends here.
    Stop,
}

/// Walks over the records of a table.
type Visit<'v> = &'v mut dyn FnMut(&[u8], &[u8]) -> Result<Scan, StoreError>;

/// A table as a snapshot holds it. A table that was never written to is an empty one.
pub struct View {
    name: Table,
    table: Option<ReadOnly>,
}

impl View {
    /// The record under a key.
    pub fn get<R: DeserializeOwned>(&self, key: &Key) -> Result<Option<R>, StoreError> {
        let Some(table) = &self.table else {
            return Ok(None);
        };
        match table.get(key.0.as_slice())? {
            Some(value) => record::open(&self.name.0, &key.0, value.value()).map(Some),
            None => Ok(None),
        }
    }

    /// Reads the raw content under a key.
    pub fn get_bytes<R>(&self, key: &Key, read: impl FnOnce(&[u8]) -> R) -> Result<Option<R>, StoreError> {
        let Some(table) = &self.table else {
            return Ok(None);
        };
        let Some(value) = table.get(key.0.as_slice())? else { return Ok(None) };
        Ok(Some(read(record::open_bytes(&self.name.0, &key.0, value.value())?)))
    }

    /// Visits the raw content of all keys from `from` up to, but without, `to`, in order.
    pub fn scan_bytes(&self, from: &[u8], to: Option<&[u8]>, visit: Visit<'_>) -> Result<(), StoreError> {
        match &self.table {
            Some(table) => scan(&self.name, table, from, to, visit),
            None => Ok(()),
        }
    }

    /// Visits the keys from `from` on, in order, without looking at the values.
    pub fn scan_keys(&self, from: &[u8], visit: &mut dyn FnMut(&[u8]) -> Result<Scan, StoreError>) -> Result<(), StoreError> {
        let Some(table) = &self.table else { return Ok(()) };
        for entry in table.range::<&[u8]>(from..)? {
            if visit(entry?.0.value())? == Scan::Stop {
                break;
            }
        }
        Ok(())
    }

    /// Visits all records from `from` up to, but without, `to`, in order of keys.
    pub fn scan<R: DeserializeOwned>(
        &self,
        from: &[u8],
        to: Option<&[u8]>,
        mut visit: impl FnMut(&[u8], R) -> Result<Scan, StoreError>,
    ) -> Result<(), StoreError> {
        self.scan_bytes(from, to, &mut |key, content| visit(key, read(&self.name, content)?))
    }

    /// Visits the whole contents that were written in pieces, under the keys from `from` up to, but without, `to`, in order.
    pub fn scan_long(&self, from: &[u8], to: Option<&[u8]>, visit: Visit<'_>) -> Result<(), StoreError> {
        let (mut whole, mut at) = (Vec::new(), Vec::new());
        let mut ending = Scan::On;
        self.scan_bytes(from, to, &mut |key, piece| {
            let (own, number) = key.split_last_chunk::<PIECE_NUMBER>().ok_or_else(short_key)?;
            if u32::from_be_bytes(*number) == 0 {
                if !at.is_empty() && finished(&self.name, &at, &whole, &mut *visit)? == Scan::Stop {
                    ending = Scan::Stop;
                    return Ok(Scan::Stop);
                }
                at = own.to_vec();
                whole.clear();
            } else if own != at {
                return Err(incomplete(&self.name));
            }
            whole.extend_from_slice(piece);
            Ok(Scan::On)
        })?;
        if !at.is_empty() && ending == Scan::On {
            finished(&self.name, &at, &whole, visit)?;
        }
        Ok(())
    }

    /// The last key.
    pub fn last_key(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(table) = &self.table else { return Ok(None) };
        Ok(table.last()?.map(|(key, _)| key.value().to_vec()))
    }

    /// Visits all records under `to`, last first.
    pub fn scan_back<R: DeserializeOwned>(
        &self,
        to: Option<&[u8]>,
        mut visit: impl FnMut(&[u8], R) -> Result<Scan, StoreError>,
    ) -> Result<(), StoreError> {
        let Some(table) = &self.table else {
            return Ok(());
        };
        let range = match to {
            Some(to) => table.range::<&[u8]>(..to)?,
            None => table.range::<&[u8]>(..)?,
        };
        for entry in range.rev() {
            let (key, value) = entry?;
            if visit(key.value(), record::open(&self.name.0, key.value(), value.value())?)? == Scan::Stop {
                break;
            }
        }
        Ok(())
    }
}

/// A snapshot, and the tables of programs that were opened in it, each once for all who read from it.
pub struct Tables {
    /// The snapshot.
    pub txn: ReadTransaction,
    open: Mutex<BTreeMap<(&'static str, u32), Arc<View>>>,
}

impl Tables {
    /// The tables of a snapshot.
    pub fn of(txn: ReadTransaction) -> Tables {
        Tables { txn, open: Mutex::default() }
    }

    fn open(&self, name: (&'static str, u32)) -> Result<Arc<View>, StoreError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(view) = open.get(&name) {
            return Ok(Arc::clone(view));
        }
        let view = Arc::new(Table::of_program(name.0, name.1).view(&self.txn)?);
        open.insert(name, Arc::clone(&view));
        Ok(view)
    }
}

/// A table of a snapshot, opened when it is first looked at: most readers look at few.
pub struct Lazy<'t> {
    tables: &'t Tables,
    name: (&'static str, u32),
    view: OnceCell<Arc<View>>,
}

impl<'t> Lazy<'t> {
    /// A table of one program.
    pub fn of_program(tables: &'t Tables, name: &'static str, program: u32) -> Lazy<'t> {
        Lazy { tables, name: (name, program), view: OnceCell::new() }
    }

    /// The table, opened.
    pub fn open(&self) -> Result<&View, StoreError> {
        if let Some(view) = self.view.get() {
            return Ok(view);
        }
        let view = self.tables.open(self.name)?;
        Ok(self.view.get_or_init(|| view))
    }
}

/// A table inside a write transaction.
pub struct Edit<'t> {
    name: Table,
    sealed: String,
    number: u32,
    table: redb::Table<'t, Bytes, Bytes>,
    changes: &'t RefCell<Changes>,
}

impl Edit<'_> {
    /// Writes a record.
    pub fn put<R: Serialize>(&mut self, key: &Key, value: &R) -> Result<(), StoreError> {
        let sealed = record::seal(&self.name.0, &key.0, value)?;
        self.insert(key, &sealed)?;
        Ok(())
    }

    /// Writes raw content; whether there was some before.
    pub fn put_bytes(&mut self, key: &Key, content: &[u8]) -> Result<bool, StoreError> {
        let sealed = record::seal_bytes(&self.name.0, &key.0, content);
        self.insert(key, &sealed)
    }

    fn insert(&mut self, key: &Key, sealed: &[u8]) -> Result<bool, StoreError> {
        let was_there = self.table.insert(key.0.as_slice(), sealed)?.is_some();
        self.changes.borrow_mut().put((self.number, &self.sealed), &key.0, sealed);
        Ok(was_there)
    }

    /// Writes raw contents under keys that rise, behind all that is in the table: that costs far less than one by one.
    pub fn append<'c>(&mut self, all: impl Iterator<Item = (Key, &'c [u8])>) -> Result<(), StoreError> {
        let mut end = self.table.upper_bound_mut(Bound::<&[u8]>::Unbounded)?;
        for (key, content) in all {
            let sealed = record::seal_bytes(&self.name.0, &key.0, content);
            end.insert_before(key.0.as_slice(), sealed.as_slice())?;
            self.changes.borrow_mut().put((self.number, &self.sealed), &key.0, &sealed);
        }
        Ok(end.close()?)
    }

    /// Whether nothing is in the table.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.table.is_empty()?)
    }

    /// Writes content in pieces that fill a page of the database each: a large value takes up to twice as much.
    pub fn put_long(&mut self, key: &Key, content: &[u8]) -> Result<(), StoreError> {
        let whole = [&index_of(content.len()).to_be_bytes()[..], content].concat();
        for (number, piece) in whole.chunks(piece_bytes(key)).enumerate() {
            self.put_bytes(&key.clone().u32(index_of(number)), piece)?;
        }
        Ok(())
    }

    /// The record under a key.
    pub fn get<R: DeserializeOwned>(&self, key: &Key) -> Result<Option<R>, StoreError> {
        match self.table.get(key.0.as_slice())? {
            Some(value) => record::open(&self.name.0, &key.0, value.value()).map(Some),
            None => Ok(None),
        }
    }

    /// Removes a record; false when there was none.
    pub fn remove(&mut self, key: &Key) -> Result<bool, StoreError> {
        let was_there = self.table.remove(key.0.as_slice())?.is_some();
        if was_there {
            self.changes.borrow_mut().remove((self.number, &self.sealed), &key.0);
        }
        Ok(was_there)
    }

    /// Visits all records whose keys begin with `prefix`.
    pub fn scan_prefix<R: DeserializeOwned>(
        &self,
        prefix: &Key,
        mut visit: impl FnMut(&[u8], R) -> Result<Scan, StoreError>,
    ) -> Result<(), StoreError> {
        scan(&self.name, &self.table, &prefix.0, prefix.after().as_deref(), &mut |key, content| visit(key, read(&self.name, content)?))
    }

    /// Visits all records from this key on, in order of keys.
    pub fn scan_from<R: DeserializeOwned>(
        &self,
        from: &Key,
        mut visit: impl FnMut(&[u8], R) -> Result<Scan, StoreError>,
    ) -> Result<(), StoreError> {
        scan(&self.name, &self.table, &from.0, None, &mut |key, content| visit(key, read(&self.name, content)?))
    }
}

/// The bytes of a page of the database, of what it needs for a single entry besides key and value, and of a piece's number.
const PAGE: usize = 4_096;
const ENTRY: usize = 12;
const PIECE_NUMBER: usize = 4;

/// How much content fills a page together with its key.
fn piece_bytes(key: &Key) -> usize {
    (PAGE - ENTRY - PIECE_NUMBER - record::HEAD).saturating_sub(key.0.len()).max(1)
}

fn index_of(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Shows content whose pieces are all there.
fn finished(name: &Table, key: &[u8], whole: &[u8], visit: Visit<'_>) -> Result<Scan, StoreError> {
    let (size, content) = whole.split_first_chunk().ok_or_else(|| incomplete(name))?;
    if u32::from_be_bytes(*size) != index_of(content.len()) {
        return Err(incomplete(name));
    }
    visit(key, content)
}

fn incomplete(name: &Table) -> StoreError {
    StoreError::Damaged(Words::new(format!("a piece is missing in {}", name.0), format!("{} 中缺少一部分", name.0)))
}

fn scan(
    name: &Table,
    table: &impl ReadableTable<Bytes, Bytes>,
    from: &[u8],
    to: Option<&[u8]>,
    visit: Visit<'_>,
) -> Result<(), StoreError> {
    if to.is_some_and(|to| to <= from) {
        return Ok(());
    }
    let range = match to {
        Some(to) => table.range::<&[u8]>(from..to)?,
        None => table.range::<&[u8]>(from..)?,
    };
    for entry in range {
        let (key, value) = entry?;
        let content = record::open_bytes(&name.0, key.value(), value.value())?;
        if visit(key.value(), content)? == Scan::Stop {
            break;
        }
    }
    Ok(())
}

fn read<R: DeserializeOwned>(name: &Table, content: &[u8]) -> Result<R, StoreError> {
    postcard::from_bytes(content)
        .map_err(|error| StoreError::Damaged(unreadable(&format!("a record of {}", name.0), &format!(" {} 的记录", name.0), error)))
}
