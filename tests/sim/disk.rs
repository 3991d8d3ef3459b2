//! A disk in memory that can lose power.
//!
//! 1. A [`Disk`] holds a platter a file, filled with the bytes of the real file when it is first opened.
//! 2. What is written can be read at once, but survives only a sync. A [`Disk::crash`] keeps, of what was not synced,
//!    nothing, all, the first part, or any part, and tears the last write at a sector.
//! 3. A fuse burns with every write: when it has burnt down, the power fails in the middle of whatever goes on.

use crate::random::Random;
use redb::{Builder, Database, StorageBackend};
use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use steelyard::store::{Medium, StoreError};

const SECTOR: usize = 512;

/// A change that is not synced yet.
#[derive(Debug)]
enum Change {
    Write(usize, Vec<u8>),
    Resize(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Change::Write(at, bytes) => {
                if to.len() < at + bytes.len() {
                    to.resize(at + bytes.len(), 0);
                }
                to[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Change::Resize(len) => to.resize(*len, 0),
        }
    }
}

#[derive(Debug, Default)]
struct Platter {
    synced: Vec<u8>,
    seen: Vec<u8>,
    changes: Vec<Change>,
}

impl Platter {
    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.changes.push(change);
    }

    fn sync(&mut self) {
        for change in self.changes.drain(..) {
            change.apply(&mut self.synced);
        }
    }

    /// Keeps of the changes what a disk may keep.
    fn crash(&mut self, random: &mut Random) {
        let mut kept = std::mem::take(&mut self.changes);
        match random.below(4) {
            0 => kept.clear(),
            1 => {}
            2 => kept.truncate(random.index(kept.len() + 1)),
            _ => kept.retain(|_| random.chance(50)),
        }
        if let Some(Change::Write(_, bytes)) = kept.last_mut()
            && random.chance(50)
        {
            bytes.truncate(random.index(bytes.len() / SECTOR + 1) * SECTOR);
        }
        kept.iter().for_each(|change| change.apply(&mut self.synced));
        self.seen.clone_from(&self.synced);
    }
}

/// What all files of a disk share.
#[derive(Debug, Default)]
struct Power {
    /// How often it has been switched on: a file that was opened before the last time is dead.
    epoch: AtomicU64,
    failed: AtomicBool,
    /// Writes until it fails; negative for never.
    fuse: AtomicI64,
}

/// The disk.
pub struct Disk {
    power: Arc<Power>,
    platters: Mutex<BTreeMap<PathBuf, Arc<Mutex<Platter>>>>,
    /// Called when the power fails by itself.
    alarm: Box<dyn Fn() + Send + Sync>,
}

impl Disk {
    pub fn new(alarm: impl Fn() + Send + Sync + 'static) -> Disk {
        let disk = Disk { power: Arc::default(), platters: Mutex::default(), alarm: Box::new(alarm) };
        disk.light(None);
        disk
    }

    /// Lets the power fail at so many writes from now on.
    pub fn light(&self, fuse: Option<i64>) {
        self.power.fuse.store(fuse.unwrap_or(-1), Ordering::SeqCst);
    }

    /// The power is gone: nothing is read or written any more.
    pub fn cut(&self) {
        self.power.failed.store(true, Ordering::SeqCst);
    }

    pub fn has_failed(&self) -> bool {
        self.power.failed.load(Ordering::SeqCst)
    }

    /// The power comes back, to what has survived.
    pub fn crash(&self, random: &mut Random) {
        self.cut();
        for platter in self.platters.lock().unwrap().values() {
            platter.lock().unwrap().crash(random);
        }
        self.light(None);
        self.power.epoch.fetch_add(1, Ordering::SeqCst);
        self.power.failed.store(false, Ordering::SeqCst);
    }
}

/// The disk as the stores see it.
pub struct Mounted(pub Arc<Disk>);

impl Medium for Mounted {
    fn open(&self, path: &Path, builder: &Builder) -> std::result::Result<Database, StoreError> {
        Ok(builder.create_with_backend(self.opened(path)?)?)
    }

    fn open_journal(&self, path: &Path) -> std::result::Result<Box<dyn StorageBackend>, StoreError> {
        Ok(Box::new(self.opened(path)?))
    }
}

impl Mounted {
    fn opened(&self, path: &Path) -> Result<Opened> {
        let mut platters = self.0.platters.lock().unwrap();
        let platter = match platters.get(path) {
            Some(platter) => Arc::clone(platter),
            None => {
                let bytes = std::fs::read(path)?;
                let platter = Arc::new(Mutex::new(Platter { seen: bytes.clone(), synced: bytes, changes: Vec::new() }));
                platters.insert(path.to_owned(), Arc::clone(&platter));
                platter
            }
        };
        drop(platters);
        let epoch = self.0.power.epoch.load(Ordering::SeqCst);
        Ok(Opened { platter, epoch, disk: Arc::clone(&self.0) })
    }
}

/// An opened file.
struct Opened {
    platter: Arc<Mutex<Platter>>,
    epoch: u64,
    disk: Arc<Disk>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opened")
    }
}

impl Opened {
    fn alive(&self) -> Result<()> {
        let power = &self.disk.power;
        let alive = !power.failed.load(Ordering::SeqCst) && power.epoch.load(Ordering::SeqCst) == self.epoch;
        if alive { Ok(()) } else { Err(Error::other("no power")) }
    }

    /// As [`Opened::alive`], and burns the fuse.
    fn burn(&self) -> Result<()> {
        self.alive()?;
        let left = self.disk.power.fuse.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left > 0).then(|| left - 1));
        if left == Ok(1) {
            self.disk.cut();
            (self.disk.alarm)();
        }
        self.alive()
    }
}

impl StorageBackend for Opened {
    fn len(&self) -> Result<u64> {
        self.alive()?;
        Ok(self.platter.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        self.alive()?;
        let platter = self.platter.lock().unwrap();
        let at = usize::try_from(offset).unwrap();
        let bytes = platter.seen.get(at..at + out.len()).ok_or_else(|| Error::other("beyond the end"))?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.burn()?;
        self.platter.lock().unwrap().change(Change::Resize(usize::try_from(len).unwrap()));
        Ok(())
    }

    fn sync_data(&self) -> Result<()> {
        self.burn()?;
        self.platter.lock().unwrap().sync();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<()> {
        self.burn()?;
        self.platter.lock().unwrap().change(Change::Write(usize::try_from(offset).unwrap(), data.to_vec()));
        Ok(())
    }
}
