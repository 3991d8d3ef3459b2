//! `steelyard test`: runs the `test` blocks of rulesets.
//!
//! 1. Each file is compiled; one with errors fails.
//! 2. Its tests run on a virtual clock; what was expected and what came out is drawn under the expectation.

use super::check::tell;
use super::output::{Output, counted};
use super::source::{Compiled, compile, read};
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Lang};
use crate::{syntax, testing};
use clap::Args;
use serde_json::{Value, json};

/// The flags of `test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Ruleset files
    #[arg(required = true)]
    files: Vec<String>,
    /// Run only tests whose name contains this
    #[arg(long)]
    only: Option<String>,
}

/// Runs `test`.
pub fn run(test: Test, output: Output) -> Result<Ended, Stop> {
    let (mut passed, mut failed, mut errors, mut records) = (0, 0, 0, Vec::new());
    for path in &test.files {
        let compiled = compile(read(path)?);
        let Some(program) = &compiled.program else {
            errors += 1;
            let wrong: Vec<Diagnostic> = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).cloned().collect();
            tell(&wrong, &compiled.source, output, &mut records);
            continue;
        };
        let report = testing::run(program, &syntax::parse::parse(&compiled.source.text).file, &compiled.source.text);
        for result in report.tests.iter().filter(|result| test.only.as_ref().is_none_or(|part| result.name.contains(part))) {
            if result.passed() {
                passed += 1
            } else {
                failed += 1
            }
            tell_test(result, &compiled, output, &mut records);
        }
    }
    output.records(&records);
    output.note(&match output.lang {
        Lang::En => format!("{} passed, {failed} failed", counted(passed, "test")),
        Lang::Zh => format!("{passed} 个测试通过，{failed} 个失败"),
    });
    Ok(if failed + errors > 0 { Ended::Wrong } else { Ended::Fine })
}

fn tell_test(result: &testing::TestResult, compiled: &Compiled, output: Output, records: &mut Vec<Value>) {
    if output.is_human() {
        let mark = if result.passed() { "ok  " } else { "FAIL" };
        output.line(&format!("{mark} {}: {}", compiled.source.name, result.name));
        result.failures.iter().for_each(|failure| output.diagnostic(failure, Some(&compiled.source)));
        return;
    }
    let failures: Vec<Value> = result.failures.iter().map(|failure| output.diagnostic_json(failure, Some(&compiled.source))).collect();
    records.push(json!({"file": compiled.source.name, "test": result.name, "passed": result.passed(), "failures": failures}));
}
