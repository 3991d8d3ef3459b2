//! The integration tests: one binary, one module a topic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod histories;
mod oracle;
mod receiver;
mod spec;
mod tidy;
mod webhooks;
