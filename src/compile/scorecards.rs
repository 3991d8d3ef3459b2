//! Scorecards: KPIs and their curves, additions, vetoes, grades, payout.
//!
//! 1. The scope and every KPI: its metric, window, weight and curve.
//! 2. Additions and deductions, then vetoes.
//! 3. Grades from the best to the worst, each with its payout (`payouts`).
//!
//! A card that does not say what an unknown KPI does withholds the score: nobody is paid by a number that is not there.

use super::calendars::schedule;
use super::formula::FormulaPlace;
use super::occasions::occasion_window;
use super::payouts::Paid;
use super::plan::Scope;
use super::program::{
    Adjustment, Curve, Formula, Gate, Grade, Kpi, Metric, MetricIdx, Scalar, Scorecard, Sheet, Unit, UnknownPolicy, Verdict, Veto, Window,
};
use super::references::Kind;
use super::units::{Type, is_measure, is_plain, like, name};
use super::window::{grain, window};
use super::{Compiler, Seen, texts};
use crate::diagnostic::codes::{compile as codes, watch};
use crate::diagnostic::{Diagnostic, Fix, Span, Spanned, Words};
use crate::syntax::ast::{self, Item};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The largest number of points, weight or coefficient.
const POINTS_MAX: Decimal = Decimal::ONE_THOUSAND;

impl Compiler<'_> {
    /// Compiles the scorecards.
    pub(super) fn scorecards(&mut self, file: &ast::File, metrics: &[Metric]) -> Vec<(Scope, Scorecard)> {
        let cards: Vec<&ast::Scorecard> =
            file.items.iter().filter_map(|item| if let Item::Scorecard(card) = item { Some(card) } else { None }).collect();
        self.named_cards(&cards);
        let mut compiled: Vec<(Scope, Scorecard)> = cards.iter().map(|card| self.stated_card(card, metrics)).collect();
        self.scores_of_cards(&cards, &compiled, metrics);
        for (_, card) in &mut compiled {
            card.leaves = self.names.cards.get(&card.name).map(|named| named.leaves.iter().copied().collect()).unwrap_or_default();
        }
        compiled
    }

    /// A card with the values of the params that it states.
    fn stated_card(&mut self, card: &ast::Scorecard, metrics: &[Metric]) -> (Scope, Scorecard) {
        if card.stated.is_empty() {
            return self.scorecard(card, metrics);
        }
        let values: BTreeMap<Span, Option<Decimal>> = card.stated.iter().map(|name| (name.span, self.stated(name))).collect();
        let mut stated = card.clone();
        for amount in stated.amounts() {
            if let Some(Some(value)) = values.get(&amount.span) {
                amount.value = *value;
            }
        }
        let first = self.errors.len();
        let compiled = self.scorecard(&stated, metrics);
        // Nothing can be said of a number that is not known.
        let unknown = |error: &Diagnostic| error.span.is_some_and(|span| values.get(&span) == Some(&None));
        let found = self.errors.split_off(first.min(self.errors.len()));
        self.errors.extend(found.into_iter().filter(|error| !unknown(error)));
        compiled
    }

    /// The number that a param is.
    fn stated(&mut self, word: &ast::Ident) -> Option<Decimal> {
        let Some(param) = self.names.params.get(&word.value).cloned() else {
            let known = self.names.params.keys().map(String::as_str);
            self.errors.push(self.names.unknown(&codes::UNKNOWN_NAME, &word.value, word.span, known));
            return None;
        };
        self.names.uses_param(&word.value, word.span);
        match param? {
            (Scalar::Number(value), unit) if is_plain(&unit) => Some(value),
            (_, unit) => {
                self.errors.push(Diagnostic::new(&watch::STATED_UNIT, word.span).arg("name", &word.value).arg("unit", name(&unit)));
                None
            }
        }
    }

    fn scorecard(&mut self, card: &ast::Scorecard, metrics: &[Metric]) -> (Scope, Scorecard) {
        let mut scope = self.scope(&card.per);
        if card.kpis.is_empty() {
            self.errors.push(Diagnostic::new(&codes::NO_KPIS, card.name.span).arg("name", &card.name.value));
        }
        let mut seen: BTreeMap<(MetricIdx, String), Span> = BTreeMap::new();
        let mut kpis = Vec::new();
        for kpi in &card.kpis {
            let Some(compiled) = self.kpi(kpi, metrics, &mut scope) else {
                self.whole = false;
                continue;
            };
            if let Some(first) = seen.insert((compiled.metric, format!("{:?} {:?}", compiled.window, compiled.formula)), kpi.metric.span) {
                let diagnostic = Diagnostic::new(&codes::KPI_TWICE, kpi.metric.span).arg("name", &kpi.metric.value);
                self.errors.push(diagnostic.related(first, "it stands here too", "也出现在此处"));
            }
            kpis.push(compiled);
        }
        let adjustments = card.adjustments.iter().filter_map(|line| self.adjustment(line, metrics, &mut scope)).collect();
        let ranking = card.ranking.as_ref().map(|ranking| self.ranking(ranking, &mut scope, metrics));
        self.whole &= !matches!(ranking, Some(None));
        let ranking = ranking.flatten();
        let paid = self.payout_base(card, metrics, &mut scope);
        let grades = self.grades(card, &paid);
        for grade in card.vetoes.iter().filter_map(|veto| veto.then.grade()).chain(card.payout.iter().map(|payout| &payout.grade)) {
            self.names.uses.saw_grade(&card.name.value, &grade.value, grade.span);
        }
        let vetoes = card.vetoes.iter().filter_map(|veto| self.veto(veto, &grades, metrics, &mut scope)).collect();
        let gates = card.gates.iter().filter_map(|line| self.gate(line, metrics, &mut scope)).collect();
        if let Some(cap) = &card.cap {
            self.positive(cap, "cap");
        }
        let schedule = card.evaluated.as_ref().map(schedule).transpose();
        let schedule = schedule.unwrap_or_else(|diagnostic| {
            self.errors.push(diagnostic);
            None
        });
        let unknown = match card.unknown.as_ref().map(|policy| policy.value) {
            Some(ast::UnknownPolicy::Reweight) => UnknownPolicy::Reweight,
            Some(ast::UnknownPolicy::Zero) => UnknownPolicy::Zero,
            Some(ast::UnknownPolicy::Withhold) | None => UnknownPolicy::Withhold,
        };
        let compiled = Scorecard {
            name: card.name.value.clone(),
            title: texts(&card.title, &card.name.value),
            grouping: 0,
            every: grain(card.every.value),
            kpis,
            adjustments,
            vetoes,
            gates,
            unknown,
            cap: card.cap.as_ref().map(|cap| cap.value),
            grades,
            ranking,
            payout_base: paid.base,
            payout_unit: paid.unit,
            schedule,
            schedule_text: card.evaluated.as_ref().map(|schedule| self.written(schedule.span)).unwrap_or_default(),
            leaves: Vec::new(),
            sheet: Sheet::default(),
        };
        (scope, compiled)
    }

    fn kpi(&mut self, kpi: &ast::Kpi, metrics: &[Metric], scope: &mut Scope) -> Option<Kpi> {
        let volume = match (&kpi.volume, &kpi.window) {
            (Some(by), Some(otherwise)) => Some(self.volume(by, otherwise, metrics, scope)),
            _ => None,
        };
        let plain = kpi.window.as_ref().filter(|_| kpi.volume.is_none());
        let window = match &kpi.occasion {
            Some(at) => occasion_window(&self.names, &mut self.errors, at).flatten().map(|window| Some(Window::Occasion(window))),
            None => plain.map(window).transpose().map_err(|diagnostic| self.errors.push(diagnostic)).ok(),
        };
        self.positive(&kpi.weight, "weight");
        let word = &kpi.metric;
        let found = self.names.metrics.get(&word.value).cloned();
        self.names.uses.saw(Kind::Metric, &word.value, word.span);
        if found.is_none() {
            let known = self.names.metrics.keys().map(String::as_str);
            self.errors.push(self.names.unknown(&codes::UNKNOWN_METRIC, &word.value, word.span, known));
        }
        let metric = found.flatten().and_then(|(idx, _)| metrics.get(idx).map(|metric| (idx, metric)));
        if let Some((_, metric)) = metric {
            self.within_scope(scope, &metric.formula, metrics, word.span);
            self.looked_up_within(scope, &metric.formula, metrics, word.span);
            if !is_measure(&metric.unit) {
                let diagnostic = Diagnostic::new(&codes::NUMBER_NEEDED, word.span).arg("what", format!("`{}`", word.value));
                self.errors.push(diagnostic.arg("unit", name(&metric.unit)));
            }
        }
        let formula = match (kpi.attainment, metric) {
            (Some(span), Some(_)) => self.attainment(word, span),
            (_, metric) => metric.map(|(idx, metric)| (Formula::Metric(idx), metric.unit.clone())),
        };
        let unit = formula.as_ref().map(|(_, unit)| unit).filter(|unit| is_measure(unit));
        let curve = self.curve(&kpi.curve, unit, &word.value);
        let (metric, _) = metric?;
        let (formula, unit) = formula?;
        let formula = match volume {
            Some(volume) => volume?.around(formula),
            None => formula,
        };
        let (name, text) = match kpi.attainment {
            Some(_) => (format!("attainment({0})", word.value), format!("{0} / target({0})", word.value)),
            None => (word.value.clone(), metrics.get(metric).map(|metric| metric.text.clone()).unwrap_or_default()),
        };
        Some(Kpi { metric, formula, unit, name, text, window: window?, weight: kpi.weight.value, curve: curve? })
    }

    /// What `score attainment` is about.
    fn attainment(&mut self, metric: &ast::Ident, span: crate::diagnostic::Span) -> Option<(Formula, Unit)> {
        let function = ast::Ident { value: "attainment".to_owned(), span };
        let arg = ast::Expr { kind: ast::ExprKind::Name(metric.value.clone()), span: metric.span };
        let place = &mut FormulaPlace::formulas(&self.names, &mut self.errors, self.text, &mut self.leaves);
        let typed = place.of_target(&function, &arg, None)?;
        Some((typed.node, typed.ty.unit()))
    }

    /// Checks a curve; the unit is None when the metric's is not known.
    fn curve(&mut self, curve: &ast::Curve, unit: Option<&Unit>, metric: &str) -> Option<Curve> {
        for points in [&curve.below, &curve.above].into_iter().flatten() {
            self.bounded_points(points);
        }
        if curve.points.is_empty() {
            self.errors.push(Diagnostic::new(&codes::CURVE_EMPTY, curve.span));
            return None;
        }
        let mut whole = true;
        let mut points: Vec<(Decimal, Decimal)> = Vec::new();
        let mut rising = None;
        for point in &curve.points {
            self.bounded_points(&point.points);
            let Some(value) = self.curve_value(point, unit, metric) else {
                whole = false;
                continue;
            };
            if let Some((before, _)) = points.last() {
                let rises = value > *before;
                if value == *before || rising.is_some_and(|rising| rising != rises) {
                    self.errors.push(out_of_order(self.text, &point.value, value == *before));
                    whole = false;
                    break;
                }
                rising = Some(rises);
            }
            points.push((value, point.points.value));
        }
        points.sort_by_key(|(value, _)| *value);
        let value_of = |points: &Option<Spanned<Decimal>>| points.as_ref().map(|points| points.value);
        whole.then(|| Curve { below: value_of(&curve.below), points, above: value_of(&curve.above) })
    }

    fn curve_value(&mut self, point: &ast::CurvePoint, unit: Option<&Unit>, metric: &str) -> Option<Decimal> {
        let place = &mut FormulaPlace::constants(&self.names, &mut self.errors, self.text);
        let (value, ty) = place.constant(&point.value)?;
        let unit = unit?;
        match value {
            Scalar::Number(value) if like(&Type::Is(unit.clone()), &ty).is_some() => Some(value),
            _ => {
                let diagnostic = Diagnostic::new(&codes::CURVE_UNIT, point.value.span).arg("name", metric);
                self.errors.push(diagnostic.arg("left", name(unit)).arg("right", ty.name()));
                None
            }
        }
    }

    fn bounded_points(&mut self, points: &Spanned<Decimal>) {
        self.between(points, Words::new("points", "分数"), -POINTS_MAX);
    }

    pub(super) fn between(&mut self, number: &Spanned<Decimal>, what: Words, least: Decimal) {
        if number.value < least || number.value > POINTS_MAX {
            let diagnostic = Diagnostic::new(&codes::POINTS_RANGE, number.span).what(what);
            self.errors.push(diagnostic.arg("least", least).arg("most", POINTS_MAX));
        }
    }

    fn positive(&mut self, number: &Spanned<Decimal>, what: &str) {
        if number.value <= Decimal::ZERO || number.value > POINTS_MAX {
            self.errors.push(Diagnostic::new(&codes::NOT_POSITIVE, number.span).arg("what", what));
        }
    }

    fn adjustment(&mut self, line: &ast::Adjustment, metrics: &[Metric], scope: &mut Scope) -> Option<Adjustment> {
        self.positive(&line.points, if line.deduct { "deduct" } else { "add" });
        if let Some(at_most) = &line.at_most {
            self.positive(at_most, "at most");
        }
        let for_each = line.for_each.as_ref().map(|expr| {
            let typed = FormulaPlace::scored(&self.names, &mut self.errors, self.text, &mut self.leaves).formula(expr)?;
            if !is_plain(&typed.ty.unit()) && typed.ty.unit() != Unit::Percent {
                let diagnostic = Diagnostic::new(&codes::NUMBER_NEEDED, expr.span).arg("what", "for each");
                self.errors.push(diagnostic.arg("unit", typed.ty.name()));
                return None;
            }
            self.within_scope(scope, &typed.node, metrics, expr.span);
            self.looked_up_within(scope, &typed.node, metrics, expr.span);
            Some(typed.node)
        });
        let when = line.when.as_ref().map(|expr| self.scoped_condition(expr, metrics, scope));
        let (for_each, when) = (for_each.map_or(Some(None), |f| f.map(Some)), when.map_or(Some(None), |f| f.map(Some)));
        self.whole &= for_each.is_some() && when.is_some();
        let sign = if line.deduct { -Decimal::ONE } else { Decimal::ONE };
        Some(Adjustment {
            points: sign * line.points.value,
            for_each: for_each?,
            at_most: line.at_most.as_ref().map(|at_most| at_most.value),
            when: when?,
            text: self.written(line.span),
            title: texts(&line.title, if line.deduct { "deduct" } else { "add" }),
        })
    }

    /// A condition whose metrics must be known per scope.
    fn scoped_condition(&mut self, expr: &ast::Expr, metrics: &[Metric], scope: &mut Scope) -> Option<Formula> {
        let formula = FormulaPlace::scored(&self.names, &mut self.errors, self.text, &mut self.leaves).condition(expr);
        self.whole &= formula.is_some();
        let formula = formula?;
        self.within_scope(scope, &formula, metrics, expr.span);
        self.looked_up_within(scope, &formula, metrics, expr.span);
        Some(formula)
    }

    fn veto(&mut self, veto: &ast::Veto, grades: &[Grade], metrics: &[Metric], scope: &mut Scope) -> Option<Veto> {
        let when = self.scoped_condition(&veto.when, metrics, scope);
        let then = match &veto.then {
            ast::Verdict::Grade(grade) => self.forced_grade(grade, grades).map(Verdict::Grade),
            ast::Verdict::Score(points) => {
                self.bounded_points(points);
                Some(Verdict::Score(points.value))
            }
        };
        Some(Veto { when: when?, text: self.written(veto.span), then: then?, title: texts(&veto.title, "veto") })
    }

    /// The place of the grade that a veto forces.
    fn forced_grade(&mut self, word: &ast::Ident, grades: &[Grade]) -> Option<usize> {
        let grade = grades.iter().position(|grade| grade.name == word.value);
        if grades.is_empty() {
            self.errors.push(Diagnostic::new(&codes::NO_GRADES, word.span).arg("what", "veto"));
        } else if grade.is_none() {
            let known = grades.iter().map(|grade| grade.name.as_str());
            let mut mistake = self.names.unknown(&codes::UNKNOWN_GRADE, &word.value, word.span, known);
            // One letter is near to any other; what a veto gives is the worst grade.
            if word.value.chars().count() == 1 {
                mistake.fixes = grades.last().map(|worst| Fix { span: word.span, replacement: worst.name.clone() }).into_iter().collect();
            }
            self.errors.push(mistake);
        }
        grade
    }

    fn gate(&mut self, line: &ast::Gate, metrics: &[Metric], scope: &mut Scope) -> Option<Gate> {
        let when = self.scoped_condition(&line.when, metrics, scope)?;
        let text = self.written(line.span);
        Some(Gate { when, marks: line.marks, title: texts(&line.title, &text), text })
    }

    fn grades(&mut self, card: &ast::Scorecard, paid: &Paid) -> Vec<Grade> {
        let mut seen = Seen::default();
        let mut before: Option<Decimal> = None;
        let mut misplaced = false;
        let mut grades: Vec<Grade> = Vec::new();
        for (position, band) in card.grades.iter().enumerate() {
            if !seen.add(&band.grade, &mut self.errors) {
                continue;
            }
            let is_last = position + 1 == card.grades.len();
            if card.ranking.is_none() && band.at_least.is_some() == is_last {
                // A limit that moved from one grade to another is one mistake.
                if std::mem::replace(&mut misplaced, true) {
                    continue;
                }
                let name = &band.grade.value;
                let reason = match &band.at_least {
                    Some(limit) => Words::new(
                        format!("a score just under {0} has no grade, for `{name}` begins at {0}", limit.value),
                        format!("略低于 {0} 的分数没有等级，因为 `{name}` 从 {0} 开始", limit.value),
                    ),
                    None => Words::new(format!("every score is `{name}` at the latest"), format!("任何分数最迟都属于 `{name}`")),
                };
                self.errors.push(Diagnostic::new(&codes::GRADE_LAST, band.grade.span).reason(reason));
            } else if let Some(limit) = &band.at_least {
                self.between(limit, Words::new("limit", "等级的下限"), -POINTS_MAX);
                if before.is_some_and(|before| limit.value >= before) {
                    let diagnostic = Diagnostic::new(&codes::GRADE_ORDER, limit.span).arg("name", &band.grade.value);
                    let better = grades.last().map(|grade| grade.name.clone()).unwrap_or_default();
                    self.errors.push(diagnostic.arg("score", limit.value).arg("before", better));
                }
                before = Some(limit.value);
            }
            let at_least = band.at_least.as_ref().map(|limit| limit.value);
            grades.push(Grade { name: band.grade.value.clone(), at_least, payout: None });
        }
        self.payouts(card, paid, &mut grades);
        grades
    }
}

/// The mistake of a point that does not go on the way of those before it.
pub(super) fn out_of_order(text: &str, value: &ast::Expr, twice: bool) -> Diagnostic {
    let text = text.get(value.span.range()).unwrap_or_default();
    let reason = match twice {
        true => Words::new(format!("two points stand at `{text}`"), format!("`{text}` 处有两个点")),
        false => Words::new(format!("`{text}` is out of order"), format!("`{text}` 顺序不对")),
    };
    Diagnostic::new(&codes::CURVE_ORDER, value.span).reason(reason)
}
