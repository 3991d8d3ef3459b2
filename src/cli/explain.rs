//! `steelyard explain`: what a code means, or how a number came about.
//!
//! 1. `explain SY0203` finds the code in the registry and prints its texts; `{placeholders}` stay as they are.
//! 2. `explain FILE --events E --metric M` replays the events and prints the number with its formula, the aggregates in it,
//!    their windows and the first events behind each.

use super::key::scope_of;
use super::output::{Output, table};
use super::replay::{instant, load, metric, when};
use super::{Ended, Stop, source};
use crate::compile::program::{DimIdx, Formula, Metric, Program};
use crate::diagnostic::{Code, Diagnostic, Lang, Severity, codes};
use crate::engine::Number;
use crate::engine::replay::Replay;
use crate::engine::show::{human, plain, reason, unit_name};
use crate::eval::{Explanation, Range};
use clap::Args;
use serde_json::{Value, json};
use std::sync::Arc;

/// Events that are named for each aggregate.
const EVENTS_SHOWN: usize = 5;

/// The flags of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A code such as SY0203, or a ruleset
    what: String,
    /// The events behind the number: CSV or NDJSON, plain, .gz or .zst
    #[arg(long, requires = "metric")]
    events: Option<String>,
    /// The metric to explain
    #[arg(long, requires = "events")]
    metric: Option<String>,
    /// The feed that maps the columns of a CSV, when the ruleset has several
    #[arg(long, requires = "events")]
    feed: Option<String>,
    /// Only this dimension value, such as country=France
    #[arg(long, requires = "events")]
    scope: Vec<String>,
    /// A calendar period, such as 2026-03
    #[arg(long, requires = "events", conflicts_with = "over")]
    period: Option<String>,
    /// A window, such as "28 days"
    #[arg(long, requires = "events")]
    over: Option<String>,
    /// As of this time instead of the last event
    #[arg(long, requires = "events")]
    at: Option<String>,
}

/// Runs `explain`.
pub fn run(explain: &Explain, output: Output) -> Result<Ended, Stop> {
    match (&explain.events, &explain.metric, codes::find(&explain.what)) {
        (Some(events), Some(metric), _) => return number(explain, events, metric, output),
        (_, _, Some(code)) => code_page(code, output),
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

/// Explains a number over a file of events.
fn number(explain: &Explain, events: &str, name: &str, output: Output) -> Result<Ended, Stop> {
    let (_, program) = source::program(&explain.what, output)?;
    let index = metric(&program, name)?;
    let scope = explain.scope.iter().map(|text| place(&program, text)).collect::<Result<Vec<_>, _>>()?;
    let span = when(&program, explain.over.as_deref(), explain.period.as_deref())?;
    let at = explain.at.as_deref().map(|text| instant(&program, text)).transpose()?;
    let loaded = load(Replay::new(Arc::clone(&program)), events, &program, explain.feed.as_deref(), at, output)?;
    let explained = loaded.replay.reader(loaded.at).explain(&Formula::Metric(index), span, &scope, EVENTS_SHOWN);
    let explained = explained.map_err(|fault| Stop::input(Diagnostic::general(&codes::cli::TEST_FAULT).reason(&fault)))?;
    if let Some(metric) = program.metrics.get(index) {
        let page = Page { program: &program, metric, explained: &explained, output };
        output.document(&page.json());
        if output.is_human() {
            page.draw();
        }
    }
    Ok(if loaded.refused > 0 { Ended::Wrong } else { Ended::Fine })
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

/// An explained number.
struct Page<'a> {
    program: &'a Program,
    metric: &'a Metric,
    explained: &'a Explanation,
    output: Output,
}

impl Page<'_> {
    fn range(&self, range: &Range) -> String {
        match range {
            Range::Days(first, last) => format!("{first} .. {last}"),
            Range::Elapsed(after, until) => format!("{} .. {}", self.program.zone.format(*after), self.program.zone.format(*until)),
            Range::All => self.output.text("all time", "全部时间").to_owned(),
        }
    }

    fn show(&self, number: &Number, unit: &crate::compile::program::Unit) -> String {
        match number {
            Number::Known(value) => human(value, unit, &self.program.zone, self.output.lang),
            Number::Unknown(why) => format!("{} ({})", self.output.text("unknown", "未知"), reason(*why, self.output.lang)),
        }
    }

    fn draw(&self) {
        let (metric, explained, program) = (self.metric, self.explained, self.program);
        self.output.line(&format!("{} = {}", metric.name, metric.text));
        self.output.line(&format!("{} = {}", metric.name, self.show(&explained.value, &metric.unit)));
        self.output.line(&format!("{} {}, {} {}", program.name, program.version, self.range(&explained.range), program.zone.name()));
        let rows = explained.parts.iter().filter_map(|part| {
            let leaf = program.leaves.get(part.leaf)?;
            let first: Vec<String> = part.events.iter().map(|(time, _)| program.zone.format(*time)).collect();
            Some(vec![
                leaf.text.clone(),
                self.show(&part.value, &leaf.unit),
                self.range(&part.range),
                part.rows.to_string(),
                first.join(", "),
            ])
        });
        let header = [("aggregate", "聚合"), ("value", "数值"), ("window", "窗口"), ("events", "事件数"), ("first events", "最早的事件")];
        let header = header.map(|(en, zh)| self.output.text(en, zh));
        self.output.line(&format!("\n{}", table(&header, &rows.collect::<Vec<_>>(), &[false, true, false, true, false])));
    }

    fn json(&self) -> Value {
        let number = |number: &Number, unit| match number {
            Number::Known(value) => json!({"value": plain(value, unit, true), "unit": unit_name(unit)}),
            Number::Unknown(why) => json!({"value": null, "unit": unit_name(unit), "reason": reason(*why, self.output.lang)}),
        };
        let part = |part: &crate::eval::Aggregate| {
            let leaf = self.program.leaves.get(part.leaf)?;
            let events: Vec<Value> =
                part.events.iter().map(|(time, id)| json!({"time": time.to_string(), "identity": format!("{:032x}", id.0)})).collect();
            Some(json!({
                "aggregate": leaf.text,
                "result": number(&part.value, &leaf.unit),
                "window": self.range(&part.range),
                "n_events": part.rows,
                "events": events,
            }))
        };
        json!({
            "metric": self.metric.name,
            "formula": self.metric.text,
            "result": number(&self.explained.value, &self.metric.unit),
            "at": self.explained.at.to_string(),
            "window": self.range(&self.explained.range),
            "ruleset": {"name": self.program.name, "version": self.program.version, "hash": self.program.hash},
            "parts": self.explained.parts.iter().filter_map(part).collect::<Vec<_>>(),
        })
    }
}
