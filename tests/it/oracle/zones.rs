//! Whose days count: a row lies on those of its own value, a scope without the dimension waits for the last zone.

use super::{Oracle, Place};
use steelyard::compile::program::{Program, Scalar};
use steelyard::eval::Row;
use steelyard::time::{Day, Instant, Zone};

/// The zones whose days a scope has.
#[derive(Debug, Clone)]
pub struct Clocks(Vec<Zone>);

impl Clocks {
    /// Today is a day that runs somewhere still: the earliest.
    pub fn day_of(&self, at: Instant) -> Day {
        self.0.iter().map(|zone| zone.day_of(at)).min().unwrap()
    }

    /// Whether a day has begun anywhere.
    pub fn have_begun(&self, day: Day, at: Instant) -> bool {
        self.0.iter().any(|zone| day <= zone.day_of(at))
    }

    pub fn start_of(&self, day: Day) -> Instant {
        self.0.iter().map(|zone| zone.start_of(day)).max().unwrap()
    }

    pub fn end_of(&self, day: Day) -> Instant {
        self.start_of(day.plus(1))
    }

    pub fn at_minute(&self, day: Day, minute: u16) -> Instant {
        self.0.iter().map(|zone| zone.at_minute(day, minute)).max().unwrap()
    }
}

impl Oracle<'_> {
    /// The clocks of a scope.
    pub fn clocks(&self, place: &Place) -> Clocks {
        let program = self.program;
        let Some(zones) = &program.zones else { return Clocks(vec![program.zone.clone()]) };
        match place.iter().find(|(dim, _)| *dim == zones.dim) {
            Some((_, value)) => Clocks(vec![of_value(program, value.as_deref())]),
            None => Clocks(zones.by_value().map(|(_, zone)| zone.clone()).chain([program.zone.clone()]).collect()),
        }
    }
}

fn of_value(program: &Program, value: Option<&str>) -> Zone {
    let own = program.zones.iter().flat_map(|zones| zones.by_value()).find(|(name, _)| Some(*name) == value);
    own.map_or_else(|| program.zone.clone(), |(_, zone)| zone.clone())
}

/// The zone of a row.
pub fn of_row(program: &Program, row: &Row) -> Zone {
    let dim = program.zones.as_ref().map(|zones| zones.dim);
    let field = program.events[row.event].dims.iter().find(|(own, _)| Some(*own) == dim);
    match field.map(|(_, field)| &row.values[*field]) {
        Some(Scalar::Text(value)) => of_value(program, Some(value)),
        _ => program.zone.clone(),
    }
}
