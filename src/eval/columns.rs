//! Rows of one event type as columns: what a file of events is before it becomes cells.
//!
//! 1. A door fills [`Columns`] value by value; texts that come again and again are numbers of [`Texts`].
//! 2. [`super::Bulk`] makes cells of them without making rows.
//! 3. The history keeps them, and makes [`Row`]s of those that are asked for.

use super::{Row, RowId};
use crate::compile::program::{EventIdx, Scalar};
use crate::time::Instant;
use rust_decimal::Decimal;
use std::sync::Arc;

/// The number of no text.
pub const NO_TEXT: u32 = 0;
/// Stands for an absent flag, or for the scale of an absent number.
const ABSENT: u8 = u8::MAX;

/// The bytes for which room is made for each text.
const WORD_BYTES: usize = 24;

/// Texts by their numbers, from 1 on.
#[derive(Debug, Clone, Default)]
pub struct Texts(Vec<Box<str>>);

impl Texts {
    /// Adds the texts of the next numbers.
    pub fn extend(&mut self, texts: impl IntoIterator<Item = Box<str>>) {
        self.0.extend(texts);
    }

    /// The text of a number.
    pub fn get(&self, number: u32) -> Option<&str> {
        self.0.get((number as usize).checked_sub(1)?).map(|text| &**text)
    }
}

/// Texts one behind the other.
#[derive(Debug, Clone, Default)]
pub struct Words {
    /// UTF-8; not checked before somebody asks.
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl Words {
    /// Adds a text.
    pub fn push(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
    }

    /// The text at a place.
    pub fn get(&self, place: usize) -> Option<&str> {
        let end = *self.ends.get(place)? as usize;
        std::str::from_utf8(self.text.get(self.start(place)..end)?).ok()
    }

    /// Whether each text comes behind the one before it in the order of texts, and the first one behind another text.
    pub fn rise(&self, behind: Option<&str>) -> bool {
        let (mut last, mut start) = (behind.map(str::as_bytes), 0);
        self.ends.iter().all(|end| {
            let own = self.text.get(start..*end as usize);
            start = *end as usize;
            let rises = own.is_some() && last.is_none_or(|last| own > Some(last));
            last = own;
            rises
        })
    }

    /// Makes room for so many.
    fn reserve(&mut self, n_rows: usize) {
        self.text.reserve(n_rows.saturating_mul(WORD_BYTES));
        self.ends.reserve(n_rows);
    }

    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize)
    }

    fn truncate(&mut self, n_rows: usize) {
        self.text.truncate(self.start(n_rows));
        self.ends.truncate(n_rows);
    }

    fn kept(&self, keep: &[bool]) -> Words {
        let mut kept = Words::default();
        (0..).zip(keep).filter(|(_, keep)| **keep).filter_map(|(place, _)| self.get(place)).for_each(|text| kept.push(text.as_bytes()));
        kept
    }
}

/// The values of one field.
#[derive(Debug, Clone)]
pub enum Column {
    /// Numbers of texts.
    Numbered(Vec<u32>),
    /// Texts that seldom come again; an empty one is absent.
    Words(Words),
    /// Digits and how many of them are decimals.
    Decimals(Vec<i64>, Vec<u8>),
    /// 0, 1 or absent.
    Flags(Vec<u8>),
}

impl Column {
    /// Adds an absent value.
    pub fn push_absent(&mut self) {
        match self {
            Column::Numbered(numbers) => numbers.push(NO_TEXT),
            Column::Words(words) => words.push(b""),
            Column::Decimals(digits, scales) => {
                digits.push(0);
                scales.push(ABSENT);
            }
            Column::Flags(flags) => flags.push(ABSENT),
        }
    }

    /// The number at a place, as digits and decimals.
    pub(super) fn decimal(&self, place: usize) -> Option<(i64, u8)> {
        let Column::Decimals(digits, scales) = self else { return None };
        let scale = scales.get(place).copied().filter(|scale| *scale != ABSENT)?;
        Some((*digits.get(place)?, scale))
    }

    /// The text at a place.
    pub(super) fn text<'t>(&'t self, place: usize, texts: &'t Texts) -> Option<&'t str> {
        match self {
            Column::Numbered(numbers) => texts.get(*numbers.get(place)?),
            Column::Words(words) => words.get(place).filter(|text| !text.is_empty()),
            Column::Decimals(..) | Column::Flags(_) => None,
        }
    }

    /// The number of the text at a place.
    pub(super) fn number(&self, place: usize) -> u32 {
        match self {
            Column::Numbered(numbers) => numbers.get(place).copied().unwrap_or(NO_TEXT),
            _ => NO_TEXT,
        }
    }

    /// Whether there is a value at a place.
    pub(super) fn is_there(&self, place: usize) -> bool {
        match self {
            Column::Numbered(_) => self.number(place) != NO_TEXT,
            Column::Words(words) => words.get(place).is_some_and(|text| !text.is_empty()),
            Column::Decimals(..) => self.decimal(place).is_some(),
            Column::Flags(_) => self.flag(place).is_some(),
        }
    }

    /// The truth value at a place.
    pub(super) fn flag(&self, place: usize) -> Option<bool> {
        match self {
            Column::Flags(flags) => flags.get(place).filter(|flag| **flag != ABSENT).map(|flag| *flag == 1),
            _ => None,
        }
    }

    fn scalar(&self, place: usize, texts: &Texts) -> Scalar {
        match self {
            Column::Numbered(_) | Column::Words(_) => self.text(place, texts).map(|text| Scalar::Text(text.into())),
            Column::Decimals(..) => self.decimal(place).map(|(digits, scale)| Scalar::Number(Decimal::new(digits, scale.into()))),
            Column::Flags(_) => self.flag(place).map(Scalar::Flag),
        }
        .unwrap_or(Scalar::Absent)
    }

    fn reserve(&mut self, n_rows: usize) {
        match self {
            Column::Numbered(numbers) => numbers.reserve(n_rows),
            Column::Words(words) => words.reserve(n_rows),
            Column::Decimals(digits, scales) => {
                digits.reserve(n_rows);
                scales.reserve(n_rows);
            }
            Column::Flags(flags) => flags.reserve(n_rows),
        }
    }

    fn truncate(&mut self, n_rows: usize) {
        match self {
            Column::Numbered(numbers) => numbers.truncate(n_rows),
            Column::Words(words) => words.truncate(n_rows),
            Column::Decimals(digits, scales) => {
                digits.truncate(n_rows);
                scales.truncate(n_rows);
            }
            Column::Flags(flags) => flags.truncate(n_rows),
        }
    }

    fn kept(&self, keep: &[bool]) -> Column {
        match self {
            Column::Numbered(numbers) => Column::Numbered(only(numbers, keep)),
            Column::Words(words) => Column::Words(words.kept(keep)),
            Column::Decimals(digits, scales) => Column::Decimals(only(digits, keep), only(scales, keep)),
            Column::Flags(flags) => Column::Flags(only(flags, keep)),
        }
    }
}

fn only<T: Copy>(values: &[T], keep: &[bool]) -> Vec<T> {
    values.iter().zip(keep).filter(|(_, keep)| **keep).map(|(value, _)| *value).collect()
}

/// Rows of one event type and one source, all of revision 0.
#[derive(Debug, Clone)]
pub struct Columns {
    /// The event type.
    pub event: EventIdx,
    /// Who sent them: the CloudEvents source.
    pub source: Arc<str>,
    /// Their ids within the source; empty where nobody asks for identities.
    pub ids: Words,
    /// When they happened.
    pub times: Vec<Instant>,
    /// One column a field of the declaration.
    pub fields: Vec<Column>,
}

impl Columns {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Makes room for so many rows.
    pub fn reserve(&mut self, n_rows: usize) {
        self.ids.reserve(n_rows);
        self.times.reserve(n_rows);
        self.fields.iter_mut().for_each(|column| column.reserve(n_rows));
    }

    /// Takes away what was put in behind so many rows.
    pub fn truncate(&mut self, n_rows: usize) {
        self.ids.truncate(n_rows);
        self.times.truncate(n_rows);
        self.fields.iter_mut().for_each(|column| column.truncate(n_rows));
    }

    /// Only those rows that are to be kept.
    pub fn kept(&self, keep: &[bool]) -> Columns {
        Columns {
            event: self.event,
            source: Arc::clone(&self.source),
            ids: self.ids.kept(keep),
            times: only(&self.times, keep),
            fields: self.fields.iter().map(|column| column.kept(keep)).collect(),
        }
    }

    /// The row at a place.
    pub(super) fn row(&self, place: usize, texts: &Texts) -> Option<Row> {
        let values = self.fields.iter().map(|column| column.scalar(place, texts)).collect();
        let id = self.ids.get(place).map_or(RowId(0), |id| RowId::of(&self.source, id));
        Some(Row { event: self.event, id, time: *self.times.get(place)?, revision: 0, values })
    }
}
