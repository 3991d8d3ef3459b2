//! Glances on a walk through the past: what the slots of a rule hold as of one instant after the other.
//!
//! 1. The slots are read once as of an instant ([`Passing::glance`]); from then on every row that the walk passes is added.
//! 2. On another day, or after a row was replaced, they are read again.

use super::super::calendar::Calendars;
use super::super::formula::Aggregates;
use super::super::recent::Recent;
use super::super::rows::Item;
use super::super::sight::{Overlay, Sight};
use super::super::state::State;
use super::super::step::Key;
use super::super::window::{Anchor, Span};
use super::super::{Acc, Fault};
use super::term::{Ask, Held, Slot};
use super::{Range, Ranges, Seen, ranges_of, seen, table_value};
use crate::compile::program::{AlertRule, LeafIdx};
use crate::time::{Day, Instant};

/// The slots of a rule at one scope, on a walk.
pub(in super::super) struct Passing<'s> {
    ask: &'s Ask,
    standing: Option<(Day, Ranges, Vec<Held>)>,
    /// When time alone changes something, on a day.
    turns: Option<(Day, Option<Instant>)>,
}

impl<'s> Passing<'s> {
    /// None for a rule that cannot be glanced at.
    pub(in super::super) fn of(state: &'s State, rule: usize) -> Option<Passing<'s>> {
        let ask = &state.glances.rules.get(rule)?.as_ref()?.ask;
        Some(Passing { ask, standing: None, turns: None })
    }

    /// Whether a leaf is held.
    pub(in super::super) fn holds(&self, leaf: LeafIdx) -> bool {
        self.standing.is_some() && self.ask.slots.iter().any(|slot| matches!(slot, Slot::Rows(own, _) if *own == leaf))
    }

    /// Adds a row that was passed.
    pub(in super::super) fn add(&mut self, leaf: LeafIdx, day: Day, item: Item<'_>) {
        let Some((_, ranges, held)) = &mut self.standing else { return };
        for ((slot, (first, last)), held) in self.ask.slots.iter().zip(&ranges.slots).zip(held) {
            if matches!(slot, Slot::Rows(own, _) if *own == leaf) && *first <= day && day <= *last {
                held.add(item);
            }
        }
    }

    /// Lets go what is held: some row counts no longer.
    pub(in super::super) fn forget(&mut self) {
        self.standing = None;
    }

    /// What is seen of the rule at a scope, as of an instant up to which all rows were passed; None when that takes a closer
    /// look.
    pub(in super::super) fn glance(
        &mut self,
        (state, recent, overlay): (&State, &mut Recent<'_>, &mut Overlay),
        (key, rule): (Key, &AlertRule),
        at: Instant,
    ) -> Result<Option<Seen>, Fault> {
        let zone = state.zone_of(key.1);
        let day = recent.calendars.at(zone).day_of(at);
        if state.places.get(key.1).is_none_or(|place| place.first > at) {
            return Ok(None);
        }
        if self.standing.as_ref().is_none_or(|(known, ..)| *known != day) {
            self.standing = None;
            let anchor = Anchor { at, day, end: at, zone };
            let Some(ranges) = ranges_of(&state.program, self.ask, rule, anchor) else { return Ok(None) };
            let mut sight = Sight { state, recent, overlay, scope: key.1, at, missing: None };
            let Some(held) = read(self.ask, &ranges.slots, &mut sight)? else { return Ok(None) };
            self.standing = Some((day, ranges, held));
        }
        let standing = self.standing.as_ref().filter(|(_, ranges, _)| state.has_begun(key.1, ranges, zone));
        Ok(standing.and_then(|(_, _, held)| seen(self.ask, held)))
    }

    /// When time alone changes something, worked out once a day.
    pub(in super::super) fn turns(&mut self, (calendars, zone): (&mut Calendars, usize), at: Instant) -> (Day, Option<Option<Instant>>) {
        let day = calendars.at(zone).day_of(at);
        (day, self.turns.filter(|(known, _)| *known == day).map(|(_, turns)| turns))
    }

    /// Remembers that.
    pub(in super::super) fn remember_turns(&mut self, day: Day, turns: Option<Instant>) {
        self.turns = Some((day, turns));
    }
}

/// What the slots hold as of the instant of a sight.
fn read(ask: &Ask, ranges: &[Range], sight: &mut Sight<'_, '_>) -> Result<Option<Vec<Held>>, Fault> {
    let mut held = Vec::with_capacity(ranges.len());
    for (slot, (first, last)) in ask.slots.iter().zip(ranges) {
        let one = match slot {
            Slot::Value(lookup, _) => table_value(sight.state, sight.scope, lookup, *first),
            Slot::Rows(leaf, _) => sight.merged(*leaf, Span::Days(*first, *last))?.and_then(|acc| match &*acc {
                Acc::Count(rows) => Some(Held::Rows(0, *rows)),
                Acc::Sum(sum, rows) => Some(Held::Rows(*sum, *rows)),
                _ => None,
            }),
        };
        let Some(one) = one else { return Ok(None) };
        held.push(one);
    }
    Ok(Some(held))
}
