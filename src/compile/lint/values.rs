//! Sets of values: unions of intervals of numbers, or of texts, days and times, which are in order as well.
//!
//! A set is the places on the line at which it begins or ends, in order. Everything else follows: a complement begins where
//! the set ends, and two sets are joined by walking along both.

use crate::compile::program::{Compare, Scalar};
use crate::time::Day;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A place on the line: just before a value, or just behind it.
type Cut = (Scalar, bool);

/// A set of values of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    /// Whether the least values of all belong to it.
    starts_inside: bool,
    /// Where it ends and begins in turn, ascending. The flag is true behind the value.
    cuts: Vec<Cut>,
}

impl Values {
    /// No value.
    pub(super) fn none() -> Values {
        Values { starts_inside: false, cuts: Vec::new() }
    }

    /// Every value.
    pub(super) fn all() -> Values {
        Values { starts_inside: true, cuts: Vec::new() }
    }

    /// The numbers that compare so with a limit.
    pub(super) fn compared(op: Compare, limit: Decimal) -> Values {
        Values::like(op, Scalar::Number(limit))
    }

    /// The values that compare so with one of their kind.
    pub(super) fn like(op: Compare, limit: Scalar) -> Values {
        let (starts_inside, cuts) = match op {
            Compare::Lt => (true, vec![(limit, false)]),
            Compare::Le => (true, vec![(limit, true)]),
            Compare::Gt => (false, vec![(limit, true)]),
            Compare::Ge => (false, vec![(limit, false)]),
            Compare::Eq => (false, vec![(limit.clone(), false), (limit, true)]),
            Compare::Ne => (true, vec![(limit.clone(), false), (limit, true)]),
        };
        Values { starts_inside, cuts }
    }

    /// The numbers from one to another, both included; without end where there is none.
    pub(super) fn between(least: Option<Decimal>, most: Option<Decimal>) -> Values {
        let from = least.map_or_else(Values::all, |least| Values::compared(Compare::Ge, least));
        from.and(&most.map_or_else(Values::all, |most| Values::compared(Compare::Le, most)))
    }

    /// All other values.
    pub(super) fn not(&self) -> Values {
        Values { starts_inside: !self.starts_inside, cuts: self.cuts.clone() }
    }

    /// The values of both.
    pub(super) fn and(&self, other: &Values) -> Values {
        self.joined(other, |own, other| own && other)
    }

    /// The values of either.
    pub(super) fn or(&self, other: &Values) -> Values {
        self.joined(other, |own, other| own || other)
    }

    fn joined(&self, other: &Values, join: impl Fn(bool, bool) -> bool) -> Values {
        let (mut mine, mut theirs) = (self.cuts.iter().peekable(), other.cuts.iter().peekable());
        let (mut in_mine, mut in_theirs) = (self.starts_inside, other.starts_inside);
        let starts_inside = join(in_mine, in_theirs);
        let (mut inside, mut cuts) = (starts_inside, Vec::new());
        while let Some(cut) = mine.peek().into_iter().chain(theirs.peek()).copied().min() {
            in_mine ^= mine.next_if_eq(&cut).is_some();
            in_theirs ^= theirs.next_if_eq(&cut).is_some();
            if join(in_mine, in_theirs) != inside {
                inside = !inside;
                cuts.push(cut.clone());
            }
        }
        Values { starts_inside, cuts }
    }

    /// Whether a number belongs to the set.
    #[cfg(test)]
    pub(super) fn contains(&self, value: Decimal) -> bool {
        let value = Scalar::Number(value);
        self.starts_inside ^ (self.cuts.iter().filter(|(at, behind)| *at < value || (*at == value && !behind)).count() % 2 == 1)
    }

    /// A value of the set that people like to read; a whole number when `whole`. None when there is none.
    pub(super) fn pick(&self, whole: bool) -> Option<Picked> {
        let mut edges = self.cuts.iter().map(Some).chain([None]);
        let mut from = if self.starts_inside { None } else { Some(edges.next()??) };
        loop {
            let to = edges.next().flatten();
            if let Some(value) = between(from, to, whole) {
                return Some(value);
            }
            to?;
            from = Some(edges.next()??);
        }
    }

    /// A number of the set.
    pub(super) fn number(&self, whole: bool) -> Option<Decimal> {
        self.pick(whole)?.number()
    }
}

/// A value of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Picked {
    /// This one.
    Value(Scalar),
    /// One that is not written anywhere: any text but a few.
    Other,
}

impl Picked {
    /// The number that it is.
    pub(super) fn number(&self) -> Option<Decimal> {
        if let Picked::Value(Scalar::Number(number)) = self { Some(*number) } else { None }
    }
}

/// A value between two places.
fn between(from: Option<&Cut>, to: Option<&Cut>, whole: bool) -> Option<Picked> {
    let number = |cut: Option<&Cut>| match cut {
        None => Some(None),
        Some((Scalar::Number(at), behind)) => Some(Some((*at, *behind))),
        Some((Scalar::Date(day), behind)) => Some(Some((Decimal::from(day.0), *behind))),
        Some(_) => None,
    };
    if let (Some(number_from), Some(number_to)) = (number(from), number(to)) {
        if let (Some((Scalar::Date(_), _)), _) | (_, Some((Scalar::Date(_), _))) = (from, to) {
            let day = whole_between(number_from, number_to)?.to_i32().map(Day);
            return Some(day.map_or(Picked::Other, |day| Picked::Value(Scalar::Date(day))));
        }
        let found = if whole { whole_between(number_from, number_to) } else { number_between(number_from, number_to) };
        return found.map(|found| Picked::Value(Scalar::Number(found)));
    }
    Some(match (from, to) {
        (Some((value, false)), _) | (_, Some((value, true))) => Picked::Value(value.clone()),
        (Some((Scalar::Time(at), _)), None) => Picked::Value(Scalar::Time(at.plus_s(60))),
        (None, Some((Scalar::Time(at), _))) => Picked::Value(Scalar::Time(at.plus_s(-60))),
        (Some((Scalar::Flag(flag), _)), _) | (_, Some((Scalar::Flag(flag), _))) => Picked::Value(Scalar::Flag(!flag)),
        _ => Picked::Other,
    })
}

/// A place beside a number.
type NumberCut = (Decimal, bool);

/// The least step that can be written with the digits of a number.
fn step(value: Decimal) -> Decimal {
    Decimal::new(1, value.normalize().scale())
}

/// A number between two places.
fn number_between(from: Option<NumberCut>, to: Option<NumberCut>) -> Option<Decimal> {
    match (from, to) {
        (Some((least, false)), _) => Some(least),
        (_, Some((most, true))) => Some(most),
        (Some((least, true)), Some((most, false))) => {
            let middle = least.checked_add(most)?.checked_div(Decimal::TWO)?;
            (least < middle && middle < most).then_some(middle)
        }
        (Some((least, true)), None) => least.checked_add(step(least)).filter(|next| *next > least),
        (None, Some((most, false))) => most.checked_sub(step(most)).filter(|before| *before < most),
        (None, None) => Some(Decimal::ZERO),
    }
}

/// A whole number between two places: the least one, or the greatest when there is no least.
fn whole_between(from: Option<NumberCut>, to: Option<NumberCut>) -> Option<Decimal> {
    let up = |(at, behind): NumberCut| if behind { at.floor().checked_add(Decimal::ONE) } else { Some(at.ceil()) };
    let down = |(at, behind): NumberCut| if behind { Some(at.floor()) } else { at.ceil().checked_sub(Decimal::ONE) };
    match (from, to) {
        (None, None) => Some(Decimal::ZERO),
        (None, Some(to)) => down(to),
        (Some(from), None) => up(from),
        (Some(from), Some(to)) => {
            let least = up(from)?;
            (least <= down(to)?).then_some(least)
        }
    }
}
