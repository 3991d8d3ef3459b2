//! `steelyard fmt`: the one canonical layout.
//!
//! 1. Each file is formatted; a file with errors is left as it is.
//! 2. It is replaced as a whole, or with `--check` only named when its layout differs.

use super::check::tell;
use super::output::Output;
use super::source::{read, replace};
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, codes::cli as codes};
use crate::syntax;
use clap::Args;

/// The flags of `fmt`.
#[derive(Debug, Args)]
pub struct Fmt {
    /// Ruleset files, changed in place; `-` reads standard input and writes standard output
    #[arg(required = true)]
    files: Vec<String>,
    /// Change nothing, fail when a file is not in the canonical layout
    #[arg(long)]
    check: bool,
}

/// Runs `fmt`.
pub fn run(fmt: Fmt, output: Output) -> Result<Ended, Stop> {
    let (mut ended, mut records) = (Ended::Fine, Vec::new());
    for path in &fmt.files {
        let source = read(path)?;
        let formatted = match syntax::format::format(&source.text) {
            Ok(formatted) => formatted,
            Err(diagnostics) => {
                tell(&diagnostics, &source, output, &mut records);
                ended = Ended::Wrong;
                continue;
            }
        };
        let same = formatted == source.text;
        if fmt.check && !same {
            tell(&[Diagnostic::general(&codes::NOT_FORMATTED).arg("file", &source.name)], &source, output, &mut records);
            ended = Ended::Wrong;
        } else if !fmt.check && path == "-" {
            output.line(formatted.strip_suffix('\n').unwrap_or(&formatted));
        } else if !fmt.check && !same {
            replace(path, &formatted)?;
        }
    }
    output.records(&records);
    Ok(ended)
}
