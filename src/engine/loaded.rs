//! What the writer of a workspace holds in memory: always exactly what is stored.

use super::event::{body_hash, row_id};
use super::history::{Shelf, Stored, raw};
use super::known::{Known, Seen, Unread};
use super::post::Desk;
use super::reporting::first_due;
use super::workspace::Shared;
use crate::compile::program::Program;
use crate::diagnostic::codes::{api, store as codes};
use crate::diagnostic::{Diagnostic, Words};
use crate::eval::{Changes, Row, State};
use crate::store::record::event::EventRecord;
use crate::store::record::rules::{ActiveRecord, ScheduleRecord};
use crate::store::record::trial::TrialRecord;
use crate::store::{Identity, Log, Store, StoreError, StoreView, Tx};
use crate::time::Instant;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The number under which the workspace's clock is stored.
pub const CLOCK: &str = "clock";
/// The number of the next event.
pub const SEQ: &str = "seq";
/// When something of the programs becomes due next, or any time before that.
pub const DUE: &str = "due";

/// Why something was not done.
pub enum Failure {
    /// It was refused, and nothing has changed.
    Refused(Diagnostic),
    /// It broke off: what is in memory may differ from what is stored, and has to be loaded again.
    Broken(Diagnostic),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure::Refused(diagnostic)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Failure::Broken(error.into())
    }
}

impl From<crate::eval::Fault> for Failure {
    fn from(fault: crate::eval::Fault) -> Self {
        Failure::Broken(fault.into())
    }
}

/// A program with its state: an active one, or one on trial.
pub struct Running {
    /// What is stored of the activation, or of the start of the trial.
    pub active: ActiveRecord,
    /// It is a trial: it tells nobody anything, and no event is refused because of it.
    pub trial: Option<Trial>,
    /// The compiled ruleset.
    pub program: Arc<Program>,
    /// Its state.
    pub state: State,
    /// How many scopes it has.
    pub scopes: usize,
}

/// What else is remembered of a trial.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trial {
    /// How many events that came since it cannot read.
    pub left_out: u64,
}

/// What is stored of a running program beside its state.
#[derive(Clone)]
pub enum Entry {
    /// It counts.
    Active(ActiveRecord),
    /// It runs beside what counts.
    Trial(TrialRecord),
}

impl Entry {
    /// Saves what changed in the state of the program.
    pub fn save(&self, tx: &Tx<'_>, changes: &Changes) -> Result<(), StoreError> {
        match self {
            Entry::Active(active) => tx.save(active, changes),
            Entry::Trial(trial) => tx.save_trial(trial, changes),
        }
    }

    /// Takes the program out of use and removes all that is kept of it.
    pub fn drop_from(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        match self {
            Entry::Active(active) => tx.retire(active),
            Entry::Trial(trial) => tx.end_trial(trial),
        }
    }
}

impl Running {
    /// What is stored of it.
    pub fn entry(&self) -> Entry {
        let running = self.active.clone();
        match self.trial {
            None => Entry::Active(running),
            Some(Trial { left_out }) => Entry::Trial(TrialRecord { running, left_out }),
        }
    }

    /// Takes out what changed, to be saved.
    pub fn changes(&mut self) -> Changes {
        let changes = self.state.take_changes();
        self.active.clock = changes.clock.0;
        self.active.next_episode = changes.next_episode;
        let last = changes.scopes.iter().map(|(id, _, _)| id.0 as usize + 1).max();
        self.scopes = self.scopes.max(last.unwrap_or(0));
        changes
    }

    /// Its history, with the rows of the commit in progress (sorted by time).
    pub fn history<'a>(program: &'a Program, number: u32, log: &'a Log, pending: &'a [Row], shelf: &'a RefCell<Shelf>) -> Stored<'a> {
        Stored { program, number, log, pending, shelf }
    }
}

/// What is known up to a block.
pub type UpTo = (Known, u64);

/// All that the writer remembers.
pub struct Loaded {
    /// What is known of all stored events.
    pub known: Known,
    /// The active programs and those on trial.
    pub programs: Vec<Running>,
    /// The planned activations.
    pub schedule: Vec<ScheduleRecord>,
    /// The number of the next event.
    pub next_seq: u64,
    /// The number of the next block.
    pub next_block: u64,
    /// The time of the workspace; it never goes back.
    pub clock: Instant,
    /// When something that waits, or an escalation, is to be looked at.
    pub routing_due: Option<Instant>,
    /// When a report is to be read that is not in progress.
    pub reports_due: Option<Instant>,
    /// What is stored as [`DUE`].
    pub due: Option<i64>,
    /// Rows read last.
    pub shelf: RefCell<Shelf>,
}

impl Loaded {
    /// Reads everything from the store but the marks of events ([`Loaded::identify`]).
    ///
    /// # Errors
    /// When the store is damaged or cannot be read.
    pub fn load(store: &Store, shared: &Shared) -> Result<Loaded, Diagnostic> {
        guarded(|| Loaded::read(store, shared))
    }

    /// Reads the marks of all events. What was known at an earlier block is read again only when another block has come
    /// since.
    ///
    /// # Errors
    /// When the store is damaged or cannot be read.
    pub fn identify(&mut self, store: &Store, earlier: Option<UpTo>) -> Result<(), Diagnostic> {
        self.known = match earlier {
            Some((known, block)) if block == self.next_block => known,
            _ => guarded(|| all_marks(&store.view()?, self.next_block, self.next_seq))?,
        };
        Ok(())
    }

    fn read(store: &Store, shared: &Shared) -> Result<Loaded, Diagnostic> {
        let view = store.view()?;
        let next_block = view.next_block()?;
        let shelf = RefCell::default();
        let log = view.log()?;
        let mut programs = Vec::new();
        for active in view.active()? {
            programs.push(restore(&view, &log, shared, (active, None), &shelf)?);
        }
        for TrialRecord { running, left_out } in view.trials()? {
            programs.push(restore(&view, &log, shared, (running, Some(Trial { left_out })), &shelf)?);
        }
        let number = |name| view.number(name);
        Ok(Loaded {
            known: Known::default(),
            programs,
            schedule: view.schedule()?,
            next_seq: number(SEQ)?.map_or(1, i64::cast_unsigned),
            next_block,
            clock: Instant(number(CLOCK)?.unwrap_or(0)),
            routing_due: view.routing_due()?,
            reports_due: first_due(&view.report_schedules()?),
            due: number(DUE)?,
            shelf,
        })
    }

    /// What is known of an event. When only its mark is, the block that may hold it is read.
    ///
    /// # Errors
    /// When the store is damaged or cannot be read.
    pub fn verdict(&mut self, store: &Store, identity: Identity) -> Result<Seen, StoreError> {
        let mut last = None;
        loop {
            let block = match self.known.verdict(identity) {
                Ok(seen) => return Ok(seen),
                Err(Unread(block)) if last == Some(block) => {
                    let unlike =
                        (format!("the marks of block {block} are not those of its events"), format!("事件块 {block} 的标记与其事件不符"));
                    return Err(StoreError::Damaged(Words::new(unlike.0, unlike.1)));
                }
                Err(Unread(block)) => block,
            };
            last = Some(block);
            let mut held = Vec::new();
            store.view()?.block(block, |record| {
                held.extend(stored_identities(&record)?);
                Ok(())
            })?;
            self.known.read(block, held);
        }
    }

    /// Where the active version of a ruleset is.
    pub fn active_place(&self, name: &str) -> Option<usize> {
        self.programs.iter().position(|running| running.trial.is_none() && running.active.name == name)
    }

    /// Where the trial of a ruleset is.
    pub fn trial_place(&self, name: &str) -> Option<usize> {
        self.programs.iter().position(|running| running.trial.is_some() && running.active.name == name)
    }

    /// When something of the programs becomes due, though nothing arrives.
    pub fn programs_due(&self) -> Option<Instant> {
        self.programs.iter().filter_map(|running| running.state.next_due()).min()
    }

    /// The earliest instant at which there is something to do although nothing arrives.
    pub fn next_due(&self) -> Option<Instant> {
        let programs = self.programs_due().into_iter();
        programs.chain(self.schedule.iter().map(|planned| Instant(planned.at))).chain(self.routing_due).chain(self.reports_due).min()
    }

    /// Sends what has waited long enough, and takes the steps of escalations that are due. Returns whether there is
    /// something to deliver.
    pub fn route_due(&mut self, store: &Store, now: Instant) -> Result<bool, StoreError> {
        let mut wakes = false;
        while self.routing_due.is_some_and(|due| due <= now) {
            store.commit(|tx| {
                let mut desk = Desk::open(tx, now)?;
                desk.due()?;
                wakes |= desk.wakes;
                tx.put_number(CLOCK, now.0)
            })?;
            self.clock = now;
            self.routing_due = store.view()?.routing_due()?;
        }
        Ok(wakes)
    }
}

/// Over damaged pages the database can panic instead of failing.
pub(super) fn guarded<R>(read: impl FnOnce() -> Result<R, Diagnostic>) -> Result<R, Diagnostic> {
    let done = catch_unwind(AssertUnwindSafe(read));
    done.unwrap_or_else(|_| Err(Diagnostic::general(&codes::DAMAGED).reason(Words::new("it cannot be loaded", "无法加载"))))
}

/// The identity of a stored event: both of one that happened when it arrived, for it was given that time unless it told it.
fn stored_identities(record: &EventRecord<'_>) -> Result<impl Iterator<Item = Identity>, StoreError> {
    let mut event = raw(record)?;
    let id = row_id(&event.source, &event.id);
    let told = Identity::of(id.0, body_hash(&event));
    event.time = event.time.filter(|time| time.0 != record.received_at);
    let untold = event.time.is_none().then(|| Identity::of(id.0, body_hash(&event)));
    Ok([told].into_iter().chain(untold))
}

/// The marks of all stored events, whose numbers are below `next_seq`.
fn all_marks(view: &StoreView, next_block: u64, next_seq: u64) -> Result<Known, Diagnostic> {
    // Numbers are lost to nothing; still no damage may ask for more memory than events can take.
    let mut known = Known::with_room(usize::try_from(next_seq).unwrap_or(0).min(1 << 24));
    let blocks = view.marks(|mark, block| known.insert_mark(mark, block))?;
    if blocks != next_block {
        let counted =
            (format!("there are {blocks} blocks of events instead of {next_block}"), format!("事件块有 {blocks} 个，应为 {next_block} 个"));
        return Err(StoreError::Damaged(Words::new(counted.0, counted.1)).into());
    }
    Ok(known)
}

fn restore(
    view: &StoreView,
    log: &Log,
    shared: &Shared,
    (active, trial): (ActiveRecord, Option<Trial>),
    shelf: &RefCell<Shelf>,
) -> Result<Running, Diagnostic> {
    let program = shared.program(view, &active.name, &active.version)?;
    let saved = view.snapshot(active.clone()).load()?;
    let scopes = saved.scopes.len();
    let history = Running::history(&program, active.program, log, &[], shelf);
    let state = State::restore(Arc::clone(&program), saved, &history)?;
    Ok(Running { active, trial, program, state, scopes })
}

/// The compiled text of a stored version.
pub fn compile_stored(view: &StoreView, name: &str, version: &str) -> Result<Program, Diagnostic> {
    let unknown = || Diagnostic::general(&api::UNKNOWN_RULESET).arg("name", name).arg("version", version);
    let record = view.ruleset(name, version)?.ok_or_else(unknown)?;
    let compiled = crate::compile::check(&record.text);
    let first = compiled.diagnostics.into_iter().find(Diagnostic::is_error);
    compiled.program.ok_or_else(|| first.unwrap_or_else(unknown))
}
