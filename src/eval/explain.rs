//! Why a number is what it is.
//!
//! 1. A formula is taken apart into the metrics and aggregates in it, each with its own range of time ([`super::plan`]).
//! 2. Each is evaluated as the number itself is.
//! 3. The rows behind each aggregate are visited, and the first of them named.
//! 4. A score is explained KPI by KPI and condition by condition, an alert by its subject and its conditions.

use super::before::moved;
use super::closed::closed;
use super::convert::{RateUsed, together};
use super::formula::Evaluation;
use super::ledger::{account_days, judged_days};
use super::lookup::looked_up;
use super::number::{Number, Why};
use super::plan::{Frame, Move, Used, framed, parts_of};
use super::query::{Reader, Source, When};
use super::rows::{Item, item, rank, zone_of};
use super::score::period_of;
use super::window::{Anchor, Span, Stretch};
use super::{AmountUsed, Fault, LookedUp, Member, Posting, RowId};
use crate::compile::program::{
    Adapt, AlertLevel, AlertRule, DimIdx, EventIdx, Formula, Hold, Keep, LeafIdx, LevelRead, MetricIdx, Read, Scorecard, Text, Unit,
    Window, ZoneIdx,
};
use crate::time::{Day, Instant, Period};
use std::collections::{BTreeMap, HashMap};

/// The most lines of an account that are told.
const POSTINGS_MAX: usize = 100;

/// How a number came about.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The number.
    pub value: Number,
    /// The instant it is for.
    pub at: Instant,
    /// In which zone the days of its scope run.
    pub zone: ZoneIdx,
    /// The range of time of the whole formula.
    pub range: Range,
    /// The metrics in it, each before those that it uses itself; the number itself, when it is one.
    pub metrics: Vec<Inner>,
    /// The aggregates in it, each once.
    pub parts: Vec<Aggregate>,
    /// The values of tables in it, each once.
    pub lookups: Vec<LookedUp>,
    /// The amounts of targets in it of which events tell some, each once.
    pub amounts: Vec<AmountUsed>,
    /// The exchange rates in it, each once for every currency that it converts.
    pub rates: Vec<RateUsed>,
    /// The numbers of other scopes in it, each once.
    pub nested: Vec<Nested>,
}

/// The dimension values of a scope.
pub type Named = Vec<(DimIdx, Box<str>)>;

/// A number of other scopes within an explained number.
#[derive(Debug, Clone, PartialEq)]
pub struct Nested {
    /// The formula as written, or what it is in words.
    pub text: Text,
    /// Its unit.
    pub unit: Unit,
    /// The unit of its parts.
    pub part_unit: Unit,
    /// Its value.
    pub value: Number,
    /// Its range of time.
    pub range: Range,
    /// How many parts take part, and of how many of them the value is unknown.
    pub n_parts: usize,
    /// See `n_parts`.
    pub n_unknown: usize,
    /// The first parts with their values, the largest first. None of a wider scope.
    pub parts: Vec<(Named, Number)>,
}

impl Explanation {
    /// The metrics in it beside the one that it explains.
    pub fn others(&self, explained: Option<MetricIdx>) -> impl Iterator<Item = &Inner> {
        self.metrics.iter().filter(move |inner| Some(inner.metric) != explained || inner.range != self.range)
    }
}

/// A metric within an explained number.
#[derive(Debug, Clone, PartialEq)]
pub struct Inner {
    /// The metric; its text and unit stand in the program.
    pub metric: MetricIdx,
    /// Its value.
    pub value: Number,
    /// Its own range of time.
    pub range: Range,
    /// Of a ledger, the last lines of the account.
    pub account: Vec<Posting>,
}

/// An aggregate in an explained number.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// The leaf; its text and unit stand in the program.
    pub leaf: LeafIdx,
    /// How the formula reads it.
    pub read: Read,
    /// Its value.
    pub value: Number,
    /// Its own range of time.
    pub range: Range,
    /// The type of the events behind it, or the entity.
    pub event: EventIdx,
    /// How many events, or things of an entity, stand behind it.
    pub rows: u64,
    /// What lay below the scope for it, and on which days, where its events lack a dimension of the scope.
    pub members: Vec<Member>,
    /// The first events behind it by time and identity, those of the things of an entity too. Of a last, least or greatest
    /// value the events that decide it come first.
    pub events: Vec<(Instant, RowId)>,
}

/// How a score came about, beyond what [`super::Score`] says.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreExplanation {
    /// The values of the KPIs, in the order of the card.
    pub kpis: Vec<Explanation>,
    /// For each addition or deduction: its condition and what it is multiplied with, where it has them.
    pub adjustments: Vec<(Option<Explanation>, Option<Explanation>)>,
    /// The conditions of the red lines, in the order of the card.
    pub vetoes: Vec<Explanation>,
    /// The conditions that withhold the score, in the order of the card.
    pub gates: Vec<Explanation>,
    /// What the coefficient of the grade is multiplied with, on a card that pays on a base.
    pub base: Option<Explanation>,
}

impl ScoreExplanation {
    /// The explanations of all its formulas, in the order of composing.
    pub fn all(&self) -> impl Iterator<Item = &Explanation> {
        let adjustments = self.adjustments.iter().flat_map(|(when, for_each)| when.iter().chain(for_each));
        self.kpis.iter().chain(adjustments).chain(&self.vetoes).chain(&self.gates).chain(&self.base)
    }
}

/// What an alert rule sees at an instant.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertExplanation {
    /// The watched number.
    pub subject: Explanation,
    /// The conditions of the severities, in the order of the rule, with what they read beside the subject.
    pub levels: Vec<Explanation>,
    /// The condition under which it clears.
    pub clear: Option<Explanation>,
    /// The conditions under which the scope is not judged, in the order of the rule.
    pub exempts: Vec<Explanation>,
}

/// A range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Whole local days, both included.
    Days(Day, Day),
    /// After the first instant, up to and including the second.
    Elapsed(Instant, Instant),
    /// Everything.
    All,
}

impl From<Span> for Range {
    fn from(span: Span) -> Range {
        match span {
            Span::Days(first, last) => Range::Days(first, last),
            Span::Elapsed(after, until) => Range::Elapsed(after, until),
            Span::All => Range::All,
        }
    }
}

impl Reader<'_> {
    /// The range of time that a window or period means at this instant at a scope.
    pub fn range(&self, when: When, scope: &[(DimIdx, Box<str>)]) -> Range {
        Anchor::of(self.program, self.zone(scope), when, self.at).1.span.into()
    }

    /// The value of a formula with the aggregates and events behind it, at most `max_events` of each aggregate.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain(&self, formula: &Formula, when: When, scope: &[(DimIdx, Box<str>)], max_events: usize) -> Result<Explanation, Fault> {
        Explaining::new(*self, when, scope, max_events).formula(formula, None)
    }

    /// The numbers behind a score.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain_score(
        &self,
        card: &Scorecard,
        period: Period,
        scope: &[(DimIdx, Box<str>)],
        max_events: usize,
    ) -> Result<ScoreExplanation, Fault> {
        let mut explaining = Explaining::new(self.looked(card, scope), When::Period(period), scope, max_events);
        let kpis = card.kpis.iter().map(|kpi| match kpi.window {
            Some(window) => explaining.over(Some(window), &kpi.formula, None),
            None => explaining.formula(&kpi.formula, None),
        });
        let kpis = kpis.collect::<Result<_, _>>()?;
        let mut adjustments = Vec::with_capacity(card.adjustments.len());
        for adjustment in &card.adjustments {
            let mut told = |formula: &Option<Formula>| formula.as_ref().map(|formula| explaining.formula(formula, None)).transpose();
            adjustments.push((told(&adjustment.when)?, told(&adjustment.for_each)?));
        }
        let vetoes = card.vetoes.iter().map(|veto| explaining.formula(&veto.when, None)).collect::<Result<_, _>>()?;
        let gates = card.gates.iter().map(|gate| explaining.formula(&gate.when, None)).collect::<Result<_, _>>()?;
        let base = card.payout_base.as_ref().map(|base| explaining.formula(&base.formula, None)).transpose()?;
        Ok(ScoreExplanation { kpis, adjustments, vetoes, gates, base })
    }

    /// What an alert rule sees at the reader's instant.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn explain_alert(&self, rule: &AlertRule, scope: &[(DimIdx, Box<str>)], max_events: usize) -> Result<AlertExplanation, Fault> {
        let mut explaining = Explaining::new(*self, When::Window(rule.window), scope, max_events);
        let subject = explaining.formula(&rule.subject, None)?;
        let levels = rule.levels.iter().map(|level| explaining.level(rule, level)).collect::<Result<_, _>>()?;
        let clear = rule.clear.as_ref().map(|clear| explaining.formula(clear, Some(&rule.subject))).transpose()?;
        let exempts = rule.exempts.iter().map(|exempt| explaining.formula(&exempt.when, None)).collect::<Result<_, _>>()?;
        Ok(AlertExplanation { subject, levels, clear, exempts })
    }
}

/// Explains formulas of one scope as of one instant.
struct Explaining<'a> {
    reader: Reader<'a>,
    source: Source<'a>,
    anchor: Anchor,
    home: Stretch,
    max_events: usize,
}

impl<'a> Explaining<'a> {
    fn new(reader: Reader<'a>, when: When, scope: &'a [(DimIdx, Box<str>)], max_events: usize) -> Explaining<'a> {
        let (anchor, home) = Anchor::of(reader.program, reader.zone(scope), when, reader.at);
        Explaining { reader, source: Source::new(reader, scope), anchor, home, max_events }
    }

    fn stretch(&self, window: Option<Window>) -> Stretch {
        window.map_or(self.home, |window| self.anchor.stretch(self.reader.program, window))
    }

    /// The anchor and the range of a part of a formula that is evaluated over `home`.
    fn framed(&self, frame: &[Move], home: Stretch) -> Option<(Anchor, Stretch)> {
        let program = self.reader.program;
        frame.iter().try_fold((self.anchor, home), |(anchor, stretch), step| match *step {
            Move::Over(window) => Some((anchor, anchor.stretch(program, window))),
            Move::Shift(shift) => moved(program, anchor, stretch, shift),
            Move::Elsewhere | Move::Told => None,
            Move::Within(period) => Some(Anchor::of(program, self.anchor.zone, When::Period(period), self.reader.at)),
            Move::Account(reset, every) => {
                let account = account_days(program, anchor, stretch, reset)?;
                let (first, last) = judged_days(program, account, every)?;
                Some((anchor, Span::Days(first, last).into()))
            }
            Move::Card(every) => Some(period_of(program, every, anchor, stretch)),
            Move::Closed(period) => Some(closed(program, anchor, period)),
        })
    }

    /// Explains a formula; `subject` is what [`Formula::Subject`] stands for.
    fn formula(&mut self, formula: &Formula, subject: Option<&Formula>) -> Result<Explanation, Fault> {
        match formula {
            Formula::Over(window, inner) => self.over(Some(*window), inner, subject),
            Formula::Adapt(adapt) => self.adapt(adapt, subject),
            _ => self.over(None, formula, subject),
        }
    }

    /// Explains a formula over a window of its own.
    fn over(&mut self, window: Option<Window>, formula: &Formula, subject: Option<&Formula>) -> Result<Explanation, Fault> {
        let parts = vec![(formula, Frame::new())];
        self.parts(window, parts, subject, &mut |evaluation| evaluation.value(formula))
    }

    /// Explains a formula over the window that a volume asks for, with what the volume is made of.
    fn adapt(&mut self, adapt: &Adapt, subject: Option<&Formula>) -> Result<Explanation, Fault> {
        let chosen = Evaluation::new(self.reader.program, &mut self.source, self.anchor, self.home).chosen(adapt)?;
        let parts = vec![(&adapt.inner, Frame::new()), (&adapt.when, vec![Move::Over(adapt.then)])];
        let found =
            self.parts(Some(*chosen.as_ref().unwrap_or(&adapt.then)), parts, subject, &mut |evaluation| evaluation.value(&adapt.inner))?;
        Ok(match chosen {
            Ok(_) => found,
            Err(why) => Explanation { value: Number::Unknown(why), ..found },
        })
    }

    /// Explains a line of an alert, with what it reads in periods that are over.
    fn level(&mut self, rule: &AlertRule, level: &AlertLevel) -> Result<Explanation, Fault> {
        match (&level.hold, &level.when) {
            (Hold::Unbroken(_) | Hold::Working(_) | Hold::SomeOf { .. }, when) => self.formula(when, Some(&rule.subject)),
            (Hold::Periods { .. }, _) => {
                self.parts(None, parts_of(rule, level), Some(&rule.subject), &mut |evaluation| evaluation.level(level, rule.window))
            }
        }
    }

    /// Explains a value that is made of formulas, each read in a frame.
    fn parts(
        &mut self,
        window: Option<Window>,
        formulas: Vec<(&Formula, Frame)>,
        subject: Option<&Formula>,
        value: &mut dyn FnMut(&mut Evaluation<'_, Source<'a>>) -> Result<Number, Fault>,
    ) -> Result<Explanation, Fault> {
        let (home, program) = (self.stretch(window), self.reader.program);
        let found = framed(program, formulas);
        let metrics = found.metrics.into_iter().filter_map(|(metric, frame)| {
            let (anchor, stretch) = self.framed(&frame, home)?;
            Some(((metric, stretch), anchor))
        });
        let metrics: BTreeMap<_, _> = metrics.collect();
        let leaves: Vec<_> = found
            .uses
            .into_iter()
            .filter_map(|used| Some((self.framed(&used.frame, home)?, used)))
            .map(|(framed, used)| (used, framed))
            .collect();
        let framed: HashMap<_, _> = found.nested.iter().filter_map(|(_, frame)| Some((frame.clone(), self.framed(frame, home)?))).collect();
        let mut evaluation = Evaluation::new(program, &mut self.source, self.anchor, home);
        if let Some(subject) = subject {
            evaluation = evaluation.with_subject(subject);
        }
        let value = value(&mut evaluation)?;
        // In the program every metric stands after those that it uses.
        let inner = metrics.into_iter().rev().map(|((metric, stretch), anchor)| {
            let value = evaluation.anchored(anchor, &Formula::Metric(metric), stretch)?;
            let mut account = Vec::new();
            if let Some(Formula::Ledger(ledger)) = program.metrics.get(metric).map(|metric| &metric.formula) {
                evaluation.anchored_account(anchor, ledger, stretch, &mut account)?;
            }
            let account = account.split_off(account.len().saturating_sub(POSTINGS_MAX));
            Ok(Inner { metric, value, range: stretch.span.into(), account })
        });
        let metrics = inner.collect::<Result<_, Fault>>()?;
        let (mut nested, mut taken) = (Vec::new(), Vec::new());
        for (formula, frame) in &found.nested {
            if let Some((anchor, stretch)) = framed.get(frame) {
                nested.extend(evaluation.nested(*anchor, formula, *stretch)?);
                taken.extend(evaluation.taken(formula, *stretch)?);
            }
        }
        let values = leaves.iter().map(|(used, framed)| evaluation.anchored(framed.0, &Formula::Leaf(used.leaf, used.read), framed.1));
        let values = values.collect::<Result<Vec<_>, Fault>>()?;
        let mut rates = Vec::new();
        for (used, framed) in &leaves {
            rates.extend(evaluation.rates_used(used.leaf, used.read, framed.1)?);
        }
        let mut amounts = Vec::new();
        let mut targets: Vec<_> = found.targets.iter().copied().collect();
        targets.sort_unstable();
        for target in targets {
            amounts.extend(evaluation.amounts_used(target, home)?);
        }
        let parts =
            leaves.into_iter().zip(values).filter_map(|((used, framed), value)| self.aggregate(used, framed.1.span, value).transpose());
        let parts = parts.collect::<Result<_, Fault>>()?;
        let day = self.anchor.day;
        let lookups = found.lookups.iter().map(|lookup| looked_up(program, &mut self.source, lookup, day));
        let lookups = lookups.chain(taken.into_iter().map(Ok)).collect::<Result<_, Fault>>()?;
        let (at, zone, rates) = (self.reader.at, self.anchor.zone, together(rates));
        Ok(Explanation { value, at, zone, range: home.span.into(), metrics, parts, lookups, amounts, rates, nested })
    }

    /// An aggregate with the events behind its value.
    fn aggregate(&mut self, used: Used, span: Span, value: Number) -> Result<Option<Aggregate>, Fault> {
        let Some(leaf) = self.reader.program.leaves.get(used.leaf) else { return Ok(None) };
        let decides = |found: Option<Item<'_>>| match (&value, found, leaf.keep) {
            (Number::Known(value), Some(Item::Value(found)), Keep::Min | Keep::Max) => found == value.into(),
            _ => false,
        };
        let program = self.reader.program;
        let members = self.source.members(leaf, span)?;
        let is_state = self.reader.program.events.get(leaf.event).is_some_and(|event| event.entity.is_some());
        let mut rows = Vec::new();
        // Rows can lie ahead by their clock: they stand behind nothing before their time has begun.
        if !matches!(value, Number::Unknown(Why::NotBegun)) {
            self.source.rows_behind(used.leaf, span, &mut |row| {
                rows.push((!decides(item(leaf, row, zone_of(program, row))), rank(row), is_state.then(|| row.clone())))
            })?;
        }
        rows.sort_unstable_by_key(|(other, rank, _)| (*other, *rank));
        if leaf.keep == Keep::Last || used.read == Read::Level(LevelRead::Last) {
            rows.reverse();
        }
        let mut events = Vec::new();
        for (_, place, state) in rows.iter().take(self.max_events) {
            match state {
                Some(state) => self.reader.behind(state, &mut |event| events.push(rank(event)))?,
                None => events.push(*place),
            }
        }
        events.truncate(self.max_events);
        let n_rows = rows.len() as u64;
        Ok(Some(Aggregate {
            leaf: used.leaf,
            read: used.read,
            value,
            range: span.into(),
            event: leaf.event,
            rows: n_rows,
            members,
            events,
        }))
    }
}
