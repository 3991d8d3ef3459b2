//! How many instructions the ways that everything takes cost: no noise of the machine can hide what became dearer.
//!
//! 1. Each of [`WORKS`] runs so many times: parsing lines, updating a state, reading scores, committing events.
//! 2. `--check` runs each under valgrind (cachegrind) twice, with some and with twice as many rounds: the difference is
//!    what the rounds cost, without the start of the process.
//! 3. It is compared with `benches/baseline.toml`. More than [`MOST`] over it fails; `--write` writes it anew.
//!
//! The counts are those of the `dev` profile and of one compiler, which the baseline names: the same code gives the same
//! instructions on every machine, but for hash seeds, which move them by less than a percent. Another compiler makes other
//! code; then there is nothing to compare with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout)]

#[path = "../../benches/inside/stream.rs"]
mod stream;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use steelyard::engine::{Engine, ManualClock, Options, RawEvent, Replay, shape};
use steelyard::eval::{MemoryHistory, State};
use steelyard::http::events::parse_line;
use steelyard::time::{Instant, Period};
use stream::{events, program};

/// How much more than the baseline a round may cost.
const MOST: f64 = 1.05;
const SERIES: u64 = 100;
const BATCH: usize = 100;

/// A work: its name, what it does so many times, and how many times when it is counted.
type Work = (&'static str, fn(u64), u64);

const WORKS: &[Work] = &[("parse", parse, 2_000), ("update", update, 1_000), ("score", score, 200), ("commit", commit, 1_000)];

/// The counts of a compiler.
#[derive(Serialize, Deserialize)]
struct Baseline {
    compiler: String,
    /// Instructions of one round.
    instructions: BTreeMap<String, u64>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--check"] => against_baseline(),
        ["--write"] => write_baseline(),
        ["--run", name, rounds] => {
            let (_, work, _) = WORKS.iter().find(|(one, ..)| one == name).expect("a work");
            work(rounds.parse().expect("a number"));
            ExitCode::SUCCESS
        }
        // Among all tests: every work runs, nothing is counted.
        [] => {
            WORKS.iter().for_each(|(_, work, _)| work(BATCH as u64));
            ExitCode::SUCCESS
        }
        // The filters of other tests.
        _ => ExitCode::SUCCESS,
    }
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/baseline.toml")
}

fn live() -> String {
    format!("{}/benches/rulesets/live.kpi", env!("CARGO_MANIFEST_DIR"))
}

fn compiler() -> String {
    let told = Command::new("rustc").arg("--version").output().expect("rustc");
    String::from_utf8_lossy(&told.stdout).trim().to_owned()
}

fn against_baseline() -> ExitCode {
    let Ok(text) = std::fs::read_to_string(file()) else {
        println!("there is no benches/baseline.toml to compare with: make baseline");
        return ExitCode::FAILURE;
    };
    let baseline: Baseline = toml::from_str(&text).expect("a baseline");
    if baseline.compiler != compiler() {
        println!("nothing to compare with: the baseline is of {}, this is {}", baseline.compiler, compiler());
        return ExitCode::SUCCESS;
    }
    let mut dearer = false;
    for (name, _, rounds) in WORKS {
        let (count, known) = (counted(name, *rounds), baseline.instructions.get(*name).copied().unwrap_or(0));
        let ratio = count as f64 / known as f64;
        dearer |= ratio > MOST;
        let verdict = if ratio > MOST { "  dearer than it may be" } else { "" };
        println!("{name}: {count} instructions, baseline {known}, ratio={ratio:.3} goal=<{MOST}{verdict}");
    }
    if dearer {
        println!("What is meant to be dearer goes into the baseline: make baseline");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn write_baseline() -> ExitCode {
    let instructions = WORKS.iter().map(|(name, _, rounds)| ((*name).to_owned(), counted(name, *rounds))).collect();
    let text = toml::to_string(&Baseline { compiler: compiler(), instructions }).expect("a baseline");
    let head = "# Instructions of one round of each work of tests/count, in the dev profile. Written by `make baseline`.\n";
    std::fs::write(file(), format!("{head}{text}")).expect("benches/baseline.toml");
    println!("{text}");
    ExitCode::SUCCESS
}

/// Instructions of one round.
fn counted(name: &str, rounds: u64) -> u64 {
    (instructions(name, 2 * rounds) - instructions(name, rounds)) / rounds
}

fn instructions(name: &str, rounds: u64) -> u64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    let told = valgrind.arg(std::env::current_exe().unwrap()).args(["--run", name, &rounds.to_string()]).output();
    let told = told.expect("valgrind is missing: make tools");
    let text = String::from_utf8_lossy(&told.stderr).into_owned();
    assert!(told.status.success(), "{text}");
    let line = text.lines().find_map(|line| line.split("refs:").nth(1).map(|rest| rest.trim().replace(',', "")));
    line.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no count: {text}"))
}

/// Reads lines of NDJSON.
fn parse(rounds: u64) {
    let line = r#"{"id":"ord-2026-000000000123","source":"job","type":"order_completed","time":"2026-01-01T00:05:18.816Z","data":{"shop":"lazada-shop-110","region":"southeast-asia","category":"consumer-electronics","amount":243.15,"currency":"SGD","qty":3,"shipped_late":false}}"#;
    (0..rounds).for_each(|_| drop(black_box(parse_line(black_box(line)).unwrap())));
}

/// Takes events into the state of a ruleset with a score and two alerts, and takes out what changed.
fn update(rounds: u64) {
    let program = program(&live());
    let kind = program.event_named("order_completed").unwrap();
    let (mut state, mut history) = (State::new(Arc::clone(&program)), MemoryHistory::default());
    let rows: Vec<_> = all(rounds).iter().map(|event| shape(&program, kind, event, event.time.unwrap()).unwrap()).collect();
    for batch in rows.chunks(BATCH) {
        batch.iter().for_each(|row| history.push(row.clone()));
        state.step(batch.to_vec(), batch[batch.len() - 1].time, &history).unwrap();
        drop(black_box(state.take_changes()));
    }
}

/// Reads one score of four KPIs.
fn score(rounds: u64) {
    let program = program(&live());
    let mut replay = Replay::new(Arc::clone(&program));
    let events = all(BATCH as u64);
    let at = events[events.len() - 1].time.unwrap();
    replay.add(events, at).unwrap();
    let (reader, card) = (replay.reader(at), &program.scorecards[0]);
    let period = Period::parse("2026-01-01", program.reckoning).unwrap();
    let dims = &program.groupings[card.grouping];
    let scope: Vec<_> = dims.iter().copied().zip(reader.scopes(dims, &[]).unwrap().remove(0)).collect();
    (0..rounds).for_each(|_| drop(black_box(reader.score(card, period, &scope).unwrap())));
}

/// Takes events the whole way: judged, typed, stepped, committed.
fn commit(rounds: u64) {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Instant::parse_rfc3339("2026-03-02T00:00:00Z").unwrap()));
    let engine = Engine::open(dir.path(), Options { clock, ..Options::default() }).unwrap();
    let workspace = engine.workspace("default").unwrap();
    workspace.put_ruleset(&std::fs::read_to_string(live()).unwrap()).unwrap();
    workspace.activate("live", "1.0.0", None).unwrap();
    for batch in all(rounds).chunks(BATCH) {
        let report = workspace.ingest(batch.to_vec()).unwrap().blocking_recv().unwrap().unwrap();
        assert_eq!(report.accepted, batch.len());
    }
    engine.close();
}

/// The first days of the events of a long stream, so that more rounds do not make it sparser.
fn all(count: u64) -> Vec<RawEvent> {
    events(SERIES, 100_000).take(usize::try_from(count).unwrap()).collect()
}
