//! kill -9 under load, a hundred times: what was acknowledged is there once, and every alert transition was told.
//!
//! 1. Four [`Loader`]s send batches of events, some repeated, and note what was acknowledged. What was not is sent again.
//! 2. One [`Switch`] turns an alert on and off, one acknowledged event after the other.
//! 3. The main thread kills the server at random moments and starts it again on the same folder.
//! 4. In the end the count, the sum and the webhooks are compared with the journals.

use crate::server::{Server, folder};
use crate::wire::{Client, Receiver};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const KILLS: u32 = 100;
const RULESET: &str = "ruleset crash 1.0.0 {
  currency USD
  timezone UTC
}

event sale {
  shop   dimension
  amount money
}

event lever {
  shop dimension
  on   level number
}

metric sales = sum(sale.amount)
metric n_sales = count(sale)
metric lamp = last(lever.on)

alert lit on lamp over all time per shop {
  warning when > 0
  no data keep
  message \"{shop} is on\"
  notify  operations
}
";

/// Where the server is now, and whether to stop.
struct Shared {
    address: Mutex<SocketAddr>,
    done: AtomicBool,
    seed: AtomicU64,
}

impl Shared {
    fn client(&self) -> Client {
        Client::new(*self.address.lock().unwrap())
    }

    /// A number below `n`, different every time.
    fn random(&self, n: u64) -> u64 {
        let mut z = self.seed.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (z ^ (z >> 27)) % n
    }

    /// Sends until the server says that it has taken everything.
    fn deliver(&self, client: &mut Client, events: &Value) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            match client.send("POST", "/v1/events", "application/cloudevents-batch+json", events.to_string().as_bytes()) {
                Ok(answer) if answer.status() == 202 => {
                    assert_eq!(answer.json()["refused"], json!([]));
                    return;
                }
                Ok(answer) if answer.status() == 503 => thread::sleep(Duration::from_millis(5)),
                Ok(answer) => panic!("{}: {}", answer.first_line, String::from_utf8_lossy(&answer.body)),
                Err(_) => {
                    assert!(Instant::now() < deadline, "no acknowledgement for 30 seconds");
                    thread::sleep(Duration::from_millis(5));
                    *client = self.client();
                }
            }
        }
    }
}

fn cloud_event(kind: &str, id: &str, time: &str, data: &Value) -> Value {
    json!({ "specversion": "1.0", "type": kind, "source": "crash", "id": id, "time": time, "data": data })
}

/// Sends sales until told to stop; returns what was acknowledged: id and cents.
fn load(shared: &Shared, loader: u32) -> BTreeMap<String, u64> {
    let mut client = shared.client();
    let mut journal: BTreeMap<String, u64> = BTreeMap::new();
    let sale = |id: &str, cents: u64| {
        let data = json!({ "shop": format!("s{}", cents % 3), "amount": format!("{}.{:02} USD", cents / 100, cents % 100) });
        cloud_event("sale", id, "2026-03-01T09:00:00Z", &data)
    };
    while !shared.done.load(Ordering::Relaxed) {
        // Some are so many that they are taken in parts.
        let most = if shared.random(8) == 0 { 500 } else { 20 };
        let fresh: Vec<(String, u64)> =
            (0..=shared.random(most)).map(|n| (format!("{loader}-{}-{n}", journal.len()), 1 + shared.random(100_000))).collect();
        let mut batch: Vec<Value> = fresh.iter().map(|(id, cents)| sale(id, *cents)).collect();
        if let Some((id, cents)) = journal.iter().nth(usize::try_from(shared.random(64)).unwrap()) {
            batch.push(sale(id, *cents));
        }
        if shared.random(4) == 0 {
            batch.push(batch[0].clone());
        }
        shared.deliver(&mut client, &Value::Array(batch));
        journal.extend(fresh);
    }
    journal
}

/// Turns the alert on and off until told to stop; returns how often.
fn switch(shared: &Shared) -> u64 {
    let mut client = shared.client();
    let mut turns = 0;
    while !shared.done.load(Ordering::Relaxed) {
        let time = format!("2026-03-01T{:02}:{:02}:{:02}Z", turns / 3600, turns / 60 % 60, turns % 60);
        let event = cloud_event("lever", &format!("switch-{turns}"), &time, &json!({ "shop": "us", "on": (turns + 1) % 2 }));
        shared.deliver(&mut client, &json!([event]));
        turns += 1;
        thread::sleep(Duration::from_millis(5));
    }
    turns
}

/// Kills and restarts, at random moments of the load.
fn torment(shared: &Shared, data: &std::path::Path, mut server: Server) -> Server {
    for _ in 0..KILLS {
        thread::sleep(Duration::from_millis(30 + shared.random(200)));
        server.kill();
        server = Server::start(data);
        *shared.address.lock().unwrap() = server.address;
    }
    server
}

/// The webhooks by their id; repeats must be the same to the byte, and no alert be over before it was told to fire.
fn told(receiver: &Receiver) -> BTreeMap<String, Vec<u8>> {
    let mut told: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for call in receiver.calls() {
        let id = call.message.header("webhook-id").unwrap().to_owned();
        if let Some(body) = told.get(&id) {
            assert_eq!(*body, call.message.body, "webhook {id} changed between two attempts");
            continue;
        }
        told.insert(id, call.message.body.clone());
        let body: Value = serde_json::from_slice(&call.message.body).unwrap();
        kinds.entry(body["data"]["id"].to_string()).or_default().push(body["type"].as_str().unwrap().to_owned());
    }
    let lamp = ["alert.firing", "alert.resolved"];
    for (alert, kinds) in kinds {
        assert!(
            kinds.len() <= lamp.len() && kinds.iter().zip(lamp).all(|(kind, want)| kind == want),
            "alert {alert} was told as {kinds:?}"
        );
    }
    told
}

fn metric(client: &mut Client, name: &str) -> String {
    let answer = client.get(&format!("/v1/metrics/{name}?exact=true")).unwrap();
    assert_eq!(answer.status(), 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["values"][0]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn kill_dash_nine_loses_nothing_and_counts_nothing_twice() {
    let (_keep, data) = folder();
    let receiver = Receiver::start(None).unwrap();
    let server = Server::start(&data);
    let mut client = Client::new(server.address);
    let ok = |answer: crate::wire::Message| assert!(answer.status() < 300, "{}", String::from_utf8_lossy(&answer.body));
    ok(client.send("POST", "/v1/rulesets", "text/plain", RULESET.as_bytes()).unwrap());
    ok(client.json("POST", "/v1/rulesets/crash/1.0.0/activate", &json!({})).unwrap());
    ok(client.json("POST", "/v1/endpoints", &json!({ "url": format!("http://{}/hook", receiver.address) })).unwrap());

    let shared = Arc::new(Shared { address: Mutex::new(server.address), done: AtomicBool::new(false), seed: AtomicU64::new(7) });
    let loaders: Vec<_> = (0..4).map(|n| (n, Arc::clone(&shared))).map(|(n, shared)| thread::spawn(move || load(&shared, n))).collect();
    let switcher = Arc::clone(&shared);
    let switcher = thread::spawn(move || switch(&switcher));
    let server = torment(&shared, &data, server);
    shared.done.store(true, Ordering::Relaxed);
    let journals: BTreeMap<String, u64> = loaders.into_iter().flat_map(|loader| loader.join().unwrap()).collect();
    let turns = switcher.join().unwrap();

    let mut client = Client::new(server.address);
    let cents: u64 = journals.values().sum();
    assert_eq!(metric(&mut client, "n_sales"), journals.len().to_string());
    let sales: rust_decimal::Decimal = metric(&mut client, "sales").parse().unwrap();
    assert_eq!(sales, rust_decimal::Decimal::new(i64::try_from(cents).unwrap(), 2));
    let deadline = Instant::now() + Duration::from_secs(20);
    while told(&receiver).len() < usize::try_from(turns).unwrap() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(50));
    }
    let told = told(&receiver);
    let kinds: BTreeSet<(String, String)> = told
        .values()
        .map(|body| serde_json::from_slice(body).unwrap())
        .map(|body: Value| (body["type"].to_string(), body["data"]["at"].to_string()))
        .collect();
    assert_eq!(u64::try_from(told.len()).unwrap(), turns, "each transition once, whatever became of its attempts");
    assert_eq!(u64::try_from(kinds.len()).unwrap(), turns);
    println!("{} events, {turns} transitions, {} webhooks received", journals.len(), receiver.calls().len());
}
