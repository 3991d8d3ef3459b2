//! Deterministic simulation of the way of an alert: ingest, tick, dispatch and receivers, with simulated time, network
//! and disk, and with failures of all of them. A run is a pure function of its seed.
//!
//! 1. [`plan`] draws from the seed what will happen; [`life`] lets it happen, over [`world`], [`wire`] and [`disk`].
//! 2. [`history`] knows what should have been told, and compares.
//! 3. Every failing seed is named with the command that repeats it; the last line counts.
//!
//! `--seeds N` runs so many seeds, `--seed N` one, with its journal.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod disk;
mod history;
mod life;
mod plan;
mod random;
mod template;
mod wire;
mod world;

use history::Tally;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many seeds a plain `cargo test` runs.
const SEEDS: u64 = 1_000;
/// Every so many seeds, one is run twice and both journals are compared.
const TWICE: u64 = 20;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        Some(args.get(at + 1)?.parse().expect("a number"))
    };
    if args.iter().any(|arg| arg == "--list") || args.first().is_some_and(|arg| !arg.starts_with('-') && !"simulation".contains(arg)) {
        // The test harness was asked for something else.
        return ExitCode::SUCCESS;
    }
    let (from, to, shows) = match number("--seed") {
        Some(seed) => (seed, seed + 1, true),
        None => (0, number("--seeds").unwrap_or(SEEDS), false),
    };
    let (next, sum) = (AtomicU64::new(from), Mutex::new((Tally::default(), 0)));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= to {
                        return;
                    }
                    let (tally, failed) = check(seed, shows);
                    let mut sum = sum.lock().unwrap();
                    sum.0.lost += tally.lost;
                    sum.0.reordered += tally.reordered;
                    sum.0.duplicates += tally.duplicates;
                    sum.1 += usize::from(failed);
                }
            });
        }
    });
    let (Tally { lost, reordered, duplicates }, failed) = *sum.lock().unwrap();
    println!("{} seeds, {lost} lost, {reordered} reordered, {duplicates} duplicates", to - from);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a seed and says what is wrong with it.
fn check(seed: u64, shows: bool) -> (Tally, bool) {
    let Ok(report) = std::panic::catch_unwind(|| life::run(seed)) else {
        println!("seed {seed} panicked; repeat it with: make sim SEED={seed}");
        return (Tally::default(), true);
    };
    if shows {
        print!("{}", report.journal);
    }
    let mut faults = report.faults;
    if (shows || seed.is_multiple_of(TWICE)) && life::run(seed).journal != report.journal {
        faults.push("two runs differ".to_owned());
    }
    for fault in &faults {
        println!("seed {seed}: {fault}");
    }
    if !faults.is_empty() {
        println!("repeat it with: make sim SEED={seed}");
    }
    (report.tally, !faults.is_empty())
}
