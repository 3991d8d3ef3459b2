//! A sum of events, each multiplied with what tables say on its day: event by event.

use super::formula::{Asked, number};
use super::{Moment, Place};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use steelyard::compile::program::{Parts, Scalar};

impl Moment<'_> {
    /// What the events of the scope come to. One that lacks a dimension, or for which the tables say nothing, adds nothing.
    pub fn by_day(&self, parts: &Parts, asked: &Asked<'_>) -> Option<Scalar> {
        let (leaf, _, factor) = parts.daily()?;
        self.formula(parts.of_days()?.0, asked)?;
        let mut total = Decimal::ZERO;
        for (row, worth) in self.worthy(leaf, asked) {
            let event = &self.oracle.program.events[row.event];
            let mut place: BTreeMap<_, _> = asked.place.iter().cloned().collect();
            for dim in &parts.dims {
                let field = event.dims.iter().find(|(own, _)| own == dim).map(|(_, field)| *field).unwrap();
                let value = if let Scalar::Text(text) = &row.values[field] { Some(text.to_string()) } else { None };
                place.insert(*dim, value);
            }
            let place: Place = place.into_iter().collect();
            if place.iter().any(|(_, value)| value.is_none()) || self.oracle.first_seen(&place).is_none_or(|first| first > self.at) {
                continue;
            }
            let there = Asked { place: &place, anchor: worth.day, ..asked.clone() };
            let Some(factor) = number(self.formula(factor, &there)) else { continue };
            total += number(Some(worth.value.clone())).unwrap_or(Decimal::ONE) * factor;
        }
        Some(Scalar::Number(total))
    }
}
