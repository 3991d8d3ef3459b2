//! The balance of a ledger's account: a fold over days, from the last reset up to the day that is asked for.
//!
//! 1. Of all days only those are visited on which something can move the balance: days with cells, expiries, decays.
//! 2. On each, in this order: the decay, what expires, the entries. Each is clamped, and what it moved after that is what
//!    an expiry gives back.
//! 3. An entry that is judged once a period moves it on the day after the period's last, by what the whole period comes to; a
//!    period in which nothing happened does not.
//! 4. What was over before the scope began, and before any row of its entries, has no balance, whatever the account starts at.
//! 5. Nothing is kept between evaluations, so what is late or corrected moves the past.

use super::formula::{Aggregates, Evaluation};
use super::number::{Number, Why};
use super::query::When;
use super::window::{Anchor, Span, Stretch, days};
use super::{Acc, Fault};
use crate::compile::program::{Decay, DecayBy, Entry, LeafIdx, Ledger, Program, Reset};
use crate::time::{Day, Grain, Period};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// On how many days an account may have moved since its last reset; more is unknown.
const DAYS_MAX: usize = 4_000;
/// The decimals to which a decay by a share is rounded.
const DECAY_DECIMALS: u32 = 12;

/// What moved an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The account begins, or begins again.
    Start,
    /// The decay.
    Decay,
    /// What the entry with this index moved earlier is given back.
    Expiry(usize),
    /// The entry with this index.
    Entry(usize),
}

/// One line of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posting {
    /// The local day; None for the beginning of an account that is never reset.
    pub day: Option<Day>,
    /// What moved it.
    pub cause: Cause,
    /// By how much, within the bounds.
    pub change: Decimal,
    /// What it then was.
    pub balance: Decimal,
}

/// The days of an account up to the end of a range of time: from the last reset, or from ever.
pub(super) fn account_days(program: &Program, anchor: Anchor, stretch: Stretch, reset: Option<Reset>) -> Option<(Day, Day)> {
    let last = match stretch.span {
        Span::Days(first, _) if first > anchor.day => return None,
        Span::Days(_, last) => last.min(anchor.day),
        // Accounts know whole days: a range that ended some hours ago says nothing of them.
        Span::Elapsed(_, until) if until < anchor.end => return None,
        Span::Elapsed(..) | Span::All => anchor.day,
    };
    Some((reset.map_or(Day(i32::MIN), |reset| last_reset(program, reset, last)), last))
}

/// The days of the periods that are judged on those of an account, each on the day after its last; every day without periods.
pub(super) fn judged_days(program: &Program, (first, last): (Day, Day), every: Option<Grain>) -> Option<(Day, Day)> {
    let Some(grain) = every else { return Some((first, last)) };
    let holding = |day: Day| Period::holding(grain, day, program.reckoning);
    let from = if first == Day(i32::MIN) { first } else { holding(first.plus(-1)).first };
    Some((from, holding(last).first.plus(-1))).filter(|(from, to)| from <= to)
}

/// The last day of a reset up to a day.
fn last_reset(program: &Program, reset: Reset, day: Day) -> Day {
    let falls = |period: Period| {
        let ahead = reset.weekday.map_or(0, |weekday| (weekday + 7 - period.first.weekday()) % 7);
        period.first.plus(i32::try_from(ahead).unwrap_or(0))
    };
    let period = Period::holding(reset.every, day, program.reckoning);
    let own = falls(period);
    if own <= day { own } else { falls(period.previous(program.reckoning)) }
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// The balance at the end of a range of time, or now.
    pub(super) fn ledger(&mut self, ledger: &Ledger, stretch: Stretch) -> Result<Number, Fault> {
        self.account(ledger, stretch, &mut Vec::new())
    }

    /// The lines of an account as it is from another anchor; those up to where it becomes unknown.
    pub(super) fn anchored_account(
        &mut self,
        anchor: Anchor,
        ledger: &Ledger,
        stretch: Stretch,
        lines: &mut Vec<Posting>,
    ) -> Result<(), Fault> {
        let own = std::mem::replace(&mut self.anchor, anchor);
        let balance = self.account(ledger, stretch, lines);
        self.anchor = own;
        balance.map(drop)
    }

    /// The same, with every line of the account.
    fn account(&mut self, ledger: &Ledger, stretch: Stretch, lines: &mut Vec<Posting>) -> Result<Number, Fault> {
        let scope = self.source.scope();
        if !ledger.per.iter().all(|dim| scope.iter().any(|(own, _)| own == dim)) {
            return Ok(Number::Unknown(Why::NoAccount));
        }
        if self.source.since()?.is_none() {
            return Ok(Number::Unknown(Why::NoScope));
        }
        let Some((first, last)) = account_days(self.program, self.anchor, stretch, ledger.reset) else {
            let begun = matches!(stretch.span, Span::Elapsed(..));
            return Ok(Number::Unknown(if begun { Why::NoPeriod } else { Why::NotBegun }));
        };
        let Some(mut moving) = self.moving(ledger, (first, last))? else { return Ok(Number::Unknown(Why::NoDimension)) };
        if !self.says_something(ledger.entries.iter().flat_map(|entry| entry.leaves.iter().copied()), last)? {
            return Ok(Number::Unknown(Why::NoScope));
        }
        let mut account = Account::new(ledger, self.program, (ledger.reset.map(|_| first), last), lines);
        while let Some(day) = account.next(&moving) {
            if account.n_days > DAYS_MAX {
                return Ok(Number::Unknown(Why::AccountTooLong));
            }
            let entries = moving.remove(&day).unwrap_or_default();
            let mut moved = account.forgotten(day);
            for (place, entry) in ledger.entries.iter().enumerate().filter(|(place, _)| entries.contains(place)) {
                let value = match self.entry_on(entry, day)? {
                    Some(Number::Unknown(why)) => return Ok(Number::Unknown(why)),
                    Some(known) => known.decimal(),
                    None => continue,
                };
                moved = moved.and_then(|()| account.entered(day, place, entry, value?));
            }
            if moved.is_none() {
                return Ok(Number::Unknown(Why::OutOfRange));
            }
        }
        Ok(Number::of(account.balance.normalize()))
    }
}

impl<A: Aggregates> Evaluation<'_, A> {
    /// The days on which entries may move the balance; None when the events of one do not tell the scope.
    fn moving(&mut self, ledger: &Ledger, account: (Day, Day)) -> Result<Option<BTreeMap<Day, BTreeSet<usize>>>, Fault> {
        let mut moving: BTreeMap<Day, BTreeSet<usize>> = BTreeMap::new();
        for (place, entry) in ledger.entries.iter().enumerate() {
            let judged = judged_days(self.program, account, entry.every);
            // Whether the events tell the scope is asked of no days too.
            let (first, last) = judged.unwrap_or((account.1, account.1.plus(-1)));
            for leaf in &entry.leaves {
                let Some(days) = self.source.days(*leaf, first, last)? else { return Ok(None) };
                for day in days {
                    moving.entry(judged_on(self.program, entry, day)).or_default().insert(place);
                }
            }
        }
        Ok(Some(moving))
    }

    /// What an entry comes to on a day; None when it, or the period that is judged on it, had nothing in it.
    fn entry_on(&mut self, entry: &Entry, day: Day) -> Result<Option<Number>, Fault> {
        let Some(grain) = entry.every else {
            // The cell of a day may have lost all its rows.
            if !self.any_in(&entry.leaves, (day, day))? {
                return Ok(None);
            }
            let anchor = Anchor { day, end: self.zone().end_of(day).min(self.anchor.end), ..self.anchor };
            return self.anchored(anchor, &entry.formula, Span::Days(day, day).into()).map(Some);
        };
        let period = Period::holding(grain, day.plus(-1), self.program.reckoning);
        if !self.any_in(&entry.leaves, (period.first, period.last))? {
            return Ok(None);
        }
        let (anchor, home) = Anchor::of(self.program, self.anchor.zone, When::Period(period), self.anchor.at);
        self.anchored(anchor, &entry.formula, home).map(Some)
    }

    /// Whether the days up to one say something about the scope: it had begun by the end of that, or some row of some leaves
    /// lies there by its clock, though it was sent later.
    pub(super) fn says_something(&mut self, leaves: impl Iterator<Item = LeafIdx>, last: Day) -> Result<bool, Fault> {
        if self.source.began(self.zone())?.is_some_and(|since| since < self.zone().end_of(last)) {
            return Ok(true);
        }
        let leaves: Vec<LeafIdx> = leaves.collect();
        self.any_in(&leaves, (Day(i32::MIN), last))
    }

    /// Whether any row counts for some leaves on some days.
    pub(super) fn any_in(&mut self, leaves: &[LeafIdx], (first, last): (Day, Day)) -> Result<bool, Fault> {
        for leaf in leaves {
            let Some(decl) = self.program.leaves.get(*leaf) else { continue };
            let empty = Acc::empty(decl.keep);
            if self.source.merged(*leaf, Span::Days(first, last))?.is_some_and(|acc| *acc != empty) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The day on which what happens on a day moves the balance.
fn judged_on(program: &Program, entry: &Entry, day: Day) -> Day {
    entry.every.map_or(day, |grain| Period::holding(grain, day, program.reckoning).last.plus(1))
}

/// An account on its way through the days.
struct Account<'a> {
    ledger: &'a Ledger,
    program: &'a Program,
    last: Day,
    balance: Decimal,
    n_days: usize,
    /// The day that was visited last.
    day: Option<Day>,
    /// For each entry with a `for each`, what has been counted.
    counted: BTreeMap<usize, Decimal>,
    /// What is given back, by the day and the entry.
    expiring: BTreeMap<Day, Vec<(usize, Decimal)>>,
    lines: &'a mut Vec<Posting>,
}

impl<'a> Account<'a> {
    fn new(ledger: &'a Ledger, program: &'a Program, (first, last): (Option<Day>, Day), lines: &'a mut Vec<Posting>) -> Account<'a> {
        let balance = ledger.start;
        lines.push(Posting { day: first, cause: Cause::Start, change: Decimal::ZERO, balance });
        let (counted, expiring) = (BTreeMap::new(), BTreeMap::new());
        Account { ledger, program, last, balance, n_days: 0, day: None, counted, expiring, lines }
    }

    /// The next day on which something can move the balance.
    fn next(&mut self, moving: &BTreeMap<Day, BTreeSet<usize>>) -> Option<Day> {
        let decays = self.ledger.decay.filter(|_| self.balance != self.ledger.start);
        let decays = decays.zip(self.day).map(|(decay, day)| Period::holding(decay.every, day, self.program.reckoning).last.plus(1));
        let events = moving.first_key_value().map(|(day, _)| *day);
        let expires = self.expiring.first_key_value().map(|(day, _)| *day);
        let next = [events, expires, decays].into_iter().flatten().min().filter(|day| *day <= self.last)?;
        (self.n_days, self.day) = (self.n_days + 1, Some(next));
        Some(next)
    }

    /// Lets the decay and what expires move the balance; None when it goes out of range.
    fn forgotten(&mut self, day: Day) -> Option<()> {
        if let Some(Decay { by, every }) = self.ledger.decay
            && Period::holding(every, day, self.program.reckoning).first == day
        {
            let distance = self.ledger.start.checked_sub(self.balance)?;
            let nearer = match by {
                DecayBy::Share(share) => distance.checked_mul(share)?.round_dp(DECAY_DECIMALS),
                DecayBy::Amount(amount) => distance.clamp(-amount, amount),
            };
            self.moved(day, Cause::Decay, nearer)?;
        }
        for (place, change) in self.expiring.remove(&day).unwrap_or_default() {
            self.moved(day, Cause::Expiry(place), -change)?;
        }
        Some(())
    }

    /// Lets an entry move the balance; None when it goes out of range.
    fn entered(&mut self, day: Day, place: usize, entry: &Entry, value: Decimal) -> Option<()> {
        let amount = match entry.each {
            None => value,
            Some((amount, step)) => {
                let before = self.counted.get(&place).copied().unwrap_or_default();
                let after = before.checked_add(value)?;
                self.counted.insert(place, after);
                let steps = after.checked_div(step)?.floor().checked_sub(before.checked_div(step)?.floor())?;
                amount.checked_mul(steps)?
            }
        };
        let moved = self.moved(day, Cause::Entry(place), if entry.deduct { -amount } else { amount })?;
        if let Some(length) = entry.expires_days.filter(|_| !moved.is_zero()) {
            self.expiring.entry(day.plus(days(length))).or_default().push((place, moved));
        }
        Some(())
    }

    /// Moves the balance within its bounds, and says by how much.
    fn moved(&mut self, day: Day, cause: Cause, change: Decimal) -> Option<Decimal> {
        let mut after = self.balance.checked_add(change)?;
        after = self.ledger.at_least.map_or(after, |least| after.max(least));
        after = self.ledger.at_most.map_or(after, |most| after.min(most));
        let moved = after.checked_sub(self.balance)?;
        self.balance = after;
        if !moved.is_zero() {
            self.lines.push(Posting { day: Some(day), cause, change: moved.normalize(), balance: after.normalize() });
        }
        Some(moved)
    }
}
