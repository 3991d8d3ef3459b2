//! A block of events as it is stored: by columns, with every text once.
//!
//! 1. [`Columns::push`] takes events apart: what is equal in many of them (source, type, names and kinds of fields) is
//!    their shape, numbered; texts are numbered too; of ids only the end is kept that differs from the one before; times
//!    and numbers of acceptance are differences.
//! 2. [`Columns::seal`] makes them few bytes ([`press`]).
//! 3. [`visit`] puts the events together again, in their order; [`open`] reads the columns as they are.

pub mod open;

mod press;

use super::cell::DecimalRecord;
use super::event::{EventRecord, ValueRecord};
use crate::store::StoreError;
use crate::store::error::unreadable;
use foldhash::quality::RandomState;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;

/// What an event takes besides its texts, at most about.
const EVENT_BYTES: usize = 16;
/// What a field takes besides its text, at most about.
const FIELD_BYTES: usize = 8;

/// What many events have in common.
#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, Clone)]
struct Shape {
    source: u32,
    kind: u32,
    fields: Vec<(u32, Form)>,
}

/// The kind of a field's value; what is in the number of the shape takes no room in the columns.
#[derive(Serialize, Deserialize, PartialEq, Eq, Hash, Clone, Copy)]
#[allow(missing_docs)]
pub enum Form {
    Null,
    Flag,
    Number,
    Text,
    Money,
    Nested,
    OutOfRange,
}

fn form(value: &ValueRecord<'_>) -> Form {
    match value {
        ValueRecord::Null => Form::Null,
        ValueRecord::Flag(_) => Form::Flag,
        ValueRecord::Number(_) => Form::Number,
        ValueRecord::Text(_) => Form::Text,
        ValueRecord::Money(..) => Form::Money,
        ValueRecord::Nested => Form::Nested,
        ValueRecord::OutOfRange(_) => Form::OutOfRange,
    }
}

/// The values of one field of one shape, in the order of the events.
#[derive(Default)]
struct Column {
    numbers: Vec<DecimalRecord>,
    /// Numbers of texts; of flags 0 or 1.
    texts: Vec<u32>,
}

/// The columns of a block.
#[derive(Default)]
struct Block<'a> {
    texts: Vec<Cow<'a, str>>,
    shapes: Vec<Shape>,
    /// For each shape, its fields.
    columns: Vec<Vec<Column>>,
    /// For each event, its shape.
    shape: Vec<u32>,
    seq: Vec<i64>,
    received_at: Vec<i64>,
    /// Milliseconds, and what is left of them in microseconds: most clocks have none.
    time: Vec<i64>,
    micros: Vec<u16>,
    revision: Vec<i64>,
    /// How many bytes of the id are those of the id before, and how many follow.
    shared: Vec<(u16, u16)>,
    ends: String,
}

/// A block under construction.
#[derive(Default)]
pub struct Columns {
    block: Block<'static>,
    numbers: HashMap<String, u32, RandomState>,
    shapes: HashMap<Shape, u32>,
    last: Last,
    /// About how many bytes it is before compression.
    bytes: usize,
}

/// What the next event is told apart from.
#[derive(Default)]
struct Last {
    seq: i64,
    received_at: i64,
    time: i64,
    id: String,
    /// The shape of the event before, which most events share.
    shape: Option<u32>,
}

impl Columns {
    /// About how many bytes the block has before compression.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds an event.
    pub fn push(&mut self, event: &EventRecord<'_>) {
        let shape = match self.last.shape.filter(|shape| self.has_shape(*shape, event)) {
            Some(shape) => shape,
            None => {
                let (source, kind) = (self.text(&event.source), self.text(&event.kind));
                let fields = event.data.iter().map(|(name, value)| (self.text(name), form(value))).collect();
                self.shape(Shape { source, kind, fields })
            }
        };
        for (at, (_, value)) in event.data.iter().enumerate() {
            let text = match value {
                ValueRecord::Text(text) | ValueRecord::Money(_, text) | ValueRecord::OutOfRange(text) => Some(self.text(text)),
                ValueRecord::Flag(flag) => Some(u32::from(*flag)),
                ValueRecord::Null | ValueRecord::Number(_) | ValueRecord::Nested => None,
            };
            let Some(column) = self.block.columns.get_mut(shape as usize).and_then(|columns| columns.get_mut(at)) else { continue };
            column.texts.extend(text);
            if let ValueRecord::Number(number) | ValueRecord::Money(number, _) = value {
                column.numbers.push(*number);
            }
        }
        let seq = event.seq.cast_signed();
        self.block.shape.push(shape);
        self.block.seq.push(seq.wrapping_sub(self.last.seq));
        self.block.received_at.push(event.received_at.wrapping_sub(self.last.received_at));
        let (time, micros) = (event.time.div_euclid(1_000), event.time.rem_euclid(1_000));
        self.block.time.push(time.wrapping_sub(self.last.time));
        self.block.micros.push(u16::try_from(micros).unwrap_or_default());
        self.block.revision.push(event.revision);
        let shared = shared(&self.last.id, &event.id);
        let end = event.id.get(shared..).unwrap_or_default();
        self.block.shared.push((length(shared), length(end.len())));
        self.block.ends.push_str(end);
        self.bytes += EVENT_BYTES + end.len() + FIELD_BYTES * event.data.len();
        (self.last.seq, self.last.received_at, self.last.time, self.last.shape) = (seq, event.received_at, time, Some(shape));
        self.last.id.clear();
        self.last.id.push_str(&event.id);
    }

    /// The bytes of the block.
    pub fn seal(&self) -> Result<Vec<u8>, StoreError> {
        press::press(&self.block)
    }

    /// The number of a text.
    fn text(&mut self, text: &str) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = index(self.block.texts.len());
        self.numbers.insert(text.to_owned(), number);
        self.block.texts.push(Cow::Owned(text.to_owned()));
        self.bytes += text.len();
        number
    }

    /// Whether an event has this shape.
    fn has_shape(&self, shape: u32, event: &EventRecord<'_>) -> bool {
        let Some(shape) = self.block.shapes.get(shape as usize) else { return false };
        let is = |number: u32, text: &str| self.block.texts.get(number as usize).is_some_and(|known| known == text);
        let fields = shape.fields.iter().zip(&event.data);
        shape.fields.len() == event.data.len()
            && is(shape.kind, &event.kind)
            && is(shape.source, &event.source)
            && fields.into_iter().all(|((name, known), (told, value))| *known == form(value) && is(*name, told))
    }

    /// The number of a shape.
    fn shape(&mut self, shape: Shape) -> u32 {
        if let Some(number) = self.shapes.get(&shape) {
            return *number;
        }
        let number = index(self.block.shapes.len());
        self.block.columns.push(shape.fields.iter().map(|_| Column::default()).collect());
        self.block.shapes.push(shape.clone());
        self.shapes.insert(shape, number);
        number
    }
}

/// A place among at most as many things as a block has bytes.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A length within an id, which is short.
fn length(bytes: usize) -> u16 {
    u16::try_from(bytes).unwrap_or(u16::MAX)
}

/// How many bytes two texts begin with in common, whole characters only.
fn shared(one: &str, other: &str) -> usize {
    let same = one.char_indices().zip(other.chars()).take_while(|((_, a), b)| a == b);
    same.last().map_or(0, |((at, a), _)| at + a.len_utf8())
}

/// Visits the events of a stored block.
pub fn visit(content: &[u8], visit: impl FnMut(EventRecord<'_>) -> Result<(), StoreError>) -> Result<(), StoreError> {
    open::Opened::whole(&open::unpack(content)?)?.visit(|_| true, visit)
}

/// A block that is read, and how far each column has been.
struct Whole<'b> {
    block: &'b Block<'b>,
    next: Vec<Vec<(usize, usize)>>,
}

impl<'b> Whole<'b> {
    fn text(&self, number: u32) -> Result<Cow<'b, str>, StoreError> {
        self.block.texts.get(number as usize).map(|text| Cow::Borrowed(&**text)).ok_or_else(short)
    }

    /// The fields of the next event of a shape.
    fn fields(&mut self, shape: usize) -> Result<Vec<(Cow<'b, str>, ValueRecord<'b>)>, StoreError> {
        let fields = &self.block.shapes.get(shape).ok_or_else(short)?.fields;
        let columns = self.block.columns.get(shape).ok_or_else(short)?;
        let mut data = Vec::with_capacity(fields.len());
        for (at, (name, form)) in fields.iter().enumerate() {
            let column = columns.get(at).ok_or_else(short)?;
            let mut next = self.next.get(shape).and_then(|next| next.get(at)).copied().ok_or_else(short)?;
            let mut number = || {
                next.0 += 1;
                column.numbers.get(next.0 - 1).copied().ok_or_else(short)
            };
            let mut small = || {
                next.1 += 1;
                column.texts.get(next.1 - 1).copied().ok_or_else(short)
            };
            let value = match form {
                Form::Null => ValueRecord::Null,
                Form::Flag => ValueRecord::Flag(small()? == 1),
                Form::Number => ValueRecord::Number(number()?),
                Form::Text => ValueRecord::Text(self.text(small()?)?),
                Form::Money => ValueRecord::Money(number()?, self.text(small()?)?),
                Form::Nested => ValueRecord::Nested,
                Form::OutOfRange => ValueRecord::OutOfRange(self.text(small()?)?),
            };
            data.push((self.text(*name)?, value));
            if let Some(place) = self.next.get_mut(shape).and_then(|places| places.get_mut(at)) {
                *place = next;
            }
        }
        Ok(data)
    }
}

fn damaged(text: String) -> StoreError {
    StoreError::Damaged(unreadable("a block of events", "事件块", text))
}

fn short() -> StoreError {
    damaged("a column is too short".to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rust_decimal::Decimal;

    fn event<'a>(seq: u64, id: &'a str, time: i64, data: Vec<(&'a str, ValueRecord<'a>)>) -> EventRecord<'a> {
        let data = data.into_iter().map(|(name, value)| (name.into(), value)).collect();
        let kind = if seq.is_multiple_of(2) { "even" } else { "odd" };
        EventRecord { seq, received_at: time + 5, time, source: "s".into(), id: id.into(), kind: kind.into(), revision: -1, data }
    }

    /// Its bytes as one record, to compare by.
    fn bytes(event: &EventRecord<'_>) -> Vec<u8> {
        postcard::to_stdvec(event).unwrap()
    }

    #[test]
    fn events_come_back_as_they_were() {
        let number = |units, scale| ValueRecord::Number(Decimal::new(units, scale).into());
        let values = || {
            vec![
                ("金额", number(-744_100, 3)),
                ("flag", ValueRecord::Flag(true)),
                ("other", ValueRecord::Flag(false)),
                ("text", ValueRecord::Text("店".into())),
                ("money", ValueRecord::Money(Decimal::MAX.into(), "USD".into())),
                ("list", ValueRecord::Nested),
                ("none", ValueRecord::Null),
                ("huge", ValueRecord::OutOfRange("1e400".into())),
            ]
        };
        let events = [
            event(7, "order-单1", i64::MIN, values()),
            event(9, "order-单12", 1, values()),
            event(8, "order-价", -1, vec![("text", number(1, 0))]),
            event(u64::MAX, "", i64::MAX - 5, Vec::new()),
            event(8, "order-价", 1_999, vec![("text", ValueRecord::Text("s".into()))]),
        ];
        let sealed = comes_back(&events);
        for cut in 0..sealed.len() {
            assert!(visit(&sealed[..cut], |_| Ok(())).is_err(), "{cut}");
        }
        comes_back(&[]);
        comes_back(&events[..1]);
    }

    /// Its bytes, once what is in them was compared.
    fn comes_back(events: &[EventRecord<'_>]) -> Vec<u8> {
        let mut columns = Columns::default();
        events.iter().for_each(|event| columns.push(event));
        let (sealed, mut found) = (columns.seal().unwrap(), Vec::new());
        visit(&sealed, |event| {
            found.push(bytes(&event));
            Ok(())
        })
        .unwrap();
        assert_eq!(found, events.iter().map(bytes).collect::<Vec<_>>());
        sealed
    }

    #[test]
    fn large_blocks_come_back_too() {
        let mut random = 88_172_645_463_325_252u64;
        let mut draw = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random % below
        };
        let ids: Vec<String> = (0..6_000u64)
            .map(|at| match draw(6) {
                0 => format!("order-{:04}", 9_998 + draw(4)),
                1 => format!("{}", draw(u64::MAX)),
                2 => String::new(),
                3 => "same-07".to_owned(),
                _ => format!("order-{at:08}"),
            })
            .collect();
        let shops: Vec<String> = (0..300).map(|shop| format!("店-{shop}")).collect();
        let regions = ["north", "south", "east", "west"];
        let mut events = Vec::new();
        for (at, id) in ids.iter().enumerate() {
            let shop = usize::try_from(draw(300)).unwrap();
            let wide = Decimal::from_i128_with_scale(i128::from(draw(u64::MAX)) * i128::from(draw(1 << 20)) - (1 << 60), 3);
            let mut data = vec![
                ("shop", ValueRecord::Text(shops[shop].as_str().into())),
                ("region", ValueRecord::Text(regions[shop % 4].into())),
                ("note", ValueRecord::Text(regions[usize::try_from(draw(4)).unwrap()].into())),
                ("amount", ValueRecord::Number(wide.into())),
                ("paid", ValueRecord::Money(Decimal::new(i64::try_from(draw(1_000)).unwrap(), 2).into(), "EUR".into())),
                ("late", ValueRecord::Flag(draw(20) == 0)),
            ];
            data.truncate(usize::try_from(6 - draw(2)).unwrap());
            events.push(event(u64::try_from(at).unwrap() / 3, id, i64::try_from(draw(1 << 40)).unwrap() * 17, data));
        }
        let sealed = comes_back(&events);
        assert!(visit(&sealed[..sealed.len() - 1], |_| Ok(())).is_err());
    }

    #[test]
    fn what_repeats_takes_no_room() {
        let mut columns = Columns::default();
        for seq in 0..1_000 {
            let id = format!("order-2026-{seq:012}");
            let shop = ["us", "de", "jp"].into_iter().cycle().nth(seq as usize * 7 % 11).unwrap();
            let amount = ValueRecord::Number(Decimal::new(i64::try_from(seq * 7_919 % 10_000).unwrap(), 2).into());
            let data = vec![("shop", ValueRecord::Text(shop.into())), ("amount", amount), ("late", ValueRecord::Flag(seq % 9 == 0))];
            columns.push(&EventRecord {
                seq,
                received_at: 1_000_000,
                time: i64::try_from(seq * 2_592_000).unwrap(),
                source: "shop-system".into(),
                id: id.into(),
                kind: "order_completed".into(),
                revision: 0,
                data: data.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            });
        }
        let size = columns.seal().unwrap().len();
        assert!(size < 3_000, "{size} bytes for a thousand events");
    }
}
