//! When rules with a schedule are looked at, remembered: all rows of a day ask for the same look.

use super::alarm::looked_at;
use crate::compile::program::{AlertRule, Program, ZoneIdx};
use crate::time::Instant;

/// The look that was asked for last, of every rule.
#[derive(Debug, Default)]
pub(super) struct Looks {
    rules: Vec<Option<Known>>,
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
        let known = self.rules.get(index).copied().flatten();
        if let Some(known) = known.filter(|known| known.zone == zone && known.from <= at && at <= known.look) {
            return known.look;
        }
        let look = looked_at(program, zone, rule, at);
        if self.rules.len() <= index {
            self.rules.resize(index + 1, None);
        }
        self.rules.get_mut(index).into_iter().for_each(|known| *known = Some(Known { zone, from: at, look }));
        look
    }
}
