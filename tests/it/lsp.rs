//! The language server as an editor talks to it: the real binary over pipes.
//!
//! 1. [`Editor`] starts it, speaks the protocol and waits for answers and published mistakes.
//! 2. A marked text (`‸` is the cursor) says where each request points.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const URI: &str = "file:///shop.kpi";
const WAIT: Duration = Duration::from_secs(60);

const SHOP: &str = r#"ruleset shop 1.0.0 {
  currency USD
  timezone UTC
}

param limit_usd = 20 USD "Least sales" zh "最低销售额"

event sale {
  order_id id
  shop     dimension
  amount   money
}

event visit {
  shop dimension
}

entity order by order_id {
  shop = first sale.shop
  paid = sum sale.amount
}

metric net    = sum(sale.amount where amount > limit_usd) { title "Net sales" zh "净销售额" }
metric basket = net / count(sale)
metric orders = count(order)

scorecard manager per shop every month {
  kpi net  weight 100  score { 0 USD -> 60, 100 USD -> 100 }
  veto   when basket < limit_usd then grade B "Small"
  grades { A >= 80, B }
}

alert low on net over 7 days per shop {
  warning when < limit_usd
  message "😀 {shop}: {value}, {basket}" zh "😀 店铺 {shop} 净额 {net}"
  notify  operations
}

test "sums" {
  given sale {
    time             | order_id | shop | amount
    2026-03-01 09:00 | 1        | us   | 40 USD
  }
  at 2026-03-01 12:00
  expect net over 1 day [shop: us] is 40 USD
  expect alert low [shop: us] is inactive
}
"#;

struct Editor {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    /// Published mistakes that nobody has waited for yet.
    published: Vec<Value>,
    last_id: i64,
}

impl Editor {
    fn start(initialize: Value) -> Editor {
        let mut command = Command::new(env!("CARGO_BIN_EXE_steelyard"));
        command.arg("lsp").env("LANG", "C").env_remove("LC_ALL").env_remove("STEELYARD_LANG");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (sender, messages) = channel();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = child.stdin.take().unwrap();
        let mut editor = Editor { child, input, messages, published: Vec::new(), last_id: 0 };
        let greeting = editor.ask("initialize", initialize);
        assert_eq!(greeting["capabilities"]["positionEncoding"], "utf-16");
        editor.tell("initialized", json!({}));
        editor
    }

    /// An editor with this text open.
    fn with(text: &str) -> Editor {
        let mut editor = Editor::start(json!({"processId": null, "rootUri": null, "capabilities": {}}));
        editor.open(text);
        editor
    }

    fn open(&mut self, text: &str) {
        let document = json!({"uri": URI, "languageId": "steelyard", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn change(&mut self, version: i64, changes: Value) {
        self.tell("textDocument/didChange", json!({"textDocument": {"uri": URI, "version": version}, "contentChanges": changes}));
    }

    fn write(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn send(&mut self, method: &str, params: Value) -> i64 {
        self.last_id += 1;
        self.write(&json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params}));
        self.last_id
    }

    fn next(&mut self) -> Value {
        self.messages.recv_timeout(WAIT).expect("the server answers")
    }

    /// Asks and waits for the whole answer.
    fn answer(&mut self, method: &str, params: Value) -> Value {
        let id = self.send(method, params);
        loop {
            let message = self.next();
            if message["id"] == id {
                return message;
            }
            self.published.push(message["params"].clone());
        }
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.answer(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Asks about the place of the cursor in this part of the text.
    fn at(&mut self, method: &str, text: &str, part: &str, more: Value) -> Value {
        let mut params = json!({"textDocument": {"uri": URI}, "position": position(text, part)});
        for (key, value) in more.as_object().unwrap() {
            params[key] = value.clone();
        }
        self.answer(method, params)
    }

    /// The mistakes published for a version of the text.
    fn mistakes(&mut self, version: i64) -> Vec<Value> {
        loop {
            if let Some(found) = self.published.iter().find(|found| found["version"] == version) {
                return found["diagnostics"].as_array().unwrap().clone();
            }
            let message = self.next();
            self.published.push(message["params"].clone());
        }
    }

    fn leave(mut self) {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().strip_prefix("Content-Length: ") {
            Some(n) => length = n.parse().unwrap(),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    output.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Line and UTF-16 unit of the `‸` in a part that the text has once.
fn position(text: &str, part: &str) -> Value {
    let plain = part.replace('‸', "");
    assert_eq!(text.matches(&plain).count(), 1, "{plain}");
    let offset = text.find(&plain).unwrap() + part.find('‸').unwrap();
    let before = &text[..offset];
    let line = before.rsplit('\n').next().unwrap();
    json!({"line": before.matches('\n').count(), "character": line.encode_utf16().count()})
}

/// The text after edits, which editors apply from the end.
fn edited(text: &str, edits: &Value) -> String {
    let offset = |position: &Value| {
        let start: usize = text.split_inclusive('\n').take(position["line"].as_u64().unwrap() as usize).map(str::len).sum();
        let mut units = position["character"].as_u64().unwrap() as usize;
        let unit = |c: &char| {
            let goes_on = units > 0;
            units = units.saturating_sub(c.len_utf16());
            goes_on
        };
        start + text[start..].chars().take_while(unit).map(char::len_utf8).sum::<usize>()
    };
    let mut edits: Vec<_> = edits.as_array().unwrap().iter().map(|edit| (&edit["range"], edit["newText"].as_str().unwrap())).collect();
    edits.sort_by_key(|(range, _)| std::cmp::Reverse(offset(&range["start"])));
    edits.into_iter().fold(text.to_owned(), |mut text, (range, new)| {
        text.replace_range(offset(&range["start"])..offset(&range["end"]), new);
        text
    })
}

fn labels(answer: &Value) -> Vec<&str> {
    answer["result"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap()).collect()
}

fn words(answer: &Value) -> String {
    answer["result"]["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_session_from_beginning_to_end() {
    let mut editor = Editor::with(SHOP);
    assert_eq!(editor.mistakes(1), Vec::<Value>::new());
    let broken = SHOP.replace("sum(sale.amount where", "sum(sale.amont where");
    // The changed word, as an editor sends it.
    let place = position(SHOP, "sum(sale.am‸ount where");
    let end = json!({"line": place["line"], "character": place["character"].as_u64().unwrap() + 4});
    editor.change(2, json!([{"range": {"start": place, "end": end}, "text": "ont"}]));
    let found = editor.mistakes(2);
    assert_eq!((found.len(), &found[0]["code"], &found[0]["severity"]), (1, &"SY0202".into(), &1.into()), "{found:#?}");
    assert_eq!(found[0]["range"]["start"], position(&broken, "sum(sale.‸amont where"));
    assert!(found[0]["message"].as_str().unwrap().contains("has no field `amont`"));
    let actions = editor.ask(
        "textDocument/codeAction",
        json!({"textDocument": {"uri": URI}, "range": found[0]["range"], "context": {"diagnostics": found}}),
    );
    assert_eq!((&actions[0]["title"], &actions[0]["kind"]), (&"write `amount`".into(), &"quickfix".into()));
    assert_eq!(edited(&broken, &actions[0]["edit"]["changes"][URI]), SHOP);
    editor.change(3, json!([{"text": SHOP}]));
    assert_eq!(editor.mistakes(3), Vec::<Value>::new());
    let outline = editor.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    let names: Vec<&str> = outline.as_array().unwrap().iter().map(|symbol| symbol["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop", "limit_usd", "sale", "visit", "order", "net", "basket", "orders", "manager", "low", "sums"]);
    assert_eq!(outline[2]["children"][1]["name"], "shop");
    editor.tell("textDocument/didClose", json!({"textDocument": {"uri": URI}}));
    editor.leave();
}

#[test]
fn what_stands_under_the_pointer() {
    let mut editor = Editor::with(SHOP);
    let mut hover = |part: &str| words(&editor.at("textDocument/hover", SHOP, part, json!({})));
    let metric = hover("basket = n‸et /");
    assert!(metric.contains("**metric** `net` · money USD") && metric.contains("Net sales") && metric.contains("净销售额"), "{metric}");
    assert!(metric.contains("net = sum(sale.amount where amount > limit_usd)"), "{metric}");
    assert!(hover("where amount > limit‸_usd)").contains("**param** `limit_usd` · money USD"));
    assert!(hover("= sum sale.am‸ount").contains("**field** `sale.amount` · money USD"));
    assert!(hover("per sho‸p every").contains("**dimension** `shop`"));
    assert!(hover("ve‸to   when").contains("forces a grade"));
    assert!(hover("{bask‸et}").contains("**metric** `basket`"));
    // Within quotes a word is no word of the language.
    assert_eq!(hover("\"Net sal‸es\""), "");
    editor.leave();
}

#[test]
fn what_may_be_written_next() {
    let mut editor = Editor::with(SHOP);
    editor.mistakes(1);
    let mut version = 1;
    let mut complete = |after: &str, written: &str| {
        let text = SHOP.replacen(after, &format!("{after}{}", written.replace('‸', "")), 1);
        version += 1;
        editor.change(version, json!([{"text": text}]));
        let part = format!("{after}{written}");
        let answer = editor.at("textDocument/completion", &text, &part, json!({}));
        labels(&answer).join(" ")
    };
    let end = "is inactive\n}\n";
    assert_eq!(
        complete(end, "‸"),
        "ruleset use param event entity dimension feed calendar occasion table metric ledger target scorecard alert test"
    );
    let formula = complete(end, "metric x = ‸");
    assert!(formula.contains("net") && formula.contains("limit_usd") && formula.contains("round"), "{formula}");
    assert_eq!(complete(end, "metric x = sum(‸"), "sale visit order");
    assert_eq!(complete(end, "metric x = sum(sale.a‸"), "order_id shop amount time");
    assert!(complete(end, "metric x = sum(sale.amount where ‸").starts_with("order_id shop amount time"));
    assert_eq!(complete(end, "alert x on net per ‸"), "shop");
    assert_eq!(complete(end, "alert x on net {\n  notify ‸"), "operations");
    assert_eq!(complete("every month {", "\n  kpi ‸"), "net basket orders");
    assert!(complete("every month {", "\n  ‸").contains("veto"));
    assert_eq!(complete("every month {", "\n  veto when net > 1 USD then grade ‸"), "A B");
    let words = complete("per shop {", "\n  ‸");
    assert!(["warning", "critical", "message", "repeat"].iter().all(|word| words.contains(word)) && !words.contains("kpi"), "{words}");
    assert!(complete("per shop {", "\n  message \"x {‸").starts_with("value limit severity state limit_usd"));
    assert!(complete(end, "event x {\n  y ‸").contains("money"));
    assert_eq!(complete(end, "test \"x\" {\n  given ‸"), "sale visit");
    assert_eq!(complete(end, "test \"x\" {\n  given sale {\n    ti‸"), "order_id shop amount time id source revision");
    assert_eq!(complete(end, "test \"x\" {\n  expect alert ‸").split(' ').next(), Some("low"));
    assert!(complete(end, "test \"x\" {\n  expect net over ‸").contains("previous"));
    assert_eq!(complete(end, "# a ‸"), "");
    editor.leave();
}

#[test]
fn names_are_found_and_renamed_wherever_they_stand() {
    let mut editor = Editor::with(SHOP);
    let mut places = |method: &str, part: &str| {
        let answer = editor.at(method, SHOP, part, json!({"context": {"includeDeclaration": true}}));
        answer["result"].as_array().unwrap().iter().map(|place| place["range"]["start"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(places("textDocument/definition", "basket = n‸et /"), [position(SHOP, "metric ‸net ")]);
    // One dimension, declared by two events and an entity.
    let shops = ["  ‸shop     dimension", "  ‸shop dimension", "  ‸shop = first"].map(|part| position(SHOP, part));
    assert_eq!(places("textDocument/definition", "per sho‸p every"), shops);
    assert_eq!(places("textDocument/references", "sale.sho‸p").len(), 11);
    let rename = |editor: &mut Editor, part: &str, name: &str| editor.at("textDocument/rename", SHOP, part, json!({"newName": name}));
    let renamed = |answer: Value| edited(SHOP, &answer["result"]["changes"][URI]);
    let market = renamed(rename(&mut editor, "per sho‸p every", "market"));
    let wanted = SHOP.replace("shop", "market").replace("ruleset market", "ruleset shop");
    assert_eq!(market, wanted);
    assert_eq!(renamed(rename(&mut editor, "metric n‸et ", "umsatz")), SHOP.replace(" net ", " umsatz ").replace("{net}", "{umsatz}"));
    // The key of the entity is a field of the event too.
    assert_eq!(renamed(rename(&mut editor, "by order_i‸d", "no_")), SHOP.replace("order_id", "no_"));
    assert_eq!(renamed(rename(&mut editor, "then grade ‸B", "C1")), SHOP.replace("grade B", "grade C1").replace(", B }", ", C1 }"));
    for (part, name, code) in [
        ("metric n‸et ", "and", "SY0743"),
        ("metric n‸et ", "Net", "SY0743"),
        ("metric n‸et ", "净额", "SY0743"),
        ("metric n‸et ", "basket", "SY0744"),
        ("metric n‸et ", "sum", "SY0744"),
        // A field would stand before the param where it is used.
        ("where amount > limit‸_usd)", "amount", "SY0744"),
        ("met‸ric net", "x", "SY0742"),
    ] {
        let answer = rename(&mut editor, part, name);
        assert!(answer["error"]["message"].as_str().unwrap().starts_with(code), "{part} {name}: {answer}");
    }
    editor.leave();
}

#[test]
fn the_layout_is_the_one_of_fmt() {
    let untidy = SHOP.replace("metric net    = ", "metric net =   ");
    let mut editor = Editor::with(&untidy);
    let options = json!({"textDocument": {"uri": URI}, "options": {"tabSize": 8, "insertSpaces": false}});
    let edits = editor.ask("textDocument/formatting", options.clone());
    assert_eq!(edited(&untidy, &edits), SHOP);
    // Only what differs is touched.
    assert_eq!(edits[0]["range"]["start"]["line"], position(SHOP, "‸metric net ")["line"]);
    editor.change(2, json!([{"text": "metric ("}]));
    assert_eq!(editor.ask("textDocument/formatting", options), Value::Null);
    editor.leave();
}

#[test]
fn it_speaks_the_language_of_the_editor_or_of_its_settings() {
    let mut editor = Editor::start(json!({"processId": null, "rootUri": null, "capabilities": {}, "locale": "zh-cn"}));
    editor.open("metric a = b\n");
    let texts = |found: Vec<Value>| found.iter().map(|found| found["message"].to_string()).collect::<String>();
    let chinese = texts(editor.mistakes(1));
    assert!(chinese.contains("声明"), "{chinese}");
    editor.published.clear();
    editor.tell("workspace/didChangeConfiguration", json!({"settings": {"steelyard": {"language": "en"}}}));
    let english = texts(editor.mistakes(1));
    assert!(english.is_ascii() && english.contains("ruleset"), "{english}");
    editor.leave();
}

#[test]
fn a_large_text_and_fast_typing_block_nothing() {
    let events: String =
        (0..400).map(|n| format!("event e{n} {{\n  x{n} money\n}}\nmetric m{n} = sum(e{n}.x{n}) # {}\n", "净".repeat(300))).collect();
    let header = &SHOP[..SHOP.find("param").unwrap()];
    let mut editor = Editor::with(&format!("{header}{events}"));
    editor.mistakes(1);
    let began = Instant::now();
    let end = json!({"line": 100_000, "character": 0});
    for (n, c) in "metric x = m399 over".chars().enumerate() {
        editor.change(n as i64 + 2, json!([{"range": {"start": end, "end": end}, "text": c}]));
        let params = json!({"textDocument": {"uri": URI}, "position": end});
        assert!(editor.ask("textDocument/completion", params).is_array());
    }
    let typed = began.elapsed();
    // The mistake of the last state is told; those in between are skipped.
    assert_eq!(editor.mistakes(21)[0]["code"], "SY0101");
    assert!(editor.published.iter().filter(|found| found["version"].as_i64().unwrap() > 1).count() < 15, "{:?}", editor.published.len());
    assert!(typed < Duration::from_secs(30), "{typed:?}");
    // The first request needs a check of the changed text; the second is taken back meanwhile.
    editor.change(30, json!([{"range": {"start": end, "end": end}, "text": "x"}]));
    let params = json!({"textDocument": {"uri": URI}, "position": end});
    let asked = ["textDocument/hover"; 2].map(|method| editor.send(method, params.clone()));
    editor.tell("$/cancelRequest", json!({"id": asked[1]}));
    let answers: Vec<Value> = std::iter::from_fn(|| Some(editor.next())).filter(|message| message.get("id").is_some()).take(2).collect();
    assert!(answers[0]["id"] == asked[0] && answers[0].get("error").is_none(), "{}", answers[0]);
    assert_eq!((&answers[1]["id"], &answers[1]["error"]["code"]), (&asked[1].into(), &(-32800).into()));
    editor.leave();
}

#[test]
fn no_text_ends_the_session() {
    let mut editor = Editor::with("");
    let mut seed = 7u64;
    let mut random = |n: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % n
    };
    let pieces = [
        "“",
        "{",
        "}",
        "(",
        "\"",
        "|",
        "😀",
        "净",
        "\r",
        "\n",
        "given sale {",
        "[shop: ",
        "metric ",
        "#",
        "\u{0}",
        "  ",
        "first ",
        "。",
        "\u{FEFF}",
    ];
    let at = |n: usize| json!({"line": n / 60, "character": n % 60});
    for version in 2..60 {
        let range = json!({"start": at(random(3000)), "end": at(random(3000))});
        let text = if version % 9 == 0 { SHOP.to_owned() } else { pieces[random(pieces.len())].to_owned() };
        editor.change(version, json!([{"range": range, "text": text}]));
        for method in ["completion", "hover", "definition", "references", "documentHighlight", "prepareRename", "rename", "codeAction"] {
            let place = at(random(3000));
            let params = json!({"textDocument": {"uri": URI}, "position": place, "range": {"start": place, "end": place}, "newName": "x", "context": {"includeDeclaration": true, "diagnostics": []}});
            let answer = editor.answer(&format!("textDocument/{method}"), params);
            assert_ne!(answer["error"]["code"], -32603, "{answer}");
        }
        editor.ask("textDocument/documentSymbol", json!({"textDocument": {"uri": URI}}));
    }
    for method in ["textDocument/hover", "textDocument/declaration"] {
        assert!(editor.answer(method, json!({"textDocument": {"uri": "file:///other.kpi"}})).get("error").is_some());
    }
    assert_eq!(editor.answer("textDocument/hover", json!({"textDocument": {"uri": URI}}))["error"]["code"], -32602);
    editor.leave();
}

#[test]
fn an_editor_that_just_goes_is_told_of() {
    let mut editor = Editor::with(SHOP);
    editor.tell("exit", Value::Null);
    assert_eq!(editor.child.wait().unwrap().code(), Some(1));
}

#[test]
fn packages_stand_behind_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let shop = "ruleset shop 1.0.0 {\n  currency USD\n  timezone UTC\n}\nuse fees 1 with { fee: 3% }\nmetric twice = 2 * fee\n";
    let fees = |metric: &str| format!("ruleset fees 1.0.0 {{\n  currency USD\n  timezone UTC\n  open fee\n}}\nparam fee = 2%\n{metric}");
    std::fs::write(folder.path().join("fees.kpi"), fees("")).unwrap();
    let uri = format!("file://{}/my%20shop.kpi", folder.path().display());
    let mut editor = Editor::start(json!({"processId": null, "rootUri": null, "capabilities": {}}));
    let document = |version: i64| json!({"uri": uri, "languageId": "steelyard", "version": version, "text": shop});
    editor.tell("textDocument/didOpen", json!({"textDocument": document(1)}));
    assert_eq!(editor.mistakes(1), [] as [Value; 0]);
    let at = json!({"textDocument": {"uri": uri}, "position": {"line": 5, "character": 20}});
    let found = editor.ask("textDocument/definition", at.clone());
    assert!(found[0]["uri"].as_str().unwrap().ends_with("/fees.kpi"), "{found}");
    assert_eq!(found[0]["range"]["start"], json!({"line": 5, "character": 6}));
    let hover = editor.ask("textDocument/hover", at.clone())["contents"]["value"].as_str().unwrap().to_owned();
    assert!(hover.contains("fee = 2%"), "{hover}");
    // The name of a package leads to its file, and what it opens may be set.
    let used = json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 6}});
    let found = editor.ask("textDocument/definition", used);
    assert!(found[0]["uri"].as_str().unwrap().ends_with("/fees.kpi"), "{found}");
    assert_eq!(found[0]["range"]["start"], json!({"line": 0, "character": 8}));
    let inside = json!({"textDocument": {"uri": uri}, "position": {"line": 4, "character": 18}});
    let offered = editor.ask("textDocument/completion", inside).to_string();
    assert!(offered.contains("\"label\":\"fee\""), "{offered}");
    // The name stands in a file that is not open.
    let refused = editor.answer("textDocument/prepareRename", at);
    assert!(refused["error"]["message"].as_str().unwrap().contains("SY0742"), "{refused}");
    std::fs::write(folder.path().join("fees.kpi"), fees("metric wrong = 1 USD + 1%\n")).unwrap();
    editor.tell("textDocument/didChange", json!({"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": shop}]}));
    let mistakes = editor.mistakes(2);
    assert!(mistakes[0]["message"].as_str().unwrap().contains("fees.kpi:7:16: `+` needs like units"), "{mistakes:?}");
    assert_eq!(mistakes[0]["range"]["start"], json!({"line": 4, "character": 4}));
    editor.leave();
}
