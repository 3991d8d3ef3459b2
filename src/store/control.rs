//! `control.redb`: the keys, the workspaces and the audit log of a data directory.

use super::StoreError;
use super::file::{Disk, File, Medium};
use super::outbox::next_number;
use super::record::outbox::{AuditRecord, KeyRecord};
use super::table::{Key as TableKey, Scan, Table, part_u64};
use crate::diagnostic::Thing;
use crate::time::Instant;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

const KEYS: Table = Table::fixed("keys");
const WORKSPACES: Table = Table::fixed("workspaces");
const AUDIT: Table = Table::fixed("audit");

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Send events.
    Ingest,
    /// Read numbers and alerts.
    Read,
    /// Write rulesets.
    Author,
    /// Run the workspace: endpoints, deliveries.
    Operate,
    /// Everything.
    Admin,
}

/// An API key. The secret itself is not kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// The public part.
    pub id: String,
    /// The workspace it opens.
    pub workspace: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of the secret.
    pub sha256: [u8; 32],
    /// When it was made.
    pub created_at: Instant,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Instant>,
    /// When it was taken back.
    pub revoked_at: Option<Instant>,
    /// The dimension values it is bound to; empty for all.
    pub scope: Vec<(String, String)>,
}

impl Key {
    /// True when it opens anything at `now`.
    pub fn is_live(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

impl fmt::Debug for Key {
    /// Leaves the hash out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).field("workspace", &self.workspace).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A change that somebody made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The number, ascending without gaps; given when it is appended.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// The key's id, or `cli`.
    pub actor: String,
    /// The workspace; empty when it is about none.
    pub workspace: String,
    /// `ruleset.activate`, `key.revoke`, …
    pub action: String,
    /// What was changed.
    pub target: String,
    /// More, in words.
    pub detail: String,
    /// BLAKE3 over the entry before and this one; given when it is appended.
    pub chain: [u8; 32],
}

/// The store of a data directory as a whole.
pub struct Control {
    file: File,
}

impl Control {
    /// Opens or makes the file.
    pub fn open(dir: &Path, cache_bytes: usize) -> Result<Control, StoreError> {
        Control::open_on(dir, cache_bytes, Arc::new(Disk))
    }

    /// As [`Control::open`], on another medium.
    pub fn open_on(dir: &Path, cache_bytes: usize, medium: Arc<dyn Medium>) -> Result<Control, StoreError> {
        Ok(Control { file: File::open(dir, "control", cache_bytes, medium)? })
    }

    /// Closes the file.
    pub fn close(&self) {
        self.file.close();
    }

    /// The names of the workspaces.
    pub fn workspaces(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        WORKSPACES.view(&self.file.read()?)?.scan(&[], None, |_, name: String| {
            names.push(name);
            Ok(Scan::On)
        })?;
        Ok(names)
    }

    /// Adds a workspace.
    pub fn put_workspace(&self, name: &str) -> Result<(), StoreError> {
        self.file.write(|txn| WORKSPACES.edit(txn)?.put(&TableKey::new().text(name), &name))
    }

    /// Removes a workspace; its keys go too.
    pub fn delete_workspace(&self, name: &str) -> Result<(), StoreError> {
        self.file.write(|txn| {
            WORKSPACES.edit(txn)?.remove(&TableKey::new().text(name))?;
            let mut keys = KEYS.edit(txn)?;
            let mut gone = Vec::new();
            keys.scan_prefix(&TableKey::new(), |_, record: KeyRecord| {
                let key = Key::from(record);
                if key.workspace == name {
                    gone.push(key.id);
                }
                Ok(Scan::On)
            })?;
            gone.iter().try_for_each(|id| keys.remove(&TableKey::new().text(id)).map(|_| ()))
        })
    }

    /// All keys, by id.
    pub fn keys(&self) -> Result<Vec<Key>, StoreError> {
        let mut found = Vec::new();
        KEYS.view(&self.file.read()?)?.scan(&[], None, |_, record: KeyRecord| {
            found.push(record.into());
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    /// One key.
    pub fn key(&self, id: &str) -> Result<Option<Key>, StoreError> {
        let record: Option<KeyRecord> = KEYS.view(&self.file.read()?)?.get(&TableKey::new().text(id))?;
        Ok(record.map(Key::from))
    }

    /// Makes or replaces a key.
    pub fn put_key(&self, key: &Key) -> Result<(), StoreError> {
        self.file.write(|txn| KEYS.edit(txn)?.put(&TableKey::new().text(&key.id), &KeyRecord::from(key)))
    }

    /// Takes a key back.
    pub fn revoke_key(&self, id: &str, at: Instant) -> Result<Key, StoreError> {
        self.update_key(id, |key| key.revoked_at = key.revoked_at.or(Some(at)))
    }

    /// Remembers when keys were last used. Keys that are gone are passed over.
    pub fn touch_keys(&self, used: &[(String, Instant)]) -> Result<(), StoreError> {
        for (id, at) in used {
            match self.update_key(id, |key| key.last_used_at = key.last_used_at.max(Some(*at))) {
                Ok(_) | Err(StoreError::Unknown(..)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Appends to the audit log and returns the entry with its number and chain.
    pub fn append_audit(&self, mut entry: AuditEntry) -> Result<AuditEntry, StoreError> {
        self.file.write(|txn| {
            entry.seq = next_number(txn, "audit")?;
            let mut table = AUDIT.edit(txn)?;
            let before: Option<AuditRecord> = table.get(&TableKey::new().u64(entry.seq - 1))?;
            entry.chain = chain(before.map_or([0; 32], |record| record.numbered(0).chain), &entry);
            table.put(&TableKey::new().u64(entry.seq), &AuditRecord::from(&entry))
        })?;
        Ok(entry)
    }

    /// The audit log under number `before`, newest first.
    pub fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let mut found = Vec::new();
        let to = before.map(|seq| TableKey::new().u64(seq).0);
        AUDIT.view(&self.file.read()?)?.scan_back(to.as_deref(), |key, record: AuditRecord| {
            if found.len() == limit {
                return Ok(Scan::Stop);
            }
            found.push(record.numbered(part_u64(key, 0)?));
            Ok(Scan::On)
        })?;
        Ok(found)
    }

    fn update_key(&self, id: &str, change: impl FnOnce(&mut Key)) -> Result<Key, StoreError> {
        self.file.write(|txn| {
            let mut table = KEYS.edit(txn)?;
            let place = TableKey::new().text(id);
            let record: Option<KeyRecord> = table.get(&place)?;
            let mut key = Key::from(record.ok_or_else(|| StoreError::Unknown(Thing::Key, id.to_owned()))?);
            change(&mut key);
            table.put(&place, &KeyRecord::from(&key))?;
            Ok(key)
        })
    }
}

fn chain(before: [u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&before).update(&entry.seq.to_be_bytes()).update(&entry.at.0.to_be_bytes());
    for text in [&entry.actor, &entry.workspace, &entry.action, &entry.target, &entry.detail] {
        hasher.update(&(text.len() as u64).to_be_bytes()).update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}
