//! The commands of `steelyard`.
//!
//! 1. [`usage`] reads the arguments into [`Arguments`]; what it refuses exits with 2.
//! 2. One module a command does the work and prints through [`output::Output`].
//! 3. The command's [`Ended`] or [`Stop`] becomes the exit code: 0 fine, 1 the input is wrong, 2 used wrongly.

mod answers;
mod check;
mod chinese;
mod demo;
mod diff;
mod doc;
mod explain;
mod feed;
mod fmt;
mod generate;
mod import;
mod key;
mod lines;
mod lock;
mod lsp;
mod new;
mod output;
mod propose;
mod receipt;
mod replay;
mod report;
mod send;
mod sending;
mod serve;
mod source;
mod test;
mod threads;
mod usage;

use crate::diagnostic::Diagnostic;
use clap::{Parser, Subcommand};
use output::{Format, LangArg, Output};
use std::path::PathBuf;
use std::process::ExitCode;

/// A KPI rules engine: metrics, scorecards and alerts over business events.
#[derive(Debug, Parser)]
#[command(name = "steelyard", version, about, max_term_width = 120)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t)]
    format: Format,
    /// The language of texts [default: from LANG]
    #[arg(long, global = true, value_enum)]
    lang: Option<LangArg>,
    /// A further folder of packages; rulesets look beside themselves first
    #[arg(long, global = true, value_name = "FOLDER", env = "STEELYARD_PACKAGE_PATH", value_delimiter = ':')]
    package_path: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented ruleset to begin with, or the folder of a client out of the library
    New(new::New),
    /// Find all mistakes of rulesets
    Check(check::Check),
    /// Write rulesets in the one canonical layout
    Fmt(fmt::Fmt),
    /// Run the `test` blocks of rulesets
    Test(test::Test),
    /// Pin the packages that rulesets use
    Lock(lock::LockArgs),
    /// Write a ruleset with all its packages as one text, to be put on a server
    Bundle(lock::Bundle),
    /// Run a ruleset over a file of events, without a server
    Replay(replay::ReplayArgs),
    /// Tell what a changed ruleset moves, over the same events
    Diff(diff::Diff),
    /// Propose a target from history and trend, down to each scope and month
    Propose(propose::Propose),
    /// Write the review of a scorecard for a period
    Report(report::ReportArgs),
    /// Come to the scores of a receipt again, or say what differs
    Verify(receipt::Verify),
    /// Write the KPI handbook of a ruleset
    Doc(doc::Doc),
    /// Show a generated year of three shops: scores, alerts, signed webhooks
    Demo(demo::Demo),
    /// Write a generated history of shops of any size
    Generate(generate::Generate),
    /// Start the service
    Serve(serve::Serve),
    /// Send the rows of export files through the feeds of a ruleset to a running server, or preview what becomes of them
    Import(import::Import),
    /// Send a file of events to a running server
    Send(send::Send),
    /// Make, list, replace and take back API keys
    Key(key::KeyArgs),
    /// Serve an editor: mistakes, completion, definitions, renaming, layout
    Lsp,
    /// Say what a code means, or how a number came about
    Explain(explain::Explain),
}

/// How a command that could do its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Nothing was wrong.
    Fine,
    /// The input is wrong; what is wrong has been printed.
    Wrong,
}

/// Why a command could not do its work.
#[derive(Debug)]
struct Stop {
    /// What to print; None when it has been printed.
    diagnostic: Option<Box<Diagnostic>>,
    /// Used wrongly, rather than given wrong input.
    usage: bool,
}

impl Stop {
    /// The command was used wrongly.
    fn usage(diagnostic: Diagnostic) -> Stop {
        Stop { diagnostic: Some(Box::new(diagnostic)), usage: true }
    }

    /// The input is wrong.
    fn input(diagnostic: Diagnostic) -> Stop {
        Stop { diagnostic: Some(Box::new(diagnostic)), usage: false }
    }

    /// The input is wrong, and that has been printed.
    fn told() -> Stop {
        Stop { diagnostic: None, usage: false }
    }

    /// Prints why, and gives the exit code.
    fn told_to(&self, output: Output) -> ExitCode {
        if let Some(diagnostic) = &self.diagnostic {
            output.stopped(diagnostic);
        }
        ExitCode::from(if self.usage { 2 } else { 1 })
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let (arguments, output) = match usage::read(std::env::args_os().collect()) {
        Ok(read) => read,
        Err(code) => return code,
    };
    let packages = &arguments.package_path;
    let ended = match arguments.command {
        Command::New(new) => new::run(new, packages, arguments.lang.is_some(), output),
        Command::Check(check) => check::run(&check, packages, output),
        Command::Fmt(fmt) => fmt::run(fmt, output),
        Command::Test(test) => test::run(&test, packages, output),
        Command::Lock(args) => lock::lock(&args, packages, output),
        Command::Bundle(args) => lock::bundle(&args, packages, output),
        Command::Replay(args) => replay::run(&args, packages, output),
        Command::Diff(diff) => diff::run(&diff, packages, output),
        Command::Propose(args) => propose::run(&args, packages, output),
        Command::Report(args) => report::run(&args, packages, output),
        Command::Verify(args) => receipt::run(&args, packages, output),
        Command::Doc(doc) => doc::run(&doc, packages, output),
        Command::Demo(demo) => demo::run(&demo, output),
        Command::Generate(generate) => generate::run(&generate, output),
        Command::Serve(serve) => serve::run(serve, output),
        Command::Import(args) => import::run(&args, packages, output),
        Command::Send(send) => send::run(&send, output),
        Command::Key(key) => key::run(key, output),
        Command::Lsp => lsp::run(arguments.lang, packages, output),
        Command::Explain(explain) => explain::run(&explain, packages, output),
    };
    match ended {
        Ok(Ended::Fine) => ExitCode::SUCCESS,
        Ok(Ended::Wrong) => ExitCode::from(1),
        Err(stop) => stop.told_to(output),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Arguments;
    use crate::diagnostic::codes;
    use clap::CommandFactory as _;
    use std::collections::BTreeSet;

    #[test]
    fn flags_that_texts_name_exist() {
        let command = Arguments::command();
        let long =
            |command: &clap::Command| command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect::<Vec<_>>();
        let mut known: BTreeSet<String> = long(&command).into_iter().collect();
        known.insert("help".to_owned());
        let mut subcommands: Vec<_> = command.get_subcommands().collect();
        while let Some(one) = subcommands.pop() {
            known.extend(long(one));
            subcommands.extend(one.get_subcommands());
        }
        for code in codes::all() {
            for text in [code.en, code.zh, code.help_en, code.help_zh] {
                for flag in text.split("--").skip(1) {
                    let flag: String = flag.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
                    assert!(flag.is_empty() || known.contains(&flag), "{} names --{flag}, which no command has", code.id);
                }
            }
        }
    }
}
