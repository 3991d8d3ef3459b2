//! `steelyard serve`: the service.
//!
//! 1. Settings come from flags, then the environment (`STEELYARD_*`), then `steelyard.toml` ([`Settings`]).
//! 2. [`Service::start`] opens the engine, the dispatcher of webhooks and the HTTP door; without keys it listens on this
//!    machine alone.
//! 3. On Ctrl-C or SIGTERM the door closes, deliveries under way end, and the writers stop with everything durable.

use super::output::Output;
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Lang, Words, codes::cli as codes};
use crate::engine::{Clock, Engine, Options, SystemClock};
use crate::foreign;
use crate::http::{self, Access, App, bind_allowed};
use crate::notify::{self, Dispatcher, Guard, Sender, Timeouts};
use clap::{Args, ValueEnum};
use ipnet::IpNet;
use serde::Deserialize;
use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Where the data lies when nothing else is said.
pub const DATA: &str = "data";
/// How long deliveries under way may take at the end.
const PATIENCE: Duration = Duration::from_secs(10);
/// The configuration file that is read when it is there.
const CONFIG: &str = "steelyard.toml";

/// The flags of `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration file [default: steelyard.toml, when there is one]
    #[arg(long, env = "STEELYARD_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// What can be set. The same names, with _ for -, stand in the configuration file.
#[derive(Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The address to listen on; any but this machine's own needs keys [default: 127.0.0.1:7878]
    #[arg(long, env = "STEELYARD_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// The data directory [default: data]
    #[arg(long, env = "STEELYARD_DATA")]
    pub data: Option<PathBuf>,
    /// Networks that webhooks may reach although they are not public, such as 10.0.0.0/8
    #[arg(long, env = "STEELYARD_ALLOW_NETWORK", value_delimiter = ',')]
    #[serde(deserialize_with = "networks")]
    pub allow_network: Vec<IpNet>,
    /// Where people reach this service, such as https://kpi.example.com: messages about alerts link there
    #[arg(long, env = "STEELYARD_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// How log lines look; RUST_LOG says how much is logged [default: human]
    #[arg(long, env = "STEELYARD_LOG", value_enum)]
    pub log: Option<Log>,
    /// The largest request with events, in bytes after unpacking [default: 8388608]
    #[arg(long, env = "STEELYARD_BODY_MAX")]
    pub body_max: Option<usize>,
    /// The most workspaces [default: 256]
    #[arg(long, env = "STEELYARD_WORKSPACES_MAX")]
    pub workspaces_max: Option<usize>,
    /// The most scopes of one ruleset [default: 100000]
    #[arg(long, env = "STEELYARD_SCOPES_MAX")]
    pub scopes_max: Option<usize>,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Log {
    /// For people.
    Human,
    /// One JSON object a line.
    Json,
}

fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

impl Settings {
    /// Takes what is not set from `other`.
    fn or(self, other: Settings) -> Settings {
        Settings {
            listen: self.listen.or(other.listen),
            data: self.data.or(other.data),
            allow_network: if self.allow_network.is_empty() { other.allow_network } else { self.allow_network },
            public_url: self.public_url.or(other.public_url),
            log: self.log.or(other.log),
            body_max: self.body_max.or(other.body_max),
            workspaces_max: self.workspaces_max.or(other.workspaces_max),
            scopes_max: self.scopes_max.or(other.scopes_max),
        }
    }

    /// Reads a configuration file; the usual one may be missing.
    fn file(path: Option<&Path>) -> Result<Settings, Stop> {
        let wrong = |path: &Path, reason: Words| Diagnostic::general(&codes::BAD_CONFIG).arg("file", path.display()).reason(reason);
        let (path, must_exist) = (path.unwrap_or(Path::new(CONFIG)), path.is_some());
        match std::fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).map_err(|error| Stop::usage(wrong(path, foreign::toml(&error, &text)))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(Settings::default()),
            Err(error) => Err(Stop::usage(wrong(path, (&error).into()))),
        }
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.data.clone().unwrap_or_else(|| PathBuf::from(DATA))
    }
}

/// Runs `serve`.
pub fn run(serve: Serve, output: Output) -> Result<Ended, Stop> {
    let file = Settings::file(serve.config.as_deref())?;
    let settings = serve.settings.or(file);
    log_to_stderr(settings.log.unwrap_or(Log::Human));
    runtime()?.block_on(async {
        let service = Service::start(&settings, Arc::new(SystemClock)).await?;
        output.note(&format!("{} http://{}", output.text("listening on", "正在监听"), service.address));
        service.run(ended_by_hand()).await?;
        Ok(Ended::Fine)
    })
}

/// A runtime for the commands that need one.
pub fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|error| {
        let why = Words::from(&error);
        let (en, zh) = (why.get(Lang::En), why.get(Lang::Zh));
        let reason = Words::new(format!("the threads cannot be started: {en}"), format!("无法启动线程：{zh}"));
        Stop::usage(Diagnostic::general(&codes::USAGE).reason(reason).arg("command", "serve"))
    })
}

fn log_to_stderr(log: Log) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log {
        Log::Human => builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        Log::Json => builder.json().flatten_event(true).init(),
    }
}

/// Resolves on Ctrl-C or SIGTERM.
pub async fn ended_by_hand() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}

/// A service that is ready to be run.
pub struct Service {
    /// The workspaces.
    pub engine: Arc<Engine>,
    /// Where it listens.
    pub address: SocketAddr,
    app: Arc<App>,
    dispatcher: Arc<Dispatcher>,
    listener: TcpListener,
}

impl Service {
    /// Opens everything. Needs a tokio runtime.
    pub async fn start(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Service, Stop> {
        let defaults = Options::default();
        let options = Options {
            clock: Arc::clone(&clock),
            workspaces_max: settings.workspaces_max.unwrap_or(defaults.workspaces_max),
            scopes_max: settings.scopes_max.unwrap_or(defaults.scopes_max),
            ..defaults
        };
        let address = match settings.listen {
            Some(address) => address,
            None => SocketAddr::from(([127, 0, 0, 1], 7878)),
        };
        let engine = Arc::new(Engine::open(&settings.data(), options).map_err(Stop::input)?);
        let now = engine.now();
        let keys = engine.control().keys().map_err(|error| Stop::input(error.into()))?;
        let has_keys = keys.iter().any(|key| key.is_live(now));
        bind_allowed(address, has_keys).map_err(Stop::usage)?;
        let guard = Guard { allowed: settings.allow_network.clone() };
        let sender = Sender::new(guard, Timeouts::default()).map_err(Stop::input)?;
        let public_url = settings.public_url.as_deref();
        public_url.map_or(Ok(()), notify::guard::check_public_url).map_err(Stop::usage)?;
        // Receivers compare timestamps with their own clock, so those are the machine's, whatever clock the events go by.
        let dispatcher = Dispatcher::linking(sender, notify::Limits::default(), Arc::new(|| SystemClock.now()), public_url);
        let dispatcher = Arc::new(dispatcher);
        let defaults = http::Limits::default();
        let limits = http::Limits { body_max: settings.body_max.unwrap_or(defaults.body_max), ..defaults };
        let app = App::new(Arc::clone(&engine), Arc::clone(&dispatcher), Access::new(keys.is_empty()), limits);
        let listener = TcpListener::bind(address).await;
        let listener =
            listener.map_err(|error| Stop::usage(Diagnostic::general(&codes::NO_PORT).arg("address", address).reason(&error)))?;
        let address = listener.local_addr().unwrap_or(address);
        Ok(Service { engine, address, app, dispatcher, listener })
    }

    /// Serves until `shutdown` resolves, then closes everything.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), Stop> {
        let served = http::serve(self.listener, self.app, shutdown).await;
        self.dispatcher.stop(PATIENCE).await;
        let engine = self.engine;
        // Closing waits for the writers' last commits.
        let _closed = tokio::task::spawn_blocking(move || engine.close()).await;
        served.map_err(|error| Stop::input(Diagnostic::general(&codes::NO_PORT).arg("address", self.address).reason(&error)))
    }
}
