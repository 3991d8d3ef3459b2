//! Tables, and what looks a value up in one.

use super::{Expr, Ident, Span, Spanned, Text};

/// `table limits by platform, market { … }`: data that rules look up, `|` between cells, the first line names the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// `limits`
    pub name: Ident,
    /// `by platform, market`: the columns of the keys.
    pub by: Vec<Ident>,
    /// `told by limit_told since day`: the event that tells further rows.
    pub told: Option<Telling>,
    /// The texts behind it.
    pub title: Text,
    /// The column names. `from`, `checked` and `source` are the row's own; what is no key either holds values.
    pub columns: Vec<Ident>,
    /// The rows. One may be shorter than the header (an error was reported).
    pub rows: Vec<Vec<TableCell>>,
    /// The whole declaration.
    pub span: Span,
}

/// `told by limit_told since day`
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    /// `limit_told`
    pub event: Ident,
    /// `day`: the field from whose day on a row counts; the event's time when None.
    pub since: Option<Ident>,
    /// All of it.
    pub span: Span,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableCell {
    /// The cell, trimmed and without quotes.
    pub text: Spanned<String>,
    /// `1%`, `20 USD`: the literal in a column of values; None in other columns and when the cell is empty.
    pub value: Option<Expr>,
}

/// `limits[platform, category].odr`: a value of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// `limits`
    pub table: Ident,
    /// `platform`, `category`: one for each key of the table.
    pub keys: Vec<Expr>,
    /// `odr`; None when the table has one column of values.
    pub column: Option<Ident>,
}
