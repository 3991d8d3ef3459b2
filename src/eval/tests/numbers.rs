//! Laws 1, 2, 5 and 6.

use super::*;
use crate::compile::program::*;
use crate::time::{Period, WeekStart};
use Number::Unknown;

const DAY: When = When::Window(Window::Days { length: 1, ending: 0 });

fn period(label: &str) -> When {
    When::Period(Period::parse(label, WeekStart::Monday).unwrap())
}

fn world() -> World {
    let mut world = World::new(program());
    let rows = vec![
        order(1, "2026-03-01 09:00", "us", "a", "10", ""),
        order(2, "2026-03-01 10:00", "us", "b", "20", "late"),
        order(3, "2026-03-02 09:00", "us", "", "30.5", "late"),
        order(4, "2026-03-02 09:00", "de", "a", "", "x"),
        order(5, "2026-03-02 23:00", "us", "a", "7", ""),
    ];
    world.step(rows, "2026-03-02 12:00");
    world
}

#[test]
fn windows_and_scopes() {
    let world = world();
    let sum = leaf(SUM, Read::Sum);
    let check = |when, scope: &[(DimIdx, &str)], expected: &str| {
        assert_eq!(world.number(&sum, when, scope), number(expected), "{when:?} {scope:?}")
    };
    check(DAY, &[], "30.5");
    check(When::Window(over_days(2)), &[], "60.5");
    check(When::Window(Window::Days { length: 1, ending: 1 }), &[], "30");
    check(When::Window(Window::Elapsed { length_s: 26 * 3600, ending_s: 0 }), &[], "30.5");
    check(When::Window(Window::Elapsed { length_s: 26 * 3600 + 1, ending_s: 0 }), &[], "50.5");
    check(When::Window(Window::Elapsed { length_s: 3600, ending_s: 2 * 3600 }), &[], "0");
    check(When::Window(Window::Elapsed { length_s: 3601, ending_s: 2 * 3600 }), &[], "30.5");
    check(period("2026-03"), &[(0, "us")], "60.5");
    check(period("2026-03"), &[(0, "us"), (1, "a")], "10");
    check(period("2026-03"), &[(1, "a")], "10");
    check(period("2026-03-01"), &[(0, "us")], "30");
    check(When::Window(Window::All), &[], "60.5");
    check(DAY, &[(0, "de")], "0");
    assert_eq!(world.number(&sum, period("2026-04"), &[]), Unknown(Why::NotBegun));
    assert_eq!(world.number(&sum, DAY, &[(0, "fr")]), Unknown(Why::NoScope));
    // February was over before the first event.
    let previous = When::Window(Window::Period { grain: crate::time::Grain::Month, previous: true });
    assert_eq!(world.number(&sum, period("2026-02"), &[(0, "us")]), Unknown(Why::NoScope));
    assert_eq!(world.number(&sum, previous, &[]), Unknown(Why::NoScope));
}

#[test]
fn every_kind_of_aggregate() {
    let world = world();
    let month = period("2026-03");
    let check = |formula: Formula, expected: &str| assert_eq!(world.number(&formula, month, &[]), number(expected), "{formula:?}");
    check(leaf(ORDERS, Read::Count), "4");
    check(leaf(SUM, Read::Count), "3");
    check(leaf(LATE, Read::Count), "2");
    check(leaf(KINDS, Read::Distinct), "2");
    check(leaf(MIN, Read::Value), "10");
    check(leaf(MAX, Read::Value), "30.5");
    check(leaf(FIRST, Read::Value), "10");
    check(leaf(LAST, Read::Value), "30.5");
    check(leaf(VALUES, Read::Quantile(dec("0.5"))), "20");
    check(leaf(VALUES, Read::Quantile(dec("0.25"))), "15");
    check(Formula::Round(Box::new(leaf(SUM, Read::Avg)), 4), "20.1667");
    let empty = World::new(program());
    assert_eq!(empty.number_at(at("2026-03-01"), &leaf(ORDERS, Read::Count), DAY, &[]), Unknown(Why::NoScope));
}

#[test]
fn unknown_is_not_zero() {
    let world = world();
    // An hour without an order, after the first ones.
    let hour = When::Window(Window::Elapsed { length_s: 3600, ending_s: 2 * 3600 });
    let value = |formula: &Formula| world.number(formula, hour, &[]);
    for formula in [leaf(MIN, Read::Value), leaf(SUM, Read::Avg), leaf(LAST, Read::Value), leaf(VALUES, Read::Quantile(dec("0.5")))] {
        assert_eq!(value(&formula), Unknown(Why::NoRows));
    }
    let rate = divide(leaf(LATE, Read::Count), leaf(ORDERS, Read::Count));
    assert_eq!(value(&rate), Unknown(Why::ZeroDenominator));
    assert_eq!(value(&Formula::Else(Box::new(rate.clone()), Box::new(num("3")))), number("3"));
    let truth = |flag| Number::Known(Scalar::Flag(flag));
    let above = compare(Compare::Gt, rate, num("0.1"));
    let no = compare(Compare::Gt, num("0"), num("1"));
    let yes = compare(Compare::Lt, num("0"), num("1"));
    assert_eq!(value(&Formula::And(Box::new(above.clone()), Box::new(no))), truth(false));
    assert_eq!(value(&Formula::Or(Box::new(above.clone()), Box::new(yes.clone()))), truth(true));
    assert_eq!(value(&Formula::And(Box::new(yes), Box::new(above.clone()))), Unknown(Why::ZeroDenominator));
    assert_eq!(value(&Formula::IsUnknown(Box::new(above))), truth(true));
    let huge = Formula::Arith(Arith::Mul, Box::new(num("79000000000000000000000000000")), Box::new(num("10")));
    assert_eq!(value(&huge), Unknown(Why::OutOfRange));
}

#[test]
fn ratios_are_ratios_of_sums() {
    let world = world();
    let rate = divide(leaf(LATE, Read::Count), leaf(ORDERS, Read::Count));
    assert_eq!(world.number(&rate, period("2026-03"), &[]), number("0.5"));
    assert_eq!(world.number(&rate, DAY, &[]), number("0.5"));
    assert_eq!(world.number(&rate, period("2026-03-01"), &[(0, "us")]), number("0.5"));
}

#[test]
fn only_events_up_to_the_instant_exist() {
    let mut world = world();
    let sum = leaf(SUM, Read::Sum);
    let month = period("2026-03");
    assert_eq!(world.number_at(at("2026-03-01 09:59"), &sum, month, &[]), number("10"));
    assert_eq!(world.number_at(at("2026-03-02 08:59"), &leaf(ORDERS, Read::Count), month, &[(0, "de")]), Unknown(Why::NoScope));
    assert_eq!(world.number_at(at("2026-03-02 12:00"), &sum, month, &[]), number("60.5"));
    assert_eq!(world.state.next_due(), Some(at("2026-03-02 23:00")));
    world.step(vec![], "2026-03-02 23:00");
    assert_eq!(world.number(&sum, month, &[]), number("67.5"));
    assert_eq!(world.number_at(at("2026-03-02 12:00"), &sum, month, &[]), number("60.5"));
    // By the deadline: the order of 1 March 10:00 has it on 2 March 10:00, whatever the instant of that day.
    assert_eq!(world.number_at(at("2026-03-02 09:30"), &leaf(BY_SHIP, Read::Count), DAY, &[]), number("2"));
    let hour = When::Window(Window::Elapsed { length_s: 3600, ending_s: 0 });
    assert_eq!(world.number_at(at("2026-03-02 09:30"), &leaf(BY_SHIP, Read::Count), hour, &[]), number("1"));
    // Inside a period that is over, elapsed windows end with it.
    let inner = Formula::Over(Window::Elapsed { length_s: 7200, ending_s: 0 }, Box::new(sum));
    assert_eq!(world.number(&inner, period("2026-03-01"), &[]), number("0"));
}

#[test]
fn a_later_revision_replaces_whichever_comes_first() {
    let rows = [
        ad(1, "2026-03-02 06:00", 1, "us", "c", "2026-03-01", "10"),
        ad(2, "2026-03-05 06:00", 2, "us", "c", "2026-03-01", "12"),
        ad(3, "2026-03-04 06:00", 3, "de", "c", "2026-03-01", "9"),
        ad(4, "2026-03-03 06:00", 1, "us", "d", "2026-03-01", "1"),
    ];
    let month = period("2026-03");
    for order in [[0, 1, 2, 3], [2, 1, 0, 3], [3, 1, 2, 0], [1, 0, 3, 2]] {
        let mut world = World::new(program());
        for place in order {
            world.step(vec![rows[place].clone()], "2026-03-06");
        }
        let check = |time: &str, shop: &str, sum: &str, max: Option<&str>| {
            assert_eq!(world.number_at(at(time), &leaf(SPEND, Read::Sum), month, &[(0, shop)]), number(sum), "{order:?} {time} {shop}");
            let max = max.map_or(Unknown(Why::NoRows), number);
            assert_eq!(world.number_at(at(time), &leaf(SPEND_MAX, Read::Value), month, &[(0, shop)]), max, "{order:?} {time} {shop}");
            assert_eq!(world.number_at(at(time), &leaf(SPEND_LAST, Read::Value), month, &[(0, shop)]).decimal().is_some(), sum != "0");
        };
        check("2026-03-02 07:00", "us", "10", Some("10"));
        check("2026-03-03 07:00", "us", "11", Some("10"));
        check("2026-03-04 07:00", "us", "1", Some("1"));
        check("2026-03-04 07:00", "de", "9", Some("9"));
        check("2026-03-06", "us", "1", Some("1"));
        check("2026-03-06", "de", "9", Some("9"));
    }
}

#[test]
fn scopes_are_listed_once_they_exist() {
    let world = world();
    let list = |time: &str, dims: &[DimIdx]| world.reader(at(time)).scopes(dims, &[]).unwrap();
    assert_eq!(list("2026-03-02 12:00", &[0]), vec![vec![Box::from("de")], vec!["us".into()]]);
    assert_eq!(list("2026-03-01 12:00", &[0]), vec![vec![Box::from("us")]]);
    assert_eq!(list("2026-03-02 12:00", &[1]), vec![vec![Box::from("a")], vec!["b".into()]]);
    let within = world.reader(at("2026-03-02 12:00")).scopes(&[1], &[(0, "de".into())]).unwrap();
    assert_eq!(within, vec![vec![Box::from("a")]]);
}

#[test]
fn an_explanation_names_the_events() {
    let world = world();
    let rate = divide(leaf(LATE, Read::Count), leaf(ORDERS, Read::Count));
    let told = world.reader(world.state.clock()).explain(&rate, period("2026-03"), &[(0, "us".into())], 1).unwrap();
    assert_eq!(told.value.decimal().unwrap().round_dp(4), dec("0.6667"));
    let parts: Vec<_> = told.parts.iter().map(|part| (part.leaf, part.value.clone(), part.rows, part.events[0].1)).collect();
    assert_eq!(parts, vec![(LATE, number("2"), 2, RowId(2)), (ORDERS, number("3"), 3, RowId(1))]);
}
