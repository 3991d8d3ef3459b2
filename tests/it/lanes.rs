//! Lines of JSON read as columns against the strict reader: whatever is taken as a row means the same there, and what the
//! strict reader refuses is never taken.

use std::sync::Arc;
use steelyard::compile::program::Program;
use steelyard::engine::feed::Feed;
use steelyard::engine::lane::{Form, Scanner};
use steelyard::engine::{RawEvent, shape};
use steelyard::eval::{Bulk, History, MemoryHistory, Row};
use steelyard::http::events::{parse_line, parse_object};
use steelyard::time::{Instant, LATEST};

const RULESET: &str = r#"ruleset lanes 1.0.0 {
  currency USD
  timezone Asia/Shanghai
}
event sale {
  shop   dimension
  buyer  id optional
  amount money
  share  percent optional
  units  count
  late   flag optional
}
feed sales to sale {
  source "export"
  id     from "no"
  time   from "ts"
  shop   from "shop"
  buyer  from "buyer"
  amount from "amount"
  units  from "n"
  late   from "late"
}
metric sold  = sum(sale.amount)
metric units = sum(sale.units where late)
metric share = max(sale.share)
metric buyers = distinct(sale.buyer)
"#;

const EVENTS: &[&str] = &[
    r#"{"id":"a-1","source":"s","type":"sale","time":"2026-03-01T09:00:00Z","data":{"shop":"us","amount":12.50,"units":3,"late":true}}"#,
    r#"{"type":"sale","time":"2026-03-01T23:59:59.123456Z","id":"a-2","data":{"shop":"de ","buyer":"b 1","amount":-0.5,"units":0,"share":0.125,"note":"x"}}"#,
    r#"{"specversion":"1.0","id":"a-3","source":"s","type":"sale","time":"2026-03-01T09:00:00.5Z","subject":"y","data":{"shop":"店","amount":1,"units":1}}"#,
    r#"{ "id" : "a-4" , "type" : "sale" , "time" : "2026-02-28T00:00:00Z" , "data" : { "shop" : "us" , "amount" : 7 , "units" : 2 , "late" : null } }"#,
];
const OBJECTS: &[&str] = &[
    r#"{"no":"1","ts":"2026-03-01T09:00:00Z","shop":"us","buyer":"x","amount":12.50,"n":3,"late":false,"more":{"a":1}}"#,
    r#"{"no":"2","ts":"2026-03-01T09:00:00.25Z","shop":"us","buyer":"x","amount":12.50,"n":3,"late":false,"more":"y","some":1.5}"#,
    r#"{"n":1,"amount":0.000001,"shop":"de","ts":"2026-12-31T23:00:00Z","no":"3"}"#,
];
/// What lines are damaged with.
const BYTES: &[u8] = b"\"\\{}[]:,. 019-+eEtfnuZT\n\r\t\0\x7f\x1f\xc3\xbc\xff";

/// A small deterministic generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    /// Some bytes are changed, put in, taken away or said twice.
    fn damaged(&mut self, line: &str) -> Vec<u8> {
        let mut bytes = line.as_bytes().to_vec();
        for _ in 0..self.roll(3) {
            let (at, byte) = (self.roll(bytes.len()), BYTES[self.roll(BYTES.len())]);
            match self.roll(4) {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => {
                    let end = (at + self.roll(12)).min(bytes.len());
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
            }
        }
        bytes.retain(|byte| *byte != b'\n');
        bytes
    }
}

fn strictly(program: &Program, objects: bool, line: &[u8]) -> Option<Row> {
    let text = std::str::from_utf8(line).ok()?.trim_start_matches('\u{FEFF}').trim();
    let event: RawEvent = if objects {
        let feed = Feed::choose(program, None).unwrap();
        Feed::of_objects(program, feed).unwrap().object(&parse_object(text).ok()?).ok()??
    } else {
        parse_line(text).ok()?
    };
    event.time?;
    shape(program, program.event_named(&event.kind)?, &event, LATEST).ok()
}

/// Reads damaged lines both ways; how many were taken as rows.
fn agree(objects: bool, examples: &[&str], seed: u64) -> usize {
    let program = Arc::new(steelyard::compile::check(RULESET).program.unwrap());
    let bulk = Bulk::new(&program, None, None);
    let form = if objects { Form::Objects(&program.feeds[0]) } else { Form::Events };
    let mut dice = Dice(seed);
    let mut taken = 0;
    for _ in 0..200 {
        let mut scanner = Scanner::new(&program, form, &bulk, seed);
        let lines: Vec<Vec<u8>> = (0..20)
            .map(|_| {
                let example = examples[dice.roll(examples.len())];
                dice.damaged(example)
            })
            .collect();
        let batch = scanner.read(&lines.join(&b'\n'));
        let mut seen = vec![false; lines.len()];
        let mut history = MemoryHistory::default();
        history.push_texts(batch.texts);
        for group in batch.groups.into_iter().filter(|group| !group.columns.is_empty()) {
            let mut own = history.clone();
            own.push_columns(Arc::new(group.columns));
            let rows = own.rows(0, Instant(i64::MIN), Instant(i64::MAX)).unwrap();
            for (row, (line, _)) in rows.into_iter().zip(group.places) {
                let line = line as usize;
                seen[line] = true;
                taken += 1;
                assert_eq!(Some(row), strictly(&program, objects, &lines[line]), "{}", String::from_utf8_lossy(&lines[line]));
            }
        }
        for line in &batch.strict {
            let place = line.place.0 as usize;
            assert!(!std::mem::replace(&mut seen[place], true));
            assert_eq!(line.bytes, lines[place]);
        }
        let lost = lines.iter().zip(seen).filter(|(line, seen)| !seen && !line.trim_ascii().is_empty()).count();
        assert_eq!(lost, 0);
    }
    taken
}

#[test]
fn what_is_taken_as_a_row_means_the_same_strictly() {
    for seed in 1..=20 {
        assert!(agree(false, EVENTS, seed) > 500);
        assert!(agree(true, OBJECTS, seed) > 500);
    }
}
