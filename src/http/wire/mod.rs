//! The outside shapes of the HTTP API, version 1. Domain types never leave the house; each is turned into one of these.

mod event;
mod problem;

pub use event::{Ingested, PlainEvent, Refused};
pub use problem::{Fix, Mistake, Place, Problem, TestResult};
