//! Ruleset files: read, written, compiled.
//!
//! 1. [`read`] takes a path (or `-` for standard input) to a [`Source`].
//! 2. [`whole`] puts its packages behind it, as the lock file beside it says.
//! 3. [`compile`] parses and checks it and gives the program with all diagnostics.

use super::Stop;
use super::output::{Output, Source};
use crate::compile::program::Program;
use crate::diagnostic::{Diagnostic, codes::cli as codes, codes::package};
use crate::packages::{self, Lock, Search};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest ruleset that is read, in bytes; the parser names the limit to the user.
const SOURCE_BYTES_MAX: u64 = 4 << 20;

/// A ruleset that was read and compiled.
pub struct Compiled {
    /// The text.
    pub source: Source,
    /// The program; None when there are errors.
    pub program: Option<Arc<Program>>,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a text file; `-` is standard input.
pub fn read(path: &str) -> Result<Source, Stop> {
    let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).reason(&error));
    let mut bytes = Vec::new();
    if path == "-" {
        std::io::stdin().lock().take(SOURCE_BYTES_MAX).read_to_end(&mut bytes).map_err(fail)?;
    } else {
        std::fs::File::open(path).map_err(fail)?.take(SOURCE_BYTES_MAX).read_to_end(&mut bytes).map_err(fail)?;
    }
    let name = if path == "-" { "<stdin>" } else { path };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name: name.to_owned(), own: text.len(), text, parts: Vec::new() }),
        Err(error) => {
            Err(Stop::input(Diagnostic::general(&codes::NOT_TEXT).arg("file", name).arg("offset", error.utf8_error().valid_up_to())))
        }
    }
}

/// Writes a file that must not exist yet.
pub fn write_new(path: &str, text: &str) -> Result<(), Stop> {
    let mut file = new_file(path)?;
    file.write_all(text.as_bytes()).map_err(|error| Stop::usage(Diagnostic::general(&codes::WRITE_FILE).arg("file", path).reason(&error)))
}

/// Makes a file that must not exist yet.
pub fn new_file(path: &str) -> Result<std::fs::File, Stop> {
    let file = std::fs::File::options().write(true).create_new(true).open(path);
    file.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Stop::usage(Diagnostic::general(&codes::FILE_EXISTS).arg("file", path)),
        _ => Stop::usage(Diagnostic::general(&codes::WRITE_FILE).arg("file", path).reason(&error)),
    })
}

/// Replaces a file as a whole: a crash leaves the old text or the new one.
pub fn replace(path: &str, text: &str) -> Result<(), Stop> {
    replace_bytes(path, text.as_bytes())
}

/// Replaces a file as a whole by bytes.
pub fn replace_bytes(path: &str, bytes: &[u8]) -> Result<(), Stop> {
    let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::WRITE_FILE).arg("file", path).reason(&error));
    let beside = format!("{path}.new");
    std::fs::write(&beside, bytes).map_err(fail)?;
    if let Ok(metadata) = std::fs::metadata(path) {
        std::fs::set_permissions(&beside, metadata.permissions()).map_err(fail)?;
    }
    std::fs::rename(&beside, path).map_err(fail)
}

/// Reads a ruleset with its packages, those of its lock file when there is one and it is to be kept to, and what is wrong
/// with them.
pub fn whole(path: &str, packages: &[PathBuf], locked: bool) -> Result<(Source, Vec<Diagnostic>), Stop> {
    let source = read(path)?;
    let lock = if locked && path != "-" { Lock::beside(Path::new(path)).map_err(|mistake| Stop::input(*mistake))? } else { None };
    let found = packages::gather(&source.text, &Search::of(Path::new(path), packages), lock.as_ref());
    let mut diagnostics = found.diagnostics;
    if locked && lock.is_none() && !found.parts.is_empty() && diagnostics.is_empty() && path != "-" {
        diagnostics.push(Diagnostic::general(&package::UNLOCKED).arg("file", path));
    }
    Ok((Source { text: found.text, parts: found.parts, ..source }, diagnostics))
}

/// Reads, parses and checks a ruleset with its packages.
pub fn compile(path: &str, packages: &[PathBuf]) -> Result<Compiled, Stop> {
    let (source, diagnostics) = whole(path, packages, true)?;
    Ok(checked(source, diagnostics))
}

/// Parses and checks a ruleset with the packages behind it; `diagnostics` is what was wrong with finding them.
pub fn checked(source: Source, mut diagnostics: Vec<Diagnostic>) -> Compiled {
    let mut checked = crate::compile::check(&source.text);
    packages::without_consequences(&diagnostics, &mut checked.diagnostics);
    let program = checked.program.filter(|_| !diagnostics.iter().any(Diagnostic::is_error));
    diagnostics.extend(checked.diagnostics);
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.is_none(), diagnostic.span));
    Compiled { source, program: program.map(Arc::new), diagnostics }
}

/// Reads and compiles a file that must be without errors; warnings are `check`'s business.
pub fn program(path: &str, packages: &[PathBuf], output: Output) -> Result<(Compiled, Arc<Program>), Stop> {
    let compiled = compile(path, packages)?;
    match compiled.program.clone() {
        Some(program) => Ok((compiled, program)),
        None => {
            let errors = compiled.diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
            if output.is_human() {
                output.diagnostics(errors, &compiled.source);
            } else {
                output.records(&output.diagnostics_json(errors, &compiled.source));
            }
            Err(Stop::told())
        }
    }
}
