//! The laws of numbers, scores and alerts, on small programs built by hand.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod alerts;
mod builder;
mod differential;
mod numbers;
mod rows;
mod scores;
mod sliding;
mod straight;

pub(super) use super::*;
pub(super) use builder::*;
