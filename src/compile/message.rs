//! Messages: text with `{placeholders}`.

use super::Compiler;
use super::plan::Scope;
use super::program::{Formula, Metric};
use super::references::Kind;
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast;

/// What every alert can say of itself.
pub(super) const OWN_PLACEHOLDERS: [&str; 4] = ["value", "limit", "severity", "state"];

impl Compiler<'_> {
    /// Checks the placeholders of an alert's message.
    pub(super) fn message(&mut self, alert: &ast::Alert, metrics: &[Metric], scope: &mut Scope) {
        for text in [&alert.message.en, &alert.message.zh].into_iter().flatten() {
            for found in placeholders(self.text, text) {
                match found {
                    Found::Name(name, span) => self.placeholder(name, span, alert, metrics, scope),
                    Found::Lone(span) => self.errors.push(Diagnostic::new(&codes::BRACE, span).arg("value", "{value}")),
                }
            }
        }
    }

    fn placeholder(&mut self, name: &str, span: Span, alert: &ast::Alert, metrics: &[Metric], scope: &mut Scope) {
        if OWN_PLACEHOLDERS.contains(&name) {
            return;
        }
        if alert.per.iter().any(|dim| dim.value == name) {
            self.names.uses.saw(Kind::Dimension, name, span);
            return;
        }
        if self.names.all_params.contains(name) {
            self.names.uses_param(name, span);
            return;
        }
        if let Some(metric) = self.names.metrics.get(name) {
            self.names.uses.saw(Kind::Metric, name, span);
            if let Some((idx, _)) = metric {
                self.within_scope(scope, &Formula::Metric(*idx), metrics, span);
            }
            return;
        }
        let own = OWN_PLACEHOLDERS.iter().copied().chain(alert.per.iter().map(|dim| dim.value.as_str()));
        let known = own.chain(self.names.metrics.keys().map(String::as_str)).chain(self.names.params.keys().map(String::as_str));
        let diagnostic = self.names.unknown(&codes::UNKNOWN_PLACEHOLDER, name, span, known);
        self.errors.push(diagnostic.arg("placeholder", format!("{{{name}}}")));
    }
}

/// A part of a message that is not plain text.
enum Found<'t> {
    /// The name between two braces and its place.
    Name(&'t str, Span),
    /// A brace without its partner.
    Lone(Span),
}

/// The placeholders of a text, at their places in the source.
fn placeholders<'t>(source: &'t str, text: &Spanned<String>) -> Vec<Found<'t>> {
    let Some(written) = source.get(text.span.range()) else { return Vec::new() };
    let at = |offset: usize, len: usize| Span::new(text.span.start as usize + offset, text.span.start as usize + offset + len);
    let mut found = Vec::new();
    let mut open: Option<usize> = None;
    for (offset, c) in written.char_indices() {
        match (c, open) {
            ('{', Some(before)) => {
                found.push(Found::Lone(at(before, 1)));
                open = Some(offset);
            }
            ('{', None) => open = Some(offset),
            ('}', Some(before)) => {
                let name = written.get(before + 1..offset).unwrap_or("");
                found.push(Found::Name(name, at(before + 1, name.len())));
                open = None;
            }
            ('}', None) => found.push(Found::Lone(at(offset, 1))),
            _ => {}
        }
    }
    found.extend(open.map(|before| Found::Lone(at(before, 1))));
    found
}
