//! The real binary, started on a free port with a folder of its own, killed hard when dropped.

use crate::wire::Client;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// A running `steelyard serve`.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts it on a data folder and waits until it is ready.
    pub fn start(data: &Path) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_steelyard"))
            .args(["serve", "--listen", "127.0.0.1:0", "--allow-network", "127.0.0.0/8", "--data"])
            .arg(data)
            .env("RUST_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, lines) = channel();
        let said = Arc::new(Mutex::new(String::new()));
        let pipes: [Box<dyn Read + Send>; 2] = [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for pipe in pipes {
            let (tell, said) = (tell.clone(), Arc::clone(&said));
            // Goes on reading for as long as the process lives, so that a full pipe never stops it.
            thread::spawn(move || {
                for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                    said.lock().unwrap().push_str(&(line.clone() + "\n"));
                    let _ = tell.send(line);
                }
            });
        }
        drop(tell);
        let address = address(&lines);
        let server = Server { address, child, said };
        let mut client = Client::new(server.address);
        let start = Instant::now();
        while !client.get("/readyz").is_ok_and(|answer| answer.status() == 200) {
            assert!(start.elapsed() < Duration::from_secs(10), "not ready after ten seconds");
            thread::sleep(Duration::from_millis(2));
        }
        server
    }

    /// What it has written so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// SIGKILL: nothing is flushed, nothing is closed.
    pub fn kill(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads lines until one names the address.
fn address(lines: &Receiver<String>) -> SocketAddr {
    let mut seen = Vec::new();
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(15)) {
        let found = line.split("127.0.0.1:").nth(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        if let Some(port) = found.and_then(|digits| digits.parse::<u16>().ok()).filter(|&port| port != 0) {
            return SocketAddr::from(([127, 0, 0, 1], port));
        }
        seen.push(line);
    }
    panic!("the server named no address:\n{}", seen.join("\n"));
}

/// A data folder that goes away with the test.
pub fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    (dir, path)
}
