//! How the columns of a file become an event.

use super::{EventIdx, FieldIdx};
use crate::time::Zone;

/// `feed …`: how the columns of a file become an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// The feed's name.
    pub name: String,
    /// The event type it makes.
    pub event: EventIdx,
    /// The zone of times without an offset.
    pub zone: Zone,
    /// The CloudEvents source of its events.
    pub source: String,
    /// Where the identity comes from.
    pub identity: FeedIdentity,
    /// The column of the event's time and its strptime format.
    pub time: FeedColumn,
    /// The column of the revision.
    pub revision: Option<FeedColumn>,
    /// For each mapped field: its index and column.
    pub columns: Vec<(FieldIdx, FeedColumn)>,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct FeedColumn {
    pub column: String,
    pub format: Option<String>,
}

/// Where the identity of a row comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedIdentity {
    /// The hash of the whole row and its occurrence number in the file.
    Row,
    /// The values of these columns.
    Columns(Vec<String>),
}
