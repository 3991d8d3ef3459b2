//! Where the engine reads the time from.

use crate::time::Instant;
use std::sync::atomic::{AtomicI64, Ordering};

/// A source of the time. It may jump; the engine's own time never goes back.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Instant;

    /// True when time passes by itself, so that it makes sense to wait for an instant.
    fn runs(&self) -> bool {
        true
    }
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let now = std::time::SystemTime::now();
        // A clock before 1970 is a broken one; the engine's own time stands still until it is right again.
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Instant(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands still until it is set: for tests and the demo.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Instant) -> ManualClock {
        ManualClock(AtomicI64::new(now.0))
    }

    /// Sets the time.
    pub fn set(&self, now: Instant) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }

    fn runs(&self) -> bool {
        false
    }
}
