//! A history in memory, for replay and for `test` blocks: rows, and columns of which rows are made when they are asked for.

use super::{Columns, Fault, History, Row, RowId, Texts};
use crate::compile::program::EventIdx;
use crate::time::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows by event type and time, all in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryHistory {
    rows: BTreeMap<(EventIdx, Instant, RowId), Row>,
    columns: Vec<Extent>,
    texts: Texts,
}

/// Columns and the times between which their rows lie.
#[derive(Debug, Clone)]
struct Extent {
    columns: Arc<Columns>,
    from: Instant,
    to: Instant,
}

impl MemoryHistory {
    /// Adds a row; one with the same event type, time and identity is replaced.
    pub fn push(&mut self, row: Row) {
        self.rows.insert((row.event, row.time, row.id), row);
    }

    /// Who the rows up to an instant are; those of columns are nobody.
    pub fn up_to(&self, at: Instant) -> impl Iterator<Item = RowId> + '_ {
        self.rows.keys().filter(move |(_, time, _)| *time <= at).map(|(.., id)| *id)
    }

    /// Adds columns; none of their rows may be here already.
    pub fn push_columns(&mut self, columns: Arc<Columns>) {
        if let (Some(from), Some(to)) = (columns.times.iter().min().copied(), columns.times.iter().max().copied()) {
            self.columns.push(Extent { columns, from, to });
        }
    }

    /// Adds texts, to which columns refer by their numbers.
    pub fn push_texts(&mut self, texts: Vec<Box<str>>) {
        self.texts.extend(texts);
    }

    /// The texts to which columns refer.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// How many rows it holds.
    pub fn len(&self) -> usize {
        self.rows.len() + self.columns.iter().map(|extent| extent.columns.len()).sum::<usize>()
    }

    /// Whether it holds no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.columns.is_empty()
    }
}

impl History for MemoryHistory {
    fn rows(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        if from > to {
            return Ok(Vec::new());
        }
        let range = self.rows.range((event, from, RowId(0))..=(event, to, RowId(u128::MAX)));
        let mut found: Vec<Row> = range.map(|(_, row)| row.clone()).collect();
        for Extent { columns, .. } in
            self.columns.iter().filter(|extent| extent.columns.event == event && extent.from <= to && from <= extent.to)
        {
            let within = columns.times.iter().enumerate().filter(|(_, time)| from <= **time && **time <= to);
            found.extend(within.filter_map(|(place, _)| columns.row(place, &self.texts)));
        }
        Ok(found)
    }
}
