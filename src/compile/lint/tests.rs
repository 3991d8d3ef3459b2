//! Sets of values against conditions on single numbers.

use super::values::Values;
use crate::compile::program::Compare;
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A condition on one number.
#[derive(Debug, Clone)]
enum Condition {
    Compared(Compare, i64),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

impl Condition {
    fn values(&self) -> Values {
        match self {
            Condition::Compared(op, limit) => Values::compared(*op, Decimal::new(*limit, 1)),
            Condition::And(a, b) => a.values().and(&b.values()),
            Condition::Or(a, b) => a.values().or(&b.values()),
            Condition::Not(a) => a.values().not(),
        }
    }

    fn holds(&self, value: Decimal) -> bool {
        match self {
            Condition::Compared(op, limit) => {
                let limit = Decimal::new(*limit, 1);
                match op {
                    Compare::Eq => value == limit,
                    Compare::Ne => value != limit,
                    Compare::Lt => value < limit,
                    Compare::Le => value <= limit,
                    Compare::Gt => value > limit,
                    Compare::Ge => value >= limit,
                }
            }
            Condition::And(a, b) => a.holds(value) && b.holds(value),
            Condition::Or(a, b) => a.holds(value) || b.holds(value),
            Condition::Not(a) => !a.holds(value),
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let op = proptest::sample::select(vec![Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge]);
    (op, -20..20i64).prop_map(|(op, limit)| Condition::Compared(op, limit)).prop_recursive(4, 12, 2, |inner| {
        let pair = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        prop_oneof![
            pair().prop_map(|(a, b)| Condition::And(a, b)),
            pair().prop_map(|(a, b)| Condition::Or(a, b)),
            inner.clone().prop_map(|a| Condition::Not(Box::new(a))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_set_holds_the_numbers_for_which_its_condition_does(condition in condition()) {
        let values = condition.values();
        // Twentieths: every limit, and a number between any two.
        let numbers = (-60..=60).map(|number| Decimal::new(number * 5, 2));
        let (mut any, mut any_whole) = (false, false);
        for number in numbers {
            prop_assert_eq!(values.contains(number), condition.holds(number), "{}", number);
            any |= condition.holds(number);
            any_whole |= condition.holds(number) && number.fract().is_zero();
        }
        for (whole, any) in [(false, any), (true, any_whole)] {
            let picked = values.number(whole);
            prop_assert_eq!(picked.is_some(), any);
            prop_assert!(picked.is_none_or(|picked| condition.holds(picked) && (!whole || picked.fract().is_zero())), "{:?}", picked);
        }
    }
}
