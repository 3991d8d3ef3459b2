//! Entities: from the events of one thing to its states, as rows of an event type of the entity's own.
//!
//! 1. [`Folding::take`] files the rows of folded event types under the id of their thing, whenever they come and however far
//!    ahead they lie.
//! 2. Each thing that got a row is folded anew from the earliest of them on ([`states`]): at every instant at which one of
//!    its events lies, and at every instant between at which a comparison with `now` turns, its fields are computed from
//!    the events up to then. Each instant at which they differ is a row.
//! 3. These rows carry the number of the folding as their revision, so that from the earliest new event on they replace
//!    all that was folded before; up to then the rows folded before stand. From here on they are rows like others.
//!
//! So an entity depends on the set of its events alone: every instant sees what was known of the thing up to it.

use super::rows::{evaluate, key_of, rank, version_key};
use super::value::Val;
use super::{Fault, History, MemoryHistory, Row, RowId, VersionKey, from_fixed, to_fixed};
use crate::compile::program::{Arith, ENTITY_OWN_FIELDS, Entity, EventIdx, Fold, Keep, Program, RowExpr, Scalar, Within};
use crate::time::Instant;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// What is known of one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    /// Its id, a text; absent for events that name no thing.
    pub id: Scalar,
    /// How often it was folded: the revision of its newest rows.
    pub foldings: i64,
    /// Its events, by time and identity. With an event that replaces others come all of its business key, those of other
    /// things too: they do not count here, but one of them may be what replaced the thing's own.
    pub events: Vec<Row>,
}

/// All things of a program's entities, and their states.
#[derive(Debug, Default)]
pub(super) struct Folding {
    things: HashMap<VersionKey, Thing>,
    /// For each entity (by its event type) and business key, the things that hold its events.
    holders: HashMap<(EventIdx, VersionKey), BTreeSet<VersionKey>>,
    pub(super) states: MemoryHistory,
    dirty: BTreeSet<VersionKey>,
    fresh: Vec<Row>,
}

/// Things that changed, and states that were added, to be saved.
pub(super) type Folded = (Vec<(VersionKey, Thing)>, Vec<Row>);

impl Folding {
    /// Things and states as they were saved.
    pub(super) fn restore(program: &Program, (things, states): Folded) -> Folding {
        let mut folding = Folding::default();
        for (key, thing) in things {
            for row in &thing.events {
                if let Some(business) = business_key(program, row) {
                    folding.holders.entry((key.0, business)).or_default().insert(key);
                }
            }
            folding.things.insert(key, thing);
        }
        states.into_iter().for_each(|state| folding.states.push(state));
        folding
    }

    /// What changed since the last call.
    pub(super) fn take_changes(&mut self) -> Folded {
        let dirty = std::mem::take(&mut self.dirty).into_iter();
        (dirty.filter_map(|key| Some((key, self.things.get(&key)?.clone()))).collect(), std::mem::take(&mut self.fresh))
    }

    /// The thing with this key.
    pub(super) fn thing(&self, key: VersionKey) -> Option<&Thing> {
        self.things.get(&key)
    }

    /// The entity whose thing has no room for this row.
    pub(super) fn full<'p>(&self, program: &'p Program, row: &Row) -> Option<&'p Entity> {
        program.entities.iter().find(|entity| {
            let id = id_of(entity, row).filter(|id| **id != Scalar::Absent);
            let key = id.map(|id| key_of(entity.event, std::iter::once(Val::from(id))));
            key.and_then(|key| self.things.get(&key)).is_some_and(|thing| thing.events.len() >= THING_EVENTS_MAX)
        })
    }

    /// Takes rows that have just arrived and gives the states that follow from them.
    pub(super) fn take(&mut self, program: &Program, rows: &[Row]) -> Vec<Row> {
        let mut states: Vec<Row> = Vec::new();
        // An entity may fold the states of those above it.
        for entity in &program.entities {
            let mut touched: BTreeMap<VersionKey, Instant> = BTreeMap::new();
            for row in rows.iter().chain(&states) {
                for key in self.file(program, entity, row) {
                    touched.entry(key).and_modify(|known| *known = row.time.min(*known)).or_insert(row.time);
                }
            }
            for (key, from) in touched {
                let Some(thing) = self.things.get_mut(&key) else { continue };
                self.dirty.insert(key);
                if thing.id == Scalar::Absent {
                    continue;
                }
                thing.foldings += 1;
                states.extend(fold(program, entity, key, thing, from));
            }
        }
        for state in &states {
            self.states.push(state.clone());
        }
        self.fresh.extend(states.iter().cloned());
        states
    }

    /// Files a row under its thing, and under those that hold others of its business key; gives all of them.
    fn file(&mut self, program: &Program, entity: &Entity, row: &Row) -> BTreeSet<VersionKey> {
        let Some(id) = id_of(entity, row) else { return BTreeSet::new() };
        let business = business_key(program, row);
        let own = match (id, business) {
            (Scalar::Absent, None) => None,
            (Scalar::Absent, Some(business)) => Some(homeless(entity, business)),
            (id, _) => Some(key_of(entity.event, std::iter::once(Val::from(id)))),
        };
        if let Some(own) = own {
            self.things.entry(own).or_insert_with(|| Thing { id: id.clone(), foldings: 0, events: Vec::new() });
        }
        let Some(business) = business else {
            own.and_then(|own| self.things.get_mut(&own)).into_iter().for_each(|thing| thing.hold(row.clone()));
            return own.into_iter().collect();
        };
        let holders = self.holders.entry((entity.event, business)).or_default();
        let others = holders.first().copied();
        if let Some(own) = own.filter(|own| holders.insert(*own)) {
            let others = others.and_then(|other| self.things.get(&other)).map_or(&[][..], |thing| thing.events.as_slice());
            let same: Vec<Row> = others.iter().filter(|row| business_key(program, row) == Some(business)).cloned().collect();
            self.things.get_mut(&own).into_iter().for_each(|thing| same.iter().for_each(|row| thing.hold(row.clone())));
        }
        for key in holders.iter() {
            self.things.get_mut(key).into_iter().for_each(|thing| thing.hold(row.clone()));
        }
        holders.clone()
    }
}

impl Thing {
    fn hold(&mut self, row: Row) {
        let place = self.events.partition_point(|known| rank(known) < rank(&row));
        if self.events.get(place).is_none_or(|known| rank(known) != rank(&row)) {
            self.events.insert(place, row);
        }
    }
}

/// Where the events of a business key are kept that name no thing. They count for none, but one of them may be what replaces
/// an event that comes later.
fn homeless(entity: &Entity, business: VersionKey) -> VersionKey {
    let of = format!("{} {:032x}", business.0, business.1);
    key_of(entity.event, [Val::Absent, Val::Text(&of)].into_iter())
}

/// The id in an event; None when the entity does not fold it.
fn id_of<'r>(entity: &Entity, row: &'r Row) -> Option<&'r Scalar> {
    let (_, field) = entity.sources.iter().find(|(event, _)| *event == row.event)?;
    row.values.get(*field)
}

fn business_key(program: &Program, row: &Row) -> Option<VersionKey> {
    version_key(row.event, program.events.get(row.event)?, row)
}

/// The most events of one thing: each new one costs as much as there are. Far above what people mean by one order.
pub const THING_EVENTS_MAX: usize = 10_000;

/// A history that knows the states of entities too.
pub(super) struct Whole<'h> {
    pub(super) stored: &'h dyn History,
    pub(super) states: &'h MemoryHistory,
    pub(super) program: &'h Program,
}

impl History for Whole<'_> {
    fn rows(&self, event: EventIdx, from: Instant, to: Instant) -> Result<Vec<Row>, Fault> {
        let is_state = self.program.events.get(event).is_some_and(|event| event.entity.is_some());
        if is_state { self.states.rows(event, from, to) } else { self.stored.rows(event, from, to) }
    }
}

/// The events of a thing that count at an instant, in order: those up to it that are its own, of each business key the
/// best.
pub(super) fn counting<'t>(program: &Program, entity: &Entity, thing: &'t Thing, at: Instant) -> Vec<&'t Row> {
    let end = thing.events.partition_point(|event| event.time <= at);
    let seen = thing.events.get(..end).unwrap_or_default();
    let mut best: HashMap<VersionKey, (i64, Instant, RowId)> = HashMap::new();
    let key = |row: &Row| business_key(program, row);
    let version = |row: &Row| (row.revision, row.time, row.id);
    for row in seen {
        if let Some(key) = key(row) {
            best.entry(key).and_modify(|known| *known = version(row).max(*known)).or_insert(version(row));
        }
    }
    let own = seen.iter().filter(|row| id_of(entity, row) == Some(&thing.id));
    let mut counting: Vec<&Row> = own.filter(|row| key(row).is_none_or(|key| best.get(&key) == Some(&version(row)))).collect();
    counting.sort_by_key(|row| place(program, row));
    counting
}

/// Where an event stands among those of its thing. A state of another entity stands where its own thing began, whenever it
/// was folded.
fn place(program: &Program, row: &Row) -> (Instant, u128) {
    let is_state = program.events.get(row.event).is_some_and(|event| event.entity.is_some());
    match (is_state, row.values.get(1), business_key(program, row)) {
        (true, Some(Scalar::Time(began)), Some(key)) => (*began, key.1),
        _ => (row.time, row.id.0),
    }
}

/// The states of a thing from an instant on.
fn fold(program: &Program, entity: &Entity, key: VersionKey, thing: &Thing, from: Instant) -> Vec<Row> {
    let mut times: Vec<Instant> = thing.events.iter().map(|event| event.time).filter(|time| *time >= from).collect();
    times.dedup();
    let mut rows: Vec<Row> = Vec::new();
    for (place, time) in times.iter().enumerate() {
        let end = times.get(place + 1).copied().unwrap_or(Instant(i64::MAX));
        let mut state = State::new(program, entity, thing, *time);
        let mut instants = BTreeSet::from([*time]);
        instants.extend(state.turns().into_iter().filter(|turn| *time < *turn && *turn < end));
        for at in instants {
            let values = state.fields(at);
            if rows.last().is_none_or(|last| *last.values != *values) {
                let id = state_id(key, thing.foldings, at);
                rows.push(Row { event: entity.event, id, time: at, revision: thing.foldings, values: values.into() });
            }
        }
    }
    rows
}

/// The state of a thing at an instant, as known by then, if time alone will change it.
pub(super) fn waits(program: &Program, entity: &Entity, thing: &Thing, at: Instant) -> Option<Row> {
    let mut state = State::new(program, entity, thing, at);
    let now = state.fields(at);
    let waits = state.turns().into_iter().any(|turn| turn > at && state.fields(turn) != now);
    waits.then(|| Row { event: entity.event, id: RowId(0), time: at, revision: thing.foldings, values: now.into() })
}

/// The identity of a state.
fn state_id(key: VersionKey, folding: i64, at: Instant) -> RowId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.0 as u64).to_le_bytes()).update(&key.1.to_le_bytes());
    hasher.update(&folding.to_le_bytes()).update(&at.0.to_le_bytes());
    let mut bytes = [0; 16];
    hasher.finalize_xof().fill(&mut bytes);
    RowId(u128::from_le_bytes(bytes))
}

/// A thing between two of its events, when only `now` moves.
struct State<'e> {
    entity: &'e Entity,
    /// The fields, then the folds. Its time is `now`.
    row: Row,
}

impl<'e> State<'e> {
    fn new(program: &Program, entity: &'e Entity, thing: &Thing, at: Instant) -> State<'e> {
        let events = counting(program, entity, thing, at);
        let first = events.first().map_or(Scalar::Absent, |row| Scalar::Time(place(program, row).0));
        let mut values = vec![thing.id.clone(), first];
        values.extend(entity.fields.iter().map(|_| Scalar::Absent));
        values.extend(entity.folds.iter().map(|_| Scalar::Absent));
        let row = Row { event: entity.event, id: RowId(0), time: at, revision: 0, values: values.into() };
        let mut state = State { entity, row };
        for (fold_place, fold) in entity.folds.iter().enumerate() {
            // Fields above a fold stand on folds above it.
            let near = fold.within.map(|within| {
                state.compute(at);
                (within, state.row.values.get(within.field).cloned())
            });
            let value = gather(fold, events.iter().filter(|row| near.as_ref().is_none_or(|near| lies_near(near, place(program, row).0))));
            if let Some(slot) = Arc::make_mut(&mut state.row.values).get_mut(ENTITY_OWN_FIELDS + entity.fields.len() + fold_place) {
                *slot = value;
            }
        }
        state.compute(at);
        state
    }

    fn compute(&mut self, now: Instant) {
        self.row.time = now;
        for (place, field) in self.entity.fields.iter().enumerate() {
            let value = evaluate(field, &self.row).to_scalar();
            if let Some(slot) = Arc::make_mut(&mut self.row.values).get_mut(ENTITY_OWN_FIELDS + place) {
                *slot = value;
            }
        }
    }

    /// The id, the first time and the declared fields at an instant.
    fn fields(&mut self, now: Instant) -> Vec<Scalar> {
        self.compute(now);
        self.row.values.iter().take(ENTITY_OWN_FIELDS + self.entity.fields.len()).cloned().collect()
    }

    /// The instants at which a comparison with `now` turns, as long as no event comes.
    fn turns(&self) -> Vec<Instant> {
        let mut turns = Vec::new();
        self.entity.fields.iter().for_each(|field| self.turns_of(field, &mut turns));
        turns
    }

    fn turns_of(&self, expr: &RowExpr, turns: &mut Vec<Instant>) {
        match expr {
            // Nothing that follows `now` can be a key.
            RowExpr::Const(_) | RowExpr::Field(_) | RowExpr::Time | RowExpr::Lookup(_) => {}
            // Nothing that follows `now` is counted in working time.
            RowExpr::Due(_) | RowExpr::Worked(_) => {}
            RowExpr::Negate(a) | RowExpr::Not(a) | RowExpr::StartsWith(a, _) | RowExpr::In(a, _) | RowExpr::IsAbsent(a) => {
                self.turns_of(a, turns);
            }
            RowExpr::Compare(_, a, b) => {
                if let (Some(a), Some(b)) = (self.line(a), self.line(b)) {
                    turns.extend(a.meets(b));
                }
                self.turns_of(a, turns);
                self.turns_of(b, turns);
            }
            RowExpr::Arith(_, a, b) | RowExpr::And(a, b) | RowExpr::Or(a, b) | RowExpr::Else(a, b) => {
                self.turns_of(a, turns);
                self.turns_of(b, turns);
            }
        }
    }

    /// A value as a line over `now`; None when it is absent or no number.
    fn line(&self, expr: &RowExpr) -> Option<Line> {
        match expr {
            RowExpr::Time => Some(Line { slope: Decimal::ONE, at_zero: Decimal::ZERO }),
            RowExpr::Negate(a) => self.line(a).map(Line::negated),
            RowExpr::Arith(Arith::Add, a, b) => self.line(a)?.plus(self.line(b)?),
            RowExpr::Arith(Arith::Sub, a, b) => self.line(a)?.plus(self.line(b)?.negated()),
            RowExpr::Arith(Arith::Mul, a, b) => match (self.line(a)?, self.line(b)?) {
                (line, factor) | (factor, line) if factor.slope.is_zero() => {
                    Some(Line { slope: line.slope.checked_mul(factor.at_zero)?, at_zero: line.at_zero.checked_mul(factor.at_zero)? })
                }
                _ => None,
            },
            RowExpr::Else(a, b) => self.line(a).or_else(|| self.line(b)),
            still => match evaluate(still, &self.row) {
                Val::Number(number) => Some(Line { slope: Decimal::ZERO, at_zero: number }),
                Val::Time(instant) => Some(Line { slope: Decimal::ZERO, at_zero: Decimal::new(instant.0, MICROS) }),
                _ => None,
            },
        }
    }
}

/// The decimals of a second in an [`Instant`].
const MICROS: u32 = 6;

/// A value in seconds that moves with `now`, also in seconds.
#[derive(Clone, Copy)]
struct Line {
    slope: Decimal,
    at_zero: Decimal,
}

impl Line {
    fn plus(self, other: Line) -> Option<Line> {
        Some(Line { slope: self.slope.checked_add(other.slope)?, at_zero: self.at_zero.checked_add(other.at_zero)? })
    }

    fn negated(self) -> Line {
        Line { slope: -self.slope, at_zero: -self.at_zero }
    }

    /// The instants around the one at which two lines meet: the last before, the meeting, the first after.
    fn meets(self, other: Line) -> Vec<Instant> {
        let Some(between) = self.plus(other.negated()).filter(|between| !between.slope.is_zero()) else {
            return Vec::new();
        };
        let micros = (-between.at_zero).checked_div(between.slope).and_then(|now| now.checked_mul(Decimal::from(1_000_000)));
        let Some(micros) = micros.and_then(|micros| i64::try_from(micros.floor().mantissa()).ok()) else { return Vec::new() };
        vec![Instant(micros), Instant(micros.saturating_add(1))]
    }
}

/// Whether an event lies as near to a time of its thing as a fold asks.
fn lies_near((within, time): &(Within, Option<Scalar>), event: Instant) -> bool {
    let Some(Scalar::Time(time)) = time else { return false };
    let length_s = i64::try_from(within.length_s).unwrap_or(i64::MAX);
    if within.before { time.plus_s(-length_s) <= event && event < *time } else { *time < event && event <= time.plus_s(length_s) }
}

/// One value from the events that count.
fn gather<'e, 'r: 'e>(fold: &Fold, events: impl DoubleEndedIterator<Item = &'e &'r Row>) -> Scalar {
    let own = events.filter(|row| row.event == fold.event);
    let counted = own.filter(|row| fold.filter.as_ref().is_none_or(|filter| evaluate(filter, row) == Val::Flag(true)));
    let mut values = counted.filter_map(|row| match &fold.arg {
        None => Some(Val::Absent),
        Some(arg) => Some(evaluate(arg, row)).filter(|value| *value != Val::Absent),
    });
    match fold.keep {
        Keep::First => values.next().map_or(Scalar::Absent, Val::to_scalar),
        Keep::Last => values.next_back().map_or(Scalar::Absent, Val::to_scalar),
        Keep::Min => values
            .reduce(|a, b| if b.order(a).is_some_and(std::cmp::Ordering::is_lt) { b } else { a })
            .map_or(Scalar::Absent, Val::to_scalar),
        Keep::Max => values
            .reduce(|a, b| if b.order(a).is_some_and(std::cmp::Ordering::is_gt) { b } else { a })
            .map_or(Scalar::Absent, Val::to_scalar),
        Keep::Sum => {
            let numbers = values.filter_map(|value| if let Val::Number(number) = value { to_fixed(number) } else { None });
            Scalar::Number(from_fixed(numbers.fold(0i128, i128::wrapping_add)).unwrap_or_default())
        }
        Keep::Count | Keep::Distinct | Keep::Values | Keep::Money | Keep::Rates | Keep::Course => {
            Scalar::Number(Decimal::from(values.count()))
        }
    }
}
