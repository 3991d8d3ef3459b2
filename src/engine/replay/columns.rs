//! A replay that takes the events of a whole file as columns, before any time is read.
//!
//! 1. [`Replay::in_bulk`] makes room for them; what cannot be read so comes by [`Replay::add`] as ever.
//! 2. [`Replay::add_columns`] keeps the rows for whoever asks for them, and adds them to cells.
//! 3. [`Replay::read_on`] reads time forward, from one instant at which anything looks at the cells to the next.

use super::{Replay, broken};
use crate::compile::program::{GroupingIdx, Program};
use crate::diagnostic::Diagnostic;
use crate::eval::{Bulk, Columns};
use crate::time::Instant;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Replay {
    /// Before any event. Of columns only these groupings are asked for, and rows up to an instant, where that is known.
    pub fn in_bulk(program: Arc<Program>, asked: Option<&BTreeSet<GroupingIdx>>, at: Option<Instant>) -> Replay {
        Replay { bulk: Some(Bulk::new(&program, asked, at)), ..Replay::new(program) }
    }

    /// What can be read as columns.
    pub fn bulk(&self) -> Option<&Bulk> {
        self.bulk.as_ref()
    }

    /// Adds texts, to which columns refer by their numbers.
    pub fn add_texts(&mut self, texts: Vec<Box<str>>) {
        self.history.push_texts(texts);
    }

    /// Takes events that are well-formed and new. They must be later than the time that has been read.
    pub fn add_columns(&mut self, columns: Arc<Columns>) {
        if let Some(bulk) = &mut self.bulk {
            bulk.add(&columns, self.history.texts());
        }
        self.history.push_columns(columns);
    }

    /// Reads time forward to an instant.
    ///
    /// # Errors
    /// When the evaluation broke off; the replay must then be dropped.
    pub fn read_on(&mut self, at: Instant) -> Result<(), Diagnostic> {
        if let Some(bulk) = &mut self.bulk {
            for until in bulk.untils(at) {
                self.state.grow((bulk, self.history.texts()), Vec::new(), until, &self.history).map_err(broken)?;
            }
        }
        self.advance(at).map(|_| ())
    }
}
