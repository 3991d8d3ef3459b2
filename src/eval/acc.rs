//! Adding to, taking from and merging aggregates. All sums are modulo 2^128: exact, and free of the order of arrival.

use super::rows::Item;
use super::value::Val;
use super::{Acc, Amounts, Cell, RowId};
use crate::compile::program::{Currency, Keep, Scalar};
use crate::time::{Day, Instant};
use std::cmp::Ordering;
use std::collections::BTreeMap;

impl Acc {
    /// The aggregate of no rows.
    pub(super) fn empty(keep: Keep) -> Acc {
        match keep {
            Keep::Count => Acc::Count(0),
            Keep::Sum => Acc::Sum(0, 0),
            Keep::Distinct => Acc::Distinct(BTreeMap::new()),
            Keep::Min => Acc::Min(None),
            Keep::Max => Acc::Max(None),
            Keep::First => Acc::First(None),
            Keep::Last => Acc::Last(None),
            Keep::Values => Acc::Values(BTreeMap::new()),
            Keep::Money => Acc::Money(BTreeMap::new()),
            Keep::Rates => Acc::Rates(BTreeMap::new()),
            Keep::Course => Acc::Course(BTreeMap::new()),
        }
    }

    /// Adds one row.
    pub(super) fn add(&mut self, item: Item<'_>, rank: (Instant, RowId)) {
        match (self, item) {
            (Acc::Count(count), _) => *count += 1,
            (Acc::Sum(sum, count), Item::Fixed(value)) => {
                *sum = sum.wrapping_add(value);
                *count += 1;
            }
            (Acc::Course(readings), Item::Reading(mark, value)) => drop(readings.insert((mark, rank.0, rank.1), value)),
            (Acc::Distinct(set), Item::Hash(hash)) => *set.entry(hash).or_default() += 1,
            (Acc::Values(set), Item::Fixed(value)) => *set.entry(value).or_default() += 1,
            (Acc::Money(sums), Item::Money(key, value)) => gather(sums, key, (value, 1)),
            (Acc::Rates(quotes), Item::Rate(key, rate)) => {
                let latest = quotes.entry(key).or_insert((rank.0, rank.1, rate));
                if rank > (latest.0, latest.1) {
                    *latest = (rank.0, rank.1, rate);
                }
            }
            (Acc::Min(least), Item::Value(value)) if wins(least, value, Ordering::Less) => *least = Some(value.to_scalar()),
            (Acc::Max(most), Item::Value(value)) if wins(most, value, Ordering::Greater) => *most = Some(value.to_scalar()),
            (Acc::First(first), Item::Value(value)) if first.as_ref().is_none_or(|(time, id, _)| rank < (*time, *id)) => {
                *first = Some((rank.0, rank.1, value.to_scalar()));
            }
            (Acc::Last(last), Item::Value(value)) if last.as_ref().is_none_or(|(time, id, _)| rank > (*time, *id)) => {
                *last = Some((rank.0, rank.1, value.to_scalar()));
            }
            _ => {}
        }
    }

    /// Takes one row away; false when this aggregate cannot be subtracted from and must be rebuilt.
    pub(super) fn remove(&mut self, item: Item<'_>) -> bool {
        match (self, item) {
            (Acc::Count(count), _) => *count -= 1,
            (Acc::Sum(sum, count), Item::Fixed(value)) => {
                *sum = sum.wrapping_sub(value);
                *count -= 1;
            }
            (Acc::Distinct(set), Item::Hash(hash)) => take_one(set, hash),
            (Acc::Values(set), Item::Fixed(value)) => take_one(set, value),
            (Acc::Money(sums), Item::Money(key, value)) => gather(sums, key, (value.wrapping_neg(), -1)),
            _ => return false,
        }
        true
    }

    /// Adds all rows of another aggregate of the same kind.
    pub(super) fn merge(&mut self, other: &Acc) {
        match (self, other) {
            (Acc::Count(a), Acc::Count(b)) => *a += b,
            (Acc::Sum(a, n), Acc::Sum(b, m)) => {
                *a = a.wrapping_add(*b);
                *n += m;
            }
            (Acc::Distinct(a), Acc::Distinct(b)) => b.iter().for_each(|(key, n)| *a.entry(*key).or_default() += n),
            (Acc::Course(a), Acc::Course(b)) => a.extend(b),
            (Acc::Values(a), Acc::Values(b)) => b.iter().for_each(|(key, n)| *a.entry(*key).or_default() += n),
            (Acc::Money(a), Acc::Money(b)) => b.iter().for_each(|(key, part)| gather(a, *key, *part)),
            (Acc::Rates(a), Acc::Rates(b)) => {
                for (key, rate) in b {
                    let latest = a.entry(*key).or_insert(*rate);
                    if (rate.0, rate.1) > (latest.0, latest.1) {
                        *latest = *rate;
                    }
                }
            }
            (Acc::Min(a), Acc::Min(Some(b))) if wins(a, b.into(), Ordering::Less) => *a = Some(b.clone()),
            (Acc::Max(a), Acc::Max(Some(b))) if wins(a, b.into(), Ordering::Greater) => *a = Some(b.clone()),
            (Acc::First(a), Acc::First(Some(b))) if a.as_ref().is_none_or(|a| (b.0, b.1) < (a.0, a.1)) => *a = Some(b.clone()),
            (Acc::Last(a), Acc::Last(Some(b))) if a.as_ref().is_none_or(|a| (b.0, b.1) > (a.0, a.1)) => *a = Some(b.clone()),
            _ => {}
        }
    }
}

fn wins(current: &Option<Scalar>, value: Val<'_>, order: Ordering) -> bool {
    current.as_ref().is_none_or(|current| value.order(current.into()) == Some(order))
}

/// Adds to the sum and the count of a key; one without values goes.
fn gather(sums: &mut Amounts, key: (Day, Currency), (value, n): (i128, i64)) {
    let (sum, count) = sums.entry(key).or_default();
    *sum = sum.wrapping_add(value);
    *count += n;
    if *count == 0 {
        sums.remove(&key);
    }
}

fn take_one<K: Ord>(set: &mut BTreeMap<K, u32>, key: K) {
    if let Some(n) = set.get_mut(&key) {
        *n = n.saturating_sub(1);
        if *n == 0 {
            set.remove(&key);
        }
    }
}

impl Cell {
    /// A cell that no row has touched yet; the first row will come at this instant.
    pub(super) fn empty(keep: Keep, at: Instant) -> Cell {
        Cell { acc: Acc::empty(keep), rows: 0, first: at, last: at, changed: at }
    }

    /// A cell that no row has touched yet, for rows of any time.
    pub(super) fn empty_from(keep: Keep) -> Cell {
        Cell { acc: Acc::empty(keep), rows: 0, first: Instant(i64::MAX), last: Instant(i64::MIN), changed: Instant(i64::MIN) }
    }

    /// Adds the rows of another cell.
    pub(super) fn merge(&mut self, other: &Cell) {
        self.acc.merge(&other.acc);
        self.rows = self.rows.saturating_add(other.rows);
        self.touch(other.first, other.changed);
        self.last = self.last.max(other.last);
    }

    /// Adds one row.
    pub(super) fn add(&mut self, item: Item<'_>, rank: (Instant, RowId)) {
        self.acc.add(item, rank);
        self.rows = self.rows.saturating_add(1);
        self.touch(rank.0, rank.0);
    }

    /// Notes that a row of this time counted here at some instant, and that the content changed at another.
    pub(super) fn touch(&mut self, time: Instant, changed: Instant) {
        self.first = self.first.min(time);
        self.last = self.last.max(time);
        self.changed = self.changed.max(changed);
    }

    /// Takes one row away; false when the cell must be rebuilt.
    pub(super) fn remove(&mut self, item: Item<'_>, changed: Instant) -> bool {
        self.changed = self.changed.max(changed);
        let done = self.acc.remove(item);
        if done {
            self.rows = self.rows.saturating_sub(1);
        }
        done
    }
}
