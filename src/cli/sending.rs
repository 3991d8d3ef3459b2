//! Events on their way to a running server, for `send` and `import`.
//!
//! 1. [`send`] takes the events of a file in batches, which go out as NDJSON, one after the other, so that the order is kept.
//!    A full or unreachable server is asked again, later and later; nothing is skipped.
//! 2. The server's verdicts are summed; refused events are told with the line they stand on ([`Sum`]).

use super::Stop;
use super::feed::Events;
use super::output::Output;
use crate::diagnostic::{Diagnostic, Lang, Words, codes::cli as codes};
use crate::engine::{RawEvent, RawValue};
use crate::foreign;
use clap::Args;
use reqwest::{Client, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue as Raw;
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a server that never answered is tried.
const FIRST_WAIT_MAX: Duration = Duration::from_secs(3);
/// How often a batch is tried.
const TRIES_MAX: u32 = 12;
/// The longest wait between two tries.
const WAIT_MAX: Duration = Duration::from_secs(15);
/// Refused events that are printed one by one.
const REFUSED_SHOWN: usize = 10;

/// The server that events are sent to.
#[derive(Debug, Args)]
pub struct Server {
    /// The server
    #[arg(long, env = "STEELYARD_URL", default_value = "http://127.0.0.1:7878")]
    url: String,
    /// An API key
    #[arg(long, env = "STEELYARD_KEY", hide_env_values = true)]
    key: Option<String>,
    /// The workspace, for admin keys
    #[arg(long)]
    workspace: Option<String>,
    /// Events in one request
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch: u32,
}

/// Sends the events of a file and adds what became of them.
pub async fn send(events: &mut Events<'_>, server: &Server, sum: &mut Sum) -> Result<(), Stop> {
    let sending = Sending::new(server, sum.output)?;
    let size = usize::try_from(server.batch).unwrap_or(1);
    let (mut batch, mut unread) = (Vec::with_capacity(size), Vec::new());
    loop {
        let next = events.next();
        let ended = next.is_none();
        match next.map(|numbered| (numbered.line, numbered.event)) {
            Some((line, Ok(event))) => batch.push((line, event)),
            Some((line, Err(diagnostic))) => {
                unread.push(Mistake { line, code: diagnostic.code.id.to_owned(), message: diagnostic.messages(), help: diagnostic.helps() })
            }
            None => {}
        }
        if ended || batch.len() + unread.len() >= size {
            let verdict = if batch.is_empty() { Verdict::default() } else { sending.post(&batch).await? };
            sum.add(&batch, verdict, std::mem::take(&mut unread));
            batch.clear();
        }
        if ended {
            break;
        }
    }
    events.progress.finish_and_clear();
    sum.left_out += events.left_out;
    Ok(())
}

/// An event as it goes out.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    source: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    revision: i64,
    data: BTreeMap<&'a str, Value<'a>>,
}

fn is_zero(revision: &i64) -> bool {
    *revision == 0
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value<'a> {
    Flag(bool),
    /// As it stands in JSON.
    Number(Box<Raw>),
    Text(&'a str),
    Money {
        amount: String,
        currency: &'a str,
    },
}

/// The server's verdict about a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Verdict {
    accepted: usize,
    duplicates: usize,
    refused: Vec<Refused>,
}

#[derive(Debug, Deserialize)]
struct Refused {
    index: usize,
    code: String,
    message: String,
    #[serde(default)]
    message_zh: String,
    #[serde(default)]
    help: String,
    #[serde(default)]
    help_zh: String,
}

/// A refusal of a whole request; it holds the verdicts when every event was refused.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    detail: String,
    detail_zh: String,
    help: String,
    help_zh: String,
    accepted: usize,
    duplicates: usize,
    refused: Vec<Refused>,
}

/// The connection to the server.
struct Sending<'a> {
    client: Client,
    url: String,
    server: &'a Server,
    /// The server has answered before: it is worth more patience than an address where perhaps nobody ever listened.
    known: std::cell::Cell<bool>,
    output: Output,
}

impl<'a> Sending<'a> {
    fn new(server: &'a Server, output: Output) -> Result<Sending<'a>, Stop> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("{}/v1/events", server.url.trim_end_matches('/'));
        let client = Client::builder().connect_timeout(Duration::from_secs(10)).timeout(Duration::from_secs(120)).build();
        let client = client.map_err(|error| unreachable_server(&url, &error))?;
        Ok(Sending { client, url, server, known: std::cell::Cell::new(false), output })
    }

    /// Posts a batch until the server has judged it.
    async fn post(&self, batch: &[(u64, RawEvent)]) -> Result<Verdict, Stop> {
        let body = ndjson(batch);
        let mut wait = Duration::from_millis(200);
        let began = tokio::time::Instant::now();
        for attempt in 1..=TRIES_MAX {
            let mut request = self.client.post(&self.url).header(header::CONTENT_TYPE, "application/x-ndjson").body(body.clone());
            if let Some(key) = &self.server.key {
                request = request.bearer_auth(key);
            }
            if let Some(workspace) = &self.server.workspace {
                request = request.header("steelyard-workspace", workspace);
            }
            let last = attempt == TRIES_MAX;
            let answer = request.send().await;
            self.known.set(self.known.get() || answer.is_ok());
            match answer {
                Ok(response) if !last && is_passing(response.status()) => {
                    wait = retry_after(&response).unwrap_or(wait).min(WAIT_MAX);
                }
                Ok(response) => return self.verdict(response).await,
                Err(error) if last || !(error.is_connect() || error.is_timeout() || error.is_request()) => {
                    return Err(unreachable_server(&self.url, &error));
                }
                Err(error) if error.is_connect() && !self.known.get() && began.elapsed() + wait > FIRST_WAIT_MAX => {
                    return Err(unreachable_server(&self.url, &error));
                }
                Err(error) => self.output.note(&format!(
                    "{}: {}",
                    self.output.text("trying again", "正在重试"),
                    foreign::cause(&error).get(self.output.lang)
                )),
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(WAIT_MAX);
        }
        Err(Stop::usage(Diagnostic::general(&codes::UNREACHABLE).arg("url", &self.url).reason(Words::new("no answer", "没有响应"))))
    }

    async fn verdict(&self, response: reqwest::Response) -> Result<Verdict, Stop> {
        let status = response.status();
        let text = response.text().await.map_err(|error| unreachable_server(&self.url, &error))?;
        if status.is_success() {
            return serde_json::from_str(&text).map_err(|error| refused(&self.url, status, &error, Words::default()));
        }
        let problem: Problem = serde_json::from_str(&text).unwrap_or_default();
        if problem.refused.is_empty() {
            let title = status.canonical_reason().unwrap_or_default();
            let detail =
                if problem.detail.is_empty() { Words::foreign("没有说明", title) } else { both(problem.detail, problem.detail_zh) };
            return Err(refused(&self.url, status, detail, both(problem.help, problem.help_zh)));
        }
        Ok(Verdict { accepted: problem.accepted, duplicates: problem.duplicates, refused: problem.refused })
    }
}

/// The server is busy or on its way up or down: the same request may succeed later.
fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

fn retry_after(response: &reqwest::Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn unreachable_server(url: &str, error: &reqwest::Error) -> Stop {
    Stop::usage(Diagnostic::general(&codes::UNREACHABLE).arg("url", url).reason(foreign::cause(error)))
}

/// What the server said; an older one perhaps in English only.
fn both(en: String, zh: String) -> Words {
    if zh.is_empty() && !en.is_empty() { Words::foreign("服务器的说明", en) } else { Words::new(en, zh) }
}

fn refused(url: &str, status: StatusCode, reason: impl Into<Words>, help: Words) -> Stop {
    Stop::input(Diagnostic::general(&codes::REFUSED).arg("url", url).arg("status", status.as_u16()).reason(reason).words("help", help))
}

fn ndjson(batch: &[(u64, RawEvent)]) -> String {
    batch.iter().fold(String::new(), |body, (_, event)| body + &line(event) + "\n")
}

/// An event as a line of NDJSON.
pub fn line(event: &RawEvent) -> String {
    let data = event.data.iter().filter_map(|(name, value)| Some((name.as_str(), outgoing(value)?))).collect();
    let line = Line {
        kind: &event.kind,
        source: &event.source,
        id: &event.id,
        time: event.time.map(|time| time.to_string()),
        revision: event.revision,
        data,
    };
    serde_json::to_string(&line).unwrap_or_default()
}

fn outgoing(value: &RawValue) -> Option<Value<'_>> {
    match value {
        RawValue::Null => None,
        // What the value holds does not matter: the server judges that it is nested, as it would without this command.
        RawValue::Nested => Raw::from_string("[]".to_owned()).ok().map(Value::Number),
        RawValue::Flag(flag) => Some(Value::Flag(*flag)),
        RawValue::Number(number) => Raw::from_string(number.to_string()).ok().map(Value::Number),
        RawValue::Text(text) => Some(Value::Text(text)),
        RawValue::OutOfRange(text) => Some(Raw::from_string(text.clone()).map_or(Value::Text(text), Value::Number)),
        RawValue::Money { amount, currency } => Some(Value::Money { amount: amount.to_string(), currency }),
    }
}

/// A row that was refused, here or by the server.
struct Mistake {
    line: u64,
    code: String,
    message: Words,
    help: Words,
}

/// What became of the events of all files.
pub struct Sum {
    accepted: usize,
    duplicates: usize,
    /// How many were refused.
    pub refused: usize,
    /// How many rows were no events, as their feeds say.
    left_out: usize,
    /// The file that is being sent.
    path: String,
    output: Output,
}

impl Sum {
    /// Before any event.
    pub fn new(output: Output) -> Sum {
        Sum { accepted: 0, duplicates: 0, refused: 0, left_out: 0, path: String::new(), output }
    }

    /// The events that follow stand in this file.
    pub fn file(&mut self, path: &str) {
        path.clone_into(&mut self.path);
    }

    /// Adds the verdict about a batch; the rows around it that could not be read are told in the order of the file.
    fn add(&mut self, batch: &[(u64, RawEvent)], verdict: Verdict, mut refused: Vec<Mistake>) {
        self.accepted += verdict.accepted;
        self.duplicates += verdict.duplicates;
        for one in verdict.refused {
            let line = batch.get(one.index).map_or(0, |(line, _)| *line);
            let (message, help) = (both(one.message, one.message_zh), both(one.help, one.help_zh));
            refused.push(Mistake { line, code: one.code, message, help });
        }
        refused.sort_by_key(|mistake| mistake.line);
        refused.into_iter().for_each(|mistake| self.refuse(mistake));
    }

    fn refuse(&mut self, mistake: Mistake) {
        self.refused += 1;
        if self.refused <= REFUSED_SHOWN {
            let diagnostic = Diagnostic::general(&codes::BAD_ROW).arg("file", &self.path).arg("line", mistake.line);
            self.output.diagnostic(&diagnostic.arg("code", mistake.code).reason(mistake.message).words("help", mistake.help));
        }
    }

    /// Tells the counts.
    pub fn tell(&self) {
        let Sum { accepted, duplicates, refused, .. } = self;
        let counts = serde_json::json!({"accepted": accepted, "duplicates": duplicates, "refused": refused, "left_out": self.left_out});
        self.output.document(&counts);
        if self.output.is_human() {
            let left_out = left_out(self.left_out).get(self.output.lang).to_owned();
            self.output.line(&match self.output.lang {
                Lang::En => format!("{accepted} accepted, {duplicates} known already, {refused} refused{left_out}"),
                Lang::Zh => format!("接收 {accepted} 个，重复 {duplicates} 个，拒绝 {refused} 个{left_out}"),
            });
        }
    }
}

/// How many rows a feed skipped, behind other counts.
pub fn left_out(count: usize) -> Words {
    match count {
        0 => Words::default(),
        _ => Words::new(format!(", {count} left out by the feed"), format!("，feed 跳过 {count} 行")),
    }
}
