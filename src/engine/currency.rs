//! In which currency the amounts of an event are.
//!
//! 1. The field that says so is given, or an amount says it by itself: `20 EUR`, or an object ([`Said::of`]).
//! 2. Both must say the same, and an amount in no currency is none ([`Said::settle`]).

use super::event::{RawEvent, RawValue};
use super::number::money;
use super::shape::cut;
use crate::compile::program::{EventIdx, Field, Program, Scalar, Unit};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::money as codes;
use std::collections::BTreeMap;

/// The fields that are currencies, each with what the event says.
pub(super) struct Said<'p>(BTreeMap<&'p str, Option<String>>);

impl<'p> Said<'p> {
    /// What an event says of its currencies.
    pub(super) fn of(program: &'p Program, event: EventIdx, raw: &RawEvent) -> Said<'p> {
        let given = |name: &str| raw.data.iter().find(|(own, _)| own == name).map(|(_, value)| value);
        let mut said = BTreeMap::new();
        if program.rates.sources().any(|source| source.event == event) {
            said.extend(["base", "quote"].map(|name| (name, given(name).and_then(code))));
        }
        for field in program.events.get(event).into_iter().flat_map(|event| &event.fields) {
            if let Unit::MoneyIn(said_by) = &field.unit {
                let own = said.entry(said_by.as_str()).or_insert_with(|| given(said_by).and_then(code));
                if own.is_none() {
                    *own = given(&field.name).and_then(money).and_then(|(_, currency)| currency);
                }
            }
        }
        Said(said)
    }

    /// The value of a field once it is known what the event says: of a currency field its code, of an amount the amount.
    pub(super) fn settle(&self, field: &Field, value: Scalar, given: Option<&RawValue>, kind: &str) -> Result<Scalar, Diagnostic> {
        if let Some(Some(code)) = self.0.get(field.name.as_str()) {
            if iso_currency::Currency::from_code(code).is_some() {
                return Ok(Scalar::Text(code.as_str().into()));
            }
            let diagnostic = Diagnostic::general(&codes::BAD_CURRENCY).arg("field", &field.name).arg("type", kind);
            return Err(diagnostic.arg("value", cut(code)));
        }
        let Unit::MoneyIn(said_by) = &field.unit else { return Ok(value) };
        if value == Scalar::Absent {
            return Ok(value);
        }
        let own = given.and_then(money).and_then(|(_, currency)| currency);
        let mistake = |code| Diagnostic::general(code).arg("field", &field.name).arg("type", kind).arg("said_by", said_by);
        match (self.0.get(said_by.as_str()).and_then(Option::as_ref), own) {
            (None, _) => Err(mistake(&codes::NO_CURRENCY)),
            (Some(said), Some(own)) if *said != own => {
                Err(mistake(&codes::TWO_CURRENCIES).arg("currency", cut(&own)).arg("said", cut(said)))
            }
            _ => Ok(value),
        }
    }
}

/// A currency code as it was sent.
fn code(value: &RawValue) -> Option<String> {
    match value {
        RawValue::Text(text) if !text.trim().is_empty() => Some(text.trim().to_ascii_uppercase()),
        _ => None,
    }
}
