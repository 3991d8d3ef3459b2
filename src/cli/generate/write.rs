//! Events as files.
//!
//! 1. As lines: each as it is sent.
//! 2. As tables: one file for each event, whose columns are those of its first row.

use crate::cli::sending::line;
use crate::engine::{RawEvent, RawValue};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::{Path, PathBuf};

/// Where events are written to.
pub enum Writer<'a> {
    /// One event a line.
    Lines(BufWriter<Box<dyn Write + 'a>>),
    /// One file for each event.
    Folder(PathBuf, BTreeMap<String, csv::Writer<File>>),
}

impl<'a> Writer<'a> {
    /// Writes lines.
    pub fn lines(out: Box<dyn Write + 'a>) -> Writer<'a> {
        Writer::Lines(BufWriter::with_capacity(1 << 16, out))
    }

    /// Writes files into a folder, which must not exist yet.
    pub fn folder(path: &Path) -> Result<Writer<'a>> {
        std::fs::create_dir(path)?;
        Ok(Writer::Folder(path.to_owned(), BTreeMap::new()))
    }

    /// Writes an event.
    pub fn write(&mut self, event: &RawEvent) -> Result<()> {
        match self {
            Writer::Lines(out) => writeln!(out, "{}", line(event)),
            Writer::Folder(folder, files) => {
                if !files.contains_key(&event.kind) {
                    let mut file = csv::Writer::from_path(folder.join(format!("{}.csv", event.kind)))?;
                    let own = ["id", "time", "revision"].into_iter();
                    file.write_record(own.chain(event.data.iter().map(|(name, _)| name.as_str())))?;
                    files.insert(event.kind.clone(), file);
                }
                let Some(file) = files.get_mut(&event.kind) else { return Ok(()) };
                let time = event.time.map(|time| time.to_string()).unwrap_or_default();
                let own = [event.id.clone(), time, event.revision.to_string()].into_iter();
                file.write_record(own.chain(event.data.iter().map(|(_, value)| cell(value))))?;
                Ok(())
            }
        }
    }

    /// Ends all files.
    pub fn finish(self) -> Result<()> {
        match self {
            Writer::Lines(mut out) => out.flush(),
            Writer::Folder(_, files) => files.into_values().try_for_each(|mut file| file.flush()),
        }
    }
}

/// A value as a cell.
fn cell(value: &RawValue) -> String {
    match value {
        RawValue::Null | RawValue::Nested => String::new(),
        RawValue::Flag(flag) => flag.to_string(),
        RawValue::Number(number) => number.to_string(),
        RawValue::Text(text) | RawValue::OutOfRange(text) => text.clone(),
        RawValue::Money { amount, currency } => format!("{amount} {currency}"),
    }
}
