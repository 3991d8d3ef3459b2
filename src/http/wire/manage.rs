//! Rulesets, endpoints, deliveries, workspaces and keys.

use super::{Hold, Mistake, ScopeFilter, WorkingHours, given};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A version of a ruleset.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ruleset {
    /// The ruleset's id.
    pub name: String,
    /// The version, which never changes.
    pub version: String,
    /// BLAKE3 of the text.
    pub hash: String,
    /// What people call it.
    pub title: String,
    /// The same in Chinese.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_zh: Option<String>,
    /// When it was put.
    pub put_at: String,
    /// It counts.
    pub active: bool,
    /// Since when it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_from: Option<String>,
    /// From when on it will count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<String>,
    /// How it runs beside the active version, while it is on trial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// What the trade knows to be wrong, found when it was put.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Mistake>,
}

/// A trial of a version: it runs on the same events as the active one, and sends nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Trial {
    /// Since when.
    pub from: String,
    /// How many events that came since it cannot read.
    pub left_out: u64,
}

/// What came of the start of a trial.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrialStarted {
    /// The ruleset's id.
    pub name: String,
    /// The version.
    pub version: String,
    /// Stored events are still being run through it, and it has no numbers yet.
    pub working: bool,
    /// How many stored events were run through it.
    pub replayed: usize,
    /// How many stored events of its types it cannot read; they do not count in it.
    pub skipped: usize,
}

/// The verdict about a text.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checked {
    /// It could be put.
    pub ok: bool,
    /// The ruleset's id, when the text is free of errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Errors.
    pub errors: Vec<Mistake>,
    /// Warnings.
    pub warnings: Vec<Mistake>,
    /// How many test blocks ran.
    pub n_tests: usize,
    /// The tests that failed.
    pub tests: Vec<super::TestResult>,
}

/// When a version shall count.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Activate {
    /// RFC 3339; now when left out.
    pub at: Option<String>,
}

/// What came of an activation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activated {
    /// The ruleset's id.
    pub name: String,
    /// The version.
    pub version: String,
    /// Stored events are still being run through it, and it does not count yet.
    pub working: bool,
    /// When it takes effect, when that is later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<String>,
    /// How many stored events were run through it.
    pub replayed: usize,
    /// How many stored events of its types it cannot read; they do not count in it.
    pub skipped: usize,
}

/// A receiver of webhooks, to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// The service that listens there: `standard` when left out.
    #[serde(default)]
    pub kind: super::EndpointKind,
    /// Where to post. https, unless the operator allowed the network. `pagerduty` and `ntfy` have one of their own.
    #[schema(example = "https://hooks.example.com/steelyard")]
    pub url: Option<String>,
    /// The channels it listens to; empty for all.
    #[serde(default)]
    pub channels: Vec<String>,
    /// The languages of texts for people; when left out, `zh` for `feishu`, `dingtalk` and `wecom`, otherwise `en`.
    pub lang: Option<super::EndpointLang>,
    /// The most messages a minute; when left out, or 0, what the service bears.
    pub rate_per_min: Option<u32>,
    /// A signing secret: of your own for `standard` (`whsec_…`; one is made when left out), of the bot for `feishu` and
    /// `dingtalk`.
    pub secret: Option<String>,
    /// The key of an integration of PagerDuty.
    pub routing_key: Option<String>,
    /// What proves who sends to `ntfy` (an access token, or `user:password`) or `alertmanager` (sent as a bearer).
    pub token: Option<String>,
    /// The topic on an ntfy server.
    pub topic: Option<String>,
    /// The least severity it gets: `info` when left out, `warning` or `critical`.
    pub severity: Option<String>,
    /// Only alerts with one of these values of each named dimension.
    pub scope: Option<ScopeFilter>,
    /// The hours in which it is told; always when left out.
    pub hours: Option<WorkingHours>,
}

/// Changes of an endpoint; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointPatch {
    /// Where to post.
    pub url: Option<String>,
    /// The channels it listens to.
    pub channels: Option<Vec<String>>,
    /// False stops everything that would be sent to it.
    pub enabled: Option<bool>,
    /// The languages of texts for people.
    pub lang: Option<super::EndpointLang>,
    /// The most messages a minute; 0 for what the service bears.
    pub rate_per_min: Option<u32>,
    /// Another signing secret, at once and alone; an empty one takes that of a bot away.
    pub secret: Option<String>,
    /// The key of an integration of PagerDuty.
    pub routing_key: Option<String>,
    /// What proves who sends to `ntfy` (an access token, or `user:password`) or `alertmanager` (sent as a bearer); an
    /// empty one takes it away.
    pub token: Option<String>,
    /// The topic on an ntfy server.
    pub topic: Option<String>,
    /// The least severity it gets.
    pub severity: Option<String>,
    /// Only alerts with one of these values of each named dimension; `{}` for all.
    pub scope: Option<ScopeFilter>,
    /// The hours in which it is told; null for always.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<WorkingHours>)]
    pub hours: Option<Option<WorkingHours>>,
}

/// A new secret of your own.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// `whsec_…`; one is made when left out.
    pub secret: Option<String>,
}

/// A receiver of webhooks.
#[derive(Debug, Serialize, ToSchema)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// The service that listens there.
    pub kind: &'static str,
    /// Where to post, without what may be a secret: the query, and the path at chat services.
    pub url: String,
    /// The channels it listens to; empty for all.
    pub channels: Vec<String>,
    /// The languages of texts for people: `en`, `zh` or `both`.
    pub lang: &'static str,
    /// The topic on an ntfy server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The most messages a minute; absent when nothing limits them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_per_min: Option<u32>,
    /// It has a secret, key or token.
    pub has_secret: bool,
    /// Deliveries are sent.
    pub enabled: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Since when every attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// The least severity it gets.
    pub severity: &'static str,
    /// Only alerts with one of these values of each named dimension; empty for all.
    pub scope: ScopeFilter,
    /// The hours in which it is told; absent for always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<WorkingHours>,
    /// The signing secret, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A message to an endpoint.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    /// The number, ascending.
    pub id: u64,
    /// The `webhook-id` of every attempt.
    pub message_id: String,
    /// The endpoint's id.
    pub endpoint: String,
    /// The alert's id; absent for tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<String>,
    /// `alert.firing`, `alert.resolved`, `endpoint.test`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// `pending`, `delivered`, `dead` (given up), `held` (it waits), `silenced` or `superseded` (it waited, and was not sent).
    pub state: &'static str,
    /// When it was written.
    pub created_at: String,
    /// When it is tried next, while pending; when it is told again, while it stands at an Alertmanager.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
    /// Why it waits, or why it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// How many attempts were made.
    pub n_attempts: usize,
    /// The attempts, oldest first; only when one delivery is asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
    /// The exact body; only when one delivery is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// One try.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attempt {
    /// When it began.
    pub at: String,
    /// The status of the answer.
    pub status: Option<u16>,
    /// What went wrong; null when it succeeded.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: u32,
    /// The `webhook-id` of the message that carried several deliveries at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_by: Option<String>,
}

/// An API key, to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// `ingest`, `read`, `author`, `operate` or `admin`.
    pub role: String,
    /// The workspace it opens; that of the request when left out.
    pub workspace: Option<String>,
    /// After how many days it expires; 365 when left out.
    pub expires_in_days: Option<u32>,
    /// The dimension values it is bound to: only these rows can be read with it. For the role `read` alone.
    #[serde(default)]
    pub scope: BTreeMap<String, String>,
}

/// An API key.
#[derive(Debug, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct Key {
    pub id: String,
    pub workspace: String,
    pub role: &'static str,
    /// The dimension values it is bound to; empty for all.
    pub scope: BTreeMap<String, String>,
    pub created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// The key itself, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A client company's space.
#[derive(Debug, Serialize, ToSchema)]
pub struct Workspace {
    /// Its name.
    pub name: String,
    /// Why it cannot be served, when that is so: the code that every request for it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}

/// A list; `next` continues it.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    /// The items.
    pub items: Vec<T>,
    /// What to pass as `before` for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl<T> List<T> {
    /// A list that is whole.
    pub fn whole(items: Vec<T>) -> List<T> {
        List { items, next: None }
    }
}

/// The running program.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// `steelyard`
    pub name: &'static str,
    /// The version of the program.
    pub version: &'static str,
    /// The version of this API.
    pub api: &'static str,
}
