//! Lines that are hidden by worse ones for as long as they hold, in random weeks: what is said never to be seen is not.

use super::{RULESET, met_at, said};
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Write;
use steelyard::compile::check;

const DECLARED: &str = "calendar desk {
  work   monday to friday 09:00 to 18:00
  covers 2026-01-01 to 2026-12-31
}
event e {
  v number
}
metric v = last(e.v)
";

/// How long a line must hold.
fn hold() -> impl Strategy<Value = &'static str> {
    select(vec![
        "",
        "for 1 day",
        "for 2 days",
        "for 30 hours",
        "for 3 days",
        "for 1 of 3 days",
        "for 2 of 2 days",
        "for 2 of 3 days",
        "for 3 of 3 days",
        "for 3 of 4 days",
        "for 3 of 5 days",
        "for 4 of 5 days",
        "for 2 working hours in desk",
        "for 12 working hours in desk",
        "for 1 working day in desk",
        "for 2 working days in desk",
    ])
}

fn condition() -> impl Strategy<Value = &'static str> {
    select(vec!["> 3", "> 5", ">= 5", "2 * v > 6", "< 2", "> 5 or < 2", "> 3 and 2 * v + 1 > 5", "= 5"])
}

/// The values of a few days, at two times of each.
fn days() -> impl Strategy<Value = Vec<Option<u32>>> {
    proptest::collection::vec(select(vec![None, None, Some(0), Some(4), Some(5), Some(6), Some(7), Some(7)]), 16)
}

fn judge(lines: &[(&str, &str)], policy: &str, values: &[Option<u32>]) -> Result<(), TestCaseError> {
    let mut text = format!("{RULESET}{DECLARED}alert a on v over 30 days {{\n");
    for (severity, (condition, hold)) in ["info", "warning", "critical"].iter().zip(lines) {
        writeln!(text, "  {severity} when {condition} {hold}").unwrap();
    }
    writeln!(text, "  no data {policy}\n}}").unwrap();
    let compiled = check(&text);
    prop_assert!(compiled.program.is_some(), "{}\n{text}", said(&compiled.diagnostics));
    let hidden = compiled.diagnostics.iter().filter(|found| found.code.id == "SY0311");
    let severities: Vec<&str> = hidden.filter_map(|found| found.argument("milder")).collect();
    if severities.is_empty() {
        return Ok(());
    }
    let mut given = String::from("  given e {\n    time | v\n");
    let mut looks = Vec::new();
    for (place, value) in values.iter().enumerate() {
        let (day, hour) = (2 + place / 2, if place % 2 == 0 { 10 } else { 20 });
        if let Some(value) = value {
            writeln!(given, "    2026-03-{day:02} {hour}:00 | {value}").unwrap();
        }
        looks.extend([format!("2026-03-{day:02} {hour}:00"), format!("2026-03-{day:02} {}:30", hour + 3)]);
    }
    given.push_str("    2026-03-20 12:00 | 0\n  }\n");
    let expectations: Vec<String> = severities.iter().map(|severity| format!("alert a is firing {severity}")).collect();
    for met in met_at(&text, &given, &looks, &expectations) {
        prop_assert!(!met.contains(&true), "{}\n{text}\n{given}", said(&compiled.diagnostics));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, max_shrink_iters: 100, ..ProptestConfig::default() })]

    #[test]
    fn what_is_hidden_for_as_long_as_it_holds_is_not_seen(
        lines in proptest::collection::vec((condition(), hold()), 2..4),
        policy in select(vec!["keep", "alert", "clear"]),
        values in days(),
    ) {
        judge(&lines, policy, &values)?;
    }
}
