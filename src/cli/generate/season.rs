//! How busy a day is.

use crate::time::Day;

/// The sales of a day in percent of a usual one: weekends, seasons and the festivals of commerce.
pub fn busy(day: Day) -> i64 {
    let weekday = if day.weekday() >= 5 { 125 } else { 95 };
    let (year, month, number) = parts(day);
    let season = match month {
        1 | 2 => 80,
        6 | 7 => 120,
        11 => 160,
        12 => 150,
        _ => 100,
    };
    weekday * season / 100 * festival(day, year, month, number) / 100
}

/// Prime Day, 双11 with the days before it, Black Friday, Cyber Monday and 双12.
fn festival(day: Day, year: i64, month: i64, number: i64) -> i64 {
    // The second Tuesday of July and the day after, the day after the fourth Thursday of November, and its Monday.
    let prime = nth(year, 7, 1, 2);
    let friday = nth(year, 11, 3, 4).map(|thursday| thursday.plus(1));
    let is = |wanted: Option<Day>, days: i32| wanted.is_some_and(|wanted| wanted.plus(days) == day);
    match (month, number) {
        _ if is(prime, 0) || is(prime, 1) => 300,
        _ if is(friday, 0) => 250,
        _ if is(friday, 3) => 200,
        (11, 11) => 400,
        (11, 1..=10 | 12) => 120,
        (12, 12) => 200,
        _ => 100,
    }
}

fn parts(day: Day) -> (i64, i64, i64) {
    let date = day.civil();
    (date.year().into(), date.month().into(), date.day().into())
}

/// The so-manieth weekday of a month; 0 is Monday.
fn nth(year: i64, month: i64, weekday: usize, count: i32) -> Option<Day> {
    let first = Day::parse(&format!("{year:04}-{month:02}-01"))?;
    let ahead = i32::try_from((weekday + 7 - first.weekday()) % 7).unwrap_or(0);
    Some(first.plus(ahead + 7 * (count - 1)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn festivals_are_the_busiest_days() {
        let busy = |text: &str| busy(Day::parse(text).unwrap());
        // A Tuesday in March; Prime Day 2026 by this calendar; 双11; Black Friday and Cyber Monday 2026; 双12, a Saturday.
        for (day, percent) in [
            ("2026-03-03", 95),
            ("2026-03-07", 125),
            ("2026-07-14", 342),
            ("2026-07-15", 342),
            ("2026-07-16", 114),
            ("2026-11-11", 608),
            ("2026-11-10", 182),
            ("2026-11-27", 380),
            ("2026-11-30", 304),
            ("2026-12-12", 374),
        ] {
            assert_eq!(busy(day), percent, "{day}");
        }
    }
}
