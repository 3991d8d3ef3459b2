//! Changes of when something is looked at: schedules, and which of the days with a name.

use super::Walk;
use crate::diagnostic::Spanned;
use crate::syntax::ast::{Ident, OccasionAt, Ranking, Schedule, ScheduleDays, Which};
use rust_decimal::Decimal;

const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Walk<'_> {
    /// Other days, midnight instead of a time, and no schedule at all.
    pub(super) fn schedule(&mut self, place: &mut Option<Schedule>) {
        let Some(schedule) = place else { return };
        match &mut schedule.days {
            ScheduleDays::Weekdays(days) => days.iter_mut().for_each(|day| self.weekday(day)),
            ScheduleDays::OfPeriod(_, Some(day)) => {
                let others = [day.value.checked_add(1), day.value.checked_sub(1)].into_iter().flatten();
                let others = others.map(|other| (other, other.to_string())).collect();
                self.offer(&mut day.value, day.span, others);
            }
            ScheduleDays::OfPeriod(_, None) => {}
        }
        if let Some(span) = schedule.time.as_ref().map(|time| time.span) {
            self.offer(&mut schedule.time, span, vec![(None, String::new())]);
        }
        let span = schedule.span;
        self.offer(place, span, vec![(None, String::new())]);
    }

    fn weekday(&mut self, day: &mut Ident) {
        let place = WEEKDAYS.iter().position(|one| *one == day.value);
        let next = place.and_then(|place| WEEKDAYS.get((place + 1) % WEEKDAYS.len()));
        let next = next.map(|next| ((*next).to_owned(), (*next).to_owned()));
        self.offer(&mut day.value, day.span, next.into_iter().collect());
    }

    /// Another one of the times that an occasion came.
    pub(super) fn occasion(&mut self, place: &mut Spanned<OccasionAt>) {
        let others = match place.value.which {
            Which::Latest => vec![Which::Previous],
            Which::Previous => vec![Which::Latest],
            Which::Year(year) => vec![Which::Year(year - 1), Which::Year(year + 1)],
        };
        let name = &place.value.occasion.value;
        let told = |which: Which| match which {
            Which::Latest => format!("latest {name}"),
            Which::Previous => format!("previous {name}"),
            Which::Year(year) => format!("{year} {name}"),
        };
        let others = others.into_iter().map(|which| (which, told(which))).collect();
        self.offer(&mut place.value.which, place.span, others);
    }

    /// Shares of neighbours that differ, exchanged: together they stay the whole.
    pub(super) fn shares(&mut self, ranking: &mut Ranking) {
        for place in 1..ranking.shares.len() {
            let Some([a, b]) = ranking.shares.get(place - 1..=place) else { continue };
            if a.value == b.value {
                continue;
            }
            let percent = |share: Decimal| format!("{}%", (share * Decimal::ONE_HUNDRED).normalize());
            let (span, told) = (a.span.to(b.span), format!("{} … {}", percent(b.value), percent(a.value)));
            let mut others = ranking.shares.clone();
            if let Some([a, b]) = others.get_mut(place - 1..=place) {
                std::mem::swap(&mut a.value, &mut b.value);
            }
            self.offer(&mut ranking.shares, span, vec![(others, told)]);
        }
    }
}
