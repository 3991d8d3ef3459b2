//! Export files as sellers bring them: workbooks, encodings, separators, what a preview says and what a server gets.

mod workbook;

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use workbook::{Book, Sheet, cell, date, number, percent, text};

const RULESET: &str = "ruleset orders 1.0.0 {
  currency CNY
  timezone Asia/Shanghai
}

event order_placed {
  order_id id
  shop     dimension
  sku      dimension
  amount   money
  units    count optional
  discount percent optional
  handled  duration optional
}

event refund {
  order_id id
  shop     dimension
  amount   money
}

feed orders to order_placed {
  id       from \"订单号\", \"SKU\"
  time     from \"付款时间\"
  order_id from \"订单号\"
  shop     from \"店铺\"
  sku      from \"SKU\"
  amount   from \"金额\"
  units    from \"数量\"
  discount from \"折扣\"
  handled  from \"处理时长\"
}

feed refunds to refund {
  time     from \"退款时间\"
  order_id from \"订单号\"
  shop     from \"店铺\"
  amount   from \"退款金额\"
}

metric gmv       = sum(order_placed.amount)
metric units     = sum(order_placed.units)
metric discounts = max(order_placed.discount)
metric handling  = max(order_placed.handled)
metric refunded  = sum(refund.amount)
";

const HEADER: &str = "订单号,付款时间,店铺,SKU,金额,数量,折扣,处理时长";

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("orders.kpi"), RULESET).unwrap();
    dir
}

fn steelyard(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
    command.current_dir(dir).args(args).env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("STEELYARD_LANG");
    command.output().unwrap()
}

/// What a preview of these files says, as JSON.
fn preview(dir: &Path, code: i32, args: &[&str]) -> Value {
    let all = [&["import", "--ruleset", "orders.kpi", "--preview", "--format", "json"], args].concat();
    let output = steelyard(dir, &all);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The code with which a command ends, and what it tells.
fn refused(dir: &Path, args: &[&str]) -> (i32, String) {
    let output = steelyard(dir, &[args, &["--format", "ndjson"]].concat());
    let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (
        output.status.code().unwrap(),
        format!("{} {}", told["code"].as_str().unwrap_or_default(), told["message"].as_str().unwrap_or_default()),
    )
}

/// The numbers of a replay.
fn numbers(dir: &Path, args: &[&str]) -> Vec<String> {
    let metrics = ["replay", "orders.kpi", "--metrics", "gmv,units,discounts,handling,refunded", "--format", "ndjson", "--exact"];
    let output = steelyard(dir, &[&metrics, args].concat());
    let lines = String::from_utf8(output.stdout).unwrap();
    let value = |line: &str| serde_json::from_str::<Value>(line).unwrap()["value"].as_str().unwrap_or("unknown").to_owned();
    lines.lines().map(value).collect()
}

/// A sheet as an ERP writes it: titles above, an order of two goods with merged cells, times and shares as numbers.
fn erp_sheet() -> Sheet {
    let header: Vec<_> = HEADER.split(',').map(text).collect();
    // 2026-03-01 09:30 is day 46082 and 0.39583… of one; 2026-03-03 00:00 is 46084.
    let rows = vec![
        (1, vec![text("2026年3月订单")]),
        (2, vec![text("导出人：小王")]),
        (4, header),
        (
            5,
            vec![
                text("A1"),
                date("46082.395833333336"),
                text("us"),
                text("mug"),
                number("12.300000000000001"),
                number("2"),
                percent("0.125"),
                cell("0.0625", 4),
            ],
        ),
        (6, vec![None, None, None, text("lamp"), number("0.30000000000000004"), number("1"), None, None]),
        (8, vec![number("1002"), date("46084"), text("us"), text("mug"), text("￥1,000.50"), text("--"), text("7.5%"), text("3小时")]),
        (9, vec![number("450336171234567890"), date("46084"), text("de"), text("mug"), number("5"), None, None, None]),
        (10, vec![text("合计"), None, None, None, number("1013.1"), None, None, None]),
    ];
    Sheet { name: "订单".to_owned(), rows, merged: vec!["A1:H1", "A2:H2", "A5:A6", "B5:B6", "C5:C6"] }
}

#[test]
fn a_workbook_says_what_people_see_in_it() {
    let dir = folder();
    let cover = Sheet { name: "说明".to_owned(), rows: vec![(1, vec![text("nothing here")])], merged: Vec::new() };
    Book(vec![erp_sheet(), cover]).write(&dir.path().join("orders.xlsx"));
    let told = preview(dir.path(), 1, &["orders.xlsx"]);
    let file = &told["files"][0];
    assert_eq!((&file["accepted"], &file["refused"]), (&json!(3), &json!(2)), "{told}");
    assert_eq!((&file["table"]["sheet"], &file["table"]["feed"]), (&json!("订单"), &json!("orders")));
    let amount = &file["table"]["columns"][4];
    assert_eq!(*amount, json!({"column": "金额", "field": "amount", "unit": "CNY", "sample": "12.3"}));
    assert_eq!(file["table"]["columns"][1]["sample"], "2026-03-01T09:30:00.000");
    // The long number was rounded by whatever wrote the file; the row of sums has no time.
    let reasons: Vec<_> = file["reasons"].as_array().unwrap().iter().map(|reason| (&reason["code"], &reason["lines"])).collect();
    assert_eq!(reasons, [(&json!("SY0485"), &json!([10])), (&json!("SY1858"), &json!([9]))]);
    // 12.3 + 0.3 + 1000.50; 2 + 1; the larger of 12.5% and 7.5%; 0.0625 of a day are 5,400 s, 3 hours are 10,800 s.
    assert_eq!(numbers(dir.path(), &["--events", "orders.xlsx"]), ["1013.1", "3", "0.125", "10800", "0"]);
    // 09:30 in Shanghai is still the first of March; midnight of the third begins the third.
    let days: Vec<_> = told["completeness"].as_array().unwrap().iter().collect();
    assert_eq!(days.len(), 1);
    assert_eq!(
        (&days[0]["first"], &days[0]["last"], &days[0]["missing"]),
        (&json!("2026-03-01"), &json!("2026-03-03"), &json!(["2026-03-02"]))
    );
}

#[test]
fn a_workbook_that_cannot_be_read_is_told_of() {
    let dir = folder();
    let cover = Sheet { name: "封面".to_owned(), rows: vec![(1, vec![text("nothing here")])], merged: Vec::new() };
    Book(vec![cover, erp_sheet()]).write(&dir.path().join("orders.xlsx"));
    assert_eq!(numbers(dir.path(), &["--events", "orders.xlsx", "--sheet", "订单"])[1], "3");
    std::fs::write(dir.path().join("old.xls"), b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more").unwrap();
    std::fs::write(dir.path().join("broken.xlsx"), b"PK\x03\x04 and nothing of a workbook").unwrap();
    std::fs::write(dir.path().join("orders.csv"), format!("{HEADER}\n")).unwrap();
    let import = |args: &[&str]| refused(dir.path(), &[&["import", "--ruleset", "orders.kpi", "--preview"], args].concat());
    assert_eq!(
        import(&["orders.xlsx", "--sheet", "订单表"]),
        (2, "SY1856 orders.xlsx has no sheet `订单表`; did you mean `订单`?".to_owned())
    );
    assert_eq!(import(&["old.xls"]), (1, "SY1853 old.xls is a workbook of the old .xls format".to_owned()));
    assert_eq!(import(&["orders.csv", "--sheet", "订单"]).0, 2);
    let (code, told) = import(&["broken.xlsx"]);
    assert!(code == 1 && told.starts_with("SY1854 the workbook broken.xlsx cannot be read"), "{told}");
    // The first sheet has no header of any feed.
    let (code, told) = import(&["orders.xlsx"]);
    assert!(code == 1 && told.starts_with("SY0481"), "{told}");
    assert_eq!(
        refused(dir.path(), &["send", "--events", "orders.csv"]),
        (1, "SY1859 orders.csv is a table, not one event a line as JSON".to_owned())
    );
}

#[test]
fn texts_of_other_encodings_and_separators_say_the_same() {
    let dir = folder();
    let rows = format!(
        "导出时间：2026-03-04\n{HEADER}\n1,2026/3/1 9:05,美国店,马克杯,\"￥1,234.50\",２,12.5%,3小时\n2,2026-03-02,德国店,灯,（4.50）,1,N/A,--\n"
    );
    let wanted = ["1230", "3", "0.125", "10800", "0"];
    let gbk = encoding_rs::GB18030.encode(&rows).0.into_owned();
    let tabs = rows.replace("\"￥1,234.50\"", "￥1;234.50").replace(',', "\t").replace(';', ",");
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(tabs.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let semicolons = rows.replace("\"￥1,234.50\"", "￥1234.50").replace(',', ";");
    for (name, bytes) in [
        ("plain.csv", rows.clone().into_bytes()),
        ("marked.csv", format!("\u{feff}{rows}").into_bytes()),
        ("gbk.csv", gbk),
        ("utf16.txt", utf16),
        ("tabs.txt", tabs.clone().into_bytes()),
        ("semicolons.csv", semicolons.into_bytes()),
    ] {
        std::fs::write(dir.path().join(name), bytes).unwrap();
        assert_eq!(numbers(dir.path(), &["--events", name]), wanted, "{name}");
        let told = preview(dir.path(), 0, &[name]);
        assert_eq!(told["files"][0]["table"]["columns"][2]["sample"], "美国店", "{name}");
    }
    let output = steelyard(dir.path(), &["import", "--ruleset", "orders.kpi", "--preview", "gbk.csv"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("gbk.csv is read as gb18030"));
    // A row that has no meaning in the encoding is refused alone.
    let mut damaged = encoding_rs::GB18030.encode(&rows).0.into_owned();
    // Behind the first 256 kB, which tell the encoding.
    let row = encoding_rs::GB18030.encode("9,2026-03-02,德国店,灯,1,1,,\n").0.into_owned();
    (0..20_000).for_each(|_| damaged.extend_from_slice(&row));
    damaged.extend_from_slice(b"10,2026-03-02,\xff\xff,lamp,1,1,,\n");
    std::fs::write(dir.path().join("damaged.csv"), damaged).unwrap();
    let told = preview(dir.path(), 1, &["damaged.csv"]);
    let file = &told["files"][0];
    assert_eq!((&file["accepted"], &file["repeated"], &file["refused"]), (&json!(3), &json!(19_999), &json!(1)), "{file}");
    assert_eq!(file["reasons"][0]["code"], "SY0727");
}

#[test]
fn files_find_their_feeds_and_tell_which_days_are_missing() {
    let dir = folder();
    let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "orders.csv",
        format!("{HEADER}\n1,2026-03-01,us,mug,1,1,,\n2,2026-03-05,us,mug,1,1,,\n3,2026-03-02,de,mug,1,1,,\n4,2026-03-04,de,lamp,1,1,,\n"),
    );
    write("again.csv", format!("{HEADER}\n2,2026-03-05,us,mug,1,1,,\n3,2026-03-02,de,mug,2,1,,\n5,2036-03-05,us,mug,1,1,,\n"));
    write("refunds.csv", "退款时间,订单号,店铺,退款金额\n2026-03-03,1,us,1\n".to_owned());
    let told = preview(dir.path(), 1, &["orders.csv", "again.csv", "refunds.csv"]);
    let counts = |file: usize| ["accepted", "repeated", "refused"].map(|count| told["files"][file][count].as_u64().unwrap());
    // The second file repeats one row, contradicts another and is years ahead in a third.
    assert_eq!([counts(0), counts(1), counts(2)], [[4, 0, 0], [0, 1, 2], [1, 0, 0]], "{told}");
    let codes: Vec<_> = told["files"][1]["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["SY0409", "SY0410"]);
    assert_eq!(told["files"][2]["table"]["feed"], "refunds");
    let holes = |told: &Value| -> Vec<String> {
        let line = |hole: &Value| format!("{} {} {} {}", hole["event"].as_str().unwrap(), hole["scope"], hole["days"], hole["missing"]);
        told["completeness"].as_array().unwrap().iter().map(line).collect()
    };
    assert_eq!(
        holes(&told),
        [
            "order_placed {\"shop\":\"de\"} 4 [\"2026-03-03\",\"2026-03-05\"]",
            "order_placed {\"shop\":\"us\"} 5 [\"2026-03-02\",\"2026-03-03\",\"2026-03-04\"]",
            "refund {\"shop\":\"us\"} 1 []",
        ]
    );
    let told = preview(dir.path(), 0, &["orders.csv", "--per", "shop,sku"]);
    assert_eq!(holes(&told).len(), 3);
    assert!(holes(&told)[0].contains("\"sku\":\"lamp\"") && holes(&told)[0].ends_with("2 [\"2026-03-05\"]"), "{told}");
    // Both feeds fit: which one is meant must be said.
    write("both.csv", format!("{HEADER},退款时间,退款金额\n"));
    let import = |args: &[&str]| refused(dir.path(), &[&["import", "--ruleset", "orders.kpi", "--preview"], args].concat());
    assert_eq!(import(&["both.csv"]).1, "SY0481 ruleset orders has several feeds");
    preview(dir.path(), 0, &["both.csv", "--feed", "refunds"]);
    // The nearest header tells what is missing.
    write("near.csv", HEADER.replace("金额", "实付金额"));
    assert_eq!(import(&["near.csv"]).1, "SY0483 feed orders needs the column \"金额\", which the file lacks");
    assert_eq!(import(&["orders.csv", "--per", "country"]), (2, "SY1983 orders has no dimension country".to_owned()));
}

#[test]
fn what_is_imported_is_on_the_server_once() {
    let dir = folder();
    let (_home, data) = crate::server::folder();
    let server = crate::server::Server::start(&data);
    let url = format!("http://{}", server.address);
    let mut client = crate::wire::Client::new(server.address);
    assert_eq!(client.send("PUT", "/v1/rulesets/orders/1.0.0", "text/plain", RULESET.as_bytes()).unwrap().status(), 201);
    assert!(client.json("POST", "/v1/rulesets/orders/1.0.0/activate", &json!({})).unwrap().status() < 300);
    Book(vec![erp_sheet()]).write(&dir.path().join("orders.xlsx"));
    std::fs::write(dir.path().join("refunds.csv"), "退款时间,订单号,店铺,退款金额\n2026-03-03,A1,us,1.5\n").unwrap();
    let import = ["import", "--ruleset", "orders.kpi", "--url", &url, "orders.xlsx", "refunds.csv", "--format", "json"];
    for (accepted, repeated) in [(4, 0), (0, 4)] {
        let output = steelyard(dir.path(), &import);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told, json!({"accepted": accepted, "duplicates": repeated, "left_out": 0, "refused": 2}));
        assert_eq!(output.status.code(), Some(1));
    }
    assert_eq!(client.get("/v1/metrics/gmv?exact=true").unwrap().json()["values"][0]["value"], "1013.1");
    assert_eq!(client.get("/v1/metrics/refunded?exact=true").unwrap().json()["values"][0]["value"], "1.5");
}

#[test]
fn a_generated_history_says_the_same_as_lines_and_as_tables() {
    let dir = tempfile::tempdir().unwrap();
    let ruleset = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/generated/world.kpi");
    std::fs::copy(ruleset, dir.path().join("orders.kpi")).unwrap();
    let told = |args: &[&str]| {
        let output = steelyard(dir.path(), args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let size = ["generate", "--shops", "3", "--days", "20", "--events", "4000", "--first", "2025-11-01"];
    told(&[&size[..], &["--out", "lines.ndjson"]].concat());
    told(&[&size[..], &["--as", "csv", "--out", "tables"]].concat());
    let lines = std::fs::read(dir.path().join("lines.ndjson")).unwrap();
    assert_eq!(told(&size), lines);
    assert_ne!(told(&[&size[..], &["--seed", "8"]].concat()), lines);
    let kinds = ["ad_day", "chat", "fx", "order_placed", "order_shipped", "refund", "stock"];
    let tables: Vec<String> = kinds.iter().map(|kind| format!("tables/{kind}.csv")).collect();
    let (one, several) =
        (preview(dir.path(), 0, &["lines.ndjson"]), preview(dir.path(), 0, &tables.iter().map(String::as_str).collect::<Vec<_>>()));
    let sum = |told: &Value, what: &str| told["files"].as_array().unwrap().iter().map(|file| file[what].as_u64().unwrap()).sum::<u64>();
    for what in ["accepted", "repeated", "refused"] {
        assert_eq!(sum(&one, what), sum(&several, what), "{what}");
    }
    assert_eq!(one["completeness"], several["completeness"]);
    assert!(sum(&one, "accepted") > 2_000 && sum(&one, "repeated") > 0, "{one}");
    let numbers = told(&[
        "replay",
        "orders.kpi",
        "--events",
        "lines.ndjson",
        "--metrics",
        "gmv,return_rate,acos",
        "--per",
        "shop",
        "--format",
        "ndjson",
    ]);
    let known = |line: &str| serde_json::from_str::<Value>(line).unwrap()["value"].is_string();
    assert!(String::from_utf8(numbers).unwrap().lines().all(known));
    told(&["test", "orders.kpi"]);
}

/// A ruleset, a file, flags, how many rows are accepted, repeated and refused, and the codes of those.
type Export = (&'static str, &'static str, &'static [&'static str], [u64; 4], &'static [&'static str]);

/// The feeds of the library on files of their form: what is accepted, repeated and refused, and why.
#[test]
fn exports_of_marketplaces_and_erps_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases: &[Export] = &[
        // A cancelled line has no price; a line in Canadian dollars is not counted as US dollars.
        ("amazon", "amazon_orders.txt", &["--set", "shop=us"], [2, 1, 1, 1], &["SY0404"]),
        ("amazon", "amazon_returns.txt", &[], [1, 0, 0, 0], &[]),
        // The first row sums the settlement.
        ("amazon", "amazon_settlements.txt", &[], [3, 0, 0, 1], &[]),
        ("amazon", "amazon_ads.csv", &["--set", "revision=20260315"], [3, 0, 0, 0], &[]),
        ("amazon", "amazon_feedback.txt", &[], [2, 0, 0, 0], &[]),
        ("amazon", "amazon_traffic.ndjson", &["--feed", "amazon_traffic"], [3, 0, 0, 0], &[]),
        // Of ten notifications two are about orders, with two items each.
        ("amazon_notifications", "amazon_notifications.ndjson", &["--feed", "amazon_order_changes"], [2, 0, 0, 8], &[]),
        ("amazon_notifications", "amazon_notifications.ndjson", &["--feed", "amazon_order_items"], [4, 0, 0, 0], &[]),
        ("amazon_notifications", "amazon_notifications.ndjson", &["--feed", "amazon_item_hours"], [3, 0, 0, 0], &[]),
        ("amazon_notifications", "amazon_notifications.ndjson", &["--feed", "amazon_fba_stocks"], [3, 0, 0, 0], &[]),
        ("amazon_notifications", "amazon_notifications.ndjson", &["--feed", "amazon_transactions"], [2, 0, 0, 8], &[]),
        // The history tells its first step twice.
        ("amazon_notifications", "amazon_notifications.ndjson", &["--feed", "amazon_milestones"], [3, 1, 0, 0], &[]),
        // An order of two lines, one that was never paid, and one of one line.
        ("shopify", "shopify_orders.csv", &["--feed", "shopify_lines"], [4, 0, 0, 0], &[]),
        ("shopify", "shopify_orders.csv", &["--feed", "shopify_orders"], [2, 0, 0, 2], &[]),
        ("shopify", "shopify_reviews.csv", &["--set", "shop=de"], [2, 0, 0, 1], &[]),
        ("messages", "messages.ndjson", &["--feed", "messages_asked"], [3, 0, 0, 3], &[]),
        ("messages", "messages.ndjson", &["--feed", "messages_answered"], [2, 0, 0, 4], &[]),
        ("shopee", "shopee_orders.csv", &["--set", "shop=sg-1", "--set", "market=sg"], [3, 0, 0, 0], &[]),
        ("lazada", "lazada_orders.csv", &[], [2, 0, 0, 0], &[]),
        // The second row describes the columns.
        ("tiktok_shop", "tiktok_shop_orders.csv", &[], [2, 0, 0, 1], &[]),
        ("dianxiaomi", "dianxiaomi_orders.csv", &[], [2, 0, 1, 0], &["SY0404"]),
        // An order that is not paid yet.
        ("mabang", "mabang_orders.csv", &[], [1, 0, 0, 1], &[]),
        ("tongtu", "tongtu_orders.csv", &[], [1, 0, 0, 0], &[]),
    ];
    for (ruleset, file, flags, wanted, codes) in cases {
        let (ruleset, file) = (format!("rulesets/feeds/{ruleset}.kpi"), format!("examples/feeds/{file}"));
        let args = ["import", "--package-path", "rulesets", "--ruleset", &ruleset, "--preview", "--format", "json", &file];
        let output = steelyard(root, &[&args[..], flags].concat());
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        let read = &told["files"][0];
        let counts = ["accepted", "repeated", "refused", "left_out"].map(|count| read[count].as_u64().unwrap_or(u64::MAX));
        let reasons: Vec<_> = read["reasons"].as_array().into_iter().flatten().map(|reason| reason["code"].as_str().unwrap()).collect();
        assert_eq!((counts, reasons), (*wanted, codes.to_vec()), "{file}: {told}");
        // Days are missing of a shop, not of a platform.
        let holes = told["completeness"].as_array().unwrap();
        assert!(holes.iter().all(|hole| hole["scope"].get("platform").is_none()), "{file}: {told}");
        let field = |column: &Value| column["field"].as_str().unwrap_or_default().to_owned();
        let fields: Vec<String> = read["table"]["columns"].as_array().into_iter().flatten().map(field).collect();
        if file.ends_with("amazon_orders.txt") {
            assert_eq!(fields.iter().filter(|field| field.starts_with("currency of ")).count(), 1, "{told}");
        }
    }
}

/// What metrics make of those files.
#[test]
fn exports_of_marketplaces_and_erps_come_to_the_right_numbers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let number = |ruleset: &str, file: &str, feed: Option<&str>, metric: &str| {
        let (ruleset, file) = (format!("rulesets/feeds/{ruleset}.kpi"), format!("examples/feeds/{file}"));
        let args = ["replay", "--package-path", "rulesets", &ruleset, "--events", &file, "--metrics", metric, "--format", "ndjson"];
        let output = steelyard(root, &[&args[..], &feed.map_or(vec![], |feed| vec!["--feed", feed])].concat());
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["value"].as_str().unwrap_or_default().to_owned()
    };
    for (ruleset, file, metric, wanted) in [
        ("amazon", "amazon_orders.txt", "gmv", "92.30"),
        ("amazon", "amazon_settlements.txt", "amazon_settled", "29.15"),
        ("amazon", "amazon_settlements.txt", "amazon_fees", "8.65"),
        ("shopee", "shopee_orders.csv", "shopee_sales", "74.30"),
        ("lazada", "lazada_orders.csv", "gmv", "79.80"),
        ("lazada", "lazada_orders.csv", "units", "2"),
        ("tiktok_shop", "tiktok_shop_orders.csv", "gmv", "74.30"),
        ("dianxiaomi", "dianxiaomi_orders.csv", "gmv", "1664.56"),
    ] {
        assert_eq!(number(ruleset, file, None, metric), wanted, "{metric} of {file}");
    }
    let notifications = ("amazon_notifications", "amazon_notifications.ndjson");
    for ((ruleset, file), feed, metric, wanted) in [
        // Three of four units.
        (notifications, "amazon_order_items", "amazon_units_shipped", "0.75"),
        // The hour that was told again stands for what it said before: 71.92 + 527.60, not 80.91 more.
        (notifications, "amazon_item_hours", "amazon_item_sales", "599.52"),
        (notifications, "amazon_item_hours", "amazon_item_units", "13"),
        // None in the US, 40 in Canada.
        (notifications, "amazon_fba_stocks", "amazon_sellable", "40"),
        // Two related identifiers, one amount.
        (notifications, "amazon_transactions", "amazon_posted", "14.75"),
        (notifications, "amazon_milestones", "amazon_transit", "172800"),
        // 8 + 3 + 4 units in 200 sessions.
        (("amazon", "amazon_traffic.ndjson"), "amazon_traffic", "cvr", "0.075"),
        // (0.9 × 150 + 0.505 × 50 + 1 × 100) ÷ 300, not the mean of 90 %, 50.5 % and 100 %.
        (("amazon", "amazon_traffic.ndjson"), "amazon_traffic", "buy_box", "0.8675"),
        (("shopify", "shopify_orders.csv"), "shopify_lines", "shopify_sales", "77.50"),
        // 50 + 26.50 − 6.50
        (("shopify", "shopify_orders.csv"), "shopify_orders", "shopify_net", "70.00"),
    ] {
        assert_eq!(number(ruleset, file, Some(feed), metric), wanted, "{metric} of {file}");
    }
}
