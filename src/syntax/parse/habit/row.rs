//! Rows of tables as they are written in lists, spreadsheets and Markdown.
//!
//! 1. Cells that stand between other marks, or between blanks, are as many as the columns ([`Builder::row_habit`]).
//! 2. Of a Markdown table the outer marks and the line below the header are no cells.

use super::advised;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::parse::Builder;
use crate::syntax::tokens::cells;

/// What stands between cells elsewhere.
const BETWEEN: &[&str] = &["\t", "->", "=", ":", ";", ","];

impl Builder<'_> {
    /// A row whose cells are not as many as the columns because it is written otherwise here. The header has no number of columns yet.
    pub(in crate::syntax::parse) fn row_habit(&self, row: Span, columns: Option<usize>) -> Option<Diagnostic> {
        let text = self.text.get(row.range())?;
        if text.contains('-') && text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ')) {
            let advice = Words::new(
                format!("Leave `{text}` out: the first row names the columns by itself."),
                format!("请去掉 `{text}`：首行本身就是列名。"),
            );
            return Some(advised(self.text, row, advice, Some(text.to_owned())));
        }
        if let Some(inner) = text.strip_prefix('|') {
            // Without a word before its first mark a row may as well have an empty first cell.
            let bare = inner.strip_suffix('|').unwrap_or(inner);
            let is_markdown = columns.is_none_or(|columns| cells(text).len() != columns && cells(bare).len() == columns);
            return is_markdown.then(|| self.cells_between(row, bare.trim()));
        }
        if text.contains(['|', '"']) {
            return None;
        }
        let fits = |cells: &[&str]| match columns {
            Some(columns) => cells.len() == columns,
            None => cells.len() > 1 && cells.iter().all(|cell| is_name(cell)),
        };
        let split = |mark: &&str| text.split(*mark).map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<&str>>();
        let blanks = || Some(text.split_whitespace().collect::<Vec<&str>>());
        let found = BETWEEN.iter().map(split).find(|cells| fits(cells)).or_else(|| blanks().filter(|cells| fits(cells)));
        match found {
            Some(cells) if cells.len() > 1 => Some(self.cells_between(row, &cells.join(" | "))),
            _ => columns.is_none().then(|| self.no_header(row, text)).flatten(),
        }
    }

    fn cells_between(&self, row: Span, form: &str) -> Diagnostic {
        let advice = Words::new(format!("Write `{form}`."), format!("请写 `{form}`。"));
        advised(self.text, row, advice, Some(form.to_owned()))
    }

    /// A first row of cells of which one is an amount or a text in quotes, as only rows of data have.
    pub(in crate::syntax::parse) fn data_first(&self, row: Span) -> Option<Diagnostic> {
        let text = self.text.get(row.range())?;
        let is_data =
            |cell: &str| cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '"' | '-')) && !cell.chars().all(|c| c == '-');
        let found = cells(text).into_iter().filter_map(|(start, end)| text.get(start..end)).any(is_data);
        found.then(|| self.names_columns(row, text))
    }

    /// A first row that is one of data.
    fn no_header(&self, row: Span, text: &str) -> Option<Diagnostic> {
        let mark = BETWEEN.iter().find(|mark| text.contains(**mark))?;
        Some(self.names_columns(row, &text.split(*mark).map(str::trim).collect::<Vec<&str>>().join(" | ")))
    }

    /// What stands first, where a row of data does.
    fn names_columns(&self, row: Span, form: &str) -> Diagnostic {
        let advice = Words::new(
            format!("The first row names the columns, as in `shop | rate`; then come rows such as `{form}`."),
            format!("首行写列名，如 `shop | rate`；之后各行写作 `{form}`。"),
        );
        advised(self.text, row, advice, None)
    }
}

fn is_name(cell: &str) -> bool {
    cell.starts_with(|c: char| c == '_' || c.is_ascii_lowercase()) && cell.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
}
