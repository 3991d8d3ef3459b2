//! Lints that prove something are held against the real evaluation: on random rulesets, what is said never to hold does not
//! hold in random worlds, and at the values that are named it is as the message says.

mod holds;
mod settings;

use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Write;
use std::sync::Arc;
use steelyard::compile::check;
use steelyard::diagnostic::{Diagnostic, Lang};
use steelyard::syntax::parse::parse;

const RULESET: &str = "ruleset spec 1.0.0 {
  currency USD
  timezone UTC
}
";

/// What is declared before the rules: params with these values, and numbers of every kind.
fn head([p, q]: [&str; 2]) -> String {
    format!("param p = {p}\nparam q = {q}\n{DECLARED}")
}

const DECLARED: &str = "event e {
  k    dimension
  late flag
  v    number optional
  w    number optional
  c    text optional
  t    time optional
  d    date optional
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
metric lift   = late_n + p
metric sum_v  = sum(e.v)
metric most_k = max(count(e) per k)
";

/// The values of `p` and `q`.
fn params() -> impl Strategy<Value = [&'static str; 2]> + Clone {
    let value = |more: &[&'static str]| select([&["-2", "0", "0.5", "1", "2", "5", "7"], more].concat());
    // `q` also stands for points.
    [value(&[]), value(&["90", "115"])]
}

/// Events of a day: how many are late and how many are not, and the last of them; or another event only.
#[derive(Debug, Clone)]
struct World {
    late: u32,
    others: u32,
    last_late: bool,
    v: Option<String>,
    w: Option<String>,
    c: Option<&'static str>,
    t: Option<&'static str>,
    d: Option<&'static str>,
    /// There is none of them, so that every ratio and every last value is unknown.
    lacks_all: bool,
}

impl World {
    fn given(&self) -> String {
        if self.lacks_all {
            return "  given f {\n    time | x\n    2026-03-10 09:00 | 1\n  }\n  at 2026-03-10 12:00\n".to_owned();
        }
        let cell = |value: &Option<String>| value.clone().unwrap_or_default();
        let mut rows = String::from("  given e {\n    time | k | late | v | w | c | t | d | times\n");
        for (minute, k, late, times) in [(0, "a", true, self.late), (1, "b", false, self.others)] {
            if times > 0 {
                writeln!(rows, "    2026-03-10 09:0{minute} | {k} | {late} | | | | | | {times}").unwrap();
            }
        }
        let [c, t, d] = [self.c, self.t, self.d].map(Option::unwrap_or_default);
        let (late, v, w) = (self.last_late, cell(&self.v), cell(&self.w));
        writeln!(rows, "    2026-03-10 09:02 | a | {late} | {v} | {w} | {c} | {t} | {d} | 1\n  }}\n  at 2026-03-10 12:00").unwrap();
        rows
    }
}

fn world() -> impl Strategy<Value = World> {
    let value = || proptest::option::weighted(0.8, select(vec!["-3", "-1", "0", "0.5", "1", "2", "2.5", "4", "5", "5.5", "7", "20"]));
    let c = select(vec![None, Some("A"), Some("AB"), Some("B"), Some("C")]);
    let t = select(vec![None, Some("2026-03-10 08:00"), Some("2026-03-10 09:02"), Some("2026-03-10 10:30"), Some("2026-03-11 00:00")]);
    let d = select(vec![None, Some("2026-03-09"), Some("2026-03-10"), Some("2026-03-11")]);
    let rows = (0..6u32, 0..6u32, any::<bool>(), value(), value());
    (rows, c, t, d, proptest::bool::weighted(0.2)).prop_map(|((late, others, last_late, v, w), c, t, d, lacks_all)| {
        let [v, w] = [v, w].map(|value| value.map(str::to_owned));
        World { late, others, last_late, v, w, c, t, d, lacks_all }
    })
}

/// Formulas that are plain numbers.
fn number() -> BoxedStrategy<String> {
    let leaf = select(vec![
        "late_n",
        "total",
        "v",
        "w",
        "v",
        "limits.low",
        "limits.high",
        "(total - late_n)",
        "lift",
        "p",
        "q",
        "0",
        "1",
        "2.5",
        "-2",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(2, 6, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            (pair, select(vec!["+", "-", "*", "else"])).prop_map(|((a, b), op)| format!("({a} {op} {b})")),
            (inner.clone(), select(vec!["v", "(total + 1)", "late_n", "4"])).prop_map(|(a, b)| format!("(({a}) * 1.5 / {b})")),
            (inner.clone(), inner.clone(), select(vec!["least", "greatest"])).prop_map(|(a, b, f)| format!("{f}({a}, {b})")),
            (inner.clone(), select(vec!["abs(X)", "round(X, 0)", "floor(X)", "ceil(X)"])).prop_map(|(a, f)| f.replace('X', &a)),
            (inner, select(vec!["curve(X, below -1, 0 -> 1, 4 -> 3, above 7)", "curve(X, 1 -> 5, 5 -> 0)", "steps(X, below 1, > 2 -> 5)"]))
                .prop_map(|(a, f)| f.replace('X', &a)),
        ]
    })
    .boxed()
}

fn percent() -> BoxedStrategy<String> {
    select(vec!["rate", "rate", "(100% - rate)", "(late_n / total)", "((total - late_n) / total)", "(rate * 2)", "greatest(rate, 50%)"])
        .prop_map(str::to_owned)
        .boxed()
}

/// Sums and differences of a few numbers, much of which may be on both sides of a comparison.
fn linear() -> BoxedStrategy<String> {
    let term = select(vec!["late_n", "total", "total", "sum_v", "lift", "v", "rate", "most_k", "1", "2.5", "p", "q"]);
    let times = select(vec!["", "", "2 * ", "0.5 * ", "-"]);
    let term = (times, term).prop_map(|(times, term)| format!("{times}{term}"));
    let more = proptest::collection::vec((select(vec![" + ", " - "]), term.clone()), 0..3);
    (term, more).prop_map(|(first, more)| more.into_iter().fold(first, |sum, (op, term)| sum + op + &term)).boxed()
}

/// A comparison of a formula with limits of its unit.
fn atom(left: String, is_percent: bool) -> BoxedStrategy<String> {
    let limits = if is_percent {
        vec!["0%", "5%", "50%", "100%", "120%", "-1%"]
    } else {
        vec!["0", "1", "2", "5", "-1", "2.5", "7", "p", "q", "p + q"]
    };
    (select(vec![">", ">=", "<", "<=", "=", "!="]), select(limits)).prop_map(move |(op, limit)| format!("{left} {op} {limit}")).boxed()
}

fn condition(subject: String, is_percent: bool) -> BoxedStrategy<String> {
    let own = atom(subject.clone(), is_percent);
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
        "t > 2026-03-10 09:00",
        "t <= 2026-03-10 08:00",
        "d = 2026-03-10",
        "d > 2026-03-10",
        "d < 2026-03-11",
        "t is unknown",
        "p > q",
        "late_n = late_n + 1",
        "late_n - late_n > 0",
        "most_k > total",
        "rate + 1% > rate",
        "v != v",
    ])
    .prop_map(str::to_owned);
    let sums = (linear(), select(vec![">", ">=", "<", "<=", "=", "!="]), linear()).prop_map(|(a, op, b)| format!("{a} {op} {b}"));
    let others = prop_oneof![others, sums, percent().prop_flat_map(|left| atom(left, true)), fixed];
    let multiple = select(vec!["2 * X", "X * 3", "X / 2", "0 - X", "X + X", "5 - 2 * X", "X * 0.3"]);
    let multiple = multiple.prop_map({
        let subject = subject.clone();
        move |form: &str| form.replace('X', &subject)
    });
    let multiples = multiple.prop_flat_map(move |left| atom(left, is_percent));
    prop_oneof![4 => own, 2 => multiples, 1 => others]
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
    params: [&'static str; 2],
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
        ([one(), one(), one(), one()], any::<bool>(), policy, params()).prop_map(move |(mut conditions, exempts, policy, params)| {
            if !exempts {
                conditions[3] = conditions[2].clone();
            }
            Alert { subject: own.clone(), conditions, exempts, policy, params }
        })
    })
}

impl Alert {
    fn text(&self) -> String {
        let Alert { subject, conditions: [warning, critical, clear, exempt], exempts, policy, params } = self;
        let exempt = if *exempts { format!("exempt when {exempt} \"Known\"") } else { String::new() };
        let head = head(*params);
        format!(
            "{head}metric v = last(e.v)\nmetric w = last(e.w)\nmetric c = last(e.c)\nmetric t = last(e.t)\nmetric d = last(e.d)\nalert a on {subject} over 7 days {{\n  warning when {warning}\n  critical when {critical}\n  \
             clear when {clear}\n  {exempt}\n  no data {policy}\n}}\n"
        )
    }
}

/// A ruleset, and the packages behind it.
#[derive(Debug, Clone)]
struct Text {
    main: String,
    packages: String,
}

impl Text {
    /// Rules that stand by themselves.
    fn alone(rules: &str) -> Text {
        Text { main: format!("{RULESET}{rules}"), packages: String::new() }
    }

    fn whole(&self) -> String {
        format!("{}{}", self.main, self.packages)
    }
}

/// Which of the expectations are met in each world.
fn met(text: &Text, worlds: &[World], expectations: &[String]) -> Vec<Vec<bool>> {
    let mut tested = text.main.clone();
    for (number, world) in worlds.iter().enumerate() {
        for (line, expectation) in expectations.iter().enumerate() {
            write!(tested, "test \"{number}.{line}\" {{\n{}  expect {expectation}\n}}\n", world.given()).unwrap();
        }
    }
    tested.push_str(&text.packages);
    passed(&tested, expectations.len())
}

/// Which of the expectations are met at each of some instants.
fn met_at(text: &str, given: &str, looks: &[String], expectations: &[String]) -> Vec<Vec<bool>> {
    let mut tested = text.to_owned();
    for (number, look) in looks.iter().enumerate() {
        for (line, expectation) in expectations.iter().enumerate() {
            write!(tested, "test \"{number}.{line}\" {{\n{given}  at {look}\n  expect {expectation}\n}}\n").unwrap();
        }
    }
    passed(&tested, expectations.len())
}

/// Which tests of a text pass, so many at a time.
fn passed(tested: &str, at_a_time: usize) -> Vec<Vec<bool>> {
    let compiled = check(tested);
    let program = compiled.program.unwrap_or_else(|| panic!("{}\n{tested}", said(&compiled.diagnostics)));
    let report = steelyard::testing::run(&Arc::new(program), &parse(tested).file, tested);
    report.tests.chunks(at_a_time.max(1)).map(|tests| tests.iter().map(|test| test.passed()).collect()).collect()
}

/// What a proof is about: where it was found, if that is told at a setting.
fn place(found: &Diagnostic) -> std::ops::Range<usize> {
    let wanted = found.related.iter().find(|(_, en, _)| en.starts_with("the package wants"));
    wanted.map_or_else(|| found.span.unwrap(), |(span, ..)| *span).range()
}

fn said(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|found| format!("{} {}\n", found.code.id, found.message(Lang::En))).collect()
}

/// A world in which the subject has a value, when that can be arranged.
fn world_of(subject: &str, value: &str) -> Option<World> {
    let plain = World { late: 0, others: 0, last_late: false, v: None, w: None, c: None, t: None, d: None, lacks_all: false };
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
    let text = Text::alone(&alert.text());
    let source = text.whole();
    let compiled = check(&source);
    // Some formulas have no common unit.
    prop_assume!(compiled.program.is_some());
    hold_for_alert(alert, &compiled.diagnostics, &source, &text, worlds)?;
    let [warning, critical, clear, _] = &alert.conditions;
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
        prop_assert!(is_so, "{}\n{}", found.message(Lang::En), source);
    }
    Ok(())
}

fn truth(condition: &String) -> String {
    format!("({condition}) over all time is true")
}

/// Whether what was found in the text of an alert is so in worlds, in which a ruleset with that alert runs.
fn hold_for_alert(alert: &Alert, found: &[Diagnostic], source: &str, text: &Text, worlds: &[World]) -> Result<(), TestCaseError> {
    let mut expectations: Vec<String> = alert.conditions.iter().map(truth).collect();
    expectations.push("alert a is inactive".to_owned());
    let met_in = met(text, worlds, &expectations);
    let at = |found: &Diagnostic| alert.conditions.iter().position(|condition| *condition == source[place(found)]).unwrap();
    let never = found.iter().filter(|found| found.code.id == "SY0308").count();
    for met in &met_in {
        let (is_true, inactive) = (&met[..4], met[4]);
        prop_assert!(never < 2 || inactive, "an alert fires that should not:\n{}{}", text.whole(), said(found));
        for found in found {
            let wrong = match found.code.id {
                "SY0308" | "SY0309" | "SY0322" => is_true[at(found)],
                "SY0316" | "SY0325" => !is_true[at(found)],
                "SY0323" => !is_true[at(found)] || !inactive,
                "SY0311" => is_true[0] && !is_true[1],
                "SY0324" => is_true[at(found)] && (!is_true[3] || !inactive),
                "SY0331" => is_true[2] && !is_true[0] && !is_true[1],
                _ => false,
            };
            prop_assert!(!wrong, "{}\n{}", said(std::slice::from_ref(found)), text.whole());
        }
    }
    for found in found.iter().filter(|found| found.code.id == "SY0333") {
        // What is left out is the subject.
        let part = |name: &str| truth(&with_subject(found.argument(name).unwrap(), &alert.subject));
        let met = met(text, worlds, &[part("narrower"), part("wider")]);
        prop_assert!(met.iter().all(|met| met[1] || !met[0]), "{}\n{}", said(std::slice::from_ref(found)), text.whole());
    }
    Ok(())
}

/// A part of a condition with the subject that it leaves out.
fn with_subject(part: &str, subject: &str) -> String {
    if part.starts_with(['<', '>', '=', '!']) { format!("{subject} {part}") } else { part.to_owned() }
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
    // What a param may stand for: points, a cap, a limit of a grade.
    let stated = select(vec!["", "-> 80", "-> 100", "cap 90", ">= 110", ">= 50"]);
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
    ([curve(), curve()], share, (grades, stated), line, options, select(vec!["higher", "lower"])).prop_map(
        |([first, second], share, (grades, stated), line, (policy, cap, weight), better)| {
            let bands = grades.iter().rev().map(|limit| format!("G{} >= {limit}", limit.unsigned_abs())).rev();
            let bands = bands.chain(["Z".to_owned()]).collect::<Vec<_>>().join(", ").to_uppercase();
            let line = line.replace("BEST", bands.split(' ').next().unwrap());
            let text = format!(
                "metric v = last(e.v) {{ better {better} }}\nmetric w = last(e.w)\nscorecard single every month {{\n  kpi v weight 100 score {{ {first} }}\n}}\n\
                 scorecard c every month {{\n  kpi v weight {weight} score {{ {second} }}\n  kpi rate weight {} score {{ {share} }}\n  {line}\n  \
                 unknown {policy}\n  {cap}\n  grades {{ {bands} }}\n}}\n",
                100 - weight
            );
            let by_param = stated.rsplit_once(' ').map(|(before, _)| format!("{before} q")).unwrap_or_default();
            if stated.is_empty() { text } else { text.replace(stated, &by_param) }
        },
    )
}

fn judge_cards(rules: &str, worlds: &[World]) -> Result<(), TestCaseError> {
    let text = Text::alone(rules);
    let source = text.whole();
    let compiled = check(&source);
    // A limit or points that a param stands for may be out of order.
    prop_assume!(compiled.program.is_some());
    let single = source.find("scorecard c ").unwrap();
    for found in compiled.diagnostics.iter().filter(|found| found.code.id == "SY0305" && found.span.unwrap().range().end < single) {
        let argument = |name| found.argument(name).unwrap_or_default();
        for (value, points) in [(argument("worse"), argument("more")), (argument("value"), argument("less"))] {
            let expected = [format!("score single in 2026-03 is {points}")];
            prop_assert_eq!(&met(&text, &[world_of("v", value).unwrap()], &expected)[0], &vec![true], "{}\n{}", value, source);
        }
    }
    hold_for_cards(&compiled.diagnostics, &source, &text, worlds)
}

/// Whether what was found in the text of cards is so in worlds, in which a ruleset with those cards runs.
fn hold_for_cards(found: &[Diagnostic], source: &str, text: &Text, worlds: &[World]) -> Result<(), TestCaseError> {
    for found in found {
        let argument = |name| found.argument(name).unwrap_or_default();
        let holds = || format!("({}) over all time is true", &source[place(found)]);
        let (expected, never) = match found.code.id {
            "SY0306" => (format!("score c in 2026-03 is {}", argument("cap")), true),
            "SY0307" | "SY0317" => (format!("grade c in 2026-03 is {}", argument("name")), true),
            "SY0320" => (holds(), true),
            "SY0327" => (holds(), false),
            "SY0326" => {
                let kept = |text: &str| text.lines().filter(|line| !line.contains("veto")).map(|line| format!("{line}\n")).collect();
                let without = Text { main: kept(&text.main), packages: kept(&text.packages) };
                let bands = source.lines().find_map(|line| line.trim().strip_prefix("grades {")).unwrap();
                let grades = bands.split(',').filter_map(|band| band.split_whitespace().next());
                let expected: Vec<String> = grades.map(|grade| format!("grade c in 2026-03 is {grade}")).collect();
                prop_assert_eq!(met(text, worlds, &expected), met(&without, worlds, &expected), "{}", source);
                continue;
            }
            _ => continue,
        };
        let met = met(text, worlds, &[expected]);
        prop_assert!(met.iter().all(|met| met[0] != never), "{}\n{}", said(std::slice::from_ref(found)), text.whole());
    }
    Ok(())
}

/// What a `where` may ask of a row of `e`.
fn row_condition() -> BoxedStrategy<String> {
    let of_numbers = (select(vec!["v", "w", "(v - w)", "(v * 2)", "(v else 1)", "(v + w)"]), select(vec![">", ">=", "<", "<=", "=", "!="]))
        .prop_flat_map(|(left, op)| {
            select(vec!["0", "1", "2.5", "5", "-1", "w", "p", "q", "(w + v)", "v + 1"])
                .prop_map(move |right| format!("{left} {op} {right}"))
        });
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
    let of_times = (
        select(vec![">", ">=", "<", "<=", "=", "!="]),
        select(vec![
            ("t", "2026-03-10 08:00"),
            ("t", "2026-03-10 09:02"),
            ("t", "time"),
            ("d", "2026-03-10"),
            ("d", "2026-03-11"),
            ("t - time", "1 hour"),
            ("t - time", "0 minutes"),
        ]),
    )
        .prop_map(|(op, (left, right))| format!("{left} {op} {right}"));
    prop_oneof![of_numbers, of_texts, of_times]
        .prop_recursive(3, 8, 2, |inner| {
            prop_oneof![
                4 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
                1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
                2 => inner.prop_map(|a| format!("not ({a})")),
            ]
        })
        .boxed()
}

/// A metric that counts what fits.
fn rows(params: [&str; 2], when: &str) -> String {
    format!("{}metric fits = count(e where {when})\n", head(params))
}

fn judge_rows(rules: &str, when: &str, worlds: &[World]) -> Result<(), TestCaseError> {
    let text = Text::alone(rules);
    let source = text.whole();
    let compiled = check(&source);
    prop_assert!(compiled.program.is_some(), "{}\n{source}", said(&compiled.diagnostics));
    hold_for_rows(when, &compiled.diagnostics, &source, &text, worlds)
}

/// Whether no row fits a `where` of which that is said, in worlds in which a ruleset with it runs.
fn hold_for_rows(when: &str, found: &[Diagnostic], source: &str, text: &Text, worlds: &[World]) -> Result<(), TestCaseError> {
    let Some(found) = found.iter().find(|found| found.code.id == "SY0332") else { return Ok(()) };
    prop_assert_eq!(&source[place(found)], when);
    let met = met(text, worlds, &["fits over all time is 0".to_owned()]);
    prop_assert!(met.iter().all(|met| met[0]), "{}\n{}", said(std::slice::from_ref(found)), text.whole());
    Ok(())
}

/// What nothing falls into of bands of `late_n`, against all counts: with another result it gives the same.
fn judge_bands(function: &str, limits: &[i64]) -> Result<(), TestCaseError> {
    let (over, is_curve) = (if function == "steps" { ">= " } else { "" }, function == "curve");
    let banded = |name: &str, results: &[usize]| {
        let limits = limits.iter().map(|limit| rust_decimal::Decimal::new(*limit, 1).normalize());
        let bands: String = limits.zip(&results[1..]).map(|(limit, result)| format!(", {over}{limit} -> {result}")).collect();
        let above = if is_curve { format!(", above {}", results[results.len() - 1]) } else { String::new() };
        format!("metric {name} = {function}(late_n, below {}{bands}{above})\n", results[0])
    };
    let results: Vec<usize> = (1..=limits.len() + 1 + usize::from(is_curve)).collect();
    let written = format!("{}{}", head(["2", "5"]), banded("banded", &results));
    let compiled = check(&format!("{RULESET}{written}"));
    prop_assert!(compiled.program.is_some(), "{}\n{written}", said(&compiled.diagnostics));
    for found in compiled.diagnostics.iter().filter(|found| ["SY0329", "SY0330"].contains(&found.code.id)) {
        let before = &written[..found.span.unwrap().range().start - RULESET.len()];
        let bands_before = before.matches(" -> ").count();
        let mut changed = results.clone();
        changed[if before.ends_with("below ") { 0 } else { bands_before + 1 }] += 50;
        let text = Text::alone(&format!("{written}{}", banded("other", &changed)));
        let plain = World { late: 0, others: 1, last_late: false, v: None, w: None, c: None, t: None, d: None, lacks_all: false };
        let worlds: Vec<World> = (0..9).map(|late| World { late, lacks_all: late == 8, ..plain.clone() }).collect();
        let met = met(&text, &worlds, &["(banded - other) over all time is 0".to_owned()]);
        prop_assert!(met.iter().all(|met| met[0]), "{}\n{}", said(std::slice::from_ref(found)), text.whole());
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
    fn what_is_proved_of_rows_is_so(when in row_condition(), params in params(), worlds in proptest::collection::vec(world(), 8)) {
        judge_rows(&rows(params, &when), &when, &worlds)?;
    }

    #[test]
    fn what_is_proved_of_bands_is_so(
        function in select(vec!["steps", "tiers", "curve"]),
        limits in proptest::collection::btree_set(select(vec![-10, 0, 5, 7, 10, 20, 25, 28]), 1..5),
    ) {
        judge_bands(function, &limits.into_iter().collect::<Vec<_>>())?;
    }

    #[test]
    fn what_is_proved_of_scorecards_is_so(cards in cards(), params in params(), worlds in proptest::collection::vec(world(), 8)) {
        judge_cards(&format!("{}{cards}", head(params)), &worlds)?;
    }
}
