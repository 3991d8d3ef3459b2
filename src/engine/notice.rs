//! What an alert tells, as messages for the endpoints.
//!
//! 1. A [`Notice`] of the evaluator becomes a [`Message`]: the rule's text with its placeholders filled in.
//! 2. [`post`](super::post) writes deliveries for the endpoints that want it, in the transaction of the transition.

use super::loaded::Failure;
use super::show::{human, plain, unit_name};
use crate::compile::program::{AlertRule, DimIdx, Formula, Program, Scalar, Severity, Text, Unit};
use crate::diagnostic::{Lang, severity_said};
use crate::eval::{History, Notice, NoticeKind, Number, Reader, ScopeId, State, When};
use crate::store::record::payload::{AlertPayload, ShownPayload, TextPayload};
use crate::time::Zone;
use rust_decimal::Decimal;

/// Something to tell the endpoints.
pub struct Message {
    pub(super) kind: &'static str,
    pub(super) severity: Severity,
    pub(super) alert: AlertPayload,
}

/// Where the messages of one program come from.
pub struct Teller<'a> {
    /// The program.
    pub program: &'a Program,
    /// The number of its ruleset: part of every alert's id.
    pub ruleset: u32,
    /// Its state.
    pub state: &'a State,
    /// Its events.
    pub history: &'a dyn History,
}

/// The id of an alert, for all the outside.
pub fn alert_id(ruleset: u32, episode: impl std::fmt::Display) -> String {
    format!("al_{ruleset}_{episode}")
}

/// `info`, `warning`, `critical`.
pub fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

impl Teller<'_> {
    /// The message of a notice.
    pub fn message(&self, notice: &Notice) -> Result<Option<Message>, Failure> {
        let Some(rule) = self.program.alerts.get(notice.alert) else { return Ok(None) };
        let scope = self.scope(rule, notice.scope);
        let limit = match notice.limit {
            None => self.limit(rule, &scope, notice)?,
            constant => constant,
        };
        let notice = &Notice { limit, ..notice.clone() };
        let (kind, state) = match notice.kind {
            NoticeKind::Firing => ("alert.firing", "firing"),
            NoticeKind::Resolved => ("alert.resolved", "resolved"),
            NoticeKind::Repeat => ("alert.repeat", "firing"),
            NoticeKind::Restated => ("alert.restated", "firing"),
        };
        let fill = |text: &str, lang| self.fill(text, lang, rule, &scope, notice, state);
        let message = if rule.message.en.is_empty() { &rule.title } else { &rule.message };
        let zh = message.zh.as_deref().map(|text| fill(text, Lang::Zh)).transpose()?;
        let values = scope.iter().map(|(dim, value)| (self.dim(*dim).to_owned(), value.as_deref().map(str::to_owned)));
        let group = rule.group_by.as_ref().map(|by| by.iter().map(|dim| self.dim(*dim)).collect::<Vec<_>>());
        let group = group.map(|by| values.clone().filter(|(dim, _)| by.contains(&dim.as_str())).collect());
        let written = |value: Option<Decimal>| value.map(|value| plain(&Scalar::Number(value), &rule.unit, true));
        Ok(Some(Message {
            kind,
            severity: notice.severity,
            alert: AlertPayload {
                id: alert_id(self.ruleset, notice.episode),
                ruleset: self.program.name.clone(),
                version: self.program.version.clone(),
                rule: rule.name.clone(),
                title: text(&rule.title),
                severity: severity_name(notice.severity).into(),
                state: state.into(),
                scope: values.collect(),
                value: written(notice.value),
                limit: written(notice.limit),
                unit: unit_name(&rule.unit).to_owned(),
                shown: self.shown(rule, &scope, notice),
                since: notice.since.to_string(),
                at: notice.at.to_string(),
                restated: notice.restated,
                message: TextPayload { en: fill(&message.en, Lang::En)?, zh },
                channels: rule.notify.clone(),
                group,
            },
        }))
    }

    /// The zone whose clocks people of a scope read.
    fn clocks(&self, scope: &Places) -> &Zone {
        self.program.clocks_of(scope.iter().map(|(dim, value)| (*dim, value.as_deref())))
    }

    /// The numbers of a notice as people read them.
    fn shown(&self, rule: &AlertRule, scope: &Places, notice: &Notice) -> ShownPayload {
        let zone = self.clocks(scope);
        let show = |value: Decimal, lang| human(&Scalar::Number(value), &rule.unit, zone, lang);
        let both = |value: Decimal| TextPayload { en: show(value, Lang::En), zh: Some(show(value, Lang::Zh)) };
        ShownPayload {
            value: notice
                .value
                .map_or_else(|| TextPayload { en: unknown(Lang::En).to_owned(), zh: Some(unknown(Lang::Zh).to_owned()) }, both),
            limit: notice.limit.map(both),
            since: format!("{} ({})", zone.format(notice.since), zone.name()),
        }
    }

    /// The limit of a line that compares with a table or a metric, as it is at the scope then.
    fn limit(&self, rule: &AlertRule, scope: &Places, notice: &Notice) -> Result<Option<Decimal>, Failure> {
        let Some(bound) = rule.bound(notice.severity) else { return Ok(None) };
        Ok(self.number(bound, rule, scope, notice)?.decimal())
    }

    /// A formula over the window of a rule, at the scope and the instant of a notice.
    fn number(&self, formula: &Formula, rule: &AlertRule, scope: &Places, notice: &Notice) -> Result<Number, Failure> {
        let reader = Reader { program: self.program, cells: self.state, history: self.history, at: notice.at };
        let named: Vec<(DimIdx, Box<str>)> = scope.iter().filter_map(|(dim, value)| Some((*dim, value.clone()?))).collect();
        Ok(reader.number(&rule.over_own(formula.clone()), When::Window(rule.window), &named)?)
    }

    fn dim(&self, dim: DimIdx) -> &str {
        self.program.dims.get(dim).map_or("", String::as_str)
    }

    /// The dimension values of a scope of a rule.
    fn scope(&self, rule: &AlertRule, id: ScopeId) -> Vec<(DimIdx, Option<Box<str>>)> {
        let dims = self.program.groupings.get(rule.grouping).map_or(&[][..], Vec::as_slice);
        let values = self.state.scope_of(id).map(|scope| scope.values.to_vec()).unwrap_or_default();
        dims.iter().copied().zip(values).collect()
    }

    /// Fills in the placeholders of a text.
    fn fill(
        &self,
        template: &str,
        lang: Lang,
        rule: &AlertRule,
        scope: &Places,
        notice: &Notice,
        state: &'static str,
    ) -> Result<String, Failure> {
        let mut out = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            match self.placeholder(name, lang, rule, scope, notice, state)? {
                Some(text) => out.push_str(&text),
                None => out.push_str(&format!("{{{name}}}")),
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn placeholder(
        &self,
        name: &str,
        lang: Lang,
        rule: &AlertRule,
        scope: &Places,
        notice: &Notice,
        state: &'static str,
    ) -> Result<Option<String>, Failure> {
        let unknown = || unknown(lang).to_owned();
        let show = |value: &Scalar, unit: &Unit| human(value, unit, self.clocks(scope), lang);
        let number = |value: Option<Decimal>| value.map_or_else(unknown, |value| show(&Scalar::Number(value), &rule.unit));
        match name {
            "value" => return Ok(Some(number(notice.value))),
            "limit" => return Ok(Some(number(notice.limit))),
            "severity" => return Ok(Some(said(severity_name(notice.severity), lang).to_owned())),
            "state" => return Ok(Some(said(state, lang).to_owned())),
            _ => {}
        }
        if let Some((_, value)) = scope.iter().find(|(dim, _)| self.dim(*dim) == name) {
            return Ok(Some(value.as_deref().unwrap_or("-").to_owned()));
        }
        if let Some(param) = self.program.params.iter().find(|param| param.name == name) {
            return Ok(Some(show(&param.value, &param.unit)));
        }
        let Some(metric) = self.program.metrics.iter().position(|metric| metric.name == name) else { return Ok(None) };
        let unit = self.program.metrics.get(metric).map_or(Unit::Number, |metric| metric.unit.clone());
        Ok(Some(match self.number(&Formula::Metric(metric), rule, scope, notice)? {
            Number::Known(value) => show(&value, &unit),
            Number::Unknown(_) => unknown(),
        }))
    }
}

/// The dimensions of a scope with their values.
type Places = [(DimIdx, Option<Box<str>>)];

fn unknown(lang: Lang) -> &'static str {
    if lang == Lang::Zh { "未知" } else { "unknown" }
}

fn text(text: &Text) -> TextPayload {
    TextPayload { en: text.en.clone(), zh: text.zh.clone() }
}

/// The name of a severity or of an alert's state, for people.
pub fn said(word: &'static str, lang: Lang) -> &'static str {
    match (lang, word) {
        (Lang::Zh, "inactive") => "未触发",
        (Lang::Zh, "pending") => "待触发",
        (Lang::Zh, "firing") => "预警中",
        (Lang::Zh, "resolved") => "已恢复",
        _ => severity_said(word, lang),
    }
}
