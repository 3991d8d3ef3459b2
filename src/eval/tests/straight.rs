//! Scores read straight are those that are composed by looking at everything, digit by digit.

use super::differential::{Dice, reads, some_row, some_window, start};
use super::*;
use crate::compile::program::*;
use crate::eval::straight::Straight;
use crate::time::{Grain, Period, WeekStart};
use rust_decimal::Decimal;

const METRICS: u64 = 4;

/// A formula over aggregates and over the metrics before this one.
fn some_formula(dice: &mut Dice, metrics: u64, depth: u64) -> Formula {
    let kind = if depth == 0 { 0 } else { dice.roll(15) };
    let mut inner = || Box::new(some_formula(dice, metrics, depth - 1));
    match kind {
        1 => Formula::Arith(Arith::Add, inner(), inner()),
        2 => Formula::Arith(Arith::Sub, inner(), inner()),
        3 => Formula::Arith(Arith::Mul, inner(), inner()),
        4 | 5 => Formula::Arith(Arith::Div, inner(), inner()),
        6 => Formula::Else(inner(), inner()),
        7 => Formula::Negate(inner()),
        8 => Formula::Round(inner(), 1),
        9 => Formula::Least(vec![*inner(), *inner()]),
        10 => Formula::Greatest(vec![*inner(), *inner()]),
        11 => Formula::Over(some_window(dice), Box::new(some_formula(dice, metrics, depth - 1))),
        12 => num(dice.pick(&["0", "1.50", "-3", "7"])),
        13 if metrics > 0 => Formula::Metric(usize::try_from(dice.roll(metrics)).unwrap()),
        14 => dice.pick(&[Formula::Unknown, Formula::DaysLeft, Formula::Abs(Box::new(num("-0.125")))]),
        _ => {
            let (index, read) = dice.pick(&reads());
            leaf(index, read)
        }
    }
}

fn some_condition(dice: &mut Dice) -> Formula {
    let mut inner = |depth| Box::new(some_formula(dice, METRICS, depth));
    let one = Formula::Compare(Compare::Gt, inner(1), inner(0));
    let other = Formula::Compare(Compare::Le, inner(1), inner(0));
    match dice.roll(5) {
        0 => Formula::And(Box::new(one), Box::new(other)),
        1 => Formula::Or(Box::new(one), Box::new(other)),
        2 => Formula::Not(Box::new(one)),
        3 => Formula::IsUnknown(Box::new(some_formula(dice, METRICS, 1))),
        _ => one,
    }
}

fn some_curve(dice: &mut Dice) -> Curve {
    let mut value = i64::try_from(dice.roll(10)).unwrap() - 7;
    let mut points = Vec::new();
    for _ in 0..=dice.roll(4) {
        points.push((Decimal::new(value, u32::try_from(dice.roll(2)).unwrap()), Decimal::from(dice.roll(120))));
        value += 1 + i64::try_from(dice.roll(9)).unwrap();
    }
    points.sort();
    points.dedup_by_key(|point| point.0);
    let edge = |dice: &mut Dice| dice.chance(3).then(|| dec("-12.5"));
    Curve { below: edge(dice), points, above: edge(dice) }
}

fn some_card(dice: &mut Dice, program: &mut Program) -> Scorecard {
    for before in 0..METRICS {
        let formula = some_formula(dice, before, 2);
        program.metrics.push(metric("m", formula));
    }
    let kpi = |dice: &mut Dice| Kpi {
        metric: 0,
        formula: Formula::Metric(usize::try_from(dice.roll(METRICS)).unwrap()),
        unit: Unit::Number,
        name: String::new(),
        text: String::new(),
        window: dice.chance(3).then(|| some_window(dice)),
        weight: dice.pick(&[dec("30"), dec("12.5"), dec("20.00"), dec("33")]),
        curve: some_curve(dice),
    };
    let adjustment = |dice: &mut Dice| Adjustment {
        points: dec(dice.pick(&["5", "-2.5"])),
        for_each: dice.chance(2).then(|| some_formula(dice, METRICS, 1)),
        at_most: dice.chance(2).then(|| dec("10")),
        when: dice.chance(2).then(|| some_condition(dice)),
        text: String::new(),
        title: Text::default(),
    };
    let gate = |dice: &mut Dice| Gate { when: some_condition(dice), marks: dice.chance(2), text: String::new(), title: Text::default() };
    let veto = |dice: &mut Dice| Veto {
        when: some_condition(dice),
        text: String::new(),
        then: if dice.chance(2) { Verdict::Grade(1) } else { Verdict::Score(dec("20")) },
        title: Text::default(),
    };
    let base = |dice: &mut Dice| PayoutBase { formula: some_formula(dice, METRICS, 1), text: String::new() };
    let grade = |name: &str, least, payout| Grade { name: name.into(), at_least: least, payout: Some(dec(payout)) };
    Scorecard {
        name: "card".into(),
        title: Text::default(),
        grouping: dice.pick(&[1, 1, 2]),
        every: dice.pick(&[Grain::Day, Grain::Month]),
        kpis: (0..=dice.roll(4)).map(|_| kpi(dice)).collect(),
        adjustments: (0..dice.roll(3)).map(|_| adjustment(dice)).collect(),
        vetoes: (0..dice.roll(2)).map(|_| veto(dice)).collect(),
        gates: (0..dice.roll(3)).map(|_| gate(dice)).collect(),
        unknown: dice.pick(&[UnknownPolicy::Reweight, UnknownPolicy::Zero, UnknownPolicy::Withhold]),
        cap: dice.chance(3).then(|| dec("100")),
        grades: vec![grade("A", Some(dec("50")), "1.5"), grade("B", None, "0.5")],
        ranking: None,
        payout_base: dice.chance(2).then(|| base(dice)),
        payout_unit: Unit::Number,
        schedule: None,
        schedule_text: String::new(),
        leaves: Vec::new(),
        sheet: Sheet::default(),
    }
}

#[test]
fn straight_is_the_same() {
    let (mut compared, mut straight_ones) = (0, 0);
    for seed in 1..=1_500u64 {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut program = program();
        let mut card = some_card(&mut dice, &mut program);
        card.sheet = Sheet::of(&program, &card);
        let rows: Vec<Row> = (0..1 + dice.roll(40)).map(|id| some_row(&mut dice, u128::from(id))).collect();
        let mut world = World::new(program);
        world.step_at(rows, start().plus_s(9 * 86_400));
        // Packed or open, the cells are the same.
        if dice.chance(2) {
            world.state.take_changes();
        }
        for _ in 0..4 {
            let at = start().plus_s(3_600 * i64::try_from(dice.roll(24 * 9)).unwrap());
            let reader = world.reader(at);
            let day = crate::time::Zone::utc().day_of(start()).plus(i32::try_from(dice.roll(10)).unwrap());
            let period = Period::holding(card.every, day, WeekStart::Monday);
            let peers = reader.peers(&card, period).unwrap();
            let straight = Straight::of(&reader, &card, period);
            for shop in ["us", "de", "nowhere"] {
                let mut scope: Vec<(DimIdx, Box<str>)> = vec![(0, shop.into())];
                scope.extend((card.grouping == 2).then(|| (1, "a".into())));
                let found = reader.score_among(&card, period, &scope, &peers).unwrap();
                let expected = reader.composed(&card, period, &scope, None).unwrap();
                assert_eq!(format!("{found:?}"), format!("{expected:?}"), "seed {seed} {card:#?}");
                compared += 1;
                let gathered = straight.as_ref().map(|straight| straight.gathered(reader, &card, &scope).unwrap());
                straight_ones += usize::from(gathered.flatten().is_some());
            }
        }
    }
    assert!(straight_ones * 4 > compared, "{straight_ones} of {compared}");
}
