//! The integration tests: one binary, one module a topic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod receiver;
mod spec;
mod tidy;
mod webhooks;
