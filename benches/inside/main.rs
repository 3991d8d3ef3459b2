//! What Steelyard's own parts cost, without HTTP and without a disk, for the rows that are about one event or one score.
//!
//! 1. [`update`]: every event steps the state: cells, the week, the score, both alerts.
//! 2. [`score`]: one score of four KPIs read from cells, and all scores of a day.
//!
//! Every command prints one JSON object.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::print_stdout)]

mod stream;

use serde_json::{Value, json};
use std::hint::black_box;
use std::sync::Arc;
use steelyard::engine::{RawEvent, Replay, shape};
use steelyard::eval::{MemoryHistory, Row, State};
use steelyard::time::Period;
use stream::{DAYS, events, program};

/// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BATCH: usize = 1_000;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let whole = |text: &str| text.parse::<u64>().expect("a number");
    let said = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["update", ruleset, series, events] => update(ruleset, whole(series), whole(events)),
        ["score", ruleset, shops, rounds] => score(ruleset, whole(shops), whole(rounds)),
        // `cargo bench` without words: there is nothing to compare with alone.
        _ => json!({ "usage": "benches/bench.py runs this" }),
    };
    println!("{said}");
}

/// Nanoseconds that this thread has worked.
fn worked() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    told.split(' ').next().unwrap().parse().unwrap()
}

/// Steps the state with every event, in commits of a thousand, and takes out what would be saved. Typing is not timed.
fn update(ruleset: &str, series: u64, count: u64) -> Value {
    let program = program(ruleset);
    let kind = program.event_named("order_completed").unwrap();
    let rows: Vec<Row> = events(series, count).map(|event| shape(&program, kind, &event, event.time.unwrap()).unwrap()).collect();
    let (mut state, mut history, mut told, mut took) = (State::new(Arc::clone(&program)), MemoryHistory::default(), 0, 0.0);
    for batch in rows.chunks(BATCH) {
        batch.iter().for_each(|row| history.push(row.clone()));
        let (batch, now) = (batch.to_vec(), batch[batch.len() - 1].time);
        let start = worked();
        told += state.step(batch, now, &history).unwrap().len();
        drop(black_box(state.take_changes()));
        took += worked() - start;
    }
    json!({ "ns": took / count as f64, "alerts": told, "scopes": state.scopes_seen() })
}

/// Reads scores: of one shop again and again, and of all shops of a day.
fn score(ruleset: &str, shops: u64, rounds: u64) -> Value {
    let program = program(ruleset);
    let mut replay = Replay::new(Arc::clone(&program));
    let all: Vec<RawEvent> = events(shops, shops * DAYS * 5).collect();
    let last = all[all.len() - 1].time.unwrap();
    replay.add(all, last).unwrap();
    let reader = replay.reader(last);
    let card = &program.scorecards[0];
    let period = Period::parse("2026-02-20", program.reckoning).unwrap();
    let dims = program.groupings[card.grouping].clone();
    let scopes = reader.scopes(&dims, &[]).unwrap();
    let scopes: Vec<Vec<_>> = scopes.into_iter().map(|values| dims.iter().copied().zip(values).collect()).collect();
    let start = worked();
    (0..rounds).for_each(|_| drop(black_box(reader.score(card, period, &scopes[0]).unwrap())));
    let single = worked() - start;
    // The clock of a thread moves in steps of milliseconds.
    let days = rounds.div_ceil(10);
    let start = worked();
    for _ in 0..days {
        let peers = reader.peers(card, period).unwrap();
        scopes.iter().for_each(|scope| drop(black_box(reader.score_among(card, period, scope, &peers).unwrap())));
    }
    let batch = (worked() - start) / days as f64;
    json!({ "ns": single / rounds as f64, "batch_ns": batch / scopes.len() as f64, "scopes": scopes.len() })
}
