//! Deliveries from a real outbox to real receivers: signatures, retries, order, isolation, refused addresses.
//!
//! 1. A [`Bench`] is an outbox on disk, a dispatcher, and a clock that can be set forward.
//! 2. Each test puts deliveries into the outbox and looks at what the receivers got and what was recorded.

use crate::receiver::{Receiver, Reply};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use steelyard::notify::{Dispatcher, Guard, Limits, Sender, Timeouts, sign};
use steelyard::store::{Binding, Delivery, DeliveryFilter, DeliveryState, Endpoint, NewDelivery, Outcome, Settings, Store};
use steelyard::time::Instant;

pub struct Bench {
    pub store: Arc<Store>,
    dispatcher: Arc<Dispatcher>,
    forward_us: Arc<AtomicI64>,
    pub wake: Arc<dyn Fn() + Send + Sync>,
    _dir: tempfile::TempDir,
}

fn wall() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros()).unwrap()
}

fn dispatcher(timeout_ms: u64, resend: Duration, forward_us: &Arc<AtomicI64>) -> Arc<Dispatcher> {
    let guard = Guard { allowed: vec!["127.0.0.0/8".parse().unwrap()] };
    let total = Duration::from_millis(timeout_ms);
    let sender = Sender::new(guard, Timeouts { connect: total, total }).unwrap();
    let forward = forward_us.clone();
    let limits = Limits { resend, ..Limits::default() };
    let clock = Arc::new(move || Instant(wall() + forward.load(Ordering::SeqCst)));
    Arc::new(Dispatcher::linking(sender, limits, clock, Some("https://kpi.example/")))
}

/// Wakes the watch over an outbox, which begins with the first ring: what a test adds before is found all together.
fn on_first_ring(dispatcher: &Arc<Dispatcher>, store: &Arc<Store>) -> Arc<dyn Fn() + Send + Sync> {
    let (dispatcher, store, watch) = (Arc::clone(dispatcher), Arc::clone(store), OnceLock::new());
    Arc::new(move || watch.get_or_init(|| dispatcher.watch("default", store.clone()))())
}

impl Bench {
    pub fn new(timeout_ms: u64) -> Bench {
        Bench::resending(timeout_ms, Limits::default().resend)
    }

    /// With another time after which what stands is told again.
    pub fn resending(timeout_ms: u64, resend: Duration) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(dir.path(), 1 << 20).unwrap());
        let forward_us = Arc::new(AtomicI64::new(0));
        let dispatcher = dispatcher(timeout_ms, resend, &forward_us);
        let wake = on_first_ring(&dispatcher, &store);
        Bench { store, dispatcher, forward_us, wake, _dir: dir }
    }

    /// With a sender that reaches other addresses.
    pub fn over(sender: Sender) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(dir.path(), 1 << 20).unwrap());
        let dispatcher = Arc::new(Dispatcher::new(sender, Limits::default(), Arc::new(|| Instant(wall()))));
        let wake = dispatcher.watch("default", store.clone());
        Bench { store, dispatcher, forward_us: Arc::default(), wake, _dir: dir }
    }

    /// Stops everything and starts anew on the same outbox.
    pub async fn restart(&mut self, resend: Duration) {
        self.stop().await;
        self.dispatcher = dispatcher(5_000, resend, &self.forward_us);
        self.wake = self.dispatcher.watch("default", self.store.clone());
    }

    pub async fn stop(&self) {
        self.dispatcher.stop(Duration::from_secs(5)).await;
    }

    pub fn now(&self) -> Instant {
        Instant(wall() + self.forward_us.load(Ordering::SeqCst))
    }

    pub fn endpoint(&self, id: &str, url: &str) -> Endpoint {
        self.endpoint_of(id, url, Settings::default(), &sign::new_secret().unwrap())
    }

    pub fn endpoint_of(&self, id: &str, url: &str, settings: Settings, secret: &str) -> Endpoint {
        let endpoint = Endpoint {
            id: id.to_owned(),
            url: url.to_owned(),
            channels: Vec::new(),
            secrets: Some(secret.to_owned()).filter(|secret| !secret.is_empty()).into_iter().collect(),
            disabled: None,
            created_at: self.now(),
            failing_since: None,
            settings,
            binding: Binding::default(),
        };
        self.store.put_endpoint(&endpoint).unwrap();
        endpoint
    }

    pub fn add(&self, endpoint: &str, alert: &str, body: &str) -> Delivery {
        let new = NewDelivery {
            endpoint: endpoint.to_owned(),
            alert: alert.to_owned(),
            kind: "alert.firing".to_owned(),
            payload: body.as_bytes().to_vec(),
            created_at: self.now(),
            state: DeliveryState::Pending,
            hold: None,
        };
        self.store.enqueue(new).unwrap()
    }

    pub fn send(&self, endpoint: &str, alert: &str, body: &str) -> Delivery {
        let delivery = self.add(endpoint, alert, body);
        (self.wake)();
        delivery
    }

    /// Lets everything that waits for a time have waited so much longer. To set the clock ahead would change nothing.
    pub fn forward(&self, seconds: i64) {
        let earlier = |at: Instant| Instant(at.0 - seconds * 1_000_000);
        let mut waiting = self.store.deliveries(&DeliveryFilter { limit: 1_000, ..DeliveryFilter::default() }).unwrap();
        waiting.retain(|one| one.state == DeliveryState::Pending || one.stands);
        let outcome =
            |one: &Delivery| Outcome { id: one.id, attempt: None, state: one.state, next_at: earlier(one.next_at), stands: one.stands };
        self.store.record_attempts(&waiting.iter().map(outcome).collect::<Vec<_>>()).unwrap();
        for endpoint in self.store.endpoints().unwrap() {
            let shift = |endpoint: &mut Endpoint| endpoint.failing_since = endpoint.failing_since.map(earlier);
            self.store.update_endpoint(&endpoint.id, shift).unwrap();
        }
        (self.wake)();
    }

    pub async fn until(&self, id: u64, what: impl Fn(&Delivery) -> bool) -> Delivery {
        for _ in 0..1_000 {
            let delivery = self.store.delivery(id).unwrap().unwrap();
            if what(&delivery) {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never came to it: {:?}", self.store.delivery(id).unwrap().unwrap());
    }

    pub async fn until_endpoint(&self, id: &str, what: impl Fn(&Endpoint) -> bool) -> Endpoint {
        for _ in 0..1_000 {
            let endpoint = self.store.endpoint(id).unwrap().unwrap();
            if what(&endpoint) {
                return endpoint;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it never came to it: {:?}", self.store.endpoint(id).unwrap().unwrap().disabled);
    }

    pub async fn attempts(&self, id: u64, n: usize) -> Delivery {
        self.until(id, |delivery| delivery.attempts.len() >= n).await
    }
}

/// Has the foreign library verify a delivery.
fn foreign_verify(secret: &str, received: &crate::receiver::Received) -> Result<String, String> {
    let header = |name: &str| received.headers[name].clone();
    let body = String::from_utf8(received.body.clone()).unwrap();
    let signed = [header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"), body];
    foreign("verify_webhook.py", &[&[secret.to_owned()], &signed[..]].concat())
}

/// Runs a script with a foreign library.
pub fn foreign(script: &str, args: &[String]) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join(".tools/venv/bin/python");
    assert!(python.exists(), "{} is missing: run `make tools` once, it installs the foreign libraries there", python.display());
    let out = Command::new(python).arg(root.join("tests/foreign").join(script)).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if out.status.success() { Ok(text(&out.stdout)) } else { Err(text(&out.stderr)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_library_verifies_deliveries() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::ok().await;
    let old = bench.endpoint("e", &receiver.url).secrets[0].clone();
    let new = sign::new_secret().unwrap();
    bench.store.rotate_secret("e", new.clone()).unwrap();
    bench.send("e", "a1", r#"{"type":"alert.firing","data":{"shop":"旗舰店"}}"#);
    let received = &receiver.wait(1).await[0];
    assert_eq!(received.headers["content-type"], "application/json");
    assert_eq!(received.headers["webhook-signature"].split(' ').count(), 2);
    for secret in [&old, &new] {
        assert_eq!(foreign_verify(secret, received).unwrap(), "verified");
    }
    assert!(foreign_verify(&sign::new_secret().unwrap(), received).is_err());
    let mut forged = received.clone();
    forged.body = br#"{"type":"alert.resolved"}"#.to_vec();
    assert!(foreign_verify(&new, &forged).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_tried_again_under_the_same_id() {
    let bench = Bench::new(400);
    let receiver = Receiver::start(|_, n| match n {
        0 => Reply::Status(500),
        1 => Reply::Reset,
        2 => Reply::With(307, "location: http://127.0.0.1:1/\r\n".to_owned()),
        3 => Reply::Hang,
        4 => Reply::Status(404),
        _ => Reply::Status(204),
    })
    .await;
    bench.endpoint("e", &receiver.url);
    let delivery = bench.send("e", "a1", "{}");
    for (n, (wait_s, error)) in
        [(5, "500"), (300, ""), (1_800, "redirects are not followed"), (7_200, "no answer in time"), (18_000, "404")]
            .into_iter()
            .enumerate()
    {
        let after = bench.attempts(delivery.id, n + 1).await;
        let attempt = &after.attempts[n];
        assert!(attempt.error.as_ref().unwrap().contains(error), "{attempt:?}");
        let wait = (after.next_at.0 - attempt.at.0) / 1_000_000;
        assert!((wait_s * 9 / 10..=wait_s * 11 / 10 + 1).contains(&wait), "attempt {n}: {wait} s instead of {wait_s} s");
        assert_eq!(after.state, DeliveryState::Pending);
        bench.forward(wait + 1);
    }
    let done = bench.until(delivery.id, |d| d.state == DeliveryState::Delivered).await;
    assert_eq!((done.attempts.len(), done.attempts[5].status), (6, Some(204)));
    let received = receiver.received();
    assert!(received.iter().all(|one| one.id() == delivery.message_id), "the id changed");
    bench.until_endpoint("e", |endpoint| endpoint.failing_since.is_none()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_dies_in_the_end_and_can_be_sent_again() {
    let bench = Bench::new(2_000);
    let receiver = Receiver::start(|_, n| if n < 10 { Reply::Status(503) } else { Reply::Status(200) }).await;
    bench.endpoint("e", &receiver.url);
    let delivery = bench.send("e", "a1", "{}");
    for n in 1..=8 {
        bench.attempts(delivery.id, n).await;
        bench.forward(40_000);
    }
    bench.until(delivery.id, |d| d.state == DeliveryState::Dead).await;
    bench.store.redeliver(delivery.id).unwrap();
    bench.dispatcher.wake("default");
    // It begins a whole new schedule: two more failures are no reason to give up.
    for n in 9..=10 {
        let failed = bench.attempts(delivery.id, n).await;
        assert_eq!(failed.state, DeliveryState::Pending);
        bench.forward(400);
    }
    let again = bench.until(delivery.id, |d| d.state == DeliveryState::Delivered).await;
    assert_eq!(again.attempts.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured() {
    let bench = Bench::new(2_000);
    let receiver = Receiver::start(|_, _| Reply::With(503, "retry-after: 7200\r\n".to_owned())).await;
    bench.endpoint("e", &receiver.url);
    let delivery = bench.send("e", "a1", "{}");
    let after = bench.attempts(delivery.id, 1).await;
    assert!((7_200..7_210).contains(&((after.next_at.0 - after.attempts[0].at.0) / 1_000_000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn gone_disables_the_endpoint() {
    let bench = Bench::new(2_000);
    let receiver = Receiver::start(|_, _| Reply::Status(410)).await;
    bench.endpoint("e", &receiver.url);
    let first = bench.send("e", "a1", "{}");
    bench.until(first.id, |d| d.state == DeliveryState::Dead).await;
    let endpoint = bench.until_endpoint("e", |endpoint| endpoint.disabled.is_some()).await;
    assert_eq!(endpoint.disabled.as_deref(), Some("the receiver answered 410 Gone"));
    let second = bench.send("e", "a1", "{}");
    let buried = bench.until(second.id, |d| d.state == DeliveryState::Dead).await;
    assert!(buried.attempts.is_empty());
    assert_eq!(receiver.received().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_days_of_failures_disable_the_endpoint() {
    let bench = Bench::new(2_000);
    let receiver = Receiver::start(|_, _| Reply::Status(500)).await;
    bench.endpoint("e", &receiver.url);
    for day in 0..7 {
        let delivery = bench.send("e", &format!("a{day}"), "{}");
        bench.until(delivery.id, |d| !d.attempts.is_empty() || d.state == DeliveryState::Dead).await;
        bench.forward(86_400);
    }
    let disabled = bench.until_endpoint("e", |endpoint| endpoint.disabled.is_some()).await.disabled;
    assert!(disabled.as_ref().is_some_and(|why| why.contains("5 days")), "{disabled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn notices_of_one_alert_keep_their_order() {
    let bench = Bench::new(2_000);
    let receiver = Receiver::start(|request, n| if n == 0 && request.body == b"1" { Reply::Status(500) } else { Reply::Status(200) }).await;
    bench.endpoint("e", &receiver.url);
    let first = bench.send("e", "a1", "1");
    bench.attempts(first.id, 1).await;
    bench.send("e", "a1", "2");
    bench.send("e", "a1", "3");
    let other = bench.send("e", "a2", "4");
    bench.until(other.id, |d| d.state == DeliveryState::Delivered).await;
    assert_eq!(receiver.received().len(), 2, "a later notice overtook an earlier one");
    bench.forward(10);
    let bodies: Vec<_> = receiver.wait(5).await.into_iter().map(|one| String::from_utf8(one.body).unwrap()).collect();
    assert_eq!(bodies, ["1", "4", "1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_endpoint_delays_no_other() {
    // No hanging attempt ends as long as the test is willing to wait for the other endpoint.
    let bench = Bench::new(60_000);
    let hanging = Receiver::start(|_, _| Reply::Hang).await;
    let good = Receiver::ok().await;
    bench.endpoint("hangs", &hanging.url);
    bench.endpoint("works", &good.url);
    for n in 0..500 {
        bench.add("hangs", &format!("a{n}"), "{}");
    }
    bench.send("hangs", "last", "{}");
    hanging.wait(1).await;
    bench.send("works", "a1", "{}");
    good.wait(1).await;
    assert!(hanging.most_at_once.load(Ordering::SeqCst) <= 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_delivery_does_not_hold_up_other_alerts_of_its_endpoint() {
    let bench = Bench::new(60_000);
    let receiver =
        Receiver::start(|request, _| if request.body == b"slow" { Reply::Slow(Duration::from_secs(30)) } else { Reply::Status(200) }).await;
    bench.endpoint("e", &receiver.url);
    let slow = bench.send("e", "a1", "slow");
    receiver.wait(1).await;
    let quick = bench.send("e", "a2", "quick");
    bench.until(quick.id, |d| d.state == DeliveryState::Delivered).await;
    assert!(bench.store.delivery(slow.id).unwrap().unwrap().attempts.is_empty(), "the slow one is still under way");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_an_answer_is_not_read() {
    let bench = Bench::new(10_000);
    let receiver = Receiver::start(|_, _| Reply::Flood).await;
    bench.endpoint("e", &receiver.url);
    let delivery = bench.send("e", "a1", "{}");
    bench.until(delivery.id, |d| d.state == DeliveryState::Delivered).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(receiver.flooded.load(Ordering::SeqCst) < 20 << 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_checked_at_every_attempt() {
    let bench = Bench::new(2_000);
    let receiver = Receiver::ok().await;
    let port = receiver.url.rsplit(':').next().unwrap().to_owned();
    for (id, url) in [
        ("v6", format!("http://[::1]:{port}")),
        ("meta", "http://169.254.169.254/latest".to_owned()),
        ("tls", "https://10.0.0.1/".to_owned()),
    ] {
        bench.endpoint(id, &url);
        let delivery = bench.send(id, "a1", "{}");
        let failed = bench.attempts(delivery.id, 1).await;
        assert!(failed.attempts[0].error.as_ref().unwrap().contains("leads to"), "{failed:?}");
    }
    // A name is allowed when its address is.
    bench.endpoint("name", &receiver.url.replace("127.0.0.1", "localhost"));
    let delivery = bench.send("name", "a1", "{}");
    bench.until(delivery.id, |d| d.state == DeliveryState::Delivered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_recorded_is_sent_again_after_a_restart() {
    let bench = Bench::new(60_000);
    let receiver = Receiver::start(|_, n| if n == 0 { Reply::Hang } else { Reply::Status(200) }).await;
    bench.endpoint("e", &receiver.url);
    let delivery = bench.send("e", "a1", "{}");
    receiver.wait(1).await;
    bench.dispatcher.stop(Duration::from_millis(50)).await;
    assert!(bench.store.delivery(delivery.id).unwrap().unwrap().attempts.is_empty());
    let next = dispatcher(5_000, Limits::default().resend, &bench.forward_us);
    next.watch("default", bench.store.clone());
    let received = receiver.wait(2).await;
    assert_eq!(received[0].id(), received[1].id());
    bench.until(delivery.id, |d| d.state == DeliveryState::Delivered).await;
    next.stop(Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_due_deliveries_are_each_sent_once() {
    let bench = Bench::new(5_000);
    let receiver = Receiver::ok().await;
    bench.endpoint("e", &receiver.url);
    let n = 1_000;
    for alert in 0..n {
        bench.add("e", &format!("a{alert}"), "{}");
    }
    let started = std::time::Instant::now();
    (bench.wake)();
    let ids: std::collections::BTreeSet<_> = receiver.wait(n).await.iter().map(|one| one.id().to_owned()).collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    println!("{n} deliveries in {:?}", started.elapsed());
    assert_eq!((ids.len(), receiver.received().len()), (n, n));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_recorded_into_a_workspace_that_is_gone() {
    let receiver = Receiver::start(|_, _| Reply::Hang).await;
    let bench = Bench::new(500);
    bench.endpoint("e", &receiver.url);
    let delivery = bench.send("e", "a", "{}");
    receiver.wait(1).await;
    // The attempt is under way when the workspace goes; its end finds nobody to record it, and nothing hangs on to it.
    bench.dispatcher.unwatch("default");
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(bench.store.delivery(delivery.id).unwrap().unwrap().attempts.is_empty());
    (bench.wake)();
    bench.send("e", "a", "{}");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(receiver.received().len(), 1);
    let ended = std::time::Instant::now();
    bench.dispatcher.stop(Duration::from_secs(5)).await;
    assert!(ended.elapsed() < Duration::from_secs(4), "a task of the workspace that is gone still runs");
    let mut store = bench.store.clone();
    drop(bench);
    for _ in 0..200 {
        if Arc::get_mut(&mut store).is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the store of the workspace that is gone is still held");
}
