//! Whose mistake it is when a package that is right by itself is wrong with what `with` sets of it.
//!
//! 1. A mistake in the text of a package that the package does not make by itself comes of a setting.
//! 2. It is the setting of a param that is named at the place of the mistake, failing that on its line, then in its declaration,
//!    failing that the only one ([`Blame::at_setting`]).
//! 3. The mistake is told at the value that was set, with the line of the package beside it. Nothing is mended in the package.
//! 4. What can never happen with a value that was set is told there too, when what is said of it, the place, the line or the declaration
//!    names its param ([`Blame::proof_of_setting`]). Any other warning about a package is for who checks the package.

use super::lint::is_proof;
use super::packages::Whole;
use crate::diagnostic::{Diagnostic, Lang, Span};
use crate::syntax::ast::File;
use std::collections::BTreeSet;

/// The rulesets of a text, each with the mistakes that it makes by itself.
pub(super) struct Blame<'t> {
    text: &'t str,
    /// Where each ruleset begins behind the first one.
    starts: Vec<u32>,
    own: BTreeSet<(&'static str, Span)>,
}

impl<'t> Blame<'t> {
    /// The rulesets of a text.
    pub(super) fn new(file: &File, text: &'t str) -> Blame<'t> {
        let starts = file.packages.iter().filter_map(|package| Some(package.header.as_ref()?.span.start)).collect();
        Blame { text, starts, own: BTreeSet::new() }
    }

    /// Notes what is wrong with a package itself.
    pub(super) fn note(&mut self, package: &File, found: &[Diagnostic]) {
        let here = package.header.as_ref().map(|header| self.ruleset(header.span));
        let own = found.iter().filter_map(|one| Some((one.code.id, one.span.filter(|span| Some(self.ruleset(*span)) == here)?)));
        self.own.extend(own.collect::<Vec<_>>());
    }

    /// A mistake of a ruleset with all that it uses: as it is, or at the setting that it comes of.
    pub(super) fn at_setting(&self, found: Diagnostic, ruleset: &Whole<'_>) -> Diagnostic {
        let home = ruleset.file.header.as_ref().map(|header| self.ruleset(header.span));
        let Some(span) = found.span.filter(|span| home.is_some_and(|home| home != self.ruleset(*span))) else { return found };
        if self.own.contains(&(found.code.id, span)) {
            return found;
        }
        let only = || ruleset.values.values().next().filter(|_| ruleset.values.len() == 1).map(|value| value.span);
        match self.named(span, ruleset).or_else(only) {
            Some(set) => moved(found, span, set),
            None => found,
        }
    }

    /// What is proved of a line of a package, at the setting that is named there; None when the package proves it by itself.
    pub(super) fn proof_of_setting(&self, found: Diagnostic, ruleset: &Whole<'_>) -> Option<Diagnostic> {
        let span = found.span.filter(|span| is_proof(found.code) && !self.own.contains(&(found.code.id, *span)))?;
        let message = found.message(Lang::En);
        // What is quoted is the part of the condition that decides it.
        let quoted = message.split('`').skip(1).step_by(2).find_map(|part| set_in(part, ruleset));
        let set = quoted.or_else(|| self.named(span, ruleset))?;
        Some(moved(found, span, set))
    }

    /// The setting of a param that is named at a place, failing that on its line, then in its declaration.
    fn named(&self, span: Span, ruleset: &Whole<'_>) -> Option<Span> {
        let named = |part: &str| set_in(part, ruleset);
        let here = self.text.get(span.range()).unwrap_or_default();
        named(here).or_else(|| named(self.lines(span))).or_else(|| named(self.declaration(span)))
    }

    /// Which of the rulesets a place stands in; 0 is the first one.
    fn ruleset(&self, span: Span) -> usize {
        self.starts.iter().filter(|start| **start <= span.start).count()
    }

    /// The declaration around a place: from a line that begins with a word to the next one that does.
    fn declaration(&self, span: Span) -> &str {
        let begins =
            |(at, _): &(usize, &str)| self.text.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()));
        let at = span.range().start;
        let start = self.text.get(..at).and_then(|before| before.rmatch_indices('\n').find(begins)).map_or(0, |(newline, _)| newline);
        let end = self.text.match_indices('\n').skip_while(|(newline, _)| *newline <= at).find(begins);
        self.text.get(start..end.map_or(self.text.len(), |(newline, _)| newline)).unwrap_or_default()
    }

    /// The whole lines of a place.
    fn lines(&self, span: Span) -> &str {
        let range = span.range();
        let start = self.text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let end = self.text.get(range.end..).and_then(|behind| behind.find('\n')).map_or(self.text.len(), |newline| range.end + newline);
        self.text.get(start..end).unwrap_or_default()
    }
}

/// The setting of a param that a text names.
fn set_in(part: &str, ruleset: &Whole<'_>) -> Option<Span> {
    let words: BTreeSet<&str> = part.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).collect();
    ruleset.values.iter().find(|(name, _)| words.contains(**name)).map(|(_, value)| value.span)
}

/// A mistake at a setting instead of the place that it was found at.
fn moved(mut found: Diagnostic, from: Span, set: Span) -> Diagnostic {
    found.fixes.clear();
    found.span = Some(set);
    found.related(from, "the package wants something else here", "包在此处的要求与之不符")
}
