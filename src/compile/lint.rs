//! What the trade knows to be wrong, although it can be run.
//!
//! 1. Lints look at a ruleset without errors only, so that a mistake does not also look like a bad habit.
//! 2. The ruleset as a whole: params, definitions, texts.
//! 3. Scorecards: weights, directions, what can be reached (`lint::reach`).
//! 4. Alerts: conditions that cannot hold, or hold at the wrong time (`lint::bounds`).
//!
//! Every lint is exact: it speaks only where the text alone decides the matter.

mod bounds;
mod reach;

use super::formula::fold;
use super::program::{AlertRule, Formula, Hold, Keep, Kpi, Leaf, Metric, Read, Scalar, Scorecard};
use super::{Compiler, Rules};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::syntax::ast::{self, Item, Text};
use bounds::Bounds;
use rust_decimal::Decimal;
use std::collections::HashMap;

/// The most KPIs that a person can steer by.
const KPIS_MAX: usize = 5;

impl Compiler<'_> {
    /// Adds the lints of a ruleset without errors.
    pub(super) fn lint(&mut self, ruleset: &Rules<'_>) {
        let mut found = Vec::new();
        self.unused_params(ruleset.file, &mut found);
        same_definitions(ruleset, &mut found);
        if ruleset.file.header.as_ref().is_some_and(|header| header.title.zh.is_some()) {
            no_zh(ruleset.file, &mut found);
        }
        let cards = ruleset.file.items.iter().filter_map(|item| if let Item::Scorecard(card) = item { Some(card) } else { None });
        for (card, compiled) in cards.zip(&ruleset.scorecards) {
            scorecard(card, compiled, ruleset.metrics, &mut found);
        }
        let everlasting = everlasting(ruleset.metrics, &self.leaves.list);
        let alerts = ruleset.file.items.iter().filter_map(|item| if let Item::Alert(alert) = item { Some(alert) } else { None });
        for (alert, compiled) in alerts.zip(&ruleset.alerts) {
            if alert.window.is_none() && counts_ever(&compiled.subject, &everlasting, &self.leaves.list) {
                found.push(Diagnostic::new(&codes::NO_WINDOW, alert.name.span).arg("name", &alert.name.value));
            }
            conditions(alert, compiled, &mut found);
        }
        self.errors.extend(found);
    }

    fn unused_params(&self, file: &ast::File, found: &mut Vec<Diagnostic>) {
        let used = self.names.used_params.borrow();
        for item in &file.items {
            if let Item::Param(param) = item
                && !used.contains(&param.name.value)
            {
                found.push(Diagnostic::new(&codes::UNUSED_PARAM, param.name.span).arg("name", &param.name.value));
            }
        }
    }
}

/// Two names for one formula: the later one is named.
fn same_definitions(ruleset: &Rules<'_>, found: &mut Vec<Diagnostic>) {
    let by_name: HashMap<&str, &Metric> = ruleset.metrics.iter().map(|metric| (metric.name.as_str(), metric)).collect();
    let mut first: HashMap<String, (&str, Span)> = HashMap::new();
    for item in &ruleset.file.items {
        let Item::Metric(written) = item else { continue };
        let Some(metric) = by_name.get(written.name.value.as_str()) else { continue };
        if metric.leaves.is_empty() {
            continue;
        }
        match first.entry(format!("{:?} {:?}", metric.unit, metric.formula)) {
            std::collections::hash_map::Entry::Vacant(entry) => drop(entry.insert((&metric.name, written.name.span))),
            std::collections::hash_map::Entry::Occupied(entry) => {
                let (other, span) = *entry.get();
                let diagnostic = Diagnostic::new(&codes::SAME_DEFINITION, written.name.span).arg("name", &metric.name);
                found.push(diagnostic.arg("other", other).related(span, "the other one", "另一个"));
            }
        }
    }
}

/// Texts without Chinese in a ruleset whose title has it.
fn no_zh(file: &ast::File, found: &mut Vec<Diagnostic>) {
    let mut see = |text: &Text| {
        if let (Some(en), None) = (&text.en, &text.zh) {
            found.push(Diagnostic::new(&codes::NO_ZH, en.span));
        }
    };
    for item in &file.items {
        match item {
            Item::Param(param) => see(&param.title),
            Item::Event(event) => see(&event.title),
            Item::Entity(entity) => see(&entity.title),
            Item::Calendar(calendar) => see(&calendar.title),
            Item::Table(table) => see(&table.title),
            Item::Metric(metric) => see(&metric.title),
            Item::Ledger(ledger) => see(&ledger.title),
            Item::Target(target) => see(&target.title),
            Item::Scorecard(card) => {
                see(&card.title);
                card.adjustments.iter().for_each(|line| see(&line.title));
                card.vetoes.iter().for_each(|veto| see(&veto.title));
            }
            Item::Alert(alert) => {
                see(&alert.title);
                see(&alert.message);
            }
            Item::Feed(_) | Item::Test(_) => {}
        }
    }
}

fn scorecard(card: &ast::Scorecard, compiled: &Scorecard, metrics: &[Metric], found: &mut Vec<Diagnostic>) {
    if compiled.kpis.len() > KPIS_MAX {
        found.push(Diagnostic::new(&codes::TOO_MANY_KPIS, card.name.span).arg("count", compiled.kpis.len()));
    }
    let sum: Decimal = compiled.kpis.iter().map(|kpi| kpi.weight).sum();
    if sum != Decimal::ONE_HUNDRED {
        found.push(Diagnostic::new(&codes::WEIGHTS_SUM, card.name.span).arg("sum", sum.normalize()));
    }
    for (line, kpi) in card.kpis.iter().zip(&compiled.kpis) {
        let Some(metric) = metrics.get(kpi.metric) else { continue };
        if metric.process {
            found.push(Diagnostic::new(&codes::PROCESS_WEIGHTED, line.metric.span).arg("name", &metric.name));
        }
        if let Some(higher) = metric.higher_is_better
            && goes_against(kpi, higher)
        {
            let better = if higher { "higher" } else { "lower" };
            found.push(Diagnostic::new(&codes::CURVE_AGAINST, line.curve.span).arg("name", &metric.name).arg("better", better));
        }
    }
    let total = reach::most(compiled);
    if let (Some(cap), Some(most)) = (&card.cap, total)
        && most < cap.value
    {
        found.push(Diagnostic::new(&codes::CAP_UNREACHED, cap.span).arg("cap", cap.value).arg("most", most.normalize()));
    }
    let most = [total, compiled.cap].into_iter().flatten().min();
    for band in &card.grades {
        if let (Some(limit), Some(most)) = (&band.at_least, most)
            && most < limit.value
        {
            found.push(
                Diagnostic::new(&codes::GRADE_UNREACHED, band.grade.span).arg("name", &band.grade.value).arg("most", most.normalize()),
            );
        }
    }
}

/// True when a curve only ever gives more points in the bad direction.
fn goes_against(kpi: &Kpi, higher_is_better: bool) -> bool {
    let curve = &kpi.curve;
    let points: Vec<Decimal> = curve.below.into_iter().chain(curve.points.iter().map(|(_, points)| *points)).chain(curve.above).collect();
    let wrong = |pair: &[Decimal]| match pair {
        [before, after] if higher_is_better => before >= after,
        [before, after] => before <= after,
        _ => true,
    };
    points.first() != points.last() && points.windows(2).all(wrong)
}

/// For every metric, whether it counts or sums outside of any window of its own.
fn everlasting(metrics: &[Metric], leaves: &[Leaf]) -> Vec<bool> {
    let mut known = Vec::with_capacity(metrics.len());
    for metric in metrics {
        let ever = counts_ever(&metric.formula, &known, leaves);
        known.push(ever);
    }
    known
}

fn counts_ever(formula: &Formula, known: &[bool], leaves: &[Leaf]) -> bool {
    let see = |part: &Formula| counts_ever(part, known, leaves);
    match formula {
        Formula::Leaf(leaf, read) => {
            let adds_up = leaves.get(*leaf).is_some_and(|leaf| matches!(leaf.keep, Keep::Count | Keep::Sum));
            adds_up && matches!(read, Read::Count | Read::Sum)
        }
        Formula::Metric(metric) => known.get(*metric).copied().unwrap_or(false),
        Formula::Negate(a) | Formula::Not(a) | Formula::IsUnknown(a) | Formula::Abs(a) | Formula::Round(a, _) => see(a),
        Formula::Floor(a) | Formula::Ceil(a) | Formula::Bands(_, a) => see(a),
        Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => {
            see(a) || see(b)
        }
        Formula::Least(all) | Formula::Greatest(all) => all.iter().any(see),
        Formula::Over(..)
        | Formula::Lookup(_)
        | Formula::Shift(..)
        | Formula::Baseline(..)
        | Formula::Const(_)
        | Formula::Unknown
        | Formula::Subject
        | Formula::Target(_)
        | Formula::Ledger(_)
        | Formula::DaysLeft => false,
    }
}

/// Whether whatever holds for the second time has held for the first.
fn sooner(first: Hold, second: Hold) -> bool {
    match (first, second) {
        (Hold::Unbroken(first), Hold::Unbroken(second)) => first <= second,
        _ => first == second,
    }
}

fn conditions(alert: &ast::Alert, rule: &AlertRule, found: &mut Vec<Diagnostic>) {
    let never = |when: &Formula, bounds: &Bounds| bounds.is_empty() || fold(when) == Some(Scalar::Flag(false));
    let mut report = |code: &'static Code, span: Span| found.push(Diagnostic::new(code, span));
    let mut levels = Vec::new();
    for (line, level) in alert.levels.iter().zip(&rule.levels) {
        let bounds = Bounds::of(&level.when, &rule.subject);
        if never(&level.when, &bounds) {
            report(&codes::NEVER_FIRES, line.when.span);
        } else {
            levels.push((line, level, bounds));
        }
    }
    let clear = alert.clear.as_ref().zip(rule.clear.as_ref()).map(|(line, clear)| (line, clear, Bounds::of(clear, &rule.subject)));
    if let Some((line, clear, bounds)) = &clear {
        if never(clear, bounds) {
            report(&codes::NEVER_CLEARS, line.span);
        } else if let Some((_, level, _)) = levels.iter().find(|(_, _, level)| level.overlaps(bounds)) {
            let severity = super::alerts::severity_name(level.severity);
            found.push(Diagnostic::new(&codes::CLEAR_OVERLAPS, line.span).arg("severity", severity));
        }
    }
    for (at, (line, worse, bounds)) in levels.iter().enumerate() {
        let weaker = levels.iter().enumerate().find(|(other, (_, milder, milder_bounds))| {
            *other != at && worse.severity > milder.severity && sooner(worse.hold, milder.hold) && bounds.is_weaker_than(milder_bounds)
        });
        if let Some((_, (_, milder, _))) = weaker {
            let name = super::alerts::severity_name;
            let diagnostic = Diagnostic::new(&codes::SEVERITY_WEAKER, line.when.span);
            found.push(diagnostic.arg("worse", name(worse.severity)).arg("milder", name(milder.severity)));
        }
    }
}
