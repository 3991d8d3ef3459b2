//! `inhibited by account_down on shop`: which alerts keep others from being told; `group by team`: which are told together.
//!
//! 1. Once all alerts are compiled, the names of each line are looked up, and the dimensions that must agree are found.
//! 2. No alert may keep itself from being told, over others either.
//! 3. The dimensions of a group are some of those that the alert is told by, not all: a group has several alerts.

use super::Compiler;
use super::plan::Scope;
use super::program::{AlertRule, DimIdx, Inhibitor};
use super::references::Kind;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{early, watch};
use crate::syntax::ast::{self, Ident, Item};
use std::collections::{BTreeMap, BTreeSet};

impl Compiler<'_> {
    /// Fills in what inhibits each alert.
    pub(super) fn inhibitions(&mut self, file: &ast::File, rules: &mut [(Scope, AlertRule)]) {
        let written = || file.items.iter().filter_map(|item| if let Item::Alert(alert) = item { Some(alert) } else { None });
        let known: BTreeSet<&str> = written().map(|alert| alert.name.value.as_str()).collect();
        // Of a head that could not be read the scope is not known.
        let read: BTreeSet<&str> =
            written().filter(|alert| alert.subject.kind != ast::ExprKind::Broken).map(|alert| alert.name.value.as_str()).collect();
        let whole = rules.iter().filter(|(_, rule)| read.contains(rule.name.as_str()));
        let dims: BTreeMap<String, Vec<DimIdx>> = whole.map(|(scope, rule)| (rule.name.clone(), scope.dims.clone())).collect();
        for alert in written().filter(|alert| !alert.inhibited.is_empty()) {
            let found = self.inhibitors(alert, &known, &dims);
            if let Some((_, rule)) = rules.iter_mut().find(|(_, rule)| rule.name == alert.name.value) {
                rule.inhibitors = found;
            }
        }
        self.inhibit_in_a_circle(&written().collect::<Vec<_>>());
    }

    fn inhibitors(&mut self, alert: &ast::Alert, known: &BTreeSet<&str>, dims: &BTreeMap<String, Vec<DimIdx>>) -> Vec<Inhibitor> {
        let mut found = Vec::new();
        for line in &alert.inhibited {
            for by in &line.by {
                self.names.uses.saw(Kind::Alert, &by.value, by.span);
                if !known.contains(by.value.as_str()) {
                    self.errors.push(self.names.unknown(&watch::UNKNOWN_ALERT, &by.value, by.span, known.iter().copied()));
                    continue;
                }
                // One that is wrong was reported where it stands.
                let (Some(own), Some(other)) = (dims.get(&alert.name.value), dims.get(&by.value)) else { continue };
                let both: Vec<DimIdx> = own.iter().filter(|dim| other.contains(dim)).copied().collect();
                let on = if line.on.is_empty() { Some(both) } else { self.agreeing(&line.on, &both, (alert, by)) };
                found.extend(on.map(|dims| Inhibitor { by: by.value.clone(), dims }));
            }
        }
        found
    }

    /// The dimensions that are written to agree.
    fn agreeing(&mut self, on: &[Ident], both: &[DimIdx], (alert, by): (&ast::Alert, &Ident)) -> Option<Vec<DimIdx>> {
        let mut found = Vec::new();
        let before = self.errors.len();
        for word in on {
            let dim = self.names.dims.iter().position(|name| *name == word.value);
            match dim.filter(|dim| both.contains(dim)) {
                Some(dim) => found.push(dim),
                None => {
                    let mistake = Diagnostic::new(&watch::INHIBITED_ON, word.span).arg("name", &word.value);
                    self.errors.push(mistake.arg("own", &alert.name.value).arg("other", &by.value));
                }
            }
        }
        (self.errors.len() == before).then_some(found)
    }

    /// The dimensions by whose values the notifications of an alert go out together.
    pub(super) fn grouped(&mut self, grouped: &ast::Grouped, alert: &ast::Alert, own: &[DimIdx]) -> Vec<DimIdx> {
        let mut found = BTreeSet::new();
        // What is wrong with `per` was reported there.
        let is_told = |word: &Ident| alert.per.iter().any(|per| per.value == word.value);
        for word in &grouped.by {
            match self.names.dims.iter().position(|name| *name == word.value).filter(|dim| own.contains(dim)) {
                Some(dim) => drop(found.insert(dim)),
                None if is_told(word) => {}
                None => {
                    let mistake = Diagnostic::new(&early::GROUP_BY, word.span).arg("dimension", &word.value);
                    self.errors.push(mistake.arg("name", &alert.name.value));
                }
            }
        }
        if alert.per.is_empty() || !found.is_empty() && found.len() == own.len() {
            self.errors.push(Diagnostic::new(&early::GROUP_ALONE, grouped.span).arg("name", &alert.name.value));
        }
        found.into_iter().collect()
    }

    /// Refuses alerts that would keep themselves from being told.
    fn inhibit_in_a_circle(&mut self, alerts: &[&ast::Alert]) {
        let needs: BTreeMap<&str, Vec<&Ident>> =
            alerts.iter().map(|alert| (alert.name.value.as_str(), alert.inhibited.iter().flat_map(|line| &line.by).collect())).collect();
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for alert in alerts {
            let (start, mut path, mut seen) = (alert.name.value.as_str(), Vec::new(), BTreeSet::new());
            if !told.contains(start) && circle(start, start, &needs, &mut path, &mut seen) {
                let first = path.first().map_or(alert.name.span, |first| first.span);
                let names: Vec<&str> = std::iter::once(start).chain(path.iter().map(|word| word.value.as_str())).collect();
                told.extend(&names);
                self.errors.push(Diagnostic::new(&watch::INHIBITED_CIRCLE, first).arg("cycle", names.join(" -> ")));
            }
        }
    }
}

/// The way from an alert back to the one at the start; false when none leads there.
fn circle<'a>(
    start: &str,
    at: &str,
    needs: &BTreeMap<&'a str, Vec<&'a Ident>>,
    path: &mut Vec<&'a Ident>,
    seen: &mut BTreeSet<&'a str>,
) -> bool {
    for by in needs.get(at).into_iter().flatten() {
        path.push(by);
        if by.value == start || seen.insert(by.value.as_str()) && circle(start, &by.value, needs, path, seen) {
            return true;
        }
        path.pop();
    }
    false
}
