//! `expect`: what must be, against what is.
//!
//! 1. The subject is read at the clock of the test: a formula, a part of a score, an alert.
//! 2. It is compared with the outcome: values after rounding half-even to the decimals that the test writes.
//! 3. When they differ, the failure says what was expected, what was found, and the aggregates or KPIs behind it.

use super::seen::Seen;
use crate::compile::program::{DimIdx, Program, Scalar, Scorecard, Severity, Unit};
use crate::compile::{constant, expression, window};
use crate::diagnostic::{Diagnostic, Lang, Span, Spanned, Words, codes::cli as codes};
use crate::engine::replay::Replay;
use crate::engine::severity_name;
use crate::engine::show::{bare, exact_duration, human, money, plain, reason};
use crate::engine::{Alarm, Explanation, Number, Reader, Score, When, Why};
use crate::syntax::ast::{AlertSeverity, Expect, ExpectSubject, Expr, ExprKind, Ident, Outcome};
use crate::time::{Instant, Period, Zone};
use rust_decimal::{Decimal, RoundingStrategy};

/// How many KPIs or aggregates a failure lists.
const PARTS_MAX: usize = 12;

/// What an expectation calls a number that is not known.
const UNKNOWN: &str = "unknown";

type Scope = Vec<(DimIdx, Box<str>)>;

/// What was found, and how it came about.
struct Found {
    text: Words,
    /// The same as an expectation is written.
    literal: String,
    how: Option<Words>,
}

/// Checks one expectation, and notes what it looked at.
pub(super) fn check(
    program: &Program,
    text: &str,
    replay: &Replay,
    expect: &Expect,
    at: Instant,
    seen: Option<&mut Seen>,
) -> Result<(), Diagnostic> {
    let scope = scope(program, &expect.scope)?;
    let mut looking = Looking { program, text, reader: replay.reader(at), replay, expect, scope, seen };
    match &expect.subject {
        ExpectSubject::Metric { value, window: over, period } => looking.metric(value, over.as_ref(), period.as_ref()),
        ExpectSubject::Score(card, period) => looking.score(card, period.as_ref(), |_, score| (score.total.clone(), None)),
        ExpectSubject::Payout(card, period) => looking.score(card, period.as_ref(), |_, score| (payout(score), None)),
        ExpectSubject::Marked(card, period) => looking.score(card, period.as_ref(), |card, score| (marked(card, score), None)),
        ExpectSubject::Rank(card, period) => looking.score(card, period.as_ref(), |_, score| (rank(score), None)),
        ExpectSubject::Grade(card, period) => looking.score(card, period.as_ref(), |card, score| {
            let name = score.grade.and_then(|grade| card.grades.get(grade)).map(|grade| grade.name.clone());
            (score.total.clone(), Some(name))
        }),
        ExpectSubject::Alert(alert) => looking.alert(alert, at),
    }
}

/// Whether a score is marked.
fn marked(card: &Scorecard, score: &Score) -> Number {
    match &score.total {
        Number::Known(_) => Number::Known(Scalar::Flag(score.marked(card))),
        Number::Unknown(why) => Number::Unknown(why.clone()),
    }
}

/// The rank of a score, on a card whose grades go by rank.
fn rank(score: &Score) -> Number {
    match (score.standing, &score.total) {
        (Some(standing), _) => Number::of(Decimal::from(standing.rank)),
        (None, Number::Unknown(why)) => Number::Unknown(why.clone()),
        (None, Number::Known(_)) => Number::Unknown(Why::Stated),
    }
}

fn scope(program: &Program, given: &[(Ident, Spanned<String>)]) -> Result<Scope, Diagnostic> {
    let place = |(name, value): &(Ident, Spanned<String>)| {
        let dim = program.dims.iter().position(|dim| *dim == name.value);
        let dim = dim.ok_or_else(|| Diagnostic::new(&codes::NOT_DECLARED, name.span).arg("name", &name.value))?;
        Ok((dim, value.value.clone().into_boxed_str()))
    };
    let mut scope = given.iter().map(place).collect::<Result<Scope, Diagnostic>>()?;
    scope.sort();
    Ok(scope)
}

fn payout(score: &Score) -> Number {
    score.payout.clone().unwrap_or_else(|| score.total.clone())
}

struct Looking<'a> {
    program: &'a Program,
    text: &'a str,
    reader: Reader<'a>,
    replay: &'a Replay,
    expect: &'a Expect,
    scope: Scope,
    seen: Option<&'a mut Seen>,
}

impl Looking<'_> {
    fn metric(
        &mut self,
        value: &Expr,
        over: Option<&Spanned<crate::syntax::ast::Window>>,
        period: Option<&Spanned<String>>,
    ) -> Result<(), Diagnostic> {
        let (formula, unit) = expression(self.program, value).map_err(|mistakes| first(mistakes, self.expect.span))?;
        let when = match (over, period) {
            (_, Some(period)) => When::Period(self.period(period)?),
            (Some(over), None) => When::Window(window(over)?),
            (None, None) => When::Window(crate::compile::program::Window::All),
        };
        let explained = self.reader.explain(&formula, when, &self.scope, 0).map_err(|fault| self.fault(&fault))?;
        if let Some(seen) = &mut self.seen {
            seen.number(&explained, self.program);
            if matches!(explained.value, Number::Known(_)) {
                seen.targets(&formula, self.program);
            }
        }
        self.value(&explained.value, &unit, Words::list(self.aggregates(&explained)))
    }

    /// The aggregates in a number.
    fn aggregates<'e>(&'e self, explained: &'e Explanation) -> impl Iterator<Item = Words> + 'e {
        explained.parts.iter().take(PARTS_MAX).filter_map(|part| {
            let leaf = self.program.leaves.get(part.leaf)?;
            let unit = leaf.unit_as(part.read);
            let text = leaf.text_as(part.read);
            let zh = text.zh.unwrap_or_else(|| text.en.clone());
            let value = self.shown(&part.value, &unit);
            Some(Words::new(format!("{} = ", text.en), format!("{zh} = ")).then(value.get(Lang::En), value.get(Lang::Zh)))
        })
    }

    fn score(
        &mut self,
        card: &Ident,
        period: Option<&Spanned<String>>,
        pick: impl Fn(&Scorecard, &Score) -> (Number, Option<Option<String>>),
    ) -> Result<(), Diagnostic> {
        let declared = self.program.scorecards.iter().find(|declared| declared.name == card.value);
        let declared = declared.ok_or_else(|| Diagnostic::new(&codes::NOT_DECLARED, card.span).arg("name", &card.value))?;
        let period = match period {
            Some(period) => self.period(period)?,
            None => Period::holding(declared.every, self.program.zone_in(&self.scope).day_of(self.reader.at), self.program.reckoning),
        };
        let score = self.reader.score(declared, period, &self.scope).map_err(|fault| self.fault(&fault))?;
        if let Some(seen) = &mut self.seen {
            let explained = self.reader.explain_score(declared, period, &self.scope, 0);
            seen.score(self.program, declared, &score, &explained.map_err(|fault| fault_at(self.expect, &fault))?);
        }
        let how = self.score_parts(declared, &score);
        let (number, grade) = pick(declared, &score);
        let Some(grade) = grade else {
            let unit = match self.expect.subject {
                ExpectSubject::Payout(..) => &declared.payout_unit,
                ExpectSubject::Marked(..) => &Unit::Flag,
                _ => &Unit::Number,
            };
            return self.value(&number, unit, how);
        };
        let text = grade.as_ref().map_or_else(|| Words::new("unknown", "未知"), Words::verbatim);
        let literal = grade.clone().unwrap_or_else(|| UNKNOWN.to_owned());
        let met = match &self.expect.outcome.value {
            Outcome::Grade(wanted) => grade.as_ref() == Some(wanted),
            Outcome::Value(Expr { kind: ExprKind::Unknown, .. }) => grade.is_none(),
            _ => false,
        };
        if met { Ok(()) } else { Err(self.failure(&Found { text, literal, how })) }
    }

    fn score_parts(&self, card: &Scorecard, score: &Score) -> Option<Words> {
        let parts = score.parts.iter().zip(&card.kpis).take(PARTS_MAX).map(|(part, kpi)| {
            let weight = format!(" x {}", bare(part.effective_weight));
            let points = part.points.map_or_else(|| Words::new("unknown", "未知"), |points| Words::verbatim(bare(points)));
            let value = self.shown(&part.value, &kpi.unit).after(&format!("{} ", kpi.name)).then(" -> ", " -> ");
            value.then(points.get(Lang::En), points.get(Lang::Zh)).then(&weight, &weight)
        });
        let adjusted = card.adjustments.iter().zip(&score.adjustments).filter(|(_, adjusted)| !adjusted.points.is_zero());
        let adjusted = adjusted.map(|(line, adjusted)| Words::verbatim(format!("{}: {}", line.text, bare(adjusted.points))));
        let vetoes = score.vetoes(card).map(|veto| Words::verbatim(&veto.text));
        let base = card.payout_base.as_ref().zip(score.base.as_ref().filter(|_| matches!(self.expect.subject, ExpectSubject::Payout(..))));
        let base = base.map(|(base, value)| self.shown(value, &card.payout_unit).after(&format!("{} = ", base.text)));
        Words::list(parts.chain(adjusted).chain(vetoes).chain(base))
    }

    /// Compares a number with the expected value.
    fn value(&self, number: &Number, unit: &Unit, how: Option<Words>) -> Result<(), Diagnostic> {
        let met = match &self.expect.outcome.value {
            Outcome::Value(Expr { kind: ExprKind::Unknown, .. }) => matches!(number, Number::Unknown(_)),
            Outcome::Value(wanted) => {
                let (value, _) = constant(self.program, wanted).map_err(|mistakes| first(mistakes, wanted.span))?;
                let written = self.text.get(wanted.span.range()).unwrap_or_default();
                matches!(number, Number::Known(found) if equal(found, &value, decimals(written)))
            }
            _ => false,
        };
        if met {
            return Ok(());
        }
        Err(self.failure(&Found { text: self.shown(number, unit), literal: literal(number, unit, &self.program.zone), how }))
    }

    fn alert(&mut self, alert: &Ident, at: Instant) -> Result<(), Diagnostic> {
        let rule = self.program.alerts.iter().position(|rule| rule.name == alert.value);
        let rule = rule.ok_or_else(|| Diagnostic::new(&codes::NOT_DECLARED, alert.span).arg("name", &alert.value))?;
        if let (Some(seen), Some(rule)) = (&mut self.seen, self.program.alerts.get(rule)) {
            let explained = self.reader.explain_alert(rule, &self.scope, 0).map_err(|fault| fault_at(self.expect, &fault))?;
            explained.levels.iter().chain(&explained.clear).chain([&explained.subject]).for_each(|told| seen.number(told, self.program));
        }
        let alarm = self.replay.alarm(rule, &self.scope)?;
        let (state, severity, since) = match alarm {
            (Alarm::Firing(severity, since), _) => ("firing", Some(severity), Some(since)),
            (Alarm::Pending(since), _) => ("pending", None, Some(since)),
            (Alarm::Inactive, Some(resolved)) => ("resolved", None, Some(resolved)),
            (Alarm::Inactive, None) => ("inactive", None, None),
        };
        let met = match &self.expect.outcome.value {
            Outcome::NoAlert => matches!(state, "inactive" | "resolved"),
            Outcome::Alert { state: wanted, severity: wanted_severity, since: wanted_since } => {
                let wanted_since = wanted_since.as_ref().map(|since| self.program.zone.parse_local(&since.value));
                (wanted == state || (wanted == "inactive" && state == "resolved"))
                    && wanted_severity.is_none_or(|wanted| severity.is_some_and(|found| same_severity(wanted, found)))
                    && wanted_since.is_none_or(|wanted| wanted.zip(since).is_some_and(|(wanted, since)| second(wanted) == second(since)))
            }
            _ => false,
        };
        if met {
            return Ok(());
        }
        // What is found is written as it would be expected, in the words of the language.
        let mut found = state.to_owned();
        if let Some(severity) = severity {
            found += &format!(" {}", severity_name(severity));
        }
        if let Some(since) = since {
            found += &format!(" since {}", self.program.zone.format(since));
        }
        let literal = found.strip_suffix(":00").unwrap_or(&found).to_owned();
        Err(self.failure(&Found { text: Words::verbatim(found), literal, how: self.alert_value(rule, at) }))
    }

    /// The subject of an alert rule now, and the aggregates in it.
    fn alert_value(&self, rule: usize, at: Instant) -> Option<Words> {
        let rule = self.program.alerts.get(rule)?;
        let explained = Reader { at, ..self.reader }.explain(&rule.subject, When::Window(rule.window), &self.scope, 0).ok()?;
        let subject = self.shown(&explained.value, &rule.unit).after(&format!("{} = ", rule.text));
        Words::list(std::iter::once(subject).chain(self.aggregates(&explained)))
    }

    fn period(&self, label: &Spanned<String>) -> Result<Period, Diagnostic> {
        Period::parse(&label.value, self.program.reckoning)
            .map_err(|_| Diagnostic::new(&codes::BAD_PERIOD, label.span).arg("text", &label.value))
    }

    fn shown(&self, number: &Number, unit: &Unit) -> Words {
        Words::new(self.show(number, unit, Lang::En), self.show(number, unit, Lang::Zh))
    }

    fn show(&self, number: &Number, unit: &Unit, lang: Lang) -> String {
        match number {
            // Rounded, it could look like what was expected.
            Number::Known(Scalar::Number(seconds)) if *unit == Unit::Duration => exact_duration(*seconds, lang),
            Number::Known(value) => human(value, unit, &self.program.zone, lang),
            Number::Unknown(why) => match lang {
                Lang::En => format!("unknown ({})", reason(why, lang)),
                Lang::Zh => format!("未知（{}）", reason(why, lang)),
            },
        }
    }

    fn failure(&self, found: &Found) -> Diagnostic {
        let span = self.expect.outcome.span;
        let code = match self.expect.outcome.value {
            Outcome::Ask => &codes::ASKED,
            _ if found.how.is_none() => &codes::NOT_MET,
            _ => &codes::NOT_MET_HOW,
        };
        let asked = matches!(self.expect.outcome.value, Outcome::Ask);
        let expected = self.text.get(span.range()).unwrap_or_default();
        let expected = expected.trim().strip_prefix("is ").unwrap_or(expected).trim();
        let failure = Diagnostic::new(code, self.expect.span)
            .arg("expected", expected)
            .words("found", found.text.clone())
            .words("how", found.how.clone().unwrap_or_default());
        if asked { failure.fix(span, &found.literal) } else { failure }
    }

    fn fault(&self, reason: impl Into<Words>) -> Diagnostic {
        fault_at(self.expect, reason)
    }
}

fn fault_at(expect: &Expect, reason: impl Into<Words>) -> Diagnostic {
    Diagnostic::new(&codes::TEST_FAULT, expect.span).reason(reason)
}

fn first(mistakes: Vec<Diagnostic>, span: Span) -> Diagnostic {
    mistakes.into_iter().next().unwrap_or_else(|| Diagnostic::new(&codes::TEST_FAULT, span).reason(Words::default()))
}

/// A number as an expectation writes it, with the decimals that people are shown.
fn literal(number: &Number, unit: &Unit, zone: &Zone) -> String {
    let Number::Known(value) = number else { return UNKNOWN.to_owned() };
    // As few as two decimals still tell 25.00% from 25.4%.
    let rounded = |number: Decimal| {
        let mut rounded = number.round_dp_with_strategy(4, RoundingStrategy::MidpointNearestEven).normalize();
        rounded.rescale(rounded.scale().max(2));
        rounded
    };
    match (value, unit) {
        (Scalar::Number(number), Unit::Money(currency)) => format!("{} {currency}", money(*number, currency)),
        (Scalar::Number(number), Unit::Percent) => match number.checked_mul(Decimal::ONE_HUNDRED) {
            Some(percent) => format!("{}%", rounded(percent)),
            // A share that is too large for a percentage is written as it is.
            None => rounded(*number).to_string(),
        },
        (Scalar::Number(number), Unit::Duration) => {
            let seconds = number.round_dp_with_strategy(0, RoundingStrategy::MidpointNearestEven);
            let units = [(86_400, "days"), (3_600, "hours"), (60, "minutes")].map(|(size, unit)| (Decimal::from(size), unit));
            let whole = units.into_iter().find(|(size, _)| !seconds.is_zero() && (seconds % size).is_zero());
            let (size, unit) = whole.unwrap_or((Decimal::ONE, "seconds"));
            format!("{} {unit}", bare(seconds / size))
        }
        (Scalar::Number(number), Unit::Count) => bare(*number),
        (Scalar::Number(number), _) => rounded(*number).to_string(),
        (Scalar::Time(instant), _) => {
            let time = zone.format(*instant);
            time.strip_suffix(":00").unwrap_or(&time).to_owned()
        }
        (Scalar::Text(text), _) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        (value, unit) => plain(value, unit, true),
    }
}

/// How many decimals of the value the test writes: `25%` means two, because percentages are kept as fractions.
fn decimals(written: &str) -> u32 {
    let fraction = written.split_once('.').map_or("", |(_, fraction)| fraction);
    let digits = fraction.chars().take_while(|c| c.is_ascii_digit() || *c == '_').filter(|c| *c != '_').count();
    u32::try_from(digits).unwrap_or(0) + if written.contains('%') { 2 } else { 0 }
}

fn equal(found: &Scalar, wanted: &Scalar, decimals: u32) -> bool {
    match (found, wanted) {
        (Scalar::Number(found), Scalar::Number(wanted)) => {
            let rounded = |number: &Decimal| number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven);
            rounded(found) == *wanted || found == wanted
        }
        _ => found == wanted,
    }
}

/// Texts tell instants to the second: what is late once its deadline has passed is late a moment after it.
fn second(instant: Instant) -> i64 {
    instant.0.div_euclid(1_000_000)
}

fn same_severity(wanted: AlertSeverity, found: Severity) -> bool {
    matches!(
        (wanted, found),
        (AlertSeverity::Info, Severity::Info) | (AlertSeverity::Warning, Severity::Warning) | (AlertSeverity::Critical, Severity::Critical)
    )
}
