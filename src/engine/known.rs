//! The events that are known already.
//!
//! 1. Of the events that came since the start, and of those in blocks that were asked for since, the identity is in memory
//!    ([`Identity`]); of all others its first bytes with the block that holds the event ([`Mark`]).
//! 2. [`Known::verdict`] tells an event that was seen before from another one that bears its id. Where only a mark speaks for
//!    it, it names the block that may hold the event; [`Known::read`] takes its identities in, once.

use crate::store::{Identity, Mark};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The identities of all stored events, or of those of a commit in progress.
#[derive(Default)]
pub struct Known {
    bodies: HashMap<[u8; 10], [u8; 6], Spread>,
    /// A second body that an event may have said: at the moment of its arrival, with its time or without.
    also: HashMap<[u8; 10], [u8; 6], Spread>,
    marks: HashMap<Mark, Block, Spread>,
    /// Marks that an event of another block has too.
    twins: Vec<(Mark, Block)>,
}

/// The number of a block: five bytes, as a mark.
type Block = [u8; 5];

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

/// The number of a block that may hold an event and has to be read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread(pub u64);

impl Known {
    /// Room for the marks of so many events.
    pub fn with_room(events: usize) -> Known {
        Known { marks: HashMap::with_capacity_and_hasher(events, Spread::default()), ..Known::default() }
    }

    /// What is known of an event.
    ///
    /// # Errors
    /// When a block has to be read first.
    pub fn verdict(&self, identity: Identity) -> Result<Seen, Unread> {
        if let Some(body) = self.bodies.get(&identity.id) {
            let is_same = *body == identity.body || self.also.get(&identity.id) == Some(&identity.body);
            return Ok(if is_same { Seen::Same } else { Seen::Other });
        }
        let mark = identity.mark();
        let twin = || self.twins.iter().find(|(one, _)| *one == mark).map(|(_, block)| block);
        self.marks.get(&mark).or_else(twin).map_or(Ok(Seen::New), |block| Err(Unread(number(block))))
    }

    /// Adds an event.
    pub fn insert(&mut self, identity: Identity) {
        self.bodies.insert(identity.id, identity.body);
    }

    /// Adds the mark of an event in a block.
    pub fn insert_mark(&mut self, mark: Mark, block: u64) {
        let [_, _, _, block @ ..] = block.to_be_bytes();
        if let Some(other) = self.marks.insert(mark, block).filter(|other| *other != block) {
            self.twins.push((mark, other));
        }
    }

    /// Adds the events of a block whose marks are known, which they replace; an event may come with two bodies.
    pub fn read(&mut self, block: u64, identities: Vec<Identity>) {
        let [_, _, _, block @ ..] = block.to_be_bytes();
        for identity in identities {
            let mark = identity.mark();
            if self.marks.get(&mark) == Some(&block) {
                self.marks.remove(&mark);
            }
            if let Some(first) = self.bodies.insert(identity.id, identity.body) {
                self.also.insert(identity.id, first);
            }
        }
        self.twins.retain(|(_, other)| *other != block);
    }

    /// Adds the events of a commit.
    pub fn extend(&mut self, other: Known) {
        self.bodies.extend(other.bodies);
    }

    /// Whether there is no event.
    pub fn is_empty(&self) -> bool {
        self.bodies.is_empty() && self.marks.is_empty()
    }
}

fn number(block: &Block) -> u64 {
    let [a, b, c, d, e] = *block;
    u64::from_be_bytes([0, 0, 0, a, b, c, d, e])
}

type Spread = BuildHasherDefault<First>;

/// Ids are parts of a cryptographic hash: their first bytes are spread evenly already.
#[derive(Default)]
struct First(u64);

impl Hasher for First {
    fn finish(&self) -> u64 {
        // A table looks at both ends of the number.
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    }

    /// The length of an id says nothing.
    fn write_usize(&mut self, _: usize) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_leads_to_the_blocks_that_may_hold_an_event() {
        let identity = |id: u128, body: u64| Identity::of(id << 48, body << 16);
        let (first, twin, other) = (identity(1, 1), identity(2, 1), identity(1 << 60, 1));
        assert_eq!(first.mark(), twin.mark());
        let mut known = Known::default();
        known.insert_mark(first.mark(), 3);
        known.insert_mark(twin.mark(), 1 << 33);
        known.insert_mark(other.mark(), 3);
        let [in_first, in_second] = [Err(Unread(3)), Err(Unread(1 << 33))];
        assert_eq!(known.verdict(first), in_second);
        known.read(1 << 33, vec![twin]);
        assert_eq!((known.verdict(twin), known.verdict(identity(2, 2))), (Ok(Seen::Same), Ok(Seen::Other)));
        assert_eq!((known.verdict(first), known.verdict(other)), (in_first, in_first));
        known.read(3, vec![first, other, identity(1, 4)]);
        assert_eq!(known.verdict(identity(1, 4)), Ok(Seen::Same));
        assert_eq!(
            (known.verdict(first), known.verdict(other), known.verdict(identity(3, 1))),
            (Ok(Seen::Same), Ok(Seen::Same), Ok(Seen::New))
        );
    }
}
