//! Lints that prove something are held against the real evaluation: on random rulesets, what is said never to hold does not
//! hold in random worlds, and at the values that are named it is as the message says.

use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Write;
use std::sync::Arc;
use steelyard::compile::check;
use steelyard::diagnostic::{Diagnostic, Lang};
use steelyard::syntax::parse::parse;

const HEAD: &str = "ruleset spec 1.0.0 {
  currency USD
  timezone UTC
}
event e {
  late flag
  v    number optional
  w    number optional
  c    text optional
}
event f {
  x number optional
}
table limits {
  low | high
  1   | 5
}
metric total  = count(e)
metric late_n = count(e where late)
metric rate   = late_n / total
";

/// Events of a day: how many are late and how many are not, and the last of them; or another event only.
#[derive(Debug, Clone)]
struct World {
    late: u32,
    others: u32,
    last_late: bool,
    v: Option<String>,
    w: Option<String>,
    c: Option<&'static str>,
    /// There is none of them, so that every ratio and every last value is unknown.
    lacks_all: bool,
}

impl World {
    fn given(&self) -> String {
        if self.lacks_all {
            return "  given f {\n    time | x\n    2026-03-10 09:00 | 1\n  }\n  at 2026-03-10 12:00\n".to_owned();
        }
        let cell = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut rows = String::from("  given e {\n    time | late | v | w | c | times\n");
        for (minute, late, times) in [(0, true, self.late), (1, false, self.others)] {
            if times > 0 {
                writeln!(rows, "    2026-03-10 09:0{minute} | {late} | | | | {times}").unwrap();
            }
        }
        writeln!(
            rows,
            "    2026-03-10 09:02 | {} | {} | {} | {} | 1\n  }}\n  at 2026-03-10 12:00",
            self.last_late,
            cell(&self.v),
            cell(&self.w),
            self.c.unwrap_or_default()
        )
        .unwrap();
        rows
    }
}

fn world() -> impl Strategy<Value = World> {
    let value = || proptest::option::weighted(0.8, select(vec!["-3", "-1", "0", "0.5", "1", "2", "2.5", "4", "5", "5.5", "7", "20"]));
    let (c, lacks_all) = (select(vec![None, Some("A"), Some("AB"), Some("B"), Some("C")]), proptest::bool::weighted(0.2));
    (0..6u32, 0..6u32, any::<bool>(), value(), value(), (c, lacks_all)).prop_map(|(late, others, last_late, v, w, (c, lacks_all))| World {
        late,
        others,
        last_late,
        v: v.map(str::to_owned),
        w: w.map(str::to_owned),
        c,
        lacks_all,
    })
}

/// Formulas that are plain numbers.
fn number() -> BoxedStrategy<String> {
    let leaf = select(vec!["late_n", "total", "v", "w", "v", "limits.low", "limits.high", "(total - late_n)", "0", "1", "2.5", "-2"])
        .prop_map(str::to_owned);
    leaf.prop_recursive(2, 6, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            (pair, select(vec!["+", "-", "*", "else"])).prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            (inner.clone(), select(vec!["v", "(total + 1)", "late_n", "4"])).prop_map(|(a, b)| format!("(({a}) * 1.5 / {b})")),
            (inner.clone(), inner.clone(), select(vec!["least", "greatest"])).prop_map(|(a, b, f)| format!("{f}({a}, {b})")),
            (inner, select(vec!["abs(X)", "round(X, 0)", "floor(X)", "ceil(X)"])).prop_map(|(a, f)| f.replace('X', &a)),
        ]
    })
    .boxed()
}

fn percent() -> BoxedStrategy<String> {
    select(vec!["rate", "rate", "(100% - rate)", "(late_n / total)", "((total - late_n) / total)", "(rate * 2)", "greatest(rate, 50%)"])
        .prop_map(str::to_owned)
        .boxed()
}

/// A comparison of a formula with limits of its unit.
fn atom(left: String, is_percent: bool) -> BoxedStrategy<String> {
    let limits = if is_percent { vec!["0%", "5%", "50%", "100%", "120%", "-1%"] } else { vec!["0", "1", "2", "5", "-1", "2.5", "7"] };
    (select(vec![">", ">=", "<", "<=", "=", "!="]), select(limits)).prop_map(move |(op, limit)| format!("{left} {op} {limit}")).boxed()
}

fn condition(subject: String, is_percent: bool) -> BoxedStrategy<String> {
    let own = atom(subject, is_percent);
    let others = number().prop_flat_map(|left| atom(left, false));
    let fixed = select(vec![
        "v is unknown",
        "v is not unknown",
        "late_n > total",
        "late_n <= total",
        "limits.low > late_n",
        "v < w",
        "1 > 2",
        "c = \"A\"",
        "c = \"B\"",
        "c in (\"A\", \"C\")",
        "c != \"A\"",
    ])
    .prop_map(str::to_owned);
    let others = prop_oneof![others, percent().prop_flat_map(|left| atom(left, true)), fixed];
    prop_oneof![4 => own, 1 => others]
        .prop_recursive(3, 6, 2, |inner| {
            prop_oneof![
                3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
                1 => inner.prop_map(|a| format!("not ({a})")),
            ]
        })
        .boxed()
}

/// An alert with its subject and conditions.
#[derive(Debug, Clone)]
struct Alert {
    subject: String,
    /// Of `warning`, `critical`, `clear` and `exempt`.
    conditions: [String; 4],
    exempts: bool,
    policy: &'static str,
}

fn alert() -> impl Strategy<Value = Alert> {
    let subject = prop_oneof![
        3 => Just(("v".to_owned(), false)), 2 => Just(("rate".to_owned(), true)), 2 => Just(("late_n".to_owned(), false)),
        1 => number().prop_map(|subject| (subject, false)),
    ];
    subject.prop_flat_map(|(subject, is_percent)| {
        let one = || condition(subject.clone(), is_percent);
        let own = subject.clone();
        let policy = select(vec!["keep", "alert", "clear"]);
        ([one(), one(), one(), one()], any::<bool>(), policy).prop_map(move |(mut conditions, exempts, policy)| {
            if !exempts {
                conditions[3] = conditions[2].clone();
            }
            Alert { subject: own.clone(), conditions, exempts, policy }
        })
    })
}

impl Alert {
    fn text(&self) -> String {
        let Alert { subject, conditions: [warning, critical, clear, exempt], exempts, policy } = self;
        let exempt = if *exempts { format!("exempt when {exempt} \"Known\"") } else { String::new() };
        format!(
            "{HEAD}metric v = last(e.v)\nmetric w = last(e.w)\nmetric c = last(e.c)\nalert a on {subject} over 7 days {{\n  warning when {warning}\n  critical when {critical}\n  \
             clear when {clear}\n  {exempt}\n  no data {policy}\n}}\n"
        )
    }
}

/// Which of the expectations are met in each world.
fn met(text: &str, worlds: &[World], expectations: &[String]) -> Vec<Vec<bool>> {
    let mut text = text.to_owned();
    for (number, world) in worlds.iter().enumerate() {
        for (line, expectation) in expectations.iter().enumerate() {
            write!(text, "test \"{number}.{line}\" {{\n{}  expect {expectation}\n}}\n", world.given()).unwrap();
        }
    }
    let compiled = check(&text);
    let program = compiled.program.unwrap_or_else(|| panic!("{}\n{text}", said(&compiled.diagnostics)));
    let report = steelyard::testing::run(&Arc::new(program), &parse(&text).file, &text);
    report.tests.chunks(expectations.len().max(1)).map(|tests| tests.iter().map(|test| test.passed()).collect()).collect()
}

fn said(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|found| format!("{} {}\n", found.code.id, found.message(Lang::En))).collect()
}

/// A world in which the subject has a value, when that can be arranged.
fn world_of(subject: &str, value: &str) -> Option<World> {
    let plain = World { late: 0, others: 0, last_late: false, v: None, w: None, c: None, lacks_all: false };
    match subject {
        "v" => Some(World { v: Some(value.to_owned()), ..plain }),
        "late_n" => Some(World { late: value.parse().ok()?, ..plain }),
        "rate" => {
            let hundredths: rust_decimal::Decimal = value.strip_suffix('%')?.parse().ok()?;
            let late = hundredths * rust_decimal::Decimal::TEN;
            let late: u32 = late.normalize().to_string().parse().ok()?;
            let last_late = late == 1_000;
            Some(World { late: late - u32::from(last_late), others: 999 - late.min(999), last_late, ..plain })
        }
        _ => None,
    }
}

fn judge_alert(alert: &Alert, worlds: &[World]) -> Result<(), TestCaseError> {
    let text = alert.text();
    let compiled = check(&text);
    // Some formulas have no common unit.
    prop_assume!(compiled.program.is_some());
    let [warning, critical, clear, _] = &alert.conditions;
    let truth = |condition: &String| format!("({condition}) over all time is true");
    let mut expectations: Vec<String> = alert.conditions.iter().map(truth).collect();
    expectations.push("alert a is inactive".to_owned());
    let met_in = met(&text, worlds, &expectations);
    let at = |found: &Diagnostic| {
        let text = &text[found.span.unwrap().range()];
        alert.conditions.iter().position(|condition| condition == text).unwrap()
    };
    let never = |code: &str| compiled.diagnostics.iter().filter(|found| found.code.id == code).count();
    for met in &met_in {
        let (is_true, inactive) = (&met[..4], met[4]);
        prop_assert!(never("SY0308") < 2 || inactive, "an alert fires that should not:\n{text}{}", said(&compiled.diagnostics));
        for found in &compiled.diagnostics {
            let wrong = match found.code.id {
                "SY0308" | "SY0309" | "SY0322" => is_true[at(found)],
                "SY0316" | "SY0325" => !is_true[at(found)],
                "SY0323" => !is_true[at(found)] || !inactive,
                "SY0311" => is_true[0] && !is_true[1],
                "SY0324" => is_true[at(found)] && (!is_true[3] || !inactive),
                "SY0331" => is_true[2] && !is_true[0] && !is_true[1],
                _ => false,
            };
            prop_assert!(!wrong, "{}\n{text}", said(std::slice::from_ref(found)));
        }
    }
    for found in compiled.diagnostics.iter().filter(|found| ["SY0310", "SY0311", "SY0331"].contains(&found.code.id)) {
        let value = found.argument("value").filter(|value| !value.contains('`'));
        let Some(world) = value.and_then(|value| world_of(&alert.subject, value)) else { continue };
        let fires = if found.argument("severity") == Some("warning") { warning } else { critical };
        let met = met(&text, &[world], &[truth(warning), truth(critical), truth(fires), truth(clear)]);
        let is_so = match (found.code.id, met[0].as_slice()) {
            ("SY0311", [milder, worse, ..]) => *worse || !*milder,
            (_, [.., fires, clears]) => *fires && *clears,
            _ => false,
        };
        prop_assert!(is_so, "{}\n{}", found.message(Lang::En), text);
    }
    Ok(())
}

/// A curve over `v`.
fn curve() -> impl Strategy<Value = String> {
    let value = || select(vec![-2i32, 0, 1, 3, 5, 8]);
    let points = || select(vec![0i32, 60, 80, 100, 120]);
    let end = || proptest::option::weighted(0.4, points());
    (proptest::collection::btree_map(value(), points(), 1..4), end(), end()).prop_map(|(points, below, above)| {
        let parts = below.map(|below| format!("below {below}")).into_iter();
        let parts = parts.chain(points.iter().map(|(value, points)| format!("{value} -> {points}")));
        parts.chain(above.map(|above| format!("above {above}"))).collect::<Vec<_>>().join(", ")
    })
}

/// Scorecards `c` of two metrics and `single` of one.
fn cards() -> impl Strategy<Value = String> {
    let share = select(vec!["0% -> 120, 50% -> 60", "below 0, 20% -> 60, 120% -> 100", "40% -> 100, 90% -> 50, above 0"]);
    let grades = proptest::sample::subsequence(vec![140i32, 110, 100, 85, 70, 50, 20, -10], 1..4);
    let line = select(vec![
        "",
        "add 10 when v > 3",
        "add 10 when rate > 120%",
        "deduct 5 for each late_n, at most 10",
        "deduct 7",
        "veto when v > 4 then grade Z",
        "veto when v > 4 then grade BEST",
        "veto when rate >= 0% then grade BEST",
        "deduct 5 for each limits.low, at most 10",
        "add 5 when late_n <= total",
        "withhold when late_n > total",
    ]);
    let options = (select(vec!["reweight", "zero", "withhold"]), select(vec!["", "cap 90", "cap 130"]), select(vec![30, 50, 80]));
    ([curve(), curve()], share, grades, line, options, select(vec!["higher", "lower"])).prop_map(
        |([first, second], share, grades, line, (policy, cap, weight), better)| {
            let bands = grades.iter().rev().map(|limit| format!("G{} >= {limit}", limit.unsigned_abs())).rev();
            let bands = bands.chain(["Z".to_owned()]).collect::<Vec<_>>().join(", ").to_uppercase();
            let line = line.replace("BEST", bands.split(' ').next().unwrap());
            format!(
                "{HEAD}metric v = last(e.v) {{ better {better} }}\nmetric w = last(e.w)\nscorecard single every month {{\n  kpi v weight 100 score {{ {first} }}\n}}\n\
                 scorecard c every month {{\n  kpi v weight {weight} score {{ {second} }}\n  kpi rate weight {} score {{ {share} }}\n  {line}\n  \
                 unknown {policy}\n  {cap}\n  grades {{ {bands} }}\n}}\n",
                100 - weight
            )
        },
    )
}

fn judge_cards(text: &str, worlds: &[World]) -> Result<(), TestCaseError> {
    let compiled = check(text);
    prop_assert!(compiled.program.is_some(), "{}\n{text}", said(&compiled.diagnostics));
    let single = text.find("scorecard c ").unwrap();
    for found in &compiled.diagnostics {
        let argument = |name| found.argument(name).unwrap_or_default();
        let never = match found.code.id {
            "SY0305" if found.span.unwrap().range().end < single => {
                for (value, points) in [(argument("worse"), argument("more")), (argument("value"), argument("less"))] {
                    let expected = [format!("score single in 2026-03 is {points}")];
                    prop_assert_eq!(&met(text, &[world_of("v", value).unwrap()], &expected)[0], &vec![true], "{}\n{}", value, text);
                }
                continue;
            }
            "SY0306" => format!("score c in 2026-03 is {}", argument("cap")),
            "SY0307" | "SY0317" => format!("grade c in 2026-03 is {}", argument("name")),
            "SY0320" => format!("({}) over all time is true", &text[found.span.unwrap().range()]),
            "SY0327" => {
                let always = [format!("({}) over all time is true", &text[found.span.unwrap().range()])];
                let met = met(text, worlds, &always);
                prop_assert!(met.iter().all(|met| met[0]), "{}\n{text}", said(std::slice::from_ref(found)));
                continue;
            }
            "SY0326" => {
                let without: String = text.lines().filter(|line| !line.contains("veto")).map(|line| format!("{line}\n")).collect();
                let bands = text.lines().find_map(|line| line.trim().strip_prefix("grades {")).unwrap();
                let grades = bands.split(',').filter_map(|band| band.split_whitespace().next());
                let expected: Vec<String> = grades.map(|grade| format!("grade c in 2026-03 is {grade}")).collect();
                prop_assert_eq!(met(text, worlds, &expected), met(&without, worlds, &expected), "{}", text);
                continue;
            }
            _ => continue,
        };
        let met = met(text, worlds, &[never]);
        prop_assert!(met.iter().all(|met| !met[0]), "{}\n{text}", said(std::slice::from_ref(found)));
    }
    Ok(())
}

/// What a `where` may ask of a row of `e`.
fn row_condition() -> BoxedStrategy<String> {
    let of_numbers = (select(vec!["v", "w", "(v - w)", "(v * 2)", "(v else 1)"]), select(vec![">", ">=", "<", "<=", "=", "!="]))
        .prop_flat_map(|(left, op)| select(vec!["0", "1", "2.5", "5", "-1", "w"]).prop_map(move |right| format!("{left} {op} {right}")));
    let of_texts = select(vec![
        "c = \"A\"",
        "c != \"A\"",
        "c = \"B\"",
        "c in (\"A\", \"C\")",
        "c in (\"B\", \"AB\")",
        "c starts with \"A\"",
        "c starts with \"B\"",
        "c is unknown",
        "c is not unknown",
        "v is unknown",
        "late",
        "late = false",
        "(c else \"B\") = \"B\"",
    ])
    .prop_map(str::to_owned);
    prop_oneof![of_numbers, of_texts]
        .prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                4 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
                2 => inner.prop_map(|a| format!("not ({a})")),
            ]
        })
        .boxed()
}

fn judge_rows(when: &str, worlds: &[World]) -> Result<(), TestCaseError> {
    let text = format!("{HEAD}metric fits = count(e where {when})\n");
    let compiled = check(&text);
    prop_assert!(compiled.program.is_some(), "{}\n{text}", said(&compiled.diagnostics));
    let Some(found) = compiled.diagnostics.iter().find(|found| found.code.id == "SY0332") else { return Ok(()) };
    prop_assert_eq!(&text[found.span.unwrap().range()], when);
    let met = met(&text, worlds, &["fits over all time is 0".to_owned()]);
    prop_assert!(met.iter().all(|met| met[0]), "{}\n{text}", said(std::slice::from_ref(found)));
    Ok(())
}

/// The bands of `late_n` that nothing falls into, against all counts: with another result such a band gives the same.
fn judge_bands(function: &str, limits: &[i64]) -> Result<(), TestCaseError> {
    let over = if function == "steps" { ">= " } else { "" };
    let banded = |name: &str, results: &[usize]| {
        let limits = limits.iter().map(|limit| rust_decimal::Decimal::new(*limit, 1).normalize());
        let bands = limits.zip(&results[1..]).map(|(limit, result)| format!(", {over}{limit} -> {result}"));
        format!("metric {name} = {function}(late_n, below {}{})\n", results[0], bands.collect::<String>())
    };
    let results: Vec<usize> = (1..=limits.len() + 1).collect();
    let written = format!("{HEAD}{}", banded("banded", &results));
    let compiled = check(&written);
    prop_assert!(compiled.program.is_some(), "{}\n{written}", said(&compiled.diagnostics));
    for found in compiled.diagnostics.iter().filter(|found| found.code.id == "SY0330") {
        let bands_before = written[..found.span.unwrap().range().start].matches(" -> ").count();
        let is_below = written[..found.span.unwrap().range().start].ends_with("below ");
        let mut changed = results.clone();
        changed[if is_below { 0 } else { bands_before + 1 }] += 50;
        let text = format!("{written}{}", banded("other", &changed));
        let world = |late| World { late, others: 1, last_late: false, v: None, w: None, c: None, lacks_all: late == 8 };
        let worlds: Vec<World> = (0..9).map(world).collect();
        let met = met(&text, &worlds, &["(banded - other) over all time is 0".to_owned()]);
        prop_assert!(met.iter().all(|met| met[0]), "{}\n{text}", said(std::slice::from_ref(found)));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, max_shrink_iters: 100, max_global_rejects: 4000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_proved_of_alerts_is_so(alert in alert(), worlds in proptest::collection::vec(world(), 8)) {
        judge_alert(&alert, &worlds)?;
    }

    #[test]
    fn what_is_proved_of_rows_is_so(when in row_condition(), worlds in proptest::collection::vec(world(), 8)) {
        judge_rows(&when, &worlds)?;
    }

    #[test]
    fn what_is_proved_of_bands_is_so(
        function in select(vec!["steps", "tiers"]),
        limits in proptest::collection::btree_set(select(vec![-10, 0, 5, 7, 10, 20, 25, 28]), 1..5),
    ) {
        judge_bands(function, &limits.into_iter().collect::<Vec<_>>())?;
    }

    #[test]
    fn what_is_proved_of_scorecards_is_so(cards in cards(), worlds in proptest::collection::vec(world(), 8)) {
        judge_cards(&cards, &worlds)?;
    }
}
