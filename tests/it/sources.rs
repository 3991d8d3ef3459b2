//! Preferred sources: which row of a key counts depends on the set of events alone. Random rows of several sources arrive in
//! random order, some twice, in random batches, with restarts; a plain search through all of them says what must come out.

use crate::histories::Random;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use steelyard::compile::program::{Formula, Scalar};
use steelyard::engine::{
    About, DEFAULT_WORKSPACE, Engine, ManualClock, Number, Options, Question, RawEvent, RawValue, When, Which, Workspace,
};
use steelyard::time::Instant;

const TEXT: &str = r#"
ruleset sources 1.0.0 { currency USD
  timezone UTC }
event ad_day replaces by campaign, day prefer source "amazon_ads", "erp" clock day {
  campaign dimension
  day      date
  clicks   count
}
metric clicks = sum(ad_day.clicks)
"#;
const SOURCES: &[&str] = &["amazon_ads", "erp", "guess", "other"];

/// One row, as plainly as possible.
#[derive(Clone)]
struct Told {
    source: &'static str,
    id: String,
    time: Instant,
    revision: i64,
    key: usize,
    clicks: i64,
}

fn raw(told: &Told) -> RawEvent {
    let data = vec![
        ("campaign".to_owned(), RawValue::Text(format!("c{}", told.key))),
        ("day".to_owned(), RawValue::Text("2026-03-01".to_owned())),
        ("clicks".to_owned(), RawValue::Number(Decimal::from(told.clicks))),
    ];
    let (source, id, kind) = (told.source.to_owned(), told.id.clone(), "ad_day".to_owned());
    RawEvent { source, id, kind, time: Some(told.time), revision: told.revision, data }
}

fn open(dir: &Path, clock: &Arc<ManualClock>) -> (Engine, Arc<Workspace>) {
    let clock: Arc<ManualClock> = Arc::clone(clock);
    let engine = Engine::open(dir, Options { clock, ..Options::default() }).unwrap();
    let workspace = engine.workspace(DEFAULT_WORKSPACE).unwrap();
    (engine, workspace)
}

/// What the rows up to an instant add up to: of each key the one that counts.
fn expected(rows: &[Told], at: Instant) -> i64 {
    let mut best: BTreeMap<usize, &Told> = BTreeMap::new();
    let rank = |told: &Told| {
        let place = SOURCES.iter().position(|source| *source == told.source).unwrap().min(2);
        (2 - place, told.revision, told.time, steelyard::engine::row_id(told.source, &told.id))
    };
    for told in rows.iter().filter(|told| told.time <= at) {
        let winner = best.entry(told.key).or_insert(told);
        if rank(told) > rank(winner) {
            *winner = told;
        }
    }
    best.values().map(|told| told.clicks).sum()
}

#[test]
fn the_row_that_counts_depends_on_the_set_of_events_alone() {
    for seed in 1..=60 {
        let mut random = Random::new(seed);
        let start = Instant(1_772_500_000_000_000);
        let rows: Vec<Told> = (0..random.between(2, 24))
            .map(|index| Told {
                source: SOURCES[random.below(SOURCES.len())],
                id: index.to_string(),
                time: start.plus_s(random.between(0, 40) * 600),
                revision: random.between(0, 2),
                key: random.below(3),
                clicks: 1 << index,
            })
            .collect();
        let mut order: Vec<usize> = (0..rows.len()).chain((0..rows.len()).filter(|_| random.percent(20))).collect();
        random.shuffle(&mut order);
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(start.plus_s(30_000)));
        let (mut engine, mut workspace) = open(dir.path(), &clock);
        workspace.put_ruleset(TEXT).unwrap();
        workspace.activate("sources", "1.0.0", None).unwrap();
        let mut sent = 0;
        while sent < order.len() {
            let until = order.len().min(sent + random.below(5) + 1);
            let batch = order[sent..until].iter().map(|index| raw(&rows[*index])).collect();
            let report = workspace.ingest(batch).ok().unwrap().blocking_recv().unwrap().unwrap();
            assert!(report.refused.is_empty(), "seed {seed}");
            sent = until;
            if random.percent(20) {
                engine.close();
                drop((engine, workspace));
                (engine, workspace) = open(dir.path(), &clock);
            }
        }
        for at in [start.plus_s(30_000), start.plus_s(random.between(0, 40) * 600)] {
            let question = Question { about: About::Ruleset, ruleset: Some("sources"), which: Which::Active, at: Some(at), known_at: None };
            let window = When::Window(steelyard::compile::program::Window::All);
            let found = workspace.read(&question, |reader| reader.number(&Formula::Metric(0), window, &[])).unwrap().unwrap();
            let expected = match expected(&rows, at) {
                0 if rows.iter().all(|told| told.time > at) => None,
                sum => Some(Decimal::from(sum)),
            };
            let found = match found {
                Number::Known(Scalar::Number(number)) => Some(number),
                _ => None,
            };
            assert_eq!(found, expected, "seed {seed} at {at}");
        }
        engine.close();
    }
}

#[test]
fn a_revision_without_room_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Instant(1_772_500_000_000_000)));
    let (engine, workspace) = open(dir.path(), &clock);
    workspace.put_ruleset(TEXT).unwrap();
    workspace.activate("sources", "1.0.0", None).unwrap();
    let told = |revision| {
        let time = Instant(1_772_400_000_000_000);
        raw(&Told { source: "erp", id: format!("r{revision}"), time, revision, key: 0, clicks: 1 })
    };
    let batch = vec![told(-1), told(0), told((1 << 61) - 1), told(1 << 61)];
    let report = workspace.ingest(batch).ok().unwrap().blocking_recv().unwrap().unwrap();
    let refused: Vec<_> = report.refused.iter().map(|refusal| (refusal.index, refusal.diagnostic.code.id)).collect();
    assert_eq!(refused, [(0, "SY1651"), (3, "SY1651")]);
    engine.close();
}
