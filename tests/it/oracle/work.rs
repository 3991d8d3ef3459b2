//! Working time from a list of every stretch of work that a calendar has.

use steelyard::compile::program::{RowExpr, WorkSpan};
use steelyard::time::{Day, Instant, WorkCalendar};

/// Every covered day on which work is done, with its stretches.
fn worked_days(calendar: &WorkCalendar) -> Vec<(Day, Vec<(Instant, Instant)>)> {
    let zone = &calendar.hours.zone;
    let mut found = Vec::new();
    for day in (calendar.covers.0.0..=calendar.covers.1.0).map(Day) {
        let any = |weekday: usize| calendar.hours.ranges.iter().any(|range| range.days[weekday]);
        let own = usize::try_from((day.0 + 3).rem_euclid(7)).unwrap();
        let weekday = if calendar.open.contains(&day) { (0..7).find(|weekday| any(*weekday)).unwrap() } else { own };
        let mut stretches = Vec::new();
        for range in calendar.hours.ranges.iter().filter(|range| range.days[weekday] && !calendar.closed.contains(&day)) {
            let from = if range.from_min == 0 { zone.start_of(day) } else { zone.at_minute(day, range.from_min) };
            let to = if range.to_min == 1440 { zone.start_of(day.plus(1)) } else { zone.at_minute(day, range.to_min) };
            stretches.push((from, to));
        }
        // In the histories no two stretches overlap.
        stretches.sort();
        if stretches.iter().any(|(from, to)| from < to) {
            found.push((day, stretches));
        }
    }
    found
}

fn covers(calendar: &WorkCalendar, at: Instant) -> bool {
    let day = calendar.hours.zone.day_of(at);
    calendar.covers.0 <= day && day <= calendar.covers.1
}

/// The microseconds of work between two instants.
pub fn between(calendar: &WorkCalendar, from: Instant, to: Instant) -> Option<i64> {
    if !covers(calendar, from) || !covers(calendar, to) {
        return None;
    }
    let (first, last, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
    let all = worked_days(calendar);
    let stretches = all.iter().flat_map(|(_, stretches)| stretches);
    Some(sign * stretches.map(|(begin, end)| ((*end).min(last).0 - (*begin).max(first).0).max(0)).sum::<i64>())
}

/// The deadline so much working time after a time.
pub fn due(calendar: &WorkCalendar, from: Instant, length: WorkSpan) -> Option<Instant> {
    if !covers(calendar, from) {
        return None;
    }
    let zone = &calendar.hours.zone;
    let all = worked_days(calendar);
    match length {
        WorkSpan::Days(count) => {
            let mut later = all.iter().filter(|(day, _)| *day > zone.day_of(from));
            later.nth(count as usize - 1).map(|(day, _)| Instant(zone.start_of(day.plus(1)).0 - 1))
        }
        // The first end of work by which enough is done lies behind the deadline.
        WorkSpan::Micros(micros) => {
            let stretches = all.iter().flat_map(|(_, stretches)| stretches);
            let done_by = |end: Instant| between(calendar, from, Instant(end.0 - 1)).map(|micros| micros + 1);
            let (_, end) = stretches.filter(|(_, end)| *end > from).find(|(_, end)| done_by(*end).is_some_and(|done| done >= micros))?;
            Some(Instant(end.0 - (done_by(*end)? - micros)))
        }
    }
}

/// The deadlines that a formula can set for a time, and the instants around them.
pub fn deadlines(expr: &RowExpr, time: Instant, found: &mut Vec<Instant>) {
    match expr {
        RowExpr::Due(due) => {
            let deadline = self::due(&due.calendar, time, due.length);
            found.extend(deadline.iter().flat_map(|at| [Instant(at.0 - 1), *at, Instant(at.0 + 1)]));
        }
        RowExpr::Negate(a) | RowExpr::Not(a) | RowExpr::StartsWith(a, _) | RowExpr::In(a, _) | RowExpr::IsAbsent(a) => {
            deadlines(a, time, found);
        }
        RowExpr::Arith(_, a, b) | RowExpr::Compare(_, a, b) | RowExpr::And(a, b) | RowExpr::Or(a, b) | RowExpr::Else(a, b) => {
            deadlines(a, time, found);
            deadlines(b, time, found);
        }
        RowExpr::Const(_) | RowExpr::Field(_) | RowExpr::Time | RowExpr::Lookup(_) | RowExpr::Worked(_) => {}
    }
}
