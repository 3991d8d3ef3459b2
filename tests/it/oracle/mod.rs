//! The naive oracle: every number and every alert recomputed from the set of rows, as plainly as possible. It shares
//! the compiled program's types and the calendar with the evaluator, and no code.
//!
//! 1. [`Oracle::new`] adds the states of entities to the rows ([`entity`]) and works out once what each row is worth to each leaf ([`rows`]).
//! 2. [`Oracle::at`] makes a [`Moment`]: the rows visible at an instant, replaced ones left out.
//! 3. A moment filters those rows anew for every leaf it is asked for and evaluates the formula ([`formula`]).
//! 4. Which days count where, [`zones`] says. What a row belongs to that its event does not say, [`member`] finds out.
//! 5. [`score`] composes scorecards, [`alert`] runs the state machine of a rule over all instants.

mod adapt;
mod alert;
mod before;
mod begun;
mod coverage;
mod daily;
mod entity;
mod forecast;
mod formula;
mod ledger;
mod level;
mod member;
mod money;
mod nested;
mod rows;
mod score;
mod target;
mod told;
mod watch;
mod work;
mod zones;

pub use alert::OracleStep;
pub use formula::OracleAggregate;
pub use score::OracleScore;

use rows::Worth;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use steelyard::compile::program::{DimIdx, Program, Scalar};
use steelyard::eval::{Row, RowId};
use steelyard::time::{Instant, Period};

/// The dimension values a number is for; empty for the whole workspace. None: the event lacks the dimension.
pub type Place = Vec<(DimIdx, Option<String>)>;

/// A program and all rows ever stored.
pub struct Oracle<'a> {
    program: &'a Program,
    rows: Vec<Row>,
    /// For each row and leaf: what it adds, if it counts at all.
    worth: Vec<Vec<Option<Worth>>>,
}

/// What is known at an instant.
pub struct Moment<'a> {
    oracle: &'a Oracle<'a>,
    at: Instant,
    /// The rows that count: seen by now, and not replaced by another one seen by now.
    standing: Vec<usize>,
    /// Whether a rate was missing since this was last asked.
    lacks_rate: Cell<bool>,
}

/// Which window a formula is evaluated over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A window that ends now, as alerts and plain questions have it.
    Now(steelyard::compile::program::Window),
    /// A calendar period, to date while it runs.
    Within(Period),
}

impl<'a> Oracle<'a> {
    /// Takes the set of rows; of equal ids the first stands.
    pub fn new(program: &'a Program, rows: impl IntoIterator<Item = Row>) -> Oracle<'a> {
        let mut known: BTreeSet<RowId> = BTreeSet::new();
        let mut rows: Vec<Row> = rows.into_iter().filter(|row| known.insert(row.id)).collect();
        for entity in &program.entities {
            let states = entity::states(program, entity, &rows);
            rows.extend(states);
        }
        let worth = rows.iter().map(|row| program.leaves.iter().map(|leaf| rows::worth(program, leaf, row)).collect()).collect();
        Oracle { program, rows, worth }
    }

    /// What is known at an instant.
    pub fn at(&'a self, at: Instant) -> Moment<'a> {
        let mut best: BTreeMap<(usize, Vec<Scalar>), usize> = BTreeMap::new();
        let mut standing = Vec::new();
        for (index, row) in self.rows.iter().enumerate().filter(|(_, row)| row.time <= at) {
            let keys = &self.program.events[row.event].replaces_by;
            if keys.is_empty() {
                standing.push(index);
                continue;
            }
            let key = (row.event, keys.iter().map(|&field| row.values[field].clone()).collect());
            let rank = |i: usize| (self.rows[i].revision, self.rows[i].time, self.rows[i].id);
            let winner = best.entry(key).or_insert(index);
            if rank(index) > rank(*winner) {
                *winner = index;
            }
        }
        standing.extend(best.into_values());
        Moment { oracle: self, at, standing, lacks_rate: Cell::new(false) }
    }

    /// The earliest event time at which a scope was seen.
    pub fn first_seen(&self, place: &Place) -> Option<Instant> {
        let place = self.assigned(place);
        let dims: Vec<DimIdx> = place.iter().map(|(dim, _)| *dim).collect();
        self.seen(&dims).get(&place).copied()
    }

    /// Every scope of these dimensions that rows tell, those without a value left out.
    pub fn places(&self, dims: &[DimIdx]) -> Vec<Place> {
        self.seen(dims).into_keys().collect()
    }
}
