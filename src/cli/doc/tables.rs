//! The tables of the handbook.
//!
//! 1. What a table is looked up by.
//! 2. Its rows as they are written; a column in which nothing stands is left out, and an empty key says that it matches all.

use super::speak::Speaker;
use crate::diagnostic::Lang;
use crate::report::{Block, Cell};
use crate::syntax::ast::{Ident, Table, TableCell};

/// What stands under the heading of a table.
pub fn rows(table: &Table, speaker: &Speaker<'_>) -> [Block; 2] {
    let keys: Vec<&str> = table.by.iter().map(|key| key.value.as_str()).collect();
    let by = keys.join(speaker.pick(", ", "、"));
    let by = match speaker.lang {
        Lang::En => format!("Looked up by {by}."),
        Lang::Zh => format!("按 {by} 查找。"),
    };
    let written = |row: &[TableCell], at: usize| row.get(at).map(|cell| cell.text.value.clone()).unwrap_or_default();
    let columns: Vec<_> =
        table.columns.iter().enumerate().filter(|(at, _)| table.rows.iter().any(|row| !written(row, *at).is_empty())).collect();
    let header = columns.iter().map(|(_, column)| word(&column.value, speaker)).collect();
    let rows = table.rows.iter().map(|row| {
        let cell = |(at, column): &(usize, &Ident)| match written(row, *at) {
            all if keys.contains(&column.value.as_str()) && matches!(all.as_str(), "" | "*") => speaker.pick("any", "任意").to_owned(),
            text => text,
        };
        columns.iter().map(|column| Cell::from(cell(column))).collect()
    });
    [Block::Text(by), Block::Table(header, rows.collect())]
}

/// The name of a column; those about the row itself in the language of the reader.
fn word(column: &str, speaker: &Speaker<'_>) -> String {
    let said = match column {
        "from" => speaker.pick("counts from", "生效日期"),
        "checked" => speaker.pick("checked on", "核对于"),
        "source" => speaker.pick("source", "出处"),
        other => other,
    };
    said.to_owned()
}
