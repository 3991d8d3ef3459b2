//! Why a number is what it is: the aggregates in it, their windows, and the events behind them.

use super::formula::Evaluation;
use super::number::Number;
use super::plan::uses;
use super::query::{Reader, Source, When};
use super::rows::rank;
use super::window::{Anchor, Span};
use super::{Fault, RowId};
use crate::compile::program::{DimIdx, EventIdx, Formula, LeafIdx, Read};
use crate::time::{Day, Instant};

/// How a number came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The number.
    pub value: Number,
    /// The instant it is for.
    pub at: Instant,
    /// The range of time of the whole formula.
    pub range: Range,
    /// The aggregates in it, each once.
    pub parts: Vec<Aggregate>,
}

/// An aggregate in an explained number.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The leaf; its text and unit stand in the program.
    pub leaf: LeafIdx,
    /// How the formula reads it.
    pub read: Read,
    /// Its value.
    pub value: Number,
    /// Its own range of time.
    pub range: Range,
    /// The type of the events behind it.
    pub event: EventIdx,
    /// How many events stand behind it.
    pub rows: u64,
    /// The first of them, by time and identity.
    pub events: Vec<(Instant, RowId)>,
}

/// A range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Whole local days, both included.
    Days(Day, Day),
    /// After the first instant, up to and including the second.
    Elapsed(Instant, Instant),
    /// Everything.
    All,
}

impl From<Span> for Range {
    fn from(span: Span) -> Range {
        match span {
            Span::Days(first, last) => Range::Days(first, last),
            Span::Elapsed(after, until) => Range::Elapsed(after, until),
            Span::All => Range::All,
        }
    }
}

impl Reader<'_> {
    /// The range of time that a window or period means at this instant.
    pub fn range(&self, when: When) -> Range {
        Anchor::of(self.program, when, self.at).1.into()
    }

    /// The value of a formula with the aggregates and events behind it, at most `max_events` of each aggregate.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain(&self, formula: &Formula, when: When, scope: &[(DimIdx, Box<str>)], max_events: usize) -> Result<Explanation, Fault> {
        let (anchor, home) = Anchor::of(self.program, when, self.at);
        let mut source = Source::new(*self, scope);
        let value = Evaluation::new(self.program, &mut source, anchor, home).value(formula)?;
        let mut parts = Vec::new();
        for used in uses(self.program, std::iter::once(formula)) {
            let Some(leaf) = self.program.leaves.get(used.leaf) else { continue };
            let span = used.window.map_or(home, |window| anchor.span(self.program, window));
            let value = Evaluation::new(self.program, &mut source, anchor, span).value(&Formula::Leaf(used.leaf, used.read))?;
            let mut ranks = Vec::new();
            source.rows_behind(used.leaf, span, &mut |row| ranks.push(rank(row)))?;
            ranks.sort_unstable();
            let rows = ranks.len() as u64;
            ranks.truncate(max_events);
            parts.push(Aggregate { leaf: used.leaf, read: used.read, value, range: span.into(), event: leaf.event, rows, events: ranks });
        }
        Ok(Explanation { value, at: self.at, range: home.into(), parts })
    }
}
