//! Tests of the engine over real files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod queue;
mod route;
mod short;

use super::*;
use crate::compile::program::{Formula, Window};
use crate::diagnostic::Words;
use crate::store::fault::Switch;
use crate::time::Instant;
use rust_decimal::Decimal;
use std::sync::atomic::{AtomicUsize, Ordering};

const SHOP: &str = r#"
ruleset shop 1.0.0 {
  title    "Shop"
  currency USD
  timezone UTC
}

event order {
  shop   dimension
  buyer  id
  amount money
}

event day_report replaces by shop, day {
  shop  dimension
  day   date
  spend money
}

metric gmv    = sum(order.amount)
metric orders = count(order)
metric buyers = distinct(order.buyer)
metric top    = max(order.amount)
metric spend  = sum(day_report.spend)

alert busy on orders over 2 days per shop {
  warning  when > 2
  critical when > 4 for 2 hours
  message  "{shop} has {value} orders, more than {limit}; {gmv} in all"
  notify   operations
  repeat   every 6 hours
}
"#;

const NOON: &str = "2026-03-10T12:00:00Z";

fn t(text: &str) -> Instant {
    Instant::parse_rfc3339(text).unwrap()
}

/// A workspace on a clock that the test sets.
struct Bench {
    dir: tempfile::TempDir,
    clock: Arc<ManualClock>,
    engine: Engine,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(t(NOON)));
        let engine = Engine::open(dir.path(), options(&clock)).unwrap();
        Bench { dir, clock, engine }
    }

    fn with(ruleset: &str) -> Bench {
        let bench = Bench::new();
        bench.activate(ruleset);
        bench
    }

    fn activate(&self, ruleset: &str) -> Activation {
        let info = self.workspace().put_ruleset(ruleset).unwrap();
        self.workspace().activate(&info.name, &info.version, None).unwrap()
    }

    fn reopen(self) -> Bench {
        let Bench { dir, clock, engine } = self;
        engine.close();
        drop(engine);
        let engine = Engine::open(dir.path(), options(&clock)).unwrap();
        Bench { dir, clock, engine }
    }

    fn workspace(&self) -> Arc<Workspace> {
        self.engine.workspace(DEFAULT_WORKSPACE).unwrap()
    }

    fn send(&self, events: Vec<RawEvent>) -> IngestReport {
        self.workspace().ingest(events).unwrap().blocking_recv().unwrap().unwrap()
    }

    fn at(&self, text: &str) {
        self.clock.set(t(text));
        self.workspace().tick().unwrap();
    }

    fn metric_of(&self, question: Question<'_>, name: &str) -> Option<Decimal> {
        let question = Question { about: About::Metric(name), ..question };
        let read = |reader: &Reader<'_>| {
            let metric = reader.program.metrics.iter().position(|metric| metric.name == name).unwrap();
            reader.number(&Formula::Metric(metric), When::Window(Window::All), &[]).map(|number| number.decimal())
        };
        let number = self.workspace().read(&question, read).unwrap().unwrap();
        assert!(self.workspace().read_short(&question, read).is_none_or(|short| short == Ok(number)), "{name}");
        number
    }

    fn metric(&self, name: &str) -> Option<Decimal> {
        self.metric_of(NOW, name)
    }

    fn numbers(&self) -> Vec<Option<Decimal>> {
        ["gmv", "orders", "buyers", "top", "spend"].into_iter().map(|name| self.metric(name)).collect()
    }

    fn payloads(&self) -> Vec<serde_json::Value> {
        let filter = DeliveryFilter { limit: 1000, ..DeliveryFilter::default() };
        let mut deliveries = self.workspace().store().deliveries(&filter).unwrap();
        deliveries.reverse();
        deliveries.iter().map(|delivery| serde_json::from_slice(&delivery.payload).unwrap()).collect()
    }

    fn kinds(&self) -> Vec<String> {
        let word = |payload: &serde_json::Value| payload["type"].as_str().unwrap().strip_prefix("alert.").unwrap().to_owned();
        self.payloads().iter().map(|payload| format!("{} {}", word(payload), payload["data"]["severity"].as_str().unwrap())).collect()
    }

    fn listen(&self) {
        let endpoint = Endpoint {
            id: "ep_1".into(),
            url: "http://localhost/".into(),
            channels: vec![],
            secrets: vec!["whsec_x".into()],
            disabled: None,
            created_at: t(NOON),
            failing_since: None,
            settings: crate::store::Settings::default(),
            binding: Binding::default(),
        };
        self.workspace().store().put_endpoint(&endpoint).unwrap();
    }
}

const NOW: Question<'static> = Question { about: About::Ruleset, ruleset: None, which: Which::Active, at: None, known_at: None };

fn options(clock: &Arc<ManualClock>) -> Options {
    Options { clock: Arc::clone(clock) as Arc<dyn Clock>, ..Options::default() }
}

fn order(id: &str, time: &str, shop: &str, amount: i64) -> RawEvent {
    RawEvent {
        source: "test".into(),
        id: id.into(),
        kind: "order".into(),
        time: Some(t(time)),
        revision: 0,
        data: vec![
            ("shop".into(), RawValue::Text(shop.into())),
            ("buyer".into(), RawValue::Text(format!("b{}", id.len()))),
            ("amount".into(), RawValue::Text(format!("{amount} USD"))),
        ],
    }
}

fn report(id: &str, time: &str, day: &str, spend: i64, revision: i64) -> RawEvent {
    RawEvent {
        source: "test".into(),
        id: id.into(),
        kind: "day_report".into(),
        time: Some(t(time)),
        revision,
        data: vec![
            ("shop".into(), RawValue::Text("us".into())),
            ("day".into(), RawValue::Text(day.into())),
            ("spend".into(), RawValue::Number(spend.into())),
        ],
    }
}

fn history() -> Vec<RawEvent> {
    vec![
        order("1", "2026-03-01T10:00:00Z", "us", 20),
        order("22", "2026-03-05T10:00:00Z", "us", 35),
        order("3", "2026-03-09T23:30:00Z", "de", 5),
        order("4", "2026-03-10T09:00:00Z", "us", 7),
        report("r1", "2026-03-06T01:00:00Z", "2026-03-05", 100, 1),
        report("r2", "2026-03-07T01:00:00Z", "2026-03-05", 90, 2),
    ]
}

fn decimal(number: i64) -> Option<Decimal> {
    Some(Decimal::from(number))
}

fn code(refusal: &Refusal) -> &str {
    refusal.diagnostic.code.id
}

#[test]
fn events_become_numbers_and_survive_a_restart() {
    let bench = Bench::with(SHOP);
    let report = bench.send(history());
    assert_eq!((report.accepted, report.duplicates, report.refused.len()), (6, 0, 0), "{report:?}");
    let numbers = bench.numbers();
    assert_eq!(numbers, [decimal(67), decimal(4), decimal(2), decimal(35), decimal(90)]);
    let bench = bench.reopen();
    assert_eq!(bench.numbers(), numbers);
    bench.send(vec![order("5", "2026-03-02T10:00:00Z", "us", 100)]);
    assert_eq!(bench.numbers(), [decimal(167), decimal(5), decimal(2), decimal(100), decimal(90)]);
}

#[test]
fn an_event_counts_once() {
    let bench = Bench::with(SHOP);
    let twice = vec![order("1", NOON, "us", 20), order("1", NOON, "us", 20), order("1", NOON, "us", 21)];
    let report = bench.send(twice.clone());
    assert_eq!((report.accepted, report.duplicates, code(&report.refused[0])), (1, 1, "SY0410"));
    let bench = bench.reopen();
    let report = bench.send(twice);
    assert_eq!((report.accepted, report.duplicates, report.refused.len()), (0, 2, 1));
    let untimed = RawEvent { time: None, ..order("2", NOON, "us", 1) };
    assert_eq!(bench.send(vec![untimed.clone()]).accepted, 1);
    bench.at("2026-03-10T13:00:00Z");
    assert_eq!(bench.send(vec![untimed]).duplicates, 1);
    assert_eq!(bench.metric("orders"), decimal(2));
}

#[test]
fn bad_events_are_refused_and_the_others_taken() {
    let bench = Bench::with(SHOP);
    let mut typo = order("a", NOON, "us", 1);
    typo.kind = "ordr".into();
    let field = |name: &str, value: RawValue| {
        let mut event = order(name, NOON, "us", 1);
        event.data[2].1 = value;
        event
    };
    let events = vec![
        typo,
        field("b", RawValue::Text("20 CNY".into())),
        field("c", RawValue::Number(Decimal::from(1_000_000_000_000_i64))),
        field("d", RawValue::Number(Decimal::new(1, 7))),
        field("e", RawValue::Null),
        field("f", RawValue::Text("twenty".into())),
        field("g", RawValue::OutOfRange("NaN".into())),
        order("h", "2026-03-11T12:00:01Z", "us", 1),
        order("i", NOON, &"x".repeat(257), 1),
        order("", NOON, "us", 1),
        order("k", "2026-03-11T12:00:00Z", "us", 1),
    ];
    let report = bench.send(events);
    let codes: Vec<&str> = report.refused.iter().map(code).collect();
    assert_eq!(codes, ["SY0401", "SY0404", "SY0405", "SY0406", "SY0402", "SY0403", "SY0405", "SY0409", "SY0407", "SY0411"]);
    assert_eq!((report.accepted, bench.metric("orders")), (1, None));
    assert!(report.refused[0].diagnostic.message(crate::diagnostic::Lang::En).contains("`order`"));
    // The last one lies ahead: it counts when its time comes, also after a restart.
    let bench = bench.reopen();
    bench.clock.set(t("2026-03-11T12:00:00Z"));
    assert_eq!(bench.metric("orders"), decimal(1));
}

#[test]
fn later_truth_replaces_earlier_truth_in_any_order() {
    let events = history();
    let mut numbers = Vec::new();
    for order in [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0], [3, 5, 0, 4, 2, 1]] {
        let bench = Bench::with(SHOP);
        for at in order {
            assert_eq!(bench.send(vec![events[at].clone()]).accepted, 1);
        }
        numbers.push(bench.numbers());
    }
    // Activated after the events: the backfill gives the same.
    let bench = Bench::with(&SHOP.replace("ruleset shop", "ruleset other"));
    bench.send(events);
    let activation = bench.activate(SHOP);
    assert_eq!((activation.replayed, activation.skipped), (6, 0));
    bench.workspace().deactivate("other").unwrap();
    numbers.push(bench.numbers());
    assert!(numbers.windows(2).all(|pair| pair[0] == pair[1]), "{numbers:?}");
}

#[test]
fn the_past_stays_readable_as_it_was_known() {
    let bench = Bench::with(SHOP);
    bench.send(history());
    let first = t(NOON);
    bench.at("2026-03-11T12:00:00Z");
    bench.send(vec![order("late", "2026-03-01T10:00:00Z", "us", 1000)]);
    assert_eq!(bench.metric("gmv"), decimal(1067));
    assert_eq!(bench.metric_of(Question { known_at: Some(first), ..NOW }, "gmv"), decimal(67));
    assert_eq!(bench.metric_of(Question { at: Some(t("2026-03-02T00:00:00Z")), ..NOW }, "gmv"), decimal(1020));
    let both = Question { at: Some(t("2026-03-02T00:00:00Z")), known_at: Some(first), ..NOW };
    assert_eq!(bench.metric_of(both, "gmv"), decimal(20));
}

#[test]
fn questions_are_answered_by_the_one_ruleset_that_declares_them() {
    let bench = Bench::with(SHOP);
    let ask = |question: Question<'_>| bench.workspace().read(&question, |_| ()).map_err(|diagnostic| diagnostic.code.id);
    assert_eq!(ask(Question { about: About::Metric("gvm"), ..NOW }), Err("SY0509"));
    assert_eq!(ask(Question { ruleset: Some("no"), ..NOW }), Err("SY0508"));
    bench.activate(&SHOP.replace("ruleset shop", "ruleset other"));
    assert_eq!(ask(Question { about: About::Metric("gmv"), ..NOW }), Err("SY0510"));
    assert_eq!(ask(Question { about: About::Metric("gmv"), ruleset: Some("other"), ..NOW }), Ok(()));
}

#[test]
fn versions_never_change() {
    let bench = Bench::with(SHOP);
    assert!(bench.workspace().put_ruleset(SHOP).is_ok());
    let other = SHOP.replace("max(order", "min(order");
    assert_eq!(bench.workspace().put_ruleset(&other).unwrap_err()[0].code.id, "SY0507");
    assert_eq!(bench.workspace().activate("shop", "9.9.9", None).unwrap_err().code.id, "SY0506");
    assert_eq!(bench.workspace().source("shop", "1.0.0").unwrap().as_deref(), Some(SHOP));
    assert!(bench.workspace().put_ruleset("ruleset").is_err());
}

#[test]
fn a_version_begins_to_count_at_its_instant() {
    let bench = Bench::with(SHOP);
    bench.send(history());
    let next = SHOP.replace("1.0.0", "2.0.0").replace("max(order", "min(order");
    bench.workspace().put_ruleset(&next).unwrap();
    let at = t("2026-03-11T00:00:00Z");
    assert_eq!(bench.workspace().activate("shop", "2.0.0", Some(at)).unwrap().scheduled, Some(at));
    let bench = bench.reopen();
    assert_eq!(bench.metric("top"), decimal(35));
    bench.clock.set(at);
    assert_eq!(bench.metric("top"), decimal(5));
    let infos = bench.workspace().rulesets().unwrap();
    assert_eq!(infos.iter().map(|info| (info.active, info.scheduled)).collect::<Vec<_>>(), [(false, None), (true, None)]);
    assert_eq!(bench.workspace().activate("shop", "1.0.0", Some(t(NOON))).unwrap_err().code.id, "SY0511");
}

#[test]
fn scopes_have_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(t(NOON)));
    let engine = Engine::open(dir.path(), Options { scopes_max: 4, ..options(&clock) }).unwrap();
    let bench = Bench { dir, clock, engine };
    bench.activate(SHOP);
    let report = bench.send((0..6).map(|n| order(&format!("o{n}"), NOON, &format!("s{n}"), 1)).collect());
    // The whole workspace is a scope too.
    assert_eq!((report.accepted, report.refused.len(), code(&report.refused[0])), (3, 3, "SY0412"));
    assert_eq!(bench.send(vec![order("again", NOON, "s0", 1)]).accepted, 1);
    assert_eq!(bench.send(vec![order("more", NOON, "s9", 1)]).refused.len(), 1);
}

#[test]
fn a_thing_has_so_many_events() {
    let text = "ruleset things 1.0.0 {\n currency USD\n timezone UTC\n}\nevent note { about id }\nentity topic by about { notes = count note }\nmetric topics = count(topic)\n";
    let bench = Bench::with(text);
    let note = |id: usize, about: &str| RawEvent {
        source: "t".into(),
        id: format!("{about}{id}"),
        kind: "note".into(),
        time: Some(t(NOON)),
        revision: 0,
        data: vec![("about".into(), RawValue::Text(about.into()))],
    };
    let limit = crate::eval::THING_EVENTS_MAX;
    let report = bench.send((0..limit).map(|id| note(id, "unknown")).collect());
    assert_eq!((report.accepted, report.refused.len()), (limit, 0));
    let report = bench.send(vec![note(limit, "unknown"), note(0, "known")]);
    assert_eq!((report.accepted, report.refused.iter().map(code).collect::<Vec<_>>()), (1, vec!["SY0415"]));
}

#[test]
fn a_second_process_and_lost_files_are_told_apart() {
    let bench = Bench::with(SHOP);
    bench.send(history());
    let id = |result: Result<Engine, Diagnostic>| result.err().map(|diagnostic| diagnostic.code.id);
    assert_eq!(id(Engine::open(bench.dir.path(), options(&bench.clock))), Some("SY0803"));
    let Bench { dir, clock, engine } = bench;
    engine.close();
    let file = dir.path().join("default/steelyard.redb");
    let content = std::fs::read(&file).unwrap();
    std::fs::write(&file, b"").unwrap();
    assert_eq!(id(Engine::open(dir.path(), options(&clock))), Some("SY0804"));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(id(Engine::open(dir.path(), options(&clock))), Some("SY0804"));
    std::fs::write(&file, &content[..content.len() / 3]).unwrap();
    assert_eq!(id(Engine::open(dir.path(), options(&clock))), Some("SY0802"));
    std::fs::write(&file, &content).unwrap();
    std::fs::remove_file(file.with_extension("journal")).unwrap();
    assert_eq!(id(Engine::open(dir.path(), options(&clock))), Some("SY0804"));
    std::fs::remove_dir_all(dir.path().join("default")).unwrap();
    assert_eq!(id(Engine::open(dir.path(), options(&clock))), Some("SY0807"));
}

#[test]
fn files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let mode = |path: &str| std::fs::metadata(bench.dir.path().join(path)).unwrap().permissions().mode() & 0o777;
    let files = ["default/steelyard.redb", "default/steelyard.journal", "control.journal", "control.identity"];
    assert_eq!((mode("default"), files.map(mode)), (0o700, [0o600; 4]));
}

#[test]
fn workspaces_come_and_go() {
    let bench = Bench::with(SHOP);
    bench.engine.create("acme").unwrap();
    assert_eq!(bench.engine.create("acme").err().unwrap().code.id, "SY0502");
    assert_eq!(bench.engine.create("Acme/..").err().unwrap().code.id, "SY0501");
    let bench = bench.reopen();
    assert_eq!(bench.engine.workspaces(), ["acme", "default"]);
    bench.engine.delete("acme").unwrap();
    assert_eq!(bench.engine.delete("acme").err().unwrap().code.id, "SY0503");
    let bench = bench.reopen();
    assert_eq!(bench.engine.workspaces(), ["default"]);
    assert!(!bench.dir.path().join("acme").exists());
}

#[test]
fn a_full_disk_loses_nothing_and_passes() {
    let (disk, Bench { dir, clock, engine }) = (Switch::default(), Bench::with(SHOP));
    engine.close();
    let engine = Engine::open(dir.path(), Options { medium: Arc::new(disk.clone()), ..options(&clock) }).unwrap();
    let bench = Bench { dir, clock, engine };
    bench.send(vec![order("1", NOON, "us", 20)]);
    let workspace = bench.workspace();
    let (mut sent, mut kept) = (1, 1);
    for room in 0..40 {
        disk.fail_after(Some(room));
        let event = order(&format!("n{room}"), NOON, "us", 1);
        let first = workspace.ingest(vec![event.clone()]).unwrap().blocking_recv().unwrap();
        if let Err(diagnostic) = &first {
            assert_eq!(diagnostic.code.id, "SY0801", "{diagnostic:?}");
        }
        disk.fail_after(None);
        // What was acknowledged is there; what was not can be sent again and counts once.
        let again = bench.send(vec![event]);
        match first {
            Ok(report) => assert_eq!((report.accepted, again.duplicates), (1, 1), "{room}"),
            Err(_) => assert_eq!(again.accepted + again.duplicates, 1, "{room}"),
        }
        sent += 1;
        kept += usize::from(bench.metric("orders") == decimal(sent));
    }
    assert_eq!(kept, 41);
}

#[test]
fn a_flipped_bit_gives_an_error_or_the_right_number() {
    let bench = Bench::with(SHOP);
    bench.send(history());
    let right = bench.numbers();
    let Bench { dir, clock, engine } = bench;
    engine.close();
    let file = dir.path().join("default/steelyard.redb");
    let content = std::fs::read(&file).unwrap();
    let used: Vec<usize> = (0..content.len()).filter(|at| content[*at] != 0).collect();
    let (mut seen, mut seed) = (0, 7_usize);
    for _ in 0..1_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bad = content.clone();
        bad[used[(seed >> 20) % used.len()]] ^= 1 << ((seed >> 8) % 8);
        std::fs::write(&file, &bad).unwrap();
        let Ok(engine) = Engine::open(dir.path(), options(&clock)) else {
            seen += 1;
            continue;
        };
        let Some(workspace) = engine.workspace(DEFAULT_WORKSPACE) else {
            seen += 1;
            continue;
        };
        for (name, right) in ["gmv", "orders", "buyers", "top", "spend"].into_iter().zip(&right) {
            let read = |reader: &Reader<'_>| {
                let metric = reader.program.metrics.iter().position(|metric| metric.name == name).unwrap();
                reader.number(&Formula::Metric(metric), When::Window(Window::All), &[])
            };
            let question = Question { about: About::Metric(name), ..NOW };
            let refused = match workspace.read(&question, read) {
                Ok(Ok(number)) => {
                    assert_eq!(number.decimal(), *right, "{name}");
                    continue;
                }
                Ok(Err(fault)) => Diagnostic::from(fault),
                Err(diagnostic) => diagnostic,
            };
            seen += 1;
            // Damaged, unreadable, or (when only the database's own code noticed) not done; never a wrong number.
            assert!(["SY0801", "SY0802", "SY0514"].contains(&refused.code.id), "{name}: {}", refused.code.id);
        }
        engine.close();
    }
    assert!(seen > 0, "no flip was noticed");
}

#[test]
fn damaged_workspaces_hold_up_no_other_and_are_never_made_anew() {
    let bench = Bench::with(SHOP);
    bench.send(history());
    let right = bench.numbers();
    for name in ["bytes", "empty", "identity", "journal", "lost"] {
        bench.engine.create(name).unwrap().put_ruleset(SHOP).unwrap();
    }
    let Bench { dir, clock, engine } = bench;
    engine.close();
    drop(engine);
    let file = |name: &str| dir.path().join(name).join("steelyard.redb");
    let mut content = std::fs::read(file("bytes")).unwrap();
    content.iter_mut().take(4_096).for_each(|byte| *byte ^= 0xff);
    std::fs::write(file("bytes"), &content).unwrap();
    std::fs::write(file("empty"), "").unwrap();
    std::fs::copy(file("default"), file("identity")).unwrap();
    std::fs::copy(file("default").with_extension("journal"), file("journal").with_extension("journal")).unwrap();
    std::fs::remove_dir_all(dir.path().join("lost")).unwrap();
    let engine = Engine::open(dir.path(), options(&clock)).unwrap();
    let bench = Bench { dir, clock, engine };
    assert_eq!(bench.numbers(), right);
    let expected = [("bytes", "SY0802"), ("empty", "SY0804"), ("identity", "SY0802"), ("journal", "SY0802"), ("lost", "SY0807")];
    let failing = bench.engine.failing();
    assert_eq!(failing.iter().map(|(name, why)| (name.as_str(), why.code.id)).collect::<Vec<_>>(), expected);
    for (name, code) in expected {
        assert!(bench.engine.workspace(name).is_none());
        assert_eq!(bench.engine.find(name).err().unwrap().code.id, code);
        assert_eq!(bench.engine.create(name).err().unwrap().code.id, "SY0502", "{name}");
    }
    assert_eq!(std::fs::read(bench.dir.path().join("bytes/steelyard.redb")).unwrap(), content);
    assert!(!bench.dir.path().join("lost").exists());
    // Removed on purpose, they can be made again.
    for (name, _) in expected {
        bench.engine.delete(name).unwrap();
        assert!(bench.engine.create(name).unwrap().rulesets().unwrap().is_empty());
    }
    assert!(bench.reopen().engine.failing().is_empty());
}

#[test]
fn a_read_that_panics_ends_alone() {
    let bench = Bench::with(SHOP);
    bench.send(history());
    let right = bench.numbers();
    let question = Question { about: About::Metric("gmv"), ..NOW };
    let broken = bench.workspace().read(&question, |_| -> () { panic!("a damaged page") });
    assert_eq!(broken.unwrap_err().code.id, "SY0514");
    assert_eq!(bench.numbers(), right);
    assert_eq!(bench.send(vec![order("after", "2026-03-02T09:00:00Z", "us", 1)]).accepted, 1);
}

#[test]
fn a_damaged_record_is_named_as_damage() {
    let fault = |error: StoreError| Diagnostic::from(crate::eval::Fault::from(error)).code.id;
    assert_eq!(fault(StoreError::Damaged(Words::verbatim("a checksum in cells/1 fails"))), "SY0802");
    assert_eq!(fault(StoreError::Io(Words::verbatim("no such device"))), "SY0801");
}

#[test]
fn alerts_are_told_once_and_survive_a_restart() {
    let bench = Bench::with(SHOP);
    bench.listen();
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    bench.workspace().on_outbox(Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    }));
    let orders = |from: usize, to: usize| (from..to).map(|n| order(&format!("o{n}"), NOON, "us", 10)).collect::<Vec<_>>();
    bench.send(orders(0, 2));
    assert!(bench.kinds().is_empty());
    bench.send(orders(2, 3));
    assert_eq!((bench.kinds(), woken.load(Ordering::SeqCst)), (vec!["firing warning".to_owned()], 1));
    let payload = &bench.payloads()[0];
    assert_eq!(payload["data"]["message"]["en"], "us has 3 orders, more than 2; 30.00 USD in all");
    assert_eq!((&payload["data"]["value"], &payload["data"]["scope"]["shop"]), (&"3".into(), &"us".into()));
    bench.send(orders(3, 5));
    let id = payload["data"]["id"].as_str().unwrap().to_owned();
    let bench = bench.reopen();
    bench.at("2026-03-10T13:59:59Z");
    assert_eq!(bench.kinds().len(), 1);
    bench.at("2026-03-10T14:00:30Z");
    assert_eq!(bench.kinds()[1..], ["firing critical"]);
    let alert = bench.workspace().alert(&id).unwrap().unwrap();
    assert_eq!((alert.state, alert.severity_name(), alert.since), (AlertState::Firing, Some("critical"), t(NOON)));
    // Two days later the orders leave the window.
    bench.at("2026-03-12T00:00:00Z");
    assert_eq!(bench.kinds().last().unwrap(), "resolved critical");
    assert_eq!(bench.workspace().alert(&id).unwrap().unwrap().state, AlertState::Resolved);
    let told = bench.payloads();
    assert!(told.iter().all(|payload| payload["data"]["id"] == id.as_str()));
}

#[test]
fn another_version_tells_only_what_it_changes() {
    let bench = Bench::with(SHOP);
    bench.listen();
    bench.send((0..4).map(|n| order(&format!("o{n}"), NOON, "us", 10)).collect());
    bench.send((0..3).map(|n| order(&format!("p{n}"), NOON, "de", 10)).collect());
    assert_eq!(bench.kinds(), ["firing warning", "firing warning"]);
    let before = bench.payloads();
    bench.at("2026-03-10T12:30:00Z");
    // The same limits: nothing to tell.
    bench.activate(&SHOP.replace("1.0.0", "1.1.0"));
    assert_eq!(bench.kinds().len(), 2);
    // A higher limit: one of them is over, and keeps its id.
    bench.activate(&SHOP.replace("1.0.0", "1.2.0").replace("> 2\n", "> 3\n"));
    assert_eq!(bench.kinds()[2..], ["resolved warning"]);
    let payload = bench.payloads()[2].clone();
    assert_eq!((&payload["data"]["id"], &payload["data"]["scope"]["shop"]), (&before[1]["data"]["id"], &"de".into()));
    // A lower one: it fires again.
    bench.activate(&SHOP.replace("1.0.0", "1.3.0").replace("> 2\n", "> 1\n"));
    assert_eq!(bench.kinds()[3..], ["firing warning"]);
    bench.workspace().deactivate("shop").unwrap();
    assert_eq!(bench.kinds()[4..], ["resolved warning", "resolved warning"]);
    assert!(bench.workspace().alerts(&AlertFilter::default()).unwrap().is_empty());
}

#[test]
fn many_senders_with_repetitions_count_once() {
    let bench = Bench::with(SHOP);
    let senders: Vec<_> = (0..8)
        .map(|sender| {
            let workspace = bench.workspace();
            std::thread::spawn(move || {
                for round in 0..20 {
                    // Every event is sent by two senders, and by each of them twice.
                    let event = order(&format!("o{}-{round}", sender / 2), NOON, "us", 1);
                    for _ in 0..2 {
                        let answer = loop {
                            match workspace.ingest(vec![event.clone()]) {
                                Ok(answer) => break answer,
                                Err(Busy) => std::thread::yield_now(),
                            }
                        };
                        assert!(answer.blocking_recv().unwrap().unwrap().refused.is_empty());
                    }
                }
            })
        })
        .collect();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(bench.metric("orders"), decimal(80));
    let bench = bench.reopen();
    assert_eq!((bench.metric("orders"), bench.metric("gmv")), (decimal(80), decimal(80)));
}

#[test]
fn a_workspace_that_is_made_again_is_empty() {
    let bench = Bench::new();
    let workspace = bench.engine.create("acme").unwrap();
    workspace.put_ruleset(SHOP).unwrap();
    drop(workspace);
    // A removal that broke off after the name was gone.
    bench.engine.control().delete_workspace("acme").unwrap();
    let bench = bench.reopen();
    assert_eq!(bench.engine.workspaces(), ["default"]);
    assert!(bench.engine.create("acme").unwrap().rulesets().unwrap().is_empty());
}

#[test]
fn a_message_tells_the_limit_that_counts_at_the_scope_and_the_day() {
    let table = "table limits by shop {\n  shop | from       | orders\n       |            | 2\n  de   |            | 3\n  de   | 2026-03-11 | 1\n}\n\nalert";
    let bench =
        Bench::with(&SHOP.replace("alert", table).replace("when > 2", "when > limits.orders").replace("when > 4", "when > 5 * buyers"));
    bench.listen();
    let orders = |shop: &str, n: usize| (0..n).map(|k| order(&format!("{shop}{k}"), NOON, shop, 10)).collect::<Vec<_>>();
    bench.send(orders("us", 3));
    bench.send(orders("de", 3));
    let said = |nth: usize| bench.payloads()[nth]["data"]["message"]["en"].clone();
    assert_eq!(said(0), "us has 3 orders, more than 2; 30.00 USD in all");
    assert_eq!(bench.payloads().len(), 1);
    bench.at("2026-03-11T00:00:00Z");
    let told = bench.payloads();
    let about_de = told.iter().find(|payload| payload["data"]["scope"]["shop"] == "de").unwrap();
    assert_eq!(about_de["data"]["message"]["en"], "de has 3 orders, more than 1; 30.00 USD in all");
    assert_eq!((&about_de["data"]["limit"], &about_de["data"]["at"]), (&"1".into(), &"2026-03-11T00:00:00Z".into()));
}
