//! Webhooks: sign, send, retry, record.
//!
//! 1. The engine writes a delivery into the outbox in the transaction of the alert's transition.
//! 2. [`sign`] makes the headers of Standard Webhooks 1.0.0; [`guard`] refuses addresses; [`send`] makes one attempt.
//! 3. [`schedule`] says when a failed delivery is tried again.

pub mod guard;
pub mod schedule;
pub mod send;
pub mod sign;
