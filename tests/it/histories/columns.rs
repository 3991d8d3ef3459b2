//! The same histories as lines of JSON, read as columns: the cell plan for whole columns against the naive oracle.
//!
//! 1. The rows become lines ([`line`]), in any order and in parts of any size, written in several ways.
//! 2. The scanner reads them; what it leaves to the strict reader comes as rows.
//! 3. Alerts that are looked at between the instants of a schedule are taken out of the ruleset: columns know none.

use super::generate::Random;
use super::replay::Replayed;
use super::{Case, compare, stored};
use crate::oracle::Oracle;
use std::collections::BTreeSet;
use std::sync::Arc;
use steelyard::compile::program::{AlertRule, Program, Scalar};
use steelyard::engine::lane::{Form, Scanner};
use steelyard::eval::{Bulk, MemoryHistory, Row, State};
use steelyard::time::Instant;

/// Runs one history; the text says what differs.
pub fn run(seed: u64) -> Result<(), String> {
    let mut case = Case::of(seed);
    let with = |alerts| Arc::new(Program { alerts, ..Program::clone(&case.program) });
    let known = case.program.alerts.iter().filter(|rule| Bulk::new(&with(vec![AlertRule::clone(rule)]), None, None).takes_any());
    case.program = with(known.cloned().collect());
    let Some(replayed) = replay(&mut case)? else { return Ok(()) };
    let program = Arc::clone(&case.program);
    let oracle = Oracle::new(&program, case.rows.iter().cloned());
    compare::all(&mut case, &replayed, &oracle)
}

fn replay(case: &mut Case) -> Result<Option<Replayed>, String> {
    let program = Arc::clone(&case.program);
    let at = case.random.percent(80).then_some(case.last);
    if at.is_none() && case.rows.iter().any(|row| row.time > case.last) {
        // Rows ahead need a bound.
        return Ok(None);
    }
    let mut bulk = Bulk::new(&program, None, at);
    if !bulk.takes_any() {
        return Ok(None);
    }
    let mut scanner = Scanner::new(&program, Form::Events, &bulk, case.random.bits());
    let (mut history, mut strict) = (MemoryHistory::default(), Vec::new());
    let mut order: Vec<usize> = (0..case.rows.len()).collect();
    case.random.shuffle(&mut order);
    while !order.is_empty() {
        let part: Vec<usize> = order.split_off(case.random.below(order.len()));
        let lines: Vec<String> = part.iter().map(|index| line(&program, &case.rows[*index], *index, &mut case.random)).collect();
        let batch = scanner.read((lines.join("\n") + "\n").as_bytes());
        history.push_texts(batch.texts);
        for group in batch.groups.into_iter().filter(|group| !group.columns.is_empty()) {
            bulk.add(&group.columns, history.texts());
            history.push_columns(Arc::new(group.columns));
        }
        let left: BTreeSet<u32> = batch.strict.iter().map(|line| line.place.0).collect();
        strict.extend(left.into_iter().map(|place| case.rows[part[place as usize]].clone()));
    }
    strict.iter().for_each(|row| history.push(row.clone()));
    let mut state = State::new(Arc::clone(&program));
    let wrong = |fault: steelyard::eval::Fault| fault.to_string();
    state.step(strict, Instant(i64::MIN), &history).map_err(wrong)?;
    // All at once, or up to one instant of a schedule after the other.
    let untils = if case.random.percent(50) { bulk.untils(case.last) } else { [case.last].into() };
    for until in untils {
        state.grow((&mut bulk, history.texts()), Vec::new(), until, &history).map_err(wrong)?;
    }
    state.step(Vec::new(), case.last, &history).map_err(wrong)?;
    Ok(Some(Replayed { state, history }))
}

/// A row as a line of JSON, now so and now so.
fn line(program: &Program, row: &Row, index: usize, random: &mut Random) -> String {
    let event = &program.events[row.event];
    let mut data: Vec<String> = Vec::new();
    for (field, value) in event.fields.iter().zip(row.values.iter()) {
        let value = match value {
            Scalar::Absent if random.percent(50) => continue,
            Scalar::Absent if random.percent(50) => "null".to_owned(),
            Scalar::Absent => "\"\"".to_owned(),
            Scalar::Number(number) if random.percent(90) => number.to_string(),
            Scalar::Number(number) => format!("\"{number}\""),
            Scalar::Text(text) => serde_json::to_string(&**text).unwrap(),
            Scalar::Time(time) => format!("\"{time}\""),
            Scalar::Date(day) => format!("\"{day}\""),
            Scalar::Flag(flag) => flag.to_string(),
        };
        data.push(format!("\"{}\":{value}", field.name));
    }
    if random.percent(10) {
        data.push("\"unknown field\":\"x\"".to_owned());
    }
    let mut members = vec![
        format!("\"id\":\"{index}\""),
        format!("\"source\":\"{}\"", stored::SOURCE),
        format!("\"type\":\"{}\"", event.name),
        format!("\"time\":\"{}\"", row.time),
        format!("\"data\":{{{}}}", data.join(",")),
    ];
    if row.revision != 0 {
        members.push(format!("\"revision\":{}", row.revision));
    }
    if random.percent(20) {
        random.shuffle(&mut members);
    }
    let comma = if random.percent(10) { ", " } else { "," };
    format!("{{{}}}", members.join(comma))
}
