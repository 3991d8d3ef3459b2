//! A piece that did not parse: what is wrong with it.
//!
//! 1. The grammar names the farthest place it reached and the rules it would have taken there.
//! 2. What stands there is compared with them: a misspelt word, a name that cannot be one, an operator of another
//!    language.
//! 3. What could be a statement of its own begins a line ([`Builder::second_statement`]).
//! 4. Failing all that, the message lists what was expected.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::begin::BEHIND_FIELDS;
use super::habit::Stop;
use super::names::{Expected, RESERVED, wants_formula};
use super::{Builder, Rule};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Words, nearest};
use crate::syntax::outline::Range;
use crate::syntax::tokens::{Kind, Token};

/// Marks of other languages and what is written here.
const FOREIGN: &[(&str, &str)] = &[("==", "="), ("<>", "!="), ("&&", "and"), ("||", "or"), ("=>", "->"), ("!", "not")];

/// What a statement cannot begin with, but the next line of a formula can.
const CONTINUES: &[&str] = &["and", "or", "else", "over", "+", "-", "*", "/", "=", "!=", "<", "<=", ">", ">="];

/// Calendar units: they are not equally long, so no duration has them.
const CALENDAR: &[&str] = &["month", "months", "quarter", "quarters", "year", "years"];

impl Builder<'_> {
    /// Where in a piece that did not parse a second statement begins: what stands before is a statement, and what stands
    /// behind is one too, or begins like one.
    pub(super) fn second_statement(&self, rule: Rule, range: &Range, error: &Error<Rule>) -> Option<usize> {
        let second = self.stopped_at(range, error)?;
        if second == range.start || !self.fits(rule, &(range.start..second)) {
            return None;
        }
        let rest = second..range.end;
        let third = match self.read(rule, &rest) {
            Ok(_) => return Some(second),
            Err(error) => error.and_then(|error| self.stopped_at(&rest, &error))?,
        };
        // A word that belongs to the statement before, misspelt or misplaced, begins none.
        let token = self.outline.token(second)?;
        let word = &self.text[token.start..token.end];
        let goes_on = BEHIND_FIELDS.contains(&word)
            || matches!(&error.variant, ErrorVariant::ParsingError { positives, .. } if misread_word(word, token.span(), positives).is_some());
        (third > second && !goes_on).then_some(second)
    }

    /// Reports that the statement at token `second` shares the line of the one before.
    pub(super) fn begin_line(&mut self, second: usize) {
        let end_before = second.checked_sub(1).and_then(|before| self.outline.token(before)).map_or(0, |before| before.end);
        let Some(token) = self.outline.token(second) else { return };
        let line = self.source[..token.start].rfind('\n').map_or(0, |newline| newline + 1);
        let text = &self.source[line..token.start];
        let indent = &text[..text.len() - text.trim_start_matches([' ', '\t']).len()];
        let mistake = Diagnostic::new(&codes::STATEMENT_LINE, token.span());
        let mistake = mistake.fix(Span::new(end_before, token.start), format!("\n{indent}"));
        self.report(mistake);
    }

    /// The token that the grammar did not take.
    fn stopped_at(&self, range: &Range, error: &Error<Rule>) -> Option<usize> {
        let at = self.outline.span(range).range().start + reached(error);
        range.clone().find(|&index| self.outline.token(index).is_some_and(|token| token.is_solid() && token.end > at))
    }

    pub(super) fn mistake(&mut self, error: &Error<Rule>, piece: Span, range: &Range) {
        // A piece with a fault in its brackets, quotes or marks was reported; what the grammar says of it is noise.
        let earlier = self.outline.diagnostics.partition_point(|diagnostic| diagnostic.span.is_none_or(|span| span.start < piece.start));
        if self.outline.diagnostics.get(earlier).and_then(|diagnostic| diagnostic.span).is_some_and(|span| span.start <= piece.end) {
            return;
        }
        let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
            self.report(Diagnostic::new(&codes::TOO_COMPLEX, piece));
            return;
        };
        let at = piece.range().start + reached(error);
        let token = self.outline.tokens.get(range.clone()).unwrap_or_default().iter().find(|token| token.is_solid() && token.end > at);
        let diagnostic = match token {
            Some(token) => self.unexpected(token, at, range, positives),
            None => {
                let end = Span::new(piece.range().end, piece.range().end);
                let brace = self.outline.token(range.end).filter(|token| token.is_brace(self.text));
                let (span, en, zh) = brace.map_or((end, "the end of the line", "行尾"), |brace| (brace.span(), "`{`", "`{`"));
                let whole = range.start..range.end + usize::from(brace.is_some());
                let habit = self.habit(&Stop { span, range: &whole, positives, ended: brace.is_none() });
                habit.unwrap_or_else(|| unexpected(span, en, zh, positives))
            }
        };
        self.report(diagnostic);
    }

    fn unexpected(&self, token: &Token, at: usize, range: &Range, positives: &[Rule]) -> Diagnostic {
        let span = Span::new(at.max(token.start), token.end);
        let found = &self.text[span.range()];
        let before = range.start.checked_sub(1).and_then(|before| self.outline.token(before));
        let begins_line = before.is_some_and(|before| before.kind == Kind::Newline) && span.start == self.outline.span(range).start;
        if begins_line && CONTINUES.contains(&found) {
            return Diagnostic::new(&codes::CONTINUED, span).arg("found", found);
        }
        if let Some(habit) = self.habit(&Stop { span, range, positives, ended: false }) {
            return habit;
        }
        if positives.contains(&Rule::duration_unit) && CALENDAR.contains(&found) {
            return Diagnostic::new(&codes::CALENDAR_LENGTH, span).arg("found", found);
        }
        let word = (token.kind == Kind::Word).then(|| misread_word(found, span, positives)).flatten();
        word.or_else(|| self.foreign(token.start)).unwrap_or_else(|| {
            let shown = shorten(found);
            unexpected(span, &shown, &shown, positives)
        })
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

/// How far into the piece the grammar came.
fn reached(error: &Error<Rule>) -> usize {
    match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    }
}

/// A misspelt keyword, or a word that cannot be the name that was wanted.
fn misread_word(found: &str, span: Span, positives: &[Rule]) -> Option<Diagnostic> {
    let wants_name = positives.iter().any(|rule| matches!(rule, Rule::name | Rule::ruleset_name));
    if wants_name && !wants_formula(positives) && RESERVED.contains(&found) {
        return Some(Diagnostic::new(&codes::RESERVED, span).arg("found", found));
    }
    let lower = found.to_ascii_lowercase();
    let expected = Expected::new(positives);
    let is_currency = positives.contains(&Rule::currency) && found.len() == 3 && found.bytes().all(|b| b.is_ascii_lowercase());
    let meant = if is_currency {
        Some(found.to_ascii_uppercase())
    } else {
        nearest(&lower, expected.words.iter().map(String::as_str)).map(str::to_owned)
    };
    if let Some(meant) = meant.filter(|meant| meant != found) {
        return Some(Diagnostic::new(&codes::MISSPELT, span).arg("found", found).arg("meant", &meant).fix(span, meant));
    }
    let is_ascii = lower.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric());
    let is_name = is_ascii && lower == found;
    (wants_name && !is_name).then(|| {
        let mistake = Diagnostic::new(&codes::NAME_SHAPE, span).arg("found", found);
        if is_ascii { mistake.fix(span, lower) } else { mistake }
    })
}

fn unexpected(span: Span, found_en: &str, found_zh: &str, positives: &[Rule]) -> Diagnostic {
    let list = |names: &[String], or: &str, comma: &str| match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{}{or}{last}", before.join(comma)),
        None => String::new(),
    };
    let expected = Expected::new(positives);
    Diagnostic::new(&codes::UNEXPECTED, span)
        .words("expected", Words::new(list(&expected.en, " or ", ", "), list(&expected.zh, "或", "、")))
        .words("found", Words::new(found_en.to_owned(), found_zh.to_owned()))
}

fn shorten(found: &str) -> String {
    let short: String = found.chars().take(40).collect();
    if short.len() < found.len() { format!("`{short}…`") } else { format!("`{short}`") }
}
