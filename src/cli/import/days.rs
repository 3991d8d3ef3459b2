//! On which days of which shop no row stands.
//!
//! 1. [`Days::add`] counts the rows of every day, event and scope: the event's clock says which day, in the zone of its shop.
//! 2. [`Days::holes`] lists the days without rows, from a scope's first one to the last one of any scope of its event: a shop
//!    whose export ends early has a hole too.

use crate::cli::lines::ScopeText;
use crate::compile::program::{DimIdx, EventDecl, FieldIdx, Program, Unit};
use crate::engine::{RawEvent, RawValue};
use crate::time::{Day, Instant, Zone};
use serde::Serialize;
use std::collections::BTreeMap;

/// The dimension whose exports are missing one by one.
const SHOP: &str = "shop";

/// An event and the values of its dimensions.
type Scope = (String, Vec<(String, String)>);

/// The rows of every day.
pub struct Days<'p> {
    program: &'p Program,
    /// The dimensions that are told apart; none for the shop of each event, or its first dimension where it has no shop.
    per: Vec<DimIdx>,
    rows: BTreeMap<Scope, BTreeMap<Day, usize>>,
}

/// The days of an event at a scope.
#[derive(Debug, Serialize)]
pub struct Hole {
    /// The event.
    pub event: String,
    /// The dimension values.
    pub scope: ScopeText,
    /// The day of the first row.
    pub first: String,
    /// The last day of any scope of the event.
    pub last: String,
    /// How many days that are.
    pub days: usize,
    /// How many rows.
    pub rows: usize,
    /// The days without rows.
    pub missing: Vec<String>,
    /// The same, as runs of days.
    #[serde(skip)]
    pub runs: Vec<(Day, Day)>,
}

impl<'p> Days<'p> {
    /// Before any row.
    pub fn new(program: &'p Program, per: Vec<DimIdx>) -> Days<'p> {
        Days { program, per, rows: BTreeMap::new() }
    }

    /// Counts a row.
    pub fn add(&mut self, event: &RawEvent, arrived: Instant) {
        let declared = self.program.event_named(&event.kind).and_then(|event| self.program.events.get(event));
        let Some(declared) = declared else { return };
        let time = event.time.unwrap_or(arrived);
        let value = |field: &FieldIdx| declared.fields.get(*field).and_then(|field| text(event, &field.name));
        let values: Vec<(DimIdx, Option<String>)> = declared.dims.iter().map(|(dim, field)| (*dim, value(field))).collect();
        let zone = self.program.clocks_of(values.iter().map(|(dim, value)| (*dim, value.as_deref())));
        let day = clock_day(declared, event, zone).unwrap_or_else(|| zone.day_of(time));
        let shop = |(dim, _): &&(DimIdx, FieldIdx)| self.program.dims.get(*dim).is_some_and(|name| name == SHOP);
        let first = || declared.dims.iter().min_by_key(|(_, field)| *field);
        let usual = declared.dims.iter().find(shop).or_else(first).map(|(dim, _)| *dim);
        let asked = |dim: &DimIdx| if self.per.is_empty() { Some(*dim) == usual } else { self.per.contains(dim) };
        let scope = declared.dims.iter().filter(|(dim, _)| asked(dim)).filter_map(|(dim, field)| {
            let name = &declared.fields.get(*field)?.name;
            Some((self.program.dims.get(*dim)?.clone(), text(event, name).unwrap_or_default()))
        });
        let key = (event.kind.clone(), scope.collect());
        *self.rows.entry(key).or_default().entry(day).or_default() += 1;
    }

    /// The days without rows.
    pub fn holes(&self) -> Vec<Hole> {
        let mut last: BTreeMap<&str, Day> = BTreeMap::new();
        for ((event, _), days) in &self.rows {
            if let Some(day) = days.keys().next_back() {
                last.entry(event).and_modify(|known| *known = (*known).max(*day)).or_insert(*day);
            }
        }
        let hole = |((event, scope), days): (&Scope, &BTreeMap<Day, usize>)| {
            let (first, last) = (*days.keys().next()?, *last.get(event.as_str())?);
            let (mut missing, mut runs, mut day) = (Vec::new(), Vec::<(Day, Day)>::new(), first);
            while day <= last {
                if !days.contains_key(&day) {
                    missing.push(day.to_string());
                    match runs.last_mut().filter(|(_, end)| end.plus(1) == day) {
                        Some((_, end)) => *end = day,
                        None => runs.push((day, day)),
                    }
                }
                day = day.plus(1);
            }
            Some(Hole {
                event: event.clone(),
                scope: ScopeText(scope.clone()),
                first: first.to_string(),
                last: last.to_string(),
                days: days.len() + missing.len(),
                rows: days.values().sum(),
                missing,
                runs,
            })
        };
        self.rows.iter().filter_map(hole).collect()
    }
}

/// The day that the event's clock field says, in the zone of its shop.
fn clock_day(declared: &EventDecl, event: &RawEvent, zone: &Zone) -> Option<Day> {
    let field = declared.fields.get(declared.clock?)?;
    let text = text(event, &field.name)?;
    match field.unit {
        Unit::Date => Day::parse(text.trim()),
        _ => zone.parse_local(text.trim()).map(|at| zone.day_of(at)),
    }
}

/// What an event says in a field, as a text.
fn text(event: &RawEvent, field: &str) -> Option<String> {
    event.data.iter().find(|(name, _)| name == field).and_then(|(_, value)| match value {
        RawValue::Text(text) => Some(text.clone()),
        RawValue::Number(number) => Some(number.normalize().to_string()),
        _ => None,
    })
}
