//! Scores in formulas, and conditions in periods that are over.

use super::formula::{Asked, Span};
use super::{Moment, OracleAggregate};
use steelyard::compile::program::{AlertLevel, AlertRule, Formula, Hold, Scalar, ScorePart, Scorecard, Scored, Window};
use steelyard::time::{Grain, Period};

impl Moment<'_> {
    /// The question about a period, to date while it runs at the day of the question.
    pub fn in_period<'p>(&self, period: Period, asked: &Asked<'p>) -> Asked<'p> {
        let over = asked.anchor > period.last;
        let anchor = asked.anchor.min(period.last);
        let end = if over { asked.end.min(asked.clocks.end_of(period.last)) } else { asked.end };
        let span = Span::Days(period.first, anchor.max(period.first));
        Asked { anchor, end, span, whole: Some((period.first, period.last)), period: Some(period), named: None, run: None, ..asked.clone() }
    }

    /// The question as a card is asked it.
    pub fn of_card<'p>(&self, card: &Scorecard, asked: &Asked<'p>) -> Asked<'p> {
        match (asked.period, asked.span) {
            (Some(period), Span::Days(first, last)) if period.grain == card.every => {
                Asked { span: Span::Days(first, last), ..self.in_period(period, asked) }
            }
            _ => self.in_period(Period::holding(card.every, asked.anchor, self.oracle.program.reckoning), asked),
        }
    }

    /// `score(card)`, `grade(card)`
    pub fn scored(&self, read: Scored, asked: &Asked<'_>) -> Option<Scalar> {
        let card = &self.oracle.program.scorecards[read.card];
        let score = self.score_of(card, &self.of_card(card, asked));
        match read.part {
            ScorePart::Score => score.score.map(Scalar::Number),
            ScorePart::Grade => score.grade.map(|grade| Scalar::Text(card.grades[grade].name.as_str().into())),
        }
    }

    /// The aggregates behind a score.
    pub fn behind_score(&self, read: Scored, asked: &Asked<'_>, found: &mut Vec<OracleAggregate>) {
        let card = &self.oracle.program.scorecards[read.card];
        let asked = self.of_card(card, asked);
        for kpi in &card.kpis {
            self.aggregates(&kpi.formula, &kpi.window.map_or(asked.clone(), |window| self.over(window, &asked)), found);
        }
        conditions(card).for_each(|formula| self.aggregates(formula, &asked, found));
    }

    /// Whether a line of an alert holds.
    pub fn line(&self, rule: &AlertRule, level: &AlertLevel, asked: &Asked<'_>) -> Option<bool> {
        let Hold::Periods { count, grain } = level.hold else {
            return self.truth(&level.when, &self.with_subject(asked, &rule.subject));
        };
        let over = |count: u32| {
            let truths: Vec<_> = (1..=count).map(|back| self.in_closed(rule, level, (grain, back), asked)).collect();
            if truths.contains(&Some(false)) { Some(false) } else { truths.into_iter().collect::<Option<Vec<_>>>().map(|_| true) }
        };
        if !level.early {
            return over(count);
        }
        // All that are over, or the running one and one less of those.
        let running = self.truth(&level.when, &self.with_subject(asked, &rule.subject));
        let soon = match (running, over(count - 1)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        };
        match (over(count), soon) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        }
    }

    /// Whether a condition holds in a period that is over.
    pub fn in_closed(&self, rule: &AlertRule, level: &AlertLevel, period: (Grain, u32), asked: &Asked<'_>) -> Option<bool> {
        self.truth(&level.when, &self.with_subject(&self.there(rule, period, asked)?, &rule.subject))
    }

    /// The same question at the end of a period so many back; None when the scope had not begun by then.
    pub fn there<'p>(&self, rule: &AlertRule, (grain, back): (Grain, u32), asked: &Asked<'p>) -> Option<Asked<'p>> {
        let reckoning = self.oracle.program.reckoning;
        let mut period = Period::holding(grain, asked.anchor, reckoning);
        (0..back).for_each(|_| period = period.previous(reckoning));
        if self.began(asked.place, &asked.clocks)? >= asked.clocks.end_of(period.last) {
            return None;
        }
        let end = self.in_period(period, asked);
        Some(match rule.window {
            Window::Period { grain: own, .. } if own == grain => end,
            window => self.over(window, &end),
        })
    }

    /// The same question over a window.
    pub fn over<'p>(&self, window: Window, asked: &Asked<'p>) -> Asked<'p> {
        let today = asked.clocks.day_of(self.at);
        let span = self.span(window, asked.anchor, asked.end, today);
        let whole = self.whole(window, asked.anchor, asked.end, today);
        let period = self.period(super::Frame::Now(window), asked.anchor);
        let named = self.named(window, asked.anchor);
        let run = self.run(window, asked.anchor);
        Asked { span, whole, period, named, run, ..asked.clone() }
    }
}

/// The conditions and multipliers of a card.
pub fn conditions(card: &Scorecard) -> impl Iterator<Item = &Formula> {
    let lines = card.adjustments.iter().flat_map(|line| line.when.iter().chain(&line.for_each));
    lines.chain(card.vetoes.iter().map(|veto| &veto.when)).chain(card.gates.iter().map(|gate| &gate.when))
}
