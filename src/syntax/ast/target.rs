//! Targets in the tree.

use super::{Expr, Grain, Ident, Span, Spanned, Telling, Text};
use rust_decimal::Decimal;

/// `target gmv per shop { … }`: what is expected of a metric in a period at a scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// `gmv`, the metric.
    pub name: Ident,
    /// `per shop`; empty for the whole workspace.
    pub per: Vec<Ident>,
    /// `every month told by goal_told since day`: of which periods events tell amounts, and which events.
    pub told: Option<(Spanned<Grain>, Telling)>,
    /// `title "…" zh "…"`
    pub title: Text,
    /// The lines of amounts in the order of the text.
    pub rows: Vec<TargetRow>,
    /// `split month like gmv in 2025`, in the order of the text.
    pub splits: Vec<Split>,
    /// `divide channel { amazon 38, tiktok 12 }`, in the order of the text.
    pub divisions: Vec<Division>,
    /// `step 1 USD`: every part is a multiple of it.
    pub step: Option<Expr>,
    /// The whole declaration.
    pub span: Span,
}

/// `[shop: us] 2026 3_600_000 USD from 2026-07-01`
#[derive(Debug, Clone, PartialEq)]
pub struct TargetRow {
    /// `[shop: us]`
    pub scope: Vec<(Ident, Spanned<String>)>,
    /// `2026`
    pub period: Spanned<String>,
    /// `3_600_000 USD`, a constant.
    pub value: Expr,
    /// `from 2026-07-01`: the day from which the line counts.
    pub from: Option<Spanned<String>>,
    /// The whole line.
    pub span: Span,
}

/// `split month like gmv in 2025`, `split quarter { 23, 25, 22, 30 }`
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// `month`
    pub grain: Spanned<Grain>,
    /// What the parts are in proportion to.
    pub by: SplitBy,
    /// `along prime_day, black_friday`: named events that take their shares to the days of the target's own year.
    pub along: Vec<Ident>,
    /// The whole line.
    pub span: Span,
}

/// What the parts of a target are in proportion to.
#[derive(Debug, Clone, PartialEq)]
pub enum SplitBy {
    /// `{ 23, 25, 22, 30 }`
    Weights(Vec<Spanned<Decimal>>),
    /// `like gmv in 2025`; the year before the target's own when the file names none.
    Like(Ident, Option<Spanned<String>>),
}

/// `divide channel { amazon 38, tiktok 12 }`: what a target for all gives each value of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// `channel`
    pub dimension: Ident,
    /// `amazon 38`, in the order of the text.
    pub shares: Vec<(Spanned<String>, Spanned<Decimal>)>,
}
