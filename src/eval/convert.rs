//! Money in several currencies, brought to one.
//!
//! 1. The merged aggregate holds a sum for each day and currency ([`Amounts`]).
//! 2. The rates of those days are read, for the whole workspace, as of the same instant ([`Quotes`]).
//! 3. Each sum is multiplied by its rate, once; what has no rate makes the whole unknown.
//!
//! A pair has the last rate of or before the day, as long as it lasts; without one, the rate of the pair turned around;
//! without that, the two by way of the currency that the ruleset names.

use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::window::{Span, Stretch};
use super::{Acc, Fault, RowId, from_fixed};
use crate::compile::program::{Conversion, Currency, LeafIdx, Program, RateAt, RateSource, Read};
use crate::time::{Day, Grain, Instant, Period};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// For each day and currency the sum in units of 10^-12 and the number of values.
pub type Amounts = BTreeMap<(Day, Currency), (i128, i64)>;

/// For each pair of currencies and each day the latest rate, with the time and identity of its event.
pub type Quotes = BTreeMap<(Currency, Currency, Day), (Instant, RowId, Decimal)>;

/// A rate that a number stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateUsed {
    /// One unit of this currency…
    pub base: Currency,
    /// … is so many of this one.
    pub quote: Currency,
    /// From which day on.
    pub day: Day,
    /// How many.
    pub rate: Decimal,
    /// The event that says so.
    pub event: (Instant, RowId),
    /// The sum that was converted with it, in the currency that it was in.
    pub amount: Decimal,
    /// The currency of the sum.
    pub from: Currency,
}

/// An earlier period whose rates convert the money of a period: those of its first day that of the first day, and so on, and
/// those of its last day what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RatesOf {
    /// The period.
    pub(super) period: Period,
    /// The earlier one.
    pub(super) earlier: Period,
}

impl RatesOf {
    /// The day of the earlier period whose rate stands for that of a day.
    fn day(self, day: Day) -> Day {
        self.earlier.first.plus(day.0 - self.period.first.0).min(self.earlier.last)
    }
}

/// A rate as it was found, perhaps turned around.
#[derive(Clone, Copy)]
struct Quote {
    base: Currency,
    quote: Currency,
    day: Day,
    rate: Decimal,
    event: (Instant, RowId),
    turned: bool,
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// Money of several days and currencies in the currency of a conversion.
    pub(super) fn converted(&mut self, acc: &Acc, read: Read) -> Result<Number, Fault> {
        let (Acc::Money(amounts), Read::SumIn(conversion) | Read::AvgIn(conversion)) = (acc, read) else {
            return Ok(Number::Unknown(Why::NoRows));
        };
        let sum = match self.exchange(amounts, conversion, &mut |_| {})? {
            Ok(sum) => sum,
            Err(why) => return Ok(Number::Unknown(why)),
        };
        if matches!(read, Read::SumIn(_)) {
            return Ok(Number::of(sum));
        }
        let n: i64 = amounts.values().map(|(_, n)| n).sum();
        Ok(match sum.checked_div(Decimal::from(n)) {
            Some(mean) => Number::of(mean),
            None if n == 0 => Number::Unknown(Why::NoRows),
            None => Number::Unknown(Why::OutOfRange),
        })
    }

    /// The rates on which a converted aggregate stands, one for every sum.
    pub(super) fn rates_used(&mut self, leaf: LeafIdx, read: Read, stretch: Stretch) -> Result<Vec<RateUsed>, Fault> {
        let (Read::SumIn(conversion) | Read::AvgIn(conversion)) = read else { return Ok(Vec::new()) };
        let Some(Acc::Money(amounts)) = self.source.merged(leaf, stretch.span)?.map(|acc| acc.into_owned()) else {
            return Ok(Vec::new());
        };
        let mut used = Vec::new();
        self.exchange(&amounts, conversion, &mut |one| used.push(one))?.ok();
        Ok(used)
    }

    fn exchange(
        &mut self,
        amounts: &Amounts,
        conversion: Conversion,
        used: &mut dyn FnMut(RateUsed),
    ) -> Result<Result<Decimal, Why>, Fault> {
        let foreign: Vec<_> = amounts.iter().filter(|((_, currency), (sum, _))| *currency != conversion.to && *sum != 0).collect();
        let today = self.zone().day_of(self.anchor.at);
        let (program, earlier) = (self.program, self.rates_of);
        let rate_day = |day: Day| {
            let day = rate_day(program, conversion.at, day, today);
            earlier.map_or(day, |earlier| earlier.day(day))
        };
        let days: Vec<Day> = foreign.iter().map(|((day, _), _)| rate_day(*day)).collect();
        let source = self.program.rates.source(conversion.at);
        let quotes = match (source, days.iter().min(), days.iter().max()) {
            (Some(source), Some(first), Some(last)) => self.quotes(source, (*first, *last))?,
            _ => Quotes::new(),
        };
        let mut total = Decimal::ZERO;
        for ((day, currency), (sum, _)) in amounts {
            let Some(sum) = from_fixed(*sum) else { return Ok(Err(Why::OutOfRange)) };
            let pair = (*currency, conversion.to);
            let on = rate_day(*day);
            let found = if pair.0 == pair.1 || sum.is_zero() {
                Some(Vec::new())
            } else {
                source.and_then(|source| path(&quotes, (counts_from(self.program, source, on), on), source.through, pair))
            };
            let Some(found) = found else { return Ok(Err(Why::NoRate(format!("{}/{}", pair.0, pair.1).into(), on))) };
            for one in &found {
                used(RateUsed {
                    base: one.base,
                    quote: one.quote,
                    day: one.day,
                    rate: one.rate,
                    event: one.event,
                    amount: sum,
                    from: pair.0,
                });
            }
            let exchanged = found.iter().try_fold(sum, |sum, one| one.exchange(sum));
            match exchanged.and_then(|part| total.checked_add(part)) {
                Some(sum) => total = sum,
                None => return Ok(Err(Why::OutOfRange)),
            }
        }
        Ok(Ok(total))
    }

    /// The rates of some days, and of those before them that may still count then.
    fn quotes(&mut self, source: &RateSource, (first, last): (Day, Day)) -> Result<Quotes, Fault> {
        let span = Span::Days(counts_from(self.program, source, first), last);
        Ok(match self.source.of_workspace(source.leaf, span)?.map(|acc| acc.into_owned()) {
            Some(Acc::Rates(quotes)) => quotes,
            _ => Quotes::new(),
        })
    }
}

/// Rates that are used several times, each once for every currency that it converts.
pub(super) fn together(used: Vec<RateUsed>) -> Vec<RateUsed> {
    let mut found: BTreeMap<(Currency, Currency, Day, Currency, RowId), RateUsed> = BTreeMap::new();
    for one in used {
        let key = (one.base, one.quote, one.day, one.from, one.event.1);
        match found.get_mut(&key) {
            Some(other) => other.amount = other.amount.checked_add(one.amount).unwrap_or(other.amount),
            None => drop(found.insert(key, one)),
        }
    }
    found.into_values().collect()
}

impl Quote {
    fn exchange(&self, sum: Decimal) -> Option<Decimal> {
        if self.turned { sum.checked_div(self.rate) } else { sum.checked_mul(self.rate) }
    }
}

/// The day whose rate converts what happened on a day.
pub(super) fn rate_day(program: &Program, at: RateAt, day: Day, today: Day) -> Day {
    match at {
        RateAt::TransactionDay | RateAt::Budget => day,
        // While the month runs there is no rate of its last day yet.
        RateAt::MonthEnd => month_end(program, day).min(today),
    }
}

/// The last day of a month.
pub(super) fn month_end(program: &Program, day: Day) -> Day {
    Period::holding(Grain::Month, day, program.reckoning).last
}

/// The earliest day whose rate may still count on a day.
pub(super) fn counts_from(program: &Program, source: &RateSource, day: Day) -> Day {
    match source.lasts_days {
        Some(days) => day.plus(1 - super::window::days(days)),
        None => Period::holding(Grain::Year, day, program.reckoning).first,
    }
}

/// The last day whose amounts the rate of a day may convert.
pub(super) fn reaches(program: &Program, source: &RateSource, day: Day) -> Day {
    match source.lasts_days {
        Some(days) => month_end(program, day.plus(super::window::days(days))),
        None => Period::holding(Grain::Year, day, program.reckoning).last,
    }
}

/// The rates that lead from one currency to another on a day.
fn path(quotes: &Quotes, days: (Day, Day), through: Option<Currency>, (from, to): (Currency, Currency)) -> Option<Vec<Quote>> {
    if let Some(one) = quote(quotes, days, (from, to)) {
        return Some(vec![one]);
    }
    let middle = through.filter(|middle| *middle != from && *middle != to)?;
    Some(vec![quote(quotes, days, (from, middle))?, quote(quotes, days, (middle, to))?])
}

/// The last rate of a pair on some days, as it stands or turned around.
fn quote(quotes: &Quotes, (first, last): (Day, Day), (from, to): (Currency, Currency)) -> Option<Quote> {
    let latest = |base: Currency, quote: Currency, turned: bool| {
        let ((_, _, day), (time, id, rate)) = quotes.range((base, quote, first)..=(base, quote, last)).next_back()?;
        Some(Quote { base, quote, day: *day, rate: *rate, event: (*time, *id), turned })
    };
    latest(from, to, false).or_else(|| latest(to, from, true))
}
