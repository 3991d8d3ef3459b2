//! The states that columns and rows give, of generated logs: they must be the same.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::engine::event::{RawEvent, RawValue, body_hash, row_id};
use crate::engine::history::{record, rows_of_days, utc_day};
use crate::eval::{Bundle, Scope, ScopeId, Sighted, Track, Version, VersionKey};
use crate::store::{Identity, Pending, Store};
use crate::time::Day;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const SHOP: &str = r#"
ruleset shop 1.0.0 {
  currency USD
  timezone @ZONE@
}

event order {
  shop    dimension
  region  dimension optional
  buyer   id optional
  note    id optional
  amount  money
  qty     count optional
  late    flag
}

event report replaces by shop, day {
  shop  dimension
  day   date
  spend money
}

table fx by region {
  region | rate
  east   | 1.08
  west   | 0.0066
}

metric orders  = count(order)
metric late    = count(order where late) / orders
metric gmv     = sum(order.amount * fx[region])
metric items   = sum(order.qty where not late or region = "east")
metric buyers  = distinct(order.buyer)
metric dearest = max(order.amount)
metric middle  = median(order.amount)
metric newest  = last(order.amount)
metric oldest  = first(order.amount)
metric spend   = sum(report.spend)

scorecard shop per shop every day {
  kpi orders  weight 60  score { 0 -> 0, 20 -> 100 }
  kpi late    weight 40  score { 50% -> 0, 0% -> 100 }
}

alert many on orders over 2 days per shop {
  warning  when > 3
  critical when > 6
  evaluated every day
  repeat   every 6 hours
}

alert low on score (shop) over previous day per shop {
  warning   when < 40
  evaluated every day at 06:00
  no data   keep
}

alert dear on spend + gmv per shop {
  info      when > 100 USD
  evaluated every week
}
"#;

const NOW: &str = "2026-03-20T11:30:00Z";
const DAYS: u64 = 25;

struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len() as u64) as usize]
    }
}

/// An amount, a count or a flag, in one of the forms that are known, and now and then in none.
fn value(name: &str, random: &mut Random) -> RawValue {
    let number = Decimal::new(random.below(20_000) as i64 - 2_000, random.below(4) as u32);
    let text = |text: &str| RawValue::Text(text.to_owned());
    match (name, random.below(200)) {
        (_, 0) => text(random.pick(&["", "  "])),
        (_, 1) => RawValue::Null,
        (_, 2) => RawValue::Nested,
        ("amount", 3) => text(&format!("{number} USD")),
        ("amount", 4) => RawValue::Money { amount: number, currency: random.pick(&["usd", "EUR"]).to_owned() },
        ("amount", 5) => RawValue::Number(Decimal::new(1, random.below(9) as u32)),
        ("amount", 6) => RawValue::Number(Decimal::from(10u64.pow(10 + random.below(4) as u32))),
        ("amount", 7) => RawValue::OutOfRange("1e400".to_owned()),
        ("amount", _) => RawValue::Number(number),
        ("qty", 3..6) => RawValue::Number(number),
        ("qty", 6) => text("3"),
        ("qty", _) => RawValue::Number(Decimal::from(random.below(5))),
        ("late", 3) => text("yes"),
        ("late", 4) => RawValue::Number(Decimal::from(random.below(3))),
        ("late", _) => RawValue::Flag(random.below(4) == 0),
        ("region", 3..30) => text("west"),
        ("region", 30..40) => text("nowhere"),
        ("region", _) => text("east"),
        ("shop", 3) => RawValue::Number(Decimal::from(7)),
        ("shop", 4) => text(&"x".repeat(300)),
        ("shop", _) => text(random.pick(&["a", "b", "店"])),
        (_, 3) => text(&"y".repeat(400)),
        _ => text(&format!("{name}-{}", random.below(9))),
    }
}

fn event(number: u64, random: &mut Random) -> RawEvent {
    let start = Instant::parse_rfc3339(NOW).unwrap().plus_s(-86_400 * DAYS as i64);
    // Many at the same instants, some at those of a schedule, some ahead.
    let second = random.below((DAYS + 1) * 86_400);
    let second = if random.below(3) == 0 { second / 10_800 * 10_800 + 1_800 } else { second };
    let mut event = RawEvent {
        source: random.pick(&["one", "two"]).to_owned(),
        id: format!("e-{}", number * 7_919 % 10_007),
        kind: random.pick(&["order", "order", "order", "order", "report", "unknown"]).to_owned(),
        time: Some(start.plus_s(second as i64)),
        revision: 0,
        data: Vec::new(),
    };
    let mut names = vec!["shop"];
    match event.kind.as_str() {
        "report" => {
            event.revision = random.below(3) as i64;
            let day = Day::parse("2026-03-01").unwrap().plus(random.below(9) as i32);
            event.data.push(("day".to_owned(), RawValue::Text(day.to_string())));
            event.data.push(("spend".to_owned(), value("amount", random)));
        }
        _ => names.extend(
            ["amount", "late"].into_iter().chain(["region", "buyer", "note", "qty", "else"].into_iter().filter(|_| random.0 % 16 > 2)),
        ),
    }
    event.data.extend(names.into_iter().map(|name| (name.to_owned(), value(name, random))));
    event
}

/// A log of generated events.
fn log(seed: u64, store: &Store) -> Log {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (count, size) = (20 + random.below(500), 1 + random.below(120));
    let now = Instant::parse_rfc3339(NOW).unwrap();
    let events: Vec<RawEvent> = (0..count).map(|number| event(number, &mut random)).collect();
    let (mut seq, mut next_block) = (0, 0);
    for batch in events.chunks(size as usize) {
        let mut pending = Pending::default();
        for event in batch {
            seq += 1;
            let identity = Identity::of(row_id(&event.source, &event.id).0, body_hash(event));
            pending.push(utc_day(event.time.unwrap()), &record(event, seq, now), identity);
        }
        store.commit(|tx| tx.append(&pending, &mut next_block)).unwrap();
    }
    store.view().unwrap().log().unwrap()
}

/// The same by rows alone.
fn by_rows(program: &Arc<Program>, log: &Log, now: Instant) -> Filled {
    let (mut state, shelf) = (State::new(Arc::clone(program)), RefCell::default());
    let history = Running::history(program, 0, log, &[], &shelf);
    let (mut replayed, mut skipped) = (0, 0);
    for day in log.days().unwrap() {
        let read = rows_of_days(program, log, day, day).unwrap();
        skipped += read.skipped;
        let rows: Vec<_> = read.rows.into_iter().flatten().collect();
        replayed += rows.len();
        state.step(rows, end_of_utc_day(day).min(now), &history).unwrap();
    }
    state.step(Vec::new(), now, &history).unwrap();
    let saved = state.take_changes();
    Filled { state, saved, replayed, skipped }
}

/// What was saved, whatever the numbers of scopes and episodes.
#[derive(Debug, PartialEq)]
struct Plain {
    clock: Instant,
    scopes: BTreeMap<Scope, (Instant, Instant)>,
    cells: BTreeMap<(Scope, Day), Bundle>,
    versions: BTreeMap<VersionKey, Vec<Version>>,
    tracks: BTreeMap<(usize, Scope), Track>,
    next_episode: u64,
}

fn plain(saved: &Saved, known: &mut BTreeMap<ScopeId, Scope>) -> Plain {
    known.extend(saved.scopes.iter().map(|(id, scope, _)| (*id, scope.clone())));
    let track = |track: &Track| {
        let mut track = track.clone();
        let ids: Vec<u64> = track.episodes.iter().map(|episode| episode.id).collect();
        let place = |id: u64| ids.iter().position(|one| *one == id).map_or(u64::MAX, |place| place as u64);
        track.episodes.iter_mut().for_each(|episode| episode.id = place(episode.id));
        track.told = track.told.map(|(id, severity, at)| (place(id), severity, at));
        track
    };
    let sighted = |Sighted { first, arrived }: &Sighted| (*first, *arrived);
    Plain {
        clock: saved.clock,
        scopes: saved.scopes.iter().map(|(_, scope, seen)| (scope.clone(), sighted(seen))).collect(),
        cells: saved.cells.iter().map(|(scope, day, cells)| ((known[scope].clone(), *day), cells.clone())).collect(),
        versions: saved.versions.iter().cloned().collect(),
        tracks: saved.tracks.iter().map(|(rule, scope, own)| ((*rule, known[scope].clone()), track(own))).collect(),
        next_episode: saved.next_episode,
    }
}

fn compiled(zone: &str) -> Arc<Program> {
    let compiled = crate::compile::check(&SHOP.replace("@ZONE@", zone));
    Arc::new(compiled.program.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)))
}

#[test]
fn columns_and_rows_give_the_same_state() {
    let programs = ["UTC", "America/New_York", "Asia/Kolkata"].map(compiled);
    let columned = programs[0].event_named("order").unwrap();
    assert!(crate::eval::Bulk::new(&programs[0], None, None).takes(columned));
    for seed in 0..60 {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), 1 << 20).unwrap();
        let log = log(seed, &store);
        let program = &programs[seed as usize % programs.len()];
        let now = Instant::parse_rfc3339(NOW).unwrap();
        let shelf = RefCell::default();
        let Ok(mut one) = backfill(program, &log, 0, &shelf, now, usize::MAX) else { panic!("{seed}") };
        let mut other = by_rows(program, &log, now);
        assert_eq!((one.replayed, one.skipped), (other.replayed, other.skipped), "{seed}");
        let (mut known, mut other_known) = (BTreeMap::new(), BTreeMap::new());
        assert_eq!(plain(&one.saved, &mut known), plain(&other.saved, &mut other_known), "{seed}");
        // Time goes on, and what lay ahead comes.
        let history = Running::history(program, 0, &log, &[], &shelf);
        for hours in 1..60 {
            assert_eq!(one.state.next_due(), other.state.next_due(), "{seed}");
            let later = now.plus_s(hours * 3_600);
            one.state.step(Vec::new(), later, &history).unwrap();
            other.state.step(Vec::new(), later, &history).unwrap();
        }
        let (changes, other_changes) = (one.state.take_changes(), other.state.take_changes());
        assert_eq!(plain(&changes, &mut known), plain(&other_changes, &mut other_known), "{seed}");
    }
}
