//! `steelyard diff`: what a changed ruleset moves, over the same events.
//!
//! 1. Both rulesets read the file ([`super::replay`]) and time up to the same instant.
//! 2. The numbers of both are listed ([`super::answers`]): metrics that both declare, scores, transitions of alerts.
//! 3. What differs ([`crate::engine::diff`]) is printed: how much first, then each number before and after, then the alerts that were gained, lost or
//!    moved.

use super::answers::{Answers, Span};
use super::feed::Pick;
use super::lines::{AlertLine, ScopeText, ScoreLine};
use super::output::{ALL, Output, table};
use super::replay::{GrainArg, Loaded, dims, instant, load};
use super::{Ended, Stop, source};
use crate::compile::program::{Program, Window};
use crate::engine::diff::{Kind, Moved, Numbers, Pair, moved, only, paired};
use crate::engine::replay::Replay;
use crate::engine::said;
use crate::time::Instant;
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// The flags of `diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The ruleset as it was
    before: String,
    /// The ruleset as it is to be
    after: String,
    /// CSV, XLSX or NDJSON, plain, .gz or .zst
    #[arg(long)]
    events: String,
    /// The feed, instead of the one whose columns the file has; flat objects of NDJSON need one
    #[arg(long)]
    feed: Option<String>,
    /// Compare metrics for every day, week, month, quarter or year from the first to the last event
    #[arg(long, value_enum)]
    by: Option<GrainArg>,
    /// Compare metrics for every value of these dimensions too
    #[arg(long, value_delimiter = ',', num_args = 1)]
    per: Vec<String>,
    /// Read time up to here instead of to the last event
    #[arg(long)]
    at: Option<String>,
    /// Print money whole instead of in minor units
    #[arg(long)]
    exact: bool,
}

/// One side of the comparison.
struct Side {
    program: Arc<Program>,
    loaded: Loaded,
}

/// Runs `diff`.
pub fn run(diff: &Diff, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (_, before) = source::program(&diff.before, packages, output)?;
    let (_, after) = source::program(&diff.after, packages, output)?;
    // What is asked is checked before the events are read.
    let both = |name: &&str| after.metrics.iter().any(|metric| metric.name == **name);
    let metrics: Vec<String> = before.metrics.iter().map(|metric| metric.name.as_str()).filter(both).map(str::to_owned).collect();
    let asked = [&before, &after].map(|program| {
        let metrics: Vec<usize> = metrics.iter().filter_map(|name| program.metrics.iter().position(|one| one.name == *name)).collect();
        dims(program, &diff.per, &metrics).map(|per| (metrics, per))
    });
    let [asked_before, asked_after] = asked;
    let asked = [asked_before?, asked_after?];
    let at = diff.at.as_deref().map(|text| instant(&before, text)).transpose()?;
    let read = |program: &Arc<Program>| -> Result<Side, Stop> {
        let pick = Pick { feed: diff.feed.as_deref(), ..Pick::default() };
        let loaded = load(Replay::new(Arc::clone(program)), &diff.events, program, pick, at, output)?;
        Ok(Side { program: Arc::clone(program), loaded })
    };
    let mut sides = [read(&before)?, read(&after)?];
    // One ruleset may know events that the other does not.
    let at = sides.iter().map(|side| side.loaded.at).max().unwrap_or(Instant(0));
    let first = sides.iter().filter_map(|side| side.loaded.first).min();
    for side in &mut sides {
        side.loaded.replay.advance(at).map_err(Stop::input)?;
    }
    let answers =
        sides.each_ref().map(|side| Answers { program: &side.program, replay: &side.loaded.replay, first, at, exact: diff.exact, output });
    let span = diff.by.map_or(Span::Once(Window::All, ALL.to_owned()), |grain| Span::Periods(grain.into(), None));
    let found = compare(&answers, &asked, &span).map_err(Stop::input)?;
    tell(&found, [&before, &after], output);
    Ok(Ended::Fine)
}

/// The name of a kind of numbers; a payout with a unit is pay.
fn kind_name(kind: Kind, unit: &str, output: Output) -> &'static str {
    let zh = match kind {
        Kind::Metric => "指标",
        Kind::Score => "得分",
        Kind::Grade => "等级",
        Kind::Payout if unit.is_empty() => "系数",
        Kind::Payout => "绩效工资",
    };
    output.text(kind.name(), zh)
}

/// A declaration that one ruleset lacks, `metric orders`, for people.
fn declared(name: &str, output: Output) -> String {
    let (kind, id) = name.split_once(' ').unwrap_or_default();
    let zh = match kind {
        "metric" => "指标",
        "scorecard" => "记分卡",
        _ => "预警",
    };
    format!("{} {id}", output.text(kind, zh))
}

/// Everything that differs.
struct Found {
    moved: Vec<Moved>,
    transitions: Vec<Pair<AlertLine>>,
}

fn compare(answers: &[Answers<'_>; 2], asked: &[(Vec<usize>, Vec<usize>); 2], span: &Span) -> Result<Found, crate::diagnostic::Diagnostic> {
    let [before, after] = answers;
    let [asked_before, asked_after] = asked;
    let (before_numbers, after_numbers) = (numbers(before, asked_before, span)?, numbers(after, asked_after, span)?);
    let both = |name: &str| [before, after].iter().all(|side| side.program.scorecards.iter().any(|card| card.name == name));
    let moved = moved(&before_numbers, &after_numbers, |kind, name| kind == Kind::Metric || both(name));
    let same = |a: &AlertLine, b: &AlertLine| (&a.alert, &a.scope.0, a.state, a.severity) == (&b.alert, &b.scope.0, b.state, b.severity);
    Ok(Found { moved, transitions: paired(before.alert_lines()?, after.alert_lines()?, same) })
}

fn numbers(
    answers: &Answers<'_>,
    (metrics, per): &(Vec<usize>, Vec<usize>),
    span: &Span,
) -> Result<Numbers, crate::diagnostic::Diagnostic> {
    let mut numbers = Numbers::new();
    for line in answers.metric_lines(metrics, per, span)? {
        numbers.insert((Kind::Metric, line.metric, line.scope.0, line.period), (line.value, line.unit));
    }
    for ScoreLine { scorecard, scope, period, score, grade, payout, payout_unit, .. } in answers.score_lines(None)? {
        let unit = payout_unit.unwrap_or_default();
        for (kind, value, unit) in [(Kind::Score, score, String::new()), (Kind::Grade, grade, String::new()), (Kind::Payout, payout, unit)]
        {
            numbers.insert((kind, scorecard.clone(), scope.0.clone(), period.clone()), (value, unit));
        }
    }
    Ok(numbers)
}

fn tell(found: &Found, [before, after]: [&Program; 2], output: Output) {
    let count = |kind: Kind| found.moved.iter().filter(|moved| moved.kind == kind).count();
    let changes = |wanted: &str| found.transitions.iter().filter(|one| one.change() == wanted).count();
    let named = |program: &Program| format!("{} {}", program.name, program.version);
    let (only_before, only_after) = (only(before, after), only(after, before));
    if !output.is_human() {
        let mut records = vec![json!({
            "kind": "summary", "before": named(before), "after": named(after),
            "metrics": count(Kind::Metric), "scores": count(Kind::Score), "grades": count(Kind::Grade), "payouts": count(Kind::Payout),
            "alerts_gained": changes("gained"), "alerts_lost": changes("lost"), "alerts_moved": changes("moved"),
            "only_before": only_before, "only_after": only_after,
        })];
        records.extend(found.moved.iter().map(moved_json));
        records.extend(found.transitions.iter().map(transition_json));
        output.records(&records);
        return;
    }
    let unit = |kind: Kind| found.moved.iter().find(|moved| moved.kind == kind).map_or("", |moved| moved.unit.as_str());
    let kinds = Kind::ALL.map(|kind| format!("{} {}", kind_name(kind, unit(kind), output), count(kind))).join(output.text(", ", "，"));
    let [gained, lost, moved] = ["gained", "lost", "moved"].map(|word| changes(word).to_string());
    output.line(&format!("{} -> {}", named(before), named(after)));
    output.line(&match output.lang {
        crate::diagnostic::Lang::En => format!("moved: {kinds}; alert transitions: {gained} gained, {lost} lost, {moved} moved"),
        crate::diagnostic::Lang::Zh => format!("变化：{kinds}；预警状态变化：新增 {gained}，消失 {lost}，移动 {moved}"),
    });
    for (names, en, zh) in [(only_before, "only before", "仅改动前有"), (only_after, "only after", "仅改动后有")] {
        if !names.is_empty() {
            output.line(&format!(
                "{}{}{}",
                output.text(en, zh),
                output.text(": ", "："),
                names.iter().map(|name| declared(name, output)).collect::<Vec<_>>().join(output.text(", ", "、"))
            ));
        }
    }
    let shown = |moved: &Moved, value: &Option<String>, unit: &Option<String>| match (value, unit) {
        (_, None) => output.text("not there", "不存在").to_owned(),
        (None, _) => output.text("unknown", "未知").to_owned(),
        // The value of a metric has its unit already.
        (Some(value), Some(unit)) if moved.kind == Kind::Payout => format!("{value} {unit}").trim_end().to_owned(),
        (Some(value), _) => value.clone(),
    };
    let row = |moved: &Moved| {
        let name = [
            kind_name(moved.kind, &moved.unit, output).to_owned(),
            moved.name.clone(),
            ScopeText(moved.scope.clone()).human(),
            output.period(&moved.period).to_owned(),
        ];
        let [before, after] = &moved.units;
        name.into_iter().chain([shown(moved, &moved.before, before), shown(moved, &moved.after, after)]).collect::<Vec<_>>()
    };
    let header = [("what", "内容"), ("name", "名称"), ("scope", "范围"), ("period", "周期"), ("before", "改动前"), ("after", "改动后")];
    let draw = |header: &[(&str, &str)], rows: Vec<Vec<String>>, right: &[bool]| {
        if !rows.is_empty() {
            let header: Vec<&str> = header.iter().map(|(en, zh)| output.text(en, zh)).collect();
            output.line(&format!("\n{}", table(&header, &rows, right)));
        }
    };
    draw(&header, found.moved.iter().map(row).collect(), &[false, false, false, false, true, true]);
    let header = [("alert", "预警"), ("scope", "范围"), ("state", "状态"), ("change", "变化"), ("before", "改动前"), ("after", "改动后")];
    draw(&header, found.transitions.iter().map(|one| transition_row(one, output)).collect(), &[]);
}

fn moved_json(moved: &Moved) -> Value {
    let unit = (!moved.unit.is_empty()).then_some(&moved.unit);
    let mut record = json!({
        "kind": moved.kind.name(), "name": moved.name, "scope": ScopeText(moved.scope.clone()), "period": moved.period, "unit": unit,
        "before": moved.before, "after": moved.after,
    });
    if let (Some(side), Some(fields)) = (moved.only(["before", "after"]), record.as_object_mut()) {
        fields.insert("only".to_owned(), side.into());
    }
    record
}

fn transition_json(transition: &Pair<AlertLine>) -> Value {
    let line = transition.either();
    let at = |side: &Option<(Instant, AlertLine)>| side.as_ref().map(|(_, line)| line.at.clone());
    json!({
        "kind": "alert",
        "name": line.map(|line| &line.alert),
        "scope": line.map(|line| &line.scope),
        "state": line.map(|line| line.state),
        "severity": line.and_then(|line| line.severity),
        "change": transition.change(),
        "before": at(&transition.before),
        "after": at(&transition.after),
    })
}

fn transition_row(transition: &Pair<AlertLine>, output: Output) -> Vec<String> {
    let Some(line) = transition.either() else { return Vec::new() };
    let at = |side: &Option<(Instant, AlertLine)>| side.as_ref().map_or_else(|| "-".to_owned(), |(_, line)| line.at.clone());
    let change = match transition.change() {
        "gained" => output.text("gained", "新增"),
        "lost" => output.text("lost", "消失"),
        _ => output.text("moved", "移动"),
    };
    let [state, severity] = [line.state, line.severity.unwrap_or_default()].map(|word| said(word, output.lang));
    let state = format!("{state} {severity}");
    vec![
        line.alert.clone(),
        line.scope.human(),
        state.trim_end().to_owned(),
        change.to_owned(),
        at(&transition.before),
        at(&transition.after),
    ]
}
