//! The body of an alert webhook: version 1 of its outside shape.
//!
//! Numbers are texts, so that no reader turns them into binary floats. Long texts are cut: a body stays under 20 kB.

use crate::diagnostic::Words;
use crate::store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The most characters of a text that people wrote.
const TEXT_CHARS_MAX: usize = 1000;
/// The most bytes of a body.
pub const BODY_BYTES_MAX: usize = 20_000;
/// So many of them are left for what an escalation adds.
const SPARE_BYTES: usize = 200;

/// A text in English and Chinese.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct TextPayload {
    /// English, or the author's language.
    pub en: String,
    /// Chinese, when given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zh: Option<String>,
}

/// The numbers and the beginning of an alert, as people read them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ShownPayload {
    /// The subject with its unit.
    pub value: TextPayload,
    /// The constant it is compared with, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<TextPayload>,
    /// Since when it fires, on the clocks of the ruleset's time zone.
    pub since: String,
}

/// `data` of the body.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AlertPayload {
    /// The alert's id: the same from firing to resolved.
    pub id: String,
    /// The ruleset's name.
    pub ruleset: String,
    /// Its version.
    pub version: String,
    /// The rule's id.
    pub rule: String,
    /// The rule's title.
    pub title: TextPayload,
    /// `info`, `warning`, `critical`.
    pub severity: Cow<'static, str>,
    /// `firing` or `resolved`.
    pub state: Cow<'static, str>,
    /// The dimension values.
    pub scope: BTreeMap<String, Option<String>>,
    /// The subject at that instant; null when unknown.
    pub value: Option<String>,
    /// The constant it is compared with, when there is one.
    pub limit: Option<String>,
    /// The unit of both.
    pub unit: String,
    /// The numbers and the beginning, as people read them.
    pub shown: ShownPayload,
    /// Since when it fires.
    pub since: String,
    /// When it happened, in event time.
    pub at: String,
    /// Late events changed what had been told.
    pub restated: bool,
    /// The rule's message, filled in.
    pub message: TextPayload,
    /// The channels of the rule.
    pub channels: Vec<String>,
    /// The dimension values by which its messages are told together with others of the rule, when they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: AlertPayload,
}

/// A step of an escalation, in `data` of its messages.
#[derive(Debug, Clone, Serialize)]
pub struct EscalationPayload {
    /// The channel whose message nobody acknowledged.
    pub channel: String,
    /// How long ago that was told, in seconds.
    pub after_s: u32,
}

#[derive(Deserialize)]
struct DataOf<'a> {
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Serialize)]
struct Again<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: String,
    data: AgainData<'a>,
}

#[derive(Serialize)]
struct AgainData<'a> {
    #[serde(flatten)]
    alert: BTreeMap<&'a str, &'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    escalation: Option<EscalationPayload>,
}

fn damaged(error: serde_json::Error) -> StoreError {
    StoreError::Damaged(Words::foreign("消息正文无法读取", error))
}

/// `data` of a body, as JSON.
pub fn data_of(body: &[u8]) -> Result<String, StoreError> {
    let parsed: DataOf<'_> = serde_json::from_slice(body).map_err(damaged)?;
    Ok(parsed.data.get().to_owned())
}

/// A body with the data of an earlier one.
pub fn again(kind: &str, timestamp: String, data: &str, escalation: Option<EscalationPayload>) -> Result<Vec<u8>, StoreError> {
    let alert = serde_json::from_str(data).map_err(damaged)?;
    serde_json::to_vec(&Again { kind, timestamp, data: AgainData { alert, escalation } }).map_err(damaged)
}

/// The exact bytes of the body.
pub fn body(kind: &str, timestamp: String, mut data: AlertPayload) -> Result<Vec<u8>, StoreError> {
    for limit in [TEXT_CHARS_MAX, 200, 40, 0] {
        data.cut(limit);
        let bytes = serde_json::to_vec(&Body { kind, timestamp: timestamp.clone(), data: data.clone() });
        let bytes = bytes.map_err(|error| StoreError::Damaged(Words::foreign("消息正文无法解压", error)))?;
        if bytes.len() < BODY_BYTES_MAX - SPARE_BYTES || limit == 0 {
            return Ok(bytes);
        }
    }
    Err(StoreError::Damaged(Words::new("the body of a message is too large", "消息正文过大")))
}

impl AlertPayload {
    /// Cuts what people wrote to so many characters; below 40, the channels and all but the first dimensions go too.
    fn cut(&mut self, chars: usize) {
        for text in [&mut self.title, &mut self.message] {
            cut(&mut text.en, chars);
            text.zh.iter_mut().for_each(|zh| cut(zh, chars));
        }
        if chars < 40 {
            self.channels.truncate(20);
            while self.scope.len() > 20 {
                self.scope.pop_last();
            }
            self.group.iter_mut().for_each(|group| {
                while group.len() > 20 {
                    group.pop_last();
                }
            });
        }
    }
}

fn cut(text: &mut String, chars: usize) {
    if let Some((at, _)) = text.char_indices().nth(chars) {
        text.truncate(at);
        text.push('…');
    }
}
