//! Instants that come again: every monday at six, on the 20th of every month.

use super::{Day, Grain, Instant, Period, Reckoning, Zone};

/// When something is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Schedule {
    /// On which days.
    pub on: OnDays,
    /// At how many minutes after midnight.
    pub minute: u16,
}

/// Days that come again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnDays {
    /// These weekdays, Monday first; at least one.
    Weekdays([bool; 7]),
    /// This day, from 1 on, of every period of a grain; of a shorter period its last day.
    OfPeriod(Grain, u16),
}

impl Schedule {
    /// The first instant from `at` on.
    pub fn next_from(&self, at: Instant, zone: &Zone, reckoning: Reckoning) -> Instant {
        let today = zone.day_of(at);
        let instant = |day: Day| if self.minute == 0 { zone.start_of(day) } else { zone.at_minute(day, self.minute) };
        let found = match self.on {
            OnDays::Weekdays(on) => {
                let days = (0..=7).map(|n| today.plus(n)).filter(|day| on.get(day.weekday()) == Some(&true));
                days.map(instant).find(|instant| *instant >= at)
            }
            OnDays::OfPeriod(grain, number) => {
                let period = Period::holding(grain, today, reckoning);
                let days = [period, period.next(reckoning)].map(|period| period.first.plus(i32::from(number) - 1).min(period.last));
                days.map(instant).into_iter().find(|instant| *instant >= at)
            }
        };
        found.unwrap_or(Instant(i64::MAX))
    }

    /// The last instant up to `at`.
    pub fn last_until(&self, at: Instant, zone: &Zone, reckoning: Reckoning) -> Instant {
        let today = zone.day_of(at);
        let days: Vec<Day> = match self.on {
            OnDays::Weekdays(on) => (0..=8).map(|n| today.plus(-n)).filter(|day| on.get(day.weekday()) == Some(&true)).collect(),
            OnDays::OfPeriod(grain, number) => {
                let period = Period::holding(grain, today, reckoning);
                let before = period.previous(reckoning);
                let periods = [period, before, before.previous(reckoning)];
                periods.map(|period| period.first.plus(i32::from(number) - 1).min(period.last)).to_vec()
            }
        };
        let instants = days.into_iter().map(|day| if self.minute == 0 { zone.start_of(day) } else { zone.at_minute(day, self.minute) });
        instants.filter(|instant| *instant <= at).max().unwrap_or(Instant(i64::MIN))
    }

    /// The first instant after `at`.
    pub fn next_after(&self, at: Instant, zone: &Zone, reckoning: Reckoning) -> Instant {
        self.next_from(Instant(at.0.saturating_add(1)), zone, reckoning)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::WeekStart;
    use super::*;

    fn following(on: OnDays, minute: u16, zone: &str, from: &str, count: usize) -> Vec<String> {
        let zone = Zone::named(zone).unwrap();
        let schedule = Schedule { on, minute };
        let mut at = schedule.next_from(zone.parse_local(from).unwrap(), &zone, WeekStart::Monday.into());
        let mut found = Vec::new();
        for _ in 0..count {
            found.push(zone.format(at)[..16].to_owned());
            at = schedule.next_after(at, &zone, WeekStart::Monday.into());
        }
        found
    }

    #[test]
    fn weekdays_and_days_of_months() {
        let mondays = OnDays::Weekdays([true, false, false, false, false, false, false]);
        assert_eq!(following(mondays, 360, "UTC", "2026-03-02 06:00", 2), ["2026-03-02 06:00", "2026-03-09 06:00"]);
        assert_eq!(following(mondays, 360, "UTC", "2026-03-02 06:01", 1), ["2026-03-09 06:00"]);
        let on = |number| OnDays::OfPeriod(Grain::Month, number);
        assert_eq!(following(on(20), 0, "UTC", "2026-01-20", 2), ["2026-01-20 00:00", "2026-02-20 00:00"]);
        assert_eq!(following(on(31), 0, "UTC", "2026-01-31 00:01", 3), ["2026-02-28 00:00", "2026-03-31 00:00", "2026-04-30 00:00"]);
        assert_eq!(following(OnDays::OfPeriod(Grain::Day, 1), 1439, "UTC", "2026-01-31", 2), ["2026-01-31 23:59", "2026-02-01 23:59"]);
    }

    #[test]
    fn the_last_instant_lies_before_the_next() {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let schedules = [
            Schedule { on: OnDays::Weekdays([true, false, false, true, false, false, false]), minute: 150 },
            Schedule { on: OnDays::OfPeriod(Grain::Month, 31), minute: 0 },
            Schedule { on: OnDays::OfPeriod(Grain::Day, 1), minute: 150 },
            Schedule { on: OnDays::OfPeriod(Grain::Quarter, 98), minute: 1439 },
        ];
        for schedule in schedules {
            let mut at = schedule.next_from(zone.parse_local("2026-01-01 00:00").unwrap(), &zone, WeekStart::Monday.into());
            for _ in 0..30 {
                let next = schedule.next_after(at, &zone, WeekStart::Monday.into());
                for between in [at, Instant(at.0 + 1), Instant(next.0 - 1)] {
                    assert_eq!(schedule.last_until(between, &zone, WeekStart::Monday.into()), at);
                }
                at = next;
            }
        }
    }

    /// Half past two does not exist in Berlin on 29 March 2026, nor midnight in Sao Paulo on 4 November 2018.
    #[test]
    fn what_falls_into_a_gap_moves_behind_it() {
        let daily = OnDays::OfPeriod(Grain::Day, 1);
        let berlin = following(daily, 150, "Europe/Berlin", "2026-03-28 02:30", 3);
        assert_eq!(berlin, ["2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]);
        let sao_paulo = following(daily, 0, "America/Sao_Paulo", "2018-11-03 12:00", 2);
        assert_eq!(sao_paulo, ["2018-11-04 01:00", "2018-11-05 00:00"]);
        let twice = following(daily, 150, "Europe/Berlin", "2026-10-25 00:00", 2);
        assert_eq!(twice, ["2026-10-25 02:30", "2026-10-26 02:30"]);
    }
}
