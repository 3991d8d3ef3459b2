//! Most events change nothing about an alert: a glance sees that at once.
//!
//! 1. The conditions of a rule become terms over slots ([`term`]), where they ask for no more than sums, counts, tables and
//!    scorecards over whole days.
//! 2. For each scope at which rows come, what every slot holds on the day is kept beside the track ([`Standing`]); the cell
//!    plan adds each row to it as it comes ([`Glances`]). Where time alone moves, nothing is kept.
//! 3. [`State::glance`] reads the terms with floating point and a bound of its error ([`near`]). Where that leaves a doubt, or
//!    the alert would change, the conditions are computed with decimals as ever: a glance never tells anything.

mod card;
mod near;
mod passing;
mod term;

pub(super) use passing::Passing;

use super::alarm::Seen;
use super::calendar::Calendars;
use super::lookup::written;
use super::number::Number;
use super::places::Places;
use super::plan::{Frame, Move, Plan};
use super::rows::Item;
use super::score::period_of;
use super::state::State;
use super::step::Key;
use super::tracks::Tracks;
use super::window::{Anchor, Span, Stretch};
use super::{Acc, AskedOf, ScopeId};
use crate::compile::program::{AlertRule, GroupingIdx, LeafIdx, Lookup, Program, Scalar, Window, ZoneIdx};
use crate::time::{Day, Instant};
use near::Near;
use std::sync::Arc;
use term::{Ask, Held, Reading, Slot, Term};

/// When more slots than this are held, all are let go and read again at their next use.
const SLOTS_MAX: usize = 4_000_000;
/// So many days' ranges are remembered for a rule.
const DAYS_MAX: usize = 16;
/// No change comes at this instant: it stands for none.
const NO_TURN: Instant = Instant(i64::MIN);

/// The rules that can be glanced at.
#[derive(Debug, Default)]
pub(super) struct Glances {
    rules: Vec<Option<Watched>>,
    /// For each grouping and place of its series, the rules and slots that hold its rows.
    readers: Vec<Vec<Vec<(usize, usize)>>>,
    /// How many slots are held, of all rules and scopes.
    n_slots: usize,
    /// Room for what is read and not kept.
    passing: Vec<Held>,
}

/// A rule that can be glanced at.
#[derive(Debug)]
struct Watched {
    ask: Ask,
    /// Whether nothing that the rule reads lies at another scope.
    is_alone: bool,
    /// The ranges of the slots on the days that were looked at last.
    days: Vec<(Today, Arc<Ranges>)>,
}

/// A day of a zone.
type Today = (ZoneIdx, Day);

/// Where a slot looks on one day.
type Range = (Day, Day);

/// Where a rule looks on one day.
#[derive(Debug)]
struct Ranges {
    slots: Vec<Range>,
    /// The same as it is asked of cells; nothing of a slot that has none.
    asked: Vec<AskedOf>,
    /// The last day of what ends first of all that it reads, scores included: over before a scope began, it says nothing of it.
    first_over: Option<Day>,
}

/// What the slots of a rule hold at one scope.
#[derive(Debug)]
pub(super) struct Standing {
    day: Day,
    ranges: Arc<Ranges>,
    held: Box<[Held]>,
    /// The latest instant at which one of the cells changed.
    changed: Instant,
    /// When time alone changes something, if it does.
    turns: Instant,
    /// Whether that was asked for, and no new cell has come since.
    is_timed: bool,
}

impl Glances {
    pub(super) fn new(program: &Program, plan: &Plan) -> Glances {
        let mut readers: Vec<Vec<Vec<(usize, usize)>>> = plan.leaves.iter().map(|leaves| vec![Vec::new(); leaves.len()]).collect();
        let mut rules = Vec::with_capacity(program.alerts.len());
        for (index, rule) in program.alerts.iter().enumerate() {
            // What a rule is on may change within a day, though its conditions do not.
            let within_days = plan.reads.get(index).into_iter().flatten().any(|(_, window)| matches!(window, Window::Elapsed { .. }));
            // When a scope began that has parents may depend on what is told of them.
            let past_scores = plan.turning.get(index).is_some_and(|turning| turning.past_scores);
            let climbs = (past_scores || plan.looks_back(index)) && !program.memberships.is_empty();
            let watched = if within_days || climbs || plan.watches.any_of(index) { None } else { Ask::of(program, rule) };
            let places = watched.as_ref().and_then(|ask| places(ask, plan, rule.grouping));
            for (slot, place) in places.iter().flatten().enumerate() {
                let list = place.and_then(|place| readers.get_mut(rule.grouping)?.get_mut(place));
                list.into_iter().for_each(|list| list.push((index, slot)));
            }
            let watched = watched.filter(|_| places.is_some());
            let is_alone = plan.is_alone(program, index);
            rules.push(watched.map(|ask| Watched { ask, is_alone, days: Vec::new() }));
        }
        Glances { rules, readers, n_slots: 0, passing: Vec::new() }
    }

    /// Whether a rule can be glanced at, and reads nothing but what lies at its own scope.
    pub(super) fn sees_alone(&self, rule: usize) -> bool {
        matches!(self.rules.get(rule), Some(Some(watched)) if watched.is_alone)
    }

    /// Takes note of a row of this instant that was added to a cell, perhaps a new one.
    pub(super) fn add(
        &self,
        (tracks, places): (&mut Tracks, &Places),
        (grouping, place): (GroupingIdx, usize),
        (scope, day, is_new): (ScopeId, Day, bool),
        (item, at): (Item<'_>, Instant),
    ) {
        for (rule, slot) in self.readers.get(grouping).and_then(|places| places.get(place)).into_iter().flatten() {
            let Some(standing) = tracks.get_mut(places, (*rule, scope)).and_then(|known| known.standing.as_mut()) else { continue };
            if is_new {
                standing.is_timed = false;
            }
            let within = standing.ranges.slots.get(*slot).is_some_and(|(first, last)| *first <= day && day <= *last);
            if within && let Some(held) = standing.held.get_mut(*slot) {
                held.add(item);
                standing.changed = standing.changed.max(at);
            }
        }
    }

    /// Lets go what is held of a cell that changed in another way.
    pub(super) fn forget(&mut self, (tracks, places): (&mut Tracks, &Places), (grouping, place): (GroupingIdx, usize), scope: ScopeId) {
        for (rule, _) in self.readers.get(grouping).and_then(|places| places.get(place)).into_iter().flatten() {
            let gone = tracks.get_mut(places, (*rule, scope)).and_then(|known| known.standing.take());
            self.n_slots = self.n_slots.saturating_sub(gone.map_or(0, |gone| gone.held.len()));
        }
    }
}

/// The places of the series that the slots of a rule read; None when one is not kept for its scopes.
fn places(ask: &Ask, plan: &Plan, grouping: GroupingIdx) -> Option<Vec<Option<usize>>> {
    let place = |slot: &Slot| match slot {
        Slot::Rows(leaf, _) => plan.slot(*leaf, grouping).map(Some),
        Slot::Value(..) => Some(None),
    };
    ask.slots.iter().map(place).collect()
}

impl State {
    /// When time alone changes what a rule reads at a scope, as it was worked out last; None when it has to be worked out. Before
    /// the scope has begun it always has to: rows that are not read change it too.
    pub(super) fn known_turns(&self, key: Key, (zone, day): Today) -> Option<Option<Instant>> {
        let standing = self.standing(key).filter(|standing| standing.day == day && standing.is_timed)?;
        self.has_begun(key.1, &standing.ranges, zone).then_some(Some(standing.turns).filter(|turns| *turns != NO_TURN))
    }

    /// Remembers that.
    pub(super) fn remember_turns(&mut self, key: Key, day: Day, turns: Option<Instant>) {
        let standing = self.tracks.get_mut(&self.places, key).and_then(|known| known.standing.as_mut());
        if let Some(standing) = standing.filter(|standing| standing.day == day) {
            (standing.turns, standing.is_timed) = (turns.unwrap_or(NO_TURN), true);
        }
    }

    fn standing(&self, key: Key) -> Option<&Standing> {
        self.tracks.get(&self.places, key)?.standing.as_ref()
    }

    /// Holds what was read; all that is held is let go when it has become too much.
    fn hold(&mut self, key: Key, standing: Standing) {
        if self.standing(key).is_none() {
            self.glances.n_slots += standing.held.len();
        }
        if self.glances.n_slots > SLOTS_MAX {
            self.tracks.forget_standings();
            self.glances.n_slots = standing.held.len();
        }
        if let Some(known) = self.tracks.entry(&self.places, key) {
            known.standing = Some(standing);
        }
    }

    /// What is seen of a rule at a scope, as of an instant, without its value; None when that takes a closer look. `by_time`: no row
    /// came, so that none is expected on that day either, unless there were some on the day before.
    pub(super) fn glance(&mut self, calendars: &mut Calendars, (key, rule): (Key, &AlertRule), at: Instant, by_time: bool) -> Option<Seen> {
        if !matches!(self.glances.rules.get(key.0), Some(Some(_))) || self.places.get(key.1)?.first > at {
            return None;
        }
        let zone = self.zone_of(key.1);
        let day = calendars.at(zone).day_of(at);
        let known = self.standing(key).map(|standing| standing.day);
        if known != Some(day) {
            let ranges = self.ranges(key.0, rule, Anchor { at, day, end: at, zone })?;
            if by_time && known != Some(day.plus(-1)) {
                return self.glance_by(key, &ranges, (zone, at));
            }
            let mut held = Vec::with_capacity(ranges.slots.len());
            let changed = self.read(key, &ranges, &mut held)?;
            self.hold(key, Standing { day, ranges, held: held.into(), changed, turns: NO_TURN, is_timed: false });
        }
        let ask = &self.glances.rules.get(key.0)?.as_ref()?.ask;
        let standing = self.standing(key).filter(|standing| standing.changed <= at)?;
        if !self.has_begun(key.1, &standing.ranges, zone) {
            return None;
        }
        seen(ask, &standing.held)
    }

    /// The same from what the slots hold at that instant, without keeping it.
    fn glance_by(&mut self, key: Key, ranges: &Ranges, (zone, at): (ZoneIdx, Instant)) -> Option<Seen> {
        let gone = self.tracks.get_mut(&self.places, key).and_then(|known| known.standing.take());
        self.glances.n_slots = self.glances.n_slots.saturating_sub(gone.map_or(0, |gone| gone.held.len()));
        let mut held = std::mem::take(&mut self.glances.passing);
        let changed = self.read(key, ranges, &mut held);
        let is_known = changed.is_some_and(|changed| changed <= at) && self.has_begun(key.1, ranges, zone);
        let ask = self.glances.rules.get(key.0).and_then(|watched| Some(&watched.as_ref()?.ask));
        let seen = ask.filter(|_| is_known).and_then(|ask| seen(ask, &held));
        self.glances.passing = held;
        seen
    }

    /// Whether a scope began before the end of all that is read of it.
    fn has_begun(&self, scope: ScopeId, ranges: &Ranges, zone: ZoneIdx) -> bool {
        let Some(last) = ranges.first_over else { return true };
        self.places.get(scope).is_some_and(|place| place.first < self.program.zone_at(zone).end_of(last))
    }

    /// Reads what the slots of a rule hold at a scope; the latest instant at which one of the cells changed.
    fn read(&self, key: Key, ranges: &Ranges, held: &mut Vec<Held>) -> Option<Instant> {
        let watched = self.glances.rules.get(key.0)?.as_ref()?;
        held.clear();
        for (slot, (on, _)) in watched.ask.slots.iter().zip(&ranges.slots) {
            held.push(match slot {
                Slot::Value(lookup, _) => table_value(self, key.1, lookup, *on)?,
                Slot::Rows(..) => Held::Rows(0, 0),
            });
        }
        let place = self.places.get(key.1)?;
        let (mut changed, mut adds_up) = (Instant(i64::MIN), true);
        let slot = |leaf| self.plan.slot(leaf, place.scope.grouping);
        place.bundles.each(&ranges.asked, slot, &mut |index, _, cell| {
            let (more, rows) = match &cell.acc {
                Acc::Count(rows) => (0, *rows),
                Acc::Sum(more, rows) => (*more, *rows),
                _ => return adds_up = false,
            };
            if let Some(Held::Rows(sum, count)) = held.get_mut(index) {
                (*sum, *count) = (sum.wrapping_add(more), *count + rows);
            }
            changed = changed.max(cell.changed);
        });
        adds_up.then_some(changed)
    }

    /// Where the slots of a rule look on a day.
    fn ranges(&mut self, index: usize, rule: &AlertRule, anchor: Anchor) -> Option<Arc<Ranges>> {
        let program = Arc::clone(&self.program);
        let watched = self.glances.rules.get_mut(index)?.as_mut()?;
        let key = (anchor.zone, anchor.day);
        if let Some((_, ranges)) = watched.days.iter().find(|(known, _)| *known == key) {
            return Some(Arc::clone(ranges));
        }
        let ranges = Arc::new(ranges_of(&program, &watched.ask, rule, anchor)?);
        if watched.days.len() >= DAYS_MAX {
            watched.days.remove(0);
        }
        watched.days.push((key, Arc::clone(&ranges)));
        Some(ranges)
    }
}

/// What the terms of a rule say of what its slots hold; None in doubt.
fn seen(ask: &Ask, held: &[Held]) -> Option<Seen> {
    let truth = |term: &Term| {
        Some(match term.read(held)? {
            Reading::Flag(flag) => Some(flag),
            Reading::Unknown | Reading::Number(_) => None,
        })
    };
    let mut exempt = false;
    for term in &ask.exempts {
        exempt = exempt || truth(term)? == Some(true);
    }
    let clear = ask.clear.as_ref().map_or(Some(Some(false)), truth)?;
    let levels = ask.levels.iter().map(truth).collect::<Option<_>>()?;
    // What had not begun is no matter for a glance.
    Some(Seen { value: None, levels, clear, had_not_begun: false, exempt })
}

/// Where the slots of a rule look on a day; None when that is not for a glance to say.
fn ranges_of(program: &Program, ask: &Ask, rule: &AlertRule, anchor: Anchor) -> Option<Ranges> {
    let home = anchor.stretch(program, rule.window);
    let range = |slot: &Slot| match slot {
        Slot::Rows(_, frame) => {
            let (anchor, stretch) = moved(program, (anchor, home), frame)?;
            match stretch.span {
                Span::Days(first, last) if first <= anchor.day => Some((first, last)),
                Span::Days(..) | Span::Elapsed(..) => None,
                Span::All => Some((Day(i32::MIN), Day(i32::MAX))),
            }
        }
        Slot::Value(_, frame) => moved(program, (anchor, home), frame).map(|(anchor, _)| (anchor.day, anchor.day)),
    };
    let slots: Vec<Range> = ask.slots.iter().map(range).collect::<Option<_>>()?;
    let last_day = |frame: &Frame| moved(program, (anchor, home), frame).map(|(anchor, _)| anchor.day);
    let scored = ask.cards.iter().map(last_day).collect::<Option<Vec<_>>>()?;
    let over = slots.iter().map(|(_, last)| *last).chain(scored).filter(|last| *last < anchor.day);
    let first_over = over.min();
    let asked = ask.slots.iter().zip(&slots).map(|(slot, range)| match slot {
        Slot::Rows(leaf, _) => (*leaf, *range),
        Slot::Value(..) => (LeafIdx::MAX, (Day(i32::MAX), Day(i32::MIN))),
    });
    let asked = asked.collect();
    Some(Ranges { slots, asked, first_over })
}

/// A value of a table for a scope; None when it is no number.
fn table_value(state: &State, scope: ScopeId, lookup: &Lookup, on: Day) -> Option<Held> {
    let place = state.places.get(scope)?;
    let dims = state.program.groupings.get(place.scope.grouping)?;
    let scope: Vec<_> = dims.iter().copied().zip(place.scope.values.iter().cloned()).collect();
    fixed(written(&state.program, lookup, on, &scope).value(&state.program)).map(Held::Fixed)
}

/// Where moves lead.
fn moved(program: &Program, home: (Anchor, Stretch), frame: &[Move]) -> Option<(Anchor, Stretch)> {
    frame.iter().try_fold(home, |(anchor, stretch), step| match step {
        Move::Over(window) => Some((anchor, anchor.stretch(program, *window))),
        Move::Card(every) => Some(period_of(program, *every, anchor, stretch)),
        _ => None,
    })
}

/// A value of a table; None when it is no number.
fn fixed(number: Number) -> Option<Reading> {
    match number {
        Number::Unknown(_) => Some(Reading::Unknown),
        Number::Known(Scalar::Number(number)) => Near::decimal(number).map(Reading::Number),
        Number::Known(Scalar::Flag(flag)) => Some(Reading::Flag(flag)),
        Number::Known(_) => None,
    }
}
