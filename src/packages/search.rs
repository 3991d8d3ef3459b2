//! Where packages lie.
//!
//! 1. [`Search::of`] makes the path of a ruleset.
//! 2. [`Search::find`] lists the files of a package in every folder, reads their headers and chooses one.

use super::Wanted;
use super::lock::{Lock, hash};
use crate::diagnostic::codes::{cli, package as codes};
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast::File;
use crate::syntax::parse::{TEXT_BYTES_MAX, parse};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folders in which packages are looked for, the nearest first.
#[derive(Debug, Clone, Default)]
pub struct Search {
    folders: Vec<PathBuf>,
}

/// A package file.
pub(super) struct Found {
    pub(super) file: String,
    pub(super) text: String,
    pub(super) version: String,
    pub(super) hash: String,
    pub(super) tree: File,
}

impl Search {
    /// The path of the ruleset in the file `ruleset`: its folder, the folder `packages` beside it, and `more`.
    pub fn of(ruleset: &Path, more: &[PathBuf]) -> Search {
        let folder = ruleset.parent().unwrap_or(Path::new("")).to_owned();
        let beside = folder.join("packages");
        Search { folders: [folder, beside].into_iter().chain(more.iter().cloned()).collect() }
    }

    /// The file of a package.
    pub(super) fn find(&self, wanted: &Wanted, lock: Option<&Lock>) -> Result<Found, Box<Diagnostic>> {
        let mut found = Vec::new();
        for folder in &self.folders {
            self.list(folder, wanted, &mut found)?;
        }
        if let Some(lock) = lock {
            return lock.choose(wanted, found);
        }
        let (fits, others): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|found| found.version.split('.').next() == Some(&wanted.major));
        // Of one version in two folders the nearer: the later of equals is the highest, so they are turned round.
        fits.into_iter().rev().max_by_key(|found| numbers(&found.version)).ok_or_else(|| Box::new(self.not_found(wanted, &others)))
    }

    fn not_found(&self, wanted: &Wanted, others: &[Found]) -> Diagnostic {
        let file = format!("{}.kpi", wanted.package.replace('.', "/"));
        let looked: Vec<String> = self.folders.iter().map(|folder| folder.join(&file).display().to_string()).collect();
        let versions: Vec<String> = others.iter().map(|found| format!("{} {}", found.file, found.version)).collect();
        let others = match versions.is_empty() {
            true => Words::default(),
            false => Words::new(format!("; there is {}", versions.join(", ")), format!("；现有 {}", versions.join("，"))),
        };
        wanted.mistake(&codes::NOT_FOUND).words("others", others).arg("looked", looked.join(", "))
    }

    /// Reads every file in `folder` that may be the package.
    fn list(&self, folder: &Path, wanted: &Wanted, found: &mut Vec<Found>) -> Result<(), Box<Diagnostic>> {
        let path = wanted.package.replace('.', "/");
        let (below, stem) = path.rsplit_once('/').unwrap_or(("", &path));
        let here = |folder: &Path| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.to_owned() };
        let Ok(root) = here(folder).canonicalize() else { return Ok(()) };
        let Ok(entries) = std::fs::read_dir(here(&folder.join(below))) else { return Ok(()) };
        let mut names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        for name in names.iter().filter(|name| is_named(name, stem)) {
            let path = folder.join(below).join(name);
            let file = path.display().to_string();
            let unread = |error: &std::io::Error| Box::new(wanted.mistake(&cli::READ_FILE).arg("file", &file).reason(error));
            let real = path.canonicalize().map_err(|error| unread(&error))?;
            if !real.starts_with(&root) {
                return Err(Box::new(wanted.mistake(&codes::OUTSIDE).arg("file", &file)));
            }
            let mut bytes = Vec::new();
            let opened = std::fs::File::open(&real).map_err(|error| unread(&error))?;
            opened.take(TEXT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|error| unread(&error))?;
            let hash = hash(&bytes);
            let text = String::from_utf8(bytes).map_err(|error| {
                Box::new(wanted.mistake(&cli::NOT_TEXT).arg("file", &file).arg("offset", error.utf8_error().valid_up_to()))
            })?;
            let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
            let tree = parse(&text).file;
            // Without a header there is no version to choose by; checking the file itself says so.
            let Some(header) = &tree.header else { continue };
            if header.name.value != wanted.package {
                let mistake = wanted.mistake(&codes::NAMED_OTHERWISE).arg("file", &file);
                return Err(Box::new(mistake.arg("found", &header.name.value)));
            }
            let version = header.version.value.clone();
            found.push(Found { file, text, version, hash, tree });
        }
        Ok(())
    }
}

/// `b.kpi` or `b-1.2.0.kpi`.
fn is_named(file: &str, stem: &str) -> bool {
    let behind = file.strip_suffix(".kpi").and_then(|file| file.strip_prefix(stem));
    let version = |version: &str| version.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    behind.is_some_and(|behind| behind.is_empty() || behind.strip_prefix('-').is_some_and(version))
}

/// The numbers of a version, to compare them.
fn numbers(version: &str) -> Vec<u64> {
    version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
}
