//! Stored blocks as columns for the cell plan.
//!
//! 1. The events of one shape have the same fields with values of the same kinds; [`Intake::part`] reads those that a formula
//!    looks at, and checks the others by their declarations as strictly as [`shape`](crate::engine::shape()) does.
//! 2. Texts are numbers in a block; each is given its number of the whole reading once a block.
//! 3. Events of a shape that has any value in another than the plain form, and those ahead of time, become rows.

use crate::compile::program::{Field, FieldRole, Program};
use crate::engine::event::row_id;
use crate::engine::history::raw;
use crate::engine::lane::{Kind, Kinds, kinds};
use crate::engine::shape::{self, DECIMALS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX, WHOLE_DIGITS_MAX};
use crate::eval::{Bulk, Column, Columns, NO_TEXT, Row, Texts, Words};
use crate::store::{Form, Log, Opened, Part, StoreError, Values, unpack};
use crate::time::Instant;
use std::collections::HashMap;
use std::sync::Arc;

/// Reads blocks.
pub(super) struct Intake<'p> {
    program: &'p Program,
    kinds: Kinds,
    bulk: Bulk,
    known: Known,
    /// The ids of some events matter.
    ranks: bool,
    /// Later events wait, as rows.
    now: Instant,
}

/// The texts of the whole reading, and their numbers.
#[derive(Default)]
struct Known {
    texts: Texts,
    numbers: HashMap<Box<str>, u32>,
}

/// What a day holds for the program.
#[derive(Default)]
pub(super) struct Day {
    /// What did not become columns.
    pub(super) rows: Vec<Row>,
    /// How many events there are, those in columns too.
    pub(super) taken: usize,
    /// Events of its types that it cannot read: an earlier program took them.
    pub(super) skipped: usize,
}

/// The number of a text that was not looked at yet.
const NOT_SEEN: u32 = u32::MAX;

/// The texts of a block.
struct Dictionary<'o> {
    texts: Vec<&'o str>,
    /// Their numbers in the whole reading, as far as they were asked for.
    numbers: Vec<Option<u32>>,
}

impl<'p> Intake<'p> {
    pub(super) fn new(program: &'p Arc<Program>, now: Instant) -> Intake<'p> {
        let bulk = Bulk::new(program, None, None);
        let ranks = (0..program.events.len()).any(|event| bulk.ranks(event));
        Intake { program, kinds: kinds(program, &bulk), bulk, known: Known::default(), ranks, now }
    }

    /// The columns that were read, and the texts to which they refer.
    pub(super) fn columns(&mut self) -> (&mut Bulk, &Texts) {
        (&mut self.bulk, &self.known.texts)
    }

    /// Reads the blocks of a UTC day.
    pub(super) fn read(&mut self, log: &Log, day: i32) -> Result<Day, StoreError> {
        let mut found = Day::default();
        log.blocks(day, day, |content| self.block(content, &mut found))?;
        found.rows.sort_by_key(|row| (row.event, row.time));
        Ok(found)
    }

    fn block(&mut self, content: &[u8], found: &mut Day) -> Result<(), StoreError> {
        let bytes = unpack(content)?;
        let opened = if self.ranks { Opened::whole(&bytes)? } else { Opened::of(&bytes)? };
        let texts: Vec<&str> = opened.texts().collect();
        let mut dictionary = Dictionary { numbers: vec![None; texts.len()], texts };
        let mut as_rows = Vec::new();
        for part in opened.parts()? {
            let known = self.program.event_named(part.kind);
            let columns = known.and_then(|event| self.part(&opened, &part, event, &mut dictionary));
            as_rows.push(known.is_some() && columns.is_none());
            if let Some(columns) = columns {
                found.taken += columns.len();
                self.bulk.add(&columns, &self.known.texts);
            }
        }
        if !as_rows.contains(&true) {
            return Ok(());
        }
        Opened::whole(&bytes)?.visit(
            |shape| as_rows.get(shape) == Some(&true),
            |record| {
                let Some(event) = self.program.event_named(&record.kind) else { return Ok(()) };
                match shape::fields(self.program, event, &raw(&record)?, row_id(&record.source, &record.id), Instant(record.time)) {
                    Ok(row) => {
                        found.taken += 1;
                        found.rows.push(row);
                    }
                    Err(_) => found.skipped += 1,
                }
                Ok(())
            },
        )
    }

    /// The events of a shape as columns; None when they must become rows.
    fn part(&mut self, opened: &Opened<'_>, part: &Part<'_>, event: usize, dictionary: &mut Dictionary<'_>) -> Option<Columns> {
        let kinds = self.kinds.get(&event)?;
        let times: Vec<Instant> = part.times.iter().copied().map(Instant).collect();
        if times.iter().any(|time| *time > self.now) {
            return None;
        }
        let (program, read) = (self.program, self.bulk.read(event));
        let mut fields = Vec::with_capacity(kinds.len());
        for ((place, field), kind) in program.events.get(event)?.fields.iter().enumerate().zip(kinds) {
            let values = part.fields.iter().find(|values| values.name == field.name);
            let is_read = read.contains(&place);
            let column = match values.filter(|values| values.form != Form::Null) {
                Some(values) => match kind {
                    Kind::Numbered => Column::Numbered(self.known.numbered(field, values, dictionary)?),
                    Kind::Words => Column::Words(words(field, values, dictionary, is_read)?),
                    Kind::Number(whole) => decimals(values, *whole, is_read)?,
                    Kind::Flag if values.form == Form::Flag => Column::Flags(if is_read { flags(values)? } else { Vec::new() }),
                    Kind::Flag | Kind::Other => return None,
                },
                None if field.optional => kind.absent(),
                None => return None,
            };
            fields.push(column);
        }
        let ids = if self.bulk.ranks(event) { ids(opened, part)? } else { Words::default() };
        Some(Columns { event, source: Arc::from(part.source), ids, times, fields })
    }
}

impl Known {
    /// The numbers of texts in the whole reading.
    fn numbered(&mut self, field: &Field, values: &Values<'_>, dictionary: &mut Dictionary<'_>) -> Option<Vec<u32>> {
        let mut numbers = Vec::with_capacity(values.texts.len());
        // What holds of a text holds wherever it stands.
        let mut fitting: Vec<u32> = vec![NOT_SEEN; dictionary.texts.len()];
        for local in values.texts {
            let place = *local as usize;
            let known = fitting.get_mut(place)?;
            if *known == NOT_SEEN {
                let text = *dictionary.texts.get(place)?;
                let number = match dictionary.numbers.get(place)? {
                    Some(known) => *known,
                    None => self.number(text),
                };
                *dictionary.numbers.get_mut(place)? = Some(number);
                let fits = (number != NO_TEXT || field.optional) && text.len() <= longest(field);
                *known = Some(number).filter(|_| fits)?;
            }
            numbers.push(*known);
        }
        Some(numbers).filter(|_| values.form == Form::Text)
    }

    fn number(&mut self, text: &str) -> u32 {
        if text.trim().is_empty() {
            return NO_TEXT;
        }
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len() + 1).unwrap_or(u32::MAX);
        self.numbers.insert(text.into(), number);
        self.texts.extend([text.into()]);
        number
    }
}

/// The most bytes of a text of a field.
fn longest(field: &Field) -> usize {
    match field.role {
        FieldRole::Id | FieldRole::Dimension => NAME_BYTES_MAX,
        FieldRole::Flow | FieldRole::Level | FieldRole::Rate => TEXT_BYTES_MAX,
    }
}

/// Texts that seldom come again. A blank one is absent.
fn words(field: &Field, values: &Values<'_>, dictionary: &Dictionary<'_>, is_read: bool) -> Option<Words> {
    if values.form != Form::Text {
        return None;
    }
    let mut words = Words::default();
    let mut fits = vec![false; dictionary.texts.len()];
    for local in values.texts {
        let (text, fits) = (*dictionary.texts.get(*local as usize)?, fits.get_mut(*local as usize)?);
        // What holds of a text holds wherever it stands.
        if *fits && !is_read {
            continue;
        }
        let blank = text.trim().is_empty();
        if text.len() > longest(field) || blank && !field.optional {
            return None;
        }
        *fits = true;
        if is_read {
            words.push(if blank { b"" } else { text.as_bytes() });
        }
    }
    Some(words)
}

/// Numbers within the limits of [`shape`](crate::engine::shape()).
fn decimals(values: &Values<'_>, whole: bool, is_read: bool) -> Option<Column> {
    if values.form != Form::Number {
        return None;
    }
    let n_values = if is_read { values.numbers.len() } else { 0 };
    let (mut all_digits, mut scales) = (Vec::with_capacity(n_values), Vec::with_capacity(n_values));
    for (units, mut scale) in values.numbers.iter().map(|number| number.parts()) {
        let mut digits = i64::try_from(units).ok()?;
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        let end = 10u64.checked_pow(WHOLE_DIGITS_MAX + scale).filter(|_| scale <= DECIMALS_MAX && !(whole && scale > 0))?;
        if digits.unsigned_abs() >= end {
            return None;
        }
        if is_read {
            all_digits.push(digits);
            scales.push(u8::try_from(scale).ok()?);
        }
    }
    Some(Column::Decimals(all_digits, scales))
}

fn flags(values: &Values<'_>) -> Option<Vec<u8>> {
    values.texts.iter().map(|flag| Some(u8::from(*flag == 1))).collect()
}

fn ids(opened: &Opened<'_>, part: &Part<'_>) -> Option<Words> {
    let (text, stops) = opened.ids().ok()?;
    let mut words = Words::default();
    for place in &part.places {
        let start = place.checked_sub(1).and_then(|before| stops.get(before)).copied().unwrap_or(0);
        words.push(text.get(start..*stops.get(*place)?)?.as_bytes());
    }
    Some(words)
}
