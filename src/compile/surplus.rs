//! Arguments that a function does not take, and what is meant by them.
//!
//! 1. An aggregate is about one thing; only `quantile` takes a share beside it ([`Called::surplus`]).
//! 2. The larger of two numbers, a sum of two, a rounded mean and a quantile are written otherwise: the advice says how, and is a fix
//!    where nothing else can be meant.
//! 3. Of other functions the advice keeps what the author wrote ([`of_call`]).

use super::aggregate::{find_event, function_name, one_line};
use super::due::TARGET_FUNCTIONS;
use super::names::Names;
use crate::diagnostic::codes::compile as codes;
use crate::diagnostic::codes::syntax::HABIT;
use crate::diagnostic::{Diagnostic, Span, Spanned, Words};
use crate::syntax::ast::{Aggregate, AggregateFn, Expr, ExprKind, Parts};
use rust_decimal::Decimal;
use std::ops::RangeInclusive;

/// To more decimals a mean is hardly rounded.
const DECIMALS_MEANT: u32 = 4;

/// An aggregate as it is called.
pub(super) struct Called<'a> {
    function: &'a Spanned<AggregateFn>,
    first: &'a Expr,
    /// It is about parts of the scope.
    of_parts: bool,
    has_share: bool,
    surplus: &'a [Expr],
    span: Span,
    text: &'a str,
}

impl<'a> Called<'a> {
    /// `sum(order.amount, 3)`
    pub(super) fn aggregate(aggregate: &'a Aggregate, span: Span, text: &'a str) -> Self {
        let Aggregate { function, arg, quantile, surplus, .. } = aggregate;
        Called { function, first: arg, of_parts: false, has_share: quantile.is_some(), surplus, span, text }
    }

    /// `sum(gmv per shop, 3)`
    pub(super) fn parts(parts: &'a Parts, span: Span, text: &'a str) -> Self {
        let Parts { function, part, quantile, surplus, .. } = parts;
        Called { function, first: part, of_parts: true, has_share: quantile.is_some(), surplus, span, text }
    }

    /// What is wrong with the arguments; None when there are as many as the function takes.
    pub(super) fn surplus(&self, names: &Names) -> Option<Diagnostic> {
        let (second, last) = (self.surplus.first()?, self.surplus.last()?);
        let function = self.function.value;
        let taken = match function {
            AggregateFn::Quantile if !self.has_share => return Some(Diagnostic::new(&codes::QUANTILE_RANGE, second.span)),
            AggregateFn::Quantile => 2,
            _ => 1,
        };
        if let Some((form, advice)) = self.otherwise(names, second) {
            let found = one_line(shown(self.text, self.span));
            let mistake = Diagnostic::new(&HABIT, self.span).arg("found", &found).words("advice", advice);
            // A comment would swallow what stands behind it on one line.
            return Some(if found.contains('#') { mistake } else { mistake.fix(self.span, form) });
        }
        let mistake = arguments(function_name(function), taken..=taken, taken + self.surplus.len(), second.span.to(last.span));
        Some(mistake.words("advice", self.advice(names, second)))
    }

    /// What is called otherwise here, and nothing else is meant.
    fn otherwise(&self, names: &Names, second: &Expr) -> Option<(String, Words)> {
        let (of_many, of_numbers) = match self.function.value {
            AggregateFn::Max => ("max", "greatest"),
            AggregateFn::Min => ("min", "least"),
            AggregateFn::Percentile => {
                let form = format!("quantile({}, {})", self.inside(), share(second)?);
                let advice = if self.of_parts {
                    let call = self.call();
                    Words::new(
                        format!("Write `{form}`; `{call}` says where one stands among them."),
                        format!("请写 `{form}`；`{call}` 表示其中一个所处的位置。"),
                    )
                } else {
                    write(&form)
                };
                return Some((form, advice));
            }
            _ => return None,
        };
        let form = format!("{of_numbers}({})", self.each(names).join(", "));
        let advice = match self.of_parts {
            true => Words::new(
                format!("Write `{form}` for one of these numbers; `{of_many}` is over the parts."),
                format!("数值取其一写 `{form}`；`{of_many}` 用于各部分。"),
            ),
            false => Words::new(
                format!("Write `{form}` for one of these numbers; `{of_many}` is over events."),
                format!("数值取其一写 `{form}`；`{of_many}` 用于事件。"),
            ),
        };
        Some((form, advice))
    }

    fn advice(&self, names: &Names, second: &Expr) -> Words {
        let call = self.call();
        let is_dimension = |name: &str| names.dims.iter().any(|dim| dim == name);
        let dimension = |expr: &Expr| match &expr.kind {
            ExprKind::Name(name) => Some(name.clone()).filter(|name| is_dimension(name)),
            ExprKind::Field(_, field) => Some(field.value.clone()).filter(|name| is_dimension(name)),
            _ => None,
        };
        let whole = match second.kind {
            ExprKind::Number(n) if n.is_integer() => u32::try_from(n).ok(),
            _ => None,
        };
        let also = match (self.function.value, whole) {
            (AggregateFn::Distinct, _) => {
                let dims: Option<Vec<String>> = std::iter::once(self.first).chain(self.surplus).map(dimension).collect();
                match (&self.first.kind, dims) {
                    (ExprKind::Field(event, _), Some(dims)) => {
                        let form = format!("count(count({}) > 0 per {})", event.value, dims.join(", "));
                        Words::new(format!("; how many go together is `{form}`"), format!("；组合的数目写 `{form}`"))
                    }
                    _ => Words::new("; it counts the values of one field", "；它只数一个字段的不同值"),
                }
            }
            _ if let Some(dimension) = dimension(second) => Words::new(
                format!("; it is there for every `{dimension}` by itself, and a scorecard, an alert or a target says `per {dimension}`"),
                format!("；它对每个 `{dimension}` 本来就有值，scorecard、alert 或 target 中写 `per {dimension}`"),
            ),
            (AggregateFn::Rank, Some(n)) => {
                Words::new(format!("; `{call} <= {n}` says whether it is so far up"), format!("；是否排在前 {n} 名写 `{call} <= {n}`"))
            }
            (AggregateFn::Sum, _) => {
                let form = self.each(names).join(" + ");
                return Words::new(format!("Write `{form}`: `sum` takes one argument."), format!("请写 `{form}`：`sum` 只有一个参数。"));
            }
            (AggregateFn::Avg | AggregateFn::Median, Some(n)) if n <= DECIMALS_MEANT => {
                Words::new(format!("; rounded it is `round({call}, {n})`"), format!("；要保留小数位写 `round({call}, {n})`"))
            }
            (AggregateFn::Median, _) if let Some(share) = share(second) => {
                let form = format!("quantile({}, {share})", self.inside());
                Words::new(format!("; another quantile is `{form}`"), format!("；其他分位数写 `{form}`"))
            }
            _ => Words::default(),
        };
        let (en, zh) = (also.get(crate::diagnostic::Lang::En), also.get(crate::diagnostic::Lang::Zh));
        Words::new(format!("Write `{call}`{en}."), format!("请写 `{call}`{zh}。"))
    }

    /// Each argument as a number of its own.
    fn each(&self, names: &Names) -> Vec<String> {
        let word = function_name(self.function.value);
        let of_rows = |expr: &Expr| {
            let mut event = None;
            find_event(expr, &mut |name| names.tables.contains_key(name), &mut event);
            event.is_some()
        };
        let first = if self.of_parts || of_rows(self.first) { self.call() } else { self.inside() };
        let further = self.surplus.iter().map(|expr| {
            let text = one_line(shown(self.text, expr.span));
            if of_rows(expr) { format!("{word}({text})") } else { text }
        });
        std::iter::once(first).chain(further).collect()
    }

    /// The call without its surplus.
    fn call(&self) -> String {
        format!("{}({})", function_name(self.function.value), self.inside())
    }

    /// What the function takes, as it is written.
    fn inside(&self) -> String {
        let end = self.surplus.first().map_or(self.span.end, |second| second.span.start);
        let before = shown(self.text, Span { start: self.function.span.end, end }).trim_end();
        let inside = before.strip_suffix(',').unwrap_or(before).trim_start();
        one_line(inside.strip_prefix('(').unwrap_or(inside))
    }
}

/// A function with another number of arguments than it takes; what to write is yet to be said.
pub(super) fn arguments(name: &str, taken: RangeInclusive<usize>, given: usize, span: Span) -> Diagnostic {
    let wanted = match (taken.start(), taken.end()) {
        (1, 1) => Words::new("one argument", "1 个参数"),
        (least, most) if least == most => Words::new(format!("{least} arguments"), format!("{least} 个参数")),
        (least, most) => Words::new(format!("{least} to {most} arguments"), format!("{least} 到 {most} 个参数")),
    };
    Diagnostic::new(&codes::ARGUMENTS, span).arg("name", name).words("wanted", wanted).arg("given", given)
}

/// What to write of a function that takes one argument and has more.
pub(super) fn of_call(name: &str, args: &[Expr], text: &str) -> Option<Words> {
    let [first, second, ..] = args else { return None };
    let (value, second) = (one_line(shown(text, first.span)), one_line(shown(text, second.span)));
    let form = format!("{name}({value})");
    Some(match name {
        "forecast" => Words::new(
            format!("Write `{form}`; its bounds are `forecast_low({value}, {second})` and `forecast_high({value}, {second})`."),
            format!("请写 `{form}`；区间的两端写 `forecast_low({value}, {second})` 和 `forecast_high({value}, {second})`。"),
        ),
        "previous" | "growth" => Words::new(
            format!("Write `{form}`; further back it is `{value} 1 year before`."),
            format!("请写 `{form}`；更早的值写 `{value} 1 year before`。"),
        ),
        "abs" | "floor" | "ceil" | "number" | "percent" | "score" | "grade" => write(&form),
        name if TARGET_FUNCTIONS.contains(&name) && !matches!(name, "forecast_low" | "forecast_high") => write(&form),
        _ => return None,
    })
}

/// An advice that is no more than what to write.
pub(super) fn write(form: &str) -> Words {
    Words::new(format!("Write `{form}`."), format!("请写 `{form}`。"))
}

/// A share as a percent: `0.9`, `90` and `90%` are `90%`.
fn share(expr: &Expr) -> Option<String> {
    let (ExprKind::Number(share) | ExprKind::Percent(share)) = expr.kind else { return None };
    let whole = if share <= Decimal::ONE { share * Decimal::ONE_HUNDRED } else { share };
    (whole <= Decimal::ONE_HUNDRED).then(|| format!("{}%", whole.normalize()))
}

fn shown(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or("…")
}
