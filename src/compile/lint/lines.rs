//! The lines of a scorecard beside its KPIs: additions, deductions, vetoes and gates that never count or always do, limits that
//! nothing reaches, vetoes that lower nothing.

use super::grades::graded;
use super::reach::Scores;
use super::witness::About;
use crate::compile::program::{Adjustment, Formula, Scorecard, Verdict};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast;
use rust_decimal::Decimal;

/// The lints of the lines of a card.
pub(super) fn lines<'a>(card: &'a ast::Scorecard, compiled: &'a Scorecard, about: &About<'a, '_>, found: &mut Vec<Diagnostic>) {
    for (written, when) in conditions(card, compiled) {
        if let Some(why) = about.never(when, written) {
            found.push(why.told(&codes::NEVER_APPLIES, written.span));
        } else if let Some(why) = about.always(when, written) {
            found.push(why.told(&codes::ALWAYS_APPLIES, written.span));
        }
    }
    let adjustments = card.adjustments.iter().zip(&compiled.adjustments);
    found.extend(adjustments.filter_map(|(line, adjustment)| unreached(line, adjustment, about)));
}

/// The conditions of a card, as they are written and compiled.
pub(super) fn conditions<'a>(card: &'a ast::Scorecard, compiled: &'a Scorecard) -> impl Iterator<Item = (&'a ast::Expr, &'a Formula)> {
    let adjustments = card.adjustments.iter().zip(&compiled.adjustments);
    let adjusted = adjustments.filter_map(|(line, adjustment)| Some((line.when.as_ref()?, adjustment.when.as_ref()?)));
    let vetoes = card.vetoes.iter().zip(&compiled.vetoes).map(|(line, veto)| (&line.when, &veto.when));
    let gates = card.gates.iter().zip(&compiled.gates).map(|(line, gate)| (&line.when, &gate.when));
    adjusted.chain(vetoes).chain(gates)
}

/// `at most` more than the line ever adds or deducts.
fn unreached(line: &ast::Adjustment, adjustment: &Adjustment, about: &About<'_, '_>) -> Option<Diagnostic> {
    let (written, limit) = (line.at_most.as_ref()?, adjustment.at_most?);
    let range = Scores::added(&Adjustment { at_most: None, ..adjustment.clone() }, about.ranges).range();
    let most = if line.deduct { -range.least? } else { range.most? };
    let diagnostic = Diagnostic::new(&codes::LIMIT_UNREACHED, written.span).concluded_from([written.span, line.span]);
    let diagnostic = diagnostic.arg("limit", limit.normalize());
    (most < limit).then(|| diagnostic.arg("most", most.normalize()))
}

/// Vetoes that lower nothing: their grade is no worse than that of the best score, or no score is greater than theirs.
pub(super) fn vetoes(card: &ast::Scorecard, compiled: &Scorecard, scores: &Scores, found: &mut Vec<Diagnostic>) {
    let most = scores.most().map(|most| most.normalize());
    for (line, veto) in card.vetoes.iter().zip(&compiled.vetoes) {
        let idle = match (&line.then, veto.then, most) {
            (ast::Verdict::Grade(grade), Verdict::Grade(at), most) => grade_idle(compiled, grade, at, most),
            (_, Verdict::Score(score), Some(most)) if most <= score => {
                Some(Diagnostic::new(&codes::VETO_SCORE_IDLE, line.then.span()).arg("score", score.normalize()).arg("most", most))
            }
            _ => None,
        };
        found.extend(idle.map(|idle| idle.concluded_from([card.span])));
    }
}

/// A veto whose grade the best score has by itself.
fn grade_idle(compiled: &Scorecard, written: &ast::Ident, at: usize, most: Option<Decimal>) -> Option<Diagnostic> {
    let grade = &written.value;
    let words = match (at, most) {
        (0, _) => {
            let least = compiled.grades.first().and_then(|grade| grade.at_least).map(|least| least.normalize());
            match least {
                None => Words::new(format!("`{grade}` is the best grade"), format!("`{grade}` 已是最好的等级")),
                Some(score) => Words::new(
                    format!("`{grade}` is the best grade; a score of {score} has it anyway, and a lower one is not lifted to it"),
                    format!("`{grade}` 已是最好的等级；{score} 分本来就是它，更低的分数也不会因此提升"),
                ),
            }
        }
        (at, Some(most)) if is_no_worse(compiled, at, most) => {
            let best = graded(compiled, most);
            Words::new(
                format!("the most the card can give is {most}, which is `{best}` by itself"),
                format!("该卡最多得 {most}，本来就是 `{best}`"),
            )
        }
        _ => return None,
    };
    Some(Diagnostic::new(&codes::VETO_IDLE, written.span).arg("grade", grade).reason(words))
}

/// Whether a score earns a grade, or a worse one, by its limits.
fn is_no_worse(card: &Scorecard, grade: usize, score: Decimal) -> bool {
    let earned = card.grades.iter().position(|grade| grade.at_least.is_none_or(|least| score >= least));
    card.ranking.is_none() && earned.is_some_and(|earned| grade <= earned)
}
