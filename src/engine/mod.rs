//! The engine: workspaces, each with one writer, over a data directory.
//!
//! 1. A door makes [`RawEvent`]s and queues them with [`Workspace::ingest`]; the answer comes after the commit.
//! 2. The [`writer`] judges every event, types it for every active program that declares it, steps the programs and
//!    commits the input with all that follows from it in one transaction.
//! 3. Alerts that change become deliveries in the same transaction; [`Workspace::on_outbox`] wakes whoever sends them.
//! 4. [`Workspace::read`] and [`Workspace::alerts`] answer from snapshots, never through the writer.
//! 5. [`Replay`] runs the same evaluation in memory, without any store.

mod activate;
mod alerts;
mod carry;
pub mod clock;
pub mod event;
mod failure;
pub mod feed;
mod history;
mod ingest;
mod loaded;
mod notice;
mod number;
mod read;
pub mod replay;
mod shape;
pub mod show;
#[cfg(test)]
mod tests;
mod workspace;
mod writer;

pub use crate::eval::{Alarm, Explanation, Fault, Number, Range, Reader, RowId, Score, When, Why};
pub use crate::store::{
    Attempt, AuditEntry, Control, Delivery, DeliveryFilter, DeliveryState, Endpoint, Key, NewDelivery, Outcome, Role, Store, StoreError,
};
pub use alerts::{AlertFilter, AlertState, AlertView, Transition};
pub use clock::{Clock, ManualClock, SystemClock};
pub use event::{IngestReport, RawEvent, RawValue, Refusal, row_id};
pub use notice::{said, severity_name};
pub use read::{About, Question};
pub use replay::Replay;
pub use shape::shape;
pub use workspace::{Activation, Busy, RulesetInfo, Workspace};

use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{api, store as codes};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The workspace that is always there.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The cache of the control file: it is small.
const CONTROL_CACHE_BYTES: usize = 4 << 20;

/// How an engine runs.
#[derive(Clone)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The most requests that wait for the writer of a workspace.
    pub queue_max: usize,
    /// The page cache of each workspace, in bytes.
    pub cache_bytes: usize,
    /// The most workspaces.
    pub workspaces_max: usize,
    /// The most scopes (distinct combinations of dimension values) of one ruleset.
    pub scopes_max: usize,
    /// The most events that an answer for an earlier knowledge reads again, all in memory.
    pub replayed_max: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            clock: Arc::new(SystemClock),
            queue_max: 256,
            cache_bytes: 64 << 20,
            workspaces_max: 256,
            scopes_max: 100_000,
            replayed_max: 2_000_000,
        }
    }
}

/// All workspaces of a data directory.
pub struct Engine {
    dir: PathBuf,
    options: Options,
    control: Arc<Control>,
    workspaces: RwLock<BTreeMap<String, Arc<Workspace>>>,
    /// Held while a workspace is made or removed, which takes its time; the map is locked for a moment only.
    changing: Mutex<()>,
}

impl Engine {
    /// Opens a data directory, or makes it with one workspace named `default`.
    ///
    /// # Errors
    /// When a file is damaged, missing, or open in another process.
    pub fn open(dir: &Path, options: Options) -> Result<Engine, Diagnostic> {
        let control = Arc::new(Control::open(dir, CONTROL_CACHE_BYTES)?);
        let engine = Engine { dir: dir.to_owned(), options, control, workspaces: RwLock::default(), changing: Mutex::default() };
        let names = engine.control.workspaces()?;
        let mut opened = BTreeMap::new();
        for name in &names {
            if !engine.dir.join(name).is_dir() {
                return Err(Diagnostic::general(&codes::WORKSPACE_LOST).arg("name", name));
            }
            opened.insert(name.clone(), Arc::new(Workspace::open(&engine.dir.join(name), name, &engine.options)?));
        }
        *engine.workspaces.write().unwrap_or_else(PoisonError::into_inner) = opened;
        if names.is_empty() {
            engine.add(DEFAULT_WORKSPACE)?;
        }
        Ok(engine)
    }

    /// Keys, workspaces and the audit log.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// The time now.
    pub fn now(&self) -> crate::time::Instant {
        self.options.clock.now()
    }

    /// The names of the workspaces.
    pub fn workspaces(&self) -> Vec<String> {
        self.workspaces.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// A workspace by its name.
    pub fn workspace(&self, name: &str) -> Option<Arc<Workspace>> {
        self.workspaces.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Makes a workspace.
    ///
    /// # Errors
    /// When the name is not allowed or taken, there are too many, or the store fails.
    pub fn create(&self, name: &str) -> Result<Arc<Workspace>, Diagnostic> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.dir.join(name);
        // What a removal that broke off has left behind must not come back under a new workspace.
        if is_name(name) && self.workspace(name).is_none() && left.exists() {
            let aside = self.dir.join(format!("{name}.left-{}", self.options.clock.now().0));
            std::fs::rename(&left, aside).map_err(StoreError::from)?;
        }
        self.add(name)
    }

    fn add(&self, name: &str) -> Result<Arc<Workspace>, Diagnostic> {
        if !is_name(name) {
            return Err(Diagnostic::general(&api::WORKSPACE_NAME).arg("name", name));
        }
        if self.workspace(name).is_some() {
            return Err(Diagnostic::general(&api::WORKSPACE_EXISTS).arg("name", name));
        }
        if self.workspaces().len() >= self.options.workspaces_max {
            return Err(Diagnostic::general(&api::TOO_MANY_WORKSPACES).arg("limit", self.options.workspaces_max));
        }
        // The files come first: a name without files would count as lost data.
        let workspace = Arc::new(Workspace::open(&self.dir.join(name), name, &self.options)?);
        self.control.put_workspace(name)?;
        self.workspaces.write().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Arc::clone(&workspace));
        Ok(workspace)
    }

    /// Closes a workspace and removes its files and keys for good.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub fn delete(&self, name: &str) -> Result<(), Diagnostic> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let removed = self.workspaces.write().unwrap_or_else(PoisonError::into_inner).remove(name);
        let unknown = || Diagnostic::general(&api::UNKNOWN_WORKSPACE).arg("name", name);
        removed.ok_or_else(unknown)?.close();
        self.control.delete_workspace(name)?;
        std::fs::remove_dir_all(self.dir.join(name)).map_err(|error| StoreError::from(error).into())
    }

    /// Stops all writers after what is queued, and closes all files.
    pub fn close(&self) {
        let workspaces = std::mem::take(&mut *self.workspaces.write().unwrap_or_else(PoisonError::into_inner));
        workspaces.values().for_each(|workspace| workspace.close());
        self.control.close();
    }
}

/// 1 to 64 of a-z, 0-9, `_`, `-`: also safe as the name of a directory.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-';
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}
