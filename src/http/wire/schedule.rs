//! Schedules of reports on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// When the review of which scorecard is sent where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportScheduleInput {
    /// The scorecard's id.
    pub scorecard: String,
    /// The ruleset, when several declare the scorecard.
    #[serde(default)]
    pub ruleset: String,
    /// The length of period, which is that of the scorecard.
    #[schema(example = "month")]
    pub period: Option<String>,
    /// The day after the period, from 1, and the time, on the clocks of the ruleset.
    #[schema(example = "day 2 09:00")]
    pub at: String,
    /// The endpoint's id.
    pub endpoint: String,
    /// As what the link shows the review: `html` or `md`; html when left out.
    pub format: Option<String>,
    /// The language of the linked review; English when left out. The texts of a chat have the languages of its endpoint.
    pub lang: Option<String>,
}

/// A schedule of reports.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportSchedule {
    /// What it is called.
    pub name: String,
    /// The scorecard's id.
    pub scorecard: String,
    /// The ruleset.
    pub ruleset: String,
    /// The day after the period and the time.
    pub at: String,
    /// The endpoint's id.
    pub endpoint: String,
    /// `html` or `md`.
    pub format: String,
    /// `en` or `zh`.
    pub lang: &'static str,
    /// When it is next sent.
    pub next: String,
    /// The period that was sent last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_period: Option<String>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
}
