//! A typed event: what the cell plan sees.

use crate::compile::program::{EventIdx, Scalar};
use crate::time::Instant;
use std::sync::Arc;

/// The identity of an event: the first 128 bits of BLAKE3 over its source and id. Also breaks ties of equal times, so
/// that no result depends on the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u128);

impl RowId {
    /// The identity of the event with this source and id.
    pub fn of(source: &str, id: &str) -> RowId {
        // What is hashed at once costs less than in parts, and most ids are short.
        let mut said = Vec::with_capacity(source.len() + id.len() + 16);
        for text in [source, id] {
            said.extend_from_slice(&(text.len() as u64).to_be_bytes());
            said.extend_from_slice(text.as_bytes());
        }
        let hash = blake3::hash(&said);
        RowId(hash.as_bytes().first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes)))
    }
}

/// An event with its fields in the order of its declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The event type.
    pub event: EventIdx,
    /// The identity.
    pub id: RowId,
    /// When it happened.
    pub time: Instant,
    /// A higher revision replaces a lower one of the same business key. Of an event that prefers sources, the rank of the source
    /// stands above the revision that it gave.
    pub revision: i64,
    /// One value a field.
    pub values: Arc<[Scalar]>,
}
