//! Hierarchies of dimensions, and the events that tell who belongs to whom.

use super::{Builder, Rule, Seen};
use crate::syntax::ast::{Dimension, ToldBy};
use crate::syntax::outline::Declaration;

impl Builder<'_> {
    pub(super) fn dimension(&mut self, declaration: &Declaration) -> Dimension {
        let head = self.head(Rule::dimension_head, declaration);
        let block = self.needs_block(declaration);
        let name = self.named(head.as_deref(), declaration);
        let words = head.iter().flatten().filter(|node| node.rule() == Rule::name);
        let parents = words.skip(1).map(|node| node.word()).collect();
        let (mut told, mut seen) = (Vec::new(), Seen::default());
        self.statements(block, Rule::dimension_line, |builder, line| {
            let mut names = line.names().into_iter();
            if let (Some(parent), Some(event)) = (names.next(), names.next())
                && builder.once(&mut seen, &parent.value, parent.span)
            {
                let since = line.find(Rule::since_field).and_then(|part| part.name());
                told.push(ToldBy { parent, event, since, span: line.span() });
            }
        });
        Dimension { name, parents, told, span: self.whole(declaration) }
    }
}
