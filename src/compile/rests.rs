//! On which params a part of a text rests.
//!
//! 1. A name in it stands for a declaration, and so it rests on all that is named there, as the compiler resolved it
//!    ([`references`](super::references)).
//! 2. A param that a `use` sets rests on what it is set to, not on what the package says.
//! 3. Who uses a ruleset may set what it opens, and what those open that it uses itself. What was concluded from the value that such a
//!    param has here is no more than that, and is not said ([`Rests::is_open`]).

use super::packages::{Whole, declared};
use super::references::{Kind, References, Symbol};
use crate::diagnostic::Span;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What the parts of a ruleset rest on.
pub(super) struct Rests<'r> {
    references: &'r References,
    /// The text of each declaration; of a param that of its value.
    declared: BTreeMap<(Kind, &'r str), Vec<Span>>,
    /// The params that others may set.
    open: BTreeSet<&'r str>,
    /// The metrics whose targets others may state anew, among the names that they may.
    open_targets: BTreeSet<&'r str>,
    /// Where params of packages are set.
    set: BTreeMap<&'r str, Span>,
}

impl<'r> Rests<'r> {
    /// What the parts of a ruleset rest on, by the names in it.
    pub(super) fn new(ruleset: &'r Whole<'_>, references: &'r References) -> Rests<'r> {
        let set: BTreeMap<&str, Span> = ruleset.values.iter().map(|(name, value)| (*name, value.span)).collect();
        let mut by_name: BTreeMap<(Kind, &str), Vec<Span>> = BTreeMap::new();
        for item in &ruleset.file.items {
            if let Some((kind, name)) = declared(item) {
                let value = set.get(name.value.as_str()).copied().filter(|_| kind == Kind::Param);
                by_name.entry((kind, &name.value)).or_default().push(value.unwrap_or_else(|| item.span()));
            }
        }
        let opens = ruleset.file.header.as_ref().is_some_and(|header| !header.open.is_empty());
        let named = |of: Kind| ruleset.named.iter().filter(move |(kind, _)| opens && *kind == of).map(|(_, name)| name.value.as_str());
        let open = named(Kind::Param).filter(|name| !set.contains_key(name)).collect();
        let open_targets = named(Kind::Metric).collect();
        Rests { references, declared: by_name, open, open_targets, set }
    }

    /// Whether what is concluded from parts of the text rests on a param that others may set.
    pub(super) fn is_open(&self, grounds: &[Span]) -> bool {
        !self.open.is_empty() && self.params(grounds).iter().any(|param| self.open.contains(param))
    }

    /// Whether others may state the target of a metric anew.
    pub(super) fn may_be_stated_anew(&self, metric: &str) -> bool {
        self.open_targets.contains(metric)
    }

    /// Where the nearest param is set that parts of the text rest on.
    pub(super) fn setting(&self, grounds: &[Span]) -> Option<Span> {
        if self.set.is_empty() {
            return None;
        }
        self.params(grounds).into_iter().find_map(|param| self.set.get(param).copied())
    }

    /// The params that parts of the text rest on, those first that are named there, part by part.
    pub(super) fn params(&self, grounds: &[Span]) -> Vec<&'r str> {
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        for ground in grounds {
            let mut open = VecDeque::from([*ground]);
            while let Some(span) = open.pop_front() {
                for symbol in self.named_in(span) {
                    let (kind, name) = declaration(symbol);
                    if !seen.insert((kind, name)) {
                        continue;
                    }
                    found.extend(Some(name).filter(|_| kind == Kind::Param));
                    open.extend(self.declared.get(&(kind, name)).into_iter().flatten());
                }
            }
        }
        found
    }

    /// What the names in a part of the text stand for.
    fn named_in(&self, span: Span) -> impl Iterator<Item = &'r Symbol> {
        let places = self.references.places();
        let first = places.partition_point(|place| place.span.start < span.start);
        let inside = places.iter().skip(first).take_while(move |place| place.span.start < span.end);
        inside.filter_map(|place| self.references.symbols().get(place.symbol))
    }
}

/// The declaration that a symbol belongs to.
fn declaration(symbol: &Symbol) -> (Kind, &str) {
    match symbol.kind {
        Kind::Field => (Kind::Entity, &symbol.owner),
        Kind::Column => (Kind::Table, &symbol.owner),
        Kind::Grade => (Kind::Scorecard, &symbol.owner),
        kind => (kind, &symbol.name),
    }
}
