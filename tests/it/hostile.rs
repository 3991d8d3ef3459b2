//! Texts that nobody wrote in good faith: whatever stands in a text, it is answered in time that grows with its length.
//!
//! 1. [`TEXTS`] are pieces that are repeated until the text is as long as is asked for.
//! 2. Each is checked and its mistakes are drawn at one length and at four times that. Work that grows with the square
//!    takes sixteen times as long; the bound lies between the two, so that it holds on a machine with other work as well.
//! 3. The time that a thread was running is counted where the system tells it, not the time that passed.

use std::time::{Duration, Instant};
use steelyard::compile::check;
use steelyard::diagnostic::Lang;
use steelyard::diagnostic::render::render;
use steelyard::syntax::DIAGNOSTICS_MAX;

const HEADER: &str = "ruleset x 1.0.0 {\n  currency USD\n  timezone UTC\n}\n";
const SHORT: usize = 15 << 10;
const TIMES: usize = 4;
/// Between 4 for work that grows with the length and 16 for work that grows with its square.
const RATIO_MAX: u32 = 9;
/// Less than this is not worth comparing.
const NOISE: Duration = Duration::from_millis(30);
const ATTEMPTS: usize = 3;

/// What a text begins with, and what is repeated behind that.
const TEXTS: &[(&str, &str)] = &[
    ("", "{"),
    ("", "}"),
    ("", "{\n"),
    ("", "}\n"),
    ("", "{)"),
    ("", "qq\n"),
    ("", "frobnicate the thing 12345\n"),
    ("", "\"\n"),
    ("", "“\n"),
    ("", "“a”"),
    ("", "｛"),
    ("", "（"),
    ("", "，"),
    ("", "；"),
    ("", "。"),
    ("", "１"),
    ("", "１ "),
    ("", "％"),
    ("", "\u{3000}"),
    ("", "\u{a0}"),
    ("", "a"),
    ("", "店 "),
    ("", "\"\" "),
    ("", "event e {\n"),
    ("", "metric a = \n"),
    ("", "metric\n"),
    ("", "alert a on x {\n"),
    ("metric a = ", "("),
    ("metric a = ", "(["),
    ("metric a = ", "1+"),
    ("metric a = f(", "a,"),
    ("metric a = ", "a else "),
    ("metric a = ", "not "),
    ("alert a on x {\n", "  frob nicate 12\n"),
    ("alert a on x {\n", "  clear when < 1\n"),
    ("event e {\n", "  a dimensoin\n"),
    ("test \"t\" {\n", "  frob nicate 12\n"),
    ("event e {\n  a dimension\n}\ntest \"t\" {\n  given e {\n    a\n", "  x | y\n"),
    ("event e {\n  a dimension\n}\ntest \"t\" {\n  given e {\n    a\n", "|\"\\"),
];

fn text((head, piece): (&str, &str), bytes: usize) -> String {
    format!("{HEADER}{head}{}", piece.repeat(bytes / piece.len()))
}

/// How long this thread has been running.
fn running() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(told.split(' ').next()?.parse().ok()?))
}

/// How long it takes to say what is wrong with a text.
fn cost(text: &str) -> Duration {
    let (began, ran) = (Instant::now(), running());
    let mistakes = check(text).diagnostics;
    let drawn = render(&mistakes, "x.kpi", text, Lang::En, false);
    assert!(mistakes.len() <= DIAGNOSTICS_MAX + 1);
    assert!(!drawn.is_empty());
    match (ran, running()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => began.elapsed(),
    }
}

#[test]
fn the_cost_of_a_text_grows_with_its_length() {
    for &kind in TEXTS {
        let (short, long) = (text(kind, SHORT), text(kind, TIMES * SHORT));
        let attempt = |_| (cost(&short), cost(&long));
        let fits = |(short, long): &(Duration, Duration)| *long <= (*short).max(NOISE) * RATIO_MAX;
        let attempts: Vec<_> =
            (0..ATTEMPTS).map(attempt).scan(false, |done, took| (!std::mem::replace(done, fits(&took))).then_some(took)).collect();
        assert!(attempts.iter().any(fits), "{kind:?}: {attempts:?}");
    }
}

#[test]
fn a_statement_has_a_limit() {
    let codes = |n: usize| -> Vec<&str> {
        let text = format!("{HEADER}metric a = 1{}+ 1\nmetric b = 2 x\n", " ".repeat(n));
        check(&text).diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect()
    };
    assert_eq!(codes(60_000), ["SY0101"]);
    assert_eq!(codes(70_000), ["SY0137", "SY0101"], "what stands behind it is told as well");
}

#[test]
fn an_endless_line_is_not_drawn_but_its_place_is_told() {
    let text = format!("{HEADER}param p = 1 {}{}", " ".repeat(20_000), "店？");
    let drawn = render(&check(&text).diagnostics, "x.kpi", &text, Lang::En, false);
    assert!(drawn.len() < 2_000, "{} bytes", drawn.len());
    assert!(drawn.contains("x.kpi:5:"), "{drawn}");
}
