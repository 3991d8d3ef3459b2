//! Event files: CSV through a `feed` of the ruleset, or NDJSON, plain or compressed.
//!
//! 1. [`Events::open`] looks at the first bytes: gzip and zstd are unpacked; a text that begins with `{` is NDJSON, any
//!    other one is CSV with a header.
//! 2. The iterator gives one event a row, with its line; a row that is no event gives its diagnostic and the next one is
//!    read all the same.

use super::Stop;
use crate::compile::program::Program;
use crate::diagnostic::{Diagnostic, codes::cli as codes};
use crate::engine::RawEvent;
use crate::engine::feed::Feed;
use crate::http::events::parse_line;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{BufRead, BufReader, IsTerminal, Read};

/// The longest line of NDJSON, in bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// The events of a file.
pub struct Events<'p> {
    rows: Rows<'p>,
    /// Shows how far the file has been read; hidden when nobody looks.
    pub progress: ProgressBar,
}

enum Rows<'p> {
    Csv { reader: csv::Reader<Box<dyn BufRead>>, feed: Box<Feed<'p>>, record: csv::ByteRecord },
    Lines { reader: Box<dyn BufRead>, line: u64 },
}

/// An event and the line of the file where it begins.
pub struct Numbered {
    /// From 1; the header of a CSV is line 1.
    pub line: u64,
    /// The event, or why the row is none.
    pub event: Result<RawEvent, Diagnostic>,
}

impl<'p> Events<'p> {
    /// Opens a file. A program is needed for CSV: its feed says which column is which field.
    pub fn open(path: &str, program: Option<&'p Program>, feed: Option<&str>) -> Result<Events<'p>, Stop> {
        let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).arg("reason", error));
        let (reader, progress) = unpacked(path).map_err(fail)?;
        let mut reader = reader;
        let first = first_byte(&mut *reader).map_err(fail)?;
        if first == Some(b'{') {
            return Ok(Events { rows: Rows::Lines { reader, line: 0 }, progress });
        }
        let Some(program) = program else {
            let reason = "a CSV file needs --ruleset: its feed says which column is which field";
            return Err(Stop::usage(Diagnostic::general(&codes::USAGE).arg("reason", reason).arg("command", "send")));
        };
        let feed = Feed::choose(program, feed).map_err(Stop::usage)?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let header = reader.headers().map_err(|error| fail(std::io::Error::other(error)))?.clone();
        let feed = Box::new(Feed::open(program, feed, &header.iter().collect::<Vec<_>>()).map_err(Stop::input)?);
        Ok(Events { rows: Rows::Csv { reader, feed, record: csv::ByteRecord::new() }, progress })
    }
}

impl Iterator for Events<'_> {
    type Item = Numbered;

    fn next(&mut self) -> Option<Numbered> {
        match &mut self.rows {
            Rows::Csv { reader, feed, record } => next_row(reader, feed, record),
            Rows::Lines { reader, line } => next_line(&mut **reader, line),
        }
    }
}

fn next_row(reader: &mut csv::Reader<Box<dyn BufRead>>, feed: &mut Feed<'_>, record: &mut csv::ByteRecord) -> Option<Numbered> {
    let line = reader.position().line();
    match reader.read_byte_record(record) {
        Ok(false) => None,
        Ok(true) => {
            let line = record.position().map_or(line, csv::Position::line);
            let cells: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
            let event = cells.map_err(|error| bad(&error.to_string())).and_then(|cells| feed.event(&cells));
            Some(Numbered { line, event })
        }
        // After a fault of reading there is nothing more to read.
        Err(error) if error.is_io_error() => {
            let event = Err(bad(&error.to_string()));
            *reader = csv::Reader::from_reader(Box::new(std::io::empty()));
            Some(Numbered { line, event })
        }
        Err(error) => Some(Numbered { line, event: Err(bad(&error.to_string())) }),
    }
}

fn next_line(reader: &mut dyn BufRead, line: &mut u64) -> Option<Numbered> {
    loop {
        *line += 1;
        let mut bytes = Vec::new();
        let read = (&mut *reader).take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut bytes);
        let event = match read {
            Ok(0) => return None,
            Ok(n) if n > LINE_BYTES_MAX => {
                skip_line(reader);
                Err(bad(&format!("the line is longer than {LINE_BYTES_MAX} bytes")))
            }
            Ok(_) => match std::str::from_utf8(&bytes) {
                Ok(text) if text.trim().is_empty() => continue,
                Ok(text) => parse_line(text.trim_start_matches('\u{FEFF}').trim(), "file"),
                Err(error) => Err(bad(&error.to_string())),
            },
            Err(error) => Err(bad(&error.to_string())),
        };
        return Some(Numbered { line: *line, event });
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

fn bad(reason: &str) -> Diagnostic {
    Diagnostic::general(&codes::BAD_RECORD).arg("reason", reason)
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

/// The first byte that is no blank and no byte order mark, without reading past it.
fn first_byte(reader: &mut dyn BufRead) -> std::io::Result<Option<u8>> {
    let text = reader.fill_buf()?;
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    Ok(text.iter().copied().find(|byte| !byte.is_ascii_whitespace()))
}
