//! What the service does when it is asked for too much, or to stop.
//!
//! 1. [`Brake`] holds the database of a workspace, so that nothing is committed until it is let go.
//! 2. Requests pile up behind it; each test looks at the answers and at what is stored in the end.

use crate::receiver::Receiver;
use crate::service::Service;
use serde_json::json;
use std::sync::mpsc;
use std::time::Duration;
use steelyard::engine::{Clock as _, Engine, ManualClock, Options};
use steelyard::http::Limits;
use steelyard::store::{Binding, DeliveryFilter, DeliveryState, Endpoint, NewDelivery};

/// Holds the write transaction of the default workspace.
struct Brake {
    release: mpsc::Sender<()>,
    held: std::thread::JoinHandle<()>,
}

impl Brake {
    fn pull(service: &Service) -> Brake {
        let workspace = service.engine.workspace("default").unwrap();
        let now = service.clock.now();
        let endpoint = Endpoint {
            id: "brake".to_owned(),
            url: "https://example.com/".to_owned(),
            channels: vec!["none".to_owned()],
            secrets: Vec::new(),
            disabled: Some("only a brake".to_owned()),
            created_at: now,
            failing_since: None,
            settings: steelyard::store::Settings::default(),
            binding: Binding::default(),
        };
        workspace.store().put_endpoint(&endpoint).unwrap();
        let (release, released) = mpsc::channel();
        let (tell, holding) = mpsc::channel();
        let held = std::thread::spawn(move || {
            let wait = |_: &mut Endpoint| {
                tell.send(()).unwrap();
                released.recv().unwrap();
            };
            workspace.store().update_endpoint("brake", wait).unwrap();
        });
        holding.recv().unwrap();
        Brake { release, held }
    }

    fn let_go(self) {
        self.release.send(()).unwrap();
        self.held.join().unwrap();
    }
}

fn order(id: &str) -> String {
    json!({"type":"order_placed","id":id,"source":"erp","time":"2026-03-09T10:00:00Z","data":{"order_id":id,"shop":"us","amount":"1 USD"}})
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_says_when_to_come_back_and_takes_nothing() {
    let service = Service::with_options(Limits::default(), Options { queue_max: 2, ..Options::default() }).await.activated().await;
    let brake = Brake::pull(&service);
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..16 {
        let request = service.request("POST", "/v1/events").header("content-type", "application/json").body(order(&format!("o{n}")));
        waiting.spawn(async move { request.send().await.unwrap() });
    }
    let mut busy = 0;
    while busy < 10 {
        let answer = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(body["code"], "SY0581", "{body}");
        busy += 1;
    }
    brake.let_go();
    let mut taken = 0;
    while let Some(answer) = waiting.join_next().await {
        match answer.unwrap().status().as_u16() {
            202 => taken += 1,
            status => assert_eq!(status, 503),
        }
    }
    assert!(taken >= 2, "{taken}");
    let (_, body) = service.get("/v1/metrics/orders").await;
    assert_eq!(body["values"][0]["value"], taken.to_string(), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_wait_for_the_writer_keep_no_events_out() {
    let service = Service::with_options(Limits::default(), Options { queue_max: 2, ..Options::default() }).await.activated().await;
    let firing = ["a", "b", "c"].map(order).join(",").replace("2026-03-09", "2026-03-10");
    assert_eq!(service.post("/v1/events", &format!("[{firing}]")).await.1["accepted"], 3);
    // The orders have left their window: from now on every read asks the writer to look at the clock.
    service.clock.set(service.clock.now().plus_s(3 * 86_400));
    let brake = Brake::pull(&service);
    let post = |id: &str| {
        let request = service.request("POST", "/v1/events").header("content-type", "application/json").body(order(id));
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    };
    let held = post("o2");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let reads: Vec<_> = (0..8)
        .map(|_| {
            let request = service.request("GET", "/v1/metrics/orders");
            tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
        })
        .collect();
    for read in reads {
        assert_eq!(read.await.unwrap(), 200);
    }
    let waiting = post("o3");
    tokio::time::sleep(Duration::from_millis(300)).await;
    brake.let_go();
    assert_eq!((held.await.unwrap(), waiting.await.unwrap()), (202, 202));
    assert_eq!(service.get("/v1/metrics/orders").await.1["values"][0]["value"], "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_bodies_together_have_a_limit() {
    let limits = Limits { body_max: 10_000, room: 10_000, ..Limits::default() };
    let service = Service::with(limits).await.activated().await;
    let large = |id: &str| format!("{}{}", order(id), " ".repeat(6_000));
    let brake = Brake::pull(&service);
    let request = service.request("POST", "/v1/events").header("content-type", "application/json").body(large("o1"));
    let first = tokio::spawn(async move { request.send().await.unwrap().status().as_u16() });
    while !service.get("/metrics").await.1.as_str().unwrap().contains("steelyard_requests_waiting 1\n") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (status, body) = service.post("/v1/events", &large("o2")).await;
    assert_eq!((status, &body["code"]), (503, &json!("SY0581")), "{body}");
    brake.let_go();
    assert_eq!(first.await.unwrap(), 202);
    assert_eq!(service.post("/v1/events", &large("o2")).await.0, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_under_way_at_the_end_is_answered_and_kept() {
    let mut service = Service::active().await;
    let brake = Brake::pull(&service);
    let mut waiting = tokio::task::JoinSet::new();
    for n in 0..20 {
        let request = service.request("POST", "/v1/events").header("content-type", "application/json").body(order(&format!("o{n}")));
        waiting.spawn(async move { request.send().await.map(|answer| answer.status().as_u16()) });
    }
    // All of them have arrived when as many wait for their commit.
    while !service.get("/metrics").await.1.as_str().unwrap().contains("steelyard_requests_waiting 20\n") {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let letting = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_millis(300));
        brake.let_go();
    });
    service.end().await;
    letting.await.unwrap();
    while let Some(answer) = waiting.join_next().await {
        assert_eq!(answer.unwrap().unwrap(), 202);
    }
    let options = Options { clock: std::sync::Arc::new(ManualClock::new(service.clock.now())), ..Options::default() };
    let engine = Engine::open(service.dir(), options).unwrap();
    let again = |n: usize| {
        let event = steelyard::http::events::parse_line(&order(&format!("o{n}"))).unwrap();
        engine.workspace("default").unwrap().ingest(vec![event]).unwrap().blocking_recv().unwrap().unwrap()
    };
    let duplicates = tokio::task::block_in_place(|| (0..20).map(|n| again(n).duplicates).sum::<usize>());
    assert_eq!(duplicates, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activation_that_takes_long_goes_on_and_can_be_seen() {
    let limits = Limits { request_timeout: Duration::from_secs(1), ..Limits::default() };
    let service = Service::with(limits).await.activated().await;
    let brake = Brake::pull(&service);
    let (status, body) = service.post("/v1/rulesets/shop/1.0.0/activate", "").await;
    assert_eq!((status, &body["working"]), (202, &json!(true)), "{body}");
    brake.let_go();
    // The audit log holds both, the one that was waited for and the one that was not.
    let activated = || {
        let entries = service.engine.control().audit(None, 100).unwrap();
        entries.iter().filter(|entry| entry.action == "ruleset.activate").count()
    };
    for _ in 0..1_000 {
        if activated() == 2 {
            assert_eq!(service.get("/v1/rulesets").await.1["items"][0]["active"], true);
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the activation was not written down");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_deliveries_take_few_transactions() {
    let service = Service::start().await;
    let receiver = Receiver::ok().await;
    let made = service.post("/v1/endpoints", &json!({"url": receiver.url}).to_string()).await;
    assert_eq!(made.0, 201, "{}", made.1);
    let endpoint = made.1["id"].as_str().unwrap().to_owned();
    let workspace = service.engine.workspace("default").unwrap();
    let now = service.clock.now();
    let add = move || {
        workspace.store().commit(|tx| {
            for alert in 0..10_000 {
                tx.add_delivery(NewDelivery {
                    endpoint: endpoint.clone(),
                    alert: format!("a{alert}"),
                    kind: "alert.firing".to_owned(),
                    payload: b"{}".to_vec(),
                    created_at: now,
                    state: DeliveryState::Pending,
                    hold: None,
                })?;
            }
            Ok(())
        })
    };
    tokio::task::spawn_blocking(add).await.unwrap().unwrap();
    // Any change of an endpoint looks at the outbox.
    let path = format!("/v1/endpoints/{}", made.1["id"].as_str().unwrap());
    service.send("PATCH", &path, "application/json", "{}").await;
    let pending = DeliveryFilter { state: Some(DeliveryState::Pending), limit: 1, ..DeliveryFilter::default() };
    let workspace = service.engine.workspace("default").unwrap();
    // A busy machine may take long, but something arrives all the time.
    let mut last = (0, std::time::Instant::now());
    while !workspace.store().deliveries(&pending).unwrap().is_empty() {
        let received = receiver.received().len();
        if received > last.0 {
            last = (received, std::time::Instant::now());
        }
        assert!(last.1.elapsed() < Duration::from_secs(60), "nothing arrives behind the first {received}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(receiver.received().len(), 10_000);
    let page = service.get("/metrics").await.1;
    let line = page.as_str().unwrap().lines().find(|line| line.starts_with("steelyard_delivery_recordings_total")).unwrap().to_owned();
    let recordings: usize = line.rsplit(' ').next().unwrap().parse().unwrap();
    // Without batches there would be one each. How many there are in a batch depends on how fast the machine sends and
    // writes, so that less than three on average is asked for on none.
    assert!(recordings < 10_000 / 3, "{recordings} transactions");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_elsewhere_changes_nothing() {
    let service = Service::start().await;
    let own = service.url.clone();
    for (origin, want) in [("https://evil.example", 403), ("null", 403), ("http://127.0.0.1:1", 403), (own.as_str(), 200)] {
        let (status, body) = crate::service::answer(service.request("GET", "/v1/rulesets").header("origin", origin)).await;
        assert_eq!(status, want, "{origin}: {body}");
        let blind =
            service.request("POST", "/v1/keys").header("origin", origin).header("content-type", "text/plain").body(r#"{"role":"admin"}"#);
        if want == 403 {
            assert_eq!(crate::service::answer(blind).await.1["code"], "SY0594");
        }
    }
}
