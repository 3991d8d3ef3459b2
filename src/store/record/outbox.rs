//! Endpoints, deliveries, keys and audit entries as they are stored.

use super::routing::{BindingRecord, HoldRecord};
use crate::store::StoreError;
use crate::store::control::{AuditEntry, Key, Role};
use crate::store::outbox::{Attempt, Delivery, DeliveryState, Endpoint};
use crate::store::routing::Hold;
use crate::store::settings::{Kind, Languages, Settings};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

/// An [`Endpoint`].
#[derive(Serialize, Deserialize)]
pub struct EndpointRecord {
    id: String,
    url: String,
    channels: Vec<String>,
    secrets: Vec<String>,
    disabled: Option<String>,
    created_at: i64,
    failing_since: Option<i64>,
    settings: SettingsRecord,
    binding: BindingRecord,
}

/// The [`Settings`] of an endpoint; kind and languages by their places in the lists of all.
#[derive(Serialize, Deserialize)]
struct SettingsRecord {
    kind: u8,
    languages: u8,
    topic: Option<String>,
    rate_per_min: Option<u32>,
}

impl From<&Settings> for SettingsRecord {
    fn from(settings: &Settings) -> Self {
        SettingsRecord {
            kind: place(&Kind::ALL, settings.kind),
            languages: place(&Languages::ALL, settings.languages),
            topic: settings.topic.clone(),
            rate_per_min: settings.rate_per_min,
        }
    }
}

impl From<SettingsRecord> for Settings {
    fn from(record: SettingsRecord) -> Self {
        Settings {
            kind: Kind::ALL.get(usize::from(record.kind)).copied().unwrap_or_default(),
            languages: Languages::ALL.get(usize::from(record.languages)).copied().unwrap_or_default(),
            topic: record.topic,
            rate_per_min: record.rate_per_min,
        }
    }
}

fn place<T: PartialEq>(all: &[T], one: T) -> u8 {
    all.iter().position(|other| *other == one).and_then(|place| u8::try_from(place).ok()).unwrap_or_default()
}

impl From<&Endpoint> for EndpointRecord {
    fn from(endpoint: &Endpoint) -> Self {
        EndpointRecord {
            id: endpoint.id.clone(),
            url: endpoint.url.clone(),
            channels: endpoint.channels.clone(),
            secrets: endpoint.secrets.clone(),
            disabled: endpoint.disabled.clone(),
            created_at: endpoint.created_at.0,
            failing_since: endpoint.failing_since.map(|at| at.0),
            settings: SettingsRecord::from(&endpoint.settings),
            binding: BindingRecord::from(&endpoint.binding),
        }
    }
}

impl TryFrom<EndpointRecord> for Endpoint {
    type Error = StoreError;

    fn try_from(record: EndpointRecord) -> Result<Self, StoreError> {
        Ok(Endpoint {
            id: record.id,
            url: record.url,
            channels: record.channels,
            secrets: record.secrets,
            disabled: record.disabled,
            created_at: Instant(record.created_at),
            failing_since: record.failing_since.map(Instant),
            settings: record.settings.into(),
            binding: record.binding.binding()?,
        })
    }
}

/// A [`Delivery`].
#[derive(Serialize, Deserialize)]
pub struct DeliveryRecord {
    id: u64,
    message_id: String,
    endpoint: String,
    alert: String,
    kind: String,
    payload: Vec<u8>,
    created_at: i64,
    state: u8,
    attempts: Vec<AttemptRecord>,
    tried_before: u32,
    next_at: i64,
    stands: bool,
    hold: Option<HoldRecord>,
}

/// An [`Attempt`].
#[derive(Serialize, Deserialize)]
struct AttemptRecord {
    at: i64,
    status: Option<u16>,
    error: Option<String>,
    duration_ms: u32,
    carried_by: Option<String>,
}

impl From<&Attempt> for AttemptRecord {
    fn from(attempt: &Attempt) -> Self {
        AttemptRecord {
            at: attempt.at.0,
            status: attempt.status,
            error: attempt.error.clone(),
            duration_ms: attempt.duration_ms,
            carried_by: attempt.carried_by.clone(),
        }
    }
}

impl From<AttemptRecord> for Attempt {
    fn from(record: AttemptRecord) -> Self {
        Attempt {
            at: Instant(record.at),
            status: record.status,
            error: record.error,
            duration_ms: record.duration_ms,
            carried_by: record.carried_by,
        }
    }
}

impl From<&Delivery> for DeliveryRecord {
    fn from(delivery: &Delivery) -> Self {
        DeliveryRecord {
            id: delivery.id,
            message_id: delivery.message_id.clone(),
            endpoint: delivery.endpoint.clone(),
            alert: delivery.alert.clone(),
            kind: delivery.kind.clone(),
            payload: delivery.payload.clone(),
            created_at: delivery.created_at.0,
            state: match delivery.state {
                DeliveryState::Pending => 0,
                DeliveryState::Delivered => 1,
                DeliveryState::Dead => 2,
                DeliveryState::Held => 3,
                DeliveryState::Silenced => 4,
                DeliveryState::Superseded => 5,
            },
            attempts: delivery.attempts.iter().map(AttemptRecord::from).collect(),
            tried_before: delivery.tried_before,
            next_at: delivery.next_at.0,
            stands: delivery.stands,
            hold: delivery.hold.as_ref().map(HoldRecord::from),
        }
    }
}

impl From<DeliveryRecord> for Delivery {
    fn from(record: DeliveryRecord) -> Self {
        Delivery {
            id: record.id,
            message_id: record.message_id,
            endpoint: record.endpoint,
            alert: record.alert,
            kind: record.kind,
            payload: record.payload,
            created_at: Instant(record.created_at),
            state: match record.state {
                0 => DeliveryState::Pending,
                1 => DeliveryState::Delivered,
                3 => DeliveryState::Held,
                4 => DeliveryState::Silenced,
                5 => DeliveryState::Superseded,
                _ => DeliveryState::Dead,
            },
            attempts: record.attempts.into_iter().map(Attempt::from).collect(),
            tried_before: record.tried_before,
            next_at: Instant(record.next_at),
            stands: record.stands,
            hold: record.hold.map(Hold::from),
        }
    }
}

/// A [`Key`].
#[derive(Serialize, Deserialize)]
pub struct KeyRecord {
    id: String,
    workspace: String,
    role: u8,
    sha256: [u8; 32],
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
    scope: Vec<(String, String)>,
}

impl From<&Key> for KeyRecord {
    fn from(key: &Key) -> Self {
        KeyRecord {
            id: key.id.clone(),
            workspace: key.workspace.clone(),
            role: match key.role {
                Role::Ingest => 0,
                Role::Read => 1,
                Role::Author => 2,
                Role::Operate => 3,
                Role::Admin => 4,
            },
            sha256: key.sha256,
            created_at: key.created_at.0,
            expires_at: key.expires_at.map(|at| at.0),
            last_used_at: key.last_used_at.map(|at| at.0),
            revoked_at: key.revoked_at.map(|at| at.0),
            scope: key.scope.clone(),
        }
    }
}

impl From<KeyRecord> for Key {
    fn from(record: KeyRecord) -> Self {
        Key {
            id: record.id,
            workspace: record.workspace,
            role: match record.role {
                1 => Role::Read,
                2 => Role::Author,
                3 => Role::Operate,
                4 => Role::Admin,
                _ => Role::Ingest,
            },
            sha256: record.sha256,
            created_at: Instant(record.created_at),
            expires_at: record.expires_at.map(Instant),
            last_used_at: record.last_used_at.map(Instant),
            revoked_at: record.revoked_at.map(Instant),
            scope: record.scope,
        }
    }
}

/// An [`AuditEntry`]; its number is the key.
#[derive(Serialize, Deserialize)]
pub struct AuditRecord {
    at: i64,
    actor: String,
    workspace: String,
    action: String,
    target: String,
    detail: String,
    chain: [u8; 32],
}

impl From<&AuditEntry> for AuditRecord {
    fn from(entry: &AuditEntry) -> Self {
        AuditRecord {
            at: entry.at.0,
            actor: entry.actor.clone(),
            workspace: entry.workspace.clone(),
            action: entry.action.clone(),
            target: entry.target.clone(),
            detail: entry.detail.clone(),
            chain: entry.chain,
        }
    }
}

impl AuditRecord {
    /// The entry with its number.
    pub fn numbered(self, seq: u64) -> AuditEntry {
        AuditEntry {
            seq,
            at: Instant(self.at),
            actor: self.actor,
            workspace: self.workspace,
            action: self.action,
            target: self.target,
            detail: self.detail,
            chain: self.chain,
        }
    }
}
