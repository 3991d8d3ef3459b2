//! When the review of which scorecard is sent to which endpoint.
//!
//! [`ReportSchedule`]s are kept by name; each holds the instant at which it is next due, which moves on in the transaction that
//! writes the delivery: so a period is told once, whatever restarts in between.

use super::StoreError;
use super::record::schedules::ScheduleOfReportRecord;
use super::table::{Key, Scan, Table};
use super::tx::{StoreView, Tx};
use crate::time::{Day, Instant};

/// By name.
const REPORT_SCHEDULES: Table = Table::fixed("report_schedules");

/// A report that is sent when a period is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSchedule {
    /// What it is called.
    pub name: String,
    /// The ruleset of the scorecard.
    pub ruleset: String,
    /// The scorecard; its period is the report's.
    pub scorecard: String,
    /// On which day after the period, from 1.
    pub day: u8,
    /// At which minute of that day.
    pub minute: u16,
    /// Where to.
    pub endpoint: String,
    /// As what the link shows it: `html` or `md`.
    pub format: String,
    /// In Chinese.
    pub zh: bool,
    /// When it is next due.
    pub next: Instant,
    /// Only periods that end after this day are sent: the others have been, or were over before there was a schedule.
    pub through: Day,
    /// The period that was sent last, and when.
    pub last: Option<(String, Instant)>,
    /// When it was made.
    pub created_at: Instant,
    /// The key that made it.
    pub created_by: String,
}

impl Tx<'_> {
    /// A schedule.
    ///
    /// # Errors
    /// When the store fails.
    pub fn report_schedule(&self, name: &str) -> Result<Option<ReportSchedule>, StoreError> {
        let record: Option<ScheduleOfReportRecord> = REPORT_SCHEDULES.edit(self.txn)?.get(&Key::new().text(name))?;
        Ok(record.map(ReportSchedule::from))
    }

    /// Makes or replaces a schedule.
    ///
    /// # Errors
    /// When the store fails.
    pub fn put_report_schedule(&self, schedule: &ReportSchedule) -> Result<(), StoreError> {
        REPORT_SCHEDULES.edit(self.txn)?.put(&Key::new().text(&schedule.name), &ScheduleOfReportRecord::from(schedule))
    }

    /// Removes a schedule; false when there was none.
    ///
    /// # Errors
    /// When the store fails.
    pub fn remove_report_schedule(&self, name: &str) -> Result<bool, StoreError> {
        REPORT_SCHEDULES.edit(self.txn)?.remove(&Key::new().text(name))
    }
}

impl StoreView {
    /// All schedules, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub fn report_schedules(&self) -> Result<Vec<ReportSchedule>, StoreError> {
        let mut found = Vec::new();
        REPORT_SCHEDULES.view(&self.tables.txn)?.scan(&[], None, |_, record: ScheduleOfReportRecord| {
            found.push(record.into());
            Ok(Scan::On)
        })?;
        Ok(found)
    }
}
