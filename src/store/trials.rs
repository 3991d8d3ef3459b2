//! Trials: versions that run beside the active ones. Their aggregates lie in tables of their own, as those of every
//! program do.

use super::aggregate;
use super::record::trial::TrialRecord;
use super::table::{Key, Table};
use super::{StoreError, StoreView, Tx};
use crate::eval::Saved;

const TRIALS: Table = Table::fixed("trials");

impl Tx<'_> {
    /// Saves what changed in the state of a trial.
    pub fn save_trial(&self, trial: &TrialRecord, changes: &Saved) -> Result<(), StoreError> {
        aggregate::save(self.txn, trial.running.program, changes)?;
        TRIALS.edit(self.txn)?.put(&Key::new().text(&trial.running.name), trial)
    }

    /// Ends a trial and removes all that is kept of it.
    pub fn end_trial(&self, trial: &TrialRecord) -> Result<(), StoreError> {
        aggregate::drop_program(self.txn, trial.running.program)?;
        TRIALS.edit(self.txn)?.remove(&Key::new().text(&trial.running.name))?;
        Ok(())
    }
}

impl StoreView {
    /// The trials, by ruleset.
    pub fn trials(&self) -> Result<Vec<TrialRecord>, StoreError> {
        self.all(&TRIALS)
    }
}
