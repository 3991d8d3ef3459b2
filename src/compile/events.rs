//! Events: their fields, dimensions, keys and clocks.
//!
//! 1. The dimensions of all events and entities are collected and numbered by name: one name is one dimension.
//! 2. Each event's fields get their units; wrong fields stay known but broken.
//! 3. `replaces by` and `clock` are resolved to fields.

use super::aggregate::clock_mistake;
use super::expr::seconds;
use super::header::known_currency;
use super::message::OWN_PLACEHOLDERS;
use super::program::{DimIdx, EventDecl, EventIdx, Field, FieldIdx, FieldRole, Unit};
use super::units::{is_measure, name};
use super::{Compiler, Seen, texts};
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{self, FieldKind, Ident, Item};
use std::collections::BTreeMap;

/// Fields that every event carries by itself.
pub(super) const OWN_FIELDS: [&str; 5] = ["time", "id", "source", "revision", "type"];
/// The longest time in which rows may be restated, in days.
const SETTLES_DAYS_MAX: u64 = 1_100;

impl Compiler<'_> {
    /// Compiles the events into the names.
    pub(super) fn events(&mut self, file: &ast::File) {
        let declared: Vec<&ast::Event> =
            file.items.iter().filter_map(|item| if let Item::Event(event) = item { Some(event) } else { None }).collect();
        self.names.dims = super::entities::dimensions(file).into_iter().collect();
        self.names.event_idx.clear();
        for event in declared {
            let idx = self.names.events.len();
            let compiled = self.event(event, idx);
            self.names.events.push(compiled);
            self.names.event_idx.entry(event.name.value.clone()).or_insert(idx);
            self.currency_fields(event, idx);
            if let Some(rates) = &event.rates {
                self.rates(event, idx, rates);
            }
        }
    }

    fn event(&mut self, event: &ast::Event, idx: EventIdx) -> EventDecl {
        let mut seen = Seen::default();
        let mut fields = Vec::new();
        for field in &event.fields {
            if seen.add(&field.name, &mut self.errors) {
                let compiled = self.field(event, field, (idx, fields.len()));
                fields.push(compiled);
            }
        }
        let by_name: BTreeMap<&str, FieldIdx> = fields.iter().enumerate().map(|(idx, field)| (field.name.as_str(), idx)).collect();
        let mut dims: Vec<(DimIdx, FieldIdx)> = fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.role == FieldRole::Dimension)
            .filter_map(|(idx, field)| self.names.dims.binary_search(&field.name).ok().map(|dim| (dim, idx)))
            .collect();
        dims.sort_unstable();
        let replaces_by = self.key(event, &fields, &by_name);
        let prefers = self.preferred(event);
        let clock = event.clock.as_ref().and_then(|clock| self.event_clock(event, &fields, &by_name, clock));
        let settles_days = event.settles.as_ref().map_or(0, |settles| self.settles(settles));
        EventDecl {
            name: event.name.value.clone(),
            title: texts(&event.title, &event.name.value),
            fields,
            dims,
            replaces_by,
            prefers,
            clock,
            settles_days,
            entity: None,
        }
    }

    fn field(&mut self, event: &ast::Event, field: &ast::Field, place: (EventIdx, FieldIdx)) -> Field {
        let word = &field.name;
        let kind = field.kind.value;
        if OWN_FIELDS.contains(&word.value.as_str()) {
            let diagnostic = Diagnostic::new(&codes::OWN_FIELD, word.span).arg("name", &word.value).arg("event", &event.name.value);
            self.errors.push(diagnostic.fix(word.span, format!("{}_{}", event.name.value, word.value)));
        } else if kind == FieldKind::Dimension && OWN_PLACEHOLDERS.contains(&word.value.as_str()) {
            self.errors.push(Diagnostic::new(&codes::RESERVED, word.span).arg("name", &word.value));
        }
        let unit = self.unit(field);
        if unit.is_none() {
            self.names.broken_fields.insert(place);
            self.whole = false;
        }
        let unit = unit.unwrap_or(Unit::Number);
        if field.level && !is_measure(&unit) {
            let written = if kind == FieldKind::Dimension { "dimension".to_owned() } else { name(&unit) };
            self.errors.push(Diagnostic::new(&codes::LEVEL_UNIT, word.span).arg("name", &word.value).arg("unit", written));
        }
        let role = match kind {
            FieldKind::Id => FieldRole::Id,
            FieldKind::Dimension => FieldRole::Dimension,
            _ if field.level => FieldRole::Level,
            _ => FieldRole::Flow,
        };
        Field { name: word.value.clone(), unit, role, optional: field.optional }
    }

    /// The unit of a field; None when it cannot be known.
    fn unit(&mut self, field: &ast::Field) -> Option<Unit> {
        let unit = match field.kind.value {
            FieldKind::Id | FieldKind::Dimension | FieldKind::Text => Unit::Text,
            FieldKind::Number => Unit::Number,
            FieldKind::Count => Unit::Count,
            FieldKind::Percent => Unit::Percent,
            FieldKind::Duration => Unit::Duration,
            FieldKind::Time => Unit::Time,
            FieldKind::Date => Unit::Date,
            FieldKind::Flag => Unit::Flag,
            FieldKind::Money => {
                return match (&field.currency, &field.in_field) {
                    (_, Some(said_by)) => Some(Unit::MoneyIn(said_by.value.clone())),
                    (Some(currency), None) => known_currency(currency, &mut self.errors).map(Unit::Money),
                    (None, None) => self.currency.clone().map(Unit::Money),
                };
            }
        };
        Some(unit)
    }

    fn key(&mut self, event: &ast::Event, fields: &[Field], by_name: &BTreeMap<&str, FieldIdx>) -> Vec<FieldIdx> {
        let mut seen = Seen::default();
        let mut key = Vec::new();
        for word in &event.replaces_by {
            if !seen.add(word, &mut self.errors) {
                continue;
            }
            let Some(idx) = by_name.get(word.value.as_str()) else {
                self.no_field(event, by_name, word);
                // Its place stays, so that nothing is said of a key that lacks it.
                key.push(usize::MAX);
                continue;
            };
            if let Some(field) = fields.get(*idx) {
                self.names.uses.saw_field(&event.name.value, field, word.span);
            }
            if fields.get(*idx).is_some_and(|field| field.optional) {
                self.errors.push(Diagnostic::new(&codes::KEY_OPTIONAL, word.span).arg("name", &word.value));
            }
            key.push(*idx);
        }
        key
    }

    fn event_clock(&mut self, event: &ast::Event, fields: &[Field], by_name: &BTreeMap<&str, FieldIdx>, clock: &Ident) -> Option<FieldIdx> {
        if clock.value == "time" {
            return None;
        }
        let Some(idx) = by_name.get(clock.value.as_str()) else {
            self.no_field(event, by_name, clock);
            return None;
        };
        let field = fields.get(*idx)?;
        self.names.uses.saw_field(&event.name.value, field, clock.span);
        self.errors.extend(clock_mistake(&field.unit, field.optional, clock));
        Some(*idx)
    }

    fn no_field(&mut self, event: &ast::Event, by_name: &BTreeMap<&str, FieldIdx>, word: &Ident) {
        let diagnostic = self.names.unknown(&codes::UNKNOWN_FIELD, &word.value, word.span, by_name.keys().copied());
        self.errors.push(diagnostic.arg("event", &event.name.value));
    }

    fn settles(&mut self, settles: &Spanned<ast::Duration>) -> u32 {
        let length_s = seconds(settles.value);
        let days = length_s / 86_400;
        if !length_s.is_multiple_of(86_400) || days == 0 || days > SETTLES_DAYS_MAX {
            self.errors.push(Diagnostic::new(&codes::SETTLES_RANGE, settles.span));
        }
        u32::try_from(days).unwrap_or(0)
    }
}
