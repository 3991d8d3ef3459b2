//! A file of lines, part by part.

use super::{Batch, LINE_BYTES_MAX, Line, Scanner};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::mpsc::SyncSender;

/// The bytes that are read at a time.
const PART_BYTES: usize = 1 << 18;

/// A batch, and where it begins: its line, from 1 on, and its offset.
pub(super) struct Piece {
    pub(super) batch: Batch,
    pub(super) begin: (u64, u64),
}

/// A part of the file, or the line before which it could not be read on.
pub(super) type Part = Result<Piece, (u64, std::io::Error)>;

/// A plain file of JSON lines.
pub(super) struct File(std::fs::File);

impl File {
    /// Opens a file; None for one of another kind.
    pub(super) fn open(path: &str) -> std::io::Result<Option<File>> {
        if path == "-" {
            return Ok(None);
        }
        let mut file = std::fs::File::open(path)?;
        if !file.metadata()?.is_file() {
            return Ok(None);
        }
        let mut head = [0; 64];
        let n = file.read(&mut head)?;
        file.rewind()?;
        let first = head.iter().take(n).find(|byte| !byte.is_ascii_whitespace());
        Ok((first == Some(&b'{')).then_some(File(file)))
    }

    /// The line that begins at an offset.
    pub(super) fn line_at(&mut self, offset: u64) -> std::io::Result<Vec<u8>> {
        self.0.seek(SeekFrom::Start(offset))?;
        let mut line = Vec::new();
        BufReader::new(&self.0).take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        Ok(line)
    }

    /// Reads all of it, until nobody takes the parts any more.
    pub(super) fn parts(self, scanner: Scanner<'_>, send: &SyncSender<Part>) {
        let mut reading = Reading { file: self.0, scanner, buffer: vec![0; PART_BYTES], held: 0, begin: (1, 0), too_long: false };
        while let Some(part) = reading.next().transpose() {
            let failed = part.is_err();
            if send.send(part.map_err(|error| (reading.begin.0, error))).is_err() || failed {
                return;
            }
        }
    }
}

struct Reading<'p> {
    file: std::fs::File,
    scanner: Scanner<'p>,
    buffer: Vec<u8>,
    /// So many bytes at the beginning of the buffer are not scanned yet.
    held: usize,
    begin: (u64, u64),
    /// What is held is the rest of a line that was too long.
    too_long: bool,
}

impl Reading<'_> {
    /// The next whole lines.
    fn next(&mut self) -> std::io::Result<Option<Piece>> {
        loop {
            if self.held == self.buffer.len() {
                if self.held > LINE_BYTES_MAX {
                    return Ok(Some(self.too_long()));
                }
                self.buffer.resize(self.held * 2, 0);
            }
            let n = self.file.read(self.buffer.get_mut(self.held..).unwrap_or_default())?;
            let before = self.held;
            self.held += n;
            let fresh = self.buffer.get(before..self.held).unwrap_or_default();
            let end =
                if self.too_long { fresh.iter().position(|byte| *byte == b'\n') } else { fresh.iter().rposition(|byte| *byte == b'\n') };
            let end = match end {
                Some(end) => before + end + 1,
                None if n == 0 && self.held == 0 => return Ok(None),
                None if n == 0 => self.held,
                None if self.too_long => {
                    self.pass(self.held);
                    continue;
                }
                None => continue,
            };
            if std::mem::take(&mut self.too_long) {
                self.pass(end);
                continue;
            }
            let batch = self.scanner.read(self.buffer.get(..end).unwrap_or_default());
            let begin = self.begin;
            self.begin.0 += batch.n_lines;
            self.pass(end);
            return Ok(Some(Piece { batch, begin }));
        }
    }

    /// Gives the beginning of a line that has no end.
    fn too_long(&mut self) -> Piece {
        let bytes = self.buffer.get(..=LINE_BYTES_MAX).unwrap_or_default().to_vec();
        let batch = Batch { strict: vec![Line { place: (0, 0), bytes }], n_lines: 1, ..Batch::default() };
        let begin = self.begin;
        self.begin.0 += 1;
        self.pass(self.held);
        self.too_long = true;
        Piece { batch, begin }
    }

    fn pass(&mut self, end: usize) {
        self.buffer.copy_within(end..self.held, 0);
        self.held -= end;
        self.begin.1 += end as u64;
    }
}
