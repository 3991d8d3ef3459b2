//! Money in several currencies: every rate is looked for among all rows that stand.

use super::Moment;
use super::formula::{Asked, decimal, fixed};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use steelyard::compile::program::{Conversion, LeafIdx, RateAt, RateSource, Scalar};
use steelyard::time::{Day, Grain, Period};

/// A rate, and whether it is turned around.
type Factor = (Decimal, bool);

impl Moment<'_> {
    /// What the rows of a leaf come to in one currency; None when a rate is missing.
    pub fn converted(&self, leaf: LeafIdx, to: Conversion, asked: &Asked<'_>) -> Option<Decimal> {
        let mut sums: BTreeMap<(Day, String), i128> = BTreeMap::new();
        for (_, worth) in self.worthy(leaf, asked) {
            *sums.entry((worth.day, worth.currency.clone().unwrap())).or_default() += fixed(&worth.value);
        }
        let source = self.oracle.program.rates.source(to.at).unwrap();
        let mut total = Decimal::ZERO;
        for ((day, currency), sum) in sums {
            let mut part = decimal(sum)?;
            if part != Decimal::ZERO && currency != to.to.code() {
                let today = asked.clocks.day_of(self.at);
                let on = if to.at == RateAt::MonthEnd { self.holding(Grain::Month, day).last.min(today) } else { day };
                for (rate, turned) in self.factors(source, &currency, to.to.code(), on)? {
                    part = if turned { part.checked_div(rate)? } else { part.checked_mul(rate)? };
                }
            }
            total = total.checked_add(part)?;
        }
        Some(total)
    }

    fn factors(&self, source: &RateSource, from: &str, to: &str, on: Day) -> Option<Vec<Factor>> {
        if let Some(own) = self.factor(source, from, to, on) {
            return Some(vec![own]);
        }
        let middle = source.through.map(|middle| middle.to_string()).filter(|middle| middle != from && middle != to);
        let by_way = |middle: String| Some(vec![self.factor(source, from, &middle, on)?, self.factor(source, &middle, to, on)?]);
        let found = middle.and_then(by_way);
        self.lacks_rate.set(self.lacks_rate.get() || found.is_none());
        found
    }

    fn factor(&self, source: &RateSource, from: &str, to: &str, on: Day) -> Option<Factor> {
        let own = self.last_rate(source, from, to, on).map(|rate| (rate, false));
        own.or_else(|| self.last_rate(source, to, from, on).map(|rate| (rate, true)))
    }

    fn last_rate(&self, source: &RateSource, base: &str, quote: &str, on: Day) -> Option<Decimal> {
        let event = &self.oracle.program.events[source.event];
        let field = |name: &str| event.fields.iter().position(|field| field.name == name).unwrap();
        let (base_field, quote_field, day_field, rate_field) = (field("base"), field("quote"), field("day"), field("rate"));
        let rows = self.standing.iter().map(|row| &self.oracle.rows[*row]).filter(|row| row.event == source.event);
        let found = rows.filter_map(|row| {
            let is = |field: usize, code: &str| row.values[field] == Scalar::Text(code.into());
            let (Scalar::Date(day), Scalar::Number(rate)) = (&row.values[day_field], &row.values[rate_field]) else { return None };
            let counts = match source.lasts_days {
                Some(days) => day.0 <= on.0 && on.0 - day.0 < i32::try_from(days).unwrap(),
                None => *day <= on && self.holding(Grain::Year, *day) == self.holding(Grain::Year, on),
            };
            (is(base_field, base) && is(quote_field, quote) && counts).then_some((*day, row.time, row.id, *rate))
        });
        found.max().map(|(_, _, _, rate)| rate)
    }

    fn holding(&self, grain: Grain, day: Day) -> Period {
        Period::holding(grain, day, self.oracle.program.reckoning)
    }
}
