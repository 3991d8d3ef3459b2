//! Alerts whose rule says `group by`, over HTTP with real receivers: what is due at the same time is told in one message.

use crate::receiver::{Receiver, Reply};
use crate::routing::Desk;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const LAMPS: &str = r#"
ruleset desk 1.0.0 {
  currency USD
  timezone UTC
}

event lever {
  platform dimension
  shop     dimension
  on       level number
}

metric lamp = last(lever.on)

alert lit on lamp over all time per platform, shop {
  title    "A lamp is lit" zh "灯亮了"
  warning  when > 0
  critical when > 10
  group    by platform
  notify   operations
}
"#;

fn lever(platform: &str, shop: &str, on: i32) -> Value {
    json!({ "platform": platform, "shop": shop, "on": on.to_string() })
}

/// Waits for so many requests, and makes sure that there are no more.
async fn requests(receiver: &Receiver, n: usize) -> Vec<Value> {
    receiver.wait(n).await;
    tokio::time::sleep(Duration::from_millis(80)).await;
    let received: Vec<Value> = receiver.received().iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    assert_eq!(received.len(), n, "{received:#?}");
    received
}

/// The shops of a body and how their alerts stand: of a group, in its order; of one alert, itself.
fn told(body: &Value) -> Vec<String> {
    let one = |data: &Value| format!("{} {} {}", data["scope"]["shop"], data["state"], data["severity"]).replace('"', "");
    match body["data"]["alerts"].as_array() {
        Some(members) => members.iter().map(|member| one(&member["message"]["data"])).collect(),
        None => vec![one(&body["data"])],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_of_a_group_come_in_one_message_that_lists_them() {
    let desk = Desk::with(LAMPS).await;
    let receiver = Receiver::ok().await;
    let id = desk.endpoint(&receiver, &json!({})).await;
    desk.events(&[lever("amazon", "a1", 1), lever("amazon", "a2", 20), lever("tiktok", "t1", 1), lever("amazon", "a3", 2)]).await;
    let received = requests(&receiver, 2).await;
    let group = received.iter().find(|body| body["type"] == "alert.group").unwrap();
    assert_eq!(told(group), ["a1 firing warning", "a2 firing critical", "a3 firing warning"]);
    let data = &group["data"];
    assert_eq!((&data["rule"], &data["group"]), (&json!("lit"), &json!({ "platform": "amazon" })));
    assert_eq!((&data["firing"], &data["resolved"], &data["title"]["zh"]), (&json!(3), &json!(0), &json!("灯亮了")));
    // One alert alone is a message like any other.
    let single = received.iter().find(|body| body["type"] == "alert.firing").unwrap();
    assert_eq!(told(single), ["t1 firing warning"]);
    assert_eq!(single["data"]["group"], json!({ "platform": "tiktok" }));
    // What is over is told in the group.
    desk.events(&[lever("amazon", "a1", 0), lever("amazon", "a3", 30), lever("amazon", "a4", 1)]).await;
    let received = requests(&receiver, 3).await;
    assert_eq!(told(&received[2]), ["a1 resolved warning", "a3 firing critical", "a4 firing warning"]);
    assert_eq!((&received[2]["data"]["firing"], &received[2]["data"]["resolved"]), (&json!(2), &json!(1)));
    // Every message is recorded by itself, with what carried it.
    let carried: Vec<String> = receiver.received().iter().map(|one| one.id().to_owned()).collect();
    let (_, body) = desk.service.get(&format!("/v1/deliveries?endpoint={id}")).await;
    let deliveries = body["items"].as_array().unwrap();
    assert_eq!(deliveries.len(), 7);
    for delivery in deliveries {
        let (_, delivery) = desk.service.get(&format!("/v1/deliveries/{}", delivery["id"])).await;
        let by = delivery["attempts"][0]["carried_by"].as_str().unwrap_or_else(|| delivery["message_id"].as_str().unwrap());
        assert!(delivery["state"] == "delivered" && carried.iter().any(|id| id == by), "{delivery}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_together_is_tried_again_together_and_with_nothing_else() {
    let desk = Desk::with(LAMPS).await;
    let broken = Arc::new(AtomicBool::new(true));
    let fails = Arc::clone(&broken);
    let receiver = Receiver::start(move |_, _| Reply::Status(if fails.load(Ordering::SeqCst) { 500 } else { 200 })).await;
    desk.endpoint(&receiver, &json!({})).await;
    desk.events(&[lever("amazon", "a1", 1), lever("amazon", "a2", 1)]).await;
    receiver.wait(1).await;
    broken.store(false, Ordering::SeqCst);
    // Two more, and the end of one that has not been told yet.
    desk.events(&[lever("amazon", "a3", 1), lever("amazon", "a1", 0), lever("amazon", "a4", 1)]).await;
    receiver.wait(2).await;
    tokio::time::sleep(Duration::from_millis(7_000)).await;
    let mut by_id: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut order = Vec::new();
    for one in receiver.received() {
        let members = told(&serde_json::from_slice(&one.body).unwrap());
        assert!(by_id.insert(one.id().to_owned(), members.clone()).is_none_or(|before| before == members), "the same id, another message");
        order.extend(members);
    }
    assert!(by_id.values().any(|members| members[..] == ["a1 firing warning", "a2 firing warning"]), "{by_id:?}");
    assert!(by_id.values().any(|members| members[..] == ["a3 firing warning", "a4 firing warning"]), "{by_id:?}");
    let place = |what: &str| order.iter().rposition(|one| one == what).unwrap();
    assert!(place("a1 firing warning") < place("a1 resolved warning"), "{order:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn chats_get_the_group_as_a_text_and_alertmanager_each_alert() {
    let desk = Desk::with(LAMPS).await;
    let (slack, manager) = (Receiver::start(|_, _| Reply::Says(200, "ok".to_owned())).await, Receiver::ok().await);
    desk.endpoint(&slack, &json!({ "kind": "slack", "lang": "both" })).await;
    desk.endpoint(&manager, &json!({ "kind": "alertmanager" })).await;
    desk.events(&[lever("amazon", "a1", 1), lever("amazon", "a2", 20)]).await;
    let text = requests(&slack, 1).await.remove(0).to_string();
    for words in [
        "灯亮了 (platform: amazon) — 2 条预警：2 条预警中",
        "A lamp is lit (platform: amazon) — 2 alerts: 2 firing, 0 resolved",
        "shop: a1",
        "shop: a2",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let alerts = requests(&manager, 1).await.remove(0);
    // An Alertmanager knows an alert by its labels: one entry for each severity.
    let shops: std::collections::BTreeSet<&str> =
        alerts.as_array().unwrap().iter().filter_map(|one| one["labels"]["shop"].as_str()).collect();
    assert_eq!(shops.into_iter().collect::<Vec<_>>(), ["a1", "a2"], "{alerts}");
}
