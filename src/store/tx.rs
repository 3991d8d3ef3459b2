//! What the writer of a workspace reads and writes: rulesets, activations, and the one transaction that carries an input
//! with all that follows from it.

use super::aggregate::{self, Snapshot};
use super::log::{self, Log, Mark, Pending, marks, next_block};
use super::outbox::{Delivery, Endpoint, NewDelivery, add_delivery, counted, endpoints_in, forget_deliveries, is_queued, next_number};
use super::record::event::EventRecord;
use super::record::rules::{ActiveRecord, RulesetRecord, ScheduleRecord};
use super::redo::Transaction;
use super::table::{Key, Scan, Table, Tables};
use super::{Store, StoreError};
use crate::eval::Saved;
use crate::time::Instant;
use redb::ReadTransaction;
use std::sync::{Arc, OnceLock};

const RULESETS: Table = Table::fixed("rulesets");
const ACTIVE: Table = Table::fixed("active");
const SCHEDULE: Table = Table::fixed("schedule");
const NUMBERS: Table = Table::fixed("numbers");

/// One write transaction of the workspace.
pub struct Tx<'t> {
    pub(super) txn: &'t Transaction,
    identity: [u8; 16],
}

impl Store {
    /// Runs `work` in one durable transaction: all of it, or nothing.
    pub fn commit<R>(&self, work: impl FnOnce(&Tx<'_>) -> Result<R, StoreError>) -> Result<R, StoreError> {
        self.file.write(|txn| work(&Tx { txn, identity: self.file.identity() }))
    }

    /// A consistent view of everything.
    pub fn view(&self) -> Result<StoreView, StoreError> {
        Ok(StoreView::of(self.file.read()?))
    }

    /// The view of the last commit that short reads share; None when it cannot be had at once. The next commit lets go of it:
    /// as long as somebody keeps it, the pages that it shows cannot be written anew.
    pub fn latest(&self) -> Option<Arc<StoreView>> {
        self.file.latest()
    }
}

impl Tx<'_> {
    /// Appends events to the log.
    pub fn append(&self, events: &Pending, next_block: &mut u64) -> Result<(), StoreError> {
        events.write(self.txn, next_block)
    }

    /// Saves what changed in the state of a program.
    pub fn save(&self, active: &ActiveRecord, changes: &Saved) -> Result<(), StoreError> {
        aggregate::save(self.txn, active.program, changes)?;
        ACTIVE.edit(self.txn)?.put(&Key::new().text(&active.name), active)
    }

    /// Takes a program out of use and removes all that is kept of it.
    pub fn retire(&self, active: &ActiveRecord) -> Result<(), StoreError> {
        aggregate::drop_program(self.txn, active.program)?;
        ACTIVE.edit(self.txn)?.remove(&Key::new().text(&active.name))?;
        Ok(())
    }

    /// Writes a version of a ruleset.
    pub fn put_ruleset(&self, ruleset: &RulesetRecord) -> Result<(), StoreError> {
        RULESETS.edit(self.txn)?.put(&ruleset_key(&ruleset.name, &ruleset.version), ruleset)
    }

    /// Plans an activation; a plan for the same ruleset is replaced.
    pub fn put_schedule(&self, schedule: &ScheduleRecord) -> Result<(), StoreError> {
        SCHEDULE.edit(self.txn)?.put(&Key::new().text(&schedule.name), schedule)
    }

    /// Forgets the planned activation of a ruleset.
    pub fn remove_schedule(&self, name: &str) -> Result<(), StoreError> {
        SCHEDULE.edit(self.txn)?.remove(&Key::new().text(name))?;
        Ok(())
    }

    /// The endpoints, as this transaction sees them.
    pub fn endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        endpoints_in(self.txn)
    }

    /// Writes a delivery into the outbox.
    pub fn add_delivery(&self, delivery: NewDelivery) -> Result<Delivery, StoreError> {
        add_delivery(self.txn, self.identity, delivery)
    }

    /// Removes finished deliveries written before an instant: the oldest few, so that each call stays short.
    pub fn forget_deliveries(&self, before: Instant) -> Result<(), StoreError> {
        forget_deliveries(self.txn, before)
    }

    /// Whether something of an alert is pending for an endpoint, or stands there.
    pub fn is_queued(&self, endpoint: &str, alert: &str) -> Result<bool, StoreError> {
        is_queued(self.txn, endpoint, alert)
    }

    /// Counts up, never giving a number twice.
    pub fn next_number(&self, name: &str) -> Result<u64, StoreError> {
        next_number(self.txn, name)
    }

    /// Sets a number that the writer remembers.
    pub fn put_number(&self, name: &str, number: i64) -> Result<(), StoreError> {
        NUMBERS.edit(self.txn)?.put(&Key::new().text(name), &number)
    }
}

/// A consistent view of the store.
pub struct StoreView {
    pub(super) tables: Tables,
    active: OnceLock<Vec<ActiveRecord>>,
}

impl StoreView {
    pub(super) fn of(txn: ReadTransaction) -> StoreView {
        StoreView { tables: Tables::of(txn), active: OnceLock::new() }
    }

    /// All versions of all rulesets.
    pub fn rulesets(&self) -> Result<Vec<RulesetRecord>, StoreError> {
        self.all(&RULESETS)
    }

    /// One version of a ruleset.
    pub fn ruleset(&self, name: &str, version: &str) -> Result<Option<RulesetRecord>, StoreError> {
        RULESETS.view(&self.tables.txn)?.get(&ruleset_key(name, version))
    }

    /// The active programs, by name.
    pub fn active(&self) -> Result<Vec<ActiveRecord>, StoreError> {
        if let Some(active) = self.active.get() {
            return Ok(active.clone());
        }
        let active = self.all(&ACTIVE)?;
        Ok(self.active.get_or_init(|| active).clone())
    }

    /// The planned activations.
    pub fn schedule(&self) -> Result<Vec<ScheduleRecord>, StoreError> {
        self.all(&SCHEDULE)
    }

    /// A number that the writer remembers.
    pub fn number(&self, name: &str) -> Result<Option<i64>, StoreError> {
        NUMBERS.view(&self.tables.txn)?.get(&Key::new().text(name))
    }

    /// How many numbers of a kind [`Tx::next_number`] has given.
    pub fn counted(&self, name: &str) -> Result<u64, StoreError> {
        counted(&self.tables.txn, name)
    }

    /// The event log.
    pub fn log(&self) -> Result<Log, StoreError> {
        Log::view(&self.tables.txn)
    }

    /// The aggregates of a program.
    pub fn snapshot(&self, active: ActiveRecord) -> Snapshot<'_> {
        Snapshot::view(&self.tables, active)
    }

    /// The number of the next block of events.
    pub fn next_block(&self) -> Result<u64, StoreError> {
        next_block(&self.tables.txn)
    }

    /// Visits the marks of all events with the numbers of their blocks, and returns the number of the next block.
    pub fn marks(&self, visit: impl FnMut(Mark, u64)) -> Result<u64, StoreError> {
        marks(&self.tables.txn, visit)
    }

    /// Visits the events of one block.
    pub fn block(&self, number: u64, visit: impl FnMut(EventRecord<'_>) -> Result<(), StoreError>) -> Result<(), StoreError> {
        log::block(&self.tables.txn, number, visit)
    }

    pub(super) fn all<R: serde::de::DeserializeOwned>(&self, table: &Table) -> Result<Vec<R>, StoreError> {
        let mut found = Vec::new();
        table.view(&self.tables.txn)?.scan(&[], None, |_, record: R| {
            found.push(record);
            Ok(Scan::On)
        })?;
        Ok(found)
    }
}

fn ruleset_key(name: &str, version: &str) -> Key {
    Key::new().text(name).text(version)
}
