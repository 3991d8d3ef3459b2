//! The rows of a sheet of a workbook.
//!
//! 1. [`Sheet::open`] unpacks every part of the file once within its limits, so that no small file can become a large
//!    memory, and finds the sheet.
//! 2. A thread of its own reads the cells one after the other and sends rows; a few of them wait at a time.
//! 3. Numbers are those that a spreadsheet program shows: their shortest text, at most 15 digits; percentages keep their
//!    sign; times are local. Cells that are merged downwards say the same in every row of theirs.

use super::super::Stop;
use crate::diagnostic::{Diagnostic, Words, codes::import as codes, nearest};
use crate::engine::feed::Cell;
use calamine::{DataRef, Dimensions, ExcelDateTime, Reader, Style, Xlsx, XlsxError};
use rust_decimal::Decimal;
use std::io::{Cursor, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// The largest workbook, packed.
const BYTES_MAX: u64 = 256 << 20;
/// The largest workbook, unpacked.
const UNPACKED_MAX: u64 = 2 << 30;
/// The most parts of a workbook.
const PARTS_MAX: usize = 10_000;
/// The most columns of a sheet.
const COLUMNS_MAX: u32 = 1_000;
/// The most groups of cells of a sheet that are merged downwards at one row.
const MERGED_MAX: usize = 1_000;
/// The rows that wait for their reader.
const WAITING: usize = 256;

/// A sheet that is being read.
pub struct Sheet {
    /// Its name.
    pub name: String,
    rows: Receiver<Result<SheetRow, Words>>,
}

/// A row of a sheet that is not blank.
#[derive(Debug, Clone, Default)]
pub struct SheetRow {
    /// From 1, as spreadsheet programs show it.
    pub number: u64,
    cells: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Text(String),
    Number(String),
    Moment(String),
}

impl SheetRow {
    /// The cells of as many columns as the header has.
    pub fn cells(&self, columns: usize) -> Vec<Cell<'_>> {
        self.cells.iter().map(Value::cell).chain(std::iter::repeat(Cell::Text(""))).take(columns).collect()
    }

    /// What the cells hold, as texts.
    pub fn texts(&self) -> Vec<&str> {
        self.cells.iter().map(Value::text).collect()
    }
}

impl Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Value::Text(text) => Cell::Text(text),
            Value::Number(text) => Cell::Number(text),
            Value::Moment(text) => Cell::Moment(text),
        }
    }

    fn text(&self) -> &str {
        self.cell().text()
    }
}

impl Sheet {
    /// Opens the first sheet of a workbook, or the one with this name.
    pub fn open(path: &str, reader: impl Read, name: Option<&str>) -> Result<Sheet, Stop> {
        let bad = |reason: Words| Stop::input(Diagnostic::general(&codes::BAD_WORKBOOK).arg("file", path).reason(reason));
        let bytes = within_limits(path, reader, BYTES_MAX, UNPACKED_MAX)?;
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| bad(said(&error)))?;
        let names = book.sheet_names();
        let found = names.iter().find(|one| name.is_none_or(|name| name == *one)).cloned();
        let Some(sheet) = found else {
            let wanted = name.unwrap_or_default();
            let near = nearest(wanted, names.iter().map(String::as_str));
            let guess = near.map(|near| Words::new(format!("; did you mean `{near}`?"), format!("，是否为 `{near}`？")));
            let diagnostic = Diagnostic::general(&codes::NO_SHEET).arg("file", path).arg("sheet", wanted);
            let diagnostic = diagnostic.words("guess", guess.unwrap_or_default()).arg("sheets", names.join(", "));
            return Err(Stop::usage(diagnostic));
        };
        let mut merged = book.merge_cells_by_sheet_name(&sheet).map_err(|error| bad(said(&error)))?;
        merged.retain(|region| region.end.0 > region.start.0 && region.start.1 < COLUMNS_MAX);
        merged.sort_by_key(|region| region.start);
        let (sender, rows) = sync_channel(WAITING);
        let name = sheet.clone();
        std::thread::spawn(move || read(&mut book, &sheet, Merged { coming: merged, open: Vec::new() }, &sender));
        Ok(Sheet { name, rows })
    }
}

impl Iterator for Sheet {
    type Item = Result<SheetRow, Words>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rows.recv().ok()
    }
}

/// The bytes of a workbook that stays within its limits when it is unpacked.
fn within_limits(path: &str, reader: impl Read, packed_max: u64, unpacked_max: u64) -> Result<Vec<u8>, Stop> {
    let large = |limit| Stop::input(Diagnostic::general(&codes::LARGE_WORKBOOK).arg("file", path).words("limit", limit));
    let bad = |reason: Words| Stop::input(Diagnostic::general(&codes::BAD_WORKBOOK).arg("file", path).reason(reason));
    let mut bytes = Vec::new();
    let read = reader.take(packed_max + 1).read_to_end(&mut bytes);
    read.map_err(|error| bad((&error).into()))?;
    if bytes.len() as u64 > packed_max {
        return Err(large(megabytes(packed_max)));
    }
    let mut parts = zip::ZipArchive::new(Cursor::new(bytes.as_slice())).map_err(|error| bad(Words::foreign("压缩包有误", error)))?;
    if parts.len() > PARTS_MAX {
        return Err(large(Words::new(format!("{PARTS_MAX} parts"), format!(" {PARTS_MAX} 个部分"))));
    }
    let mut left = unpacked_max;
    for index in 0..parts.len() {
        // What the directory says about the size of a part need not be true.
        let part = parts.by_index(index).map_err(|error| bad(Words::foreign("压缩包有误", error)))?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink()).map_err(|error| bad((&error).into()))?;
        left = left.checked_sub(unpacked).ok_or_else(|| large(megabytes(unpacked_max)))?;
    }
    Ok(bytes)
}

fn megabytes(bytes: u64) -> Words {
    Words::new(format!("{} MB", bytes >> 20), format!(" {} MB", bytes >> 20))
}

fn said(error: &XlsxError) -> Words {
    Words::foreign("文件内容有误", error)
}

/// Reads the rows of a sheet; nobody wants them any more when sending fails.
fn read(book: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str, mut merged: Merged, rows: &SyncSender<Result<SheetRow, Words>>) {
    let ended = (|| {
        let mut cells = book.worksheet_cells_reader(sheet).map_err(|error| said(&error))?;
        let percent: Vec<bool> = cells.styles().iter().map(is_percent).collect();
        let mut row = SheetRow::default();
        while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|error| said(&error))? {
            let (at, column) = cell.get_position();
            let number = u64::from(at) + 1;
            if number != row.number && !emit(std::mem::replace(&mut row, SheetRow { number, cells: Vec::new() }), &mut merged, rows)? {
                return Ok(());
            }
            let value = value(cell.get_value(), percent.get(style).copied().unwrap_or_default());
            if let Some(value) = value {
                if column >= COLUMNS_MAX {
                    return Err(Words::new(
                        format!("row {number} has more than {COLUMNS_MAX} columns"),
                        format!("第 {number} 行超过 {COLUMNS_MAX} 列"),
                    ));
                }
                let at = column as usize;
                if row.cells.len() <= at {
                    row.cells.resize(at + 1, Value::Text(String::new()));
                }
                if let Some(cell) = row.cells.get_mut(at) {
                    *cell = value;
                }
            }
        }
        emit(row, &mut merged, rows).map(|_| ())
    })();
    if let Err(reason) = ended {
        let _nobody_waits = rows.send(Err(reason));
    }
}

/// Sends a row unless it is blank; false when nobody waits for it.
fn emit(mut row: SheetRow, merged: &mut Merged, rows: &SyncSender<Result<SheetRow, Words>>) -> Result<bool, Words> {
    if row.cells.iter().all(|value| value.text().trim().is_empty()) {
        return Ok(true);
    }
    merged.fill(&mut row)?;
    Ok(rows.send(Ok(row)).is_ok())
}

/// The cells that are merged downwards.
struct Merged {
    /// Those further down, in the order of their rows.
    coming: Vec<Dimensions>,
    /// Those that the present row may lie in, with what they say.
    open: Vec<(Dimensions, Value)>,
}

impl Merged {
    /// Lets a row say what the merged cells that it lies in say.
    fn fill(&mut self, row: &mut SheetRow) -> Result<(), Words> {
        let at = u32::try_from(row.number.saturating_sub(1)).unwrap_or(u32::MAX);
        self.open.retain(|(region, _)| region.end.0 >= at);
        for (region, value) in &self.open {
            let column = region.start.1 as usize;
            if row.cells.len() <= column {
                row.cells.resize(column + 1, Value::Text(String::new()));
            }
            if let Some(cell) = row.cells.get_mut(column).filter(|cell| cell.text().is_empty()) {
                *cell = value.clone();
            }
        }
        let begun = self.coming.partition_point(|region| region.start.0 <= at);
        for region in self.coming.drain(..begun).filter(|region| region.start.0 == at) {
            if let Some(value) = row.cells.get(region.start.1 as usize) {
                self.open.push((region, value.clone()));
            }
        }
        if self.open.len() > MERGED_MAX {
            return Err(Words::new(
                format!("more than {MERGED_MAX} merged cells in a row"),
                format!("一行中超过 {MERGED_MAX} 个合并单元格"),
            ));
        }
        Ok(())
    }
}

/// True for a format of percentages.
fn is_percent(style: &Style) -> bool {
    style.number_format.as_ref().is_some_and(|format| format.format_code.contains('%'))
}

/// What a cell says; None for a blank one.
fn value(cell: &DataRef<'_>, percent: bool) -> Option<Value> {
    Some(match cell {
        DataRef::Empty => return None,
        DataRef::Int(number) => number_shown(&number.to_string(), percent),
        DataRef::Float(number) => number_shown(&number.to_string(), percent),
        DataRef::String(text) => Value::Text(text.clone()),
        DataRef::SharedString(text) => Value::Text((*text).to_owned()),
        DataRef::Bool(flag) => Value::Text(flag.to_string()),
        DataRef::DateTime(time) if time.is_duration() => seconds(time),
        DataRef::DateTime(time) => Value::Moment(local(time)),
        DataRef::DateTimeIso(text) => Value::Moment(text.clone()),
        DataRef::DurationIso(text) => Value::Text(text.clone()),
        DataRef::Error(error) => Value::Text(error.to_string()),
    })
}

/// A number with the digits that a spreadsheet program shows: `0.1 + 0.2` is 0.3 there.
fn number_shown(text: &str, percent: bool) -> Value {
    let Ok(number) = text.parse::<Decimal>() else { return Value::Number(text.to_owned()) };
    let shown = number.round_sf(15).unwrap_or(number).normalize();
    match shown.checked_mul(Decimal::ONE_HUNDRED).filter(|_| percent) {
        Some(hundredths) => Value::Number(format!("{}%", hundredths.normalize())),
        // A whole number keeps all its digits, so that whoever takes it for a name sees that some were lost.
        None if number.fract().is_zero() => Value::Number(number.normalize().to_string()),
        None => Value::Number(shown.to_string()),
    }
}

/// A duration, which a workbook keeps in days, in seconds.
fn seconds(time: &ExcelDateTime) -> Value {
    let days = time.to_string().parse::<Decimal>().ok();
    let seconds = days.and_then(|days| days.checked_mul(Decimal::from(86_400)));
    Value::Number(seconds.map_or_else(|| time.to_string(), |seconds| seconds.round_dp(3).normalize().to_string()))
}

fn local(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_unpacks_beyond_the_limit_is_refused() {
        let mut bytes = Vec::new();
        let mut archive = zip::ZipWriter::new(Cursor::new(&mut bytes));
        for name in ["one", "two"] {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(&vec![0; 3 << 20]).unwrap();
        }
        archive.finish().unwrap();
        assert!(bytes.len() < 1 << 20);
        let code = |packed, unpacked| {
            let read = within_limits("book.xlsx", bytes.as_slice(), packed, unpacked);
            read.err().and_then(|stop| stop.diagnostic).map(|diagnostic| diagnostic.code.id)
        };
        assert_eq!(code(1 << 20, 6 << 20), None);
        assert_eq!(code(1 << 20, (6 << 20) - 1), Some("SY1855"));
        assert_eq!(code(1 << 10, 6 << 20), Some("SY1855"));
    }

    #[test]
    fn numbers_have_the_digits_that_are_shown() {
        for (text, percent, wanted) in [
            ("12.300000000000001", false, "12.3"),
            ("0.30000000000000004", false, "0.3"),
            ("0.125", true, "12.5%"),
            ("0.07", true, "7%"),
            ("450336171234567900", false, "450336171234567900"),
            ("6", false, "6"),
            ("-0.5", false, "-0.5"),
        ] {
            assert_eq!(number_shown(text, percent), Value::Number(wanted.to_owned()), "{text}");
        }
    }
}
