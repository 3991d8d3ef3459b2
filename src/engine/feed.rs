//! The rows of a file become events, as a `feed` block of a ruleset says. Pure: no files, no CSV.
//!
//! 1. [`Feed::open`] finds the declared columns in a file's header.
//! 2. [`Feed::event`] turns the cells of one row into a [`RawEvent`]: identity, time, revision and fields.
//! 3. The event is then typed by [`super::shape`] like every other one.
//!
//! JSON lines that are flat objects are read likewise ([`object`]).

mod object;

pub use object::ObjectFeed;

use super::event::{RawEvent, RawValue};
use crate::compile::program::{self, FeedColumn, FeedIdentity, Program, Unit};
use crate::diagnostic::{Diagnostic, Words, codes, nearest};
use crate::time::{Instant, Zone};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// A feed that reads one file.
#[derive(Debug)]
pub struct Feed<'a> {
    feed: &'a program::Feed,
    kind: &'a str,
    n_columns: usize,
    time: Column<'a>,
    revision: Option<Column<'a>>,
    fields: Vec<(&'a program::Field, Column<'a>)>,
    identity: Identity,
    last_time: (String, Option<Instant>),
}

#[derive(Debug)]
struct Column<'a> {
    index: usize,
    declared: &'a FeedColumn,
}

/// Where the identity comes from. Rows are counted by their hash, so that equal rows are separate events and the same
/// file sent twice gives the same identities.
#[derive(Debug)]
enum Identity {
    Row(HashMap<[u8; 16], u64>),
    Columns(Vec<usize>),
}

impl<'a> Feed<'a> {
    /// The only feed of a program, or the one with this name.
    ///
    /// # Errors
    /// When there is none, or several and no name was given.
    pub fn choose(program: &'a Program, name: Option<&str>) -> Result<&'a program::Feed, Diagnostic> {
        let names = || program.feeds.iter().map(|feed| feed.name.as_str()).collect::<Vec<_>>().join(", ");
        match (name, program.feeds.as_slice()) {
            (None, []) => Err(Diagnostic::general(&codes::event::NO_FEED).arg("ruleset", &program.name)),
            (None, [feed]) => Ok(feed),
            (None, _) => Err(Diagnostic::general(&codes::event::WHICH_FEED).arg("ruleset", &program.name).arg("feeds", names())),
            (Some(name), feeds) => feeds.iter().find(|feed| feed.name == name).ok_or_else(|| {
                Diagnostic::general(&codes::event::UNKNOWN_FEED).arg("ruleset", &program.name).arg("feed", name).arg("feeds", names())
            }),
        }
    }

    /// Finds the feed's columns in the header of a file.
    ///
    /// # Errors
    /// When a declared column is not there.
    pub fn open(program: &'a Program, feed: &'a program::Feed, header: &[&str]) -> Result<Feed<'a>, Diagnostic> {
        let find = |column: &str| position(feed, header, column);
        let place = |declared: &'a FeedColumn| Ok::<_, Diagnostic>(Column { index: find(&declared.column)?, declared });
        let event =
            program.events.get(feed.event).ok_or_else(|| Diagnostic::general(&codes::event::NO_FEED).arg("ruleset", &program.name))?;
        let mut fields = Vec::with_capacity(feed.columns.len());
        for (index, column) in &feed.columns {
            if let Some(field) = event.fields.get(*index) {
                fields.push((field, place(column)?));
            }
        }
        let identity = match &feed.identity {
            FeedIdentity::Row => Identity::Row(HashMap::new()),
            FeedIdentity::Columns(columns) => Identity::Columns(columns.iter().map(|column| find(column)).collect::<Result<_, _>>()?),
        };
        Ok(Feed {
            feed,
            kind: &event.name,
            n_columns: header.len(),
            time: place(&feed.time)?,
            revision: feed.revision.as_ref().map(place).transpose()?,
            fields,
            identity,
            last_time: (String::new(), None),
        })
    }

    /// The event of the next row. Rows must come in the order of the file: equal rows are told apart by their number.
    ///
    /// # Errors
    /// When the row has another number of cells than the header, or a cell cannot be read.
    pub fn event(&mut self, cells: &[&str]) -> Result<RawEvent, Diagnostic> {
        let id = self.identity.next(cells);
        if cells.len() != self.n_columns {
            return Err(Diagnostic::general(&codes::event::FEED_CELLS).arg("found", cells.len()).arg("expected", self.n_columns));
        }
        let time = self.time(cells)?;
        let revision = match &self.revision {
            Some(column) => column.revision(column.cell(cells))?,
            None => 0,
        };
        let mut data = Vec::with_capacity(self.fields.len());
        for (field, column) in &self.fields {
            let value = column.value(field, &self.feed.zone, column.cell(cells))?;
            if !matches!(value, RawValue::Null) {
                data.push((field.name.clone(), value));
            }
        }
        Ok(RawEvent { source: self.feed.source.clone(), id, kind: self.kind.to_owned(), time: Some(time), revision, data })
    }

    /// The event's time. Files are mostly sorted, so the last answer is kept.
    fn time(&mut self, cells: &[&str]) -> Result<Instant, Diagnostic> {
        let text = self.time.cell(cells);
        if self.last_time.0 != text {
            self.last_time = (text.to_owned(), read_time(&self.feed.zone, text, self.time.declared.format.as_deref()));
        }
        self.last_time.1.ok_or_else(|| self.time.refuse(text))
    }
}

impl Column<'_> {
    fn cell<'c>(&self, cells: &[&'c str]) -> &'c str {
        cells.get(self.index).copied().unwrap_or_default()
    }

    fn revision(&self, cell: &str) -> Result<i64, Diagnostic> {
        match cell.trim() {
            "" => Ok(0),
            text => decimal(text).and_then(|n| i64::try_from(n).ok().filter(|i| Decimal::from(*i) == n)).ok_or_else(|| self.refuse(text)),
        }
    }

    /// The value of a field. Exports write counts as `6.0`, so numbers are read here; everything else stays a text.
    fn value(&self, field: &program::Field, zone: &Zone, text: &str) -> Result<RawValue, Diagnostic> {
        if text.trim().is_empty() {
            return Ok(RawValue::Null);
        }
        let format = self.declared.format.as_deref();
        Ok(match field.unit {
            Unit::Number | Unit::Count | Unit::Percent | Unit::Money(_) | Unit::MoneyIn(_) | Unit::Duration => {
                decimal(text.trim()).map_or_else(|| RawValue::Text(text.trim().to_owned()), RawValue::Number)
            }
            Unit::Time => RawValue::Text(read_time(zone, text, format).ok_or_else(|| self.refuse(text))?.to_string()),
            Unit::Date if format.is_some() => {
                let instant = read_time(zone, text, format).ok_or_else(|| self.refuse(text))?;
                RawValue::Text(zone.day_of(instant).to_string())
            }
            _ => RawValue::Text(text.to_owned()),
        })
    }

    fn refuse(&self, text: &str) -> Diagnostic {
        let format = self.declared.format.as_deref().unwrap_or("%Y-%m-%d %H:%M:%S");
        Diagnostic::general(&codes::event::FEED_CELL).arg("column", &self.declared.column).arg("value", text).arg("format", format)
    }
}

impl Identity {
    fn next(&mut self, cells: &[&str]) -> String {
        match self {
            Identity::Row(seen) => {
                let hash = row_hash(cells);
                let occurrence = seen.entry(hash).or_insert(0);
                *occurrence += 1;
                format!("{:032x}-{occurrence}", u128::from_be_bytes(hash))
            }
            Identity::Columns(columns) => {
                let values: Vec<&str> = columns.iter().map(|index| cells.get(*index).copied().unwrap_or_default()).collect();
                match values.as_slice() {
                    [one] => (*one).to_owned(),
                    several => several.iter().map(|value| value.replace('\\', "\\\\").replace('/', "\\/")).collect::<Vec<_>>().join("/"),
                }
            }
        }
    }
}

/// The first 128 bits of BLAKE3 over the cells, each with its length before it, so that no two rows join alike.
fn row_hash(cells: &[&str]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for cell in cells {
        hasher.update(&(cell.len() as u64).to_le_bytes());
        hasher.update(cell.as_bytes());
    }
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    first
}

fn position(feed: &program::Feed, header: &[&str], column: &str) -> Result<usize, Diagnostic> {
    header.iter().position(|name| name.trim() == column).ok_or_else(|| {
        let guess = nearest(column, header.iter().copied())
            .map(|near| Words::new(format!("; did you mean \"{near}\"?"), format!("；是否为 \"{near}\"？")))
            .unwrap_or_default();
        Diagnostic::general(&codes::event::FEED_COLUMN)
            .arg("feed", &feed.name)
            .arg("column", column)
            .arg("columns", header.join(", "))
            .words("guess", guess)
    })
}

fn read_time(zone: &Zone, text: &str, format: Option<&str>) -> Option<Instant> {
    match format {
        Some(format) => zone.parse_format(text.trim(), format),
        None => zone.parse_local(text.trim()),
    }
}

/// A plain number, without the zeros that an export hangs on it.
fn decimal(text: &str) -> Option<Decimal> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'));
    if plain { Decimal::from_str_exact(text).ok().map(|n| n.normalize()) } else { None }
}
