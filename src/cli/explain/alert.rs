//! An explained alert, as of its last change.
//!
//! 1. Its steps are searched for the last one that a person sees: pending, firing, another severity, over.
//! 2. The rule is looked at as of that instant: the watched number, every condition, and the events behind them.

use super::super::Stop;
use super::broken;
use super::page::Page;
use crate::compile::program::{AlertRule, Formula, MetricIdx, Severity, Unit};
use crate::engine::replay::alarm;
use crate::engine::{Alarm, said, severity_name};
use crate::eval::{AlertExplanation, Machine, Step};
use crate::time::Instant;
use serde_json::{Value, json};

/// The last change of an alert.
struct Change {
    at: Instant,
    state: &'static str,
    severity: Option<Severity>,
    since: Option<Instant>,
    machine: Machine,
}

impl Page<'_> {
    /// Prints an alert at the scope.
    pub fn alert(&self, index: usize) -> Result<(), Stop> {
        let Some(rule) = self.program.alerts.get(index) else { return Ok(()) };
        self.scope_is(&rule.name, self.program.groupings.get(rule.grouping).map_or(&[], Vec::as_slice))?;
        let track = self.replay.track(index, self.scope).map_err(Stop::input)?;
        let change = last_change(track.map_or(&[], |track| &track.steps), self.at);
        let explained = self.replay.reader(change.at).explain_alert(rule, self.scope, self.ids).map_err(broken)?;
        self.output.document(&self.alert_json(rule, &change, &explained));
        if self.output.is_human() {
            self.draw_alert(rule, &change, &explained);
        }
        Ok(())
    }

    fn draw_alert(&self, rule: &AlertRule, change: &Change, explained: &AlertExplanation) {
        let text = |en, zh| self.output.text(en, zh);
        let local = |instant| self.clocks().format(instant);
        let severity = change.severity.map(|severity| format!(" {}", said(severity_name(severity), self.output.lang))).unwrap_or_default();
        self.output.line(&format!("{}: {}{severity}", rule.name, said(change.state, self.output.lang)));
        let since = change.since.map(local).unwrap_or_default();
        let level = change.severity.and_then(|severity| rule.levels.iter().find(|level| level.severity == severity));
        let limit = level.or(rule.levels.first()).and_then(|level| level.limit);
        let facts = [
            (text("title", "名称"), self.title(&rule.title, &rule.name)),
            (text("since", "起始"), since),
            (text("value", "数值"), self.show(&explained.subject.value, &rule.unit)),
            (text("limit", "上限"), limit.map(|limit| self.decimal(Some(limit), &rule.unit)).unwrap_or_default()),
        ];
        self.facts(&facts, &explained.subject.range, change.at);
        let levels = rule.levels.iter().zip(&explained.levels).enumerate().map(|(index, (level, told))| {
            let since = change.machine.held_since.get(index).copied().flatten();
            vec![level.text.clone(), self.truth(&told.value), since.map(local).unwrap_or_default()]
        });
        let clear =
            explained.clear.iter().map(|told| vec![format!("clear when {}", rule.clear_text), self.truth(&told.value), String::new()]);
        let exempts = rule.exempts.iter().zip(&explained.exempts).map(|(exempt, told)| {
            let title = if told.value.truth() == Some(true) { self.title(&exempt.title, &exempt.text) } else { String::new() };
            vec![exempt.text.clone(), self.truth(&told.value), title]
        });
        let header = [text("condition", "条件"), text("holds", "成立"), text("since", "起始")];
        self.rows(&header, levels.chain(clear).chain(exempts).collect(), &[]);
        self.output.line("");
        match self.watched(rule) {
            Some((_, name, formula)) => self.draw(name, formula, &rule.unit, &explained.subject),
            None => self.draw(text("value", "数值"), &rule.text, &rule.unit, &explained.subject),
        }
        self.tables(self.watched(rule).map(|(index, ..)| index), &explained.subject);
        let levels = rule.levels.iter().map(|level| level.text.clone()).zip(&explained.levels);
        for (line, told) in levels.chain(explained.clear.iter().map(|told| (format!("clear when {}", rule.clear_text), told))) {
            if !told.parts.is_empty() {
                self.output.line(&format!("\n{line}"));
                self.tables(None, told);
            }
        }
    }

    /// The metric that is watched, when it is one.
    fn watched(&self, rule: &AlertRule) -> Option<(MetricIdx, &str, &str)> {
        let Formula::Metric(index) = *rule.watched() else { return None };
        self.program.metrics.get(index).map(|metric| (index, metric.name.as_str(), metric.text.as_str()))
    }

    fn alert_json(&self, rule: &AlertRule, change: &Change, explained: &AlertExplanation) -> Value {
        let mut document = self.head(change.at);
        let watched = self.watched(rule);
        let (index, formula) = (watched.map(|(index, ..)| index), watched.map_or(rule.text.as_str(), |(.., formula)| formula));
        let levels = rule.levels.iter().zip(&explained.levels);
        let levels = levels.map(|(level, told)| json!({"line": level.text, "when": self.json(None, &level.text, &Unit::Flag, told)}));
        let exempts = rule.exempts.iter().zip(&explained.exempts);
        let exempts = exempts.map(|(exempt, told)| json!({"line": exempt.text, "when": self.json(None, &exempt.text, &Unit::Flag, told)}));
        let lines = [
            ("alert", json!(rule.name)),
            ("state", json!(change.state)),
            ("severity", json!(change.severity.map(severity_name))),
            ("since", json!(change.since.map(|since| since.to_string()))),
            ("watched", Value::Object(self.json(index, formula, &rule.unit, &explained.subject))),
            ("conditions", levels.collect()),
            ("exempts", exempts.collect()),
            ("clear", json!(explained.clear.as_ref().map(|told| self.json(None, &rule.clear_text, &Unit::Flag, told)))),
        ];
        document.extend(lines.map(|(name, value)| (name.to_owned(), value)));
        Value::Object(document)
    }
}

/// The last change that a person sees; of an alert that never changed, how it stands at `now`.
fn last_change(steps: &[Step], now: Instant) -> Change {
    let mut before = Alarm::Inactive;
    let mut last = Change { at: now, state: "inactive", severity: None, since: None, machine: Machine::default() };
    for step in steps {
        let after = alarm(&step.machine);
        if after != before {
            let (state, severity, since) = match (before, after) {
                (_, Alarm::Firing(severity, since)) => ("firing", Some(severity), Some(since)),
                (Alarm::Firing(severity, since), _) => ("resolved", Some(severity), Some(since)),
                (_, Alarm::Pending(since)) => ("pending", None, Some(since)),
                (_, Alarm::Inactive) => ("inactive", None, None),
            };
            last = Change { at: step.at, state, severity, since, machine: step.machine.clone() };
        }
        before = after;
    }
    last
}
