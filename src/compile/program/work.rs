//! Working time in row formulas.

use super::RowExpr;
use crate::time::WorkCalendar;
use std::fmt;
use std::sync::Arc;

/// `placed + 2 working days in us_market`
#[derive(Clone, PartialEq)]
pub struct RowDue {
    /// The calendar.
    pub calendar: Arc<WorkCalendar>,
    /// The time from which on is counted.
    pub from: RowExpr,
    /// How much working time.
    pub length: WorkSpan,
}

/// How much working time lies before a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkSpan {
    /// So many working days; the deadline is the last instant of the last of them.
    Days(u32),
    /// So many microseconds of work.
    Micros(i64),
}

/// `working time from asked to answered in support`
#[derive(Clone, PartialEq)]
pub struct RowWorked {
    /// The calendar.
    pub calendar: Arc<WorkCalendar>,
    /// Where it begins.
    pub from: RowExpr,
    /// Where it ends.
    pub to: RowExpr,
}

impl fmt::Debug for RowDue {
    /// Names the calendar only: what is equal in this form is equal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} + {:?} in {}", self.from, self.length, self.calendar.name)
    }
}

impl fmt::Debug for RowWorked {
    /// Names the calendar only: what is equal in this form is equal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} to {:?} in {}", self.from, self.to, self.calendar.name)
    }
}
