//! Whole texts through one door: the pages `tests/spec/*.md`, whose `kpi` fences are followed by what they report.
#![allow(clippy::unwrap_used, clippy::expect_used)]
use super::*;
use crate::diagnostic::Lang;
use crate::diagnostic::codes;
use std::collections::BTreeSet;

const HEADER: &str = "ruleset page 1.0.0 {\n  currency USD\n  timezone UTC\n}\n";

/// The diagnostics of a fence, one a line: `line:column CODE message`.
fn report(fence: &str) -> String {
    let offset = if fence.contains("ruleset ") { 0 } else { HEADER.len() };
    let text = format!("{}{fence}", &HEADER[..offset]);
    let compiled = check(&text);
    assert_eq!(compiled.program.is_none(), compiled.diagnostics.iter().any(Diagnostic::is_error), "{fence}");
    let line = |diagnostic: &Diagnostic| {
        let start = diagnostic.span.unwrap().start as usize;
        let before = &text[offset.min(start)..start];
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        format!("{}:{column} {} {}\n", before.matches('\n').count() + 1, diagnostic.code.id, diagnostic.message(Lang::En))
    };
    compiled.diagnostics.iter().map(line).collect()
}

/// Runs a page and returns it with the diagnostics as they are.
fn run(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some(at) = rest.find("```kpi\n") {
        let (before, fence) = rest.split_at(at + "```kpi\n".len());
        let (text, after) = fence.split_once("```\n").expect("an open fence");
        out.push_str(before);
        out.push_str(text);
        out.push_str("```\n");
        rest = match after.trim_start().strip_prefix("```diagnostics\n") {
            Some(expected) => expected.split_once("```\n").expect("an open fence").1,
            None => after,
        };
        let report = report(text);
        if !report.is_empty() {
            out.push_str(&format!("\n```diagnostics\n{report}```\n"));
        }
    }
    out + rest
}

fn pages() -> Vec<(std::path::PathBuf, String)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn pages_report_what_they_say() {
    for (path, page) in pages() {
        let actual = run(&page);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &actual).unwrap();
        } else {
            assert_eq!(actual, page, "{}: UPDATE_EXPECT=1 rewrites", path.display());
        }
    }
}

#[test]
fn every_code_is_raised_by_a_page() {
    let pages: String = pages().into_iter().map(|(_, page)| page).collect();
    let missing: BTreeSet<&str> =
        codes::compile::ALL.iter().chain(codes::lint::ALL).map(|code| code.id).filter(|id| !pages.contains(&format!(" {id} "))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

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
