//! Feeds: the columns of a file as the fields of an event.

use super::events::OWN_FIELDS;
use super::header::known_zone;
use super::money::told_by_amount;
use super::program::{EventIdx, Feed, FeedColumn, FeedIdentity, Unit};
use super::units::name;
use super::{Compiler, Seen};
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, nearest};
use crate::syntax::ast::{self, FeedId, Item};
use crate::time::Zone;

impl Compiler<'_> {
    /// Compiles the feeds.
    pub(super) fn feeds(&mut self, file: &ast::File) -> Vec<Feed> {
        let feeds = file.items.iter().filter_map(|item| if let Item::Feed(feed) = item { Some(feed) } else { None });
        feeds.filter_map(|feed| self.feed(feed)).collect()
    }

    fn feed(&mut self, feed: &ast::Feed) -> Option<Feed> {
        let zone = feed.timezone.as_ref().map(|zone| known_zone(zone, &self.names.suggestions, &mut self.errors));
        let zone = zone.flatten().unwrap_or_else(|| self.names.zone.clone());
        if feed.event.value.is_empty() {
            // The head could not be read.
            self.whole = false;
            return None;
        }
        let Some(event) = self.names.arriving(&feed.event.value) else {
            let known = self.names.arriving_names();
            self.errors.push(self.names.unknown(&codes::UNKNOWN_EVENT, &feed.event.value, feed.event.span, known));
            return None;
        };
        self.names.uses_event(event, feed.event.span);
        let mut compiled = Feed {
            name: feed.name.value.clone(),
            event,
            zone,
            source: feed.source.as_ref().map_or_else(|| feed.name.value.clone(), |source| source.value.clone()),
            identity: match &feed.id {
                Some(FeedId::Columns(columns)) => FeedIdentity::Columns(columns.iter().map(|column| column.value.clone()).collect()),
                Some(FeedId::Row(_)) | None => FeedIdentity::Row,
            },
            time: FeedColumn { column: String::new(), format: None },
            revision: None,
            columns: Vec::new(),
        };
        let mut seen = Seen::default();
        let mut timed = false;
        for column in &feed.columns {
            if seen.add(&column.field, &mut self.errors) {
                timed |= column.field.value == "time";
                self.column(feed, column, &mut compiled);
            }
        }
        self.unmapped(feed, &compiled, timed);
        Some(compiled)
    }

    fn column(&mut self, feed: &ast::Feed, column: &ast::FeedColumn, compiled: &mut Feed) {
        let from = FeedColumn { column: column.column.value.clone(), format: column.format.as_ref().map(|format| format.value.clone()) };
        match column.field.value.as_str() {
            "time" => {
                self.format(column, &Unit::Time, &compiled.zone);
                compiled.time = from;
            }
            "revision" => {
                self.format(column, &Unit::Number, &compiled.zone);
                compiled.revision = Some(from);
            }
            own if OWN_FIELDS.contains(&own) => {
                self.errors.push(Diagnostic::new(&codes::FEED_OWN, column.field.span).arg("name", own));
            }
            word => {
                let Some(idx) = self.names.field(compiled.event, word) else {
                    let known = self.names.field_names(compiled.event).chain(["time", "revision"]);
                    let diagnostic = self.names.unknown(&codes::UNKNOWN_FIELD, word, column.field.span, known);
                    self.errors.push(diagnostic.arg("event", &feed.event.value));
                    return;
                };
                self.names.uses_field(compiled.event, idx, column.field.span);
                if let Some(unit) =
                    self.names.events.get(compiled.event).and_then(|event| event.fields.get(idx)).map(|field| field.unit.clone())
                    && !self.names.broken_fields.contains(&(compiled.event, idx))
                {
                    self.format(column, &unit, &compiled.zone);
                }
                compiled.columns.push((idx, from));
            }
        }
    }

    /// A format must determine a time or a date, and stands on nothing else.
    fn format(&mut self, column: &ast::FeedColumn, unit: &Unit, zone: &Zone) {
        let Some(format) = &column.format else { return };
        let fine = match unit {
            Unit::Time | Unit::Date => zone.accepts_format(&format.value),
            _ => {
                let diagnostic = Diagnostic::new(&codes::FORMAT_ON_OTHER, format.span);
                self.errors.push(diagnostic.arg("name", &column.field.value).arg("unit", name(unit)));
                return;
            }
        };
        if !fine {
            self.errors.push(Diagnostic::new(&codes::BAD_FORMAT, format.span).arg("format", &format.value).arg("unit", name(unit)));
        }
    }

    fn unmapped(&mut self, feed: &ast::Feed, compiled: &Feed, timed: bool) {
        let lacks = |word: &str| {
            Diagnostic::new(&codes::FEED_LACKS, feed.name.span)
                .arg("feed", &feed.name.value)
                .arg("event", &feed.event.value)
                .arg("name", word)
        };
        if !timed {
            self.errors.push(lacks("time"));
        }
        let fields = event_fields(self, compiled.event);
        // A column for a misspelt field was reported already.
        let misspelt = |field: &str| {
            let columns = feed.columns.iter().map(|column| column.field.value.as_str());
            nearest(field, columns.filter(|column| !fields.iter().any(|(known, _)| known == column))).is_some()
        };
        let declared = self.names.events.get(compiled.event).map_or(&[][..], |event| event.fields.as_slice());
        let has = |name: &str| feed.columns.iter().any(|column| column.field.value == name);
        for (idx, (word, optional)) in fields.iter().enumerate() {
            if !optional
                && !told_by_amount(declared, word, has)
                && !misspelt(word)
                && !compiled.columns.iter().any(|(mapped, _)| *mapped == idx)
            {
                self.errors.push(lacks(word));
            }
        }
    }
}

/// The fields of an event: name and whether it is optional.
fn event_fields(compiler: &Compiler<'_>, event: EventIdx) -> Vec<(String, bool)> {
    let fields = compiler.names.events.get(event).map(|event| event.fields.as_slice()).unwrap_or_default();
    fields.iter().map(|field| (field.name.clone(), field.optional)).collect()
}
