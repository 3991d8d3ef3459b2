//! Data with a first day, as events told it by the reader's instant: who belongs to whom on a day, and which rates count then.

use super::convert::counts_from;
use super::formula::Aggregates;
use super::query::{Reader, Source};
use super::window::Span;
use super::{Acc, Fault, RowId};
use crate::compile::program::{Currency, RateSource, UNASSIGNED};
use crate::time::{Day, Instant};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Who something belongs to on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Belonging {
    /// What belongs.
    pub child: Box<str>,
    /// To what.
    pub parent: Box<str>,
    /// Since which day.
    pub from: Day,
}

/// A rate that counts on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateOn {
    /// One unit of this currency…
    pub base: Currency,
    /// … is so many of this one.
    pub quote: Currency,
    /// The day of the rate.
    pub day: Day,
    /// How many.
    pub rate: Decimal,
    /// The event that says so.
    pub event: (Instant, RowId),
}

impl Reader<'_> {
    /// Who belongs to whom on a day, by a step of a hierarchy: those that have a parent then. Sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn belonging(&self, step: usize, day: Day) -> Result<Vec<Belonging>, Fault> {
        let Some(membership) = self.program.memberships.get(step) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for child in self.scopes(&[membership.child], &[])?.into_iter().flatten() {
            let parents = self.parents(step, &child)?;
            if let Some((from, parent)) = parents.into_iter().rfind(|(from, _)| *from <= day)
                && *parent != *UNASSIGNED
            {
                found.push(Belonging { child, parent, from });
            }
        }
        Ok(found)
    }

    /// The last rate of each pair that counts on a day. Sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rates_on(&self, source: &RateSource, day: Day) -> Result<Vec<RateOn>, Fault> {
        let span = Span::Days(counts_from(self.program, source, day), day);
        let merged = Source::new(*self, &[]).of_workspace(source.leaf, span)?.map(|acc| acc.into_owned());
        let Some(Acc::Rates(quotes)) = merged else { return Ok(Vec::new()) };
        let mut last: BTreeMap<(Currency, Currency), RateOn> = BTreeMap::new();
        for ((base, quote, day), (time, id, rate)) in quotes {
            last.insert((base, quote), RateOn { base, quote, day, rate, event: (time, id) });
        }
        Ok(last.into_values().collect())
    }
}
