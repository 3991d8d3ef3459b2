//! Requests over connections that stay open, each waiting for its answer before it asks again.
//!
//! 1. Events are taken from a file in its order, whole requests at a time; no event is sent twice.
//! 2. With a rate, requests are sent at their times; what comes late is sent at once.
//! 3. The answer tells how much was sent, how long it took, and the percentiles of the waiting.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A connection and what it has seen.
struct Connection {
    stream: BufReader<TcpStream>,
    waits: Vec<Duration>,
    refused: usize,
}

impl Connection {
    fn open(address: &str) -> Connection {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Connection { stream: BufReader::new(stream), waits: Vec::new(), refused: 0 }
    }

    /// Sends a request and reads its answer. A service that is busy is asked again.
    fn ask(&mut self, request: &[u8]) {
        let start = Instant::now();
        loop {
            self.stream.get_mut().write_all(request).unwrap();
            match self.answer() {
                503 => std::thread::sleep(Duration::from_millis(1)),
                200..=299 => break,
                _ => {
                    self.refused += 1;
                    break;
                }
            }
        }
        self.waits.push(start.elapsed());
    }

    fn answer(&mut self) -> u16 {
        let (mut line, mut status, mut length) = (String::new(), 0, 0);
        loop {
            line.clear();
            assert!(self.stream.read_line(&mut line).unwrap() > 0, "the server hung up");
            let text = line.trim_end();
            if status == 0 {
                status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap();
            } else if text.is_empty() {
                break;
            } else if let Some((name, value)) = text.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        status
    }
}

/// Posts the lines of a file, `batch` a request, for so many seconds (0: all of them) at so many requests a second (0: as
/// fast as they are answered).
pub fn post((address, path): (&str, &str), file: &str, connections: usize, batch: usize, (seconds, per_second): (usize, usize)) -> Value {
    let text = std::fs::read(file).unwrap();
    let kind = if batch == 1 { "application/json" } else { "application/x-ndjson" };
    let requests: Vec<Vec<u8>> = pieces(&text, batch)
        .map(|body| {
            let head = format!("POST {path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
            [head.as_bytes(), body].concat()
        })
        .collect();
    drop(text);
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let due = |at: usize| start + Duration::from_secs_f64(at as f64 / per_second.max(1) as f64);
    let over = || seconds > 0 && start.elapsed().as_secs() >= seconds as u64;
    drive(address, connections, start, batch, |connection| {
        while !over() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(request) = requests.get(at) else { return };
            if per_second > 0 {
                std::thread::sleep(due(at).saturating_duration_since(Instant::now()));
            }
            connection.ask(request);
        }
    })
}

/// Gets a path again and again.
pub fn get((address, path): (&str, &str), connections: usize, seconds: usize) -> Value {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
    let start = Instant::now();
    drive(address, connections, start, 1, |connection| {
        while start.elapsed().as_secs() < seconds as u64 {
            connection.ask(&request);
        }
    })
}

fn drive(address: &str, connections: usize, start: Instant, batch: usize, work: impl Fn(&mut Connection) + Sync) -> Value {
    let all = Mutex::new((Vec::new(), 0));
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                let mut connection = Connection::open(address);
                work(&mut connection);
                let mut all = all.lock().unwrap();
                all.0.append(&mut connection.waits);
                all.1 += connection.refused;
            });
        }
    });
    let took = start.elapsed().as_secs_f64();
    let (mut waits, refused) = all.into_inner().unwrap();
    waits.sort_unstable();
    let at = |percent: usize| waits.get((waits.len().max(1) - 1) * percent / 100).map_or(0, Duration::as_micros);
    json!({ "seconds": took, "requests": waits.len(), "events": waits.len() * batch, "refused": refused, "p50": at(50), "p99": at(99) })
}

/// A text in pieces of so many lines; what is left over at the end makes no request.
fn pieces(text: &[u8], lines: usize) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut ends = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let (piece, after) = rest.split_at(ends.nth(lines - 1)?);
        rest = after;
        Some(piece)
    })
}
