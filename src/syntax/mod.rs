//! Text to syntax tree, and back.
//!
//! 1. [`parse::parse`] reads a `.kpi` text with the grammar `grammar/steelyard.pest` and reports every mistake of it.
//! 2. The tree ([`ast`]) goes to `compile`.
//! 3. [`format::format`] writes the one canonical layout, comments kept.

pub mod ast;
pub mod format;
pub mod parse;
