//! Elapsed windows cost work by the rows that pass through them, not by the rows that lie in them.

use super::super::recent::WORK;
use super::*;
use crate::compile::program::*;
use crate::time::Instant;
use std::cell::Cell as Counter;
use std::sync::Arc;

/// A history that counts the rows it hands out.
struct Counted {
    rows: MemoryHistory,
    handed_out: Counter<u64>,
}

impl History for Counted {
    fn rows(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        let rows = self.rows.rows(event, from, to)?;
        self.handed_out.set(self.handed_out.get() + rows.len() as u64);
        Ok(rows)
    }
}

/// A rule on one shop over 24 hours that reads these leaves.
fn program_over_a_day(reads: &[(LeafIdx, Read)]) -> Program {
    let mut program = program();
    let level = |(index, read): &(LeafIdx, Read)| AlertLevel {
        severity: Severity::Warning,
        when: compare(Compare::Gt, leaf(*index, *read), num("1000000000")),
        text: String::new(),
        hold: Hold::Unbroken(0),
        early: false,
        calendar: None,
        limit: None,
    };
    program.alerts.push(AlertRule {
        adapt: None,
        exempts: Vec::new(),
        inhibitors: Vec::new(),
        group_by: None,
        clear_hold_s: 0,
        name: "day".into(),
        title: Text::default(),
        subject: leaf(reads[0].0, reads[0].1),
        text: String::new(),
        unit: Unit::Number,
        window: Window::Elapsed { length_s: 86_400, ending_s: 0 },
        grouping: 1,
        levels: reads.iter().map(level).collect(),
        clear: None,
        clear_text: String::new(),
        no_data: NoData::Keep,
        message: Text::default(),
        notify: vec![],
        schedule: None,
        schedule_text: String::new(),
        repeat_s: None,
        leaves: reads.iter().map(|read| read.0).collect(),
    });
    program
}

const EVERY_KIND: &[(LeafIdx, Read)] = &[
    (SUM, Read::Sum),
    (ORDERS, Read::Count),
    (KINDS, Read::Distinct),
    (MIN, Read::Value),
    (MAX, Read::Value),
    (FIRST, Read::Value),
    (LAST, Read::Value),
];

/// Orders of one shop, evenly over three days.
fn orders(count: u32) -> Vec<Row> {
    let gap_s = 3 * 86_400 / i64::from(count);
    let row = |n: u32| {
        let mut row = order(u128::from(n) + 1, "2026-03-01", "us", "a", &(n % 97).to_string(), &(n % 13).to_string());
        row.time = row.time.plus_s(i64::from(n) * gap_s);
        row
    };
    (0..count).map(row).collect()
}

/// The rows looked at and handed out while rows arrive in batches.
fn work(program: Program, rows: &[Row], batch: usize) -> (u64, u64) {
    let mut state = State::new(Arc::new(program));
    let mut history = Counted { rows: MemoryHistory::default(), handed_out: Counter::new(0) };
    WORK.set(0);
    for batch in rows.chunks(batch) {
        batch.iter().for_each(|row| history.rows.push(row.clone()));
        let now = batch.iter().map(|row| row.time).max().unwrap();
        state.step(batch.to_vec(), now, &history).unwrap();
        state.take_changes();
    }
    (WORK.get(), history.handed_out.get())
}

#[test]
fn a_row_costs_the_same_however_many_are_in_the_window() {
    let count = 2_000;
    let (rows, leaves) = (orders(count), EVERY_KIND.len() as u64);
    for batch in [rows.len(), 100, 1] {
        let (looked_at, handed_out) = work(program_over_a_day(EVERY_KIND), &rows, batch);
        // Each row enters and leaves each window once; building a window looks at the rows that are there.
        assert!(looked_at <= u64::from(count) * leaves * 4, "batches of {batch}: {looked_at} rows looked at");
        assert!(handed_out <= u64::from(count) * 3, "batches of {batch}: {handed_out} rows handed out");
    }
}

#[test]
fn rows_that_are_a_little_late_do_not_read_the_window_again() {
    let mut rows = orders(2_000);
    rows.chunks_mut(2).for_each(<[Row]>::reverse);
    let (looked_at, handed_out) = work(program_over_a_day(&[(SUM, Read::Sum)]), &rows, 1);
    assert!(looked_at <= 2_000 * 12, "{looked_at} rows looked at");
    assert!(handed_out <= 2_000 * 6, "{handed_out} rows handed out");
}

#[test]
fn a_change_of_an_alert_is_saved_without_its_past() {
    let mut program = program_over_a_day(&[(LAST, Read::Value)]);
    program.alerts[0].levels[0].when = compare(Compare::Gt, leaf(LAST, Read::Value), num("0"));
    let mut state = State::new(Arc::new(program));
    let mut history = MemoryHistory::default();
    for n in 0..200_u32 {
        let mut row = order(u128::from(n), "2026-03-01", "us", "a", &(n % 2).to_string(), "");
        row.time = row.time.plus_s(i64::from(n) * 60);
        history.push(row.clone());
        let now = row.time;
        state.step(vec![row], now, &history).unwrap();
        let changes = state.take_changes();
        let (steps, episodes) = changes.tracks.iter().fold((0, 0), |(a, b), one| (a + one.2.steps.len(), b + one.2.episodes.len()));
        assert!(steps <= 1 && episodes <= 1, "order {n}: {steps} steps and {episodes} episodes");
    }
    assert_eq!(state.tracks().map(|(_, _, track)| track.steps.len()).sum::<usize>(), 199);
}
