//! A typed event: what the cell plan sees.

use crate::compile::program::{EventIdx, Scalar};
use crate::time::Instant;

/// The identity of an event: the first 128 bits of BLAKE3 over its source and id. Also breaks ties of equal times, so
/// that no result depends on the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u128);

impl RowId {
    /// The identity of the event with this source and id.
    pub fn of(source: &str, id: &str) -> RowId {
        let mut hasher = blake3::Hasher::new();
        for text in [source, id] {
            hasher.update(&(text.len() as u64).to_be_bytes()).update(text.as_bytes());
        }
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        RowId(u128::from_be_bytes(bytes))
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
    /// A higher revision replaces a lower one of the same business key.
    pub revision: i64,
    /// One value a field.
    pub values: Box<[Scalar]>,
}
