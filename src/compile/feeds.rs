//! Feeds: the columns of a file as the fields of an event.

use super::events::OWN_FIELDS;
use super::header::known_zone;
use super::money::told_by_amount;
use super::program::{CellFormat, EventIdx, Feed, FeedColumn, FeedIdentity, FeedSkip, FeedTest, FieldIdx, NumberForm, Unit};
use super::units::name;
use super::{Compiler, Seen};
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::codes::import;
use crate::diagnostic::{Diagnostic, Spanned, nearest};
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
            time: FeedColumn { column: String::new(), currency: None, format: None },
            revision: None,
            each: feed.each.as_ref().map(|each| each.value.clone()),
            skips: feed.skips.iter().map(skip).collect(),
            columns: Vec::new(),
            fixed: Vec::new(),
        };
        let mut seen = Seen::default();
        let mut timed = false;
        for column in &feed.columns {
            if seen.add(&column.field, &mut self.errors) {
                timed |= column.field.value == "time";
                self.column(feed, column, &mut compiled);
            }
        }
        for (field, text) in &feed.fixed {
            if seen.add(field, &mut self.errors) {
                self.fixed(feed, field, text, &mut compiled);
            }
        }
        self.unmapped(feed, &compiled, timed);
        self.each(feed, &compiled);
        Some(compiled)
    }

    /// Elements of an array differ by what stands within them: without a column there, all of them would say the same.
    fn each(&mut self, feed: &ast::Feed, compiled: &Feed) {
        let Some(each) = &feed.each else { return };
        let within = |column: &str| column.strip_prefix(each.value.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        if !compiled.needed().any(within) {
            self.errors.push(Diagnostic::new(&import::NOTHING_WITHIN, each.span).arg("each", &each.value));
        }
    }

    fn column(&mut self, feed: &ast::Feed, column: &ast::FeedColumn, compiled: &mut Feed) {
        let currency = column.currency.as_ref().map(|currency| currency.value.clone());
        let from = |format| FeedColumn { column: column.column.value.clone(), currency: currency.clone(), format };
        match column.field.value.as_str() {
            "time" => compiled.time = from(self.format(column, &Unit::Time, &compiled.zone)),
            "revision" => compiled.revision = Some(from(self.format(column, &Unit::Count, &compiled.zone))),
            own if OWN_FIELDS.contains(&own) => {
                self.errors.push(Diagnostic::new(&codes::FEED_OWN, column.field.span).arg("name", own));
            }
            _ => {
                let Some(idx) = self.field_of(feed, &column.field, compiled.event) else { return };
                let declared = self.names.events.get(compiled.event).and_then(|event| event.fields.get(idx));
                let unit = declared.map(|field| field.unit.clone()).filter(|_| !self.names.broken_fields.contains(&(compiled.event, idx)));
                let format = unit.and_then(|unit| self.format(column, &unit, &compiled.zone));
                compiled.columns.push((idx, from(format)));
            }
        }
    }

    /// The field that a line of a feed is about.
    fn field_of(&mut self, feed: &ast::Feed, field: &ast::Ident, event: EventIdx) -> Option<FieldIdx> {
        let Some(idx) = self.names.field(event, &field.value) else {
            let known = self.names.field_names(event).chain(["time", "revision"]);
            let diagnostic = self.names.unknown(&codes::UNKNOWN_FIELD, &field.value, field.span, known);
            self.errors.push(diagnostic.arg("event", &feed.event.value));
            return None;
        };
        self.names.uses_field(event, idx, field.span);
        Some(idx)
    }

    /// What every row says of a field: a name, as files tell neither of whom nor of where they are, or a count, where every
    /// row is one unit.
    fn fixed(&mut self, feed: &ast::Feed, field: &ast::Ident, text: &Spanned<String>, compiled: &mut Feed) {
        if OWN_FIELDS.contains(&field.value.as_str()) {
            self.errors.push(Diagnostic::new(&codes::FEED_OWN, field.span).arg("name", &field.value));
            return;
        }
        let Some(idx) = self.field_of(feed, field, compiled.event) else { return };
        let declared = self.names.events.get(compiled.event).and_then(|event| event.fields.get(idx));
        let unit = declared.map(|field| field.unit.clone()).filter(|_| !self.names.broken_fields.contains(&(compiled.event, idx)));
        let is_count = |unit: &Unit| *unit == Unit::Count && text.value.parse::<i64>().is_ok();
        if let Some(unit) = unit.filter(|unit| *unit != Unit::Text && !is_count(unit)) {
            let diagnostic = Diagnostic::new(&import::FIXED_TEXT, field.span).arg("name", &field.value);
            self.errors.push(diagnostic.arg("unit", name(&unit)));
        }
        compiled.fixed.push((idx, text.value.clone()));
    }

    /// A format must determine a time or a date, show a number, or say what true and false are; only amounts have a currency.
    fn format(&mut self, column: &ast::FeedColumn, unit: &Unit, zone: &Zone) -> Option<CellFormat> {
        if let Some(currency) = column.currency.as_ref().filter(|_| !matches!(unit, Unit::Money(_) | Unit::MoneyIn(_))) {
            let diagnostic = Diagnostic::new(&import::CURRENCY_OF_OTHER, currency.span).arg("name", &column.field.value);
            self.errors.push(diagnostic.arg("unit", name(unit)));
        }
        let format = column.format.as_ref()?;
        let text = &format.value;
        let (found, code) = match unit {
            Unit::Text => (None, &codes::FORMAT_ON_OTHER),
            Unit::Time | Unit::Date => (zone.accepts_format(text).then(|| CellFormat::Time(text.clone())), &codes::BAD_FORMAT),
            Unit::Flag => (flag_words(text), &import::FLAG_FORMAT),
            _ => {
                let form = NumberForm::shown_by(text).filter(|form| !form.percent || *unit == Unit::Percent);
                (form.map(CellFormat::Number), &import::NUMBER_FORMAT)
            }
        };
        if found.is_none() {
            let diagnostic = Diagnostic::new(code, format.span).arg("format", text).arg("name", &column.field.value);
            self.errors.push(diagnostic.arg("unit", name(unit)));
        }
        found
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
        let written = || feed.columns.iter().map(|column| &column.field).chain(feed.fixed.iter().map(|(field, _)| field));
        let misspelt = |field: &str| {
            let columns = written().map(|field| field.value.as_str());
            nearest(field, columns.filter(|column| !fields.iter().any(|(known, _)| known == column))).is_some()
        };
        let declared = self.names.events.get(compiled.event).map_or(&[][..], |event| event.fields.as_slice());
        let has = |name: &str| written().any(|field| field.value == name);
        for (idx, (word, optional)) in fields.iter().enumerate() {
            if !optional
                && !told_by_amount(declared, word, has)
                && !misspelt(word)
                && !compiled.columns.iter().any(|(mapped, _)| *mapped == idx)
                && !compiled.fixed.iter().any(|(mapped, _)| *mapped == idx)
            {
                self.errors.push(lacks(word));
            }
        }
    }
}

fn skip(skip: &ast::FeedSkip) -> FeedSkip {
    let (not, test) = match &skip.test {
        ast::FeedTest::Is(not, texts) => (*not, FeedTest::Is(texts.iter().map(|text| text.value.clone()).collect())),
        ast::FeedTest::Unknown(not) => (*not, FeedTest::Unknown),
        ast::FeedTest::Starts(text) => (false, FeedTest::Starts(text.value.clone())),
    };
    FeedSkip { column: skip.column.value.clone(), test, not }
}

/// `late/on time`: the words for true and false.
fn flag_words(text: &str) -> Option<CellFormat> {
    let (yes, no) = text.split_once('/')?;
    let (yes, no) = (yes.trim(), no.trim());
    (!yes.is_empty() && !no.is_empty() && yes != no).then(|| CellFormat::Flag(yes.to_owned(), no.to_owned()))
}

/// The fields of an event: name and whether it is optional.
fn event_fields(compiler: &Compiler<'_>, event: EventIdx) -> Vec<(String, bool)> {
    let fields = compiler.names.events.get(event).map(|event| event.fields.as_slice()).unwrap_or_default();
    fields.iter().map(|field| (field.name.clone(), field.optional)).collect()
}
