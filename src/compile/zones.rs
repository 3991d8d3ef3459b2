//! `timezone by shop { … }`: the zones of the values of a dimension.

use super::Compiler;
use super::header::known_zone;
use super::limits::too_many;
use super::names::Names;
use super::program::{EventIdx, Field, FieldRole, Zoned, Zones};
use super::references::Kind;
use crate::diagnostic::codes::{calendar as codes, compile};
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast::{self, Item};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most zones of one ruleset: a roll-up waits for each of them.
const ZONES_MAX: usize = 64;

impl Compiler<'_> {
    /// Compiles the zones into the names, once the dimensions are known.
    pub(super) fn zones(&mut self, file: &ast::File) {
        let Some(by) = file.header.as_ref().and_then(|header| header.zones.as_ref()) else { return };
        let word = &by.dimension;
        let known = |zone: &ast::ValueZone| {
            let found = known_zone(&zone.zone, &self.names.suggestions, &mut self.errors)?;
            Some((zone.value.value.clone().into_boxed_str(), found))
        };
        let zones: Vec<Option<_>> = by.zones.iter().map(known).collect();
        let names: BTreeSet<&str> = zones.iter().flatten().map(|(_, zone)| zone.name()).collect();
        if names.len() > ZONES_MAX {
            self.errors.push(too_many(Words::new("zones", "时区"), ZONES_MAX, word.span));
        }
        let Ok(dim) = self.names.dims.binary_search(&word.value) else {
            let known = self.names.dims.iter().map(String::as_str);
            self.errors.push(self.names.unknown(&compile::UNKNOWN_DIMENSION, &word.value, word.span, known));
            return;
        };
        self.names.uses.saw(Kind::Dimension, &word.value, word.span);
        let below = file.items.iter().find_map(|item| match item {
            Item::Dimension(dimension) => {
                let place = dimension.parents.iter().position(|parent| parent.value == word.value)?;
                Some(place.checked_sub(1).map_or(&dimension.name, |below| dimension.parents.get(below).unwrap_or(&dimension.name)))
            }
            _ => None,
        });
        if let Some(below) = below {
            let diagnostic = Diagnostic::new(&codes::ZONES_ABOVE, word.span).arg("dimension", &word.value);
            self.errors.push(diagnostic.arg("below", &below.value).related(below.span, "the dimension below it", "其下级维度"));
            return;
        }
        let zones: Option<Vec<_>> = zones.into_iter().collect();
        self.names.zones = zones.map(|zones| Arc::new(Zones::new(dim, &self.names.zone, zones)));
    }
}

impl Names {
    /// Where the rows of an event say their zone.
    pub(super) fn zoned(&self, event: EventIdx) -> Option<Zoned> {
        let zones = self.zones.as_ref()?;
        let (_, field) = self.events.get(event)?.dims.iter().find(|(dim, _)| *dim == zones.dim)?;
        Some((Arc::clone(zones), *field))
    }

    /// Where a thing says its zone, as far as its fields are known.
    pub(super) fn zoned_above(&self, above: &[Field]) -> Option<Zoned> {
        let zones = self.zones.as_ref()?;
        let dimension = self.dims.get(zones.dim)?;
        let field = above.iter().position(|field| field.role == FieldRole::Dimension && field.name == *dimension)?;
        Some((Arc::clone(zones), field))
    }
}
