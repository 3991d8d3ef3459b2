//! When rules with a schedule are looked at, remembered: all rows of a day ask for the same look, and all scopes that are looked at
//! together for the same two, this one and the next.

use super::alarm::looked_at;
use crate::compile::program::{AlertRule, Program, ZoneIdx};
use crate::time::Instant;

/// The two looks of every rule that were asked for last, the latest one first.
#[derive(Debug, Default)]
pub(super) struct Looks {
    rules: Vec<[Option<Known>; 2]>,
}

/// From one instant to another, the next look in a zone is the other one.
#[derive(Debug, Clone, Copy)]
struct Known {
    zone: ZoneIdx,
    from: Instant,
    look: Instant,
}

impl Looks {
    /// The first instant from another one on at which a rule is looked at in a zone: that one itself without a schedule.
    pub(super) fn next_from(&mut self, program: &Program, (index, rule): (usize, &AlertRule), zone: ZoneIdx, at: Instant) -> Instant {
        if rule.schedule.is_none() {
            return at;
        }
        if self.rules.len() <= index {
            self.rules.resize(index + 1, [None; 2]);
        }
        let Some(known) = self.rules.get_mut(index) else { return looked_at(program, zone, rule, at) };
        let holds = |one: &Option<Known>| one.is_some_and(|one| one.zone == zone && one.from <= at && at <= one.look);
        if !known.first().is_some_and(holds) {
            known.reverse();
        }
        match known {
            [Some(first), _] if holds(&Some(*first)) => first.look,
            [first, _] => first.insert(Known { zone, from: at, look: looked_at(program, zone, rule, at) }).look,
        }
    }
}
