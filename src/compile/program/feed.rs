//! How the columns of a file become an event.

use super::{EventIdx, FieldIdx};
use crate::time::Zone;
use std::fmt;

/// `feed …`: how the columns of a file become an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// The feed's name.
    pub name: String,
    /// The event type it makes.
    pub event: EventIdx,
    /// The zone of times without an offset.
    pub zone: Zone,
    /// The CloudEvents source of its events.
    pub source: String,
    /// Where the identity comes from.
    pub identity: FeedIdentity,
    /// The column of the event's time.
    pub time: FeedColumn,
    /// The column of the revision.
    pub revision: Option<FeedColumn>,
    /// The array whose elements are an event each; its lines are JSON.
    pub each: Option<String>,
    /// Rows that are no events.
    pub skips: Vec<FeedSkip>,
    /// For each mapped field: its index and column.
    pub columns: Vec<(FieldIdx, FeedColumn)>,
    /// For each field that every row says the same of: its index and text.
    pub fixed: Vec<(FieldIdx, String)>,
}

impl Feed {
    /// Every column that a file must have.
    pub fn needed(&self) -> impl Iterator<Item = &str> {
        let identity = match &self.identity {
            FeedIdentity::Row => &[][..],
            FeedIdentity::Columns(columns) => columns,
        };
        let fields = self.columns.iter().map(|(_, column)| column);
        let mapped = fields.chain([&self.time]).chain(&self.revision).flat_map(|column| column.currency.iter().chain([&column.column]));
        mapped.chain(identity).chain(self.skips.iter().map(|skip| &skip.column)).map(String::as_str)
    }
}

/// `skip when "Status" is "Pending"`: rows that are no events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSkip {
    /// The column that tells it.
    pub column: String,
    /// What it must say.
    pub test: FeedTest,
    /// The opposite is asked.
    pub not: bool,
}

/// What a cell says of its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedTest {
    /// One of these texts.
    Is(Vec<String>),
    /// Nothing.
    Unknown,
    /// A text that begins with this one.
    Starts(String),
}

/// A column of a file, and how it writes what it says when that is not the usual way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct FeedColumn {
    pub column: String,
    /// The column that says the currency of an amount.
    pub currency: Option<String>,
    pub format: Option<CellFormat>,
}

/// `format "…"`: how a column writes its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellFormat {
    /// A time or date, in strptime form: `%d/%m/%Y`.
    Time(String),
    /// A number, shown by a sample: `1.234,50`.
    Number(NumberForm),
    /// The words for true and false: `late/on time`.
    Flag(String, String),
}

impl fmt::Display for CellFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CellFormat::Time(format) => f.write_str(format),
            CellFormat::Number(form) => form.fmt(f),
            CellFormat::Flag(yes, no) => write!(f, "{yes}/{no}"),
        }
    }
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberForm {
    /// What may stand between groups of three digits; a blank stands for every kind of blank.
    pub group: Option<char>,
    /// What stands before the decimals.
    pub point: char,
    /// A percentage is written in hundredths, with its sign or without.
    pub percent: bool,
}

impl NumberForm {
    /// `1,234.50`, the form of columns that name no other one.
    pub const USUAL: NumberForm = NumberForm { group: Some(','), point: '.', percent: false };

    /// The form that a sample shows. Three decimals would leave open whether they are a group.
    pub fn shown_by(sample: &str) -> Option<NumberForm> {
        let (sample, percent) = sample.strip_suffix('%').map_or((sample, false), |rest| (rest.trim_end(), true));
        let (at, point) = sample.char_indices().rfind(|(_, c)| matches!(c, '.' | ','))?;
        let (whole, decimals) = (sample.get(..at)?, sample.get(at + 1..)?);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let group = whole.chars().find(|c| !c.is_ascii_digit());
        let known = group.is_none_or(|group| group != point && matches!(group, ',' | '.' | '\'' | ' ' | '\u{a0}' | '\u{202f}'));
        let mut parts = whole.split(|c| Some(c) == group);
        let grouped = parts.next().is_some_and(|first| digits(first) && (group.is_none() || first.len() <= 3))
            && parts.all(|part| digits(part) && part.len() == 3);
        let fine = known && grouped && digits(decimals) && decimals.len() <= 2;
        fine.then(|| NumberForm { group: group.map(|c| if matches!(c, '\u{a0}' | '\u{202f}') { ' ' } else { c }), point, percent })
    }
}

impl fmt::Display for NumberForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group.map(String::from).unwrap_or_default();
        write!(f, "1{group}234{}50{}", self.point, if self.percent { "%" } else { "" })
    }
}

/// Where the identity of a row comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedIdentity {
    /// The hash of the whole row and its occurrence number in the file.
    Row,
    /// The values of these columns.
    Columns(Vec<String>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_show_a_form() {
        let shown = |sample| NumberForm::shown_by(sample).map(|form| form.to_string()).unwrap_or_default();
        for (sample, form) in [
            ("1,234.50", "1,234.50"),
            ("1.234,5", "1.234,50"),
            ("1234,50", "1234,50"),
            ("1 234,50", "1 234,50"),
            ("1\u{202f}234,50", "1 234,50"),
            ("1'234.50", "1'234.50"),
            ("12,5%", "1234,50%"),
            ("1,234", ""),
            ("1,234,567.8", "1,234.50"),
            ("12,34.5", ""),
            ("1.234.5", ""),
            ("12", ""),
            (".5", ""),
            ("%d", ""),
        ] {
            assert_eq!(shown(sample), form, "{sample}");
        }
    }
}
