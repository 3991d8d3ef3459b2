//! The header: version, currency, zone, week, year.

use super::expr::{is_currency, unknown_currency};
use super::names::Suggestions;
use super::reckoning::reckoning;
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{self, Ident};
use crate::time::{Reckoning, WeekStart, Zone};

/// A checked header. Where a line is missing or wrong, a stand-in keeps the rest of the check going.
pub(super) struct Header {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) title: super::program::Text,
    /// None when the header states no currency.
    pub(super) currency: Option<String>,
    pub(super) zone: Zone,
    pub(super) reckoning: Reckoning,
}

/// Checks the header.
pub(super) fn header(header: Option<&ast::Header>, suggestions: &Suggestions, errors: &mut Vec<Diagnostic>) -> Header {
    let Some(header) = header else {
        return Header {
            name: String::new(),
            version: String::new(),
            title: super::program::Text::default(),
            currency: None,
            zone: Zone::utc(),
            reckoning: WeekStart::Monday.into(),
        };
    };
    if !is_version(&header.version.value) {
        errors.push(Diagnostic::new(&codes::BAD_VERSION, header.version.span).arg("version", &header.version.value));
    }
    let lacks =
        |line: &str, example: &str| Diagnostic::new(&codes::HEADER_LACKS, header.name.span).arg("line", line).arg("example", example);
    let currency = match &header.currency {
        Some(currency) => known_currency(currency, errors),
        None => {
            errors.push(lacks("currency", "currency USD"));
            None
        }
    };
    let zone = match &header.timezone {
        Some(name) => known_zone(name, suggestions, errors),
        None => {
            errors.push(lacks("timezone", "timezone Asia/Shanghai"));
            None
        }
    };
    let week = header.week.as_ref().map_or(WeekStart::Monday, |week| week_start(week, suggestions, errors));
    Header {
        name: header.name.value.clone(),
        version: header.version.value.clone(),
        title: super::texts(&header.title, &header.name.value),
        currency,
        zone: zone.unwrap_or_else(Zone::utc),
        reckoning: reckoning(week, header.year.as_ref()),
    }
}

/// Passes a code of ISO 4217.
pub(super) fn known_currency(currency: &Spanned<String>, errors: &mut Vec<Diagnostic>) -> Option<String> {
    if is_currency(&currency.value) {
        return Some(currency.value.clone());
    }
    errors.push(unknown_currency(&currency.value, currency.span, Some(currency.span)));
    None
}

/// Looks up an IANA zone.
pub(super) fn known_zone(name: &Spanned<String>, suggestions: &Suggestions, errors: &mut Vec<Diagnostic>) -> Option<Zone> {
    let zone = Zone::named(&name.value);
    if zone.is_none() {
        let known = Zone::names();
        errors.push(suggestions.unknown(&codes::UNKNOWN_ZONE, &name.value, name.span, known.iter().map(String::as_str)));
    }
    zone
}

fn week_start(week: &Ident, suggestions: &Suggestions, errors: &mut Vec<Diagnostic>) -> WeekStart {
    match week.value.as_str() {
        "monday" => WeekStart::Monday,
        "sunday" => WeekStart::Sunday,
        "saturday" => WeekStart::Saturday,
        _ => {
            errors.push(suggestions.unknown(&codes::UNKNOWN_WEEK, &week.value, week.span, ["monday", "sunday", "saturday"]));
            WeekStart::Monday
        }
    }
}

/// Three numbers without leading zeros.
fn is_version(version: &str) -> bool {
    let number = |part: &str| {
        !part.is_empty() && part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    version.split('.').count() == 3 && version.split('.').all(number)
}
