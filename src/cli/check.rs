//! `steelyard check`: every mistake of every file in one run.
//!
//! 1. Each file is read and compiled, with the packages it uses.
//! 2. Errors and warnings are drawn for people or written as JSON; errors make the command end with 1.

use super::output::{Format, Output, Source, counted};
use super::source::compile;
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Lang};
use crate::engine::{Clock, SystemClock};
use crate::time::Day;
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;

/// The flags of `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Ruleset files; `-` reads standard input
    #[arg(required = true)]
    files: Vec<String>,
    /// Let warnings fail as well
    #[arg(long)]
    deny_warnings: bool,
    /// The day for which to warn of what has not been checked for a year, instead of today
    #[arg(long, env = "STEELYARD_TODAY", value_name = "DATE", value_parser = day)]
    today: Option<Day>,
}

fn day(text: &str) -> Result<Day, String> {
    Day::parse(text).ok_or_else(|| "a date such as 2026-03-01 is wanted".to_owned())
}

/// Runs `check`.
pub fn run(check: &Check, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (mut errors, mut warnings, mut records) = (0, 0, Vec::new());
    for path in &check.files {
        let mut compiled = compile(path, packages)?;
        if let Some(program) = &compiled.program {
            let today = check.today.unwrap_or_else(|| program.zone.day_of(SystemClock.now()));
            compiled.diagnostics.extend(crate::compile::aged(&compiled.source.text, today));
            compiled.diagnostics.sort_by_key(|diagnostic| (diagnostic.span.is_none(), diagnostic.span));
        }
        errors += compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count();
        warnings += compiled.diagnostics.iter().filter(|diagnostic| !diagnostic.is_error()).count();
        tell(&compiled.diagnostics, &compiled.source, output, &mut records);
    }
    output.records(&records);
    let n_files = check.files.len();
    output.note(&match output.lang {
        Lang::En => format!("{}, {}, {}", counted(n_files, "file"), counted(errors, "error"), counted(warnings, "warning")),
        Lang::Zh => format!("{n_files} 个文件，{errors} 个错误，{warnings} 个警告"),
    });
    Ok(if errors > 0 || (check.deny_warnings && warnings > 0) { Ended::Wrong } else { Ended::Fine })
}

/// Prints diagnostics for people, or collects them as records.
pub fn tell(diagnostics: &[Diagnostic], source: &Source, output: Output, records: &mut Vec<Value>) {
    match output.format {
        Format::Human => output.diagnostics(diagnostics, source),
        Format::Json | Format::Ndjson => records.extend(output.diagnostics_json(diagnostics, source)),
    }
}
