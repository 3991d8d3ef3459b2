//! `steelyard send`: events to a running server.
//!
//! 1. The file holds one event a line, as JSON ([`super::feed`]); sending it twice counts once.
//! 2. It goes out in batches ([`super::sending`]). Tables are the business of `import`.

use super::feed::{Events, Pick};
use super::output::Output;
use super::sending::{self, Server, Sum};
use super::serve::runtime;
use super::{Ended, Stop};
use clap::Args;

/// The flags of `send`.
#[derive(Debug, Args)]
pub struct Send {
    /// NDJSON, plain, .gz or .zst; `-` reads standard input
    #[arg(long)]
    events: String,
    #[command(flatten)]
    server: Server,
}

/// Runs `send`.
pub fn run(send: &Send, output: Output) -> Result<Ended, Stop> {
    let mut events = Events::open(&send.events, None, Pick::default(), output)?;
    let mut sum = Sum::new(output);
    sum.file(&send.events);
    runtime()?.block_on(sending::send(&mut events, &send.server, &mut sum))?;
    sum.tell();
    Ok(if sum.refused > 0 { Ended::Wrong } else { Ended::Fine })
}
