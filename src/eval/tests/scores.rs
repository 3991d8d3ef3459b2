//! Law 11.

use super::*;
use crate::compile::program::*;
use crate::time::{Grain, Period, WeekStart};

fn curve(text: &[(&str, &str)], below: Option<&str>, above: Option<&str>) -> Curve {
    let points = text.iter().map(|(value, points)| (dec(value), dec(points))).collect();
    Curve { below: below.map(dec), points, above: above.map(dec) }
}

fn gmv() -> Curve {
    curve(&[("400", "60"), ("500", "100"), ("600", "120")], Some("0"), None)
}

fn margin() -> Curve {
    curve(&[("0.18", "60"), ("0.22", "100"), ("0.25", "120")], None, None)
}

fn tacos() -> Curve {
    curve(&[("0.20", "120"), ("0.25", "100"), ("0.35", "60")], None, Some("0"))
}

fn turnover() -> Curve {
    curve(&[("45", "120"), ("60", "100"), ("75", "60")], None, Some("0"))
}

fn returns() -> Curve {
    curve(&[("0.06", "120"), ("0.08", "100"), ("0.10", "60")], None, None)
}

#[test]
fn curves() {
    let check =
        |curve: &Curve, value: &str, expected: &str| assert_eq!(points(curve, dec(value)).unwrap().round_dp(10), dec(expected), "{value}");
    check(&gmv(), "460", "84");
    check(&margin(), "0.215", "95");
    check(&tacos(), "0.27", "92");
    check(&turnover(), "52", "110.6666666667");
    check(&returns(), "0.072", "108");
    let attainment = curve(&[("0.8", "60"), ("1", "100"), ("1.2", "120")], Some("0"), None);
    check(&attainment, "0.8", "60");
    check(&attainment, "0.7999", "0");
    check(&attainment, "0.92", "84");
    check(&attainment, "1.3", "120");
    check(&turnover(), "76", "0");
    check(&margin(), "0", "60");
}

fn grades() -> Vec<Grade> {
    let grade =
        |name: &str, least: Option<&str>, payout: &str| Grade { name: name.into(), at_least: least.map(dec), payout: Some(dec(payout)) };
    vec![
        grade("S", Some("110"), "1.5"),
        grade("A", Some("100"), "1.2"),
        grade("B", Some("85"), "1.0"),
        grade("C", Some("70"), "0.8"),
        grade("D", None, "0"),
    ]
}

/// The worked card: five KPIs of weights 30, 25, 20, 15 and 10, given as constants.
fn worked() -> (Program, Scorecard) {
    let mut program = program();
    let values =
        [("460", "30", gmv()), ("0.215", "25", margin()), ("0.27", "20", tacos()), ("52", "15", turnover()), ("0.072", "10", returns())];
    let mut kpis = Vec::new();
    for (value, weight, curve) in values {
        let metric_idx = program.metrics.len();
        let formula = Formula::Metric(metric_idx);
        kpis.push(Kpi {
            metric: metric_idx,
            formula,
            unit: Unit::Number,
            name: String::new(),
            text: String::new(),
            window: None,
            weight: dec(weight),
            curve,
        });
        program.metrics.push(metric("m", num(value)));
    }
    let card = Scorecard {
        name: "card".into(),
        title: Text::default(),
        grouping: 1,
        every: Grain::Month,
        kpis,
        adjustments: vec![],
        vetoes: vec![],
        gates: vec![],
        unknown: UnknownPolicy::Reweight,
        cap: None,
        grades: grades(),
        ranking: None,
        payout_base: None,
        payout_unit: Unit::Number,
        schedule: None,
        schedule_text: String::new(),
        leaves: Vec::new(),
        sheet: Sheet::default(),
    };
    (program, card)
}

fn score(program: Program, card: &Scorecard) -> Score {
    let mut world = World::new(program);
    world.step(vec![order(1, "2026-03-01 09:00", "us", "a", "10", "")], "2026-04-02");
    let period = Period::parse("2026-03", WeekStart::Monday).unwrap();
    world.reader(at("2026-04-02")).score(card, period, &[(0, "us".into())]).unwrap()
}

#[test]
fn the_worked_card() {
    let (program, card) = worked();
    let score = score(program, &card);
    assert_eq!(score.total, number("94.75"));
    assert_eq!((score.grade, score.paid(), score.provisional), (Some(2), Some(dec("1.0")), false));
    assert_eq!(score.parts[0].contribution, Some(dec("25.2")));
}

#[test]
fn unknown_policies() {
    let unknown = |policy| {
        let (mut program, mut card) = worked();
        program.metrics[0].formula = Formula::Unknown;
        card.unknown = policy;
        score(program, &card)
    };
    // (95*25 + 92*20 + 332/3*15 + 108*10) / 70
    assert_eq!(unknown(UnknownPolicy::Reweight).total.decimal().unwrap().round_dp(6), dec("99.357143"));
    assert_eq!(unknown(UnknownPolicy::Reweight).parts[0].effective_weight, dec("0"));
    assert_eq!(unknown(UnknownPolicy::Zero).total, number("69.55"));
    let withheld = unknown(UnknownPolicy::Withhold);
    assert_eq!((withheld.total, withheld.grade, withheld.payout), (Number::Unknown(Why::Stated), None, None));
}

#[test]
fn adjustments_cap_and_veto() {
    let (program, mut card) = worked();
    let adjustment = |points: &str, for_each: Option<Formula>, most: Option<&str>, when: Option<Formula>| Adjustment {
        points: dec(points),
        for_each,
        at_most: most.map(dec),
        when,
        text: String::new(),
        title: Text::default(),
    };
    let yes = compare(Compare::Ge, num("2"), num("1"));
    card.adjustments = vec![
        adjustment("5", None, None, Some(yes.clone())),
        adjustment("-2", Some(num("7")), Some("10"), None),
        adjustment("50", None, None, Some(Formula::Unknown)),
        adjustment("50", None, None, Some(Formula::Not(Box::new(yes.clone())))),
    ];
    let result = score(program.clone(), &card);
    assert_eq!(result.total, number("89.75"));
    let applied: Vec<_> = result.adjustments.iter().map(|one| (one.points, one.unknown.is_some())).collect();
    assert_eq!(applied, vec![(dec("5"), false), (dec("-10"), false), (dec("0"), true), (dec("0"), false)]);
    card.adjustments[0].points = dec("500");
    card.cap = Some(dec("120"));
    card.vetoes = vec![
        Veto { when: yes.clone(), text: String::new(), then: Verdict::Grade(3), title: Text::default() },
        Veto { when: Formula::Unknown, text: String::new(), then: Verdict::Grade(4), title: Text::default() },
    ];
    let result = score(program, &card);
    assert_eq!((result.total.clone(), result.grade, result.veto, result.paid()), (number("120"), Some(3), Some(0), Some(dec("0.8"))));
}

#[test]
fn a_score_is_provisional_until_its_events_have_settled() {
    let (mut program, card) = worked();
    program.metrics[1].formula = Formula::Else(Box::new(leaf(SPEND, Read::Sum)), Box::new(num("0.215")));
    let mut world = World::new(program);
    world.step(vec![order(1, "2026-03-01 09:00", "us", "a", "10", "")], "2026-05-01");
    let period = Period::parse("2026-03", WeekStart::Monday).unwrap();
    let provisional = |time: &str| world.reader(at(time)).score(&card, period, &[(0, "us".into())]).unwrap().provisional;
    assert!(provisional("2026-03-31 12:00"));
    assert!(provisional("2026-04-14 23:59"));
    assert!(!provisional("2026-04-15 00:00"));
}
