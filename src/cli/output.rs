//! What a command prints: for people, or as JSON.
//!
//! 1. A command makes values or [`Diagnostic`]s.
//! 2. [`Output`] writes them in the asked [`Format`] and [`Lang`]: results to standard output, diagnostics for people to
//!    standard error.

use crate::diagnostic::render::{self, Sheet};
use crate::diagnostic::{Diagnostic, Lang, Span};
use crate::packages::Part;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
}

/// The label of all time in results.
pub const ALL: &str = "all";

/// The language of texts on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

/// A text that was read, and what it is called.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path, or `<stdin>`.
    pub name: String,
    /// The text, with that of its packages behind it.
    pub text: String,
    /// How much of it is the ruleset's own.
    pub own: usize,
    /// The packages in it that came from files of their own.
    pub parts: Vec<Part>,
}

impl Source {
    /// The text of the ruleset itself.
    pub fn own(&self) -> &str {
        self.text.get(..self.own).unwrap_or_default()
    }

    /// The same packages behind another text of the ruleset.
    pub fn with_own(&self, own: &str) -> Source {
        let moved = |start: usize| start - self.own + own.len();
        let parts = self.parts.iter().map(|part| Part { start: moved(part.start), ..part.clone() });
        let behind = self.text.get(self.own..).unwrap_or_default();
        Source { name: self.name.clone(), text: format!("{own}{behind}"), own: own.len(), parts: parts.collect() }
    }

    /// The files that the text was put together from.
    fn sheets(&self) -> Vec<Sheet<'_>> {
        let starts = self.parts.iter().map(|part| part.start);
        let ends = starts.clone().chain([self.text.len()]);
        let names = std::iter::once(self.name.as_str()).chain(self.parts.iter().map(|part| part.file.as_str()));
        let sheet = |((name, start), end): ((_, usize), usize)| Sheet::new(name, self.text.get(start..end).unwrap_or_default(), start);
        names.zip(std::iter::once(0).chain(starts)).zip(ends).map(sheet).collect()
    }
}

/// Where a command writes to.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// How.
    pub format: Format,
    /// In which language.
    pub lang: Lang,
}

impl Output {
    /// The output of the asked format and language; the language of the environment when none is asked.
    pub fn new(format: Format, lang: Option<LangArg>) -> Output {
        let lang = match lang {
            Some(LangArg::En) => Lang::En,
            Some(LangArg::Zh) => Lang::Zh,
            None => environment_lang(),
        };
        Output { format, lang }
    }

    /// Picks the text of the language.
    pub fn text<'a>(&self, en: &'a str, zh: &'a str) -> &'a str {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// The label of a period for people.
    pub fn period<'a>(&self, label: &'a str) -> &'a str {
        if label == ALL { self.text(ALL, "全部") } else { label }
    }

    /// True when people read along.
    pub fn is_human(&self) -> bool {
        self.format == Format::Human
    }

    /// A line of a result. A closed pipe is no error: whoever reads has read enough.
    pub fn line(&self, text: &str) {
        // JSON holds no signs for terminals that would have to be taken out.
        let _ = if self.is_human() { writeln!(anstream::stdout(), "{text}") } else { writeln!(std::io::stdout(), "{text}") };
    }

    /// A line beside the result, for people only.
    pub fn note(&self, text: &str) {
        if self.is_human() {
            let _ = writeln!(anstream::stderr(), "{text}");
        }
    }

    /// The records of a result as JSON; nothing for people.
    pub fn records<T: Serialize>(&self, records: &[T]) {
        match self.format {
            Format::Human => {}
            Format::Json => self.line(&serde_json::to_string_pretty(records).unwrap_or_default()),
            Format::Ndjson => {
                let lines: Vec<String> = records.iter().map(|record| serde_json::to_string(record).unwrap_or_default()).collect();
                if !lines.is_empty() {
                    self.line(&lines.join("\n"));
                }
            }
        }
    }

    /// One JSON document; nothing for people.
    pub fn document(&self, document: &Value) {
        match self.format {
            Format::Human => {}
            Format::Json => self.line(&serde_json::to_string_pretty(document).unwrap_or_default()),
            Format::Ndjson => self.line(&document.to_string()),
        }
    }

    /// Draws a diagnostic that is not about a text, for people.
    pub fn diagnostic(&self, diagnostic: &Diagnostic) {
        self.draw([diagnostic], &[]);
    }

    /// Draws diagnostics about a text, for people.
    pub fn diagnostics<'d>(&self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>, source: &Source) {
        self.draw(diagnostics, &source.sheets());
    }

    fn draw<'d>(&self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>, sheets: &[Sheet<'_>]) {
        let color = std::io::stderr().is_terminal();
        let drawn = render::render_sheets(diagnostics, sheets, self.lang, color);
        let _ = write!(anstream::stderr(), "{drawn}");
    }

    /// Why a command stopped: drawn for people, for scripts in the shape of `check`.
    pub fn stopped(&self, diagnostic: &Diagnostic) {
        match self.format {
            Format::Human => self.diagnostic(diagnostic),
            Format::Json | Format::Ndjson => self.records(&[self.record(diagnostic, &[])]),
        }
    }

    /// Diagnostics about a text, as JSON.
    pub fn diagnostics_json<'d>(&self, diagnostics: impl IntoIterator<Item = &'d Diagnostic>, source: &Source) -> Vec<Value> {
        let sheets = source.sheets();
        diagnostics.into_iter().map(|diagnostic| self.record(diagnostic, &sheets)).collect()
    }

    fn record(&self, diagnostic: &Diagnostic, sheets: &[Sheet<'_>]) -> Value {
        let sheet = diagnostic.span.and_then(|span| render::sheet_of(sheets, span)).or(sheets.first());
        let place = |span: Span| {
            let (line, column) = sheet.map_or((0, 0), |sheet| sheet.line_column(span));
            let start = sheet.map_or(0, Sheet::start);
            json!({"line": line, "column": column, "start": span.start as usize - start, "end": span.end as usize - start})
        };
        let fixes: Vec<Value> = diagnostic.fixes.iter().map(|fix| json!({"at": place(fix.span), "replacement": fix.replacement})).collect();
        json!({
            "file": sheet.map(Sheet::name),
            "code": diagnostic.code.id,
            "severity": if diagnostic.is_error() { "error" } else { "warning" },
            "at": diagnostic.span.map(place),
            "message": diagnostic.message(self.lang),
            "help": diagnostic.help(self.lang),
            "fixes": fixes,
        })
    }
}

/// The language that the environment asks for.
fn environment_lang() -> Lang {
    let variable =
        ["STEELYARD_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    if variable.is_some_and(|value| value.to_ascii_lowercase().starts_with("zh")) { Lang::Zh } else { Lang::En }
}

/// How many of something, in English: `1 file`, `2 files`.
pub fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// Lines up the cells of a table. Wide characters take two columns; numbers stand at the right.
pub fn table(header: &[&str], rows: &[Vec<String>], right: &[bool]) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(width(cell));
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for ((cell, w), right) in cells.zip(&widths).zip(right.iter().chain(std::iter::repeat(&false))) {
            let pad = " ".repeat(w.saturating_sub(width(cell)));
            text += &if *right { format!("{pad}{cell}  ") } else { format!("{cell}{pad}  ") };
        }
        text.trim_end().to_owned()
    };
    let mut lines = vec![line(&mut header.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}

/// How many columns of a terminal a text takes.
fn width(text: &str) -> usize {
    let wide = |c: char| matches!(u32::from(c), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x20000..=0x3FFFD);
    text.chars().map(|c| if wide(c) { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_cells_line_up() {
        let drawn = table(&["shop", "n"], &[vec!["店铺".into(), "7".into()], vec!["a".into(), "12".into()]], &[false, true]);
        assert_eq!(drawn, "shop   n\n店铺   7\na     12");
    }
}
