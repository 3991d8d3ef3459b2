//! Targets, day by day: every day of a target's period gets its amount, as each version spreads it; what is asked for is a
//! sum of days.

use super::formula::{Asked, number};
use super::{Frame, Moment, OracleAggregate, Place};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use steelyard::compile::program::{DimIdx, Due, Formula, Split, SplitBy, Target, TargetRead, TargetRow};
use steelyard::time::{Day, Grain, Period};

/// Days and what they are due together, in steps; None when that is unknown. Days of their own where the split is known.
type Blocks = Vec<(Vec<Day>, Option<i128>)>;
/// The values of all dimensions of a target.
type Named = BTreeMap<DimIdx, String>;

fn days(first: Day, last: Day) -> Vec<Day> {
    (first.0..=last.0).map(Day).collect()
}

/// A version that counts, and the first day on which it does.
fn versions<'t>(target: &'t Target, scope: &Named, period: Period, today: Day) -> Vec<(Day, &'t TargetRow)> {
    let names = |row: &TargetRow| row.scope.iter().all(|(dim, value)| scope.get(dim).is_some_and(|own| **own == **value));
    let rows: Vec<&TargetRow> = target.rows.iter().filter(|row| row.period == period && names(row)).collect();
    let mut found: Vec<(Day, &TargetRow)> = Vec::new();
    for day in days(period.first, period.last) {
        // What nothing came before counts from the beginning of the period, even if it says a later day.
        let first = |row: &TargetRow| rows.iter().all(|other| other.from >= row.from);
        let begun = |row: &TargetRow, by: Day| row.from.is_none_or(|from| from <= by) || first(row) && period.first <= by;
        let counts = |row: &&&TargetRow| begun(row, today) && begun(row, day);
        let best = rows.iter().filter(counts).max_by_key(|row| (row.scope.len(), row.from));
        if let Some(best) = best
            && found.last().is_none_or(|(_, last)| last != best)
        {
            found.push((day, best));
        }
    }
    found
}

/// Every scope of all the target's dimensions within the asked one; None when a line is for any scope whatever.
fn scopes(target: &Target, wanted: &Named) -> Option<BTreeSet<Named>> {
    let mut found = BTreeSet::new();
    for row in &target.rows {
        let differs = |(dim, value): &(DimIdx, Box<str>)| wanted.get(dim).is_some_and(|own| **own != **value);
        if wanted.len() < target.dims.len() && row.scope.iter().any(differs) {
            continue;
        }
        let mut all = vec![wanted.clone()];
        for dim in &target.dims {
            if wanted.contains_key(dim) {
                continue;
            }
            let own = row.scope.iter().find(|(named, _)| named == dim).map(|(_, value)| vec![value.to_string()]);
            let shares = || target.divisions.iter().find(|division| division.dim == *dim);
            let values = own.or_else(|| Some(shares()?.shares.iter().map(|(value, _)| value.to_string()).collect()))?;
            all = all
                .iter()
                .flat_map(|scope| values.iter().map(|value| scope.clone().into_iter().chain([(*dim, value.clone())]).collect()))
                .collect();
        }
        found.extend(all);
    }
    Some(found)
}

/// Hands out an amount one by one where the most is missing, the first part among equals.
fn shared(amount: i128, weights: &[Decimal]) -> Option<Vec<i128>> {
    if weights.iter().any(|weight| weight.is_sign_negative() && !weight.is_zero()) || weights.iter().all(Decimal::is_zero) {
        return None;
    }
    let scale = weights.iter().map(Decimal::scale).max()?;
    let whole: Vec<i128> = weights.iter().map(|weight| weight.mantissa() * 10i128.pow(scale - weight.scale())).collect();
    let sum: i128 = whole.iter().sum();
    let mut given: Vec<i128> = whole.iter().map(|weight| (amount * weight).div_euclid(sum)).collect();
    let mut open: BTreeSet<usize> = (0..given.len()).collect();
    while given.iter().sum::<i128>() < amount {
        let missing = |&&part: &&usize| (amount * whole[part] - given[part] * sum, std::cmp::Reverse(part));
        let part = *open.iter().max_by_key(missing)?;
        open.remove(&part);
        given[part] += 1;
    }
    Some(given)
}

/// What a range of days is due together; None when it takes a part of days that are only known together.
fn sum(table: &Blocks, first: Day, last: Day) -> Option<i128> {
    sum_of(table, |day| first <= *day && *day <= last)
}

fn sum_of(table: &Blocks, inside: impl Fn(&Day) -> bool) -> Option<i128> {
    let part = |(days, amount): &(Vec<Day>, Option<i128>)| match days.iter().filter(|day| inside(day)).count() {
        0 => Some(0),
        n if n == days.len() => *amount,
        _ => None,
    };
    table.iter().map(part).sum()
}

/// What stands before a day.
fn kept(table: Blocks, start: Day) -> Blocks {
    let cut = |(days, amount): (Vec<Day>, Option<i128>)| {
        let before: Vec<Day> = days.iter().copied().filter(|day| *day < start).collect();
        let amount = if before.len() == days.len() { amount } else { None };
        (!before.is_empty()).then_some((before, amount))
    };
    table.into_iter().filter_map(cut).collect()
}

impl Moment<'_> {
    /// The target's own scopes that make up the asked one, each with its days of a range.
    fn made_of(&self, target: &Target, asked: &Asked<'_>, (first, last): (Day, Day)) -> Option<Vec<(Named, BTreeSet<Day>)>> {
        let wanted: Named = asked.place.iter().map(|(dim, value)| Some((*dim, value.clone()?))).collect::<Option<_>>()?;
        let (own, above): (Named, Named) = wanted.into_iter().partition(|(dim, _)| target.dims.contains(dim));
        let scopes = if own.len() == target.dims.len() { [own].into() } else { scopes(target, &own)? };
        let mut found: Vec<(Named, BTreeSet<Day>)> = Vec::new();
        for scope in scopes {
            let mut inside = BTreeSet::new();
            for day in days(first, last) {
                let mut lies = true;
                for (dim, value) in &above {
                    lies &= self.climbed_from(&scope, (*dim, day))? == *value;
                }
                inside.extend(lies.then_some(day));
            }
            if !inside.is_empty() {
                found.push((scope, inside));
            }
        }
        Some(found)
    }

    /// What a target says; None is unknown.
    pub fn target(&self, read: &TargetRead, asked: &Asked<'_>) -> Option<Decimal> {
        let merged = self.with_told(&self.oracle.program.targets[read.target]);
        let target = &merged;
        if let Due::Forecast(errors) = read.due {
            return super::forecast::end(self, read, target.metric, errors, asked);
        }
        let (first, last) = asked.whole?;
        let scopes = self.made_of(target, asked, (first, last))?;
        if scopes.is_empty() {
            return None;
        }
        // A plan made anew is as of the last of the asked days, when that is over.
        let today = if read.due == Due::Replanned { asked.anchor.min(last) } else { asked.anchor };
        let seen_then = &Asked {
            anchor: today,
            end: if today < asked.anchor { asked.end.min(asked.clocks.end_of(today)) } else { asked.end },
            ..asked.clone()
        };
        let asked = seen_then;
        let mut total = 0;
        let mut same = BTreeSet::new();
        for (scope, inside) in &scopes {
            let place: Place = scope.iter().map(|(dim, value)| (*dim, Some(value.clone()))).collect();
            let there = Asked { place: &place, ..asked.clone() };
            let mut table = Blocks::new();
            for period in target.rows.iter().map(|row| row.period).collect::<BTreeSet<_>>() {
                if days(period.first, period.last).iter().all(|day| !inside.contains(day)) {
                    continue;
                }
                if !target.adds_up {
                    let Some((_, row)) = versions(target, scope, period, today.min(last)).pop() else { continue };
                    same.insert(row.value);
                    table.push((days(period.first, period.last), Some(0)));
                    continue;
                }
                let all = days(period.first, period.last).iter().all(|day| inside.contains(day));
                let whole = all
                    && match read.due {
                        Due::Whole | Due::Forecast(_) => true,
                        Due::ByNow => period.last <= today,
                        Due::Replanned => false,
                    };
                table.extend(self.table(target, scope, period, read.due, whole, &there)?);
            }
            let known: BTreeSet<Day> = table.iter().flat_map(|(days, _)| days.iter().copied()).collect();
            if !inside.is_subset(&known) {
                return None;
            }
            if target.adds_up {
                let until = if read.due == Due::ByNow { last.min(today) } else { last };
                total += sum_of(&table, |day| inside.contains(day) && *day <= until)?;
            }
        }
        if !target.adds_up {
            let whole = scopes.len() == 1 && scopes[0].1.len() == days(first, last).len();
            return same.pop_first().filter(|_| same.is_empty() && whole);
        }
        Some((Decimal::from(total) * target.step).normalize())
    }

    /// What the days of a period are due; empty when no version counts from its first day. `whole` asks for nothing but
    /// their sum, which needs no history.
    fn table(&self, target: &Target, scope: &Named, period: Period, due: Due, whole: bool, asked: &Asked<'_>) -> Option<Blocks> {
        let versions = versions(target, scope, period, asked.anchor);
        if versions.first().is_none_or(|(day, _)| *day != period.first) {
            return Some(Blocks::new());
        }
        let mut table = Blocks::new();
        let mut amount = 0;
        for (start, row) in versions {
            amount = i128::try_from(row.value / target.step).unwrap();
            for division in target.divisions.iter().filter(|division| !row.scope.iter().any(|(dim, _)| *dim == division.dim)) {
                let value = &scope[&division.dim];
                let Some(place) = division.shares.iter().position(|(name, _)| **name == **value) else { return Some(Blocks::new()) };
                let weights: Vec<Decimal> = division.shares.iter().map(|(_, share)| *share).collect();
                amount = shared(amount, &weights)?[place];
            }
            let given = sum(&table, period.first, start.plus(-1));
            let open = days(start, period.last);
            table = kept(table, start);
            match given {
                Some(given) => table.extend(self.spread(period, &open, amount - given, &target.splits, asked)),
                None => table.push((open, None)),
            }
        }
        if whole {
            return Some(vec![(days(period.first, period.last), Some(amount))]);
        }
        if due == Due::Replanned {
            table = self.replanned(target, period, amount, asked)?;
        }
        Some(table)
    }

    fn spread(&self, period: Period, over: &[Day], amount: i128, splits: &[Split], asked: &Asked<'_>) -> Blocks {
        let reckoning = self.oracle.program.reckoning;
        let Some(at) = splits.iter().position(|split| split.grain < period.grain) else {
            let n = i128::try_from(over.len()).unwrap();
            let by = |days: i128| (amount * days).div_euclid(n);
            return over.iter().zip(0..).map(|(day, before)| (vec![*day], Some(by(before + 1) - by(before)))).collect();
        };
        let split = &splits[at];
        let mut parts: BTreeMap<Period, Vec<Day>> = BTreeMap::new();
        over.iter().for_each(|day| parts.entry(Period::holding(split.grain, *day, reckoning)).or_default().push(*day));
        let weights = self.weights(period, &parts, split, asked);
        let Some(shares) = weights.and_then(|weights| shared(amount, &weights)) else { return vec![(over.to_vec(), Some(amount))] };
        let spread = |(taken, amount): (&Vec<Day>, i128)| self.spread(period, taken, amount, &splits[at + 1..], asked);
        parts.values().zip(shares).flat_map(spread).collect()
    }

    fn weights(&self, period: Period, parts: &BTreeMap<Period, Vec<Day>>, split: &Split, asked: &Asked<'_>) -> Option<Vec<Decimal>> {
        let part_of = |day: &Day| Period::holding(split.grain, *day, self.oracle.program.reckoning);
        let own = days(period.first, period.last);
        let n_all = |part: &Period| match split.by {
            SplitBy::Weights(_) => own.iter().filter(|day| part_of(day) == *part).count(),
            SplitBy::Like(..) => days(part.first, part.last).len(),
        };
        let measure: usize = parts.iter().filter(|(part, taken)| taken.len() != n_all(part)).map(|(part, _)| n_all(part)).product();
        let mut weights = Vec::new();
        for (part, taken) in parts {
            let weight = match &split.by {
                SplitBy::Weights(weights) => {
                    let order: BTreeSet<Period> = own.iter().map(part_of).collect();
                    weights[order.iter().position(|one| one == part)?]
                }
                SplitBy::Like(metric, year) => {
                    self.before(*metric, *part, period, *year, asked)? + self.along(*metric, (split, *part), (period, *year), asked)
                }
            };
            weights.push(weight * Decimal::from(taken.len() * measure / n_all(part)));
        }
        Some(weights)
    }

    /// What the days of a part gain or lose because the days of named events are like those of their time in the earlier year:
    /// every day of a long year is laid beside the one that it is like, and two change places.
    fn along(
        &self,
        metric: usize,
        (split, part): (&Split, Period),
        (period, year): (Period, Option<Period>),
        asked: &Asked<'_>,
    ) -> Decimal {
        let program = self.oracle.program;
        let reckoning = program.reckoning;
        let whole = |day: Day| Period::holding(Grain::Year, day, reckoning);
        let own = whole(if period.grain == Grain::Week { period.first.plus(3) } else { period.first });
        let earlier = year.unwrap_or_else(|| whole(own.first.plus(-180)));
        let ordinary = |day: Day| {
            let here = Period::holding(split.grain, day, reckoning);
            let there = self.counterpart(here, period, year).unwrap();
            there.first.plus(day.0 - here.first.0).min(there.last)
        };
        let days = days(own.first.plus(-40), own.last.plus(40));
        let mut like: Vec<Day> = days.iter().map(|day| ordinary(*day)).collect();
        for occasion in &split.along {
            let time = |year: Period| {
                let begins = |(first, _): &&(Day, Day)| year.first <= *first && *first <= year.last;
                program.occasions[*occasion].days.iter().rfind(begins).copied()
            };
            let (Some(now), Some(before)) = (time(own), time(earlier)) else { continue };
            for place in 0..=(now.1.0 - now.0.0).min(before.1.0 - before.0.0) {
                let own = days.iter().position(|day| *day == now.0.plus(place)).unwrap();
                match like.iter().position(|day| *day == before.0.plus(place)) {
                    Some(other) => like.swap(own, other),
                    None => like[own] = before.0.plus(place),
                }
            }
        }
        let value = |day: Day| self.before_of(metric, Period::holding(Grain::Day, day, reckoning), asked).unwrap_or_default();
        let inside = days.iter().zip(like).filter(|(day, _)| part.first <= **day && **day <= part.last);
        inside.map(|(day, like)| if like == ordinary(*day) { Decimal::ZERO } else { value(like) - value(ordinary(*day)) }).sum()
    }

    /// The same part of an earlier year, found by its label. In a year of weeks a day is found by its place in its month.
    fn counterpart(&self, part: Period, period: Period, year: Option<Period>) -> Option<Period> {
        let number_of = |period: Period| period.to_string()[..4].parse::<i32>().unwrap();
        let years = year.map_or(1, |year| number_of(period) - number_of(year));
        let reckoning = self.oracle.program.reckoning;
        if part.grain == Grain::Day && reckoning.weeks.is_some() {
            let day = super::before::months_back(part.first, 12 * u32::try_from(years).unwrap(), reckoning);
            return Some(Period::holding(Grain::Day, day, reckoning));
        }
        let label = format!("{:04}{}", number_of(part) - years, &part.to_string()[4..]);
        let earlier = [label.clone(), label.replace("-W53", "-W52"), label.replace("02-29", "02-28")];
        earlier.iter().find_map(|label| Period::parse(label, reckoning).ok())
    }

    /// The value of a metric in the same part of an earlier year.
    fn before(&self, metric: usize, part: Period, period: Period, year: Option<Period>, asked: &Asked<'_>) -> Option<Decimal> {
        self.before_of(metric, self.counterpart(part, period, year)?, asked)
    }

    /// The value of a metric in a period, when anything had been seen by its end.
    fn before_of(&self, metric: usize, before: Period, asked: &Asked<'_>) -> Option<Decimal> {
        let seen = self.began(asked.place, &asked.clocks).is_some_and(|first| first < asked.clocks.end_of(before.last));
        let leaves = &self.oracle.program.metrics[metric].leaves;
        if !seen && !self.any_row(leaves, (Day(i32::MIN), before.last), asked) {
            return None;
        }
        number(self.formula(&Formula::Metric(metric), &self.asked(asked.place, Frame::Within(before))))
    }

    /// The aggregates of the years whose history a target follows, and of its own periods when it is planned anew.
    pub fn behind_target(&self, read: &TargetRead, asked: &Asked<'_>, found: &mut Vec<OracleAggregate>) {
        let target = &self.oracle.program.targets[read.target];
        let mut within = |metric: usize, period: Period| {
            self.aggregates(&Formula::Metric(metric), &self.asked(asked.place, Frame::Within(period)), found);
        };
        for period in target.rows.iter().map(|row| row.period) {
            let reckoning = self.oracle.program.reckoning;
            let fourth = if period.grain == Grain::Week { period.first.plus(3) } else { period.first };
            let year = Period::holding(Grain::Year, super::before::months_back(fourth, 12, reckoning), reckoning);
            for split in &target.splits {
                if let SplitBy::Like(metric, named) = split.by {
                    within(metric, named.unwrap_or(year));
                }
            }
            if matches!(read.due, Due::Replanned | Due::Forecast(_)) {
                within(target.metric, period);
            }
        }
    }

    /// The first day of the part of a period that holds today.
    fn open(&self, target: &Target, period: Period, today: Day) -> Day {
        let grains = target.splits.iter().map(|split| split.grain).filter(|grain| *grain < period.grain);
        Period::holding(grains.min().unwrap_or(Grain::Day), today, self.oracle.program.reckoning).first
    }

    /// The parts before the one that holds today get what came in them, day by day; from it on the days get what has not come.
    fn replanned(&self, target: &Target, period: Period, amount: i128, asked: &Asked<'_>) -> Option<Blocks> {
        let start = self.open(target, period, asked.anchor);
        let (closed, open): (Vec<Day>, Vec<Day>) = days(period.first, period.last).into_iter().partition(|day| *day < start);
        let mut table = Blocks::new();
        let mut come = Some(0);
        for day in closed {
            // What came by a day far from the asked ones makes no difference.
            let near = asked.whole.is_some_and(|(first, last)| first.plus(-1) <= day && day <= last);
            if !near && day.plus(1) < start {
                table.push((vec![day], None));
                continue;
            }
            let by_then = self.came(target, period, day, asked);
            table.push((vec![day], by_then.zip(come).map(|(by_then, come)| by_then - come)));
            come = by_then;
        }
        if !open.is_empty() {
            match come {
                Some(come) => table.extend(self.spread(period, &open, (amount - come).max(0), &target.splits, asked)),
                None => table.push((open, None)),
            }
        }
        Some(table)
    }

    /// How many whole steps have come from the first day of a period to another one.
    fn came(&self, target: &Target, period: Period, last: Day, asked: &Asked<'_>) -> Option<i128> {
        let leaves = &self.oracle.program.metrics[target.metric].leaves;
        let seen = self.began(asked.place, &asked.clocks).is_some_and(|first| first < asked.clocks.end_of(last));
        if !seen && !self.any_row(leaves, (Day(i32::MIN), last), asked) {
            return Some(0);
        }
        let come = number(self.formula(&Formula::Metric(target.metric), &asked.over(period.first, last)))?;
        Some(i128::try_from((come / target.step).floor()).unwrap())
    }
}
