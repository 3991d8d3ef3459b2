//! Which events are known, by source and id.
//!
//! 1. As long as all events are of one source and their ids rise, as those of most exports do, each is new: it is enough to
//!    compare it with the last one.
//! 2. From the first other one on, all ids lie in a table. They are compared as a whole; hashes only say where to look.

use crate::eval::Columns;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

/// What is known of an event that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is new.
    Never,
    /// One with its source and id stands at this offset of the file.
    At(u64),
}

/// Where an event stands: in which part, and at which place of it.
type Place = (u32, u32);

/// The events that are known.
#[derive(Debug)]
pub struct Known {
    seed: u64,
    parts: Vec<Part>,
    /// The last event, as long as ids rise.
    last: Option<Place>,
    /// All events, from when ids did not rise.
    table: Option<Table>,
}

#[derive(Debug, Default)]
struct Table {
    by_hash: HashMap<u64, Place, BuildHasherDefault<AsItIs>>,
    /// Those whose hash another one has.
    others: HashMap<(Box<str>, Box<str>), Place>,
}

/// Events of one group, or one that was read strictly.
#[derive(Debug)]
enum Part {
    /// Of the rows, so many have been asked for.
    Rows {
        columns: Arc<Columns>,
        offset: u64,
        offsets: Vec<u32>,
        asked: u32,
    },
    Single {
        source: Box<str>,
        id: Box<str>,
        offset: u64,
    },
}

impl Part {
    /// The source, the id and the offset of an event.
    fn event(&self, row: u32) -> Option<(&str, &str, u64)> {
        match self {
            Part::Rows { columns, offset, offsets, .. } => {
                let row = row as usize;
                Some((&columns.source, columns.ids.get(row)?, offset + u64::from(*offsets.get(row)?)))
            }
            Part::Single { source, id, offset } => Some((source, id, *offset)),
        }
    }

    fn asked(&self) -> u32 {
        match self {
            Part::Rows { asked, .. } => *asked,
            Part::Single { .. } => 1,
        }
    }
}

impl Known {
    /// No event. Nobody can foresee hashes who does not know the seed.
    pub fn new(seed: u64) -> Known {
        Known { seed, parts: Vec::new(), last: None, table: None }
    }

    /// Takes in the rows of a group, each with the offset of its line in a batch that begins at an offset. Gives the number
    /// of the part, for [`Known::row`].
    pub fn rows(&mut self, columns: &Arc<Columns>, places: &[(u32, u32)], offset: u64) -> u32 {
        let offsets = places.iter().map(|(_, offset)| *offset).collect();
        self.push(Part::Rows { columns: Arc::clone(columns), offset, offsets, asked: 0 })
    }

    /// Whether all rows of a part are new because ids go on to rise; they are known from now on. The rows of other parts have
    /// to be asked for one by one.
    pub fn all_rise(&mut self, part: u32) -> bool {
        let last = self.last.and_then(|last| self.event(last));
        let Some(Part::Rows { columns, .. }) = self.parts.get(part as usize).filter(|_| self.table.is_none()) else { return false };
        let follows = self.last.is_none() || last.is_some_and(|(source, ..)| *source == *columns.source);
        let n_rows = u32::try_from(columns.len()).unwrap_or(u32::MAX);
        if !follows || n_rows == 0 || !columns.ids.rise(last.map(|(_, id, _)| id)) {
            return false;
        }
        if let Some(Part::Rows { asked, .. }) = self.parts.get_mut(part as usize) {
            *asked = n_rows;
        }
        self.last = Some((part, n_rows - 1));
        true
    }

    /// Whether the next row of a part is known; from now on it is.
    pub fn row(&mut self, part: u32, row: usize) -> Seen {
        let place = (part, u32::try_from(row).unwrap_or(u32::MAX));
        if self.table.is_none() {
            if self.rises(place) {
                if let Some(Part::Rows { asked, .. }) = self.parts.get_mut(part as usize) {
                    *asked = place.1.saturating_add(1);
                }
                self.last = Some(place);
                return Seen::Never;
            }
            self.fill();
        }
        let known = self.table.as_mut().and_then(|table| table.put(self.seed, &self.parts, place));
        known.and_then(|known| self.event(known)).map_or(Seen::Never, |(_, _, offset)| Seen::At(offset))
    }

    /// Whether an event is known.
    pub fn find(&mut self, source: &str, id: &str) -> Seen {
        if self.table.is_none() {
            if self.is_behind_all(source, id) {
                return Seen::Never;
            }
            self.fill();
        }
        let known = self.table.as_ref().and_then(|table| table.find(self.seed, &self.parts, (source, id)));
        known.and_then(|known| self.event(known)).map_or(Seen::Never, |(_, _, offset)| Seen::At(offset))
    }

    /// Takes in an event that was read strictly, and is not known.
    pub fn single(&mut self, source: &str, id: &str, offset: u64) {
        let part = self.push(Part::Single { source: source.into(), id: id.into(), offset });
        self.row(part, 0);
    }

    fn push(&mut self, part: Part) -> u32 {
        self.parts.push(part);
        u32::try_from(self.parts.len() - 1).unwrap_or(u32::MAX)
    }

    fn event(&self, (part, row): Place) -> Option<(&str, &str, u64)> {
        self.parts.get(part as usize)?.event(row)
    }

    fn rises(&self, place: Place) -> bool {
        self.event(place).is_some_and(|(source, id, _)| self.is_behind_all(source, id))
    }

    /// Whether an id comes behind all ids, while they rise.
    fn is_behind_all(&self, source: &str, id: &str) -> bool {
        match self.last.map(|last| self.event(last)) {
            None => true,
            Some(last) => last.is_some_and(|(last_source, last_id, _)| source == last_source && id > last_id),
        }
    }

    /// Puts all events into the table.
    fn fill(&mut self) {
        let mut table = Table::default();
        let n_events = self.parts.iter().map(|part| part.asked() as usize).sum();
        table.by_hash.reserve(n_events);
        for (number, part) in (0..).zip(&self.parts) {
            for row in 0..part.asked() {
                table.put(self.seed, &self.parts, (number, row));
            }
        }
        self.table = Some(table);
    }
}

impl Table {
    /// Puts in an event; the one with its source and id, when that is known.
    fn put(&mut self, seed: u64, parts: &[Part], place: Place) -> Option<Place> {
        let event = |(part, row): Place| parts.get(part as usize)?.event(row);
        let (source, id, _) = event(place)?;
        let known = match self.by_hash.entry(hash(hash(seed, source.as_bytes()), id.as_bytes())) {
            Entry::Vacant(free) => {
                free.insert(place);
                return None;
            }
            Entry::Occupied(taken) => *taken.get(),
        };
        if event(known).is_some_and(|(known_source, known_id, _)| (known_source, known_id) == (source, id)) {
            return Some(known);
        }
        match self.others.entry((source.into(), id.into())) {
            Entry::Occupied(one) => Some(*one.get()),
            Entry::Vacant(free) => {
                free.insert(place);
                None
            }
        }
    }

    fn find(&self, seed: u64, parts: &[Part], (source, id): (&str, &str)) -> Option<Place> {
        let known = *self.by_hash.get(&hash(hash(seed, source.as_bytes()), id.as_bytes()))?;
        let (known_source, known_id, _) = parts.get(known.0 as usize)?.event(known.1)?;
        if (known_source, known_id) == (source, id) {
            return Some(known);
        }
        self.others.get(&(source.into(), id.into())).copied()
    }
}

/// A hash is its own.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Odd numbers without a pattern, to mix with.
const MIX: [u64; 2] = [0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93];

/// A hash that mixes every bit of every eight bytes with the seed.
pub(super) fn hash(seed: u64, text: &[u8]) -> u64 {
    let mix = |a: u64, b: u64| {
        let product = (u128::from(a) * u128::from(b)).to_le_bytes();
        let halves = product.as_chunks::<8>().0.iter().map(|half| u64::from_le_bytes(*half));
        halves.fold(0, |mixed, half| mixed ^ half)
    };
    let [first, second] = MIX;
    let (words, rest) = text.as_chunks::<8>();
    let mut hash = seed ^ (text.len() as u64).wrapping_mul(first);
    for word in words {
        hash = mix(hash ^ u64::from_le_bytes(*word), second);
    }
    let last = rest.iter().rev().fold(0, |last, byte| last << 8 | u64::from(*byte));
    mix(hash ^ last, first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Words;

    fn part(known: &mut Known, source: &str, ids: &[&str], offset: u64) -> (u32, usize) {
        let mut words = Words::default();
        ids.iter().for_each(|id| words.push(id.as_bytes()));
        let times = vec![crate::time::Instant(0); ids.len()];
        let columns = Arc::new(Columns { event: 0, source: source.into(), ids: words, times, fields: Vec::new() });
        let places: Vec<(u32, u32)> = (0..).zip(ids).map(|(line, _)| (line, line)).collect();
        (known.rows(&columns, &places, offset), ids.len())
    }

    fn seen(known: &mut Known, source: &str, ids: &[&str], offset: u64) -> Vec<Seen> {
        let (part, n_rows) = part(known, source, ids, offset);
        (0..n_rows).map(|row| known.row(part, row)).collect()
    }

    #[test]
    fn rising_and_other_ids() {
        let mut known = Known::new(7);
        assert_eq!(seen(&mut known, "s", &["1", "2", "5"], 0), [Seen::Never; 3]);
        assert_eq!(known.find("s", "6"), Seen::Never);
        known.single("s", "6", 50);
        assert!(known.table.is_none());
        assert_eq!(
            seen(&mut known, "s", &["7", "3", "7", "2", "6"], 100),
            [Seen::Never, Seen::Never, Seen::At(100), Seen::At(1), Seen::At(50)]
        );
        assert_eq!(seen(&mut known, "t", &["7", "7"], 200), [Seen::Never, Seen::At(200)]);
        assert_eq!((known.find("t", "7"), known.find("t", "8"), known.find("s", "5")), (Seen::At(200), Seen::Never, Seen::At(2)));
        known.single("t", "8", 300);
        assert_eq!(known.find("t", "8"), Seen::At(300));
    }

    #[test]
    fn all_of_a_part_rise_or_not() {
        let mut known = Known::new(7);
        let mut all_rise = |source, ids: &[&str]| {
            let (part, n_rows) = part(&mut known, source, ids, 0);
            let rise = known.all_rise(part);
            (0..if rise { 0 } else { n_rows }).for_each(|row| assert_eq!(known.row(part, row), Seen::Never));
            rise
        };
        assert!(all_rise("s", &["1", "2", "5"]));
        assert!(all_rise("s", &["6", "65"]));
        assert!(!all_rise("s", &["7", "71", "70"]));
        assert!(!all_rise("s", &["9"]));
        assert_eq!((known.find("s", "2"), known.find("s", "70"), known.find("t", "9")), (Seen::At(1), Seen::At(2), Seen::Never));
        let mut known = Known::new(7);
        let (first, _) = part(&mut known, "s", &["1"], 0);
        let (other, _) = part(&mut known, "t", &["2"], 0);
        assert!(known.all_rise(first) && !known.all_rise(other));
    }

    #[test]
    fn an_event_that_does_not_rise_and_is_read_strictly() {
        let mut known = Known::new(7);
        assert_eq!(seen(&mut known, "s", &["5"], 0), [Seen::Never]);
        assert_eq!(known.find("s", "4"), Seen::Never);
        known.single("s", "4", 9);
        assert_eq!((known.find("s", "4"), known.find("s", "5")), (Seen::At(9), Seen::At(0)));
    }
}
