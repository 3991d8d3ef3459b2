//! The tables of the handbook.
//!
//! 1. What a table is looked up by, and which events tell further rows.
//! 2. Its rows as they are written; a column in which nothing stands is left out, and an empty key says that it matches all.
//! 3. Of a column `source` and its Chinese `source_zh` the reader sees the one in his language, under the same heading.

use super::speak::Speaker;
use crate::diagnostic::Lang;
use crate::report::{Block, Cell};
use crate::syntax::ast::{Ident, Table, TableCell};

/// How the name of the Chinese of a column ends.
const ZH: &str = "_zh";

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
    let has = |name: &str| table.columns.iter().any(|column| column.value == name);
    let is_other_language = |name: &str| match (name.strip_suffix(ZH), speaker.lang) {
        (Some(base), Lang::En) => has(base),
        (_, Lang::Zh) => has(&format!("{name}{ZH}")),
        (None, Lang::En) => false,
    };
    let is_shown = |at: usize| table.rows.iter().any(|row| !written(row, at).is_empty());
    let columns: Vec<_> = table.columns.iter().enumerate().filter(|(at, name)| is_shown(*at) && !is_other_language(&name.value)).collect();
    let heading = |name: &str| name.strip_suffix(ZH).filter(|base| has(base)).unwrap_or(name).to_owned();
    let header = columns.iter().map(|(_, column)| word(&heading(&column.value), speaker)).collect();
    let rows = table.rows.iter().map(|row| {
        let cell = |(at, column): &(usize, &Ident)| match written(row, *at) {
            all if keys.contains(&column.value.as_str()) && matches!(all.as_str(), "" | "*") => speaker.pick("any", "任意").to_owned(),
            text => said(&column.value, text, speaker),
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

/// What stands in a cell; truths, and the words of the library for how sure something is, in the language of the reader.
fn said(column: &str, text: String, speaker: &Speaker<'_>) -> String {
    let zh = match (column, text.as_str()) {
        (_, "true") => "是",
        (_, "false") => "否",
        ("confidence", "platform") => "平台",
        ("confidence", "third party") => "第三方",
        ("confidence", "memory") => "凭记忆",
        ("confidence", "rule") => "规则",
        ("confidence", "example") => "示例",
        _ => return text,
    };
    speaker.pick(&text, zh).to_owned()
}

/// The name of a column; those about the row itself in the language of the reader.
fn word(column: &str, speaker: &Speaker<'_>) -> String {
    let said = match column {
        "from" => speaker.pick("counts from", "生效日期"),
        "checked" => speaker.pick("checked on", "核对于"),
        "source" => speaker.pick("source", "出处"),
        "confidence" => speaker.pick("confidence", "可信度"),
        other => other,
    };
    said.to_owned()
}
