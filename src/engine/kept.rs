//! Scores to be kept: in words and exact numbers, so that they can be read without the ruleset that gave them.

use super::show::{bare, payout_unit, plain, reason, unit_name};
use crate::compile::program::{DimIdx, Program, Scorecard, Verdict};
use crate::diagnostic::Lang;
use crate::eval::{Number, Score, Why, payout, regraded};
use crate::store::record::review::{KeptAdjustment, KeptBase, KeptPart, KeptScore};
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
    let vetoed = |place: Option<usize>| {
        let veto = card.vetoes.get(place?)?;
        let forced = match veto.then {
            Verdict::Grade(forced) => grade(forced).unwrap_or_default(),
            Verdict::Score(points) => bare(points),
        };
        Some((veto.title.en.clone(), veto.title.zh.clone(), forced))
    };
    KeptScore {
        scope: named(program, scope),
        total: score.total.decimal().map(bare),
        reason: match &score.total {
            Number::Known(_) => marks(program, card, score),
            Number::Unknown(why) => Some(both(why)),
        },
        weighted: score.weighted.decimal().map(bare),
        grade: score.grade.and_then(grade),
        earned_grade: score.earned.and_then(grade),
        payout: score.paid().map(bare),
        payout_unit: payout_unit(card).map(str::to_owned),
        payout_base: card.payout_base.as_ref().zip(score.base.as_ref()).map(|(base, value)| KeptBase {
            formula: base.text.clone(),
            value: value.decimal().map(bare),
            reason: if let Number::Unknown(why) = value { Some(both(why)) } else { None },
        }),
        rank: score.standing.map(|standing| (standing.rank as u64, standing.ranked as u64, bare(standing.percentile))),
        provisional: score.provisional,
        parts: parts.collect(),
        adjustments: adjustments.collect(),
        veto: vetoed(score.veto),
        score_veto: vetoed(score.score_veto),
    }
}

/// A reason in English and Chinese.
fn both(why: &Why) -> [String; 2] {
    [Lang::En, Lang::Zh].map(|lang| reason(why, lang))
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

/// A score with points that appeals granted: never more than the cap of its card, or than a red line leaves it, in the grade
/// that it then reaches, or that a red line leaves it.
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

/// Adds the points of appeals to a score. What is paid on a base is paid on that of the score.
pub fn granted(card: &Scorecard, score: &KeptScore, points: Decimal) -> Granted {
    let number = |text: &String| text.parse::<Decimal>().ok();
    let total = score.total.as_ref().and_then(number);
    let score_veto = score.score_veto.as_ref().and_then(|(_, _, points)| number(points));
    let limits = card.cap.into_iter().chain(score_veto);
    let total = total.and_then(|total| total.checked_add(points)).map(|total| limits.fold(total, Decimal::min));
    let forced = score.veto.as_ref().and_then(|(_, _, forced)| card.grades.iter().position(|grade| grade.name == *forced));
    let grade = total.and_then(|total| regraded(card, total, forced)).and_then(|grade| card.grades.get(grade));
    let listed = grade.and_then(|grade| grade.payout);
    let paid = match &card.payout_base {
        None => listed,
        Some(_) => listed
            .zip(score.payout_base.as_ref().and_then(|base| base.value.as_ref()).and_then(number))
            .and_then(|(coefficient, base)| payout(coefficient, base)),
    };
    Granted { points, total, grade: grade.map(|grade| grade.name.clone()), payout: paid }
}
