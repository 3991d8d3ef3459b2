//! What a leaf keeps of every row of some columns.
//!
//! 1. Counts and sums whose formulas are plain are computed from the columns ([`super::value`]).
//! 2. Of every other leaf the rows are made, and [`item`](crate::eval::rows::item) says what it keeps of each.

use super::value::{Beyond, Test, Value};
use crate::compile::program::{FieldIdx, Keep, Leaf, RowExpr};
use crate::eval::{Columns, Row, Texts};
use crate::time::Zone;

/// What a leaf keeps of each row.
#[derive(Debug)]
pub(super) enum Items<'l> {
    /// Every row counts.
    All,
    /// These rows count.
    Some(Vec<bool>),
    /// The values in units of 10^-12.
    Fixed(Vec<Option<i128>>),
    /// The leaf must see the rows themselves.
    Rows(Taken<'l>),
}

/// Rows for a leaf that must see them.
#[derive(Debug)]
pub(super) struct Taken<'l> {
    pub(super) leaf: &'l Leaf,
    pub(super) zone: &'l Zone,
    pub(super) rows: Vec<Option<Row>>,
}

/// How a leaf takes from columns.
#[derive(Debug)]
pub(super) struct Taking {
    leaf: Leaf,
    zone: Zone,
    how: How,
}

#[derive(Debug)]
enum How {
    /// Rows that pass the filter, and have a value in the field.
    Count(Option<Test>, Option<FieldIdx>),
    Sum(Option<Test>, Value),
    Rows,
}

impl Taking {
    pub(super) fn new(leaf: &Leaf, zone: &Zone) -> Taking {
        Taking { how: How::of(leaf), leaf: leaf.clone(), zone: zone.clone() }
    }

    /// The fields whose texts must be numbered.
    pub(super) fn keys(&self) -> Vec<FieldIdx> {
        match &self.how {
            How::Sum(_, value) => value.keys(),
            How::Count(..) | How::Rows => Vec::new(),
        }
    }

    /// What is kept of each row.
    pub(super) fn items(&mut self, columns: &Columns, texts: &Texts) -> Items<'_> {
        let rows = 0..columns.len();
        match &mut self.how {
            How::Count(None, None) => return Items::All,
            How::Count(filter, field) => {
                let column = field.and_then(|field| columns.fields.get(field));
                let counts = |row: usize| {
                    filter.as_ref().is_none_or(|test| test.passes(columns, row, texts))
                        && (field.is_none() || column.is_some_and(|column| column.is_there(row)))
                };
                return Items::Some(rows.map(counts).collect());
            }
            How::Sum(filter, value) => {
                let fixed = |row: usize| match filter {
                    Some(test) if !test.passes(columns, row, texts) => Ok(None),
                    _ => value.fixed(columns, row, texts),
                };
                if let Ok(values) = rows.clone().map(fixed).collect::<Result<Vec<_>, Beyond>>() {
                    return Items::Fixed(values);
                }
            }
            How::Rows => {}
        }
        Items::Rows(Taken { leaf: &self.leaf, zone: &self.zone, rows: rows.map(|row| columns.row(row, texts)).collect() })
    }
}

impl How {
    fn of(leaf: &Leaf) -> How {
        let filter = match leaf.filter.as_ref().map(Test::of) {
            Some(None) => return How::Rows,
            Some(known) => known,
            None => None,
        };
        match (leaf.keep, &leaf.arg) {
            (Keep::Count, None) => How::Count(filter, None),
            (Keep::Count, Some(RowExpr::Field(field))) => How::Count(filter, Some(*field)),
            (Keep::Sum, Some(value)) => Value::of(value).map_or(How::Rows, |value| How::Sum(filter, value)),
            _ => How::Rows,
        }
    }
}
