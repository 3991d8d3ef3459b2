//! The cells of one scope, by day: what is being changed is open, everything else lies packed.
//!
//! 1. [`Bundles::change`] opens the bundle of a day and changes one of its cells.
//! 2. [`Bundles::pack`] packs an open bundle for the store. Where its cells are plain only the bytes are kept: a scope takes
//!    little more memory than its numbers do.
//! 3. [`Series`] reads the cells of one leaf, open or packed.

mod packed;

pub use packed::Bundle;

use super::{Acc, AskedOf, Cell, Visit, days_asked};
use crate::compile::program::LeafIdx;
use crate::time::Day;
use std::borrow::Cow;
use std::ops::{Bound, RangeBounds};

/// The cells of one scope.
#[derive(Debug, Default)]
pub(super) struct Bundles {
    /// The days that have cells, in order.
    days: Vec<(Day, Place)>,
    open: Vec<Open>,
    /// The packed bundles, each behind its length; some of them are out of date.
    packed: Vec<u8>,
    /// How many bytes of them are.
    stale: usize,
}

/// Where the cells of a day are, in one word.
#[derive(Debug, Clone, Copy)]
struct Place(u32);

/// The same, spelt out.
enum Spot {
    Open(usize),
    /// From this byte on.
    Packed(usize),
}

impl Place {
    /// The bit that open ones have.
    const OPEN: u32 = 1 << 31;

    fn open(at: usize) -> Place {
        Place(word(at) | Place::OPEN)
    }

    fn packed(from: usize) -> Place {
        Place(word(from))
    }

    fn spot(self) -> Spot {
        match self.0 & Place::OPEN {
            0 => Spot::Packed(self.0 as usize),
            _ => Spot::Open((self.0 ^ Place::OPEN) as usize),
        }
    }
}

/// A number that leaves the first bit free.
fn word(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX).min(Place::OPEN - 1)
}

/// The cells of a day, one for each leaf of the scope's grouping.
#[derive(Debug)]
struct Open {
    day: Day,
    /// It changed since it was packed.
    dirty: bool,
    cells: Box<[Option<Cell>]>,
}

impl Bundles {
    /// Changes a cell of a day, which is made when it is missing. `leaves` are those of the scope's grouping. Whether it is
    /// the first change of that day since it was packed.
    pub(super) fn change(
        &mut self,
        leaves: &[LeafIdx],
        (slot, day): (usize, Day),
        new: impl FnOnce() -> Cell,
        change: impl FnOnce(&mut Cell),
    ) -> bool {
        let place = self.open(leaves, day);
        let Some(open) = self.open.get_mut(place) else { return false };
        let Some(cell) = open.cells.get_mut(slot) else { return false };
        change(cell.get_or_insert_with(new));
        !std::mem::replace(&mut open.dirty, true)
    }

    /// Puts in the bundle of a day that has none.
    pub(super) fn put(&mut self, day: Day, bundle: &Bundle) {
        if let Err(at) = self.find(day) {
            let place = self.append(bundle.bytes());
            self.insert(at, (day, place));
        }
    }

    /// The bundle of a day that changed, which rests from now on.
    pub(super) fn pack(&mut self, leaves: &[LeafIdx], day: Day) -> Option<Bundle> {
        let known = self.find(day).ok()?;
        let Spot::Open(at) = self.days.get(known)?.1.spot() else { return None };
        let open = self.open.get_mut(at)?;
        open.dirty = false;
        let present = leaves.iter().zip(&open.cells).filter_map(|(leaf, cell)| Some((*leaf, cell.as_ref()?)));
        let bundle = Bundle::of(day, present);
        // Large sets are read and changed where they are.
        let is_plain = open.cells.iter().flatten().all(|cell| is_plain(&cell.acc));
        if is_plain {
            let place = self.append(bundle.bytes());
            self.days.get_mut(known)?.1 = place;
            self.open.swap_remove(at);
            if let Some(moved) = self.open.get(at).and_then(|open| self.find(open.day).ok()) {
                self.days.get_mut(moved)?.1 = Place::open(at);
            }
            if self.open.is_empty() {
                self.open = Vec::new();
            }
        }
        Some(bundle)
    }

    /// The cells of a leaf, which has this place in the scope's grouping.
    pub(super) fn series(&self, leaf: LeafIdx, slot: usize) -> Series<'_> {
        Series { bundles: self, leaf, slot }
    }

    /// Shows the cells of some leaves, each on days of its own, in order. `slot` has the place of a leaf in the scope's grouping.
    pub(super) fn each(&self, asked: &[AskedOf], slot: impl Fn(LeafIdx) -> Option<usize>, visit: &mut Visit<'_>) {
        let Some((from, to)) = days_asked(asked) else { return };
        for (day, place) in self.entries(from..=to) {
            match place.spot() {
                Spot::Open(at) => {
                    let Some(open) = self.open.get(at) else { continue };
                    for (index, (leaf, (from, to))) in asked.iter().enumerate() {
                        if from <= day && day <= to {
                            let cell = slot(*leaf).and_then(|slot| open.cells.get(slot)?.as_ref());
                            cell.into_iter().for_each(|cell| visit(index, *day, cell));
                        }
                    }
                }
                Spot::Packed(from) => packed::each(self.bytes(from), *day, asked, visit).unwrap_or_default(),
            }
        }
    }

    /// The entries of some days.
    fn entries(&self, days: impl RangeBounds<Day>) -> &[(Day, Place)] {
        let before = |day: &Day| self.days.partition_point(|(own, _)| own < day);
        let through = |day: &Day| self.days.partition_point(|(own, _)| own <= day);
        let from = match days.start_bound() {
            Bound::Included(day) => before(day),
            Bound::Excluded(day) => through(day),
            Bound::Unbounded => 0,
        };
        let to = match days.end_bound() {
            Bound::Included(day) => through(day),
            Bound::Excluded(day) => before(day),
            Bound::Unbounded => self.days.len(),
        };
        self.days.get(from..to).unwrap_or_default()
    }

    /// The place of a day's open cells. They are opened, or made, when they are not.
    fn open(&mut self, leaves: &[LeafIdx], day: Day) -> usize {
        let at = self.open.len();
        let here = Place::open(at);
        let mut cells: Box<[Option<Cell>]> = Box::default();
        match self.find(day) {
            Ok(known) => match self.days.get(known).map(|(_, place)| place.spot()) {
                Some(Spot::Open(at)) => return at,
                Some(Spot::Packed(from)) => {
                    let bytes = self.bytes(from);
                    let length = LENGTH + bytes.len();
                    cells = unpack(bytes, day, leaves);
                    self.stale += length;
                    self.days.get_mut(known).into_iter().for_each(|one| one.1 = here);
                }
                None => {}
            },
            Err(at) => {
                cells = leaves.iter().map(|_| None).collect();
                self.insert(at, (day, here));
            }
        }
        self.open.push(Open { day, dirty: false, cells });
        at
    }

    fn find(&self, day: Day) -> Result<usize, usize> {
        // Mostly it is the last one, or later.
        match self.days.last() {
            None => Err(0),
            Some((last, _)) if *last == day => Ok(self.days.len() - 1),
            Some((last, _)) if *last < day => Err(self.days.len()),
            Some(_) => self.days.binary_search_by_key(&day, |(day, _)| *day),
        }
    }

    fn insert(&mut self, at: usize, entry: (Day, Place)) {
        grow(&mut self.days, 1);
        self.days.insert(at, entry);
    }

    /// Where bytes lie from now on.
    fn append(&mut self, bytes: &[u8]) -> Place {
        if self.stale > bytes.len() + self.packed.len() / 2 {
            self.tidy();
        }
        let from = self.packed.len();
        grow(&mut self.packed, LENGTH + bytes.len());
        self.packed.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.packed.extend_from_slice(bytes);
        Place::packed(from)
    }

    /// Drops the bytes that are out of date.
    fn tidy(&mut self) {
        let mut days = std::mem::take(&mut self.days);
        let mut packed = Vec::with_capacity(self.packed.len().saturating_sub(self.stale));
        for (_, place) in &mut days {
            if let Spot::Packed(from) = place.spot() {
                let bytes = self.bytes(from);
                *place = Place::packed(packed.len());
                packed.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
                packed.extend_from_slice(bytes);
            }
        }
        (self.days, self.packed, self.stale) = (days, packed, 0);
    }

    fn bytes(&self, from: usize) -> &[u8] {
        let rest = self.packed.get(from..).unwrap_or_default();
        let Some((length, rest)) = rest.split_first_chunk() else { return &[] };
        rest.get(..u32::from_le_bytes(*length) as usize).unwrap_or_default()
    }
}

/// The bytes of a length.
const LENGTH: usize = 4;

/// Makes room for some more, and for a part of what is there: less than vectors take by themselves.
pub(super) fn grow<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() < list.len() + more {
        list.reserve_exact(more + list.len() / 4);
    }
}

fn is_plain(acc: &Acc) -> bool {
    !matches!(acc, Acc::Distinct(_) | Acc::Values(_) | Acc::Money(_) | Acc::Rates(_) | Acc::Course(_))
}

fn unpack(bytes: &[u8], day: Day, leaves: &[LeafIdx]) -> Box<[Option<Cell>]> {
    let mut cells: Box<[Option<Cell>]> = leaves.iter().map(|_| None).collect();
    let Some(frame) = packed::frame(bytes, day) else { return cells };
    for (leaf, cell) in packed::entries(bytes) {
        if let Ok(slot) = leaves.binary_search(&leaf)
            && let Some(place) = cells.get_mut(slot)
        {
            *place = packed::cell(cell, frame);
        }
    }
    cells
}

/// The cells of one leaf at one scope, by day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series<'s> {
    bundles: &'s Bundles,
    leaf: LeafIdx,
    slot: usize,
}

impl<'s> Series<'s> {
    /// The cell of a day.
    pub(super) fn get(self, day: Day) -> Option<Cow<'s, Cell>> {
        self.cell(*self.bundles.days.get(self.bundles.find(day).ok()?)?)
    }

    /// The cells of some days, in order.
    pub(super) fn range(self, days: impl RangeBounds<Day>) -> impl DoubleEndedIterator<Item = (Day, Cow<'s, Cell>)> {
        self.bundles.entries(days).iter().filter_map(move |entry| Some((entry.0, self.cell(*entry)?)))
    }

    /// All cells.
    pub(super) fn cells(self) -> impl DoubleEndedIterator<Item = Cow<'s, Cell>> {
        self.range(..).map(|(_, cell)| cell)
    }

    /// The days of some that have a cell, in order.
    pub(super) fn days(self, days: impl RangeBounds<Day>) -> impl DoubleEndedIterator<Item = Day> + 's {
        self.bundles.entries(days).iter().filter(move |entry| self.has(entry.1)).map(|(day, _)| *day)
    }

    fn has(self, place: Place) -> bool {
        match place.spot() {
            Spot::Open(at) => self.open(at).is_some(),
            Spot::Packed(from) => packed::find(self.bundles.bytes(from), self.leaf).is_some(),
        }
    }

    fn cell(self, (day, place): (Day, Place)) -> Option<Cow<'s, Cell>> {
        match place.spot() {
            Spot::Open(at) => self.open(at).map(Cow::Borrowed),
            Spot::Packed(from) => {
                let bytes = self.bundles.bytes(from);
                let cell = packed::find(bytes, self.leaf)?;
                packed::cell(cell, packed::frame(bytes, day)?).map(Cow::Owned)
            }
        }
    }

    fn open(self, at: usize) -> Option<&'s Cell> {
        self.bundles.open.get(at)?.cells.get(self.slot)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::compile::program::Scalar;
    use crate::time::Instant;
    use std::collections::BTreeMap;

    const LEAVES: [LeafIdx; 4] = [0, 2, 5, 9];

    fn cell(slot: usize, n: i64) -> Cell {
        let acc = match slot {
            0 => Acc::Count(n),
            1 => Acc::Sum(i128::from(n) * 1_000_000_000_000, n),
            2 => Acc::Max(Some(Scalar::Time(Instant(n)))),
            _ => Acc::Distinct([(7, 1)].into()),
        };
        Cell { acc, rows: 1, first: Instant(n), last: Instant(n + 1), changed: Instant(n + 2) }
    }

    /// Changes and packs at random, beside plain maps.
    #[test]
    fn bundles_are_maps_of_cells() {
        let (mut bundles, mut maps) = (Bundles::default(), vec![BTreeMap::new(); 4]);
        let (mut dirty, mut random) = (BTreeMap::new(), 88_172_645_463_325_252u64);
        let mut draw = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        for n in 0..5_000 {
            let day = Day(i32::try_from(draw(30)).unwrap() - 10);
            // The last leaf is there on few days, so that most are plain.
            let slot = usize::try_from(if day.0 % 7 == 0 { draw(4) } else { draw(3) }).unwrap();
            let first = bundles.change(&LEAVES, (slot, day), || cell(slot, 0), |cell_| *cell_ = cell(slot, n));
            assert_eq!(first, dirty.insert(day, ()).is_none());
            maps[slot].insert(day, cell(slot, n));
            if draw(5) == 0 {
                for day in std::mem::take(&mut dirty).into_keys() {
                    let bundle = bundles.pack(&LEAVES, day).unwrap();
                    for (slot, leaf) in LEAVES.iter().enumerate() {
                        assert_eq!(Bundle::cell(bundle.bytes(), day, *leaf).unwrap().as_ref(), maps[slot].get(&day));
                    }
                }
            }
            let (from, to) = (Day(i32::try_from(draw(30)).unwrap() - 10), Day(i32::try_from(draw(40)).unwrap() - 10));
            let series = bundles.series(LEAVES[slot], slot);
            assert_eq!(series.get(day).as_deref(), maps[slot].get(&day));
            if from <= to {
                let found: Vec<_> = series.range(from..=to).map(|(day, cell)| (day, cell.into_owned())).collect();
                let wanted: Vec<_> = maps[slot].range(from..=to).map(|(day, cell)| (*day, cell.clone())).collect();
                assert_eq!(found, wanted);
                assert!(series.days(from..=to).eq(maps[slot].range(from..=to).map(|(day, _)| *day)));
            }
            assert!(series.range(..to).rev().map(|(day, _)| day).eq(maps[slot].range(..to).rev().map(|(day, _)| *day)));
        }
        assert!(bundles.packed.len() < 30 * 200, "{} bytes", bundles.packed.len());
        let mut again = Bundles::default();
        for day in maps.iter().flat_map(BTreeMap::keys).copied().collect::<std::collections::BTreeSet<_>>() {
            bundles.change(&LEAVES, (0, day), || cell(0, 1), |_| {});
            maps[0].entry(day).or_insert_with(|| cell(0, 1));
            again.put(day, &bundles.pack(&LEAVES, day).unwrap());
        }
        for (slot, leaf) in LEAVES.iter().enumerate() {
            let found: BTreeMap<_, _> = again.series(*leaf, slot).range(..).map(|(day, cell)| (day, cell.into_owned())).collect();
            assert_eq!(found, maps[slot]);
        }
    }
}
