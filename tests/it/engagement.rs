//! `examples/engagement`: the steps of its README, run as they stand, and the sums of what comes out of them.

use rust_decimal::Decimal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// The commands of a page but for the first block, which builds.
fn steps(page: &str) -> String {
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    blocks.skip(1).collect::<Vec<_>>().join("\n")
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

fn read(dir: &Path, name: &str) -> String {
    std::fs::read_to_string(dir.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn json(dir: &Path, name: &str) -> Value {
    serde_json::from_str(&read(dir, name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn lines(dir: &Path, name: &str) -> Vec<Value> {
    read(dir, name).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn number(value: &Value) -> Decimal {
    value.as_str().unwrap_or_else(|| panic!("{value} is no number")).parse().unwrap()
}

/// The values of a metric: of its lines whose period begins so, the sum for each scope.
fn sums(lines: &[Value], metric: &str, year: &str) -> BTreeMap<String, Decimal> {
    let mut sums = BTreeMap::new();
    for line in lines.iter().filter(|line| line["metric"] == metric && line["period"].as_str().unwrap().starts_with(year)) {
        if line["value"].is_string() {
            *sums.entry(line["scope"].to_string()).or_default() += number(&line["value"]);
        }
    }
    sums
}

#[test]
fn both_pages_have_the_same_commands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/engagement");
    assert_eq!(steps(&read(&root, "README.md")), steps(&read(&root, "README.zh-CN.md")));
}

#[test]
fn the_tour_runs_and_its_numbers_add_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let dir = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_steelyard")).parent().unwrap().display().to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").unwrap());
    let script = steps(&read(&root.join("examples/engagement"), "README.md"));
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(dir.path())
        .env("PATH", path)
        .env("LANG", "C.UTF-8")
        .env("STEELYARD_PACKAGE_PATH", root.join("rulesets"))
        .env("TOUR", root.join("examples/engagement"))
        .env("PORT", free_port())
        .env("RECEIVER", free_port())
        .env("no_proxy", "127.0.0.1")
        .output()
        .unwrap();
    let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    let dir = dir.path();
    targets_add_up(dir);
    pay_is_base_times_coefficient(dir);
    let schedule = json(dir, "schedule.json");
    assert_eq!((&schedule["scorecard"], &schedule["at"]), (&"operator_team_month".into(), &"day 2 09:00".into()), "{schedule}");
    // The old scheme and the new one differ, and the alert came.
    let diff = json(dir, "diff.json");
    assert_eq!((&diff["a"]["version"], &diff["b"]["version"]), (&"0.9.0".into(), &"1.0.0".into()));
    assert!(diff["numbers"].as_array().unwrap().iter().any(|moved| moved["kind"] == "score"), "{diff:#}");
    let told = read(dir, "received.ndjson");
    assert!(told.contains("operator_defects") && told.contains("bob"), "{told}");
    assert!(number(&json(dir, "pace.json")["values"][0]["value"]) > Decimal::ZERO);
    let (review, zh) = (read(dir, "review.md"), read(dir, "review.zh-CN.md"));
    // Each team's score is compared with December's and told by causes, and what has to be explained is.
    assert_eq!(review.matches("### Why the score changed").count(), 2, "{review}");
    assert!(review.contains("| Points | Value | Target | Change |") && review.contains("Inspect every batch"), "{review}");
    assert!(!review.contains("Draft") && !review.contains("missing"), "{review}");
    assert!(review.contains("Approved") && review.contains("Closed") && zh.contains(" 关账"), "{review}\n{zh}");
}

/// Months add up to years, years of people to their teams and to the whole, categories to the same whole.
fn targets_add_up(dir: &Path) {
    let proposal = json(dir, "proposal.json");
    let whole = number(&proposal["total"]);
    let rows = proposal["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| number(&row["amount"])).sum::<Decimal>(), whole, "{proposal:#}");
    assert_eq!(
        proposal["months"].as_array().unwrap().iter().map(|month| number(&month["basis"])).sum::<Decimal>(),
        number(&proposal["basis"])
    );
    // 12 % more than the year before, in whole steps of 100.
    let wanted = number(&proposal["basis"]) * Decimal::new(112, 2);
    assert!((whole - wanted).abs() <= Decimal::from(50) && (whole % Decimal::ONE_HUNDRED).is_zero(), "{whole} {wanted}");
    let due = lines(dir, "due.ndjson");
    let gmv = sums(&due, "gmv_due", "2026-");
    let mut of_people: BTreeMap<String, Decimal> = BTreeMap::new();
    for row in rows {
        let key = serde_json::json!({"operator": row["scope"]["operator"], "team": row["scope"]["team"]}).to_string();
        *of_people.entry(key).or_default() += number(&row["amount"]);
    }
    // The months of each person come to what their categories come to.
    for (scope, amount) in &of_people {
        assert_eq!(gmv[scope], *amount, "{scope}");
    }
    assert_eq!(gmv["{}"], whole);
    assert_eq!(
        sums(&lines(dir, "categories.ndjson"), "gmv_due", "2026")
            .iter()
            .filter(|(scope, _)| *scope != "{}")
            .map(|(_, sum)| *sum)
            .sum::<Decimal>(),
        whole
    );
    let sales = sums(&due, "operator_sales_due", "2026-");
    let people: Decimal = sales.iter().filter(|(scope, _)| *scope != "{}").map(|(_, sum)| *sum).sum();
    assert_eq!((people, sales.len()), (sales["{}"], 5), "{sales:?}");
}

/// What a team is paid is the base pay times the coefficient of its grade; its KPIs and additions add up to its score.
fn pay_is_base_times_coefficient(dir: &Path) {
    let scores = json(dir, "scores.json");
    let coefficients = BTreeMap::from([("S", "1.5"), ("A", "1.2"), ("B", "1"), ("C", "0.8"), ("D", "0")]);
    let scores = scores["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 2, "{scores:#?}");
    for score in scores {
        let coefficient: Decimal = coefficients[score["grade"].as_str().unwrap()].parse().unwrap();
        assert_eq!((number(&score["payout"]), &score["payout_unit"]), (Decimal::from(500) * coefficient, &"CNY".into()), "{score:#}");
        let parts = score["parts"].as_array().unwrap().iter().map(|part| number(&part["contribution"])).sum::<Decimal>();
        let added = score["adjustments"].as_array().into_iter().flatten().map(|line| number(&line["points"])).sum::<Decimal>();
        let earned = (parts + added).min(Decimal::from(120));
        assert!((earned - number(&score["value"])).abs() < Decimal::new(1, 2), "{score:#}");
        assert_eq!(score["review"]["state"], "closed", "{score:#}");
    }
}

fn steelyard(dir: &Path, code: i32, args: &[&str]) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    let output =
        command.current_dir(dir).args(args).env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("STEELYARD_LANG").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {out}{err}");
    (out, err)
}

const SALES: &str = r#"ruleset sales 1.0.0 {
  currency USD
  timezone UTC
}

event sale {
  shop   dimension
  amount money
}

event plan replaces by shop, quarter clock quarter {
  shop    dimension
  quarter date
  amount  money
}

metric sales   = sum(sale.amount)
metric planned = sum(plan.amount)
metric basket  = sales / count(sale)
"#;

/// Two shops: 100 and 200 in every month of the year before, a tenth more in each month of the next year up to the last one.
fn sales(until: u32) -> String {
    let mut lines = Vec::new();
    for (year, percent) in [(2025, 100), (2026, 110)] {
        for month in (1..=12).filter(|month| year == 2025 || *month <= until) {
            for (shop, amount) in [("us", percent), ("de", 2 * percent)] {
                let day = if month == 2 { 28 } else { 30 + u32::from(![4, 6, 9, 11].contains(&month)) };
                for (half, day) in [(0, 1), (1, day)] {
                    let amount = Decimal::from(amount) / Decimal::TWO;
                    lines.push(format!(
                        r#"{{"type":"sale","source":"t","id":"{shop}{year}{month}{half}","time":"{year}-{month:02}-{day:02}T09:00:00Z","data":{{"shop":"{shop}","amount":"{amount} USD"}}}}"#
                    ));
                }
            }
        }
    }
    lines.sort_by_key(|line| line.split("\"time\":").nth(1).unwrap()[..12].to_owned());
    lines.join("\n") + "\n"
}

#[test]
fn a_target_is_proposed_from_trend_or_growth_and_set_beside_plans() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::write(dir.join("sales.kpi"), SALES).unwrap();
    std::fs::write(dir.join("whole.ndjson"), sales(12)).unwrap();
    let ask = ["propose", "sales.kpi", "sales", "--events", "whole.ndjson", "--year", "2027"];
    let with = |more: &[&'static str]| [&ask[..], more].concat();
    // 3,960 in 2026 and a trend of 10 %: 4,356, a third of it for the shop in America.
    let (text, _) = steelyard(dir, 0, &with(&["--per", "shop"]));
    for line in
        ["Trend: 10% a year, the median of 12 months; 10% to 10%", "[shop: de] 2027 2_904 USD", "[shop: us] 2027 1_452 USD", "step  1 USD"]
    {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let (zh, _) = steelyard(dir, 0, &with(&["--per", "shop", "--lang", "zh"]));
    assert!(zh.contains("趋势：每年 10%") && zh.contains("基数 2,640.00 USD，占 66.7%"), "{zh}");
    let json = |more: &[&'static str]| {
        serde_json::from_str::<Value>(&steelyard(dir, 0, &with(&[more, &["--format", "json"]].concat())).0).unwrap()
    };
    // A whole that no step divides evenly, and parts that add up all the same.
    let asked = json(&["--per", "shop", "--growth", "-7%", "--step", "7"]);
    let amounts: Vec<Decimal> = asked["rows"].as_array().unwrap().iter().map(|row| number(&row["amount"])).collect();
    assert_eq!((amounts.iter().sum::<Decimal>(), number(&asked["total"])), (Decimal::from(3_682), Decimal::from(3_682)), "{asked:#}");
    // A year that is not over: what is missing is last year's, with the trend.
    std::fs::write(dir.join("whole.ndjson"), sales(9)).unwrap();
    let partial = json(&[]);
    assert_eq!((&partial["basis"], &partial["months"][9]["from"]), (&"3960".into(), &"2025-10".into()), "{partial:#}");
    assert_eq!(partial["trend"]["months"], 9);
    // Plans from below, one quarter of one shop.
    let plan = r#"{"type":"plan","source":"t","id":"p","time":"2026-09-30T10:00:00Z","data":{"shop":"us","quarter":"2027-01-01","amount":"1000 USD"}}"#;
    std::fs::write(dir.join("whole.ndjson"), format!("{}{plan}\n", sales(9))).unwrap();
    let (text, _) = steelyard(dir, 0, &with(&["--per", "shop", "--plan", "planned"]));
    assert!(
        text.contains("planned from below 1,000.00 USD, gap 452.00 USD")
            && text.contains("# Planned from below: 1,000.00 USD; gap 3,356.00 USD"),
        "{text}"
    );
    // Written in the place of the one before, and the text stays whole.
    for growth in ["5%", "8%"] {
        steelyard(dir, 0, &with(&["--per", "shop", "--growth", growth, "--write"]));
        steelyard(dir, 0, &["check", "sales.kpi"]);
        steelyard(dir, 0, &["fmt", "--check", "sales.kpi"]);
    }
    let written = std::fs::read_to_string(dir.join("sales.kpi")).unwrap();
    assert!(written.matches("target sales").count() == 1 && written.contains("Growth: 8%, as asked for"), "{written}");
    for (more, code) in [
        (&["--growth", "ten"][..], "SY1917"),
        (&["--growth", "-100%"], "SY1917"),
        (&["--step", "0"], "SY1916"),
        (&["--at", "2026-02-10 12:00"], "SY1919"),
        (&["--per", "sku"], "SY0707"),
    ] {
        let (out, err) = steelyard(dir, if code == "SY1919" { 1 } else { 2 }, &with(more));
        assert!(err.contains(code), "{more:?} {out} {err}");
    }
    let first_year = ["propose", "sales.kpi", "sales", "--events", "whole.ndjson", "--year", "2026", "--at", "2025-12-31 23:00"];
    assert!(steelyard(dir, 1, &first_year).1.contains("SY1918"));
    let (_, err) = steelyard(dir, 2, &["propose", "sales.kpi", "basket", "--events", "whole.ndjson", "--year", "2027"]);
    assert!(err.contains("SY1915"), "{err}");
}

/// The numbers of teams, which only the shops' moves tell: asked for, and proposed as targets.
#[test]
fn teams_that_shops_belong_to_are_told_and_get_targets() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let teams = "event joined {\n  shop      dimension\n  team      dimension\n  first_day date\n}\n\ndimension shop in team {\n  team by joined since first_day\n}\n";
    std::fs::write(dir.join("sales.kpi"), format!("{SALES}\n{teams}")).unwrap();
    let joins = [("us", "east"), ("de", "west")].map(|(shop, team)| {
        format!(r#"{{"type":"joined","source":"t","id":"{shop}","time":"2025-01-01T08:00:00Z","data":{{"shop":"{shop}","team":"{team}","first_day":"2025-01-01"}}}}"#)
    });
    std::fs::write(dir.join("whole.ndjson"), format!("{}\n{}", joins.join("\n"), sales(12))).unwrap();
    let (out, _) = steelyard(
        dir,
        0,
        &[
            "replay",
            "sales.kpi",
            "--events",
            "whole.ndjson",
            "--metrics",
            "sales,basket",
            "--by",
            "year",
            "--per",
            "team",
            "--format",
            "ndjson",
        ],
    );
    let told: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of_year = |metric, team: &str| sums(&told, metric, "2026")[&serde_json::json!({"team": team}).to_string()];
    // Twelve months of 110 in America and of 220 in Germany, each from two orders.
    assert_eq!((of_year("sales", "east"), of_year("sales", "west")), (1_320.into(), 2_640.into()), "{out}");
    assert_eq!((of_year("basket", "east"), of_year("basket", "west")), (55.into(), 110.into()), "{out}");
    let (text, _) = steelyard(
        dir,
        0,
        &["propose", "sales.kpi", "sales", "--events", "whole.ndjson", "--year", "2027", "--growth", "10%", "--per", "team", "--write"],
    );
    for line in ["[team: east] 2027 1_452 USD", "[team: west] 2027 2_904 USD"] {
        let written = std::fs::read_to_string(dir.join("sales.kpi")).unwrap();
        assert!(written.contains(line), "{line}\n{text}\n{written}");
    }
    steelyard(dir, 0, &["check", "sales.kpi"]);
}

#[test]
fn a_client_is_made_from_flags_and_nothing_is_assumed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let rulesets = Path::new(env!("CARGO_MANIFEST_DIR")).join("rulesets").display().to_string();
    let base = ["--package-path", rulesets.as_str(), "new"];
    let whole = [
        "acme",
        "--role",
        "operator,service",
        "--platform",
        "ebay",
        "--cycle",
        "week",
        "--level",
        "shop",
        "--currency",
        "EUR",
        "--timezone",
        "Europe/Berlin",
    ];
    steelyard(dir, 0, &[&base[..], &whole[..]].concat());
    for command in [&["check", "--deny-warnings"][..], &["fmt", "--check"], &["test"]] {
        steelyard(dir, 0, &[&["--package-path", rulesets.as_str()][..], command, &["acme/acme.kpi"]].concat());
    }
    let (ruleset, readme) = (read(dir, "acme/acme.kpi"), read(dir, "acme/README.md"));
    assert!(
        ruleset.contains("scorecard operator_shop_week per shop every week")
            && readme.contains("| `service_week` | `role.service` | agent | week | yes |"),
        "{ruleset}{readme}"
    );
    // What is there is not written over.
    let (_, err) = steelyard(dir, 2, &[&base[..], &whole[..]].concat());
    assert!(err.contains("acme/acme.kpi"), "{err}");
    for (args, code) in [
        (&["x", "--role", "operator"][..], "SY1912"),
        (&["x", "--role", "pilot"], "SY1911"),
        (&["x", "--cycle", "week"], "SY1913"),
        (
            &["x", "--role", "operator", "--cycle", "week", "--level", "team", "--currency", "EUR", "--timezone", "UTC", "--base-pay", "0"],
            "SY1914",
        ),
    ] {
        let (_, err) = steelyard(dir, 2, &[&base[..], args].concat());
        assert!(err.contains(code), "{args:?} {err}");
        assert!(!dir.join("x").exists() && !dir.join("x.kpi").exists());
    }
    assert!(steelyard(dir, 2, &["new", "x", "--role", "operator"]).1.contains("SY1910"));
}
