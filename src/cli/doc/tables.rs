//! The tables of the handbook.
//!
//! 1. What a table is looked up by, and which events tell further rows.
//! 2. Its rows as they are written; a column in which nothing stands is left out, and an empty key says that it matches all.

use super::speak::Speaker;
use crate::diagnostic::Lang;
use crate::report::{Block, Cell};
use crate::syntax::ast::{Ident, Table, TableCell};

/// What stands under the heading of a table.
pub fn rows(table: &Table, speaker: &Speaker<'_>) -> Vec<Block> {
    let keys: Vec<&str> = table.by.iter().map(|key| key.value.as_str()).collect();
    let by = keys.join(speaker.pick(", ", "、"));
    let by = match speaker.lang {
        Lang::En => format!("Looked up by {by}."),
        Lang::Zh => format!("按 {by} 查找。"),
    };
    let by = by + &told(table, speaker);
    if table.rows.is_empty() {
        return vec![Block::Text(by)];
    }
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
    vec![Block::Text(by), Block::Table(header, rows.collect())]
}

/// Which events tell further rows; nothing when none do.
fn told(table: &Table, speaker: &Speaker<'_>) -> String {
    let Some(told) = &table.told else { return String::new() };
    let event = &told.event.value;
    match (speaker.lang, &told.since) {
        (Lang::En, Some(since)) => format!(" Events `{event}` tell further rows, each from its `{}` on.", since.value),
        (Lang::En, None) => format!(" Events `{event}` tell further rows, each from its day on."),
        (Lang::Zh, Some(since)) => format!("更多行由事件 `{event}` 说明，各自从其 `{}` 起生效。", since.value),
        (Lang::Zh, None) => format!("更多行由事件 `{event}` 说明，各自从事件当日起生效。"),
    }
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
