//! Alerts: lines that never hold or always do, hide one another, or clear what they fire.

use super::conditions::About;
use super::say::literal;
use super::truth::{Never, Truth, always};
use super::values::Values;
use crate::compile::Compiler;
use crate::compile::alerts::severity_name;
use crate::compile::program::{AlertLevel, AlertRule, Hold, NoData, unwrapped};
use crate::diagnostic::codes::lint as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast;

/// A line that may hold and may not.
struct Line<'a> {
    written: &'a ast::AlertLevel,
    level: &'a AlertLevel,
    truth: Truth,
    /// Whether it counts as true when its subject is unknown.
    when_unknown: bool,
}

/// The lints of an alert.
pub(super) fn alert(alert: &ast::Alert, rule: &AlertRule, about: &About<'_>, compiler: &Compiler<'_>, found: &mut Vec<Diagnostic>) {
    let range = about.ranges.of(rule.watched());
    let mut lines = Vec::new();
    for (at, (written, level)) in alert.levels.iter().zip(&rule.levels).enumerate() {
        let when_unknown = rule.no_data == NoData::Alert && at == 0;
        let truth = Truth::of(level.condition(), rule.watched(), rule.watched(), about.ranges);
        if let Some((why, words)) = about.never(&written.when, level.condition(), compiler) {
            if !when_unknown || why == Never::Written {
                found.push(Diagnostic::new(&codes::NEVER_FIRES, written.when.span).reason(words));
            }
        } else if always(&truth, &range) {
            let words = match truth.must == Values::all() {
                true => Words::new("its limits leave out no value", "其限值没有排除任何值"),
                false => about.nature(rule.watched(), &range),
            };
            found.push(Diagnostic::new(&codes::ALWAYS_FIRES, written.when.span).reason(words));
        } else {
            lines.push(Line { written, level, truth, when_unknown });
        }
    }
    if let (Some(written), Some(clear)) = (&alert.clear, &rule.clear) {
        let truth = Truth::of(unwrapped(clear), rule.watched(), rule.watched(), about.ranges);
        match about.never(written, clear, compiler) {
            Some((_, words)) if rule.no_data != NoData::Clear => {
                found.push(Diagnostic::new(&codes::NEVER_CLEARS, written.span).reason(words));
            }
            _ => found.extend(overlap(&lines, &truth, rule, about).map(|(severity, value)| {
                Diagnostic::new(&codes::CLEAR_OVERLAPS, written.span).arg("severity", severity).arg("value", value)
            })),
        }
    }
    found.extend(lines.iter().filter_map(|milder| hidden(milder, &lines, rule, about)));
}

/// A line and a value at which both it and `clear` hold.
fn overlap(lines: &[Line<'_>], clear: &Truth, rule: &AlertRule, about: &About<'_>) -> Option<(&'static str, String)> {
    let range = about.ranges.of(rule.watched());
    lines.iter().find_map(|line| {
        let both = line.truth.must.and(&clear.must).and(&range.values()).pick(range.whole)?;
        Some((severity_name(line.level.severity), literal(both, &rule.unit)))
    })
}

/// A line that is never seen, because a worse one holds wherever it does.
fn hidden(milder: &Line<'_>, lines: &[Line<'_>], rule: &AlertRule, about: &About<'_>) -> Option<Diagnostic> {
    let range = about.ranges.of(rule.watched());
    let holds = milder.truth.may.and(&range.values());
    let covers = |worse: &&Line<'_>| {
        worse.level.severity > milder.level.severity
            && sooner(worse.level.hold, milder.level.hold)
            && holds.and(&worse.truth.must.not()).pick(range.whole).is_none()
    };
    let worse = lines.iter().find(covers).filter(|_| !milder.when_unknown)?;
    let diagnostic = Diagnostic::new(&codes::SEVERITY_WEAKER, worse.written.when.span).arg("worse", severity_name(worse.level.severity));
    Some(diagnostic.arg("milder", severity_name(milder.level.severity)).arg("value", literal(holds.pick(range.whole)?, &rule.unit)))
}

/// Whether whatever holds for the second time has held for the first.
fn sooner(first: Hold, second: Hold) -> bool {
    match (first, second) {
        (Hold::Unbroken(first), Hold::Unbroken(second)) => first <= second,
        _ => first == second,
    }
}
