//! Metrics, in the order of their need.
//!
//! Ledgers are metrics to others, and stand among them.
//!
//! 1. [`order`] finds which metric needs which, reports cycles whole, and lists every metric after those it uses.
//! 2. Each formula is compiled; its unit and index become known to those behind it.
//! 3. Its leaves and dimensions are those of its own aggregates and of its metrics.

use super::before::holds_baseline;
use super::due::TARGET_FUNCTIONS;
use super::formula::FormulaPlace;
use super::plan::Scope;
use super::program::{Arith, Cite, DimIdx, Formula, Gather, Keep, Leaf, LeafIdx, Metric, MetricIdx, Read};
use super::targets::NamedTarget;
use super::units::Type;
use super::{Compiler, texts};
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{self, AggregateFn, Better, Expr, ExprKind, Ident, Item, MetricKind};
use crate::time::Day;
use std::collections::{BTreeMap, BTreeSet};

/// How many metrics may stand on one another.
const NESTING_MAX: usize = 32;

/// What others use as a metric.
#[derive(Clone, Copy)]
enum Declared<'f> {
    Metric(&'f ast::Metric),
    Ledger(&'f ast::Ledger),
}

impl<'f> Declared<'f> {
    fn of(item: &'f Item) -> Option<Declared<'f>> {
        match item {
            Item::Metric(metric) => Some(Declared::Metric(metric)),
            Item::Ledger(ledger) => Some(Declared::Ledger(ledger)),
            _ => None,
        }
    }

    fn name(self) -> &'f Ident {
        match self {
            Declared::Metric(metric) => &metric.name,
            Declared::Ledger(ledger) => &ledger.name,
        }
    }

    /// The formulas in which other metrics may stand.
    fn formulas(self) -> Vec<&'f Expr> {
        match self {
            Declared::Metric(metric) => vec![&metric.formula],
            Declared::Ledger(ledger) => {
                ledger.entries.iter().map(|entry| entry.each.as_ref().map_or(&entry.amount, |each| &each.of)).collect()
            }
        }
    }
}

impl Compiler<'_> {
    /// Compiles the metrics; those with mistakes are left out.
    pub(super) fn metrics(&mut self, file: &ast::File) -> Vec<Metric> {
        let declared: Vec<Declared<'_>> = file.items.iter().filter_map(Declared::of).collect();
        let order = order(&declared, &self.names.targets);
        for cycle in &order.cycles {
            self.cycle(&declared, cycle);
        }
        let mut nesting: BTreeMap<usize, usize> = BTreeMap::new();
        let mut metrics: Vec<Metric> = Vec::new();
        for idx in order.sorted {
            let Some(metric) = declared.get(idx).copied() else { continue };
            let needs = order.needs.get(idx).map(Vec::as_slice).unwrap_or_default();
            let depth = 1 + needs.iter().filter_map(|need| nesting.get(need)).max().copied().unwrap_or(0);
            nesting.insert(idx, depth);
            if order.cyclic.contains(&idx) {
                // Its formula is still checked, as far as it does not stand on itself.
                let _ = self.declared(metric, &metrics);
                continue;
            }
            if depth == NESTING_MAX + 1 {
                let diagnostic = Diagnostic::new(&codes::TOO_DEEP, metric.name().span).arg("name", &metric.name().value);
                self.errors.push(diagnostic.arg("limit", NESTING_MAX));
            }
            let Some(compiled) = self.declared(metric, &metrics) else {
                self.whole = false;
                continue;
            };
            // Of two metrics of one name the first one is meant.
            if let Some(known @ None) = self.names.metrics.get_mut(&metric.name().value) {
                *known = Some((metrics.len(), compiled.unit.clone()));
            }
            if compiled.adds_up {
                self.names.additive.insert(metrics.len());
            }
            if let Some(higher) = compiled.higher_is_better {
                self.names.better.insert(metrics.len(), higher);
            }
            if holds_baseline(&compiled.formula, &self.names.baselines) {
                self.names.baselines.insert(metrics.len());
            }
            metrics.push(compiled);
        }
        metrics
    }

    fn declared(&mut self, declared: Declared<'_>, before: &[Metric]) -> Option<Metric> {
        match declared {
            Declared::Metric(metric) => self.metric(metric, before),
            Declared::Ledger(ledger) => self.ledger(ledger, before),
        }
    }

    fn cycle(&mut self, declared: &[Declared<'_>], cycle: &[usize]) {
        let members: Vec<&Ident> = cycle.iter().filter_map(|idx| declared.get(*idx)).map(|declared| declared.name()).collect();
        let Some(first) = members.first() else { return };
        let mut names: Vec<&str> = members.iter().map(|name| name.value.as_str()).collect();
        names.push(&first.value);
        let mut diagnostic = Diagnostic::new(&codes::CYCLE, first.span).arg("cycle", names.join(" → "));
        for other in members.iter().skip(1) {
            diagnostic = diagnostic.related(other.span, "part of the circle", "循环的一部分");
        }
        self.errors.push(diagnostic);
    }

    fn metric(&mut self, metric: &ast::Metric, before: &[Metric]) -> Option<Metric> {
        let mut place = FormulaPlace::formulas(&self.names, &mut self.errors, self.text, &mut self.leaves);
        place.clock = metric.clock.as_ref();
        let typed = place.formula(&metric.formula);
        if let Some(clock) = &metric.clock
            && !has_aggregate(&metric.formula)
        {
            self.errors.push(Diagnostic::new(&codes::CLOCK_UNUSED, clock.span).arg("clock", &clock.value));
        }
        let typed = typed.filter(|typed| typed.ty != Type::Broken)?;
        let leaves = leaves_of(&typed.node, before);
        let dims = self.told_by(&typed.node, before);
        // What is said to be `per` something must be told so, at whatever scope.
        self.within_scope(&mut Scope::default(), &typed.node, before, metric.formula.span);
        let adds_up = adds_up(&typed.node, &self.names.additive, &self.leaves.list);
        Some(Metric {
            name: metric.name.value.clone(),
            title: texts(&metric.title, &metric.name.value),
            formula: typed.node,
            unit: typed.ty.unit(),
            higher_is_better: metric.better.as_ref().map(|better| better.value == Better::Higher),
            adds_up,
            process: metric.kind.as_ref().is_some_and(|kind| kind.value == MetricKind::Process),
            cite: metric.cite.as_ref().map(|cite| self.cite(cite)),
            text: self.written(metric.formula.span),
            leaves: leaves.into_iter().collect(),
            dims,
        })
    }

    /// Where a definition was published.
    pub(super) fn cite(&mut self, cite: &ast::Cite) -> Cite {
        let day = |text: &Spanned<String>| {
            Day::parse(&text.value).ok_or_else(|| Diagnostic::new(&codes::BAD_DATE, text.span).arg("text", &text.value))
        };
        let checked = cite.checked.as_ref().map(day).transpose().map_err(|mistake| self.errors.push(mistake));
        Cite { text: texts(&cite.text, ""), checked: checked.ok().flatten() }
    }

    /// The dimensions that the events of all these leaves tell.
    pub(super) fn dims_of(&self, leaves: &BTreeSet<LeafIdx>) -> Vec<DimIdx> {
        let events: BTreeSet<usize> = leaves.iter().filter_map(|leaf| self.leaves.list.get(*leaf)).map(|leaf| leaf.event).collect();
        let tells = |event: &usize, dim| self.names.events.get(*event).is_some_and(|event| self.tells(event, dim));
        (0..self.names.dims.len()).filter(|dim| events.iter().all(|event| tells(event, *dim))).collect()
    }
}

/// Every leaf that a formula needs, its metrics' leaves included.
pub(super) fn leaves_of(formula: &Formula, metrics: &[Metric]) -> BTreeSet<LeafIdx> {
    let mut leaves = BTreeSet::new();
    visit(formula, &mut |part| match part {
        Formula::Leaf(leaf, _) => {
            leaves.insert(*leaf);
        }
        Formula::Metric(metric) => leaves.extend(metrics.get(*metric).map(|metric| metric.leaves.as_slice()).unwrap_or_default()),
        Formula::Target(read) => {
            leaves.extend(read.reads.iter().filter_map(|metric| metrics.get(*metric)).flat_map(|metric| &metric.leaves));
        }
        _ => {}
    });
    leaves
}

/// Visits every part of a formula.
pub(super) fn visit(formula: &Formula, see: &mut impl FnMut(&Formula)) {
    see(formula);
    parts(formula).into_iter().for_each(|part| visit(part, see));
}

/// The parts directly below.
pub(super) fn parts(formula: &Formula) -> Vec<&Formula> {
    match formula {
        Formula::Negate(a) | Formula::Not(a) | Formula::IsUnknown(a) | Formula::Abs(a) | Formula::Round(a, _) | Formula::Over(_, a) => {
            vec![a]
        }
        Formula::Floor(a) | Formula::Ceil(a) | Formula::Shift(_, a) | Formula::Baseline(_, _, a) | Formula::Bands(_, a) => vec![a],
        Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => vec![a, b],
        Formula::Least(all) | Formula::Greatest(all) => all.iter().collect(),
        Formula::Ledger(ledger) => ledger.entries.iter().map(|entry| &entry.formula).collect(),
        Formula::Parts(parts) => parts.filter.iter().chain([&parts.part]).collect(),
        Formula::Across(across) => vec![&across.of],
        Formula::Adapt(adapt) => vec![&adapt.when, &adapt.inner],
        Formula::Const(_)
        | Formula::Unknown
        | Formula::Leaf(..)
        | Formula::Metric(_)
        | Formula::Lookup(_)
        | Formula::Subject
        | Formula::Target(_)
        | Formula::Score(_)
        | Formula::DaysLeft => Vec::new(),
    }
}

/// Whether what a formula gives for the parts of a time adds up to what it gives for the whole.
pub(super) fn adds_up(formula: &Formula, additive: &BTreeSet<MetricIdx>, leaves: &[Leaf]) -> bool {
    let part = |formula: &Formula| adds_up(formula, additive, leaves);
    let constant = |formula: &Formula| super::formula::fold(formula).is_some();
    match formula {
        Formula::Leaf(leaf, read) => {
            let keep = leaves.get(*leaf).map(|leaf| leaf.keep);
            matches!((keep, read), (Some(Keep::Count | Keep::Sum), Read::Count) | (Some(Keep::Sum), Read::Sum) | (_, Read::SumIn(_)))
        }
        Formula::Metric(metric) => additive.contains(metric),
        Formula::Parts(parts) if parts.by_day => true,
        Formula::Parts(parts) => parts.gather == Gather::Sum && parts.filter.is_none() && part(&parts.part),
        Formula::Negate(a) => part(a),
        Formula::Arith(Arith::Add | Arith::Sub, a, b) => part(a) && part(b),
        Formula::Arith(Arith::Mul, a, b) => (part(a) && constant(b)) || (constant(a) && part(b)),
        Formula::Arith(Arith::Div, a, b) => part(a) && constant(b),
        _ => false,
    }
}

/// Which metric needs which.
struct Order {
    /// For each metric, those it needs.
    needs: Vec<Vec<usize>>,
    /// Every metric after those it needs, as far as there is no cycle.
    sorted: Vec<usize>,
    /// The cycles that were found.
    cycles: Vec<Vec<usize>>,
    /// Their members.
    cyclic: BTreeSet<usize>,
}

/// Orders the metrics by need, without recursion over metrics.
fn order(declared: &[Declared<'_>], targets: &BTreeMap<String, NamedTarget>) -> Order {
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    for (idx, metric) in declared.iter().enumerate() {
        by_name.entry(&metric.name().value).or_insert(idx);
    }
    let needs: Vec<Vec<usize>> = declared
        .iter()
        .map(|metric| {
            let mut needed = BTreeSet::new();
            for formula in metric.formulas() {
                names_in(formula, targets, &mut |name| needed.extend(by_name.get(name).copied()));
            }
            needed.into_iter().collect()
        })
        .collect();
    let mut order = Order { needs, sorted: Vec::new(), cycles: Vec::new(), cyclic: BTreeSet::new() };
    let mut state = vec![Visit::New; declared.len()];
    for start in 0..declared.len() {
        if state.get(start) == Some(&Visit::New) {
            descend(start, &mut state, &mut order);
        }
    }
    order
}

/// How far the search has come with a metric.
#[derive(Clone, Copy, PartialEq)]
enum Visit {
    New,
    Open,
    Done,
}

/// Depth first from one metric: the path holds each metric and how many of its needs were looked at.
fn descend(start: usize, state: &mut [Visit], order: &mut Order) {
    let mut path = vec![(start, 0usize)];
    mark(state, start, Visit::Open);
    while let Some((at, looked)) = path.last_mut() {
        let at = *at;
        let next = order.needs.get(at).and_then(|needs| needs.get(*looked)).copied();
        *looked += 1;
        match next.map(|next| (next, state.get(next).copied())) {
            Some((next, Some(Visit::New))) => {
                mark(state, next, Visit::Open);
                path.push((next, 0));
            }
            Some((next, Some(Visit::Open))) => {
                let cycle: Vec<usize> = path.iter().map(|(metric, _)| *metric).skip_while(|metric| *metric != next).collect();
                // A circle that shares a member with a reported one is not reported again.
                if !cycle.iter().any(|metric| order.cyclic.contains(metric)) {
                    order.cyclic.extend(&cycle);
                    order.cycles.push(cycle);
                } else {
                    order.cyclic.extend(&cycle);
                }
            }
            Some(_) => {}
            None => {
                mark(state, at, Visit::Done);
                order.sorted.push(at);
                path.pop();
            }
        }
    }
}

fn mark(state: &mut [Visit], metric: usize, visit: Visit) {
    if let Some(slot) = state.get_mut(metric) {
        *slot = visit;
    }
}

/// The names in a formula that can be metrics: those outside of aggregates.
fn names_in<'e>(expr: &'e Expr, targets: &'e BTreeMap<String, NamedTarget>, see: &mut impl FnMut(&'e str)) {
    match &expr.kind {
        ExprKind::Name(name) => see(name),
        ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::IsUnknown(a, _)
        | ExprKind::Over(a, _)
        | ExprKind::OverOccasion(a, _)
        | ExprKind::StartsWith(a, _)
        | ExprKind::In(a, _)
        | ExprKind::Shift(a, _)
        | ExprKind::Across(a, _)
        | ExprKind::Convert(a, _)
        | ExprKind::Baseline(_, a, _) => names_in(a, targets, see),
        ExprKind::Parts(parts) => parts.filter.iter().chain([&parts.part]).for_each(|part| names_in(part, targets, see)),
        ExprKind::Adapt(adapt) => [&adapt.by.when, &adapt.inner].into_iter().for_each(|part| names_in(part, targets, see)),
        ExprKind::Bands(bands) => names_in(&bands.value, targets, see),
        ExprKind::Binary(_, a, b) => {
            names_in(a, targets, see);
            names_in(b, targets, see);
        }
        ExprKind::Call(function, args) => {
            args.iter().for_each(|arg| names_in(arg, targets, see));
            // The target of a metric may follow the history of another one.
            if let (true, [Expr { kind: ExprKind::Name(metric), .. }, ..]) =
                (TARGET_FUNCTIONS.contains(&function.value.as_str()), &args[..])
            {
                targets.get(metric).into_iter().flat_map(|target| &target.likes).for_each(|like| see(like));
            }
        }
        _ => {}
    }
}

/// True when a formula aggregates by itself.
fn has_aggregate(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Aggregate(_) => true,
        ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::IsUnknown(a, _)
        | ExprKind::Over(a, _)
        | ExprKind::OverOccasion(a, _)
        | ExprKind::StartsWith(a, _)
        | ExprKind::In(a, _)
        | ExprKind::Shift(a, _)
        | ExprKind::Across(a, _)
        | ExprKind::Convert(a, _)
        | ExprKind::Baseline(_, a, _) => has_aggregate(a),
        ExprKind::Parts(parts) => {
            parts.function.value == AggregateFn::Coverage || parts.filter.iter().chain([&parts.part]).any(has_aggregate)
        }
        ExprKind::Adapt(adapt) => has_aggregate(&adapt.by.when) || has_aggregate(&adapt.inner),
        ExprKind::Bands(bands) => has_aggregate(&bands.value),
        ExprKind::Binary(_, a, b) => has_aggregate(a) || has_aggregate(b),
        ExprKind::Call(_, args) => args.iter().any(has_aggregate),
        _ => false,
    }
}
