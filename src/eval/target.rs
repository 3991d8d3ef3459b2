//! What a target says of a period at a scope.
//!
//! 1. The asked scope is made up of scopes that the target speaks of ([`super::target_scopes`]); their amounts add up.
//! 2. For each, and each period with days in the asked one, the lines that speak of it are versions of one amount
//!    ([`versions`]). Divisions give each value of a dimension its part.
//! 3. The earliest version counts from the first day of the period, whatever day it names, the others from theirs: what came before keeps what it was due, and the rest of the amount is spread
//!    over the days from then on ([`Evaluation::due`]).
//! 4. An amount is split into the parts of each split in turn, and evenly over the days of the shortest ones
//!    ([`Evaluation::spread`]).

use super::Fault;
use super::aligned::Back;
use super::apportion::{apportion, evenly};
use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::query::When;
use super::window::{Anchor, Span, Stretch};
use crate::compile::program::{DimIdx, Due, Formula, MetricIdx, Split, SplitBy, Target, TargetRead, TargetRow};
use crate::time::{Day, Grain, Period, Reckoning};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Why there is no amount.
pub(super) enum Stop {
    /// It is unknown.
    Unknown(Why),
    /// It cannot be read.
    Fault(Fault),
}

impl From<Why> for Stop {
    fn from(why: Why) -> Stop {
        Stop::Unknown(why)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

/// Days, both included.
type Days = (Day, Day);
/// Dimension values. Sorted.
pub(super) type Named = Vec<(DimIdx, Box<str>)>;

/// One period of a target at one of its scopes.
struct Plan<'p> {
    target: &'p Target,
    period: Period,
    /// Each version's amount, in steps, and its first day, in order of the days. The first counts from the period's first day.
    versions: Vec<(Day, i128)>,
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// The amount that a formula reads.
    pub(super) fn target(&mut self, read: &TargetRead, stretch: Stretch) -> Result<Number, Fault> {
        match self.amount(read, stretch) {
            Ok(amount) => Ok(Number::of(amount.normalize())),
            Err(Stop::Unknown(why)) => Ok(Number::Unknown(why)),
            Err(Stop::Fault(fault)) => Err(fault),
        }
    }

    pub(super) fn amount(&mut self, read: &TargetRead, stretch: Stretch) -> Result<Decimal, Stop> {
        if let Due::Forecast(errors) = read.due {
            return self.forecast_end(read, errors, stretch);
        }
        let program = self.program;
        let merged = self.merged(read.target)?;
        let written = || program.targets.get(read.target);
        let target = merged.as_ref().map(|merged| &merged.target).or_else(written).ok_or(Why::NoTarget)?;
        let (first, last) = stretch.days().ok_or(Why::NoPeriod)?;
        let asked_scope = self.source.scope();
        let wanted: Option<Named> = asked_scope.into_iter().map(|(dim, value)| Some((dim, value?))).collect();
        let wanted = wanted.ok_or(Why::NoTarget)?;
        // What is over is planned as on its last day.
        let today = if read.due == Due::Replanned { self.anchor.day.min(last) } else { self.anchor.day };
        let scopes = self.target_scopes(target, &wanted, (first, last))?.ok_or(Why::NoTarget)?;
        if !target.adds_up {
            let [(scope, days)] = &scopes[..] else { return Err(Why::NoTarget.into()) };
            let value = if days[..] == [(first, last)] { standing(target, scope, (first, last), today) } else { None };
            return value.ok_or(Why::NoTarget.into());
        }
        let follows = read.due == Due::Replanned || target.splits.iter().any(|split| matches!(split.by, SplitBy::Like(..)));
        let mut total: i128 = 0;
        for (scope, days) in &scopes {
            for days in days {
                let part = if follows && *scope != wanted {
                    // What has come of it, and came of it earlier, has so at its own scope.
                    self.at_scope(scope, |there| Ok(there.of_scope((target, read.due), scope, *days, today)))??
                } else {
                    self.of_scope((target, read.due), scope, *days, today)?
                };
                total = total.checked_add(part).ok_or(Why::OutOfRange)?;
            }
        }
        let total = Decimal::try_from_i128_with_scale(total, 0).ok().and_then(|total| total.checked_mul(target.step));
        total.ok_or(Why::OutOfRange.into())
    }

    /// The amount of one of its scopes on the asked days, in steps, as of a day.
    fn of_scope(&mut self, (target, due): (&Target, Due), scope: &Named, (first, last): Days, today: Day) -> Result<i128, Stop> {
        let mut total: i128 = 0;
        let mut covered = first;
        for period in periods(target, (first, last)) {
            let Some(versions) = versions(target, scope, period, today)? else { continue };
            if period.first > covered {
                break;
            }
            covered = period.last.plus(1);
            let plan = Plan { target, period, versions };
            let asked = (first.max(period.first), last.min(period.last));
            let part = match due {
                Due::Whole | Due::Forecast(_) => self.due(&plan, asked)?,
                Due::ByNow => self.due(&plan, (asked.0, asked.1.min(today)))?,
                Due::Replanned => self.replanned(&plan, asked, today)?,
            };
            total = total.checked_add(part).ok_or(Why::OutOfRange)?;
        }
        if covered <= last {
            return Err(Why::NoTarget.into());
        }
        Ok(total)
    }

    /// What the asked days are due: each version gives its own days their parts of what the versions before it have left.
    fn due(&mut self, plan: &Plan<'_>, asked: Days) -> Result<i128, Stop> {
        if asked.0 > asked.1 {
            return Ok(0);
        }
        let last = plan.versions.last().map_or(0, |(_, amount)| *amount);
        if asked == (plan.period.first, plan.period.last) {
            return Ok(last);
        }
        let (mut total, mut given) = (0i128, 0i128);
        for (place, (start, amount)) in plan.versions.iter().enumerate() {
            let end = plan.versions.get(place + 1).map_or(plan.period.last, |next| next.0.plus(-1));
            let rest = amount.checked_sub(given).ok_or(Why::OutOfRange)?;
            let over = (*start, plan.period.last);
            total += self.spread(plan, rest, over, &plan.target.splits, within(asked, (*start, end)))?;
            if asked.1 > end {
                given += self.spread(plan, rest, over, &plan.target.splits, (*start, end))?;
            }
        }
        Ok(total)
    }

    /// What the asked days get of an amount that is spread over the days `over`.
    fn spread(&mut self, plan: &Plan<'_>, amount: i128, over: Days, splits: &[Split], asked: Days) -> Result<i128, Stop> {
        if asked.0 > asked.1 {
            return Ok(0);
        }
        if asked == over {
            return Ok(amount);
        }
        let reckoning = self.program.reckoning;
        let Some((split, finer)) = splits.split_first() else { return evenly(amount, over, asked).ok_or(Why::OutOfRange.into()) };
        if split.grain >= plan.period.grain {
            return self.spread(plan, amount, over, finer, asked);
        }
        let parts = Period::within(over, split.grain, reckoning);
        let mut weights = Vec::with_capacity(parts.len());
        for part in &parts {
            weights.push(self.weight(plan, split, *part, over)?);
        }
        let shares = apportion(amount, &in_whole_days(weights)?).ok_or(Why::NoCurve)?;
        let mut total = 0i128;
        for (part, share) in parts.iter().zip(shares) {
            let days = within((part.first, part.last), over);
            total += self.spread(plan, share, days, finer, within(asked, days))?;
        }
        Ok(total)
    }

    /// The weight of a part, how many of its days are among those that something is spread over, and how many it has.
    fn weight(&mut self, plan: &Plan<'_>, split: &Split, part: Period, over: Days) -> Result<(Decimal, i32, i32), Stop> {
        let n_days = |(first, last): Days| last.0 - first.0 + 1;
        let whole = (part.first, part.last);
        let taken = n_days(within(whole, over));
        match &split.by {
            SplitBy::Weights(weights) => {
                let place = plan.period.parts(split.grain, self.program.reckoning).iter().position(|one| *one == part);
                let weight = place.and_then(|place| weights.get(place)).copied().ok_or(Why::NoCurve)?;
                Ok((weight, taken, n_days(within(whole, (plan.period.first, plan.period.last)))))
            }
            SplitBy::Like(metric, year) => {
                let before = counterpart(part, plan.period, *year, self.program.reckoning);
                let mut value = self.within(*metric, before)?.ok_or(Why::NoCurve)?;
                let (program, reckoning) = (self.program, self.program.reckoning);
                let earlier = year.unwrap_or_else(|| plan.period.whole_year(-1, reckoning));
                let back = Back { own: plan.period.whole_year(0, reckoning), earlier, grain: split.grain };
                for (day, like) in back.aligned(program, &split.along).range(part.first..=part.last) {
                    let (gained, lost) = (self.on_day(*metric, *like)?, self.on_day(*metric, back.ordinary(program, *day))?);
                    value = gained.checked_sub(lost).and_then(|moved| value.checked_add(moved)).ok_or(Why::OutOfRange)?;
                }
                Ok((value, taken, n_days(whole)))
            }
        }
    }

    /// The value of a metric on a day; 0 before anything of the scope had been seen.
    fn on_day(&mut self, metric: MetricIdx, day: Day) -> Result<Decimal, Fault> {
        let period = Period::holding(Grain::Day, day, self.program.reckoning);
        Ok(self.within(metric, period)?.unwrap_or_default())
    }

    /// The value of a metric in a period; None when it is unknown, or nothing of the scope had been seen by its end and no row
    /// lies there by its clock.
    fn within(&mut self, metric: MetricIdx, period: Period) -> Result<Option<Decimal>, Fault> {
        if !self.anything_by(metric, period.last)? {
            return Ok(None);
        }
        let (anchor, home) = Anchor::of(self.program, self.anchor.zone, When::Period(period), self.anchor.at);
        Ok(self.anchored(anchor, &Formula::Metric(metric), home)?.decimal())
    }

    /// Whether the days up to one say something of a metric at the scope.
    fn anything_by(&mut self, metric: MetricIdx, last: Day) -> Result<bool, Fault> {
        let leaves = self.program.metrics.get(metric).map_or(&[][..], |metric| &metric.leaves);
        self.says_something(leaves.iter().copied(), last)
    }

    /// What came on those of the asked days whose parts are over, and what the others are due when all that is missing so far
    /// is spread over them.
    fn replanned(&mut self, plan: &Plan<'_>, asked: Days, day: Day) -> Result<i128, Stop> {
        let shortest = plan.target.splits.iter().map(|split| split.grain).filter(|grain| *grain < plan.period.grain).min();
        let part = Period::holding(shortest.unwrap_or(Grain::Day), day, self.program.reckoning);
        let over = (part.first.max(plan.period.first), plan.period.last);
        let closed = within(asked, (plan.period.first, over.0.plus(-1)));
        let mut total = 0i128;
        if closed.0 <= closed.1 {
            // Each part as the difference of two sums from the beginning, so that all of them add up.
            let before = self.came(plan, closed.0.plus(-1), day)?;
            total = self.came(plan, closed.1, day)?.checked_sub(before).ok_or(Why::OutOfRange)?;
        }
        let open = within(asked, over);
        if open.0 <= open.1 {
            let whole = plan.versions.last().map_or(0, |(_, amount)| *amount);
            let rest = whole.checked_sub(self.came(plan, over.0.plus(-1), day)?).ok_or(Why::OutOfRange)?.max(0);
            total = self.spread(plan, rest, over, &plan.target.splits, open)?.checked_add(total).ok_or(Why::OutOfRange)?;
        }
        Ok(total)
    }

    /// What has come from the first day of a period to one of its days, in whole steps, as it is seen on a day; nothing of a scope
    /// that had not begun.
    fn came(&mut self, plan: &Plan<'_>, last: Day, day: Day) -> Result<i128, Stop> {
        if last < plan.period.first || !self.anything_by(plan.target.metric, last)? {
            return Ok(0);
        }
        let (metric, days) = (Formula::Metric(plan.target.metric), Span::Days(plan.period.first, last));
        let come = match self.anchored(self.anchor.by(self.program, day), &metric, days.into())? {
            Number::Unknown(why) => return Err(why.into()),
            known => known.decimal().ok_or(Why::NoRows)?,
        };
        // Rounded so that the whole is met.
        let steps = come.checked_div(plan.target.step).ok_or(Why::OutOfRange)?.floor();
        Ok(i128::try_from(steps).map_err(|_| Why::OutOfRange)?)
    }
}

fn within(a: Days, b: Days) -> Days {
    (a.0.max(b.0), a.1.min(b.1))
}

/// Weights of parts of which not all days are taken, in a common measure.
fn in_whole_days(parts: Vec<(Decimal, i32, i32)>) -> Result<Vec<Decimal>, Why> {
    let measure =
        parts.iter().filter(|(_, taken, all)| taken != all).try_fold(1i64, |product, (_, _, all)| product.checked_mul((*all).into()));
    let measure = Decimal::from(measure.ok_or(Why::OutOfRange)?);
    let weight = |(weight, taken, all): &(Decimal, i32, i32)| {
        let share = if taken == all { measure } else { Decimal::from(*taken).checked_mul(measure.checked_div(Decimal::from(*all))?)? };
        weight.checked_mul(share)
    };
    parts.iter().map(|part| weight(part).ok_or(Why::OutOfRange)).collect()
}

/// The same part of an earlier year.
fn counterpart(part: Period, period: Period, year: Option<Period>, reckoning: Reckoning) -> Period {
    let years = year.map_or(1, |year| period.year(reckoning) - year.year(reckoning));
    part.years_later(-years, reckoning)
}

/// The periods of a target's lines with days in a range, in order.
pub(super) fn periods(target: &Target, days: Days) -> BTreeSet<Period> {
    target.rows.iter().map(|row| row.period).filter(|period| period.first <= days.1 && days.0 <= period.last).collect()
}

/// The lines that speak of a scope in a period, as of a day: each with its first day, in order.
pub(super) fn lines<'p>(target: &'p Target, scope: &Named, period: Period, today: Day) -> Vec<(Day, &'p TargetRow)> {
    let mut lines: Vec<&TargetRow> = target.rows.iter().filter(|row| row.period == period && row.agrees(scope)).collect();
    // Before the earliest one nothing was agreed on that it could revise.
    let earliest = lines.iter().map(|row| row.from).min().flatten();
    let counts_from = |row: &TargetRow| row.from.map(|from| if Some(from) == earliest { from.min(period.first) } else { from });
    lines.retain(|row| counts_from(row).is_none_or(|from| from <= today));
    let starts: BTreeSet<Option<Day>> = lines.iter().map(|row| counts_from(row)).collect();
    let mut found: Vec<(Day, &TargetRow)> = Vec::new();
    for start in starts {
        // Of the lines that count by then the one that names most does, and of those the latest.
        let best = lines.iter().filter(|row| counts_from(row) <= start).max_by_key(|row| (row.scope.len(), row.from));
        let first = start.map_or(period.first, |start| start.max(period.first));
        let Some(best) = best.filter(|best| first <= period.last && found.last().is_none_or(|(_, before)| before != *best)) else {
            continue;
        };
        found.retain(|(day, _)| *day < first);
        found.push((first, best));
    }
    found
}

/// The versions of the amount for a scope and period, in steps; None when there are none.
fn versions(target: &Target, scope: &Named, period: Period, today: Day) -> Result<Option<Vec<(Day, i128)>>, Why> {
    let mut versions = Vec::new();
    for (day, row) in lines(target, scope, period, today) {
        let steps = row.value.checked_div(target.step).and_then(|steps| i128::try_from(steps).ok()).ok_or(Why::OutOfRange)?;
        let Some(steps) = divided(target, row, scope, steps)? else { return Ok(None) };
        versions.push((day, steps));
    }
    Ok((!versions.is_empty()).then_some(versions))
}

/// The part of a line's amount that a scope gets; None when a value has no share.
fn divided(target: &Target, row: &TargetRow, scope: &Named, amount: i128) -> Result<Option<i128>, Why> {
    let mut amount = amount;
    for division in target.divisions.iter().filter(|division| !row.scope.iter().any(|(dim, _)| *dim == division.dim)) {
        let value = scope.iter().find(|(dim, _)| *dim == division.dim).map(|(_, value)| value);
        let Some(place) = division.shares.iter().position(|(name, _)| Some(name) == value) else { return Ok(None) };
        let weights: Vec<Decimal> = division.shares.iter().map(|(_, share)| *share).collect();
        let shares = apportion(amount, &weights).ok_or(Why::OutOfRange)?;
        amount = shares.get(place).copied().ok_or(Why::OutOfRange)?;
    }
    Ok(Some(amount))
}

/// The value that holds for all days of a range, where parts are expected to be as the whole.
fn standing(target: &Target, scope: &Named, (first, last): Days, today: Day) -> Option<Decimal> {
    let mut covered = first;
    let mut value = None;
    for period in periods(target, (first, last)) {
        let Some((_, row)) = lines(target, scope, period, today.min(last)).pop() else { continue };
        if period.first > covered || value.is_some_and(|value| value != row.value) {
            return None;
        }
        covered = period.last.plus(1);
        value = Some(row.value);
    }
    value.filter(|_| covered > last)
}
