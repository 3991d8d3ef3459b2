//! A bundle as bytes: what is kept of a scope and day at rest, in memory and in the store alike.
//!
//! 1. [`Bundle::of`] writes the number of rows and the times of the first cell, which mostly are those of all ([`Frame`]), and
//!    then for each cell its leaf, its length and its parts. Numbers take as many bytes as they need; of sums the zeros at the
//!    end are counted, and most times are whole milliseconds.
//! 2. [`find`] leaps from cell to cell by their lengths, so that nothing is read but what is asked for.

use super::super::cell::{power_of_ten, product};
use super::super::{Acc, Amounts, AskedOf, Cell, Fault, Quotes, Readings, RowId, Visit};
use crate::compile::program::{Currency, LeafIdx, Scalar};
use crate::time::{Day, Instant};
use rust_decimal::Decimal;

/// The cells of one scope and local day, packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle(Box<[u8]>);

const DAY_US: i64 = 86_400_000_000;
/// As many bytes as plain cells mostly take.
const PLAIN_BYTES: usize = 64;

/// What cells have in common. Marks the kind of one that has nothing else.
const FRAMED: u8 = 0x80;

/// How many rows a cell has, and of which times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    rows: u32,
    first: Instant,
    last: Instant,
    changed: Instant,
}

impl Frame {
    fn of(cell: &Cell) -> Frame {
        Frame { rows: cell.rows, first: cell.first, last: cell.last, changed: cell.changed }
    }
}

impl Bundle {
    /// The bundle of these cells.
    pub(super) fn of<'c>(day: Day, cells: impl Iterator<Item = (LeafIdx, &'c Cell)>) -> Bundle {
        let (mut out, mut body, mut frame) = (Writer(Vec::with_capacity(PLAIN_BYTES)), Writer(Vec::with_capacity(PLAIN_BYTES)), None);
        for (leaf, cell) in cells {
            let frame = *frame.get_or_insert_with(|| {
                out.frame(midnight(day), Frame::of(cell));
                Frame::of(cell)
            });
            body.0.clear();
            body.cell(frame, cell);
            out.size(leaf);
            out.size(body.0.len());
            out.0.extend_from_slice(&body.0);
        }
        Bundle(out.0.into())
    }

    /// The bundle of these bytes, which some bundle was.
    ///
    /// # Errors
    /// When its cells cannot be told apart.
    pub fn read(bytes: &[u8]) -> Result<Bundle, Fault> {
        let mut cells = entries(bytes);
        cells.by_ref().for_each(drop);
        if cells.whole() { Ok(Bundle(bytes.into())) } else { Err(Fault::Damaged("the cells of a day cannot be read".to_owned())) }
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The latest instant at which one of its cells changed.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(in super::super) fn changed(&self, day: Day) -> Result<Instant, Fault> {
        let changed = |frame: Frame| {
            let mut frames = entries(&self.0).map(|(_, bytes)| Reader(bytes).own_frame(frame));
            frames.try_fold(frame.changed, |latest, own| Some(latest.max(own?.1.changed)))
        };
        let found = if self.0.is_empty() { Some(Instant(i64::MIN)) } else { frame(&self.0, day).and_then(changed) };
        found.ok_or_else(|| Fault::Damaged(format!("a cell of day {} cannot be read", day.0)))
    }

    /// The cell of a leaf on the day of these bytes.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn cell(bytes: &[u8], day: Day, leaf: LeafIdx) -> Result<Option<Cell>, Fault> {
        let Some(found) = find(bytes, leaf) else { return Ok(None) };
        let cell = frame(bytes, day).and_then(|frame| cell(found, frame));
        cell.map(Some).ok_or_else(|| Fault::Damaged(format!("a cell of day {} cannot be read", day.0)))
    }

    /// Shows those cells on the day of these bytes that are asked for, each with the place of what was.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn each(bytes: &[u8], day: Day, asked: &[AskedOf], visit: &mut Visit<'_>) -> Result<(), Fault> {
        each(bytes, day, asked, visit).ok_or_else(|| Fault::Damaged(format!("a cell of day {} cannot be read", day.0)))
    }
}

/// The bytes of the cell of a leaf.
pub(super) fn find(bytes: &[u8], leaf: LeafIdx) -> Option<&[u8]> {
    entries(bytes).find(|(own, _)| *own == leaf).map(|(_, cell)| cell)
}

/// The leaves and the bytes of their cells.
pub(super) fn entries(bytes: &[u8]) -> Entries<'_> {
    let mut left = Reader(bytes);
    let begins = bytes.is_empty() || left.frame(0).is_some();
    Entries { left, damaged: !begins }
}

/// Shows the cells that are asked for, each with the place of what was; None when one cannot be read.
pub(super) fn each(bytes: &[u8], day: Day, asked: &[AskedOf], visit: &mut Visit<'_>) -> Option<()> {
    let mut left = Reader(bytes);
    let frame = left.frame(midnight(day))?;
    for (leaf, bytes) in (Entries { left, damaged: false }) {
        let mut found = None;
        for (index, (own, (from, to))) in asked.iter().enumerate() {
            if *own == leaf && *from <= day && day <= *to {
                if found.is_none() {
                    found = Some(cell(bytes, frame)?);
                }
                found.iter().for_each(|cell| visit(index, day, cell));
            }
        }
    }
    Some(())
}

/// What the cells have in common.
pub(super) fn frame(bytes: &[u8], day: Day) -> Option<Frame> {
    Reader(bytes).frame(midnight(day))
}

/// The cell of its bytes.
pub(super) fn cell(bytes: &[u8], frame: Frame) -> Option<Cell> {
    Reader(bytes).cell(frame)
}

fn midnight(day: Day) -> i64 {
    i64::from(day.0) * DAY_US
}

/// See [`entries`].
pub(super) struct Entries<'b> {
    left: Reader<'b>,
    damaged: bool,
}

impl Entries<'_> {
    /// Whether nothing was left over.
    fn whole(&self) -> bool {
        !self.damaged && self.left.0.is_empty()
    }
}

impl<'b> Iterator for Entries<'b> {
    type Item = (LeafIdx, &'b [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.damaged || self.left.0.is_empty() {
            return None;
        }
        let entry = self.left.size().zip(self.left.size()).and_then(|(leaf, length)| Some((leaf, self.left.take(length)?)));
        self.damaged = entry.is_none();
        entry
    }
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn unsigned(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(low(number.into()) | 0x80);
            number >>= 7;
        }
        self.0.push(low(number.into()));
    }

    fn signed(&mut self, number: i64) {
        self.unsigned(((number << 1) ^ (number >> 63)).cast_unsigned());
    }

    fn size(&mut self, size: usize) {
        self.unsigned(size as u64);
    }

    fn unsigned_wide(&mut self, mut number: u128) {
        // Most fit a word.
        if let Ok(word) = u64::try_from(number) {
            return self.unsigned(word);
        }
        while number >= 0x80 {
            self.0.push(low(number) | 0x80);
            number >>= 7;
        }
        self.0.push(low(number));
    }

    /// A stretch of time, with the mark of whole milliseconds.
    fn stretch(&mut self, us: i64) {
        let (number, mark) = if us % MS_US == 0 { (us / MS_US, 0) } else { (us, 1) };
        self.unsigned_wide((u128::from(((number << 1) ^ (number >> 63)).cast_unsigned()) << 1) | mark);
    }

    fn frame(&mut self, from: i64, frame: Frame) {
        self.stretch(frame.first.0.wrapping_sub(from));
        self.unsigned(frame.rows.into());
        self.stretch(frame.last.0.wrapping_sub(frame.first.0));
        self.stretch(frame.changed.0.wrapping_sub(frame.last.0));
    }

    /// A number of which the zeros at the end are counted.
    fn wide(&mut self, number: i128) {
        let (digits, zeros) = without_zeros(number);
        self.0.push(zeros);
        self.unsigned_wide(((digits << 1) ^ (digits >> 127)).cast_unsigned());
    }

    fn id(&mut self, id: u128) {
        self.0.extend_from_slice(&id.to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.size(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn decimal(&mut self, number: Decimal) {
        self.unsigned(number.scale().into());
        self.wide(number.mantissa());
    }

    fn scalar(&mut self, value: &Scalar) {
        match value {
            Scalar::Absent => self.0.push(0),
            Scalar::Number(number) => {
                self.0.push(1);
                self.decimal(*number);
            }
            Scalar::Text(text) => {
                self.0.push(2);
                self.text(text);
            }
            Scalar::Time(at) => {
                self.0.push(3);
                self.signed(at.0);
            }
            Scalar::Date(day) => {
                self.0.push(4);
                self.signed(day.0.into());
            }
            Scalar::Flag(flag) => self.0.extend_from_slice(&[5, u8::from(*flag)]),
        }
    }

    fn edge(&mut self, base: Instant, edge: Option<&(Instant, RowId, Scalar)>) {
        self.0.push(u8::from(edge.is_some()));
        if let Some((at, id, value)) = edge {
            self.signed(at.0.wrapping_sub(base.0));
            self.id(id.0);
            self.scalar(value);
        }
    }

    fn best(&mut self, value: Option<&Scalar>) {
        self.0.push(u8::from(value.is_some()));
        value.into_iter().for_each(|value| self.scalar(value));
    }

    fn cell(&mut self, frame: Frame, cell: &Cell) {
        let (acc, rows, base) = (&cell.acc, cell.rows, frame.first);
        if Frame::of(cell) == frame {
            self.0.push(kind(acc) | FRAMED);
        } else {
            self.0.push(kind(acc));
            self.frame(base.0, Frame::of(cell));
        }
        // Mostly every row has a value.
        let mut values = |count: &i64| self.signed(count.wrapping_sub(rows.into()));
        match acc {
            Acc::Count(count) => values(count),
            Acc::Sum(sum, count) => {
                values(count);
                self.wide(*sum);
            }
            Acc::Min(value) | Acc::Max(value) => self.best(value.as_ref()),
            Acc::First(value) | Acc::Last(value) => self.edge(base, value.as_ref()),
            Acc::Distinct(set) => {
                self.size(set.len());
                for (hash, n) in set {
                    self.id(*hash);
                    self.unsigned((*n).into());
                }
            }
            Acc::Values(set) => {
                self.size(set.len());
                for (value, n) in set {
                    self.wide(*value);
                    self.unsigned((*n).into());
                }
            }
            Acc::Money(amounts) => self.money(amounts),
            Acc::Rates(quotes) => self.rates(base, quotes),
            Acc::Course(readings) => self.course(base, readings),
        }
    }

    fn money(&mut self, amounts: &Amounts) {
        self.size(amounts.len());
        for ((day, currency), (sum, n)) in amounts {
            self.signed(day.0.into());
            self.0.extend_from_slice(&currency.letters());
            self.wide(*sum);
            self.signed(*n);
        }
    }

    fn rates(&mut self, base: Instant, quotes: &Quotes) {
        self.size(quotes.len());
        for ((one, other, day), (at, id, rate)) in quotes {
            self.0.extend_from_slice(&one.letters());
            self.0.extend_from_slice(&other.letters());
            self.signed(day.0.into());
            self.signed(at.0.wrapping_sub(base.0));
            self.id(id.0);
            self.decimal(*rate);
        }
    }

    fn course(&mut self, base: Instant, readings: &Readings) {
        self.size(readings.len());
        for ((mark, at, id), value) in readings {
            self.signed(*mark);
            self.signed(at.0.wrapping_sub(base.0));
            self.id(id.0);
            self.wide(*value);
        }
    }
}

const MS_US: i64 = 1_000;
/// As many bits of a word as whole bytes of a number fill.
const WORD_BITS: u32 = 63;

fn low(number: u128) -> u8 {
    (number & 0x7f) as u8
}

fn kind(acc: &Acc) -> u8 {
    match acc {
        Acc::Count(_) => 0,
        Acc::Sum(..) => 1,
        Acc::Distinct(_) => 2,
        Acc::Min(_) => 3,
        Acc::Max(_) => 4,
        Acc::First(_) => 5,
        Acc::Last(_) => 6,
        Acc::Values(_) => 7,
        Acc::Money(_) => 8,
        Acc::Rates(_) => 9,
        Acc::Course(_) => 10,
    }
}

/// A number without the zeros at its end, and how many those were.
fn without_zeros(number: i128) -> (i128, u8) {
    const STEPS: [(u8, i64); 5] = [(16, 10_000_000_000_000_000), (8, 100_000_000), (4, 10_000), (2, 100), (1, 10)];
    let (mut digits, mut zeros) = (number, 0);
    if number == 0 {
        return (0, 0);
    }
    for (step, power) in STEPS {
        // Most fit a word, with which dividing costs little.
        match i64::try_from(digits) {
            Ok(word) if word % power == 0 => (digits, zeros) = ((word / power).into(), zeros + step),
            Err(_) if digits % i128::from(power) == 0 => (digits, zeros) = (digits / i128::from(power), zeros + step),
            _ => {}
        }
    }
    (digits, zeros)
}

#[derive(Clone, Copy)]
struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, left) = self.0.split_at_checked(length)?;
        self.0 = left;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, left) = self.0.split_first()?;
        self.0 = left;
        Some(*byte)
    }

    fn unsigned(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0u64, 0u32);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn size(&mut self) -> Option<usize> {
        usize::try_from(self.unsigned()?).ok()
    }

    fn unsigned_wide(&mut self) -> Option<u128> {
        // Most fit a word.
        let (mut word, mut shift) = (0u64, 0u32);
        while shift < WORD_BITS {
            let byte = self.byte()?;
            word |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(word.into());
            }
            shift += 7;
        }
        let mut number = u128::from(word);
        loop {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
            shift += 7;
        }
    }

    fn stretch(&mut self) -> Option<i64> {
        let marked = self.unsigned_wide()?;
        let number = u64::try_from(marked >> 1).ok()?;
        let number = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
        if marked & 1 == 0 { number.checked_mul(MS_US) } else { Some(number) }
    }

    fn frame(&mut self, from: i64) -> Option<Frame> {
        let first = from.wrapping_add(self.stretch()?);
        let rows = u32::try_from(self.unsigned()?).ok()?;
        let last = first.wrapping_add(self.stretch()?);
        let changed = last.wrapping_add(self.stretch()?);
        Some(Frame { rows, first: Instant(first), last: Instant(last), changed: Instant(changed) })
    }

    fn wide(&mut self) -> Option<i128> {
        let power = power_of_ten(self.byte()?.into())?;
        let number = self.unsigned_wide()?;
        product((number >> 1).cast_signed() ^ -(number & 1).cast_signed(), power)
    }

    fn id(&mut self) -> Option<u128> {
        Some(u128::from_be_bytes(self.take(16)?.try_into().ok()?))
    }

    fn near(&mut self, base: Instant) -> Option<Instant> {
        Some(Instant(self.signed()?.wrapping_add(base.0)))
    }

    fn day(&mut self) -> Option<Day> {
        Some(Day(i32::try_from(self.signed()?).ok()?))
    }

    fn currency(&mut self) -> Option<Currency> {
        Currency::of(std::str::from_utf8(self.take(3)?).ok()?)
    }

    fn decimal(&mut self) -> Option<Decimal> {
        let scale = u32::try_from(self.unsigned()?).ok()?;
        Decimal::try_from_i128_with_scale(self.wide()?, scale).ok()
    }

    fn scalar(&mut self) -> Option<Scalar> {
        Some(match self.byte()? {
            0 => Scalar::Absent,
            1 => Scalar::Number(self.decimal()?),
            2 => {
                let length = self.size()?;
                Scalar::Text(std::str::from_utf8(self.take(length)?).ok()?.into())
            }
            3 => Scalar::Time(Instant(self.signed()?)),
            4 => Scalar::Date(self.day()?),
            5 => Scalar::Flag(self.byte()? == 1),
            _ => return None,
        })
    }

    fn best(&mut self) -> Option<Option<Scalar>> {
        if self.byte()? == 0 { Some(None) } else { self.scalar().map(Some) }
    }

    fn edge(&mut self, base: Instant) -> Option<Option<(Instant, RowId, Scalar)>> {
        if self.byte()? == 0 {
            return Some(None);
        }
        Some(Some((self.near(base)?, RowId(self.id()?), self.scalar()?)))
    }

    /// So many entries of a map, which are sorted.
    fn map<K: Ord, V>(&mut self, mut entry: impl FnMut(&mut Self) -> Option<(K, V)>) -> Option<std::collections::BTreeMap<K, V>> {
        let size = self.size()?;
        (0..size).map(|_| entry(self)).collect()
    }

    /// The kind of a cell, and its rows and times.
    fn own_frame(&mut self, frame: Frame) -> Option<(u8, Frame)> {
        let marked = self.byte()?;
        let kind = marked & !FRAMED;
        Some((kind, if marked == kind { self.frame(frame.first.0)? } else { frame }))
    }

    fn cell(&mut self, frame: Frame) -> Option<Cell> {
        let base = frame.first;
        let (kind, Frame { rows, first, last, changed }) = self.own_frame(frame)?;
        let n = |left: &mut Self| u32::try_from(left.unsigned()?).ok();
        let acc = match kind {
            0 => Acc::Count(self.signed()?.wrapping_add(rows.into())),
            1 => {
                let count = self.signed()?.wrapping_add(rows.into());
                Acc::Sum(self.wide()?, count)
            }
            2 => Acc::Distinct(self.map(|left| Some((left.id()?, n(left)?)))?),
            3 => Acc::Min(self.best()?),
            4 => Acc::Max(self.best()?),
            5 => Acc::First(self.edge(base)?),
            6 => Acc::Last(self.edge(base)?),
            7 => Acc::Values(self.map(|left| Some((left.wide()?, n(left)?)))?),
            8 => Acc::Money(self.map(|left| Some(((left.day()?, left.currency()?), (left.wide()?, left.signed()?))))?),
            9 => {
                let quote = |left: &mut Self| {
                    let key = (left.currency()?, left.currency()?, left.day()?);
                    Some((key, (left.near(base)?, RowId(left.id()?), left.decimal()?)))
                };
                Acc::Rates(self.map(quote)?)
            }
            10 => Acc::Course(self.map(|left| Some(((left.signed()?, left.near(base)?, RowId(left.id()?)), left.wide()?)))?),
            _ => return None,
        };
        self.0.is_empty().then_some(Cell { acc, rows, first, last, changed })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cells() -> Vec<(LeafIdx, Cell)> {
        let text = Scalar::Text("中".into());
        let (eur, cny) = (Currency::of("EUR").unwrap(), Currency::of("CNY").unwrap());
        let accs = [
            Acc::Count(-1),
            Acc::Count(i64::MIN),
            Acc::Sum(i128::MAX, 3),
            Acc::Sum(i128::MIN, i64::MAX),
            Acc::Sum(41_370_000_000_000, 3),
            Acc::Sum(-10i128.pow(38), 0),
            Acc::Distinct([(u128::MAX, 2), (0, 1)].into()),
            Acc::Min(None),
            Acc::Max(Some(Scalar::Number(Decimal::new(-150, 2)))),
            Acc::Max(Some(Scalar::Flag(true))),
            Acc::Min(Some(Scalar::Time(Instant(i64::MIN)))),
            Acc::First(Some((Instant(1), RowId(2), text.clone()))),
            Acc::Last(Some((Instant(-1), RowId(u128::MAX), Scalar::Date(Day(-3))))),
            Acc::Last(None),
            Acc::First(Some((Instant(i64::MAX), RowId(0), Scalar::Absent))),
            Acc::Values([(i128::MIN, 1), (5, 2), (5_000, u32::MAX)].into()),
            Acc::Money([((Day(-1), eur), (i128::MIN, 2)), ((Day(5), cny), (7, -1))].into()),
            Acc::Rates([((eur, cny, Day(20_000)), (Instant(1), RowId(2), Decimal::new(781_234, 5)))].into()),
            Acc::Course([((-7, Instant(2), RowId(u128::MAX)), i128::MIN)].into()),
        ];
        let cell = |(leaf, acc): (usize, Acc)| {
            let at = Instant(1_767_225_600_000_000 + i64::try_from(leaf).unwrap());
            let extreme = leaf % 5 == 4;
            let (last, changed) = if extreme { (Instant(i64::MIN), Instant(i64::MAX)) } else { (at, at) };
            (leaf * 60, Cell { acc, rows: if extreme { u32::MAX } else { 3 }, first: at, last, changed })
        };
        accs.into_iter().enumerate().map(cell).collect()
    }

    #[test]
    fn cells_come_back_as_they_were() {
        let (day, cells) = (Day(20_454), cells());
        let bundle = Bundle::of(day, cells.iter().map(|(leaf, cell)| (*leaf, cell)));
        for (leaf, cell) in &cells {
            assert_eq!(Bundle::cell(bundle.bytes(), day, *leaf).unwrap().as_ref(), Some(cell));
        }
        assert_eq!(Bundle::cell(bundle.bytes(), day, 1).unwrap(), None);
        assert_eq!(Bundle::read(bundle.bytes()).unwrap(), bundle);
        assert_eq!(Bundle::read(&[]).unwrap(), Bundle::of(day, std::iter::empty()));
    }

    #[test]
    fn damage_is_no_panic() {
        let day = Day(20_454);
        let bundle = Bundle::of(day, cells().iter().map(|(leaf, cell)| (*leaf, cell)));
        let mut refused = 0;
        for cut in 1..bundle.bytes().len() {
            refused += usize::from(Bundle::read(&bundle.bytes()[..cut]).is_err());
        }
        assert!(refused > bundle.bytes().len() / 2);
        for bit in 0..bundle.bytes().len() * 8 {
            let mut bad = bundle.bytes().to_vec();
            bad[bit / 8] ^= 1 << (bit % 8);
            for (leaf, _) in cells() {
                // What comes out does not matter: the store's checksum has seen it.
                let _read = Bundle::cell(&bad, day, leaf);
            }
        }
    }

    #[test]
    fn plain_cells_take_few_bytes() {
        let at = Instant(1_767_225_600_000_000 + 3_600_000_000);
        let sum = Cell { acc: Acc::Sum(44_679_600_000_000, 1), rows: 1, first: at, last: at, changed: at };
        let count = Cell { acc: Acc::Count(1), rows: 1, first: at, last: at, changed: at };
        let bundle = Bundle::of(Day(20_454), [(0, &sum), (1, &count)].into_iter());
        assert!(bundle.bytes().len() < 30, "{}", bundle.bytes().len());
    }
}
