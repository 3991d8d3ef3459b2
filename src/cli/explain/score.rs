//! An explained score.
//!
//! 1. Each KPI with its value, the part of its curve that the value falls on, its points, its weight and what it adds.
//! 2. The weighted sum, additions and deductions, the cap, red lines, the grade and the payout, in the order of composing.
//! 3. Every KPI, every condition and the base of the payout as a number of its own, down to the ids of the events.

use super::super::Stop;
use super::broken;
use super::page::Page;
use crate::compile::program::{Kpi, Scalar, Scorecard, Unit, Verdict};
use crate::diagnostic::{Diagnostic, Lang, codes::cli as codes};
use crate::engine::show::{bare, human, payout_unit, payout_zh};
use crate::engine::{Score, When};
use crate::eval::{Explanation, Number, Part, ScoreExplanation, Segment, Standing};
use crate::time::Period;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The decimals of points and scores as they are shown.
const POINTS_DECIMALS: u32 = 4;

impl Page<'_> {
    /// Prints the score of a card in a period; in the running one, when none is asked for.
    pub fn score(&self, index: usize, when: When) -> Result<(), Stop> {
        let Some(card) = self.program.scorecards.get(index) else { return Ok(()) };
        self.scope_is(&card.name, self.program.groupings.get(card.grouping).map_or(&[], Vec::as_slice))?;
        let period = match when {
            When::Period(period) if period.grain == card.every => period,
            When::Period(period) => return Err(Stop::usage(Diagnostic::general(&codes::BAD_PERIOD).arg("text", period))),
            When::Window(_) => Period::holding(card.every, self.program.zone_in(self.scope).day_of(self.at), self.program.reckoning),
        };
        let reader = self.replay.reader(self.at);
        let score = reader.score(card, period, self.scope).map_err(broken)?;
        let explained = reader.explain_score(card, period, self.scope, self.ids).map_err(broken)?;
        self.output.document(&self.score_json(card, period, &score, &explained));
        if self.output.is_human() {
            self.output.line(&format!("{} = {}", card.name, self.show(&score.total, &Unit::Number)));
            let title = (self.output.text("title", "名称"), self.title(&card.title, &card.name));
            let label = (self.output.text("period", "周期"), period.to_string());
            let state = if score.provisional { self.output.text("provisional", "暂定") } else { self.output.text("final", "最终") };
            let marked = if score.marked(card) { self.output.text(", marked", "，有标记") } else { "" };
            let state = (self.output.text("state", "状态"), format!("{state}{marked}"));
            self.facts(&[title, label, state], &reader.range(When::Period(period), self.scope), reader.looked(card, self.scope).at);
            for (held, gate) in score.marks(card) {
                let [en, zh] = held.told(self.program, gate);
                self.output.line(self.output.text(&en, &zh));
            }
            self.kpis(card, &score);
            self.steps(card, &score, &explained);
            self.behind(card, &explained);
        }
        Ok(())
    }

    fn kpis(&self, card: &Scorecard, score: &Score) {
        let text = |en, zh| self.output.text(en, zh);
        let rows = card.kpis.iter().zip(&score.parts).map(|(kpi, part)| {
            let value = self.show(&part.value, &kpi.unit);
            let numbers = [part.points, Some(part.weight), Some(part.effective_weight), part.contribution];
            let numbers = numbers.map(|number| number.map_or_else(|| "-".to_owned(), points));
            [kpi.name.clone(), value, self.segment(part, &kpi.unit)].into_iter().chain(numbers).collect()
        });
        let header = [
            text("kpi", "指标"),
            text("value", "数值"),
            text("curve", "曲线段"),
            text("points", "得分"),
            text("weight", "权重"),
            text("effective", "有效权重"),
            text("adds", "贡献"),
        ];
        self.rows(&header, rows.collect(), &[false, true, false, true, true, true, true]);
    }

    /// The part of the curve, as the ruleset writes curves.
    fn segment(&self, part: &Part, unit: &Unit) -> String {
        let value = |value| self.decimal(Some(value), unit);
        match part.segment {
            Some(Segment::Below(limit, all)) => format!("{} {} -> {}", self.output.text("below", "低于"), value(limit), bare(all)),
            Some(Segment::Above(limit, all)) => format!("{} {} -> {}", self.output.text("above", "高于"), value(limit), bare(all)),
            Some(Segment::Point(x, y)) => format!("{} -> {}", value(x), bare(y)),
            Some(Segment::Between((x0, y0), (x1, y1))) => format!("{} -> {}, {} -> {}", value(x0), bare(y0), value(x1), bare(y1)),
            None => "-".to_owned(),
        }
    }

    /// From the weighted sum to the payout.
    fn steps(&self, card: &Scorecard, score: &Score, explained: &ScoreExplanation) {
        let text = |en: &str, zh: &str| self.output.text(en, zh).to_owned();
        let mut total = score.weighted.decimal();
        let mut rows = vec![vec![text("weighted sum", "加权合计"), String::new(), self.decimal(total.map(rounded), &Unit::Number)]];
        for (line, adjusted) in card.adjustments.iter().zip(&score.adjustments) {
            total = total.and_then(|total| total.checked_add(adjusted.points));
            let result = match &adjusted.unknown {
                Some(why) => self.truth(&crate::engine::Number::Unknown(why.clone())),
                None => points(adjusted.points),
            };
            rows.push(vec![line.text.clone(), result, self.decimal(total.map(rounded), &Unit::Number)]);
        }
        if let Some(cap) = card.cap {
            let capped = total.is_some_and(|total| total > cap);
            total = total.map(|total| total.min(cap));
            let reached = if capped { text("yes", "是") } else { text("no", "否") };
            rows.push(vec![format!("{} {}", text("cap", "封顶"), bare(cap)), reached, self.decimal(total.map(rounded), &Unit::Number)]);
        }
        for (gate, condition) in card.gates.iter().zip(&explained.gates) {
            rows.push(vec![gate.text.clone(), self.truth(&condition.value), String::new()]);
        }
        for (veto, condition) in card.vetoes.iter().zip(&explained.vetoes) {
            let applies = condition.value.truth() == Some(true);
            let reached = match veto.then {
                Verdict::Score(least) if applies => {
                    total = total.map(|total| total.min(least));
                    self.decimal(total.map(rounded), &Unit::Number)
                }
                Verdict::Score(_) | Verdict::Grade(_) => String::new(),
            };
            rows.push(vec![veto.text.clone(), self.truth(&condition.value), reached]);
        }
        let grade = |index: usize| {
            let grade = card.grades.get(index)?;
            Some(match grade.at_least {
                Some(least) => format!("{} >= {}", grade.name, bare(least)),
                None => grade.name.clone(),
            })
        };
        if let Some(Standing { rank, ranked, percentile }) = score.standing {
            let stands = match self.output.lang {
                Lang::En => format!("rank {rank} of {ranked}"),
                Lang::Zh => format!("第 {rank} 名，共 {ranked} 名"),
            };
            rows.push(vec![
                stands,
                human(&Scalar::Number(percentile), &Unit::Percent, &self.program.zone, self.output.lang),
                String::new(),
            ]);
        }
        if let Some(earned) = score.earned.and_then(grade) {
            rows.push(vec![format!("{} {earned}", text("grade", "等级")), String::new(), String::new()]);
        }
        if let Some(forced) = score.grade.filter(|grade| Some(*grade) != score.earned).and_then(|grade| card.grades.get(grade)) {
            rows.push(vec![format!("{} {}", text("grade after veto", "否决后等级"), forced.name), String::new(), String::new()]);
        }
        rows.extend(self.pay(card, score));
        let header = [text("step", "步骤"), text("result", "结果"), text("total", "合计")];
        self.rows(&header.each_ref().map(String::as_str), rows, &[false, true, true]);
    }

    /// The base and the coefficient of the grade, where they are told apart, and the payout.
    fn pay(&self, card: &Scorecard, score: &Score) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        if let Some((declared, base)) = card.payout_base.as_ref().zip(score.base.as_ref()) {
            let name = self.output.text("payout base", "系数基数");
            let negative = base.decimal().is_some_and(|base| base < Decimal::ZERO);
            let counts = if negative { self.output.text(", counts as 0", "，按 0 计") } else { "" };
            let shown = format!("{}{counts}", self.show(base, &card.payout_unit));
            rows.push(vec![format!("{name} {}", declared.text), shown, String::new()]);
            if let Some(coefficient) = score.grade.and_then(|grade| card.grades.get(grade)?.payout) {
                rows.push(vec![self.output.text("coefficient", "系数").to_owned(), bare(coefficient), String::new()]);
            }
        }
        if let Some(payout) = &score.payout {
            let shown = match (payout, &card.payout_unit) {
                (Number::Known(Scalar::Number(coefficient)), Unit::Number) if card.payout_base.is_none() => bare(*coefficient),
                (payout, unit) => self.show(payout, unit),
            };
            rows.push(vec![self.output.text("payout", payout_zh(&card.payout_unit)).to_owned(), String::new(), shown]);
        }
        rows
    }

    /// The numbers behind the KPIs, the conditions and the base of the payout.
    fn behind(&self, card: &Scorecard, explained: &ScoreExplanation) {
        for (kpi, explained) in card.kpis.iter().zip(&explained.kpis) {
            self.output.line("");
            self.draw(&kpi.name, &kpi.text, &kpi.unit, explained);
            self.tables(Some(kpi.metric), explained);
        }
        let adjustments = card.adjustments.iter().zip(&explained.adjustments);
        let adjustments = adjustments.flat_map(|(line, (when, each))| when.iter().chain(each).map(|told| (&line.text, told)));
        let vetoes = card.vetoes.iter().zip(&explained.vetoes).map(|(veto, told)| (&veto.text, told));
        let gates = card.gates.iter().zip(&explained.gates).map(|(gate, told)| (&gate.text, told));
        for (line, told) in adjustments.chain(gates).chain(vetoes) {
            self.output.line(&format!("\n{line}"));
            self.tables(None, told);
        }
        if let Some((base, told)) = card.payout_base.as_ref().zip(explained.base.as_ref()) {
            self.output.line("");
            self.draw(self.output.text("payout base", "系数基数"), &base.text, &card.payout_unit, told);
            self.tables(None, told);
        }
    }

    fn score_json(&self, card: &Scorecard, period: Period, score: &Score, explained: &ScoreExplanation) -> Value {
        let kpi = |(kpi, (part, told)): (&Kpi, (&Part, &Explanation))| {
            let mut line = self.json(Some(kpi.metric), &kpi.text, &kpi.unit, told);
            let numbers = [
                ("points", part.points),
                ("weight", Some(part.weight)),
                ("effective_weight", Some(part.effective_weight)),
                ("contribution", part.contribution),
            ];
            line.extend(numbers.map(|(name, number)| (name.to_owned(), json!(number.map(bare)))));
            line.extend([("kpi".to_owned(), json!(kpi.name)), ("curve".to_owned(), json!(self.segment(part, &kpi.unit)))]);
            Value::Object(line)
        };
        let kpis = card.kpis.iter().zip(score.parts.iter().zip(&explained.kpis)).map(kpi);
        let adjustments = card.adjustments.iter().zip(score.adjustments.iter().zip(&explained.adjustments));
        let adjustments = adjustments.map(|(line, (adjusted, (when, each)))| {
            let when = when.as_ref().map(|told| self.json(None, &line.text, &Unit::Flag, told));
            let each = each.as_ref().map(|told| self.json(None, &line.text, &Unit::Number, told));
            json!({"line": line.text, "points": bare(adjusted.points), "when": when, "for_each": each})
        });
        let vetoes = card.vetoes.iter().zip(&explained.vetoes);
        let vetoes = vetoes.map(|(veto, told)| json!({"line": veto.text, "when": self.json(None, &veto.text, &Unit::Flag, told)}));
        let gates = card.gates.iter().zip(&explained.gates);
        let gates = gates.map(|(gate, told)| json!({"line": gate.text, "when": self.json(None, &gate.text, &Unit::Flag, told)}));
        let base = card.payout_base.as_ref().zip(explained.base.as_ref());
        let base = base.map(|(base, told)| Value::Object(self.json(None, &base.text, &card.payout_unit, told)));
        let grade = |index: Option<usize>| index.and_then(|index| card.grades.get(index)).map(|grade| grade.name.clone());
        let mut document = self.head(self.at);
        let lines = [
            ("scorecard", json!(card.name)),
            ("period", json!(period.to_string())),
            ("result", self.number(&score.total, &Unit::Number)),
            ("kpis", kpis.collect()),
            ("weighted", self.number(&score.weighted, &Unit::Number)),
            ("adjustments", adjustments.collect()),
            ("cap", json!(card.cap.map(bare))),
            ("withholds", gates.collect()),
            ("vetoes", vetoes.collect()),
            ("rank", json!(score.standing.map(|standing| standing.rank))),
            ("ranked", json!(score.standing.map(|standing| standing.ranked))),
            ("percentile", json!(score.standing.map(|standing| bare(standing.percentile)))),
            ("earned", json!(grade(score.earned))),
            ("grade", json!(grade(score.grade))),
            ("payout", json!(score.paid().map(bare))),
            ("payout_unit", json!(payout_unit(card))),
            ("payout_base", json!(base)),
            ("provisional", json!(score.provisional)),
            (
                "marks",
                score.marks(card).map(|(held, gate)| held.told(self.program, gate)).map(|[en, zh]| json!({"en": en, "zh": zh})).collect(),
            ),
        ];
        document.extend(lines.map(|(name, value)| (name.to_owned(), value)));
        Value::Object(document)
    }
}

fn rounded(points: Decimal) -> Decimal {
    points.round_dp(POINTS_DECIMALS)
}

fn points(points: Decimal) -> String {
    bare(rounded(points))
}
