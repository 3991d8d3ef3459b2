//! Every metric, score and alert of both sides, side by side.

use super::Case;
use super::replay::Replayed;
use crate::oracle::{Frame, Moment, Oracle, OracleAggregate, OracleScore, OracleStep, Place};
use steelyard::compile::program::{DimIdx, Formula, Metric, Program, UNASSIGNED, Window};
use steelyard::engine::{AlertState, AlertView};
use steelyard::eval::{Cells, Number, Part, Reader, Scope, Track, When};
use steelyard::time::{Grain, Instant, Period};

const WINDOWS: &[Window] = &[
    Window::All,
    Window::Days { length: 1, ending: 0 },
    Window::Days { length: 3, ending: 0 },
    Window::Days { length: 2, ending: 2 },
    Window::Days { length: 30, ending: 0 },
    Window::Elapsed { length_s: 5_400, ending_s: 0 },
    Window::Elapsed { length_s: 6 * 3600, ending_s: 0 },
    Window::Elapsed { length_s: 24 * 3600, ending_s: 3 * 3600 },
    Window::Elapsed { length_s: 72 * 3600, ending_s: 0 },
    Window::Period { grain: Grain::Day, previous: false },
    Window::Period { grain: Grain::Week, previous: false },
    Window::Period { grain: Grain::Month, previous: true },
    Window::Period { grain: Grain::Year, previous: false },
];
/// How many of the numbers are explained as well.
const EXPLAINED_PERCENT: i64 = 5;
const GRAINS: &[Grain] = &[Grain::Day, Grain::Week, Grain::Month, Grain::Quarter, Grain::Year];

/// Compares everything; the text names the first difference.
pub fn all(case: &mut Case, replayed: &Replayed, oracle: &Oracle<'_>) -> Result<(), String> {
    let program = case.program.clone();
    for at in instants(case) {
        let reader = Reader { program: &program, cells: &replayed.state, history: &replayed.history, at };
        numbers(case, &reader, oracle)?;
    }
    alerts(case, replayed, oracle)
}

/// The end of the history and some instants before.
pub fn instants(case: &mut Case) -> Vec<Instant> {
    let mut instants = vec![case.last, case.rows[0].time.min(case.last)];
    instants.extend((0..2).map(|_| case.last.plus_s(-case.random.between(0, 6 * 86_400))));
    instants
}

/// Compares every metric and every score as of the reader's instant.
pub fn numbers(case: &mut Case, reader: &Reader<'_>, oracle: &Oracle<'_>) -> Result<(), String> {
    let moment = oracle.at(reader.at);
    metrics(case, reader, &moment, oracle)?;
    scores(case, reader, &moment, oracle)
}

/// A number: of what, when and where.
type Asked = (Formula, When, Vec<(DimIdx, Box<str>)>);

/// A number of every metric, somewhere.
pub fn some(case: &mut Case, oracle: &Oracle<'_>) -> Vec<Asked> {
    let program = case.program.clone();
    let number = |(index, metric): (usize, &Metric)| {
        let places: Vec<Place> = subsets(&metric.dims).iter().flat_map(|dims| oracle.places(dims)).collect();
        let scope = if places.is_empty() { Vec::new() } else { named(case.random.pick(&places)) };
        (Formula::Metric(index), When::Window(*case.random.pick(WINDOWS)), scope)
    };
    program.metrics.iter().enumerate().map(number).collect()
}

/// Every subset of some dimensions.
fn subsets(dims: &[DimIdx]) -> Vec<Vec<DimIdx>> {
    dims.iter().fold(vec![Vec::new()], |sets, dim| sets.iter().flat_map(|set| [set.clone(), [set.as_slice(), &[*dim]].concat()]).collect())
}

fn named(place: &Place) -> Vec<(DimIdx, Box<str>)> {
    place.iter().map(|(dim, value)| (*dim, value.clone().unwrap().into())).collect()
}

fn period_near(case: &mut Case, program: &Program) -> Period {
    let day = program.zone.day_of(case.last).plus(i32::try_from(case.random.between(-9, 2)).unwrap());
    Period::holding(*case.random.pick(GRAINS), day, program.reckoning)
}

fn metrics(case: &mut Case, reader: &Reader<'_>, moment: &Moment<'_>, oracle: &Oracle<'_>) -> Result<(), String> {
    let program = case.program.clone();
    for (index, metric) in program.metrics.iter().enumerate() {
        let mut places: Vec<Place> = subsets(&metric.dims).iter().flat_map(|dims| oracle.places(dims)).collect();
        let parents = metric.dims.iter().filter(|dim| program.memberships.iter().any(|step| step.parent == **dim));
        places.extend(parents.map(|dim| vec![(*dim, Some(UNASSIGNED.to_owned()))]));
        places.push(metric.dims.iter().take(1).map(|dim| (*dim, Some("nowhere".to_owned()))).collect());
        let frames =
            [Frame::Now(*case.random.pick(WINDOWS)), Frame::Now(*case.random.pick(WINDOWS)), Frame::Within(period_near(case, &program))];
        for frame in frames {
            for place in &places {
                let when = match frame {
                    Frame::Within(period) => When::Period(period),
                    Frame::Now(window) => When::Window(window),
                };
                let found = reader.number(&Formula::Metric(index), when, &named(place)).map_err(|fault| fault.to_string())?;
                let found = match found {
                    Number::Known(value) => Some(value),
                    Number::Unknown(_) => None,
                };
                let expected = moment.metric(index, place, frame);
                if found != expected {
                    let name = &metric.name;
                    return Err(format!("{name} {place:?} {frame:?} at {}: {found:?}, the oracle says {expected:?}", reader.at));
                }
                if case.random.percent(EXPLAINED_PERCENT) {
                    explained(reader, moment, index, when, place, frame)?;
                }
            }
        }
    }
    Ok(())
}

/// Compares the aggregates in a metric and the rows behind each of them.
fn explained(reader: &Reader<'_>, moment: &Moment<'_>, index: usize, when: When, place: &Place, frame: Frame) -> Result<(), String> {
    let formula = Formula::Metric(index);
    let told = reader.explain(&formula, when, &named(place), usize::MAX).map_err(|fault| fault.to_string())?;
    let mut expected = Vec::new();
    moment.aggregates(&formula, &moment.asked(place, frame), &mut expected);
    let mut found: Vec<OracleAggregate> = Vec::new();
    for part in told.parts {
        let value = match part.value {
            Number::Known(value) => Some(value),
            Number::Unknown(_) => None,
        };
        let mut rows = part.events;
        // A thing has several events.
        let is_event = reader.program.events[part.event].entity.is_none();
        if is_event && rows.len() as u64 != part.rows {
            return Err(format!("{} events are counted, {} named", part.rows, rows.len()));
        }
        // A last, least or greatest value names the rows that decide it first.
        rows.sort_unstable();
        let one = OracleAggregate { leaf: part.leaf, read: part.read, value, rows };
        // Two windows can mean the same time here.
        if !found.contains(&one) {
            found.push(one);
        }
    }
    let same = found.len() == expected.len() && found.iter().all(|one| expected.contains(one));
    let name = &reader.program.metrics[index].name;
    if same {
        Ok(())
    } else {
        Err(format!("{name} {place:?} {frame:?} at {}: explained by {found:#?}, the oracle says {expected:#?}", reader.at))
    }
}

fn scores(case: &mut Case, reader: &Reader<'_>, moment: &Moment<'_>, oracle: &Oracle<'_>) -> Result<(), String> {
    let program = case.program.clone();
    for card in &program.scorecards {
        let mut places = oracle.places(&program.groupings[card.grouping]);
        places.extend(program.groupings[card.grouping].first().map(|dim| vec![(*dim, Some("nowhere".to_owned()))]));
        for _ in 0..2 {
            let day = program.zone.day_of(case.last).plus(i32::try_from(case.random.between(-9, 2)).unwrap());
            let period = Period::holding(card.every, day, program.reckoning);
            for place in &places {
                let found = reader.score(card, period, &named(place)).map_err(|fault| fault.to_string())?;
                let part = |part: &Part| (part.value.decimal(), part.points, part.contribution);
                let found = OracleScore {
                    parts: found.parts.iter().map(part).collect(),
                    adjustments: found.adjustments.iter().map(|adjusted| adjusted.points).collect(),
                    score: found.total.decimal(),
                    rank: found.standing.map(|standing| (standing.rank, standing.ranked)),
                    held: found.held.iter().map(|held| held.gate).collect(),
                    grade: found.grade,
                    base: found.base.as_ref().and_then(Number::decimal),
                    payout: found.paid(),
                };
                let mut expected = moment.score(card, place, period);
                if expected.score.is_none() {
                    // What the parts of a score that is withheld would have added means nothing.
                    expected.parts.iter_mut().zip(&found.parts).for_each(|(part, found)| part.2 = found.2);
                }
                if found != expected {
                    return Err(format!("{} {place:?} in {period} at {}: {found:#?}, the oracle says {expected:#?}", card.name, reader.at));
                }
            }
        }
    }
    Ok(())
}

fn alerts(case: &Case, replayed: &Replayed, oracle: &Oracle<'_>) -> Result<(), String> {
    for (index, rule) in case.program.alerts.iter().enumerate() {
        for place in oracle.places(&case.program.groupings[rule.grouping]) {
            let values = place.iter().map(|(_, value)| value.as_deref().map(Into::into)).collect();
            let scope = replayed.state.scope(&Scope { grouping: rule.grouping, values }).map_err(|fault| fault.to_string())?;
            let track = scope.and_then(|(scope, _)| replayed.state.track(index, scope));
            let episodes = track.map(|track| track.episodes.as_slice()).unwrap_or_default().iter().filter(|episode| !episode.withdrawn);
            let found_firings: Vec<Firing> = episodes.map(|episode| (episode.from, episode.until)).collect();
            let found = track.map(steps).unwrap_or_default();
            let expected = oracle.alert(rule, &place, case.last);
            if found != expected {
                let same = found.iter().zip(&expected).take_while(|(a, b)| a == b).count();
                let (found, expected) = (found.get(same), expected.get(same));
                return Err(format!("alert {} {place:?}: step {same} is {found:?}, the oracle says {expected:?}", rule.name));
            }
            let expected_firings = firings(&expected);
            if found_firings != expected_firings {
                return Err(format!("alert {} {place:?}: fired {found_firings:?}, the oracle says {expected_firings:?}", rule.name));
            }
        }
    }
    Ok(())
}

/// The evaluator's steps in the oracle's words. What it remembers of `clear` alone is no change that anybody sees.
fn steps(track: &Track) -> Vec<OracleStep> {
    let mut found: Vec<OracleStep> = Vec::new();
    for step in &track.steps {
        let (held_since, firing) = (step.machine.held_since.clone(), step.machine.firing);
        let idle = found.is_empty() && firing.is_none() && held_since.iter().all(Option::is_none);
        if !idle && found.last().is_none_or(|last| last.held_since != held_since || last.firing != firing) {
            found.push(OracleStep { at: step.at, held_since, firing, value: step.value });
        }
    }
    found
}

/// From when and until when an alert fired.
type Firing = (Instant, Option<Instant>);

/// The stretches of time in which the oracle's alert fires.
fn firings(steps: &[OracleStep]) -> Vec<Firing> {
    let mut found: Vec<Firing> = Vec::new();
    for step in steps {
        match (step.firing, found.last_mut()) {
            (Some((_, since)), None | Some((_, Some(_)))) => found.push((since, None)),
            (None, Some((_, until @ None))) => *until = Some(step.at),
            _ => {}
        }
    }
    found
}

/// Compares the alerts that the engine lists: when they fired, and what is pending.
pub fn views(case: &Case, found: &[AlertView], oracle: &Oracle<'_>) -> Result<(), String> {
    let program = &case.program;
    for rule in &program.alerts {
        for place in oracle.places(&program.groupings[rule.grouping]) {
            let scope: Vec<(String, Option<String>)> =
                place.iter().map(|(dim, value)| (program.dims[*dim].clone(), value.clone())).collect();
            let here = found.iter().filter(|view| view.rule == rule.name && view.scope == scope && !view.withdrawn);
            let (pending, fired): (Vec<&AlertView>, Vec<&AlertView>) = here.partition(|view| view.state == AlertState::Pending);
            let mut fired: Vec<Firing> = fired.iter().map(|view| (view.since, view.resolved_at)).collect();
            fired.sort();
            let steps = oracle.alert(rule, &place, case.last);
            let now_pending =
                steps.last().filter(|step| step.firing.is_none()).and_then(|step| step.held_since.iter().flatten().min().copied());
            let pending: Option<Instant> = pending.first().map(|view| view.since);
            if fired != firings(&steps) || pending != now_pending {
                let expected = firings(&steps);
                let name = &rule.name;
                return Err(format!(
                    "alert {name} {place:?}: {fired:?}, pending {pending:?}; the oracle says {expected:?}, pending {now_pending:?}"
                ));
            }
        }
    }
    Ok(())
}
