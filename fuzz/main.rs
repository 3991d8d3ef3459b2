//! Random formulas, declarations and damaged texts: none may panic, hang or eat memory.
//!
//! 1. [`grammar`] makes texts from the grammar of the language, [`typed`] formulas that mostly mean something.
//! 2. [`case`] puts each through reading, compiling, laying out and running.
//! 3. Every case is a pure function of its seed. A case that takes more than [`SECONDS_MAX`] of processor time, or a process
//!    that takes more than [`BYTES_MAX`], is a failure, and named with the command that repeats it. One that comes to no end
//!    ends the run ([`watch`]).
//!
//! `--formulas N` and `--programs N` say how many, `--seed N` runs one seed of each kind.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod case;
mod damage;
mod grammar;
#[path = "../tests/sim/random.rs"]
mod random;
mod typed;
mod watch;

use case::{Cases, TOGETHER, Tally, Tell};
use random::Random;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use watch::{Slot, Watch};

/// What a plain `cargo test` makes.
const FORMULAS: u64 = 20_000;
const PROGRAMS: u64 = 2_000;
/// How long a text may take.
const SECONDS_MAX: f64 = 1.0;
/// How much memory the process may ever hold.
const BYTES_MAX: u64 = 128 << 20;

/// One kind of case.
type Run = fn(&Cases, &mut Random, Tell<'_>) -> Result<Tally, String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| -> Option<u64> {
        let at = args.iter().position(|arg| arg == name)?;
        Some(args.get(at + 1)?.parse().expect("a number"))
    };
    if args.iter().any(|arg| arg == "--list") || args.first().is_some_and(|arg| !arg.starts_with('-') && !"fuzz".contains(arg.as_str())) {
        // The test harness was asked for something else.
        return ExitCode::SUCCESS;
    }
    let cases = Cases::new();
    let (formulas, programs) = (number("--formulas").unwrap_or(FORMULAS), number("--programs").unwrap_or(PROGRAMS));
    let kinds: [(&str, Run, u64); 3] = [
        ("formulas", Cases::formulas, formulas.div_ceil(TOGETHER)),
        ("declarations", Cases::program, programs / 2),
        ("damaged rulesets", Cases::damaged, programs - programs / 2),
    ];
    let mut failed = false;
    for (kind, run, n_cases) in kinds {
        let seeds = number("--seed").map_or(0..n_cases, |seed| seed..seed + 1);
        failed |= !every(&cases, kind, run, seeds);
    }
    let peak = peak_bytes();
    println!("at most {} MB of memory", peak >> 20);
    if failed || peak > BYTES_MAX { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// What came of the cases of a kind.
#[derive(Default)]
struct Sum {
    tally: Tally,
    faults: u64,
    longest: f64,
}

/// Runs all seeds of a kind and says what came out; true when nothing is wrong.
fn every(cases: &Cases, kind: &str, run: Run, seeds: std::ops::Range<u64>) -> bool {
    let (next, sum) = (AtomicU64::new(seeds.start), Mutex::new(Sum::default()));
    let watch = Watch::over(std::thread::available_parallelism().map_or(1, usize::from));
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            watch.slots.iter().map(|slot| scope.spawn(|| work(cases, (kind, run), (&next, seeds.end), slot, &sum))).collect();
        scope.spawn(|| watch.until_done(kind));
        let ended = workers.into_iter().all(|worker| worker.join().is_ok());
        watch.done();
        assert!(ended, "a worker broke off");
    });
    let Sum { tally, faults, longest } = sum.into_inner().unwrap();
    let share = 100 * tally.right / tally.all.max(1);
    println!("{kind}: {} of {} were right ({share}%), {faults} faults, the longest case took {longest:.3} s", tally.right, tally.all);
    faults == 0
}

/// Runs one seed after the other.
fn work(cases: &Cases, (kind, run): (&str, Run), (next, end): (&AtomicU64, u64), slot: &Slot, sum: &Mutex<Sum>) {
    loop {
        let seed = next.fetch_add(1, Ordering::SeqCst);
        if seed >= end {
            return;
        }
        slot.begin(seed);
        let began = processor_s();
        let outcome = std::panic::catch_unwind(|| run(cases, &mut Random::new(seed), &|text| slot.tell(text)));
        let took = processor_s() - began;
        slot.end();
        let mut sum = sum.lock().unwrap();
        sum.longest = sum.longest.max(took);
        let fault = match outcome {
            Ok(Ok(tally)) => {
                sum.tally.right += tally.right;
                sum.tally.all += tally.all;
                (took > SECONDS_MAX).then(|| format!("{took:.1} s"))
            }
            Ok(Err(fault)) => Some(fault),
            Err(_) => Some("panicked".to_owned()),
        };
        if let Some(fault) = fault {
            sum.faults += 1;
            println!("{kind}, seed {seed}: {fault}; repeat it with: make fuzz SEED={seed}");
        }
    }
}

/// The processor time of this thread.
fn processor_s() -> f64 {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    times.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(0.0, |ns| ns / 1e9)
}

/// The most memory that the process ever held.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    peak.unwrap_or(0) << 10
}
