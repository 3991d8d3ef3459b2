//! Ledgers: balances that events and the calendar move. To everything that uses it a ledger is a metric.
//!
//! 1. The constants and the entries are compiled; what moves a balance must add up from day to day.
//! 2. They have one unit, the ledger's.
//! 3. Where a ledger is used, the scope must name whose account is meant ([`Compiler::accounts_within`]).

use super::aggregate::one_line;
use super::expr::seconds;
use super::formula::FormulaPlace;
use super::metrics::{adds_up, leaves_of};
use super::plan::Scope;
use super::program::{Decay, DecayBy, Entry, Formula, Ledger, Metric, Reach, Reset, Scalar, Unit};
use super::units::{Type, is_measure, like};
use super::window::grain;
use super::{Compiler, texts};
use crate::diagnostic::codes::{compile, ledger as codes};
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::ast::{self, Better, Expr, MetricKind};
use crate::time::{Grain, WEEKDAYS};
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// How many days an entry may stand until it expires.
const EXPIRES_DAYS_MAX: u64 = 1_100;
/// The seconds of a day that durations count with.
const DAY_S: u64 = 86_400;

/// A compiled entry, the unit of what it moves, and where that stands.
type Moved = (Entry, Type, Span);

impl Compiler<'_> {
    /// Compiles a ledger, as the metric that it is to others.
    pub(super) fn ledger(&mut self, ledger: &ast::Ledger, before: &[Metric]) -> Option<Metric> {
        let scope = self.scope(&ledger.per);
        if ledger.entries.is_empty() {
            self.errors.push(Diagnostic::new(&codes::LEDGER_EMPTY, ledger.name.span).arg("name", &ledger.name.value));
        }
        let entries: Vec<Option<Moved>> = ledger.entries.iter().map(|entry| self.entry(entry, before)).collect();
        let start = self.bound(ledger.start.as_ref());
        let [at_least, at_most] = [&ledger.at_least, &ledger.at_most].map(|bound| self.bound(bound.as_ref()));
        let reset = ledger.reset.as_ref().map(|reset| self.reset(reset));
        let entries = entries.into_iter().collect::<Option<Vec<_>>>()?;
        let (start, at_least, at_most) = (start?, at_least?, at_most?);
        let mut ty = start.as_ref().map_or(Type::Zero, |(_, ty, _)| ty.clone());
        let bounds = [&at_least, &at_most].into_iter().flatten();
        for (other, span) in entries.iter().map(|(_, ty, span)| (ty, *span)).chain(bounds.map(|(_, ty, span)| (ty, *span))) {
            ty = match like(&ty, other) {
                Some(ty) => ty,
                None => {
                    let diagnostic = Diagnostic::new(&codes::LEDGER_UNIT, span).arg("left", ty.name()).arg("right", other.name());
                    self.errors.push(diagnostic);
                    return None;
                }
            };
        }
        let decay = ledger.decay.as_ref().map(|decay| self.decay(decay, &ty));
        if let (Some(_), Some(span)) = (&decay, ledger.entries.iter().find_map(|entry| entry.expires.as_ref().map(|part| part.span))) {
            self.errors.push(Diagnostic::new(&codes::DECAY_EXPIRES, span));
        }
        let number = |bound: Option<(Decimal, Type, Span)>| bound.map(|(value, _, _)| value);
        let (at_least, at_most, place) = (number(at_least), number(at_most), start.as_ref().map(|(_, _, span)| *span));
        let start = number(start).unwrap_or_default();
        if at_least.is_some_and(|least| start < least) || at_most.is_some_and(|most| start > most) {
            self.errors.push(Diagnostic::new(&codes::LEDGER_BOUNDS, place.unwrap_or(ledger.name.span)).arg("start", start));
        }
        let shares = matches!(decay, Some(Some(Decay { by: DecayBy::Share(_), .. })));
        let unit = if shares && ty.unit() == Unit::Count { Unit::Number } else { ty.unit() };
        let leaves: BTreeSet<_> = entries.iter().flat_map(|(entry, _, _)| entry.leaves.iter().copied()).collect();
        let dims = self.dims_of(&leaves);
        let decay = decay.map_or(Some(None), |decay| decay.map(Some))?;
        let reset = reset.map_or(Some(None), |reset| reset.map(Some))?;
        let entries = entries.into_iter().map(|(entry, _, _)| entry).collect();
        let compiled = Ledger { per: scope.dims, start, entries, decay, reset, at_least, at_most };
        Some(Metric {
            name: ledger.name.value.clone(),
            title: texts(&ledger.title, &ledger.name.value),
            formula: Formula::Ledger(Box::new(compiled)),
            unit,
            higher_is_better: ledger.better.as_ref().map(|better| better.value == Better::Higher),
            adds_up: false,
            process: ledger.kind.as_ref().is_some_and(|kind| kind.value == MetricKind::Process),
            cite: ledger.cite.as_ref().map(|cite| self.cite(cite)),
            text: self.account_text(ledger),
            leaves: leaves.into_iter().collect(),
            dims,
        })
    }

    /// The lines of a ledger in one.
    fn account_text(&self, ledger: &ast::Ledger) -> String {
        let bound = |word: &str, bound: &Option<Expr>| bound.as_ref().map(|bound| format!("{word} {}", self.written(bound.span)));
        let decay = |decay: &ast::LedgerDecay| {
            let every = self.text.get(decay.every.span.range()).unwrap_or_default();
            format!("decay {} every {every}", self.written(decay.by.span))
        };
        let entries = ledger.entries.iter().map(|entry| self.written(entry.span));
        let forgets = ledger.decay.iter().map(decay).chain(ledger.reset.iter().map(|reset| self.written(reset.span)));
        let bounds = [bound("at least", &ledger.at_least), bound("at most", &ledger.at_most)];
        let parts = bound("start", &ledger.start).into_iter().chain(entries).chain(forgets).chain(bounds.into_iter().flatten());
        parts.collect::<Vec<_>>().join(", ")
    }

    fn entry(&mut self, entry: &ast::LedgerEntry, before: &[Metric]) -> Option<Moved> {
        let expires_days = entry.expires.as_ref().map(|expires| self.expires_days(expires));
        let counted = entry.each.as_ref().map_or(&entry.amount, |each| &each.of);
        let typed = FormulaPlace::formulas(&self.names, &mut self.errors, self.text, &mut self.leaves).formula(counted);
        let each = entry.each.as_ref().map(|each| (self.constant_number(&entry.amount), self.constant_number(&each.step)));
        let typed = typed.filter(|typed| typed.ty != Type::Broken)?;
        let every = entry.every.as_ref().map(|every| grain(every.value));
        let adds = || every.is_some() || adds_up(&typed.node, &self.names.additive, &self.leaves.list);
        if !is_measure(&typed.ty.unit()) || !adds() {
            self.errors.push(Diagnostic::new(&codes::ENTRY_ADDS, counted.span));
            return None;
        }
        let reach = Reach::of((before, &[]), [&typed.node], &[]);
        if every.is_some() && (reach.is_nested() || !reach.accounts.is_empty()) {
            self.errors.push(Diagnostic::new(&codes::ENTRY_LOOKS, counted.span));
            return None;
        }
        let (each, ty) = match each {
            None => (None, typed.ty),
            Some((amount, step)) => {
                let ((amount, ty), (step, step_ty)) = (amount?, step?);
                if step <= Decimal::ZERO || like(&typed.ty, &step_ty).is_none() {
                    let place = entry.each.as_ref().map_or(entry.span, |each| each.step.span);
                    self.errors.push(Diagnostic::new(&codes::EACH_STEP, place));
                    return None;
                }
                (Some((amount, step)), ty)
            }
        };
        let leaves = leaves_of(&typed.node, before).into_iter().collect();
        let expires_days = expires_days.map_or(Some(None), |days| days.map(Some))?;
        let text = self.written(entry.span);
        Some((Entry { deduct: entry.deduct, formula: typed.node, every, each, expires_days, leaves, text }, ty, entry.amount.span))
    }

    fn expires_days(&mut self, expires: &Spanned<ast::Duration>) -> Option<u32> {
        let length_s = seconds(expires.value);
        let days = length_s / DAY_S;
        if length_s.is_multiple_of(DAY_S) && (1..=EXPIRES_DAYS_MAX).contains(&days) {
            return u32::try_from(days).ok();
        }
        self.errors.push(Diagnostic::new(&codes::EXPIRES_DAYS, expires.span).arg("limit", EXPIRES_DAYS_MAX));
        None
    }

    /// A start or bound; Some(None) for one that is not written.
    fn bound(&mut self, bound: Option<&Expr>) -> Option<Option<(Decimal, Type, Span)>> {
        match bound {
            None => Some(None),
            Some(bound) => self.constant_number(bound).map(|(value, ty)| Some((value, ty, bound.span))),
        }
    }

    fn constant_number(&mut self, expr: &Expr) -> Option<(Decimal, Type)> {
        let (value, ty) = FormulaPlace::constants(&self.names, &mut self.errors, self.text).constant(expr)?;
        match value {
            Scalar::Number(value) => Some((value, ty)),
            _ => {
                let diagnostic = Diagnostic::new(&compile::NUMBER_NEEDED, expr.span).arg("what", "ledger");
                self.errors.push(diagnostic.arg("unit", ty.name()));
                None
            }
        }
    }

    fn decay(&mut self, decay: &ast::LedgerDecay, ledger: &Type) -> Option<Decay> {
        let (value, ty) = self.constant_number(&decay.by)?;
        let by = match ty.unit() {
            Unit::Percent if value <= Decimal::ONE => DecayBy::Share(value),
            _ if like(ledger, &ty).is_some() => DecayBy::Amount(value),
            _ => DecayBy::Amount(Decimal::ZERO),
        };
        let (DecayBy::Share(size) | DecayBy::Amount(size)) = by;
        if size <= Decimal::ZERO {
            self.errors.push(Diagnostic::new(&codes::DECAY_RANGE, decay.by.span));
            return None;
        }
        Some(Decay { by, every: grain(decay.every.value) })
    }

    fn reset(&mut self, reset: &ast::LedgerReset) -> Option<Reset> {
        let every = grain(reset.every.value);
        let Some(on) = &reset.on else { return Some(Reset { every, weekday: None }) };
        if matches!(every, Grain::Day | Grain::Week) {
            self.errors.push(Diagnostic::new(&codes::RESET_WEEKDAY, on.span).arg("weekday", &on.value));
            return None;
        }
        Some(Reset { every, weekday: WEEKDAYS.iter().position(|day| *day == on.value) })
    }

    /// Reports ledgers in a formula whose accounts a scope does not name.
    pub(super) fn accounts_within(&mut self, scope: &Scope, formula: &Formula, metrics: &[Metric], span: Span) {
        let accounts = Reach::of((metrics, &[]), [formula], &scope.dims).accounts;
        for (dim, dims) in accounts.iter().flat_map(|(per, dims)| per.iter().map(move |dim| (*dim, dims))) {
            if !dims.contains(&dim) {
                let dimension = self.names.dims.get(dim).cloned().unwrap_or_default();
                let name = one_line(self.text.get(span.range()).unwrap_or(""));
                self.errors.push(Diagnostic::new(&codes::LEDGER_SCOPE, span).arg("name", name).arg("dimension", dimension));
                return;
            }
        }
    }
}
