//! As what a page is written: HTML, Markdown, or a workbook.

use super::{Block, page, sheet};
use crate::diagnostic::codes::report as codes;
use crate::diagnostic::{Diagnostic, Lang, Words};

/// As what a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One file that needs nothing else and prints well.
    Html,
    /// Markdown.
    Markdown,
    /// A workbook, XLSX.
    Workbook,
}

impl Format {
    /// The format whose files end so.
    pub fn ending_in(ending: &str) -> Option<Format> {
        [Format::Html, Format::Markdown, Format::Workbook].into_iter().find(|format| format.ending() == ending)
    }

    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Format::Html => "html",
            Format::Markdown => "md",
            Format::Workbook => "xlsx",
        }
    }

    /// What HTTP calls it.
    pub fn content_type(self) -> &'static str {
        match self {
            Format::Html => "text/html; charset=utf-8",
            Format::Markdown => "text/markdown; charset=utf-8",
            Format::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// Writes a page.
    ///
    /// # Errors
    /// When there is more than a workbook can hold.
    pub fn write(self, title: &str, blocks: &[Block], lang: Lang) -> Result<Vec<u8>, Diagnostic> {
        match self {
            Format::Html => Ok(page::html(title, blocks, lang).into_bytes()),
            Format::Markdown => Ok(page::markdown(blocks).into_bytes()),
            Format::Workbook => {
                let wrong = |error| Diagnostic::general(&codes::WORKBOOK).reason(Words::foreign("超出工作簿的限制", error));
                sheet::xlsx(title, blocks).map_err(wrong)
            }
        }
    }
}
