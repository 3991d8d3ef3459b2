//! What an event that tells amounts of a target must say: a period of the length that is told, and whole steps.

use crate::compile::program::{EventIdx, Program, Scalar};
use crate::diagnostic::codes::told as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::time::{Day, Grain, Period};

/// Refuses an event whose amount could never count.
///
/// # Errors
/// A period that is none, or an amount between two steps.
pub(super) fn fits(program: &Program, event: EventIdx, values: &[Scalar]) -> Result<(), Diagnostic> {
    for target in &program.targets {
        let Some(told) = target.told.as_ref().filter(|told| told.event == event) else { continue };
        let metric = program.metrics.get(target.metric).map_or("", |metric| metric.name.as_str());
        if let Some(Scalar::Text(label)) = values.get(told.period.1)
            && told.period(label, program.reckoning).is_none()
        {
            let example = Period::holding(told.grain, Day::parse("2026-03-01").unwrap_or(Day(0)), program.reckoning);
            let diagnostic = Diagnostic::general(&codes::TOLD_PERIOD).arg("value", super::shape::cut(label)).arg("metric", metric);
            return Err(diagnostic.words("kind", kind(told.grain)).arg("example", example));
        }
        if let Some(Scalar::Number(amount)) = values.get(told.amount)
            && !target.takes(*amount)
        {
            let diagnostic = Diagnostic::general(&codes::TOLD_STEP).arg("value", amount).arg("metric", metric);
            return Err(diagnostic.arg("step", target.step));
        }
    }
    Ok(())
}

fn kind(grain: Grain) -> Words {
    match grain {
        Grain::Day => Words::new("day", "日"),
        Grain::Week => Words::new("week", "周"),
        Grain::Month => Words::new("month", "月"),
        Grain::Quarter => Words::new("quarter", "季度"),
        Grain::Year => Words::new("year", "年"),
    }
}
