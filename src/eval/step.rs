//! One step: rows in, time forward.
//!
//! 1. Rows later than the new clock wait; waiting rows that the clock has passed come due.
//! 2. All rows of the step are applied in order of time, whether late or new, the ones of one instant together.

use super::apply::Touched;
use super::calendar::Calendar;
use super::recent::Recent;
use super::rows::rank;
use super::state::State;
use super::{Fault, History, Notice, Row};
use crate::time::Instant;

impl State {
    /// Takes new rows, which `history` must already hold, and reads time forward to `now` (never back). Tells what the
    /// alerts have to say about it.
    ///
    /// # Errors
    /// When the history cannot be read; the state must then be dropped.
    pub fn step(&mut self, rows: Vec<Row>, now: Instant, history: &dyn History) -> Result<Vec<Notice>, Fault> {
        let clock = self.clock.max(now);
        let batch = self.take_in(rows, clock);
        let cut = batch.first().map_or(clock, |row| row.time);
        let empty = Calendar::new(self.program.zone.clone());
        let mut recent = Recent::new(history, std::mem::replace(&mut self.calendar, empty), cut);
        let mut touched: Vec<Touched> = Vec::new();
        for group in batch.chunk_by(|a, b| a.time == b.time) {
            touched.clear();
            for row in group {
                self.apply(&mut recent, row, &mut touched)?;
            }
        }
        self.calendar = recent.calendar;
        self.clock = clock;
        Ok(Vec::new())
    }

    /// Sorts the rows that time has reached, numbers their scopes, and lets the others wait.
    fn take_in(&mut self, rows: Vec<Row>, clock: Instant) -> Vec<Row> {
        let mut batch = Vec::with_capacity(rows.len());
        for row in rows {
            if row.time > clock {
                self.waiting.entry(row.time).or_default().push(row);
            } else {
                batch.push(row);
            }
        }
        while let Some(entry) = self.waiting.first_entry().filter(|entry| *entry.key() <= clock) {
            batch.extend(entry.remove());
        }
        batch.sort_unstable_by_key(rank);
        let plan = std::sync::Arc::clone(&self.plan);
        for row in &batch {
            for belongs in plan.events.get(row.event).into_iter().flatten() {
                self.places.number_row(belongs, row, &plan);
            }
        }
        batch
    }
}
