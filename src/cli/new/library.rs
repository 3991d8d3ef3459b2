//! The library on the package path: which platforms, roles and categories it has.
//!
//! 1. The folders are listed: `amazon.kpi`, `role/operator.kpi`, `category/apparel.kpi`.
//! 2. What a file is follows from its name and from what it says: a platform uses `marketplace`, a category has a scorecard.

use crate::diagnostic::Lang;
use crate::syntax::ast::{File, Item, Scorecard, Text};
use crate::syntax::parse::parse;
use std::path::{Path, PathBuf};

/// What a package of the library is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A marketplace and its limits.
    Platform,
    /// What a person does.
    Role,
    /// What is sold.
    Category,
}

impl Kind {
    /// The folder of its packages, which begins their names.
    fn folder(self) -> &'static str {
        match self {
            Kind::Platform => "",
            Kind::Role => "role",
            Kind::Category => "category",
        }
    }
}

/// A package to choose.
#[derive(Debug)]
pub struct Package {
    /// `role.operator`
    pub name: String,
    /// `1`
    pub major: String,
    /// What it is about.
    pub kind: Kind,
    /// Its text.
    pub text: String,
    /// Its text, read.
    pub file: File,
}

impl Package {
    /// What it is asked for by: `operator`.
    pub fn short(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(_, short)| short)
    }

    /// What people call it.
    pub fn title(&self, lang: Lang) -> &str {
        self.file.header.as_ref().and_then(|header| words(&header.title, lang)).unwrap_or(&self.name)
    }

    /// Its scorecards.
    pub fn cards(&self) -> impl Iterator<Item = &Scorecard> {
        self.file.items.iter().filter_map(|item| match item {
            Item::Scorecard(card) => Some(card),
            _ => None,
        })
    }

    fn version(&self) -> Vec<u64> {
        let version = self.file.header.as_ref().map_or("", |header| &header.version.value);
        version.split('.').map(|part| part.parse().unwrap_or(0)).collect()
    }

    fn is(&self, kind: Kind) -> bool {
        match kind {
            Kind::Platform => self.file.uses.iter().any(|used| used.package.value == "marketplace"),
            Kind::Role | Kind::Category => self.cards().next().is_some(),
        }
    }
}

/// The text of a language; English when there is no other.
pub fn words(text: &Text, lang: Lang) -> Option<&str> {
    let said = match lang {
        Lang::Zh => text.zh.as_ref().or(text.en.as_ref()),
        Lang::En => text.en.as_ref(),
    };
    said.map(|said| said.value.as_str())
}

/// All packages to choose from, in the order of their names.
#[derive(Debug, Default)]
pub struct Library {
    packages: Vec<Package>,
}

impl Library {
    /// What lies in these folders; of one name the highest version.
    pub fn of(folders: &[PathBuf]) -> Library {
        let mut library = Library::default();
        for kind in [Kind::Platform, Kind::Role, Kind::Category] {
            for folder in folders {
                library.list(&folder.join(kind.folder()), kind);
            }
        }
        library.packages.sort_by(|a, b| a.name.cmp(&b.name));
        library
    }

    fn list(&mut self, folder: &Path, kind: Kind) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let files = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "kpi"));
        for text in files.filter_map(|path| std::fs::read_to_string(path).ok()) {
            let file = parse(&text).file;
            let Some(header) = &file.header else { continue };
            let name = header.name.value.clone();
            let major = header.version.value.split('.').next().unwrap_or_default().to_owned();
            let package = Package { name, major, kind, text, file };
            let below = package.name.rsplit_once('.').map_or("", |(folder, _)| folder);
            if below != kind.folder() || !package.is(kind) {
                continue;
            }
            match self.packages.iter_mut().find(|known| known.name == package.name) {
                Some(known) if known.version() < package.version() => *known = package,
                Some(_) => {}
                None => self.packages.push(package),
            }
        }
    }

    /// The packages of a kind.
    pub fn all(&self, kind: Kind) -> Vec<&Package> {
        self.packages.iter().filter(|package| package.kind == kind).collect()
    }

    /// True when there is nothing to choose.
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }
}
