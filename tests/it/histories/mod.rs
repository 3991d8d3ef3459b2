//! Generated histories: the incremental evaluator against the naive oracle.
//!
//! 1. A seed chooses a ruleset, a zone, a set of rows and a way to deliver them ([`generate`]).
//! 2. [`replay`] feeds the evaluator turn by turn: out of order, repeated, with ticks and restarts from what was saved.
//! 3. [`compare`] asks both for every metric, score and alert; they must agree exactly.
//!
//! A failure names its seed; `STEELYARD_SEED=… cargo test --test it histories` runs that one alone.
//! `STEELYARD_HISTORIES=…` runs so many instead of 2,000. Some also run through the engine and its files ([`stored`]).

mod closings;
mod columns;
mod compare;
mod early;
mod generate;
mod replay;
mod stored;

use crate::oracle::Oracle;
pub use generate::Random;
use generate::{PLACES, Size, Turn};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use steelyard::compile::program::{Hold, Program};
use steelyard::engine::row_id;
use steelyard::eval::Row;
use steelyard::time::{Day, Grain, Instant, Period, Reckoning, WeekStart, Weeks, YearEnd};

const TEXTS: &[&str] = &[
    include_str!("shop.kpi"),
    include_str!("restated.kpi"),
    include_str!("bare.kpi"),
    include_str!("orders.kpi"),
    include_str!("targets.kpi"),
    include_str!("limits.kpi"),
    include_str!("baselines.kpi"),
    include_str!("ledgers.kpi"),
    include_str!("workdays.kpi"),
    include_str!("watch.kpi"),
    include_str!("scheduled.kpi"),
    include_str!("parts.kpi"),
    include_str!("occasions.kpi"),
    include_str!("currencies.kpi"),
    include_str!("teams.kpi"),
    include_str!("levels.kpi"),
    include_str!("moving.kpi"),
    include_str!("adaptive.kpi"),
    include_str!("zones.kpi"),
    include_str!("coverage.kpi"),
    include_str!("early.kpi"),
    include_str!("climbed.kpi"),
    include_str!("told.kpi"),
    include_str!("goals.kpi"),
    include_str!("team_goals.kpi"),
    include_str!("ahead.kpi"),
    include_str!("opened.kpi"),
    include_str!("payouts.kpi"),
];
const WEEKS: &[(&str, WeekStart)] = &[("monday", WeekStart::Monday), ("sunday", WeekStart::Sunday), ("saturday", WeekStart::Saturday)];
const CALENDAR: Reckoning = Reckoning { week: WeekStart::Monday, first_month: 1, named_by_end: false, weeks: None };
/// Lines of a header that state years, and what they mean.
const YEARS: &[(&str, Reckoning)] = &[
    ("", CALENDAR),
    ("", CALENDAR),
    ("fiscal year ends march", Reckoning { first_month: 4, named_by_end: true, ..CALENDAR }),
    (
        "fiscal year starts february in 4-5-4 weeks nearest",
        Reckoning { first_month: 2, weeks: Some(Weeks { pattern: [4, 5, 4], ends: YearEnd::Nearest }), ..CALENDAR },
    ),
    (
        "fiscal year ends september in 4-4-5 weeks last",
        Reckoning { first_month: 10, named_by_end: true, weeks: Some(Weeks { pattern: [4, 4, 5], ends: YearEnd::Last }), ..CALENDAR },
    ),
];
const HISTORIES: u64 = 2_000;

/// One generated case.
pub struct Case {
    text: String,
    program: Arc<Program>,
    rows: Vec<Row>,
    turns: Vec<Turn>,
    last: Instant,
    random: Random,
}

impl Case {
    fn of(seed: u64) -> Case {
        let mut random = Random::new(seed);
        let text = *random.pick(TEXTS);
        Case::with(text, random)
    }

    /// A case of one ruleset.
    fn with(text: &str, mut random: Random) -> Case {
        let (zone, near) = *random.pick(PLACES);
        let (week, start) = *random.pick(WEEKS);
        let (year, reckoning) = *random.pick(YEARS);
        let text = text.replace("@ZONE@", zone).replace("@WEEK@", &format!("{week}\n  {year}"));
        let near = Day::parse(near).unwrap();
        let text = dated(&text, near, Reckoning { week: start, ..reckoning });
        let program = program(&text);
        let mut size = Size::any(&mut random);
        let counts_periods = program.alerts.iter().flat_map(|rule| &rule.levels).any(|level| matches!(level.hold, Hold::Periods { .. }));
        if counts_periods && random.percent(40) || !program.targets.is_empty() && random.percent(30) {
            // Targets, and periods that are over, look further back.
            size.days = random.between(20, 420);
        }
        let mut rows = generate::rows(&program, near, &size, &mut random);
        for (index, row) in rows.iter_mut().enumerate() {
            row.id = row_id(stored::SOURCE, &index.to_string());
        }
        let newest = rows.iter().map(|row| row.time).max().unwrap();
        let last = newest.plus_s(match random.between(0, 5) {
            0 => -random.between(0, 24) * 3600, // some rows still lie ahead
            1 => 0,
            2 => random.between(0, 200_000),
            _ => random.between(0, 96) * 3600,
        });
        let turns = generate::plan(&rows, last, &mut random);
        Case { text, program, rows, turns, last, random }
    }
}

/// Fills in days and periods around a day.
fn dated(text: &str, near: Day, reckoning: Reckoning) -> String {
    let (month, year) = (Period::holding(Grain::Month, near, reckoning), Period::holding(Grain::Year, near, reckoning));
    let text = text.replace("@NEAR@", &near.to_string()).replace("@NEXT@", &near.plus(2).to_string());
    let times = [(-368, -366), (-12, -10), (-3, 0), (2, 4)].map(|(first, last)| format!("{} to {}", near.plus(first), near.plus(last)));
    let text = text.replace("@TIMES@", &times.join("\n  ")).replace("@CALENDAR@", &near.plus(-3).to_string()[..4]);
    let covered = format!("{} to {}", near.plus(-30), near.plus(25));
    let text = text.replace("@COVERED@", &covered).replace("@EVE@", &near.plus(-3).to_string());
    let text = text.replace("@MONTH@", &month.to_string()).replace("@AFTER@", &month.next(reckoning).to_string());
    text.replace("@YEAR@", &year.to_string()).replace("@BEFORE@", &year.previous(reckoning).to_string())
}

/// Compiles each ruleset once for each zone and week.
fn program(text: &str) -> Arc<Program> {
    static KNOWN: Mutex<Option<HashMap<String, Arc<Program>>>> = Mutex::new(None);
    let mut known = KNOWN.lock().unwrap();
    let known = known.get_or_insert_default();
    let compiled = || {
        let compiled = steelyard::compile::check(text);
        Arc::new(compiled.program.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics)))
    };
    Arc::clone(known.entry(text.to_owned()).or_insert_with(compiled))
}

/// Runs one history; the text says what differs.
fn run(seed: u64) -> Result<(), String> {
    let mut case = Case::of(seed);
    let replayed = replay::replay(&case)?;
    let program = Arc::clone(&case.program);
    let oracle = Oracle::new(&program, case.rows.iter().cloned());
    compare::all(&mut case, &replayed, &oracle)
}

/// Runs one history and turns a panic into a failure that names the seed.
fn checked(seed: u64, run: fn(u64) -> Result<(), String>) -> Option<String> {
    let trouble = match std::panic::catch_unwind(|| run(seed)) {
        Ok(Ok(())) => return None,
        Ok(Err(what)) => what,
        Err(panic) => panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "panicked".to_owned()),
    };
    Some(format!("STEELYARD_SEED={seed}: {trouble}"))
}

/// Runs so many histories on two threads, or the one that the environment names.
fn all_agree(count: u64, run: fn(u64) -> Result<(), String>) {
    let seeds: Vec<u64> = match variable("STEELYARD_SEED") {
        Some(seed) => vec![seed],
        None => (1..=count).collect(),
    };
    let halves: Vec<Vec<u64>> = (0..2).map(|half| seeds.iter().copied().filter(|seed| seed % 2 == half).collect()).collect();
    let failed = |seeds: &[u64]| seeds.iter().filter_map(|&seed| checked(seed, run)).collect::<Vec<_>>();
    let failures: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = halves.iter().map(|seeds| scope.spawn(|| failed(seeds))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let first = failures.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(failures.is_empty(), "{} of {} histories differ from the oracle:\n{first}\n", failures.len(), seeds.len());
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn histories_agree_with_the_oracle() {
    all_agree(variable("STEELYARD_HISTORIES").unwrap_or(HISTORIES), run);
}

#[test]
fn stored_histories_agree_with_the_oracle() {
    all_agree(variable("STEELYARD_HISTORIES").unwrap_or(HISTORIES) / 20, stored::run);
}

#[test]
fn histories_read_as_columns_agree_with_the_oracle() {
    all_agree(variable("STEELYARD_HISTORIES").unwrap_or(HISTORIES), columns::run);
}
