//! The outline of a text: what can be known without the grammar.
//!
//! 1. [`tokens`](crate::syntax::tokens) cuts the text into tokens.
//! 2. Brackets are matched ([`brackets`]); one that is never closed is blamed where it opened.
//! 3. The tokens are cut into declarations, each a head and perhaps a block of statements. A newline ends a statement
//!    unless it stands inside brackets; a declaration word at the start of a line begins a declaration whatever is
//!    still open, so that one forgotten brace does not swallow the file.
//!
//! The parser reads each piece by itself, so one mistake hides no other; the formatter writes each piece by itself.

mod brackets;

use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::DIAGNOSTICS_MAX;
use crate::syntax::tokens::{self, Kind, Lexed, Token};

/// The words that begin a declaration.
pub const DECLARATIONS: &[&str] = &[
    "ruleset",
    "use",
    "param",
    "event",
    "entity",
    "dimension",
    "feed",
    "calendar",
    "occasion",
    "table",
    "metric",
    "ledger",
    "target",
    "scorecard",
    "alert",
    "test",
];

/// How deep brackets may nest, and formulas with them.
pub const DEPTH_MAX: usize = 128;

/// A text cut into pieces.
pub struct Outline {
    /// The text, as long as it came, with what was meant in the place of full-width marks.
    pub text: String,
    /// Every token, newlines and comments too.
    pub tokens: Vec<Token>,
    /// The declarations in order.
    pub declarations: Vec<Declaration>,
    /// Mistakes in brackets, quotes and characters, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Mistakes that were mended in `text`.
    pub marks: Vec<Diagnostic>,
}

/// A range of tokens.
pub type Range = std::ops::Range<usize>;

/// A declaration: its head, its block and what wrongly follows on the line of the closing brace.
pub struct Declaration {
    /// The tokens before the block.
    pub head: Range,
    /// The block.
    pub block: Option<Block>,
    /// Tokens after the block that belong to nothing.
    pub rest: Range,
}

/// Statements between braces.
pub struct Block {
    /// The opening brace.
    pub open: usize,
    /// The closing brace, or the token after the last one when it is missing.
    pub close: usize,
    /// The statements.
    pub statements: Vec<Range>,
}

impl Outline {
    /// Cuts up `text`.
    pub fn new(text: &str) -> Outline {
        let mut outline = Outline::alone(text);
        let text = outline.text.clone();
        let mut at = 0;
        while let Some(start) = outline.next_solid(at, outline.tokens.len()) {
            let declaration = outline.declaration(start, &text);
            at = declaration.rest.end;
            outline.declarations.push(declaration);
        }
        outline
    }

    /// A text that is one piece, such as a formula.
    pub fn alone(text: &str) -> Outline {
        let Lexed { text, tokens, mut diagnostics, marks } = tokens::tokens(text);
        let mut outline = Outline { text: String::new(), tokens, declarations: Vec::new(), diagnostics: Vec::new(), marks };
        outline.match_brackets(&text, &mut diagnostics);
        outline.text = text;
        diagnostics.sort_by_key(|diagnostic| diagnostic.span);
        outline.diagnostics = diagnostics;
        outline
    }

    /// Where the tokens of `range` stand, without leading and trailing blanks and comments.
    pub fn span(&self, range: &Range) -> Span {
        let mut solid = self.tokens.get(range.clone()).unwrap_or_default().iter().filter(|token| token.is_solid());
        match (solid.clone().next_back(), solid.next()) {
            (Some(last), Some(first)) => Span::new(first.start, last.end),
            _ => {
                let at = self.tokens.get(range.start).map_or(0, |token| token.start);
                Span::new(at, at)
            }
        }
    }

    /// The first token of `at..end` that is neither a newline nor a comment.
    pub fn next_solid(&self, at: usize, end: usize) -> Option<usize> {
        (at..end.min(self.tokens.len())).find(|&i| self.token(i).is_some_and(Token::is_solid))
    }

    /// The token at `index`.
    pub fn token(&self, index: usize) -> Option<&Token> {
        self.tokens.get(index)
    }

    fn match_brackets(&mut self, text: &str, diagnostics: &mut Vec<Diagnostic>) {
        let matched = brackets::matched(&self.tokens, text);
        for (open, close) in matched.pairs {
            self.tokens[open].partner = Some(close);
            self.tokens[close].partner = Some(open);
        }
        let mut faults = matched.faults;
        faults.sort_unstable();
        for index in faults.into_iter().take(DIAGNOSTICS_MAX + 1) {
            let token = &self.tokens[index];
            let bracket = &text[token.start..token.end];
            let span = token.span();
            diagnostics.push(match token.kind {
                Kind::Open => Diagnostic::new(&codes::UNCLOSED, span).arg("open", bracket).arg("close", closing(bracket)),
                _ => Diagnostic::new(&codes::STRAY, span).arg("close", bracket),
            });
        }
        for index in &matched.too_deep {
            self.tokens[*index].too_deep = true;
        }
        let told = matched.too_deep.iter().take(DIAGNOSTICS_MAX + 1);
        diagnostics.extend(told.map(|index| Diagnostic::new(&codes::TOO_DEEP, self.tokens[*index].span()).arg("limit", DEPTH_MAX)));
    }

    /// The index after the token at `at`, or after its bracket's partner when it opens one.
    fn step(&self, at: usize) -> usize {
        match self.tokens.get(at) {
            Some(Token { kind: Kind::Open, partner: Some(close), .. }) => close + 1,
            _ => at + 1,
        }
    }

    fn declaration(&self, start: usize, text: &str) -> Declaration {
        let mut at = start;
        while at < self.tokens.len() {
            let token = &self.tokens[at];
            if token.kind == Kind::Open && token.is_brace(text) {
                return self.declaration_with_block(start, at, text);
            }
            if at > start && self.begins(at, text) {
                break;
            }
            at = self.step(at);
        }
        Declaration { head: start..at, block: None, rest: at..at }
    }

    fn declaration_with_block(&self, start: usize, open: usize, text: &str) -> Declaration {
        let close = match self.tokens[open].partner {
            Some(close) => close,
            None => (open + 1..self.tokens.len()).find(|&i| begins_declaration(&self.tokens, i, text)).unwrap_or(self.tokens.len()),
        };
        let rest_start = if self.tokens[open].partner.is_some() { close + 1 } else { close };
        let mut rest = rest_start;
        while rest < self.tokens.len()
            && !matches!(self.tokens[rest].kind, Kind::Newline | Kind::Comment)
            && !begins_declaration(&self.tokens, rest, text)
        {
            rest = self.step(rest);
        }
        let block = Block { open, close, statements: self.statements(open + 1, close) };
        Declaration { head: start..open, block: Some(block), rest: rest_start..rest }
    }

    fn statements(&self, start: usize, end: usize) -> Vec<Range> {
        let mut statements = Vec::new();
        let mut at = start;
        while let Some(first) = self.next_solid(at, end) {
            at = first;
            while at < end && self.tokens[at].kind != Kind::Newline {
                at = self.step(at);
            }
            statements.push(first..at.min(end));
        }
        statements
    }

    /// Whether a declaration begins here when no block is open: a word that stands first on its line, unless the line
    /// is indented and the word begins no declaration; such a line goes on with the one before.
    fn begins(&self, at: usize, text: &str) -> bool {
        let token = &self.tokens[at];
        let first = at.checked_sub(1).and_then(|before| self.tokens.get(before)).is_none_or(|before| before.kind == Kind::Newline);
        token.is_solid() && first && (starts_line(token, text) || DECLARATIONS.contains(&&text[token.start..token.end]))
    }
}

/// A declaration word at the very start of a line, with something behind it.
fn begins_declaration(tokens: &[Token], at: usize, text: &str) -> bool {
    let Some(token) = tokens.get(at) else { return false };
    token.kind == Kind::Word
        && starts_line(token, text)
        && DECLARATIONS.contains(&&text[token.start..token.end])
        && tokens.get(at + 1).is_some_and(|next| matches!(next.kind, Kind::Word | Kind::Text))
}

fn starts_line(token: &Token, text: &str) -> bool {
    token.start == 0 || text.as_bytes().get(token.start - 1) == Some(&b'\n') || &text[..token.start] == "\u{FEFF}"
}

fn closing(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}
