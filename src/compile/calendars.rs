//! Calendars of markets, what row formulas say of working time, and schedules.
//!
//! 1. A calendar becomes a [`WorkCalendar`] among the names; one that is wrong stays known without a meaning.
//! 2. `placed + 2 working days in us_market` and `working time from asked to answered in support` become parts of row
//!    formulas ([`added`], [`worked`]). Neither may follow `now`: what moves with it is compared with a deadline instead.
//! 3. A calendar that ends soon is warned of, since nothing is known beyond its end ([`ending`]).

use super::Compiler;
use super::entities::follows_now;
use super::expr::{Place, Typed, broken, walk};
use super::header::known_zone;
use super::names::Names;
use super::program::{RowDue, RowExpr, RowWorked, Unit, WorkSpan};
use super::references::Kind;
use super::units::Type;
use crate::diagnostic::codes::{calendar as codes, compile};
use crate::diagnostic::{Diagnostic, Span, Spanned, Words};
use crate::syntax::ast::{self, Dates, Expr, ExprKind, Ident, Item, ScheduleDays, WorkUnit};
use crate::time::{Day, Grain, Hours, OnDays, Range, Schedule, WEEKDAYS, WorkCalendar};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most days that a calendar covers: some forty years.
const COVERED_DAYS_MAX: i32 = 15_000;
/// The most working days that lie before a deadline.
const WORKING_DAYS_MAX: u32 = 1_000;
/// So many days before its end a calendar is warned of.
const WARNED_DAYS: i32 = 60;

impl Compiler<'_> {
    /// Compiles the calendars into the names.
    pub(super) fn calendars(&mut self, file: &ast::File) {
        for item in &file.items {
            let Item::Calendar(calendar) = item else { continue };
            let compiled = self.calendar(calendar).map(Arc::new);
            self.whole &= compiled.is_some();
            // Of two calendars of one name the first one is meant.
            self.names.calendars.entry(calendar.name.value.clone()).or_insert(compiled);
        }
    }

    fn calendar(&mut self, calendar: &ast::Calendar) -> Option<WorkCalendar> {
        let zone = match &calendar.timezone {
            Some(name) => known_zone(name, &self.names.suggestions, &mut self.errors),
            None => Some(self.names.zone.clone()),
        };
        let lacks = |line: &str, example: &str| {
            let diagnostic = Diagnostic::new(&codes::CALENDAR_LACKS, calendar.name.span).arg("name", &calendar.name.value);
            diagnostic.arg("line", line).arg("example", example)
        };
        if calendar.work.is_empty() {
            self.errors.push(lacks("work", "work monday to friday 09:00 to 18:00"));
        }
        let ranges: Option<Vec<Range>> = calendar.work.iter().map(|work| self.work(work)).collect();
        let covers = match &calendar.covers {
            Some(covers) => self.days(covers).filter(|(first, last)| {
                let too_many = last.0 - first.0 >= COVERED_DAYS_MAX;
                if too_many {
                    let span = covers.first.span.to(covers.last.span);
                    self.errors.push(super::limits::too_many(Words::new("covered days", "覆盖的天数"), COVERED_DAYS_MAX as usize, span));
                }
                !too_many
            }),
            None => {
                self.errors.push(lacks("covers", "covers 2026-01-01 to 2026-12-31"));
                None
            }
        };
        let closed = self.listed(&calendar.closed, covers);
        let open = self.listed(&calendar.open, covers);
        if let Some(both) = closed.iter().flatten().find(|day| open.as_ref().is_some_and(|open| open.contains(day)))
            && let Some(dates) = calendar.open.last()
        {
            self.errors.push(Diagnostic::new(&codes::CLOSED_AND_OPEN, dates.first.span).arg("day", both));
            return None;
        }
        let hours = Hours { zone: zone?, ranges: ranges?.into_iter().filter(|range| range.days.contains(&true)).collect() };
        Some(WorkCalendar { name: calendar.name.value.clone(), hours, closed: closed?, open: open?, covers: covers? })
    }

    fn work(&mut self, work: &ast::Work) -> Option<Range> {
        let mut on = [false; 7];
        for (first, last) in &work.days {
            let place = |day: &Ident| WEEKDAYS.iter().position(|name| *name == day.value);
            let (first, last) = (place(first)?, place(last)?);
            // `saturday to monday` goes on past the end of the week.
            let length = (last + 7 - first) % 7;
            (0..=length).filter_map(|n| on.get_mut((first + n) % 7).map(|on| *on = true)).for_each(drop);
        }
        let (from, to) = work.hours.as_ref().map_or(("00:00", "24:00"), |(from, to)| (from.value.as_str(), to.value.as_str()));
        let range = Range::new(on, from, to).filter(|range| range.from_min < range.to_min);
        if range.is_none() {
            self.errors.push(Diagnostic::new(&codes::WORK_HOURS, work.span));
        }
        range
    }

    /// The first and the last of some days.
    pub(super) fn days(&mut self, dates: &Dates) -> Option<(Day, Day)> {
        let (first, last) = (self.date(&dates.first), self.date(&dates.last));
        let (first, last) = (first?, last?);
        if last < first {
            self.errors.push(Diagnostic::new(&codes::DATES_ORDER, dates.first.span.to(dates.last.span)));
            return None;
        }
        Some((first, last))
    }

    fn date(&mut self, text: &Spanned<String>) -> Option<Day> {
        let day = Day::parse(&text.value);
        if day.is_none() {
            self.errors.push(Diagnostic::new(&compile::BAD_DATE, text.span).arg("text", &text.value));
        }
        day
    }

    /// Every day of a list, which must be covered.
    fn listed(&mut self, list: &[Dates], covers: Option<(Day, Day)>) -> Option<BTreeSet<Day>> {
        let mut found = Some(BTreeSet::new());
        for dates in list {
            let days = self.days(dates);
            let (Some((first, last)), Some((from, until))) = (days, covers) else {
                found = None;
                continue;
            };
            if first < from || until < last {
                let span = dates.first.span.to(dates.last.span);
                self.errors.push(Diagnostic::new(&codes::NOT_COVERED, span).arg("from", from).arg("until", until));
                found = None;
            } else if let Some(found) = &mut found {
                found.extend((first.0..=last.0).map(Day));
            }
        }
        found
    }
}

/// `placed + 2 working days in us_market`, or none of it.
pub(super) fn added<P: Place<Node = RowExpr>>(place: &mut P, expr: &Expr) -> Option<Typed<RowExpr>> {
    if let ExprKind::Binary(_, from, length) = &expr.kind
        && let ExprKind::WorkSpan(span) = &length.kind
    {
        return due(place, from, span, length.span);
    }
    None
}

/// The calendar of a name. Some(None) for one that is wrong itself.
fn named((names, errors): (&Names, &mut Vec<Diagnostic>), name: &Ident) -> Option<Option<Arc<WorkCalendar>>> {
    let Some(found) = names.calendars.get(&name.value) else {
        let known = names.calendars.keys().map(String::as_str);
        errors.push(names.unknown(&codes::UNKNOWN_CALENDAR, &name.value, name.span, known));
        return None;
    };
    names.uses.saw(Kind::Calendar, &name.value, name.span);
    Some(found.clone())
}

/// A time that stands still; None after saying why it is none.
fn moment<P: Place<Node = RowExpr>>(place: &mut P, expr: &Expr) -> Option<Typed<RowExpr>> {
    let typed = walk(place, expr)?;
    if !matches!(typed.ty, Type::Is(Unit::Time) | Type::Unknown | Type::Broken) {
        place.errors().push(Diagnostic::new(&codes::WORK_TIMES, expr.span).arg("unit", typed.ty.name()));
        return None;
    }
    if P::KNOWS_NOW && follows_now(&typed.node) {
        place.errors().push(Diagnostic::new(&codes::WORK_NOW, expr.span));
        return None;
    }
    Some(typed)
}

/// How much working time is written; None when that is none or too much.
fn length_of(span: &ast::WorkSpan) -> Option<WorkSpan> {
    let (a_day, unit) = match span.unit {
        WorkUnit::Days => return (1..=WORKING_DAYS_MAX).contains(&span.amount).then_some(WorkSpan::Days(span.amount)),
        WorkUnit::Hours => (24, 3_600_000_000),
        WorkUnit::Minutes => (1_440, 60_000_000),
    };
    (1..=WORKING_DAYS_MAX * a_day).contains(&span.amount).then(|| WorkSpan::Micros(i64::from(span.amount) * unit))
}

impl Compiler<'_> {
    /// `for 4 working hours in us_market`
    pub(super) fn working_hold(&mut self, span: &ast::WorkSpan, at: Span) -> Option<(WorkSpan, Arc<WorkCalendar>)> {
        let calendar = named((&self.names, &mut self.errors), &span.calendar);
        let length = length_of(span);
        if length.is_none() {
            self.errors.push(Diagnostic::new(&codes::WORK_AMOUNT, at).arg("limit", WORKING_DAYS_MAX));
        }
        length.zip(calendar?)
    }
}

/// `placed + 2 working days in us_market`
fn due<P: Place<Node = RowExpr>>(place: &mut P, from: &Expr, span: &ast::WorkSpan, at: Span) -> Option<Typed<RowExpr>> {
    let typed = moment(place, from);
    let calendar = named(place.names_and_errors(), &span.calendar);
    let length = length_of(span);
    if length.is_none() {
        place.errors().push(Diagnostic::new(&codes::WORK_AMOUNT, at).arg("limit", WORKING_DAYS_MAX));
    }
    let (typed, calendar, length) = (typed?, calendar?, length?);
    match calendar.filter(|_| typed.ty != Type::Broken) {
        Some(calendar) => {
            let node = RowExpr::Due(Box::new(RowDue { calendar, from: typed.node, length }));
            Some(Typed { node, ty: Type::Is(Unit::Time) })
        }
        None => Some(broken()),
    }
}

/// `working time from asked to answered in support`
pub(super) fn worked<P: Place<Node = RowExpr>>(place: &mut P, time: &ast::WorkTime) -> Option<Typed<RowExpr>> {
    let (from, to) = (moment(place, &time.from), moment(place, &time.to));
    let calendar = named(place.names_and_errors(), &time.calendar);
    let (from, to, calendar) = (from?, to?, calendar?);
    match calendar.filter(|_| from.ty != Type::Broken && to.ty != Type::Broken) {
        Some(calendar) => {
            let node = RowExpr::Worked(Box::new(RowWorked { calendar, from: from.node, to: to.node }));
            Some(Typed { node, ty: Type::Is(Unit::Duration) })
        }
        None => Some(broken()),
    }
}

/// When a schedule looks.
pub(super) fn schedule(schedule: &ast::Schedule) -> Result<Schedule, Diagnostic> {
    let time = schedule.time.as_ref().map_or("00:00", |time| time.value.as_str());
    // A range reads the times of a day; 24:00 is the next one.
    let minute = Range::new([true; 7], time, "24:00").map(|range| range.from_min);
    let wrong = |span: Span| Diagnostic::new(&codes::SCHEDULE, span);
    let minute = minute.ok_or_else(|| wrong(schedule.time.as_ref().map_or(schedule.span, |time| time.span)))?;
    let on = match &schedule.days {
        ScheduleDays::Weekdays(days) => {
            let is_on = |name: &&str| days.iter().any(|day| day.value == *name);
            OnDays::Weekdays(WEEKDAYS.each_ref().map(is_on))
        }
        ScheduleDays::OfPeriod(grain, number) => {
            let grain = super::window::grain(*grain);
            let most = match grain {
                Grain::Day => 1,
                Grain::Week => 7,
                Grain::Month => 42,
                Grain::Quarter => 98,
                Grain::Year => 371,
            };
            let value = number.as_ref().map_or(1, |number| number.value);
            if !(1..=most).contains(&value) {
                return Err(wrong(number.as_ref().map_or(schedule.span, |number| number.span)));
            }
            OnDays::OfPeriod(grain, u16::try_from(value).unwrap_or(1))
        }
    };
    Ok(Schedule { on, minute })
}

/// The calendars of which nothing is known soon after a day.
pub(super) fn ending(file: &ast::File, today: Day) -> Vec<Diagnostic> {
    let covers = file
        .items
        .iter()
        .filter_map(|item| if let Item::Calendar(calendar) = item { Some((calendar, calendar.covers.as_ref()?)) } else { None });
    let ends = covers.filter_map(|(calendar, covers)| Some((calendar, covers, Day::parse(&covers.last.value)?)));
    ends.filter(|(_, _, last)| last.plus(-WARNED_DAYS) < today)
        .map(|(calendar, covers, last)| {
            Diagnostic::new(&codes::CALENDAR_ENDS, covers.last.span).arg("name", &calendar.name.value).arg("last", last).arg("today", today)
        })
        .collect()
}
