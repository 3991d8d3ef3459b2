//! What a declaration is when its word or its head is wrong.
//!
//! 1. A word that is nearly right is taken for what was meant ([`Builder::begin`]).
//! 2. Of any other, the next word, the head or the statements of the block tell what the declaration is ([`Builder::guess`]).
//! 3. A head that does not parse keeps its name ([`Builder::named`]), so that one mistake does not make every use of the
//!    name a mistake too.

use pest::Parser;

use super::node::Node;
use super::{Builder, Grammar, Kind, Missing, Rule, Unread};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Spanned, nearest};
use crate::syntax::ast::Ident;
use crate::syntax::outline::{DECLARATIONS, Declaration, Range};
use crate::syntax::tokens;

/// For each declaration its word and the rules of its head and its statements.
pub(super) const RULES: &[(&str, Rule, Option<Rule>)] = &[
    ("ruleset", Rule::ruleset_head, Some(Rule::ruleset_line)),
    ("use", Rule::use_head, Some(Rule::use_line)),
    ("event", Rule::event_head, Some(Rule::event_line)),
    ("entity", Rule::entity_head, Some(Rule::entity_line)),
    ("dimension", Rule::dimension_head, Some(Rule::dimension_line)),
    ("feed", Rule::feed_head, Some(Rule::feed_line)),
    ("occasion", Rule::occasion_head, Some(Rule::occasion_line)),
    ("calendar", Rule::calendar_head, Some(Rule::calendar_line)),
    ("table", Rule::table_head, None),
    ("metric", Rule::metric_head, Some(Rule::metric_line)),
    ("ledger", Rule::ledger_head, Some(Rule::ledger_line)),
    ("target", Rule::target_head, Some(Rule::target_line)),
    ("scorecard", Rule::scorecard_head, Some(Rule::scorecard_line)),
    ("alert", Rule::alert_head, Some(Rule::alert_line)),
    ("test", Rule::test_head, Some(Rule::test_line)),
    ("param", Rule::param_head, None),
];

/// How many statements are looked at to tell what a declaration is.
const LOOKED_AT_MAX: usize = 16;

/// What stands at the beginning of a head whose name was forgotten.
const BEHIND_NAMES: &[&str] = &["on", "per", "every", "to", "by", "replaces", "clock", "settles", "rates", "in"];

/// What stands in a field behind its name.
pub(super) const BEHIND_FIELDS: &[&str] =
    &["level", "optional", "id", "dimension", "text", "number", "count", "percent", "money", "duration", "time", "date", "flag"];

impl<'t> Builder<'t> {
    /// The word that a declaration begins with, or what it must have been.
    pub(super) fn begin(&mut self, declaration: &Declaration) -> Option<&'static str> {
        let start = declaration.head.start;
        (self.behind, self.headless) = (start + 1, false);
        let token = self.outline.token(start)?;
        let (span, found) = (token.span(), &self.text[token.start..token.end]);
        if let Some(known) = DECLARATIONS.iter().find(|known| **known == found) {
            return Some(known);
        }
        let second = DECLARATIONS.iter().find(|known| declaration.head.len() > 1 && **known == self.word(&(start + 1..start + 2)));
        if second.is_none()
            && let Some(meant) = nearest(found, DECLARATIONS.iter().copied())
        {
            self.report(Diagnostic::new(&codes::MISSPELT, span).arg("found", found).arg("meant", meant).fix(span, meant));
            return Some(meant);
        }
        let unknown = Diagnostic::new(&codes::UNKNOWN_DECLARATION, span).arg("found", found).arg("known", DECLARATIONS.join(", "));
        if let Some(second) = second {
            self.report(unknown);
            (self.behind, self.headless) = (start, true);
            return Some(second);
        }
        let guessed = self.guess(declaration);
        // Another word for one of ours: `measure gmv = …`.
        let head = guessed.and_then(|word| RULES.iter().find(|rules| rules.0 == word)).map(|rules| rules.1);
        let fits = self.behind == start + 1 && head.is_some_and(|rule| self.fits(rule, &(start + 1..declaration.head.end)));
        self.report(match guessed.filter(|_| fits) {
            Some(word) => unknown.fix(span, word),
            None => unknown,
        });
        guessed
    }

    /// What a declaration with an unknown word is: its head and its statements say so.
    fn guess(&mut self, declaration: &Declaration) -> Option<&'static str> {
        let head = &declaration.head;
        let statements = declaration.block.as_ref().map(|block| block.statements.as_slice());
        let mut best = (0, None);
        for (word, head_rule, line_rule) in RULES {
            let reads =
                |range: &&Range| line_rule.is_some_and(|line| self.fits(line, range)) || *word == "test" && self.word(range) == "given";
            let lines = statements.unwrap_or_default().iter().take(LOOKED_AT_MAX).filter(reads).count();
            let begin = [head.start + 1, head.start].into_iter().find(|start| self.fits(*head_rule, &(*start..head.end)));
            // Without a block nothing but the head can tell, so it must be one that needs none.
            let sure = statements.is_some() || matches!(*word, "metric" | "param");
            let constant = begin.is_some_and(|at| self.outline.token(at + 2).is_some_and(|token| token.kind == tokens::Kind::Number));
            let score = 2 * lines + usize::from(begin.is_some()) + usize::from(*word == "param" && constant);
            if sure && score > best.0 {
                best = (score, Some((*word, begin.unwrap_or(head.start + 1))));
            }
        }
        let (word, behind) = best.1?;
        self.behind = behind;
        Some(word)
    }

    /// Whether the tokens of `range` parse with `rule`.
    pub(super) fn fits(&self, rule: Rule, range: &Range) -> bool {
        self.is_readable(range) && Grammar::parse(rule, &self.text[self.outline.span(range).range()]).is_ok()
    }

    /// Reads the head of a declaration behind its word.
    pub(super) fn head(&mut self, rule: Rule, declaration: &Declaration) -> Option<Vec<Node<'t>>> {
        let range = self.behind..declaration.head.end;
        if self.headless {
            let missing = self.missing(rule, &range);
            self.leave(self.outline.span(&range), missing);
            return None;
        }
        self.piece(rule, &range)
    }

    /// The name of a declaration; of a head that did not parse, the first word that could be one. Empty when there is
    /// none.
    pub(super) fn named(&self, head: Option<&[Node<'t>]>, declaration: &Declaration) -> Ident {
        let name = head.and_then(|head| head.iter().find(|node| node.rule() == Rule::name)).map(|node| node.word());
        name.or_else(|| self.first_name(&(self.behind..declaration.head.end)))
            .unwrap_or_else(|| Spanned { value: String::new(), span: self.whole(declaration) })
    }

    /// The name that a piece begins with. A word of a declaration that stands there twice is not also the name.
    fn first_name(&self, range: &Range) -> Option<Ident> {
        let doubled = DECLARATIONS.contains(&self.word(range));
        let second = doubled.then(|| self.name_at(range.start + 1)).flatten();
        second.or_else(|| self.name_at(range.start)).filter(|name| !BEHIND_NAMES.contains(&name.value.as_str()))
    }

    /// The token at `index` as a name, in the letters that names have.
    fn name_at(&self, index: usize) -> Option<Ident> {
        let token = self.outline.token(index)?;
        let word = self.text[token.start..token.end].to_ascii_lowercase();
        is_name(&word).then(|| Spanned { value: word, span: token.span() })
    }

    /// The last word of a head that did not parse: in `feed lines too line` the event.
    pub(super) fn last_name(&self, declaration: &Declaration) -> Ident {
        let last = (self.behind + 1..declaration.head.end).rev().find_map(|at| self.outline.token(at).filter(|token| token.is_solid()));
        let word = last.map(|token| Spanned { value: self.text[token.start..token.end].to_owned(), span: token.span() });
        word.filter(|word| is_name(&word.value)).unwrap_or(Spanned { value: String::new(), span: self.whole(declaration) })
    }

    /// Notes a piece that could not be read.
    pub(super) fn leave(&mut self, span: Span, missing: Missing) {
        self.unread.push(Unread { span, missing });
    }

    /// What a piece that could not be read with `rule` would have declared.
    pub(super) fn missing(&self, rule: Rule, range: &Range) -> Missing {
        match rule {
            Rule::event_line => return self.missing_field(range),
            Rule::entity_line if self.first_name(range).is_some() => return Missing::Word,
            Rule::entity_line => return Missing::Name(Kind::Field),
            _ => {}
        }
        let kind = match rule {
            Rule::event_head | Rule::entity_head => Kind::Event,
            Rule::metric_head | Rule::ledger_head | Rule::param_head | Rule::table_head => Kind::Metric,
            Rule::scorecard_head | Rule::alert_head | Rule::calendar_head | Rule::occasion_head => Kind::Rule,
            _ => return Missing::Nothing,
        };
        // With its name a declaration is in the tree.
        if self.first_name(range).is_some() { Missing::Nothing } else { Missing::Name(kind) }
    }

    /// A field is missing from the tree, whatever it is called.
    fn missing_field(&self, range: &Range) -> Missing {
        let mut words: Vec<&str> = range.clone().map(|at| self.word(&(at..at + 1))).filter(|word| is_name(word)).collect();
        // What follows `in` names another field.
        if let Some(at) = words.iter().position(|word| *word == "in") {
            words.drain(at..words.len().min(at + 2));
        }
        let types = words.iter().filter(|word| BEHIND_FIELDS.contains(word)).count();
        if types < words.len() {
            Missing::Word
        } else if types > 0 {
            Missing::Name(Kind::Field)
        } else {
            Missing::Nothing
        }
    }
}

fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
        && !word.starts_with(|c: char| c.is_ascii_digit())
}
