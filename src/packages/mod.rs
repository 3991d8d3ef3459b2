//! The packages that a ruleset uses, found on its search path: one text of all.
//!
//! 1. [`Search`] is the path: the folder of the ruleset, `packages` in it, and the folders that were asked for. The package
//!    `a.b` is the file `a/b.kpi` in one of them, or `a/b-1.2.0.kpi` to keep versions side by side. Nothing outside of
//!    these folders is ever read.
//! 2. [`gather`] puts what the ruleset uses behind it, and what that uses, each package once: of the wanted major version
//!    the highest, or the one that the [`Lock`] pins.
//! 3. [`Part`] says where in the whole text each begins, so that places are told in their files.
//!
//! `compile` judges the whole text; it never sees files.

mod lock;
mod search;

pub use lock::{Lock, Pin};
pub use search::Search;

use crate::diagnostic::codes::package as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::File;
use crate::syntax::parse::parse;
use std::collections::{BTreeSet, VecDeque};

/// A ruleset with all its packages.
#[derive(Debug, Default)]
pub struct Whole {
    /// The text of the ruleset and, behind it, of its packages.
    pub text: String,
    /// The packages that were found, in the order of the text.
    pub parts: Vec<Part>,
    /// What is wrong with the search.
    pub diagnostics: Vec<Diagnostic>,
}

/// A package in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it begins.
    pub start: usize,
    /// The file it came from.
    pub file: String,
    /// Its exact version and text.
    pub pin: Pin,
}

/// A use that is to be followed.
struct Wanted {
    package: String,
    major: String,
    /// Where it stands in the whole text.
    span: Span,
    /// The rulesets that lead to it.
    chain: Vec<String>,
}

/// Puts behind `text` the packages that it uses and does not hold already.
pub fn gather(text: &str, search: &Search, lock: Option<&Lock>) -> Whole {
    let mut whole = Whole { text: text.to_owned(), ..Whole::default() };
    let file = parse(text).file;
    let mut known: BTreeSet<String> = file.files().map(|file| name(file).to_owned()).collect();
    let mut wanted: VecDeque<Wanted> = file.files().flat_map(|file| uses(file, 0, &[])).collect();
    while let Some(next) = wanted.pop_front() {
        if !known.insert(next.package.clone()) {
            continue;
        }
        match search.find(&next, lock) {
            Ok(found) => {
                if !whole.text.ends_with('\n') {
                    whole.text.push('\n');
                }
                whole.text.push('\n');
                let start = whole.text.len();
                whole.text.push_str(&found.text);
                wanted.extend(uses(&found.tree, start, &next.chain));
                let pin = Pin { package: next.package, version: found.version, hash: found.hash };
                whole.parts.push(Part { start, file: found.file, pin });
            }
            Err(mistake) => whole.diagnostics.push(*mistake),
        }
    }
    if let Some(lock) = lock.filter(|_| whole.diagnostics.is_empty()) {
        whole.diagnostics.extend(lock.unused(&whole.parts));
    }
    whole
}

fn name(file: &File) -> &str {
    file.header.as_ref().map_or("", |header| &header.name.value)
}

fn uses(file: &File, start: usize, chain: &[String]) -> Vec<Wanted> {
    let chain: Vec<String> = chain.iter().cloned().chain([format!("`{}`", name(file))]).collect();
    let wanted = file.uses.iter().filter_map(|used| {
        let Span { start: from, end } = used.package.span;
        let span = Span::new(start + from as usize, start + end as usize);
        let major = used.major.as_ref()?.value.clone();
        Some(Wanted { package: used.package.value.clone(), major, span, chain: chain.clone() })
    });
    wanted.collect()
}

impl Wanted {
    /// A mistake of this use.
    fn mistake(&self, code: &'static crate::diagnostic::Code) -> Diagnostic {
        Diagnostic::new(code, self.span).arg("package", &self.package).arg("major", &self.major).arg("chain", self.chain.join(" → "))
    }
}

/// Takes what only follows from a package that was not found out of what the compiler says.
pub fn without_consequences(found: &[Diagnostic], compiled: &mut Vec<Diagnostic>) {
    let lost = |diagnostic: &Diagnostic| found.iter().any(|lost| lost.argument("package") == diagnostic.argument("package"));
    compiled.retain(|diagnostic| diagnostic.code.id != codes::MISSING.id || !lost(diagnostic));
}
