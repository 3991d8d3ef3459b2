//! Steelyard, a KPI rules engine: a small language for metrics, scorecards and alerts over business events.
#![forbid(unsafe_code)]

pub mod cli;
pub mod compile;
pub mod diagnostic;
pub mod engine;
pub mod eval;
pub mod foreign;
pub mod http;
pub mod notify;
pub mod store;
pub mod syntax;
pub mod testing;
pub mod time;
