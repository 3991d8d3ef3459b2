//! Trials over HTTP: a version that runs beside the active one, says nothing, survives a restart, and is ended or activated.

use crate::http_query::orders;
use crate::receiver::Receiver;
use crate::service::{RULESET, Service};
use serde_json::{Value, json};
use steelyard::engine::Options;
use steelyard::http::Limits;

/// The ruleset of the tests with stricter limits: half the sales for the same points, an alert at more than one order.
pub fn stricter() -> String {
    let text = RULESET.replacen("1.0.0", "1.1.0", 1).replace("100 USD -> 60, 200 USD -> 100", "200 USD -> 60, 400 USD -> 100");
    text.replace("warning when > 2", "warning when > 1")
}

/// The ruleset of the tests active, the stricter one put.
async fn both() -> Service {
    let service = Service::active().await;
    let (status, body) = service.send("PUT", "/v1/rulesets/shop/1.1.0", "text/plain", stricter()).await;
    assert_eq!(status, 201, "{body}");
    service
}

async fn value(service: &Service, path: &str) -> Value {
    let (status, body) = service.get(path).await;
    assert_eq!(status, 200, "{path}: {body}");
    let list = if body["scores"].is_array() { &body["scores"] } else { &body["values"] };
    list[0]["value"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_has_numbers_of_its_own_and_tells_nobody() {
    let service = both().await;
    let receiver = Receiver::ok().await;
    let endpoint = json!({"url": receiver.url, "channels": ["operations"]}).to_string();
    assert_eq!(service.post("/v1/endpoints", &endpoint).await.0, 201);
    orders(&service, &[("1", "us", "2026-03-10T09:00:00Z", "150 USD")]).await;
    let (status, started) = service.post("/v1/rulesets/shop/1.1.0/trial", "").await;
    assert_eq!((status, &started["replayed"], &started["skipped"]), (200, &json!(1), &json!(0)), "{started}");
    orders(&service, &[("2", "us", "2026-03-10T10:00:00Z", "50 USD")]).await;
    let card = "/v1/scorecards/manager?period=2026-03";
    assert_eq!(value(&service, card).await, "100");
    assert_eq!(value(&service, &format!("{card}&trial=true")).await, "60");
    assert_eq!(value(&service, &format!("{card}&version=1.1.0")).await, "60");
    assert_eq!(value(&service, &format!("{card}&version=1.0.0")).await, "100");
    assert_eq!(value(&service, "/v1/metrics/gmv?trial=true").await, "200.00");
    // Two orders: the trial fires, the active version does not, and nobody is told.
    let (_, alerts) = service.get("/v1/alerts").await;
    assert_eq!(alerts["items"], json!([]));
    let (_, alerts) = service.get("/v1/alerts?trial=true").await;
    let alert = &alerts["items"][0];
    assert_eq!((&alert["state"], &alert["trial"], &alert["version"]), (&json!("firing"), &json!(true), &json!("1.1.0")), "{alerts:#}");
    let id = alert["id"].as_str().unwrap();
    assert!(id.starts_with("trial_"), "{id}");
    assert_eq!(service.post(&format!("/v1/alerts/{id}/ack"), r#"{"author":"li"}"#).await.0, 404);
    assert_eq!(service.get("/v1/deliveries").await.1["items"], json!([]));
    let (_, listed) = service.get("/v1/rulesets").await;
    let shown: Vec<Value> =
        listed["items"].as_array().unwrap().iter().map(|one| json!([one["active"], one["trial"]["left_out"]])).collect();
    assert_eq!(json!(shown), json!([[true, null], [false, 0]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_survives_a_restart_and_is_activated_without_a_run() {
    let mut service = both().await;
    let receiver = Receiver::ok().await;
    let endpoint = json!({"url": receiver.url, "channels": ["operations"]}).to_string();
    assert_eq!(service.post("/v1/endpoints", &endpoint).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/shop/1.1.0/trial", "").await.0, 200);
    orders(&service, &[("1", "us", "2026-03-10T09:00:00Z", "150 USD"), ("2", "us", "2026-03-10T10:00:00Z", "50 USD")]).await;
    service.end().await;
    let service = service.again(Limits::default(), Options::default()).await;
    let card = "/v1/scorecards/manager?period=2026-03";
    assert_eq!(value(&service, &format!("{card}&trial=true")).await, "60");
    orders(&service, &[("3", "de", "2026-03-10T10:00:00Z", "400 USD")]).await;
    assert_eq!(value(&service, &format!("{card}&trial=true&scope.shop=de")).await, "100");
    let (status, activated) = service.post("/v1/rulesets/shop/1.1.0/activate", "").await;
    assert_eq!((status, &activated["replayed"]), (200, &json!(0)), "{activated}");
    assert_eq!(value(&service, &format!("{card}&scope.shop=us")).await, "60");
    // What fires under the version that counts now is told, once, under an id of its own.
    let told: Value = serde_json::from_slice(&receiver.wait(1).await[0].body).unwrap();
    let (_, alerts) = service.get("/v1/alerts").await;
    assert_eq!((&alerts["items"][0]["id"], &told["data"]["version"]), (&told["data"]["id"], &json!("1.1.0")), "{alerts:#}");
    assert_eq!(service.get(&format!("{card}&trial=true")).await.1["code"], "SY1805");
    assert_eq!(service.get(&format!("{card}&version=1.0.0")).await.1["code"], "SY1806");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_not_refused_because_of_a_trial() {
    let service = both().await;
    // The trial wants a field that the events do not have.
    let text = RULESET.replacen("1.0.0", "2.0.0", 1).replace("units    count optional", "units    count");
    let text =
        text.replacen("| amount", "| units | amount", 1).replace("| 20 USD", "| 1 | 20 USD").replace("| 30.50 USD", "| 1 | 30.50 USD");
    let text = text.replace("  amount   from \"Amount\"", "  amount   from \"Amount\"\n  units    from \"Units\"");
    let (status, body) = service.send("POST", "/v1/rulesets", "text/plain", text).await;
    assert_eq!(status, 201, "{body}");
    assert_eq!(service.post("/v1/rulesets/shop/2.0.0/trial", "").await.0, 200);
    orders(&service, &[("1", "us", "2026-03-10T09:00:00Z", "150 USD")]).await;
    assert_eq!(value(&service, "/v1/metrics/gmv").await, "150.00");
    assert_eq!(value(&service, "/v1/metrics/orders?trial=true").await, Value::Null);
    let (_, shown) = service.get("/v1/rulesets/shop/2.0.0").await;
    assert_eq!(shown["trial"]["left_out"], 1, "{shown}");
    // It has not read everything: its activation runs the stored events through it.
    let (_, activated) = service.post("/v1/rulesets/shop/2.0.0/activate", "").await;
    assert_eq!((&activated["replayed"], &activated["skipped"]), (&json!(0), &json!(1)), "{activated}");
    assert_eq!(service.get("/v1/rulesets/shop/2.0.0").await.1["trial"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn trials_are_refused_and_ended() {
    let service = both().await;
    for (method, path, want) in [
        ("POST", "/v1/rulesets/shop/1.0.0/trial", "SY1801"),
        ("POST", "/v1/rulesets/shop/9.0.0/trial", "SY0506"),
        ("DELETE", "/v1/rulesets/shop/1.1.0/trial", "SY1804"),
    ] {
        let (_, body) = service.send(method, path, "application/json", "").await;
        assert_eq!(body["code"], want, "{method} {path}: {body}");
    }
    assert_eq!(service.post("/v1/rulesets/shop/1.1.0/trial", "").await.0, 200);
    let (status, body) = service.post("/v1/rulesets/shop/1.1.0/trial", "").await;
    assert_eq!((status, &body["code"]), (409, &json!("SY1802")), "{body}");
    assert_eq!(service.get("/v1/metrics/gmv?trial=true&version=1.1.0").await.1["code"], "SY0577");
    assert_eq!(service.delete("/v1/rulesets/shop/1.1.0/trial").await.0, 204);
    assert_eq!(service.get("/v1/metrics/gmv?trial=true").await.1["code"], "SY1805");
    // A ruleset that never counted can be on trial: its events are taken.
    assert_eq!(service.post("/v1/rulesets/shop/deactivate", "").await.0, 204);
    assert_eq!(service.post("/v1/rulesets/shop/1.1.0/trial", "").await.0, 200);
    orders(&service, &[("1", "us", "2026-03-10T09:00:00Z", "150 USD")]).await;
    assert_eq!(value(&service, "/v1/metrics/gmv?trial=true").await, "150.00");
    assert_eq!(service.get("/v1/metrics/gmv").await.1["code"], "SY0509");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_trial_says_otherwise_is_listed() {
    let service = both().await;
    let rows = [
        ("1", "us", "2026-03-02T09:00:00Z", "150 USD"),
        ("2", "us", "2026-03-02T10:00:00Z", "50 USD"),
        ("3", "de", "2026-03-03T09:00:00Z", "400 USD"),
    ];
    orders(&service, &rows).await;
    let path = "/v1/rulesets/shop/diff?period=2026-03";
    assert_eq!(service.get(path).await.1["code"], "SY1805");
    assert_eq!(service.post("/v1/rulesets/shop/1.1.0/trial", "").await.0, 200);
    let (status, diff) = service.get(path).await;
    assert_eq!((status, &diff["a"]["version"], &diff["b"]["version"]), (200, &json!("1.0.0"), &json!("1.1.0")), "{diff:#}");
    let us = json!({"shop": "us"});
    let numbers = json!([
        {"kind": "score", "name": "manager", "scope": us, "a": "100", "b": "60"},
        {"kind": "grade", "name": "manager", "scope": us, "a": "A", "b": "B"},
        {"kind": "payout", "name": "manager", "scope": us, "a": "1.2", "b": "1"},
    ]);
    assert_eq!(diff["numbers"], numbers, "{diff:#}");
    let (fired, over) = ("2026-03-02T10:00:00Z", "2026-03-03T00:00:00Z");
    let alerts = json!([
        {"rule": "rush", "scope": us, "state": "firing", "severity": "warning", "change": "gained", "a": null, "b": fired},
        {"rule": "rush", "scope": us, "state": "resolved", "change": "gained", "a": null, "b": over},
    ]);
    assert_eq!(diff["alerts"], alerts, "{diff:#}");
    let (_, other) = service.get(&format!("{path}&scope.shop=de")).await;
    assert_eq!((&other["numbers"], &other["alerts"]), (&json!([]), &json!([])), "{other:#}");
    let (_, turned) = service.get(&format!("{path}&a=1.1.0&b=1.0.0")).await;
    assert_eq!((&turned["numbers"][0]["a"], &turned["alerts"][0]["change"]), (&json!("60"), &json!("lost")), "{turned:#}");
    for (query, want) in [("", "SY0577"), ("?period=spring", "SY0577"), ("?period=2026-03&a=9.0.0", "SY1806")] {
        assert_eq!(service.get(&format!("/v1/rulesets/shop/diff{query}")).await.1["code"], want, "{query}");
    }
}
