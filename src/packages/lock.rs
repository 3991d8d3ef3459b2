//! The lock file: the exact versions and texts of the packages of a ruleset.
//!
//! 1. `steelyard lock` writes it beside the ruleset, a package a line: name, version, BLAKE3 hash of the file ([`Lock::text`]).
//! 2. Where it lies, nothing else is taken: what it pins must be on the search path with that very text
//!    ([`Lock::choose`]), and all that it pins must be used ([`Lock::unused`]).

use super::search::Found;
use super::{Part, Wanted};
use crate::diagnostic::codes::{cli, package as codes};
use crate::diagnostic::{Diagnostic, Words};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A version of a package, exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// `amazon.account_health`
    pub package: String,
    /// `3.1.0`
    pub version: String,
    /// The BLAKE3 hash of its file, in hexadecimal digits.
    pub hash: String,
}

/// A lock file.
#[derive(Debug)]
pub struct Lock {
    file: String,
    pins: Vec<Pin>,
}

/// The hash of a file.
pub(super) fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl Lock {
    /// The lock file of a ruleset: `shop.lock` beside `shop.kpi`.
    pub fn file(ruleset: &Path) -> PathBuf {
        ruleset.with_extension("lock")
    }

    /// Reads the lock file of a ruleset, if it has one.
    ///
    /// # Errors
    /// When there is one that cannot be read or pins nothing in one of its lines.
    pub fn beside(ruleset: &Path) -> Result<Option<Lock>, Box<Diagnostic>> {
        let file = Lock::file(ruleset);
        let name = file.display().to_string();
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Some(Lock::read(&name, &text)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Box::new(Diagnostic::general(&cli::READ_FILE).arg("file", name).reason(&error))),
        }
    }

    fn read(file: &str, text: &str) -> Result<Lock, Box<Diagnostic>> {
        let mut pins = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let &[package, version, "blake3", hash] = words.as_slice() else {
                return Err(Box::new(Diagnostic::general(&codes::LOCK_LINE).arg("file", file).arg("line", index + 1)));
            };
            pins.push(Pin { package: package.to_owned(), version: version.to_owned(), hash: hash.to_owned() });
        }
        Ok(Lock { file: file.to_owned(), pins })
    }

    /// The text of the lock file of the ruleset `name` with these packages.
    pub fn text(name: &str, parts: &[Part]) -> String {
        let mut pins: Vec<&Pin> = parts.iter().map(|part| &part.pin).collect();
        pins.sort_by(|a, b| a.package.cmp(&b.package));
        let line = |pin: &&Pin| format!("{} {} blake3 {}\n", pin.package, pin.version, pin.hash);
        format!("# The packages of {name}, pinned by `steelyard lock`. Keep this file with the ruleset.\n")
            + &pins.iter().map(line).collect::<String>()
    }

    /// Of the files that were found for a use the pinned one.
    pub(super) fn choose(&self, wanted: &Wanted, found: Vec<Found>) -> Result<Found, Box<Diagnostic>> {
        let mismatch = |en: String, zh: String| Box::new(self.mismatch(wanted.mistake(&codes::LOCK_MISMATCH), Words::new(en, zh)));
        let Wanted { package, major, .. } = wanted;
        let Some(pin) = self.pins.iter().find(|pin| pin.package == *package && pin.version.split('.').next() == Some(major)) else {
            return Err(mismatch(format!("it pins no `{package}` {major}"), format!("其中没有锁定 `{package}` {major}")));
        };
        let version = &pin.version;
        let mut same = found.into_iter().filter(|found| found.version == *version).peekable();
        if same.peek().is_none() {
            let (en, zh) = (format!("`{package}` {version} is not on the search path"), format!("搜索路径上没有 `{package}` {version}"));
            return Err(mismatch(en, zh));
        }
        same.find(|found| found.hash == pin.hash).ok_or_else(|| {
            let (en, zh) = (format!("`{package}` {version} has another text"), format!("`{package}` {version} 的内容已改变"));
            mismatch(en, zh)
        })
    }

    /// What is pinned and not used.
    pub(super) fn unused(&self, parts: &[Part]) -> Option<Diagnostic> {
        let Pin { package, .. } = self.pins.iter().find(|pin| !parts.iter().any(|part| part.pin == **pin))?;
        let words = Words::new(format!("nothing uses `{package}`"), format!("没有使用 `{package}`"));
        Some(self.mismatch(Diagnostic::general(&codes::LOCK_MISMATCH), words))
    }

    fn mismatch(&self, diagnostic: Diagnostic, reason: Words) -> Diagnostic {
        diagnostic.arg("file", &self.file).reason(reason)
    }
}
