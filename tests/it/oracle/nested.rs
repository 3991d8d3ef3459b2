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

impl Moment<'_> {
    /// What is made of the parts.
    pub fn parts(&self, parts: &Parts, asked: &Asked<'_>) -> Option<Scalar> {
        let own = asked.place;
        self.oracle.first_seen(own).filter(|first| *first <= self.at)?;
        if parts.by_day {
            return self.by_day(parts, asked);
        }
        let siblings = matches!(parts.gather, Gather::Rank { .. } | Gather::Percentile { .. });
        if siblings && !parts.dims.iter().all(|dim| own.iter().any(|(one, _)| one == dim)) {
            return None;
        }
        let within: Place = own.iter().filter(|(dim, _)| !(siblings && parts.dims.contains(dim))).cloned().collect();
        let dims: BTreeSet<DimIdx> = own.iter().map(|(dim, _)| *dim).chain(parts.dims.iter().copied()).collect();
        let dims: Vec<DimIdx> = dims.into_iter().collect();
        let places = self.oracle.places(&dims);
        let places = places.iter().filter(|place| within.iter().all(|one| place.contains(one)));
        let places = places.filter(|place| self.oracle.first_seen(place).is_some_and(|first| first <= self.at));
        let at = |place| Asked { place, ..asked.clone() };
        let places: Vec<&Place> =
            places.filter(|place| parts.filter.as_ref().is_none_or(|filter| self.truth(filter, &at(place)) == Some(true))).collect();
        let mut lacks_rate = false;
        let mut values: Vec<Option<Scalar>> = Vec::new();
        for place in &places {
            self.lacks_rate.set(false);
            let value = self.formula(&parts.part, &at(place));
            lacks_rate = lacks_rate || self.lacks_rate.get() && value.is_none();
            values.push(value);
        }
        self.lacks_rate.set(lacks_rate);
        if lacks_rate && parts.gather != Gather::Known {
            return None;
        }
        let counted = |n: usize| Some(Scalar::Number(Decimal::from(n)));
        match parts.gather {
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
                let own = places.iter().position(|place| *place == own)?;
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
