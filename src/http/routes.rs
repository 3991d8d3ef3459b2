//! Which handler answers which route.

use super::{
    App, acks, alerts, audits, dated, dated_put, deliveries, diffs, endpoints, errors, escalations, events, keys, metrics, openapi, ops,
    periods, reports, rulesets, schedules, scorecards, shell, silences, told_put, trials, workspaces,
};
use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post, put};
use std::sync::Arc;
use tower_http::decompression::RequestDecompressionLayer;
use utoipa::OpenApi as _;
use utoipa_swagger_ui::SwaggerUi;

/// The router with everything around it.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/events", post(events::post))
        .route("/v1/metrics/{name}", get(metrics::get))
        .route("/v1/scorecards/{name}", get(scorecards::get))
        .route("/v1/reports/{scorecard}/{period}", get(reports::get))
        .route("/v1/reports/{scorecard}/{period}/notes", get(reports::notes).put(reports::put_notes))
        .route("/v1/alerts", get(alerts::list))
        .route("/v1/alerts/{id}", get(alerts::get))
        .route("/v1/alerts/{id}/ack", post(acks::acknowledge).delete(acks::take_back))
        .route("/v1/silences", get(silences::list).post(silences::create))
        .route("/v1/silences/{id}", get(silences::get).delete(silences::expire))
        .route("/v1/escalations", get(escalations::list))
        .route("/v1/escalations/{channel}", put(escalations::put).delete(escalations::delete))
        .route("/v1/report-schedules", get(schedules::list))
        .route("/v1/report-schedules/{name}", put(schedules::put).delete(schedules::delete))
        .route("/v1/rulesets", get(rulesets::list).post(rulesets::post))
        .route("/v1/rulesets/check", post(rulesets::check))
        .route("/v1/rulesets/{name}/deactivate", post(rulesets::deactivate))
        .route("/v1/rulesets/{name}/diff", get(diffs::get))
        .route("/v1/rulesets/{name}/{version}", get(rulesets::get).put(rulesets::put))
        .route("/v1/rulesets/{name}/{version}/source", get(rulesets::source))
        .route("/v1/rulesets/{name}/{version}/activate", post(rulesets::activate))
        .route("/v1/rulesets/{name}/{version}/trial", post(trials::start).delete(trials::end))
        .route("/v1/periods", get(periods::list))
        .route("/v1/periods/{period}", get(periods::get))
        .route("/v1/periods/{period}/close", post(periods::close))
        .route("/v1/periods/{period}/reopen", post(periods::reopen))
        .route("/v1/periods/{period}/approve", post(periods::approve))
        .route("/v1/periods/{period}/appeals", post(periods::appeal))
        .route("/v1/appeals/{id}/decide", post(periods::decide))
        .route("/v1/tables", get(dated::tables).put(told_put::table))
        .route("/v1/targets", get(dated::targets).put(told_put::target))
        .route("/v1/members", get(dated::members).put(dated_put::member))
        .route("/v1/rates", get(dated::rates).put(dated_put::rate))
        .route("/v1/audit", get(audits::list))
        .route("/v1/endpoints", get(endpoints::list).post(endpoints::create))
        .route("/v1/endpoints/{id}", get(endpoints::get).patch(endpoints::patch).delete(endpoints::delete))
        .route("/v1/endpoints/{id}/rotate", post(endpoints::rotate))
        .route("/v1/endpoints/{id}/test", post(endpoints::test))
        .route("/v1/endpoints/{id}/redeliver", post(endpoints::redeliver))
        .route("/v1/deliveries", get(deliveries::list))
        .route("/v1/deliveries/{id}", get(deliveries::get))
        .route("/v1/deliveries/{id}/redeliver", post(deliveries::redeliver))
        .route("/v1/workspaces", get(workspaces::list))
        .route("/v1/workspaces/{name}", put(workspaces::create).delete(workspaces::delete))
        .route("/v1/keys", get(keys::list).post(keys::create))
        .route("/v1/keys/{id}", delete(keys::revoke))
        .route("/healthz", get(ops::healthz))
        .route("/readyz", get(ops::readyz))
        .route("/version", get(ops::version))
        .route("/metrics", get(ops::metrics))
        .route("/docs/errors/{code}", get(errors::get))
        .merge(SwaggerUi::new("/docs").url("/openapi.json", openapi::Api::openapi()))
        .fallback(ops::nothing)
        .layer(from_fn(shell::on_route))
        .layer(RequestDecompressionLayer::new().gzip(true).zstd(true))
        .layer(from_fn_with_state(Arc::clone(&app), shell::around))
        .with_state(app)
}
