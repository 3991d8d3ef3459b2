//! engine
pub mod clock;
pub mod event;
pub mod feed;
mod number;
pub mod replay;
mod shape;
pub mod show;
pub use crate::eval::{Alarm, Number, Reader, Score, When, Why};
pub use event::{IngestReport, RawEvent, RawValue, Refusal};
pub use shape::shape;
