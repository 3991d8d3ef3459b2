//! Alerts: the condition evaluated at every instant at which anything could change, and the machine run from its
//! definition.

use super::formula::number;
use super::zones::Clocks;
use super::{Frame, Oracle, Place};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use steelyard::compile::program::{AlertRule, Formula, Hold, NoData, Severity, Shift, Window, WorkSpan};
use steelyard::time::{Day, Grain, Instant, OnDays, Period, Schedule, WorkCalendar};

/// A change of the machine.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleStep {
    /// The exact instant.
    pub at: Instant,
    /// For each level: since when its condition has been true without a break.
    pub held_since: Vec<Option<Instant>>,
    /// The severity, and since when it fires.
    pub firing: Option<(Severity, Instant)>,
    /// The subject at that instant.
    pub value: Option<Decimal>,
}

/// What an alert rule did at a scope.
pub type AlertHistory = Vec<OracleStep>;

/// Elapsed time so much earlier, for each count up to a shift's.
fn earlier(window: Window, shift: Shift) -> Vec<Window> {
    let Window::Elapsed { length_s, ending_s } = window else { return Vec::new() };
    let one_s = match shift.grain {
        Some(Grain::Day) => 86_400,
        Some(Grain::Week) => 604_800,
        Some(_) => return Vec::new(),
        None => length_s,
    };
    (1..=u64::from(shift.count)).map(|count| Window::Elapsed { length_s, ending_s: ending_s + count * one_s }).collect()
}

/// When so much working time has passed.
fn passed(calendar: &WorkCalendar, since: Instant, length: WorkSpan) -> Option<Instant> {
    let due = super::work::due(calendar, since, length)?;
    Some(if matches!(length, WorkSpan::Days(_)) { Instant(due.0 + 1) } else { due })
}

/// The machine while it runs.
struct Run {
    held_since: Vec<Option<Instant>>,
    firing: Option<(Severity, Instant)>,
    /// The last known truth of every level and of `clear`.
    levels_were: Vec<bool>,
    clear_was: bool,
    /// While firing: since when it could clear.
    calm_since: Option<Instant>,
    /// What every level was at every instant so far.
    truths: Vec<(Instant, Vec<bool>)>,
}

impl Run {
    fn new(levels: usize) -> Run {
        Run {
            held_since: vec![None; levels],
            firing: None,
            levels_were: vec![false; levels],
            clear_was: false,
            truths: Vec::new(),
            calm_since: None,
        }
    }
}

impl Oracle<'_> {
    /// The steps of a rule at a scope from first sight to `now`.
    pub fn alert(&self, rule: &AlertRule, place: &Place, now: Instant) -> AlertHistory {
        let Some(first) = self.first_seen(place).filter(|&first| first <= now) else { return Vec::new() };
        let mut instants = match &rule.schedule {
            Some(schedule) => self.scheduled(schedule, &self.clocks(place), first, now),
            None => self.instants(rule, &self.clocks(place), first, now),
        };
        let mut run = Run::new(rule.levels.len());
        let mut steps: AlertHistory = Vec::new();
        while let Some(at) = instants.pop_first() {
            let value = self.advance(rule, place, at, &mut run);
            // A `for` that runs out is an instant of its own.
            let deadline = |(since, level): (&Option<Instant>, &steelyard::compile::program::AlertLevel)| match level.hold {
                Hold::Unbroken(length_s) => since.map(|s| s.plus_s(length_s.try_into().unwrap())),
                Hold::Working(length) => since.and_then(|since| passed(level.calendar.as_ref().unwrap(), since, length)),
                Hold::SomeOf { .. } | Hold::Periods { .. } => None,
            };
            let clears = run.calm_since.map(|since| since.plus_s(rule.clear_hold_s.try_into().unwrap()));
            if rule.schedule.is_none() {
                instants.extend(clears.filter(|&d| at < d && d <= now));
                instants.extend(run.held_since.iter().zip(&rule.levels).filter_map(deadline).filter(|&d| at < d && d <= now));
            }
            let before = steps.last().map(|step| (step.held_since.clone(), step.firing));
            let now_is = (run.held_since.clone(), run.firing);
            if before.unwrap_or((vec![None; rule.levels.len()], None)) != now_is {
                steps.push(OracleStep { at, held_since: now_is.0, firing: now_is.1, value });
            }
        }
        steps
    }

    /// The instants of a schedule: every day is looked at.
    pub fn scheduled(&self, schedule: &Schedule, zone: &Clocks, first: Instant, now: Instant) -> BTreeSet<Instant> {
        let reckoning = self.program.reckoning;
        let mut found = BTreeSet::new();
        let mut day = zone.day_of(first);
        while zone.start_of(day) <= now {
            let on = match schedule.on {
                OnDays::Weekdays(on) => on[usize::try_from((day.0 + 3).rem_euclid(7)).unwrap()],
                OnDays::OfPeriod(grain, number) => {
                    let period = Period::holding(grain, day, reckoning);
                    let place = i32::from(number).min(period.last.0 - period.first.0 + 1);
                    day.0 - period.first.0 + 1 == place
                }
            };
            let at = if schedule.minute == 0 { zone.start_of(day) } else { zone.at_minute(day, schedule.minute) };
            if on && first <= at && at <= now {
                found.insert(at);
            }
            day = day.plus(1);
        }
        found
    }

    /// Every instant at which the truth may change: events, days, and rows that enter or leave windows of elapsed time.
    fn instants(&self, rule: &AlertRule, clocks: &Clocks, first: Instant, now: Instant) -> BTreeSet<Instant> {
        let mut windows = vec![rule.window];
        rule.formulas().for_each(|formula| self.windows(formula, &mut windows));
        let mut found: BTreeSet<Instant> = self.rows.iter().map(|row| row.time).collect();
        for row in &self.rows {
            // Before the scope was first seen, windows that lie back had nothing.
            found.extend(windows.iter().filter_map(|window| match window {
                Window::Elapsed { ending_s, .. } => Some(row.time.plus_s(i64::try_from(*ending_s).unwrap())),
                _ => None,
            }));
        }
        for worth in self.worth.iter().flatten().flatten() {
            for window in &windows {
                if let Window::Elapsed { length_s, ending_s } = window {
                    let (length, ending) = (i64::try_from(*length_s).unwrap(), i64::try_from(*ending_s).unwrap());
                    found.extend([worth.instant.plus_s(ending), worth.instant.plus_s(ending + length)]);
                }
            }
        }
        let mut day = clocks.day_of(first);
        while clocks.start_of(day) <= now {
            found.insert(clocks.start_of(day));
            // With a day something may come into a scope, and leave it.
            for window in &windows {
                if let (Window::Elapsed { length_s, ending_s }, false) = (window, self.program.memberships.is_empty()) {
                    let (length, ending) = (i64::try_from(*length_s).unwrap(), i64::try_from(*ending_s).unwrap());
                    found.extend([ending, ending + length].map(|back| clocks.start_of(day).plus_s(back)));
                }
            }
            day = day.plus(1);
        }
        found.retain(|&instant| first <= instant && instant <= now);
        found
    }

    /// Every window that a formula or a metric within it names.
    fn windows(&self, formula: &Formula, found: &mut Vec<Window>) {
        let mut all = |parts: &[&Formula]| parts.iter().for_each(|part| self.windows(part, found));
        match formula {
            Formula::Const(_) | Formula::Unknown | Formula::Leaf(..) | Formula::Lookup(_) => {}
            // Balances change with rows and with days.
            Formula::Subject | Formula::Target(_) | Formula::DaysLeft | Formula::Ledger(_) => {}
            Formula::Score(read) => {
                let card = &self.program.scorecards[read.card];
                found.extend(card.kpis.iter().filter_map(|kpi| kpi.window));
                card.kpis.iter().map(|kpi| &kpi.formula).chain(super::watch::conditions(card)).for_each(|part| self.windows(part, found));
            }
            Formula::Metric(metric) => all(&[&self.program.metrics[*metric].formula]),
            Formula::Negate(a) | Formula::Not(a) | Formula::IsUnknown(a) | Formula::Abs(a) | Formula::Round(a, _) => all(&[a]),
            Formula::Floor(a) | Formula::Ceil(a) | Formula::Bands(_, a) => all(&[a]),
            Formula::Across(across) => all(&[&across.of]),
            Formula::Parts(parts) => all(&parts.filter.iter().chain([&parts.part]).collect::<Vec<_>>()),
            Formula::Shift(shift, a) | Formula::Baseline(_, shift, a) => {
                let mut moved = found.clone();
                self.windows(a, &mut moved);
                found.extend(moved.iter().flat_map(|window| earlier(*window, *shift)).chain(moved.clone()));
            }
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => {
                all(&[a, b])
            }
            Formula::Least(parts) | Formula::Greatest(parts) => all(&parts.iter().collect::<Vec<_>>()),
            Formula::Adapt(adapt) => {
                found.extend([adapt.then, adapt.otherwise]);
                [&adapt.when, &adapt.inner].into_iter().for_each(|part| self.windows(part, found));
            }
            Formula::Over(window, inner) => {
                found.push(*window);
                self.windows(inner, found);
            }
        }
    }

    /// Evaluates the conditions at an instant and moves the machine; returns the subject.
    fn advance(&self, rule: &AlertRule, place: &Place, at: Instant, run: &mut Run) -> Option<Decimal> {
        let moment = self.at(at);
        let asked = moment.asked(place, Frame::Now(rule.window));
        let subject = number(moment.formula(&rule.subject, &asked));
        let levels: Vec<Option<bool>> = rule.levels.iter().map(|level| moment.line(rule, level, &asked)).collect();
        // Of what was over before the scope began no data is to be expected.
        let expected = rule.no_data == NoData::Alert && levels[0].is_none() && !moment.line_had_not_begun(rule, &rule.levels[0], &asked);
        let asked = moment.with_subject(&asked, &rule.subject);
        let clear: Option<Option<bool>> = rule.clear.as_ref().map(|clear| moment.truth(clear, &asked));
        let unknown = levels.contains(&None) || clear == Some(None);
        for (index, truth) in levels.iter().enumerate() {
            let assumed = match rule.no_data {
                NoData::Keep => run.levels_were[index],
                NoData::Alert => index == 0 && expected,
                NoData::Clear => false,
            };
            let truth = truth.unwrap_or(assumed);
            run.levels_were[index] = truth;
            run.held_since[index] = if truth { run.held_since[index].or(Some(at)) } else { None };
        }
        let clears = match (clear, rule.no_data) {
            (_, NoData::Clear) if unknown => true,
            (None, _) => true,
            (Some(Some(truth)), _) => truth,
            (Some(None), NoData::Keep) => run.clear_was,
            (Some(None), _) => false,
        };
        run.clear_was = clears;
        let calm = if rule.clear.is_some() { clears } else { !run.levels_were.contains(&true) };
        run.calm_since = if run.firing.is_some() && calm { run.calm_since.or(Some(at)) } else { None };
        let clears = match rule.clear_hold_s {
            0 => clears,
            length_s => run.calm_since.is_some_and(|since| since.plus_s(length_s.try_into().unwrap()) <= at),
        };
        if rule.exempts.iter().any(|exempt| moment.truth(&exempt.when, &asked) == Some(true)) {
            *run = Run::new(rule.levels.len());
        }
        run.truths.push((at, run.levels_were.clone()));
        let held = |index: usize| match rule.levels[index].hold {
            Hold::Unbroken(length_s) => run.held_since[index].is_some_and(|since| since.plus_s(length_s.try_into().unwrap()) <= at),
            Hold::Periods { .. } => run.held_since[index].is_some(),
            Hold::Working(length) => {
                let calendar = rule.levels[index].calendar.as_ref().unwrap();
                run.held_since[index].and_then(|since| passed(calendar, since, length)).is_some_and(|passed| passed <= at)
            }
            Hold::SomeOf { at_least, of } => {
                let today = asked.clocks.day_of(at);
                let days = (0..i32::try_from(of).unwrap()).map(|back| today.plus(-back));
                // What was last seen before a day ended was so at its end.
                let at_end = |day: Day| {
                    let end = asked.clocks.end_of(day);
                    run.truths.iter().rev().find(|(instant, _)| *instant < end).is_some_and(|(_, truths)| truths[index])
                };
                days.filter(|day| at_end(*day)).count() >= at_least as usize
            }
        };
        let worst = (0..rule.levels.len()).filter(|&index| held(index)).map(|index| rule.levels[index].severity).max();
        run.firing = match (worst, run.firing) {
            (Some(severity), before) => Some((severity, before.map_or(at, |(_, since)| since))),
            (None, Some(before)) if !clears => Some(before),
            (None, _) => None,
        };
        run.calm_since = if run.firing.is_some() && calm { run.calm_since.or(Some(at)) } else { None };
        subject
    }
}
