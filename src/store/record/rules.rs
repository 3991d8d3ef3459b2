//! Rulesets and activations as they are stored.

use serde::{Deserialize, Serialize};

/// A version of a ruleset. Its name and version are the key.
#[derive(Serialize, Deserialize, Clone)]
pub struct RulesetRecord {
    /// The ruleset's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// BLAKE3 of the text, hex.
    pub hash: String,
    /// What people call it.
    pub title: String,
    /// The Chinese title.
    pub title_zh: Option<String>,
    /// The text.
    pub text: String,
    /// When it was put.
    pub put_at: i64,
}

/// The active version of a ruleset. The ruleset's name is the key.
#[derive(Serialize, Deserialize, Clone)]
pub struct ActiveRecord {
    /// The ruleset's name.
    pub name: String,
    /// The number of the ruleset, the same for all its versions.
    pub ruleset: u32,
    /// The number of the program: its tables carry it.
    pub program: u32,
    /// The version.
    pub version: String,
    /// When it was activated.
    pub from: i64,
    /// The instant up to which the program has read time.
    pub clock: i64,
    /// The next id of an alert.
    pub next_episode: u64,
}

/// An activation to come. Its instant and the ruleset's name are the key.
#[derive(Serialize, Deserialize, Clone)]
pub struct ScheduleRecord {
    /// The ruleset's name.
    pub name: String,
    /// The version.
    pub version: String,
    /// When.
    pub at: i64,
}
