//! Levels: measures that stay what they were until the next reading.

/// What the course of a level says of a range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelRead {
    /// What it was at the beginning; the first reading when none came before.
    First,
    /// What it was at the end.
    Last,
    /// The least that it was.
    Min,
    /// The greatest that it was.
    Max,
    /// Its mean, weighted by time.
    Mean,
    /// For how long a condition on it was true.
    Held,
}
