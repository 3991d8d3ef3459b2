//! The same number earlier, and what is made of several of them.

use super::formula::{Asked, Span, number};
use super::{Moment, OracleAggregate};
use rust_decimal::Decimal;
use steelyard::compile::program::{Bands, Formula, Scalar, Shift, Statistic};
use steelyard::time::{Day, Grain, Period, Reckoning};

/// The last day that is so many months earlier and not later in its month.
pub fn months_back(day: Day, months: u32, reckoning: Reckoning) -> Day {
    let own = Period::holding(Grain::Month, day, reckoning);
    let label = own.to_string();
    let (year, month): (i32, i32) = (label[..4].parse().unwrap(), label[5..7].parse().unwrap());
    let all = year * 12 + month - 1 - i32::try_from(months).unwrap();
    let month = Period::parse(&format!("{:04}-{:02}", all.div_euclid(12), all.rem_euclid(12) + 1), reckoning).unwrap();
    (own.first.0..=day.0).rev().map(|place| month.first.plus(place - own.first.0)).find(|day| *day <= month.last).unwrap()
}

pub fn back(day: Day, shift: Shift, reckoning: Reckoning) -> Day {
    match shift.grain.unwrap() {
        Grain::Day => day.plus(-i32::try_from(shift.count).unwrap()),
        Grain::Week => day.plus(-7 * i32::try_from(shift.count).unwrap()),
        Grain::Month => months_back(day, shift.count, reckoning),
        Grain::Quarter => months_back(day, 3 * shift.count, reckoning),
        Grain::Year => months_back(day, 12 * shift.count, reckoning),
    }
}

/// A value on its band.
pub fn banded(bands: &Bands, value: Decimal) -> Option<Decimal> {
    let found = match bands {
        Bands::Steps { below, steps } => {
            let mut found = *below;
            for (limit, strict, result) in steps {
                if value > *limit || (!strict && value == *limit) {
                    found = *result;
                }
            }
            found
        }
        Bands::Tiers { below, tiers } => {
            let mut limits: Vec<Decimal> = tiers.iter().map(|(limit, _)| *limit).collect();
            limits.push(Decimal::MAX);
            let parts = tiers.iter().zip(&limits[1..]).map(|((from, rate), to)| (value.min(*to) - *from).max(Decimal::ZERO) * *rate);
            value.min(limits[0]) * *below + parts.sum::<Decimal>()
        }
        Bands::Curve(curve) => steelyard::eval::points(curve, value)?,
    };
    Some(found.normalize())
}

impl Moment<'_> {
    pub fn earlier<'p>(&self, shift: Shift, asked: &Asked<'p>) -> Option<Asked<'p>> {
        let reckoning = self.oracle.program.reckoning;
        let closing = |day: Day| asked.clocks.end_of(day).min(self.at);
        if let (Span::Days(first, last), Some(named), None | Some(Grain::Year)) = (asked.span, asked.named, shift.grain) {
            return self.earlier_occasion(shift, asked, (first, last), named);
        }
        if let (Span::Days(_, last), Some(run)) = (asked.span, asked.run) {
            return Some(self.earlier_run(shift, asked, last, run));
        }
        match (asked.span, asked.period) {
            (Span::Days(first, last), Some(period)) => {
                let mut before = period;
                match shift.grain {
                    None => (0..shift.count).for_each(|_| before = before.previous(reckoning)),
                    Some(_) => {
                        let day = if period.grain == Grain::Week { period.first.plus(3) } else { period.first };
                        before = Period::holding(period.grain, back(day, shift, reckoning), reckoning);
                    }
                }
                // A period that has not begun is asked for as its first day.
                let last = last.max(first);
                let end = if last >= period.last { before.last } else { before.first.plus(last.0 - first.0).min(before.last) };
                let anchor = end.plus(asked.anchor.0 - last.0);
                let whole = Some((before.first, before.last));
                Some(Asked {
                    anchor,
                    end: closing(anchor),
                    span: Span::Days(before.first, end),
                    whole,
                    period: Some(before),
                    ..asked.clone()
                })
            }
            (Span::Days(Day(i32::MIN), _), None) => None,
            (Span::Days(first, last), None) => {
                let length = last.0 - first.0 + 1;
                let moved = |day: Day| match shift.grain {
                    Some(_) => back(day, shift, reckoning),
                    None => day.plus(-length * i32::try_from(shift.count).unwrap()),
                };
                let (end, anchor) = (moved(last), moved(asked.anchor));
                let first = end.plus(1 - length);
                Some(Asked {
                    anchor,
                    end: closing(anchor),
                    span: Span::Days(first, end),
                    whole: Some((first, end)),
                    named: None,
                    ..asked.clone()
                })
            }
            (Span::Elapsed(after, until), _) => {
                let seconds = match shift.grain {
                    Some(Grain::Day) => i64::from(shift.count) * 86_400,
                    Some(Grain::Week) => i64::from(shift.count) * 604_800,
                    Some(_) => return None,
                    None => (until.0 - after.0) / 1_000_000 * i64::from(shift.count),
                };
                let end = asked.end.plus_s(-seconds);
                let span = Span::Elapsed(after.plus_s(-seconds), until.plus_s(-seconds));
                Some(Asked { anchor: asked.clocks.day_of(end), end, span, named: None, ..asked.clone() })
            }
        }
    }

    /// The same days of another time that a named event came.
    fn earlier_occasion<'p>(
        &self,
        shift: Shift,
        asked: &Asked<'p>,
        (first, last): (Day, Day),
        (occasion, place): (usize, usize),
    ) -> Option<Asked<'p>> {
        let program = self.oracle.program;
        let days = &program.occasions[occasion].days;
        let year = |place: usize| days[place].0.to_string()[..4].parse::<u32>().unwrap();
        let wanted = match shift.grain {
            None => place.checked_sub(shift.count as usize)?,
            Some(_) => (0..days.len()).rev().find(|other| year(*other) + shift.count == year(place))?,
        };
        let (before, over) = (days[wanted], last >= days[place].1);
        let to = if over { before.1 } else { before.1.min(before.0.plus(last.0 - first.0)) };
        let anchor = to.plus(asked.anchor.0 - last.0);
        let (named, end) = (Some((occasion, wanted)), asked.clocks.end_of(anchor).min(self.at));
        Some(Asked { anchor, end, span: Span::Days(before.0, to), whole: Some(before), named, ..asked.clone() })
    }

    /// A formula so much earlier; unknown when nothing of the scope had been seen by then.
    pub fn shifted(&self, shift: Shift, inner: &Formula, asked: &Asked<'_>) -> Option<Scalar> {
        let earlier = self.earlier(shift, asked)?;
        let first = self.began(asked.place, &asked.clocks)?;
        let seen = match earlier.span {
            Span::Days(_, last) => first < earlier.clocks.end_of(last),
            Span::Elapsed(_, until) => first <= until,
        };
        if seen { self.formula(inner, &earlier) } else { None }
    }

    /// A statistic of earlier values.
    pub fn baseline(&self, statistic: Statistic, shift: Shift, inner: &Formula, asked: &Asked<'_>) -> Option<Decimal> {
        let values = (1..=shift.count).filter_map(|count| number(self.shifted(Shift { count, ..shift }, inner, asked)));
        let values: Vec<Decimal> = values.collect();
        if values.is_empty() || values.len() * 2 < shift.count as usize {
            return None;
        }
        match statistic {
            Statistic::Mean => Some(values.iter().sum::<Decimal>() / Decimal::from(values.len())),
            Statistic::Median => Some(middle(values)),
            Statistic::Deviation => {
                let center = middle(values.clone());
                Some(middle(values.iter().map(|value| (value - center).abs()).collect()) * Decimal::new(14_826, 4))
            }
        }
    }

    /// The aggregates of a formula so much earlier.
    pub fn behind_shift(&self, shift: Shift, inner: &Formula, asked: &Asked<'_>, found: &mut Vec<OracleAggregate>) {
        if let Some(earlier) = self.earlier(shift, asked) {
            self.aggregates(inner, &earlier, found);
        }
    }
}

fn middle(mut values: Vec<Decimal>) -> Decimal {
    values.sort();
    let n = values.len();
    if n % 2 == 1 { values[n / 2] } else { (values[n / 2 - 1] + values[n / 2]) / Decimal::TWO }
}
