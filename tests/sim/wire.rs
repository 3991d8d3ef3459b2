//! The simulated network between the sender and the receivers.
//!
//! 1. A request is under way for a while, arrives, and is answered as its receiver feels like.
//! 2. A request whose sender gives up or dies may still arrive later.
//! 3. Each request is looked at: it goes where it may, is signed, alone in its lane, and not sooner than its schedule says.

use crate::world::{HOUR, Reply, SECOND, START, State, Stray, Tries, World, members};
use futures_util::stream;
use std::sync::Arc;
use std::time::Duration;
use steelyard::notify::network::{Exchange, Network};
use steelyard::notify::schedule::DELAYS_S;
use steelyard::notify::sign::sign;

/// How long a delivery may wait for others of its endpoint, beyond what its schedule says.
const SLACK_US: i64 = HOUR;
/// The most that is sent to one endpoint at once.
const AT_ONCE_MAX: u32 = 8;
/// More than this of an answer must not be read.
const READ_MAX: usize = 128 << 10;

pub struct Wire(pub Arc<World>);

impl Network for Wire {
    fn exchange(&self, request: reqwest::Request) -> Exchange {
        let world = Arc::clone(&self.0);
        Box::pin(async move { Flight::start(world, &request)?.fly().await })
    }
}

/// A request under way.
struct Flight {
    world: Arc<World>,
    to: usize,
    id: String,
    lanes: Vec<String>,
    body: Vec<u8>,
    fate: Fate,
    arrived: bool,
}

/// What becomes of a request, drawn when it starts.
struct Fate {
    there: Duration,
    back: Duration,
    reply: Reply,
    /// When it arrives although nobody waits any more.
    stray_us: Option<i64>,
}

impl Flight {
    fn start(world: Arc<World>, request: &reqwest::Request) -> Result<Flight, String> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let id = header("webhook-id");
        let body = request.body().and_then(|body| body.as_bytes()).unwrap_or_default().to_vec();
        let mut state = world.state();
        let host = request.url().host_str().unwrap_or_default();
        let Some(to) = host.strip_prefix("10.1.0.").and_then(|n| n.parse().ok()).filter(|to| *to < state.receivers.len()) else {
            state.fault(format!("a request to {host}"));
            return Err("no such place".to_owned());
        };
        let signed = (header("webhook-timestamp"), header("webhook-signature"));
        check_signature(&mut state, to, &id, &body, &signed);
        check_schedule(&mut state, to, &id);
        let lane = |(id, body): &(String, Vec<u8>)| {
            let payload: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            payload["data"]["id"].as_str().unwrap_or(id).to_owned()
        };
        let lanes: Vec<String> = members(&id, &body).iter().map(lane).collect();
        check_lanes(&mut state, to, &lanes);
        let fate = draw(&mut state, to);
        state.say(&format!("{id} goes to {to}: {:?} after {} ms", fate.reply, fate.there.as_millis()));
        if let Some(left) = &mut state.fuse {
            *left = left.saturating_sub(1);
            if *left == 0 {
                world.bell.notify_one();
            }
        }
        drop(state);
        Ok(Flight { world, to, id, lanes, body, fate, arrived: false })
    }

    async fn fly(mut self) -> Result<reqwest::Response, String> {
        tokio::time::sleep(self.fate.there).await;
        self.arrive();
        match self.fate.reply {
            Reply::Hang | Reply::HangTaken => std::future::pending::<()>().await,
            Reply::Late(ms) => tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap())).await,
            _ => {}
        }
        tokio::time::sleep(self.fate.back).await;
        let answer = axum::http::Response::builder();
        let answer = match self.fate.reply {
            Reply::Reset | Reply::ResetTaken => return Err("the exchange broke off: reset".to_owned()),
            Reply::Status(status) => answer.status(status),
            Reply::Gone => answer.status(410),
            Reply::RetryAfter(seconds) => answer.status(503).header("retry-after", seconds),
            Reply::Redirect => answer.status(307).header("location", "http://10.1.0.250/hook"),
            _ => answer.status(200),
        };
        if self.fate.reply.takes() {
            let mut state = self.world.state();
            let receiver = &mut state.receivers[self.to];
            receiver.accepted.extend(members(&self.id, &self.body).into_iter().map(|(id, _)| id));
        }
        let body = match self.fate.reply {
            Reply::Drip => drip(),
            Reply::Flood => flood(Arc::clone(&self.world)),
            _ => reqwest::Body::from(""),
        };
        Ok(answer.body(body).unwrap().into())
    }

    fn arrive(&mut self) {
        self.arrived = true;
        let mut state = self.world.state();
        if self.fate.reply.takes() {
            state.take(self.to, &self.id, &self.body);
        }
        if let Reply::RetryAfter(seconds) = self.fate.reply {
            state.receivers[self.to].tries.entry(self.id.clone()).or_default().retry_after_s = seconds;
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut state = self.world.state();
        if let Some(at_us) = self.fate.stray_us.filter(|_| !self.arrived && self.fate.reply.takes()) {
            state.strays.push(Stray { at_us, to: self.to, id: self.id.clone(), body: self.body.clone() });
        }
        if self.world.is_dying() {
            return;
        }
        let now = state.now_us();
        let receiver = &mut state.receivers[self.to];
        if let Some(tries) = receiver.tries.get_mut(&self.id) {
            tries.ended_us = Some(now);
        }
        receiver.requests = receiver.requests.saturating_sub(1);
        for lane in &self.lanes {
            if let Some(n) = receiver.lanes.get_mut(lane) {
                *n -= 1;
            }
        }
    }
}

fn draw(state: &mut State, to: usize) -> Fate {
    let now = state.now_us();
    let healed = state.healed;
    let there_ms = if !healed && state.random.chance(3) { state.random.within(5_000, 40_000) } else { state.random.within(1, 200) };
    let back_ms = state.random.within(1, 100);
    let moods = state.receivers[to].moods.clone();
    let drawn = *state.random.pick(&moods);
    let stray_us = state.random.chance(50).then(|| now + there_ms * 1_000 + state.random.within(0, 30 * SECOND));
    let millis = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap());
    Fate { there: millis(there_ms), back: millis(back_ms), reply: if healed { Reply::Ok } else { drawn }, stray_us }
}

fn check_signature(state: &mut State, to: usize, id: &str, body: &[u8], (timestamp, signature): &(String, String)) {
    let wall_s = (START + state.now_us() + state.skew_us).div_euclid(SECOND);
    let at: i64 = timestamp.parse().unwrap_or_default();
    if at != wall_s {
        state.fault(format!("{id} is stamped {at} at {wall_s}"));
    }
    if *signature != sign(&state.receivers[to].secrets, id, at, body) {
        state.fault(format!("{id} is not signed with every live secret"));
    }
}

/// A message is tried again when its schedule says so by a clock that only runs forward, whatever the wall clock does.
fn check_schedule(state: &mut State, to: usize, id: &str) {
    let (now, life) = (state.now_us(), state.life);
    let tries = state.receivers[to].tries.entry(id.to_owned()).or_default();
    let before = tries.clone();
    *tries = Tries { n: before.n + 1, last_life: life, retry_after_s: 0, ended_us: None, ..before.clone() };
    if before.n == 0 {
        tries.first_life = life;
        return;
    }
    let (Some(ended), true) = (before.ended_us, before.last_life == life && before.first_life == life) else { return };
    let delay = DELAYS_S.get(before.n).copied().unwrap_or(i64::MAX / HOUR) * SECOND;
    let (least, most) = ((delay / 10 * 9).max(before.retry_after_s * SECOND), (delay / 10 * 11).max(before.retry_after_s * SECOND));
    let waited = now - ended;
    if waited < least || waited > most + SLACK_US {
        state.fault(format!("attempt {} of {id} came {} s after the one before", before.n + 1, waited / SECOND));
    }
}

fn check_lanes(state: &mut State, to: usize, lanes: &[String]) {
    for lane in lanes {
        let n = state.receivers[to].lanes.entry(lane.to_owned()).or_default();
        *n += 1;
        let in_lane = *n;
        if in_lane > 1 {
            state.fault(format!("{in_lane} messages of {lane} are under way to {to} at once"));
        }
    }
    state.receivers[to].requests += 1;
    let all = state.receivers[to].requests;
    if all > AT_ONCE_MAX {
        state.fault(format!("{all} requests are under way to {to} at once"));
    }
}

/// One byte a second, for ever.
fn drip() -> reqwest::Body {
    reqwest::Body::wrap_stream(stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        Some((Ok::<_, std::io::Error>(vec![b'.']), ()))
    }))
}

/// Bytes without an end.
fn flood(world: Arc<World>) -> reqwest::Body {
    reqwest::Body::wrap_stream(stream::unfold(0, move |read| {
        if read > READ_MAX {
            world.state().fault("an answer without end is read on and on".to_owned());
        }
        std::future::ready((read <= READ_MAX).then(|| (Ok::<_, std::io::Error>(vec![0; 16 << 10]), read + (16 << 10))))
    }))
}
