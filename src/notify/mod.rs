//! Webhooks: sign, send, retry, record.
//!
//! 1. The engine writes a delivery into the outbox in the transaction of the alert's transition, and wakes the
//!    [`dispatch::Dispatcher`]; a timer wakes it for what is to be tried again.
//! 2. One worker an endpoint takes what is due, as often as its [`pace`] allows. [`kind`] makes the request that its service
//!    understands and reads the answer ([`sign`] the headers of Standard Webhooks 1.0.0), [`guard`] refuses
//!    addresses, [`send`] makes one attempt over the [`network`].
//! 3. [`schedule`] says when a failed delivery is tried again; the attempt is recorded together with that.

pub mod dispatch;
mod group;
pub mod guard;
pub mod kind;
mod load;
pub mod network;
mod pace;
mod record;
pub mod schedule;
pub mod send;
pub mod sign;
mod worker;

pub use dispatch::{Dispatcher, Limits};
pub use guard::Guard;
pub use network::Network;
pub use send::{Sender, Timeouts};
