//! `steelyard explain SY0203`: what a code means.
//!
//! 1. The code is found in the registry.
//! 2. Its texts are printed in the asked language; `{placeholders}` stay as they are.

use super::output::Output;
use super::{Ended, Stop};
use crate::diagnostic::{Code, Diagnostic, Lang, Severity, codes};
use clap::Args;

/// The flags of `explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// A code such as SY0203
    what: String,
}

/// Runs `explain`.
pub fn run(explain: Explain, output: Output) -> Result<Ended, Stop> {
    match codes::find(&explain.what) {
        Some(code) => code_page(code, output),
        None => return Err(Stop::usage(Diagnostic::general(&codes::cli::UNKNOWN_CODE).arg("text", explain.what))),
    }
    Ok(Ended::Fine)
}

fn code_page(code: &Code, output: Output) {
    let severity = match code.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    output.document(&serde_json::json!({
        "code": code.id,
        "severity": severity,
        "en": {"message": code.en, "help": code.help_en},
        "zh": {"message": code.zh, "help": code.help_zh},
    }));
    if output.is_human() {
        let (message, help) = match output.lang {
            Lang::En => (code.en, code.help_en),
            Lang::Zh => (code.zh, code.help_zh),
        };
        output.line(&format!("{} ({})", code.id, output.text(severity, if severity == "error" { "错误" } else { "警告" })));
        output.line(message);
        if !help.is_empty() {
            output.line(&format!("{}: {help}", output.text("help", "建议")));
        }
    }
}
