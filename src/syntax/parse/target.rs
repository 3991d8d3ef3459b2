//! Targets: amounts of periods, and how they are split and divided.

use super::formula::{Place, grain};
use super::node::Node;
use super::table::telling;
use super::{Builder, Rule, Seen};
use crate::diagnostic::Spanned;
use crate::syntax::ast::{Division, Grain, Split, SplitBy, Target, TargetRow};
use crate::syntax::outline::Declaration;

impl Builder<'_> {
    pub(super) fn target(&mut self, declaration: &Declaration) -> Target {
        let head = self.head(Rule::target_head, declaration);
        let block = self.needs_block(declaration);
        let per = head.iter().flatten().find(|part| part.rule() == Rule::per).map(Node::names).unwrap_or_default();
        let part = |rule: Rule| head.iter().flatten().find(|part| part.rule() == rule);
        let told = part(Rule::every).and_then(every).zip(part(Rule::told).and_then(telling));
        let name = self.named(head.as_deref(), declaration);
        let span = self.whole(declaration);
        let (rows, splits, divisions) = (Vec::new(), Vec::new(), Vec::new());
        let mut target = Target { name, per, told, title: Default::default(), rows, splits, divisions, step: None, span };
        let (mut seen, mut divided, mut split) = (Seen::default(), Seen::default(), Seen::default());
        self.statements(block, Rule::target_line, |builder, line| {
            let span = line.span();
            match line.rule() {
                Rule::title if builder.once(&mut seen, "title", span) => target.title = builder.texts_in(&line),
                Rule::step if builder.once(&mut seen, "step", span) => target.step = Some(builder.condition(&line, Place::Plain)),
                Rule::split => {
                    let word = line.find(Rule::grain).map(|word| word.word());
                    if word.is_some_and(|word| builder.once(&mut split, &word.value, word.span)) {
                        target.splits.extend(builder.split(&line));
                    }
                }
                Rule::divide if line.name().is_some_and(|name| builder.once(&mut divided, &name.value, name.span)) => {
                    target.divisions.extend(builder.division(&line));
                }
                Rule::target_row => target.rows.extend(builder.target_row(&line)),
                _ => {}
            }
        });
        target
    }

    fn split(&mut self, line: &Node) -> Option<Split> {
        let word = line.find(Rule::grain)?;
        let grain = Spanned { value: grain(word.text())?, span: word.span() };
        let by = match line.find(Rule::weights) {
            Some(weights) => {
                let numbers: Vec<Node> = weights.all(Rule::number).collect();
                let weight = |number: &Node| Some(Spanned { value: self.number(number)?, span: number.span() });
                SplitBy::Weights(numbers.iter().filter_map(weight).collect())
            }
            None => SplitBy::Like(line.name()?, line.find(Rule::in_period).and_then(|part| Some(part.find(Rule::period)?.word()))),
        };
        let along = line.find(Rule::along).map(|along| along.names()).unwrap_or_default();
        Some(Split { grain, by, along, span: line.span() })
    }

    fn division(&mut self, line: &Node) -> Option<Division> {
        let mut seen = Seen::default();
        let mut shares = Vec::new();
        for share in line.all(Rule::share) {
            let quoted = share.find(Rule::text).map(|text| self.string(&text));
            let value = quoted.or_else(|| share.find(Rule::share_value).map(|value| value.word()));
            let number = share.find(Rule::number).and_then(|node| Some(Spanned { value: self.number(&node)?, span: node.span() }));
            if let (Some(value), Some(number)) = (value, number)
                && self.once(&mut seen, &value.value, value.span)
            {
                shares.push((value, number));
            }
        }
        Some(Division { dimension: line.name()?, shares })
    }

    fn target_row(&mut self, line: &Node) -> Option<TargetRow> {
        // A comparison lacks its left side here: `2026 = 100 USD`.
        let compares = line.find(Rule::expr).is_some_and(|expr| expr.children().next().is_some_and(|first| first.rule() == Rule::subject));
        if let Some(habit) = compares.then(|| self.target_habit(line.span())).flatten() {
            self.report(habit);
            return None;
        }
        let scope = line.find(Rule::scope).map(|scope| self.scope(&scope)).unwrap_or_default();
        let value = self.condition(line, Place::Plain);
        let from = line.find(Rule::from_day).and_then(|from| Self::moment_in(&from));
        Some(TargetRow { scope, period: line.find(Rule::period)?.word(), value, from, span: line.span() })
    }
}

/// `every month`
fn every(part: &Node) -> Option<Spanned<Grain>> {
    let word = part.find(Rule::grain)?;
    Some(Spanned { value: grain(word.text())?, span: word.span() })
}
