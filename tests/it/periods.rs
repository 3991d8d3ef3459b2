//! Closing periods, approving scores and appeals over HTTP: what is closed stays, later events stand beside it, everything that
//! somebody decided is on record.

use crate::http_query::orders;
use crate::service::{RULESET, Service};
use crate::trials::stricter;
use serde_json::{Value, json};
use steelyard::engine::{Clock as _, Options};
use steelyard::http::Limits;

const CARD: &str = "/v1/scorecards/manager?period=2026-02";

/// Two shops with orders in February.
async fn february() -> Service {
    let service = Service::active().await;
    let rows = [("1", "us", "2026-02-10T09:00:00Z", "150 USD"), ("2", "de", "2026-02-11T09:00:00Z", "200 USD")];
    orders(&service, &rows).await;
    service
}

async fn act(service: &Service, path: &str, body: Value) -> (u16, Value) {
    service.post(path, &body.to_string()).await
}

/// The score of a shop in February.
async fn score(service: &Service, shop: &str) -> Value {
    let (status, body) = service.get(&format!("{CARD}&scope.shop={shop}")).await;
    assert_eq!(status, 200, "{body}");
    body["scores"][0].clone()
}

fn number(text: &Value) -> rust_decimal::Decimal {
    text.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_stays_and_later_events_stand_beside_it() {
    let service = february().await;
    let (status, closing) = act(&service, "/v1/periods/2026-02/close", json!({"scorecard": "manager", "author": "Li"})).await;
    assert_eq!((status, &closing["act"], &closing["version"]), (201, &json!("close"), &json!("1.0.0")), "{closing}");
    let before = score(&service, "us").await;
    assert_eq!(
        (&before["value"], &before["grade"], &before["review"]["state"]),
        (&json!("80"), &json!("B"), &json!("closed")),
        "{before:#}"
    );
    assert_eq!(before["review"]["amended"], Value::Null);
    service.clock.set(service.clock.now().plus_s(60));
    let late = [("3", "us", "2026-02-20T09:00:00Z", "50 USD"), ("4", "fr", "2026-02-20T09:00:00Z", "300 USD")];
    orders(&service, &late).await;
    let after = score(&service, "us").await;
    for same in ["value", "grade", "payout", "parts", "weighted", "rank", "provisional"] {
        assert_eq!(after[same], before[same], "{same}: {after:#}");
    }
    let amended = &after["review"]["amended"];
    assert_eq!((&amended["old"], &amended["new"], &amended["difference"]), (&json!("80"), &json!("100"), &json!("20")), "{amended:#}");
    assert_eq!((&amended["old_payout"], &amended["new_payout"]), (&json!("1"), &json!("1.2")));
    let ids: Vec<&Value> = amended["events"].as_array().unwrap().iter().map(|event| &event["id"]).collect();
    assert_eq!(ids, [&json!("3")]);
    // A scope that was seen only later has no closed score.
    let new = score(&service, "fr").await;
    assert_eq!((&new["value"], &new["reason"]["code"]), (&Value::Null, &json!("not_in_closing")), "{new:#}");
    assert_eq!((&new["review"]["amended"]["old"], &new["review"]["amended"]["new"]), (&Value::Null, &json!("100")));
    // What is as the events say can still be read.
    let (_, now) = service.get(&format!("{CARD}&scope.shop=us&version=1.0.0")).await;
    assert_eq!((&now["scores"][0]["value"], &now["scores"][0]["review"]), (&json!("100"), &Value::Null));
    // Closed and amended make what is now, for every score.
    let (_, period) = service.get("/v1/periods/2026-02").await;
    let (_, live) = service.get(&format!("{CARD}&version=1.0.0&exact=true")).await;
    let closed = period["items"][0]["closed"].as_array().unwrap();
    assert_eq!(closed.len(), 3, "{period:#}");
    for one in closed.iter().filter(|one| one["score"].is_object()) {
        let now = live["scores"].as_array().unwrap().iter().find(|score| score["scope"] == one["scope"]).unwrap();
        let difference = if one["amended"].is_object() { number(&one["amended"]["difference"]) } else { 0.into() };
        assert_eq!(number(&one["score"]["value"]) + difference, number(&now["value"]), "{one:#}");
    }
}

/// The review of a month, in a language.
async fn review(service: &Service, month: &str, more: &str) -> String {
    let (status, body) = service.get(&format!("/v1/reports/manager/{month}?format=md{more}")).await;
    assert_eq!(status, 200, "{body}");
    body.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_review_of_a_closed_month_tells_it_as_it_was_closed() {
    let service = february().await;
    let open = review(&service, "2026-02", "").await;
    let rows = |page: &str| page.lines().filter(|line| line.starts_with("| shop ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&open), ["| shop de | 100.00 | - | - | A | 1.2 |", "| shop us | 80.00 | - | - | B | 1 |"], "{open}");
    assert_eq!(act(&service, "/v1/periods/2026-02/close", json!({"scorecard": "manager", "author": "Li"})).await.0, 201);
    // Nothing has moved: the review is the one that was seen, with a line about the closing.
    let closed = review(&service, "2026-02", "").await;
    assert!(rows(&closed) == rows(&open) && closed.contains("### Result against goal") && closed.contains("Closed on"), "{closed}");
    service.clock.set(service.clock.now().plus_s(60));
    let late = [("3", "us", "2026-02-20T09:00:00Z", "80 USD"), ("4", "fr", "2026-02-20T09:00:00Z", "300 USD")];
    orders(&service, &late).await;
    assert_eq!(service.send("PUT", "/v1/rulesets/shop/1.1.0", "text/plain", stricter()).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/shop/1.1.0/activate", "").await.0, 200);
    // Under the version that is active now both would be other scores, and one would need a note.
    let page = review(&service, "2026-02", "").await;
    assert_eq!(rows(&page)[..2], rows(&open)[..], "{page}");
    assert_eq!(rows(&page)[2], "| shop fr | - | - | - | - | - |", "{page}");
    assert!(page.contains("no such score was there when the period was closed") && !page.contains("missing"), "{page}");
    for line in ["### Result as closed", "| Sales | 150.00 USD | 80.00 | 100.00 | 80.00 |", "| Score |  |  |  | 80.00 |"] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(page.contains("Later events would make it 100 / A / 1.2."), "{page}");
    // What the events say can still be asked for.
    assert!(review(&service, "2026-02", "&version=1.1.0").await.contains("| shop us | 66.00 | - | - | B | 1 |"));
    // The month after is compared with what was closed, and says that its causes are not those of the closing.
    orders(&service, &[("5", "us", "2026-03-09T09:00:00Z", "300 USD")]).await;
    let march = review(&service, "2026-03", "&scope.shop=us").await;
    assert!(march.contains("| shop us | 80.00 | 80.00 | 0.00 | B | 1 |"), "{march}");
    assert!(march.contains("Closed: the causes are those of the numbers as they are now."), "{march}");
    assert!(review(&service, "2026-03", "&scope.shop=us&lang=zh").await.contains("已关账：以下原因依据目前的数据"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closing_outlives_versions_and_restarts() {
    let mut service = february().await;
    assert_eq!(act(&service, "/v1/periods/2026-02/close", json!({"scorecard": "manager"})).await.0, 201);
    service.clock.set(service.clock.now().plus_s(60));
    orders(&service, &[("3", "us", "2026-02-20T09:00:00Z", "50 USD")]).await;
    assert_eq!(service.send("PUT", "/v1/rulesets/shop/1.1.0", "text/plain", stricter()).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/shop/1.1.0/activate", "").await.0, 200);
    service.end().await;
    let service = service.again(Limits::default(), Options::default()).await;
    // The stricter version halves the points, but not of what is closed.
    let us = score(&service, "us").await;
    assert_eq!((&us["value"], &us["review"]["closed"]["version"]), (&json!("80"), &json!("1.0.0")), "{us:#}");
    assert_eq!((&us["review"]["amended"]["new"], &us["review"]["amended"]["events"][0]["id"]), (&json!("100"), &json!("3")), "{us:#}");
    let (_, live) = service.get(&format!("{CARD}&scope.shop=us&version=1.1.0")).await;
    assert_eq!(live["scores"][0]["value"], "60");
    let (_, listed) = service.get("/v1/periods").await;
    assert_eq!((&listed["items"][0]["period"], &listed["items"][0]["scorecard"]), (&json!("2026-02"), &json!("manager")), "{listed:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn provisional_scores_need_force_and_a_reason_and_closings_are_opened_again() {
    let service = february().await;
    orders(&service, &[("3", "us", "2026-03-02T09:00:00Z", "150 USD")]).await;
    let march = "/v1/periods/2026-03/close";
    let (status, refused) = act(&service, march, json!({"scorecard": "manager"})).await;
    assert_eq!((status, &refused["code"]), (422, &json!("SY1813")), "{refused}");
    assert_eq!(act(&service, march, json!({"scorecard": "manager", "force": true})).await.1["code"], "SY1819");
    let forced = json!({"scorecard": "manager", "force": true, "reason": "the shop is sold", "scope": {"shop": "us"}});
    let (status, closing) = act(&service, march, forced.clone()).await;
    assert_eq!((status, &closing["provisional"], &closing["note"]), (201, &json!(true), &json!("the shop is sold")), "{closing}");
    assert_eq!(act(&service, march, forced).await.1["code"], "SY1812");
    // The other shop is still open.
    let (_, scores) = service.get("/v1/scorecards/manager?period=2026-03").await;
    let states: Vec<Value> =
        scores["scores"].as_array().unwrap().iter().map(|s| json!([s["scope"]["shop"], s["review"]["state"]])).collect();
    assert_eq!(json!(states), json!([["us", "closed"], ["de", "draft"]]), "{scores:#}");
    orders(&service, &[("4", "us", "2026-03-03T09:00:00Z", "50 USD")]).await;
    let reopen = "/v1/periods/2026-03/reopen";
    assert_eq!(act(&service, reopen, json!({"scorecard": "manager"})).await.1["code"], "SY1819");
    assert_eq!(act(&service, reopen, json!({"scorecard": "manager", "note": "x", "scope": {"shop": "de"}})).await.1["code"], "SY1814");
    assert_eq!(act(&service, reopen, json!({"scorecard": "manager", "note": "not sold after all"})).await.0, 201);
    let (_, scores) = service.get("/v1/scorecards/manager?period=2026-03&scope.shop=us").await;
    let us = &scores["scores"][0];
    assert_eq!((&us["value"], &us["review"]["state"]), (&json!("100"), &json!("draft")), "{us:#}");
    let (_, period) = service.get("/v1/periods/2026-03").await;
    let acts: Vec<&Value> = period["items"][0]["acts"].as_array().unwrap().iter().map(|act| &act["act"]).collect();
    assert_eq!(acts, [&json!("close"), &json!("reopen")]);
    for (path, body, want) in [
        ("/v1/periods/2026-W10/close", json!({"scorecard": "manager"}), "SY1810"),
        ("/v1/periods/2026-02/close", json!({"scorecard": "nobody"}), "SY0509"),
        ("/v1/periods/2026-02/close", json!({"scorecard": "manager", "scope": {"shop": "fr"}}), "SY1811"),
        ("/v1/periods/2026-02/close", json!({"scorecard": "manager", "scope": {"country": "fr"}}), "SY0587"),
    ] {
        assert_eq!(act(&service, path, body).await.1["code"], want, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_approved_and_objected_to() {
    let service = february().await;
    let us = json!({"shop": "us"});
    let (status, approved) = act(&service, "/v1/periods/2026-02/approve", json!({"scorecard": "manager", "note": "fine"})).await;
    assert_eq!((status, &approved["act"]), (201, &json!("approve")), "{approved}");
    let shown = score(&service, "us").await["review"].clone();
    assert_eq!(
        (&shown["state"], &shown["approved"]["value"], &shown["approved"]["changed"]),
        (&json!("approved"), &json!("80"), &json!(false))
    );
    let appeal = json!({"scorecard": "manager", "scope": us, "text": "the strike of week 6", "wanted": "5 points", "author": "Ana"});
    let (status, filed) = act(&service, "/v1/periods/2026-02/appeals", appeal.clone()).await;
    assert_eq!(status, 201, "{filed}");
    let whole = json!({"scorecard": "manager", "scope": {}, "text": "x", "wanted": "y"});
    assert_eq!(act(&service, "/v1/periods/2026-02/appeals", whole).await.1["code"], "SY1815");
    let decide = format!("/v1/appeals/{}/decide", filed["id"]);
    assert_eq!(act(&service, &decide, json!({"accept": true, "reason": "x"})).await.1["code"], "SY1820");
    assert_eq!(act(&service, &decide, json!({"accept": false, "points": "5", "reason": "x"})).await.1["code"], "SY1820");
    assert_eq!(act(&service, "/v1/appeals/999/decide", json!({"accept": false, "reason": "x"})).await.1["code"], "SY0806");
    let (status, decided) = act(&service, &decide, json!({"accept": true, "points": "20", "reason": "force majeure"})).await;
    assert_eq!((status, &decided["points"]), (201, &json!("20")), "{decided}");
    assert_eq!(act(&service, &decide, json!({"accept": false, "reason": "x"})).await.1["code"], "SY1816");
    let (_, second) = act(&service, "/v1/periods/2026-02/appeals", appeal).await;
    assert_eq!(act(&service, &format!("/v1/appeals/{}/decide", second["id"]), json!({"accept": false, "reason": "twice"})).await.0, 201);
    // The points stand beside the score, which stays.
    let shown = score(&service, "us").await;
    assert_eq!((&shown["value"], &shown["grade"]), (&json!("80"), &json!("B")), "{shown:#}");
    let granted = json!({"points": "20", "value": "100", "grade": "A", "payout": "1.2"});
    assert_eq!(shown["review"]["granted"], granted, "{shown:#}");
    let states: Vec<&Value> = shown["review"]["appeals"].as_array().unwrap().iter().map(|appeal| &appeal["state"]).collect();
    assert_eq!(states, [&json!("accepted"), &json!("rejected")]);
    assert_eq!(score(&service, "de").await["review"]["granted"], Value::Null);
    // Approval is of what was seen: later events show.
    orders(&service, &[("3", "us", "2026-02-20T09:00:00Z", "10 USD")]).await;
    let shown = score(&service, "us").await;
    assert_eq!((&shown["review"]["approved"]["changed"], &shown["value"]), (&json!(true), &json!("84")), "{shown:#}");
    let (_, audit) = service.get("/v1/audit?action=score").await;
    let actions: Vec<&Value> = audit["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    let wanted = ["score.decide", "score.appeal", "score.decide", "score.appeal", "score.approve"];
    assert_eq!(json!(actions), json!(wanted), "{audit:#}");
    assert_eq!(audit["items"][4]["by"], "local");
    let (_, page) = service.get("/v1/audit?limit=1&by=local").await;
    assert_eq!(page["next"], page["items"][0]["id"].to_string(), "{page}");
    let (_, next) = service.get(&format!("/v1/audit?limit=1&before={}", page["next"].as_str().unwrap())).await;
    assert_ne!(next["items"][0]["id"], page["items"][0]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_below_its_line_is_explained_before_it_is_approved() {
    let service = february().await;
    orders(&service, &[("3", "fr", "2026-02-12T09:00:00Z", "50 USD")]).await;
    let approve = |scope: Value| json!({"scorecard": "manager", "scope": scope});
    let path = "/v1/periods/2026-02/approve";
    let (status, refused) = act(&service, path, approve(json!({}))).await;
    assert_eq!((status, &refused["code"]), (422, &json!("SY2005")), "{refused}");
    assert!(refused["detail"].as_str().unwrap().starts_with("2 notes on `manager` in 2026-02"), "{refused}");
    assert_eq!(act(&service, path, approve(json!({"shop": "us"}))).await.0, 201);
    let note = |kpi: Value| json!({"scope": {"shop": "fr"}, "kpi": kpi, "cause": "objective", "text": "The shop opened on the 12th."});
    let mut about_score = note(Value::Null);
    about_score.as_object_mut().unwrap().remove("kpi");
    let notes = json!({"note": [about_score, note(json!("gmv"))]});
    let (status, body) = service.send("PUT", "/v1/reports/manager/2026-02/notes", "application/json", notes.to_string()).await;
    assert_eq!(status, 200, "{body}");
    let (status, approved) = act(&service, path, approve(json!({}))).await;
    assert_eq!(status, 201, "{approved}");
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_and_bound_keys_see_and_do_what_is_theirs() {
    let mut service = february().await;
    let key = |role: &str, scope: Value| json!({"role": role, "scope": scope}).to_string();
    let mut keys = Vec::new();
    for (role, scope) in
        [("admin", json!({})), ("operate", json!({})), ("author", json!({})), ("read", json!({})), ("read", json!({"shop": "us"}))]
    {
        let (status, made) = service.post("/v1/keys", &key(role, scope)).await;
        assert_eq!(status, 201, "{made}");
        let text = made["key"].as_str().unwrap().to_owned();
        if role == "admin" {
            service.key = Some(text.clone());
        }
        keys.push(text);
    }
    let close = json!({"scorecard": "manager"});
    assert_eq!(service.send("PUT", "/v1/rulesets/shop/1.1.0", "text/plain", stricter()).await.0, 201);
    for (place, may_close, may_try) in [(3, false, false), (2, false, true), (4, false, false), (1, true, false)] {
        service.key = Some(keys[place].clone());
        let closed = act(&service, "/v1/periods/2026-02/close", close.clone()).await;
        assert_eq!(closed.0 == 201, may_close, "{place}: {}", closed.1);
        let tried = service.post("/v1/rulesets/shop/1.1.0/trial", "").await;
        assert_eq!(tried.0 == 200, may_try, "{place}: {}", tried.1);
    }
    service.key = Some(keys[1].clone());
    let one = json!({"scorecard": "manager", "scope": {"shop": "de"}, "text": "t", "wanted": "w"});
    assert_eq!(act(&service, "/v1/periods/2026-02/appeals", one).await.0, 201);
    assert_eq!(service.get("/v1/audit").await.0, 200);
    // The key of one shop sees its rows and what was decided about them, and nothing of the other's.
    service.key = Some(keys[4].clone());
    let (_, period) = service.get("/v1/periods/2026-02").await;
    let item = &period["items"][0];
    assert_eq!((item["acts"].as_array().unwrap().len(), &item["n_open_appeals"]), (1, &json!(0)), "{period:#}");
    assert_eq!((item["closed"].as_array().unwrap().len(), &item["closed"][0]["scope"]), (1, &json!({"shop": "us"})), "{period:#}");
    assert!(!period.to_string().contains("\"de\""), "{period:#}");
    assert_eq!(service.get("/v1/audit").await.0, 403);
    let (_, diff) = service.get("/v1/rulesets/shop/diff?period=2026-02").await;
    assert!(diff["numbers"].as_array().unwrap().iter().all(|one| one["scope"] == json!({"shop": "us"})), "{diff:#}");
}

/// Pay is a tenth of the last order times the coefficient, and three orders are a red line.
fn paid_on_a_base() -> String {
    let text = RULESET.replacen("1.0.0", "1.1.0", 1).replace("payout {", "payout last(order_placed.amount) * 10% {");
    text.replace("  grades {", "  veto when orders >= 3 then score 70.5 \"Split orders\" zh \"拆单\"\n  grades {")
}

#[tokio::test(flavor = "multi_thread")]
async fn pay_is_kept_with_its_base_and_appeals_count_on_that() {
    let service = Service::active().await;
    assert_eq!(service.send("PUT", "/v1/rulesets/shop/1.1.0", "text/plain", paid_on_a_base()).await.0, 201);
    assert_eq!(service.post("/v1/rulesets/shop/1.1.0/activate", "").await.0, 200);
    let split = ["2", "3", "4"].map(|id| (id, "de", "2026-02-11T09:00:00Z", "100 USD"));
    orders(&service, &[&[("1", "us", "2026-02-10T09:00:00Z", "150.55 USD")], &split[..]].concat()).await;
    let close = json!({"scorecard": "manager"});
    assert_eq!(act(&service, "/v1/periods/2026-02/close", close).await.0, 201);
    let closed = score(&service, "us").await;
    let base = json!({"formula": "last(order_placed.amount) * 10%", "unit": "USD", "value": "15.06"});
    assert_eq!((&closed["value"], &closed["grade"], &closed["payout_base"]), (&json!("80.22"), &json!("B"), &base), "{closed:#}");
    assert_eq!((&closed["payout"], &closed["payout_unit"]), (&json!("15.06"), &json!("USD")), "{closed:#}");
    let lowered = score(&service, "de").await;
    let veto = json!({"title": "Split orders", "title_zh": "拆单", "score": "70.5"});
    assert_eq!((&lowered["value"], &lowered["grade"], &lowered["score_veto"]), (&json!("70.5"), &json!("B"), &veto), "{lowered:#}");
    // A later event changes the base, and with it the pay; what was granted counts on the base that was closed.
    service.clock.set(service.clock.now().plus_s(60));
    orders(&service, &[("5", "us", "2026-02-20T09:00:00Z", "10 USD")]).await;
    for (shop, points) in [("us", "20"), ("de", "20")] {
        let appeal = json!({"scorecard": "manager", "scope": {"shop": shop}, "text": "a strike", "wanted": "20 points"});
        let (_, filed) = act(&service, "/v1/periods/2026-02/appeals", appeal).await;
        let decide = format!("/v1/appeals/{}/decide", filed["id"]);
        assert_eq!(act(&service, &decide, json!({"accept": true, "points": points, "reason": "so it was"})).await.0, 201);
    }
    let us = score(&service, "us").await;
    assert_eq!((&us["payout"], &us["payout_base"]), (&json!("15.06"), &base), "{us:#}");
    let amended = &us["review"]["amended"];
    assert_eq!((&amended["old_payout"], &amended["new_payout"]), (&json!("15.06"), &json!("1")), "{amended:#}");
    let granted = json!({"points": "20", "value": "100.22", "grade": "A", "payout": "18.07"});
    assert_eq!(us["review"]["granted"], granted, "{us:#}");
    let granted = json!({"points": "20", "value": "70.5", "grade": "B", "payout": "10"});
    assert_eq!(score(&service, "de").await["review"]["granted"], granted);
    let (_, explained) = service.get(&format!("{CARD}&scope.shop=us&explain=true&version=1.1.0")).await;
    let base = &explained["scores"][0]["payout_base"];
    assert_eq!((&base["value"], &base["explanation"]["parts"][0]["value"]), (&json!("1.00"), &json!("10")), "{base:#}");
}
