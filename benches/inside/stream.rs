//! A ruleset from its file, and events of the job made in memory: evenly spread over sixty days, in order.

use rust_decimal::Decimal;
use std::sync::Arc;
use steelyard::compile::check;
use steelyard::compile::program::Program;
use steelyard::engine::{RawEvent, RawValue};
use steelyard::time::Instant;

/// How many days the events are spread over.
pub const DAYS: u64 = 60;
const DAY_US: u64 = 86_400_000_000;

/// Compiles a ruleset.
pub fn program(file: &str) -> Arc<Program> {
    let checked = check(&std::fs::read_to_string(file).unwrap());
    Arc::new(checked.program.expect("the ruleset has mistakes"))
}

/// Events of so many shops.
pub fn events(series: u64, count: u64) -> impl Iterator<Item = RawEvent> {
    let start = Instant::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
    let mut random = 88_172_645_463_325_252u64;
    (0..count).map(move |at| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let text = |value: &str| RawValue::Text(value.to_owned());
        let amount = Decimal::new(i64::try_from((random >> 20) & 0xffff).unwrap(), 2);
        let data = [
            ("shop", text(&format!("amazon-shop-{:07}", random % series))),
            ("region", text("europe")),
            ("category", text("grocery")),
            ("currency", text("EUR")),
            ("amount", RawValue::Number(amount)),
            ("qty", RawValue::Number(Decimal::ONE)),
            ("shipped_late", RawValue::Flag((random >> 40) & 15 == 0)),
        ];
        RawEvent {
            source: "bench".to_owned(),
            id: at.to_string(),
            kind: "order_completed".to_owned(),
            time: Some(Instant(start.0 + i64::try_from(at * DAYS * DAY_US / count).unwrap())),
            revision: 0,
            data: data.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    })
}
