//! Ledgers: where they start, what moves them, what brings them back.

use super::declaration::{direction, metric_kind};
use super::formula::{Place, grain};
use super::node::Node;
use super::{Builder, Rule, Seen};
use crate::diagnostic::Spanned;
use crate::syntax::ast::{Expr, ExprKind, Grain, Ledger, LedgerDecay, LedgerEach, LedgerEntry, LedgerReset};
use crate::syntax::outline::Declaration;

impl<'t> Builder<'t> {
    pub(super) fn ledger(&mut self, declaration: &Declaration) -> Ledger {
        let head = self.head(Rule::ledger_head, declaration);
        let block = self.needs_block(declaration);
        let per = head.iter().flatten().find(|part| part.rule() == Rule::per).map(Node::names).unwrap_or_default();
        let name = self.named(head.as_deref(), declaration);
        let span = self.whole(declaration);
        let mut ledger = Ledger {
            name,
            per,
            title: Default::default(),
            start: None,
            entries: Vec::new(),
            decay: None,
            reset: None,
            at_least: None,
            at_most: None,
            better: None,
            kind: None,
            cite: None,
            span,
        };
        let mut seen = Seen::default();
        self.statements(block, Rule::ledger_line, |builder, line| builder.ledger_line(&mut ledger, &mut seen, &line));
        ledger
    }

    fn ledger_line(&mut self, ledger: &mut Ledger, seen: &mut Seen, line: &Node<'t>) {
        let span = line.span();
        match line.rule() {
            Rule::title if self.once(seen, "title", span) => ledger.title = self.texts_in(line),
            Rule::ledger_start if self.once(seen, "start", span) => ledger.start = Some(self.condition(line, Place::Plain)),
            Rule::ledger_entry => ledger.entries.push(self.ledger_entry(line)),
            Rule::decay if self.once(seen, "decay", span) => {
                let by = self.condition(line, Place::Plain);
                ledger.decay = line.find(Rule::every).and_then(|every| Some(LedgerDecay { by, every: grain_in(&every)? }));
            }
            Rule::reset if self.once(seen, "reset", span) => {
                let on = line.find(Rule::on_weekday).and_then(|on| Some(on.find(Rule::weekday)?.word()));
                ledger.reset = line.find(Rule::every).and_then(|every| Some(LedgerReset { every: grain_in(&every)?, on, span }));
            }
            Rule::at_least if self.once(seen, "at least", span) => ledger.at_least = Some(self.condition(line, Place::Plain)),
            Rule::at_limit if self.once(seen, "at most", span) => ledger.at_most = Some(self.condition(line, Place::Plain)),
            Rule::better if self.once(seen, "better", span) => ledger.better = line.find(Rule::direction).map(|word| direction(&word)),
            Rule::metric_kind if self.once(seen, "kind", span) => {
                ledger.kind = line.find(Rule::result_or_process).map(|word| metric_kind(&word));
            }
            Rule::cite if self.once(seen, "cite", span) => ledger.cite = self.cite(line),
            _ => {}
        }
    }

    fn ledger_entry(&mut self, line: &Node<'t>) -> LedgerEntry {
        let amount = self.condition(line, Place::Plain);
        let each = line.find(Rule::each_of).map(|each| {
            let mut parts = each.all(Rule::expr).map(|part| self.formula(&part, Place::Plain)).collect::<Vec<_>>().into_iter();
            let broken = || Expr { kind: ExprKind::Broken, span: each.span() };
            LedgerEach { step: parts.next().unwrap_or_else(broken), of: parts.next().unwrap_or_else(broken) }
        });
        let expires = line.find(Rule::expires).and_then(|part| self.duration_in(&part));
        let every = line.find(Rule::every).and_then(|every| grain_in(&every));
        LedgerEntry { deduct: line.has(Rule::kw_deduct), amount, each, every, expires, span: line.span() }
    }
}

fn grain_in(every: &Node) -> Option<Spanned<Grain>> {
    let word = every.find(Rule::grain)?;
    Some(Spanned { value: grain(word.text())?, span: word.span() })
}
