//! Events as they arrive, before any program has typed them.
//!
//! 1. A door (JSON, CSV, a table of a test) makes a [`RawEvent`].
//! 2. Its identity is [`row_id`]; [`body_hash`] tells a repeated event from another one under the same identity.
//! 3. [`shape`](super::shape) types it for one program.

use crate::diagnostic::Diagnostic;
use crate::eval::RowId;
use crate::time::Instant;
use rust_decimal::Decimal;

/// An event as it arrived: checked for its form by the door, not yet typed by a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawEvent {
    /// Who sent it: the CloudEvents source.
    pub source: String,
    /// Its id, unique within the source.
    pub id: String,
    /// The CloudEvents type.
    pub kind: String,
    /// When it happened; None for the moment of its arrival.
    pub time: Option<Instant>,
    /// A higher revision replaces a lower one of the same business key.
    pub revision: i64,
    /// The fields.
    pub data: Vec<(String, RawValue)>,
}

/// An event on its way to the writer, with what can be said of it without knowing any other.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The event.
    pub event: RawEvent,
    /// Its identity.
    pub id: RowId,
    /// [`body_hash`] of it.
    pub body: u64,
}

impl From<RawEvent> for Arrived {
    fn from(event: RawEvent) -> Self {
        Arrived { id: row_id(&event.source, &event.id), body: body_hash(&event), event }
    }
}

/// A field of a [`RawEvent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawValue {
    /// Absent.
    Null,
    /// `true`
    Flag(bool),
    /// `12.5`
    Number(Decimal),
    /// `"12.5%"`
    Text(String),
    /// `{"amount": "20", "currency": "USD"}`
    Money {
        /// In major units.
        amount: Decimal,
        /// ISO 4217.
        currency: String,
    },
    /// An array or object that is no money.
    Nested,
    /// A number that cannot be kept exactly, as it was written: `1e400`, `NaN`.
    OutOfRange(String),
}

/// An event that was not accepted.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Its place in the request, from 0.
    pub index: usize,
    /// Why.
    pub diagnostic: Diagnostic,
}

/// What became of the events of a request.
#[derive(Debug, Clone, Default)]
pub struct IngestReport {
    /// New, and durable now.
    pub accepted: usize,
    /// Known already, with the same body.
    pub duplicates: usize,
    /// Not accepted.
    pub refused: Vec<Refusal>,
    /// All of them, given back: to let many go is no work for the writer.
    pub events: Vec<Arrived>,
}

/// The identity of an event.
pub fn row_id(source: &str, id: &str) -> RowId {
    RowId::of(source, id)
}

/// A hash of all that an event says. It depends neither on the order of the fields, nor on how a number is written, nor
/// on the time that an event without one is given: a repeated request has the same hash.
pub fn body_hash(event: &RawEvent) -> u64 {
    // What is hashed at once costs less than in parts.
    let mut said = Vec::with_capacity(512);
    text(&mut said, &event.kind);
    match event.time {
        Some(time) => {
            said.push(1);
            said.extend_from_slice(&time.0.to_be_bytes());
        }
        None => said.push(0),
    }
    said.extend_from_slice(&event.revision.to_be_bytes());
    let mut fields: Vec<&(String, RawValue)> = event.data.iter().filter(|(_, value)| *value != RawValue::Null).collect();
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, value) in fields {
        text(&mut said, name);
        tell(&mut said, value);
    }
    blake3::hash(&said).as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Adds what a value says.
fn tell(said: &mut Vec<u8>, value: &RawValue) {
    match value {
        RawValue::Null => said.push(0),
        RawValue::Flag(flag) => said.extend_from_slice(&[1, u8::from(*flag)]),
        RawValue::Number(number) => {
            said.push(2);
            said.extend_from_slice(&number.normalize().serialize());
        }
        RawValue::Text(content) => {
            said.push(3);
            text(said, content);
        }
        RawValue::Money { amount, currency } => {
            said.push(4);
            said.extend_from_slice(&amount.normalize().serialize());
            text(said, currency);
        }
        RawValue::Nested => said.push(5),
        RawValue::OutOfRange(content) => {
            said.push(6);
            text(said, content);
        }
    }
}

fn text(said: &mut Vec<u8>, content: &str) {
    said.extend_from_slice(&(content.len() as u64).to_be_bytes());
    said.extend_from_slice(content.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(time: Option<Instant>, data: Vec<(&str, RawValue)>) -> RawEvent {
        let data = data.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        RawEvent { source: "s".into(), id: "1".into(), kind: "k".into(), time, revision: 0, data }
    }

    #[test]
    fn the_body_is_what_it_says_and_not_how() {
        let number = |mantissa, scale| RawValue::Number(Decimal::new(mantissa, scale));
        let one = event(None, vec![("a", number(100, 2)), ("b", RawValue::Flag(true)), ("c", RawValue::Null)]);
        let same = event(None, vec![("b", RawValue::Flag(true)), ("a", number(1, 0))]);
        let other = event(None, vec![("b", RawValue::Flag(false)), ("a", number(1, 0))]);
        assert_eq!(body_hash(&one), body_hash(&same));
        assert_ne!(body_hash(&one), body_hash(&other));
        assert_ne!(body_hash(&one), body_hash(&RawEvent { time: Some(Instant(0)), ..same.clone() }));
        assert_ne!(row_id("a", "bc"), row_id("ab", "c"));
    }
}
