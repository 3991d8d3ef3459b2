//! One line, read as its template says.

use super::Kind;
use super::known::hash;
use super::template::{Template, What};
use super::value::{flag, number, text_end, two_digits};
use crate::eval::{Column, Columns};
use crate::time::{Day, EARLIEST, Instant, LATEST};

const DAY_US: i64 = 86_400_000_000;

/// What is remembered from line to line.
#[derive(Debug)]
pub(super) struct Reading {
    seed: u64,
    /// The last date, and when it began.
    date: ([u8; 10], i64),
    /// Places of texts by their hashes; 0 for none. Its length is a power of two.
    table: Vec<u32>,
    texts: Vec<Box<str>>,
    /// So many texts have been handed out.
    told: usize,
}

impl Reading {
    pub(super) fn new(seed: u64) -> Reading {
        Reading { seed, date: ([0; 10], 0), table: vec![0; 1024], texts: Vec::new(), told: 0 }
    }

    /// The texts that got a number since the last call.
    pub(super) fn new_texts(&mut self) -> Vec<Box<str>> {
        let told = std::mem::replace(&mut self.told, self.texts.len());
        self.texts.get(told..).unwrap_or_default().to_vec()
    }

    /// Reads the line that begins at `at` into columns, and gives the offset behind it. Columns may be left with a part of a
    /// row when the line is not one of these.
    pub(super) fn row(&mut self, template: &Template, bytes: &[u8], at: usize, columns: &mut Columns) -> Option<usize> {
        let mut at = at;
        for (literal, what) in &template.pieces {
            at = behind(bytes, at, literal)?;
            at = match *what {
                What::Id => {
                    let (end, text) = plain_text(bytes, at)?;
                    columns.ids.push(text);
                    end
                }
                What::Time => {
                    let (time, end) = self.time(bytes, at)?;
                    columns.times.push(time);
                    end
                }
                What::Field(field, kind) => self.field(bytes, at, kind, columns.fields.get_mut(field)?)?,
                What::Text => valid_text(bytes, at)?.0,
                What::Number => number(bytes, at)?.2,
                What::Flag => flag(bytes, at)?.1,
            };
        }
        at = behind(bytes, at, &template.tail)?;
        while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r')) {
            at += 1;
        }
        if !matches!(bytes.get(at), None | Some(b'\n')) {
            return None;
        }
        for field in &template.absent {
            columns.fields.get_mut(*field)?.push_absent();
        }
        Some(at + 1)
    }

    fn field(&mut self, bytes: &[u8], at: usize, kind: Kind, column: &mut Column) -> Option<usize> {
        match (kind, column) {
            (Kind::Numbered, Column::Numbered(numbers)) => {
                let (end, text) = plain_text(bytes, at)?;
                numbers.push(self.number_of(text)?);
                Some(end)
            }
            (Kind::Words, Column::Words(words)) => {
                let (end, text) = plain_text(bytes, at)?;
                words.push(text);
                Some(end)
            }
            (Kind::Number(whole), Column::Decimals(digits, scales)) => {
                let (value, scale, end) = number(bytes, at)?;
                if whole && scale > 0 {
                    return None;
                }
                digits.push(value);
                scales.push(scale);
                Some(end)
            }
            (Kind::Flag, Column::Flags(flags)) => {
                let (value, end) = flag(bytes, at)?;
                flags.push(value.into());
                Some(end)
            }
            _ => None,
        }
    }

    /// `2026-03-01T09:00:00.000Z`, with no more than six decimals.
    fn time(&mut self, bytes: &[u8], at: usize) -> Option<(Instant, usize)> {
        let rest = bytes.get(at..)?;
        let date = rest.first_chunk::<10>()?;
        if *date != self.date.0 {
            let [_, _, _, _, b'-', _, _, b'-', _, _] = date else { return None };
            let digits = date.iter().enumerate().all(|(place, byte)| matches!(place, 4 | 7) || byte.is_ascii_digit());
            let day = Day::parse(std::str::from_utf8(date).ok()?).filter(|_| digits)?;
            self.date = (*date, i64::from(day.0).checked_mul(DAY_US)?);
        }
        let [b'T', h, hh, b':', m, mm, b':', s, ss] = rest.get(10..)?.first_chunk::<9>()? else { return None };
        let (hours, minutes, seconds) = (two_digits(&[*h, *hh])?, two_digits(&[*m, *mm])?, two_digits(&[*s, *ss])?);
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let (mut micros, mut end) = (0, 19);
        if rest.get(end) == Some(&b'.') {
            let mut unit = 100_000;
            end += 1;
            while let Some(digit) = rest.get(end).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
                if unit == 0 {
                    return None;
                }
                micros += i64::from(digit) * unit;
                unit /= 10;
                end += 1;
            }
            if end == 20 {
                return None;
            }
        }
        let time = Instant(self.date.1 + ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros);
        let fits = rest.get(end) == Some(&b'Z') && rest.get(end + 1) == Some(&b'"') && EARLIEST <= time && time <= LATEST;
        fits.then_some((time, at + end + 1))
    }

    /// The number of a text.
    fn number_of(&mut self, text: &[u8]) -> Option<u32> {
        let mask = self.table.len() - 1;
        let mut place = hash(self.seed, text) as usize & mask;
        loop {
            let number = *self.table.get(place)?;
            if number == 0 {
                break;
            }
            if self.texts.get(number as usize - 1).is_some_and(|known| known.as_bytes() == text) {
                return Some(number);
            }
            place = (place + 1) & mask;
        }
        self.texts.push(std::str::from_utf8(text).ok()?.into());
        let number = u32::try_from(self.texts.len()).ok()?;
        *self.table.get_mut(place)? = number;
        if self.texts.len() * 2 > self.table.len() {
            self.grow();
        }
        Some(number)
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![0; mask + 1];
        for (number, text) in (1..).zip(&self.texts) {
            let mut place = hash(self.seed, text.as_bytes()) as usize & mask;
            while table.get(place).is_some_and(|taken| *taken != 0) {
                place = (place + 1) & mask;
            }
            table.get_mut(place).into_iter().for_each(|free| *free = number);
        }
        self.table = table;
    }
}

/// The offset behind bytes that must stand here.
fn behind(bytes: &[u8], at: usize, literal: &[u8]) -> Option<usize> {
    let end = at + literal.len();
    let found = bytes.get(at..end)?;
    // Most have 8 to 16 bytes: two words, which may lap, are compared at once.
    let same = match (found.first_chunk::<8>(), found.last_chunk::<8>(), literal.first_chunk::<8>(), literal.last_chunk::<8>()) {
        (Some(a), Some(b), Some(c), Some(d)) if literal.len() <= 16 => a == c && b == d,
        _ => found == literal,
    };
    same.then_some(end)
}

/// A text in UTF-8 that begins here: the offset of its quote, and the text.
fn valid_text(bytes: &[u8], at: usize) -> Option<(usize, &[u8])> {
    let (end, ascii) = text_end(bytes, at)?;
    let text = bytes.get(at..end)?;
    (ascii || std::str::from_utf8(text).is_ok()).then_some((end, text))
}

/// A text that is neither empty nor perhaps blank.
fn plain_text(bytes: &[u8], at: usize) -> Option<(usize, &[u8])> {
    let (end, text) = valid_text(bytes, at)?;
    text.first().is_some_and(|first| *first > b' ' && first.is_ascii()).then_some((end, text)).or_else(|| {
        let blank = std::str::from_utf8(text).ok()?.trim().is_empty();
        (!blank).then_some((end, text))
    })
}
