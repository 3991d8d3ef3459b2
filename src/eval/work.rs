//! Working time in row formulas. What a calendar does not know is absent.

use super::Row;
use super::rows::evaluate;
use super::value::Val;
use crate::compile::program::{RowDue, RowWorked, WorkSpan};
use rust_decimal::Decimal;

/// The decimals of a second in an instant.
const MICROS: u32 = 6;

/// The deadline so much working time after a time.
pub(super) fn due(due: &RowDue, row: &Row) -> Option<Val<'static>> {
    let Val::Time(from) = evaluate(&due.from, row) else { return None };
    let found = match due.length {
        WorkSpan::Days(count) => due.calendar.days_after(from, count),
        WorkSpan::Micros(micros) => due.calendar.time_after(from, micros),
    };
    found.map(Val::Time)
}

/// The working time, in seconds, between two times.
pub(super) fn worked(worked: &RowWorked, row: &Row) -> Option<Val<'static>> {
    let (Val::Time(from), Val::Time(to)) = (evaluate(&worked.from, row), evaluate(&worked.to, row)) else { return None };
    worked.calendar.between(from, to).map(|micros| Val::Number(Decimal::new(micros, MICROS).normalize()))
}
