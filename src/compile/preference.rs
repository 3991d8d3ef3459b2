//! `replaces by campaign, day prefer source "amazon_ads", "erp"`: whose word counts of several sources.

use super::Compiler;
use super::program::SOURCES_MAX;
use crate::diagnostic::codes::event_sources as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast;
use std::collections::BTreeMap;

impl Compiler<'_> {
    /// The sources that an event prefers, the best first.
    pub(super) fn preferred(&mut self, event: &ast::Event) -> Vec<Box<str>> {
        let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
        for source in &event.prefer {
            if source.value.is_empty() {
                self.errors.push(Diagnostic::new(&codes::PREFER_EMPTY, source.span));
            }
            if let Some(first) = seen.insert(&source.value, source.span) {
                let diagnostic = Diagnostic::new(&codes::PREFER_TWICE, source.span).arg("name", &source.value);
                self.errors.push(diagnostic.related(first, "it stands here too", "也出现在此处"));
            }
        }
        if let Some(beyond) = event.prefer.get(SOURCES_MAX) {
            self.errors.push(Diagnostic::new(&codes::PREFER_MANY, beyond.span).arg("limit", SOURCES_MAX));
        }
        event.prefer.iter().map(|source| source.value.as_str().into()).collect()
    }
}
