//! What a metric was, month by month, and how it has grown.
//!
//! 1. Every month of the asked year is what the same month was a year before; when that is not over yet, what it was two years
//!    before, with the trend.
//! 2. The trend is the median of what each of the latest twelve months was against that of the year before; how sure it is
//!    tells 1.4826 times the median distance from it, as `deviation` of the language does.

use super::broken;
use crate::cli::Stop;
use crate::cli::replay::Loaded;
use crate::compile::program::{DimIdx, Formula, Program};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::engage;
use crate::engine::{Fault, When};
use crate::time::{Grain, Period};
use rust_decimal::{Decimal, RoundingStrategy};

/// The fewest months that tell a trend.
const TREND_MONTHS_MIN: usize = 3;

/// How many decimals of a ratio are kept.
const RATIO_DECIMALS: u32 = 6;

/// How many decimals what a month was with a trend has.
const BASIS_DECIMALS: u32 = 2;

/// 1.4826 makes the median distance about a standard deviation.
const SPREAD: Decimal = Decimal::from_parts(14_826, 0, 0, false, 4);

/// What a month of the asked year is to go by.
pub struct Month {
    /// The month that is asked for.
    pub of: Period,
    /// The one that it goes by.
    pub from: Period,
    /// What it was, with the trend when it lies two years back.
    pub value: Decimal,
}

/// How months have grown in a year, as shares of 1.
pub struct Trend {
    /// In the middle.
    pub median: Decimal,
    /// One robust deviation lower.
    pub low: Decimal,
    /// One robust deviation higher.
    pub high: Decimal,
    /// Of how many months.
    pub months: usize,
}

/// What was.
pub struct History {
    /// The months of the asked year, in order.
    pub months: Vec<Month>,
    /// Their sum.
    pub basis: Decimal,
    /// How months have grown; None when too few are known.
    pub trend: Option<Trend>,
}

impl History {
    /// The history of a metric for a year.
    pub fn of(program: &Program, loaded: &Loaded, metric: usize, year: Period) -> Result<History, Stop> {
        let trend = trend(program, loaded, metric).map_err(broken)?;
        let mut history = History { months: Vec::new(), basis: Decimal::ZERO, trend };
        for of in year.parts(Grain::Month, program.reckoning) {
            let before = of.years_later(-1, program.reckoning);
            let (from, factor) = match over(program, loaded, before) {
                true => (before, Some(Decimal::ONE)),
                false => (of.years_later(-2, program.reckoning), history.factor()),
            };
            let value = value(program, loaded, metric, from, &[]).map_err(broken)?;
            let value = value.zip(factor).and_then(|(value, factor)| carried(value, factor));
            let Some(value) = value.filter(|value| !value.is_sign_negative()) else {
                return Err(Stop::input(Diagnostic::general(&engage::MONTH_UNKNOWN).arg("month", before)));
            };
            history.basis = history.basis.saturating_add(value);
            history.months.push(Month { of, from, value });
        }
        Ok(history)
    }

    /// What the same months of a scope come to; None when nothing of it is known.
    pub fn basis_of(
        &self,
        program: &Program,
        loaded: &Loaded,
        metric: usize,
        scope: &[(DimIdx, Box<str>)],
    ) -> Result<Option<Decimal>, Fault> {
        let mut sum = None::<Decimal>;
        for month in &self.months {
            let factor = if month.is_year_before() { Some(Decimal::ONE) } else { self.factor() };
            let value = value(program, loaded, metric, month.from, scope)?.zip(factor).and_then(|(value, factor)| carried(value, factor));
            sum = value.map_or(sum, |value| Some(sum.unwrap_or_default().saturating_add(value)));
        }
        Ok(sum)
    }

    /// What a year does to a month.
    fn factor(&self) -> Option<Decimal> {
        Decimal::ONE.checked_add(self.trend.as_ref()?.median)
    }
}

impl Month {
    /// Whether it goes by the year just before.
    pub fn is_year_before(&self) -> bool {
        self.of.first.0 - self.from.first.0 < 500
    }
}

fn carried(value: Decimal, factor: Decimal) -> Option<Decimal> {
    let value = value.checked_mul(factor)?;
    Some(if factor == Decimal::ONE { value } else { value.round_dp_with_strategy(BASIS_DECIMALS, RoundingStrategy::MidpointNearestEven) })
}

/// Whether the events reach to the last day of a period.
fn over(program: &Program, loaded: &Loaded, period: Period) -> bool {
    program.zone.day_of(loaded.at) >= period.last
}

/// What a metric was in a period; None before the first event.
fn value(
    program: &Program,
    loaded: &Loaded,
    metric: usize,
    period: Period,
    scope: &[(DimIdx, Box<str>)],
) -> Result<Option<Decimal>, Fault> {
    if loaded.first.is_none_or(|first| program.zone.day_of(first) > period.last) {
        return Ok(None);
    }
    let reader = loaded.replay.reader(loaded.at);
    Ok(reader.number(&Formula::Metric(metric), When::Period(period), scope)?.decimal())
}

/// Each of the latest twelve months that are over against that of the year before.
fn trend(program: &Program, loaded: &Loaded, metric: usize) -> Result<Option<Trend>, Fault> {
    let began = loaded.first.map(|first| program.zone.day_of(first));
    let mut month = Period::holding(Grain::Month, program.zone.day_of(loaded.at), program.reckoning);
    if !over(program, loaded, month) {
        month = month.previous(program.reckoning);
    }
    let mut ratios = Vec::new();
    for _ in 0..12 {
        let before = month.years_later(-1, program.reckoning);
        // The month in which events begin is no whole month, unless they begin with it.
        if began.is_some_and(|began| began <= before.first) {
            let (now, then) = (value(program, loaded, metric, month, &[])?, value(program, loaded, metric, before, &[])?);
            let then = then.filter(|then| *then > Decimal::ZERO);
            ratios.extend(now.zip(then).and_then(|(now, then)| now.checked_div(then)));
        }
        month = month.previous(program.reckoning);
    }
    if ratios.len() < TREND_MONTHS_MIN {
        return Ok(None);
    }
    let middle = median(&mut ratios);
    let mut distances: Vec<Decimal> = ratios.iter().map(|ratio| ratio.saturating_sub(middle).abs()).collect();
    let spread = median(&mut distances).saturating_mul(SPREAD);
    let growth =
        |ratio: Decimal| ratio.saturating_sub(Decimal::ONE).round_dp_with_strategy(RATIO_DECIMALS, RoundingStrategy::MidpointNearestEven);
    let (low, high) = (growth(middle.saturating_sub(spread)), growth(middle.saturating_add(spread)));
    Ok(Some(Trend { median: growth(middle), low, high, months: ratios.len() }))
}

/// The value in the middle; of an even number the mean of the two in the middle.
fn median(values: &mut [Decimal]) -> Decimal {
    values.sort();
    let half = values.len() / 2;
    let at = |place: usize| values.get(place).copied().unwrap_or_default();
    if values.len() % 2 == 1 {
        at(half)
    } else {
        at(half.saturating_sub(1)).saturating_add(at(half)).checked_div(Decimal::TWO).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_few_and_many() {
        let of = |list: &[i64]| median(&mut list.iter().map(|one| Decimal::from(*one)).collect::<Vec<_>>());
        assert_eq!(of(&[3, 1, 2]), Decimal::TWO);
        assert_eq!(of(&[4, 1, 2, 3]), Decimal::new(25, 1));
        assert_eq!(of(&[]), Decimal::ZERO);
    }
}
