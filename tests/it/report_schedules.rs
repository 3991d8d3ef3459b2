//! Reviews that are sent when a period is over: once for each period, over restarts, and caught up once.

use crate::http_query::orders;
use crate::receiver::Receiver;
use crate::service::Service;
use serde_json::{Value, json};
use steelyard::engine::Options;
use steelyard::http::Limits;
use steelyard::time::Instant;

/// The service reads its clock anew, and does what is due.
async fn at(service: &Service, text: &str) {
    service.clock.set(Instant::parse_rfc3339(text).unwrap());
    let workspace = service.engine.workspace("default").unwrap();
    tokio::task::spawn_blocking(move || workspace.settle_reports().unwrap()).await.unwrap();
}

async fn endpoint(service: &Service, body: Value) -> String {
    let (status, made) = service.post("/v1/endpoints", &body.to_string()).await;
    assert_eq!(status, 201, "{made}");
    made["id"].as_str().unwrap().to_owned()
}

async fn scheduled(service: &Service, endpoint: &str) -> Value {
    scheduled_on(service, endpoint, "day 2 09:00").await
}

async fn scheduled_on(service: &Service, endpoint: &str, at: &str) -> Value {
    let body = json!({"scorecard": "manager", "period": "month", "at": at, "endpoint": endpoint, "format": "md", "lang": "zh"});
    let (status, made) = service.send("PUT", "/v1/report-schedules/monthly", "application/json", body.to_string()).await;
    assert_eq!(status, 200, "{made}");
    made
}

fn reports(received: &[crate::receiver::Received]) -> Vec<Value> {
    received.iter().map(|one| one.json()).filter(|body| body["type"] == "report.ready").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_review_of_a_month_is_sent_once_and_what_was_missed_is_caught_up_once() {
    let mut service = Service::active().await;
    let receiver = Receiver::ok().await;
    let id = endpoint(&service, json!({"url": receiver.url})).await;
    orders(&service, &[("1", "us", "2026-03-09T09:00:00Z", "150 USD"), ("2", "de", "2026-03-09T09:00:00Z", "40 USD")]).await;
    let made = scheduled(&service, &id).await;
    assert_eq!(made["next"], "2026-04-02T09:00:00Z", "{made}");
    at(&service, "2026-04-02T08:59:59Z").await;
    assert_eq!(service.get("/v1/deliveries").await.1["items"], json!([]));
    at(&service, "2026-04-02T09:00:00Z").await;
    at(&service, "2026-04-02T09:30:00Z").await;
    let sent = reports(&receiver.wait(1).await);
    let data = &sent[0]["data"];
    assert_eq!((&data["period"], &data["schedule"], &data["scores_all"]), (&json!("2026-03"), &json!("monthly"), &json!(2)), "{data:#}");
    assert_eq!(
        data["scores"][0],
        json!({"scope": {"shop": "us"}, "score": "80", "grade": "B", "payout": "1", "payout_unit": null, "provisional": false})
    );
    assert_eq!(data["link"], "/v1/reports/manager/2026-03?format=md&lang=zh&ruleset=shop");
    let (status, _) = service.get(data["link"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    // A restart sends nothing again; three months later one review is sent, of the last one.
    service.end().await;
    let service = service.again(Limits::default(), Options::default()).await;
    at(&service, "2026-04-03T00:00:00Z").await;
    at(&service, "2026-07-05T00:00:00Z").await;
    let sent = reports(&receiver.wait(2).await);
    assert_eq!(sent.iter().map(|body| body["data"]["period"].as_str().unwrap()).collect::<Vec<_>>(), ["2026-03", "2026-06"]);
    let (_, listed) = service.get("/v1/report-schedules").await;
    let one = &listed["items"][0];
    assert_eq!((&one["next"], &one["last_period"]), (&json!("2026-08-02T09:00:00Z"), &json!("2026-06")), "{one}");
    let (_, audit) = service.get("/v1/audit").await;
    assert!(audit.to_string().contains("report_schedule.put"), "{audit}");
    assert_eq!(service.send("DELETE", "/v1/report-schedules/monthly", "application/json", "").await.0, 204);
    assert_eq!(service.send("DELETE", "/v1/report-schedules/monthly", "application/json", "").await.0, 404);
    at(&service, "2026-09-05T00:00:00Z").await;
    assert_eq!(reports(&receiver.wait(2).await).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_day_sends_no_period_twice_and_none_never() {
    let service = Service::active().await;
    let receiver = Receiver::ok().await;
    let id = endpoint(&service, json!({"url": receiver.url})).await;
    orders(&service, &[("1", "us", "2026-03-09T09:00:00Z", "150 USD")]).await;
    scheduled(&service, &id).await;
    at(&service, "2026-04-02T09:00:00Z").await;
    receiver.wait(1).await;
    // Later in the month: March has been sent.
    assert_eq!(scheduled_on(&service, &id, "day 9 09:00").await["next"], "2026-05-09T09:00:00Z");
    at(&service, "2026-04-10T00:00:00Z").await;
    at(&service, "2026-05-05T00:00:00Z").await;
    assert_eq!(service.get("/v1/deliveries").await.1["items"].as_array().map(Vec::len), Some(1));
    // Earlier in the month, when that day is over: April goes at once.
    let made = scheduled(&service, &id).await;
    assert_eq!((&made["next"], &made["last_period"]), (&json!("2026-06-02T09:00:00Z"), &json!("2026-04")), "{made}");
    let sent = reports(&receiver.wait(2).await);
    assert_eq!(sent.iter().map(|body| body["data"]["period"].as_str().unwrap()).collect::<Vec<_>>(), ["2026-03", "2026-04"]);
    // A disabled endpoint leaves a dead letter.
    let (status, _) = service.send("PATCH", &format!("/v1/endpoints/{id}"), "application/json", r#"{"enabled":false}"#).await;
    assert_eq!(status, 200);
    at(&service, "2026-06-02T09:00:00Z").await;
    let (_, dead) = service.get("/v1/deliveries?state=dead").await;
    assert_eq!(dead["items"].as_array().map(Vec::len), Some(1), "{dead}");
    at(&service, "2026-07-02T09:00:00Z").await;
    assert_eq!(service.get("/v1/report-schedules").await.1["items"][0]["last_period"], "2026-06");
    // An endpoint does not go while a schedule sends to it.
    let (status, refused) = service.send("DELETE", &format!("/v1/endpoints/{id}"), "application/json", "").await;
    assert_eq!((status, &refused["code"]), (409, &json!("SY1985")), "{refused}");
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("monthly")), "{refused}");
    assert_eq!(service.send("DELETE", "/v1/report-schedules/monthly", "application/json", "").await.0, 204);
    assert_eq!(service.send("DELETE", &format!("/v1/endpoints/{id}"), "application/json", "").await.0, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_scores_are_sent_as_they_were_closed() {
    let service = Service::active().await;
    let receiver = Receiver::ok().await;
    let id = endpoint(&service, json!({"url": receiver.url})).await;
    orders(&service, &[("1", "us", "2026-03-09T09:00:00Z", "150 USD")]).await;
    scheduled(&service, &id).await;
    at(&service, "2026-04-01T09:00:00Z").await;
    let (status, closed) = service.post("/v1/periods/2026-03/close", r#"{"scorecard":"manager","author":"Li"}"#).await;
    assert_eq!(status / 100, 2, "{closed}");
    let before = service.get("/v1/scorecards/manager?period=2026-03").await.1["scores"][0]["value"].clone();
    orders(&service, &[("2", "us", "2026-03-10T09:00:00Z", "20 USD")]).await;
    at(&service, "2026-04-02T09:00:00Z").await;
    let sent = reports(&receiver.wait(1).await);
    assert_eq!(sent[0]["data"]["scores"][0]["score"], before, "{:#}", sent[0]);
    assert_eq!(sent[0]["data"]["scores"][0]["score"], "80", "{:#}", sent[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_taken_while_reports_are_read() {
    let service = Service::active().await;
    let receiver = Receiver::ok().await;
    let id = endpoint(&service, json!({"url": receiver.url})).await;
    let shops: Vec<String> = (0..10_000).map(|shop| format!("s{shop}")).collect();
    let first: Vec<_> = shops.iter().map(|shop| (shop.as_str(), shop.as_str(), "2026-03-09T09:00:00Z", "150 USD")).collect();
    for some in first.chunks(500) {
        orders(&service, some).await;
    }
    scheduled(&service, &id).await;
    service.clock.set(Instant::parse_rfc3339("2026-04-02T09:00:00Z").unwrap());
    let workspace = service.engine.workspace("default").unwrap();
    let telling = tokio::task::spawn_blocking(move || workspace.settle_reports().unwrap());
    let mut meanwhile = 0;
    for n in 0..1_000 {
        let name = format!("late{n}");
        orders(&service, &[(name.as_str(), "s1", "2026-03-10T09:00:00Z", "1 USD")]).await;
        if telling.is_finished() {
            break;
        }
        meanwhile += 1;
    }
    telling.await.unwrap();
    // Were they scored by the thread that takes events, one, or two at most, would have been in time.
    assert!(meanwhile > 2, "{meanwhile} events were taken while 10,000 scores were computed");
    assert_eq!(reports(&receiver.wait(1).await)[0]["data"]["scores_all"], 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_gets_the_scores_as_lines() {
    let service = Service::active().await;
    let receiver = Receiver::start(|_, _| crate::receiver::Reply::Says(200, r#"{"errcode":0}"#.to_owned())).await;
    let id = endpoint(&service, json!({"kind": "wecom", "url": receiver.url, "lang": "zh"})).await;
    orders(&service, &[("1", "us", "2026-03-09T09:00:00Z", "150 USD")]).await;
    scheduled(&service, &id).await;
    at(&service, "2026-04-02T09:00:00Z").await;
    let text = String::from_utf8(receiver.wait(1).await[0].body.clone()).unwrap();
    assert!(text.contains("2026-03：1 个得分") && text.contains("us · 80 · B · 1"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_that_mean_nothing_are_refused() {
    let service = Service::active().await;
    let receiver = Receiver::ok().await;
    let id = endpoint(&service, json!({"url": receiver.url})).await;
    let good = json!({"scorecard": "manager", "at": "day 2 09:00", "endpoint": id});
    for (field, value, code) in [
        ("at", "monday", "SY1924"),
        ("period", "week", "SY1923"),
        ("scorecard", "nobody", "SY0509"),
        ("endpoint", "ep_none", "SY0806"),
        ("lang", "fr", "SY0578"),
    ] {
        let mut body = good.clone();
        body[field] = json!(value);
        let (_, answer) = service.send("PUT", "/v1/report-schedules/x", "application/json", body.to_string()).await;
        assert_eq!(answer["code"], code, "{field}: {answer}");
    }
    let pagers = endpoint(&service, json!({"kind": "pagerduty", "url": receiver.url, "routing_key": "k".repeat(32)})).await;
    let body = json!({"scorecard": "manager", "at": "day 2 09:00", "endpoint": pagers}).to_string();
    let (_, answer) = service.send("PUT", "/v1/report-schedules/x", "application/json", body).await;
    assert_eq!(answer["code"], "SY1925", "{answer}");
    assert_eq!(service.get("/v1/report-schedules").await.1["items"], json!([]));
}
