//! Levels: at every instant what the last reading says of all that lie in the scope on that day.

use super::formula::{Asked, Span};
use super::{Moment, Place};
use rust_decimal::Decimal;
use steelyard::compile::program::{EventIdx, LeafIdx, LevelRead, Scalar};
use steelyard::eval::RowId;
use steelyard::time::{Day, Instant};

/// A reading: when it holds from, its place among those of that instant, its row and its value.
type Reading = (Instant, Instant, RowId, usize, Decimal);

impl Moment<'_> {
    /// What a level was in a range of time.
    pub fn level(&self, leaf: LeafIdx, read: LevelRead, asked: &Asked<'_>) -> Option<Scalar> {
        let (oracle, zone) = (self.oracle, &asked.clocks);
        let over_time = matches!(read, LevelRead::Mean | LevelRead::Held);
        let (from, mut to) = match asked.span {
            Span::Days(first, last) => (
                if first == Day(i32::MIN) { Instant(i64::MIN) } else { zone.start_of(first) },
                if last == Day(i32::MAX) { Instant(i64::MAX) } else { zone.end_of(last) },
            ),
            Span::Elapsed(..) if over_time => return None,
            Span::Elapsed(after, until) => (after, Instant(until.0 + 1)),
        };
        let begun = match asked.span {
            Span::Days(first, _) => zone.have_begun(first, self.at),
            Span::Elapsed(after, _) => after < self.at,
        };
        if over_time {
            to = to.min(zone.start_of(zone.day_of(self.at)));
        }
        oracle.first_seen(asked.place).filter(|first| *first <= self.at && begun && from < to)?;
        let readings: Vec<Reading> = self.readings(leaf, asked).into_iter().filter(|(at, ..)| *at < to).collect();
        let moves = self.moves(oracle.program.leaves[leaf].event, asked);
        // Who lies in the scope from each of these instants on.
        let there: Vec<(Instant, Vec<bool>)> = moves
            .iter()
            .map(|since| {
                // Before all of them nobody has moved yet.
                let day = if *since == Instant(i64::MIN) { Day(i32::MIN) } else { zone.day_of(*since) };
                (*since, readings.iter().map(|(.., row, _)| self.holds(&oracle.rows[*row], day, asked.place)).collect())
            })
            .collect();
        let known = |at: Instant, until: Instant| {
            let (_, there) = there.iter().rev().find(|(since, _)| *since <= at).unwrap();
            let last = readings.iter().zip(there).filter(|((time, ..), there)| **there && *time <= until).map(|(reading, _)| reading).max();
            last.map(|(.., value)| *value)
        };
        let mut instants: Vec<Instant> = [from].into_iter().chain(readings.iter().map(|(at, ..)| *at)).chain(moves.clone()).collect();
        instants.retain(|at| from <= *at && *at < to);
        instants.sort();
        instants.dedup();
        let held: Vec<(Instant, Option<Decimal>)> = instants.iter().map(|at| (*at, known(*at, *at))).collect();
        let values = held.iter().filter_map(|(_, value)| *value);
        let ends = held.iter().skip(1).map(|(at, _)| *at).chain([to]);
        let lasted = held.iter().zip(ends).filter_map(|((at, value), end)| Some(((*value)?, Decimal::from(end.0 - at.0))));
        let found = match read {
            LevelRead::First => {
                let (at, value) = held.iter().find_map(|(at, value)| Some((*at, (*value)?)))?;
                // What came from elsewhere was not there at first.
                let brought = at > from && known(at, Instant(at.0 - 1)).is_some();
                Some(value).filter(|_| !brought)?
            }
            LevelRead::Last => held.last()?.1?,
            LevelRead::Min => values.min()?,
            LevelRead::Max => values.max()?,
            LevelRead::Mean | LevelRead::Held => {
                values.max()?;
                let integral: Decimal = lasted.clone().map(|(value, length)| value * length).sum();
                let length: Decimal = lasted.map(|(_, length)| length).sum();
                integral.normalize() / if read == LevelRead::Held { Decimal::from(1_000_000) } else { length }
            }
        };
        Some(Scalar::Number(found))
    }

    /// All readings that stand, wherever their rows belong.
    fn readings(&self, leaf: LeafIdx, asked: &Asked<'_>) -> Vec<Reading> {
        let oracle = self.oracle;
        let reading = |row: usize| {
            let worth = oracle.worth[row][leaf].as_ref()?;
            let value = match &worth.value {
                Scalar::Number(number) => *number,
                Scalar::Flag(flag) => Decimal::from(u8::from(*flag)),
                other => panic!("a level is {other:?}"),
            };
            let clock = oracle.program.leaves[leaf].clock.map(|field| &oracle.rows[row].values[field]);
            let at = if let Some(Scalar::Date(day)) = clock { asked.clocks.start_of(*day) } else { worth.instant };
            Some((at, oracle.rows[row].time, oracle.rows[row].id, row, value))
        };
        self.standing.iter().filter_map(|row| reading(*row)).collect()
    }

    /// The instants up to now at which anybody may have moved, and the beginning of time.
    fn moves(&self, event: EventIdx, asked: &Asked<'_>) -> Vec<Instant> {
        let oracle = self.oracle;
        let lies_above = |place: &Place| place.iter().any(|(dim, _)| oracle.child_of(event, *dim).is_some());
        let mut moves = vec![Instant(i64::MIN)];
        if lies_above(asked.place) {
            let days = self.standing.iter().flat_map(|row| oracle.program.memberships.iter().map(move |step| (row, step)));
            let days = days.filter_map(|(row, step)| Some(oracle.worth[*row][step.leaf].as_ref()?.day));
            moves.extend(days.map(|day| asked.clocks.start_of(day)).filter(|at| *at <= self.at));
        }
        moves.sort();
        moves.dedup();
        moves
    }
}
