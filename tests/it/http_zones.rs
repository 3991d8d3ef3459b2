//! Time over HTTP where shops have zones of their own: the bounds of periods and windows are those of the shop.

use crate::service::Service;
use serde_json::{Value, json};
use steelyard::time::Instant;

const RULESET: &str = "ruleset zoned 1.0.0 {
  currency USD
  timezone Asia/Shanghai
  timezone by shop { us America/Los_Angeles, de Europe/Berlin }
}

occasion feast {
  2026-03-31
}

event sale {
  shop   dimension
  amount money
}

metric sales = sum(sale.amount)

scorecard keeper per shop every month {
  kpi sales weight 100 score { 0 USD -> 0, 100 USD -> 100 }
}
";

async fn service() -> Service {
    let service = Service::start().await;
    service.clock.set(Instant::parse_rfc3339("2026-04-01T06:59:59Z").unwrap());
    assert_eq!(service.send("POST", "/v1/rulesets", "text/plain", RULESET).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/zoned/1.0.0/activate", "").await.0, 200);
    let sales = [("1", "us", "06:59:59", "1 USD"), ("2", "de", "06:00:00", "20 USD"), ("3", "cn", "05:00:00", "300 USD")];
    let sale = |(id, shop, time, amount)| json!({"type": "sale", "id": id, "source": "erp", "time": format!("2026-04-01T{time}Z"), "data": {"shop": shop, "amount": amount}});
    let events: Vec<Value> = sales.into_iter().map(sale).collect();
    assert_eq!(service.post("/v1/events", &Value::from(events).to_string()).await.0, 202);
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn bounds_are_those_of_the_shop_and_of_all_shops_together() {
    let service = service().await;
    for (query, from, to, value) in [
        ("period=2026-03&scope.shop=us", "2026-03-01T08:00:00Z", "2026-04-01T07:00:00Z", json!("1.00")),
        ("period=2026-03&scope.shop=de", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", Value::Null),
        ("period=2026-04&scope.shop=cn", "2026-03-31T16:00:00Z", "2026-04-01T16:00:00Z", json!("300.00")),
        ("period=2026-03", "2026-02-28T16:00:00Z", "2026-04-01T07:00:00Z", json!("1.00")),
        ("period=2026-04", "2026-03-31T16:00:00Z", "2026-04-02T07:00:00Z", json!("320.00")),
        ("over=1+day&scope.shop=us", "2026-03-31T07:00:00Z", "2026-04-01T07:00:00Z", json!("1.00")),
        ("over=1+day", "2026-03-30T16:00:00Z", "2026-04-01T07:00:00Z", json!("1.00")),
        ("over=latest+feast&scope.shop=us", "2026-03-31T07:00:00Z", "2026-04-01T07:00:00Z", json!("1.00")),
        ("over=8+hours", "2026-03-31T22:59:59Z", "2026-04-01T06:59:59Z", json!("321.00")),
    ] {
        let (status, body) = service.get(&format!("/v1/metrics/sales?{query}")).await;
        let found = &body["values"][0];
        assert_eq!(status, 200, "{body}");
        let second = |at: &Value| at.as_str().unwrap().replace(".000001Z", "Z");
        assert_eq!(
            (second(&found["from"]).as_str(), second(&found["to"]).as_str(), &found["value"]),
            (from, to, &value),
            "{query}: {found:#}"
        );
    }
    let periods = |body: Value| body["values"].as_array().unwrap().iter().map(|value| value["period"].clone()).collect::<Vec<_>>();
    let (_, body) = service.get("/v1/metrics/sales?by_period=day&from=2026-03-30&scope.shop=us").await;
    assert_eq!(periods(body), ["2026-03-30", "2026-03-31"]);
    let (_, body) = service.get("/v1/metrics/sales?by_period=day&from=2026-03-30&scope.shop=cn").await;
    assert_eq!(periods(body), ["2026-03-30", "2026-03-31", "2026-04-01"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn explanations_name_the_zone_and_scores_follow_it() {
    let service = service().await;
    for (query, zone) in [("scope.shop=us&", "America/Los_Angeles"), ("", "Asia/Shanghai, America/Los_Angeles, Europe/Berlin")] {
        let (_, body) = service.get(&format!("/v1/metrics/sales?{query}over=day&explain=true")).await;
        assert_eq!(body["values"][0]["explanation"]["timezone"], json!(zone), "{body:#}");
    }
    let (_, body) = service.get("/v1/scorecards/keeper?scope.shop=us").await;
    assert_eq!(
        (&body["period"], &body["to"], &body["scores"][0]["value"]),
        (&json!("2026-03"), &json!("2026-04-01T07:00:00Z"), &json!("1"))
    );
    let (_, body) = service.get("/v1/scorecards/keeper?scope.shop=cn").await;
    assert_eq!((&body["period"], &body["from"]), (&json!("2026-04"), &json!("2026-03-31T16:00:00Z")));
}
