//! What people say about a period of a scorecard.

use crate::diagnostic::Words;
use crate::engine::{self, NoteCause};
use crate::time::Day;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What people say about a period of a scorecard. A file of notes has the same members, as TOML.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    /// Why numbers are as they are.
    #[serde(default)]
    pub note: Vec<Note>,
    /// What is to be done.
    #[serde(default)]
    pub action: Vec<Action>,
    /// What proved itself.
    #[serde(default)]
    pub keep: Vec<String>,
    /// What to begin.
    #[serde(default)]
    pub start: Vec<String>,
    /// What to end.
    #[serde(default)]
    pub stop: Vec<String>,
}

/// Why a number is as it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// The scope; all when left out.
    #[serde(default)]
    #[schema(example = json!({"shop": "us"}))]
    pub scope: BTreeMap<String, String>,
    /// The KPI by its name on the card; the score when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kpi: Option<String>,
    /// Whether it lay in one's hands: `subjective`, or `objective` when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What to know.
    pub text: String,
}

/// Whether something lay in one's hands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// It did.
    Subjective,
    /// It did not.
    Objective,
}

/// What is to be done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// The scope; all when left out.
    #[serde(default)]
    pub scope: BTreeMap<String, String>,
    /// What.
    pub text: String,
    /// Who.
    pub owner: String,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-04-15")]
    pub due: Option<String>,
}

impl Notes {
    /// The notes.
    ///
    /// # Errors
    /// When a date cannot be read; says which.
    pub fn read(self) -> Result<engine::Notes, Words> {
        let day = |due: Option<String>| match due {
            None => Ok(None),
            Some(text) => Day::parse(&text).map(Some).ok_or_else(|| {
                Words::new(format!("`{text}` is no date such as 2026-03-31"), format!("`{text}` 不是日期，例如 2026-03-31"))
            }),
        };
        let action = |line: Action| {
            let (scope, due) = (line.scope.into_iter().collect(), day(line.due)?);
            Ok::<_, Words>(engine::Action { scope, text: line.text, owner: line.owner, due })
        };
        let note = |line: Note| engine::Note {
            scope: line.scope.into_iter().collect(),
            kpi: line.kpi,
            cause: line.cause.map(|cause| match cause {
                Cause::Subjective => NoteCause::Subjective,
                Cause::Objective => NoteCause::Objective,
            }),
            text: line.text,
        };
        Ok(engine::Notes {
            notes: self.note.into_iter().map(note).collect(),
            actions: self.action.into_iter().map(action).collect::<Result<_, _>>()?,
            keep: self.keep,
            start: self.start,
            stop: self.stop,
        })
    }
}

impl From<engine::Notes> for Notes {
    fn from(notes: engine::Notes) -> Notes {
        let note = |note: engine::Note| Note {
            scope: note.scope.into_iter().collect(),
            kpi: note.kpi,
            cause: note.cause.map(|cause| match cause {
                NoteCause::Subjective => Cause::Subjective,
                NoteCause::Objective => Cause::Objective,
            }),
            text: note.text,
        };
        let action = |action: engine::Action| Action {
            scope: action.scope.into_iter().collect(),
            text: action.text,
            owner: action.owner,
            due: action.due.map(|day| day.to_string()),
        };
        Notes {
            note: notes.notes.into_iter().map(note).collect(),
            action: notes.actions.into_iter().map(action).collect(),
            keep: notes.keep,
            start: notes.start,
            stop: notes.stop,
        }
    }
}
