//! The text of an open document, addressed as editors do: by line and by UTF-16 unit in it.
//!
//! 1. [`Text::new`] finds where lines begin. A line ends with `\n`, `\r\n` or `\r`.
//! 2. [`Text::offset`] and [`Text::position`] translate; a place beyond a line is its end, one within a character its start.
//! 3. [`Text::changed`] applies what was typed.

use crate::diagnostic::Span;
use gen_lsp_types::{Position, Range, TextDocumentContentChangeEvent as Change};

/// A text and where its lines begin.
#[derive(Debug, Clone, Default)]
pub struct Text {
    text: String,
    starts: Vec<usize>,
}

impl Text {
    /// A text with its lines.
    pub fn new(text: String) -> Text {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Text { text, starts }
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A part of it.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The byte of a position.
    pub fn offset(&self, position: Position) -> usize {
        let Some(&start) = self.starts.get(position.line as usize) else { return self.text.len() };
        let end = self.starts.get(position.line as usize + 1).copied().unwrap_or(self.text.len());
        let line = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let mut units = 0;
        for (at, c) in line.char_indices() {
            units += c.len_utf16();
            if units > position.character as usize {
                return start + at;
            }
        }
        start + line.len()
    }

    /// The position of a byte.
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|&start| start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let units = self.text.get(start..offset).unwrap_or_default().encode_utf16().count();
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position::new(clamp(line), clamp(units))
    }

    /// The range of a span.
    pub fn range(&self, span: Span) -> Range {
        Range::new(self.position(span.range().start), self.position(span.range().end))
    }

    /// The bytes of a range, from its smaller end to its larger one.
    pub fn span(&self, range: Range) -> Span {
        let (a, b) = (self.offset(range.start), self.offset(range.end));
        Span::new(a.min(b), a.max(b))
    }

    /// The text after changes, each about the text that the one before it left.
    pub fn changed(&self, changes: Vec<Change>) -> Text {
        changes.into_iter().fold(self.clone(), |before, change| match change {
            Change::TextDocumentContentChangePartial(part) => {
                let span = before.span(part.range).range();
                let mut text = before.text;
                text.replace_range(span, &part.text);
                Text::new(text)
            }
            Change::TextDocumentContentChangeWholeDocument(whole) => Text::new(whole.text),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// What an editor does, on UTF-16 units.
    fn model(text: &str, start: (u32, u32), end: (u32, u32), with: &str) -> String {
        let units: Vec<u16> = text.encode_utf16().collect();
        let at = |(line, character): (u32, u32)| {
            let mut begin = 0;
            for _ in 0..line {
                match units[begin..].iter().position(|&unit| unit == 10) {
                    Some(found) => begin += found + 1,
                    None => return units.len(),
                }
            }
            let length = units[begin..].iter().position(|&unit| unit == 10).unwrap_or(units.len() - begin);
            begin + length.min(character as usize)
        };
        let (start, end) = (at(start), at(end));
        let with: Vec<u16> = with.encode_utf16().collect();
        String::from_utf16(&[&units[..start.min(end)], &with, &units[start.max(end)..]].concat()).unwrap_or_else(|_| "split".into())
    }

    proptest! {
        #[test]
        fn changes_are_those_of_the_editor(
            text in "[a净😀\n]{0,20}", start in (0u32..5, 0u32..8), end in (0u32..5, 0u32..8), with in "[b额🎉\n]{0,4}"
        ) {
            let position = |(line, character)| Position::new(line, character);
            let part = serde_json::json!({"range": Range::new(position(start), position(end)), "text": with});
            let wanted = model(&text, start, end, &with);
            let found = Text::new(text).changed(vec![serde_json::from_value(part).unwrap()]);
            // An editor never points between the halves of a character.
            if wanted != "split" {
                prop_assert_eq!(found.as_str(), wanted);
            }
            for (at, _) in found.as_str().char_indices() {
                prop_assert_eq!(found.offset(found.position(at)), at);
            }
        }
    }

    #[test]
    fn lines_end_in_three_ways() {
        let text = Text::new("a\r\nb\rc\n净😀d".into());
        assert_eq!(text.position(text.as_str().find('d').unwrap()), Position::new(3, 3));
        assert_eq!(text.offset(Position::new(3, 2)), text.as_str().find('😀').unwrap());
        assert_eq!(text.offset(Position::new(0, 9)), 1);
        assert_eq!(text.offset(Position::new(2, 1)), text.as_str().find('c').unwrap() + 1);
        assert_eq!(text.offset(Position::new(9, 0)), text.as_str().len());
    }
}
