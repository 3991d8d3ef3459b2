//! The weeks and years of the header.

use crate::syntax::ast;
use crate::time::{Reckoning, WeekStart, Weeks, YearEnd};

/// The names of the months, in order.
const MONTHS: [&str; 12] =
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];

/// How days are gathered when weeks begin so and a year is stated, or is not.
pub(super) fn reckoning(week: WeekStart, year: Option<&ast::FiscalYear>) -> Reckoning {
    let Some(year) = year else { return week.into() };
    let named = MONTHS.iter().zip(1i8..).find(|(name, _)| **name == year.month.value).map_or(1, |(_, number)| number);
    let weeks = year.weeks.as_ref().map(|weeks| Weeks {
        pattern: match weeks.pattern.value.as_str() {
            "4-5-4" => [4, 5, 4],
            "5-4-4" => [5, 4, 4],
            _ => [4, 4, 5],
        },
        ends: if weeks.nearest { YearEnd::Nearest } else { YearEnd::Last },
    });
    let first_month = if year.ends { named % 12 + 1 } else { named };
    Reckoning { week, first_month, named_by_end: year.ends, weeks }
}
