//! One mistake, one diagnostic: what follows from text that could not be read is not reported.
//!
//! 1. The parser tells which heads and statements it could not read ([`Unread`]). The declarations around them are in the
//!    tree, with parts missing.
//! 2. Only diagnostics about something that is missing can follow from that: about a name that stands in an unread piece,
//!    about any name when the unread piece lacks the one it declares, or about a part of the damaged declaration itself.
//!    All others stand.

use crate::diagnostic::codes::{calendar, compile as codes, hierarchy, ledger, money, nested, package, target, told, watch};
use crate::diagnostic::{Code, Diagnostic, Lang, Span};
use crate::syntax::ast::{FieldKind, File, Item};
use crate::syntax::parse::{Kind, Missing, Parsed, Unread};
use std::collections::{BTreeMap, BTreeSet};

/// What the parser could not read.
pub(super) struct Damage<'f> {
    /// The declarations that have errors inside, the header included.
    spans: Vec<Span>,
    /// The names of damaged events, scorecards and alerts, each with what is missing from it.
    declared: BTreeMap<(&'static str, &'f str), Lost>,
    /// The dimensions of all events: what the `per` of an unread head may have named.
    dimensions: BTreeSet<&'f str>,
    /// What is missing from the whole text.
    anywhere: Lost,
}

/// What unread pieces may have declared.
#[derive(Default)]
struct Lost {
    /// The words in them.
    words: BTreeSet<String>,
    /// The kinds of those whose names cannot be told.
    nameless: BTreeSet<Kind>,
}

impl Lost {
    fn add(&mut self, unread: &Unread, text: &str) {
        if unread.missing == Missing::Nothing {
            return;
        }
        let piece = text.get(unread.span.range()).unwrap_or_default();
        let words = piece.split(|c: char| c != '_' && !c.is_alphanumeric()).filter(|word| !word.is_empty());
        self.words.extend(words.map(str::to_ascii_lowercase));
        if let Missing::Name(kind) = unread.missing {
            self.nameless.insert(kind);
        }
    }

    /// Whether `name`, of one of these kinds, may be missing. One that is near a known name is rather misspelt, as long as
    /// it stands in no piece.
    fn has(&self, name: &str, kinds: &[Kind], near: bool) -> bool {
        let may_be_nameless = !near && kinds.iter().any(|kind| self.nameless.contains(kind));
        may_be_nameless || self.words.contains(&name.to_ascii_lowercase())
    }
}

impl<'f> Damage<'f> {
    /// Where the errors of the parser lie, and what it could not read.
    pub(super) fn of(parsed: &'f Parsed, text: &str) -> Damage<'f> {
        let items = || parsed.file.files().flat_map(|file| &file.items);
        let events = items().filter_map(|item| if let Item::Event(event) = item { Some(event) } else { None });
        let dimensions = events.flat_map(|event| &event.fields).filter(|field| field.kind.value == FieldKind::Dimension);
        let dimensions = dimensions.map(|field| field.name.value.as_str()).collect();
        let mut damage = Damage { spans: damaged(parsed), declared: BTreeMap::new(), dimensions, anywhere: Lost::default() };
        for unread in &parsed.unread {
            damage.anywhere.add(unread, text);
        }
        let mut unread = parsed.unread.iter().collect::<Vec<_>>();
        unread.sort_by_key(|unread| unread.span);
        for item in items() {
            let Some((kind, name)) = named(item) else { continue };
            let span = item.span();
            let first = unread.partition_point(|unread| unread.span.start < span.start);
            for inside in unread.iter().skip(first).take_while(|unread| unread.span.start <= span.end) {
                damage.declared.entry((kind, name)).or_default().add(inside, text);
            }
        }
        damage
    }

    /// True when a diagnostic of ours can follow from the damage.
    pub(super) fn explains(&self, diagnostic: &Diagnostic) -> bool {
        let is = |codes: &[&'static Code]| codes.iter().any(|code| code.id == diagnostic.code.id);
        if !diagnostic.is_error() {
            return true;
        }
        let arg = |wanted: &str| diagnostic.args.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.get(Lang::En));
        let of = |kind: &'static str, arg_name: &str| arg(arg_name).and_then(|name| self.declared.get(&(kind, name)));
        let near = !diagnostic.fixes.is_empty();
        let name = arg("name").or(arg("placeholder")).unwrap_or_default();
        let inside = diagnostic.span.is_some_and(|place| self.spans.iter().any(|span| span.start <= place.start && place.end <= span.end));
        let kinds = NAMES.iter().find(|(code, _)| code.id == diagnostic.code.id).map(|(_, kinds)| *kinds);
        let field = &[Kind::Field];
        (is(&[&codes::UNKNOWN_FIELD, &codes::FEED_LACKS, &money::CURRENCY_FIELD, &nested::ROW_MEMBERSHIP])
            && of("event", "event").is_some_and(|event| event.has(name, field, near)))
            || (is(&[&codes::SCOPE_LACKS, &hierarchy::TELLS_NO])
                && of("event", "event").is_some_and(|event| event.has(arg("dimension").unwrap_or_default(), field, false)))
            || (is(&[&told::TELLS_NO_COLUMN, &told::TELLS_NO_AMOUNT, &told::TOLD_KEY]) && of("event", "event").is_some())
            || kinds.is_some_and(|kinds| self.anywhere.has(name, kinds, near))
            || (is(&[&calendar::OCCASION_YEAR]) && of("occasion", "name").is_some())
            || (is(&[&money::NO_RATES]) && self.declared.keys().any(|(kind, _)| *kind == "event"))
            || (is(&[&codes::NO_SUCH_SEVERITY]) && of("alert", "name").is_some())
            || (is(&[&codes::UNKNOWN_GRADE, &codes::NO_GRADES]) && of("scorecard", "card").is_some())
            || (is(&[&watch::SCORE_SCOPE, &watch::SCORE_PERIOD]) && of("scorecard", "name").is_some())
            || (is(&[&ledger::RANK_TIES]) && of("metric", "name").is_some())
            || (inside && is(&[&codes::UNKNOWN_PLACEHOLDER]) && self.dimensions.contains(name))
            || (inside && is(INSIDE))
    }
}

/// What says that nothing has a name, and the kinds of things that were looked for.
const NAMES: &[(&Code, &[Kind])] = &[
    (&codes::UNKNOWN_NAME, &[Kind::Metric, Kind::Field]),
    (&codes::UNKNOWN_DIMENSION, &[Kind::Field]),
    (&codes::UNKNOWN_EVENT, &[Kind::Event]),
    (&codes::UNKNOWN_METRIC, &[Kind::Metric]),
    (&target::NO_TARGET, &[]),
    (&package::OPEN_UNKNOWN, &[Kind::Metric, Kind::Event, Kind::Rule]),
    (&codes::UNKNOWN_PLACEHOLDER, &[Kind::Metric, Kind::Field]),
    (&codes::UNKNOWN_RULE, &[Kind::Rule]),
    (&calendar::UNKNOWN_CALENDAR, &[Kind::Rule]),
    (&calendar::UNKNOWN_OCCASION, &[Kind::Rule]),
    (&codes::NO_EVENT, &[Kind::Event]),
];

/// What says that a part of a declaration is missing.
const INSIDE: &[&Code] = &[
    &codes::HEADER_LACKS,
    &codes::FEED_LACKS,
    &codes::NO_KPIS,
    &codes::NO_LEVELS,
    &codes::CURVE_EMPTY,
    &codes::UNKNOWN_GRADE,
    &codes::GRADE_LAST,
    &codes::NO_GRADES,
    &codes::PAYOUT_LACKS,
    &codes::CLOCK_UNUSED,
    &hierarchy::UNTOLD,
    &target::TARGET_EMPTY,
    &ledger::LEDGER_EMPTY,
    &calendar::CALENDAR_LACKS,
    &calendar::OCCASION_EMPTY,
    &money::RATES_FIELD,
];

/// The declarations that have errors of the parser inside.
fn damaged(parsed: &Parsed) -> Vec<Span> {
    let mut places: Vec<u32> =
        parsed.diagnostics.iter().filter(|error| error.is_error()).filter_map(|error| error.span).map(|span| span.start).collect();
    places.sort_unstable();
    let spans_of =
        |file: &'_ File| -> Vec<Span> { file.header.iter().map(|header| header.span).chain(file.items.iter().map(Item::span)).collect() };
    let spans = parsed.file.files().flat_map(spans_of);
    spans.filter(|span| places.get(places.partition_point(|place| *place < span.start)).is_some_and(|place| *place <= span.end)).collect()
}

/// The kind and name of what others may speak of the parts of.
fn named(item: &Item) -> Option<(&'static str, &str)> {
    match item {
        Item::Event(event) => Some(("event", &event.name.value)),
        Item::Entity(entity) => Some(("event", &entity.name.value)),
        Item::Metric(metric) => Some(("metric", &metric.name.value)),
        Item::Ledger(ledger) => Some(("metric", &ledger.name.value)),
        Item::Scorecard(card) => Some(("scorecard", &card.name.value)),
        Item::Alert(alert) => Some(("alert", &alert.name.value)),
        Item::Occasion(occasion) => Some(("occasion", &occasion.name.value)),
        _ => None,
    }
}
