//! Lines of targets, and periods, as they are written elsewhere.
//!
//! 1. A period is known in many forms: `2026/1`, `2026Q1`, `January 2026`, `2026年1月` ([`period`]).
//! 2. Where the grammar stopped behind `in` of an expectation or `at` of a test, such a period or day is what was meant.
//! 3. Of the line of a target the values before its period are those of its scope, a mark behind it means nothing
//!    ([`Builder::target_habit`]).

use super::{Said, Stop, advised};
use crate::diagnostic::{Diagnostic, Span, Words};
use crate::syntax::parse::Builder;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// What stands between period and amount elsewhere.
const BETWEEN: &[&str] = &["=", ":", "|", "->", ",", "is"];

impl Builder<'_> {
    /// The line of a target or a period that the grammar did not take.
    pub(super) fn line_habit(&self, said: &[Said<'_>], stop: &Stop<'_>) -> Option<Diagnostic> {
        let first = said.first()?.span.to(said.last()?.span);
        if let Some(target) = self.target_habit(self.outline.span(stop.range)) {
            return Some(target);
        }
        let piece = self.text.get(first.range())?;
        let word = if piece.starts_with("expect ") { "in" } else { "at" };
        let is_test = word == "in" || piece.starts_with("at ");
        let at = said.iter().position(|one| is_test && one.text == word).and_then(|at| said.get(at + 1))?.span.range().start;
        // `2026-03-01T09:00:00Z`
        if let Some((day, clock)) = self.text.get(at..first.range().end)?.split_once('T').filter(|_| word == "at") {
            let form = format!("{} {}", period(day)?.0, clock.trim_end_matches(['Z', ' ']));
            return Some(self.side_by_side(Span::new(at, first.range().end), form));
        }
        let (wanted, length) = period(self.text.get(at..first.range().end)?)?;
        let span = Span::new(at, at + length);
        (self.text.get(span.range())? != wanted).then(|| self.side_by_side(span, wanted))
    }

    /// What stands before the amount of a line of a target, when it is written otherwise here.
    pub(in crate::syntax::parse) fn target_habit(&self, line: Span) -> Option<Diagnostic> {
        let dimensions = self.target_dimensions(line)?;
        let text = self.text.get(line.range())?;
        let inside = |at: &usize| line.range().contains(at);
        let starts = self.outline.tokens.iter().map(|token| token.start).filter(inside).map(|start| start - line.range().start);
        let mut begins = starts.filter_map(|at| Some((at, period(text.get(at..)?)?)));
        let Some((at, (period, length))) = begins.next() else { return self.without_period(line, &dimensions) };
        let (before, behind) = (text.get(..at)?.trim_end(), text.get(at + length..)?);
        let mut amount = behind.trim_start();
        if let Some(rest) = BETWEEN.iter().find_map(|mark| amount.strip_prefix(mark)) {
            amount = rest.trim_start();
        }
        let scoped = amount.strip_prefix('[').and_then(|rest| rest.split_once(']')).filter(|_| before.is_empty());
        if let Some((_, rest)) = scoped {
            amount = rest.trim_start();
        }
        if amount.is_empty() || amount.starts_with('[') {
            return None;
        }
        let form = match before {
            "" if scoped.is_some() => format!("[{}] {period}", scoped?.0),
            "" => period,
            scope if scope.starts_with('[') && scope.ends_with(']') => format!("{scope} {period}"),
            values => format!("{} {period}", scope(values, &dimensions)?),
        };
        let found = text.strip_suffix(amount)?.trim_end();
        let written = found.split_whitespace().eq(form.split_whitespace());
        (!written).then(|| self.side_by_side(Span::new(line.range().start, line.range().start + found.len()), form))
    }

    /// `us = 100 USD`
    fn without_period(&self, line: Span, dimensions: &[&str]) -> Option<Diagnostic> {
        let (values, amount) = BETWEEN.iter().find_map(|mark| self.text.get(line.range())?.split_once(mark))?;
        let scope = scope(values.trim(), dimensions).filter(|_| amount.trim_start().starts_with(|c: char| c.is_ascii_digit()))?;
        let form = format!("{scope} 2026 {}", amount.trim());
        let advice = Words::new(format!("A line names its period too, as in `{form}`."), format!("每行还要写明周期，如 `{form}`。"));
        Some(advised(self.text, line, advice, None))
    }

    fn side_by_side(&self, span: Span, form: String) -> Diagnostic {
        let advice = Words::new(format!("Write `{form}`."), format!("请写 `{form}`。"));
        advised(self.text, span, advice, Some(form))
    }

    /// The dimensions of the target that a line is of; None for the line of something else, or one that begins with a word of ours.
    fn target_dimensions(&self, line: Span) -> Option<Vec<&str>> {
        let holds = |index: usize| self.outline.token(index).is_some_and(|token| token.start < line.range().end);
        let declaration = self.outline.declarations.iter().rev().find(|one| holds(one.head.start))?;
        let block = declaration.block.as_ref().filter(|block| holds(block.open))?;
        let begins = self.text.get(line.range())?.split_whitespace().next()?;
        let ours = matches!(begins, "title" | "step" | "split" | "divide");
        let is_target = self.word(&declaration.head) == "target" && holds(block.open) && !ours;
        let words = declaration.head.clone().map(|at| self.word(&(at..at + 1)));
        is_target.then(|| words.skip_while(|word| *word != "per").skip(1).filter(|word| !matches!(*word, "," | "\n")).collect())
    }
}

/// `us`, `shop us`, `shop = us` as a scope.
fn scope(values: &str, dimensions: &[&str]) -> Option<String> {
    let is_mark = |c: char| c.is_whitespace() || matches!(c, '|' | ',' | ':' | '=');
    let values = values.trim_end_matches(is_mark);
    if let [dimension] = dimensions {
        let named = values.strip_prefix(dimension).filter(|rest| rest.starts_with(is_mark));
        let value = named.unwrap_or(values).trim_start_matches(is_mark);
        return (!value.is_empty() && !value.contains([']', '['])).then(|| format!("[{dimension}: {value}]"));
    }
    let parts: Vec<&str> = values.split(is_mark).filter(|part| !part.is_empty() && !dimensions.contains(part)).collect();
    let pairs: Vec<String> = dimensions.iter().zip(&parts).map(|(dimension, value)| format!("{dimension}: {value}")).collect();
    (parts.len() == dimensions.len() && !parts.is_empty()).then(|| format!("[{}]", pairs.join(", ")))
}

/// The period that a text begins with, as it is written here, and how long it is there.
fn period(text: &str) -> Option<(String, usize)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let done = |period: String, rest: &str| ends(rest).then(|| (period, text.len() - rest.len()));
    let text_lower = text.to_ascii_lowercase();
    // `January 2026`, `Q1 2026`, `FY2026`
    let first: &str = text_lower.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    if first.starts_with(|c: char| c.is_ascii_alphabetic()) {
        let rest = text.get(first.len()..)?.trim_start_matches([' ', '-', '/', '\'']);
        let (part, rest) = match first.strip_prefix("fy").filter(|year| year.len() == 4) {
            Some(year) => return done(year.to_owned(), text.get(first.len()..)?).filter(|_| digits(year) == 4),
            None => (month(first).or_else(|| quarter(first))?, rest),
        };
        return (digits(rest) == 4).then(|| done(format!("{}-{part}", &rest[..4]), &rest[4..])).flatten();
    }
    let (year, rest) = match digits(text) {
        4 => text.split_at(4),
        6 => return date(&text[..4], &text[4..6], "").and_then(|period| done(period, &text[6..])),
        8 => return date(&text[..4], &text[4..6], &text[6..8]).and_then(|period| done(period, &text[8..])),
        _ => return None,
    };
    let (chinese, after) = rest.strip_prefix('年').map_or((false, rest), |after| (true, after));
    // `2026 Jan`, `2026Q1`, `2026年第1季度`
    let after_blanks = after.trim_start_matches([' ', '-', '/', '第']);
    let word_length = after_blanks.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after_blanks.len());
    let (word, behind) = after_blanks.split_at(word_length);
    let lower = word.to_ascii_lowercase();
    let named = month(&lower).or_else(|| quarter(&lower)).or_else(|| week(&lower));
    let by_word = named.filter(|_| lower.starts_with(|c: char| c.is_ascii_alphabetic()));
    if let Some(part) = by_word {
        return done(format!("{year}-{part}"), behind);
    }
    if let Some(behind) = behind.strip_prefix("季度") {
        return quarter(&format!("q{word}")).and_then(|part| done(format!("{year}-{part}"), behind));
    }
    // `2026-1`, `2026/01/05`, `2026年1月5日`
    let Some(rest) = (if chinese { Some(after) } else { rest.strip_prefix(['-', '/', '.']) }) else { return done(year.to_owned(), rest) };
    let (month, rest) = rest.split_at(digits(rest).min(2));
    if month.is_empty() {
        return chinese.then(|| done(year.to_owned(), rest)).flatten();
    }
    let rest = rest.strip_prefix('月').unwrap_or(rest);
    let day = rest.strip_prefix(['-', '/', '.']).unwrap_or(if chinese { rest } else { "" });
    match digits(day) {
        n @ 1..=2 => {
            let (day, rest) = day.split_at(n);
            date(year, month, day).and_then(|period| done(period, rest.strip_prefix('日').unwrap_or(rest)))
        }
        _ => date(year, month, "").and_then(|period| done(period, rest)),
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<String> {
    let within = |text: &str, most: u8| text.parse::<u8>().is_ok_and(|number| (1..=most).contains(&number));
    if !within(month, 12) || !(day.is_empty() || within(day, 31)) || !year.starts_with(['1', '2']) {
        return None;
    }
    Some(if day.is_empty() { format!("{year}-{month:0>2}") } else { format!("{year}-{month:0>2}-{day:0>2}") })
}

/// `january`, `jan`, `m1`
fn month(word: &str) -> Option<String> {
    let named = MONTHS.iter().position(|month| word.starts_with(month) && (word.len() == 3 || is_month(word)));
    let number = named.map(|at| at + 1).or_else(|| word.strip_prefix('m')?.parse().ok().filter(|number| (1..=12).contains(number)))?;
    Some(format!("{number:02}"))
}

fn is_month(word: &str) -> bool {
    let names = "january february march april june july august sept september october november december";
    names.split(' ').any(|name| name == word)
}

/// `q1`
fn quarter(word: &str) -> Option<String> {
    let number: u8 = word.strip_prefix('q')?.parse().ok()?;
    (1..=4).contains(&number).then(|| format!("Q{number}"))
}

/// `w5`
fn week(word: &str) -> Option<String> {
    let number: u8 = word.strip_prefix('w')?.parse().ok()?;
    (1..=53).contains(&number).then(|| format!("W{number:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_known_in_many_forms() {
        let known = [
            ("2026", "2026"),
            ("2026 100 USD", "2026"),
            ("2026-03 100", "2026-03"),
            ("2026/1: 5", "2026-01"),
            ("2026.01.05", "2026-01-05"),
            ("202601", "2026-01"),
            ("20260105", "2026-01-05"),
            ("2026Q1", "2026-Q1"),
            ("2026 q4", "2026-Q4"),
            ("2026-W05", "2026-W05"),
            ("2026-w5", "2026-W05"),
            ("Q1 2026", "2026-Q1"),
            ("January 2026", "2026-01"),
            ("2026 Sept", "2026-09"),
            ("FY2026", "2026"),
            ("2026年", "2026"),
            ("2026年3月", "2026-03"),
            ("2026年3月5日", "2026-03-05"),
            ("2026年第2季度", "2026-Q2"),
        ];
        for (text, wanted) in known {
            assert_eq!(period(text).map(|found| found.0).as_deref(), Some(wanted), "{text}");
        }
        for text in ["us", "100 USD", "2026x", "2026-13", "may", "1000000"] {
            assert_eq!(period(text), None, "{text}");
        }
    }
}
