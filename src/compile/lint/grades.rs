//! Grades: bands of the score that nothing falls into, and what grades pay.

use super::reach::Scores;
use super::say::literal;
use crate::compile::program::{Scorecard, Verdict};
use crate::compile::scores::reads_score;
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast;
use rust_decimal::Decimal;

/// Grades that no score falls into.
pub(super) fn grades(card: &ast::Scorecard, compiled: &Scorecard, scores: &Scores, found: &mut Vec<Diagnostic>) {
    let mut limit = None;
    // A limit that is a param is a number in the compiled card only.
    for (at, (band, grade)) in card.grades.iter().zip(&compiled.grades).enumerate() {
        let grounds = band.at_least.iter().map(|limit| limit.span).chain([card.span]);
        let least = grade.at_least;
        let name = &band.grade.value;
        match (scores.beside(least, limit), least) {
            (None, _) => {}
            (Some((Some(most), None)), Some(least)) => {
                let diagnostic = Diagnostic::new(&codes::GRADE_UNREACHED, band.grade.span).arg("name", name).concluded_from(grounds);
                let diagnostic = diagnostic.arg("least", least.normalize()).arg("most", most.normalize());
                found.push(diagnostic.arg("taken", graded(compiled, most)));
            }
            // A veto may force what no score falls into.
            _ if compiled.vetoes.iter().any(|veto| veto.then == Verdict::Grade(at)) => {}
            (Some((under, over)), _) => {
                let diagnostic = Diagnostic::new(&codes::GRADE_SKIPPED, band.grade.span).arg("name", name).concluded_from(grounds);
                let diagnostic = diagnostic.words("band", stretch(least, limit));
                found.push(diagnostic.words("nearest", beside(compiled, under, over)));
            }
        }
        limit = least;
    }
}

/// The grade of a score.
pub(super) fn graded(card: &Scorecard, score: Decimal) -> &str {
    let reached = card.grades.iter().find(|grade| grade.at_least.is_none_or(|least| score >= least));
    reached.map_or("", |grade| &grade.name)
}

/// The scores of a grade.
fn stretch(least: Option<Decimal>, limit: Option<Decimal>) -> Words {
    match (least.map(|least| least.normalize()), limit.map(|limit| limit.normalize())) {
        (Some(least), Some(limit)) => Words::new(format!("from {least} to below {limit}"), format!("{least} 至 {limit} 以下")),
        (Some(least), None) => Words::new(format!("from {least} on"), format!("{least} 及以上")),
        (None, Some(limit)) => Words::new(format!("below {limit}"), format!("{limit} 以下")),
        (None, None) => Words::new("all of them", "全部"),
    }
}

/// The nearest scores that a card can give, and their grades.
fn beside(card: &Scorecard, under: Option<Decimal>, over: Option<Decimal>) -> Words {
    let said = |score: Option<Decimal>| score.map(|score| (score.normalize(), graded(card, score)));
    match (said(under), said(over)) {
        (Some((under, worse)), Some((over, better))) => Words::new(
            format!("the card gives {under} (`{worse}`) or less, or {over} (`{better}`) or more"),
            format!("该卡给出的分数不超过 {under}（`{worse}`），或不低于 {over}（`{better}`）"),
        ),
        (_, Some((over, better))) => {
            Words::new(format!("the least the card can give is {over}, which is `{better}`"), format!("该卡最低得 {over}，属于 `{better}`"))
        }
        (Some((under, worse)), None) => {
            Words::new(format!("the most the card can give is {under}, which is `{worse}`"), format!("该卡最多得 {under}，属于 `{worse}`"))
        }
        (None, None) => Words::new("the card gives no score", "该卡不给出分数"),
    }
}

/// Grades that pay less than a worse one.
pub(super) fn payouts(card: &ast::Scorecard, compiled: &Scorecard, found: &mut Vec<Diagnostic>) {
    // What is paid in proportion to a score may be more in spite of a smaller coefficient.
    if compiled.payout_base.as_ref().is_some_and(|base| reads_score(&base.formula)) {
        return;
    }
    let graded: Vec<_> = card.grades.iter().zip(&compiled.grades).filter_map(|(band, grade)| Some((band, grade, grade.payout?))).collect();
    for (better, worse) in graded.iter().zip(graded.iter().skip(1)).filter(|((.., better), (.., worse))| better < worse) {
        let of = |band: &ast::GradeBand| card.payout.iter().find(|payout| payout.grade.value == band.grade.value);
        let place = of(better.0).map_or(better.0.grade.span, |payout| payout.grade.span);
        let coefficients = [better.0, worse.0].into_iter().filter_map(of).map(|payout| payout.coefficient.span);
        let diagnostic = Diagnostic::new(&codes::PAYOUT_ORDER, place).concluded_from(coefficients);
        let diagnostic = diagnostic.concluded_from(better.0.at_least.iter().map(|limit| limit.span));
        let diagnostic = diagnostic.arg("better", &better.0.grade.value).arg("worse", &worse.0.grade.value);
        let score = better.1.at_least.map(|least| least.normalize()).unwrap_or_default();
        let diagnostic = diagnostic.arg("score", score).arg("less", literal(better.2, compiled.listed_unit()));
        found.push(diagnostic.arg("more", literal(worse.2, compiled.listed_unit())));
    }
}
