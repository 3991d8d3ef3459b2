//! Written texts with random damage.
//!
//! 1. [`cut_up`] cuts, repeats and moves pieces of any length: most of what comes out is no ruleset any more.
//! 2. [`little`] changes one word, number or line: much of what comes out still is one, and means something else.

use crate::random::Random;

/// Words that stand where others of their list do.
const ALIKE: &[&[&str]] = &[
    &["day", "week", "month", "quarter", "year"],
    &["days", "weeks", "hours", "months"],
    &["sum", "avg", "min", "max", "median", "first", "last"],
    &["count", "distinct"],
    &["and", "or"],
    &["higher", "lower"],
    &["keep", "clear", "alert"],
    &["info", "warning", "critical"],
    &["reweight", "zero", "withhold"],
    &["add", "deduct"],
    &["true", "false"],
];
const NUMBERS: &[&str] = &["0", "1", "2", "7", "28", "60", "0.5", "9999", "1_000", "79228162514264337593543950335"];

/// A text with one change of any kind and length.
pub fn cut_up(text: &str, other: &str, random: &mut Random) -> String {
    let mut cut = |text: &str, longest: usize| {
        let from = text.floor_char_boundary(random.index(text.len() + 1));
        let to = text.floor_char_boundary((from + random.index(longest)).min(text.len()));
        (from, to.max(from))
    };
    let ((from, to), (start, end), (into, _)) = (cut(text, 60), cut(other, 200), cut(text, 1));
    match random.below(5) {
        0 => text[..from].to_owned() + &text[to..],
        1 => text[..into].to_owned() + &text[from..to] + &text[into..],
        2 => text[..into].to_owned() + &other[start..end] + &text[into..],
        3 => {
            let token =
                *random.pick(&["0", "-", "99999999999999999999", "}", "{", "(", "\"", "，", "not ", "#", "\n", "|", "1%", "per shop"]);
            text[..from].to_owned() + token + &text[from..]
        }
        _ => {
            // Numbers grow, which is where limits are.
            let digit = |c: char| c.is_ascii_digit();
            match text[from..].find(digit) {
                Some(at) => text[..from + at].to_owned() + "9999" + &text[from + at..],
                None => text.to_owned(),
            }
        }
    }
}

/// A text with one word, number or line changed.
pub fn little(text: &str, random: &mut Random) -> String {
    match random.below(6) {
        0 => line_changed(text, random, |line, _| if plain(line) { String::new() } else { line.to_owned() }),
        1 => line_changed(text, random, |line, _| if plain(line) { line.repeat(2) } else { line.to_owned() }),
        2 => line_changed(text, random, |line, _| line.replacen('\n', " # 注\n", 1)),
        3 => line_changed(text, random, |line, random| {
            let (from, to) = [("<=", "<"), (" < ", " > "), (" > ", " >= "), (">=", "<="), (" + ", " - "), (" * ", " / ")][random.index(6)];
            line.replacen(from, to, 1)
        }),
        4 => word_changed(text, random, &|word| word.starts_with(|c: char| c.is_ascii_digit()), NUMBERS),
        _ => {
            let alike = *random.pick(ALIKE);
            word_changed(text, random, &|word| alike.contains(&word), alike)
        }
    }
}

/// Whether a line opens and closes nothing.
fn plain(line: &str) -> bool {
    !line.contains(['{', '}'])
}

/// A text with one of its lines made another.
fn line_changed(text: &str, random: &mut Random, change: impl Fn(&str, &mut Random) -> String) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = random.index(lines.len());
    lines.iter().enumerate().map(|(place, line)| if place == at { change(line, random) } else { (*line).to_owned() }).collect()
}

/// A text with one of the words that fit made one of the others.
fn word_changed(text: &str, random: &mut Random, fits: &dyn Fn(&str) -> bool, others: &[&str]) -> String {
    let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == '.');
    let mut places = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(ends) {
        let bare = word.trim_end_matches(ends);
        if fits(bare) {
            places.push((at, at + bare.len()));
        }
        at += word.len();
    }
    if places.is_empty() {
        return text.to_owned();
    }
    let (from, to) = *random.pick(&places);
    text[..from].to_owned() + random.pick::<&str>(others) + &text[to..]
}
