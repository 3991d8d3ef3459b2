//! `steelyard propose`: a target proposed from history and trend, from the whole down to each scope and month.
//!
//! 1. The ruleset reads the file, as `replay` does.
//! 2. [`history`] tells what the months of the year before were, and how months have grown in a year.
//! 3. The whole is what those months come to with that growth, or with the asked one, in whole steps. It is divided among the
//!    scopes by what each of them was ([`apportion`]): the parts add up to the whole. Months follow by `split month`.
//! 4. [`text`] makes the declaration, which says how each amount came about; it is printed, or put into the ruleset.

mod history;
mod text;

use super::feed::Pick;
use super::output::{Output, Source};
use super::replay::{Loaded, dims, instant, load, metric, watched};
use super::source::{checked, program, replace};
use super::{Ended, Stop};
use crate::compile::program::{DimIdx, Formula, Metric, Program, Unit};
use crate::diagnostic::codes::{cli as codes, engage};
use crate::diagnostic::{Diagnostic, Lang};
use crate::engine::replay::Replay;
use crate::engine::{Fault, When, apportion};
use crate::syntax::ast::Item;
use crate::time::{Grain, Period};
use clap::Args;
use history::History;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};
use std::path::PathBuf;
use text::Shown;

/// The flags of `propose`.
#[derive(Debug, Args)]
pub struct Propose {
    /// The ruleset
    ruleset: String,
    /// The metric that the target is about; one that adds up over time
    metric: String,
    /// CSV, XLSX or NDJSON, plain, .gz or .zst
    #[arg(long)]
    events: String,
    /// The feed that maps the columns of a CSV, when the ruleset has several
    #[arg(long)]
    feed: Option<String>,
    /// The year that the target is for
    #[arg(long)]
    year: String,
    /// The growth over the year before, such as 10%, instead of the trend of the history
    #[arg(long, allow_hyphen_values = true)]
    growth: Option<String>,
    /// Divide it among the values of these dimensions, such as team,operator,category
    #[arg(long, value_delimiter = ',')]
    per: Vec<String>,
    /// Every amount is a multiple of this
    #[arg(long, default_value = "1")]
    step: String,
    /// A metric of what is planned from below, to be told beside what is proposed from the top
    #[arg(long)]
    plan: Option<String>,
    /// Read time up to here instead of to the last event
    #[arg(long)]
    at: Option<String>,
    /// Put the target into the ruleset, in the place of the one that it has
    #[arg(long)]
    write: bool,
}

/// Dimension values. Sorted by dimension.
pub type Scope = Vec<(DimIdx, Box<str>)>;

/// A scope and what is proposed for it.
pub struct Row {
    /// Whose.
    pub scope: Scope,
    /// What it was.
    pub basis: Decimal,
    /// What is proposed.
    pub amount: Decimal,
    /// What is planned from below.
    pub plan: Option<Decimal>,
}

/// A target that is proposed.
pub struct Proposal<'p> {
    /// The ruleset.
    pub program: &'p Program,
    /// What the target is about.
    pub metric: &'p Metric,
    /// The dimensions that it is divided by.
    pub per: Vec<DimIdx>,
    /// The year.
    pub year: Period,
    /// Every amount is a multiple of it.
    pub step: Decimal,
    /// What was.
    pub history: History,
    /// By how much it is to grow, as a share of 1.
    pub growth: Decimal,
    /// Whether that was asked for, instead of the trend.
    pub asked: bool,
    /// The whole.
    pub total: Decimal,
    /// Its parts, which add up to it.
    pub rows: Vec<Row>,
    /// Scopes without anything to go by.
    pub left_out: Vec<Scope>,
    /// Whether plans from below are told.
    pub planned: bool,
}

/// Runs `propose`.
pub fn run(args: &Propose, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (compiled, program) = program(&args.ruleset, packages, output)?;
    let about = metric(&program, &args.metric)?;
    let plan = args.plan.as_deref().map(|name| metric(&program, name)).transpose()?;
    let Some(declared) = program.metrics.get(about).filter(|metric| metric.adds_up && literal_unit(&metric.unit)) else {
        return Err(Stop::usage(Diagnostic::general(&engage::NOT_PROPOSED).arg("name", &args.metric)));
    };
    let all: Vec<usize> = [about].into_iter().chain(plan).collect();
    let per = dims(&program, &args.per, &all)?;
    let year = Period::parse(&args.year, program.reckoning).ok().filter(|period| period.grain == Grain::Year);
    let year = year.ok_or_else(|| Stop::usage(Diagnostic::general(&codes::BAD_PERIOD).arg("text", &args.year)))?;
    let step = number(&args.step).filter(|step| *step > Decimal::ZERO);
    let step = step.ok_or_else(|| Stop::usage(Diagnostic::general(&engage::BAD_STEP).arg("text", &args.step)))?;
    let growth = args.growth.as_deref().map(percent).transpose()?;
    let at = args.at.as_deref().map(|text| instant(&program, text)).transpose()?;
    let read = |at| -> Result<Loaded, Stop> {
        let pick = Pick { feed: args.feed.as_deref(), ..Pick::default() };
        load(Replay::new(watched(&program, false)), &args.events, &program, pick, at, output)
    };
    let loaded = read(at)?;
    let history = History::of(&program, &loaded, about, year)?;
    let asked = growth.is_some();
    let growth = growth.or(history.trend.as_ref().map(|trend| trend.median));
    let growth = growth.ok_or_else(|| Stop::input(Diagnostic::general(&engage::NO_TREND).arg("name", &args.metric)))?;
    let mut proposal = Proposal {
        program: &program,
        metric: declared,
        per,
        year,
        step,
        total: Decimal::ZERO,
        growth,
        asked,
        history,
        rows: Vec::new(),
        left_out: Vec::new(),
        planned: plan.is_some(),
    };
    proposal.divide(&loaded, about)?;
    if let Some(plan) = plan {
        // A plan is dated by the days that it is for: it is known once these are over.
        let end = program.zone.end_of(year.last).plus_s(-1);
        proposal.compare(&read(Some(end))?, plan).map_err(broken)?;
    }
    let shown = Shown { proposal: &proposal, lang: output.lang };
    let declaration = shown.target();
    output.document(&document(&proposal, &declaration));
    if args.write {
        put(&args.ruleset, &compiled.source, &args.metric, &declaration, output)?;
    } else if output.is_human() {
        output.line(declaration.trim_end());
    }
    Ok(if loaded.refused > 0 { Ended::Wrong } else { Ended::Fine })
}

impl Proposal<'_> {
    /// Makes the whole, and divides it among the scopes by what each was.
    fn divide(&mut self, loaded: &Loaded, about: usize) -> Result<(), Stop> {
        let too_large = || Stop::input(Diagnostic::general(&engage::PROPOSAL_RANGE).arg("name", &self.metric.name));
        let factor = Decimal::ONE.checked_add(self.growth).ok_or_else(too_large)?;
        let whole = self.history.basis.checked_mul(factor).and_then(|whole| whole.checked_div(self.step)).ok_or_else(too_large)?;
        let steps = whole.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
        let n_steps = i128::try_from(steps).map_err(|_| too_large())?;
        self.total = steps.checked_mul(self.step).ok_or_else(too_large)?.normalize();
        let mut found = Vec::new();
        for scope in self.scopes(loaded).map_err(broken)? {
            let basis = self.history.basis_of(self.program, loaded, about, &scope).map_err(broken)?.unwrap_or_default();
            match basis > Decimal::ZERO {
                true => found.push((scope, basis)),
                false => self.left_out.push(scope),
            }
        }
        let weights: Vec<Decimal> = found.iter().map(|(_, basis)| *basis).collect();
        let empty = || Stop::input(Diagnostic::general(&engage::NOTHING_TO_GO_BY).arg("name", &self.metric.name));
        let shares = apportion(n_steps, &weights).ok_or_else(empty)?;
        for ((scope, basis), share) in found.into_iter().zip(shares) {
            let amount = Decimal::try_from_i128_with_scale(share, 0).ok().and_then(|share| share.checked_mul(self.step));
            self.rows.push(Row { scope, basis, amount: amount.ok_or_else(too_large)?.normalize(), plan: None });
        }
        Ok(())
    }

    fn scopes(&self, loaded: &Loaded) -> Result<Vec<Scope>, Fault> {
        if self.per.is_empty() {
            return Ok(vec![Vec::new()]);
        }
        let found = loaded.replay.reader(loaded.at).scopes(&self.per, &[])?;
        Ok(found.into_iter().map(|values| self.per.iter().copied().zip(values).collect()).collect())
    }

    /// Puts what is planned from below beside every part.
    fn compare(&mut self, loaded: &Loaded, plan: usize) -> Result<(), Fault> {
        let reader = loaded.replay.reader(loaded.at);
        for row in &mut self.rows {
            row.plan = reader.number(&Formula::Metric(plan), When::Period(self.year), &row.scope)?.decimal();
        }
        Ok(())
    }
}

/// The result for scripts.
fn document(proposal: &Proposal<'_>, declaration: &str) -> Value {
    let name = |dim: &DimIdx| proposal.program.dims.get(*dim).cloned().unwrap_or_default();
    let plain = |amount: Decimal| amount.normalize().to_string();
    let rows: Vec<Value> = proposal
        .rows
        .iter()
        .map(|row| {
            let scope: serde_json::Map<String, Value> = row.scope.iter().map(|(dim, value)| (name(dim), json!(value))).collect();
            json!({"scope": scope, "basis": plain(row.basis), "amount": plain(row.amount), "plan": row.plan.map(plain)})
        })
        .collect();
    let months = proposal.history.months.iter();
    let months: Vec<Value> =
        months.map(|month| json!({"month": month.of.to_string(), "from": month.from.to_string(), "basis": plain(month.value)})).collect();
    let trend = proposal.history.trend.as_ref();
    json!({
        "metric": proposal.metric.name, "year": proposal.year.to_string(), "basis": plain(proposal.history.basis),
        "trend": trend.map(|trend| json!({"median": plain(trend.median), "low": plain(trend.low), "high": plain(trend.high), "months": trend.months})),
        "growth": plain(proposal.growth), "step": plain(proposal.step), "total": plain(proposal.total),
        "months": months, "rows": rows, "text": declaration,
    })
}

/// Puts the target into the text of the ruleset, which must stay without mistakes.
fn put(path: &str, source: &Source, metric: &str, declaration: &str, output: Output) -> Result<(), Stop> {
    if path == "-" {
        return Err(Stop::usage(Diagnostic::general(&engage::NOWHERE_TO_WRITE)));
    }
    let own = source.own();
    let file = crate::syntax::parse::parse(own).file;
    let before = file.items.iter().find_map(|item| match item {
        Item::Target(target) if target.name.value == metric => Some(target.span.range()),
        _ => None,
    });
    let text = match before.and_then(|range| Some((own.get(..range.start)?, own.get(range.end..)?))) {
        Some((ahead, behind)) => format!("{ahead}{}{behind}", declaration.trim_end()),
        None => format!("{}\n\n{declaration}", own.trim_end()),
    };
    let text = crate::syntax::format::format(&text).unwrap_or(text);
    let compiled = checked(source.with_own(&text), Vec::new());
    if compiled.program.is_none() {
        let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
        output.diagnostics(errors, &compiled.source);
        return Err(Stop::told());
    }
    replace(path, &text)?;
    output.note(&match output.lang {
        Lang::En => format!("wrote the target of {metric} into {path}"),
        Lang::Zh => format!("已将 {metric} 的目标写入 {path}"),
    });
    Ok(())
}

/// Whether amounts of a unit can be written as a target.
fn literal_unit(unit: &Unit) -> bool {
    matches!(unit, Unit::Number | Unit::Count | Unit::Money(_))
}

fn number(text: &str) -> Option<Decimal> {
    text.replace('_', "").parse().ok()
}

/// `10%` as a share of 1.
fn percent(text: &str) -> Result<Decimal, Stop> {
    let share = text.strip_suffix('%').and_then(number).and_then(|percent| percent.checked_div(Decimal::ONE_HUNDRED));
    share.filter(|share| *share > -Decimal::ONE).ok_or_else(|| Stop::usage(Diagnostic::general(&engage::BAD_GROWTH).arg("text", text)))
}

fn broken(fault: Fault) -> Stop {
    Stop::input(Diagnostic::general(&codes::TEST_FAULT).reason(&fault))
}
