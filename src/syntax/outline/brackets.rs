//! Brackets: which one closes which.
//!
//! 1. No bracket is open across the beginning of a declaration, so each declaration is matched by itself.
//! 2. A closing bracket belongs to the nearest open one of its kind; those between them are never closed.
//! 3. Where that leaves a brace over, layout tells better than nearness: the way that leaves fewest over is taken.

use super::{DEPTH_MAX, begins_declaration};
use crate::syntax::tokens::{Kind, Token};

/// What belongs to what.
#[derive(Default)]
pub(super) struct Matched {
    /// Each opening bracket with the one that closes it.
    pub(super) pairs: Vec<(usize, usize)>,
    /// Brackets without a partner.
    pub(super) faults: Vec<usize>,
    /// Brackets that are nested too deep.
    pub(super) too_deep: Vec<usize>,
}

/// How far up the open brackets a partner is looked for; deeper ones were refused anyway.
const PARTNERS_MAX: usize = 2 * DEPTH_MAX;

/// Matches the brackets of a text.
pub(super) fn matched(tokens: &[Token], text: &str) -> Matched {
    let brackets = Brackets { tokens, text, places: places(tokens) };
    let mut matched = Matched::default();
    let mut start = 0;
    while start < tokens.len() {
        let end = (start + 1..tokens.len()).find(|&at| begins_declaration(tokens, at, text)).unwrap_or(tokens.len());
        let part = brackets.best(start..end);
        matched.pairs.extend(part.pairs);
        matched.faults.extend(part.faults);
        matched.too_deep.extend(part.too_deep);
        start = end;
    }
    matched
}

/// What the layout says about a closing brace.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// Nothing.
    Ignored,
    /// The first of a line closes a brace whose line is not indented further, if there is one.
    Loose,
    /// The first of a line closes a brace whose line is indented as far, any other one a brace of its own line; or nothing.
    Strict,
}

struct Brackets<'a> {
    tokens: &'a [Token],
    text: &'a str,
    places: Vec<Place>,
}

impl Brackets<'_> {
    fn best(&self, range: std::ops::Range<usize>) -> Matched {
        let ignored = self.matched(range.clone(), Layout::Ignored);
        if !ignored.faults.iter().any(|&at| self.tokens[at].is_brace(self.text)) {
            return ignored;
        }
        let [loose, strict] = [Layout::Loose, Layout::Strict].map(|layout| self.matched(range.clone(), layout));
        if strict.faults.len() <= loose.faults.len() { strict } else { loose }
    }

    fn matched(&self, range: std::ops::Range<usize>, layout: Layout) -> Matched {
        let mut matched = Matched::default();
        let mut open: Vec<usize> = Vec::new();
        for index in range {
            match self.tokens[index].kind {
                Kind::Open => {
                    if open.len() == DEPTH_MAX {
                        matched.too_deep.push(index);
                    }
                    open.push(index);
                }
                Kind::Close => {
                    let near = open.len().saturating_sub(PARTNERS_MAX);
                    match self.partner(index, &open[near..], layout) {
                        Some(at) => {
                            matched.faults.extend(open.drain(near + at + 1..));
                            matched.pairs.extend(open.pop().map(|partner| (partner, index)));
                        }
                        None => matched.faults.push(index),
                    }
                }
                _ => {}
            }
        }
        matched.faults.append(&mut open);
        matched
    }

    /// Which of the `open` brackets the one at `index` closes.
    fn partner(&self, index: usize, open: &[usize], layout: Layout) -> Option<usize> {
        let wanted = opening(self.mark(index)?);
        let Place { line, indent, first } = self.places[index];
        let strict = layout == Layout::Strict && wanted == b'{';
        let aligned = |at: usize| {
            let place = self.places[at];
            match layout {
                Layout::Strict if strict && first => place.indent == indent,
                Layout::Strict if strict => place.line == line,
                Layout::Loose if first => place.indent <= indent,
                _ => true,
            }
        };
        let mut nearest = None;
        for (up, &at) in open.iter().enumerate().rev().filter(|(_, at)| self.mark(**at) == Some(wanted)) {
            if aligned(at) {
                return Some(up);
            }
            nearest = nearest.or(Some(up));
        }
        nearest.filter(|_| !strict)
    }

    /// The bracket at `index`.
    fn mark(&self, index: usize) -> Option<u8> {
        self.text.as_bytes().get(self.tokens[index].start).copied()
    }
}

/// What opens what this bracket closes.
fn opening(close: u8) -> u8 {
    match close {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

/// Where a token stands.
#[derive(Clone, Copy)]
struct Place {
    /// The first byte of its line.
    line: usize,
    /// How far the line is indented.
    indent: usize,
    /// Whether it stands first on the line.
    first: bool,
}

fn places(tokens: &[Token]) -> Vec<Place> {
    let (mut line, mut indent) = (0, None);
    let place = |token: &Token| {
        let first = indent.is_none();
        let place = Place { line, indent: *indent.get_or_insert(token.start - line), first };
        if token.kind == Kind::Newline {
            (line, indent) = (token.end, None);
        }
        place
    };
    tokens.iter().map(place).collect()
}
