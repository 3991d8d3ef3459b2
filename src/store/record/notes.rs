//! Notes about the periods of a scorecard as they are stored.

use crate::store::notes::{Action, Note, NoteCause, Notes};
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// [`Notes`]
#[derive(Serialize, Deserialize)]
pub struct NotesRecord {
    notes: Vec<NoteRecord>,
    actions: Vec<ActionRecord>,
    keep: Vec<String>,
    start: Vec<String>,
    stop: Vec<String>,
}

/// A [`Note`]; whether its cause is objective, when it is told.
#[derive(Serialize, Deserialize)]
struct NoteRecord {
    scope: Vec<(String, String)>,
    kpi: Option<String>,
    is_objective: Option<bool>,
    text: String,
}

/// An [`Action`]; the day as its number.
#[derive(Serialize, Deserialize)]
struct ActionRecord {
    scope: Vec<(String, String)>,
    text: String,
    owner: String,
    due: Option<i32>,
}

impl From<&Notes> for NotesRecord {
    fn from(notes: &Notes) -> Self {
        let note = |note: &Note| NoteRecord {
            scope: note.scope.clone(),
            kpi: note.kpi.clone(),
            is_objective: note.cause.map(|cause| cause == NoteCause::Objective),
            text: note.text.clone(),
        };
        let action = |action: &Action| ActionRecord {
            scope: action.scope.clone(),
            text: action.text.clone(),
            owner: action.owner.clone(),
            due: action.due.map(|day| day.0),
        };
        NotesRecord {
            notes: notes.notes.iter().map(note).collect(),
            actions: notes.actions.iter().map(action).collect(),
            keep: notes.keep.clone(),
            start: notes.start.clone(),
            stop: notes.stop.clone(),
        }
    }
}

impl From<NotesRecord> for Notes {
    fn from(record: NotesRecord) -> Self {
        let cause = |is_objective| if is_objective { NoteCause::Objective } else { NoteCause::Subjective };
        let note = |note: NoteRecord| Note { scope: note.scope, kpi: note.kpi, cause: note.is_objective.map(cause), text: note.text };
        let action =
            |action: ActionRecord| Action { scope: action.scope, text: action.text, owner: action.owner, due: action.due.map(Day) };
        Notes {
            notes: record.notes.into_iter().map(note).collect(),
            actions: record.actions.into_iter().map(action).collect(),
            keep: record.keep,
            start: record.start,
            stop: record.stop,
        }
    }
}
