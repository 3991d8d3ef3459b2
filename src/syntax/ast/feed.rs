//! Mappings from the columns of a file in the tree.

use super::{Ident, Span, Spanned};

/// `feed invoice_lines to line { … }`: how the columns of a file become the fields of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// `invoice_lines`
    pub name: Ident,
    /// `line`, the event.
    pub event: Ident,
    /// `timezone Europe/London`: for times without an offset; the ruleset's when absent.
    pub timezone: Option<Spanned<String>>,
    /// `source "online_retail"`: the CloudEvents source; the feed's name when absent.
    pub source: Option<Spanned<String>>,
    /// `id from row` (hash of the row and its occurrence number) or `id from "A", "B"`.
    pub id: Option<FeedId>,
    /// `each "Payload.OrderItems"`: the array whose elements are an event each.
    pub each: Option<Spanned<String>>,
    /// `skip when "Status" is "Pending"`: rows that are no events.
    pub skips: Vec<FeedSkip>,
    /// `field from "Column"`; `time` stands for the event's time, `revision` for its revision.
    pub columns: Vec<FeedColumn>,
    /// `platform = "amazon"`: what every row says of a field, because the file does not.
    pub fixed: Vec<(Ident, Spanned<String>)>,
    /// The whole declaration.
    pub span: Span,
}

/// Where the identity of a row comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedId {
    /// `id from row`: the hash of the whole row and how often the same row came before in the file.
    Row(Span),
    /// `id from "Order", "Line"`: the values of these columns.
    Columns(Vec<Spanned<String>>),
}

/// `skip when "Status" is "Pending", "Cancelled"`
#[derive(Debug, Clone, PartialEq)]
pub struct FeedSkip {
    /// `"Status"`
    pub column: Spanned<String>,
    /// What is asked of it.
    pub test: FeedTest,
}

/// What a line `skip when` asks of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedTest {
    /// `is "Pending", "Cancelled"`; not with true: `is not "Paid"`.
    Is(bool, Vec<Spanned<String>>),
    /// `is unknown`; with true: `is not unknown`.
    Unknown(bool),
    /// `starts with "Test"`
    Starts(Spanned<String>),
}

/// `price from "UnitPrice"`, `time from "InvoiceDate" format "%Y-%m-%d %H:%M:%S"`
#[derive(Debug, Clone, PartialEq)]
pub struct FeedColumn {
    /// `price`
    pub field: Ident,
    /// `"UnitPrice"`
    pub column: Spanned<String>,
    /// `in "Currency"`: the column that says the currency of an amount.
    pub currency: Option<Spanned<String>>,
    /// `format "…"`: how the column writes its values.
    pub format: Option<Spanned<String>>,
}
