//! `steelyard doc`: the KPI handbook of a ruleset.
//!
//! 1. [`book`] lists what the ruleset declares as [`Block`](crate::report::Block)s: headings, sentences, tables, curves. Conditions become
//!    sentences in [`speak`]; the worked example of a scorecard is computed from a test of the ruleset.
//! 2. [`page`] writes the blocks as Markdown, or as one HTML file that needs nothing else and prints well.

mod book;
mod speak;
mod tables;

use super::output::Output;
use super::source::{program, replace};
use super::{Ended, Stop};
use crate::diagnostic::{Diagnostic, Lang, codes::cli as codes};
use crate::report::page;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// The flags of `doc`.
#[derive(Debug, Args)]
pub struct Doc {
    /// The ruleset
    file: String,
    /// Write one HTML file with drawings of the curves instead of Markdown
    #[arg(long)]
    html: bool,
    /// Leave out what packages declare: it stands in their own handbooks
    #[arg(long)]
    own: bool,
    /// The folder to write into, as <ruleset>.<language>.md or .html, instead of standard output
    #[arg(long)]
    out: Option<String>,
}

/// Runs `doc`.
pub fn run(doc: &Doc, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (compiled, program) = program(&doc.file, packages, output)?;
    let whose = if doc.own { book::Whose::Own } else { book::Whose::All };
    let blocks = book::book(&program, &compiled.source.text, whose, output.lang);
    let title = output.text(&program.title.en, program.title.zh.as_deref().unwrap_or(&program.title.en)).to_owned();
    let text = if doc.html { page::html(&title, &blocks, output.lang) } else { page::markdown(&blocks) };
    match &doc.out {
        None if output.is_human() => output.line(text.trim_end()),
        None => output.document(&json!({"ruleset": program.name, "text": text})),
        Some(folder) => {
            let language = match output.lang {
                Lang::En => "en",
                Lang::Zh => "zh",
            };
            let path = format!("{folder}/{}.{language}.{}", program.name, if doc.html { "html" } else { "md" });
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| Stop::usage(Diagnostic::general(&codes::WRITE_FILE).arg("file", folder).reason(&error)))?;
            replace(&path, &text)?;
            output.document(&json!({"file": path}));
            if output.is_human() {
                output.line(&path);
            }
        }
    }
    Ok(Ended::Fine)
}
