//! Advice about habits of other languages, followed to the letter: what comes of it is a ruleset without mistakes.
//!
//! 1. `followed.txt` has pieces as they are written elsewhere, each behind a blank line, and behind `=> ` what the advice makes of it.
//! 2. Each is told with the declarations of `base.kpi` before it. A fix is made; of an advice in words the first form stands in place of
//!    what was told, or is left out ([`follow`]).

use std::path::Path;

use steelyard::compile::check;
use steelyard::diagnostic::{Diagnostic, Lang};

/// How many advices one piece may need.
const STEPS_MAX: usize = 5;

#[test]
fn advice_that_is_followed_compiles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/habits");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (base, pieces) = (read("base.kpi"), read("followed.txt"));
    let mut wrong = Vec::new();
    let mut n_pieces = 0;
    for piece in pieces.trim().split("\n\n") {
        let (habit, wanted) = piece.split_once("\n=> ").unwrap();
        n_pieces += 1;
        for lang in [Lang::En, Lang::Zh] {
            let mut text = format!("{base}\n{habit}\n");
            let mut told = Vec::new();
            for _ in 0..STEPS_MAX {
                let Some(first) = first_error(&text) else { break };
                told.push(first.message(lang));
                let Some(followed) = follow(&text, &first, lang) else { break };
                text = followed;
            }
            let got = text[base.len()..].trim();
            let same = got.split_whitespace().eq(wanted.split_whitespace());
            let left = first_error(&text).map(|error| error.message(lang));
            if told.is_empty() || !same || left.is_some() {
                wrong.push(format!("{habit}\n  wanted {wanted}\n  got    {got}\n  told   {told:?}\n  left   {left:?}"));
            }
        }
    }
    assert!(n_pieces > 40, "{n_pieces} pieces were read");
    assert!(wrong.is_empty(), "{} of {n_pieces} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn first_error(text: &str) -> Option<Diagnostic> {
    check(text).diagnostics.into_iter().find(Diagnostic::is_error)
}

/// The text after the advice.
fn follow(text: &str, told: &Diagnostic, lang: Lang) -> Option<String> {
    let mut followed = text.to_owned();
    if !told.fixes.is_empty() {
        for fix in told.fixes.iter().rev() {
            followed.replace_range(fix.span.range(), &fix.replacement);
        }
        return Some(followed);
    }
    let range = told.span?.range();
    let help = told.help(lang);
    let (before, rest) = help.split_once('`')?;
    let form = rest.split_once('`')?.0;
    if before.ends_with("Leave ") || before.ends_with("请去掉 ") {
        let at = range.start + text.get(range.start..)?.find(form)?;
        followed.replace_range(at..at + form.len(), "");
    } else {
        followed.replace_range(range, form);
    }
    Some(followed)
}
