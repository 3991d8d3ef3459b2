//! Tokens: the marks of a text that the outline and the formatter need.
//!
//! 1. [`tokens`] walks the text once, from mark to mark.
//! 2. Inside `given … { }` and `table … { }` each line is one [`Kind::Row`], because cells may hold anything.
//! 3. Inside `[ ]` the text behind a colon is one [`Kind::Bare`], because values of a scope may hold anything.
//! 4. A text that is never closed ends before the brace at the end of its line, so that its block is read all the same.
//! 5. What can never be right (an open quote) becomes a diagnostic at once; [`marks`] puts what was meant in the place
//!    of a full-width mark, so that reading goes on.

mod marks;

use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::DIAGNOSTICS_MAX;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The end of a line.
    Newline,
    /// `# …` without the newline.
    Comment,
    /// A keyword or name.
    Word,
    /// `3_600.5`, `2.1.0`, `2026-03-01`, `09:00`
    Number,
    /// `"…"`
    Text,
    /// `(`, `[` or `{`
    Open,
    /// `)`, `]` or `}`
    Close,
    /// Any other mark: `=`, `->`, `,` …
    Mark,
    /// A line of a table.
    Row,
    /// A value of a scope, without quotes.
    Bare,
}

/// A mark of the text.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Offset of its first byte.
    pub start: usize,
    /// Offset after its last byte.
    pub end: usize,
    /// The index of the bracket that closes or opens this one.
    pub partner: Option<usize>,
    /// A bracket that is nested too deep.
    pub too_deep: bool,
}

impl Token {
    /// Where it stands.
    pub fn span(&self) -> Span {
        Span::new(self.start, self.end)
    }

    /// Neither a newline nor a comment.
    pub fn is_solid(&self) -> bool {
        !matches!(self.kind, Kind::Newline | Kind::Comment)
    }

    /// `{` or `}`
    pub fn is_brace(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Open | Kind::Close) && matches!(&text[self.start..self.end], "{" | "}")
    }
}

/// Cuts `text` into tokens.
pub fn tokens(text: &str) -> Lexed {
    let mut lexer = Lexer { text: text.to_owned(), ..Lexer::default() };
    while lexer.at < text.len() {
        lexer.next();
    }
    Lexed { text: lexer.text, tokens: lexer.tokens, diagnostics: lexer.diagnostics, marks: lexer.marks }
}

/// A text cut into tokens.
pub struct Lexed {
    /// The text, as long as it came, with what was meant in the place of full-width marks.
    pub text: String,
    /// The tokens.
    pub tokens: Vec<Token>,
    /// Mistakes that leave a piece unreadable.
    pub diagnostics: Vec<Diagnostic>,
    /// Mistakes that were mended in `text`.
    pub marks: Vec<Diagnostic>,
}

#[derive(Default)]
struct Lexer {
    text: String,
    at: usize,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
    marks: Vec<Diagnostic>,
    /// The index of the first token of the line.
    line: usize,
    /// The index of the last token that stands at the very start of its line: the word of the declaration.
    declaration: usize,
    /// The open square brackets and braces, to know a scope.
    brackets: Vec<u8>,
}

impl Lexer {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn push(&mut self, kind: Kind, length: usize) {
        let end = self.at + length;
        self.tokens.push(Token { kind, start: self.at, end, partner: None, too_deep: false });
        self.at = end;
    }

    fn next(&mut self) {
        if self.mend() {
            return;
        }
        let Some(first) = self.rest().chars().next() else { return };
        if self.tokens.len() == self.line && !matches!(first, '\n' | '#') && self.starts_line() {
            self.declaration = self.line;
        }
        match first {
            '\n' => {
                let forgot_brace = self.tokens.len() == self.line + 2 && self.is_word(self.line, "given");
                self.push(Kind::Newline, 1);
                self.line = self.tokens.len();
                if forgot_brace && self.rest()[..self.line_length()].contains('|') {
                    self.table();
                }
            }
            ' ' | '\t' | '\r' | '\u{FEFF}' => self.at += first.len_utf8(),
            '#' => {
                let length = self.line_length();
                self.push(Kind::Comment, length);
            }
            '"' => self.quoted(),
            '(' | '[' | '{' => self.open(first),
            ')' | ']' | '}' => {
                self.brackets.pop();
                self.push(Kind::Close, 1);
            }
            '0'..='9' => {
                let length = number_length(self.rest());
                self.push(Kind::Number, length);
            }
            _ if is_word(first) => {
                let length = self.rest().find(|c: char| !is_word(c)).unwrap_or(self.rest().len());
                self.push(Kind::Word, length);
            }
            _ => self.mark(first),
        }
    }

    fn mark(&mut self, first: char) {
        let two = self.rest().get(..2).unwrap_or_default();
        let length = if matches!(two, "->" | ">=" | "<=" | "!=") { 2 } else { first.len_utf8() };
        self.push(Kind::Mark, length);
        if first == ':' && self.brackets.last() == Some(&b'[') {
            self.bare();
        }
    }

    /// The rest of the line, without a carriage return.
    fn line_length(&self) -> usize {
        let rest = self.rest();
        rest[..rest.find('\n').unwrap_or(rest.len())].trim_end().len()
    }

    fn quoted(&mut self) {
        match quoted_length(self.rest()) {
            Some(length) => self.push(Kind::Text, length),
            None => {
                let length = self.unclosed_length();
                let span = Span::new(self.at, self.at + length);
                let mistake = Diagnostic::new(&codes::UNCLOSED_TEXT, span);
                // A quote alone may as well close a text that was never opened.
                let end = Span::new(span.range().end, span.range().end);
                if self.diagnostics.len() <= DIAGNOSTICS_MAX {
                    self.diagnostics.push(if length > 1 { mistake.fix(end, "\"") } else { mistake });
                }
                self.push(Kind::Text, length);
            }
        }
    }

    /// The rest of the line without its last brace, unless the text may hold that itself, as in `"{shop} has {value}`.
    fn unclosed_length(&self) -> usize {
        let line = &self.rest()[..self.line_length()];
        let without = line.strip_suffix('{').or_else(|| line.strip_suffix('}').filter(|before| !before.contains('{')));
        without.map_or(line.len(), |before| before.trim_end().len())
    }

    fn bare(&mut self) {
        let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        self.at += blanks;
        if self.rest().starts_with(['"', '“']) {
            return;
        }
        let end = self.rest().find([',', ']', '"', '#', '\n']).unwrap_or(self.rest().len());
        let length = self.rest()[..end].trim_end().len();
        if length > 0 {
            self.push(Kind::Bare, length);
        }
    }

    fn open(&mut self, bracket: char) {
        let is_table = bracket == '{' && self.names_table();
        self.push(Kind::Open, 1);
        self.brackets.push(bracket as u8);
        if is_table {
            self.table();
        }
    }

    /// Whether the tokens before are `given name`, or a line that forgot the name, or the head of a `table`.
    fn names_table(&self) -> bool {
        if self.is_word(self.declaration, "table") && self.brackets.is_empty() {
            return true;
        }
        let is_given = |index: usize| self.is_word(index, "given");
        let mut solid = (0..self.tokens.len()).rev().filter(|&index| self.tokens[index].is_solid());
        let (last, before) = (solid.next(), solid.next());
        before.is_some_and(is_given) || last.is_some_and(|last| last == self.line && is_given(last))
    }

    /// Whether nothing, not even a blank, stands before on the line.
    fn starts_line(&self) -> bool {
        let before = &self.text[..self.at];
        before.is_empty() || before.ends_with('\n') || before == "\u{FEFF}"
    }

    fn is_word(&self, index: usize, word: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| &self.text[token.start..token.end] == word)
    }

    /// Rows up to the line that begins with the closing brace. When the brace is forgotten: up to a declaration, or to a
    /// step of the test where the table has more than one column.
    fn table(&mut self) {
        let mut has_columns = false;
        while self.at < self.text.len() {
            let blanks = self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r']).len();
            let indented = blanks > 0;
            self.at += blanks;
            self.mend_row();
            let length = row_length(self.rest());
            let row = &self.rest()[..length];
            let word = row.split([' ', '\t']).next().unwrap_or_default();
            let leaves = !indented && !row.contains('|') && crate::syntax::outline::DECLARATIONS.contains(&word);
            let steps = has_columns && !row.contains('|') && matches!(word, "at" | "expect" | "given");
            if row.starts_with('}') || leaves || steps {
                return;
            }
            has_columns |= row.contains('|');
            // `given x { }` on one line has its brace at the end of the row.
            let length = match row.strip_suffix('}') {
                Some(before) if !before.contains('"') => before.trim_end().len(),
                _ => length,
            };
            if length > 0 {
                self.push(Kind::Row, length);
            }
            self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\r']).len();
            if self.rest().starts_with('#') {
                let length = self.line_length();
                self.push(Kind::Comment, length);
            }
            if self.rest().starts_with('\n') {
                self.push(Kind::Newline, 1);
                self.line = self.tokens.len();
            }
        }
    }
}

/// The length of a quoted text, quotes included, or None when the line ends first.
pub fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The length of a row of a table up to its comment: `#` begins one at the start or after a blank or `|`, outside quotes.
fn row_length(text: &str) -> usize {
    let (mut end, mut at, mut before, mut starts_cell) = (0, 0, ' ', true);
    while let Some(c) = text[at..].chars().next() {
        if c == '\n' || c == '#' && (before.is_whitespace() || before == '|') {
            break;
        }
        let quoted = if c == '"' && starts_cell { quoted_length(&text[at..]) } else { None };
        at += quoted.unwrap_or(c.len_utf8());
        if !c.is_whitespace() {
            starts_cell = c == '|';
            end = at;
        }
        // A comment may follow a closing quote at once.
        before = if quoted.is_some() { ' ' } else { c };
    }
    end
}

/// Where the cells of a row stand in it, trimmed. A quoted cell may hold `|`.
pub fn cells(row: &str) -> Vec<(usize, usize)> {
    let (mut cells, mut start, mut at, mut starts_cell) = (Vec::new(), 0, 0, true);
    let mut close = |start: usize, end: usize| {
        let cell = &row[start..end];
        let from = start + cell.len() - cell.trim_start().len();
        cells.push((from, from + cell.trim().len()));
    };
    while let Some(c) = row[at..].chars().next() {
        let quoted = if c == '"' && starts_cell { quoted_length(&row[at..]) } else { None };
        if c == '|' {
            close(start, at);
            start = at + 1;
        }
        at += quoted.unwrap_or(c.len_utf8());
        starts_cell = c == '|' || starts_cell && c.is_whitespace();
    }
    close(start, row.len());
    cells
}

/// A date, a time of day, or digits with `_` and dots.
fn number_length(text: &str) -> usize {
    let shaped = |shape: &str| {
        let fits =
            shape.len() <= text.len() && shape.bytes().zip(text.bytes()).all(|(s, t)| if s == b'0' { t.is_ascii_digit() } else { s == t });
        let ends = !text.as_bytes().get(shape.len()).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        (fits && ends).then_some(shape.len())
    };
    let period = |mark: char, digits: usize| {
        let rest = text.get(4..)?.strip_prefix('-')?.strip_prefix(mark)?;
        let year = text.bytes().take(4).all(|b| b.is_ascii_digit());
        let found = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        (year && found == digits && rest.bytes().take(digits).all(|b| b.is_ascii_digit())).then_some(6 + digits)
    };
    ["0000-00-00", "00:00:00", "00:00", "0000-00"]
        .into_iter()
        .find_map(shaped)
        .or_else(|| period('Q', 1))
        .or_else(|| period('W', 2))
        .unwrap_or_else(|| {
            let bytes = text.as_bytes();
            let mut at = 0;
            while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || *b == b'_')
                || bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            {
                at += 1;
            }
            at
        })
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric() || !c.is_ascii() && c.is_alphanumeric()
}
