//! Syntax tree to [`program::Program`]: names, units, cycles, plan order.
//!
//! 1. [`compile`] joins the ruleset with the packages it uses (`packages`), each of which is checked by itself too. It reads
//!    the header, then params, tables, events, entities, hierarchies and feeds (`header`, `tables`, `events`, `zones`,
//!    `entities`, `hierarchies`, `feeds`).
//! 2. Metrics and ledgers come in the order of their need (`metrics`, `ledgers`); their aggregates become leaves (`aggregate`, `row`), their
//!    formulas are checked for units (`expr`, `formula`, `units`).
//! 3. Targets say what is expected of metrics (`targets`, `due`). Scorecards and alerts stand on metrics (`scorecards`, `payouts`, `alerts`, `message`).
//! 4. `expectations` checks what `test` blocks speak of. Every name that is resolved on the way is noted
//!    ([`references`]), for those who look a text up rather than run it.
//! 5. `lint` looks at a ruleset without errors for what the trade knows to be wrong.
//! 6. `plan` adds the groupings of every leaf and makes the [`Program`].
//!
//! Every mistake of the text is reported in one run. What is wrong has no unit and no index, and nothing that stands on it
//! is reported again.

mod adapt;
mod aggregate;
mod alerts;
mod bands;
mod before;
mod blame;
mod calendars;
mod cascade;
mod coverage;
mod daily;
mod due;
mod entities;
mod events;
mod expectations;
mod expr;
mod feeds;
mod formula;
mod habits;
mod header;
mod hierarchies;
mod inhibition;
mod ledgers;
mod limits;
mod lint;
mod message;
mod metrics;
mod money;
mod names;
mod nested;
mod occasions;
mod packages;
mod payouts;
mod plan;
mod preference;
pub mod program;
mod query;
mod ranking;
mod reckoning;
pub mod references;
mod rests;
mod row;
mod scorecards;
mod scores;
mod surplus;
mod tables;
mod targets;
mod told;
mod units;
mod unknowns;
mod window;
mod zones;

pub use occasions::occasion;
pub use query::{constant, expression, targets_in};
pub use window::window;

use crate::diagnostic::codes::{compile as codes, package, syntax};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::DIAGNOSTICS_MAX;
use crate::syntax::ast::{self, Ident, Item, Text};
use crate::syntax::parse::parse;
use crate::time::Day;
use aggregate::Leaves;
use blame::Blame;
use cascade::Damage;
use formula::FormulaPlace;
use names::{Names, Suggestions};
use packages::Whole;
use program::{AlertRule, DimIdx, Entity, Metric, Program, Scalar, Scorecard, Target, Unit};
use references::References;
use rests::Rests;
use std::collections::BTreeMap;
use units::Type;

/// What became of a text.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The ruleset; None when there is any error.
    pub program: Option<Program>,
    /// Errors and warnings, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Where names are declared and used.
    pub references: References,
}

/// Parses and compiles a text: all its mistakes in one run.
pub fn check(text: &str) -> Compiled {
    read(text).1
}

/// The same, with the tree of what could be read.
pub fn read(text: &str) -> (ast::File, Compiled) {
    let parsed = parse(text);
    if !parsed.whole {
        let compiled = Compiled { program: None, diagnostics: parsed.diagnostics, references: References::default() };
        return (parsed.file, compiled);
    }
    let mut compiled = compile(&parsed.file, text);
    if parsed.diagnostics.iter().any(Diagnostic::is_error) {
        let damage = Damage::of(&parsed, text);
        compiled.diagnostics.retain(|diagnostic| !damage.explains(diagnostic));
    }
    compiled.diagnostics.extend(parsed.diagnostics);
    if compiled.diagnostics.iter().any(Diagnostic::is_error) {
        compiled.program = None;
    }
    compiled.diagnostics = in_order(compiled.diagnostics);
    (parsed.file, compiled)
}

/// The diagnostics by place, those about no place last, and no more of them than anybody reads.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.is_none(), diagnostic.span));
    // A clock is looked up by every aggregate of its metric, and may be wrong for each in the same way.
    diagnostics.dedup_by(|a, b| a.code.id == b.code.id && a.span == b.span && a.args == b.args);
    let told = diagnostics.iter().any(|diagnostic| diagnostic.code.id == syntax::TOO_MANY.id);
    if diagnostics.len() > DIAGNOSTICS_MAX && !told {
        diagnostics.truncate(DIAGNOSTICS_MAX);
        diagnostics.push(Diagnostic::general(&syntax::TOO_MANY).arg("limit", DIAGNOSTICS_MAX));
    }
    diagnostics
}

/// What has not been checked for more than a year before `today`, though it still counts: the thresholds of tables and the
/// definitions of metrics, those of packages too; and the calendars that end soon.
pub fn aged(text: &str, today: Day) -> Vec<Diagnostic> {
    let aged = |file: &ast::File| [tables::aged(file, today), lint::cites_aged(file, today), calendars::ending(file, today)].concat();
    parse(text).file.files().flat_map(aged).collect()
}

/// The declarations of a ruleset and of the packages it uses, with what it sets of them, as one tree. A package that is
/// missing leaves the ruleset alone.
pub fn joined(file: &ast::File) -> ast::File {
    packages::link(file).map_or_else(|_| file.clone(), |linked| linked.whole.file.into_owned())
}

/// Compiles the tree of a text: the ruleset with the packages it uses.
pub fn compile(file: &ast::File, text: &str) -> Compiled {
    let linked = match packages::link(file) {
        Ok(linked) => linked,
        // Nothing is said of names that a missing package may declare; those that are there are known.
        Err(errors) => return Compiled { program: None, diagnostics: in_order(errors), ..whole(&Whole::alone(file), text) },
    };
    let mut diagnostics = linked.errors;
    let mut blame = Blame::new(file, text);
    let by_package: Vec<(&Whole, Compiled)> = linked.packages.iter().map(|package| (package, whole(package, text))).collect();
    by_package.iter().for_each(|(package, compiled)| blame.note(&package.file, &compiled.diagnostics));
    for (package, compiled) in by_package {
        let rests = Rests::new(package, &compiled.references);
        let errors = compiled.diagnostics.into_iter().filter(Diagnostic::is_error);
        diagnostics.extend(errors.map(|found| blame.at_setting(found, package, &rests)));
    }
    let behind = file.packages.first().and_then(|package| package.header.as_ref()).map_or(u32::MAX, |header| header.span.start);
    let compiled = whole(&linked.whole, text);
    // What the trade knows to be wrong with a package is told to who checks the package, unless a setting of ours makes it wrong.
    let ours = |found: &Diagnostic| found.is_error() || found.span.is_none_or(|span| span.start < behind);
    let rests = Rests::new(&linked.whole, &compiled.references);
    diagnostics.extend(compiled.diagnostics.into_iter().filter_map(|found| match ours(&found) {
        true => Some(blame.at_setting(found, &linked.whole, &rests)),
        false => blame.proof_of_setting(found, &rests).filter(ours),
    }));
    let program = compiled.program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    Compiled { program, diagnostics: in_order(diagnostics), references: compiled.references }
}

/// Compiles a ruleset that stands by itself.
fn whole(whole: &Whole, text: &str) -> Compiled {
    let file: &ast::File = &whole.file;
    let mut errors = limits::limits(file);
    if !errors.is_empty() {
        return Compiled { program: None, diagnostics: errors, references: References::default() };
    }
    let suggestions = Suggestions::default();
    let header = header::header(file.header.as_ref(), &suggestions, &mut errors);
    let mut compiler = Compiler {
        text,
        names: Names { currency: header.currency.clone(), ..Names::new(header.zone.clone()) },
        errors,
        leaves: Leaves::default(),
        currency: header.currency.clone(),
        whole: file.header.is_some(),
    };
    compiler.declared_once(file);
    whole.named.iter().for_each(|(kind, name)| compiler.names.uses.saw(*kind, &name.value, name.span));
    let params = compiler.params(file, &whole.values);
    compiler.tables(file);
    compiler.calendars(file);
    compiler.occasions(file);
    compiler.events(file);
    compiler.told_tables(file);
    compiler.zones(file);
    let entities = compiler.entities(file);
    compiler.hierarchies(file);
    let feeds = compiler.feeds(file);
    compiler.named_targets(file);
    let metrics = compiler.metrics(file);
    let targets = compiler.targets(file, &metrics, header.reckoning);
    let scorecards = compiler.scorecards(file, &metrics);
    let alerts = compiler.alerts(file, &metrics);
    let ruleset = Rules {
        file,
        metrics: &metrics,
        scorecards: scorecards.iter().map(|(_, card)| card).collect(),
        card_scopes: scorecards.iter().map(|(scope, _)| scope.dims.as_slice()).collect(),
        alerts: alerts.iter().map(|(_, rule)| rule).collect(),
        scopes: alerts.iter().map(|(scope, _)| scope.dims.as_slice()).collect(),
        targets: &targets,
        entities: &entities,
    };
    compiler.expectations(&ruleset, header.reckoning);
    let references = References::new(file, &compiler.names);
    let usable = compiler.whole && compiler.errors.is_empty();
    if usable {
        compiler.lint(&ruleset, &Rests::new(whole, &references));
    }
    let diagnostics = std::mem::take(&mut compiler.errors);
    let program = usable.then(|| compiler.program(header, plan::Parts { params, entities, feeds, metrics, targets, scorecards, alerts }));
    Compiled { program, diagnostics: in_order(diagnostics), references }
}

/// The rules of a file, as far as they are right.
struct Rules<'c> {
    file: &'c ast::File,
    metrics: &'c [Metric],
    scorecards: Vec<&'c Scorecard>,
    /// The dimensions of the scopes of each card.
    card_scopes: Vec<&'c [DimIdx]>,
    alerts: Vec<&'c AlertRule>,
    /// The dimensions of the scopes of each alert.
    scopes: Vec<&'c [DimIdx]>,
    targets: &'c [Target],
    entities: &'c [Entity],
}

/// The state of one compilation.
struct Compiler<'a> {
    text: &'a str,
    names: Names,
    errors: Vec<Diagnostic>,
    leaves: Leaves,
    /// The ruleset's currency; None when the header states none.
    currency: Option<String>,
    /// False when a part was left out without a diagnostic of ours, because the parser gave one.
    whole: bool,
}

impl Compiler<'_> {
    /// A part of the text, on one line and with single spaces outside of quotes.
    fn written(&self, span: Span) -> String {
        let line = aggregate::one_line(self.text.get(span.range()).unwrap_or(""));
        let parts = line.split('"').enumerate().map(|(index, part)| match index % 2 {
            0 => collapsed(part),
            _ => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("\"")
    }

    /// Reports names that are declared twice, and names that are words of the language.
    fn declared_once(&mut self, file: &ast::File) {
        let (mut formulas, mut scorecards, mut alerts) = (Seen::default(), Seen::default(), Seen::default());
        let (mut feeds, mut targets, mut calendars, mut occasions) = (Seen::default(), Seen::default(), Seen::default(), Seen::default());
        for item in &file.items {
            let (name, seen) = match item {
                Item::Param(param) => (&param.name, &mut formulas),
                Item::Event(event) => (&event.name, &mut formulas),
                Item::Entity(entity) => (&entity.name, &mut formulas),
                Item::Metric(metric) => (&metric.name, &mut formulas),
                Item::Ledger(ledger) => (&ledger.name, &mut formulas),
                Item::Table(table) => (&table.name, &mut formulas),
                Item::Feed(feed) => (&feed.name, &mut feeds),
                Item::Occasion(occasion) => (&occasion.name, &mut occasions),
                Item::Calendar(calendar) => (&calendar.name, &mut calendars),
                Item::Target(target) => (&target.name, &mut targets),
                Item::Scorecard(card) => (&card.name, &mut scorecards),
                Item::Alert(alert) => (&alert.name, &mut alerts),
                Item::Dimension(_) | Item::Test(_) => continue,
            };
            seen.add(name, &mut self.errors);
            let in_formulas =
                !matches!(item, Item::Dimension(_) | Item::Feed(_) | Item::Target(_) | Item::Scorecard(_) | Item::Alert(_) | Item::Test(_));
            if in_formulas && is_reserved(&name.value) {
                self.errors.push(Diagnostic::new(&codes::RESERVED, name.span).arg("name", &name.value));
            }
        }
    }

    /// Computes the params, in the order of the text. What a `use` sets has the unit that the package declares.
    fn params(&mut self, file: &ast::File, set: &BTreeMap<&str, &ast::Expr>) -> Vec<program::Param> {
        let declared = || file.items.iter().filter_map(|item| if let Item::Param(param) = item { Some(param) } else { None });
        self.names.all_params = declared().map(|param| param.name.value.clone()).collect();
        // Metrics and events are known as names here, so that using one says that a constant is needed.
        for item in &file.items {
            match item {
                Item::Metric(metric) => drop(self.names.metrics.insert(metric.name.value.clone(), None)),
                Item::Ledger(ledger) => drop(self.names.metrics.insert(ledger.name.value.clone(), None)),
                Item::Event(event) => drop(self.names.event_idx.insert(event.name.value.clone(), usize::MAX)),
                Item::Table(table) => drop(self.names.tables.insert(table.name.value.clone(), None)),
                Item::Entity(entity) => drop(self.names.event_idx.insert(entity.name.value.clone(), usize::MAX)),
                _ => {}
            }
        }
        let mut params = Vec::new();
        for param in declared() {
            let value = FormulaPlace::constants(&self.names, &mut self.errors, self.text).constant(&param.value);
            self.whole &= value.is_some();
            let mut value = value.map(|(value, ty)| (value, ty.unit()));
            if let Some(expr) = set.get(param.name.value.as_str()) {
                value = value.and_then(|(_, unit)| self.set_param(&param.name.value, unit, expr));
            }
            if self.names.params.contains_key(&param.name.value) {
                continue;
            }
            self.names.params.insert(param.name.value.clone(), value.clone());
            if let Some((value, unit)) = value {
                params.push(program::Param { name: param.name.value.clone(), title: texts(&param.title, &param.name.value), unit, value });
            }
        }
        params
    }

    /// What a `use` sets a param to: a value of the unit that the package declares.
    fn set_param(&mut self, name: &str, unit: Unit, expr: &ast::Expr) -> Option<(Scalar, Unit)> {
        let constant = FormulaPlace::constants(&self.names, &mut self.errors, self.text).constant(expr);
        self.whole &= constant.is_some();
        let (value, ty) = constant?;
        match (&unit, &ty) {
            // A limit in another currency; where it is used says whether that fits.
            (Unit::Money(_), Type::Is(found @ Unit::Money(_))) => return Some((value, found.clone())),
            (declared, found) if units::like(&Type::Is(declared.clone()), found).is_some() => {}
            (declared, found) => {
                let mistake = Diagnostic::new(&package::SET_UNIT, expr.span).arg("name", name);
                self.errors.push(mistake.arg("unit", units::name(declared)).arg("found", found.name()));
                return None;
            }
        }
        Some((value, unit))
    }
}

/// Names that were declared, each with its first place.
#[derive(Default)]
struct Seen<'f> {
    first: BTreeMap<&'f str, Span>,
}

impl<'f> Seen<'f> {
    /// Reports a name that was there before; true for a new one.
    fn add(&mut self, name: &'f Ident, errors: &mut Vec<Diagnostic>) -> bool {
        // A name that the parser could not find.
        if name.value.is_empty() {
            return true;
        }
        if let Some(first) = self.first.get(name.value.as_str()) {
            let diagnostic = Diagnostic::new(&codes::DUPLICATE, name.span).arg("name", &name.value);
            errors.push(diagnostic.related(*first, "first declared here", "首次声明在此"));
            return false;
        }
        self.first.insert(&name.value, name.span);
        true
    }
}

/// Words that mean something wherever formulas and messages stand. The parser refuses operators as names by itself.
fn is_reserved(name: &str) -> bool {
    formula::is_function(name) || message::OWN_PLACEHOLDERS.contains(&name) || name == "time"
}

/// A text without a space behind a space.
fn collapsed(text: &str) -> String {
    let mut before = None;
    text.chars().filter(|c| before.replace(*c) != Some(' ') || *c != ' ').collect()
}

/// A text in both languages; the name stands in for a missing one.
fn texts(text: &Text, name: &str) -> program::Text {
    let zh = text.zh.as_ref().map(|zh| zh.value.clone());
    let en = text.en.as_ref().map(|en| en.value.clone()).or_else(|| zh.clone());
    program::Text { en: en.unwrap_or_else(|| name.to_owned()), zh }
}

#[cfg(test)]
mod tests;
