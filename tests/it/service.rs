//! A whole service on a port of its own: engine on disk, dispatcher, HTTP; and a client for it.

use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use steelyard::engine::{Clock as _, Engine, ManualClock, Options};
use steelyard::http::{Access, App, Limits, serve};
use steelyard::notify::{self, Dispatcher, Guard, Sender, Timeouts};
use steelyard::time::Instant;
use tokio::sync::oneshot;

pub const RULESET: &str = r#"
ruleset shop 1.0.0 {
  title    "Shop"  zh "店铺"
  currency USD
  timezone UTC
}

event order_placed {
  order_id id
  shop     dimension
  amount   money
  units    count optional
}

metric gmv    = sum(order_placed.amount) {
  title "Sales"  zh "销售额"
  better higher
}
metric orders = count(order_placed)
metric basket = gmv / orders { title "Basket" }

scorecard manager per shop every month {
  kpi gmv weight 100 score { below 0, 100 USD -> 60, 200 USD -> 100 }
  grades { A >= 100, B >= 60, C }
  payout { A 1.2, B 1.0, C 0 }
}

alert rush on orders over 1 day per shop {
  warning when > 2
  message "{shop} has {value} orders"  zh "{shop} 有 {value} 单"
  notify  operations
}

feed orders_file to order_placed {
  timezone UTC
  source   "file"
  id       from row
  time     from "When" format "%Y-%m-%d %H:%M"
  order_id from "Order"
  shop     from "Shop"
  amount   from "Amount"
}

test "sales add up" {
  given order_placed {
    time             | order_id | shop | amount
    2026-03-01 09:00 | 1        | us   | 20 USD
    2026-03-01 10:00 | 2        | us   | 30.50 USD
  }
  at 2026-03-01 12:00
  expect gmv over 1 day [shop: us] is 50.50 USD
}
"#;

pub struct Service {
    pub url: String,
    pub clock: Arc<ManualClock>,
    pub client: reqwest::Client,
    pub key: Option<String>,
    pub engine: Arc<Engine>,
    served: Option<tokio::task::JoinHandle<()>>,
    stop: Option<oneshot::Sender<()>>,
    dir: Option<tempfile::TempDir>,
}

impl Service {
    pub async fn start() -> Service {
        Service::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Service {
        Service::with_options(limits, Options::default()).await
    }

    /// With an engine that runs like this, by a clock of the test.
    pub async fn with_options(limits: Limits, options: Options) -> Service {
        Service::on(tempfile::tempdir().unwrap(), limits, options).await
    }

    /// On a data directory.
    pub async fn on(dir: tempfile::TempDir, limits: Limits, options: Options) -> Service {
        let clock = Arc::new(ManualClock::new(Instant::parse_rfc3339("2026-03-10T12:00:00Z").unwrap()));
        let options = Options { clock: clock.clone(), ..options };
        let engine = Arc::new(Engine::open(dir.path(), options).unwrap());
        let guard = Guard { allowed: vec!["127.0.0.0/8".parse().unwrap()] };
        let sender = Sender::new(guard, Timeouts::default()).unwrap();
        let now = engine.clone();
        let dispatcher = Arc::new(Dispatcher::new(sender, notify::Limits::default(), Arc::new(move || now.now())));
        let app = App::new(engine.clone(), dispatcher, Access::new(true), limits);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            serve(listener, app, async {
                let _ = stopped.await;
            })
            .await
            .unwrap();
        });
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build().unwrap();
        Service { url, clock, client, key: None, engine, served: Some(served), stop: Some(stop), dir: Some(dir) }
    }

    /// Asks it to end, as SIGTERM does, and waits until it has, with everything closed.
    pub async fn end(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        self.served.take().unwrap().await.unwrap();
        let engine = self.engine.clone();
        tokio::task::spawn_blocking(move || engine.close()).await.unwrap();
    }

    /// After its end, once more on the same files and at the same time.
    pub async fn again(mut self, limits: Limits, options: Options) -> Service {
        let now = self.clock.now();
        let again = Service::on(self.dir.take().unwrap(), limits, options).await;
        again.clock.set(now);
        again
    }

    /// With the ruleset above, active.
    pub async fn active() -> Service {
        Service::start().await.activated().await
    }

    /// Puts and activates the ruleset above.
    pub async fn activated(self) -> Service {
        let service = self;
        let put = service.send("POST", "/v1/rulesets", "text/plain", RULESET).await;
        assert_eq!(put.0, 201, "{}", put.1);
        let activated = service.post("/v1/rulesets/shop/1.0.0/activate", "").await;
        assert_eq!(activated.0, 200, "{}", activated.1);
        service
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    pub async fn send(&self, method: &str, path: &str, content_type: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        answer(self.request(method, path).header("content-type", content_type).body(body)).await
    }

    pub async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request("GET", path)).await
    }

    pub async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        self.send("POST", path, "application/json", body.to_owned()).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Value) {
        answer(self.request("DELETE", path)).await
    }

    pub fn dir(&self) -> &std::path::Path {
        self.dir.as_ref().unwrap().path()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }
}

/// Status and body; every refusal must be a problem.
pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff");
    let text = response.text().await.unwrap();
    if status >= 400 {
        assert_eq!(content_type, "application/problem+json", "{status}: {text}");
    }
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    if status >= 400 {
        for member in ["type", "title", "status", "detail", "detail_zh", "code"] {
            assert!(!body[member].is_null(), "{member} is missing: {body}");
        }
    }
    (status, body)
}
