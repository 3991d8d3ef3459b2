//! The interval of a forecast, from its definition.

use super::Moment;
use super::formula::{Asked, number};
use rust_decimal::Decimal;
use steelyard::compile::program::{Due, Formula, TargetRead};
use steelyard::time::Day;

/// An end of the interval.
pub fn end(moment: &Moment<'_>, read: &TargetRead, metric: usize, errors: Decimal, asked: &Asked<'_>) -> Option<Decimal> {
    let due = |due: Due, asked: &Asked<'_>| moment.target(&TargetRead { due, ..read.clone() }, asked);
    let (first, last) = asked.whole?;
    let (whole, by_now) = (due(Due::Whole, asked)?, due(Due::ByNow, asked)?);
    let come = number(moment.formula(&Formula::Metric(metric), asked))?;
    let forecast = (come * whole).checked_div(by_now)?;
    let until = asked.anchor.min(last);
    if until == last {
        return Some(forecast.normalize());
    }
    let days: Vec<Day> = (first.0..=until.0).map(Day).collect();
    let mut squares = Vec::new();
    for day in &days {
        let there = asked.over(*day, *day);
        let came = number(moment.formula(&Formula::Metric(metric), &there))?;
        let error = came - come / by_now * due(Due::Whole, &there)?;
        squares.push(error * error);
    }
    if days.len() < 2 {
        return None;
    }
    let (n, ahead) = (Decimal::from(days.len()), Decimal::from(last.0 - until.0));
    let share = (whole - by_now) / by_now;
    let variance = squares.into_iter().sum::<Decimal>() / (n - Decimal::ONE) * (ahead + share * share * n);
    Some((forecast + root(variance) * errors).round_dp(12).normalize())
}

/// The square root by halving, to 20 decimals.
fn root(square: Decimal) -> Decimal {
    let (mut low, mut high) = (Decimal::ZERO, square.max(Decimal::ONE));
    while high - low > Decimal::new(1, 20) {
        let middle = (low + high) / Decimal::TWO;
        let over = middle.checked_mul(middle).is_none_or(|found| found > square);
        if middle == low || middle == high {
            break;
        }
        if over { high = middle } else { low = middle }
    }
    low
}
