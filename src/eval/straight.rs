//! Scores read straight: what most cards ask for, without remembering anything.
//!
//! 1. [`Straight::of`] works out, once for all scopes of a card in a period, which leaves its formulas read in which days.
//! 2. [`Straight::gathered`] merges the cells of a scope into what each of them holds, in one walk over its days.
//! 3. [`Gathered::value`] answers a formula from that. It says nothing (None) of what is not plain: windows of elapsed time, other
//!    scopes, tables and targets, cells that changed later. [`Evaluation`](super::formula::Evaluation) says the same of every
//!    formula that is answered here, and all of the others.

use super::number::{self, Number, Why};
use super::query::{Reader, When};
use super::score::conditions;
use super::value::{Trouble, Val, arith, satisfies};
use super::window::{Anchor, Span, Stretch};
use super::{Acc, Fault, Scope, ScopeId};
use crate::compile::program::{ANY, DimIdx, Formula, GroupingIdx, Keep, LeafIdx, Program, Read, Scalar, Scorecard, UNASSIGNED, Window};
use crate::time::{Day, Instant, Period};
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// A card whose formulas have more terms than this is not plain.
const TERMS_MAX: u32 = 400;
/// Metrics of metrics are looked into so deep at the most.
const DEPTH_MAX: u32 = 60;

/// What a card reads in a period, the same for all of its scopes.
#[derive(Debug)]
pub(super) struct Straight {
    grouping: GroupingIdx,
    period: Period,
    at: Instant,
    /// From where its formulas look.
    pub(super) home: (Anchor, Stretch),
    /// The windows of its formulas and their days; the first is that of the period.
    ranges: Vec<Range>,
    leaves: Vec<LeafIdx>,
    /// Which of the leaves are read in which of the ranges.
    slots: Vec<Slot>,
    /// The days of all ranges.
    days: (Day, Day),
    /// The end of what is over first: of a scope that began later something is unknown.
    begun_by: Instant,
}

/// A window, None for the period of the card, and its days; None for those when they are no whole days.
type Range = (Option<Window>, Option<(Day, Day)>);

/// A leaf that is read in a range of days.
#[derive(Debug)]
struct Slot {
    leaf: usize,
    range: usize,
    days: (Day, Day),
    keep: Keep,
}

/// What the cells of a scope come to, slot by slot.
pub(super) struct Gathered<'s> {
    program: &'s Program,
    straight: &'s Straight,
    accs: Vec<Acc>,
}

/// The value of a formula. Smaller than a [`Number`], and copied.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Number(Decimal),
    Flag(bool),
    /// The file says that it has none.
    Stated,
    /// It has none.
    Unknown(Trouble),
}

impl Straight {
    /// What a card reads; None when nothing that could be read straight.
    pub(super) fn of(reader: &Reader<'_>, card: &Scorecard, period: Period) -> Option<Straight> {
        let program = reader.program;
        if program.n_zones() > 1 {
            return None;
        }
        let at = reader.looked(card, &[]).at;
        let home = Anchor::of(program, 0, When::Period(period), at);
        let mut straight = Straight {
            grouping: card.grouping,
            period,
            at,
            home,
            ranges: Vec::with_capacity(4),
            leaves: Vec::with_capacity(4),
            slots: Vec::with_capacity(8),
            days: (Day(i32::MAX), Day(i32::MIN)),
            begun_by: Instant(i64::MAX),
        };
        let own = straight.range(program, None);
        let mut left = TERMS_MAX;
        for kpi in &card.kpis {
            let range = kpi.window.map_or(own, |window| straight.range(program, Some(window)));
            straight.note(program, &kpi.formula, range, (&mut left, DEPTH_MAX));
        }
        conditions(card).for_each(|formula| straight.note(program, formula, own, (&mut left, DEPTH_MAX)));
        let last = straight.slots.iter().map(|slot| slot.days.1).chain([home.0.day]).min().unwrap_or(home.0.day);
        straight.begun_by = program.zone_at(home.0.zone).end_of(last);
        (left > 0 && !straight.slots.is_empty()).then_some(straight)
    }

    /// Whether it is about this period as of the reader's look at the card.
    pub(super) fn is_of(&self, reader: &Reader<'_>, card: &Scorecard, period: Period) -> bool {
        self.at == reader.at && self.period == period && self.grouping == card.grouping
    }

    fn place(&self, window: Option<Window>) -> Option<usize> {
        self.ranges.iter().position(|(own, _)| *own == window)
    }

    /// The place of a window among the ranges, where it is put when it is new.
    fn range(&mut self, program: &Program, window: Option<Window>) -> usize {
        if let Some(known) = self.place(window) {
            return known;
        }
        let (anchor, home) = self.home;
        let days = match window.map_or(home, |window| anchor.stretch(program, window)).span {
            Span::Days(first, last) if first <= anchor.day => Some((first, last)),
            Span::All => Some((Day(i32::MIN), Day(i32::MAX))),
            Span::Days(..) | Span::Elapsed(..) => None,
        };
        self.ranges.push((window, days));
        self.ranges.len() - 1
    }

    /// Notes what a formula reads in a range, as far as it is plain.
    fn note(&mut self, program: &Program, formula: &Formula, range: usize, (left, depth): (&mut u32, u32)) {
        if *left == 0 || depth == 0 {
            return;
        }
        *left -= 1;
        let mut each = |formula: &Formula, range: usize| self.note(program, formula, range, (&mut *left, depth - 1));
        match formula {
            Formula::Leaf(leaf, _) => self.slot(program, *leaf, range).unwrap_or_default(),
            Formula::Metric(metric) => program.metrics.get(*metric).into_iter().for_each(|metric| each(&metric.formula, range)),
            Formula::Over(window, inner) => {
                let range = self.range(program, Some(*window));
                self.note(program, inner, range, (left, depth - 1));
            }
            Formula::Negate(inner)
            | Formula::Abs(inner)
            | Formula::Round(inner, _)
            | Formula::Floor(inner)
            | Formula::Ceil(inner)
            | Formula::Not(inner)
            | Formula::IsUnknown(inner) => each(inner, range),
            Formula::Arith(_, one, other)
            | Formula::Compare(_, one, other)
            | Formula::And(one, other)
            | Formula::Or(one, other)
            | Formula::Else(one, other) => {
                each(one, range);
                each(other, range);
            }
            Formula::Least(list) | Formula::Greatest(list) => list.iter().for_each(|one| each(one, range)),
            _ => {}
        }
    }

    /// Notes a leaf that is kept for the scopes of the card; None when it is not plain there.
    fn slot(&mut self, program: &Program, leaf: LeafIdx, range: usize) -> Option<()> {
        let days = self.ranges.get(range)?.1?;
        let decl = program.leaves.get(leaf).filter(|decl| decl.keep != Keep::Course && decl.groupings.contains(&self.grouping))?;
        let event = program.events.get(decl.event)?;
        let shown = |dim: &DimIdx| event.dims.iter().any(|(own, _)| own == dim);
        program.groupings.get(self.grouping).filter(|dims| dims.iter().all(shown))?;
        let place = self.leaves.iter().position(|own| *own == leaf).unwrap_or_else(|| {
            self.leaves.push(leaf);
            self.leaves.len() - 1
        });
        if !self.slots.iter().any(|slot| slot.leaf == place && slot.range == range) {
            self.slots.push(Slot { leaf: place, range, days, keep: decl.keep });
            self.days = (self.days.0.min(days.0), self.days.1.max(days.1));
        }
        Some(())
    }

    /// What a scope holds, its dimensions in order; None when that takes more than its cells.
    pub(super) fn gathered<'s>(&'s self, reader: Reader<'s>, scope: &[(DimIdx, Box<str>)]) -> Result<Option<Gathered<'s>>, Fault> {
        let Some((id, first)) = self.find(&reader, scope)? else { return Ok(None) };
        if first >= self.begun_by {
            return Ok(None);
        }
        let mut accs: Vec<Acc> = self.slots.iter().map(|slot| Acc::empty(slot.keep)).collect();
        let mut changed = Instant(i64::MIN);
        reader.cells.cells_of(&self.leaves, id, self.days, &mut |leaf, day, cell| {
            // What begins later is not there yet; what began and changed later must be read from its events.
            if cell.first > reader.at {
                return;
            }
            for (slot, acc) in self.slots.iter().zip(&mut accs) {
                if slot.leaf == leaf && slot.days.0 <= day && day <= slot.days.1 {
                    changed = changed.max(cell.changed);
                    acc.merge(&cell.acc);
                }
            }
        })?;
        Ok((changed <= reader.at).then_some(Gathered { program: reader.program, straight: self, accs }))
    }

    /// The number of a scope that events show by itself, and when it was first seen.
    fn find(&self, reader: &Reader<'_>, scope: &[(DimIdx, Box<str>)]) -> Result<Option<(ScopeId, Instant)>, Fault> {
        let dims = reader.program.groupings.get(self.grouping).map_or(&[][..], Vec::as_slice);
        let named = |(dim, (own, value)): (&DimIdx, &(DimIdx, Box<str>))| dim == own && **value != *ANY && **value != *UNASSIGNED;
        if dims.len() != scope.len() || !dims.iter().zip(scope).all(named) {
            return Ok(None);
        }
        let scope = Scope { grouping: self.grouping, values: scope.iter().map(|(_, value)| Some(value.clone())).collect() };
        let found = reader.cells.scope(&scope)?;
        Ok(found.filter(|(_, first)| *first <= reader.at))
    }
}

impl Gathered<'_> {
    /// The value of a formula in a window, or in the period of the card; None when it is not plain.
    pub(super) fn value(&self, formula: &Formula, window: Option<Window>) -> Option<Number> {
        let range = self.straight.place(window)?;
        Some(match self.known(formula, range, DEPTH_MAX)? {
            Known::Number(number) => Number::of(number),
            Known::Flag(flag) => Number::Known(Scalar::Flag(flag)),
            Known::Stated => Number::Unknown(Why::Stated),
            Known::Unknown(trouble) => Number::Unknown(trouble.into()),
        })
    }

    fn known(&self, formula: &Formula, range: usize, depth: u32) -> Option<Known> {
        let depth = depth.checked_sub(1)?;
        let known = |formula: &Formula| self.known(formula, range, depth);
        Some(match formula {
            Formula::Unknown => Known::Stated,
            Formula::Const(Scalar::Number(number)) => Known::Number(*number),
            Formula::Const(Scalar::Flag(flag)) => Known::Flag(*flag),
            Formula::Leaf(leaf, read) => self.leaf(*leaf, *read, range)?,
            Formula::Metric(metric) => known(&self.program.metrics.get(*metric)?.formula)?,
            Formula::Over(window, inner) => self.known(inner, self.straight.place(Some(*window))?, depth)?,
            Formula::Negate(inner) => known(inner)?.mapped(|number| -number),
            Formula::Abs(inner) => known(inner)?.mapped(|number| number.abs()),
            Formula::Round(inner, places) => known(inner)?.mapped(|number| number.round_dp(*places)),
            Formula::Floor(inner) => known(inner)?.mapped(|number| number.floor()),
            Formula::Ceil(inner) => known(inner)?.mapped(|number| number.ceil()),
            Formula::Arith(op, one, other) => known(one)?.with(known(other)?, |one, other| match arith(*op, one, other) {
                Ok(Val::Number(number)) => Known::Number(number),
                Ok(_) => Known::Unknown(Trouble::Absent),
                Err(trouble) => Known::Unknown(trouble),
            }),
            Formula::Compare(compare, one, other) => known(one)?.with(known(other)?, |one, other| {
                one.order(other).map_or(Known::Unknown(Trouble::Absent), |order| Known::Flag(satisfies(*compare, order)))
            }),
            Formula::And(one, other) => both(known(one)?, || known(other), false)?,
            Formula::Or(one, other) => both(known(one)?, || known(other), true)?,
            Formula::Not(inner) => match known(inner)? {
                Known::Flag(flag) => Known::Flag(!flag),
                other => other,
            },
            Formula::Else(one, other) => match known(one)? {
                known if known.is_unknown() => self.known(other, range, depth)?,
                known => known,
            },
            Formula::IsUnknown(inner) => Known::Flag(known(inner)?.is_unknown()),
            Formula::Least(list) => extreme(list, known, Ordering::Less)?,
            Formula::Greatest(list) => extreme(list, known, Ordering::Greater)?,
            _ => return None,
        })
    }

    fn leaf(&self, leaf: LeafIdx, read: Read, range: usize) -> Option<Known> {
        let of_leaf = |slot: &Slot| slot.range == range && self.straight.leaves.get(slot.leaf) == Some(&leaf);
        let acc = self.accs.get(self.straight.slots.iter().position(of_leaf)?)?;
        match (acc, read) {
            // As below.
            (Acc::Count(n) | Acc::Sum(_, n), Read::Count) => Some(Known::Number(Decimal::from(*n))),
            (_, Read::Count | Read::Sum | Read::Avg | Read::Distinct | Read::Value | Read::Quantile(_)) => {
                Known::of(number::read(acc, read))
            }
            (_, Read::SumIn(_) | Read::AvgIn(_) | Read::Level(_) | Read::DaysWith | Read::DaysDue) => None,
        }
    }
}

impl Known {
    /// None for texts, times and what a merged aggregate is not unknown for.
    fn of(number: Number) -> Option<Known> {
        Some(match number {
            Number::Known(Scalar::Number(number)) => Known::Number(number),
            Number::Known(Scalar::Flag(flag)) => Known::Flag(flag),
            Number::Unknown(Why::NoRows) => Known::Unknown(Trouble::Absent),
            Number::Unknown(Why::OutOfRange) => Known::Unknown(Trouble::Range),
            Number::Known(_) | Number::Unknown(_) => return None,
        })
    }

    fn is_unknown(self) -> bool {
        matches!(self, Known::Stated | Known::Unknown(_))
    }

    fn mapped(self, f: impl FnOnce(Decimal) -> Decimal) -> Known {
        match self {
            Known::Number(number) => Known::Number(f(number)),
            Known::Flag(_) => Known::Unknown(Trouble::Absent),
            unknown => unknown,
        }
    }

    /// What comes of two values; the first that is unknown decides.
    fn with(self, other: Known, f: impl FnOnce(Val<'static>, Val<'static>) -> Known) -> Known {
        match (self.val(), other.val()) {
            (Some(one), Some(other)) => f(one, other),
            (None, _) => self,
            (_, None) => other,
        }
    }

    fn val(self) -> Option<Val<'static>> {
        match self {
            Known::Number(number) => Some(Val::Number(number)),
            Known::Flag(flag) => Some(Val::Flag(flag)),
            Known::Stated | Known::Unknown(_) => None,
        }
    }
}

/// Three-valued `and` (decided by false) and `or` (decided by true).
fn both(one: Known, other: impl FnOnce() -> Option<Known>, decider: bool) -> Option<Known> {
    if one == Known::Flag(decider) {
        return Some(one);
    }
    let other = other()?;
    Some(if other != Known::Flag(decider) && one.is_unknown() { one } else { other })
}

fn extreme(list: &[Formula], known: impl Fn(&Formula) -> Option<Known>, order: Ordering) -> Option<Known> {
    let mut best: Option<(Known, Val<'static>)> = None;
    for formula in list {
        let value = known(formula)?;
        let Some(val) = value.val() else { return Some(value) };
        if best.is_none_or(|(_, best)| val.order(best) == Some(order)) {
            best = Some((value, val));
        }
    }
    Some(best.map_or(Known::Unknown(Trouble::Absent), |(value, _)| value))
}
