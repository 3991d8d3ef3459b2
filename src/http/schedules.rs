//! `/v1/report-schedules`: the review of a scorecard is sent to an endpoint when a period is over.

use super::App;
use super::auth::{Caller, Need};
use super::body::Input;
use super::problem::{Answer, Problem};
use super::reading::blocking;
use super::wire;
use crate::diagnostic::codes::engage as codes;
use crate::diagnostic::{Diagnostic, Thing, Words};
use crate::engine::ReportSchedule;
use crate::report::Format;
use crate::time::{Day, Instant};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use std::sync::Arc;

/// The last day of a month that every month has.
const DAY_MAX: u8 = 28;
/// The longest name, in bytes.
const NAME_MAX: usize = 100;

/// All schedules of reports.
#[utoipa::path(
    get, path = "/v1/report-schedules", tag = "notifications",
    responses(
        (status = 200, description = "The schedules", body = wire::List<wire::ReportSchedule>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> Answer<Json<wire::List<wire::ReportSchedule>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let found = blocking(move || Ok(workspace.report_schedules()?)).await?;
    Ok(Json(wire::List::whole(found.iter().map(show).collect())))
}

/// Sends the review of a scorecard to an endpoint when a period is over: once for each period. What was missed while the service
/// stood still is caught up once.
#[utoipa::path(
    put, path = "/v1/report-schedules/{name}", tag = "notifications",
    params(("name" = String, Path, description = "What the schedule is called")),
    request_body = wire::ReportScheduleInput,
    responses(
        (status = 200, description = "The schedule", body = wire::ReportSchedule),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(name): Path<String>,
    Input(input): Input<wire::ReportScheduleInput>,
) -> Answer<Json<wire::ReportSchedule>> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(Problem::body(Words::new(
            format!("the name of a schedule has 1 to {NAME_MAX} bytes"),
            format!("计划名称为 1 到 {NAME_MAX} 字节"),
        )));
    }
    let (day, minute) = at(&input.at).ok_or_else(|| Problem::from(Diagnostic::general(&codes::REPORT_AT).arg("text", &input.at)))?;
    let format = input.format.unwrap_or_else(|| "html".to_owned());
    if !matches!(Format::ending_in(&format), Some(Format::Html | Format::Markdown)) {
        return Err(Problem::body(Words::new(
            format!("`format` is `{format}`, not html or md"),
            format!("`format` 为 `{format}`，应为 html 或 md"),
        )));
    }
    let zh = match input.lang.as_deref() {
        None | Some("en") => false,
        Some("zh") => true,
        Some(lang) => {
            return Err(Problem::body(Words::new(
                format!("`lang` is `{lang}`, not en or zh"),
                format!("`lang` 为 `{lang}`，应为 en 或 zh"),
            )));
        }
    };
    let schedule = ReportSchedule {
        name,
        ruleset: input.ruleset,
        scorecard: input.scorecard,
        day,
        minute,
        endpoint: input.endpoint,
        format,
        zh,
        next: Instant(0),
        through: Day(0),
        last: None,
        created_at: workspace.now(),
        created_by: caller.id().to_owned(),
    };
    let (kept, every) = (Arc::clone(&workspace), input.period);
    let schedule = blocking(move || Ok(kept.put_report_schedule(schedule, every.as_deref())?)).await?;
    let told = format!("{} {} {}", schedule.scorecard, input.at, schedule.endpoint);
    app.audit(&caller, workspace.name(), "report_schedule.put", &schedule.name, &told).await;
    Ok(Json(show(&schedule)))
}

/// Removes a schedule.
#[utoipa::path(
    delete, path = "/v1/report-schedules/{name}", tag = "notifications",
    params(("name" = String, Path, description = "What the schedule is called")),
    responses(
        (status = 204, description = "It is gone"),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn delete(State(app): State<Arc<App>>, caller: Caller, Path(name): Path<String>) -> Answer<StatusCode> {
    let workspace = caller.workspace(&app, Need::Operate)?;
    let (kept, gone) = (Arc::clone(&workspace), name.clone());
    if !blocking(move || Ok(kept.remove_report_schedule(&gone)?)).await? {
        return Err(Problem::not_found(Thing::ReportSchedule, &name));
    }
    app.audit(&caller, workspace.name(), "report_schedule.delete", &name, "").await;
    Ok(StatusCode::NO_CONTENT)
}

/// `day 2 09:00` as a day and a minute of it.
fn at(text: &str) -> Option<(u8, u16)> {
    let (day, time) = text.strip_prefix("day ")?.split_once(' ')?;
    let (hour, minute) = time.split_once(':').filter(|(hour, minute)| hour.len() == 2 && minute.len() == 2)?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let day = day.parse().ok().filter(|day| (1..=DAY_MAX).contains(day))?;
    (hour < 24 && minute < 60).then_some((day, hour * 60 + minute))
}

fn show(schedule: &ReportSchedule) -> wire::ReportSchedule {
    wire::ReportSchedule {
        name: schedule.name.clone(),
        scorecard: schedule.scorecard.clone(),
        ruleset: schedule.ruleset.clone(),
        at: format!("day {} {:02}:{:02}", schedule.day, schedule.minute / 60, schedule.minute % 60),
        endpoint: schedule.endpoint.clone(),
        format: schedule.format.clone(),
        lang: if schedule.zh { "zh" } else { "en" },
        next: schedule.next.to_string(),
        last_period: schedule.last.as_ref().map(|(period, _)| period.clone()),
        last_at: schedule.last.as_ref().map(|(_, at)| at.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_and_a_time() {
        assert_eq!(at("day 2 09:00"), Some((2, 540)));
        assert_eq!(at("day 28 23:59"), Some((28, 1_439)));
        for wrong in ["", "day 0 09:00", "day 29 09:00", "day 2 24:00", "day 2 9:00", "2 09:00", "day 2 09:60", "day 2"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}
