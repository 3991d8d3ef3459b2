//! Alert rules.

use super::{ByVolume, Duration, Expr, Gate, Grain, Grouped, Ident, Inhibition, Schedule, Span, Spanned, Text, Window, WorkSpan};

/// `alert late_shipments on late_rate over 10 days per shop { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// `late_shipments`
    pub name: Ident,
    /// `late_rate`, or any formula.
    pub subject: Expr,
    /// `over 10 days`
    pub window: Option<Spanned<Window>>,
    /// `3 months if transactions >= 400`, when the window is only what stands behind `else`.
    pub volume: Option<Box<ByVolume>>,
    /// `per shop`
    pub per: Vec<Ident>,
    /// `title "…" zh "…"`
    pub title: Text,
    /// `warning when …`, in the order of the text.
    pub levels: Vec<AlertLevel>,
    /// `clear when < 2.5%`
    pub clear: Option<Expr>,
    /// `for 6 hours` in `clear when < 2.5% for 6 hours` or in `clear for 6 hours`
    pub clear_hold: Option<Spanned<Hold>>,
    /// `exempt when orders <= 10 "Too few orders"`
    pub exempts: Vec<Gate>,
    /// `inhibited by account_down on shop`
    pub inhibited: Vec<Inhibition>,
    /// `group by team`
    pub grouped: Option<Grouped>,
    /// `no data keep`
    pub no_data: Option<Spanned<NoData>>,
    /// `message "…" zh "…"`
    pub message: Text,
    /// `notify operations, managers`
    pub notify: Vec<Ident>,
    /// `repeat every 1 day`
    pub repeat: Option<Spanned<Duration>>,
    /// `evaluated every monday at 06:00`
    pub evaluated: Option<Schedule>,
    /// The whole declaration.
    pub span: Span,
}

/// `critical when > 4% for 2 days and orders >= 30`
#[derive(Debug, Clone, PartialEq)]
pub struct AlertLevel {
    /// `critical`
    pub severity: Spanned<AlertSeverity>,
    /// The whole condition of the line; a comparison without a left side holds [`ExprKind::Subject`].
    pub when: Expr,
    /// `for 2 days`, `for 3 of 5 days`: covers the whole condition.
    pub hold: Option<Spanned<Hold>>,
    /// `early`, `so far`: what the line says of a period that still runs.
    pub judged: Option<Spanned<Judged>>,
    /// The whole line.
    pub span: Span,
}

/// How long a condition must hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Hold {
    /// `for 2 days`: without a break.
    Unbroken(Duration),
    /// `for 3 of 5 days`: at the end of so many days among the last, today as it stands.
    SomeOf(u32, Duration),
    /// `for 3 months`: in so many whole periods, one after the other.
    Periods(u32, Grain),
    /// `for 4 working hours in us_market`: without a break, through so much working time.
    Working(WorkSpan),
}

/// How a line takes a number of a period that still runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// `early`: it cannot come back before the period ends.
    Early,
    /// `so far`: as it stands, whatever becomes of it.
    SoFar,
}

/// How bad a firing alert is; later is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum AlertSeverity {
    Info,
    Warning,
    Critical,
}

/// What an alert does while its subject is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoData {
    /// `keep`: every condition keeps its last known truth.
    Keep,
    /// `alert`: the first line of the rule counts as true.
    Alert,
    /// `clear`: every condition counts as false and the alert clears.
    Clear,
}
