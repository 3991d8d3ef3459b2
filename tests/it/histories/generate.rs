//! Random rows and random ways to deliver them. Everything follows from one seed.
//!
//! 1. [`Random`] is a small generator of its own, so that a seed means the same on every machine.
//! 2. [`rows`] fills events of any ruleset with values that collide often: few scopes, few keys, equal times, midnights.
//! 3. [`plan`] cuts the rows into batches, out of order, repeated, with ticks and restarts in between.

use rust_decimal::Decimal;
use steelyard::compile::program::{EventDecl, Field, FieldRole, Program, Scalar, Unit};
use steelyard::eval::{Row, RowId};
use steelyard::time::{Day, Instant, Period, Zone};

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low + 1).unwrap();
        low + i64::try_from(self.bits() % width).unwrap()
    }

    /// An index below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.bits() % u64::try_from(n).unwrap()).unwrap()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, share: i64) -> bool {
        self.between(1, 100) <= share
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// The same in another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

/// A zone, and a day near which its clocks change or a calendar period ends.
pub const PLACES: &[(&str, &str)] = &[
    ("Europe/London", "2026-03-29"),
    ("Europe/London", "2026-10-25"),
    ("Europe/London", "2024-02-29"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2018-02-18"),
    ("America/Sao_Paulo", "2026-06-30"),
    ("Asia/Shanghai", "2027-01-01"),
    ("Asia/Shanghai", "1991-09-15"),
];

/// How much there is of a history.
pub struct Size {
    /// Rows.
    pub rows: usize,
    /// Scopes a dimension.
    pub scopes: usize,
    /// Days from the first to the last row.
    pub days: i64,
}

impl Size {
    /// Mostly small, because small histories are easy to read.
    pub fn any(random: &mut Random) -> Size {
        let rows = *random.pick(&[1, 3, 6, 6, 10, 10, 15, 20, 28]);
        Size { rows, scopes: 1 + random.below(3), days: random.between(1, 9) }
    }
}

/// A set of rows, in the order of their ids.
pub fn rows(program: &Program, near: Day, size: &Size, random: &mut Random) -> Vec<Row> {
    let start = program.zone.start_of(near.plus(-i32::try_from(random.between(0, size.days)).unwrap()));
    let mut times: Vec<Instant> = Vec::new();
    let mut rows = Vec::new();
    for _ in 0..size.rows {
        let time = time(program, start, size.days, &times, random);
        times.push(time);
        let arriving = program.events.iter().filter(|event| event.entity.is_none()).count();
        let event = random.below(arriving);
        let decl = &program.events[event];
        let values = decl.fields.iter().map(|field| value(program, field, time, start, size, random)).collect();
        let revision = if decl.replaces_by.is_empty() || random.percent(60) { 0 } else { random.between(0, 2) };
        rows.push(Row { event, id: RowId(u128::from(random.bits()) << 64 | u128::from(random.bits())), time, revision, values });
    }
    correct(program, &mut rows, random);
    rows
}

/// Some rows repeat the business key of another one: corrections before, after and at the same time.
fn correct(program: &Program, rows: &mut [Row], random: &mut Random) {
    for index in 1..rows.len() {
        let keys = |decl: &EventDecl| decl.replaces_by.clone();
        let earlier: Vec<usize> = (0..index).filter(|&i| rows[i].event == rows[index].event).collect();
        if earlier.is_empty() || !random.percent(50) {
            continue;
        }
        let other = *random.pick(&earlier);
        for field in keys(&program.events[rows[index].event]) {
            let value = rows[other].values[field].clone();
            std::sync::Arc::make_mut(&mut rows[index].values)[field] = value;
        }
    }
}

fn time(program: &Program, start: Instant, days: i64, others: &[Instant], random: &mut Random) -> Instant {
    let free = Instant(start.0 + random.between(0, days * DAY_US / 1_000_000) * 1_000_000);
    match (others.is_empty(), random.between(0, 9)) {
        (false, 0..=1) => *random.pick(others),
        (false, 2..=5) => {
            let gaps = [
                1,
                -1,
                HOUR_US,
                3 * HOUR_US / 2,
                2 * HOUR_US,
                3 * HOUR_US,
                6 * HOUR_US,
                12 * HOUR_US,
                DAY_US,
                30 * HOUR_US,
                -6 * HOUR_US,
                -DAY_US,
            ];
            Instant(random.pick(others).0 + random.pick(&gaps))
        }
        (_, 6) => {
            let zone = edge_zone(program, random);
            Instant(zone.start_of(zone.day_of(free)).0 + random.between(-1, 1))
        }
        _ => free,
    }
}

/// A zone at the edges of whose days things happen.
fn edge_zone<'p>(program: &'p Program, random: &mut Random) -> &'p Zone {
    let zones: Vec<&Zone> = program.zones.iter().flat_map(|zones| zones.by_value()).map(|(_, zone)| zone).collect();
    if zones.is_empty() || random.percent(25) { &program.zone } else { zones[random.below(zones.len())] }
}

fn value(program: &Program, field: &Field, time: Instant, start: Instant, size: &Size, random: &mut Random) -> Scalar {
    if field.optional && random.percent(30) {
        return Scalar::Absent;
    }
    let name = |prefix: &str, n: usize| Scalar::Text(format!("{prefix}{n}").into());
    let decimal = |n: i64, scale: u32| Scalar::Number(Decimal::new(n, scale));
    match (&field.unit, field.role) {
        (Unit::Text, _) if matches!(field.name.as_str(), "currency" | "base" | "quote") => {
            Scalar::Text((*random.pick(&["USD", "EUR", "CNY"])).into())
        }
        (Unit::Text, FieldRole::Dimension) if field.name == "period" => Scalar::Text(label(program, field, start, random).into()),
        (_, FieldRole::Rate) => decimal(random.between(1, 99_999), 4),
        (Unit::Text, FieldRole::Dimension) if is_told_by(program, field) && random.percent(10) => Scalar::Text("*".into()),
        (Unit::Text, FieldRole::Dimension) => name("区", random.below(size.scopes)),
        (Unit::Text, FieldRole::Id) => name("k", random.below(4)),
        (Unit::Text, _) => Scalar::Text((*random.pick(&["Q: why?", "fine", "问"])).into()),
        (Unit::Count, _) => decimal(random.between(0, 4), 0),
        (Unit::Percent, _) => decimal(random.between(0, 120), 2),
        (Unit::Money(_) | Unit::MoneyIn(_), _) => match random.between(0, 9) {
            0 => decimal(random.between(-999, -1), 2),
            1 => decimal(random.between(1, 9_999_999), 6),
            _ => decimal(random.between(0, 1200), 2),
        },
        (Unit::Number, _) => decimal(random.between(1, 6), 0),
        (Unit::Duration, _) => decimal(random.between(0, 50) * 3600, 0),
        (Unit::Time, _) => match random.between(0, 3) {
            0 => Scalar::Time(time),
            1 => Scalar::Time(program.zone.start_of(program.zone.day_of(time))),
            _ => Scalar::Time(Instant(time.0 + random.between(-24, 48) * HOUR_US)),
        },
        (Unit::Date, _) => Scalar::Date(program.zone.day_of(start).plus(i32::try_from(random.between(0, size.days.min(3))).unwrap())),
        (Unit::Flag, _) => Scalar::Flag(random.percent(40)),
    }
}

/// A period of an amount that is told: mostly the one of the history, of the length that the event tells.
fn label(program: &Program, field: &Field, start: Instant, random: &mut Random) -> String {
    let has = |event: &EventDecl| event.fields.iter().any(|own| std::ptr::eq(own, field));
    let event = program.events.iter().position(has).unwrap();
    let told = program.targets.iter().filter_map(|target| target.told.as_ref()).find(|told| told.event == event).unwrap();
    let period = Period::holding(told.grain, program.zone.day_of(start), program.reckoning);
    match random.between(0, 9) {
        0 => period.previous(program.reckoning).to_string(),
        1..=3 => period.next(program.reckoning).to_string(),
        _ => period.to_string(),
    }
}

/// Whether events tell of a table or a target by a dimension: there `*` stands for all of its values.
fn is_told_by(program: &Program, field: &Field) -> bool {
    let dim = program.dims.iter().position(|dim| *dim == field.name);
    dim.is_some_and(|dim| program.told_by(dim))
}

/// One turn of a history: the clock is read, these rows arrive.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What the clock says.
    pub now: Instant,
    /// Indices of the rows that arrive; some arrived before.
    pub rows: Vec<usize>,
    /// The process ends after this turn and starts again from what was saved.
    pub restart: bool,
}

/// How a set of rows is delivered. Ends at `last`, with every row delivered at least once.
pub fn plan(rows: &[Row], last: Instant, random: &mut Random) -> Vec<Turn> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let style = random.between(0, 3);
    match style {
        0 => order.sort_by_key(|&i| rows[i].time),
        1 => order.sort_by_key(|&i| std::cmp::Reverse(rows[i].time)),
        _ => random.shuffle(&mut order),
    }
    let n = 1 + random.below(6);
    let first = rows.iter().map(|row| row.time.0).min().unwrap_or(last.0).min(last.0);
    let mut clocks: Vec<i64> = (0..n).map(|_| random.between(first, last.0)).collect();
    if style == 3 {
        clocks = vec![last.0; n]; // a backfill: everything arrives when all is over
    }
    clocks.sort_unstable();
    clocks.push(last.0);
    let mut turns: Vec<Turn> =
        clocks.iter().map(|&now| Turn { now: Instant(now), rows: Vec::new(), restart: random.percent(25) }).collect();
    for (place, index) in order.into_iter().enumerate() {
        // A row may lie at most a day ahead of the clock.
        let may = |turn: &Turn| rows[index].time.0 <= turn.now.0 + DAY_US;
        let wished = if style == 0 { turns.partition_point(|turn| turn.now < rows[index].time) } else { place * turns.len() / rows.len() };
        let turn = (wished.min(turns.len() - 1)..turns.len()).find(|&t| may(&turns[t])).unwrap();
        turns[turn].rows.push(index);
        while random.percent(20) {
            let again = turn + random.below(turns.len() - turn);
            turns[again].rows.push(index);
        }
    }
    turns
}
