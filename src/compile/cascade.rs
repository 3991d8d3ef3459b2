//! One mistake, one diagnostic: what follows from text that could not be read is not reported.
//!
//! 1. The parser's errors lie inside declarations (which stay in the tree, with parts missing) or outside of all of them
//!    (where a whole declaration, and its name, is missing).
//! 2. Only diagnostics about something that is missing can follow from that, and only about the damaged declaration or the
//!    missing names. All others stand.

use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Lang, Span};
use crate::syntax::ast::{File, Item};

/// What the parser could not read.
pub(super) struct Damage<'f> {
    /// The declarations that have errors inside, the header included.
    spans: Vec<Span>,
    /// The events among them.
    events: Vec<&'f str>,
    /// True when an error lies outside of every declaration.
    outside: bool,
}

impl<'f> Damage<'f> {
    /// Where the errors of the parser lie.
    pub(super) fn of(file: &'f File, errors: &[Diagnostic]) -> Damage<'f> {
        let mut damage = Damage { spans: Vec::new(), events: Vec::new(), outside: false };
        let places: Vec<Span> = errors.iter().filter(|error| error.is_error()).filter_map(|error| error.span).collect();
        let mut claimed = vec![false; places.len()];
        let mut claim = |span: Span| {
            let mut hit = false;
            for (place, claimed) in places.iter().zip(&mut claimed) {
                if span.start <= place.start && place.start <= span.end {
                    (hit, *claimed) = (true, true);
                }
            }
            hit
        };
        if let Some(header) = &file.header
            && claim(header.span)
        {
            damage.spans.push(header.span);
        }
        for item in &file.items {
            if claim(span_of(item)) {
                damage.spans.push(span_of(item));
                if let Item::Event(event) = item {
                    damage.events.push(&event.name.value);
                }
            }
        }
        damage.outside = claimed.iter().any(|claimed| !claimed);
        damage
    }

    /// True when a diagnostic of ours can follow from the damage.
    pub(super) fn explains(&self, diagnostic: &Diagnostic) -> bool {
        let is = |codes: &[&'static crate::diagnostic::Code]| codes.iter().any(|code| code.id == diagnostic.code.id);
        if !diagnostic.is_error() {
            return true;
        }
        let event = diagnostic.args.iter().find(|(name, _)| *name == "event").map(|(_, event)| event.get(Lang::En));
        let of_damaged_event = event.is_some_and(|event| self.events.contains(&event));
        let inside = diagnostic.span.is_some_and(|place| self.spans.iter().any(|span| span.start <= place.start && place.end <= span.end));
        (of_damaged_event && is(&[&codes::UNKNOWN_FIELD, &codes::SCOPE_LACKS, &codes::FEED_LACKS]))
            || ((self.outside || !self.events.is_empty()) && is(&[&codes::UNKNOWN_NAME, &codes::UNKNOWN_DIMENSION, &codes::NO_EVENT]))
            || (self.outside && is(&[&codes::UNKNOWN_EVENT, &codes::UNKNOWN_METRIC, &codes::UNKNOWN_PLACEHOLDER, &codes::UNKNOWN_RULE]))
            || (inside && is(INSIDE))
    }
}

/// What says that a part of a declaration is missing.
const INSIDE: &[&crate::diagnostic::Code] = &[
    &codes::HEADER_LACKS,
    &codes::FEED_LACKS,
    &codes::NO_KPIS,
    &codes::NO_LEVELS,
    &codes::CURVE_EMPTY,
    &codes::UNKNOWN_PLACEHOLDER,
    &codes::UNKNOWN_GRADE,
    &codes::GRADE_LAST,
    &codes::NO_GRADES,
    &codes::PAYOUT_LACKS,
    &codes::CLOCK_UNUSED,
];

fn span_of(item: &Item) -> Span {
    match item {
        Item::Param(param) => param.span,
        Item::Event(event) => event.span,
        Item::Feed(feed) => feed.span,
        Item::Metric(metric) => metric.span,
        Item::Scorecard(card) => card.span,
        Item::Alert(alert) => alert.span,
        Item::Test(test) => test.span,
    }
}
