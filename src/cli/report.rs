//! `steelyard report`: the review (复盘) of a scorecard for a period, over a file of events.
//!
//! 1. The rulesets read the file ([`super::replay`]): the present one, and the one before when another is named.
//! 2. [`compare`] compares the period with the one before.
//! 3. Notes are read from TOML, and the page is written ([`crate::report`]). Without notes where they are required it is a draft.

use super::feed::Pick;
use super::output::Output;
use super::receipt::{Receipt, nothing};
use super::replay::{Loaded, dims, instant, load, scorecard};
use super::source::{program, replace_bytes};
use super::{Ended, Stop};
use crate::compile::program::{DimIdx, Program, Scorecard};
use crate::diagnostic::codes::{cli as codes, report};
use crate::diagnostic::{Diagnostic, Words};
use crate::engine::Notes;
use crate::engine::changes::{Asked, REVIEWED_MAX, Side, compare};
use crate::engine::replay::Replay;
use crate::eval::{Cells, Fault, Reader};
use crate::http::wire;
use crate::report::Format;
use crate::report::notes::{flaw, unseen};
use crate::report::review::{Incident, Subject, by_scope, incidents_of};
use crate::time::Period;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;

/// The flags of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The ruleset
    ruleset: String,
    /// CSV or NDJSON, plain, .gz or .zst
    #[arg(long)]
    events: String,
    /// The feed that maps the columns of a CSV, when the ruleset has several
    #[arg(long)]
    feed: Option<String>,
    /// The scorecard; may be left out when there is one only
    #[arg(long)]
    scorecard: Option<String>,
    /// The period, such as 2026-03
    #[arg(long)]
    period: String,
    /// The period to compare with, instead of the previous one
    #[arg(long)]
    against: Option<String>,
    /// The ruleset that scored the period to compare with, when it was another
    #[arg(long)]
    before: Option<String>,
    /// Only this dimension value, such as shop=us; may be given several times
    #[arg(long)]
    scope: Vec<String>,
    /// Tell by the values of this dimension where changes came from
    #[arg(long)]
    by: Option<String>,
    /// A TOML file with notes and actions
    #[arg(long)]
    notes: Option<String>,
    /// Write down by which ruleset and from which events (those up to --at) the scores came, for `verify`
    #[arg(long, value_name = "FILE")]
    receipt: Option<String>,
    /// Do not fail when notes are missing
    #[arg(long)]
    draft: bool,
    /// Read time up to here instead of to the last event
    #[arg(long)]
    at: Option<String>,
    /// The file to write, ending in .html, .md or .xlsx; Markdown to standard output when left out
    #[arg(long)]
    out: Option<String>,
}

/// Runs `report`.
pub fn run(args: &ReportArgs, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (compiled, now) = program(&args.ruleset, packages, output)?;
    let earlier = args.before.as_ref().map(|path| program(path, packages, output).map(|(_, program)| program)).transpose()?;
    // What is asked is checked before the events are read.
    let card = card(&now, args.scorecard.as_deref())?;
    let period = period(&now, card, &args.period)?;
    let against = args.against.as_deref().map(|label| self::period(&now, card, label)).transpose()?;
    let against = against.unwrap_or_else(|| period.previous(now.reckoning));
    let within = scope(&now, card, &args.scope)?;
    let by = dims(&now, args.by.as_slice(), &[])?.first().copied();
    let notes = args.notes.as_deref().map(|path| notes(path, &now, card)).transpose()?.unwrap_or_default();
    let format = format(args.out.as_deref())?;
    let before_card = match &earlier {
        Some(program) => program.scorecards.get(scorecard(program, &card.name)?),
        None => Some(card),
    };
    let at = args.at.as_deref().map(|text| instant(&now, text)).transpose()?;
    let read = |program: &Arc<Program>| -> Result<Loaded, Stop> {
        load(Replay::new(Arc::clone(program)), &args.events, program, Pick { feed: args.feed.as_deref(), ..Pick::default() }, at, output)
    };
    let loaded = read(&now)?;
    let loaded_before = earlier.as_ref().map(read).transpose()?;
    let reader = loaded.replay.reader(loaded.at);
    reviewable(&reader, card, period, &within)?;
    if let Some(wrong) = args.notes.as_deref().map(|path| unseen(path, &notes, &reader, card).map_err(broken)).transpose()?.flatten() {
        return Err(Stop::input(wrong));
    }
    let before = loaded_before.as_ref().map_or(reader, |loaded| loaded.replay.reader(loaded.at));
    let (now_side, before_side) =
        (Side { reader, card, period }, Side { reader: before, card: before_card.unwrap_or(card), period: against });
    let reviewed = compare(&Asked { now: now_side, before: before_side, within: &within, by }).map_err(broken)?;
    let incidents = incidents(&now, &loaded, period).and_then(|found| by_scope(&reader, period, &reviewed, &found)).map_err(broken)?;
    let version = earlier.as_ref().map(|program| format!("{} {}", program.name, program.version));
    let subject = Subject {
        program: &now,
        card,
        period,
        before: (against, version),
        at: loaded.at,
        reviewed: &reviewed,
        closed: &[],
        decided: &[],
        incidents: &incidents,
        notes: &notes,
        lang: output.lang,
    };
    write(&subject, format, args.out.as_deref(), output)?;
    if let Some(path) = &args.receipt {
        Receipt::of(&compiled.source.text, &now, &loaded, card, period).map_err(broken)?.write(path)?;
    }
    let missing = subject.missing();
    if !missing.is_empty() && !args.draft {
        missing.iter().for_each(|line| output.note(line));
        let told = Words::new(
            if missing.len() == 1 { "1 note is".to_owned() } else { format!("{} notes are", missing.len()) },
            format!("{} 条说明", missing.len()),
        );
        return Err(Stop::input(Diagnostic::general(&report::NOTES_MISSING).words("notes", told)));
    }
    Ok(if loaded.refused > 0 { Ended::Wrong } else { Ended::Fine })
}

/// Refuses a review of nothing, and one of more scopes than a person reads.
fn reviewable(reader: &Reader<'_>, card: &Scorecard, period: Period, within: &[(DimIdx, Box<str>)]) -> Result<(), Stop> {
    let program = reader.program;
    let dims = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    let name = |dim: &DimIdx| program.dims.get(*dim).map_or("", String::as_str);
    let n_scopes = if dims.is_empty() { 1 } else { reader.scopes(dims, within).map_err(broken)?.len() };
    if n_scopes == 0 {
        let within: Vec<String> = within.iter().map(|(dim, value)| format!("{}={value}", name(dim))).collect();
        return Err(Stop::input(nothing(card, period, reader.at, &within)));
    }
    if n_scopes > REVIEWED_MAX {
        let dim = dims.first().map_or("", name);
        return Err(Stop::usage(Diagnostic::general(&report::REPORT_SCOPES).arg("limit", REVIEWED_MAX).arg("dim", dim)));
    }
    Ok(())
}

fn write(subject: &Subject<'_>, format: Format, out: Option<&str>, output: Output) -> Result<(), Stop> {
    let bytes = subject.write(format).map_err(Stop::input)?;
    let missing = subject.missing();
    match out {
        Some(path) => {
            replace_bytes(path, &bytes)?;
            output.document(&json!({"file": path, "missing": missing}));
            if output.is_human() {
                output.line(path);
            }
        }
        None => {
            let text = String::from_utf8_lossy(&bytes);
            output.document(&json!({"text": text, "missing": missing}));
            if output.is_human() {
                output.line(text.trim_end());
            }
        }
    }
    Ok(())
}

/// As what a file of this name is written.
fn format(out: Option<&str>) -> Result<Format, Stop> {
    let Some(path) = out else { return Ok(Format::Markdown) };
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    Format::ending_in(ending).ok_or_else(|| Stop::usage(Diagnostic::general(&report::REPORT_KIND).arg("file", path)))
}

/// The named scorecard, or the only one.
fn card<'p>(program: &'p Program, name: Option<&str>) -> Result<&'p Scorecard, Stop> {
    match (name, program.scorecards.as_slice()) {
        (Some(name), _) => program.scorecards.get(scorecard(program, name)?).ok_or_else(Stop::told),
        (None, [only]) => Ok(only),
        (None, []) => Err(Stop::usage(Diagnostic::general(&report::NO_SCORECARD).arg("ruleset", &program.name))),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|card| card.name.as_str()).collect();
            let which = Diagnostic::general(&report::WHICH_SCORECARD).arg("ruleset", &program.name);
            Err(Stop::usage(which.arg("names", names.join(", "))))
        }
    }
}

fn period(program: &Program, card: &Scorecard, label: &str) -> Result<Period, Stop> {
    let period = Period::parse(label, program.reckoning).ok().filter(|period| period.grain == card.every);
    period.ok_or_else(|| Stop::usage(Diagnostic::general(&codes::BAD_PERIOD).arg("text", label)))
}

/// The dimension values of `--scope`.
fn scope(program: &Program, card: &Scorecard, texts: &[String]) -> Result<Vec<(DimIdx, Box<str>)>, Stop> {
    let dims = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    let name = |dim: &DimIdx| program.dims.get(*dim).map_or("", String::as_str);
    let mut scope = Vec::new();
    for text in texts {
        let found = text.split_once('=').and_then(|(dim, value)| Some((dims.iter().copied().find(|one| name(one) == dim)?, value.into())));
        let names = || dims.iter().map(name).collect::<Vec<_>>().join(", ");
        scope.push(found.ok_or_else(|| Stop::usage(Diagnostic::general(&report::SCOPE_FORM).arg("text", text).arg("names", names())))?);
    }
    scope.sort();
    Ok(scope)
}

/// The alerts that fired in the period, the earliest first.
fn incidents(program: &Program, loaded: &Loaded, period: Period) -> Result<Vec<Incident>, Fault> {
    let mut found = Vec::new();
    for (rule, scope, track) in loaded.replay.state().tracks() {
        let Some(declared) = program.alerts.get(rule) else { continue };
        let fired: Vec<_> = track.episodes.iter().filter(|episode| !episode.withdrawn).collect();
        if fired.is_empty() {
            continue;
        }
        let dims = program.groupings.get(declared.grouping).map_or(&[][..], Vec::as_slice);
        let all = loaded.replay.state().scopes(declared.grouping)?;
        let values = all.into_iter().find(|(id, ..)| *id == scope).map(|(_, scope, _)| scope.values).unwrap_or_default();
        let named = |(dim, value): (&DimIdx, &Option<Box<str>>)| Some((program.dims.get(*dim)?.clone(), value.as_ref()?.to_string()));
        let scope: Vec<(String, String)> = dims.iter().zip(values.iter()).filter_map(named).collect();
        found.extend(fired.into_iter().map(|episode| Incident {
            title: declared.title.clone(),
            scope: scope.clone(),
            severity: episode.worst,
            since: episode.from,
            until: episode.until,
        }));
    }
    Ok(incidents_of(program, period, found))
}

/// Reads a file of notes about a card.
fn notes(path: &str, program: &Program, card: &Scorecard) -> Result<Notes, Stop> {
    let source = super::source::read(path)?;
    let wrong = |reason: Words| Stop::input(Diagnostic::general(&report::NOTES_FILE).arg("file", path).reason(reason));
    let file: wire::Notes =
        toml::from_str(&source.text).map_err(|error| wrong(Words::foreign("格式不对", error.to_string().trim_end())))?;
    let notes = file.read().map_err(wrong)?;
    flaw(path, &notes, program, card).map_or(Ok(notes), |wrong| Err(Stop::input(wrong)))
}

fn broken(fault: Fault) -> Stop {
    Stop::input(Diagnostic::general(&codes::TEST_FAULT).reason(&fault))
}
