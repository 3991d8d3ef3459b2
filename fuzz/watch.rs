//! Who watches that every case comes to an end.
//!
//! 1. Each worker notes in its [`Slot`] which case it has begun, and the text that the case is about.
//! 2. [`Watch::until_done`] looks at the slots now and then. A case that goes on beyond [`deadline`] is named with its text, and the
//!    run ends with a failure: nothing else could end a case that hangs.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often is looked.
const LOOK: Duration = Duration::from_millis(200);

/// How long a case may take by the clock of the wall, on a machine that has other things to do.
fn deadline() -> Duration {
    Duration::from_secs(if cfg!(debug_assertions) { 600 } else { 60 })
}

/// What a worker is at.
#[derive(Default)]
pub struct Slot(Mutex<Option<(u64, Instant, String)>>);

impl Slot {
    /// Notes that a case has begun.
    pub fn begin(&self, seed: u64) {
        *self.0.lock().unwrap() = Some((seed, Instant::now(), String::new()));
    }

    /// Notes what the case is about.
    pub fn tell(&self, text: &str) {
        if let Some((_, _, told)) = &mut *self.0.lock().unwrap() {
            text.clone_into(told);
        }
    }

    /// Notes that the case is over.
    pub fn end(&self) {
        *self.0.lock().unwrap() = None;
    }
}

/// The slots of all workers of one kind of case.
pub struct Watch {
    pub slots: Vec<Slot>,
    done: AtomicBool,
}

impl Watch {
    /// A watch over so many workers.
    pub fn over(workers: usize) -> Watch {
        Watch { slots: (0..workers).map(|_| Slot::default()).collect(), done: AtomicBool::new(false) }
    }

    /// Ends the watch.
    pub fn done(&self) {
        self.done.store(true, Ordering::SeqCst);
    }

    /// Looks until it is told to end.
    pub fn until_done(&self, kind: &str) {
        while !self.done.load(Ordering::SeqCst) {
            for slot in &self.slots {
                let slot = slot.0.lock().unwrap();
                let late = slot.as_ref().filter(|(_, began, _)| began.elapsed() > deadline());
                if let Some((seed, began, text)) = late {
                    println!(
                        "{kind}, seed {seed}: no end after {} s; repeat it with: make fuzz SEED={seed}\n{text}",
                        began.elapsed().as_secs()
                    );
                    std::process::exit(1);
                }
            }
            std::thread::sleep(LOOK);
        }
    }
}
