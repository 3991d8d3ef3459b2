//! What counts on a day, over HTTP: rows of tables, amounts of targets, memberships and exchange rates.

use crate::service::Service;
use serde_json::{Value, json};
use steelyard::engine::Clock as _;

const RULESET: &str = r#"
ruleset teams 1.0.0 {
  currency CNY
  timezone UTC
}

event sale {
  shop     dimension
  currency text
  amount   money in currency
}

event shop_moved replaces by shop, first_day {
  shop      dimension
  team      dimension optional
  first_day date
}

dimension shop in team {
  team by shop_moved since first_day
}

event fx replaces by base, quote, day rates for 7 days {
  base  text
  quote text
  day   date
  rate  number
}

table limits by shop {
  shop | from       | late | source
       |            | 4%   | "Handbook"
       | 2026-03-01 | 3%   |
  us   |            | 5%   |
}

event quota_told replaces by shop, day {
  shop   dimension
  day    date
  calls  count optional
  refund money optional
}

table quotas by shop told by quota_told since day {
  shop | from       | calls | refund | source
       |            | 10    |        | "Handbook"
  us   | 2026-03-08 | 30    |        |
}

event goal_told replaces by plan {
  plan   id
  shop   dimension optional
  period dimension
  day    date
  amount count optional
}

metric sales = count(sale)

target sales per shop every month told by goal_told since day {
  [shop: us] 2026-03 100
}

metric gmv = sum(sale.amount) in CNY at transaction day

target gmv per shop {
  [shop: us] 2026 1_200_000 CNY
  [shop: us] 2026 1_500_000 CNY from 2026-03-01
  [shop: de] 2026   600_000 CNY
}
"#;

async fn items(service: &Service, path: &str) -> Vec<Value> {
    let (status, body) = service.get(path).await;
    assert_eq!(status, 200, "{path}: {body}");
    body["items"].as_array().unwrap().clone()
}

/// The members of each item that are named.
async fn shown(service: &Service, path: &str, members: &[&str]) -> Value {
    let found = items(service, path).await.into_iter();
    found.map(|item| Value::from_iter(members.iter().map(|member| item[*member].clone()))).collect()
}

async fn teams() -> Service {
    let service = Service::start().await;
    let put = service.send("POST", "/v1/rulesets", "text/plain", RULESET).await;
    assert_eq!(put.0, 201, "{}", put.1);
    assert_eq!(service.post("/v1/rulesets/teams/1.0.0/activate", "").await.0, 200);
    let event =
        |kind: &str, id: &str, data: Value| json!({"type": kind, "id": id, "source": "hr", "time": "2026-03-09T00:00:00Z", "data": data});
    let events = json!([
        event("shop_moved", "1", json!({"shop": "us", "team": "east", "first_day": "2026-01-01"})),
        event("shop_moved", "2", json!({"shop": "us", "team": "west", "first_day": "2026-03-05"})),
        event("shop_moved", "3", json!({"shop": "de", "team": "east", "first_day": "2026-02-01"})),
        event("fx", "4", json!({"base": "EUR", "quote": "CNY", "day": "2026-03-02", "rate": 7.7})),
        event("fx", "5", json!({"base": "EUR", "quote": "CNY", "day": "2026-03-09", "rate": 7.8})),
    ]);
    let (status, body) = service.post("/v1/events", &events.to_string()).await;
    assert_eq!((status, &body["refused"]), (202, &json!([])), "{body}");
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn what_counts_on_a_day_is_listed() {
    let service = teams().await;
    let limits = |rows: Vec<Value>| {
        rows[0]["rows"].as_array().unwrap().iter().map(|row| json!([row["keys"]["shop"], row["values"]["late"]])).collect::<Value>()
    };
    assert_eq!(limits(items(&service, "/v1/tables?table=limits").await), json!([[null, "0.03"], ["us", "0.05"]]));
    let before = items(&service, "/v1/tables?at=2026-02-10").await;
    assert_eq!((&before[0]["rows"][0]["source"], &before[0]["units"]["late"]), (&json!("Handbook"), &json!("percent")), "{before:?}");
    assert_eq!(limits(before), json!([[null, "0.04"], ["us", "0.05"]]));
    let target = |at: &'static str| format!("/v1/targets?metric=gmv&at={at}");
    let members = ["scope", "period", "value", "unit"];
    let (us, de) = (json!({"shop": "us"}), json!({"shop": "de"}));
    assert_eq!(
        shown(&service, &target("2026-02-28"), &members).await,
        json!([[us, "2026", "1200000", "CNY"], [de, "2026", "600000", "CNY"]])
    );
    assert_eq!(
        shown(&service, &target("2026-03-01"), &members).await,
        json!([[us, "2026", "1500000", "CNY"], [de, "2026", "600000", "CNY"]])
    );
    let members = ["value", "parent_dimension", "parent", "from"];
    assert_eq!(
        shown(&service, "/v1/members", &members).await,
        json!([["de", "team", "east", "2026-02-01"], ["us", "team", "west", "2026-03-05"]])
    );
    assert_eq!(shown(&service, "/v1/members?dimension=shop&at=2026-01-20", &members).await, json!([["us", "team", "east", "2026-01-01"]]));
    assert_eq!(shown(&service, "/v1/members?dimension=team", &members).await, json!([]));
    let rate = |rows: Vec<Value>| {
        rows.iter().map(|row| json!([row["base"], row["quote"], row["rate"], row["day"], row["event"]["id"]])).collect::<Value>()
    };
    assert_eq!(rate(items(&service, "/v1/rates").await), json!([["EUR", "CNY", "7.8", "2026-03-09", "5"]]));
    assert_eq!(rate(items(&service, "/v1/rates?at=2026-03-08").await), json!([["EUR", "CNY", "7.7", "2026-03-02", "4"]]));
    assert_eq!(items(&service, "/v1/rates?at=2026-03-01").await, Vec::<Value>::new());
    assert_eq!(items(&service, "/v1/rates?ruleset=other").await, Vec::<Value>::new());
    assert_eq!(service.get("/v1/tables?at=spring").await.1["code"], "SY0577");
}

#[tokio::test(flavor = "multi_thread")]
async fn memberships_and_rates_are_told() {
    let service = teams().await;
    let put = |path: &'static str, body: Value| service.send("PUT", path, "application/json", body.to_string());
    let moved = json!({"dimension": "shop", "value": "us", "parent": "east", "from": "2026-03-05"});
    let (status, told) = put("/v1/members", moved.clone()).await;
    assert_eq!((status, &told["source"]), (201, &json!("api/local")), "{told}");
    let members = ["value", "parent", "from"];
    assert_eq!(shown(&service, "/v1/members", &members).await, json!([["de", "east", "2026-02-01"], ["us", "east", "2026-03-05"]]));
    // Once more, and back: the last one told counts.
    service.clock.set(service.clock.now().plus_s(60));
    assert_eq!(put("/v1/members", json!({"dimension": "shop", "value": "us", "parent": "west", "from": "2026-03-05"})).await.0, 201);
    service.clock.set(service.clock.now().plus_s(60));
    assert_eq!(put("/v1/members", moved).await.0, 201);
    assert_eq!(put("/v1/members", json!({"dimension": "shop", "value": "de", "from": "2026-03-01"})).await.0, 201);
    assert_eq!(shown(&service, "/v1/members", &members).await, json!([["us", "east", "2026-03-05"]]));
    let rate = json!({"base": "EUR", "quote": "CNY", "day": "2026-03-09", "rate": "7.81"});
    assert_eq!(put("/v1/rates", rate).await.0, 201);
    assert_eq!(shown(&service, "/v1/rates", &["rate", "day"]).await, json!([["7.81", "2026-03-09"]]));
    for (path, body, want) in [
        ("/v1/members", json!({"dimension": "team", "value": "east", "parent": "x", "from": "2026-03-01"}), "SY1821"),
        ("/v1/members", json!({"dimension": "shop", "value": "us", "from": "spring"}), "SY0578"),
        ("/v1/rates", json!({"base": "EUR", "quote": "CNY", "day": "2026-03-09", "rate": "7", "budget": true}), "SY1822"),
        ("/v1/rates", json!({"base": "EUR", "quote": "CNY", "day": "2026-03-09", "rate": "much"}), "SY0578"),
    ] {
        let (_, refused) = put(path, body).await;
        assert_eq!(refused["code"], want, "{path}: {refused}");
    }
    let (_, audit) = service.get("/v1/audit?action=member").await;
    assert_eq!(audit["items"].as_array().unwrap().len(), 4, "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bound_key_sees_its_rows() {
    let mut service = teams().await;
    let (_, admin) = service.post("/v1/keys", &json!({"role": "admin"}).to_string()).await;
    service.key = Some(admin["key"].as_str().unwrap().to_owned());
    let (_, made) = service.post("/v1/keys", &json!({"role": "read", "scope": {"shop": "us"}}).to_string()).await;
    service.key = Some(made["key"].as_str().unwrap().to_owned());
    assert_eq!(shown(&service, "/v1/members", &["value"]).await, json!([["us"]]));
    assert_eq!(shown(&service, "/v1/targets", &["scope", "period"]).await, json!([[{"shop": "us"}, "2026-03"], [{"shop": "us"}, "2026"]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_tables_are_told() {
    let service = teams().await;
    let put = |body: Value| service.send("PUT", "/v1/tables", "application/json", body.to_string());
    let rows = async |at: &str| {
        let found = items(&service, &format!("/v1/tables?table=quotas&at={at}")).await;
        let row = |row: &Value| json!([row["keys"]["shop"], row["values"]["calls"], row["values"]["refund"], row["from"]]);
        found[0]["rows"].as_array().unwrap().iter().map(row).collect::<Value>()
    };
    let quota = json!({"table": "quotas", "keys": {"shop": "us"}, "values": {"calls": "20", "refund": "50.5"}, "from": "2026-03-05"});
    let (status, told) = put(quota.clone()).await;
    assert_eq!((status, &told["source"]), (201, &json!("api/local")), "{told}");
    assert_eq!(rows("2026-03-04").await, json!([[null, "10", null, null]]));
    assert_eq!(rows("2026-03-05").await, json!([[null, "10", null, null], ["us", "20", "50.5", "2026-03-05"]]));
    let later = json!([[null, "10", null, null], ["us", "30", null, "2026-03-08"], ["us", null, "50.5", "2026-03-05"]]);
    assert_eq!(rows("2026-03-09").await, later);
    let listed = items(&service, "/v1/tables?table=quotas&at=2026-03-05").await;
    assert_eq!(listed[0]["rows"][1]["events"][0]["id"], told["id"], "{listed:?}");
    // A row for the same day takes the place of the written one; the event of a row is replaced like any other.
    service.clock.set(service.clock.now().plus_s(60));
    assert_eq!(put(json!({"table": "quotas", "keys": {"shop": "us"}, "values": {"calls": "31"}, "from": "2026-03-08"})).await.0, 201);
    assert_eq!(put(json!({"table": "quotas", "keys": {"shop": "*"}, "values": {"calls": "12"}, "from": "2026-03-08"})).await.0, 201);
    service.clock.set(service.clock.now().plus_s(60));
    assert_eq!(
        put(json!({"table": "quotas", "keys": {"shop": "us"}, "values": {"calls": "21", "refund": null}, "from": "2026-03-05"})).await.0,
        201
    );
    assert_eq!(rows("2026-03-05").await, json!([[null, "10", null, null], ["us", "21", null, "2026-03-05"]]));
    assert_eq!(rows("2026-03-09").await, json!([[null, "12", null, "2026-03-08"], ["us", "31", null, "2026-03-08"]]));
    for (body, want) in [
        (json!({"table": "limits", "keys": {"shop": "us"}, "values": {"late": "3%"}, "from": "2026-03-05"}), "SY1725"),
        (json!({"table": "quotas", "keys": {"team": "x"}, "values": {"calls": "3"}, "from": "2026-03-05"}), "SY1726"),
        (json!({"table": "quotas", "values": {"calls": "3"}, "from": "spring"}), "SY0578"),
        (json!({"table": "quotas", "values": {"calls": "many"}, "from": "2026-03-05"}), "SY0403"),
    ] {
        let (_, refused) = put(body).await;
        assert_eq!(refused["code"], want, "{refused}");
    }
    let (_, audit) = service.get("/v1/audit?action=table").await;
    assert_eq!(audit["items"].as_array().unwrap().len(), 4, "{audit}");
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_of_targets_are_told() {
    let service = teams().await;
    let event = |id: &str, period: &str, amount: Value| {
        let data = json!({"plan": id, "shop": "us", "period": period, "day": "2026-03-05", "amount": amount});
        json!([{"type": "goal_told", "id": id, "source": "hr", "time": "2026-03-09T00:00:00Z", "data": data}]).to_string()
    };
    for (body, want) in [(event("w", "spring", json!(3)), "SY1729"), (event("w", "2026-Q1", json!(3)), "SY1729")] {
        let (_, body) = service.post("/v1/events", &body).await;
        assert_eq!(body["refused"][0]["code"], want, "{body}");
    }
    let (status, body) = service.post("/v1/events", &event("a", "2026-03", json!(120))).await;
    assert_eq!((status, &body["refused"]), (202, &json!([])), "{body}");
    let rows = async |at: &str| {
        let found = items(&service, &format!("/v1/targets?metric=sales&at={at}")).await;
        found.iter().map(|row| json!([row["scope"]["shop"], row["period"], row["value"], row["event"]["id"]])).collect::<Value>()
    };
    assert_eq!(rows("2026-03-04").await, json!([["us", "2026-03", "100", null]]));
    assert_eq!(rows("2026-03-05").await, json!([["us", "2026-03", "120", "a"]]));
    let put = |body: Value| service.send("PUT", "/v1/targets", "application/json", body.to_string());
    let amount = json!({"metric": "sales", "scope": {"shop": "us"}, "period": "2026-03", "value": "130", "from": "2026-03-05"});
    let (status, told) = put(amount).await;
    assert_eq!(status, 201, "{told}");
    assert_eq!(rows("2026-03-05").await, json!([["us", "2026-03", "130", told["id"]]]));
    assert_eq!(put(json!({"metric": "sales", "period": "2026-04", "value": "90", "from": "2026-04-01"})).await.0, 201);
    let all = json!([["us", "2026-03", "130", told["id"]], [null, "2026-04", "90", null]]);
    let rows = async || {
        let found = items(&service, "/v1/targets?metric=sales&at=2026-04-01").await;
        found
            .iter()
            .map(|row| {
                json!([row["scope"]["shop"], row["period"], row["value"], row["event"]["id"].as_str().filter(|id| *id == told["id"])])
            })
            .collect::<Value>()
    };
    assert_eq!(rows().await.as_array().unwrap().iter().collect::<std::collections::HashSet<_>>(), all.as_array().unwrap().iter().collect());
    for (body, want) in [
        (json!({"metric": "gmv", "period": "2026-03", "value": "1", "from": "2026-03-01"}), "SY1731"),
        (json!({"metric": "sales", "scope": {"team": "x"}, "period": "2026-03", "value": "1", "from": "2026-03-01"}), "SY1732"),
        (json!({"metric": "sales", "period": "2026-Q1", "value": "1", "from": "2026-03-01"}), "SY1729"),
    ] {
        let (_, refused) = put(body).await;
        assert_eq!(refused["code"], want, "{refused}");
    }
    let (_, audit) = service.get("/v1/audit?action=target").await;
    assert_eq!(audit["items"].as_array().unwrap().len(), 2, "{audit}");
}
