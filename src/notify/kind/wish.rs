//! What can be chosen for an endpoint of each kind.
//!
//! 1. A [`Wish`] is what a caller asks for. [`Wish::check`] refuses what the kind does not have and what cannot be used.
//! 2. [`Wish::grant`] writes it into the endpoint; [`complete`] says what is still missing.

use crate::diagnostic::codes::notify as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::notify::sign;
use crate::store::Endpoint;
use crate::store::settings::{Kind, Languages};

/// The most messages a minute that can be asked for.
const RATE_MAX: u32 = 6_000;

/// The longest secret, key or token.
const SECRET_MAX: usize = 512;

/// What a caller asks for; what is left out stays.
#[derive(Default)]
pub struct Wish {
    /// The languages of its texts.
    pub languages: Option<Languages>,
    /// What signs: a standard endpoint, a bot of Feishu or DingTalk. An empty one takes it away from a bot.
    pub secret: Option<String>,
    /// The key of an integration of PagerDuty.
    pub routing_key: Option<String>,
    /// What proves who sends to ntfy or Alertmanager. An empty one takes it away.
    pub token: Option<String>,
    /// The topic on an ntfy server.
    pub topic: Option<String>,
    /// The most messages a minute; 0 for what the service bears.
    pub rate_per_min: Option<u32>,
}

impl Wish {
    /// Refuses what an endpoint of this kind does not have, and what cannot be used.
    ///
    /// # Errors
    /// When there is such a thing.
    pub fn check(&self, kind: Kind) -> Result<(), Diagnostic> {
        for (field, value) in self.fields() {
            let Some(value) = value else { continue };
            if !fields(kind).contains(&field) {
                let known = [fields(kind), &["url", "channels", "lang", "rate_per_min"]].concat().join("`, `");
                return Err(Diagnostic::general(&codes::FIELD_FOREIGN).arg("kind", kind.name()).arg("field", field).arg("fields", known));
            }
            match field {
                "secret" if kind == Kind::Standard => sign::check_secret(value)?,
                "topic" => check(
                    field,
                    is_topic(value),
                    Words::new("it is 1 to 64 of A-Z, a-z, 0-9, `_` and `-`", "应为 1 到 64 个字符：A-Z、a-z、0-9、`_`、`-`"),
                )?,
                "routing_key" => check(field, !value.is_empty() && is_printable(value), printable())?,
                _ => check(field, is_printable(value), printable())?,
            }
        }
        let rate = self.rate_per_min.is_none_or(|rate| rate <= RATE_MAX);
        let range = Words::new(
            format!("it is 1 to {RATE_MAX}, or 0 for what the service bears"),
            format!("应为 1 到 {RATE_MAX}；0 表示使用该服务自身的限制"),
        );
        check("rate_per_min", rate, range)
    }

    /// Writes what was checked into an endpoint.
    pub fn grant(self, endpoint: &mut Endpoint) {
        let settings = &mut endpoint.settings;
        settings.languages = self.languages.unwrap_or(settings.languages);
        settings.topic = self.topic.or(settings.topic.take());
        if let Some(rate) = self.rate_per_min {
            settings.rate_per_min = Some(rate).filter(|rate| *rate > 0);
        }
        if let Some(secret) = self.secret.or(self.routing_key).or(self.token) {
            endpoint.secrets = vec![secret];
            endpoint.secrets.retain(|secret| !secret.is_empty());
        }
    }

    fn fields(&self) -> [(&'static str, Option<&String>); 4] {
        [
            ("secret", self.secret.as_ref()),
            ("routing_key", self.routing_key.as_ref()),
            ("token", self.token.as_ref()),
            ("topic", self.topic.as_ref()),
        ]
    }
}

/// Refuses an endpoint that lacks what its kind cannot do without.
///
/// # Errors
/// When something is missing.
pub fn complete(endpoint: &Endpoint) -> Result<(), Diagnostic> {
    let kind = endpoint.settings.kind;
    let missing = match kind {
        Kind::Pagerduty if endpoint.secrets.is_empty() => "routing_key",
        Kind::Ntfy if endpoint.settings.topic.is_none() => "topic",
        _ if endpoint.url.is_empty() => "url",
        _ => return Ok(()),
    };
    Err(Diagnostic::general(&codes::FIELD_MISSING).arg("kind", kind.name()).arg("field", missing))
}

/// What an endpoint of this kind has besides what all have.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Standard | Kind::Feishu | Kind::Dingtalk => &["secret"],
        Kind::Alertmanager => &["token"],
        Kind::Pagerduty => &["routing_key"],
        Kind::Ntfy => &["topic", "token"],
        Kind::Wecom | Kind::Slack | Kind::Teams => &[],
    }
}

fn check(field: &'static str, fine: bool, reason: Words) -> Result<(), Diagnostic> {
    if fine { Ok(()) } else { Err(Diagnostic::general(&codes::FIELD_INVALID).arg("field", field).reason(reason)) }
}

fn is_printable(value: &str) -> bool {
    value.len() <= SECRET_MAX && value.bytes().all(|byte| byte.is_ascii_graphic())
}

fn printable() -> Words {
    Words::new(
        format!("it is at most {SECRET_MAX} visible ASCII characters, without spaces"),
        format!("应为不超过 {SECRET_MAX} 个可见 ASCII 字符，不含空格"),
    )
}

fn is_topic(value: &str) -> bool {
    (1..=64).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
