//! Where notifications go and when, over HTTP with real receivers: filters, hours, silences, acknowledgement,
//! escalation, endpoints that fail for good.

use crate::receiver::{Receiver, Reply};
use crate::server::{Server, folder};
use crate::service::Service;
use crate::wire;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use steelyard::time::Instant;

/// One lamp a shop: above 0 is a warning, above 10 critical.
pub const LAMPS: &str = r#"
ruleset desk 1.0.0 {
  currency USD
  timezone UTC
}

event lever {
  shop dimension
  on   level number
}

metric lamp = last(lever.on)

alert lit on lamp over all time per shop {
  warning  when > 0
  critical when > 10
  no data  keep
  message  "{shop} is at {value}"  zh "{shop} 为 {value}"
  notify   operations
  repeat   every 6 hours
}
"#;

/// A service with one ruleset, and what is done to it.
pub struct Desk {
    pub service: Service,
    n: std::cell::Cell<u32>,
}

impl Desk {
    async fn new() -> Desk {
        Desk::with(LAMPS).await
    }

    pub async fn with(ruleset: &'static str) -> Desk {
        let service = Service::start().await;
        assert_eq!(service.send("POST", "/v1/rulesets", "text/plain", ruleset).await.0, 201);
        assert_eq!(service.post("/v1/rulesets/desk/1.0.0/activate", "").await.0, 200);
        Desk { service, n: std::cell::Cell::new(0) }
    }

    pub async fn endpoint(&self, receiver: &Receiver, more: &Value) -> String {
        let mut body = json!({ "url": receiver.url });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (status, made) = self.service.post("/v1/endpoints", &body.to_string()).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    /// Sets the clock and lets the writer see it.
    pub async fn at(&self, time: &str) {
        self.service.clock.set(Instant::parse_rfc3339(time).unwrap());
        let workspace = self.service.engine.workspace("default").unwrap();
        tokio::task::spawn_blocking(move || workspace.tick().unwrap()).await.unwrap();
    }

    /// Moves the lever of a shop: within the last second, each time a little later.
    async fn lever(&self, shop: &str, on: i32) {
        self.event(&json!({"shop":shop,"on":on.to_string()})).await;
    }

    pub async fn event(&self, data: &Value) {
        self.events(std::slice::from_ref(data)).await;
    }

    /// Events that arrive together.
    pub async fn events(&self, data: &[Value]) {
        let now = steelyard::engine::Clock::now(&*self.service.clock);
        let event = |data: &Value| {
            self.n.set(self.n.get() + 1);
            let time = Instant(now.0 - 1_000_000 + i64::from(self.n.get()) * 1_000).to_string();
            json!({"type":"lever","id":self.n.get().to_string(),"source":"t","time":time,"data":data})
        };
        let events: Vec<Value> = data.iter().map(event).collect();
        let (status, body) = self.service.post("/v1/events", &json!(events).to_string()).await;
        assert_eq!((status, &body["refused"]), (202, &json!([])), "{body}");
    }

    async fn firing(&self) -> Value {
        let (_, body) = self.service.get("/v1/alerts?state=firing").await;
        body["items"][0].clone()
    }

    /// The deliveries to an endpoint, oldest first: type and state.
    pub async fn deliveries(&self, endpoint: &str) -> Vec<String> {
        let (_, body) = self.service.get(&format!("/v1/deliveries?endpoint={endpoint}")).await;
        let show = |one: &Value| format!("{} {}", word(&one["type"]), word(&one["state"]));
        body["items"].as_array().unwrap().iter().rev().map(show).collect()
    }

    pub async fn held(&self, endpoint: &str) -> Value {
        let (_, body) = self.service.get(&format!("/v1/deliveries?endpoint={endpoint}&state=held")).await;
        body["items"][0]["hold"].clone()
    }

    fn audited(&self) -> Vec<String> {
        let entries = self.service.engine.control().audit(None, 100).unwrap();
        entries.iter().rev().map(|entry| entry.action.clone()).collect()
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap().trim_start_matches("alert.")
}

/// What came: type and severity.
fn came(receiver: &Receiver) -> Vec<String> {
    let show = |body: Value| match body["data"]["severity"].as_str() {
        Some(severity) => format!("{} {severity}", word(&body["type"])),
        None => word(&body["type"]).to_owned(),
    };
    receiver.received().iter().map(|one| show(serde_json::from_slice(&one.body).unwrap())).collect()
}

/// Waits until this has come, and makes sure that nothing more does. Only messages of one alert have an order.
pub async fn comes(receiver: &Receiver, want: &[&str]) {
    for _ in 0..500 {
        if came(receiver).len() >= want.len() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(60)).await;
    let (mut came, mut want) = (came(receiver), want.to_vec());
    came.sort();
    want.sort_unstable();
    assert_eq!(came, want);
}

fn work() -> Value {
    json!({ "timezone": "Asia/Shanghai", "ranges": [{ "days": ["monday", "tuesday", "wednesday", "thursday", "friday"], "from": "09:00", "to": "18:00" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_hold_what_is_not_critical_until_they_begin() {
    let desk = Desk::new().await;
    let receiver = Receiver::ok().await;
    let id = desk.endpoint(&receiver, &json!({ "hours": work() })).await;
    // Tuesday 12:00 in London is 20:00 in Shanghai.
    desk.lever("us", 1).await;
    assert_eq!(desk.held(&id).await, json!({ "reason": "hours", "until": "2026-03-11T01:00:00Z" }));
    desk.lever("de", 20).await;
    comes(&receiver, &["firing critical"]).await;
    // Over before the morning: the morning hears of both.
    desk.at("2026-03-10T15:00:00Z").await;
    desk.lever("us", 0).await;
    comes(&receiver, &["firing critical"]).await;
    desk.at("2026-03-11T00:59:59Z").await;
    comes(&receiver, &["firing critical", "repeat critical"]).await;
    desk.at("2026-03-11T01:00:00Z").await;
    comes(&receiver, &["firing critical", "repeat critical", "firing warning", "resolved warning"]).await;
    // Without hours nothing waits.
    let (status, body) = desk.service.send("PATCH", &format!("/v1/endpoints/{id}"), "application/json", r#"{"hours":null}"#).await;
    assert_eq!((status, &body["hours"]), (200, &Value::Null), "{body}");
    desk.at("2026-03-11T12:00:00Z").await;
    desk.lever("us", 1).await;
    comes(&receiver, &["firing critical", "repeat critical", "firing warning", "resolved warning", "repeat critical", "firing warning"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_hours_goes_out_when_they_are_taken_away() {
    let desk = Desk::new().await;
    let receiver = Receiver::ok().await;
    let id = desk.endpoint(&receiver, &json!({ "hours": work(), "severity": "warning" })).await;
    desk.lever("us", 1).await;
    comes(&receiver, &[]).await;
    desk.service.send("PATCH", &format!("/v1/endpoints/{id}"), "application/json", r#"{"hours":null}"#).await;
    comes(&receiver, &["firing warning"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_endpoint_wants_is_seen_and_finds_the_next_one() {
    let desk = Desk::new().await;
    let (boss, sales, us) = (Receiver::ok().await, Receiver::ok().await, Receiver::ok().await);
    desk.endpoint(&sales, &json!({ "channels": ["sales"] })).await;
    desk.endpoint(&boss, &json!({ "severity": "critical", "scope": { "shop": ["de"] } })).await;
    desk.lever("us", 1).await;
    let alert = desk.firing().await;
    assert_eq!(alert["notifications"]["unrouted"], json!({ "at": "2026-03-10T12:00:00Z", "reason": "severity" }));
    desk.lever("us", 20).await;
    assert_eq!(desk.firing().await["notifications"]["unrouted"]["reason"], "scope");
    let (_, metrics) = desk.service.get("/metrics").await;
    assert!(metrics.as_str().unwrap().contains("steelyard_notifications_unrouted{workspace=\"default\"} 2"), "{metrics}");
    // An endpoint that wants it hears of it although it comes late, once.
    desk.endpoint(&us, &json!({ "channels": ["operations"], "scope": { "shop": ["us", "ca"] } })).await;
    comes(&us, &["firing critical"]).await;
    assert_eq!(desk.firing().await["notifications"]["unrouted"], Value::Null);
    desk.lever("us", 0).await;
    comes(&us, &["firing critical", "resolved critical"]).await;
    comes(&boss, &[]).await;
    comes(&sales, &[]).await;
    desk.lever("de", 20).await;
    comes(&boss, &["firing critical"]).await;
    // Who knows of an alert hears how it goes on, although it is not so bad any more.
    desk.lever("de", 5).await;
    desk.lever("de", 0).await;
    comes(&boss, &["firing critical", "firing warning", "resolved warning"]).await;
}

async fn silence(desk: &Desk, more: &Value) -> String {
    let mut body = json!({ "reason": "moving house", "author": "li" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let (status, made) = desk.service.post("/v1/silences", &body.to_string()).await;
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_mutes_and_what_is_still_true_at_its_end_is_told() {
    let desk = Desk::new().await;
    let receiver = Receiver::ok().await;
    let id = desk.endpoint(&receiver, &json!({})).await;
    desk.lever("fr", 1).await;
    comes(&receiver, &["firing warning"]).await;
    let mute = silence(&desk, &json!({ "end": "2026-03-10T16:00:00Z", "rule": "lit", "ruleset": "desk" })).await;
    for shop in ["us", "de"] {
        desk.lever(shop, 1).await;
    }
    desk.lever("fr", 0).await;
    let hold = json!({ "reason": "silence", "silence": mute, "until": "2026-03-10T16:00:00Z" });
    assert_eq!(desk.held(&id).await, hold);
    // The states know nothing of silences; the alert says that it is muted.
    let (_, alerts) = desk.service.get("/v1/alerts?state=firing&scope.shop=us").await;
    assert_eq!((&alerts["items"][0]["state"], &alerts["items"][0]["notifications"]["silences"]), (&json!("firing"), &json!([mute])));
    desk.at("2026-03-10T14:00:00Z").await;
    desk.lever("de", 0).await;
    comes(&receiver, &["firing warning"]).await;
    desk.at("2026-03-10T16:00:00Z").await;
    // us still fires: told. de is over: never told. fr was told to fire before: told to be over.
    comes(&receiver, &["firing warning", "resolved warning", "firing warning"]).await;
    let (_, ended) = desk.service.get("/v1/deliveries?state=silenced").await;
    assert_eq!(ended["items"].as_array().unwrap().len(), 2, "{ended}");
    assert!(ended["items"].as_array().unwrap().iter().all(|one| one["hold"]["silence"] == json!(mute)), "{ended}");
    assert_eq!(desk.deliveries(&id).await.iter().filter(|one| one.ends_with("delivered")).count(), 3);
    let (_, over) = desk.service.get(&format!("/v1/silences/{mute}")).await;
    assert_eq!((&over["state"], &over["author"], &over["reason"]), (&json!("over"), &json!("li"), &json!("moving house")));
    assert!(desk.audited().contains(&"silence.create".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_is_ended_early_and_mutes_only_what_fits() {
    let desk = Desk::new().await;
    let receiver = Receiver::ok().await;
    desk.endpoint(&receiver, &json!({})).await;
    let only = json!({ "end": "2026-03-12T00:00:00Z", "severities": ["warning"], "scope": { "shop": ["us"] } });
    let mute = silence(&desk, &only).await;
    desk.lever("de", 1).await;
    comes(&receiver, &["firing warning"]).await;
    desk.lever("us", 1).await;
    // Worse than what is muted: it goes out, and what waited is overtaken.
    desk.lever("us", 20).await;
    comes(&receiver, &["firing warning", "firing critical"]).await;
    desk.lever("us", 1).await;
    comes(&receiver, &["firing warning", "firing critical"]).await;
    let (status, ended) = desk.service.delete(&format!("/v1/silences/{mute}")).await;
    assert_eq!((status, &ended["state"]), (200, &json!("over")), "{ended}");
    comes(&receiver, &["firing warning", "firing critical", "firing warning"]).await;
    // Ending it again changes nothing.
    let (_, again) = desk.service.delete(&format!("/v1/silences/{mute}")).await;
    assert_eq!(again["expired_at"], ended["expired_at"]);
    assert_eq!(desk.service.delete("/v1/silences/si_0").await.0, 404);
    let (_, list) = desk.service.get("/v1/silences").await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_mutes_every_week() {
    let desk = Desk::new().await;
    let receiver = Receiver::ok().await;
    let id = desk.endpoint(&receiver, &json!({})).await;
    let night = json!({ "weekly": { "timezone": "UTC", "ranges": [{ "days": ["wednesday"], "from": "22:00", "to": "02:00" }] } });
    let window = silence(&desk, &night).await;
    desk.at("2026-03-11T21:59:59Z").await;
    desk.lever("us", 1).await;
    comes(&receiver, &["firing warning"]).await;
    let mut want = vec!["firing warning"];
    for week in ["2026-03-11", "2026-03-18"] {
        desk.at(&format!("{week}T22:00:00Z")).await;
        desk.lever("us", 0).await;
        assert_eq!(desk.held(&id).await["silence"], json!(window));
        let end = Instant::parse_rfc3339(&format!("{week}T22:00:00Z")).unwrap().plus_s(4 * 3600);
        desk.at(&end.to_string()).await;
        desk.lever("us", 1).await;
        want.extend(["resolved warning", "firing warning"]);
        comes(&receiver, &want).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_alert_is_quiet_until_it_gets_worse() {
    let desk = Desk::new().await;
    let receiver = Receiver::ok().await;
    desk.endpoint(&receiver, &json!({ "channels": ["operations"] })).await;
    desk.lever("us", 1).await;
    let alert = desk.firing().await["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/alerts/{alert}/ack");
    let (status, acked) = desk.service.post(&path, r#"{"author":"li","note":"calling the carrier"}"#).await;
    assert_eq!(status, 200, "{acked}");
    let ack = json!({ "author": "li", "note": "calling the carrier", "at": "2026-03-10T12:00:00Z", "by": "local", "severity": "warning" });
    assert_eq!(acked["notifications"]["ack"], ack);
    assert_eq!(desk.firing().await["notifications"]["ack"], ack);
    desk.at("2026-03-10T18:00:00Z").await;
    comes(&receiver, &["firing warning"]).await;
    desk.lever("us", 20).await;
    assert_eq!(desk.firing().await["notifications"]["ack"], Value::Null);
    comes(&receiver, &["firing warning", "firing critical"]).await;
    desk.service.post(&path, "").await;
    desk.at("2026-03-11T00:00:00Z").await;
    // What falls and rises again was acknowledged already.
    desk.lever("us", 5).await;
    desk.lever("us", 20).await;
    assert_eq!(desk.firing().await["notifications"]["ack"]["severity"], "critical");
    let (_, taken_back) = desk.service.delete(&path).await;
    assert_eq!(taken_back["notifications"]["ack"], Value::Null);
    desk.at("2026-03-11T06:00:00Z").await;
    comes(&receiver, &["firing warning", "firing critical", "firing warning", "firing critical", "repeat critical"]).await;
    desk.lever("us", 0).await;
    let (status, refused) = desk.service.post(&path, "").await;
    assert_eq!((status, &refused["code"]), (409, &json!("SY0634")));
    assert_eq!(desk.service.post("/v1/alerts/al_9_9/ack", "").await.0, 404);
    let changes: Vec<_> = desk.audited().into_iter().filter(|action| action.starts_with("alert.")).collect();
    assert_eq!(changes, ["alert.ack", "alert.ack", "alert.unack"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_a_scope_sees_only_the_silences_of_its_rows() {
    let mut desk = Desk::new().await;
    for shop in ["us", "de"] {
        silence(&desk, &json!({ "end": "2026-03-11T00:00:00Z", "scope": { "shop": [shop] } })).await;
    }
    let (_, admin) = desk.service.post("/v1/keys", r#"{"role":"admin"}"#).await;
    desk.service.key = Some(admin["key"].as_str().unwrap().to_owned());
    let (status, bound) = desk.service.post("/v1/keys", r#"{"role":"read","scope":{"shop":"us"}}"#).await;
    assert_eq!(status, 201, "{bound}");
    desk.service.key = Some(bound["key"].as_str().unwrap().to_owned());
    let (_, seen) = desk.service.get("/v1/silences").await;
    let seen = seen["items"].as_array().unwrap();
    assert_eq!((seen.len(), &seen[0]["scope"]), (1, &json!({ "shop": ["us"] })));
    for (method, path) in
        [("POST", "/v1/silences"), ("DELETE", "/v1/silences/si_1"), ("POST", "/v1/alerts/al_1_1/ack"), ("PUT", "/v1/escalations/x")]
    {
        let body = if path == "/v1/escalations/x" { r#"{"steps":[]}"# } else { r#"{"reason":"r"}"# };
        let body = if path.ends_with("ack") { "" } else { body };
        assert_eq!(desk.service.send(method, path, "application/json", body).await.0, 403, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_an_endpoint_that_is_removed_is_a_dead_letter() {
    let desk = Desk::new().await;
    let receiver = Receiver::ok().await;
    let id = desk.endpoint(&receiver, &json!({ "hours": work() })).await;
    desk.lever("us", 1).await;
    assert_eq!(desk.deliveries(&id).await, ["firing held"]);
    assert_eq!(desk.service.delete(&format!("/v1/endpoints/{id}")).await.0, 204);
    assert_eq!(desk.deliveries(&id).await, ["firing dead"]);
    desk.lever("us", 0).await;
    assert_eq!(desk.deliveries(&id).await, ["firing dead"]);
}

async fn escalation(desk: &Desk, steps: &Value) {
    let (status, body) =
        desk.service.send("PUT", "/v1/escalations/operations", "application/json", json!({ "steps": steps }).to_string()).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_acknowledges_is_told_to_more_people() {
    let desk = Desk::new().await;
    let (team, lead, boss) = (Receiver::ok().await, Receiver::ok().await, Receiver::ok().await);
    desk.endpoint(&team, &json!({ "channels": ["operations"] })).await;
    desk.endpoint(&lead, &json!({ "channels": ["leads"] })).await;
    desk.endpoint(&boss, &json!({ "channels": ["bosses"] })).await;
    let steps = json!([{ "after_s": 900, "channels": ["leads"] }, { "after_s": 3600, "channels": ["bosses", "nobody"] }]);
    escalation(&desk, &steps).await;
    desk.lever("us", 1).await;
    assert_eq!(desk.firing().await["notifications"]["escalates_at"], "2026-03-10T12:15:00Z");
    desk.at("2026-03-10T12:14:59Z").await;
    comes(&lead, &[]).await;
    desk.at("2026-03-10T12:15:00Z").await;
    comes(&lead, &["escalated warning"]).await;
    let body: Value = serde_json::from_slice(&lead.received()[0].body).unwrap();
    assert_eq!((&body["data"]["escalation"], &body["data"]["rule"]), (&json!({ "channel": "operations", "after_s": 900 }), &json!("lit")));
    let alert = desk.firing().await;
    assert_eq!(alert["notifications"]["escalates_at"], "2026-03-10T13:00:00Z");
    desk.service.post(&format!("/v1/alerts/{}/ack", alert["id"].as_str().unwrap()), "").await;
    desk.at("2026-03-10T14:00:00Z").await;
    comes(&boss, &[]).await;
    // It gets worse: everything begins anew, and both steps are due when the clock is read late.
    desk.lever("us", 20).await;
    desk.at("2026-03-10T16:00:00Z").await;
    comes(&lead, &["escalated warning", "firing critical", "escalated critical"]).await;
    comes(&boss, &["escalated critical"]).await;
    comes(&team, &["firing warning", "firing critical"]).await;
    let steps = desk.firing().await["notifications"]["escalated"].clone();
    assert_eq!(steps.as_array().unwrap().len(), 2, "{steps}");
    desk.lever("us", 0).await;
    comes(&boss, &["escalated critical", "resolved critical"]).await;
    comes(&team, &["firing warning", "firing critical", "resolved critical"]).await;
    let (_, list) = desk.service.get("/v1/escalations").await;
    assert_eq!(list["items"][0]["steps"][0], json!({ "after_s": 900, "channels": ["leads"] }));
    assert_eq!(desk.service.delete("/v1/escalations/operations").await.0, 204);
    assert_eq!(desk.service.delete("/v1/escalations/operations").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silence_puts_an_escalation_off() {
    let desk = Desk::new().await;
    let (team, lead) = (Receiver::ok().await, Receiver::ok().await);
    desk.endpoint(&team, &json!({ "channels": ["operations"] })).await;
    desk.endpoint(&lead, &json!({ "channels": ["leads"] })).await;
    escalation(&desk, &json!([{ "after_s": 900, "channels": ["leads"] }])).await;
    let mute = silence(&desk, &json!({ "end": "2026-03-10T20:00:00Z" })).await;
    desk.lever("us", 1).await;
    assert_eq!(desk.firing().await["notifications"]["escalates_at"], "2026-03-10T20:15:00Z");
    desk.at("2026-03-10T14:00:00Z").await;
    desk.service.delete(&format!("/v1/silences/{mute}")).await;
    comes(&team, &["firing warning"]).await;
    assert_eq!(desk.firing().await["notifications"]["escalates_at"], "2026-03-10T14:15:00Z");
    // One that begins before the step is due puts it off as well.
    silence(&desk, &json!({ "end": "2026-03-10T15:00:00Z" })).await;
    desk.at("2026-03-10T14:30:00Z").await;
    comes(&lead, &[]).await;
    desk.at("2026-03-10T15:15:00Z").await;
    comes(&lead, &["escalated warning"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_is_told_of_and_can_be_caught_up() {
    let desk = Desk::new().await;
    static GONE: AtomicBool = AtomicBool::new(true);
    let flaky = Receiver::start(|_, _| Reply::Status(if GONE.load(Ordering::SeqCst) { 410 } else { 200 })).await;
    let (operators, sales) = (Receiver::ok().await, Receiver::ok().await);
    let id = desk.endpoint(&flaky, &json!({ "channels": ["operations"] })).await;
    desk.endpoint(&operators, &json!({ "channels": ["operators"] })).await;
    desk.endpoint(&sales, &json!({ "channels": ["sales"] })).await;
    desk.lever("us", 1).await;
    comes(&operators, &["endpoint.disabled"]).await;
    let body: Value = serde_json::from_slice(&operators.received()[0].body).unwrap();
    assert_eq!(body["data"]["endpoint"], json!(id));
    assert!(body["data"]["message_zh"].as_str().unwrap().contains("410"), "{body}");
    assert_eq!(body["data"]["n_dead"], json!(1), "what was answered 410 counts: {body}");
    // What is told while it is disabled is a dead letter, counted as told to nobody.
    desk.lever("us", 20).await;
    let alert = desk.firing().await;
    assert_eq!((&alert["notifications"]["undelivered"], &alert["notifications"]["unrouted"]["reason"]), (&json!([id]), &json!("disabled")));
    assert_eq!(desk.deliveries(&id).await, ["firing dead", "firing dead"]);
    let path = format!("/v1/endpoints/{id}/redeliver");
    let all = r#"{"since":"2026-03-10T00:00:00Z"}"#;
    let (status, refused) = desk.service.post(&path, all).await;
    assert_eq!((status, &refused["code"]), (409, &json!("SY0592")));
    GONE.store(false, Ordering::SeqCst);
    desk.lever("us", 0).await;
    desk.service.send("PATCH", &format!("/v1/endpoints/{id}"), "application/json", r#"{"enabled":true}"#).await;
    assert_eq!(desk.service.post(&path, all).await.1, json!({ "redelivered": 3, "more": false }));
    assert_eq!(desk.service.post(&path, all).await.1, json!({ "redelivered": 0, "more": false }));
    comes(&flaky, &["firing warning", "firing warning", "firing critical", "resolved critical"]).await;
    assert_eq!(flaky.received()[0].id(), flaky.received()[1].id());
    comes(&sales, &[]).await;
    assert_eq!(desk.service.post(&path, r#"{"since":"yesterday"}"#).await.0, 400);
    assert_eq!(desk.service.post(&path, r#"{"since":"2026-03-10T00:00:00Z","states":["held"]}"#).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_name_what_is_wrong() {
    let desk = Desk::new().await;
    let hours = |hours: Value| json!({ "url": "http://127.0.0.1:1/", "hours": hours });
    let day = |from: &str, to: &str| json!({ "timezone": "UTC", "ranges": [{ "from": from, "to": to }] });
    let mute = |more: Value| {
        let mut body = json!({ "reason": "r" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (method, path, body, status, code) in [
        ("POST", "/v1/endpoints", hours(json!({ "timezone": "Mars/Olympus", "ranges": [] })), 422, "SY0630"),
        ("POST", "/v1/endpoints", hours(json!({ "timezone": "UTC", "ranges": [] })), 422, "SY0631"),
        ("POST", "/v1/endpoints", hours(day("9", "18:00")), 422, "SY0631"),
        (
            "POST",
            "/v1/endpoints",
            hours(json!({ "timezone": "UTC", "ranges": [{ "days": ["mon"], "from": "09:00", "to": "18:00" }] })),
            422,
            "SY0631",
        ),
        ("POST", "/v1/endpoints", json!({ "url": "http://127.0.0.1:1/", "severity": "bad" }), 422, "SY0633"),
        ("POST", "/v1/endpoints", json!({ "url": "http://127.0.0.1:1/", "scope": { "shop": [] } }), 400, "SY0578"),
        ("POST", "/v1/silences", mute(json!({})), 422, "SY0632"),
        ("POST", "/v1/silences", mute(json!({ "end": "2026-03-10T12:00:00Z" })), 422, "SY0632"),
        ("POST", "/v1/silences", mute(json!({ "end": "2028-03-10T12:00:00Z" })), 422, "SY0632"),
        ("POST", "/v1/silences", mute(json!({ "start": "soon" })), 400, "SY0578"),
        ("POST", "/v1/silences", mute(json!({ "reason": " ", "end": "2026-03-11T12:00:00Z" })), 400, "SY0578"),
        ("POST", "/v1/silences", mute(json!({ "severities": ["bad"], "end": "2026-03-11T12:00:00Z" })), 422, "SY0633"),
        ("PUT", "/v1/escalations/x", json!({ "steps": [] }), 422, "SY0635"),
        ("PUT", "/v1/escalations/x", json!({ "steps": [{ "after_s": 0, "channels": ["y"] }] }), 422, "SY0635"),
        (
            "PUT",
            "/v1/escalations/x",
            json!({ "steps": [{ "after_s": 60, "channels": ["y"] }, { "after_s": 60, "channels": ["z"] }] }),
            422,
            "SY0635",
        ),
        ("PUT", "/v1/escalations/x", json!({ "steps": [{ "after_s": 60, "channels": [] }] }), 422, "SY0635"),
    ] {
        let (got, refused) = desk.service.send(method, path, "application/json", body.to_string()).await;
        assert_eq!((got, refused["code"].as_str().unwrap()), (status, code), "{path} {body}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_examples_of_the_documentation_work() {
    for page in ["docs/alerts.md", "docs/alerts.zh-CN.md"] {
        let desk = Desk::new().await;
        desk.lever("us", 20).await;
        let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
        let mut known = vec![("$ALERT".to_owned(), desk.firing().await["id"].as_str().unwrap().to_owned())];
        let mut n = 0;
        for line in text.lines().filter_map(|line| line.strip_prefix("api /")) {
            let (call, body) = line.split_once(" -d ").unwrap_or((line, ""));
            let (path, method) = call.split_once(" -X ").unwrap_or((call, if body.is_empty() { "GET" } else { "POST" }));
            let path = known.iter().fold(format!("/{path}"), |path, (name, id)| path.replace(name, id));
            // No test asks the names of real services.
            let body = body.trim_matches('\'').replace("https://hooks.example.com", "http://127.0.0.1:9");
            let (status, answer) = desk.service.send(method, &path, "application/json", body).await;
            assert!(status < 300 && !path.contains('$'), "{page}: {line}: {answer}");
            match (method, path.as_str()) {
                ("POST", "/v1/endpoints") => known.push(("$ENDPOINT".to_owned(), answer["id"].as_str().unwrap().to_owned())),
                ("POST", "/v1/silences") => known.insert(0, ("$SILENCE".to_owned(), answer["id"].as_str().unwrap().to_owned())),
                _ => {}
            }
            n += 1;
        }
        assert_eq!(n, 16, "{page}");
    }
}

/// The real program, killed while an escalation and a silence are running.
#[test]
fn timers_survive_kill_dash_nine() {
    let (_keep, data) = folder();
    let (team, lead) = (wire::Receiver::start(None).unwrap(), wire::Receiver::start(None).unwrap());
    let server = Server::start(&data);
    let mut client = wire::Client::new(server.address);
    let ok = |answer: wire::Message| assert!(answer.status() < 300, "{}", String::from_utf8_lossy(&answer.body));
    ok(client.send("POST", "/v1/rulesets", "text/plain", LAMPS.as_bytes()).unwrap());
    ok(client.json("POST", "/v1/rulesets/desk/1.0.0/activate", &json!({})).unwrap());
    let url = |receiver: &wire::Receiver| format!("http://{}/hook", receiver.address);
    ok(client.json("POST", "/v1/endpoints", &json!({ "url": url(&team), "channels": ["operations"] })).unwrap());
    ok(client.json("POST", "/v1/endpoints", &json!({ "url": url(&lead), "channels": ["leads"] })).unwrap());
    ok(client.json("PUT", "/v1/escalations/operations", &json!({ "steps": [{ "after_s": 2, "channels": ["leads"] }] })).unwrap());
    let now = jiff::Timestamp::now();
    let end = (now + Duration::from_secs(2)).to_string();
    ok(client.json("POST", "/v1/silences", &json!({ "reason": "r", "end": end, "scope": { "shop": ["de"] } })).unwrap());
    let lever = |shop: &str| json!({"type":"lever","id":shop,"source":"t","time":now.to_string(),"data":{"shop":shop,"on":"1"}});
    ok(client.json("POST", "/v1/events", &json!([lever("us"), lever("de")])).unwrap());
    server.kill();
    let server = Server::start(&data);
    let told = |receiver: &wire::Receiver| -> Vec<String> {
        let show = |body: Value| format!("{} {}", word(&body["type"]), body["data"]["scope"]["shop"].as_str().unwrap());
        let mut ids: Vec<(String, String)> = receiver
            .calls()
            .iter()
            .map(|call| (call.message.header("webhook-id").unwrap().to_owned(), show(call.message.json())))
            .collect();
        ids.sort();
        ids.dedup();
        let mut told: Vec<String> = ids.into_iter().map(|(_, shown)| shown).collect();
        told.sort();
        told
    };
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while told(&lead).len() < 2 && std::time::Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(server);
    assert_eq!(told(&team), ["firing de", "firing us"]);
    assert_eq!(told(&lead), ["escalated de", "escalated us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alertmanager_shows_what_fires_whenever_it_was_made_and_nothing_that_is_over() {
    let (desk, receiver) = (Desk::new().await, Receiver::ok().await);
    desk.at("2026-03-11T08:00:00Z").await;
    desk.lever("us", 5).await;
    // Made later, it hears at once what fires; a change that says nothing new tells nothing again.
    let made = desk.endpoint(&receiver, &json!({ "kind": "alertmanager" })).await;
    delivered(&desk, &made, &["firing delivered"]).await;
    let path = format!("/v1/endpoints/{made}");
    assert_eq!(desk.service.send("PATCH", &path, "application/json", r#"{"severity":"warning"}"#).await.0, 200);
    delivered(&desk, &made, &["firing delivered"]).await;
    // A silence holds back what begins, and not the end of what stands.
    let silence = json!({ "rule": "lit", "end": "2026-03-11T12:00:00Z", "author": "Li", "reason": "works" });
    assert_eq!(desk.service.post("/v1/silences", &silence.to_string()).await.0, 201);
    desk.lever("us", 0).await;
    delivered(&desk, &made, &["firing delivered", "resolved delivered"]).await;
    desk.lever("de", 5).await;
    desk.lever("de", 0).await;
    desk.at("2026-03-11T12:00:00Z").await;
    delivered(&desk, &made, &["firing delivered", "resolved delivered", "firing silenced", "resolved silenced"]).await;
    // What begins while it is disabled is a dead letter, and told when it is enabled.
    assert_eq!(desk.service.send("PATCH", &path, "application/json", r#"{"enabled":false}"#).await.0, 200);
    desk.lever("us", 20).await;
    assert_eq!(desk.deliveries(&made).await.last().unwrap(), "firing dead");
    assert_eq!(desk.service.send("PATCH", &path, "application/json", r#"{"enabled":true}"#).await.0, 200);
    let all = ["firing delivered", "resolved delivered", "firing silenced", "resolved silenced", "firing dead", "firing delivered"];
    delivered(&desk, &made, &all).await;
    let last = receiver.received().last().unwrap().json();
    assert_eq!((&last[0]["labels"]["shop"], &last[0]["labels"]["severity"]), (&json!("us"), &json!("critical")), "{last}");
}

/// Waits until the deliveries to an endpoint are these.
async fn delivered(desk: &Desk, endpoint: &str, want: &[&str]) {
    for _ in 0..500 {
        if desk.deliveries(endpoint).await == want {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(desk.deliveries(endpoint).await, want);
}
