//! A piece that did not parse because it is written as elsewhere: which habit it is.
//!
//! 1. The token that the grammar did not take, with the tokens around it, is compared with the phrases of [`habits`].
//! 2. A word before a bracket is compared with the functions of other languages, then with ours in small letters.

use super::names::{Expected, wants_formula};
use super::{Builder, Rule};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::habits::{At, FORMS, function};
use crate::syntax::outline::Range;
use crate::syntax::tokens::Kind;

/// Our functions, which spreadsheets write in capitals.
const OURS: &[&str] = &["sum", "count", "min", "max", "avg", "median", "distinct", "round", "abs", "rank", "not"];

/// Where the grammar stopped.
pub(super) struct Stop<'p> {
    /// What it did not take.
    pub(super) span: Span,
    /// The tokens of the piece.
    pub(super) range: &'p Range,
    /// What it would have taken.
    pub(super) positives: &'p [Rule],
    /// The piece ended too soon: what it did not take is its end.
    pub(super) ended: bool,
}

/// A token of a piece.
struct Said<'t> {
    span: Span,
    text: &'t str,
}

impl Builder<'_> {
    /// What to write instead of a form of another language; None when it is none.
    pub(super) fn habit(&self, stop: &Stop<'_>) -> Option<Diagnostic> {
        let said = self.said(stop);
        let last = said.len().checked_sub(1).filter(|_| stop.ended);
        let at = said.iter().position(|one| one.span == stop.span).or(last)?;
        self.foreign_function(&said, at, stop).or_else(|| {
            let (span, advice) = FORMS.iter().filter(|form| self.applies(form.0, stop)).find_map(|(_, phrase, en, zh)| {
                let phrase = Phrase::new(phrase);
                let length = phrase.tokens.len();
                let first = (0..length).rev().filter_map(|back| at.checked_sub(back)).find(|first| {
                    let here = said.get(*first..*first + length);
                    here.is_some_and(|here| here.iter().zip(&phrase.tokens).all(|(one, meant)| is(one.text, meant)))
                })?;
                let here = said.get(first..first + length)?;
                let about = here.get(phrase.about)?;
                let span = about.first()?.span.to(about.last()?.span);
                Some((span, Words::new(self.filled(en, here), self.filled(zh, here))))
            })?;
            let found = self.text.get(span.range()).unwrap_or_default();
            Some(Diagnostic::new(&codes::HABIT, span).arg("found", found).words("advice", advice))
        })
    }

    /// The tokens of the piece and a few behind it. A number and the letters at its end are two, so is what the grammar took half.
    fn said(&self, stop: &Stop<'_>) -> Vec<Said<'_>> {
        let mut said = Vec::new();
        // The word that begins a declaration is no part of its head.
        let before = self.outline.tokens.get(..stop.range.start).unwrap_or_default();
        let word =
            before.iter().rev().find(|token| token.is_solid() || token.kind == Kind::Newline).filter(|token| token.kind == Kind::Word);
        let piece = self.outline.tokens.get(stop.range.clone()).unwrap_or_default().iter().filter(|token| token.is_solid());
        for token in word.into_iter().chain(piece) {
            let mut start = token.start;
            let mut cut = |end: usize| {
                if start < end {
                    said.push(Said { span: Span::new(start, end), text: self.text.get(start..end).unwrap_or_default() });
                    start = end;
                }
            };
            let text = self.text.get(token.start..token.end).unwrap_or_default();
            if token.kind != Kind::Text {
                let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_').len();
                if digits < text.len() {
                    cut(token.end - digits);
                }
                if stop.span.start as usize > token.start && (stop.span.start as usize) < token.end {
                    cut(stop.span.start as usize);
                }
            }
            cut(token.end);
        }
        said
    }

    /// An advice with the tokens that it names.
    fn filled(&self, advice: &str, said: &[Said<'_>]) -> String {
        let mut filled = advice.to_owned();
        for (place, one) in said.iter().enumerate() {
            filled = filled.replace(&format!("{{{}}}", place + 1), one.text);
            filled = filled.replace(&format!("{{{} event}}", place + 1), self.event_called(one.text).unwrap_or("event"));
        }
        filled
    }

    /// The event or entity of this name, or of this plural.
    fn event_called(&self, word: &str) -> Option<&str> {
        let mut solid = self.outline.tokens.iter().filter(|token| token.is_solid()).map(|token| &self.text[token.start..token.end]);
        let mut before = "";
        solid.find(|name| {
            let declares = matches!(std::mem::replace(&mut before, name), "event" | "entity");
            declares && (*name == word || word.strip_suffix('s') == Some(name))
        })
    }

    /// Whether a phrase is looked for where the grammar stopped.
    fn applies(&self, at: At, stop: &Stop<'_>) -> bool {
        let expects = |word: &str| Expected::new(stop.positives).words.iter().any(|one| one == word);
        let formula = || begins_formula(stop.positives) || stop.positives.contains(&Rule::op_plus);
        match at {
            At::NoRates => {
                stop.ended && expects("at") && !self.outline.tokens.iter().any(|token| &self.text[token.start..token.end] == "rates")
            }
            At::End(word) => stop.ended && expects(word),
            _ if stop.ended => false,
            At::Any => true,
            At::Word(">=") => stop.positives.contains(&Rule::op_ge) && !formula(),
            At::Formula => formula(),
            At::Kind => stop.positives.contains(&Rule::field_kind),
            At::Word("=") => stop.positives == [Rule::equals],
            At::Word("on") => stop.positives == [Rule::kw_on],
            At::Word("->") => stop.positives.contains(&Rule::arrow),
            At::Word(word) => expects(word),
        }
    }

    /// `IF(…)`, `SUM(…)`
    fn foreign_function(&self, said: &[Said<'_>], at: usize, stop: &Stop<'_>) -> Option<Diagnostic> {
        let one = said.get(at)?;
        if stop.ended || !begins_formula(stop.positives) || said.get(at + 1).is_none_or(|next| next.text != "(") {
            return None;
        }
        if let Some(advice) = function(one.text) {
            return Some(Diagnostic::new(&codes::HABIT, one.span).arg("found", one.text).words("advice", advice));
        }
        let lower = one.text.to_ascii_lowercase();
        let ours = OURS.contains(&lower.as_str()) && lower != one.text;
        ours.then(|| Diagnostic::new(&codes::FOREIGN, one.span).arg("found", one.text).arg("meant", &lower).fix(one.span, lower))
    }
}

/// The tokens of a phrase, and which of them are written otherwise.
struct Phrase {
    tokens: Vec<&'static str>,
    about: std::ops::Range<usize>,
}

impl Phrase {
    fn new(phrase: &'static str) -> Phrase {
        let words: Vec<&str> = phrase.split(' ').collect();
        let marks: Vec<usize> = words.iter().enumerate().filter(|(_, word)| **word == "~").map(|(at, _)| at).collect();
        let about = match marks[..] {
            [] => 0..words.len(),
            [behind] => 0..behind,
            [before, behind, ..] => before..behind - 1,
        };
        Phrase { tokens: words.into_iter().filter(|word| *word != "~").collect(), about }
    }
}

/// Whether a formula may begin.
fn begins_formula(positives: &[Rule]) -> bool {
    let begins = |rule: &Rule| matches!(rule, Rule::expr | Rule::part | Rule::value | Rule::point | Rule::aggregate);
    wants_formula(positives) || positives.iter().any(begins)
}

/// Whether a token is what a phrase says.
fn is(text: &str, meant: &str) -> bool {
    let is_number = || text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.')) && !text.is_empty();
    match meant {
        "_" => true,
        "#" => is_number(),
        "-#" => text.strip_prefix('-').is_some_and(|month| month.bytes().all(|b| b.is_ascii_digit())),
        "###" => text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit()),
        "*" | "|" => text == meant,
        _ => meant.split('|').any(|one| text.eq_ignore_ascii_case(one.trim_start_matches('#'))),
    }
}
