//! The engine: workspaces, each with one writer, over a data directory.
//!
//! 1. A door makes [`RawEvent`]s and queues them with [`Workspace::ingest`]; the answer comes after the commit.
//! 2. The [`writer`] judges every event, types it for every active program that declares it, steps the programs and
//!    commits the input with all that follows from it in one transaction.
//! 3. Alerts that change become deliveries in the same transaction: [`route`] says where they go and when, [`post`]
//!    writes them; [`Workspace::on_outbox`] wakes whoever sends them.
//! 4. [`Workspace::read`] and [`Workspace::alerts`] answer from snapshots, never through the writer, short reads on the thread that
//!    asks ([`short`]); so does [`reporter`], which reads the reviews that are due on a schedule.
//! 5. A workspace whose files are damaged, as far as that shows when they are opened or when its writer loads them, holds up no
//!    other: it is [`Engine::failing`], and every use of it says why.
//! 6. [`Replay`] runs the same evaluation in memory, without any store.

mod activate;
mod alerts;
mod backfill;
mod carry;
mod cell;
pub mod changes;
pub mod clock;
mod closed;
mod currency;
mod desk;
pub mod diff;
pub mod event;
mod failure;
pub mod feed;
mod history;
mod ingest;
mod inhibit;
mod kept;
mod known;
pub mod lane;
mod loaded;
mod near;
mod notice;
mod number;
mod post;
mod queue;
mod read;
pub mod replay;
mod reporter;
mod reporting;
mod review;
mod route;
mod shape;
mod short;
pub mod show;
#[cfg(test)]
mod tests;
mod told;
mod trial;
mod workspace;
mod writer;

pub use crate::eval::{
    Alarm, AmountUsed, Explanation, Fault, Held, LookedUp, Machine, Member, Nested, Number, Posting, Range, RateOn, RateUsed, Reader,
    RowId, Score, ScoreExplanation, Segment, ToldRow, ToldValue, When, Why, apportion, evened, passes,
};
pub use crate::store::file::{Disk, Medium};
pub use crate::store::record::review::{ActRecord, Deed, KeptPart, KeptScore};
pub use crate::store::{
    Ack, Action, Attempt, AuditEntry, Binding, Case, Control, Delivery, DeliveryFilter, DeliveryState, Endpoint, Escalated, Escalation,
    EscalationStep, Hold, Key, Kind, Languages, Matcher, NewDelivery, Note, NoteCause, Notes, Outcome, ReportSchedule, Role, Settings,
    Silence, Store, StoreError, Subject, Unrouted,
};
pub use alerts::{AlertFilter, AlertState, AlertView, Transition};
pub use clock::{Clock, ManualClock, SystemClock};
pub use closed::{Closed, LateEvent};
pub use desk::{Standing, ended};
pub use event::{IngestReport, RawEvent, RawValue, Refusal, body_hash, row_id};
pub use inhibit::inhibitor;
pub use kept::{Granted, agree, granted, kept};
pub use near::{meant_time, plain};
pub use notice::{said, severity_name};
pub use read::{About, Question, Which};
pub use replay::Replay;
pub use review::{Appeal, Concern, Review, Signature};
pub use route::{muted_until, severity_named};
pub use shape::shape;
pub use workspace::{Activation, Busy, RulesetInfo, Workspace};

use crate::diagnostic::codes::{api, store as codes};
use crate::diagnostic::{Code, Diagnostic, Lang};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The workspace that is always there.
pub const DEFAULT_WORKSPACE: &str = "default";

/// The cache of the control file: it is small.
const CONTROL_CACHE_BYTES: usize = 4 << 20;

/// Why a workspace cannot be opened until somebody restores its files. All else is about the machine or the process.
const LASTING: [&Code; 5] = [&codes::DAMAGED, &codes::MISSING, &codes::NEWER, &codes::OLDER, &codes::WORKSPACE_LOST];

/// Whether a workspace cannot be used for this reason until somebody restores its files.
fn is_lasting(why: &Diagnostic) -> bool {
    LASTING.iter().any(|code| code.id == why.code.id)
}

/// How an engine runs.
#[derive(Clone)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The most requests that wait for the writer of a workspace: so many of few events, and so many of many.
    pub queue_max: usize,
    /// The page cache of each workspace, in bytes.
    pub cache_bytes: usize,
    /// The most workspaces.
    pub workspaces_max: usize,
    /// The most scopes (distinct combinations of dimension values) of one ruleset.
    pub scopes_max: usize,
    /// The most events that an answer for an earlier knowledge reads again, all in memory.
    pub replayed_max: usize,
    /// What the database files lie on.
    pub medium: Arc<dyn Medium>,
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
            medium: Arc::new(Disk),
        }
    }
}

/// All workspaces of a data directory.
pub struct Engine {
    dir: PathBuf,
    options: Options,
    control: Arc<Control>,
    workspaces: RwLock<BTreeMap<String, Arc<Workspace>>>,
    /// The workspaces whose files could not be opened, and why. Their names are taken, and nothing is made in their place.
    failing: RwLock<BTreeMap<String, Diagnostic>>,
    /// Held while a workspace is made or removed, which takes its time; the map is locked for a moment only.
    changing: Mutex<()>,
}

impl Engine {
    /// Opens a data directory, or makes it with one workspace named `default`.
    ///
    /// # Errors
    /// When the control file or the files of every workspace are damaged or missing, or any cannot be read now or is open
    /// in another process.
    pub fn open(dir: &Path, options: Options) -> Result<Engine, Diagnostic> {
        let control = Arc::new(Control::open_on(dir, CONTROL_CACHE_BYTES, Arc::clone(&options.medium))?);
        let (workspaces, failing) = (RwLock::default(), RwLock::default());
        let engine = Engine { dir: dir.to_owned(), options, control, workspaces, failing, changing: Mutex::default() };
        let names = engine.control.workspaces()?;
        let (mut opened, mut failing) = (BTreeMap::new(), BTreeMap::new());
        for name in &names {
            match engine.reopened(name) {
                Ok(workspace) => {
                    opened.insert(name.clone(), Arc::new(workspace));
                }
                Err(why) if is_lasting(&why) => {
                    tracing::error!(workspace = name, code = why.code.id, reason = why.message(Lang::En), "a workspace cannot be served");
                    failing.insert(name.clone(), why);
                }
                Err(why) => return Err(why),
            }
        }
        if opened.is_empty()
            && let Some((_, why)) = failing.pop_first()
        {
            return Err(why);
        }
        *engine.workspaces.write().unwrap_or_else(PoisonError::into_inner) = opened;
        *engine.failing.write().unwrap_or_else(PoisonError::into_inner) = failing;
        if names.is_empty() {
            engine.add(DEFAULT_WORKSPACE)?;
        }
        Ok(engine)
    }

    /// Opens the files of a workspace that was made before.
    fn reopened(&self, name: &str) -> Result<Workspace, Diagnostic> {
        let dir = self.dir.join(name);
        if !dir.is_dir() {
            return Err(Diagnostic::general(&codes::WORKSPACE_LOST).arg("name", name));
        }
        Workspace::open(&dir, name, &self.options)
    }

    /// Keys, workspaces and the audit log.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// The time now.
    pub fn now(&self) -> crate::time::Instant {
        self.options.clock.now()
    }

    /// The names of the workspaces that can be used.
    pub fn workspaces(&self) -> Vec<String> {
        let workspaces = self.workspaces.read().unwrap_or_else(PoisonError::into_inner);
        workspaces.iter().filter(|(_, workspace)| workspace.damage().is_none()).map(|(name, _)| name.clone()).collect()
    }

    /// The workspaces whose files are damaged or missing, by name, and why. Those that could not be opened stay so until the
    /// next start.
    pub fn failing(&self) -> BTreeMap<String, Diagnostic> {
        let mut failing = self.failing.read().unwrap_or_else(PoisonError::into_inner).clone();
        let workspaces = self.workspaces.read().unwrap_or_else(PoisonError::into_inner);
        failing.extend(workspaces.iter().filter_map(|(name, workspace)| Some((name.clone(), workspace.damage()?))));
        failing
    }

    /// A workspace by its name; None when there is none.
    ///
    /// # Errors
    /// When there is one whose files are damaged or missing.
    pub fn find(&self, name: &str) -> Result<Option<Arc<Workspace>>, Diagnostic> {
        if let Some(why) = self.failing.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return Err(why.clone());
        }
        let found = self.workspaces.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        match found.as_ref().and_then(|workspace| workspace.damage()) {
            Some(why) => Err(why),
            None => Ok(found),
        }
    }

    /// A workspace by its name, when it can be used.
    pub fn workspace(&self, name: &str) -> Option<Arc<Workspace>> {
        self.find(name).ok().flatten()
    }

    /// Makes a workspace.
    ///
    /// # Errors
    /// When the name is not allowed or taken, there are too many, or the store fails.
    pub fn create(&self, name: &str) -> Result<Arc<Workspace>, Diagnostic> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.dir.join(name);
        if self.failing().contains_key(name) {
            return Err(Diagnostic::general(&api::WORKSPACE_EXISTS).arg("name", name));
        }
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
        if self.workspaces().len() + self.failing().len() >= self.options.workspaces_max {
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
        match removed {
            Some(workspace) => workspace.close(),
            None if self.failing.write().unwrap_or_else(PoisonError::into_inner).remove(name).is_some() => {}
            None => return Err(Diagnostic::general(&api::UNKNOWN_WORKSPACE).arg("name", name)),
        }
        self.control.delete_workspace(name)?;
        match std::fs::remove_dir_all(self.dir.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::from(error).into()),
            _ => Ok(()),
        }
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
