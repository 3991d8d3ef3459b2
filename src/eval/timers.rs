//! When tracks must be looked at though no event comes.
//!
//! 1. Most wait for a midnight or an instant of a schedule, thousands for the same one: they lie together, by instant.
//! 2. Those of one instant come in the order of rule and scope.

use super::ScopeId;
use super::step::Key;
use crate::time::Instant;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// The tracks that wait for an instant.
#[derive(Debug, Default)]
pub(super) struct Timers {
    by_instant: BTreeMap<Instant, Waiting>,
}

/// A rule and a scope, closely packed.
type Packed = (u32, ScopeId);

/// Those that wait for one instant; there is no instant for which none does.
#[derive(Debug)]
enum Waiting {
    One(Packed),
    Many(BTreeSet<Packed>),
}

impl Timers {
    /// The earliest instant for which a track waits.
    pub(super) fn first(&self) -> Option<Instant> {
        self.by_instant.keys().next().copied()
    }

    /// Puts down a track.
    pub(super) fn insert(&mut self, at: Instant, key: Key) {
        let new = packed(key);
        match self.by_instant.entry(at) {
            Entry::Vacant(free) => {
                free.insert(Waiting::One(new));
            }
            Entry::Occupied(mut taken) => match taken.get_mut() {
                Waiting::One(known) => *taken.get_mut() = Waiting::Many(BTreeSet::from([*known, new])),
                Waiting::Many(keys) => {
                    keys.insert(new);
                }
            },
        }
    }

    /// Strikes out a track that was put down for an instant.
    pub(super) fn remove(&mut self, at: Instant, key: Key) {
        let Entry::Occupied(mut taken) = self.by_instant.entry(at) else { return };
        let old = packed(key);
        let is_empty = match taken.get_mut() {
            Waiting::One(known) => *known == old,
            Waiting::Many(keys) => {
                keys.remove(&old);
                keys.is_empty()
            }
        };
        if is_empty {
            taken.remove();
        }
    }

    /// Takes out the first track that waits for an instant no later than another one.
    pub(super) fn pop(&mut self, until: Instant) -> Option<(Instant, Key)> {
        let mut first = self.by_instant.first_entry().filter(|first| *first.key() <= until)?;
        let at = *first.key();
        let (rule, scope) = match first.get_mut() {
            Waiting::One(key) => {
                let key = *key;
                first.remove();
                key
            }
            Waiting::Many(keys) => {
                let key = keys.pop_first()?;
                if keys.is_empty() {
                    first.remove();
                }
                key
            }
        };
        Some((at, (rule as usize, scope)))
    }
}

fn packed((rule, scope): Key) -> Packed {
    (u32::try_from(rule).unwrap_or(u32::MAX), scope)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Puts down, strikes out and takes out at random, beside a plain set.
    #[test]
    fn timers_are_a_set_of_instants_and_tracks() {
        let (mut timers, mut plain, mut random) = (Timers::default(), BTreeSet::new(), 88_172_645_463_325_252u64);
        let mut draw = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        for _ in 0..20_000 {
            let at = Instant(i64::try_from(draw(6)).unwrap());
            let key = (usize::try_from(draw(3)).unwrap(), ScopeId(u32::try_from(draw(4)).unwrap()));
            match draw(5) {
                0 | 1 => {
                    timers.insert(at, key);
                    plain.insert((at, key));
                }
                2 | 3 => {
                    timers.remove(at, key);
                    plain.remove(&(at, key));
                }
                _ => {
                    let first = plain.first().copied().filter(|(first, _)| *first <= at);
                    first.iter().for_each(|first| assert!(plain.remove(first)));
                    assert_eq!(timers.pop(at), first);
                }
            }
            assert_eq!(timers.first(), plain.first().map(|(at, _)| *at));
        }
    }
}
