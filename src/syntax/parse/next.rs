//! What may come next at a place of a text, told by the grammar itself.
//!
//! 1. The tokens before the place tell which declaration it stands in, in which of its statements, and which brackets are
//!    open there.
//! 2. The begun statement is read with the grammar's rule for it. It fails where the text ends, and what the grammar would
//!    have taken there is the answer ([`Next`]).

use pest::Parser;
use pest::error::{Error, ErrorVariant, InputLocation};

use super::begin::RULES;
use super::names::Expected;
use super::{Grammar, Rule, TEXT_BYTES_MAX};
use crate::syntax::outline::DECLARATIONS;
use crate::syntax::tokens::{self, Kind, Lexed, Token};

/// A character that no rule takes but the free values of scopes.
const NOTHING: char = '\u{0}';

/// What may come at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Next {
    /// Where the word begins that is being written there.
    pub start: usize,
    /// The words of the language that may stand there.
    pub words: Vec<String>,
    /// Whether a name may stand there.
    pub name: bool,
    /// Whether a formula may begin there.
    pub formula: bool,
    /// Whether a grade may stand there.
    pub grade: bool,
    /// The word of the declaration around the place; empty between declarations.
    pub declaration: String,
    /// The tokens of the declaration's head behind its word, as far as they stand before the place.
    pub head: Vec<String>,
    /// The tokens of the statement, or of the head, before the place.
    pub before: Vec<String>,
    /// Where in `before` the brackets stand that are open at the place.
    pub open: Vec<usize>,
    /// What the place is inside of.
    pub within: Within,
}

/// What a place may be inside of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Within {
    /// Heads and statements.
    #[default]
    Statement,
    /// A text in quotes.
    Text,
    /// The line of a table that names its columns.
    Columns,
    /// A comment, a number, a row of a table: nothing can be said.
    Other,
}

/// What may come at a byte of `text`.
pub fn next(text: &str, offset: usize) -> Next {
    let before = &text[..text.floor_char_boundary(offset)];
    let start = before.trim_end_matches(|c: char| c == '_' || c.is_ascii_alphanumeric()).len();
    let (until, word) = before.split_at(start);
    let nowhere = Next { start, within: Within::Other, ..Next::default() };
    if before.len() > TEXT_BYTES_MAX || word.starts_with(|c: char| c.is_ascii_digit()) {
        return nowhere;
    }
    let lexed = tokens::tokens(until);
    let place = Place::of(&lexed);
    let next = Next { start, ..place.around(&lexed) };
    let line = || lexed.tokens.iter().rev().take_while(|token| token.kind != Kind::Newline);
    if line().any(|token| token.kind == Kind::Comment) {
        return nowhere;
    }
    if line().any(|token| token.kind == Kind::Text && is_open(&lexed, token)) {
        return Next { within: Within::Text, ..next };
    }
    if place.in_table(&lexed) {
        let rows = lexed.tokens.get(place.statement..).unwrap_or_default().iter().filter(|token| token.kind == Kind::Row);
        // The line that is being written is the last row, unless nothing stands on it yet.
        let begun = lexed.tokens.last().is_some_and(|token| token.kind == Kind::Row);
        let whole = rows.count() - usize::from(begun);
        return Next { within: if whole == 0 { Within::Columns } else { Within::Other }, ..next };
    }
    match place.rules(&lexed) {
        None => Next { words: DECLARATIONS.iter().map(|&word| word.to_owned()).collect(), ..next },
        Some(rules) => rules.into_iter().fold(next, |next, (rule, from)| expected(next, rule, lexed.text.get(from..).unwrap_or_default())),
    }
}

/// Whether a quoted text has no end yet.
fn is_open(lexed: &Lexed, token: &Token) -> bool {
    lexed.text.get(token.start..).is_some_and(|rest| tokens::quoted_length(rest).is_none())
}

/// Adds what the grammar would take behind `piece`.
fn expected(mut next: Next, rule: Rule, piece: &str) -> Next {
    let piece = format!("{piece}{NOTHING}");
    let end = piece.len() - NOTHING.len_utf8();
    let rules = match Grammar::parse(rule, &piece) {
        Err(Error { variant: ErrorVariant::ParsingError { positives, .. }, location: InputLocation::Pos(at), .. }) if at == end => {
            positives
        }
        _ => return next,
    };
    let formula =
        rules.iter().any(|rule| matches!(rule, Rule::expr | Rule::part | Rule::value | Rule::point | Rule::aggregate | Rule::aggregate_fn));
    let named = [Rule::name, Rule::entity_field, Rule::field_line, Rule::feed_column];
    next.name |= formula || rules.iter().any(|rule| named.contains(rule));
    next.formula |= formula;
    next.grade |= rules.iter().any(|rule| matches!(rule, Rule::grade | Rule::grade_band | Rule::payout_of));
    for word in Expected::new(&rules).words {
        if !next.words.contains(&word) {
            next.words.push(word);
        }
    }
    next
}

/// Where a place stands among the tokens before it.
#[derive(Default)]
struct Place {
    /// The word of the declaration.
    declaration: Option<usize>,
    /// The brace that opens its block.
    block: Option<usize>,
    /// The first token of the statement, or of the head behind its word.
    statement: usize,
    /// The open brackets behind the one of the block.
    open: Vec<usize>,
}

impl Place {
    fn of(lexed: &Lexed) -> Place {
        let mut place = Place::default();
        for (index, token) in lexed.tokens.iter().enumerate() {
            if place.begins(lexed, index) {
                place = Place { declaration: Some(index), statement: index + 1, ..Place::default() };
                continue;
            }
            match token.kind {
                Kind::Open if place.block.is_none() && token.is_brace(&lexed.text) => {
                    (place.block, place.statement) = (Some(index), index + 1);
                    place.open.clear();
                }
                Kind::Open => place.open.push(index),
                Kind::Close if place.open.pop().is_none() => place = Place { statement: index + 1, ..Place::default() },
                Kind::Newline if place.open.is_empty() && place.block.is_some() => place.statement = index + 1,
                _ => {}
            }
        }
        // A new line behind a head without a block begins a declaration, unless it is indented.
        if place.block.is_none() && place.open.is_empty() && (lexed.text.is_empty() || lexed.text.ends_with('\n')) {
            place = Place { statement: lexed.tokens.len(), ..Place::default() };
        }
        place
    }

    fn begins(&self, lexed: &Lexed, index: usize) -> bool {
        let Some(token) = lexed.tokens.get(index) else { return false };
        let first = index.checked_sub(1).and_then(|before| lexed.tokens.get(before)).is_none_or(|before| before.kind == Kind::Newline);
        let starts_line = first && (self.declaration.is_none() || self.block.is_none() && self.open.is_empty());
        let at_margin = token.start == 0 || lexed.text.as_bytes().get(token.start - 1) == Some(&b'\n');
        (starts_line || at_margin) && DECLARATIONS.contains(&word(lexed, index))
    }

    /// The place without what may come there.
    fn around(&self, lexed: &Lexed) -> Next {
        let words = |from: usize, to: usize| {
            let solid = (from..to).filter(|&at| lexed.tokens.get(at).is_some_and(Token::is_solid));
            solid.map(|at| word(lexed, at).to_owned()).collect::<Vec<_>>()
        };
        let end = lexed.tokens.len();
        let head = self.declaration.map(|at| words(at + 1, self.block.unwrap_or(end))).unwrap_or_default();
        Next {
            declaration: self.declaration.map(|at| word(lexed, at).to_owned()).unwrap_or_default(),
            head,
            before: words(self.statement, end),
            open: self.open.iter().map(|&at| words(self.statement, at).len()).collect(),
            ..Next::default()
        }
    }

    fn in_table(&self, lexed: &Lexed) -> bool {
        !self.open.is_empty() && self.declaration.is_some_and(|at| word(lexed, at) == "test") && word(lexed, self.statement) == "given"
    }

    /// The rules that read the begun piece, each with the byte that it begins at; None between declarations.
    fn rules(&self, lexed: &Lexed) -> Option<Vec<(Rule, usize)>> {
        let declaration = word(lexed, self.declaration?);
        let (_, head, line) = RULES.iter().find(|(word, ..)| *word == declaration)?;
        let first = lexed.tokens.get(self.statement..).unwrap_or_default().iter().find(|token| token.is_solid());
        let from = first.map_or(lexed.text.len(), |token| token.start);
        if self.block.is_none() {
            return Some(vec![(*head, from)]);
        }
        let given = first.filter(|token| lexed.text.get(token.start..token.end) == Some("given"));
        match given {
            Some(given) => Some(vec![(Rule::given_head, given.start)]),
            None if declaration == "test" && first.is_none() => Some(vec![(Rule::test_line, from), (Rule::given_head, from)]),
            None => Some(line.iter().map(|line| (*line, from)).collect()),
        }
    }
}

/// A token as it is written.
fn word(lexed: &Lexed, index: usize) -> &str {
    lexed.tokens.get(index).and_then(|token| lexed.text.get(token.start..token.end)).unwrap_or_default()
}
