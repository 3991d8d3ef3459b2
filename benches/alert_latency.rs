//! From the POST of an event to the webhook received: Steelyard, and next to it the least that can be done for the same
//! promise (axum, append, fsync, POST).
//!
//! 1. Both servers run in this process; one local receiver takes the webhooks of both.
//! 2. For every sample one event goes to each of them in turn, and the next is sent when its webhook has come.
//! 3. The last lines are the percentiles and their ratio.
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
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use wire::{Call, Client};

const SAMPLES: usize = 500;
const WARM_UP: usize = 20;

/// The bare path: a file, and a thread that posts.
struct Bare {
    log: Mutex<File>,
    outbox: Sender<Bytes>,
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
