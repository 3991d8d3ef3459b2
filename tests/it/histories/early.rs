//! What the compiler proved of a line that says `early`, on random histories: where its condition holds once in a period, it
//! holds until the period ends. The naive oracle says what holds.

use super::Case;
use super::generate::Random;
use crate::oracle::{Frame, Oracle, Place};
use std::collections::BTreeSet;
use steelyard::compile::program::{AlertLevel, AlertRule, Formula, Hold, Program, Window};
use steelyard::time::{Grain, Instant, Period};

const HISTORIES: u64 = 150;
/// The most instants of a history that are looked at.
const INSTANTS_MAX: usize = 60;

/// The period that a line is about: its rule's, or the shortest that it names.
fn grain(rule: &AlertRule, level: &AlertLevel) -> Grain {
    fn named(formula: &Formula) -> Option<Grain> {
        match formula {
            Formula::Over(Window::Period { grain, .. }, _) => Some(*grain),
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) => named(a).into_iter().chain(named(b)).min(),
            _ => None,
        }
    }
    match rule.window {
        Window::Period { grain, .. } => grain,
        _ => named(&level.when).unwrap(),
    }
}

/// Follows a line at a scope; the number of instants at which it held.
fn follow(
    oracle: &Oracle<'_>,
    program: &Program,
    (rule, level): (&AlertRule, &AlertLevel),
    place: &Place,
    instants: &BTreeSet<Instant>,
) -> usize {
    // The condition alone, as it stands.
    let level = AlertLevel { hold: Hold::Unbroken(0), ..level.clone() };
    let (mut since, mut n_held): (Option<(Period, Instant)>, usize) = (None, 0);
    for &at in instants {
        let moment = oracle.at(at);
        let asked = moment.asked(place, Frame::Now(rule.window));
        let period = Period::holding(grain(rule, &level), asked.anchor, program.reckoning);
        let holds = moment.line(rule, &level, &asked) == Some(true);
        since = since.filter(|(held, _)| *held == period);
        if let Some((_, first)) = since {
            assert!(holds, "{} {place:?}: `{}` held at {first} and not at {at}", rule.name, level.text);
        }
        since = since.or(holds.then_some((period, at)));
        n_held += usize::from(holds);
    }
    n_held
}

#[test]
fn what_is_certain_stays_so_until_its_period_ends() {
    let mut n_held = std::collections::BTreeMap::<String, usize>::new();
    for seed in 1..=HISTORIES {
        let case = Case::with(include_str!("early.kpi"), Random::new(seed));
        let program = &case.program;
        let oracle = Oracle::new(program, case.rows.iter().cloned());
        let times: Vec<Instant> = case.rows.iter().map(|row| row.time).collect();
        let days: BTreeSet<_> = times.iter().map(|time| program.zone.day_of(*time)).flat_map(|day| [day, day.plus(1)]).collect();
        let all: BTreeSet<Instant> = times.iter().copied().chain(days.into_iter().map(|day| program.zone.start_of(day))).collect();
        let step = all.len().div_ceil(INSTANTS_MAX);
        let instants: BTreeSet<Instant> = all.into_iter().step_by(step).collect();
        for rule in &program.alerts {
            let dims = &program.groupings[rule.grouping];
            for level in rule.levels.iter().filter(|level| level.early) {
                for place in oracle.places(dims).iter().take(2) {
                    *n_held.entry(level.text.clone()).or_default() += follow(&oracle, program, (rule, level), place, &instants);
                }
            }
        }
    }
    let idle: Vec<&String> = n_held.iter().filter(|(_, n)| **n < 10).map(|(text, _)| text).collect();
    assert!(idle.is_empty(), "these hardly ever held: {idle:?}");
}
