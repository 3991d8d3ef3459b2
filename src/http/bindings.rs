//! Weekly hours, severities and scope filters, from the outside shapes and back.

use super::problem::{Answer, Problem};
use super::wire;
use crate::compile::program::Severity;
use crate::diagnostic::codes::notify as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::engine::{Binding, Hold, inhibitor, severity_name, severity_named};
use crate::time::{Hours, Instant, Range, WEEKDAYS, Zone};

/// The most ranges of weekly hours.
const RANGES_MAX: usize = 50;
/// The most dimensions of a filter, values of one, and bytes of a name or value.
const FILTER_MAX: usize = 20;
const VALUES_MAX: usize = 500;
const NAME_MAX: usize = 256;

/// An instant of a body.
///
/// # Errors
/// When it is none.
pub fn instant(member: &str, text: &str) -> Answer<Instant> {
    Instant::parse_rfc3339(text).ok_or_else(|| {
        Problem::body(Words::new(
            format!("`{member}` is `{text}`: an RFC 3339 time such as 2026-03-01T09:00:00Z is wanted"),
            format!("`{member}` 为 `{text}`：应为 RFC 3339 时间，例如 2026-03-01T09:00:00Z"),
        ))
    })
}

/// The severity of a name.
///
/// # Errors
/// When there is none.
pub fn severity(name: &str) -> Answer<Severity> {
    severity_named(name).ok_or_else(|| Diagnostic::general(&codes::SEVERITY_UNKNOWN).arg("name", name).into())
}

/// The severities of names, each once.
///
/// # Errors
/// When one is none.
pub fn severities(names: &[String]) -> Answer<Vec<Severity>> {
    let mut found = names.iter().map(|name| severity(name)).collect::<Answer<Vec<_>>>()?;
    found.sort();
    found.dedup();
    Ok(found)
}

/// Weekly hours.
///
/// # Errors
/// When the zone is unknown, or a range cannot be read.
pub fn hours(timezone: &str, ranges: &[wire::HourRange]) -> Answer<Hours> {
    let unknown = || Problem::from(Diagnostic::general(&codes::ZONE_UNKNOWN).arg("zone", timezone));
    let zone = Zone::named(timezone).ok_or_else(unknown)?;
    let wrong = |days: String, from: &str, to: &str| {
        Problem::from(Diagnostic::general(&codes::HOURS_WRONG).arg("days", days).arg("from", from).arg("to", to))
    };
    if ranges.is_empty() || ranges.len() > RANGES_MAX {
        return Err(wrong(format!("{} ranges", ranges.len()), "?", "?"));
    }
    let read = |range: &wire::HourRange| {
        let known = range.days.iter().all(|day| WEEKDAYS.contains(&day.as_str()));
        let days = WEEKDAYS.map(|name| range.days.is_empty() || range.days.iter().any(|day| day == name));
        let found = Range::new(days, &range.from, &range.to).filter(|_| known);
        found.ok_or_else(|| wrong(range.days.join(", "), &range.from, &range.to))
    };
    Ok(Hours { zone, ranges: ranges.iter().map(read).collect::<Answer<_>>()? })
}

/// A filter on dimension values.
///
/// # Errors
/// When it is too large.
pub fn scope(filter: wire::ScopeFilter) -> Answer<Vec<(String, Vec<String>)>> {
    let long = |(dim, values): (&String, &Vec<String>)| {
        dim.len() > NAME_MAX || values.is_empty() || values.len() > VALUES_MAX || values.iter().any(|value| value.len() > NAME_MAX)
    };
    if filter.len() > FILTER_MAX || filter.iter().any(long) {
        return Err(Problem::body(Words::new(
            format!("`scope` names at most {FILTER_MAX} dimensions with 1 to {VALUES_MAX} values of at most {NAME_MAX} bytes each"),
            format!("`scope` 最多 {FILTER_MAX} 个维度，每个维度 1 到 {VALUES_MAX} 个值，每个值最多 {NAME_MAX} 字节"),
        )));
    }
    Ok(filter.into_iter().collect())
}

/// Changes what an endpoint gets.
///
/// # Errors
/// When a part cannot be read.
pub fn bind(
    binding: &mut Binding,
    least: Option<String>,
    filter: Option<wire::ScopeFilter>,
    working: Option<Option<wire::WorkingHours>>,
) -> Answer<()> {
    if let Some(name) = least {
        binding.severity = severity(&name)?;
    }
    if let Some(filter) = filter {
        binding.scope = scope(filter)?;
    }
    match working {
        Some(Some(working)) => {
            binding.at_once = severities(&working.at_once)?;
            binding.hours = Some(hours(&working.timezone, &working.ranges)?);
        }
        Some(None) => (binding.hours, binding.at_once) = (None, Binding::default().at_once),
        None => {}
    }
    Ok(())
}

/// The hours of an endpoint as they go out.
pub fn show_working(binding: &Binding) -> Option<wire::WorkingHours> {
    let hours = binding.hours.as_ref()?;
    let wire::Weekly { timezone, ranges } = show_hours(hours);
    Some(wire::WorkingHours { timezone, ranges, at_once: binding.at_once.iter().map(|one| severity_name(*one).to_owned()).collect() })
}

/// Weekly hours as they go out.
pub fn show_hours(hours: &Hours) -> wire::Weekly {
    let ranges = hours.ranges.iter().map(|range| {
        let on = WEEKDAYS.iter().zip(range.days).filter(|(_, on)| *on);
        let (from, to) = range.times();
        wire::HourRange { days: on.map(|(name, _)| (*name).to_owned()).collect(), from, to }
    });
    wire::Weekly { timezone: hours.zone.name().to_owned(), ranges: ranges.collect() }
}

/// Why a delivery waits.
pub fn show_hold(hold: &Hold) -> wire::Hold {
    let until = Some(hold.until.to_string());
    match (&hold.silence, inhibitor(hold)) {
        (_, Some(alert)) => wire::Hold { reason: "inhibition", silence: None, inhibited_by: Some(alert.to_owned()), until: None },
        (Some(silence), None) => wire::Hold { reason: "silence", silence: Some(silence.clone()), inhibited_by: None, until },
        (None, None) => wire::Hold { reason: "hours", silence: None, inhibited_by: None, until },
    }
}
