//! From the POST of an event to the webhook received: Steelyard, and next to it the least that can be done for the same
//! promise (axum, append, fsync, POST).
//!
//! 1. Both servers run in this process; one local receiver takes the webhooks of both.
//! 2. For every sample one event goes to each of them in turn, and the next is sent when its webhook has come.
//! 3. With a file of events and a rate, [`load`] sends those to the service meanwhile, a thousand a request, the next when the
//!    last is answered.
//! 4. The last lines are the percentiles, their ratio, and both as JSON.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../tests/it/wire.rs"]
mod wire;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use steelyard::engine::{Engine, Options};
use steelyard::http::{Access, App, Limits, serve};
use steelyard::notify::{self, Dispatcher, Guard, Sender, Timeouts};
use wire::{Call, Client};

const SAMPLES: usize = 500;
const WARM_UP: usize = 20;
/// The events of a request of the load.
const LOAD_BATCH: usize = 1_000;

/// The bare path: a file, and a thread that posts.
struct Bare {
    log: Mutex<File>,
    outbox: mpsc::Sender<Bytes>,
}

async fn take(State(bare): State<Arc<Bare>>, body: Bytes) -> StatusCode {
    let written = tokio::task::block_in_place(|| {
        let mut log = bare.log.lock().unwrap();
        log.write_all(&body).and_then(|()| log.sync_data())
    });
    written.unwrap();
    bare.outbox.send(body).unwrap();
    StatusCode::ACCEPTED
}

/// Starts the bare path; returns where it listens.
fn start_bare(runtime: &tokio::runtime::Runtime, dir: &Path, receiver: SocketAddr) -> SocketAddr {
    let (outbox, due) = channel::<Bytes>();
    thread::spawn(move || {
        let mut client = Client::new(receiver);
        due.into_iter().for_each(|body| drop(client.send("POST", "/bare", "application/json", &body).unwrap()));
    });
    let bare = Bare { log: Mutex::new(File::create(dir.join("bare.log")).unwrap()), outbox };
    let app = Router::new().route("/v1/events", post(take)).with_state(Arc::new(bare));
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// Sends one event and waits for its webhook.
fn sample(client: &mut Client, event: &serde_json::Value, told: &Receiver<Call>) -> Duration {
    let start = Instant::now();
    let answer = client.json("POST", "/v1/events", event).unwrap();
    assert_eq!(answer.status(), 202, "{}", String::from_utf8_lossy(&answer.body));
    let call = told.recv_timeout(Duration::from_secs(10)).unwrap();
    call.at - start
}

/// p50, p99 and the greatest, in microseconds.
fn percentiles(mut samples: Vec<Duration>) -> [u128; 3] {
    samples.sort_unstable();
    let at = |percent: usize| samples[(samples.len() - 1) * percent / 100].as_micros();
    [at(50), at(99), at(100)]
}

const RULESET: &str = "ruleset latency 1.0.0 {
  currency USD
  timezone UTC
}

event lever {
  on level number
}

metric lamp = last(lever.on)

alert lit on lamp over all time {
  warning when > 0
  no data keep
  notify  lamp
}
";

/// Starts Steelyard on a file of its own, with one rule and one endpoint; returns where it listens.
fn start_service(runtime: &tokio::runtime::Runtime, dir: &Path, receiver: SocketAddr) -> SocketAddr {
    let (listener, app) = runtime.block_on(async {
        let engine = Arc::new(Engine::open(&dir.join("data"), Options::default()).unwrap());
        let guard = Guard { allowed: vec!["127.0.0.0/8".parse().unwrap()] };
        let sender = Sender::new(guard, Timeouts::default()).unwrap();
        let clock = Arc::clone(&engine);
        let dispatcher = Arc::new(Dispatcher::new(sender, notify::Limits::default(), Arc::new(move || clock.now())));
        let app = App::new(engine, dispatcher, Access::new(true), Limits::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        (listener, app)
    });
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { serve(listener, app, std::future::pending()).await.unwrap() });
    let mut client = Client::new(address);
    assert_eq!(client.get("/readyz").unwrap().status(), 200);
    activate(&mut client, RULESET, "latency");
    // The alerts of other rulesets go to nobody.
    let endpoint = serde_json::json!({ "url": format!("http://{receiver}/steelyard"), "channels": ["lamp"] });
    done(&mut client, "/v1/endpoints", &endpoint.to_string());
    address
}

fn activate(client: &mut Client, ruleset: &str, name: &str) {
    done(client, "/v1/rulesets", ruleset);
    done(client, &format!("/v1/rulesets/{name}/1.0.0/activate"), "{}");
}

fn done(client: &mut Client, path: &str, body: &str) {
    let answer = client.send("POST", path, "application/json", body.as_bytes()).unwrap();
    assert!(answer.status() < 300, "{path}: {}", answer.json());
}

/// Sends the lines of a file at a rate until the samples end. When the file does, it begins again under other ids. How many
/// came in a second: fewer when the service does not keep up.
fn load(address: SocketAddr, file: &str, per_second: u32, ended: &AtomicBool) -> f64 {
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let batches = (0..).flat_map(|round| lines.chunks(LOAD_BATCH).map(move |batch| (round, batch)));
    let mut client = Client::new(address);
    let start = Instant::now();
    for (at, (round, batch)) in (0u32..).zip(batches) {
        if ended.load(Ordering::SeqCst) {
            return f64::from(at) * LOAD_BATCH as f64 / start.elapsed().as_secs_f64();
        }
        let due = start + Duration::from_secs(1) * (LOAD_BATCH as u32) * at / per_second;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let body = batch.join("\n").replace("\"id\":\"", &format!("\"id\":\"{round}-"));
        let answer = client.send("POST", "/v1/events", "application/x-ndjson", body.as_bytes()).unwrap();
        assert!(matches!(answer.status(), 202 | 503), "{}", answer.json());
    }
    0.0
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let dir = tempfile::tempdir().unwrap();
    let (tell, told) = channel();
    let receiver = wire::Receiver::start(Some(tell)).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut bare = Client::new(start_bare(&runtime, dir.path(), receiver.address));
    let address = start_service(&runtime, dir.path(), receiver.address);
    let mut service = Client::new(address);
    let ended = Arc::new(AtomicBool::new(false));
    let loading = words.first().zip(words.get(1)).map(|(file, rate)| {
        activate(&mut service, include_str!("rulesets/live.kpi"), "live");
        let (file, rate, ended) = (file.clone(), rate.parse().unwrap(), Arc::clone(&ended));
        thread::spawn(move || load(address, &file, rate, &ended))
    });
    let (mut bare_took, mut service_took) = (Vec::new(), Vec::new());
    for n in 0..WARM_UP + SAMPLES {
        // Event times rise by a second, so that every event turns the alert on or off.
        let time = format!("2026-03-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60);
        let event =
            serde_json::json!({ "type": "lever", "source": "bench", "id": n.to_string(), "time": time, "data": { "on": (n + 1) % 2 } });
        let took = (sample(&mut bare, &event, &told), sample(&mut service, &event, &told));
        if n >= WARM_UP {
            bare_took.push(took.0);
            service_took.push(took.1);
        }
    }
    ended.store(true, Ordering::SeqCst);
    let came = loading.map(|loading| loading.join().unwrap());
    let alerts = receiver.calls().iter().filter(|call| call.message.first_line.contains("/steelyard")).count();
    assert_eq!(alerts, WARM_UP + SAMPLES, "each event is told once");
    let (bare, service) = (percentiles(bare_took), percentiles(service_took));
    println!("from the POST of an event to the webhook received, {SAMPLES} samples, microseconds");
    println!("{:<44}{:>8}{:>8}{:>8}", "", "p50", "p99", "max");
    for (name, [p50, p99, max]) in [("bare: axum, append, fsync, POST", bare), ("steelyard: dedupe, redb, alert, signed webhook", service)]
    {
        println!("{name:<44}{p50:>8}{p99:>8}{max:>8}");
    }
    println!("ratio of p50: {}.{:02}", service[0] / bare[0], service[0] * 100 / bare[0] % 100);
    println!("{}", serde_json::json!({ "ours": service, "bare": bare, "came": came }));
}
