//! Windows and bounded durations.
//!
//! 1. A window whose length and offset are in days or weeks covers whole local days.
//! 2. Any other trailing window is elapsed time that ends at `now`.
//! 3. Months, quarters and years are calendar periods: so many in a row, to date or as many before the running one.

use super::expr::seconds;
use super::program::Window;
use crate::diagnostic::codes::{compile as codes, watch};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast;
use crate::time::Grain;

/// The longest window, and the furthest that one may lie back, in days.
const WINDOW_DAYS_MAX: u64 = 1_100;
/// The longest `for` and `repeat`, in days.
const DURATION_DAYS_MAX: u64 = 400;
/// The seconds of a day that durations count with.
const DAY_S: u64 = 86_400;

/// The window that a syntax tree describes.
///
/// # Errors
/// When it is empty or longer than 1100 days.
pub fn window(spanned: &Spanned<ast::Window>) -> Result<Window, Diagnostic> {
    let (length, ending) = match spanned.value {
        ast::Window::All => return Ok(Window::All),
        ast::Window::Period { grain: period, previous } => return Ok(Window::Period { grain: grain(period), previous }),
        ast::Window::Periods { count, grain: own, ending } => return periods((count, grain(own)), ending, spanned.span),
        ast::Window::Trailing { length, ending } => (length, ending),
    };
    let (length_s, ending_s) = (seconds(length), ending.map_or(0, seconds));
    if length_s == 0 || length_s > WINDOW_DAYS_MAX * DAY_S || ending_s > WINDOW_DAYS_MAX * DAY_S {
        return Err(Diagnostic::new(&codes::WINDOW_LENGTH, spanned.span));
    }
    let in_days = |duration: ast::Duration| matches!(duration.unit, ast::DurationUnit::Day | ast::DurationUnit::Week);
    if !in_days(length) || !ending.is_none_or(in_days) {
        return Ok(Window::Elapsed { length_s, ending_s });
    }
    let days = |seconds: u64| u32::try_from(seconds / DAY_S).unwrap_or(u32::MAX);
    Ok(Window::Days { length: days(length_s), ending: days(ending_s) })
}

/// A window of so many calendar periods.
fn periods((count, own): (u32, Grain), ending: Option<(u32, ast::Grain)>, span: Span) -> Result<Window, Diagnostic> {
    if ending.is_some_and(|(_, unit)| grain(unit) != own) {
        return Err(Diagnostic::new(&watch::ENDING_UNIT, span).arg("grain", name(own)));
    }
    let back = ending.map_or(0, |(back, _)| back);
    let most: u32 = match own {
        Grain::Day => 1_100,
        Grain::Week => 156,
        Grain::Month => 36,
        Grain::Quarter => 12,
        Grain::Year => 3,
    };
    if count == 0 || count.saturating_add(back) > most.saturating_add(1) {
        return Err(Diagnostic::new(&watch::PERIODS_MANY, span).arg("limit", most).arg("grain", name(own)));
    }
    Ok(match (own, count, back) {
        (Grain::Day, length, ending) => Window::Days { length, ending },
        (grain, 1, back @ (0 | 1)) => Window::Period { grain, previous: back == 1 },
        (grain, count, back) => Window::Periods { grain, count, back },
    })
}

/// The seconds of a `for` or `repeat every`.
pub(super) fn bounded(duration: &Spanned<ast::Duration>, what: &str) -> Result<u64, Diagnostic> {
    let length_s = seconds(duration.value);
    if length_s == 0 || length_s > DURATION_DAYS_MAX * DAY_S {
        return Err(Diagnostic::new(&codes::DURATION_RANGE, duration.span).arg("what", what));
    }
    Ok(length_s)
}

/// The calendar interval.
pub(super) fn grain(grain: ast::Grain) -> Grain {
    match grain {
        ast::Grain::Day => Grain::Day,
        ast::Grain::Week => Grain::Week,
        ast::Grain::Month => Grain::Month,
        ast::Grain::Quarter => Grain::Quarter,
        ast::Grain::Year => Grain::Year,
    }
}

/// The calendar interval as it is written.
pub(super) fn name(grain: Grain) -> &'static str {
    match grain {
        Grain::Day => "day",
        Grain::Week => "week",
        Grain::Month => "month",
        Grain::Quarter => "quarter",
        Grain::Year => "year",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::diagnostic::Span;
    use ast::DurationUnit::{Day, Hour, Minute, Week};

    fn trailing(length: (u32, ast::DurationUnit), ending: Option<(u32, ast::DurationUnit)>) -> Result<Window, Diagnostic> {
        let duration = |(amount, unit)| ast::Duration { amount, unit };
        let value = ast::Window::Trailing { length: duration(length), ending: ending.map(duration) };
        window(&Spanned { value, span: Span::default() })
    }

    #[test]
    fn days_and_weeks_are_whole_days_and_all_else_elapses() {
        assert_eq!(trailing((2, Week), Some((1, Day))).unwrap(), Window::Days { length: 14, ending: 1 });
        assert_eq!(trailing((90, Minute), None).unwrap(), Window::Elapsed { length_s: 5_400, ending_s: 0 });
        assert_eq!(trailing((24, Hour), Some((1, Day))).unwrap(), Window::Elapsed { length_s: 86_400, ending_s: 86_400 });
        assert!(trailing((0, Day), None).is_err());
        assert!(trailing((1_101, Day), None).is_err());
        assert!(trailing((u32::MAX, Week), None).is_err());
    }
}
