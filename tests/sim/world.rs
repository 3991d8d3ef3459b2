//! What is outside of the program under test: time, receivers, the journal. It lives on when the program crashes.
//!
//! 1. Time is simulated: it has passed in the lives before, and passes in this one as the paused clock of the runtime
//!    does. The wall clock differs from it by a skew that jumps.
//! 2. A [`Receiver`] keeps what it got, whatever it answered.
//! 3. The journal has a line for everything that happens; what must not happen goes to the faults.

use crate::disk::Disk;
use crate::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use steelyard::engine::ManualClock;
use steelyard::time::Instant;
use tokio::sync::Notify;
use tokio::time::Instant as Moment;

pub const SECOND: i64 = 1_000_000;
pub const HOUR: i64 = 3_600 * SECOND;

/// When every simulation begins: 2026-03-10T12:00:00Z.
pub const START: i64 = 1_773_144_000 * SECOND;

/// What a receiver does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Ok,
    Status(u16),
    /// 503 and so many seconds.
    RetryAfter(i64),
    Redirect,
    Hang,
    /// Takes the message and never answers.
    HangTaken,
    Reset,
    /// Takes the message and breaks the connection.
    ResetTaken,
    /// Takes the message and answers after so many milliseconds.
    Late(i64),
    /// Takes the message and answers one byte a second.
    Drip,
    /// Takes the message and answers without an end.
    Flood,
    Gone,
}

impl Reply {
    /// Whether the receiver keeps the message.
    pub fn takes(self) -> bool {
        matches!(self, Reply::Ok | Reply::HangTaken | Reply::ResetTaken | Reply::Late(_) | Reply::Drip | Reply::Flood)
    }
}

/// The attempts for one message.
#[derive(Debug, Clone, Default)]
pub struct Tries {
    pub n: usize,
    pub first_life: u32,
    pub last_life: u32,
    pub ended_us: Option<i64>,
    pub retry_after_s: i64,
}

#[derive(Debug, Default)]
pub struct Receiver {
    pub id: String,
    pub secrets: Vec<String>,
    /// What it draws its replies from.
    pub moods: Vec<Reply>,
    /// The ids of the messages in the order of their arrival, repeats left out.
    pub order: Vec<String>,
    pub bodies: BTreeMap<String, Vec<u8>>,
    /// Messages that were answered with success in time.
    pub accepted: BTreeSet<String>,
    pub tries: BTreeMap<String, Tries>,
    /// Requests under way, by lane.
    pub lanes: BTreeMap<String, u32>,
    /// Requests under way.
    pub requests: u32,
}

/// The messages of a request with their ids: itself, or those of a group.
pub fn members(id: &str, body: &[u8]) -> Vec<(String, Vec<u8>)> {
    #[derive(serde::Deserialize)]
    struct Group<'a> {
        #[serde(borrow)]
        data: Members<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Members<'a> {
        #[serde(borrow)]
        alerts: Vec<Member<'a>>,
    }
    #[derive(serde::Deserialize)]
    struct Member<'a> {
        webhook_id: String,
        #[serde(borrow)]
        message: &'a serde_json::value::RawValue,
    }
    match serde_json::from_slice::<Group<'_>>(body) {
        Ok(group) => group.data.alerts.into_iter().map(|one| (one.webhook_id, one.message.get().as_bytes().to_vec())).collect(),
        Err(_) => vec![(id.to_owned(), body.to_vec())],
    }
}

/// A message that is on its way although its sender no longer waits.
#[derive(Debug, Clone)]
pub struct Stray {
    pub at_us: i64,
    pub to: usize,
    pub id: String,
    pub body: Vec<u8>,
}

pub struct State {
    pub random: Random,
    /// How much time had passed when this life began.
    past_us: i64,
    born: Option<Moment>,
    pub life: u32,
    pub skew_us: i64,
    pub journal: String,
    pub faults: Vec<String>,
    pub receivers: Vec<Receiver>,
    pub strays: Vec<Stray>,
    pub duplicates: usize,
    /// All receivers work from now on.
    pub healed: bool,
    /// Requests until the program is killed.
    pub fuse: Option<u32>,
}

impl State {
    pub fn now_us(&self) -> i64 {
        let passed = self.born.map_or(0, |born| i64::try_from(born.elapsed().as_micros()).unwrap());
        self.past_us + passed
    }

    pub fn say(&mut self, line: &str) {
        let now = self.now_us();
        let _ = writeln!(self.journal, "{:>10}.{:03} {line}", now / SECOND, now % SECOND / 1_000);
    }

    pub fn fault(&mut self, what: String) {
        self.say(&format!("FAULT {what}"));
        self.faults.push(what);
    }

    /// A message has arrived.
    pub fn take(&mut self, to: usize, id: &str, body: &[u8]) {
        let now = self.now_us();
        let mut strays: Vec<Stray> = self.strays.extract_if(.., |stray| stray.at_us <= now).collect();
        strays.sort_by(|a, b| (a.at_us, &a.id).cmp(&(b.at_us, &b.id)));
        for stray in strays {
            self.say(&format!("a stray copy of {} arrives at {}", stray.id, stray.to));
            self.keep(stray.to, &stray.id, &stray.body);
        }
        self.keep(to, id, body);
    }

    /// Keeps a message; of a group, the group and each message in it.
    fn keep(&mut self, to: usize, id: &str, body: &[u8]) {
        let members = members(id, body);
        let is_group = members.len() != 1 || members[0].0 != id;
        if is_group {
            self.keep_one(to, id, body, false);
        }
        for (id, body) in members {
            self.keep_one(to, &id, &body, true);
        }
    }

    fn keep_one(&mut self, to: usize, id: &str, body: &[u8], is_message: bool) {
        let receiver = &mut self.receivers[to];
        match receiver.bodies.get(id) {
            None => {
                receiver.bodies.insert(id.to_owned(), body.to_vec());
                receiver.order.extend(is_message.then(|| id.to_owned()));
            }
            Some(known) => {
                let same = known == body;
                self.duplicates += usize::from(is_message);
                if !same {
                    self.fault(format!("{id} changed between two attempts"));
                }
            }
        }
    }
}

pub struct World {
    state: Mutex<State>,
    /// Rings when the program is to be killed at once.
    pub bell: Arc<Notify>,
    pub disk: Arc<Disk>,
    /// The clock that the engine reads.
    pub clock: Arc<ManualClock>,
    dying: AtomicBool,
}

impl World {
    pub fn new(seed: u64) -> World {
        let bell = Arc::new(Notify::new());
        let ring = Arc::clone(&bell);
        let state = State {
            random: Random::new(seed),
            past_us: 0,
            born: None,
            life: 0,
            skew_us: 0,
            journal: String::new(),
            faults: Vec::new(),
            receivers: Vec::new(),
            strays: Vec::new(),
            duplicates: 0,
            healed: false,
            fuse: None,
        };
        World {
            state: Mutex::new(state),
            bell,
            disk: Arc::new(Disk::new(move || ring.notify_one())),
            clock: Arc::new(ManualClock::new(Instant(START))),
            dying: AtomicBool::new(false),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn say(&self, line: &str) {
        self.state().say(line);
    }

    /// What the wall clock shows.
    pub fn wall(&self) -> Instant {
        let state = self.state();
        Instant(START + state.now_us() + state.skew_us)
    }

    /// Lets the engine see the time.
    pub fn show_clock(&self) {
        self.clock.set(self.wall());
    }

    /// The program starts. Called inside its runtime.
    pub fn begin(&self) {
        self.dying.store(false, Ordering::SeqCst);
        let mut state = self.state();
        state.born = Some(Moment::now());
        state.life += 1;
        let life = state.life;
        state.say(&format!("life {life} begins"));
    }

    /// The program dies: no time passes until the next life, and nothing that it still does counts.
    pub fn end(&self, how: &str) {
        let mut state = self.state();
        state.say(how);
        state.past_us = state.now_us();
        state.born = None;
        state.fuse = None;
        for receiver in &mut state.receivers {
            receiver.lanes.clear();
            receiver.requests = 0;
        }
        drop(state);
        self.dying.store(true, Ordering::SeqCst);
        self.disk.cut();
    }

    /// The power has failed, or the request has started at which the program is to be killed.
    pub fn must_die(&self) -> bool {
        self.disk.has_failed() || self.state().fuse == Some(0)
    }

    pub fn is_dying(&self) -> bool {
        self.dying.load(Ordering::SeqCst)
    }
}
