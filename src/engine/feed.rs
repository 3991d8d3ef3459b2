//! The rows of a file become events, as a `feed` block of a ruleset says. Pure: no files, no CSV.
//!
//! 1. [`Feed::find`] looks for the row that names the columns, and for the feed that they fit; [`Feed::open`] finds the
//!    declared columns in it.
//! 2. [`Feed::event`] turns the cells of one row into a [`RawEvent`]: identity, time, revision and fields, each read in the
//!    form of its column ([`super::cell`]); or into nothing, when the feed skips such rows.
//! 3. The event is then typed by [`super::shape`] like every other one.
//!
//! JSON lines are read likewise, whole or one event an element of an array ([`object`]).

mod object;

pub use object::{Members, Object, ObjectFeed};

pub use super::cell::Cell;
use super::cell::{self, Misfit};
use super::event::{RawEvent, RawValue};
use crate::compile::program::{self, FeedColumn, FeedIdentity, FeedSkip, FeedTest, Program};
use crate::diagnostic::{Diagnostic, Words, codes, nearest};
use crate::time::Instant;
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
    /// What every row says of a field.
    fixed: Vec<(&'a str, String)>,
    /// Who sent the events.
    source: String,
    /// The revision of rows that say none.
    set_revision: i64,
    identity: Identity,
    /// The columns that tell which rows are no events.
    skips: Vec<(usize, &'a FeedSkip)>,
    last_time: (String, Option<Instant>),
}

#[derive(Debug)]
struct Column<'a> {
    index: usize,
    /// Where the currency of an amount stands.
    currency: Option<usize>,
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
            (None, feeds) => Err(which(program, feeds)),
            (Some(name), feeds) => feeds.iter().find(|feed| feed.name == name).ok_or_else(|| {
                Diagnostic::general(&codes::event::UNKNOWN_FEED).arg("ruleset", &program.name).arg("feed", name).arg("feeds", names())
            }),
        }
    }

    /// Finds the first of these rows that names every column of a feed: of the one with this name, or of the only one that
    /// fits. Exports put titles above their header.
    ///
    /// # Errors
    /// When there is no feed, none fits, or several do; with the number of columns that fit best.
    pub fn find(program: &'a Program, name: Option<&str>, rows: &[Vec<&str>]) -> Result<(usize, &'a program::Feed), (usize, Diagnostic)> {
        let feeds = match name {
            Some(_) => vec![Feed::choose(program, name).map_err(|diagnostic| (0, diagnostic))?],
            None => program.feeds.iter().filter(|feed| feed.each.is_none()).collect(),
        };
        for (at, row) in rows.iter().enumerate() {
            let has = |column: &str| row.iter().any(|name| name.trim() == column);
            let fitting: Vec<&program::Feed> = feeds.iter().copied().filter(|feed| feed.needed().all(has)).collect();
            match fitting.as_slice() {
                [] => {}
                [feed] => return Ok((at, feed)),
                several => return Err((usize::MAX, which(program, several.iter().copied()))),
            }
        }
        let matches =
            |feed: &program::Feed, row: &[&str]| feed.needed().filter(|column| row.iter().any(|name| name.trim() == *column)).count();
        let named = |row: &[&str]| row.iter().filter(|name| !name.trim().is_empty()).count();
        let pairs = feeds.iter().flat_map(|feed| rows.iter().map(move |row| ((matches(feed, row), named(row)), *feed, row)));
        // The first of the best; of rows that match nothing the one that looks most like a header.
        match pairs.reduce(|best, next| if next.0 > best.0 { next } else { best }) {
            Some(((matched, _), feed, row)) if matched > 0 || feeds.len() == 1 => {
                let mistake = Feed::open(program, feed, row).err();
                Err((matched, mistake.unwrap_or_else(|| which(program, [feed]))))
            }
            _ => Err((0, Feed::choose(program, None).err().unwrap_or_else(|| which(program, feeds)))),
        }
    }

    /// The fields of the event, with the index of the column that each is read from; time and revision among them.
    pub fn mapped(&self) -> impl Iterator<Item = (&str, usize, Option<&program::Field>)> {
        let own = [("time", Some(&self.time)), ("revision", self.revision.as_ref())];
        let own = own.into_iter().filter_map(|(name, column)| Some((name, column?.index, None)));
        own.chain(self.fields.iter().map(|(field, column)| (field.name.as_str(), column.index, Some(*field))))
    }

    /// What every row says of the fields that the feed fixes.
    pub fn fixed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fixed.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// Lets every row say something else of a field that the feed fixes: the same export of another shop; or gives every row
    /// a `revision`, with which a later export replaces an earlier one. The events come from another source, so that equal
    /// rows of two shops or two exports are separate events.
    ///
    /// # Errors
    /// When the feed does not fix the field, or has a column for the revision.
    pub fn set(&mut self, field: &str, text: &str) -> Result<(), Diagnostic> {
        if let ("revision", None, Ok(revision)) = (field, &self.revision, text.parse()) {
            self.set_revision = revision;
            self.source += &format!("?{field}={text}");
            return Ok(());
        }
        let Some((_, fixed)) = self.fixed.iter_mut().find(|(name, _)| *name == field) else {
            let fields: Vec<&str> = self.fixed.iter().map(|(name, _)| *name).collect();
            let diagnostic = Diagnostic::general(&codes::import::NOT_FIXED).arg("feed", &self.feed.name).arg("field", field);
            return Err(match fields.as_slice() {
                [] => diagnostic.words("fields", Words::new("none", "无")),
                fields => diagnostic.arg("fields", fields.join(", ")),
            });
        };
        text.clone_into(fixed);
        self.source += &format!("?{field}={text}");
        Ok(())
    }

    /// What the feed declares.
    pub fn declared(&self) -> &'a program::Feed {
        self.feed
    }

    /// Finds the feed's columns in the header of a file.
    ///
    /// # Errors
    /// When a declared column is not there.
    pub fn open(program: &'a Program, feed: &'a program::Feed, header: &[&str]) -> Result<Feed<'a>, Diagnostic> {
        let find = |column: &str| position(feed, header, column);
        let place = |declared: &'a FeedColumn| {
            let currency = declared.currency.as_deref().map(find).transpose()?;
            Ok::<_, Diagnostic>(Column { index: find(&declared.column)?, currency, declared })
        };
        if let Some(each) = &feed.each {
            return Err(Diagnostic::general(&codes::import::EACH_OF_TABLE).arg("feed", &feed.name).arg("each", each));
        }
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
        let skips = feed.skips.iter().map(|skip| Ok::<_, Diagnostic>((find(&skip.column)?, skip))).collect::<Result<_, _>>()?;
        Ok(Feed {
            feed,
            kind: &event.name,
            n_columns: header.len(),
            time: place(&feed.time)?,
            revision: feed.revision.as_ref().map(place).transpose()?,
            fields,
            fixed: fixed(event, feed),
            source: feed.source.clone(),
            set_revision: 0,
            identity,
            skips,
            last_time: (String::new(), None),
        })
    }

    /// Whether the feed skips a row.
    pub fn skips<'c, C: Copy + Into<Cell<'c>>>(&self, cells: &[C]) -> bool {
        let text = |index: usize| cells.get(index).map_or("", |cell| (*cell).into().text());
        self.skips.iter().any(|(index, skip)| is_skipped(skip, text(*index)))
    }

    /// The event of the next row; None for a row that the feed skips. Rows must come in the order of the file: equal rows
    /// are told apart by their number.
    ///
    /// # Errors
    /// When the row has another number of cells than the header, or a cell cannot be read.
    pub fn event<'c, C: Copy + Into<Cell<'c>>>(&mut self, cells: &[C]) -> Result<Option<RawEvent>, Diagnostic> {
        let id = self.identity.next(cells);
        if cells.len() != self.n_columns {
            return Err(Diagnostic::general(&codes::event::FEED_CELLS).arg("found", cells.len()).arg("expected", self.n_columns));
        }
        if self.skips(cells) {
            return Ok(None);
        }
        let time = self.time(self.time.cell(cells))?;
        let revision = match &self.revision {
            Some(column) => column.revision(column.cell(cells))?,
            None => self.set_revision,
        };
        let mut data = Vec::with_capacity(self.fields.len());
        for (field, column) in &self.fields {
            let cell = column.cell(cells);
            let value = cell::value(cell, field, column.declared.format.as_ref(), &self.feed.zone);
            let value = value.map_err(|misfit| column.refuse(cell.text(), misfit))?;
            let currency = column.currency.and_then(|index| cells.get(index)).map_or("", |cell| (*cell).into().text());
            let value = cell::in_currency(value, currency);
            if !matches!(value, RawValue::Null) {
                data.push((field.name.clone(), value));
            }
        }
        data.extend(self.fixed.iter().map(|(name, text)| ((*name).to_owned(), RawValue::Text(text.clone()))));
        Ok(Some(RawEvent { source: self.source.clone(), id, kind: self.kind.to_owned(), time: Some(time), revision, data }))
    }

    /// The event's time. Files are mostly sorted, so the last answer is kept.
    fn time(&mut self, cell: Cell<'_>) -> Result<Instant, Diagnostic> {
        let text = cell.text();
        if self.last_time.0 != text {
            self.last_time = (text.to_owned(), cell::moment(cell, self.time.declared.format.as_ref(), &self.feed.zone));
        }
        self.last_time.1.ok_or_else(|| self.time.refuse(text, Misfit::Form))
    }
}

impl Column<'_> {
    fn cell<'c, C: Copy + Into<Cell<'c>>>(&self, cells: &[C]) -> Cell<'c> {
        cells.get(self.index).map_or(Cell::Text(""), |cell| (*cell).into())
    }

    fn revision(&self, cell: Cell<'_>) -> Result<i64, Diagnostic> {
        if cell.text().trim().is_empty() {
            return Ok(0);
        }
        cell::whole(cell, self.declared.format.as_ref()).ok_or_else(|| self.refuse(cell.text(), Misfit::Form))
    }

    fn refuse(&self, text: &str, misfit: Misfit) -> Diagnostic {
        let code = match misfit {
            Misfit::Form => &codes::event::FEED_CELL,
            Misfit::Rounded => &codes::import::ROUNDED_ID,
        };
        let format = self.declared.format.as_ref().map_or_else(|| "%Y-%m-%d %H:%M:%S".to_owned(), ToString::to_string);
        Diagnostic::general(code).arg("column", &self.declared.column).arg("value", text).arg("format", format)
    }
}

impl Identity {
    fn next<'c, C: Copy + Into<Cell<'c>>>(&mut self, cells: &[C]) -> String {
        let text = |cell: &C| -> &'c str { (*cell).into().text() };
        match self {
            Identity::Row(seen) => {
                let hash = row_hash(cells.iter().map(text));
                let occurrence = seen.entry(hash).or_insert(0);
                *occurrence += 1;
                format!("{:032x}-{occurrence}", u128::from_be_bytes(hash))
            }
            Identity::Columns(columns) => {
                let values: Vec<&str> = columns.iter().map(|index| cells.get(*index).map_or("", text)).collect();
                match values.as_slice() {
                    [one] => (*one).to_owned(),
                    several => several.iter().map(|value| value.replace('\\', "\\\\").replace('/', "\\/")).collect::<Vec<_>>().join("/"),
                }
            }
        }
    }
}

/// Whether a row of this cell is no event.
fn is_skipped(skip: &FeedSkip, cell: &str) -> bool {
    let cell = cell.trim();
    let holds = match &skip.test {
        FeedTest::Is(texts) => texts.iter().any(|text| text == cell),
        FeedTest::Unknown => cell.is_empty() || cell::is_nothing(cell),
        FeedTest::Starts(text) => cell.starts_with(text.as_str()),
    };
    holds != skip.not
}

/// The first 128 bits of BLAKE3 over the cells, each with its length before it, so that no two rows join alike.
fn row_hash<'c>(cells: impl Iterator<Item = &'c str>) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for cell in cells {
        hasher.update(&(cell.len() as u64).to_le_bytes());
        hasher.update(cell.as_bytes());
    }
    let mut first = [0; 16];
    hasher.finalize_xof().fill(&mut first);
    first
}

/// What every row says of the fields that a feed fixes.
fn fixed<'a>(event: &'a program::EventDecl, feed: &program::Feed) -> Vec<(&'a str, String)> {
    let named = feed.fixed.iter().filter_map(|(field, text)| Some((event.fields.get(*field)?.name.as_str(), text.clone())));
    named.collect()
}

/// There are several feeds, and nothing says which one is meant.
fn which<'f>(program: &Program, feeds: impl IntoIterator<Item = &'f program::Feed>) -> Diagnostic {
    let names: Vec<&str> = feeds.into_iter().map(|feed| feed.name.as_str()).collect();
    Diagnostic::general(&codes::event::WHICH_FEED).arg("ruleset", &program.name).arg("feeds", names.join(", "))
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
