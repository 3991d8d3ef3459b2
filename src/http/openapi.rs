//! The description of the API, made from the handlers and the wire types: it cannot fall behind them.

use super::{
    acks, alerts, audits, dated, dated_put, deliveries, diffs, endpoints, errors, escalations, events, keys, metrics, ops, periods,
    reports, rulesets, schedules, scorecards, silences, told_put, trials, wire, workspaces,
};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

/// The whole API.
#[derive(OpenApi)]
#[openapi(
    info(title = "Steelyard", description = "A KPI rules engine: events in, metrics, scorecards and alerts out. Every refusal is an application/problem+json with a stable code, in English and Chinese. An admin key, or a server without keys, may name another workspace by the header Steelyard-Workspace.", license(name = "Apache-2.0", identifier = "Apache-2.0")),
    paths(
        events::post, metrics::get, scorecards::get, reports::get, reports::notes, reports::put_notes, alerts::list, alerts::get, acks::acknowledge, acks::take_back,
        silences::list, silences::create, silences::get, silences::expire,
        escalations::list, escalations::put, escalations::delete,
        schedules::list, schedules::put, schedules::delete,
        rulesets::list, rulesets::post, rulesets::check, rulesets::get, rulesets::put, rulesets::source, rulesets::activate, rulesets::deactivate,
        trials::start, trials::end, diffs::get,
        periods::list, periods::get, periods::close, periods::reopen, periods::approve, periods::appeal, periods::decide, audits::list,
        dated::tables, dated::targets, dated::members, dated::rates, dated_put::member, dated_put::rate, told_put::table, told_put::target,
        endpoints::list, endpoints::create, endpoints::get, endpoints::patch, endpoints::delete, endpoints::rotate, endpoints::test, endpoints::redeliver,
        deliveries::list, deliveries::get, deliveries::redeliver,
        workspaces::list, workspaces::create, workspaces::delete,
        keys::list, keys::create, keys::revoke,
        errors::get, ops::healthz, ops::readyz, ops::version, ops::metrics,
    ),
    components(schemas(wire::Problem, wire::Mistake, wire::TestResult, wire::Ingested, wire::PlainEvent)),
    security(("key" = [])),
    modifiers(&BearerKey),
    tags(
        (name = "events", description = "Facts in. Role: ingest."),
        (name = "numbers", description = "Metrics and scorecards. Role: read."),
        (name = "alerts", description = "What is out of line. Role: read; acknowledging: operate."),
        (name = "notifications", description = "When alerts are told, and to whom else. Role: operate; reading: read."),
        (name = "rulesets", description = "What is measured. Role: author; reading and checking: read."),
        (name = "periods", description = "What is decided about scores: closing, approval, appeals. Role: operate; reading: read."),
        (name = "data", description = "What counts on a day of tables, targets, hierarchies and exchange rates. Role: read; telling: operate."),
        (name = "webhooks", description = "Where alerts go. Role: operate."),
        (name = "administration", description = "Workspaces and keys. Role: admin."),
        (name = "operation", description = "For operators."),
    )
)]
pub struct Api;

struct BearerKey;

impl Modify for BearerKey {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("sy_<id>_<secret>").build();
        api.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}
