//! Who asks, and for which workspace.
//!
//! 1. A key is `sy_<id>_<secret>`: the id finds it, the SHA-256 of the secret is compared in constant time.
//! 2. Its role says what it may do ([`Need`]), its workspace where. Admin keys may name another workspace by the header
//!    `Steelyard-Workspace`.
//! 3. Without any key the server is open, but only to this machine: it listens on loopback alone ([`bind_allowed`]),
//!    and only to requests that call it by a loopback name and come from no foreign web page, so that no page can reach
//!    it, be it under a name of its own or blindly.

use super::App;
use super::problem::{Answer, Problem};
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Diagnostic, Thing, Words};
use crate::engine::{Key, Role, Workspace};
use crate::time::Instant;
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// Names another workspace.
pub const WORKSPACE: HeaderName = HeaderName::from_static("steelyard-workspace");

/// The workspace of requests without a key.
pub const DEFAULT_WORKSPACE: &str = "default";

/// How often the last use of a key is written down.
const TOUCH_EVERY_S: i64 = 60;

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// To send events.
    Ingest,
    /// To read numbers, scores, alerts and rulesets.
    Read,
    /// To write and activate rulesets.
    Author,
    /// To run the workspace: endpoints and deliveries.
    Operate,
    /// To manage workspaces and keys.
    Admin,
}

impl Need {
    /// The roles that suffice.
    pub fn roles(self) -> &'static [Role] {
        match self {
            Need::Ingest => &[Role::Ingest, Role::Operate, Role::Admin],
            Need::Read => &[Role::Read, Role::Author, Role::Operate, Role::Admin],
            Need::Author => &[Role::Author, Role::Admin],
            Need::Operate => &[Role::Operate, Role::Admin],
            Need::Admin => &[Role::Admin],
        }
    }
}

/// The name of a role, as it is written outside.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Ingest => "ingest",
        Role::Read => "read",
        Role::Author => "author",
        Role::Operate => "operate",
        Role::Admin => "admin",
    }
}

/// The role of a name.
pub fn role_named(name: &str) -> Option<Role> {
    [Role::Ingest, Role::Read, Role::Author, Role::Operate, Role::Admin].into_iter().find(|role| role_name(*role) == name)
}

/// A new key and the text that is shown once. The store keeps only the key.
///
/// # Errors
/// When a key that may do more than read is bound to some rows, or the operating system gives no random bytes.
pub fn new_key(
    workspace: &str,
    role: Role,
    now: Instant,
    expires_at: Option<Instant>,
    scope: Vec<(String, String)>,
) -> Result<(Key, String), Diagnostic> {
    if !scope.is_empty() && role != Role::Read {
        return Err(Diagnostic::general(&codes::SCOPE_NEEDS_READ).arg("role", role_name(role)));
    }
    let mut bytes = [0u8; 38];
    getrandom::fill(&mut bytes).map_err(|error| {
        Diagnostic::general(&crate::diagnostic::codes::notify::NO_RANDOMNESS).reason(Words::foreign("系统随机数不可用", error))
    })?;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let (id, secret) = bytes.split_at(6);
    let (id, secret) = (hex(id), hex(secret));
    let text = format!("sy_{id}_{secret}");
    let sha256 = Sha256::digest(secret.as_bytes()).into();
    let key =
        Key { id, workspace: workspace.to_owned(), role, sha256, created_at: now, expires_at, last_used_at: None, revoked_at: None, scope };
    Ok((key, text))
}

/// Whether the server may listen on an address.
///
/// # Errors
/// When other machines could reach it and there is no key.
pub fn bind_allowed(address: SocketAddr, has_keys: bool) -> Result<(), Diagnostic> {
    if has_keys || address.ip().to_canonical().is_loopback() {
        return Ok(());
    }
    Err(Diagnostic::general(&codes::BIND_REFUSED).arg("address", address))
}

/// Who may come in.
pub struct Access {
    open: AtomicBool,
    touched: Mutex<HashMap<String, Instant>>,
}

impl Access {
    /// `open`: there is no key, and the server listens on loopback. It never opens again after the first key was made.
    pub fn new(open: bool) -> Access {
        Access { open: AtomicBool::new(open), touched: Mutex::default() }
    }

    /// From now on only with keys.
    pub fn close(&self) {
        self.open.store(false, Ordering::SeqCst);
    }

    /// Without keys.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// True when the use of a key should be written down now.
    fn touch(&self, id: &str, now: Instant) -> bool {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        let due = touched.get(id).is_none_or(|last| now >= last.plus_s(TOUCH_EVERY_S));
        if due {
            touched.insert(id.to_owned(), now);
        }
        due
    }
}

/// Who sent a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The key; None while the server is open.
    key: Option<Key>,
    asked_workspace: Option<String>,
}

impl Caller {
    /// The id that the audit log keeps.
    pub fn id(&self) -> &str {
        self.key.as_ref().map_or("local", |key| &key.id)
    }

    /// The dimension values that the key is bound to.
    pub fn scope(&self) -> &[(String, String)] {
        self.key.as_ref().map_or(&[], |key| &key.scope)
    }

    /// Refuses a caller whose role does not suffice.
    ///
    /// # Errors
    /// When it does not.
    pub fn may(&self, need: Need) -> Answer<()> {
        match &self.key {
            Some(key) if !need.roles().contains(&key.role) => {
                let needed: Vec<_> = need.roles().iter().map(|role| role_name(*role)).collect();
                Err(Diagnostic::general(&codes::ROLE_LACKING).arg("role", role_name(key.role)).arg("needed", needed.join(" | ")).into())
            }
            // What is bound to some rows of a workspace must not change what counts for all of them.
            Some(key) if !key.scope.is_empty() && need != Need::Read => {
                Err(Diagnostic::general(&codes::SCOPE_FOREIGN).what(Thing::ForeignRows).into())
            }
            _ => Ok(()),
        }
    }

    /// The name of the workspace that the request is for.
    ///
    /// # Errors
    /// When the key does not open it.
    pub fn workspace_name(&self) -> Answer<&str> {
        let own = self.key.as_ref().map_or(DEFAULT_WORKSPACE, |key| &key.workspace);
        match (&self.asked_workspace, &self.key) {
            (None, _) => Ok(own),
            (Some(asked), Some(key)) if *asked != key.workspace && key.role != Role::Admin => {
                Err(Diagnostic::general(&codes::SCOPE_FOREIGN).what(Words::verbatim(format!("`{asked}`"))).into())
            }
            (Some(asked), _) => Ok(asked),
        }
    }

    /// The workspace that the request is for, when the role suffices.
    ///
    /// # Errors
    /// When it does not, or there is no such workspace, or its files are damaged.
    pub fn workspace(&self, app: &App, need: Need) -> Answer<Arc<Workspace>> {
        self.may(need)?;
        let name = self.workspace_name()?;
        tracing::Span::current().record("workspace", name);
        app.engine.find(name)?.ok_or_else(|| Problem::not_found(Thing::Workspace, name))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let asked_workspace = match parts.headers.get(WORKSPACE) {
            Some(value) => Some(value.to_str().map_err(|_| Problem::not_found(Thing::Workspace, "?"))?.to_owned()),
            None => None,
        };
        if app.access.is_open() {
            return Ok(Caller { key: None, asked_workspace });
        }
        let key = check_key(app, &parts.headers)?;
        tracing::Span::current().record("key", &key.id);
        Ok(Caller { key: Some(key), asked_workspace })
    }
}

/// The key of a request.
fn check_key(app: &Arc<App>, headers: &HeaderMap) -> Answer<Key> {
    let header = headers.get(AUTHORIZATION).ok_or_else(|| Problem::from(Diagnostic::general(&codes::KEY_MISSING)))?;
    let refused = || Problem::from(Diagnostic::general(&codes::KEY_REFUSED));
    let (id, secret) = header.to_str().ok().and_then(split_key).ok_or_else(refused)?;
    let found = app.engine.control().key(id).map_err(Diagnostic::from)?;
    let now = app.engine.now();
    // An unknown id costs a comparison as well.
    let expected = found.as_ref().map_or([0; 32], |key| key.sha256);
    let hashed: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let same = bool::from(hashed.ct_eq(&expected));
    let key = found.filter(|key| same && key.is_live(now)).ok_or_else(refused)?;
    if app.access.touch(&key.id, now) {
        let (app, id) = (Arc::clone(app), key.id.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = app.engine.control().touch_keys(&[(id, now)]) {
                tracing::warn!(%error, "the last use of a key cannot be written down");
            }
        });
    }
    Ok(key)
}

/// Id and secret of `Bearer sy_<id>_<secret>`.
fn split_key(header: &str) -> Option<(&str, &str)> {
    let (scheme, key) = header.split_once(' ')?;
    let (id, secret) = key.trim().strip_prefix("sy_")?.split_once('_')?;
    scheme.eq_ignore_ascii_case("bearer").then_some((id, secret))
}

/// While there are no keys, only requests to this machine's own names are served.
///
/// # Errors
/// When the host is another one, or missing.
pub fn check_host(app: &App, headers: &HeaderMap) -> Result<(), Diagnostic> {
    if !app.access.is_open() {
        return Ok(());
    }
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next().map(|host| host.to_str()), hosts.next()) {
        (Some(Ok(host)), None) => host,
        _ => "",
    };
    if !is_local(host) {
        return Err(Diagnostic::general(&codes::HOST_REFUSED).arg("host", host));
    }
    // A browser names the page that sends. A page from elsewhere can post to a loopback address too, without reading the
    // answer: it must not change anything either.
    match headers.get(ORIGIN).map(|origin| origin.to_str().unwrap_or_default()) {
        Some(origin) if origin.split_once("://").is_none_or(|(_, page)| page != host) => {
            Err(Diagnostic::general(&codes::ORIGIN_REFUSED).arg("origin", origin))
        }
        _ => Ok(()),
    }
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => name,
        _ => host,
    };
    let literal: Option<IpAddr> = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
    name.eq_ignore_ascii_case("localhost") || literal.is_some_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_this_machine_without_keys() {
        for (address, fine) in [("127.0.0.1:80", true), ("[::1]:80", true), ("127.9.9.9:1", true), ("[::ffff:127.0.0.1]:80", true)] {
            assert_eq!(bind_allowed(address.parse().unwrap(), false).is_ok(), fine, "{address}");
        }
        for address in ["0.0.0.0:80", "[::]:80", "192.168.1.5:80", "8.8.8.8:80", "[fe80::1]:80"] {
            assert_eq!(bind_allowed(address.parse().unwrap(), false).unwrap_err().code.id, "SY0589", "{address}");
            assert!(bind_allowed(address.parse().unwrap(), true).is_ok());
        }
    }

    #[test]
    fn names_of_this_machine() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[::2]:80", "localhost:80:80"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn what_is_bound_to_some_rows_reads_and_nothing_else() {
        let shop = || vec![("shop".to_owned(), "us".to_owned())];
        for role in [Role::Ingest, Role::Author, Role::Operate, Role::Admin] {
            assert_eq!(new_key("w", role, Instant(0), None, shop()).unwrap_err().code.id, "SY0598");
            // Were there such a key, it would open nothing that changes the workspace.
            let (key, _) = new_key("w", role, Instant(0), None, Vec::new()).unwrap();
            let caller = Caller { key: Some(Key { scope: shop(), ..key }), asked_workspace: None };
            for need in [Need::Ingest, Need::Author, Need::Operate, Need::Admin] {
                assert!(caller.may(need).is_err(), "{role:?} {need:?}");
            }
        }
        assert!(new_key("w", Role::Read, Instant(0), None, shop()).is_ok());
    }

    #[test]
    fn keys_have_one_form() {
        let (key, text) = new_key("w", Role::Read, Instant(0), None, Vec::new()).unwrap();
        let header = format!("Bearer {text}");
        let (id, secret) = split_key(&header).unwrap();
        assert_eq!(id, key.id);
        assert_eq!(<[u8; 32]>::from(Sha256::digest(secret.as_bytes())), key.sha256);
        assert_eq!(secret.len(), 64);
        for bad in ["", "Bearer", "Bearer sy_", "Bearer sy_abc", "Basic sy_a_b", "Bearer xx_a_b"] {
            assert_eq!(split_key(bad), None, "{bad}");
        }
    }
}
