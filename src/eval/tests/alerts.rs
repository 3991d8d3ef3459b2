//! Law 12, and law 7 for deadlines.

use super::*;
use crate::compile::program::*;
use crate::time::{Grain, Instant, OnDays, Schedule};

const HOUR: u64 = 3600;
const DAY: u64 = 86_400;

fn level(severity: Severity, when: Formula, hold_s: u64) -> AlertLevel {
    AlertLevel { severity, when, text: String::new(), hold: Hold::Unbroken(hold_s), early: false, calendar: None, limit: Some(dec("9")) }
}

fn above(limit: &str) -> Formula {
    compare(Compare::Gt, Formula::Subject, num(limit))
}

fn below(limit: &str) -> Formula {
    compare(Compare::Lt, Formula::Subject, num(limit))
}

/// A rule on the sum of orders a shop, over one day.
fn rule(levels: Vec<AlertLevel>, clear: Option<Formula>) -> AlertRule {
    AlertRule {
        adapt: None,
        exempts: Vec::new(),
        inhibitors: Vec::new(),
        group_by: None,
        clear_hold_s: 0,
        name: "rule".into(),
        title: Text::default(),
        subject: leaf(SUM, Read::Sum),
        text: String::new(),
        unit: Unit::Number,
        window: over_days(1),
        grouping: 1,
        levels,
        clear,
        clear_text: String::new(),
        no_data: NoData::Keep,
        message: Text::default(),
        notify: vec![],
        schedule: None,
        schedule_text: String::new(),
        repeat_s: None,
        leaves: vec![SUM],
    }
}

fn world(rule: AlertRule) -> World {
    let mut program = program();
    program.alerts.push(rule);
    World::new(program)
}

fn sale(id: u128, time: &str, amount: &str) -> Row {
    order(id, time, "us", "a", amount, "")
}

/// `firing warning 09:00 since 08:00 #1 r` for every notice.
fn told(notices: &[Notice]) -> Vec<String> {
    let text = |instant: Instant| Zone::utc().format(instant)[5..16].to_owned();
    let one = |notice: &Notice| {
        let restated = if notice.restated { " restated" } else { "" };
        format!("{:?} {:?} {} since {} #{}{restated}", notice.kind, notice.severity, text(notice.at), text(notice.since), notice.episode)
    };
    notices.iter().map(one).collect()
}

use crate::time::Zone;

fn steps(world: &World) -> Vec<(Instant, Option<(Severity, Instant)>)> {
    let scope = Scope { grouping: 1, values: [Some("us".into())].into() };
    let (id, _) = world.state.scope(&scope).unwrap().unwrap();
    world.state.track(0, id).unwrap().steps.iter().map(|step| (step.at, step.machine.firing)).collect()
}

#[test]
fn fires_at_the_exact_instant_and_resolves_with_the_day() {
    let mut world = world(rule(vec![level(Severity::Warning, above("9"), 2 * HOUR)], None));
    assert!(world.step(vec![sale(1, "2026-03-01 09:00", "10")], "2026-03-01 09:30").is_empty());
    assert_eq!(world.state.next_due(), Some(at("2026-03-01 11:00")));
    let notices = world.step(vec![], "2026-03-01 15:00");
    assert_eq!(told(&notices), ["Firing Warning 03-01 11:00 since 03-01 11:00 #1"]);
    assert_eq!((notices[0].value, notices[0].limit), (Some(dec("10")), Some(dec("9"))));
    assert_eq!(world.state.next_due(), Some(at("2026-03-02 00:00")));
    let notices = world.step(vec![], "2026-03-02 09:00");
    assert_eq!(told(&notices), ["Resolved Warning 03-02 00:00 since 03-01 11:00 #1"]);
    assert_eq!(world.state.next_due(), None);
}

#[test]
fn what_a_rule_is_on_may_change_within_a_day_though_its_conditions_do_not() {
    let mut rule = rule(vec![level(Severity::Warning, compare(Compare::Gt, leaf(SUM, Read::Sum), num("9")), 0)], None);
    rule.subject = Formula::Over(Window::Elapsed { length_s: 3 * HOUR, ending_s: HOUR }, Box::new(leaf(SUM, Read::Sum)));
    let mut world = world(rule);
    assert!(world.step(vec![sale(1, "2026-03-01 09:00", "3")], "2026-03-01 09:30").is_empty());
    assert_eq!(world.state.next_due(), Some(at("2026-03-01 10:00")));
    assert!(world.step(vec![], "2026-03-01 11:00").is_empty());
    assert_eq!(world.state.next_due(), Some(at("2026-03-01 13:00")));
    assert!(world.step(vec![], "2026-03-01 20:00").is_empty());
    assert_eq!(world.state.next_due(), Some(at("2026-03-02 00:00")));
}

#[test]
fn hysteresis_and_severities() {
    let levels = vec![level(Severity::Warning, above("9"), 0), level(Severity::Critical, above("20"), 0)];
    let mut world = world(rule(levels, Some(below("5"))));
    let rows = vec![
        sale(1, "2026-03-01 09:00", "10"),
        sale(2, "2026-03-01 10:00", "15"),
        sale(3, "2026-03-01 11:00", "-10"),
        sale(4, "2026-03-01 12:00", "-8"),
        sale(5, "2026-03-01 13:00", "-3"),
        sale(6, "2026-03-01 14:00", "7"),
    ];
    let expected = [
        "Firing Warning 03-01 09:00 since 03-01 09:00 #1",
        "Firing Critical 03-01 10:00 since 03-01 09:00 #1",
        "Firing Warning 03-01 11:00 since 03-01 09:00 #1",
        "Resolved Warning 03-01 13:00 since 03-01 09:00 #1",
        "Firing Warning 03-01 14:00 since 03-01 14:00 #2",
    ];
    assert_eq!(told(&world.step(rows, "2026-03-01 15:00")), expected);
}

#[test]
fn the_clear_condition_yields_to_a_level_that_is_true() {
    let mut world = world(rule(vec![level(Severity::Warning, above("9"), 0)], Some(above("1"))));
    let rows = vec![sale(1, "2026-03-01 09:00", "10"), sale(2, "2026-03-01 10:00", "-5")];
    let expected = ["Firing Warning 03-01 09:00 since 03-01 09:00 #1", "Resolved Warning 03-01 10:00 since 03-01 09:00 #1"];
    assert_eq!(told(&world.step(rows, "2026-03-01 15:00")), expected);
}

#[test]
fn no_data_policies() {
    let check = |policy: NoData, expected: &[&str]| {
        let mut rule = rule(vec![level(Severity::Warning, above("9"), 0)], Some(below("5")));
        rule.subject = leaf(MAX, Read::Value);
        rule.leaves = vec![MAX];
        rule.no_data = policy;
        let mut world = world(rule);
        let rows = vec![sale(1, "2026-03-01 09:00", "10"), order(2, "2026-03-04 09:00", "us", "a", "1", "")];
        assert_eq!(told(&world.step(rows, "2026-03-06")), expected, "{policy:?}");
    };
    check(NoData::Keep, &["Firing Warning 03-01 09:00 since 03-01 09:00 #1", "Resolved Warning 03-04 09:00 since 03-01 09:00 #1"]);
    check(NoData::Clear, &["Firing Warning 03-01 09:00 since 03-01 09:00 #1", "Resolved Warning 03-02 00:00 since 03-01 09:00 #1"]);
    check(
        NoData::Alert,
        &[
            "Firing Warning 03-01 09:00 since 03-01 09:00 #1",
            "Resolved Warning 03-04 09:00 since 03-01 09:00 #1",
            "Firing Warning 03-05 00:00 since 03-05 00:00 #2",
        ],
    );
}

#[test]
fn reminders_follow_now() {
    let mut rule = rule(vec![level(Severity::Warning, above("9"), 0)], None);
    rule.repeat_s = Some(6 * HOUR);
    rule.window = Window::All;
    let mut world = world(rule);
    assert_eq!(
        told(&world.step(vec![sale(1, "2026-03-01 09:00", "10")], "2026-03-01 10:00")),
        ["Firing Warning 03-01 09:00 since 03-01 09:00 #1"]
    );
    assert_eq!(world.state.next_due(), Some(at("2026-03-01 16:00")));
    assert!(world.step(vec![], "2026-03-01 15:59").is_empty());
    assert_eq!(told(&world.step(vec![], "2026-03-02 16:00")), ["Repeat Warning 03-02 16:00 since 03-01 09:00 #1"]);
    assert_eq!(world.state.next_due(), Some(at("2026-03-02 22:00")));
}

#[test]
fn a_late_row_moves_the_beginning() {
    let mut world = world(rule(vec![level(Severity::Warning, above("9"), 0)], None));
    world.step(vec![sale(1, "2026-03-01 09:00", "5"), sale(2, "2026-03-01 12:00", "6")], "2026-03-01 13:00");
    assert_eq!(
        told(&world.step(vec![sale(3, "2026-03-01 10:00", "5")], "2026-03-01 13:30")),
        ["Restated Warning 03-01 10:00 since 03-01 10:00 #1 restated"]
    );
    assert_eq!(steps(&world), [(at("2026-03-01 10:00"), Some((Severity::Warning, at("2026-03-01 10:00"))))]);
    assert_eq!(
        told(&world.step(vec![sale(4, "2026-03-01 09:30", "-11")], "2026-03-01 14:00")),
        ["Resolved Warning 03-01 14:00 since 03-01 10:00 #1 restated"]
    );
    let (_, _, track) = world.state.tracks().next().unwrap();
    assert!(track.episodes[0].withdrawn && track.episodes[0].restated && track.steps.is_empty());
    // What comes back keeps its id.
    let notices = world.step(vec![sale(5, "2026-03-01 09:40", "11")], "2026-03-01 14:30");
    assert_eq!(told(&notices), ["Firing Warning 03-01 10:00 since 03-01 10:00 #1 restated"]);
}

#[test]
fn an_end_before_the_channels_were_told_that_it_fires_is_restated() {
    let run = |told_at: &str, ended: &str| {
        let mut rule = rule(vec![level(Severity::Warning, above("9"), 0)], None);
        (rule.window, rule.repeat_s) = (Window::All, Some(6 * HOUR));
        let mut world = world(rule);
        world.step(vec![sale(1, "2026-03-01 09:00", "10")], told_at);
        told(&world.step(vec![sale(2, ended, "-5")], "2026-03-02 14:00"))
    };
    // Told at 10:00; what ended at 11:00 contradicts nothing that was said.
    assert_eq!(run("2026-03-01 10:00", "2026-03-01 11:00"), ["Resolved Warning 03-01 11:00 since 03-01 09:00 #1"]);
    assert_eq!(run("2026-03-01 12:00", "2026-03-01 11:00"), ["Resolved Warning 03-01 11:00 since 03-01 09:00 #1 restated"]);
}

#[test]
fn an_end_before_a_reminder_is_restated() {
    let mut rule = rule(vec![level(Severity::Warning, above("9"), 0)], None);
    (rule.window, rule.repeat_s) = (Window::All, Some(6 * HOUR));
    let mut world = world(rule);
    world.step(vec![sale(1, "2026-03-01 09:00", "10")], "2026-03-01 10:00");
    assert_eq!(told(&world.step(vec![], "2026-03-01 16:00")), ["Repeat Warning 03-01 16:00 since 03-01 09:00 #1"]);
    let notices = world.step(vec![sale(2, "2026-03-01 11:00", "-5")], "2026-03-01 17:00");
    assert_eq!(told(&notices), ["Resolved Warning 03-01 11:00 since 03-01 09:00 #1 restated"]);
    let (_, _, track) = world.state.tracks().next().unwrap();
    assert!(track.episodes[0].restated && !track.episodes[0].withdrawn);
}

#[test]
fn a_late_row_after_the_end_tells_of_the_past() {
    let mut world = world(rule(vec![level(Severity::Warning, above("9"), 0)], None));
    world.step(vec![sale(1, "2026-03-01 09:00", "5")], "2026-03-05");
    let notices = world.step(vec![sale(2, "2026-03-01 12:00", "6")], "2026-03-05");
    assert_eq!(
        told(&notices),
        ["Firing Warning 03-01 12:00 since 03-01 12:00 #1 restated", "Resolved Warning 03-02 00:00 since 03-01 12:00 #1 restated"]
    );
}

#[test]
fn rows_of_one_instant_in_two_batches() {
    let mut world = world(rule(vec![level(Severity::Warning, above("9"), 0)], None));
    world.step(vec![sale(1, "2026-03-01 09:00", "10")], "2026-03-01 09:00");
    let notices = world.step(vec![sale(2, "2026-03-01 09:00", "-5")], "2026-03-01 09:00");
    assert_eq!(told(&notices), ["Resolved Warning 03-01 09:00 since 03-01 09:00 #1 restated"]);
    assert!(steps(&world).is_empty());
}

#[test]
fn elapsed_windows_end_to_the_second() {
    let mut rule = rule(vec![level(Severity::Warning, above("9"), 0)], None);
    rule.window = Window::Elapsed { length_s: 24 * HOUR, ending_s: 0 };
    let mut world = world(rule);
    let rows = vec![sale(1, "2026-03-01 09:00:10", "5"), sale(2, "2026-03-01 12:00:20", "6")];
    let expected = ["Firing Warning 03-01 12:00 since 03-01 12:00 #1", "Resolved Warning 03-02 09:00 since 03-01 12:00 #1"];
    assert_eq!(told(&world.step(rows, "2026-03-09")), expected);
    assert_eq!(steps(&world)[1].0, at("2026-03-02 09:00:10"));
    assert_eq!(world.state.next_due(), None);
}

#[test]
fn a_scope_without_its_dimension_never_alerts() {
    let mut rule = rule(vec![level(Severity::Warning, above("9"), 0)], None);
    rule.grouping = 2;
    let mut world = world(rule);
    assert!(world.step(vec![order(1, "2026-03-01 09:00", "us", "", "10", "")], "2026-03-01 15:00").is_empty());
    assert_eq!(world.step(vec![order(2, "2026-03-01 09:00", "us", "a", "10", "")], "2026-03-01 15:00").len(), 1);
}

#[test]
fn holding_is_measured_over_restarts_of_the_condition() {
    let mut world = world(rule(vec![level(Severity::Warning, above("9"), DAY)], None));
    let mut rows = vec![sale(1, "2026-03-01 09:00", "10"), sale(2, "2026-03-02 09:00", "10"), sale(3, "2026-03-03 00:00", "10")];
    assert!(world.step(rows.clone(), "2026-03-03 08:00").is_empty());
    // With a sale at each midnight the condition holds on.
    rows = vec![sale(4, "2026-03-02 00:00", "10")];
    let notices = world.step(rows, "2026-03-03 08:00");
    assert_eq!(told(&notices), ["Firing Warning 03-02 09:00 since 03-02 09:00 #1 restated"]);
}

#[test]
fn looks_that_see_no_rows_are_gone_over_at_once() {
    let schedule = Schedule { on: OnDays::OfPeriod(Grain::Day, 1), minute: 90 };
    // When it was told is no matter of the past.
    let track = |(rule, scope, track): (usize, ScopeId, &Track)| (rule, scope, Track { told: None, ..track.clone() });
    for no_data in [NoData::Keep, NoData::Clear, NoData::Alert] {
        for (read, hold_s) in [(Read::Sum, 0), (Read::Avg, 0), (Read::Avg, 3 * DAY)] {
            let new = || {
                let levels = vec![level(Severity::Warning, above("9"), hold_s)];
                world(AlertRule { schedule: Some(schedule), window: over_days(3), no_data, subject: leaf(SUM, read), ..rule(levels, None) })
            };
            let (mut often, mut once) = (new(), new());
            for (id, time) in [(1, "2026-03-01 10:00"), (2, "2026-05-20 10:00")] {
                often.step(vec![sale(id, time, "10")], time);
                once.step(vec![sale(id, time, "10")], time);
                let later = |days: u64, hours: u64| at(time).plus_s((days * DAY + hours * HOUR).cast_signed());
                (0..160).for_each(|quarter| drop(often.step_at(Vec::new(), later(0, quarter * 6))));
                often.step_at(Vec::new(), later(40, 0));
                once.step_at(Vec::new(), later(40, 0));
                let [of_often, of_once] = [&often, &once].map(|world| world.state.tracks().map(track).collect::<Vec<_>>());
                assert_eq!(of_often, of_once, "{no_data:?} {read:?} {hold_s}");
                assert_eq!(often.state.next_due(), once.state.next_due());
            }
        }
    }
}
