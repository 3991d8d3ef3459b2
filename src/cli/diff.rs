//! `steelyard diff`: what a changed ruleset moves, over the same events.
//!
//! 1. Both rulesets read the file ([`super::replay`]) and time up to the same instant.
//! 2. The numbers of both are listed ([`super::answers`]): metrics that both declare, scores, transitions of alerts.
//! 3. What differs is printed: how much first, then each number before and after, then the alerts that were gained, lost or
//!    moved.

use super::answers::{Answers, Span};
use super::lines::{AlertLine, ScopeText, ScoreLine};
use super::output::{Output, table};
use super::replay::{GrainArg, Loaded, dims, instant, load};
use super::{Ended, Stop, source};
use crate::compile::program::{Program, Window};
use crate::engine::replay::Replay;
use crate::time::Instant;
use clap::Args;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// A transition that comes at most so many seconds earlier or later is the same one, moved.
const MOVED_S: i64 = 7 * 86_400;

/// The flags of `diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// The ruleset as it was
    before: String,
    /// The ruleset as it is to be
    after: String,
    /// CSV or NDJSON, plain, .gz or .zst
    #[arg(long)]
    events: String,
    /// The feed that maps the columns of a CSV, when the ruleset has several; or the flat objects of NDJSON
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
        let loaded = load(Replay::new(Arc::clone(program)), &diff.events, program, diff.feed.as_deref(), at, output)?;
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
    let span = diff.by.map_or(Span::Once(Window::All, "all".to_owned()), |grain| Span::Periods(grain.into(), None));
    let found = compare(&answers, &asked, &span).map_err(Stop::input)?;
    tell(&found, [&before, &after], output);
    Ok(Ended::Fine)
}

/// A number that differs.
struct Moved {
    kind: Kind,
    name: String,
    scope: ScopeText,
    period: String,
    /// Of a metric, its unit; both when it has changed.
    unit: String,
    before: Option<String>,
    after: Option<String>,
}

/// What kind of number it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Metric,
    Score,
    Grade,
    Payout,
}

impl Kind {
    const ALL: [(Kind, &str, &str); 4] = [
        (Kind::Metric, "metric", "指标"),
        (Kind::Score, "score", "得分"),
        (Kind::Grade, "grade", "等级"),
        (Kind::Payout, "payout", "系数"),
    ];

    fn name(self, output: Output) -> &'static str {
        let (_, en, zh) = Kind::ALL.into_iter().find(|(kind, ..)| *kind == self).unwrap_or(Kind::ALL[0]);
        if output.is_human() { output.text(en, zh) } else { en }
    }
}

/// A transition of an alert on one side, or on both at different instants.
struct Transition {
    before: Option<AlertLine>,
    after: Option<AlertLine>,
}

/// Everything that differs.
struct Found {
    moved: Vec<Moved>,
    transitions: Vec<Transition>,
}

/// A number by its kind, name, scope and period: its value and unit.
type Numbers = BTreeMap<(Kind, String, Vec<(String, String)>, String), (Option<String>, String)>;

fn compare(answers: &[Answers<'_>; 2], asked: &[(Vec<usize>, Vec<usize>); 2], span: &Span) -> Result<Found, crate::diagnostic::Diagnostic> {
    let [before, after] = answers;
    let [asked_before, asked_after] = asked;
    let (before_numbers, after_numbers) = (numbers(before, asked_before, span)?, numbers(after, asked_after, span)?);
    let keys: BTreeSet<_> = before_numbers.keys().chain(after_numbers.keys()).collect();
    let both = |name: &str| [before, after].iter().all(|side| side.program.scorecards.iter().any(|card| card.name == name));
    let moved = keys.into_iter().filter_map(|key| {
        let (kind, name, scope, period) = key;
        let number = |numbers: &Numbers| numbers.get(key).cloned().unwrap_or_default();
        let ((before, unit), (after, other)) = (number(&before_numbers), number(&after_numbers));
        let comparable = *kind == Kind::Metric || both(name);
        (comparable && (&before, &unit) != (&after, &other)).then(|| Moved {
            unit: if unit == other || other.is_empty() { unit } else { format!("{unit} -> {other}").trim_start_matches(" -> ").to_owned() },
            kind: *kind,
            name: name.clone(),
            scope: ScopeText(scope.clone()),
            period: period.clone(),
            before,
            after,
        })
    });
    let moved = moved.collect();
    Ok(Found { moved, transitions: transitions(before.alert_lines()?, after.alert_lines()?) })
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

/// Matches the transitions of two sides: of the same alert, scope and state, at the same instant or else at the nearest.
fn transitions(before: Vec<(Instant, AlertLine)>, after: Vec<(Instant, AlertLine)>) -> Vec<Transition> {
    let same = |a: &AlertLine, b: &AlertLine| (&a.alert, &a.scope.0, a.state, a.severity) == (&b.alert, &b.scope.0, b.state, b.severity);
    let mut gained = after;
    let mut lost = Vec::new();
    for (at, line) in before {
        match gained.iter().position(|(other, candidate)| *other == at && same(&line, candidate)) {
            Some(place) => drop(gained.remove(place)),
            None => lost.push((at, line)),
        }
    }
    let mut found: Vec<(Instant, Transition)> = Vec::new();
    for (at, line) in lost {
        let distance = |other: &Instant| other.0.abs_diff(at.0);
        let near = |(place, (other, candidate)): (usize, &(Instant, AlertLine))| {
            (same(&line, candidate) && (at.plus_s(-MOVED_S)..=at.plus_s(MOVED_S)).contains(other)).then(|| (distance(other), place))
        };
        let nearest = gained.iter().enumerate().filter_map(near).min();
        let after = nearest.map(|(_, place)| gained.remove(place).1);
        found.push((at, Transition { before: Some(line), after }));
    }
    found.extend(gained.into_iter().map(|(at, line)| (at, Transition { before: None, after: Some(line) })));
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, transition)| transition).collect()
}

fn tell(found: &Found, [before, after]: [&Program; 2], output: Output) {
    let count = |kind: Kind| found.moved.iter().filter(|moved| moved.kind == kind).count();
    let changes = |wanted: &str| found.transitions.iter().filter(|one| change(one) == wanted).count();
    let named = |program: &Program| format!("{} {}", program.name, program.version);
    let (only_before, only_after) = (only(before, after), only(after, before));
    if !output.is_human() {
        let mut records = vec![json!({
            "kind": "summary", "before": named(before), "after": named(after),
            "metrics": count(Kind::Metric), "scores": count(Kind::Score), "grades": count(Kind::Grade), "payouts": count(Kind::Payout),
            "alerts_gained": changes("gained"), "alerts_lost": changes("lost"), "alerts_moved": changes("moved"),
            "only_before": only_before, "only_after": only_after,
        })];
        records.extend(found.moved.iter().map(|moved| {
            let unit = (!moved.unit.is_empty()).then_some(&moved.unit);
            json!({
                "kind": moved.kind.name(output), "name": moved.name, "scope": moved.scope, "period": moved.period, "unit": unit,
                "before": moved.before, "after": moved.after,
            })
        }));
        records.extend(found.transitions.iter().map(transition_json));
        output.records(&records);
        return;
    }
    let kinds = Kind::ALL.map(|(kind, ..)| format!("{} {}", kind.name(output), count(kind))).join(output.text(", ", "，"));
    let [gained, lost, moved] = ["gained", "lost", "moved"].map(|word| changes(word).to_string());
    output.line(&format!("{} -> {}", named(before), named(after)));
    output.line(&match output.lang {
        crate::diagnostic::Lang::En => format!("moved: {kinds}; alert transitions: {gained} gained, {lost} lost, {moved} moved"),
        crate::diagnostic::Lang::Zh => format!("变化：{kinds}；预警状态变化：新增 {gained}，消失 {lost}，移动 {moved}"),
    });
    for (names, en, zh) in [(only_before, "only before", "仅改动前有"), (only_after, "only after", "仅改动后有")] {
        if !names.is_empty() {
            output.line(&format!("{}{}{}", output.text(en, zh), output.text(": ", "："), names.join(output.text(", ", "、"))));
        }
    }
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| output.text("unknown", "未知").to_owned());
    let row = |moved: &Moved| {
        let name = [moved.kind.name(output).to_owned(), moved.name.clone(), moved.scope.human(), moved.period.clone()];
        name.into_iter().chain([or_unknown(&moved.before), or_unknown(&moved.after)]).collect::<Vec<_>>()
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

/// Metrics, scorecards and alerts that only one of two rulesets declares.
fn only(one: &Program, other: &Program) -> Vec<String> {
    let names = |program: &Program| -> Vec<String> {
        let metrics = program.metrics.iter().map(|metric| format!("metric {}", metric.name));
        let cards = program.scorecards.iter().map(|card| format!("scorecard {}", card.name));
        let alerts = program.alerts.iter().map(|rule| format!("alert {}", rule.name));
        metrics.chain(cards).chain(alerts).collect()
    };
    let known = names(other);
    names(one).into_iter().filter(|name| !known.contains(name)).collect()
}

fn change(transition: &Transition) -> &'static str {
    match (&transition.before, &transition.after) {
        (None, _) => "gained",
        (_, None) => "lost",
        _ => "moved",
    }
}

fn transition_json(transition: &Transition) -> Value {
    let line = transition.before.as_ref().or(transition.after.as_ref());
    let at = |line: &Option<AlertLine>| line.as_ref().map(|line| line.at.clone());
    json!({
        "kind": "alert",
        "name": line.map(|line| &line.alert),
        "scope": line.map(|line| &line.scope),
        "state": line.map(|line| line.state),
        "severity": line.and_then(|line| line.severity),
        "change": change(transition),
        "before": at(&transition.before),
        "after": at(&transition.after),
    })
}

fn transition_row(transition: &Transition, output: Output) -> Vec<String> {
    let Some(line) = transition.before.as_ref().or(transition.after.as_ref()) else { return Vec::new() };
    let at = |line: &Option<AlertLine>| line.as_ref().map_or_else(|| "-".to_owned(), |line| line.at.clone());
    let change = match change(transition) {
        "gained" => output.text("gained", "新增"),
        "lost" => output.text("lost", "消失"),
        _ => output.text("moved", "移动"),
    };
    let state = format!("{} {}", line.state, line.severity.unwrap_or_default());
    vec![
        line.alert.clone(),
        line.scope.human(),
        state.trim_end().to_owned(),
        change.to_owned(),
        at(&transition.before),
        at(&transition.after),
    ]
}
