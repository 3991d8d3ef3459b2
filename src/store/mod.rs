//! The files of a workspace. Only this module names redb.
//!
//! 1. [`file`] opens a database so that damage never passes for an empty store, and runs transactions.
//! 2. [`table`] keeps sealed [`record`]s: every value carries a checksum, because the database checks none on reads.
//! 3. What a transaction changes is written down ([`redo`]) and flushed to the [`journal`] before anybody sees it.
//! 4. One transaction ([`Tx`]) of the workspace's writer carries an input and all that follows from it: event
//!    blocks, marks, aggregates, alert tracks, deliveries.
//! 5. [`StoreView`]s answer reads without the writer; [`outbox`] serves the delivery of webhooks;
//!    [`control`] keeps keys, workspaces and the audit log.

pub mod aggregate;
pub mod control;
mod error;
#[cfg(test)]
pub mod fault;
pub mod file;
mod journal;
pub mod log;
mod notes;
pub mod outbox;
pub mod record;
pub mod recover;
mod redo;
mod reviews;
pub mod routing;
pub mod schedules;
pub mod settings;
mod table;
#[cfg(test)]
mod tests;
mod trials;
mod tx;

pub use aggregate::Snapshot;
pub use control::{AuditEntry, Control, Key, Role};
pub use error::StoreError;
pub use file::{Disk, Medium};
pub use log::{Identity, Log, Mark, Pending};
pub use notes::{Action, Note, NoteCause, Notes};
pub use outbox::{AT_ONCE, Attempt, Delivery, DeliveryFilter, DeliveryState, Endpoint, NewDelivery, Outcome};
pub use record::block::open::{Form, Opened, Part, Values, unpack};
pub use routing::{Ack, Binding, Case, Escalated, Escalation, EscalationStep, Held, Hold, Inhibition, Matcher, Silence, Subject, Unrouted};
pub use schedules::ReportSchedule;
pub use settings::{Kind, Languages, Settings};
pub use tx::{StoreView, Tx};

use std::path::Path;
use std::sync::Arc;

/// The store of one workspace.
pub struct Store {
    file: file::File,
}

impl Store {
    /// Opens or makes the store in a directory of its own.
    pub fn open(dir: &Path, cache_bytes: usize) -> Result<Store, StoreError> {
        Store::open_on(dir, cache_bytes, Arc::new(Disk))
    }

    /// As [`Store::open`], on another medium.
    pub fn open_on(dir: &Path, cache_bytes: usize, medium: Arc<dyn Medium>) -> Result<Store, StoreError> {
        Ok(Store { file: file::File::open(dir, "steelyard", cache_bytes, medium)? })
    }

    /// Opens the file anew after a failure.
    pub fn reopen(&self) -> Result<(), StoreError> {
        self.file.reopen()
    }

    /// Brings what is in the journal into the tables, unless nothing is.
    pub fn rest(&self) -> Result<(), StoreError> {
        self.file.rest()
    }

    /// Whether nothing was committed since [`Store::rest`].
    pub fn is_at_rest(&self) -> bool {
        self.file.is_at_rest()
    }

    /// Closes the file for good.
    pub fn close(&self) {
        self.file.close();
    }
}
