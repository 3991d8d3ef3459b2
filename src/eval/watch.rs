//! Alert rules whose formulas look at other scopes than the rule's own: which changes concern them.
//!
//! 1. [`Watches`] derives from a program which groupings a rule looks at, and the grouping of what holds all these scopes
//!    and the rule's own: the scope *around*.
//! 2. What happens anywhere in the scope around wakes the tracks that look there ([`State::concerned`]).
//! 3. Rows, windows and days of the scope around stand for those of all the scopes within it: a track may be looked at more
//!    often than its value changes, never less.

use super::apply::Touched;
use super::nested::Named;
use super::places::Place;
use super::state::State;
use super::step::Key;
use super::{Scope, ScopeId};
use crate::compile::program::{DimIdx, EventIdx, GroupingIdx, Program, Reach};
use crate::time::Instant;
use std::collections::BTreeSet;

/// Which rules look at other scopes, and where.
#[derive(Debug, Default)]
pub(super) struct Watches {
    /// For each rule; None for a rule that looks at its own scope alone.
    rules: Vec<Option<Watch>>,
    /// For each grouping, the rules that look at scopes of it.
    concerned: Vec<Vec<Concern>>,
    /// The groupings that are looked for within others.
    pub(super) pairs: Vec<Pair>,
}

/// What a rule looks at.
#[derive(Debug)]
struct Watch {
    /// The grouping of the scopes around.
    around: GroupingIdx,
    /// The groupings of all scopes that it looks at, its own among them.
    scopes: Vec<GroupingIdx>,
}

/// A rule that looks at scopes of a grouping.
#[derive(Debug)]
struct Concern {
    rule: usize,
    /// The types of the events that wake it when they change something there.
    events: BTreeSet<EventIdx>,
}

/// A grouping whose scopes are looked for within scopes of another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) outer: GroupingIdx,
    pub(super) inner: GroupingIdx,
    /// Where the dimensions of the outer one stand among those of the inner one.
    pub(super) places: Vec<usize>,
}

impl Watches {
    pub(super) fn new(program: &Program) -> Watches {
        let grouping = |dims: &[DimIdx]| program.groupings.iter().position(|known| known == dims);
        let mut watches = Watches { concerned: Vec::new(), ..Watches::default() };
        watches.concerned.resize_with(program.groupings.len(), Vec::new);
        let mut pairs = BTreeSet::new();
        for (idx, rule) in program.alerts.iter().enumerate() {
            let dims = program.groupings.get(rule.grouping).map_or(&[][..], Vec::as_slice);
            let reach = Reach::of((&program.metrics, &program.scorecards), rule.formulas(), dims);
            let Some(around) = grouping(&reach.common()).filter(|_| reach.is_nested()) else {
                watches.rules.push(None);
                continue;
            };
            let scopes: Vec<GroupingIdx> = reach.scopes.iter().filter_map(|dims| grouping(dims)).collect();
            let events: BTreeSet<EventIdx> =
                rule.leaves.iter().filter_map(|leaf| program.leaves.get(*leaf)).map(|leaf| leaf.event).collect();
            // A row of any scope is one of the scope around too. That its own scope wakes its rules is known without watching.
            for looked_at in scopes.iter().chain([&around]).copied().collect::<BTreeSet<_>>() {
                let wakes = looked_at == around && around != rule.grouping;
                let events = if wakes { events.clone() } else { BTreeSet::new() };
                watches.concerned.get_mut(looked_at).into_iter().for_each(|list| list.push(Concern { rule: idx, events: events.clone() }));
            }
            pairs.extend(scopes.iter().map(|inner| (around, *inner)));
            pairs.extend(reach.pairs.iter().filter_map(|(outer, inner)| Some((grouping(outer)?, grouping(inner)?))));
            watches.rules.push(Some(Watch { around, scopes }));
        }
        watches.pairs = pairs.into_iter().filter_map(|(outer, inner)| Pair::new(program, outer, inner)).collect();
        watches
    }

    /// The grouping whose scopes wake a rule of a grouping, and all groupings whose scopes it looks at.
    pub(super) fn looked_at(&self, rule: usize, own: GroupingIdx) -> (GroupingIdx, BTreeSet<GroupingIdx>) {
        match self.of(rule) {
            None => (own, BTreeSet::from([own])),
            Some(watch) => (watch.around, watch.scopes.iter().copied().chain([own, watch.around]).collect()),
        }
    }

    /// Whether a rule looks at other scopes than its own.
    pub(super) fn any_of(&self, rule: usize) -> bool {
        self.of(rule).is_some()
    }

    fn of(&self, rule: usize) -> Option<&Watch> {
        self.rules.get(rule)?.as_ref()
    }
}

impl Pair {
    fn new(program: &Program, outer: GroupingIdx, inner: GroupingIdx) -> Option<Pair> {
        let inner_dims = program.groupings.get(inner)?;
        let places = program.groupings.get(outer)?.iter().map(|dim| inner_dims.iter().position(|one| one == dim));
        Some(Pair { outer, inner, places: places.collect::<Option<_>>()? })
    }
}

impl State {
    /// The scope that holds all that a rule looks at from its own.
    pub(super) fn around(&self, rule: usize, scope: ScopeId) -> ScopeId {
        let around = self.plan.watches.of(rule).and_then(|watch| self.outer(scope, watch.around));
        around.unwrap_or(scope)
    }

    /// Whether a rule looks at other scopes than its own.
    pub(super) fn looks_elsewhere(&self, rule: usize) -> bool {
        self.plan.watches.any_of(rule)
    }

    /// The scopes of a rule within one that wakes it.
    pub(super) fn looking(&self, rule: usize, around: ScopeId) -> Vec<ScopeId> {
        let Some(decl) = self.program.alerts.get(rule).filter(|_| self.looks_elsewhere(rule)) else { return vec![around] };
        let mut found = self.inner(around, decl.grouping);
        found.retain(|own| self.places.get(*own).is_some_and(Place::is_seen));
        found
    }

    /// When the scopes that a rule may look at were first seen.
    pub(super) fn sightings(&self, rule: usize, scope: ScopeId) -> Vec<Instant> {
        let Some(watch) = self.plan.watches.of(rule) else { return Vec::new() };
        let around = self.around(rule, scope);
        let inner = watch.scopes.iter().flat_map(|inner| self.inner(around, *inner));
        inner.filter_map(|scope| self.places.get(scope)).map(|place| place.first).filter(|first| *first < Instant(i64::MAX)).collect()
    }

    /// The tracks of other scopes that look at a scope that was touched: a part or a wider scope, and a sibling too.
    pub(super) fn concerned(&self, touch: &Touched) -> Vec<Key> {
        let Some(touched) = self.places.get(touch.scope) else { return Vec::new() };
        let mut found = Vec::new();
        for concern in self.plan.watches.concerned.get(touched.scope.grouping).into_iter().flatten() {
            if touch.event.is_some_and(|event| !concern.events.contains(&event)) {
                continue;
            }
            let Some(watch) = self.plan.watches.of(concern.rule) else { continue };
            let Some(around) = self.outer(touch.scope, watch.around) else { continue };
            found.extend(self.looking(concern.rule, around).into_iter().map(|own| (concern.rule, own)));
        }
        found
    }

    /// The scope of a grouping that holds a scope; itself when it is of that grouping.
    fn outer(&self, scope: ScopeId, grouping: GroupingIdx) -> Option<ScopeId> {
        let place = self.places.get(scope)?;
        if place.scope.grouping == grouping {
            return Some(scope);
        }
        let dims = self.program.groupings.get(place.scope.grouping)?;
        let value = |dim: &DimIdx| place.scope.values.get(dims.iter().position(|one| one == dim)?).cloned();
        let values = self.program.groupings.get(grouping)?.iter().map(value).collect::<Option<_>>()?;
        self.places.find(&Scope { grouping, values }).map(|(outer, _)| outer)
    }

    /// The named scopes of a grouping within a scope; itself when it is of that grouping.
    pub(super) fn inner(&self, scope: ScopeId, grouping: GroupingIdx) -> Vec<ScopeId> {
        let Some(place) = self.places.get(scope) else { return Vec::new() };
        if place.scope.grouping == grouping {
            return vec![scope];
        }
        let named = |scope: &&ScopeId| self.places.get(**scope).is_some_and(|place| place.scope.is_named());
        self.places.within(&place.scope, grouping).iter().filter(named).copied().collect()
    }

    /// The number of a scope with these dimension values.
    pub(super) fn scope_named(&self, named: &Named) -> Option<ScopeId> {
        let same = |dims: &Vec<DimIdx>| dims.len() == named.len() && dims.iter().zip(named).all(|(dim, one)| *dim == one.0);
        let grouping = self.program.groupings.iter().position(same)?;
        let values = named.iter().map(|(_, value)| Some(value.clone())).collect();
        self.places.find(&Scope { grouping, values }).map(|(scope, _)| scope)
    }
}
