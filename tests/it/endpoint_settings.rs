//! Endpoints of every kind over HTTP: what can be chosen, what is refused, and that no secret is ever listed.

use crate::receiver::{Receiver, Reply};
use crate::service::Service;
use serde_json::{Value, json};

async fn make(service: &Service, body: Value) -> (u16, Value) {
    service.post("/v1/endpoints", &body.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_can_be_made_and_keeps_its_secrets() {
    let service = Service::start().await;
    let receiver = Receiver::ok().await;
    let url = |path: &str| format!("{}{path}", receiver.url.trim_end_matches("/hook"));
    let host = url("");
    for (body, shown, lang, rate) in [
        (json!({"url": url("/hook?t=T0KEN")}), format!("{host}/hook"), "en", Value::Null),
        (json!({"kind": "alertmanager", "url": url("/am"), "token": "T0KEN"}), format!("{host}/am"), "en", Value::Null),
        (json!({"kind": "feishu", "url": url("/hook/T0KEN"), "secret": "T0KEN"}), format!("{host}/…"), "zh", json!(100)),
        (json!({"kind": "dingtalk", "url": url("/send?a=T0KEN"), "secret": "T0KEN"}), format!("{host}/…"), "zh", json!(20)),
        (json!({"kind": "wecom", "url": url("/send?key=T0KEN"), "lang": "both"}), format!("{host}/…"), "both", json!(20)),
        (json!({"kind": "slack", "url": url("/services/T0KEN"), "rate_per_min": 6}), format!("{host}/…"), "en", json!(6)),
        (json!({"kind": "teams", "url": url("/workflows/T0KEN")}), format!("{host}/…"), "en", json!(60)),
        (json!({"kind": "pagerduty", "url": url("/v2/enqueue"), "routing_key": "T0KEN"}), format!("{host}/v2/enqueue"), "en", json!(120)),
        (json!({"kind": "ntfy", "url": url("/"), "topic": "kpi", "token": "T0KEN"}), format!("{host}/"), "en", json!(24)),
    ] {
        let (status, made) = make(&service, body.clone()).await;
        assert_eq!(status, 201, "{body}: {made}");
        let kind = body.get("kind").cloned().unwrap_or(json!("standard"));
        assert_eq!((&made["kind"], &made["url"], &made["lang"], &made["rate_per_min"]), (&kind, &json!(shown), &json!(lang), &rate));
        assert_eq!(made.get("secret").is_some(), kind == "standard", "only a standard endpoint shows a secret, once");
        let rotated = service.post(&format!("/v1/endpoints/{}/rotate", made["id"].as_str().unwrap()), "{}").await;
        assert_eq!(rotated.0, if kind == "standard" { 200 } else { 422 }, "{}", rotated.1);
    }
    let (_, all) = service.get("/v1/endpoints").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 9);
    assert!(!all.to_string().contains("T0KEN") && !all.to_string().contains("whsec_"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_a_kind_is_refused() {
    let service = Service::start().await;
    let url = "http://127.0.0.1:9/hook/T0KEN";
    for (body, status, code) in [
        (json!({"kind": "feishu"}), 422, "SY0610"),
        (json!({"kind": "pagerduty", "url": url}), 422, "SY0610"),
        (json!({"kind": "ntfy", "url": url}), 422, "SY0610"),
        (json!({"kind": "ntfy", "url": url, "topic": "a b"}), 422, "SY0611"),
        (json!({"kind": "ntfy", "url": url, "topic": "a", "token": "x\ny"}), 422, "SY0611"),
        (json!({"kind": "pagerduty", "url": url, "routing_key": ""}), 422, "SY0611"),
        (json!({"kind": "slack", "url": url, "secret": "x"}), 422, "SY0609"),
        (json!({"url": url, "topic": "x"}), 422, "SY0609"),
        (json!({"url": url, "secret": "x"}), 422, "SY0606"),
        (json!({"url": url, "rate_per_min": 6001}), 422, "SY0611"),
        (json!({"kind": "telegram", "url": url}), 400, "SY0578"),
        (json!({"kind": "slack", "url": url, "lang": "fr"}), 400, "SY0578"),
        (json!({"kind": "slack", "url": "https://10.0.0.1/hook/T0KEN"}), 422, "SY0604"),
        (json!({"kind": "slack", "url": "ftp://h.example/hook/T0KEN"}), 422, "SY0602"),
    ] {
        let (is, problem) = make(&service, body.clone()).await;
        assert_eq!((is, problem["code"].as_str().unwrap()), (status, code), "{body}: {problem}");
        assert!(!problem.to_string().contains("T0KEN"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_can_be_changed_but_not_the_kind() {
    let service = Service::start().await;
    let (_, made) = make(&service, json!({"kind": "feishu", "url": "http://127.0.0.1:9/hook/t", "secret": "s"})).await;
    let path = format!("/v1/endpoints/{}", made["id"].as_str().unwrap());
    let patch = |body: Value| service.send("PATCH", &path, "application/json", body.to_string());
    let (status, changed) = patch(json!({"lang": "both", "rate_per_min": 30, "secret": ""})).await;
    assert_eq!((status, &changed["lang"], &changed["rate_per_min"]), (200, &json!("both"), &json!(30)));
    assert_eq!(changed["has_secret"], false);
    let (_, changed) = patch(json!({"rate_per_min": 0})).await;
    assert_eq!((&changed["rate_per_min"], &changed["lang"]), (&json!(100), &json!("both")));
    assert_eq!(patch(json!({"topic": "x"})).await.1["code"], "SY0609");
    assert_eq!(patch(json!({"kind": "slack"})).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_of_the_engine_reaches_a_bot_in_words() {
    let service = Service::active().await;
    let receiver = Receiver::start(|_, _| Reply::Says(200, r#"{"code":0}"#.to_owned())).await;
    let (status, made) = make(&service, json!({"kind": "feishu", "url": receiver.url, "lang": "both"})).await;
    assert_eq!(status, 201, "{made}");
    for id in 1..=3 {
        let event = json!({"type": "order_placed", "id": id.to_string(), "time": "2026-03-10T12:00:00Z", "data": {"order_id": id.to_string(), "shop": "us", "amount": "1 USD"}});
        let (status, taken) = service.post("/v1/events", &event.to_string()).await;
        assert_eq!(status, 202, "{taken}");
    }
    let card = receiver.wait(1).await[0].json()["card"].clone();
    assert_eq!(card["header"]["title"]["content"], "【警告】rush — 预警中");
    let text = card["elements"][0]["text"]["content"].as_str().unwrap();
    assert_eq!(
        text.lines().collect::<Vec<_>>(),
        [
            "us 有 3 单",
            "shop: us",
            "当前值 3（阈值 2）",
            "开始于 2026-03-10 12:00:00 (UTC)",
            "[warning] rush — firing",
            "us has 3 orders",
            "shop: us",
            "value 3 (limit 2)",
            "since 2026-03-10 12:00:00 (UTC)",
        ]
    );
    // Nobody said where people reach this service, so nothing links there.
    assert_eq!(card["elements"].as_array().unwrap().len(), 1);
    let id = made["id"].as_str().unwrap();
    assert_eq!(service.post(&format!("/v1/endpoints/{id}/test"), "").await.0, 202);
    let test = receiver.wait(2).await[1].json();
    assert_eq!(test["card"]["header"]["title"]["content"], "Steelyard 可以访问此端点。");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_documentation_work() {
    let service = Service::start().await;
    for page in ["docs/endpoints.md", "docs/endpoints.zh-CN.md"] {
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let mut kinds = Vec::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("api /v1/endpoints -d '")) {
            let mut body: Value = serde_json::from_str(line.strip_suffix('\'').unwrap()).unwrap();
            // No test asks the names of the real services.
            body["url"] = json!("http://127.0.0.1:9/");
            let (status, made) = make(&service, body).await;
            assert_eq!(status, 201, "{page}: {line}: {made}");
            kinds.push(made["kind"].as_str().unwrap().to_owned());
        }
        let all = ["standard", "alertmanager", "feishu", "dingtalk", "wecom", "slack", "teams", "pagerduty", "ntfy"];
        assert_eq!(kinds, all, "{page}");
    }
}
