//! Events as they are stored: untyped, so that any later program can read them.

use super::cell::DecimalRecord;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A stored event.
#[derive(Serialize, Deserialize)]
pub struct EventRecord<'a> {
    /// The number, ascending in the order of acceptance.
    pub seq: u64,
    /// When it was accepted.
    pub received_at: i64,
    /// When it happened.
    pub time: i64,
    /// The CloudEvents source.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// The id within the source.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The CloudEvents type.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
    /// The revision.
    pub revision: i64,
    /// The fields.
    #[serde(borrow)]
    pub data: Vec<(Cow<'a, str>, ValueRecord<'a>)>,
}

/// A field of a stored event.
#[derive(Serialize, Deserialize)]
pub enum ValueRecord<'a> {
    /// Absent.
    Null,
    /// True or false.
    Flag(bool),
    /// A number.
    Number(DecimalRecord),
    /// A text.
    #[serde(borrow)]
    Text(Cow<'a, str>),
    /// An amount and a currency.
    Money(DecimalRecord, #[serde(borrow)] Cow<'a, str>),
    /// An array or object, of which nothing is kept.
    Nested,
    /// A number that could not be kept, as it was written.
    #[serde(borrow)]
    OutOfRange(Cow<'a, str>),
}
