//! Units as types: which formulas have a unit, and which one.
//!
//! 1. Every part of a formula gets a [`Type`].
//! 2. [`like`] joins two parts that must have like units: sums, comparisons, `else`, `least`, `greatest`.
//! 3. [`product`] and [`quotient`] give the unit of `*` and `/`.
//!
//! Counts act as plain numbers. The quotient of two counts, of two amounts of one currency, of two durations or of two
//! percents is a percent (a share, kept as a fraction); of two plain numbers it is a plain number. A percent of
//! something is that thing: money x percent is money, count x percent is a number; but a plain number scales a percent.

use super::program::Unit;

/// The unit of a part of a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Type {
    /// A known unit.
    Is(Unit),
    /// The literal `0`, which every measure takes.
    Zero,
    /// `unknown`, which everything takes.
    Unknown,
    /// What was reported elsewhere: everything takes it, and nothing is said of it.
    Broken,
}

impl Type {
    /// The unit, when nothing else decides it: `0` and `unknown` alone are plain numbers.
    pub(super) fn unit(&self) -> Unit {
        match self {
            Type::Is(unit) => unit.clone(),
            Type::Zero | Type::Unknown | Type::Broken => Unit::Number,
        }
    }

    /// The name for people; a word of the language.
    pub(super) fn name(&self) -> String {
        name(&self.unit())
    }
}

/// The unit in words of the language.
pub(super) fn name(unit: &Unit) -> String {
    match unit {
        Unit::Number => "number".to_owned(),
        Unit::Count => "count".to_owned(),
        Unit::Percent => "percent".to_owned(),
        Unit::Money(currency) => format!("money {currency}"),
        Unit::MoneyIn(field) => format!("money in {field}"),
        Unit::Duration => "duration".to_owned(),
        Unit::Time => "time".to_owned(),
        Unit::Date => "date".to_owned(),
        Unit::Text => "text".to_owned(),
        Unit::Flag => "flag".to_owned(),
    }
}

/// True for what can be added up and multiplied.
pub(super) fn is_measure(unit: &Unit) -> bool {
    matches!(unit, Unit::Number | Unit::Count | Unit::Percent | Unit::Money(_) | Unit::MoneyIn(_) | Unit::Duration)
}

/// True for a plain number.
pub(super) fn is_plain(unit: &Unit) -> bool {
    matches!(unit, Unit::Number | Unit::Count)
}

/// The common unit of two parts that must have like units.
pub(super) fn like(left: &Type, right: &Type) -> Option<Type> {
    match (left, right) {
        (Type::Broken, _) | (_, Type::Broken) => Some(Type::Broken),
        (Type::Unknown, other) | (other, Type::Unknown) => Some(other.clone()),
        (Type::Zero, Type::Zero) => Some(Type::Zero),
        (Type::Zero, Type::Is(unit)) | (Type::Is(unit), Type::Zero) => is_measure(unit).then(|| Type::Is(unit.clone())),
        (Type::Is(a), Type::Is(b)) if a == b => Some(left.clone()),
        (Type::Is(a), Type::Is(b)) => (is_plain(a) && is_plain(b)).then_some(Type::Is(Unit::Number)),
    }
}

fn broken(left: &Type, right: &Type) -> bool {
    *left == Type::Broken || *right == Type::Broken
}

/// The unit of `left + right` or `left - right`.
pub(super) fn sum(left: &Type, right: &Type, minus: bool) -> Option<Type> {
    if broken(left, right) {
        return Some(Type::Broken);
    }
    match (left.unit(), right.unit()) {
        (Unit::Time, Unit::Time) | (Unit::Date, Unit::Date) => minus.then_some(Type::Is(Unit::Duration)),
        (Unit::Time, Unit::Duration) => Some(Type::Is(Unit::Time)),
        (Unit::Duration, Unit::Time) if !minus => Some(Type::Is(Unit::Time)),
        (Unit::Text | Unit::Flag, _) | (_, Unit::Text | Unit::Flag) => None,
        _ => like(left, right),
    }
}

/// The unit of `left * right`.
pub(super) fn product(left: &Type, right: &Type) -> Option<Type> {
    if broken(left, right) {
        return Some(Type::Broken);
    }
    let (a, b) = (left.unit(), right.unit());
    let unit = match (&a, &b) {
        (Unit::Count, Unit::Count) => Unit::Number,
        (Unit::Percent, Unit::Percent) => Unit::Percent,
        (Unit::Percent, Unit::Count) | (Unit::Count, Unit::Percent) => Unit::Number,
        (Unit::Percent, Unit::Number) | (Unit::Number, Unit::Percent) => Unit::Percent,
        (Unit::Number | Unit::Count, Unit::Number | Unit::Count) => Unit::Number,
        (Unit::Money(_) | Unit::MoneyIn(_) | Unit::Duration, Unit::Number | Unit::Count | Unit::Percent) => a,
        (Unit::Number | Unit::Count | Unit::Percent, Unit::Money(_) | Unit::MoneyIn(_) | Unit::Duration) => b,
        _ => return None,
    };
    Some(Type::Is(unit))
}

/// The unit of `left / right`.
pub(super) fn quotient(left: &Type, right: &Type) -> Option<Type> {
    if broken(left, right) {
        return Some(Type::Broken);
    }
    let (a, b) = (left.unit(), right.unit());
    let unit = match (&a, &b) {
        (Unit::Count, Unit::Count) | (Unit::Percent, Unit::Percent) | (Unit::Duration, Unit::Duration) => Unit::Percent,
        (Unit::Money(x), Unit::Money(y)) if x == y => Unit::Percent,
        (Unit::Number | Unit::Count, Unit::Number | Unit::Count | Unit::Percent) => Unit::Number,
        (Unit::Percent | Unit::Money(_) | Unit::Duration, Unit::Number | Unit::Count) => a,
        (Unit::Money(_) | Unit::Duration, Unit::Percent) => a,
        _ => return None,
    };
    Some(Type::Is(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(unit: Unit) -> Type {
        Type::Is(unit)
    }

    #[test]
    fn like_units_meet() {
        assert_eq!(like(&is(Unit::Count), &is(Unit::Number)), Some(is(Unit::Number)));
        assert_eq!(like(&Type::Zero, &is(Unit::Duration)), Some(is(Unit::Duration)));
        assert_eq!(like(&Type::Zero, &is(Unit::Text)), None);
        assert_eq!(like(&is(Unit::Money("USD".into())), &is(Unit::Money("CNY".into()))), None);
        assert_eq!(like(&is(Unit::Percent), &is(Unit::Number)), None);
    }

    #[test]
    fn quotients_of_like_units_are_shares() {
        let money = is(Unit::Money("USD".into()));
        assert_eq!(quotient(&money, &money), Some(is(Unit::Percent)));
        assert_eq!(quotient(&is(Unit::Count), &is(Unit::Count)), Some(is(Unit::Percent)));
        assert_eq!(quotient(&is(Unit::Count), &is(Unit::Number)), Some(is(Unit::Number)));
        assert_eq!(quotient(&money, &is(Unit::Count)), Some(money.clone()));
        assert_eq!(quotient(&is(Unit::Number), &money), None);
    }

    #[test]
    fn times_subtract_to_durations() {
        assert_eq!(sum(&is(Unit::Time), &is(Unit::Time), true), Some(is(Unit::Duration)));
        assert_eq!(sum(&is(Unit::Time), &is(Unit::Time), false), None);
        assert_eq!(sum(&is(Unit::Percent), &is(Unit::Money("USD".into())), false), None);
    }
}
