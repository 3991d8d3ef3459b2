//! Text to syntax tree, and back.
//!
//! 1. [`tokens`] and [`outline`] cut a text into declarations and statements by its brackets and lines.
//! 2. [`parse::parse`] reads each piece with the grammar `grammar/steelyard.pest` and reports every mistake of the text.
//!    What is written as in other languages is told apart by [`habits`].
//! 3. The tree ([`ast`]) goes to `compile`.
//! 4. [`format::format`] writes the one canonical layout, comments kept.

pub mod ast;
pub mod format;
pub mod habits;
pub mod outline;
pub mod parse;
pub mod tokens;

/// How many mistakes of one text are told. Every list of mistakes stops growing there, and reading with it: a text of
/// nothing but mistakes costs no more than a right one.
pub const DIAGNOSTICS_MAX: usize = 1000;

#[cfg(test)]
mod tests;
