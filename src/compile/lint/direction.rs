//! Which way a number can go while a calendar period runs.
//!
//! 1. [`Course`] looks at a formula from one instant of a running period to the next, for one and the same set of events: at
//!    the later instant there is more of them. A count of what stays only grows, a sum of what is never negative too.
//! 2. Sums, products with what stands still, the greater of several and comparisons follow from their parts. A condition goes
//!    up when it can become true and stays so until the period ends.
//! 3. Where the text does not decide it, [`Direction::Open`] says why not, with a course of events that goes the other way.
//!
//! A value that is not known yet says nothing: only from the first known one on it goes its way.

use super::known::Seen;
use super::ranges::Ranges;
use crate::compile::formula::fold;
use crate::compile::program::{
    Arith, Bands, Compare, Due, Entity, EventDecl, Formula, Gather, Leaf, Metric, Parts, Table, Target, TargetRead, Window,
};
use crate::diagnostic::Words;
use crate::time::Grain;
use rust_decimal::Decimal;
use std::sync::Arc;

/// Which way a number goes until the period ends; a condition from false to true.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Direction {
    /// It stays as it is.
    Still,
    /// It never falls.
    Up,
    /// It never rises.
    Down,
    /// It may do either, and how that comes about.
    Open(Words),
}

/// In which window a part of a formula is read, seen from the running period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It began before the period did or with it, and goes on until the period is over.
    Running,
    /// It is over.
    Over,
    /// It moves on with the day.
    Moving,
    /// It lies somewhere else, and so does all within it.
    Away,
}

/// What decides: the declarations of a ruleset.
#[derive(Clone, Copy)]
pub(super) struct Declared<'p> {
    pub(super) metrics: &'p [Metric],
    pub(super) leaves: &'p [Leaf],
    pub(super) events: &'p [EventDecl],
    pub(super) entities: &'p [Entity],
    pub(super) tables: &'p [Arc<Table>],
    pub(super) targets: &'p [Target],
    pub(super) ranges: &'p Ranges<'p>,
}

/// The directions of formulas, while a period of one length runs.
#[derive(Clone)]
pub(super) struct Course<'p> {
    pub(super) declared: Declared<'p>,
    grain: Grain,
    home: Place,
    /// What a condition leaves out.
    on: &'p Formula,
    /// For each metric, its direction in each place.
    known: Arc<Vec<[Direction; 4]>>,
}

impl Direction {
    pub(super) fn turned(self) -> Direction {
        match self {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
            same => same,
        }
    }

    /// Of what goes the way of both.
    fn and(self, other: Direction) -> Direction {
        match (self, other) {
            (open @ Direction::Open(_), _) | (_, open @ Direction::Open(_)) => open,
            (Direction::Still, way) | (way, Direction::Still) => way,
            (one, other) if one == other => one,
            _ => Direction::Open(why(
                "one part of it grows while another takes away: 120 - 100 today may be 130 - 150 tomorrow",
                "一部分增加而另一部分减少：今天是 120 - 100，明天可能是 130 - 150",
            )),
        }
    }

    /// Of what grows with it, or against it.
    fn times(self, factor: Sign) -> Direction {
        match (self, factor) {
            (Direction::Still, _) => Direction::Still,
            (way, Sign::NotNegative) => way,
            (way, Sign::NotPositive) => way.turned(),
            (open @ Direction::Open(_), Sign::Any) => open,
            (_, Sign::Any) => Direction::Open(why("a factor of it may be below 0", "其中一个因数可能小于 0")),
        }
    }
}

/// On which side of 0 a number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    NotNegative,
    NotPositive,
    Any,
}

impl<'p> Course<'p> {
    /// Follows every metric while a period runs.
    pub(super) fn new(declared: Declared<'p>, grain: Grain) -> Course<'p> {
        let mut course = Course { declared, grain, home: Place::Running, on: &Formula::Unknown, known: Arc::default() };
        let mut known = Vec::with_capacity(declared.metrics.len());
        for metric in declared.metrics {
            course.known = Arc::new(known);
            let ways = [Place::Running, Place::Over, Place::Moving, Place::Away].map(|place| course.at(&metric.formula, place));
            known = Arc::unwrap_or_clone(std::mem::take(&mut course.known));
            known.push(ways);
        }
        Course { known: Arc::new(known), ..course }
    }

    /// The same for a rule: what it is about, and over which window.
    pub(super) fn about(&self, on: &'p Formula, window: Window) -> Course<'p> {
        Course { on, home: self.place(Place::Running, window), ..self.clone() }
    }

    /// The direction of a formula of the rule.
    pub(super) fn of(&self, formula: &Formula) -> Direction {
        self.at(formula, self.home)
    }

    /// Where a window lies that is written in a place.
    fn place(&self, within: Place, window: Window) -> Place {
        if matches!(within, Place::Over | Place::Away) {
            return Place::Away;
        }
        match window {
            Window::All => Place::Running,
            Window::Occasion(window) if window.place.is_some() => Place::Over,
            Window::Period { grain, previous } if holds(grain, self.grain) => {
                if previous {
                    Place::Over
                } else {
                    Place::Running
                }
            }
            Window::Periods { grain, back, .. } if holds(grain, self.grain) => {
                if back > 0 {
                    Place::Over
                } else {
                    Place::Running
                }
            }
            Window::Period { previous: false, .. } | Window::Periods { back: 0, .. } => Place::Moving,
            Window::Days { ending: 0, .. } | Window::Elapsed { ending_s: 0, .. } => Place::Moving,
            _ => Place::Away,
        }
    }

    fn at(&self, formula: &Formula, place: Place) -> Direction {
        if fold(formula).is_some() {
            return Direction::Still;
        }
        match formula {
            Formula::Const(_) | Formula::Unknown => Direction::Still,
            Formula::Subject => self.at(self.on, place),
            Formula::Metric(metric) => {
                self.known.get(*metric).and_then(|ways| ways.get(place as usize)).cloned().unwrap_or(Direction::Still)
            }
            Formula::Leaf(leaf, read) => self.leaf(*leaf, *read, place),
            Formula::Negate(a) | Formula::Not(a) => self.at(a, place).turned(),
            Formula::Round(a, _) | Formula::Floor(a) | Formula::Ceil(a) => self.at(a, place),
            Formula::Abs(a) => self.at(a, place).times(self.sign(a)),
            Formula::Arith(op, a, b) => self.arith(*op, a, b, place),
            Formula::Compare(op, a, b) => compared(*op, self.at(a, place).and(self.at(b, place).turned())),
            Formula::And(a, b) | Formula::Or(a, b) => self.at(a, place).and(self.at(b, place)),
            Formula::Least(all) | Formula::Greatest(all) => {
                all.iter().map(|one| self.at(one, place)).reduce(Direction::and).unwrap_or(Direction::Still)
            }
            Formula::Else(a, _) if place == Place::Running && self.is_always_known(a) => self.at(a, place),
            Formula::Else(..) | Formula::IsUnknown(_) => Direction::Open(why(
                "it asks whether there is data, and the first row answers that anew",
                "它取决于有没有数据，第一行数据就会改变结果",
            )),
            Formula::Over(window, a) => self.at(a, self.place(place, *window)),
            Formula::Bands(bands, a) => self.at(a, place).times(rising(bands)),
            Formula::Target(read) => self.target(read, place),
            Formula::DaysLeft if matches!(place, Place::Running | Place::Over) => Direction::Down,
            Formula::Lookup(lookup) => self.lookup(lookup.table),
            Formula::Parts(parts) => self.parts(parts, place),
            Formula::Across(across) => self.at(&across.of, place),
            Formula::Ledger(_) => Direction::Open(why("the balance of a ledger goes up and down", "台账余额有增有减")),
            Formula::Score(_) => Direction::Open(why("a score goes up and down until its period is over", "得分在周期结束前有升有降")),
            Formula::DaysLeft | Formula::Shift(..) | Formula::Baseline(..) | Formula::Adapt(_) => {
                Direction::Open(why("what it looks at lies in the past and is another one every day", "它参照的是过去的数值，每天都不同"))
            }
        }
    }

    fn arith(&self, op: Arith, a: &Formula, b: &Formula, place: Place) -> Direction {
        let (one, other) = (self.at(a, place), self.at(b, place));
        let above_0 = || self.declared.ranges.of(b).least.is_some_and(|least| least > Decimal::ZERO);
        match (op, &one, &other) {
            (Arith::Add | Arith::Least | Arith::Greatest, ..) => one.and(other),
            (Arith::Sub, ..) => one.and(other.turned()),
            (Arith::Mul, _, Direction::Still) => one.times(self.sign(b)),
            (Arith::Mul, Direction::Still, _) => other.times(self.sign(a)),
            (Arith::Mul, ..) if self.sign(a) == Sign::NotNegative && self.sign(b) == Sign::NotNegative => one.and(other),
            (Arith::Mul, ..) => Direction::Open(why("both of its factors move, and one may be below 0", "两个因数都在变化，且可能小于 0")),
            (Arith::Div, _, Direction::Still) => one.times(self.sign(b)),
            // By what grows. By what falls to 0 it would be unknown in the end.
            (Arith::Div, Direction::Still, Direction::Up) if self.sign(b) == Sign::NotNegative => Direction::Down.times(self.sign(a)),
            (Arith::Div, Direction::Down, Direction::Up) if self.sign(a) == Sign::NotNegative && self.sign(b) == Sign::NotNegative => {
                Direction::Down
            }
            (Arith::Div, Direction::Still | Direction::Up, Direction::Down) if self.sign(a) == Sign::NotNegative && above_0() => {
                Direction::Up
            }
            (Arith::Div, ..) => Direction::Open(why(
                "a quotient goes up and down: 3 of 10 today may be 3 of 20 tomorrow",
                "比值有升有降：今天是 10 分之 3，明天可能是 20 分之 3",
            )),
        }
    }

    fn target(&self, read: &TargetRead, place: Place) -> Direction {
        let Some(target) = self.declared.targets.get(read.target) else { return Direction::Still };
        if matches!(place, Place::Moving | Place::Away) {
            return Direction::Open(why("what is due in a window that moves is another amount every day", "移动窗口内的目标每天不同"));
        }
        if target.told.is_some() || target.rows.iter().any(|row| row.from.is_some()) {
            return Direction::Open(why("the target is revised from a day on", "目标会从某天起修订"));
        }
        if !target.likes().is_empty() {
            return Direction::Open(why(
                "the target follows the course of a past that may be corrected",
                "目标按历史走势分配，而历史可能被更正",
            ));
        }
        match read.due {
            Due::Whole => Direction::Still,
            Due::ByNow => Direction::Up.times(self.sign(&Formula::Target(read.clone()))),
            Due::Replanned | Due::Forecast(_) => Direction::Open(why("a forecast changes with whatever comes", "预测随新数据变化")),
        }
    }

    fn lookup(&self, table: usize) -> Direction {
        let moves = |table: &&Arc<Table>| table.told.is_some() || table.rows.iter().any(|row| row.from.is_some());
        match self.declared.tables.get(table).filter(moves) {
            None => Direction::Still,
            Some(table) => Direction::Open(why(
                format!("a row of table `{}` may begin to count before the period ends", table.name),
                format!("表 `{}` 的某行可能在周期结束前开始生效", table.name),
            )),
        }
    }

    /// Parts that come about later add to the whole.
    fn parts(&self, parts: &Parts, place: Place) -> Direction {
        let stays = parts.filter.as_ref().map_or(Direction::Up, |filter| Direction::Up.and(self.at(filter, place)));
        let part = self.at(&parts.part, place);
        let grows = matches!(part, Direction::Still | Direction::Up);
        match parts.gather {
            _ if stays != Direction::Up => {}
            Gather::Sum if grows && self.sign(&parts.part) == Sign::NotNegative => return Direction::Up,
            Gather::Max | Gather::True if grows => return Direction::Up,
            Gather::Min if matches!(part, Direction::Still | Direction::Down) => return Direction::Down,
            _ => {}
        }
        Direction::Open(why(format!("`{}` goes up and down with its parts", parts.text.en), format!("`{}` 随各部分升降", parts.text.en)))
    }

    fn sign(&self, formula: &Formula) -> Sign {
        let range = self.declared.ranges.of(if matches!(formula, Formula::Subject) { self.on } else { formula });
        match (range.least, range.most) {
            (Some(least), _) if least >= Decimal::ZERO => Sign::NotNegative,
            (_, Some(most)) if most <= Decimal::ZERO => Sign::NotPositive,
            _ => Sign::Any,
        }
    }

    /// Whether a number of the rule is known even where there are no rows.
    pub(super) fn is_always_known(&self, formula: &Formula) -> bool {
        let ends_now = matches!(self.home, Place::Running | Place::Moving);
        self.declared.ranges.is_always_known(formula, Seen { on: self.on, ends_now })
    }
}

/// Whether every period of one length lies in one of another.
fn holds(outer: Grain, inner: Grain) -> bool {
    let rank = |grain: Grain| match grain {
        Grain::Day | Grain::Week => None,
        Grain::Month => Some(1),
        Grain::Quarter => Some(2),
        Grain::Year => Some(3),
    };
    outer == inner || inner == Grain::Day || rank(outer).zip(rank(inner)).is_some_and(|(outer, inner)| outer > inner)
}

pub(super) fn why(en: impl Into<String>, zh: impl Into<String>) -> Words {
    Words::new(en.into(), zh.into())
}

/// A comparison, by the direction of its left side less its right one.
fn compared(op: Compare, difference: Direction) -> Direction {
    match op {
        Compare::Gt | Compare::Ge => difference,
        Compare::Lt | Compare::Le => difference.turned(),
        Compare::Eq | Compare::Ne => match difference {
            Direction::Up | Direction::Down => {
                Direction::Open(why("one number alone is asked for, and it is passed by", "只有取到某一个数值时才成立，而数值会越过它"))
            }
            same => same,
        },
    }
}

/// Whether bands give more for more, or less.
fn rising(bands: &Bands) -> Sign {
    let results: Vec<Decimal> = match bands {
        Bands::Steps { below, steps } => [*below].into_iter().chain(steps.iter().map(|(.., result)| *result)).collect(),
        Bands::Curve(curve) => curve.below.into_iter().chain(curve.points.iter().map(|(_, points)| *points)).chain(curve.above).collect(),
        Bands::Tiers { below, tiers } => {
            let not_negative = [*below].into_iter().chain(tiers.iter().map(|(_, rate)| *rate)).all(|rate| rate >= Decimal::ZERO);
            return if not_negative { Sign::NotNegative } else { Sign::Any };
        }
    };
    match () {
        () if results.is_sorted() => Sign::NotNegative,
        () if results.iter().rev().is_sorted() => Sign::NotPositive,
        () => Sign::Any,
    }
}
