//! Scores to be kept: in words and exact numbers, so that they can be read without the ruleset that gave them.

use super::show::{bare, plain, reason, unit_name};
use crate::compile::program::{DimIdx, Program, Scorecard, Unit};
use crate::diagnostic::Lang;
use crate::eval::{Number, Score, regraded};
use crate::store::record::review::{KeptAdjustment, KeptPart, KeptScore};
use rust_decimal::Decimal;

/// A score as it is kept.
pub fn kept(program: &Program, card: &Scorecard, scope: &[(DimIdx, Box<str>)], score: &Score) -> KeptScore {
    let grade = |index: usize| card.grades.get(index).map(|grade| grade.name.clone());
    let metric = |index: usize| program.metrics.get(index).map(|metric| metric.name.clone()).unwrap_or_default();
    let parts = score.parts.iter().zip(&card.kpis).map(|(part, kpi)| KeptPart {
        metric: metric(part.metric),
        unit: unit_name(&kpi.unit).to_owned(),
        value: match &part.value {
            Number::Known(value) => Some(plain(value, &kpi.unit, true)),
            Number::Unknown(_) => None,
        },
        points: part.points.map(bare),
        weight: bare(part.weight),
        effective_weight: bare(part.effective_weight),
        contribution: part.contribution.map(bare),
    });
    let adjustments = card.adjustments.iter().zip(&score.adjustments).map(|(declared, adjusted)| KeptAdjustment {
        title: declared.title.en.clone(),
        title_zh: declared.title.zh.clone(),
        points: bare(adjusted.points),
        line: declared.text.clone(),
    });
    let veto = score.veto.and_then(|veto| card.vetoes.get(veto));
    KeptScore {
        scope: named(program, scope),
        total: score.total.decimal().map(bare),
        reason: match &score.total {
            Number::Known(_) => marks(program, card, score),
            Number::Unknown(why) => Some([reason(why, Lang::En), reason(why, Lang::Zh)]),
        },
        weighted: score.weighted.decimal().map(bare),
        grade: score.grade.and_then(grade),
        earned_grade: score.earned.and_then(grade),
        payout: score.payout.map(bare),
        payout_unit: (card.payout_unit != Unit::Number).then(|| unit_name(&card.payout_unit).to_owned()),
        rank: score.standing.map(|standing| (standing.rank as u64, standing.ranked as u64, bare(standing.percentile))),
        provisional: score.provisional,
        parts: parts.collect(),
        adjustments: adjustments.collect(),
        veto: veto.map(|veto| (veto.title.en.clone(), veto.title.zh.clone(), grade(veto.grade).unwrap_or_default())),
    }
}

/// What marks a score, in English and Chinese.
fn marks(program: &Program, card: &Scorecard, score: &Score) -> Option<[String; 2]> {
    let told = score.marks(card).map(|(held, gate)| held.told(program, gate));
    told.reduce(|[en, zh], [more, more_zh]| [format!("{en}; {more}"), format!("{zh}；{more_zh}")])
}

/// Dimension values by name, sorted.
pub fn named(program: &Program, scope: &[(DimIdx, Box<str>)]) -> Vec<(String, String)> {
    let name = |dim: &DimIdx| program.dims.get(*dim).cloned().unwrap_or_default();
    let mut named: Vec<_> = scope.iter().map(|(dim, value)| (name(dim), value.to_string())).collect();
    named.sort();
    named
}

/// True when two scores say the same, wherever they stand among others.
pub fn agree(a: &KeptScore, b: &KeptScore) -> bool {
    let said = |score: &KeptScore| KeptScore { provisional: false, rank: None, ..score.clone() };
    said(a) == said(b)
}

/// A score with points that appeals granted: never more than the cap of its card, in the grade that it then reaches, or
/// that a red line leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// The points of all appeals.
    pub points: Decimal,
    /// The score with them; None while it is unknown.
    pub total: Option<Decimal>,
    /// Its grade; None when ranks decide about grades.
    pub grade: Option<String>,
    /// The payout of the grade.
    pub payout: Option<Decimal>,
}

/// Adds the points of appeals to a score.
pub fn granted(card: &Scorecard, score: &KeptScore, points: Decimal) -> Granted {
    let total: Option<Decimal> = score.total.as_ref().and_then(|total| total.parse().ok());
    let total = total.and_then(|total| total.checked_add(points)).map(|total| card.cap.map_or(total, |cap| total.min(cap)));
    let forced = score.veto.as_ref().and_then(|(_, _, forced)| card.grades.iter().position(|grade| grade.name == *forced));
    let grade = total.and_then(|total| regraded(card, total, forced)).and_then(|grade| card.grades.get(grade));
    Granted { points, total, grade: grade.map(|grade| grade.name.clone()), payout: grade.and_then(|grade| grade.payout) }
}
