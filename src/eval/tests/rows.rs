//! Row formulas, what leaves keep, and inputs that are out of the ordinary.

use super::super::rows::{evaluate, item};
use super::super::value::Val;
use super::*;
use crate::compile::program::*;
use crate::time::Zone;

fn row() -> Row {
    order(1, "2026-03-01 09:00", "us", "a", "10", "")
}

fn field(index: FieldIdx) -> Box<RowExpr> {
    Box::new(RowExpr::Field(index))
}

fn word(text: &str) -> Box<RowExpr> {
    Box::new(RowExpr::Const(Scalar::Text(text.into())))
}

fn amount(text: &str) -> Box<RowExpr> {
    Box::new(RowExpr::Const(Scalar::Number(dec(text))))
}

fn same(a: Box<RowExpr>, b: Box<RowExpr>) -> Box<RowExpr> {
    Box::new(RowExpr::Compare(Compare::Eq, a, b))
}

#[test]
fn row_formulas() {
    let row = row();
    let check = |expr: RowExpr, expected: Val<'_>| assert_eq!(evaluate(&expr, &row), expected, "{expr:?}");
    let number = |text: &str| Val::Number(dec(text));
    check(RowExpr::Arith(Arith::Mul, field(2), amount("2.5")), number("25"));
    check(RowExpr::Arith(Arith::Sub, amount("1"), field(2)), number("-9"));
    check(RowExpr::Arith(Arith::Add, field(3), amount("1")), Val::Absent);
    check(RowExpr::Arith(Arith::Mul, amount("79000000000000000000000000000"), field(2)), Val::Absent);
    check(RowExpr::Arith(Arith::Sub, field(4), Box::new(RowExpr::Time)), number("86400"));
    check(RowExpr::Negate(field(2)), number("-10"));
    check(*same(field(0), word("us")), Val::Flag(true));
    // Comparisons with an absent field are false, either way.
    check(*same(field(3), word("x")), Val::Flag(false));
    check(RowExpr::Compare(Compare::Ne, field(3), word("x")), Val::Flag(false));
    check(RowExpr::Not(same(field(3), word("x"))), Val::Flag(true));
    check(RowExpr::And(same(field(0), word("us")), same(field(1), word("b"))), Val::Flag(false));
    check(RowExpr::Or(field(3), same(field(0), word("us"))), Val::Flag(true));
    check(RowExpr::And(field(3), same(field(0), word("us"))), Val::Absent);
    check(RowExpr::StartsWith(field(0), "u".into()), Val::Flag(true));
    check(RowExpr::StartsWith(field(3), "u".into()), Val::Flag(false));
    check(RowExpr::In(field(2), vec![Scalar::Number(dec("10.00"))]), Val::Flag(true));
    check(RowExpr::In(field(3), vec![Scalar::Absent]), Val::Flag(false));
    check(RowExpr::IsAbsent(field(3)), Val::Flag(true));
    check(RowExpr::Else(field(3), word("none")), Val::Text("none"));
    check(RowExpr::Field(99), Val::Absent);
}

#[test]
fn equal_numbers_are_one_distinct_value() {
    let mut leaf = program().leaves[KINDS].clone();
    leaf.arg = Some(RowExpr::Field(2));
    let (a, b) = (order(1, "2026-03-01", "us", "a", "1.50", ""), order(2, "2026-03-01", "us", "a", "1.5", ""));
    assert!(item(&leaf, &a, &Zone::utc()).is_some());
    assert_eq!(item(&leaf, &a, &Zone::utc()), item(&leaf, &b, &Zone::utc()));
}

#[test]
fn values_out_of_range_do_not_count_and_do_not_panic() {
    let huge = "79228162514264337593543950335";
    let mut world = World::new(program());
    let rows = (1..=20).map(|id| order(id, "2026-03-01 09:00", "us", "a", huge, "")).collect();
    world.step(rows, "2026-03-01 12:00");
    let all = When::Window(Window::All);
    assert_eq!(world.number(&leaf(SUM, Read::Count), all, &[]), number("0"));
    assert_eq!(world.number(&leaf(MAX, Read::Value), all, &[]), number(huge));
    let large = "999999999999999";
    let rows = (21..=40).map(|id| order(id, "2026-03-01 10:00", "us", "a", large, "")).collect();
    world.step(rows, "2026-03-01 12:00");
    assert_eq!(world.number(&leaf(SUM, Read::Sum), all, &[]), number("19999999999999980"));
}

#[test]
fn an_event_without_its_clock_lies_in_no_window() {
    let mut world = World::new(program());
    let mut lost = row();
    std::sync::Arc::make_mut(&mut lost.values)[4] = Scalar::Absent;
    world.step(vec![lost], "2026-03-01 12:00");
    assert_eq!(world.number(&leaf(BY_SHIP, Read::Count), When::Window(Window::All), &[]), number("0"));
    assert_eq!(world.number(&leaf(ORDERS, Read::Count), When::Window(Window::All), &[]), number("1"));
}

#[test]
fn metrics_of_metrics_cost_no_more_than_their_number_and_no_stack() {
    let mut program = program();
    program.metrics.push(metric("m", leaf(ORDERS, Read::Count)));
    for index in 0..100 {
        let inner = || Box::new(Formula::Metric(index));
        program.metrics.push(metric("m", Formula::Arith(Arith::Add, inner(), inner())));
    }
    for index in 100..20_000 {
        program.metrics.push(metric("m", Formula::Metric(index)));
    }
    let mut world = World::new(program);
    world.step(vec![row()], "2026-03-01 12:00");
    let all = When::Window(Window::All);
    assert_eq!(world.number(&Formula::Metric(60), all, &[]), number("1152921504606846976"));
    assert_eq!(world.number(&Formula::Metric(20_000), all, &[]), Number::Unknown(Why::TooDeep));
    let parts = world.reader(at("2026-03-01 12:00")).explain(&Formula::Metric(20_000), all, &[], 9).unwrap().parts;
    assert_eq!(parts.len(), 1);
}

#[test]
fn a_state_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&World::new(program()).state);
}
