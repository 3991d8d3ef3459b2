//! Whether a number may still change without anything late or wrong being mended.
//!
//! 1. Its time is not over.
//! 2. Rows of its events may still be restated: they settle some days after their day.
//! 3. A deadline of one of its things lies ahead: a cohort is final when the last of its deadlines has passed.

use super::fold::waits;
use super::query::{Reader, dimension_value};
use super::rows::{placed, version_key, zone_of};
use super::window::days;
use super::{Fault, Range, Row};
use crate::compile::program::{DimIdx, LeafIdx, climbs};
use crate::time::{Day, Instant};
use std::collections::BTreeSet;

impl Reader<'_> {
    /// Whether a number over these leaves, in a range of time at a scope, may still change.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn provisional(&self, leaves: &[LeafIdx], range: Range, scope: &[(DimIdx, Box<str>)]) -> Result<bool, Fault> {
        let zone = self.program.zone_in(scope);
        let (first, last) = match range {
            Range::Days(first, last) => (first, last),
            Range::Elapsed(after, until) => (zone.day_of(after), zone.latest_day_of(until)),
            Range::All => return Ok(true),
        };
        let events: BTreeSet<usize> = leaves.iter().filter_map(|leaf| self.program.leaves.get(*leaf)).map(|leaf| leaf.event).collect();
        let declared = || events.iter().filter_map(|event| self.program.events.get(*event));
        let settles = declared().map(|event| event.settles_days).max().unwrap_or(0);
        if self.at < zone.end_of(last.plus(days(settles))) {
            return Ok(true);
        }
        for entity in declared().filter_map(|event| self.program.entities.get(event.entity?)) {
            let own = leaves.iter().filter(|leaf| self.program.leaves.get(**leaf).is_some_and(|leaf| leaf.event == entity.event));
            let own: Vec<LeafIdx> = own.copied().collect();
            let Some(decl) = self.program.events.get(entity.event) else { continue };
            let after = Instant(self.at.0.saturating_add(1));
            let ahead = self.cells.states(entity.event, after, Instant(i64::MAX))?;
            let things: BTreeSet<_> = ahead.iter().filter_map(|row| version_key(entity.event, decl, row)).collect();
            for key in things {
                let Some(thing) = self.cells.thing(key)? else { continue };
                if let Some(row) = waits(self.program, entity, &thing, self.at)
                    && self.is_about(&row, &own, (first, last), scope)?
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether a state lies in a range of days by the clock of a leaf, and in a scope.
    fn is_about(&self, row: &Row, leaves: &[LeafIdx], (first, last): (Day, Day), scope: &[(DimIdx, Box<str>)]) -> Result<bool, Fault> {
        let Some(event) = self.program.events.get(row.event) else { return Ok(false) };
        let Some(climbs) = climbs(&self.program.memberships, event, scope.iter().map(|(dim, _)| *dim)) else { return Ok(false) };
        let value = |dim: DimIdx| {
            let field = event.dims.iter().find(|(one, _)| *one == dim).map(|(_, field)| *field);
            field.and_then(|field| dimension_value(row, field))
        };
        let day = |leaf: &LeafIdx| placed(self.program.leaves.get(*leaf)?, row, |instant| zone_of(self.program, row).day_of(instant));
        for day in leaves.iter().filter_map(day).filter(|day| first <= *day && *day <= last) {
            let mut inside = true;
            for (dim, wanted) in scope {
                inside &= match climbs.iter().find(|climb| climb.parent == *dim) {
                    Some(climb) => self.lies_below(climb, value(climb.child), wanted, day)?,
                    None => value(*dim) == Some(&**wanted),
                };
            }
            if inside {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
