//! Alert rules over scopes above those of the cells: teams whose shops have the rows.
//!
//! 1. The plan notes, for each event type, which groupings of rules lie above its cells ([`Above`]), and to which a step of a
//!    hierarchy leads ([`LedTo`]).
//! 2. What a row touches wakes the scopes above to which its own were ever told to belong, whenever that was
//!    ([`State::woken_above`]): to be looked at once too often changes nothing.
//! 3. What is read at such a scope comes from all scopes ever told to be below ([`State::sources`]), each on the days on which
//!    it was, as of the instant ([`Sight::made_of`]).

use super::apply::Touched;
use super::climbed;
use super::lineage::{Days, Members, Parents, common, days_below};
use super::members::{filled_since, told};
use super::places::Place;
use super::sight::Sight;
use super::state::State;
use super::watch::Watches;
use super::{Fault, Scope, ScopeId};
use crate::compile::program::{AlertRule, Climb, DimIdx, EventIdx, GroupingIdx, LeafIdx, Program, UNASSIGNED, below, climbs};
use crate::time::{Day, Instant, Zone};
use std::collections::{BTreeMap, BTreeSet};

/// A grouping of rules above the cells of an event type.
#[derive(Debug)]
pub(super) struct Above {
    /// The grouping of the rules, or of scopes that they look at.
    pub(super) grouping: GroupingIdx,
    /// The grouping of the cells.
    pub(super) below: GroupingIdx,
    /// The ways from there.
    pub(super) climbs: Vec<Climb>,
    /// The rules that read a leaf of the event and are woken by scopes of the grouping.
    pub(super) rules: Vec<usize>,
}

/// A grouping of rules to which a step of a hierarchy leads.
#[derive(Debug)]
struct LedTo {
    grouping: GroupingIdx,
    /// The dimension to which it leads, by the step itself and those that follow it; None when it may matter to every scope.
    top: Option<(DimIdx, Vec<usize>)>,
    rules: Vec<usize>,
}

/// A grouping of a child and its parent, the step, and the places of the two.
type PairPlace = (GroupingIdx, usize, (usize, usize));

/// How the scopes of rules lie above those of cells.
#[derive(Debug)]
pub(super) struct Ways {
    /// For each event type, the groupings of rules above those that keep its leaves.
    pub(super) of_event: Vec<Vec<Above>>,
    /// For each step of a hierarchy, the groupings of rules that it leads to.
    led_to: Vec<Vec<LedTo>>,
    /// For each rule, the steps to scopes that it looks at which do not lead to the one that wakes it.
    pub(super) elsewhere: Vec<BTreeSet<usize>>,
    /// For each grouping of a child and its parent, the step and the places of the two.
    pub(super) pairs: Vec<PairPlace>,
    /// The groupings of which no event has all dimensions, each with a way to it.
    pub(super) climbed: Vec<Above>,
}

impl Ways {
    pub(super) fn new(program: &Program, watches: &Watches) -> Ways {
        let of_event: Vec<_> = (0..program.events.len()).map(|event| of_event(program, watches, event)).collect();
        let elsewhere: Vec<_> = (0..program.alerts.len()).map(|rule| elsewhere(program, watches, &of_event, rule)).collect();
        let (led_to, pairs) = of_steps(program, watches, &of_event, &elsewhere);
        Ways { of_event, led_to, elsewhere, pairs, climbed: climbed::ways(program, watches) }
    }
}

/// Whether a rule reads a leaf of an event.
fn reads(program: &Program, rule: &AlertRule, event: EventIdx) -> bool {
    rule.leaves.iter().any(|leaf| program.leaves.get(*leaf).is_some_and(|leaf| leaf.event == event))
}

/// The groupings of rules above the cells of an event type.
fn of_event(program: &Program, watches: &Watches, event: EventIdx) -> Vec<Above> {
    let mut found: Vec<Above> = Vec::new();
    let Some(decl) = program.events.get(event) else { return found };
    for (idx, rule) in program.alerts.iter().enumerate().filter(|(_, rule)| reads(program, rule, event)) {
        let (wakes, looked_at) = watches.looked_at(idx, rule.grouping);
        for grouping in looked_at {
            let dims = program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
            let climbs = climbs(&program.memberships, decl, dims.iter().copied()).filter(|climbs| !climbs.is_empty());
            let Some(climbs) = climbs else { continue };
            let kept = below(dims, &climbs);
            let Some(below) = program.groupings.iter().position(|known| *known == kept) else { continue };
            let rule = Some(idx).filter(|_| grouping == wakes);
            match found.iter_mut().find(|one| one.grouping == grouping) {
                Some(one) => one.rules.extend(rule),
                None => found.push(Above { grouping, below, climbs, rules: rule.into_iter().collect() }),
            }
        }
    }
    found
}

/// The steps to scopes that a rule looks at, but for those by which an event leads to the one that wakes it too.
fn elsewhere(program: &Program, watches: &Watches, above: &[Vec<Above>], idx: usize) -> BTreeSet<usize> {
    let Some(rule) = program.alerts.get(idx) else { return BTreeSet::new() };
    let (wakes, looked_at) = watches.looked_at(idx, rule.grouping);
    let mut found = BTreeSet::new();
    for (_, above) in above.iter().enumerate().filter(|(event, _)| reads(program, rule, *event)) {
        let steps = |one: &Above| one.climbs.iter().flat_map(|climb| climb.steps.clone()).collect::<Vec<_>>();
        let home: Vec<usize> = above.iter().filter(|one| one.grouping == wakes).flat_map(steps).collect();
        let all = above.iter().filter(|one| looked_at.contains(&one.grouping)).flat_map(steps);
        found.extend(all.filter(|step| !home.contains(step)));
    }
    found
}

/// Where the steps of hierarchies lead, and the groupings of their pairs.
fn of_steps(
    program: &Program,
    watches: &Watches,
    above: &[Vec<Above>],
    elsewhere: &[BTreeSet<usize>],
) -> (Vec<Vec<LedTo>>, Vec<PairPlace>) {
    let mut led_to: Vec<Vec<LedTo>> = Vec::new();
    let mut pairs = Vec::new();
    for (step, membership) in program.memberships.iter().enumerate() {
        let dims = program.groupings.get(membership.pairs).map_or(&[][..], Vec::as_slice);
        let place = |dim: DimIdx| dims.iter().position(|one| *one == dim);
        if let (Some(child), Some(parent)) = (place(membership.child), place(membership.parent)) {
            pairs.push((membership.pairs, step, (child, parent)));
        }
        let mut list = Vec::new();
        for one in above.iter().flatten().filter(|one| !one.rules.is_empty()) {
            for climb in &one.climbs {
                let steps = climb.steps.iter().position(|other| *other == step).and_then(|place| climb.steps.get(place..));
                let led =
                    |steps: &[usize]| LedTo { grouping: one.grouping, top: Some((climb.parent, steps.to_vec())), rules: one.rules.clone() };
                list.extend(steps.map(led));
            }
        }
        for (idx, rule) in program.alerts.iter().enumerate().filter(|(idx, _)| elsewhere.get(*idx).is_some_and(|own| own.contains(&step))) {
            list.push(LedTo { grouping: watches.looked_at(idx, rule.grouping).0, top: None, rules: vec![idx] });
        }
        led_to.push(list);
    }
    (led_to, pairs)
}

/// The value of a dimension of a scope.
pub(super) fn value<'p>(program: &Program, place: &'p Place, dim: DimIdx) -> Option<&'p str> {
    let at = program.groupings.get(place.scope.grouping)?.iter().position(|one| *one == dim)?;
    place.scope.values.get(at)?.as_deref()
}

impl State {
    /// The rules and scopes above that a touched scope wakes, each with what is touched there.
    pub(super) fn woken_above(&self, touch: &Touched, at: Instant) -> Vec<((usize, ScopeId), Touched)> {
        let mut woken = Vec::new();
        let Some(place) = self.places.get(touch.scope) else { return woken };
        let above = touch.event.and_then(|event| self.plan.above.of_event.get(event)).into_iter().flatten();
        for above in above.filter(|one| one.below == place.scope.grouping && !one.rules.is_empty()) {
            for scope in self.scopes_above(above, place) {
                for rule in &above.rules {
                    woken.extend(self.looking(*rule, scope).into_iter().map(|own| ((*rule, own), *touch)));
                }
            }
        }
        for (step, membership) in self.program.memberships.iter().enumerate() {
            // Since when a child has been seen says since when what lies above has had anything in it.
            if membership.children != place.scope.grouping || touch.event.is_some_and(|event| event != membership.event) {
                continue;
            }
            let Some(child) = value(&self.program, place, membership.child) else { continue };
            for led in self.plan.above.led_to.get(step).into_iter().flatten() {
                let values = led.top.as_ref().map(|(dim, steps)| (*dim, self.places.kin.above(steps, child)));
                let is_one = |top: &Place| {
                    values.as_ref().is_none_or(|(dim, values)| {
                        value(&self.program, top, *dim).is_some_and(|found| found == UNASSIGNED || values.contains(found))
                    })
                };
                for (scope, _) in self.places.of_grouping(led.grouping).filter(|(_, top)| top.is_seen() && is_one(top)) {
                    // Who belongs to whom may matter to every day from then on, and to rows that woke nobody when they came.
                    let forever = |(rule, own)| {
                        let ahead = touch.ahead || self.last_change(rule, own) > Some(at);
                        ((rule, own), Touched { day: Day(i32::MAX), ahead, ..*touch })
                    };
                    let keys = led.rules.iter().flat_map(|rule| self.looking(*rule, scope).into_iter().map(|own| (*rule, own)));
                    woken.extend(keys.map(forever));
                }
            }
        }
        woken
    }

    /// Whether a scope that was not known to exist begins later, or is made up of rows that came before it.
    pub(super) fn is_late(&self, (rule, scope): (usize, ScopeId), touch: &Touched, at: Instant) -> bool {
        let made_up = || {
            let leaves = self.program.alerts.get(rule).map_or(&[][..], |rule| &rule.leaves);
            self.places.get(scope).is_some_and(|place| leaves.iter().any(|leaf| self.above(*leaf, place).is_some()))
        };
        let later = || self.places.get(scope).is_some_and(|place| place.first > at);
        touch.event.is_none() && (later() || made_up() && self.last_change(rule, scope) > Some(at))
    }

    /// The scopes above to which one was ever told to belong.
    fn scopes_above(&self, above: &Above, place: &Place) -> Vec<ScopeId> {
        let dims = self.program.groupings.get(above.grouping).map_or(&[][..], Vec::as_slice);
        let values = |dim: DimIdx| -> BTreeSet<Option<Box<str>>> {
            let Some(climb) = above.climbs.iter().find(|climb| climb.parent == dim) else {
                return BTreeSet::from([value(&self.program, place, dim).map(Box::from)]);
            };
            let child = value(&self.program, place, climb.child);
            let told = child.map(|child| self.places.kin.above(&climb.steps, child)).unwrap_or_default();
            told.into_iter().chain([UNASSIGNED.into()]).map(Some).collect()
        };
        let scopes = combined(above.grouping, dims.iter().map(|dim| values(*dim)));
        let found = scopes.iter().filter_map(|scope| self.places.find(scope));
        found.filter(|(id, _)| self.places.get(*id).is_some_and(Place::is_seen)).map(|(id, _)| id).collect()
    }

    /// The scopes that were ever told to lie below one.
    pub(super) fn scopes_below(&self, above: &Above, place: &Place) -> Vec<ScopeId> {
        let dims = self.program.groupings.get(above.below).map_or(&[][..], Vec::as_slice);
        let values = |dim: DimIdx| -> BTreeSet<Option<Box<str>>> {
            let mut found: Option<BTreeSet<Option<Box<str>>>> =
                value(&self.program, place, dim).map(|own| BTreeSet::from([Some(own.into())]));
            for climb in above.climbs.iter().filter(|climb| climb.child == dim) {
                let below = self.children(climb, value(&self.program, place, climb.parent).unwrap_or(UNASSIGNED), (above.below, dim));
                found = Some(found.map_or_else(|| below.clone(), |found| found.intersection(&below).cloned().collect()));
            }
            found.unwrap_or_default()
        };
        let scopes = combined(above.below, dims.iter().map(|dim| values(*dim)));
        scopes.iter().filter_map(|scope| self.places.find(scope)).map(|(id, _)| id).collect()
    }

    /// The values from which a climb ever led to one. Anything can be without a parent.
    fn children(&self, climb: &Climb, top: &str, (grouping, dim): (GroupingIdx, DimIdx)) -> BTreeSet<Option<Box<str>>> {
        if top == UNASSIGNED {
            let all = self.places.of_grouping(grouping);
            return all.map(|(_, place)| value(&self.program, place, dim).map(Box::from)).collect();
        }
        self.places.kin.below(&climb.steps, top).into_iter().map(Some).collect()
    }

    /// How the cells of a leaf lie below a scope; None when they are its own, or nothing leads to it.
    fn above(&self, leaf: LeafIdx, place: &Place) -> Option<&Above> {
        let event = self.program.leaves.get(leaf)?.event;
        self.plan.above.of_event.get(event)?.iter().find(|one| one.grouping == place.scope.grouping)
    }

    /// The scopes whose cells of a leaf make up a scope on some day.
    pub(super) fn scopes_of(&self, leaf: LeafIdx, scope: ScopeId) -> Vec<ScopeId> {
        let place = self.places.get(scope);
        match place.and_then(|place| Some((self.above(leaf, place)?, place))) {
            Some((above, place)) => self.scopes_below(above, place),
            None => vec![scope],
        }
    }

    /// Goes through them. Mostly it is the scope alone.
    pub(super) fn each_scope_of(
        &self,
        leaf: LeafIdx,
        scope: ScopeId,
        mut each: impl FnMut(ScopeId) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let place = self.places.get(scope);
        match place.and_then(|place| Some((self.above(leaf, place)?, place))) {
            Some((above, place)) => self.scopes_below(above, place).into_iter().try_for_each(each),
            None => each(scope),
        }
    }

    /// Everything that a rule reads within a scope that wakes it: cells, and those of memberships on the way to them.
    pub(super) fn sources(&self, rule: usize, scope: ScopeId) -> BTreeSet<(LeafIdx, ScopeId)> {
        let mut found: BTreeSet<(LeafIdx, ScopeId)> = BTreeSet::new();
        let Some(place) = self.places.get(scope) else { return found };
        let elsewhere = self.plan.above.elsewhere.get(rule).into_iter().flatten();
        for membership in elsewhere.filter_map(|step| self.program.memberships.get(*step)) {
            found.extend(self.places.of_grouping(membership.children).map(|(id, _)| (membership.leaf, id)));
        }
        for leaf in self.plan.sources.get(rule).into_iter().flatten() {
            found.extend(self.scopes_of(*leaf, scope).into_iter().map(|below| (*leaf, below)));
            for climb in self.above(*leaf, place).into_iter().flat_map(|above| &above.climbs) {
                let top = value(&self.program, place, climb.parent).unwrap_or(UNASSIGNED);
                for (at, step) in climb.steps.iter().enumerate() {
                    let Some(membership) = self.program.memberships.get(*step) else { continue };
                    let rest =
                        Climb { child: membership.child, steps: climb.steps.get(at..).unwrap_or_default().to_vec(), parent: climb.parent };
                    for child in self.children(&rest, top, (membership.children, membership.child)) {
                        let scope = Scope { grouping: membership.children, values: Box::from([child]) };
                        found.extend(self.places.find(&scope).map(|(id, _)| (membership.leaf, id)));
                    }
                }
            }
        }
        found
    }
}

/// Every scope that takes one of the values of each dimension.
pub(super) fn combined(grouping: GroupingIdx, values: impl Iterator<Item = BTreeSet<Option<Box<str>>>>) -> Vec<Scope> {
    let mut open: Vec<Vec<Option<Box<str>>>> = vec![Vec::new()];
    for values in values {
        open = open.iter().flat_map(|begun| values.iter().map(move |value| [&begun[..], std::slice::from_ref(value)].concat())).collect();
    }
    open.into_iter().map(|values| Scope { grouping, values: values.into() }).collect()
}

impl Sight<'_, '_> {
    /// The scopes whose cells make up this one for a leaf, each with the days on which it does; every day when None.
    pub(super) fn made_of(&mut self, leaf: LeafIdx) -> Result<Vec<(ScopeId, Option<Days>)>, Fault> {
        let state = self.state;
        let place = state.places.get(self.scope);
        let Some((above, place)) = place.and_then(|place| Some((state.above(leaf, place)?, place))) else {
            return Ok(vec![(self.scope, None)]);
        };
        let mut parts = Vec::new();
        for id in state.scopes_below(above, place) {
            let Some(low) = state.places.get(id) else { continue };
            let mut days: Option<Days> = None;
            for climb in &above.climbs {
                let top = value(&state.program, place, climb.parent).unwrap_or(UNASSIGNED);
                let below = days_below(self, &climb.steps, value(&state.program, low, climb.child), top)?;
                days = Some(days.map_or_else(|| below.clone(), |days| common(&days, &below)));
            }
            parts.push((id, days));
        }
        Ok(parts)
    }

    /// Since when the scope has had anything in it, by the days of a zone.
    pub(super) fn filled_since(&mut self, zone: &Zone, since: Instant) -> Result<Instant, Fault> {
        let program = &self.state.program;
        let Some(place) = self.state.places.get(self.scope) else { return Ok(since) };
        let dims = program.groupings.get(place.scope.grouping).map_or(&[][..], Vec::as_slice);
        let named = dims.iter().zip(&place.scope.values).filter_map(|(dim, value)| Some((*dim, value.clone()?)));
        let named: Vec<_> = named.collect();
        filled_since(self, (&program.memberships, zone), &named, since)
    }
}

impl Members for Sight<'_, '_> {
    fn parents(&mut self, step: usize, child: &str) -> Result<Parents, Fault> {
        let state = self.state;
        let mut parents: BTreeMap<Day, Box<str>> = BTreeMap::new();
        if let Some((leaf, scope)) = state.told_of(step, child)
            && let (Some(decl), Some(series)) = (state.program.leaves.get(leaf), state.series(leaf, scope))
        {
            for (day, cell) in series.range(..) {
                self.cell((leaf, decl), (scope, day), &cell, &mut |acc| {
                    if let Some(parent) = told(acc) {
                        parents.insert(day, parent.into());
                    }
                })?;
            }
        }
        Ok(parents.into_iter().collect())
    }

    fn children(&mut self, step: usize, parent: &str) -> Result<Vec<Box<str>>, Fault> {
        Ok(self.state.places.kin.below(&[step], parent).into_iter().collect())
    }

    fn seen(&mut self, step: usize, child: &str) -> Result<Option<Instant>, Fault> {
        let seen = self.state.told_of(step, child).and_then(|(_, scope)| self.state.places.get(scope)).map(|place| place.first);
        Ok(seen.filter(|first| *first <= self.at))
    }
}

impl State {
    /// Where the memberships of a child are kept.
    fn told_of(&self, step: usize, child: &str) -> Option<(LeafIdx, ScopeId)> {
        let membership = self.program.memberships.get(step)?;
        let scope = Scope { grouping: membership.children, values: Box::from([Some(Box::from(child))]) };
        Some((membership.leaf, self.places.find(&scope)?.0))
    }
}
