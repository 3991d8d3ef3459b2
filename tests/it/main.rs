//! The integration tests: one binary, one module a topic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alertmanager;
mod bad_heads;
mod bad_input;
mod cli;
mod crash;
mod delivery;
mod endpoint_kinds;
mod endpoint_settings;
mod histories;
mod http_events;
mod http_explain;
mod http_query;
mod log_secrets;
mod oracle;
mod receiver;
mod routing;
mod routing_random;
mod server;
mod service;
mod spec;
mod tidy;
mod two_mistakes;
mod under_load;
mod webhooks;
mod wire;
