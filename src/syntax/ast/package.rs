//! What a ruleset uses of packages, and what it sets of them.

use super::{Expr, Ident, Span, Spanned, Text};

/// `use amazon.account_health 3 with { odr_limit: 1% }`
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    /// `amazon.account_health`
    pub package: Ident,
    /// `3`; None when the head could not be read (an error was reported).
    pub major: Option<Spanned<String>>,
    /// What is set of what the package opens.
    pub settings: Vec<Setting>,
    /// The whole declaration.
    pub span: Span,
}

/// `odr_limit: 1%`, `late_rate title "Late"`, `late_shipments message "…"`
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// `odr_limit`
    pub name: Ident,
    /// What it is set to.
    pub to: SetTo,
}

/// What is set of a declaration.
#[derive(Debug, Clone, PartialEq)]
pub enum SetTo {
    /// The value of a param.
    Value(Expr),
    /// The title of anything.
    Title(Text),
    /// The message of an alert.
    Message(Text),
}
