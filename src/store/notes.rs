//! What people say about the periods of a scorecard: why numbers are as they are, and what is to be done.
//!
//! [`Notes`] are kept under the ruleset, the card and the period, and replaced as a whole.

use super::StoreError;
use super::record::notes::NotesRecord;
use super::table::{Key, Table};
use super::tx::{StoreView, Tx};
use crate::time::Day;

/// (ruleset, scorecard, period)
const NOTES: Table = Table::fixed("notes");

/// What people say about a period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes {
    /// Why numbers are as they are.
    pub notes: Vec<Note>,
    /// What is to be done.
    pub actions: Vec<Action>,
    /// What proved itself.
    pub keep: Vec<String>,
    /// What to begin.
    pub start: Vec<String>,
    /// What to end.
    pub stop: Vec<String>,
}

/// Why a number is as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The scope; empty for all.
    pub scope: Vec<(String, String)>,
    /// The KPI by its name on the card; the score when None.
    pub kpi: Option<String>,
    /// Whether it lay in one's hands.
    pub cause: Option<NoteCause>,
    /// What to know.
    pub text: String,
}

/// Whether something lay in one's hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteCause {
    /// It did (主观).
    Subjective,
    /// It did not (客观).
    Objective,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The scope; empty for all.
    pub scope: Vec<(String, String)>,
    /// What.
    pub text: String,
    /// Who.
    pub owner: String,
    /// Until when.
    pub due: Option<Day>,
}

fn key((ruleset, card, period): (&str, &str, &str)) -> Key {
    Key::new().text(ruleset).text(card).text(period)
}

impl Tx<'_> {
    /// Replaces the notes about a period of a card.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_notes(&self, about: (&str, &str, &str), notes: &Notes) -> Result<(), StoreError> {
        NOTES.edit(self.txn)?.put(&key(about), &NotesRecord::from(notes))
    }
}

impl StoreView {
    /// The notes about a period of a card; none when nobody wrote any.
    ///
    /// # Errors
    /// When the store fails.
    pub fn notes(&self, about: (&str, &str, &str)) -> Result<Notes, StoreError> {
        let record: Option<NotesRecord> = NOTES.view(&self.tables.txn)?.get(&key(about))?;
        Ok(record.map(Notes::from).unwrap_or_default())
    }
}
