//! A ruleset and the packages it uses, as one file.
//!
//! A text holds the ruleset first and behind it every package that it uses, each beginning with its header. A package is a
//! ruleset that is right by itself; the ruleset that uses it takes over its declarations as they are, but for what it sets
//! of what the package opens.
//!
//! 1. [`link`] follows `use` from the ruleset on: what is missing, of another version or runs in a circle ends the check,
//!    since nothing can be said of names that are not there.
//! 2. Settings, and targets that are stated anew, are held against what the packages open.
//! 3. [`Linked::whole`] is the ruleset with its packages before it, titles and messages replaced; the values of params stand
//!    beside it, to be held against the unit that the package declares. [`Linked::packages`] are the packages, each with its
//!    own: the rest of the compiler checks each of them, so that no package depends on who uses it.

use super::references::Kind;
use crate::diagnostic::codes::package as codes;
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::DIAGNOSTICS_MAX;
use crate::syntax::ast::{Expr, File, Ident, Item, SetTo, Setting, Text, Use};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The most packages of a ruleset.
const PACKAGES_MAX: usize = 32;

/// The most names that a message lists of what a package opens.
const OPEN_LISTED_MAX: usize = 12;

/// A ruleset that stands by itself.
pub(super) struct Whole<'f> {
    /// The declarations, those of packages first.
    pub(super) file: Cow<'f, File>,
    /// The values that params of packages are set to.
    pub(super) values: BTreeMap<&'f str, &'f Expr>,
    /// What `open` and `with` name.
    pub(super) named: Vec<(Kind, &'f Ident)>,
}

impl<'f> Whole<'f> {
    /// A ruleset without what it uses.
    pub(super) fn alone(file: &'f File) -> Whole<'f> {
        let declared = Declared::new(file);
        let opened = file.header.iter().flat_map(|header| &header.open);
        let named = opened.flat_map(|name| declared.named(name).iter().map(move |(kind, _)| (*kind, name))).collect();
        Whole { file: Cow::Borrowed(file), values: BTreeMap::new(), named }
    }
}

/// What became of the uses of a text.
pub(super) struct Linked<'f> {
    /// The ruleset with all its packages.
    pub(super) whole: Whole<'f>,
    /// Each package with all of its own.
    pub(super) packages: Vec<Whole<'f>>,
    /// What is wrong with settings and with what is opened.
    pub(super) errors: Vec<Diagnostic>,
}

/// Follows the uses of a text. An error when a part is missing.
pub(super) fn link(file: &File) -> Result<Linked<'_>, Vec<Diagnostic>> {
    let mut links = Links { by_name: BTreeMap::new(), order: Vec::new(), unread: false, errors: Vec::new() };
    links.names(file);
    if links.errors.iter().any(|error| error.code.id == codes::TOO_MANY.id) {
        return Err(links.errors);
    }
    links.follow(file, &mut Vec::new());
    for package in &file.packages {
        let used = links.order.iter().any(|used| std::ptr::eq(*used, package));
        if let Some(header) = package.header.as_ref().filter(|_| !used && links.errors.is_empty()) {
            let major = major(&header.version.value);
            links.errors.push(Diagnostic::new(&codes::UNUSED, header.name.span).arg("package", &header.name.value).arg("major", major));
        }
    }
    if !links.errors.is_empty() || links.unread {
        // What is set of the packages that are there is judged beside one that is not.
        if links.errors.iter().all(|error| error.code.id == codes::MISSING.id) {
            let mut settings = Vec::new();
            links.whole(file, &mut settings);
            links.errors.extend(settings);
        }
        return Err(links.errors);
    }
    let mut errors = Vec::new();
    file.files().for_each(|file| opened(file, &mut errors));
    let whole = links.whole(file, &mut errors);
    // What is wrong with the settings of a package was found with those of the ruleset.
    let packages = file.packages.iter().map(|package| links.whole(package, &mut Vec::new())).collect();
    Ok(Linked { whole, packages, errors })
}

/// The first number of a version.
fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or_default()
}

fn name(file: &File) -> &str {
    file.header.as_ref().map_or("", |header| &header.name.value)
}

/// The rulesets of a text.
struct Links<'f> {
    by_name: BTreeMap<&'f str, &'f File>,
    /// What is used, each behind all that it uses itself.
    order: Vec<&'f File>,
    /// True when a `use` could not be read.
    unread: bool,
    errors: Vec<Diagnostic>,
}

impl<'f> Links<'f> {
    fn names(&mut self, file: &'f File) {
        for (index, file) in file.files().enumerate() {
            let Some(header) = &file.header else { continue };
            let twice = self.by_name.insert(&header.name.value, file).and_then(|first| first.header.as_ref());
            if let Some(first) = twice {
                let twice = Diagnostic::new(&codes::TWICE, header.name.span).arg("package", &header.name.value);
                self.errors.push(twice.related(first.name.span, "the first one", "第一个"));
            }
            if index == PACKAGES_MAX + 1 {
                self.errors.push(too_many(header.name.span));
            }
            self.errors.extend(file.uses.get(PACKAGES_MAX).map(|used| too_many(used.package.span)));
            if self.errors.len() > DIAGNOSTICS_MAX {
                return;
            }
        }
    }

    /// Puts what `file` uses, and then itself, into the order. `chain` holds the rulesets that lead here.
    fn follow(&mut self, file: &'f File, chain: &mut Vec<&'f File>) {
        chain.push(file);
        let told = |chain: &[&File]| chain.iter().map(|file| format!("`{}`", name(file))).collect::<Vec<_>>().join(" → ");
        for used in &file.uses {
            let Some(wanted) = &used.major else {
                self.unread = true;
                continue;
            };
            let mistake = |code| Diagnostic::new(code, used.package.span).arg("package", &used.package.value);
            let Some(package) = self.by_name.get(used.package.value.as_str()).copied() else {
                self.errors.push(mistake(&codes::MISSING).arg("chain", told(chain)));
                continue;
            };
            let version = package.header.as_ref().map_or("", |header| &header.version.value);
            if let Some(first) = chain.iter().position(|known| std::ptr::eq(*known, package)) {
                let circle = told(chain.get(first..).unwrap_or_default());
                self.errors.push(mistake(&codes::CYCLE).arg("chain", format!("{circle} → `{}`", used.package.value)));
            } else if major(version) != wanted.value {
                let other = Diagnostic::new(&codes::MAJOR, wanted.span).arg("package", &used.package.value);
                let other = other.arg("version", version).arg("major", &wanted.value).arg("chain", told(chain));
                self.errors.push(other.words("others", self.others(&used.package.value, major(version), chain)));
            } else if !self.order.iter().any(|known| std::ptr::eq(*known, package)) && chain.len() <= PACKAGES_MAX {
                self.follow(package, chain);
            }
        }
        chain.pop();
        self.order.push(file);
    }

    /// Who else uses a package, in the version that is there.
    fn others(&self, package: &str, major: &str, chain: &[&'f File]) -> Words {
        let is_it = |used: &Use| used.package.value == package && used.major.as_ref().is_some_and(|wanted| wanted.value == major);
        let all = self.by_name.values().chain(chain.first()).filter(|file| file.uses.iter().any(is_it));
        let names: BTreeSet<String> = all.map(|file| format!("`{}`", name(file))).collect();
        let names = names.into_iter().collect::<Vec<_>>();
        match names.is_empty() {
            true => Words::default(),
            false => Words::new(format!("; {} uses version {major}", names.join(", ")), format!("；{} 使用版本 {major}", names.join("、"))),
        }
    }

    /// What `file` uses, in the order of need.
    fn below(&self, file: &'f File) -> Vec<&'f File> {
        let (mut wanted, mut found) = (vec![file], BTreeSet::new());
        while let Some(user) = wanted.pop() {
            for used in user.uses.iter().filter_map(|used| self.by_name.get_key_value(used.package.value.as_str())) {
                if found.insert(*used.0) {
                    wanted.push(used.1);
                }
            }
        }
        self.order.iter().copied().filter(|file| found.contains(name(file))).collect()
    }

    /// A ruleset with all that it uses.
    fn whole(&self, file: &'f File, errors: &mut Vec<Diagnostic>) -> Whole<'f> {
        let below = self.below(file);
        let mut settings = Settings::default();
        if below.is_empty() {
            return Whole::alone(file);
        }
        for used in below.iter().chain([&file]).flat_map(|user| &user.uses) {
            if let Some(package) = self.by_name.get(used.package.value.as_str()) {
                settings.add(used, package, errors);
            }
        }
        let opened = below.iter().chain([&file]).flat_map(|file| Whole::alone(file).named);
        let named = opened.chain(settings.named.iter().copied()).collect();
        let replaced = self.replaced(&below, file, errors);
        let tested = |item: &&Item| match item {
            Item::Test(_) => false,
            Item::Target(target) => !replaced.contains(&target.span),
            _ => true,
        };
        let mut items: Vec<Item> = below.iter().flat_map(|package| &package.items).filter(tested).cloned().collect();
        for item in &mut items {
            settings.apply(item);
        }
        items.extend(file.items.iter().cloned());
        let file = File { header: file.header.clone(), items, ..File::default() };
        Whole { file: Cow::Owned(file), values: settings.values, named }
    }

    /// The targets of packages that `file`, or a package that uses them, states anew; they must be open.
    fn replaced(&self, below: &[&'f File], file: &'f File, errors: &mut Vec<Diagnostic>) -> BTreeSet<Span> {
        let mut replaced = BTreeSet::new();
        let target = |item: &'f Item| if let Item::Target(target) = item { Some(target) } else { None };
        for user in below.iter().copied().chain([file]) {
            let own: BTreeMap<&str, &Ident> =
                user.items.iter().filter_map(target).map(|target| (target.name.value.as_str(), &target.name)).collect();
            let used = if own.is_empty() { Vec::new() } else { self.below(user) };
            for package in used {
                let open = open(package);
                for theirs in package.items.iter().filter_map(target) {
                    let Some(again) = own.get(theirs.name.value.as_str()) else { continue };
                    replaced.insert(theirs.span);
                    if !open.contains(again.value.as_str()) {
                        let closed = Diagnostic::new(&codes::CLOSED, again.span).arg("package", name(package)).arg("name", &again.value);
                        errors.push(closed.words("open", listed(package)));
                    }
                }
            }
        }
        replaced
    }
}

/// What a package opens, in a message.
fn listed(package: &File) -> Words {
    let mut names = package.header.iter().flat_map(|header| &header.open);
    let mut list = names.by_ref().take(OPEN_LISTED_MAX).map(|name| format!("`{}`", name.value)).collect::<Vec<_>>();
    list.extend(names.next().map(|_| "…".to_owned()));
    if list.is_empty() { Words::new("nothing", "无") } else { Words::verbatim(list.join(", ")) }
}

fn too_many(span: Span) -> Diagnostic {
    Diagnostic::new(&codes::TOO_MANY, span).arg("limit", PACKAGES_MAX)
}

/// What a package opens.
fn open(package: &File) -> BTreeSet<&str> {
    package.header.iter().flat_map(|header| &header.open).map(|name| name.value.as_str()).collect()
}

/// Reports what a ruleset opens without declaring it.
fn opened(file: &File, errors: &mut Vec<Diagnostic>) {
    let declared = Declared::new(file);
    for name in file.header.iter().flat_map(|header| &header.open).filter(|name| declared.named(name).is_empty()) {
        errors.push(Diagnostic::new(&codes::OPEN_UNKNOWN, name.span).arg("name", &name.value));
    }
}

/// The kind and name of what may be opened.
pub(super) fn declared(item: &Item) -> Option<(Kind, &Ident)> {
    match item {
        Item::Param(param) => Some((Kind::Param, &param.name)),
        Item::Event(event) => Some((Kind::Event, &event.name)),
        Item::Entity(entity) => Some((Kind::Entity, &entity.name)),
        Item::Table(table) => Some((Kind::Table, &table.name)),
        Item::Metric(metric) => Some((Kind::Metric, &metric.name)),
        Item::Ledger(ledger) => Some((Kind::Metric, &ledger.name)),
        // A target is called by its metric.
        Item::Target(target) => Some((Kind::Metric, &target.name)),
        Item::Scorecard(card) => Some((Kind::Scorecard, &card.name)),
        Item::Alert(alert) => Some((Kind::Alert, &alert.name)),
        Item::Dimension(_) | Item::Feed(_) | Item::Calendar(_) | Item::Occasion(_) | Item::Test(_) => None,
    }
}

/// What a ruleset declares, by name.
struct Declared<'f>(BTreeMap<&'f str, Vec<(Kind, &'f Item)>>);

impl<'f> Declared<'f> {
    fn new(file: &'f File) -> Declared<'f> {
        let mut by_name: BTreeMap<&str, Vec<(Kind, &Item)>> = BTreeMap::new();
        for item in &file.items {
            if let Some((kind, name)) = declared(item) {
                by_name.entry(&name.value).or_default().push((kind, item));
            }
        }
        Declared(by_name)
    }

    fn named(&self, name: &Ident) -> &[(Kind, &'f Item)] {
        self.0.get(name.value.as_str()).map_or(&[], Vec::as_slice)
    }
}

/// What is set, by the place of the declaration's name: names of different kinds may be alike.
#[derive(Default)]
struct Settings<'f> {
    values: BTreeMap<&'f str, &'f Expr>,
    named: Vec<(Kind, &'f Ident)>,
    texts: BTreeMap<Span, Vec<&'f SetTo>>,
    first: BTreeMap<(Span, &'static str), Span>,
}

impl<'f> Settings<'f> {
    /// Takes the settings of a `use`, or says why not.
    fn add(&mut self, used: &'f Use, package: &'f File, errors: &mut Vec<Diagnostic>) {
        let (open, declares, list) = (open(package), Declared::new(package), listed(package));
        for setting in &used.settings {
            let name = &setting.name;
            let mistake = |code| Diagnostic::new(code, name.span).arg("package", &used.package.value).arg("name", &name.value);
            let named = declares.named(name);
            self.named.extend(named.iter().map(|(kind, _)| (*kind, name)));
            if named.is_empty() {
                errors.push(mistake(&codes::NOT_DECLARED).words("open", list.clone()));
                continue;
            }
            if !open.contains(name.value.as_str()) {
                errors.push(mistake(&codes::CLOSED).words("open", list.clone()));
                continue;
            }
            let (key, what) = match setting.to {
                SetTo::Value(_) => ("value", Words::new("value", "值")),
                SetTo::Title(_) => ("title", Words::new("title", "标题")),
                SetTo::Message(_) => ("message", Words::new("message", "消息")),
            };
            let taking = named.iter().filter(|(_, item)| takes(item, &setting.to));
            let mut places = taking.filter_map(|(_, item)| declared(item)).map(|(_, known)| known.span).peekable();
            if places.peek().is_none() {
                errors.push(mistake(&codes::NO_SUCH_PART).what(what));
            }
            for place in places {
                if let Some(first) = self.first.insert((place, key), name.span) {
                    errors.push(mistake(&codes::SET_TWICE).related(first, "first set here", "首次设置在此"));
                    continue;
                }
                self.set(place, setting);
            }
        }
    }

    fn set(&mut self, place: Span, setting: &'f Setting) {
        match &setting.to {
            SetTo::Value(value) => drop(self.values.insert(&setting.name.value, value)),
            text => self.texts.entry(place).or_default().push(text),
        }
    }

    /// Replaces the texts of a declaration.
    fn apply(&self, item: &mut Item) {
        let Some(set) = declared(item).and_then(|(_, name)| self.texts.get(&name.span)) else { return };
        for text in set {
            match (text, item as &mut Item) {
                (SetTo::Message(text), Item::Alert(alert)) => replace(&mut alert.message, text),
                (SetTo::Title(text), Item::Param(param)) => replace(&mut param.title, text),
                (SetTo::Title(text), Item::Event(event)) => replace(&mut event.title, text),
                (SetTo::Title(text), Item::Entity(entity)) => replace(&mut entity.title, text),
                (SetTo::Title(text), Item::Table(table)) => replace(&mut table.title, text),
                (SetTo::Title(text), Item::Metric(metric)) => replace(&mut metric.title, text),
                (SetTo::Title(text), Item::Ledger(ledger)) => replace(&mut ledger.title, text),
                (SetTo::Title(text), Item::Target(target)) => replace(&mut target.title, text),
                (SetTo::Title(text), Item::Scorecard(card)) => replace(&mut card.title, text),
                (SetTo::Title(text), Item::Alert(alert)) => replace(&mut alert.title, text),
                _ => {}
            }
        }
    }
}

/// Whether a declaration has what is set.
fn takes(item: &Item, to: &SetTo) -> bool {
    match to {
        SetTo::Value(_) => matches!(item, Item::Param(_)),
        SetTo::Title(_) => true,
        SetTo::Message(_) => matches!(item, Item::Alert(_)),
    }
}

/// Replaces a text in the languages that the new one has.
fn replace(text: &mut Text, new: &Text) {
    if new.en.is_some() {
        text.en.clone_from(&new.en);
    }
    if new.zh.is_some() {
        text.zh.clone_from(&new.zh);
    }
}
