//! What `replay` prints: metrics, scores, alert transitions.
//!
//! 1. The scopes and periods of the question are listed.
//! 2. Each number is read from the replay.
//! 3. It becomes a line of [`super::lines`]: JSON as it is, for people a row of a table.

use super::lines::{AdjustmentLine, AlertLine, BaseLine, MetricLine, PartLine, ScopeText, ScoreLine};
use super::output::{Output, table};
use super::threads::each;
use crate::compile::program::{DimIdx, Formula, Metric, Program, Scorecard, Text, Unit, Window};
use crate::diagnostic::{Diagnostic, Lang, codes::cli as codes};
use crate::engine::replay::{Replay, alarm};
use crate::engine::show::{bare, human, payout, payout_unit, plain, reason, unit_name};
use crate::engine::{Alarm, Number, Reader, When};
use crate::engine::{said, severity_name};
use crate::eval::{Fault, Peers, ScopeId, Step, Track};
use crate::time::{Grain, Instant, Period};
use rust_decimal::{Decimal, RoundingStrategy};
use std::sync::Arc;

/// How many decimals a score has on output.
const SCORE_DECIMALS: u32 = 4;

/// The dimension values of a question.
type Scope = Vec<(DimIdx, Box<str>)>;

/// For which time metrics are printed.
#[derive(Debug, Clone)]
pub enum Span {
    /// Once, over a window that ends at the last instant; with the label of the line.
    Once(Window, String),
    /// For every period of the grain; over a window that ends with the period, when given.
    Periods(Grain, Option<Window>),
}

/// A replayed file that answers questions.
pub struct Answers<'a> {
    /// The ruleset.
    pub program: &'a Program,
    /// The replay, with time read up to `at`.
    pub replay: &'a Replay,
    /// The first event.
    pub first: Option<Instant>,
    /// The last instant.
    pub at: Instant,
    /// Money whole.
    pub exact: bool,
    /// Where to.
    pub output: Output,
}

impl Answers<'_> {
    /// Prints metrics.
    pub fn metrics(&self, metrics: &[usize], per: &[DimIdx], span: &Span) -> Result<(), Diagnostic> {
        let lines = self.metric_lines(metrics, per, span)?;
        if self.output.is_human() {
            let row = |line: &MetricLine| {
                vec![line.metric.clone(), line.scope.human(), self.output.period(&line.period).to_owned(), self.value_text(line)]
            };
            let header =
                [("metric", "指标"), ("scope", "范围"), ("period", "周期"), ("value", "数值")].map(|(en, zh)| self.output.text(en, zh));
            self.output.line(&table(&header, &lines.iter().map(row).collect::<Vec<_>>(), &[false, false, false, true]));
        }
        self.output.records(&lines);
        Ok(())
    }

    /// The value of a line for people.
    pub fn value_text(&self, line: &MetricLine) -> String {
        let unknown = || format!("{} ({})", self.output.text("unknown", "未知"), line.reason.as_deref().unwrap_or_default());
        line.value.clone().unwrap_or_else(unknown)
    }

    /// Metrics: for each the whole, then every scope; for each of these every period.
    pub fn metric_lines(&self, metrics: &[usize], per: &[DimIdx], span: &Span) -> Result<Vec<MetricLine>, Diagnostic> {
        let mut scopes = vec![Scope::new()];
        if !per.is_empty() {
            scopes.extend(self.scopes(per)?);
        }
        let known = metrics.iter().filter_map(|metric| Some((*metric, self.program.metrics.get(*metric)?)));
        let asked: Vec<_> = known.flat_map(|metric| scopes.iter().map(move |scope| (metric, scope))).collect();
        let of_scope = |((index, metric), scope): &((usize, &Metric), &Scope)| {
            let formula = Formula::Metric(*index);
            let line = |(label, reader, when): &(String, Reader<'_>, When)| {
                let number = reader.number(&formula, *when, scope).map_err(broken)?;
                Ok(self.metric_line(&metric.name, self.scope_text(scope), label, &number, &metric.unit))
            };
            self.moments(span).iter().map(line).collect::<Result<Vec<_>, Diagnostic>>()
        };
        Ok(each(&asked, of_scope).into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn metric_line(&self, metric: &str, scope: ScopeText, period: &str, number: &Number, unit: &Unit) -> MetricLine {
        let (value, reason) = self.value(number, unit);
        MetricLine { metric: metric.to_owned(), scope, period: period.to_owned(), value, unit: unit_name(unit).to_owned(), reason }
    }

    /// The text of a number, or why it is unknown.
    fn value(&self, number: &Number, unit: &Unit) -> (Option<String>, Option<String>) {
        match number {
            Number::Known(value) if self.output.is_human() && !self.exact => {
                (Some(human(value, unit, &self.program.zone, self.output.lang)), None)
            }
            Number::Known(value) => (Some(plain(value, unit, self.exact)), None),
            Number::Unknown(why) => (None, Some(reason(why, self.output.lang))),
        }
    }

    /// The labels of the lines, and how each is read.
    fn moments(&self, span: &Span) -> Vec<(String, Reader<'_>, When)> {
        match span {
            Span::Once(window, label) => vec![(label.clone(), self.replay.reader(self.at), When::Window(*window))],
            Span::Periods(grain, window) => {
                let moment = |period: Period| match window {
                    None => (period.to_string(), self.replay.reader(self.at), When::Period(period)),
                    Some(window) => {
                        let end = Instant(self.program.everywhere().end_of(period.last).0.saturating_sub(1)).min(self.at);
                        (period.to_string(), self.replay.reader(end), When::Window(*window))
                    }
                };
                self.periods(*grain).into_iter().map(moment).collect()
            }
        }
    }

    /// Every period from the first event to the last instant.
    fn periods(&self, grain: Grain) -> Vec<Period> {
        let Some(first) = self.first.filter(|first| *first <= self.at) else { return Vec::new() };
        let holding = |instant| Period::holding(grain, self.program.zone.day_of(instant), self.program.reckoning);
        let last = holding(self.at);
        std::iter::successors(Some(holding(first)), |period| Some(period.next(self.program.reckoning)))
            .take_while(|period| *period <= last)
            .collect()
    }

    fn scopes(&self, dims: &[DimIdx]) -> Result<Vec<Scope>, Diagnostic> {
        let found = self.replay.reader(self.at).scopes(dims, &[]).map_err(broken)?;
        Ok(found.into_iter().map(|values| dims.iter().copied().zip(values).collect()).collect())
    }

    fn scope_text(&self, scope: &[(DimIdx, Box<str>)]) -> ScopeText {
        let name = |dim: DimIdx| self.program.dims.get(dim).cloned().unwrap_or_default();
        ScopeText(scope.iter().map(|(dim, value)| (name(*dim), value.to_string())).collect())
    }

    /// The scores of a card, or of all: every period, every scope.
    pub fn score_lines(&self, card: Option<usize>) -> Result<Vec<ScoreLine>, Diagnostic> {
        let mut asked = Vec::new();
        for (_, card) in self.program.scorecards.iter().enumerate().filter(|(index, _)| card.is_none_or(|card| card == *index)) {
            let dims = self.program.groupings.get(card.grouping).cloned().unwrap_or_default();
            let scopes = Arc::new(if dims.is_empty() { vec![Scope::new()] } else { self.scopes(&dims)? });
            asked.extend(self.periods(card.every).into_iter().map(|period| (card, Arc::clone(&scopes), period)));
        }
        let of_period = |(card, scopes, period): &(&Scorecard, Arc<Vec<Scope>>, Period)| {
            let peers = self.replay.reader(self.at).peers(card, *period).map_err(broken)?;
            scopes.iter().map(|scope| self.score(card, *period, (scope, &peers))).collect::<Result<Vec<_>, Diagnostic>>()
        };
        Ok(each(&asked, of_period).into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Prints scores.
    pub fn scores(&self, card: Option<usize>) -> Result<(), Diagnostic> {
        let lines = self.score_lines(card)?;
        if self.output.is_human() {
            let payouts = match (lines.iter().any(|line| line.payout_unit.is_some()), lines.iter().all(|line| line.payout_unit.is_some())) {
                (false, _) => "系数",
                (true, true) => "绩效工资",
                (true, false) => "系数或绩效工资",
            };
            let header =
                [("scorecard", "记分卡"), ("scope", "范围"), ("period", "周期"), ("score", "得分"), ("grade", "等级"), ("payout", payouts)];
            let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
            let payout = |line: &ScoreLine| format!("{} {}", or_dash(&line.payout), line.payout_unit.as_deref().unwrap_or_default());
            let numbers = |line: &ScoreLine| [or_dash(&line.score), or_dash(&line.grade), payout(line).trim_end().to_owned()];
            let row = |line: &ScoreLine| {
                let names = [line.scorecard.clone(), line.scope.human(), line.period.clone()];
                names.into_iter().chain(numbers(line)).collect::<Vec<_>>()
            };
            let rows: Vec<Vec<String>> = lines.iter().map(row).collect();
            self.output.line(&table(&header.map(|(en, zh)| self.output.text(en, zh)), &rows, &[false, false, false, true, false, true]));
        }
        self.output.records(&lines);
        Ok(())
    }

    fn score(&self, card: &Scorecard, period: Period, (scope, peers): (&Scope, &Peers)) -> Result<ScoreLine, Diagnostic> {
        let score = self.replay.reader(self.at).score_among(card, period, scope, peers).map_err(broken)?;
        let parts = score.parts.iter().zip(&card.kpis).map(|(part, kpi)| {
            let (value, _) = self.value(&part.value, &kpi.unit);
            PartLine {
                kpi: kpi.name.clone(),
                value,
                unit: unit_name(&kpi.unit).to_owned(),
                points: part.points.map(points),
                weight: bare(part.weight),
                contribution: part.contribution.map(points),
            }
        });
        let titled = score.adjustments.iter().zip(&card.adjustments);
        let adjustments =
            titled.map(|(adjusted, declared)| AdjustmentLine { title: self.title(&declared.title), points: points(adjusted.points) });
        Ok(ScoreLine {
            scorecard: card.name.clone(),
            scope: self.scope_text(scope),
            period: period.to_string(),
            score: score.total.decimal().map(points),
            grade: score.grade.and_then(|grade| card.grades.get(grade)).map(|grade| grade.name.clone()),
            payout: score.paid().map(|paid| payout(paid, payout_unit(card), self.exact)),
            payout_unit: payout_unit(card).map(str::to_owned),
            payout_base: score.base.as_ref().map(|base| {
                let (value, reason) = self.value(base, &card.payout_unit);
                BaseLine { value, reason }
            }),
            rank: score.standing.map(|standing| standing.rank),
            ranked: score.standing.map(|standing| standing.ranked),
            percentile: score.standing.map(|standing| bare(standing.percentile)),
            provisional: score.provisional,
            marks: score.marks(card).map(|(held, gate)| held.told(self.program, gate)).map(|told| self.said(told)).collect(),
            parts: parts.collect(),
            adjustments: adjustments.collect(),
            veto: score.vetoes(card).map(|veto| self.title(&veto.title)).reduce(|all, one| format!("{all}; {one}")),
        })
    }

    fn said(&self, [en, zh]: [String; 2]) -> String {
        match self.output.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    fn title(&self, text: &Text) -> String {
        match (self.output.lang, &text.zh) {
            (Lang::Zh, Some(zh)) => zh.clone(),
            _ => text.en.clone(),
        }
    }

    /// Every transition of every alert, in the order of time.
    pub fn alert_lines(&self) -> Result<Vec<(Instant, AlertLine)>, Diagnostic> {
        let mut found = Vec::new();
        for (rule, scope, track) in self.replay.state().tracks() {
            let scope = self.alert_scope(rule, scope)?;
            self.transitions(rule, &scope, track, &mut found);
        }
        found.sort_by(|a, b| (a.0, &a.1.alert, &a.1.scope.0).cmp(&(b.0, &b.1.alert, &b.1.scope.0)));
        Ok(found)
    }

    /// Prints the transitions of alerts.
    pub fn alerts(&self) -> Result<(), Diagnostic> {
        let lines: Vec<AlertLine> = self.alert_lines()?.into_iter().map(|(_, line)| line).collect();
        if self.output.is_human() {
            let cell = |text: &Option<String>| text.clone().unwrap_or_default();
            let rows: Vec<Vec<String>> = lines
                .iter()
                .map(|line| {
                    let [state, severity] = [line.state, line.severity.unwrap_or_default()].map(|word| said(word, self.output.lang));
                    let state = format!("{state} {severity}");
                    vec![
                        line.at.clone(),
                        line.alert.clone(),
                        line.scope.human(),
                        state.trim().to_owned(),
                        cell(&line.value),
                        cell(&line.limit),
                    ]
                })
                .collect();
            let header = [("at", "时间"), ("alert", "预警"), ("scope", "范围"), ("state", "状态"), ("value", "数值"), ("limit", "阈值")];
            self.output.line(&table(&header.map(|(en, zh)| self.output.text(en, zh)), &rows, &[false, false, false, false, true, true]));
        }
        self.output.records(&lines);
        Ok(())
    }

    fn alert_scope(&self, rule: usize, id: ScopeId) -> Result<ScopeText, Diagnostic> {
        let Some(grouping) = self.program.alerts.get(rule).map(|rule| rule.grouping) else { return Ok(ScopeText::default()) };
        let dims = self.program.groupings.get(grouping).map_or(&[][..], Vec::as_slice);
        let Some(scope) = self.replay.state().scope_of(id) else { return Ok(ScopeText::default()) };
        let values = dims.iter().zip(scope.values.iter()).filter_map(|(dim, value)| Some((*dim, value.clone()?)));
        Ok(self.scope_text(&values.collect::<Vec<_>>()))
    }

    fn transitions(&self, rule: usize, scope: &ScopeText, track: &Track, found: &mut Vec<(Instant, AlertLine)>) {
        let mut before = Alarm::Inactive;
        for step in &track.steps {
            let now = alarm(&step.machine);
            if now != before {
                found.push((step.at, self.alert_line(rule, scope, step, before, now)));
            }
            before = now;
        }
    }

    fn alert_line(&self, rule: usize, scope: &ScopeText, step: &Step, before: Alarm, now: Alarm) -> AlertLine {
        let declared = self.program.alerts.get(rule);
        let unit = declared.map_or(Unit::Number, |rule| rule.unit.clone());
        let show = |number: Decimal| {
            let value = crate::compile::program::Scalar::Number(number);
            if self.output.is_human() {
                human(&value, &unit, &self.program.zone, self.output.lang)
            } else {
                plain(&value, &unit, self.exact)
            }
        };
        let (state, severity, since) = match (before, now) {
            (_, Alarm::Firing(severity, since)) => ("firing", Some(severity), Some(since)),
            (Alarm::Firing(severity, since), _) => ("resolved", Some(severity), Some(since)),
            (_, Alarm::Pending(since)) => ("pending", None, Some(since)),
            (_, Alarm::Inactive) => ("inactive", None, None),
        };
        let level = severity
            .and_then(|severity| declared?.levels.iter().find(|level| level.severity == severity))
            .or_else(|| declared?.levels.first());
        AlertLine {
            alert: declared.map(|rule| rule.name.clone()).unwrap_or_default(),
            scope: scope.clone(),
            at: self.instant(step.at),
            state,
            severity: severity.map(severity_name),
            since: since.map(|since| self.instant(since)),
            value: step.value.map(show),
            limit: level.and_then(|level| level.limit).map(show),
        }
    }

    /// RFC 3339 for machines, local time for people.
    fn instant(&self, instant: Instant) -> String {
        if self.output.is_human() { self.program.zone.format(instant) } else { instant.to_string() }
    }
}

/// Points with a fixed number of decimals at most.
fn points(points: Decimal) -> String {
    bare(points.round_dp_with_strategy(SCORE_DECIMALS, RoundingStrategy::MidpointNearestEven))
}

fn broken(fault: Fault) -> Diagnostic {
    Diagnostic::general(&codes::TEST_FAULT).reason(&fault)
}
