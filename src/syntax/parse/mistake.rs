//! A piece that did not parse: what is wrong with it.
//!
//! 1. The grammar names the farthest place it reached and the rules it would have taken there.
//! 2. What stands there is compared with them: a misspelt word, a name that cannot be one, an operator of another
//!    language.
//! 3. Failing that, the message lists what was expected.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::names::{Expected, expected};
use super::{Builder, Rule};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::syntax::outline::Range;
use crate::syntax::tokens::{Kind, Token};

/// Marks of other languages and what is written here.
const FOREIGN: &[(&str, &str)] =
    &[("==", "="), ("<>", "!="), ("&&", "and"), ("||", "or"), ("=>", "->"), ("!", "not"), (";", ""), ("'", "\"")];

impl Builder<'_> {
    pub(super) fn mistake(&mut self, error: &Error<Rule>, piece: Span, range: &Range) {
        // A piece with a fault in its brackets, quotes or marks was reported; what the grammar says of it is noise.
        let is_reported =
            |diagnostic: &Diagnostic| diagnostic.span.is_some_and(|span| piece.start <= span.start && span.start <= piece.end);
        if self.outline.diagnostics.iter().any(is_reported) {
            return;
        }
        let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
            self.report(Diagnostic::new(&codes::TOO_COMPLEX, piece));
            return;
        };
        let at = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => piece.range().start + at,
        };
        let token = self.outline.tokens.get(range.clone()).unwrap_or_default().iter().find(|token| token.is_solid() && token.end > at);
        let wanted: Vec<Expected> = positives.iter().filter_map(|rule| expected(*rule)).collect();
        let diagnostic = match token {
            Some(token) => self.unexpected(token, at, positives, &wanted),
            None => {
                let end = piece.range().end;
                unexpected(Span::new(end, end), "the end of the line", "行尾", &wanted)
            }
        };
        self.report(diagnostic);
    }

    fn unexpected(&self, token: &Token, at: usize, positives: &[Rule], wanted: &[Expected]) -> Diagnostic {
        let span = Span::new(at.max(token.start), token.end);
        let found = &self.text[span.range()];
        if let Some(foreign) = self.foreign(token.start) {
            return foreign;
        }
        if token.kind == Kind::Word {
            let words = wanted.iter().flat_map(|expected| expected.words.iter().map(String::as_str));
            if let Some(meant) = nearest(found, words).filter(|meant| *meant != found) {
                return Diagnostic::new(&codes::MISSPELT, span).arg("found", found).arg("meant", meant).fix(span, meant);
            }
            if positives.iter().all(|rule| *rule == Rule::name) {
                return not_a_name(found, span);
            }
        }
        let shown = shorten(found);
        unexpected(span, &shown, &shown, wanted)
    }

    /// An operator of another language at `at` or one byte before, where its first half was taken for ours.
    fn foreign(&self, at: usize) -> Option<Diagnostic> {
        [at.checked_sub(1)?, at].into_iter().find_map(|start| {
            let rest = self.text.get(start..)?;
            let (found, meant) = FOREIGN.iter().find(|(found, _)| rest.starts_with(found) && (start == at || found.len() == 2))?;
            let span = Span::new(start, start + found.len());
            Some(Diagnostic::new(&codes::FOREIGN, span).arg("found", found).arg("meant", meant).fix(span, *meant))
        })
    }
}

fn not_a_name(found: &str, span: Span) -> Diagnostic {
    let lower = found.to_ascii_lowercase();
    let is_name = lower.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric()) && !lower.starts_with(|c: char| c.is_ascii_digit());
    if lower == found && is_name {
        return Diagnostic::new(&codes::RESERVED, span).arg("found", found);
    }
    let mistake = Diagnostic::new(&codes::NAME_SHAPE, span).arg("found", found);
    if is_name { mistake.fix(span, lower) } else { mistake }
}

fn unexpected(span: Span, found_en: &str, found_zh: &str, wanted: &[Expected]) -> Diagnostic {
    let list = |pick: fn(&Expected) -> &String, or: &str, comma: &str| {
        let mut names: Vec<&str> = Vec::new();
        for expected in wanted {
            if !names.contains(&pick(expected).as_str()) {
                names.push(pick(expected));
            }
        }
        match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, before)) => format!("{}{or}{last}", before.join(comma)),
            None => String::new(),
        }
    };
    Diagnostic::new(&codes::UNEXPECTED, span)
        .arg("expected_en", list(|expected| &expected.en, " or ", ", "))
        .arg("expected_zh", list(|expected| &expected.zh, "或", "、"))
        .arg("found_en", found_en)
        .arg("found_zh", found_zh)
}

fn shorten(found: &str) -> String {
    let short: String = found.chars().take(40).collect();
    if short.len() < found.len() { format!("`{short}…`") } else { format!("`{short}`") }
}
