//! Event files: CSV through a `feed` of the ruleset, or NDJSON, as events or through a named feed, plain or compressed.
//!
//! 1. [`Events::open`] looks at the first bytes: gzip and zstd are unpacked; an empty file and one in UTF-16 are refused;
//!    a text that begins with `{` is NDJSON, any other one is CSV with a header.
//! 2. The iterator gives one event a row, with its line; a row that is no event gives its diagnostic and the next one is
//!    read all the same.

use super::Stop;
use crate::compile::program::Program;
use crate::diagnostic::{Diagnostic, Words, codes::cli as codes};
use crate::engine::RawEvent;
use crate::engine::feed::{Feed, ObjectFeed};
use crate::http::events::{parse_line, parse_object};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Cursor, IsTerminal, Read};

/// The bytes that are looked through for the first one that is no blank.
const HEAD_BYTES: usize = 1 << 16;
/// The longest line of NDJSON, in bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// The events of a file.
pub struct Events<'p> {
    rows: Rows<'p>,
    /// Shows how far the file has been read; hidden when nobody looks.
    pub progress: ProgressBar,
}

enum Rows<'p> {
    Csv {
        reader: csv::Reader<LineStarts>,
        feed: Box<Feed<'p>>,
        record: csv::ByteRecord,
    },
    /// With a feed, flat objects; without one, events.
    Lines {
        reader: Box<dyn BufRead>,
        line: u64,
        feed: Option<Box<ObjectFeed<'p>>>,
    },
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
        let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).reason(&error));
        let (reader, progress) = unpacked(path).map_err(fail)?;
        let (head, reader) = head(reader).map_err(fail)?;
        match head {
            Head::Empty => return Err(Stop::input(Diagnostic::general(&codes::EMPTY_FILE).arg("file", path))),
            Head::Utf16 => return Err(encoding(path, Words::new("UTF-16", " UTF-16"))),
            Head::Json => {
                let feed = match (program, feed) {
                    (Some(program), Some(name)) => {
                        let feed = Feed::choose(program, Some(name)).map_err(Stop::usage)?;
                        Some(Box::new(Feed::of_objects(program, feed).map_err(Stop::input)?))
                    }
                    _ => None,
                };
                return Ok(Events { rows: Rows::Lines { reader, line: 0, feed }, progress });
            }
            Head::Other => {}
        }
        let Some(program) = program else {
            let reason = Words::new(
                "a CSV file needs --ruleset: its feed says which column is which field",
                "CSV 文件需要 --ruleset：其中的 feed 说明各列对应哪个字段",
            );
            let diagnostic = Diagnostic::general(&codes::USAGE).reason(reason);
            return Err(Stop::usage(diagnostic.arg("command", "send")));
        };
        let feed = Feed::choose(program, feed).map_err(Stop::usage)?;
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(LineStarts::new(reader));
        let header = reader.headers().map_err(|error| match error.kind() {
            csv::ErrorKind::Utf8 { .. } => encoding(path, Words::new("another encoding, perhaps GBK", "其他编码（可能是 GBK）")),
            _ => fail(std::io::Error::other(error)),
        })?;
        let header = header.clone();
        let feed = Box::new(Feed::open(program, feed, &header.iter().collect::<Vec<_>>()).map_err(Stop::input)?);
        Ok(Events { rows: Rows::Csv { reader, feed, record: csv::ByteRecord::new() }, progress })
    }
}

impl Iterator for Events<'_> {
    type Item = Numbered;

    fn next(&mut self) -> Option<Numbered> {
        match &mut self.rows {
            Rows::Csv { reader, feed, record } => next_row(reader, feed, record),
            Rows::Lines { reader, line, feed } => next_line(&mut **reader, line, feed.as_deref_mut()),
        }
    }
}

fn next_row(reader: &mut csv::Reader<LineStarts>, feed: &mut Feed<'_>, record: &mut csv::ByteRecord) -> Option<Numbered> {
    let line = reader.position().line();
    match reader.read_byte_record(record) {
        Ok(false) => None,
        Ok(true) => {
            let begin = record.position().map_or(0, csv::Position::byte);
            let line = reader.get_mut().line_from(begin).unwrap_or(line);
            let cells: Result<Vec<&str>, _> = record.iter().map(std::str::from_utf8).collect();
            let event = cells.map_err(|_| Diagnostic::general(&codes::ROW_ENCODING)).and_then(|cells| feed.event(&cells));
            Some(Numbered { line, event })
        }
        // After a fault of reading there is nothing more to read.
        Err(error) if error.is_io_error() => {
            let event = Err(bad(&error));
            *reader = csv::Reader::from_reader(LineStarts::new(Box::new(std::io::empty())));
            Some(Numbered { line, event })
        }
        Err(error) => Some(Numbered { line, event: Err(bad(&error)) }),
    }
}

fn next_line(reader: &mut dyn BufRead, line: &mut u64, mut feed: Option<&mut ObjectFeed<'_>>) -> Option<Numbered> {
    loop {
        *line += 1;
        let mut bytes = Vec::new();
        let read = (&mut *reader).take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut bytes);
        let event = match read {
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
                        Some(feed) => parse_object(text).and_then(|members| feed.object(&members)),
                        None => parse_line(text),
                    }
                }
                Err(_) => Err(Diagnostic::general(&codes::ROW_ENCODING)),
            },
            Err(error) => Err(bad(&error)),
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
enum Head {
    Empty,
    Utf16,
    Json,
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
        (Some(b'{'), _) => Head::Json,
        _ => Head::Other,
    };
    Ok((found, Box::new(Cursor::new(head).chain(reader))))
}

fn encoding(path: &str, encoding: Words) -> Stop {
    Stop::input(Diagnostic::general(&codes::FILE_ENCODING).arg("file", path).words("encoding", encoding))
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
