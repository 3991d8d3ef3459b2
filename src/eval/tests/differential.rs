//! The same events in any order, batching and with restarts give the same numbers and the same alert histories.

use super::*;
use crate::compile::program::*;
use crate::eval::{Number, Why};
use crate::time::{Day, Grain, Instant, Period, WeekStart};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A small deterministic generator.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    pub(super) fn pick<T: Clone>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.roll(list.len() as u64)).unwrap()].clone()
    }

    pub(super) fn chance(&mut self, one_in: u64) -> bool {
        self.roll(one_in) == 0
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, usize::try_from(self.roll(last as u64 + 1)).unwrap());
        }
    }
}

pub(super) fn start() -> Instant {
    at("2026-02-26")
}

/// Hours, so that equal instants and day borders are common.
fn some_time(dice: &mut Dice) -> Instant {
    let hour = i64::try_from(dice.roll(24 * 8)).unwrap();
    let odd = if dice.chance(4) { 1 } else { 0 };
    start().plus_s(hour * 3600 + odd)
}

pub(super) fn some_row(dice: &mut Dice, id: u128) -> Row {
    let time = some_time(dice);
    let word = |text: &str| if text.is_empty() { Scalar::Absent } else { Scalar::Text(text.into()) };
    let amount = Scalar::Number(dec(&i64::try_from(dice.roll(20)).unwrap().saturating_sub(5).to_string()));
    let shop = word(dice.pick(&["us", "us", "de"]));
    let day = Scalar::Date(Day::parse("2026-02-26").unwrap().plus(i32::try_from(dice.roll(7)).unwrap()));
    if dice.chance(3) {
        let values = [shop, word(dice.pick(&["c", "d"])), day, amount].into();
        return Row { event: 1, id: RowId(id), time, revision: i64::try_from(dice.roll(3)).unwrap(), values };
    }
    let amount = if dice.chance(6) { Scalar::Absent } else { amount };
    let ship_by = if dice.chance(8) { Scalar::Absent } else { Scalar::Time(some_time(dice)) };
    let values = [shop, word(dice.pick(&["a", "b", ""])), amount, word(dice.pick(&["late", "x", ""])), ship_by].into();
    Row { event: 0, id: RowId(id), time, revision: 0, values }
}

pub(super) fn some_window(dice: &mut Dice) -> Window {
    dice.pick(&[
        Window::Days { length: 1, ending: 0 },
        Window::Days { length: 2, ending: 0 },
        Window::Days { length: 2, ending: 1 },
        Window::Elapsed { length_s: 36 * 3600, ending_s: 0 },
        Window::Elapsed { length_s: 5 * 3600 + 1, ending_s: 7200 },
        Window::Period { grain: Grain::Month, previous: false },
        Window::Period { grain: Grain::Day, previous: true },
        Window::All,
    ])
}

pub(super) fn reads() -> Vec<(LeafIdx, Read)> {
    let median = Read::Quantile(dec("0.5"));
    vec![
        (SUM, Read::Sum),
        (SUM, Read::Avg),
        (ORDERS, Read::Count),
        (LATE, Read::Count),
        (KINDS, Read::Distinct),
        (MIN, Read::Value),
        (MAX, Read::Value),
        (FIRST, Read::Value),
        (LAST, Read::Value),
        (VALUES, median),
        (BY_SHIP, Read::Count),
        (SPEND, Read::Sum),
        (SPEND_MAX, Read::Value),
        (SPEND_LAST, Read::Value),
    ]
}

fn some_value(dice: &mut Dice) -> Formula {
    let (index, read) = dice.pick(&reads());
    let one = leaf(index, read);
    match dice.roll(4) {
        0 => divide(one, leaf(ORDERS, Read::Count)),
        1 => Formula::Over(some_window(dice), Box::new(one)),
        2 => Formula::Arith(Arith::Sub, Box::new(one), Box::new(leaf(SPEND, Read::Sum))),
        _ => one,
    }
}

fn some_condition(dice: &mut Dice) -> Formula {
    let limit = num(&dice.roll(8).to_string());
    let op = dice.pick(&[Compare::Gt, Compare::Lt, Compare::Ge]);
    let first = compare(op, Formula::Subject, limit.clone());
    match dice.roll(4) {
        0 => Formula::And(Box::new(first), Box::new(compare(Compare::Ge, some_value(dice), num("1")))),
        1 => Formula::Or(Box::new(first), Box::new(compare(Compare::Lt, some_value(dice), num("0")))),
        _ => first,
    }
}

fn leaves_of(formula: &Formula, into: &mut BTreeSet<LeafIdx>) {
    into.extend(super::super::plan::uses(&program(), std::iter::once(formula)).into_iter().map(|used| used.leaf));
}

fn some_rule(dice: &mut Dice) -> AlertRule {
    let holds = [0, 0, 3600, 5 * 3600, 86_400];
    let mut levels = vec![AlertLevel {
        severity: Severity::Warning,
        when: some_condition(dice),
        text: String::new(),
        hold: Hold::Unbroken(dice.pick(&holds)),
        early: false,
        calendar: None,
        limit: None,
    }];
    if dice.chance(2) {
        levels.push(AlertLevel {
            severity: dice.pick(&[Severity::Critical, Severity::Info]),
            when: some_condition(dice),
            text: String::new(),
            hold: Hold::Unbroken(dice.pick(&holds)),
            early: false,
            calendar: None,
            limit: None,
        });
    }
    let clear = dice.chance(2).then(|| some_condition(dice));
    let subject = some_value(dice);
    let mut leaves = BTreeSet::new();
    levels.iter().map(|level| &level.when).chain(&clear).chain([&subject]).for_each(|formula| leaves_of(formula, &mut leaves));
    AlertRule {
        adapt: None,
        exempts: Vec::new(),
        inhibitors: Vec::new(),
        group_by: None,
        clear_hold_s: 0,
        name: "rule".into(),
        title: Text::default(),
        subject,
        text: String::new(),
        unit: Unit::Number,
        window: some_window(dice),
        grouping: usize::try_from(dice.roll(2)).unwrap(),
        levels,
        clear,
        clear_text: String::new(),
        no_data: dice.pick(&[NoData::Keep, NoData::Alert, NoData::Clear]),
        message: Text::default(),
        notify: vec![],
        schedule: None,
        schedule_text: String::new(),
        repeat_s: None,
        leaves: leaves.into_iter().collect(),
    }
}

/// Beginning, end and worst severity of an episode.
type Standing = (Instant, Option<Instant>, Severity);

/// What must not depend on the order of arrival.
#[derive(Debug, PartialEq)]
struct Outcome {
    steps: BTreeMap<(usize, Scope), Vec<Step>>,
    episodes: BTreeMap<(usize, Scope), Vec<Standing>>,
    numbers: Vec<Number>,
}

fn outcome(world: &World) -> Outcome {
    let mut scopes = BTreeMap::new();
    for grouping in 0..world.program.groupings.len() {
        scopes.extend(world.state.scopes(grouping).unwrap().into_iter().map(|(id, scope, _)| (id, scope)));
    }
    let steps = world.state.tracks().map(|(rule, id, track)| ((rule, scopes[&id].clone()), track.steps.clone())).collect();
    let standing = |track: &Track| track.episodes.iter().filter(|one| !one.withdrawn).map(|one| (one.from, one.until, one.worst)).collect();
    let episodes = world.state.tracks().map(|(rule, id, track)| ((rule, scopes[&id].clone()), standing(track))).collect();
    let mut numbers = Vec::new();
    for hours in [30, 77, 24 * 5, 24 * 9] {
        let at = start().plus_s(hours * 3600).min(world.state.clock());
        for (index, read) in reads() {
            for scope in [&[][..], &[(0, "us")], &[(0, "de")], &[(1, "a")]] {
                for when in [
                    When::Window(Window::Days { length: 2, ending: 0 }),
                    When::Window(Window::Elapsed { length_s: 30 * 3600, ending_s: 0 }),
                    february(),
                ] {
                    if !(index >= SPEND && scope == [(1, "a")]) {
                        numbers.push(world.number_at(at, &leaf(index, read), when, scope));
                    }
                }
            }
        }
    }
    Outcome { steps, episodes, numbers }
}

fn february() -> When {
    When::Period(Period::parse("2026-02", WeekStart::Monday).unwrap())
}

/// Puts changes over what was saved before, as the store does.
fn save(saved: &mut Saved, changes: Changes) {
    saved.clock = changes.clock;
    saved.next_episode = changes.next_episode;
    for new in changes.scopes {
        saved.scopes.retain(|old| old.0 != new.0);
        saved.scopes.push(new);
    }
    saved.scopes.sort_by_key(|one| one.0);
    for new in changes.cells {
        saved.cells.retain(|old| (old.0, old.1) != (new.0, new.1));
        saved.cells.push(new);
    }
    for new in changes.versions {
        saved.versions.retain(|old| old.0 != new.0);
        saved.versions.push(new);
    }
    for new in changes.tracks {
        match saved.tracks.iter_mut().find(|old| (old.0, old.1) == (new.0, new.1)) {
            Some(old) => put_over(&mut old.2, new.2),
            None => saved.tracks.push(new),
        }
    }
    for (rule, scope, at) in changes.gone {
        let track = saved.tracks.iter_mut().find(|old| (old.0, old.1) == (rule, scope)).unwrap();
        track.2.steps.retain(|step| step.at != at);
    }
}

fn put_over(old: &mut Track, new: Track) {
    old.steps.retain(|step| new.steps.iter().all(|other| other.at != step.at));
    old.steps.extend(new.steps);
    old.steps.sort_by_key(|step| step.at);
    old.episodes.retain(|episode| new.episodes.iter().all(|other| other.id != episode.id));
    old.episodes.extend(new.episodes);
    old.episodes.sort_by_key(|episode| (episode.from, episode.id));
    (old.frontier, old.due, old.told) = (new.frontier, new.due, new.told);
}

/// Plays the rows in batches while time goes on, perhaps with restarts, and checks that what was told fits what is true.
fn play(program: &Program, batches: &[Vec<Row>], clocks: &[Instant], restart: bool) -> World {
    let mut world = World::new(program.clone());
    let mut saved = world.state.take_changes();
    let mut believed: BTreeMap<(usize, ScopeId), (u64, Severity)> = BTreeMap::new();
    for (batch, clock) in batches.iter().zip(clocks) {
        for notice in world.step_at(batch.clone(), *clock) {
            let key = (notice.alert, notice.scope);
            match notice.kind {
                NoticeKind::Resolved => believed.remove(&key),
                _ => believed.insert(key, (notice.episode, notice.severity)),
            };
        }
        for (rule, scope, track) in world.state.tracks() {
            let firing = track.steps.last().and_then(|step| step.machine.firing);
            let told = believed.get(&(rule, scope));
            assert_eq!(firing.map(|firing| firing.0), told.map(|told| told.1), "what was told is not what is true");
            assert_eq!(track.told.map(|told| (told.0, told.1)), told.copied());
            check_episodes(track);
        }
        if restart {
            save(&mut saved, world.state.take_changes());
            let tracks = world.state.tracks();
            let same = |(rule, scope, track): (usize, ScopeId, &Track)| {
                let saved = saved.tracks.iter().find(|old| (old.0, old.1) == (rule, scope));
                saved.map_or(track.steps.is_empty(), |saved| saved.2.steps == track.steps && saved.2.episodes == track.episodes)
            };
            assert!(tracks.into_iter().all(same), "what was saved is not what is");
            world.state = State::restore(Arc::clone(&world.program), saved.clone(), &world.history).unwrap();
        }
    }
    world
}

/// The episodes that stand are exactly the runs of firing.
fn check_episodes(track: &Track) {
    let mut runs: Vec<(Instant, Option<Instant>)> = Vec::new();
    for step in &track.steps {
        match (runs.last_mut().filter(|run| run.1.is_none()), step.machine.firing) {
            (None, Some((_, since))) => runs.push((since, None)),
            (Some(run), None) => run.1 = Some(step.at),
            _ => {}
        }
    }
    let standing: Vec<_> = track.episodes.iter().filter(|one| !one.withdrawn).map(|one| (one.from, one.until)).collect();
    assert_eq!(standing, runs);
}

fn one_history(seed: u64) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut program = program();
    program.alerts = (0..2).map(|_| some_rule(&mut dice)).collect();
    let count = 2 + dice.roll(if seed.is_multiple_of(8) { 60 } else { 14 });
    let mut rows: Vec<Row> = (0..count).map(|id| some_row(&mut dice, u128::from(id) * 7 % 64)).collect();
    let mut ids = BTreeSet::new();
    rows.retain(|row| ids.insert(row.id));
    let end = start().plus_s(3600 * (24 * 6 + i64::try_from(dice.roll(24 * 4)).unwrap()));
    let expected = outcome(&play(&program, &[rows.clone()], &[end], false));
    for variant in 0..4 {
        if variant != 1 {
            dice.shuffle(&mut rows);
        } else {
            rows.sort_by_key(|row| (row.time, row.id));
        }
        let size = usize::try_from(1 + dice.roll(4)).unwrap();
        let batches: Vec<Vec<Row>> = rows.chunks(size).map(<[Row]>::to_vec).chain([vec![]]).collect();
        let mut clocks: Vec<Instant> = batches.iter().map(|_| start().plus_s(3600 * i64::try_from(dice.roll(24 * 6)).unwrap())).collect();
        match variant {
            0 => clocks.fill(end),
            _ => clocks.sort_unstable(),
        }
        *clocks.last_mut().unwrap() = end;
        let found = outcome(&play(&program, &batches, &clocks, variant == 3));
        if found != expected {
            for (key, steps) in &expected.steps {
                if found.steps.get(key) != Some(steps) {
                    println!("rule {:?}\nexpected {key:?} {steps:#?}\nfound {:#?}", program.alerts[key.0], found.steps.get(key));
                }
            }
            rows.iter().for_each(|row| println!("{row:?}"));
            assert_eq!(found.numbers, expected.numbers, "seed {seed} variant {variant}");
            assert_eq!(found.episodes, expected.episodes, "seed {seed} variant {variant}");
            panic!("seed {seed} variant {variant} batches of {size} clocks {clocks:?}");
        }
    }
}

/// The subject in the place of [`Formula::Subject`].
fn with_subject(formula: &Formula, subject: &Formula) -> Formula {
    let inner = |one: &Formula| Box::new(with_subject(one, subject));
    match formula {
        Formula::Subject => subject.clone(),
        Formula::And(a, b) => Formula::And(inner(a), inner(b)),
        Formula::Or(a, b) => Formula::Or(inner(a), inner(b)),
        Formula::Compare(op, a, b) => Formula::Compare(*op, inner(a), inner(b)),
        other => other.clone(),
    }
}

/// The steps of a rule at a scope, by looking at every instant at which these histories can change at all.
fn looked_at_everywhere(world: &World, rule: &AlertRule, scope: &Scope, end: Instant) -> Vec<Step> {
    let values: Vec<(DimIdx, &str)> =
        world.program.groupings[scope.grouping].iter().copied().zip(scope.values.iter().flatten().map(|value| &**value)).collect();
    let first = world.state.scope(scope).unwrap().unwrap().1;
    let mut steps: Vec<Step> = Vec::new();
    for second in (0..24 * 11).flat_map(|hour| [0, 1, 2].map(|second| hour * 3600 + second)) {
        let at = start().plus_s(second);
        if at < first || at > end {
            continue;
        }
        let number = |formula: &Formula| world.number_at(at, &with_subject(formula, &rule.subject), When::Window(rule.window), &values);
        let read: Vec<Number> = rule.levels.iter().map(|level| number(&level.when)).collect();
        let had_not_begun = read.first() == Some(&Number::Unknown(Why::NoScope));
        let levels = read.iter().map(Number::truth).collect();
        let clear = rule.clear.as_ref().map_or(Some(false), |clear| number(clear).truth());
        let seen = super::super::alarm::Seen { value: number(&rule.subject).decimal(), levels, clear, had_not_begun, exempt: false };
        let machine =
            super::super::alarm::advance(rule, steps.last().map(|step| &step.machine), &seen, at, &super::builder::program().zone);
        let idle = Machine { held_since: vec![None; rule.levels.len()], ..Machine::default() };
        if steps.last().map_or(&idle, |step| &step.machine) != &machine {
            steps.push(Step { at, machine, value: seen.value });
        }
    }
    steps
}

#[test]
fn no_instant_is_missed() {
    for seed in 1..=60 {
        let mut dice = Dice(u64::wrapping_mul(seed, 0x2545_F491_4F6C_DD1D) | 1);
        let mut program = program();
        program.alerts = vec![some_rule(&mut dice)];
        let mut rows: Vec<Row> = (0..2 + dice.roll(16)).map(|id| some_row(&mut dice, u128::from(id))).collect();
        dice.shuffle(&mut rows);
        let end = start().plus_s(24 * 3600 * 9);
        let world = play(&program, &[rows.clone()], &[end], false);
        for (id, scope, _) in world.state.scopes(program.alerts[0].grouping).unwrap() {
            let expected = looked_at_everywhere(&world, &program.alerts[0], &scope, end);
            let found = &world.state.track(0, id).unwrap().steps;
            if *found != expected {
                rows.iter().for_each(|row| println!("{row:?}"));
                println!("{:#?}", program.alerts[0]);
            }
            assert_eq!(*found, expected, "seed {seed} {scope:?}");
        }
    }
}

#[test]
fn any_order_and_batching_gives_the_same() {
    let seeds = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    (1..=seeds).for_each(one_history);
}
