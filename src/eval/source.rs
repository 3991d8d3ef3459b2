//! Where `eval` reads from: saved aggregates ([`Cells`]) and the events behind them ([`History`]).

use super::{Cell, Row, RowId, Thing};
use crate::compile::program::{DimIdx, EventIdx, GroupingIdx, LeafIdx};
use crate::time::{Day, Instant};
use std::ops::ControlFlow;

/// The dimension values a number is for, in the order of the grouping's dimensions. None: the event lacks the
/// (optional) dimension; such scopes count upwards but are never listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope {
    /// Which dimensions.
    pub grouping: GroupingIdx,
    /// Their values.
    pub values: Box<[Option<Box<str>>]>,
}

impl Scope {
    /// Whether the events of the scope have all its dimensions. Others are never listed, and no alert speaks about them.
    pub fn is_named(&self) -> bool {
        self.values.iter().all(Option::is_some)
    }
}

/// The number of a scope within one program's state. Given in the order of first sight, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(pub u32);

/// Since when a scope exists. The end of time stands for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighted {
    /// The earliest event time at which anything showed it.
    pub first: Instant,
    /// The earliest at which an event showed it that arrived. States of entities come and go with what is known; such
    /// events stay.
    pub arrived: Instant,
}

/// The business key of a `replaces by` event: event type and the first 128 bits of BLAKE3 over the key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionKey(pub EventIdx, pub u128);

/// One event among those of the same business key. The greatest (revision, time, id) of those visible counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Version {
    pub revision: i64,
    pub time: Instant,
    pub id: RowId,
}

/// Reading what is stored failed; the text says how. The engine turns it into an answer of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not what was written.
    Damaged(String),
    /// It cannot be read now.
    Unreadable(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Fault::Damaged(text) | Fault::Unreadable(text)) = self;
        f.write_str(text)
    }
}

/// Is shown cells until it says stop.
pub type UntilBreak<'v> = dyn FnMut(Day, &Cell) -> Result<ControlFlow<()>, Fault> + 'v;

/// A leaf, and the first and last day on which it is asked for.
pub type AskedOf = (LeafIdx, (Day, Day));

/// The first and the last day of all that is asked for; None when there are no days.
pub fn days_asked(asked: &[AskedOf]) -> Option<(Day, Day)> {
    let some = asked.iter().map(|(_, days)| *days).filter(|(from, to)| from <= to);
    some.reduce(|all, days| (all.0.min(days.0), all.1.max(days.1)))
}

/// Is shown cells: the place of what was asked for, and the day.
pub type Visit<'v> = dyn FnMut(usize, Day, &Cell) + 'v;

/// Saved aggregates of one program: the writer's own state, or a consistent snapshot of the store.
pub trait Cells {
    /// The instant up to which time has been read.
    fn clock(&self) -> Instant;

    /// The number of a scope and the earliest event time at which it was seen; None when it never was.
    fn scope(&self, scope: &Scope) -> Result<Option<(ScopeId, Instant)>, Fault>;

    /// The same of the scope that these values of a grouping's dimensions name.
    fn scope_named(&self, grouping: GroupingIdx, named: &[(DimIdx, Box<str>)]) -> Result<Option<(ScopeId, Instant)>, Fault> {
        self.scope(&Scope { grouping, values: named.iter().map(|(_, value)| Some(value.clone())).collect() })
    }

    /// All scopes of a grouping, each with the earliest event time at which it was seen.
    fn scopes(&self, grouping: GroupingIdx) -> Result<Vec<(ScopeId, Scope, Instant)>, Fault>;

    /// Visits the cells of some leaves at a scope, each on days of its own, in order of days: each with the place of what was
    /// asked for.
    fn cells_of(&self, asked: &[AskedOf], scope: ScopeId, visit: &mut Visit<'_>) -> Result<(), Fault>;

    /// Visits the cells of one leaf.
    fn cells(&self, leaf: LeafIdx, scope: ScopeId, from: Day, to: Day, visit: &mut dyn FnMut(Day, &Cell)) -> Result<(), Fault> {
        self.cells_of(&[(leaf, (from, to))], scope, &mut |_, day, cell| visit(day, cell))
    }

    /// Visits the cells of a leaf at a scope before a day, the latest first, until told to stop.
    fn before(&self, leaf: LeafIdx, scope: ScopeId, day: Day, visit: &mut UntilBreak<'_>) -> Result<(), Fault>;

    /// All events of a business key.
    fn versions(&self, key: VersionKey) -> Result<Vec<Version>, Fault>;
    /// The states of an entity with `from <= time <= to`, in any order.
    fn states(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault>;
    /// The thing of an entity with this key.
    fn thing(&self, key: VersionKey) -> Result<Option<Thing>, Fault>;
}

/// The stored events of one program, typed.
pub trait History {
    /// Every stored row of this type with `from <= time <= to`, superseded ones included, in any order.
    fn rows(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault>;
}
