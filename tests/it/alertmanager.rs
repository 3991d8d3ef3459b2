//! A real Prometheus Alertmanager: what fires is told again and again, also after a restart, and resolves there.
//!
//! It runs on a free port with a `resolve_timeout` of one second; what Steelyard tells is believed for four times the
//! two seconds after which it is told again.

use crate::endpoint_kinds::message;
use crate::receiver::Receiver;
use crate::webhooks::Bench;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use steelyard::store::{DeliveryState, Kind, Settings};

const RESEND: Duration = Duration::from_secs(2);
const CONFIG: &str = "global:\n  resolve_timeout: 1s\nroute:\n  receiver: nobody\nreceivers:\n  - name: nobody\n";

struct Alertmanager {
    url: String,
    child: Child,
    client: reqwest::Client,
    _dir: tempfile::TempDir,
}

impl Alertmanager {
    fn start() -> Alertmanager {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config.yml");
        std::fs::write(&config, CONFIG).unwrap();
        let start = |name: &str| {
            Command::new(name)
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.path={}", dir.path().display()))
                .args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="])
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
        };
        let mut child = start("prometheus-alertmanager")
            .or_else(|_| start("alertmanager"))
            .expect("no Alertmanager is on PATH: run `make tools` once, or install the package prometheus-alertmanager");
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let line = lines.find(|line| line.contains("Listening on")).expect("it ended without listening");
        let address = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        // Goes on reading, so that a full pipe never stops it.
        std::thread::spawn(move || lines.for_each(drop));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Alertmanager { url: format!("http://{address}"), child, client, _dir: dir }
    }

    /// What is active there.
    async fn active(&self) -> Vec<Value> {
        let answer = self.client.get(format!("{}/api/v2/alerts?active=true", self.url)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    async fn until(&self, what: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let start = Instant::now();
        loop {
            let active = self.active().await;
            if fits(&active) {
                return active;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "not {what}, but {} are active", active.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn endpoint(bench: &Bench, id: &str, url: &str) {
    bench.endpoint_of(id, url, Settings { kind: Kind::Alertmanager, ..Settings::default() }, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_alertmanager_knows_what_fires_and_when_it_is_over() {
    let there = Alertmanager::start();
    let mut bench = Bench::resending(5_000, RESEND);
    endpoint(&bench, "e", &there.url);
    let first = bench.send("e", "al_1_7", &message("alert.firing", "al_1_7", "warning", "旗舰店 <1>"));
    let active = there.until("firing", |active| active.len() == 1).await;
    assert_eq!(
        active[0]["labels"],
        json!({
            "alertname": "late", "severity": "warning", "ruleset": "shop", "workspace": "default",
            "shop": "旗舰店 <1>", "u95e8_u5e97": "旗舰店",
        })
    );
    assert_eq!(
        (&active[0]["annotations"]["summary"], &active[0]["annotations"]["summary_zh"]),
        (&json!("Late shipments"), &json!("迟发率过高"))
    );
    assert_eq!(
        (&active[0]["generatorURL"], &active[0]["startsAt"]),
        (&json!("https://kpi.example/v1/alerts/al_1_7"), &json!("2026-03-10T11:30:00.000Z"))
    );
    // It stays far beyond what is believed of one telling, through a restart too, and the record does not grow.
    let stays = async |there: &Alertmanager| {
        let end = Instant::now() + 5 * RESEND;
        while Instant::now() < end {
            assert_eq!(there.active().await.len(), 1, "it was lost");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    stays(&there).await;
    bench.restart(RESEND).await;
    stays(&there).await;
    let later = there.active().await;
    assert!(later[0]["updatedAt"].as_str().unwrap() > active[0]["updatedAt"].as_str().unwrap());
    let standing = bench.store.delivery(first.id).unwrap().unwrap();
    assert_eq!((standing.state, standing.attempts.len(), standing.stands), (DeliveryState::Delivered, 1, true));
    // A worse severity is another alert there: the one before ends at once.
    bench.send("e", "al_1_7", &message("alert.firing", "al_1_7", "critical", "旗舰店 <1>"));
    there.until("critical alone", |active| active.len() == 1 && active[0]["labels"]["severity"] == "critical").await;
    assert!(!bench.store.delivery(first.id).unwrap().unwrap().stands);
    bench.send("e", "al_1_7", &message("alert.resolved", "al_1_7", "critical", "旗舰店 <1>"));
    there.until("over", <[Value]>::is_empty).await;
    tokio::time::sleep(3 * RESEND).await;
    assert!(there.active().await.is_empty(), "told again after it was over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_tells_any_more_is_over_there() {
    let there = Alertmanager::start();
    let bench = Bench::resending(5_000, RESEND);
    endpoint(&bench, "e", &format!("{}/api/v2/alerts", there.url));
    for n in 0..20 {
        bench.add("e", &format!("al_1_{n}"), &message("alert.firing", &format!("al_1_{n}"), "info", &format!("s{n}")));
    }
    let repeat = bench.send("e", "al_1_0", &message("alert.repeat", "al_1_0", "info", "s0"));
    there.until("all of them", |active| active.len() == 20).await;
    bench.until(repeat.id, |delivery| delivery.stands).await;
    // A disabled endpoint is told nothing; enabled again, it hears at once what still fires.
    bench.store.update_endpoint("e", |endpoint| endpoint.disabled = Some("by hand".to_owned())).unwrap();
    there.until("over", <[Value]>::is_empty).await;
    bench.store.update_endpoint("e", |endpoint| endpoint.disabled = None).unwrap();
    there.until("back", |active| active.len() == 20).await;
    bench.stop().await;
    there.until("over", <[Value]>::is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_stands_comes_to_be_told_in_one_request() {
    let bench = Bench::resending(5_000, RESEND);
    let receiver = Receiver::ok().await;
    let url = receiver.url.replace("/hook", "/prefix/");
    bench.endpoint_of("e", &url, Settings { kind: Kind::Alertmanager, ..Settings::default() }, "t0ken");
    for n in 0..4 {
        bench.send("e", &format!("al_1_{n}"), &message("alert.firing", &format!("al_1_{n}"), "info", &format!("s{n}")));
        tokio::time::sleep(RESEND / 4).await;
    }
    tokio::time::sleep(3 * RESEND).await;
    let received = receiver.received();
    assert!(received.iter().all(|one| one.target == "/prefix/api/v2/alerts" && one.headers["authorization"] == "Bearer t0ken"));
    // The first telling of an alert also ends those of the other severities; telling it again does not.
    assert_eq!(received[0].json().as_array().unwrap().len(), 3);
    assert_eq!(received.last().unwrap().json().as_array().unwrap().len(), 4);
    assert!(received.len() < 12, "{} requests", received.len());
}
