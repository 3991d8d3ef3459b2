//! Statements about calendars.

use super::Rule;
use super::node::Node;
use crate::syntax::ast::{FiscalWeeks, FiscalYear};

/// `fiscal year starts april`
pub(super) fn fiscal_year(line: &Node) -> Option<FiscalYear> {
    let weeks = line.find(Rule::fiscal_weeks).and_then(|weeks| {
        let nearest = weeks.find(Rule::year_end)?.text() == "nearest";
        Some(FiscalWeeks { pattern: weeks.find(Rule::week_pattern)?.word(), nearest })
    });
    Some(FiscalYear { ends: line.has(Rule::kw_ends), month: line.find(Rule::month)?.word(), weeks, span: line.span() })
}
