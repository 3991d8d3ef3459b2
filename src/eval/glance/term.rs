//! What an alert rule asks, made ready to be answered again and again.
//!
//! 1. [`Ask::of`] turns the conditions of a rule into terms over slots: what a leaf holds in a range of days, and values of
//!    tables. Metrics are written out in place, scorecards too ([`super::card`]). A rule that asks for more than that has no
//!    [`Ask`], and is always computed with decimals.
//! 2. [`Term::read`] computes a term from what its slots hold; None when floating point leaves a doubt.

use super::super::plan::{Frame, Move};
use super::super::rows::Item;
use super::card::Card;
use super::near::{Near, mean};
use crate::compile::program::{AlertRule, Arith, Compare, Formula, Hold, Keep, LeafIdx, Lookup, Program, Read, Scalar, ScorePart, Window};

/// A rule with more terms than this is not worth it.
const TERMS_MAX: usize = 400;
/// Metrics of metrics are written out so deep at the most.
const DEPTH_MAX: usize = 60;

/// What is read once, for all terms of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Slot {
    /// The rows of a leaf in a range of days, and which range.
    Rows(LeafIdx, Frame),
    /// A value of a table.
    Value(Lookup, Frame),
}

/// The conditions of a rule.
#[derive(Debug)]
pub(super) struct Ask {
    /// What they read.
    pub(super) slots: Vec<Slot>,
    /// One for each level.
    pub(super) levels: Vec<Term>,
    /// When it clears.
    pub(super) clear: Option<Term>,
    /// When nothing is judged.
    pub(super) exempts: Vec<Term>,
    /// Where its scorecards are read.
    pub(super) cards: Vec<Frame>,
}

/// A formula over slots.
#[derive(Debug)]
pub(super) enum Term {
    Unknown,
    Number(Near),
    Flag(bool),
    Count(usize),
    Sum(usize),
    Mean(usize),
    Value(usize),
    Negate(Box<Term>),
    Abs(Box<Term>),
    Arith(Arith, Box<(Term, Term)>),
    Compare(Compare, Box<(Term, Term)>),
    /// Decided by false, or by true.
    Both(bool, Box<(Term, Term)>),
    Not(Box<Term>),
    Else(Box<(Term, Term)>),
    IsUnknown(Box<Term>),
    Least(Vec<Term>),
    Greatest(Vec<Term>),
    Card(Box<Card>),
}

/// What a term comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Reading {
    Unknown,
    Number(Near),
    Flag(bool),
}

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Held {
    /// The sum, in units of 10^-12, and the number of rows.
    Rows(i128, i64),
    /// The same all day long.
    Fixed(Reading),
}

impl Held {
    /// Adds what a leaf keeps of a row.
    pub(super) fn add(&mut self, item: Item<'_>) {
        if let Held::Rows(sum, count) = self {
            *count += 1;
            if let Item::Fixed(value) = item {
                *sum = sum.wrapping_add(value);
            }
        }
    }
}

impl Ask {
    /// The conditions of a rule; None when they ask for more than slots can hold.
    pub(super) fn of(program: &Program, rule: &AlertRule) -> Option<Ask> {
        if matches!(rule.window, Window::Elapsed { .. }) || rule.levels.iter().any(|level| matches!(level.hold, Hold::Periods { .. })) {
            return None;
        }
        let mut writing = Writing { program, subject: &rule.subject, slots: Vec::new(), cards: Vec::new(), n_terms: 0, depth: 0 };
        let home = Frame::new();
        let levels = rule.levels.iter().map(|level| writing.term(&level.when, &home)).collect::<Option<Vec<_>>>()?;
        let clear = match &rule.clear {
            Some(clear) => Some(writing.term(clear, &home)?),
            None => None,
        };
        let exempts = rule.exempts.iter().map(|gate| writing.term(&gate.when, &home)).collect::<Option<Vec<_>>>()?;
        Some(Ask { slots: writing.slots, levels, clear, exempts, cards: writing.cards })
    }
}

/// Terms being written.
pub(super) struct Writing<'p> {
    pub(super) program: &'p Program,
    subject: &'p Formula,
    slots: Vec<Slot>,
    pub(super) cards: Vec<Frame>,
    n_terms: usize,
    depth: usize,
}

impl Writing<'_> {
    /// The term of a formula that is read in a frame.
    pub(super) fn term(&mut self, formula: &Formula, frame: &Frame) -> Option<Term> {
        self.n_terms += 1;
        if self.n_terms > TERMS_MAX || self.depth > DEPTH_MAX {
            return None;
        }
        self.depth += 1;
        let term = self.written(formula, frame);
        self.depth -= 1;
        term
    }

    fn written(&mut self, formula: &Formula, frame: &Frame) -> Option<Term> {
        Some(match formula {
            Formula::Const(Scalar::Absent) | Formula::Unknown => Term::Unknown,
            Formula::Const(Scalar::Number(number)) => Term::Number(Near::decimal(*number)?),
            Formula::Const(Scalar::Flag(flag)) => Term::Flag(*flag),
            Formula::Leaf(leaf, read) => self.leaf(*leaf, *read, frame)?,
            Formula::Metric(metric) => {
                let metric = self.program.metrics.get(*metric)?;
                self.term(&metric.formula, frame)?
            }
            // It is about the range of the rule, wherever it stands.
            Formula::Subject if frame.is_empty() => self.term(self.subject, frame)?,
            // What events tell of a table changes with every one of them.
            Formula::Lookup(lookup) if self.program.tables.get(lookup.table)?.told.is_some() => return None,
            Formula::Lookup(lookup) => Term::Value(self.slot(Slot::Value(lookup.clone(), frame.clone()))),
            Formula::Negate(inner) => Term::Negate(self.boxed(inner, frame)?),
            Formula::Abs(inner) => Term::Abs(self.boxed(inner, frame)?),
            Formula::Not(inner) => Term::Not(self.boxed(inner, frame)?),
            Formula::IsUnknown(inner) => Term::IsUnknown(self.boxed(inner, frame)?),
            Formula::Arith(op, left, right) => Term::Arith(*op, self.pair(left, right, frame)?),
            Formula::Compare(compare, left, right) => Term::Compare(*compare, self.pair(left, right, frame)?),
            Formula::And(left, right) => Term::Both(false, self.pair(left, right, frame)?),
            Formula::Or(left, right) => Term::Both(true, self.pair(left, right, frame)?),
            Formula::Else(left, right) => Term::Else(self.pair(left, right, frame)?),
            Formula::Least(list) => Term::Least(self.list(list, frame)?),
            Formula::Greatest(list) => Term::Greatest(self.list(list, frame)?),
            Formula::Over(Window::Elapsed { .. }, _) => return None,
            Formula::Over(window, inner) => self.term(inner, &[frame, &[Move::Over(*window)][..]].concat())?,
            Formula::Score(read) if read.part == ScorePart::Score => Term::Card(Box::new(self.card(read.card, frame)?)),
            Formula::Const(_)
            | Formula::Subject
            | Formula::Score(_)
            | Formula::Round(..)
            | Formula::Floor(_)
            | Formula::Ceil(_)
            | Formula::Target(_)
            | Formula::DaysLeft
            | Formula::Shift(..)
            | Formula::Baseline(..)
            | Formula::Bands(..)
            | Formula::Adapt(_)
            | Formula::Parts(_)
            | Formula::Across(_)
            | Formula::Ledger(_) => return None,
        })
    }

    fn leaf(&mut self, leaf: LeafIdx, read: Read, frame: &Frame) -> Option<Term> {
        let keep = self.program.leaves.get(leaf)?.keep;
        if !matches!(keep, Keep::Count | Keep::Sum) {
            return None;
        }
        let slot = self.slot(Slot::Rows(leaf, frame.clone()));
        match (read, keep) {
            (Read::Count, _) => Some(Term::Count(slot)),
            (Read::Sum, Keep::Sum) => Some(Term::Sum(slot)),
            (Read::Avg, Keep::Sum) => Some(Term::Mean(slot)),
            _ => None,
        }
    }

    fn slot(&mut self, slot: Slot) -> usize {
        let known = self.slots.iter().position(|one| *one == slot);
        known.unwrap_or_else(|| {
            self.slots.push(slot);
            self.slots.len() - 1
        })
    }

    fn boxed(&mut self, inner: &Formula, frame: &Frame) -> Option<Box<Term>> {
        self.term(inner, frame).map(Box::new)
    }

    fn pair(&mut self, left: &Formula, right: &Formula, frame: &Frame) -> Option<Box<(Term, Term)>> {
        Some(Box::new((self.term(left, frame)?, self.term(right, frame)?)))
    }

    fn list(&mut self, list: &[Formula], frame: &Frame) -> Option<Vec<Term>> {
        list.iter().map(|one| self.term(one, frame)).collect()
    }
}

impl Term {
    /// What it comes to; None in doubt.
    pub(super) fn read(&self, held: &[Held]) -> Option<Reading> {
        Some(match self {
            Term::Unknown => Reading::Unknown,
            Term::Number(number) => Reading::Number(*number),
            Term::Flag(flag) => Reading::Flag(*flag),
            Term::Count(slot) => match held.get(*slot)? {
                Held::Rows(_, count) => Reading::Number(Near::whole(*count)),
                Held::Fixed(_) => return None,
            },
            Term::Sum(slot) => match held.get(*slot)? {
                Held::Rows(sum, _) => Reading::Number(Near::fixed(*sum)?),
                Held::Fixed(_) => return None,
            },
            Term::Mean(slot) => match held.get(*slot)? {
                Held::Rows(_, 0) => Reading::Unknown,
                Held::Rows(sum, count) => Reading::Number(mean(*sum, *count)?),
                Held::Fixed(_) => return None,
            },
            Term::Value(slot) => match held.get(*slot)? {
                Held::Fixed(reading) => *reading,
                Held::Rows(..) => return None,
            },
            Term::Negate(inner) => inner.number(held, |number| Some(number.negated()))?,
            Term::Abs(inner) => inner.number(held, |number| Some(number.abs()))?,
            Term::Not(inner) => match inner.read(held)? {
                Reading::Flag(flag) => Reading::Flag(!flag),
                other => other,
            },
            Term::IsUnknown(inner) => Reading::Flag(inner.read(held)? == Reading::Unknown),
            Term::Arith(op, pair) => pair.numbers(held, |a, b| arith(*op, a, b))?,
            Term::Compare(compare, pair) => pair.numbers(held, |a, b| compared(*compare, a, b))?,
            Term::Both(decider, pair) => both(*decider, pair.0.read(held)?, || pair.1.read(held))?,
            Term::Else(pair) => match pair.0.read(held)? {
                Reading::Unknown => pair.1.read(held)?,
                known => known,
            },
            Term::Least(list) => extreme(list, held, Near::min)?,
            Term::Greatest(list) => extreme(list, held, Near::max)?,
            Term::Card(card) => card.read(held)?,
        })
    }

    fn number(&self, held: &[Held], f: impl FnOnce(Near) -> Option<Near>) -> Option<Reading> {
        match self.read(held)? {
            Reading::Number(number) => f(number).map(Reading::Number),
            Reading::Unknown => Some(Reading::Unknown),
            Reading::Flag(_) => None,
        }
    }
}

/// Two terms that are read together.
trait Pair {
    /// What comes of two numbers; unknown when one of them is.
    fn numbers(&self, held: &[Held], f: impl FnOnce(Near, Near) -> Option<Reading>) -> Option<Reading>;
}

impl Pair for (Term, Term) {
    fn numbers(&self, held: &[Held], f: impl FnOnce(Near, Near) -> Option<Reading>) -> Option<Reading> {
        match (self.0.read(held)?, self.1.read(held)?) {
            (Reading::Number(a), Reading::Number(b)) => f(a, b),
            (Reading::Unknown, _) | (_, Reading::Unknown) => Some(Reading::Unknown),
            _ => None,
        }
    }
}

fn arith(op: Arith, a: Near, b: Near) -> Option<Reading> {
    let number = match op {
        Arith::Add => a.plus(b),
        Arith::Sub => a.minus(b),
        Arith::Mul => a.times(b),
        Arith::Div if b.is_zero()? => return Some(Reading::Unknown),
        Arith::Div => a.over(b),
        Arith::Least => Some(a.min(b)),
        Arith::Greatest => Some(a.max(b)),
    };
    number.map(Reading::Number)
}

fn compared(compare: Compare, a: Near, b: Near) -> Option<Reading> {
    Some(Reading::Flag(super::super::value::satisfies(compare, a.order(b)?)))
}

fn both(decider: bool, left: Reading, right: impl FnOnce() -> Option<Reading>) -> Option<Reading> {
    if left == Reading::Flag(decider) {
        return Some(left);
    }
    let right = right()?;
    Some(if right == Reading::Flag(decider) || left != Reading::Unknown { right } else { left })
}

fn extreme(list: &[Term], held: &[Held], choose: fn(Near, Near) -> Near) -> Option<Reading> {
    let mut best: Option<Near> = None;
    for term in list {
        match term.read(held)? {
            Reading::Number(number) => best = Some(best.map_or(number, |best| choose(best, number))),
            Reading::Unknown => return Some(Reading::Unknown),
            Reading::Flag(_) => return None,
        }
    }
    Some(best.map_or(Reading::Unknown, Reading::Number))
}
