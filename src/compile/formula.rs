//! Formulas over aggregates: metrics, conditions, params, curve values, expectations.
//!
//! 1. A [`FormulaPlace`] says what is allowed: constants only, an alert's left-out subject, aggregates or none.
//! 2. [`FormulaPlace::formula`], [`FormulaPlace::condition`] and [`FormulaPlace::constant`] compile an expression there.
//! 3. [`fold`] computes what is known without any event.

use super::aggregate::{AggregatePlace, Leaves};
use super::before::PERIOD_FUNCTIONS;
use super::due::TARGET_FUNCTIONS;
use super::expr::{Node, Place, Typed, alike, broken, condition, measure, walk};
use super::habits::quantile;
use super::names::Names;
use super::program::{Arith, Compare, Conversion, Formula, Key, Lookup, Scalar, Unit};
use super::references::Kind;
use super::scores::SCORE_FUNCTIONS;
use super::surplus;
use super::tables::{keys_count, resolve, untold_key};
use super::units::{self, Type};
use super::window::window;
use crate::diagnostic::codes::{calendar, compile as codes};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::ast::{Expr, ExprKind, Ident};
use crate::syntax::habits;
use crate::time::Zone;
use rust_decimal::Decimal;

/// The functions beside the aggregates.
const FUNCTIONS: [&str; 8] = ["abs", "round", "floor", "ceil", "least", "greatest", "number", "percent"];
/// The aggregate functions, for "did you mean".
const AGGREGATES: [&str; 10] = ["sum", "count", "distinct", "min", "max", "avg", "first", "last", "median", "quantile"];
/// The most decimals that `round` takes.
const DECIMALS_MAX: u32 = 12;

/// True for the name of a function.
pub(super) fn is_function(name: &str) -> bool {
    FUNCTIONS.contains(&name) || AGGREGATES.contains(&name)
}

/// A place of a formula over aggregates.
pub(super) struct FormulaPlace<'a> {
    pub(super) names: &'a Names,
    pub(super) errors: &'a mut Vec<Diagnostic>,
    pub(super) text: &'a str,
    /// Where aggregates go; None where they are not allowed.
    pub(super) leaves: Option<&'a mut Leaves>,
    /// The metric's `clock`.
    pub(super) clock: Option<&'a Ident>,
    /// The unit of the subject that a comparison may leave out.
    pub(super) subject: Option<Type>,
    /// Whether scores may be read.
    pub(super) scores: bool,
    /// Only constants.
    pub(super) constant: bool,
    /// The `in CNY at …` around the formula.
    pub(super) conversion: Option<Conversion>,
}

impl<'a> FormulaPlace<'a> {
    /// A place of constants.
    pub(super) fn constants(names: &'a Names, errors: &'a mut Vec<Diagnostic>, text: &'a str) -> Self {
        FormulaPlace { names, errors, text, leaves: None, clock: None, subject: None, scores: false, constant: true, conversion: None }
    }

    /// A place of formulas.
    pub(super) fn formulas(names: &'a Names, errors: &'a mut Vec<Diagnostic>, text: &'a str, leaves: &'a mut Leaves) -> Self {
        FormulaPlace {
            names,
            errors,
            text,
            leaves: Some(leaves),
            clock: None,
            subject: None,
            scores: false,
            constant: false,
            conversion: None,
        }
    }

    /// A place of formulas that may read scores.
    pub(super) fn scored(names: &'a Names, errors: &'a mut Vec<Diagnostic>, text: &'a str, leaves: &'a mut Leaves) -> Self {
        FormulaPlace { scores: true, ..FormulaPlace::formulas(names, errors, text, leaves) }
    }

    /// Compiles a formula.
    pub(super) fn formula(&mut self, expr: &Expr) -> Option<Typed<Formula>> {
        walk(self, expr)
    }

    /// Compiles a condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Option<Formula> {
        condition(self, expr)
    }

    /// Computes a constant.
    pub(super) fn constant(&mut self, expr: &Expr) -> Option<(Scalar, Type)> {
        let typed = walk(self, expr).filter(|typed| typed.ty != Type::Broken)?;
        match fold(&typed.node) {
            Some(value) => Some((value, typed.ty)),
            None => self.fail(Diagnostic::new(&codes::NO_VALUE, expr.span)),
        }
    }

    pub(super) fn fail<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.errors.push(diagnostic);
        None
    }

    fn name(&mut self, name: &str, span: Span) -> Option<Typed<Formula>> {
        if let Some(param) = self.names.params.get(name) {
            self.names.uses_param(name, span);
            let constant = |(value, unit)| Typed { node: Formula::Const(value), ty: Type::Is(unit) };
            return Some(param.clone().map_or_else(broken, constant));
        }
        if self.names.all_params.contains(name) {
            return self.fail(Diagnostic::new(&codes::PARAM_LATER, span).arg("name", name));
        }
        if self.names.tables.contains_key(name) {
            return self.lookup(&Ident { value: name.to_owned(), span }, None, None, span);
        }
        let is_metric = self.names.metrics.contains_key(name);
        if self.constant && (is_metric || self.names.event_idx.contains_key(name)) {
            return self.fail(Diagnostic::new(&codes::NOT_CONSTANT, span));
        }
        if is_metric {
            self.names.uses.saw(Kind::Metric, name, span);
            self.keeps_its_currency(name, span)?;
            let metric = |(idx, unit)| Typed { node: Formula::Metric(idx), ty: Type::Is(unit) };
            return Some(self.names.metrics.get(name)?.clone().map_or_else(broken, metric));
        }
        if self.names.event_idx.contains_key(name) {
            return self.fail(Diagnostic::new(&codes::EVENT_AS_VALUE, span).arg("name", name).fix(span, format!("count({name})")));
        }
        let metrics = self.names.metrics.keys().filter(|_| !self.constant);
        let tables = self.names.tables.keys().filter(|_| !self.constant);
        let known = metrics.chain(tables).chain(self.names.params.keys()).map(String::as_str);
        let diagnostic = self.names.unknown(&codes::UNKNOWN_NAME, name, span, known);
        self.fail(diagnostic)
    }

    fn field(&mut self, event: &Ident, field: &Ident) -> Option<Typed<Formula>> {
        let span = event.span.to(field.span);
        if self.names.tables.contains_key(&event.value) {
            return self.lookup(event, None, Some(field), span);
        }
        let Some(idx) = self.names.event_idx.get(&event.value).copied() else {
            let known = self.names.event_idx.keys().chain(self.names.tables.keys()).map(String::as_str);
            let diagnostic = self.names.unknown(&codes::UNKNOWN_EVENT, &event.value, event.span, known);
            return self.fail(diagnostic);
        };
        if self.constant {
            return self.fail(Diagnostic::new(&codes::NOT_CONSTANT, span));
        }
        let Some(found) = self.names.field(idx, &field.value) else {
            let known = self.names.field_names(idx);
            let diagnostic = self.names.unknown(&codes::UNKNOWN_FIELD, &field.value, field.span, known).arg("event", &event.value);
            return self.fail(diagnostic);
        };
        let unit = self.names.events.get(idx)?.fields.get(found).map(|field| field.unit.clone());
        let function = if unit.is_some_and(|unit| units::is_measure(&unit)) { "sum" } else { "last" };
        let diagnostic = Diagnostic::new(&codes::FIELD_OUTSIDE, span).arg("function", function);
        self.fail(diagnostic.arg("event", &event.value).arg("name", &field.value))
    }

    /// A value of a table; without keys those of the scope count.
    fn lookup(&mut self, table: &Ident, keys: Option<&[Expr]>, column: Option<&Ident>, span: Span) -> Option<Typed<Formula>> {
        if self.constant {
            return self.fail(Diagnostic::new(&codes::NOT_CONSTANT, span));
        }
        let Some((idx, column, found)) = resolve(self.names, self.errors, table, column)? else { return Some(broken()) };
        if let Some(keys) = keys.filter(|keys| keys.len() != found.keys.len()) {
            return self.fail(keys_count(&found, keys.len(), span));
        }
        let mut compiled = Vec::with_capacity(found.keys.len());
        for (place, name) in found.keys.iter().enumerate() {
            let written = keys.and_then(|keys| keys.get(place));
            let dimension = match written.map(|key| &key.kind) {
                Some(ExprKind::Text(text)) => {
                    compiled.push(Key::Text(text.as_str().into()));
                    continue;
                }
                Some(ExprKind::Name(dimension)) => Some(dimension),
                Some(_) => None,
                None => Some(name),
            };
            match dimension.and_then(|dimension| Some((dimension, self.names.dims.binary_search(dimension).ok()?))) {
                Some((dimension, dim)) => {
                    if let Some(key) = written {
                        self.names.uses.saw(Kind::Dimension, dimension, key.span);
                    }
                    compiled.push(Key::Dim(dim));
                }
                None => return self.fail(untold_key(&found, name, written.map_or(span, |key| key.span))),
            }
        }
        let unit = found.columns.get(column).map(|(_, unit)| unit.clone())?;
        Some(Typed { node: Formula::Lookup(Lookup { table: idx, column, keys: compiled }), ty: Type::Is(unit) })
    }

    pub(super) fn aggregate(&mut self, expr: &Expr) -> Option<Typed<Formula>> {
        let ExprKind::Aggregate(aggregate) = &expr.kind else { return None };
        if self.constant {
            return self.fail(Diagnostic::new(&codes::NOT_CONSTANT, expr.span));
        }
        if let Some(summed) = self.by_day(aggregate, expr.span) {
            return summed;
        }
        let Some(leaves) = self.leaves.as_deref_mut() else {
            let text = self.text.get(expr.span.range()).unwrap_or("…").to_owned();
            return self.fail(Diagnostic::new(&codes::AGGREGATE_HERE, expr.span).arg("text", text));
        };
        let mut place = AggregatePlace {
            names: self.names,
            errors: self.errors,
            text: self.text,
            leaves,
            clock: self.clock,
            conversion: self.conversion,
        };
        place.compile(aggregate, expr.span)
    }

    fn call(&mut self, function: &Ident, args: &[Expr], span: Span) -> Option<Typed<Formula>> {
        let (wanted, example) = match function.value.as_str() {
            "abs" => (1..=1, "abs(x)"),
            "round" => (2..=2, "round(x, 2)"),
            "least" => (2..=64, "least(a, b)"),
            "greatest" => (2..=64, "greatest(a, b)"),
            "floor" => (1..=1, "floor(x)"),
            "ceil" => (1..=1, "ceil(x)"),
            "number" => (1..=1, "number(a / b)"),
            "percent" => (1..=1, "percent(x)"),
            "forecast_low" | "forecast_high" => (1..=2, "forecast_low(gmv, 80%)"),
            name if TARGET_FUNCTIONS.contains(&name) => (1..=1, ""),
            name if PERIOD_FUNCTIONS.contains(&name) => (1..=1, ""),
            name if SCORE_FUNCTIONS.contains(&name) => (1..=1, ""),
            name => {
                let asked = quantile(name, args, self.names, self.text).map(|advice| (span, advice));
                if let Some((span, advice)) = asked.or_else(|| Some((function.span, habits::function(name)?))) {
                    let diagnostic = Diagnostic::new(&codes::FOREIGN_FUNCTION, span).arg("name", name);
                    return self.fail(diagnostic.words("advice", advice));
                }
                let known = FUNCTIONS.iter().chain(&TARGET_FUNCTIONS).chain(&PERIOD_FUNCTIONS).chain(&AGGREGATES).copied();
                let diagnostic = self.names.unknown(&codes::UNKNOWN_FUNCTION, &function.value, function.span, known);
                return self.fail(diagnostic);
            }
        };
        if !wanted.contains(&args.len()) {
            let (least, most) = (wanted.start(), wanted.end());
            let advice = surplus::of_call(&function.value, args, self.text).unwrap_or_else(|| surplus::write(example));
            return self.fail(surplus::arguments(&function.value, *least..=*most, args.len(), function.span).words("advice", advice));
        }
        match (function.value.as_str(), args) {
            ("least" | "greatest", args) => self.extreme(function, args),
            ("round", [value, decimals]) => self.round(value, decimals),
            (name, [value]) if PERIOD_FUNCTIONS.contains(&name) => self.of_period(name, value),
            (name, [metric, level @ ..]) if TARGET_FUNCTIONS.contains(&name) => self.of_target(function, metric, level.first()),
            (name, [card]) if SCORE_FUNCTIONS.contains(&name) => self.of_score(function, card),
            (name, [value]) => {
                let typed = walk(self, value)?;
                let typed = measure(self, name, value.span, typed)?;
                self.convert(name, value, typed)
            }
            _ => None,
        }
    }

    /// `abs(x)`, `floor(x)`, `ceil(x)`, `number(x)`, `percent(x)`. The conversions change the unit alone: a percent is kept as a fraction.
    fn convert(&mut self, name: &str, value: &Expr, typed: Typed<Formula>) -> Option<Typed<Formula>> {
        let same = match name {
            "abs" => Some(Formula::Abs as fn(Box<Formula>) -> Formula),
            "floor" => Some(Formula::Floor as _),
            "ceil" => Some(Formula::Ceil as _),
            _ => None,
        };
        if let Some(same) = same {
            return Some(Typed { node: same(Box::new(typed.node)), ty: typed.ty });
        }
        if typed.ty != Type::Broken && !matches!(typed.ty.unit(), Unit::Number | Unit::Count | Unit::Percent) {
            let diagnostic = Diagnostic::new(&codes::UNITS_DIFFER, value.span).arg("op", name);
            return self.fail(diagnostic.arg("left", typed.ty.name()).arg("right", "number"));
        }
        let unit = if name == "number" { Unit::Number } else { Unit::Percent };
        Some(Typed { node: typed.node, ty: Type::Is(unit) })
    }

    fn round(&mut self, value: &Expr, decimals: &Expr) -> Option<Typed<Formula>> {
        let typed = walk(self, value);
        let places = match &decimals.kind {
            ExprKind::Number(n) if n.is_integer() => u32::try_from(*n).ok().filter(|n| *n <= DECIMALS_MAX),
            _ => None,
        };
        let Some(places) = places else {
            return self.fail(Diagnostic::new(&codes::ROUND_DECIMALS, decimals.span));
        };
        let typed = typed?;
        let typed = measure(self, "round", value.span, typed)?;
        Some(Typed { node: Formula::Round(Box::new(typed.node), places), ty: typed.ty })
    }

    fn extreme(&mut self, function: &Ident, args: &[Expr]) -> Option<Typed<Formula>> {
        let (nodes, ty) = alike(self, function, args)?;
        let node = if function.value == "least" { Formula::Least(nodes) } else { Formula::Greatest(nodes) };
        Some(Typed { node, ty })
    }
}

impl Place for FormulaPlace<'_> {
    type Node = Formula;

    fn special(&mut self, expr: &Expr) -> Option<Typed<Formula>> {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Field(event, field) => self.field(event, field),
            ExprKind::Aggregate(_) => self.aggregate(expr),
            ExprKind::Fold(fold) => {
                let function = super::aggregate::function_name(fold.function.value);
                self.fail(Diagnostic::new(&codes::FOLD_PLACE, expr.span).arg("function", function))
            }
            ExprKind::Binary(..) | ExprKind::WorkTime(_) | ExprKind::WorkSpan(_) => {
                self.fail(Diagnostic::new(&calendar::WORK_PLACE, expr.span))
            }
            ExprKind::Lookup(lookup) => self.lookup(&lookup.table, Some(&lookup.keys), lookup.column.as_ref(), expr.span),
            ExprKind::Call(function, args) => self.call(function, args, expr.span),
            // The parser refuses a left-out side wherever there is no subject.
            ExprKind::Subject => self.subject.clone().map(|ty| Typed { node: Formula::Subject, ty }),
            ExprKind::StartsWith(inner, prefix) => self.fail(Diagnostic::new(&codes::TEXT_OUTSIDE, inner.span.to(prefix.span))),
            ExprKind::Shift(inner, shift) => self.shift(inner, shift),
            ExprKind::Baseline(statistic, inner, shift) => self.baseline(statistic.value, inner, shift),
            ExprKind::Bands(bands) => self.bands(bands),
            ExprKind::Parts(parts) => self.parts(parts, expr.span),
            ExprKind::Across(inner, dimension) => self.across(inner, dimension),
            ExprKind::OverOccasion(inner, at) => self.over_occasion(inner, at),
            ExprKind::Convert(inner, to) => self.convert_money(inner, to),
            ExprKind::Adapt(adapt) => self.adapt(adapt),
            ExprKind::Over(inner, spanned) => {
                let typed = walk(self, inner);
                let window = window(spanned).map_err(|diagnostic| self.errors.push(diagnostic)).ok();
                let (typed, window) = (typed?, window?);
                Some(Typed { node: Formula::Over(window, Box::new(typed.node)), ty: typed.ty })
            }
            _ => None,
        }
    }

    fn errors(&mut self) -> &mut Vec<Diagnostic> {
        self.errors
    }

    fn names_and_errors(&mut self) -> (&Names, &mut Vec<Diagnostic>) {
        (self.names, self.errors)
    }

    fn zone(&self) -> &Zone {
        &self.names.zone
    }

    fn source(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    fn division(&mut self, _: Span) -> bool {
        true
    }
}

/// The value of a formula that needs no event; None when it needs one or has no value.
pub(super) fn fold(formula: &Formula) -> Option<Scalar> {
    let number = |formula: &Formula| match fold(formula)? {
        Scalar::Number(n) => Some(n),
        _ => None,
    };
    let flag = |formula: &Formula| match fold(formula)? {
        Scalar::Flag(flag) => Some(flag),
        _ => None,
    };
    Some(match formula {
        Formula::Const(value) => value.clone(),
        Formula::Negate(a) => Scalar::Number(-number(a)?),
        Formula::Abs(a) => Scalar::Number(number(a)?.abs()),
        Formula::Floor(a) => Scalar::Number(number(a)?.floor()),
        Formula::Ceil(a) => Scalar::Number(number(a)?.ceil()),
        Formula::Round(a, places) => Scalar::Number(number(a)?.round_dp(*places)),
        Formula::Arith(op, a, b) => Scalar::Number(arith(*op, number(a)?, number(b)?)?.normalize()),
        Formula::Least(all) => Scalar::Number(all.iter().map(number).collect::<Option<Vec<_>>>()?.into_iter().min()?),
        Formula::Greatest(all) => Scalar::Number(all.iter().map(number).collect::<Option<Vec<_>>>()?.into_iter().max()?),
        Formula::Compare(op, a, b) => Scalar::Flag(compare(*op, &fold(a)?, &fold(b)?)),
        Formula::And(a, b) => match (flag(a), flag(b)) {
            (Some(false), _) | (_, Some(false)) => Scalar::Flag(false),
            (a, b) => Scalar::Flag(a? && b?),
        },
        Formula::Or(a, b) => match (flag(a), flag(b)) {
            (Some(true), _) | (_, Some(true)) => Scalar::Flag(true),
            (a, b) => Scalar::Flag(a? || b?),
        },
        Formula::Not(a) => Scalar::Flag(!flag(a)?),
        Formula::Else(a, b) => match a.as_ref() {
            Formula::Unknown => fold(b)?,
            a => fold(a)?,
        },
        _ => return None,
    })
}

fn arith(op: Arith, a: Decimal, b: Decimal) -> Option<Decimal> {
    match op {
        Arith::Add => a.checked_add(b),
        Arith::Sub => a.checked_sub(b),
        Arith::Mul => a.checked_mul(b),
        Arith::Div => a.checked_div(b),
        Arith::Least => Some(a.min(b)),
        Arith::Greatest => Some(a.max(b)),
    }
}

fn compare(op: Compare, a: &Scalar, b: &Scalar) -> bool {
    match op {
        Compare::Eq => a == b,
        Compare::Ne => a != b,
        Compare::Lt => a < b,
        Compare::Le => a <= b,
        Compare::Gt => a > b,
        Compare::Ge => a >= b,
    }
}

impl Node for Formula {
    fn constant(value: Scalar) -> Self {
        Formula::Const(value)
    }
    fn unknown() -> Self {
        Formula::Unknown
    }
    fn negate(self) -> Self {
        Formula::Negate(Box::new(self))
    }
    fn not(self) -> Self {
        Formula::Not(Box::new(self))
    }
    fn arith(op: Arith, left: Self, right: Self) -> Self {
        Formula::Arith(op, Box::new(left), Box::new(right))
    }
    fn compare(op: Compare, left: Self, right: Self) -> Self {
        Formula::Compare(op, Box::new(left), Box::new(right))
    }
    fn and(left: Self, right: Self) -> Self {
        Formula::And(Box::new(left), Box::new(right))
    }
    fn or(left: Self, right: Self) -> Self {
        Formula::Or(Box::new(left), Box::new(right))
    }
    fn otherwise(left: Self, right: Self) -> Self {
        Formula::Else(Box::new(left), Box::new(right))
    }
    fn when_unknown(self) -> Self {
        Formula::IsUnknown(Box::new(self))
    }
    fn may_be_among(&self) -> bool {
        matches!(
            self,
            Formula::Leaf(..)
                | Formula::Metric(_)
                | Formula::Lookup(_)
                | Formula::Score(_)
                | Formula::Const(_)
                | Formula::Subject
                | Formula::Unknown
        )
    }
    /// An `or` of comparisons. The subject is small, so that writing it out once a value does not grow.
    fn among(self, values: Vec<Scalar>) -> Self {
        let equals = |value: Scalar| Formula::compare(Compare::Eq, self.clone(), Formula::Const(value));
        balanced_or(values.into_iter().map(equals).collect())
    }
}

/// Joins conditions with `or` in a tree of logarithmic depth; nothing is false.
fn balanced_or(mut conditions: Vec<Formula>) -> Formula {
    while conditions.len() > 1 {
        let mut joined = Vec::with_capacity(conditions.len().div_ceil(2));
        let mut rest = conditions.into_iter();
        while let Some(left) = rest.next() {
            joined.push(match rest.next() {
                Some(right) => Formula::or(left, right),
                None => left,
            });
        }
        conditions = joined;
    }
    conditions.pop().unwrap_or(Formula::Const(Scalar::Flag(false)))
}
