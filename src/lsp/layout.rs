//! Formatting: the one layout, as the smallest edit of whole lines.

use super::document::Text;
use crate::diagnostic::Span;
use crate::syntax::format::format;
use gen_lsp_types::TextEdit;

/// The edit that lays the text out; none when it is laid out already, None when it has mistakes.
pub fn edits(text: &Text) -> Option<Vec<TextEdit>> {
    let (before, after) = (text.as_str(), format(text.as_str()).ok()?);
    if before == after {
        return Some(Vec::new());
    }
    let same = |(a, b): &(&str, &str)| a == b;
    let head: usize = lines(before).zip(lines(&after)).take_while(same).map(|(line, _)| line.len()).sum();
    let (rest, new) = (before.get(head..)?, after.get(head..)?);
    let tail: usize = lines(rest).rev().zip(lines(new).rev()).take_while(same).map(|(line, _)| line.len()).sum();
    let span = Span::new(head, before.len() - tail);
    Some(vec![TextEdit { range: text.range(span), new_text: new.get(..new.len() - tail)?.to_owned() }])
}

fn lines(text: &str) -> std::str::SplitInclusive<'_, char> {
    text.split_inclusive('\n')
}
