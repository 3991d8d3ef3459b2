//! Where a blank stands between two tokens of a line.

use crate::syntax::outline::Outline;
use crate::syntax::tokens::Kind;

/// Words before which and after which a formula may begin; what follows them is no argument list.
const WORDS: &[&str] = &[
    "and", "or", "not", "else", "is", "in", "over", "where", "for", "when", "then", "each", "weight", "below", "above", "add", "deduct",
    "most", "cap", "on", "score", "expect",
];

/// Whether a blank stands between the tokens `left` and `right` of the piece that begins at `start`.
pub(super) fn between(outline: &Outline, text: &str, start: usize, left: usize, right: usize) -> bool {
    let word = |index: usize| outline.token(index).map_or("", |token| &text[token.start..token.end]);
    let kind = |index: usize| outline.token(index).map(|token| token.kind);
    let (before, after) = (word(left), word(right));
    if word(start) == "timezone" {
        let in_zone = matches!(before, "/" | "+" | "-") || matches!(after, "/" | "+" | "-");
        if word(start + 1) != "by" || in_zone {
            return left == start;
        }
    }
    // A dimension value that begins with digits, `divide channel { 3c 38 }`, is one word.
    let touch = outline.token(left).zip(outline.token(right)).is_some_and(|(left, right)| left.end == right.start);
    if touch && matches!(word(start), "divide" | "timezone") && kind(left) == Some(Kind::Number) && kind(right) == Some(Kind::Word) {
        return false;
    }
    match (before, after) {
        // `4-4-5`
        ("-", _) | (_, "-") if word(start) == "fiscal" => false,
        ("(" | "[", _) | (_, ")" | "]" | "," | ":" | "%") | (".", _) | (_, ".") => false,
        ("{", "}") => false,
        // A scope stands apart, `expect odr [shop: us]`; a lookup does not, `unit_cost[sku]`.
        (_, "[") => kind(left) != Some(Kind::Word) || WORDS.contains(&before) || word(right + 2) == ":",
        // `payout (a + b) * 2% { A 1 }`
        ("payout", "(") if left == start => true,
        (_, "(") => kind(left) != Some(Kind::Word) || WORDS.contains(&before),
        ("-", _) => is_operand(outline, text, start, left),
        _ => true,
    }
}

/// Whether the minus at `minus` stands behind an operand, so that it subtracts.
fn is_operand(outline: &Outline, text: &str, start: usize, minus: usize) -> bool {
    let before = (start..minus).rev().find_map(|index| outline.token(index).filter(|token| token.is_solid()));
    let Some(before) = before else { return false };
    let word = &text[before.start..before.end];
    match before.kind {
        Kind::Number | Kind::Text | Kind::Close => true,
        // Grades begin with a capital, names do not: `payout { D -1 }`. A currency ends an amount: `5 USD - 1 USD`.
        Kind::Word => !WORDS.contains(&word) && (word.len() == 3 || !word.starts_with(|c: char| c.is_ascii_uppercase())),
        _ => word == "%",
    }
}
