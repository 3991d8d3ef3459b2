//! Everything over HTTP that is not an event: numbers, scores, alerts, rulesets, webhooks, keys, and refusals.

use crate::receiver::Receiver;
use crate::service::{RULESET, Service, answer};
use serde_json::{Value, json};
use std::time::Duration;
use steelyard::engine::{Clock as _, Engine, Options};
use steelyard::http::Limits;

/// Sends orders, all of which are taken.
pub async fn orders(service: &Service, orders: &[(&str, &str, &str, &str)]) {
    let events: Vec<Value> = orders
        .iter()
        .map(|(id, shop, time, amount)| {
            json!({"type":"order_placed","id":id,"source":"erp","time":time,"data":{"order_id":id,"shop":shop,"amount":amount}})
        })
        .collect();
    let (status, body) = service.post("/v1/events", &Value::from(events).to_string()).await;
    assert_eq!((status, &body["refused"]), (202, &json!([])), "{body}");
}

async fn shops() -> Service {
    let service = Service::active().await;
    let rows = [
        ("1", "us", "2026-02-10T09:00:00Z", "100 USD"),
        ("2", "us", "2026-03-02T09:00:00Z", "150.005 USD"),
        ("3", "de", "2026-03-03T09:00:00Z", "20 USD"),
        ("4", "旗舰店", "2026-03-09T23:59:59Z", "300 USD"),
    ];
    orders(&service, &rows).await;
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_for_any_scope_and_time() {
    let service = shops().await;
    for (query, want) in [
        ("", json!(["570.00"])),
        ("?exact=true", json!(["570.005"])),
        ("?period=2026-03", json!(["470.00"])),
        ("?period=2026-02&scope.shop=us", json!(["100.00"])),
        ("?over=month", json!(["470.00"])),
        ("?over=2%20days%20ending%207%20days%20ago", json!(["170.00"])),
        ("?over=10+days&per=shop", json!(["20.00", "150.00", "300.00"])),
        (
            "?over=2%20days%20ending%207%20days%20ago%20if%20gmv%20%3E%3D%20100%20USD%20else%20all%20time&per=shop",
            // Whether the third sold for 100 USD before it began is unknown.
            json!(["20.00", "150.00", null]),
        ),
        ("?by_period=month&from=2026-01&to=2026-03&scope.shop=us", json!([null, "100.00", "150.00"])),
        ("?period=2026-03&at=2026-03-02T12:00:00Z", json!(["150.00"])),
    ] {
        let (status, body) = service.get(&format!("/v1/metrics/gmv{query}")).await;
        assert_eq!(status, 200, "{query}: {body}");
        let values: Vec<Value> = body["values"].as_array().unwrap().iter().map(|value| value["value"].clone()).collect();
        assert_eq!(json!(values), want, "{query}: {body:#}");
    }
    let (_, body) = service.get("/v1/metrics/gmv?period=2026-03&compare=previous&explain=true&scope.shop=us").await;
    let value = &body["values"][0];
    assert_eq!((&body["unit"], &body["ruleset"], &body["version"]), (&json!("USD"), &json!("shop"), &json!("1.0.0")));
    assert_eq!(
        (&value["from"], &value["period"], &value["provisional"]),
        (&json!("2026-03-01T00:00:00Z"), &json!("2026-03"), &json!(true))
    );
    assert_eq!((&value["previous"]["value"], &value["previous"]["change"]), (&json!("100.00"), &json!("50.00")));
    let part = &value["explanation"]["parts"][0];
    assert_eq!(
        (&part["n_events"], &part["events"][0]["id"], &part["events"][0]["source"]),
        (&json!(1), &json!("2"), &json!("erp")),
        "{part:#}"
    );
    let (_, body) = service.get("/v1/metrics/basket?scope.shop=fr").await;
    assert_eq!((&body["values"][0]["value"], &body["values"][0]["reason"]["code"]), (&Value::Null, &json!("no_scope")), "{body:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_then_stays_readable() {
    let service = Service::active().await;
    orders(&service, &[("1", "us", "2026-03-01T09:00:00Z", "10 USD")]).await;
    let known = service.clock.now().to_string();
    service.clock.set(service.clock.now().plus_s(3_600));
    orders(&service, &[("2", "us", "2026-03-01T10:00:00Z", "5 USD")]).await;
    let value = |body: Value| body["values"][0]["value"].clone();
    assert_eq!(value(service.get("/v1/metrics/gmv?period=2026-03").await.1), "15.00");
    let (_, then) = service.get(&format!("/v1/metrics/gmv?period=2026-03&as_of={known}")).await;
    assert_eq!(value(then), "10.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_come_best_first() {
    let service = shops().await;
    let (status, body) = service.get("/v1/scorecards/manager?period=2026-03").await;
    assert_eq!(status, 200, "{body}");
    let scores: Vec<Value> = body["scores"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| json!([s["rank"], s["scope"]["shop"], s["value"], s["grade"], s["payout"]]))
        .collect();
    assert_eq!(
        json!(scores),
        json!([[1, "旗舰店", "100", "A", "1.2"], [2, "us", "80.002", "B", "1"], [3, "de", "0", "C", "0"]]),
        "{body:#}"
    );
    assert_eq!(service.get("/v1/scorecards/manager?period=2026-W10").await.1["code"], "SY1984");
    let (_, body) = service.get("/v1/scorecards/manager?period=2026-03&scope.shop=us").await;
    assert_eq!((body["scores"].as_array().unwrap().len(), &body["scores"][0]["rank"]), (1, &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_listed_and_told() {
    let service = Service::active().await;
    let receiver = Receiver::ok().await;
    let endpoint = json!({"url": receiver.url, "channels": ["operations"]}).to_string();
    let (status, made) = service.post("/v1/endpoints", &endpoint).await;
    assert_eq!(status, 201, "{made}");
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let rows: Vec<_> = ["1", "2", "3"].map(|id| (id, "us", "2026-03-10T11:00:00Z", "1 USD")).into();
    orders(&service, &rows).await;
    let told: Value = serde_json::from_slice(&receiver.wait(1).await[0].body).unwrap();
    assert_eq!((&told["type"], &told["data"]["scope"]["shop"]), (&json!("alert.firing"), &json!("us")), "{told:#}");
    let (_, body) = service.get("/v1/alerts?state=firing&scope.shop=us").await;
    let alert = &body["items"][0];
    assert_eq!((&alert["rule"], &alert["severity"], &alert["value"]), (&json!("rush"), &json!("warning"), &json!("3")), "{body:#}");
    assert_eq!(alert["id"], told["data"]["id"]);
    let one = service.get(&format!("/v1/alerts/{}", alert["id"].as_str().unwrap())).await;
    assert_eq!((one.0, &one.1["transitions"][0]["state"]), (200, &json!("firing")));
    assert_eq!(service.get("/v1/alerts?state=burning").await.1["code"], "SY0577");
    // The delivery, once more, and a test message.
    let id = delivered(&service).await;
    let (_, delivery) = service.get(&format!("/v1/deliveries/{id}")).await;
    assert_eq!((&delivery["attempts"][0]["status"], &delivery["type"]), (&json!(200), &json!("alert.firing")), "{delivery:#}");
    assert_eq!(service.post(&format!("/v1/deliveries/{id}/redeliver"), "").await.0, 202);
    receiver.wait(2).await;
    let endpoint = made["id"].as_str().unwrap();
    assert_eq!(service.post(&format!("/v1/endpoints/{endpoint}/test"), "").await.0, 202);
    let test: Value = serde_json::from_slice(&receiver.wait(3).await[2].body).unwrap();
    assert_eq!(test["type"], "endpoint.test");
}

/// The first delivery that is recorded as delivered: the record follows the receiver's answer.
async fn delivered(service: &Service) -> u64 {
    for _ in 0..1_000 {
        let (_, list) = service.get("/v1/deliveries?state=delivered").await;
        if let Some(id) = list["items"][0]["id"].as_u64() {
            return id;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no delivery was recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_managed() {
    let service = Service::start().await;
    for (url, code) in [
        ("http://10.0.0.1/", "SY0604"),
        ("https://[::1]/", "SY0604"),
        ("http://1.1.1.1/", "SY0602"),
        ("https://a:b@1.1.1.1/", "SY0603"),
        ("nonsense", "SY0601"),
    ] {
        let (status, body) = service.post("/v1/endpoints", &json!({ "url": url }).to_string()).await;
        assert_eq!((status, &body["code"]), (422, &json!(code)), "{url}");
    }
    let (_, made) = service.post("/v1/endpoints", r#"{"url":"http://127.0.0.1:9/hook?token=secret"}"#).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["url"], "http://127.0.0.1:9/hook");
    let (_, rotated) = service.post(&format!("/v1/endpoints/{id}/rotate"), "").await;
    assert_ne!(rotated["secret"], made["secret"]);
    let (status, patched) = service.send("PATCH", &format!("/v1/endpoints/{id}"), "application/json", r#"{"enabled":false}"#).await;
    assert_eq!((status, &patched["enabled"], &patched["disabled_reason"]), (200, &json!(false), &json!("disabled by hand")));
    assert_eq!(service.post(&format!("/v1/endpoints/{id}/test"), "").await.1["code"], "SY0592");
    let (_, list) = service.get("/v1/endpoints").await;
    assert!(list["items"][0]["secret"].is_null() && !list.to_string().contains("whsec_"));
    assert_eq!(service.delete(&format!("/v1/endpoints/{id}")).await.0, 204);
    assert_eq!(service.get(&format!("/v1/endpoints/{id}")).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn rulesets_are_checked_put_and_activated() {
    let service = Service::start().await;
    let send = |method: &'static str, path: &'static str, text: String| async { service.send(method, path, "text/plain", text).await };
    let (status, body) = send("POST", "/v1/rulesets/check", RULESET.to_owned()).await;
    assert_eq!((status, &body["ok"], &body["n_tests"]), (200, &json!(true), &json!(1)), "{body:#}");
    let (_, body) = send("POST", "/v1/rulesets/check", RULESET.replace("sum(order_placed.amount)", "sum(order_placed.amuont)")).await;
    assert_eq!(body["ok"], false);
    assert!(body["errors"][0]["place"]["line"].as_u64().unwrap() > 5, "{body:#}");
    let failing = RULESET.replace("is 50.50 USD", "is 51 USD");
    let (status, body) = send("PUT", "/v1/rulesets/shop/1.0.0", failing).await;
    assert_eq!((status, &body["code"], &body["tests"][0]["name"]), (422, &json!("SY0585"), &json!("sales add up")), "{body:#}");
    let (status, body) = send("PUT", "/v1/rulesets/shop/2.0.0", RULESET.to_owned()).await;
    assert_eq!((status, &body["code"]), (422, &json!("SY0586")));
    assert_eq!(send("PUT", "/v1/rulesets/shop/1.0.0", RULESET.to_owned()).await.0, 201);
    assert_eq!(send("PUT", "/v1/rulesets/shop/1.0.0", RULESET.to_owned()).await.0, 201);
    let (status, body) = send("PUT", "/v1/rulesets/shop/1.0.0", RULESET.replace("\"Basket\"", "\"Cart\"")).await;
    assert_eq!((status, &body["code"]), (409, &json!("SY0507")));
    assert_eq!(service.get("/v1/metrics/gmv").await.0, 404);
    assert_eq!(service.post("/v1/rulesets/shop/1.0.0/activate", "").await.0, 200);
    let (_, list) = service.get("/v1/rulesets").await;
    assert_eq!((&list["items"][0]["active"], &list["items"][0]["title_zh"]), (&json!(true), &json!("店铺")));
    assert_eq!(service.get("/v1/rulesets/shop/1.0.0/source").await.1, Value::String(RULESET.to_owned()));
    assert_eq!(service.post("/v1/rulesets/shop/9.9.9/activate", "").await.0, 404);
    assert_eq!(service.post("/v1/rulesets/shop/deactivate", "").await.0, 204);
    assert_eq!(service.post("/v1/rulesets/shop/1.0.0/activate", r#"{"when":"now"}"#).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_open_what_they_are_for() {
    let mut service = shops().await;
    assert_eq!(service.send("PUT", "/v1/workspaces/acme", "text/plain", "").await.0, 201);
    let (_, admin) = service.post("/v1/keys", r#"{"role":"admin"}"#).await;
    assert_eq!(service.get("/v1/alerts").await, (401, service.get("/v1/alerts").await.1));
    service.key = Some(admin["key"].as_str().unwrap().to_owned());
    let mut keys = std::collections::BTreeMap::new();
    for (name, body) in [
        ("ingest", r#"{"role":"ingest"}"#),
        ("read", r#"{"role":"read"}"#),
        ("author", r#"{"role":"author"}"#),
        ("operate", r#"{"role":"operate"}"#),
        ("acme", r#"{"role":"read","workspace":"acme"}"#),
        ("us", r#"{"role":"read","scope":{"shop":"us"}}"#),
    ] {
        keys.insert(name, service.post("/v1/keys", body).await.1["key"].as_str().unwrap().to_owned());
    }
    // What is bound to some rows reads, and nothing else.
    for role in ["ingest", "author", "operate", "admin"] {
        let (status, body) = service.post("/v1/keys", &format!(r#"{{"role":"{role}","scope":{{"shop":"us"}}}}"#)).await;
        assert_eq!((status, &body["code"]), (422, &json!("SY0598")), "{role}: {body}");
    }
    let requests =
        [("POST", "/v1/events"), ("GET", "/v1/metrics/gmv"), ("POST", "/v1/rulesets"), ("GET", "/v1/endpoints"), ("GET", "/v1/keys")];
    for (key, allowed) in
        [("ingest", [1, 0, 0, 0, 0]), ("read", [0, 1, 0, 0, 0]), ("author", [0, 1, 1, 0, 0]), ("operate", [1, 1, 0, 1, 0])]
    {
        service.key = Some(keys[key].clone());
        for ((method, path), allowed) in requests.iter().zip(allowed) {
            let (status, _) = service.send(method, path, "application/json", "[]").await;
            assert_eq!(status != 403, allowed == 1, "{key} {method} {path}: {status}");
        }
    }
    service.key = Some(keys["acme"].clone());
    assert_eq!(service.get("/v1/metrics/gmv").await.0, 404, "another workspace's numbers are no numbers");
    let foreign = service.request("GET", "/v1/metrics/gmv").header("steelyard-workspace", "default");
    assert_eq!(answer(foreign).await.1["code"], "SY0573");
    // Whoever is bound to a shop sees that shop alone.
    service.key = Some(keys["us"].clone());
    let (_, body) = service.get("/v1/metrics/gmv?per=shop").await;
    assert_eq!((body["values"].as_array().unwrap().len(), &body["values"][0]["value"]), (1, &json!("250.00")), "{body}");
    assert_eq!(service.get("/v1/metrics/gmv?scope.shop=de").await.1["code"], "SY0573");
    let (_, body) = service.get("/v1/scorecards/manager?period=2026-03").await;
    assert_eq!((body["scores"].as_array().unwrap().len(), &body["scores"][0]["rank"]), (1, &json!(1)));
    service.key = Some(keys["read"].clone());
    let page = service.get("/metrics").await.1;
    assert!(!page.as_str().unwrap().contains("steelyard_requests_total"), "how busy others are is told: {page}");
    service.key = Some(admin["key"].as_str().unwrap().to_owned());
    let revoked = service.delete(&format!("/v1/keys/{}", keys["read"].split('_').nth(1).unwrap())).await;
    assert_eq!(revoked.0, 200);
    service.key = Some(keys["read"].clone());
    assert_eq!(service.get("/v1/alerts").await.1["code"], "SY0571");
    let (all_but_one, last) = keys["us"].split_at(keys["us"].len() - 1);
    let other = format!("{all_but_one}{}", if last == "0" { '1' } else { '0' });
    for wrong in ["nonsense", "sy_0_0", &other] {
        service.key = Some(wrong.to_owned());
        assert_eq!(service.get("/v1/alerts").await.0, 401, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_and_readers_of_the_api_find_their_way() {
    let service = shops().await;
    assert_eq!(service.get("/healthz").await.0, 200);
    assert_eq!(service.get("/readyz").await.0, 200);
    assert_eq!(service.get("/version").await.1["name"], "steelyard");
    let (_, page) = service.get("/metrics").await;
    let page = page.as_str().unwrap();
    for line in [
        r#"steelyard_metric{workspace="default",ruleset="shop",metric="gmv",window="month"} 470.005"#,
        r#"steelyard_metric{workspace="default",ruleset="shop",metric="gmv",window="month",dim_shop="旗舰店"} 300"#,
        r#"steelyard_events_total{verdict="accepted"} 4"#,
        "# TYPE steelyard_metric gauge",
        r#"steelyard_delivery_attempts_total{outcome="failed"} 0"#,
    ] {
        assert!(page.contains(line), "{line} is missing in\n{page}");
    }
    let (_, api) = service.get("/openapi.json").await;
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    for path in
        ["/v1/events", "/v1/metrics/{name}", "/v1/rulesets/{name}/{version}/activate", "/v1/deliveries/{id}/redeliver", "/v1/keys/{id}"]
    {
        assert!(api["paths"][path].is_object(), "{path}");
    }
    for (schema, fields) in
        [("Problem", ["detail_zh", "help_zh"]), ("Refused", ["message_zh", "help_zh"]), ("Mistake", ["message_zh", "help_zh"])]
    {
        for field in fields {
            assert!(api["components"]["schemas"][schema]["properties"][field]["description"].is_string(), "{field} of {schema}");
        }
    }
    let (status, page) = service.get("/docs/").await;
    assert!(status == 200 && page.as_str().unwrap().contains("swagger"));
    assert_eq!(service.get("/docs/errors/SY0575").await.1["code"], "SY0575");
}

/// True for a text without three English words in a row, apart from what is quoted.
fn is_chinese(text: &str) -> bool {
    let own = text.split("（原文：").next().unwrap_or_default();
    let unquoted = own.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let words: Vec<bool> = unquoted.split(' ').map(|word| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())).collect();
    unquoted.chars().any(|c| c > '\u{4E00}') && !words.windows(3).any(|three| three.iter().all(|word| *word))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_knowledge_is_read_again_up_to_a_limit() {
    let options = Options { replayed_max: 2, ..Options::default() };
    let service = Service::with_options(Limits::default(), options).await.activated().await;
    let event = |id: u32| {
        json!({"type":"order_placed","id":id.to_string(),"time":"2026-03-10T09:00:00Z","data":{"order_id":id.to_string(),"shop":"us","amount":10}})
            .to_string()
    };
    let asked = "/v1/metrics/gmv?as_of=2026-03-10T12:00:00Z";
    for id in 1..=2 {
        assert_eq!(service.post("/v1/events", &event(id)).await.0, 202);
    }
    assert_eq!(service.get(asked).await.1["values"][0]["value"], "20.00");
    assert_eq!(service.post("/v1/events", &event(3)).await.0, 202);
    let (status, body) = service.get(asked).await;
    assert_eq!((status, &body["code"]), (422, &json!("SY0515")), "{body}");
    assert_eq!(service.get("/v1/metrics/gmv").await.1["values"][0]["value"], "30.00");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_workspace_is_told_and_holds_up_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    engine.create("acme").unwrap();
    engine.close();
    drop(engine);
    let file = dir.path().join("acme/steelyard.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.iter_mut().take(4_096).for_each(|byte| *byte ^= 0xff);
    std::fs::write(&file, &bytes).unwrap();
    let service = Service::on(dir, Limits::default(), Options::default()).await.activated().await;
    assert_eq!(service.get("/v1/metrics/gmv").await.0, 200);
    assert_eq!(service.get("/metrics").await.0, 200);
    for (method, path) in [("POST", "/v1/events"), ("GET", "/v1/metrics/gmv"), ("GET", "/v1/alerts"), ("GET", "/v1/endpoints")] {
        let (status, body) = answer(service.request(method, path).header("steelyard-workspace", "acme")).await;
        assert_eq!((status, &body["code"]), (503, &json!("SY0802")), "{method} {path}: {body}");
        assert!(body["help_zh"].as_str().is_some_and(|text| text.contains("备份")), "{body}");
    }
    let (status, text) = service.get("/readyz").await;
    assert_eq!((status, text.as_str().unwrap()), (200, "ready\n1 workspaces cannot be served (SY0802): see the log and /v1/workspaces\n"));
    let (_, listed) = service.get("/v1/workspaces").await;
    assert_eq!(listed["items"], json!([{"name":"acme","code":"SY0802"},{"name":"default"}]), "{listed}");
    // It is not made anew, and what is left of it stays.
    assert_eq!(service.send("PUT", "/v1/workspaces/acme", "text/plain", "").await.0, 409);
    assert_eq!(std::fs::read(service.dir().join("acme/steelyard.redb")).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_a_problem() {
    let service = Service::active().await;
    for (method, path, status) in [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/metrics/gvm", 404),
        ("DELETE", "/v1/events", 405),
        ("GET", "/v1/metrics/gmv?over=soon", 400),
        ("GET", "/v1/metrics/gmv?over=1%20day&period=2026", 400),
        ("GET", "/v1/metrics/gmv?over=1%20day%20if%20gmv%20else%20month", 400),
        ("GET", "/v1/metrics/gmv?over=1%20day%20if%20nothing%20%3E%201%20else%20month", 400),
        ("GET", "/v1/metrics/gmv?explain=maybe", 400),
        ("GET", "/v1/metrics/gmv?scope.country=de", 400),
        ("GET", "/v1/metrics/gmv?period=2026-13", 400),
        ("GET", "/v1/metrics/gmv?by_period=day&from=1970&to=2199", 400),
        ("GET", "/v1/metrics/%FF", 400),
        ("GET", "/v1/alerts/none", 404),
        ("GET", "/v1/deliveries/none", 404),
        ("GET", "/v1/alerts?limit=0", 400),
        ("POST", "/v1/keys", 400),
        ("PUT", "/v1/workspaces/No%20Name", 422),
        ("PUT", "/v1/workspaces/default", 409),
        ("DELETE", "/v1/workspaces/none", 404),
    ] {
        let (got, body) = service.send(method, path, "application/json", "").await;
        assert_eq!(got, status, "{method} {path}: {body}");
        assert!(is_chinese(body["detail_zh"].as_str().unwrap()), "{method} {path}: {body}");
    }
    let (_, body) = service.get("/v1/metrics/gvm").await;
    assert!(body["detail"].as_str().unwrap().contains("gmv"), "{body}");
    let slow = Duration::from_secs(2);
    let head = service.client.head(format!("{}/nowhere", service.url)).timeout(slow).send().await.unwrap();
    assert_eq!(head.status().as_u16(), 404);
}
