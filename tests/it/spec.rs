//! The language reference, executed: every page of `tests/spec/` is prose with fences.
//!
//! 1. A ```` ```kpi ```` fence is a sample: a ruleset, or declarations that get a header from here.
//!    ```` ```kpi file ```` is taken as it is.
//! 2. The fences behind it, up to the next sample, say what comes of it, each made by one function of [`KINDS`]. A
//!    sample without a `diagnostics` fence must have none; its `test` blocks must pass, unless a `failures` fence says
//!    what fails.
//! 3. A ```` ```kpi package NAME ```` fence behind a sample is a package that it uses: the file `packages/NAME.kpi` beside it.
//! 4. A ```` ```steelyard … ```` fence behind a sample is the command itself, run in a folder with the sample as
//!    `sample.kpi`, with what it prints. A ```` ```file … ```` fence is a file that the commands behind the sample find. The
//!    commands of a sample run one after the other, each on the sample as the page shows it; a package between two of them is
//!    written between them.
//! 5. What differs is listed with page and line; `UPDATE_EXPECT=1` rewrites the pages instead.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use steelyard::compile::check;
use steelyard::diagnostic::codes;
use steelyard::diagnostic::render::{Lines, render};
use steelyard::diagnostic::{Diagnostic, Lang, Span};
use steelyard::packages::Search;
use steelyard::syntax::format::format;
use steelyard::syntax::parse::parse;

/// What declarations without a `ruleset` get.
const HEADER: &str = "ruleset spec 1.0.0 {\n  currency USD\n  timezone UTC\n}\n";

/// Makes the text of a fence.
type Make = fn(&Sample) -> String;

/// The kinds of fences behind a sample, and what makes their text.
const KINDS: &[(&str, Make)] = &[
    ("diagnostics", |sample| diagnostics(sample, Lang::En)),
    ("diagnostics zh", |sample| diagnostics(sample, Lang::Zh)),
    ("rendered", |sample| rendered(sample, Lang::En)),
    ("rendered zh", |sample| rendered(sample, Lang::Zh)),
    ("formatted", formatted),
    ("failures", failures),
];

/// A command line behind a sample.
fn is_command(fence: &Fence) -> bool {
    fence.info.starts_with("steelyard ")
}

/// The name of a file that the commands behind a sample find.
fn file_name(fence: &Fence) -> Option<&str> {
    fence.info.strip_prefix("file ")
}

/// The words of a command line; quotes hold some together.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('"').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// What the command prints in `folder`, results and complaints in the order in which they come.
fn printed(folder: &Path, command: &str) -> String {
    let out = std::fs::File::create(folder.join("printed")).unwrap();
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_steelyard"));
    process
        .current_dir(folder)
        .args(&words(command)[1..])
        .envs([("STEELYARD_LANG", "en"), ("STEELYARD_TODAY", "2026-03-01")])
        .env_remove("STEELYARD_PACKAGE_PATH");
    process.stdout(out.try_clone().unwrap()).stderr(out).status().unwrap();
    let printed = std::fs::read_to_string(folder.join("printed")).unwrap();
    printed.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The file of a package fence.
fn package_file(fence: &Fence) -> Option<String> {
    fence.info.strip_prefix("kpi package ").map(|name| format!("packages/{name}.kpi"))
}

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A sample of the language.
struct Sample {
    /// The whole ruleset, with its packages behind it.
    text: String,
    /// How many lines of it are not on the page.
    added_lines: usize,
    /// Where each package begins, and its file.
    packages: Vec<(usize, String)>,
}

impl Sample {
    fn new(info: &str, body: &str) -> Sample {
        if info == "kpi file" || body.lines().any(|line| line.starts_with("ruleset ")) {
            return Sample { text: body.to_owned(), added_lines: 0, packages: Vec::new() };
        }
        Sample { text: format!("{HEADER}{body}"), added_lines: HEADER.lines().count(), packages: Vec::new() }
    }

    /// The sample with the packages that lie in the folder of `file`.
    fn with_packages(self, file: &Path) -> Sample {
        let found = steelyard::packages::gather(&self.text, &Search::of(file, &[]), None);
        let folder = format!("{}/", file.parent().unwrap().display());
        let packages = found.parts.iter().map(|part| (part.start, part.file.replace(&folder, ""))).collect();
        Sample { text: found.text, packages, ..self }
    }

    /// Where a place lies: line and column, behind the file when that is a package.
    fn place(&self, span: Option<Span>) -> String {
        let Some(at) = span.map(|span| span.start as usize) else { return "0:0".to_owned() };
        let (start, file) = self.packages.iter().rev().find(|(start, _)| *start <= at).cloned().unwrap_or_default();
        let (line, column) = Lines::new(&self.text[start..]).line_column(at - start);
        match file.is_empty() {
            true => format!("{}:{column}", line.saturating_sub(self.added_lines)),
            false => format!("{file}:{line}:{column}"),
        }
    }

    /// Everything that `check` says of it.
    fn check(&self) -> Vec<Diagnostic> {
        let compiled = check(&self.text);
        let errors = compiled.diagnostics.iter().any(Diagnostic::is_error);
        assert_eq!(compiled.program.is_none(), errors, "a program when nothing is wrong, and only then:\n{}", self.text);
        compiled.diagnostics
    }
}

/// `line:column CODE message`, one a line.
fn diagnostics(sample: &Sample, lang: Lang) -> String {
    let mut text = String::new();
    for diagnostic in sample.check() {
        writeln!(text, "{} {} {}", sample.place(diagnostic.span), diagnostic.code.id, diagnostic.message(lang)).unwrap();
    }
    text
}

/// What the `test` blocks of the sample find wrong, one a line.
fn failures(sample: &Sample) -> String {
    let Some(program) = check(&sample.text).program else { return String::new() };
    let report = steelyard::testing::run(&std::sync::Arc::new(program), &parse(&sample.text).file, &sample.text);
    let mut text = String::new();
    for failure in report.tests.iter().flat_map(|test| &test.failures) {
        writeln!(text, "{} {} {}", sample.place(failure.span), failure.code.id, failure.message(Lang::En)).unwrap();
        if failure.code.id == codes::cli::NOT_MET_HOW.id {
            writeln!(text, "  {}", failure.help(Lang::En)).unwrap();
        }
    }
    text
}

/// The drawing for a terminal.
fn rendered(sample: &Sample, lang: Lang) -> String {
    let drawn = render(&sample.check(), "sample.kpi", &sample.text, lang, false);
    drawn.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>().trim_end().to_owned() + "\n"
}

/// The canonical layout, without the header that the page does not show.
fn formatted(sample: &Sample) -> String {
    let packages = sample.packages.first().map_or(sample.text.len(), |(start, _)| start - 1);
    match format(&sample.text[..packages]) {
        Ok(text) => text.lines().skip(sample.added_lines).fold(String::new(), |text, line| text + line + "\n"),
        Err(_) => "(does not parse)\n".to_owned(),
    }
}

/// A fence of a page.
struct Fence {
    /// What stands behind the backticks.
    info: String,
    /// The lines between, as a range of lines of the page.
    lines: std::ops::Range<usize>,
}

fn fences(lines: &[&str]) -> Vec<Fence> {
    let mut fences = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(info) = lines[at].strip_prefix("```") {
            let end = (at + 1..lines.len()).find(|&end| lines[end] == "```").unwrap_or(lines.len());
            fences.push(Fence { info: info.trim().to_owned(), lines: at + 1..end });
            at = end;
        }
        at += 1;
    }
    fences
}

/// A part of a page that is not as it should be.
struct Difference {
    /// The lines to replace; empty to insert.
    lines: std::ops::Range<usize>,
    /// What should stand there.
    wanted: String,
    what: String,
}

fn differences(page: &str) -> Vec<Difference> {
    let lines: Vec<&str> = page.lines().collect();
    let body = |fence: &Fence| lines[fence.lines.clone()].iter().fold(String::new(), |text, line| text + line + "\n");
    let fences = fences(&lines);
    let mut found = Vec::new();
    for (index, fence) in fences.iter().enumerate().filter(|(_, fence)| is_sample(fence)) {
        let behind: Vec<&Fence> = fences[index + 1..].iter().take_while(|fence| !is_sample(fence)).collect();
        let sample = Sample::new(&fence.info, &body(fence));
        let (folder, own) = (tempfile::tempdir().unwrap(), sample.text.clone());
        for package in behind.iter().take_while(|fence| !is_command(fence)) {
            package_file(package).into_iter().for_each(|file| write(folder.path(), &file, &body(package)));
        }
        let sample = sample.with_packages(&folder.path().join("sample.kpi"));
        for (kind, make) in KINDS {
            let Some(expected) = behind.iter().find(|fence| fence.info == *kind) else { continue };
            let wanted = make(&sample);
            if wanted != body(expected) {
                found.push(Difference { lines: expected.lines.clone(), wanted, what: (*kind).to_owned() });
            }
        }
        for fence in &behind {
            file_name(fence).into_iter().for_each(|file| write(folder.path(), file, &body(fence)));
        }
        for command in &behind {
            package_file(command).into_iter().for_each(|file| write(folder.path(), &file, &body(command)));
            if !is_command(command) {
                continue;
            }
            // A command may have changed the sample, which is shown only once.
            write(folder.path(), "sample.kpi", &own);
            let wanted = printed(folder.path(), &command.info);
            if wanted != body(command) {
                found.push(Difference { lines: command.lines.clone(), wanted, what: command.info.clone() });
            }
        }
        let place = fence.lines.end + 1;
        let says = |kind: &str| behind.iter().any(|fence| fence.info.starts_with(kind));
        for (kind, said, surprises) in [
            ("diagnostics", says("diagnostics") || says("rendered"), diagnostics(&sample, Lang::En)),
            ("failures", says("failures"), failures(&sample)),
        ] {
            if !said && !surprises.is_empty() {
                let wanted = format!("\n```{kind}\n{surprises}```\n");
                found.push(Difference { lines: place..place, wanted, what: format!("no {kind}") });
            }
        }
    }
    found
}

fn is_sample(fence: &Fence) -> bool {
    matches!(fence.info.as_str(), "kpi" | "kpi file")
}

fn update(path: &Path, page: &str, found: &[Difference]) {
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    let mut found: Vec<&Difference> = found.iter().collect();
    found.sort_by_key(|difference| std::cmp::Reverse(difference.lines.start));
    for difference in found {
        lines.splice(difference.lines.clone(), difference.wanted.lines().map(str::to_owned));
    }
    std::fs::write(path, lines.join("\n") + "\n").unwrap();
}

fn pages() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    let mut pages: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages.sort();
    pages
}

#[test]
fn pages_say_what_happens() {
    let mut report = String::new();
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let found = differences(&page);
        if std::env::var_os("UPDATE_EXPECT").is_some() && !found.is_empty() {
            update(&path, &page, &found);
            continue;
        }
        for difference in &found {
            writeln!(report, "{name}:{} {} should be:\n{}", difference.lines.start, difference.what, difference.wanted).unwrap();
        }
    }
    assert!(report.is_empty(), "\n{report}\nUPDATE_EXPECT=1 rewrites the pages");
}

/// The text with the fixes of a diagnostic made.
fn mended(text: &str, diagnostic: &Diagnostic) -> String {
    let mut fixes: Vec<_> = diagnostic.fixes.iter().collect();
    fixes.sort_by_key(|fix| std::cmp::Reverse(fix.span));
    let mut mended = text.to_owned();
    for fix in fixes {
        mended.replace_range(fix.span.range(), &fix.replacement);
    }
    mended
}

#[test]
fn every_fix_mends_its_mistake() {
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = page.lines().collect();
        for fence in fences(&lines).iter().filter(|fence| is_sample(fence)) {
            let sample = Sample::new(&fence.info, &lines[fence.lines.clone()].join("\n"));
            for diagnostic in sample.check().iter().filter(|diagnostic| !diagnostic.fixes.is_empty()) {
                let again = |other: &Diagnostic| other.code.id == diagnostic.code.id && other.span == diagnostic.span;
                let place = format!("{}:{} {}", path.display(), fence.lines.start, diagnostic.message(Lang::En));
                assert!(!check(&mended(&sample.text, diagnostic)).diagnostics.iter().any(again), "{place}");
            }
        }
    }
}

#[test]
fn every_fence_is_executed() {
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        for fence in fences(&page.lines().collect::<Vec<_>>()) {
            let known = is_sample(&fence)
                || is_command(&fence)
                || file_name(&fence).is_some()
                || package_file(&fence).is_some()
                || KINDS.iter().any(|(kind, _)| *kind == fence.info);
            assert!(known, "{}:{} nothing makes a fence `{}`", path.display(), fence.lines.start, fence.info);
        }
    }
}

/// Every ruleset of the repository: the files, and the samples of the pages.
fn rulesets() -> Vec<(String, String)> {
    let listed = std::process::Command::new("git").args(["ls-files", "*.kpi"]).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let files = String::from_utf8(listed.stdout).unwrap();
    let text = |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let mut found: Vec<(String, String)> = files.lines().map(|path| (path.to_owned(), text(path))).collect();
    for path in pages() {
        let page = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = page.lines().collect();
        for fence in fences(&lines).iter().filter(|fence| is_sample(fence)) {
            let sample = Sample::new(&fence.info, &lines[fence.lines.clone()].join("\n"));
            found.push((format!("{}:{}", path.display(), fence.lines.start), sample.text));
        }
    }
    found
}

#[test]
fn formatting_settles_at_once_and_keeps_every_comment() {
    let comments = |text: &str| {
        let tokens = steelyard::syntax::outline::Outline::new(text).tokens;
        let comments = tokens.iter().filter(|token| token.kind == steelyard::syntax::tokens::Kind::Comment);
        comments.map(|token| text[token.start..token.end].trim_end().to_owned()).collect::<Vec<_>>()
    };
    let rulesets = rulesets();
    assert!(rulesets.iter().any(|(_, text)| text.contains("\nentity ")), "entities are among them");
    for (name, text) in rulesets {
        let Ok(formatted) = format(&text) else { continue };
        assert_eq!(format(&formatted).unwrap(), formatted, "{name}");
        assert_eq!(comments(&text), comments(&formatted), "{name}");
    }
}

#[test]
fn every_code_of_a_ruleset_stands_on_a_page() {
    let pages: String = pages().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    // A limit on sizes needs more text than a page holds; a fault of the formatter has no example; a page makes no links and
    // no lock files.
    let beyond = [
        &codes::syntax::TOO_LARGE,
        &codes::syntax::STATEMENT_LENGTH,
        &codes::syntax::TOO_COMPLEX,
        &codes::syntax::TOO_MANY,
        &codes::syntax::FORMAT_UNSAFE,
        &codes::package::TOO_MANY,
        &codes::package::OUTSIDE,
        &codes::package::LOCK_LINE,
    ];
    let codes = [codes::syntax::ALL, codes::compile::ALL, codes::lint::ALL, codes::package::ALL]
        .into_iter()
        .flatten()
        .filter(|code| !beyond.contains(code));
    let missing: Vec<&str> = codes.map(|code| code.id).filter(|id| !pages.contains(id)).collect();
    assert!(missing.is_empty(), "no page raises {missing:?}");
}

/// The guide in Chinese quotes: a `kpi` fence is a whole sample of a page or a whole file, any other one a part of one.
#[test]
fn the_chinese_guide_quotes_the_pages_and_leads_to_each() {
    let guide = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.zh-CN.md")).unwrap();
    let lines: Vec<&str> = guide.lines().collect();
    let mut texts: Vec<String> = pages().iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let files = rulesets().into_iter().filter(|(name, _)| name.starts_with("rulesets/"));
    texts.extend(files.map(|(_, text)| format!("\n```kpi\n{text}```\n")));
    for fence in fences(&lines) {
        let quoted = lines[fence.lines.clone()].join("\n");
        let wanted = if fence.info == "kpi" { format!("\n```kpi\n{quoted}\n```\n") } else { format!("\n{quoted}\n") };
        let stands = texts.iter().any(|text| text.contains(&wanted));
        assert!(stands, "docs/language.zh-CN.md:{} no page says:\n{quoted}", fence.lines.start);
    }
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    let there: BTreeSet<String> = pages().iter().map(name).collect();
    let links = guide.split("](../tests/spec/").skip(1).map(|behind| behind.split([')', '#']).next().unwrap().to_owned());
    assert_eq!(links.collect::<BTreeSet<String>>(), there, "the pages that docs/language.zh-CN.md leads to");
}
