//! Marked and withheld scores over HTTP: what is lacking is told, and a mark is kept when the period is closed.

use crate::service::Service;
use serde_json::{Value, json};

const RULES: &str = r#"
ruleset ads 1.0.0 { currency USD
  timezone UTC }
event ad_day replaces by shop, day clock day {
  shop  dimension
  day   date
  spend money
}
metric spend = sum(ad_day.spend)
scorecard shops per shop every month {
  kpi spend weight 100 score { 0 USD -> 0, 100 USD -> 100 }
  withhold when coverage(ad_day) < 10% "Ads are missing" zh "广告缺失"
  mark     when coverage(ad_day) < 95% "Some ads are missing" zh "部分广告缺失"
}
"#;

async fn told(service: &Service, id: &str, shop: &str, day: &str) {
    let time = format!("{day}T12:00:00Z");
    let event = json!({"type": "ad_day", "id": id, "source": "ads", "time": time, "data": {"shop": shop, "day": day, "spend": "1 USD"}});
    let (status, body) = service.post("/v1/events", &json!([event]).to_string()).await;
    assert_eq!((status, &body["refused"]), (202, &json!([])), "{body}");
}

async fn score(service: &Service, shop: &str) -> Value {
    let (status, body) = service.get(&format!("/v1/scorecards/shops?period=2026-02&scope.shop={shop}")).await;
    assert_eq!(status, 200, "{body}");
    body["scores"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lacking_is_told_and_the_mark_is_kept() {
    let service = Service::start().await;
    assert_eq!(service.send("PUT", "/v1/rulesets/ads/1.0.0", "text/plain", RULES).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/ads/1.0.0/activate", "").await.0, 200);
    for (index, day) in (1..=26).enumerate() {
        told(&service, &index.to_string(), "us", &format!("2026-02-{day:02}")).await;
    }
    told(&service, "de", "de", "2026-02-01").await;
    let us = score(&service, "us").await;
    assert_eq!((&us["value"], &us["marked"]), (&json!("26"), &json!(true)), "{us:#}");
    let held = &us["held"][0];
    assert_eq!(held["message"], "Some ads are missing: ad_day came on 26 of 28 days (92.86%), and not on 2026-02-27..2026-02-28");
    assert_eq!(held["message_zh"], "部分广告缺失：ad_day 应有 28 天，实有 26 天（92.86%），缺 2026-02-27..2026-02-28");
    let lacking = json!([{
        "event": "ad_day", "days": 26, "of_days": 28, "scopes": 1,
        "missing": [{"scope": {}, "days": [["2026-02-27", "2026-02-28"]]}],
    }]);
    assert_eq!((&held["withholds"], &held["lacking"]), (&json!(false), &lacking), "{held:#}");
    let de = score(&service, "de").await;
    assert_eq!((&de["value"], &de["marked"], &de["held"][0]["withholds"]), (&Value::Null, &json!(false), &json!(true)), "{de:#}");
    assert_eq!(de["reason"]["code"], "withheld");
    let (status, body) = service.post("/v1/periods/2026-02/close", &json!({"scorecard": "shops"}).to_string()).await;
    assert_eq!(status, 201, "{body}");
    let closed = score(&service, "us").await;
    assert_eq!((&closed["value"], &closed["marked"]), (&json!("26"), &json!(true)), "{closed:#}");
    assert_eq!(closed["held"][0]["message"], held["message"]);
}
