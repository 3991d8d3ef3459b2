//! A receiver of webhooks on a port of its own, which behaves as badly as it is told to.
//!
//! 1. Every request is read whole and kept.
//! 2. The behaviour looks at it, and at how many came before, and says what to answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request that came in.
#[derive(Debug, Clone)]
pub struct Received {
    /// Path and query.
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What a receiver does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    With(u16, String),
    /// A status and a body.
    Says(u16, String),
    /// Answers after this time.
    Slow(Duration),
    Hang,
    /// Breaks the connection without an answer.
    Reset,
    /// 200 with a body of 50 MB.
    Flood,
}

pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    pub most_at_once: Arc<AtomicUsize>,
    pub flooded: Arc<AtomicUsize>,
}

type Behaviour = Arc<dyn Fn(&Received, usize) -> Reply + Send + Sync>;

impl Receiver {
    pub async fn start(behaviour: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Receiver { url, received: Arc::default(), most_at_once: Arc::default(), flooded: Arc::default() };
        let (received, most, flooded) = (receiver.received.clone(), receiver.most_at_once.clone(), receiver.flooded.clone());
        let behaviour: Behaviour = Arc::new(behaviour);
        tokio::spawn(async move {
            let at_once = Arc::new(AtomicUsize::new(0));
            while let Ok((stream, _)) = listener.accept().await {
                let (received, behaviour, flooded) = (received.clone(), behaviour.clone(), flooded.clone());
                let (at_once, most) = (at_once.clone(), most.clone());
                tokio::spawn(async move {
                    serve(stream, &received, &behaviour, (&at_once, &most), &flooded).await;
                });
            }
        });
        receiver
    }

    pub async fn ok() -> Receiver {
        Receiver::start(|_, _| Reply::Status(200)).await
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until this many requests have come.
    pub async fn wait(&self, n: usize) -> Vec<Received> {
        for _ in 0..1_000 {
            let received = self.received();
            if received.len() >= n {
                return received;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} requests came, {n} were expected", self.received().len());
    }
}

async fn serve(
    mut stream: TcpStream,
    received: &Mutex<Vec<Received>>,
    behaviour: &Behaviour,
    (at_once, most): (&AtomicUsize, &AtomicUsize),
    flooded: &AtomicUsize,
) {
    while let Some(request) = read(&mut stream).await {
        let n = {
            let mut all = received.lock().unwrap();
            all.push(request.clone());
            all.len() - 1
        };
        most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let go_on = answer(&mut stream, behaviour(&request, n), flooded).await;
        at_once.fetch_sub(1, Ordering::SeqCst);
        if !go_on {
            return;
        }
    }
}

async fn answer(stream: &mut TcpStream, reply: Reply, flooded: &AtomicUsize) -> bool {
    let mut body = String::new();
    let (status, headers) = match reply {
        Reply::Status(status) => (status, String::new()),
        Reply::With(status, headers) => (status, headers),
        Reply::Says(status, text) => {
            body = text;
            (status, String::new())
        }
        Reply::Slow(time) => {
            tokio::time::sleep(time).await;
            (200, String::new())
        }
        Reply::Hang => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            return false;
        }
        Reply::Reset => return false,
        Reply::Flood => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 50 << 20);
            let _ = stream.write_all(head.as_bytes()).await;
            let block = vec![b'x'; 64 << 10];
            for _ in 0..800 {
                if stream.write_all(&block).await.is_err() {
                    return false;
                }
                flooded.fetch_add(block.len(), Ordering::SeqCst);
            }
            return true;
        }
    };
    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.is_ok()
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let headers: BTreeMap<String, String> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let target = text.split(' ').nth(1).unwrap_or_default().to_owned();
    Some(Received { target, headers, body })
}
