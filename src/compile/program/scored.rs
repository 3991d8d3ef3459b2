//! Scores in formulas.

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
