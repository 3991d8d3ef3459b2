//! Scorecards, composed in one order: the curve of each KPI, the weighted sum, additions and deductions, the cap, what withholds
//! the score, vetoes, the grade, the payout.

use super::answers::{Answers, Looking};
use super::convert::RatesOf;
use super::coverage::Held;
use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::plan::uses;
use super::query::{Reader, Source, When};
use super::ranking::{Standing, pool};
use super::straight::Straight;
use super::window::{Anchor, Stretch, days};
use super::{Fault, Range};
use crate::compile::program::{
    Adjustment, Asked, Curve, DimIdx, Formula, Gate, LeafIdx, MetricIdx, Program, Scalar, ScorePart, Scorecard, Scored, Ties,
    UnknownPolicy, Verdict, Veto,
};
use crate::time::{Grain, Period};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// A scorecard's result for one scope and period.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The score.
    pub total: Number,
    /// The weighted sum of the KPIs, before additions and deductions.
    pub weighted: Number,
    /// The grade that the score reaches by itself, before any veto.
    pub earned: Option<usize>,
    /// The grade, as an index into the card's grades; None when the card has none or the score is unknown.
    pub grade: Option<usize>,
    /// What the coefficient of the grade is multiplied with, on a card that pays on a base.
    pub base: Option<Number>,
    /// The payout of the grade; None without a grade.
    pub payout: Option<Number>,
    /// The KPIs, in the order of the card.
    pub parts: Vec<Part>,
    /// Additions and deductions, in the order of the card.
    pub adjustments: Vec<Adjusted>,
    /// The veto that applies and forces the worst grade, as an index into the card's vetoes.
    pub veto: Option<usize>,
    /// The veto that applies and allows the least score, as an index into the card's vetoes.
    pub score_veto: Option<usize>,
    /// Where it stands among its peers, when ranks decide the grade.
    pub standing: Option<Standing>,
    /// The lines that apply and withhold the score, or mark it, in the order of the card.
    pub held: Vec<Held>,
    /// The period is not over, or its events may still be restated.
    pub provisional: bool,
}

impl Score {
    /// Whether a line of its card marks it.
    pub fn marked(&self, card: &Scorecard) -> bool {
        self.marks(card).next().is_some()
    }

    /// The lines that mark it.
    pub fn marks<'s>(&'s self, card: &'s Scorecard) -> impl Iterator<Item = (&'s Held, &'s Gate)> {
        self.held.iter().filter_map(|held| Some((held, card.gates.get(held.gate).filter(|gate| gate.marks)?)))
    }

    /// The vetoes that decide it: the one about the score, and the one about the grade.
    pub fn vetoes<'c>(&self, card: &'c Scorecard) -> impl Iterator<Item = &'c Veto> {
        [self.score_veto, self.veto].into_iter().flatten().filter_map(|veto| card.vetoes.get(veto))
    }

    /// What is paid, when it is known.
    pub fn paid(&self) -> Option<Decimal> {
        self.payout.as_ref().and_then(Number::decimal)
    }

    /// Takes the grade that it earned, or the worse one that a veto forces, with its payout.
    pub(super) fn graded(&mut self, card: &Scorecard, earned: Option<usize>) {
        let forced = self.veto.and_then(|veto| card.vetoes.get(veto)).and_then(|veto| veto.then.grade());
        self.earned = earned;
        self.grade = earned.map(|grade| grade.max(forced.unwrap_or(0)));
        let listed = self.grade.and_then(|grade| card.grades.get(grade)?.payout);
        self.payout = listed.map(|listed| match &self.base {
            None => Number::of(listed),
            Some(Number::Unknown(why)) => Number::Unknown(why.clone()),
            Some(base) => base.decimal().and_then(|base| payout(listed, base)).map_or(Number::Unknown(Why::OutOfRange), Number::of),
        });
    }
}

/// What a coefficient of a base comes to. Nobody owes by a payout: a base below 0 counts as 0.
pub fn payout(coefficient: Decimal, base: Decimal) -> Option<Decimal> {
    coefficient.checked_mul(base.max(Decimal::ZERO))
}

/// One KPI of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The metric.
    pub metric: MetricIdx,
    /// Its value.
    pub value: Number,
    /// The part of the curve that the value falls on.
    pub segment: Option<Segment>,
    /// The points of the value on the curve.
    pub points: Option<Decimal>,
    /// The weight as declared.
    pub weight: Decimal,
    /// The weight after the weights of unknown KPIs have been spread.
    pub effective_weight: Decimal,
    /// What it adds to the total.
    pub contribution: Option<Decimal>,
}

/// The part of a curve that a value falls on, each point as its value and its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// Under the least value; the points of all values there.
    Below(Decimal, Decimal),
    /// At a point.
    Point(Decimal, Decimal),
    /// Between two points.
    Between((Decimal, Decimal), (Decimal, Decimal)),
    /// Over the greatest value; the points of all values there.
    Above(Decimal, Decimal),
}

/// One addition or deduction of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjusted {
    /// The points that it adds (negative: deducts).
    pub points: Decimal,
    /// It does not apply because its condition or its number is unknown.
    pub unknown: Option<Why>,
}

impl<'a> Reader<'a> {
    /// The same as of the last look at a card, by its schedule: between two looks a score is the last one.
    pub fn looked(&self, card: &Scorecard, scope: &[(DimIdx, Box<str>)]) -> Reader<'a> {
        let zone = self.program.zone_in(scope);
        let at = card.schedule.map_or(self.at, |schedule| schedule.last_until(self.at, zone, self.program.reckoning));
        Reader { at, ..*self }
    }
}

impl Reader<'_> {
    /// The score of one scope in a period.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn score(&self, card: &Scorecard, period: Period, scope: &[(DimIdx, Box<str>)]) -> Result<Score, Fault> {
        self.score_among(card, period, scope, &self.peers(card, period)?)
    }

    /// The score of one scope; without a grade when ranks decide it.
    pub(super) fn composed(
        &self,
        card: &Scorecard,
        period: Period,
        scope: &[(DimIdx, Box<str>)],
        straight: Option<&Straight>,
    ) -> Result<Score, Fault> {
        let mut score = self.composed_at(card, period, scope, (None, straight))?;
        score.provisional = self.may_change(card, period, scope)?;
        Ok(score)
    }

    /// The score that one scope would have in a period, had the rates of currencies been those of an earlier one; without a
    /// grade when ranks decide it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn score_at_rates_of(
        &self,
        card: &Scorecard,
        period: Period,
        scope: &[(DimIdx, Box<str>)],
        earlier: Period,
    ) -> Result<Score, Fault> {
        self.composed_at(card, period, scope, (Some(RatesOf { period, earlier }), None))
    }

    fn composed_at(
        &self,
        card: &Scorecard,
        period: Period,
        scope: &[(DimIdx, Box<str>)],
        (rates, straight): (Option<RatesOf>, Option<&Straight>),
    ) -> Result<Score, Fault> {
        let reader = self.looked(card, scope);
        let straight = straight.filter(|straight| straight.is_of(&reader, period));
        let mut gathered = match straight {
            Some(straight) => straight.gathered(reader, card, scope)?,
            None => None,
        };
        if let Some(gathered) = gathered.as_mut().filter(|gathered| gathered.is_whole()) {
            return paid(self.program, card, gathered);
        }
        let mut source = Source::new(reader, scope);
        let (anchor, home) = match straight {
            Some(straight) => straight.home,
            None => Anchor::of(self.program, self.zone(scope), When::Period(period), reader.at),
        };
        let mut evaluation = Evaluation::new(self.program, &mut source, anchor, home).at_rates_of(rates);
        paid(self.program, card, &mut Looking { evaluation: &mut evaluation, anchor, home, gathered: gathered.as_ref() })
    }

    /// Whether a score may still change.
    fn may_change(&self, card: &Scorecard, period: Period, scope: &[(DimIdx, Box<str>)]) -> Result<bool, Fault> {
        let reader = self.looked(card, scope);
        // Most often it need not be found out what the card reads.
        let zone = self.program.zone_in(scope);
        let settles = self.program.events.iter().map(|event| event.settles_days).max().unwrap_or(0);
        if reader.at < zone.end_of(period.last) {
            return Ok(true);
        }
        if self.program.entities.is_empty() && (settles == 0 || reader.at >= zone.end_of(period.last.plus(days(settles)))) {
            return Ok(false);
        }
        let second = card.ranking.as_ref().and_then(|ranking| match ranking.ties {
            Ties::By(metric, _) => Some(Formula::Metric(metric)),
            Ties::Better | Ties::Worse => None,
        });
        let base = card.payout_base.iter().map(|base| &base.formula);
        let formulas = card.kpis.iter().map(|kpi| &kpi.formula).chain(card.conditions()).chain(&second).chain(base);
        let leaves: Vec<LeafIdx> = uses(self.program, formulas).into_iter().map(|used| used.leaf).collect();
        // A rank may change with the score of any peer.
        let peers = card.ranking.as_ref().map(|ranking| pool(ranking, scope));
        reader.provisional(&leaves, Range::Days(period.first, period.last), peers.as_deref().unwrap_or(scope))
    }
}

/// The period of a card that a formula reads over a range of time: the range itself when it is one, or else the one that holds
/// the anchor, to date while it runs.
pub(super) fn period_of(program: &Program, every: Grain, anchor: Anchor, stretch: Stretch) -> (Anchor, Stretch) {
    match stretch.period.filter(|period| period.grain == every) {
        Some(period) => (anchor.within(program, period), stretch),
        None => {
            let period = Period::holding(every, anchor.day, program.reckoning);
            let anchor = anchor.within(program, period);
            (anchor, anchor.to_date(period))
        }
    }
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// What a card says over a range of time.
    pub(super) fn scored(&mut self, read: Scored, stretch: Stretch) -> Result<Number, Fault> {
        let Some(card) = self.program.scorecards.get(read.card) else { return Ok(Number::Unknown(Why::Stated)) };
        let (anchor, home) = period_of(self.program, card.every, self.anchor, stretch);
        let key = (self.place, read.card, home, anchor.day);
        let score = match self.scores.get(&key) {
            Some(known) => known.clone(),
            None => {
                let program = self.program;
                let score = compose(program, card, &mut Looking { evaluation: self, anchor, home, gathered: None })?;
                self.scores.insert(key, (score.total.clone(), score.grade));
                (score.total, score.grade)
            }
        };
        Ok(match (read.part, score) {
            (ScorePart::Score, (total, _)) => total,
            (ScorePart::Grade, (_, Some(grade))) => {
                let name = card.grades.get(grade).map(|grade| Scalar::Text(grade.name.as_str().into()));
                name.map_or(Number::Unknown(Why::Stated), Number::Known)
            }
            (ScorePart::Grade, (Number::Unknown(why), None)) => Number::Unknown(why),
            (ScorePart::Grade, (Number::Known(_), None)) => Number::Unknown(Why::Stated),
        })
    }
}

/// The score of a card with what is paid on its base.
fn paid(program: &Program, card: &Scorecard, answers: &mut dyn Answers) -> Result<Score, Fault> {
    let mut score = compose(program, card, answers)?;
    if let Some(base) = &card.payout_base {
        score.base = Some(answers.value(Asked::Base, &base.formula, None)?);
        score.graded(card, score.earned);
    }
    Ok(score)
}

/// The score of a card from the answers to its formulas, as far as no base of its payout is asked for; whether it is provisional
/// is not asked.
fn compose(program: &Program, card: &Scorecard, answers: &mut dyn Answers) -> Result<Score, Fault> {
    let mut parts = Vec::with_capacity(card.kpis.len());
    for (index, kpi) in card.kpis.iter().enumerate() {
        let value = answers.value(Asked::Kpi(index), &kpi.formula, kpi.window)?;
        let found = value.decimal().and_then(|value| Some((value, segment(&kpi.curve, value)?)));
        let points = found.and_then(|(value, segment)| segment.points(value));
        let segment = found.map(|(_, segment)| segment);
        let (metric, weight) = (kpi.metric, kpi.weight);
        parts.push(Part { metric, value, segment, points, weight, effective_weight: weight, contribution: None });
    }
    let weighted = weigh(&mut parts, card.unknown);
    let mut total = weighted.clone();
    let mut adjustments = Vec::with_capacity(card.adjustments.len());
    for (index, adjustment) in card.adjustments.iter().enumerate() {
        let adjusted = adjust((index, adjustment), answers)?;
        total = total.and_then(|total| total.checked_add(adjusted.points).ok_or(Why::OutOfRange));
        adjustments.push(adjusted);
    }
    if let (Ok(total), Some(cap)) = (&mut total, card.cap) {
        *total = (*total).min(cap);
    }
    if !answers.had_begun(card)? {
        total = Err(Why::NoScope);
    }
    let held = held(program, card, answers, &mut total)?;
    let (veto, score_veto) = vetoed(card, answers, &mut total)?;
    let earned = total.as_ref().ok().filter(|_| card.ranking.is_none()).and_then(|total| grade(card, *total));
    let (total, weighted) = (total.map_or_else(Number::Unknown, Number::of), weighted.map_or_else(Number::Unknown, Number::of));
    let (grade, base, payout, standing) = (None, None, None, None);
    let mut score =
        Score { total, weighted, earned, grade, base, payout, parts, adjustments, veto, score_veto, standing, held, provisional: true };
    score.graded(card, earned);
    Ok(score)
}

/// The veto that forces the worst grade, and the one that allows the least total, which then is no greater.
fn vetoed(card: &Scorecard, answers: &mut dyn Answers, total: &mut Result<Decimal, Why>) -> Result<(Option<usize>, Option<usize>), Fault> {
    let mut worst: Option<(usize, usize)> = None;
    let mut least: Option<(usize, Decimal)> = None;
    for (index, veto) in card.vetoes.iter().enumerate() {
        if answers.value(Asked::Veto(index), &veto.when, None)?.truth() != Some(true) {
            continue;
        }
        match veto.then {
            Verdict::Grade(grade) if worst.is_none_or(|(_, known)| grade > known) => worst = Some((index, grade)),
            Verdict::Score(score) if least.is_none_or(|(_, known)| score < known) => least = Some((index, score)),
            Verdict::Grade(_) | Verdict::Score(_) => {}
        }
    }
    if let (Ok(total), Some((_, least))) = (total, least) {
        *total = (*total).min(least);
    }
    Ok((worst.map(|(index, _)| index), least.map(|(index, _)| index)))
}

/// The lines that apply and withhold a score that there is, the first of them only, or mark it.
fn held(program: &Program, card: &Scorecard, answers: &mut dyn Answers, total: &mut Result<Decimal, Why>) -> Result<Vec<Held>, Fault> {
    let mut held = Vec::new();
    for (index, gate) in card.gates.iter().enumerate() {
        if total.is_err() || answers.value(Asked::Gate(index), &gate.when, None)?.truth() != Some(true) {
            continue;
        }
        let one = Held { gate: index, lacking: answers.lacking(&gate.when)? };
        if !gate.marks {
            let [en, zh] = one.told(program, gate);
            *total = Err(Why::Withheld(en.into(), zh.into()));
            held.clear();
        }
        held.push(one);
    }
    Ok(held)
}

/// The points of a value on a curve. None when the value is out of range.
pub fn points(curve: &Curve, value: Decimal) -> Option<Decimal> {
    segment(curve, value)?.points(value)
}

impl Segment {
    /// The points of a value that falls on it. None when they are out of range.
    fn points(self, value: Decimal) -> Option<Decimal> {
        match self {
            Segment::Below(_, points) | Segment::Above(_, points) | Segment::Point(_, points) => Some(points),
            Segment::Between((x0, y0), (x1, y1)) => {
                // (y0 * (x1 - x0) + (value - x0) * (y1 - y0)) / (x1 - x0): a single division, so a point that is exact stays exact.
                let width = x1.checked_sub(x0)?;
                let rise = value.checked_sub(x0)?.checked_mul(y1.checked_sub(y0)?)?;
                y0.checked_mul(width)?.checked_add(rise)?.checked_div(width)
            }
        }
    }
}

/// The part of a curve that a value falls on. None for a curve without points.
fn segment(curve: &Curve, value: Decimal) -> Option<Segment> {
    let mut passed: Option<(Decimal, Decimal)> = None;
    for point in &curve.points {
        match (value.cmp(&point.0), passed) {
            (Ordering::Less, None) => return Some(Segment::Below(point.0, curve.below.unwrap_or(point.1))),
            (Ordering::Less, Some(from)) => return Some(Segment::Between(from, *point)),
            (Ordering::Equal, _) => return Some(Segment::Point(point.0, point.1)),
            (Ordering::Greater, _) => passed = Some(*point),
        }
    }
    passed.map(|last| Segment::Above(last.0, curve.above.unwrap_or(last.1)))
}

/// The weighted sum of the points, of 100, with the unknown policy applied. Notes each part's effective weight and contribution.
fn weigh(parts: &mut [Part], policy: UnknownPolicy) -> Result<Decimal, Why> {
    let unknown = parts.iter().find(|part| part.points.is_none()).map(|part| match &part.value {
        Number::Unknown(why) => why.clone(),
        Number::Known(_) => Why::OutOfRange,
    });
    let spread = match (policy, unknown) {
        (UnknownPolicy::Withhold, Some(why)) => return Err(why),
        (UnknownPolicy::Reweight, Some(why)) => {
            let all = sum(parts.iter().map(|part| Some(part.weight)))?;
            let known = sum(parts.iter().filter(|part| part.points.is_some()).map(|part| Some(part.weight)))?;
            if known.is_zero() {
                return Err(why);
            }
            Some((all, known))
        }
        (_, None) | (UnknownPolicy::Zero, Some(_)) => None,
    };
    let share = |value: Decimal| match spread {
        Some((times, over)) => value.checked_mul(times)?.checked_div(over),
        None => Some(value),
    };
    let mut weighted = Some(Decimal::ZERO);
    for part in parts.iter_mut() {
        part.effective_weight = match (part.points, policy) {
            (None, UnknownPolicy::Reweight) => Decimal::ZERO,
            _ => share(part.weight).ok_or(Why::OutOfRange)?,
        };
        let points = part.points.or((policy == UnknownPolicy::Zero).then_some(Decimal::ZERO));
        let product = points.and_then(|points| points.checked_mul(part.weight));
        part.contribution = product.and_then(share).and_then(hundredth);
        if part.points.is_some() {
            weighted = weighted.and_then(|sum| sum.checked_add(product?));
        }
    }
    weighted.and_then(share).and_then(hundredth).ok_or(Why::OutOfRange)
}

/// The hundredth part, as division gives it.
fn hundredth(value: Decimal) -> Option<Decimal> {
    let mut moved = value;
    // Dividing leaves no zero at the end, so that where there is none its point only moves.
    if !value.mantissa().unsigned_abs().is_multiple_of(10) && moved.set_scale(value.scale() + 2).is_ok() {
        return Some(moved);
    }
    value.checked_div(Decimal::ONE_HUNDRED)
}

fn sum(mut values: impl Iterator<Item = Option<Decimal>>) -> Result<Decimal, Why> {
    values.try_fold(Decimal::ZERO, |sum, value| sum.checked_add(value?)).ok_or(Why::OutOfRange)
}

/// The points of an addition or deduction.
fn adjust((index, adjustment): (usize, &Adjustment), answers: &mut dyn Answers) -> Result<Adjusted, Fault> {
    let nothing = |unknown| Adjusted { points: Decimal::ZERO, unknown };
    if let Some(when) = &adjustment.when {
        match answers.value(Asked::When(index), when, None)? {
            Number::Unknown(why) => return Ok(nothing(Some(why))),
            truth if truth.truth() != Some(true) => return Ok(nothing(None)),
            _ => {}
        }
    }
    let mut points = adjustment.points;
    if let Some(for_each) = &adjustment.for_each {
        let times = match answers.value(Asked::ForEach(index), for_each, None)? {
            Number::Unknown(why) => return Ok(nothing(Some(why))),
            known => known.decimal().unwrap_or(Decimal::ZERO).max(Decimal::ZERO),
        };
        points = match points.checked_mul(times) {
            Some(points) => points,
            None => return Ok(nothing(Some(Why::OutOfRange))),
        };
    }
    if let Some(most) = adjustment.at_most {
        points = points.max(-most).min(most);
    }
    Ok(Adjusted { points, unknown: None })
}

/// The grade of a total on a card whose grades have limits, or the worse one that a red line forces; None when ranks decide.
pub fn regraded(card: &Scorecard, total: Decimal, forced: Option<usize>) -> Option<usize> {
    let earned = grade(card, total).filter(|_| card.ranking.is_none())?;
    Some(earned.max(forced.unwrap_or(0)))
}

/// The grade of a score.
fn grade(card: &Scorecard, total: Decimal) -> Option<usize> {
    let reached = card.grades.iter().position(|grade| grade.at_least.is_none_or(|least| total >= least));
    reached.or(card.grades.len().checked_sub(1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::hundredth;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn a_hundredth_is_what_division_gives(digits in any::<i128>(), shift in 32u32..127, zeros in 0u32..6, scale in 0u32..=28) {
            // So that it fits 96 bits with its zeros.
            let mantissa = (digits >> shift) / 10i128.pow(6) * 10i128.pow(zeros);
            let number = Decimal::from_i128_with_scale(mantissa, scale);
            let (found, expected) = (hundredth(number).unwrap(), number.checked_div(Decimal::ONE_HUNDRED).unwrap());
            prop_assert_eq!((found.mantissa(), found.scale()), (expected.mantissa(), expected.scale()), "{}", number);
        }
    }
}
