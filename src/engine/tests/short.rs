//! Reads on the thread that asks.

use super::*;
use crate::compile::program::DimIdx;
use crate::engine::{Fault, Number};

/// A metric over a window at a scope, where that is short.
fn short(bench: &Bench, question: Question<'_>, name: &str, window: Window, scope: &[(DimIdx, Box<str>)]) -> Option<Option<Decimal>> {
    let question = Question { about: About::Metric(name), ..question };
    let read = |reader: &Reader<'_>| -> Result<Number, Fault> {
        let metric = reader.program.metrics.iter().position(|metric| metric.name == name).unwrap();
        reader.number(&Formula::Metric(metric), When::Window(window), scope)
    };
    bench.workspace().read_short(&question, read).map(|number| number.unwrap().decimal())
}

/// Orders on so many days before now.
fn days(count: i64) -> Vec<RawEvent> {
    let at = |day: i64| t(NOON).plus_s(-day * 86_400).to_string();
    (0..count).map(|day| order(&format!("day {day}"), &at(day), "us", 1)).collect()
}

#[test]
fn a_short_read_sees_every_event_that_was_acknowledged() {
    let bench = Bench::with(SHOP);
    for (number, event) in days(50).into_iter().enumerate() {
        assert_eq!(bench.send(vec![event]).accepted, 1);
        let count = i64::try_from(number).unwrap() + 1;
        assert_eq!(short(&bench, NOW, "orders", Window::All, &[]), Some(decimal(count)));
    }
    let bench = bench.reopen();
    bench.workspace().tick().unwrap();
    assert_eq!(short(&bench, NOW, "orders", Window::All, &[]), Some(decimal(50)));
}

#[test]
fn what_is_long_is_no_short_read() {
    let bench = Bench::with(SHOP);
    bench.send(days(500));
    let week = Window::Days { length: 7, ending: 0 };
    assert_eq!(short(&bench, NOW, "orders", week, &[]), Some(decimal(7)));
    // Too many cells, a part of a day, what was known earlier, and what nobody declares.
    assert_eq!(short(&bench, NOW, "orders", Window::All, &[]), None);
    assert_eq!(short(&bench, NOW, "orders", Window::Elapsed { length_s: 100_000, ending_s: 40_000 }, &[]), None);
    assert_eq!(short(&bench, Question { known_at: Some(t(NOON)), ..NOW }, "orders", week, &[]), None);
    assert_eq!(short(&bench, Question { ruleset: Some("no"), ..NOW }, "orders", week, &[]), None);
    assert_eq!(bench.metric("orders"), decimal(500));
}

#[test]
fn a_short_read_does_not_wait_for_the_clock_to_be_read() {
    let bench = Bench::with(SHOP);
    bench.send(days(3));
    bench.clock.set(t("2026-04-10T12:00:00Z"));
    assert_eq!(short(&bench, NOW, "orders", Window::All, &[]), None);
    bench.workspace().tick().unwrap();
    assert_eq!(short(&bench, NOW, "orders", Window::All, &[]), Some(decimal(3)));
}

#[test]
fn a_commit_lets_go_of_what_short_reads_share() {
    let bench = Bench::with(SHOP);
    bench.send(days(3));
    let workspace = bench.workspace();
    let shared = Arc::downgrade(&workspace.store().latest().unwrap());
    assert!(Arc::ptr_eq(&shared.upgrade().unwrap(), &workspace.store().latest().unwrap()));
    bench.send(vec![order("next", NOON, "us", 1)]);
    assert!(shared.upgrade().is_none());
}
