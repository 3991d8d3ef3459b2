//! In which zones days run: the ruleset's, or those of the values of a dimension.
//!
//! 1. A row lies on the days of its own value's zone ([`Program::zone_of_row`]).
//! 2. A scope with the dimension reckons in the zone of its value. One without it may hold rows of all zones: its days come
//!    and go with the last of them ([`Program::zone_of`]).

use super::{DimIdx, EventIdx, FieldIdx, Program, Scalar};
use crate::time::Zone;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Index of a zone of a program: 0 is the ruleset's own.
pub type ZoneIdx = usize;

/// `timezone by shop { us America/Los_Angeles, de Europe/Berlin }`
#[derive(Debug, Clone, PartialEq)]
pub struct Zones {
    /// The dimension.
    pub dim: DimIdx,
    values: BTreeMap<Box<str>, ZoneIdx>,
    /// The ruleset's own, those of the values, and all of them together.
    zones: Vec<Zone>,
}

impl Zones {
    /// The zones of some values beside the ruleset's own, which all others have.
    pub fn new(dim: DimIdx, own: &Zone, by_value: impl IntoIterator<Item = (Box<str>, Zone)>) -> Zones {
        let (mut zones, mut values) = (vec![own.clone()], BTreeMap::new());
        for (value, zone) in by_value {
            let idx = zones.iter().position(|known| *known == zone).unwrap_or_else(|| {
                zones.push(zone);
                zones.len() - 1
            });
            values.insert(value, idx);
        }
        zones.push(own.and(&zones));
        Zones { dim, values, zones }
    }

    /// The values with a zone of their own, in order.
    pub fn by_value(&self) -> impl Iterator<Item = (&str, &Zone)> {
        self.values.iter().filter_map(|(value, idx)| Some((&**value, self.zones.get(*idx)?)))
    }

    /// The index of the zone of a value.
    fn of(&self, value: Option<&str>) -> ZoneIdx {
        value.and_then(|value| self.values.get(value)).copied().unwrap_or(0)
    }

    /// The zone of what has these fields, of which one holds the dimension.
    pub fn of_fields(&self, field: FieldIdx, values: &[Scalar]) -> Option<&Zone> {
        self.zones.get(self.idx_of_fields(field, values))
    }

    fn idx_of_fields(&self, field: FieldIdx, values: &[Scalar]) -> ZoneIdx {
        match values.get(field) {
            Some(Scalar::Text(value)) => self.of(Some(value)),
            _ => 0,
        }
    }
}

/// Where the fields of a row say its zone.
pub type Zoned = (Arc<Zones>, FieldIdx);

impl Program {
    /// The zone of an index.
    pub fn zone_at(&self, idx: ZoneIdx) -> &Zone {
        self.zones.as_ref().and_then(|zones| zones.zones.get(idx)).unwrap_or(&self.zone)
    }

    /// So many days at the most lie between the local days of one instant.
    pub fn days_apart(&self) -> i32 {
        // From 12 hours behind to 14 hours ahead of UTC.
        if self.n_zones() > 1 { 2 } else { 0 }
    }

    /// How many zones there are.
    pub fn n_zones(&self) -> usize {
        self.zones.as_ref().map_or(1, |zones| zones.zones.len())
    }

    /// All zones together.
    pub fn everywhere(&self) -> &Zone {
        self.zone_at(self.n_zones() - 1)
    }

    /// In which zone the days of a scope run.
    pub fn zone_of<'s>(&self, scope: impl IntoIterator<Item = (DimIdx, Option<&'s str>)>) -> ZoneIdx {
        let Some(zones) = &self.zones else { return 0 };
        let value = scope.into_iter().find(|(dim, _)| *dim == zones.dim);
        value.map_or(zones.zones.len() - 1, |(_, value)| zones.of(value))
    }

    /// The zone in which the days of a scope run.
    pub fn zone_in(&self, scope: &[(DimIdx, Box<str>)]) -> &Zone {
        self.zone_at(self.zone_of(scope.iter().map(|(dim, value)| (*dim, Some(&**value)))))
    }

    /// The zone whose clocks people of a scope read: the ruleset's where several would do.
    pub fn clocks_of<'s>(&self, scope: impl IntoIterator<Item = (DimIdx, Option<&'s str>)>) -> &Zone {
        let zone = self.zone_of(scope);
        if zone == self.n_zones() - 1 { &self.zone } else { self.zone_at(zone) }
    }

    /// The zone on whose days a row of an event lies.
    pub fn zone_of_row(&self, event: EventIdx, values: &[Scalar]) -> &Zone {
        self.zone_at(self.zone_idx_of_row(event, values))
    }

    /// The same as an index.
    pub fn zone_idx_of_row(&self, event: EventIdx, values: &[Scalar]) -> ZoneIdx {
        let Some(zones) = &self.zones else { return 0 };
        let dims = self.events.get(event).map_or(&[][..], |event| &event.dims);
        let field = dims.iter().find(|(dim, _)| *dim == zones.dim).map(|(_, field)| *field);
        field.map_or(0, |field| zones.idx_of_fields(field, values))
    }
}
