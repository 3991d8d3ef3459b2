//! A piece that did not parse because it is written as elsewhere: which habit it is.
//!
//! 1. The token that the grammar did not take, with the tokens around it, is compared with the phrases of [`habits`] ([`phrase`]).
//! 2. A word before a bracket is compared with the functions of other languages, then with ours in small letters.
//! 3. An advice that has the author's own words is also a fix ([`advised`]).
//! 4. Amounts and times are read as they are written elsewhere ([`amount`]).
//! 5. What the grammar takes, but means otherwise: the line of a target ([`line`]), the points of a curve ([`curve`]), a row of a
//!    table ([`row`]).

mod amount;
mod curve;
mod line;
mod phrase;
mod row;

use super::names::{Expected, wants_formula};
use super::{Builder, Rule};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Lang, Span, Words};
use crate::syntax::habits::{At, FORMS, called, function, share};
use crate::syntax::outline::Range;
use crate::syntax::tokens::Kind;
use phrase::Phrase;

/// Our functions, which spreadsheets write in capitals.
const OURS: &[&str] = &["sum", "count", "min", "max", "avg", "median", "distinct", "round", "abs", "rank", "not"];

/// Names that stand for those of the author.
const EXAMPLES: &[&str] = &["x", "a", "event", "order", "orders", "gmv", "shop", "name"];

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

/// A token of a piece, or several in a row.
#[derive(Clone, Copy)]
struct Said<'t> {
    span: Span,
    text: &'t str,
}

impl Builder<'_> {
    /// What to write instead of a form of another language; None when it is none.
    pub(super) fn habit(&self, stop: &Stop<'_>) -> Option<Diagnostic> {
        let said = self.said(stop);
        let last = said.len().checked_sub(1).filter(|_| stop.ended);
        let at = said.iter().position(|one| one.span.start == stop.span.start).or(last)?;
        let foreign = self.foreign_function(&said, at, stop).or_else(|| self.line_habit(&said, stop));
        foreign.or_else(|| self.amount_habit(&said, at)).or_else(|| self.phrase(&said, at, stop))
    }

    /// The first phrase of the table that fits.
    fn phrase(&self, said: &[Said<'_>], at: usize, stop: &Stop<'_>) -> Option<Diagnostic> {
        FORMS.iter().filter(|form| self.applies(form.0, stop)).find_map(|(_, phrase, en, zh)| {
            let phrase = Phrase::new(phrase);
            let here = phrase.around(said, at, self.text)?;
            let about = here.get(phrase.about.clone())?;
            let span = about.first()?.span.to(about.last()?.span);
            let form = written(en).and_then(|form| self.filled(form, &here, span));
            let advice = Words::new(self.filled(en, &here, span)?, self.filled(zh, &here, span)?);
            Some(advised(self.text, span, advice, form))
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
                let digits = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '.')).len();
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

    /// An advice with the tokens that it names; None where one of them is not what it must be.
    fn filled(&self, advice: &str, said: &[Said<'_>], about: Span) -> Option<String> {
        let mut filled = advice.replace("{0}", &self.text[about.range()]);
        for (place, one) in said.iter().enumerate() {
            let n = place + 1;
            filled = filled.replace(&format!("{{{n}}}"), one.text);
            filled = filled.replace(&format!("{{{n} event}}"), self.event_called(one.text).unwrap_or("event"));
            let counted =
                || if self.event_called(one.text) == Some(one.text) { format!("count({})", one.text) } else { one.text.to_owned() };
            let holes: [(&str, &dyn Fn() -> Option<String>); 4] = [
                ("share", &|| share(one.text)),
                ("unit", &|| amount::time_unit(one.text).map(str::to_owned)),
                ("number", &|| Some(counted())),
                ("metric", &|| (counted() == one.text).then(counted)),
            ];
            for (kind, fills) in holes {
                let hole = format!("{{{n} {kind}}}");
                if filled.contains(&hole) {
                    filled = filled.replace(&hole, &fills()?);
                }
            }
        }
        Some(filled)
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

    /// A call of another language whose arguments tell what it is here.
    fn called(&self, said: &[Said<'_>], at: usize) -> Option<Diagnostic> {
        let (name, inside) = (said.get(at)?, said.get(at + 2..)?);
        let (mut depth, mut starts, mut args) = (0_usize, inside.first()?.span, Vec::new());
        let mut ended = None;
        for (place, one) in inside.iter().enumerate() {
            if depth == 0 && matches!(one.text, "," | ")") {
                args.push(self.text.get(starts.range().start..one.span.range().start)?.trim());
                starts = inside.get(place + 1).map_or(one.span, |next| next.span);
            }
            match one.text {
                "(" | "[" => depth += 1,
                ")" if depth == 0 => {
                    ended = Some(one.span);
                    break;
                }
                ")" | "]" => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        let span = name.span.to(ended?);
        let form = called(name.text, &args, |word| self.event_called(word).map(str::to_owned))?.within(self.text, span);
        let advice = Words::new(format!("Write `{form}`."), format!("请写 `{form}`。"));
        Some(advised(self.text, span, advice, Some(form)))
    }

    /// `IF(…)`, `SUM(…)`
    fn foreign_function(&self, said: &[Said<'_>], at: usize, stop: &Stop<'_>) -> Option<Diagnostic> {
        let one = said.get(at)?;
        if stop.ended || !begins_formula(stop.positives) || said.get(at + 1).is_none_or(|next| next.text != "(") {
            return None;
        }
        if let Some(called) = self.called(said, at) {
            return Some(called);
        }
        if let Some(advice) = function(one.text) {
            return Some(Diagnostic::new(&codes::HABIT, one.span).arg("found", one.text).words("advice", advice));
        }
        let lower = one.text.to_ascii_lowercase();
        let ours = OURS.contains(&lower.as_str()) && lower != one.text;
        ours.then(|| Diagnostic::new(&codes::FOREIGN, one.span).arg("found", one.text).arg("meant", &lower).fix(one.span, lower))
    }
}

/// What an advice says to write in place of what it is about; None where it shows an example, or leaves something to choose.
fn written(advice: &str) -> Option<&str> {
    let (form, behind) = advice.strip_prefix("Write `").or_else(|| advice.strip_prefix("Leave `"))?.split_once('`')?;
    let is_all = behind.starts_with(['.', ':']) || behind.starts_with(" out:") || behind == " out.";
    let own = form.split('{').flat_map(|part| part.split_once('}').map_or(part, |(_, rest)| rest).split(|c: char| !c.is_alphanumeric()));
    (is_all && !form.contains('…') && !own.into_iter().any(|word| EXAMPLES.contains(&word))).then_some(form)
}

/// An advice, and the form that it gives as a fix.
fn advised(text: &str, span: Span, advice: Words, form: Option<String>) -> Diagnostic {
    let leaves = advice.get(Lang::En).starts_with("Leave ");
    let mistake = Diagnostic::new(&codes::HABIT, span).arg("found", &text[span.range()]).words("advice", advice);
    let before = |start: usize| text.get(..start).and_then(|before| before.chars().next_back()).unwrap_or('\n');
    let start = span.range().start;
    match form {
        Some(form) if leaves => match text[span.range()].find(&form) {
            // The blank before goes too.
            Some(at) => {
                let start = start + at;
                mistake.fix(Span::new(start - usize::from(before(start) == ' '), start + form.len()), "")
            }
            None => mistake,
        },
        Some(form)
            if form.starts_with(|c: char| c == '=' || c.is_alphanumeric())
                && (before(start).is_alphanumeric() || matches!(before(start), ')' | ']')) =>
        {
            mistake.fix(span, format!(" {form}"))
        }
        Some(form) => mistake.fix(span, form),
        None => mistake,
    }
}

/// Whether a formula may begin.
fn begins_formula(positives: &[Rule]) -> bool {
    let begins = |rule: &Rule| matches!(rule, Rule::expr | Rule::part | Rule::value | Rule::point | Rule::aggregate);
    wants_formula(positives) || positives.iter().any(begins)
}
