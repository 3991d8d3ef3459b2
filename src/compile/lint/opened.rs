//! The value of an open param is the one that nobody changed: who uses the ruleset may set another one.
//!
//! 1. A declaration that names an open param depends on it, and so does every one that names such a declaration ([`Opened::new`]).
//! 2. What is said of a place depends on what is named there, and of an alert on what its number is made of. Of what several lines
//!    say together everything in their declaration counts ([`Opened::decides`]).
//!
//! Names are looked for as words, so that too little is said rather than too much.

use super::is_proof;
use crate::compile::packages::Whole;
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{File, Item};
use std::collections::BTreeSet;

/// What depends on open params.
pub(in crate::compile) struct Opened<'t> {
    text: &'t str,
    /// The declarations, each with what an alert is about.
    places: Vec<(Span, Option<Span>)>,
    names: BTreeSet<&'t str>,
}

impl<'t> Opened<'t> {
    /// Finds the names of everything that depends on an open param of a ruleset.
    pub(in crate::compile) fn new(ruleset: &'t Whole<'t>, text: &'t str) -> Opened<'t> {
        let file: &File = &ruleset.file;
        let open = file.header.iter().flat_map(|header| &header.open).map(|name| name.value.as_str());
        let is_param = |name: &str| file.items.iter().any(|item| matches!(item, Item::Param(param) if param.name.value == name));
        let names = open.filter(|name| is_param(name)).collect();
        let mut opened = Opened { text, places: file.items.iter().filter_map(place).collect(), names };
        let mut count = 0;
        while opened.names.len() > count {
            count = opened.names.len();
            let more = file.items.iter().filter_map(|item| Some((named(item)?, place(item)?.0)));
            let more: Vec<&str> = more.filter(|(_, span)| opened.names_one(*span)).map(|(name, _)| name).collect();
            let set = ruleset.values.iter().filter(|(_, value)| opened.names_one(value.span)).map(|(name, _)| *name);
            let more: Vec<&str> = more.into_iter().chain(set).collect();
            opened.names.extend(more);
        }
        opened
    }

    /// Whether another value of an open param may make something said untrue.
    pub(in crate::compile) fn decides(&self, found: &Diagnostic) -> bool {
        let Some(span) = found.span.filter(|_| is_proof(found.code) && !self.names.is_empty()) else { return false };
        let around = self.places.iter().find(|(place, _)| place.start <= span.start && span.end <= place.end);
        let alone = [&codes::NEVER_FIRES, &codes::ALWAYS_FIRES, &codes::NEVER_CLEARS, &codes::CLEAR_ALWAYS, &codes::EXEMPT_NEVER];
        let of_lines = [&codes::EXEMPT_ALWAYS, &codes::NEVER_APPLIES, &codes::ALWAYS_APPLIES, &codes::NO_ROW];
        let is_alone = alone.into_iter().chain(of_lines).any(|code| code.id == found.code.id);
        match around {
            Some((_, subject)) if is_alone => self.names_one(span) || subject.is_some_and(|subject| self.names_one(subject)),
            Some((whole, _)) => self.names_one(*whole),
            None => self.names_one(span),
        }
    }

    fn names_one(&self, span: Span) -> bool {
        let part = self.text.get(span.range()).unwrap_or_default();
        part.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).any(|word| self.names.contains(word))
    }
}

/// The name under which others read what a declaration says.
fn named(item: &Item) -> Option<&str> {
    match item {
        Item::Param(param) => Some(&param.name.value),
        Item::Entity(entity) => Some(&entity.name.value),
        Item::Table(table) => Some(&table.name.value),
        Item::Metric(metric) => Some(&metric.name.value),
        Item::Ledger(ledger) => Some(&ledger.name.value),
        Item::Target(target) => Some(&target.name.value),
        Item::Scorecard(card) => Some(&card.name.value),
        Item::Event(_) | Item::Dimension(_) | Item::Feed(_) | Item::Calendar(_) | Item::Occasion(_) | Item::Alert(_) | Item::Test(_) => {
            None
        }
    }
}

/// Where a declaration stands, and what it is about when it is an alert.
fn place(item: &Item) -> Option<(Span, Option<Span>)> {
    match item {
        Item::Param(param) => Some((param.span, None)),
        Item::Entity(entity) => Some((entity.span, None)),
        Item::Table(table) => Some((table.span, None)),
        Item::Metric(metric) => Some((metric.span, None)),
        Item::Ledger(ledger) => Some((ledger.span, None)),
        Item::Target(target) => Some((target.span, None)),
        Item::Scorecard(card) => Some((card.span, None)),
        Item::Alert(alert) => Some((alert.span, Some(alert.subject.span))),
        Item::Event(_) | Item::Dimension(_) | Item::Feed(_) | Item::Calendar(_) | Item::Occasion(_) | Item::Test(_) => None,
    }
}
