//! What editors are given: the TextMate grammar of `editors/vscode`, and the language server as foreign clients see it.
//!
//! 1. Every word of the pest grammar is a word of the TextMate grammar, and no other, so that neither goes stale.
//! 2. VS Code's own engine colours the repository's rulesets; comments, texts, numbers and declarations must be where
//!    our own tokens are.

use crate::webhooks::foreign;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use steelyard::syntax::outline::DECLARATIONS;
use steelyard::syntax::tokens::{Kind, tokens};

const GRAMMAR: &str = "editors/vscode/syntaxes/steelyard.tmLanguage.json";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn is_word(word: &str) -> bool {
    word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The words that a TextMate grammar lists as `(a|b|c)`.
fn listed(grammar: &serde_json::Value, found: &mut BTreeSet<String>) {
    match grammar {
        serde_json::Value::Object(map) => {
            for key in ["match", "begin"] {
                let pattern = map.get(key).and_then(|pattern| pattern.as_str()).unwrap_or_default();
                let groups = pattern.split('(').skip(1).filter_map(|rest| rest.split_once(')')).map(|(group, _)| group);
                found.extend(groups.flat_map(|group| group.split('|')).filter(|word| is_word(word)).map(str::to_owned));
            }
            map.values().for_each(|value| listed(value, found));
        }
        serde_json::Value::Array(list) => list.iter().for_each(|value| listed(value, found)),
        _ => {}
    }
}

#[test]
fn the_textmate_grammar_has_the_words_of_the_language() {
    let pest = text("grammar/steelyard.pest");
    let lines = pest.lines().map(|line| line.split("//").next().unwrap());
    let mut wanted: BTreeSet<String> =
        lines.flat_map(|line| line.split('"').skip(1).step_by(2)).filter(|word| is_word(word)).map(str::to_owned).collect();
    let beside = [
        "now",
        "abs",
        "round",
        "least",
        "greatest",
        "number",
        "percent",
        "ceil",
        "floor",
        "expected",
        "forecast",
        "pace",
        "remaining",
        "replan",
        "growth",
    ];
    wanted.extend(DECLARATIONS.iter().chain(&beside).map(|&word| word.to_owned()));
    let mut found = BTreeSet::new();
    listed(&serde_json::from_str(&text(GRAMMAR)).unwrap(), &mut found);
    assert_eq!(found, wanted);
}

#[test]
fn vs_code_colours_rulesets_as_they_are_read() {
    let modules = root().join(".tools/node/node_modules");
    assert!(modules.exists(), "{} is missing: run `make tools` once, it installs VS Code's engine there", modules.display());
    let files: Vec<PathBuf> = rulesets();
    let mut node = Command::new("node");
    let node = node.arg(root().join("tests/foreign/textmate.cjs")).arg(modules).arg(root().join(GRAMMAR)).args(&files);
    let out = node.output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let coloured: Vec<Vec<Vec<(usize, usize, String)>>> = serde_json::from_slice(&out.stdout).unwrap();
    for (file, lines) in files.iter().zip(&coloured) {
        compare(file, &std::fs::read_to_string(file).unwrap(), lines);
    }
}

/// A snippet as it stands when it was inserted and nothing was typed: the first of each choice, every default.
fn expanded(body: &str) -> String {
    let (mut text, mut rest, mut defaults) = (String::new(), body, Vec::new());
    while let Some((before, after)) = rest.split_once('$') {
        text += before;
        let digits = after.trim_start_matches('{').find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let (written, end) = match after.strip_prefix('{') {
            Some(inside) => {
                let (stop, end) = inside.split_once('}').unwrap();
                let default = stop[digits..].strip_prefix(':').or_else(|| stop[digits..].strip_prefix('|')?.split([',', '|']).next());
                (default.unwrap(), end)
            }
            None => {
                let default = defaults.iter().find(|(known, _)| *known == &after[..digits]);
                (default.map_or("", |(_, written)| *written), &after[digits..])
            }
        };
        if let Some(inside) = after.strip_prefix('{') {
            defaults.push((&inside[..digits], written));
        }
        text += written;
        rest = end;
    }
    text + rest
}

#[test]
fn snippets_are_rulesets() {
    let snippets: serde_json::Value = serde_json::from_str(&text("editors/vscode/snippets.json")).unwrap();
    for (name, snippet) in snippets.as_object().unwrap() {
        let lines = snippet["body"].as_array().unwrap().iter().map(|line| line.as_str().unwrap());
        let body = lines.collect::<Vec<_>>().join("\n");
        let written = expanded(&body);
        let found = steelyard::syntax::parse::parse(&written).diagnostics;
        // A snippet is a part of a file, which has its header already.
        let mistakes = found.iter().filter(|found| found.code.id != "SY0117").collect::<Vec<_>>();
        assert!(mistakes.is_empty(), "{name}:\n{written}\n{mistakes:?}");
    }
}

fn rulesets() -> Vec<PathBuf> {
    let folders = ["rulesets", "examples/online_retail", "examples/demo", "tests/it/two_mistakes", "tests/it/histories"];
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(root().join(folder)).unwrap());
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "kpi")).collect();
    files.sort();
    assert!(files.len() > 5, "{files:?}");
    files
}

fn compare(file: &Path, text: &str, lines: &[Vec<(usize, usize, String)>]) {
    let tokens = tokens(text).tokens;
    for (index, token) in tokens.iter().enumerate() {
        let before = &text[..token.start];
        let line = before.matches('\n').count();
        let unit = before.rsplit('\n').next().unwrap().encode_utf16().count();
        let scope = lines[line].iter().find(|(start, end, _)| (*start..*end).contains(&unit)).map_or("", |(_, _, scope)| scope.as_str());
        let written = &text[token.start..token.end];
        let first = index == 0 || tokens[index - 1].kind == Kind::Newline;
        let wanted = match token.kind {
            Kind::Comment => "comment.line",
            Kind::Text => "string.quoted",
            Kind::Number => "constant.",
            Kind::Bare => "string.unquoted",
            Kind::Word if first && before.ends_with(['\n']) && DECLARATIONS.contains(&written) => "keyword.declaration",
            _ => continue,
        };
        assert!(scope.contains(wanted), "{}:{}: `{written}` is {scope:?}, not {wanted}", file.display(), line + 1);
    }
}

#[test]
fn a_foreign_client_understands_the_language_server() {
    let ruleset = root().join("rulesets/shipping.kpi").to_string_lossy().into_owned();
    assert_eq!(foreign("lsp_client.py", &[env!("CARGO_BIN_EXE_steelyard").to_owned(), ruleset]).unwrap(), "spoken");
}
