//! What [`super::State`] derives once from a program: which scopes and leaves a row touches, which rules a scope wakes.

use crate::compile::program::{AlertRule, DimIdx, EventIdx, FieldIdx, Formula, GroupingIdx, LeafIdx, MetricIdx, Program, Read, Window};
use std::collections::HashSet;

/// The derived indexes of a program.
#[derive(Debug)]
pub(super) struct Plan {
    /// For each event type, the groupings that its rows belong to.
    pub(super) events: Vec<Vec<Belongs>>,
    /// For each event type, its leaves.
    pub(super) event_leaves: Vec<Vec<LeafIdx>>,
    /// For each grouping, its leaves; a scope keeps one series for each, in this order.
    pub(super) leaves: Vec<Vec<LeafIdx>>,
    /// For each grouping, its alert rules.
    pub(super) rules: Vec<Vec<usize>>,
    /// For each rule, the leaves and windows that it reads.
    pub(super) reads: Vec<Vec<(LeafIdx, Window)>>,
    /// For each leaf, its place in the groupings that keep it.
    slots: Vec<Vec<(GroupingIdx, usize)>>,
}

/// A grouping that the rows of an event type belong to.
#[derive(Debug)]
pub(super) struct Belongs {
    pub(super) grouping: GroupingIdx,
    /// The field of each dimension, and the dimension.
    pub(super) fields: Vec<(DimIdx, FieldIdx)>,
    /// The leaves of this event that the grouping keeps.
    pub(super) leaves: Vec<Kept>,
    /// The rules of the grouping that read a leaf of this event.
    pub(super) rules: Vec<usize>,
}

/// A leaf that a grouping keeps.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    pub(super) leaf: LeafIdx,
    /// Its place among the series of the grouping's scopes.
    pub(super) slot: usize,
    /// Its place among the leaves of its event.
    pub(super) ordinal: usize,
}

impl Plan {
    pub(super) fn new(program: &Program) -> Plan {
        let mut leaves = vec![Vec::new(); program.groupings.len()];
        let mut slots = vec![Vec::new(); program.leaves.len()];
        for (leaf, (decl, slots)) in program.leaves.iter().zip(&mut slots).enumerate() {
            for grouping in &decl.groupings {
                if let Some(list) = leaves.get_mut(*grouping) {
                    slots.push((*grouping, list.len()));
                    list.push(leaf);
                }
            }
        }
        let mut rules = vec![Vec::new(); program.groupings.len()];
        for (rule, decl) in program.alerts.iter().enumerate() {
            if let Some(list) = rules.get_mut(decl.grouping) {
                list.push(rule);
            }
        }
        let reads = program.alerts.iter().map(|rule| reads_of(program, rule)).collect();
        let of_event = |event| (0..).zip(&program.leaves).filter(|(_, leaf)| leaf.event == event).map(|(leaf, _)| leaf).collect();
        let event_leaves = (0..program.events.len()).map(of_event).collect();
        let mut plan = Plan { events: Vec::new(), event_leaves, leaves, rules, reads, slots };
        plan.events = (0..program.events.len()).map(|event| plan.belongs(program, event)).collect();
        plan
    }

    /// The place of a leaf's series in the scopes of a grouping.
    pub(super) fn slot(&self, leaf: LeafIdx, grouping: GroupingIdx) -> Option<usize> {
        self.slots.get(leaf)?.iter().find(|(one, _)| *one == grouping).map(|(_, slot)| *slot)
    }

    fn belongs(&self, program: &Program, event: EventIdx) -> Vec<Belongs> {
        let mut list = Vec::new();
        for (grouping, dims) in program.groupings.iter().enumerate() {
            let field = |dim: &DimIdx| program.events.get(event)?.dims.iter().find(|(one, _)| one == dim).copied();
            let Some(fields) = dims.iter().map(field).collect::<Option<Vec<_>>>() else { continue };
            let kept = self.leaves.get(grouping).into_iter().flatten().enumerate();
            let ordinal = |leaf: LeafIdx| self.event_leaves.get(event)?.iter().position(|one| *one == leaf);
            let leaves: Vec<Kept> = kept.filter_map(|(slot, leaf)| Some(Kept { leaf: *leaf, slot, ordinal: ordinal(*leaf)? })).collect();
            let reads = |rule: &&usize| {
                self.reads.get(**rule).is_some_and(|reads| reads.iter().any(|read| leaves.iter().any(|leaf| leaf.leaf == read.0)))
            };
            let rules = self.rules.get(grouping).into_iter().flatten().filter(reads).copied().collect();
            list.push(Belongs { grouping, fields, leaves, rules });
        }
        list
    }
}

/// The leaves and windows that an alert rule reads.
fn reads_of(program: &Program, rule: &AlertRule) -> Vec<(LeafIdx, Window)> {
    let formulas = std::iter::once(&rule.subject).chain(rule.levels.iter().map(|level| &level.when)).chain(&rule.clear);
    let mut reads = Vec::new();
    for used in uses(program, formulas) {
        let read = (used.leaf, used.window.unwrap_or(rule.window));
        if !reads.contains(&read) {
            reads.push(read);
        }
    }
    reads
}

/// A leaf as a formula reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Used {
    pub(super) leaf: LeafIdx,
    pub(super) read: Read,
    /// None: over the surrounding window.
    pub(super) window: Option<Window>,
}

/// The leaves that formulas read, through their metrics too, each once.
pub(super) fn uses<'f>(program: &'f Program, formulas: impl Iterator<Item = &'f Formula>) -> Vec<Used> {
    within(program, formulas).uses
}

/// The leaves and metrics that formulas read, through their metrics too, each once.
pub(super) fn within<'f>(program: &'f Program, formulas: impl Iterator<Item = &'f Formula>) -> Found {
    let mut found = Found { open: Vec::new(), metrics: HashSet::new(), uses: Vec::new() };
    formulas.for_each(|formula| found.formula(formula, None));
    // Metrics are visited from a list, so that long chains of them cost no stack, and each once.
    while let Some((metric, window)) = found.open.pop() {
        if let Some(metric) = program.metrics.get(metric) {
            found.formula(&metric.formula, window);
        }
    }
    found
}

/// What formulas read; a window of None is the surrounding one.
pub(super) struct Found {
    open: Vec<(MetricIdx, Option<Window>)>,
    /// The metrics.
    pub(super) metrics: HashSet<(MetricIdx, Option<Window>)>,
    /// The leaves.
    pub(super) uses: Vec<Used>,
}

impl Found {
    fn formula(&mut self, formula: &Formula, window: Option<Window>) {
        match formula {
            Formula::Const(_) | Formula::Unknown | Formula::Subject => {}
            Formula::Leaf(leaf, read) => {
                let used = Used { leaf: *leaf, read: *read, window };
                if !self.uses.contains(&used) {
                    self.uses.push(used);
                }
            }
            Formula::Metric(metric) => {
                if self.metrics.insert((*metric, window)) {
                    self.open.push((*metric, window));
                }
            }
            Formula::Negate(a) | Formula::Not(a) | Formula::IsUnknown(a) | Formula::Abs(a) | Formula::Round(a, _) => {
                self.formula(a, window)
            }
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => {
                self.formula(a, window);
                self.formula(b, window);
            }
            Formula::Least(list) | Formula::Greatest(list) => list.iter().for_each(|one| self.formula(one, window)),
            Formula::Over(window, inner) => self.formula(inner, Some(*window)),
        }
    }
}
