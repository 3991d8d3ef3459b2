//! What of a ruleset its tests reach, and what they do not.
//!
//! 1. [`points`] lists everything that a test can reach, in the order of the text: metrics, filters, fields of entities,
//!    segments of curves, additions and deductions, red lines, caps, grades, targets, what unknown does, the changes of
//!    alerts.
//! 2. The tests run and note what they see ([`Seen`]).
//! 3. [`Coverage`] is the one against the other.

use super::seen::{Key, Seen};
use super::{Report, Runner, TestResult};
use crate::compile::constant;
use crate::compile::program::{ENTITY_OWN_FIELDS, Fold, Program, RowExpr, Scalar, Unit};
use crate::diagnostic::{Span, Words};
use crate::syntax::ast::{Alert, Curve, Entity, Expr, ExprKind, File, Hold, Item, Scorecard};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Something that a test can reach.
#[derive(Debug, Clone)]
pub struct Point {
    /// Where it stands.
    pub span: Span,
    /// Its kind: `metric`, `filter`, `field`, `curve`, `adjustment`, `veto`, `withhold`, `mark`, `grade`, `cap`, `target`,
    /// `unknown`, `alert`.
    pub kind: &'static str,
    /// What it is.
    pub what: Words,
    /// Whether a test reached it.
    pub reached: bool,
}

/// What the tests of a ruleset reach.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Everything, in the order of the text.
    pub points: Vec<Point>,
}

impl Coverage {
    /// How many points were reached.
    pub fn reached(&self) -> usize {
        self.points.iter().filter(|point| point.reached).count()
    }
}

/// Runs every `test` of a file and tells what they reach. `program` and `file` come from the same `text`.
pub fn cover(program: &Arc<Program>, file: &File, text: &str) -> (Report, Coverage) {
    let mut seen = Seen::default();
    let mut tests: Vec<TestResult> = Vec::new();
    for item in &file.items {
        if let Item::Test(test) = item {
            let mut runner = Runner { seen: Some(seen), ..Runner::new(program, text) };
            let result = runner.run(test);
            seen = runner.seen.take().unwrap_or_default();
            tests.push(result);
        }
    }
    let points = points(program, file, text);
    let points = points.into_iter().map(|(key, point)| Point { reached: seen.keys.contains(&key), ..point });
    let mut points: Vec<Point> = points.collect();
    points.sort_by_key(|point| point.span);
    (Report { tests }, Coverage { points })
}

/// Everything that a test can reach.
fn points(program: &Program, file: &File, text: &str) -> Vec<(Key, Point)> {
    let mut list = List { program, text, found: Vec::new() };
    for item in &file.items {
        match item {
            Item::Metric(metric) => {
                let name = &metric.name.value;
                list.add(Key::Metric(name.clone()), metric.name.span, "metric", &format!("metric {name}"), "", "");
                list.filters(&metric.formula);
            }
            Item::Ledger(ledger) => {
                let name = &ledger.name.value;
                list.add(Key::Metric(name.clone()), ledger.name.span, "metric", &format!("ledger {name}"), "", "");
                let counted = ledger.entries.iter().map(|entry| entry.each.as_ref().map_or(&entry.amount, |each| &each.of));
                counted.for_each(|formula| list.filters(formula));
            }
            Item::Entity(entity) => list.entity(entity),
            Item::Target(target) => {
                let name = &target.name.value;
                list.add(
                    Key::Target(name.clone()),
                    target.name.span,
                    "target",
                    &format!("target {name}"),
                    "a value against it",
                    "有与之比较的数值",
                );
            }
            Item::Scorecard(card) => list.scorecard(card),
            Item::Alert(alert) => list.alert(alert),
            Item::Param(_)
            | Item::Event(_)
            | Item::Dimension(_)
            | Item::Feed(_)
            | Item::Calendar(_)
            | Item::Occasion(_)
            | Item::Table(_)
            | Item::Test(_) => {}
        }
    }
    list.found
}

struct List<'a> {
    program: &'a Program,
    text: &'a str,
    found: Vec<(Key, Point)>,
}

impl List<'_> {
    /// Adds a point; `en` and `zh` say which side of the thing is meant.
    fn add(&mut self, key: Key, span: Span, kind: &'static str, name: &str, en: &str, zh: &str) {
        if self.found.iter().any(|(known, _)| *known == key) {
            return;
        }
        let what = if en.is_empty() { Words::verbatim(name) } else { Words::new(format!("{name}: {en}"), format!("{name}：{zh}")) };
        self.found.push((key, Point { span, kind, what, reached: false }));
    }

    /// A part of the text on one line.
    fn written(&self, span: Span) -> String {
        let lines = self.text.get(span.range()).unwrap_or_default().lines().map(|line| line.split('#').next().unwrap_or_default());
        lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }

    /// The filters of aggregates in a formula.
    fn filters(&mut self, expr: &Expr) {
        if let ExprKind::Aggregate(aggregate) = &expr.kind
            && let Some(filter) = &aggregate.filter
        {
            let written = self.text.get(expr.span.range()).unwrap_or_default();
            let written = written.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
            // Of equal aggregates one is kept; it has the text of the first.
            if self.program.leaves.iter().any(|leaf| leaf.text == written) {
                self.passing(filter.span, &|passed| Key::Filter(written.clone(), passed));
            }
        }
        inner(expr, &mut |inner| self.filters(inner));
    }

    fn passing(&mut self, span: Span, key: &dyn Fn(bool) -> Key) {
        let name = format!("where {}", self.written(span));
        self.add(key(true), span, "filter", &name, "something that passes", "有通过的");
        self.add(key(false), span, "filter", &name, "something that does not pass", "有未通过的");
    }

    fn entity(&mut self, entity: &Entity) {
        let program = self.program;
        let compiled = program.entities.iter().map(|compiled| (compiled, program.events.get(compiled.event))).enumerate();
        let mut own = compiled.filter_map(|(index, (compiled, decl))| Some((index, compiled, decl?)));
        let Some((index, compiled, decl)) = own.find(|(.., decl)| decl.name == entity.name.value) else { return };
        let filtered: Vec<(usize, &Fold)> = compiled.folds.iter().enumerate().filter(|(_, fold)| has_filter(self.program, fold)).collect();
        let mut filters = Vec::new();
        for (place, field) in entity.fields.iter().enumerate() {
            let place = ENTITY_OWN_FIELDS + place;
            let name = format!("field {}.{}", entity.name.value, field.name.value);
            if decl.fields.get(place).is_some_and(|field| field.unit == Unit::Flag) {
                self.add(Key::Field(index, place, Some(true)), field.name.span, "field", &name, "true", "true");
                self.add(Key::Field(index, place, Some(false)), field.name.span, "field", &name, "false", "false");
            } else {
                self.add(Key::Field(index, place, None), field.name.span, "field", &name, "", "");
            }
            folds(&field.value, &mut filters);
        }
        // Folds are compiled in the order of the text, equal ones once.
        let mut texts: Vec<String> = Vec::new();
        for (fold, filter) in filters {
            let written = self.written(fold);
            if !texts.contains(&written)
                && let Some((at, _)) = filtered.get(texts.len())
            {
                let at = *at;
                self.passing(filter, &|passed| Key::Fold(index, at, passed));
                texts.push(written);
            }
        }
    }

    fn scorecard(&mut self, card: &Scorecard) {
        let name = &card.name.value;
        for (place, kpi) in card.kpis.iter().enumerate() {
            self.curve(&kpi.curve, &format!("{name} kpi {}", kpi.metric.value), &|segment| Key::Segment(name.clone(), place, segment));
        }
        for (place, line) in card.adjustments.iter().enumerate() {
            let text = self.written(line.span);
            let mut add = |key, en, zh| self.add(key, line.span, "adjustment", &text, en, zh);
            add(Key::Adjusted(name.clone(), place, true), "applies", "生效");
            if line.when.is_some() || line.for_each.is_some() {
                add(Key::Adjusted(name.clone(), place, false), "does not apply", "不生效");
            }
            if line.at_most.is_some() {
                add(Key::Limited(name.clone(), place), "reaches its limit", "达到上限");
            }
        }
        for (place, veto) in card.vetoes.iter().enumerate() {
            let text = self.written(veto.span);
            self.add(Key::Veto(name.clone(), place, true), veto.span, "veto", &text, "applies", "生效");
            self.add(Key::Veto(name.clone(), place, false), veto.span, "veto", &text, "does not apply", "不生效");
        }
        for (place, gate) in card.gates.iter().enumerate() {
            let (text, kind) = (self.written(gate.span), if gate.marks { "mark" } else { "withhold" });
            self.add(Key::Gate(name.clone(), place, true), gate.span, kind, &text, "applies", "生效");
            self.add(Key::Gate(name.clone(), place, false), gate.span, kind, &text, "does not apply", "不生效");
        }
        if let Some(policy) = &card.unknown {
            let text = format!("{name} unknown {}", self.written(policy.span));
            self.add(Key::Unknown(name.clone()), policy.span, "unknown", &text, "a KPI without a value", "有数值未知的指标");
        }
        if let Some(cap) = &card.cap {
            let text = format!("{name} cap {}", self.written(cap.span));
            self.add(Key::Capped(name.clone()), cap.span, "cap", &text, "a total that reaches it", "有达到封顶的总分");
        }
        for (place, band) in card.grades.iter().enumerate() {
            self.add(Key::Grade(name.clone(), place), band.grade.span, "grade", &format!("{name} grade {}", band.grade.value), "", "");
        }
    }

    fn curve(&mut self, curve: &Curve, name: &str, key: &dyn Fn(usize) -> Key) {
        let value = |expr: &Expr| match constant(self.program, expr) {
            Ok((Scalar::Number(number), _)) => number,
            _ => Decimal::ZERO,
        };
        let mut points: Vec<_> = curve.points.iter().map(|point| (value(&point.value), point)).collect();
        points.sort_by_key(|(value, _)| *value);
        let texts: Vec<(String, Span)> =
            points.iter().map(|(_, point)| (self.written(point.value.span), point.value.span.to(point.points.span))).collect();
        if let (Some(first), Some(last)) = (texts.first(), texts.last()) {
            let below = curve.below.as_ref().map_or(first.1, |below| below.span);
            let above = curve.above.as_ref().map_or(last.1, |above| above.span);
            self.add(key(0), below, "curve", name, &format!("below {}", first.0), &format!("低于 {}", first.0));
            for (place, (from, to)) in texts.iter().zip(texts.iter().skip(1)).enumerate() {
                let between = format!("{} .. {}", from.0, to.0);
                self.add(key(place + 1), from.1, "curve", name, &between, &between);
            }
            self.add(key(texts.len()), above, "curve", name, &format!("above {}", last.0), &format!("高于 {}", last.0));
        }
    }

    fn alert(&mut self, alert: &Alert) {
        let name = &alert.name.value;
        self.filters(&alert.subject);
        for (place, level) in alert.levels.iter().enumerate() {
            let severity = self.written(level.severity.span);
            let severity = format!("{name} {severity}");
            let mut add = |key, en, zh| self.add(key, level.severity.span, "alert", &severity, en, zh);
            // Periods that are over leave nothing to wait for.
            if level.hold.as_ref().is_some_and(|hold| !matches!(hold.value, Hold::Periods(..))) {
                add(Key::Pending(name.clone(), place), "pending", "待触发");
            }
            add(Key::Firing(name.clone(), place), "firing", "触发");
            add(Key::Resolved(name.clone(), place), "resolved", "恢复");
            self.filters(&level.when);
        }
        if let Some(clear) = &alert.clear {
            let text = format!("{name} clear when {}", self.written(clear.span));
            self.add(Key::Uncleared(name.clone()), clear.span, "alert", &text, "goes on firing until then", "在此之前持续触发");
            self.filters(clear);
        }
        if let Some(policy) = &alert.no_data {
            let text = format!("{name} no data {}", self.written(policy.span));
            self.add(Key::NoData(name.clone()), policy.span, "alert", &text, "an instant without data", "有数据缺失的时刻");
        }
    }
}

/// Whether a fold has a filter of its own: those over entities also have one that says that the thing exists.
fn has_filter(program: &Program, fold: &Fold) -> bool {
    let is_entity = program.events.get(fold.event).is_some_and(|event| event.entity.is_some());
    match &fold.filter {
        None => false,
        Some(RowExpr::And(..)) => true,
        Some(_) => !is_entity,
    }
}

/// The folds with filters in a formula: the span of each and that of its filter.
fn folds(expr: &Expr, found: &mut Vec<(Span, Span)>) {
    if let ExprKind::Fold(fold) = &expr.kind
        && let Some(filter) = &fold.filter
    {
        found.push((expr.span, filter.span));
    }
    inner(expr, &mut |inner| folds(inner, found));
}

/// Visits the parts of a formula outside of aggregates.
fn inner(expr: &Expr, visit: &mut dyn FnMut(&Expr)) {
    match &expr.kind {
        ExprKind::Negate(a)
        | ExprKind::Not(a)
        | ExprKind::StartsWith(a, _)
        | ExprKind::In(a, _)
        | ExprKind::IsUnknown(a, _)
        | ExprKind::Over(a, _)
        | ExprKind::OverOccasion(a, _)
        | ExprKind::Shift(a, _)
        | ExprKind::Across(a, _)
        | ExprKind::Convert(a, _)
        | ExprKind::Baseline(_, a, _) => visit(a),
        ExprKind::Parts(parts) => parts.filter.iter().chain([&parts.part]).for_each(visit),
        ExprKind::Adapt(adapt) => [&adapt.by.when, &adapt.inner].into_iter().for_each(visit),
        ExprKind::Bands(bands) => visit(&bands.value),
        ExprKind::Binary(_, a, b) => {
            visit(a);
            visit(b);
        }
        ExprKind::WorkTime(time) => {
            visit(&time.from);
            visit(&time.to);
        }
        ExprKind::Call(_, list) => list.iter().for_each(visit),
        _ => {}
    }
}
