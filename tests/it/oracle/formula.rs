//! Formulas at a moment: the rows of the window and scope, filtered anew for every leaf.

use super::nested::without;
use super::rows::{Worth, and, arith, compare, looked_up, or};
use super::zones::Clocks;
use super::{Frame, Moment, Place};
use rust_decimal::{Decimal, RoundingStrategy};
use std::collections::BTreeSet;
use steelyard::compile::program::{Compare, Formula, Keep, Key, LeafIdx, OccasionWindow, Read, Scalar, Shift, Window};
use steelyard::eval::{Row, RowId};
use steelyard::time::{Day, Instant, Period};

/// What a formula is evaluated over.
#[derive(Debug, Clone)]
pub struct Asked<'a> {
    /// The scope.
    pub place: &'a Place,
    /// Whose days count.
    pub clocks: Clocks,
    /// The last day of windows in days.
    pub anchor: Day,
    /// The end of windows of elapsed time.
    pub end: Instant,
    pub span: Span,
    /// All days that the window will have when it is over.
    pub whole: Option<(Day, Day)>,
    /// The period that it is or will be.
    pub period: Option<Period>,
    /// The named event and which time of it.
    pub named: Option<(usize, usize)>,
    /// The last of so many periods in a row.
    pub run: Option<(Period, u32)>,
    /// The alert's subject, worked out before.
    pub subject: Option<Option<Scalar>>,
}

/// A part of time: whole local days, or elapsed time without its first and with its last instant.
#[derive(Debug, Clone, Copy)]
pub enum Span {
    Days(Day, Day),
    Elapsed(Instant, Instant),
}

/// An aggregate in a number.
#[derive(Debug, Clone, PartialEq)]
pub struct OracleAggregate {
    /// The leaf.
    pub leaf: LeafIdx,
    /// How it is read.
    pub read: Read,
    /// Its value; None is unknown.
    pub value: Option<Scalar>,
    /// The rows behind it, in the order of time and identity.
    pub rows: Vec<(Instant, RowId)>,
}

impl Asked<'_> {
    /// The same question about other days.
    pub fn over(&self, first: Day, last: Day) -> Self {
        Asked { span: Span::Days(first, last), whole: Some((first, last)), period: None, named: None, run: None, ..self.clone() }
    }
}

impl Moment<'_> {
    /// A metric at a scope.
    pub fn metric(&self, metric: usize, place: &Place, frame: Frame) -> Option<Scalar> {
        self.formula(&self.oracle.program.metrics[metric].formula, &self.asked(place, frame))
    }

    /// Works out the days and instants of a frame.
    pub fn asked<'p>(&self, place: &'p Place, frame: Frame) -> Asked<'p> {
        let clocks = self.oracle.clocks(place);
        let today = clocks.day_of(self.at);
        let within = |period: Period| (today.min(period.last), self.at.min(clocks.end_of(period.last)));
        let (anchor, end) = match frame {
            Frame::Now(_) => (today, self.at),
            Frame::Within(period) => within(period),
        };
        let (span, whole) = match frame {
            Frame::Now(window) => (self.span(window, anchor, end, today), self.whole(window, anchor, end, today)),
            // It may have begun elsewhere before today comes to it.
            Frame::Within(period) => (Span::Days(period.first, anchor.max(period.first)), Some((period.first, period.last))),
        };
        let period = self.period(frame, anchor);
        let named = match frame {
            Frame::Now(window) => self.named(window, anchor),
            Frame::Within(_) => None,
        };
        let run = match frame {
            Frame::Now(window) => self.run(window, anchor),
            Frame::Within(_) => None,
        };
        Asked { place, clocks, anchor, end, span, whole, period, named, run, subject: None }
    }

    /// The same question with the subject of an alert filled in.
    pub fn with_subject<'p>(&self, asked: &Asked<'p>, subject: &Formula) -> Asked<'p> {
        Asked { subject: Some(self.formula(subject, asked)), ..asked.clone() }
    }

    pub fn period(&self, frame: Frame, anchor: Day) -> Option<Period> {
        match frame {
            Frame::Within(period) => Some(period),
            Frame::Now(Window::Period { grain, previous }) => {
                let period = Period::holding(grain, anchor, self.oracle.program.reckoning);
                Some(if previous { period.previous(self.oracle.program.reckoning) } else { period })
            }
            Frame::Now(_) => None,
        }
    }

    /// Which time of a named event a window means, and its days.
    fn occasion(&self, window: OccasionWindow, anchor: Day) -> Option<(usize, Day, Day)> {
        let days = &self.oracle.program.occasions[window.occasion].days;
        let place = window.place.or_else(|| days.iter().rposition(|(first, _)| *first <= anchor))?.checked_sub(window.back)?;
        Some((place, days[place].0, days[place].1))
    }

    pub fn named(&self, window: Window, anchor: Day) -> Option<(usize, usize)> {
        let Window::Occasion(window) = window else { return None };
        self.occasion(window, anchor).map(|(place, ..)| (window.occasion, place))
    }

    /// All days of a window, those ahead too.
    pub fn whole(&self, window: Window, anchor: Day, end: Instant, today: Day) -> Option<(Day, Day)> {
        match (window, self.span(window, anchor, end, today)) {
            (Window::Period { grain, previous: false }, _) => {
                let period = Period::holding(grain, anchor, self.oracle.program.reckoning);
                Some((period.first, period.last))
            }
            (Window::Occasion(window), _) => self.occasion(window, anchor).map(|(_, first, last)| (first, last)),
            (Window::Periods { .. }, _) => self.run(window, anchor).map(|run| self.days_of_run(run)),
            (Window::All, _) | (_, Span::Elapsed(..)) => None,
            (_, Span::Days(first, last)) => Some((first, last)),
        }
    }

    pub fn span(&self, window: Window, anchor: Day, end: Instant, today: Day) -> Span {
        let reckoning = self.oracle.program.reckoning;
        let signed = |n: u64| i64::try_from(n).unwrap();
        match window {
            Window::Days { length, ending } => {
                let last = anchor.plus(-i32::try_from(ending).unwrap());
                Span::Days(last.plus(1 - i32::try_from(length).unwrap()), last)
            }
            Window::Elapsed { length_s, ending_s } => {
                let until = end.plus_s(-signed(ending_s));
                Span::Elapsed(until.plus_s(-signed(length_s)), until)
            }
            Window::Occasion(window) => match self.occasion(window, anchor) {
                Some((_, first, last)) => Span::Days(first, last.min(anchor.max(first))),
                None => Span::Days(Day(i32::MAX - 1), Day(i32::MAX - 1)),
            },
            Window::Periods { .. } => {
                let run = self.run(window, anchor).unwrap();
                let (first, last) = self.days_of_run(run);
                Span::Days(first, last.min(anchor))
            }
            Window::Period { grain, previous: false } => Span::Days(Period::holding(grain, anchor, reckoning).first, anchor),
            Window::Period { grain, previous: true } => {
                let before = Period::holding(grain, anchor, reckoning).previous(reckoning);
                Span::Days(before.first, before.last)
            }
            // Inside a period that is over, what came after it does not count.
            Window::All if anchor < today => Span::Days(Day(i32::MIN), anchor),
            Window::All => Span::Days(Day(i32::MIN), Day(i32::MAX)),
        }
    }

    /// The value of a formula; None is unknown.
    pub fn formula(&self, formula: &Formula, asked: &Asked<'_>) -> Option<Scalar> {
        let value = |inner: &Formula| self.formula(inner, asked);
        let truth = |inner: &Formula| self.truth(inner, asked);
        let known = |all: &[Formula]| all.iter().map(value).collect::<Option<Vec<_>>>();
        match formula {
            Formula::Const(constant) => Some(constant.clone()),
            Formula::Unknown => None,
            Formula::Leaf(leaf, read) => self.leaf(*leaf, *read, asked),
            Formula::Metric(metric) => value(&self.oracle.program.metrics[*metric].formula),
            Formula::Subject => asked.subject.clone().flatten(),
            Formula::Lookup(lookup) => {
                let key = |key: &Key| match key {
                    Key::Dim(dim) => asked.place.iter().find(|(d, _)| d == dim).and_then(|(_, value)| value.clone()),
                    Key::Text(text) => Some(text.to_string()),
                };
                let keys: Vec<Option<String>> = lookup.keys.iter().map(key).collect();
                let table = &self.oracle.program.tables[lookup.table];
                if let Some(told) = &table.told {
                    return self.looked_up_told((table, told), lookup.column, &keys, asked);
                }
                looked_up(table, lookup.column, &keys, |from, _| from.is_none_or(|from| from <= asked.anchor))
            }
            Formula::Negate(inner) => number(value(inner)).map(|n| Scalar::Number(-n)),
            Formula::Arith(op, left, right) => arith(*op, &value(left)?, &value(right)?),
            Formula::Compare(op, left, right) => self.compared(*op, left, right, asked).map(Scalar::Flag),
            Formula::And(left, right) => and(truth(left), truth(right)).map(Scalar::Flag),
            Formula::Or(left, right) => or(truth(left), truth(right)).map(Scalar::Flag),
            Formula::Not(inner) => truth(inner).map(|t| Scalar::Flag(!t)),
            Formula::Else(left, right) => value(left).or_else(|| value(right)),
            Formula::IsUnknown(inner) => Some(Scalar::Flag(value(inner).is_none())),
            Formula::Abs(inner) => number(value(inner)).map(|n| Scalar::Number(n.abs())),
            Formula::Round(inner, places) => {
                number(value(inner)).map(|n| Scalar::Number(n.round_dp_with_strategy(*places, RoundingStrategy::MidpointNearestEven)))
            }
            Formula::Floor(inner) => number(value(inner)).map(|n| Scalar::Number(n.floor())),
            Formula::Ceil(inner) => number(value(inner)).map(|n| Scalar::Number(n.ceil())),
            Formula::Target(read) => self.target(read, asked).map(Scalar::Number),
            Formula::Shift(shift, inner) => self.shifted(*shift, inner, asked),
            Formula::Baseline(statistic, shift, inner) => self.baseline(*statistic, *shift, inner, asked).map(Scalar::Number),
            Formula::Bands(bands, inner) => super::before::banded(bands, number(value(inner))?).map(Scalar::Number),
            Formula::Ledger(ledger) => self.ledger(ledger, asked).map(Scalar::Number),
            Formula::Parts(parts) => self.parts(parts, asked),
            Formula::Across(across) => self.formula(&across.of, &Asked { place: &without(asked.place, across.dim), ..asked.clone() }),
            Formula::DaysLeft => asked.whole.map(|(_, last)| Scalar::Number(Decimal::from((last.0 - asked.anchor.0).max(0)))),
            Formula::Least(all) => known(all)?.into_iter().min(),
            Formula::Greatest(all) => known(all)?.into_iter().max(),
            Formula::Over(window, inner) => self.formula(inner, &self.over(*window, asked)),
            Formula::Adapt(adapt) => {
                let window = self.chosen(adapt, asked)?;
                self.formula(&adapt.inner, &self.over(window, asked))
            }
            Formula::Score(read) => self.scored(*read, asked),
        }
    }

    fn compared(&self, op: Compare, left: &Formula, right: &Formula, asked: &Asked<'_>) -> Option<bool> {
        compare(op, &self.formula(left, asked)?, &self.formula(right, asked)?)
    }

    /// A condition: true, false or unknown.
    pub fn truth(&self, formula: &Formula, asked: &Asked<'_>) -> Option<bool> {
        match self.formula(formula, asked)? {
            Scalar::Flag(flag) => Some(flag),
            _ => None,
        }
    }

    /// True once a row of the scope was seen and the window's first day has come.
    fn begun(&self, asked: &Asked<'_>) -> bool {
        let begun = match asked.span {
            Span::Days(first, _) => asked.clocks.have_begun(first, self.at),
            Span::Elapsed(after, _) => after <= self.at,
        };
        begun && self.oracle.first_seen(asked.place).is_some_and(|first| first <= self.at)
    }

    /// Every aggregate that a formula reads, through its metrics too, with its value and the rows behind it.
    pub fn aggregates(&self, formula: &Formula, asked: &Asked<'_>, found: &mut Vec<OracleAggregate>) {
        let mut all = |parts: &[&Formula]| parts.iter().for_each(|part| self.aggregates(part, asked, found));
        match formula {
            Formula::Const(_) | Formula::Unknown | Formula::Subject | Formula::Lookup(_) => {}
            Formula::Leaf(leaf, read) => {
                let mut rows = Vec::new();
                // Rows can lie ahead by their clock: they stand behind nothing before their time has begun.
                if self.begun(asked) {
                    self.counted(*leaf, asked).into_iter().for_each(|(time, id, _)| self.behind((time, id), &mut rows));
                }
                rows.sort_unstable();
                let one = OracleAggregate { leaf: *leaf, read: *read, value: self.leaf(*leaf, *read, asked), rows };
                if !found.contains(&one) {
                    found.push(one);
                }
            }
            Formula::Metric(metric) => all(&[&self.oracle.program.metrics[*metric].formula]),
            Formula::Negate(a) | Formula::Not(a) | Formula::IsUnknown(a) | Formula::Abs(a) | Formula::Round(a, _) => all(&[a]),
            Formula::Floor(a) | Formula::Ceil(a) | Formula::Bands(_, a) => all(&[a]),
            Formula::Shift(shift, a) => self.behind_shift(*shift, a, asked, found),
            Formula::Baseline(_, shift, a) => {
                (1..=shift.count).for_each(|count| self.behind_shift(Shift { count, ..*shift }, a, asked, found));
            }
            Formula::Ledger(ledger) => self.behind_ledger(ledger, asked, found),
            Formula::Parts(parts) if parts.by_day => all(&[parts.of_days().unwrap().0]),
            // Numbers of other scopes are told as such, not by their aggregates.
            Formula::DaysLeft | Formula::Parts(_) | Formula::Across(_) => {}
            Formula::Target(read) => self.behind_target(read, asked, found),
            Formula::Arith(_, a, b) | Formula::Compare(_, a, b) | Formula::And(a, b) | Formula::Or(a, b) | Formula::Else(a, b) => {
                all(&[a, b])
            }
            Formula::Least(parts) | Formula::Greatest(parts) => all(&parts.iter().collect::<Vec<_>>()),
            Formula::Over(window, inner) => self.aggregates(inner, &self.over(*window, asked), found),
            Formula::Adapt(adapt) => {
                self.aggregates(&adapt.when, &self.over(adapt.then, asked), found);
                [adapt.then, adapt.otherwise]
                    .into_iter()
                    .for_each(|window| self.aggregates(&adapt.inner, &self.over(window, asked), found));
            }
            Formula::Score(read) => self.behind_score(*read, asked, found),
        }
    }

    /// The event of this place, or the events that a state of a thing stands on.
    fn behind(&self, place: (Instant, RowId), found: &mut Vec<(Instant, RowId)>) {
        let oracle = self.oracle;
        let row = oracle.rows.iter().find(|row| (row.time, row.id) == place).unwrap();
        let Some(entity) = oracle.program.events[row.event].entity else { return found.push(place) };
        let entity = &oracle.program.entities[entity];
        for event in super::entity::events(oracle.program, entity, oracle.rows.iter(), &row.values[0], self.at) {
            self.behind((event.time, event.id), found);
        }
    }

    /// The rows that count for a leaf, in the order of time and identity.
    fn counted(&self, leaf: LeafIdx, asked: &Asked<'_>) -> Vec<(Instant, RowId, &Scalar)> {
        let counted = self.worthy(leaf, asked).into_iter();
        let mut counted: Vec<_> = counted.map(|(row, worth)| (row.time, row.id, &worth.value)).collect();
        counted.sort();
        counted
    }

    /// The rows that count for a leaf, with what each is worth to it.
    pub fn worthy(&self, leaf: LeafIdx, asked: &Asked<'_>) -> Vec<(&Row, &Worth)> {
        let inside = |worth: &Worth| match asked.span {
            Span::Days(first, last) => first <= worth.day && worth.day <= last,
            Span::Elapsed(after, until) => after < worth.instant && worth.instant <= until,
        };
        let oracle = self.oracle;
        let worth = |row: usize| oracle.worth[row][leaf].as_ref().filter(|worth| inside(worth));
        let here = |row: usize, worth: &Worth| self.holds(&oracle.rows[row], worth.day, asked.place);
        self.standing
            .iter()
            .filter_map(|&row| worth(row).filter(|worth| here(row, worth)).map(|worth| (&oracle.rows[row], worth)))
            .collect()
    }

    fn leaf(&self, leaf: LeafIdx, read: Read, asked: &Asked<'_>) -> Option<Scalar> {
        let oracle = self.oracle;
        let event = oracle.program.leaves[leaf].event;
        if asked.place.iter().any(|(dim, _)| !oracle.tells(event, *dim)) {
            return None;
        }
        if let Read::Level(read) = read {
            return self.level(leaf, read, asked);
        }
        if !self.begun(asked) {
            return None;
        }
        let counted = self.counted(leaf, asked);
        // Nothing of the scope had happened by the end, and no event of this type lies before it by a clock.
        let alike: Vec<LeafIdx> = (0..oracle.program.leaves.len()).filter(|other| oracle.program.leaves[*other].event == event).collect();
        if let (Span::Days(_, last), true) = (asked.span, counted.is_empty())
            && self.began(asked.place, &asked.clocks)? >= asked.clocks.end_of(last)
            && !self.any_row(&alike, (Day(i32::MIN), last), asked)
        {
            return None;
        }
        if let Read::DaysWith | Read::DaysDue = read {
            return self.days(leaf, read, asked).map(|n| Scalar::Number(Decimal::from(n)));
        }
        let values: Vec<&Scalar> = counted.iter().map(|(_, _, value)| *value).collect();
        let or_zero = |number: Decimal| Some(Scalar::Number(number));
        match (oracle.program.leaves[leaf].keep, read) {
            (Keep::Sum, Read::Sum) => or_zero(sum(&values)?),
            (Keep::Sum, Read::Avg) => Some(Scalar::Number(sum(&values)?.checked_div(Decimal::from(values.len()))?)),
            (Keep::Distinct, Read::Distinct | Read::Count) => or_zero(Decimal::from(values.iter().collect::<BTreeSet<_>>().len())),
            (_, Read::Count) => or_zero(Decimal::from(values.len())),
            (Keep::Min, Read::Value) => values.into_iter().min().cloned(),
            (Keep::Max, Read::Value) => values.into_iter().max().cloned(),
            (Keep::First, Read::Value) => values.first().copied().cloned(),
            (Keep::Last, Read::Value) => values.last().copied().cloned(),
            (Keep::Values, Read::Quantile(fraction)) => quantile(&values, fraction).map(Scalar::Number),
            (Keep::Money, Read::SumIn(to)) => or_zero(self.converted(leaf, to, asked)?),
            (Keep::Money, Read::AvgIn(to)) => {
                Some(Scalar::Number(self.converted(leaf, to, asked)?.checked_div(Decimal::from(values.len()))?))
            }
            (keep, read) => panic!("a leaf that keeps {keep:?} is read as {read:?}"),
        }
    }
}

/// The number, when it is one.
pub fn number(value: Option<Scalar>) -> Option<Decimal> {
    match value {
        Some(Scalar::Number(number)) => Some(number),
        _ => None,
    }
}

/// In whole units of 10^-12, each row rounded to them half-even.
pub fn fixed(value: &Scalar) -> i128 {
    let Scalar::Number(number) = value else { panic!("no number: {value:?}") };
    let rounded = number.round_dp_with_strategy(12, RoundingStrategy::MidpointNearestEven);
    rounded.mantissa() * 10i128.pow(12 - rounded.scale())
}

pub fn decimal(mut fixed: i128) -> Option<Decimal> {
    let mut scale = 12;
    while scale > 0 && fixed % 10 == 0 {
        (fixed, scale) = (fixed / 10, scale - 1);
    }
    Decimal::try_from_i128_with_scale(fixed, scale).ok()
}

fn sum(values: &[&Scalar]) -> Option<Decimal> {
    decimal(values.iter().map(|value| fixed(value)).sum())
}

/// Hyndman-Fan type 7: linear between the neighbours of position (n - 1) x fraction.
fn quantile(values: &[&Scalar], fraction: Decimal) -> Option<Decimal> {
    let mut sorted: Vec<i128> = values.iter().map(|value| fixed(value)).collect();
    sorted.sort_unstable();
    let position = Decimal::from(sorted.len().checked_sub(1)?) * fraction;
    let below: usize = position.floor().try_into().unwrap();
    let low = decimal(sorted[below])?;
    match sorted.get(below + 1) {
        Some(&high) => low.checked_add((decimal(high)?.checked_sub(low)?).checked_mul(position - position.floor())?),
        None => Some(low),
    }
}
