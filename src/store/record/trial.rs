//! Trials as they are stored.

use super::rules::ActiveRecord;
use serde::{Deserialize, Serialize};

/// A version that runs beside the active one. The ruleset's name is the key.
#[derive(Serialize, Deserialize, Clone)]
pub struct TrialRecord {
    /// The running program; `from` is when the trial was started.
    pub running: ActiveRecord,
    /// How many events that came since the program cannot read.
    pub left_out: u64,
}
