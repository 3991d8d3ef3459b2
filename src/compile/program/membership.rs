//! Hierarchies: which dimension lies in which, and how the dimensions of a scope follow from those of an event.

use super::{DimIdx, EventDecl, EventIdx, GroupingIdx, LeafIdx};
use std::collections::BTreeSet;

/// The parent of what has none: a dimension value like any other, for scopes that ask for it.
pub const UNASSIGNED: &str = "unassigned";

/// One step of a hierarchy, `shop in team`, as the events of one type tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct Membership {
    /// `shop`
    pub child: DimIdx,
    /// `team`
    pub parent: DimIdx,
    /// The event type.
    pub event: EventIdx,
    /// What is kept of its rows: by the day from which it holds, the parent that was told last.
    pub leaf: LeafIdx,
    /// The grouping of the child alone, for which the leaf is kept.
    pub children: GroupingIdx,
    /// The grouping of child and parent: its scopes are the pairs that were ever told.
    pub pairs: GroupingIdx,
}

/// The way from a dimension that an event has up to one that it lacks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Climb {
    /// Where it begins.
    pub child: DimIdx,
    /// The steps, each an index into [`Program::memberships`](super::Program::memberships), from the child up.
    pub steps: Vec<usize>,
    /// Where it ends.
    pub parent: DimIdx,
}

/// The shortest way up to a dimension from one that an event has. Of equally short ones the one that was declared first.
pub fn climb(memberships: &[Membership], has: impl Fn(DimIdx) -> bool, parent: DimIdx) -> Option<Climb> {
    let mut seen = BTreeSet::from([parent]);
    let mut level = vec![Climb { child: parent, steps: Vec::new(), parent }];
    while !level.is_empty() {
        let mut below = Vec::new();
        for way in &level {
            for (step, membership) in memberships.iter().enumerate().filter(|(_, one)| one.parent == way.child) {
                let longer = Climb { child: membership.child, steps: [&[step], &way.steps[..]].concat(), parent };
                if has(membership.child) {
                    return Some(longer);
                }
                if seen.insert(membership.child) {
                    below.push(longer);
                }
            }
        }
        level = below;
    }
    None
}

/// The climbs to those of some dimensions that an event lacks; None when it cannot tell one of them.
pub fn climbs(memberships: &[Membership], event: &EventDecl, dims: impl IntoIterator<Item = DimIdx>) -> Option<Vec<Climb>> {
    let has = |dim: DimIdx| event.dims.iter().any(|(own, _)| *own == dim);
    dims.into_iter().filter(|dim| !has(*dim)).map(|dim| climb(memberships, has, dim)).collect()
}

/// The ways by which events tell dimensions that none of them has all by itself; none when one has.
pub fn unshown(events: &[EventDecl], memberships: &[Membership], dims: &[DimIdx]) -> Vec<Vec<Climb>> {
    let has_all = |event: &EventDecl| dims.iter().all(|dim| event.dims.iter().any(|(own, _)| own == dim));
    if events.iter().any(has_all) {
        return Vec::new();
    }
    let mut ways: Vec<Vec<Climb>> = Vec::new();
    for climbs in events.iter().filter_map(|event| climbs(memberships, event, dims.iter().copied())) {
        if !ways.contains(&climbs) {
            ways.push(climbs);
        }
    }
    ways
}

/// The dimensions by which cells are found for a scope of some dimensions: those from which they are climbed to. Sorted.
pub fn below(dims: &[DimIdx], climbs: &[Climb]) -> Vec<DimIdx> {
    let own = dims.iter().copied().filter(|dim| !climbs.iter().any(|climb| climb.parent == *dim));
    let below: BTreeSet<DimIdx> = own.chain(climbs.iter().map(|climb| climb.child)).collect();
    below.into_iter().collect()
}
