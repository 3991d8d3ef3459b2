//! The functions that compare a metric with its target: `target`, `expected`, `attainment`, `pace`, `remaining`,
//! `required_rate`, `forecast`, `forecast_low`, `forecast_high`, `replan`.
//!
//! 1. Each takes the name of a metric that has a target; the ends of an interval a level too.
//! 2. Each becomes a formula over the metric and what its target says of the surrounding period.

use super::expr::{Typed, broken};
use super::formula::FormulaPlace;
use super::program::{Arith, Due, Formula, MetricIdx, TargetRead, Unit};
use super::references::Kind;
use super::units::Type;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{calendar, compile, target as codes};
use crate::syntax::ast::{Expr, ExprKind, Ident};
use rust_decimal::Decimal;

/// The functions of targets.
pub(super) const TARGET_FUNCTIONS: [&str; 10] =
    ["target", "expected", "attainment", "pace", "remaining", "required_rate", "forecast", "forecast_low", "forecast_high", "replan"];

/// How many standard errors from the forecast an interval of a level ends: level in percent and multiplier in hundredths,
/// of the normal distribution (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition, table 5.1).
const MULTIPLIERS: [(i64, i64); 5] = [(50, 67), (80, 128), (90, 164), (95, 196), (99, 258)];
/// The level of an interval that names none, in percent.
const LEVEL_USUAL: i64 = 80;

impl FormulaPlace<'_> {
    /// `attainment(gmv)`
    pub(super) fn of_target(&mut self, function: &Ident, arg: &Expr, level: Option<&Expr>) -> Option<Typed<Formula>> {
        let errors = self.multiplier(level)?;
        let ExprKind::Name(word) = &arg.kind else {
            return self.fail(Diagnostic::new(&codes::TARGET_OF, arg.span).arg("function", &function.value));
        };
        let Some(found) = self.names.metrics.get(word).cloned() else {
            let known = self.names.metrics.keys().map(String::as_str);
            let diagnostic = self.names.unknown(&compile::UNKNOWN_METRIC, word, arg.span, known);
            return self.fail(diagnostic);
        };
        self.names.uses.saw(Kind::Metric, word, arg.span);
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, arg.span));
        }
        let Some(target) = self.names.targets.get(word) else {
            return self.fail(Diagnostic::new(&codes::NO_TARGET, arg.span).arg("name", word));
        };
        let likes = target.likes.iter().filter_map(|like| self.names.metrics.get(like).cloned().flatten());
        let reads: Vec<MetricIdx> = likes.map(|(idx, _)| idx).collect();
        let (idx, dims) = (target.idx, target.dims.clone());
        let moves = self.names.memberships.iter().any(|one| dims.contains(&one.child));
        let Some((metric, unit)) = found else { return Some(broken()) };
        let needs_sum = matches!(function.value.as_str(), "remaining" | "required_rate" | "replan" | "forecast_low" | "forecast_high");
        if needs_sum && !self.names.additive.contains(&metric) {
            let diagnostic = Diagnostic::new(&codes::NOT_ADDING_UP, arg.span).arg("name", word);
            return self.fail(diagnostic.arg("what", &function.value));
        }
        Some(built(&function.value, (metric, unit), errors, |due| {
            let follows = due == Due::Replanned || !reads.is_empty();
            let dims = follows.then(|| dims.clone());
            let mut reads = reads.clone();
            if moves || matches!(due, Due::Replanned | Due::Forecast(_)) {
                reads.push(metric);
            }
            Formula::Target(TargetRead { target: idx, dims, due, reads })
        }))
    }

    /// How many standard errors from the forecast an interval of a level ends.
    fn multiplier(&mut self, level: Option<&Expr>) -> Option<Decimal> {
        let wanted = match level.map(|level| &level.kind) {
            None => Decimal::new(LEVEL_USUAL, 2),
            Some(ExprKind::Percent(level)) => *level,
            Some(_) => Decimal::ZERO,
        };
        let found = MULTIPLIERS.iter().find(|(level, _)| Decimal::new(*level, 2) == wanted);
        match (found, level) {
            (Some((_, errors)), _) => Some(Decimal::new(*errors, 2)),
            (None, Some(level)) => self.fail(Diagnostic::new(&calendar::FORECAST_LEVEL, level.span)),
            (None, None) => None,
        }
    }
}

/// The formula of a function of a metric and its target.
fn built(function: &str, (metric, unit): (MetricIdx, Unit), errors: Decimal, target: impl Fn(Due) -> Formula) -> Typed<Formula> {
    let arith = |op, left, right| Formula::Arith(op, Box::new(left), Box::new(right));
    let (value, whole, by_now) = (Formula::Metric(metric), || target(Due::Whole), || target(Due::ByNow));
    // A share of things is no whole number of things.
    let shared = if unit == Unit::Count { Unit::Number } else { unit.clone() };
    let (node, unit) = match function {
        "expected" => (by_now(), unit),
        "attainment" => (arith(Arith::Div, value, whole()), Unit::Percent),
        "pace" => (arith(Arith::Div, value, by_now()), Unit::Percent),
        "remaining" => (arith(Arith::Sub, whole(), value), unit),
        "required_rate" => (arith(Arith::Div, arith(Arith::Sub, whole(), value), Formula::DaysLeft), shared),
        // Multiplied first, so that what divides evenly stays exact.
        "forecast" => (arith(Arith::Div, arith(Arith::Mul, value, whole()), by_now()), shared),
        "forecast_low" => (target(Due::Forecast(-errors)), shared),
        "forecast_high" => (target(Due::Forecast(errors)), shared),
        "replan" => (target(Due::Replanned), unit),
        _ => (whole(), unit),
    };
    Typed { node, ty: Type::Is(unit) }
}
