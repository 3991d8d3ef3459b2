//! Schedules of reports as they are stored.

use crate::store::schedules::ReportSchedule;
use crate::time::{Day, Instant};
use serde::{Deserialize, Serialize};

/// A [`ReportSchedule`]; instants and days as their numbers.
#[derive(Serialize, Deserialize)]
pub struct ScheduleOfReportRecord {
    name: String,
    ruleset: String,
    scorecard: String,
    day: u8,
    minute: u16,
    endpoint: String,
    format: String,
    zh: bool,
    next: i64,
    through: i32,
    last: Option<(String, i64)>,
    created_at: i64,
    created_by: String,
}

impl From<&ReportSchedule> for ScheduleOfReportRecord {
    fn from(schedule: &ReportSchedule) -> Self {
        ScheduleOfReportRecord {
            name: schedule.name.clone(),
            ruleset: schedule.ruleset.clone(),
            scorecard: schedule.scorecard.clone(),
            day: schedule.day,
            minute: schedule.minute,
            endpoint: schedule.endpoint.clone(),
            format: schedule.format.clone(),
            zh: schedule.zh,
            next: schedule.next.0,
            through: schedule.through.0,
            last: schedule.last.as_ref().map(|(period, at)| (period.clone(), at.0)),
            created_at: schedule.created_at.0,
            created_by: schedule.created_by.clone(),
        }
    }
}

impl From<ScheduleOfReportRecord> for ReportSchedule {
    fn from(record: ScheduleOfReportRecord) -> Self {
        ReportSchedule {
            name: record.name,
            ruleset: record.ruleset,
            scorecard: record.scorecard,
            day: record.day,
            minute: record.minute,
            endpoint: record.endpoint,
            format: record.format,
            zh: record.zh,
            next: Instant(record.next),
            through: Day(record.through),
            last: record.last.map(|(period, at)| (period, Instant(at))),
            created_at: Instant(record.created_at),
            created_by: record.created_by,
        }
    }
}
