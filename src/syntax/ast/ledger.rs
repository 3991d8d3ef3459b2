//! Ledgers in the tree.

use super::{Better, Cite, Duration, Expr, Grain, Ident, MetricKind, Span, Spanned, Text};

/// `ledger penalty per shop { … }`: a balance that events move, and the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// `penalty`
    pub name: Ident,
    /// `per shop`: whose accounts are kept; empty for those of any scope.
    pub per: Vec<Ident>,
    /// `title "…" zh "…"`
    pub title: Text,
    /// `start 200`, a constant.
    pub start: Option<Expr>,
    /// `add …` and `deduct …` in the order of the text.
    pub entries: Vec<LedgerEntry>,
    /// `decay 10% every month`
    pub decay: Option<LedgerDecay>,
    /// `reset every quarter on first monday`
    pub reset: Option<LedgerReset>,
    /// `at least 0`, a constant.
    pub at_least: Option<Expr>,
    /// `at most 1_000`, a constant.
    pub at_most: Option<Expr>,
    /// `better lower`
    pub better: Option<Spanned<Better>>,
    /// `kind process`
    pub kind: Option<Spanned<MetricKind>>,
    /// `cite "…" checked 2026-03-01`
    pub cite: Option<Cite>,
    /// The whole declaration.
    pub span: Span,
}

/// `deduct sum(violation.points) expires after 180 days`, `add 4 for each 200 of count(order)`, `add late_rate every month`
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerEntry {
    /// True for `deduct`.
    pub deduct: bool,
    /// What moves the balance; a constant when there is a `for each`.
    pub amount: Expr,
    /// `for each 200 of count(order)`
    pub each: Option<LedgerEach>,
    /// `every week`: judged once a period; every day when absent.
    pub every: Option<Spanned<Grain>>,
    /// `expires after 180 days`
    pub expires: Option<Spanned<Duration>>,
    /// The whole line.
    pub span: Span,
}

/// `for each 200 of count(order)`
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerEach {
    /// `200`, a constant.
    pub step: Expr,
    /// `count(order)`
    pub of: Expr,
}

/// `decay 10% every month`
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerDecay {
    /// `10%`, or an amount: a constant.
    pub by: Expr,
    /// `month`
    pub every: Spanned<Grain>,
}

/// `reset every quarter on first monday`
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerReset {
    /// `quarter`
    pub every: Spanned<Grain>,
    /// `monday`; the first day of the period when absent.
    pub on: Option<Ident>,
    /// The whole line.
    pub span: Span,
}
