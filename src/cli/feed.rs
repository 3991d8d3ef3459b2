//! Event files: the rows of a table through a `feed` of the ruleset, or NDJSON, plain or compressed.
//!
//! 1. [`Events::open`] looks at the first bytes: gzip and zstd are unpacked, workbooks read by [`sheet`], other encodings
//!    by [`text`]; a text that begins with `{` is NDJSON, any other one is a table.
//! 2. The first row that names all columns of a feed is the header ([`Feed::find`]), with commas, tabs or semicolons between.
//! 3. The iterator gives one event a row, or one an element of an array, with its line. Rows that the feed skips are counted;
//!    a row that cannot be read gives its diagnostic and the next one is read all the same.

mod sheet;
mod text;

use super::Stop;
use super::output::Output;
use crate::compile::program::{self, Program};
use crate::diagnostic::{Diagnostic, Words, codes::cli as codes, codes::import};
use crate::engine::RawEvent;
use crate::engine::feed::{Feed, ObjectFeed};
use crate::http::events::{parse_line, parse_objects};
use indicatif::{ProgressBar, ProgressStyle};
use sheet::{Sheet, SheetRow};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Cursor, IsTerminal, Read};

/// The bytes in which the first one that is no blank, the encoding and the header of a table are looked for.
const HEAD_BYTES: usize = 1 << 18;
/// The rows among which the header is looked for.
const HEADER_ROWS: usize = 50;
/// The longest line of NDJSON, in bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// The events of a file.
pub struct Events<'p> {
    rows: Rows<'p>,
    /// The table that the rows stand in; None for NDJSON.
    pub table: Option<Table>,
    /// Shows how far the file has been read; hidden when nobody looks.
    pub progress: ProgressBar,
    /// How many rows were no events so far, as the feed says.
    pub left_out: usize,
    /// What the last line gave and was not asked for yet.
    waiting: VecDeque<Numbered>,
}

enum Rows<'p> {
    Csv {
        reader: csv::Reader<LineStarts>,
        feed: Box<Feed<'p>>,
        record: csv::ByteRecord,
    },
    Sheet {
        first: VecDeque<SheetRow>,
        sheet: Sheet,
        feed: Box<Feed<'p>>,
        columns: usize,
    },
    /// With a feed, objects; without one, events.
    Lines {
        reader: Box<dyn BufRead>,
        line: u64,
        feed: Option<Box<ObjectFeed<'p>>>,
    },
}

/// What a table looks like.
pub struct Table {
    /// The names of its columns.
    pub header: Vec<String>,
    /// The first cell of each column that is not blank, among the first rows that are read.
    pub samples: Vec<String>,
    /// The name of the feed that reads it.
    pub feed: String,
    /// The sheet, of a workbook.
    pub sheet: Option<String>,
    /// What every row says of the fields that the feed fixes.
    pub fixed: Vec<(String, String)>,
}

impl Table {
    /// The table of these rows, whose header is the one at `at`.
    fn of(rows: &[Vec<&str>], at: usize, feed: &Feed<'_>, sheet: Option<String>) -> Table {
        let header: Vec<String> = rows.get(at).into_iter().flatten().map(|name| name.trim().to_owned()).collect();
        let below = rows.get(at + 1..).unwrap_or_default();
        // A row that the feed skips, such as one that describes the columns, is no sample.
        let read: Vec<&Vec<&str>> = below.iter().filter(|row| !feed.skips(row.as_slice())).collect();
        let sample = |column| read.iter().filter_map(|row| row.get(column)).find(|cell: &&&str| !cell.trim().is_empty());
        let samples = (0..header.len()).map(|column| sample(column).map_or_else(String::new, |cell| (*cell).trim().to_owned())).collect();
        let fixed = feed.fixed().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        Table { header, samples, feed: feed.declared().name.clone(), sheet, fixed }
    }
}

/// An event and the line of the file where it begins.
pub struct Numbered {
    /// From 1; the header of a CSV is line 1.
    pub line: u64,
    /// The event, or why the row is none.
    pub event: Result<RawEvent, Diagnostic>,
}

/// Which part of a file is read, and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pick<'a> {
    /// The feed of the ruleset; the one that fits when none is named.
    pub feed: Option<&'a str>,
    /// The sheet of a workbook; the first one when none is named.
    pub sheet: Option<&'a str>,
    /// What every row says of fields that the feed fixes, instead of what it says there.
    pub set: &'a [(String, String)],
}

impl Pick<'_> {
    /// Opens the feed on the header of a file.
    fn open<'p>(self, program: &'p Program, declared: &'p program::Feed, header: &[&str]) -> Result<Box<Feed<'p>>, Stop> {
        let mut feed = Feed::open(program, declared, header).map_err(Stop::input)?;
        self.set.iter().try_for_each(|(field, text)| feed.set(field, text)).map_err(Stop::usage)?;
        Ok(Box::new(feed))
    }
}

impl<'p> Events<'p> {
    /// Opens a file. A program is needed for a table: its feed says which column is which field.
    pub fn open(path: &str, program: Option<&'p Program>, pick: Pick<'_>, output: Output) -> Result<Events<'p>, Stop> {
        let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).reason(&error));
        let (reader, progress) = unpacked(path).map_err(fail)?;
        let (mut kind, mut reader) = head(reader).map_err(fail)?;
        if kind == Head::Utf16 {
            let decoded = text::decoded(path, reader, output)?;
            (kind, reader) = head(decoded).map_err(fail)?;
        }
        match (kind, pick.sheet) {
            (Head::Empty, _) => return Err(Stop::input(Diagnostic::general(&codes::EMPTY_FILE).arg("file", path))),
            (Head::OldWorkbook, _) => return Err(Stop::input(Diagnostic::general(&import::OLD_WORKBOOK).arg("file", path))),
            (Head::Json | Head::Other | Head::Utf16, Some(sheet)) => {
                return Err(Stop::usage(Diagnostic::general(&import::NOT_WORKBOOK).arg("file", path).arg("sheet", sheet)));
            }
            (Head::Json, None) => {
                let feed = match (program, pick.feed) {
                    (Some(program), Some(name)) => {
                        let declared = Feed::choose(program, Some(name)).map_err(Stop::usage)?;
                        let mut feed = Feed::of_objects(program, declared).map_err(Stop::input)?;
                        pick.set.iter().try_for_each(|(field, text)| feed.set(field, text)).map_err(Stop::usage)?;
                        Some(Box::new(feed))
                    }
                    _ if !pick.set.is_empty() => return Err(Stop::usage(Diagnostic::general(&import::SET_EVENTS).arg("file", path))),
                    _ => None,
                };
                return Ok(Events::of(Rows::Lines { reader, line: 0, feed }, None, progress));
            }
            (Head::Other | Head::Utf16 | Head::Workbook, _) => {}
        }
        let Some(program) = program else {
            return Err(Stop::input(Diagnostic::general(&import::TABLE_SENT).arg("file", path)));
        };
        let (rows, table) = match kind {
            Head::Workbook => sheet_rows(path, reader, program, pick)?,
            _ => csv_rows(path, text::decoded(path, reader, output)?, program, pick)?,
        };
        Ok(Events::of(rows, Some(table), progress))
    }

    fn of(rows: Rows<'p>, table: Option<Table>, progress: ProgressBar) -> Events<'p> {
        Events { rows, table, progress, left_out: 0, waiting: VecDeque::new() }
    }

    /// What every column of the table becomes: the name of the field, and what it is when the event declares it.
    pub fn mapped(&self) -> Vec<(String, usize, Option<crate::compile::program::Field>)> {
        match &self.rows {
            Rows::Csv { feed, .. } | Rows::Sheet { feed, .. } => {
                feed.mapped().map(|(name, column, field)| (name.to_owned(), column, field.cloned())).collect()
            }
            Rows::Lines { .. } => Vec::new(),
        }
    }
}

/// Opens the rows of a sheet.
fn sheet_rows<'p>(path: &str, reader: impl Read, program: &'p Program, pick: Pick<'_>) -> Result<(Rows<'p>, Table), Stop> {
    let mut sheet = Sheet::open(path, reader, pick.sheet)?;
    let bad = |reason: Words| Stop::input(Diagnostic::general(&import::BAD_WORKBOOK).arg("file", path).reason(reason));
    let mut first: VecDeque<SheetRow> = sheet.by_ref().take(HEADER_ROWS).collect::<Result<_, _>>().map_err(bad)?;
    if first.is_empty() {
        return Err(Stop::input(Diagnostic::general(&codes::EMPTY_FILE).arg("file", path)));
    }
    let texts: Vec<Vec<&str>> = first.iter().map(SheetRow::texts).collect();
    let (at, declared) = Feed::find(program, pick.feed, &texts).map_err(|(_, mistake)| Stop::input(mistake))?;
    let header = texts.get(at).map_or(&[][..], Vec::as_slice);
    let feed = pick.open(program, declared, header)?;
    let table = Table::of(&texts, at, &feed, Some(sheet.name.clone()));
    first.drain(..=at);
    Ok((Rows::Sheet { first, sheet, feed, columns: table.header.len() }, table))
}

/// Opens the rows of a text: commas, tabs or semicolons stand between its cells, whichever gives a header.
fn csv_rows<'p>(path: &str, mut reader: Box<dyn BufRead>, program: &'p Program, pick: Pick<'_>) -> Result<(Rows<'p>, Table), Stop> {
    let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).reason(&error));
    let head = text::begun(&mut reader, HEAD_BYTES).map_err(fail)?;
    let bytes = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
    let mut best: Option<(usize, Diagnostic)> = None;
    for delimiter in [b',', b'\t', b';'] {
        let records = builder(delimiter).from_reader(bytes).into_byte_records().map_while(Result::ok);
        let records: Vec<csv::ByteRecord> = records.take(HEADER_ROWS).collect();
        let texts: Vec<Vec<&str>> =
            records.iter().map(|record| record.iter().map(|cell| std::str::from_utf8(cell).unwrap_or_default()).collect()).collect();
        match Feed::find(program, pick.feed, &texts) {
            Ok((at, declared)) => {
                let header = texts.get(at).map_or(&[][..], Vec::as_slice);
                let feed = pick.open(program, declared, header)?;
                let table = Table::of(&texts, at, &feed, None);
                let whole = Box::new(Cursor::new(bytes.to_vec()).chain(reader));
                let mut reader = builder(delimiter).from_reader(LineStarts::new(whole));
                let mut record = csv::ByteRecord::new();
                for _ in 0..=at {
                    reader.read_byte_record(&mut record).map_err(|error| fail(std::io::Error::other(error)))?;
                }
                return Ok((Rows::Csv { reader, feed, record }, table));
            }
            Err((matched, mistake)) if best.as_ref().is_none_or(|(most, _)| matched > *most) => best = Some((matched, mistake)),
            Err(_) => {}
        }
    }
    if std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some()) {
        let other = Words::new("another encoding", "其他编码");
        return Err(Stop::input(Diagnostic::general(&codes::FILE_ENCODING).arg("file", path).words("encoding", other)));
    }
    let mistake = best.map_or_else(|| Diagnostic::general(&codes::EMPTY_FILE).arg("file", path), |(_, mistake)| mistake);
    Err(Stop::input(mistake))
}

fn builder(delimiter: u8) -> csv::ReaderBuilder {
    let mut builder = csv::ReaderBuilder::new();
    builder.flexible(true).has_headers(false).delimiter(delimiter);
    builder
}

impl Iterator for Events<'_> {
    type Item = Numbered;

    fn next(&mut self) -> Option<Numbered> {
        loop {
            if let Some(numbered) = self.waiting.pop_front() {
                return Some(numbered);
            }
            let (line, read) = match &mut self.rows {
                Rows::Csv { reader, feed, record } => next_row(reader, feed, record)?,
                Rows::Sheet { first, sheet, feed, columns } => match first.pop_front().map(Ok).or_else(|| sheet.next())? {
                    Ok(row) => (row.number, vec![feed.event(&row.cells(*columns)).transpose()]),
                    Err(reason) => (0, vec![Some(Err(bad(reason)))]),
                },
                Rows::Lines { reader, line, feed } => next_line(&mut **reader, line, feed.as_deref_mut())?,
            };
            self.left_out += read.iter().filter(|event| event.is_none()).count();
            self.waiting.extend(read.into_iter().flatten().map(|event| Numbered { line, event }));
        }
    }
}

/// A line of the file, and what it gave: nothing where the feed skips it.
type Line = (u64, Vec<Option<Result<RawEvent, Diagnostic>>>);

fn next_row(reader: &mut csv::Reader<LineStarts>, feed: &mut Feed<'_>, record: &mut csv::ByteRecord) -> Option<Line> {
    let line = reader.position().line();
    match reader.read_byte_record(record) {
        Ok(false) => None,
        Ok(true) => {
            let begin = record.position().map_or(0, csv::Position::byte);
            let line = reader.get_mut().line_from(begin).unwrap_or(line);
            // What had no meaning in another encoding became the character of replacement.
            let readable = |cell| std::str::from_utf8(cell).ok().filter(|text| !text.contains('\u{fffd}'));
            let cells: Option<Vec<&str>> = record.iter().map(readable).collect();
            let event = cells.ok_or_else(|| Diagnostic::general(&codes::ROW_ENCODING)).and_then(|cells| feed.event(&cells));
            Some((line, vec![event.transpose()]))
        }
        // After a fault of reading there is nothing more to read.
        Err(error) if error.is_io_error() => {
            *reader = csv::Reader::from_reader(LineStarts::new(Box::new(std::io::empty())));
            Some((line, vec![Some(Err(bad(&error)))]))
        }
        Err(error) => Some((line, vec![Some(Err(bad(&error)))])),
    }
}

fn next_line(reader: &mut dyn BufRead, line: &mut u64, mut feed: Option<&mut ObjectFeed<'_>>) -> Option<Line> {
    loop {
        *line += 1;
        let mut bytes = Vec::new();
        let read = (&mut *reader).take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut bytes);
        let events = match read {
            Ok(0) => return None,
            Ok(n) if n > LINE_BYTES_MAX => {
                skip_line(reader);
                Err(bad(Words::new(format!("the line is longer than {LINE_BYTES_MAX} bytes"), format!("该行超过 {LINE_BYTES_MAX} 字节"))))
            }
            Ok(_) => match std::str::from_utf8(&bytes) {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => {
                    let text = text.trim_start_matches('\u{FEFF}').trim();
                    match &mut feed {
                        Some(feed) => parse_objects(text, feed.each())
                            .map(|objects| objects.iter().map(|object| feed.object(object).transpose()).collect()),
                        None => parse_line(text).map(|event| vec![Some(Ok(event))]),
                    }
                }
                Err(_) => Err(Diagnostic::general(&codes::ROW_ENCODING)),
            },
            Err(error) => Err(bad(&error)),
        };
        return Some((*line, events.unwrap_or_else(|diagnostic| vec![Some(Err(diagnostic))])));
    }
}

fn skip_line(reader: &mut dyn BufRead) {
    let mut rest = Vec::new();
    while let Ok(n) = (&mut *reader).take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut rest) {
        if n == 0 || rest.ends_with(b"\n") {
            return;
        }
        rest.clear();
    }
}

fn bad(reason: impl Into<Words>) -> Diagnostic {
    Diagnostic::general(&codes::BAD_RECORD).reason(reason)
}

/// The unpacked bytes of a file and a bar that shows how much of it has been read.
fn unpacked(path: &str) -> std::io::Result<(Box<dyn BufRead>, ProgressBar)> {
    let (file, bytes): (Box<dyn Read>, u64) = if path == "-" {
        (Box::new(std::io::stdin()), 0)
    } else {
        let file = std::fs::File::open(path)?;
        let bytes = file.metadata()?.len();
        (Box::new(file), bytes)
    };
    let progress = if bytes > 0 && std::io::stderr().is_terminal() { ProgressBar::new(bytes) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg}") {
        progress.set_style(style);
    }
    let mut packed = BufReader::with_capacity(1 << 16, progress.wrap_read(file));
    let reader: Box<dyn BufRead> = match packed.fill_buf()? {
        [0x1F, 0x8B, ..] => Box::new(BufReader::with_capacity(1 << 16, flate2::bufread::MultiGzDecoder::new(packed))),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Box::new(BufReader::with_capacity(1 << 16, zstd::Decoder::with_buffer(packed)?)),
        _ => Box::new(packed),
    };
    Ok((reader, progress))
}

/// What the first bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Empty,
    Utf16,
    Json,
    Workbook,
    OldWorkbook,
    Other,
}

/// Looks at the first bytes up to one that is no blank; the reader that comes back begins with them again.
fn head(mut reader: Box<dyn BufRead>) -> std::io::Result<(Head, Box<dyn BufRead>)> {
    let mut head = Vec::new();
    let first = loop {
        let chunk = reader.fill_buf()?;
        let (n, ended) = (chunk.len(), chunk.is_empty());
        head.extend_from_slice(chunk);
        reader.consume(n);
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        let first = text.iter().copied().find(|byte| !byte.is_ascii_whitespace());
        if ended || first.is_some() || head.len() > HEAD_BYTES {
            break if ended && first.is_none() { None } else { Some(first.unwrap_or(b' ')) };
        }
    };
    let found = match (first, head.as_slice()) {
        (None, _) => Head::Empty,
        (_, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) => Head::Utf16,
        (_, [b'P', b'K', 3, 4, ..]) => Head::Workbook,
        (_, [0xD0, 0xCF, 0x11, 0xE0, ..]) => Head::OldWorkbook,
        (Some(b'{'), _) => Head::Json,
        _ => Head::Other,
    };
    Ok((found, Box::new(Cursor::new(head).chain(reader))))
}

/// Knows on which line of the file each byte offset lies: the CSV reader skips blank lines, and the line it then gives is
/// the one where it began to skip.
struct LineStarts {
    reader: Box<dyn BufRead>,
    offset: u64,
    line: u64,
    /// The next byte begins a line.
    begins: bool,
    /// Offset and number of the lines that are not blank and that the CSV reader has not passed yet.
    starts: VecDeque<(u64, u64)>,
}

impl LineStarts {
    fn new(reader: Box<dyn BufRead>) -> LineStarts {
        LineStarts { reader, offset: 0, line: 1, begins: true, starts: VecDeque::new() }
    }

    /// The first line from this offset on that is not blank.
    fn line_from(&mut self, offset: u64) -> Option<u64> {
        while self.starts.front().is_some_and(|(start, _)| *start < offset) {
            self.starts.pop_front();
        }
        self.starts.front().map(|(_, line)| *line)
    }
}

impl Read for LineStarts {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.reader.read(buffer)?;
        for byte in buffer.iter().take(n) {
            if self.begins && !matches!(byte, b'\n' | b'\r') {
                self.starts.push_back((self.offset, self.line));
            }
            self.begins = *byte == b'\n';
            self.line += u64::from(self.begins);
            self.offset += 1;
        }
        Ok(n)
    }
}
