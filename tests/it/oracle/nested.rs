//! The parts of a scope and the scope around it: every place that a row has, and the formula at each. A part that lacks a rate
//! counts, and nobody knows how much.

use super::formula::{Asked, number};
use super::{Moment, Place};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use steelyard::compile::program::{DimIdx, Gather, Parts, Scalar};

/// A scope without a dimension.
pub fn without(place: &Place, dim: DimIdx) -> Place {
    place.iter().filter(|(one, _)| *one != dim).cloned().collect()
}

/// Whether what is made of parts is about one of them among its like.
pub fn siblings_of(gather: Gather) -> bool {
    matches!(gather, Gather::Rank { .. } | Gather::Percentile { .. })
}

impl Moment<'_> {
    /// The places of the parts that were seen and pass the filter.
    pub fn places_of(&self, parts: &Parts, asked: &Asked<'_>) -> Option<Vec<Place>> {
        let own = asked.place;
        let siblings = siblings_of(parts.gather);
        if siblings && !parts.dims.iter().all(|dim| own.iter().any(|(one, _)| one == dim)) {
            return None;
        }
        let within: Place = own.iter().filter(|(dim, _)| !(siblings && parts.dims.contains(dim))).cloned().collect();
        let dims: BTreeSet<DimIdx> = own.iter().map(|(dim, _)| *dim).chain(parts.dims.iter().copied()).collect();
        let mut places: Vec<Place> = self.oracle.places(&dims.into_iter().collect::<Vec<_>>()).into_iter().collect();
        places.retain(|place| within.iter().all(|one| place.contains(one)));
        places.retain(|place| self.oracle.first_seen(place).is_some_and(|first| first <= self.at));
        let passes = |place: &Place| {
            let there = Asked { place, ..asked.clone() };
            parts.filter.as_ref().is_none_or(|filter| self.truth(filter, &there) == Some(true))
        };
        places.retain(passes);
        Some(places)
    }

    /// What the parts are at their places, and whether one of them is unknown because it lacks a rate.
    pub fn of_parts(&self, parts: &Parts, places: &[Place], asked: &Asked<'_>) -> (Vec<Option<Scalar>>, bool) {
        let mut lacks_rate = false;
        let mut values: Vec<Option<Scalar>> = Vec::new();
        for place in places {
            self.lacks_rate.set(false);
            let value = self.formula(&parts.part, &Asked { place, ..asked.clone() });
            lacks_rate = lacks_rate || self.lacks_rate.get() && value.is_none();
            values.push(value);
        }
        self.lacks_rate.set(lacks_rate);
        (values, lacks_rate)
    }

    /// What is made of the parts.
    pub fn parts(&self, parts: &Parts, asked: &Asked<'_>) -> Option<Scalar> {
        let own = asked.place;
        self.oracle.first_seen(own).filter(|first| *first <= self.at)?;
        if parts.by_day {
            return self.by_day(parts, asked);
        }
        let places = self.places_of(parts, asked)?;
        let (values, lacks_rate) = self.of_parts(parts, &places, asked);
        if lacks_rate && parts.gather != Gather::Known {
            return None;
        }
        let counted = |n: usize| Some(Scalar::Number(Decimal::from(n)));
        match parts.gather {
            Gather::Known if values.iter().all(Option::is_none) && self.parts_had_not_begun(parts, asked) => return None,
            Gather::Known => return counted(values.iter().flatten().count()),
            Gather::True if !values.is_empty() && values.iter().all(Option::is_none) => return None,
            Gather::True => return counted(values.iter().filter(|value| **value == Some(Scalar::Flag(true))).count()),
            _ => {}
        }
        let mut known: Vec<Decimal> = values.iter().filter_map(|value| number(value.clone())).collect();
        let n = Decimal::from(known.len());
        if known.is_empty() {
            return None;
        }
        let found = match parts.gather {
            Gather::Sum => known.iter().copied().sum(),
            Gather::Avg => known.iter().copied().sum::<Decimal>() / n,
            Gather::Min => *known.iter().min()?,
            Gather::Max => *known.iter().max()?,
            Gather::Quantile(fraction) => {
                known.sort();
                let place = fraction * (n - Decimal::ONE);
                let low: usize = place.floor().try_into().unwrap();
                let high = (low + 1).min(known.len() - 1);
                known[low] + (known[high] - known[low]) * (place - place.floor())
            }
            Gather::Rank { higher } | Gather::Percentile { higher } => {
                let own = places.iter().position(|place| place == own)?;
                let own = number(values[own].clone())?;
                let better = known.iter().filter(|other| if higher { **other > own } else { **other < own }).count();
                let better = Decimal::from(better);
                if matches!(parts.gather, Gather::Rank { .. }) { better + Decimal::ONE } else { (n - better) / n }
            }
            Gather::Known | Gather::True => return None,
        };
        Some(Scalar::Number(found))
    }
}
