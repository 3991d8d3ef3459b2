//! `GET /v1/metrics/{name}`: numbers for any scope and stretch of time.
//!
//! 1. The query becomes an [`Ask`]: which stretches of time, which scopes.
//! 2. For every scope and stretch the evaluator gives a number, from a snapshot, as of one instant: a single one at once when
//!    that is short, all else on another thread.
//! 3. What goes out says which text gave it, for which time exactly, and whether it may still change.

use super::App;
use super::auth::{Caller, Need};
use super::numbers;
use super::params::{Params, given, wanted};
use super::problem::{Answer, Problem};
use super::reading::{self, Detail, Dims, Source, blocking, too_large};
use super::wire;
use crate::compile::program::{Adapt, DimIdx, Formula, Metric, MetricIdx, Program, Scalar, Unit, Window};
use crate::diagnostic::{Diagnostic, Span, Spanned, Thing, Words};
use crate::engine::show::{bare, plain, unit_name};
use crate::engine::{Number, Reader, When};
use crate::time::{Day, Grain, Period};
use axum::Json;
use axum::extract::{Path, State};
use rust_decimal::Decimal;
use std::sync::Arc;

const KNOWN: &str =
    "over, period, by_period, from, to, per, scope.<dimension>, at, as_of, compare, explain, ids, exact, ruleset, version, trial";

/// The most values of one answer.
const VALUES_MAX: usize = 10_000;

/// How many periods a series has when it does not say from when.
const PERIODS_USUAL: i32 = 12;

/// The values of a metric.
///
/// Without `over`, `period` and `by_period` the value is over all time.
#[utoipa::path(
    get, path = "/v1/metrics/{name}", tag = "numbers",
    params(
        ("name" = String, Path, description = "The metric's id"),
        ("over" = Option<String>, Query, description = "A window as rulesets write it: `28 days ending 7 days ago`, `6 hours`, `month` (to date), `previous month`, `all time`, `3 months if transactions >= 400 else 12 months`"),
        ("period" = Option<String>, Query, description = "A calendar period: `2026`, `2026-Q1`, `2026-03`, `2026-W10` or `2026-03-01`"),
        ("by_period" = Option<String>, Query, description = "A series: `day`, `week`, `month`, `quarter` or `year`"),
        ("from" = Option<String>, Query, description = "The first day or period of the series; 12 periods when left out"),
        ("to" = Option<String>, Query, description = "The last day or period of the series; today when left out"),
        ("per" = Option<String>, Query, description = "Dimensions, separated by commas: one value for each of their scopes"),
        ("scope.<dimension>" = Option<String>, Query, description = "Only this value of the dimension: `scope.shop=us&scope.country=Germany`"),
        ("at" = Option<String>, Query, description = "As of this instant of event time (RFC 3339); now when left out"),
        ("as_of" = Option<String>, Query, description = "Only with what had been received by this instant (RFC 3339)"),
        ("compare" = Option<String>, Query, description = "`previous`: the stretch of time before as well"),
        ("explain" = Option<bool>, Query, description = "The metrics, aggregates and events behind each value; of at most 100 values"),
        ("ids" = Option<usize>, Query, description = "With `explain`: at most so many event ids for each aggregate; 20 when left out, 1000 at most"),
        ("exact" = Option<bool>, Query, description = "Money unrounded; half-even to the minor unit when left out"),
        ("ruleset" = Option<String>, Query, description = "The ruleset, when several declare the metric"),
        ("version" = Option<String>, Query, description = "A version that is active or on trial; the active one when left out"),
        ("trial" = Option<bool>, Query, description = "Of the version on trial"),
    ),
    responses(
        (status = 200, description = "The values", body = wire::Metric),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>, params: Params) -> Answer<Json<wire::Metric>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of(KNOWN);
    let source = Source::take(&mut params)?;
    let query = Query::take(&mut params, caller.scope())?;
    params.end()?;
    if query.is_one()
        && let Some(answer) = reading::metric_at_once(&workspace, &source, &name, |reader, metric| query.answer(reader, metric, None))?
    {
        return Ok(Json(answer));
    }
    let read = move || {
        let as_of = source.as_of.map(|at| at.to_string());
        let mut answer = reading::metric(&workspace, &source, &name, |reader, metric| query.answer(reader, metric, as_of))?;
        let explanations = answer.values.iter_mut().filter_map(|value| value.explanation.as_mut());
        reading::name_events(&workspace, explanations.collect())?;
        Ok(answer)
    };
    blocking(read).await.map(Json)
}

/// The query as it was written.
struct Query {
    over: Option<String>,
    period: Option<String>,
    by_period: Option<Grain>,
    from: Option<String>,
    to: Option<String>,
    per: Vec<String>,
    scope: Vec<(String, String)>,
    compare: bool,
    explain: Option<Detail>,
    exact: bool,
}

impl Query {
    fn take(params: &mut Params, bound: &[(String, String)]) -> Answer<Query> {
        let query = Query {
            over: params.take("over")?,
            period: params.take("period")?,
            by_period: params.read("by_period", |text| {
                grain(text).ok_or_else(|| wanted("day, week, month, quarter or year", "day、week、month、quarter 或 year"))
            })?,
            from: params.take("from")?,
            to: params.take("to")?,
            per: params.take("per")?.map(|text| text.split(',').map(|dim| dim.trim().to_owned()).collect()).unwrap_or_default(),
            scope: reading::within(params.scope()?, bound)?,
            compare: params
                .read("compare", |text| if text == "previous" { Ok(true) } else { Err(wanted("previous", "previous")) })?
                .unwrap_or(false),
            explain: Detail::take(params)?,
            exact: params.flag("exact")?,
        };
        let ways = [("over", query.over.is_some()), ("period", query.period.is_some()), ("by_period", query.by_period.is_some())];
        let given: Vec<_> = ways.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect();
        if let [_, second, ..] = given.as_slice() {
            return Err(params
                .wrong(second, Words::new("cannot be combined with the other ways to name a time", "不能与其他指定时间的方式同时使用")));
        }
        if query.by_period.is_none() && (query.from.is_some() || query.to.is_some()) {
            return Err(
                params.wrong(if query.from.is_some() { "from" } else { "to" }, Words::new("needs by_period", "需要同时给出 by_period"))
            );
        }
        Ok(query)
    }

    /// It asks for a single value.
    fn is_one(&self) -> bool {
        self.by_period.is_none() && self.per.is_empty() && !self.compare && self.explain.is_none()
    }

    fn answer(&self, reader: &Reader<'_>, metric: MetricIdx, as_of: Option<String>) -> Answer<wire::Metric> {
        self.resolve(reader.program, metric, reader)?.answer(reader, metric, as_of)
    }

    /// The query in terms of the program.
    fn resolve(&self, program: &Program, metric: MetricIdx, reader: &Reader<'_>) -> Answer<Ask> {
        let metric = program.metrics.get(metric).ok_or_else(|| Problem::not_found(Thing::Metric, "?"))?;
        let dims = Dims { program, name: &metric.name, dims: &metric.dims };
        let per = dims.list(&self.per)?;
        let scope = dims.scope(&self.scope)?;
        let adapt = self.over.as_deref().map(|text| by_volume(program, &metric.name, text)).transpose()?.flatten();
        let whens = match &adapt {
            Some(adapt) => vec![When::Window(adapt.then)],
            None => self.whens(program, reader, &scope)?,
        };
        Ok(Ask { whens, adapt, per, scope, compare: self.compare, explain: self.explain, exact: self.exact })
    }

    fn whens(&self, program: &Program, reader: &Reader<'_>, scope: &[(DimIdx, Box<str>)]) -> Answer<Vec<When>> {
        let day = |name: &str, text: &str| {
            Period::parse(text, program.reckoning).map_err(|_| {
                Problem::query(
                    name,
                    Words::new(format!("is `{text}`, which is no day or period"), format!("`{text}` 不是日期或周期")),
                    KNOWN,
                )
            })
        };
        if let Some(text) = &self.over {
            return Ok(vec![When::Window(window(program, text)?)]);
        }
        if let Some(text) = &self.period {
            return Ok(vec![When::Period(day("period", text)?)]);
        }
        let Some(grain) = self.by_period else { return Ok(vec![When::Window(Window::All)]) };
        let last = match &self.to {
            Some(text) => day("to", text)?.last,
            None => program.zone_in(scope).day_of(reader.at),
        };
        let mut period = Period::holding(grain, last, program.reckoning);
        let first = match &self.from {
            Some(text) => day("from", text)?.first,
            None => (1..PERIODS_USUAL).fold(period, |period, _| period.previous(program.reckoning)).first,
        };
        let mut periods = Vec::new();
        while period.last >= first && period.first >= Day(0) {
            periods.push(When::Period(period));
            if periods.len() > VALUES_MAX {
                return Err(too_large(VALUES_MAX));
            }
            period = period.previous(program.reckoning);
        }
        periods.reverse();
        Ok(periods)
    }
}

/// The query in terms of the program.
struct Ask {
    whens: Vec<When>,
    /// What decides between the one window and another one.
    adapt: Option<Adapt>,
    per: Vec<DimIdx>,
    scope: Vec<(DimIdx, Box<str>)>,
    compare: bool,
    explain: Option<Detail>,
    exact: bool,
}

impl Ask {
    fn answer(&self, reader: &Reader<'_>, index: MetricIdx, as_of: Option<String>) -> Answer<wire::Metric> {
        let program = reader.program;
        let metric = program.metrics.get(index).ok_or_else(|| Problem::not_found(Thing::Metric, "?"))?;
        let scopes = reading::scopes(reader, &self.per, &self.scope)?;
        let n_values = scopes.len().saturating_mul(self.whens.len());
        let limit = self.explain.map_or(VALUES_MAX, Detail::numbers_max);
        if n_values > limit {
            return Err(too_large(limit));
        }
        let mut values = Vec::with_capacity(n_values);
        for scope in &scopes {
            for when in &self.whens {
                let chosen = self.adapt.as_ref().map(|adapt| reader.chosen(adapt, scope)).transpose().map_err(reading::fault)?;
                let (when, why) = match chosen {
                    None => (*when, None),
                    Some(Ok(window)) => (When::Window(window), None),
                    Some(Err(why)) => (*when, Some(why)),
                };
                let mut value = self.value(reader, index, metric, when, scope)?;
                if let Some(why) = why {
                    value.number = numbers::number(&Number::Unknown(why), &metric.unit, self.exact);
                }
                values.push(value);
            }
        }
        Ok(wire::Metric {
            metric: metric.name.clone(),
            title: numbers::title(&metric.title, &metric.name),
            title_zh: metric.title.zh.clone(),
            ruleset: numbers::ruleset(program),
            unit: unit_name(&metric.unit).to_owned(),
            at: reader.at.to_string(),
            as_of,
            values,
        })
    }

    fn value(
        &self,
        reader: &Reader<'_>,
        index: MetricIdx,
        metric: &Metric,
        when: When,
        scope: &[(DimIdx, Box<str>)],
    ) -> Answer<wire::Value> {
        let (program, formula) = (reader.program, Formula::Metric(index));
        let range = reader.range(when, scope);
        let (number, explanation) = if let Some(detail) = self.explain {
            let explained = reader.explain(&formula, when, scope, detail.ids).map_err(reading::fault)?;
            let shown = detail.show(program, Some(index), &metric.text, &explained);
            (explained.value, Some(shown))
        } else {
            (reader.number(&formula, when, scope).map_err(reading::fault)?, None)
        };
        let previous = if self.compare { Some(self.previous(reader, &formula, metric, when, scope, &number)?) } else { None };
        Ok(wire::Value {
            scope: numbers::scope(program, scope),
            period: match when {
                When::Period(period) => Some(period.to_string()),
                When::Window(_) => None,
            },
            stretch: numbers::stretch(range, program.zone_in(scope)),
            number: numbers::number(&number, &metric.unit, self.exact),
            provisional: reader.provisional(&metric.leaves, range, scope).map_err(reading::fault)?,
            previous,
            explanation,
        })
    }

    fn previous(
        &self,
        reader: &Reader<'_>,
        formula: &Formula,
        metric: &Metric,
        when: When,
        scope: &[(DimIdx, Box<str>)],
        now: &Number,
    ) -> Answer<wire::Previous> {
        let before = before(when, reader.program).ok_or_else(|| {
            Problem::query("compare", Words::new("needs a stretch of time that has one before it", "需要一个有上期可比的时间段"), KNOWN)
        })?;
        let number = reader.number(formula, before, scope).map_err(reading::fault)?;
        let change = match (now.decimal(), number.decimal()) {
            (Some(now), Some(then)) => now.checked_sub(then).map(|change| (change, then)),
            _ => None,
        };
        let ratio = change.and_then(|(change, then)| change.checked_div(then.abs())).map(|ratio| bare(ratio.round_dp(6)));
        Ok(wire::Previous {
            stretch: numbers::stretch(reader.range(before, scope), reader.program.zone_in(scope)),
            number: numbers::number(&number, &metric.unit, self.exact),
            change: change.map(|(change, _)| difference(change, &metric.unit, self.exact)),
            change_ratio: ratio,
        })
    }
}

fn difference(change: Decimal, unit: &Unit, exact: bool) -> String {
    plain(&Scalar::Number(change), unit, exact)
}

/// The stretch of time of the same length before.
fn before(when: When, program: &Program) -> Option<When> {
    Some(match when {
        When::Period(period) => When::Period(period.previous(program.reckoning)),
        When::Window(Window::Days { length, ending }) => When::Window(Window::Days { length, ending: ending.checked_add(length)? }),
        When::Window(Window::Elapsed { length_s, ending_s }) => {
            When::Window(Window::Elapsed { length_s, ending_s: ending_s.checked_add(length_s)? })
        }
        When::Window(Window::Period { grain, previous: false }) => When::Window(Window::Period { grain, previous: true }),
        When::Window(Window::Periods { grain, count, back }) => {
            When::Window(Window::Periods { grain, count, back: back.checked_add(count)? })
        }
        When::Window(Window::Period { previous: true, .. } | Window::Occasion(_) | Window::All) => return None,
    })
}

/// What decides between two windows, when the text says that a volume does.
fn by_volume(program: &Program, metric: &str, text: &str) -> Answer<Option<Adapt>> {
    if !text.split_whitespace().any(|word| word == "if") {
        return Ok(None);
    }
    let wrong = |diagnostics: Vec<Diagnostic>| {
        let reason = diagnostics.first().map(Diagnostic::messages).unwrap_or_default();
        Problem::query("over", given(text, &reason), KNOWN)
    };
    let expr = crate::syntax::parse::parse_expr(&format!("{metric} over {text}")).map_err(wrong)?;
    match crate::compile::expression(program, &expr).map_err(wrong)? {
        (Formula::Adapt(adapt), _) => Ok(Some(*adapt)),
        _ => Err(wrong(Vec::new())),
    }
}

/// Reads a window as rulesets write it.
fn window(program: &Program, text: &str) -> Answer<Window> {
    let wrong = |diagnostic: Option<&Diagnostic>| {
        let reason = diagnostic.map(Diagnostic::messages).unwrap_or_default();
        Problem::query("over", given(text, &reason), KNOWN)
    };
    let parsed = match crate::syntax::parse::parse_window(text) {
        Ok(parsed) => parsed,
        Err(diagnostics) => {
            let at = crate::syntax::parse::parse_occasion(text).map_err(|_| wrong(diagnostics.first()))?;
            return crate::compile::occasion(program, &at).map_err(|diagnostic| wrong(Some(&diagnostic)));
        }
    };
    let spanned = Spanned { value: parsed, span: Span::new(0, text.len()) };
    crate::compile::window(&spanned).map_err(|diagnostic| wrong(Some(&diagnostic)))
}

fn grain(text: &str) -> Option<Grain> {
    Some(match text {
        "day" => Grain::Day,
        "week" => Grain::Week,
        "month" => Grain::Month,
        "quarter" => Grain::Quarter,
        "year" => Grain::Year,
        _ => return None,
    })
}
