//! Alerts that keep others from being told, over HTTP with a real receiver.

use crate::receiver::Receiver;
use crate::routing::{Desk, comes};
use serde_json::json;

/// The switch of a platform keeps the lamps of its shops from being told.
const SWITCHES: &str = r#"
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

alert down on sum(lamp per shop) over all time per platform {
  critical when > 100
  notify   operations
}

alert lit on lamp over all time per platform, shop {
  warning  when > 0
  critical when > 10 and < 100
  notify   operations
  repeat   every 6 hours
  inhibited by down
}
"#;

impl Desk {
    async fn switch(&self, shop: &str, on: i32) {
        self.event(&json!({"platform": "amazon", "shop": shop, "on": on.to_string()})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_inhibited_is_told_when_it_still_fires_then() {
    let desk = Desk::with(SWITCHES).await;
    let receiver = Receiver::ok().await;
    let id = desk.endpoint(&receiver, &json!({})).await;
    // The account goes down with its own lamp, which is inhibited by then although its message comes along.
    desk.switch("account", 200).await;
    comes(&receiver, &["firing critical"]).await;
    desk.switch("us", 1).await;
    desk.switch("us", 20).await;
    desk.switch("de", 1).await;
    desk.switch("de", 0).await;
    comes(&receiver, &["firing critical"]).await;
    let held = desk.held(&id).await;
    assert_eq!((&held["reason"], &held["until"]), (&json!("inhibition"), &json!(null)));
    let (_, body) = desk.service.get("/v1/alerts?rule=lit&state=firing").await;
    assert_eq!(body["items"][0]["notifications"]["inhibited_by"], held["inhibited_by"]);
    let (_, down) = desk.service.get("/v1/alerts?rule=down").await;
    assert_eq!(held["inhibited_by"], down["items"][0]["id"]);
    // Reminders wait too; the end of what inhibits tells what fires, once, as it is.
    desk.at("2026-03-10T20:00:00Z").await;
    comes(&receiver, &["firing critical"]).await;
    desk.switch("account", 0).await;
    comes(&receiver, &["firing critical", "resolved critical", "firing critical"]).await;
    desk.switch("us", 0).await;
    comes(&receiver, &["firing critical", "resolved critical", "firing critical", "resolved critical"]).await;
    assert_eq!(desk.held(&id).await, json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_before_is_told_its_end_afterwards() {
    let desk = Desk::with(SWITCHES).await;
    let receiver = Receiver::ok().await;
    desk.endpoint(&receiver, &json!({})).await;
    desk.switch("us", 1).await;
    comes(&receiver, &["firing warning"]).await;
    desk.switch("account", 200).await;
    desk.switch("us", 0).await;
    comes(&receiver, &["firing warning", "firing critical"]).await;
    desk.switch("account", 0).await;
    comes(&receiver, &["firing warning", "firing critical", "resolved critical", "resolved warning"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_without_the_line_lets_go() {
    let desk = Desk::with(SWITCHES).await;
    let receiver = Receiver::ok().await;
    desk.endpoint(&receiver, &json!({})).await;
    desk.switch("account", 200).await;
    desk.switch("us", 1).await;
    comes(&receiver, &["firing critical"]).await;
    let without = SWITCHES.replace("desk 1.0.0", "desk 1.0.1").replace("  inhibited by down\n", "");
    assert_eq!(desk.service.send("POST", "/v1/rulesets", "text/plain", without).await.0, 201);
    assert_eq!(desk.service.post("/v1/rulesets/desk/1.0.1/activate", "").await.0, 200);
    comes(&receiver, &["firing critical", "firing warning", "firing warning"]).await;
    assert_eq!(desk.service.post("/v1/rulesets/desk/deactivate", "").await.0, 204);
    let ends = ["resolved critical", "resolved warning", "resolved warning"];
    comes(&receiver, &[&["firing critical", "firing warning", "firing warning"][..], &ends].concat()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ruleset_that_is_taken_out_of_use_tells_nothing_of_what_was_never_told() {
    let desk = Desk::with(SWITCHES).await;
    let receiver = Receiver::ok().await;
    desk.endpoint(&receiver, &json!({})).await;
    desk.switch("us", 1).await;
    desk.switch("us", 0).await;
    comes(&receiver, &["firing warning", "resolved warning"]).await;
    desk.switch("account", 200).await;
    desk.switch("us", 1).await;
    assert_eq!(desk.service.post("/v1/rulesets/desk/deactivate", "").await.0, 204);
    comes(&receiver, &["firing warning", "resolved warning", "firing critical", "resolved critical"]).await;
}
