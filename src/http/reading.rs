//! What the routes for numbers share: the question to the engine, dimensions by name, explanations.

use super::numbers;
use super::params::Params;
use super::problem::{Answer, Problem};
use super::shell;
use super::wire;
use crate::compile::program::{DimIdx, Ledger, MetricIdx, Program, Scalar, Scorecard, Unit};
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Diagnostic, Lang, Thing, Words, nearest};
use crate::engine::show::{bare, ledger_of, moved, plain, unit_name};
use crate::engine::{
    About, AlertFilter, AmountUsed, Explanation, Fault, LookedUp, Member, Nested, Posting, Question, RateUsed, Reader, RowId, Which,
    Workspace,
};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use std::collections::HashMap;

/// The most numbers that are explained in one answer.
const EXPLAINED_MAX: usize = 100;
/// The most rates of an explained number.
const RATES_MAX: usize = 400;

/// The events named for each aggregate when the request does not say how many, and the most.
const IDS_USUAL: usize = 20;
const IDS_MAX: usize = 1_000;

/// The most explained numbers times events of an aggregate in one answer.
const EXPLAINED_IDS_MAX: usize = EXPLAINED_MAX * IDS_USUAL;

/// Runs work that reads or writes files, within the request's span.
///
/// # Errors
/// What the work fails with.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Answer<T> + Send + 'static) -> Answer<T> {
    let (span, id) = (tracing::Span::current(), shell::request_id());
    let within = move || span.in_scope(|| shell::with_request_id(id, work));
    tokio::task::spawn_blocking(within).await.map_err(Problem::internal)?
}

/// From where numbers are read.
pub struct Source {
    ruleset: Option<String>,
    version: Option<String>,
    /// Of the version on trial.
    pub trial: bool,
    at: Option<Instant>,
    /// Only what had been received by then.
    pub as_of: Option<Instant>,
}

impl Source {
    /// Takes the parameters `ruleset`, `version`, `trial`, `at` and `as_of`.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn take(params: &mut Params) -> Answer<Source> {
        let (version, trial) = running(params)?;
        Ok(Source { ruleset: params.take("ruleset")?, version, trial, at: params.instant("at")?, as_of: params.instant("as_of")? })
    }

    /// What is asked for is how things are now, by the version that counts.
    pub fn is_present(&self) -> bool {
        self.version.is_none() && !self.trial && self.at.is_none() && self.as_of.is_none()
    }

    fn which(&self) -> Which<'_> {
        match &self.version {
            Some(version) => Which::Version(version),
            None if self.trial => Which::Trial,
            None => Which::Active,
        }
    }

    /// Now, through a named ruleset or the only one.
    pub fn now(ruleset: Option<String>) -> Source {
        Source { ruleset, version: None, trial: false, at: None, as_of: None }
    }

    /// The alerts of the version that numbers are read through.
    pub fn alerts(&self) -> AlertFilter {
        AlertFilter { ruleset: self.ruleset.clone(), version: self.version.clone(), trial: self.trial, ..AlertFilter::default() }
    }

    fn question<'a>(&'a self, about: About<'a>) -> Question<'a> {
        Question { about, ruleset: self.ruleset.as_deref(), which: self.which(), at: self.at, known_at: self.as_of }
    }
}

/// Takes the parameters `version` and `trial`, which name a running version.
///
/// # Errors
/// When both are given, or one cannot be read.
pub fn running(params: &mut Params) -> Answer<(Option<String>, bool)> {
    match (params.take("version")?, params.flag("trial")?) {
        (Some(_), true) => Err(params.wrong("trial", Words::new("cannot be combined with `version`", "不能与 `version` 同时使用"))),
        running => Ok(running),
    }
}

/// Asks about a metric.
///
/// # Errors
/// When no active ruleset declares it, or what `answer` fails with.
pub fn metric<T>(
    workspace: &Workspace,
    source: &Source,
    name: &str,
    answer: impl FnOnce(&Reader<'_>, MetricIdx) -> Answer<T>,
) -> Answer<T> {
    workspace.read(&source.question(About::Metric(name)), |reader| answer(reader, metric_of(reader, name)?))?
}

/// Asks about a metric on this thread; None when that is not short, or no active ruleset declares it.
///
/// # Errors
/// What `answer` fails with.
pub fn metric_at_once<T>(
    workspace: &Workspace,
    source: &Source,
    name: &str,
    answer: impl FnOnce(&Reader<'_>, MetricIdx) -> Answer<T>,
) -> Answer<Option<T>> {
    workspace.read_short(&source.question(About::Metric(name)), |reader| answer(reader, metric_of(reader, name)?)).transpose()
}

fn metric_of(reader: &Reader<'_>, name: &str) -> Answer<MetricIdx> {
    let index = reader.program.metrics.iter().position(|metric| metric.name == name);
    index.ok_or_else(|| Problem::not_found(Thing::Metric, name))
}

/// Asks about a scorecard.
///
/// # Errors
/// When no active ruleset declares it, or what `answer` fails with.
pub fn scorecard<T>(
    workspace: &Workspace,
    source: &Source,
    name: &str,
    answer: impl FnOnce(&Reader<'_>, &Scorecard) -> Answer<T>,
) -> Answer<T> {
    workspace.read(&source.question(About::Scorecard(name)), |reader| {
        let card = reader.program.scorecards.iter().find(|card| card.name == name);
        answer(reader, card.ok_or_else(|| Problem::not_found(Thing::Scorecard, name))?)
    })?
}

/// A failure of the store while numbers were read.
pub fn fault(fault: Fault) -> Problem {
    Problem::from(Diagnostic::from(fault))
}

/// Joins what was asked for with what the key is bound to.
///
/// # Errors
/// When the request asks for rows outside of it.
pub fn within(mut asked: Vec<(String, String)>, bound: &[(String, String)]) -> Answer<Vec<(String, String)>> {
    for (dim, value) in bound {
        match asked.iter().find(|(name, _)| name == dim) {
            Some((_, other)) if other != value => {
                return Err(Diagnostic::general(&codes::SCOPE_FOREIGN).what(Words::verbatim(format!("{dim} {other}"))).into());
            }
            Some(_) => {}
            None => asked.push((dim.clone(), value.clone())),
        }
    }
    Ok(asked)
}

/// The dimensions that a metric or scorecard has.
pub struct Dims<'a> {
    /// The ruleset.
    pub program: &'a Program,
    /// The metric's or scorecard's id.
    pub name: &'a str,
    /// Its dimensions.
    pub dims: &'a [DimIdx],
}

impl Dims<'_> {
    fn names(&self) -> impl Iterator<Item = &str> {
        self.dims.iter().filter_map(|dim| self.program.dims.get(*dim)).map(String::as_str)
    }

    fn find(&self, name: &str) -> Answer<DimIdx> {
        let found = self.dims.iter().copied().find(|dim| self.program.dims.get(*dim).is_some_and(|known| known == name));
        found.ok_or_else(|| {
            let known: Vec<_> = self.names().collect();
            let near = nearest(name, known.iter().copied());
            let hint = near.map(|near| (format!(" (did you mean `{near}`?)"), format!("（是否指 `{near}`？）"))).unwrap_or_default();
            let names = if known.is_empty() { Words::new("none", "无") } else { Words::verbatim(known.join(", ")) };
            let diagnostic = Diagnostic::general(&codes::DIMENSION_UNKNOWN).arg("name", self.name).arg("dimension", name);
            diagnostic.words("known", names.then(&hint.0, &hint.1)).into()
        })
    }

    /// The dimensions of these names.
    ///
    /// # Errors
    /// When one is not among them.
    pub fn list(&self, names: &[String]) -> Answer<Vec<DimIdx>> {
        names.iter().map(|name| self.find(name)).collect()
    }

    /// The dimension values of these names, sorted.
    ///
    /// # Errors
    /// When a dimension is not among them.
    pub fn scope(&self, scope: &[(String, String)]) -> Answer<Vec<(DimIdx, Box<str>)>> {
        let mut found: Vec<(DimIdx, Box<str>)> =
            scope.iter().map(|(name, value)| Ok((self.find(name)?, value.as_str().into()))).collect::<Answer<_>>()?;
        found.sort();
        Ok(found)
    }
}

/// Dimension values, sorted.
pub type Values = Vec<(DimIdx, Box<str>)>;

/// The scopes to answer for: one for each combination of `per`, each with the fixed values; sorted.
///
/// # Errors
/// When the store cannot be read.
pub fn scopes(reader: &Reader<'_>, per: &[DimIdx], fixed: &[(DimIdx, Box<str>)]) -> Answer<Vec<Values>> {
    if per.is_empty() {
        return Ok(vec![fixed.to_vec()]);
    }
    let free: Vec<DimIdx> = per.iter().copied().filter(|dim| fixed.iter().all(|(one, _)| one != dim)).collect();
    let found = reader.scopes(&free, fixed).map_err(fault)?;
    let joined = found.into_iter().map(|values| {
        let mut scope: Vec<(DimIdx, Box<str>)> = free.iter().copied().zip(values).chain(fixed.iter().cloned()).collect();
        scope.sort();
        scope
    });
    Ok(joined.collect())
}

/// How much an explanation names.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    /// At most so many events of each aggregate.
    pub ids: usize,
}

impl Detail {
    /// Takes the parameters `explain` and `ids`; None when no explanation is asked for.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn take(params: &mut Params) -> Answer<Option<Detail>> {
        let explain = params.flag("explain")?;
        let ids = params.read("ids", |text| {
            let given = text.parse().ok().filter(|ids| (1..=IDS_MAX).contains(ids));
            given.ok_or_else(|| Words::new(format!("1 to {IDS_MAX} are possible"), format!("可取 1 至 {IDS_MAX}")))
        })?;
        match (explain, ids) {
            (false, Some(_)) => Err(params.wrong("ids", Words::new("needs explain=true", "需要 explain=true"))),
            (false, None) => Ok(None),
            (true, ids) => Ok(Some(Detail { ids: ids.unwrap_or(IDS_USUAL) })),
        }
    }

    /// The most numbers that are explained in one answer.
    pub fn numbers_max(self) -> usize {
        (EXPLAINED_IDS_MAX / self.ids.max(1)).clamp(1, EXPLAINED_MAX)
    }

    /// An explanation as it goes out; `index` is the metric that it explains. [`name_events`] gives the events their names.
    pub fn show(self, program: &Program, index: Option<MetricIdx>, formula: &str, explained: &Explanation) -> wire::Explanation {
        let zone = program.zone_at(explained.zone);
        let metrics = explained.others(index).filter_map(|inner| {
            let metric = program.metrics.get(inner.metric)?;
            Some(wire::ExplainedMetric {
                metric: metric.name.clone(),
                formula: metric.text.clone(),
                unit: unit_name(&metric.unit).to_owned(),
                stretch: numbers::stretch(inner.range, zone),
                number: numbers::number(&inner.value, &metric.unit, true),
                account: ledger_of(metric).map(|ledger| account(ledger, &inner.account)).unwrap_or_default(),
            })
        });
        let parts = explained.parts.iter().filter_map(|part| {
            let leaf = program.leaves.get(part.leaf)?;
            let events = part.events.iter().map(|(at, id)| wire::EventRef { source: None, id: hex(*id), time: at.to_string() });
            let unit = leaf.unit_as(part.read);
            Some(wire::ExplainedPart {
                text: leaf.text_as(part.read).en,
                unit: unit_name(&unit).to_owned(),
                stretch: numbers::stretch(part.range, zone),
                number: numbers::number(&part.value, &unit, true),
                event: program.events.get(part.event).map(|event| event.name.clone()).unwrap_or_default(),
                n_events: part.rows,
                members: part.members.iter().map(|member| explained_member(program, member)).collect(),
                events: events.collect(),
            })
        });
        let lookups = explained.lookups.iter().map(|looked| looked_up(program, looked)).collect();
        let amounts = explained.amounts.iter().map(|used| amount(program, used)).collect();
        let other_scopes = explained.nested.iter().map(|nested| other_scopes(program, zone, nested)).collect();
        let rates = explained.rates.iter().take(RATES_MAX).map(rate).collect();
        let n_rates = Some(explained.rates.len()).filter(|n| *n > RATES_MAX);
        let (formula, metrics, parts) = (formula.to_owned(), metrics.collect(), parts.collect());
        let timezone = program.zones.as_ref().map(|_| zone.name().to_owned());
        wire::Explanation { formula, timezone, metrics, parts, lookups, amounts, other_scopes, rates, n_rates, ids_limit: self.ids }
    }

    /// A condition as it goes out.
    pub fn condition(self, program: &Program, line: String, explained: &Explanation) -> wire::ExplainedCondition {
        let explanation = self.show(program, None, &line, explained);
        wire::ExplainedCondition { line, holds: explained.value.truth(), explanation }
    }
}

/// The lines of an account as they go out.
fn account(ledger: &Ledger, lines: &[Posting]) -> Vec<wire::AccountLine> {
    let line = |posting: &Posting| wire::AccountLine {
        day: posting.day.map(|day| day.to_string()),
        moved_by: moved(ledger, posting.cause, Lang::En),
        change: bare(posting.change),
        balance: bare(posting.balance),
    };
    lines.iter().map(line).collect()
}

/// A rate as it goes out.
fn rate(used: &RateUsed) -> wire::ExplainedRate {
    wire::ExplainedRate {
        base: used.base.to_string(),
        quote: used.quote.to_string(),
        day: used.day.to_string(),
        rate: bare(used.rate),
        amount: bare(used.amount),
        currency: used.from.to_string(),
        event: event_ref(used.event),
    }
}

/// An event by its identity hash, until [`name_events`] gives it its own name.
fn event_ref((time, id): (Instant, RowId)) -> wire::EventRef {
    wire::EventRef { source: None, id: hex(id), time: time.to_string() }
}

/// A member as it goes out.
fn explained_member(program: &Program, member: &Member) -> wire::ExplainedMember {
    let day = |day: &Option<Day>| day.map(|day| day.to_string());
    let days = member.days.iter().map(|(first, last)| wire::MemberDays { first: day(first), last: day(last) });
    let dimension = program.dims.get(member.dim).cloned().unwrap_or_default();
    wire::ExplainedMember { dimension, value: member.value.to_string(), days: days.collect() }
}

/// A value of a table as it goes out.
fn looked_up(program: &Program, looked: &LookedUp) -> wire::ExplainedLookup {
    let (row, unit) = (looked.found(program), looked.unit(program));
    wire::ExplainedLookup {
        unit: unit_name(unit).to_owned(),
        number: numbers::number(&looked.value(program), unit, true),
        from: looked.from(program).map(|day| day.to_string()),
        checked: row.and_then(|row| row.checked).map(|day| day.to_string()),
        source: row.and_then(|row| row.source.clone()),
        event: looked.told.as_ref().map(|told| event_ref(told.event)),
        text: looked.text(program),
    }
}

/// A line of a target as it goes out.
fn amount(program: &Program, used: &AmountUsed) -> wire::ExplainedAmount {
    let metric = program.targets.get(used.target).and_then(|target| program.metrics.get(target.metric));
    let unit = metric.map_or(Unit::Number, |metric| metric.unit.clone());
    wire::ExplainedAmount {
        metric: metric.map(|metric| metric.name.clone()).unwrap_or_default(),
        scope: numbers::scope(program, &used.row.scope),
        period: used.row.period.to_string(),
        value: plain(&Scalar::Number(used.row.value), &unit, true),
        unit: unit_name(&unit).to_owned(),
        from: used.row.from.map(|from| from.to_string()),
        event: used.event.map(event_ref),
    }
}

/// A number of other scopes as it goes out.
fn other_scopes(program: &Program, zone: &Zone, nested: &Nested) -> wire::ExplainedNested {
    let parts = nested.parts.iter().map(|(scope, value)| wire::ExplainedScope {
        scope: numbers::scope(program, scope),
        unit: unit_name(&nested.part_unit).to_owned(),
        number: numbers::number(value, &nested.part_unit, true),
    });
    wire::ExplainedNested {
        formula: nested.text.en.clone(),
        unit: unit_name(&nested.unit).to_owned(),
        stretch: numbers::stretch(nested.range, zone),
        number: numbers::number(&nested.value, &nested.unit, true),
        n_parts: nested.n_parts,
        n_unknown: nested.n_unknown,
        parts: parts.collect(),
    }
}

/// Gives the events of explanations their own names instead of identity hashes.
///
/// # Errors
/// When the store cannot be read.
pub fn name_events(workspace: &Workspace, explanations: Vec<&mut wire::Explanation>) -> Answer<()> {
    let mut events: Vec<&mut wire::EventRef> = Vec::new();
    for explanation in explanations {
        events.extend(explanation.parts.iter_mut().flat_map(|part| &mut part.events));
        events.extend(explanation.rates.iter_mut().map(|rate| &mut rate.event));
        events.extend(explanation.amounts.iter_mut().filter_map(|amount| amount.event.as_mut()));
        events.extend(explanation.lookups.iter_mut().filter_map(|looked| looked.event.as_mut()));
    }
    let identity =
        |event: &&mut wire::EventRef| Some((RowId(u128::from_str_radix(&event.id, 16).ok()?), Instant::parse_rfc3339(&event.time)?));
    let wanted: Vec<(RowId, Instant)> = events.iter().filter_map(identity).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let named = workspace.names_of(&wanted)?;
    let named: HashMap<String, (String, String)> = named.into_iter().map(|(id, source, name)| (hex(id), (source, name))).collect();
    for event in &mut events {
        if let Some((source, id)) = named.get(&event.id) {
            (event.source, event.id) = (Some(source.clone()), id.clone());
        }
    }
    Ok(())
}

/// The decimals of scores and points as they are shown.
const SCORE_DECIMALS: u32 = 4;

/// Points as they are shown.
pub fn points(value: Decimal, exact: bool) -> String {
    bare(if exact { value } else { value.round_dp(SCORE_DECIMALS) })
}

/// More than one answer may hold.
pub fn too_large(limit: usize) -> Problem {
    Diagnostic::general(&codes::ANSWER_TOO_LARGE).arg("limit", limit).into()
}

fn hex(id: RowId) -> String {
    format!("{:032x}", id.0)
}
