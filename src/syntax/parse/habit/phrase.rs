//! Phrases of the table of habits, and where they stand among the tokens of a piece.
//!
//! 1. A phrase is a row of tokens, some of which stand for any token, a number, a name or a run of tokens ([`Phrase::new`]).
//! 2. It fits where each of its tokens does and the place is among them where the grammar stopped ([`Phrase::around`]).

use super::Said;
use crate::syntax::parse::names::RESERVED;

/// How many tokens a run may have, and how far before the place a phrase with a run may begin.
const RUN_MAX: usize = 24;

/// The tokens of a phrase, and which of them are written otherwise.
pub(super) struct Phrase {
    tokens: Vec<&'static str>,
    pub(super) about: std::ops::Range<usize>,
}

impl Phrase {
    pub(super) fn new(phrase: &'static str) -> Phrase {
        let words: Vec<&str> = phrase.split(' ').collect();
        let marks: Vec<usize> = words.iter().enumerate().filter(|(_, word)| **word == "~").map(|(at, _)| at).collect();
        let about = match marks[..] {
            [] => 0..words.len(),
            [behind] => 0..behind,
            [before, behind, ..] => before..behind - 1,
        };
        Phrase { tokens: words.into_iter().filter(|word| *word != "~").collect(), about }
    }

    /// What stands for each token of the phrase, where that fits around token `at`.
    pub(super) fn around<'t>(&self, said: &[Said<'t>], at: usize, text: &'t str) -> Option<Vec<Said<'t>>> {
        let reach = if self.tokens.contains(&"…") { RUN_MAX } else { self.tokens.len() - 1 };
        (at.saturating_sub(reach)..=at).rev().find_map(|first| {
            let lengths = fit(said.get(first..)?, &self.tokens)?;
            let mut from = first;
            let mut here = Vec::with_capacity(lengths.len());
            for length in lengths.into_iter().rev() {
                let run = said.get(from..from + length)?;
                let span = run.first()?.span.to(run.last()?.span);
                here.push(Said { span, text: text.get(span.range())? });
                from += length;
            }
            (from > at).then_some(here)
        })
    }
}

/// How many tokens each token of a phrase stands for, the last one first.
fn fit(said: &[Said<'_>], meant: &[&str]) -> Option<Vec<usize>> {
    let Some((first, rest)) = meant.split_first() else { return Some(Vec::new()) };
    let try_with = |length: usize| {
        let mut lengths = fit(said.get(length..)?, rest)?;
        lengths.push(length);
        Some(lengths)
    };
    if *first != "…" {
        return is(said.first()?.text, first).then(|| try_with(1)).flatten();
    }
    let (mut depth, mut longest) = (0_usize, None);
    for (at, one) in said.iter().take(RUN_MAX).enumerate() {
        match one.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 0 => return longest,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        let found = if depth == 0 { try_with(at + 1) } else { None };
        // A run at the end of a phrase goes on to the end, any other as far as it must.
        match found {
            Some(lengths) if rest.is_empty() => longest = Some(lengths),
            Some(lengths) => return Some(lengths),
            None => {}
        }
    }
    longest.filter(|_| said.len() <= RUN_MAX)
}

/// Whether a token is what a phrase says.
fn is(text: &str, meant: &str) -> bool {
    let is_number = || text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'.')) && !text.is_empty();
    let is_name = || {
        let begins = text.starts_with(|c: char| c == '_' || c.is_ascii_lowercase());
        begins && text.bytes().all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit()) && !RESERVED.contains(&text)
    };
    // A word that is no name, because of its letters.
    let is_flag = || ["true", "false"].iter().any(|flag| text.eq_ignore_ascii_case(flag));
    let is_value = || text.starts_with(|c: char| c.is_ascii_uppercase() || !c.is_ascii() && c.is_alphabetic()) && !is_flag();
    match meant {
        "_" => true,
        "-#" => text.strip_prefix('-').is_some_and(|month| month.bytes().all(|b| b == b'-' || b.is_ascii_digit())),
        "###" => text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit()),
        "*" | "|" => text == meant,
        _ => meant.split('|').any(|one| match one {
            "@" => is_name(),
            "Aa" => is_value(),
            "#" => is_number(),
            one => text.eq_ignore_ascii_case(one),
        }),
    }
}
