//! Tables: dated data that rules look up.

use super::{DimIdx, EventIdx, FieldIdx, GroupingIdx, LeafIdx, RowExpr, Scalar, Text, Unit, Zoned};
use crate::time::{Day, Instant};
use std::collections::HashMap;
use std::sync::Arc;

/// `table limits by platform, market { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its id.
    pub name: String,
    /// What people call it.
    pub title: Text,
    /// The names of its keys.
    pub keys: Vec<String>,
    /// The columns of values: name and unit.
    pub columns: Vec<(String, Unit)>,
    /// The rows in the order of the text.
    pub rows: Vec<TableRow>,
    /// Where further rows come from.
    pub told: Option<ToldRows>,
    /// The rows by their keys, those that fix the most keys first.
    patterns: Vec<Pattern>,
}

/// What an event says of a key that its row leaves open, where it cannot leave the key out.
pub const ANY: &str = "*";

/// The keys of a row; None matches anything.
pub type Keys = Vec<Option<Box<str>>>;

/// Rows by the values of some keys.
type ByValues = HashMap<Vec<Box<str>>, Vec<usize>>;

/// The rows of a table that events tell: for each column, set of keys and day the value that was told last.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldRows {
    /// The event type.
    pub event: EventIdx,
    /// For each key of the table the dimension that the events name it by, and whether they may leave it open; None for a key
    /// that they always leave open.
    pub keys: Vec<Option<(DimIdx, bool)>>,
    /// For each column the leaf that keeps what was told; None for a column that only the text fills.
    pub leaves: Vec<Option<LeafIdx>>,
    /// The field that says from which day a row counts; the event's time when None.
    pub clock: Option<FieldIdx>,
    /// The grouping of these dimensions.
    pub grouping: GroupingIdx,
}

impl ToldRows {
    /// The dimensions of the keys, as in their grouping.
    pub fn dims(&self) -> Vec<DimIdx> {
        let mut dims: Vec<DimIdx> = self.keys.iter().flatten().map(|(dim, _)| *dim).collect();
        dims.sort_unstable();
        dims
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// One for each key of the table.
    pub keys: Keys,
    /// From when it counts; always when None.
    pub from: Option<Day>,
    /// The instant at which that day begins; the beginning of time without one.
    pub from_at: Instant,
    /// One for each column; absent where the row says nothing.
    pub values: Vec<Scalar>,
    /// When somebody compared it with where it was published.
    pub checked: Option<Day>,
    /// Where it was published.
    pub source: Option<String>,
}

/// `unit_cost[sku]` inside an aggregate.
#[derive(Clone, PartialEq)]
pub struct RowLookup {
    /// The table.
    pub table: Arc<Table>,
    /// Its column.
    pub column: usize,
    /// One for each key of the table.
    pub keys: Vec<RowExpr>,
    /// The field whose day decides which rows of the table count; the row's own time when None.
    pub clock: Option<FieldIdx>,
    /// Where the row says on the days of which zone rows of the table count; the ruleset's when None.
    pub zoned: Option<Zoned>,
}

impl std::fmt::Debug for RowLookup {
    /// Names the table only: what is equal in this form is equal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}{:?} by {:?}", self.table.name, self.column, self.keys, self.clock)
    }
}

/// The date for which a value is looked up.
#[derive(Debug, Clone, Copy)]
pub enum Effective {
    /// On a local day.
    On(Day),
    /// At an instant.
    At(Instant),
}

/// The rows that fix the same keys.
#[derive(Debug, Clone, PartialEq)]
struct Pattern {
    /// Which keys.
    fixed: Vec<usize>,
    /// The rows by the values of these keys, the latest `from` first.
    rows: ByValues,
}

impl Table {
    /// A table of these rows.
    pub fn new(name: String, title: Text, keys: Vec<String>, columns: Vec<(String, Unit)>, rows: Vec<TableRow>) -> Table {
        let mut by_fixed: HashMap<Vec<usize>, ByValues> = HashMap::new();
        for (idx, row) in rows.iter().enumerate() {
            let fixed = row.fixed();
            let values = row.keys.iter().flatten().cloned().collect();
            by_fixed.entry(fixed).or_default().entry(values).or_default().push(idx);
        }
        let mut patterns: Vec<Pattern> = by_fixed.into_iter().map(|(fixed, rows)| Pattern { fixed, rows }).collect();
        patterns.sort_by(|a, b| (b.fixed.len(), &a.fixed).cmp(&(a.fixed.len(), &b.fixed)));
        for pattern in &mut patterns {
            for list in pattern.rows.values_mut() {
                list.sort_by_key(|idx| std::cmp::Reverse(rows.get(*idx).map(|row| row.from_at)));
            }
        }
        Table { name, title, keys, columns, rows, told: None, patterns }
    }

    /// The row that gives a column for these keys: the most specific one that counts then, of several the latest. A key
    /// that is not known is matched by rows that leave it open only.
    pub fn find(&self, column: usize, keys: &[Option<&str>], effective: Effective) -> Option<usize> {
        let gives = |idx: &&usize| {
            self.rows
                .get(**idx)
                .is_some_and(|row| row.counts(effective) && row.values.get(column).is_some_and(|value| *value != Scalar::Absent))
        };
        self.patterns.iter().find_map(|pattern| {
            let wanted = pattern.fixed.iter().map(|key| keys.get(*key).copied().flatten().map(Box::from));
            let wanted = wanted.collect::<Option<Vec<Box<str>>>>()?;
            pattern.rows.get(&wanted)?.iter().find(gives).copied()
        })
    }

    /// The value of a column in a row.
    pub fn value(&self, row: usize, column: usize) -> Option<&Scalar> {
        self.rows.get(row)?.values.get(column)
    }
}

impl TableRow {
    /// The keys that it fixes.
    pub fn fixed(&self) -> Vec<usize> {
        self.keys.iter().enumerate().filter(|(_, key)| key.is_some()).map(|(idx, _)| idx).collect()
    }

    fn counts(&self, effective: Effective) -> bool {
        match effective {
            Effective::On(day) => self.from.is_none_or(|from| from <= day),
            Effective::At(instant) => self.from_at <= instant,
        }
    }
}
