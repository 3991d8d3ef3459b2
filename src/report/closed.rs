//! What a review says of scores that are closed: they are told as they were closed.
//!
//! 1. A closed score stands in the table of all scores, and says which notes are required ([`Final::noted`]).
//! 2. Where the numbers have become other ones since, the result is told from what was kept ([`Subject::as_closed`]), and the causes
//!    of the change are marked as those of the numbers as they are now.

use super::review::{Subject, dash, spread, two};
use super::{Block, Cell};
use crate::compile::program::{Scalar, Scorecard, Unit};
use crate::diagnostic::Lang;
use crate::engine::KeptScore;
use crate::engine::changes::{Noted, noted_of_kept};
use crate::engine::show::{bare, human, payout_zh};
use rust_decimal::Decimal;
use std::sync::Arc;

/// A score that is closed.
#[derive(Debug, Clone)]
pub struct Final {
    /// As it was closed; None when it was seen only later.
    pub kept: Option<KeptScore>,
    /// The scorecard of the version that it was closed with, when that can still be read.
    pub card: Option<Arc<Scorecard>>,
    /// The numbers are other ones by now.
    pub moved: bool,
}

impl Final {
    /// The score; None when it is unknown.
    pub fn total(&self) -> Option<Decimal> {
        self.kept.as_ref().and_then(|kept| number(kept.total.as_ref()))
    }

    /// What had to be explained by a note when it was closed, of what a card has.
    pub fn noted(&self, present: &Scorecard) -> Vec<Noted> {
        let Some(kept) = &self.kept else { return Vec::new() };
        let Some(card) = &self.card else {
            return if kept.grade.is_none() || kept.total.is_none() { vec![Noted::Score] } else { Vec::new() };
        };
        let place = |noted| match noted {
            Noted::Score => Some(Noted::Score),
            Noted::Kpi(index) => {
                let kpi = card.kpis.get(index)?;
                present.kpis.iter().position(|other| other.name == kpi.name).map(Noted::Kpi)
            }
        };
        noted_of_kept(card, kept).into_iter().filter_map(place).collect()
    }
}

fn number(text: Option<&String>) -> Option<Decimal> {
    text.and_then(|text| text.parse().ok())
}

impl Subject<'_> {
    /// What was closed of the score at a place, and of the one that it is compared with.
    pub(super) fn closed_at(&self, index: usize) -> [Option<&Final>; 2] {
        self.closed.get(index).map_or([None, None], |[now, before]| [now.as_ref(), before.as_ref()])
    }

    /// The result of a score that is closed: how it was made up.
    pub(super) fn as_closed(&self, closed: &Final) -> Vec<Block> {
        let Some(kept) = &closed.kept else {
            let none = self.say("No score: no such score was there when the period was closed.", "没有得分：关账时尚无此得分。");
            return vec![Block::Warning(none)];
        };
        let mut blocks = self.closed_verdict(kept);
        let contributions = kept.parts.iter().map(|part| number(part.contribution.as_ref()).unwrap_or_default());
        let added = kept.adjustments.iter().map(|line| number(Some(&line.points)).unwrap_or_default());
        let lines: Vec<Decimal> = contributions.chain(added).collect();
        let whole = two(lines.iter().fold(Decimal::ZERO, |sum, line| sum.saturating_add(*line)));
        let mut shown = spread(&lines, whole, 2).into_iter();
        let mut rows = Vec::new();
        for (index, part) in kept.parts.iter().enumerate() {
            let points = |text: Option<&String>| number(text).map_or_else(dash, Cell::points);
            let unit = closed.card.as_deref().and_then(|card| card.kpis.get(index)).map(|kpi| &kpi.unit);
            let value = match (number(part.value.as_ref()), unit) {
                (Some(value), Some(unit)) => self.amount(value, unit),
                _ => part.value.as_ref().map_or_else(dash, |text| Cell::Text(format!("{text} {}", part.unit).trim_end().to_owned())),
            };
            let metric = self.program.metrics.iter().find(|metric| metric.name == part.metric);
            let name = metric.map_or_else(|| part.metric.clone(), |metric| self.text(&metric.title, &metric.name));
            let earned = shown.next().filter(|_| part.contribution.is_some()).map_or_else(dash, Cell::points);
            rows.push(vec![Cell::Text(name), value, points(part.points.as_ref()), points(Some(&part.effective_weight)), earned]);
        }
        let line = |name: String, points: Decimal| {
            let gap = || Cell::Text(String::new());
            vec![Cell::Text(name), gap(), gap(), gap(), Cell::points(points)]
        };
        for (line_of, points) in kept.adjustments.iter().zip(shown) {
            let title = if line_of.title.is_empty() { &line_of.line } else { &line_of.title };
            rows.push(line(self.say(title, line_of.title_zh.as_ref().unwrap_or(title)), points));
        }
        if let Some(total) = closed.total() {
            let cap = two(total).saturating_sub(whole);
            rows.extend((!cap.is_zero()).then(|| line(self.limit_name(kept.score_veto.is_some()), cap)));
            rows.push(line(self.say("Score", "得分"), two(total)));
        }
        let names =
            [("KPI", "指标"), ("Result or attainment", "结果或达成率"), ("Points", "分数"), ("Weight", "权重"), ("Contribution", "贡献")];
        blocks.push(Block::Heading(3, self.say("Result as closed", "关账时的结果")));
        blocks.push(Block::Table(self.header(&names), rows));
        blocks.extend(self.closed_base(closed, kept));
        blocks
    }

    /// What a closed payout was made of.
    fn closed_base(&self, closed: &Final, kept: &KeptScore) -> Option<Block> {
        let (base, card) = (kept.payout_base.as_ref()?, closed.card.as_deref()?);
        let grade = card.grades.iter().find(|grade| kept.grade.as_ref() == Some(&grade.name));
        let value = match (number(base.value.as_ref()), &base.reason) {
            (Some(value), _) => Ok(value),
            (None, Some([en, zh])) => Err(self.say(en, zh)),
            (None, None) => return None,
        };
        self.paid((card, &base.formula), value, grade.and_then(|grade| grade.payout), number(kept.payout.as_ref()))
    }

    /// Red lines of a closed score, what marks it, and why there is none.
    fn closed_verdict(&self, kept: &KeptScore) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Some([en, zh]) = &kept.reason {
            blocks.push(Block::Warning(match kept.total {
                None => self.say(&format!("No score: {en}"), &format!("没有得分: {zh}")),
                Some(_) => self.say(&format!("Marked: {en}"), &format!("标记：{zh}")),
            }));
        }
        if let Some((title, title_zh, points)) = &kept.score_veto {
            blocks.push(self.at_most(&self.say(title, title_zh.as_ref().unwrap_or(title)), points));
        }
        if let Some((title, title_zh, forced)) = &kept.veto {
            let (grade, earned) = (kept.grade.as_ref().unwrap_or(forced), kept.earned_grade.as_deref().unwrap_or("-"));
            blocks.push(Block::Warning(match self.lang {
                Lang::En => format!("Red line: {title}. Grade {grade} instead of {earned}."),
                Lang::Zh => format!("红线：{}。等级 {grade}（原为 {earned}）。", title_zh.as_ref().unwrap_or(title)),
            }));
        }
        blocks
    }

    /// What a red line about the score says.
    pub(super) fn at_most(&self, title: &str, points: &str) -> Block {
        Block::Warning(match self.lang {
            Lang::En => format!("Red line: {title}. The score is at most {points}."),
            Lang::Zh => format!("红线：{title}。总分最高为 {points}。"),
        })
    }

    /// What took points from the whole score: its cap, or a red line.
    pub(super) fn limit_name(&self, vetoed: bool) -> String {
        if vetoed { self.say("Red line", "红线") } else { self.say("Cap", "封顶") }
    }

    /// Says of causes that they are not those of a closed score, where that is so.
    pub(super) fn causes_of_now(&self, closed: [Option<&Final>; 2]) -> Option<Block> {
        let moved = closed.into_iter().flatten().any(|closed| closed.moved);
        let said = || {
            self.say("Closed: the causes are those of the numbers as they are now.", "已关账：以下原因依据目前的数据，而非关账时的数据。")
        };
        moved.then(|| Block::Text(said()))
    }

    /// The payout of a closed score.
    pub(super) fn closed_payout(&self, closed: &Final) -> Cell {
        let Some(text) = closed.kept.as_ref().and_then(|kept| kept.payout.as_ref()) else { return dash() };
        let unit = closed.card.as_deref().map(|card| &card.payout_unit);
        match (text.parse().ok(), unit) {
            (Some(amount), Some(unit)) => self.payout(Some(amount), unit),
            _ => Cell::Text(text.clone()),
        }
    }

    /// How a payout is made of its base and the coefficient of the grade, or why it cannot be told.
    pub(super) fn paid(
        &self,
        (card, formula): (&Scorecard, &str),
        base: Result<Decimal, String>,
        coefficient: Option<Decimal>,
        payout: Option<Decimal>,
    ) -> Option<Block> {
        let unit = &card.payout_unit;
        let shown = |amount| human(&Scalar::Number(amount), unit, &self.program.zone, self.lang);
        let base = match base {
            Ok(base) if base.is_sign_negative() && !base.is_zero() => {
                format!("{}{}", shown(base), self.say(", which counts as 0", "（按 0 计）"))
            }
            Ok(base) => shown(base),
            Err(why) => {
                let (en, zh) =
                    (format!("No payout: {formula} is unknown ({why})."), format!("{}未知：{formula} 未知（{why}）。", payout_zh(unit)));
                return Some(Block::Warning(self.say(&en, &zh)));
            }
        };
        let (coefficient, payout) = (bare(coefficient?), shown(payout?));
        Some(Block::Text(match self.lang {
            Lang::En => format!("Payout: {payout} = {coefficient} × {formula}, {base}."),
            Lang::Zh => format!("{}：{payout} = {coefficient} × {formula}（{base}）。", payout_zh(unit)),
        }))
    }

    /// A payout: a coefficient, or an amount.
    pub(super) fn payout(&self, payout: Option<Decimal>, unit: &Unit) -> Cell {
        payout.map_or_else(dash, |payout| match unit {
            Unit::Number => Cell::Number(bare(payout), payout, super::Shown::Decimals(4)),
            unit => self.amount(payout, unit),
        })
    }
}
