//! `steelyard generate`: a history of shops of any size, to try rulesets, tests and servers on.
//!
//! 1. A [`World`], or the shops of one client in the words of the library ([`Client`]), is played day by day: the same seed gives
//!    the same history, to the cent.
//! 2. What arrives is written as NDJSON, or as one CSV file for each event, which the feeds of
//!    `examples/generated/world.kpi` read ([`write`]).

mod client;
mod season;
mod world;
mod write;

pub use world::World;

use super::output::Output;
use super::{Ended, Stop, source};
use crate::diagnostic::{Diagnostic, Lang, codes::cli as codes, codes::import};
use crate::engine::RawEvent;
use crate::time::{Day, Zone};
use clap::{Args, ValueEnum};
use client::Client;
use std::path::PathBuf;
use world::Size;

/// The flags of `generate`.
#[derive(Debug, Args)]
pub struct Generate {
    /// What is played
    #[arg(long, value_enum, default_value_t)]
    of: Played,
    /// How many shops
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    shops: u32,
    /// How many days
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    days: u32,
    /// About how many events; every day of a shop makes some of its own (stock, rates, fees), so no fewer come than those
    #[arg(long, default_value_t = 50_000)]
    events: u64,
    /// Another history for another number
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The first day
    #[arg(long, default_value = "2025-01-01")]
    first: String,
    /// The form
    #[arg(long = "as", value_enum, default_value_t)]
    form: Form,
    /// The file, or for CSV the folder, which is made; `-` is standard output
    #[arg(long, default_value = "-")]
    out: PathBuf,
}

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
enum Played {
    /// Shops in zones and currencies of their own, for examples/generated
    #[default]
    World,
    /// The shops, people and teams of one client in the events of the library, for what `new` writes
    Client,
}

/// The form of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
enum Form {
    /// One event a line
    #[default]
    Ndjson,
    /// One file for each event
    Csv,
}

/// Runs `generate`.
pub fn run(generate: &Generate, output: Output) -> Result<Ended, Stop> {
    let bad_day = || Stop::usage(Diagnostic::general(&codes::BAD_TIME).arg("text", &generate.first));
    let first = Day::parse(&generate.first).ok_or_else(bad_day)?;
    let days = i32::try_from(generate.days).unwrap_or(i32::MAX);
    let size = Size { shops: generate.shops as usize, days, events: generate.events };
    let mut play: Box<dyn FnMut(Day) -> Vec<RawEvent>> = match generate.of {
        Played::World => {
            let mut world = World::sized(first, Zone::utc(), generate.seed, size);
            Box::new(move |day| world.day(day))
        }
        Played::Client => {
            let mut client = Client::new(first, generate.seed, size);
            Box::new(move |day| client.day(day))
        }
    };
    let out = generate.out.display().to_string();
    let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::WRITE_FILE).arg("file", &out).reason(&error));
    let mut writer = match generate.form {
        Form::Ndjson if out == "-" => write::Writer::lines(Box::new(std::io::stdout().lock())),
        Form::Ndjson => write::Writer::lines(Box::new(source::new_file(&out)?)),
        Form::Csv if out == "-" => return Err(Stop::usage(Diagnostic::general(&import::CSV_FOLDER))),
        Form::Csv => write::Writer::folder(&generate.out).map_err(fail)?,
    };
    let mut events = 0_usize;
    for number in 0..days {
        for event in play(first.plus(number)) {
            events += 1;
            match writer.write(&event) {
                // Whoever reads has read enough.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(Ended::Fine),
                written => written.map_err(fail)?,
            }
        }
    }
    writer.finish().map_err(fail)?;
    output.note(&match output.lang {
        Lang::En => format!("{events} events of {} shops in {days} days", generate.shops),
        Lang::Zh => format!("{} 家店铺 {days} 天共 {events} 个事件", generate.shops),
    });
    Ok(Ended::Fine)
}
