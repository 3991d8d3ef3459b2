//! What each kind of endpoint is sent, and what its answers mean.
//!
//! 1. A [`Parcel`] holds the stored messages that go out in one request. [`call`] makes that request: the file of the
//!    kind knows its shape, its signature and its limit.
//! 2. [`message`] finds the words where people read them.
//! 3. [`judge`] reads the answer. Chat services say no inside a 200; what they say is told as a number with words of our
//!    own, because no tenant ever sees the answer of a receiver.
//! 4. [`rate`] says how much a kind bears, and [`Style`] how several messages go out.

mod alertmanager;
mod dingtalk;
mod feishu;
mod message;
mod ntfy;
mod pagerduty;
mod slack;
mod standard;
mod teams;
mod wecom;
mod wish;

pub use wish::{Wish, complete};

use super::guard;
use crate::store::settings::{Kind, Languages};
use crate::store::{Delivery, Endpoint};
use message::{Text, Told};
use reqwest::StatusCode;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// A stored message on its way.
#[derive(Debug, Clone)]
pub struct Part {
    /// The `webhook-id` under which it goes out by itself.
    pub id: String,
    /// The exact body, as it was stored.
    pub payload: Vec<u8>,
    /// It was taken before and is only told again.
    pub again: bool,
}

/// What goes to an endpoint in one request.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// `webhook-id`, the same at every attempt.
    pub id: String,
    /// Whose endpoint it is.
    pub workspace: Arc<str>,
    /// Where it goes.
    pub endpoint: Endpoint,
    /// The messages: several for kinds that merge, and of a group.
    pub parts: Vec<Part>,
    /// Where people reach this service, for links.
    pub public_url: Option<Arc<str>>,
    /// After how long what stands is told again.
    pub resend: Duration,
}

/// A request, not yet sent. It holds secrets, so it cannot be printed.
pub struct Call {
    /// Where to post.
    pub url: String,
    /// The headers that the kind wants besides the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// The exact body.
    pub body: Vec<u8>,
    /// False when a text had to be cut to the limit of the kind.
    pub whole: bool,
}

/// An answer of a receiver.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// The status.
    pub status: u16,
    /// As much of the body as is read.
    pub body: &'a [u8],
}

/// What an answer means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken.
    Taken,
    /// Too much was sent: for so many seconds nothing more shall come, unless Retry-After says otherwise.
    Busy(String, i64),
    /// It was not taken; it may be next time.
    Failed(String),
    /// It will never be taken like this: somebody has to mend the endpoint.
    Refused(String),
}

/// How several messages for an endpoint go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Each by itself.
    Each,
    /// Each by itself, one after the other; merged into one text when there are more than the rate bears.
    Digest,
    /// All that are due in one request.
    Batch,
}

/// How much an endpoint bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The most messages a minute; None when nothing limits them.
    pub per_min: Option<u32>,
    /// The time between two messages, at least.
    pub gap: Duration,
}

impl Rate {
    const FREE: Rate = Rate::new(None, 0);

    const fn new(per_min: Option<u32>, gap_ms: u64) -> Rate {
        Rate { per_min, gap: Duration::from_millis(gap_ms) }
    }
}

/// What an endpoint bears: what was set for it, or what its service bears.
pub fn rate(endpoint: &Endpoint) -> Rate {
    let own = match endpoint.settings.kind {
        Kind::Standard | Kind::Alertmanager => Rate::FREE,
        Kind::Feishu => feishu::RATE,
        Kind::Dingtalk => dingtalk::RATE,
        Kind::Wecom => wecom::RATE,
        Kind::Slack => slack::RATE,
        Kind::Teams => teams::RATE,
        Kind::Pagerduty => pagerduty::RATE,
        Kind::Ntfy => ntfy::RATE,
    };
    Rate { per_min: endpoint.settings.rate_per_min.or(own.per_min), ..own }
}

/// How several messages for an endpoint go out.
pub fn style(kind: Kind) -> Style {
    match kind {
        Kind::Standard | Kind::Pagerduty => Style::Each,
        Kind::Alertmanager => Style::Batch,
        Kind::Feishu | Kind::Dingtalk | Kind::Wecom | Kind::Slack | Kind::Teams | Kind::Ntfy => Style::Digest,
    }
}

/// The languages of an endpoint for which none were chosen.
pub fn languages(kind: Kind) -> Languages {
    match kind {
        Kind::Feishu | Kind::Dingtalk | Kind::Wecom => Languages::Zh,
        _ => Languages::En,
    }
}

/// The URL of a service that has one for everybody.
pub fn url(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Pagerduty => Some("https://events.pagerduty.com/v2/enqueue"),
        Kind::Ntfy => Some("https://ntfy.sh/"),
        _ => None,
    }
}

/// True when a delivery that was taken is to be told again while its alert fires.
pub fn stands(kind: Kind, delivery: &Delivery) -> bool {
    kind == Kind::Alertmanager && message::fires(&delivery.payload)
}

/// With what a delivery goes out together because its rule says `group by`: what has the same text. Services that group alerts
/// themselves get each by itself.
pub fn group_of(kind: Kind, delivery: &Delivery) -> Option<String> {
    match kind {
        Kind::Alertmanager | Kind::Pagerduty => None,
        _ => message::group(&delivery.payload),
    }
}

/// The URL of an endpoint as it may be listed: those of chat services hold their token in path or query.
pub fn shown(endpoint: &Endpoint) -> String {
    match endpoint.settings.kind {
        Kind::Standard | Kind::Alertmanager | Kind::Pagerduty | Kind::Ntfy => guard::without_query(&endpoint.url),
        _ => guard::shown(&endpoint.url),
    }
}

/// Makes the request of a parcel. `now_s` is the time of the machine: receivers compare it with their own clock.
pub fn call(parcel: &Parcel, now_s: i64) -> Call {
    match parcel.endpoint.settings.kind {
        Kind::Standard => standard::call(parcel, now_s),
        Kind::Alertmanager => alertmanager::call(parcel, now_s),
        Kind::Feishu => feishu::call(parcel, now_s),
        Kind::Dingtalk => dingtalk::call(parcel, now_s),
        Kind::Wecom => wecom::call(parcel),
        Kind::Slack => slack::call(parcel),
        Kind::Teams => teams::call(parcel),
        Kind::Pagerduty => pagerduty::call(parcel),
        Kind::Ntfy => ntfy::call(parcel),
    }
}

/// Says what an answer means.
pub fn judge(kind: Kind, reply: Reply<'_>) -> Verdict {
    match kind {
        Kind::Standard => standard::judge(reply),
        Kind::Alertmanager => alertmanager::judge(reply),
        Kind::Feishu => feishu::judge(reply),
        Kind::Dingtalk => dingtalk::judge(reply),
        Kind::Wecom => wecom::judge(reply),
        Kind::Slack => slack::judge(reply),
        Kind::Teams => teams::judge(reply),
        Kind::Pagerduty => pagerduty::judge(reply),
        Kind::Ntfy => ntfy::judge(reply),
    }
}

impl Parcel {
    fn told(&self) -> Vec<Told> {
        self.parts.iter().map(|part| message::read(&part.payload)).collect()
    }

    fn text(&self) -> Text {
        message::text(&self.told(), self.endpoint.settings.languages, self.public_url.as_deref())
    }

    fn secret(&self) -> Option<&str> {
        self.endpoint.secrets.first().map(String::as_str)
    }

    /// The link to an alert.
    fn link(&self, alert: &str) -> Option<String> {
        self.public_url.as_ref().map(|base| format!("{}/v1/alerts/{alert}", base.trim_end_matches('/')))
    }
}

impl Call {
    fn new(parcel: &Parcel, body: Vec<u8>, whole: bool) -> Call {
        Call { url: parcel.endpoint.url.clone(), headers: Vec::new(), body, whole }
    }
}

/// What some numbers mean to a service that answers with them inside a 200.
struct Codes {
    /// The member that holds the number; 0 is success.
    member: &'static str,
    /// Too much was sent: wait for so many seconds.
    busy: &'static [(i64, i64)],
    /// The endpoint has to be mended, and why.
    refused: &'static [(i64, &'static str)],
}

/// The verdict over a status that is no success; None when it is one.
fn by_status(reply: Reply<'_>, refused: &[u16]) -> Option<Verdict> {
    /// How long to wait after a 429 that does not say so.
    const WAIT_S: i64 = 60;
    let status = StatusCode::from_u16(reply.status).unwrap_or_default();
    match reply.status {
        200..=299 => None,
        300..=399 => Some(Verdict::Failed(format!("answered {status}: redirects are not followed"))),
        410 => Some(Verdict::Failed("answered 410 Gone: the receiver wants no more messages".to_owned())),
        429 => Some(Verdict::Busy("answered 429: too many messages".to_owned(), WAIT_S)),
        code if refused.contains(&code) => {
            Some(Verdict::Refused(format!("answered {status}: it will not take this; check the URL, the key and the other settings")))
        }
        _ => Some(Verdict::Failed(format!("answered {status}"))),
    }
}

/// The verdict over a number inside the body.
fn by_code(reply: Reply<'_>, codes: &Codes) -> Verdict {
    let body: Value = serde_json::from_slice(reply.body).unwrap_or_default();
    let status = reply.status;
    let Some(code) = body.get(codes.member).and_then(Value::as_i64) else {
        return by_status(reply, &[])
            .unwrap_or_else(|| Verdict::Failed(format!("answered {status} without saying that it took the message")));
    };
    if let Some((_, wait_s)) = codes.busy.iter().find(|(busy, _)| *busy == code) {
        return Verdict::Busy(format!("answered {code}: too many messages"), *wait_s);
    }
    if let Some((_, why)) = codes.refused.iter().find(|(refused, _)| *refused == code) {
        return Verdict::Refused(format!("answered {code}: {why}"));
    }
    match by_status(reply, &[]) {
        Some(verdict) => verdict,
        None if code == 0 => Verdict::Taken,
        None => Verdict::Failed(format!("answered {status} with the error {code}")),
    }
}

/// The base64 of an HMAC-SHA256.
fn hmac(key: &[u8], message: &[u8]) -> String {
    use base64::Engine as _;
    use hmac::{KeyInit as _, Mac as _};
    // A key of any length is good for an HMAC.
    let Ok(mut mac) = hmac::Hmac::<sha2::Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(message);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

/// The marks that Markdown and HTML know, as their full-width likenesses: chat services escape in ways of their own, and
/// leave these alone.
fn without_marks(text: &str) -> String {
    let mark = |c| match c {
        '*' => '＊',
        '_' => '＿',
        '[' => '［',
        ']' => '］',
        '#' => '＃',
        '`' => '｀',
        '<' => '＜',
        '>' => '＞',
        '~' => '～',
        '|' => '｜',
        '\\' => '＼',
        '&' => '＆',
        c => c,
    };
    text.chars().map(mark).collect()
}

#[cfg(test)]
mod tests;
