//! Opening a database file so that no damage passes for an empty store.
//!
//! 1. A new database is made under another name and given a random identity, then renamed, and then its identity is
//!    written to a file beside it. A crash in between leaves nothing, or a whole database that is adopted.
//! 2. From then on an identity file without its database, or with a database of another identity, is refused.
//! 3. A small file is checked whole when it is opened; of a larger one the names of its tables are looked through, because a
//!    damaged name would pass for an empty table, and all else is checked record by record as it is read.
//! 4. Directories are for the owner only (0700), files too (0600).
//! 5. A commit appends what it changes to the [`journal`](super::journal) beside the database and flushes that; readers then see
//!    it in the memory of the database. When nothing was written for a while ([`File::rest`]), the journal has no more room, or
//!    the file is closed, a checkpoint brings all of it into the file, with a list of its free pages: after a crash it is ready at
//!    once, and what the journal holds since is done again in memory, so that opening takes no room on the disk.
//! 6. What is read and written goes through a [`Medium`]: the machine's disk, or in tests one that fails or loses power.

use super::journal::Journal;
use super::redo::{self, Transaction};
use super::{StoreError, StoreView, record, table};
use crate::diagnostic::{Lang, Words};
use redb::{Database, Durability, ReadTransaction, ReadableDatabase, StorageBackend, TableHandle, WriteTransaction};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// The format of the files; a later program that changes it gives it a later number.
const FORMAT: u32 = 6;

/// Up to this size in bytes a file is checked whole before it is opened: its pages are all read once.
pub(super) const WHOLE_MAX: u64 = 16 << 20;

const IDENTITY: redb::TableDefinition<'static, &'static str, &'static [u8]> = redb::TableDefinition::new("identity");

/// What database files lie on.
pub trait Medium: Send + Sync {
    /// Opens the database in a file that exists.
    fn open(&self, path: &Path, builder: &redb::Builder) -> Result<Database, StoreError>;

    /// Opens the journal of a database in a file that exists.
    fn open_journal(&self, path: &Path) -> Result<Box<dyn StorageBackend>, StoreError>;
}

/// The disk of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Medium for Disk {
    fn open(&self, path: &Path, builder: &redb::Builder) -> Result<Database, StoreError> {
        let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(builder.create_with_backend(redb::backends::FileBackend::new(file)?)?)
    }

    fn open_journal(&self, path: &Path) -> Result<Box<dyn StorageBackend>, StoreError> {
        let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(redb::backends::FileBackend::new(file)?))
    }
}

/// A database file that can be closed and opened again while others hold on to it.
pub struct File {
    path: PathBuf,
    cache_bytes: usize,
    identity: [u8; 16],
    slot: RwLock<Slot>,
    /// What the last commit left, since somebody asked for it. It is taken away before anybody is told of another commit.
    latest: Mutex<Option<Arc<StoreView>>>,
    medium: Arc<dyn Medium>,
    /// Nothing was committed since the last checkpoint.
    at_rest: AtomicBool,
}

/// An open database.
struct Opened {
    database: Database,
    /// Taken out while a commit is in it: what a commit that failed has left is known only when the file is opened anew.
    journal: Mutex<Option<Journal>>,
}

enum Slot {
    Open(Opened),
    /// A failure lost the handle; the next use opens the file anew.
    Lost,
    /// Closed for good.
    Closed,
}

impl File {
    /// Opens `<dir>/<name>.redb`, or makes it when neither it nor its identity file is there.
    pub fn open(dir: &Path, name: &str, cache_bytes: usize, medium: Arc<dyn Medium>) -> Result<File, StoreError> {
        make_private_dir(dir)?;
        let path = dir.join(format!("{name}.redb"));
        let identity_path = dir.join(format!("{name}.identity"));
        let known = match fs::read_to_string(&identity_path) {
            Ok(text) => Some(parse_identity(&identity_path, &text)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        if known.is_none() && !path.exists() {
            if !Journal::is_fresh(&path.with_extension("journal"))? {
                return Err(StoreError::Missing(path.display().to_string()));
            }
            make_database(&path)?;
        }
        let mut file = File {
            path,
            cache_bytes,
            identity: known.unwrap_or_default(),
            slot: RwLock::new(Slot::Lost),
            latest: Mutex::default(),
            medium,
            at_rest: AtomicBool::new(false),
        };
        let (opened, stored) = guarded(&file.path, || file.open_database(known))?;
        if known.is_none() {
            write_private(&identity_path, identity_text(stored).as_bytes())?;
        }
        file.identity = stored;
        file.slot = RwLock::new(Slot::Open(opened));
        Ok(file)
    }

    /// 128 random bits that name this store.
    pub fn identity(&self) -> [u8; 16] {
        self.identity
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the handle, which is lost after any failure to write, and opens the file anew.
    pub fn reopen(&self) -> Result<(), StoreError> {
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*slot, Slot::Closed) {
            return Err(closed());
        }
        self.forget();
        shut(&mut slot, Slot::Lost);
        let (opened, _) = guarded(&self.path, || self.open_database(Some(self.identity)))?;
        *slot = Slot::Open(opened);
        Ok(())
    }

    /// Closes the file for good. What cannot be brought into it stays in the journal.
    pub fn close(&self) {
        if let Slot::Open(opened) = &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            let closed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.rest_in(opened)));
            if !matches!(closed, Ok(Ok(()))) {
                tracing::warn!(path = %self.path.display(), "the journal stays, and is read at the next start");
            }
        }
        let mut slot = self.slot.write().unwrap_or_else(PoisonError::into_inner);
        self.forget();
        shut(&mut slot, Slot::Closed);
    }

    /// A consistent snapshot.
    pub fn read(&self) -> Result<ReadTransaction, StoreError> {
        self.mend()?;
        match &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Open(opened) => Ok(opened.database.begin_read()?),
            Slot::Lost | Slot::Closed => Err(closed()),
        }
    }

    /// The snapshot of the last commit that short reads share; None when that takes waiting.
    pub fn latest(&self) -> Option<Arc<StoreView>> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.is_none() {
            let slot = self.slot.try_read().ok()?;
            let Slot::Open(opened) = &*slot else { return None };
            *latest = Some(Arc::new(StoreView::of(opened.database.begin_read().ok()?)));
        }
        latest.clone()
    }

    /// Lets go of that snapshot. Who waited for this lock has it no longer.
    fn forget(&self) {
        let forgotten = self.latest.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(forgotten);
    }

    /// Runs `work` in a write transaction and commits it durably; an error of `work` leaves no trace. After a failure
    /// of the device the handle is of no more use, so that the file is opened anew.
    pub fn write<R>(&self, work: impl FnOnce(&Transaction) -> Result<R, StoreError>) -> Result<R, StoreError> {
        self.change(|opened| self.commit(opened, work))
    }

    /// Brings what is in the journal into the tables, unless nothing is.
    pub fn rest(&self) -> Result<(), StoreError> {
        if self.is_at_rest() { Ok(()) } else { self.change(|opened| self.rest_in(opened)) }
    }

    /// Whether nothing was committed since [`File::rest`].
    pub fn is_at_rest(&self) -> bool {
        self.at_rest.load(Ordering::Acquire)
    }

    fn change<R>(&self, work: impl FnOnce(&Opened) -> Result<R, StoreError>) -> Result<R, StoreError> {
        self.mend()?;
        // A panic in the middle of a commit.
        let was_lost = matches!(&*self.slot.read().unwrap_or_else(PoisonError::into_inner), Slot::Open(opened) if opened.is_lost());
        if was_lost {
            self.reopen()?;
        }
        let (result, is_lost) = match &*self.slot.read().unwrap_or_else(PoisonError::into_inner) {
            Slot::Open(opened) => (work(opened), opened.is_lost()),
            Slot::Lost | Slot::Closed => (Err(closed()), false),
        };
        self.forget();
        match result {
            Err(error) if is_lost || matches!(error, StoreError::Io(_)) => Err(match (error, self.reopen()) {
                (StoreError::Io(text), Err(again)) => {
                    StoreError::Io(text.then(&format!("; {again}"), &format!("；重新打开也失败（原文：{again}）")))
                }
                (error, _) => error,
            }),
            other => other,
        }
    }

    fn commit<R>(&self, opened: &Opened, work: impl FnOnce(&Transaction) -> Result<R, StoreError>) -> Result<R, StoreError> {
        let mut slot = opened.lock();
        let Some(buffer) = slot.as_mut().map(Journal::lend) else { return Err(unfinished()) };
        let txn = Transaction::new(opened.database.begin_write()?, buffer);
        let result = work(&txn)?;
        let (mut txn, mut changes) = txn.into_parts();
        if changes.is_empty() {
            return Ok(result);
        }
        let mut journal = slot.take().ok_or_else(unfinished)?;
        match changes.record().filter(|record| journal.has_room(record.len())) {
            Some(record) => {
                journal.append(record)?;
                txn.set_durability(Durability::None)?;
                txn.commit()?;
            }
            None => checkpoint(txn, &mut journal)?,
        }
        journal.give_back(changes.into_buffer());
        self.at_rest.store(journal.is_empty(), Ordering::Release);
        *slot = Some(journal);
        Ok(result)
    }

    /// As [`File::rest`].
    fn rest_in(&self, opened: &Opened) -> Result<(), StoreError> {
        let mut slot = opened.lock();
        let mut journal = slot.take().ok_or_else(unfinished)?;
        if !journal.is_empty() {
            checkpoint(opened.database.begin_write()?, &mut journal)?;
        }
        self.at_rest.store(true, Ordering::Release);
        *slot = Some(journal);
        Ok(())
    }

    /// Opens the file again when its handle was lost.
    fn mend(&self) -> Result<(), StoreError> {
        let lost = matches!(*self.slot.read().unwrap_or_else(PoisonError::into_inner), Slot::Lost);
        if lost { self.reopen() } else { Ok(()) }
    }

    /// Opens the database, which must be the `known` one, and does again what its journal says.
    fn open_database(&self, known: Option<[u8; 16]>) -> Result<(Opened, [u8; 16]), StoreError> {
        match fs::metadata(&self.path) {
            Ok(meta) if (1..=WHOLE_MAX).contains(&meta.len()) => check_whole(&self.path)?,
            Ok(meta) if meta.len() > 0 => {}
            Ok(_) => return Err(StoreError::Missing(self.path.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::Missing(self.path.display().to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        let mut builder = Database::builder();
        let opened = self.medium.open(&self.path, builder.set_cache_size(self.cache_bytes));
        let database = opened.map_err(|error| named(&self.path, error))?;
        let (identity, epoch) = stored_identity(&database)?;
        if known.is_some_and(|known| known != identity) {
            return Err(StoreError::Damaged(about(
                &self.path,
                "is not the store that its identity file names",
                "不是其身份文件所指的存储",
            )));
        }
        if !table::all_are_whole(&database.begin_read()?, IDENTITY.name())? {
            return Err(StoreError::Damaged(about(&self.path, "has lost the name of a table", "有一个表的名称已损坏")));
        }
        let path = self.path.with_extension("journal");
        if !path.exists() {
            return Err(StoreError::Missing(path.display().to_string()));
        }
        let (journal, tail) = Journal::open(&path, self.medium.open_journal(&path)?, (identity, epoch))?;
        if !tail.is_empty() {
            let mut txn = database.begin_write()?;
            redo::again(&txn, tail.records())?;
            txn.set_durability(Durability::None)?;
            txn.commit()?;
        }
        self.at_rest.store(tail.is_empty(), Ordering::Release);
        Ok((Opened { database, journal: Mutex::new(Some(journal)) }, identity))
    }
}

impl Opened {
    fn lock(&self) -> MutexGuard<'_, Option<Journal>> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a commit failed in the journal or behind it.
    fn is_lost(&self) -> bool {
        self.lock().is_none()
    }
}

/// Has the database check every page of a file: in a copy in memory, because what it finds damaged it takes back to the
/// commit before.
fn check_whole(path: &Path) -> Result<(), StoreError> {
    let content = fs::read(path)?;
    let copy = redb::backends::InMemoryBackend::new();
    copy.set_len(content.len() as u64)?;
    copy.write(0, &content)?;
    drop(content);
    match Database::builder().create_with_backend(copy)?.check_integrity()? {
        true => Ok(()),
        false => Err(StoreError::Damaged(about(path, "has damaged pages", "有损坏的页"))),
    }
}

/// Commits a transaction, and all before it, to the file of the database: the journal begins anew. Free pages are written down too,
/// so that the file is ready at once after a crash.
fn checkpoint(mut txn: WriteTransaction, journal: &mut Journal) -> Result<(), StoreError> {
    let epoch = journal.announce()?;
    txn.open_table(IDENTITY)?.insert("epoch", sealed_epoch(epoch).as_slice())?;
    txn.set_durability(Durability::Immediate)?;
    txn.set_quick_repair(true);
    txn.commit()?;
    journal.begin(epoch);
    Ok(())
}

fn sealed_epoch(epoch: u64) -> Vec<u8> {
    record::seal_bytes(IDENTITY.name(), b"epoch", &epoch.to_le_bytes())
}

/// Makes a database with a new identity, so that the final name never names half of one.
fn make_database(path: &Path) -> Result<(), StoreError> {
    let fresh = path.with_extension("redb.new");
    if fresh.exists() {
        fs::remove_file(&fresh)?;
    }
    let mut identity = [0; 16];
    getrandom::fill(&mut identity).map_err(|error| StoreError::Io(Words::foreign("系统随机数不可用", error)))?;
    let backend = redb::backends::FileBackend::new(private_file(&fresh)?)?;
    let database = Database::builder().create_with_backend(backend)?;
    let mut txn = database.begin_write()?;
    let mut table = txn.open_table(IDENTITY)?;
    table.insert("identity", identity.as_slice())?;
    table.insert("format", FORMAT.to_le_bytes().as_slice())?;
    table.insert("epoch", sealed_epoch(0).as_slice())?;
    drop(table);
    txn.set_quick_repair(true);
    txn.commit()?;
    drop(database);
    Journal::make(&path.with_extension("journal"), identity)?;
    fs::rename(&fresh, path)?;
    sync_dir(path)
}

/// The identity and the epoch of a database.
fn stored_identity(database: &Database) -> Result<([u8; 16], u64), StoreError> {
    let lost = || StoreError::Damaged(Words::new("the store has no identity", "存储没有身份标识"));
    let txn = database.begin_read()?;
    let table = txn.open_table(IDENTITY)?;
    let format = table.get("format")?.and_then(|value| value.value().try_into().ok()).map(u32::from_le_bytes);
    match format {
        Some(FORMAT) => {}
        Some(later) if later > FORMAT => return Err(StoreError::Newer(later)),
        Some(earlier) if earlier > 0 => return Err(StoreError::Older(earlier)),
        _ => return Err(lost()),
    }
    let epoch = table.get("epoch")?.ok_or_else(lost)?;
    let epoch = record::open_bytes(IDENTITY.name(), b"epoch", epoch.value())?.try_into().map_err(|_| lost())?;
    let identity = table.get("identity")?.and_then(|value| value.value().try_into().ok()).ok_or_else(lost)?;
    Ok((identity, u64::from_le_bytes(epoch)))
}

fn identity_text(identity: [u8; 16]) -> String {
    format!(
        "steelyard store {:032x} format {FORMAT}\nThis file belongs to the database beside it. Keep both, or remove both.\n",
        u128::from_be_bytes(identity)
    )
}

fn parse_identity(path: &Path, text: &str) -> Result<[u8; 16], StoreError> {
    let damaged = || StoreError::Damaged(about(path, "is no identity file", "不是身份文件"));
    let hex = text.strip_prefix("steelyard store ").and_then(|rest| rest.get(..32)).ok_or_else(damaged)?;
    u128::from_str_radix(hex, 16).map(u128::to_be_bytes).map_err(|_| damaged())
}

/// Damaged pages can make the database panic instead of failing; that must not take the service down.
fn guarded<R>(path: &Path, work: impl FnOnce() -> Result<R, StoreError>) -> Result<R, StoreError> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    caught.unwrap_or_else(|_| Err(StoreError::Damaged(about(path, "cannot be read", "无法读取"))))
}

/// Closes what is open. Over damaged pages that can panic too, and nothing is left to be saved then.
fn shut(slot: &mut Slot, after: Slot) {
    let before = std::mem::replace(slot, after);
    let _damaged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(before)));
}

fn named(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::AlreadyOpen(_) => StoreError::AlreadyOpen(path.display().to_string()),
        StoreError::Damaged(text) => {
            StoreError::Damaged(about(path, &format!("is damaged: {}", text.get(Lang::En)), &format!("已损坏：{}", text.get(Lang::Zh))))
        }
        other => other,
    }
}

/// Says something about a file.
pub(super) fn about(path: &Path, en: &str, zh: &str) -> Words {
    let path = path.display();
    Words::new(format!("{path} {en}"), format!("{path} {zh}"))
}

fn closed() -> StoreError {
    StoreError::Io(Words::new("the file is closed", "文件已关闭"))
}

/// A commit failed on its way, and the file was not opened anew since.
fn unfinished() -> StoreError {
    StoreError::Io(Words::new("an earlier commit failed", "此前的一次提交失败"))
}

/// Makes a directory that only its owner can enter.
pub fn make_private_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(dir)?)
}

pub(super) fn private_file(path: &Path) -> Result<fs::File, StoreError> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    Ok(options.open(path)?)
}

/// Writes a whole file or none.
fn write_private(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let fresh = path.with_extension("identity.new");
    if fresh.exists() {
        fs::remove_file(&fresh)?;
    }
    let mut file = private_file(&fresh)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    sync_dir(path)
}

pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    match path.parent() {
        Some(dir) => Ok(fs::File::open(dir)?.sync_all()?),
        None => Ok(()),
    }
}
