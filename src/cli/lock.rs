//! `steelyard lock` and `steelyard bundle`: the exact packages of a ruleset.
//!
//! 1. `lock` finds the packages of each ruleset anew, the highest of the wanted major versions, and pins them in the lock file
//!    beside it.
//! 2. `bundle` writes a ruleset with all its packages as one text: what is put on a server.

use super::check::tell;
use super::output::{Output, Source, counted};
use super::source::{self, replace, whole};
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Lang, Words, codes::cli as codes};
use crate::packages::Lock;
use clap::Args;
use std::path::{Path, PathBuf};

/// The flags of `lock`.
#[derive(Debug, Args)]
pub struct LockArgs {
    /// Ruleset files
    #[arg(required = true)]
    files: Vec<String>,
}

/// The flags of `bundle`.
#[derive(Debug, Args)]
pub struct Bundle {
    /// The ruleset file
    file: String,
}

/// Runs `lock`.
pub fn lock(lock: &LockArgs, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (mut ended, mut records) = (Ended::Fine, Vec::new());
    for path in &lock.files {
        if path == "-" {
            let nowhere = Words::new("standard input has no folder to lock packages in", "标准输入没有可写锁文件的文件夹");
            return Err(Stop::usage(Diagnostic::general(&codes::USAGE).reason(nowhere).arg("command", "lock")));
        }
        let (source, wrong) = whole(path, packages, false)?;
        if wrong.iter().any(Diagnostic::is_error) {
            tell(&wrong, &source, output, &mut records);
            ended = Ended::Wrong;
            continue;
        }
        let file = Lock::file(Path::new(path)).display().to_string();
        let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
        replace(&file, &Lock::text(&name, &source.parts))?;
        let n = source.parts.len();
        output.note(&match output.lang {
            Lang::En => format!("{file}: {}", counted(n, "package")),
            Lang::Zh => format!("{file}：{n} 个包"),
        });
    }
    output.records(&records);
    Ok(ended)
}

/// Runs `bundle`.
pub fn bundle(bundle: &Bundle, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (compiled, _) = source::program(&bundle.file, packages, output)?;
    let Source { text, .. } = &compiled.source;
    output.line(text.strip_suffix('\n').unwrap_or(text));
    Ok(Ended::Fine)
}
