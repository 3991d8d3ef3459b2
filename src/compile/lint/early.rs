//! Lines of alerts on a period that still runs: whether what they say can come back before it is over.
//!
//! 1. [`Sight`] tells whether a line reads numbers of a running period at all, and of which length.
//! 2. `early` is allowed where the condition only ever goes from false to true until the period ends
//!    ([`direction`](super::direction)) and nothing else of the rule takes it back; otherwise it is an error that says why.
//! 3. Any other line on such a number that may come back is warned of, unless it is judged when the period is over (`for 1 month`),
//!    says `so far`, or looks at what is due by now, which is a number of the day by itself.

use super::direction::{Course, Declared, Direction};
use super::ranges::Ranges;
use super::sways::Sways;
use crate::compile::metrics::parts;
use crate::compile::program::{AlertLevel, AlertRule, DimIdx, Due, Formula, Hold, NoData, Reach, Window};
use crate::compile::window::name;
use crate::compile::{Compiler, Rules};
use crate::diagnostic::codes::early as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast::{self, Judged};
use crate::time::Grain;
use std::collections::BTreeMap;

/// What a formula reads of running periods.
#[derive(Debug, Clone, Copy, Default)]
struct Sight {
    /// It reads rows or scores in the window in which it is used.
    at_home: bool,
    /// It reads some in a period that still runs, which it names itself.
    running: Option<Grain>,
    /// It looks at what is due by now.
    by_now: bool,
}

impl Sight {
    fn and(self, other: Sight) -> Sight {
        Sight { at_home: self.at_home || other.at_home, running: self.running.or(other.running), by_now: self.by_now || other.by_now }
    }

    /// The running period, for a rule over a window.
    fn period(self, window: Window) -> Option<Grain> {
        running(window).filter(|_| self.at_home).or(self.running)
    }
}

/// The length of the period that a window shows to date.
fn running(window: Window) -> Option<Grain> {
    match window {
        Window::Period { grain, previous: false } | Window::Periods { grain, back: 0, .. } => Some(grain),
        _ => None,
    }
}

/// Looks at alerts on running periods.
pub(super) struct Early<'p> {
    compiler: &'p Compiler<'p>,
    declared: Declared<'p>,
    sights: Vec<Sight>,
    courses: BTreeMap<Grain, Course<'p>>,
    sways: Sways<'p>,
}

impl<'p> Early<'p> {
    pub(super) fn new(ruleset: &Rules<'p>, compiler: &'p Compiler<'_>, ranges: &'p Ranges<'p>) -> Early<'p> {
        let declared = Declared {
            metrics: ruleset.metrics,
            leaves: &compiler.leaves.list,
            events: &compiler.names.events,
            entities: ruleset.entities,
            tables: &compiler.names.table_list,
            targets: ruleset.targets,
            ranges,
        };
        let mut sights = Vec::with_capacity(ruleset.metrics.len());
        for metric in ruleset.metrics {
            let sight = sight(&metric.formula, None, &sights);
            sights.push(sight);
        }
        Early { compiler, declared, sights, courses: BTreeMap::new(), sways: Sways::new(ruleset.file) }
    }

    /// Looks at the lines of an alert.
    pub(super) fn alert(&mut self, alert: &ast::Alert, rule: &'p AlertRule, scope: &[DimIdx], found: &mut Vec<Diagnostic>) {
        for (at, (written, level)) in alert.levels.iter().zip(&rule.levels).enumerate() {
            let sight = sight(level.condition(), Some(rule.watched()), &self.sights);
            let period = sight.period(rule.window);
            let closed = matches!(level.hold, Hold::Periods { .. });
            let judged = written.judged.as_ref().map(|judged| (judged.value, judged.span));
            let reason = |early: &mut Early<'p>, grain| early.comes_back(rule, (at, level), scope, grain);
            let diagnostic = match (judged, period) {
                (Some((Judged::Early, span)), None) => Some(Diagnostic::new(&codes::EARLY_PERIOD, span)),
                (Some((Judged::Early, span)), Some(grain)) => held_elsewhere(level.hold, rule.window)
                    .map(|other| Diagnostic::new(&codes::EARLY_HOLD, span).arg("grain", name(other)))
                    .or_else(|| reason(self, grain).map(|why| told(Diagnostic::new(&codes::EARLY_UNPROVEN, span), grain, why))),
                (Some((Judged::SoFar, span)), None) => Some(Diagnostic::new(&codes::SO_FAR, span)),
                (Some((Judged::SoFar, span)), Some(_)) if closed => Some(Diagnostic::new(&codes::SO_FAR, span)),
                (Some((Judged::SoFar, _)), Some(_)) | (None, None) => None,
                (None, Some(_)) if closed || sight.by_now || rule.adapt.is_some() => None,
                (None, Some(grain)) => {
                    reason(self, grain).map(|why| told(Diagnostic::new(&codes::RECOVERABLE, written.when.span), grain, why))
                }
            };
            found.extend(diagnostic.map(|diagnostic| {
                let exempts = alert.exempts.iter().map(|exempt| &exempt.when);
                diagnostic.concluded_from(self.sways.of([&written.when, &alert.subject].into_iter().chain(exempts)))
            }));
        }
    }

    /// Why what a line says may be taken back before the period ends; None when it cannot.
    fn comes_back(&mut self, rule: &'p AlertRule, (at, level): (usize, &'p AlertLevel), scope: &[DimIdx], grain: Grain) -> Option<Words> {
        let declared = self.declared;
        let course = self.courses.entry(grain).or_insert_with(|| Course::new(declared, grain)).about(rule.watched(), rule.window);
        match course.of(&level.when) {
            Direction::Open(why) => return Some(why),
            Direction::Down => return Some(self.falls(rule, &course, grain)),
            Direction::Still | Direction::Up => {}
        }
        if let Some(why) = self.moves(rule, scope) {
            return Some(why);
        }
        let asked = rule.exempts.iter().find(|exempt| !matches!(course.of(&exempt.when), Direction::Still | Direction::Down));
        if let Some(exempt) = asked {
            return Some(Words::new(
                format!("`{}` may come to hold before then", exempt.text),
                format!("`{}` 可能在此之前成立", exempt.text),
            ));
        }
        let on_nothing = at == 0 && rule.no_data == NoData::Alert && !course.is_always_known(rule.watched());
        on_nothing.then(|| {
            Words::new(
                "with `no data alert` it fires on nothing as well, and the first row takes that back",
                "因有 `no data alert`，没有数据时也会触发，而第一行数据就会使其恢复",
            )
        })
    }

    /// Why a condition that only ever ceases to hold says little at the beginning of a period.
    fn falls(&self, rule: &AlertRule, course: &Course<'p>, grain: Grain) -> Words {
        let (text, grain) = (&rule.text, name(grain));
        match course.of(&Formula::Subject) {
            Direction::Up => Words::new(
                format!("`{text}` only grows until the {grain} is over, so what is too little today may be enough tomorrow"),
                format!("`{text}` 在周期结束前只增不减，今天不足的，明天可能足够"),
            ),
            Direction::Down => Words::new(
                format!("`{text}` only falls until the {grain} is over, so what is too much today may be little enough tomorrow"),
                format!("`{text}` 在周期结束前只减不增，今天过高的，明天可能已经降下来"),
            ),
            _ => Words::new(format!("until the {grain} is over it can only cease to be true"), "在周期结束前，它只会由成立变为不成立"),
        }
    }

    /// Why numbers of a scope may move to another one: it is climbed to by memberships, which may be told later.
    fn moves(&self, rule: &AlertRule, scope: &[DimIdx]) -> Option<Words> {
        let reach = Reach::of((self.declared.metrics, &[]), rule.formulas(), scope);
        let dims = &self.compiler.names.dims;
        let climbed = reach.leaves.iter().find_map(|(leaf, dims)| {
            let event = self.declared.events.get(self.declared.leaves.get(*leaf)?.event)?;
            dims.iter().find(|dim| !event.dims.iter().any(|(own, _)| own == *dim)).copied()
        })?;
        let dim = dims.get(climbed).map_or("", String::as_str);
        Some(Words::new(
            format!("what belongs to a {dim} may be told later, and goes to another one then"),
            format!("对 {dim} 的归属可能事后更改，数值随之转移"),
        ))
    }
}

/// A diagnostic with the period and the reason.
fn told(diagnostic: Diagnostic, grain: Grain, why: Words) -> Diagnostic {
    // A day of `for` has 24 hours.
    let instead = if grain == Grain::Day { "`over previous day`".to_owned() } else { format!("`for 1 {}`", name(grain)) };
    diagnostic.arg("grain", name(grain)).arg("instead", instead).reason(why)
}

/// The period of a line that counts whole ones, when its rule looks at something else.
fn held_elsewhere(hold: Hold, window: Window) -> Option<Grain> {
    match hold {
        Hold::Periods { grain, .. } if window != (Window::Period { grain, previous: false }) => Some(grain),
        _ => None,
    }
}

/// What a formula reads. [`Formula::Subject`] stands for `on`.
fn sight(formula: &Formula, on: Option<&Formula>, known: &[Sight]) -> Sight {
    let below = |formula: &Formula| sight(formula, on, known);
    match formula {
        Formula::Leaf(..) | Formula::Score(_) => Sight { at_home: true, ..Sight::default() },
        Formula::DaysLeft => Sight { by_now: true, ..Sight::default() },
        Formula::Target(read) => Sight { by_now: read.due != Due::Whole, ..Sight::default() },
        Formula::Metric(metric) => known.get(*metric).copied().unwrap_or_default(),
        Formula::Subject => on.map_or_else(Sight::default, below),
        Formula::Ledger(_) => Sight::default(),
        Formula::Over(window, a) => {
            let inner = below(a);
            let own = running(*window).filter(|_| inner.at_home);
            Sight { at_home: false, running: own.or(inner.running), ..inner }
        }
        // What lies in the past has come to its end.
        Formula::Shift(_, a) | Formula::Baseline(_, _, a) => Sight { at_home: false, running: None, ..below(a) },
        other => parts(other).into_iter().map(below).fold(Sight::default(), Sight::and),
    }
}
