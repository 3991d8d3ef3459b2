//! Alerts: lines that never hold or always do, hide one another, or clear what they fire.

use super::condition::{Condition, Kind};
use super::exempts::exempts;
use super::implied::implied;
use super::say::shown;
use super::truth::{Truth, is_apart};
use super::values::Values;
use super::witness::About;
use crate::compile::alerts::severity_name;
use crate::compile::program::{AlertLevel, AlertRule, Formula, Hold, NoData, WorkSpan, unwrapped};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::ast;

/// The seconds of a day, and by how many more so many days in a row may be longer, where clocks change.
const DAY_S: u64 = 86_400;
const LONGER_S: u64 = 4 * 3_600;

/// A line that may hold and may not.
pub(super) struct Line<'a> {
    pub(super) written: &'a ast::AlertLevel,
    pub(super) level: &'a AlertLevel,
    pub(super) condition: Condition<'a>,
    truth: Truth,
    /// Whether it counts as true when its subject is unknown.
    pub(super) when_unknown: bool,
}

/// The lints of an alert.
pub(super) fn alert<'a>(alert: &'a ast::Alert, rule: &'a AlertRule, about: &About<'a, '_>, found: &mut Vec<Diagnostic>) {
    let mut lines = Vec::new();
    for (at, (written, level)) in alert.levels.iter().zip(&rule.levels).enumerate() {
        let when_unknown = rule.no_data == NoData::Alert && at == 0;
        if let Some(why) = about.never(level.condition(), &written.when) {
            if !when_unknown || why.is_false {
                found.push(why.told(&codes::NEVER_FIRES, written.when.span));
            }
        } else if let Some(why) = about.always(level.condition(), &written.when) {
            found.push(unless_exempt(why.told(&codes::ALWAYS_FIRES, written.when.span), alert, rule, about));
        } else {
            let condition = about.condition(level.condition(), &written.when);
            let truth = Truth::of(&condition, about.on, about.ranges);
            lines.push(Line { written, level, condition, truth, when_unknown });
        }
    }
    if let (Some(written), Some(clear)) = (&alert.clear, &rule.clear) {
        found.extend(cleared((alert, rule), (written, unwrapped(clear)), &lines, about));
    }
    let seen = lines.iter().filter(|line| rule.no_data != NoData::Keep || about.keeps_with(&line.condition));
    found.extend(seen.filter_map(|milder| hidden(milder, &lines, about)).map(|hidden| hidden.concluded_from(conditions(alert))));
    exempts(alert, rule, &lines, about, found);
}

/// What is wrong with the condition under which an alert clears.
fn cleared<'a>(
    (alert, rule): (&'a ast::Alert, &'a AlertRule),
    (written, clear): (&'a ast::Expr, &'a Formula),
    lines: &[Line<'_>],
    about: &About<'a, '_>,
) -> Option<Diagnostic> {
    if let Some(why) = about.never(clear, written) {
        let diagnostic = || unless_exempt(why.told(&codes::NEVER_CLEARS, written.span), alert, rule, about);
        return (rule.no_data != NoData::Clear).then(diagnostic);
    }
    if let Some(why) = about.always(clear, written) {
        // With `for` it keeps what has fired for a while.
        return (rule.clear_hold_s == 0).then(|| why.told(&codes::CLEAR_ALWAYS, written.span));
    }
    let condition = about.condition(clear, written);
    let truth = Truth::of(&condition, about.on, about.ranges);
    // What is exempt is over, and so is what is unknown when that clears.
    let only_so = rule.exempts.is_empty() && rule.no_data != NoData::Clear && condition.needs(about.on, about.ranges);
    if let Some((severity, value)) = outdone(&truth, lines, about).filter(|_| only_so) {
        let diagnostic = Diagnostic::new(&codes::CLEAR_OUTDONE, written.span).arg("severity", severity).arg("value", value);
        return Some(diagnostic.concluded_from([written.span]).concluded_from(conditions(alert)));
    }
    // At what is surely exempt nothing fires.
    let gates = alert.exempts.iter().zip(&rule.exempts);
    let exempt = gates.map(|(written, exempt)| about.condition(unwrapped(&exempt.when), &written.when));
    let exempt = exempt.fold(Values::none(), |all, exempt| all.or(&Truth::of(&exempt, about.on, about.ranges).must));
    let truth = Truth { must: truth.must.and(&exempt.not()), ..truth };
    let (severity, value) = overlap(&truth, lines, about)?;
    let diagnostic = Diagnostic::new(&codes::CLEAR_OVERLAPS, written.span).arg("severity", severity).arg("value", value);
    Some(diagnostic.concluded_from([written.span]).concluded_from(conditions(alert)))
}

/// The conditions of an alert, as they are written and compiled.
pub(super) fn compiled<'a>(alert: &'a ast::Alert, rule: &'a AlertRule) -> impl Iterator<Item = (&'a ast::Expr, &'a Formula)> {
    let levels = alert.levels.iter().zip(&rule.levels).map(|(line, level)| (&line.when, level.condition()));
    let clear = alert.clear.iter().zip(&rule.clear).map(|(line, clear)| (line, unwrapped(clear)));
    let exempts = alert.exempts.iter().zip(&rule.exempts).map(|(line, exempt)| (&line.when, unwrapped(&exempt.when)));
    levels.chain(clear).chain(exempts)
}

/// The places of all that decides when an alert fires and clears.
pub(super) fn conditions(alert: &ast::Alert) -> impl Iterator<Item = Span> {
    let whens = alert.levels.iter().map(|level| &level.when).chain(&alert.clear).chain(alert.exempts.iter().map(|exempt| &exempt.when));
    whens.chain([&alert.subject]).map(|expr| expr.span)
}

/// What is to be said of an alert that may be exempt, and fires nothing then.
fn unless_exempt<'a>(diagnostic: Diagnostic, alert: &'a ast::Alert, rule: &'a AlertRule, about: &About<'a, '_>) -> Diagnostic {
    let exempts = alert.exempts.iter().zip(&rule.exempts);
    let never = exempts.map(|(written, exempt)| Some(about.never(unwrapped(&exempt.when), &written.when)?.grounds));
    match never.collect::<Option<Vec<_>>>() {
        Some(never) => diagnostic.words("unless", Words::default()).concluded_from(never.concat()),
        None => diagnostic.words("unless", Words::new(" unless it is exempt", "（除非被豁免）")),
    }
}

/// A line and a value at which both it and `clear` hold.
fn overlap(clear: &Truth, lines: &[Line<'_>], about: &About<'_, '_>) -> Option<(&'static str, String)> {
    let range = about.ranges.of(about.on);
    lines.iter().find_map(|line| {
        let both = line.truth.must.and(&clear.must).and(&range.values()).pick(range.whole)?;
        Some((severity_name(line.level.severity), shown(&both, about.unit, &about.compiler.names.zone)?))
    })
}

/// A line and a value at which it keeps `clear` from counting, when lines that fire at once do so wherever it holds. All of them
/// are about the watched number alone, so that they are unknown together.
fn outdone(clear: &Truth, lines: &[Line<'_>], about: &About<'_, '_>) -> Option<(&'static str, String)> {
    let is_exact = |truth: &Truth| truth.must == truth.may;
    let at_once: Vec<&Line<'_>> = lines.iter().filter(|line| line.level.hold == Hold::Unbroken(0) && is_exact(&line.truth)).collect();
    let fires = at_once.iter().fold(Values::none(), |all, line| all.or(&line.truth.must));
    let range = about.ranges.of(about.on);
    if !is_exact(clear) || !is_apart(&range, &clear.may.and(&fires.not())) {
        return None;
    }
    at_once.into_iter().find_map(|line| {
        let both = clear.must.and(&line.truth.must).and(&range.values()).pick(range.whole)?;
        Some((severity_name(line.level.severity), shown(&both, about.unit, &about.compiler.names.zone)?))
    })
}

/// A line that is never seen, because worse ones hold wherever it does.
fn hidden(milder: &Line<'_>, lines: &[Line<'_>], about: &About<'_, '_>) -> Option<Diagnostic> {
    let sooner = |worse: &&Line<'_>| worse.level.severity > milder.level.severity && sooner(worse.level, milder.level);
    let all: Vec<&Line<'_>> = lines.iter().filter(sooner).filter(|_| !milder.when_unknown).collect();
    let alone = all.iter().find(|worse| implied(&worse.condition, &milder.condition, about.ranges)).copied();
    let together = || {
        // One of them holds at every instant, but over a while it need not always be the same one.
        let at_once = || all.iter().filter(|worse| worse.level.hold == Hold::Unbroken(0)).copied();
        let any = at_once().map(|line| line.condition.clone()).reduce(either)?;
        let seen = |worse: &&Line<'_>| about.example(&milder.condition, &worse.condition).is_some();
        implied(&any, &milder.condition, about.ranges).then(|| at_once().find(seen))?
    };
    let worse = alone.or_else(together)?;
    let diagnostic = Diagnostic::new(&codes::SEVERITY_WEAKER, worse.written.when.span).arg("worse", severity_name(worse.level.severity));
    let diagnostic = diagnostic.arg("milder", severity_name(milder.level.severity)).concluded_from([worse.written.when.span]);
    Some(diagnostic.arg("value", about.example(&milder.condition, &worse.condition)?))
}

/// One of two conditions, written where the first is.
pub(super) fn either<'a>(first: Condition<'a>, second: Condition<'a>) -> Condition<'a> {
    Condition { text: first.text, kind: Kind::Either(Box::new(first), Box::new(second)) }
}

/// Whether one condition, held for as long as the second line asks, has held for as long as the first one does.
fn sooner(first: &AlertLevel, second: &AlertLevel) -> bool {
    match (first.hold, second.hold) {
        (Hold::Unbroken(first), Hold::Unbroken(second)) => first <= second,
        (Hold::Unbroken(0), Hold::Working(_)) => true,
        // Working time is a part of the time that passes.
        (Hold::Unbroken(first), Hold::Working(WorkSpan::Micros(second))) => {
            i64::try_from(first).is_ok_and(|first| first.saturating_mul(1_000_000) <= second)
        }
        (Hold::Working(WorkSpan::Days(less)), Hold::Working(WorkSpan::Days(more))) => less <= more && first.calendar == second.calendar,
        (Hold::Working(WorkSpan::Micros(less)), Hold::Working(WorkSpan::Micros(more))) => less <= more && first.calendar == second.calendar,
        // Today counts as it stands.
        (Hold::SomeOf { at_least: 1, .. }, Hold::Unbroken(_) | Hold::Working(_)) => true,
        (Hold::SomeOf { at_least, .. }, Hold::Unbroken(length_s)) => u64::from(at_least - 1) * DAY_S + LONGER_S <= length_s,
        // Of the days that the first line does not look at, the second one may have counted every one.
        (Hold::SomeOf { at_least, of }, Hold::SomeOf { at_least: more, of: longer }) => {
            at_least <= more.saturating_sub(longer.saturating_sub(of))
        }
        (Hold::Periods { count, grain }, Hold::Periods { count: more, grain: same }) => {
            count <= more && grain == same && (first.early || !second.early)
        }
        _ => false,
    }
}
