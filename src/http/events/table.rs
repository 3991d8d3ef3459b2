//! CSV bodies.
//!
//! 1. The first row names the columns. Without a feed they are `type`, `id`, `source`, `time`, `revision` and fields;
//!    a cell is a text that the event's declaration types, and an empty cell is no value.
//! 2. A row that cannot be read is refused alone; a header that cannot be used refuses the request.

use super::envelope::{Read, UNNAMED, instant, text, whole};
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::engine::{RawEvent, RawValue};
use csv::{ByteRecord, ReaderBuilder, StringRecord};

/// The rows of a CSV text, each with its line, as cells or as the reason why they cannot be read.
pub struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    /// The first row.
    pub header: StringRecord,
    record: ByteRecord,
}

impl<'a> Rows<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// When it is empty, not UTF-8, or names a column twice.
    pub fn open(body: &'a [u8]) -> Result<Rows<'a>, Diagnostic> {
        let wrong = |reason: Words| Diagnostic::general(&codes::HEADER_WRONG).reason(reason);
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(body);
        let header = reader.headers().map_err(|error| wrong((&error).into()))?.clone();
        if header.iter().all(|name| name.trim().is_empty()) {
            return Err(wrong(Words::new("it is empty", "表头为空")));
        }
        let mut seen = std::collections::HashSet::new();
        match header.iter().map(str::trim).find(|name| !seen.insert(*name)) {
            Some(name) => Err(wrong(Words::new(format!("the column `{name}` stands there twice"), format!("列 `{name}` 出现了两次")))),
            None => Ok(Rows { reader, header, record: ByteRecord::new() }),
        }
    }

    /// Gives the next row, with the line it begins on, to `read`; None at the end.
    pub fn next(&mut self, read: impl FnOnce(&[&str]) -> Option<Read>) -> Option<(usize, Option<Read>)> {
        let more = self.reader.read_byte_record(&mut self.record);
        let line = self.record.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(usize::MAX));
        match more {
            Ok(false) => None,
            Err(error) => Some((line, Some(Read::refused(Diagnostic::general(&codes::RECORD_NOT_JSON).reason(&error))))),
            Ok(true) => Some((line, self.cells().map_or_else(|refusal| Some(Read::refused(refusal)), |cells| read(&cells)))),
        }
    }

    fn cells(&self) -> Result<Vec<&str>, Diagnostic> {
        if self.record.len() != self.header.len() {
            return Err(Diagnostic::general(&codes::ROW_LENGTH_WRONG).arg("found", self.record.len()).arg("wanted", self.header.len()));
        }
        let cells = self.record.iter().map(std::str::from_utf8);
        cells.collect::<Result<_, _>>().map_err(|_| Diagnostic::general(&codes::RECORD_NOT_UTF8))
    }
}

/// What the columns without a feed mean.
pub struct Plain {
    columns: Vec<Column>,
}

enum Column {
    Kind,
    Id,
    Source,
    Time,
    Revision,
    Field(String),
}

impl Plain {
    /// Reads the names of the columns.
    ///
    /// # Errors
    /// When `type` or `id` is missing.
    pub fn open(header: &StringRecord) -> Result<Plain, Diagnostic> {
        for needed in ["type", "id"] {
            if !header.iter().any(|name| name.trim() == needed) {
                let reason = Words::new(format!("the column `{needed}` is missing"), format!("缺少列 `{needed}`"));
                return Err(Diagnostic::general(&codes::HEADER_WRONG).reason(reason));
            }
        }
        let column = |name: &str| match name.trim() {
            "type" => Column::Kind,
            "id" => Column::Id,
            "source" => Column::Source,
            "time" => Column::Time,
            "revision" => Column::Revision,
            field => Column::Field(field.to_owned()),
        };
        Ok(Plain { columns: header.iter().map(column).collect() })
    }

    /// The event of a row.
    pub fn read(&self, cells: &[&str]) -> Read {
        let id = self.columns.iter().zip(cells).find(|(column, _)| matches!(column, Column::Id)).map(|(_, cell)| (*cell).to_owned());
        Read { id, event: self.event(cells) }
    }

    fn event(&self, cells: &[&str]) -> Result<RawEvent, Diagnostic> {
        let mut event =
            RawEvent { source: UNNAMED.to_owned(), id: String::new(), kind: String::new(), time: None, revision: 0, data: Vec::new() };
        for (column, cell) in self.columns.iter().zip(cells) {
            let given = Some((*cell).to_owned());
            match column {
                Column::Kind => event.kind = text("type", given)?,
                Column::Id => event.id = text("id", given)?,
                _ if cell.is_empty() => {}
                Column::Source => event.source = text("source", given)?,
                Column::Time => event.time = instant(Some(cell))?,
                Column::Revision => event.revision = whole(Some(cell))?,
                Column::Field(name) if cell.contains('\0') => return Err(Diagnostic::general(&codes::TEXT_WITH_NUL).arg("field", name)),
                Column::Field(name) => event.data.push((name.clone(), RawValue::Text((*cell).to_owned()))),
            }
        }
        Ok(event)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn codes_of(body: &[u8]) -> Vec<String> {
        let mut rows = Rows::open(body).unwrap();
        let plain = Plain::open(&rows.header.clone()).unwrap();
        let mut found = Vec::new();
        while let Some((line, read)) = rows.next(|cells| Some(plain.read(cells))) {
            found.push(format!("{line} {}", read.unwrap().event.map_or_else(|diagnostic| diagnostic.code.id.to_owned(), |event| event.id)));
        }
        found
    }

    #[test]
    fn a_bad_row_is_refused_alone() {
        let body = b"\xef\xbb\xbftype,id,time,shop,note\nsale,1,2026-03-01T09:00:00Z,us,\"a, \"\"b\"\"\nc\"\nsale,2,,us\nsale,,,us,x\nsale,4,monday,us,\nsale,5,,\xff,\nsale,6,,,\n";
        assert_eq!(codes_of(body), ["2 1", "4 SY0562", "5 SY0559", "6 SY0559", "7 SY0556", "8 6"]);
    }

    #[test]
    fn headers_that_cannot_be_used() {
        for bad in ["", "type,id,type\n", "\n\n"] {
            assert!(Rows::open(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert_eq!(Plain::open(&StringRecord::from(vec!["type", "shop"])).err().unwrap().code.id, "SY0563");
    }
}
