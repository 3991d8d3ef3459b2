//! Files of JSON lines, read as columns on a second thread ahead of the evaluation.
//!
//! 1. [`parts`] reads the file part by part, and the [`Scanner`] makes a batch of each.
//! 2. Each batch is taken in the order of its lines: repeated events are told, lines that are not plain are read strictly,
//!    and the rows go to the [`Replay`].
//! 3. An event that is known is compared with the line that said it first, which is read again for that.

mod parts;

use super::{Pick, Stop, Told};
use crate::compile::program::Program;
use crate::diagnostic::{Diagnostic, Words, codes::cli as codes, codes::event};
use crate::engine::feed::{Feed, ObjectFeed};
use crate::engine::lane::{Batch, Form, Group, Known, Line, Scanner, Seen};
use crate::engine::replay::Replay;
use crate::engine::{RawEvent, body_hash};
use crate::eval::Columns;
use crate::http::events::{parse_line, parse_object};
use crate::time::Instant;
use parts::{File, Part, Piece};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

/// So many batches may wait for the evaluation.
const WAITING_MAX: usize = 4;
/// The longest line, in bytes.
const LINE_BYTES_MAX: usize = 1 << 20;

/// The first and the last time of the events of a file.
pub(super) type Extent = (Option<Instant>, Option<Instant>);

/// Reads a file into a replay, when it is one of JSON lines and the program takes columns.
pub(super) fn read(
    replay: &mut Replay,
    path: &str,
    program: &Program,
    pick: Pick<'_>,
    told: &mut Told<'_>,
) -> Result<Option<Extent>, Stop> {
    let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).reason(&error));
    let plain = pick.sheet.is_none() && pick.set.is_empty();
    let Some(bulk) = replay.bulk().filter(|bulk| plain && bulk.takes_any()) else { return Ok(None) };
    let declared = pick.feed.map(|name| Feed::choose(program, Some(name))).transpose().map_err(Stop::usage)?;
    // Such lines are not one event each.
    if declared.is_some_and(|feed| feed.each.is_some() || !feed.skips.is_empty()) {
        return Ok(None);
    }
    let Some(file) = File::open(path).map_err(fail)? else { return Ok(None) };
    let again = File::open(path).map_err(fail)?;
    let (form, strict) = match declared {
        Some(feed) => (Form::Objects(feed), Strict::Objects(Box::new(Feed::of_objects(program, feed).map_err(Stop::input)?))),
        None => (Form::Events, Strict::Events),
    };
    let seed = RandomState::new().hash_one(0);
    let scanner = Scanner::new(program, form, bulk, seed);
    let mut lane = Lane { replay, told, strict, again, known: Known::new(seed), extent: (None, None), refused: Vec::new() };
    std::thread::scope(|scope| {
        let (send, parts) = sync_channel(WAITING_MAX);
        scope.spawn(move || file.parts(scanner, &send));
        // When this ends early, nobody receives any more, and the thread ends too.
        parts.into_iter().try_for_each(|part| lane.part(part))
    })?;
    Ok(Some(lane.extent))
}

/// The strict reader.
enum Strict<'p> {
    Events,
    Objects(Box<ObjectFeed<'p>>),
}

impl Strict<'_> {
    fn event(&mut self, bytes: &[u8]) -> Result<RawEvent, Diagnostic> {
        if bytes.len() >= LINE_BYTES_MAX {
            let reason = Words::new(format!("the line is longer than {LINE_BYTES_MAX} bytes"), format!("该行超过 {LINE_BYTES_MAX} 字节"));
            return Err(Diagnostic::general(&codes::BAD_RECORD).reason(reason));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Diagnostic::general(&codes::ROW_ENCODING))?;
        let text = text.trim_start_matches('\u{FEFF}').trim();
        match self {
            Strict::Events => parse_line(text),
            Strict::Objects(feed) => feed.object(&parse_object(text)?)?.ok_or_else(|| {
                let reason = Words::new("its feed skips it", "其 feed 跳过该行");
                Diagnostic::general(&codes::BAD_RECORD).reason(reason)
            }),
        }
    }
}

/// A file whose lines are taken.
struct Lane<'a, 'p, 't> {
    replay: &'a mut Replay,
    told: &'a mut Told<'t>,
    strict: Strict<'p>,
    /// The file, to read lines again.
    again: Option<File>,
    known: Known,
    extent: Extent,
    /// What was refused of this batch, with its lines.
    refused: Vec<(u64, Diagnostic)>,
}

/// A group of rows that is taken.
struct Taken {
    columns: Arc<Columns>,
    places: Vec<(u32, u32)>,
    part: u32,
    /// The rows that are left out.
    left_out: Vec<usize>,
}

/// Where a part of the file begins: its line, from 1 on, and its offset.
type Begin = (u64, u64);

impl Lane<'_, '_, '_> {
    fn part(&mut self, part: Part) -> Result<(), Stop> {
        let Piece { batch, begin } = match part {
            Ok(part) => part,
            Err((line, error)) => {
                self.told.refuse(line, &Diagnostic::general(&codes::BAD_RECORD).reason(&error));
                return Ok(());
            }
        };
        let Batch { groups, strict, texts, .. } = batch;
        self.replay.add_texts(texts);
        let mut groups: Vec<Taken> =
            groups.into_iter().filter(|group| !group.places.is_empty()).map(|group| self.group(group, begin.1)).collect();
        match (groups.as_mut_slice(), strict.is_empty()) {
            ([only], true) if self.known.all_rise(only.part) => {}
            ([only], true) => (0..only.places.len()).try_for_each(|row| self.row(only, row, begin))?,
            _ => self.in_order(&mut groups, strict, begin)?,
        }
        groups.into_iter().for_each(|group| self.hand_over(group));
        self.refused.sort_by_key(|(line, _)| *line);
        for (line, diagnostic) in std::mem::take(&mut self.refused) {
            self.told.refuse(line, &diagnostic);
        }
        Ok(())
    }

    fn group(&mut self, group: Group, offset: u64) -> Taken {
        let Group { columns, places } = group;
        let columns = Arc::new(columns);
        let part = self.known.rows(&columns, &places, offset);
        Taken { columns, places, part, left_out: Vec::new() }
    }

    /// Takes the rows of several groups, and lines that are read strictly, in the order of the lines.
    fn in_order(&mut self, groups: &mut [Taken], strict: Vec<Line>, begin: Begin) -> Result<(), Stop> {
        let of_groups = groups
            .iter()
            .enumerate()
            .flat_map(|(group, taken)| taken.places.iter().enumerate().map(move |(row, (line, _))| (*line, Some((group, row)), None)));
        let mut all: Vec<_> = of_groups.chain(strict.into_iter().map(|line| (line.place.0, None, Some(line)))).collect();
        all.sort_by_key(|(line, ..)| *line);
        let mut waiting = Vec::new();
        for (_, row, line) in all {
            if let Some(line) = line {
                self.line(line, begin, &mut waiting)?;
            }
            if let Some((group, row)) = row {
                self.add(&mut waiting)?;
                groups.get_mut(group).map_or(Ok(()), |group| self.row(group, row, begin))?;
            }
        }
        self.add(&mut waiting)
    }

    /// Takes a row, unless it is known.
    fn row(&mut self, group: &mut Taken, row: usize, (first_line, offset): Begin) -> Result<(), Stop> {
        if let Seen::At(known) = self.known.row(group.part, row) {
            let (line, own) = group.places.get(row).copied().unwrap_or_default();
            let event = self.read_again(offset + u64::from(own))?;
            self.repeated(first_line + u64::from(line), &event, known)?;
            group.left_out.push(row);
        }
        Ok(())
    }

    /// Reads a line strictly.
    fn line(&mut self, line: Line, (first_line, offset): Begin, waiting: &mut Vec<(u64, u64, RawEvent)>) -> Result<(), Stop> {
        let (number, offset) = (first_line + u64::from(line.place.0), offset + u64::from(line.place.1));
        let event = match self.strict.event(&line.bytes) {
            Ok(event) if event.time.is_none() => Err(Diagnostic::general(&codes::NO_TIME)),
            read => read,
        };
        match event {
            Err(diagnostic) => self.refused.push((number, diagnostic)),
            Ok(event) => match self.known.find(&event.source, &event.id) {
                Seen::At(known) => self.repeated(number, &event, known)?,
                Seen::Never => waiting.push((number, offset, event)),
            },
        }
        Ok(())
    }

    /// Tells whether an event repeats what a line said, or contradicts it.
    fn repeated(&mut self, line: u64, event: &RawEvent, known: u64) -> Result<(), Stop> {
        if body_hash(event) == body_hash(&self.read_again(known)?) {
            self.told.duplicates += 1;
        } else {
            let conflict = Diagnostic::general(&event::CONFLICT).arg("id", &event.id).arg("source", &event.source);
            self.refused.push((line, conflict));
        }
        Ok(())
    }

    fn read_again(&mut self, offset: u64) -> Result<RawEvent, Stop> {
        let line = self.again.as_mut().map_or(Ok(Vec::new()), |file| file.line_at(offset));
        let path = self.told.path;
        let line = line.map_err(|error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).reason(&error)))?;
        self.strict.event(&line).map_err(Stop::input)
    }

    /// Adds events that were read strictly.
    fn add(&mut self, waiting: &mut Vec<(u64, u64, RawEvent)>) -> Result<(), Stop> {
        if waiting.is_empty() {
            return Ok(());
        }
        let taken = std::mem::take(waiting);
        let events = taken.iter().map(|(_, _, event)| event.clone()).collect();
        // Nothing is due yet: the rows wait, and time is read once all of them are there.
        let report = self.replay.add(events, Instant(i64::MIN)).map_err(Stop::input)?;
        self.told.accepted += report.accepted;
        self.told.duplicates += report.duplicates;
        let mut refused = report.refused.into_iter().peekable();
        for (index, (line, offset, event)) in taken.into_iter().enumerate() {
            if let Some(refusal) = refused.next_if(|refusal| refusal.index == index) {
                self.refused.push((line, refusal.diagnostic));
            } else {
                self.known.single(&event.source, &event.id, offset);
                self.saw(event.time);
            }
        }
        Ok(())
    }

    fn hand_over(&mut self, group: Taken) {
        let Taken { mut columns, left_out, .. } = group;
        if !left_out.is_empty() {
            let mut keep = vec![true; columns.len()];
            left_out.iter().filter_map(|row| keep.get_mut(*row).map(|keep| *keep = false)).for_each(drop);
            columns = Arc::new(columns.kept(&keep));
        }
        self.told.accepted += columns.len();
        self.saw(columns.times.iter().min().copied());
        self.saw(columns.times.iter().max().copied());
        self.replay.add_columns(columns);
    }

    fn saw(&mut self, time: Option<Instant>) {
        let (first, last) = self.extent;
        self.extent = (first.into_iter().chain(time).min(), last.max(time));
    }
}
