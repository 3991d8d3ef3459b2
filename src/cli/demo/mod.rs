//! `steelyard demo`: generated shops, a year of events, webhooks received, and then real time.
//!
//! 1. A service starts on this machine with a clock of its own, beside a [`receiver`] of webhooks.
//! 2. The ruleset of the demo is activated and the receiver registered over HTTP, as a customer would do it.
//! 3. The generated year ([`World`]) runs through in half a minute: alerts are printed as their webhooks arrive, scores at the end
//!    of each month.
//! 4. Then the clock follows real time, and the commands to try are told. Ctrl-C ends it and removes the data.

mod receiver;

use super::generate::World;
use super::output::{Output, table};
use super::serve::{Service, Settings, ended_by_hand, runtime};
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Lang, Words, codes::cli as codes};
use crate::engine::{Clock, ManualClock, RawEvent, SystemClock, Workspace};
use crate::foreign;
use crate::time::{Day, Grain, Instant, Period, WeekStart, Zone};
use clap::Args;
use receiver::Receiver;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;

const RULESET: &str = include_str!("../../../examples/demo/shops.kpi");
const NAME: &str = "demo_shops";
const VERSION: &str = "1.0.0";
const ZONE: &str = "America/Los_Angeles";
const CARD: &str = "shop_manager";
/// The length of the generated history.
const DAYS: i32 = 365;
/// How many ports are tried when the first is taken.
const PORTS: u16 = 20;

/// The flags of `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The first port that is tried
    #[arg(long, default_value_t = 7878)]
    port: u16,
    /// Keep the data in this directory, which must be new, instead of a temporary one
    #[arg(long)]
    data: Option<PathBuf>,
    /// In how many seconds the year runs through
    #[arg(long, default_value_t = 25)]
    seconds: u32,
    /// Another year for another number
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// End after the year
    #[arg(long)]
    once: bool,
}

/// Runs `demo`.
pub fn run(demo: &Demo, output: Output) -> Result<Ended, Stop> {
    let (data, temporary) = match &demo.data {
        Some(data) if data.exists() => return Err(Stop::usage(Diagnostic::general(&codes::FILE_EXISTS).arg("file", data.display()))),
        Some(data) => (data.clone(), false),
        None => (std::env::temp_dir().join(format!("steelyard-demo-{}", std::process::id())), true),
    };
    let ended = runtime()?.block_on(async {
        tokio::select! {
            ended = show(demo, data.clone(), output) => ended,
            () = ended_by_hand() => Ok(Ended::Fine),
        }
    });
    if temporary {
        // What cannot be removed is left to the system's own cleaning.
        let _left = std::fs::remove_dir_all(&data);
    }
    ended
}

/// The running demo.
struct Running {
    output: Output,
    clock: Arc<ManualClock>,
    workspace: Arc<Workspace>,
    url: String,
    client: reqwest::Client,
    zone: Zone,
}

async fn show(demo: &Demo, data: PathBuf, output: Output) -> Result<Ended, Stop> {
    let zone = Zone::named(ZONE).unwrap_or_else(Zone::utc);
    let today = zone.day_of(SystemClock.now());
    let first = today.plus(-DAYS);
    let clock = Arc::new(ManualClock::new(zone.start_of(first)));
    let service = start(demo.port, data, Arc::clone(&clock)).await?;
    let workspace = service.engine.workspace(crate::engine::DEFAULT_WORKSPACE);
    let workspace =
        workspace.ok_or_else(|| Stop::input(Diagnostic::general(&codes::TEST_FAULT).reason(Words::new("no workspace", "没有工作区"))))?;
    let url = format!("http://{}", service.address);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(service.run(async {
        let _ = stopped.await;
    }));
    let running = Running { output, clock, workspace, url, client: reqwest::Client::new(), zone };
    let receiver = running.set_up().await?;
    running.welcome();
    let mut year = World::demo(first, running.zone.clone(), demo.seed);
    let pause = Duration::from_secs(u64::from(demo.seconds)) / u32::try_from(DAYS).unwrap_or(1);
    let mut beat = tokio::time::interval(pause.max(Duration::from_millis(1)));
    for number in 0..DAYS {
        beat.tick().await;
        running.day(&mut year, first.plus(number)).await?;
    }
    running.settle(&receiver).await;
    running.farewell(&receiver);
    if !demo.once {
        running.follow(&mut year, today).await?;
    }
    let _ = stop.send(());
    let _served = serving.await;
    Ok(if receiver.rejected.load(Ordering::SeqCst) == 0 && receiver.received.load(Ordering::SeqCst) > 0 {
        Ended::Fine
    } else {
        Ended::Wrong
    })
}

/// Starts on the first free port.
async fn start(port: u16, data: PathBuf, clock: Arc<ManualClock>) -> Result<Service, Stop> {
    let mut free = port;
    for candidate in port..port.saturating_add(PORTS) {
        if TcpListener::bind(("127.0.0.1", candidate)).await.is_ok() {
            free = candidate;
            break;
        }
    }
    let settings = Settings {
        listen: Some(SocketAddr::from(([127, 0, 0, 1], free))),
        data: Some(data),
        allow_network: "127.0.0.1/32".parse().into_iter().collect(),
        ..Settings::default()
    };
    Service::start(&settings, clock).await
}

impl Running {
    /// Activates the ruleset and registers the receiver.
    async fn set_up(&self) -> Result<Arc<Receiver>, Stop> {
        let receiver = Receiver::new(self.output);
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| self.failed(&error))?;
        let address = listener.local_addr().map_err(|error| self.failed(&error))?;
        let router = receiver.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let put = format!("{}/v1/rulesets/{NAME}/{VERSION}", self.url);
        self.answer(self.client.put(put).header("content-type", "text/plain").body(RULESET)).await?;
        self.answer(
            self.client
                .post(format!("{}/v1/rulesets/{NAME}/{VERSION}/activate", self.url))
                .header("content-type", "application/json")
                .body("{}"),
        )
        .await?;
        let endpoint = json!({"url": format!("http://{address}/")});
        let made = self
            .answer(
                self.client
                    .post(format!("{}/v1/endpoints", self.url))
                    .header("content-type", "application/json")
                    .body(endpoint.to_string()),
            )
            .await?;
        receiver.learn(made.get("secret").and_then(Value::as_str).unwrap_or_default());
        Ok(receiver)
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, Stop> {
        let response = request.send().await.map_err(|error| self.failed(foreign::cause(&error)))?;
        let status = response.status();
        let text = response.text().await.map_err(|error| self.failed(foreign::cause(&error)))?;
        if !status.is_success() {
            return Err(self.failed(Words::foreign("服务返回错误", text)));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    fn failed(&self, reason: impl Into<Words>) -> Stop {
        Stop::input(Diagnostic::general(&codes::UNREACHABLE).arg("url", &self.url).reason(reason))
    }

    fn welcome(&self) {
        let url = &self.url;
        self.output.line(&match self.output.lang {
            Lang::En => format!("Steelyard runs at {url} (docs: {url}/docs) with the ruleset examples/demo/shops.kpi.\nA year of three shops runs through now; every line below is a signed webhook that a receiver has verified.\n"),
            Lang::Zh => format!("Steelyard 正运行于 {url}（文档：{url}/docs），规则集为 examples/demo/shops.kpi。\n现在快速回放三家店铺一年的数据；下面每一行都是接收端验签通过的 webhook。\n"),
        });
    }

    /// One day: its events, the clock at its end, and the scores when a month is over.
    async fn day(&self, year: &mut World, day: Day) -> Result<(), Stop> {
        let end = Instant(self.zone.end_of(day).0.saturating_sub(1));
        self.clock.set(end);
        self.send(year.day(day)).await?;
        let month = Period::holding(Grain::Month, day, WeekStart::Monday);
        if month.last == day { self.scores(&month.to_string()).await } else { Ok(()) }
    }

    /// Hands events over and waits until they are durable.
    async fn send(&self, events: Vec<RawEvent>) -> Result<(), Stop> {
        loop {
            match self.workspace.ingest(events.clone()) {
                Ok(verdict) => {
                    let report = verdict.await.map_err(|error| self.failed(foreign::cause(&error)))?.map_err(Stop::input)?;
                    return match report.refused.into_iter().next() {
                        Some(refusal) => Err(Stop::input(refusal.diagnostic)),
                        None => Ok(()),
                    };
                }
                Err(_busy) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    async fn scores(&self, month: &str) -> Result<(), Stop> {
        let card = self.answer(self.client.get(format!("{}/v1/scorecards/{CARD}?period={month}", self.url))).await?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("-").to_owned();
        let row = |score: &Value| {
            let scope = score.get("scope").and_then(|scope| scope.get("shop"));
            vec![text(scope), text(score.get("value")), text(score.get("grade")), text(score.get("payout"))]
        };
        let rows: Vec<Vec<String>> = card.get("scores").and_then(Value::as_array).into_iter().flatten().map(row).collect();
        let header = [("shop", "店铺"), ("score", "得分"), ("grade", "等级"), ("payout", "系数")].map(|(en, zh)| self.output.text(en, zh));
        let drawn = table(&header, &rows, &[false, true, false, true]).replace('\n', "\n    ");
        self.output.line(&format!("\n  {} {month}\n    {drawn}\n", self.output.text("scores of", "月度得分")));
        Ok(())
    }

    /// Waits until the last webhooks have arrived.
    async fn settle(&self, receiver: &Receiver) {
        let mut before = usize::MAX;
        for _ in 0..20 {
            let now = receiver.received.load(Ordering::SeqCst);
            if now == before {
                return;
            }
            before = now;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    fn farewell(&self, receiver: &Receiver) {
        let (url, received, rejected) = (&self.url, receiver.received.load(Ordering::SeqCst), receiver.rejected.load(Ordering::SeqCst));
        let try_these = format!(
            "  curl '{url}/v1/metrics/gmv?by_period=month&per=shop'\n  curl '{url}/v1/metrics/late_rate?over=10+days&scope.shop=us&explain=true'\n  curl '{url}/v1/scorecards/{CARD}'\n  curl '{url}/v1/alerts'\n  curl '{url}/v1/deliveries'\n  steelyard check examples/demo/shops.kpi\n  steelyard test examples/demo/shops.kpi"
        );
        self.output.line(&match self.output.lang {
            Lang::En => format!("\nThe year is over: {received} webhooks received and verified, {rejected} rejected.\nTry:\n{try_these}"),
            Lang::Zh => format!("\n一年数据回放完毕：收到并验签 {received} 个 webhook，拒绝 {rejected} 个。\n可以试试：\n{try_these}"),
        });
    }

    /// Follows real time with today's events, until somebody ends it.
    async fn follow(&self, year: &mut World, today: Day) -> Result<(), Stop> {
        self.output.line(
            self.output.text("\nThe shops go on in real time; Ctrl-C ends the demo.", "\n店铺数据将按真实时间继续；按 Ctrl-C 结束演示。"),
        );
        let (mut day, mut waiting) = (today, year.day(today));
        let mut beat = tokio::time::interval(Duration::from_secs(1));
        loop {
            beat.tick().await;
            let now = SystemClock.now();
            self.clock.set(now);
            while self.zone.day_of(now) > day {
                day = day.plus(1);
                waiting.extend(year.day(day));
            }
            let later = waiting.split_off(waiting.partition_point(|event| event.time.is_none_or(|time| time <= now)));
            let due = std::mem::replace(&mut waiting, later);
            self.send(due).await?;
            let workspace = Arc::clone(&self.workspace);
            let ticked = tokio::task::spawn_blocking(move || workspace.tick()).await;
            ticked.map_err(|error| self.failed(foreign::cause(&error)))?.map_err(Stop::input)?;
        }
    }
}
