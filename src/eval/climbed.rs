//! Scopes of which no event has all dimensions: a platform of a team, where orders tell the shop and moves its team.
//!
//! 1. The plan notes which groupings of such scopes alerts look at, each with the ways by which events tell them ([`ways`]).
//! 2. A scope below that is seen, and a membership that is told, show those above: each exists as soon as both are there,
//!    whenever that was ([`State::climb`]).

use super::above::{Above, combined, value};
use super::apply::Touched;
use super::places::Place;
use super::state::State;
use super::watch::Watches;
use super::{Scope, ScopeId};
use crate::compile::program::{Climb, DimIdx, GroupingIdx, Program, below, unshown};
use crate::time::Instant;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The ways to the groupings that rules look at and no event has by itself.
pub(super) fn ways(program: &Program, watches: &Watches) -> Vec<Above> {
    let rules = program.alerts.iter().enumerate();
    let looked_at: BTreeSet<GroupingIdx> = rules.flat_map(|(idx, rule)| watches.looked_at(idx, rule.grouping).1).collect();
    let mut found = Vec::new();
    for grouping in looked_at {
        let dims = program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
        for climbs in unshown(&program.events, &program.memberships, dims) {
            let lower = below(dims, &climbs);
            let below = program.groupings.iter().position(|known| *known == lower);
            found.extend(below.map(|below| Above { grouping, below, climbs, rules: Vec::new() }));
        }
    }
    found
}

impl State {
    /// Lets the scopes that were seen anew, or since another instant, show those above them.
    pub(super) fn climb(&mut self, touched: &mut Vec<Touched>, at: Instant) {
        if self.plan.above.climbed.is_empty() {
            return;
        }
        let sighted = touched.iter().filter(|touch| touch.event.is_none());
        let above: BTreeSet<ScopeNamed> = sighted.flat_map(|touch| self.shown_by(touch.scope)).collect();
        let plan = Arc::clone(&self.plan);
        for (grouping, values) in above {
            let id = self.places.number(Scope { grouping, values }, &plan);
            let first = self.shown_since(id);
            touched.extend(self.places.seen_since(id, first).map(|change| Touched::sighted(id, at, change)));
        }
    }

    /// The scopes that one shows: what lies above it, and when it is a child with its parent, what lies above the child.
    fn shown_by(&self, scope: ScopeId) -> BTreeSet<ScopeNamed> {
        let Some(place) = self.places.get(scope) else { return BTreeSet::new() };
        let pair = self.plan.above.pairs.iter().filter(|(grouping, ..)| *grouping == place.scope.grouping);
        let told: Vec<(usize, &str)> =
            pair.filter_map(|(_, step, (child, _))| Some((*step, place.scope.values.get(*child)?.as_deref()?))).collect();
        let mut found = BTreeSet::new();
        for way in &self.plan.above.climbed {
            if way.below == place.scope.grouping {
                found.extend(self.above_of(way, place));
            }
            for (climb, (step, child)) in way.climbs.iter().flat_map(|climb| told.iter().map(move |told| (climb, told))) {
                let Some(until) = climb.steps.iter().position(|other| other == step) else { continue };
                let children = self.places.kin.below(climb.steps.get(..until).unwrap_or_default(), child);
                let lies = |low: &Place| value(&self.program, low, climb.child).is_some_and(|child| children.contains(child));
                let lower = self.places.of_grouping(way.below).filter(|(_, low)| lies(low));
                found.extend(lower.flat_map(|(_, low)| self.above_of(way, low)));
            }
        }
        found
    }

    /// The scopes above one, by everything that was ever told.
    fn above_of(&self, way: &Above, low: &Place) -> Vec<ScopeNamed> {
        if !low.scope.is_named() {
            return Vec::new();
        }
        let dims = self.program.groupings.get(way.grouping).map_or(&[][..], Vec::as_slice);
        let values = |dim: DimIdx| -> BTreeSet<Option<Box<str>>> {
            let own = way.climbs.iter().find(|climb| climb.parent == dim);
            let Some(climb) = own else { return BTreeSet::from([value(&self.program, low, dim).map(Box::from)]) };
            let child = value(&self.program, low, climb.child);
            child.map(|child| self.places.kin.above(&climb.steps, child)).unwrap_or_default().into_iter().map(Some).collect()
        };
        combined(way.grouping, dims.iter().map(|dim| values(*dim))).into_iter().map(|scope| (scope.grouping, scope.values)).collect()
    }

    /// Since when what lies below shows a scope.
    fn shown_since(&self, scope: ScopeId) -> Option<Instant> {
        let place = self.places.get(scope)?;
        let mut earliest: Option<Instant> = None;
        for way in self.plan.above.climbed.iter().filter(|way| way.grouping == place.scope.grouping) {
            for low in self.scopes_below(way, place).into_iter().filter_map(|id| self.places.get(id)) {
                let told = |climb: &Climb| {
                    let (child, top) = (value(&self.program, low, climb.child)?, value(&self.program, place, climb.parent)?);
                    self.told_since(climb, child).get(top).copied()
                };
                let told: Option<Vec<Instant>> = way.climbs.iter().map(told).collect();
                let since = told.filter(|_| low.is_seen()).map(|told| told.into_iter().fold(low.first, Instant::max));
                earliest = earliest.into_iter().chain(since).min();
            }
        }
        earliest
    }

    /// To which values a climb was ever told to lead from a child, each with the instant since when.
    fn told_since(&self, climb: &Climb, child: &str) -> BTreeMap<Box<str>, Instant> {
        let mut level: BTreeMap<Box<str>, Instant> = BTreeMap::from([(child.into(), Instant(i64::MIN))]);
        for step in &climb.steps {
            let mut higher: BTreeMap<Box<str>, Instant> = BTreeMap::new();
            for (child, known) in &level {
                for parent in self.places.kin.above(&[*step], child) {
                    let Some(told) = self.pair_since(*step, child, &parent) else { continue };
                    let first = told.max(*known);
                    let earliest = higher.entry(parent).or_insert(first);
                    *earliest = first.min(*earliest);
                }
            }
            level = higher;
        }
        level
    }

    /// Since when a child and its parent have been told.
    fn pair_since(&self, step: usize, child: &str, parent: &str) -> Option<Instant> {
        let membership = self.program.memberships.get(step)?;
        let dims = self.program.groupings.get(membership.pairs)?;
        let values = dims.iter().map(|dim| Some(Box::from(if *dim == membership.child { child } else { parent }))).collect();
        let (id, first) = self.places.find(&Scope { grouping: membership.pairs, values })?;
        self.places.get(id).filter(|place| place.is_seen()).map(|_| first)
    }
}

/// A scope by its grouping and values.
type ScopeNamed = (GroupingIdx, Box<[Option<Box<str>>]>);
