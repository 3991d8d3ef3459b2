//! Hierarchies: which event tells who belongs to whom.
//!
//! 1. Each `dimension a in b in c` is taken apart into its steps; every step needs a line that names its event.
//! 2. The event must have both dimensions, and keep what held before: then a leaf keeps, for each child and day, the
//!    parent that was told last ([`Membership`]).
//! 3. What an event tells of a dimension, by itself or by climbing, is [`Compiler::tells`].

use super::Compiler;
use super::aggregate::clock_mistake;
use super::limits::too_many;
use super::plan::Scope;
use super::program::{DimIdx, EventDecl, EventIdx, FieldIdx, Keep, Leaf, Membership, RowExpr, Scalar, UNASSIGNED, Unit, climb};
use super::references::Kind;
use crate::diagnostic::codes::{compile, hierarchy as codes};
use crate::diagnostic::{Diagnostic, Words};
use crate::syntax::ast::{self, Ident, Item, ToldBy};

/// How many dimensions may lie in one another.
const HEIGHT_MAX: usize = 8;

impl Compiler<'_> {
    /// Compiles the hierarchies into the names.
    pub(super) fn hierarchies(&mut self, file: &ast::File) {
        for item in &file.items {
            if let Item::Dimension(dimension) = item {
                self.hierarchy(dimension);
            }
        }
    }

    /// Whether the rows of an event tell a dimension, by a field or by climbing to it.
    pub(super) fn tells(&self, event: &EventDecl, dim: DimIdx) -> bool {
        let has = |dim: DimIdx| event.dims.iter().any(|(own, _)| *own == dim);
        has(dim) || climb(&self.names.memberships, has, dim).is_some()
    }

    /// Reports an alert over scopes that no event tells.
    pub(super) fn shown(&mut self, alert: &ast::Alert, scope: &Scope) {
        let tells = |event: &EventDecl| scope.dims.iter().all(|dim| self.tells(event, *dim));
        let climbs = scope.dims.iter().any(|dim| self.names.memberships.iter().any(|one| one.parent == *dim));
        if climbs && scope.is_told() && !self.names.events.iter().any(tells) {
            let dims: Vec<&str> = alert.per.iter().map(|word| word.value.as_str()).collect();
            let span = alert.per.first().map_or(alert.name.span, |word| word.span);
            let diagnostic = Diagnostic::new(&codes::NOT_SHOWN, span).arg("name", &alert.name.value);
            self.errors.push(diagnostic.arg("dimensions", dims.join(", ")));
        }
    }

    fn hierarchy(&mut self, dimension: &ast::Dimension) {
        if let Some(parent) = dimension.parents.get(HEIGHT_MAX) {
            self.errors.push(too_many(Words::new("steps", "层级"), HEIGHT_MAX, parent.span));
            return;
        }
        for told in &dimension.told {
            if !dimension.parents.is_empty() && !dimension.parents.iter().any(|parent| parent.value == told.parent.value) {
                let known = dimension.parents.iter().map(|parent| parent.value.as_str());
                self.errors.push(self.names.unknown(&codes::NO_STEP, &told.parent.value, told.parent.span, known));
            }
        }
        let children = std::iter::once(&dimension.name).chain(&dimension.parents);
        for (child, parent) in children.zip(&dimension.parents) {
            let (child_dim, parent_dim) = (self.dimension(child), self.dimension(parent));
            let Some(told) = dimension.told.iter().find(|told| told.parent.value == parent.value) else {
                let diagnostic = Diagnostic::new(&codes::UNTOLD, parent.span).arg("child", &child.value);
                self.errors.push(diagnostic.arg("parent", &parent.value));
                continue;
            };
            if let (Some(child_dim), Some(parent_dim)) = (child_dim, parent_dim) {
                self.membership((child, child_dim), (parent, parent_dim), told);
            }
        }
    }

    fn dimension(&mut self, word: &Ident) -> Option<DimIdx> {
        self.names.uses.saw(Kind::Dimension, &word.value, word.span);
        let found = self.names.dims.binary_search(&word.value).ok();
        if found.is_none() {
            let known = self.names.dims.iter().map(String::as_str);
            self.errors.push(self.names.unknown(&compile::UNKNOWN_DIMENSION, &word.value, word.span, known));
        }
        found
    }

    /// Compiles `shop in team`.
    fn membership(&mut self, (child, child_dim): (&Ident, DimIdx), (parent, parent_dim): (&Ident, DimIdx), told: &ToldBy) {
        self.names.uses.saw(Kind::Dimension, &told.parent.value, told.parent.span);
        let steps = |diagnostic: Diagnostic| diagnostic.arg("child", &child.value).arg("parent", &parent.value);
        if self.names.memberships.iter().any(|known| known.child == child_dim && known.parent == parent_dim) {
            self.errors.push(steps(Diagnostic::new(&codes::STEP_TWICE, parent.span)));
            return;
        }
        let closes = climb(&self.names.memberships, |dim| dim == parent_dim, child_dim).is_some();
        if child_dim == parent_dim || closes {
            self.errors.push(steps(Diagnostic::new(&codes::CIRCLE, parent.span)));
            return;
        }
        let Some((event, decl)) = self.telling(told) else { return };
        let field = |dim: DimIdx| decl.dims.iter().find(|(own, _)| *own == dim).map(|(_, field)| *field);
        let mut fields = Vec::new();
        for (word, dim) in [(child, child_dim), (parent, parent_dim)] {
            match field(dim) {
                Some(field) => fields.push(field),
                None => {
                    let diagnostic = Diagnostic::new(&codes::TELLS_NO, told.event.span).arg("event", &decl.name);
                    self.errors.push(diagnostic.arg("dimension", &word.value));
                }
            }
        }
        let since = told.since.as_ref().map(|since| self.since(event, &decl, since));
        let ([child_field, parent_field], Some(clock)) = (&fields[..], since.unwrap_or(Some(decl.clock))) else { return };
        if decl.fields.get(*child_field).is_some_and(|field| field.optional) {
            let diagnostic = Diagnostic::new(&codes::CHILD_OPTIONAL, told.event.span).arg("event", &decl.name);
            self.errors.push(diagnostic.arg("dimension", &child.value));
        }
        if !decl.replaces_by.is_empty() && decl.replaces_by.iter().all(|field| fields.contains(field)) {
            let diagnostic = Diagnostic::new(&codes::FORGETS, told.event.span).arg("event", &decl.name);
            self.errors.push(steps(diagnostic));
        }
        let leaf = self.member_leaf(event, *parent_field, clock, told);
        if let Some(leaf) = self.leaves.intern(leaf) {
            let (children, pairs) = (0, 0);
            self.names.memberships.push(Membership { child: child_dim, parent: parent_dim, event, leaf, children, pairs });
        }
    }

    /// What is kept of the events: the parent told last, and that there is none.
    fn member_leaf(&self, event: EventIdx, parent: FieldIdx, clock: Option<FieldIdx>, told: &ToldBy) -> Leaf {
        let none = RowExpr::Const(Scalar::Text(UNASSIGNED.into()));
        let arg = Some(RowExpr::Else(Box::new(RowExpr::Field(parent)), Box::new(none)));
        let text = self.written(told.span);
        Leaf { event, keep: Keep::Last, arg, filter: None, clock, unit: Unit::Text, currencies: None, groupings: Vec::new(), text }
    }

    /// The event that tells a step.
    fn telling(&mut self, told: &ToldBy) -> Option<(EventIdx, EventDecl)> {
        let known = self.names.event_idx.get(&told.event.value).and_then(|idx| Some((*idx, self.names.events.get(*idx)?.clone())));
        let Some((idx, decl)) = known else {
            let diagnostic = self.names.unknown(&compile::UNKNOWN_EVENT, &told.event.value, told.event.span, self.names.arriving_names());
            self.errors.push(diagnostic);
            return None;
        };
        self.names.uses_event(idx, told.event.span);
        if decl.entity.is_some() {
            self.errors.push(Diagnostic::new(&codes::TOLD_BY_ENTITY, told.event.span).arg("name", &decl.name));
            return None;
        }
        Some((idx, decl))
    }

    /// The field from whose day on a membership holds.
    pub(super) fn since(&mut self, event: EventIdx, decl: &EventDecl, since: &Ident) -> Option<Option<FieldIdx>> {
        if since.value == "time" {
            return Some(None);
        }
        let Some(idx) = self.names.field(event, &since.value) else {
            let known = self.names.field_names(event).chain(["time"]);
            let diagnostic = self.names.unknown(&compile::UNKNOWN_FIELD, &since.value, since.span, known);
            self.errors.push(diagnostic.arg("event", &decl.name));
            return None;
        };
        self.names.uses_field(event, idx, since.span);
        let field = decl.fields.get(idx)?;
        if let Some(diagnostic) = clock_mistake(&field.unit, field.optional, since) {
            self.errors.push(diagnostic);
            return None;
        }
        Some(Some(idx))
    }
}
