//! The same number earlier.
//!
//! 1. A range of time and its anchor are moved back ([`moved`]): a period to another one of its kind, as far as the first
//!    has come, and a named event to another time it came; a window of days by days; elapsed time by seconds.
//! 2. The formula is evaluated there, if anything of the scope had been seen by then.
//! 3. A baseline does that several times and makes one number of the results.

use super::Fault;
use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::window::{Anchor, Named, Span, Stretch, days};
use crate::compile::program::{Formula, Program, Shift, Statistic};
use crate::time::{Day, Grain, Period};
use rust_decimal::Decimal;

/// The seconds of a day of elapsed time.
const DAY_S: i64 = 86_400;

/// Where a range of time and its anchor come to lie; None when it cannot be moved so.
pub(super) fn moved(program: &Program, anchor: Anchor, stretch: Stretch, shift: Shift) -> Option<(Anchor, Stretch)> {
    let until = |day: Day| program.zone_at(anchor.zone).end_of(day).min(anchor.at);
    if let (Span::Days(first, last), Some(named)) = (stretch.span, stretch.named)
        && let Some(before) = earlier_time(program, named, shift)
    {
        let before = before?;
        let to_date = before.first.plus(last.0.saturating_sub(first.0)).min(before.last);
        let end = if last >= named.last { before.last } else { to_date };
        let day = end.plus(anchor.day.0.saturating_sub(last.0));
        return Some((Anchor { day, end: until(day), ..anchor }, before.until(end)));
    }
    if let Some(run) = stretch.run {
        let (before, day) = run.moved(program, anchor.day, stretch, shift)?;
        return Some((Anchor { day, end: until(day), ..anchor }, before));
    }
    match (stretch.span, stretch.period) {
        (Span::Days(first, last), Some(period)) => {
            let before = earlier(program, period, shift);
            let to_date = before.first.plus(last.0.saturating_sub(first.0)).min(before.last);
            // A whole period stands against a whole one, however many days both have.
            let end = if last >= period.last { before.last } else { to_date };
            let day = end.plus(anchor.day.0.saturating_sub(last.0));
            let stretch = Stretch { span: Span::Days(before.first, end), period: Some(before), named: None, run: None };
            Some((Anchor { day, end: until(day), ..anchor }, stretch))
        }
        // All time of a period that is over.
        (Span::Days(Day(i32::MIN), _), None) => None,
        (Span::Days(first, last), None) => {
            let length = last.0.saturating_sub(first.0).saturating_add(1);
            let back = |day: Day| match shift.grain {
                Some(grain) => day.back(shift.count, grain, program.reckoning),
                None => day.plus(days(shift.count).saturating_mul(length).saturating_neg()),
            };
            let (end, day) = (back(last), back(anchor.day));
            Some((Anchor { day, end: until(day), ..anchor }, Span::Days(end.plus(1 - length), end).into()))
        }
        (Span::Elapsed(after, end), _) => {
            let seconds = match shift.grain {
                Some(Grain::Day) => i64::from(shift.count) * DAY_S,
                Some(Grain::Week) => i64::from(shift.count) * 7 * DAY_S,
                Some(Grain::Month | Grain::Quarter | Grain::Year) => return None,
                None => (end.0.saturating_sub(after.0) / 1_000_000).saturating_mul(shift.count.into()),
            };
            let (after, until, anchor_end) = (after.plus_s(-seconds), end.plus_s(-seconds), anchor.end.plus_s(-seconds));
            let day = program.zone_at(anchor.zone).day_of(anchor_end);
            Some((Anchor { day, end: anchor_end, ..anchor }, Span::Elapsed(after, until).into()))
        }
        (Span::All, _) => None,
    }
}

/// The time of a named event that a shift leads to: so many times before, or that of so many years before. None for a shift
/// that moves its days alone.
fn earlier_time(program: &Program, named: Named, shift: Shift) -> Option<Option<Named>> {
    let count = usize::try_from(shift.count).unwrap_or(usize::MAX);
    let place = match shift.grain {
        None => named.place.checked_sub(count),
        Some(Grain::Year) => {
            let year = named.first.civil().year().checked_sub(i16::try_from(count).unwrap_or(i16::MAX));
            program.occasions.get(named.occasion).and_then(|occasion| occasion.in_year(year?))
        }
        Some(_) => return None,
    };
    Some(place.and_then(|place| Named::of(program, named.occasion, place)))
}

/// The period that stands for another one so much earlier.
pub(super) fn earlier(program: &Program, period: Period, shift: Shift) -> Period {
    let reckoning = program.reckoning;
    match shift.grain {
        // Weeks are told apart by their fourth day, as their years are.
        Some(grain) if period.grain == Grain::Week => {
            Period::holding(Grain::Week, period.first.plus(3).back(shift.count, grain, reckoning), reckoning)
        }
        Some(grain) => Period::holding(period.grain, period.first.back(shift.count, grain, reckoning), reckoning),
        None => (0..shift.count).fold(period, |period, _| period.previous(reckoning)),
    }
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// The value of a formula so much earlier.
    pub(super) fn shifted(&mut self, shift: Shift, inner: &Formula, stretch: Stretch) -> Result<Number, Fault> {
        let program = self.program;
        let Some((anchor, earlier)) = moved(program, self.anchor, stretch, shift) else { return Ok(Number::Unknown(Why::NoPeriod)) };
        let zone = self.zone();
        let since = self.source.began(zone)?;
        let seen = since.is_some_and(|since| match earlier.span {
            Span::Days(_, last) => since < zone.end_of(last),
            Span::Elapsed(_, until) => since <= until,
            Span::All => true,
        });
        if !seen {
            return Ok(Number::Unknown(Why::NoScope));
        }
        self.anchored(anchor, inner, earlier)
    }

    /// A statistic of the values 1, 2, … times so much earlier. Unknown ones are left out.
    pub(super) fn baseline(&mut self, statistic: Statistic, shift: Shift, inner: &Formula, stretch: Stretch) -> Result<Number, Fault> {
        let mut values = Vec::new();
        for count in 1..=shift.count {
            values.extend(self.shifted(Shift { count, ..shift }, inner, stretch)?.decimal());
        }
        if values.is_empty() || values.len() * 2 < usize::try_from(shift.count).unwrap_or(usize::MAX) {
            return Ok(Number::Unknown(Why::NoHistory));
        }
        let found = match statistic {
            Statistic::Mean => mean(&values),
            Statistic::Median => median(&mut values),
            Statistic::Deviation => deviation(&mut values),
        };
        Ok(found.map_or(Number::Unknown(Why::OutOfRange), Number::of))
    }
}

fn mean(values: &[Decimal]) -> Option<Decimal> {
    let sum = values.iter().try_fold(Decimal::ZERO, |sum, value| sum.checked_add(*value))?;
    sum.checked_div(Decimal::from(values.len()))
}

fn median(values: &mut [Decimal]) -> Option<Decimal> {
    values.sort_unstable();
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    low.checked_add(*high)?.checked_div(Decimal::TWO)
}

fn deviation(values: &mut [Decimal]) -> Option<Decimal> {
    let middle = median(values)?;
    let mut distances = values.iter().map(|value| Some(value.checked_sub(middle)?.abs())).collect::<Option<Vec<_>>>()?;
    median(&mut distances)?.checked_mul(Decimal::new(14_826, 4))
}
