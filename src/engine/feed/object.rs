//! The objects of JSON lines, read as the rows of a file are: a member is a cell, its name the column.
//!
//! 1. [`Feed::of_objects`] needs no header: every line says its own names, and a member that a line lacks is absent.
//! 2. An [`Object`] is the members of a line; of an element of an array also those of the element.
//! 3. [`ObjectFeed::object`] takes texts as the cells of a CSV, and numbers and truth values as JSON writes them.

use super::cell::{self, Cell, Misfit};
use super::{Column, Feed, Identity, fixed, is_skipped};
use crate::compile::program::{self, FeedColumn, FeedIdentity, Field, Program};
use crate::diagnostic::{Diagnostic, codes};
use crate::engine::event::{RawEvent, RawValue};
use crate::time::Zone;
use std::collections::HashMap;
use std::rc::Rc;

/// Members with their values, in the order of the line.
pub type Members = Vec<(String, RawValue)>;

/// What an event is made of: the members of its line, and of the elements within it. The elements of a line share what
/// stands around them.
#[derive(Debug, Clone, Default)]
pub struct Object(Vec<Rc<Members>>);

impl Object {
    /// The object, with the members of an element within it.
    #[must_use]
    pub fn with(&self, members: Members) -> Object {
        Object(self.0.iter().cloned().chain([Rc::new(members)]).collect())
    }

    /// Its members.
    pub fn members(&self) -> impl Iterator<Item = &(String, RawValue)> {
        self.0.iter().flat_map(|members| members.iter())
    }

    fn get(&self, column: &str) -> Option<&RawValue> {
        self.members().find(|(name, _)| name == column).map(|(_, value)| value)
    }
}

/// A feed that reads objects.
#[derive(Debug)]
pub struct ObjectFeed<'a>(Feed<'a>);

impl<'a> Feed<'a> {
    /// A feed that reads objects instead of rows.
    ///
    /// # Errors
    /// When the program lacks the feed's event type.
    pub fn of_objects(program: &'a Program, feed: &'a program::Feed) -> Result<ObjectFeed<'a>, Diagnostic> {
        let event =
            program.events.get(feed.event).ok_or_else(|| Diagnostic::general(&codes::event::NO_FEED).arg("ruleset", &program.name))?;
        let column = |declared: &'a FeedColumn| Column { index: 0, currency: None, declared };
        let fields = feed.columns.iter().filter_map(|(index, declared)| Some((event.fields.get(*index)?, column(declared))));
        let identity = match &feed.identity {
            FeedIdentity::Row => Identity::Row(HashMap::new()),
            FeedIdentity::Columns(columns) => Identity::Columns((0..columns.len()).collect()),
        };
        Ok(ObjectFeed(Feed {
            feed,
            kind: &event.name,
            n_columns: 0,
            time: column(&feed.time),
            revision: feed.revision.as_ref().map(column),
            fields: fields.collect(),
            fixed: fixed(event, feed),
            source: feed.source.clone(),
            set_revision: 0,
            identity,
            skips: feed.skips.iter().map(|skip| (0, skip)).collect(),
            last_time: (String::new(), None),
        }))
    }
}

impl ObjectFeed<'_> {
    /// Lets every object say something else of a field that the feed fixes ([`Feed::set`]).
    ///
    /// # Errors
    /// When the feed does not fix the field.
    pub fn set(&mut self, field: &str, text: &str) -> Result<(), Diagnostic> {
        self.0.set(field, text)
    }

    /// The array whose elements are an event each.
    pub fn each(&self) -> Option<&str> {
        self.0.feed.each.as_deref()
    }

    /// The event of the next object; None for one that the feed skips. Objects must come in the order of the file: equal ones are told apart by their number.
    ///
    /// # Errors
    /// When a member cannot be read.
    pub fn object(&mut self, object: &Object) -> Result<Option<RawEvent>, Diagnostic> {
        let Feed { feed, kind, time, revision, fields, fixed, source, set_revision, identity, skips, last_time, .. } = &mut self.0;
        let id = identity_of(identity, feed, object);
        if skips.iter().any(|(_, skip)| is_skipped(skip, &text_of(object.get(&skip.column)))) {
            return Ok(None);
        }
        let text = |column: &Column<'_>| text_of(object.get(&column.declared.column));
        let when = text(time);
        if last_time.0 != when {
            *last_time = (when.clone(), cell::moment(Cell::Text(&when), time.declared.format.as_ref(), &feed.zone));
        }
        let instant = last_time.1.ok_or_else(|| time.refuse(&when, Misfit::Form))?;
        let revision = match revision {
            Some(column) => column.revision(Cell::Text(&text(column)))?,
            None => *set_revision,
        };
        let mut data = Vec::with_capacity(fields.len());
        for (field, column) in fields.iter() {
            let value = value(column, field, &feed.zone, object.get(&column.declared.column))?;
            let currency = column.declared.currency.as_ref().map(|currency| text_of(object.get(currency)));
            let value = cell::in_currency(value, &currency.unwrap_or_default());
            if value != RawValue::Null {
                data.push((field.name.clone(), value));
            }
        }
        data.extend(fixed.iter().map(|(name, text)| ((*name).to_owned(), RawValue::Text(text.clone()))));
        Ok(Some(RawEvent { source: source.clone(), id, kind: (*kind).to_owned(), time: Some(instant), revision, data }))
    }
}

/// The identity of an object. One without columns of its own is hashed with its members in the order of their names.
fn identity_of(identity: &mut Identity, feed: &program::Feed, object: &Object) -> String {
    let owned: Vec<String> = match &feed.identity {
        FeedIdentity::Columns(columns) => columns.iter().map(|column| text_of(object.get(column))).collect(),
        FeedIdentity::Row => {
            let mut sorted: Vec<&(String, RawValue)> = object.members().filter(|(_, value)| *value != RawValue::Null).collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            sorted.into_iter().flat_map(|(name, value)| [name.clone(), text_of(Some(value))]).collect()
        }
    };
    identity.next(&owned.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A member as a cell of a CSV would hold it.
fn text_of(value: Option<&RawValue>) -> String {
    match value {
        None | Some(RawValue::Null | RawValue::Nested) => String::new(),
        Some(RawValue::Text(text) | RawValue::OutOfRange(text)) => text.clone(),
        Some(RawValue::Number(number)) => number.to_string(),
        Some(RawValue::Flag(flag)) => flag.to_string(),
        Some(RawValue::Money { amount, currency }) => format!("{amount} {currency}"),
    }
}

/// The value of a field. Only a text must be read as its column says, and a number that has a format.
fn value(column: &Column<'_>, field: &Field, zone: &Zone, value: Option<&RawValue>) -> Result<RawValue, Diagnostic> {
    let written = text_of(value);
    let cell = match value {
        Some(RawValue::Text(text)) => Cell::Text(text),
        Some(RawValue::Number(_)) if column.declared.format.is_some() => Cell::Number(&written),
        Some(other) => return Ok(other.clone()),
        None => return Ok(RawValue::Null),
    };
    cell::value(cell, field, column.declared.format.as_ref(), zone).map_err(|misfit| column.refuse(cell.text(), misfit))
}
