//! Targets: amounts of periods at scopes, and how they are split and divided.
//!
//! 1. [`Compiler::named_targets`] notes which metrics have a target, before any formula asks for one.
//! 2. Once the metrics are known, [`Compiler::targets`] checks each line: unit, period, scope, step.
//! 3. Lines of one scope and time must be versions of one amount ([`overlaps`]).
//! 4. Splits go from long parts to short ones, with a weight for every part; divisions name values of a dimension.

use super::formula::FormulaPlace;
use super::occasions::occasion_named;
use super::plan::Scope;
use super::program::{DimIdx, Division, Formula, Metric, MetricIdx, Scalar, Split, SplitBy, Target, TargetIdx, TargetRow, Unit};
use super::references::Kind;
use super::units::{Type, is_plain, like, name};
use super::window::grain;
use super::{Compiler, texts};
use crate::diagnostic::codes::{compile, target as codes, told};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{self, Item};
use crate::time::{Day, Grain, Period, Reckoning};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// A metric's target as formulas know it.
#[derive(Debug, Clone)]
pub(super) struct NamedTarget {
    /// Its place among the targets.
    pub(super) idx: TargetIdx,
    /// The metrics whose history it follows.
    pub(super) likes: Vec<String>,
    /// Its dimensions. Sorted.
    pub(super) dims: Vec<DimIdx>,
}

/// A line and where it stands.
struct Line {
    row: TargetRow,
    span: Span,
}

impl Compiler<'_> {
    /// Notes which metrics have targets.
    pub(super) fn named_targets(&mut self, file: &ast::File) {
        for (idx, target) in declared(file).enumerate() {
            let like = |split: &ast::Split| match &split.by {
                ast::SplitBy::Like(metric, _) => Some(metric.value.clone()),
                ast::SplitBy::Weights(_) => None,
            };
            let likes = target.splits.iter().filter_map(like).collect();
            let dims: BTreeSet<DimIdx> = target.per.iter().filter_map(|dim| self.names.dims.binary_search(&dim.value).ok()).collect();
            let named = NamedTarget { idx, likes, dims: dims.into_iter().collect() };
            self.names.targets.entry(target.name.value.clone()).or_insert(named);
        }
    }

    /// Compiles the targets; those with mistakes are left out.
    pub(super) fn targets(&mut self, file: &ast::File, metrics: &[Metric], reckoning: Reckoning) -> Vec<Target> {
        let mut targets = Vec::new();
        for target in declared(file) {
            match self.target(target, metrics, reckoning) {
                Some(compiled) => targets.push(compiled),
                None => self.whole = false,
            }
        }
        targets
    }

    fn target(&mut self, target: &ast::Target, metrics: &[Metric], reckoning: Reckoning) -> Option<Target> {
        let mut scope = self.scope(&target.per);
        if target.rows.is_empty() && target.told.is_none() {
            self.errors.push(Diagnostic::new(&codes::TARGET_EMPTY, target.name.span).arg("name", &target.name.value));
        }
        let (metric, unit) = self.metric_named(&target.name, metrics, &mut scope)?;
        let adds_up = metrics.get(metric).is_some_and(|metric| metric.adds_up);
        if !adds_up {
            self.refuse_parts(target);
        }
        let step = match &target.step {
            Some(step) => self.step(step, &unit),
            None => Some(smallest(&unit)),
        };
        let lines: Vec<Option<Line>> =
            target.rows.iter().map(|row| self.target_line(row, &target.name.value, &unit, &scope, reckoning)).collect();
        let whole = lines.iter().all(Option::is_some);
        let lines: Vec<Line> = lines.into_iter().flatten().collect();
        if let (true, Some(step)) = (adds_up, step) {
            for line in lines.iter().filter(|line| line.row.value.checked_rem(step).is_none_or(|rest| !rest.is_zero())) {
                self.errors.push(Diagnostic::new(&codes::OFF_STEP, line.span).arg("step", step));
            }
        }
        overlaps(&lines, &mut self.errors);
        let told = target.told.as_ref().map(|told| self.told_amounts(told, (&target.name.value, &unit), &scope));
        self.same_length(target, &lines, reckoning);
        let splits = self.splits(target, &lines, metrics, &mut scope, reckoning);
        let divisions: Vec<_> = target.divisions.iter().map(|division| self.division(division, &scope)).collect();
        if !whole {
            return None;
        }
        let told = match told {
            Some(told) => Some(told?),
            None => None,
        };
        Some(Target {
            metric,
            title: texts(&target.title, &target.name.value),
            dims: scope.dims,
            rows: lines.into_iter().map(|line| line.row).collect(),
            told,
            splits: splits?,
            divisions: divisions.into_iter().collect::<Option<_>>()?,
            step: step?,
            adds_up,
        })
    }

    /// Reports lines and weights that do not fit the periods of which events tell amounts.
    fn same_length(&mut self, target: &ast::Target, lines: &[Line], reckoning: Reckoning) {
        let Some((every, _)) = &target.told else { return };
        let length = grain(every.value);
        for line in lines.iter().filter(|line| line.row.period.grain != length) {
            let diagnostic = Diagnostic::new(&told::TOLD_LENGTH, line.span).arg("period", line.row.period);
            self.errors.push(diagnostic.related(every.span, "what events tell", "事件说明的周期"));
        }
        let any = Period::holding(length, Day(0), reckoning);
        for split in target.splits.iter().filter(|split| matches!(grain(split.grain.value), Grain::Month | Grain::Quarter)) {
            let ast::SplitBy::Weights(weights) = &split.by else { continue };
            let wanted = any.parts(grain(split.grain.value), reckoning).len();
            if lines.is_empty() && grain(split.grain.value) < length && wanted != weights.len() {
                let diagnostic = Diagnostic::new(&codes::SPLIT_COUNT, split.span).arg("period", any).arg("wanted", wanted);
                self.errors.push(diagnostic.arg("found", weights.len()).related(every.span, "what events tell", "事件说明的周期"));
            }
        }
    }

    /// A metric by name, which must be told per the scope; its index and unit.
    fn metric_named(&mut self, word: &ast::Ident, metrics: &[Metric], scope: &mut Scope) -> Option<(MetricIdx, Unit)> {
        let Some(found) = self.names.metrics.get(&word.value).cloned() else {
            let known = self.names.metrics.keys().map(String::as_str);
            self.errors.push(self.names.unknown(&compile::UNKNOWN_METRIC, &word.value, word.span, known));
            return None;
        };
        self.names.uses.saw(Kind::Metric, &word.value, word.span);
        let (idx, unit) = found?;
        self.within_scope(scope, &Formula::Metric(idx), metrics, word.span);
        Some((idx, unit))
    }

    /// Of what does not add up there are no parts.
    fn refuse_parts(&mut self, target: &ast::Target) {
        let splits = target.splits.iter().map(|split| (split.span, "split"));
        let divisions = target.divisions.iter().map(|division| (division.dimension.span, "divide"));
        let steps = target.step.iter().map(|step| (step.span, "step"));
        for (span, what) in splits.chain(divisions).chain(steps) {
            let diagnostic = Diagnostic::new(&codes::NOT_ADDING_UP, span).arg("name", &target.name.value);
            self.errors.push(diagnostic.arg("what", what));
        }
    }

    /// A constant of the target's unit.
    fn amount(&mut self, value: &ast::Expr, unit: &Unit, target: &str) -> Option<Decimal> {
        let (amount, ty) = FormulaPlace::constants(&self.names, &mut self.errors, self.text).constant(value)?;
        match amount {
            Scalar::Number(amount) if self.counts_as(unit, &ty) => Some(amount),
            _ => {
                let diagnostic = Diagnostic::new(&codes::TARGET_UNIT, value.span).arg("name", target);
                self.errors.push(diagnostic.arg("left", name(unit)).arg("right", ty.name()));
                None
            }
        }
    }

    /// Whether a constant is one of this unit. A bare number is money in the currency of the ruleset, so that a package has
    /// targets in that of whoever uses it.
    pub(super) fn counts_as(&self, unit: &Unit, ty: &Type) -> bool {
        let own = matches!(unit, Unit::Money(currency) if self.currency.as_deref() == Some(currency.as_str()));
        like(&Type::Is(unit.clone()), ty).is_some() || own && is_plain(&ty.unit())
    }

    fn step(&mut self, step: &ast::Expr, unit: &Unit) -> Option<Decimal> {
        let (value, ty) = FormulaPlace::constants(&self.names, &mut self.errors, self.text).constant(step)?;
        match value {
            Scalar::Number(value) if value > Decimal::ZERO && self.counts_as(unit, &ty) => Some(value),
            _ => {
                self.errors.push(Diagnostic::new(&codes::BAD_STEP, step.span));
                None
            }
        }
    }

    fn target_line(&mut self, row: &ast::TargetRow, target: &str, unit: &Unit, scope: &Scope, reckoning: Reckoning) -> Option<Line> {
        let mut named = Vec::new();
        for (dimension, value) in &row.scope {
            named.push(self.dimension_of(dimension, scope).map(|dim| (dim, value.value.clone().into_boxed_str())));
        }
        let period = Period::parse(&row.period.value, reckoning).ok();
        if period.is_none() {
            self.errors.push(Diagnostic::new(&codes::TARGET_PERIOD, row.period.span).arg("text", &row.period.value));
        }
        let from = row.from.as_ref().map(|from| (from, Day::parse(&from.value)));
        if let Some((from, None)) = from {
            self.errors.push(Diagnostic::new(&compile::BAD_DATE, from.span).arg("text", &from.value));
        }
        let value = self.amount(&row.value, unit, target);
        let mut named = named.into_iter().collect::<Option<Vec<_>>>()?;
        named.sort();
        let from = match from {
            Some((_, day)) => Some(day?),
            None => None,
        };
        Some(Line { row: TargetRow { scope: named, period: period?, value: value?, from }, span: row.span })
    }

    /// A dimension that the target is per.
    fn dimension_of(&mut self, dimension: &ast::Ident, scope: &Scope) -> Option<usize> {
        let found = self.names.dims.binary_search(&dimension.value).ok().filter(|dim| scope.dims.contains(dim));
        self.names.uses.saw(Kind::Dimension, &dimension.value, dimension.span);
        if found.is_none() {
            self.errors.push(Diagnostic::new(&codes::TARGET_DIMENSION, dimension.span).arg("name", &dimension.value));
        }
        found
    }

    fn splits(
        &mut self,
        target: &ast::Target,
        lines: &[Line],
        metrics: &[Metric],
        scope: &mut Scope,
        reckoning: Reckoning,
    ) -> Option<Vec<Split>> {
        let mut splits = Some(Vec::new());
        let mut before: Option<Grain> = None;
        for split in &target.splits {
            let length = grain(split.grain.value);
            if before.is_some_and(|before| before <= length) {
                self.errors.push(Diagnostic::new(&codes::SPLIT_ORDER, split.span));
            }
            before = Some(length);
            let by = match &split.by {
                ast::SplitBy::Weights(weights) => self.weights(weights, split.span, length, lines, reckoning),
                ast::SplitBy::Like(metric, year) => self.like(metric, year.as_ref(), lines, metrics, scope, reckoning),
            };
            let along: Option<Vec<_>> = split.along.iter().map(|word| occasion_named(&self.names, &mut self.errors, word)).collect();
            match (by.zip(along), &mut splits) {
                (Some((by, along)), Some(splits)) => splits.push(Split { grain: length, by, along }),
                _ => splits = None,
            }
        }
        splits
    }

    fn weights(
        &mut self,
        weights: &[Spanned<Decimal>],
        span: Span,
        length: Grain,
        lines: &[Line],
        reckoning: Reckoning,
    ) -> Option<SplitBy> {
        let list: Vec<Decimal> = weights.iter().map(|weight| weight.value).collect();
        if list.iter().all(Decimal::is_zero) {
            self.errors.push(Diagnostic::new(&codes::NO_WEIGHT, span));
            return None;
        }
        for line in lines.iter().filter(|line| line.row.period.grain > length) {
            let wanted = line.row.period.parts(length, reckoning).len();
            if wanted != list.len() {
                let diagnostic = Diagnostic::new(&codes::SPLIT_COUNT, span).arg("period", line.row.period).arg("wanted", wanted);
                self.errors.push(diagnostic.arg("found", list.len()).related(line.span, "the target", "目标"));
                return None;
            }
        }
        Some(SplitBy::Weights(list))
    }

    fn like(
        &mut self,
        metric: &ast::Ident,
        year: Option<&Spanned<String>>,
        lines: &[Line],
        metrics: &[Metric],
        scope: &mut Scope,
        reckoning: Reckoning,
    ) -> Option<SplitBy> {
        let (idx, _) = self.metric_named(metric, metrics, scope)?;
        if metrics.get(idx).is_some_and(|metric| !metric.adds_up) {
            let diagnostic = Diagnostic::new(&codes::NOT_ADDING_UP, metric.span).arg("name", &metric.value);
            self.errors.push(diagnostic.arg("what", "like"));
            return None;
        }
        let Some(word) = year else { return Some(SplitBy::Like(idx, None)) };
        let year = Period::parse(&word.value, reckoning).ok().filter(|year| year.grain == Grain::Year);
        let year = year.filter(|year| lines.iter().all(|line| year.last < line.row.period.first));
        if year.is_none() {
            self.errors.push(Diagnostic::new(&codes::LIKE_YEAR, word.span));
        }
        Some(SplitBy::Like(idx, Some(year?)))
    }

    fn division(&mut self, division: &ast::Division, scope: &Scope) -> Option<Division> {
        let dim = self.dimension_of(&division.dimension, scope)?;
        if division.shares.iter().all(|(_, share)| share.value.is_zero()) {
            self.errors.push(Diagnostic::new(&codes::NO_WEIGHT, division.dimension.span));
            return None;
        }
        let shares = division.shares.iter().map(|(value, share)| (value.value.clone().into_boxed_str(), share.value)).collect();
        Some(Division { dim, shares })
    }
}

fn declared(file: &ast::File) -> impl Iterator<Item = &ast::Target> {
    file.items.iter().filter_map(|item| if let Item::Target(target) = item { Some(target) } else { None })
}

/// What parts are multiples of when the file does not say: the smallest coin, a thing, a second.
fn smallest(unit: &Unit) -> Decimal {
    match unit {
        Unit::Money(code) => {
            let exponent = iso_currency::Currency::from_code(code).and_then(|currency| currency.exponent()).unwrap_or(2);
            Decimal::new(1, u32::from(exponent))
        }
        Unit::Count | Unit::Duration => Decimal::ONE,
        _ => Decimal::new(1, 2),
    }
}

/// Reports lines that speak of the same days at the same scope and are no versions of one another.
fn overlaps(lines: &[Line], errors: &mut Vec<Diagnostic>) {
    for (place, line) in lines.iter().enumerate() {
        for before in lines.iter().take(place) {
            let (a, b) = (&line.row, &before.row);
            let disjoint = a.period.last < b.period.first || b.period.last < a.period.first;
            let value = |row: &TargetRow, dim| row.scope.iter().find(|(own, _)| *own == dim).map(|(_, value)| value.clone());
            let apart = a.scope.iter().any(|(dim, own)| value(b, *dim).is_some_and(|other| other != *own));
            if disjoint || apart {
                continue;
            }
            let within = |inner: &TargetRow, outer: &TargetRow| inner.scope.iter().all(|(dim, _)| value(outer, *dim).is_some());
            let code = if a.period != b.period || (a.scope == b.scope && a.from == b.from) {
                &codes::TARGET_OVERLAP
            } else if !within(a, b) && !within(b, a) {
                &codes::TARGET_AMBIGUOUS
            } else {
                continue;
            };
            errors.push(Diagnostic::new(code, line.span).related(before.span, "the other one", "另一个"));
            break;
        }
    }
}
