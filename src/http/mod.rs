//! STUB head
pub mod events;
