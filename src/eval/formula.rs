//! Formulas over aggregates. They see merged cells only, never events.

use super::bands::banded;
use super::convert::RatesOf;
use super::course::Strand;
use super::lineage::Days;
use super::lookup::looked_up;
use super::nested::Named;
use super::number::{self, Number, Why};
use super::quick::{Memo, QuickMap};
use super::told_target::Merged;
use super::value::{Val, arith, satisfies};
use super::window::{Anchor, Span, Stretch};
use super::{Acc, Fault, Scope, ToldValue};
use crate::compile::program::{
    CardIdx, DimIdx, EventIdx, Formula, GroupingIdx, LeafIdx, Lookup, MetricIdx, Program, Read, Scalar, TargetIdx,
};
use crate::time::{Day, Instant, Zone};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// Formulas nest at most this deep, metrics of metrics included; deeper is unknown.
const DEPTH_MAX: u32 = 500;

/// Where formulas find the aggregates of one scope, as of one instant.
pub(super) trait Aggregates {
    /// The dimension values of the scope; None where the events lack a dimension.
    fn scope(&self) -> Vec<(DimIdx, Option<Box<str>>)>;
    /// Since when the scope has been seen; None when it has not.
    fn since(&mut self) -> Result<Option<Instant>, Fault>;
    /// Since when it has had anything in it, when it is seen: what is made up of others can be older than its name. Days
    /// are those of a zone.
    fn began(&mut self, zone: &Zone) -> Result<Option<Instant>, Fault>;
    /// All rows of the leaf in the span, merged; None when the leaf's events lack a dimension of the scope.
    fn merged(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Cow<'_, Acc>>, Fault>;
    /// What makes up the level of a leaf in a span: the readings in it and the last ones before it, of each scope that ever lay
    /// in this one; None when its events lack a dimension of the scope.
    fn courses(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Vec<Strand>>, Fault>;
    /// The days of a range on which the leaf may have rows; None when its events lack a dimension of the scope.
    fn days(&mut self, leaf: LeafIdx, first: Day, last: Day) -> Result<Option<BTreeSet<Day>>, Fault>;
    /// The days on which the dimension values of the scope belong to one another, as far as the leaf's events must climb to
    /// them; None when they lack one.
    fn together(&mut self, leaf: LeafIdx) -> Result<Option<Days>, Fault>;
    /// The days on which a value of a dimension lay below another one, by the steps of a hierarchy up to it.
    fn lay_below(&mut self, steps: &[usize], child: &str, value: &str) -> Result<Days, Fault>;
    /// The rows of the leaf in the span that lie on a day, merged; None when its events lack a dimension of the scope.
    fn on_day(&mut self, leaf: LeafIdx, day: Day, span: Span) -> Result<Option<Acc>, Fault>;
    /// All rows of the leaf in the whole workspace, whatever the scope: what holds for everybody, such as rates. Of whole days.
    fn of_workspace(&mut self, leaf: LeafIdx, span: Span) -> Result<Option<Cow<'_, Acc>>, Fault>;
    /// What events told of a table for the keys of a scope of its own, up to a day.
    fn told(&mut self, leaf: LeafIdx, keys: &Scope, until: Day) -> Result<Option<ToldValue>, Fault>;
    /// Everything that events told for the scopes of a grouping, whatever the scope and the day. Sorted by scope and day.
    fn told_all(&mut self, leaf: LeafIdx, grouping: GroupingIdx) -> Result<Vec<(Scope, ToldValue)>, Fault>;
    /// A scope to come back to.
    type Here;
    /// Looks from another scope.
    fn go(&mut self, scope: &Named) -> Self::Here;
    /// Comes back.
    fn back(&mut self, here: Self::Here);
    /// The named scopes of these dimensions that exist within dimension values. Sorted.
    fn parts(&mut self, within: &Named, dims: &[DimIdx]) -> Result<Vec<Named>, Fault>;
}

/// The score of a card and its grade.
type Composed = (Number, Option<usize>);

/// The evaluation of formulas for one scope at one instant.
pub(super) struct Evaluation<'a, A> {
    pub(super) program: &'a Program,
    pub(super) source: &'a mut A,
    pub(super) anchor: Anchor,
    pub(super) home: Stretch,
    subject: Option<&'a Formula>,
    pub(super) subject_value: Option<Number>,
    /// The scores and grades of cards that were composed.
    pub(super) scores: Memo<(u32, CardIdx, Stretch, Day), Composed>,
    memo: Memo<(u32, MetricIdx, Stretch, Day), Number>,
    /// The scope that is looked from: 0 for the own one.
    pub(super) place: u32,
    /// The numbers of the other scopes that were looked from.
    pub(super) places: HashMap<Named, u32>,
    /// How many parts were looked at for the number that is asked for.
    pub(super) n_parts: usize,
    /// The earlier time whose rates convert, instead of those of the time itself.
    pub(super) rates_of: Option<RatesOf>,
    /// The targets of which events tell amounts, with these.
    pub(super) told_targets: QuickMap<TargetIdx, Rc<Merged>>,
    depth: u32,
}

impl<'a, A: Aggregates> Evaluation<'a, A> {
    /// Evaluates over this span unless a formula names a window of its own.
    pub(super) fn new(program: &'a Program, source: &'a mut A, anchor: Anchor, home: Stretch) -> Evaluation<'a, A> {
        Evaluation {
            program,
            source,
            anchor,
            home,
            subject: None,
            subject_value: None,
            memo: Memo::default(),
            scores: Memo::default(),
            place: 0,
            places: HashMap::new(),
            n_parts: 0,
            rates_of: None,
            told_targets: QuickMap::default(),
            depth: 0,
        }
    }

    /// The zone in which the days of the scope that is asked for run.
    pub(super) fn zone(&self) -> &'a Zone {
        self.program.zone_at(self.anchor.zone)
    }

    /// The formula that [`Formula::Subject`] stands for.
    pub(super) fn with_subject(mut self, subject: &'a Formula) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Converts at the rates of an earlier time, where one is given.
    pub(super) fn at_rates_of(mut self, earlier: Option<RatesOf>) -> Self {
        self.rates_of = earlier;
        self
    }

    /// The value of a formula over the home span.
    pub(super) fn value(&mut self, formula: &Formula) -> Result<Number, Fault> {
        self.eval(formula, self.home)
    }

    /// The value of a formula over another span.
    pub(super) fn value_over(&mut self, formula: &Formula, span: Stretch) -> Result<Number, Fault> {
        self.eval(formula, span)
    }

    /// The value of a formula over another span, as it is from another anchor.
    pub(super) fn anchored(&mut self, anchor: Anchor, formula: &Formula, span: Stretch) -> Result<Number, Fault> {
        let own = std::mem::replace(&mut self.anchor, anchor);
        let value = self.eval(formula, span);
        self.anchor = own;
        value
    }

    /// The value of the subject.
    pub(super) fn subject(&mut self) -> Result<Number, Fault> {
        if let Some(value) = &self.subject_value {
            return Ok(value.clone());
        }
        let value = match self.subject {
            Some(subject) => self.eval(subject, self.home)?,
            None => Number::Unknown(Why::Stated),
        };
        self.subject_value = Some(value.clone());
        Ok(value)
    }

    fn eval(&mut self, formula: &Formula, span: Stretch) -> Result<Number, Fault> {
        if self.depth >= DEPTH_MAX {
            return Ok(Number::Unknown(Why::TooDeep));
        }
        if self.depth == 0 {
            self.n_parts = 0;
        }
        self.depth += 1;
        let value = self.eval_inner(formula, span);
        self.depth -= 1;
        value
    }

    fn eval_inner(&mut self, formula: &Formula, span: Stretch) -> Result<Number, Fault> {
        Ok(match formula {
            Formula::Const(Scalar::Absent) | Formula::Unknown => Number::Unknown(Why::Stated),
            Formula::Const(scalar) => Number::Known(scalar.clone()),
            Formula::Leaf(leaf, read) => self.leaf(*leaf, *read, span.span)?,
            Formula::Metric(metric) => self.metric(*metric, span)?,
            Formula::Subject => self.subject()?,
            Formula::Lookup(lookup) => self.lookup(lookup)?,
            Formula::Negate(inner) => map_decimal(self.eval(inner, span)?, |number| -number),
            Formula::Abs(inner) => map_decimal(self.eval(inner, span)?, |number| number.abs()),
            Formula::Round(inner, places) => map_decimal(self.eval(inner, span)?, |number| number.round_dp(*places)),
            Formula::Floor(inner) => map_decimal(self.eval(inner, span)?, |number| number.floor()),
            Formula::Ceil(inner) => map_decimal(self.eval(inner, span)?, |number| number.ceil()),
            Formula::Arith(op, left, right) => {
                let (left, right) = (self.eval(left, span)?, self.eval(right, span)?);
                lift(&left, &right, |a, b| arith(*op, a, b).map_err(Why::from).map(Val::to_scalar))
            }
            Formula::Compare(compare, left, right) => {
                let (left, right) = (self.eval(left, span)?, self.eval(right, span)?);
                lift(&left, &right, |a, b| a.order(b).map(|order| Scalar::Flag(satisfies(*compare, order))).ok_or(Why::NoRows))
            }
            Formula::And(left, right) => self.both(left, right, span, false)?,
            Formula::Or(left, right) => self.both(left, right, span, true)?,
            Formula::Not(inner) => match self.eval(inner, span)? {
                Number::Known(Scalar::Flag(flag)) => Number::Known(Scalar::Flag(!flag)),
                other => other,
            },
            Formula::Else(left, right) => match self.eval(left, span)? {
                Number::Unknown(_) => self.eval(right, span)?,
                known => known,
            },
            Formula::IsUnknown(inner) => Number::Known(Scalar::Flag(matches!(self.eval(inner, span)?, Number::Unknown(_)))),
            Formula::Least(list) => self.extreme(list, span, std::cmp::Ordering::Less)?,
            Formula::Greatest(list) => self.extreme(list, span, std::cmp::Ordering::Greater)?,
            Formula::Target(read) => self.target(read, span)?,
            Formula::DaysLeft => self.days_left(span),
            Formula::Ledger(ledger) => self.ledger(ledger, span)?,
            Formula::Score(read) => self.scored(*read, span)?,
            Formula::Shift(shift, inner) => self.shifted(*shift, inner, span)?,
            Formula::Baseline(statistic, shift, inner) => self.baseline(*statistic, *shift, inner, span)?,
            Formula::Parts(parts) => self.parts(parts, span)?,
            Formula::Across(across) => self.across(across, span)?,
            Formula::Bands(bands, inner) => banded(bands, self.eval(inner, span)?),
            Formula::Adapt(adapt) => self.adapt(adapt)?,
            Formula::Over(window, inner) => {
                let span = self.anchor.stretch(self.program, *window);
                self.eval(inner, span)?
            }
        })
    }

    /// What the merged aggregate says, or why it says nothing.
    fn leaf(&mut self, leaf: LeafIdx, read: Read, span: Span) -> Result<Number, Fault> {
        if self.source.since()?.is_none() {
            return Ok(Number::Unknown(Why::NoScope));
        }
        let begun = match span {
            // Of several zones a day begins with the first.
            Span::Days(first, _) => first <= self.anchor.day || self.zone().first_start_of(first) <= self.anchor.at,
            Span::Elapsed(after, _) => after < self.anchor.at,
            Span::All => true,
        };
        if !begun {
            return Ok(Number::Unknown(Why::NotBegun));
        }
        let Some(decl) = self.program.leaves.get(leaf) else { return Ok(Number::Unknown(Why::Stated)) };
        let (value, is_empty) = match read {
            Read::Level(read) => {
                let value = self.course(leaf, read, span)?;
                let is_empty = value == Number::Unknown(Why::NoRows);
                (value, is_empty)
            }
            Read::DaysWith | Read::DaysDue => {
                let value = self.days_read(leaf, read, span)?;
                let is_empty = value.decimal().is_some_and(|n| n.is_zero());
                (value, is_empty)
            }
            read => {
                let Some(acc) = self.source.merged(leaf, span)? else { return Ok(Number::Unknown(Why::NoDimension)) };
                let is_empty = *acc == Acc::empty(decl.keep);
                let value = match read {
                    Read::SumIn(_) | Read::AvgIn(_) => {
                        let acc = acc.into_owned();
                        self.converted(&acc, read)?
                    }
                    read => number::read(&acc, read),
                };
                (value, is_empty)
            }
        };
        let says_nothing = is_empty && self.had_not_begun(decl.event, span)?;
        Ok(if says_nothing { Number::Unknown(Why::NoScope) } else { value })
    }

    /// Whether days were over before anything of the scope had happened, and no event of a type lies there or before by its clock,
    /// though it was sent later: then there was nothing, not 0.
    fn had_not_begun(&mut self, event: EventIdx, span: Span) -> Result<bool, Fault> {
        let Span::Days(_, last) = span else { return Ok(false) };
        if self.zone().end_of(last) > self.anchor.at {
            return Ok(false);
        }
        let program = self.program;
        let leaves = (0..).zip(&program.leaves).filter(|(_, leaf)| leaf.event == event).map(|(leaf, _)| leaf);
        Ok(!self.says_something(leaves, last)?)
    }

    /// How many days of the period follow today.
    fn days_left(&self, span: Stretch) -> Number {
        let Some((_, last)) = span.days() else { return Number::Unknown(Why::NoPeriod) };
        Number::of(Decimal::from(i64::from(last.0) - i64::from(self.anchor.day.min(last).0)))
    }

    /// A value of a table, for the scope and the day of the anchor.
    fn lookup(&mut self, lookup: &Lookup) -> Result<Number, Fault> {
        Ok(looked_up(self.program, self.source, lookup, self.anchor.day)?.value(self.program))
    }

    /// A metric is evaluated once per span, so that metrics of metrics cost no more than their number.
    fn metric(&mut self, metric: MetricIdx, span: Stretch) -> Result<Number, Fault> {
        let key = (self.place, metric, span, self.anchor.day);
        if let Some(value) = self.memo.get(&key) {
            return Ok(value.clone());
        }
        let program = self.program;
        let value = match program.metrics.get(metric) {
            Some(metric) => self.eval(&metric.formula, span)?,
            None => Number::Unknown(Why::Stated),
        };
        self.memo.insert(key, value.clone());
        Ok(value)
    }

    /// Three-valued `and` (decided by false) and `or` (decided by true).
    fn both(&mut self, left: &Formula, right: &Formula, span: Stretch, decider: bool) -> Result<Number, Fault> {
        let left = self.eval(left, span)?;
        if left.truth() == Some(decider) {
            return Ok(left);
        }
        let right = self.eval(right, span)?;
        Ok(match (left, right) {
            (_, right) if right.truth() == Some(decider) => right,
            (left @ Number::Unknown(_), _) => left,
            (_, right) => right,
        })
    }

    fn extreme(&mut self, list: &[Formula], span: Stretch, order: std::cmp::Ordering) -> Result<Number, Fault> {
        let mut best: Option<Number> = None;
        for formula in list {
            let value = self.eval(formula, span)?;
            let wins = match (&best, &value) {
                (_, Number::Unknown(_)) => return Ok(value),
                (Some(Number::Known(best)), Number::Known(value)) => Val::from(value).order(best.into()) == Some(order),
                _ => true,
            };
            if wins {
                best = Some(value);
            }
        }
        Ok(best.unwrap_or(Number::Unknown(Why::NoRows)))
    }
}

fn map_decimal(number: Number, f: impl FnOnce(Decimal) -> Decimal) -> Number {
    match number {
        Number::Known(Scalar::Number(value)) => Number::of(f(value)),
        Number::Known(_) => Number::Unknown(Why::NoRows),
        unknown => unknown,
    }
}

fn lift(left: &Number, right: &Number, f: impl FnOnce(Val<'_>, Val<'_>) -> Result<Scalar, Why>) -> Number {
    match (left, right) {
        (Number::Unknown(why), _) | (_, Number::Unknown(why)) => Number::Unknown(why.clone()),
        (Number::Known(left), Number::Known(right)) => match f(left.into(), right.into()) {
            Ok(scalar) => Number::Known(scalar),
            Err(why) => Number::Unknown(why),
        },
    }
}
