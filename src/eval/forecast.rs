//! How far a forecast may be off.
//!
//! 1. The forecast goes on as the days so far: what is due on the days to come, times the pace `p` so far.
//! 2. The error of a day is what came less `p` times what was due. Of `n` days their variance is the sum of their squares by
//!    `n - 1`.
//! 3. What `m` days to come bring is off by their own errors and by that of the pace, which is known from `n` days only: the
//!    variance of a day times `m + n (R / E)^2`, where `E` has been due so far and `R` will be. Along a straight line that is
//!    the variance of a sum of `m` values that are forecast by the mean of `n`.
//! 4. An end of the interval lies so many of its roots from the forecast.

use super::formula::{Aggregates, Evaluation};
use super::number::Why;
use super::target::Stop;
use super::window::{Span, Stretch};
use crate::compile::program::{Due, Formula, MetricIdx, TargetRead};
use crate::time::Day;
use rust_decimal::Decimal;

/// The decimals of an end of an interval.
const DECIMALS: u32 = 12;

impl<A: Aggregates> Evaluation<'_, A> {
    /// An end of the interval of the forecast for the end of a stretch.
    pub(super) fn forecast_end(&mut self, read: &TargetRead, errors: Decimal, stretch: Stretch) -> Result<Decimal, Stop> {
        let metric = self.program.targets.get(read.target).map(|target| target.metric).ok_or(Why::NoTarget)?;
        let of = |due: Due| TargetRead { due, ..read.clone() };
        let (first, last) = stretch.days().ok_or(Why::NoPeriod)?;
        let until = self.anchor.day.min(last);
        let (whole, by_now) = (self.amount(&of(Due::Whole), stretch)?, self.amount(&of(Due::ByNow), stretch)?);
        let come = self.come(metric, stretch)?;
        let forecast = come.checked_mul(whole).ok_or(Why::OutOfRange)?;
        let forecast = forecast.checked_div(by_now).ok_or(Why::ZeroDenominator)?;
        if until == last {
            return Ok(forecast);
        }
        let pace = come.checked_div(by_now).ok_or(Why::ZeroDenominator)?;
        let mut squares = Decimal::ZERO;
        for day in (first.0..=until.0).map(Day) {
            let day = Stretch::from(Span::Days(day, day));
            let (came, due) = (self.come(metric, day)?, self.amount(&of(Due::Whole), day)?);
            let square = || {
                let error = came.checked_sub(pace.checked_mul(due)?)?;
                squares.checked_add(error.checked_mul(error)?)
            };
            squares = square().ok_or(Why::OutOfRange)?;
        }
        let n = Decimal::from(until.0 - first.0 + 1);
        if n < Decimal::TWO {
            return Err(Why::NoHistory.into());
        }
        let ahead = Decimal::from(last.0 - until.0);
        let off = || {
            let share = whole.checked_sub(by_now)?.checked_div(by_now)?;
            let days = ahead.checked_add(share.checked_mul(share)?.checked_mul(n)?)?;
            let variance = squares.checked_div(n.checked_sub(Decimal::ONE)?)?.checked_mul(days)?;
            forecast.checked_add(root(variance)?.checked_mul(errors)?)
        };
        Ok(off().ok_or(Why::OutOfRange)?.round_dp(DECIMALS))
    }

    /// What has come of a metric in a stretch.
    fn come(&mut self, metric: MetricIdx, stretch: Stretch) -> Result<Decimal, Stop> {
        match self.value_over(&Formula::Metric(metric), stretch)? {
            super::Number::Unknown(why) => Err(why.into()),
            known => Ok(known.decimal().ok_or(Why::NoRows)?),
        }
    }
}

/// The square root, by Newton's method from above; exact to the last digits of a decimal.
fn root(square: Decimal) -> Option<Decimal> {
    if square.is_zero() {
        return Some(square);
    }
    let mut root = square.max(Decimal::ONE);
    loop {
        let next = root.checked_add(square.checked_div(root)?)?.checked_div(Decimal::TWO)?;
        if next >= root {
            return Some(root);
        }
        root = next;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn roots() {
        for (square, wanted) in [("0", "0"), ("4", "2"), ("2", "1.414213562373"), ("0.0001", "0.01"), ("1000000000000", "1000000")] {
            let found = root(square.parse().unwrap()).unwrap().round_dp(DECIMALS);
            assert_eq!(found.normalize().to_string(), wanted);
        }
    }
}
