//! Dimensions that lie in one another: on which days what lay below a value of a scope.
//!
//! 1. [`Members`] tells which parents a child has had, each from its first day on, as of one instant.
//! 2. [`days_below`] climbs from a child, step by step, and gives the days on which it lay below a value. A day without a
//!    parent lies below [`UNASSIGNED`].
//! 3. [`begins`] tells since when a value has been more than a name: since the first day of a child that had been seen.
//! 4. [`Kin`] remembers which parents were ever told of which children, for those who must be woken.

use super::Fault;
use crate::compile::program::{DimIdx, Membership, UNASSIGNED};
use crate::time::{Day, Instant, Zone};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Ranges of days, both ends included, in order and apart from one another.
pub(super) type Days = Vec<(Day, Day)>;

/// The parents of a child: each with the day from which on it was its parent, in order.
pub(super) type Parents = Rc<[(Day, Box<str>)]>;

/// Every day.
pub(super) const EVER: (Day, Day) = (Day(i32::MIN), Day(i32::MAX));

/// Where memberships are read, as of one instant.
pub(super) trait Members {
    /// The parents of a child, by a step of a hierarchy.
    fn parents(&mut self, step: usize, child: &str) -> Result<Parents, Fault>;
    /// The children of which a parent was ever told, by a step.
    fn children(&mut self, step: usize, parent: &str) -> Result<Vec<Box<str>>, Fault>;
    /// When a child of a step was first seen.
    fn seen(&mut self, step: usize, child: &str) -> Result<Option<Instant>, Fault>;
}

/// The days on which a child lies below a value, by the steps up to it. What is no child at all lies below nothing.
pub(super) fn days_below(members: &mut dyn Members, steps: &[usize], child: Option<&str>, value: &str) -> Result<Days, Fault> {
    let (Some(child), Some((first, rest))) = (child, steps.split_first()) else {
        return Ok(if child.unwrap_or(UNASSIGNED) == value { vec![EVER] } else { Vec::new() });
    };
    let parents = members.parents(*first, child)?;
    let mut days = Days::new();
    let (mut from, mut parent): (Day, &str) = (EVER.0, UNASSIGNED);
    for (day, next) in parents.iter().map(|(day, next)| (Some(*day), &**next)).chain([(None, UNASSIGNED)]) {
        let to = day.map_or(EVER.1, |day| day.plus(-1));
        if from <= to && day != Some(EVER.0) {
            let above = Some(parent).filter(|parent| *parent != UNASSIGNED);
            days.extend(clipped(&days_below(members, rest, above, value)?, from, to));
        }
        (from, parent) = (day.unwrap_or(EVER.1), next);
    }
    Ok(joined(days))
}

/// The part of some days that lies in a range.
pub(super) fn clipped(days: &[(Day, Day)], from: Day, to: Day) -> impl Iterator<Item = (Day, Day)> + '_ {
    days.iter().map(move |(first, last)| ((*first).max(from), (*last).min(to))).filter(|(first, last)| first <= last)
}

/// The days that are among both.
pub(super) fn common(a: &Days, b: &Days) -> Days {
    a.iter().flat_map(|(from, to)| clipped(b, *from, *to)).collect()
}

/// Ranges in order, with those that touch made one.
fn joined(days: Days) -> Days {
    let mut joined = Days::with_capacity(days.len());
    for (from, to) in days {
        match joined.last_mut() {
            Some(last) if from <= last.1.plus(1) => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Since when a value of a dimension has had anything below it: since the first day of a child that had been seen by then.
pub(super) fn begins(
    members: &mut dyn Members,
    (memberships, zone): (&[Membership], &Zone),
    dim: DimIdx,
    (value, only): (&str, Option<(DimIdx, &str)>),
) -> Result<Option<Instant>, Fault> {
    let mut earliest: Option<Instant> = None;
    for (step, membership) in memberships.iter().enumerate().filter(|(_, one)| one.parent == dim) {
        for child in members.children(step, value)? {
            if only.is_some_and(|(dim, only)| dim == membership.child && *child != *only) {
                continue;
            }
            let Some((first, _)) = days_below(members, &[step], Some(&child), value)?.first().copied() else { continue };
            let below = begins(members, (memberships, zone), membership.child, (&child, only))?;
            let seen = members.seen(step, &child)?.into_iter().chain(below).min();
            let began = seen.map(|seen| if first == EVER.0 { seen } else { seen.max(zone.start_of(first)) });
            earliest = earliest.into_iter().chain(began).min();
        }
    }
    Ok(earliest)
}

/// Which parents were ever told of which children, by step.
#[derive(Debug, Default)]
pub(super) struct Kin {
    up: HashMap<usize, Relation>,
    down: HashMap<usize, Relation>,
}

/// Names by name.
type Relation = HashMap<Box<str>, BTreeSet<Box<str>>>;

impl Kin {
    /// Notes that a child was told to lie in a parent.
    pub(super) fn note(&mut self, step: usize, child: &str, parent: &str) {
        self.up.entry(step).or_default().entry(child.into()).or_default().insert(parent.into());
        self.down.entry(step).or_default().entry(parent.into()).or_default().insert(child.into());
    }

    /// Every value to which some steps ever led from a child.
    pub(super) fn above(&self, steps: &[usize], child: &str) -> BTreeSet<Box<str>> {
        steps.iter().fold(BTreeSet::from([child.into()]), |level, step| follow(self.up.get(step), &level))
    }

    /// Every child from which some steps ever led to a value.
    pub(super) fn below(&self, steps: &[usize], value: &str) -> BTreeSet<Box<str>> {
        steps.iter().rev().fold(BTreeSet::from([value.into()]), |level, step| follow(self.down.get(step), &level))
    }
}

fn follow(relation: Option<&Relation>, level: &BTreeSet<Box<str>>) -> BTreeSet<Box<str>> {
    level.iter().filter_map(|name| relation?.get(name)).flatten().cloned().collect()
}
