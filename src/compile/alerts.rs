//! Alerts: subject, severities, hysteresis, message.
//!
//! 1. The subject is a number in a window at a scope.
//! 2. Each line is a condition; what `> 4%` leaves out is the subject. The constant it is compared with is the limit.
//! 3. The message's placeholders are checked (`message`).

use super::calendars::schedule;
use super::formula::{FormulaPlace, fold};
use super::metrics::leaves_of;
use super::plan::Scope;
use super::program::{AlertLevel, AlertRule, Formula, Gate, Hold, LeafIdx, Metric, NoData, Scalar, Severity, Window, is_subject};
use super::units::{Type, is_measure};
use super::window::{bounded, grain, window};
use super::{Compiler, Seen, texts};
use crate::diagnostic::codes::{compile as codes, watch};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{self, AlertSeverity, Expr, Item};
use crate::time::{Grain, WorkCalendar};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most days that `for 3 of 5 days` looks back.
const SOME_OF_DAYS_MAX: u32 = 92;
/// The most periods that `for 3 months` looks back.
const PERIODS_MAX: u32 = 24;

impl Compiler<'_> {
    /// Compiles the alerts; those with mistakes are left out.
    pub(super) fn alerts(&mut self, file: &ast::File, metrics: &[Metric]) -> Vec<(Scope, AlertRule)> {
        let alerts = file.items.iter().filter_map(|item| if let Item::Alert(alert) = item { Some(alert) } else { None });
        let mut rules = Vec::new();
        for alert in alerts {
            match self.alert(alert, metrics) {
                Some(rule) => rules.push(rule),
                None => self.whole = false,
            }
        }
        self.inhibitions(file, &mut rules);
        rules
    }

    fn alert(&mut self, alert: &ast::Alert, metrics: &[Metric]) -> Option<(Scope, AlertRule)> {
        let mut scope = self.scope(&alert.per);
        let mut leaves = BTreeSet::new();
        let written = alert.window.as_ref().map(window).transpose().map_err(|diagnostic| self.errors.push(diagnostic)).ok();
        let window = written.map(|window| window.unwrap_or(Window::All));
        let subject = self.subject(&alert.subject);
        if let Some((formula, _)) = &subject {
            self.needs(formula, alert.subject.span, metrics, &mut scope, &mut leaves);
        }
        // Lines that leave out a wrong subject are checked against an unknown one, so that they are not wrong again.
        let ty = subject.as_ref().map_or(Type::Unknown, |(_, ty)| ty.clone());
        let levels = self.levels((alert, window), &subject.as_ref().map(|(formula, _)| formula), &ty, metrics, &mut scope, &mut leaves);
        let clear = match &alert.clear {
            None => Some(None),
            Some(clear) => self.line(clear, &ty, metrics, &mut scope, &mut leaves).map(Some),
        };
        let exempts: Vec<_> = alert.exempts.iter().filter_map(|line| self.exempt(line, metrics, &mut scope, &mut leaves)).collect();
        let mut formulas: Vec<(&Formula, Span)> = subject.iter().map(|(formula, _)| (formula, alert.subject.span)).collect();
        let lines = alert.levels.iter().zip(levels.iter().flatten());
        formulas.extend(lines.map(|(line, level)| (&level.when, line.when.span)));
        formulas.extend(exempts.iter().zip(&alert.exempts).map(|(exempt, line)| (&exempt.when, line.when.span)));
        formulas.extend(clear.iter().flatten().zip(&alert.clear).map(|(formula, line)| (formula, line.span)));
        let every = self.scores_in(&formulas, &scope, written.flatten(), &mut leaves);
        // Where nothing else is said, a score is that of the running period.
        let window =
            if let (Some(None), Some(grain)) = (written, every) { Some(Window::Period { grain, previous: false }) } else { window };
        let clear_hold_s = alert.clear_hold.as_ref().map_or(Ok(0), clear_hold);
        let clear_hold_s = clear_hold_s.map_err(|diagnostic| self.errors.push(diagnostic)).ok();
        let repeat_s = alert.repeat.as_ref().map(|repeat| bounded(repeat, "repeat every")).transpose();
        let repeat_s = repeat_s.map_err(|diagnostic| self.errors.push(diagnostic)).ok();
        let schedule = alert.evaluated.as_ref().map(schedule).transpose();
        let schedule = schedule.map_err(|diagnostic| self.errors.push(diagnostic)).ok();
        let written_at = alert.evaluated.as_ref().map(|schedule| self.written(schedule.span)).unwrap_or_default();
        let looks = self.looked_with(&formulas, schedule.flatten().map(|schedule| (schedule, written_at)), true);
        let (looks, schedule_text) = looks.map_or((None, String::new()), |(schedule, text)| (Some(schedule), text));
        self.message(alert, metrics, &mut scope);
        self.shown(alert, &scope);
        let group_by = alert.grouped.as_ref().map(|grouped| self.grouped(grouped, alert, &scope.dims));
        self.channels(alert);
        let (subject, ty) = subject?;
        let mut rule = AlertRule {
            name: alert.name.value.clone(),
            title: texts(&alert.title, &alert.name.value),
            subject,
            text: self.written(alert.subject.span),
            unit: ty.unit(),
            window: window?,
            adapt: None,
            grouping: 0,
            levels: levels?,
            clear: clear?,
            clear_hold_s: clear_hold_s?,
            clear_text: alert.clear.as_ref().map(|clear| self.written(clear.span)).unwrap_or_default(),
            exempts,
            inhibitors: Vec::new(),
            group_by,
            no_data: no_data(alert.no_data.as_ref().map(|policy| policy.value)),
            message: texts(&alert.message, ""),
            notify: alert.notify.iter().map(|channel| channel.value.clone()).collect(),
            schedule: schedule.map(|_| looks)?,
            schedule_text,
            repeat_s: repeat_s?,
            leaves: leaves.into_iter().collect(),
        };
        self.adapted(alert, &mut rule, metrics, &mut scope)?;
        Some((scope, rule))
    }

    /// A channel is named once.
    fn channels(&mut self, alert: &ast::Alert) {
        let mut channels = Seen::default();
        for channel in &alert.notify {
            channels.add(channel, &mut self.errors);
        }
    }

    fn subject(&mut self, expr: &Expr) -> Option<(Formula, Type)> {
        let typed = FormulaPlace::scored(&self.names, &mut self.errors, self.text, &mut self.leaves).formula(expr)?;
        if !is_measure(&typed.ty.unit()) {
            let diagnostic = Diagnostic::new(&codes::NUMBER_NEEDED, expr.span).arg("what", "alert … on");
            self.errors.push(diagnostic.arg("unit", typed.ty.name()));
            return None;
        }
        Some((typed.node, typed.ty))
    }

    /// Notes what a formula needs, and that its scope can be told.
    fn needs(&mut self, formula: &Formula, span: Span, metrics: &[Metric], scope: &mut Scope, leaves: &mut BTreeSet<LeafIdx>) {
        let own = leaves_of(formula, metrics);
        self.within_scope(scope, formula, metrics, span);
        self.looked_up_within(scope, formula, metrics, span);
        leaves.extend(own);
    }

    /// Compiles what keeps a scope from being judged.
    fn exempt(&mut self, line: &ast::Gate, metrics: &[Metric], scope: &mut Scope, leaves: &mut BTreeSet<LeafIdx>) -> Option<Gate> {
        let when = FormulaPlace::scored(&self.names, &mut self.errors, self.text, &mut self.leaves).condition(&line.when)?;
        self.needs(&when, line.when.span, metrics, scope, leaves);
        let text = self.written(line.span);
        Some(Gate { when, marks: false, title: texts(&line.title, &text), text })
    }

    /// Compiles the condition of a line.
    fn line(
        &mut self,
        expr: &Expr,
        subject: &Type,
        metrics: &[Metric],
        scope: &mut Scope,
        leaves: &mut BTreeSet<LeafIdx>,
    ) -> Option<Formula> {
        let mut place = FormulaPlace::scored(&self.names, &mut self.errors, self.text, &mut self.leaves);
        place.subject = Some(subject.clone());
        let formula = place.condition(expr)?;
        self.needs(&formula, expr.span, metrics, scope, leaves);
        Some(formula)
    }

    fn levels(
        &mut self,
        (alert, window): (&ast::Alert, Option<Window>),
        subject: &Option<&Formula>,
        ty: &Type,
        metrics: &[Metric],
        scope: &mut Scope,
        leaves: &mut BTreeSet<LeafIdx>,
    ) -> Option<Vec<AlertLevel>> {
        if alert.levels.is_empty() {
            self.errors.push(Diagnostic::new(&codes::NO_LEVELS, alert.name.span).arg("name", &alert.name.value));
        }
        let mut seen: BTreeMap<AlertSeverity, Span> = BTreeMap::new();
        let mut levels = Some(Vec::new());
        for level in &alert.levels {
            if let Some(first) = seen.get(&level.severity.value) {
                let diagnostic = Diagnostic::new(&codes::SEVERITY_TWICE, level.severity.span)
                    .arg("severity", severity_name(severity(level.severity.value)));
                self.errors.push(diagnostic.related(*first, "the first line is here", "第一行在此"));
            } else {
                seen.insert(level.severity.value, level.severity.span);
            }
            let when = self.line(&level.when, ty, metrics, scope, leaves);
            let hold = self.hold_of(level.hold.as_ref(), window);
            let (Some(when), Some((hold, calendar))) = (when, hold) else {
                levels = None;
                continue;
            };
            let limit = subject.and_then(|subject| limit(&when, subject));
            if let Some(levels) = &mut levels {
                let (severity, text) = (severity(level.severity.value), self.written(level.span));
                let early = level.judged.as_ref().is_some_and(|judged| judged.value == ast::Judged::Early);
                levels.push(AlertLevel { severity, when, text, hold, early, calendar, limit });
            }
        }
        levels
    }

    /// How long the condition of a line must hold, and whose working time that counts.
    fn hold_of(&mut self, written: Option<&Spanned<ast::Hold>>, window: Option<Window>) -> Option<(Hold, Option<Arc<WorkCalendar>>)> {
        let Some(written) = written else { return Some((Hold::Unbroken(0), None)) };
        if let ast::Hold::Working(span) = &written.value {
            let (length, calendar) = self.working_hold(span, written.span)?;
            return Some((Hold::Working(length), Some(calendar)));
        }
        let hold = hold(written, window.unwrap_or(Window::All)).map_err(|diagnostic| self.errors.push(diagnostic));
        Some((hold.ok()?, None))
    }
}

/// How long a condition must hold. Weeks are whole weeks for a rule that looks at weeks.
fn hold(hold: &Spanned<ast::Hold>, window: Window) -> Result<Hold, Diagnostic> {
    let periods = |count: u32, grain: Grain| {
        if (1..=PERIODS_MAX).contains(&count) {
            return Ok(Hold::Periods { count, grain });
        }
        Err(Diagnostic::new(&watch::PERIODS_COUNT, hold.span).arg("limit", PERIODS_MAX))
    };
    let length = |value: ast::Duration| bounded(&Spanned { value, span: hold.span }, "for");
    match hold.value {
        // It needs a calendar: a line of a severity has asked for it before.
        ast::Hold::Working(_) => Err(Diagnostic::new(&watch::WORKING_HOLD, hold.span)),
        ast::Hold::Periods(count, every) => periods(count, grain(every)),
        ast::Hold::Unbroken(ast::Duration { amount, unit: ast::DurationUnit::Week })
            if matches!(window, Window::Period { grain: Grain::Week, .. }) =>
        {
            periods(amount, Grain::Week)
        }
        ast::Hold::Unbroken(duration) => Ok(Hold::Unbroken(length(duration)?)),
        ast::Hold::SomeOf(at_least, duration) => {
            let length_s = length(duration)?;
            let of = u32::try_from(length_s / 86_400).unwrap_or(u32::MAX);
            if length_s.is_multiple_of(86_400) && (1..=of).contains(&at_least) && of <= SOME_OF_DAYS_MAX {
                return Ok(Hold::SomeOf { at_least, of });
            }
            Err(Diagnostic::new(&codes::SOME_OF, hold.span).arg("limit", SOME_OF_DAYS_MAX))
        }
    }
}

/// For how long a clear condition must hold: elapsed time.
fn clear_hold(written: &Spanned<ast::Hold>) -> Result<u64, Diagnostic> {
    match hold(written, Window::All)? {
        Hold::Unbroken(length_s) => Ok(length_s),
        Hold::Working(_) => Err(Diagnostic::new(&watch::WORKING_HOLD, written.span)),
        Hold::SomeOf { .. } => Err(Diagnostic::new(&codes::CLEAR_DAYS, written.span)),
        Hold::Periods { .. } => Err(Diagnostic::new(&watch::CLEAR_PERIODS, written.span)),
    }
}

/// What unknown does.
fn no_data(written: Option<ast::NoData>) -> NoData {
    match written {
        Some(ast::NoData::Alert) => NoData::Alert,
        Some(ast::NoData::Clear) => NoData::Clear,
        Some(ast::NoData::Keep) | None => NoData::Keep,
    }
}

/// The severity as it is written.
pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    }
}

/// The severity of a syntax tree.
pub(super) fn severity(severity: AlertSeverity) -> Severity {
    match severity {
        AlertSeverity::Info => Severity::Info,
        AlertSeverity::Warning => Severity::Warning,
        AlertSeverity::Critical => Severity::Critical,
    }
}

/// The first constant that the subject is compared with.
fn limit(when: &Formula, subject: &Formula) -> Option<Decimal> {
    match when {
        Formula::Compare(_, left, right) => {
            let other = if is_subject(left, subject) {
                right
            } else if is_subject(right, subject) {
                left
            } else {
                return None;
            };
            match fold(other)? {
                Scalar::Number(limit) => Some(limit),
                _ => None,
            }
        }
        Formula::And(a, b) | Formula::Or(a, b) => limit(a, subject).or_else(|| limit(b, subject)),
        Formula::Not(a) => limit(a, subject),
        _ => None,
    }
}
