//! `steelyard explain`: what a code means, or how a number came about.
//!
//! 1. `explain SY0203` finds the code in the registry and prints its texts; `{placeholders}` stay as they are.
//! 2. `explain FILE` replays the events of a file, or those of a `test` block.
//! 3. A metric is shown with its formula, the metrics and aggregates in it, their windows and the events behind each
//!    ([`page`]); a score KPI by KPI and line by line ([`score`]); an alert as of its last change ([`alert`]).

mod alert;
mod amounts;
mod page;
mod rates;
mod score;

use super::feed::Pick;
use super::key::scope_of;
use super::output::Output;
use super::replay::{instant, load, metric, when};
use super::source::{self, Compiled};
use super::{Ended, Stop, replay};
use crate::compile::program::{DimIdx, Formula, Program};
use crate::diagnostic::{Code, Diagnostic, Lang, Severity, codes};
use crate::engine::replay::Replay;
use crate::eval::Fault;
use crate::syntax::ast::Item;
use crate::time::Instant;
use crate::{syntax, testing};
use clap::Args;
use page::Page;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// The flags of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A code such as SY0203, or a ruleset
    what: String,
    /// The events behind the number: CSV, XLSX or NDJSON, plain, .gz or .zst
    #[arg(long, conflicts_with = "test")]
    events: Option<String>,
    /// The events of the first test whose name contains this, instead of a file
    #[arg(long)]
    test: Option<String>,
    /// The metric to explain
    #[arg(long, conflicts_with_all = ["scorecard", "alert"])]
    metric: Option<String>,
    /// The scorecard whose score to explain
    #[arg(long, conflicts_with_all = ["alert", "over"])]
    scorecard: Option<String>,
    /// The alert to explain, as of its last change
    #[arg(long, conflicts_with_all = ["over", "period"])]
    alert: Option<String>,
    /// The feed, instead of the one whose columns the file has; flat objects of NDJSON need one
    #[arg(long, requires = "events")]
    feed: Option<String>,
    /// Only this dimension value, such as country=France
    #[arg(long)]
    scope: Vec<String>,
    /// A calendar period, such as 2026-03
    #[arg(long, conflicts_with = "over")]
    period: Option<String>,
    /// A window, such as "28 days"
    #[arg(long)]
    over: Option<String>,
    /// As of this time instead of the last event
    #[arg(long)]
    at: Option<String>,
    /// At most so many event ids for each aggregate
    #[arg(long, default_value_t = 10)]
    ids: usize,
}

/// What of a ruleset is to be explained.
enum Subject<'a> {
    Metric(&'a str),
    Scorecard(&'a str),
    Alert(&'a str),
}

/// Runs `explain`.
pub fn run(explain: &Explain, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let subject = match (&explain.metric, &explain.scorecard, &explain.alert) {
        (Some(metric), ..) => Some(Subject::Metric(metric)),
        (_, Some(card), _) => Some(Subject::Scorecard(card)),
        (.., alert) => alert.as_deref().map(Subject::Alert),
    };
    match (subject, codes::find(&explain.what)) {
        (Some(subject), _) if explain.events.is_some() || explain.test.is_some() => return number(explain, subject, packages, output),
        (_, Some(code)) => code_page(code, output),
        _ => return Err(Stop::usage(Diagnostic::general(&codes::cli::UNKNOWN_CODE).arg("text", &explain.what))),
    }
    Ok(Ended::Fine)
}

fn code_page(code: &Code, output: Output) {
    let severity = match code.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    output.document(&json!({
        "code": code.id,
        "severity": severity,
        "en": {"message": code.en, "help": code.help_en},
        "zh": {"message": code.zh, "help": code.help_zh},
    }));
    if output.is_human() {
        let (message, help) = match output.lang {
            Lang::En => (code.en, code.help_en),
            Lang::Zh => (code.zh, code.help_zh),
        };
        output.line(&format!("{} ({})", code.id, output.text(severity, if severity == "error" { "错误" } else { "警告" })));
        output.line(message);
        if !help.is_empty() {
            output.line(&format!("{}: {help}", output.text("help", "建议")));
        }
    }
}

/// Explains a number of a ruleset.
fn number(explain: &Explain, subject: Subject<'_>, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (compiled, program) = source::program(&explain.what, packages, output)?;
    let scope = explain.scope.iter().map(|text| place(&program, text)).collect::<Result<Vec<_>, _>>()?;
    let at = explain.at.as_deref().map(|text| instant(&program, text)).transpose()?;
    // What is asked is checked before the events are read: a typing mistake must not cost a long file.
    let span = when(&program, explain.over.as_deref(), explain.period.as_deref())?;
    let index = match subject {
        Subject::Metric(name) => metric(&program, name)?,
        Subject::Scorecard(name) => replay::scorecard(&program, name)?,
        Subject::Alert(name) => replay::alert(&program, name)?,
    };
    let read = read(explain, &compiled, &program, at, output)?;
    let page = Page { program: &program, replay: &read.replay, scope: &scope, at: read.at, ids: explain.ids, output };
    match subject {
        Subject::Metric(_) => {
            let explained = read.replay.reader(read.at).explain(&Formula::Metric(index), span, &scope, explain.ids);
            page.metric(index, &explained.map_err(broken)?);
        }
        Subject::Scorecard(_) => page.score(index, span)?,
        Subject::Alert(_) => page.alert(index)?,
    }
    Ok(if read.wrong { Ended::Wrong } else { Ended::Fine })
}

/// Events that were read.
struct Read {
    replay: Replay,
    at: Instant,
    /// Some of them are wrong; that has been told.
    wrong: bool,
}

/// Reads the events of the file or of the test.
fn read(explain: &Explain, compiled: &Compiled, program: &Arc<Program>, at: Option<Instant>, output: Output) -> Result<Read, Stop> {
    let Some(name) = &explain.test else {
        let path = explain.events.as_deref().unwrap_or("-");
        let pick = Pick { feed: explain.feed.as_deref(), ..Pick::default() };
        let loaded = load(Replay::with_names(Arc::clone(program)), path, program, pick, at, output)?;
        return Ok(Read { replay: loaded.replay, at: loaded.at, wrong: loaded.refused > 0 });
    };
    let file = syntax::parse::parse(&compiled.source.text).file;
    let tests = || file.items.iter().filter_map(|item| if let Item::Test(test) = item { Some(test) } else { None });
    let found = tests().find(|test| test.name.value.contains(name.as_str()));
    let played = found.and_then(|test| testing::play(program, test, &compiled.source.text, at));
    let played = played.ok_or_else(|| {
        let names = tests().map(|test| test.name.value.as_str()).collect::<Vec<_>>().join(", ");
        Stop::usage(Diagnostic::general(&codes::cli::UNKNOWN_TEST).arg("ruleset", &program.name).arg("name", name).arg("names", names))
    })?;
    output.diagnostics(&played.failures, &compiled.source);
    Ok(Read { replay: played.replay, at: played.at, wrong: !played.failures.is_empty() })
}

fn place(program: &Program, text: &str) -> Result<(DimIdx, Box<str>), Stop> {
    let (name, value) = scope_of(text)?;
    let dim = program.dims.iter().position(|dim| *dim == name);
    let dim = dim.ok_or_else(|| {
        let diagnostic = Diagnostic::general(&codes::cli::UNKNOWN_DIMENSION).arg("metric", "*").arg("name", &name);
        Stop::usage(diagnostic.arg("names", program.dims.join(", ")))
    })?;
    Ok((dim, value.into_boxed_str()))
}

fn broken(fault: Fault) -> Stop {
    Stop::input(Diagnostic::general(&codes::cli::TEST_FAULT).reason(&fault))
}
