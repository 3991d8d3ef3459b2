//! Full-width marks: what a Chinese keyboard writes by accident.
//!
//! 1. [`Lexer::mend`] looks whether a mark stands where the next token begins; inside texts and comments it never does.
//! 2. The mark is reported once, with its fix.
//! 3. What was meant is written over it and filled up with blanks, so that no place in the text moves and all else is
//!    read as if the mark had been right.

use super::Lexer;
use crate::diagnostic::codes::{Code, syntax as codes};
use crate::diagnostic::{Diagnostic, Span};
use crate::syntax::DIAGNOSTICS_MAX;

/// Marks and what was meant; longer ones first.
const FULL_WIDTH: &[(&str, &str)] = &[
    ("＞＝", ">="),
    ("＜＝", "<="),
    ("！＝", "!="),
    ("－＞", "->"),
    ("，", ","),
    ("、", ","),
    ("：", ":"),
    ("（", "("),
    ("）", ")"),
    ("｛", "{"),
    ("｝", "}"),
    ("【", "["),
    ("】", "]"),
    ("［", "["),
    ("］", "]"),
    ("“", "\""),
    ("”", "\""),
    ("％", "%"),
    ("＝", "="),
    ("＞", ">"),
    ("＜", "<"),
    ("＋", "+"),
    ("－", "-"),
    ("＊", "*"),
    ("／", "/"),
    ("×", "*"),
    ("÷", "/"),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "!="),
    ("→", "->"),
    ("｜", "|"),
    ("。", "."),
    ("．", "."),
    ("？", "?"),
    ("；", ";"),
    ("\u{3000}", " "),
    ("\u{A0}", " "),
];

/// How far a number is looked at; longer ones are refused anyway.
const NUMBER_MAX: usize = 64;

impl Lexer {
    /// Mends the mark that stands here. False when there is none.
    pub(super) fn mend(&mut self) -> bool {
        if self.rest().bytes().next().is_none_or(|first| first.is_ascii() && !first.is_ascii_digit()) {
            return false;
        }
        if let Some((length, quoted)) = wide_text(self.rest()) {
            self.replace(&codes::FULL_WIDTH, length, ("“…”", "\"…\""), &quoted);
            return true;
        }
        if let Some((length, number)) = wide_number(self.rest()) {
            let found = self.rest()[..length].to_owned();
            self.replace(&codes::FULL_WIDTH, length, (&found, &number), &number);
            return true;
        }
        let Some((found, meant)) = FULL_WIDTH.iter().find(|(found, _)| self.rest().starts_with(found)) else { return false };
        let in_list = self.brackets.len() > 1 || self.brackets.last().is_some_and(|bracket| *bracket != b'{');
        match *found {
            "；" if in_list => self.replace(&codes::FULL_WIDTH, found.len(), (found, ","), ","),
            "；" | "。" | "，" | "、" if !in_list && self.ends_line(found.len()) => {
                self.replace(&codes::NEEDLESS_MARK, found.len(), (found, ""), "")
            }
            "：" if self.brackets.last() != Some(&b'[') => self.replace(&codes::NEEDLESS_MARK, found.len(), (found, ""), ""),
            "；" => self.replace(&codes::STATEMENT_LINE, found.len(), (found, ""), "\n"),
            _ => self.replace(&codes::FULL_WIDTH, found.len(), (found, meant), meant),
        }
        true
    }

    /// Whether nothing but blanks stands between here and the end of the line or block. Only for marks that are no blanks
    /// themselves: a row of them would be looked through from each.
    fn ends_line(&self, length: usize) -> bool {
        let behind = self.rest()[length..].trim_start_matches([' ', '\t', '\r', '\u{3000}']);
        behind.is_empty() || behind.starts_with(['\n', '#', '}', '｝'])
    }

    /// Mends the marks of a line of a table: its brace and the bars between its cells.
    pub(super) fn mend_row(&mut self) {
        let start = self.at;
        if self.rest().starts_with('｝') {
            self.replace(&codes::FULL_WIDTH, "｝".len(), ("｝", "}"), "}");
            return;
        }
        let row = super::row_length(self.rest());
        let (mut quoted, mut bars) = (false, Vec::new());
        let mut starts_cell = true;
        for (at, c) in self.rest()[..row].char_indices() {
            quoted = if c == '"' { !quoted && starts_cell } else { quoted };
            if c == '｜' && !quoted {
                bars.push(start + at);
            }
            starts_cell = matches!(c, '|' | '｜') || starts_cell && c.is_whitespace();
        }
        for bar in bars {
            self.at = bar;
            self.replace(&codes::FULL_WIDTH, "｜".len(), ("｜", "|"), "|");
        }
        self.at = start;
    }

    /// Reports the next `length` bytes and writes `mended` over them, which is never longer.
    fn replace(&mut self, code: &'static Code, length: usize, (found, meant): (&str, &str), mended: &str) {
        let span = Span::new(self.at, self.at + length);
        if self.marks.len() <= DIAGNOSTICS_MAX {
            let mistake = Diagnostic::new(code, span).arg("found", found).arg("meant", meant).fix(span, mended);
            self.marks.push(mistake);
        }
        // A text keeps its place, so that places inside it stay right.
        let before = if mended.starts_with('"') && mended.len() > 1 { 2 } else { 0 };
        let blanks = length.saturating_sub(mended.len() + before);
        self.text.replace_range(span.range(), &format!("{:before$}{mended}{:blanks$}", "", ""));
    }
}

/// The length of a text in full-width quotes, and the text in the right ones.
fn wide_text(text: &str) -> Option<(usize, String)> {
    let inside = text.strip_prefix('“')?;
    let end = inside.find(['”', '“', '"', '\n'])?;
    let close = inside[end..].chars().next().filter(|c| *c != '\n')?;
    Some((text.len() - inside.len() + end + close.len_utf8(), format!("\"{}\"", &inside[..end])))
}

/// The length of a number with full-width marks, and the number in the right ones: digits, with `.`, `-`, `:` or `_`
/// between them and `%` behind them.
fn wide_number(text: &str) -> Option<(usize, String)> {
    let (mut length, mut number) = (0, String::new());
    let mut rest = text.chars().take(NUMBER_MAX).peekable();
    while let Some(c) = rest.next() {
        let narrow = narrow(c);
        let has_digit_behind = rest.peek().is_some_and(|next| narrow_digit(*next));
        let joins = length > 0 && matches!(narrow, '.' | '-' | ':' | '_') && has_digit_behind;
        if !narrow.is_ascii_digit() && !joins {
            if c == '％' && length > number.len() {
                (length, number) = (length + c.len_utf8(), number + "%");
            }
            break;
        }
        length += c.len_utf8();
        number.push(narrow);
    }
    (length > number.len()).then_some((length, number))
}

fn narrow_digit(c: char) -> bool {
    narrow(c).is_ascii_digit()
}

/// The half-width form of a full-width character.
fn narrow(c: char) -> char {
    match c {
        '！'..='～' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        _ => c,
    }
}
