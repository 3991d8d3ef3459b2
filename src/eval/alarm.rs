//! The alert machine of one rule at one scope, at one instant.
//!
//! 1. [`look`] evaluates the subject and the conditions.
//! 2. [`advance`] moves the machine: truth, `for`, severity, `clear`, unknown.
//! 3. [`due`] says when time alone can change it next: a `for` runs out, a day turns, a row leaves a window, a row of a
//!    table begins to count, the month whose last rate is taken goes on. A rule with a schedule is looked at when that says so next, and at no
//!    other time.

use super::convert::month_end;
use super::course::instant_of;
use super::formula::Evaluation;
use super::number::{Number, Why};
use super::recent::Recent;
use super::run::Run;
use super::sight::{Overlay, Sight};
use super::sliding::{Reach, slide};
use super::state::State;
use super::step::Key;
use super::window::{Anchor, days, seconds};
use super::{Acc, Fault, Machine, ScopeId};
use crate::compile::program::{AlertLevel, AlertRule, Hold, Keep, LeafIdx, NoData, Program, RateAt, Severity, Window, WorkSpan, ZoneIdx};
use crate::time::{Day, Instant, Period, Reckoning, Zone};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// What is seen of a rule at one instant.
pub(super) struct Seen {
    pub(super) value: Option<Decimal>,
    pub(super) levels: Vec<Option<bool>>,
    pub(super) clear: Option<bool>,
    /// What the first level reads was over before the scope began, so that it is unknown for good.
    pub(super) had_not_begun: bool,
    /// The scope is not judged.
    pub(super) exempt: bool,
}

#[cfg(test)]
impl Seen {
    /// What a glance sees is what is computed exactly.
    pub(super) fn agrees(&self, glance: &Seen) {
        let all = |seen: &Seen| (seen.levels.clone(), seen.clear, seen.had_not_begun, seen.exempt);
        assert_eq!(all(self), all(glance));
    }
}

/// Evaluates the subject and the conditions of a rule at a scope, as of an instant.
pub(super) fn look(
    state: &State,
    recent: &mut Recent<'_>,
    overlay: &mut Overlay,
    (rule, scope): (&AlertRule, ScopeId),
    at: Instant,
) -> Result<Seen, Fault> {
    let program = &state.program;
    let zone = state.zone_of(scope);
    let anchor = Anchor { at, day: recent.calendars.at(zone).day_of(at), end: at, zone };
    let home = anchor.stretch(program, rule.window);
    let mut sight = Sight { state, recent, overlay, scope, at, missing: None };
    let mut evaluation = Evaluation::new(program, &mut sight, anchor, home).with_subject(&rule.subject);
    let mut levels = Vec::with_capacity(rule.levels.len());
    let mut had_not_begun = false;
    for (index, level) in rule.levels.iter().enumerate() {
        let holds = evaluation.level(level, rule.window)?;
        had_not_begun = had_not_begun || index == 0 && holds == Number::Unknown(Why::NoScope);
        levels.push(holds.truth());
    }
    let clear = match &rule.clear {
        Some(clear) => evaluation.value(clear)?.truth(),
        None => Some(false),
    };
    let mut exempt = false;
    for gate in &rule.exempts {
        exempt = exempt || evaluation.value(&gate.when)?.truth() == Some(true);
    }
    Ok(Seen { value: evaluation.subject()?.decimal(), levels, clear, had_not_begun, exempt })
}

/// The machine at an instant, from what it was before and what is seen.
pub(super) fn advance(rule: &AlertRule, before: Option<&Machine>, seen: &Seen, at: Instant, zone: &Zone) -> Machine {
    // What is not judged begins anew when it is judged again.
    if seen.exempt {
        return idle(rule.levels.len());
    }
    let held_before = |level: usize| before.and_then(|machine| machine.held_since.get(level).copied().flatten());
    let truth = |level: usize, truth: Option<bool>| match (truth, rule.no_data) {
        (Some(truth), _) => truth,
        (None, NoData::Keep) => held_before(level).is_some(),
        // Of what was over before a scope began no data is to be expected.
        (None, NoData::Alert) => level == 0 && !seen.had_not_begun,
        (None, NoData::Clear) => false,
    };
    let held = seen.levels.iter().enumerate().map(|(level, seen)| truth(level, *seen).then(|| held_before(level).unwrap_or(at)));
    let held_since: Vec<Option<Instant>> = held.collect();
    let held_days = held_days(rule, before, &held_since, at, zone);
    let clear = match (seen.clear, rule.no_data) {
        (_, NoData::Clear) if seen.levels.contains(&None) => true,
        (Some(clear), _) => clear,
        (None, NoData::Keep) => before.is_some_and(|machine| machine.clear),
        (None, NoData::Alert) => false,
        (None, NoData::Clear) => true,
    };
    let calm = if rule.clear.is_some() { clear } else { held_since.iter().all(Option::is_none) };
    let top = holding(rule, (&held_since, &held_days), at, zone)
        .map(|level| rule.levels.get(level).map_or(Severity::Info, |level| level.severity));
    let was_firing = before.filter(|machine| machine.firing.is_some());
    // What begins to fire while it could clear counts from there, whenever it is looked at next.
    let counts = rule.clear_hold_s > 0 && calm && (was_firing.is_some() || top.is_some());
    let clear_since = counts.then(|| was_firing.and_then(|machine| machine.clear_since).unwrap_or(at));
    let cleared = match rule.clear_hold_s {
        0 => rule.clear.is_none() || clear,
        length_s => clear_since.is_some_and(|since| since.plus_s(seconds(length_s)) <= at),
    };
    let firing = match (before.and_then(|machine| machine.firing), top) {
        (Some((_, since)), Some(severity)) => Some((severity, since)),
        (None, Some(severity)) => Some((severity, at)),
        (Some(firing), None) if !cleared => Some(firing),
        (_, None) => None,
    };
    let clear_since = clear_since.filter(|_| firing.is_some());
    Machine { clear_since, held_since, held_days, clear: clear && rule.no_data == NoData::Keep, firing }
}

/// The machine of what nothing was seen of.
pub(super) fn idle(levels: usize) -> Machine {
    Machine { held_since: vec![None; levels], ..Machine::default() }
}

/// The worst level that holds: its condition has been true for as long as it asks. The first in the text among equals.
pub(super) fn holding(
    rule: &AlertRule,
    (held_since, held_days): (&[Option<Instant>], &[Vec<Day>]),
    at: Instant,
    zone: &Zone,
) -> Option<usize> {
    let holds = |index: usize, since: Option<Instant>, level: &AlertLevel| match level.hold {
        Hold::Working(length) => since.and_then(|since| worked(level, length, since)).is_some_and(|worked| worked <= at),
        Hold::Unbroken(length_s) => since.is_some_and(|since| since.plus_s(seconds(length_s)) <= at),
        // The condition is about all of its periods already.
        Hold::Periods { .. } => since.is_some(),
        Hold::SomeOf { at_least, of } => {
            let today = zone.day_of(at);
            let broken = held_days.get(index).map_or(0, Vec::len);
            let unbroken = since.map_or(0, |since| today.0 - zone.day_of(since).max(first_day(today, of)).0 + 1);
            broken + usize::try_from(unbroken).unwrap_or(0) >= at_least as usize
        }
    };
    let mut best: Option<(usize, Severity)> = None;
    for (index, (since, level)) in held_since.iter().zip(&rule.levels).enumerate() {
        if holds(index, *since, level) && best.is_none_or(|(_, severity)| level.severity > severity) {
            best = Some((index, level.severity));
        }
    }
    best.map(|(index, _)| index)
}

/// The instant at which so much working time has passed since another one; None when the calendar does not know. Working days
/// have passed when the last of them has.
fn worked(level: &AlertLevel, length: WorkSpan, since: Instant) -> Option<Instant> {
    let calendar = level.calendar.as_ref()?;
    match length {
        WorkSpan::Days(count) => calendar.days_after(since, count).map(|last| Instant(last.0.saturating_add(1))),
        WorkSpan::Micros(micros) => calendar.time_after(since, micros),
    }
}

/// The first of so many days that end today.
fn first_day(today: Day, of: u32) -> Day {
    today.plus(1 - days(of))
}

/// The days that count beside the unbroken ones. A condition that breaks has held at the end of every day before.
fn held_days(rule: &AlertRule, before: Option<&Machine>, held_since: &[Option<Instant>], at: Instant, zone: &Zone) -> Vec<Vec<Day>> {
    let mut all = Vec::new();
    for (index, level) in rule.levels.iter().enumerate() {
        let Hold::SomeOf { of, .. } = level.hold else { continue };
        let today = zone.day_of(at);
        let first = first_day(today, of);
        let known = before.and_then(|machine| machine.held_days.get(index)).map_or(&[][..], Vec::as_slice);
        let mut counted: Vec<Day> = known.iter().copied().filter(|day| *day >= first).collect();
        let since_before = before.and_then(|machine| machine.held_since.get(index).copied().flatten());
        if let (Some(since), None) = (since_before, held_since.get(index).copied().flatten()) {
            let from = zone.day_of(since).max(first);
            counted.extend((from.0..today.0).map(Day));
        }
        if !counted.is_empty() {
            all.resize(index, Vec::new());
            all.push(counted);
        }
    }
    all
}

/// The first instant from `at` on at which a rule is looked at at a scope of a zone: `at` itself without a schedule.
pub(super) fn looked_at(program: &Program, zone: ZoneIdx, rule: &AlertRule, at: Instant) -> Instant {
    rule.schedule.map_or(at, |schedule| schedule.next_from(at, program.zone_at(zone), program.reckoning))
}

/// The next instant at which time alone can change the machine.
pub(super) fn due(
    state: &State,
    recent: &mut Recent<'_>,
    (rule_idx, scope): (usize, ScopeId),
    machine: Option<&Machine>,
    at: Instant,
) -> Result<Option<Instant>, Fault> {
    let Some(rule) = state.program.alerts.get(rule_idx) else { return Ok(None) };
    let zone = state.zone_of(scope);
    let by_machine = runs_out(recent, (rule, zone), machine, at);
    let by_time = turns(state, recent, (rule_idx, scope), at)?;
    Ok(by_machine.into_iter().chain(by_time).min())
}

/// The next instant at which a time that the machine waits for has passed.
pub(super) fn runs_out(
    recent: &mut Recent<'_>,
    (rule, zone): (&AlertRule, ZoneIdx),
    machine: Option<&Machine>,
    at: Instant,
) -> Option<Instant> {
    let machine = machine?;
    let mut tomorrow = || {
        let calendar = recent.calendars.at(zone);
        let today = calendar.day_of(at);
        calendar.end_of(today)
    };
    let held = machine.held_since.iter().zip(&rule.levels).enumerate();
    let deadlines = held.filter_map(|(index, (since, level))| match level.hold {
        Hold::Unbroken(length_s) => since.map(|since| since.plus_s(seconds(length_s))),
        Hold::Periods { .. } => None,
        Hold::Working(length) => since.and_then(|since| worked(level, length, since)),
        Hold::SomeOf { .. } => {
            let counted = machine.held_days.get(index).is_some_and(|days| !days.is_empty());
            (since.is_some() || counted).then(&mut tomorrow)
        }
    });
    let clears = machine.clear_since.map(|since| since.plus_s(seconds(rule.clear_hold_s)));
    deadlines.chain(clears).filter(|deadline| *deadline > at).min()
}

/// The next instant at which time changes what a rule reads.
pub(super) fn turns(
    state: &State,
    recent: &mut Recent<'_>,
    (rule_idx, scope): (usize, ScopeId),
    at: Instant,
) -> Result<Option<Instant>, Fault> {
    let zone = state.zone_of(scope);
    let (own, scope) = (scope, state.around(rule_idx, scope));
    let today = recent.calendars.at(zone).day_of(at);
    let tomorrow = recent.calendars.at(zone).end_of(today);
    // Before a scope was first seen there was nothing, not 0.
    let firsts = || -> Vec<Instant> {
        let seen = state.sightings(rule_idx, own).into_iter();
        seen.chain(state.places.get(own).map(|place| place.first)).collect()
    };
    let mut next: Option<Instant> = None;
    for (leaf, window) in state.plan.reads.get(rule_idx).into_iter().flatten() {
        let mut change: Option<Instant> = None;
        state.each_scope_of(*leaf, scope, |below| {
            let own = match window {
                Window::Elapsed { length_s, ending_s } => {
                    moving(state, recent, zone, (*leaf, below), (seconds(*length_s), seconds(*ending_s)), at)?
                }
                _ => turning(state, *leaf, below, *window, today).map(|day| recent.calendars.at(zone).start_of(day)),
            };
            change = change.into_iter().chain(own).min();
            Ok(())
        })?;
        if let Window::Elapsed { length_s, ending_s } = window {
            let ends = [seconds(*ending_s), seconds(*length_s) + seconds(*ending_s)];
            let moved = is_moved(&state.program, *leaf).then(|| ends.map(|back| midnight(recent, zone, at, back)));
            change = change.into_iter().chain(moved.into_iter().flatten()).min();
            let began = firsts().into_iter().map(|first| first.plus_s(seconds(*ending_s)));
            change = change.into_iter().chain(began.filter(|began| *ending_s > 0 && *began > at)).min();
        }
        next = next.into_iter().chain(change.filter(|change| *change > at)).min();
    }
    next = next.into_iter().chain(begins(state, recent, ((rule_idx, own), zone), at)).min();
    let turning = state.plan.turning.get(rule_idx).copied().unwrap_or_default();
    let told = state.told_days(rule_idx);
    let dated =
        |from: Day| state.plan.dated.get(rule_idx).into_iter().chain([&told]).filter_map(|days| days.range(from..).next().copied()).min();
    let lately = || dated(today.plus(-turning.reach)).is_some_and(|day| day <= today);
    if turning.targets.max(state.told_until(rule_idx)).is_some_and(|last| today <= last)
        || turning.reach > 0 && (lately() || today <= last_day(state, recent, rule_idx, (zone, scope, &firsts())).plus(turning.reach))
    {
        next = next.into_iter().chain([tomorrow]).filter(|change| *change > at).min();
    }
    let month_runs =
        |recent: &mut Recent<'_>| today < month_end(&state.program, last_day(state, recent, rule_idx, (zone, scope, &firsts())));
    let by_month_end = state.plan.rates.get(rule_idx).is_some_and(|rates| rates.contains(&RateAt::MonthEnd)) && month_runs(recent);
    next = next.into_iter().chain(by_month_end.then_some(tomorrow)).min();
    Ok(next.into_iter().chain(dated(today.plus(1)).map(|day| recent.calendars.at(zone).start_of(day))).min())
}

/// Whether a leaf keeps a level of what may move from one scope to another.
fn is_moved(program: &Program, leaf: LeafIdx) -> bool {
    !program.memberships.is_empty() && program.leaves.get(leaf).is_some_and(|leaf| leaf.keep == Keep::Course)
}

/// The next instant after another one at which a day began so many seconds ago: what has a level may move with a day.
fn midnight(recent: &mut Recent<'_>, zone: ZoneIdx, at: Instant, back_s: i64) -> Instant {
    let calendar = recent.calendars.at(zone);
    let day = calendar.day_of(at.plus_s(-back_s));
    calendar.end_of(day).plus_s(back_s)
}

/// The instants after another one from which windows of days that lie behind say something of a scope, or of those that it is
/// looked at with. None any more once all these were seen by the ends of all these windows.
pub(super) fn begins(state: &State, recent: &mut Recent<'_>, ((rule, scope), zone): (Key, ZoneIdx), at: Instant) -> Vec<Instant> {
    if !state.plan.looks_back(rule) {
        return Vec::new();
    }
    let (calendar, reckoning) = (recent.calendars.at(zone), state.program.reckoning);
    let mut begins = |day: Day| -> Vec<Instant> {
        let windows = state.plan.reads.get(rule).into_iter().flatten();
        let days = windows.filter_map(|(_, window)| begins_on(*window, day, reckoning));
        days.map(|day| calendar.start_of(day)).filter(|begins| *begins > at).collect()
    };
    let firsts = state.sightings(rule, scope).into_iter().chain(state.places.get(scope).map(|place| place.first));
    let seen: BTreeSet<Day> = firsts.map(|first| state.program.zone_at(zone).day_of(first)).collect();
    let mut found: Vec<Instant> = seen.iter().flat_map(|day| begins(*day)).collect();
    if let (Some(last), false) = (seen.last(), found.is_empty()) {
        // Rows that lie before the time at which they were sent.
        let sources = state.sources(rule, state.around(rule, scope));
        let early = sources.into_iter().filter_map(|(leaf, scope)| state.series(leaf, scope)).flat_map(|series| series.days(..*last));
        found.extend(early.collect::<BTreeSet<Day>>().into_iter().flat_map(begins));
    }
    found
}

/// The day from which such a window says something of a scope that was first seen on a day; None for one that reaches to today.
fn begins_on(window: Window, first: Day, reckoning: Reckoning) -> Option<Day> {
    match window {
        Window::Days { ending, .. } if ending > 0 => Some(first.plus(days(ending))),
        Window::Period { grain, previous: true } => Some(Period::holding(grain, first, reckoning).last.plus(1)),
        Window::Periods { grain, back, .. } if back > 0 => Some(Run::begins((grain, back), first, reckoning)),
        _ => None,
    }
}

/// The last day on which something of a scope happened that a rule reads; at least the day on which it was first seen.
fn last_day(state: &State, recent: &mut Recent<'_>, rule: usize, (zone, scope, firsts): (ZoneIdx, ScopeId, &[Instant])) -> Day {
    let first = firsts.iter().max().map_or(Day(i32::MIN), |first| recent.calendars.at(zone).day_of(*first));
    let last = |(leaf, scope): (LeafIdx, ScopeId)| state.series(leaf, scope)?.days(..).next_back();
    state.sources(rule, scope).into_iter().filter_map(last).chain([first]).max().unwrap_or(first)
}

/// The next day on which a window of days or a period holds other cells than today.
fn turning(state: &State, leaf: LeafIdx, scope: ScopeId, window: Window, today: Day) -> Option<Day> {
    let series = state.series(leaf, scope)?;
    let first_from = |day: Day| series.days(day..).next();
    let reckoning = state.program.reckoning;
    match window {
        Window::Days { length, ending } => {
            let last = today.plus(-days(ending));
            let enters = first_from(last.plus(1)).map(|day| day.plus(days(ending)));
            let leaves = first_from(last.plus(1 - days(length))).map(|day| day.plus(days(length)).plus(days(ending)));
            enters.into_iter().chain(leaves).min()
        }
        Window::Period { grain, previous: false } => {
            let period = Period::holding(grain, today, reckoning);
            let enters = first_from(today.plus(1));
            let leaves = first_from(period.first).filter(|day| *day <= today).map(|_| period.last.plus(1));
            enters.into_iter().chain(leaves).min()
        }
        Window::Period { grain, previous: true } => {
            let period = Period::holding(grain, today, reckoning);
            let next = first_from(period.previous(reckoning).first)?;
            Some(period.last.max(Period::holding(grain, next, reckoning).last).plus(1))
        }
        Window::Periods { grain, count, back } => Run::turning((grain, count, back), today, reckoning, first_from),
        Window::Elapsed { .. } | Window::Occasion(_) | Window::All => None,
    }
}

/// The next instant at which a row enters or leaves an elapsed window.
fn moving(
    state: &State,
    recent: &mut Recent<'_>,
    zone: ZoneIdx,
    read: (LeafIdx, ScopeId),
    (length_s, ending_s): (i64, i64),
    at: Instant,
) -> Result<Option<Instant>, Fault> {
    let Some(series) = state.series(read.0, read.1) else { return Ok(None) };
    if let Some(decl) = state.program.leaves.get(read.0).filter(|decl| decl.keep == Keep::Course) {
        let behind = |instant: Instant| [instant.plus_s(ending_s), instant.plus_s(ending_s + length_s)];
        let marks = series.cells().flat_map(|cell| match &cell.acc {
            Acc::Course(readings) => readings.keys().map(|(mark, _, _)| *mark).collect(),
            _ => Vec::new(),
        });
        let places = marks.map(|mark| instant_of(&state.program, state.program.zone_at(zone), decl, mark));
        return Ok(places.flat_map(behind).filter(|change| *change > at).min());
    }
    let until = at.plus_s(-ending_s);
    let window = slide(recent, state, read, Reach::of(until.plus_s(-length_s), until, at), at)?;
    Ok(window.next_change(at))
}
