//! Receipts: by which ruleset, from which events, as of when somebody came to which scores, so that somebody else can do so too.
//!
//! 1. `report --receipt FILE` writes a [`Receipt`] beside the review.
//! 2. [`run`] is `steelyard verify`: it runs the ruleset over the events again, and names everything that is not the same.

use super::feed::Pick;
use super::output::Output;
use super::replay::{Loaded, load, scorecard};
use super::source::{self, Compiled};
use super::{Ended, Stop};
use crate::compile::program::{DimIdx, Program, Scorecard};
use crate::diagnostic::codes::{cli as codes, report};
use crate::diagnostic::{Diagnostic, Words};
use crate::engine::Reader;
use crate::engine::replay::Replay;
use crate::engine::show::bare;
use crate::eval::Fault;
use crate::time::{Instant, Period};
use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// The flags of `verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// The receipt that `report --receipt` wrote
    receipt: String,
    /// The ruleset
    #[arg(long)]
    ruleset: String,
    /// CSV or NDJSON, plain, .gz or .zst; in any order. Events later than the receipt's instant do not count
    #[arg(long)]
    events: String,
    /// The feed that maps the columns of a CSV, when the ruleset has several
    #[arg(long)]
    feed: Option<String>,
}

/// What somebody came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Its shape: 1.
    receipt: u32,
    ruleset: Named,
    events: Counted,
    /// As of when, RFC 3339.
    at: String,
    scorecard: String,
    period: String,
    /// Of every scope of the card.
    scores: Vec<Scored>,
}

/// A ruleset with its packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
    version: String,
    /// Of the whole text.
    blake3: String,
}

/// The events up to the instant of the receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Counted {
    n: usize,
    /// Whatever their order, and however often each came.
    blake3: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scored {
    scope: BTreeMap<String, String>,
    score: Option<String>,
    grade: Option<String>,
    payout: Option<String>,
}

impl Receipt {
    /// The scores of a card in a period.
    ///
    /// # Errors
    /// When the numbers cannot be read.
    pub fn of(text: &str, program: &Program, loaded: &Loaded, card: &Scorecard, period: Period) -> Result<Receipt, Fault> {
        let (n, blake3) = loaded.replay.fingerprint(loaded.at);
        let ruleset = Named {
            name: program.name.clone(),
            version: program.version.clone(),
            blake3: blake3::hash(text.as_bytes()).to_hex().to_string(),
        };
        let scores = scores(&loaded.replay.reader(loaded.at), card, period)?;
        Ok(Receipt {
            receipt: 1,
            ruleset,
            events: Counted { n, blake3 },
            at: loaded.at.to_string(),
            scorecard: card.name.clone(),
            period: period.to_string(),
            scores,
        })
    }

    /// Writes it.
    pub fn write(&self, path: &str) -> Result<(), Stop> {
        source::replace(path, &format!("{}\n", serde_json::to_string_pretty(self).unwrap_or_default()))
    }

    /// What is not the same in another one.
    fn differences(&self, other: &Receipt) -> Vec<Words> {
        let mut found = Vec::new();
        let mut differ = |en: String, zh: String, one: &str, other: &str| {
            if one != other {
                found.push(Words::new(format!("{en}: {one}, now {other}"), format!("{zh}：{one}，现为 {other}")));
            }
        };
        let named = |receipt: &Receipt| format!("{} {}", receipt.ruleset.name, receipt.ruleset.version);
        differ("ruleset".into(), "规则集".into(), &named(self), &named(other));
        differ("text of the ruleset".into(), "规则集文本".into(), &self.ruleset.blake3, &other.ruleset.blake3);
        differ("number of events".into(), "事件数".into(), &self.events.n.to_string(), &other.events.n.to_string());
        differ("events".into(), "事件".into(), &self.events.blake3, &other.events.blake3);
        let shown = |score: Option<&Scored>| match score {
            Some(score) => {
                [&score.score, &score.grade, &score.payout].map(|part| part.clone().unwrap_or_else(|| "-".to_owned())).join(" / ")
            }
            None => "-".to_owned(),
        };
        let scopes: std::collections::BTreeSet<_> = self.scores.iter().chain(&other.scores).map(|score| &score.scope).collect();
        for scope in scopes {
            let find = |receipt: &'_ Receipt| shown(receipt.scores.iter().find(|score| score.scope == *scope));
            let text = scope.iter().map(|(dim, value)| format!("{dim} {value}")).collect::<Vec<_>>().join(", ");
            differ(format!("score [{text}]"), format!("得分 [{text}]"), &find(self), &find(other));
        }
        found
    }
}

/// The scores of every scope, sorted by it.
fn scores(reader: &Reader<'_>, card: &Scorecard, period: Period) -> Result<Vec<Scored>, Fault> {
    let program = reader.program;
    let dims = program.groupings.get(card.grouping).map_or(&[][..], Vec::as_slice);
    let peers = reader.peers(card, period)?;
    let scopes = if dims.is_empty() { vec![Vec::new()] } else { reader.scopes(dims, &[])? };
    let mut found = Vec::with_capacity(scopes.len());
    for values in scopes {
        let scope: Vec<(DimIdx, Box<str>)> = dims.iter().copied().zip(values).collect();
        let score = reader.score_among(card, period, &scope, &peers)?;
        let name = |dim: &DimIdx| program.dims.get(*dim).cloned().unwrap_or_default();
        found.push(Scored {
            scope: scope.iter().map(|(dim, value)| (name(dim), value.to_string())).collect(),
            score: score.total.decimal().map(bare),
            grade: score.grade.and_then(|grade| card.grades.get(grade)).map(|grade| grade.name.clone()),
            payout: score.paid().map(bare),
        });
    }
    found.sort_by(|a, b| a.scope.cmp(&b.scope));
    Ok(found)
}

/// Nothing is known of the scopes that are asked for.
pub fn nothing(card: &Scorecard, period: Period, at: Instant, within: &[String]) -> Diagnostic {
    let within = if within.is_empty() { String::new() } else { format!(" [{}]", within.join(", ")) };
    let nothing = Diagnostic::general(&report::NO_SCORES).arg("name", &card.name).arg("period", period);
    nothing.arg("within", within).arg("at", at)
}

/// Runs `verify`.
pub fn run(args: &Verify, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let text = source::read(&args.receipt)?.text;
    let wrong = |reason: Words| Stop::input(Diagnostic::general(&report::RECEIPT).arg("file", &args.receipt).reason(reason));
    let receipt: Receipt = serde_json::from_str(&text).map_err(|error| wrong(Words::from(&error)))?;
    let (Compiled { source, .. }, program) = source::program(&args.ruleset, packages, output)?;
    let at = Instant::parse_rfc3339(&receipt.at).ok_or_else(|| wrong(Words::verbatim(&receipt.at)))?;
    let card = program.scorecards.get(scorecard(&program, &receipt.scorecard)?).ok_or_else(Stop::told)?;
    let period = Period::parse(&receipt.period, program.reckoning).ok().filter(|period| period.grain == card.every);
    let period = period.ok_or_else(|| Stop::input(Diagnostic::general(&codes::BAD_PERIOD).arg("text", &receipt.period)))?;
    let loaded = load(
        Replay::new(Arc::clone(&program)),
        &args.events,
        &program,
        Pick { feed: args.feed.as_deref(), ..Pick::default() },
        Some(at),
        output,
    )?;
    let again = Receipt::of(&source.text, &program, &loaded, card, period);
    let again = again.map_err(|fault| Stop::input(Diagnostic::general(&codes::TEST_FAULT).reason(&fault)))?;
    if receipt.scores.is_empty() {
        return Err(Stop::input(nothing(card, period, at, &[])));
    }
    let differences = receipt.differences(&again);
    let told: Vec<&str> = differences.iter().map(|words| words.get(output.lang)).collect();
    output.document(&json!({"verified": told.is_empty(), "scores": receipt.scores.len(), "differences": told}));
    if told.is_empty() {
        if output.is_human() {
            let n = receipt.scores.len();
            output.line(&match output.lang {
                crate::diagnostic::Lang::En => format!("the same ruleset, events and {n} scores"),
                crate::diagnostic::Lang::Zh => format!("规则集、事件和 {n} 个得分完全一致"),
            });
        }
        return Ok(Ended::Fine);
    }
    told.iter().for_each(|line| output.note(line));
    Err(Stop::input(Diagnostic::general(&report::NOT_THE_SAME).arg("file", &args.receipt)))
}
