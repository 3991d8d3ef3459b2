//! Where notifications go and when: bindings, silences, escalations, acknowledgements.

use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Some hours on some weekdays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HourRange {
    /// `monday` to `sunday`; all when left out.
    #[serde(default)]
    #[schema(example = json!(["monday", "tuesday", "wednesday", "thursday", "friday"]))]
    pub days: Vec<String>,
    /// When it begins.
    #[schema(example = "09:00")]
    pub from: String,
    /// When it ends; `24:00` is midnight, and what is not after the beginning is on the next day.
    #[schema(example = "18:00")]
    pub to: String,
}

/// Hours that come again every week.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Weekly {
    /// Whose clocks.
    #[schema(example = "Asia/Shanghai")]
    pub timezone: String,
    /// When.
    pub ranges: Vec<HourRange>,
}

/// The hours in which an endpoint is told.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkingHours {
    /// Whose clocks.
    #[schema(example = "Asia/Shanghai")]
    pub timezone: String,
    /// When. What comes outside of them waits until they begin again.
    pub ranges: Vec<HourRange>,
    /// The severities that do not wait; `critical` when left out.
    #[serde(default = "critical")]
    pub at_once: Vec<String>,
}

fn critical() -> Vec<String> {
    vec!["critical".to_owned()]
}

/// Tells a member that is null from one that is left out.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Values of dimensions: one of each list has to fit.
pub type ScopeFilter = BTreeMap<String, Vec<String>>;

/// A silence, to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSilence {
    /// Only alerts of this ruleset.
    pub ruleset: Option<String>,
    /// Only of this alert rule.
    pub rule: Option<String>,
    /// Only of these severities; all when left out.
    #[serde(default)]
    pub severities: Vec<String>,
    /// Only with one of these values of each named dimension.
    #[serde(default)]
    #[schema(example = json!({ "shop": ["us", "de"] }))]
    pub scope: ScopeFilter,
    /// RFC 3339; now when left out.
    pub start: Option<String>,
    /// RFC 3339. May be left out with `weekly` only.
    pub end: Option<String>,
    /// A maintenance window: it mutes only during these hours of every week.
    pub weekly: Option<Weekly>,
    /// Who wants it; the key's id when left out.
    pub author: Option<String>,
    /// Why.
    pub reason: String,
}

/// Planned muting.
#[derive(Debug, Serialize, ToSchema)]
pub struct Silence {
    /// Its id.
    pub id: String,
    /// `active` (it mutes now), `waiting` (it will), `over`.
    pub state: &'static str,
    /// Only alerts of this ruleset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruleset: Option<String>,
    /// Only of this alert rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Only of these severities; empty for all.
    pub severities: Vec<&'static str>,
    /// Only with one of these values of each named dimension.
    pub scope: ScopeFilter,
    /// From when on.
    pub start: String,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// Only during these hours of every week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekly: Option<Weekly>,
    /// Who wants it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub created_at: String,
    /// The key that made it.
    pub created_by: String,
    /// When it was ended before its time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_at: Option<String>,
}

/// Why a delivery waits, or was not sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Hold {
    /// `silence`, `inhibition` or `hours`.
    pub reason: &'static str,
    /// The silence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence: Option<String>,
    /// The alert that inhibits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inhibited_by: Option<String>,
    /// When it is looked at again; without it, when that alert is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// A step of an escalation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationStep {
    /// How long after the notification, in seconds.
    #[schema(example = 900)]
    pub after_s: u32,
    /// Who is told then.
    #[schema(example = json!(["managers"]))]
    pub channels: Vec<String>,
}

/// The steps of an escalation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationInput {
    /// In order of time.
    pub steps: Vec<EscalationStep>,
}

/// Who is told when nobody acknowledges what was told to a channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct Escalation {
    /// The channel.
    pub channel: String,
    /// In order of time.
    pub steps: Vec<EscalationStep>,
}

/// Somebody takes care of an alert.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AckInput {
    /// Who; the key's id when left out.
    pub author: Option<String>,
    /// More, in words.
    #[serde(default)]
    pub note: String,
}

/// Who takes care of an alert.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ack {
    /// Who.
    pub author: String,
    /// More, in words.
    pub note: String,
    /// When.
    pub at: String,
    /// The key.
    pub by: String,
    /// How bad it was then; when it gets worse, it is told again and is to be acknowledged anew.
    pub severity: &'static str,
}

/// A step of an escalation that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Escalated {
    /// When.
    pub at: String,
    /// Who was told.
    pub channels: Vec<String>,
    /// No endpoint gets anything of these channels.
    pub unrouted: bool,
}

/// A notification that went nowhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct Unrouted {
    /// When.
    pub at: String,
    /// What kept the nearest endpoint from it: `no_endpoint`, `channel`, `severity`, `scope` or `disabled`.
    pub reason: String,
}

/// How the notifications of an alert stand.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notifications {
    /// Who takes care of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack: Option<Ack>,
    /// The last one went nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unrouted: Option<Unrouted>,
    /// The disabled endpoints that should have been told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undelivered: Vec<String>,
    /// The silences that mute it now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub silences: Vec<String>,
    /// The alert that inhibits it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inhibited_by: Option<String>,
    /// The steps of its escalation that were taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub escalated: Vec<Escalated>,
    /// When the next one follows, unless somebody acknowledges.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalates_at: Option<String>,
}

/// What to send again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeliverSince {
    /// What was written since then, RFC 3339.
    pub since: String,
    /// In these states: `dead`, `silenced`, `superseded`, `delivered`; `dead` when left out.
    #[serde(default = "dead")]
    pub states: Vec<String>,
    /// Only what follows this delivery: `next` of the answer before.
    #[serde(default)]
    pub after: u64,
}

fn dead() -> Vec<String> {
    vec!["dead".to_owned()]
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redelivered {
    /// So many.
    pub redelivered: usize,
    /// There are more: ask again, with `after`.
    pub more: bool,
    /// What to give as `after` then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}
