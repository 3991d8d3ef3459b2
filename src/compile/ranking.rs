//! Grades by rank: shares, peers, and what decides between those who are level.

use super::plan::Scope;
use super::program::{DimIdx, Metric, Ranking, Ties};
use super::references::Kind;
use super::{Compiler, Seen};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::{compile, ledger as codes};
use crate::syntax::ast;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

impl Compiler<'_> {
    /// Compiles how ranks become grades; a ranking with mistakes is left out.
    pub(super) fn ranking(&mut self, ranking: &ast::Ranking, scope: &mut Scope, metrics: &[Metric]) -> Option<Ranking> {
        let sum = ranking.shares.iter().try_fold(Decimal::ZERO, |sum, share| sum.checked_add(share.value));
        if sum != Some(Decimal::ONE) {
            let percent = sum.and_then(|sum| sum.checked_mul(Decimal::ONE_HUNDRED));
            let sum = percent.map_or_else(|| "> 100%".to_owned(), |percent| format!("{}%", percent.normalize()));
            self.errors.push(Diagnostic::new(&codes::RANK_SHARES, ranking.span).arg("sum", sum));
        }
        let mut seen = Seen::default();
        let mut within: BTreeSet<DimIdx> = BTreeSet::new();
        for word in &ranking.within {
            if !seen.add(word, &mut self.errors) {
                continue;
            }
            self.names.uses.saw(Kind::Dimension, &word.value, word.span);
            match self.names.dims.binary_search(&word.value).ok().filter(|dim| scope.dims.contains(dim)) {
                Some(dim) => drop(within.insert(dim)),
                None => self.errors.push(Diagnostic::new(&codes::RANK_WITHIN, word.span).arg("name", &word.value)),
            }
        }
        let ties = match &ranking.ties.value {
            ast::Ties::Better => Ties::Better,
            ast::Ties::Worse => Ties::Worse,
            ast::Ties::By(word) => self.decided_by(word, scope, metrics)?,
        };
        let shares = ranking.shares.iter().map(|share| share.value).collect();
        Some(Ranking { within: within.into_iter().collect(), shares, ties })
    }

    /// The metric that decides between those who are level.
    fn decided_by(&mut self, word: &ast::Ident, scope: &mut Scope, metrics: &[Metric]) -> Option<Ties> {
        self.names.uses.saw(Kind::Metric, &word.value, word.span);
        let Some(found) = self.names.metrics.get(&word.value).cloned() else {
            let known = self.names.metrics.keys().map(String::as_str);
            self.errors.push(self.names.unknown(&compile::UNKNOWN_METRIC, &word.value, word.span, known));
            return None;
        };
        let (idx, _) = found?;
        let metric = metrics.get(idx)?;
        self.within_scope(scope, &metric.formula, metrics, word.span);
        self.looked_up_within(scope, &metric.formula, metrics, word.span);
        if metric.higher_is_better.is_none() {
            self.errors.push(Diagnostic::new(&codes::RANK_TIES, word.span).arg("name", &word.value));
        }
        metric.higher_is_better.map(|higher| Ties::By(idx, higher))
    }
}
