//! Nodes: what a grammar rule matched, with places in the whole text.

use pest::iterators::Pair;

use super::Rule;
use crate::diagnostic::{Span, Spanned};
use crate::syntax::ast::Ident;

/// A match of a rule inside a piece that begins at byte `base` of the text, which came as `source`.
#[derive(Clone)]
pub(super) struct Node<'t> {
    pair: Pair<'t, Rule>,
    base: usize,
    source: &'t str,
}

impl<'t> Node<'t> {
    pub(super) fn new(pair: Pair<'t, Rule>, base: usize, source: &'t str) -> Self {
        Node { pair, base, source }
    }

    pub(super) fn rule(&self) -> Rule {
        self.pair.as_rule()
    }

    /// The matched text without the blanks that an absent optional part leaves at the end.
    pub(super) fn text(&self) -> &'t str {
        let text = self.pair.as_str();
        text.get(..text.len() - self.trailing()).unwrap_or(text)
    }

    pub(super) fn span(&self) -> Span {
        let span = self.pair.as_span();
        super::whole_characters(Span::new(self.base + span.start(), self.base + span.end() - self.trailing()), self.source)
    }

    /// The first byte in the text without full-width marks.
    pub(super) fn start(&self) -> usize {
        self.base + self.pair.as_span().start()
    }

    pub(super) fn children(&self) -> impl DoubleEndedIterator<Item = Node<'t>> + use<'t> {
        let (base, source) = (self.base, self.source);
        self.pair.clone().into_inner().map(move |pair| Node { pair, base, source })
    }

    /// The first child made by `rule`.
    pub(super) fn find(&self, rule: Rule) -> Option<Node<'t>> {
        self.children().find(|child| child.rule() == rule)
    }

    /// The children made by `rule`.
    pub(super) fn all(&self, rule: Rule) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.children().filter(move |child| child.rule() == rule)
    }

    pub(super) fn has(&self, rule: Rule) -> bool {
        self.find(rule).is_some()
    }

    /// The first name below.
    pub(super) fn name(&self) -> Option<Ident> {
        self.find(Rule::name).map(|name| name.word())
    }

    /// Every name directly below.
    pub(super) fn names(&self) -> Vec<Ident> {
        self.all(Rule::name).map(|name| name.word()).collect()
    }

    /// The text itself with its place.
    pub(super) fn word(&self) -> Spanned<String> {
        Spanned { value: self.text().to_owned(), span: self.span() }
    }

    /// How many bytes of blanks and comments end the match. Every token is a rule, so nothing else stands behind the
    /// last child.
    fn trailing(&self) -> usize {
        match self.pair.clone().into_inner().next_back() {
            Some(last) => {
                let behind = self.pair.as_span().end() - last.as_span().end();
                behind + Node { pair: last, base: self.base, source: self.source }.trailing()
            }
            None => self.pair.as_str().len() - self.pair.as_str().trim_end().len(),
        }
    }
}
