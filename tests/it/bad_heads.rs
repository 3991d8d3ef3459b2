//! What is no request, over real sockets: each gets a problem with its code, and the server lives on.

use crate::service::Service;
use serde_json::Value;
use std::time::Duration;
use steelyard::http::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What comes back when these bytes are sent and the line is then kept open or not.
async fn told(service: &Service, bytes: &[u8], open: bool) -> String {
    let mut stream = TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
    let (mut from, mut to) = stream.split();
    let mut answer = Vec::new();
    let talk = async {
        // The server may stop reading before all is sent.
        let _ = to.write_all(bytes).await;
        if !open {
            let _ = to.shutdown().await;
        }
        from.read_to_end(&mut answer).await
    };
    tokio::time::timeout(Duration::from_secs(10), talk).await.expect("the connection stays open").expect("the connection broke");
    String::from_utf8(answer).unwrap()
}

/// Status and code of an answer that must be the last of its connection, and a whole problem.
fn problem(answer: &str) -> (u16, String) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let has = |line: &str| head.lines().any(|one| one.eq_ignore_ascii_case(line));
    assert!(has("content-type: application/problem+json") && has("connection: close"), "{head}");
    assert!(has("x-content-type-options: nosniff") && head.contains("\r\nx-request-id: "), "{head}");
    assert!(has(&format!("content-length: {}", body.len())), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["status"], status);
    for member in ["type", "title", "detail", "detail_zh", "help", "help_zh"] {
        assert!(body[member].as_str().is_some_and(|text| !text.is_empty() && !text.contains('{')), "{member}: {body}");
    }
    (status, body["code"].as_str().unwrap().to_owned())
}

fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_head_gets_its_code() {
    let service = Service::start().await;
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("a long address", get(&format!("/{}", "a".repeat(100_000)), ""), 414, "SY0597"),
        ("an address that just does not fit", get(&format!("/{}", "a".repeat(65_536)), ""), 414, "SY0597"),
        ("65 headers", get("/healthz", &"x: 1\r\n".repeat(64)), 431, "SY0596"),
        ("a large header", get("/healthz", &format!("x: {}\r\n", "a".repeat(100_000))), 431, "SY0596"),
        ("megabytes of headers", get("/healthz", &format!("x: {}\r\n", "a".repeat(4 << 20))), 431, "SY0596"),
        ("no words", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400, "SY0595"),
        ("no request line", b"hello there\r\n\r\n".to_vec(), 400, "SY0595"),
        ("a space in the address", get("/a b", ""), 400, "SY0595"),
        ("a header without a colon", get("/healthz", "nonsense\r\n"), 400, "SY0595"),
        ("HTTP/0.9", b"GET /healthz\r\n\r\n".to_vec(), 400, "SY0595"),
        ("HTTP/3.0", b"GET /healthz HTTP/3.0\r\nhost: localhost\r\n\r\n".to_vec(), 400, "SY0595"),
        ("HTTP/2 at once", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(), 400, "SY0595"),
        ("two lengths", get("/healthz", "content-length: 1\r\ncontent-length: 2\r\n"), 400, "SY0595"),
        ("no length", get("/healthz", "content-length: many\r\n"), 400, "SY0595"),
        ("a length beyond all", get("/healthz", &format!("content-length: {}\r\n", u64::MAX)), 431, "SY0596"),
        ("an unknown coding", get("/healthz", "transfer-encoding: brotli\r\n"), 400, "SY0595"),
        ("chunks in HTTP/1.0", b"POST /v1/events HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n".to_vec(), 400, "SY0595"),
    ];
    for (name, bytes, status, code) in cases {
        assert_eq!(problem(&told(&service, &bytes, true).await), (status, code.to_owned()), "{name}");
    }
    assert_eq!(service.get("/healthz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_refused() {
    let service = Service::active().await;
    let post = |headers: &str, body: &str| {
        format!("POST /v1/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}\r\n{body}")
    };
    let chunked = "transfer-encoding: chunked\r\n";
    for bytes in [post(chunked, "zz\r\n{}\r\n0\r\n\r\n"), post(chunked, "2\r\n{}0\r\n\r\n"), post("content-length: 100\r\n", "{\"type\"")] {
        assert_eq!(problem(&told(&service, bytes.as_bytes(), false).await), (400, "SY0591".to_owned()), "{bytes}");
    }
    assert_eq!(service.get("/healthz").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_stops_is_refused_and_silence_is_not() {
    let service = Service::with(Limits { head_timeout: Duration::from_millis(300), ..Limits::default() }).await;
    let half = b"GET /healthz HTTP/1.1\r\nhost: local";
    assert_eq!(problem(&told(&service, half, true).await), (408, "SY0579".to_owned()));
    assert_eq!(problem(&told(&service, half, false).await), (400, "SY0595".to_owned()));
    assert_eq!(told(&service, b"", true).await, "");
    assert_eq!(told(&service, b"", false).await, "");
    // A connection that is idle after an answer ends without another one.
    let answer = told(&service, &get("/healthz", ""), true).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok\n"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_before_a_bad_head_arrive_as_they_are() {
    let service = Service::start().await;
    let bytes = [get("/healthz", ""), get("/v1/nothing", ""), b"nonsense\r\n\r\n".to_vec()].concat();
    let answers = told(&service, &bytes, true).await;
    let begins = |at: &usize| answers[at + 9..].starts_with(|next: char| next.is_ascii_digit());
    let places: Vec<usize> = answers.match_indices("HTTP/1.1 ").map(|(at, _)| at).filter(begins).collect();
    let [first, second, third] = places[..] else { panic!("{answers}") };
    assert!(answers[first..second].starts_with("HTTP/1.1 200 OK") && answers[first..second].ends_with("\r\n\r\nok\n"), "{answers}");
    assert!(answers[second..third].starts_with("HTTP/1.1 404") && answers[second..third].contains("SY0575"), "{answers}");
    assert_eq!(problem(&answers[third..]), (400, "SY0595".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_nobody_knows_are_refused() {
    let service = Service::start().await;
    for line in ["CONNECT localhost:80", "OPTIONS *", "BREW /v1/events", "TRACE /v1/alerts"] {
        let bytes = format!("{line} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let (status, code) = problem(&told(&service, bytes.as_bytes(), true).await);
        assert!([404, 405].contains(&status) && ["SY0575", "SY0576"].contains(&code.as_str()), "{line}: {status} {code}");
    }
}
