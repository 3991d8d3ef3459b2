//! HTTP/1.1 as plainly as tests need it: a blocking client that keeps its connection, and a receiver of webhooks.
//! Neither shares code with the server under test.

use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A message of either side: the words of its first line, its headers in lower case, its body.
#[derive(Debug, Clone)]
pub struct Message {
    /// `POST /hook HTTP/1.1` or `HTTP/1.1 202 Accepted`
    pub first_line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Message {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The status of an answer.
    pub fn status(&self) -> u16 {
        self.first_line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Reads one message; `UnexpectedEof` when the other side has closed.
fn read_message(from: &mut impl BufRead) -> Result<Message> {
    let mut line = || {
        let mut text = String::new();
        match from.read_line(&mut text)? {
            0 => Err(Error::from(ErrorKind::UnexpectedEof)),
            _ => Ok(text.trim_end().to_owned()),
        }
    };
    let first_line = line()?;
    let mut headers = Vec::new();
    loop {
        let text = line()?;
        match text.split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut message = Message { first_line, headers, body: Vec::new() };
    if message.header("transfer-encoding") == Some("chunked") {
        message.body = read_chunks(from)?;
    } else {
        let length = message.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
        message.body = vec![0; length];
        from.read_exact(&mut message.body)?;
    }
    Ok(message)
}

fn read_chunks(from: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut size = String::new();
        from.read_line(&mut size)?;
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| Error::from(ErrorKind::InvalidData))?;
        let mut chunk = vec![0; size + 2];
        from.read_exact(&mut chunk)?;
        if size == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..size]);
    }
}

/// Bodies from this size on are sent while the answer is awaited.
const LARGE: usize = 1 << 20;

/// A client with one connection, opened when needed and again after a failure.
pub struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client of this server.
    pub fn new(address: SocketAddr) -> Client {
        Client { address, connection: None }
    }

    /// Sends a request and waits for its answer, ten seconds at most.
    pub fn send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Message> {
        let answer = self.try_send(method, path, kind, body);
        let ends = |answer: &Message| body.len() >= LARGE || answer.header("connection") == Some("close");
        if answer.as_ref().map_or(true, ends) {
            self.connection = None;
        }
        answer
    }

    fn try_send(&mut self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Message> {
        if self.connection.is_none() {
            let stream = TcpStream::connect_timeout(&self.address, Duration::from_secs(2))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            self.connection = Some(BufReader::new(stream));
        }
        let Some(connection) = &mut self.connection else { return Err(Error::from(ErrorKind::NotConnected)) };
        let kind = if kind.is_empty() { String::new() } else { format!("content-type: {kind}\r\n") };
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n{kind}content-length: {}\r\n\r\n", self.address, body.len());
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        if request.len() < LARGE {
            connection.get_mut().write_all(&request)?;
            return read_message(connection);
        }
        // A server that refuses a large body answers before it has read it all: one must listen while speaking.
        let mut writer = connection.get_mut().try_clone()?;
        thread::spawn(move || writer.write_all(&request));
        read_message(connection)
    }

    /// Sends JSON.
    pub fn json(&mut self, method: &str, path: &str, body: &serde_json::Value) -> Result<Message> {
        self.send(method, path, "application/json", body.to_string().as_bytes())
    }

    /// Asks.
    pub fn get(&mut self, path: &str) -> Result<Message> {
        self.send("GET", path, "", &[])
    }
}

/// A webhook as it came in.
#[derive(Debug, Clone)]
pub struct Call {
    /// When it was complete.
    pub at: Instant,
    /// What it was.
    pub message: Message,
}

/// A receiver of webhooks that answers 204 to everything and keeps it.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Receiver {
    /// Starts one on a free port; every call is also sent into the channel.
    pub fn start(tell: Option<Sender<Call>>) -> Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let calls = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&calls);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, tell) = (Arc::clone(&kept), tell.clone());
                thread::spawn(move || serve(stream, &kept, tell.as_ref()));
            }
        });
        Ok(Receiver { address, calls })
    }

    /// What came so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().map(|calls| calls.clone()).unwrap_or_default()
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Call>>, tell: Option<&Sender<Call>>) {
    let _ = stream.set_nodelay(true);
    let mut connection = BufReader::new(stream);
    while let Ok(message) = read_message(&mut connection) {
        let call = Call { at: Instant::now(), message };
        if let Ok(mut calls) = kept.lock() {
            calls.push(call.clone());
        }
        if let Some(tell) = tell {
            let _ = tell.send(call);
        }
        if connection.get_mut().write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").is_err() {
            return;
        }
    }
}

#[test]
fn client_and_receiver_speak() {
    let (tell, told) = std::sync::mpsc::channel();
    let receiver = Receiver::start(Some(tell)).unwrap();
    let mut client = Client::new(receiver.address);
    for n in 0..2 {
        let answer = client.json("POST", "/hook", &serde_json::json!({ "n": n })).unwrap();
        assert_eq!(answer.status(), 204);
    }
    let call = told.recv().unwrap();
    assert!(call.at <= Instant::now());
    assert_eq!((call.message.header("content-type"), call.message.json()["n"].as_i64()), (Some("application/json"), Some(0)));
    assert_eq!(receiver.calls().len(), 2);
}
