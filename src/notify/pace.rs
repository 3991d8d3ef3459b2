//! How often an endpoint is sent something: a bucket of tokens each, on a clock that never jumps.
//!
//! 1. A [`Turn`] says whether something may go out now, and for how many messages the tokens last.
//! 2. Half of what a minute may see is saved up at most, the other half flows in over the minute: no minute, wherever it
//!    begins, sees more than the whole.
//! 3. A service that says it got too much holds everything up for as long as it asks.
//! 4. When a service refuses a digest for good, one message in it may be to blame: for a while each goes out by itself.
//!
//! Nothing of this is stored: after a restart every bucket is full.

use super::kind::Rate;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant as Moment;

const MINUTE: Duration = Duration::from_secs(60);

/// How long no digests are made after one was refused.
const SINGLY: Duration = Duration::from_secs(600);

/// Whether something may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Now, and so many messages altogether.
    Now(u32),
    /// After this time.
    In(Duration),
}

/// The buckets of all endpoints.
#[derive(Default)]
pub(super) struct Paces(Mutex<HashMap<String, Pace>>);

/// The bucket of one endpoint.
#[derive(Default, Clone, Copy)]
struct Pace {
    /// When it will be full again, if nothing is taken.
    full_at: Option<Moment>,
    /// When something went out last.
    last: Option<Moment>,
    /// Until when nothing may go out, because the service says so.
    held_until: Option<Moment>,
    /// Until when each message goes out by itself.
    singly_until: Option<Moment>,
}

impl Paces {
    /// Whether something may go out.
    pub(super) fn turn(&self, endpoint: &str, rate: Rate, now: Moment) -> Turn {
        self.lock().get(endpoint).copied().unwrap_or_default().turn(rate, now)
    }

    /// Takes a token.
    pub(super) fn take(&self, endpoint: &str, rate: Rate, now: Moment) {
        let mut paces = self.lock();
        let pace = paces.entry(endpoint.to_owned()).or_default();
        pace.last = Some(now);
        if let Some(bucket) = Bucket::of(rate) {
            pace.full_at = Some(pace.full_at.map_or(now, |at| at.max(now)) + bucket.interval);
        }
    }

    /// Lets nothing out until then.
    pub(super) fn hold(&self, endpoint: &str, until: Moment) {
        self.lock().entry(endpoint.to_owned()).or_default().held_until = Some(until);
    }

    /// Makes no digests for a while.
    pub(super) fn send_singly(&self, endpoint: &str, now: Moment) {
        self.lock().entry(endpoint.to_owned()).or_default().singly_until = Some(now + SINGLY);
    }

    /// Whether each message goes out by itself now.
    pub(super) fn sends_singly(&self, endpoint: &str, now: Moment) -> bool {
        self.lock().get(endpoint).and_then(|pace| pace.singly_until).is_some_and(|until| now < until)
    }

    /// Drops the bucket of an endpoint that is gone.
    pub(super) fn forget(&self, endpoint: &str) {
        self.lock().remove(endpoint);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Pace>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pace {
    fn turn(self, rate: Rate, now: Moment) -> Turn {
        let left = |until: Option<Moment>| until.map_or(Duration::ZERO, |until| until.saturating_duration_since(now));
        let mut wait = left(self.held_until).max(left(self.last.map(|last| last + rate.gap)));
        let mut tokens = u32::MAX;
        if let Some(bucket) = Bucket::of(rate) {
            let missing = left(self.full_at);
            tokens = bucket.tokens(missing);
            if tokens == 0 {
                wait = wait.max(missing.saturating_sub(bucket.interval * (bucket.burst - 1)));
            }
        }
        if wait.is_zero() { Turn::Now(tokens) } else { Turn::In(wait) }
    }
}

/// The size of a bucket, and how long a token takes to flow in.
#[derive(Clone, Copy)]
struct Bucket {
    burst: u32,
    interval: Duration,
}

impl Bucket {
    fn of(rate: Rate) -> Option<Bucket> {
        let per_min = rate.per_min?.max(1);
        let burst = (per_min / 2).max(1);
        Some(Bucket { burst, interval: MINUTE / (per_min - burst).max(1) })
    }

    /// How many tokens are there, when the bucket needs so long to be full.
    fn tokens(self, missing: Duration) -> u32 {
        let spent = missing.as_nanos().div_ceil(self.interval.as_nanos().max(1));
        self.burst.saturating_sub(u32::try_from(spent).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_min: u32, gap_ms: u64) -> Rate {
        Rate { per_min: Some(per_min), gap: Duration::from_millis(gap_ms) }
    }

    /// Sends as often as it may and says when, in milliseconds.
    fn sent(rate: Rate, for_ms: u64) -> Vec<u64> {
        let (paces, start) = (Paces::default(), Moment::now());
        let (mut at, mut sent) = (Duration::ZERO, Vec::new());
        while at.as_millis() < u128::from(for_ms) {
            match paces.turn("e", rate, start + at) {
                Turn::Now(_) => {
                    paces.take("e", rate, start + at);
                    sent.push(u64::try_from(at.as_millis()).unwrap_or(0));
                }
                Turn::In(wait) => at += wait,
            }
        }
        sent
    }

    #[test]
    fn no_minute_sees_more_than_the_rate() {
        for per_min in [1, 2, 3, 20, 24, 60, 100, 120] {
            let sent = sent(rate(per_min, 0), 300_000);
            let most = sent.iter().map(|from| sent.iter().filter(|at| (*from..from + 60_000).contains(at)).count()).max();
            assert!(most.is_some_and(|most| most <= usize::try_from(per_min).unwrap_or(0)), "{per_min}: {most:?}");
            assert!(sent.len() >= usize::try_from(per_min).unwrap_or(0) * 2, "{per_min}: only {} in five minutes", sent.len());
        }
    }

    #[test]
    fn messages_keep_their_distance() {
        assert!(sent(rate(60, 1_000), 60_000).windows(2).all(|pair| pair[1] - pair[0] >= 1_000));
    }

    #[test]
    fn a_service_can_hold_everything_up() {
        let (paces, now) = (Paces::default(), Moment::now());
        let free = Rate { per_min: None, gap: Duration::ZERO };
        assert_eq!(paces.turn("e", free, now), Turn::Now(u32::MAX));
        paces.hold("e", now + Duration::from_secs(600));
        assert_eq!(paces.turn("e", free, now), Turn::In(Duration::from_secs(600)));
        assert_eq!(paces.turn("e", free, now + Duration::from_secs(601)), Turn::Now(u32::MAX));
        paces.forget("e");
        assert_eq!(paces.turn("e", rate(20, 0), now), Turn::Now(10));
    }
}
