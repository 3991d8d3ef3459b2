//! What a review of a scorecard (复盘) compares: what became of its goals, and why a score is not the one before.
//!
//! 1. [`compare`] composes the scores of a period, and of the period that it is compared with, at every scope of the card.
//! 2. Each KPI has a [`Goal`]: its target, or the value that earns 100 points.
//! 3. The change of a score is walked from the old one to the new one, one cause after the other ([`Effect`]), each with
//!    all others as they stand so far. So the effects add up to the change, whatever the curves look like.
//! 4. With a dimension, the change of a metric is told by its values too ([`Child`]): what each did by itself, and what its
//!    weight among them did.

use crate::compile::program::{Arith, DimIdx, Due, Formula, Kpi, MetricIdx, Program, Scorecard, TargetRead};
use crate::eval::{Fault, Number, Part, Reader, Score, When, points};
use crate::store::record::review::{KeptPart, KeptScore};
use crate::time::Period;
use rust_decimal::Decimal;

/// Contributions are compared at so many decimals, so that differences add up exactly.
const STEP_DECIMALS: u32 = 12;

/// The most scopes of a review.
pub const REVIEWED_MAX: usize = 500;

/// The scores of one period, through one version of the ruleset.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The numbers.
    pub reader: Reader<'a>,
    /// The card, of the reader's program.
    pub card: &'a Scorecard,
    /// The period.
    pub period: Period,
}

/// What a review looks at.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The period that is reviewed.
    pub now: Side<'a>,
    /// What it is compared with.
    pub before: Side<'a>,
    /// Only scopes within these dimension values.
    pub within: &'a [(DimIdx, Box<str>)],
    /// A dimension, of the present program, whose values tell where a change came from.
    pub by: Option<DimIdx>,
}

/// One scope of a review.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// The scope.
    pub scope: Vec<(DimIdx, Box<str>)>,
    /// Its score.
    pub score: Score,
    /// The score it is compared with.
    pub before: Score,
    /// For each KPI what was expected of it.
    pub goals: Vec<Goal>,
    /// How the score came from the one before; None when one of them is unknown.
    pub change: Option<Change>,
    /// For each KPI where its change came from; empty without a dimension to tell by.
    pub children: Vec<Vec<Child>>,
    /// What has to be explained by a note.
    pub noted: Vec<Noted>,
}

/// What was expected of a KPI.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    /// What came of the metric.
    pub result: Number,
    /// What was expected: its target, or what earns 100 points. None when there is neither.
    pub goal: Option<Decimal>,
    /// Result over goal, when the goal is a target.
    pub attainment: Option<Decimal>,
}

/// What has to be explained by a note: it lies below its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// The score has the least grade, or none can be told.
    Score,
    /// The KPI lies beyond the point of its curve with the fewest points, or is unknown.
    Kpi(usize),
}

/// How a score came from the one before. The effects of the KPIs, the other lines and the cap add up to `to - from`.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The score before.
    pub from: Decimal,
    /// The score.
    pub to: Decimal,
    /// The points that each KPI of the present card gained or lost, by causes.
    pub kpis: Vec<Vec<(Effect, Decimal)>>,
    /// KPIs that only the card before has, by name, and the points that went with them.
    pub gone: Vec<(String, Decimal)>,
    /// Additions and deductions of the present card, in its order.
    pub adjustments: Vec<Decimal>,
    /// Additions and deductions that only the card before has.
    pub adjustments_gone: Decimal,
    /// What the cap of the total took now, less what it took before.
    pub cap: Decimal,
}

/// Why the points of a KPI changed, in the order in which the causes are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The ruleset measures or scores it otherwise.
    Definition,
    /// Its weight, or its share when another KPI is unknown.
    Weight,
    /// It became known or unknown.
    Known,
    /// The metric, at the rates of currencies before; of a ratio told by a dimension, with the weights before.
    Value,
    /// How much each value of the dimension weighs in the ratio.
    Mix,
    /// The rates of currencies.
    Rates,
    /// Its target.
    Target,
}

/// A value of the dimension that a change is told by, in units of the metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// The value of the dimension.
    pub name: Box<str>,
    /// The metric before.
    pub before: Number,
    /// The metric now.
    pub now: Number,
    /// What it changed of the whole by itself.
    pub own: Decimal,
    /// What its weight among the values changed of the whole; 0 of metrics that add up.
    pub mix: Decimal,
}

/// Reviews a card at every scope, the best score first.
///
/// # Errors
/// When the numbers cannot be read.
pub fn compare(asked: &Asked<'_>) -> Result<Vec<Reviewed>, Fault> {
    let Asked { now, before, within, .. } = asked;
    let dims = now.reader.program.groupings.get(now.card.grouping).map_or(&[][..], Vec::as_slice);
    let (peers, peers_before) = (now.reader.peers(now.card, now.period)?, before.reader.peers(before.card, before.period)?);
    let mut found = Vec::new();
    let scopes = if dims.is_empty() { vec![Vec::new()] } else { now.reader.scopes(dims, within)? };
    for values in scopes.into_iter().take(REVIEWED_MAX) {
        let scope: Vec<(DimIdx, Box<str>)> = dims.iter().copied().zip(values).collect();
        let earlier = translated(now.reader.program, before.reader.program, &scope);
        let score = now.reader.score_among(now.card, now.period, &scope, &peers)?;
        let score_before = before.reader.score_among(before.card, before.period, &earlier, &peers_before)?;
        found.push(Walk { asked, scope: &scope }.reviewed(score, score_before)?);
    }
    found.sort_by_key(|one| (one.score.total.decimal().is_none(), std::cmp::Reverse(one.score.total.decimal())));
    Ok(found)
}

/// The same scope for another program; dimensions that it does not know are left out.
fn translated(from: &Program, to: &Program, scope: &[(DimIdx, Box<str>)]) -> Vec<(DimIdx, Box<str>)> {
    let place = |dim: DimIdx| to.dims.iter().position(|name| Some(name) == from.dims.get(dim));
    let mut scope: Vec<_> = scope.iter().filter_map(|(dim, value)| Some((place(*dim)?, value.clone()))).collect();
    scope.sort();
    scope
}

/// The way from one score to another at a scope.
struct Walk<'a> {
    asked: &'a Asked<'a>,
    scope: &'a [(DimIdx, Box<str>)],
}

impl Walk<'_> {
    fn reviewed(&self, score: Score, before: Score) -> Result<Reviewed, Fault> {
        let card = self.asked.now.card;
        let goals = card.kpis.iter().zip(&score.parts).map(|(kpi, part)| self.goal(kpi, part)).collect::<Result<Vec<_>, _>>()?;
        let children = match self.asked.by {
            Some(by) => card.kpis.iter().map(|kpi| self.children(kpi, by)).collect::<Result<Vec<_>, _>>()?,
            None => Vec::new(),
        };
        let change = self.change(&score, &before, &children)?;
        let noted = noted(card, &score);
        Ok(Reviewed { scope: self.scope.to_vec(), score, before, goals, change, children, noted })
    }

    fn goal(&self, kpi: &Kpi, part: &Part) -> Result<Goal, Fault> {
        let now = &self.asked.now;
        if let Some((metric, target)) = over_target(kpi) {
            let result = now.reader.number(metric, When::Period(now.period), self.scope)?;
            let goal = now.reader.number(target, When::Period(now.period), self.scope)?.decimal();
            return Ok(Goal { result, goal, attainment: part.value.decimal() });
        }
        Ok(Goal { result: part.value.clone(), goal: full(kpi), attainment: None })
    }

    fn change(&self, score: &Score, before: &Score, children: &[Vec<Child>]) -> Result<Option<Change>, Fault> {
        let Asked { now, before: earlier, .. } = self.asked;
        let (Some(to), Some(from)) = (score.total.decimal(), before.total.decimal()) else { return Ok(None) };
        let redefined = !std::ptr::eq(now.reader.program, earlier.reader.program);
        let measured = if redefined { Some(now.reader.score(now.card, earlier.period, self.scope)?) } else { None };
        let held = now.reader.score_at_rates_of(now.card, now.period, self.scope, earlier.period)?;
        let mut kpis = Vec::with_capacity(score.parts.len());
        for (index, (kpi, part)) in now.card.kpis.iter().zip(&score.parts).enumerate() {
            let place = earlier.card.kpis.iter().position(|other| other.name == kpi.name);
            let was = place.and_then(|place| before.parts.get(place));
            let measured = measured.as_ref().map_or(was, |score| score.parts.get(index));
            let ends = Ends { was, measured, held: held.parts.get(index), is: part };
            kpis.push(self.effects(kpi, &ends, children.get(index).map_or(&[][..], Vec::as_slice))?);
        }
        let gone = earlier.card.kpis.iter().zip(&before.parts).filter(|(kpi, _)| now.card.kpis.iter().all(|other| other.name != kpi.name));
        let gone = gone.map(|(kpi, part)| (kpi.name.clone(), -earned(part))).collect();
        let points_before = |title: &str| {
            let place = earlier.card.adjustments.iter().position(|other| other.title.en == title)?;
            before.adjustments.get(place).map(|adjusted| adjusted.points)
        };
        let declared = now.card.adjustments.iter().zip(&score.adjustments);
        let adjustments: Vec<Decimal> = declared
            .map(|(declared, adjusted)| adjusted.points.saturating_sub(points_before(&declared.title.en).unwrap_or_default()))
            .collect();
        let kept = |title: &str| now.card.adjustments.iter().any(|other| other.title.en == title);
        let left = earlier.card.adjustments.iter().zip(&before.adjustments).filter(|(declared, _)| !kept(&declared.title.en));
        let adjustments_gone = left.fold(Decimal::ZERO, |sum, (_, adjusted)| sum.saturating_sub(adjusted.points));
        let cap = capped(score).saturating_sub(capped(before));
        Ok(Some(Change { from, to, kpis, gone, adjustments, adjustments_gone, cap }))
    }

    /// The points that a KPI gained or lost, by causes; those without any are left out.
    fn effects(&self, kpi: &Kpi, ends: &Ends<'_>, children: &[Child]) -> Result<Vec<(Effect, Decimal)>, Fault> {
        let Some(was) = ends.was else { return Ok(vec![(Effect::Definition, earned(ends.is))]) };
        let mut steps = vec![(Effect::Definition, earned(was))];
        let known = [Some(was), ends.measured, Some(ends.is)].iter().all(|part| part.is_some_and(|part| part.points.is_some()));
        let (Some(measured), true) = (ends.measured, known) else {
            steps.push((Effect::Known, earned(ends.is)));
            return Ok(differences(&steps));
        };
        let weigh = |points: Option<Decimal>, weight: Decimal| points.map(|points| contribution(points, weight));
        steps.extend(weigh(measured.points, was.effective_weight).map(|points| (Effect::Definition, points)));
        steps.extend(weigh(measured.points, ends.is.effective_weight).map(|points| (Effect::Weight, points)));
        for (effect, value) in self.values(kpi, ends, children)? {
            steps.extend(weigh(points(&kpi.curve, value), ends.is.effective_weight).map(|points| (effect, points)));
        }
        steps.push((Effect::Target, earned(ends.is)));
        Ok(differences(&steps))
    }

    /// What the curve is about, cause after cause: the metric with its old weights, at old rates, against its old target.
    fn values(&self, kpi: &Kpi, ends: &Ends<'_>, children: &[Child]) -> Result<Vec<(Effect, Decimal)>, Fault> {
        let Asked { now, before, .. } = self.asked;
        let is = ends.is.value.decimal();
        let held = ends.held.and_then(|part| part.value.decimal());
        let shift = children.iter().fold(Decimal::ZERO, |sum, child| sum.saturating_add(child.mix));
        let targets = match over_target(kpi) {
            Some((_, target)) => {
                let read = |period: Period| now.reader.number(target, When::Period(period), self.scope);
                read(before.period)?.decimal().zip(read(now.period)?.decimal()).filter(|(old, new)| !old.is_zero() && !new.is_zero())
            }
            None => None,
        };
        // Against the target before: the value times the new target over the old one.
        let against = |value: Decimal| targets.map_or(Some(value), |(old, new)| value.checked_mul(new)?.checked_div(old));
        let unmixed = |value: Decimal| value.checked_sub(targets.map_or(Some(shift), |(_, new)| shift.checked_div(new))?);
        let mut values = Vec::new();
        let base = held.or(is);
        values.extend(base.and_then(unmixed).and_then(against).map(|value| (Effect::Value, value)));
        values.extend(base.and_then(against).map(|value| (Effect::Mix, value)));
        values.extend(is.and_then(against).map(|value| (Effect::Rates, value)));
        Ok(values)
    }

    /// Where the change of a metric came from, when its values can be told by a dimension without a rest.
    fn children(&self, kpi: &Kpi, by: DimIdx) -> Result<Vec<Child>, Fault> {
        let Asked { now, before, .. } = self.asked;
        let program = now.reader.program;
        let metric = over_target(kpi).map_or(&kpi.formula, |(metric, _)| metric);
        let Formula::Metric(index) = metric else { return Ok(Vec::new()) };
        let told = program.metrics.get(*index).is_some_and(|metric| metric.dims.contains(&by));
        if kpi.window.is_some() || !told || self.scope.iter().any(|(dim, _)| *dim == by) {
            return Ok(Vec::new());
        }
        let mut names = now.reader.scopes(&[by], self.scope)?;
        names.truncate(REVIEWED_MAX);
        // Definitions are the present ones on both sides, so that only what happened differs.
        let read = |formula: &Formula, period: Period, name: Option<&Box<str>>| {
            let mut scope = self.scope.to_vec();
            scope.extend(name.map(|name| (by, name.clone())));
            scope.sort();
            now.reader.number(formula, When::Period(period), &scope)
        };
        let names: Vec<Box<str>> = names.into_iter().filter_map(|mut values| values.pop()).collect();
        match ratio(program, *index) {
            Some((_, below)) => shares(&names, metric, below, [before.period, now.period], &read),
            None if program.metrics.get(*index).is_some_and(|metric| metric.adds_up) => {
                sums(&names, metric, [before.period, now.period], &read)
            }
            None => Ok(Vec::new()),
        }
    }
}

/// The parts of a KPI between which a change is walked.
struct Ends<'a> {
    /// As it was scored.
    was: Option<&'a Part>,
    /// As the present card scores the time before.
    measured: Option<&'a Part>,
    /// As it would be now at the rates before.
    held: Option<&'a Part>,
    /// As it is scored.
    is: &'a Part,
}

/// Reads a formula in a period, of a value of the dimension or of all.
type Read<'a> = dyn Fn(&Formula, Period, Option<&Box<str>>) -> Result<Number, Fault> + 'a;

/// The values of a ratio: what each changed with the weight it had, and what its weight changed.
fn shares(names: &[Box<str>], metric: &Formula, below: &Formula, [old, new]: [Period; 2], read: &Read<'_>) -> Result<Vec<Child>, Fault> {
    let (whole_old, whole_new) = (read(below, old, None)?.decimal(), read(below, new, None)?.decimal());
    let (Some(whole_old), Some(whole_new)) = (whole_old, whole_new) else { return Ok(Vec::new()) };
    let Some(mean) = read(metric, old, None)?.decimal() else { return Ok(Vec::new()) };
    let (mut found, mut rest_old, mut rest_new) = (Vec::new(), whole_old, whole_new);
    for name in names {
        let below_old = read(below, old, Some(name))?.decimal().unwrap_or_default();
        let below_new = read(below, new, Some(name))?.decimal().unwrap_or_default();
        let (before, now) = (read(metric, old, Some(name))?, read(metric, new, Some(name))?);
        (rest_old, rest_new) = (rest_old.saturating_sub(below_old), rest_new.saturating_sub(below_new));
        let (Some(share_old), Some(share_new)) = (below_old.checked_div(whole_old), below_new.checked_div(whole_new)) else {
            return Ok(Vec::new());
        };
        // What came or went has no ratio on one side: all that it changed is its weight.
        let of_new = now.decimal().or(before.decimal()).unwrap_or_default();
        let of_old = before.decimal().unwrap_or(of_new);
        let own = share_old.saturating_mul(of_new.saturating_sub(of_old));
        let mix = share_new.saturating_sub(share_old).saturating_mul(of_new.saturating_sub(mean));
        found.push(Child { name: name.clone(), before, now, own, mix });
    }
    // Events without the dimension would be missing in the sum.
    Ok(if rest_old.is_zero() && rest_new.is_zero() { found } else { Vec::new() })
}

/// The values of a sum.
fn sums(names: &[Box<str>], metric: &Formula, [old, new]: [Period; 2], read: &Read<'_>) -> Result<Vec<Child>, Fault> {
    let known = |number: Number| number.decimal().unwrap_or_default();
    let mut rest = known(read(metric, new, None)?).saturating_sub(known(read(metric, old, None)?));
    let mut found = Vec::new();
    for name in names {
        let (before, now) = (read(metric, old, Some(name))?, read(metric, new, Some(name))?);
        let own = known(now.clone()).saturating_sub(known(before.clone()));
        rest = rest.saturating_sub(own);
        found.push(Child { name: name.clone(), before, now, own, mix: Decimal::ZERO });
    }
    Ok(if rest.is_zero() { found } else { Vec::new() })
}

/// The metric and the target of a KPI whose curve is about attainment.
pub fn over_target(kpi: &Kpi) -> Option<(&Formula, &Formula)> {
    match &kpi.formula {
        Formula::Arith(Arith::Div, metric, target)
            if kpi.window.is_none() && matches!(**target, Formula::Target(TargetRead { due: Due::Whole, .. })) =>
        {
            Some((metric, target))
        }
        _ => None,
    }
}

/// What stands above and below the line of a metric that is a ratio.
fn ratio(program: &Program, metric: MetricIdx) -> Option<(&Formula, &Formula)> {
    match &program.metrics.get(metric)?.formula {
        Formula::Arith(Arith::Div, above, below) => Some((above, below)),
        Formula::Metric(other) if *other != metric => ratio(program, *other),
        _ => None,
    }
}

/// The value that earns 100 points.
fn full(kpi: &Kpi) -> Option<Decimal> {
    let hundred = Decimal::ONE_HUNDRED;
    if let Some((value, _)) = kpi.curve.points.iter().find(|(_, points)| *points == hundred) {
        return Some(*value);
    }
    let pairs = kpi.curve.points.iter().zip(kpi.curve.points.iter().skip(1));
    pairs
        .filter_map(|((x0, y0), (x1, y1))| {
            let inside = (*y0 < hundred) != (*y1 < hundred);
            inside
                .then(|| x1.checked_sub(*x0)?.checked_mul(hundred.checked_sub(*y0)?)?.checked_div(y1.checked_sub(*y0)?)?.checked_add(*x0))
                .flatten()
        })
        .next()
}

/// What has to be explained.
fn noted(card: &Scorecard, score: &Score) -> Vec<Noted> {
    let worst = score.grade.is_none_or(|grade| grade + 1 == card.grades.len());
    let whole = (worst && !card.grades.is_empty() || score.total.decimal().is_none()).then_some(Noted::Score);
    let kpis = card.kpis.iter().zip(&score.parts).enumerate().filter(|(_, (kpi, part))| is_below(kpi, part.value.decimal()));
    whole.into_iter().chain(kpis.map(|(index, _)| Noted::Kpi(index))).collect()
}

/// What has to be explained of a score that is kept, by the scorecard that gave it.
pub fn noted_of_kept(card: &Scorecard, kept: &KeptScore) -> Vec<Noted> {
    let worst = kept.grade.is_none() || kept.grade.as_ref() == card.grades.last().map(|grade| &grade.name);
    let whole = (worst && !card.grades.is_empty() || kept.total.is_none()).then_some(Noted::Score);
    let value = |part: &KeptPart| part.value.as_ref().and_then(|text| text.parse().ok());
    let parts = card.kpis.iter().zip(&kept.parts).enumerate();
    let below = parts.filter(|(_, (kpi, part))| part.points.is_none() || is_below(kpi, value(part)));
    whole.into_iter().chain(below.map(|(index, _)| Noted::Kpi(index))).collect()
}

/// Whether the value of a KPI lies beyond the point of its curve with the fewest points, or is unknown.
fn is_below(kpi: &Kpi, value: Option<Decimal>) -> bool {
    let (Some(first), Some(last)) = (kpi.curve.points.first(), kpi.curve.points.last()) else { return false };
    let least = kpi.curve.points.iter().map(|(_, points)| *points).min();
    value.is_none_or(|value| value < first.0 && Some(first.1) == least || value > last.0 && Some(last.1) == least)
}

/// What a part adds to the total, at the decimals at which they are compared.
fn earned(part: &Part) -> Decimal {
    part.contribution.unwrap_or_default().round_dp(STEP_DECIMALS)
}

fn contribution(points: Decimal, weight: Decimal) -> Decimal {
    points.saturating_mul(weight).checked_div(Decimal::ONE_HUNDRED).unwrap_or_default().round_dp(STEP_DECIMALS)
}

/// What the cap of the total took, or a red line, as a negative number.
fn capped(score: &Score) -> Decimal {
    let whole = score.adjustments.iter().fold(score.weighted.decimal().unwrap_or_default(), |sum, one| sum.saturating_add(one.points));
    score.total.decimal().map_or(Decimal::ZERO, |total| total.saturating_sub(whole))
}

/// The difference of each step from the one before, causes of one kind together, without those that changed nothing.
fn differences(steps: &[(Effect, Decimal)]) -> Vec<(Effect, Decimal)> {
    let mut found: Vec<(Effect, Decimal)> = Vec::new();
    for ((_, before), (effect, after)) in steps.iter().zip(steps.iter().skip(1)) {
        let difference = after.saturating_sub(*before);
        match found.iter_mut().find(|(other, _)| other == effect) {
            Some((_, sum)) => *sum = sum.saturating_add(difference),
            None => found.push((*effect, difference)),
        }
    }
    found.retain(|(_, difference)| !difference.is_zero());
    found
}
