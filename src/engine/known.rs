//! The events that are known already.
//!
//! 1. An identity is 16 bytes of hashes ([`Identity`]); all of them are in memory, so that a new event costs no reading. After
//!    a start the writer reads them before it takes anything, while others read already.
//! 2. [`Known::verdict`] tells an event that was seen before from another one that bears its id.

use crate::store::Identity;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The identities of all stored events, or of those of a commit in progress.
#[derive(Default)]
pub struct Known {
    bodies: HashMap<[u8; 10], [u8; 6], BuildHasherDefault<Spread>>,
}

/// What is known of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It was never seen.
    New,
    /// It was seen, with this body.
    Same,
    /// Another event bears its source and id.
    Other,
}

impl Known {
    /// Room for so many events.
    pub fn with_room(events: usize) -> Known {
        Known { bodies: HashMap::with_capacity_and_hasher(events, BuildHasherDefault::default()) }
    }

    /// What is known of an event.
    pub fn verdict(&self, identity: Identity) -> Seen {
        match self.bodies.get(&identity.id) {
            None => Seen::New,
            Some(body) if *body == identity.body => Seen::Same,
            Some(_) => Seen::Other,
        }
    }

    /// Adds an event.
    pub fn insert(&mut self, identity: Identity) {
        self.bodies.insert(identity.id, identity.body);
    }

    /// Adds the events of a commit.
    pub fn extend(&mut self, other: Known) {
        self.bodies.extend(other.bodies);
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }
}

/// Ids are parts of a cryptographic hash: they are spread evenly already.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_be_bytes(*first);
        }
    }

    /// The length of an id says nothing.
    fn write_usize(&mut self, _: usize) {}
}
