//! `GET /v1/tables`, `/v1/targets`, `/v1/members` and `/v1/rates`: what counts on a day of the data that rulesets and events give a
//! first day.
//!
//! 1. Tables and targets stand in the text of the ruleset, and events tell rows and amounts too; memberships and rates are told
//!    by events of the types that it declares for them.
//! 2. Each answer says from which version, or from which event, a row comes.

use super::App;
use super::auth::{Caller, Need};
use super::numbers;
use super::params::{Params, wanted};
use super::problem::Answer;
use super::reading::{self, blocking};
use super::{dated_table, dated_target, wire};
use crate::compile::program::{RateSource, Target};
use crate::engine::show::bare;
use crate::engine::{About, Question, Reader, Workspace};
use crate::time::Day;
use axum::Json;
use axum::extract::State;
use std::sync::Arc;

const KNOWN: &str = "at, ruleset";

/// The rows of tables that count on a day.
#[utoipa::path(
    get, path = "/v1/tables", tag = "data",
    params(
        ("at" = Option<String>, Query, description = "The day; today when left out"),
        ("ruleset" = Option<String>, Query, description = "Only of this ruleset"),
        ("table" = Option<String>, Query, description = "Only this table"),
    ),
    responses(
        (status = 200, description = "The tables of the active rulesets", body = wire::List<wire::Table>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn tables(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::Table>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of("at, ruleset, table");
    let (asked, name) = (Asked::take(&mut params)?, params.take("table")?);
    params.end()?;
    let (named, bound) = (Arc::clone(&workspace), caller.scope().to_vec());
    listed(workspace, asked, move |reader, day| {
        let tables = reader.program.tables.iter().enumerate();
        let found = tables.filter(|(_, table)| name.as_ref().is_none_or(|name| *name == table.name));
        found.map(|(index, table)| dated_table::show(&named, reader, (index, table), (day, &bound))).collect()
    })
    .await
}

/// The rows of targets that count on a day.
#[utoipa::path(
    get, path = "/v1/targets", tag = "data",
    params(
        ("at" = Option<String>, Query, description = "The day; today when left out"),
        ("ruleset" = Option<String>, Query, description = "Only of this ruleset"),
        ("metric" = Option<String>, Query, description = "Only of this metric"),
    ),
    responses(
        (status = 200, description = "The amounts of the active rulesets, as they are written and told", body = wire::List<wire::TargetRow>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn targets(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::TargetRow>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of("at, ruleset, metric");
    let (asked, metric) = (Asked::take(&mut params)?, params.take("metric")?);
    params.end()?;
    let (kept, bound) = (Arc::clone(&workspace), caller.scope().to_vec());
    listed(workspace, asked, move |reader, day| {
        let targets = reader.program.targets.iter().enumerate();
        let name = |target: &Target| reader.program.metrics.get(target.metric).map(|one| &one.name);
        let named = targets.filter(|(_, target)| metric.is_none() || name(target) == metric.as_ref());
        let mut rows = Vec::new();
        for (index, target) in named {
            rows.extend(dated_target::show(&kept, reader, (index, target), day)?);
        }
        let is_own = |row: &wire::TargetRow| bound.iter().all(|(dim, value)| row.scope.get(dim) == Some(value));
        Ok(rows.into_iter().filter(is_own).collect())
    })
    .await
}

/// Who belongs to whom on a day.
#[utoipa::path(
    get, path = "/v1/members", tag = "data",
    params(
        ("at" = Option<String>, Query, description = "The day; today when left out"),
        ("ruleset" = Option<String>, Query, description = "Only of this ruleset"),
        ("dimension" = Option<String>, Query, description = "Only what belongs somewhere of this dimension: `shop`"),
    ),
    responses(
        (status = 200, description = "The members that have a parent on the day", body = wire::List<wire::MemberOn>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn members(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::MemberOn>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of("at, ruleset, dimension");
    let (asked, dimension) = (Asked::take(&mut params)?, params.take("dimension")?);
    params.end()?;
    let bound = caller.scope().to_vec();
    listed(workspace, asked, move |reader, day| {
        let name = |dim: usize| reader.program.dims.get(dim).cloned().unwrap_or_default();
        let mut found = Vec::new();
        for (step, membership) in reader.program.memberships.iter().enumerate() {
            let (child, parent) = (name(membership.child), name(membership.parent));
            if dimension.as_ref().is_some_and(|dimension| *dimension != child) {
                continue;
            }
            for one in reader.belonging(step, day).map_err(reading::fault)? {
                found.push(wire::MemberOn {
                    ruleset: numbers::ruleset(reader.program),
                    dimension: child.clone(),
                    value: one.child.to_string(),
                    parent_dimension: parent.clone(),
                    parent: one.parent.to_string(),
                    from: (one.from.0 != i32::MIN).then(|| one.from.to_string()),
                });
            }
        }
        let own = |(dim, value): &(String, String), one: &wire::MemberOn| {
            (one.dimension == *dim && one.value == *value) || (one.parent_dimension == *dim && one.parent == *value)
        };
        found.retain(|one| bound.iter().all(|bound| own(bound, one)));
        Ok(found)
    })
    .await
}

/// The exchange rates that count on a day.
#[utoipa::path(
    get, path = "/v1/rates", tag = "data",
    params(
        ("at" = Option<String>, Query, description = "The day; today when left out"),
        ("ruleset" = Option<String>, Query, description = "Only of this ruleset"),
    ),
    responses(
        (status = 200, description = "The last rate of each pair that counts on the day, of the day's rates and of the planned ones", body = wire::List<wire::RateOn>),
        (status = "default", description = "A refusal", body = wire::Problem, content_type = "application/problem+json"),
    )
)]
pub async fn rates(State(app): State<Arc<App>>, caller: Caller, params: Params) -> Answer<Json<wire::List<wire::RateOn>>> {
    let workspace = caller.workspace(&app, Need::Read)?;
    let mut params = params.of(KNOWN);
    let asked = Asked::take(&mut params)?;
    params.end()?;
    let named = Arc::clone(&workspace);
    listed(workspace, asked, move |reader, day| {
        let (daily, budget) = (reader.program.rates.daily.as_ref(), reader.program.rates.budget.as_ref());
        let mut found = Vec::new();
        for (kind, source) in [("day", daily), ("budget", budget)] {
            if let Some(source) = source {
                found.extend(rates_of(&named, reader, (kind, source), day)?);
            }
        }
        Ok(found)
    })
    .await
}

/// Of which day and ruleset.
struct Asked {
    day: Option<Day>,
    ruleset: Option<String>,
}

impl Asked {
    fn take(params: &mut Params) -> Answer<Asked> {
        let day = |text: &str| Day::parse(text).ok_or_else(|| wanted("a day such as 2026-03-01", "日期，例如 2026-03-01"));
        Ok(Asked { day: params.read("at", day)?, ruleset: params.take("ruleset")? })
    }
}

/// Lists something of every active ruleset that is asked for.
async fn listed<T: Send + 'static>(
    workspace: Arc<Workspace>,
    asked: Asked,
    list: impl Fn(&Reader<'_>, Day) -> Answer<Vec<T>> + Send + 'static,
) -> Answer<Json<wire::List<T>>> {
    blocking(move || {
        let programs = workspace.programs();
        let names = programs.iter().map(|program| &program.name).filter(|name| asked.ruleset.as_ref().is_none_or(|only| only == *name));
        let mut found = Vec::new();
        for name in names {
            let question = Question { about: About::Ruleset, ruleset: Some(name), which: Default::default(), at: None, known_at: None };
            let of_one = |reader: &Reader<'_>| list(reader, asked.day.unwrap_or_else(|| reader.program.zone.day_of(reader.at)));
            found.extend(workspace.read(&question, of_one)??);
        }
        Ok(Json(wire::List::whole(found)))
    })
    .await
}

/// The rates of one kind on a day, with the events that say so.
fn rates_of(
    workspace: &Workspace,
    reader: &Reader<'_>,
    (kind, source): (&'static str, &RateSource),
    day: Day,
) -> Answer<Vec<wire::RateOn>> {
    let rates = reader.rates_on(source, day).map_err(reading::fault)?;
    let events: Vec<_> = rates.iter().map(|rate| (rate.event.1, rate.event.0)).collect();
    let names = workspace.names_of(&events)?;
    let show = |rate: crate::engine::RateOn| {
        let named = names.iter().find(|(id, _, _)| *id == rate.event.1);
        wire::RateOn {
            ruleset: numbers::ruleset(reader.program),
            kind,
            base: rate.base.to_string(),
            quote: rate.quote.to_string(),
            day: rate.day.to_string(),
            rate: bare(rate.rate),
            event: named.map(|(_, source, id)| wire::EventRef {
                source: Some(source.clone()),
                id: id.clone(),
                time: rate.event.0.to_string(),
            }),
        }
    };
    Ok(rates.into_iter().map(show).collect())
}
