//! The compiled whole: groupings, and the [`Program`].
//!
//! 1. The groupings are the whole workspace, each event's full set of dimensions, and every declared `per`.
//! 2. Each leaf keeps cells for its event's full set and for every declared grouping whose dimensions the event has, or for
//!    those from which it climbs to them.

use super::Compiler;
use super::header::Header;
use super::program::{
    AlertRule, DimIdx, Entity, EventDecl, Feed, Formula, GroupingIdx, LeafIdx, Membership, Metric, Param, Program, Reach, ScorePart,
    Scorecard, Scored, Sheet, Table, Target, below, climbs, unshown,
};
use super::references::Kind;
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::Ident;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Leaves, each with the dimensions of a scope.
type Leaves = BTreeSet<(LeafIdx, Vec<DimIdx>)>;

/// The parts that stand beside the names.
pub(super) struct Parts {
    pub(super) params: Vec<Param>,
    pub(super) entities: Vec<Entity>,
    pub(super) feeds: Vec<Feed>,
    pub(super) metrics: Vec<Metric>,
    pub(super) targets: Vec<Target>,
    pub(super) scorecards: Vec<(Scope, Scorecard)>,
    pub(super) alerts: Vec<(Scope, AlertRule)>,
}

/// A resolved `per`: sorted, without repeats.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    pub(super) dims: Vec<DimIdx>,
    /// Where each dimension stands, when it was written as `per`.
    written: Vec<Span>,
    /// What was reported about it: event and dimension.
    lacks: BTreeSet<(usize, DimIdx)>,
}

impl Scope {
    /// Whether every event tells all of it, as far as it was looked at.
    pub(super) fn is_told(&self) -> bool {
        self.lacks.is_empty()
    }

    /// A scope of these dimensions.
    pub(super) fn within(dims: Vec<DimIdx>) -> Scope {
        Scope { dims, ..Scope::default() }
    }
}

impl Compiler<'_> {
    /// Resolves `per shop, sku`.
    pub(super) fn scope(&mut self, per: &[Ident]) -> Scope {
        let mut seen = super::Seen::default();
        let mut dims = BTreeMap::new();
        for word in per {
            if !seen.add(word, &mut self.errors) {
                continue;
            }
            match self.names.dims.binary_search(&word.value) {
                Ok(dim) => {
                    self.names.uses.saw(Kind::Dimension, &word.value, word.span);
                    dims.insert(dim, word.span);
                }
                Err(_) => {
                    let known = self.names.dims.iter().map(String::as_str);
                    self.errors.push(self.names.unknown(&codes::UNKNOWN_DIMENSION, &word.value, word.span, known));
                }
            }
        }
        Scope { dims: dims.keys().copied().collect(), written: dims.into_values().collect(), lacks: BTreeSet::new() }
    }

    /// Reports events that cannot tell a scope, each once a scorecard or alert.
    pub(super) fn within_scope(&mut self, scope: &mut Scope, formula: &Formula, metrics: &[Metric], span: Span) {
        let reach = Reach::of((metrics, &[]), [formula], &scope.dims);
        let event_of = |leaf: LeafIdx| self.leaves.list.get(leaf).map(|leaf| leaf.event);
        let read: BTreeSet<(usize, &Vec<DimIdx>)> = reach.leaves.iter().filter_map(|(leaf, dims)| Some((event_of(*leaf)?, dims))).collect();
        for (event_idx, dims) in read {
            let Some(event) = self.names.events.get(event_idx) else { continue };
            for dim in dims {
                if self.tells(event, *dim) || !scope.lacks.insert((event_idx, *dim)) {
                    continue;
                }
                let dimension = self.names.dims.get(*dim).map_or("", String::as_str);
                let name = self.text.get(span.range()).unwrap_or("");
                let diagnostic = Diagnostic::new(&codes::SCOPE_LACKS, span).arg("name", super::aggregate::one_line(name));
                let diagnostic = diagnostic.arg("dimension", dimension).arg("event", &event.name);
                self.errors.push(match scope.dims.iter().position(|own| own == dim).and_then(|position| scope.written.get(position)) {
                    Some(per) => diagnostic.related(*per, "asked for here", "此处要求"),
                    None => diagnostic,
                });
            }
        }
    }

    /// Makes the program. Nothing is wrong any more here.
    pub(super) fn program(self, header: Header, parts: Parts) -> Program {
        let mut groupings: Vec<Vec<DimIdx>> = vec![Vec::new()];
        let full: Vec<GroupingIdx> =
            self.names.events.iter().map(|event| grouping(&mut groupings, event.dims.iter().map(|(dim, _)| *dim).collect())).collect();
        let mut declared: BTreeSet<GroupingIdx> = BTreeSet::from([0]);
        let mut scorecards = Vec::new();
        for (scope, mut card) in parts.scorecards {
            card.grouping = grouping(&mut groupings, scope.dims);
            declared.insert(card.grouping);
            scorecards.push(card);
        }
        let mut alerts = Vec::new();
        for (scope, mut alert) in parts.alerts {
            alert.grouping = grouping(&mut groupings, scope.dims);
            declared.insert(alert.grouping);
            alerts.push(alert);
        }
        let (nested, scopes) = nested(&parts.metrics, &scorecards, &alerts, &groupings);
        for dims in scopes {
            grouping(&mut groupings, dims);
        }
        for dims in lowest(&self.names.events, &self.names.memberships, &parts.metrics, (&scorecards, &alerts), &groupings) {
            grouping(&mut groupings, dims);
        }
        let memberships = grouped(self.names.memberships, &mut groupings);
        let (mut tables, mut targets) = (self.names.table_list, parts.targets);
        let told = told((&mut tables, &mut targets), &mut groupings);
        let mut leaves = self.leaves.list;
        for (idx, leaf) in leaves.iter_mut().enumerate() {
            let Some(event) = self.names.events.get(leaf.event) else { continue };
            let mut kept: BTreeSet<GroupingIdx> = full.get(leaf.event).copied().into_iter().collect();
            kept.extend(memberships.iter().filter(|one| one.leaf == idx).map(|one| one.children));
            kept.extend(told.iter().filter(|(leaf, _)| *leaf == idx).map(|(_, grouping)| *grouping));
            let per = declared.iter().filter_map(|per| groupings.get(*per).cloned());
            let looked_at = nested.iter().filter(|(one, _)| *one == idx).map(|(_, dims)| dims.clone());
            for dims in per.chain(looked_at).collect::<Vec<_>>() {
                if let Some(climbs) = climbs(&memberships, event, dims.iter().copied()) {
                    kept.insert(grouping(&mut groupings, below(&dims, &climbs)));
                }
            }
            leaf.groupings = kept.into_iter().collect();
        }
        let mut program = Program {
            name: header.name,
            version: header.version,
            hash: blake3::hash(self.text.as_bytes()).to_hex().to_string(),
            title: header.title,
            currency: header.currency.unwrap_or_default(),
            zone: header.zone,
            zones: self.names.zones,
            reckoning: header.reckoning,
            params: parts.params,
            tables,
            occasions: self.names.occasion_list,
            dims: self.names.dims,
            events: self.names.events,
            rates: self.names.rates,
            entities: parts.entities,
            memberships,
            feeds: parts.feeds,
            leaves,
            groupings,
            metrics: parts.metrics,
            targets,
            scorecards,
            alerts,
        };
        write_sheets(&mut program);
        program
    }
}

/// Writes the sheets of the cards.
fn write_sheets(program: &mut Program) {
    let sheets: Vec<Sheet> = program.scorecards.iter().map(|card| Sheet::of(program, card)).collect();
    program.scorecards.iter_mut().zip(sheets).for_each(|(card, sheet)| card.sheet = sheet);
}

/// Memberships with the groupings of their children and of each child with its parent.
fn grouped(mut memberships: Vec<Membership>, groupings: &mut Vec<Vec<DimIdx>>) -> Vec<Membership> {
    for one in &mut memberships {
        one.children = grouping(groupings, vec![one.child]);
        one.pairs = grouping(groupings, vec![one.child.min(one.parent), one.child.max(one.parent)]);
    }
    memberships
}

/// Groups what events tell of tables and targets by their keys and scopes; the leaves, each with its grouping.
fn told((tables, targets): (&mut [Arc<Table>], &mut [Target]), groupings: &mut Vec<Vec<DimIdx>>) -> Vec<(LeafIdx, GroupingIdx)> {
    let mut found = Vec::new();
    for told in tables.iter_mut().filter(|table| table.told.is_some()).filter_map(|table| Arc::make_mut(table).told.as_mut()) {
        told.grouping = grouping(groupings, told.dims());
        found.extend(told.leaves.iter().flatten().map(|leaf| (*leaf, told.grouping)));
    }
    for told in targets.iter_mut().filter_map(|target| target.told.as_mut()) {
        told.grouping = grouping(groupings, told.kept());
        found.push((told.leaf, told.grouping));
    }
    found
}

/// The leaves that formulas read, each with the dimensions of a scope at which they do, and the dimensions of all these
/// scopes. An alert that looks at other scopes than its own also watches its leaves at the one that holds them all.
fn nested(
    metrics: &[Metric],
    scorecards: &[Scorecard],
    alerts: &[AlertRule],
    groupings: &[Vec<DimIdx>],
) -> (Leaves, BTreeSet<Vec<DimIdx>>) {
    let dims_of = |grouping: GroupingIdx| groupings.get(grouping).map_or(&[][..], Vec::as_slice);
    let (mut leaves, mut scopes) = (Leaves::new(), BTreeSet::new());
    let mut take = |reach: Reach| {
        if reach.is_nested() {
            leaves.extend(reach.leaves);
            scopes.extend(reach.scopes);
        }
    };
    let cards = scorecards.iter().map(|card| card.grouping);
    let used_at: BTreeSet<GroupingIdx> = cards.chain(alerts.iter().map(|rule| rule.grouping)).chain([0]).collect();
    for dims in used_at.into_iter().map(dims_of) {
        let told = metrics.iter().filter(|metric| dims.iter().all(|dim| metric.dims.contains(dim)));
        take(Reach::of((metrics, scorecards), told.map(|metric| &metric.formula), dims));
    }
    for (card, scorecard) in scorecards.iter().enumerate() {
        let whole = Formula::Score(Scored { card, part: ScorePart::Score });
        let base = scorecard.payout_base.iter().map(|base| &base.formula);
        take(Reach::of((metrics, scorecards), base.chain([&whole]), dims_of(scorecard.grouping)));
    }
    for rule in alerts {
        let mut reach = Reach::of((metrics, scorecards), rule.formulas(), dims_of(rule.grouping));
        let watched = reach.common();
        reach.leaves = reach.leaves.into_iter().flat_map(|(leaf, dims)| [(leaf, dims), (leaf, watched.clone())]).collect();
        if reach.is_nested() {
            reach.scopes.insert(watched);
        }
        take(reach);
    }
    (leaves, scopes)
}

/// What lies below the scopes that alerts look at and no event has by itself: from there it is seen that they exist.
fn lowest(
    events: &[EventDecl],
    memberships: &[Membership],
    metrics: &[Metric],
    (scorecards, alerts): (&[Scorecard], &[AlertRule]),
    groupings: &[Vec<DimIdx>],
) -> BTreeSet<Vec<DimIdx>> {
    let reach = |rule: &AlertRule| {
        let own = groupings.get(rule.grouping).map_or(&[][..], Vec::as_slice);
        let reach = Reach::of((metrics, scorecards), rule.formulas(), own);
        let common = reach.common();
        reach.scopes.into_iter().chain([common])
    };
    let looked_at: BTreeSet<Vec<DimIdx>> = alerts.iter().flat_map(reach).collect();
    let ways = |dims: &Vec<DimIdx>| unshown(events, memberships, dims).into_iter().map(|climbs| below(dims, &climbs)).collect::<Vec<_>>();
    looked_at.iter().flat_map(ways).collect()
}

/// The index of a set of dimensions.
fn grouping(groupings: &mut Vec<Vec<DimIdx>>, dims: Vec<DimIdx>) -> GroupingIdx {
    groupings.iter().position(|known| *known == dims).unwrap_or_else(|| {
        groupings.push(dims);
        groupings.len() - 1
    })
}
