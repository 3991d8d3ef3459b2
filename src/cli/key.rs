//! `steelyard key`: API keys in a data directory whose server is not running. A running server has `/v1/keys`.
//!
//! 1. The control file of the directory is opened; it can be open in one process only.
//! 2. A key is made, listed, taken back or replaced, and the change is written into the audit log.
//! 3. A new key's text is printed once; only its hash is kept.

use super::output::{Output, table};
use super::serve::DATA;
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Thing, codes::cli as codes};
use crate::engine::{AuditEntry, Clock, Control, DEFAULT_WORKSPACE, Key, Role, StoreError, SystemClock};
use crate::http::new_key;
use crate::time::Instant;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

/// The cache of the control file: it is small.
const CACHE_BYTES: usize = 4 << 20;

/// The flags of `key`.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// The data directory
    #[arg(long, env = "STEELYARD_DATA", default_value = DATA, global = true)]
    data: PathBuf,
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Make a key and print it, once
    Create {
        /// What it may do
        #[arg(long, value_enum)]
        role: RoleArg,
        /// The workspace it opens
        #[arg(long, default_value = DEFAULT_WORKSPACE)]
        workspace: String,
        /// After how many days it expires
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
        expires_in_days: u32,
        /// Only rows with this dimension value, such as shop=us
        #[arg(long)]
        scope: Vec<String>,
    },
    /// Show all keys, without their secrets
    List,
    /// Take a key back at once
    Revoke {
        /// The id: the part between the underscores
        id: String,
    },
    /// Make a key like this one and take the old one back
    Rotate {
        /// The id: the part between the underscores
        id: String,
        /// How many hours the old one still works
        #[arg(long, default_value_t = 0)]
        overlap_hours: u32,
    },
}

/// A role on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    /// Sends events
    Ingest,
    /// Reads numbers, scores and alerts
    Read,
    /// Writes and activates rulesets
    Author,
    /// Runs the workspace: endpoints and deliveries
    Operate,
    /// Everything, in every workspace
    Admin,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Role {
        match role {
            RoleArg::Ingest => Role::Ingest,
            RoleArg::Read => Role::Read,
            RoleArg::Author => Role::Author,
            RoleArg::Operate => Role::Operate,
            RoleArg::Admin => Role::Admin,
        }
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Ingest => "ingest",
        Role::Read => "read",
        Role::Author => "author",
        Role::Operate => "operate",
        Role::Admin => "admin",
    }
}

/// Runs `key`.
pub fn run(args: KeyArgs, output: Output) -> Result<Ended, Stop> {
    let control = Control::open(&args.data, CACHE_BYTES).map_err(failed)?;
    let keys = Keys { control: &control, now: SystemClock.now(), output };
    let ended = match args.command {
        KeyCommand::Create { role, workspace, expires_in_days, scope } => keys.create(role.into(), &workspace, expires_in_days, &scope),
        KeyCommand::List => keys.list(),
        KeyCommand::Revoke { id } => keys.revoke(&id),
        KeyCommand::Rotate { id, overlap_hours } => keys.rotate(&id, overlap_hours),
    };
    control.close();
    ended
}

struct Keys<'a> {
    control: &'a Control,
    now: Instant,
    output: Output,
}

impl Keys<'_> {
    fn create(&self, role: Role, workspace: &str, expires_in_days: u32, scope: &[String]) -> Result<Ended, Stop> {
        let known = self.control.workspaces().map_err(failed)?;
        // The engine makes the usual workspace when it first opens the directory.
        if workspace != DEFAULT_WORKSPACE && !known.iter().any(|one| one == workspace) {
            return Err(Stop::usage(Diagnostic::general(&crate::diagnostic::codes::api::UNKNOWN_WORKSPACE).arg("name", workspace)));
        }
        let scope = scope.iter().map(|text| scope_of(text)).collect::<Result<Vec<_>, _>>()?;
        let expires_at = self.now.plus_s(i64::from(expires_in_days) * 86_400);
        let (key, text) = new_key(workspace, role, self.now, Some(expires_at), scope).map_err(Stop::input)?;
        self.keep(&key, "key.create")?;
        self.show(&key, &text);
        Ok(Ended::Fine)
    }

    fn list(&self) -> Result<Ended, Stop> {
        let keys = self.control.keys().map_err(failed)?;
        if !self.output.is_human() {
            self.output.records(&keys.iter().map(|key| record(key, None)).collect::<Vec<_>>());
            return Ok(Ended::Fine);
        }
        let or_dash = |at: Option<Instant>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let row = |key: &Key| {
            let state = if key.is_live(self.now) { self.output.text("live", "有效") } else { self.output.text("gone", "失效") };
            vec![
                key.id.clone(),
                key.workspace.clone(),
                role_name(key.role).to_owned(),
                state.to_owned(),
                or_dash(key.expires_at),
                or_dash(key.last_used_at),
            ]
        };
        let rows: Vec<Vec<String>> = keys.iter().map(row).collect();
        let header =
            [("id", "编号"), ("workspace", "工作区"), ("role", "角色"), ("state", "状态"), ("expires", "到期"), ("last used", "最近使用")];
        self.output.line(&table(&header.map(|(en, zh)| self.output.text(en, zh)), &rows, &[]));
        Ok(Ended::Fine)
    }

    fn revoke(&self, id: &str) -> Result<Ended, Stop> {
        let key = self.control.revoke_key(id, self.now).map_err(failed)?;
        self.audit(&key, "key.revoke")?;
        self.output.document(&record(&key, None));
        self.output.note(&format!("{} {id}", self.output.text("revoked", "已撤销")));
        Ok(Ended::Fine)
    }

    fn rotate(&self, id: &str, overlap_hours: u32) -> Result<Ended, Stop> {
        let unknown = || failed(StoreError::Unknown(Thing::Key, id.to_owned()));
        let old = self.control.key(id).map_err(failed)?.ok_or_else(unknown)?;
        let lives = old.expires_at.map(|end| Instant(self.now.0.saturating_add(end.0.saturating_sub(old.created_at.0))));
        let (key, text) = new_key(&old.workspace, old.role, self.now, lives, old.scope.clone()).map_err(Stop::input)?;
        self.keep(&key, "key.create")?;
        if overlap_hours == 0 {
            self.control.revoke_key(id, self.now).map_err(failed)?;
            self.audit(&old, "key.revoke")?;
        } else {
            let end = self.now.plus_s(i64::from(overlap_hours) * 3_600);
            let ending = Key { expires_at: Some(old.expires_at.map_or(end, |expires| expires.min(end))), ..old };
            self.keep(&ending, "key.expire")?;
        }
        self.show(&key, &text);
        Ok(Ended::Fine)
    }

    fn keep(&self, key: &Key, action: &str) -> Result<(), Stop> {
        self.control.put_key(key).map_err(failed)?;
        self.audit(key, action)
    }

    fn audit(&self, key: &Key, action: &str) -> Result<(), Stop> {
        let entry = AuditEntry {
            seq: 0,
            at: self.now,
            actor: "cli".to_owned(),
            workspace: key.workspace.clone(),
            action: action.to_owned(),
            target: key.id.clone(),
            detail: role_name(key.role).to_owned(),
            chain: [0; 32],
        };
        self.control.append_audit(entry).map(|_| ()).map_err(failed)
    }

    /// Prints a new key. The text goes to standard output, so that a script can take it.
    fn show(&self, key: &Key, text: &str) {
        self.output.document(&record(key, Some(text)));
        if self.output.is_human() {
            self.output.line(text);
        }
        self.output.note(
            self.output
                .text("This is shown once. Send it as: Authorization: Bearer …", "仅显示这一次。请求时使用：Authorization: Bearer …"),
        );
    }
}

fn record(key: &Key, text: Option<&str>) -> serde_json::Value {
    let mut record = json!({
        "id": key.id,
        "workspace": key.workspace,
        "role": role_name(key.role),
        "scope": key.scope.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "created_at": key.created_at.to_string(),
        "expires_at": key.expires_at.map(|at| at.to_string()),
        "last_used_at": key.last_used_at.map(|at| at.to_string()),
        "revoked_at": key.revoked_at.map(|at| at.to_string()),
    });
    if let (Some(text), Some(object)) = (text, record.as_object_mut()) {
        object.insert("key".to_owned(), text.into());
    }
    record
}

/// Reads `shop=us`.
pub fn scope_of(text: &str) -> Result<(String, String), Stop> {
    match text.split_once('=') {
        Some((dimension, value)) if !dimension.is_empty() && !value.is_empty() => Ok((dimension.to_owned(), value.to_owned())),
        _ => Err(Stop::usage(Diagnostic::general(&codes::BAD_SCOPE).arg("text", text))),
    }
}

fn failed(error: StoreError) -> Stop {
    Stop::input(error.into())
}
