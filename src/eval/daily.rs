//! A sum whose amounts are each multiplied with what tables said on their day: `sum(order.amount * fee.rate)`.
//!
//! 1. The keys of the tables tell the parts of the scope from one another; within a part all amounts of a day have one factor.
//! 2. The amounts of each day are summed exactly, as everywhere, and multiplied once.
//! 3. A day for which the tables say nothing adds nothing, as a row without a value does.

use super::formula::{Aggregates, Evaluation};
use super::lookup::looked_up;
use super::number::{self, Number, Why};
use super::plan::framed;
use super::query::days_of;
use super::window::{Anchor, Span, Stretch};
use super::{Fault, LookedUp};
use crate::compile::program::{Formula, LeafIdx, Parts, Read};
use rust_decimal::Decimal;

/// The most values of tables that are told of one number.
const TOLD_MAX: usize = 100;

impl<A: Aggregates> Evaluation<'_, A> {
    /// The sum of the days of all parts; 0 where there are none, as of any sum.
    pub(super) fn summed(&mut self, parts: &Parts, (leaf, read): (LeafIdx, Read), stretch: Stretch) -> Result<Number, Fault> {
        // What is unknown without factors, such as money without a rate, is unknown with them.
        let whole = self.value_over(&Formula::Leaf(leaf, read), stretch)?;
        if matches!(whole, Number::Unknown(_)) {
            return Ok(whole);
        }
        let values = match self.each(parts, stretch)? {
            Ok(values) => values,
            Err(why) => return Ok(Number::Unknown(why)),
        };
        let mut total = Decimal::ZERO;
        for (_, value) in values {
            let Some(part) = value.decimal() else { return Ok(value) };
            match total.checked_add(part) {
                Some(sum) => total = sum,
                None => return Ok(Number::Unknown(Why::OutOfRange)),
            }
        }
        Ok(Number::of(total))
    }

    /// The sum of the days of one part.
    pub(super) fn day_by_day(&mut self, (leaf, read, factor): (LeafIdx, Read, &Formula), stretch: Stretch) -> Result<Number, Fault> {
        let (first, last) = days_of(stretch.span, self.program.everywhere());
        let Some(days) = self.source.days(leaf, first, last)? else { return Ok(Number::Unknown(Why::NoDimension)) };
        let mut total = Decimal::ZERO;
        for day in days {
            let Some(acc) = self.source.on_day(leaf, day, stretch.span)? else { return Ok(Number::Unknown(Why::NoDimension)) };
            let sum = match read {
                Read::SumIn(_) => self.converted(&acc, read)?,
                read => number::read(&acc, read),
            };
            let Some(sum) = sum.decimal() else { return Ok(sum) };
            if sum.is_zero() {
                continue;
            }
            let factor = match self.anchored(Anchor { day, ..self.anchor }, factor, Span::Days(day, day).into())? {
                Number::Unknown(Why::NotInTable(..)) => continue,
                factor => factor,
            };
            let Some(number) = factor.decimal() else { return Ok(factor) };
            match sum.checked_mul(number).and_then(|part| total.checked_add(part)) {
                Some(sum) => total = sum,
                None => return Ok(Number::Unknown(Why::OutOfRange)),
            }
        }
        Ok(Number::of(total))
    }

    /// The values of tables that such a sum takes, each once with the first day on which it does.
    pub(super) fn taken(&mut self, formula: &Formula, stretch: Stretch) -> Result<Vec<LookedUp>, Fault> {
        let mut found: Vec<LookedUp> = Vec::new();
        let Formula::Parts(parts) = formula else { return Ok(found) };
        let Some((leaf, _, factor)) = parts.daily() else { return Ok(found) };
        let lookups = framed(self.program, [(factor, Vec::new())]).lookups;
        let (first, last) = days_of(stretch.span, self.program.everywhere());
        for (scope, _) in self.each(parts, stretch)?.unwrap_or_default() {
            self.at_scope(&scope, |there| {
                for day in there.source.days(leaf, first, last)?.unwrap_or_default() {
                    for lookup in &lookups {
                        let one = looked_up(there.program, there.source, lookup, day)?;
                        let same = |known: &LookedUp| known.row == one.row && known.told == one.told && known.keys == one.keys;
                        if found.len() < TOLD_MAX && !found.iter().any(|known| known.lookup == one.lookup && same(known)) {
                            found.push(one);
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(found)
    }
}
