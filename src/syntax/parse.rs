//! The parser: text to tree, with every mistake of the text in one run.
//!
//! 1. The [`outline`](crate::syntax::outline) cuts the text into heads of declarations and statements of blocks.
//! 2. Each piece is read by itself with a rule of `grammar/steelyard.pest` ([`Builder::piece`]); a piece that does not
//!    parse becomes a diagnostic ([`mistake`]) and the next one is read all the same.
//! 3. [`begin`] finds what a declaration is whose word or head is wrong, so that its block is read all the same.
//! 4. [`declaration`], [`ledger`], [`target`], [`scorecard`], [`alert`], [`table`], [`hierarchy`] and [`test`] turn pieces into the tree; [`formula`] knows which operator
//!    binds tighter.
//! 5. [`next`] tells an editor what the grammar would take at a place.

mod adapt;
mod alert;
mod begin;
mod calendar;
mod declaration;
mod formula;
mod habit;
mod hierarchy;
mod ledger;
mod mistake;
mod money;
mod names;
pub mod next;
mod node;
mod scorecard;
mod table;
mod target;
mod test;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Once;

use pest::Parser;
use pest::error::Error;

use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span, Spanned};
use crate::syntax::DIAGNOSTICS_MAX;
use crate::syntax::ast::{Expr, File, Hold, Ident, Item, OccasionAt, Text, Window};
use crate::syntax::outline::{Block, Declaration, Outline, Range};
use crate::syntax::tokens;
use node::Node;

/// The largest text that is read, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// The longest statement or head that is read, in bytes. Tables have a statement a row.
const STATEMENT_BYTES_MAX: usize = 64 << 10;

/// Calls of grammar rules for one piece; far above what a text of [`TEXT_BYTES_MAX`] needs.
const GRAMMAR_CALLS_MAX: usize = 100_000_000;

/// How many statements on one line are told apart.
const STATEMENTS_PER_LINE_MAX: usize = 16;

/// The parser made from the grammar. Its module exists because the derive cannot document the rules it makes.
#[allow(missing_docs)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/steelyard.pest"]
    pub struct Grammar;
}
use grammar::{Grammar, Rule};

/// What became of a text.
#[derive(Debug)]
pub struct Parsed {
    /// The tree of all that could be read.
    pub file: File,
    /// The mistakes, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// False when there were so many mistakes that the rest of the text was not read.
    pub whole: bool,
    /// The pieces that could not be read: what they would have declared is missing from the tree.
    pub unread: Vec<Unread>,
}

/// A head or statement that could not be read.
#[derive(Debug)]
pub struct Unread {
    /// Where it stands.
    pub span: Span,
    /// What it would have declared.
    pub missing: Missing,
}

/// What names are given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Kind {
    Event,
    Field,
    /// A metric or param.
    Metric,
    /// A scorecard, alert, calendar or named event.
    Rule,
}

/// What a piece that could not be read would have declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nothing that another piece can speak of, or something that is in the tree all the same.
    Nothing,
    /// Something that is called by one of its words.
    Word,
    /// A thing of this kind, whose name cannot be told from it.
    Name(Kind),
}

/// Reads a `.kpi` text. Never fails: what cannot be read is missing from the tree and named in the diagnostics.
pub fn parse(text: &str) -> Parsed {
    if let Some(refused) = too_large(text) {
        return Parsed { file: File::default(), diagnostics: vec![refused], whole: false, unread: Vec::new() };
    }
    let outline = Outline::new(text);
    let mut builder = Builder::new(&outline, text);
    let file = builder.file();
    let (mut diagnostics, unread) = (builder.diagnostics, builder.unread);
    diagnostics.extend(outline.diagnostics.iter().chain(&outline.marks).cloned());
    diagnostics.iter_mut().for_each(|diagnostic| widen(diagnostic, text));
    diagnostics.sort_by_key(|diagnostic| diagnostic.span);
    let whole = diagnostics.len() <= DIAGNOSTICS_MAX;
    if !whole {
        diagnostics.truncate(DIAGNOSTICS_MAX);
        diagnostics.push(Diagnostic::general(&codes::TOO_MANY).arg("limit", DIAGNOSTICS_MAX));
    }
    Parsed { file, diagnostics, whole, unread }
}

/// Reads a formula that stands alone, as in a query.
pub fn parse_expr(text: &str) -> Result<Expr, Vec<Diagnostic>> {
    alone(text, Rule::only_expr, |builder, node| Some(builder.formula(node, formula::Place::Plain)))
}

/// Reads a window that stands alone, with or without `over`: `28 days ending 7 days ago`, `month`, `all time`.
pub fn parse_window(text: &str) -> Result<Window, Vec<Diagnostic>> {
    alone(text, Rule::only_window, |builder, node| builder.window(node))
}

/// Reads the days of a named event that stand alone, with or without `over`: `latest prime_day`.
pub fn parse_occasion(text: &str) -> Result<Spanned<OccasionAt>, Vec<Diagnostic>> {
    alone(text, Rule::only_occasion, |builder, node| builder.occasion_at(node))
}

fn alone<T>(text: &str, rule: Rule, build: impl FnOnce(&mut Builder, &Node) -> Option<T>) -> Result<T, Vec<Diagnostic>> {
    if let Some(refused) = too_large(text) {
        return Err(vec![refused]);
    }
    let outline = Outline::alone(text);
    let mut builder = Builder::new(&outline, text);
    let nodes = builder.piece(rule, &(0..outline.tokens.len()));
    let built = nodes.as_deref().and_then(|nodes| nodes.last()).and_then(|node| build(&mut builder, node));
    let mut diagnostics = builder.diagnostics;
    diagnostics.extend(outline.diagnostics.iter().chain(&outline.marks).cloned());
    diagnostics.iter_mut().for_each(|diagnostic| widen(diagnostic, text));
    match built {
        Some(value) if diagnostics.is_empty() => Ok(value),
        _ => Err(diagnostics),
    }
}

fn too_large(text: &str) -> Option<Diagnostic> {
    (text.len() > TEXT_BYTES_MAX)
        .then(|| Diagnostic::new(&codes::TOO_LARGE, Span::new(0, 0)).arg("bytes", text.len()).arg("limit", TEXT_BYTES_MAX))
}

/// The span up to the bounds of the characters of `text` that it touches. What was meant by a full-width mark is shorter
/// than the mark.
fn whole_characters(span: Span, text: &str) -> Span {
    let end = text.ceil_char_boundary(span.range().end);
    let start = if span.start == span.end { end } else { text.floor_char_boundary(span.range().start) };
    Span::new(start, end)
}

/// Lets every place of a diagnostic be one of `text`.
fn widen(diagnostic: &mut Diagnostic, text: &str) {
    let spans = diagnostic.span.iter_mut().chain(diagnostic.related.iter_mut().map(|related| &mut related.0));
    for span in spans.chain(diagnostic.fixes.iter_mut().map(|fix| &mut fix.span)) {
        *span = whole_characters(*span, text);
    }
}

/// Reads pieces and collects the mistakes.
struct Builder<'t> {
    /// The text without full-width marks.
    text: &'t str,
    /// The text as it came, in which places are told.
    source: &'t str,
    outline: &'t Outline,
    diagnostics: Vec<Diagnostic>,
    unread: Vec<Unread>,
    /// Where the head of the present declaration begins behind its word.
    behind: usize,
    /// True when that head cannot be right, because its word is wrong.
    headless: bool,
    /// The `for 2 days` that the formula just read holds.
    hold: Option<Spanned<Hold>>,
    /// The params that the scorecard just read has in place of numbers.
    stated: Vec<Ident>,
}

/// What a block has had, to report a second one of what may stand once.
#[derive(Default)]
struct Seen(BTreeMap<String, Span>);

impl<'t> Builder<'t> {
    fn new(outline: &'t Outline, source: &'t str) -> Self {
        // The limit is one for the process, so it is set once and for all.
        static LIMIT: Once = Once::new();
        LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(GRAMMAR_CALLS_MAX)));
        Builder {
            text: &outline.text,
            source,
            outline,
            diagnostics: Vec::new(),
            unread: Vec::new(),
            behind: 0,
            headless: false,
            hold: None,
            stated: Vec::new(),
        }
    }

    fn file(&mut self) -> File {
        let (mut before, mut file) = (Vec::new(), File::default());
        let mut has_header = false;
        for (index, declaration) in self.outline.declarations.iter().enumerate() {
            if self.is_full() {
                break;
            }
            let keyword = self.begin(declaration);
            has_header |= keyword == Some("ruleset");
            match keyword {
                Some("ruleset") => {
                    // A further header begins a package.
                    if file.header.is_some() {
                        before.push(std::mem::take(&mut file));
                    } else if index > 0 {
                        self.report(Diagnostic::new(&codes::HEADER_PLACE, self.outline.span(&declaration.head)));
                    }
                    file.header = Some(self.header(declaration));
                }
                Some("use") => file.uses.push(self.usage(declaration)),
                Some("param") => file.items.push(Item::Param(self.param(declaration))),
                Some("event") => file.items.push(Item::Event(self.event(declaration))),
                Some("entity") => file.items.push(Item::Entity(self.entity(declaration))),
                Some("dimension") => file.items.push(Item::Dimension(self.dimension(declaration))),
                Some("feed") => file.items.push(Item::Feed(self.feed(declaration))),
                Some("occasion") => file.items.push(Item::Occasion(self.occasion(declaration))),
                Some("calendar") => file.items.push(Item::Calendar(self.calendar(declaration))),
                Some("table") => file.items.push(Item::Table(self.table(declaration))),
                Some("metric") => file.items.push(Item::Metric(self.metric(declaration))),
                Some("ledger") => file.items.push(Item::Ledger(self.ledger(declaration))),
                Some("target") => file.items.push(Item::Target(self.target(declaration))),
                Some("scorecard") => file.items.push(Item::Scorecard(self.scorecard(declaration))),
                Some("alert") => file.items.push(Item::Alert(self.alert(declaration))),
                Some(_) => file.items.push(Item::Test(self.test(declaration))),
                None => self.leave(self.whole(declaration), Missing::Word),
            }
            if !declaration.rest.is_empty() {
                let span = self.outline.span(&declaration.rest);
                self.leave(span, Missing::Word);
                self.report(Diagnostic::new(&codes::AFTER_BLOCK, span));
            }
        }
        if !has_header && !self.is_full() {
            self.report(Diagnostic::new(&codes::NO_HEADER, Span::new(0, 0)));
        }
        before.push(file);
        let mut files = before.into_iter();
        let ruleset = files.next().unwrap_or_default();
        File { packages: files.collect(), ..ruleset }
    }

    /// The first word of a piece, or nothing when it begins with something else.
    fn word(&self, range: &Range) -> &'t str {
        self.outline.token(range.start).map_or("", |token| &self.text[token.start..token.end])
    }

    /// Reads the tokens of `range` with `rule`. None when they do not parse; the mistake was reported.
    fn piece(&mut self, rule: Rule, range: &Range) -> Option<Vec<Node<'t>>> {
        match self.read(rule, range) {
            Ok(nodes) => Some(nodes),
            Err(error) => {
                self.unreadable(rule, range, error);
                None
            }
        }
    }

    /// Whether there are more mistakes than are told.
    fn is_full(&self) -> bool {
        self.diagnostics.len() > DIAGNOSTICS_MAX
    }

    /// Whether a piece may be read: none of its brackets is nested too deep, and it is not too long.
    fn is_readable(&self, range: &Range) -> bool {
        self.outline.span(range).range().len() <= STATEMENT_BYTES_MAX && !self.is_too_deep(range)
    }

    fn is_too_deep(&self, range: &Range) -> bool {
        self.outline.tokens.get(range.clone()).unwrap_or_default().iter().any(|token| token.too_deep)
    }

    /// Reads the tokens of `range` with `rule`; None for a piece that may not be read.
    fn read(&self, rule: Rule, range: &Range) -> Result<Vec<Node<'t>>, Option<Error<Rule>>> {
        if !self.is_readable(range) {
            return Err(None);
        }
        let span = self.outline.span(range);
        let (text, source) = (self.text, self.source);
        let pairs = Grammar::parse(rule, &text[span.range()]).map_err(Some)?;
        Ok(pairs.filter(|pair| pair.as_rule() != Rule::EOI).map(|pair| Node::new(pair, span.start as usize, source)).collect())
    }

    fn unreadable(&mut self, rule: Rule, range: &Range, error: Option<Error<Rule>>) {
        let span = self.outline.span(range);
        self.leave(span, self.missing(rule, range));
        match error {
            Some(error) => self.mistake(&error, span, range),
            // A bracket that is nested too deep was reported where it stands.
            None if self.is_too_deep(range) => {}
            None => {
                let begin = self.outline.token(range.start).map_or(span, |token| token.span());
                let mistake = Diagnostic::new(&codes::STATEMENT_LENGTH, begin).arg("bytes", span.range().len());
                self.report(mistake.arg("limit", STATEMENT_BYTES_MAX));
            }
        }
    }

    /// Reads every statement of a block with `rule` and hands it to `each`.
    fn statements(&mut self, block: Option<&Block>, rule: Rule, mut each: impl FnMut(&mut Self, Node<'t>)) {
        for range in block.iter().flat_map(|block| &block.statements) {
            self.statement(range, rule, &mut each);
        }
    }

    /// Reads a statement. Several on one line are told apart, and each is read.
    fn statement(&mut self, range: &Range, rule: Rule, each: &mut impl FnMut(&mut Self, Node<'t>)) {
        // A row of a table whose brace was never closed; the brace was reported.
        if self.is_full() || self.outline.token(range.start).is_some_and(|token| token.kind == tokens::Kind::Row) {
            return;
        }
        let mut rest = range.clone();
        for _ in 0..STATEMENTS_PER_LINE_MAX {
            let error = match self.read(rule, &rest) {
                Ok(nodes) => return nodes.into_iter().take(1).for_each(|node| each(self, node)),
                Err(error) => error,
            };
            let Some(second) = error.as_ref().and_then(|error| self.second_statement(rule, &rest, error)) else {
                return self.unreadable(rule, &rest, error);
            };
            let first = self.piece(rule, &(rest.start..second)).and_then(|nodes| nodes.into_iter().next());
            first.into_iter().for_each(|node| each(self, node));
            self.begin_line(second);
            rest.start = second;
        }
        self.piece(rule, &rest).into_iter().flatten().take(1).for_each(|node| each(self, node));
    }

    /// True the first time; a second one is reported with both places.
    fn once(&mut self, seen: &mut Seen, what: &str, span: Span) -> bool {
        match seen.0.get(what) {
            Some(first) => {
                let mistake = Diagnostic::new(&codes::DUPLICATE, span).arg("what", what).related(*first, "the first one", "第一处");
                self.report(mistake);
                false
            }
            None => {
                seen.0.insert(what.to_owned(), span);
                true
            }
        }
    }

    /// The block of a declaration that needs one.
    fn needs_block<'d>(&mut self, declaration: &'d Declaration) -> Option<&'d Block> {
        if declaration.block.is_none() {
            let span = self.outline.span(&declaration.head);
            let end = span.end as usize;
            let mistake = Diagnostic::new(&codes::NO_BLOCK, Span::new(end, end)).arg("what", self.word(&declaration.head));
            self.report(mistake);
        }
        declaration.block.as_ref()
    }

    /// From the first word of the head to the closing brace.
    fn whole(&self, declaration: &Declaration) -> Span {
        let head = self.outline.span(&declaration.head);
        let close = declaration.block.as_ref().map(|block| block.close);
        let span = match close.and_then(|close| self.outline.token(close).or_else(|| self.outline.tokens.last())) {
            Some(token) => head.to(token.span()),
            None => head,
        };
        whole_characters(span, self.source)
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// `"…" zh "…"`
    fn texts(&mut self, node: &Node) -> Text {
        let mut texts = Text::default();
        for child in node.children() {
            match child.rule() {
                Rule::text => texts.en = Some(self.string(&child)),
                Rule::zh_text => texts.zh = child.find(Rule::text).map(|text| self.string(&text)),
                _ => {}
            }
        }
        texts
    }
}
