//! `steelyard replay`: a ruleset over a file of events, without a server and without a store.
//!
//! 1. The ruleset is compiled, the file read ([`super::feed`]; JSON lines as columns, [`lane`]) and its events handed to
//!    [`Replay`], which keeps only what is asked for ([`asked`]).
//! 2. Time is read forward day by day up to the last event, or to `--at`.
//! 3. Metrics, scores and alert transitions are read and printed ([`super::answers`]).

mod asked;
mod lane;

use super::answers::{Answers, Span};
use super::feed::{Events, Pick};
use super::output::{ALL, Output, counted};
use super::sending::left_out;
use super::{Ended, Stop, source};
use crate::compile::program::{DimIdx, GroupingIdx, Program};
use crate::diagnostic::{Diagnostic, Lang, Words, codes::cli as codes, codes::report, nearest};
use crate::engine::replay::Replay;
use crate::engine::{RawEvent, When};
use crate::time::{Grain, Instant, LATEST};
use asked::Wanted;
use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

/// Events handed over at once.
const BATCH: usize = 10_000;
/// Refused events that are printed one by one.
const REFUSED_SHOWN: usize = 10;

/// The flags of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The ruleset
    ruleset: String,
    /// CSV, XLSX or NDJSON, plain, .gz or .zst; `-` reads standard input
    #[arg(long)]
    events: String,
    /// The feed, instead of the one whose columns the file has; flat objects of NDJSON need one
    #[arg(long)]
    feed: Option<String>,
    /// The sheet of a workbook, instead of the first one
    #[arg(long)]
    sheet: Option<String>,
    /// Metrics to print, with commas between
    #[arg(long, value_delimiter = ',', num_args = 1)]
    metrics: Vec<String>,
    /// Print scores, of one scorecard or of all
    #[arg(long, value_name = "CARD", num_args = 0..=1, default_missing_value = "")]
    scores: Option<String>,
    /// Print every transition of every alert
    #[arg(long)]
    alerts: bool,
    /// One number for every day, week, month, quarter or year from the first to the last event
    #[arg(long, value_enum)]
    by: Option<GrainArg>,
    /// Also one number for every value of these dimensions
    #[arg(long, value_delimiter = ',', num_args = 1)]
    per: Vec<String>,
    /// The window of the numbers, such as "28 days"; with --by it ends with each period
    #[arg(long)]
    over: Option<String>,
    /// Read time up to here instead of to the last event
    #[arg(long)]
    at: Option<String>,
    /// Print money whole instead of in minor units
    #[arg(long)]
    exact: bool,
}

/// A calendar interval on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum GrainArg {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl From<GrainArg> for Grain {
    fn from(grain: GrainArg) -> Grain {
        match grain {
            GrainArg::Day => Grain::Day,
            GrainArg::Week => Grain::Week,
            GrainArg::Month => Grain::Month,
            GrainArg::Quarter => Grain::Quarter,
            GrainArg::Year => Grain::Year,
        }
    }
}

/// Runs `replay`.
pub fn run(args: &ReplayArgs, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (_, program) = source::program(&args.ruleset, packages, output)?;
    // What is asked is checked before the events are read: a typing mistake must not cost a long file.
    let asked = Asked::of(args, &program)?;
    let at = args.at.as_deref().map(|text| instant(&program, text)).transpose()?;
    let everything = asked.metrics.is_none() && args.scores.is_none() && !args.alerts;
    let alerts = args.alerts || everything;
    let groupings = asked.groupings(&program, args.scores.is_some() || everything, alerts);
    let replay = Replay::in_bulk(watched(&program, alerts), Some(&groupings), at);
    let pick = Pick { feed: args.feed.as_deref(), sheet: args.sheet.as_deref(), ..Pick::default() };
    let loaded = load(replay, &args.events, &program, pick, at, output)?;
    let answers = Answers { program: &program, replay: &loaded.replay, first: loaded.first, at: loaded.at, exact: args.exact, output };
    if asked.metrics.is_some() || everything {
        let all: Vec<usize> = (0..program.metrics.len()).collect();
        answers.metrics(asked.metrics.as_deref().unwrap_or(&all), &asked.per, &asked.span).map_err(Stop::input)?;
    }
    if args.scores.is_some() || everything {
        answers.scores(asked.card).map_err(Stop::input)?;
    }
    if alerts {
        answers.alerts().map_err(Stop::input)?;
    }
    Ok(if loaded.refused > 0 { Ended::Wrong } else { Ended::Fine })
}

/// The program, without its alerts when nobody asks for them: they need not be looked at.
pub fn watched(program: &Arc<Program>, alerts: bool) -> Arc<Program> {
    if alerts { Arc::clone(program) } else { Arc::new(Program { alerts: Vec::new(), ..Program::clone(program) }) }
}

/// What is to be printed.
struct Asked {
    metrics: Option<Vec<usize>>,
    card: Option<usize>,
    per: Vec<DimIdx>,
    span: Span,
}

impl Asked {
    /// The groupings that must be kept.
    fn groupings(&self, program: &Program, scores: bool, alerts: bool) -> BTreeSet<GroupingIdx> {
        let all: Vec<usize> = (0..program.metrics.len()).collect();
        let cards = (0..program.scorecards.len()).filter(|card| scores && self.card.is_none_or(|one| one == *card));
        let metrics = self.metrics.as_deref().unwrap_or(&all);
        Wanted { metrics, per: &self.per, cards: cards.collect(), alerts }.groupings(program)
    }

    fn of(args: &ReplayArgs, program: &Program) -> Result<Asked, Stop> {
        let metrics = args.metrics.iter().map(|name| metric(program, name)).collect::<Result<Vec<_>, _>>()?;
        let card = match args.scores.as_deref() {
            None | Some("") => None,
            Some(name) => Some(scorecard(program, name)?),
        };
        let per = dims(program, &args.per, &metrics)?;
        let window = args.over.as_deref().map(|text| window(program, text)).transpose()?;
        let span = match (args.by, window) {
            (Some(grain), window) => Span::Periods(grain.into(), window),
            (None, Some(window)) => Span::Once(window, args.over.clone().unwrap_or_default()),
            (None, None) => Span::Once(crate::compile::program::Window::All, ALL.to_owned()),
        };
        Ok(Asked { metrics: (!metrics.is_empty()).then_some(metrics), card, per, span })
    }
}

/// The metric of this name.
pub fn metric(program: &Program, name: &str) -> Result<usize, Stop> {
    let names = || program.metrics.iter().map(|metric| metric.name.as_str());
    let found = names().position(|one| one == name);
    found.ok_or_else(|| Stop::usage(unknown(Diagnostic::general(&codes::UNKNOWN_METRIC), program, name, names())))
}

/// The scorecard of this name.
pub fn scorecard(program: &Program, name: &str) -> Result<usize, Stop> {
    let names = || program.scorecards.iter().map(|card| card.name.as_str());
    let found = names().position(|one| one == name);
    found.ok_or_else(|| Stop::usage(unknown(Diagnostic::general(&codes::UNKNOWN_SCORECARD), program, name, names())))
}

/// The alert rule of this name.
pub fn alert(program: &Program, name: &str) -> Result<usize, Stop> {
    let names = || program.alerts.iter().map(|rule| rule.name.as_str());
    let found = names().position(|one| one == name);
    found.ok_or_else(|| Stop::usage(unknown(Diagnostic::general(&codes::UNKNOWN_ALERT), program, name, names())))
}

fn unknown<'a>(diagnostic: Diagnostic, program: &Program, name: &str, names: impl Iterator<Item = &'a str> + Clone) -> Diagnostic {
    let near = nearest(name, names.clone());
    diagnostic
        .arg("ruleset", &program.name)
        .arg("name", name)
        .arg("names", names.collect::<Vec<_>>().join(", "))
        .words("guess", near.map(|near| Words::new(format!("; did you mean {near}?"), format!("，是否为 {near}？"))).unwrap_or_default())
}

/// The dimensions of `--per`, which all of the metrics must have.
pub fn dims(program: &Program, names: &[String], metrics: &[usize]) -> Result<Vec<DimIdx>, Stop> {
    let mut found = Vec::new();
    for name in names {
        let dim = program.dims.iter().position(|dim| dim == name);
        let lacking = metrics
            .iter()
            .filter_map(|metric| program.metrics.get(*metric))
            .find(|metric| dim.is_none_or(|dim| !metric.dims.contains(&dim)));
        match (dim, lacking) {
            (Some(dim), None) => found.push(dim),
            (_, lacking) => {
                let (diagnostic, known): (_, Vec<String>) = match lacking {
                    Some(metric) => (
                        Diagnostic::general(&codes::UNKNOWN_DIMENSION).arg("metric", &metric.name),
                        metric.dims.iter().filter_map(|dim| program.dims.get(*dim).cloned()).collect(),
                    ),
                    None => (Diagnostic::general(&report::NO_DIMENSION).arg("ruleset", &program.name), program.dims.clone()),
                };
                return Err(Stop::usage(diagnostic.arg("name", name).arg("names", known.join(", "))));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// A window as a ruleset writes it.
pub fn window(program: &Program, text: &str) -> Result<crate::compile::program::Window, Stop> {
    let wrong = || Stop::usage(Diagnostic::general(&codes::BAD_WINDOW).arg("text", text));
    if let Ok(at) = crate::syntax::parse::parse_occasion(text) {
        return crate::compile::occasion(program, &at).map_err(|_| wrong());
    }
    let parsed = crate::syntax::parse::parse_window(text).map_err(|_| wrong())?;
    let spanned = crate::diagnostic::Spanned { value: parsed, span: crate::diagnostic::Span::default() };
    crate::compile::window(&spanned).map_err(|_| wrong())
}

/// A time as a ruleset writes it, in its zone.
pub fn instant(program: &Program, text: &str) -> Result<Instant, Stop> {
    let found = program.zone.parse_local(text).filter(|instant| *instant <= LATEST);
    found.ok_or_else(|| Stop::usage(Diagnostic::general(&codes::BAD_TIME).arg("text", text)))
}

/// When a number is asked for: `--over`, `--period`, or all time.
pub fn when(program: &Program, over: Option<&str>, period: Option<&str>) -> Result<When, Stop> {
    match (period, over) {
        (Some(label), _) => {
            let period = crate::time::Period::parse(label, program.reckoning);
            period.map(When::Period).map_err(|_| Stop::usage(Diagnostic::general(&codes::BAD_PERIOD).arg("text", label)))
        }
        (None, Some(text)) => window(program, text).map(When::Window),
        (None, None) => Ok(When::Window(crate::compile::program::Window::All)),
    }
}

/// A file whose events a replay has read.
pub struct Loaded {
    /// The replay, with time read up to `at`.
    pub replay: Replay,
    /// The time of the first event; None without any.
    pub first: Option<Instant>,
    /// The time of the last event, or the one that was asked for.
    pub at: Instant,
    /// How many events were refused.
    pub refused: usize,
}

/// Reads a file into a replay and time up to the last event, or to `at`.
pub fn load(
    mut replay: Replay,
    path: &str,
    program: &Program,
    pick: Pick<'_>,
    at: Option<Instant>,
    output: Output,
) -> Result<Loaded, Stop> {
    let mut told = Told { path, refused: 0, duplicates: 0, accepted: 0, left_out: 0, output };
    if let Some((first, last)) = lane::read(&mut replay, path, program, pick, &mut told)? {
        let at = at.or(last).unwrap_or(Instant(0));
        replay.read_on(at).map_err(Stop::input)?;
        told.sum();
        return Ok(Loaded { replay, first, at, refused: told.refused });
    }
    let mut events = Events::open(path, Some(program), pick, output)?;
    let (mut first, mut last) = (None::<Instant>, None::<Instant>);
    loop {
        let Batch { lines, events: batch, mut refused, ended } = next_batch(&mut events);
        let times: Vec<Option<Instant>> = batch.iter().map(|event| event.time).collect();
        // Nothing is due yet: the rows wait, and time is read once all of them are there.
        let report = replay.add(batch, Instant(i64::MIN)).map_err(Stop::input)?;
        told.accepted += report.accepted;
        told.duplicates += report.duplicates;
        let left_out: std::collections::HashSet<usize> = report.refused.iter().map(|refusal| refusal.index).collect();
        refused.extend(report.refused.into_iter().map(|refusal| (lines.get(refusal.index).copied().unwrap_or(0), refusal.diagnostic)));
        refused.sort_by_key(|(line, _)| *line);
        refused.iter().for_each(|(line, diagnostic)| told.refuse(*line, diagnostic));
        for (_, time) in times.iter().enumerate().filter(|(index, _)| !left_out.contains(index)) {
            first = first.into_iter().chain(*time).min();
            last = last.max(*time);
        }
        if ended {
            break;
        }
    }
    events.progress.finish_and_clear();
    told.left_out = events.left_out;
    let at = at.or(last).unwrap_or(Instant(0));
    forward(&mut replay, program, first, at, output)?;
    told.sum();
    Ok(Loaded { replay, first, at, refused: told.refused })
}

/// Reads time forward, day by day.
fn forward(replay: &mut Replay, program: &Program, first: Option<Instant>, at: Instant, output: Output) -> Result<(), Stop> {
    let mut day = program.zone.day_of(first.unwrap_or(at).min(at));
    let last = program.zone.day_of(at);
    let n_days = u64::try_from(i64::from(last.0) - i64::from(day.0)).unwrap_or(0);
    let shown = output.is_human() && std::io::IsTerminal::is_terminal(&std::io::stderr());
    let progress = if shown { ProgressBar::new(n_days) } else { ProgressBar::hidden() };
    while day < last {
        replay.advance(program.zone.end_of(day).plus_s(-1)).map_err(Stop::input)?;
        progress.inc(1);
        day = day.plus(1);
    }
    progress.finish_and_clear();
    replay.advance(at).map(|_| ()).map_err(Stop::input)
}

/// Rows that are handed over at once.
struct Batch {
    /// The lines of the events.
    lines: Vec<u64>,
    events: Vec<RawEvent>,
    /// Rows that could not be read, with their lines.
    refused: Vec<(u64, Diagnostic)>,
    /// There are no more rows.
    ended: bool,
}

/// The next rows of the file.
fn next_batch(events: &mut Events<'_>) -> Batch {
    let mut batch = Batch { lines: Vec::new(), events: Vec::new(), refused: Vec::new(), ended: true };
    for numbered in events.by_ref() {
        match numbered.event {
            Ok(event) if event.time.is_none() => batch.refused.push((numbered.line, Diagnostic::general(&codes::NO_TIME))),
            Ok(event) => {
                batch.lines.push(numbered.line);
                batch.events.push(event);
            }
            Err(diagnostic) => batch.refused.push((numbered.line, diagnostic)),
        }
        if batch.events.len() + batch.refused.len() == BATCH {
            batch.ended = false;
            break;
        }
    }
    batch
}

/// Counts what became of the events and tells about the first refused ones.
struct Told<'a> {
    path: &'a str,
    accepted: usize,
    duplicates: usize,
    refused: usize,
    /// Rows that are no events, as the feed says.
    left_out: usize,
    output: Output,
}

impl Told<'_> {
    fn refuse(&mut self, line: u64, diagnostic: &Diagnostic) {
        self.refused += 1;
        if self.refused > REFUSED_SHOWN {
            return;
        }
        let place = Diagnostic::general(&codes::BAD_ROW).arg("file", self.path).arg("line", line);
        self.output.diagnostic(&place.arg("code", diagnostic.code.id).reason(diagnostic.messages()).words("help", diagnostic.helps()));
    }

    fn sum(&self) {
        let Told { accepted, duplicates, refused, .. } = self;
        let left_out = left_out(self.left_out).get(self.output.lang).to_owned();
        self.output.note(&match self.output.lang {
            Lang::En => format!("{}, {duplicates} repeated, {refused} refused{left_out}", counted(*accepted, "event")),
            Lang::Zh => format!("{accepted} 个事件，{duplicates} 个重复，{refused} 个被拒绝{left_out}"),
        });
        if self.refused > 0 {
            let were = if self.refused == 1 { "was" } else { "were" };
            let events = Words::new(format!("{} {were}", counted(self.refused, "event")), format!("{} 个事件", self.refused));
            self.output.diagnostic(&Diagnostic::general(&codes::EVENTS_REFUSED).words("events", events));
        }
    }
}
