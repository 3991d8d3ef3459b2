//! A stored block read by its columns.
//!
//! 1. [`unpack`] decompresses it, [`Opened::of`] tells its columns apart; texts stay where they lie, and ids are passed over.
//! 2. [`Opened::parts`] shows the events of each shape as columns; no event is put together.
//! 3. [`Opened::whole`] reads the ids too, so that [`Opened::visit`] can put together the events of the shapes that are
//!    wanted so.

use super::press::{self, Unpacked};
use super::{Block, Last, Shape, Whole, short};
use crate::store::StoreError;
use crate::store::record::cell::DecimalRecord;
use crate::store::record::event::EventRecord;
use std::borrow::Cow;

pub use super::Form;

/// The streams of bytes of a block, unpacked.
pub fn unpack(content: &[u8]) -> Result<Unpacked, StoreError> {
    press::unpack(content)
}

/// A block that is read.
pub struct Opened<'b> {
    block: Block<'b>,
}

/// The events of one shape.
pub struct Part<'o> {
    /// Who sent them.
    pub source: &'o str,
    /// Their type.
    pub kind: &'o str,
    /// Their places in the block.
    pub places: Vec<usize>,
    /// When they happened.
    pub times: Vec<i64>,
    /// Their fields, one value an event.
    pub fields: Vec<Values<'o>>,
}

/// The values of one field.
pub struct Values<'o> {
    /// Its name.
    pub name: &'o str,
    /// The kind of all values.
    pub form: Form,
    /// The numbers, of numbers and money.
    pub numbers: &'o [DecimalRecord],
    /// The numbers of the texts; of flags 0 or 1.
    pub texts: &'o [u32],
}

impl<'b> Opened<'b> {
    /// Reads the columns of an unpacked block: all but ids and what only whole events have.
    pub fn of(unpacked: &'b Unpacked) -> Result<Opened<'b>, StoreError> {
        Ok(Opened { block: unpacked.block(false)? })
    }

    /// Reads all of an unpacked block.
    pub fn whole(unpacked: &'b Unpacked) -> Result<Opened<'b>, StoreError> {
        Ok(Opened { block: unpacked.block(true)? })
    }

    /// The texts by their numbers.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.block.texts.iter().map(|text| &**text)
    }

    /// The events by their shapes.
    pub fn parts(&self) -> Result<Vec<Part<'_>>, StoreError> {
        let mut parts = self.block.shapes.iter().zip(&self.block.columns).map(|(shape, columns)| self.part(shape, columns));
        let mut parts: Vec<Part<'_>> = parts.by_ref().collect::<Result<_, _>>()?;
        let (mut times, mut micros) = (self.block.time.iter(), self.block.micros.iter());
        let mut last = 0i64;
        for (place, shape) in self.block.shape.iter().enumerate() {
            let (time, micros) = times.next().zip(micros.next()).ok_or_else(short)?;
            last = last.wrapping_add(*time);
            let part = parts.get_mut(*shape as usize).ok_or_else(short)?;
            part.places.push(place);
            part.times.push(last.wrapping_mul(1_000).wrapping_add((*micros).into()));
        }
        // A column that is too short would be seen late, or by nobody.
        let fits = |part: &Part<'_>| {
            part.fields.iter().all(|values| {
                let (n_numbers, n_texts) = values.form.parts();
                values.numbers.len() == n_numbers * part.times.len() && values.texts.len() == n_texts * part.times.len()
            })
        };
        if parts.iter().all(fits) { Ok(parts) } else { Err(short()) }
    }

    fn part<'o>(&'o self, shape: &Shape, columns: &'o [super::Column]) -> Result<Part<'o>, StoreError> {
        let text = |number: u32| self.block.texts.get(number as usize).map(|text| &**text).ok_or_else(short);
        let values = |((name, form), column): (&(u32, Form), &'o super::Column)| {
            Ok(Values { name: text(*name)?, form: *form, numbers: &column.numbers, texts: &column.texts })
        };
        let fields = shape.fields.iter().zip(columns).map(values).collect::<Result<_, StoreError>>()?;
        Ok(Part { source: text(shape.source)?, kind: text(shape.kind)?, places: Vec::new(), times: Vec::new(), fields })
    }

    /// The ids of all events of a block that was read whole, one behind the other, and where each one ends.
    pub fn ids(&self) -> Result<(String, Vec<usize>), StoreError> {
        let (mut ids, mut stops, mut rest) = (String::new(), Vec::with_capacity(self.block.shared.len()), self.block.ends.as_str());
        let mut last = 0..0;
        for (shared, own) in &self.block.shared {
            let (end, after) = rest.split_at_checked((*own).into()).ok_or_else(short)?;
            let shared = ids.get(last).and_then(|last| last.get(..(*shared).into())).ok_or_else(short)?.to_owned();
            last = ids.len()..ids.len() + shared.len() + end.len();
            ids.push_str(&shared);
            ids.push_str(end);
            stops.push(ids.len());
            rest = after;
        }
        Ok((ids, stops))
    }

    /// Visits the events of the shapes that are wanted, of a block that was read whole.
    pub fn visit(
        &self,
        wanted: impl Fn(usize) -> bool,
        mut visit: impl FnMut(EventRecord<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let block = &self.block;
        let mut whole = Whole { next: block.columns.iter().map(|columns| vec![(0, 0); columns.len()]).collect(), block };
        let (mut last, mut ends) = (Last::default(), block.ends.as_str());
        for (at, shape) in block.shape.iter().enumerate() {
            let of = |column: &[i64]| column.get(at).copied().ok_or_else(short);
            let (shared, rest) = block.shared.get(at).copied().ok_or_else(short)?;
            let (end, after) = ends.split_at_checked(rest.into()).ok_or_else(short)?;
            ends = after;
            if shared as usize > last.id.len() || !last.id.is_char_boundary(shared.into()) {
                return Err(short());
            }
            last.id.truncate(shared.into());
            last.id.push_str(end);
            last.seq = last.seq.wrapping_add(of(&block.seq)?);
            last.received_at = last.received_at.wrapping_add(of(&block.received_at)?);
            last.time = last.time.wrapping_add(of(&block.time)?);
            if !wanted(*shape as usize) {
                continue;
            }
            let data = whole.fields(*shape as usize)?;
            let shape = block.shapes.get(*shape as usize).ok_or_else(short)?;
            let micros = block.micros.get(at).copied().ok_or_else(short)?;
            visit(EventRecord {
                seq: last.seq.cast_unsigned(),
                received_at: last.received_at,
                time: last.time.wrapping_mul(1_000).wrapping_add(micros.into()),
                source: whole.text(shape.source)?,
                id: Cow::Borrowed(&last.id),
                kind: whole.text(shape.kind)?,
                revision: of(&block.revision)?,
                data,
            })?;
        }
        Ok(())
    }
}

impl Form {
    /// How many numbers and how many texts a value takes.
    fn parts(self) -> (usize, usize) {
        match self {
            Form::Null | Form::Nested => (0, 0),
            Form::Flag | Form::Text | Form::OutOfRange => (0, 1),
            Form::Number => (1, 0),
            Form::Money => (1, 1),
        }
    }
}
