//! A disk that fills up, for tests.

use super::{Medium, StoreError};
use redb::backends::FileBackend;
use redb::{BackendError, Builder, Database, StorageBackend};
use std::io::Error;
use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Counts writes down; when it reaches zero the disk is full, until it is set again. Negative: never.
#[derive(Debug, Clone)]
pub struct Switch(pub Arc<AtomicI64>);

impl Default for Switch {
    fn default() -> Self {
        Switch(Arc::new(AtomicI64::new(-1)))
    }
}

impl Switch {
    /// Lets the disk be full after so many more writes.
    pub fn fail_after(&self, writes: Option<i64>) {
        self.0.store(writes.unwrap_or(-1), Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), Error> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left > 0).then(|| left - 1));
        match left {
            Err(0) => Err(Error::new(std::io::ErrorKind::StorageFull, "no space left on device")),
            _ => Ok(()),
        }
    }
}

impl Medium for Switch {
    fn open(&self, path: &Path, builder: &Builder) -> Result<Database, StoreError> {
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(builder.create_with_backend(Faulty { inner: FileBackend::new(file)?, switch: self.clone() })?)
    }

    fn open_journal(&self, path: &Path) -> Result<Box<dyn StorageBackend>, StoreError> {
        let file = std::fs::OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(Faulty { inner: FileBackend::new(file)?, switch: self.clone() }))
    }
}

/// A file whose disk fills up.
#[derive(Debug)]
pub struct Faulty {
    /// The file.
    pub inner: FileBackend,
    /// When it is full.
    pub switch: Switch,
}

impl StorageBackend for Faulty {
    fn len(&self) -> Result<u64, Error> {
        self.inner.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        self.inner.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        self.switch.check()?;
        self.inner.set_len(len)
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.switch.check()?;
        self.inner.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.switch.check()?;
        self.inner.write(offset, data)
    }

    fn close(&self) -> Result<(), Error> {
        self.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.inner.try_lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.inner.unlock_range(start, end)
    }
}
