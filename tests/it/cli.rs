//! The commands as a person or a script runs them: output, exit codes, files.

use std::path::Path;
use std::process::{Command, Output};

fn steelyard(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    command.current_dir(dir).args(args).env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("STEELYARD_LANG");
    command.output().unwrap()
}

/// Runs and expects this exit code; gives standard output.
fn run(dir: &Path, code: i32, args: &[&str]) -> String {
    let output = steelyard(dir, args);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with the starter ruleset and this file of orders.
fn shop(orders: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), 0, &["new", "shop"]);
    std::fs::write(dir.path().join("orders.csv"), orders).unwrap();
    dir
}

const REPLAY: [&str; 8] = ["replay", "shop.kpi", "--events", "orders.csv", "--metrics", "sales,orders", "--format", "ndjson"];

#[test]
fn a_new_ruleset_is_without_fault() {
    let dir = shop("");
    for args in [&["check", "shop.kpi"], &["test", "shop.kpi"], &["fmt", "shop.kpi"]] {
        run(dir.path(), 0, args);
    }
    run(dir.path(), 0, &["fmt", "--check", "shop.kpi"]);
    run(dir.path(), 2, &["new", "shop"]);
    run(dir.path(), 2, &["new", "Shop"]);
}

#[test]
fn mistakes_end_with_one_and_wrong_use_with_two() {
    let dir = shop("");
    let text = std::fs::read_to_string(dir.path().join("shop.kpi")).unwrap();
    std::fs::write(dir.path().join("wrong.kpi"), text.replace("is 10%", "is 11%").replace("count(order_placed)", "count( order_placed )"))
        .unwrap();
    run(dir.path(), 1, &["fmt", "--check", "wrong.kpi"]);
    let failed = run(dir.path(), 1, &["test", "wrong.kpi", "--format", "ndjson"]);
    assert!(failed.contains("SY0751") && failed.contains("found 10%"), "{failed}");
    std::fs::write(dir.path().join("broken.kpi"), text.replace("sum(order_placed.amount)", "sum(order_placed.amont)")).unwrap();
    let found = run(dir.path(), 1, &["check", "broken.kpi", "--format", "ndjson"]);
    assert!(found.contains("\"code\":\"SY0202\""), "{found}");
    run(dir.path(), 2, &["check", "nowhere.kpi"]);
    run(dir.path(), 2, &["explain", "SY9999"]);
    run(dir.path(), 2, &["replay", "shop.kpi", "--events", "orders.csv", "--metrics", "sles"]);
    assert!(run(dir.path(), 0, &["explain", "sy0711", "--lang", "zh"]).contains("行"));
}

#[test]
fn replay_prints_one_line_a_number() {
    let dir = shop("\u{feff}Order,Date,Shop,Amount\r\n1,2026-03-01 09:00:00,us,60\r\n2,2026-05-02 10:00:00,\"d,e\",40.005\r\n");
    assert_eq!(
        run(dir.path(), 0, &REPLAY),
        "{\"metric\":\"sales\",\"scope\":{},\"period\":\"all\",\"value\":\"100.00\",\"unit\":\"USD\"}\n\
         {\"metric\":\"orders\",\"scope\":{},\"period\":\"all\",\"value\":\"2\",\"unit\":\"count\"}\n"
    );
    let exact = run(dir.path(), 0, &[&REPLAY[..], &["--exact", "--by", "month", "--per", "shop"]].concat());
    // 2 metrics x (all shops, "d,e", "us") x (March, April, May)
    assert_eq!(exact.lines().count(), 18, "{exact}");
    assert!(
        exact.contains("{\"metric\":\"sales\",\"scope\":{\"shop\":\"d,e\"},\"period\":\"2026-05\",\"value\":\"40.005\",\"unit\":\"USD\"}")
    );
}

#[test]
fn rows_that_are_no_events_are_left_out_and_told() {
    let dir = shop(
        "Order,Date,Shop,Amount\n1,2026-03-01 09:00:00,us,60\n1,2026-03-01 09:00:00,us,60\n3,yesterday,us,1\n4,2026-03-01 09:00:00,us\n",
    );
    let output = steelyard(dir.path(), &REPLAY);
    assert_eq!(output.status.code(), Some(1));
    // The same order twice is one order: this feed takes its identity from the column.
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"value\":\"60.00\""));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("line 4") && told.contains("line 5"), "{told}");
}

#[test]
fn flat_objects_are_read_as_the_rows_of_a_csv() {
    let dir = shop("");
    let lines = [
        r#"{"Order":1,"Date":"2026-03-01 09:00:00","Shop":"us","Amount":60,"note":[1]}"#,
        r#"{"Date":"2026-05-02 10:00:00","Order":"2","Shop":"de","Amount":"40.005"}"#,
        r#"{"Amount":60.0,"Order":1,"Date":"2026-03-01 09:00:00","Shop":"us"}"#,
        r#"{"Order":3,"Shop":"us","Amount":1}"#,
    ];
    std::fs::write(dir.path().join("orders.ndjson"), lines.join("\n")).unwrap();
    let name = std::fs::read_to_string(dir.path().join("shop.kpi")).unwrap();
    let name = name.split("feed ").nth(1).unwrap().split_whitespace().next().unwrap();
    let replay =
        ["replay", "shop.kpi", "--events", "orders.ndjson", "--feed", name, "--metrics", "sales,orders", "--exact", "--format", "ndjson"];
    let output = steelyard(dir.path(), &replay);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("line 4") && told.contains("SY0485"), "{told}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("\"value\":\"100.005\"") && printed.contains("\"value\":\"2\""), "{printed}");
}

#[test]
fn explain_shows_the_aggregates() {
    let dir = shop("Order,Date,Shop,Amount\n1,2026-03-01 09:00:00,us,60\n");
    let page = run(dir.path(), 0, &["explain", "shop.kpi", "--events", "orders.csv", "--metric", "sales", "--period", "2026-03"]);
    assert!(page.contains("sum(order_placed.amount)") && page.contains("60.00 USD"), "{page}");
}

#[test]
fn send_tells_of_a_batch_that_was_refused_as_a_whole() {
    let (dir, data) = crate::server::folder();
    let server = crate::server::Server::start(&data);
    let lines = "{\"type\":\"a\",\"id\":\"1\",\"data\":{\"x\":[1]}}\n{\"type\":\"a\",\"id\":\"2\",\"data\":{\"x\":1e400}}\n";
    std::fs::write(dir.path().join("events.ndjson"), lines).unwrap();
    let url = format!("http://{}", server.address);
    let told = run(dir.path(), 1, &["send", "--url", &url, "--events", "events.ndjson", "--format", "json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told, serde_json::json!({"accepted": 0, "duplicates": 0, "refused": 2, "left_out": 0}));
}

#[test]
fn a_command_that_cannot_start_says_so_as_json() {
    let dir = shop("Order,Date,Shop,Amount\n");
    let replay = ["replay", "shop.kpi", "--events", "orders.csv", "--metrics", "sles"];
    for (args, id) in
        [(&["check", "nowhere.kpi"][..], "SY0701"), (&replay[..], "SY0705"), (&["replay", "shop.kpi", "--events", "no.csv"][..], "SY0701")]
    {
        let told = run(dir.path(), 2, &[args, &["--format", "json"]].concat());
        let told: serde_json::Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told[0]["code"], &told[0]["severity"]), (&id.into(), &"error".into()), "{told}");
        let line = run(dir.path(), 2, &[args, &["--format", "ndjson"]].concat());
        assert_eq!(serde_json::from_str::<serde_json::Value>(line.trim()).unwrap(), told[0]);
    }
    let (_, data) = crate::server::folder();
    let _server = crate::server::Server::start(&data);
    let told = run(dir.path(), 1, &["key", "list", "--data", data.to_str().unwrap(), "--format", "json"]);
    assert!(told.contains("\"code\": \"SY08"), "{told}");
}

#[test]
fn texts_are_whole_in_both_languages() {
    let dir = shop("Order,Date,Shop,Amount\n1,2026-03-01 09:00:00,us,x\n");
    let told = |args: &[&str]| String::from_utf8(steelyard(dir.path(), args).stderr).unwrap();
    let replay = ["replay", "shop.kpi", "--events", "orders.csv", "--metrics", "sles"];
    let metric = told(&[&replay[..], &["--lang", "zh"]].concat());
    assert!(metric.contains("没有指标 sles，是否为 sales？"), "{metric}");
    let usage = told(&["send", "--events", "orders.csv", "--lang", "zh"]);
    assert!(usage.contains("steelyard import --ruleset"), "{usage}");
    assert!(told(&["check", "shop.kpi"]).contains("1 file, 0 errors, 0 warnings"));
    assert!(told(&["replay", "shop.kpi", "--events", "orders.csv"]).contains("1 event was refused"));
}

#[test]
fn what_was_typed_wrongly_is_told_like_other_mistakes() {
    let dir = shop("");
    let run = |args: &[&str], lang: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_steelyard"));
        command.current_dir(dir.path()).args(args).env("LANG", lang).env_remove("LC_ALL").env_remove("STEELYARD_LANG");
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let (code, out, err) = run(&["check", "--deny-warning", "shop.kpi"], "zh_CN.UTF-8");
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("错误[SY0730]: `steelyard check` 没有 `--deny-warning`") && err.contains("是否指 `--deny-warnings`？"), "{err}");
    let (code, out, err) = run(&["send", "--batch", "0", "--format", "json", "--lang", "en"], "zh_CN.UTF-8");
    assert_eq!((code, err.as_str()), (2, ""));
    let told: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&told[0]["code"], &told[0]["help"]), (&"SY0734".into(), &"see: steelyard send --help".into()));
    let (code, out, _) = run(&["replay", "--help", "--lang=zh"], "C");
    assert!(code == 0 && out.contains("用法：steelyard replay [选项] --events <EVENTS> <RULESET>"), "{out}");
    assert_eq!(run(&[], "C").0, 2);
}

#[test]
fn files_in_another_encoding_and_empty_ones_are_named() {
    let dir = shop("");
    let told = |bytes: &[u8], code: i32| {
        std::fs::write(dir.path().join("orders.csv"), bytes).unwrap();
        run(dir.path(), code, &REPLAY);
        let human = steelyard(dir.path(), &["replay", "shop.kpi", "--events", "orders.csv", "--lang", "zh"]);
        String::from_utf8(human.stderr).unwrap()
    };
    for empty in [&b""[..], b"\xEF\xBB\xBF", b"\n\r\n  \n"] {
        assert!(told(empty, 1).contains("SY0728"));
    }
    let gbk = told(b"\xB6\xA9\xB5\xA5,Date,Shop,Amount\n1,2026-03-01 09:00:00,us,1\n", 1);
    assert!(gbk.contains("按 gb18030 编码读取") && gbk.contains("文件中的列：订单, Date"), "{gbk}");
    for utf16 in [&b"\xFF\xFEO\0r\0"[..], b"\xFE\xFF\0O\0r"] {
        assert!(told(utf16, 1).contains("SY0483"));
    }
    let latin = told(b"Num\xE9ro,Date,Shop,Amount\n1,2026-03-01 09:00:00,us,1\n", 1);
    assert!(latin.contains("SY0726"), "{latin}");
    let row = told(b"Order,Date,Shop,Amount\n1,2026-03-01 09:00:00,caf\xE9,1\n", 1);
    assert!(row.contains("SY0727") && row.contains("第 2 行"), "{row}");
}

#[test]
fn refusals_name_the_line_of_the_file_in_its_order() {
    for end in ["\n", "\r\n"] {
        let rows = [
            "Order,Date,Shop,Amount",
            "",
            "",
            "1,2026-03-01 09:00:00,us,x",
            "2,2026-03-01 09:00:00,\"u",
            "",
            "s\",y",
            "",
            "3,yesterday,us,1",
            "4,2026-03-01 09:00:00,us,z",
        ];
        let dir = shop(&rows.join(end));
        let told = String::from_utf8(steelyard(dir.path(), &REPLAY).stderr).unwrap();
        let lines = told.split("line ").skip(1).filter_map(|rest| rest.split(':').next()?.parse().ok()).collect::<Vec<u32>>();
        assert_eq!(lines, [4, 5, 9, 10], "{told}");
    }
}

#[test]
fn send_gives_up_soon_where_nobody_listens() {
    let dir = shop("Order,Date,Shop,Amount\n1,2026-03-01 09:00:00,us,60\n");
    // A port that was free a moment ago.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}");
    let began = std::time::Instant::now();
    let output = steelyard(dir.path(), &["import", "--url", &url, "orders.csv", "--ruleset", "shop.kpi"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(began.elapsed() < std::time::Duration::from_secs(20), "{told}");
    assert!(told.contains("trying again") && told.contains("SY0716") && told.contains("refused"), "{told}");
}

#[test]
fn a_reader_that_has_read_enough_is_no_fault() {
    let orders: String = (0..2000).map(|n| format!("{n},2026-03-01 09:00:00,shop{n},60\n")).collect();
    let dir = shop(&format!("Order,Date,Shop,Amount\n{orders}"));
    let text = std::fs::read_to_string(dir.path().join("shop.kpi")).unwrap();
    std::fs::write(dir.path().join("broken.kpi"), text.replace("order_placed.amount", "order_placed.amont")).unwrap();
    for args in [&[&REPLAY[..], &["--by", "day", "--per", "shop"]].concat()[..], &["check", "broken.kpi", "--format", "json"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
        command.current_dir(dir.path()).args(args).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)) && !String::from_utf8_lossy(&output.stderr).contains("panicked"));
    }
}

#[test]
fn links_need_a_plain_address() {
    let dir = tempfile::tempdir().unwrap();
    for wrong in ["kpi.example.com", "ftp://kpi.example.com", "https://kpi.example.com/?token=s3cret"] {
        let output = steelyard(dir.path(), &["serve", "--listen", "127.0.0.1:0", "--public-url", wrong]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("SY0613") && !said.contains("s3cret"), "{said}");
    }
}

#[test]
fn accept_writes_what_is_found_and_keeps_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let ruleset = "ruleset t 1.0.0 {\n  currency USD\n  timezone UTC\n}\n\nevent order { amount money }\n\nmetric sales = sum(order.amount)\n\ntest \"t\" {\n  given order {\n    time       | amount\n    2026-03-01 | 5\n  }\n  at 2026-03-02\n  expect sales is ?  # asked\n  expect sales * 2 is 10 USD  # known\n}\n\ntest \"wrong\" {\n  given order {\n    time       | amount\n    2026-03-01 | five\n  }\n  at 2026-03-02\n  expect sales is ?\n}\n";
    std::fs::write(dir.path().join("t.kpi"), ruleset).unwrap();
    run(dir.path(), 1, &["test", "--accept", "t.kpi"]);
    let wanted = ruleset.replace("sales is ?  # asked", "sales is 5.00 USD  # asked");
    assert_eq!(std::fs::read_to_string(dir.path().join("t.kpi")).unwrap(), wanted);
}

#[test]
fn the_tests_of_a_new_ruleset_reach_all_of_it_and_change_tells_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), 0, &["new", "shop", "--currency", "CNY", "--timezone", "America/New_York"]);
    let args = ["test", "shop.kpi", "--coverage", "--min-coverage", "100%", "--mutate", "--min-score", "95%", "--format", "json"];
    assert_eq!(run(dir.path(), 0, &args), run(dir.path(), 0, &args));
}

/// The handbook of the demo ruleset in both languages, as it stands in `tests/handbook`; `UPDATE_EXPECT=1` rewrites it.
#[test]
fn the_handbook_says_what_the_ruleset_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (lang, page) in [("en", "tests/handbook/demo_shops.en.md"), ("zh", "tests/handbook/demo_shops.zh.md")] {
        let dir = tempfile::tempdir().unwrap();
        run(root, 0, &["doc", "examples/demo/shops.kpi", "--lang", lang, "--out", dir.path().to_str().unwrap()]);
        let written = std::fs::read_to_string(dir.path().join(format!("demo_shops.{lang}.md"))).unwrap();
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::create_dir_all(root.join("tests/handbook")).unwrap();
            std::fs::write(root.join(page), &written).unwrap();
        }
        assert_eq!(written, std::fs::read_to_string(root.join(page)).unwrap());
        run(root, 0, &["doc", "examples/demo/shops.kpi", "--lang", lang, "--html", "--out", dir.path().to_str().unwrap()]);
        let html = std::fs::read_to_string(dir.path().join(format!("demo_shops.{lang}.html"))).unwrap();
        assert_eq!(html.matches("<svg").count(), 5, "one drawing a curve");
        for foreign in ["http:", "https:", "<script", "src=", "url("] {
            assert!(!html.contains(foreign), "{foreign}");
        }
    }
}

#[test]
fn the_demo_shows_a_year_whose_webhooks_are_all_verified() {
    let dir = tempfile::tempdir().unwrap();
    let told = run(dir.path(), 0, &["demo", "--once", "--seconds", "1", "--lang", "en"]);
    let end = told.lines().find(|line| line.starts_with("The year is over: ")).unwrap_or_else(|| panic!("{told}"));
    assert!(end.ends_with(" webhooks received and verified, 0 rejected.") && !end.contains(": 0 webhooks"), "{told}");
}

#[test]
fn states_of_alerts_are_told_in_the_language_of_the_reader() {
    let dir = shop("");
    let event = |kind: &str, id: usize, time: &str, amount: u32| {
        format!(
            "{{\"type\":\"{kind}\",\"source\":\"t\",\"id\":\"{kind}-{id}\",\"time\":\"2026-03-{time}:00:00Z\",\"data\":{{\"order_id\":\"{id}\",\"shop\":\"us\",\"amount\":\"{amount}\"}}}}\n"
        )
    };
    let orders: String = (0..20).map(|id| event("order_placed", id, "01T09", 100)).collect();
    std::fs::write(dir.path().join("events.ndjson"), orders + &event("refund", 0, "01T10", 200) + &event("refund", 1, "03T10", 200))
        .unwrap();
    let alerts = |more: &[&str]| run(dir.path(), 0, &[&["replay", "shop.kpi", "--events", "events.ndjson", "--alerts"], more].concat());
    let told = alerts(&["--lang", "zh"]);
    assert!(["待触发", "预警中 警告"].iter().all(|state| told.contains(state)), "{told}");
    assert!(["pending", "firing", "warning"].iter().all(|state| !told.contains(state)), "{told}");
    // Machines read the same words in every language.
    assert!(alerts(&["--lang", "zh", "--format", "ndjson"]).contains("\"state\":\"firing\""));
}

#[test]
fn a_report_without_a_card_says_which_there_are() {
    let dir = shop("");
    let text = std::fs::read_to_string(dir.path().join("shop.kpi")).unwrap();
    let card = "scorecard other per shop every month {\n  kpi sales  weight 100  score { below 0, 1 USD -> 60, 2 USD -> 100 }\n}\n";
    std::fs::write(dir.path().join("two.kpi"), text + card).unwrap();
    std::fs::write(dir.path().join("none.kpi"), "ruleset none 1.0.0 {\n  title    \"None\"\n  currency USD\n  timezone UTC\n}\n").unwrap();
    for (ruleset, said) in [("two.kpi", "shop_review, other"), ("none.kpi", "none declares no scorecard")] {
        let output = steelyard(dir.path(), &["report", ruleset, "--events", "orders.csv", "--period", "2026-03", "--lang", "en"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && told.contains(said), "{told}");
    }
}

#[test]
fn a_new_ruleset_is_explained_in_the_language_of_the_reader() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), 0, &["new", "shop", "--lang", "zh"]);
    let text = std::fs::read_to_string(dir.path().join("shop.kpi")).unwrap();
    assert!(text.starts_with("# 规则集") && text.contains("test \"退款率是退款占销售额的比例\""), "{text}");
    run(dir.path(), 0, &["check", "shop.kpi"]);
    run(dir.path(), 0, &["fmt", "--check", "shop.kpi"]);
    run(dir.path(), 0, &["test", "--coverage", "--min-coverage", "100%", "--mutate", "--min-score", "95%", "shop.kpi"]);
}
