//! From every number that is shown to its formula and the ids of the events behind it.

use crate::http_query::orders;
use crate::service::Service;
use serde_json::{Value, json};

/// The ids that an explanation names, aggregate by aggregate.
fn ids(explanation: &Value) -> Vec<Vec<&str>> {
    let id = |event: &Value| event["source"] == "erp" && event["id"].is_string();
    let parts = explanation["parts"].as_array().unwrap().iter();
    parts
        .map(|part| {
            let events = part["events"].as_array().unwrap();
            assert!(events.iter().all(id), "{part:#}");
            events.iter().map(|event| event["id"].as_str().unwrap()).collect()
        })
        .collect()
}

async fn shop() -> Service {
    let service = Service::active().await;
    let rows = [
        ("1", "us", "2026-03-10T08:00:00Z", "100 USD"),
        ("2", "us", "2026-03-10T09:00:00Z", "50 USD"),
        ("3", "us", "2026-03-10T10:00:00Z", "30 USD"),
        ("4", "de", "2026-03-10T10:30:00Z", "70 USD"),
    ];
    orders(&service, &rows).await;
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_of_metrics_names_all_formulas_and_the_limit_of_ids() {
    let service = shop().await;
    let (_, body) = service.get("/v1/metrics/basket?period=2026-03&scope.shop=us&explain=true&ids=2").await;
    let told = &body["values"][0]["explanation"];
    assert_eq!((&told["formula"], &told["ids_limit"]), (&json!("gmv / orders"), &json!(2)), "{body:#}");
    let formulas: Vec<&Value> = told["metrics"].as_array().unwrap().iter().map(|metric| &metric["formula"]).collect();
    assert_eq!(formulas, ["count(order_placed)", "sum(order_placed.amount)"]);
    assert_eq!((&told["parts"][0]["n_events"], ids(told)), (&json!(3), vec![vec!["1", "2"], vec!["1", "2"]]), "{told:#}");
    for wrong in ["explain=true&ids=0", "explain=true&ids=1001", "ids=5"] {
        let (status, body) = service.get(&format!("/v1/metrics/basket?{wrong}")).await;
        assert_eq!((status, &body["code"]), (400, &json!("SY0577")), "{wrong}: {body:#}");
    }
    // Two scopes of at most 1000 ids each are within the limit, three periods of each are not.
    let wide = "/v1/metrics/basket?per=shop&explain=true&ids=1000";
    assert_eq!(service.get(wide).await.0, 200);
    let (_, body) = service.get(&format!("{wide}&by_period=day&from=2026-03-08&to=2026-03-10")).await;
    assert!(body["code"] == "SY0590" && body["detail"].as_str().unwrap().contains(" 2 "), "{body:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_score_is_explained_kpi_by_kpi() {
    let service = shop().await;
    let (_, body) = service.get("/v1/scorecards/manager?period=2026-03&scope.shop=us&explain=true").await;
    let score = &body["scores"][0];
    let part = &score["parts"][0];
    assert_eq!((&score["value"], &score["weighted"], &score["earned_grade"]), (&json!("92"), &json!("92"), &json!("B")), "{body:#}");
    assert_eq!(part["curve"], json!([{"value": "100.00", "points": "60"}, {"value": "200.00", "points": "100"}]));
    assert_eq!(
        (&part["explanation"]["formula"], ids(&part["explanation"])),
        (&json!("sum(order_placed.amount)"), vec![vec!["1", "2", "3"]])
    );
    let (_, body) = service.get("/v1/scorecards/manager?period=2026-03").await;
    let other = &body["scores"][1]["parts"][0];
    assert_eq!((&other["curve"], &other["explanation"]), (&json!([{"side": "below", "value": "100.00", "points": "0"}]), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_explained_at_its_change() {
    let service = shop().await;
    // What comes later does not stand behind the change.
    orders(&service, &[("5", "us", "2026-03-10T11:00:00Z", "1 USD")]).await;
    let (_, body) = service.get("/v1/alerts?scope.shop=us").await;
    let id = body["items"][0]["id"].as_str().unwrap();
    let (_, alert) = service.get(&format!("/v1/alerts/{id}?explain=true")).await;
    let change = &alert["transitions"][0];
    let told = &change["explanation"];
    assert_eq!((&change["at"], &change["value"]), (&json!("2026-03-10T10:00:00Z"), &json!("3")), "{alert:#}");
    assert_eq!((&told["watched"]["formula"], ids(&told["watched"])), (&json!("count(order_placed)"), vec![vec!["1", "2", "3"]]));
    assert_eq!((&told["conditions"][0]["line"], &told["conditions"][0]["holds"]), (&json!("warning when > 2"), &json!(true)));
    let (_, plain) = service.get(&format!("/v1/alerts/{id}")).await;
    assert_eq!(plain["transitions"][0]["explanation"], Value::Null);
}
