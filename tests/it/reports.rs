//! Reviews of scorecards: as the command writes them, and over HTTP.
//!
//! `review.kpi` is judged against `before.kpi`, which weighs otherwise, over the events of two months. The pages beside them
//! are what is expected; `UPDATE_EXPECT=1` writes them anew. Every number on them was computed by hand once.

use crate::service::Service;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/report")
}

fn report(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    command.current_dir(folder()).args(["report", "review.kpi", "--events", "events.ndjson", "--period", "2026-03"]);
    command.args(args).env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("STEELYARD_LANG").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Compares a page with the one that is expected.
fn expect(name: &str, found: &str) {
    let path = folder().join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let wanted = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(wanted == found, "{name} is not what `report` writes:\n{found}");
}

const WHOLE: [&str; 6] = ["--before", "before.kpi", "--by", "platform", "--notes", "notes.toml"];

#[test]
fn a_review_says_why_the_score_changed() {
    for lang in ["en", "zh"] {
        let output = report(&[&WHOLE[..], &["--lang", lang]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        expect(&format!("review.{lang}.md"), &text(&output.stdout));
    }
}

#[test]
fn every_table_of_a_review_adds_up() {
    let page = text(&report(&[&WHOLE[..], &["--lang", "en"]].concat()).stdout);
    let number = |cell: &str| cell.split(' ').next().unwrap().replace([',', '%'], "").parse::<rust_decimal::Decimal>().ok();
    let mut n_tables = 0;
    for table in page.split("\n\n").filter(|block| block.starts_with('|')) {
        let rows: Vec<Vec<&str>> = table.lines().map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect();
        let last = rows.last().unwrap();
        if !["KPI", "Points", "Part"].contains(&rows[0][0]) {
            continue;
        }
        n_tables += 1;
        for column in (1..last.len()).filter(|column| !last[*column].is_empty()) {
            let parts: rust_decimal::Decimal = rows[2..rows.len() - 1].iter().filter_map(|row| number(row[column])).sum();
            assert_eq!(Some(parts), number(last[column]), "column {} of\n{table}", rows[0][column]);
        }
        if rows[0][0] == "Points" {
            for row in &rows[2..] {
                let (sum, parts) = row[1..].split_last().unwrap();
                let parts: rust_decimal::Decimal = parts.iter().filter_map(|cell| number(cell)).sum();
                assert_eq!(parts, number(sum).unwrap_or_default(), "{row:?}");
            }
        }
    }
    assert_eq!(n_tables, 8, "{page}");
}

#[test]
fn who_lies_below_the_line_has_to_be_explained() {
    let output = report(&["--lang", "en"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("SY1902"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("**Draft: 4 notes are missing.**"), "{}", text(&output.stdout));
    assert_eq!(report(&["--draft"]).status.code(), Some(0));
    let one = report(&["--scope", "team=north", "--lang", "zh"]);
    assert!(text(&one.stdout).contains("缺少 1 条说明"), "{}", text(&one.stdout));
    for (args, code) in [(["--scope", "team"], "SY1907"), (["--out", "review.pdf"], "SY1903"), (["--notes", "review.kpi"], "SY1901")] {
        let output = report(&args);
        assert_ne!(output.status.code(), Some(0));
        assert!(text(&output.stderr).contains(code), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn notes_that_say_nothing_explain_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notes.toml");
    for (notes, code, said) in [
        ("[[note]]\ntext = \"\"", "SY1970", "the text of note 1"),
        ("[[note]]\ntext = \"fine\"\n[[note]]\ntext = \" \"", "SY1970", "the text of note 2"),
        ("[[action]]\ntext = \"go\"\nowner = \"\"", "SY1970", "the owner of action 1"),
        ("[[note]]\nkpi = \"margin\"\ntext = \"?\"", "SY1904", "`margin`"),
        ("[[note]]\nscope = { bogus = \"nope\" }\ntext = \"?\"", "SY1971", "`bogus`"),
        ("[[action]]\nscope = { team = \"nope\" }\ntext = \"go\"\nowner = \"Li\"", "SY1972", "team nope"),
    ] {
        std::fs::write(&path, notes).unwrap();
        for (lang, said) in [("en", said), ("zh", "：")] {
            let output = report(&["--notes", path.to_str().unwrap(), "--lang", lang]);
            let told = text(&output.stderr);
            assert!(output.status.code() != Some(0) && told.contains(code) && told.contains(said), "{notes}: {told}");
        }
    }
}

#[test]
fn what_a_target_is_missing_for_is_told_in_its_unit() {
    let dir = tempfile::tempdir().unwrap();
    let ruleset = std::fs::read_to_string(folder().join("review.kpi")).unwrap().replace("  2026-03 1_250 USD\n", "");
    let path = dir.path().join("untargeted.kpi");
    std::fs::write(&path, ruleset).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    command.current_dir(folder()).args(["report", path.to_str().unwrap(), "--events", "events.ndjson", "--period", "2026-03"]);
    let page = text(&command.args(["--draft", "--lang", "en"]).output().unwrap().stdout);
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| Gross merchandise value |") && line.contains(" - | - |")).collect();
    assert!(rows.len() == 2 && rows.iter().all(|row| row.split('|').nth(2).unwrap().trim().ends_with(" USD")), "{page}");
}

#[test]
fn a_review_is_written_as_a_page_and_as_a_workbook() {
    let dir = tempfile::tempdir().unwrap();
    for (name, start) in [("review.html", &b"<!doctype html>"[..]), ("review.xlsx", b"PK"), ("review.md", b"# Team lead 2026-03")] {
        let path = dir.path().join(name);
        let output = report(&[&WHOLE[..], &["--out", path.to_str().unwrap()]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let written = std::fs::read(&path).unwrap();
        assert!(written.starts_with(start), "{name}");
        assert!(!written.windows(7).any(|bytes| bytes == b"<script"));
    }
}

async fn read_page(service: &Service, path: &str) -> (u16, String) {
    let (status, body) = service.get(path).await;
    (status, body.as_str().unwrap_or_default().to_owned())
}

#[test]
fn somebody_else_comes_to_the_same_scores() {
    let dir = tempfile::tempdir().unwrap();
    let receipt = dir.path().join("receipt.json");
    let receipt = receipt.to_str().unwrap();
    assert_eq!(report(&["--draft", "--receipt", receipt]).status.code(), Some(0));
    let verify = |ruleset: &str, events: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
        command.current_dir(folder()).args(["verify", receipt, "--ruleset", ruleset, "--events", events, "--lang", "en"]);
        let output = command.output().unwrap();
        (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
    };
    // The order of events, and how often each is sent, change nothing.
    let mut lines: Vec<String> = std::fs::read_to_string(folder().join("events.ndjson")).unwrap().lines().map(str::to_owned).collect();
    lines.reverse();
    lines.push(lines[3].clone());
    let write = |name: &str, lines: &[String]| {
        let path = dir.path().join(name);
        std::fs::write(&path, lines.join("\n")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (code, said) = verify("review.kpi", &write("reversed.ndjson", &lines));
    assert!(code == 0 && said.contains("the same ruleset, events and 2 scores"), "{said}");
    let (code, said) = verify("before.kpi", "events.ndjson");
    assert!(code == 1 && said.contains("SY1909") && said.contains("ruleset: review 2.0.0, now review 1.0.0"), "{said}");
    let one_less = lines.iter().filter(|line| !line.contains("\"r0\"")).cloned().collect::<Vec<_>>();
    let (code, said) = verify("review.kpi", &write("less.ndjson", &one_less));
    assert!(code == 1 && said.contains("number of events: 38, now 37"), "{said}");
    assert!(said.contains("score [team north]: 65.76 / D / 0, now 67.76 / D / 0"), "{said}");
    // A receipt of an instant is about the events up to it: the file may grow, or hold no others.
    assert_eq!(report(&["--draft", "--receipt", receipt, "--at", "2026-04-01 00:00"]).status.code(), Some(0));
    let (late, early): (Vec<String>, Vec<String>) = lines.iter().cloned().partition(|line| line.contains("\"time\":\"2026-04"));
    assert!(!late.is_empty());
    let grown = [lines.clone(), vec![late[0].replace("\"id\":\"", "\"id\":\"later-")]].concat();
    for (name, lines) in [("whole.ndjson", &lines), ("grown.ndjson", &grown), ("early.ndjson", &early)] {
        let (code, said) = verify("review.kpi", &write(name, lines));
        assert!(code == 0 && said.contains("the same ruleset, events and 2 scores"), "{name}: {said}");
    }
    let (code, said) = verify("review.kpi", &write("early_less.ndjson", &early[1..]));
    assert!(code == 1 && said.contains("number of events"), "{said}");
    std::fs::write(dir.path().join("receipt.json"), "{}").unwrap();
    assert!(verify("review.kpi", "events.ndjson").1.contains("SY1908"));
}

#[test]
fn a_review_of_nothing_is_an_error() {
    for (lang, said) in [("en", "has no score in 2026-03 [team=zzz]"), ("zh", "在 2026-03 [team=zzz] 没有得分")] {
        let output = report(&["--draft", "--scope", "team=zzz", "--lang", lang]);
        let told = text(&output.stderr);
        assert!(output.status.code() == Some(1) && told.contains("SY1980") && told.contains(said), "{told}");
    }
    // Before the first event there is no team, and no receipt is written.
    let dir = tempfile::tempdir().unwrap();
    let receipt = dir.path().join("receipt.json");
    let output = report(&["--draft", "--at", "2020-01-01 00:00", "--receipt", receipt.to_str().unwrap()]);
    assert!(output.status.code() == Some(1) && text(&output.stderr).contains("SY1980"), "{}", text(&output.stderr));
    assert!(output.stdout.is_empty() && !receipt.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_over_http_has_the_notes_that_people_wrote() {
    let mut service = Service::start().await;
    let ruleset = std::fs::read_to_string(folder().join("review.kpi")).unwrap();
    assert_eq!(service.send("POST", "/v1/rulesets", "text/plain", ruleset).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/review/2.0.0/activate", "").await.0, 200);
    service.clock.set(steelyard::time::Instant::parse_rfc3339("2026-04-03T00:00:00Z").unwrap());
    let events = std::fs::read_to_string(folder().join("events.ndjson")).unwrap();
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (status, body) = service.post("/v1/events", &Value::from(events).to_string()).await;
    assert_eq!((status, &body["refused"]), (202, &json!([])), "{body}");
    // The period stands in the path: no parameters are told of.
    for label in ["2026-13", "2026-W10"] {
        let (status, refused) = service.get(&format!("/v1/reports/lead/{label}")).await;
        assert_eq!((status, &refused["code"]), (400, &json!("SY1984")), "{refused}");
        assert!(!refused.to_string().contains("parameter"), "{refused}");
    }
    let path = "/v1/reports/lead/2026-03";
    let (status, page) = read_page(&service, &format!("{path}?format=md&by=platform&scope.team=north")).await;
    assert_eq!(status, 200, "{page}");
    assert!(page.contains("| Score |  |  |  |  |  | 65.76 |") && page.contains("A note is missing: team north, the score."), "{page}");
    assert!(page.contains("| Ships late | warning |") && !page.contains("south"), "{page}");
    let notes = json!({"note": [{"scope": {"team": "north"}, "cause": "objective", "text": "The goal rose."}], "keep": ["Talks"]});
    let (status, body) = service.send("PUT", &format!("{path}/notes"), "application/json", notes.to_string()).await;
    assert_eq!(status, 200, "{body}");
    let (_, kept) = service.get(&format!("{path}/notes")).await;
    assert_eq!((&kept["note"][0]["text"], &kept["keep"]), (&json!("The goal rose."), &json!(["Talks"])), "{kept}");
    let (_, page) = read_page(&service, &format!("{path}?format=md&lang=zh&scope.team=north")).await;
    assert!(page.contains("| 得分 | The goal rose. | 客观 |") && !page.contains("缺少说明"), "{page}");
    let (status, page) = read_page(&service, path).await;
    assert!(status == 200 && page.starts_with("<!doctype html>") && page.contains("<h2>team south</h2>"), "{page}");
    let close = json!({"scorecard": "lead", "author": "Li", "force": true, "reason": "the month is over"}).to_string();
    assert_eq!(service.post("/v1/periods/2026-03/close", &close).await.0, 201);
    let late = json!([{"type": "report_late", "source": "t", "id": "late", "time": "2026-03-20T04:00:00Z", "data": {"team": "north"}}]);
    assert_eq!(service.post("/v1/events", &late.to_string()).await.0, 202);
    let (_, page) = read_page(&service, &format!("{path}?format=md&scope.team=north")).await;
    assert!(page.contains("| team north | 65.76 |") && page.contains("| Score |  |  |  | 65.76 |"), "{page}");
    assert!(page.contains("by Li: 65.76 / D / 0.") && page.contains("Later events would make it 63.76 / D / 0."), "{page}");
    let wrong = json!({"note": [{"kpi": "margin", "text": "?"}]});
    let (status, body) = service.send("PUT", &format!("{path}/notes"), "application/json", wrong.to_string()).await;
    assert_eq!((status, &body["code"]), (400, &json!("SY1904")), "{body}");
    for (wrong, code) in [
        (json!({"note": [{"text": " "}]}), "SY1970"),
        (json!({"action": [{"text": "go", "owner": ""}]}), "SY1970"),
        (json!({"note": [{"scope": {"bogus": "nope"}, "text": "?"}]}), "SY1971"),
        (json!({"note": [{"scope": {"team": "nope"}, "text": "?"}]}), "SY1972"),
    ] {
        let (status, body) = service.send("PUT", &format!("{path}/notes"), "application/json", wrong.to_string()).await;
        assert_eq!((status, &body["code"]), (400, &json!(code)), "{body}");
    }
    for (query, status) in [("?format=pdf", 400), ("?by=shop", 400), ("?lang=fr", 400)] {
        assert_eq!(service.get(&format!("{path}{query}")).await.0, status, "{query}");
    }
    assert_eq!(service.get("/v1/reports/nobody/2026-03").await.0, 404);
    assert_eq!(service.get("/v1/reports/lead/2026-Q1").await.0, 400);
    // Whoever is bound to a team reads what is about that team alone.
    let (_, admin) = service.post("/v1/keys", &json!({"role": "admin"}).to_string()).await;
    service.key = Some(admin["key"].as_str().unwrap().to_owned());
    let (_, made) = service.post("/v1/keys", &json!({"role": "read", "scope": {"team": "south"}}).to_string()).await;
    service.key = Some(made["key"].as_str().unwrap().to_owned());
    let (status, own) = read_page(&service, &format!("{path}?format=md")).await;
    assert!(status == 200 && own.contains("## team south") && !own.contains("north") && !own.contains("Talks"), "{own}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_over_http_compares_with_the_version_that_scored_the_period_before() {
    let service = Service::start().await;
    for file in ["before.kpi", "review.kpi"] {
        let ruleset = std::fs::read_to_string(folder().join(file)).unwrap();
        assert_eq!(service.send("POST", "/v1/rulesets", "text/plain", ruleset).await.0, 201);
    }
    assert_eq!(service.post("/v1/rulesets/review/2.0.0/activate", "").await.0, 200);
    service.clock.set(steelyard::time::Instant::parse_rfc3339("2026-04-03T00:00:00Z").unwrap());
    let events = std::fs::read_to_string(folder().join("events.ndjson")).unwrap();
    let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(service.post("/v1/events", &Value::from(events).to_string()).await.0, 202);
    let path = "/v1/reports/lead/2026-03?format=md&by=platform";
    let (status, page) = read_page(&service, &format!("{path}&before=1.0.0")).await;
    let written = text(&report(&["--before", "before.kpi", "--by", "platform", "--draft", "--at", "2026-04-03 08:00"]).stdout);
    assert_eq!(status, 200, "{page}");
    assert_eq!(page.trim(), written.trim());
    assert_ne!(page, read_page(&service, path).await.1);
    let (status, refused) = service.get(&format!("{path}&before=9.0.0")).await;
    assert_eq!(status, 404, "{refused}");
    let (status, refused) = service.get(&format!("{path}&before=1.0.0&as_of=2026-04-02T00:00:00Z")).await;
    assert_eq!((status, &refused["code"]), (422, &json!("SY2004")), "{refused}");
}
