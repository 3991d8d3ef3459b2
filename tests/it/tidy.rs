//! The walls of the house, read from its source.
//!
//! 1. Every file under `src/` becomes words ([`source`]), every tracked file is read as text.
//! 2. Each rule looks at one file and writes down what it finds, with file and line.
//! 3. The test fails with the whole list.

mod source;

use source::{PathUse, Word, blank, functions, is_text, paths, without_tests, words};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a module may import of ours; `main`, `cli` and `lib` may import everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("time", &[]),
    ("syntax", &["diagnostic"]),
    ("compile", &["syntax", "diagnostic", "time"]),
    ("eval", &["compile::program", "time"]),
    ("foreign", &["diagnostic"]),
    ("store", &["eval", "time", "diagnostic", "foreign", "compile::program"]),
    ("engine", &["compile", "eval", "store", "time", "diagnostic", "foreign"]),
    ("notify", &["store", "time", "diagnostic", "foreign"]),
    ("packages", &["syntax", "diagnostic", "foreign"]),
    ("testing", &["syntax", "compile", "engine", "time", "diagnostic"]),
    ("pushdown", &["compile", "time"]),
    ("http", &["syntax", "compile", "engine", "notify", "testing", "report", "time", "diagnostic", "foreign"]),
    ("report", &["compile::program", "engine", "time", "diagnostic"]),
    ("lsp", &["syntax", "compile", "packages", "diagnostic", "foreign"]),
];

/// Modules that are free to import everything.
const TOP: &[&str] = &["main", "cli", "lib"];

/// Modules of pure computation, and what they never see.
const PURE: &[&str] = &["syntax", "compile", "eval", "time", "diagnostic"];
const IMPURE: &[&str] = &[
    "tokio",
    "axum",
    "hyper",
    "reqwest",
    "tower",
    "redb",
    "serde",
    "serde_json",
    "tracing",
    "clap",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "std::io",
    "getrandom",
];
/// Ways to read the clock.
const CLOCKS: &[&str] = &["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "UtcDateTime::now"];

/// Crates that only these places name.
const RESERVED: &[(&str, &[&str])] = &[
    ("pest", &["src/syntax/parse"]),
    ("pest_derive", &["src/syntax/parse"]),
    ("redb", &["src/store"]),
    ("axum", &["src/http", "src/notify", "src/cli", "src/main.rs"]),
    ("hyper", &["src/http", "src/notify", "src/cli", "src/main.rs"]),
    ("hyper_util", &["src/http", "src/notify", "src/cli", "src/main.rs"]),
    ("tower", &["src/http", "src/notify", "src/cli", "src/main.rs"]),
    ("tower_http", &["src/http", "src/cli", "src/main.rs"]),
    ("reqwest", &["src/http", "src/notify", "src/cli", "src/main.rs"]),
    ("rustls", &["src/http", "src/notify", "src/cli", "src/main.rs"]),
    ("utoipa", &["src/http"]),
    ("utoipa_swagger_ui", &["src/http"]),
    ("lsp_server", &["src/lsp"]),
    ("gen_lsp_types", &["src/lsp"]),
    ("clap", &["src/cli", "src/main.rs"]),
    ("indicatif", &["src/cli", "src/main.rs"]),
    ("calamine", &["src/cli/feed"]),
    ("encoding_rs", &["src/cli/feed"]),
    ("zip", &["src/cli/feed"]),
];

/// Files that may name a binary float, each for a number that nobody is shown: a spreadsheet's own, and the bounds by which a
/// glance sees that an alert stays as it is.
const FLOATS: &[&str] = &["src/report/sheet.rs", "src/eval/glance/near.rs"];

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const LIB_LINES_MAX: usize = 200;

/// One violation: `src/eval/step.rs:12: …`.
type Found = Vec<String>;

/// A Rust file of the repository.
struct Source {
    /// Relative to the root, with `/`.
    path: String,
    /// The first segment of its module path: `eval`, `main`, `lib`.
    module: String,
    /// Its whole module path.
    home: Vec<String>,
    text: String,
    words: Vec<Word>,
    /// The words without what stands under `#[cfg(test)]`.
    shipped: Vec<Word>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of a folder, deep, sorted.
fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return files };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

fn sources(dir: &str) -> Vec<Source> {
    let rust = |path: &PathBuf| path.extension().is_some_and(|e| e == "rs");
    walk(&root().join(dir)).into_iter().filter(rust).map(|path| read(&path)).collect()
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).unwrap();
    let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    let mut home: Vec<String> = relative.trim_end_matches(".rs").split('/').skip(1).map(str::to_owned).collect();
    if home.last().is_some_and(|last| last == "mod") {
        home.pop();
    }
    let words = words(&blank(&text));
    // A file that only tests see lies under a `#[cfg(test)] mod tests;`.
    let test_only = home.iter().any(|part| part == "tests");
    let shipped = if test_only { Vec::new() } else { without_tests(&words) };
    Source { path: relative, module: home.first().cloned().unwrap_or_default(), home, text, words, shipped }
}

/// Every file that git tracks or would track; every file of the folder where there is no git.
fn tracked() -> Vec<String> {
    let git = Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).current_dir(root()).output();
    match git {
        Ok(out) if out.status.success() => String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect(),
        _ => {
            let relative = |path: PathBuf| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
            walk(root()).into_iter().map(relative).filter(|path| !path.starts_with("target/")).collect()
        }
    }
}

fn edges(source: &Source, found: &mut Found) {
    if TOP.contains(&source.module.as_str()) {
        return;
    }
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(module, _)| *module == source.module) else {
        found.push(format!("{}:1: the table of modules does not name `{}`", source.path, source.module));
        return;
    };
    for path in paths(&source.shipped, &source.home) {
        if path.segments.first().is_some_and(|s| s == "crate" || s == "steelyard") && !edge_allowed(source, &path, allowed) {
            found.push(format!("{}:{}: `{}` may not import `{}`", source.path, path.line, source.module, path.segments.join("::")));
        }
    }
}

fn edge_allowed(source: &Source, path: &PathUse, allowed: &[&str]) -> bool {
    let Some(target) = path.segments.get(1) else { return true };
    let below = path.segments.get(2).map_or_else(String::new, |s| format!("{target}::{s}"));
    *target == source.module || allowed.contains(&target.as_str()) || allowed.contains(&below.as_str())
}

fn names(source: &Source, found: &mut Found) {
    let mut say = |line: usize, what: String| found.push(format!("{}:{line}: {what}", source.path));
    for path in paths(&source.shipped, &source.home) {
        let first = path.segments[0].as_str();
        let whole = path.segments.join("::");
        let starts = |name: &&&str| whole == **name || whole.starts_with(&format!("{name}::"));
        if PURE.contains(&source.module.as_str())
            && let Some(name) = IMPURE.iter().find(starts)
        {
            say(path.line, format!("`{}` never sees `{name}`", source.module));
        }
        let clock = CLOCKS.iter().find(|clock| whole == **clock || whole.ends_with(&format!("::{clock}")));
        if PURE.contains(&source.module.as_str())
            && let Some(clock) = clock
        {
            say(path.line, format!("`{}` never reads the clock (`{clock}`)", source.module));
        }
        if let Some((name, places)) = RESERVED.iter().find(|(name, _)| *name == first)
            && !places.iter().any(|place| source.path.starts_with(place))
        {
            say(path.line, format!("only {} may name `{name}`", places.join(", ")));
        }
    }
    for word in &source.words {
        let float = matches!(word.text.as_str(), "f64" | "f32" | "to_f64" | "from_f64" | "as_f64" | "as_secs_f64" | "as_secs_f32");
        if float && !FLOATS.contains(&source.path.as_str()) {
            say(word.line, format!("`{}`: numbers are decimals here", word.text));
        }
    }
}

fn sizes(source: &Source, found: &mut Found) {
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        found.push(format!("{}:{lines}: {lines} lines, the limit of a file is {FILE_LINES_MAX}", source.path));
    }
    if source.path == "src/lib.rs" && lines > LIB_LINES_MAX {
        found.push(format!("{}:{lines}: {lines} lines, the limit of the map is {LIB_LINES_MAX}", source.path));
    }
    for function in functions(&source.words).iter().filter(|f| f.lines > FUNCTION_LINES_MAX) {
        let (name, lines) = (&function.name, function.lines);
        found.push(format!(
            "{}:{}: `{name}` has {lines} lines, the limit of a function is {FUNCTION_LINES_MAX}",
            source.path, function.line
        ));
    }
}

fn habits(source: &Source, found: &mut Found) {
    if !source.text.trim_start().starts_with("//!") {
        found.push(format!("{}:1: no `//!` head", source.path));
    }
    const LEFTOVERS: &[&[&str]] = &[
        &["todo", "!"],
        &["unimplemented", "!"],
        &["dbg", "!"],
        &["#", "[", "ignore"],
        &["allow", "(", "dead_code"],
        &["allow", "(", "unused"],
        &["#", "!", "[", "feature"],
    ];
    for at in 0..source.words.len() {
        if let Some(texts) = LEFTOVERS.iter().find(|texts| is_text(&source.words, at, texts)) {
            found.push(format!("{}:{}: `{}` is not for this house", source.path, source.words[at].line, texts.concat()));
        }
    }
}

/// Third-party and generated files stay out of the repository, and so do paths of the machine it was written on.
fn tracked_files(found: &mut Found) {
    for path in tracked() {
        let folders = ["dist", "node_modules", "target", "vendor", "third_party", "__pycache__"];
        let generated = path.split('/').any(|part| folders.contains(&part))
            || [".min.js", ".min.css", ".map", ".redb", ".pyc", ".wasm", ".so", ".orig", ".rej"].iter().any(|end| path.ends_with(end));
        if generated {
            found.push(format!("{path}:1: generated or third-party files are not kept here"));
        }
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for (index, line) in text.lines().enumerate() {
            if let Some(what) = leak(line) {
                found.push(format!("{path}:{}: names {what}", index + 1));
            }
        }
    }
}

/// What a line gives away of the place where it was written.
fn leak(line: &str) -> Option<String> {
    for place in [concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ro", "ot/")] {
        let alone = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '}' | '*'));
        if line.match_indices(place).any(|(at, _)| alone(at)) {
            return Some(format!("the machine path `{place}`"));
        }
    }
    let lower = line.to_lowercase();
    for word in ["issue ", "issue #", "issues #", "(#", "fixes #", "closes #"] {
        let numbered = |at: usize| lower[at + word.len()..].starts_with(|c: char| c.is_ascii_digit());
        if lower.match_indices(word).any(|(at, _)| numbered(at)) {
            return Some("an issue by its number".to_owned());
        }
    }
    None
}

/// The rows of the table of modules in `src/lib.rs`: a module and what it may import.
fn mapped() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | [`"));
    let cells = rows.map(|row| row.trim_end_matches(" |").split(" | ").collect::<Vec<_>>());
    cells.map(|cells| (cells[0].trim_end_matches("`]").to_owned(), cells[2].to_owned())).collect()
}

fn report(found: &Found) {
    assert!(found.is_empty(), "{} violations:\n{}\n", found.len(), found.join("\n"));
}

#[test]
fn the_walls_hold() {
    let mut found = Found::new();
    for source in sources("src") {
        edges(&source, &mut found);
        names(&source, &mut found);
    }
    report(&found);
}

#[test]
fn the_map_tells_of_every_module_and_its_imports() {
    let mut modules: Vec<String> = sources("src").into_iter().map(|source| source.module).filter(|m| m != "lib" && m != "main").collect();
    modules.dedup();
    let told = mapped();
    let mut named: Vec<&String> = told.iter().map(|(module, _)| module).collect();
    named.sort();
    assert_eq!(named, modules.iter().collect::<Vec<_>>());
    for (module, imports) in &told {
        let allowed = MAY_IMPORT.iter().find(|(name, _)| name == module);
        let expected = allowed.map_or("all".to_owned(), |(_, allowed)| allowed.join(", "));
        assert_eq!(if imports == "nothing of ours" { "" } else { imports }, expected, "{module}");
    }
}

#[test]
fn files_and_functions_stay_small_and_finished() {
    let mut found = Found::new();
    for source in ["src", "tests", "benches", "fuzz"].into_iter().flat_map(sources) {
        sizes(&source, &mut found);
        habits(&source, &mut found);
    }
    report(&found);
}

#[test]
fn the_repository_holds_only_its_own() {
    let mut found = Found::new();
    tracked_files(&mut found);
    report(&found);
}

#[test]
fn the_rules_notice() {
    let text = "use crate::http::A;\nuse redb::Database;\nfn f() -> f64 { dbg!(1); Instant::now() }\n";
    let words = words(&blank(text));
    let source = Source {
        path: "src/eval/x.rs".into(),
        module: "eval".into(),
        home: vec!["eval".into(), "x".into()],
        text: text.into(),
        shipped: words.clone(),
        words,
    };
    let mut found = Found::new();
    edges(&source, &mut found);
    names(&source, &mut found);
    habits(&source, &mut found);
    assert_eq!(found.len(), 7, "{found:#?}");
    assert!(leak(concat!("see /wo", "rk/main")).is_some());
    assert!(leak("https://example.org/tmp.html, #12").is_none());
}
