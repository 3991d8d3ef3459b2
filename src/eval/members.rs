//! Which scopes below make up a scope, read through a [`Reader`].
//!
//! 1. The dimensions of a scope that an event lacks are climbed to from some that it has ([`climbs`]).
//! 2. Every scope below that matches counts on the days on which it lay below the values asked for ([`Part`]).
//! 3. Who belongs to whom is read from the cells of memberships, as of the reader's instant, once for each child.

use super::coverage::together;
use super::formula::Aggregates;
use super::lineage::{Days, EVER, Members, Parents, begins, clipped, common, days_below};
use super::nested::Named;
use super::query::{Reader, Source, named, value_of};
use super::quick::Memo;
use super::window::Span;
use super::{Acc, Fault, Scope, ScopeId};
use crate::compile::program::{
    Climb, DimIdx, EventDecl, EventIdx, GroupingIdx, Leaf, LeafIdx, Membership, UNASSIGNED, below, climb, climbs,
};
use crate::time::{Day, Instant, Zone};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// A scope of the cells that make up a number, and the days on which it does; every day when None.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) id: ScopeId,
    pub(super) scope: Scope,
    pub(super) days: Option<Days>,
}

impl Part {
    /// The days of a range on which it counts.
    pub(super) fn within(&self, from: Day, to: Day) -> impl Iterator<Item = (Day, Day)> {
        clipped(self.days.as_deref().unwrap_or(&[EVER]), from, to)
    }
}

/// Who was told to belong to whom by the reader's instant, as far as it has been asked.
#[derive(Default)]
pub(super) struct Known {
    parents: HashMap<(usize, Box<str>), Parents>,
    pairs: HashMap<usize, Rc<Pairs>>,
    parts: Memo<(EventIdx, GroupingIdx), Rc<[Part]>>,
}

/// The pairs of a step that were told by the reader's instant, each with when that was known first.
#[derive(Default)]
struct Pairs {
    children: BTreeMap<Box<str>, Vec<Box<str>>>,
    parents: BTreeMap<Box<str>, Vec<(Box<str>, Instant)>>,
}

/// A dimension value that lay below another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The dimension.
    pub dim: DimIdx,
    /// The value.
    pub value: Box<str>,
    /// On which days, both ends included; None is without an end.
    pub days: Vec<(Option<Day>, Option<Day>)>,
}

impl Reader<'_> {
    /// The values of a dimension that lie below the values of a scope on some days: those that belong to a team. Sorted.
    /// A value of the dimension that the scope names is the only one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn members(&self, dim: DimIdx, scope: &[(DimIdx, Box<str>)], (first, last): (Day, Day)) -> Result<Vec<Box<str>>, Fault> {
        let mut known = Known::default();
        let mut at = MembersAt { reader: self, known: &mut known };
        let mut found: BTreeSet<Box<str>> = scope.iter().filter(|(own, _)| *own == dim).map(|(_, value)| value.clone()).collect();
        let mut begun = !found.is_empty();
        for (parent, value) in scope {
            let Some(climb) = climb(&self.program.memberships, |own| own == dim, *parent) else { continue };
            let candidates = at.below(&climb, value)?;
            let mut inside = BTreeSet::new();
            for child in candidates {
                if clipped(&days_below(&mut at, &climb.steps, Some(&child), value)?, first, last).next().is_some() {
                    inside.insert(child);
                }
            }
            found = if begun { found.intersection(&inside).cloned().collect() } else { inside };
            begun = true;
        }
        Ok(found.into_iter().collect())
    }

    /// Whether a child lies below a value on a day.
    pub(super) fn lies_below(&self, climb: &Climb, child: Option<&str>, value: &str, day: Day) -> Result<bool, Fault> {
        let mut known = Known::default();
        let days = days_below(&mut MembersAt { reader: self, known: &mut known }, &climb.steps, child, value)?;
        Ok(clipped(&days, day, day).next().is_some())
    }

    /// The smallest grouping of an event with what lies below some dimensions.
    fn grouping_below(&self, event: &EventDecl, dims: &BTreeSet<DimIdx>, climbs: &[Climb]) -> Option<GroupingIdx> {
        let dims: Vec<DimIdx> = dims.iter().copied().collect();
        let below = below(&dims, climbs);
        let has = |dim: &DimIdx| event.dims.iter().any(|(own, _)| own == dim);
        let fits = |kept: &[DimIdx]| below.iter().all(|dim| kept.contains(dim)) && kept.iter().all(has);
        let fitting = self.program.groupings.iter().enumerate().filter(|(_, kept)| fits(kept));
        fitting.min_by_key(|(_, kept)| kept.len()).map(|(grouping, _)| grouping)
    }

    /// The scopes with these dimensions, of which events lack some, each with the first instant at which it exists.
    pub(super) fn climbed(&self, needed: &BTreeSet<DimIdx>, within: &[(DimIdx, Box<str>)]) -> Result<BTreeMap<Named, Instant>, Fault> {
        let mut known = Known::default();
        let mut found: BTreeMap<Named, Instant> = BTreeMap::new();
        let mut ways: Vec<(GroupingIdx, Vec<Climb>)> = Vec::new();
        for event in &self.program.events {
            let Some(climbs) = climbs(&self.program.memberships, event, needed.iter().copied()) else { continue };
            let way = (self.grouping_below(event, needed, &climbs), climbs);
            if let (Some(grouping), climbs) = way
                && !ways.iter().any(|(known, _)| *known == grouping)
            {
                ways.push((grouping, climbs));
            }
        }
        for (grouping, climbs) in ways {
            let kept = self.program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
            for (_, scope, first) in self.cells.scopes(grouping)? {
                if first > self.at {
                    continue;
                }
                let mut open: Vec<(Named, Instant)> = vec![(Vec::new(), first)];
                for dim in needed {
                    let values = match climbs.iter().find(|climb| climb.parent == *dim) {
                        None => named(self.program, kept, (&scope, *dim)).map(|value| (Box::from(value), first)).into_iter().collect(),
                        Some(climb) => match named(self.program, kept, (&scope, climb.child)) {
                            Some(child) => MembersAt { reader: self, known: &mut known }.above(climb, child)?,
                            None => Vec::new(),
                        },
                    };
                    let fits = |value: &str| within.iter().all(|(own, wanted)| own != dim || **wanted == *value);
                    let with = |(scope, first): &(Vec<_>, Instant)| {
                        let longer = values.iter().filter(|(value, _)| fits(value));
                        longer.map(|(value, told)| ([&scope[..], &[(*dim, value.clone())]].concat(), *told.max(first))).collect::<Vec<_>>()
                    };
                    open = open.iter().flat_map(with).collect();
                }
                for (scope, first) in open {
                    let earliest = found.entry(scope).or_insert(first);
                    *earliest = first.min(*earliest);
                }
            }
        }
        Ok(found)
    }
}

impl Source<'_> {
    /// The scopes below that make up the asked one for a leaf; None when its events lack a dimension and nothing leads to it.
    pub(super) fn made_of(&mut self, leaf: &Leaf) -> Result<Option<Rc<[Part]>>, Fault> {
        let program = self.reader.program;
        let Some(event) = program.events.get(leaf.event) else { return Ok(None) };
        let Some(climbs) = climbs(&program.memberships, event, self.wanted.iter().map(|(dim, _)| *dim)) else { return Ok(None) };
        let Some(grouping) = self.grouping_for(leaf, &climbs) else { return Ok(None) };
        let key = (leaf.event, grouping);
        if let Some(parts) = self.known.parts.get(&key) {
            return Ok(Some(Rc::clone(parts)));
        }
        let parts = if climbs.is_empty() {
            self.matched(grouping)?.iter().map(|(part, _)| part.clone()).collect()
        } else {
            Rc::from(self.parts_below(grouping, &climbs)?)
        };
        self.known.parts.insert(key, Rc::clone(&parts));
        Ok(Some(parts))
    }

    fn parts_below(&mut self, grouping: GroupingIdx, climbs: &[Climb]) -> Result<Vec<Part>, Fault> {
        let reader = self.reader;
        let kept = reader.program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
        let direct: Vec<_> = self.wanted.iter().filter(|(dim, _)| !climbs.iter().any(|climb| climb.parent == *dim)).cloned().collect();
        let asked = |climb: &Climb| self.wanted.iter().find(|(dim, _)| *dim == climb.parent).map_or(UNASSIGNED, |(_, value)| &**value);
        let mut at = MembersAt { reader: &reader, known: &mut self.known };
        let mut candidates = Vec::with_capacity(climbs.len());
        for climb in climbs {
            let value = asked(climb);
            // Anything can be without a parent.
            candidates.push(if value == UNASSIGNED { None } else { Some(at.below(climb, value)?) });
        }
        let mut parts = Vec::new();
        for (id, scope, first) in reader.cells.scopes(grouping)? {
            if first > reader.at || !direct.iter().all(|(dim, value)| value_of(kept, &scope, *dim) == Some(&**value)) {
                continue;
            }
            let mut days: Option<Days> = None;
            for (climb, candidates) in climbs.iter().zip(&candidates) {
                let child = value_of(kept, &scope, climb.child);
                if candidates.as_ref().is_some_and(|known| child.is_none_or(|child| !known.contains(child))) {
                    days = Some(Days::new());
                    break;
                }
                let below = days_below(&mut at, &climb.steps, child, asked(climb))?;
                days = Some(days.map_or_else(|| below.clone(), |days| common(&days, &below)));
            }
            if days.as_ref().is_none_or(|days| !days.is_empty()) {
                parts.push(Part { id, scope, days });
            }
        }
        Ok(parts)
    }

    /// The days on which the dimension values of the scope belong to one another, for the events of a leaf.
    pub(super) fn days_together(&mut self, leaf: LeafIdx) -> Result<Option<Days>, Fault> {
        let (reader, scope) = (self.reader, self.scope());
        let event = reader.program.leaves.get(leaf).and_then(|leaf| reader.program.events.get(leaf.event));
        let Some(event) = event else { return Ok(None) };
        together(&mut MembersAt { reader: &reader, known: &mut self.known }, (reader.program, event), &scope)
    }

    /// The days on which a value of a dimension lay below another one, by the steps up to it.
    pub(super) fn days_lain_below(&mut self, steps: &[usize], child: &str, value: &str) -> Result<Days, Fault> {
        let reader = self.reader;
        days_below(&mut MembersAt { reader: &reader, known: &mut self.known }, steps, Some(child), value)
    }

    /// Since when the scope has had anything in it, by the days of a zone; it exists.
    pub(super) fn filled_since(&mut self, zone: &Zone, since: Instant) -> Result<Instant, Fault> {
        let (reader, wanted) = (self.reader, self.wanted.clone());
        let program = reader.program;
        let mut at = MembersAt { reader: &reader, known: &mut self.known };
        filled_since(&mut at, (&program.memberships, zone), &wanted, since)
    }

    /// Who counted for a leaf in a span, and on which days: what lies below the dimensions that its events lack.
    pub(super) fn members(&mut self, leaf: &Leaf, span: Span) -> Result<Vec<Member>, Fault> {
        let program = self.reader.program;
        let Some(event) = program.events.get(leaf.event) else { return Ok(Vec::new()) };
        let climbs = climbs(&program.memberships, event, self.wanted.iter().map(|(dim, _)| *dim)).unwrap_or_default();
        if climbs.is_empty() {
            return Ok(Vec::new());
        }
        let (from, to) = super::query::days_of(span, program.everywhere());
        let mut found: BTreeMap<(DimIdx, Box<str>), Days> = BTreeMap::new();
        for part in self.made_of(leaf)?.iter().flat_map(|parts| parts.iter()) {
            let kept = program.groupings.get(part.scope.grouping).map_or(&[][..], Vec::as_slice);
            let within: Days = part.within(from, to).collect();
            for climb in &climbs {
                if let (Some(child), false) = (value_of(kept, &part.scope, climb.child), within.is_empty()) {
                    found.entry((climb.child, child.into())).or_default().extend(&within);
                }
            }
        }
        let open = |day: Day, end: i32| Some(day).filter(|day| day.0 != end);
        let members = found.into_iter().map(|((dim, value), mut days)| {
            days.sort_unstable();
            days.dedup();
            Member { dim, value, days: days.into_iter().map(|(from, to)| (open(from, i32::MIN), open(to, i32::MAX))).collect() }
        });
        Ok(members.collect())
    }
}

/// Since when a scope has had anything in it, for comparisons with what was before: the latest that one of its dimensions
/// began which others lie in.
pub(super) fn filled_since(
    members: &mut dyn Members,
    (memberships, zone): (&[Membership], &Zone),
    scope: &[(DimIdx, Box<str>)],
    since: Instant,
) -> Result<Instant, Fault> {
    let mut latest: Option<Instant> = None;
    for (dim, value) in scope.iter().filter(|(dim, _)| memberships.iter().any(|one| one.parent == *dim)) {
        let only = scope.iter().find(|(own, _)| memberships.iter().any(|one| one.parent == *dim && one.child == *own));
        let began = begins(members, (memberships, zone), *dim, (value, only.map(|(dim, value)| (*dim, &**value))))?;
        latest = latest.max(Some(began.unwrap_or(since)));
    }
    Ok(latest.map_or(since, |latest| latest.min(since)))
}

/// Who belongs to whom, as a reader sees it.
struct MembersAt<'r, 'a> {
    reader: &'r Reader<'a>,
    known: &'r mut Known,
}

impl MembersAt<'_, '_> {
    /// The children from which a climb ever led to a value.
    fn below(&mut self, climb: &Climb, value: &str) -> Result<BTreeSet<Box<str>>, Fault> {
        let mut level: BTreeSet<Box<str>> = BTreeSet::from([value.into()]);
        for step in climb.steps.iter().rev() {
            let mut lower = BTreeSet::new();
            for parent in level {
                lower.extend(self.children(*step, &parent)?);
            }
            level = lower;
        }
        Ok(level)
    }

    /// The values to which a climb ever led from a child, each with when that was known first.
    fn above(&mut self, climb: &Climb, child: &str) -> Result<Vec<(Box<str>, Instant)>, Fault> {
        let mut level: BTreeMap<Box<str>, Instant> = BTreeMap::from([(child.into(), Instant(i64::MIN))]);
        for step in &climb.steps {
            let pairs = self.pairs(*step)?;
            let mut higher: BTreeMap<Box<str>, Instant> = BTreeMap::new();
            for (child, known) in &level {
                for (parent, first) in pairs.parents.get(child).into_iter().flatten() {
                    let first = *first.max(known);
                    let earliest = higher.entry(parent.clone()).or_insert(first);
                    *earliest = first.min(*earliest);
                }
            }
            level = higher;
        }
        Ok(level.into_iter().collect())
    }

    fn pairs(&mut self, step: usize) -> Result<Rc<Pairs>, Fault> {
        if let Some(pairs) = self.known.pairs.get(&step) {
            return Ok(Rc::clone(pairs));
        }
        let mut pairs = Pairs::default();
        if let Some(membership) = self.reader.program.memberships.get(step) {
            let kept = self.reader.program.groupings.get(membership.pairs).map_or(&[][..], Vec::as_slice);
            for (_, scope, first) in self.reader.cells.scopes(membership.pairs)? {
                let (child, parent) = (value_of(kept, &scope, membership.child), value_of(kept, &scope, membership.parent));
                if let (Some(child), Some(parent), true) = (child, parent, first <= self.reader.at) {
                    pairs.children.entry(parent.into()).or_default().push(child.into());
                    pairs.parents.entry(child.into()).or_default().push((parent.into(), first));
                }
            }
        }
        let pairs = Rc::new(pairs);
        self.known.pairs.insert(step, Rc::clone(&pairs));
        Ok(pairs)
    }
}

impl Members for MembersAt<'_, '_> {
    fn parents(&mut self, step: usize, child: &str) -> Result<Parents, Fault> {
        let key = (step, Box::from(child));
        if let Some(parents) = self.known.parents.get(&key) {
            return Ok(Rc::clone(parents));
        }
        let parents: Parents = self.reader.parents(step, child)?.into();
        self.known.parents.insert(key, Rc::clone(&parents));
        Ok(parents)
    }

    fn children(&mut self, step: usize, parent: &str) -> Result<Vec<Box<str>>, Fault> {
        Ok(self.pairs(step)?.children.get(parent).cloned().unwrap_or_default())
    }

    fn seen(&mut self, step: usize, child: &str) -> Result<Option<Instant>, Fault> {
        let Some(membership) = self.reader.program.memberships.get(step) else { return Ok(None) };
        let scope = Scope { grouping: membership.children, values: Box::from([Some(Box::from(child))]) };
        Ok(self.reader.cells.scope(&scope)?.map(|(_, first)| first).filter(|first| *first <= self.reader.at))
    }
}

impl Reader<'_> {
    /// The parents of a child as of the instant.
    pub(super) fn parents(&self, step: usize, child: &str) -> Result<Vec<(Day, Box<str>)>, Fault> {
        let Some(membership) = self.program.memberships.get(step) else { return Ok(Vec::new()) };
        let Some(leaf) = self.program.leaves.get(membership.leaf) else { return Ok(Vec::new()) };
        let scope = Scope { grouping: membership.children, values: Box::from([Some(Box::from(child))]) };
        let Some((id, _)) = self.cells.scope(&scope)?.filter(|(_, first)| *first <= self.at) else { return Ok(Vec::new()) };
        let days = self.by_day((membership.leaf, leaf), (id, &scope))?;
        Ok(days.iter().filter_map(|(day, acc)| Some((*day, told(acc)?.into()))).collect())
    }
}

/// The parent that a cell of memberships tells.
pub(super) fn told(acc: &Acc) -> Option<&str> {
    match acc {
        Acc::Last(Some((_, _, crate::compile::program::Scalar::Text(parent)))) => Some(parent),
        _ => None,
    }
}
