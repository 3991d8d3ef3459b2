//! `steelyard test`: runs the `test` blocks of rulesets.
//!
//! 1. Each file is compiled; one with errors fails.
//! 2. With `--accept` every `is ?` is filled in first, and the file replaced.
//! 3. Its tests run on a virtual clock; what was expected and what came out is drawn under the expectation.
//! 4. `--coverage` tells what no test reached, `--mutate` which changes of the ruleset no test noticed.

use super::check::tell;
use super::output::{Output, Source, counted};
use super::source::{Compiled, checked, compile, replace};
use super::{Ended, Stop};
use crate::compile::program::Program;
use crate::diagnostic::render::line_column;
use crate::diagnostic::{Diagnostic, Fix, Lang, Span, codes::cli as codes};
use crate::engine::show::bare;
use crate::syntax::ast::File;
use crate::testing::{Coverage, Mutation, Report};
use crate::{syntax, testing};
use clap::Args;
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// The flags of `test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Ruleset files
    #[arg(required = true)]
    files: Vec<String>,
    /// Run only tests whose name contains this
    #[arg(long, conflicts_with_all = ["coverage", "min_coverage", "mutate", "min_score", "accept"])]
    only: Option<String>,
    /// Name what no test reached
    #[arg(long)]
    coverage: bool,
    /// Fail when the tests reach less than this, such as 100%
    #[arg(long, value_name = "PERCENT", value_parser = percent, requires = "coverage")]
    min_coverage: Option<Decimal>,
    /// Change the ruleset in one place at a time and name the changes that no test noticed
    #[arg(long)]
    mutate: bool,
    /// Fail when the tests notice less than this, such as 95%
    #[arg(long, value_name = "PERCENT", value_parser = percent, requires = "mutate")]
    min_score: Option<Decimal>,
    /// Write what is found in place of every `is ?`
    #[arg(long)]
    accept: bool,
}

/// `95%` or `95`.
fn percent(text: &str) -> Result<Decimal, String> {
    let number: Option<Decimal> = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
    let within = number.filter(|number| *number >= Decimal::ZERO && *number <= Decimal::ONE_HUNDRED);
    within.ok_or_else(|| format!("{text} is not in 0%..=100%"))
}

/// Runs `test`.
pub fn run(test: &Test, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let mut bench = Bench { output, records: Vec::new(), passed: 0, failed: 0, wrong: false };
    for path in &test.files {
        bench.file(path, packages, test)?;
    }
    output.records(&bench.records);
    let Bench { passed, failed, wrong, .. } = bench;
    output.note(&match output.lang {
        Lang::En => format!("{} passed, {failed} failed", counted(passed, "test")),
        Lang::Zh => format!("{passed} 个测试通过，{failed} 个失败"),
    });
    Ok(if failed > 0 || wrong { Ended::Wrong } else { Ended::Fine })
}

/// What has been run so far.
struct Bench {
    output: Output,
    records: Vec<Value>,
    passed: usize,
    failed: usize,
    /// A file has errors, or too little of it is tested.
    wrong: bool,
}

impl Bench {
    fn file(&mut self, path: &str, packages: &[PathBuf], test: &Test) -> Result<(), Stop> {
        let mut compiled = compile(path, packages)?;
        if test.accept
            && let Some(program) = &compiled.program
            && let Some(text) = self.accept(program, &compiled.source)
        {
            if path == "-" {
                self.output.line(text.strip_suffix('\n').unwrap_or(&text));
            } else {
                replace(path, &text)?;
            }
            compiled = checked(compiled.source.with_own(&text), Vec::new());
        }
        let Some(program) = &compiled.program else {
            self.wrong = true;
            let wrong: Vec<Diagnostic> = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
            tell(&wrong, &compiled.source, self.output, &mut self.records);
            return Ok(());
        };
        let file = syntax::parse::parse(&compiled.source.text).file;
        if test.coverage {
            let (report, coverage) = testing::cover(program, &file, &compiled.source.text);
            self.report(&report, test, &compiled);
            self.coverage(&coverage, test, &compiled.source);
            self.mutate(&report, test, &file, &compiled.source);
        } else {
            let report = testing::run(program, &file, &compiled.source.text);
            self.report(&report, test, &compiled);
            self.mutate(&report, test, &file, &compiled.source);
        }
        Ok(())
    }

    /// The ruleset's own text with every `is ?` filled in; None when there is none. A text in the canonical layout stays in it.
    fn accept(&mut self, program: &Arc<Program>, source: &Source) -> Option<String> {
        let report = testing::run(program, &syntax::parse::parse(&source.text).file, &source.text);
        // Where the events are wrong, what is found says nothing.
        let expected = [codes::ASKED.id, codes::NOT_MET.id, codes::NOT_MET_HOW.id];
        let sound = report.tests.iter().filter(|test| test.failures.iter().all(|failure| expected.contains(&failure.code.id)));
        let mut fixes: Vec<&Fix> = sound.flat_map(|test| &test.failures).flat_map(|failure| &failure.fixes).collect();
        fixes.sort_by_key(|fix| fix.span);
        let mut text = source.own().to_owned();
        for fix in fixes.iter().rev() {
            text.replace_range(fix.span.range(), &fix.replacement);
        }
        let line_of = |span: Span| line_column(&source.text, span.start as usize).0;
        for fix in &fixes {
            let line = line_of(fix.span);
            let before = source.text.get(..fix.span.range().start).unwrap_or_default();
            let before = before.rsplit_once('\n').map_or(before, |(_, line)| line).trim_start();
            let written = format!("{before}{}", fix.replacement);
            if self.output.is_human() {
                self.output.line(&format!("{}:{line} {written}", source.name));
            } else {
                self.records.push(json!({"file": source.name, "line": line, "accepted": fix.replacement}));
            }
        }
        let canonical = syntax::format::format(source.own()).is_ok_and(|formatted| formatted == source.own());
        let laid_out = canonical.then(|| syntax::format::format(&text).ok()).flatten();
        (!fixes.is_empty()).then(|| laid_out.unwrap_or(text))
    }

    fn report(&mut self, report: &Report, test: &Test, compiled: &Compiled) {
        for result in report.tests.iter().filter(|result| test.only.as_ref().is_none_or(|part| result.name.contains(part))) {
            if result.passed() {
                self.passed += 1
            } else {
                self.failed += 1
            }
            tell_test(result, compiled, self.output, &mut self.records);
        }
    }

    fn coverage(&mut self, coverage: &Coverage, test: &Test, source: &Source) {
        let (reached, of) = (coverage.reached(), coverage.points.len());
        let missing = coverage.points.iter().filter(|point| !point.reached);
        if self.output.is_human() {
            let share = share(reached, of);
            self.output.line(&match self.output.lang {
                Lang::En => format!("{}: coverage {share}% ({reached} of {of})", source.name),
                Lang::Zh => format!("{}：覆盖率 {share}%（{of} 项中的 {reached} 项）", source.name),
            });
            missing.for_each(|point| self.place(source, point.span, point.what.get(self.output.lang)));
        } else {
            let lang = self.output.lang;
            let missing = missing.map(|point| json!({"at": at(source, point.span), "kind": point.kind, "what": point.what.get(lang)}));
            let missing: Vec<Value> = missing.collect();
            self.records.push(
                json!({"file": source.name, "coverage": {"percent": share(reached, of), "reached": reached, "of": of, "missing": missing}}),
            );
        }
        self.wrong |= test.min_coverage.is_some_and(|least| falls_short(reached, of, least));
    }

    /// Changes a ruleset whose tests pass.
    fn mutate(&mut self, report: &Report, test: &Test, file: &File, source: &Source) {
        if !test.mutate || !report.passed() {
            return;
        }
        let Mutation { noticed, unnoticed, skipped } = testing::mutate(file, &source.text);
        let of = noticed + unnoticed.len();
        if self.output.is_human() {
            let share = share(noticed, of);
            self.output.line(&match self.output.lang {
                Lang::En => {
                    format!(
                        "{}: mutation score {share}% ({noticed} of {} noticed, {skipped} do not compile)",
                        source.name,
                        counted(of, "change")
                    )
                }
                Lang::Zh => {
                    format!("{}：变异得分 {share}%（{of} 处改动中发现 {noticed} 处，另有 {skipped} 处无法编译）", source.name)
                }
            });
            for mutant in &unnoticed {
                let to = if mutant.to.is_empty() { self.output.text("left out", "去掉").to_owned() } else { format!("-> {}", mutant.to) };
                self.place(source, mutant.span, &format!("{} {to}", one_line(&mutant.from)));
            }
        } else {
            let missed = unnoticed.iter().map(|mutant| json!({"at": at(source, mutant.span), "from": mutant.from, "to": mutant.to}));
            let missed: Vec<Value> = missed.collect();
            self.records.push(json!({"file": source.name, "mutation": {
                "score": share(noticed, of), "noticed": noticed, "of": of, "skipped": skipped, "unnoticed": missed,
            }}));
        }
        self.wrong |= test.min_score.is_some_and(|least| falls_short(noticed, of, least));
    }

    fn place(&self, source: &Source, span: Span, what: &str) {
        let (line, column) = line_column(&source.text, span.start as usize);
        self.output.line(&format!("  {}:{line}:{column} {what}", source.name));
    }
}

fn at(source: &Source, span: Span) -> Value {
    let (line, column) = line_column(&source.text, span.start as usize);
    json!({"line": line, "column": column, "start": span.start, "end": span.end})
}

/// A text on one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A share in percent, never rounded up: 100 means all.
fn share(part: usize, of: usize) -> String {
    let share = (Decimal::from(part) * Decimal::ONE_HUNDRED).checked_div(Decimal::from(of)).unwrap_or(Decimal::ONE_HUNDRED);
    bare(share.round_dp_with_strategy(1, RoundingStrategy::ToZero))
}

fn falls_short(part: usize, of: usize, least: Decimal) -> bool {
    Decimal::from(part) * Decimal::ONE_HUNDRED < least * Decimal::from(of)
}

fn tell_test(result: &testing::TestResult, compiled: &Compiled, output: Output, records: &mut Vec<Value>) {
    if output.is_human() {
        let mark = if result.passed() { "ok  " } else { "FAIL" };
        output.line(&format!("{mark} {}: {}", compiled.source.name, result.name));
        output.diagnostics(&result.failures, &compiled.source);
        return;
    }
    let failures = output.diagnostics_json(&result.failures, &compiled.source);
    records.push(json!({"file": compiled.source.name, "test": result.name, "passed": result.passed(), "failures": failures}));
}
