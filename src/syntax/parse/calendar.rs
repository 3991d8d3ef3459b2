//! Calendars: the year of the header, declarations, and what formulas say of working time.

use super::formula::{Operand, Place, grain};
use super::node::Node;
use super::{Builder, Rule, Seen};
use crate::diagnostic::codes::syntax as codes;
use crate::diagnostic::{Diagnostic, Spanned};
use crate::syntax::ast::{
    Calendar, Dates, ExprKind, FiscalWeeks, FiscalYear, Ident, Occasion, OccasionAt, Schedule, ScheduleDays, ValueZone, Which, Work,
    WorkSpan, WorkTime, WorkUnit, ZonesBy,
};
use crate::syntax::outline::Declaration;
use std::str::FromStr;

/// `fiscal year starts april`
pub(super) fn fiscal_year(line: &Node) -> Option<FiscalYear> {
    let weeks = line.find(Rule::fiscal_weeks).and_then(|weeks| {
        let nearest = weeks.find(Rule::year_end)?.text() == "nearest";
        Some(FiscalWeeks { pattern: weeks.find(Rule::week_pattern)?.word(), nearest })
    });
    Some(FiscalYear { ends: line.has(Rule::kw_ends), month: line.find(Rule::month)?.word(), weeks, span: line.span() })
}

/// `2026-02-16 to 2026-02-22`, or one day.
fn dates(node: &Node) -> Option<Dates> {
    let mut found = node.all(Rule::date).map(|date| date.word());
    let first = found.next()?;
    Some(Dates { last: found.next().unwrap_or_else(|| first.clone()), first })
}

/// `work monday to friday 09:00 to 18:00`
fn work(line: &Node) -> Option<Work> {
    let days = line.all(Rule::weekdays).filter_map(|days| {
        let mut found = days.all(Rule::weekday).map(|day| day.word());
        let first: Ident = found.next()?;
        Some((first.clone(), found.next().unwrap_or(first)))
    });
    let mut hours = line.all(Rule::clock_time).map(|time| time.word());
    let hours = hours.next().and_then(|from| Some((from, hours.next()?)));
    Some(Work { days: days.collect(), hours, span: line.span() })
}

impl Builder<'_> {
    /// `timezone by shop { us America/Los_Angeles, de Europe/Berlin }`
    pub(super) fn zones_by(&mut self, line: &Node) -> Option<ZonesBy> {
        let mut seen = Seen::default();
        let mut zones = Vec::new();
        for one in line.all(Rule::value_zone) {
            let quoted = one.find(Rule::text).map(|text| self.string(&text));
            let value = quoted.or_else(|| one.find(Rule::share_value).map(|value| value.word()));
            if let (Some(value), Some(zone)) = (value, one.find(Rule::zone).map(|zone| zone.word()))
                && self.once(&mut seen, &value.value, value.span)
            {
                zones.push(ValueZone { value, zone });
            }
        }
        Some(ZonesBy { dimension: line.name()?, zones })
    }

    pub(super) fn calendar(&mut self, declaration: &Declaration) -> Calendar {
        let head = self.head(Rule::calendar_head, declaration);
        let block = self.needs_block(declaration);
        let (name, span) = (self.named(head.as_deref(), declaration), self.whole(declaration));
        let mut calendar = Calendar {
            name,
            title: Default::default(),
            timezone: None,
            work: Vec::new(),
            closed: Vec::new(),
            open: Vec::new(),
            covers: None,
            span,
        };
        let mut seen = Seen::default();
        self.statements(block, Rule::calendar_line, |builder, line| {
            let span = line.span();
            match line.rule() {
                Rule::title if builder.once(&mut seen, "title", span) => calendar.title = builder.texts_in(&line),
                Rule::timezone if builder.once(&mut seen, "timezone", span) => {
                    calendar.timezone = line.find(Rule::zone).map(|node| node.word());
                }
                Rule::covers if builder.once(&mut seen, "covers", span) => calendar.covers = dates(&line),
                Rule::work => calendar.work.extend(work(&line)),
                Rule::closed => calendar.closed.extend(line.all(Rule::dates).filter_map(|node| dates(&node))),
                Rule::open_on => calendar.open.extend(line.all(Rule::dates).filter_map(|node| dates(&node))),
                _ => {}
            }
        });
        calendar
    }

    pub(super) fn occasion(&mut self, declaration: &Declaration) -> Occasion {
        let head = self.head(Rule::occasion_head, declaration);
        let block = self.needs_block(declaration);
        let (name, span) = (self.named(head.as_deref(), declaration), self.whole(declaration));
        let mut occasion = Occasion { name, title: Default::default(), days: Vec::new(), span };
        let mut seen = Seen::default();
        self.statements(block, Rule::occasion_line, |builder, line| match line.rule() {
            Rule::title if builder.once(&mut seen, "title", line.span()) => occasion.title = builder.texts_in(&line),
            Rule::dates => occasion.days.extend(dates(&line)),
            _ => {}
        });
        occasion
    }

    /// `latest prime_day` of an `over`.
    pub(super) fn occasion_at(&mut self, node: &Node) -> Option<Spanned<OccasionAt>> {
        let occasion = node.name()?;
        let (which, first) = match (node.find(Rule::kw_latest), node.find(Rule::kw_previous), node.find(Rule::year)) {
            (Some(word), ..) => (Which::Latest, word.span()),
            (_, Some(word), _) => (Which::Previous, word.span()),
            (.., year) => (Which::Year(i16::from_str(year.as_ref()?.text()).ok()?), year?.span()),
        };
        let span = first.to(occasion.span);
        Some(Spanned { value: OccasionAt { occasion, which }, span })
    }

    /// `evaluated every monday at 06:00`
    pub(super) fn schedule(&mut self, line: &Node) -> Option<Schedule> {
        let weekdays: Vec<Ident> = line.all(Rule::weekday).map(|day| day.word()).collect();
        let number = line.find(Rule::on_day).and_then(|on| on.find(Rule::whole));
        let number = match number.map(|whole| (u32::from_str(&whole.text().replace('_', "")), whole.span())) {
            Some((Ok(value), span)) => Some(Spanned { value, span }),
            Some((Err(_), span)) => {
                self.report(Diagnostic::new(&codes::NUMBER_TOO_LONG, span));
                return None;
            }
            None => None,
        };
        let days = match line.find(Rule::grain) {
            Some(word) => ScheduleDays::OfPeriod(grain(word.text())?, number),
            None => ScheduleDays::Weekdays(weekdays),
        };
        let time = line.find(Rule::at_clock).and_then(|at| at.find(Rule::clock_time)).map(|time| time.word());
        Some(Schedule { days, time, span: line.span() })
    }

    /// `2 working days in us_market`
    pub(super) fn work_span(&mut self, node: &Node) -> Operand {
        let span = node.span();
        let unit = match node.find(Rule::working_unit).map(|unit| unit.text().trim_end_matches('s')) {
            Some("day") => WorkUnit::Days,
            Some("hour") => WorkUnit::Hours,
            _ => WorkUnit::Minutes,
        };
        let amount = node.find(Rule::whole).map(|whole| (u32::from_str(&whole.text().replace('_', "")), whole.span()));
        let kind = match (amount, node.name()) {
            (Some((Ok(amount), _)), Some(calendar)) => ExprKind::WorkSpan(WorkSpan { amount, unit, calendar }),
            (Some((Err(_), whole)), _) => {
                self.report(Diagnostic::new(&codes::NUMBER_TOO_LONG, whole));
                ExprKind::Broken
            }
            _ => ExprKind::Broken,
        };
        Operand::of(kind, span, 0)
    }

    /// `working time from asked to answered in support`
    pub(super) fn work_time(&mut self, node: &Node) -> Operand {
        let span = node.span();
        let mut ends =
            node.all(Rule::work_end).map(|end| self.row(end.children(), end.span(), Place::Plain)).collect::<Vec<_>>().into_iter();
        let (from, to) = (ends.next(), ends.next());
        let depth = from.iter().chain(&to).map(|end| end.depth).max().unwrap_or(0) + 1;
        let kind = match (from, to, node.name()) {
            (Some(from), Some(to), Some(calendar)) => ExprKind::WorkTime(Box::new(WorkTime { from: from.expr, to: to.expr, calendar })),
            _ => ExprKind::Broken,
        };
        Operand::of(kind, span, depth)
    }
}
