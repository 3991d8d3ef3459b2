//! `steelyard import`: the rows of export files through the feeds of a ruleset, to a running server.
//!
//! 1. Every file finds its feed by the names of its columns ([`super::feed`]).
//! 2. With `--preview` nothing is sent: [`preview`] tells what each column becomes, which rows would be refused and why, and
//!    [`days`] on which days no row stands.
//! 3. Without it the events go to the server as `send` sends them ([`super::sending`]).

mod days;
mod preview;

use super::feed::{Events, Pick};
use super::output::Output;
use super::sending::{self, Server, Sum};
use super::serve::runtime;
use super::{Ended, Stop, source};
use crate::diagnostic::{Diagnostic, codes::import as codes};
use clap::Args;
use std::path::PathBuf;

/// The flags of `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// CSV, XLSX or NDJSON, plain, .gz or .zst; `-` reads standard input
    #[arg(required = true)]
    files: Vec<String>,
    /// The ruleset whose feeds say which column is which field
    #[arg(long)]
    ruleset: String,
    /// The feed, instead of the one whose columns the file has; flat objects of NDJSON need one
    #[arg(long)]
    feed: Option<String>,
    /// The sheet of a workbook, instead of the first one
    #[arg(long)]
    sheet: Option<String>,
    /// What every row says of a field that the feed fixes, such as shop=us
    #[arg(long, value_name = "FIELD=TEXT")]
    set: Vec<String>,
    /// Send nothing; tell what each column becomes, which rows would be refused and why, and which days are missing
    #[arg(long)]
    preview: bool,
    /// Look for missing days of every value of these dimensions, instead of its shop, or the first one of an event without a shop
    #[arg(long, value_delimiter = ',', num_args = 1, requires = "preview")]
    per: Vec<String>,
    #[command(flatten)]
    server: Server,
}

/// Runs `import`.
pub fn run(args: &Import, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let (_, program) = source::program(&args.ruleset, packages, output)?;
    let set = args.set.iter().map(|text| setting(text)).collect::<Result<Vec<_>, _>>()?;
    let pick = Pick { feed: args.feed.as_deref(), sheet: args.sheet.as_deref(), set: &set };
    if args.preview {
        return preview::run(&args.files, &args.per, &program, pick, output);
    }
    let mut sum = Sum::new(output);
    let runtime = runtime()?;
    for path in &args.files {
        let mut events = Events::open(path, Some(&program), pick, output)?;
        sum.file(path);
        runtime.block_on(sending::send(&mut events, &args.server, &mut sum))?;
    }
    sum.tell();
    Ok(if sum.refused > 0 { Ended::Wrong } else { Ended::Fine })
}

/// The field and the text of `shop=us`.
fn setting(text: &str) -> Result<(String, String), Stop> {
    let parts = text.split_once('=').map(|(field, text)| (field.trim(), text.trim()));
    match parts.filter(|(field, text)| !field.is_empty() && !text.is_empty()) {
        Some((field, text)) => Ok((field.to_owned(), text.to_owned())),
        None => Err(Stop::usage(Diagnostic::general(&codes::BAD_SETTING).arg("text", text))),
    }
}
