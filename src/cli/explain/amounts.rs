//! The amounts of targets in an explained number of which events tell some.

use super::page::Page;
use crate::compile::program::Unit;
use crate::engine::AmountUsed;
use crate::eval::{Explanation, Number};
use serde_json::{Value, json};

impl Page<'_> {
    /// Draws the lines, each with the event that told it.
    pub fn amounts(&self, explained: &Explanation) {
        let drawn = explained.amounts.iter().map(|used| {
            let (name, unit) = self.aim(used);
            let from = used.row.from.map(|from| from.to_string()).unwrap_or_default();
            let event = used.event.map(|(_, id)| self.name_of(id)).unwrap_or_default();
            let value = self.show(&Number::of(used.row.value), unit);
            vec![format!("{name} {}", self.scope_text(&used.row.scope)).trim().to_owned(), used.row.period.to_string(), value, from, event]
        });
        let header = [
            self.output.text("target of", "目标"),
            self.output.text("period", "周期"),
            self.output.text("amount", "数额"),
            self.output.text("from", "生效"),
            self.output.text("event", "事件编号"),
        ];
        self.rows(&header, drawn.collect(), &[false, false, true]);
    }

    /// The lines as JSON.
    pub fn amounts_json(&self, explained: &Explanation) -> Value {
        let amount = |used: &AmountUsed| {
            let (name, unit) = self.aim(used);
            json!({
                "target": name,
                "scope": self.scope_json(&used.row.scope),
                "period": used.row.period.to_string(),
                "result": self.number(&Number::of(used.row.value), unit),
                "from": used.row.from.map(|from| from.to_string()),
                "event": used.event.map(|(_, id)| self.name_of(id)),
            })
        };
        explained.amounts.iter().map(amount).collect()
    }

    /// The metric of a target and its unit.
    fn aim(&self, used: &AmountUsed) -> (&str, &Unit) {
        let metric = self.program.targets.get(used.target).and_then(|target| self.program.metrics.get(target.metric));
        metric.map_or(("", &Unit::Number), |metric| (metric.name.as_str(), &metric.unit))
    }
}
