//! Ledgers, as plainly as possible: every day from the reset, or from the first row, one after the other.

use super::formula::{Asked, Span, number};
use super::{Moment, OracleAggregate};
use rust_decimal::{Decimal, RoundingStrategy};
use steelyard::compile::program::{DecayBy, Ledger, Reset};
use steelyard::time::{Day, Period};

impl Moment<'_> {
    /// The balance of an account.
    pub fn ledger(&self, ledger: &Ledger, asked: &Asked<'_>) -> Option<Decimal> {
        let (first, last) = self.account_days(ledger.reset, asked)?;
        if !ledger.per.iter().all(|dim| asked.place.iter().any(|(own, _)| own == dim)) {
            return None;
        }
        for leaf in ledger.entries.iter().flat_map(|entry| &entry.leaves) {
            let event = self.oracle.program.leaves[*leaf].event;
            if asked.place.iter().any(|(dim, _)| !self.oracle.tells(event, *dim)) {
                return None;
            }
        }
        let began = self.began(asked.place, &asked.clocks)?;
        let leaves: Vec<usize> = ledger.entries.iter().flat_map(|entry| &entry.leaves).copied().collect();
        if began >= asked.clocks.end_of(last) && !self.any_row(&leaves, (Day(i32::MIN), last), asked) {
            return None;
        }
        let clamped = |balance: Decimal| {
            let balance = ledger.at_least.map_or(balance, |least| balance.max(least));
            ledger.at_most.map_or(balance, |most| balance.min(most))
        };
        let mut balance = ledger.start;
        let mut counted = vec![Decimal::ZERO; ledger.entries.len()];
        let mut given: Vec<(Day, Decimal)> = Vec::new();
        let mut day = first;
        while day <= last {
            if let Some(decay) = ledger.decay
                && Period::holding(decay.every, day, self.oracle.program.reckoning).first == day
            {
                let distance = ledger.start - balance;
                let nearer = match decay.by {
                    DecayBy::Share(share) => (distance * share).round_dp_with_strategy(12, RoundingStrategy::MidpointNearestEven),
                    DecayBy::Amount(amount) if distance.abs() <= amount => distance,
                    DecayBy::Amount(amount) if distance < Decimal::ZERO => -amount,
                    DecayBy::Amount(amount) => amount,
                };
                balance = clamped(balance + nearer);
            }
            for (_, change) in given.iter().filter(|(expires, _)| *expires == day) {
                balance = clamped(balance - change);
            }
            for (place, entry) in ledger.entries.iter().enumerate() {
                let there = match entry.every {
                    None if !self.any_row(&entry.leaves, (day, day), asked) => continue,
                    None => Asked { anchor: day, ..asked.over(day, day) },
                    Some(every) => {
                        let period = Period::holding(every, day.plus(-1), self.oracle.program.reckoning);
                        if period.last.plus(1) != day || !self.any_row(&entry.leaves, (period.first, period.last), asked) {
                            continue;
                        }
                        self.in_period(period, asked)
                    }
                };
                let value = number(self.formula(&entry.formula, &there))?;
                let mut amount = value;
                if let Some((each, step)) = entry.each {
                    let before = (counted[place] / step).floor();
                    counted[place] += value;
                    amount = each * ((counted[place] / step).floor() - before);
                }
                let after = clamped(if entry.deduct { balance - amount } else { balance + amount });
                if let Some(length) = entry.expires_days {
                    given.push((day.plus(i32::try_from(length).unwrap()), after - balance));
                }
                balance = after;
            }
            day = day.plus(1);
        }
        Some(balance.normalize())
    }

    /// True when any row counts for some leaves on some days.
    pub fn any_row(&self, leaves: &[usize], (first, last): (Day, Day), asked: &Asked<'_>) -> bool {
        self.standing.iter().any(|&row| {
            let days = leaves.iter().filter_map(|leaf| Some(self.oracle.worth[row][*leaf].as_ref()?.day));
            let mut days = days.filter(|day| first <= *day && *day <= last);
            days.any(|day| self.holds(&self.oracle.rows[row], day, asked.place))
        })
    }

    /// The days of an account: from its last reset, or from the first day that any row has by any clock.
    pub fn account_days(&self, reset: Option<Reset>, asked: &Asked<'_>) -> Option<(Day, Day)> {
        let today = asked.clocks.day_of(self.at);
        let last = match asked.span {
            Span::Days(first, _) if first > today.min(asked.anchor) => return None,
            Span::Days(_, last) => last.min(asked.anchor),
            Span::Elapsed(_, until) if until < asked.end => return None,
            Span::Elapsed(..) => asked.anchor,
        };
        let days = self.oracle.worth.iter().flatten().flatten().map(|worth| worth.day);
        let Some(reset) = reset else { return Some((days.chain([last]).min()?, last)) };
        let week = self.oracle.program.reckoning;
        let is_reset = |day: &Day| {
            let period = Period::holding(reset.every, *day, week);
            match reset.weekday {
                None => *day == period.first,
                Some(weekday) => day.weekday() == weekday && day.0 - period.first.0 < 7,
            }
        };
        let reset = (0..).map(|back| last.plus(-back)).find(is_reset)?;
        Some((reset, last))
    }

    /// The aggregates in an account: of all its days.
    pub fn behind_ledger(&self, ledger: &Ledger, asked: &Asked<'_>, found: &mut Vec<OracleAggregate>) {
        let Some((first, last)) = self.account_days(ledger.reset, asked) else { return };
        let first = if ledger.reset.is_some() { first } else { Day(i32::MIN) };
        for entry in &ledger.entries {
            let Some(every) = entry.every else {
                self.aggregates(&entry.formula, &asked.over(first, last), found);
                continue;
            };
            // Whole periods, each of which is over on a day of the account.
            let period = |day: Day| Period::holding(every, day, self.oracle.program.reckoning);
            let first = if ledger.reset.is_some() { period(first.plus(-1)).first } else { first };
            let last = period(last).first.plus(-1);
            if first <= last {
                self.aggregates(&entry.formula, &asked.over(first, last), found);
            }
        }
    }
}
