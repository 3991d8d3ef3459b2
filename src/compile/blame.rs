//! Whose mistake it is when a package that is right by itself is wrong with what `with` sets of it.
//!
//! 1. A mistake in the text of a package that the package does not make by itself comes of a setting.
//! 2. It is the setting of a param that the place of the mistake rests on ([`Rests`]), failing that its line, then its declaration,
//!    failing that the only one ([`Blame::at_setting`]).
//! 3. The mistake is told at the value that was set, with the line of the package beside it. Nothing is mended in the package.
//! 4. What can never happen with a value that was set, or with a target that was stated anew, is told there too, when it was
//!    concluded from that ([`Blame::proof_of_setting`]). Any other warning about a package is for who checks the package.

use super::packages::Whole;
use super::rests::Rests;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{File, Item};
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
    pub(super) fn at_setting(&self, found: Diagnostic, ruleset: &Whole<'_>, rests: &Rests<'_>) -> Diagnostic {
        let home = ruleset.file.header.as_ref().map(|header| self.ruleset(header.span));
        let Some(span) = found.span.filter(|span| home.is_some_and(|home| home != self.ruleset(*span))) else { return found };
        if self.own.contains(&(found.code.id, span)) {
            return found;
        }
        let around = ruleset.file.items.iter().map(Item::span).find(|item| item.start <= span.start && span.end <= item.end);
        let grounds: Vec<Span> = found.grounds.iter().copied().chain([span, self.lines(span)]).chain(around).collect();
        let only = || ruleset.values.values().next().filter(|_| ruleset.values.len() == 1).map(|value| value.span);
        match rests.setting(&grounds).or_else(only) {
            Some(set) => moved(found, span, set),
            None => found,
        }
    }

    /// What is proved of a line of a package, at the setting that it was concluded from; None when the package says it by itself.
    pub(super) fn proof_of_setting(&self, found: Diagnostic, rests: &Rests<'_>) -> Option<Diagnostic> {
        let span = found.span.filter(|span| !self.own.contains(&(found.code.id, *span)))?;
        let anew = || found.grounds.iter().find(|ground| self.ruleset(**ground) == 0).copied();
        let set = rests.setting(&found.grounds).or_else(anew)?;
        Some(moved(found, span, set))
    }

    /// Which of the rulesets a place stands in; 0 is the first one.
    fn ruleset(&self, span: Span) -> usize {
        self.starts.iter().filter(|start| **start <= span.start).count()
    }

    /// The whole lines of a place.
    fn lines(&self, span: Span) -> Span {
        let range = span.range();
        let start = self.text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
        let end = self.text.get(range.end..).and_then(|behind| behind.find('\n')).map_or(self.text.len(), |newline| range.end + newline);
        Span::new(start, end)
    }
}

/// A mistake at a setting instead of the place that it was found at.
fn moved(mut found: Diagnostic, from: Span, set: Span) -> Diagnostic {
    found.fixes.clear();
    found.span = Some(set);
    found.related(from, "the package wants something else here", "包在此处的要求与之不符")
}
