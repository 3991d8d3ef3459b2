//! On how many of the days that expect an event there is any, and which days lack it.
//!
//! 1. A day expects events once it is over, from the day on which the scope was first seen, while its dimensions belong to
//!    one another ([`Aggregates::together`]).
//! 2. It has some when any row counts there: what was withdrawn or corrected away does not.
//! 3. Of a condition that holds a score back or marks it, what its coverage lacks is told, scope by scope ([`Lacking`]).

use super::formula::{Aggregates, Evaluation};
use super::lineage::{Days, EVER, Members, clipped, common, days_below};
use super::nested::Named;
use super::number::{Number, Why};
use super::window::{Span, Stretch};
use super::{Acc, Fault};
use crate::compile::program::{DimIdx, EventDecl, EventIdx, Formula, Gate, LeafIdx, Program, Read, UNASSIGNED, climbs, finer};
use crate::time::Day;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// The most days that are looked at.
const DAYS_MAX: i32 = 1_100;
/// The most scopes of which the days are told.
const GAPS_MAX: usize = 20;
/// The most scopes that are named in a sentence.
const NAMED_MAX: usize = 3;

/// What a condition of a card that applies says: `withhold when …` or `mark when …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The line, as an index into the card's gates.
    pub gate: usize,
    /// What is lacking, where the condition asks for coverage.
    pub lacking: Vec<Lacking>,
}

impl Held {
    /// What the line says, with what is lacking, in English and Chinese.
    pub fn told(&self, program: &Program, gate: &Gate) -> [String; 2] {
        let title = [gate.title.en.clone(), gate.title.zh.clone().unwrap_or_else(|| gate.title.en.clone())];
        self.lacking.iter().fold(title, |[en, zh], lacking| {
            let [lacks, lacks_zh] = lacking.told(program);
            [format!("{en}: {lacks}"), format!("{zh}：{lacks_zh}")]
        })
    }
}

/// What a coverage lacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Lacking {
    /// The event.
    pub event: EventIdx,
    /// How many days have it.
    pub n_with: usize,
    /// How many days expect it.
    pub n_due: usize,
    /// The first scopes with the days that lack it; without dimension values for the scope as a whole.
    pub gaps: Vec<(Named, Vec<(Day, Day)>)>,
    /// In how many scopes it is lacking.
    pub n_gaps: usize,
}

impl Lacking {
    /// The share that is there.
    pub fn share(&self) -> Option<Decimal> {
        Decimal::from(self.n_with).checked_div(Decimal::from(self.n_due))
    }

    /// The same as a sentence, in English and Chinese.
    pub fn told(&self, program: &Program) -> [String; 2] {
        let event = program.events.get(self.event).map_or("", |event| event.name.as_str());
        let share = self.share().and_then(|share| share.checked_mul(Decimal::ONE_HUNDRED)).unwrap_or_default().round_dp(2).normalize();
        let named = self.gaps.iter().take(NAMED_MAX).map(|(scope, days)| {
            let values: Vec<&str> = scope.iter().map(|(_, value)| &**value).collect();
            let days: Vec<String> = days.iter().map(|(first, last)| ranged(*first, *last)).collect();
            [values.join(", "), days.join(", ")].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        });
        let named = named.collect::<Vec<_>>().join("; ");
        let more = self.n_gaps.saturating_sub(NAMED_MAX);
        let (with, due) = (self.n_with, self.n_due);
        let (more, more_zh) = match more {
            0 => (String::new(), String::new()),
            more => (format!("; and {more} more"), format!("；另有 {more} 处")),
        };
        [
            format!("{event} came on {with} of {due} days ({share}%), and not on {named}{more}"),
            format!("{event} 应有 {due} 天，实有 {with} 天（{share}%），缺 {named}{more_zh}"),
        ]
    }
}

/// `2026-02-03` or `2026-02-03..2026-02-05`
fn ranged(first: Day, last: Day) -> String {
    if first == last { first.to_string() } else { format!("{first}..{last}") }
}

/// A coverage in a formula: its leaf, and the dimensions of its parts.
type Covered<'f> = (LeafIdx, &'f [DimIdx]);

impl<A: Aggregates> Evaluation<'_, A> {
    /// The number of days that expect the events of a leaf, or of those that have any.
    pub(super) fn days_read(&mut self, leaf: LeafIdx, read: Read, span: Span) -> Result<Number, Fault> {
        let counted = match self.days_due(leaf, span)? {
            Err(why) => return Ok(Number::Unknown(why)),
            Ok(due) if read == Read::DaysWith => self.days_with(leaf, &due)?.len(),
            Ok(due) => due.len(),
        };
        Ok(Number::of(Decimal::from(counted)))
    }

    /// The days of a range on which events of a leaf are expected.
    fn days_due(&mut self, leaf: LeafIdx, span: Span) -> Result<Result<Vec<Day>, Why>, Fault> {
        let zone = self.zone();
        let Some(since) = self.source.began(zone)? else { return Ok(Err(Why::NoScope)) };
        let today = zone.day_of(self.anchor.at);
        let (first, last) = match span {
            Span::Days(first, last) => (first, last),
            Span::All => EVER,
            Span::Elapsed(..) => return Ok(Err(Why::NoPeriod)),
        };
        let (first, last) = (first.max(zone.day_of(since)), last.min(today.plus(-1)));
        if i64::from(last.0) - i64::from(first.0) > i64::from(DAYS_MAX) {
            return Ok(Err(Why::NoPeriod));
        }
        let Some(together) = self.source.together(leaf)? else { return Ok(Err(Why::NoDimension)) };
        let days = clipped(&together, first, last).flat_map(|(first, last)| (first.0..=last.0).map(Day));
        Ok(Ok(days.collect()))
    }

    /// Those of some days on which any row of a leaf counts.
    fn days_with(&mut self, leaf: LeafIdx, due: &[Day]) -> Result<BTreeSet<Day>, Fault> {
        let (Some(first), Some(last)) = (due.first(), due.last()) else { return Ok(BTreeSet::new()) };
        let mut found = self.source.days(leaf, *first, *last)?.unwrap_or_default();
        found.retain(|day| due.binary_search(day).is_ok());
        let mut with = BTreeSet::new();
        for day in found {
            let counted = self.source.merged(leaf, Span::Days(day, day))?.is_some_and(|acc| matches!(&*acc, Acc::Count(n) if *n > 0));
            with.extend(counted.then_some(day));
        }
        Ok(with)
    }

    /// What the coverage in a condition lacks over a range of time.
    pub(super) fn lacking(&mut self, condition: &Formula, stretch: Stretch) -> Result<Vec<Lacking>, Fault> {
        let program = self.program;
        let mut found = Vec::new();
        covered(program, condition, &mut found);
        let mut lacking = Vec::new();
        for (leaf, dims) in found {
            lacking.extend(self.lacking_of((leaf, dims), stretch)?);
        }
        Ok(lacking)
    }

    fn lacking_of(&mut self, (leaf, dims): Covered<'_>, stretch: Stretch) -> Result<Option<Lacking>, Fault> {
        let Some(event) = self.program.leaves.get(leaf).map(|leaf| leaf.event) else { return Ok(None) };
        let Some(own) = self.own() else { return Ok(None) };
        let scopes = match dims {
            [] => vec![own],
            dims => {
                let inside: Vec<DimIdx> = own.iter().map(|(dim, _)| *dim).collect();
                self.source.parts(&own, &finer(&inside, dims))?
            }
        };
        let mut lacking = Lacking { event, n_with: 0, n_due: 0, gaps: Vec::new(), n_gaps: 0 };
        for scope in scopes {
            let (due, with) = self.at_scope(&scope, |there| {
                let due = there.days_due(leaf, stretch.span)?.unwrap_or_default();
                let with = there.days_with(leaf, &due)?;
                Ok((due, with))
            })?;
            lacking.n_with += with.len();
            lacking.n_due += due.len();
            if with.len() < due.len() {
                lacking.n_gaps += 1;
                if lacking.gaps.len() < GAPS_MAX {
                    let missing = due.into_iter().filter(|day| !with.contains(day));
                    let named = scope.into_iter().filter(|(dim, _)| dims.contains(dim)).collect();
                    lacking.gaps.push((named, in_ranges(missing)));
                }
            }
        }
        Ok(Some(lacking).filter(|lacking| lacking.n_gaps > 0))
    }
}

/// Days in order, as ranges.
fn in_ranges(days: impl Iterator<Item = Day>) -> Vec<(Day, Day)> {
    let mut ranges: Vec<(Day, Day)> = Vec::new();
    for day in days {
        match ranges.last_mut() {
            Some(last) if last.1.plus(1) == day => last.1 = day,
            _ => ranges.push((day, day)),
        }
    }
    ranges
}

/// The coverages in a formula that are read over the surrounding range of time, each once.
fn covered<'p>(program: &'p Program, formula: &'p Formula, found: &mut Vec<Covered<'p>>) {
    let mut open = vec![formula];
    while let Some(formula) = open.pop() {
        let one: Option<Covered<'p>> = match formula {
            Formula::Leaf(leaf, Read::DaysWith) => Some((*leaf, &[])),
            Formula::Parts(parts) => match parts.part {
                Formula::Leaf(leaf, Read::DaysWith) if parts.filter.is_none() => Some((leaf, &parts.dims)),
                _ => None,
            },
            Formula::Metric(metric) => {
                open.extend(program.metrics.get(*metric).map(|metric| &metric.formula));
                None
            }
            Formula::Not(a) | Formula::IsUnknown(a) | Formula::Round(a, _) => {
                open.push(a);
                None
            }
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => {
                open.extend([&**b, &**a]);
                None
            }
            _ => None,
        };
        found.extend(one.filter(|one| !found.contains(one)));
    }
}

/// The days on which the dimension values of a scope belong to one another, where an event lacks some and they are climbed to;
/// None when nothing leads to one.
pub(super) fn together(
    members: &mut dyn Members,
    (program, event): (&Program, &EventDecl),
    scope: &[(DimIdx, Option<Box<str>>)],
) -> Result<Option<Days>, Fault> {
    let Some(climbs) = climbs(&program.memberships, event, scope.iter().map(|(dim, _)| *dim)) else { return Ok(None) };
    let value = |dim: DimIdx| scope.iter().find(|(own, _)| *own == dim).map(|(_, value)| value.as_deref());
    let mut days: Days = vec![EVER];
    for climb in &climbs {
        if let Some(child) = value(climb.child) {
            let top = value(climb.parent).flatten().unwrap_or(UNASSIGNED);
            days = common(&days, &days_below(members, &climb.steps, child, top)?);
        }
    }
    Ok(Some(days))
}
