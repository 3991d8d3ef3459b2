//! The job of the bench, written by hand, as fast as plain code gets.
//!
//! 1. [`from_json`] reads the events of a file with a scanner that knows nothing but the wanted fields, in binary floats.
//! 2. [`from_columns`] does the same job from columns in memory whose money is in dollars already.
//! 3. [`event_by_event`] keeps everything up to date with every event: day cells, a week, a score, two alerts.
//! 4. [`bare_score`] is the score alone: as closures made for its numbers, and column by column.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::hint::black_box;
use std::io::{Read, Seek, SeekFrom};
use std::time::Instant;

const DAYS: usize = 60;
const CHUNK: usize = 4 << 20;

#[derive(Clone, Copy, Default)]
struct Cell {
    usd: f64,
    orders: u32,
    late: u32,
}

impl Cell {
    fn add(&mut self, other: Cell) {
        self.usd += other.usd;
        self.orders += other.orders;
        self.late += other.late;
    }
}

/// A hash for short names.
#[derive(Default)]
struct Names(u64);

impl Hasher for Names {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            self.0 = (self.0.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
}

type ByName<T> = HashMap<Vec<u8>, T, BuildHasherDefault<Names>>;

/// Cells by shop and day.
#[derive(Default)]
struct Cells {
    shops: ByName<usize>,
    cells: Vec<Cell>,
}

impl Cells {
    fn shop(&mut self, name: &[u8]) -> usize {
        if let Some(shop) = self.shops.get(name) {
            return *shop;
        }
        let shop = self.shops.len();
        self.shops.insert(name.to_vec(), shop);
        self.cells.resize((shop + 1) * DAYS, Cell::default());
        shop
    }

    fn merge(&mut self, other: &Cells) {
        for (name, from) in &other.shops {
            let to = self.shop(name);
            for day in 0..DAYS {
                self.cells[to * DAYS + day].add(other.cells[from * DAYS + day]);
            }
        }
    }
}

fn linear(value: f64, low: f64, high: f64) -> f64 {
    ((value - low) / (high - low) * 100.0).clamp(0.0, 100.0)
}

fn score(gmv: f64, orders: f64, basket: f64, late_week: f64) -> f64 {
    0.4 * linear(gmv, 0.0, 15_000.0)
        + 0.2 * linear(orders, 0.0, 250.0)
        + 0.2 * linear(basket, 10.0, 120.0)
        + 0.2 * linear(late_week, 0.15, 0.02)
}

/// Scores and alert edges of all shops and days.
fn judge(cells: &[Cell]) -> String {
    let (mut rows, mut gmv, mut points, mut late_alerts, mut score_alerts) = (0, 0.0, 0.0, 0, 0);
    for days in cells.chunks(DAYS) {
        let (mut was_late, mut was_low) = (false, false);
        for day in (0..DAYS).filter(|day| days[*day].orders > 0) {
            let mut week = Cell::default();
            days[day.saturating_sub(6)..=day].iter().for_each(|cell| week.add(*cell));
            let (cell, late_week) = (days[day], f64::from(week.late) / f64::from(week.orders));
            let score = score(cell.usd, f64::from(cell.orders), cell.usd / f64::from(cell.orders), late_week);
            (rows, gmv, points) = (rows + 1, gmv + cell.usd, points + score);
            let (is_late, is_low) = (late_week > 0.10, score < 40.0);
            late_alerts += usize::from(is_late && !was_late);
            score_alerts += usize::from(is_low && !was_low);
            (was_late, was_low) = (is_late, is_low);
        }
    }
    format!("{rows} rows, sum(gmv)={gmv:.2}, sum(score)={points:.2}, late alerts={late_alerts}, score alerts={score_alerts}")
}

/// What the job needs of an event.
struct Event<'a> {
    shop: &'a [u8],
    day: usize,
    usd: f64,
    late: bool,
}

/// Reads a line whose members are texts, numbers and flags, and one object of such. No text may hold an escape.
fn scan(line: &[u8]) -> Option<Event<'_>> {
    let (mut at, mut shop, mut time, mut rate, mut amount, mut late) = (0, None, None, 0.0, 0.0, false);
    while let Some(open) = memchr::memchr(b'"', &line[at..]) {
        let start = at + open + 1;
        let end = start + memchr::memchr(b'"', &line[start..])?;
        let value = end + 2;
        match *line.get(value)? {
            b'"' => {
                let close = value + 1 + memchr::memchr2(b'"', b'\\', &line[value + 1..])?;
                let text = &line[value + 1..close];
                match &line[start..end] {
                    b"shop" => shop = Some(text),
                    b"time" => time = Some(text),
                    b"currency" => rate = exchange(text)?,
                    _ => {}
                }
                at = close + 1;
            }
            b'{' => at = value + 1,
            _ => {
                let length = line[value..].iter().position(|byte| matches!(byte, b',' | b'}'))?;
                let word = &line[value..value + length];
                match &line[start..end] {
                    b"amount" => amount = number(word)?,
                    b"shipped_late" => late = word == b"true",
                    _ => {}
                }
                at = value + length;
            }
        }
    }
    Some(Event { shop: shop?, day: day(time?)?, usd: amount * rate, late })
}

fn exchange(currency: &[u8]) -> Option<f64> {
    Some(match currency {
        b"USD" => 1.0,
        b"EUR" => 1.08,
        b"SGD" => 0.74,
        b"JPY" => 0.0066,
        b"GBP" => 1.27,
        b"BRL" => 0.18,
        _ => return None,
    })
}

fn number(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 8] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7];
    let (mut units, mut decimals, mut fraction) = (0u64, 0, false);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                units = units * 10 + u64::from(byte - b'0');
                decimals += usize::from(fraction);
            }
            b'.' => fraction = true,
            _ => return None,
        }
    }
    Some(units as f64 / POWERS.get(decimals)?)
}

/// The day since 2026-01-01.
fn day(time: &[u8]) -> Option<usize> {
    const BEFORE: [usize; 4] = [0, 0, 31, 59];
    let two = |at: usize| Some(usize::from(time.get(at)? - b'0') * 10 + usize::from(time.get(at + 1)? - b'0'));
    Some(BEFORE.get(two(5)?)? + two(8)? - 1)
}

/// Visits the events of a part of a file, from the first line that begins in it.
fn part(file: &str, (from, to): (u64, u64), mut visit: impl FnMut(Event<'_>)) {
    let mut input = File::open(file).unwrap();
    input.seek(SeekFrom::Start(from.saturating_sub(1))).unwrap();
    let (mut buffer, mut filled, mut at, mut skip) = (vec![0; CHUNK], 0, from.saturating_sub(1), from > 0);
    loop {
        let n = input.read(&mut buffer[filled..]).unwrap();
        if n == 0 {
            return;
        }
        filled += n;
        let mut start = 0;
        while let Some(length) = memchr::memchr(b'\n', &buffer[start..filled]) {
            if skip {
                skip = false;
            } else if at >= to {
                return;
            } else {
                visit(scan(&buffer[start..start + length]).expect("an event of the bench"));
            }
            start += length + 1;
            at += length as u64 + 1;
        }
        buffer.copy_within(start..filled, 0);
        filled -= start;
    }
}

/// The job from a file of JSON lines.
pub fn from_json(file: &str, threads: usize) -> Value {
    let start = Instant::now();
    let length = std::fs::metadata(file).unwrap().len();
    let edge = |at: usize| length * at as u64 / threads as u64;
    let parts: Vec<Cells> = std::thread::scope(|scope| {
        let work = |at: usize| {
            move || {
                let mut cells = Cells::default();
                part(file, (edge(at), edge(at + 1)), |event| {
                    let shop = cells.shop(event.shop);
                    cells.cells[shop * DAYS + event.day].add(Cell { usd: event.usd, orders: 1, late: u32::from(event.late) });
                });
                cells
            }
        };
        let running: Vec<_> = (0..threads).map(|at| scope.spawn(work(at))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut whole = Cells::default();
    parts.iter().for_each(|cells| whole.merge(cells));
    let check = judge(&whole.cells);
    json!({ "seconds": start.elapsed().as_secs_f64(), "check": check })
}

/// The job from columns: shop, day, dollars, late. Reading them is not timed. Gives the median.
pub fn from_columns(file: &str, threads: usize, runs: usize) -> Value {
    let (mut names, mut shops, mut days, mut usd, mut late) = (Cells::default(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    part(file, (0, u64::MAX), |event| {
        shops.push(u16::try_from(names.shop(event.shop)).unwrap());
        days.push(u8::try_from(event.day).unwrap());
        usd.push(event.usd);
        late.push(event.late);
    });
    let (count, width) = (shops.len(), names.cells.len());
    let (mut check, mut took) = (String::new(), Vec::new());
    for _ in 0..runs {
        let start = Instant::now();
        let parts: Vec<Vec<Cell>> = std::thread::scope(|scope| {
            let (shops, days, usd, late) = (&shops, &days, &usd, &late);
            let work = |at: usize| {
                move || {
                    let mut cells = vec![Cell::default(); width];
                    let range = count * at / threads..count * (at + 1) / threads;
                    let columns = shops[range.clone()].iter().zip(&days[range.clone()]).zip(&usd[range.clone()]).zip(&late[range]);
                    for (((shop, day), usd), late) in columns {
                        let cell = Cell { usd: *usd, orders: 1, late: u32::from(*late) };
                        cells[usize::from(*shop) * DAYS + usize::from(*day)].add(cell);
                    }
                    cells
                }
            };
            let running: Vec<_> = (0..threads).map(|at| scope.spawn(work(at))).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut whole = vec![Cell::default(); width];
        parts.iter().for_each(|cells| whole.iter_mut().zip(cells).for_each(|(to, from)| to.add(*from)));
        check = judge(&whole);
        took.push(start.elapsed().as_secs_f64());
    }
    took.sort_by(f64::total_cmp);
    json!({ "seconds": took[took.len() / 2], "check": check })
}

/// All that is kept of one series.
#[derive(Clone, Default)]
struct Series {
    ring: [Cell; 8],
    day: usize,
    week: Cell,
    score: f64,
    fires: [bool; 2],
}

impl Series {
    /// Takes an event and tells how many alerts begin.
    fn take(&mut self, day: usize, event: Cell) -> usize {
        if day > self.day {
            ((self.day + 1).max(day.saturating_sub(7))..=day).for_each(|one| self.ring[one % 8] = Cell::default());
            self.day = day;
            self.week = Cell::default();
            (day.saturating_sub(6)..=day).for_each(|one| self.week.add(self.ring[one % 8]));
        }
        self.ring[day % 8].add(event);
        self.week.add(event);
        let today = self.ring[day % 8];
        let late_week = f64::from(self.week.late) / f64::from(self.week.orders);
        self.score = score(today.usd, f64::from(today.orders), today.usd / f64::from(today.orders), late_week);
        let fires = [late_week > 0.10, self.score < 40.0];
        let begun = fires.iter().zip(self.fires).filter(|(now, before)| **now && !before).count();
        self.fires = fires;
        begun
    }
}

/// Keeps so many series up to date with so many events, each found by its name.
pub fn event_by_event(series: usize, events: usize) -> Value {
    let names: Vec<Vec<u8>> = (0..series).map(|at| format!("amazon-shop-{at:07}").into_bytes()).collect();
    let ids: ByName<usize> = names.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
    let mut all = vec![Series::default(); series];
    let (mut random, mut begun) = (88_172_645_463_325_252u64, 0);
    let start = worked();
    for at in 0..events {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let name = &names[(random % series as u64) as usize];
        let usd = ((random >> 20) & 0xffff) as f64 / 500.0;
        let cell = Cell { usd, orders: 1, late: u32::from((random >> 40) & 15 == 0) };
        begun += all[ids[name]].take(at * DAYS / events + 1, cell);
    }
    let took = worked() - start;
    json!({ "ns": took / events as f64, "alerts": black_box(begun) })
}

/// Nanoseconds that this thread has worked.
fn worked() -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    told.split(' ').next().unwrap().parse().unwrap()
}

type Part = Box<dyn Fn(&[f64; 4]) -> f64>;

/// One weighted metric, its numbers built in.
fn weighted(metric: usize, weight: f64, low: f64, high: f64) -> Part {
    let (slope, base) = (100.0 / (high - low), low);
    Box::new(move |values| weight * ((values[metric] - base) * slope).clamp(0.0, 100.0))
}

/// The score of four metrics: ns for one by closures, ns a row by columns.
pub fn bare_score(count: usize) -> Value {
    let parts =
        [weighted(0, 0.4, 0.0, 15_000.0), weighted(1, 0.2, 0.0, 250.0), weighted(2, 0.2, 10.0, 120.0), weighted(3, 0.2, 0.15, 0.02)];
    let value = |at: usize| {
        let part = (at * 2_654_435_761 % 1_000_003) as f64 / 1_000_003.0;
        [part * 16_000.0, part * 260.0, 10.0 + part * 115.0, part * 0.16]
    };
    let rows: Vec<[f64; 4]> = (0..count).map(value).collect();
    let start = worked();
    let sum: f64 = rows.iter().map(|row| parts.iter().map(|part| part(black_box(row))).sum::<f64>()).sum();
    let single = worked() - start;
    let columns: Vec<Vec<f64>> = (0..4).map(|metric| rows.iter().map(|row| row[metric]).collect()).collect();
    let curves = [(0.4, 0.0, 15_000.0), (0.2, 0.0, 250.0), (0.2, 10.0, 120.0), (0.2, 0.15, 0.02)];
    let mut scores = vec![0.0; count];
    let start = worked();
    for (column, (weight, low, high)) in columns.iter().zip(curves) {
        let slope = 100.0 / (high - low);
        scores.iter_mut().zip(column).for_each(|(score, value)| *score += weight * ((value - low) * slope).clamp(0.0, 100.0));
    }
    let batch = worked() - start;
    let same = (scores.iter().sum::<f64>() - sum).abs() < 1e-3;
    json!({ "ns": single / count as f64, "batch_ns": batch / count as f64, "same": same })
}
