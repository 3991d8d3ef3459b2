//! The integration tests: one binary, one module a topic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod cli;
mod histories;
mod http_events;
mod http_query;
mod oracle;
mod receiver;
mod service;
mod spec;
mod tidy;
mod webhooks;
