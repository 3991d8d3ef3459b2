//! The exchange rates in an explained number.

use super::page::Page;
use crate::engine::show::bare;
use crate::eval::{Explanation, RateUsed, RowId};
use serde_json::{Value, json};

/// So many rates are drawn.
const SHOWN_MAX: usize = 20;

impl Page<'_> {
    /// Draws the rates, the first of them.
    pub fn rates(&self, explained: &Explanation) {
        let drawn = explained.rates.iter().take(SHOWN_MAX).map(|used| {
            let amount = format!("{} {}", bare(used.amount), used.from);
            vec![format!("{}/{}", used.base, used.quote), bare(used.rate), used.day.to_string(), amount, self.name_of(used.event.1)]
        });
        let mut rows: Vec<Vec<String>> = drawn.collect();
        let more = explained.rates.len().saturating_sub(SHOWN_MAX);
        if more > 0 {
            let (en, zh) = (format!("and {more} more"), format!("另有 {more} 个"));
            rows.push(vec![self.output.text(&en, &zh).to_owned()]);
        }
        let header = [
            self.output.text("rate of", "汇率"),
            self.output.text("rate", "数值"),
            self.output.text("day", "日期"),
            self.output.text("converts", "换算"),
            self.output.text("event", "事件编号"),
        ];
        self.rows(&header, rows, &[false, true, false, true]);
    }

    /// All rates as JSON.
    pub fn rates_json(&self, explained: &Explanation) -> Value {
        let rate = |used: &RateUsed| {
            json!({
                "base": used.base.code(),
                "quote": used.quote.code(),
                "day": used.day.to_string(),
                "rate": bare(used.rate),
                "amount": bare(used.amount),
                "currency": used.from.code(),
                "event": self.name_of(used.event.1),
            })
        };
        explained.rates.iter().map(rate).collect()
    }

    /// The source and the id of an event.
    pub fn name_of(&self, id: RowId) -> String {
        match self.replay.name_of(id) {
            Some((source, name)) => format!("{source}: {name}"),
            None => format!("{:032x}", id.0),
        }
    }
}
