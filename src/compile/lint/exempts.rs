//! What keeps an alert from being judged: conditions that never hold or always do, or hold whenever a line does.

use super::alerts::{Line, conditions, either};
use super::condition::Condition;
use super::implied::implied;
use super::witness::About;
use crate::compile::program::{AlertRule, Hold, unwrapped};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::lint as codes;
use crate::syntax::ast;

/// The lints of `exempt when`.
pub(super) fn exempts<'a>(
    alert: &'a ast::Alert,
    rule: &'a AlertRule,
    lines: &[Line<'_>],
    about: &About<'a, '_>,
    found: &mut Vec<Diagnostic>,
) {
    let mut open = Vec::new();
    for (written, gate) in alert.exempts.iter().zip(&rule.exempts) {
        let when = unwrapped(&gate.when);
        if let Some(why) = about.never(when, &written.when) {
            found.push(why.told(&codes::EXEMPT_NEVER, written.when.span));
        } else if let Some(why) = about.always(when, &written.when) {
            found.push(why.told(&codes::EXEMPT_ALWAYS, written.when.span));
        } else {
            open.push((gate, about.condition(when, &written.when)));
        }
    }
    for line in lines.iter().filter(|line| is_judged_now(line)) {
        let covers = |exempt: &Condition<'_>| implied(exempt, &line.condition, about.ranges);
        let alone = open.iter().find(|(_, exempt)| covers(exempt));
        let any = || open.iter().map(|(_, exempt)| exempt.clone()).reduce(either).is_some_and(|any| covers(&any));
        let first = || open.iter().find(|(_, exempt)| about.example(&line.condition, exempt).is_some()).filter(|_| any());
        let Some((gate, exempt)) = alone.or_else(first) else { continue };
        let Some(value) = about.example(&line.condition, exempt) else { continue };
        let diagnostic = Diagnostic::new(&codes::EXEMPT_COVERS, line.written.when.span).arg("exempt", &gate.text);
        found.push(diagnostic.arg("value", value).concluded_from(conditions(alert)));
    }
}

/// Whether a line fires only where its condition holds at that instant, and is known to.
fn is_judged_now(line: &Line<'_>) -> bool {
    !line.when_unknown && matches!(line.level.hold, Hold::Unbroken(_) | Hold::Working(_))
}
