//! From the events behind an alert to the attempts that told of it, and back, by the API alone.

use crate::receiver::{Receiver, Reply};
use crate::routing::LAMPS;
use crate::service::Service;
use serde_json::{Value, json};
use std::time::Duration;

async fn push(service: &Service, id: &str, time: &str, on: i32) {
    let event = json!({"type": "lever", "id": id, "source": "desk", "time": time, "data": {"shop": "us", "on": on.to_string()}});
    let (status, body) = service.post("/v1/events", &json!([event]).to_string()).await;
    assert_eq!((status, &body["accepted"]), (202, &json!(1)), "{body}");
}

/// Waits until the deliveries about an alert are so many, all of them taken; the oldest first.
async fn delivered(service: &Service, alert: &str, n: usize) -> Vec<Value> {
    for _ in 0..1_000 {
        let (_, body) = service.get(&format!("/v1/deliveries?alert={alert}")).await;
        let items = body["items"].as_array().unwrap();
        if items.len() == n && items.iter().all(|one| one["state"] == "delivered") {
            return items.iter().rev().cloned().collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{n} deliveries about {alert} do not come: {}", service.get(&format!("/v1/deliveries?alert={alert}")).await.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_notification_is_traced_from_events_to_attempts() {
    let service = Service::start().await;
    assert_eq!(service.send("POST", "/v1/rulesets", "text/plain", LAMPS).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/desk/1.0.0/activate", "").await.0, 200);
    let receiver = Receiver::start(|_, _| Reply::Status(200)).await;
    let (status, made) = service.post("/v1/endpoints", &json!({"url": receiver.url}).to_string()).await;
    assert_eq!(status, 201, "{made}");
    let now = steelyard::engine::Clock::now(&*service.clock);
    let time = |seconds: i64| now.plus_s(seconds).to_string();
    push(&service, "on", &time(-7_200), 3).await;

    // The alert names the events behind it, by source and id.
    let (_, listed) = service.get("/v1/alerts?state=firing").await;
    let alert = listed["items"][0]["id"].as_str().unwrap().to_owned();
    let (_, told) = service.get(&format!("/v1/alerts/{alert}?explain=true")).await;
    let change = &told["transitions"][0];
    let behind = &change["explanation"]["watched"]["parts"][0]["events"][0];
    assert_eq!((&behind["source"], &behind["id"]), (&json!("desk"), &json!("on")), "{told:#}");

    // The deliveries name the alert, and show each attempt; what was received names it too.
    let firing = delivered(&service, &alert, 1).await.remove(0);
    let (_, whole) =
        service.get(&format!("/v1/deliveries/{}", firing["id"].as_str().map_or_else(|| firing["id"].to_string(), str::to_owned))).await;
    assert_eq!((&whole["alert"], &whole["type"]), (&json!(alert), &json!("alert.firing")), "{whole:#}");
    assert_eq!(whole["attempts"].as_array().unwrap().last().unwrap()["status"], json!(200), "{whole:#}");
    let received = receiver.wait(1).await.remove(0);
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!((&body["data"]["id"], received.id()), (&json!(alert), whole["message_id"].as_str().unwrap()), "{body:#}");

    // A late event moves the beginning: the alert says that it was restated, and so does what is sent.
    push(&service, "earlier", &time(-10_800), 5).await;
    let (_, told) = service.get(&format!("/v1/alerts/{alert}?explain=true")).await;
    assert_eq!((&told["state"], &told["restated"], &told["since"]), (&json!("firing"), &json!(true), &json!(time(-10_800))), "{told:#}");
    let first = &told["transitions"][0]["explanation"]["watched"]["parts"][0]["events"][0];
    assert_eq!(first["id"], json!("earlier"), "{told:#}");
    let restated = delivered(&service, &alert, 2).await.remove(1);
    assert_eq!(restated["type"], json!("alert.restated"), "{restated:#}");
    let received = receiver.wait(2).await.remove(1);
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    assert_eq!((&body["data"]["id"], &body["data"]["restated"]), (&json!(alert), &json!(true)), "{body:#}");

    push(&service, "off", &time(0), 0).await;
    let over = delivered(&service, &alert, 3).await.remove(2);
    assert_eq!(over["type"], json!("alert.resolved"), "{over:#}");
    let (_, told) = service.get(&format!("/v1/alerts/{alert}?explain=true")).await;
    let last = told["transitions"].as_array().unwrap().last().unwrap();
    assert_eq!(last["explanation"]["watched"]["parts"][0]["events"][0]["id"], json!("off"), "{told:#}");
}
