//! A scope of which nothing has come for long: its rules are looked at by their schedules, and every look sees the same.
//!
//! 1. When a glance saw no rows in any window, and none lie ahead, all looks until the next row see none either.
//! 2. When also nothing of the alert counts time, they change nothing: [`State::rests`] goes to the last one at once.

use super::super::state::State;
use super::super::step::Key;
use super::super::window::seconds;
use super::term::{Held, Slot};
use super::{Move, Watched};
use crate::compile::program::{AlertLevel, AlertRule, Hold, Window, ZoneIdx};
use crate::time::Instant;

impl State {
    /// The last instant up to another one at which a rule is looked at, when a glance at an instant has seen what every look
    /// until then sees; that instant itself otherwise.
    pub(in super::super) fn rests(&self, key: Key, rule: &AlertRule, zone: ZoneIdx, (at, until): (Instant, Instant)) -> Instant {
        match rule.schedule {
            Some(schedule) if at < until && counts_no_time(rule) && self.is_idle(key, rule, at) && self.has_no_rows(key, rule) => {
                schedule.last_until(until, self.program.zone_at(zone), self.program.reckoning).max(at)
            }
            _ => at,
        }
    }

    /// Whether the machine of a track waits for nothing: what holds has held for as long as it must.
    fn is_idle(&self, key: Key, rule: &AlertRule, at: Instant) -> bool {
        let Some(machine) = self.track(key.0, key.1).and_then(|track| track.steps.last()).map(|step| &step.machine) else { return true };
        let has_passed = |(since, level): (&Option<Instant>, &AlertLevel)| match (since, level.hold) {
            (None, _) => true,
            (Some(since), Hold::Unbroken(length_s)) => since.plus_s(seconds(length_s)) <= at,
            (Some(_), _) => false,
        };
        machine.clear_since.is_none() && machine.held_days.is_empty() && machine.held_since.iter().zip(&rule.levels).all(has_passed)
    }

    /// Whether no row lies in a window of a rule, on the day of the last glance or later. Windows only move on.
    fn has_no_rows(&self, key: Key, rule: &AlertRule) -> bool {
        let Some(Some(Watched { ask, .. })) = self.glances.rules.get(key.0) else { return false };
        let Some(standing) = self.standing(key) else { return false };
        // The days of a named event may lie anywhere.
        let moves_on = |step: &Move| !matches!(step, Move::Over(Window::Occasion(_)));
        let is_empty = |((slot, (first, _)), held): ((&Slot, &(_, _)), &Held)| match slot {
            Slot::Rows(leaf, frame) => {
                let none_ahead = || self.series(*leaf, key.1).is_some_and(|series| series.days(*first..).next().is_none());
                *held == Held::Rows(0, 0) && frame.iter().all(moves_on) && none_ahead()
            }
            Slot::Value(..) => false,
        };
        !matches!(rule.window, Window::Occasion(_)) && ask.slots.iter().zip(&standing.ranges.slots).zip(&standing.held).all(is_empty)
    }
}

/// Whether time alone changes nothing about an alert that waits for nothing, as long as its conditions stay as they are.
fn counts_no_time(rule: &AlertRule) -> bool {
    let plain = rule.levels.iter().all(|level| matches!(level.hold, Hold::Unbroken(_)));
    plain && rule.clear_hold_s == 0 && rule.repeat_s.is_none()
}
