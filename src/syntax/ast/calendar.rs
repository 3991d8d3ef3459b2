//! Calendars in the tree.

use super::{Expr, Grain, Ident, Span, Spanned, Text};

/// `fiscal year starts april`, `fiscal year ends september in 4-4-5 weeks last`
#[derive(Debug, Clone, PartialEq)]
pub struct FiscalYear {
    /// True for `ends`: a year is named by the calendar year in which it ends.
    pub ends: bool,
    /// `april`
    pub month: Ident,
    /// `in 4-4-5 weeks last`; None for a year of calendar months.
    pub weeks: Option<FiscalWeeks>,
    /// The whole line.
    pub span: Span,
}

/// `in 4-4-5 weeks last`
#[derive(Debug, Clone, PartialEq)]
pub struct FiscalWeeks {
    /// `4-4-5`
    pub pattern: Spanned<String>,
    /// True for `nearest`, false for `last`: which last day of a week ends the year.
    pub nearest: bool,
}

/// `calendar us_market { … }`: when people work in a market.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// `us_market`
    pub name: Ident,
    /// `title "…" zh "…"`
    pub title: Text,
    /// `timezone America/New_York`: the ruleset's when absent.
    pub timezone: Option<Spanned<String>>,
    /// `work monday to friday 09:00 to 18:00`, in the order of the text.
    pub work: Vec<Work>,
    /// `closed 2026-02-16 to 2026-02-22 "Spring Festival"`, in the order of the text.
    pub closed: Vec<Dates>,
    /// `open 2026-02-14`: days that are worked whatever weekday they are.
    pub open: Vec<Dates>,
    /// `covers 2026-01-01 to 2026-12-31`: of which days all of this is known.
    pub covers: Option<Dates>,
    /// The whole declaration.
    pub span: Span,
}

/// `work monday to friday, sunday 09:00 to 18:00`
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// `monday to friday`: the first and the last weekday; the same one twice for `sunday`.
    pub days: Vec<(Ident, Ident)>,
    /// `09:00 to 18:00`; the whole day when absent.
    pub hours: Option<(Spanned<String>, Spanned<String>)>,
    /// The whole line.
    pub span: Span,
}

/// `2026-02-16 to 2026-02-22`; the same day twice for a single one.
#[derive(Debug, Clone, PartialEq)]
pub struct Dates {
    /// `2026-02-16`
    pub first: Spanned<String>,
    /// `2026-02-22`
    pub last: Spanned<String>,
}

/// `2 working days in us_market`: what is added to a time.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkSpan {
    /// `2`
    pub amount: u32,
    /// `days`
    pub unit: WorkUnit,
    /// `us_market`
    pub calendar: Ident,
}

/// What working time is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum WorkUnit {
    Days,
    Hours,
    Minutes,
}

/// `working time from asked to answered in support`
#[derive(Debug, Clone, PartialEq)]
pub struct WorkTime {
    /// `asked`
    pub from: Expr,
    /// `answered`
    pub to: Expr,
    /// `support`
    pub calendar: Ident,
}

/// `evaluated every monday at 06:00`, `evaluated every month on 20`
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// `every monday`
    pub days: ScheduleDays,
    /// `at 06:00`; midnight when absent.
    pub time: Option<Spanned<String>>,
    /// The whole line.
    pub span: Span,
}

/// On which days something is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleDays {
    /// `monday, thursday`
    Weekdays(Vec<Ident>),
    /// `month on 20`; the first day of each when no day is written.
    OfPeriod(Grain, Option<Spanned<u32>>),
}

/// `occasion prime_day { … }`: an event with a name that comes again, on other days every time.
#[derive(Debug, Clone, PartialEq)]
pub struct Occasion {
    /// `prime_day`
    pub name: Ident,
    /// `title "…" zh "…"`
    pub title: Text,
    /// `2026-06-23 to 2026-06-26`, in the order of the text.
    pub days: Vec<Dates>,
    /// The whole declaration.
    pub span: Span,
}

/// `latest prime_day`, `previous prime_day`, `2026 prime_day`
#[derive(Debug, Clone, PartialEq)]
pub struct OccasionAt {
    /// `prime_day`
    pub occasion: Ident,
    /// Which of them.
    pub which: Which,
}

/// Which of the times that an occasion came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// `latest`: the last one that has begun.
    Latest,
    /// `previous`: the one before that.
    Previous,
    /// `2026`: the one that begins in this calendar year.
    Year(i16),
}

/// `timezone by shop { us America/Los_Angeles, de Europe/Berlin }`
#[derive(Debug, Clone, PartialEq)]
pub struct ZonesBy {
    /// `shop`
    pub dimension: Ident,
    /// The zone of each value.
    pub zones: Vec<ValueZone>,
}

/// `us America/Los_Angeles`
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub struct ValueZone {
    pub value: Spanned<String>,
    pub zone: Spanned<String>,
}
