//! What happens in a simulation, drawn from its seed before it begins.

use crate::random::Random;
use crate::world::{HOUR, Receiver, Reply, SECOND, World};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Something that the driver does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Turn the lamps of these shops on or off: one event each, in one request.
    Toggle(Vec<usize>),
    /// Let the engine look at the clock.
    Tick,
    /// Let the store rest.
    Rest,
    /// Set the wall clock ahead or back.
    Jump(i64),
    /// Give an endpoint another secret.
    Rotate(usize),
    /// Enable an endpoint again that was disabled.
    Enable(usize),
    /// Let the power fail at the n-th write from now on.
    CutAtWrite(i64),
    /// Kill the program at the n-th request from now on.
    KillAtRequest(u32),
    /// Kill it now.
    Kill,
    /// End it and start it again.
    Restart,
}

/// The steps, each with the time that passes before it.
pub type Plan = Vec<(i64, Step)>;

pub const SHOPS: [&str; 3] = ["us", "de", "cn"];

pub fn secret(random: &mut Random) -> String {
    let bytes: Vec<u8> = (0..4).flat_map(|_| random.next().to_le_bytes()).collect();
    format!("whsec_{}", STANDARD.encode(bytes))
}

/// The receivers and the steps of a seed.
pub fn draw(world: &World) -> Plan {
    let mut state = world.state();
    let n_receivers = 1 + state.random.index(3);
    for n in 0..n_receivers {
        let id = format!("ep_{n}");
        let secrets = vec![secret(&mut state.random)];
        let moods = moods(&mut state.random);
        state.say(&format!("{id} is in the moods {moods:?}"));
        state.receivers.push(Receiver { id, secrets, moods, ..Receiver::default() });
    }
    let random = &mut state.random;
    let n_steps = 5 + random.index(6);
    let mut plan: Plan = (0..n_steps).map(|_| (pause(random), step(random, n_receivers))).collect();
    plan.push((pause(random), Step::Toggle(vec![0])));
    plan
}

fn moods(random: &mut Random) -> Vec<Reply> {
    let n = 1 + random.index(4);
    let mut moods: Vec<Reply> = (0..n).map(|_| mood(random)).collect();
    if random.chance(80) {
        moods.push(Reply::Ok);
    }
    moods
}

fn mood(random: &mut Random) -> Reply {
    match random.below(16) {
        0 => Reply::Hang,
        1 => Reply::HangTaken,
        2 => Reply::Reset,
        3 => Reply::ResetTaken,
        4 => Reply::Status(500),
        5 => Reply::Status(404),
        6 => Reply::RetryAfter(random.within(1, 7_200)),
        7 => Reply::Redirect,
        8 => Reply::Late(random.within(100, 25_000)),
        9 => Reply::Drip,
        10 => Reply::Flood,
        11 if random.chance(30) => Reply::Gone,
        _ => Reply::Ok,
    }
}

fn pause(random: &mut Random) -> i64 {
    match random.below(10) {
        0..=2 => random.within(0, 300_000),
        3..=5 => random.within(0, 20 * SECOND),
        6..=8 => random.within(0, HOUR / 2),
        _ => random.within(0, 8 * HOUR),
    }
}

fn step(random: &mut Random, n_receivers: usize) -> Step {
    match random.below(20) {
        0..=8 => Step::Toggle((0..=random.index(4)).map(|_| random.index(SHOPS.len())).collect()),
        9 => Step::Tick,
        10 => Step::Rest,
        11..=12 => {
            let far = *random.pick(&[2 * SECOND, 600 * SECOND, 72 * HOUR]);
            Step::Jump(random.within(-far, far))
        }
        13 => Step::Rotate(random.index(n_receivers)),
        14 => Step::Enable(random.index(n_receivers)),
        15..=16 => Step::CutAtWrite(random.within(1, 40)),
        17 => Step::KillAtRequest(u32::try_from(random.within(1, 6)).unwrap()),
        18 => Step::Kill,
        _ => Step::Restart,
    }
}
