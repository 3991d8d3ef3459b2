//! STUB head
pub mod json;
pub mod envelope;
