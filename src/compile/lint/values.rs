//! Sets of numbers: unions of intervals.
//!
//! A set is the places on the line at which it begins or ends, in order. Everything else follows: a complement begins where
//! the set ends, and two sets are joined by walking along both.

use crate::compile::program::Compare;
use rust_decimal::Decimal;

/// A place on the line: just before a number, or just behind it.
type Cut = (Decimal, bool);

/// A set of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    /// Whether the least numbers of all belong to it.
    starts_inside: bool,
    /// Where it ends and begins in turn, ascending. The flag is true behind the number.
    cuts: Vec<Cut>,
}

impl Values {
    /// No number.
    pub(super) fn none() -> Values {
        Values { starts_inside: false, cuts: Vec::new() }
    }

    /// Every number.
    pub(super) fn all() -> Values {
        Values { starts_inside: true, cuts: Vec::new() }
    }

    /// The numbers that compare so with a limit.
    pub(super) fn compared(op: Compare, limit: Decimal) -> Values {
        let (starts_inside, cuts) = match op {
            Compare::Lt => (true, vec![(limit, false)]),
            Compare::Le => (true, vec![(limit, true)]),
            Compare::Gt => (false, vec![(limit, true)]),
            Compare::Ge => (false, vec![(limit, false)]),
            Compare::Eq => (false, vec![(limit, false), (limit, true)]),
            Compare::Ne => (true, vec![(limit, false), (limit, true)]),
        };
        Values { starts_inside, cuts }
    }

    /// The numbers from one to another, both included; without end where there is none.
    pub(super) fn between(least: Option<Decimal>, most: Option<Decimal>) -> Values {
        let from = least.map_or_else(Values::all, |least| Values::compared(Compare::Ge, least));
        from.and(&most.map_or_else(Values::all, |most| Values::compared(Compare::Le, most)))
    }

    /// All other numbers.
    pub(super) fn not(&self) -> Values {
        Values { starts_inside: !self.starts_inside, cuts: self.cuts.clone() }
    }

    /// The numbers of both.
    pub(super) fn and(&self, other: &Values) -> Values {
        self.joined(other, |own, other| own && other)
    }

    /// The numbers of either.
    pub(super) fn or(&self, other: &Values) -> Values {
        self.joined(other, |own, other| own || other)
    }

    fn joined(&self, other: &Values, join: impl Fn(bool, bool) -> bool) -> Values {
        let (mut mine, mut theirs) = (self.cuts.iter().copied().peekable(), other.cuts.iter().copied().peekable());
        let (mut in_mine, mut in_theirs) = (self.starts_inside, other.starts_inside);
        let starts_inside = join(in_mine, in_theirs);
        let (mut inside, mut cuts) = (starts_inside, Vec::new());
        while let Some(cut) = mine.peek().into_iter().chain(theirs.peek()).min().copied() {
            in_mine ^= mine.next_if_eq(&cut).is_some();
            in_theirs ^= theirs.next_if_eq(&cut).is_some();
            if join(in_mine, in_theirs) != inside {
                inside = !inside;
                cuts.push(cut);
            }
        }
        Values { starts_inside, cuts }
    }

    /// Whether a number belongs to the set.
    #[cfg(test)]
    pub(super) fn contains(&self, value: Decimal) -> bool {
        self.starts_inside ^ (self.cuts.iter().filter(|(at, behind)| *at < value || (*at == value && !behind)).count() % 2 == 1)
    }

    /// A number of the set that people like to read; a whole one when `whole`. None when there is none.
    pub(super) fn pick(&self, whole: bool) -> Option<Decimal> {
        let mut edges = self.cuts.iter().copied().map(Some).chain([None]);
        let mut from = if self.starts_inside { None } else { Some(edges.next()??) };
        loop {
            let to = edges.next().flatten();
            if let Some(value) = if whole { whole_between(from, to) } else { between(from, to) } {
                return Some(value);
            }
            to?;
            from = Some(edges.next()??);
        }
    }
}

/// The least step that can be written with the digits of a number.
fn step(value: Decimal) -> Decimal {
    Decimal::new(1, value.normalize().scale())
}

/// A number between two places.
fn between(from: Option<Cut>, to: Option<Cut>) -> Option<Decimal> {
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
fn whole_between(from: Option<Cut>, to: Option<Cut>) -> Option<Decimal> {
    let up = |(at, behind): Cut| if behind { at.floor().checked_add(Decimal::ONE) } else { Some(at.ceil()) };
    let down = |(at, behind): Cut| if behind { Some(at.floor()) } else { at.ceil().checked_sub(Decimal::ONE) };
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
