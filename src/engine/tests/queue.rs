//! What waits for the writer: short requests beside long ones, and a state that cannot be loaded.

use super::*;
use std::time::Duration;
use tokio::sync::oneshot::error::TryRecvError;

/// More than one commit takes while few events come.
const MANY: usize = 3_000;

fn many() -> Vec<RawEvent> {
    let mut events: Vec<RawEvent> = (0..MANY).map(|n| order(&format!("many-{n}"), NOON, "us", 1)).collect();
    events[MANY - 2].kind = "nothing".into();
    events[MANY - 1] = events[0].clone();
    events
}

#[test]
fn few_events_do_not_wait_until_many_are_in() {
    let bench = Bench::with(SHOP);
    bench.send(vec![order("before", NOON, "eu", 5)]);
    let mut all = bench.workspace().ingest(many()).unwrap();
    let few = bench.send(vec![order("few", NOON, "eu", 5)]);
    assert_eq!(few.accepted, 1);
    assert_eq!(all.try_recv().unwrap_err(), TryRecvError::Empty);
    let report = all.blocking_recv().unwrap().unwrap();
    assert_eq!((report.accepted, report.duplicates, report.events.len()), (MANY - 2, 1, MANY));
    assert_eq!(report.refused.iter().map(|refusal| refusal.index).collect::<Vec<_>>(), [MANY - 2]);
    assert_eq!(bench.metric("orders"), decimal(i64::try_from(MANY).unwrap()));
    let numbers = bench.numbers();
    assert_eq!(bench.reopen().numbers(), numbers);
}

#[test]
fn many_events_come_in_while_few_keep_coming() {
    let bench = Bench::with(SHOP);
    bench.send(vec![order("before", NOON, "eu", 5)]);
    let mut all = bench.workspace().ingest(many()).unwrap();
    let mut sent = 0;
    while all.try_recv().is_err() {
        assert_eq!(bench.send(vec![order(&format!("few-{sent}"), NOON, "eu", 5)]).accepted, 1);
        sent += 1;
        assert!(sent < 10_000, "the others never come in");
    }
    assert!(sent > 0);
}

#[test]
fn a_workspace_closes_after_all_that_waits() {
    let bench = Bench::with(SHOP);
    let (all, few) = (bench.workspace().ingest(many()).unwrap(), bench.workspace().ingest(vec![order("few", NOON, "eu", 5)]).unwrap());
    let workspace = bench.workspace();
    workspace.close();
    assert_eq!(all.blocking_recv().unwrap().unwrap().accepted, MANY - 2);
    assert_eq!(few.blocking_recv().unwrap().unwrap().accepted, 1);
    assert!(workspace.ingest(vec![order("late", NOON, "eu", 5)]).unwrap().blocking_recv().is_err());
    assert_eq!(workspace.tick().unwrap_err().code.id, "SY0505");
}

#[test]
fn damage_that_shows_when_the_state_is_loaded_is_told_as_at_the_start() {
    let bench = Bench::with(SHOP);
    bench.send(history());
    let other = bench.engine.create("other").unwrap();
    other.put_ruleset(SHOP).unwrap();
    other.activate("shop", "1.0.0", None).unwrap();
    other.ingest(vec![order("1", NOON, "zanzibar-shop", 5)]).unwrap().blocking_recv().unwrap().unwrap();
    drop(other);
    let Bench { dir, clock, engine } = bench;
    engine.close();
    drop(engine);
    let file = dir.path().join("other/steelyard.redb");
    let mut content = std::fs::read(&file).unwrap();
    let name = b"zanzibar-shop";
    let places: Vec<usize> = (0..content.len() - name.len()).filter(|at| content[*at..].starts_with(name)).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| content[at] ^= 1);
    std::fs::write(&file, &content).unwrap();
    let engine = Engine::open(dir.path(), options(&clock)).unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while engine.failing().is_empty() && std::time::Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(engine.failing().iter().map(|(name, why)| (name.as_str(), why.code.id)).collect::<Vec<_>>(), [("other", "SY0802")]);
    assert_eq!(engine.find("other").err().unwrap().code.id, "SY0802");
    assert_eq!(engine.workspaces(), [DEFAULT_WORKSPACE]);
    assert_eq!(engine.create("other").err().unwrap().code.id, "SY0502");
    let bench = Bench { dir, clock, engine };
    assert_eq!(bench.send(vec![order("after", NOON, "us", 1)]).accepted, 1);
    bench.engine.delete("other").unwrap();
    assert!(bench.engine.failing().is_empty());
}
