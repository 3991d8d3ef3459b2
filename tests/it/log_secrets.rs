//! The log of the real binary, at its most talkative, while secrets of every kind pass by: none may stand in it.

use crate::receiver::{Receiver, Reply};
use crate::server::folder;
use serde_json::{Value, json};
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::Duration;

const OWN_SECRET: &str = "whsec_c3RlZWx5YXJkLXRlc3Qtc2VjcmV0LTAxMjM0NTY3ODk=";
const QUERY_SECRET: &str = "hook-token-77d1f0";
const PATH_SECRET: &str = "bot-token-31f7e2";
const BOT_SECRET: &str = "SECbot-secret-9a04";
const BODY_SECRET: &str = "customer-name-5a1b9c";

async fn post(client: &reqwest::Client, url: String, key: Option<&str>, body: Value) -> Value {
    let mut request = client.post(url).header("content-type", "application/json").body(body.to_string());
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    let answer = request.send().await.unwrap();
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_log() {
    let (_dir, data) = folder();
    let mut child = Command::new(env!("CARGO_BIN_EXE_steelyard"))
        .args(["serve", "--listen", "127.0.0.1:0", "--allow-network", "127.0.0.0/8", "--log", "json", "--data"])
        .arg(&data)
        .env("RUST_LOG", "debug")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let log = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let written = log.clone();
    let reading = std::thread::spawn(move || {
        let mut block = [0; 4096];
        while let Ok(n) = stderr.read(&mut block) {
            if n == 0 {
                return;
            }
            written.lock().unwrap().push_str(&String::from_utf8_lossy(&block[..n]));
        }
    });
    let mut url = String::new();
    while url.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let text = log.lock().unwrap().clone();
        let port = text.split("127.0.0.1:").nth(1).and_then(|rest| rest.split_once(|c: char| !c.is_ascii_digit()).map(|(port, _)| port));
        url = port.map(|port| format!("http://127.0.0.1:{port}")).unwrap_or_default();
    }
    // Whichever test comes first has to do this.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let receiver = Receiver::start(|_, n| if n == 0 { Reply::Reset } else { Reply::Status(200) }).await;
    let key = post(&client, format!("{url}/v1/keys"), None, json!({"role": "admin"})).await["key"].as_str().unwrap().to_owned();
    let secret = key.rsplit('_').next().unwrap().to_owned();
    let wrong = format!("{}0000", &key[..key.len() - 4]);
    let hook = json!({"url": format!("{}?token={QUERY_SECRET}", receiver.url), "secret": OWN_SECRET});
    post(&client, format!("{url}/v1/endpoints"), Some(&wrong), hook.clone()).await;
    let endpoint = post(&client, format!("{url}/v1/endpoints"), Some(&key), hook).await["id"].as_str().unwrap().to_owned();
    let rotated = post(&client, format!("{url}/v1/endpoints/{endpoint}/rotate"), Some(&key), json!({})).await;
    let rotated = rotated["secret"].as_str().unwrap().trim_start_matches("whsec_").to_owned();
    post(&client, format!("{url}/v1/endpoints/{endpoint}/test"), Some(&key), json!({})).await;
    let bot = json!({"kind": "dingtalk", "url": format!("{}/{PATH_SECRET}", receiver.url), "secret": BOT_SECRET});
    let bot = post(&client, format!("{url}/v1/endpoints"), Some(&key), bot).await["id"].as_str().unwrap().to_owned();
    post(&client, format!("{url}/v1/endpoints/{bot}/test"), Some(&key), json!({})).await;
    let event = json!({"type": "nothing", "id": BODY_SECRET, "data": {"name": BODY_SECRET}});
    post(&client, format!("{url}/v1/events"), Some(&key), event).await;
    receiver.wait(2).await;
    while !log.lock().unwrap().contains("a delivery failed") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    reading.join().unwrap();
    let log = log.lock().unwrap();
    assert!(log.lines().count() > 10, "{log}");
    for (what, text) in [
        ("an API key", secret.as_str()),
        ("a wrong API key", &wrong[wrong.len() - 64..]),
        ("a signing secret", OWN_SECRET.trim_start_matches("whsec_")),
        ("a signing secret", rotated.as_str()),
        ("the query of a URL", QUERY_SECRET),
        ("the path of a URL", PATH_SECRET),
        ("the secret of a bot", BOT_SECRET),
        ("an event", BODY_SECRET),
    ] {
        assert!(!log.contains(text), "{what} stands in the log: {}", log.lines().find(|line| line.contains(text)).unwrap());
    }
}
