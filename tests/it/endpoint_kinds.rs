//! What each kind of endpoint is sent: receivers play the services, verify signatures by the published rules, and say
//! no inside a 200.

use crate::receiver::{Received, Receiver, Reply};
use crate::webhooks::{Bench, foreign};
use base64::Engine as _;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;
use steelyard::store::{Delivery, DeliveryState, Kind, Languages, Settings};

/// A dimension value that wants to be a mention, a link and markup.
const HOSTILE: &str = "@all <at id=all></at> <!channel> [here](http://evil.example) **b** www.evil.example\n# x";

/// A stored message, as the engine writes it.
pub fn message(kind: &str, alert: &str, severity: &str, shop: &str) -> String {
    let state = if kind == "alert.resolved" { "resolved" } else { "firing" };
    json!({
        "type": kind,
        "timestamp": "2026-03-10T12:00:01Z",
        "data": {
            "id": alert, "ruleset": "shop", "version": "1.0.0", "rule": "late",
            "title": {"en": "Late shipments", "zh": "迟发率过高"},
            "severity": severity, "state": state, "scope": {"shop": shop, "门店": "旗舰店"},
            "value": "0.084", "limit": "0.04", "unit": "percent",
            "shown": {
                "value": {"en": "8.4%", "zh": "8.4%"}, "limit": {"en": "4%", "zh": "4%"},
                "since": "2026-03-10 19:30:00 (Asia/Shanghai)",
            },
            "since": "2026-03-10T11:30:00Z", "at": "2026-03-10T12:00:00Z", "restated": false,
            "message": {"en": format!("{shop} ships late"), "zh": format!("{shop} 发货迟缓")}, "channels": ["ops"],
        },
    })
    .to_string()
}

fn settings(kind: Kind, languages: Languages) -> Settings {
    Settings { kind, languages, ..Settings::default() }
}

/// What a service gets of one firing alert of a hostile shop, and how the delivery ends when it answers like this.
async fn one(settings: Settings, path: &str, secret: &str, reply: Reply) -> (Received, Delivery) {
    let bench = Bench::new(5_000);
    let receiver = Receiver::start(move |_, _| reply.clone()).await;
    bench.endpoint_of("e", &receiver.url.replace("/hook", path), settings, secret);
    let delivery = bench.send("e", "al_1_7", &message("alert.firing", "al_1_7", "critical", HOSTILE));
    let received = receiver.wait(1).await.remove(0);
    let after = bench.attempts(delivery.id, 1).await;
    (received, after)
}

fn says(text: &str) -> Reply {
    Reply::Says(200, text.to_owned())
}

/// No mention, no link but our own, and no line of its own.
fn harmless(text: &str) {
    let ours = text.replace("https://kpi.example/v1/alerts/al_1_7", "");
    assert!(!ours.contains("://") && !ours.contains("www.") && !ours.contains("@all"), "{text}");
    assert!(!text.contains("\n# x") && !text.contains("\n\n# x"), "{text}");
    assert!(text.contains("evil.example"), "the value is still to be read: {text}");
}

fn hmac(key: &str, message: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn feishu_gets_a_signed_card() {
    let (received, after) =
        one(settings(Kind::Feishu, Languages::Zh), "/open-apis/bot/v2/hook/t-1", "s3cret", says(r#"{"code":0,"msg":"success"}"#)).await;
    assert_eq!(after.state, DeliveryState::Delivered);
    let body = received.json();
    // The rule of the bot's documentation: the key is "timestamp\nsecret", and nothing is signed with it.
    let timestamp = body["timestamp"].as_str().unwrap();
    assert_eq!(body["sign"], hmac(&format!("{timestamp}\ns3cret"), ""));
    let card = &body["card"];
    assert_eq!((&body["msg_type"], &card["header"]["template"]), (&json!("interactive"), &json!("red")));
    assert_eq!(card["header"]["title"], json!({"tag": "plain_text", "content": "【严重】迟发率过高 — 预警中"}));
    let text = &card["elements"][0]["text"];
    assert_eq!(text["tag"], "plain_text");
    let content = text["content"].as_str().unwrap();
    harmless(content);
    assert!(content.contains("当前值 8.4%（阈值 4%）") && content.contains("旗舰店"), "{content}");
    assert_eq!(card["elements"][1]["actions"][0]["url"], "https://kpi.example/v1/alerts/al_1_7");
    assert!(body.get("sign").is_some() && !body.to_string().contains("s3cret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalk_gets_signed_markdown() {
    let (received, after) =
        one(settings(Kind::Dingtalk, Languages::Both), "/robot/send?access_token=t-1", "SEC0", says(r#"{"errcode":0,"errmsg":"ok"}"#))
            .await;
    assert_eq!(after.state, DeliveryState::Delivered);
    let url = reqwest::Url::parse(&format!("http://h{}", received.target)).unwrap();
    let query: std::collections::BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    assert_eq!((url.path(), query["access_token"].as_str()), ("/robot/send", "t-1"));
    // The rule of the bot's documentation, and what a foreign library makes of the same time.
    assert_eq!(query["sign"], hmac("SEC0", &format!("{}\nSEC0", query["timestamp"])));
    let raw = received.target.split("sign=").nth(1).unwrap().to_owned();
    assert_eq!(foreign("verify_dingtalk.py", &["SEC0".to_owned(), query["timestamp"].clone(), raw]).unwrap(), "verified");
    let body = received.json();
    assert_eq!((&body["msgtype"], &body["at"]["isAtAll"]), (&json!("markdown"), &json!(false)));
    let text = body["markdown"]["text"].as_str().unwrap();
    harmless(text);
    assert!(text.contains("迟发率过高") && text.contains("Late shipments") && text.contains("value 8.4% (limit 4%)"), "{text}");
    let ours = text.replace("[查看](https://kpi.example/v1/alerts/al_1_7)", "");
    assert!(ours.starts_with("### ") && !ours[4..].contains(['*', '[', '<', '#', '`']), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wecom_gets_markdown() {
    let (received, after) =
        one(settings(Kind::Wecom, Languages::Zh), "/cgi-bin/webhook/send?key=k-1", "", says(r#"{"errcode":0,"errmsg":"ok"}"#)).await;
    assert_eq!(after.state, DeliveryState::Delivered);
    let body = received.json();
    let content = body["markdown"]["content"].as_str().unwrap();
    harmless(content);
    assert!(content.len() <= 4_096 && content.starts_with("**【严重】迟发率过高"), "{content}");
    assert!(content.ends_with("[查看](https://kpi.example/v1/alerts/al_1_7)") && !content.contains('<'), "{content}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_gets_plain_blocks() {
    let (received, after) = one(settings(Kind::Slack, Languages::En), "/services/T/B/x", "", says("ok")).await;
    assert_eq!(after.state, DeliveryState::Delivered);
    let body = received.json();
    let blocks = body["blocks"].as_array().unwrap();
    assert_eq!(blocks[0]["text"]["text"], "[critical] Late shipments — firing");
    assert_eq!(blocks[1]["text"]["type"], "plain_text");
    harmless(blocks[1]["text"]["text"].as_str().unwrap());
    assert_eq!(blocks[2]["text"]["text"], "<https://kpi.example/v1/alerts/al_1_7|View>");
    let (_, refused) = one(settings(Kind::Slack, Languages::En), "/services/T/B/x", "", says("no")).await;
    assert_eq!(refused.state, DeliveryState::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn teams_gets_a_card_without_markdown() {
    let (received, after) = one(settings(Kind::Teams, Languages::En), "/workflows/x/invoke?sig=y", "", Reply::Status(202)).await;
    assert_eq!(after.state, DeliveryState::Delivered);
    let card = received.json()["attachments"][0].clone();
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive");
    let blocks = card["content"]["body"].as_array().unwrap();
    assert!(blocks.iter().all(|block| block["type"] == "RichTextBlock"));
    harmless(&blocks.iter().map(|block| block["inlines"][0]["text"].as_str().unwrap()).collect::<Vec<_>>().join("\n"));
    assert_eq!(card["content"]["actions"][0]["url"], "https://kpi.example/v1/alerts/al_1_7");
    let old = says("Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429");
    let (_, busy) = one(settings(Kind::Teams, Languages::En), "/webhookb2/x", "", old).await;
    assert_eq!(busy.state, DeliveryState::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn pagerduty_opens_and_ends_an_incident() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::start(|_, _| Reply::Says(202, r#"{"status":"success"}"#.to_owned())).await;
    bench.endpoint_of("e", &receiver.url, settings(Kind::Pagerduty, Languages::En), "R0UT1NG");
    bench.send("e", "al_1_7", &message("alert.firing", "al_1_7", "warning", HOSTILE));
    let last = bench.send("e", "al_1_7", &message("alert.resolved", "al_1_7", "warning", HOSTILE));
    bench.until(last.id, |d| d.state == DeliveryState::Delivered).await;
    let events: Vec<Value> = receiver.received().iter().map(Received::json).collect();
    assert_eq!(events.iter().map(|event| event["event_action"].as_str().unwrap()).collect::<Vec<_>>(), ["trigger", "resolve"]);
    assert!(events.iter().all(|event| event["dedup_key"] == "al_1_7/default" && event["routing_key"] == "R0UT1NG"));
    let payload = &events[0]["payload"];
    assert_eq!((&payload["severity"], &payload["source"]), (&json!("warning"), &json!("steelyard/default")));
    assert_eq!(payload["summary"], "[warning] Late shipments — firing");
    assert_eq!(payload["custom_details"]["scope"]["门店"], "旗舰店");
    let (_, refused) = one(settings(Kind::Pagerduty, Languages::En), "/v2/enqueue", "x", Reply::Status(400)).await;
    assert_eq!(refused.state, DeliveryState::Dead);
}

#[tokio::test(flavor = "multi_thread")]
async fn ntfy_gets_a_topic_and_a_token() {
    let own = Settings { topic: Some("kpi".to_owned()), ..settings(Kind::Ntfy, Languages::En) };
    let (received, after) = one(own.clone(), "/", "tk_1", says("{}")).await;
    assert_eq!(after.state, DeliveryState::Delivered);
    assert_eq!(received.headers["authorization"], "Bearer tk_1");
    let body = received.json();
    assert_eq!(
        (&body["topic"], &body["priority"], &body["click"]),
        (&json!("kpi"), &json!(5), &json!("https://kpi.example/v1/alerts/al_1_7"))
    );
    harmless(body["message"].as_str().unwrap());
    let (received, refused) = one(own, "/", "me:pw", Reply::Status(403)).await;
    assert_eq!((received.headers["authorization"].as_str(), refused.state), ("Basic bWU6cHc=", DeliveryState::Dead));
}

/// What a 200 says: (kind, answer, how it ends, seconds until the next attempt at least, words of the error).
#[tokio::test(flavor = "multi_thread")]
async fn a_200_can_say_no() {
    use DeliveryState::{Dead, Pending};
    let cases = [
        (Kind::Feishu, r#"{"code":19021,"msg":"sign match fail"}"#, Dead, 0, "19021"),
        (Kind::Feishu, r#"{"code":11232,"msg":"frequency limited"}"#, Pending, 60, "too many"),
        (Kind::Feishu, r#"{"code":9499,"msg":"too many request"}"#, Pending, 60, "too many"),
        (Kind::Feishu, r#"{"code":77,"msg":"token t-1 is odd"}"#, Pending, 4, "77"),
        (Kind::Feishu, "<html>", Pending, 4, "without saying"),
        (Kind::Dingtalk, r#"{"errcode":310000,"errmsg":"sign not match"}"#, Dead, 0, "310000"),
        (Kind::Dingtalk, r#"{"errcode":130101,"errmsg":"send too fast"}"#, Pending, 600, "too many"),
        (Kind::Dingtalk, r#"{"errcode":-1,"errmsg":"system busy"}"#, Pending, 4, "-1"),
        (Kind::Wecom, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, Dead, 0, "93000"),
        (Kind::Wecom, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, Pending, 60, "too many"),
    ];
    for (kind, text, state, wait_s, words) in cases {
        let (_, after) = one(settings(kind, Languages::Zh), "/hook/t-1", "s", says(text)).await;
        let attempt = &after.attempts[0];
        let error = attempt.error.as_deref().unwrap();
        assert_eq!((after.state, attempt.status), (state, Some(200)), "{text}");
        assert!(error.contains(words) && !error.contains("t-1") && !error.contains("match"), "{error}");
        assert!(state == Dead || after.next_at.0 - attempt.at.0 >= wait_s * 1_000_000, "{text}: too soon");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_are_cut_to_the_limit_of_the_service() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::start(|_, _| says(r#"{"errcode":0,"code":0}"#)).await;
    for (kind, limit) in [(Kind::Wecom, 4_096), (Kind::Feishu, 20_000), (Kind::Dingtalk, 20_000)] {
        let id = kind.name();
        bench.endpoint_of(id, &receiver.url, settings(kind, Languages::Both), "s");
        let long = message("alert.firing", "al_1_7", "info", &"店\"".repeat(4_000));
        let delivery = bench.send(id, "al_1_7", &long);
        bench.until(delivery.id, |d| d.state == DeliveryState::Delivered).await;
        let received = receiver.received().pop().unwrap();
        let content = received.json()["markdown"]["content"].as_str().filter(|_| kind == Kind::Wecom).map(str::len);
        let size = content.unwrap_or(received.body.len());
        assert!(size <= limit && size > limit / 2, "{id}: {size}");
        assert!(String::from_utf8(received.body).unwrap().contains("内容已截断"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_rate_bears_becomes_a_digest() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::start(|_, _| says(r#"{"errcode":0}"#)).await;
    bench.endpoint_of("e", &receiver.url, settings(Kind::Wecom, Languages::Both), "");
    // Forty alerts, one of them already over, and a bucket that lasts for ten messages.
    let mut ids = Vec::new();
    for n in 0..40 {
        ids.push(bench.add("e", &format!("al_1_{n}"), &message("alert.firing", &format!("al_1_{n}"), "warning", &format!("shop{n}"))).id);
    }
    ids.push(bench.send("e", "al_1_0", &message("alert.resolved", "al_1_0", "warning", "shop0")).id);
    for id in &ids {
        bench.until(*id, |d| d.state == DeliveryState::Delivered).await;
    }
    let received = receiver.received();
    assert!((1..10).contains(&received.len()), "{} messages", received.len());
    let texts: Vec<String> = received.iter().map(|one| one.json()["markdown"]["content"].as_str().unwrap().to_owned()).collect();
    assert!(texts.iter().all(|text| text.len() <= 4_096 && !text.contains("内容已截断")));
    let all = texts.join("\n");
    assert!(texts[0].contains("1 条已恢复") && texts[0].contains("1 resolved"), "{}", texts[0]);
    assert!((0..40).all(|n| all.matches(&format!("shop: shop{n},")).count() == 2), "each alert once in each language: {all}");
    for id in &ids {
        let delivery = bench.store.delivery(*id).unwrap().unwrap();
        // What was left alone at the end went out by itself.
        let carrier = delivery.attempts[0].carried_by.as_ref().unwrap_or(&delivery.message_id);
        assert!(received.iter().any(|one| one.id() == carrier));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_of_its_own_paces_an_endpoint() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::ok().await;
    bench.endpoint_of("e", &receiver.url, Settings { rate_per_min: Some(60), ..Settings::default() }, "");
    for n in 0..32 {
        bench.add("e", &format!("a{n}"), "{}");
    }
    let started = std::time::Instant::now();
    bench.send("e", "a32", "{}");
    receiver.wait(33).await;
    // Thirty at once, then two in a second each: a standard endpoint gets each message by itself.
    assert!(started.elapsed() >= Duration::from_millis(2_500), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_has_enough_gets_nothing_for_a_while() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::start(|_, n| if n == 0 { Reply::With(429, "retry-after: 2\r\n".to_owned()) } else { says("ok") }).await;
    bench.endpoint_of("e", &receiver.url, settings(Kind::Slack, Languages::En), "");
    let first = bench.send("e", "a1", &message("alert.firing", "a1", "info", "s"));
    bench.attempts(first.id, 1).await;
    let started = std::time::Instant::now();
    let second = bench.send("e", "a2", &message("alert.firing", "a2", "info", "s"));
    bench.until(second.id, |d| d.state == DeliveryState::Delivered).await;
    assert!(started.elapsed() >= Duration::from_millis(1_500), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_that_a_service_dislikes_takes_no_other_with_it() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::start(|request, _| {
        let disliked = String::from_utf8_lossy(&request.body).contains("disliked");
        says(if disliked { r#"{"errcode":430102}"# } else { r#"{"errcode":0}"# })
    })
    .await;
    let own = Settings { rate_per_min: Some(60), ..settings(Kind::Dingtalk, Languages::Zh) };
    bench.endpoint_of("e", &receiver.url, own, "");
    let shop = |n: usize| if n == 7 { "disliked".to_owned() } else { format!("shop{n}") };
    let ids: Vec<u64> =
        (0..31).map(|n| bench.add("e", &format!("a{n}"), &message("alert.firing", &format!("a{n}"), "info", &shop(n))).id).collect();
    (bench.wake)();
    bench.attempts(ids[7], 1).await;
    bench.forward(10);
    for (n, id) in ids.iter().enumerate() {
        let end = bench.until(*id, |d| d.state != DeliveryState::Pending).await;
        let wanted = if n == 7 { DeliveryState::Dead } else { DeliveryState::Delivered };
        assert_eq!((end.state, end.attempts.len()), (wanted, 2), "{n}");
    }
}
