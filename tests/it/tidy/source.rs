//! A Rust file as the tidy test sees it: without comments and texts, as words with their lines.
//!
//! 1. [`blank`] replaces comments, strings and characters by blanks, so that nothing in them is mistaken for code.
//! 2. [`words`] cuts the rest into identifiers and single punctuation marks.
//! 3. [`functions`], [`paths`] and [`without_tests`] read what the rules need from the words.

/// An identifier, a number or one punctuation mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text.
    pub text: String,
    /// The line, from 1.
    pub line: usize,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of its `fn`.
    pub line: usize,
    /// From the line of its `fn` to the line of its closing brace.
    pub lines: usize,
}

/// The text with comments, strings and characters replaced by blanks; lines stay where they are.
pub fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// The end of the comment, string or character that begins at `at`; `at` when none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let next = |n: usize| chars.get(at + n).copied().unwrap_or(' ');
    let in_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match (chars[at], next(1)) {
        ('/', '/') => (at..chars.len()).find(|&i| chars[i] == '\n').unwrap_or(chars.len()),
        ('/', '*') => end_of_block_comment(chars, at),
        ('"', _) => end_of_string(chars, at + 1),
        ('b' | 'c', '"') if !in_word => end_of_string(chars, at + 2),
        ('b', '\'') if !in_word => end_of_char(chars, at + 1),
        ('r', '"' | '#') if !in_word => end_of_raw_string(chars, at + 1).unwrap_or(at),
        ('b' | 'c', 'r') if !in_word && matches!(next(2), '"' | '#') => end_of_raw_string(chars, at + 2).unwrap_or(at),
        ('\'', _) => end_of_char(chars, at),
        _ => at,
    }
}

fn end_of_block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start + 2, 1);
    while at < chars.len() && depth > 0 {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

/// `at` stands behind the opening quote.
fn end_of_string(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

/// `at` stands on the first `#` or quote; None for a raw identifier.
fn end_of_raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at..].iter().take_while(|&&c| c == '#').count();
    if chars.get(at + hashes) != Some(&'"') {
        return None;
    }
    let mut end = at + hashes + 1;
    while end < chars.len() {
        let closes = chars[end] == '"' && chars[end + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
        if closes {
            return Some(end + 1 + hashes);
        }
        end += 1;
    }
    Some(chars.len())
}

/// `at` stands on the quote; returns `at` for a lifetime.
fn end_of_char(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => (at + 3..chars.len()).find(|&i| chars[i] == '\'').map_or(chars.len(), |i| i + 1),
        (Some(_), Some('\'')) => at + 3,
        _ => at,
    }
}

/// The words of a blanked text.
pub fn words(blanked: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let (mut line, mut word) = (1, String::new());
    for c in blanked.chars().chain(['\n']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            words.push(Word { text: std::mem::take(&mut word), line });
        }
        match c {
            '\n' => line += 1,
            _ if c.is_whitespace() => {}
            _ => words.push(Word { text: c.to_string(), line }),
        }
    }
    words
}

/// The index of the brace that closes the one at `open`.
fn closing(words: &[Word], open: usize) -> usize {
    let mut depth = 0;
    for (at, word) in words.iter().enumerate().skip(open) {
        match word.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    words.len().saturating_sub(1)
}

/// Every function with a body, nested ones too.
pub fn functions(words: &[Word]) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        let is_name = pair[1].text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if pair[0].text != "fn" || !is_name {
            continue;
        }
        if let Some(open) = body_of(words, at + 2) {
            let end = words[closing(words, open)].line;
            found.push(Function { name: pair[1].text.clone(), line: pair[0].line, lines: end - pair[0].line + 1 });
        }
    }
    found
}

/// The opening brace of the item whose words begin at `from`; None when it ends in a semicolon. A semicolon within
/// brackets (`[u8; 32]`) is part of a type.
fn body_of(words: &[Word], from: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, word) in words.iter().enumerate().skip(from) {
        match word.text.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "{" if depth == 0 => return Some(at),
            ";" if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The words without the items that stand under `#[cfg(test)]`.
pub fn without_tests(words: &[Word]) -> Vec<Word> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < words.len() {
        if !is_text(words, at, &["#", "[", "cfg", "(", "test", ")", "]"]) {
            kept.push(words[at].clone());
            at += 1;
            continue;
        }
        at = match body_of(words, at + 7) {
            Some(open) => closing(words, open) + 1,
            None => (at..words.len()).find(|&i| words[i].text == ";").map_or(words.len(), |i| i + 1),
        };
    }
    kept
}

/// True when the words from `at` on are these.
pub fn is_text(words: &[Word], at: usize, texts: &[&str]) -> bool {
    words.len() >= at + texts.len() && texts.iter().zip(&words[at..]).all(|(text, word)| word.text == *text)
}

/// A path of at least two segments, from its first one: `crate::eval::Row`, `tokio::spawn`, and each member of a group.
#[derive(Debug, PartialEq, Eq)]
pub struct PathUse {
    /// The segments.
    pub segments: Vec<String>,
    /// The line of the last segment.
    pub line: usize,
}

/// Every path in the words, `self` and `super` resolved to `crate` from the module `home`.
pub fn paths(words: &[Word], home: &[String]) -> Vec<PathUse> {
    let mut found = Vec::new();
    let mut inner: Vec<(String, usize)> = Vec::new();
    let mut read_to = 0;
    for at in 0..words.len() {
        inner.retain(|&(_, end)| at < end);
        if is_text(words, at, &["mod"]) && is_text(words, at + 2, &["{"]) {
            inner.push((words[at + 1].text.clone(), closing(words, at + 2)));
        }
        let begins = words[at].text.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let inside = at >= 2 && is_text(words, at - 2, &[":", ":"]);
        let names = is_text(words, at + 1, &[":", ":"]);
        if begins && !inside && names && at >= read_to {
            let mut here: Vec<String> = home.to_vec();
            here.extend(inner.iter().map(|(name, _)| name.clone()));
            let mut raw = Vec::new();
            read_to = tree(words, at, &mut Vec::new(), &mut raw);
            found.extend(raw.into_iter().map(|path| resolved(path, &here)));
        }
    }
    found
}

/// Reads one use tree or path from `at`; returns the index behind it.
fn tree(words: &[Word], mut at: usize, prefix: &mut Vec<String>, found: &mut Vec<PathUse>) -> usize {
    let depth = prefix.len();
    while let Some(word) = words.get(at) {
        if word.text == "{" && at > 1 && is_text(words, at - 2, &[":", ":"]) {
            at = group(words, at, prefix, found);
            break;
        }
        prefix.push(word.text.clone());
        at += 1;
        let goes_on = is_text(words, at, &[":", ":"]) && words.get(at + 2).is_some_and(|w| w.text != "<");
        if !goes_on {
            found.push(PathUse { segments: prefix.clone(), line: word.line });
            break;
        }
        at += 2;
    }
    prefix.truncate(depth);
    at
}

/// Reads the members of a group whose brace stands at `at`.
fn group(words: &[Word], at: usize, prefix: &mut Vec<String>, found: &mut Vec<PathUse>) -> usize {
    let end = closing(words, at);
    let mut member = at + 1;
    while member < end {
        member = tree(words, member, prefix, found);
        while member < end && words[member].text != "," {
            member += 1; // `as name`
        }
        member += 1;
    }
    end + 1
}

/// `self` and `super` replaced by the module they stand for.
fn resolved(path: PathUse, here: &[String]) -> PathUse {
    let relative = path.segments.iter().take_while(|s| matches!(s.as_str(), "self" | "super")).count();
    if relative == 0 {
        return path;
    }
    let up = path.segments.iter().filter(|s| *s == "super").count();
    let mut segments = vec!["crate".to_owned()];
    segments.extend(here.iter().take(here.len().saturating_sub(up)).cloned());
    segments.extend(path.segments.into_iter().skip(relative));
    PathUse { segments, line: path.line }
}

#[test]
fn the_scanner_sees_code_only() {
    let text = "fn a() { let s = \"}\\\"{\"; let r = r#\"}\"# ; let c = '{'; /* } /* } */ */ }\nfn b<'a>(x: [u8; 2]) -> &'a str {\n // }\n}\nfn c();";
    let found = functions(&words(&blank(text)));
    let brief: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.line, f.lines)).collect();
    assert_eq!(brief, [("a", 1, 1), ("b", 2, 3)]);
}

#[test]
fn the_scanner_resolves_paths() {
    let text = "use crate::{time::{Day, Zone as Z}, eval::Row}; use super::cell::Cell; mod tests { use super::super::x::Y; } fn f() { tokio::spawn(a) }\n#[cfg(test)]\nmod tests { use crate::http::A; }";
    let all = words(&blank(text));
    let home = ["eval".to_owned(), "walk".to_owned()];
    let found: Vec<_> = paths(&without_tests(&all), &home).into_iter().map(|p| p.segments.join("::")).collect();
    assert_eq!(
        found,
        ["crate::time::Day", "crate::time::Zone", "crate::eval::Row", "crate::eval::cell::Cell", "crate::eval::x::Y", "tokio::spawn"]
    );
}
