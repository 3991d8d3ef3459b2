//! What the trade knows to be wrong, although it can be run.
//!
//! 1. Lints look at a ruleset without errors only, so that a mistake does not also look like a bad habit.
//! 2. The ruleset as a whole: params, definitions, texts.
//! 3. Metrics: steps that no value falls into (`lint::steps`), and every `where` that no row fits (`lint::wheres`).
//! 4. Scorecards: weights, directions, what can be reached (`lint::cards`, `lint::grades`, `lint::lines`, `lint::reach`).
//! 5. Alerts: conditions that cannot hold, or hold at the wrong time (`lint::alerts`, `lint::exempts`), or may cease to hold before
//!    the period ends that they are about (`lint::early`, `lint::direction`). That such a line says `early` is an error.
//! 6. Parts of a condition that decide nothing beside another part (`lint::idle`).
//! 7. Targets that cards and alerts ask for where they never say anything (`lint::targets`).
//!
//! Every lint is a proof: it speaks only where the text alone decides the matter, and shows a value for which it is so, or the
//! value that comes nearest to what is asked. How a proof is made:
//!
//! 1. `lint::condition` carries every `not` down to the comparisons.
//! 2. `lint::ranges` knows what formulas can give, from and to as `lint::range` and by rows that others count too (`lint::subsets`);
//!    `lint::values` are sets of numbers, and `lint::truth` says for which of them a condition holds.
//! 3. `lint::never` finds why a condition never holds, `lint::implied` that it holds wherever another one does; `lint::known` which
//!    numbers are never unknown, so that what holds for every value holds always.
//! 4. `lint::witness` says it in words, in the units of `lint::units`.
//! 5. A proof tells the parts of the text that it was concluded from; what another value of an open param may change is not said
//!    in the end ([`Rests`](super::rests::Rests)).

mod alerts;
mod cards;
mod condition;
mod direction;
mod early;
mod exempts;
mod grades;
mod growth;
mod idle;
mod implied;
mod known;
mod linear;
mod lines;
mod never;
mod range;
mod ranges;
mod reach;
mod say;
mod signs;
mod steps;
mod subsets;
mod sways;
mod targets;
#[cfg(test)]
mod tests;
mod truth;
mod units;
mod values;
mod wheres;
mod witness;

use super::program::{Formula, Gather, Keep, Leaf, Metric, Read, Unit};
use super::rests::Rests;
use super::tables::YEAR_DAYS;
use super::{Compiler, Rules};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::lint as codes;
use crate::syntax::ast::{self, Item, Text};
use crate::time::Day;
use early::Early;
use known::ends_now;
use ranges::Ranges;
use std::collections::HashMap;
use witness::About;

impl Compiler<'_> {
    /// Adds the lints of a ruleset without errors.
    pub(super) fn lint(&mut self, ruleset: &Rules<'_>, rests: &Rests<'_>) {
        let mut found = Vec::new();
        self.unused_params(ruleset.file, &mut found);
        same_definitions(ruleset, rests, &mut found);
        if ruleset.file.header.as_ref().is_some_and(|header| header.title.zh.is_some()) {
            no_zh(ruleset.file, &mut found);
        }
        let cards = ruleset.file.items.iter().filter_map(|item| if let Item::Scorecard(card) = item { Some(card) } else { None });
        let ranges = Ranges::new(
            (ruleset.metrics, &self.leaves.list),
            (&self.names.table_list, &self.names.events),
            ruleset.targets,
            (&ruleset.scorecards, self.names.zones.is_none()),
        );
        self.steps(ruleset, &ranges, &mut found);
        wheres::wheres(self, &mut found);
        let (unit, ranges) = (&Unit::Number, &ranges);
        let about = About { on: &Formula::Subject, text: "", ends_now: true, unit, ranges, compiler: self, subject: None };
        for (card, compiled) in cards.zip(&ruleset.scorecards) {
            cards::scorecard((card, compiled), &about, rests, &mut found);
            idle::idle(lines::conditions(card, compiled), &about, rests, &mut found);
        }
        targets::targets(ruleset, self, rests, &mut found);
        let mut early = Early::new(ruleset, self, ranges);
        let everlasting = everlasting(ruleset.metrics, &self.leaves.list);
        let alerts = ruleset.file.items.iter().filter_map(|item| if let Item::Alert(alert) = item { Some(alert) } else { None });
        for ((alert, compiled), scope) in alerts.zip(&ruleset.alerts).zip(&ruleset.scopes) {
            if alert.window.is_none() && counts_ever(&compiled.subject, &everlasting, &self.leaves.list) {
                found.push(Diagnostic::new(&codes::NO_WINDOW, alert.name.span).arg("name", &alert.name.value));
            }
            let ends_now = compiled.adapt.is_none() && ends_now(compiled.window);
            let subject = Some(alert.subject.span);
            let about = About { on: compiled.watched(), text: &compiled.text, ends_now, unit: &compiled.unit, subject, ..about };
            alerts::alert(alert, compiled, &about, &mut found);
            idle::idle(alerts::compiled(alert, compiled), &about, rests, &mut found);
            early.alert(alert, compiled, scope, &mut found);
        }
        self.errors.extend(found.into_iter().filter(|found| found.is_error() || !rests.is_open(&found.grounds)));
    }

    /// The bands in the formulas of metrics.
    fn steps(&self, ruleset: &Rules<'_>, ranges: &Ranges<'_>, found: &mut Vec<Diagnostic>) {
        let by_name: HashMap<&str, &Metric> = ruleset.metrics.iter().map(|metric| (metric.name.as_str(), metric)).collect();
        for item in &ruleset.file.items {
            if let Item::Metric(written) = item
                && let Some(metric) = by_name.get(written.name.value.as_str())
            {
                steps::steps(&written.formula, &metric.formula, ranges, self, found);
            }
        }
    }

    /// A param that is open to other rulesets is there for them.
    fn unused_params(&self, file: &ast::File, found: &mut Vec<Diagnostic>) {
        let used = self.names.used_params.borrow();
        let open: Vec<&str> = file.header.iter().flat_map(|header| &header.open).map(|name| name.value.as_str()).collect();
        for item in &file.items {
            if let Item::Param(param) = item
                && !used.contains(&param.name.value)
                && !open.contains(&param.name.value.as_str())
            {
                found.push(Diagnostic::new(&codes::UNUSED_PARAM, param.name.span).arg("name", &param.name.value));
            }
        }
    }
}

/// Two names for one formula: the later one is named. Params that happen to have one value make two formulas.
fn same_definitions(ruleset: &Rules<'_>, rests: &Rests<'_>, found: &mut Vec<Diagnostic>) {
    let by_name: HashMap<&str, &Metric> = ruleset.metrics.iter().map(|metric| (metric.name.as_str(), metric)).collect();
    let mut first: HashMap<String, Vec<&ast::Metric>> = HashMap::new();
    for item in &ruleset.file.items {
        let Item::Metric(written) = item else { continue };
        let Some(metric) = by_name.get(written.name.value.as_str()) else { continue };
        if metric.leaves.is_empty() {
            continue;
        }
        let params = |metric: &ast::Metric| rests.params(&[metric.formula.span]);
        let alike = first.entry(format!("{:?} {:?}", metric.unit, metric.formula)).or_default();
        match alike.iter().find(|other| params(other) == params(written)) {
            None => alike.push(written),
            Some(other) => {
                let diagnostic = Diagnostic::new(&codes::SAME_DEFINITION, written.name.span).arg("name", &metric.name);
                found.push(diagnostic.arg("other", &other.name.value).related(other.name.span, "the other one", "另一个"));
            }
        }
    }
}

/// The definitions that were compared with where they were published more than a year before a day.
pub(super) fn cites_aged(file: &ast::File, today: Day) -> Vec<Diagnostic> {
    let cites = file.items.iter().filter_map(|item| match item {
        Item::Metric(metric) => metric.cite.as_ref(),
        Item::Ledger(ledger) => ledger.cite.as_ref(),
        _ => None,
    });
    let checked = cites.filter_map(|cite| cite.checked.as_ref()).filter_map(|text| Some((text.span, Day::parse(&text.value)?)));
    let aged = checked.filter(|(_, day)| day.plus(YEAR_DAYS) < today);
    aged.map(|(span, day)| Diagnostic::new(&codes::CITE_AGED, span).arg("checked", day).arg("today", today)).collect()
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
            Item::Occasion(occasion) => see(&occasion.title),
            Item::Table(table) => see(&table.title),
            Item::Metric(metric) => see(&metric.title),
            Item::Ledger(ledger) => see(&ledger.title),
            Item::Target(target) => see(&target.title),
            Item::Scorecard(card) => {
                see(&card.title);
                card.adjustments.iter().for_each(|line| see(&line.title));
                card.vetoes.iter().for_each(|veto| see(&veto.title));
                card.gates.iter().for_each(|gate| see(&gate.title));
            }
            Item::Alert(alert) => {
                see(&alert.title);
                see(&alert.message);
                alert.exempts.iter().for_each(|exempt| see(&exempt.title));
            }
            Item::Dimension(_) | Item::Feed(_) | Item::Test(_) => {}
        }
    }
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
        Formula::Across(across) => see(&across.of),
        Formula::Parts(parts) => parts.gather == Gather::Sum && see(&parts.part),
        Formula::Over(..)
        | Formula::Adapt(_)
        | Formula::Lookup(_)
        | Formula::Shift(..)
        | Formula::Baseline(..)
        | Formula::Const(_)
        | Formula::Unknown
        | Formula::Subject
        | Formula::Target(_)
        | Formula::Ledger(_)
        | Formula::Score(_)
        | Formula::DaysLeft => false,
    }
}
