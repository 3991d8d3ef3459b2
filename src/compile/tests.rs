//! Whole texts. What is reported of a text stands on the pages of `tests/spec/`.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;

const HEADER: &str = "ruleset page 1.0.0 {\n  currency USD\n  timezone UTC\n}\n";

/// The deepest formulas that the parser lets through, on the small stack of a test.
#[test]
fn deep_formulas_end_cleanly() {
    let nested = |open: &str, inner: &str, close: &str, n: usize| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    let event = "event sale {\n  amount money\n}\n";
    for formula in [
        nested("-(", "sum(sale.amount)", ")", 60),
        nested("abs(", "sum(sale.amount)", ")", 120),
        "sum(sale.amount) + ".repeat(120) + "0 USD",
    ] {
        let compiled = check(&format!("{HEADER}{event}metric net = {formula}\n"));
        assert!(compiled.program.is_some(), "{:?}", compiled.diagnostics);
    }
    let endless = check(&format!("{HEADER}{event}metric net = {}\n", nested("(", "1", ")", 10_000)));
    assert!(endless.program.is_none());
}

#[test]
fn a_small_ruleset_compiles() {
    let text = format!(
        "{HEADER}event sale {{\n  shop dimension\n  amount money\n}}\nmetric net = sum(sale.amount)\nmetric basket = net / count(sale)\nalert low on net over 7 days per shop {{\n  warning when < 10 USD for 1 day\n}}\n"
    );
    let compiled = check(&text);
    assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
    let program = compiled.program.unwrap();
    assert_eq!(program.groupings, [vec![], vec![0]]);
    assert_eq!(program.leaves.len(), 2);
    assert_eq!(program.metrics[1].unit, program::Unit::Money("USD".into()));
    assert_eq!(program.alerts[0].levels[0].limit, Some(10.into()));
}

/// Applies the fixes of every diagnostic, the last place first.
fn mended(text: &str) -> String {
    let mut fixes: Vec<_> = check(text).diagnostics.into_iter().flat_map(|diagnostic| diagnostic.fixes).collect();
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.span.start));
    fixes.into_iter().fold(text.to_owned(), |mut text, fix| {
        text.replace_range(fix.span.range(), &fix.replacement);
        text
    })
}

#[test]
fn fixes_mend() {
    let declared = "event sale {\n  shop dimension\n  amount money\n  paid flag\n  on_hand level count\n}\nmetric net = sum(sale.amount)\nmetric share = count(sale where paid) / count(sale)\n";
    for (wrong, right) in [
        ("nett * 2", "net * 2"),
        ("net + 19%", "net + net * 19%"),
        ("1 - share", "100% - share"),
        ("share - 0.04", "share - 4%"),
        ("sum(amount) * 2", "sum(sale.amount) * 2"),
        ("sum(sale.on_hand)", "last(sale.on_hand)"),
        ("count(sale.paid) * 3", "count(sale where sale.paid) * 3"),
        ("count(sale where time > 2026-03-01)", "count(sale where time > 2026-03-01 00:00)"),
        ("sale * 3", "count(sale) * 3"),
        ("summ(sale.amount)", "sum(sale.amount)"),
        ("roundd(net, 2)", "round(net, 2)"),
    ] {
        let text = |formula: &str| format!("{HEADER}{declared}metric tried = {formula}\n");
        assert_eq!(mended(&text(wrong)), text(right));
        assert!(check(&text(right)).program.is_some(), "{right}");
    }
}

/// What the name at the `‸` of a text means, and every place that goes with it, as `line:column`.
fn together(marked: &str) -> (Vec<String>, Vec<String>) {
    let text = format!("{HEADER}{marked}");
    let at = text.find('‸').unwrap();
    let text = text.replacen('‸', "", 1);
    let references = check(&text).references;
    let (_, symbols) = references.at(at).unwrap();
    let named = |symbol: &usize| {
        let symbol = &references.symbols()[*symbol];
        format!("{:?} {}.{}", symbol.kind, symbol.owner, symbol.name)
    };
    let place = |place: references::Place| {
        let (line, column) = crate::diagnostic::render::line_column(&text, place.span.range().start);
        format!("{}:{column}", line - 4)
    };
    (symbols.iter().map(named).collect(), references.together(&symbols).into_iter().map(place).collect())
}

#[test]
fn names_mean_what_the_compiler_took_them_for() {
    let events = "event a {\n  n number\n  d date\n}\nevent b {\n  d date\n  n number\n}\n";
    // A word that names a field of two events ties them together.
    let clock = together(&format!("{events}metric m = sum(a.n) + sum(b.n) clock ‸d\n"));
    assert_eq!(clock.0, ["Field a.d", "Field b.d"]);
    assert_eq!(clock.1, ["3:3", "6:3", "9:38", "9:38"]);
    // Inside of an aggregate a field stands before a param of its name.
    let field = together(&format!("param n = 1\n{events}metric m = sum(a.n where n‸ > 0) + n\n"));
    assert_eq!(field, (vec!["Field a.n".into()], vec!["3:3".into(), "10:18".into(), "10:26".into()]));
    // What is wrong elsewhere hides no name.
    let broken = together(&format!("{events}metric x = y / \nmetric m = sum(‸a.n) + nothing\nalert w on m {{\n  warning when\n}}\n"));
    assert_eq!(broken.0, ["Event .a"]);
    assert_eq!(broken.1, ["1:7", "10:16"]);
}
