//! Named events: the days of each time that one comes, and windows over them.

use super::expr::{Typed, walk};
use super::formula::FormulaPlace;
use super::program::{Formula, Occasion, OccasionWindow, Window};
use super::references::Kind;
use super::{Compiler, ast, texts};
use crate::diagnostic::codes::{calendar as codes, compile};
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{Expr, Item, OccasionAt, Which};
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
        let name = &at.value.occasion;
        if self.constant {
            return self.fail(Diagnostic::new(&compile::NOT_CONSTANT, at.span));
        }
        let Some(found) = self.names.occasions.get(&name.value).copied() else {
            let known = self.names.occasions.keys().map(String::as_str);
            let diagnostic = self.names.unknown(&codes::UNKNOWN_OCCASION, &name.value, name.span, known);
            return self.fail(diagnostic);
        };
        self.names.uses.saw(Kind::Occasion, &name.value, name.span);
        // One that is wrong was reported where it is declared.
        let Some((idx, occasion)) = found.and_then(|idx| Some((idx, self.names.occasion_list.get(idx)?))) else {
            return Some(super::expr::broken());
        };
        let window = match at.value.which {
            Which::Latest => OccasionWindow { occasion: idx, place: None, back: 0 },
            Which::Previous => OccasionWindow { occasion: idx, place: None, back: 1 },
            Which::Year(year) => {
                let Some(place) = occasion.in_year(year) else {
                    return self.fail(Diagnostic::new(&codes::OCCASION_YEAR, at.span).arg("name", &name.value).arg("year", year));
                };
                OccasionWindow { occasion: idx, place: Some(place), back: 0 }
            }
        };
        let typed = typed?;
        Some(Typed { node: Formula::Over(Window::Occasion(window), Box::new(typed.node)), ty: typed.ty })
    }
}
