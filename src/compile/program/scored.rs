//! Scores in formulas, what holds scores back, and red lines.

use super::{Formula, Text};
use rust_decimal::Decimal;

/// Index into [`Program::scorecards`](super::Program::scorecards).
pub type CardIdx = usize;

/// `score(shop_manager)`, `grade(shop_manager)`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scored {
    /// The scorecard.
    pub card: CardIdx,
    /// What of it.
    pub part: ScorePart,
}

/// What of a score is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScorePart {
    /// Its number.
    Score,
    /// The name of its grade.
    Grade,
}

/// `withhold when orders <= 10 "Too few orders"`: while it is true there is no score. `mark when …`: it is marked.
/// `exempt when …`: no alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// The condition.
    pub when: Formula,
    /// `mark`: the score stands, and says so.
    pub marks: bool,
    /// The line as written.
    pub text: String,
    /// What is said instead of the score, or of the state.
    pub title: Text,
}

/// A red line.
#[derive(Debug, Clone, PartialEq)]
pub struct Veto {
    /// The condition.
    pub when: Formula,
    /// The line as written.
    pub text: String,
    /// What it forces.
    pub then: Verdict,
    /// What it is called.
    pub title: Text,
}

/// What a veto forces.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// A grade (index into [`Scorecard::grades`](super::Scorecard::grades)); never a better one than the score's own.
    Grade(usize),
    /// A score; never a greater one than what comes of the KPIs.
    Score(Decimal),
}

impl Verdict {
    /// The grade that it forces.
    pub fn grade(self) -> Option<usize> {
        if let Verdict::Grade(grade) = self { Some(grade) } else { None }
    }
}
