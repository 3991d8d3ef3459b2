//! HTTP servers that promise little: one answers at once, the other appends what came and answers after the fsync.
//!
//! 1. The address stands on the first line of the output; the process ends when its input does.
//! 2. The log writes everything that queued during the last fsync with one write and one fsync.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

type Message = (Bytes, oneshot::Sender<()>);

/// Serves until the input ends; with a file, what comes is appended to it first.
pub fn run(file: Option<&str>) -> Value {
    let log = file.map(|file| {
        let (queue, messages) = channel();
        let file = file.to_owned();
        std::thread::spawn(move || append(&file, &messages));
        Arc::new(queue)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    println!("{}", listener.local_addr().unwrap());
    let app = Router::new().route("/healthz", get(|| async { "ok" }));
    let app = match log {
        Some(log) => app.merge(Router::new().route("/v1/events", post(take)).with_state(log)),
        None => app.route("/v1/events", post(|_: Bytes| async { StatusCode::ACCEPTED })),
    };
    runtime.spawn(async move { axum::serve(listener, app).await.unwrap() });
    let _ended = std::io::stdin().read_line(&mut String::new());
    json!({})
}

async fn take(State(log): State<Arc<Sender<Message>>>, body: Bytes) -> StatusCode {
    let (done, durable) = oneshot::channel();
    log.send((body, done)).unwrap();
    durable.await.unwrap();
    StatusCode::ACCEPTED
}

fn append(file: &str, messages: &Receiver<Message>) {
    let mut log = OpenOptions::new().create(true).append(true).open(file).unwrap();
    while let Ok(first) = messages.recv() {
        let mut group = vec![first];
        group.extend(messages.try_iter());
        let bytes: Vec<u8> = group.iter().flat_map(|(body, _)| body.iter().copied()).collect();
        log.write_all(&bytes).unwrap();
        log.sync_data().unwrap();
        group.into_iter().for_each(|(_, done)| {
            let _gone = done.send(());
        });
    }
}
