//! A hash for keys of our own making, such as numbers of metrics and days: fast, and foreseeable. What people or events say
//! is never hashed with it.

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A map by keys of our own making.
pub(super) type QuickMap<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<Quick>>;

/// So many entries are found faster by looking at each than by their hashes.
const FEW: usize = 12;

/// What was worked out by keys of our own making: a list while it is short, as it mostly is, and a map from then on.
#[derive(Debug)]
pub(super) struct Memo<K, V> {
    few: Vec<(K, V)>,
    many: QuickMap<K, V>,
}

impl<K, V> Default for Memo<K, V> {
    fn default() -> Memo<K, V> {
        Memo { few: Vec::new(), many: QuickMap::default() }
    }
}

impl<K: Eq + Hash, V> Memo<K, V> {
    /// What was put in under a key.
    pub(super) fn get(&self, key: &K) -> Option<&V> {
        if self.many.is_empty() {
            return self.few.iter().find(|(own, _)| own == key).map(|(_, value)| value);
        }
        self.many.get(key)
    }

    /// Puts in what was not there.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.many.is_empty() && self.few.len() < FEW {
            self.few.push((key, value));
            return;
        }
        self.many.extend(self.few.drain(..));
        self.many.insert(key, value);
    }
}

/// An odd number without a pattern, to mix with.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// The state of the hash.
#[derive(Debug, Default)]
pub(super) struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(26) ^ word).wrapping_mul(MIX);
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        // The map looks at the highest bits and at the lowest ones.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.mix(u64::from_ne_bytes(*word)));
        rest.iter().for_each(|byte| self.mix((*byte).into()));
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }
}
