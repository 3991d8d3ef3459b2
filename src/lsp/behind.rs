//! What stands behind an open document: the packages that it uses, from the files beside it.
//!
//! 1. [`Behind::of`] finds them as the command line does: on the search path of the document's file, as its lock file says.
//! 2. The checker sees the document with them behind it, so that places of the document are places of the whole text too.
//! 3. [`Behind::file_at`] tells in which file any other place lies.

use super::document::Text;
use crate::diagnostic::{Diagnostic, Span};
use crate::packages::{Lock, Part, Search, gather};
use gen_lsp_types::Uri;
use std::path::{Path, PathBuf};

/// The packages of a document.
#[derive(Debug, Default)]
pub struct Behind {
    /// Their texts, to be put behind the document's.
    pub text: String,
    /// Each of them; where it begins is counted from the end of the document.
    parts: Vec<Part>,
    /// What is wrong with the search; the places are those of the document, or of the whole text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Behind {
    /// Finds the packages of a document. One that is no file has none.
    pub fn of(document: &Text, uri: &Uri, folders: &[PathBuf]) -> Behind {
        let Some(path) = path(uri) else { return Behind::default() };
        let lock = match Lock::beside(&path) {
            Ok(lock) => lock,
            Err(mistake) => return Behind { diagnostics: vec![*mistake], ..Behind::default() },
        };
        let found = gather(document.as_str(), &Search::of(&path, folders), lock.as_ref());
        let end = document.as_str().len();
        let parts = found.parts.into_iter().map(|part| Part { start: part.start - end, ..part }).collect();
        Behind { text: found.text.get(end..).unwrap_or_default().to_owned(), parts, diagnostics: found.diagnostics }
    }

    /// The file that a place lies in, which is counted from the end of the document: its path, its text and the place in it.
    pub fn file_at(&self, span: Span) -> Option<(&str, Text, Span)> {
        let at = self.parts.iter().rposition(|part| part.start <= span.range().start)?;
        let part = self.parts.get(at)?;
        let end = self.parts.get(at + 1).map_or(self.text.len(), |next| next.start);
        let text = Text::new(self.text.get(part.start..end)?.to_owned());
        Some((&part.file, text, Span::new(span.range().start - part.start, span.range().end - part.start)))
    }
}

/// The path of a `file:` address.
fn path(uri: &Uri) -> Option<PathBuf> {
    let mut bytes = uri.0.strip_prefix("file://")?.bytes();
    let mut path = Vec::new();
    while let Some(byte) = bytes.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        path.push(match byte {
            b'%' => u8::try_from(digit(bytes.next())? * 16 + digit(bytes.next())?).ok()?,
            byte => byte,
        });
    }
    String::from_utf8(path).ok().map(PathBuf::from).filter(|path| path.is_absolute())
}

/// The `file:` address of a path.
pub fn address(path: &str) -> Uri {
    let path = std::path::absolute(Path::new(path)).unwrap_or_else(|_| PathBuf::from(path)).display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let written = path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    Uri(format!("file://{}", written.collect::<String>()))
}
