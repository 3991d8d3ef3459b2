//! Columns as few bytes: each is made even, and then compressed by itself.
//!
//! 1. Whole numbers are written as wide as the widest needs, all first bytes, then all second bytes and so on; what is the
//!    same in every event is written once.
//! 2. Texts of a column are numbered anew, by their first use. A column that follows from another one of the same shape
//!    (the region of a shop) is a list of what follows from what.
//! 3. Ids that count up are the differences of their numbers.
//! 4. Each stream of bytes is compressed by itself, because bytes of one kind need few bits; those of a small block together.

use super::{Block, Column, Shape, damaged, index, length, shared, short};
use crate::diagnostic::Words;
use crate::store::StoreError;
use crate::store::record::cell::DecimalRecord;
use std::borrow::Cow;
use std::collections::HashMap;
use zstd::bulk::Decompressor;

/// What streams are compressed with: higher levels take longer and gain next to nothing.
const ZSTD_LEVEL: i32 = 1;
/// More than the columns of a block can take.
const RAW_BYTES_MAX: usize = 64 << 20;
/// Below so many bytes all streams are compressed together.
const TOGETHER_BYTES: usize = 4_096;
/// The width of numbers that are all the same.
const SAME: u8 = 0xff;
/// The most digits of a number that an id counts with.
const DIGITS_MAX: usize = 18;

/// The bytes of a block.
pub(super) fn press(block: &Block<'_>) -> Result<Vec<u8>, StoreError> {
    let mut out = Streams::default();
    out.size(block.shape.len());
    out.texts(block);
    let shapes = postcard::to_stdvec(&block.shapes).map_err(|error| StoreError::Damaged(Words::foreign("事件无法写入", error)))?;
    out.list.push(shapes);
    out.ints(block.shape.iter().map(|shape| (*shape).into()));
    for columns in &block.columns {
        out.columns(columns);
    }
    for column in [&block.seq, &block.received_at, &block.time, &block.revision] {
        out.ints(column.iter().map(|number| (*number).into()));
    }
    out.ints(block.micros.iter().map(|micros| (*micros).into()));
    out.ids(block)?;
    out.packed()
}

/// The streams of bytes of a block, unpacked.
pub(super) fn unpack(content: &[u8]) -> Result<Unpacked, StoreError> {
    let mut head = Head(content);
    let (together, count) = (head.byte()? == 1, head.size()?);
    let (mut sizes, mut whole) = (Vec::new(), 0usize);
    for _ in 0..count {
        let raw = head.size()?;
        // Zero stands for a stream that is stored as it is.
        let packed = if together { 0 } else { head.size()? };
        whole = whole.saturating_add(raw);
        sizes.push((raw, packed));
    }
    if whole > RAW_BYTES_MAX {
        return Err(damaged(format!("{whole} bytes")));
    }
    let mut inflating = Decompressor::new()?;
    let joined = if together { inflate(&mut inflating, head.0, whole)? } else { Vec::new() };
    let mut left = if together { joined.as_slice() } else { head.0 };
    let mut streams = Vec::with_capacity(sizes.len());
    for (raw, packed) in sizes {
        let (own, after) = left.split_at_checked(if packed == 0 { raw } else { packed }).ok_or_else(short)?;
        left = after;
        streams.push(if packed == 0 { own.to_vec() } else { inflate(&mut inflating, own, raw)? });
    }
    if left.is_empty() { Ok(Unpacked { streams }) } else { Err(damaged("there is more".to_owned())) }
}

fn inflate(inflating: &mut Decompressor<'_>, packed: &[u8], raw: usize) -> Result<Vec<u8>, StoreError> {
    let bytes = inflating.decompress(packed, raw).map_err(|error| damaged(error.to_string()))?;
    if bytes.len() == raw { Ok(bytes) } else { Err(short()) }
}

/// The streams of bytes of a block, see [`unpack`].
pub struct Unpacked {
    streams: Vec<Vec<u8>>,
}

impl Unpacked {
    /// The columns; with the ids and what is only asked for with whole events, or without.
    pub(super) fn block(&self, whole: bool) -> Result<Block<'_>, StoreError> {
        let (head, streams) = self.streams.split_first().ok_or_else(short)?;
        let mut from = Reading { head: Head(head), streams: streams.iter() };
        let events = from.head.size()?;
        if events > RAW_BYTES_MAX {
            return Err(short());
        }
        let mut block = Block { texts: from.texts()?, ..Block::default() };
        block.shapes = postcard::from_bytes(from.stream()?).map_err(|error| damaged(error.to_string()))?;
        block.shape = from.ints(events)?;
        let mut counts = vec![0usize; block.shapes.len()];
        for shape in &block.shape {
            *counts.get_mut(*shape as usize).ok_or_else(short)? += 1;
        }
        for (shape, count) in block.shapes.iter().zip(counts) {
            block.columns.push(from.columns(shape, count)?);
        }
        let mut column = |wanted: bool| if wanted { from.ints(events) } else { from.pass(events).map(|()| Vec::new()) };
        (block.seq, block.received_at, block.time, block.revision) = (column(whole)?, column(whole)?, column(true)?, column(whole)?);
        block.micros = from.ints(events)?;
        if whole {
            (block.shared, block.ends) = from.ids(events)?;
        }
        Ok(block)
    }
}

fn narrow<T: TryFrom<i128>>(number: i128) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| damaged("a number is too large".to_owned()))
}

/// How many numbers and texts each field of a kind has.
fn kept(form: super::Form) -> (bool, bool) {
    use super::Form;
    match form {
        Form::Null | Form::Nested => (false, false),
        Form::Number => (true, false),
        Form::Flag | Form::Text | Form::OutOfRange => (false, true),
        Form::Money => (true, true),
    }
}

/// Streams of bytes under construction.
#[derive(Default)]
struct Streams {
    /// What says how to read the others.
    head: Vec<u8>,
    list: Vec<Vec<u8>>,
}

impl Streams {
    fn number(&mut self, number: i128) {
        let mut left = zigzag(number);
        while left >= 0x80 {
            self.head.push(u8::try_from(left & 0x7f).unwrap_or(0) | 0x80);
            left >>= 7;
        }
        self.head.push(u8::try_from(left).unwrap_or(0));
    }

    fn size(&mut self, size: usize) {
        self.number(i128::try_from(size).unwrap_or(0));
    }

    fn ints(&mut self, mut numbers: impl Iterator<Item = i128>) {
        let Some(first) = numbers.next() else { return };
        self.number(first);
        let rest: Vec<u128> = numbers.map(zigzag).collect();
        let Some(one) = rest.first().copied() else { return };
        if rest.iter().all(|other| *other == one) {
            self.head.push(SAME);
            self.number(unzigzag(one));
            return;
        }
        let widest = rest.iter().fold(0, |all, one| all | one);
        let width = (u128::BITS - widest.leading_zeros()).div_ceil(8);
        self.head.push(u8::try_from(width).unwrap_or(0));
        for byte in 0..width {
            self.list.push(rest.iter().map(|number| u8::try_from((number >> (8 * byte)) & 0xff).unwrap_or(0)).collect());
        }
    }

    fn texts(&mut self, block: &Block<'_>) {
        self.size(block.texts.len());
        self.ints(block.texts.iter().map(|text| i128::try_from(text.len()).unwrap_or(0)));
        self.list.push(block.texts.iter().flat_map(|text| text.bytes()).collect());
    }

    fn columns(&mut self, columns: &[Column]) {
        let numbered: Vec<(Vec<u32>, Vec<u32>)> = columns.iter().map(|column| numbered(&column.texts)).collect();
        for (at, column) in columns.iter().enumerate() {
            self.ints(column.numbers.iter().map(|number| number.parts().0));
            self.ints(column.numbers.iter().map(|number| number.parts().1.into()));
            let Some((own, used)) = numbered.get(at).filter(|(own, _)| !own.is_empty()) else { continue };
            self.size(used.len());
            used.iter().for_each(|text| self.size(*text as usize));
            let earlier = numbered.iter().take(at).enumerate().filter(|(_, (other, _))| other.len() == own.len());
            let follows = |(from, (other, used)): (usize, &(Vec<u32>, Vec<u32>))| Some((from, following(other, used.len(), own)?));
            match earlier.filter(|(_, (_, used))| used.len() < own.len()).find_map(follows) {
                Some((from, list)) => {
                    self.size(from + 1);
                    self.ints(list.iter().map(|text| (*text).into()));
                }
                None => {
                    self.size(0);
                    self.ints(own.iter().map(|text| (*text).into()));
                }
            }
        }
    }

    fn ids(&mut self, block: &Block<'_>) -> Result<(), StoreError> {
        let (mut steps, mut others, mut written) = (Vec::new(), Vec::new(), Vec::new());
        let (mut id, mut ends) = (String::new(), block.ends.as_str());
        for (same, more) in &block.shared {
            let (end, after) = ends.split_at_checked((*more).into()).ok_or_else(short)?;
            ends = after;
            let next = [id.get(..usize::from(*same)).ok_or_else(short)?, end].concat();
            match counted(&id).zip(counted(&next)).filter(|((a, before), (b, now))| a == b && before != now && id.len() == next.len()) {
                Some(((_, before), (_, now))) => steps.push(i128::from(now) - i128::from(before)),
                None => {
                    steps.push(0);
                    others.extend([i128::from(*same), i128::from(*more)]);
                    written.extend_from_slice(end.as_bytes());
                }
            }
            id = next;
        }
        self.ints(steps.into_iter());
        self.size(others.len());
        self.ints(others.into_iter());
        self.list.push(written);
        Ok(())
    }

    /// All streams as they are stored.
    fn packed(mut self) -> Result<Vec<u8>, StoreError> {
        let head = std::mem::take(&mut self.head);
        self.list.insert(0, head);
        let list = std::mem::take(&mut self.list);
        let whole: usize = list.iter().map(Vec::len).sum();
        let together = whole < TOGETHER_BYTES;
        self.head.push(u8::from(together));
        self.size(list.len());
        let mut body = Vec::new();
        if together {
            list.iter().for_each(|stream| self.size(stream.len()));
            body = zstd::bulk::compress(&list.concat(), ZSTD_LEVEL)?;
        } else {
            for stream in &list {
                let packed = zstd::bulk::compress(stream, ZSTD_LEVEL)?;
                let smaller = packed.len() < stream.len();
                self.size(stream.len());
                self.size(if smaller { packed.len() } else { 0 });
                body.extend_from_slice(if smaller { &packed } else { stream });
            }
        }
        Ok([self.head, body].concat())
    }
}

/// The texts of a column, numbered by their first use, and which those are.
fn numbered(texts: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let (mut numbers, mut used) = (HashMap::new(), Vec::new());
    let own = texts.iter().map(|text| {
        *numbers.entry(*text).or_insert_with(|| {
            used.push(*text);
            index(used.len() - 1)
        })
    });
    (own.collect(), used)
}

/// What each number of one column has beside it in another one, if that is always the same.
fn following(one: &[u32], n_numbers: usize, other: &[u32]) -> Option<Vec<u32>> {
    let mut list = Vec::with_capacity(n_numbers);
    for (from, to) in one.iter().zip(other) {
        match list.get(*from as usize) {
            Some(known) if known == to => {}
            Some(_) => return None,
            // Numbers are given in the order of first use.
            None => list.push(*to),
        }
    }
    Some(list)
}

/// The beginning of an id and the number at its end.
fn counted(id: &str) -> Option<(&str, u64)> {
    let digits = id.bytes().rev().take(DIGITS_MAX).take_while(u8::is_ascii_digit).count();
    let (begin, end) = id.split_at_checked(id.len() - digits)?;
    end.parse().ok().map(|number| (begin, number))
}

fn zigzag(number: i128) -> u128 {
    ((number << 1) ^ (number >> 127)).cast_unsigned()
}

fn unzigzag(number: u128) -> i128 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

/// Bytes that are read from the front.
struct Head<'b>(&'b [u8]);

impl Head<'_> {
    fn byte(&mut self) -> Result<u8, StoreError> {
        let (byte, rest) = self.0.split_first().ok_or_else(short)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<i128, StoreError> {
        let (mut number, mut shift) = (0u128, 0u32);
        loop {
            let byte = self.byte()?;
            number |= u128::from(byte & 0x7f).checked_shl(shift).ok_or_else(short)?;
            if byte < 0x80 {
                return Ok(unzigzag(number));
            }
            shift += 7;
        }
    }

    fn size(&mut self) -> Result<usize, StoreError> {
        narrow(self.number()?)
    }
}

/// Streams that are read one after the other.
struct Reading<'b> {
    head: Head<'b>,
    streams: std::slice::Iter<'b, Vec<u8>>,
}

impl<'b> Reading<'b> {
    fn stream(&mut self) -> Result<&'b [u8], StoreError> {
        self.streams.next().map(Vec::as_slice).ok_or_else(short)
    }

    fn ints<T: TryFrom<i128> + Copy>(&mut self, count: usize) -> Result<Vec<T>, StoreError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let first = narrow(self.head.number()?)?;
        if count == 1 {
            return Ok(vec![first]);
        }
        let mut numbers = vec![first];
        let width = self.head.byte()?;
        if width == SAME {
            let number = narrow(self.head.number()?)?;
            numbers.resize(count.min(RAW_BYTES_MAX), number);
            return Ok(numbers);
        }
        let bytes = (0..width).map(|_| self.stream()).collect::<Result<Vec<_>, _>>()?;
        if width == 0 || width > 16 || bytes.iter().any(|bytes| bytes.len() != count - 1) {
            return Err(short());
        }
        numbers.reserve(count - 1);
        // Nearly all are short: then they are put together byte by byte of all, in words.
        if width <= 8 {
            let mut words = vec![0u64; count - 1];
            for (bytes, shift) in bytes.iter().zip((0..).step_by(8)) {
                words.iter_mut().zip(*bytes).for_each(|(word, byte)| *word |= u64::from(*byte) << shift);
            }
            for word in words {
                numbers.push(narrow(i128::from((word >> 1).cast_signed() ^ -(word & 1).cast_signed()))?);
            }
            return Ok(numbers);
        }
        for at in 0..count - 1 {
            let number = bytes.iter().rev().fold(0u128, |number, bytes| (number << 8) | u128::from(bytes.get(at).copied().unwrap_or(0)));
            numbers.push(narrow(unzigzag(number))?);
        }
        Ok(numbers)
    }

    /// Passes over numbers.
    fn pass(&mut self, count: usize) -> Result<(), StoreError> {
        if count > 0 {
            self.head.number()?;
        }
        if count > 1 {
            match self.head.byte()? {
                SAME => drop(self.head.number()?),
                width => (0..width).try_for_each(|_| self.stream().map(drop))?,
            }
        }
        Ok(())
    }

    fn texts(&mut self) -> Result<Vec<Cow<'b, str>>, StoreError> {
        let count = self.head.size()?;
        let lengths: Vec<usize> = self.ints(count)?;
        let mut left = std::str::from_utf8(self.stream()?).map_err(|error| damaged(error.to_string()))?;
        let mut texts = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (text, rest) = left.split_at_checked(length).ok_or_else(short)?;
            texts.push(Cow::Borrowed(text));
            left = rest;
        }
        Ok(texts)
    }

    fn columns(&mut self, shape: &Shape, count: usize) -> Result<Vec<Column>, StoreError> {
        let mut columns: Vec<Column> = Vec::with_capacity(shape.fields.len());
        let mut numbered: Vec<Vec<u32>> = Vec::with_capacity(shape.fields.len());
        for (_, form) in &shape.fields {
            let (has_numbers, has_texts) = kept(*form);
            let n_numbers = if has_numbers { count } else { 0 };
            let units = self.ints(n_numbers)?;
            let scales = self.ints(n_numbers)?;
            let numbers = units.into_iter().zip(scales).map(|(units, scale)| DecimalRecord::of(units, scale)).collect();
            let (own, texts) = if has_texts && count > 0 { self.text_column(&numbered, count)? } else { Default::default() };
            columns.push(Column { numbers, texts });
            numbered.push(own);
        }
        Ok(columns)
    }

    fn text_column(&mut self, earlier: &[Vec<u32>], count: usize) -> Result<(Vec<u32>, Vec<u32>), StoreError> {
        let n_used = self.head.size()?;
        let used = (0..n_used).map(|_| narrow(self.head.number()?)).collect::<Result<Vec<u32>, StoreError>>()?;
        let follows = self.head.size()?;
        let own: Vec<u32> = match follows.checked_sub(1) {
            None => self.ints(count)?,
            Some(from) => {
                let other = earlier.get(from).ok_or_else(short)?;
                let n_numbers = other.iter().max().map_or(0, |most| *most as usize + 1);
                let list: Vec<u32> = self.ints(n_numbers)?;
                other.iter().map(|from| list.get(*from as usize).copied().ok_or_else(short)).collect::<Result<_, _>>()?
            }
        };
        let texts = own.iter().map(|number| used.get(*number as usize).copied().ok_or_else(short)).collect::<Result<_, _>>()?;
        Ok((own, texts))
    }

    fn ids(&mut self, events: usize) -> Result<(Vec<(u16, u16)>, String), StoreError> {
        let steps: Vec<i128> = self.ints(events)?;
        let n_others = self.head.size()?;
        let mut others = self.ints::<usize>(n_others)?.into_iter();
        let mut written = std::str::from_utf8(self.stream()?).map_err(|error| damaged(error.to_string()))?;
        let (mut lengths, mut ends, mut id) = (Vec::with_capacity(steps.len()), String::new(), String::new());
        for step in steps {
            let next = if step == 0 {
                let (same, more) = (others.next().ok_or_else(short)?, others.next().ok_or_else(short)?);
                let (end, rest) = written.split_at_checked(more).ok_or_else(short)?;
                written = rest;
                [id.get(..same).ok_or_else(short)?, end].concat()
            } else {
                let (begin, number) = counted(&id).ok_or_else(short)?;
                let number: u64 = narrow(i128::from(number) + step)?;
                format!("{begin}{number:0digits$}", digits = id.len() - begin.len())
            };
            let same = shared(&id, &next);
            let end = next.get(same..).unwrap_or_default();
            lengths.push((length(same), length(end.len())));
            ends.push_str(end);
            id = next;
        }
        Ok((lengths, ends))
    }
}
