//! Named events: the days of each time that one comes, and windows over them.

use super::expr::{Typed, walk};
use super::formula::FormulaPlace;
use super::names::Names;
use super::program::{Formula, Occasion, OccasionIdx, OccasionWindow, Program, Window};
use super::references::Kind;
use super::{Compiler, ast, texts};
use crate::diagnostic::codes::{calendar as codes, compile};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{Expr, Ident, Item, OccasionAt, Which};
use crate::time::Day;

impl Compiler<'_> {
    /// Compiles the named events into the names.
    pub(super) fn occasions(&mut self, file: &ast::File) {
        for item in &file.items {
            let Item::Occasion(occasion) = item else { continue };
            let compiled = self.occasion(occasion);
            self.whole &= compiled.is_some();
            let idx = compiled.map(|compiled| {
                self.names.occasion_list.push(compiled);
                self.names.occasion_list.len() - 1
            });
            // Of two of one name the first one is meant.
            self.names.occasions.entry(occasion.name.value.clone()).or_insert(idx);
        }
    }

    fn occasion(&mut self, occasion: &ast::Occasion) -> Option<Occasion> {
        if occasion.days.is_empty() {
            self.errors.push(Diagnostic::new(&codes::OCCASION_EMPTY, occasion.name.span).arg("name", &occasion.name.value));
        }
        let (mut days, mut whole): (Vec<(Day, Day)>, _) = (Vec::new(), !occasion.days.is_empty());
        for dates in &occasion.days {
            let Some((first, last)) = self.days(dates) else {
                whole = false;
                continue;
            };
            if days.last().is_some_and(|before| first <= before.1) {
                self.errors.push(Diagnostic::new(&codes::OCCASION_ORDER, dates.first.span.to(dates.last.span)));
                whole = false;
            }
            days.push((first, last));
        }
        whole.then(|| Occasion { name: occasion.name.value.clone(), title: texts(&occasion.title, &occasion.name.value), days })
    }
}

impl FormulaPlace<'_> {
    /// `net_sales over latest prime_day`
    pub(super) fn over_occasion(&mut self, inner: &Expr, at: &Spanned<OccasionAt>) -> Option<Typed<Formula>> {
        let typed = walk(self, inner);
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, at.span));
        }
        let found = occasion_window(self.names, self.errors, at)?;
        // One that is wrong was reported where it is declared.
        let Some(window) = found else { return Some(super::expr::broken()) };
        let typed = typed?;
        Some(Typed { node: Formula::Over(Window::Occasion(window), Box::new(typed.node)), ty: typed.ty })
    }
}

/// The named event that a word means; None when there is none, or it is wrong itself.
pub(super) fn occasion_named(names: &Names, errors: &mut Vec<Diagnostic>, name: &Ident) -> Option<OccasionIdx> {
    let Some(found) = names.occasions.get(&name.value).copied() else {
        let known = names.occasions.keys().map(String::as_str);
        errors.push(names.unknown(&codes::UNKNOWN_OCCASION, &name.value, name.span, known));
        return None;
    };
    names.uses.saw(Kind::Occasion, &name.value, name.span);
    found
}

/// The window of `latest prime_day`; None after saying why there is none, Some(None) for an event that is wrong itself.
pub(super) fn occasion_window(names: &Names, errors: &mut Vec<Diagnostic>, at: &Spanned<OccasionAt>) -> Option<Option<OccasionWindow>> {
    let name = &at.value.occasion;
    let Some(found) = names.occasions.get(&name.value).copied() else {
        let known = names.occasions.keys().map(String::as_str);
        errors.push(names.unknown(&codes::UNKNOWN_OCCASION, &name.value, name.span, known));
        return None;
    };
    names.uses.saw(Kind::Occasion, &name.value, name.span);
    let Some((occasion, declared)) = found.and_then(|idx| Some((idx, names.occasion_list.get(idx)?))) else { return Some(None) };
    let (place, back) = match at.value.which {
        Which::Latest => (None, 0),
        Which::Previous => (None, 1),
        Which::Year(year) => {
            let Some(place) = declared.in_year(year) else {
                errors.push(Diagnostic::new(&codes::OCCASION_YEAR, at.span).arg("name", &name.value).arg("year", year));
                return None;
            };
            (Some(place), 0)
        }
    };
    Some(Some(OccasionWindow { occasion, place, back }))
}

/// The days of a named event of a program, as a query names them.
///
/// # Errors
/// When no such event is declared, or it does not come in the year.
pub fn occasion(program: &Program, at: &Spanned<OccasionAt>) -> Result<Window, Diagnostic> {
    let mut errors = Vec::new();
    match occasion_window(&Names::of(program), &mut errors, at) {
        Some(Some(window)) => Ok(Window::Occasion(window)),
        _ => Err(errors.pop().unwrap_or_else(|| Diagnostic::new(&codes::UNKNOWN_OCCASION, at.span))),
    }
}
