//! A history in memory, for replay and for `test` blocks.

use super::{Fault, History, Row, RowId};
use crate::compile::program::EventIdx;
use crate::time::Instant;
use std::collections::BTreeMap;

/// Rows by event type and time, all in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryHistory {
    rows: BTreeMap<(EventIdx, Instant, RowId), Row>,
}

impl MemoryHistory {
    /// Adds a row; one with the same event type, time and identity is replaced.
    pub fn push(&mut self, row: Row) {
        self.rows.insert((row.event, row.time, row.id), row);
    }

    /// How many rows it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl History for MemoryHistory {
    fn rows(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        if from > to {
            return Ok(Vec::new());
        }
        let range = self.rows.range((event, from, RowId(0))..=(event, to, RowId(u128::MAX)));
        Ok(range.map(|(_, row)| row.clone()).collect())
    }
}
